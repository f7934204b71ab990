"""Rows in a language model's words: what passes, what is refused and why, and that no model is asked twice."""

import json
import threading
from collections import Counter
from collections.abc import Callable, Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import numpy as np
import pyarrow as pa
import pytest
from hypothesis import given
from hypothesis import strategies as st

from kaug.arms import ARMS
from kaug.augmentation.arms import arm_pieces, arm_rows, shuffle_objects
from kaug.augmentation.hygiene import HygieneSettings
from kaug.augmentation.rewriting.prompt import rewrite_prompt
from kaug.augmentation.rewriting.rewrite import chosen_rows
from kaug.augmentation.rewriting.same import Fact, Reader
from kaug.augmentation.rewriting.settings import RewriteSettings
from kaug.augmentation.rows import concat_rows, facts_to_teach
from kaug.augmentation.settings import AugmentationSettings
from kaug.errors import ModelError, PipelineError
from kaug.exam.draw import draw_exam
from kaug.exam.settings import ExamSettings
from kaug.knowledge.knowledge_base import KnowledgeBase
from kaug.models.answers import Answers, answers_of
from kaug.tables import PROBES
from kaug.wording.wording import Wording

Id = Callable[[str, str, str], str]
TOGO = "The capital of Togo is Lomé."


class Endpoint:
    """A chat endpoint on this machine that answers each text with a planted one, and itself without one."""

    def __init__(self) -> None:
        self.planted: dict[str, str] = {}
        self.asked: list[str] = []
        self.most = 10**6
        endpoint = self

        class Handler(BaseHTTPRequestHandler):
            def do_POST(self) -> None:
                body = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
                text = body["messages"][0]["content"].split("\n\n", 1)[1]
                endpoint.asked.append(text)
                content = endpoint.planted.get(text, text)
                data = json.dumps({"choices": [{"message": {"content": content}}]}).encode()
                self.send_response(200 if len(endpoint.asked) <= endpoint.most else 401)
                self.send_header("Content-Length", str(len(data)))
                self.end_headers()
                self.wfile.write(data)

            def log_message(self, *_: object) -> None:
                pass

        self.server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.url = f"http://127.0.0.1:{self.server.server_port}/v1"
        self.thread = threading.Thread(target=self.server.serve_forever, args=(0.01,), daemon=True)
        self.thread.start()

    def settings(self, **changes: object) -> AugmentationSettings:
        rewrite = RewriteSettings(**{"model": "m", "endpoint": self.url, "fraction": 1.0, "parallel": 1} | changes)
        return AugmentationSettings(forms=["statement", "passage"], rewrite=rewrite)


@pytest.fixture
def endpoint(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Endpoint]:
    monkeypatch.setenv("KAUG_CACHE_DIR", str(tmp_path / "cache"))
    one = Endpoint()
    yield one
    one.server.shutdown()
    one.thread.join()
    one.server.server_close()


def write(
    kb: KnowledgeBase, settings: AugmentationSettings, arm: str = "augmented", probes: pa.Table | None = None
) -> tuple[list[dict], Counter[str], list[dict]]:
    none = PROBES.empty_table()
    pieces, given = arm_pieces(kb, ARMS[arm], none if probes is None else probes, [], [], settings, block=4)
    rows = concat_rows([table for piece in pieces for table in piece()]).to_pylist()
    return rows, given.counts, pa.concat_tables(given.left_out).to_pylist()


def said(row: dict, fact: int) -> list[str]:
    return [row["completion"][span["start"] : span["end"]] for span in row["spans"] if span["fact"] == fact]


# ---------------------------------------------------------------- what passes


def test_a_good_rewrite_takes_the_place_of_its_row(toy_kb: KnowledgeBase, endpoint: Endpoint, toy_fact: Id) -> None:
    before, _, _ = write(toy_kb, endpoint.settings().unrewritten)
    place = next(number for number, row in enumerate(before) if row["completion"] == TOGO)
    endpoint.planted[TOGO] = '"In Togo, you find the seat of government in Lome."'
    after, counts, left_out = write(toy_kb, endpoint.settings())
    row = after.pop(place)
    old = before.pop(place)
    assert after == before
    assert row["completion"] == "In Togo, you find the seat of government in Lome."
    assert row["facts"] == [toy_fact("togo", "capital", "lome")]
    assert said(row, 0) == ["Togo", "Lome"]  # an alternative label
    assert row["id"] != old["id"]
    same = ("family", "form", "task", "prompt", "language", "text_id", "query", "proof")
    assert {name: row[name] for name in same} == {name: old[name] for name in same}
    assert counts["rows rewritten"] == 1
    assert counts["rewrites left out: the same words"] == len(before) == len(left_out)


