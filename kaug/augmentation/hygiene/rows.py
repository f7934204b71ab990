"""Training rows → those that are fit to train on, with special tokens broken up, and what was left out."""

from collections.abc import Sequence

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from kaug.augmentation.hygiene.filters import chosen_filters
from kaug.augmentation.hygiene.left_out import LEFT_OUT, Found, left_out_table
from kaug.augmentation.hygiene.settings import HygieneSettings
from kaug.augmentation.rows import row_ids
from kaug.knowledge.knowledge_base import KnowledgeBase
from kaug.words.clean import break_with_spans, control_pattern, find_control

__all__ = ["break_rows", "clean_rows", "joined_texts"]


def clean_rows(
    table: pa.Table, kb: KnowledgeBase, settings: HygieneSettings | None = None, *, tokens: Sequence[str] = ()
) -> tuple[pa.Table, pa.Table]:
    """Break up special tokens in rows, and leave rows out.

    Args:
        table: EXAMPLES.
        kb: The knowledge base of its facts.
        settings: `[hygiene]`; the defaults if None.
        tokens: Special tokens of tokenizers, which are broken up as those of common chat formats are.

    Returns:
        EXAMPLES, and what was left out, a table of the schema `LEFT_OUT`.

    Raises:
        PipelineError: The package that a filter needs is missing.
    """
    settings = settings or HygieneSettings()
    table = break_rows(table, control_pattern(tokens))
    tables = [LEFT_OUT.empty_table()]

    def leave_out(name: str, found: Found) -> None:
        nonlocal table
        tables.append(left_out_table("row", name, found, table["id"], joined_texts(table), settings))
        table = table.filter(found.reasons.is_null())

    if settings.licences:
        leave_out("licences", _unlicensed(table, kb, settings.licences))
    for name, one in chosen_filters(settings, "row"):
        leave_out(name, one.find(joined_texts(table), table["id"].combine_chunks(), settings))
    return table, pa.concat_tables(tables)


def break_rows(table: pa.Table, control: str) -> pa.Table:
    """Break up special tokens in prompts and completions, and move the spans with them.

    Args:
        table: EXAMPLES.
        control: What to break up; see `control_pattern`.

    Returns:
        EXAMPLES; a row that changes has the id of its new content.
    """
    changed = np.zeros(table.num_rows, bool)
    for field in ("prompt", "completion"):
        texts, lists = table[field].combine_chunks(), table["spans"].combine_chunks()
        found = find_control(texts, control)
        if not found.any():
            continue
        changed |= found
        parts = {name: pc.struct_field(lists.values, name) for name in ("fact", "field", "start", "end")}
        ends = np.stack([parts[name].to_numpy() for name in ("start", "end")], axis=1).astype(np.int64)
        here, offsets = pc.equal(parts["field"], field).to_numpy(zero_copy_only=False), lists.offsets.to_numpy()
        broken = []
        for row in np.flatnonzero(found).tolist():
            own = offsets[row] + np.flatnonzero(here[offsets[row] : offsets[row + 1]])
            text, ends[own] = break_with_spans(texts[row].as_py(), ends[own], control)
            broken.append(text)
        parts |= {name: pa.array(ends[:, side].astype(np.int32)) for side, name in enumerate(("start", "end"))}
        values = pa.StructArray.from_arrays(list(parts.values()), fields=list(lists.type.value_type))
        table = _replace(table, field, pc.replace_with_mask(texts, pa.array(found), pa.array(broken, pa.string())))
        table = _replace(table, "spans", pa.ListArray.from_arrays(lists.offsets, values, type=lists.type))
    if changed.any():
        ids = row_ids(*(table[name].combine_chunks() for name in ("form", "prompt", "completion", "facts")))
        table = _replace(table, "id", pc.if_else(pa.array(changed), ids, table["id"].combine_chunks()))
    return table


def _replace(table: pa.Table, name: str, column: pa.Array) -> pa.Table:
    place = table.schema.get_field_index(name)
    return table.set_column(place, table.schema.field(place), column)


def joined_texts(table: pa.Table) -> pa.Array:
    """Join prompt and completion of rows."""
    joined = pc.binary_join_element_wise(*(table[name].combine_chunks() for name in ("prompt", "completion")), "\n")
    return pc.utf8_ltrim(joined, "\n")


def _unlicensed(table: pa.Table, kb: KnowledgeBase, licences: Sequence[str]) -> Found:
    """Find the rows with a fact that no source under a given licence states, or that follows from such a one.

    The detail names the fact's sources. The sources of an inferred fact are those of its premises, so all of them count.
    """
    known = {licence.lower() for licence in licences}
    given = {name: source["licence"] for name, source in kb.origins.items()}
    right = [name for name, licence in given.items() if known & set(licence.lower().split(" or "))]
    facts = table["facts"].combine_chunks()
    rows, place = np.unique([kb.row_of[fact] for fact in facts.flatten().to_pylist()], return_inverse=True)
    chosen = kb.facts.select(["sources", "rule"]).take(pa.array(rows, pa.int64()))
    sources = chosen["sources"].to_pylist()
    enough = [all if rule else any for rule in chosen["rule"].is_valid().to_pylist()]
    bad = ~np.array([some(name in right for name in names) for some, names in zip(enough, sources, strict=True)], bool)
    row_of = np.repeat(np.arange(len(facts)), pc.list_value_length(facts).to_numpy())
    worst = np.full(len(facts), -1)
    worst[row_of[bad[place]]] = place[bad[place]]
    details = [
        "; ".join(f"{name}: {given[name]}" for name in sources[one]) if one >= 0 else None for one in worst.tolist()
    ]
    reasons = [detail and "another licence" for detail in details]
    return Found(pa.array(reasons, pa.string()), pa.array(details, pa.string()))
