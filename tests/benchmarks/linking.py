"""Finding names in texts: MB a second, ours and others', on one core, and how long the tables take to build.

`python -m tests.benchmarks.linking` prints the table; it needs third-party data, from KAUG_TEST_DATA or from shared/data
beside the project, and flashtext2 for a comparison with it. Others find spans, without rules of case; ours finds terms.
"""

import importlib.util
import json
import os
import tempfile
import time
from collections.abc import Callable, Iterator
from pathlib import Path

from tests.benchmarks.__main__ import ROOT, best_of

DATA = Path(os.environ.get("KAUG_TEST_DATA", ROOT.parent / "shared" / "data"))
_LABEL = "<http://www.w3.org/2000/01/rdf-schema#label>"


def sentences() -> list[str]:
    """The sentences of LAMA T-REx."""
    return [row["sentence"] for row in _lama()]


def write_knowledge(path: Path, most: int) -> None:
    """Write the triples of ConceptNet-100k and LAMA T-REx, up to so many labels, as N-Triples."""
    seen: set[str] = set()
    with path.open("w", encoding="utf-8") as file:
        for left, relation, right in _triples():
            for one in (left, right):
                if one not in seen:
                    seen.add(one)
                    file.write(f"<urn:x:{len(one)}-{one.encode().hex()}> {_LABEL} {json.dumps(one)}@en .\n")
            ends = (f"<urn:x:{len(one)}-{one.encode().hex()}>" for one in (left, right))
            file.write(f" <urn:r:{relation}> ".join(ends) + " .\n")
            if len(seen) >= most:
                return


def _lama() -> Iterator[dict[str, str]]:
    with (DATA / "lama-trex" / "facts.jsonl").open(encoding="utf-8") as file:
        yield from map(json.loads, file)


def _triples() -> Iterator[tuple[str, str, str]]:
    for row in _lama():
        yield row["subject"], row["predicate_id"], row["object"]
    for name in ("train", "dev1", "dev2", "valid", "test"):
        with (DATA / "conceptnet100k" / f"{name}.txt").open(encoding="utf-8") as file:
            for line in file:
                relation, left, right = line.rstrip("\n").split("\t")[:3]
                yield left, relation, right


def _others(forms: list[str], texts: list[str]) -> Iterator[tuple[str, Callable[[], object]]]:
    from ahocorasick_rs import AhoCorasick, MatchKind

    lower = [text.lower() for text in texts]
    # The standard kind alone gives overlapping matches, which are what rules of words and case must choose from.
    for name, kind in (("all matches", MatchKind.Standard), ("leftmost-longest, no rules", MatchKind.LeftmostLongest)):
        automaton = AhoCorasick(forms, matchkind=kind, store_patterns=False)
        every = kind == MatchKind.Standard

        def find(automaton: AhoCorasick = automaton, every: bool = every) -> None:
            for text in lower:
                automaton.find_matches_as_indexes(text, overlapping=every)

        yield f"ahocorasick_rs, {name}", find
    if importlib.util.find_spec("flashtext2"):
        from flashtext2 import KeywordProcessor

        processor = KeywordProcessor(case_sensitive=False)
        processor.add_keywords_from_iter(forms)
        yield "flashtext2, whole words", lambda: [processor.extract_keywords_with_span(text) for text in texts]


def main() -> None:
    """Print the tables."""
    from kaug.knowledge.build import build_kb
    from kaug.retrieval.linker import Linker
    from kaug.retrieval.linking.surface import surface_forms

    os.sched_setaffinity(0, sorted(os.sched_getaffinity(0))[:1])
    texts = sentences()
    megabytes = sum(len(text.encode()) for text in texts) / 1e6
    with tempfile.TemporaryDirectory() as name:
        print(
            f"{'labels':>10} {'forms':>10} {'build s':>10} {'µs a label':>10} {'MB/s':>10}   {megabytes:.1f} MB of sentences"
        )
        for most in (1_000, 10_000, 30_000, 100_000):
            file = Path(name) / f"{most}.nt"
            write_knowledge(file, most)
            kb = build_kb([file])
            started = time.perf_counter()
            linker = Linker(kb)
            built = time.perf_counter() - started
            speed = megabytes / best_of(lambda linker=linker: linker.link(texts), 5)  # type: ignore[misc]
            labels = linker.counts["labels"]
            print(
                f"{labels:10,} {len(linker):10,} {built:10.2f} {built / labels * 1e6:10.1f} {speed:10.1f}", flush=True
            )
    forms = sorted({form.lower() for form in surface_forms(kb)[0]["text"].to_pylist()})
    print(f"{'others, with the forms of the last row':50} {'MB/s':>10} {'ours / theirs':>14}")
    for what, find in _others(forms, texts):
        theirs = megabytes / best_of(find, 2)
        print(f"{what:50} {theirs:10.1f} {speed / theirs:14.1f}", flush=True)


if __name__ == "__main__":
    main()
