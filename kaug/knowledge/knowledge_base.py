"""The tables of a knowledge base → an object that stages query, in memory or as a finished artifact on disk."""

import json
import os
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from functools import cached_property
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray

from kaug.knowledge.teach import SPARED
from kaug.store.artifact import Artifact, load, publish, verify_file
from kaug.tables import read_table, write_table

__all__ = ["KnowledgeBase", "find_kb", "load_kb", "save_kb"]

_TABLES = {"terms": "terms", "labels": "labels", "facts": "facts", "axioms": "facts", "lexicon": "lexicon"}


@dataclass(frozen=True, repr=False)
class KnowledgeBase:
    """A knowledge base in columns. Build one with `build_kb`, or open a built one with `load_kb`.

    Its length is the number of facts, and it shows itself in three lines:

        >>> import tempfile; from kaug.knowledge.build import build_kb
        >>> file = Path(tempfile.mkdtemp()) / "world.ttl"
        >>> _ = file.write_text('@prefix s: <https://schema.org/> . <urn:a> s:name "Togo"@en, "多哥"@zh ; <urn:b> <urn:c> .')
        >>> build_kb(file)
        KnowledgeBase: 1 fact (1 taught), 0 axioms, 3 terms, 1 label, 0 templates
        languages: en; sources: world
        left out: labels: other language (1)

    Attributes:
        tables: Its tables by name: `terms`, `labels`, `facts`, `axioms`, `lexicon`.
        kinds: A source's id to `domain` or `commonsense`.
        languages: The kept languages, in order of preference.
        counts: Counts of the build, including rows left out.
        origins: A source's id to its path, SHA-256, licence, origin and attribution.
    """

    tables: Mapping[str, pa.Table]
    kinds: dict[str, str]
    languages: tuple[str, ...]
    counts: dict[str, int]
    origins: dict[str, dict[str, str]]

    def __len__(self) -> int:
        """The number of facts."""
        return int(self.facts.num_rows)

    def __repr__(self) -> str:
        """Three lines: the sizes of the tables, the languages and sources, and counts of what the build left out."""
        nouns = {"facts": "fact", "axioms": "axiom", "terms": "term", "labels": "label", "lexicon": "template"}
        numbers = {noun: self.tables[name].num_rows for name, noun in nouns.items()}
        sizes = [f"{number:,} {noun}{'s' * (number != 1)}" for noun, number in numbers.items()]
        sizes[0] += f" ({len(self.taught):,} taught)"
        sources = [f"{name} ({kind})" if kind != "domain" else name for name, kind in sorted(self.kinds.items())]
        left_out = [
            f"{reason.replace(' left out:', ':').removeprefix('left out: ')} ({number:,})"
            for reason, number in self.counts.items()
            if any(words in reason for words in ("left out", "not taught", "stopped at", "lists cut"))
        ]
        return (
            f"KnowledgeBase: {', '.join(sizes)}\n"
            f"languages: {', '.join(self.languages)}; sources: {', '.join(sources) or 'none'}\n"
            f"left out: {'; '.join(left_out) or 'nothing'}"
        )

    def save(self, folder: str | os.PathLike[str]) -> None:
        """Write it as a finished artifact, which `load_kb` opens. A knowledge base in the folder is replaced.

        Raises:
            ArtifactError: The folder has other content, or cannot be written; nothing half-made is left.

        Examples:
            >>> import tempfile; from kaug.knowledge.build import build_kb
            >>> folder = Path(tempfile.mkdtemp())
            >>> _ = (folder / "a.ttl").write_text("<urn:a> <urn:b> <urn:c> .")
            >>> build_kb(folder / "a.ttl").save(folder / "kb")
            >>> len(load_kb(folder / "kb"))
            1
        """
        with publish(Path(folder).expanduser(), stage="knowledge", fingerprint="KnowledgeBase.save") as draft:
            save_kb(self, draft.path)
            draft.counts.update(self.counts)

    @property
    def terms(self) -> pa.Table:
        """TERMS; a term is its row number."""
        return self.tables["terms"]

    @property
    def labels(self) -> pa.Table:
        """LABELS."""
        return self.tables["labels"]

    @property
    def facts(self) -> pa.Table:
        """FACTS; a fact's row number is valid in one knowledge base, its id everywhere."""
        return self.tables["facts"]

    @property
    def axioms(self) -> pa.Table:
        """FACTS that describe the vocabulary rather than the world: premises of inference, no facts to learn."""
        return self.tables["axioms"]

    @property
    def lexicon(self) -> pa.Table:
        """LEXICON."""
        return self.tables["lexicon"]

    def with_tables(self, **tables: pa.Table) -> "KnowledgeBase":
        """Return a copy of the knowledge base with some tables replaced."""
        return replace(self, tables={**self.tables, **tables})

    def columns(
        self, rows: NDArray[np.int64] | slice = slice(None)
    ) -> tuple[NDArray[np.uint32], NDArray[np.uint32], NDArray[np.uint32]]:
        """Return subject, predicate and object of facts, by default of all, as three arrays of term numbers."""
        subject, predicate, value = self._spo
        return subject[rows], predicate[rows], value[rows]

    def with_counts(self, **counts: int) -> "KnowledgeBase":
        """Return a copy of the knowledge base with some counts replaced."""
        return replace(self, counts={**self.counts, **counts})

    @cached_property
    def taught(self) -> NDArray[np.int64]:
        """The row numbers of the facts chosen for teaching, ascending."""
        return np.flatnonzero(self.facts["untaught"].is_null().to_numpy(zero_copy_only=False)).astype(np.int64)

    @cached_property
    def spared(self) -> NDArray[np.int64]:
        """The row numbers of the facts that could be taught, but are not by `SPARED` reasons, ascending: one may ask them."""
        spared = pc.is_in(self.facts["untaught"].cast(pa.string()), pa.array(SPARED))
        return np.flatnonzero(spared.to_numpy(zero_copy_only=False)).astype(np.int64)

    @cached_property
    def hex_ids(self) -> pa.Array:
        """The id of every fact as 32 hex digits."""
        ids = pa.concat_arrays(self.facts["fact"].chunks or [pa.array([], pa.binary(16))])
        text = memoryview(ids.buffers()[1] or b"")[: 16 * len(ids)].hex().encode()
        offsets = np.arange(0, len(text) + 1, 32, dtype=np.int32)
        return pa.Array.from_buffers(pa.string(), len(ids), [None, pa.py_buffer(offsets), pa.py_buffer(text)])

    @cached_property
    def facts_by_object(self) -> NDArray[np.int64]:
        """The row numbers of all facts sorted by object, for `searchsorted`."""
        return np.argsort(self._spo[2], kind="stable").astype(np.int64)

    @cached_property
    def row_of(self) -> dict[str, int]:
        """The row number of every fact by its hex id."""
        return {fact: row for row, fact in enumerate(self.hex_ids.to_pylist())}

    def source_kind(self) -> pa.Array:
        """Return `domain` or `commonsense` for every fact, by the first source that states it."""
        first = pc.list_element(self.facts["sources"].combine_chunks(), 0)
        common = [name for name, kind in self.kinds.items() if kind == "commonsense"]
        return pc.if_else(pc.is_in(first, pa.array(common, pa.string())), "commonsense", "domain")

    @cached_property
    def _spo(self) -> list[NDArray[np.uint32]]:
        return [self.facts[name].to_numpy() for name in ("subject", "predicate", "object")]


