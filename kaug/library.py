"""The stages as functions: train on rows, ask a model, measure gains, write the report, or run a pipeline."""

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pyarrow as pa

from kaug.errors import PipelineError, TableError
from kaug.evaluation import gain
from kaug.evaluation.answer import answer_probes, with_facts
from kaug.evaluation.scorers import Score, Scorer
from kaug.evaluation.settings import EvaluationSettings
from kaug.knowledge.knowledge_base import KnowledgeBase
from kaug.models.check import model_digest
from kaug.models.find import find_language_model
from kaug.models.prompts import Template
from kaug.progress import Show, silent
from kaug.report.findings import build_report
from kaug.report.report import describe_facts, save_report
from kaug.retrieval.settings import RetrievalSettings
from kaug.store.artifact import publish
from kaug.store.digests import fingerprint
from kaug.tables import check_table
from kaug.text import as_list
from kaug.training.settings import TrainingSettings

if TYPE_CHECKING:
    from datasets import Dataset

    from kaug.pipeline.settings import Pipeline
    from kaug.retrieval.retriever import Retriever
    from kaug.training.trainer import TrainingRun

__all__ = ["ask", "gains", "run", "train", "write_report"]


def train(
    rows: "Dataset | pa.Table",
    model: str | Path,
    out: str | Path,
    settings: TrainingSettings,
    *,
    seed: int = 0,
    replay: float = 0.0,
    show: Show = silent,
) -> "TrainingRun":
    """Fine-tune a causal language model on rows; an interrupted training resumes from its last checkpoint.

    Args:
        rows: The result of `closed_book_rows` or `open_book_rows`, `datasets.concatenate_datasets` of both, or any
            table or dataset with string columns `prompt` and `completion`.
        model: A folder, `smollm2-135m`, or a hub name; see `kaug.models.find.find_language_model`.
        out: The folder for the trained model; `transformers` loads it.
        settings: `[training]` of a pipeline file as an object; its `model` is not used.
        seed: Seed of the order of rows.
        replay: The fraction of tokens from rows of the form `text`, if there are any.
        show: The display of progress; the context manager `kaug.progress.bars` yields one.

    Returns:
        Rows, tokens, steps, seconds, precision and losses of the training.

    Raises:
        ModelError: The model is missing or broken, or the loss is not finite.
        PipelineError: There are no rows, or `rows` is of another type.

    Examples:
        >>> settings = TrainingSettings(tokens=20_000, template="plain")
        >>> run = train(rows, "smollm2-135m", "build/model", settings)  # doctest: +SKIP
    """
    from kaug.training.trainer import train_model

    if not isinstance(rows, pa.Table) and not hasattr(rows, "with_format"):
        raise PipelineError(f"The rows should be a datasets.Dataset or a pyarrow.Table, not {type(rows).__name__}.")
    table = rows if isinstance(rows, pa.Table) else rows.with_format("arrow")[:]
    base, folder = find_language_model(str(model)), Path(out)
    content = settings.content() | {"precision": settings.precision}
    mark = fingerprint(rows=_digest(table), model=model_digest(base), settings=content, seed=seed, replay=replay)
    with (
        publish(folder, stage="training", fingerprint=mark) as draft,
        show("training", settings.tokens, "tokens") as advance,
    ):
        result = train_model(
            table, base, draft.path, settings, seed=seed, replay=replay, checkpoints=draft.work, progress=advance
        )
        draft.details.update(vars(result))
    return result


def _digest(table: pa.Table) -> str:
    columns = [name for name in ("prompt", "completion", "form") if name in table.column_names]
    return fingerprint(rows=[table[name].to_pylist() for name in columns])


def ask(
    exam: pa.Table,
    model: str | Path,
    *,
    arm: str = "augmented",
    retriever: "Retriever | None" = None,
    retrieval: RetrievalSettings | None = None,
    settings: EvaluationSettings | None = None,
    template: Template = "chat",
    system: str | None = None,
    scorers: Mapping[str, Scorer | Score] | None = None,
    seed: int = 0,
    show: Show = silent,
) -> pa.Table:
    """Answer an exam with a model.

    Args:
        exam: PROBES, from `draw_exam`.
        model: A folder, `smollm2-135m`, or a hub name.
        arm: The arm's name in the answers: `base` for the untrained model, otherwise the arm that it was trained as.
        retriever: If given, its facts are put before each question.
        retrieval: `[retrieval]` of a pipeline file as an object: the number of facts and the threshold. The default is
            3 facts of domain sources and 2 of common sense, of relevance 0.5 or more.
        settings: `[evaluation]` of a pipeline file as an object.
        template: `chat`, or `plain` for `Question: … Answer:`: use the one of its training.
        system: The system message; None leaves it to the chat template.
        scorers: Your own scorers by name, for probes that name them in the column `scorer`.
        seed: The seed of the model's training.
        show: The display of progress.

    Returns:
        ANSWERS, in the order of the probes.

    Raises:
        ModelError: The model is missing or broken.
        TableError: `exam` is not a PROBES table.
    """
    exam = check_table(exam, "probes")
    prompts: list[str] = exam["prompt"].to_pylist()
    retrieved: list[list[str]] = [[] for _ in prompts]
    if retriever is not None:
        wording = retriever.wording
        hits = retriever.retrieve(prompts, retrieval, language=wording.language)
        prompts, retrieved = with_facts(wording.kb, exam, hits, wording.language, scorers)
    with show(f"asking {arm}", exam.num_rows, "probes") as advance:
        return answer_probes(
            exam,
            find_language_model(str(model)),
            settings or EvaluationSettings(),
            prompts=prompts,
            retrieved=retrieved,
            arm=arm,
            seed=seed,
            template=template,
            system=system,
            scorers=scorers,
            progress=advance,
        )


