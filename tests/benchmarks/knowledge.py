"""RDF to columns: time and memory, ours and rdflib's, on the same file, each in a process of its own.

`python -m tests.benchmarks.knowledge` prints the table; `--most 10000000` goes on to ten million triples.
"""

import argparse
import importlib
import json
import os
import re
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np

_BASE, _WORDS = "http://example.org/resource/", "http://example.org/ontology/"
_XSD, _LABEL = "http://www.w3.org/2001/XMLSchema#", "http://www.w3.org/2000/01/rdf-schema#label"
_SYLLABLES = ("ka", "lo", "mi", "ter", "van", "sol", "dra", "pe", "nor", "qui")


def write_triples(path: Path, count: int) -> None:
    """Write N-Triples of `count / 10` entities: a type, two labels, four links, a number, a date, a text each."""
    generator = np.random.default_rng(0)
    entities = count // 10
    links = generator.integers(0, entities, (entities, 4))
    people, days = generator.integers(0, 10**7, entities), generator.integers(0, 20_000, entities)
    start = np.datetime64("1960-01-01")
    with path.open("w", encoding="utf-8") as file:
        for number in range(entities):
            name, this = _name(number), f"<{_BASE}{_name(number)}_{number}>"
            near = [f"<{_BASE}{_name(int(other))}_{other}>" for other in links[number]]
            file.write(f"{this} <http://www.w3.org/1999/02/22-rdf-syntax-ns#type> <{_WORDS}Class{number % 40}> .\n")
            file.write(f'{this} <{_LABEL}> "{name} {number}"@en .\n{this} <{_LABEL}> "Étoile {name} {number}"@fr .\n')
            for turn, other in enumerate(near):
                file.write(f"{this} <{_WORDS}relation{(number + turn) % 25}> {other} .\n")
            file.write(f'{this} <{_WORDS}population> "{people[number]}"^^<{_XSD}integer> .\n')
            file.write(f'{this} <{_WORDS}founded> "{start + int(days[number])}"^^<{_XSD}date> .\n')
            text = (
                f'{name} is of class {number % 40}, near {_name(int(links[number, 0]))}, known for \\"{number // 3}\\".'
            )
            file.write(f'{this} <{_WORDS}abstract> "{text}"@en .\n')


def _name(number: int) -> str:
    number, parts = number + 7, []
    while number:
        number, digit = divmod(number, 10)
        parts.append(_SYLLABLES[digit])
    return "".join(parts).capitalize()


def _columns(path: Path) -> int:
    from kaug.rdf.read import lean_memory, read_source
    from kaug.rdf.sources import source_of

    with lean_memory():
        return len(read_source(source_of(path)).triples)


def _tables(path: Path) -> int:
    from kaug.knowledge.build import build_kb

    return int(build_kb([path], languages=("en", "fr")).counts[f"triples {path.stem}"])


def _rdflib(path: Path) -> int:
    import rdflib

    return len(rdflib.Graph().parse(path, format="nt" if path.suffix == ".nt" else "turtle"))


def _dictionary(path: Path) -> int:
    import pyoxigraph as ox

    numbers: dict[str, int] = {}
    syntax = ox.RdfFormat.N_TRIPLES if path.suffix == ".nt" else ox.RdfFormat.TURTLE
    rows = [
        [numbers.setdefault(str(term), len(numbers)) for term in (quad.subject, quad.predicate, quad.object)]
        for quad in ox.parse(path=path, format=syntax)
    ]
    return len(rows)


def measure(what: str, path: Path, cores: int = 1) -> dict[str, float]:
    """Do one piece of work in a process of its own; return its seconds, peak MB, and triples."""
    allowed = sorted(os.sched_getaffinity(0))[:cores]
    done = subprocess.run(
        [sys.executable, "-m", "tests.benchmarks.knowledge", "--work", what, str(path)],
        capture_output=True,
        text=True,
        check=True,
        preexec_fn=lambda: os.sched_setaffinity(0, allowed),
    )
    found: dict[str, float] = json.loads(done.stdout)
    return found


