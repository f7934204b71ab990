import io
import json
import re
from html.parser import HTMLParser
from pathlib import Path
from typing import Any

import pyarrow as pa
import pytest
from rich.console import Console

from kaug.arms import Arm
from kaug.evaluation.scorers import Scorer
from kaug.exam.drawing import Kind
from kaug.exam.kinds import KINDS
from kaug.html.page import PALETTE, environment, visible
from kaug.report.findings import build_report
from kaug.report.plots import arm_row, gain_axis, gain_row, loss_plots
from kaug.report.publish import publishable
from kaug.report.report import gains_table, render_html, render_markdown, save_report
from kaug.tables import ANSWERS, PROBES, content_digest

HOSTILE = "<script>alert('x')</script>&\"|`\u202ehttps://evil.example/a.png![x](https://evil.example)"
ARMS = {"base": 0.1, "shuffled": 0.1, "augmented": 0.7}


def exam() -> dict[str, Any]:
    """Ten recall probes, four of locality, two texts to continue; of recall, arms answer the first 1, 1 and 7 rightly."""
    probes, answers, sentences, provenance = [], [], {}, {}
    for i in range(16):
        kind = "recall" if i < 10 else "locality" if i < 14 else "continuation"
        facts = [content_digest(str(i))] if i < 14 else []
        sentences |= dict.fromkeys(facts, f"Fact {i} is said.")
        provenance |= dict.fromkeys(facts, f"source-{i % 2}")
        probe = {"id": f"p{i:02d}", "kind": kind, "prompt": f"Prompt {i}?", "answers": [f"right {i}"], "choices": []}
        probe |= {"facts": facts, "hops": 1 if facts else 0, "language": "en", "template": "t", "source": "world"}
        probe |= {"scorer": "contains" if facts else "continuation"}
        probes.append(probe)
        for arm, share in ARMS.items():
            for seed in range(1 if arm == "base" else 2):
                good = i < 10 * share if kind == "recall" else i % 2 == 0
                answer = {"probe": f"p{i:02d}", "arm": arm, "seed": seed, "prompt": f"Prompt {i}?", "tokens": 2}
                answer |= {"answer": f"right {i}" if good else f"{arm} errs", "score": float(good), "retrieved": []}
                answers.append(answer | {"log_likelihood": -0.5 if good else -2.5, "token_accuracy": float(good)})
    run = {
        "command": ["kaug", "run", "world.toml"],
        "seeds": [0, 1],
        "model": "toy",
        "date": "2025-01-02",
        "training": {
            "augmented": {"rows": 1200, "tokens": 34567, "steps": 20, "seconds": 93.2, "loss": [[0, 3.0], [20, 0.5]]},
            "shuffled": {"rows": 1200, "tokens": 34567, "steps": 20, "seconds": 90, "loss": [[0, 3.0], [20, None]]},
        },
        "digests": {"exam": "abc123"},
        "counts": {"exam": {"probes": 16}},
    }
    return {
        "question": "Does it learn?",
        "probes": pa.Table.from_pylist(probes, PROBES),
        "answers": pa.Table.from_pylist(answers, ANSWERS),
        "sentences": sentences,
        "provenance": provenance,
        "run": run,
        "resamples": 500,
    }


def write_report(folder: Path, **inputs: Any) -> dict[str, Any]:
    report = build_report(**inputs)
    save_report(folder, report)
    return report


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("report")
    write_report(folder, **exam())
    return folder


@pytest.fixture(scope="module")
def report(folder: Path) -> dict[str, Any]:
    content: dict[str, Any] = json.loads((folder / "report.json").read_text("utf-8"))
    return content


