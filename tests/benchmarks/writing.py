"""Facts to closed-book shards: rows a second and peak memory, against the same forms through `Dataset.map`.

`python -m tests.benchmarks.writing [--forms FORMS...]`; MetaQA is found in KAUG_TEST_DATA, or in shared/data beside the project.
The facts are those of `kb/` in English and Chinese, and MetaQA, all of them and a tenth. Rows are written, cleaned and checked as
in a run without an exam, each time by a process of its own. The loops are what one would otherwise write for the default
forms (`tests.benchmarks.mapped`): a function for each row of facts, in `Dataset.map`, then `save_to_disk`. They set what to
compare with: the time that they would take for as many rows of each form. Exits with an error if all of MetaQA takes over a
tenth more memory than a tenth of it.
"""

import argparse
import multiprocessing
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Iterator, Sequence
from concurrent.futures import ProcessPoolExecutor
from pathlib import Path
from typing import Any

import pyarrow as pa

from kaug.augmentation.arms import arm_pieces
from kaug.augmentation.forms import DEFAULT, FORMS
from kaug.augmentation.settings import AugmentationSettings
from kaug.augmentation.shards import write_shards
from kaug.importers import run_importer
from kaug.knowledge.build import build_kb
from kaug.knowledge.knowledge_base import load_kb
from kaug.pipeline.describe import machine
from kaug.tables import PROBES
from tests.benchmarks.linking import DATA
from tests.benchmarks.mapped import loops

ROOT = Path(__file__).parents[2]


def build(folder: Path) -> dict[str, tuple[Path, list[str]]]:
    """Build the knowledge bases; return the folder and the languages of each."""
    files = [ROOT / "kb" / name for name in ("domain/world.ttl", "domain/elements.ttl", "commonsense/everyday.ttl")]
    build_kb(files, lexicon=ROOT / "kb/lexicon.ttl", languages=("en", "zh")).save(folder / "kb")
    run_importer("metaqa", [DATA / "metaqa"], folder / "metaqa.nq")
    whole = build_kb([folder / "metaqa.nq"])
    whole.save(folder / "metaqa")
    build_kb([folder / "metaqa.nq"], limit=len(whole.taught) // 10).save(folder / "tenth")
    return {
        "kb/": (folder / "kb", ["en", "zh"]),
        "a tenth of MetaQA": (folder / "tenth", ["en"]),
        "MetaQA": (folder / "metaqa", ["en"]),
    }


def ours(folder: Path, languages: Sequence[str], forms: Sequence[str]) -> tuple[Counter[str], float, float]:
    """Write the rows of all taught facts; return their number by form, the seconds and the peak memory in MiB."""
    kb = load_kb(folder)
    with tempfile.TemporaryDirectory() as out:
        write_shards([], Path(out) / "first")  # imports datasets
        begun = time.perf_counter()

        def tables() -> Iterator[tuple[str, pa.Table]]:
            settings = AugmentationSettings(forms=list(forms))
            pieces, _ = arm_pieces(kb, "augmented", PROBES.empty_table(), [], [], settings, languages=languages)
            for piece in pieces:
                for table in piece():
                    yield "train", table

        counts = write_shards(tables(), Path(out) / "rows")["train"].counts
        seconds = time.perf_counter() - begun
    rows: Counter[str] = Counter()
    for name, count in counts.items():
        rows[name.split()[-1].removeprefix("inverse-")] += count
    return rows, seconds, _peak()


def by_map(folder: Path, most: int) -> dict[str, float]:
    """Write the rows of each default form in `Dataset.map`, for at most so many facts; return rows a second."""
    import datasets

    datasets.disable_progress_bars()
    datasets.disable_caching()
    speeds = {}
    for form, (facts, write, times) in loops(load_kb(folder), most).items():
        data = datasets.Dataset.from_list(facts)
        with tempfile.TemporaryDirectory() as out:
            begun = time.perf_counter()
            for turn in range(times):
                written = data.map(write, fn_kwargs={"turn": turn}, remove_columns=data.column_names)
                written.save_to_disk(f"{out}/{turn}")
            speeds[form] = times * len(data) / (time.perf_counter() - begun)
    return speeds


def _peak() -> float:
    """Return the peak memory of this process in MiB; `getrusage` would count that of the process that started it."""
    status = Path("/proc/self/status").read_text(encoding="utf-8")
    return int(status.split("VmHWM:")[1].split()[0]) / 1024


def alone(function: Any, *given: Any) -> Any:
    """Call a function in a process of its own."""
    with ProcessPoolExecutor(1, multiprocessing.get_context("spawn")) as pool:
        return pool.submit(function, *given).result()


def main() -> None:
    """Print rows, rows a second and memory."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--forms", nargs="+", default=list(DEFAULT), choices=list(FORMS), metavar="FORMS")
    forms = parser.parse_args().forms
    print(f"{machine()}; {time.strftime('%Y-%m-%d')}; {', '.join(forms)}")
    with tempfile.TemporaryDirectory() as folder:
        knowledge = build(Path(folder))
        loops_of = alone(by_map, knowledge["MetaQA"][0], 10_000)
        for form, speed in loops_of.items():
            print(f"{'Dataset.map, ' + form:24} {'':15} {speed:10,.0f} rows/s", flush=True)
        peaks = {}
        for name, (path, languages) in knowledge.items():
            for some in ([[form] for form in forms] + [forms]) if name == "MetaQA" else (forms,):
                rows, seconds, peak = alone(ours, path, languages, some)
                title, count = name if some is forms else f"{name}, {some[0]}", rows.total()
                line = f"{title:24} {count:10,} rows {count / seconds:10,.0f} rows/s {peak:7.0f} MiB"
                if rows.keys() <= loops_of.keys():
                    mapped = sum(count / loops_of[form] for form, count in rows.items())
                    line += f" {mapped / seconds:6.1f} times as fast as Dataset.map"
                print(line, flush=True)
                peaks[title] = peak
    if peaks["MetaQA"] > 1.1 * peaks["a tenth of MetaQA"]:
        sys.exit(f"Memory grows: {peaks['MetaQA'] / peaks['a tenth of MetaQA']:.2f} times for ten times the facts.")


if __name__ == "__main__":
    main()
