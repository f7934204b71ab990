"""The rows of an arm → a few of them, drawn, with the facts that they state and where those come from.

Rows are read in blocks, so that memory does not grow with their number.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import pairwise
from pathlib import Path
from typing import Any, get_args

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from xxhash import xxh3_64_intdigest

from kaug.arrays import Numbers, rank_in_group
from kaug.errors import PipelineError, SourceError, TableError, nearest
from kaug.knowledge.knowledge_base import KnowledgeBase
from kaug.knowledge.templates import Property
from kaug.rdf.terms import write_terms
from kaug.wording.naming import find_terms
from kaug.wording.wording import Wording

__all__ = ["Wanted", "cut_at_spans", "describe_rows", "draw_rows"]

_BLOCK = 50_000
"""The rows that are read at a time."""


@dataclass(frozen=True)
class Wanted:
    """Which rows to draw: those of a form that hold a text and state a fact of an entity, of a predicate and of a source.

    Attributes:
        form: The form; None for any, as for the others.
        text: A text in the prompt or the completion, in any case.
        entity: A name or the IRI of the fact's subject or object; see `find_terms`.
        predicate: A name or the IRI of the fact's predicate.
        source: The id of a source that states the fact.
    """

    form: str | None = None
    text: str | None = None
    entity: str | None = None
    predicate: str | None = None
    source: str | None = None


def draw_rows(
    rows: pa.Table, kb: KnowledgeBase, limit: int, *, seed: int = 0, wanted: Wanted | None = None, block: int = _BLOCK
) -> pa.Table:
    """Draw rows, as many of each form as of any other while there are some.

    A row's turn is a digest of its id and the seed, so the same rows are drawn in whatever order they stand.

    Args:
        rows: EXAMPLES, which may be mapped from disk.
        kb: The knowledge base of the rows.
        limit: The maximum number of rows.
        seed: Seed of the draw, from 0.
        wanted: The rows to draw from; all if None.
        block: The rows that are read at a time.

    Returns:
        EXAMPLES, sorted by form.

    Raises:
        SourceError: Nothing in the knowledge base has the name that is wanted.
        PipelineError: There are no rows of the form that is wanted.
    """
    wanted = wanted or Wanted()
    if wanted.form and wanted.form not in (forms := pc.unique(rows["form"]).to_pylist()):
        raise PipelineError(f"There are no rows of the form {wanted.form!r}.{nearest(wanted.form, forms)}")
    facts = _wanted_facts(kb, wanted)
    drawn = rows.slice(0, 0)
    for start in range(0, rows.num_rows, block):
        part = rows.slice(start, block)
        drawn = pa.concat_tables([drawn, part.filter(_fitting(part, wanted, facts))])
        drawn = drawn.take(_turns(drawn, seed)[:limit])
    order = np.argsort(np.array(drawn["form"].to_pylist(), dtype=object), kind="stable")
    return drawn.take(order)


def _turns(rows: pa.Table, seed: int) -> Numbers:
    """Return the order in which rows are drawn: the first of each form, then the second of each, and so on."""
    turns = np.array([xxh3_64_intdigest(name.encode(), seed) for name in rows["id"].to_pylist()], np.uint64)
    forms = rows["form"].combine_chunks().dictionary_encode().indices.to_numpy()
    by_form = np.lexsort((turns, forms))
    rank = np.empty(len(turns), np.int64)
    rank[by_form] = rank_in_group(forms[by_form])
    return np.lexsort((turns, rank)).astype(np.int64)


def _wanted_facts(kb: KnowledgeBase, wanted: Wanted) -> pa.Array | None:
    """Return the hex ids of the facts of which a wanted row states one; None if no fact is wanted."""
    masks = []
    if wanted.source is not None:
        if wanted.source not in kb.kinds:
            raise SourceError(f"There is no source {wanted.source!r}.{nearest(wanted.source, kb.kinds)}")
        sources = kb.facts["sources"].combine_chunks()
        mask = np.zeros(len(kb), bool)
        mask[pc.list_parent_indices(sources).filter(pc.equal(pc.list_flatten(sources), wanted.source)).to_numpy()] = (
            True
        )
        masks.append(mask)
    for name, ends in ((wanted.entity, ("subject", "object")), (wanted.predicate, ("predicate",))):
        if name is not None:
            terms = find_terms(kb, name.strip())
            masks.append(np.logical_or.reduce([pc.is_in(kb.facts[end], terms).to_numpy() for end in ends]))
            if not masks[-1].any():
                raise SourceError(f"No fact has {' or '.join(ends)} {name!r}: neither a name nor an IRI of one.")
    return kb.hex_ids.filter(pa.array(np.logical_and.reduce(masks))) if masks else None


def _fitting(rows: pa.Table, wanted: Wanted, facts: pa.Array | None) -> pa.Array:
    """Mask the rows that are wanted."""
    mask = np.ones(rows.num_rows, bool)
    if wanted.form is not None:
        mask &= pc.equal(rows["form"], wanted.form).to_numpy()
    if wanted.text is not None:
        found = (pc.match_substring(rows[name], wanted.text, ignore_case=True) for name in ("prompt", "completion"))
        mask &= pc.or_(*found).to_numpy()
    if facts is not None:
        stated = rows["facts"].combine_chunks()
        mask &= np.isin(
            np.arange(len(mask)), pc.list_parent_indices(stated).filter(pc.is_in(pc.list_flatten(stated), facts))
        )
    return pa.array(mask)


def describe_rows(rows: pa.Table, kb: KnowledgeBase, arm: str = "") -> list[dict[str, Any]]:
    """Describe rows, ready for JSON: the columns of EXAMPLES, and of each fact all that leads from its source to the row.

    Args:
        rows: EXAMPLES.
        kb: The knowledge base of the rows.
        arm: The arm of the rows.

    Returns:
        A mapping for each row: `arm`, the columns of EXAMPLES, and as `facts` a mapping for each fact: its `id`, `sentence`,
        `triple` (in N-Triples), `names` of subject, predicate and object, `sources` (`id`, `file`, `licence`, `origin`), the
        `rule` that inferred it, and the `templates` of whole sentences and questions that the row says it in. The facts are the
        true ones, also of a row that contradicts them on purpose, as those of the arm `shuffled` do.

    Raises:
        TableError: A fact of a row is not in the knowledge base.
    """
    found = rows.to_pylist()
    numbers = _rows_of(kb, {fact for row in found for fact in row["facts"]})
    for language in sorted({row["language"] for row in found}):
        own = [row for row in found if row["language"] == language]
        facts = sorted({numbers[fact] for row in own for fact in row["facts"]})
        about = dict(zip(facts, _facts(kb, Wording(kb, language), np.array(facts, np.int64)), strict=True))
        for row in own:
            row["facts"] = [_in_row(row, place, about[numbers[fact]]) for place, fact in enumerate(row["facts"])]
    return [{"arm": arm, **row} for row in found]


def _rows_of(kb: KnowledgeBase, facts: set[str]) -> dict[str, int]:
    """Find the rows of a few facts in a knowledge base that may hold many."""
    numbers = pc.indices_nonzero(pc.is_in(kb.hex_ids, pa.array(sorted(facts), pa.string())))
    rows = dict(zip(kb.hex_ids.take(numbers).to_pylist(), numbers.to_pylist(), strict=True))
    if unknown := sorted(facts - rows.keys()):
        raise TableError(
            f"The fact {unknown[0]!r} of a row is not in this knowledge base. Write the rows again: `kaug augment`."
        )
    return rows


def _facts(kb: KnowledgeBase, wording: Wording, rows: Numbers) -> Iterator[dict[str, Any]]:
    """Describe facts; `said` maps the texts that state one to their templates."""
    subjects, predicates, objects = kb.columns(rows)
    ends = (subjects, predicates, objects)
    triples = zip(*(write_terms(kb.terms.take(pa.array(end))).to_pylist() for end in ends), strict=True)
    labels, values = (wording.labels(end).to_pylist() for end in (subjects, objects))
    names = zip(labels, map(wording.predicate_name, predicates.tolist()), values, strict=True)
    said: list[dict[str, str]] = [{} for _ in rows]
    for predicate, manner, group in wording.groups(rows):
        for name in get_args(Property):
            for template in wording.templates(predicate, name, manner):
                texts = wording.fill(template, subjects[group], objects[group], predicate).text.to_pylist()
                for place, text in zip(group.tolist(), texts, strict=True):
                    said[place].setdefault(_bare(text), template)
    facts = kb.facts.take(pa.array(rows))
    columns = (wording.sentences(rows), kb.hex_ids.take(pa.array(rows)), facts["sources"], facts["rule"])
    for sentence, fact, sources, rule, triple, words, templates in zip(
        *(column.to_pylist() for column in columns), triples, names, said, strict=True
    ):
        yield {
            "id": fact,
            "sentence": sentence,
            "triple": list(triple),
            "names": list(words),
            "sources": [_source(kb, source) for source in sources],
            "rule": rule,
            "said": templates,
        }


def _source(kb: KnowledgeBase, name: str) -> dict[str, str]:
    known = kb.origins.get(name, {})
    return {
        "id": name,
        "file": Path(known.get("path", "")).name,
        "licence": known.get("licence", ""),
        "origin": known.get("origin", ""),
    }


def _in_row(row: Mapping[str, Any], place: int, fact: Mapping[str, Any]) -> dict[str, Any]:
    """Return a fact as a row states it: in which templates."""
    texts = [_bare(row[span["field"]][span["start"] : span["end"]]) for span in row["spans"] if span["fact"] == place]
    templates = dict.fromkeys(fact["said"][text] for text in texts if text in fact["said"])
    return {name: value for name, value in fact.items() if name != "said"} | {"templates": list(templates)}


def _bare(text: str) -> str:
    """Remove what depends on a sentence's place in a text: the full stop, and the case of its first letter."""
    return text[:1].lower() + text[1:].rstrip(".。")


