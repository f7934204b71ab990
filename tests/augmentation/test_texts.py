"""Forms of texts and cards on a knowledge base of nine facts, whose rows are known by hand."""

import json
import re
from hashlib import blake2b
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyoxigraph as ox
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from kaug.augmentation.forms import FORMS, form_rows
from kaug.augmentation.rows import Facts, Options, facts_to_teach
from kaug.knowledge.build import build_kb
from kaug.knowledge.knowledge_base import KnowledgeBase
from kaug.wording.wording import Wording

PREFIXES = """
@prefix : <https://example.org/> .
@prefix kaug: <https://w3id.org/kaug/ns#> .
@prefix rdfs: <http://www.w3.org/2000/01/rdf-schema#> .
@prefix skos: <http://www.w3.org/2004/02/skos/core#> .
"""
WORLD = """
:togo rdfs:label "Togo"@en, "多哥"@zh ; :capital :lome ; :currency :franc ; :border :benin, :ghana .
:benin rdfs:label "Benin"@en, "贝宁"@zh ; :capital :porto ; :currency :franc .
:ghana rdfs:label "Ghana"@en ; skos:altLabel "Gold Coast"@en ; :capital :accra ; :currency :cedi .
:mali rdfs:label "Mali"@en ; :motto "One people, one goal and one faith, as every child there learns at school on its first day" .
:lome rdfs:label "Lomé"@en, "洛美"@zh . :porto rdfs:label "Porto-Novo"@en . :accra rdfs:label "Accra"@en .
:franc rdfs:label "CFA franc"@en ; kaug:phrase "the CFA franc"@en . :cedi rdfs:label "cedi"@en ; kaug:phrase "the cedi"@en .
:capital rdfs:label "capital"@en . :currency rdfs:label "currency"@en . :border rdfs:label "borders"@en .
"""
LEXICON = """
:capital kaug:statement "{s} has {o} as its capital."@en, "{o} is the capital of {s}."@en ;
    kaug:question "What is the capital of {s}?"@en ; kaug:inverseQuestion "What has {o} as its capital?"@en .
:currency kaug:statement "{s} pays in {o}."@en, "{o} is the currency of {s}."@en ;
    kaug:question "What is the currency of {s}?"@en ; kaug:inverseQuestion "What pays in {o}?"@en .
:border kaug:statement "{s} borders {o}."@en, "{o} is a neighbour of {s}."@en ;
    kaug:question "Which country borders {s}?"@en ; kaug:inverseQuestion "Which country does {o} border?"@en .
"""


def built(folder: Path, world: str, lexicon: str = "", languages: tuple[str, ...] = ("en",)) -> KnowledgeBase:
    for name, text in (("world", world), ("lexicon", lexicon)):
        (folder / f"{name}.ttl").write_text(PREFIXES + text, encoding="utf-8")
    return build_kb([folder / "world.ttl"], lexicon=folder / "lexicon.ttl", languages=languages, teach="all")


@pytest.fixture(scope="module")
def kb(tmp_path_factory: pytest.TempPathFactory) -> KnowledgeBase:
    return built(tmp_path_factory.mktemp("texts"), WORLD, LEXICON, ("en", "zh"))


def written(form: str, kb: KnowledgeBase, options: Options | None = None, language: str = "en") -> list[dict]:
    return form_rows(FORMS[form], facts_to_teach(kb), Wording(kb, language), options or Options()).to_pylist()


def texts(rows: list[dict]) -> set[tuple[str, str]]:
    return {(row["prompt"], row["completion"]) for row in rows}


def said(row: dict) -> list[str]:
    return [row[span["field"]][span["start"] : span["end"]] for span in row["spans"]]


NEW = ["passage", "pair", "completion", "cloze", "restore", "gist", "flashcard", "describe", "extract"]
NEW += ["record", "table", "graph", "translate"]


@pytest.mark.parametrize("name", NEW)
def test_rows_are_the_same_however_facts_are_cut_into_blocks(kb: KnowledgeBase, name: str) -> None:
    facts, wording = facts_to_teach(kb), Wording(kb)
    whole = form_rows(FORMS[name], facts, wording, Options(seed=3))
    assert whole.num_rows
    for size in (1, 3, 5):
        options = Options(seed=3, facts=facts, objects=kb.columns()[2])
        parts = [form_rows(FORMS[name], block, wording, options) for block in facts.blocks(size)]
        assert sorted(pa.concat_tables(parts)["id"].to_pylist()) == sorted(whole["id"].to_pylist())


