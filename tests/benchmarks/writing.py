"""Facts to closed-book shards: rows a second and peak memory, against the same forms through `Dataset.map`.

`python -m tests.benchmarks.writing [--forms FORMS...]`; MetaQA is found in KAUG_TEST_DATA, or in shared/data beside the project.
The facts are those of `kb/` in English and Chinese, and MetaQA, all of them and a tenth. Rows are written, cleaned and checked as
in a run without an exam, each time by a process of its own. The loop is what one would otherwise write for the form `statement`:
a template for each row of facts, in `Dataset.map`, then `save_to_disk`. Exits with an error if all of MetaQA takes over a tenth
more memory than a tenth of it.
"""

import argparse
import multiprocessing
import sys
import tempfile
import time
from collections.abc import Iterator, Sequence
from concurrent.futures import ProcessPoolExecutor
from pathlib import Path
from typing import Any

import numpy as np
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
from kaug.wording.wording import Wording
from tests.benchmarks.linking import DATA

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


def ours(folder: Path, languages: Sequence[str], forms: Sequence[str]) -> tuple[int, float, float]:
    """Write the rows of all taught facts; return their number, the seconds and the peak memory in MiB."""
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

        rows = write_shards(tables(), Path(out) / "rows")["train"].rows
        seconds = time.perf_counter() - begun
    return rows, seconds, _peak()


def loop(folder: Path, most: int) -> tuple[int, float, float]:
    """Write one statement for each template and fact in `Dataset.map`, for at most so many facts."""
    import datasets

    datasets.disable_progress_bars()
    datasets.disable_caching()
    kb = load_kb(folder)
    wording = Wording(kb)
    subjects, predicates, objects = (column[:most] for column in kb.columns(kb.taught))
    phrases = wording.phrases().to_pylist()
    templates = {int(p): wording.templates(int(p), "statement")[:5] for p in np.unique(predicates)}
    ids = kb.hex_ids.take(pa.array(kb.taught[:most]))
    data = datasets.Dataset.from_dict({"fact": ids.to_pylist(), "s": subjects, "p": predicates, "o": objects})
    begun = time.perf_counter()

    def write(row: dict[str, Any], template: int) -> dict[str, Any]:
        some = templates[row["p"]]
        text = some[template % len(some)].replace("{s}", phrases[row["s"]]).replace("{o}", phrases[row["o"]])
        span = {"fact": 0, "field": "completion", "start": 0, "end": len(text)}
        return {"prompt": "", "completion": text, "facts": [row["fact"]], "spans": [span]}

    rows = 0
    with tempfile.TemporaryDirectory() as out:
        for template in range(5):
            written = data.map(write, fn_kwargs={"template": template}, remove_columns=data.column_names)
            written.save_to_disk(f"{out}/{template}")
            rows += len(written)
    return rows, time.perf_counter() - begun, _peak()


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
        plain, seconds, _ = alone(loop, knowledge["MetaQA"][0], 10_000)
        by_map = plain / seconds
        print(f"{'Dataset.map, statement':24} {plain:10,} rows {by_map:10,.0f} rows/s", flush=True)
        peaks = {}
        for name, (path, languages) in knowledge.items():
            for some in (["statement"], forms) if name == "MetaQA" else (forms,):
                rows, seconds, peak = alone(ours, path, languages, some)
                speed = rows / seconds
                title = f"{name}, statement" if some == ["statement"] else name
                print(
                    f"{title:24} {rows:10,} rows {speed:10,.0f} rows/s {speed / by_map:6.1f} times {peak:7.0f} MiB",
                    flush=True,
                )
                peaks[title] = peak
    if peaks["MetaQA"] > 1.1 * peaks["a tenth of MetaQA"]:
        sys.exit(f"Memory grows: {peaks['MetaQA'] / peaks['a tenth of MetaQA']:.2f} times for ten times the facts.")


if __name__ == "__main__":
    main()
