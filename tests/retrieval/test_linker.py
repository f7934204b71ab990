import re
import sys
import tracemalloc
import unicodedata
from itertools import pairwise

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from kaug.retrieval.linker import MENTIONS, Linker, leftmost
from kaug.retrieval.linking.characters import read_characters
from kaug.retrieval.linking.prefixes import ANY, EXACT, INSIDE, LOWER, NAMED, Prefixes, hash_forms


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


@pytest.mark.slow
def test_every_character_stands_where_it_stood():
    everything = "".join(f"{character}\x00" for character in map(chr, range(sys.maxunicode + 1)))
    read = read_characters([everything])
    lower = everything.replace("İ", "i").lower()
    kept = read.positions(np.arange(len(read.code)))[:-1].tolist()
    alike = {"’": "'", "ʼ": "'", "‐": "-", "‑": "-", "–": "-", "ς": "σ"}
    for place, code in zip(kept, read.code.tolist(), strict=False):
        character = lower[place]
        assert chr(code) == (" " if character.isspace() else alike.get(character, character))
    assert set(range(len(everything))) - set(kept) == {everything.index("\u00ad")}


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
@pytest.mark.slow
def test_a_planted_mention_is_found_where_it_stands(peru, before, after):
    text = f"{before} Peru {after}"
    spans = {(row["start"], row["end"]) for row in peru.link([text]).to_pylist()}
    assert (len(before) + 1, len(before) + 5) in spans
    assert all(text[start:end].lower() == "peru" for start, end in spans)


WORDS = ["new", "New", "NEW", "york", "York", "city", "He", "he", "WHO", "北", "京", "é", "E\u0301", "İ", "ß", "3"]
SIGNS = [" ", "  ", "-", "\n", "\n\n", "\u00ad", "'", "’", ".", "“", "😀", "_", "\u0301", "ก\u0e38", "\ud83d", "\x00"]
FORM = st.lists(st.sampled_from([*WORDS, " ", " ", "-", "."]), min_size=1, max_size=6).map("".join)
TEXT = st.lists(st.sampled_from([*WORDS, *WORDS, *SIGNS, " ", " "]), max_size=24).map("".join)
RULES = {"any": ANY, "lower": LOWER, "upper": NAMED, "exact": EXACT, "inside": INSIDE}


def plain(text):
    """The characters of a text as they are compared, each with its place; slow, and plainly right."""
    found = []
    for place, character in enumerate(text):
        word = 0 < place < len(text) - 1 and all(
            one.isalnum() or one == "_" or unicodedata.category(one).startswith("M")
            for one in (text[place - 1], text[place + 1])
        )
        like = {"İ": "i", "’": "'"}.get(character, character.lower())
        if character.isspace() or (character == "-" and word):
            like = " "
        if character != "\u00ad":
            found.append((like, place))
    lines = []
    for like, place in found:
        before = lines and lines[-1][0]
        if like == " " and before in (" ", "\x01"):
            run = re.match(r"[\s\u00ad]*", text[lines[-1][1] :])[0]
            if run.count("\n") > 1:
                lines[-1] = ("\x01", lines[-1][1])
        else:
            lines.append((like, place))
    return lines


def joined(left, right):
    unspaced = re.compile("[\u0e00-\u0eff\u4e00-\u9fff]")
    marks = [unicodedata.category(one).startswith("M") for one in (left, right)]
    if marks[1]:
        return True
    return all(
        (one.isalnum() or one == "_" or mark) and not unspaced.match(one)
        for one, mark in zip((left, right), marks, strict=True)
    )


def starts_sentence(text, place):
    before = text[:place].replace("\u00ad", "")
    return re.search(r"(^|[.\n])[\s“'_-]*$", before) is not None


def slow(forms, text):
    """The spans of a text, by trying all."""
    compared = {}
    for form, rule in forms:
        like = "".join(like for like, _ in plain(form)).strip(" ")
        compared.setdefault(like, set()).add(rule)
    characters = plain(text)
    bounds = range(len(characters) + 1)
    bounds = [n for n in bounds if n in (0, len(characters)) or not joined(characters[n - 1][0], characters[n][0])]
    found, free = [], 0
    for low in bounds:
        for high in reversed(bounds):
            if low < free or high <= low:
                continue
            start, end = characters[low][1], characters[high - 1][1] + 1
            surface = text[start:end]
            capital, opens = surface[0].isupper(), starts_sentence(text, start)
            allowed = {
                "any": True,
                "lower": not capital or surface.isupper() or opens,
                "upper": capital,
                "exact": not any(one.islower() for one in surface),
                "inside": capital and not opens and any(one.islower() for one in surface),
            }
            if any(allowed[rule] for rule in compared.get("".join(like for like, _ in characters[low:high]), ())):
                found.append((start, end))
                free = high
                break
    return found


