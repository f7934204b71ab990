"""Checks of facts against the vocabulary: functional properties, disjoint classes, property axioms, domains and ranges."""

from functools import partial

import polars as pl

from kaug.curation.quality.check import Cases, Check, ranked
from kaug.curation.quality.graph import Graph
from kaug.curation.quality.values import derives, equal_terms

__all__ = ["CHECKS"]

_LOOKS_FUNCTIONAL, _FEWEST_SUBJECTS = 0.99, 100
_ANY = ("rdfs:Resource", "owl:Thing", "rdfs:Literal", "owl:Class", "rdfs:Class", "rdf:Property")
_DISJOINT = ("owl:disjointWith", "owl:complementOf", "owl:AllDisjointClasses", "owl:disjointUnionOf")
_SHOWN = 3


def _functional_conflicts(g: Graph) -> Cases:
    """Several values of a functional property, or several subjects of an inverse functional one."""
    same = pl.lit(equal_terms(g).gather(g.linked(g.pairs("owl:sameAs"))))
    inverse = g.facts_of(g.typed("owl:InverseFunctionalProperty")).select(
        "row", "property", end="object", other="subject"
    )
    facts = [g.facts_of(g.typed("owl:FunctionalProperty")), _restricted(g)]
    facts = [part.select("row", "property", end="subject", other="object") for part in facts]
    facts = [part.with_columns(number=pl.lit(number)) for number, part in enumerate([*facts, inverse])]
    values = pl.concat(facts).with_columns(value=same.gather(pl.col("other")))
    case = ["number", "property", "end"]
    several = values.unique([*case, "value"]).group_by(case).agg(count=pl.len()).filter(pl.col("count") > 1)
    rows = values.join(several, case).unique([*case, "row"]).sort("row")
    cases = ranked(rows.group_by(*case, "count").agg(facts=pl.col("row").head(_SHOWN)), *case)
    noun = pl.when(pl.col("number") == 2).then(pl.lit("subjects")).otherwise(pl.lit("values"))
    cases = cases.with_columns(noun=noun, terms=pl.concat_list("end", "property"))
    # A property may be declared and restricted at once: each conflict counts once.
    return cases.unique(["property", "end", "noun"], keep="first", maintain_order=True)


def _restricted(g: Graph) -> pl.DataFrame:
    """The facts that an OWL restriction of their subject's class limits to one value at most, each with its property."""
    single = g.pairs("owl:maxCardinality", "owl:cardinality").filter(g.get("value", "object") == "1")
    limits = g.pairs("owl:onProperty").filter(pl.col("subject").is_in(single["subject"].implode()))
    limits = limits.select(property="object", **{"class": "subject"})
    limited = g.instances(limits["class"].unique()).join(limits, "class").select("property", subject="entity")
    return g.facts_of(limits["property"].unique()).join(limited, ["property", "subject"], "semi")


def _seeming_conflicts(g: Graph) -> Cases:
    """Several values of a predicate of which nearly all subjects have one."""
    settled = [*g.typed("owl:FunctionalProperty"), *g.named("rdf:type", "rdfs:subClassOf")]
    several = g.facts.join(g.fan_out.filter(pl.col("count") > 1), ["predicate", "subject"], "semi")
    value = pl.lit(equal_terms(g)).gather(pl.col("object"))
    several = several.group_by("predicate", "subject").agg(count=value.n_unique(), facts="row")
    several = several.filter(pl.col("count") > 1)
    looks = g.fan_out.group_by("predicate").agg(subjects=pl.len())
    looks = looks.join(several.group_by("predicate").agg(odd=pl.len()), "predicate").filter(
        ~pl.col("predicate").is_in(settled),
        pl.col("subjects") >= _FEWEST_SUBJECTS,
        pl.col("subjects") - pl.col("odd") >= _LOOKS_FUNCTIONAL * pl.col("subjects"),
    )
    cases = several.join(looks, "predicate").with_columns(
        pl.col("facts").list.head(_SHOWN),
        terms=pl.concat_list("subject", "predicate"),
        share=1 - pl.col("odd") / pl.col("subjects"),
    )
    return ranked(cases, "predicate", "subject"), {"predicates": len(looks)}