def _work(what: str, path: Path) -> None:
    # What is measured is the work, not the imports; pyarrow imports pandas when it first hands over a column.
    for name in (
        ("rdflib",)
        if what == "rdflib"
        else ("pyoxigraph",)
        if what == "dictionary"
        else ("pandas", "kaug.knowledge.build")
    ):
        importlib.import_module(name)
    started = time.perf_counter()
    done = _WORK[what](path)
    seconds = time.perf_counter() - started
    status = Path("/proc/self/status").read_text()  # of this program alone: ru_maxrss counts the one that started it
    peak = int(re.search(r"VmHWM:\s+(\d+)", status)[1]) / 1024  # type: ignore[index]
    print(json.dumps({"seconds": seconds, "peak": peak, **(done if isinstance(done, dict) else {"triples": done})}))


def _use(folder: Path) -> dict[str, float]:
    """Open a built knowledge base and write the facts of 10,000 entities, twice: ms, µs a fact, µs a fact."""
    from kaug.knowledge.knowledge_base import load_kb
    from kaug.wording.wording import Wording

    started = time.perf_counter()
    kb = load_kb(folder)
    opened = time.perf_counter() - started
    wording = Wording(kb)
    subjects, _, objects = kb.columns()
    entities = np.unique(subjects)[:10_000]
    each = []
    for _ in range(2):
        started = time.perf_counter()
        rows = np.flatnonzero(np.isin(subjects, entities) | np.isin(objects, entities))
        wording.sentences(rows)
        each.append((time.perf_counter() - started) / len(rows) * 1e6)
    return {"opened": opened * 1000, "first": each[0], "again": each[1]}


_WORK: dict[str, Callable[[Path], Any]] = {
    "columns": _columns,
    "tables": _tables,
    "rdflib": _rdflib,
    "dictionary": _dictionary,
    "use": _use,
}


def _save(path: Path, folder: Path) -> None:
    """Build a knowledge base into a folder."""
    from kaug.knowledge.build import build_kb
    from kaug.knowledge.knowledge_base import save_kb
    from kaug.store.artifact import publish

    with publish(folder / "1-knowledge", stage="knowledge", fingerprint="benchmark") as draft:
        save_kb(build_kb([path]), draft.path)


def main() -> None:
    """Print the tables."""
    import pyoxigraph as ox

    parser = argparse.ArgumentParser()
    parser.add_argument("--work")
    parser.add_argument("--most", type=int, default=1_000_000)
    parser.add_argument("path", nargs="?", type=Path)
    given = parser.parse_args()
    if given.work:
        _work(given.work, given.path)
        return
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        lines, turtle = folder / "a.nt", folder / "a.ttl"
        write_triples(lines, 1_000_000)
        prefixes = {"r": _BASE, "o": _WORDS, "xsd": _XSD}
        triples = (quad.triple for quad in ox.parse(path=lines, format=ox.RdfFormat.N_TRIPLES))
        ox.serialize(triples, turtle, format=ox.RdfFormat.TURTLE, prefixes=prefixes)
        print(f"{'1M triples, one core unless said':46} {'seconds':>8} {'peak MB':>8} {'times rdflib':>12}")
        for path in (lines, turtle):
            theirs = measure("rdflib", path)
            for what, cores in (
                ("columns", 1),
                ("columns", 2),
                ("tables", 1),
                ("tables", 2),
                ("dictionary", 1),
                ("rdflib", 1),
            ):
                ours = theirs if what == "rdflib" else min((measure(what, path, cores) for _ in range(2)), key=_seconds)
                title = f"{path.suffix} {what}" + (f", {cores} cores" if cores > 1 else "")
                ratio = theirs["seconds"] / ours["seconds"]
                print(f"{title:46} {ours['seconds']:8.2f} {ours['peak']:8.0f} {ratio:12.1f}", flush=True)
        _save(lines, folder)
        used = min((measure("use", folder) for _ in range(2)), key=lambda found: found["first"])
        print(f"open: {used['opened']:.1f} ms; facts of 10,000 entities with text:", end=" ")
        print(f"{used['first']:.2f} µs each, again {used['again']:.2f} µs")
        print(f"\n{'triples':>12} {'seconds':>8} {'peak MB':>8} {'µs a triple':>12}   (N-Triples to tables, one core)")
        count = 100_000
        while count <= given.most:
            write_triples(lines, count)
            ours = measure("tables", lines)
            print(
                f"{count:12,} {ours['seconds']:8.2f} {ours['peak']:8.0f} {ours['seconds'] / count * 1e6:12.2f}",
                flush=True,
            )
            count *= 10


def _seconds(found: dict[str, float]) -> float:
    return found["seconds"]


if __name__ == "__main__":
    main()
