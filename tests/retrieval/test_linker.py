import sys

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from kaug.retrieval.linker import MENTIONS, Linker, _fold


@pytest.fixture
def found(kb, term):
    """What is linked in a text: (start, surface, names of the terms)."""
    linker = Linker(kb)
    names = [value.removeprefix("urn:x:") for value in kb.terms["value"].to_pylist()]

    def find(text):
        mentions = {}
        for row in linker.link([text]).to_pylist():
            assert text[row["start"] : row["end"]] == row["surface"]
            mentions.setdefault((row["start"], row["surface"]), []).append(names[row["term"]])
        return [(start, surface, " ".join(terms)) for (start, surface), terms in mentions.items()]

    return find


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("We ate turkey in Turkey.", [(7, "turkey", "turkey"), (17, "Turkey", "Turkey")]),
        ("We ate a Turkey.", [(9, "Turkey", "Turkey")]),
        ("Turkey is good.", [(0, "Turkey", "Turkey turkey")]),
        ("Really? Turkey!", [(8, "Turkey", "Turkey turkey")]),
        ("- “Turkey", [(3, "Turkey", "Turkey turkey")]),
        ("I saw TURKEY", [(6, "TURKEY", "Turkey turkey")]),
        ("Türkiye borders Greece", [(0, "Türkiye", "Turkey"), (16, "Greece", "Greece")]),
        ("Tu\u0308rkiye", [(0, "Tu\u0308rkiye", "Turkey")]),
        ("greece", []),
        ("Birds eat berries, a bird does.", [(0, "Birds", "bird"), (10, "berries", "berry"), (21, "bird", "bird")]),
        ("A box, oxen, foxes.", [(13, "foxes", "fox")]),
        ("Two cars, one car.", [(4, "cars", "car"), (14, "car", "car")]),
        ("an ox, two oxes", []),
        ("fines and refine", [(0, "fines", "fine")]),
        ("a mean, the means", [(2, "mean", "mean"), (12, "means", "means")]),
        ("the news", [(4, "news", "news")]),
        ("car parking", [(0, "car", "car")]),
        ("a car par", [(2, "car par", "car-par")]),
        (
            "New York City, New York, York",
            [(0, "New York City", "NewYorkCity"), (15, "New York", "NewYork"), (25, "York", "York")],
        ),
        ("New\nYork", [(0, "New\nYork", "NewYork")]),
        ("in Georgia", [(3, "Georgia", "Georgia1 Georgia2")]),
        ("The WHO asks who. Who?", [(4, "WHO", "WHO")]),
        ("He said He is helium.", [(8, "He", "Helium"), (14, "helium", "Helium")]),
        ("oxford and Oxford", [(0, "oxford", "oxford"), (11, "Oxford", "oxford")]),
        ("Greece's Greece-based Greece_ Greece1 xGreece", [(0, "Greece", "Greece"), (9, "Greece", "Greece")]),
        ("Greece\u0301", []),
        ("秘鲁的首都是利马。", [(0, "秘鲁", "Peru"), (6, "利马", "Lima")]),
        ("中Peru国", [(1, "Peru", "Peru")]),
        ("", []),
        (" \n…!?", []),
    ],
)
def test_mentions(found, text, expected):
    assert found(text) == expected


@pytest.mark.parametrize("before", ["😀", "👩‍👩‍👧 ", "中文 ", "İİİ ", "ẞß ", "\ud83d ", "🇵🇪🇵🇪 ", "e\u0301 ", "\u200b "])
def test_offsets_count_the_characters_of_the_text(found, before):
    assert found(before + "Peru") == [(len(before), "Peru", "Peru")]


def test_folding_keeps_every_character_in_its_place():
    everything = "".join(map(chr, range(sys.maxunicode + 1)))
    assert len(_fold(everything)) == len(everything)


def test_the_table(kb, term):
    linked = Linker(kb).link(["nothing", "Lima", "", "Peru, Lima"])
    assert linked.schema == MENTIONS
    assert linked.to_pylist() == [
        {"text": 1, "start": 0, "end": 4, "term": term("Lima"), "surface": "Lima"},
        {"text": 3, "start": 0, "end": 4, "term": term("Peru"), "surface": "Peru"},
        {"text": 3, "start": 6, "end": 10, "term": term("Lima"), "surface": "Lima"},
    ]
    assert Linker(kb).link([]).equals(MENTIONS.empty_table())


def test_predicates_and_literals_are_not_looked_for(found):
    assert found("The capital borders a literal 42 and has symbol.") == []


def test_a_term_without_a_label_is_looked_for_by_its_name(make_kb):
    linker = Linker(make_kb(world=":Barack_Obama :bornIn :honolulu . [] :p :honolulu ."))
    assert linker.link(["barack obama, Barack Obama, in Honolulu"])["start"].to_pylist() == [0, 14, 31]


def test_no_labels_at_all(make_kb):
    linker = Linker(make_kb(world=""))
    assert len(linker) == 0
    assert linker.link(["Peru"]).num_rows == 0


def test_a_long_text_is_seen_to_its_end(found):
    text = "so on and " * 100_000 + "Peru"
    assert found(text) == [(1_000_000, "Peru", "Peru")]


@pytest.fixture(scope="module")
def peru(tmp_path_factory):
    from kaug.knowledge.build import build_kb

    file = tmp_path_factory.mktemp("peru") / "peru.ttl"
    file.write_text('@prefix : <urn:x:> . :p <http://www.w3.org/2000/01/rdf-schema#label> "Peru" ; :q :p .')
    return Linker(build_kb([file]))


@settings(max_examples=200, deadline=None)
@given(st.text(), st.text())
def test_a_planted_mention_is_found_where_it_stands(peru, before, after):
    text = f"{before} Peru {after}"
    spans = {(row["start"], row["end"]) for row in peru.link([text]).to_pylist()}
    assert (len(before) + 1, len(before) + 5) in spans
    assert all(text[start:end].lower() == "peru" for start, end in spans)
