"""Checks of names: labels that are missing, shared, malformed or long, and predicates without a lexicon entry."""

import re
from functools import partial

import polars as pl

from kaug.curation.quality.check import Cases, Check, ranked
from kaug.curation.quality.graph import Graph

__all__ = ["CHECKS", "well_formed"]

_LONGEST_LABEL = 200
_SHOWN, _FACTS = 5, 3
_TAG = re.compile(
    r"(?:([a-z]{2,3})(?:-[a-z]{3}){0,3}|[a-z]{4,8})(?:-[a-z]{4})?(?:-(?:[a-z]{2}|[0-9]{3}))?"
    r"(?:-(?:[a-z0-9]{5,8}|[0-9][a-z0-9]{3}))*(?:-[a-wyz0-9](?:-[a-z0-9]{2,8})+)*(?:-x(?:-[a-z0-9]{1,8})+)?"
)
_PRIVATE = re.compile(r"(?:x(?:-[a-z0-9]{1,8})+|i-[a-z-]+|[a-z]{2}-[a-z]{2}-[a-z]+)")
# ISO 639-1, with withdrawn codes: a first letter, and the letters that may follow it.
# fmt: off
_TWO = frozenset(
    word[0] + letter
    for word in (
        "aabefkmnrsvyz", "baeghimnors", "caehorsuvy", "daevz", "eelnostu", "fafijory", "gadlnuv",
        "haeiortuyz", "iadegiknostuw", "jaivw", "kagijklmnorsuvwy", "labginotuv", "mghiklnorsty",
        "nabdeglnorvy", "ocjmrs", "pailst", "qu", "rmnouw", "sacdeghiklmnoqrstuvw", "taeghiklnorstwy",
        "ugkrz", "veio", "wao", "xh", "yio", "zahu",
    )
    for letter in word[1:]
)
# fmt: on


def well_formed(tag: str) -> bool:
    """Return whether a language tag is well-formed by BCP 47 (RFC 5646), with a two-letter language that ISO 639-1 has.

    Examples:
        >>> [well_formed(tag) for tag in ("en", "zh-Hant-TW", "de-1996", "jp", "english_us", "en-", "yue")]
        [True, True, True, False, False, False, True]
    """
    tag = tag.lower()
    parts = _TAG.fullmatch(tag)
    if parts is None:
        return _PRIVATE.fullmatch(tag) is not None
    return len(parts[1] or "abc") == 3 or parts[1] in _TWO


def _unlabelled(g: Graph, *, kind: str) -> Cases:
    """Entities of a kind that have no label in any language, those with the most facts first."""
    entities = g.entities.filter(pl.col("kind") == kind)
    cases = entities.filter(~pl.col("any")).sort("mentions", "term", descending=[True, False])
    return cases.select(terms=pl.concat_list("term"), count="mentions"), {"total": len(entities)}


def _missing_in_language(g: Graph) -> Cases:
    """Entities with labels in other languages than a wanted one, all of them tagged: a case for each language."""
    entities = g.entities.sort("mentions", "term", descending=[True, False]).filter("any", ~pl.col("@"))
    gaps = [entities.filter(~pl.col(f"@{language}"))["term"] for language in g.kb.languages]
    cases = pl.DataFrame(
        {
            "terms": [gap.head(_SHOWN).to_list() for gap in gaps],
            "count": [len(gap) for gap in gaps],
            "language": g.kb.languages,
        },
        schema={"terms": pl.List(pl.UInt32), "count": pl.UInt32, "language": pl.String},
    ).filter(pl.col("count") > 0)
    return cases, {"count": cases["count"].sum()}


def _shared_labels(g: Graph) -> Cases:
    """Preferred labels that several entities have."""
    labels = g.preferred.group_by("of_text", "of_language").agg(
        pl.col("text", "language").first(), members="term", count=pl.len()
    )
    cases = ranked(labels.filter(pl.col("count") > 1), "of_text", "of_language")
    language = pl.when(pl.col("language") == "").then(pl.lit("")).otherwise("@" + pl.col("language"))
    entities = cases["members"].explode().n_unique()
    return cases.select(
        "count",
        language.alias("language"),
        pl.col("text").str.head(_LONGEST_LABEL),
        terms=pl.col("members").list.head(_SHOWN),
    ), {"entities": entities}


def _several_preferred(g: Graph) -> Cases:
    """Entities with several preferred labels in one language."""
    labels = g.preferred.group_by("term", "of_language").agg(
        pl.col("language").first(), texts=pl.col("text").str.head(60).head(_SHOWN), count=pl.len()
    )
    cases = ranked(labels.filter(pl.col("count") > 1), "term", "of_language")
    return cases.select(
        "count",
        terms=pl.concat_list("term"),
        language=pl.col("language").replace("", "no language"),
        texts="“" + pl.col("texts").list.join("”, “") + "”",
    )


