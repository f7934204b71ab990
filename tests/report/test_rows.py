"""The page of rows: every row with its facts, marked and traced, and nothing of the data that runs or loads."""

import base64
import hashlib
import json
import re
from html.parser import HTMLParser
from pathlib import Path
from typing import Any

import pytest

from kaug.augmentation.inspect import describe_rows
from kaug.augmentation.rows import make_rows
from kaug.knowledge.build import build_kb
from kaug.knowledge.knowledge_base import KnowledgeBase
from kaug.rdf.sources import Source
from kaug.report.rows import rows_page

HOSTILE = "</script></mark><script>alert('x')</script><img src=x onerror=alert(1)>&\"'`\u202e{{7*7}}#form=question"


class Page(HTMLParser):
    """The elements of a page, and the text in each `article`."""

    def __init__(self, html: str) -> None:
        super().__init__()
        self.tags: list[tuple[str, dict[str, str | None]]] = []
        self.rows: list[str] = []
        self.open: list[str] = []
        self.feed(html)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append((tag, dict(attrs)))
        if tag not in {"meta", "input"}:
            self.open.append(tag)
        if tag == "article":
            self.rows.append("")

    def handle_endtag(self, tag: str) -> None:
        assert self.open.pop() == tag

    def handle_data(self, data: str) -> None:
        if "article" in self.open:
            self.rows[-1] += data

    def all(self, tag: str) -> list[dict[str, str | None]]:
        return [attributes for name, attributes in self.tags if name == tag]


def planted(kb: KnowledgeBase, name: str) -> list[dict[str, Any]]:
    """A passage of two facts, and a question."""
    facts = kb.hex_ids.to_pylist()
    text = f"{name} is old. {name} is big. So it is."
    first = len(f"{name} is old.")
    spans = [[(0, "completion", 0, first), (1, "completion", first + 1, 2 * first + 1)]]
    common = {"family": "closed-book", "task": "language-modelling"}
    passage = make_rows(form="passage", prompts=None, completions=[text], facts=[facts[:2]], spans=spans, **common)
    question = make_rows(
        form="question",
        prompts=["How?"],
        completions=[name],
        facts=[facts[:1]],
        spans=[[(0, "completion", 0, len(name))]],
        queries=[name],
        proofs=[name],
        **common,
    )
    return [*describe_rows(passage, kb, "augmented"), *describe_rows(question, kb, "shuffled")]


@pytest.fixture
def make(tmp_path: Path) -> Any:
    def make(name: str) -> str:
        label = json.dumps(name, ensure_ascii=False)
        file = tmp_path / "a.ttl"
        file.write_text(
            "@prefix : <urn:x:> . @prefix rdfs: <http://www.w3.org/2000/01/rdf-schema#> .\n"
            f":a rdfs:label {label}@en ; :age :old ; :size :big . :age rdfs:label {label}@en . :old rdfs:label {label}@en .",
            encoding="utf-8",
        )
        kb = build_kb([Source(name if name == HOSTILE else "world", file, licence=name)])
        return rows_page(planted(kb, name), title=name, arms={"augmented": "many forms", "shuffled": name})

    return make


def test_each_row_has_its_facts_marked_and_traced(make: Any) -> None:
    page = Page(make("Lomé"))
    assert page.open == []
    passage, question = (" ".join(text.split()) for text in page.rows)
    assert "Lomé is old. Lomé is big. So it is." in passage
    assert "How?▸Lomé" in question
    assert question.count("Lomé") >= 3  # the answer, the query, the proof
    assert "world · a.ttl · Lomé<urn:x:a> <urn:x:age> <urn:x:old>passage ·" in passage
    assert [(mark["class"], mark["data-facts"]) for mark in page.all("mark")] == [
        ("hue-blue", "1"),
        ("hue-amber", "2"),
        ("hue-blue", "1"),
    ]
    rows = page.all("article")
    assert [(row["data-arm"], row["data-form"]) for row in rows] == [("augmented", "passage"), ("shuffled", "question")]
    facts = [fact for fact in page.all("li") if "data-predicate" in fact]
    assert [fact["data-predicate"] for fact in facts] == ["<urn:x:age>", "<urn:x:size>", "<urn:x:age>"]
    assert all(json.loads(fact["data-sources"] or "") == ["world"] for fact in facts)
    assert (facts[1]["data-about"] or "").split("\n") == ["Lomé", "big", "<urn:x:a>", "<urn:x:big>"]
    options = [option["value"] for option in page.all("option")]
    assert options == [
        "",
        "augmented",
        "shuffled",
        "",
        "passage",
        "question",
        "",
        "<urn:x:age>",
        "<urn:x:size>",
        "",
        "world",
    ]


def test_only_the_page_s_own_script_runs_and_nothing_is_loaded(make: Any) -> None:
    for name in ("Lomé", HOSTILE):
        html = make(name)
        page = Page(html)
        assert page.open == []
        tags = {tag for tag, _ in page.tags}
        assert not tags & {"img", "link", "iframe", "object", "embed", "base", "form", "a"}
        for _, attributes in page.tags:
            assert not {"src", "srcset", "href", "action", "style"} & attributes.keys()
            assert not any(attribute.startswith("on") for attribute in attributes)
        (script,) = re.findall(r"<script>(.*?)</script>", html, re.DOTALL)
        digest = base64.b64encode(hashlib.sha256(script.encode()).digest()).decode()
        policy = next(meta["content"] or "" for meta in page.all("meta") if "http-equiv" in meta)
        assert f"default-src 'none'; style-src 'unsafe-inline'; script-src 'sha256-{digest}'" in policy
        assert not re.search("innerHTML|outerHTML|insertAdjacent|document.write|eval|Function", script)


def test_hostile_data_stays_text(make: Any) -> None:
    html = make(HOSTILE)
    shown = HOSTILE.replace("\u202e", "\ufffd")
    page = Page(html)
    assert "\u202e" not in html
    assert f"{shown} is old. {shown} is big." in page.rows[0]
    assert len(page.rows) == 2
    sources = [json.loads(fact["data-sources"] or "") for fact in page.all("li") if "data-predicate" in fact]
    assert sources == [[shown]] * 3
    # What a filter looks for is what it finds, whatever characters it holds.
    assert [option["value"] for option in page.all("option")][-1] == shown


def test_long_texts_and_many_facts_are_cut(make: Any, tmp_path: Path) -> None:
    file = tmp_path / "many.ttl"
    file.write_text("".join(f"<urn:x:a{n}> <urn:x:likes> <urn:x:b> .\n" for n in range(50)), encoding="utf-8")
    kb = build_kb([file], teach="all")
    table = make_rows(
        family="text", form="text", task="language-modelling", prompts=None, completions=["a" * 10**6],
        facts=[kb.hex_ids.to_pylist()], spans=[[]],
    )  # fmt: skip
    html = rows_page(describe_rows(table, kb, "text"), title="Long", arms={"text": "texts"})
    assert len(html) < 60_000
    assert "… and 10 more" in html
