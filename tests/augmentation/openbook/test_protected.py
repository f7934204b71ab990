import pytest
from hypothesis import given
from hypothesis import strategies as st

from kaug.augmentation.openbook.protected import BLOCKS, KINDS, prose, protected

EXAMPLES = {
    "code block": ("Text.\n\n```py\nTogo = 1\n```\n", "```py\nTogo = 1\n```\n"),
    "HTML block": ("<div>\nTogo\n</div>\n\nTogo.", "<div>\nTogo\n</div>\n"),
    "heading": ("# Togo\n\nText.", "# Togo\n"),
    "table": ("| a | b |\n|---|---|\n| Togo | 1 |\n\nText.", "| a | b |\n|---|---|\n| Togo | 1 |\n"),
    "front matter": ("---\ntitle: Togo\n---\nText.", "---\ntitle: Togo\n---\n"),
    "code": ("Call `Togo()` now.", "`Togo()`"),
    "code element": ("Call <code>Togo</code> now.", "<code>Togo</code>"),
    "prompt": ("Run:\n$ ls Togo\nDone.", "$ ls Togo"),
    "comment": ("A <!-- Togo --> b.", "<!-- Togo -->"),
    "tag": ('A <img alt="Togo"> b.', '<img alt="Togo">'),
    "entity": ("A&nbsp;b.", "&nbsp;"),
    "address": ("See https://togo.tg/Togo?q=1 there.", "https://togo.tg/Togo?q=1"),
    "e-mail": ("To ada@togo.tg today.", "ada@togo.tg"),
    "domain or file": ("In togo.tg and nowhere.", "togo.tg"),
    "path": ("In /home/togo/map and there.", "/home/togo/map"),
    "tag or handle": ("A post on #Togo today.", "#Togo"),
    "formula": ("As $x_{Togo}$ grows.", "$x_{Togo}$"),
    "environment": ("\\begin{align}\nTogo\n\\end{align}", "\\begin{align}\nTogo\n\\end{align}"),
    "command": ("See \\emph{Togo} here.", "\\emph{Togo}"),
    "image": ("A ![Togo](map.png) b.", "![Togo](map.png)"),
    "link target": ("See [it](wiki/Togo_(land)) now.", "(wiki/Togo_(land))"),
    "link definition": ("Text.\n\n[1]: map.png Togo\n", "[1]: map.png Togo"),
    "template": ("A {{Infobox|Togo}} b.", "{{Infobox|Togo}}"),
    "wiki file": ("A [[File:Togo.svg|thumb]] b.", "[[File:Togo.svg|thumb]]"),
    "wiki link": ("In [[Togo|the land]] it rains.", "[[Togo|the land]]"),
    "link": ("In [Togo](a.md) it rains.", "[Togo]"),
    "wiki heading": ("== Togo ==\nText.", "== Togo =="),
    "link element": ('In <a href="b">Togo</a> it rains.', '<a href="b">Togo</a>'),
    "element": ("In <cite>Togo</cite> it rains.", "<cite>Togo</cite>"),
    "row of cells": ("Togo\tLomé\nText.", "Togo\tLomé"),
    "emphasis": ("The *Togo* team.", "*Togo*"),
    "brackets": ("A land (Togo) there.", "(Togo)"),
    "quotation": ("The film “Togo” is old.", "“Togo”"),
}


def test_every_kind_has_an_example() -> None:
    assert set(EXAMPLES) == set(KINDS) | {kind for kind, _ in BLOCKS.values()}


@pytest.mark.parametrize("kind", EXAMPLES)
def test_what_is_protected_is_found(kind: str) -> None:
    text, part = EXAMPLES[kind]
    assert part in [text[span.start : span.end] for span in protected(text) if span.kind == kind]


@pytest.mark.parametrize(
    "text",
    [
        "Togo costs $5 and Ghana $6.",
        "Rain and/or sun in the U.S. today.",
        "He said: it's 3.5 km, e.g. 2 * 3 * 4.",
        "snake_case_names here",
    ],
)
def test_plain_prose_is_not_protected(text: str) -> None:
    assert protected(text) == []


def test_prose_keeps_headings_and_cells_and_loses_the_rest() -> None:
    text = "# Togo\n\n| Lomé | `x` |\n|---|---|\n\n[Benin](b.md) <b>Ghana</b> $x$\n\n    Mali\n"
    left = prose(text)
    assert len(left) == len(text)
    assert [name in left for name in ("Togo", "Lomé", "Ghana")] == [True] * 3
    assert [name in left for name in ("`", "Benin", "b.md", "<b>", "$", "Mali")] == [False] * 6


@given(
    st.lists(
        st.sampled_from(
            [
                "`",
                "*",
                "_",
                "[",
                "](",
                ")",
                "<a>",
                "\r\n",
                "\n",
                "\r",
                "    ",
                "Togo",
                "| ",
                "# ",
                "---",
                "$",
                "{{",
                "😀",
                " ",
            ]
        )
    ).map("".join)
)
def test_spans_lie_in_any_text_and_prose_keeps_its_places(text: str) -> None:
    assert all(0 <= span.start < span.end <= len(text) for span in protected(text))
    left = prose(text)
    assert len(left) == len(text)
    assert all(one in (" ", other) for one, other in zip(left, text, strict=True))
    assert [letter for letter in left if letter in "\r\n"] == [letter for letter in text if letter in "\r\n"]
