import math
import re
import unicodedata
from collections import Counter

import numpy as np
import pyarrow.compute as pc
import pytest

from kaug.errors import ArtifactError, PipelineError
from kaug.retrieval.encoder import as_encoder, load_encoder
from kaug.retrieval.filters import facts_where
from kaug.retrieval.index import FactIndex
from kaug.retrieval.linker import Linker
from kaug.retrieval.retriever import RETRIEVED, Retriever
from kaug.retrieval.settings import FactFilter, RetrievalSettings
from kaug.wording.values import written_terms
from kaug.wording.wording import Wording

TEXTS = [
    "The capital of Peru is Lima, they say.",
    "🦃 a turkey is a bird that eats a berry",
    "Greece and Turkey are neighbours; New York is not.",
    "Georgia is on my mind.",
    "food of the fox",
    "nothing that anyone has heard about",
]


@pytest.fixture
def build(encoder):
    def make(kb, **settings):
        return Retriever(kb, FactIndex.build(kb, encoder), **settings)

    return make


def words(text):
    plain = unicodedata.normalize("NFKD", text.lower())
    return set(re.findall(r"[^\W_]+", "".join(c for c in plain if not unicodedata.combining(c))))


def shares(kb, text):
    """Each term's largest share of a name that stands in a text, and the place of the rarest word that does."""
    subjects, _, objects = kb.columns()
    ends = {int(term) for term in (*subjects, *objects)}
    names = [(label["term"], label["text"]) for label in kb.labels.to_pylist() if label["term"] in ends]
    named = {term for term, _ in names}
    said = Wording(kb).labels().to_pylist()
    names += [(term, said[term]) for term in sorted(ends - named)]
    # A character of Chinese is a word of its own.
    split = [set(name) if re.match("[\u4e00-\u9fff]", name) else words(name) for _, name in names]
    often = Counter(word for one in split for word in one)
    weight = {word: math.log(1 + len(names) / count) for word, count in often.items()}
    found = {}
    for (term, _), one in zip(names, split, strict=True):
        there = one & words(text)
        share = sum(weight[word] for word in there) / sum(weight[word] for word in one)
        if share >= 0.3 and share > found.get(term, (0, None))[0]:
            rarest = max(sorted(there), key=lambda word: weight[word])
            place = next(m.start() for m in re.finditer(r"[^\W_]+", text) if m[0].lower() == rarest)
            found[term] = (share, place)
    return found


def by_hand(kb, encoder, text, threshold):
    """Every fact that may be retrieved, best first: (row, reason, start)."""
    scores = encoder.encode(Wording(kb).sentences(np.arange(kb.facts.num_rows)).to_pylist()) @ encoder.encode([text])[0]
    starts, part = {}, shares(kb, text)
    for mention in Linker(kb).link([text]).to_pylist():
        starts.setdefault(mention["term"], []).append(mention["start"])

    def strength(term):
        return 1 if term in starts else 0.8 * part[term][0] if term in part else 0

    found = []
    for row, fact in enumerate(kb.facts.to_pylist()):
        ends = fact["subject"], fact["object"]
        left, right = (starts.get(end, []) for end in ends)
        strengths = [strength(end) for end in ends]
        apart = any(a != b for a in left for b in right) and ends[0] != ends[1]
        partly = max(strengths) >= 0.4
        reason = "connects" if apart else "linked" if left or right else "partial" if partly else "similar"
        start = ([*left, *right] or [None])[0]
        if reason == "partial":
            start = part[ends[int(np.argmax(strengths))]][1]
        relevance = float(scores[row]) + 0.5 * strengths[0] + 0.3 * strengths[1] + 0.1 * apart
        if round(relevance, 6) >= threshold:
            found.append((-round(relevance, 5), fact["fact"], row, reason, start))
    return [entry[2:] for entry in sorted(found, key=lambda entry: entry[:2])]


