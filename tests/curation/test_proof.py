"""Proofs: the tree is the planted one, and each line says its triple and its reason."""

import hashlib
import textwrap
from pathlib import Path

import pyarrow as pa
import pyarrow.compute as pc
import pytest

from kaug.curation.explain.proof import explain, find_facts, say_proof
from kaug.errors import SourceError
from kaug.knowledge.build import build_kb
from kaug.knowledge.inference.infer import CONCLUDED
from kaug.knowledge.knowledge_base import KnowledgeBase
from kaug.tables import FACTS

PREFIXES = """
@prefix kaug: <https://w3id.org/kaug/ns#> .
@prefix : <urn:x:> . @prefix owl: <http://www.w3.org/2002/07/owl#> .
@prefix rdf: <http://www.w3.org/1999/02/22-rdf-syntax-ns#> . @prefix rdfs: <http://www.w3.org/2000/01/rdf-schema#> .
"""
WORLD = """
:lome rdfs:label "Lomé"@en ; a :City ; :locatedIn :togo . :togo rdfs:label "Togo"@en ; :locatedIn :africa .
:africa rdfs:label "Africa"@en . :locatedIn a owl:TransitiveProperty ; rdfs:range :Region .
:City rdfs:subClassOf :Settlement . :Settlement rdfs:subClassOf :Place .
:Settlement rdfs:subClassOf [ a owl:Restriction ; owl:onProperty :hasPart ; owl:someValuesFrom :House ] .
:livesIn kaug:statement "{s} lives in {o}."@en ; owl:propertyChainAxiom ( :hasHome :locatedIn ) .
:ama rdfs:label "Ama"@en ; :hasHome :lome .
"""
TYPE, SUBCLASS = CONCLUDED[:2]


@pytest.fixture(scope="module")
def kb(tmp_path_factory: pytest.TempPathFactory) -> KnowledgeBase:
    path = tmp_path_factory.mktemp("proof") / "world.ttl"
    path.write_text(PREFIXES + WORLD, encoding="utf-8")
    return build_kb([path], inference="owl")


def fact(subject: str, predicate: str, value: str) -> str:
    line = " ".join(f"<{term if ':' in term else 'urn:x:' + term}>" for term in (subject, predicate, value))
    return hashlib.blake2b(f"{line} .".encode(), digest_size=16).hexdigest()


SAID = {
    ("lome", TYPE, "Settlement"): """
        Lomé is a settlement. (cax-sco)
          Lomé is a city. (world)
          A city is a settlement. (world)""",
    ("lome", TYPE, "Place"): """
        Lomé is a place. (cax-sco)
          Lomé is a settlement. (cax-sco)
            Lomé is a city. (world)
            A city is a settlement. (world)
          A settlement is a place. (world)""",
    ("City", SUBCLASS, "Place"): """
        A city is a place. (scm-sco)
          A city is a settlement. (world)
          A settlement is a place. (world)""",
    ("lome", "locatedIn", "africa"): """
        Lomé is located in Africa. (prp-trp)
          “located in” is transitive. (world)
          Lomé is located in Togo. (world)
          Togo is located in Africa. (world)""",
    ("africa", TYPE, "Region"): """
        Africa is a region. (prp-rng)
          Whatever is a value of “located in” is a region. (world)
          Togo is located in Africa. (world)""",
    ("togo", TYPE, "Region"): """
        Togo is a region. (prp-rng)
          Whatever is a value of “located in” is a region. (world)
          Lomé is located in Togo. (world)""",
    ("Settlement", "hasPart", "House"): """
        A part of a settlement is House. (some-values-from)
          A settlement is something with “has part”: House. (world)""",
    ("ama", "livesIn", "togo"): """
        Ama lives in Togo. (prp-spo2)
          “lives in” follows from “has home” then “located in”. (world)
          The home of Ama is Lomé. (world)
          Lomé is located in Togo. (world)""",
    ("ama", "livesIn", "africa"): """
        Ama lives in Africa. (prp-spo2)
          “lives in” follows from “has home” then “located in”. (world)
          The home of Ama is Lomé. (world)
          Lomé is located in Africa. (prp-trp)
            “located in” is transitive. (world)
            Lomé is located in Togo. (world)
            Togo is located in Africa. (world)""",
}


@pytest.mark.slow
def test_every_inferred_fact_is_explained_in_the_planted_words(kb: KnowledgeBase) -> None:
    inferred = kb.facts.filter(pc.is_valid(kb.facts["rule"]))["fact"].to_pylist()
    assert {row.hex() for row in inferred} == {fact(*row) for row in SAID}
    for row, text in SAID.items():
        lines = [line.replace("; not taught: type)", ")") for line in say_proof(kb, explain(kb, fact(*row)))]
        assert lines == textwrap.dedent(text).strip().splitlines()


def test_the_tree_as_data(kb: KnowledgeBase) -> None:
    proof = explain(kb, fact("ama", "livesIn", "africa"))
    assert (proof.rule, proof.axiom, proof.sources) == ("prp-spo2", False, ("world",))
    stated = [step for step in proof.premises if step.rule is None]
    assert {step.sources for step in stated} == {("world",)}
    assert [step.axiom for step in proof.premises][:1] == [True]  # the chain's axiom; its list is not of the vocabulary
    assert [step.fact for step in proof.premises if step.rule] == [fact("lome", "locatedIn", "africa")]
    assert len(proof.premises) == 7  # axiom, two members, two links of the list, two facts


