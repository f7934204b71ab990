"""A knowledge base, the exam, the user's texts and their facts → `4-shards/<arm>/`: training rows in splits, and their card."""

from collections import Counter
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from functools import cached_property
from pathlib import Path
from typing import Any, ClassVar, Literal

import polars as pl
import pyarrow as pa
import pyarrow.compute as pc

from kaug.arms import Arm
from kaug.augmentation.arms import ArmInput, Piece, arm_pieces, kept_fractions
from kaug.augmentation.card import write_card
from kaug.augmentation.gaps import known_facts
from kaug.augmentation.hygiene import HygieneSettings
from kaug.augmentation.hygiene.left_out import count_left_out
from kaug.augmentation.rows import BLOCK
from kaug.augmentation.settings import AugmentationSettings
from kaug.augmentation.shards import write_shards
from kaug.augmentation.splits import (
    PHRASED,
    Templates,
    by_entity,
    exam_rows,
    facts_kept_apart,
    templates_kept_apart,
    worded,
)
from kaug.errors import PipelineError
from kaug.exam.leaks.evaluations import Evaluation
from kaug.exam.leaks.guard import OnLeak
from kaug.knowledge.knowledge_base import load_kb
from kaug.pipeline.execution import ExecutionSettings
from kaug.pipeline.make.exam import read_probes
from kaug.pipeline.make.index import find_facts
from kaug.pipeline.make.pieces import Written, find_piece, save_piece
from kaug.pipeline.stage import Inputs, Job
from kaug.pipeline.workers import in_order
from kaug.progress import Advance
from kaug.retrieval.settings import RetrievalSettings
from kaug.store.files import write_whole
from kaug.tables import EXAMPLES, read_table, write_table
from kaug.wording.wording import Wording

__all__ = ["RowSettings", "make_shards"]


@dataclass(frozen=True)
class RowSettings:
    """The settings of an arm's rows; `retrieval` is None if no facts are inserted into texts."""

    not_content: ClassVar[frozenset[str]] = frozenset(["execution", "texts_left_out"])

    arm: Arm
    augmentation: AugmentationSettings
    retrieval: RetrievalSettings | None
    text_ids: list[str]
    texts: list[str]
    languages: list[str]
    seed: int
    max_answers: int
    evaluations: list[Evaluation]
    on_leak: OnLeak
    hygiene: HygieneSettings
    special_tokens: list[str]
    texts_left_out: pa.Table
    execution: ExecutionSettings = field(default_factory=ExecutionSettings)
    block: int = BLOCK


def make_shards(job: Job) -> None:
    """Write an arm's rows, checked for leaks, in splits, and their card."""
    settings: RowSettings = job.settings
    written = Written()
    with job.show(job.stage.title, None, "rows") as advance:
        splits = write_shards(
            _splits(job, settings, written, advance), job.draft.path, shard_size=settings.augmentation.shard_size
        )
    left_out = pa.concat_tables([settings.texts_left_out, *written.left_out])
    if left_out.num_rows:
        write_whole(job.draft.path / "left-out.jsonl", pl.DataFrame(left_out).write_ndjson())
    counts = job.draft.counts
    counts.update(written.counts)
    counts.update(count_left_out(settings.texts_left_out))
    counts.update(splits["train"].counts)
    counts.update({f"{name}: rows": split.rows for name, split in splits.items() if name != "train"})
    if "test" in splits:
        (job.draft.path / "exam").mkdir()
        write_table(job.inputs.open("3-exam", read_probes), job.draft.path / "exam" / "probes.arrow")
    write_card(
        job.draft.path,
        settings.arm,
        splits,
        job.inputs.open("1-knowledge", load_kb).origins,
        settings=settings.augmentation.content(),
        seed=settings.seed,
        left_out=written.counts,
    )


def _splits(job: Job, settings: RowSettings, written: Written, advance: Advance) -> Iterator[tuple[str, pa.Table]]:
    """Yield the rows of all splits; add what is counted to `written`."""
    inputs, work = job.inputs, job.draft.work
    kb, probes = inputs.open("1-knowledge", load_kb), inputs.open("3-exam", read_probes)
    share = settings.augmentation.validation
    wordings = [Wording(kb, language) for language in settings.languages if share.phrasing]
    held = templates_kept_apart(wordings, share.phrasing, settings.seed)
    apart = facts_kept_apart(kb, probes, share.entity, settings.seed)
    for table in _in_shares(RowWriter(inputs, settings, work, apart=held), written, advance):
        yield from by_entity(table, apart, written.counts)
    forms = [form for form in settings.augmentation.forms if form in PHRASED]
    if held and forms:
        chosen = settings.augmentation.unrewritten.model_copy(update={"forms": forms, "inject": [], "replay": 0.0})
        phrased = RowWriter(inputs, replace(settings, augmentation=chosen), work, "phrased", apart=held)
        for table in _rows(phrased, Written(), advance):
            rows = table.filter(pc.equal(table["family"], "closed-book"))
            yield from (
                ("validation_phrasing", part) for name, part in by_entity(rows, apart, Counter()) if name == "train"
            )
    if probes.num_rows:
        yield "test", exam_rows(probes)


