"""A page's marks `<!-- table: forms -->` → the entries of that table of kaug, when the documentation is built."""

import re
from typing import Any

from kaug.pipeline.sockets import describe


def on_page_markdown(markdown: str, **_: Any) -> str:
    """Put each table where a page names it; called by MkDocs."""
    return re.sub(r"<!-- table: (\w+) -->", lambda mark: _table(mark[1]), markdown)


def _table(socket: str) -> str:
    rows = [f"| `{name}` | {what} |" for name, what in describe(socket).items()]
    return "\n".join(["| name | what it is |", "|---|---|", *rows])
