"""A knowledge base, the exam, the user's texts and their facts → `4-shards/<arm>/`: training rows."""

from collections import Counter
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import ClassVar

import pyarrow as pa

from kaug.arms import Arm
from kaug.augmentation.arms import ArmInput, Piece, arm_pieces, kept_fractions
from kaug.augmentation.gaps import known_facts
from kaug.augmentation.rows import BLOCK, concat_rows
from kaug.augmentation.settings import AugmentationSettings
from kaug.augmentation.shards import dataset_card, write_shards
from kaug.knowledge.knowledge_base import load_kb
from kaug.pipeline.execution import ExecutionSettings
from kaug.pipeline.make.exam import read_probes
from kaug.pipeline.make.index import find_facts
from kaug.pipeline.stage import Inputs, Job
from kaug.pipeline.workers import in_order
from kaug.progress import Advance
from kaug.retrieval.settings import RetrievalSettings
from kaug.tables import read_table

__all__ = ["RowSettings", "make_shards"]


@dataclass(frozen=True)
class RowSettings:
    """The settings of an arm's rows; `retrieval` is None if no facts are inserted into texts."""

    not_content: ClassVar[frozenset[str]] = frozenset(["execution"])

    arm: Arm
    augmentation: AugmentationSettings
    retrieval: RetrievalSettings | None
    text_ids: list[str]
    texts: list[str]
    languages: list[str]
    seed: int
    max_answers: int
    execution: ExecutionSettings = field(default_factory=ExecutionSettings)
    block: int = BLOCK


def make_shards(job: Job) -> None:
    """Write an arm's rows and check them for leaks."""
    settings: RowSettings = job.settings
    with job.show(job.stage.title, None, "rows") as advance:
        written = Written()
        keep: dict[str, float] = {}
        if settings.augmentation.shares:
            for _ in _rows(job.inputs, settings, keep, written, advance):
                pass
            keep = kept_fractions(settings.augmentation.shares, written.characters)
            written = Written()
        table = concat_rows(list(_rows(job.inputs, settings, keep, written, advance)))
    job.draft.counts.update(written.counts)
    card = dataset_card(settings.arm.name, table, job.inputs.open("1-knowledge", load_kb).origins)
    job.draft.counts.update(write_shards(table, job.draft.path, card=card))


@dataclass(frozen=True)
class Written:
    """What a piece of an arm's rows, or all of them, has written: tables, counts, and characters by form."""

    tables: list[pa.Table] = field(default_factory=list)
    counts: Counter[str] = field(default_factory=Counter)
    characters: Counter[str] = field(default_factory=Counter)


@dataclass(frozen=True)
class RowWriter:
    """Opens a worker that writes an arm's rows, piece by piece."""

    inputs: Inputs
    settings: RowSettings
    keep: Mapping[str, float]

    def pieces(self) -> tuple[list[Piece], ArmInput]:
        """List the pieces."""
        settings, inputs = self.settings, self.inputs
        retrieval = settings.retrieval or RetrievalSettings()
        return arm_pieces(
            inputs.open("1-knowledge", load_kb),
            settings.arm,
            inputs.open("3-exam", read_probes),
            settings.text_ids,
            settings.texts,
            settings.augmentation,
            find=lambda texts, allowed: find_facts(inputs, retrieval, texts, settings.languages[0], allowed=allowed),
            languages=settings.languages,
            seed=settings.seed,
            max_answers=settings.max_answers,
            keep=self.keep,
            known=_known(inputs) if settings.augmentation.gaps else None,
            block=settings.block,
        )

    def __call__(self) -> Callable[[int], Written]:
        """Return the function that writes the piece of a number."""
        pieces, given = self.pieces()

        def write(number: int) -> Written:
            given.counts.clear()
            given.characters.clear()
            tables = list(pieces[number]())
            return Written(tables, Counter(given.counts), Counter(given.characters))

        return write


def _known(inputs: Inputs) -> pa.Array:
    """Return the hex ids of the facts that the base model knows."""
    return known_facts(read_table(inputs["4-gaps"].path / "gaps.arrow", "gaps"))


def _rows(
    inputs: Inputs, settings: RowSettings, keep: Mapping[str, float], written: Written, advance: Advance
) -> Iterator[pa.Table]:
    """Yield the tables of all pieces in order; add what is counted to `written`."""
    writer = RowWriter(inputs, settings, keep)
    pieces, given = writer.pieces()
    written.counts.update(given.counts)
    for part in in_order(writer, len(pieces), settings.execution):
        written.counts.update(part.counts)
        written.characters.update(part.characters)
        for table in part.tables:
            advance(table.num_rows)
            yield table
