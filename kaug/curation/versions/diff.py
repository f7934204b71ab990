"""Two knowledge bases → the changes from one to the other.

Facts are matched by their ids, terms by their values, so the row numbers of the two need not agree. Blank nodes match if
their canonical names do.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import numpy as np
import polars as pl
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray

from kaug.knowledge.knowledge_base import KnowledgeBase
from kaug.wording.wording import Wording

__all__ = ["LABEL_CHANGES", "TEMPLATE_CHANGES", "Difference", "diff", "diff_json", "diff_lines", "positions"]

_COLUMNS = ["weight", "sources", "rule", "premises", "untaught"]
_LABEL = {"term": pa.string(), "language": pa.string(), "old": pa.string(), "new": pa.string()}
LABEL_CHANGES = pa.schema(list(_LABEL.items()))
"""A term's IRI, the language, and its old and new label: null for a label that was added or removed.

A label removed and one added for the same term and language are one change. A label's phrase, and whether it is an
alternative, are written with it: "dog (a dog)", "dog [alternative]".
"""
_TEMPLATE = {"change": pa.string(), "predicate": pa.string(), "property": pa.string()}
TEMPLATE_CHANGES = pa.schema([*_TEMPLATE.items(), ("language", pa.string()), ("text", pa.string())])
"""Templates of the lexicon that were `added` or `removed`."""


@dataclass(frozen=True)
class Difference:
    """The changes from one knowledge base to another.

    Attributes:
        old: The first knowledge base.
        new: The second.
        added: int64: rows of `new.facts` that the first lacks.
        removed: int64: rows of `old.facts` that the second lacks.
        kept_old: int64 (n,): rows of `old.facts` that both have.
        kept_new: int64 (n,): the rows of `new.facts` with the same facts.
        changed: bool (n,) by column: the kept facts whose weight, sources, rule, premises or `untaught` differ. A source
            under another id is no change if its digest is the same, or if each of the two has one that the other lacks.
        terms: int64 (terms of `new`,): each term's number in `old`, or -1.
        labels: LABEL_CHANGES, sorted.
        templates: TEMPLATE_CHANGES, sorted.
        axioms: Numbers of axioms added and removed.
    """

    old: KnowledgeBase
    new: KnowledgeBase
    added: NDArray[np.int64]
    removed: NDArray[np.int64]
    kept_old: NDArray[np.int64]
    kept_new: NDArray[np.int64]
    changed: dict[str, NDArray[np.bool_]]
    terms: NDArray[np.int64]
    labels: pa.Table
    templates: pa.Table
    axioms: tuple[int, int]

    def __bool__(self) -> bool:
        """Return whether anything differs."""
        return any(self.counts().values())

    def any_changed(self) -> NDArray[np.bool_]:
        """Mask the kept facts that changed in any column, bool (n,)."""
        return np.asarray(np.logical_or.reduce(list(self.changed.values())))

    def counts(self) -> dict[str, int]:
        """Count the changes by kind."""
        old, new = self.labels["old"].is_valid(), self.labels["new"].is_valid()
        return {
            "facts added": len(self.added),
            "facts removed": len(self.removed),
            "facts changed": int(self.any_changed().sum()),
            **{f"facts changed: {name}": int(mask.sum()) for name, mask in self.changed.items()},
            "labels added": pc.sum(pc.and_not(new, old)).as_py() or 0,
            "labels removed": pc.sum(pc.and_not(old, new)).as_py() or 0,
            "labels changed": pc.sum(pc.and_(old, new)).as_py() or 0,
            "templates added": pc.sum(pc.equal(self.templates["change"], "added")).as_py() or 0,
            "templates removed": pc.sum(pc.equal(self.templates["change"], "removed")).as_py() or 0,
            "axioms added": self.axioms[0],
            "axioms removed": self.axioms[1],
        }


def diff(old: KnowledgeBase, new: KnowledgeBase) -> Difference:
    """Compare two knowledge bases.

    Args:
        old: The first.
        new: The second.

    Returns:
        The difference; false if there is none.

    Examples:
        >>> import tempfile; from pathlib import Path; from kaug.knowledge.build import build_kb
        >>> files = [Path(tempfile.mkdtemp()) / "a.ttl" for _ in range(2)]
        >>> _ = files[0].write_text('@prefix : <urn:x:> . :Togo :capital :Lome ; :borders :Mali .')
        >>> _ = files[1].write_text('@prefix : <urn:x:> . :Togo :capital :Lome ; :borders :Benin .')
        >>> difference = diff(build_kb(files[:1]), build_kb(files[1:]))
        >>> difference.counts()["facts added"], difference.counts()["facts removed"], len(difference.kept_new)
        (1, 1, 1)
    """
    rows = positions(new.facts["fact"], old.facts["fact"])
    kept_new = np.flatnonzero(rows >= 0)
    kept_old = rows[kept_new]
    gone = np.ones(old.facts.num_rows, dtype=bool)
    gone[kept_old] = False
    first, second = (
        pl.DataFrame(kb.facts.select(_COLUMNS).take(pa.array(kept))).with_columns(pl.col("untaught").cast(pl.String))
        for kb, kept in ((old, kept_old), (new, kept_new))
    )
    if renamed := _renamed_sources(old, new):
        sources = pl.col("sources").list.eval(pl.element().replace(renamed)).list.sort()
        first = first.with_columns(sources)
    terms = _same_terms(old, new, kept_old, kept_new)
    axioms = positions(new.axioms["fact"], old.axioms["fact"])
    return Difference(
        old,
        new,
        added=np.flatnonzero(rows < 0),
        removed=np.flatnonzero(gone),
        kept_old=kept_old,
        kept_new=kept_new,
        changed={name: first[name].ne_missing(second[name]).to_numpy() for name in _COLUMNS},
        terms=terms,
        labels=_label_changes(old, new),
        templates=_template_changes(old, new),
        axioms=(int((axioms < 0).sum()), old.axioms.num_rows - int((axioms >= 0).sum())),
    )


def diff_json(difference: Difference, examples: int | None = None) -> dict[str, Any]:
    """Describe a difference for machines.

    Args:
        difference: The difference.
        examples: The maximum number of facts, labels and templates of each kind; None for all.

    Returns:
        `counts`, `by_source` and `by_predicate` (added, removed, changed of each), `added`, `removed` and `changed`
        (id and sentence of each fact), `labels`, `templates`.
    """
    language = difference.new.languages[0] if difference.new.languages else "en"
    changed = difference.any_changed()
    facts = {
        "added": (difference.new, difference.added),
        "removed": (difference.old, difference.removed),
        "changed": (difference.new, difference.kept_new[changed]),
    }
    named: dict[str, Any] = {}
    for name, (kb, rows) in facts.items():
        some = rows[:examples]
        ids = [fact.hex() for fact in kb.facts["fact"].take(pa.array(some)).to_pylist()]
        sentences = Wording(kb, language).sentences(some).to_pylist()
        named[name] = [{"fact": fact, "sentence": sentence} for fact, sentence in zip(ids, sentences, strict=True)]
    for entry, row in zip(named["changed"], np.flatnonzero(changed), strict=False):
        entry["columns"] = [name for name, mask in difference.changed.items() if mask[row]]
    return {
        "counts": difference.counts(),
        "by_source": _by(facts, "sources"),
        "by_predicate": _by(facts, "predicate"),
        **named,
        "labels": difference.labels.slice(0, examples).to_pylist(),
        "templates": difference.templates.slice(0, examples).to_pylist(),
    }


def diff_lines(difference: Difference, examples: int = 10) -> list[str]:
    """Describe a difference for the terminal: the counts that are not 0, by source and predicate, and examples.

    Args:
        difference: The difference.
        examples: The maximum number of each kind: added with `+`, removed with `-`, changed with `~`.

    Returns:
        Lines; a single one if nothing differs.
    """
    about = diff_json(difference, examples)
    if not difference:
        return ["No difference."]
    lines = [f"{name}: {count:,}" for name, count in about["counts"].items() if count]
    for title in ("by_source", "by_predicate"):
        lines += ["", title.replace("_", " ")] if about[title] else []
        for name, counts in about[title].items():
            lines.append(f"  {name}: " + ", ".join(f"{count:,} {change}" for change, count in counts.items() if count))
    shown = list(_shown(about))
    return [*lines, "", *shown] if shown else lines


def _shown(about: dict[str, Any]) -> Iterator[str]:
    for name, mark in (("added", "+"), ("removed", "-"), ("changed", "~")):
        for entry in about[name]:
            columns = f" ({', '.join(entry['columns'])})" if name == "changed" else ""
            yield f"{mark} {entry['sentence']}{columns}"
    for row in about["labels"]:
        yield from (
            f"{mark} {row['term']} {row[key]!r}@{row['language']}"
            for mark, key in (("-", "old"), ("+", "new"))
            if row[key]
        )
    for row in about["templates"]:
        yield f"{'+' if row['change'] == 'added' else '-'} {row['predicate']} {row['property']} {row['text']!r}@{row['language']}"


def _by(facts: dict[str, tuple[KnowledgeBase, NDArray[np.int64]]], column: str) -> dict[str, dict[str, int]]:
    """Count the facts added, removed and changed, by source or predicate."""
    counts: dict[str, dict[str, int]] = {}
    for name, (kb, rows) in facts.items():
        cells = kb.facts[column].take(pa.array(rows)).combine_chunks()
        cells = pc.list_flatten(cells) if column == "sources" else kb.terms["value"].take(cells)
        for pair in pc.value_counts(cells).to_pylist():
            counts.setdefault(pair["values"], {"added": 0, "removed": 0, "changed": 0})[name] = pair["counts"]
    return dict(sorted(counts.items()))


def positions(wanted: pa.ChunkedArray, known: pa.ChunkedArray) -> NDArray[np.int64]:
    """Return the position of each value among the known ones, int64 (wanted,); -1 where it is not among them."""
    known = known.combine_chunks() if isinstance(known, pa.ChunkedArray) else known
    return np.asarray(pc.fill_null(pc.index_in(wanted, known), -1)).astype(np.int64)


def _renamed_sources(old: KnowledgeBase, new: KnowledgeBase) -> dict[str, str]:
    """Find sources with another id: those of the same digest, or what is left if that is one of each."""
    gone = {name: about for name, about in old.origins.items() if name not in new.origins}
    come = {name: about for name, about in new.origins.items() if name not in old.origins}
    of_digest = {about["sha256"]: name for name, about in come.items() if about["sha256"]}
    renamed = {name: of_digest[about["sha256"]] for name, about in gone.items() if about["sha256"] in of_digest}
    left, right = gone.keys() - renamed.keys(), come.keys() - set(renamed.values())
    return renamed | (dict(zip(left, right, strict=True)) if len(left) == len(right) == 1 else {})


def _same_terms(
    old: KnowledgeBase, new: KnowledgeBase, kept_old: NDArray[np.int64], kept_new: NDArray[np.int64]
) -> NDArray[np.int64]:
    # The same position in the same fact holds the same term; only the others are compared by value.
    terms = np.full(new.terms.num_rows, -1, dtype=np.int64)
    for before, after in zip(old.columns(kept_old), new.columns(kept_new), strict=True):
        terms[after] = before
    free = np.ones(old.terms.num_rows, dtype=bool)
    free[terms[terms >= 0]] = False
    rest, left = (
        pl.DataFrame(kb.terms.take(pa.array(rows))).cast(pl.String).with_columns(row=pl.Series(rows))
        for kb, rows in ((new, np.flatnonzero(terms < 0)), (old, np.flatnonzero(free)))
    )
    same = rest.join(left, new.terms.column_names, nulls_equal=True)
    terms[same["row"].to_numpy()] = same["row_right"].to_numpy()
    return terms


def _label_changes(old: KnowledgeBase, new: KnowledgeBase) -> pa.Table:
    phrase = pl.format(" ({})", "phrase").fill_null("")
    text = pl.col("text") + phrase + pl.when("preferred").then(pl.lit("")).otherwise(pl.lit(" [alternative]"))
    lost, got = _only(*(_named(kb, kb.labels, "term").select("term", "language", text) for kb in (old, new)))
    # One lost and one got is one change; several cannot be paired: null equals nothing.
    keys = ["term", "language"]
    single = pl.when(pl.len().over(keys) == 1).then(pl.lit(True))
    lost, got = lost.select(*keys, single=single, old="text"), got.select(*keys, single=single, new="text")
    changes = lost.join(got, [*keys, "single"], "full", coalesce=True)
    return _sorted(changes, LABEL_CHANGES.names, LABEL_CHANGES)


def _template_changes(old: KnowledgeBase, new: KnowledgeBase) -> pa.Table:
    removed, added = _only(_named(old, old.lexicon, "predicate"), _named(new, new.lexicon, "predicate"))
    parts = [removed.with_columns(change=pl.lit("removed")), added.with_columns(change=pl.lit("added"))]
    return _sorted(pl.concat(parts), ["predicate", "property", "language", "text", "change"], TEMPLATE_CHANGES)


def _named(kb: KnowledgeBase, table: pa.Table, column: str) -> pl.DataFrame:
    """Replace the term numbers in a column by the terms' values."""
    return pl.DataFrame(table).with_columns(pl.Series(column, kb.terms["value"].take(table[column])))


def _only(old: pl.DataFrame, new: pl.DataFrame) -> tuple[pl.DataFrame, pl.DataFrame]:
    """Return the rows that only the first table has, and those that only the second has."""
    return old.join(new, old.columns, "anti"), new.join(old, old.columns, "anti")


def _sorted(changes: pl.DataFrame, order: list[str], schema: pa.Schema) -> pa.Table:
    table = changes.sort(order, nulls_last=True).select(schema.names)
    return table.to_arrow(compat_level=pl.CompatLevel.oldest()).cast(schema)
