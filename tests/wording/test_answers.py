"""Whether a question holds one of its answers."""

import re

import numpy as np
import pyarrow as pa
from hypothesis import given, settings
from hypothesis import strategies as st

from kaug.wording.answers import Holds, gives_away
from kaug.words.containment import holds_any
from kaug.words.english import plural
from kaug.words.stems import with_stems

WORDS = (
    "sea",
    "the",
    "a",
    "children",
    "child",
    "man",
    "men",
    "wolf",
    "ox",
    "D.C.",
    "DC",
    "1,234",
    "1234",
    "3.5",
    "BusStop",
)
WORDS += (
    "bus",
    "stop",
    "bus_stop",
    "303mya",
    "303",
    "mya",
    "Lomé",
    "lome",
    "king's",
    "kings",
    "city",
    "cities",
    "'s",
    "O’Neil",
)
WORDS += (
    "x",
    "X",
    "TV",
    "TVs",
    "-5",
    "5",
    "m²",
    "m2",
    "ﬁne",
    "fine",
    "Łódź",
    "lodz",
    "vitamin",
    "A",
    "茶",
    "analysis",
    "analyses",
)
texts = st.lists(st.tuples(st.sampled_from(WORDS), st.sampled_from((" ", " ", "-", "“", "” ", ", ", "' "))), max_size=7)
texts = texts.map(lambda parts: "".join(word + gap for word, gap in parts))


@settings(max_examples=500, deadline=None)
@given(st.lists(texts, min_size=1, max_size=4), st.lists(texts, min_size=1, max_size=4))
def test_no_answer_that_a_reading_finds_is_passed_over(questions: list[str], answers: list[str]) -> None:
    """The stems or letters that plurals and spellings leave are compared first; what passes is read word by word."""
    found = gives_away(pa.array(questions), [answers] * len(questions))
    for question, held in zip(questions, found.tolist(), strict=True):
        assert held == any(read(question, name) for name in answers)


@settings(max_examples=500, deadline=None)
@given(st.lists(texts, min_size=1, max_size=3), texts, texts, texts, st.lists(texts, min_size=1, max_size=4))
def test_a_template_with_a_name_is_read_as_the_question_that_it_makes(
    names: list[str], before: str, between: str, after: str, answers: list[str]
) -> None:
    templates = [f"{before}{{s}}{after}", f"{before}{{o}}{between}{{o}}{after}"]
    questions = [re.sub(r"\{[so]\}", lambda _, name=name: name, template) for template in templates for name in names]
    which, name = np.divmod(np.arange(len(questions)), len(names))
    of = np.repeat(np.arange(len(names)), len(answers))
    holds = Holds(with_stems(pa.array(names)), with_stems(pa.array(answers * len(names))), of)
    assert holds.names.tolist() == [any(read(text, answer) for answer in answers) for text in names]
    for question, held, one in zip(
        questions, holds.questions(templates, which, name, pa.array(questions)).tolist(), name.tolist(), strict=True
    ):
        assert held == (holds.names[one] or any(read(question, answer) for answer in answers))


def read(question: str, name: str) -> bool:
    """Whether a question holds a name, as it is or with its words apart and in the plural."""

    def apart(text: str) -> str:
        inside = r"(?<=[^\W\d_])(?=\d)|(?<=\d)(?=[^\W\d_])|(?<=[a-z])(?=[A-Z])|(?<=[A-Z])(?=[A-Z][a-z])|_"
        text = re.sub(inside, " ", re.sub(r"['’]s\b", "", text))
        return re.sub(r"[^\W\d_]{3,}", lambda word: plural(word[0].lower()), text)

    return holds_any(question, [name]) or holds_any(apart(question), [apart(name)])
