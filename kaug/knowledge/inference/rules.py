"""The rules of inference as text → patterns with term numbers for joins.

A rule reads `premise . premise => conclusion`. A premise that ends in `!` matches only rows that no closing rule (`CLOSING`)
has inferred: a chain is then followed once, step by step, and not again for every way to split it in two. The conclusions
are the same.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal

__all__ = [
    "CLOSING",
    "CONCLUDED",
    "READING",
    "RULES",
    "VOCABULARY",
    "Level",
    "Pattern",
    "Rule",
    "Term",
    "iri",
    "number_rules",
]

Level = Literal["rdfs", "owl"]
Term = str | int
"""A variable (`"?x"`), or a term number."""

_PREFIXES = {
    "rdf": "http://www.w3.org/1999/02/22-rdf-syntax-ns#",
    "rdfs": "http://www.w3.org/2000/01/rdf-schema#",
    "owl": "http://www.w3.org/2002/07/owl#",
}

_RDFS = (
    ("prp-dom", "?p rdfs:domain ?c . ?x ?p ?y => ?x rdf:type ?c"),
    ("prp-rng", "?p rdfs:range ?c . ?x ?p ?y => ?y rdf:type ?c"),
    ("prp-spo1", "?x ?p ?y . ?p rdfs:subPropertyOf ?q ! => ?x ?q ?y"),
    ("cax-sco", "?x rdf:type ?c . ?c rdfs:subClassOf ?d ! => ?x rdf:type ?d"),
    ("scm-sco", "?c rdfs:subClassOf ?d . ?d rdfs:subClassOf ?e ! => ?c rdfs:subClassOf ?e"),
    ("scm-spo", "?p rdfs:subPropertyOf ?q . ?q rdfs:subPropertyOf ?r ! => ?p rdfs:subPropertyOf ?r"),
)
_CHAIN_OF_TWO = "?l rdf:first ?q . ?l rdf:rest ?m . ?m rdf:first ?r . ?m rdf:rest rdf:nil . ?x ?q ?y . ?y ?r ?z"
_CHAIN_OF_MORE = "?l rdf:first ?q . ?l rdf:rest ?m . ?x ?q ?y . ?y ?m ?z"
_MEMBER = ":lists ?m . ?m rdf:first ?d"
_OWL = (
    ("prp-eqp1", "?x ?p ?y . ?p owl:equivalentProperty ?q => ?x ?q ?y"),
    ("prp-eqp2", "?x ?p ?y . ?q owl:equivalentProperty ?p => ?x ?q ?y"),
    ("prp-inv1", "?x ?p ?y . ?p owl:inverseOf ?q => ?y ?q ?x"),
    ("prp-inv2", "?x ?p ?y . ?q owl:inverseOf ?p => ?y ?q ?x"),
    ("prp-symp", "?p rdf:type owl:SymmetricProperty . ?x ?p ?y => ?y ?p ?x"),
    ("prp-trp", "?p rdf:type owl:TransitiveProperty . ?x ?p ?y . ?y ?p ?z ! => ?x ?p ?z"),
    ("prp-spo2", "?p owl:propertyChainAxiom ?l . ?l rdf:first ?q . ?l rdf:rest rdf:nil . ?x ?q ?y => ?x ?p ?y"),
    ("prp-spo2", f"?p owl:propertyChainAxiom ?l . {_CHAIN_OF_TWO} => ?x ?p ?z"),
    ("prp-spo2", f"?p owl:propertyChainAxiom ?l . {_CHAIN_OF_MORE} => ?x ?p ?z"),
    ("prp-spo2", f"?l :chains ?l . {_CHAIN_OF_TWO} => ?x ?l ?z"),  # the end of a chain, with its list as predicate
    ("prp-spo2", f"?l :chains ?l . {_CHAIN_OF_MORE} => ?x ?l ?z"),
    ("cax-eqc1", "?x rdf:type ?c . ?c owl:equivalentClass ?d => ?x rdf:type ?d"),
    ("cax-eqc2", "?x rdf:type ?c . ?d owl:equivalentClass ?c => ?x rdf:type ?d"),
    ("cls-hv1", "?x rdf:type ?c . ?c owl:onProperty ?p . ?c owl:hasValue ?y => ?x ?p ?y"),
    ("cls-hv2", "?x ?p ?y . ?c owl:onProperty ?p . ?c owl:hasValue ?y => ?x rdf:type ?c"),
    ("cls-svf1", "?x ?p ?y . ?y rdf:type ?d . ?c owl:onProperty ?p . ?c owl:someValuesFrom ?d => ?x rdf:type ?c"),
    ("cls-avf", "?x rdf:type ?c . ?x ?p ?y . ?c owl:onProperty ?p . ?c owl:allValuesFrom ?d => ?y rdf:type ?d"),
    ("cls-oo", f"?c owl:oneOf ?l . ?l {_MEMBER} => ?d rdf:type ?c"),
    ("scm-eqc1", "?c owl:equivalentClass ?d => ?c rdfs:subClassOf ?d"),
    ("scm-eqc1", "?c owl:equivalentClass ?d => ?d rdfs:subClassOf ?c"),
    ("scm-eqp1", "?p owl:equivalentProperty ?q => ?p rdfs:subPropertyOf ?q"),
    ("scm-eqp1", "?p owl:equivalentProperty ?q => ?q rdfs:subPropertyOf ?p"),
    ("scm-int", f"?c owl:intersectionOf ?l . ?l {_MEMBER} => ?c rdfs:subClassOf ?d"),
    ("scm-int", f"?b rdfs:subClassOf ?c ! . ?c owl:intersectionOf ?l . ?l {_MEMBER} => ?b rdfs:subClassOf ?d"),
    ("scm-uni", f"?c owl:unionOf ?l . ?l {_MEMBER} => ?d rdfs:subClassOf ?c"),
    ("eq-sym", "?x owl:sameAs ?y => ?y owl:sameAs ?x"),
    ("eq-trans", "?x owl:sameAs ?y . ?y owl:sameAs ?z ! => ?x owl:sameAs ?z"),
    ("eq-rep-s", "?x owl:sameAs ?y . ?x ?p ?z => ?y ?p ?z"),
    ("eq-rep-p", "?p owl:sameAs ?q . ?x ?p ?y => ?x ?q ?y"),
    ("eq-rep-o", "?x owl:sameAs ?y . ?z ?p ?x => ?z ?p ?y"),
    (
        "some-values-from",
        "?c rdfs:subClassOf ?r ! . ?r owl:onProperty ?p . ?r owl:someValuesFrom ?d => ?c ?p ?d",
    ),
    ("has-value", "?c rdfs:subClassOf ?r ! . ?r owl:onProperty ?p . ?r owl:hasValue ?y => ?c ?p ?y"),
)
# A step through an equivalence is a better reason than two subclass steps, so these rules come first.
RULES: dict[Level, tuple[tuple[str, str], ...]] = {
    "rdfs": _RDFS,
    "owl": (*_OWL[:17], *_RDFS[:4], *_OWL[17:], *_RDFS[4:]),
}
"""The rules of each level, (name, text), in the order that decides between derivations of the same round."""

CLOSING = frozenset({"scm-sco", "scm-spo", "prp-trp", "eq-trans"})
"""The rules that close a relation over chains of any length."""

READING = frozenset({"some-values-from", "has-value"})
"""The rules that read an axiom about a class as a fact. They are applied once, after all others: their conclusions are about
the members of the class, so they are premises of no other rule.
"""

CONCLUDED = tuple(
    _PREFIXES[prefix] + name
    for prefix, name in (("rdf", "type"), ("rdfs", "subClassOf"), ("rdfs", "subPropertyOf"), ("owl", "sameAs"))
)
"""The IRIs of conclusions, whether the triples have them or not."""

_OTHERS = {
    "rdf": "Property List Statement nil first rest subject predicate object value",
    "rdfs": "Resource Class Literal Datatype Container ContainerMembershipProperty domain range label comment member"
    " seeAlso isDefinedBy",
    "owl": "Thing Nothing Class Restriction NamedIndividual Ontology ObjectProperty DatatypeProperty AnnotationProperty"
    " FunctionalProperty InverseFunctionalProperty SymmetricProperty TransitiveProperty AsymmetricProperty"
    " ReflexiveProperty IrreflexiveProperty topObjectProperty topDataProperty bottomObjectProperty bottomDataProperty"
    " equivalentClass equivalentProperty inverseOf propertyChainAxiom onProperty hasValue someValuesFrom allValuesFrom"
    " oneOf intersectionOf unionOf complementOf disjointWith differentFrom",
}
VOCABULARY = CONCLUDED + tuple(_PREFIXES[prefix] + name for prefix, names in _OTHERS.items() for name in names.split())
"""All IRIs that the rules know: those in their text, and those without conclusions about them."""


@dataclass(frozen=True)
class Pattern:
    """A triple with variables; `base` excludes rows that a closing rule inferred."""

    subject: Term
    predicate: Term
    object: Term
    base: bool = False

    @property
    def terms(self) -> tuple[Term, Term, Term]:
        """Subject, predicate and object."""
        return self.subject, self.predicate, self.object


@dataclass(frozen=True)
class Rule:
    """A rule with term numbers: for all values of the premises' variables, the conclusion follows."""

    name: str
    premises: tuple[Pattern, ...]
    conclusion: Pattern


