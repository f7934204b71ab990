"""EXAMPLES → the same rows, some in a language model's words: those whose rewrite passes every check.

A rewrite names both ends of every fact, says the same by names, numbers and words, is faithful, passes the filters of rows, and
leaks nothing of the exam. Else the original stands, and the rewrite is counted by its reason.
"""

from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray

from kaug.arrays import mix
from kaug.augmentation.hygiene.faithful import unfaithful_rows
from kaug.augmentation.hygiene.left_out import Found, count_left_out, left_out_table
from kaug.augmentation.rewriting.prompt import MOST_TOKENS, rewrite_prompt, text_of
from kaug.augmentation.rewriting.same import LANGUAGES, Fact, Reader
from kaug.augmentation.rewriting.settings import RewriteSettings
from kaug.augmentation.rows import make_rows
from kaug.models.answers import Answers, answers_of
from kaug.wording.wording import Wording

__all__ = ["Objects", "Refuse", "Rewriter", "chosen_rows", "open_answers", "prompts_for"]

Objects = NDArray[np.uint32]
"""The object of every fact of the knowledge base, as the arm has it."""

Refuse = Callable[[pa.Table], Mapping[str, str]]
"""From EXAMPLES to the reasons, by id, why rows may not be trained on."""

_IN_ORDER = ("statement", "reversed")
"""The forms of which one end comes first."""


@dataclass(frozen=True)
class Rewriter:
    """Rewrites rows.

    Attributes:
        settings: `[augmentation.rewrite]`.
        answers: The model's answers.
        refuse: Finds rows that hygiene or the leak guard leave out.
        counts: Where rows rewritten, and rewrites left out, are counted.
        left_out: Where rewrites left out are listed, as tables of `LEFT_OUT`.
    """

    settings: RewriteSettings
    answers: Answers
    refuse: Refuse
    counts: Counter[str]
    left_out: list[pa.Table]
    _readers: dict[str, Reader] = field(default_factory=dict, repr=False)

    def __call__(self, rows: pa.Table, wording: Wording, objects: Objects) -> pa.Table:
        """Rewrite the chosen rows.

        Args:
            rows: EXAMPLES in the language of the wording.
            wording: The wording.
            objects: uint32 (facts,): the object of every fact, as the arm has it.

        Returns:
            EXAMPLES: the same rows in their order; those that are rewritten have another completion, its spans, and its id.
        """
        chosen = chosen_rows(rows, self.settings)
        if not len(chosen):
            return rows
        some = rows.take(pa.array(chosen))
        prompts = prompts_for(some, self.settings)
        texts = [text_of(answer) for answer in self.answers(prompts)]
        new, reasons = self._read(rows, some, texts, wording, objects)
        kept = np.flatnonzero([reason is None for reason in reasons])
        self._count(some, texts, reasons)
        order = np.arange(rows.num_rows)
        order[chosen[kept]] = rows.num_rows + np.arange(len(kept))
        return pa.concat_tables([rows, new]).take(pa.array(order)).combine_chunks()

    def _read(
        self, rows: pa.Table, some: pa.Table, texts: Sequence[str], wording: Wording, objects: Objects
    ) -> tuple[pa.Table, list[str | None]]:
        """Return new rows with the texts that pass, and for each of all the reason why it does not."""
        reader = self._readers.setdefault(wording.language, Reader(wording))
        kb, reasons, made = wording.kb, list[str | None](), list[pa.Table]()
        subjects, predicates, _ = kb.columns()
        for row, text in zip(some.to_pylist(), texts, strict=True):
            numbers = [kb.row_of[fact] for fact in row["facts"]]
            facts = [Fact(int(subjects[one]), int(predicates[one]), int(objects[one])) for one in numbers]
            reason, stated = reader.compare(text, row["completion"], facts, in_order=row["form"] in _IN_ORDER)
            reasons.append(reason)
            spans = [(fact, "completion", *place) for fact, places in enumerate(stated) for place in sorted(places)]
            made += [] if reason else [_with_text(row, text, spans)]
        new = pa.concat_tables([rows.schema.empty_table(), *made])
        refused = self._refused(rows, new, wording, objects)
        places = np.flatnonzero([reason is None for reason in reasons])
        for place, reason in zip(places.tolist(), refused, strict=True):
            reasons[place] = reason
        return new.filter(pa.array([reason is None for reason in refused], pa.bool_())), reasons

    def _refused(self, rows: pa.Table, new: pa.Table, wording: Wording, objects: Objects) -> list[str | None]:
        """Check new rows as all rows are checked, and against one another."""
        faults = unfaithful_rows(new, wording, objects=objects)
        why = dict(self.refuse(new)) | dict(zip(faults["id"].to_pylist(), faults["reason"].to_pylist(), strict=True))
        seen, reasons = set(rows["completion"].to_pylist()), list[str | None]()
        for row, text in zip(new["id"].to_pylist(), new["completion"].to_pylist(), strict=True):
            reasons.append(why.get(row) or ("the words of another row" if text in seen else None))
            seen.add(text)
        return reasons

    def _count(self, rows: pa.Table, texts: Sequence[str], reasons: Sequence[str | None]) -> None:
        found = Found(pa.array(reasons, pa.string()), rows["completion"].combine_chunks())
        refused = left_out_table("rewrite", "rewrite", found, rows["id"].combine_chunks(), pa.array(texts, pa.string()))
        self.left_out.append(refused)
        self.counts.update(count_left_out(refused))
        self.counts["rows rewritten"] += len(reasons) - refused.num_rows


