"""A port that notes who knocks, and a child process that is watched."""

import json
import socket
import subprocess
import sys
import threading
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest


class Listener:
    """A port on this machine that notes who knocks."""

    def __init__(self) -> None:
        self.socket = socket.create_server(("127.0.0.1", 0))
        self.url = f"http://127.0.0.1:{self.socket.getsockname()[1]}/"
        self.knocks: list[Any] = []
        self.thread = threading.Thread(target=self._listen, daemon=True)
        self.thread.start()

    def _listen(self) -> None:
        while True:
            try:
                peer, address = self.socket.accept()
            except OSError:
                return
            self.knocks.append(address)
            peer.close()

    def close(self) -> None:
        self.socket.shutdown(socket.SHUT_RDWR)
        self.socket.close()
        self.thread.join(5)


@pytest.fixture
def listener() -> Iterator[Listener]:
    found = Listener()
    yield found
    found.close()
    assert found.knocks == []


@dataclass(frozen=True)
class Ended:
    """How a child process ended."""

    code: int
    stdout: str
    stderr: str

    @property
    def lines(self) -> list[dict[str, Any]]:
        return [json.loads(line) for line in self.stdout.splitlines()]


_SECONDS = 10
_KILOBYTES = 1 << 20

# Its own memory, not what the process that started it had.
_WATCHED = """
import atexit, re, sys

def say(place=sys.argv.pop(1)):
    with open("/proc/self/status") as status, open(place, "w") as file:
        file.write(re.search(r"VmHWM:\\s+(\\d+) kB", status.read())[1])

atexit.register(say)
"""
_VALIDATE = _WATCHED + "sys.argv[1:1] = ['validate', '--json']\nfrom kaug.cli import main\nmain()"
_BUILD = (
    _WATCHED
    + """
import json
from pathlib import Path
import kaug
from kaug.errors import SourceError

for name in sys.argv[1:]:
    try:
        kb = kaug.build_kb([Path(name)])
        said = {"ok": True, "facts": kb.facts.num_rows, "counts": kb.counts}
    except SourceError as error:
        said = {"ok": False, "error": str(error)}
    print(json.dumps(said))
"""
)


def _run(code: str, files: list[Path], note: Path) -> Ended:
    arguments = [sys.executable, "-c", code, str(note), *map(str, files)]
    done = subprocess.run(arguments, capture_output=True, text=True, timeout=_SECONDS, check=False)
    assert "Traceback" not in done.stderr, done.stderr
    assert note.exists(), f"it crashed: {done.returncode}"
    assert int(note.read_text()) < _KILOBYTES
    return Ended(done.returncode, done.stdout, done.stderr)


@pytest.fixture
def validate(tmp_path: Path) -> Callable[..., Ended]:
    """Run `kaug validate --json` on files: within 10 seconds and 1 GiB, or the test fails."""
    return lambda *files: _run(_VALIDATE, list(files), tmp_path / "memory")


@pytest.fixture
def build(tmp_path: Path) -> Callable[..., list[dict[str, Any]]]:
    """Build a knowledge base of each of the files, in one process: within 10 seconds and 1 GiB, or the test fails."""

    def built(*files: Path) -> list[dict[str, Any]]:
        ended = _run(_BUILD, list(files), tmp_path / "memory")
        assert ended.code == 0, ended.stderr
        return ended.lines

    return built