def _clashing_classes(g: Graph, *, kind: str) -> Cases:
    """Entities, or classes, below two disjoint classes."""
    apart = g.disjoint_classes
    named = pl.concat([apart["a"], apart["b"]]).unique()
    if kind == "class":
        owned, predicate = g.subclasses(named).rename({"node": "owner"}), g.named("rdfs:subClassOf")
    else:
        owned, predicate = g.instances(named).rename({"entity": "owner"}), g.named("rdf:type")
    clashes = _clashes(owned, "class", ["owner"], apart)
    stated = g.triples.filter(pl.col("predicate").is_in(predicate)).group_by(owner="subject").agg(facts="row")
    cases = clashes.join(stated, "owner", "left", maintain_order="left")
    return cases.select(terms=pl.concat_list("owner", "a", "b"), facts=pl.col("facts").list.head(_SHOWN))


def _both_ways(g: Graph) -> Cases:
    """Pairs related both ways by an asymmetric property."""
    facts = g.facts_of(g.typed("owl:AsymmetricProperty"))
    # Each clash once, from the side of the smaller term.
    back = facts.filter(pl.col("subject") > pl.col("object")).rename({"subject": "object", "object": "subject"})
    key = ["property", "subject", "object"]
    back = back.group_by(key).agg(back="row")
    cases = facts.join(back, key, maintain_order="left")
    return cases.select(
        terms=pl.concat_list("subject", "object", "property"), facts=pl.concat_list("row", "back").list.head(_SHOWN)
    )


def _to_themselves(g: Graph) -> Cases:
    """Entities related to themselves by an irreflexive or asymmetric property."""
    facts = g.facts_of(g.typed("owl:IrreflexiveProperty", "owl:AsymmetricProperty"))
    facts = facts.filter(pl.col("subject") == pl.col("object"))
    return facts.select(terms=pl.concat_list("subject", "property"), facts=pl.concat_list("row"))


def _clashing_properties(g: Graph) -> Cases:
    """Pairs related by two disjoint properties."""
    apart = g.exclusive(["owl:propertyDisjointWith"], "owl:AllDisjointProperties", [])
    facts = g.facts_of(pl.concat([apart["a"], apart["b"]]).unique())
    pair = ["subject", "object"]
    clashes = _clashes(facts.select(*pair, "property").unique(), "property", pair, apart)
    shown = facts.select(*pair, "property", "row").join(clashes, pair)
    shown = shown.filter((pl.col("property") == pl.col("a")) | (pl.col("property") == pl.col("b")))
    rows = shown.group_by(pair).agg(facts=pl.col("row").unique().sort().head(_SHOWN))
    return clashes.join(rows, pair, maintain_order="left").select("facts", terms=pl.concat_list(*pair, "a", "b"))


def _clashes(owned: pl.DataFrame, kind: str, owner: list[str], apart: pl.DataFrame) -> pl.DataFrame:
    """Owners of two classes or properties that exclude each other, ascending, with the first such pair `a`, `b` of each."""
    first = owned.rename({kind: "a"}).join(apart, "a")
    both = first.join(owned.rename({kind: "b"}), [*owner, "b"], "semi")
    return both.sort(*owner, "a", "b").unique(owner, keep="first", maintain_order=True)


def _strays(g: Graph, *, declared: str, end: str) -> Cases:
    """Facts whose subject or object is not of the declared class or datatype.

    RDFS would infer the type; here, an entity without any type is no case, nor one whose class, or the declared class, may be
    described in an ontology that is imported and not loaded. Of class expressions, only unions are checked.
    """
    unions = g.pairs("owl:unionOf").select(union="subject", head="object")
    wanted = g.pairs(declared).rename({"subject": "predicate", "object": "class"})
    wanted = wanted.filter(
        ~pl.col("class").is_in(g.named(*_ANY)),
        ~pl.col("class").is_in(g.unknown.implode()),
        (g.get("kind", "class") == "iri") | pl.col("class").is_in(unions["union"].implode()),
    )
    names = {term: name for name, term in g.vocabulary.items() if name.startswith("xsd:") or name == "rdf:langString"}
    values = g.terms["value"]
    names |= {term: names.get(term, values[term]) for term in g.typed("rdfs:Datatype")}
    datatypes = {term: names[term] for term in wanted["class"].unique() if term in names}
    present = g.literals["datatype"].unique()
    fitting = [(term, name) for term, base in datatypes.items() for name in present if derives(name, base)]
    inside = g.instances(wanted["class"].unique(), g.members(unions)).rename({"entity": end})
    facts = g.particular.select("row", "predicate", end).join(wanted, "predicate")
    facts = facts.with_columns(kind=g.get("kind", end), datatype=g.get("datatype", end))
    facts = facts.join(
        pl.DataFrame(fitting, {"class": pl.UInt32, "datatype": pl.String}, orient="row").with_columns(fits=True),
        ["class", "datatype"],
        "left",
    )
    facts = facts.join(inside.with_columns(inside=True), [end, "class"], "left")
    # Of a class that is not described, the classes above may stand in a source that was not loaded.
    described = g.types.filter(pl.col("class").is_in(g.described["term"].implode()) | ~pl.lit(_imports(g)))
    typed = pl.col(end).is_in(described["entity"].unique().implode())
    is_literal = pl.col("kind") == "literal"
    stray = (
        pl.when(pl.col("class").is_in(list(datatypes)))
        .then(~is_literal | pl.col("fits").is_null())
        .otherwise(is_literal | (typed & pl.col("inside").is_null()))
    )
    facts = facts.filter(stray).sort("row")
    cases = facts.group_by("predicate", "class").agg(count=pl.len(), facts=pl.col("row").head(_SHOWN))
    cases = cases.with_columns(terms=pl.concat_list("predicate", "class"))
    return ranked(cases, "predicate", "class"), {"count": facts["row"].n_unique()}


