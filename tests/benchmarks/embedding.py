"""Embedding the facts' sentences: each backend against `SentenceTransformer.encode` as it comes, in one run.

`python -m tests.benchmarks.embedding [--facts N] [--threads 1]` prints seconds, the ratio, the least cosine to what
sentence-transformers gives, and the share of the speed that this processor's matrix products reach.
"""

import argparse
import os
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np

_ROOT = Path(__file__).parents[2]


def main() -> None:
    """Print the table."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--facts", type=int, default=1500)
    parser.add_argument("--threads", type=int, default=len(os.sched_getaffinity(0)))
    given = parser.parse_args()
    os.environ["OMP_NUM_THREADS"] = str(given.threads)  # before torch is imported
    import torch
    from sentence_transformers import SentenceTransformer

    from kaug.knowledge.build import build_kb
    from kaug.models.find import find_encoder
    from kaug.pipeline.describe import machine
    from kaug.retrieval.encoder import load_encoder
    from kaug.retrieval.encoders.choice import candidates
    from kaug.wording.wording import Wording
    from tests.benchmarks.__main__ import in_turns

    torch.set_num_threads(given.threads)
    kb = build_kb([_ROOT / "kb/commonsense/everyday.ttl"], lexicon=_ROOT / "kb/lexicon.ttl")
    texts = Wording(kb).sentences(np.arange(given.facts) % kb.facts.num_rows).to_pylist()
    plain = SentenceTransformer(str(find_encoder("all-MiniLM-L6-v2")), device="cpu")
    works: dict[str, Callable[[], Any]] = {
        "SentenceTransformer.encode": lambda: plain.encode(texts, normalize_embeddings=True)
    }
    for name in candidates():
        encoder = load_encoder("all-MiniLM-L6-v2", name)  # type: ignore[arg-type]
        works[name] = lambda encoder=encoder: encoder.encode(texts)  # type: ignore[misc]
    rows = {name: work() for name, work in works.items()}
    best = in_turns(works)
    reference = rows["SentenceTransformer.encode"]
    work_done = 2 * _weights(plain) * sum(len(ids) for ids in plain.tokenizer(texts)["input_ids"])
    peak = _peak()
    print(f"{machine()}; {given.threads} threads; {len(texts):,} sentences; products {peak / 1e9:.0f} GFLOP/s")
    print(f"{'backend':28} {'seconds':>8} {'ratio':>6} {'cosine':>9} {'of products':>12}")
    for name, seconds in best.items():
        cosine = float((rows[name] * reference).sum(axis=1).min())
        ratio = best["SentenceTransformer.encode"] / seconds
        print(f"{name:28} {seconds:8.3f} {ratio:6.2f} {cosine:9.6f} {work_done / seconds / peak:12.0%}", flush=True)


def _weights(model: Any) -> int:
    """The weights that each token is multiplied with."""
    return sum(weight.numel() for name, weight in model.named_parameters() if "layer." in name and weight.ndim == 2)


def _peak() -> float:
    """FLOP/s of a large product in float32, the best of some."""
    import torch

    left, seconds = torch.ones(1536, 1536), np.inf
    for _ in range(5):
        started = time.perf_counter()
        torch.mm(left, left)
        seconds = min(seconds, time.perf_counter() - started)
    return 2 * 1536**3 / float(seconds)


if __name__ == "__main__":
    main()