class Page(HTMLParser):
    """Collects tags with their attributes, and the text outside of style."""

    def __init__(self, html: str) -> None:
        super().__init__()
        self.tags: list[tuple[str, dict[str, str | None]]] = []
        self.open: list[str] = []
        self.text = ""
        self.feed(html)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append((tag, dict(attrs)))
        if tag not in {"meta", "br", "line", "rect", "circle", "polyline"}:
            self.open.append(tag)

    def handle_endtag(self, tag: str) -> None:
        if tag not in {"line", "rect", "circle", "polyline"}:
            assert self.open.pop() == tag

    def handle_startendtag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append((tag, dict(attrs)))

    def handle_data(self, data: str) -> None:
        if "style" not in self.open:
            self.text += data


def test_the_json_holds_the_planted_numbers(report: dict[str, Any]) -> None:
    assert report["question"] == "Does it learn?"
    assert report["command"] == "kaug run world.toml"
    assert {arm: groups["recall"]["mean"] for arm, groups in report["arms"].items()} == ARMS
    recall = {(gain["arm"], gain["against"]): gain for gain in report["gains"]["recall"]}
    assert {pair: gain["mean"] for pair, gain in recall.items()} == {
        ("augmented", "base"): 0.6,
        ("augmented", "shuffled"): 0.6,
        ("shuffled", "base"): 0.0,
    }
    assert report["exam"]["recall"] == {"n": 10, "clusters": 10}
    assert report["exam"]["continuation"] == {"n": 2, "clusters": 2}
    assert report["headline"] == "augmented"
    assert report["gains"]["locality"][0] | {"arm": ""} == {
        **{"arm": "", "against": "base", "n": 4, "clusters": 4},
        **dict.fromkeys(["mean", "low", "high"], 0.0),
    }
    assert report["log_likelihood"]["gains"]["recall"][0]["mean"] == pytest.approx(2.0 * 0.6)
    assert report["run"]["training"]["shuffled"]["loss"] == [[0, 3.0], [20, None]]


def test_the_verdict_says_what_was_planted(report: dict[str, Any]) -> None:
    gain = report["gains"]["recall"][0]
    assert report["verdict"]["outcome"] == "up"
    assert report["verdict"]["sentence"] == (
        f"Augmented answers 70% of {KINDS['recall'].asks}; untrained 10%; "
        f"gain 0.60 [{gain['low']:.2f}, {gain['high']:.2f}]."
    )
    assert report["verdict"]["details"] == [
        f"Against shuffled (the same training on wrong facts): +0.60 [{gain['low']:.2f}, {gain['high']:.2f}].",
        f"On what it was not taught ({KINDS['locality'].asks}): 0.00 [0.00, 0.00]; no loss is shown.",
        f"On what it was not taught ({KINDS['continuation'].asks}): 0.00 [0.00, 0.00]; no loss is shown.",
    ]


def test_the_verdict_says_what_reading_gained(tmp_path: Path) -> None:
    inputs = exam()
    reads = {"base": "base+retrieval", "augmented": "augmented+retrieval"}
    rows = inputs["answers"].to_pylist()
    rows += [row | {"arm": reads[row["arm"]]} for row in rows if row["arm"] in reads]
    inputs["answers"] = pa.Table.from_pylist(rows, ANSWERS)
    report = write_report(tmp_path, **inputs)
    (gain,) = (g for g in report["gains"]["recall"] if (g["arm"], g["against"]) == (reads["augmented"], reads["base"]))
    assert gain["mean"] == 0.6
    assert (
        "With retrieved facts before the question, augmented+retrieval answers 70% and base+retrieval 10%: "
        f"+0.60 [{gain['low']:.2f}, {gain['high']:.2f}]."
    ) in report["verdict"]["details"]
    html = (tmp_path / "report.html").read_text("utf-8")
    assert '<span class="name">augmented+retrieval against base+retrieval</span><svg' in html
    assert '<span class="name">against base</span><svg' in html