def _imports(g: Graph) -> bool:
    """Whether an ontology is imported that was not loaded."""
    return bool(g.pairs("owl:imports")["object"].is_in(g.typed("owl:Ontology").implode()).not_().any())


# fmt: off
CHECKS = [
    Check("functional-conflict", "error", "{count:conflict|conflicts}: more values than a functional property may have.",
        "Keep the right value, or state that the values are one thing (owl:sameAs), or remove the declaration.",
        _functional_conflicts, "has {count:,} {noun} of “{1}”",
        needs=("owl:FunctionalProperty", "owl:InverseFunctionalProperty", "owl:maxCardinality", "owl:cardinality")),
    Check("unsatisfiable-class", "error",
        "{count:class|classes} can have no instance: below two disjoint classes.",
        "Correct the superclass that is wrong, or remove the disjointness.",
        partial(_clashing_classes, kind="class"), "is below both “{1}” and “{2}”",
        needs=_DISJOINT),
    Check("disjoint-types", "error", "{count:entity is|entities are} of two disjoint classes.",
        "Remove the type that is wrong; if both are right, remove the disjointness.",
        partial(_clashing_classes, kind="entity"), "is both “{1}” and “{2}”",
        needs=_DISJOINT),
    Check("asymmetric-both-ways", "error", "{count:pair is|pairs are} related both ways by an asymmetric property.",
        "Remove the direction that is wrong.",
        _both_ways, "“{2}” holds both ways",
        needs=("owl:AsymmetricProperty",)),
    Check("irreflexive-to-itself", "error",
        "{count:entity is|entities are} related to itself by an irreflexive or asymmetric property.",
        "Remove the fact.",
        _to_themselves, "“{1}” to itself",
        needs=("owl:IrreflexiveProperty", "owl:AsymmetricProperty")),
    Check("disjoint-properties", "error", "{count:pair is|pairs are} related by two disjoint properties.",
        "Remove the fact that is wrong.",
        _clashing_properties, "related by both “{2}” and “{3}”",
        needs=("owl:propertyDisjointWith", "owl:AllDisjointProperties")),
    Check("outside-domain", "warning", "{count:fact has|facts have} a subject that is not of the declared domain.",
        "Give the subject the type, or correct the fact or the rdfs:domain.",
        partial(_strays, declared="rdfs:domain", end="subject"), "{count:fact|facts} of “{0}” whose subject is not “{1}”",
        needs=("rdfs:domain",)),
    Check("outside-range", "warning", "{count:fact has|facts have} an object that is not of the declared range.",
        "Give the object the type, or correct the fact or the rdfs:range.",
        partial(_strays, declared="rdfs:range", end="object"), "{count:fact|facts} of “{0}” whose object is not “{1}”",
        needs=("rdfs:range",)),
    Check("looks-functional", "warning",
        "{count:subject has|subjects have} several values of a predicate of which nearly all others have one"
        " ({predicates:predicate|predicates}).",
        "Check each: a wrong value among right ones, or a predicate that may have several.",
        _seeming_conflicts, "has {count} values of “{1}”; {share:.1%} of {subjects:,} subjects have one"),
]
# fmt: on