@pytest.mark.parametrize("text", TEXTS)
@pytest.mark.slow
def test_it_retrieves_what_is_worked_out_by_hand(kb, encoder, build, text):
    found = build(kb).retrieve([text], k=100, threshold=0.3)
    expected = by_hand(kb, encoder, text, 0.3)
    assert list(zip(*(found[name].to_pylist() for name in ("row", "reason", "start")), strict=True)) == expected
    assert found.schema == RETRIEVED
    assert found["rank"].to_pylist() == list(range(1, len(expected) + 1))
    assert found["fact"].to_pylist() == [kb.hex_ids[row].as_py() for row, *_ in expected]


def test_the_planted_facts_come_first(kb, build):
    found = build(kb).retrieve(TEXTS, k=1).to_pylist()
    said = Wording(kb).sentences(np.array([row["row"] for row in found])).to_pylist()
    assert [(row["text"], row["reason"]) for row in found[:3]] == [(0, "connects"), (1, "connects"), (2, "connects")]
    assert said[0] == "The capital of Peru is Lima."
    assert "urkey" in said[1]
    assert "Turkey" in said[2]
    assert "Greece" in said[2]
    assert (found[0]["start"], found[0]["end"]) == (15, 19)
    assert found[0]["score"] == pytest.approx(6 / np.sqrt(6 * 8), abs=1e-6)


@pytest.mark.slow
def test_two_terms_of_the_same_ambiguous_mentions_do_not_connect(kb, build, term):
    subjects, _, objects = kb.columns(np.arange(kb.facts.num_rows))
    between = np.flatnonzero((subjects == term("Georgia1")) & (objects == term("Georgia2")))[0]

    def reason(text):
        return {row["row"]: row["reason"] for row in build(kb).retrieve([text], k=10).to_pylist()}[between]

    assert reason("Georgia is on my mind.") == "linked"
    assert reason("Georgia is Georgia, whoever sings of it.") == "linked"


@pytest.mark.slow
def test_k_by_kind(kb, build):
    text = "Turkey, Greece, Peru, a turkey, a berry, a bird"
    kinds = np.array(kb.source_kind().to_pylist())

    def found(k):
        rows = build(kb).retrieve([text], k=k)["row"].to_numpy()
        return [int(np.sum(kinds[rows] == kind)) for kind in ("domain", "commonsense")]

    assert found({"domain": 3, "commonsense": 2}) == [3, 2]
    assert found({"domain": 1, "commonsense": 0}) == [1, 0]
    assert found({"commonsense": 2}) == [0, 2]
    assert sum(found(4)) == 4
    assert found(0) == [0, 0]
    mixed = build(kb).retrieve([text], k={"domain": 3, "commonsense": 2})
    assert mixed["rank"].to_pylist() == [1, 2, 3, 4, 5]


@pytest.mark.slow
def test_the_floor_holds_for_what_is_only_similar(kb, build):
    text = "what is the capital of somewhere"
    low, high = build(kb).retrieve([text], k=9, threshold=0.2), build(kb).retrieve([text], k=9, threshold=0.99)
    assert set(low["reason"].to_pylist()) == {"similar"}
    assert low["relevance"].to_pylist() == pytest.approx(low["score"].to_pylist(), abs=1e-6)
    assert min(low["score"].to_pylist()) >= 0.2
    assert low["start"].null_count == low.num_rows
    assert high.num_rows == 0
    # A named subject weighs 0.5, a named object 0.3.
    assert build(kb).retrieve(["zzz Peru zzz zzz zzz zzz"], k=9, threshold=0.5)["reason"].to_pylist() == ["linked"]
    assert build(kb).retrieve(["zzz Lima zzz zzz zzz zzz"], k=9, threshold=0.5).num_rows == 0


@pytest.mark.slow
def test_only_what_is_allowed(kb, build):
    first = build(kb).retrieve(TEXTS, k=3)
    allowed = np.ones(kb.facts.num_rows, bool)
    allowed[first["row"].to_numpy()] = False
    rest = build(kb).retrieve(TEXTS, k=3, allowed=allowed)["row"].to_pylist()
    assert rest
    assert not set(rest) & set(first["row"].to_pylist())