def test_without_a_gain_the_verdict_says_so(tmp_path: Path) -> None:
    inputs = exam()
    kept = [row for row in inputs["answers"].to_pylist() if row["arm"] != "augmented"]
    inputs["answers"] = pa.Table.from_pylist([row for row in kept if row["arm"] == "base"], ANSWERS)
    assert write_report(tmp_path, **inputs)["verdict"] == {
        "outcome": "alone",
        "sentence": f"The untrained model answers 10% of {KINDS['recall'].asks}; there is no arm to compare it with.",
        "details": [],
    }
    inputs["answers"] = pa.Table.from_pylist(
        kept + [row | {"arm": "augmented"} for row in kept if row["arm"] == "shuffled"], ANSWERS
    )
    verdict = write_report(tmp_path, **inputs)["verdict"]
    assert verdict["outcome"] == "unclear"
    assert verdict["sentence"].endswith("gain 0.00 [0.00, 0.00]; zero is in the interval, so no gain is shown.")


def test_samples_are_balanced_and_hold_failures(report: dict[str, Any]) -> None:
    samples = report["samples"]
    kinds = [sample["kind"] for sample in samples]
    # Twelve over three kinds are four each; two texts to continue are all there are.
    assert {kind: kinds.count(kind) for kind in kinds} == {"recall": 4, "locality": 4, "continuation": 2}
    first = [next(answer for answer in sample["answered"] if answer["arm"] == "augmented") for sample in samples]
    assert [answer["right"] for answer in first][:4] == [True, True, True, False]
    for sample in samples:
        number = int(sample["id"][1:])
        assert sample["answers"] == [f"right {number}"]
        assert [answer["arm"] for answer in sample["answered"]] == ["base", "shuffled", "augmented"]
        assert [answer["seeds"] for answer in sample["answered"]] == [1, 2, 2]
        assert [fact["sentence"] for fact in sample["facts"]] == ([f"Fact {number} is said."] if sample["hops"] else [])
        assert [fact["source"] for fact in sample["facts"]] == ([f"source-{number % 2}"] if sample["hops"] else [])


def test_limits_name_what_applies(report: dict[str, Any]) -> None:
    limits = " ".join(report["limits"])
    assert "One model (toy)" in limits
    assert "the 2 training runs per arm were averaged" in limits
    titles = ", ".join(KINDS[kind].title for kind in ("recall", "locality", "continuation"))
    assert f"Fewer than 20 clusters of probes: {titles}." in limits
    assert "only the first 16 words of the final answer are read" in limits
    missing = next(limit for limit in report["limits"] if limit.startswith("Controls that were not examined"))
    assert "repeated (one template per fact, as many tokens)" in missing
    assert "shuffled" not in missing


def test_the_page_is_whole_and_says_the_numbers(folder: Path, report: dict[str, Any]) -> None:
    page = Page((folder / "report.html").read_text("utf-8"))
    assert page.open == []
    text = " ".join(page.text.split())
    assert report["verdict"]["sentence"] in text
    assert "34,567" in text
    assert "1 min 33 s" in text
    assert "abc123" in text
    assert "16 probes" in text
    figures = [attrs for tag, attrs in page.tags if tag == "svg" and attrs.get("role") == "img"]
    # 2 gains and 3 arms for each of 3 kinds; one arm has a curve of two losses.
    assert len(figures) == 3 * 2 + 3 * 3 + 1
    assert page.text.count("95% interval [") == 3 * 2 + 3 * 3
    tables = [tag for tag, _ in page.tags if tag in {"table", "caption"}]
    assert tables == ["table", "caption"] * 4


def test_the_page_loads_nothing(folder: Path) -> None:
    html = (folder / "report.html").read_text("utf-8")
    for tag, attributes in Page(html).tags:
        assert tag not in {"script", "link", "img", "iframe", "object", "embed", "base", "form"}
        assert not {"src", "srcset", "xlink:href", "action", "style"} & set(attributes)
        assert attributes.get("href", "#").startswith("#")
        assert not any(name.startswith("on") for name in attributes)
    assert "@import" not in html
    assert "url(" not in html
    assert "default-src 'none'" in html