def open_answers(settings: RewriteSettings) -> Answers:
    """Return the answers of the model that the settings name; see `kaug.models.answers.answers_of`."""
    return answers_of(
        settings.model,
        endpoint=settings.endpoint,
        key_variable=settings.key_variable,
        parallel=settings.parallel,
        most_tokens=MOST_TOKENS,
        seed=settings.seed,
    )


def chosen_rows(rows: pa.Table, settings: RewriteSettings) -> NDArray[np.int64]:
    """Return the rows to rewrite, int64: of the settings' forms, in a language that can be read, drawn by their ids."""
    fits = pc.and_(
        pc.and_(pc.equal(rows["family"], "closed-book"), pc.equal(rows["prompt"], "")),
        pc.is_in(rows["form"], pa.array(settings.forms)),
    )
    readable = pc.is_in(pc.list_element(pc.split_pattern(rows["language"], "-"), 0), pa.array(sorted(LANGUAGES)))
    places = np.flatnonzero(pc.and_(fits, readable).to_numpy())
    ids = rows["id"].take(pa.array(places)).to_pylist()
    draws = mix(np.array([int(row[:16], 16) for row in ids], np.uint64) + np.uint64(settings.seed))
    return places[draws >> np.uint64(11) < settings.fraction * 2.0**53].astype(np.int64)


def prompts_for(rows: pa.Table, settings: RewriteSettings) -> list[str]:
    """Write the prompts that ask for rows in other words."""
    columns = zip(*(rows[name].to_pylist() for name in ("completion", "language", "form")), strict=True)
    return [
        rewrite_prompt(text, language, settings.style, in_order=form in _IN_ORDER) for text, language, form in columns
    ]


def _with_text(row: Mapping[str, Any], text: str, spans: Sequence[tuple[int, str, int, int]]) -> pa.Table:
    """Make a row with another completion."""
    return make_rows(
        **{name: row[name] for name in ("family", "form", "task", "language")},
        prompts=None,
        completions=pa.array([text]),
        facts=[row["facts"]],
        spans=[spans],
        text_ids=pa.array([row["text_id"]], pa.string()),
        queries=pa.array([row["query"]], pa.string()),
        proofs=pa.array([row["proof"]], pa.string()),
    )