def gains(
    exam: pa.Table, answers: pa.Table | Sequence[pa.Table], *, resamples: int = 10_000, seed: int = 0
) -> dict[str, list[gain.Gain]]:
    """Compare the arms' answers to an exam, paired by probe.

    Args:
        exam: PROBES.
        answers: ANSWERS of at least two arms, in one table or in several.
        resamples: Bootstrap resamples for the 95% intervals.
        seed: Seed of the resampling.

    Returns:
        A list of gains for each kind of probes, each with `arm`, `against`, `mean`, `low`, `high`, `n`, `clusters`; see
        `kaug.evaluation.gain.gains`.

    Raises:
        TableError: Two arms answered different probes, or an answer belongs to no probe.
    """
    return gain.gains(exam, _joined(answers), resamples=resamples, seed=seed)


def write_report(
    folder: str | Path,
    exam: pa.Table,
    answers: pa.Table | Sequence[pa.Table],
    kb: KnowledgeBase,
    *,
    question: str = "What was learnt?",
    about: Mapping[str, Any] | None = None,
    resamples: int = 10_000,
) -> dict[str, Any]:
    """Write `report.html`, `report.md` and `report.json`.

    Args:
        folder: The folder, created if missing.
        exam: PROBES.
        answers: ANSWERS, in one table or in several.
        kb: The knowledge base that the exam was drawn from.
        question: The question of the comparison.
        about: The description of the run; see `kaug.report.findings.build_report`.
        resamples: Bootstrap resamples for the intervals.

    Returns:
        The content of `report.json`.

    Raises:
        TableError: The tables do not match, or name a fact that is not in the knowledge base.
    """
    table, folder = _joined(answers), Path(folder)
    folder.mkdir(parents=True, exist_ok=True)
    sentences, provenance = describe_facts(kb, exam, table, kb.languages[0])
    report = build_report(
        question=question,
        probes=exam,
        answers=table,
        sentences=sentences,
        provenance=provenance,
        run=dict(about or {}),
        resamples=resamples,
    )
    save_report(folder, report)
    return report


def _joined(answers: pa.Table | Sequence[pa.Table]) -> pa.Table:
    tables = [answers] if isinstance(answers, pa.Table) else list(answers)
    if not tables:
        raise TableError("There are no answers; give a table of ANSWERS, or several.")
    return pa.concat_tables([check_table(table, "answers") for table in tables])


def run(
    pipeline: "str | Path | Pipeline",
    *,
    out: str | Path | None = None,
    settings: str | Sequence[str] = (),
    rebuild: bool = False,
    show: Show = silent,
) -> dict[str, Any]:
    """Run a pipeline from the sources to the report, reusing finished stages, like `kaug run`.

    Args:
        pipeline: A pipeline file; or settings whose sources are files, relative to the current folder.
        out: The folder of the artifacts; `build/<name of the file>` in the project's folder if None.
        settings: Changes such as `training.tokens=5000`, for a pipeline file.
        rebuild: Rebuild every stage.
        show: The display of progress.

    Returns:
        The content of `report.json`.

    Raises:
        KaugError: An error of a stage; finished stages are kept.
    """
    from kaug.pipeline.execute import Store
    from kaug.pipeline.project import open_project, project_of
    from kaug.pipeline.run import load_report, run_project
    from kaug.store.artifact import lock

    if isinstance(pipeline, str | Path):
        project = open_project(
            Path(pipeline), out=Path(out) if out else None, settings=as_list(settings), rebuild=rebuild, show=show
        )
    elif settings:
        raise PipelineError("settings=[…] change a pipeline file; of a Pipeline make another with `Pipeline.parse`.")
    elif out is None:
        raise PipelineError("Name the folder of the artifacts with out=…: settings without a file have no name for it.")
    else:
        project = project_of(pipeline, Path(out), rebuild=rebuild, show=show)
    with lock(project.out):
        run_project(project, "run", store=Store(project.out, rebuild, show))
    return load_report(project.out)
