"""Figures of a knowledge base: facts by source, rule and predicate, coverage by labels, degrees, components."""

from collections import Counter
from typing import Any

import polars as pl
import pyarrow as pa

from kaug.curation.quality.check import ranked
from kaug.curation.quality.graph import Graph

__all__ = ["by_predicate", "by_rule", "by_source", "coverage", "sizes_of", "structure", "teaching"]


def by_source(g: Graph) -> list[dict[str, Any]]:
    """Count the facts of each source; a fact that is stated by, or inferred from, several counts for each.

    Returns:
        `source`, `kind`, `facts`, `taught`, `inferred`, `weight` (null, or `facts`, `min`, `median`, `max`); the source
        with the most facts first.
    """
    facts = pl.DataFrame(g.kb.facts.select(["sources", "rule", "weight"])).with_columns(_taught(g)).explode("sources")
    known = pl.col("weight").cast(pl.Float64).drop_nulls().drop_nans()
    counts = {"facts": pl.len(), "taught": pl.col("taught").sum(), "inferred": pl.col("rule").count()}
    weights = {"facts": known.len(), "min": known.min(), "median": known.median(), "max": known.max()}
    table = (
        facts.drop_nulls("sources")
        .group_by(source="sources")
        .agg(**counts, weight=pl.struct([number.alias(name) for name, number in weights.items()]))
    )
    rows = {row["source"]: row for row in table.to_dicts()}
    none = dict.fromkeys(counts, 0) | {"weight": {"facts": 0}}
    sources = []
    for name in {**g.kb.kinds, **rows}:
        row = {"source": name, "kind": g.kb.kinds.get(name, "domain")} | rows.get(name, none)
        weight = {key: round(number, 6) for key, number in row["weight"].items()} if row["weight"]["facts"] else None
        sources.append(row | {"weight": weight})
    return sorted(sources, key=lambda row: (-row["facts"], row["source"]))


def _taught(g: Graph) -> pl.Series:
    return pl.Series("taught", g.kb.facts["untaught"].is_null())


def by_rule(g: Graph) -> list[dict[str, Any]]:
    """Count the inferred facts by the rule that made them: `rule`, `facts`."""
    rules = Counter(g.kb.facts["rule"].drop_null().to_pylist())
    return [
        {"rule": rule, "facts": count} for rule, count in sorted(rules.items(), key=lambda pair: (-pair[1], pair[0]))
    ]


def teaching(g: Graph, most: int) -> dict[str, Any]:
    """Draw facts that are taught, and facts that are not, by reason.

    Returns:
        `taught`: its `count`, and `rows`, the `most` facts with the smallest ids, a fixed random sample. `untaught`: the same,
        with the `reason`, for each of the reasons, that of most facts first.
    """
    ids = pl.Series("fact", g.kb.facts["fact"].cast(pa.binary()))
    facts = pl.DataFrame([ids, pl.Series("reason", g.kb.facts["untaught"].cast(pa.string()))]).with_row_index("row")
    drawn = facts.group_by("reason").agg(count=pl.len(), rows=pl.col("row").sort_by("fact").head(most))
    parts = drawn.sort("count", "reason", descending=[True, False]).to_dicts()
    taught = [part for part in parts if part["reason"] is None] or [{"count": 0, "rows": []}]
    return {
        "taught": {"count": taught[0]["count"], "rows": taught[0]["rows"]},
        "untaught": [part for part in parts if part["reason"] is not None],
    }


