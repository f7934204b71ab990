import pytest

from kaug.augmentation.openbook.names import has_room, inside, names_itself, places
from kaug.augmentation.openbook.words import words_of


def at(text: str, name: str = "Togo") -> tuple[int, int]:
    return text.index(name), text.index(name) + len(name)


@pytest.mark.parametrize(
    "text",
    [
        "Togo",
        "In Togo it rains.",
        "When Togo won, we left.",
        "the south of Togo",
        "President Togo spoke.",
        "Togo's coast",
        "Lomé, Togo",
        "It rained. Togo won.",
    ],
)
def test_a_name_by_itself(text: str) -> None:
    assert names_itself(text, *at(text), "en")


@pytest.mark.parametrize(
    "text",
    [
        "Togo-based",
        "in ancient Togo",
        "pro-Togo",
        "Lake Togo is deep.",
        "on Lake Togo",
        "the University of Togo",
        "the Bank of the Togo",
        "Togo Airlines",
        "Togo 11",
        "Togoland",
        "@Togo",
        "Togo_1",
        "let x = Togo;",
        "Togo, Inc.",
        "O'Togo",
    ],
)
def test_a_part_of_another_name_or_of_a_compound(text: str) -> None:
    assert not names_itself(text, *at(text), "en")


@pytest.mark.parametrize(
    ("text", "itself"),
    [
        ("some pineapple juice", False),
        ("pineapple slices are round", False),
        ("a pineapple is cut", True),
        ("a pineapple keeps well", True),
        ("a pineapple fell", True),
        ("a pineapple ripened", True),
        ("a pineapple.", True),
    ],
)
def test_a_common_noun_before_another_is_part_of_a_compound(text: str, itself: bool) -> None:
    assert names_itself(text, *at(text, "pineapple"), "en") == itself


def test_common_nouns_and_scripts_without_spaces_have_no_capitals_to_look_at() -> None:
    assert names_itself("Every hammer Ada had", *at("Every hammer Ada had", "hammer"), "en")
    assert names_itself("在多哥的首都", *at("在多哥的首都", "多哥"), "zh")


@pytest.mark.parametrize(
    ("text", "name", "language", "room"),
    [
        ("Togo is hot.", "Togo", "en", True),
        ("in Togo.", "Togo", "en", True),
        ("Togo", "Togo", "en", True),
        ("Togo football team", "Togo", "en", False),
        ("Togo's team", "Togo", "en", False),
        ("Togo (a land)", "Togo", "en", False),
        ("the hammer drill", "hammer", "en", False),
        ("多哥的首都", "多哥", "zh", True),
        ("多哥人", "多哥", "zh", False),
        ("توغو،", "توغو", "ar", True),
        ("توغو بلد", "توغو", "ar", False),
    ],
)
def test_a_bracket_follows_the_end_of_a_noun_phrase(text: str, name: str, language: str, room: bool) -> None:
    assert has_room(text, at(text, name)[1], language) == room


@pytest.mark.parametrize(
    ("sentence", "names", "language", "stands"),
    [
        ("The capital of Togo is Lomé.", ["Togo", "Lomé"], "en", "the capital of Togo is Lomé"),
        ("The Who were founded in London.", ["The Who", "London"], "en", "The Who were founded in London"),
        (
            "The United States borders Canada.",
            ["the United States", "Canada"],
            "en",
            "the United States borders Canada",
        ),
        ("A saw is used to cut wood.", ["a saw", "cut wood"], "en", "a saw is used to cut wood"),
        ("A Tribe is a band.", ["A Tribe", "a band"], "en", "A Tribe is a band"),
        ("An A is a letter.", ["an A", "a letter"], "en", "an A is a letter"),
        ("EBay is a shop.", ["eBay", "a shop"], "en", "eBay is a shop"),
        ("Togolese people speak Ewe.", ["Togo", "Ewe"], "en", "Togolese people speak Ewe"),
        ("La capitale du Togo est Lomé.", ["Togo", "Lomé"], "fr", "la capitale du Togo est Lomé"),
        ("L'hymne du Togo est Terre.", ["Togo", "Terre"], "fr", "l'hymne du Togo est Terre"),
        ("En Perú se habla español.", ["Perú", "español"], "es", "en Perú se habla español"),
        ("Die Hauptstadt von Togo ist Lomé.", ["Togo", "Lomé"], "de", "die Hauptstadt von Togo ist Lomé"),
        ("Hauptstadt von Togo ist Lomé.", ["Togo", "Lomé"], "de", "Hauptstadt von Togo ist Lomé"),
        ("多哥的首都是洛美。", ["多哥", "洛美"], "zh", "多哥的首都是洛美"),
    ],
)
def test_a_sentence_in_a_bracket_begins_in_lower_case_unless_a_name_does(
    sentence: str, names: list[str], language: str, stands: str
) -> None:
    assert inside(sentence, names, language) == stands


def test_places_are_whole_words() -> None:
    assert places("Togoland, Togo, eTogo. Togo", "Togo") == [(10, 14), (23, 27)]
    assert places("多哥人在多哥", "多哥") == [(0, 2), (4, 6)]
    assert places("a", "") == []


def test_every_language_has_all_words() -> None:
    for language in ("en", "zh", "de", "fr", "es"):
        assert words_of(language).absent
        assert words_of(language).follow


@pytest.mark.parametrize(
    ("text", "itself"),
    [
        ("日本的首都", True),
        ("日本，亚洲的岛国", True),
        ("日本豆腐的做法", False),
        ("日本人来了", False),
        ("古日本的历史", False),
    ],
)
def test_a_chinese_name_by_itself_is_before_a_particle_or_punctuation(text: str, itself: bool) -> None:
    assert names_itself(text, *at(text, "日本"), "zh") is itself


def test_an_adjective_is_no_name() -> None:
    assert not names_itself("The public and the private sector", *at("The public and", "public"), "en")