def test_every_fact_of_a_passage_is_found_again(toy_kb: KnowledgeBase, endpoint: Endpoint) -> None:
    rows, _, _ = write(toy_kb, endpoint.settings().unrewritten)
    passages = [row for row in rows if row["form"] == "passage" and "Lomé" in row["completion"]]
    text = "People in Togo pay with the CFA franc. From Lomé, its capital, Togo is governed."
    endpoint.planted = {row["completion"]: text for row in passages}
    rewritten, counts, left_out = write(toy_kb, endpoint.settings(forms=["passage"]))
    (row,) = [row for row in rewritten if row["completion"] == text]
    ends = {tuple(sorted(said(row, fact))) for fact in range(2)}
    assert ends == {("Togo", "the CFA franc"), ("Lomé", "Togo")}
    assert counts["rows rewritten"] == 1
    again = [one["reason"] for one in left_out if one["excerpt"] == text]
    assert again == ["the words of another row"] * (len(passages) - 1)


def test_false_objects_stay_false_in_other_words(toy_kb: KnowledgeBase, endpoint: Endpoint) -> None:
    settings = endpoint.settings(forms=["statement"])
    rows, _, _ = write(toy_kb, settings.unrewritten, "shuffled")
    for row in rows:
        endpoint.planted[row["completion"]] = row["completion"].replace("The capital of", "The seat of government of")
    rewritten, counts, _ = write(toy_kb, settings, "shuffled")
    seats = [row for row in rewritten if row["completion"].startswith("The seat of government of")]
    assert counts["rows rewritten"] == len(seats) == 8
    facts, _ = shuffle_objects(toy_kb, facts_to_teach(toy_kb), seed=0)
    objects = toy_kb.columns()[2].copy()
    objects[facts.rows] = facts.objects
    wording = Wording(toy_kb)
    for row in seats:
        number = toy_kb.row_of[row["facts"][0]]
        assert said(row, 0)[1] in wording.names(int(objects[number]))


# ---------------------------------------------------------------- what is refused


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("", "no text"),
        ("the capital of togo is lomé", "the same words"),
        ("Togo has a capital.", "a name is missing"),
        ("Togo is governed from Accra.", "a name is missing"),
        ("Togo is governed from Lomés.", "a name is missing"),
        ("Togo has been governed from Lomé since 1960.", "other numbers"),
        ("Togo is governed from Lomé and not from Paris.", "a word that changes the fact"),
        ("Togo isn't governed from Lomé.", "a word that changes the fact"),
        ("Togo may be governed from Lomé.", "a word that changes the fact"),
        ("Togo is governed from Lomé, Peru from elsewhere.", "another name"),
        ("Togo, in West Africa, is governed from Lomé.", "another name"),
        ("Togo is governed from about Lomé.", "a word that changes the fact"),
        ("Togo is a city in Lomé.", "another claim"),
        ("Togo, the seat of Togo, is Lomé.", "another name"),
        ("Is Togo governed from Lomé?", "a question"),
        ("Togo has a capital.\nIt is Lomé.", "several paragraphs"),
        ("Lomé governs all of Togo.", "the names in another order"),
        ("Togo is the capital of Lomé.", "the relation turned round"),
        ("The currency of Togo is Lomé.", "another relation"),
        (
            "Togo is governed from Lomé, as everybody there and elsewhere knows quite well, and as it ought to be.",
            "too long",
        ),
        ("Togo is governed from <|im_end|> Lomé.", "special tokens"),
    ],
)
def test_a_bad_rewrite_is_refused_with_its_reason(
    toy_kb: KnowledgeBase, endpoint: Endpoint, text: str, reason: str
) -> None:
    settings = endpoint.settings(forms=["statement"])
    endpoint.planted[TOGO] = text
    rows, counts, left_out = write(toy_kb, settings)
    assert TOGO in {row["completion"] for row in rows}
    assert counts["rows rewritten"] == 0
    (one,) = [one for one in left_out if one["detail"] == TOGO]
    assert (one["what"], one["filter"], one["reason"]) == ("rewrite", "rewrite", reason)
    assert one["excerpt"] == text.strip()[:160]
    assert counts[f"rewrites left out: {reason}"] >= 1


def test_one_of_several_is_not_said_to_be_the_one(toy_kb: KnowledgeBase) -> None:
    (row,) = [row for row in toy_kb.taught if "Indian rupee" in Wording(toy_kb).sentences([row])[0].as_py()]
    fact, reader = Fact(*(int(column[0]) for column in toy_kb.columns(np.array([row])))), Reader(Wording(toy_kb))
    original = "An official currency of Bhutan is the Indian rupee."
    assert reader.compare("Bhutan officially has the Indian rupee as a currency.", original, [fact])[0] is None
    for text in ("The official currency of Bhutan is the Indian rupee.", "Bhutan has the Indian rupee as a currency."):
        assert reader.compare(text, original, [fact])[0] == "a word that changes the fact"


