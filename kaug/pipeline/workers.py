"""Work in numbered parts → its results in order, from this process, several processes, or a Ray cluster.

A stage says how a worker is opened, and how many parts there are. The parts do not depend on one another, so that their
results are the same wherever they are made.
"""

import os
import pickle
from collections import deque
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any, Protocol, TypeVar

import pyarrow as pa

from kaug.errors import KaugError, PipelineError
from kaug.pipeline.execution import ExecutionSettings

__all__ = ["EXECUTORS", "Executor", "Open", "in_order"]

T = TypeVar("T")

Open = Callable[[], Callable[[int], T]]
"""Open a worker: return the function that makes the part of a number. It is pickled, and called once in each worker."""


class Spread(Protocol):
    """Makes parts 0 to `count` and yields their results in order."""

    def __call__(self, worker: Open[T], count: int, settings: ExecutionSettings) -> Iterator[T]:
        """See `in_order`."""
        ...


@dataclass(frozen=True)
class Executor:
    """A place where the parts of a stage are made.

    Attributes:
        spread: Makes the parts.
        description: A description for settings and docs.
    """

    spread: Spread
    description: str


def in_order(worker: Open[T], count: int, settings: ExecutionSettings | None = None) -> Iterator[T]:
    """Make the parts of some work, and yield their results in order.

    Args:
        worker: Opens a worker. With other executors than `local` it is pickled: a function of a module, a `partial` of one,
            or an object of a class with `__call__`.
        count: The number of parts.
        settings: `[execution]`; the executor `local` if None.

    Raises:
        KaugError: The first error of a part.

    Examples:
        >>> list(in_order(lambda: lambda number: number * number, 4))
        [0, 1, 4, 9]
    """
    settings = settings or ExecutionSettings()
    return EXECUTORS[settings.executor].spread(worker, count, settings)


def here(worker: Open[T], count: int, settings: ExecutionSettings) -> Iterator[T]:
    """Make all parts in this process."""
    work = worker()
    return (work(number) for number in range(count))


def in_processes(worker: Open[T], count: int, settings: ExecutionSettings) -> Iterator[T]:
    """Make the parts in processes of this machine; a few results wait for their turn."""
    from concurrent.futures import ProcessPoolExecutor
    from concurrent.futures.process import BrokenProcessPool
    from multiprocessing import get_context

    workers = min(settings.workers or os.cpu_count() or 1, count)
    if not count:
        return
    _check_picklable(worker)
    with ProcessPoolExecutor(workers, get_context("spawn"), _open, (worker, workers)) as pool:
        waiting = deque(pool.submit(_work, number) for number in range(min(2 * workers, count)))
        try:
            for number in range(2 * workers, 2 * workers + count):
                yield waiting.popleft().result()
                if number < count:
                    waiting.append(pool.submit(_work, number))
        except BrokenProcessPool:
            raise PipelineError(
                "A worker died, killed perhaps for want of memory. Start again with fewer: execution.workers."
            ) from None
        finally:
            pool.shutdown(wait=False, cancel_futures=True)


_WORK: list[Callable[[int], Any]] = []


def _open(worker: Open[Any], workers: int) -> None:
    _share_cores(workers)
    _WORK[:] = [worker()]


def _work(number: int) -> Any:
    return _WORK[0](number)


def _share_cores(workers: int) -> None:
    """Give each process its part of the cores, in the libraries that would take all; torch reads its number when it starts."""
    cores = max(1, (os.cpu_count() or 1) // workers)
    pa.set_cpu_count(cores)
    os.environ["OMP_NUM_THREADS"] = str(cores)


def on_ray(worker: Open[T], count: int, settings: ExecutionSettings) -> Iterator[T]:
    """Make the parts in actors of a Ray cluster, with Ray Data; the parts of an actor that dies are made again."""
    try:
        import ray
        import ray.data
    except ImportError:
        raise PipelineError("execution.executor is 'ray', which needs the extra: pip install 'kaug[ray]'.") from None
    if not count:
        return
    _check_picklable(worker)
    with _cluster(settings):
        context = ray.data.DataContext.get_current()
        context.enable_progress_bars, context.execution_options.preserve_order = False, True
        cores: dict[str, float] = ray.cluster_resources()  # type: ignore[no-untyped-call]
        workers = min(settings.workers or int(cores.get("CPU", 1)), count)
        # Blocks that need no reading: a task that reads would wait for the cores that the actors hold.
        numbers = ray.data.from_arrow([pa.table({"part": [number]}) for number in range(count)])
        made = numbers.map_batches(
            _Actor,
            batch_size=1,
            batch_format="pyarrow",
            compute=ray.data.ActorPoolStrategy(size=workers, max_tasks_in_flight_per_actor=2),
            fn_constructor_args=(worker,),
        )
        early: dict[int, Any] = {}
        due = 0
        for batch in made.iter_batches(batch_size=1, batch_format="pyarrow", prefetch_batches=1):
            early[batch["part"][0].as_py()] = batch["result"][0]
            while due in early:
                result = pickle.loads(early.pop(due).as_buffer())
                if isinstance(result, KaugError):
                    raise result
                yield result
                due += 1


class _Actor:
    """A worker on a Ray cluster: results are pickled, as tables of Arrow would lose their types on the way."""

    def __init__(self, worker: Open[Any]) -> None:
        self._work = worker()

    def __call__(self, batch: Any) -> Any:
        number = batch["part"][0].as_py()
        try:
            result = self._work(number)
        except KaugError as error:
            result = error
        results = pa.array([pickle.dumps(result, protocol=5)], pa.large_binary())
        return pa.table({"part": pa.array([number]), "result": results})


def _cluster(settings: ExecutionSettings) -> Any:
    """Connect to the cluster, or start one on this machine; without a report to the makers of Ray."""
    import contextlib
    import logging

    import ray

    os.environ.setdefault("RAY_USAGE_STATS_ENABLED", "0")
    os.environ.setdefault("RAY_ACCEL_ENV_VAR_OVERRIDE_ON_ZERO", "0")
    if ray.is_initialized():
        return contextlib.nullcontext()
    address = settings.address or os.environ.get("RAY_ADDRESS")
    here = {} if address else {"num_cpus": settings.workers or None, "include_dashboard": False}
    try:
        ray.init(address=address, log_to_driver=False, logging_level=logging.ERROR, **here)  # type: ignore[arg-type]
    except (ConnectionError, ValueError) as error:
        raise PipelineError(f"execution.address {address!r}: no Ray cluster answers there: {error}") from error
    closing = contextlib.ExitStack()
    closing.callback(ray.shutdown)
    return closing


def _check_picklable(worker: Open[Any]) -> None:
    try:
        pickle.dumps(worker)
    except (pickle.PicklingError, AttributeError, TypeError) as error:
        raise PipelineError(
            f"The work cannot be sent to other processes: {error}. A form of your own must be a function of a module; "
            "lambdas and functions inside functions need execution.executor = 'local'."
        ) from None


EXECUTORS: dict[str, Executor] = {
    "local": Executor(here, "this process"),
    "processes": Executor(in_processes, "several processes of this machine"),
    "ray": Executor(on_ray, "a Ray cluster, or one started on this machine (the extra `ray`)"),
}
"""The executors that `[execution]` can name."""
