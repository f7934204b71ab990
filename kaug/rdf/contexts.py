"""JSON-LD → the same, with its remote contexts written in, from files: the parser fetches nothing.

Also mends what the parser gets wrong: it keeps the dots of a `@base`, and refuses a file for an invalid one, which the
standard ignores.
"""

import functools
import json
import re
from collections.abc import Callable, Iterator, Mapping
from itertools import chain
from pathlib import Path
from types import MappingProxyType
from typing import Any
from urllib.parse import urlsplit, urlunsplit

from kaug.errors import SourceError
from kaug.files import read_text, read_toml

__all__ = ["NO_CONTEXTS", "Contexts", "with_contexts"]

Contexts = Mapping[str, Path]
"""The IRI of a context, as files name it, to the JSON-LD file that holds it."""

NO_CONTEXTS: Contexts = MappingProxyType({})

_Find = Callable[[str], Any]

_LONGEST, _LONGEST_KEY = 1 << 24, 1 << 16  # bytes of a context, and of its key with the white space after it
_KEY = re.compile(rb'"@context"\s*:\s*(?=[^\s])')
_CUT = re.compile(rb'"(?:@[a-z]{0,7}(?:"\s*(?::\s*)?)?)?\Z')  # a key that may go on in the next piece
_TOKEN = re.compile(rb'"(?:[^"\\]|\\.)*+"|[][{}]', re.DOTALL)
_STEPS = {b"[": 1, b"{": 1, b"]": -1, b"}": -1}
_NOT_IN_IRI = re.compile(r'[\x00-\x20<>"{}|^`\\]')


def with_contexts(pieces: Iterator[bytes], contexts: Contexts) -> Iterator[bytes]:
    """Write the contexts of schema.org, and those given, into JSON-LD that names them by their IRI.

    Args:
        pieces: The file.
        contexts: Other contexts that may be named.

    Yields:
        The same text, with as many lines; other remote contexts stay, and the parser refuses them.

    Raises:
        SourceError: A context's file cannot be read, or is no JSON-LD.

    Examples:
        >>> b"".join(with_contexts(iter([b'{"@context":{"@base":"urn:x:a/./b"}}']), {}))
        b'{"@context":{"@base": "urn:x:a/b"}}'
    """
    known = functools.cache(functools.partial(_known, contexts))
    mended = functools.lru_cache(maxsize=100)(functools.partial(_mended, known))  # an array names one in each object
    text, wanted = b"", 0
    for piece in chain(pieces, [b""]):
        text += piece
        if piece and len(text) < wanted:
            continue
        done = wanted = 0
        while key := _KEY.search(text, done):
            end = _value_end(text, key.end())
            if end < 0 and (not piece or len(text) - key.start() >= _LONGEST):  # then nothing more is mended
                yield text[done:]
                yield from pieces
                return
            if end < 0:
                yield text[done : key.start()]
                done, wanted = key.start(), 2 * (len(text) - key.start())
                break
            yield text[done : key.end()]
            done = max(end, key.end())
            yield mended(text[key.end() : done])
        else:
            cut = _CUT.search(text, max(done, len(text) - _LONGEST_KEY)) if piece else None
            yield text[done : cut.start() if cut else len(text)]
            done = cut.start() if cut else len(text)
        text = text[done:]


def _value_end(text: bytes, start: int) -> int:
    """Return the end of the string, array or object that begins at `start`; -1 if it goes on, `start` if it is neither."""
    if text[start : start + 1] not in (b'"', b"[", b"{"):
        return start
    depth = 0
    for token in _TOKEN.finditer(text, start):
        depth += _STEPS.get(token[0], 0)
        if depth <= 0:
            return token.end()
    return -1


def _mended(known: _Find, text: bytes) -> bytes:
    if text.startswith(b"{") and not any(key in text for key in (b'"@base"', b'"@import"', b'"@context"')):
        return text
    try:
        value = json.loads(text)
    except ValueError:  # the parser says where
        return text
    mended = _mend(value, known, frozenset())
    return text if mended == value else json.dumps(mended).encode() + b"\n" * text.count(b"\n")


def _mend(value: Any, known: _Find, within: frozenset[str]) -> Any:
    """Mend a context; `within` has the IRIs of the contexts that it is in."""
    if isinstance(value, str):
        found = None if value in within else known(value)
        return value if found is None else _mend(found, known, within | {value})
    if isinstance(value, list):
        parts = [_mend(part, known, within) for part in value]
        return [one for part in parts for one in (part if isinstance(part, list) else [part])]
    if not isinstance(value, dict):
        return value
    entries = {name: _mend_entry(name, entry, known, within) for name, entry in value.items()}
    imported = _mend(value["@import"], known, within) if isinstance(value.get("@import"), str) else None
    if isinstance(imported, dict):
        entries = {**imported, **{name: entry for name, entry in entries.items() if name != "@import"}}
    return entries


def _mend_entry(name: str, entry: Any, known: _Find, within: frozenset[str]) -> Any:
    if name == "@base" and isinstance(entry, str):
        return None if _NOT_IN_IRI.search(entry) else _without_dots(entry)
    if isinstance(entry, dict) and "@context" in entry:
        return {**entry, "@context": _mend(entry["@context"], known, within)}
    return entry


def _without_dots(iri: str) -> str:
    """Remove the segments `.` and `..` of an absolute IRI's path, as RFC 3986 does."""
    parts = urlsplit(iri)
    *segments, last = parts.path.split("/")
    if not parts.scheme or not {".", ".."} & set(segments):
        return iri
    kept: list[str] = []
    for segment in segments:
        if segment == "..":
            del kept[max(1, len(kept) - 1) :]
        elif segment != ".":
            kept.append(segment)
    kept.append(last)  # what is relative to the base replaces it, dots or not
    return urlunsplit(parts._replace(path="/".join(kept)))


def _known(contexts: Contexts, iri: str) -> Any:
    """Return a context by its IRI, or None."""
    if iri in contexts:
        return _read(contexts[iri], iri)
    held = _schema_org()
    return held["context"] if iri in held["iris"] else None


def _read(file: Path, iri: str) -> Any:
    text = read_text(file, _LONGEST)
    try:
        value = json.loads(text)
    except (ValueError, RecursionError) as error:
        raise SourceError(f"{file}: should be JSON, for the context {iri!r}: {error}.") from error
    if not isinstance(value, dict) or "@context" not in value:
        raise SourceError(f"{file}: should be an object with the key '@context', for the context {iri!r}.")
    return value["@context"]


@functools.cache
def _schema_org() -> dict[str, Any]:
    held = read_toml(Path(__file__).parent / "schema_org.toml")
    return {
        "iris": {f"{site}/{document}" for site in held["sites"] for document in held["documents"]} | set(held["sites"]),
        "context": {
            "@vocab": held["vocab"],
            **held["aliases"],
            **held["prefixes"],
            **{key: {"@type": "@id"} for key in held["iris"]},
            **{key: {"@type": "Date"} for key in held["dates"]},
        },
    }
