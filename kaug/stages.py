"""A pipeline → its artifacts, stage by stage; each stage takes up what is finished and makes what is not."""

import contextlib
import datetime
import json
import platform
import shutil
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa

from kaug import artifact
from kaug.artifact import Artifact, Draft, code_digest, file_digest, fingerprint
from kaug.augmentation.arms import closed_book_rows
from kaug.augmentation.corpus import read_corpus
from kaug.augmentation.inject import inject_facts, text_rows
from kaug.augmentation.leaks import check_leaks, held_out
from kaug.augmentation.rows import concat_rows
from kaug.augmentation.shards import dataset_card, read_shards, write_shards
from kaug.errors import ArtifactError, ModelError
from kaug.evaluation.exam import draw_exam
from kaug.knowledge.build import build_kb
from kaug.knowledge.knowledge_base import KnowledgeBase, load_kb, save_kb
from kaug.knowledge.lexicon import statements
from kaug.knowledge.sources import Manifest, Source, read_manifest, verify_source
from kaug.models import find_encoder, find_language_model
from kaug.pipeline import Pipeline, project_root, read_pipeline
from kaug.progress import Show, silent
from kaug.tables import ANSWERS, read_table, write_table

__all__ = ["Run", "open_run"]


@dataclass
class Run:
    """One pipeline and the folder that its artifacts stand in.

    Attributes:
        pipeline: The settings.
        root: The folder that paths in the pipeline start from.
        out: The folder of the artifacts.
        rebuild: Make every stage anew, finished or not.
        show: Opens progress bars.
        command: What the user typed, for the report.
        done: The artifacts of this run, by folder name.
    """

    pipeline: Pipeline
    root: Path
    out: Path
    rebuild: bool = False
    show: Show = silent
    command: str = ""
    done: dict[str, Artifact] = field(default_factory=dict)

    @cached_property
    def manifest(self) -> Manifest:
        """The list of sources."""
        return read_manifest(self.root / self.pipeline.knowledge.manifest)

    @property
    def sources(self) -> list[Source]:
        """The sources that the pipeline names."""
        return self.manifest.select(self.pipeline.knowledge.sources)

    @cached_property
    def kb(self) -> KnowledgeBase:
        """The knowledge base, built or opened."""
        build_knowledge(self)
        return load_kb(self.out / "1-knowledge")

    @cached_property
    def corpus(self) -> tuple[list[str], list[str]]:
        """Ids and texts of the user's texts."""
        patterns = self.pipeline.augmentation.texts
        return read_corpus(patterns, self.root) if patterns else ([], [])

    @cached_property
    def probes(self) -> pa.Table:
        """The exam, drawn or opened."""
        build_exam(self)
        return read_table(self.out / "3-exam" / "probes.arrow", "probes")

    @cached_property
    def retriever(self) -> Any:
        """What finds facts for texts, over the built index."""
        from kaug.retrieval.encoder import load_encoder
        from kaug.retrieval.index import FactIndex
        from kaug.retrieval.linker import Linker
        from kaug.retrieval.retriever import Retriever

        build_index(self)
        encoder = load_encoder(self.pipeline.retrieval.encoder)
        index = FactIndex.load(self.out / "2-index", self.kb, encoder)
        return Retriever(self.kb, index, Linker(self.kb), encoder)

    @cached_property
    def model_digest(self) -> str:
        """Digest of the base model's weights."""
        folder = find_language_model(self.pipeline.training.model)
        files = sorted(folder.glob("*.safetensors"))
        if not files:
            raise ModelError(f"{folder}: no .safetensors file; kaug reads no other weights.")
        return fingerprint(files={file.name: file_digest(file) for file in files})

    @property
    def trained(self) -> list[tuple[str, int]]:
        """The arms to train, with their seeds."""
        return [(arm, seed) for arm in self.pipeline.augmentation.arms for seed in self.pipeline.seeds]

    @property
    def examined(self) -> list[tuple[str, int]]:
        """The arms to examine, with their seeds; the untrained model answers alike under every seed."""
        asked = dict.fromkeys([*self.pipeline.evaluation.arms, *self.pipeline.augmentation.arms])
        seeds = self.pipeline.seeds
        return [(arm, seed) for arm in asked for seed in (seeds[:1] if arm.startswith("base") else seeds)]

    @contextlib.contextmanager
    def stage(self, name: str, stage: str, mark: str, inputs: dict[str, str]) -> Iterator[Draft | None]:
        """Open a draft for an artifact, or yield None if a finished one with the same fingerprint is there."""
        path = self.out / name
        if name in self.done:
            yield None
            return
        if not self.rebuild and (path / artifact.MANIFEST).exists():
            with contextlib.suppress(ArtifactError):
                found = artifact.load(path, stage=stage, verify=False)
                if found.fingerprint == mark:
                    self.done[name] = artifact.load(path, stage=stage)
                    yield None
                    return
        with artifact.publish(path, stage=stage, fingerprint=mark, inputs=inputs) as draft:
            yield draft
        self.done[name] = artifact.load(path, stage=stage, verify=False)


