"""The facts about an entity → Turtle, with the labels as comments."""

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray

from kaug.arrays import Numbers, runs
from kaug.augmentation.rows import Facts, Options, several_fact_rows
from kaug.augmentation.telling import append, choose_few, has_short_ends, keep, keep_said, predicate_names, spans_of
from kaug.knowledge.knowledge_base import KnowledgeBase
from kaug.rdf.serialize import prefixes_of
from kaug.rdf.terms import write_terms
from kaug.wording.wording import Wording

__all__ = ["graph_rows"]

_CURIE = r"^<(.*[/#:])([A-Za-z0-9_][A-Za-z0-9_-]*)>$"
_UNSAFE = r"\p{C}|<\||\|>"


def graph_rows(facts: Facts, wording: Wording, options: Options, *, max_facts: int = 12) -> pa.Table:
    """Write up to `max_facts` facts of each entity with two or more in Turtle, its terms as the knowledge base has them.

    IRIs are written with the prefixes of their namespaces where they have such. Blank nodes and values with control characters
    are left out, as are long values; all are counted.
    """
    prefixes = options.once("graph", lambda: _prefixes(wording.kb))
    facts = keep_said(facts, wording, options, "graph")
    facts = keep(facts, has_short_ends(facts, wording), options, "graph: facts left out: a long name or value")
    safe = np.logical_and.reduce([_safe(wording.kb, ends) for ends in (facts.subjects, facts.objects)])
    facts = keep(facts, safe, options, "graph: facts left out: a blank node, or a control character")
    some = facts.take(choose_few(facts, options.seed, max_facts))
    sizes = runs(some.subjects)[1]
    some = some.take(np.flatnonzero(np.repeat(sizes > 1, sizes)))
    starts, sizes = runs(some.subjects)
    ends = (some.subjects, some.predicates, some.objects)
    (subjects, predicates, objects), used = zip(*(_write(wording.kb, terms, prefixes) for terms in ends), strict=True)
    first, last = np.zeros(len(some), bool), np.zeros(len(some), bool)
    first[starts] = last[starts + sizes - 1] = True
    row = np.repeat(np.arange(len(sizes)), sizes)
    head = pc.binary_join_element_wise(
        _declarations(np.tile(row, 3), np.concatenate(used), len(sizes), prefixes).take(pa.array(row)),
        subjects,
        "  # ",
        wording.labels(some.subjects),
        "",
    )
    comment = pc.binary_join_element_wise(
        "  # ", predicate_names(some, wording), ": ", wording.labels(some.objects), ""
    )
    stop = pc.if_else(pa.array(last), " .", " ;")
    said = pc.binary_join_element_wise(predicates, " ", objects, stop, comment, "")
    before = pc.binary_join_element_wise(pc.if_else(pa.array(first), head, ""), "\n    ", "")
    texts, start = append(sizes, before, said)
    return several_fact_rows(
        some, sizes, wording, form="graph", completions=texts, spans=spans_of(sizes, "completion", start, said)
    )


def _prefixes(kb: KnowledgeBase) -> dict[str, str]:
    terms = np.unique(np.concatenate(kb.columns()))
    iris = kb.terms.take(pa.array(terms))
    return prefixes_of(iris.filter(pc.equal(iris["kind"].cast(pa.string()), "iri"))["value"].combine_chunks())


def _safe(kb: KnowledgeBase, terms: NDArray[np.uint32]) -> NDArray[np.bool_]:
    """Mask the terms that are no blank nodes and hold neither control characters nor tokens of chat templates."""
    some = kb.terms.take(pa.array(terms))
    values = some["value"].combine_chunks()
    unsafe = pc.or_(pc.match_substring_regex(values, _UNSAFE), pc.equal(some["kind"].cast(pa.string()), "blank"))
    return ~np.asarray(unsafe.to_numpy(zero_copy_only=False), bool)


def _write(kb: KnowledgeBase, terms: NDArray[np.uint32], prefixes: dict[str, str]) -> tuple[pa.Array, Numbers]:
    """Write terms in Turtle (n,), and return the number of the prefix of each, int64 (n,); -1 for none."""
    distinct, which = np.unique(terms, return_inverse=True)
    texts = write_terms(kb.terms.take(pa.array(distinct)))
    split = pc.match_substring_regex(texts, _CURIE)
    namespaces = pc.if_else(split, pc.replace_substring_regex(texts, _CURIE, r"\1"), "")
    number = pc.fill_null(pc.index_in(namespaces, pa.array(list(prefixes.values()), pa.string())), -1)
    known = pc.greater_equal(number, 0)
    prefix = pa.array([*prefixes, ""]).take(pc.if_else(known, number, len(prefixes)))
    curies = pc.binary_join_element_wise(prefix, pc.replace_substring_regex(texts, _CURIE, r"\2"), ":")
    texts = pc.if_else(known, curies, texts)
    return texts.take(pa.array(which)), number.to_numpy()[which].astype(np.int64)


def _declarations(row: Numbers, prefix: Numbers, count: int, prefixes: dict[str, str]) -> pa.Array:
    """Declare the prefixes that each of `count` rows uses, in a line each."""
    lines = pa.array([f"@prefix {name}: <{namespace}> .\n" for name, namespace in prefixes.items()], pa.string())
    pairs = np.unique(row[prefix >= 0] * np.int64(len(prefixes) + 1) + prefix[prefix >= 0])
    used = np.bincount(pairs // (len(prefixes) + 1), minlength=count)
    texts = lines.take(pa.array(pairs % (len(prefixes) + 1)))
    return append(used, pa.repeat("", len(texts)), texts)[0]
