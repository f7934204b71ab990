"""A project and its knowledge base → what it takes to rewrite its rows: requests, tokens, price and time."""

import time
from collections import deque
from dataclasses import dataclass

import numpy as np
import pyarrow as pa

from kaug.arms import Arm
from kaug.augmentation.arms import ArmInput, find_recipe
from kaug.augmentation.rewriting.rewrite import Objects, chosen_rows, open_answers, prompts_for
from kaug.knowledge.knowledge_base import KnowledgeBase
from kaug.models.answers import Answers
from kaug.pipeline.project import Project
from kaug.text import duration
from kaug.wording.wording import Wording

__all__ = ["RewriteCost", "rewrite_cost"]

_BYTES = 4  # of a token, about
_FEW = 8  # rewrites that are timed


@dataclass(frozen=True)
class RewriteCost:
    """What it takes to rewrite the rows of all arms.

    Attributes:
        model: The model.
        endpoint: The endpoint's address; empty for a model on this machine.
        rows: The rows to rewrite.
        asked: The requests for them: rows whose rewrite is not on disk yet, equal ones once.
        read: The tokens of these requests, estimated by four bytes a token.
        written: The tokens of the answers, if they are as long as the rows.
        price: What an endpoint takes for them, by the prices in the settings; 0 without.
        seconds: The time of all requests, by the first few; None if it was not measured.
    """

    model: str
    endpoint: str
    rows: int
    asked: int
    read: int
    written: int
    price: float
    seconds: float | None = None

    @property
    def counts(self) -> dict[str, float]:
        """What `--check` shows, by name."""
        counts = {"rows to rewrite": self.rows, "rewrites to ask for": self.asked}
        counts |= {"tokens read for them, about": self.read, "tokens written, about": self.written}
        return counts | ({"price, about": round(self.price, 4)} if self.price else {})

    def __str__(self) -> str:
        by = f"{self.model} at {self.endpoint}" if self.endpoint else self.model
        price = f"; price: about {self.price:,.2f}" if self.price else ""
        time = f"; about {duration(self.seconds, about=True)}" if self.seconds is not None else ""
        return (
            f"{self.rows:,} rows by {by}, {self.asked:,} not yet asked for: about {self.read:,} tokens read and "
            f"{self.written:,} written{price}{time}"
        )


def rewrite_cost(project: Project, kb: KnowledgeBase, *, measure: bool = False) -> RewriteCost | None:
    """Count the rows that a project rewrites. Filters that leave rows out, shares and gaps can only make them fewer.

    Args:
        project: The project.
        kb: Its knowledge base.
        measure: Whether to time the first few rewrites, whose answers are kept; nobody is asked otherwise.

    Returns:
        The cost; None if no rows are rewritten.

    Raises:
        ModelError: The model is not found, or does not answer.
    """
    settings = project.pipeline.augmentation.rewrite
    if not settings.model:
        return None
    answers = open_answers(settings)
    count, prompts = 0, dict[str, int]()
    for arm in project.trained:
        for rows in _chosen(project, arm, kb):
            count += rows.num_rows
            sizes = [len(text.encode()) for text in rows["completion"].to_pylist()]
            prompts |= dict(zip(prompts_for(rows, settings), sizes, strict=True))
    missing = answers.missing(list(prompts))
    read = sum(len(prompt.encode()) for prompt in missing) // _BYTES
    written = sum(prompts[prompt] for prompt in missing) // _BYTES
    price = (read * settings.price_read + written * settings.price_written) / 1e6
    seconds = _seconds(answers, missing) if measure else None
    return RewriteCost(settings.model, settings.endpoint, count, len(missing), read, written, price, seconds)


def _chosen(project: Project, arm: Arm, kb: KnowledgeBase) -> list[pa.Table]:
    """Write the rows of an arm that are rewritten, as they are before."""
    pipeline, chosen = project.pipeline, list[pa.Table]()
    own, rewrite = pipeline.augmentation.for_arm(arm), pipeline.augmentation.rewrite
    forms = [form for form in own.forms if form in rewrite.forms]

    def note(rows: pa.Table, wording: Wording, objects: Objects) -> pa.Table:
        chosen.append(rows.take(pa.array(chosen_rows(rows, rewrite))))
        return rows

    given = ArmInput(
        [Wording(kb, language) for language in pipeline.knowledge.languages],
        own.model_copy(update={"forms": forms, "inject": [], "replay": 0.0}),
        np.zeros(0, np.uint32),
        seed=pipeline.seeds[0],
        max_answers=pipeline.exam.max_answers,
        rewrite=note,
    )
    for piece in find_recipe(arm).pieces(given):
        deque(piece(), maxlen=0)
    return chosen


def _seconds(answers: Answers, prompts: list[str]) -> float | None:
    """Time the first few rewrites; the first alone opens the model."""
    if len(prompts) < 2:
        return None
    deque(answers(prompts[:1]), maxlen=0)
    few = prompts[1 :: -(-(len(prompts) - 1) // _FEW)]  # at equal distances, for forms differ in length
    started = time.perf_counter()
    deque(answers(few), maxlen=0)
    return (time.perf_counter() - started) / len(few) * (len(prompts) - 1)