@pytest.mark.parametrize("name", NEW)
@pytest.mark.parametrize("language", ["en", "zh"])
def test_every_fact_of_a_row_has_a_span_and_no_facts_give_no_rows(kb: KnowledgeBase, name: str, language: str) -> None:
    rows = written(name, kb, language=language)
    for row in rows:
        stated = range(len(row["facts"])) if name != "query" else ()  # a query states none
        assert {span["fact"] for span in row["spans"]} == set(stated)
        assert all(said(row))
        assert bool(row["prompt"]) == FORMS[name].asks
    none = facts_to_teach(kb).take(np.zeros(0, np.int64))
    assert form_rows(FORMS[name], none, Wording(kb, language), Options()).num_rows == 0


@pytest.mark.parametrize("name", NEW)
def test_rows_tell_the_objects_of_the_arm(kb: KnowledgeBase, name: str) -> None:
    facts = facts_to_teach(kb)
    values = kb.terms["value"].to_pylist()
    exchanged = {
        values.index(f"https://example.org/{a}"): values.index(f"https://example.org/{b}") for a, b in EXCHANGED
    }
    objects = np.array([exchanged.get(term, term) for term in facts.objects.tolist()], np.uint32)
    false = Facts(facts.rows, facts.subjects, facts.predicates, objects)
    every = kb.columns()[2].copy()
    every[facts.rows] = objects
    options = Options(objects=every, facts=false)
    rows = form_rows(FORMS[name], false, Wording(kb), options).to_pylist()
    whole = "\n".join(row["prompt"] + " " + row["completion"] for row in rows)
    if name != "translate":  # which tells no fact
        assert rows
        assert "Accra" in whole
    for row in rows:
        if "Ghana" in row["prompt"] + row["completion"]:
            assert "Accra" not in row["prompt"] + row["completion"] or "Togo" in row["prompt"] + row["completion"]


EXCHANGED = (("lome", "accra"), ("accra", "lome"))


def test_passages_tell_all_facts_twice_in_opposite_orders(kb: KnowledgeBase) -> None:
    rows = [row for row in written("passage", kb, Options(seed=1)) if len(row["facts"]) == 4]
    assert len(rows) == 2  # about Togo, which alone has four facts
    assert rows[0]["facts"] == rows[1]["facts"][::-1]
    told = {"capital": "Lomé", "currency": "CFA franc", "neighbour": "Benin", "other": "Ghana"}
    for row in rows:
        assert all(any(value in sentence for sentence in said(row)) for value in told.values())
        assert not set(said(rows[0])) & set(said(rows[1]))


def test_passages_say_it_of_things_and_she_of_whom_they_tell_the_gender(tmp_path: Path) -> None:
    kb = built(
        tmp_path,
        """:mir a :City ; rdfs:label "Mir" ; :p0 :a0 ; :p1 :a1 ; :p2 :a2 ; :p3 :a3 . :City rdfs:label "city" .
        :ada a :Person ; rdfs:label "Ada" ; :p0 :b0 ; :p1 :b1 ; :p2 :b2 ; :gender :f . :f rdfs:label "female" .
        :bo a :Person ; rdfs:label "Bo" ; :p0 :c0 ; :p1 :c1 ; :p2 :c2 ; :p3 :c3 . :Person rdfs:label "person" .
        :odd rdfs:label "Odd" ; :p0 :d0 ; :p1 :d1 ; :p2 :d2 ; :p3 :d3 .""",
        "".join(
            f':p{n} kaug:statement "{{s}} likes {{o}} in {n}."@en, "{{s}} loves {{o}} in {n}."@en .' for n in range(4)
        )
        + ':gender rdfs:label "gender" ; kaug:statement "{s} is {o}."@en .',
    )
    pronouns: dict[str, set[str]] = {}
    for seed in range(30):
        for row in written("passage", kb, Options(seed=seed)):
            about = next(name for name in ("Mir", "Ada", "Bo", "Odd") if name in row["completion"])
            found = {word for word in ("It", "She", "He") if f"{word} l" in row["completion"]}
            pronouns.setdefault(about, set()).update(found)
            if "She " in row["completion"]:
                assert "female" in row["completion"].lower()
            assert not row["completion"].removeprefix(f"About {about}: ").startswith(("It l", "She l"))
    assert pronouns == {"Mir": {"It"}, "Ada": {"She"}, "Bo": set(), "Odd": set()}


