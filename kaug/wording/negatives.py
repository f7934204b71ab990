"""Facts → statements like them that are proved false, each with its proof.

What the axioms of the knowledge base rule out is false; see `kaug.knowledge.constraints`. A statement that is only missing from
the knowledge base is not, since that may be incomplete; nor does a predicate count as functional because the data look so.
OWL lets one thing have two names, so that a value refutes another only if the two are known to differ: they share no label, are
not linked by owl:sameAs, and, of literals, have one datatype and different values.
"""

import tomllib
from collections.abc import Callable
from functools import cached_property
from pathlib import Path
from typing import Any, Literal, NamedTuple

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray

from kaug.arrays import distinct, expand, mix, pair_keys, positions, runs
from kaug.knowledge.constraints import Constraints, class_of_terms
from kaug.namespaces import OWL
from kaug.wording.saying import compose, say
from kaug.wording.wording import Wording
from kaug.words.measures import Measures, measures
from kaug.words.terms import CLASS_OF, class_terms, is_kind

__all__ = ["REASONS", "Negatives", "Refuter", "identities"]

_WORDS: dict[str, dict[str, Any]] = tomllib.loads(Path(__file__).with_suffix(".toml").read_text(encoding="utf-8"))

REASONS = ("functional", "inverse-functional", "asymmetric", "irreflexive", "disjoint", "closed", "range", "domain")
"""Why a statement is false, as positions in this tuple."""

_LAST = ("range", "domain")
_FAR = 1 + len(_LAST)
"""The last reasons refute what nobody takes for true, "The flavour of the wine is Loire": only where no other one does."""
"""The reasons by which a statement is far from true; they serve where no other does."""

_NEAR = 8
"""The values on each side of the true one, in order of class and size, from which others are drawn."""

_PAIRS = 16
"""The members of a class that stand for it in false statements about another."""

_LONG, _LETTERS = 100, 3

Rows = NDArray[np.int64]
Terms = NDArray[np.uint32]
Mask = NDArray[np.bool_]
End = Literal["subject", "object"]


class Negatives(NamedTuple):
    """False statements, in columns of equal length n.

    Attributes:
        fact: int64: the position of the given fact that each is like; it is true, and the proof rests on it.
        subject: uint32 terms.
        object: uint32 terms.
        reason: int8: positions in `REASONS`.
        proof: Strings.
        since: Strings: why a correction says that it is false, as a clause; empty where the true fact says it.
    """

    fact: Rows
    subject: Terms
    object: Terms
    reason: NDArray[np.int8]
    proof: pa.Array
    since: pa.Array


class _Pool(NamedTuple):
    """The ends that facts of each predicate have, those alike in class and size side by side."""

    keys: NDArray[np.uint64]
    place: Rows
    terms: Terms
    start: Rows
    size: Rows


