"""A pipeline file or a run's folder, and texts → retrieved facts as sentences."""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa

from kaug.errors import ArtifactError, PipelineError
from kaug.knowledge.knowledge_base import find_kb, load_kb
from kaug.pipeline.execute import Store, execute_here
from kaug.pipeline.make.index import find_facts
from kaug.pipeline.project import open_project
from kaug.pipeline.run import run_project
from kaug.pipeline.stage import Inputs
from kaug.pipeline.stages import index_stage
from kaug.pipeline.starter import knowledge_only
from kaug.progress import Show, silent
from kaug.rdf.parse import is_rdf_name
from kaug.retrieval.settings import RetrievalSettings
from kaug.store.artifact import load, lock
from kaug.wording.wording import Wording

__all__ = ["Search", "open_search", "search"]


@dataclass(frozen=True)
class Search:
    """An open index: `1-knowledge` and `2-index` of a run, and the settings of retrieval."""

    inputs: Inputs
    retrieval: RetrievalSettings
    language: str


def open_search(path: Path, *, out: Path | None = None, settings: Sequence[str] = (), show: Show = silent) -> Search:
    """Open a knowledge base and its index; a missing index is built, and for a pipeline also a missing knowledge base.

    Args:
        path: A pipeline file; or a run's folder: its knowledge base is not rebuilt, and the encoder and language are
            those of its index.
        out: The folder of the artifacts, for a pipeline file.
        settings: Changes such as `retrieval.hops=2`.
        show: Opens progress bars.

    Raises:
        PipelineError: `path` is RDF, or a setting is wrong.
        ArtifactError: The folder holds no built knowledge base, or it was altered.
    """
    if is_rdf_name(path):
        build = Path("build") / path.stem
        raise PipelineError(
            f"{path}: is RDF by its name. Build it first, `kaug build-kb {path} -o {build}`, then search the folder: "
            f'`kaug search {build} "text"`.'
        )
    # Finished artifacts are read without a lock; missing ones are made under a lock.
    if not path.is_dir():
        project = open_project(path, out=out, settings=settings)
        store = Store(project.out, show=show, write_lock=lambda: lock(project.out))
        inputs = run_project(project, "search", store=store)
        return Search(inputs, project.pipeline.retrieval, project.language)
    if out is not None:
        raise PipelineError(f"--out is for a pipeline file; {path} is the folder of the artifacts itself.")
    for setting in settings:
        if not setting.startswith("retrieval."):
            raise PipelineError(
                f"--set {setting!r}: a folder is searched as it was built; only retrieval.… can be set."
            )
    return _open_folder(path, settings, show)


def _open_folder(path: Path, settings: Sequence[str], show: Show) -> Search:
    """Open the knowledge base in a folder and its index, which is built if missing."""
    if not (path / "manifest.json").exists() and not (path / "1-knowledge").is_dir():
        raise ArtifactError(
            f"{path}: no knowledge base was built here. Give a pipeline file, or a folder that `kaug run` or "
            f'`kaug build-kb` wrote, such as build/facts: kaug search build/facts "text".'
        )
    knowledge, inputs = find_kb(path), Inputs()
    inputs.artifacts["1-knowledge"] = load(knowledge.path, stage="knowledge")
    language = load_kb(knowledge.path).languages[0]
    folder, index = knowledge.path.parent, knowledge.path.parent / "2-index"
    about = dict(load(index, stage="retrieval", verify=False).details) if index.is_dir() else {}
    built_with = [f"retrieval.{key}={json.dumps(value)}" for key, value in _settings(about).items()]
    retrieval = knowledge_only([str(path)], [*built_with, *settings]).retrieval
    if about and _settings(about) == {"encoder": retrieval.encoder, "recall": retrieval.recall}:
        made = load(index, stage="retrieval")
        if made.inputs.get("1-knowledge") == knowledge.digest and about["index"]["language"] == language:
            inputs.artifacts["2-index"] = made
    store = Store(folder, show=show, write_lock=lambda: lock(folder))
    execute_here([index_stage(retrieval, language)], store, inputs)
    return Search(inputs, retrieval, language)


def _settings(about: Mapping[str, Any]) -> dict[str, Any]:
    """Return the settings of an index, from the details of its artifact."""
    return {"encoder": about["encoder"], "recall": about["recall_wanted"]} if about else {}


def search(where: Search, texts: Sequence[str], k: int) -> list[list[dict[str, Any]]]:
    """Retrieve k facts for each text.

    Returns:
        The hits of each text: `rank`, `fact` (hex id), `sentence`, `score` (cosine), `relevance`, `reason`, `mention`,
        `start`, `end`, `via` (the sentences of the facts between a named term and this one), `sources`.
    """
    kb = where.inputs.open("1-knowledge", load_kb)
    table = find_facts(where.inputs, where.retrieval, texts, where.language, k)
    rows = table["row"].to_numpy()
    wording = Wording(kb, where.language)
    sentences = wording.sentences(rows).to_pylist()
    sources = kb.facts["sources"].take(pa.array(rows)).to_pylist()
    hits: list[list[dict[str, Any]]] = [[] for _ in texts]
    for hit, sentence, ids in zip(table.to_pylist(), sentences, sources, strict=True):
        start, end = hit["start"], hit["end"]
        hits[hit["text"]].append(
            {
                "rank": hit["rank"],
                "fact": hit["fact"],
                "sentence": sentence,
                "score": round(hit["score"], 4),
                "relevance": round(hit["relevance"], 4),
                "reason": hit["reason"],
                "mention": None if start is None else texts[hit["text"]][start:end],
                "start": start,
                "end": end,
                "via": wording.sentences(np.array(hit["via"], np.int64)).to_pylist(),
                "sources": ids,
            }
        )
    return hits
