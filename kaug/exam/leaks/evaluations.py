"""Files that the user evaluates models with → their questions, which no training row may hold."""

import json
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any, NamedTuple

from kaug.errors import SourceError, nearest
from kaug.exam.leaks.words import RUN, plain_words
from kaug.files import find_files, read_text
from kaug.text import as_list

__all__ = ["Evaluation", "read_evaluations"]

_ASKS = ("prompt", "question")
_ANSWERS = ("answer", "answers")


class Evaluation(NamedTuple):
    """A question that the user evaluates models with.

    Attributes:
        place: The file and the line, for messages.
        text: The question; or the question and an answer, if they are of thirteen words or more together.
    """

    place: str
    text: str


def read_evaluations(patterns: str | Sequence[str], root: Path) -> list[Evaluation]:
    """Read evaluations: JSON lines with `prompt` or `question`, and `answer` or `answers`; or texts, one a line.

    Args:
        patterns: A glob pattern, or several, relative to `root`.
        root: The folder of relative patterns.

    Raises:
        SourceError: A pattern matches no file, or a line of a `.jsonl` file is not such an object.

    Examples:
        >>> import tempfile
        >>> folder = Path(tempfile.mkdtemp())
        >>> _ = (folder / "a.jsonl").write_text('{"question": "What is the capital of Togo?", "answer": "Lomé"}')
        >>> [one.text for one in read_evaluations("*.jsonl", folder)]
        ['What is the capital of Togo?']
    """
    found = []
    for pattern in as_list(patterns):
        files = find_files(root / pattern)
        if not files:
            raise SourceError(f"{root / pattern}: no such file; `evaluations` should name .jsonl or .txt files.")
        for file in files:
            for number, line in enumerate(read_text(file).splitlines(), start=1):
                if line.strip():
                    place = f"{file.relative_to(root) if file.is_relative_to(root) else file}:{number}"
                    texts = _read_line(line, place) if file.suffix == ".jsonl" else [line.strip()]
                    found += [Evaluation(place, text) for text in texts]
    return found


def _read_line(line: str, place: str) -> Iterator[str]:
    try:
        row: Any = json.loads(line)
    except (ValueError, RecursionError) as error:
        raise SourceError(f"{place}: not JSON: {str(error)[:200]}; each line should be an object.") from None
    if not isinstance(row, dict):
        raise SourceError(f'{place}: should be an object such as {{"question": "…", "answer": "…"}}.')
    asked = next((row[name] for name in _ASKS if name in row), None)
    if not isinstance(asked, str) or not asked.strip():
        known = nearest(next(iter(row)), _ASKS) if row else ""
        raise SourceError(f"{place}: should have a text under 'prompt' or 'question'.{known}")
    answers: Any = next((row[name] for name in _ANSWERS if name in row), [])
    answers = answers if isinstance(answers, list) else [answers]
    if not all(isinstance(answer, str | int | float) for answer in answers):
        raise SourceError(f"{place}: the answers should be a text or a list of texts.")
    yield asked
    for answer in answers:
        if len(plain_words(both := f"{asked} {answer}")) >= RUN:
            yield both