def test_hostile_strings_are_escaped_everywhere(tmp_path: Path) -> None:
    inputs = exam()
    probes = [row | {"prompt": HOSTILE, "answers": [HOSTILE]} for row in inputs["probes"].to_pylist()]
    answers = [
        row | {"answer": HOSTILE, "arm": HOSTILE if row["arm"] == "shuffled" else row["arm"]}
        for row in inputs["answers"].to_pylist()
    ]
    inputs |= {
        "question": HOSTILE,
        "probes": pa.Table.from_pylist(probes, PROBES),
        "answers": pa.Table.from_pylist(answers, ANSWERS),
        "sentences": dict.fromkeys(inputs["sentences"], HOSTILE),
        "provenance": dict.fromkeys(inputs["provenance"], HOSTILE),
        "run": {
            "command": HOSTILE,
            "model": HOSTILE,
            HOSTILE: HOSTILE,
            "training": {HOSTILE: {"loss": [[0, 1.0], [1, 0.5]]}},
            "versions": {HOSTILE: HOSTILE},
            "counts": {HOSTILE: {HOSTILE: 1}},
            "digests": {HOSTILE: HOSTILE},
        },
    }
    write_report(tmp_path, **inputs)
    html = (tmp_path / "report.html").read_text("utf-8")
    page = Page(html)
    assert page.open == []
    assert not {"script", "img"} & {tag for tag, _ in page.tags}
    assert all("src" not in attributes for _, attributes in page.tags)
    targets = {attributes["id"] for _, attributes in page.tags if "id" in attributes}
    assert {attributes["href"] for _, attributes in page.tags if "href" in attributes} <= {
        f"#{name}" for name in targets
    }
    assert "&lt;script&gt;alert(&#39;x&#39;)&lt;/script&gt;&amp;&#34;" in html
    assert "\u202e" not in html
    markdown = (tmp_path / "report.md").read_text("utf-8")
    assert "<script" not in markdown
    assert "\u202e" not in markdown
    assert "](" not in markdown
    for line in markdown.splitlines():
        if line.startswith("| "):
            assert len(re.findall(r"(?<!\\)\|", line)) in {5, 6, 7, 8}


def test_equal_inputs_give_equal_bytes(folder: Path, tmp_path: Path) -> None:
    inputs = exam()
    inputs["answers"] = inputs["answers"].take(list(reversed(range(inputs["answers"].num_rows))))
    write_report(tmp_path, **inputs)
    for name in ("report.html", "report.md", "report.json"):
        assert (tmp_path / name).read_bytes() == (folder / name).read_bytes()


def test_a_report_read_back_renders_the_same(folder: Path, report: dict[str, Any]) -> None:
    assert render_html(report) == (folder / "report.html").read_text("utf-8")
    assert render_markdown(report) == (folder / "report.md").read_text("utf-8")


def test_the_markdown_holds_the_tables(folder: Path, report: dict[str, Any]) -> None:
    lines = (folder / "report.md").read_text("utf-8").splitlines()
    gain = report["gains"]["recall"][0]
    assert lines[0] == "# Does it learn?"
    assert f"**{report['verdict']['sentence']}**" in lines
    start = f"| augmented | base | ▲ +0.60 [{gain['low']:.2f}, {gain['high']:.2f}] | ○ 0.00 [0.00, 0.00] |"
    assert any(line.startswith(start) for line in lines)
    assert "| *n (clusters)* | 10 (10) | 4 (4) | 2 (2) |" in lines
    assert "| augmented | 1,200 | 34,567 | 20 | 1 min 33 s | 0.50 |" in lines
    table = lines[lines.index("## Gains") + 4 :][:5]
    assert [line.count("|") for line in table] == [6] * 5


def test_log_likelihoods_that_are_not_finite_are_left_out(tmp_path: Path) -> None:
    inputs = exam()
    rows = inputs["answers"].to_pylist()
    rows[0]["log_likelihood"] = float("-inf")
    report = write_report(tmp_path, **inputs | {"answers": pa.Table.from_pylist(rows, ANSWERS)})
    assert report["log_likelihood"] is None
    assert "Some log-likelihoods are not finite; they are left out." in report["limits"]


