"""Work in parts: the same results from this process, from several, and from the nodes of a Ray cluster."""

import os
import signal
import time
from collections.abc import Callable, Iterator
from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from kaug.errors import LeakError, ModelError, PipelineError
from kaug.pipeline.execute import Store, execute_here
from kaug.pipeline.execution import ExecutionSettings
from kaug.pipeline.make.index import IndexSettings, SentenceEncoder
from kaug.pipeline.project import project_of
from kaug.pipeline.settings import Pipeline
from kaug.pipeline.stage import Inputs, closure
from kaug.pipeline.stages import list_stages, targets
from kaug.pipeline.workers import EXECUTORS, in_order

FACTS = 300
TOML = """
question = "?"
[knowledge]
sources = ["facts.ttl"]
languages = ["en"]
[augmentation]
inject = ["before"]
replay = 0.2
forms = ["statement", "question"]
[training]
tokens = 1000
"""


def squares(folder: Path) -> Callable[[int], tuple[int, int]]:
    """Leaves a file for each worker that is opened."""
    (folder / str(os.getpid())).touch()

    def work(number: int) -> tuple[int, int]:
        time.sleep(0.02)
        return os.getpid(), number * number

    return work


def dying_once(mark: Path) -> Callable[[int], int]:
    """The first worker that gets part 5 is killed by it."""

    def work(number: int) -> int:
        if number == 5 and not mark.exists():
            mark.touch()
            os.kill(os.getpid(), signal.SIGKILL)
        return number

    return work


def refusing() -> Callable[[int], int]:
    def work(number: int) -> int:
        if number == 2:
            raise LeakError("part 2 leaks")
        return number

    return work


@pytest.fixture(scope="module")
def two_nodes() -> Iterator[str]:
    """A real Ray cluster of two nodes on this machine; its address."""
    import ray
    from ray.cluster_utils import Cluster

    cluster = Cluster(initialize_head=True, head_node_args={"num_cpus": 1, "include_dashboard": False})
    cluster.add_node(num_cpus=1)
    cluster.wait_for_nodes()
    yield cluster.address
    ray.shutdown()
    cluster.shutdown()


@pytest.mark.slow
@pytest.mark.parametrize("executor", EXECUTORS)
def test_parts_come_in_order_from_every_executor(tmp_path: Path, request: pytest.FixtureRequest, executor: str) -> None:
    address = request.getfixturevalue("two_nodes") if executor == "ray" else ""
    settings = ExecutionSettings(executor=executor, workers=2, address=address)
    made = list(in_order(partial(squares, tmp_path), 40, settings))
    assert [square for _, square in made] == [number * number for number in range(40)]
    workers = {int(file.name) for file in tmp_path.iterdir()}
    assert {worker for worker, _ in made} <= workers
    assert (workers == {os.getpid()}) == (executor == "local")
    assert len(workers) <= 2  # of two, one may be late and find nothing to do


@pytest.mark.slow
@pytest.mark.parametrize("executor", EXECUTORS)
def test_an_error_of_a_part_is_the_error_of_the_work(request: pytest.FixtureRequest, executor: str) -> None:
    address = request.getfixturevalue("two_nodes") if executor == "ray" else ""
    parts = in_order(refusing, 6, ExecutionSettings(executor=executor, workers=2, address=address))
    with pytest.raises(LeakError, match="part 2 leaks"):
        list(parts)


@pytest.mark.slow
def test_the_parts_of_a_killed_worker_are_made_again(tmp_path: Path, two_nodes: str) -> None:
    settings = ExecutionSettings(executor="ray", workers=2, address=two_nodes)
    assert list(in_order(partial(dying_once, tmp_path / "killed"), 12, settings)) == list(range(12))
    assert (tmp_path / "killed").exists()


@pytest.mark.slow
def test_a_killed_process_stops_the_work_with_what_to_do(tmp_path: Path) -> None:
    settings = ExecutionSettings(executor="processes", workers=2)
    with pytest.raises(PipelineError, match=r"A worker died.*execution.workers"):
        list(in_order(partial(dying_once, tmp_path / "killed"), 12, settings))