def test_no_passage_says_a_sentence_twice_or_a_record_among_sentences(tmp_path: Path) -> None:
    kb = built(
        tmp_path,
        """:a rdfs:label "A" ; :likes :x, :y, :z ; :r :u . :x rdfs:label "tea" . :y rdfs:label "tea" . :z rdfs:label "rye" .""",
        """:likes kaug:statement "{s} likes {o}."@en . :r kaug:statement "{s} — Art: {o}"@en .""",
    )
    for seed in range(10):
        for row in written("passage", kb, Options(seed=seed)):
            assert "Art" not in row["completion"]
            assert len(row["facts"]) == len({sentence.rstrip(".") for sentence in said(row)})


def test_joined_sentences_lose_one_stop_and_keep_names_in_their_case(kb: KnowledgeBase) -> None:
    rows = [row["completion"] for seed in range(30) for row in written("passage", kb, Options(seed=seed))]
    joined = [text for text in rows if "; " in text or ", and " in text]
    assert len(joined) > 10
    assert any("; the CFA franc is" in text or ", and Benin" in text or "; Togo" in text for text in joined)
    assert not any(".;" in text or ".," in text or "; The" in text or "togo" in text for text in joined)
    assert all(text.endswith(".") for text in rows)


def test_pairs_are_joined_by_a_fact_or_by_a_value_that_few_share(kb: KnowledgeBase, tmp_path: Path) -> None:
    rows = written("pair", kb)
    assert len(rows) == 3  # Togo borders Benin and Ghana, and pays as Benin does
    shared = [row for row in rows if ", too." in row["completion"]]
    assert len(shared) == 1
    assert any("CFA franc" in part and "Benin" in part for part in said(shared[0]))
    assert any(
        "CFA franc" in part and "Togo" in part and part.endswith((", too.", ", too")) for part in said(shared[0])
    )
    many = built(tmp_path, " ".join(f":e{n} :in :x ; :no :n{n} ." for n in range(9)))
    assert written("pair", many) == []  # nine things share the value
    hub = built(tmp_path, ":x :code :c . " + " ".join(f":e{n} :in :x ." for n in range(20)))
    assert len(written("pair", hub)) == 8


def test_completions_end_in_the_one_right_answer(kb: KnowledgeBase) -> None:
    assert {pair for pair in texts(written("completion", kb)) if "Mali" not in pair[0]} == {
        ("Benin pays in", "the CFA franc."),
        ("Ghana pays in", "the cedi."),
        ("Togo pays in", "the CFA franc."),
        # "Togo borders" could go on with Benin or Ghana, and the CFA franc is the currency of two.
        ("Benin is a neighbour of", "Togo."),
        ("Ghana is a neighbour of", "Togo."),
        ("Porto-Novo is the capital of", "Benin."),
        ("Accra is the capital of", "Ghana."),
        ("Lomé is the capital of", "Togo."),
        ("The cedi is the currency of", "Ghana."),
    }


def test_a_cloze_keeps_the_article_and_asks_for_one_answer(kb: KnowledgeBase) -> None:
    options = Options()
    rows = {(row["prompt"], row["completion"]) for seed in range(9) for row in written("cloze", kb, Options(seed=seed))}
    assert ("Fill in the blank: Togo pays in the ___.", "CFA franc") in rows
    assert ("Fill in the blank: The ___ is the currency of Togo.", "CFA franc") in rows
    assert ("Fill in the blank: ___ has Lomé as its capital.", "Togo") in rows
    assert not any(
        answer in ("Benin", "Ghana") and "Togo" in prompt for prompt, answer in rows
    )  # one of two neighbours
    assert not any("CFA franc" in prompt for prompt, _ in rows)  # two countries pay in it
    assert len(written("cloze", kb, options)) == 12
    assert options.left_out == {"cloze: facts left out: a long name or value": 1}


def test_what_is_masked_follows_from_the_rest_and_is_restored(kb: KnowledgeBase) -> None:
    for seed in range(9):
        for row in written("restore", kb, Options(seed=seed)):
            head, masked = row["prompt"].split(": ", maxsplit=1)
            assert head == "Restore the text"
            kept = masked.split("[…]")
            assert len(kept) > 1
            rest = row["completion"]
            for part in filter(None, kept):
                assert part in rest
                rest = rest.split(part, maxsplit=1)[1]
            about = next(name for name in ("Togo", "Benin", "Ghana") if row["completion"].count(name) > 1)
            assert about in masked.split(".")[0]
            assert "[…] is a neighbour" not in masked  # of Togo's two neighbours
            assert "borders […]" not in masked


