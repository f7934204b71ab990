"""Facts to an index and queries to hits: time, disk and memory by the number of facts, and FAISS's exact search beside it.

`python -m tests.benchmarks.searching` prints the tables; `--facts` says how many facts are compared with exact search,
`--most` how far the sizes go (from 2,000,000 sentences on, codes stand in lists). Vectors come from no model: each is one
of 8,000 centres, which lie in 400 groups, with noise of its own. `--kb FOLDER` adds a built knowledge base, embedded by
a real encoder.
"""

import argparse
import json
import re
import subprocess
import sys
import tempfile
import time
import zlib
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from kaug.knowledge.build import build_kb
from kaug.knowledge.knowledge_base import KnowledgeBase, load_kb
from kaug.retrieval.encoder import Encoder, load_encoder
from kaug.retrieval.index import FactIndex
from kaug.retrieval.retriever import Retriever
from kaug.wording.wording import Wording
from tests.benchmarks.__main__ import best_of, in_turns

_DIMENSION, _CENTRES, _GROUPS, _NOISE = 384, 8_000, 400, 4_099


class Mixture:
    """Texts to unit vectors that lie about centres, the same text to the same vector."""

    name, dimension = "mixture", _DIMENSION

    def __init__(self) -> None:
        random = np.random.default_rng(0)
        groups = random.standard_normal((_GROUPS, _DIMENSION), np.float32)
        spread = random.standard_normal((_CENTRES, _DIMENSION), np.float32)
        self._centres = groups[random.integers(0, _GROUPS, _CENTRES)] + 0.7 * spread
        self._noise = 0.35 * random.standard_normal((_NOISE, _DIMENSION), np.float32)
        self.seconds = 0.0

    def encode(self, texts: Sequence[str]) -> NDArray[np.float32]:
        started = time.perf_counter()
        key = np.array([zlib.crc32(text.encode()) * 0x9E3779B1 % (1 << 62) for text in texts], np.int64)
        vectors = self._centres[key % _CENTRES]
        vectors += self._noise[key // _CENTRES % _NOISE]
        vectors += self._noise[key // (_CENTRES * _NOISE) % _NOISE]
        vectors /= np.linalg.norm(vectors, axis=1, keepdims=True)
        self.seconds += time.perf_counter() - started
        return vectors


def name(number: int) -> str:
    """One of 5,000 first names and a last name that so many share."""
    return f"{_word(number % 5_000)}_{_word(5_000 + number // 5_000)}"


def _word(number: int) -> str:
    syllables = (number % 100, number // 100 % 100, number // 10_000)
    return "".join("bdfgklmnprstvzcjhwxq"[one // 5] + "aeiou"[one % 5] for one in syllables).capitalize()


def facts(folder: Path, count: int, changed: int = 0) -> KnowledgeBase:
    """A knowledge base of facts that each have a sentence of their own, the first ones said otherwise."""
    file = folder / f"{count}-{changed}.nt"
    with file.open("w", encoding="utf-8") as lines:
        for number in range(count):
            subject = name(count + number if number < changed else number)
            lines.write(f"<urn:x:{subject}> <urn:p:near> <urn:x:place{number % 1000}> .\n")
    return build_kb([file])


def queries(encoder: Encoder | Mixture, count: int) -> NDArray[np.float32]:
    """Vectors of texts that no fact says."""
    return encoder.encode([f"What is asked as number {number}?" for number in range(count)])


def compare(kb: KnowledgeBase, encoder: Encoder | Mixture, asked: NDArray[np.float32] | None = None) -> str:
    """Search for 1,000 queries, top 10: ours, and FAISS's exact index over the same vectors in memory."""
    import faiss

    index = FactIndex.build(kb, encoder)
    asked = queries(encoder, 1000) if asked is None else asked
    flat = faiss.IndexFlatIP(encoder.dimension)
    flat.add(index.vectors[np.arange(len(index))])
    threshold = flat.search(asked, 10)[0][:, -1:]
    found = index.search_vectors(asked, 10)["score"].to_numpy().reshape(-1, 10)
    recall = float(np.mean(found >= threshold - 1e-5))
    ours, theirs = in_turns(
        {"ours": lambda: index.search_vectors(asked, 10), "theirs": lambda: flat.search(asked, 10)}, 7
    ).values()
    ratio = theirs / ours
    return (
        f"{len(index):>10,} {index.kind:>16} {ours:9.3f}s {theirs:9.3f}s {ratio:8.1f} {recall:8.4f} {index.recall:8.4f}"
    )


def grow(count: int) -> dict[str, Any]:
    """Build, save, open and search an index of so many facts, then change one fact in a hundred."""
    with tempfile.TemporaryDirectory() as temporary:
        folder, encoder = Path(temporary), Mixture()
        kb = facts(folder, count)
        (folder / "index").mkdir()
        started = time.perf_counter()
        index = FactIndex.build(kb, encoder, work=folder / "work")
        index.save(folder / "index")
        built = time.perf_counter() - started - encoder.seconds
        sizes = {file.name: file.stat().st_size for file in (folder / "index").rglob("*") if file.is_file()}
        kind, recall = index.kind, index.recall
        del index
        before = _anonymous()
        started = time.perf_counter()
        index = FactIndex.load(folder / "index", kb, encoder)
        opened = time.perf_counter() - started
        asked = queries(encoder, 1000)
        index.search_vectors(asked, 10)
        held = _anonymous() - before
        batch = best_of(lambda: index.search_vectors(asked, 10)) / 1000
        one = best_of(lambda: [index.search_vectors(asked[n : n + 1], 10) for n in range(20)]) / 20
        started = time.perf_counter()
        retriever = Retriever(kb, index)
        joined = time.perf_counter() - started
        about = [
            f"How far is {name(n).replace('_', ' ')} from place{n % 1000}?" for n in range(0, count, count // 1000)
        ]
        many = best_of(lambda: retriever.retrieve(about, k=5)) / len(about)
        few = best_of(lambda: [retriever.retrieve([text], k=5) for text in about[:20]]) / 20
        changed, encoder.seconds = facts(folder, count, count // 100), 0.0
        started = time.perf_counter()
        after = FactIndex.build(changed, encoder, previous=folder / "index", work=folder / "again")
        return {
            "facts": count,
            "kind": kind,
            "recall": recall,
            "built": built,
            "disk": sum(sizes.values()) / 1e6,
            "codes": sizes.get("index.faiss", 0) / 1e6,
            "opened": opened,
            "held": held,
            "one": one * 1000,
            "batch": batch * 1000,
            "joined": joined,
            "text": few * 1000,
            "texts": many * 1000,
            "embedded": len(after) - after.taken_over,
            "again": time.perf_counter() - started - encoder.seconds,
            "peak": _memory("VmHWM"),
        }


def _anonymous() -> float:
    return _memory("RssAnon")


def _memory(what: str) -> float:
    """Memory of this process in MB: `RssAnon` leaves mapped files out, `VmHWM` is the most there ever was."""
    return int(re.search(rf"{what}:\s+(\d+)", Path("/proc/self/status").read_text())[1]) / 1024  # type: ignore[index]


def main() -> None:
    """Print the tables."""
    options = argparse.ArgumentParser(description=__doc__)
    options.add_argument("--facts", type=int, default=100_000, help="facts to compare with exact search")
    options.add_argument("--most", type=int, default=1_000_000, help="facts of the largest index, 10,000 or more")
    options.add_argument("--kb", type=Path, help="a built knowledge base")
    options.add_argument("--grow", type=int, help=argparse.SUPPRESS)
    given = options.parse_args()
    if given.grow:
        print(json.dumps(grow(given.grow)))
        return
    print("1,000 queries, top 10: kaug, and IndexFlatIP with BLAS")
    print(f"{'facts':>10} {'kind':>16} {'kaug':>10} {'exact':>10} {'faster':>8} {'recall':>8} {'stated':>8}")
    with tempfile.TemporaryDirectory() as folder:
        print(compare(facts(Path(folder), given.facts), Mixture()), flush=True)
    if given.kb:
        kb = load_kb(given.kb)
        encoder = load_encoder("all-MiniLM-L6-v2")
        asked = encoder.encode([f"What about {text}?" for text in Wording(kb).labels().to_pylist()[:1000]])
        print(compare(kb, encoder, asked), flush=True)
    print(
        "\nBy size; without embedding. `held` is the index's memory, without mapped files; `joined` is making the linker and "
        "the rest of a retriever, `text` and `texts` one alone and one of 1,000 by `retrieve`; `again` after a change of 1%"
    )
    columns = ["facts", "kind", "recall", "built s", "disk MB", "codes MB", "opened s", "held MB", "one ms", "batch ms"]
    columns += ["joined s", "text ms", "texts ms", "embedded", "again s", "peak MB"]
    print(" ".join(f"{name:>11}" for name in columns))
    sizes = [size for size in (10_000, 100_000, 1_000_000) if size < given.most] + [given.most]
    for size in sizes:
        done = subprocess.run(
            [sys.executable, "-m", "tests.benchmarks.searching", "--grow", str(size)],
            stdout=subprocess.PIPE,
            text=True,
            check=True,
        )
        row = json.loads(done.stdout)
        print(" ".join(f"{v:>11}" if isinstance(v, str) else f"{v:>11,.4g}" for v in row.values()), flush=True)


if __name__ == "__main__":
    main()
