"""Rows a second, bytes and peak memory of writing shards, at two sizes a factor of ten apart.

`python -m tests.benchmarks.sharding [--rows N]`. Tables of EXAMPLES are made one after the other, as the forms make them,
and written by a process of its own for each size; the seconds of making them are told apart. Exits with an error if the larger
size takes over a tenth more memory.
"""

import argparse
import multiprocessing
import resource
import sys
import tempfile
import time
from collections.abc import Iterator
from concurrent.futures import ProcessPoolExecutor
from pathlib import Path

import numpy as np
import pyarrow as pa

from kaug.augmentation.rows import Spans, make_rows, mark_spans
from kaug.augmentation.shards import read_shards, write_shards
from kaug.pipeline.describe import machine

_TABLE = 20_000


def tables(count: int) -> Iterator[tuple[str, pa.Table]]:
    """Make questions of one fact each, with spans over prompt and answer."""
    for start in range(0, count, _TABLE):
        numbers = np.arange(start, min(count, start + _TABLE))
        names = [f"{number:09d}" for number in numbers]
        prompts = pa.array([f"What is the capital of the country with the number {name}?" for name in names])
        completions = pa.array([f"the city of {name}" for name in names])
        row = np.arange(len(numbers))
        nothing, ends = np.zeros(len(row), np.int64), np.full(len(row), 21)
        yield (
            "train",
            make_rows(
                family="closed-book",
                form="question",
                task="question-answering",
                prompts=prompts,
                completions=completions,
                facts=[[f"{number:032x}"] for number in numbers],
                spans=mark_spans(len(row), Spans(row, nothing, "completion", nothing, ends)),
            ),
        )


def measure(count: int) -> tuple[float, float, int, int, float]:
    """Write rows; return the seconds of making and of writing them, bytes, shards, and the peak memory in MiB."""
    made = 0.0

    def timed() -> Iterator[tuple[str, pa.Table]]:
        nonlocal made
        begun = time.perf_counter()
        for table in tables(count):
            made += time.perf_counter() - begun
            yield table
            begun = time.perf_counter()

    with tempfile.TemporaryDirectory() as folder:
        write_shards([], Path(folder) / "first")  # imports datasets
        begun = time.perf_counter()
        split = write_shards(timed(), Path(folder) / "rows", shard_size="50MB")["train"]
        seconds = time.perf_counter() - begun - made
        peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
        assert read_shards(Path(folder) / "rows").num_rows == split.rows == count
    return made, seconds, split.bytes, split.shards, peak


def main() -> None:
    """Run and print."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rows", type=int, default=200_000)
    rows = parser.parse_args().rows
    print(f"{machine()}; {time.strftime('%Y-%m-%d')}")
    peaks = []
    for count in (rows, 10 * rows):
        with ProcessPoolExecutor(1, multiprocessing.get_context("spawn")) as pool:
            made, seconds, size, shards, peak = pool.submit(measure, count).result()
        peaks.append(peak)
        print(
            f"{count:11,} rows {count / seconds:11,.0f} rows a second written ({count / made:,.0f} made) "
            f"{size / 1e6:8,.0f} MB in {shards} shards {peak:7,.0f} MiB at most",
            flush=True,
        )
    print(f"peak memory: {peaks[1] / peaks[0]:.2f} times at ten times the rows")
    sys.exit(peaks[1] > 1.1 * peaks[0])


if __name__ == "__main__":
    main()
