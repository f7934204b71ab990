"""Texts with planted faults, each of which one filter finds."""

import pyarrow as pa
import pytest
from hypothesis import given
from hypothesis import strategies as st

from kaug.augmentation.hygiene.filters import FILTERS
from kaug.augmentation.hygiene.left_out import LEFT_OUT
from kaug.augmentation.hygiene.personal import PERSONAL, mask_personal, personal_kind
from kaug.augmentation.hygiene.settings import HygieneSettings
from kaug.augmentation.hygiene.texts import CleanTexts, clean_texts
from kaug.errors import PipelineError

WORDS = [f"word{number}" for number in range(100)]
LONG = " ".join(WORDS)


def clean(*texts: str, **settings: object) -> CleanTexts:
    return clean_texts([f"t{row}" for row in range(len(texts))], texts, HygieneSettings(**settings))


def reasons(found: CleanTexts) -> dict[str, tuple[str, str | None]]:
    assert found.left_out.schema == LEFT_OUT
    return {row["id"]: (row["reason"], row["detail"]) for row in found.left_out.to_pylist()}


def test_plain_texts_stay_as_they_are() -> None:
    texts = [
        "Lomé lies on the coast.",
        "土耳其的首都是安卡拉。",
        "Call 12 people on 2024-05-17 at 12:30:45.",
        "Version 10.0.0.1",
    ]
    found = clean(*texts)
    assert found.texts == texts
    assert found.ids == ["t0", "t1", "t2", "t3"]
    assert found.left_out.num_rows == 0
    assert not found.counts


def test_equal_texts_are_kept_once_also_those_that_masking_makes_equal() -> None:
    found = clean("Ask ada@example.org.", "Hm.", "Ask bo@example.org.", "Hm.")
    assert found.texts == ["Ask [e-mail address].", "Hm."]
    assert reasons(found) == {"t2": ("duplicates", "t0"), "t3": ("duplicates", "t1")}
    assert found.counts == {"places masked in texts: e-mail address": 2, "texts left out: duplicates": 2}
    assert clean("Hm.", "Hm.", duplicates="keep", near_duplicates=1).texts == ["Hm.", "Hm."]


def test_near_duplicates_are_those_above_the_threshold() -> None:
    one_word = LONG.replace("word50 ", "other ")  # 5 of 96 runs change: 91 of 101 are shared, 0.901
    two_words = one_word.replace("word20 ", "other ")  # 86 of 106, 0.811
    punctuated = LONG.upper().replace(" ", ", ")
    found = clean(LONG, one_word, punctuated, two_words)
    assert reasons(found) == {"t1": ("near duplicates", "t0"), "t2": ("near duplicates", "t0")}
    assert reasons(clean(LONG, one_word, near_duplicates=0.902)) == {}
    assert reasons(clean(LONG, two_words, near_duplicates=0.8)) == {"t1": ("near duplicates", "t0")}
    assert reasons(clean(LONG, punctuated, near_duplicates=1)) == {}


def test_short_sentences_of_one_kind_are_no_near_duplicates() -> None:
    assert reasons(clean(*(f"The capital of country {number} is town {number}." for number in range(200)))) == {}


@given(st.lists(st.lists(st.sampled_from("abc"), min_size=5, max_size=8).map(" ".join), max_size=12))
def test_what_is_left_out_is_near_to_an_earlier_text_that_is_kept_and_what_is_kept_to_none(texts: list[str]) -> None:
    def runs(text: str) -> set[str]:
        words = text.split()
        return {" ".join(words[start : start + 5]) for start in range(len(words) - 4)}

    def near(one: str, other: str) -> float:
        return len(runs(one) & runs(other)) / len(runs(one) | runs(other))

    found = clean(*texts, near_duplicates=0.5)
    rows = {f"t{row}": text for row, text in enumerate(texts)}
    assert len(found.ids) + found.left_out.num_rows == len(texts)
    for key, (_, like) in reasons(found).items():
        assert near(rows[key], rows[str(like)]) >= 0.5
        assert int(str(like)[1:]) < int(key[1:])


def test_length_counts_characters_and_words_also_without_spaces() -> None:
    texts = ["", " ", "One.", "Two words.", "首都是洛美", "One two three four five six"]
    found = clean(*texts, min_words=2, max_words=5, min_characters=1)
    assert found.texts == ["Two words.", "首都是洛美"]
    assert reasons(found) == {
        "t0": ("too few words", "0"),
        "t1": ("too few words", "0"),
        "t2": ("too few words", "1"),
        "t5": ("too many words", "6"),
    }
    assert reasons(clean("abcd", "abcde", max_characters=4)) == {"t1": ("too many characters", "5")}


def test_texts_in_other_languages_go_only_if_some_are_wanted() -> None:
    texts = [
        "The capital of Togo is a port on the Gulf of Guinea.",
        "Die Hauptstadt von Togo ist eine Hafenstadt am Golf von Guinea.",
        "多哥的首都是几内亚湾的一个港口。",
        "12345",
    ]
    assert reasons(clean(*texts)) == {}
    assert reasons(clean(*texts, languages=["en-GB"])) == {
        "t1": ("another language", "de"),
        "t2": ("another language", "zh"),
    }
    assert reasons(clean(*texts, languages=["en", "zh"])) == {"t1": ("another language", "de")}


