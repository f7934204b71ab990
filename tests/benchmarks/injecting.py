"""Sentences and the facts that they state → which facts open-book rows show with them.

`python -m tests.benchmarks.injecting [--seed N] [--texts N] [--k N] [--show N]` draws sentences of LAMA T-REx, over all of its
facts as RDF, and prints a table: of each position the rows, the share of the facts shown whose subject is what the sentence is
about (the subject of a fact that T-REx found in it), the share of facts that have only their object in common with it, and the
share of rows with the fact of the sentence. `--show N` prints N rows of each position too. The rules were made on seed 1.
"""

import argparse
from collections import Counter
from typing import NamedTuple

import numpy as np
import pyarrow as pa

from kaug.augmentation.inject import inject_facts
from kaug.augmentation.openbook.positions import POSITIONS
from kaug.augmentation.openbook.protected import prose
from kaug.knowledge.knowledge_base import KnowledgeBase
from kaug.retrieval.encoder import load_encoder
from kaug.retrieval.index import FactIndex
from kaug.retrieval.retriever import Retriever
from kaug.words.containment import holds_any
from tests.benchmarks.finding import Task, lama


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
    given = parser.parse_args()
    task = tasks()
    retriever = Retriever(task.kb, FactIndex.build(task.kb, load_encoder("all-MiniLM-L6-v2")))
    measure(task, retriever, given.seed, given.texts, given.k, given.show)


def measure(task: Task, retriever: Retriever, seed: int, count: int, k: int, show: int) -> None:
    """Print the table of some texts drawn with a seed."""
    drawn = np.random.default_rng(seed).choice(len(task.texts), count, replace=False)
    texts = [task.texts[number] for number in drawn]
    stated: dict[str, set[int]] = {}
    for text, facts in zip(task.texts, task.wanted, strict=True):
        stated.setdefault(text, set()).update(*facts)
    gold = [stated[text] for text in texts]
    ids = [str(number) for number in range(count)]
    print("| | rows | facts | about the subject | object only | rows with the fact |\n|---|---:|---:|---:|---:|---:|")
    plain = retriever.retrieve(texts, k=k)
    before = {"text_id": plain["text"].cast(pa.string()), "facts": [[one] for one in plain["fact"].to_pylist()]}
    line("retrieved, without a choice", figures(pa.table(before), task.kb, retriever, texts, gold))
    hits = retriever.retrieve([prose(text) for text in texts], k=k, about=True)
    for name, position in POSITIONS.items():
        table, counts = inject_facts(retriever.wording, texts, ids, hits, position=name)
        if position.near:
            continue  # holds others on purpose
        line(name, figures(table, task.kb, retriever, texts, gold))
        print(*(f"  {reason}: {number}" for reason, number in counts.items()), sep="\n")
        for row in table.slice(0, show).to_pylist():
            print(f"  {row['prompt']!r} ▸ {row['completion']!r}")


def line(name: str, found: Figures) -> None:
    """Print a line of the table."""
    shares = " | ".join(f"{share:.1%}" for share in found[2:])
    print(f"| {name} | {found.rows} | {found.facts} | {shares} |", flush=True)


if __name__ == "__main__":
    main()
