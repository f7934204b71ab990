import math
import re
import unicodedata
from collections import Counter

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from kaug.retrieval.linking.overlap import SHARES, Overlap

UNSPACED = ("CJK", "HIRAGANA", "KATAKANA", "THAI")
NAMES = {
    "turing": ["Alan Turing", "Alan Mathison Turing"],
    "kay": ["Alan Kay"],
    "prize": ["Prize of the Turing Society of London"],
    "society": ["Society of London"],
    "cafe": ["Café Zürich"],
    "lima": ["利马城"],
    "greek": ["Οδυσσεύς Ελύτης"],
    "hindi": ["हिन्दी भाषा"],
    "half": ["½ cup"],
    "tokyo": ["コーヒー"],
    "dots": ["…"],
}
WORDS = [
    "Alan",
    "alan",
    "TURING",
    "Mathison",
    "of",
    "London",
    "Zu\u0308rich",
    "zurich",
    "CAFÉ",
    "城利",
    "Kay",
    "ΕΛΥΤΗΣ",
    "x",
]
WORDS += ["भाषा", "½", "2", "コ", "🦃", "_", "-", "’", "ﬁ"]


def place_of(overlap, text, term):
    start, end = overlap.where([text], [term])
    return int(start[0]), int(end[0])


def plain_words(text):
    """The words of a text, one character after the other."""
    words = [""]
    for char in unicodedata.normalize("NFKD", text).lower().replace("ς", "σ"):
        kind = unicodedata.category(char)
        if kind == "Mn":
            continue
        alone = unicodedata.name(char, "").startswith(UNSPACED)
        if alone or not (kind[0] in "LN" or kind == "Mc"):
            words += [char, ""] if alone else [""]
        else:
            words[-1] += char
    return [word for word in words if word]


def shares(names, text, least):
    """Term to the largest share of a name of it that stands in the text."""
    split = [(term, set(plain_words(name))) for term, some in names.items() for name in some]
    often = Counter(word for _, words in split for word in words)
    idf = {word: math.log(1 + len(split) / count) for word, count in often.items()}
    there, found = set(plain_words(text)), {}
    for term, words in split:
        share = sum(idf[word] for word in words & there) / (sum(idf[word] for word in words) or 1)
        if share >= least:
            found[term] = max(found.get(term, 0), share)
    return found


def turtle(names):
    lines = [':here rdfs:label "Here Be Dragons"@en .']
    for term, some in names.items():
        labels = ", ".join(f'"{name}"@en' for name in some)
        lines.append(f":{term} :in :here ; rdfs:label {labels} .")
    return "\n".join(lines)


@pytest.fixture
def world(make_kb):
    kb = make_kb(world=turtle(NAMES))
    terms = {value.removeprefix("urn:x:"): row for row, value in enumerate(kb.terms["value"].to_pylist())}
    return kb, terms


def found_by(overlap, terms, texts):
    names = {row: name for name, row in terms.items()}
    found = [{} for _ in texts]
    for row in overlap.match(texts).to_pylist():
        found[row["text"]][names[row["term"]]] = row["share"]
    return found


def test_a_share_worked_out_by_hand(make_kb):
    kb = make_kb(world=turtle({"a": ["Red Fox"], "b": ["Red Hen"], "c": ["Hen House Inn"]}))
    term = {value: row for row, value in enumerate(kb.terms["value"].to_pylist())}
    # Four names: one has "fox", two have "red" and "hen" each.
    red, fox = math.log(1 + 4 / 2), math.log(1 + 4)
    table = Overlap(kb, least=0.3).match(["nothing", "a fox, a FOX", "red"])
    assert table.schema == SHARES
    assert table.to_pylist() == [
        {"text": 1, "term": term["urn:x:a"], "share": pytest.approx(fox / (red + fox), abs=1e-6)},
        {"text": 2, "term": term["urn:x:a"], "share": pytest.approx(red / (red + fox), abs=1e-6)},
        {"text": 2, "term": term["urn:x:b"], "share": pytest.approx(0.5, abs=1e-6)},
    ]


def test_a_word_of_too_many_names_points_to_none(make_kb):
    names = {f"{first}{last}": [f"{first} {last}"] for first in "abcdef" for last in "uvwx"}
    kb = make_kb(world=turtle({**names, "rare": ["a sparrow"]}))
    terms = {value.removeprefix("urn:x:"): row for row, value in enumerate(kb.terms["value"].to_pylist())}
    assert len(found_by(Overlap(kb, most=7), terms, ["w"])[0]) == 6
    # Four names with "f", six with "w", and one more with "a": that one is found by its other word.
    few = Overlap(kb, most=5)
    found = found_by(few, terms, ["f", "w", "a", "a sparrow"])
    assert [len(one) for one in found[:2]] == [4, 0]
    assert found[3]["rare"] == 1


def test_of_several_names_the_largest_share_counts(world):
    kb, terms = world
    [found] = found_by(Overlap(kb), terms, ["Alan Turing"])
    assert found["turing"] == 1
    assert found["kay"] < 0.5


def test_all_words_in_any_order_are_all_of_a_name(world):
    kb, terms = world
    [found] = found_by(Overlap(kb, least=1), terms, ["In London: the Society, of course"])
    assert found == {"society": 1}


