"""Work done → progress bars on stderr, with rate and remaining time."""

import contextlib
from collections.abc import Callable, Iterator
from typing import Protocol

__all__ = ["Show", "bars", "silent"]

Advance = Callable[[int], None]


class Show(Protocol):
    """Opens a progress bar: `with show("training", 5000, "tokens") as advance: advance(10)`."""

    def __call__(self, what: str, total: int | None, unit: str) -> contextlib.AbstractContextManager[Advance]:
        """Open one bar; `total` is None where it is not known."""
        ...


@contextlib.contextmanager
def silent(what: str, total: int | None, unit: str) -> Iterator[Advance]:
    """Show nothing."""
    yield lambda _: None


@contextlib.contextmanager
def bars() -> Iterator[Show]:
    """Show a bar for each piece of work, on stderr; on no terminal, a line when each is done.

    Yields:
        What opens a bar.
    """
    from rich.console import Console
    from rich.progress import (
        BarColumn,
        Progress,
        ProgressColumn,
        SpinnerColumn,
        Task,
        TextColumn,
        TimeElapsedColumn,
        TimeRemainingColumn,
    )
    from rich.text import Text

    class Rate(ProgressColumn):
        def render(self, task: Task) -> Text:
            speed = task.finished_speed or task.speed
            unit = task.fields["unit"]
            done = f"{int(task.completed):,}" + (f"/{int(task.total):,}" if task.total else "")
            return Text(f"{done} {unit}" + (f"  {speed:,.0f}/s" if speed else ""), style="progress.data.speed")

    console = Console(stderr=True)
    if not console.is_terminal:

        @contextlib.contextmanager
        def line(what: str, total: int | None, unit: str) -> Iterator[Advance]:
            import time

            started, done = time.perf_counter(), 0

            def advance(amount: int) -> None:
                nonlocal done
                done += amount

            yield advance
            console.print(f"{what}: {done:,} {unit} in {time.perf_counter() - started:.1f} s", highlight=False)

        yield line
        return
    columns = (
        SpinnerColumn(),
        TextColumn("{task.description}"),
        BarColumn(bar_width=24),
        Rate(),
        TimeElapsedColumn(),
        TimeRemainingColumn(),
    )
    with Progress(*columns, console=console) as progress:

        @contextlib.contextmanager
        def bar(what: str, total: int | None, unit: str) -> Iterator[Advance]:
            task = progress.add_task(what, total=total, unit=unit)

            def advance(amount: int) -> None:
                progress.advance(task, amount)

            yield advance
            progress.update(
                task, total=progress.tasks[task].completed or 1, completed=progress.tasks[task].completed or 1
            )
            progress.stop_task(task)

        yield bar