def test_work_that_cannot_be_sent_is_refused_with_what_would_be_right() -> None:
    with pytest.raises(PipelineError, match="must be a function of a module"):
        list(in_order(lambda: lambda number: number, 3, ExecutionSettings(executor="processes")))


def make_in(executor: str, address: str, folder: Path, command: str, *settings: str, **changes: Any) -> dict[str, str]:
    """Make the stages of a command in an executor; return the digests of their artifacts."""
    things = "".join(f":t{n} :capital :c{n} . :c{n} :river :r{n % 7} .\n" for n in range(FACTS // 2))
    (folder / "facts.ttl").write_text(f"@prefix : <urn:x:> .\n{things}")
    pipeline = Pipeline.parse(
        TOML.replace("facts.ttl", str(folder / "facts.ttl")),
        settings=[
            f"execution.executor={executor}",
            "execution.workers=2",
            f"execution.address={address if executor == 'ray' else ''}",
            *settings,
        ],
    )
    project = project_of(pipeline, folder / executor)
    stages = [
        replace(one, settings=replace(one.settings, **changes[one.kind])) if one.kind in changes else one
        for one in list_stages(project)
    ]
    made = Inputs()
    execute_here(closure(stages, targets(stages, command)), Store(project.out), made)
    return {name: one.digest for name, one in made.artifacts.items()}


@pytest.mark.slow
@pytest.mark.model
def test_rows_are_the_same_bytes_from_every_executor(tmp_path: Path, two_nodes: str) -> None:
    texts = tmp_path / "texts.txt"
    texts.write_text("\n\n".join(f"T{n} lies by the sea, and it rains on day {n}." for n in range(9)))
    digests = {
        executor: make_in(
            executor, two_nodes, tmp_path, "augment", f"augmentation.texts={texts}", augmentation={"block": 100}
        )
        for executor in EXECUTORS
    }
    rows = {
        executor: {name: digest for name, digest in made.items() if name.startswith("4-shards")}
        for executor, made in digests.items()
    }
    assert len(rows["local"]) == 3
    assert rows["processes"] == rows["local"] == rows["ray"]


def save_static_model(folder: Path) -> None:
    """A static model, which adds up a vector for each letter."""
    from model2vec import StaticModel
    from tokenizers import Tokenizer, models, pre_tokenizers

    letters = "abcdefghijklmnopqrstuvwxyzTCR0123456789"
    tokenizer = Tokenizer(models.WordLevel({word: n for n, word in enumerate(["<unk>", "<pad>", *letters])}, "<unk>"))
    tokenizer.pre_tokenizer = pre_tokenizers.Split("", "isolated")
    vectors = np.random.default_rng(0).normal(size=(len(letters) + 2, 16)).astype(np.float32)
    StaticModel(vectors, tokenizer, config={"model_type": "model2vec"}).save_pretrained(folder)


@pytest.mark.slow
def test_the_index_is_the_same_bytes_from_every_executor(tmp_path: Path, two_nodes: str) -> None:
    save_static_model(tmp_path / "letters")
    digests = {
        executor: make_in(
            executor,
            two_nodes,
            tmp_path,
            "search",
            f"retrieval.encoder={tmp_path / 'letters'}",
            retrieval={"part": 40},
        )
        for executor in EXECUTORS
    }
    assert digests["processes"]["2-index"] == digests["local"]["2-index"] == digests["ray"]["2-index"]


def test_a_model_with_other_files_is_refused(tmp_path: Path) -> None:
    save_static_model(tmp_path)
    settings = IndexSettings(str(tmp_path), "auto", 0.99, "en")
    worker = SentenceEncoder(Inputs(), settings, "static", "another digest", tmp_path / "rows.npy", np.array([0]))
    with pytest.raises(ModelError, match="other files on a machine of the cluster"):
        worker()