def test_gains_by_source_are_shown_where_there_are_several(tmp_path: Path) -> None:
    inputs = exam()
    rows = [row | {"source": "even" if int(row["id"][1:]) % 2 == 0 else "odd"} for row in inputs["probes"].to_pylist()]
    report = write_report(tmp_path, **inputs | {"probes": pa.Table.from_pylist(rows, PROBES)})
    # Augmented knows 0 to 6 and the base 0: of the even five, 4 against 1; of the odd five, 3 against none.
    assert {group: part[0]["mean"] for group, part in report["by_source"].items()} == {
        "recall/even": 0.6,
        "recall/odd": 0.6,
        "locality/even": 0.0,
        "locality/odd": 0.0,
        "continuation/even": 0.0,
        "continuation/odd": 0.0,
    }
    assert f"{KINDS['recall'].title}, even" in (tmp_path / "report.html").read_text("utf-8")


def lines_of(report: dict[str, Any], width: int) -> list[str]:
    stream = io.StringIO()
    Console(file=stream, width=width, color_system=None).print(gains_table(report))
    return [line.rstrip() for line in stream.getvalue().splitlines()]


@pytest.mark.parametrize("width", [58, 80, 120])
def test_the_terminal_table_breaks_no_word(width: int) -> None:
    gain = {"arm": "augmented+retrieval", "against": "base+retrieval", "n": 10_000, "clusters": 1, "mean": -0.6}
    gains = [gain | {"low": -0.7, "high": -0.5}, gain | {"against": "shuffled+retrieval", "low": -0.2, "high": 0.2}]
    lines = lines_of({"gains": {"who-is-it": gains}, "words": {"titles": {"who-is-it": "Who is it"}}}, width)
    assert max(map(len, lines)) <= width
    assert "Who is it" in lines
    assert sum(line == " augmented+retrieval:" for line in lines) == 1
    (first, second) = (line.split() for line in lines if line.startswith("   ") and "+retrieval" in line)
    assert first == ["base+retrieval", "▼", "−0.60", "[−0.70,", "−0.50]", "10,000"]
    assert second[:2] == ["shuffled+retrieval", "○"]


def test_no_escape_sequence_reaches_the_terminal(tmp_path: Path) -> None:
    inputs = exam()
    ring = "\x1b[31mred\x07\x9b2J"
    inputs["probes"] = pa.Table.from_pylist(
        [row | {"kind": row["kind"] + ring} for row in inputs["probes"].to_pylist()]
    )
    inputs["probes"] = inputs["probes"].cast(PROBES)
    rows = [row | {"arm": ring if row["arm"] == "shuffled" else row["arm"]} for row in inputs["answers"].to_pylist()]
    report = write_report(tmp_path, **inputs | {"answers": pa.Table.from_pylist(rows, ANSWERS)})
    for text in ("\n".join(lines_of(report, 80)), report["verdict"]["sentence"], *report["verdict"]["details"]):
        assert not {"\x1b", "\x07", "\x9b"} & set(text)
    for name in ("report.html", "report.md"):
        assert not {"\x1b", "\x07", "\x9b"} & set((tmp_path / name).read_text("utf-8"))


