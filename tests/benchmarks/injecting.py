"""Sentences and the facts that they state → which facts open-book rows show with them.

`python -m tests.benchmarks.injecting [--seed N] [--texts N] [--k N] [--show N]` draws sentences of LAMA T-REx, over all of its
facts as RDF, and prints a table: of each position the rows, the share of the facts shown whose subject is what the sentence is
about (the subject of a fact that T-REx found in it), the share of facts that have only their object in common with it, and the
share of rows with the fact of the sentence. `--show N` prints N rows of each position too, each of another text, with the facts
between ⟦ and ⟧. The rules were made on seed 1.

`--files FILE …` takes texts from files instead, over the facts of `kb/` in English, Chinese and Arabic: of `.jsonl` the field
`text`, of others the sections.
"""

import argparse
import json
import re
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
import pyarrow as pa

from kaug.augmentation.inject import inject_facts
from kaug.augmentation.openbook.positions import POSITIONS
from kaug.augmentation.openbook.protected import prose
from kaug.knowledge.build import build_kb
from kaug.knowledge.knowledge_base import KnowledgeBase
from kaug.retrieval.encoder import load_encoder
from kaug.retrieval.index import FactIndex
from kaug.retrieval.retriever import Retriever
from kaug.wording.wording import Wording
from kaug.words.containment import holds_any
from tests.benchmarks.__main__ import ROOT
from tests.benchmarks.finding import Task, lama

_SECTION = 2_000


class Figures(NamedTuple):
    """Of the rows of a position: their number, the facts in them, and the shares of each."""

    rows: int
    facts: int
    about: float
    object_only: float
    with_fact: float


def tasks() -> Task:
    """All sentences of LAMA, and the facts of each."""
    odd, even = lama()
    return Task("lama", odd.kb, odd.texts + even.texts, odd.wanted + even.wanted)


def figures(
    table: pa.Table, kb: KnowledgeBase, retriever: Retriever, texts: list[str], gold: list[set[int]]
) -> Figures:
    """Count what the rows of a position show; `gold` are the facts that T-REx found in each text."""
    subjects, _, objects = (column.tolist() for column in kb.columns())
    counts: Counter[str] = Counter()
    for key, ids in zip(table["text_id"].to_pylist(), table["facts"].to_pylist(), strict=True):
        rows, right = [kb.row_of[one] for one in ids], gold[int(key)]
        counts["with fact"] += not right.isdisjoint(rows)
        for row in rows:
            counts["about"] += subjects[row] in {subjects[one] for one in right}
            named = [holds_any(texts[int(key)], retriever.wording.names(end[row])) for end in (subjects, objects)]
            counts["object only"] += named == [False, True]
        counts["facts"] += len(rows)
    shown, rows_ = max(counts["facts"], 1), max(table.num_rows, 1)
    shares = (counts["about"] / shown, counts["object only"] / shown, counts["with fact"] / rows_)
    return Figures(table.num_rows, counts["facts"], *shares)


