import pytest
from hypothesis import given
from hypothesis import strategies as st

from kaug.words.language_of import language_of

SENTENCES = {
    "en": "The capital of Togo lies on the coast of West Africa, near the border of Ghana.",
    "de": "Die Hauptstadt von Togo liegt an der Küste Westafrikas, nahe der Grenze zu Ghana.",
    "zh": "多哥的首都位于西非海岸，靠近加纳边境。",
    "ar": "تقع عاصمة توغو على ساحل غرب أفريقيا بالقرب من حدود غانا.",
    "ru": "Столица Того расположена на побережье Западной Африки, недалеко от границы с Ганой.",
}


@pytest.mark.parametrize("language", SENTENCES)
def test_the_language_of_a_sentence_is_found_whatever_is_expected(language: str) -> None:
    for among in ((), ("en",), ("zh", "en", "de")):
        assert language_of(SENTENCES[language], among) == language


def test_a_text_that_is_like_many_languages_is_in_the_one_expected() -> None:
    assert language_of("Gull Island, 1912.") == ""
    assert language_of("Gull Island, 1912.", ["en"]) == "en"
    assert language_of("洛美", ["en", "zh-Hans"]) == "zh-Hans"


def test_a_gloss_in_brackets_does_not_count() -> None:
    assert language_of("Office Romance (Russian: Служебный роман) is a film.", ["en"]) == "en"


@given(st.text())
def test_any_text_has_one_language_or_none(text: str) -> None:
    assert language_of(text, ["en"])
    assert language_of(text).strip() == language_of(text)
