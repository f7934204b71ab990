"""Checks of the use of vocabularies: slips of standard terms, ontologies that were not loaded, deprecated terms."""

import re
from functools import cache

import polars as pl

from kaug.curation.quality.check import Cases, Check, ranked
from kaug.curation.quality.graph import Graph
from kaug.wording.wording import Manner, Wording

__all__ = ["CHECKS", "intended"]

_FACTS = 3
_NOT_IN_RDFLIB = {"reifies", "dirLangString"}  # new in RDF 1.2
_SEVERAL = 0.05


@cache
def _standard() -> dict[str, str]:
    """The terms of standard vocabularies: IRIs by what is left of them without scheme, `#`, `/` and case."""
    from rdflib.namespace import DC, DCTERMS, FOAF, OWL, RDF, RDFS, SKOS

    terms = [str(term) for vocabulary in (FOAF, DC, DCTERMS, SKOS, OWL, RDFS, RDF) for term in dir(vocabulary)]
    return {_key(iri): iri for iri in [*terms, *(str(RDF) + name for name in sorted(_NOT_IN_RDFLIB))]}


def _key(iri: str) -> str:
    return re.sub(r"^https?://|[#/]", "", iri.lower())


def intended(iri: str) -> str | None:
    """Return the standard term that an IRI looks like a slip of; None for a standard term, and for one of its own.

    Examples:
        >>> intended("https://www.w3.org/2000/01/rdf-schema#label")
        'http://www.w3.org/2000/01/rdf-schema#label'
        >>> intended("http://www.w3.org/1999/02/22-rdf-syntax-ns#label")
        'http://www.w3.org/2000/01/rdf-schema#label'
        >>> intended("http://www.w3.org/2002/07/owlClass"), intended("http://www.w3.org/2002/07/owl#Class")
        ('http://www.w3.org/2002/07/owl#Class', None)
    """
    standard = _standard()
    near = standard.get(_key(iri))
    if near is not None:
        return near if near != iri else None
    space, _, name = iri.rpartition("#")
    if not any(known.startswith(f"{space}#") for known in standard.values()) or re.fullmatch(r"_[1-9][0-9]*", name):
        return None
    return next((known for known in reversed(standard.values()) if re.split("[#/]", known)[-1] == name), "")


def _slips(g: Graph) -> Cases:
    """Predicates and classes that look like a slip of a standard term."""
    classes = g.triples.filter(pl.col("predicate").is_in(g.named("rdf:type")))
    used = pl.concat([g.triples.select("row", term="predicate"), classes.select("row", term="object")])
    used = (
        used.filter(g.get("kind", "term") == "iri")
        .group_by("term")
        .agg(count=pl.len(), facts=pl.col("row").head(_FACTS))
    )
    used = used.with_columns(iri=g.get("value", "term"))
    meant = {iri: near for iri in used["iri"] if (near := intended(iri)) is not None}
    used = used.filter(pl.col("iri").is_in(list(meant)))
    hints = [f"; perhaps <{meant[iri]}>" if meant[iri] else "" for iri in used["iri"]]
    return ranked(used.with_columns(terms=pl.concat_list("term"), hint=pl.Series(hints, dtype=pl.String)), "term")


def _not_loaded(g: Graph) -> Cases:
    """Imported ontologies of which nothing was loaded."""
    loaded = g.typed("owl:Ontology")
    missing = g.pairs("owl:imports").filter(~pl.col("object").is_in(loaded.implode()))["object"].unique().sort()
    return missing.to_frame("term").select(terms=pl.concat_list("term"))


def _deprecated(g: Graph) -> Cases:
    """Deprecated terms that facts are about."""
    marks = g.pairs("owl:deprecated").filter(g.get("value", "object").is_in(["true", "1"]))
    old = pl.concat([marks["subject"], g.typed("owl:DeprecatedClass", "owl:DeprecatedProperty")]).unique()
    ends = [g.facts.select("row", term=end) for end in ("subject", "predicate", "object")]
    facts = pl.concat(ends).filter(pl.col("term").is_in(old.implode())).unique()
    cases = facts.sort("row").group_by("term").agg(count=pl.len(), facts=pl.col("row").head(_FACTS))
    return ranked(cases.with_columns(terms=pl.concat_list("term")), "term")


def _said_as_the_only_one(g: Graph) -> Cases:
    """Predicates of which several values are taught, and whose sentence says "the", as for one value."""
    taught = g.facts[g.kb.taught]
    values = taught.group_by("predicate", "subject").agg(count=pl.len())
    several = values.group_by("predicate").agg(subjects=pl.len(), odd=(pl.col("count") > 1).sum())
    several = several.filter(pl.col("odd") >= _SEVERAL * pl.col("subjects"), pl.col("odd") > 0)
    wording = Wording(g.kb)
    one = [
        p for p in several["predicate"] if re.match(r"The .*\{s\} is \{o\}", wording.statement(p, Manner(several=True)))
    ]
    cases = several.filter(pl.col("predicate").is_in(one)).rename({"odd": "count"})
    facts = taught.join(values.filter(pl.col("count") > 1), ["predicate", "subject"], "semi").sort("row")
    shown = facts.group_by("predicate").agg(facts=pl.col("row").head(_FACTS))
    return ranked(cases.join(shown, "predicate").with_columns(terms=pl.concat_list("predicate")), "predicate")


# fmt: off
CHECKS = [
    Check("misspelt-vocabulary", "error", "{count:term looks|terms look} like a slip of a standard term.",
        "Correct the IRI, or the prefix that it is written with: what is meant by it is lost.",
        _slips, "is used {count:time|times}{hint}"),
    Check("import-not-loaded", "info", "{count:ontology is|ontologies are} imported and not loaded.",
        "Add the file to the sources, if its labels, classes or facts are wanted.",
        _not_loaded, needs=("owl:imports",)),
    Check("deprecated-term", "warning", "{count:deprecated term is|deprecated terms are} used in facts.",
        "Leave the facts out, or replace the term.",
        _deprecated, "{count:fact|facts}",
        needs=("owl:deprecated", "owl:DeprecatedClass", "owl:DeprecatedProperty")),
    Check("several-values-said-as-one", "warning",
        "{count:predicate is|predicates are} worded as if a subject had one value, and some have several.",
        "Write a statement for several values (“A topping of {{s}} is {{o}}.”), or correct the facts.",
        _said_as_the_only_one, "{count:,} of {subjects:,} subjects have several"),
]
# fmt: on