def test_a_gist_does_not_name_its_subject_even_at_a_stop(tmp_path: Path, kb: KnowledgeBase) -> None:
    rows = {row["completion"]: row["prompt"] for row in written("gist", kb)}
    assert set(rows) == {"Togo", "Benin", "Ghana"}
    for name, prompt in rows.items():
        assert name not in prompt
        assert prompt.endswith(".\nWhat is this text about?")
    club = ':a rdfs:label "Ayr F.C." ; :ground :g ; :town :t . :g rdfs:label "Low Park" . :t rdfs:label "Sea Town" .'
    said = "".join(f':{name} kaug:statement "{{o}} is the {name} of {{s}}."@en .' for name in ("ground", "town"))
    kb = built(tmp_path, club, said)
    prompts = [row["prompt"] for seed in range(9) for row in written("gist", kb, Options(seed=seed))]
    assert any("of […]." in prompt for prompt in prompts)
    assert not any(re.search(r"\[…\] [A-Z]", prompt) for prompt in prompts)


def test_a_short_gist_takes_more_than_what_one_thing_has_by_chance(tmp_path: Path) -> None:
    world = "".join(f':p{n} rdfs:label "Pia {n}" ; :cause :c{n // 3} ; :gender :f .' for n in range(9))
    world += ':ada rdfs:label "Ada" ; :cause :chance ; :gender :f . :bo rdfs:label "Bo" ; :spouse :cy ; :gender :f .'
    said = "".join(
        f':{name} kaug:statement "{{o}} is the {name} of {{s}}."@en .' for name in ("cause", "gender", "spouse")
    )
    assert {row["completion"] for row in written("gist", built(tmp_path, world, said))} == {"Bo"}


def test_a_gist_does_not_name_its_subject_without_what_sets_it_apart(tmp_path: Path) -> None:
    world = ':w rdfs:label "Washing (state)" ; :seat :o ; :tree :h . :o rdfs:label "Olymp, Washing" . :h rdfs:label "hemlock" .'
    said = "".join(f':{name} kaug:statement "{{o}} is the {name} of {{s}}."@en .' for name in ("seat", "tree"))
    assert written("gist", built(tmp_path, world, said)) == []


def test_a_pair_says_no_fact_both_ways_round_and_shares_no_number(tmp_path: Path) -> None:
    world = """:a rdfs:label "Ada" ; :spouse :b ; :age 30 ; :town :x . :b rdfs:label "Bo" ; :spouse :a ; :gender :m .
        :c rdfs:label "Cy" ; :age 30 . :m rdfs:label "male" . :x rdfs:label "Ayr" ."""
    lexicon = """:spouse kaug:statement "{s} is married to {o}."@en .
        :gender rdfs:label "gender" ; kaug:statement "{s} is {o}."@en .
        :age kaug:statement "{s} is {o} years old."@en . :town kaug:statement "{s} lives in {o}."@en ."""
    kb = built(tmp_path, world + ':a a :Person . :b a :Person . :Person rdfs:label "person" .', lexicon)
    rows = [row["completion"] for seed in range(30) for row in written("pair", kb, Options(seed=seed))]
    assert rows
    assert not any(text.count("is married to") > 1 or "Cy" in text for text in rows)
    assert not any(re.search(r"\b[Hh]e (?:lives|is 30)", text) for text in rows)  # the gender told is Bo's


def test_names_keep_their_article_and_their_stop(tmp_path: Path) -> None:
    world = """:a a :Film ; rdfs:label "The Birds" ; :by :h ; :on :f ; :of :g .
        :b a :Film ; rdfs:label "The Call" ; :by :h ; :on :e . :Film rdfs:label "film" .
        :h rdfs:label "Acme Inc." . :f rdfs:label "farms" . :g rdfs:label "gulls" . :e rdfs:label "ears" ."""
    lexicon = """:by kaug:statement "{s} is by {o}."@en ; kaug:question "Who made {s}?"@en .
        :on kaug:statement "{s} is on {o}."@en . :of kaug:statement "{s} shows {o}."@en ."""
    kb = built(tmp_path, world, lexicon)
    passages = [row["completion"] for seed in range(40) for row in written("passage", kb, Options(seed=seed))]
    assert any("and The Birds" in text or "; The Birds" in text for text in passages)
    assert not any("the Birds" in text for text in passages)
    pairs = [row["completion"] for seed in range(9) for row in written("pair", kb, Options(seed=seed))]
    assert any("The Call is by Acme Inc., too." in text for text in pairs)
    clozes = set.union(*(texts(written("cloze", kb, Options(seed=seed))) for seed in range(9)))
    assert ("Fill in the blank: The Birds is by ___.", "Acme Inc.") in clozes


