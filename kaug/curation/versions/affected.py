"""A difference between two knowledge bases → the training rows and probes that it affects, and the facts that need a row."""

import binascii
from dataclasses import dataclass

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray

from kaug.curation.versions.diff import Difference, positions
from kaug.errors import TableError
from kaug.knowledge.templates import PROPERTIES
from kaug.wording.wording import Wording

__all__ = ["Affected", "affected", "reworded"]


@dataclass(frozen=True)
class Affected:
    """The effects of a difference on rows that refer to facts.

    Attributes:
        fallen: bool (rows,): a fact of the row was removed.
        stale: bool (rows,): no fact was removed, but one has another sentence now.
        due: Rows of `new.facts`, int64: taught facts that are new, changed or reworded, and in no unaffected row.
    """

    fallen: NDArray[np.bool_]
    stale: NDArray[np.bool_]
    due: NDArray[np.int64]


def affected(difference: Difference, rows: pa.Table) -> Affected:
    """Find the rows that a difference affects, and the facts that need a row.

    Args:
        difference: The difference.
        rows: EXAMPLES or PROBES: any table with the columns `facts` (lists of hex ids) and `language`.

    Returns:
        The fallen and stale rows, and the facts that are due.

    Raises:
        TableError: A fact's id is not 32 hex digits.
    """
    new = difference.new
    lists = rows["facts"].combine_chunks()
    parent = pc.list_parent_indices(lists).to_numpy().astype(np.int64)
    position = positions(_from_hex(pc.list_flatten(lists)), new.facts["fact"])
    fallen = np.zeros(rows.num_rows, dtype=bool)
    fallen[parent[position < 0]] = True
    stale = np.zeros(rows.num_rows, dtype=bool)
    touched = np.zeros(new.facts.num_rows, dtype=bool)
    touched[difference.added] = True
    touched[difference.kept_new[difference.any_changed()]] = True
    for language in pc.unique(rows["language"]).to_pylist():
        changed = np.zeros(new.facts.num_rows, dtype=bool)
        changed[difference.kept_new[reworded(difference, language)]] = True
        in_language = np.asarray(pc.equal(rows["language"], language))[parent]
        stale[parent[(position >= 0) & in_language & changed[position]]] = True
        touched |= changed
    stale &= ~fallen
    named = np.zeros(new.facts.num_rows, dtype=bool)
    named[position[~(fallen | stale)[parent]]] = True
    taught = np.asarray(new.facts["untaught"].is_null())
    return Affected(fallen, stale, np.flatnonzero(touched & taught & ~named))


def reworded(difference: Difference, language: str = "en") -> NDArray[np.bool_]:
    """Mask the kept facts with another sentence: their entities have other names, or their predicate other templates.

    Args:
        difference: The difference.
        language: BCP 47 tag of the sentences.

    Returns:
        bool (kept,).
    """
    old, new, terms = difference.old, difference.new, difference.terms
    both = np.flatnonzero(terms >= 0)
    renamed = np.zeros(len(terms), dtype=bool)
    old_wording, new_wording = Wording(old, language), Wording(new, language)
    for before, after in ((old_wording.labels(), new_wording.labels()), (old_wording.phrases(), new_wording.phrases())):
        other = pc.not_equal(before.take(pa.array(terms[both])), after.take(pa.array(both)))
        renamed[both[np.asarray(other)]] = True
    in_language = pc.is_in(difference.labels["language"], pa.array([language.lower(), ""]))
    touched = pc.unique(difference.labels.filter(in_language)["term"])
    subject, predicate, value = new.columns(difference.kept_new)
    if len(touched):
        renamed |= np.asarray(pc.is_in(new.terms["value"], touched)) & np.asarray(
            pc.not_equal(new.terms["kind"], "literal")
        )
    retemplated = np.zeros(len(terms), dtype=bool)
    templated = np.asarray(pc.is_in(new.terms["value"], pc.unique(difference.templates["predicate"])))
    for row in np.unique(predicate[(renamed | templated)[predicate]]):
        retemplated[row] = _templates(old_wording, int(terms[row])) != _templates(new_wording, int(row))
    return np.asarray(renamed[subject] | renamed[value] | retemplated[predicate])


def _templates(wording: Wording, predicate: int) -> list[list[str]]:
    templates = [wording.templates(predicate, name) for name in PROPERTIES]  # type: ignore[arg-type]
    return [*templates, [wording.statement(predicate)]]


def _from_hex(ids: pa.Array) -> pa.Array:
    try:
        packed = binascii.unhexlify("".join(ids.to_pylist()))
    except (binascii.Error, ValueError):
        packed = b""
    if len(packed) != 16 * len(ids) or pc.any(pc.not_equal(pc.binary_length(ids), 32)).as_py():
        raise TableError("The column 'facts' should hold ids of facts: 32 hex digits each.")
    return pa.FixedSizeBinaryArray.from_buffers(pa.binary(16), len(ids), [None, pa.py_buffer(packed)])
