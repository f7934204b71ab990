"""Triples with blank nodes → canonical names for the nodes, derived from their triples.

The names depend neither on labels, order and syntax nor on other parts of the file. They are computed by colour
refinement (the Weisfeiler-Leman algorithm): a node's name is the hash of its triples, with the neighbours' names of the
round before. Nodes that are still alike are numbered: connected groups in any order, since they are interchangeable;
nodes of one group by individualization: one of them is marked, and the group refined again.

A file whose nodes all have such names already, as an export has, keeps them: it may lack what they were named by.
"""

import hashlib
import re
from dataclasses import dataclass

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray

from kaug.arrays import mix
from kaug.errors import SourceError

__all__ = ["CANONICAL", "name_blank"]

CANONICAL = "k[0-9a-f]{32}"
"""A canonical name, as a regular expression."""

Names = NDArray[np.uint64]  # (n, 2)

REACH = 8
"""The number of refinement steps for a name, if they distinguish the node from its neighbours."""
_WORK = 20_000_000  # the maximum of mentions to process within groups: a few seconds
_ODD = np.array([0x9E3779B97F4A7C15, 0xC2B2AE3D27D4EB4F], dtype=np.uint64)


@dataclass(frozen=True)
class _Mentions:
    """One row for each blank node in a triple, ordered by node.

    Attributes:
        node: int64 (m,): the blank node.
        other: int64 (m,): the blank node at the other end, or -1.
        ground: uint64 (m, 2): hash of predicate and role, and of the other end unless it is a blank node.
    """

    node: NDArray[np.int64]
    other: NDArray[np.int64]
    ground: Names

    def within(self, nodes: NDArray[np.int64], count: int) -> "_Mentions":
        """Return the mentions of a connected group of nodes, renumbered from 0."""
        number = np.full(count + 1, -1, dtype=np.int64)
        number[nodes] = np.arange(len(nodes))
        kept = number[self.node] >= 0
        return _Mentions(number[self.node[kept]], number[self.other[kept]], self.ground[kept])


def name_blank(terms: pa.Array, triples: NDArray[np.uint32], where: str) -> pa.Array:
    """Replace the blank nodes of a file by canonical names.

    Args:
        terms: Strings: terms in N-Triples.
        triples: uint32 (n, 3): positions in `terms`, each triple once.
        where: The file's name, for error messages.

    Returns:
        Strings: the terms, with blank nodes as `_:` and `CANONICAL`; the same if all are already.

    Raises:
        SourceError: Too many nodes are indistinguishable.

    Examples:
        >>> one = name_blank(pa.array(["<urn:a>", "<urn:p>", "_:x"]), np.array([[0, 1, 2]], np.uint32), "a.nt")
        >>> two = name_blank(pa.array(["_:y", "<urn:p>", "<urn:a>"]), np.array([[2, 1, 0]], np.uint32), "b.nt")
        >>> one[2] == two[0], one[2].as_py()[:3]
        (True, '_:k')
    """
    blank = pc.starts_with(terms, "_:").to_numpy(zero_copy_only=False)
    if pc.all(pc.match_substring_regex(terms.filter(pa.array(blank)), f"^_:{CANONICAL}$")).as_py():
        return terms
    mentions = _mentions(terms, blank, triples)
    count = int(blank.sum())
    names = np.zeros((count, 2), dtype=np.uint64)
    for _ in range(REACH):
        names = _refine(names, mentions)
    names = _distinguish(names, mentions, where)
    old = terms.filter(pa.array(blank)).to_pylist()
    labels = {label: f"_:k{high:016x}{low:016x}" for label, (high, low) in zip(old, names.tolist(), strict=True)}
    held = blank | pc.match_substring_regex(terms, r"^<<\(.* _:|^<<\( _:").to_numpy(zero_copy_only=False)
    new = [
        labels[text] if text in labels else re.sub(r"(?<= )_:\S+", lambda node: labels.get(node[0], node[0]), text)
        for text in terms.filter(pa.array(held)).to_pylist()
    ]
    return pc.replace_with_mask(terms, pa.array(held), pa.array(new, pa.string()))


def _mentions(terms: pa.Array, blank: NDArray[np.bool_], triples: NDArray[np.uint32]) -> _Mentions:
    number = np.where(blank, np.cumsum(blank) - 1, -1)
    subject, predicate, value = triples[blank[triples[:, 0]] | blank[triples[:, 2]]].astype(np.int64).T
    known = _hashes(terms, blank, np.unique(np.concatenate([subject, predicate, value])))
    loop = subject == value
    outward, inward = blank[subject], blank[value] & ~loop
    node = np.concatenate([subject[outward], value[inward]])
    other = np.concatenate([value[outward], subject[inward]])
    role = np.concatenate([np.where(loop[outward], 3, 1), np.full(int(inward.sum()), 2)]).astype(np.uint64)
    verb = known[np.concatenate([predicate[outward], predicate[inward]])]
    ground = mix(verb + role[:, None] * _ODD) + np.where((role == 3)[:, None], 0, known[other]).astype(np.uint64)
    order = np.argsort(number[node], kind="stable")
    neighbour = np.where(role == 3, -1, number[other])
    return _Mentions(number[node][order], neighbour[order], ground[order])