@pytest.mark.slow
def test_texts_without_words_and_very_long_ones(kb, build):
    long = "so on and " * 100_000 + "Peru"
    found = build(kb).retrieve(["", " \n", "…!? — 😀", "_", long, "Peru"], k=1)
    assert found["text"].to_pylist() == [4, 5]
    assert found["start"].to_pylist() == [1_000_000, 0]
    assert build(kb).retrieve([], k=3).equals(RETRIEVED.empty_table())
    assert build(kb).retrieve(["", "?"], k=3).equals(RETRIEVED.empty_table())


def test_a_knowledge_base_without_facts_finds_nothing(make_kb, build):
    assert build(make_kb(world="")).retrieve(["Peru"], k=3).num_rows == 0


@pytest.mark.parametrize("text", ["To Springfield", "In the Statelet"])
@pytest.mark.slow
def test_equal_ranks_are_decided_by_the_fact_id(make_kb, build, text):
    springfields = (f':e{n} rdfs:label "Springfield"@en ; :in :state .' for n in range(200))
    kb = make_kb(world=':state rdfs:label "Statelet"@en .' + "\n".join(springfields))
    expected = sorted(kb.hex_ids.to_pylist())[:7]
    for candidates in (7, 64, 500):
        found = build(kb, candidates=candidates).retrieve([text], k=7, threshold=0.3)
        assert found["fact"].to_pylist() == expected


@pytest.mark.slow
def test_a_text_gets_the_same_facts_whatever_it_is_asked_with(kb, build):
    retriever = build(kb)
    together = retriever.retrieve(TEXTS * 40, k=5).to_pylist()
    for number in (0, 1, 2, 3, 4, 5, 101, 239):
        alone = retriever.retrieve([(TEXTS * 40)[number]], k=5).to_pylist()
        assert [{**row, "text": number} for row in alone] == [row for row in together if row["text"] == number]


def test_all_terms_are_read_once_for_all_texts(kb, build, monkeypatch):
    retriever, read = build(kb), []

    def count(kb):
        read.append(kb)
        return written_terms(kb)

    monkeypatch.setattr("kaug.wording.wording.written_terms", count)
    retriever.wording = Wording(kb)
    assert retriever.retrieve(["Georgia borders Turkey."] * 300).num_rows >= 300
    assert len(read) == 1


@pytest.mark.parametrize("most", [20_000, 200, 1])
@pytest.mark.slow
def test_a_fact_that_connects_is_found_among_many(make_kb, word_encoder, most):
    villages = (f":e{n} :in :state . :mayor :knows :e{n} ." for n in range(300))
    labels = ':state rdfs:label "Statelet"@en . :mayor rdfs:label "Mayor"@en ; :in :state . :e0 rdfs:label "E0"@en .'
    kb = make_kb(world=labels + "\n".join(villages))
    encoder = word_encoder("words", 8192)
    retriever = Retriever(kb, FactIndex.build(kb, encoder), candidates=1, hub=most)
    # Nearest in meaning is what the mayor knows; that the mayor is in the Statelet is far behind, but connects.
    found = retriever.retrieve(["The Mayor of the Statelet knows"], k=9).to_pylist()
    subjects, _, objects = kb.columns(np.array([row["row"] for row in found]))
    values = kb.terms["value"].to_pylist()
    said = [(row["reason"], values[s], values[o]) for row, s, o in zip(found, subjects, objects, strict=True)]
    assert ("connects", "urn:x:mayor", "urn:x:state") in said
    assert said.index(("connects", "urn:x:mayor", "urn:x:state")) != np.argmax([row["score"] for row in found])


