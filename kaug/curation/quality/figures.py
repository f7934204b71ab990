"""Columns → the figures of a knowledge base: facts by source and predicate, label coverage, degrees, components."""

from typing import Any

import numpy as np
import pyarrow.compute as pc
from numpy.typing import NDArray

from kaug.arrays import Numbers as Ints
from kaug.arrays import distinct_below, runs
from kaug.curation.quality.columns import Columns
from kaug.curation.quality.labels import labelled
from kaug.curation.quality.shape import components, degrees

__all__ = ["by_predicate", "by_rule", "by_source", "coverage", "sizes_of", "structure"]


def by_source(c: Columns) -> list[dict[str, Any]]:
    """Count the facts of each source; a fact that several state, or that rests on several, counts for each.

    Returns:
        `source`, `kind`, `facts`, `taught`, `inferred`, `weight` (null, or `facts`, `min`, `median`, `max`); the source
        with the most facts first.
    """
    source, names, rows = _stated(c)
    taught, inferred = _flag(c, "taught")[rows], _inferred(c)[rows]
    weight = c.kb.facts["weight"].to_numpy()[rows].astype(np.float64)
    found = []
    for n, name in enumerate(names):
        mine = source == n
        known = weight[mine][~np.isnan(weight[mine])]
        found.append(
            {
                "source": name,
                "kind": c.kb.kinds.get(name, "domain"),
                "facts": int(mine.sum()),
                "taught": int(taught[mine].sum()),
                "inferred": int(inferred[mine].sum()),
                "weight": _spread(known) if len(known) else None,
            }
        )
    return sorted(found, key=lambda row: (-row["facts"], row["source"]))


def by_rule(c: Columns) -> list[dict[str, Any]]:
    """Count the inferred facts by the rule that made them: `rule`, `facts`."""
    counts = pc.value_counts(c.kb.facts["rule"].drop_null()).to_pylist()
    rows = [{"rule": row["values"], "facts": row["counts"]} for row in counts]
    return sorted(rows, key=lambda row: (-row["facts"], row["rule"]))


def by_predicate(c: Columns) -> tuple[Ints, list[dict[str, Any]]]:
    """Count the facts of each predicate.

    Returns:
        The predicates, those with the most facts first; for each `facts`, `taught`, `inferred`, `subjects`, `objects`,
        `literals` (how many facts have one as the object), and the fan-out: `objects_per_subject` and
        `most_objects` of one subject.
    """
    facts = slice(0, c.facts)
    used, place, many = np.unique(c.predicate[facts], return_inverse=True, return_counts=True)
    size = len(used)
    taught = np.bincount(place, _flag(c, "taught"), size).astype(np.int64)
    inferred = np.bincount(place, _inferred(c), size).astype(np.int64)
    literals = np.bincount(place, c.kind[c.object[facts]] == 1, size).astype(np.int64)
    spread = []
    for ends in (c.subject[facts], c.object[facts]):
        order = np.argsort(place * c.terms + ends, kind="stable")
        starts, sizes = runs((place * c.terms + ends)[order])
        owner = place[order][starts]
        widest = np.zeros(size, dtype=np.int64)
        np.maximum.at(widest, owner, sizes)
        spread.append((np.bincount(owner, minlength=size), widest))
    order = np.lexsort((used, -many))
    rows = [
        {
            "facts": int(many[n]),
            "taught": int(taught[n]),
            "inferred": int(inferred[n]),
            "subjects": int(spread[0][0][n]),
            "objects": int(spread[1][0][n]),
            "literals": int(literals[n]),
            "objects_per_subject": round(float(many[n] / spread[0][0][n]), 3),
            "most_objects": int(spread[0][1][n]),
        }
        for n in order
    ]
    return used[order].astype(np.int64), rows


def coverage(c: Columns) -> list[dict[str, Any]]:
    """Count the entities that have a label, over all and by source.

    Returns:
        `source` (null for all), `entities`, `any` (how many have a label), `languages` (language → how many have one in
        it); all first, then the source with the most entities. An entity belongs to the sources of the facts that it occurs in.
    """
    named = {None: labelled(c)} | {language: labelled(c, language) for language in c.kb.languages}
    source, names, rows = _stated(c)
    parts: list[tuple[str | None, Ints]] = [(None, c.entities)]
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


def structure(c: Columns, most: int) -> tuple[Ints, dict[str, Any]]:
    """Measure the shape of the graph.

    Returns:
        The `most` entities with the most facts, and `degrees` and `components` (each `sizes_of` them), `components_total`,
        `largest_component`, and `hubs` (the facts of each of those entities).
    """
    degree = degrees(c)
    own = degree[c.entities]
    _, sizes = components(c)
    hubs = c.entities[np.lexsort((c.entities, -own))][:most]
    return hubs, {
        "degrees": sizes_of(own),
        "components": sizes_of(sizes),
        "components_total": len(sizes),
        "largest_component": int(sizes.max(initial=0)),
        "hubs": [int(degree[term]) for term in hubs],
    }


def sizes_of(sizes: Ints) -> list[dict[str, int]]:
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


def _stated(c: Columns) -> tuple[Ints, list[str], Ints]:
    """Each fact with each of its sources: the source's place, all sources' names, the fact's row."""
    sources = c.kb.facts["sources"].combine_chunks()
    coded = pc.list_flatten(sources).dictionary_encode()
    rows = pc.list_parent_indices(sources).to_numpy().astype(np.int64)
    names = coded.dictionary.to_pylist()
    source = coded.indices.to_numpy().astype(np.int64)
    missing = sorted(set(c.kb.kinds) - set(names))
    return source, names + missing, rows


def _flag(c: Columns, name: str) -> NDArray[np.bool_]:
    return np.asarray(c.kb.facts[name].to_numpy(zero_copy_only=False), dtype=bool)


def _inferred(c: Columns) -> NDArray[np.bool_]:
    return np.asarray(pc.is_valid(c.kb.facts["rule"]).to_numpy(), dtype=bool)


def _spread(weights: NDArray[np.float64]) -> dict[str, Any]:
    low, middle, high = (round(float(value), 6) for value in (weights.min(), np.median(weights), weights.max()))
    return {"facts": len(weights), "min": low, "median": middle, "max": high}
