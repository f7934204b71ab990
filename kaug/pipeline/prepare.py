"""A run → what it knows, how that is found, and what will be asked: its knowledge base, index and exam."""

import contextlib
import shutil
from collections.abc import Callable, Sequence
from typing import Any

import pyarrow as pa

from kaug.curation.quality.page import write_quality
from kaug.errors import ArtifactError, SourceError
from kaug.exam.draw import draw_exam
from kaug.knowledge.build import assemble
from kaug.knowledge.knowledge_base import KnowledgeBase, load_kb, save_kb
from kaug.models.find import find_encoder
from kaug.pipeline.run import Run
from kaug.rdf.endpoint import endpoint_file
from kaug.rdf.read import FilesRead, lean_memory, load_files, read_files, save_files
from kaug.rdf.sources import file_digests, verify_source
from kaug.rdf.validate import check_shapes
from kaug.retrieval.encoder import load_encoder
from kaug.retrieval.filters import facts_where
from kaug.retrieval.index import FactIndex
from kaug.retrieval.linker import Linker
from kaug.retrieval.retriever import Retriever
from kaug.store.artifact import Artifact, load
from kaug.store.digests import code_digest, file_digest, fingerprint, safe_name
from kaug.tables import read_table, write_table

__all__ = [
    "build_all_knowledge",
    "build_exam",
    "build_index",
    "build_knowledge",
    "find_facts",
    "knowledge_of",
    "probes_of",
    "quality_of",
]


def knowledge_of(run: Run) -> KnowledgeBase:
    """Open the run's knowledge base, built if it is not there."""
    kb: KnowledgeBase = _opened(run, "knowledge base", lambda: load_kb(build_knowledge(run).path))
    return kb


def probes_of(run: Run) -> pa.Table:
    """Open the run's exam, drawn if it is not there."""
    return _opened(run, "exam", lambda: read_table(build_exam(run).path / "probes.arrow", "probes"))


def retriever_of(run: Run) -> Retriever:
    """Open what finds facts for texts, over the run's index, built if it is not there."""

    def make() -> Retriever:
        kb, settings = knowledge_of(run), run.pipeline.retrieval
        encoder = load_encoder(settings.encoder, settings.backend)
        return Retriever(kb, FactIndex.load(build_index(run).path, kb, encoder), Linker(kb), encoder)

    retriever: Retriever = _opened(run, "retriever", make)
    return retriever


def find_facts(run: Run, texts: Sequence[str], k: int | None = None, allowed: Any = None) -> pa.Table:
    """Find facts for texts as the pipeline's `[retrieval]` says; see `Retriever.retrieve`."""
    settings = run.pipeline.retrieval
    where = _opened(run, "facts to find", lambda: facts_where(knowledge_of(run), **settings.filter.model_dump()))
    return retriever_of(run).retrieve(
        texts,
        k or settings.k,
        language=run.language,
        allowed=where if allowed is None else where & allowed,
        **settings.model_dump(include={"threshold", "hops", "diversity", "budget"}),
    )


def _opened(run: Run, what: str, make: Callable[[], Any]) -> Any:
    if what not in run.opened:
        run.opened[what] = make()
    return run.opened[what]


def build_sources(run: Run) -> list[tuple[str, Artifact]]:
    """Sources → `0-sources/<id>/`: the SHA-256 of each, and its triples in columns."""
    # Once a run: each stage that needs the knowledge asks for it, and sources are fetched and hashed here.
    made: list[tuple[str, Artifact]] = _opened(run, "sources", lambda: _read_sources(run))
    return made


def _read_sources(run: Run) -> list[tuple[str, Artifact]]:
    made = []
    for source in run.sources:
        if source.endpoint:
            with run.show(f"fetching {source.id}", None, "triples") as advance:
                endpoint_file(source.endpoint, source.query, source.path, rebuild=run.rebuild, progress=advance)
        digests = file_digests(source)
        digest, code = verify_source(source, digests), code_digest("kaug.rdf.read")
        name = f"0-sources/{safe_name(source.id)}"
        with run.stage(name, "source", fingerprint(source=digest, name=source.path.name, code=code), {}) as draft:
            if draft:
                before = _read_before(run, name, code)
                with run.show(f"reading {source.id}", None, "triples") as advance, lean_memory():
                    read = read_files(digests, before, advance)
                    save_files(read, draft.path)
                columns = read.columns
                draft.counts.update(read=columns.read, triples=len(columns.triples), terms=len(columns.terms))
                draft.details.update(code=code)
        made.append((digest, run.done[name]))
    return made


def _read_before(run: Run, name: str, code: str) -> FilesRead | None:
    """Return what the same code made of the source's files before, if it stands there whole."""
    with contextlib.suppress(ArtifactError):
        if not run.rebuild and (found := load(run.out / name, stage="source")).details.get("code") == code:
            return load_files(found.path)
    return None