def test_a_term_is_found_as_an_object_too(kb, build):
    retriever = build(kb, candidates=1)
    found = retriever.retrieve(["Lima: food of the fox, the is a food of the fox, the is a"], k=9)
    linked = found.filter(pc.equal(found["reason"], "linked"))["row"].to_numpy()
    assert "The capital of Peru is Lima." in Wording(kb).sentences(linked).to_pylist()


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ({"k": {"comonsense": 2}}, "Did you mean 'commonsense'"),
        ({"k": -1}, "k is -1; it must be at least 0"),
        ({"k": {"domain": -2}}, "must be at least 0"),
        ({"k": 2**70}, "at most 10,000"),
        ({"k": {"domain": 2**70}}, "at most 10,000"),
        ({"threshold": 2.5}, "threshold is 2.5: input should be less than or equal to 2"),
        ({"hops": 0}, "hops is 0: input should be greater than or equal to 1"),
        ({"hops": 2**70}, f"hops is {2**70}: input should be less than or equal to 100"),
        ({"budget": 0}, "budget is 0: input should be greater than or equal to 1"),
        ({"budget": 2**70}, f"budget is {2**70}: input should be less than or equal to 1000000"),
        ({"diversity": 1.5}, "diversity is 1.5: input should be less than or equal to 1"),
        ({"hop": 1}, "hop is 1: extra inputs are not permitted"),
        ({"language": "zh"}, "the index holds sentences in 'en'"),
        ({"allowed": np.ones(3, bool)}, r"allowed has the shape \(3,\)"),
    ],
)
def test_wrong_arguments_are_refused(kb, build, arguments, message):
    with pytest.raises(PipelineError, match=message):
        build(kb).retrieve(["Peru"], **arguments)


def test_parts_that_do_not_belong_together_are_refused(kb, make_kb, encoder, word_encoder):
    index, linker = FactIndex.build(kb, encoder), Linker(kb)
    with pytest.raises(ArtifactError, match="encoder 'words', not of 'other'"):
        Retriever(kb, index, linker, as_encoder(word_encoder("other")))
    with pytest.raises(ArtifactError, match="the knowledge base 1"):
        Retriever(make_kb(world=":a :p :b ."), index, linker)
    with pytest.raises(PipelineError, match="candidates is 0; it must be at least 1"):
        Retriever(kb, index, linker, candidates=0)


@pytest.mark.slow
def test_settings_are_handed_on_whole(kb, build):
    retriever = build(kb)
    settings = RetrievalSettings(
        k={"domain": 2}, threshold=0.2, hops=2, diversity=0.3, budget=30, filter=FactFilter(predicates=["capital"])
    )
    conditions = facts_where(kb, settings.filter)
    given = {"threshold": 0.2, "hops": 2, "diversity": 0.3, "budget": 30}
    expected = retriever.retrieve(TEXTS, k={"domain": 2}, allowed=conditions, **given)
    assert retriever.retrieve(TEXTS, settings).equals(expected)
    assert expected.num_rows
    assert conditions[expected["row"].to_numpy()].all()
    # What a call gives takes the place of the setting, and a mask of the call's is joined with the filter.
    assert max(retriever.retrieve(TEXTS, settings, k=1)["rank"].to_pylist()) == 1
    assert retriever.retrieve(TEXTS, settings, threshold=2.0, hops=1).num_rows == 0
    other = np.ones(kb.facts.num_rows, bool)
    other[expected["row"].to_numpy()] = False
    assert not set(retriever.retrieve(TEXTS, settings, allowed=other)["row"].to_pylist()) & set(
        expected["row"].to_pylist()
    )
    all_facts = retriever.retrieve(TEXTS, settings.model_copy(update={"filter": FactFilter()}))
    assert not conditions[all_facts["row"].to_numpy()].all()


@pytest.mark.model
@pytest.mark.slow
def test_with_a_real_encoder(kb):
    encoder = load_encoder("all-MiniLM-L6-v2")
    retriever = Retriever(kb, FactIndex.build(kb, encoder))
    found = retriever.retrieve(["Which city is the seat of government of Greece?"], k=1)
    assert Wording(kb).sentences(found["row"].to_numpy()).to_pylist() == ["The capital of Greece is Athens."]
    assert found["reason"].to_pylist() == ["linked"]
