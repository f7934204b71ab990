"""A chat template and messages → the rendered text, in a process with limits on time and memory.

A template is a program by the model's author. The sandbox of transformers blocks files and the network, but not endless
loops and texts, which this process limits. It is started by `kaug.models.prompts`.
"""

import contextlib
import datetime
import json
import resource
import sys
from typing import Any

__all__ = ["MEMORY", "SECONDS", "TEXT"]

SECONDS = 10
"""Processor time that a template may take, in seconds; templates of the hub take some milliseconds."""

MEMORY = 1 << 30
"""Memory that a template may take, in bytes."""

TEXT = 100_000
"""Maximum characters around a question; the longest system messages have some 10,000."""


class _OneDay(datetime.datetime):
    """A fixed date, since templates that write the date would differ between training and exam."""

    @classmethod
    def now(cls, tz: datetime.tzinfo | None = None) -> "_OneDay":
        return cls(2026, 1, 1, tzinfo=tz)


def _render(given: dict[str, Any]) -> dict[str, str]:
    from transformers.utils import chat_template_utils

    chat_template_utils.datetime = _OneDay  # type: ignore[attr-defined]
    spent = resource.getrusage(resource.RUSAGE_SELF)
    limit = int(spent.ru_utime + spent.ru_stime) + 1 + SECONDS
    resource.setrlimit(resource.RLIMIT_CPU, (limit, limit))
    with contextlib.suppress(OSError, ValueError):  # without /proc, only the time is limited
        with open("/proc/self/statm", encoding="ascii") as file:
            used = int(file.read().split()[0]) * resource.getpagesize()
        resource.setrlimit(resource.RLIMIT_AS, (used + MEMORY, used + MEMORY))
    try:
        rendered: Any = chat_template_utils.render_jinja_template([given["messages"]], **given["template"])
        text = rendered[0][0]
    except MemoryError:
        return {"error": "it needs too much memory"}
    except Exception as error:
        return {"error": f"{type(error).__name__}: {error}"[:300]}
    if len(text) > TEXT:
        return {"error": f"it writes {len(text):,} characters around a question; at most {TEXT:,} are taken"}
    return {"text": text}


if __name__ == "__main__":
    json.dump(_render(json.load(sys.stdin)), sys.stdout)