def test_a_stated_fact_is_its_own_reason(kb: KnowledgeBase) -> None:
    assert say_proof(kb, explain(kb, fact("lome", "locatedIn", "togo"))) == ["Lomé is located in Togo. (world)"]


def test_depth_cuts_the_tree(kb: KnowledgeBase) -> None:
    proof = explain(kb, fact("lome", TYPE, "Place"))
    assert say_proof(kb, proof, depth=0) == ["Lomé is a place. (cax-sco; not taught: type)"]
    assert [len(line) - len(line.lstrip()) for line in say_proof(kb, proof, depth=1)] == [0, 2, 2]


def test_what_was_explained_is_not_explained_again(tmp_path: Path) -> None:
    path = tmp_path / "world.ttl"
    path.write_text(
        f"""{PREFIXES}
        :x :meets :y . :meets rdfs:subPropertyOf :knows ; rdfs:label "meets" . :knows rdfs:range :Person ; rdfs:label "knows" .
        :Friend a owl:Restriction ; owl:onProperty :knows ; owl:someValuesFrom :Person .""",
        encoding="utf-8",
    )
    kb = build_kb([path], inference="owl")
    text = """
        X is a friend. (cls-svf1; not taught: type)
          X knows y. (prp-spo1)
            X meets y. (world)
            Where “meets” holds, “knows” holds. (world)
          Y is a person. (prp-rng)
            Whatever is a value of “knows” is a person. (world)
            X knows y. (see above)
          A friend is defined by “knows”. (world)
          A friend has some value that is a person. (world)"""
    assert say_proof(kb, explain(kb, fact("x", TYPE, "Friend"))) == textwrap.dedent(text).strip().splitlines()


def test_facts_are_found_by_id_and_by_name(kb: KnowledgeBase) -> None:
    whole = fact("lome", TYPE, "Place")
    assert find_facts(kb, whole[:12]) == [whole]
    assert find_facts(kb, whole.upper()) == [whole]
    about = find_facts(kb, "ama")
    assert set(about[:2]) == {fact("ama", "livesIn", "togo"), fact("ama", "livesIn", "africa")}  # those inferred first
    assert about[2:] == [fact("ama", "hasHome", "lome")]
    axiom = fact("locatedIn", "http://www.w3.org/2000/01/rdf-schema#range", "Region")
    assert explain(kb, axiom).axiom


@pytest.mark.parametrize("text", ["0123456789abcdef", "Nowhere", "abc", ""])
def test_what_is_not_there_is_said(kb: KnowledgeBase, text: str) -> None:
    with pytest.raises(SourceError, match="No fact has an id that begins with"):
        explain(kb, text)


def test_a_name_that_stands_for_several_facts_is_refused(kb: KnowledgeBase) -> None:
    with pytest.raises(SourceError, match=r"'ama' matches 3 facts; name one: [0-9a-f]{32} "):
        explain(kb, "ama")


def test_a_premise_that_is_missing_is_named(kb: KnowledgeBase) -> None:
    lost = fact("City", SUBCLASS, "Settlement")
    torn = kb.with_tables(
        facts=kb.facts.filter(pc.not_equal(kb.facts["fact"], pa.scalar(bytes.fromhex(lost), pa.binary(16))))
    )
    with pytest.raises(SourceError, match=f"there is no fact or axiom {lost}"):
        explain(torn, fact("lome", TYPE, "Settlement"))


@pytest.mark.slow
def test_a_proof_deeper_than_the_stack(tmp_path: Path) -> None:
    path = tmp_path / "world.ttl"
    steps = 1500
    path.write_text(PREFIXES + "".join(f":x{n:04} :after :y .\n" for n in range(steps)), encoding="utf-8")
    kb = build_kb([path])
    ids = kb.facts["fact"].to_pylist()
    premises = pa.array([[], *([before] for before in ids[:-1])], pa.list_(pa.binary(16)))
    rules = pa.array([None, *["prp-trp"] * (steps - 1)], pa.string())
    facts = kb.facts.set_column(5, FACTS.field("rule"), rules).set_column(6, FACTS.field("premises"), premises)
    kb = kb.with_tables(facts=facts)
    lines = say_proof(kb, explain(kb, ids[-1].hex()))
    assert len(lines) == steps
    assert lines[-1] == f"{'  ' * (steps - 1)}x0000 is after y. (world)"


def test_a_fact_whose_terms_have_no_label_is_found_by_what_is_said_of_them(tmp_path: Path) -> None:
    (tmp_path / "a.ttl").write_text("@prefix : <https://example.org/> . :Togo :capital :Lome . :Peru :capital :Lima .")
    kb = build_kb([tmp_path / "a.ttl"])
    (lome,) = find_facts(kb, "togo")
    assert find_facts(kb, "https://example.org/Lome") == [lome]
    assert say_proof(kb, explain(kb, lome))[0].startswith("The capital of Togo is Lome.")
