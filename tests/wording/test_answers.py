"""Whether a question holds one of its answers."""

import re

import numpy as np
import pyarrow as pa
from hypothesis import given, settings
from hypothesis import strategies as st

from kaug.wording.answers import Holds, gives_away
from kaug.words.containment import holds_any
from kaug.words.english import plural

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
    """The letters that plurals and spellings leave are compared first; what passes is read word by word."""
    found = gives_away(pa.array(questions), [answers] * len(questions))
    for question, held in zip(questions, found.tolist(), strict=True):
        near = [name for name in answers if bare_answer(name) in bare(question)]
        assert held == any(read(question, name) for name in near)


def bare(text: str) -> str:
    """The letters of a text as the class leaves them."""
    holds = Holds(pa.array([text]), pa.array([], pa.string()), pa.array([], pa.int64()).to_numpy())
    found: str = holds._bare_names[0].as_py()
    return found


def bare_answer(text: str) -> str:
    """The letters of an answer, of which irregular plurals leave those that both forms begin with."""
    found: str = Holds(pa.array([""]), pa.array([text]), np.zeros(1, np.int64))._bare_answers[0].as_py()
    return found


def read(question: str, name: str) -> bool:
    """Whether a question holds a name, as it is or with its words apart and in the plural."""

    def apart(text: str) -> str:
        inside = r"(?<=[^\W\d_])(?=\d)|(?<=\d)(?=[^\W\d_])|(?<=[a-z])(?=[A-Z])|(?<=[A-Z])(?=[A-Z][a-z])|_"
        text = re.sub(inside, " ", re.sub(r"['’]s\b", "", text))
        return re.sub(r"[^\W\d_]{3,}", lambda word: plural(word[0].lower()), text)

    return holds_any(question, [name]) or holds_any(apart(question), [apart(name)])