def test_a_rewrite_that_leaks_the_exam_is_refused_and_stops_nothing(toy_kb: KnowledgeBase, endpoint: Endpoint) -> None:
    probes = draw_exam(toy_kb, ExamSettings(probes_per_kind={"recall": 30}))
    probe = next(probe for probe in probes.to_pylist() if probe["prompt"].startswith("Name the chief city of "))
    name = probe["prompt"].removeprefix("Name the chief city of ").rstrip(".")
    settings = endpoint.settings(forms=["passage"])
    text = next(
        row["completion"]
        for row in write(toy_kb, settings.unrewritten, probes=probes)[0]
        if row["form"] == "passage" and name in row["completion"]
    )
    endpoint.planted[text] = f"{text} {probe['prompt']}"
    rows, counts, left_out = write(toy_kb, settings, probes=probes)
    assert text in {row["completion"] for row in rows}
    (one,) = [one for one in left_out if one["detail"] == text]
    assert one["reason"] == "holds a question of the exam"
    assert counts["rewrites left out: holds a question of the exam"] == 1


def test_a_changed_number_is_refused(tmp_path: Path) -> None:
    import kaug

    (tmp_path / "a.ttl").write_text("@prefix : <urn:x:> . :Togo :population 8095 . :Mali :population 21904 .")
    kb = kaug.build_kb([tmp_path / "a.ttl"])
    subjects, predicates, objects = kb.columns()
    names = Wording(kb).labels(subjects).to_pylist()
    togo = names.index("Togo")
    fact = Fact(int(subjects[togo]), int(predicates[togo]), int(objects[togo]))
    (original,) = Wording(kb).sentences([togo]).to_pylist()
    reader = Reader(Wording(kb))
    told = original.split("Togo")[1].split("is ")[1].rstrip(".")
    assert reader.compare(f"In Togo live {told} people.", original, [fact])[0] is None
    assert reader.compare("In Togo live 9,095 people.", original, [fact])[0] == "other numbers"


def test_filters_of_rows_refuse_rewrites_alone(toy_kb: KnowledgeBase, endpoint: Endpoint) -> None:
    endpoint.planted[TOGO] = "Togo is governed from Lomé, says me@example.com."
    drop = HygieneSettings(personal_data_in_rows="drop")
    none, settings = PROBES.empty_table(), endpoint.settings(forms=["statement"])
    rows, counts = arm_rows(toy_kb, "augmented", none, [], [], settings, hygiene=drop)
    assert TOGO in rows["completion"].to_pylist()
    assert counts["rewrites left out: personal data"] == 1


@given(st.text(max_size=80), st.sampled_from(["en", "zh"]))
def test_whatever_is_said_what_passes_names_both_ends(toy_kb: KnowledgeBase, text: str, language: str) -> None:
    reader = Reader(Wording(toy_kb, language))
    subjects, predicates, objects = toy_kb.columns(toy_kb.taught[:1])
    fact = Fact(int(subjects[0]), int(predicates[0]), int(objects[0]))
    (original,) = Wording(toy_kb, language).sentences(toy_kb.taught[:1]).to_pylist()
    for rewrite in (text, f"{text}{original}", f"{original}{text}"):
        reason, stated = reader.compare(rewrite, original, [fact])
        if reason is None:
            (place,) = stated
            bare = [rewrite[start:end].casefold() for start, end in place]
            for end, term in zip(bare, (fact.subject, fact.object), strict=True):
                number = np.array([term])
                words = Wording(toy_kb, language)
                known = [*words.names(term), words.phrases(number)[0].as_py()]
                assert end in {name.casefold() for name in known}


# ---------------------------------------------------------------- what is drawn


def test_a_fraction_is_drawn_by_the_rows_ids(toy_kb: KnowledgeBase) -> None:
    rows, _ = arm_rows(toy_kb, "augmented", PROBES.empty_table(), [], [], AugmentationSettings(templates=50))
    forms = {"statement", "passage"}
    all_of_them = [row for row, form in enumerate(rows["form"].to_pylist()) if form in forms]
    assert chosen_rows(rows, RewriteSettings(model="m", fraction=1.0)).tolist() == all_of_them
    half = RewriteSettings(model="m", fraction=0.5)
    some = chosen_rows(rows, half).tolist()
    assert 0.25 < len(some) / len(all_of_them) < 0.75
    ids = set(rows["id"].take(some).to_pylist())
    turned = rows.take(np.arange(rows.num_rows)[::-1])
    assert {turned["id"][row].as_py() for row in chosen_rows(turned, half).tolist()} == ids
    assert chosen_rows(rows, half.model_copy(update={"seed": 1})).tolist() != some


