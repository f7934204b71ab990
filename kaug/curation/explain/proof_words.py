"""Facts, axioms and class expressions → the words that a proof says them in."""

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from kaug.knowledge.inference.rules import iri
from kaug.knowledge.knowledge_base import KnowledgeBase
from kaug.wording.wording import Wording, fill

__all__ = ["Words"]

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
        "owl:onProperty": "{s} is told by “{o}”.",
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
_NESTED = 4  # class expressions within class expressions that are said; what lies deeper is "something"
_MEMBERS = 20


class Words:
    """Says triples in one language; what cannot be said in it is said in English.

    Args:
        kb: The knowledge base, whose facts and axioms tell what blank nodes stand for.
        language: BCP 47 tag.
    """

    def __init__(self, kb: KnowledgeBase, language: str = "en") -> None:
        self._kb, self._wording = kb, Wording(kb, language)
        self._blank = pc.equal(pc.cast(kb.terms["kind"], pa.string()), "blank")
        self._subject, self._predicate, self._object = (
            np.concatenate([table[name].to_numpy() for table in (kb.facts, kb.axioms)])
            for name in ("subject", "predicate", "object")
        )

    def sentence(self, subject: int, predicate: int, value: int) -> str:
        """Say a triple in its plainest sentence; an axiom about the vocabulary in words for what it means.

        Args:
            subject: Term number.
            predicate: Term number.
            value: The object's term number.

        Returns:
            One sentence. A blank node that stands for a class expression or a list is said by its parts.
        """
        name = self._iri(predicate)
        template = _KINDS.get(self._iri(value)) if name == iri("rdf:type") else _AXIOMS.get(name)
        if template is None:
            template = self._wording.statement(predicate)
        bare = "“{s}”" in template, "“{o}”" in template
        between = " then " if name == iri("owl:propertyChainAxiom") else _LISTS.get(name, ", ")
        left = self._say(subject, _NESTED, bare=bare[0])
        return str(fill(template, pa.array([left]), pa.array([self._say(value, _NESTED, between, bare[1])])).text[0])

    def is_part(self, subject: int, predicate: int) -> bool:
        """Whether a triple is a part of an anonymous class or a list, and is said where that is named."""
        return bool(self._blank[subject].as_py()) and self._iri(predicate) in _PARTS

    def _say(self, term: int, depth: int, between: str = ", ", bare: bool = False) -> str:
        if not self._blank[term].as_py():
            return str((self._wording.labels if bare else self._wording.phrases)(np.array([term]))[0])
        about = self._about(term)
        if _FIRST in about and depth:
            quote = "“{}”" if (chain := between == " then ") else "{}"
            return between.join(quote.format(self._say(m, depth - 1, bare=chain)) for m in self._members(term))
        if _ON in about and depth:
            on = self._say(about[_ON], depth - 1, bare=True)
            for kind, words in _RESTRICTIONS.items():
                if kind in about:
                    return words.format(p=on, o=self._say(about[kind], depth - 1))
        for kind, word in _LISTS.items():
            if kind in about and depth:
                return self._say(about[kind], depth - 1, word)
        if iri("owl:inverseOf") in about and depth:
            return f"the inverse of {self._say(about[iri('owl:inverseOf')], depth - 1, bare=True)}"
        return "something"

    def _members(self, term: int) -> list[int]:
        members: list[int] = []
        about = self._about(term)
        while _FIRST in about and len(members) < _MEMBERS:
            members.append(about[_FIRST])
            about = self._about(about[_REST]) if _REST in about else {}
        return members

    def _about(self, term: int) -> dict[str, int]:
        """The stated predicates of a term, each with its first object."""
        rows = np.flatnonzero(self._subject == term)[::-1]
        return {self._iri(int(self._predicate[row])): int(self._object[row]) for row in rows}

    def _iri(self, term: int) -> str:
        return str(self._kb.terms["value"][term])
