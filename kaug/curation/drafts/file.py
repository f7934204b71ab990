"""Drafted entries → a lexicon in Turtle for a person to review; the content of an existing file is kept."""

import re
from collections.abc import Sequence
from pathlib import Path

import pyoxigraph as ox

from kaug.curation.drafts.drafts import Entry
from kaug.errors import SourceError
from kaug.knowledge.templates import PROPERTIES, check_template
from kaug.namespaces import KAUG
from kaug.rdf.parse import read_quads
from kaug.store.files import write_whole

__all__ = ["write_lexicon"]

_PREFIX = f"@prefix kaug: <{KAUG}> ."
_HEAD = f"""\
# Drafts of a lexicon: templates of sentences and questions for each predicate. Review them, and correct them where needed.
# {{s}} is the subject of a fact, {{o}} its object; each includes its own article. The content of this file is kept when
# further drafts are added. kaug:draftedBy names the author of an entry.

{_PREFIX}
"""


def write_lexicon(entries: Sequence[Entry], path: Path) -> int:
    """Write drafted entries into a Turtle file, atomically.

    Args:
        entries: The entries; the same ones give the same file, whatever their order.
        path: The file. Missing entries are added at the end of an existing file, which is otherwise kept: a predicate that
            has a template there, in the entry's language or without a language, gets no other.

    Returns:
        The number of entries written.

    Raises:
        SourceError: The existing file is not Turtle, or a template lacks a slot. Nothing is changed then.

    Examples:
        >>> import tempfile
        >>> file = Path(tempfile.mkdtemp()) / "lexicon.ttl"
        >>> borders = Entry("urn:x:borders", "borders", "en", {"statement": ("{s} borders {o}.",)}, ("rule",))
        >>> write_lexicon([borders], file), write_lexicon([borders], file)
        (1, 0)
    """
    path = path.resolve()
    if path.suffix != ".ttl":
        raise SourceError(f"{path}: a lexicon is written in Turtle: name a file that ends in .ttl.")
    text, has = _HEAD, set()
    if path.exists():
        has = _stated(path)
        text = path.read_bytes().decode("utf-8")
        text += "" if text.endswith("\n") or not text else "\n"
    ordered = sorted(entries, key=lambda entry: (entry.iri, entry.language))
    new = [entry for entry in ordered if not {(entry.iri, entry.language.lower()), (entry.iri, "")} & has]
    if not new:
        return 0
    if re.search(rf"^@prefix\s+kaug:\s*<{re.escape(KAUG)}>\s*\.", text, re.MULTILINE) is None:
        text += f"\n{_PREFIX}\n"
    text += "".join(_block(entry, path) for entry in new)
    try:
        stated = {(quad.subject, quad.predicate, quad.object) for quad in ox.parse(text, format=ox.RdfFormat.TURTLE)}
        whole = all(triple in stated for entry in new for triple in _triples(entry))
    except (SyntaxError, ValueError):
        whole = False
    if not whole:
        raise SourceError(f"{path}: entries cannot be added, since its end is not that of a Turtle file. Name another.")
    path.parent.mkdir(parents=True, exist_ok=True)
    write_whole(path, text)
    return len(new)


def _stated(path: Path) -> set[tuple[str, str]]:
    """Return the predicates and languages that a lexicon has templates for."""
    pairs = set()
    for quad in read_quads(path):
        name = quad.predicate.value.removeprefix(KAUG)
        if name in PROPERTIES and isinstance(quad.subject, ox.NamedNode) and isinstance(quad.object, ox.Literal):
            pairs.add((quad.subject.value, (quad.object.language or "").lower()))
    return pairs


def _triples(entry: Entry) -> list[tuple[ox.NamedNode, ox.NamedNode, ox.Literal]]:
    subject = ox.NamedNode(entry.iri)
    templates = [
        (subject, ox.NamedNode(KAUG + name), ox.Literal(text, language=entry.language))
        for name in PROPERTIES
        for text in entry.templates.get(name, ())
    ]
    return templates + [(subject, ox.NamedNode(KAUG + "draftedBy"), ox.Literal(name)) for name in entry.drafted_by]


def _block(entry: Entry, path: Path) -> str:
    by_predicate: dict[str, list[str]] = {}
    for _, predicate, value in _triples(entry):
        name = predicate.value.removeprefix(KAUG)
        if name in PROPERTIES:
            check_template(name, value.value, entry.iri, str(path))
        by_predicate.setdefault(name, []).append(str(value))
    parts = []
    for name, values in by_predicate.items():
        texts = " ,\n        ".join(values)
        parts.append(
            f"    kaug:{name}\n        {texts}" if name in PROPERTIES else f"    kaug:{name} {', '.join(values)}"
        )
    label = " ".join(entry.label.split())
    return f"\n# {label}\n{ox.NamedNode(entry.iri)}\n" + " ;\n".join(parts) + " .\n"
