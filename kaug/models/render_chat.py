"""A chat template → what it makes of messages, rendered in a process of its own with limits on time and memory.

A template is a program of whoever made the model. It runs in the sandbox of transformers, which keeps it from files and the
network, but not from a loop without end or a text without end; this process bounds both. It is started by `kaug.models.prompts`.
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
"""Characters that it may write around one question; the longest system messages have some 10,000."""


class _OneDay(datetime.datetime):
    """Templates may write the date, which would make training and exam differ from one day to the next."""

    @classmethod
    def now(cls, tz: datetime.tzinfo | None = None) -> "_OneDay":
        return cls(2026, 1, 1, tzinfo=tz)


def _render(given: dict[str, Any]) -> dict[str, str]:
    from transformers.utils import chat_template_utils

    chat_template_utils.datetime = _OneDay  # type: ignore[attr-defined]
    spent = resource.getrusage(resource.RUSAGE_SELF)
    limit = int(spent.ru_utime + spent.ru_stime) + 1 + SECONDS
    resource.setrlimit(resource.RLIMIT_CPU, (limit, limit))
    with contextlib.suppress(OSError, ValueError):  # without /proc, the time alone is bounded
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