def open_run(
    path: Path,
    *,
    out: Path | None = None,
    settings: Sequence[str] = (),
    rebuild: bool = False,
    show: Show = silent,
    command: str = "",
) -> Run:
    """Read a pipeline file and name the folder of its artifacts.

    Args:
        path: The pipeline file.
        out: The folder; `build/<name of the file>` in the project's folder if None.
        settings: Changes such as `training.tokens=5000`.
        rebuild: Make every stage anew.
        show: Opens progress bars.
        command: What the user typed.

    Raises:
        PipelineError: The file is missing or wrong.
    """
    pipeline = read_pipeline(path, settings)
    root = project_root(path)
    return Run(pipeline, root, out or root / "build" / Path(path).stem, rebuild, show, command)


def build_knowledge(run: Run) -> Artifact:
    """Sources → `1-knowledge/`."""
    settings = run.pipeline.knowledge
    lexicon = run.manifest.lexicon
    mark = fingerprint(
        settings=settings.model_dump(exclude={"manifest"}),
        sources={source.id: [verify_source(source), source.kind] for source in run.sources},
        lexicon=file_digest(lexicon) if lexicon else "",
        code=code_digest("knowledge", "tables.py"),
    )
    with run.stage("1-knowledge", "knowledge", mark, {}) as draft:
        if draft:
            with run.show("reading sources", None, "triples") as advance:
                kb = build_kb(
                    run.sources,
                    lexicon=lexicon,
                    languages=settings.languages,
                    select=settings.select,
                    limit=settings.limit,
                    where="[knowledge] select",
                    progress=advance,
                )
            save_kb(kb, draft.path)
            draft.counts.update(kb.counts)
    return run.done["1-knowledge"]


def build_index(run: Run) -> Artifact:
    """Facts → `2-index/`."""
    knowledge = build_knowledge(run)
    encoder = find_encoder(run.pipeline.retrieval.encoder)
    mark = fingerprint(
        knowledge=knowledge.digest,
        encoder=run.pipeline.retrieval.encoder,
        weights=[file_digest(file) for file in sorted(encoder.glob("*.safetensors"))],
        language=run.pipeline.knowledge.languages[0],
        code=code_digest("retrieval/index.py", "retrieval/encoder.py", "knowledge/lexicon.py"),
    )
    with run.stage("2-index", "retrieval", mark, {"1-knowledge": knowledge.digest}) as draft:
        if draft:
            from kaug.retrieval.encoder import load_encoder
            from kaug.retrieval.index import FactIndex

            language = run.pipeline.knowledge.languages[0]
            distinct = len(statements(run.kb, np.arange(run.kb.facts.num_rows), language).unique())
            with run.show("embedding facts", distinct, "facts") as advance:
                index = FactIndex.build(run.kb, load_encoder(run.pipeline.retrieval.encoder), language, advance)
            index.save(draft.path)
            draft.counts["facts"] = len(index)
            draft.details.update(kind=index.kind, recall_at_10=index.recall, encoder=index.encoder.name)
    return run.done["2-index"]


def build_exam(run: Run) -> Artifact:
    """Knowledge → `3-exam/`."""
    knowledge = build_knowledge(run)
    settings = run.pipeline.exam
    mark = fingerprint(
        knowledge=knowledge.digest,
        settings=settings.model_dump(),
        texts=run.corpus[1],
        seed=run.pipeline.seeds[0],
        code=code_digest("evaluation/exam.py", "knowledge/compose.py", "knowledge/lexicon.py"),
    )
    with run.stage("3-exam", "exam", mark, {"1-knowledge": knowledge.digest}) as draft:
        if draft:
            probes = draw_exam(
                run.kb,
                texts=run.corpus[1],
                probes_per_kind=settings.probes_per_kind,
                held_out_entities=settings.held_out_entities,
                held_out_texts=settings.held_out_texts,
                language=run.pipeline.knowledge.languages[0],
                seed=run.pipeline.seeds[0],
            )
            write_table(probes, draft.path / "probes.arrow")
            for group in probes.group_by("kind").aggregate([([], "count_all")]).to_pylist():
                draft.counts[f"probes {group['kind']}"] = group["count_all"]
    return run.done["3-exam"]


