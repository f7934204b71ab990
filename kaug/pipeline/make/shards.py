"""A knowledge base, the exam, the user's texts and their facts → `4-shards/<arm>/`: training rows in splits, and their card."""

from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import dataclass

import pyarrow as pa
import pyarrow.compute as pc

from kaug.arms import Arm
from kaug.augmentation.arms import arm_rows
from kaug.augmentation.card import write_card
from kaug.augmentation.settings import AugmentationSettings
from kaug.augmentation.shards import write_shards
from kaug.augmentation.splits import PHRASED, by_entity, exam_rows, facts_kept_apart, templates_kept_apart, worded
from kaug.knowledge.knowledge_base import KnowledgeBase, load_kb
from kaug.pipeline.make.exam import read_probes
from kaug.pipeline.make.index import find_facts
from kaug.pipeline.stage import Job
from kaug.retrieval.settings import RetrievalSettings
from kaug.tables import write_table
from kaug.wording.wording import Wording

__all__ = ["RowSettings", "make_shards"]


@dataclass(frozen=True)
class RowSettings:
    """The settings of an arm's rows; `retrieval` is None if no facts are inserted into texts."""

    arm: Arm
    augmentation: AugmentationSettings
    retrieval: RetrievalSettings | None
    text_ids: list[str]
    texts: list[str]
    languages: list[str]
    seed: int
    max_answers: int


def make_shards(job: Job) -> None:
    """Write an arm's rows, checked for leaks, in splits."""
    settings: RowSettings = job.settings
    kb, probes = job.inputs.open("1-knowledge", load_kb), job.inputs.open("3-exam", read_probes)
    counts = Counter[str]()
    with job.show(job.stage.title, None, "rows") as advance:
        splits = write_shards(
            _splits(job, kb, probes, counts),
            job.draft.path,
            shard_size=settings.augmentation.shard_size,
            advance=advance,
        )
    job.draft.counts.update(counts)
    job.draft.counts.update(splits["train"].counts)
    job.draft.counts.update({f"{name}: rows": split.rows for name, split in splits.items() if name != "train"})
    if "test" in splits:
        (job.draft.path / "exam").mkdir()
        write_table(probes, job.draft.path / "exam" / "probes.arrow")
    write_card(
        job.draft.path,
        settings.arm,
        splits,
        kb.origins,
        settings=settings.augmentation.content(),
        seed=settings.seed,
        left_out=counts,
    )


def _splits(job: Job, kb: KnowledgeBase, probes: pa.Table, counts: Counter[str]) -> Iterator[tuple[str, pa.Table]]:
    """Yield the rows of each split; `counts` gets what is left out."""
    settings: RowSettings = job.settings
    chosen, share = settings.augmentation, settings.augmentation.validation
    wordings = [Wording(kb, language) for language in settings.languages if share.phrasing]
    held = templates_kept_apart(wordings, share.phrasing, settings.seed)
    apart = facts_kept_apart(kb, probes, share.entity, settings.seed)
    rows, left_out = _arm_rows(job, kb, probes, chosen, worded(held, of=False))
    counts.update(left_out)
    yield from by_entity(rows, apart, counts)
    forms = [form for form in chosen.forms if form in PHRASED]
    if held and forms:
        phrased = chosen.model_copy(update={"forms": forms, "inject": [], "replay": 0.0})
        rows, _ = _arm_rows(job, kb, probes, phrased, worded(held, of=True))
        rows = rows.filter(pc.equal(rows["family"], "closed-book"))
        yield from (
            ("validation_phrasing", part) for name, part in by_entity(rows, apart, Counter()) if name == "train"
        )
    if probes.num_rows:
        yield "test", exam_rows(probes)


def _arm_rows(
    job: Job, kb: KnowledgeBase, probes: pa.Table, chosen: AugmentationSettings, wording: Callable[..., Wording]
) -> tuple[pa.Table, dict[str, int]]:
    settings: RowSettings = job.settings
    retrieval = settings.retrieval or RetrievalSettings()
    return arm_rows(
        kb,
        settings.arm,
        probes,
        settings.text_ids,
        settings.texts,
        chosen,
        find=lambda texts, allowed: find_facts(job.inputs, retrieval, texts, settings.languages[0], allowed=allowed),
        languages=settings.languages,
        seed=settings.seed,
        max_answers=settings.max_answers,
        wording=wording,
    )