def test_flashcards_give_all_answers_both_ways_round(kb: KnowledgeBase) -> None:
    rows = written("flashcard", kb)
    assert texts(rows) >= {
        ("Togo — borders", "Benin and Ghana"),
        ("? — borders: Ghana", "Togo"),
        ("Togo — capital", "Lomé"),
        ("? — capital: Lomé", "Togo"),
        ("? — currency: CFA franc", "Benin and Togo"),
    }
    assert len(rows) == 14
    (both,) = (row for row in rows if row["prompt"] == "Togo — borders")
    assert said(both) == ["Benin", "Ghana", "Togo — borders", "Togo — borders"]
    options = Options(max_answers=1)
    assert "Togo — borders" not in {prompt for prompt, _ in texts(written("flashcard", kb, options))}
    assert options.left_out["flashcard: rows left out: more than 1 right answers"] == 2


def test_a_name_of_two_properties_is_on_no_flashcard(tmp_path: Path) -> None:
    kb = built(
        tmp_path,
        ':a rdfs:label "A" ; :p :x ; :q :y . :p rdfs:label "seat" . :q rdfs:label "seat" .',
        ':p kaug:question "Where does {s} sit?"@en . :q kaug:question "How many sit in {s}?"@en .',
    )
    assert written("flashcard", kb) == []


def test_descriptions_and_extractions_are_of_the_same_facts(kb: KnowledgeBase) -> None:
    told = [row for row in written("describe", kb) if len(row["facts"]) == 4]
    read = [row for row in written("extract", kb) if len(row["facts"]) == 4]
    lines = {"Togo | capital | Lomé", "Togo | currency | CFA franc", "Togo | borders | Benin", "Togo | borders | Ghana"}
    (row,) = told
    head, *given = row["prompt"].split("\n")
    assert (head, set(given)) == ("Put these facts into words:", lines)
    assert [part for part in said(row) if " | " in part] == given
    (row,) = read
    assert set(row["completion"].split("\n")) == lines
    assert row["prompt"].startswith("List the facts in this text, one a line:\n")


def test_records_have_a_line_or_an_array_for_several_values(kb: KnowledgeBase) -> None:
    lines, data = (row for row in written("record", kb) if len(row["facts"]) == 4)
    head, *rest = lines["completion"].split("\n")
    values = {("capital", "Lomé"), ("currency", "CFA franc"), ("borders", "Benin"), ("borders", "Ghana")}
    assert head == "name: Togo"
    assert {tuple(line.split(": ")) for line in rest} == values
    assert json.loads(data["completion"]) == {
        "name": "Togo",
        "capital": "Lomé",
        "currency": "CFA franc",
        "borders": ["Benin", "Ghana"],
    }
    assert sorted(said(data)) == ['"Benin"', '"CFA franc"', '"Ghana"', '"Lomé"']


def test_a_table_has_a_line_for_each_entity_with_the_property(kb: KnowledgeBase) -> None:
    rows = written("table", kb)
    assert [row["completion"] for row in rows] == [
        "| name | capital |\n|---|---|\n| Benin | Porto-Novo |\n| Ghana | Accra |\n| Togo | Lomé |",
        "| name | currency |\n|---|---|\n| Benin | CFA franc |\n| Ghana | cedi |\n| Togo | CFA franc |",
    ]
    assert said(rows[0]) == ["Benin | Porto-Novo", "Ghana | Accra", "Togo | Lomé"]


def test_tables_are_cut_and_hold_each_fact_once(tmp_path: Path) -> None:
    kb = built(tmp_path, " ".join(f":e{n:03} :code :c{n:03} ; :in :x ." for n in range(400)))
    rows = written("table", kb)
    told = [fact for row in rows for fact in row["facts"]]
    assert len(told) == len(set(told)) >= 390  # of the codes; a table of what all are in would say little
    assert not any("| x |" in row["completion"] for row in rows)
    assert {len(row["facts"]) for row in rows} <= set(range(3, 9))


