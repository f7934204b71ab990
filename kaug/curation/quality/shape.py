"""Checks of the graph's shape: cycles in hierarchies, orphans, dangling objects, islands, hubs."""

import numpy as np
import polars as pl

from kaug.arrays import Numbers, grouped
from kaug.curation.quality.check import Cases, Check, ranked
from kaug.curation.quality.graph import Graph

__all__ = ["CHECKS", "cycles"]

_SHOWN, _FACTS = 5, 3
_HUB_SHARE, _HUB_FACTS = 0.05, 100
_HIERARCHIES = ("rdfs:subClassOf", "rdfs:subPropertyOf", "skos:broader", "skos:narrower", "skos:broaderTransitive")
_HIERARCHICAL = (
    r"(?i)^(?:is_?a|(?:is_?)?(?:(?:proper_?)?part|member|component|kind|type|child|descendant|sub\w*?)_?of"
    r"|(?:is_?)?(?:contained|located)_?(?:in|by)|within|(?:has_?)?parent\w*|broader\w*|narrower\w*)$"
)


def cycles(one: Numbers, other: Numbers) -> list[Numbers]:
    """Find the strongly connected components of a graph that hold a cycle.

    Args:
        one: Integers (n,): the starts of edges.
        other: Integers (n,): their ends.

    Returns:
        The members of each, ascending; the largest component first, then by its least member. A node with an edge to
        itself is a component of its own.

    Examples:
        >>> [part.tolist() for part in cycles(np.array([1, 2, 3, 5]), np.array([2, 1, 1, 5]))]
        [[1, 2], [5]]
    """
    import scipy.sparse as sp
    from scipy.sparse.csgraph import connected_components

    if not len(one):
        return []
    nodes, index = np.unique(np.concatenate([one, other]), return_inverse=True)
    start, end = index[: len(one)], index[len(one) :]
    graph = sp.coo_array((np.ones(len(one), np.int8), (start, end)), shape=(len(nodes), len(nodes)))
    part = connected_components(graph.tocsr(), directed=True, connection="strong")[1]
    cyclic = np.bincount(part) > 1
    cyclic[part[start[start == end]]] = True
    groups = grouped(part)
    components = [nodes[groups[number]] for number in np.flatnonzero(cyclic).tolist()]
    return sorted(components, key=lambda members: (-len(members), int(members[0])))


def _hierarchies(g: Graph) -> list[int]:
    """The predicates that should have no cycle: known ones, those declared transitive, those named like a hierarchy."""
    name = g.get("value", "predicate").str.extract(r"([^#/:]*)$").str.replace_all("-", "_", literal=True)
    known = [*g.named(*_HIERARCHIES), *g.typed("owl:TransitiveProperty")]
    symmetric = [*g.typed("owl:SymmetricProperty"), *g.named("owl:sameAs", "owl:equivalentClass")]
    used = g.triples.select(pl.col("predicate").unique()).sort("predicate")
    hierarchical = name.str.contains(_HIERARCHICAL) | pl.col("predicate").is_in(known)
    return used.filter(hierarchical, ~pl.col("predicate").is_in(symmetric))["predicate"].to_list()


def _cycles_of_hierarchies(g: Graph) -> Cases:
    cases = [pl.DataFrame(schema={"terms": pl.List(pl.UInt32), "count": pl.UInt32, "facts": pl.List(pl.UInt32)})]
    for predicate in _hierarchies(g):
        links = g.triples.filter(pl.col("predicate") == predicate, g.get("kind", "object") != "literal")
        members = cycles(links["subject"].to_numpy(), links["object"].to_numpy())
        cycle = pl.DataFrame(
            {"cycle": range(len(members)), "subject": [part.tolist() for part in members]},
            schema={"cycle": pl.UInt32, "subject": pl.List(pl.UInt32)},
        ).explode("subject")
        facts = links.join(cycle, "subject").join(cycle.rename({"subject": "object"}), ["cycle", "object"]).sort("row")
        terms = cycle.group_by("cycle").agg(terms=pl.col("subject").head(_SHOWN), count=pl.len())
        shown = terms.join(facts.group_by("cycle").agg(facts=pl.col("row").head(_FACTS)), "cycle")
        cases.append(shown.select(pl.concat_list("terms", pl.lit(predicate, pl.UInt32)), "count", "facts"))
    return ranked(pl.concat(cases), "terms")


def _orphans(g: Graph) -> Cases:
    """Terms with a label that occur in no fact, no axiom and not in the lexicon."""
    lexicon = pl.DataFrame(g.kb.lexicon.select(["predicate"]))["predicate"]
    axioms = g.triples.slice(len(g.facts))
    used = [g.ends["term"], g.fan_out["predicate"].unique(), axioms["subject"], axioms["object"], lexicon]
    names = g.labels.select(pl.col("term").unique()).sort("term")
    return names.filter(~pl.col("term").is_in(pl.concat(used).implode())).select(terms=pl.concat_list("term"))


