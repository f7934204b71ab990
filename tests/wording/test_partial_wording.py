"""The words for a few terms and facts are the same as among all of them."""

from pathlib import Path

import numpy as np
import pyarrow as pa
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from kaug.knowledge.build import build_kb
from kaug.knowledge.knowledge_base import KnowledgeBase, load_kb, save_kb
from kaug.store.artifact import publish
from kaug.wording import wording
from kaug.wording.wording import Wording

LANGUAGES = ("en", "zh", "fr", "pt")
TURTLE = """
@prefix : <http://x.org/> .
@prefix kaug: <https://w3id.org/kaug/ns#> .
@prefix rdfs: <http://www.w3.org/2000/01/rdf-schema#> .
@prefix skos: <http://www.w3.org/2004/02/skos/core#> .
@prefix xsd: <http://www.w3.org/2001/XMLSchema#> .
@prefix cdt: <http://w3id.org/lindt/custom_datatypes#> .
:Togo a :AfricanCountry ; rdfs:label "Togo"@en , "多哥"@zh , "Le Togo"@fr ; skos:altLabel "Togolese Republic"@en ;
    :capital :Lome ; :population "7606374"^^xsd:integer ; :founded "1960-04-27"^^xsd:date ; :since "1960"^^xsd:integer ;
    :length "579 km"^^cdt:ucum ; :member true ; :motto "Travail,\\n <|Liberté|> "@fr ; :borders :Togo , :Guinea-Bissau ;
    :flag [ :colour "green" , "red" ; :stripes 5 ; :drawnBy [ :name "Paul Ahyi" ] ] .
:Lome rdfs:label "Lomé"@en ; kaug:phrase "the city of Lomé"@en ; :area 99.14 ; :twinOf :Togo ; :opens "07:30:00"^^xsd:time .
:Guinea-Bissau rdfs:label "Guiné-Bissau"@pt ; :founded "1973-02-30"^^xsd:date ; :borders :Q42 ; :age "P52Y"^^xsd:duration .
:AfricanCountry rdfs:subClassOf :Country . :Country rdfs:label "country"@en , "国家"@zh . :hasHumanName rdfs:label "name"@de .
"""
FILLERS = 9_000
"""Enough other terms that a few are looked up by themselves, not with all others."""


@pytest.fixture(scope="module")
def kb(tmp_path_factory: pytest.TempPathFactory) -> KnowledgeBase:
    path = tmp_path_factory.mktemp("kb") / "a.ttl"
    fillers = "".join(f':n{n} :hasHumanName "n {n}" ; :near :n{n * 7 % 50} .\n' for n in range(FILLERS))
    path.write_text(TURTLE + fillers, encoding="utf-8")
    return build_kb([path], languages=LANGUAGES)


def planted_rows(kb: KnowledgeBase) -> np.ndarray:  # type: ignore[type-arg]
    """The rows of the facts that are no fillers."""
    values = kb.terms["value"].take(pa.array(kb.columns()[0])).to_pylist()
    return np.array([row for row, value in enumerate(values) if not value.startswith("http://x.org/n")])


@pytest.mark.slow
@pytest.mark.parametrize("language", LANGUAGES)
def test_sentences_of_a_few_facts_are_those_among_all(kb: KnowledgeBase, language: str) -> None:
    sentences, rows = Wording(kb, language).sentences(), planted_rows(kb)
    assert len(rows) > 20
    for row in rows.tolist():
        assert Wording(kb, language).sentences(np.array([row]))[0] == sentences[row]
    wording = Wording(kb, language)
    assert wording.sentences(rows).equals(sentences.take(pa.array(rows)))
    batches = np.random.default_rng(0).integers(0, kb.facts.num_rows, (20, 300))
    for batch in batches:  # in the end more terms than are looked up bit by bit
        assert wording.sentences(batch).equals(sentences.take(pa.array(batch)))


@pytest.mark.slow
@settings(max_examples=30, deadline=None)
@given(
    st.lists(st.lists(st.integers(0, 2 * FILLERS), max_size=40), max_size=4), st.sampled_from(LANGUAGES), st.booleans()
)
def test_words_of_some_terms_are_those_among_all(
    kb: KnowledgeBase, requests: list[list[int]], language: str, phrases: bool
) -> None:
    some, whole = Wording(kb, language), Wording(kb, language)
    words = whole.phrases() if phrases else whole.labels()
    for terms in requests:
        chosen = np.array(terms, dtype=np.int64) % kb.terms.num_rows
        some_words = some.phrases(chosen) if phrases else some.labels(chosen)
        assert some_words.to_pylist() == words.take(pa.array(chosen)).to_pylist()


def test_only_requested_terms_are_named_and_each_once(kb: KnowledgeBase, monkeypatch: pytest.MonkeyPatch) -> None:
    sizes: list[int] = []
    term_words = wording.term_words
    monkeypatch.setattr(wording, "term_words", lambda *args: (sizes.append(len(args[2])), term_words(*args))[1])
    some = Wording(kb)
    for _ in range(2):
        some.labels(np.array([3, 5, 3]))
        some.labels(np.array([5]))
    assert sizes == [2]
    for term in range(10, 20):
        some.labels(np.array([term]))
    assert sizes[-1] == kb.terms.num_rows
    assert len(sizes) < 8


def test_an_opened_knowledge_base_gives_the_planted_sentences(kb: KnowledgeBase, tmp_path: Path) -> None:
    with publish(tmp_path / "1-knowledge", stage="knowledge", fingerprint="test") as draft:
        save_kb(kb, draft.path)
    opened = load_kb(tmp_path)
    togo = opened.terms["value"].to_pylist().index("http://x.org/Togo")
    rows = np.flatnonzero(opened.columns()[0] == togo)
    sentences = Wording(opened).sentences(rows).to_pylist()
    assert {
        "Togo is an African country.",
        "The capital of Togo is the city of Lomé.",
        "The population of Togo is 7,606,374.",
        "Togo was founded on 27 April 1960.",
        "The length of Togo is 579 kilometres.",
        "Togo borders Togo.",
    } <= set(sentences)
