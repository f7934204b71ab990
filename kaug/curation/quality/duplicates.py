"""Checks for duplicates: entities with the same name and type, or the same facts; values that differ in spelling."""

import polars as pl

from kaug.curation.quality.check import Cases, Check, ranked
from kaug.curation.quality.graph import Graph

__all__ = ["CHECKS"]

_SHOWN, _FACTS = 5, 3
_FEWEST_FACTS = 2
_SHORTEST_VALUE = 4
_LONGEST_LABEL = 100


def _same_name_and_type(g: Graph) -> Cases:
    """Entities of one class that share a preferred label."""
    labels = g.labels.filter("preferred").with_columns(name=pl.col("row").min().over("language", "text"))
    named = labels.join(g.types, left_on="term", right_on="entity").unique(["name", "class", "term"]).sort("term")
    groups = named.group_by("name", "class").agg(pl.col("text").first(), members="term", count=pl.len())
    groups = ranked(groups.filter(pl.col("count") > 1), "name", "class")
    cases = groups.unique("members", keep="first", maintain_order=True)
    terms = pl.concat_list(pl.col("members").list.head(_SHOWN), "class")
    cases = cases.select("count", "members", pl.col("text").str.head(_LONGEST_LABEL), terms=terms)
    return cases, {"count": groups["name"].n_unique()}


def _same_facts(g: Graph) -> Cases:
    """Entities with exactly the same facts."""
    # A shared class alone does not make duplicates.
    distinctive = ~pl.col("predicate").is_in(g.named("rdf:type", "rdfs:subClassOf"))
    pair = pl.col("predicate").cast(pl.UInt64) * 2**32 + pl.col("object")
    subjects = g.facts.group_by("subject").agg(distinctive=distinctive.sum(), facts=pair)
    subjects = subjects.filter(pl.col("distinctive") >= _FEWEST_FACTS).sort("subject")
    duplicates = subjects.group_by("facts").agg(members="subject", count=pl.len()).filter(pl.col("count") > 1)
    duplicates = duplicates.with_columns(size=pl.col("facts").list.len(), terms=pl.col("members").list.head(_SHOWN))
    first = pl.col("members").list.first()
    cases = duplicates.drop("facts").sort("count", "size", first, descending=[True, True, False])
    return cases, {"total": cases["count"].sum()}


def _same_as(g: Graph) -> Cases:
    """Links of owl:sameAs."""
    links = g.triples.filter(pl.col("predicate").is_in(g.named("owl:sameAs")))
    return links.select(terms=pl.concat_list("subject", "object"), facts=pl.concat_list("row"))


def _several_sources(g: Graph) -> Cases:
    """Facts that several sources state: a case for each group of sources."""
    facts = pl.DataFrame(g.kb.facts.select(["sources", "rule"])).with_row_index("row")
    # An inferred fact names the sources of its premises.
    stated = facts.filter(pl.col("rule").is_null(), pl.col("sources").list.len() > 1)
    cases = stated.group_by(sources=pl.col("sources").list.join(", ")).agg(
        count=pl.len(), facts=pl.col("row").head(_FACTS)
    )
    cases = ranked(cases.with_columns(terms=pl.col("facts").list.head(0)), "sources")
    return cases, {"count": len(stated), "total": len(g.facts)}


def _value_variants(g: Graph) -> Cases:
    """Values of a predicate that differ only in case, spaces or Unicode form."""
    plain = pl.col("value").str.normalize("NFKC").str.to_lowercase().str.replace_all(r"\s+", " ").str.strip_chars(" ")
    texts = g.literals.filter(pl.col("datatype").is_in(["xsd:string", "rdf:langString"])).select(
        "term", plain.alias("plain"), pl.col("language").fill_null("")
    )
    # The case of short values distinguishes them: K is kelvin, k is kilo.
    texts = texts.with_columns(first=pl.col("term").min().over("language", "plain"))
    texts = texts.filter(pl.col("plain").str.len_chars() >= _SHORTEST_VALUE).select("first", object="term")
    values = g.facts.join(texts, "object").group_by("predicate", "object", "first").agg(pl.col("row").min())
    groups = values.sort("object").group_by("predicate", "first").agg("object", count=pl.len(), facts="row")
    cases = ranked(groups.filter(pl.col("count") > 1), "predicate", "first")
    terms = pl.concat_list(pl.col("object").list.head(_SHOWN), "predicate")
    return cases.select("count", terms=terms, facts=pl.col("facts").list.head(_FACTS))


# fmt: off
CHECKS = [
    Check("same-label-and-type", "warning", "{count:label is|labels are} shared by entities of one type.",
        "Most likely duplicates: merge them, or distinguish them by their labels.",
        _same_name_and_type, "all called “{text}”, and each “{last}”", examples="each",
        needs=("rdf:type",)),
    Check("same-facts", "info", "{count:group|groups} of entities with exactly the same facts ({total:,} in all).",
        "Merge them if they are one thing; else add facts that distinguish them.",
        _same_facts, "{count:,} with the same {size:fact|facts}", examples="about"),
    Check("same-as", "info", "{count:link|links} of owl:sameAs.",
        "The facts of either are taught under its own name: merge them in the source if one name is enough.",
        _same_as,
        needs=("owl:sameAs",)),
    Check("several-sources", "info", "{count:fact is|facts are} stated by several sources, of {total:,}.",
        "Nothing: it is kept once. A large overlap may mean that one source is a copy of another.",
        _several_sources, "{sources}"),
    Check("value-variants", "warning", "{count:group|groups} of values that differ only in case, spaces or Unicode form.",
        "Use one spelling, if they mean the same.",
        _value_variants, "values of “{last}”"),
]
# fmt: on