def build_knowledge(run: Run) -> Artifact:
    """Columns of the sources → `1-knowledge/`."""
    settings, read = run.pipeline.knowledge, build_sources(run)
    lexicon, shapes = run.manifest.lexicon, run.manifest.shapes
    mark = fingerprint(
        settings=settings.model_dump(exclude={"manifest"}),
        shapes=file_digest(shapes) if shapes and settings.shapes else "",
        sources=[
            [source.id, digest, source.path.name, source.kind, source.licence, source.origin, source.attribution]
            for source, (digest, _) in zip(run.sources, read, strict=True)
        ],
        lexicon=file_digest(lexicon) if lexicon else "",
        code=code_digest("kaug.knowledge.build", "kaug.curation.quality.page"),
    )
    inputs = {f"0-sources/{one.path.name}": one.digest for _, one in read}
    with run.stage("1-knowledge", "knowledge", mark, inputs) as draft:
        if draft:
            with run.show("putting the knowledge base together", None, "facts") as advance, lean_memory():
                kb = assemble(
                    run.sources,
                    [digest for digest, _ in read],
                    [load_files(one.path).columns for _, one in read],
                    lexicon=lexicon,
                    where="[knowledge] select",
                    **settings.model_dump(exclude={"manifest", "sources", "shapes"}),
                )
                advance(kb.facts.num_rows)
            save_kb(kb, draft.path)
            draft.counts.update(kb.counts)
            report = write_quality(kb, draft.path, shapes=_shape_results(run))
            found = {"notes" if name == "info" else f"{name}s": count for name, count in report["summary"].items()}
            draft.counts.update({f"{_QUALITY}{name}": count for name, count in found.items()})
    return run.done["1-knowledge"]


_QUALITY = "quality: "


def quality_of(run: Run) -> dict[str, int]:
    """How many findings of each severity the quality report of the run's knowledge base has."""
    counts = run.done["1-knowledge"].counts
    return {name: counts[f"{_QUALITY}{name}"] for name in ("errors", "warnings", "notes")}


def _shape_results(run: Run) -> list[dict[str, str]] | None:
    """Check the sources against the manifest's shapes, if the pipeline asks for it."""
    if run.manifest.shapes is None or not run.pipeline.knowledge.shapes:
        return None
    files = [file for source in run.sources for file in source.files()]
    with run.show("checking shapes", None, "results") as advance:
        results = list(check_shapes(files, run.manifest.shapes))
        advance(len(results))
    broken = [f"{one['focus']}: {one['message']}" for one in results if one["severity"] == "Violation"]
    if broken:
        more = f"\n… and {len(broken) - 10} more" if len(broken) > 10 else ""
        lines = "\n".join(broken[:10])
        raise SourceError(
            f"{run.manifest.shapes}: the sources violate {len(broken)} shapes; mend them, or set knowledge.shapes = false.\n"
            f"{lines}{more}"
        )
    return results


def build_index(run: Run) -> Artifact:
    """Facts → `2-index/`."""
    knowledge = build_knowledge(run)
    settings = run.pipeline.retrieval
    weights = sorted(find_encoder(settings.encoder).glob("*.safetensors"))
    mark = fingerprint(
        knowledge=knowledge.digest,
        encoder=settings.encoder,
        backend=settings.backend,
        weights=[file_digest(file) for file in weights],
        language=run.language,
        recall=settings.recall,
        code=code_digest("kaug.retrieval.index", "kaug.retrieval.encoder"),
    )
    # What was embedded before a build was killed; it stands beside the artifact until that is finished.
    work = run.out / ".2-index.embeddings"
    with run.stage("2-index", "retrieval", mark, {"1-knowledge": knowledge.digest}) as draft:
        if draft:
            kb = knowledge_of(run)
            encoder = load_encoder(settings.encoder, settings.backend, texts=kb.facts.num_rows)
            previous = None if run.rebuild else run.out / "2-index"
            if run.rebuild:
                shutil.rmtree(work, ignore_errors=True)
            with run.show("embedding facts", kb.facts.num_rows, "facts") as advance:
                index = FactIndex.build(kb, encoder, run.language, advance, previous, recall=settings.recall, work=work)
            index.save(draft.path)
            draft.counts.update({"facts": len(index), "facts whose embedding was there": index.taken_over})
            draft.details.update(
                kind=index.kind,
                recall_at_10=index.recall,
                recall_wanted=settings.recall,
                encoder=index.encoder.name,
                backend=getattr(encoder, "chosen", {}),
            )
    if draft:
        shutil.rmtree(work, ignore_errors=True)
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
        code=code_digest("kaug.exam.draw"),
    )
    with run.stage("3-exam", "exam", mark, {"1-knowledge": knowledge.digest}) as draft:
        if draft:
            probes = draw_exam(
                knowledge_of(run),
                texts=run.corpus[1],
                probes_per_kind=settings.probes_per_kind,
                held_out_entities=settings.held_out_entities,
                held_out_texts=settings.held_out_texts,
                language=run.language,
                seed=run.pipeline.seeds[0],
            )
            write_table(probes, draft.path / "probes.arrow")
            for group in probes.group_by("kind").aggregate([([], "count_all")]).to_pylist():
                draft.counts[f"probes {group['kind']}"] = group["count_all"]
    return run.done["3-exam"]


def build_all_knowledge(run: Run) -> list[Artifact]:
    """Sources → `1-knowledge/`, `2-index/` and `3-exam/`."""
    return [build_knowledge(run), build_index(run), build_exam(run)]
