"""A run → its artifacts, stage by stage; each stage takes up what is finished and makes what is not."""

import json
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa

from kaug.augmentation.arms import arm_rows
from kaug.augmentation.shards import dataset_card, read_shards, write_shards
from kaug.evaluation.answer import answer_probes, with_facts
from kaug.models.find import find_language_model, fitting_precision
from kaug.pipeline.prepare import (
    build_all_knowledge,
    build_exam,
    build_index,
    build_knowledge,
    find_facts,
    knowledge_of,
    probes_of,
    quality_of,
)
from kaug.pipeline.run import Run, describe_run
from kaug.report.report import write_report
from kaug.store.artifact import Artifact
from kaug.store.digests import code_digest, fingerprint
from kaug.tables import ANSWERS, read_table, write_table
from kaug.wording.statements import statements

__all__ = ["STEPS", "build_shards", "train_models", "write_findings"]


def build_shards(run: Run) -> list[Artifact]:
    """Knowledge, index, exam and texts → `4-shards/<arm>/`."""
    settings, knowledge, exam = run.pipeline.augmentation, build_knowledge(run), build_exam(run)
    for arm in settings.arms:
        inputs = {"1-knowledge": knowledge.digest, "3-exam": exam.digest}
        if settings.inject and arm in ("shuffled", "augmented"):
            inputs["2-index"] = build_index(run).digest
        mark = fingerprint(
            arm=arm,
            inputs=inputs,
            settings=settings.model_dump(exclude={"arms", "texts"}),
            retrieval=run.pipeline.retrieval.model_dump() if "2-index" in inputs else None,
            texts=run.corpus,
            seed=run.pipeline.seeds[0],
            code=code_digest("kaug.augmentation.arms", "kaug.augmentation.shards", "kaug.retrieval.retriever"),
        )
        with run.stage(f"4-shards/{arm}", "augmentation", mark, inputs) as draft:
            if draft:
                kb, probes = knowledge_of(run), probes_of(run)
                with run.show(f"writing rows: {arm}", None, "rows") as advance:
                    table, counts = arm_rows(
                        kb,
                        arm,
                        probes,
                        *run.corpus,
                        find=lambda texts, allowed: find_facts(run, texts, allowed=allowed),
                        languages=run.pipeline.knowledge.languages,
                        seed=run.pipeline.seeds[0],
                        phrasings=settings.templates,
                        **settings.model_dump(include={"forms", "inject", "replay"}),
                    )
                    advance(table.num_rows)
                draft.counts.update(counts)
                card = dataset_card(run.pipeline.question, arm, table, kb.origins)
                draft.counts.update(write_shards(table, draft.path, card=card))
    return [run.done[f"4-shards/{arm}"] for arm in settings.arms]


def train_models(run: Run) -> list[Artifact]:
    """Shards and a base model → `5-models/<arm>-seed<n>/`."""
    find_language_model(run.pipeline.training.model)  # first, so that a missing model shows before the work
    settings = run.pipeline.training
    replay = run.pipeline.augmentation.replay
    shards: dict[str, Artifact] = dict(zip(run.pipeline.augmentation.arms, build_shards(run), strict=True))
    for arm, seed in run.trained:
        name = f"5-models/{arm}-seed{seed}"
        inputs = {f"4-shards/{arm}": shards[arm].digest, "base model": run.model_digest}
        mark = fingerprint(
            inputs=inputs,
            settings=settings.model_dump(exclude={"checkpoint_steps", "model"})
            | {
                "replay": replay,
                "precision": fitting_precision(settings.precision, find_language_model(settings.model)),
            },
            seed=seed,
            code=code_digest("kaug.training.trainer"),
        )
        checkpoints = run.out / "5-models" / f".checkpoints-{arm}-seed{seed}-{mark[:12]}"
        with run.stage(name, "training", mark, inputs) as draft:
            if draft:
                from kaug.training.trainer import train_model

                for stale in (run.out / "5-models").glob(f".checkpoints-{arm}-seed{seed}-*"):
                    if stale != checkpoints or run.rebuild:
                        shutil.rmtree(stale)
                with run.show(f"training: {arm}, seed {seed}", settings.tokens, "tokens") as advance:
                    result = train_model(
                        read_shards(run.out / "4-shards" / arm),
                        find_language_model(settings.model),
                        draft.path,
                        seed=seed,
                        replay=replay,
                        checkpoints=checkpoints,
                        progress=advance,
                        **settings.model_dump(exclude={"model"}),
                    )
                draft.details.update(result.__dict__)
        shutil.rmtree(checkpoints, ignore_errors=True)
    return [run.done[f"5-models/{arm}-seed{seed}"] for arm, seed in run.trained]