@dataclass(frozen=True)
class RowWriter:
    """Opens a worker that writes an arm's rows, piece by piece, into files.

    Attributes:
        work: The folder of the files.
        what: `rows`; `measured` for their length only; `phrased` for rows in the templates that are kept apart, which all others
            do without.
        keep: The fraction of the rows of each form to keep.
        apart: The templates that are kept apart.
    """

    inputs: Inputs
    settings: RowSettings
    work: Path
    what: Literal["rows", "measured", "phrased"] = "rows"
    keep: Mapping[str, float] = field(default_factory=dict)
    apart: Templates = frozenset()

    def __getstate__(self) -> dict[str, Any]:
        """Send no list of pieces to another process: it makes its own."""
        return {name: value for name, value in vars(self).items() if name != "pieces"}

    @cached_property
    def pieces(self) -> tuple[list[Piece], ArmInput]:
        """The pieces, and the input that they share; listed once in each process."""
        settings, inputs = self.settings, self.inputs
        retrieval = settings.retrieval or RetrievalSettings()
        return arm_pieces(
            inputs.open("1-knowledge", load_kb),
            settings.arm,
            inputs.open("3-exam", read_probes),
            settings.text_ids,
            settings.texts,
            settings.augmentation,
            find=lambda texts, allowed: find_facts(
                inputs, retrieval, texts, settings.languages[0], allowed=allowed, about=True
            ),
            languages=settings.languages,
            seed=settings.seed,
            max_answers=settings.max_answers,
            keep=self.keep,
            evaluations=settings.evaluations,
            on_leak=settings.on_leak,
            hygiene=settings.hygiene,
            tokens=settings.special_tokens,
            known=_known(inputs) if settings.augmentation.gaps else None,
            block=settings.block,
            wording=worded(self.apart, of=self.what == "phrased"),
        )

    def __call__(self) -> Callable[[int], None]:
        """Return the function that writes the piece of a number, unless it was written before."""
        pieces, given = self.pieces

        def write(number: int) -> None:
            if find_piece(self.file(number)):
                return
            given.counts.clear()
            given.characters.clear()
            given.left_out.clear()
            tables = [EXAMPLES.empty_table(), *pieces[number]()]
            rows = pa.concat_tables(tables if self.what != "measured" else tables[:1])
            save_piece(Written(rows, given.left_out, given.counts, given.characters), self.file(number))

        return write

    def file(self, number: int) -> Path:
        """Return the file of a piece."""
        return self.work / f"{self.what}-{number}.arrow"


def _in_shares(writer: RowWriter, written: Written, advance: Advance) -> Iterator[pa.Table]:
    """Yield the tables of all pieces, each form with its share of the text; it is measured first, if the settings have shares."""
    if shares := writer.settings.augmentation.shares:
        whole = Written()
        unrewritten = replace(
            writer,
            what="measured",
            settings=replace(writer.settings, augmentation=writer.settings.augmentation.unrewritten),
        )
        for _ in _rows(unrewritten, whole, advance):
            pass
        writer = replace(writer, keep=kept_fractions(shares, whole.characters))
    yield from _rows(writer, written, advance)


def _known(inputs: Inputs) -> pa.Array:
    """Return the hex ids of the facts that the base model knows."""
    return known_facts(read_table(inputs["4-gaps"].path / "gaps.arrow", "gaps"))


def _rows(writer: RowWriter, written: Written, advance: Advance) -> Iterator[pa.Table]:
    """Yield the tables of all pieces in order; add what is counted to `written`."""
    pieces, given = writer.pieces
    written.counts.update(given.counts)
    for number, _ in enumerate(in_order(writer, len(pieces), writer.settings.execution)):
        part = find_piece(writer.file(number))
        if part is None:
            raise PipelineError(
                f"{writer.file(number)} is missing: a worker on another machine wrote it elsewhere. All machines of the cluster "
                "must share the folder of the run, under the same path; give one that they share with --out."
            )
        written.counts.update(part.counts)
        written.characters.update(part.characters)
        written.left_out.extend(one for one in part.left_out if one.num_rows)
        advance(part.rows.num_rows)
        yield part.rows
