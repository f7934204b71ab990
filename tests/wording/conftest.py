"""Knowledge bases of a few lines of Turtle."""

from collections.abc import Callable
from pathlib import Path

import pytest

from kaug.knowledge.build import build_kb
from kaug.knowledge.knowledge_base import KnowledgeBase

PREFIXES = """
@prefix : <urn:x:> .
@prefix kaug: <https://w3id.org/kaug/ns#> .
@prefix rdf: <http://www.w3.org/1999/02/22-rdf-syntax-ns#> .
@prefix rdfs: <http://www.w3.org/2000/01/rdf-schema#> .
"""

Make = Callable[..., KnowledgeBase]


@pytest.fixture
def make(tmp_path: Path) -> Make:
    def build(turtle: str, lexicon: str | None = None) -> KnowledgeBase:
        path, words = tmp_path / "a.ttl", tmp_path / "lexicon.ttl"
        path.write_text(PREFIXES + turtle, encoding="utf-8")
        if lexicon is not None:
            words.write_text(PREFIXES + lexicon, encoding="utf-8")
        return build_kb([path], lexicon=words if lexicon is not None else None, languages=("en", "zh"))

    return build
