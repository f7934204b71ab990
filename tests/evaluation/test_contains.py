import pytest
from hypothesis import given
from hypothesis import strategies as st

from kaug.evaluation.scorers import SCORERS, AnsweredProbe
from kaug.evaluation.scorers.contains import final_answer, normalise, score_answer


@pytest.mark.parametrize(
    ("text", "normal"),
    [
        ("Lomé", "lome"),
        ("São Tomé and Príncipe", "sao tome and principe"),
        ("Łódź, Malmø", "lodz malmo"),
        ("  The   United\tStates\nof  America ", "united states of america"),
        ("the capital of a country is an island", "capital of country is island"),
        ("Vitamin A", "vitamin a"),
        ("vitamin A is found in liver", "vitamin a is found in liver"),
        ("A dog", "dog"),
        ("theatre", "theatre"),
        ("1,234", "1234"),
        ("1,234,567.25 people", "1234567.25 people"),
        ("1,23", "1 23"),
        ("1.008", "1.008"),
        ("3. Paris.", "3 paris"),
        ("−38.8 °C", "-38.8 ° c"),
        ("1990-2000", "1990 2000"),
        ("Guinea-Bissau", "guinea bissau"),
        ("N'Djamena", "ndjamena"),
        ("N’Djamena", "ndjamena"),
        ("Washington, D.C.", "washington dc"),
        ("the U.S. dollar", "us dollar"),
        ("**Paris**!", "paris"),
        ("ＰＡＲＩＳ", "paris"),
        ("Straße", "strasse"),
        ("5€", "5 €"),
        ("zero\u200bwidth", "zerowidth"),
        ("北京。", "北京"),
        ("乔治·华盛顿", "乔治 华盛顿"),
        ("がっこう", "がっこう"),
        ("한국어", "한국어"),
        ("हिन्दी", "हिन्दी"),
        ("", ""),
        ("?!…", ""),
    ],
)
def test_normalise(text: str, normal: str) -> None:
    assert normalise(text) == normal


@given(st.text())
def test_normalising_twice_changes_no_letters_and_never_adds_spaces(text: str) -> None:
    normal = normalise(text)
    assert normal == " ".join(normal.split())


@given(st.lists(st.sampled_from(["Lomé", "Bissau", "42", "river", "北京"]), min_size=1, max_size=6))
def test_normalising_is_idempotent_on_words(words: list[str]) -> None:
    once = normalise(", ".join(words))
    assert normalise(once) == once


@pytest.mark.parametrize(
    ("text", "answer"),
    [
        ("Paris", "Paris"),
        ("\n\n  Paris  \nLyon", "Paris"),
        ("Togo borders Ghana.\nAnswer: Accra\nMore", "Accra"),
        ("Answer: Lima, no.\nAnswer: Accra", "Accra"),
        ("**Answer:** Accra", "Accra"),
        ("The final answer: Accra", "Accra"),
        ("Answer:\nAccra", "Accra"),
        ("法国的首都是巴黎。\n答案：巴黎", "巴黎"),
        ("答案: 巴黎", "巴黎"),
        ("Accra\n\nQuestion: And of Peru?\nAnswer: Lima", "Accra"),
        ("Accra\nQ: And of Peru?\nAnswer: Lima", "Accra"),
        ("Question: What is it?\nAnswer: Lima", "Lima"),
        ("The answers: are many", "The answers: are many"),
        ("Answer:", ""),
        ("", ""),
        ("x" * 300, "x" * 200),
    ],
)
def test_final_answer(text: str, answer: str) -> None:
    assert final_answer(text) == answer


@pytest.mark.parametrize(
    ("text", "answers", "score"),
    [
        ("Lome", ["Lomé"], 1.0),
        ("It is the city of Lomé.", ["Lomé"], 1.0),
        ("Parisian", ["Paris"], 0.0),
        ("paris", ["London", "PARIS"], 1.0),
        ("New Delhi", ["Delhi"], 1.0),
        ("Delhi, New", ["New Delhi"], 0.0),
        ("12345", ["1,234"], 0.0),
        ("about 1,234 people", ["1234"], 1.0),
        ("50.5", ["50"], 0.0),
        ("196", ["-196"], 0.0),
        ("北京是中国的首都", ["北京"], 1.0),
        ("中国的首都是北京", ["北京"], 1.0),
        ("乔治·华盛顿", ["乔治华盛顿"], 1.0),
        ("南京", ["北京"], 0.0),
        ("서울입니다", ["서울"], 1.0),
        ("Lima borders Togo.\nAnswer: Accra", ["Lima"], 0.0),
        ("He was born in Rome.", ["He"], 1.0),
        ("I think he was born in Rome.", ["He"], 0.0),
        ("The symbol of indium is In.", ["In"], 1.0),
        ("It stands in the table.", ["In"], 0.0),
        ("Vitamin C", ["Vitamin A"], 0.0),
        ("€", ["€"], 1.0),
        ("anything", ["..."], 0.0),
        ("", ["Paris"], 0.0),
        ("It is not Paris", ["Paris"], 1.0),
    ],
)
def test_score_answer(text: str, answers: list[str], score: float) -> None:
    assert score_answer(text, answers) == score


def test_the_right_answer_counts_within_sixteen_words_only() -> None:
    guesses = [f"town{i}" for i in range(16)]
    assert score_answer(" ".join([*guesses[:15], "Paris"]), ["Paris"]) == 1.0
    assert score_answer(" ".join([*guesses, "Paris"]), ["Paris"]) == 0.0
    assert score_answer(" ".join([*guesses[:15], "New", "Delhi"]), ["New Delhi"]) == 0.0
    assert score_answer("市" * 30 + "北京", ["北京"]) == 1.0
    assert score_answer("市" * 31 + "北京", ["北京"]) == 0.0


@pytest.mark.parametrize(
    ("text", "answers", "noted"),
    [
        (" ".join([f"town{i}" for i in range(16)] + ["Paris"]), ["Paris"], True),  # the seventeenth word
        ("I do not know.\nParis", ["Paris"], True),  # the second line
        ("Lima.\nAnswer: Accra", ["Lima"], True),  # before the marker
        ("Atlantis", ["Paris"], False),
        ("", ["Paris"], False),
    ],
)
def test_a_right_answer_that_is_not_read_is_noted(text: str, answers: list[str], noted: bool) -> None:
    scorer, probe = SCORERS["contains"], AnsweredProbe(text, answers)
    assert scorer.score(probe) == 0.0
    assert ("only the first 16 words" in scorer.explain(probe)) is noted
