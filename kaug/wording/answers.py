"""Facts → the questions that ask for one of their ends, and all right answers of each.

Training rows and the exam ask by the same rule: the facts that one question asks for are its right answers, all of them. With
one answer it is asked as it is; with a few, training asks for all of them; with more, nobody asks.
"""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property, lru_cache

import numpy as np
import polars as pl
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray

from kaug.arrays import Groups, Numbers, distinct, expand, grouped, pair_keys
from kaug.knowledge.knowledge_base import KnowledgeBase
from kaug.knowledge.templates import SLOT, Property
from kaug.namespaces import OWL, RDF
from kaug.wording.wording import Wording, groups
from kaug.words.containment import holds_any
from kaug.words.english import plural
from kaug.words.stems import Stemmed, bare_letters, stem, with_stems

__all__ = ["MEASURED", "Asked", "Holds", "asked", "gives_away", "gives_in_parts", "identifying", "twins"]

_FEWEST_ENDS, _NEARLY_ONE = 30, 0.95
"""A predicate is nearly one to one if so many ends are known on both sides, and this fraction of them has one other end."""


_TOO_MANY = 1 << 30
_CODE = r"^.{0,3}$|^[^ ]*\d[^ ]*$"

MEASURED = r"^[-+~.,:/\d\sTZEe]*$|^(true|false)$"
"""A number, a date, a time or a truth, whatever its datatype."""

_INSIDE = r"(?<=[^\W\d_])(?=\d)|(?<=\d)(?=[^\W\d_])|(?<=[a-z])(?=[A-Z])|(?<=[A-Z])(?=[A-Z][a-z])|_"
"""Where words meet inside a name: "BusStop", "bus_stop", "303.4mya"."""

_JOINS = re.compile(r"\w\{[so]\}|\{[so]\}\w")


@dataclass(frozen=True)
class Asked:
    """All facts of a knowledge base by the question that asks for one of their ends.

    A question is known by its template and by the name in it: "the capital of Georgia" asks for both Georgias.

    Attributes:
        facts: The rows of the facts of each question.
        question: int64 (facts,): the question of each fact.
        sought: uint32 (facts,): the end of each fact that its question asks for.
        answer: int64 (facts,): the label of that end, as a number.
        more: bool (questions,): whether facts of the inverse predicate give other right answers: such questions are not asked.
    """

    facts: Groups
    question: NDArray[np.int64]
    sought: NDArray[np.uint32]
    answer: NDArray[np.int64]
    more: NDArray[np.bool_]

    @cached_property
    def answers(self) -> NDArray[np.int64]:
        """The number of right answers of each question, int64 (questions,), those of one label as one; huge where `more`."""
        return np.where(self.more, _TOO_MANY, self._distinct(self.question, self.answer))

    @cached_property
    def ends(self) -> NDArray[np.int64]:
        """The number of terms that each question asks for, int64 (questions,)."""
        return self._distinct(self.question, self.sought)

    def _distinct(self, question: NDArray[np.int64], end: NDArray[np.uint32] | NDArray[np.int64]) -> NDArray[np.int64]:
        pairs = distinct(pair_keys(question, end).astype(np.int64))
        return np.bincount(pairs >> 32, minlength=len(self.facts.sizes)).astype(np.int64)