def build_shards(run: Run) -> list[Artifact]:
    """Knowledge, index, exam and texts → `4-shards/<arm>/`."""
    settings, knowledge, exam = run.pipeline.augmentation, build_knowledge(run), build_exam(run)
    for arm in settings.arms:
        inputs = {"1-knowledge": knowledge.digest, "3-exam": exam.digest}
        if settings.inject and arm in ("mismatched", "augmented"):
            inputs["2-index"] = build_index(run).digest
        mark = fingerprint(
            arm=arm,
            inputs=inputs,
            settings=settings.model_dump(exclude={"arms", "texts"}),
            retrieval=run.pipeline.retrieval.model_dump() if "2-index" in inputs else None,
            texts=run.corpus,
            seed=run.pipeline.seeds[0],
            code=code_digest("augmentation", "retrieval", "knowledge/lexicon.py", "knowledge/compose.py"),
        )
        with run.stage(f"4-shards/{arm}", "augmentation", mark, inputs) as draft:
            if draft:
                table = _write_arm(run, arm, draft)
                card = dataset_card(run.pipeline.question, arm, table, run.kb.origins)
                draft.counts.update(write_shards(table, draft.path, card=card))
    return [run.done[f"4-shards/{arm}"] for arm in settings.arms]


def _write_arm(run: Run, arm: Any, draft: Draft) -> pa.Table:
    settings, kb = run.pipeline.augmentation, run.kb
    kept_out = held_out(kb, run.probes)
    seed = run.pipeline.seeds[0]
    with run.show(f"writing rows: {arm}", None, "rows") as advance:
        rows, counts = closed_book_rows(
            kb,
            arm,
            held_out=kept_out.entities,
            forms=settings.forms,
            phrasings=settings.phrasings,
            languages=run.pipeline.knowledge.languages,
            seed=seed,
        )
        draft.counts.update(counts)
        tables = [rows]
        ids, texts = _free_texts(run)
        draft.counts["texts left out: held out for the exam"] = len(run.corpus[0]) - len(ids)
        if arm == "text":
            tables.append(text_rows(texts, ids))
        else:
            chosen = np.random.default_rng([seed, 5]).permutation(len(ids))[: settings.replay]
            tables.append(text_rows([texts[i] for i in chosen], [ids[i] for i in chosen]))
        if arm in ("mismatched", "augmented") and settings.inject and ids:
            local = {kb.row_of[fact] for fact in kept_out.facts}
            allowed = np.ones(kb.facts.num_rows, dtype=bool)
            allowed[list(local)] = False
            hits = run.retriever.retrieve(
                texts, run.pipeline.retrieval.k, floor=run.pipeline.retrieval.floor, allowed=allowed
            )
            if arm == "mismatched":
                hits = _shift_hits(hits, len(texts))
            for position in settings.inject:
                injected, left = inject_facts(kb, texts, ids, hits, position=position)
                tables.append(injected)
                draft.counts.update(left)
        table = concat_rows(tables)
        advance(table.num_rows)
    return check_leaks(kb, table, kept_out, arm)


def _free_texts(run: Run) -> tuple[list[str], list[str]]:
    passages = set()
    for prompt, answers, hops in zip(*(run.probes[c].to_pylist() for c in ("prompt", "answers", "hops")), strict=True):
        if hops == 0:
            passages.add(prompt + answers[0])
    kept = [(key, text) for key, text in zip(*run.corpus, strict=True) if text not in passages]
    return [key for key, _ in kept], [text for _, text in kept]


def _shift_hits(hits: pa.Table, count: int) -> pa.Table:
    """Give every text the facts of the next one: the mismatched arm's open-book rows."""
    moved = (hits["text"].to_numpy() + 1) % max(1, count)
    none = pa.nulls(hits.num_rows, pa.int32())
    hits = hits.set_column(0, "text", pa.array(moved, pa.int32()))
    return hits.set_column(6, "start", none).set_column(7, "end", none)


