"""A fact → its proof: the tree of facts and axioms that it follows from, as data and as sentences."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import polars as pl
import pyarrow as pa
import pyarrow.compute as pc

from kaug.errors import SourceError
from kaug.knowledge.inference.rules import iri
from kaug.knowledge.knowledge_base import KnowledgeBase
from kaug.wording.naming import find_terms
from kaug.wording.wording import Wording, fill

__all__ = ["Proof", "explain", "find_facts", "say_proof"]

_SHOWN = 5  # the maximum number of facts in an error message
_AXIOMS = {
    iri(name): text
    for name, text in {
        "rdfs:domain": "Whatever has the property “{s}” is {o}.",
        "rdfs:range": "Whatever is a value of “{s}” is {o}.",
        "rdfs:subPropertyOf": "Where “{s}” holds, “{o}” holds.",
        "owl:equivalentProperty": "“{s}” and “{o}” mean the same.",
        "owl:inverseOf": "“{s}” is the inverse of “{o}”.",
        "owl:propertyChainAxiom": "“{s}” follows from {o}.",
        "owl:equivalentClass": "{s} is the same as {o}.",
        "owl:onProperty": "{s} is defined by “{o}”.",
        "owl:someValuesFrom": "{s} has some value that is {o}.",
        "owl:allValuesFrom": "{s} has only values that are {o}.",
        "owl:hasValue": "{s} has the value {o}.",
        "owl:sameAs": "{s} is the same as {o}.",
        "owl:intersectionOf": "{s} is all of this: {o}.",
        "owl:unionOf": "{s} is one of these: {o}.",
        "owl:oneOf": "{s} is one of these: {o}.",
    }.items()
}
_KINDS = {iri("owl:TransitiveProperty"): "“{s}” is transitive.", iri("owl:SymmetricProperty"): "“{s}” is symmetric."}
_RESTRICTIONS = {
    iri("owl:someValuesFrom"): "something with “{p}”: {o}",
    iri("owl:hasValue"): "something with “{p}”: {o}",
    iri("owl:allValuesFrom"): "something with “{p}”: only {o}",
}
_LISTS = {iri("owl:intersectionOf"): " and ", iri("owl:unionOf"): " or ", iri("owl:oneOf"): " or "}
_ON, _FIRST, _REST = iri("owl:onProperty"), iri("rdf:first"), iri("rdf:rest")
_PARTS = {_ON, _FIRST, _REST, *_RESTRICTIONS, *_LISTS}
_NESTED = 4  # the depth of nested class expressions in a sentence; deeper ones are "something"
_MEMBERS = 20


@dataclass(frozen=True, eq=False)
class Proof:
    """A fact or an axiom with its premises. A premise that occurs twice is one object.

    Attributes:
        fact: Its id, in hex.
        subject: Term number.
        predicate: Term number.
        object: Term number.
        axiom: Whether it is an axiom.
        sources: The ids of the sources that state it or, if it is inferred, its premises.
        rule: The rule that inferred it; None if it is stated.
        premises: The premises in the rule's order; none if it is stated.
        untaught: The reason why the fact is not taught; None if it is.
    """

    fact: str
    subject: int
    predicate: int
    object: int
    axiom: bool
    sources: tuple[str, ...]
    rule: str | None
    premises: tuple["Proof", ...]
    untaught: str | None


def find_facts(kb: KnowledgeBase, text: str) -> list[str]:
    """Find facts by their id or by a name in them.

    Args:
        kb: The knowledge base.
        text: The first digits of a fact's id, four or more; or any name that kaug shows for a subject or object, in any case:
            a label, a phrase, the name in an IRI, a value in words; or its IRI. Of a predicate, where no subject or object
            has the name, all facts match.

    Returns:
        The ids of the facts, in hex: inferred ones first, each kind in the order of FACTS. An axiom is found by its id.

    Raises:
        SourceError: No fact matches.
    """
    wanted = text.strip().lower()
    if len(wanted) >= 4 and set(wanted) <= set("0123456789abcdef"):
        facts = [fact for table in (kb.facts, kb.axioms) for fact in _starting_with(table, wanted)]
        if facts:
            return facts
    terms = find_terms(kb, text.strip())
    # Facts about the thing; of a predicate, those that it states.
    rows = next((rows for ends in (("subject", "object"), ("predicate",)) if len(rows := _with(kb, ends, terms))), None)
    if rows is None:
        raise SourceError(f"No fact has an id that begins with {text!r}, and no fact is about something of that name.")
    stated = pc.is_null(rows["rule"])
    parts = [rows.filter(pc.invert(stated)), rows.filter(stated)]
    return [fact.hex() for part in parts for fact in part["fact"].to_pylist()]


def explain(kb: KnowledgeBase, fact: str) -> Proof:
    """Return the proof of a fact, down to facts that sources state.

    Args:
        kb: The knowledge base.
        fact: The fact's id in hex, or its first digits, four or more.

    Returns:
        The proof, as deep as its longest chain of premises.

    Raises:
        SourceError: No fact or axiom has that id, several match, or a premise is missing.

    Examples:
        >>> import tempfile; from pathlib import Path; from kaug.knowledge.build import build_kb
        >>> file = Path(tempfile.mkdtemp()) / "a.ttl"
        >>> _ = file.write_text('@prefix : <urn:x:> . :togo :capital :lome .')
        >>> kb = build_kb([file])
        >>> proof = explain(kb, kb.hex_ids[0].as_py())
        >>> proof.rule, proof.sources, say_proof(kb, proof)
        (None, ('a',), ['The capital of togo is lome. (a)'])
    """
    facts = find_facts(kb, fact)
    if len(facts) > 1:
        more = " …" if len(facts) > _SHOWN else ""
        raise SourceError(f"{fact!r} matches {len(facts)} facts; name one: {' '.join(facts[:_SHOWN])}{more}")
    rows = _Rows(kb)
    root = rows.find(bytes.fromhex(facts[0]))
    done: dict[int, Proof] = {}
    open_ = [root]
    # Without recursion: a chain of premises may be longer than Python's stack.
    while open_:
        row = open_[-1]
        premises = rows.premises(row)
        if missing := [premise for premise in premises if premise not in done]:
            open_.extend(missing)
        else:
            done[row] = rows.proof(row, [done[premise] for premise in premises])
            open_.pop()
    return done[root]


def say_proof(kb: KnowledgeBase, proof: Proof, language: str = "en", depth: int | None = None) -> list[str]:
    """Write a proof as sentences; an indented line is a premise of the nearest line above that is indented less.

    Args:
        kb: The knowledge base.
        proof: The proof that `explain` returned.
        language: BCP 47 tag; the fallback is English.
        depth: The number of steps to show; None shows all.

    Returns:
        Lines. Brackets hold the rule, the sources of a stated fact, or "see above" for premises shown before; in the first line
        also the reason why the fact is not taught.
    """
    words = _Words(kb, language)
    lines: list[str] = []
    shown: set[str] = set()
    open_ = [(proof, 0)]
    while open_:
        step, level = open_.pop()
        again = step.rule is not None and step.fact in shown
        reason = "see above" if again else step.rule or ", ".join(step.sources) or "stated"
        if step is proof and step.untaught and not step.axiom:
            reason += f"; not taught: {step.untaught}"
        lines.append(f"{'  ' * level}{words.sentence(step.subject, step.predicate, step.object)} ({reason})")
        shown.add(step.fact)
        if not again and (depth is None or level < depth):
            # A link of a list or a part of an anonymous class is in the sentence that names the list or class.
            premises = [premise for premise in step.premises if not words.is_part(premise.subject, premise.predicate)]
            open_.extend((premise, level + 1) for premise in reversed(premises))
    return lines


def _with(kb: KnowledgeBase, ends: Sequence[str], terms: pa.Array) -> pa.Table:
    """Return the facts with one of some terms at one of some ends."""
    found = np.logical_or.reduce([pc.is_in(kb.facts[end], terms).to_numpy() for end in ends])
    return kb.facts.filter(pa.array(found))


def _starting_with(table: pa.Table, digits: str) -> list[str]:
    """Return the ids of a table that begin with some hex digits."""
    ids = pl.Series(table["fact"].cast(pa.binary()), dtype=pl.Binary).bin.encode("hex")
    return ids.filter(ids.str.starts_with(digits)).to_list()


class _Rows:
    """The rows of facts, then axioms, found by id."""

    def __init__(self, kb: KnowledgeBase) -> None:
        self._table, self._facts = pa.concat_tables([kb.facts, kb.axioms]), len(kb)
        ids = self._table["fact"].combine_chunks()
        keys = np.frombuffer(ids.buffers()[1], ">u8")[2 * ids.offset :][: 2 * len(ids) : 2].astype(np.uint64)
        self._order = np.argsort(keys, kind="stable")
        self._keys = keys[self._order]

    def find(self, fact: bytes) -> int:
        key = np.uint64(int.from_bytes(fact[:8], "big"))
        same = self._order[np.searchsorted(self._keys, key) : np.searchsorted(self._keys, key, "right")]
        row = next((int(row) for row in same if self._at(int(row), "fact") == fact), None)
        if row is None:
            raise SourceError(f"A premise is missing: there is no fact or axiom {fact.hex()}. Build again.")
        return row

    def premises(self, row: int) -> list[int]:
        return [self.find(fact) for fact in self._at(row, "premises")]

    def proof(self, row: int, premises: Sequence[Proof]) -> Proof:
        names = ("fact", "subject", "predicate", "object", "sources", "rule", "untaught")
        fact, subject, predicate, value, sources, rule, untaught = (self._at(row, name) for name in names)
        axiom = row >= self._facts
        return Proof(fact.hex(), subject, predicate, value, axiom, tuple(sources), rule, tuple(premises), untaught)

    def _at(self, row: int, name: str) -> Any:
        return self._table[name][row].as_py()


class _Words:
    """Writes triples as sentences in one language, or in English."""

    def __init__(self, kb: KnowledgeBase, language: str) -> None:
        self._kb, self._wording = kb, Wording(kb, language)
        self._blank = pc.equal(pc.cast(kb.terms["kind"], pa.string()), "blank")
        self._subject, self._predicate, self._object = (
            np.concatenate([table[name].to_numpy() for table in (kb.facts, kb.axioms)])
            for name in ("subject", "predicate", "object")
        )

    def sentence(self, subject: int, predicate: int, value: int) -> str:
        """Write a triple as its plainest sentence, an axiom by its meaning, a class expression or a list by its parts."""
        name = self._iri(predicate)
        template = _KINDS.get(self._iri(value)) if name == iri("rdf:type") else _AXIOMS.get(name)
        if template is None:
            template = self._wording.statement(predicate)
        bare = "“{s}”" in template, "“{o}”" in template
        separator = " then " if name == iri("owl:propertyChainAxiom") else _LISTS.get(name, ", ")
        left = self._name(subject, _NESTED, bare=bare[0])
        return str(fill(template, pa.array([left]), pa.array([self._name(value, _NESTED, separator, bare[1])])).text[0])

    def is_part(self, subject: int, predicate: int) -> bool:
        """Return whether a triple is a part of an anonymous class or a list."""
        return bool(self._blank[subject].as_py()) and self._iri(predicate) in _PARTS

    def _name(self, term: int, depth: int, separator: str = ", ", bare: bool = False) -> str:
        if not self._blank[term].as_py():
            return str((self._wording.labels if bare else self._wording.phrases)(np.array([term]))[0])
        about = self._about(term)
        if _FIRST in about and depth:
            quote = "“{}”" if (chain := separator == " then ") else "{}"
            return separator.join(quote.format(self._name(m, depth - 1, bare=chain)) for m in self._members(term))
        if _ON in about and depth:
            on = self._name(about[_ON], depth - 1, bare=True)
            for kind, words in _RESTRICTIONS.items():
                if kind in about:
                    return words.format(p=on, o=self._name(about[kind], depth - 1))
        for kind, word in _LISTS.items():
            if kind in about and depth:
                return self._name(about[kind], depth - 1, word)
        if iri("owl:inverseOf") in about and depth:
            return f"the inverse of {self._name(about[iri('owl:inverseOf')], depth - 1, bare=True)}"
        return "something"

    def _members(self, term: int) -> list[int]:
        members: list[int] = []
        about = self._about(term)
        while _FIRST in about and len(members) < _MEMBERS:
            members.append(about[_FIRST])
            about = self._about(about[_REST]) if _REST in about else {}
        return members

    def _about(self, term: int) -> dict[str, int]:
        """Return the predicates of a term, each with its first object."""
        rows = np.flatnonzero(self._subject == term)[::-1]
        return {self._iri(int(self._predicate[row])): int(self._object[row]) for row in rows}

    def _iri(self, term: int) -> str:
        return str(self._kb.terms["value"][term])