def asked(wording: Wording, name: Property, objects: NDArray[np.uint32] | None = None) -> Asked:
    """Group all facts of a knowledge base by the question that the templates of a property ask for them.

    Predicates with the same templates ask the same questions.

    Args:
        wording: The wording of the knowledge base.
        name: The property. One that begins with "inverse" names the object and asks for the subject.
        objects: uint32 (facts,): the object of each fact, where it is not the true one.

    Examples:
        >>> import tempfile; from pathlib import Path; from kaug.knowledge.build import build_kb
        >>> file = Path(tempfile.mkdtemp()) / "a.ttl"
        >>> _ = file.write_text("@prefix : <urn:x:> . :Ada :likes :tea, :rye . :Bo :likes :tea .")
        >>> wording = Wording(build_kb([file]))
        >>> [asked(wording, name).answers.tolist() for name in ("question", "inverseQuestion")]
        [[2, 1], [1, 2]]
    """
    subjects, predicates, true = wording.kb.columns()
    objects = true if objects is None else objects
    named, sought = (objects, subjects) if name.startswith("inverse") else (subjects, objects)
    alike: dict[tuple[str | int, ...], int] = {}
    kind = np.zeros(len(predicates), dtype=np.int64)
    for predicate, rows in groups(predicates):
        templates = tuple(wording.templates(predicate, name))
        kind[rows] = alike.setdefault(templates or (predicate,), len(alike))
    ends = np.concatenate([named, sought])
    labels, count = wording.labels(ends), len(named)
    # A name is one in any case, but not a symbol or a code: "m" and "M", "vav1" and "VAV1".
    lower = pc.if_else(pc.match_substring_regex(labels, _CODE), labels, pc.utf8_lower(labels))
    name_of, answer = _numbered(lower), _numbered(labels)
    facts = grouped(kind, name_of[:count])
    more = np.zeros(len(facts.sizes), dtype=bool)
    for predicate, inverse in wording.inverses if np.array_equal(objects, true) else ():
        own, others = (np.flatnonzero(predicates == one) for one in (predicate, inverse))
        names, first = np.unique(name_of[own], return_index=True)
        # A fact of the inverse says the same with its ends exchanged.
        place = np.minimum(np.searchsorted(names, name_of[others + count]), len(names) - 1)
        others, place = (each[names[place] == name_of[others + count]] for each in (others, place))
        questions = facts.numbers[own[first[place]]]
        given = pair_keys(facts.numbers[own], answer[own + count])
        more[questions[~np.isin(pair_keys(questions, answer[others]), given)]] = True
    return Asked(facts, facts.numbers, sought, answer[count:], more)


def _numbered(texts: pa.Array) -> NDArray[np.int64]:
    return np.asarray(texts.dictionary_encode().indices.to_numpy(), np.int64)


def gives_in_parts(questions: pa.Array, answers: pa.Array, of: Numbers) -> NDArray[np.bool_]:
    """Mask the questions that hold all words of one of their answers, of two words or more, wherever they stand.

    Args:
        questions: Strings (n,).
        answers: Strings (m,).
        of: int64 (m,): the question of each answer.

    Examples:
        >>> questions = pa.array(["Whose family name is Curie, and given name Marie?", "Who wrote about Marie?"])
        >>> gives_in_parts(questions, pa.array(["Marie Curie"] * 2), np.arange(2)).tolist()
        [True, False]
    """
    asked, names = (
        pl.Series(texts, dtype=pl.String).str.to_lowercase().str.replace_all(r"[^\pL\pN]+", " ")
        for texts in (questions, answers)
    )
    words = names.str.strip_chars().str.split(" ")
    pairs = pl.DataFrame({"row": of, "name": np.arange(len(of)), "word": words}).explode("word")
    pairs = pairs.with_columns(text=asked.gather(pairs["row"])).with_columns(
        held=(pl.lit(" ") + pl.col("text") + " ").str.contains(pl.lit(" ") + pl.col("word") + " ", literal=True)
    )
    whole = pairs.group_by("name").agg(pl.col("row").first(), pl.col("held").all() & (pl.len() > 1))
    found = np.zeros(len(questions), bool)
    found[whole.filter(pl.col("held"))["row"].to_numpy()] = True
    return found


def gives_away(questions: pa.Array, answers: Sequence[Sequence[str]]) -> NDArray[np.bool_]:
    """Mask the questions that hold one of their answers, in whatever spelling, in the singular or the plural.

    Training rows and the exam leave them out.

    Args:
        questions: Strings (n,).
        answers: The answers of each question (n,).

    Examples:
        >>> questions = pa.array(["What is described as “A bus stop.”?", "What is the king's title?", "Which port has York?"])
        >>> gives_away(questions, [["BusStop"], ["king"], ["Hull", "New York"]]).tolist()
        [True, True, False]
    """
    of = np.repeat(np.arange(len(questions)), [len(some) for some in answers])
    answered = pa.array([name for some in answers for name in some], pa.string())
    return Holds(with_stems(questions), with_stems(answered), of).names


