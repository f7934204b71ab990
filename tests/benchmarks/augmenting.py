"""Texts to open-book rows with five facts each, everything included, against the loop that one would write.

`python -m tests.benchmarks.augmenting [--texts N]`. The texts are sentences of LAMA T-REx, the facts all of its facts; both
ways start from embedded facts and end with a `datasets.Dataset`. The loop encodes each batch with sentence-transformers as it
comes, asks a FAISS `IndexFlatIP`, and writes each row in `Dataset.map`; it finds by meaning alone, and says no spans.
"""

import argparse
import time
from collections.abc import Callable
from typing import Any

import datasets
import faiss
import numpy as np

import kaug
from kaug.models.find import find_encoder
from kaug.retrieval.encoder import load_encoder
from kaug.retrieval.index import FactIndex
from kaug.retrieval.retriever import Retriever
from kaug.wording.wording import Wording
from tests.benchmarks.__main__ import in_turns
from tests.benchmarks.finding import lama

_BATCH = 64


def loop(texts: list[str], sentences: list[str], index: Any, model: Any) -> datasets.Dataset:
    """Texts with the five facts nearest to each, as one would write it."""

    def add(rows: dict[str, list[str]]) -> dict[str, list[list[int]]]:
        _, found = index.search(model.encode(rows["text"], normalize_embeddings=True), 5)
        return {"facts": found.tolist()}

    def write(row: dict[str, Any]) -> dict[str, str]:
        return {"prompt": " ".join(sentences[fact] for fact in row["facts"]) + "\n", "completion": row["text"]}

    found = datasets.Dataset.from_dict({"text": texts}).map(add, batched=True, batch_size=_BATCH)
    return found.map(write)


def main() -> None:
    """Print what each way takes, and what part of ours is spent on embedding the texts."""
    from sentence_transformers import SentenceTransformer

    from kaug.pipeline.describe import machine

    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--texts", type=int, default=2000)
    parser.add_argument("--backend", default="auto")
    given = parser.parse_args()
    datasets.disable_caching()
    datasets.disable_progress_bars()
    task = next(lama())
    texts = task.texts[: given.texts]
    encoder = load_encoder("all-MiniLM-L6-v2", given.backend, texts=10**6)
    index = FactIndex.build(task.kb, encoder)
    rows = np.arange(task.kb.facts.num_rows)
    sentences = Wording(task.kb).sentences(rows).to_pylist()
    flat = faiss.IndexFlatIP(encoder.dimension)
    flat.add(index.vectors[rows])
    model = SentenceTransformer(str(find_encoder("all-MiniLM-L6-v2")), device="cpu")
    retriever = Retriever(task.kb, index)
    ways: dict[str, Callable[[], object]] = {
        "plain loop": lambda: loop(texts, sentences, flat, model),
        "kaug.open_book_rows": lambda: kaug.open_book_rows(texts, retriever, k=5, threshold=-1),
        "of that, retrieval": lambda: retriever.retrieve(texts, k=5, threshold=-1.0),
        "of that, embedding": lambda: encoder.encode(texts, query=True),
    }
    print(f"{machine()}; {encoder.backend}; {len(texts):,} texts; {time.strftime('%Y-%m-%d')}")
    best = in_turns(ways)
    for name, seconds in best.items():
        times = best["plain loop"] / seconds
        print(f"{name:20} {1000 * seconds / len(texts):8.2f} ms a text {times:8.2f} times", flush=True)


if __name__ == "__main__":
    main()