def test_own_arms_kinds_and_scorers_are_shown_without_a_change(tmp_path: Path) -> None:
    inputs = exam()
    rename = {"locality": "who-is-it", "continuation": "trivia"}
    probes = [
        row | {"kind": rename.get(row["kind"], row["kind"]), "scorer": "exact"} for row in inputs["probes"].to_pylist()
    ]
    answers = [
        row | {"arm": "mine" if row["arm"] == "augmented" else row["arm"]} for row in inputs["answers"].to_pylist()
    ]
    inputs |= {"probes": pa.Table.from_pylist(probes, PROBES), "answers": pa.Table.from_pylist(answers, ANSWERS)}
    plain = write_report(tmp_path, **inputs)
    assert plain["headline"] == "mine"
    assert plain["words"]["titles"]["who-is-it"] == "Who is it"
    assert plain["words"]["scorers"] == {"exact": ""}
    base = {name: Arm(name, "not trained") for name in ("base",)}
    named = write_report(
        tmp_path,
        **inputs,
        arms={**base, "shuffled": Arm("shuffled", "", "x", control="noise"), "mine": Arm("mine", "my own recipe", "x")},
        kinds={**KINDS, "trivia": Kind(lambda draw: [], "exact", "Pub quiz", "questions of a pub quiz", "retention")},
        scorers={"exact": Scorer(lambda probe: 0.0, "1 if letter for letter", "Typing errors count.")},
    )
    assert (
        "On what it was not taught (questions of a pub quiz): 0.00 [0.00, 0.00]; no loss is shown."
        in named["verdict"]["details"]
    )
    assert any(detail.startswith("Against shuffled (noise): +0.60") for detail in named["verdict"]["details"])
    assert "Typing errors count." in named["limits"]
    text = Page((tmp_path / "report.html").read_text("utf-8")).text
    for words in ("Pub quiz", "my own recipe", "1 if letter for letter", "Who is it"):
        assert words in text


def test_the_page_has_contents_that_lead_to_each_part(folder: Path) -> None:
    tags = Page((folder / "report.html").read_text("utf-8")).tags
    headings = [attributes["id"] for tag, attributes in tags if tag == "h2"]
    links = [attributes["href"] for tag, attributes in tags if tag == "a"]
    assert links[: len(headings)] == [f"#{name}" for name in headings]
    assert len(headings) == 8


def test_an_answer_that_is_right_where_it_is_not_read_bears_a_note(tmp_path: Path) -> None:
    inputs = exam()
    rows = [
        row | {"answer": "I see.\nIt is " + f"right {int(row['probe'][1:])}"} if not row["score"] else row
        for row in inputs["answers"].to_pylist()
    ]
    report = write_report(tmp_path, **inputs | {"answers": pa.Table.from_pylist(rows, ANSWERS)})
    for sample in report["samples"]:
        for answered in sample["answered"]:
            assert bool(answered["note"]) is (sample["kind"] != "continuation" and not answered["right"])
    assert "the text has a right answer elsewhere" in (tmp_path / "report.html").read_text("utf-8")


def test_secrets_and_folders_of_this_machine_are_left_out(tmp_path: Path) -> None:
    run = {
        "command": "kaug run p.toml --set drafts.api_key=s3cret --set 'training.model=/home/ada/models/tiny lm' "
        """--set 'knowledge.sources=["/home/ada/a.ttl"]' --set training.tokens=5000 --token s3cret""",
        "model": "/home/ada/models/tiny",
        "settings": {
            "training": {"model": "/home/ada/models/tiny", "tokens": 5000},
            "knowledge": {
                "sources": ["/home/ada/a.ttl", "https://ada:s3cret@example.org/sparql?apikey=s3cret&limit=5"]
            },
            "drafts": {"api_key": "s3cret", "password": None},
            "windows": "C:\\Users\\ada\\tiny",
        },
    }
    report = write_report(tmp_path, **exam() | {"run": run})
    for name in ("report.json", "report.html", "report.md"):
        text = (tmp_path / name).read_text("utf-8")
        assert "s3cret" not in text
        assert "ada" not in text
    assert report["command"] == (
        "kaug run p.toml --set drafts.api_key=*** --set 'training.model=…/tiny lm' "
        """--set 'knowledge.sources=["…/a.ttl"]' --set training.tokens=5000 --token ***"""
    )
    assert report["run"]["model"] == "…/tiny"
    assert report["run"]["settings"]["training"] == {"model": "…/tiny", "tokens": 5000}
    assert report["run"]["settings"]["knowledge"]["sources"][1] == "https://***@example.org/sparql?apikey=***&limit=5"
    assert report["run"]["settings"]["windows"] == "…/tiny"