class Holds:
    """Which names hold one of some answers, and which questions that templates ask by them: each name is read once.

    Attributes:
        names: bool (n,): whether a name holds one of its answers.
    """

    def __init__(self, names: Stemmed, answers: Stemmed, of: Numbers) -> None:
        """Compare names and answers.

        Args:
            names: Texts (n,).
            answers: Texts (m,).
            of: int64 (m,): the name of each answer, ascending.
        """
        self._names, self._answers, self._of = names, answers, of
        near = np.flatnonzero(self._pairs(names, of, np.arange(len(of))))
        self.names = self._read(names.texts, of[near], near)

    def questions(
        self, templates: Sequence[str], which: Numbers, name: Numbers, questions: pa.Array
    ) -> NDArray[np.bool_]:
        """Mask the questions that hold one of their answers.

        Args:
            templates: The templates that ask, with one slot or more.
            which: int64 (n,): the template of each question.
            name: int64 (n,): the name in each, one of those given to the class.
            questions: Strings (n,): the templates filled with the names.
        """
        if not len(questions):
            return np.zeros(0, bool)
        known, which = np.unique(which, return_inverse=True)
        pieces = [SLOT.split(templates[number])[::2] for number in known.tolist()]
        joins = [bool(_JOINS.search(templates[number])) for number in known.tolist()]
        stems = [pc.if_else(pa.array(np.array(joins)[which]), pa.scalar(None, pa.string()), " ")]
        name_stems = pc.utf8_slice_codeunits(self._names.stems.take(pa.array(name)), 1)
        for place in range(max(map(len, pieces))):
            words = stem(pa.array([piece[place] if place < len(piece) else "" for piece in pieces], pa.string()))
            named = np.array([0 < place < len(piece) for piece in pieces])[which]
            stems += [
                pc.if_else(pa.array(named), name_stems, ""),
                pc.utf8_slice_codeunits(words, 1).take(pa.array(which)),
            ]
        read = Stemmed(questions, pc.binary_join_element_wise(*stems, ""))
        row, answer = expand(*(np.searchsorted(self._of, name, side) for side in ("left", "right")))
        near = self._pairs(read, row, answer) & ~self.names[name][row]
        return np.asarray(self.names[name] | self._read(questions, row[near], answer[near]))

    def _pairs(self, texts: Stemmed, row: Numbers, answer: Numbers) -> NDArray[np.bool_]:
        """Mask the pairs of a text and an answer whose words may follow one another in it; only these are read word by word."""
        words, wanted = texts.stems.take(pa.array(row)), self._answers.stems.take(pa.array(answer))
        near = _contain(words, wanted)
        told = pc.and_(words.is_valid(), pc.fill_null(pc.not_equal(wanted, " "), False)).to_numpy(zero_copy_only=False)
        odd = texts.texts.take(pa.array(row[~told])), self._answers.texts.take(pa.array(answer[~told]))
        near[~told] = _contain(*map(bare_letters, odd))
        return near

    def _read(self, texts: pa.Array, row: Numbers, answer: Numbers) -> NDArray[np.bool_]:
        """Mask the texts that hold one of some answers, given pairs of both."""
        found = np.zeros(len(texts), dtype=bool)
        columns = texts.take(pa.array(row)).to_pylist(), self._answers.texts.take(pa.array(answer)).to_pylist()
        for place, text, name in zip(row.tolist(), *columns, strict=True):
            if not found[place]:
                found[place] = holds_any(text, [name]) or holds_any(_apart(text), [_apart(name)])
        return found


def _contain(texts: pa.Array, parts: pa.Array) -> NDArray[np.bool_]:
    """Mask the texts that contain a string, one for each; none of null."""
    both = pl.DataFrame({"text": texts, "part": parts})
    found = both.select(pl.col("text").str.contains(pl.col("part"), literal=True)).to_series()
    return np.array(found.fill_null(value=False).to_numpy(), bool)


