"""XML in the encoding that it declares → UTF-8, which the parser reads."""

import codecs
import re
from collections.abc import Iterator
from itertools import chain
from pathlib import Path

from kaug.errors import SourceError

__all__ = ["xml_as_utf8"]

_DECLARED = re.compile(rb'(<\?xml\s[^>]*?\bencoding\s*=\s*["\'])([A-Za-z][A-Za-z0-9._-]*)')
_MARKS = {codecs.BOM_UTF8: "utf-8", codecs.BOM_UTF16_LE: "utf-16-le", codecs.BOM_UTF16_BE: "utf-16-be"}
_SEARCHED = 1 << 10
_SAME = rb"<a b='c'>+AGE-\x41 .xn--mnchen-3ya. &amp;</a>"  # other codecs of Python, such as unicode_escape, change it


def xml_as_utf8(pieces: Iterator[bytes], path: Path) -> Iterator[bytes]:
    """Convert XML to UTF-8.

    Args:
        pieces: The file, in an encoding of ASCII and other characters that Python knows and the file declares, or in
            UTF-16 with a byte order mark.
        path: Its path, for error messages.

    Yields:
        Its text, declared as UTF-8; the same pieces if it is UTF-8.

    Raises:
        SourceError: The encoding is unknown, or the text is not in it.
    """
    start = next(pieces, b"")
    mark = next((mark for mark in _MARKS if start.startswith(mark)), b"")
    declared = _DECLARED.match(start[:_SEARCHED])
    name = _MARKS.get(mark) or (declared[2].decode() if declared else "utf-8")
    if name.lower() in {"utf-8", "utf8"}:
        return chain([start], pieces)
    if not mark and not _is_text(name):
        raise SourceError(f"{path}:1: declares the encoding {name!r}, which is not known. Convert it to UTF-8.")
    return _converted(chain([start[len(mark) :]], pieces), name, path)


def _is_text(name: str) -> bool:
    try:
        return _SAME.decode(name) == _SAME.decode()
    except (LookupError, ValueError):
        return False


def _converted(pieces: Iterator[bytes], name: str, path: Path) -> Iterator[bytes]:
    decoder = codecs.getincrementaldecoder(name)()
    line, first = 1, True
    for piece in chain(pieces, [b""]):
        try:
            text = decoder.decode(piece, not piece).encode()
        except UnicodeDecodeError as error:
            line += error.object[: error.start].count(b"\n")
            raise SourceError(f"{path}:{line}: is not in the encoding {name}, which it declares.") from error
        line += text.count(b"\n")
        yield _DECLARED.sub(rb"\1UTF-8", text, count=1) if first else text
        first = False