def _unused_properties(g: Graph) -> Cases:
    """Declared properties without a fact."""
    declared = g.typed("owl:ObjectProperty", "owl:DatatypeProperty", "rdf:Property").to_frame("term")
    declared = declared.filter(g.get("kind", "term") == "iri")
    unused = declared.filter(~pl.col("term").is_in(g.fan_out["predicate"].unique().implode()))
    return unused.select(terms=pl.concat_list("term")), {"total": len(declared)}


def _empty_classes(g: Graph) -> Cases:
    """Classes with neither an instance nor a subclass."""
    subclasses = g.pairs("rdfs:subClassOf")
    filled = pl.concat([g.types["class"], subclasses["object"]])
    classes = (
        pl.concat([filled, subclasses["subject"], g.typed("owl:Class", "rdfs:Class")]).unique().sort().to_frame("term")
    )
    classes = classes.filter(g.get("kind", "term") == "iri", ~pl.col("term").is_in(list(g.vocabulary.values())))
    empty = classes.filter(~pl.col("term").is_in(filled.implode()))
    return empty.select(terms=pl.concat_list("term")), {"total": len(classes)}


def _single_facts(g: Graph) -> Cases:
    """Entities in one fact only."""
    cases = g.entities.filter(pl.col("facts") == 1).select(terms=pl.concat_list("term"))
    return cases, {"total": len(g.entities)}


def _dangling(g: Graph) -> Cases:
    """Undescribed IRIs in namespaces that describe others; the note names a described IRI with the same ending, ignoring case."""
    last = g.get("value", "term").str.replace(r"^.*[#/:]", "").str.to_lowercase()
    objects = g.undescribed.filter("inner").with_columns(last=last)
    known = g.described.select("term", last=last)
    known = known.filter(pl.col("last").is_in(objects["last"].implode())).unique(
        "last", keep="first", maintain_order=True
    )
    known = known.select("last", hint="; described is " + g.get("value", "term"))
    cases = objects.join(known, "last", "left", maintain_order="left")
    return cases.select("count", pl.col("hint").fill_null(""), terms=pl.concat_list("term"))


def _foreign(g: Graph) -> Cases:
    """Undescribed IRIs in namespaces that describe nothing: a case for each namespace."""
    objects = g.undescribed.filter(~pl.col("inner"))
    cases = ranked(objects.group_by("space").agg(terms=pl.col("term").head(_FACTS), count=pl.len()), "space")
    return cases, {"namespaces": len(cases), "count": len(objects)}


def _hubs(g: Graph) -> Cases:
    """Entities in a large share of the facts."""
    hubs = g.entities.filter(pl.col("facts") >= max(_HUB_FACTS, _HUB_SHARE * len(g.facts)))
    cases = hubs.select(
        "term", count="facts", share_of_all=pl.col("facts") / len(g.facts), terms=pl.concat_list("term")
    )
    return ranked(cases, "term"), {"share": _HUB_SHARE}


def _islands(g: Graph) -> Cases:
    """The parts of the graph that no fact links to the largest one."""
    sizes, islands = g.components["size"], g.components.slice(1).select(count="size", terms="members")
    figures = {"parts": len(sizes), "outside": islands["count"].sum(), "largest": sizes.max()}
    return islands, figures


# fmt: off
CHECKS = [
    Check("cycle", "warning", "{count:cycle|cycles} in hierarchies.",
        "Remove the link in the wrong direction: nothing is above itself.",
        _cycles_of_hierarchies, "{count:member|members} in a cycle of “{last}”"),
    Check("orphan", "warning", "{count:entity has|entities have} a label but no fact.",
        "Add facts about it, or leave it out: nothing is taught about it.",
        _orphans),
    Check("unused-property", "info", "{count:property is|properties are} declared and not used, of {total:,}.",
        "Nothing, if the vocabulary is external; else a source may be missing.",
        _unused_properties, examples="about with axioms"),
    Check("empty-class", "info", "{count:class has|classes have} neither an instance nor a subclass, of {total:,}.",
        "Nothing, in an ontology without instances; else instances may be missing, or typed by another IRI.",
        _empty_classes, examples="about with axioms"),
    Check("single-fact", "info", "{count:entity occurs|entities occur} in one fact only, of {total:,}.",
        "Few questions can be asked about it: add facts where it matters.",
        _single_facts, examples="about with axioms"),
    Check("dangling", "warning",
        "{count:object is|objects are} referenced but not described, in namespaces that describe others.",
        "Check the IRI for a typo, or describe the thing: label and type at least.",
        _dangling, "{count:fact|facts}{hint}", examples="about"),
    Check("foreign", "info",
        "{count:object lies|objects lie} in {namespaces:namespace|namespaces} that no source describes.",
        "Add a source that describes them, or labels at least.",
        _foreign, "in {space}", examples="each"),
    Check("hub", "info", "{count:entity occurs|entities occur} in {share:.0%} of the facts or more.",
        "Check that such facts are informative; else do not teach them: they crowd out others.",
        _hubs, "{count:,} facts, {share_of_all:.0%} of all", examples="about"),
    Check("islands", "info",
        "The graph falls into {parts:,} parts; {outside:entity lies|entities lie} outside the largest, which has {largest:,}.",
        "Link them, if they belong together: no question of two hops crosses from one to another.",
        _islands, "{count:entity|entities}", examples="about"),
]
# fmt: on