def _hashes(terms: pa.Array, blank: NDArray[np.bool_], wanted: NDArray[np.int64]) -> Names:
    wanted = wanted[~blank[wanted]]
    texts = terms.take(pa.array(wanted)).to_pylist()
    digests = b"".join(hashlib.blake2b(_unnamed(text).encode(), digest_size=16).digest() for text in texts)
    hashes = np.zeros((len(terms), 2), dtype=np.uint64)
    hashes[wanted] = np.frombuffer(digests, dtype="<u8").reshape(-1, 2)
    return hashes


def _unnamed(text: str) -> str:
    return re.sub(r"(?<= )_:\S+", "_:", text) if text.startswith("<<(") else text


def _refine(names: Names, mentions: _Mentions) -> Names:
    """Refine the names by one more step."""
    beside = (mentions.other >= 0)[:, None]
    seen = mix(mentions.ground + np.where(beside, mix(names[mentions.other] + _ODD), np.uint64(0)))
    sums = np.zeros_like(names)
    if len(seen):
        first = np.flatnonzero(np.diff(mentions.node, prepend=-1))
        sums[mentions.node[first]] = np.add.reduceat(seen, first, axis=0)
    return mix(mix(names) + sums)


def _distinguish(names: Names, mentions: _Mentions, where: str) -> Names:
    from scipy.sparse import coo_array
    from scipy.sparse.csgraph import connected_components

    count = len(names)
    inner = mentions.other >= 0
    ends = (mentions.node[inner], mentions.other[inner])
    groups, group = connected_components(coo_array((np.ones(len(ends[0]), np.int8), ends), shape=(count, count)))
    alike = _numbers(np.column_stack([group.astype(np.uint64), names]))[1]
    work = _WORK
    for one in np.unique(group[alike]):
        nodes = np.flatnonzero(group == one)
        names[nodes], work = _single_out(names[nodes], mentions.within(nodes, count), work)
        if work < 0:
            raise SourceError(
                f"{where}: {alike.sum()} blank nodes are like others of their group, {REACH} steps around, and are too many "
                "to be distinguished. Give them IRIs."
            )
    # Identical groups are interchangeable: their order has no effect.
    total = np.zeros((groups, 2), dtype=np.uint64)
    np.add.at(total, group, mix(names))
    turn = _turns(total)[group][:, None]
    return np.where(turn > 0, mix(names + turn * _ODD), names)


def _single_out(names: Names, mentions: _Mentions, work: int) -> tuple[Names, int]:
    """Distinguish the nodes of one group: by refinement, as twins, or by individualization."""
    names, work = _settle(names, mentions, work)
    while work >= 0 and (alike := _numbers(names)[1]).any():
        twins = _twins(names, mentions)
        if (twins > 0).any():
            names, work = _settle(
                np.where(twins[:, None] > 0, mix(names + twins[:, None] * _ODD), names), mentions, work
            )
            continue
        least = names[alike][np.argmin(_folded(names[alike]))]
        tries = []
        for node in np.flatnonzero((names == least).all(axis=1)):
            tried = names.copy()
            tried[node] = mix(tried[node] + _ODD)
            tried, work = _settle(tried, mentions, work)
            tries.append((mix(tried).sum(axis=0).tolist(), tried))
            if work < 0:
                break
        names = min(tries, key=lambda one: one[0])[1]
    return names, work


def _settle(names: Names, mentions: _Mentions, work: int) -> tuple[Names, int]:
    """Refine until the number of distinct names is stable."""
    before = -1
    while work >= 0 and (different := len(np.unique(_folded(names)))) > before:
        before, names, work = different, _refine(names, mentions), work - len(mentions.node)
    return names, work


def _twins(names: Names, mentions: _Mentions) -> NDArray[np.uint64]:
    """Number the nodes within each set of nodes with identical triples."""
    itself = np.column_stack([mentions.other + 1, mentions.other + 1]).astype(np.uint64)
    seen = mix(mentions.ground + mix(itself * _ODD))
    sums = np.zeros_like(names)
    np.add.at(sums, mentions.node, seen)
    return _turns(np.column_stack([names, sums]))


def _numbers(rows: Names) -> tuple[NDArray[np.int64], NDArray[np.bool_]]:
    """Number distinct rows, and mark those that are repeated."""
    _, number, counts = np.unique(_folded(rows), return_inverse=True, return_counts=True)
    return number, counts[number] > 1


def _folded(rows: Names) -> NDArray[np.uint64]:
    """Hash each row to one number."""
    folded = np.zeros(len(rows), dtype=np.uint64)
    for column in rows.T:
        folded = mix(folded + column)
    return folded


def _turns(rows: Names) -> NDArray[np.uint64]:
    """Count equal rows: 0 for the first of them, 1 for the second."""
    number = _numbers(rows)[0]
    order = np.argsort(number, kind="stable")
    turns = np.zeros(len(rows), dtype=np.uint64)
    turns[order] = np.arange(len(rows)) - np.searchsorted(number[order], number[order])
    return turns