def test_profanity_is_found_by_whole_words_of_the_named_languages() -> None:
    texts = ["What the fuck.", "Scunthorpe and Essex are in England.", "So ein Arschloch."]
    assert reasons(clean(*texts)) == {}
    assert reasons(clean(*texts, profanity="en")) == {"t0": ("profanity", "fuck")}
    assert reasons(clean(*texts, profanity=["en", "de"])) == {
        "t0": ("profanity", "fuck"),
        "t2": ("profanity", "Arschloch"),
    }
    with pytest.raises(PipelineError, match="no word list"):
        clean("x", profanity="xx")


FOUND = {
    "e-mail address": ["ada.holt+news@mail.example.org", "é@example.museum"],
    "bank account number": ["DE89 3704 0044 0532 0130 00", "GB82WEST12345698765432"],
    "card number": ["4111 1111 1111 1111", "5555555555554444", "3782-822463-10005", "6212345678901265"],
    "US social security number": ["536-90-4399"],
    "German tax number": ["36 574 261 809", "36574261809"],
    "Chinese resident number": ["11010519491231002X"],
    "IP address": ["8.8.8.8", "2001:4860:4860::8888"],
    "telephone number": ["+49 30 901820", "+1 (202) 555-0143", "(202) 555-0143", "202-555-0143"],
}
NOT_FOUND = [
    *("ada@home", "@ada", "DE88 3704 0044 0532 0130 00", "4111 1111 1111 1112", "000-12-3456", "36 574 261 808"),
    *("110105194912310021", "192.168.1.1", "127.0.0.1", "256.1.1.1", "12:30:45", "2024-05-17", "1.2.3", "+12 345 678"),
    *("978-3-16-148410-0", "0000-0002-1825-0097", "Q11010519491231002X", "10.1000/182", "v8.8.8.8", "1,234,567.89"),
]


@pytest.mark.parametrize(("kind", "text"), [(kind, text) for kind, texts in FOUND.items() for text in texts])
def test_personal_data_is_masked_where_it_stands(kind: str, text: str) -> None:
    assert set(FOUND) == set(PERSONAL)
    masked, counts = mask_personal(pa.array([f"See {text}, please.", f"({text})", text, f"x{text}"]))
    assert masked.to_pylist()[:3] == [f"See [{kind}], please.", f"([{kind}])", f"[{kind}]"]
    assert counts[kind] >= 3
    assert personal_kind(pa.array([text, "Lomé"])).to_pylist() == [kind, None]


@pytest.mark.parametrize("text", NOT_FOUND)
def test_what_only_looks_like_personal_data_stays(text: str) -> None:
    assert mask_personal(pa.array([f"See {text}, please."]))[0].to_pylist() == [f"See {text}, please."]


def test_personal_data_is_masked_dropped_or_kept_and_never_in_an_excerpt() -> None:
    texts = ["Ada lives here.", "Ask ada@example.org, or 8.8.8.8."]
    assert clean(*texts).texts == [texts[0], "Ask [e-mail address], or [IP address]."]
    assert clean(*texts, personal_data="keep").texts == texts
    assert clean(*texts, personal_kinds="IP address").texts == [texts[0], "Ask ada@example.org, or [IP address]."]
    dropped = clean(*texts, personal_data="drop")
    assert dropped.texts == texts[:1]
    assert dropped.left_out["excerpt"].to_pylist() == ["Ask [e-mail address], or [IP address]."]
    assert reasons(dropped) == {"t1": ("personal data", "e-mail address")}


@pytest.mark.parametrize(
    "text", ["a" * 200_000, "!" * 200_000, "+1" + "1" * 200_000, "1 " * 100_000, "a." * 100_000 + "@", "a:" * 99_999]
)
def test_long_texts_that_nearly_match_are_read_in_one_go(text: str) -> None:
    assert mask_personal(pa.array([text]))[0].to_pylist() == [text]


def test_special_tokens_are_broken_up_always_and_those_of_a_model_if_given() -> None:
    found = clean_texts(["a"], ["</s> ~~stop~~"], HygieneSettings(), tokens=["~~stop~~"])
    assert found.texts == ["< /s> ~ ~stop~~"]


def test_a_filter_tells_which_package_it_lacks(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(FILTERS, "language", FILTERS["language"]._replace(needs="no_such_package"))
    with pytest.raises(PipelineError, match=r"hygiene.language: needs no_such_package.*kaug\[hygiene\]"):
        clean("x", languages="en")


@pytest.mark.parametrize(
    ("settings", "said"),
    [
        ({"personal_kinds": ["e-mail adress"]}, "Did you mean 'e-mail address'"),
        ({"duplicates": "mask"}, "'drop' or 'keep'"),
        ({"near_duplicates": 0}, "greater than 0"),
        ({"languages": ["9"]}, "no language tag"),
    ],
)
def test_wrong_settings_are_refused(settings: dict[str, object], said: str) -> None:
    with pytest.raises(PipelineError, match=said):
        HygieneSettings(**settings)
