"""A toy knowledge base whose every answer is known by hand, and an encoder that needs no model."""

import hashlib
import re
from collections.abc import Callable, Sequence
from pathlib import Path

import numpy as np
import pytest
from numpy.typing import NDArray

from kaug.knowledge.build import build_kb
from kaug.knowledge.knowledge_base import KnowledgeBase
from kaug.rdf.sources import Source

PREFIXES = """
@prefix : <urn:x:> .
@prefix rdfs: <http://www.w3.org/2000/01/rdf-schema#> .
@prefix skos: <http://www.w3.org/2004/02/skos/core#> .
"""

WORLD = """
:capital rdfs:label "capital"@en . :borders rdfs:label "borders"@en . :hasSymbol rdfs:label "has symbol"@en .
:Turkey rdfs:label "Turkey"@en, "土耳其"@zh ; skos:altLabel "Türkiye"@en ; :capital :Ankara ; :borders :Greece .
:Ankara rdfs:label "Ankara"@en .
:Greece rdfs:label "Greece"@en ; :capital :Athens .
:Athens rdfs:label "Athens"@en .
:Peru rdfs:label "Peru"@en, "秘鲁"@zh ; :capital :Lima .
:Lima rdfs:label "Lima"@en, "利马"@zh .
:Helium rdfs:label "helium"@en ; skos:altLabel "He"@en ; :hasSymbol "He" .
:WHO rdfs:label "WHO"@en ; :borders :Greece .
:NewYork rdfs:label "New York"@en ; :borders :NewYorkCity .
:NewYorkCity rdfs:label "New York City"@en ; :borders :York .
:York rdfs:label "York"@en ; :borders :oxford .
:Georgia1 rdfs:label "Georgia"@en ; :borders :Georgia2 .
:Georgia2 rdfs:label "Georgia"@en ; :borders :Turkey .
"""

EVERYDAY = """
:isA rdfs:label "is a"@en . :eats rdfs:label "eats"@en .
:turkey rdfs:label "turkey"@en ; :isA :bird ; :eats :berry .
:bird rdfs:label "bird"@en .
:berry rdfs:label "berry"@en ; :isA :food .
:food rdfs:label "food"@en .
:fox rdfs:label "fox"@en ; :eats :berry .
:ox rdfs:label "ox"@en ; :eats :food .
:fine rdfs:label "fine"@en ; :isA :penalty .
:penalty rdfs:label "penalty"@en .
:news rdfs:label "news"@en ; :isA :penalty .
:mean rdfs:label "mean"@en ; :isA :means .
:means rdfs:label "means"@en .
:car rdfs:label "car"@en ; :isA :car-par .
:car-par rdfs:label "car par"@en .
"""


class WordEncoder:
    """Hashes each word to a component: texts are near if they share words."""

    def __init__(self, name: str = "words", dimension: int = 256) -> None:
        self.name = name
        self.dimension = dimension
        self.seen: list[str] = []

    def encode(self, texts: Sequence[str]) -> NDArray[np.float32]:
        self.seen.extend(texts)
        vectors = np.zeros((len(texts), self.dimension), np.float32)
        for row, text in enumerate(texts):
            for word in re.findall(r"\w+", text.lower()):
                place = int.from_bytes(hashlib.blake2b(word.encode(), digest_size=4).digest(), "little")
                vectors[row, place % self.dimension] += 1
            if not vectors[row].any():
                vectors[row, 0] = 1
        return vectors / np.linalg.norm(vectors, axis=1, keepdims=True)


@pytest.fixture
def encoder() -> WordEncoder:
    return WordEncoder()


@pytest.fixture
def word_encoder() -> type[WordEncoder]:
    return WordEncoder


@pytest.fixture
def make_kb(tmp_path: Path) -> Callable[..., KnowledgeBase]:
    def make(**sources: str) -> KnowledgeBase:
        built = []
        for name, turtle in sources.items():
            file = tmp_path / f"{name}.ttl"
            file.write_text(PREFIXES + turtle, encoding="utf-8")
            built.append(Source(name, file, "commonsense" if name == "everyday" else "domain"))
        return build_kb(built, languages=("en", "zh"))

    return make


@pytest.fixture
def kb(make_kb: Callable[..., KnowledgeBase]) -> KnowledgeBase:
    return make_kb(world=WORLD, everyday=EVERYDAY)


@pytest.fixture
def term(kb: KnowledgeBase) -> Callable[[str], int]:
    numbers = {value: row for row, value in enumerate(kb.terms["value"].to_pylist())}
    return lambda name: numbers["urn:x:" + name]