@lru_cache(maxsize=1 << 16)
def _apart(text: str) -> str:
    """Take words apart, each in the plural and without "'s", but not symbols of one or two letters."""
    words = re.sub(_INSIDE, " ", re.sub(r"['’]s\b", "", text))
    return re.sub(r"[^\W\d_]{3,}", lambda word: plural(word[0].lower()), words)


def identifying(kb: KnowledgeBase) -> NDArray[np.uint32]:
    """Find the predicates whose object identifies the subject, in the world and not only in an incomplete knowledge base.

    Those declared so (owl:InverseFunctionalProperty, owl:hasKey of one property, the inverse of an owl:FunctionalProperty),
    and those that are nearly one to one: of at least 30 objects, 95% have one subject, and of at least 30 subjects, 95% have
    one object. Only names count: that no two things of the knowledge base have one number or date is luck.

    Returns:
        uint32, sorted.
    """
    subjects, predicates, objects = kb.columns()
    measured = pc.and_(
        pc.equal(kb.terms["kind"].cast(pa.string()), "literal"), pc.match_substring_regex(kb.terms["value"], MEASURED)
    ).to_numpy()[objects]
    by_data = np.unique(predicates)
    for ends in (objects, subjects):
        pairs = grouped(predicates[~measured], ends[~measured])
        of = predicates[~measured][pairs.heads]
        known, single = (np.bincount(some, minlength=kb.terms.num_rows) for some in (of, of[pairs.sizes == 1]))
        by_data = by_data[(known >= _FEWEST_ENDS)[by_data] & (single >= _NEARLY_ONE * known)[by_data]]
    found: NDArray[np.uint32] = np.union1d(by_data, _declared(kb)).astype(np.uint32)
    return found


def _declared(kb: KnowledgeBase) -> list[int]:
    triples = np.stack([kb.axioms[name].to_numpy() for name in ("subject", "predicate", "object")], axis=1)

    def iri(value: str) -> int:
        return int(pc.index(kb.terms["value"], value).as_py())

    def linked(name: str, value: str = "") -> NDArray[np.uint32]:
        chosen: NDArray[np.uint32] = triples[triples[:, 1] == iri(name)]
        return chosen[chosen[:, 2] == iri(value)] if value else chosen

    found: list[int] = linked(RDF + "type", OWL + "InverseFunctionalProperty")[:, 0].tolist()
    functional = set(linked(RDF + "type", OWL + "FunctionalProperty")[:, 0].tolist())
    for one, _, other in linked(OWL + "inverseOf").tolist():
        found += [left for left, right in ((one, other), (other, one)) if right in functional]
    first = {node: value for node, _, value in linked(RDF + "first").tolist()}
    rest = {node: value for node, _, value in linked(RDF + "rest").tolist()}
    nil = iri(RDF + "nil")
    keys = linked(OWL + "hasKey")[:, 2].tolist()
    return found + [first[node] for node in keys if node in first and rest.get(node) == nil]


def twins(wording: Wording) -> NDArray[np.int64]:
    """Number all terms so that those of one thing, by owl:sameAs or by their label, have one number.

    Returns:
        int64 (terms,).
    """
    from scipy.sparse import csgraph, csr_array

    kb = wording.kb
    names = _numbered(pc.utf8_lower(wording.labels()))
    same = pc.index(kb.terms["value"], OWL + "sameAs").as_py()
    stated = [kb.axioms, kb.facts]
    left, right = (
        names[np.concatenate([t[end].to_numpy()[t["predicate"].to_numpy() == same] for t in stated])]
        for end in ("subject", "object")
    )
    if not len(left):
        return names
    size = int(names.max()) + 1
    graph = csr_array((np.ones(len(left)), (left, right)), shape=(size, size))
    return np.asarray(csgraph.connected_components(graph, directed=False)[1][names], np.int64)
