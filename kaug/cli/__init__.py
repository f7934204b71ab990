"""The `kaug` command."""

import os
import sys
from typing import NoReturn

from kaug.cli import importing as _importing  # noqa: F401
from kaug.cli import knowledge as _knowledge  # noqa: F401
from kaug.cli import look as _look  # noqa: F401

# The help lists the commands in this order.
from kaug.cli import run as _run  # noqa: F401
from kaug.cli.options import app
from kaug.errors import KaugError

__all__ = ["app", "main"]


def main() -> NoReturn:
    """Run the command; errors that kaug raises on purpose become one message and an exit code."""
    os.environ.setdefault("TOKENIZERS_PARALLELISM", "false")
    try:
        app(standalone_mode=True)
    except KaugError as error:
        _fail(str(error), error.exit_code)
    except (KeyboardInterrupt, SystemExit) as stop:
        if isinstance(stop, SystemExit) and stop.code != 130:  # what typer makes of an interrupt
            raise
        _fail("Interrupted. The same command takes up where it stopped.", 130)
    sys.exit(0)


def _fail(message: str, code: int) -> NoReturn:
    from kaug.html.page import visible

    for line in message.split("\n"):  # a message may quote data: no sign of it acts on the terminal
        print(f"kaug: {visible(line, limit=len(line))}", file=sys.stderr)
    sys.exit(code)
