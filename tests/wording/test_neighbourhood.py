"""The facts about some entities, and that what is said of a few is what is said of them among all."""

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
from kaug.wording.neighbourhood import facts_about
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
"""So many more terms that a few are found by themselves, not with all others."""


@pytest.fixture(scope="module")
def kb(tmp_path_factory: pytest.TempPathFactory) -> KnowledgeBase:
    path = tmp_path_factory.mktemp("kb") / "a.ttl"
    fillers = "".join(f':n{n} :hasHumanName "n {n}" ; :near :n{n * 7 % 50} .\n' for n in range(FILLERS))
    path.write_text(TURTLE + fillers, encoding="utf-8")
    return build_kb([path], languages=LANGUAGES)


def told(kb: KnowledgeBase) -> np.ndarray:  # type: ignore[type-arg]
    """The rows of the facts that are no fillers."""
    values = kb.terms["value"].take(pa.array(kb.columns()[0])).to_pylist()
    return np.array([row for row, value in enumerate(values) if not value.startswith("http://x.org/n")])


@pytest.mark.parametrize("language", LANGUAGES)
def test_a_few_facts_are_said_as_among_all(kb: KnowledgeBase, language: str) -> None:
    all_said = Wording(kb, language).sentences()
    assert len(told(kb)) > 20
    for row in told(kb).tolist():
        assert Wording(kb, language).sentences(np.array([row]))[0] == all_said[row]
    once = Wording(kb, language)
    assert once.sentences(told(kb)).equals(all_said.take(pa.array(told(kb))))
    fillers = np.random.default_rng(0).integers(0, kb.facts.num_rows, (20, 300))
    for rows in fillers:  # goes on to more terms than are asked for one by one
        assert once.sentences(rows).equals(all_said.take(pa.array(rows)))


@settings(max_examples=30, deadline=None)
@given(
    st.lists(st.lists(st.integers(0, 2 * FILLERS), max_size=40), max_size=4), st.sampled_from(LANGUAGES), st.booleans()
)
def test_the_words_of_some_terms_are_those_of_all(
    kb: KnowledgeBase, asked: list[list[int]], language: str, phrases: bool
) -> None:
    some, whole = Wording(kb, language), Wording(kb, language)
    every = whole.phrases() if phrases else whole.labels()
    for terms in asked:
        chosen = np.array(terms, dtype=np.int64) % kb.terms.num_rows
        found = some.phrases(chosen) if phrases else some.labels(chosen)
        assert found.to_pylist() == every.take(pa.array(chosen)).to_pylist()


def test_words_are_found_for_the_terms_that_are_asked_for_and_once(
    kb: KnowledgeBase, monkeypatch: pytest.MonkeyPatch
) -> None:
    found: list[int] = []
    find = wording.term_words
    monkeypatch.setattr(wording, "term_words", lambda *given: (found.append(len(given[2])), find(*given))[1])
    some = Wording(kb)
    for _ in range(2):
        some.labels(np.array([3, 5, 3]))
        some.labels(np.array([5]))
    assert found == [2]
    for term in range(10, 20):
        some.labels(np.array([term]))
    assert found[-1] == kb.terms.num_rows
    assert len(found) < 8


def test_the_facts_of_entities_are_those_that_hold_them(kb: KnowledgeBase) -> None:
    subjects, _, objects = kb.columns()
    said = Wording(kb).sentences(np.arange(kb.facts.num_rows)).to_pylist()
    entities = np.random.default_rng(1).permutation(kb.terms.num_rows)[:60].astype(np.uint32)
    togo = Wording(kb).labels().index("Togo").as_py()
    entities = np.append(entities, [togo, togo]).astype(np.uint32)  # borders itself
    expected = []
    for entity in entities.tolist():
        rows = np.flatnonzero(subjects == entity).tolist()
        rows += np.flatnonzero((objects == entity) & (subjects != entity)).tolist()
        expected += [{"entity": entity, "row": row, "sentence": said[row]} for row in rows]
    assert facts_about(kb, entities).to_pylist() == expected
    assert facts_about(kb, np.array([], np.uint32)).num_rows == 0


def test_planted_sentences_are_said_of_an_opened_knowledge_base(kb: KnowledgeBase, tmp_path: Path) -> None:
    with publish(tmp_path / "1-knowledge", stage="knowledge", fingerprint="test") as draft:
        save_kb(kb, draft.path)
    opened = load_kb(tmp_path)
    togo = opened.terms["value"].to_pylist().index("http://x.org/Togo")
    said = facts_about(opened, np.array([togo], np.uint32))["sentence"].to_pylist()
    assert {
        "Togo is an african country.",
        "The capital of Togo is the city of Lomé.",
        "The population of Togo is 7,606,374.",
        "Togo was founded on 27 April 1960.",
        "The length of Togo is 579 kilometres.",
        "Togo borders Togo.",
    } <= set(said)