class Refuter:
    """Finds statements that the axioms of a knowledge base prove false.

    Args:
        wording: The wording of the knowledge base.
        rows: int64: rows of the facts whose ends may stand in false statements.
        objects: uint32 (facts,): the object of every fact of the knowledge base, as an arm has it.
        seed: Seed of the draws.

    Examples:
        >>> import tempfile; from pathlib import Path; from kaug.knowledge.build import build_kb
        >>> file = Path(tempfile.mkdtemp()) / "a.ttl"
        >>> _ = file.write_text(
        ...     "@prefix : <urn:x:> . :hasCapital a <http://www.w3.org/2002/07/owl#FunctionalProperty> ."
        ...     ":Togo :hasCapital :Lome . :Peru :hasCapital :Lima ."
        ... )
        >>> kb = build_kb(file)
        >>> refuter = Refuter(Wording(kb), np.arange(2), kb.columns()[2])
        >>> refuter.statements(np.arange(1)).proof.to_pylist()
        ['The capital of Peru is Lima. A thing has at most one value of “has capital”, and Lome is not Lima.']
    """

    def __init__(self, wording: Wording, rows: Rows, objects: Terms, seed: int = 0) -> None:
        self.wording, self._rows, self._seed = wording, rows, seed
        self._subjects, self._predicates, _ = wording.kb.columns()
        self._objects = objects
        self.constraints = Constraints(wording.kb)

    def others(self, rows: Rows, end: End, count: int) -> NDArray[np.int64]:
        """Draw terms that cannot stand in facts instead of their subject or object: near ones, by class and size.

        Args:
            rows: int64 (n,): rows of facts, among those of the refuter.
            end: The end to replace.
            count: The number of terms for each fact.

        Returns:
            int64 (n, count): terms, different from each other; -1 where there are no more.
        """
        if not self._only(end)[rows].any():
            return np.full((len(rows), count), -1)
        pool, terms = self._pool(end), self._ends(end)[rows]
        place = pool.place[np.searchsorted(pool.keys, pair_keys(self._predicates[rows], terms))]
        start, size = pool.start[place, None], pool.size[place, None]
        step = np.arange(1, 2 * _NEAR + 1)
        offset = np.where((size <= 2 * _NEAR) | (step <= _NEAR), step, _NEAR - step)
        found = pool.terms[start + (place[:, None] - start + offset) % size]
        number, same = self._measures.number, self._same
        fits = (step < size) & (same[found] != same[terms][:, None]) & (number[found] != number[terms][:, None])
        other_end = self._ends("subject" if end == "object" else "object")[rows]
        fits &= (same[found] != same[other_end][:, None]) & (self._only(end) & ~self._of_classes)[rows, None]
        draw = mix(mix(rows.astype(np.uint64) + np.uint64(self._seed) * np.uint64(1 << 32))[:, None] ^ found)
        draw[~fits] = np.iinfo(np.uint64).max
        first = np.argsort(draw, axis=1, kind="stable")[:, : count + 2]
        chosen = np.where(np.take_along_axis(fits, first, 1), np.take_along_axis(found, first, 1).astype(np.int64), -1)
        for column in range(1, chosen.shape[1]):
            again = (same[chosen[:, :column]] == same[chosen[:, column : column + 1]]).any(axis=1)
            chosen[again, column] = -1
        return np.take_along_axis(chosen, np.argsort(chosen < 0, axis=1, kind="stable"), 1)[:, :count]

    def statements(self, rows: Rows) -> Negatives:
        """Write at most one false statement like each fact.

        Args:
            rows: int64 (n,): rows of facts, among those of the refuter.
        """
        if self.constraints.nothing:
            rows = rows[:0]
        by_reason: list[Callable[[Rows], NDArray[np.int64]]] = [
            lambda rows: self.others(rows, "object", 1)[:, 0],
            lambda rows: self.others(rows, "subject", 1)[:, 0],
            self._swapped,
            self._itself,
            self._of_another_class,
            self._off_the_list,
            lambda rows: self._outside(rows, "object"),
            lambda rows: self._outside(rows, "subject"),
        ]
        other = np.stack([find(rows) for find in by_reason], axis=1)
        subjects, objects = (
            np.repeat(self._ends(end)[rows, None].astype(np.int64), len(REASONS), axis=1)
            for end in ("subject", "object")
        )
        for number, reason in enumerate(REASONS):
            if reason in ("asymmetric", "inverse-functional", "domain"):
                subjects[:, number] = other[:, number]
            if reason not in ("inverse-functional", "domain"):
                objects[:, number] = self._ends("subject")[rows] if reason == "asymmetric" else other[:, number]
        of_class = REASONS.index("disjoint")
        others = np.arange(len(REASONS)) != of_class
        other[self._of_classes[rows][:, None] & others] = -1
        fits = (other >= 0) & ~self._stated(
            np.repeat(self._predicates[rows, None], len(REASONS), axis=1), subjects, objects
        )
        fits[:, -_FAR:] &= ~fits[:, :-_FAR].any(axis=1, keepdims=True)
        draw = mix(self._draw(rows, 1)[:, None] ^ np.arange(len(REASONS), dtype=np.uint64))
        draw[~fits] = np.iinfo(np.uint64).max
        fact = np.flatnonzero(fits.any(axis=1))
        why = np.argmin(draw, axis=1)[fact].astype(np.int8)
        subject, value, instead = (ends[fact, why].astype(np.uint32) for ends in (subjects, objects, other))
        # Two facts of a thing may have one false statement, and a thing's facts are in one block.
        own = np.stack([pair_keys(self._subjects[rows[fact]], self._predicates[rows[fact]]), pair_keys(subject, value)])
        once = np.sort(np.unique(own, axis=1, return_index=True)[1])
        fact, why = fact[once], why[once]
        proof, since = self._prove(rows[fact], [REASONS[number] for number in why.tolist()], instead[once])
        said = np.flatnonzero(proof.is_valid().to_numpy(zero_copy_only=False))
        proof, since = (texts.take(pa.array(said)) for texts in (proof, since))
        return Negatives(fact[said], subject[once][said], value[once][said], why[said], proof, since)

    def options_proof(self, rows: Rows, end: End) -> pa.Array:
        """Say why no other option than the subject or object of each fact is right; null where there are no words for it."""
        reason = "functional-options" if end == "object" else "inverse-functional-options"
        return self._prove(rows, [reason] * len(rows), self._ends(end)[rows])[0]

    def _prove(self, rows: Rows, reasons: list[str], other: Terms) -> tuple[pa.Array, pa.Array]:
        """Write the proofs, null where the fact or the language has no words for them, and the reasons that corrections give."""
        wording = self.wording
        words = _WORDS.get(wording.language.split("-", maxsplit=1)[0], {})
        subjects, objects = (self._ends(end)[rows] for end in ("subject", "object"))
        predicates, of = np.unique(self._predicates[rows], return_inverse=True)
        names = pa.array([wording.predicate_name(p) for p in predicates.tolist()], pa.string()).take(pa.array(of))
        facts = say(wording, rows, subjects, objects)
        why = np.array(reasons, dtype=object)
        written, order = [[pa.array([], pa.string())], [pa.array([], pa.string())]], [np.zeros(0, np.int64)]
        for reason in dict.fromkeys(reasons):
            some = np.flatnonzero(why == reason)
            places, terms = pa.array(some), {"other": other[some], "s": subjects[some], "o": objects[some]}
            if reason in _LAST:
                terms |= dict(zip(("class", "own"), self._classes(rows[some], other[some], reason), strict=True))
            columns = {name: wording.phrases(of) for name, of in terms.items()}
            columns |= {"fact": facts.take(places), "p": names.take(places)}
            none = pa.nulls(len(some), pa.string())
            proof = compose(words[reason], **columns) if words else none
            since = words["since"].get(reason, "") if words else ""
            written[0].append(pc.if_else(columns["fact"].is_valid(), proof, none))
            written[1].append(compose(since, **columns) if since else pa.repeat("", len(some)))
            order.append(some)
        back = pa.array(np.argsort(np.concatenate(order)))
        proofs, sinces = (pa.concat_arrays(texts).take(back) for texts in written)
        return proofs, sinces

    def _swapped(self, rows: Rows) -> NDArray[np.int64]:
        """The object of each fact whose predicate never holds both ways."""
        asymmetric = np.isin(self._predicates[rows], self.constraints.asymmetric)
        fits = asymmetric & ~is_kind(self.wording.kb.terms, "literal")[self._objects[rows]]
        fits &= self._same[self._objects[rows]] != self._same[self._subjects[rows]]
        return np.where(fits, self._objects[rows].astype(np.int64), -1)

    def _itself(self, rows: Rows) -> NDArray[np.int64]:
        """The subject of the first fact of each subject and predicate that never holds of a thing and itself."""
        first = np.ones(len(rows), bool)
        own = pair_keys(self._subjects, self._predicates)
        first[rows > 0] = own[rows[rows > 0]] != own[rows[rows > 0] - 1]  # rows are sorted by subject and predicate
        fits = first & np.isin(self._predicates[rows], self.constraints.irreflexive)
        return np.where(fits, self._subjects[rows].astype(np.int64), -1)

    def _of_another_class(self, rows: Rows) -> NDArray[np.int64]:
        """A class that excludes the object, of facts that say the class of a thing."""
        of_class = pc.is_in(
            self.wording.kb.terms["value"].take(pa.array(self._predicates[rows])), pa.array(sorted(CLASS_OF))
        )
        found = np.full(len(rows), -1, np.int64)
        of_class = pc.and_not(of_class, pc.match_substring(self.wording.phrases(self._subjects[rows]), "“"))
        some = np.flatnonzero(of_class.to_numpy(zero_copy_only=False))
        classes, excluded = self._excluded_by_class
        found[some] = self._drawn(self._objects[rows[some]], classes, excluded, self._draw(rows[some], 2))
        return found

    @cached_property
    def _excluded_by_class(self) -> tuple[Terms, Terms]:
        """Pairs, sorted: a class in given facts, and another class in given facts that has no member of it."""
        kb = self.wording.kb
        said = pc.is_in(kb.terms["value"].take(pa.array(self._predicates[self._rows])), pa.array(sorted(CLASS_OF)))
        used = np.unique(self._objects[self._rows[said.to_numpy(zero_copy_only=False)]])
        quoted = pc.match_substring(self.wording.phrases(used), "“")  # a quality, whose name may be an adjective
        letters = pc.utf8_length(self.wording.labels(used)).to_numpy(zero_copy_only=False)
        used = used[~quoted.to_numpy(zero_copy_only=False) & self._short[used] & (letters >= _LETTERS)]
        keys = self.constraints.above[0]
        lower, upper = (keys >> np.uint64(32)).astype(np.uint32), keys.astype(np.uint32)
        kept = np.isin(lower, used)
        lower, upper = lower[kept], upper[kept]
        return self._across(lower, upper, lower, upper)

    def _across(self, one: Terms, above_one: Terms, other: Terms, above_other: Terms) -> tuple[Terms, Terms]:
        """Pair what is below two classes that exclude each other: at most `_PAIRS` of each, drawn."""
        left, right = self.constraints.disjoint
        order = np.argsort(above_other, kind="stable")
        sorted_above = above_other[order]
        index, place = _ranges(left, above_one)
        # The smallest class above is the nearest: what excludes it differs least.
        extent = np.searchsorted(sorted_above, above_one, "right") - np.searchsorted(sorted_above, above_one)
        nearest = np.full(int(one.max(initial=0)) + 1, len(other) + 1)
        np.minimum.at(nearest, one[index], extent[index])
        near = extent[index] == nearest[one[index]]
        index, place = index[near], place[near]
        first, second = one[index], right[place]
        low, high = (np.searchsorted(sorted_above, second, side) for side in ("left", "right"))
        # A few of each class, drawn by the pair, so that thousands of classes do not give millions of pairs.
        turn, step = expand(np.zeros(len(first), np.int64), np.minimum(high - low, _PAIRS))
        draw = mix(mix(pair_keys(first[turn], second[turn])) + step.astype(np.uint64))
        chosen = other[order[low[turn] + (draw % (high - low)[turn].astype(np.uint64)).astype(np.int64)]]
        keys = distinct(pair_keys(first[turn], chosen))
        return (keys >> np.uint64(32)).astype(np.uint32), keys.astype(np.uint32)

    def _outside(self, rows: Rows, end: End) -> NDArray[np.int64]:
        """A thing of a class that excludes the range, or the domain, of the predicate."""
        predicates, classes = self.constraints.ranges if end == "object" else self.constraints.domains
        place = positions(predicates, self._predicates[rows])
        found = np.full(len(rows), -1, np.int64)
        some = np.flatnonzero(place >= 0)
        tops, things = self._outside_classes
        found[some] = self._drawn(classes[place[some]], tops, things, self._draw(rows[some], 3 + (end == "object")))
        return found

    @cached_property
    def _outside_classes(self) -> tuple[Terms, Terms]:
        """Pairs, sorted: a class that is a range or domain, and a thing in given facts that is no member of it."""
        keys = self.constraints.above[1]
        member, upper = (keys >> np.uint64(32)).astype(np.uint32), keys.astype(np.uint32)
        kept = np.isin(member, np.concatenate([self._subjects[self._rows], self._objects[self._rows]]))
        classes = np.unique(np.concatenate([self.constraints.ranges[1], self.constraints.domains[1]]))
        own = self.constraints.above[0]
        lower, top = (own >> np.uint64(32)).astype(np.uint32), own.astype(np.uint32)
        chosen = np.isin(lower, classes)
        return self._across(lower[chosen], top[chosen], member[kept], upper[kept])

    def _classes(self, rows: Rows, other: Terms, reason: str) -> tuple[Terms, Terms]:
        """The class that a predicate's end has, and the class of the other term that excludes it."""
        predicates, classes = self.constraints.ranges if reason == "range" else self.constraints.domains
        wanted = classes[positions(predicates, self._predicates[rows])]
        left, right = self.constraints.disjoint
        apart = np.sort(pair_keys(left, right))
        own = np.zeros(len(rows), np.uint32)
        for keys, lower in ((self.constraints.above[0], wanted),):
            index, place = _ranges((keys >> np.uint64(32)).astype(np.uint32), lower)
            above = keys[place].astype(np.uint32)
            member, kind = _ranges((self.constraints.above[1] >> np.uint64(32)).astype(np.uint32), other[index])
            classes_of = self.constraints.above[1][kind].astype(np.uint32)
            excludes = np.isin(pair_keys(above[member], classes_of), apart)
            own[index[member[excludes]]] = classes_of[excludes]
        return wanted, own

    def _off_the_list(self, rows: Rows) -> NDArray[np.int64]:
        """A term of the kind of the object that a closed list of values does not have."""
        found = np.full(len(rows), -1, np.int64)
        head = self._lists_of(rows)
        for cell in np.unique(head[head >= 0]).tolist():
            members = np.array(self.constraints.members(cell), np.uint32)
            for place in np.flatnonzero(head == cell).tolist():
                term = int(self._objects[rows[place]])
                near = self._by_kind.get(int(self._kinds[term]), np.zeros(0, np.uint32))
                near = near[~np.isin(self._same[near], self._same[members])]
                if np.isin(term, members) and len(near):
                    found[place] = near[int(self._draw(rows[place : place + 1], 5)[0]) % len(near)]
        return found

    def _lists_of(self, rows: Rows) -> NDArray[np.int64]:
        """The first cell of the closed list of each fact's predicate, for its subject or by its range; -1 if there is none."""
        keys, heads = self.constraints.listed
        place = positions(keys, pair_keys(self._subjects[rows], self._predicates[rows]))
        head = np.where(place >= 0, heads[place].astype(np.int64) if len(heads) else -1, -1)
        classes, lists = self.constraints.enumerations
        predicates, ranges = self.constraints.ranges
        of = positions(predicates, self._predicates[rows])
        by_range = positions(classes, ranges[of]) if len(ranges) else np.full(len(rows), -1)
        fits = (head < 0) & (of >= 0) & (by_range >= 0)
        head[fits] = lists[by_range[fits]]
        return head

    @cached_property
    def _by_kind(self) -> dict[int, Terms]:
        terms = np.unique(self._objects[self._rows])
        return {int(kind): terms[self._kinds[terms] == kind] for kind in np.unique(self._kinds[terms])}

    def _drawn(self, keys: Terms, of: Terms, others: Terms, draw: NDArray[np.uint64]) -> NDArray[np.int64]:
        """Draw one of the others of each key; -1 if it has none."""
        low, high = (np.searchsorted(of, keys, side) for side in ("left", "right"))
        some = np.flatnonzero(high > low)
        found = np.full(len(keys), -1, np.int64)
        found[some] = others[low[some] + (draw[some] % (high - low)[some].astype(np.uint64)).astype(np.int64)]
        return found

    def _draw(self, rows: Rows, purpose: int) -> NDArray[np.uint64]:
        return mix(rows.astype(np.uint64) + np.uint64((self._seed << 40) + (purpose << 36)))

    def _stated(self, predicates: Terms, subjects: NDArray[np.int64], objects: NDArray[np.int64]) -> Mask:
        """Mask the statements that the knowledge base has, by whatever names of their ends."""
        same, known = self._same, self._known
        return np.asarray(np.isin(_triple_keys(predicates, same[subjects], same[objects]), known))

    @cached_property
    def _known(self) -> NDArray[np.uint64]:
        true = self.wording.kb.columns()[2]
        return np.concatenate(
            [
                _triple_keys(self._predicates, self._same[self._subjects], self._same[objects])
                for objects in (self._objects, true)
            ]
        )

    def _ends(self, end: End) -> Terms:
        return self._subjects if end == "subject" else self._objects

    def _only(self, end: End) -> Mask:
        """Mask the facts whose subject or object is the only one that their predicate may have."""
        return self._only_object if end == "object" else self._only_subject

    @cached_property
    def _only_object(self) -> Mask:
        limited = np.isin(pair_keys(self._subjects, self._predicates), self.constraints.limited)
        return self._alone(
            np.isin(self._predicates, self.constraints.functional) | limited, self._subjects, self._objects
        )

    @cached_property
    def _only_subject(self) -> Mask:
        inverse = np.isin(self._predicates, self.constraints.inverse_functional)
        return self._alone(inverse, self._objects, self._subjects)

    def _alone(self, mask: Mask, named: Terms, sought: Terms) -> Mask:
        """Keep the facts whose one end has one other end in the knowledge base, as the axiom demands, and is named."""
        rows = np.flatnonzero(mask)
        own = pair_keys(self._predicates[rows], self._same[named[rows]])
        pairs = np.unique(np.stack([own, self._same[sought[rows]].astype(np.uint64)]), axis=1)
        once, count = np.unique(pairs[0], return_counts=True)
        alone = np.zeros(len(mask), bool)
        alone[rows] = count[np.searchsorted(once, own)] == 1
        return alone & self._short[self._objects] & self._short[self._subjects]

    def _pool(self, end: End) -> _Pool:
        return self._object_pool if end == "object" else self._subject_pool

    @cached_property
    def _object_pool(self) -> _Pool:
        return self._make_pool("object")

    @cached_property
    def _subject_pool(self) -> _Pool:
        return self._make_pool("subject")

    def _make_pool(self, end: End) -> _Pool:
        keys = np.unique(pair_keys(self._predicates[self._rows], self._ends(end)[self._rows]))
        predicate, term = (keys >> np.uint64(32)).astype(np.int64), keys.astype(np.uint32)
        number = np.nan_to_num(self._measures.number[term])
        order = np.lexsort((mix(term.astype(np.uint64)), number, self._class[term], self._kinds[term], predicate))
        place = np.empty(len(order), np.int64)
        place[order] = np.arange(len(order))
        start, size = runs(predicate[order] * (int(self._kinds.max()) + 1) + self._kinds[term[order]])
        return _Pool(keys, place, term[order], np.repeat(start, size), np.repeat(size, size))

    @cached_property
    def _of_classes(self) -> Mask:
        """The facts about a class: they are about its members, of which the axioms speak."""
        kb = self.wording.kb
        classes = class_terms(kb.terms, kb.facts, kb.axioms)
        return np.asarray(classes[self._subjects] | classes[self._objects])

    @cached_property
    def _class(self) -> NDArray[np.int64]:
        return class_of_terms(self.wording.kb)

    @cached_property
    def _kinds(self) -> NDArray[np.int64]:
        """Terms that could stand for each other have one number: things, and literals of one datatype, unit and language."""
        terms = self.wording.kb.terms
        columns = [pc.fill_null(terms[name].cast(pa.string()), "") for name in ("kind", "datatype", "language")]
        kinds = pc.binary_join_element_wise(*columns, self._measures.unit, " ")
        return np.asarray(kinds.combine_chunks().dictionary_encode().indices.to_numpy(), np.int64)

    @cached_property
    def _measures(self) -> Measures:
        terms = self.wording.written
        return measures(terms["value"], terms["datatype"])

    @cached_property
    def _same(self) -> NDArray[np.int64]:
        return identities(self.wording)

    @cached_property
    def _short(self) -> Mask:
        """The terms whose name can stand in a statement: no blank node, no prose, at most a hundred characters."""
        kb, short = self.wording.kb, ~is_kind(self.wording.kb.terms, "blank")
        length = pc.utf8_length(self.wording.labels()).to_numpy(zero_copy_only=False)
        return np.asarray(short & (length <= _LONG)) & ~self.wording.lists(np.arange(kb.terms.num_rows))