def train_models(run: Run) -> list[Artifact]:
    """Shards and a base model → `5-models/<arm>-seed<n>/`."""
    settings = run.pipeline.training
    shards = dict(zip(run.pipeline.augmentation.arms, build_shards(run), strict=True))
    for arm, seed in run.trained:
        name = f"5-models/{arm}-seed{seed}"
        inputs = {f"4-shards/{arm}": shards[arm].digest, "base model": run.model_digest}
        mark = fingerprint(
            inputs=inputs,
            settings=settings.model_dump(exclude={"checkpoint_steps", "model"}),
            seed=seed,
            code=code_digest("training"),
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
            settings=settings.model_dump(include={"max_new_tokens", "batch_size"}),
            asked=run.pipeline.training.model_dump(include={"template", "system"}),
            retrieval=run.pipeline.retrieval.model_dump() if plain != arm else None,
            code=code_digest("evaluation/answer.py", "evaluation/score.py", "retrieval/retriever.py"),
        )
        with run.stage(f"6-answers/{arm}-seed{seed}", "answers", mark, inputs) as draft:
            if draft:
                folder = model.path if model else find_language_model(run.pipeline.training.model)
                with run.show(f"asking: {arm}, seed {seed}", run.probes.num_rows, "probes") as advance:
                    table = _answer(run, arm, seed, folder, advance)
                write_table(table, draft.path / "answers.arrow")
                draft.counts["answers"] = table.num_rows
    return [run.done[f"6-answers/{arm}-seed{seed}"] for arm, seed in run.examined]


def _answer(run: Run, arm: str, seed: int, folder: Path, advance: Callable[[int], None]) -> pa.Table:
    from kaug.evaluation.answer import answer_probes, with_facts

    prompts, retrieved = run.probes["prompt"].to_pylist(), [[] for _ in range(run.probes.num_rows)]
    if arm.endswith("+retrieval"):
        hits = run.retriever.retrieve(prompts, run.pipeline.retrieval.k, floor=run.pipeline.retrieval.floor)
        prompts, retrieved = with_facts(run.kb, run.probes, hits, run.pipeline.knowledge.languages[0])
    return answer_probes(
        run.probes,
        folder,
        prompts=prompts,
        retrieved=retrieved,
        arm=arm,
        seed=seed,
        template=run.pipeline.training.template,
        system=run.pipeline.training.system,
        max_new_tokens=run.pipeline.evaluation.max_new_tokens,
        batch_size=run.pipeline.evaluation.batch_size,
        progress=advance,
    )


def write_findings(run: Run) -> dict[str, Any]:
    """Answers → `6-report/`: report.html, report.md, report.json."""
    made = answer_exam(run)
    answers = pa.concat_tables([read_table(one.path / "answers.arrow", "answers") for one in made])
    mark = fingerprint(
        inputs={one.path.name: one.digest for one in made},
        pipeline=run.pipeline.model_dump(),
        command=run.command,
        code=code_digest("evaluation"),
    )
    with run.stage("6-report", "report", mark, {f"6-answers/{one.path.name}": one.digest for one in made}) as draft:
        if draft:
            from kaug.evaluation.report import write_report

            rows = np.unique([run.kb.row_of[f] for of in _facts_named(run.probes, answers) for f in of]).astype(np.int64)
            ids = run.kb.hex_ids.take(pa.array(rows)).to_pylist()
            said = statements(run.kb, rows, run.pipeline.knowledge.languages[0]).to_pylist()
            sources = [",".join(of) for of in run.kb.facts["sources"].take(pa.array(rows)).to_pylist()]
            write_table(answers.cast(ANSWERS), draft.path / "answers.arrow")
            write_report(
                draft.path,
                question=run.pipeline.question,
                probes=run.probes,
                answers=answers,
                sentences=dict(zip(ids, said, strict=True)),
                provenance=dict(zip(ids, sources, strict=True)),
                run=_about(run),
                resamples=run.pipeline.evaluation.resamples,
            )
    report: dict[str, Any] = json.loads((run.out / "6-report" / "report.json").read_text(encoding="utf-8"))
    return report


def _facts_named(probes: pa.Table, answers: pa.Table) -> Iterator[list[str]]:
    yield from probes["facts"].to_pylist()
    yield from answers["retrieved"].to_pylist()