def main() -> None:
    """Print the table."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--texts", type=int, default=200)
    parser.add_argument("--k", type=int, default=5)
    parser.add_argument("--show", type=int, default=0)
    parser.add_argument("--files", nargs="+", type=Path)
    given = parser.parse_args()
    if given.files:
        texts = sorted({text for file in given.files for text in read(file)})
        drawn = np.random.default_rng(given.seed).permutation(len(texts))[: given.texts]
        return from_files([texts[number] for number in drawn], given.seed, given.k, given.show)
    task = tasks()
    retriever = Retriever(task.kb, FactIndex.build(task.kb, load_encoder("all-MiniLM-L6-v2")))
    measure(task, retriever, given.seed, given.texts, given.k, given.show)


def read(file: Path) -> Iterator[str]:
    """The texts of a file; of other files than `.jsonl` the sections, short ones joined."""
    text = file.read_text(encoding="utf-8")
    if file.suffix == ".jsonl":
        yield from (json.loads(line)["text"] for line in text.splitlines())
        return
    section, fenced = "", False
    for line in text.splitlines(keepends=True):
        fenced ^= re.match(r"\s*(?:```|~~~)", line) is not None
        if line.startswith("#") and not fenced and len(section) >= _SECTION / 2:
            yield section
            section = ""
        section += line
    yield section


def from_files(texts: list[str], seed: int, k: int, count: int) -> None:
    """Print rows of texts over the facts of `kb/`."""
    sources = [ROOT / "kb" / name for name in ("domain/world.ttl", "domain/elements.ttl", "commonsense/everyday.ttl")]
    kb = build_kb(sources, lexicon=ROOT / "kb/lexicon.ttl", languages=["en", "zh", "ar"])
    retriever = Retriever(kb, FactIndex.build(kb, load_encoder("all-MiniLM-L6-v2")))
    wordings = [retriever.wording, *(Wording(kb, language) for language in ("zh", "ar"))]
    hits = retriever.retrieve([prose(text) for text in texts], k=k, about=True)
    ids = [str(number) for number in range(len(texts))]
    table, counts = inject_facts(wordings, texts, ids, hits, position=list(POSITIONS), seed=seed)
    print(*(f"{reason}: {number}" for reason, number in counts.items()), sep="\n")
    show(table, texts, count, seed)


def show(table: pa.Table, texts: list[str], count: int, seed: int) -> None:
    """Print rows of each position, drawn at random, each of another text.

    Raises:
        ValueError: Cutting the spans out of a row does not restore its text.
    """
    rows, shown = table.to_pylist(), set[str]()
    for row in rows:
        if marked(row, "", "", cut=True) != texts[int(row["text_id"])]:
            raise ValueError(f"The spans of {row['id']} do not restore its text.")
    order = [rows[number] for number in np.random.default_rng(seed).permutation(len(rows))]
    for name in POSITIONS:
        some: list[dict[str, Any]] = []
        for row in order:
            if len(some) < count and row["form"] == f"inject-{name}" and row["text_id"] not in shown:
                some.append(row)
                shown.add(row["text_id"])
        for row in some:
            print(f"--- {name}, {row['language']}\n{marked(row, '⟦', '⟧')}")


def marked(row: dict[str, Any], left: str, right: str, *, cut: bool = False) -> str:
    """A row as one text with its spans between marks, or without them."""
    fields: dict[str, str] = {"prompt": row["prompt"], "completion": row["completion"]}
    for span in sorted(row["spans"], key=lambda span: -span["start"]):
        text = fields[span["field"]]
        piece = "" if cut else text[span["start"] : span["end"]]
        fields[span["field"]] = text[: span["start"]] + left + piece + right + text[span["end"] :]
    return fields["prompt"] + ("" if cut else "▸ ") + fields["completion"]


def measure(task: Task, retriever: Retriever, seed: int, number: int, k: int, count: int) -> None:
    """Print the table of some texts drawn with a seed, and some rows."""
    drawn = np.random.default_rng(seed).choice(len(task.texts), number, replace=False)
    texts = [task.texts[number] for number in drawn]
    stated: dict[str, set[int]] = {}
    for text, facts in zip(task.texts, task.wanted, strict=True):
        stated.setdefault(text, set()).update(*facts)
    gold = [stated[text] for text in texts]
    ids, tables = [str(one) for one in range(number)], list[pa.Table]()
    print("| | rows | facts | about the subject | object only | rows with the fact |\n|---|---:|---:|---:|---:|---:|")
    plain = retriever.retrieve(texts, k=k)
    before = {"text_id": plain["text"].cast(pa.string()), "facts": [[one] for one in plain["fact"].to_pylist()]}
    line("retrieved, without a choice", figures(pa.table(before), task.kb, retriever, texts, gold))
    hits = retriever.retrieve([prose(text) for text in texts], k=k, about=True)
    for name, position in POSITIONS.items():
        table, counts = inject_facts(retriever.wording, texts, ids, hits, position=name)
        tables.append(table)
        if position.near:
            continue  # holds others on purpose
        line(name, figures(table, task.kb, retriever, texts, gold))
        print(*(f"  {reason}: {number}" for reason, number in counts.items()), sep="\n")
    show(pa.concat_tables(tables), texts, count, seed)


def line(name: str, found: Figures) -> None:
    """Print a line of the table."""
    shares = " | ".join(f"{share:.1%}" for share in found[2:])
    print(f"| {name} | {found.rows} | {found.facts} | {shares} |", flush=True)


if __name__ == "__main__":
    main()