@pytest.mark.slow
@settings(max_examples=400, deadline=None)
@given(st.lists(st.tuples(FORM, st.sampled_from(sorted(RULES))), min_size=1, max_size=12), TEXT)
def test_the_fast_way_finds_what_the_slow_way_finds(forms, text):
    forms = [(form, rule) for form, rule in forms if any(one.isalnum() for one in form)]
    if not forms:
        return
    table = Prefixes(*hash_forms([form for form, _ in forms]), np.array([RULES[rule] for _, rule in forms], np.uint8))
    read = read_characters([text])
    start, end, _, _ = table.match(read)
    kept = leftmost(start, end)
    spans = zip(read.positions(start[kept]).tolist(), (read.positions(end[kept] - 1) + 1).tolist(), strict=True)
    assert list(spans) == slow(forms, text)


@pytest.mark.slow
@settings(max_examples=200, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    texts=st.lists(
        st.lists(st.sampled_from([*SIGNS, "Peru", "New York", "birds", "秘鲁", "WHO", "Turkey"])).map("".join)
    )
)
def test_mentions_are_parts_of_their_texts_and_never_overlap(kb_linker, texts):
    rows = kb_linker.link(texts, batch=16).to_pylist()
    spans = sorted({(row["text"], row["start"], row["end"]) for row in rows})
    assert all(texts[row["text"]][row["start"] : row["end"]] == row["surface"] for row in rows)
    assert all(one[0] < other[0] or one[2] <= other[1] for one, other in pairwise(spans))
    assert [(row["text"], row["start"], row["term"]) for row in rows] == sorted(
        (row["text"], row["start"], row["term"]) for row in rows
    )
    alone = [{**row, "text": number} for number, text in enumerate(texts) for row in kb_linker.link([text]).to_pylist()]
    assert rows == alone


@pytest.fixture
def kb_linker(kb):
    return Linker(kb)


@pytest.mark.parametrize("text", ["a " * 20_000, "a " * 5_000 + "b", "A " * 20_000, "a-" * 20_000])
def test_nested_names_in_a_hostile_text_cost_a_few_look_ups_a_word(text):
    lookups = []

    class Counting(Prefixes):
        def find(self, keys):
            lookups.append(len(keys))
            return super().find(keys)

    nested = ["a " * count + ending for count in range(1, 400) for ending in ("a", "c")]
    table = Counting(*hash_forms(nested), np.full(len(nested), LOWER | NAMED, np.uint8))
    read = read_characters([text])
    start, end, _, _ = table.match(read)
    kept = leftmost(start, end)
    assert sum(lookups) < 25 * len(read.start)
    words = 1 + text.count(" ") + text.count("-")
    assert len(kept) == -(-(words - 1) // 400)
    assert (end - start)[kept][:-1].tolist() == [799] * (len(kept) - 1)


@pytest.mark.slow
def test_memory_is_linear_in_the_text(kb_linker):
    peaks = []
    for times in (1, 2):
        text = "turkey Turkey, New York City " * 20_000 * times
        kb_linker.link([text])
        tracemalloc.start()
        kb_linker.link([text])
        peaks.append(tracemalloc.get_traced_memory()[1])
        tracemalloc.stop()
    assert peaks[1] < 2.2 * peaks[0]


def test_words_are_not_cut_at_their_marks(make_kb):
    labels = ':a rdfs:label "José"@en ; :p :b . :b rdfs:label "राम" ; :p :c . :c rdfs:label "கல்" ; :p :a .'
    linker = Linker(make_kb(world=labels))
    surfaces = [row["surface"] for row in linker.link(["Jose\u0301e Martin", "Jose\u0301 Martin"]).to_pylist()]
    assert surfaces == ["Jose\u0301"]
    assert [row["surface"] for row in linker.link(["रामायण एक ग्रन्थ है", "राम वन गए"]).to_pylist()] == ["राम"]
    assert [row["text"] for row in linker.link(["கல்வி", "கல் ஒன்று"]).to_pylist()] == [1]


def test_of_too_many_terms_with_one_name_the_best_known_are_found(make_kb):
    facts = "".join(
        f':t{n} rdfs:label "size" {"".join(f"; :p :o{other} " for other in range(n + 1))}. ' for n in range(8)
    )
    kb = make_kb(world=facts)
    value = kb.terms["value"].to_pylist()
    linker = Linker(kb, most=3)
    found = {value[term] for term in linker.link(["its size"])["term"].to_pylist()}
    assert found == {"urn:x:t5", "urn:x:t6", "urn:x:t7"}
    assert linker.counts["names of terms that share them with too many"] >= 5
    assert Linker(kb).link(["its size"]).num_rows == 8


def test_labels_that_are_not_looked_for_are_counted(make_kb):
    long = "so on " * 20_000
    linker = Linker(
        make_kb(world=f':a rdfs:label "x" ; :p :b . :b rdfs:label "{long}" . :third :p :c . :c rdfs:label "—!" .')
    )
    assert linker.counts == {
        "labels": 4,
        "too short": 1,
        "too long": 1,
        "without a letter or digit": 1,
        "variants that are labels of others": 0,
        "names of terms that share them with too many": 0,
        "forms": len(linker),
    }
    assert linker.link([long]).num_rows == 0