def cut_at_spans(
    text: str, spans: Sequence[Mapping[str, Any]], most: int | None = None
) -> Iterator[tuple[str, tuple[int, ...]]]:
    """Cut a text where spans begin and end.

    Args:
        text: A prompt or a completion.
        spans: Its spans: mappings with `fact`, `start` and `end`; they may overlap.
        most: The maximum number of characters; None keeps all.

    Yields:
        The pieces, which joined give the text, and the facts that each states, that of the shortest span first.

    Examples:
        >>> inner, outer = {"fact": 1, "start": 3, "end": 7}, {"fact": 0, "start": 0, "end": 16}
        >>> list(cut_at_spans("In Togo it rains.", [outer, inner]))
        [('In ', (0,)), ('Togo', (1, 0)), (' it rains', (0,)), ('.', ())]
    """
    end = len(text) if most is None else min(len(text), most)
    inner = sorted(spans, key=lambda span: span["end"] - span["start"])
    cuts = sorted({0, end, *(min(span[name], end) for span in inner for name in ("start", "end"))})
    for low, high in pairwise(cuts):
        yield (
            text[low:high],
            tuple(dict.fromkeys(span["fact"] for span in inner if span["start"] <= low and high <= span["end"])),
        )
    if end < len(text):
        yield "…", ()
