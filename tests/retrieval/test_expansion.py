import numpy as np
import pytest

from kaug.errors import PipelineError
from kaug.retrieval import graph as module
from kaug.retrieval.filters import facts_where
from kaug.retrieval.index import FactIndex
from kaug.retrieval.retriever import RETRIEVED, Retriever
from kaug.retrieval.settings import FactFilter, RetrievalSettings
from kaug.wording.wording import Wording

CHAIN = ":Alma :knows :Bora . :Bora :knows :Cyra . :Cyra :knows :Dena . :Dena :knows :Evan ."
# Land and Realm are hubs: more than 512 facts each.
HUBS = (
    ":Alma :in :Land . :Land :borders :Realm . :Realm :symbol :Zorb . :e7 :knows :Yara . :Yara :knows :Xeno ."
    + "".join(f":e{n} :in :Land . :r{n} :in :Realm ." for n in range(600))
)


@pytest.fixture
def build(word_encoder):
    encoder = word_encoder("words", 8192)

    def make(kb, **settings):
        return Retriever(kb, FactIndex.build(kb, encoder), **settings)

    return make


@pytest.fixture
def ask(make_kb, build):
    """Turtle, a text and settings → how each fact found is said, in their order: reason, relevance less score, way."""

    def make(turtle, text, candidates=1, **settings):
        kb = make_kb(world=turtle)
        values = [value.removeprefix("urn:x:") for value in kb.terms["value"].to_pylist()]
        said = [" ".join(values[term] for term in fact) for fact in zip(*kb.columns(), strict=True)]
        found = build(kb, candidates=candidates).retrieve([text], **{"k": 5000, "threshold": -1.0, **settings})
        assert found.schema == RETRIEVED
        return {
            said[row["row"]]: (row["reason"], row["relevance"] - row["score"], [said[step] for step in row["via"]])
            for row in found.to_pylist()
        }

    return make


def reasons(found):
    return {fact: (reason, via) for fact, (reason, _, via) in found.items()}


def near(value):
    return pytest.approx(value, abs=2e-6)


def test_one_hop_is_the_facts_of_what_is_named(ask):
    assert ask(CHAIN, "Alma", hops=1) == {"Alma knows Bora": ("linked", near(0.5), [])}


def test_two_hops_by_hand(ask):
    # Half of the walks end at Alma; the other half go to Bora, and half of these end there.
    assert ask(CHAIN, "Alma", hops=2) == {
        "Alma knows Bora": ("linked", near(0.5 + np.sqrt(0.5 + 0.25)), []),
        "Bora knows Cyra": ("neighbour", near(np.sqrt(0.25)), ["Alma knows Bora"]),
    }


def test_three_hops_by_hand(ask):
    # Of the quarter that leaves Bora one half goes back to Alma, the other on to Cyra: an eighth each, half of it ends.
    assert ask(CHAIN, "Alma", hops=3) == {
        "Alma knows Bora": ("linked", near(0.5 + np.sqrt(9 / 16 + 1 / 4)), []),
        "Bora knows Cyra": ("neighbour", near(np.sqrt(1 / 4 + 1 / 16)), ["Alma knows Bora"]),
        "Cyra knows Dena": ("neighbour", near(np.sqrt(1 / 16)), ["Alma knows Bora", "Bora knows Cyra"]),
    }


def test_walks_go_against_the_direction_of_facts_too(ask):
    found = reasons(ask(CHAIN, "Evan", hops=3))
    assert found["Bora knows Cyra"] == ("neighbour", ["Dena knows Evan", "Cyra knows Dena"])


def test_a_way_starts_at_the_nearest_of_several_names(ask):
    found = reasons(ask(CHAIN + ":Evan :knows :Fay . :Fay :knows :Gil .", "Alma, Evan", hops=3))
    assert found["Fay knows Gil"] == ("neighbour", ["Evan knows Fay"])
    assert found["Bora knows Cyra"] == ("neighbour", ["Alma knows Bora"])
    assert found["Cyra knows Dena"] == ("neighbour", ["Dena knows Evan"])


@pytest.mark.parametrize("verb", ["loves", "hates", "feeds"])
def test_of_several_ways_the_nearest_in_meaning_is_told(ask, verb):
    turtle = ":Alma :loves :Bora ; :hates :Bora . :Bora :feeds :Alma ; :knows :Cyra ."
    found = reasons(ask(turtle, f"Alma {verb} somebody", hops=2))
    assert found["Bora knows Cyra"] == (
        "neighbour",
        [f"{'Bora' if verb == 'feeds' else 'Alma'} {verb} " + ("Alma" if verb == "feeds" else "Bora")],
    )