@pytest.mark.parametrize(
    "text", ["a/b.toml", "http://example.org/a/b", "and / or", "?s wdt:P31/wdt:P279* ?c", "<urn:a/b>"]
)
def test_what_is_no_absolute_path_is_left_as_it_is(text: str) -> None:
    assert publishable(text) == text


def contrast(one: str, other: str) -> float:
    """Contrast ratio of two colours by WCAG 2.2."""

    def luminance(colour: str) -> float:
        parts = [int(colour[i : i + 2], 16) / 255 for i in (1, 3, 5)]
        parts = [part / 12.92 if part <= 0.04045 else ((part + 0.055) / 1.055) ** 2.4 for part in parts]
        return 0.2126 * parts[0] + 0.7152 * parts[1] + 0.0722 * parts[2]

    low, high = sorted((luminance(one), luminance(other)))
    return (high + 0.05) / (low + 0.05)


def test_colours_stand_out_from_the_paper() -> None:
    css = environment("report").get_template("page.css").render()
    schemes = [dict(re.findall(r"--([\w-]+): (#\w{6})", block)) for block in re.findall(r":root \{(.*?)\}", css, re.S)]
    assert len(schemes) == 2
    for colours in schemes:
        assert colours.keys() > PALETTE.keys()
        for paper in (colours["paper"], colours["panel"]):
            # Bars, dots and lines need 3:1; what is set as text 4.5:1 (WCAG 2.2, 1.4.3 and 1.4.11).
            assert all(contrast(colours[hue], paper) >= 3 for hue in PALETTE)
            assert all(contrast(colours[name], paper) >= 4.5 for name in ("ink", "soft", "up", "down", "amber", "blue"))


def test_plots_put_values_where_they_belong() -> None:
    ticks = gain_axis([{"low": -0.1, "high": 0.9}])
    assert ticks == [-0.25, 0.0, 0.25, 0.5, 0.75, 1.0]
    drawn = gain_row({"mean": 0.375, "low": -0.25, "high": 1.0}, ticks, "a & b")
    # Three percent of margin on either side: the middle of the axis is at 50%.
    assert 'cx="50.0%"' in drawn
    assert 'x1="3.0%" x2="97.0%"' in drawn
    assert 'class="mark unclear"' in drawn
    assert "<title>a &amp; b: gain +0.38, 95% interval [−0.25, 1.00]</title>" in drawn
    near = gain_row({"mean": 0.03, "low": 0.0021, "high": 0.06}, ticks, "a")
    assert 'class="mark up"' in near
    assert "[0.002, 0.06]" in near  # clear of zero, and written so
    bar = arm_row({"mean": 0.5, "low": 0.4, "high": 0.6}, "augmented", "x")
    assert 'class="bar hue-blue" x="3.0%" y="6" width="47.0%"' in bar


def test_loss_curves_share_their_axes_and_skip_what_is_no_number() -> None:
    losses = [[step, 4.0 - step / 100] for step in range(0, 401)]
    plots = dict(loss_plots({"a": {"loss": losses}, "b": {"loss": [[0, 2.0], [200, 1.0]]}, "c": {"loss": [[0, None]]}}))
    assert list(plots) == ["a", "b"]
    (ghost,) = re.findall(r'class="ghost" points="([^"]+)"', plots["a"])
    (curve,) = re.findall(r'class="curve hue-slate" points="([^"]+)"', plots["b"])
    assert ghost == curve
    (long,) = re.findall(r'class="curve hue-slate" points="([^"]+)"', plots["a"])
    assert len(long.split()) <= 201
    assert "from 4.00 at step 0 to 0.00 at 400" in plots["a"]


def test_visible_replaces_what_does_not_show() -> None:
    assert visible("a\u202eb\x00c\nd") == "a\ufffdb\ufffdc\nd"
    assert visible("x" * 500) == "x" * 400 + "…"


def test_a_function_among_settings_is_shown_by_its_name() -> None:
    assert publishable({"training": {"objective": len}, "forms": ["statement", publishable]}) == {
        "training": {"objective": "len"},
        "forms": ["statement", "publishable"],
    }