def _about(run: Run) -> dict[str, Any]:
    import importlib.metadata

    packages = ("kaug", "torch", "transformers", "datasets", "sentence-transformers", "faiss-cpu", "pyarrow", "pyoxigraph")
    training = {}
    for arm, seed in run.trained:
        name = arm if len(run.pipeline.seeds) == 1 else f"{arm}, seed {seed}"
        training[name] = run.done[f"5-models/{arm}-seed{seed}"].details
    return {
        "command": run.command,
        "seeds": list(run.pipeline.seeds),
        "model": run.pipeline.training.model,
        "encoder": run.pipeline.retrieval.encoder,
        "machine": machine(),
        "date": datetime.datetime.now(datetime.UTC).date().isoformat(),
        "versions": {name: importlib.metadata.version(name) for name in packages},
        "training": training,
        "counts": {name: dict(made.counts) for name, made in sorted(run.done.items()) if made.counts},
        "digests": {name: made.digest for name, made in sorted(run.done.items())},
        "settings": run.pipeline.model_dump(),
    }


def machine() -> str:
    """Describe the machine in a line: processor, cores, memory, accelerator."""
    import os

    name = platform.processor() or platform.machine()
    with contextlib.suppress(OSError, StopIteration):
        lines = Path("/proc/cpuinfo").read_text().splitlines()
        name = next(line.split(":", 1)[1].strip() for line in lines if line.startswith("model name"))
    text = f"{name}, {len(os.sched_getaffinity(0)) if hasattr(os, 'sched_getaffinity') else os.cpu_count()} cores"
    with contextlib.suppress(ValueError, OSError, AttributeError):
        text += f", {os.sysconf('SC_PAGE_SIZE') * os.sysconf('SC_PHYS_PAGES') / 2**30:.0f} GiB"
    import torch

    if torch.cuda.is_available():
        text += f", {torch.cuda.get_device_name(0)}"
    return text


def build_all_knowledge(run: Run) -> list[Artifact]:
    """Sources → `1-knowledge/`, `2-index/` and `3-exam/`."""
    return [build_knowledge(run), build_index(run), build_exam(run)]


def search(run: Run, text: str, k: int) -> list[dict[str, Any]]:
    """Find the facts for one text.

    Args:
        run: The run; its index is built if it is not there.
        text: Any text.
        k: How many facts.

    Returns:
        For each hit `rank`, `fact`, `sentence`, `score` (cosine), `reason`, `mention`, `sources`.
    """
    hits = run.retriever.retrieve([text], k, floor=run.pipeline.retrieval.floor)
    rows = hits["row"].to_numpy()
    said = statements(run.kb, rows, run.pipeline.knowledge.languages[0]).to_pylist()
    sources = run.kb.facts["sources"].take(pa.array(rows)).to_pylist()
    return [
        {
            "rank": hit["rank"],
            "fact": hit["fact"],
            "sentence": sentence,
            "score": round(hit["score"], 4),
            "reason": hit["reason"],
            "mention": None if hit["start"] is None else text[hit["start"] : hit["end"]],
            "sources": of,
        }
        for hit, sentence, of in zip(hits.to_pylist(), said, sources, strict=True)
    ]


def check(run: Run) -> dict[str, Any]:
    """Check all that a run reads, and write nothing.

    Returns:
        What was found: counts of facts, texts and probes, and the models' folders.

    Raises:
        KaugError: Whatever the run itself would raise for its inputs.
    """
    settings = run.pipeline.knowledge
    kb = build_kb(
        run.sources,
        lexicon=run.manifest.lexicon,
        languages=settings.languages,
        select=settings.select,
        limit=settings.limit,
        where="[knowledge] select",
    )
    probes = draw_exam(
        kb,
        texts=run.corpus[1],
        **run.pipeline.exam.model_dump(),
        language=settings.languages[0],
        seed=run.pipeline.seeds[0],
    )
    return {
        "question": run.pipeline.question,
        **kb.counts,
        "texts": len(run.corpus[1]),
        "probes": probes.num_rows,
        "model": str(find_language_model(run.pipeline.training.model)),
        "encoder": str(find_encoder(run.pipeline.retrieval.encoder)),
        "artifacts": str(run.out),
    }


STEPS: dict[str, Callable[[Run], Any]] = {
    "build-kb": build_all_knowledge,
    "augment": build_shards,
    "train": train_models,
    "report": write_findings,
}
"""What the commands that take a pipeline do."""
