"""Which facts a text is about: planted facts and sentences."""

from pathlib import Path

import numpy as np
import pytest

import kaug
from kaug.retrieval.encoder import as_encoder

LANDS = """
@prefix : <urn:x:> .
@prefix rdfs: <http://www.w3.org/2000/01/rdf-schema#> .
:togo rdfs:label "Togo" ; :capital :lome ; :founded "1960" ; :language :french, :ewe .
:ghana rdfs:label "Ghana" ; :capital :accra ; :language :english .
:ada rdfs:label "Ada Mary Holt" ; :birthplace :accra .
:band rdfs:label "The Who" ; :foundedIn :lome .
:lome rdfs:label "Lomé" . :accra rdfs:label "Accra" .
:french rdfs:label "French" . :ewe rdfs:label "Ewe" . :english rdfs:label "English" .
"""


class Alike:
    """An encoder to which all texts mean the same, so that names alone decide."""

    def encode(self, texts: list[str]) -> np.ndarray:
        return np.ones((len(texts), 2), np.float32)


@pytest.fixture(scope="module")
def retriever(tmp_path_factory: pytest.TempPathFactory) -> kaug.Retriever:
    file: Path = tmp_path_factory.mktemp("about") / "a.ttl"
    file.write_text(LANDS, encoding="utf-8")
    kb = kaug.build_kb([file])
    return kaug.Retriever(kb, kaug.FactIndex.build(kb, as_encoder(Alike())))


def about(retriever: kaug.Retriever, text: str) -> set[str]:
    hits = retriever.retrieve([text], k=20, threshold=-1, about=True)
    return {sentence.rstrip(".") for sentence in retriever.wording.sentences(hits["row"].to_numpy()).to_pylist()}
