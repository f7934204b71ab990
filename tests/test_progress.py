"""Progress is told on a terminal and elsewhere, and before a long work ends."""

import io
import re

import pytest

from kaug.progress import bars, lines, silent


class Clock:
    """A clock that is set by hand."""

    def __init__(self) -> None:
        self.now = 1000.0

    def __call__(self) -> float:
        return self.now


def told(total: int | None, steps: int, seconds: float, amount: int = 1, resumed: int = 0) -> list[str]:
    """The lines for so many steps, each of so many seconds."""
    clock, said = Clock(), list[str]()
    with lines(said.append, clock=clock)("training: augmented (arm 1 of 3)", total, "tokens") as advance:
        if resumed:
            advance(resumed)
        for step in range(steps):
            clock.now += seconds
            advance(amount, f"loss {9 - step / steps:.2f}")
    return said


def test_a_training_of_half_an_hour_is_told_each_minute_or_tenth() -> None:
    said = told(total=180_000, steps=1800, seconds=1, amount=100)
    assert said[:2] == [
        "training: augmented (arm 1 of 3): 1,000 of 180,000 tokens (1%), loss 8.99, elapsed 0:00:10",
        "training: augmented (arm 1 of 3): 7,000 of 180,000 tokens (4%), loss 8.96, elapsed 0:01:10, left 0:28:50",
    ]
    times = [re.search(r"elapsed (\S+), left (\S+)", line) for line in said[1:-1]]
    assert [found and found[1] for found in times][:3] == ["0:01:10", "0:02:10", "0:03:10"]
    assert len(said) == 31
    assert said[-1] == "training: augmented (arm 1 of 3): 180,000 tokens in 1800.0 s"


def test_a_work_of_minutes_is_told_by_tenths_and_a_short_one_once() -> None:
    said = told(total=200, steps=200, seconds=1)
    assert [int(found[1]) for line in said[:-1] if (found := re.search(r"\((\d+)%\)", line))] == [*range(5, 100, 10)]
    assert told(total=100, steps=100, seconds=0.09) == ["training: augmented (arm 1 of 3): 100 tokens in 9.0 s"]


def test_what_was_done_before_an_interruption_does_not_shorten_the_time_left() -> None:
    said = told(total=1000, steps=500, seconds=1, resumed=500)
    assert ": 510 of 1,000 tokens (51%)," in said[0]
    assert said[1].endswith("elapsed 0:01:10, left 0:07:10")


def test_no_time_left_is_told_of_a_slow_beginning() -> None:
    clock, said = Clock(), list[str]()
    with lines(said.append, clock=clock)("asking: base", 190, "probes") as advance:
        for seconds, amount in ((5, 0), (6, 1), (11, 128), (5, 57)):
            clock.now += seconds
            advance(amount)
    assert said[:2] == [
        "asking: base: 1 of 190 probes (1%), elapsed 0:00:11",
        "asking: base: 129 of 190 probes (68%), elapsed 0:00:22, left 0:00:08",
    ]


def test_a_total_may_be_unknown() -> None:
    said = told(total=None, steps=100, seconds=1)
    assert said[0] == "training: augmented (arm 1 of 3): 10 tokens, loss 8.91, elapsed 0:00:10"
    assert len(said) == 3


def test_what_is_told_steers_no_terminal() -> None:
    said: list[str] = []
    with lines(said.append, first=0)("reading \x1b[31m\u202e", 1, "triples") as advance:
        advance(1, "\x07")
    assert said[0].startswith("reading \ufffd[31m\ufffd: 1 of 1 triples (100%), \ufffd, ")


def test_elsewhere_lines_go_to_stderr_and_silent_says_nothing(capsys: pytest.CaptureFixture[str]) -> None:
    with bars() as show, show("[b]reading[/b] " + "x" * 200, 3, "rows") as advance:
        advance(3)
    assert re.fullmatch(rf"\[b\]reading\[/b\] {'x' * 200}: 3 rows in 0\.\d s\n", capsys.readouterr().err)
    with silent("reading", 3, "rows") as advance:
        advance(3, "a note")
    assert capsys.readouterr() == ("", "")


class Terminal(io.StringIO):
    def isatty(self) -> bool:
        return True


def test_on_a_terminal_the_clocks_are_named(monkeypatch: pytest.MonkeyPatch) -> None:
    terminal = Terminal()
    monkeypatch.setattr("sys.stderr", terminal)
    monkeypatch.setenv("TERM", "xterm")
    monkeypatch.setenv("COLUMNS", "200")
    with bars() as show, show("training [b] (arm 1 of 3)", 3, "tokens") as advance:
        advance(3, "loss 2.31")
    text = re.sub(r"\x1b\[[\d;?]*[A-Za-z]", "", terminal.getvalue())
    assert "training [b] (arm 1 of 3)" in text
    assert "3/3 tokens" in text
    assert "elapsed 0:00:00" in text
    assert "loss 2.31" in text
