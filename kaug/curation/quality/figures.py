"""Columns → the figures of a knowledge base: facts by source and predicate, label coverage, degrees, components."""

from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray

from kaug.arrays import Numbers, distinct_below
from kaug.curation.quality.columns import Columns
from kaug.curation.quality.labels import labelled

__all__ = ["by_predicate", "by_rule", "by_source", "coverage", "sizes_of", "structure"]


def by_source(c: Columns) -> list[dict[str, Any]]:
    """Count the facts of each source; a fact that several state, or that rests on several, counts for each.

    Returns:
        `source`, `kind`, `facts`, `taught`, `inferred`, `weight` (null, or `facts`, `min`, `median`, `max`); the source
        with the most facts first.
    """
    source, names, rows = _stated(c)
    weight = c.kb.facts["weight"].to_numpy()[rows].astype(np.float64)
    taught, inferred = (np.bincount(source, flag[rows], len(names)).astype(np.int64) for flag in _flags(c))
    facts = np.bincount(source, minlength=len(names))
    sources = []
    for n, name in enumerate(names):
        known = weight[source == n]
        sources.append(
            {
                "source": name,
                "kind": c.kb.kinds.get(name, "domain"),
                "facts": int(facts[n]),
                "taught": int(taught[n]),
                "inferred": int(inferred[n]),
                "weight": _spread(known[~np.isnan(known)]),
            }
        )
    return sorted(sources, key=lambda row: (-row["facts"], row["source"]))


def by_rule(c: Columns) -> list[dict[str, Any]]:
    """Count the inferred facts by the rule that made them: `rule`, `facts`."""
    counts = pc.value_counts(c.kb.facts["rule"].drop_null()).to_pylist()
    rows = [{"rule": row["values"], "facts": row["counts"]} for row in counts]
    return sorted(rows, key=lambda row: (-row["facts"], row["rule"]))


def by_predicate(c: Columns) -> tuple[Numbers, list[dict[str, Any]]]:
    """Count the facts of each predicate.

    Returns:
        The predicates, those with the most facts first; for each `facts`, `taught`, `inferred`, `subjects`, `objects`,
        `literals` (how many facts have one as the object), and the fan-out: `objects_per_subject` and
        `most_objects` of one subject.
    """
    taught, inferred = _flags(c)
    ends = {name: getattr(c, name)[: c.facts] for name in ("predicate", "subject", "object")}
    facts = pa.table(ends | {"taught": taught, "inferred": inferred, "literal": c.kind[ends["object"]] == 1})
    sums = [(name, "sum") for name in ("taught", "inferred", "literal")]
    counts = facts.group_by("predicate").aggregate([([], "count_all"), ("object", "count_distinct"), *sums])
    subjects = facts.group_by(["predicate", "subject"]).aggregate([([], "count_all")])
    fan_out = subjects.group_by("predicate").aggregate([("subject", "count"), ("count_all", "max")])
    table = counts.join(fan_out, "predicate").sort_by([("count_all", "descending"), ("predicate", "ascending")])
    rows = [
        {
            "facts": row["count_all"],
            "taught": row["taught_sum"],
            "inferred": row["inferred_sum"],
            "subjects": row["subject_count"],
            "objects": row["object_count_distinct"],
            "literals": row["literal_sum"],
            "objects_per_subject": round(row["count_all"] / row["subject_count"], 3),
            "most_objects": row["count_all_max"],
        }
        for row in table.to_pylist()
    ]
    return table["predicate"].to_numpy().astype(np.int64), rows


def coverage(c: Columns) -> list[dict[str, Any]]:
    """Count the entities that have a label, over all and by source.

    Returns:
        `source` (null for all), `entities`, `any` (how many have a label), `languages` (language → how many have one in
        it); all first, then the source with the most entities. An entity belongs to the sources of the facts that it occurs in.
    """
    named = {None: labelled(c)} | {language: labelled(c, language) for language in c.kb.languages}
    source, names, rows = _stated(c)
    parts: list[tuple[str | None, Numbers]] = [(None, c.entities)]
    for n, name in enumerate(names):
        mine = rows[source == n]
        ends = distinct_below(np.concatenate([c.subject[mine], c.object[mine]]), c.terms)
        parts.append((name, ends[c.kind[ends] != 1]))
    parts[1:] = sorted(parts[1:], key=lambda part: (-len(part[1]), part[0]))
    return [
        {
            "source": name,
            "entities": len(part),
            "any": int(named[None][part].sum()),
            "languages": {language: int(named[language][part].sum()) for language in c.kb.languages},
        }
        for name, part in parts
    ]


def structure(c: Columns, most: int) -> tuple[Numbers, dict[str, Any]]:
    """Measure the shape of the graph.

    Returns:
        The `most` entities with the most facts, and `degrees` and `components` (each `sizes_of` them), `components_total`,
        `largest_component`, and `hubs` (the facts of each of those entities).
    """
    own = c.degree[c.entities]
    _, sizes = c.components
    hubs = c.entities[np.argsort(-own, kind="stable")][:most]
    return hubs, {
        "degrees": sizes_of(own),
        "components": sizes_of(sizes),
        "components_total": len(sizes),
        "largest_component": int(sizes.max(initial=0)),
        "hubs": c.degree[hubs].tolist(),
    }


def sizes_of(sizes: Numbers) -> list[dict[str, int]]:
    """Bin sizes by powers of two: `from`, `to` (both inclusive), `count`, `sum`; empty bins between others are kept.

    Examples:
        >>> sizes_of(np.array([1, 1, 5]))[2]
        {'from': 4, 'to': 7, 'count': 1, 'sum': 5}
    """
    sizes = sizes[sizes > 0]
    if not len(sizes):
        return []
    place = np.frexp(sizes.astype(np.float64))[1] - 1
    count, total = np.bincount(place), np.bincount(place, sizes)
    return [
        {"from": 2**n, "to": 2 ** (n + 1) - 1, "count": int(count[n]), "sum": int(total[n])} for n in range(len(count))
    ]


def _stated(c: Columns) -> tuple[Numbers, list[str], Numbers]:
    """Each fact with each of its sources: the source's place, all sources' names, the fact's row."""
    sources = c.kb.facts["sources"].combine_chunks()
    coded = pc.list_flatten(sources).dictionary_encode()
    names = coded.dictionary.to_pylist()
    rows = pc.list_parent_indices(sources).to_numpy().astype(np.int64)
    return coded.indices.to_numpy().astype(np.int64), names + sorted(set(c.kb.kinds) - set(names)), rows


def _flags(c: Columns) -> tuple[NDArray[np.bool_], NDArray[np.bool_]]:
    """Whether each fact is taught, and whether it was inferred."""
    return np.asarray(c.kb.facts["taught"], dtype=bool), np.asarray(c.kb.facts["rule"].is_valid(), dtype=bool)


def _spread(weights: NDArray[np.float64]) -> dict[str, Any] | None:
    if not len(weights):
        return None
    low, middle, high = (round(float(value), 6) for value in (weights.min(), np.median(weights), weights.max()))
    return {"facts": len(weights), "min": low, "median": middle, "max": high}