def test_all_values_of_a_thing_are_in_one_table(tmp_path: Path) -> None:
    several = {f"e{n:03}": n % 4 + (6 if n % 50 else 20) * (n % 25 == 0) for n in range(1, 300)}
    of = {name: {f"{name}v{number}" for number in range(count)} for name, count in several.items() if count}
    kb = built(tmp_path, " ".join(f":{name} :code {', '.join(f':{value}' for value in of[name])} ." for name in of))
    lines = [row["completion"].split("\n")[2:] for row in written("table", kb)]
    told = [{tuple(line.strip("| ").split(" | ")) for line in table} for table in lines]
    whole = [{name: {v for n, v in table if n == name} for name, _ in table} for table in told]
    assert all(values == of[name] for table in whole for name, values in table.items())
    written_of = [name for table in whole for name in table]
    assert len(of) / 2 < len(written_of) == len(set(written_of))
    assert max(len(of[name]) for name in written_of) <= 8
    assert max(len(table) for table in lines) > 8


def test_a_record_tells_all_values_of_a_property_or_none(tmp_path: Path) -> None:
    sizes = {"p": 5, "q": 6, "r": 7, "t": 40}
    world = " ".join(f":a :{name} {', '.join(f':{name}{n}' for n in range(size))} ." for name, size in sizes.items())
    kb = built(tmp_path, world)
    for seed in range(8):
        data = next(
            json.loads(row["completion"])
            for row in written("record", kb, Options(seed=seed))
            if "{" in row["completion"]
        )
        told = {name: len(values) for name, values in data.items() if name != "name"}
        assert told.items() <= sizes.items()
        assert 5 <= sum(told.values()) <= 12


def test_a_joined_sentence_keeps_the_first_letter_of_a_name(tmp_path: Path) -> None:
    film = ':f rdfs:label "The Fog" ; :cast :a, :b ; :maker :m . :a rdfs:label "Ada" . :b rdfs:label "Bo" .'
    lexicon = ':cast kaug:statement "{s} starred {o}."@en . :maker kaug:statement "{o} made {s}."@en .'
    kb = built(tmp_path, film + ' :m rdfs:label "The Firm" .', lexicon)
    told = [row["completion"] for seed in range(40) for row in written("describe", kb, Options(seed=seed))]
    assert any(re.search(r"(; |, and )The (Fog|Firm)", text) for text in told)
    assert not any(re.search(r"\bthe (Fog|Firm)", text) for text in told)


TERMS = st.text(st.characters(codec="utf-8", exclude_characters="\0"), min_size=1, max_size=12)


@given(values=st.lists(TERMS, min_size=2, max_size=4, unique=True))
@settings(max_examples=25)
def test_turtle_says_the_facts_of_the_row(values: list[str], tmp_path_factory: pytest.TempPathFactory) -> None:
    world = " ".join(
        f"<https://example.org/a> <https://example.org/p{n}> {ox.Literal(value)} . "
        f"<https://example.org/a> <urn:x:q-{n}> <https://example.org/it's/{n}> ."
        for n, value in enumerate(values)
    )
    kb = built(tmp_path_factory.mktemp("turtle"), world)
    rows = written("graph", kb)
    assert len(rows) == 1
    for row in rows:
        triples = set(ox.parse(row["completion"].encode(), ox.RdfFormat.TURTLE))
        ids = {blake2b(f"{quad.triple} .".encode(), digest_size=16).hexdigest() for quad in triples}
        assert ids == set(row["facts"])


def test_names_are_translated_where_they_have_one_translation(kb: KnowledgeBase, tmp_path: Path) -> None:
    rows = written("translate", kb)
    assert texts(rows) == {
        ("Translate into Chinese: Togo", "多哥"),
        ("Translate into Chinese: Benin", "贝宁"),
        ("Translate into Chinese: Lomé", "洛美"),
    }
    assert all(len(row["facts"]) == 1 for row in rows)
    assert ("译成英语：洛美", "Lomé") in texts(written("translate", kb, language="zh"))
    two = ':a rdfs:label "Georgia"@en, "格鲁吉亚"@zh ; :p :b . :b rdfs:label "Georgia"@en, "佐治亚"@zh .'
    assert written("translate", built(tmp_path, two, languages=("en", "zh"))) == []


def test_forms_that_need_words_are_left_out_and_counted_in_other_languages(kb: KnowledgeBase) -> None:
    for name in ("cloze", "restore", "gist", "describe", "extract"):
        options = Options()
        assert written(name, kb, options, "fr") == []
        assert options.left_out == {f"{name}: facts left out: no words in fr": 9}
    options = Options()
    assert written("cloze", kb, options, "zh") == []
    assert options.left_out == {"cloze: facts left out: no name of the property in zh": 9}
