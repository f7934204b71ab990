"""Progress on stderr: bars on a terminal, else a line at intervals."""

import contextlib
import datetime
import sys
import time
from collections.abc import Callable, Iterator
from typing import Protocol

from kaug.text import visible

__all__ = ["Advance", "Show", "bars", "lines", "silent"]

_EVERY, _STEP = 60, 0.1


class Advance(Protocol):
    """Reports progress: `advance(10)`, or `advance(10, "loss 2.31")` with a note."""

    def __call__(self, amount: int, note: str = "") -> None:
        """Add `amount` to the work done; the last note is shown."""
        ...


class Show(Protocol):
    """Opens the progress of a task: `with show("training", 5000, "tokens") as advance: advance(10)`."""

    def __call__(self, title: str, total: int | None, unit: str) -> contextlib.AbstractContextManager[Advance]:
        """Open it; `total` is None if unknown. Similar tasks are numbered in the title: `arm 1 of 3`."""
        ...


@contextlib.contextmanager
def silent(title: str, total: int | None, unit: str) -> Iterator[Advance]:
    """Show nothing."""
    yield lambda amount, note="": None


def lines(
    write: Callable[[str], None],
    *,
    first: float = 10,
    every: float = _EVERY,
    step: float = _STEP,
    clock: Callable[[], float] = time.monotonic,
) -> Show:
    """Show progress as lines at intervals, and one at the end.

    The time left is told once the work has gone on for `every` seconds or through `step` of the whole: before, it is a guess.

    Args:
        write: The function that writes a line.
        first: Seconds before the first line, and the minimum between two lines.
        every: Seconds between lines.
        step: The fraction of the work after which a line comes earlier.
        clock: Returns the time in seconds.

    Returns:
        A function that opens the progress of a task.

    Examples:
        >>> times = iter([0.0, 5.0, 30.0, 40.0])
        >>> with lines(print, clock=lambda: next(times))("training", 400, "tokens") as advance:
        ...     advance(100)
        ...     advance(100, "loss 2.31")
        training: 200 of 400 tokens (50%), loss 2.31, elapsed 0:00:30, left 0:00:50
        training: 200 tokens in 40.0 s
    """

    @contextlib.contextmanager
    def show(title: str, total: int | None, unit: str) -> Iterator[Advance]:
        title = visible(title)
        started = last_time = clock()
        done = last_done = 0
        before: tuple[float, int] | None = None

        def advance(amount: int, note: str = "") -> None:
            nonlocal done, last_time, last_done, before
            now = clock()
            done += amount
            # The first call reports resumed work: the rate is that of the rest.
            before = before or (now, done)
            passed, moved = now - last_time, (done - last_done) / total if total else 0
            if passed < first or not (last_time == started or passed >= every or moved >= step):
                return
            last_time, last_done = now, done
            parts = [f"{done:,} of {total:,} {unit} ({done / total:.0%})" if total else f"{done:,} {unit}"]
            parts += [visible(note)] if note else []
            parts.append(f"elapsed {_clock(now - started)}")
            spent, fresh = now - before[0], done - before[1]
            if total and fresh and (spent >= every or fresh >= step * total):
                parts.append(f"left {_clock(max(0, total - done) * spent / fresh)}")
            write(f"{title}: {', '.join(parts)}")

        yield advance
        write(f"{title}: {done:,} {unit} in {clock() - started:.1f} s")

    return show


def _clock(seconds: float) -> str:
    return str(datetime.timedelta(seconds=round(seconds)))


@contextlib.contextmanager
def bars() -> Iterator[Show]:
    """Show a bar for each task on stderr, or lines if it is not a terminal."""
    from rich.console import Console
    from rich.progress import BarColumn, Progress, ProgressColumn, SpinnerColumn, Task, TextColumn
    from rich.text import Text

    console = Console(stderr=True)
    if not console.is_terminal:
        yield lines(lambda line: print(line, file=sys.stderr, flush=True))
        return

    class Rate(ProgressColumn):
        def render(self, task: Task) -> Text:
            speed = task.finished_speed or task.speed
            done = f"{int(task.completed):,}" + (f"/{int(task.total):,}" if task.total else "")
            text = f"{done} {task.fields['unit']}" + (f"  {speed:,.0f}/s" if speed else "")
            return Text(text, style="progress.data.speed")

    class Clocks(ProgressColumn):
        max_refresh = 0.5  # smooths the time left

        def render(self, task: Task) -> Text:
            elapsed = task.finished_time if task.finished else task.elapsed
            text = f"elapsed {_clock(elapsed or 0)}"
            sure = (elapsed or 0) >= _EVERY or task.percentage >= 100 * _STEP
            if sure and task.time_remaining is not None and not task.finished:
                text += f"  left {_clock(task.time_remaining)}"
            return Text(text, style="progress.elapsed")

    columns = (
        SpinnerColumn(),
        TextColumn("{task.description}", markup=False),
        BarColumn(bar_width=24),
        Rate(),
        Clocks(),
        TextColumn("{task.fields[note]}", markup=False),
    )
    with Progress(*columns, console=console) as progress:

        @contextlib.contextmanager
        def bar(title: str, total: int | None, unit: str) -> Iterator[Advance]:
            task = progress.add_task(visible(title), total=total, unit=unit, note="")

            def advance(amount: int, note: str = "") -> None:
                progress.advance(task, amount)
                if note:
                    progress.update(task, note=visible(note))

            yield advance
            done = progress.tasks[task].completed or 1
            progress.update(task, total=done, completed=done)
            progress.stop_task(task)

        yield bar