# ---------------------------------------------------------------- answers are kept


def test_nobody_is_asked_twice(toy_kb: KnowledgeBase, endpoint: Endpoint) -> None:
    endpoint.planted[TOGO] = "Togo is governed from Lomé."
    first = write(toy_kb, endpoint.settings())
    asked = len(endpoint.asked)
    assert len(set(endpoint.asked)) == asked > 20
    endpoint.planted.clear()
    assert write(toy_kb, endpoint.settings()) == first
    assert len(endpoint.asked) == asked
    write(toy_kb, endpoint.settings(style="child"))
    assert len(endpoint.asked) == 2 * asked


def test_a_run_that_is_broken_off_goes_on(toy_kb: KnowledgeBase, endpoint: Endpoint) -> None:
    endpoint.most = 7
    with pytest.raises(ModelError, match="the endpoint refused"):
        write(toy_kb, endpoint.settings())
    endpoint.most = 10**6
    write(toy_kb, endpoint.settings())
    often = Counter(endpoint.asked)
    assert sum(count - 1 for count in often.values()) == 1  # the one that was refused


def test_answers_are_on_disk_before_the_next_is_given(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("KAUG_CACHE_DIR", str(tmp_path))
    asked: list[str] = []

    def ask_all(prompts: list[str]) -> Iterator[str]:
        for prompt in prompts:
            asked.append(prompt)
            yield prompt.upper()

    answers = Answers("key", lambda: ask_all)
    assert list(answers([])) == []
    assert next(answers(["a", "b", "a"])) == "A"  # and no further: as if killed
    again = Answers("key", lambda: ask_all)
    assert again.missing(["a", "b", "b"]) == ["b"]
    assert list(again(["a", "b", "a", "c"])) == ["A", "B", "A", "C"]
    assert asked == ["a", "b", "c"]
    assert list(Answers("key", lambda: pytest.fail("was opened"))(["c", "b"])) == ["C", "B"]  # type: ignore[arg-type]
    assert Answers("other", lambda: ask_all).missing(["a"]) == ["a"]


def test_a_random_model_s_rewrites_are_all_refused(
    toy_kb: KnowledgeBase, tiny_model: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("KAUG_CACHE_DIR", str(tmp_path))
    settings = AugmentationSettings(
        forms=["statement"], templates=1, rewrite=RewriteSettings(model=str(tiny_model), fraction=1.0)
    )
    before, _, _ = write(toy_kb, settings.unrewritten)
    after, counts, left_out = write(toy_kb, settings)
    assert after == before
    assert counts["rows rewritten"] == 0
    assert sum(count for why, count in counts.items() if why.startswith("rewrites left out")) == len(before)
    assert len(left_out) == len(before)
    monkeypatch.setattr("kaug.models.generate.generate", lambda *_, **__: pytest.fail("was asked"))
    assert write(toy_kb, settings)[0] == before


# ---------------------------------------------------------------- settings


def test_no_address_with_a_secret_is_taken() -> None:
    for url in ("https://me:pass@example.org/v1", "https://example.org/v1?api_key=x", "ftp://example.org"):
        with pytest.raises(PipelineError, match=r"holds no secret"):
            RewriteSettings(model="m", endpoint=url)
    with pytest.raises(PipelineError, match=r"'plainer' is no style\. Did you mean 'plain'"):
        RewriteSettings(model="m", style="plainer")


def test_keys_and_prices_do_not_change_the_rows() -> None:
    settings = AugmentationSettings(rewrite=RewriteSettings(model="m", price_read=1.0, key_variable="K", parallel=2))
    assert settings.content() == AugmentationSettings(rewrite=RewriteSettings(model="m")).content()
    assert settings.content() != AugmentationSettings(rewrite=RewriteSettings(model="n")).content()


def test_a_key_comes_from_the_environment_alone(endpoint: Endpoint, monkeypatch: pytest.MonkeyPatch) -> None:
    answers = answers_of("m", endpoint=endpoint.url, key_variable="MY_KEY")
    with pytest.raises(PipelineError, match="'MY_KEY' should hold the endpoint's key"):
        list(answers([rewrite_prompt("a", "en", "plain", in_order=False)]))
    monkeypatch.setenv("MY_KEY", "sesame")
    assert list(answers([rewrite_prompt("a", "en", "plain", in_order=False)])) == ["a"]
    assert b"sesame" not in answers.path.read_bytes()
