"""Work in parts: the same results from this process, from several, and from the nodes of a Ray cluster."""

import os
import signal
import time
from collections.abc import Callable, Iterator
from dataclasses import replace
from functools import partial
from pathlib import Path

import pytest

from kaug.errors import LeakError, PipelineError
from kaug.pipeline.execute import Store, execute_here
from kaug.pipeline.execution import ExecutionSettings
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


@pytest.mark.slow
@pytest.mark.model
def test_rows_are_the_same_bytes_from_every_executor(tmp_path: Path, two_nodes: str) -> None:
    things = "".join(f":t{n} :capital :c{n} . :c{n} :river :r{n % 7} .\n" for n in range(FACTS // 2))
    (tmp_path / "facts.ttl").write_text(f"@prefix : <urn:x:> .\n{things}")
    (tmp_path / "texts.txt").write_text(
        "\n\n".join(f"T{n} lies by the sea, and it rains on day {n}." for n in range(9))
    )
    digests = {}
    for executor in EXECUTORS:
        pipeline = Pipeline.parse(
            TOML.replace("facts.ttl", str(tmp_path / "facts.ttl")),
            settings=[
                f"augmentation.texts={tmp_path / 'texts.txt'}",
                f"execution.executor={executor}",
                "execution.workers=2",
                f"execution.address={two_nodes if executor == 'ray' else ''}",
            ],
        )
        project = project_of(pipeline, tmp_path / executor)
        stages = [
            replace(one, settings=replace(one.settings, block=100)) if one.kind == "augmentation" else one
            for one in list_stages(project)
        ]
        made = Inputs()
        execute_here(closure(stages, targets(stages, "augment")), Store(project.out), made)
        digests[executor] = {name: one.digest for name, one in made.artifacts.items() if name.startswith("4-shards")}
    assert len(digests["local"]) == 3
    assert digests["processes"] == digests["local"] == digests["ray"]