def test_walks_start_from_names_in_part(ask):
    turtle = ':a rdfs:label "Alma Quill"@en ; :knows :Bora . :Bora :knows :Cyra .'
    found = ask(turtle, "Quill", hops=2)
    # "Alma" and "Quill" are equally rare: half of the name.
    assert found["a knows Bora"] == ("partial", near(0.8 / 2 * 0.5 + np.sqrt(0.75)), [])
    assert found["Bora knows Cyra"] == ("neighbour", near(0.5), ["a knows Bora"])


def test_a_fact_of_a_term_with_itself_has_one_end(ask):
    found = ask(":Alma :knows :Bora . :Bora :sees :Bora .", "Alma", hops=2)
    assert found["Bora sees Bora"] == ("neighbour", near(0.5), ["Alma knows Bora"])


@pytest.mark.slow
def test_neighbours_behind_a_hub(ask):
    found = reasons(ask(HUBS, "Alma", hops=3))
    assert found["Alma in Land"] == ("linked", [])
    assert found["e0 in Land"] == found["e599 in Land"] == ("neighbour", ["Alma in Land"])
    assert found["e7 knows Yara"] == ("neighbour", ["Alma in Land", "e7 in Land"])
    assert "Yara knows Xeno" not in found
    assert "r0 in Realm" not in found


@pytest.mark.slow
def test_neighbours_of_a_hub_that_is_named(ask):
    found = reasons(ask(HUBS, "Land", hops=2))
    assert found["e7 in Land"] == ("linked", [])
    assert found["e7 knows Yara"] == ("neighbour", ["e7 in Land"])


@pytest.mark.slow
def test_a_way_leads_from_hub_to_hub(ask):
    found = reasons(ask(HUBS, "Alma has the symbol of symbols", hops=4, candidates=3))
    assert found["Realm symbol Zorb"] == ("neighbour", ["Alma in Land", "Land borders Realm"])


def test_a_way_is_told_where_a_near_term_passes_on_only_later(ask, monkeypatch):
    monkeypatch.setattr(module, "LEAST", 0.008)
    turtle = ":Alma :knows :Ulla . :Bert :knows :Mona . :Mona :knows :Ulla . :Ulla :knows :Vera . :Vera :knows :Wim ."
    turtle += "".join(f":Alma :has :thing{n} ." for n in range(7))
    # From Alma comes 1/32 to Ulla, too little for three facts; a step later from Bert 1/16, which goes on to Vera.
    found = reasons(ask(turtle, "Alma, Bert", hops=4))
    assert found["Vera knows Wim"] == ("neighbour", ["Alma knows Ulla", "Ulla knows Vera"])


def test_hops_change_nothing_where_nothing_is_named(ask, make_kb, build):
    one, three = (ask(CHAIN, "who knows whom", hops=hops, candidates=9) for hops in (1, 3))
    assert one == three
    assert len(one) == 4
    assert {reason for reason, _, _ in one.values()} == {"similar"}
    assert build(make_kb(world="")).retrieve(["Alma"], hops=3).equals(RETRIEVED.empty_table())


@pytest.mark.slow
def test_a_text_gets_the_same_facts_whatever_it_is_asked_with(kb, build):
    texts = ["Lima", "who?", "Greece and a fox", "New York", "Lima"]
    settings = {"hops": 3, "diversity": 0.4, "budget": 40}
    retriever = build(kb)
    together = retriever.retrieve(texts, k=4, **settings).to_pylist()
    assert {row["reason"] for row in together} >= {"linked", "neighbour"}
    for number, text in enumerate(texts):
        alone = retriever.retrieve([text], k=4, **settings).to_pylist()
        assert [{**row, "text": number} for row in alone] == [row for row in together if row["text"] == number]