@settings(deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture], max_examples=60)
@given(
    st.lists(st.lists(st.sampled_from(WORDS), max_size=5).map(" ".join), max_size=4),
    st.sampled_from([0.05, 0.3, 0.5, 2 / 3, 0.9, 1]),
)
@pytest.mark.slow
def test_it_is_what_a_plain_loop_finds(world, texts, least):
    kb, terms = world
    names = {**NAMES, "here": ["Here Be Dragons"]}
    for text, found in zip(texts, found_by(Overlap(kb, least=least), terms, texts), strict=True):
        assert found == pytest.approx(shares(names, text, least), abs=1e-5)


@pytest.mark.slow
@settings(deadline=None, max_examples=20, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.data())
def test_no_name_is_lost_among_equally_rare_words(make_kb, data):
    letters = st.sampled_from("abcdefgh")
    some = data.draw(st.lists(st.lists(letters, min_size=1, max_size=6).map(" ".join), min_size=1, max_size=12))
    names = {f"t{number}": [name] for number, name in enumerate(some)}
    kb = make_kb(world=turtle(names))
    terms = {value.removeprefix("urn:x:"): row for row, value in enumerate(kb.terms["value"].to_pylist())}
    names["here"] = ["Here Be Dragons"]
    for least in (0.25, 1 / 3, 0.5, 0.6, 1):
        for text in ("a b c", "h", "g f e d"):
            [found] = found_by(Overlap(kb, least=least), terms, [text])
            wanted = shares(names, text, least - 1e-6)
            assert found == pytest.approx(wanted, abs=1e-5)


@pytest.mark.parametrize(
    ("text", "name", "word"),
    [
        ("Then Turing came.", "turing", "Turing"),
        ("🦃🦃 TURING, Turing", "turing", "TURING"),
        ("la café", "cafe", "café"),
        ("la cafe\u0301.", "cafe", "cafe\u0301"),
        ("in Zu\u0308rich", "cafe", "Zu\u0308rich"),
        ("ＺＵＲＩＣＨ", "cafe", "ＺＵＲＩＣＨ"),
        ("在利马", "lima", "利"),
        ("x城x", "lima", "城"),
        ("ΕΛΎΤΗΣ", "greek", "ΕΛΎΤΗΣ"),
        ("Ελύτης", "greek", "Ελύτης"),
        ("(भाषा)", "hindi", "भाषा"),
        ("a cup½", "half", "½"),
        ("a 2 of it", "half", "2"),
        ("½", "half", "½"),
        ("ｺ", "tokyo", "ｺ"),
        ("\ud800 Turing \udfff", "turing", "Turing"),
        ("so_Turing_so", "turing", "Turing"),
        ("Turings Turing", "turing", "Turing"),
        ("of the Turings", "prize", "the"),
    ],
)
def test_where_the_rarest_word_stands(world, text, name, word):
    kb, terms = world
    start = text.rindex(word)
    assert place_of(Overlap(kb), text, terms[name]) == (start, start + len(word))


def test_where_nothing_of_the_name_stands(world):
    kb, terms = world
    overlap = Overlap(kb)
    for text in ("", "…", "nobody", "alanturing", "🦃"):
        assert place_of(overlap, text, terms["turing"]) == (-1, -1)
    assert place_of(overlap, "…", terms["dots"]) == (-1, -1)
    assert place_of(overlap, "in", terms["in"]) == (-1, -1)


def test_the_place_is_of_the_name_of_which_most_stands_there(make_kb):
    kb = make_kb(world=turtle({"a": ["Big Apple", "New York City"], "b": ["Apple Pie"], "c": ["Apple Tart"]}))
    term = kb.terms["value"].to_pylist().index("urn:x:a")
    assert place_of(Overlap(kb), "an apple from New York", term) == (14, 17)


@pytest.mark.slow
@settings(deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture], max_examples=150)
@given(
    st.lists(st.one_of(st.sampled_from(WORDS), st.text(max_size=3)), max_size=6),
    st.sampled_from(["", " ", "\u0301", "ﬀ", "·"]),
)
def test_where_agrees_with_match(world, words, between):
    kb, terms = world
    overlap, text = Overlap(kb, least=0.01), between.join(words)
    matched = set(overlap.match([text])["term"].to_pylist())
    words_of = {terms[term]: {word for name in some for word in plain_words(name)} for term, some in NAMES.items()}
    words_of[terms["here"]] = {"here", "be", "dragons"}
    for term in terms.values():
        start, end = place_of(overlap, text, term)
        assert (start >= 0) == (term in matched)
        if start >= 0:
            assert 0 <= start < end <= len(text)
            assert words_of[term] & set(plain_words(text[start:end]))


def test_nothing_in_nothing_out(make_kb, world):
    for overlap in (Overlap(make_kb(world="")), Overlap(world[0])):
        assert overlap.match([]).equals(SHARES.empty_table())
        assert overlap.match(["", " ", "…", "zzz"]).equals(SHARES.empty_table())


def test_names_without_words_are_no_names(make_kb):
    kb = make_kb(world=':a :p :b . :a rdfs:label "…"@en . :b rdfs:label "?!"@en .')
    assert Overlap(kb).match(["…", "a b ?!"]).num_rows == 0
    assert re.fullmatch("urn:x:.", kb.terms["value"][0].as_py())


def test_each_text_is_matched_alone(world):
    kb, _ = world
    overlap = Overlap(kb)
    texts = ["Alan", "Turing of London", "", "利", "Kay"]
    together = overlap.match(texts)
    for number, text in enumerate(texts):
        mine = together.filter(np.equal(together["text"].to_numpy(), number))
        assert mine.select(["term", "share"]).equals(overlap.match([text]).select(["term", "share"]))
