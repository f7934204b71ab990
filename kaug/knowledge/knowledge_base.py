"""The tables of a knowledge base → what stages ask of it, in memory or as a finished artifact on disk."""

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
        languages: The languages kept, most wanted first.
        counts: What was counted while building, what was left out among it.
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
        """Three lines: the sizes of the tables, the languages and sources, and what the build left out."""
        sizes = [f"{len(self):,} fact{'s' * (len(self) != 1)} ({len(self.taught):,} taught)"]
        for name, noun in (("axioms", "axiom"), ("terms", "term"), ("labels", "label"), ("lexicon", "template")):
            number = self.tables[name].num_rows
            sizes.append(f"{number:,} {noun}{'s' * (number != 1)}")
        sources = ", ".join(
            f"{name} ({kind})" if kind != "domain" else name for name, kind in sorted(self.kinds.items())
        )
        left_out = [
            f"{reason.replace(' left out:', ':').removeprefix('left out: ')} ({number:,})"
            for reason, number in self.counts.items()
            if any(words in reason for words in ("left out", "stopped at", "lists cut"))
        ]
        return (
            f"KnowledgeBase: {', '.join(sizes)}\n"
            f"languages: {', '.join(self.languages)}; sources: {sources or 'none'}\n"
            f"left out: {'; '.join(left_out) or 'nothing'}"
        )

    def save(self, folder: str | os.PathLike[str]) -> None:
        """Write it as a finished artifact, which `load_kb` opens.

        Args:
            folder: The folder, in which `~` is the home folder. A knowledge base that is there is replaced.

        Raises:
            ArtifactError: The folder holds something else, or cannot be written; nothing half-made is left.

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
        """FACTS; a fact's row number serves within one knowledge base, its id everywhere."""
        return self.tables["facts"]

    @property
    def axioms(self) -> pa.Table:
        """FACTS: what describes the vocabulary rather than the world; no fact to learn, but inference rests on it."""
        return self.tables["axioms"]

    @property
    def lexicon(self) -> pa.Table:
        """LEXICON."""
        return self.tables["lexicon"]

    def with_tables(self, **tables: pa.Table) -> "KnowledgeBase":
        """Return the knowledge base with other tables in place of those named."""
        return replace(self, tables={**self.tables, **tables})

    def columns(
        self, rows: NDArray[np.int64] | slice = slice(None)
    ) -> tuple[NDArray[np.uint32], NDArray[np.uint32], NDArray[np.uint32]]:
        """Return subject, predicate and object of facts, of all without a choice, as three arrays of term numbers."""
        return tuple(self._spo[name][rows] for name in ("subject", "predicate", "object"))  # type: ignore[return-value]

    @cached_property
    def taught(self) -> NDArray[np.int64]:
        """The row numbers of the facts chosen for teaching, ascending."""
        return np.flatnonzero(self.facts["taught"].to_numpy(zero_copy_only=False)).astype(np.int64)

    @cached_property
    def hex_ids(self) -> pa.Array:
        """The id of every fact as 32 hex digits."""
        ids = pa.concat_arrays(self.facts["fact"].chunks or [pa.array([], pa.binary(16))])
        data = np.frombuffer(ids.buffers()[1] or b"", np.uint8)[: 16 * len(ids)]
        digits = np.frombuffer(b"0123456789abcdef", np.uint8)
        text = np.stack([digits[data >> 4], digits[data & 15]], axis=1).tobytes()
        offsets = np.arange(0, 32 * len(ids) + 1, 32, dtype=np.int32)
        return pa.Array.from_buffers(pa.string(), len(ids), [None, pa.py_buffer(offsets), pa.py_buffer(text)])

    @cached_property
    def facts_by_object(self) -> NDArray[np.int64]:
        """The row numbers of all facts ordered by object, for `searchsorted` from the object's side."""
        return np.argsort(self._spo["object"], kind="stable").astype(np.int64)

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
    def _spo(self) -> dict[str, NDArray[np.uint32]]:
        return {name: self.facts[name].to_numpy() for name in ("subject", "predicate", "object")}


def save_kb(kb: KnowledgeBase, folder: Path) -> None:
    """Write a knowledge base's tables into a folder (an artifact's draft)."""
    for name in _TABLES:
        write_table(getattr(kb, name), folder / f"{name}.arrow")
    about = {
        "kinds": kb.kinds,
        "languages": kb.languages,
        "origins": kb.origins,
        "counts": kb.counts,
    }
    (folder / "about.json").write_text(json.dumps(about, indent=1, ensure_ascii=False), encoding="utf-8")


class _Tables(Mapping[str, pa.Table]):
    """The tables of a built knowledge base, each verified and memory-mapped when it is first asked for."""

    def __init__(self, found: Artifact) -> None:
        self._found = found
        self._open: dict[str, pa.Table] = {}

    def __getitem__(self, name: str) -> pa.Table:
        if name not in self._open:
            self._open[name] = read_table(verify_file(self._found, f"{name}.arrow"), _TABLES[name])
        return self._open[name]

    def __iter__(self) -> Iterator[str]:
        return iter(_TABLES)

    def __len__(self) -> int:
        return len(_TABLES)


def find_kb(folder: str | os.PathLike[str]) -> Artifact:
    """Find a built knowledge base.

    Args:
        folder: The folder of the knowledge base, or a run's folder with `1-knowledge` in it; `~` is the home folder.

    Returns:
        The artifact, whose files are not yet verified.

    Raises:
        ArtifactError: There is none, or a file of it is missing or was cut.
    """
    path = Path(folder).expanduser()
    if not (path / "manifest.json").exists() and (path / "1-knowledge").is_dir():
        path = path / "1-knowledge"
    return load(path, stage="knowledge", verify=False)


def load_kb(folder: str | os.PathLike[str]) -> KnowledgeBase:
    """Open a built knowledge base, in milliseconds whatever its size.

    A table is verified and memory-mapped when it is first used; a file that was altered since it was written is refused then.

    Args:
        folder: The stage's folder (`build/<pipeline>/1-knowledge`), the run's folder above it, or one that
            `KnowledgeBase.save` wrote; `~` is the home folder.

    Returns:
        The knowledge base.

    Raises:
        ArtifactError: There is none, or a file is missing or was cut.

    Examples:
        >>> load_kb("no/such")
        Traceback (most recent call last):
        kaug.errors.ArtifactError: no/such: there is no finished artifact here (no manifest.json). Run the stage again.
    """
    found = find_kb(folder)
    about: dict[str, Any] = json.loads(verify_file(found, "about.json").read_text(encoding="utf-8"))
    tables = _Tables(found)
    return KnowledgeBase(
        tables,
        kinds=about["kinds"],
        languages=tuple(about["languages"]),
        counts=about["counts"],
        origins=about["origins"],
    )