@pytest.mark.parametrize("hops", [1, 2])
@pytest.mark.slow
def test_a_floor_lets_few_of_the_texts_pass_that_it_was_found_with(make_kb, build, hops):
    world = "".join(f":zorg{n} :p :y{n} . :y{n} :q :z{n} ." for n in range(40))
    retriever = build(make_kb(world=world))
    texts = [f"zorg{n} in idle talk {n}" for n in range(20)] + [f"nothing {n}" for n in range(20)]
    for passing, most in ((0.25, 10), (0.05, 2), (0, 0)):
        threshold = retriever.calibrate(texts, passing=passing, hops=hops)
        passed = set(retriever.retrieve(texts, k=1, threshold=threshold, hops=hops)["text"].to_pylist())
        assert len(passed) <= most
    nothing = np.zeros(80, bool)
    assert retriever.calibrate(texts, hops=hops, allowed=nothing) == pytest.approx(-1, abs=1e-5)
    with pytest.raises(PipelineError, match="passing is 2"):
        retriever.calibrate(texts, passing=2)
    with pytest.raises(PipelineError, match="0 texts"):
        retriever.calibrate([])


def test_a_filter_that_allows_all_is_none(kb, build):
    retriever, texts = build(kb), ["Lima", "Greece and a fox"]
    every = np.ones(kb.facts.num_rows, bool)
    assert retriever.retrieve(texts, allowed=every).equals(retriever.retrieve(texts))


@pytest.mark.parametrize("budget", [1, 5, 6, 7, 11, 20, 1000])
@pytest.mark.slow
def test_a_budget_is_spent_on_the_best_that_fit(kb, build, budget):
    retriever, text = build(kb), "Turkey and Greece, the fox and the berry, Peru"
    every = retriever.retrieve([text], k=100, threshold=0.3)["row"].to_pylist()
    assert len(every) > 8
    tokens = {
        row: -(-len(said.as_py().encode()) // 4)
        for row, said in zip(every, Wording(kb).sentences(np.array(every)), strict=True)
    }
    left, expected = budget, []
    for row in every:
        if tokens[row] <= left and len(expected) < 3:
            expected.append(row)
            left -= tokens[row]
    found = retriever.retrieve([text], k=3, threshold=0.3, budget=budget)
    assert found["row"].to_pylist() == expected
    assert found["rank"].to_pylist() == list(range(1, len(expected) + 1))


@pytest.mark.slow
def test_diversity_passes_over_what_says_the_same(ask):
    turtle = ':p rdfs:label "likes"@en . :q rdfs:label "likes"@en . :Alma :p :Bora ; :q :Bora ; :sings :Songs .'
    twice, both = {"Alma p Bora", "Alma q Bora"}, "Alma likes Bora and Songs"
    assert set(ask(turtle, both, k=2)) == twice
    found = ask(turtle, both, k=2, diversity=1)
    first, second = found
    assert first in twice
    assert second == "Alma sings Songs"
    assert set(ask(turtle, both, k=3, diversity=1)) == twice | {"Alma sings Songs"}


@pytest.mark.slow
def test_filters_and_limits_by_kind_hold_together(make_kb, build):
    kb = make_kb(
        world=CHAIN, everyday=":Alma :eats :Plums . :Bora :eats :Figs . :Cyra :eats :Rice . :Dena :eats :Soup ."
    )
    values = kb.terms["value"].to_pylist()

    def found(k, **conditions):
        settings = RetrievalSettings(hops=3, threshold=-1, filter=FactFilter(**conditions))
        table = build(kb, candidates=99).retrieve(["Alma"], settings, k=k)
        _, predicate, _ = kb.columns(table["row"].to_numpy())
        kinds = [values[term].removeprefix("urn:x:") for term in predicate]
        return kinds.count("knows"), kinds.count("eats")

    assert found({"domain": 1, "commonsense": 3}) == (1, 3)
    assert found({"domain": 9, "commonsense": 3}, sources=["everyday"]) == (0, 3)
    assert found({"domain": 9, "commonsense": 9}, predicates=["knows"]) == (4, 0)
    assert found({"commonsense": 9}, sources=["world"]) == (0, 0)
    assert found(9, predicates=["eats"], sources=["world"]) == (0, 0)
    assert found(9) == (4, 4)


def test_a_neighbour_is_found_though_the_way_to_it_is_not_allowed(make_kb, build):
    kb = make_kb(world=CHAIN, everyday=":Bora :eats :Figs .")
    allowed = facts_where(kb, FactFilter(sources=["everyday"]))
    [row] = build(kb).retrieve(["Alma"], hops=2, allowed=allowed).to_pylist()
    assert (row["reason"], row["row"]) == ("neighbour", np.flatnonzero(allowed)[0])
    assert [Wording(kb).sentences(np.array([step]))[0].as_py() for step in row["via"]] == ["Alma knows Bora."]
