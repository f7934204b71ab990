from itertools import product

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from kaug.retrieval.linker import Linker
from kaug.retrieval.linking.senses import SENSES, WEIGHTS, evidence, resolve
from kaug.wording.wording import Wording

PLACES = """
:country rdfs:label "country"@en . :state rdfs:label "state"@en . :capitalOf rdfs:label "capital of"@en .
:g1 rdfs:label "Georgia (country)"@en ; a :country ; :exports :wine ; :exports :tea .
:g2 rdfs:label "Georgia (U.S. state)"@en ; a :state ; :exports :peaches ; :exports :peanuts .
:tbilisi rdfs:label "Tbilisi"@en ; :capitalOf :g1 . :atlanta rdfs:label "Atlanta"@en ; :capitalOf :g2 .
:wine rdfs:label "wine"@en . :tea rdfs:label "tea"@en . :peaches rdfs:label "peaches"@en . :peanuts rdfs:label "peanuts"@en .
:alabama rdfs:label "Alabama"@en ; :exports :peanuts .
"""


@pytest.fixture
def senses(make_kb, encoder):
    kb = make_kb(world=PLACES)
    linker = Linker(kb)
    names = [value.removeprefix("urn:x:") for value in kb.terms["value"].to_pylist()]

    def weigh(text, vectors=False):
        both = (
            (encoder.encode([text]), encoder.encode(Wording(kb).sentences(np.arange(kb.facts.num_rows)).to_pylist()))
            if vectors
            else (None, None)
        )
        found = resolve(Wording(kb), linker.link([text]), [text], *both)
        assert found.schema == SENSES
        return {names[row["term"]]: row["sense"] for row in found.to_pylist()}

    return weigh


@pytest.mark.parametrize(
    ("text", "meant", "other"),
    [
        ("Tbilisi lies in Georgia", "g1", "g2"),  # by a fact
        ("Atlanta lies in Georgia", "g2", "g1"),
        ("From Georgia, as from Alabama", "g2", "g1"),  # by what both export
        ("Georgia is a U.S. one", "g2", "g1"),  # by the qualifier
        ("Georgia, country of mine", "g1", "g2"),  # by the qualifier and the class
    ],
)
def test_what_else_the_text_says_decides(senses, text, meant, other):
    found = senses(text)
    assert found[meant] > 0.55
    assert found[meant] + found[other] == pytest.approx(1, abs=1e-6)


def test_without_evidence_terms_of_equal_weight_stand_equal(senses):
    assert senses("I like Georgia.") == {"g1": pytest.approx(0.5), "g2": pytest.approx(0.5)}


def test_the_words_of_a_text_are_compared_with_classes_in_its_language(make_kb):
    fruit = """
    :fruit rdfs:label "fruit"@en, "水果"@zh . :band rdfs:label "band"@en, "乐队"@zh .
    :o1 rdfs:label "橘子"@zh ; a :fruit ; :by :x . :o2 rdfs:label "橘子"@zh ; a :band ; :by :y .
    """
    kb = make_kb(world=fruit)
    text = ["橘子是一种水果"]
    found = resolve(Wording(kb, "zh"), Linker(kb).link(text), text).to_pylist()
    senses = {kb.terms["value"][row["term"]].as_py(): row["sense"] for row in found}
    assert senses["urn:x:o1"] > 0.9


def test_nearness_in_meaning_decides(senses):
    assert senses("Georgia exports something to drink, like whisky and beer, or teas", vectors=False)["g1"] > 0.5
    text = "Georgia exports peaches"
    assert senses(text, vectors=True)["g2"] > senses(text)["g2"] > 0.5


def test_one_term_is_certain(senses):
    assert senses("Tbilisi and Atlanta") == {"tbilisi": 1.0, "atlanta": 1.0}


def test_nothing_was_found(make_kb):
    kb = make_kb(world=PLACES)
    found = resolve(Wording(kb), Linker(kb).link(["nothing"]), ["nothing"])
    assert found.equals(SENSES.empty_table())


def test_evidence_is_what_it_says(make_kb, term, encoder):
    kb = make_kb(world=PLACES)
    texts = ["no mention", "Atlanta, Georgia, exports peaches"]
    mentions = Linker(kb).link(texts)
    asked = np.flatnonzero([surface == "Georgia" for surface in mentions["surface"].to_pylist()])
    facts = encoder.encode(Wording(kb).sentences(np.arange(kb.facts.num_rows)).to_pylist())
    queries = encoder.encode(texts)
    found = evidence(Wording(kb), mentions, texts, asked, queries, facts)
    assert set(found) == set(WEIGHTS)
    values = kb.terms["value"].to_pylist()
    rows = [values[row] for row in mentions["term"].take(asked).to_pylist()]
    of = {name: dict(zip(rows, values, strict=True)) for name, values in found.items()}
    subject, _, object_ = kb.columns()
    for name, row in product(("urn:x:g1", "urn:x:g2"), [1]):
        own = [n for n in range(kb.facts.num_rows) if values.index(name) in (subject[n], object_[n])]
        assert of["facts"][name] == pytest.approx(np.log1p(len(own)))
        assert of["nearness"][name] == pytest.approx(max(facts[own] @ queries[row]), abs=1e-6)
    assert of["direct"] == {"urn:x:g1": 0, "urn:x:g2": pytest.approx(np.log1p(2))}


def test_a_term_with_many_facts_is_weighed_by_some(make_kb):
    many = "".join(f":x{n} :in :hub . " for n in range(5000))
    kb = make_kb(
        world=many + ':hub rdfs:label "Mercury" . :m rdfs:label "Mercury" ; :in :sky . :sky rdfs:label "sky" .'
    )
    text = ["Mercury in the sky"]
    found = resolve(Wording(kb), Linker(kb).link(text), text).to_pylist()
    assert sum(row["sense"] for row in found if row["surface"] == "Mercury") == pytest.approx(1, abs=1e-6)


@settings(max_examples=50, deadline=None)
@given(data=st.data())
@pytest.mark.slow
def test_the_terms_of_a_mention_sum_to_one(built, data):
    kb, linker = built
    word = st.sampled_from(["Georgia", "Atlanta", "wine", "peanuts", "in", "country", "U.S."])
    texts = data.draw(st.lists(st.lists(word, max_size=8).map(" ".join), max_size=5))
    found = resolve(Wording(kb), linker.link(texts), texts).to_pylist()
    sums = {}
    for row in found:
        assert 0 < row["sense"] <= 1
        sums[row["text"], row["start"]] = sums.get((row["text"], row["start"]), 0) + row["sense"]
    assert all(total == pytest.approx(1, abs=1e-5) for total in sums.values())


@pytest.fixture(scope="module")
def built(tmp_path_factory):
    from kaug.knowledge.build import build_kb
    from tests.retrieval.conftest import PREFIXES

    file = tmp_path_factory.mktemp("places") / "places.ttl"
    file.write_text(PREFIXES + PLACES, encoding="utf-8")
    kb = build_kb([file], languages=("en", "zh"))
    return kb, Linker(kb)