def save_kb(kb: KnowledgeBase, folder: Path) -> None:
    """Write a knowledge base's tables into a folder (an artifact's draft)."""
    for name in _TABLES:
        write_table(getattr(kb, name), folder / f"{name}.arrow")
    about = {name: getattr(kb, name) for name in ("kinds", "languages", "origins", "counts")}
    (folder / "about.json").write_text(json.dumps(about, indent=1, ensure_ascii=False), encoding="utf-8")


class _Tables(Mapping[str, pa.Table]):
    """The tables of a built knowledge base, each verified and memory-mapped when it is first used."""

    def __init__(self, built: Artifact) -> None:
        self._built = built
        self._open: dict[str, pa.Table] = {}

    def __getitem__(self, name: str) -> pa.Table:
        if name not in self._open:
            self._open[name] = read_table(verify_file(self._built, f"{name}.arrow"), _TABLES[name])
        return self._open[name]

    def __iter__(self) -> Iterator[str]:
        return iter(_TABLES)

    def __len__(self) -> int:
        return len(_TABLES)


def find_kb(folder: str | os.PathLike[str]) -> Artifact:
    """Find a built knowledge base, whose files are not yet verified; `folder` is as for `load_kb`.

    Raises:
        ArtifactError: There is no knowledge base, or a file of it is missing or cut.
    """
    path = Path(folder).expanduser()
    if not (path / "manifest.json").exists() and (path / "1-knowledge").is_dir():
        path = path / "1-knowledge"
    return load(path, stage="knowledge", verify=False)


def load_kb(folder: str | os.PathLike[str]) -> KnowledgeBase:
    """Open a built knowledge base, in milliseconds at any size.

    A table is verified and memory-mapped when it is first used; an altered file is refused then.

    Args:
        folder: The stage's folder (`build/<pipeline>/1-knowledge`), the run's folder above it, or one that
            `KnowledgeBase.save` wrote; `~` is the home folder.

    Returns:
        The knowledge base.

    Raises:
        ArtifactError: There is no knowledge base, or a file is missing or cut.

    Examples:
        >>> load_kb("no/such")
        Traceback (most recent call last):
        kaug.errors.ArtifactError: no/such: there is no such folder. Name one that kaug has written.
    """
    built = find_kb(folder)
    about: dict[str, Any] = json.loads(verify_file(built, "about.json").read_text(encoding="utf-8"))
    return KnowledgeBase(_Tables(built), **{**about, "languages": tuple(about["languages"])})