def _bad_tags(g: Graph) -> Cases:
    """Language tags of labels, and of values in facts, that BCP 47 does not allow."""
    objects = g.facts.group_by(term="object").agg(row=pl.col("row").first())
    values = g.literals.select("term", "language").join(objects, "term").sort("term")
    labels = g.labels.select("term", "language", row=None, noun=pl.lit("labels"))
    values = values.select("term", "language", "row", noun=pl.lit("values"))
    tagged = pl.concat([labels, values], how="vertical_relaxed")
    bad = [tag for tag in tagged["language"].drop_nulls().unique() if tag and not well_formed(tag)]
    cases = (
        tagged.filter(pl.col("language").is_in(bad))
        .group_by("noun", "language")
        .agg(terms=pl.col("term").head(_SHOWN), count=pl.len(), facts=pl.col("row").drop_nulls().head(_FACTS))
    )
    cases = ranked(cases, "noun", "language")
    return cases, {"count": cases["count"].sum()}


def _empty_labels(g: Graph) -> Cases:
    """Labels of nothing but spaces; those that the build left out are one case, of no term."""
    empty = g.labels.filter(pl.col("text").str.strip_chars() == "")
    cases = empty.select(terms=pl.concat_list("term"), count=pl.lit(1, pl.UInt32))
    left_out = g.kb.counts.get("labels left out: empty", 0)
    if left_out:
        case = pl.DataFrame({"terms": [[]], "count": [left_out]}, {"terms": pl.List(pl.UInt32), "count": pl.UInt32})
        cases = pl.concat([cases, case])
    return cases, {"count": len(empty) + left_out}


def _long_labels(g: Graph) -> Cases:
    """Labels that are texts rather than names."""
    labels = g.labels.with_columns(count=pl.col("text").str.len_chars()).filter(pl.col("count") > _LONGEST_LABEL)
    labels = ranked(labels, "row").select("count", terms=pl.concat_list("term"))
    return labels, {"longest": _LONGEST_LABEL}


def _without_statement(g: Graph) -> Cases:
    """Predicates of facts that the lexicon has no statement for."""
    lexicon = pl.DataFrame(g.kb.lexicon.select(["predicate", "property"]))
    stated = lexicon.filter(pl.col("property") == "statement")["predicate"]
    ruled = g.named("rdf:type", "rdfs:subClassOf")  # these have a rule of their own
    predicates = g.facts.group_by("predicate").agg(count=pl.len(), facts=pl.col("row").head(_FACTS))
    bare = ranked(predicates.filter(~pl.col("predicate").is_in([*stated, *ruled])), "predicate")
    return bare.with_columns(terms=pl.concat_list("predicate")), {"share": bare["count"].sum() / max(1, len(g.facts))}


# fmt: off
CHECKS = [
    Check("entity-without-label", "warning",
        "{count:entity has|entities have} no label in any language kept, of {total:,} in facts.",
        "Add rdfs:label; until then the name below is taught.",
        partial(_unlabelled, kind="iri"), "is called “{0}”", examples="about"),
    Check("blank-node-without-label", "warning",
        "{count:blank node has|blank nodes have} no label in any language kept, of {total:,} in facts.",
        "Give the node a label or an IRI with one, or do not teach its facts: its name is a digest.",
        partial(_unlabelled, kind="blank"), "is called “{0}”", examples="about"),
    Check("label-missing-in-language", "info",
        "{count:label is|labels are} missing in a wanted language, of entities that have one in another.",
        "Add the labels, or take the language out of [knowledge] languages.",
        _missing_in_language, "no label in {language}"),
    Check("shared-label", "warning", "{count:label is|labels are} shared by several entities ({entities:,} in all).",
        "Merge duplicates; distinguish the others by their labels: a question cannot.",
        _shared_labels, "all called “{text}”{language}", examples="each"),
    Check("several-preferred-labels", "warning",
        "{count:entity has|entities have} several preferred labels in one language.",
        "Keep one; make the others skos:altLabel. Otherwise the first in alphabetical order is used.",
        _several_preferred, "{language}: {texts}"),
    Check("bad-language-tag", "error", "{count:label or value has|labels or values have} a language tag that is not BCP 47.",
        "Correct the tag (ja, not jp; zh-Hant, not zh_TW): no wanted language matches it.",
        _bad_tags, "{noun} tagged {language}"),
    Check("empty-label", "error", "{count:label is|labels are} empty.",
        "Remove the label, or write it.",
        _empty_labels, examples="about"),
    Check("long-label", "warning", "{count:label is|labels are} longer than {longest} characters.",
        "Give the thing a name, and keep the long text as rdfs:comment.",
        _long_labels, "{count:,} characters"),
    Check("predicate-without-lexicon", "warning",
        "{count:predicate has|predicates have} no statement in the lexicon; {share:.0%} of the facts are worded by rule.",
        "Read the sentences below; add kaug:statement and kaug:question for each predicate that reads badly.",
        _without_statement, "{count:fact|facts}"),
]
# fmt: on
