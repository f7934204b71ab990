"""The `kaug` command."""

import contextlib
import io
import os
import re
import sys
from typing import NoReturn

from kaug.cli import importing as _importing  # noqa: F401
from kaug.cli import knowledge as _knowledge  # noqa: F401
from kaug.cli import look as _look  # noqa: F401

# The help lists the commands in this order.
from kaug.cli import rows as _rows  # noqa: F401
from kaug.cli import run as _run  # noqa: F401
from kaug.cli.options import app
from kaug.errors import KaugError, PipelineError
from kaug.store.files import FULL
from kaug.text import visible

__all__ = ["app", "main"]


def main() -> NoReturn:
    """Run the command; a `KaugError` becomes a message and an exit code."""
    os.environ.setdefault("TOKENIZERS_PARALLELISM", "false")
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, io.TextIOWrapper):  # characters that a terminal cannot show are written as \\u…
            stream.reconfigure(errors="backslashreplace")
    try:
        _check_names()
        app(standalone_mode=True)
    except KaugError as error:
        _fail(str(error), error.exit_code)
    except UnicodeEncodeError as error:
        if not _SURROGATE.search(str(error.object)):
            raise
        _fail(f"{str(error.object)[:200]!a}: a name that is not UTF-8. Rename it, or move to another folder.", 2)
    except MemoryError as error:
        _fail(f"out of memory: {error or 'no more can be had'}. Free some, or take smaller inputs.", 1)
    except OSError as error:
        if error.errno not in FULL:
            raise
        _fail(f"{error.filename or 'a file'}: cannot be written: {error.strerror}. Make room, then try again.", 4)
    except (KeyboardInterrupt, SystemExit) as stop:
        if isinstance(stop, SystemExit) and stop.code != 130:  # typer's exit code of an interrupt
            raise
        _fail("Interrupted. The same command takes up where it stopped.", 130)
    sys.exit(0)


_SURROGATE = re.compile("[\ud800-\udfff]")


def _check_names() -> None:
    """Refuse arguments that are not UTF-8, on which libraries fail."""
    names = sys.argv[1:]
    with contextlib.suppress(OSError):
        names = [*names, os.getcwd()]
    for name in names:
        if _SURROGATE.search(name):
            raise PipelineError(f"{name[:200]!a}: not UTF-8. Rename it, or move to another folder.")


def _fail(message: str, code: int) -> NoReturn:
    for line in message.split("\n"):
        print(f"kaug: {visible(line, 10_000)}", file=sys.stderr)
    sys.exit(code)