def answer_exam(run: Run) -> list[Artifact]:
    """Models and exam → `6-answers/<arm>-seed<n>/`."""
    models = {f"{arm}-seed{seed}": made for (arm, seed), made in zip(run.trained, train_models(run), strict=True)}
    exam, settings = build_exam(run), run.pipeline.evaluation
    for arm, seed in run.examined:
        plain = arm.removesuffix("+retrieval")
        model = models.get(f"{plain}-seed{seed}")
        inputs = {"3-exam": exam.digest, "model": model.digest if model else run.model_digest}
        if plain != arm:
            inputs["2-index"] = build_index(run).digest
        mark = fingerprint(
            arm=arm,
            inputs=inputs,
            settings=settings.model_dump(include={"max_new_tokens", "batch_size", "base_template"}),
            asked=run.pipeline.training.model_dump(include={"template", "system"})
            | {
                "precision": fitting_precision(
                    run.pipeline.training.precision, find_language_model(run.pipeline.training.model)
                )
            },
            retrieval=run.pipeline.retrieval.model_dump() if plain != arm else None,
            code=code_digest("kaug.evaluation.answer", "kaug.retrieval.retriever"),
        )
        with run.stage(f"6-answers/{arm}-seed{seed}", "answers", mark, inputs) as draft:
            if draft:
                folder = model.path if model else find_language_model(run.pipeline.training.model)
                with run.show(f"asking: {arm}, seed {seed}", probes_of(run).num_rows, "probes") as advance:
                    table = _answer(run, arm, seed, folder, advance)
                write_table(table, draft.path / "answers.arrow")
                draft.counts["answers"] = table.num_rows
    return [run.done[f"6-answers/{arm}-seed{seed}"] for arm, seed in run.examined]


def _answer(run: Run, arm: str, seed: int, folder: Path, advance: Callable[[int], None]) -> pa.Table:
    prompts: list[str] = probes_of(run)["prompt"].to_pylist()
    retrieved: list[list[str]] = [[] for _ in prompts]
    if arm.endswith("+retrieval"):
        hits = find_facts(run, prompts)
        prompts, retrieved = with_facts(knowledge_of(run), probes_of(run), hits, run.language)
    asked, settings = run.pipeline.training, run.pipeline.evaluation
    return answer_probes(
        probes_of(run),
        folder,
        prompts=prompts,
        retrieved=retrieved,
        arm=arm,
        seed=seed,
        template=settings.base_template if arm.startswith("base") else asked.template,
        system=asked.system,
        precision=asked.precision,
        progress=advance,
        **settings.model_dump(include={"max_new_tokens", "batch_size"}),
    )


def write_findings(run: Run) -> dict[str, Any]:
    """Answers → `6-report/`: report.html, report.md, report.json."""
    find_language_model(run.pipeline.training.model)  # first, so that a missing model shows before the work
    build_all_knowledge(run)
    made = answer_exam(run)
    answers = pa.concat_tables([read_table(one.path / "answers.arrow", "answers") for one in made])
    mark = fingerprint(
        inputs={one.path.name: one.digest for one in made},
        knowledge=run.done["1-knowledge"].digest,
        pipeline=run.pipeline.model_dump(),
        command=run.command,
        code=code_digest("kaug.report.report", "kaug.wording.statements"),
    )
    with run.stage("6-report", "report", mark, {f"6-answers/{one.path.name}": one.digest for one in made}) as draft:
        if draft:
            kb = knowledge_of(run)
            named = [*probes_of(run)["facts"].to_pylist(), *answers["retrieved"].to_pylist()]
            rows = np.unique([kb.row_of[fact] for facts in named for fact in facts]).astype(np.int64)
            ids = kb.hex_ids.take(pa.array(rows)).to_pylist()
            said = statements(kb, rows, run.language).to_pylist()
            sources = [",".join(of) for of in kb.facts["sources"].take(pa.array(rows)).to_pylist()]
            write_table(answers.cast(ANSWERS), draft.path / "answers.arrow")
            shutil.copyfile(run.out / "1-knowledge" / "quality.html", draft.path / "quality.html")
            write_report(
                draft.path,
                question=run.pipeline.question,
                probes=probes_of(run),
                answers=answers,
                sentences=dict(zip(ids, said, strict=True)),
                provenance=dict(zip(ids, sources, strict=True)),
                run={**describe_run(run), "quality": quality_of(run)},
                resamples=run.pipeline.evaluation.resamples,
            )
    report: dict[str, Any] = json.loads((run.out / "6-report" / "report.json").read_text(encoding="utf-8"))
    return report


STEPS: dict[str, Callable[[Run], Any]] = {
    "build-kb": build_all_knowledge,
    "augment": build_shards,
    "train": train_models,
    "report": write_findings,
}
"""What the commands that take a pipeline do."""