def iri(name: str) -> str:
    """Write a prefixed name of the RDF, RDFS or OWL vocabulary in full.

    Examples:
        >>> iri("owl:sameAs")
        'http://www.w3.org/2002/07/owl#sameAs'
    """
    prefix, _, local = name.partition(":")
    return _PREFIXES[prefix] + local


def number_rules(level: Level, numbers: Mapping[str, int]) -> list[Rule]:
    """Replace the names in the rules' text by term numbers.

    Args:
        level: The level of the rules.
        numbers: The term numbers of the vocabulary's IRIs, and of the names that begin with a colon.

    Returns:
        The rules in their order, without those with a name that has no number: they cannot fire.

    Examples:
        >>> rule = number_rules("rdfs", {iri("rdf:type"): 1, iri("rdfs:subClassOf"): 2})[0]
        >>> rule.name, rule.premises[0].terms, rule.conclusion.terms
        ('cax-sco', ('?x', 1, '?c'), ('?x', 1, '?d'))
    """
    rules = []
    for name, text in RULES[level]:
        premises, _, conclusion = text.partition(" => ")
        patterns = [_pattern(part, numbers) for part in (*premises.split(" . "), conclusion)]
        known = tuple(pattern for pattern in patterns if pattern)
        if len(known) == len(patterns):
            rules.append(Rule(name, known[:-1], known[-1]))
    return rules


def _pattern(text: str, numbers: Mapping[str, int]) -> Pattern | None:
    *words, mark = f"{text} .".split()[:4]
    terms = [word if word[0] == "?" else numbers.get(word if word[0] == ":" else iri(word)) for word in words]
    subject, predicate, value = terms
    if subject is None or predicate is None or value is None:
        return None
    return Pattern(subject, predicate, value, base=mark == "!")
