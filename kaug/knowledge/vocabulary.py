"""The IRIs of `vocabulary.toml`: the predicates of each role, and what is not taught."""

import tomllib
from dataclasses import dataclass
from pathlib import Path

__all__ = [
    "ADMINISTRATIVE",
    "BESIDE_DEFINITION",
    "DEPRECATED",
    "MATCHES",
    "NOTES",
    "OF_THE_RECORD",
    "PAGES",
    "ROLES",
    "STATEMENTS",
    "STATEMENT_PREDICATES",
    "VOCABULARIES",
    "WIKI",
    "Names",
]

_TABLES = tomllib.loads(Path(__file__).with_suffix(".toml").read_text(encoding="utf-8"))


@dataclass(frozen=True)
class Names:
    """IRIs, and prefixes of further ones.

    Examples:
        >>> names = Names(frozenset(["urn:a"]), ("urn:b:",))
        >>> "urn:a" in names, "urn:b:c" in names, "urn:ab" in names
        (True, True, False)
    """

    iris: frozenset[str] = frozenset()
    prefixes: tuple[str, ...] = ()

    def __contains__(self, iri: str) -> bool:
        """Return whether an IRI is one of the names."""
        return iri in self.iris or iri.startswith(self.prefixes)


def _read(text: str) -> Names:
    """Read names written as `prefix:local`; those that end in * are prefixes."""
    full = [_TABLES["prefixes"][prefix] + local for prefix, _, local in (name.partition(":") for name in text.split())]
    return Names(
        frozenset(iri for iri in full if not iri.endswith("*")),
        tuple(iri.removesuffix("*") for iri in full if iri.endswith("*")),
    )


ROLES = {name: _read(text) for name, text in _TABLES["roles"].items()}
"""The names of roles of triples → their predicates; an IRI in several has the first role."""

VOCABULARIES = tuple(_TABLES["prefixes"][name] for name in _TABLES["vocabularies"]["all"].split())
"""The namespaces whose classes have terms of a vocabulary as instances."""

STATEMENTS = _read(_TABLES["statements"]["classes"])
"""The classes of nodes that stand for a triple, or for what is said about one."""

STATEMENT_PREDICATES: dict[str, str] = _TABLES["statements"]["predicates"]
"""The names of roles → regular expressions of the predicates of a Wikibase about such nodes."""

ADMINISTRATIVE = {name: _read(text) for name, text in _TABLES["administrative"].items()}
"""The `predicates` of administrative facts, those `of_terms` and of `concepts`, and the `classes` and `shapes` that are files."""

PAGES = {name: _read(_TABLES["pages"][name]) for name in ("about", "site")}
"""The predicates of pages: what they are `about`, and the `site` that they are part of."""

WIKI: str = _TABLES["pages"]["wiki"]
"""The regular expression of the addresses of pages of a wiki."""

NOTES = {name: _read(_TABLES["notes"][name]) for name in ("definitions", "comments", "notes")}
"""The predicates of `definitions`, of `comments`, and of `notes`."""

OF_THE_RECORD = "(?i)" + "|".join(_TABLES["notes"]["record"])
"""The regular expression of comments and notes about the record of a thing."""

BESIDE_DEFINITION = "(?i)" + "|".join(_TABLES["notes"]["beside_definition"])
"""The regular expression of comments that are about the record where they stand beside a definition."""

MATCHES = _read(_TABLES["matches"]["predicates"])
"""The predicates that match things of different vocabularies."""

DEPRECATED = {name: _read(text) for name, text in _TABLES["deprecated"].items()}
"""The `predicates` and the `classes` of terms that are withdrawn."""