def by_predicate(g: Graph) -> list[dict[str, Any]]:
    """Count the facts of each predicate.

    Returns:
        Those with the most facts first: `predicate`, `facts`, `taught`, `inferred`, `subjects`, `objects`, `literals` (the
        number of facts with one as the object), and the fan-out: `objects_per_subject` and `most_objects` of one subject.
    """
    flags = pl.DataFrame(g.kb.facts.select(["rule"])).with_columns(_taught(g))
    facts = g.facts.with_columns(flags, literal=g.get("kind", "object") == "literal")
    counts = facts.group_by("predicate").agg(
        pl.col("taught").sum(),
        count=pl.len(),
        inferred=pl.col("rule").count(),
        objects=pl.col("object").n_unique(),
        literals=pl.col("literal").sum(),
    )
    fan_out = g.fan_out.group_by("predicate").agg(subjects=pl.len(), most_objects=pl.col("count").max())
    table = ranked(counts.join(fan_out, "predicate"), "predicate").rename({"count": "facts"})
    names = ("predicate", "facts", "taught", "inferred", "subjects", "objects", "literals")
    return [
        {
            **{name: row[name] for name in names},
            "objects_per_subject": round(row["facts"] / row["subjects"], 3),
            "most_objects": row["most_objects"],
        }
        for row in table.iter_rows(named=True)
    ]


def coverage(g: Graph) -> list[dict[str, Any]]:
    """Count the entities that have a label, over all and by source.

    Returns:
        `source` (null for all), `entities`, `any` (the number with a label), `languages` (language → the number with a
        label in it); all first, then the source with the most entities. An entity belongs to the sources of the facts that it
        occurs in.
    """
    tags = [f"@{tag}" for tag in g.kb.languages]
    sources = pl.DataFrame(g.kb.facts.select(["sources"])).with_columns(g.facts["subject", "object"])
    sources = sources.explode("sources").drop_nulls()
    names = sources["sources"].unique()
    code = pl.col("sources").cast(pl.Enum(names)).to_physical().cast(pl.UInt64)
    # One number for source and term is faster than two columns.
    keys = pl.concat([sources.select(key=code * 2**32 + pl.col(end)) for end in ("subject", "object")]).unique()
    ends = keys.select(source=pl.col("key") // 2**32, term=(pl.col("key") % 2**32).cast(pl.UInt32))
    counts = [pl.len().alias("entities"), pl.col("any", *tags).sum()]
    by_source = (
        ends.join(g.entities, "term").group_by(pl.lit(names).gather(pl.col("source")).alias("source")).agg(counts)
    )
    rows = by_source.sort("entities", "source", descending=[True, False]).to_dicts()
    none = dict.fromkeys(["entities", "any", *tags], 0)
    rows += [{"source": name, **none} for name in sorted(g.kb.kinds.keys() - {row["source"] for row in rows})]
    rows.insert(0, {"source": None, **g.entities.select(counts).row(0, named=True)})
    return [
        {name: row[name] for name in ("source", "entities", "any")}
        | {"languages": {tag: row[f"@{tag}"] for tag in g.kb.languages}}
        for row in rows
    ]


def structure(g: Graph, most: int) -> dict[str, Any]:
    """Measure the shape of the graph.

    Returns:
        `degrees` and `components` (each `sizes_of` them), `components_total`, `largest_component`, and `hubs`: the
        `most` entities with the most `facts`.
    """
    sizes = g.components["size"]
    hubs = g.entities.sort("facts", "term", descending=[True, False]).head(most)
    return {
        "degrees": sizes_of(g.entities["facts"]),
        "components": sizes_of(sizes),
        "components_total": len(sizes),
        "largest_component": sizes.max() or 0,
        "hubs": hubs.select("term", "facts").to_dicts(),
    }


def sizes_of(sizes: pl.Series) -> list[dict[str, int]]:
    """Bin sizes by powers of two: `from`, `to` (both inclusive), `count`, `sum`; empty bins between others are kept.

    Examples:
        >>> sizes_of(pl.Series([1, 1, 5]))[2]
        {'from': 4, 'to': 7, 'count': 1, 'sum': 5}
    """
    counts: Counter[int] = Counter()
    sums: Counter[int] = Counter()
    for size, count in sizes.filter(sizes > 0).value_counts().iter_rows():
        counts[size.bit_length() - 1] += count
        sums[size.bit_length() - 1] += size * count
    return [
        {"from": 2**n, "to": 2 ** (n + 1) - 1, "count": counts[n], "sum": sums[n]}
        for n in range(max(counts, default=-1) + 1)
    ]