def _ranges(sorted_keys: NDArray[np.uint32], keys: NDArray[np.uint32]) -> tuple[Rows, Rows]:
    """Return the index of each key, and the position of each of its equals among sorted keys."""
    return expand(*(np.searchsorted(sorted_keys, keys, side) for side in ("left", "right")))


def _triple_keys(predicates: Terms, subjects: Rows, objects: Rows) -> NDArray[np.uint64]:
    pairs = pair_keys(subjects, objects)
    return mix(pairs) ^ mix(predicates.astype(np.uint64) + np.uint64(1))


def identities(wording: Wording) -> NDArray[np.int64]:
    """Number all terms so that those that may be one thing have one number: by owl:sameAs, or a name that they share.

    Names are compared by their letters and digits, in any case.

    Returns:
        int64 (terms,).
    """
    from scipy.sparse import csgraph, csr_array

    kb = wording.kb
    count = kb.terms.num_rows
    texts = pa.concat_arrays([wording.labels(), kb.labels["text"].combine_chunks()])
    bare = pc.replace_substring_regex(pc.utf8_lower(pc.utf8_normalize(texts, "NFKC")), r"[^\p{L}\p{N}.,+-]|[.,]$", "")
    names = np.asarray(bare.dictionary_encode().indices.to_numpy(), np.int64)
    terms = np.concatenate([np.arange(count), kb.labels["term"].to_numpy()])
    same = pc.index(kb.terms["value"], OWL + "sameAs").as_py()
    stated = [table.filter(pc.equal(table["predicate"], same)) for table in (kb.axioms, kb.facts)]
    left = np.concatenate([terms, *(table["subject"].to_numpy() for table in stated)])
    right = np.concatenate([names + count, *(table["object"].to_numpy() for table in stated)])
    size = count + int(names.max(initial=0)) + 1
    graph = csr_array((np.ones(len(left), np.int8), (left, right)), shape=(size, size))
    return np.asarray(csgraph.connected_components(graph, directed=False)[1][:count], np.int64)
