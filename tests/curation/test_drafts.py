"""Drafted entries of the lexicon: what lacks them, what a model's drafts must hold, and what is written where."""

import json
import threading
from collections.abc import Callable, Iterator
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from kaug.curation.drafts.draft_checks import accept, completed, gives_back, why_not
from kaug.curation.drafts.draft_prompt import BEGINS, ENDS, EXAMPLE, draft_prompt, parse_answer
from kaug.curation.drafts.drafts import Drafts, Entry, draft_by_model, draft_by_rule, lacking
from kaug.curation.drafts.file import write_lexicon
from kaug.errors import ModelError, PipelineError, SourceError
from kaug.knowledge.build import build_kb
from kaug.knowledge.knowledge_base import KnowledgeBase
from kaug.knowledge.templates import PROPERTIES, check_template
from kaug.models.asking import ask_endpoint, ask_model
from kaug.wording.rules import by_rule
from kaug.wording.wording import Wording

PREFIXES = """
@prefix : <urn:x:> .
@prefix kaug: <https://w3id.org/kaug/ns#> .
@prefix rdf: <http://www.w3.org/1999/02/22-rdf-syntax-ns#> .
@prefix rdfs: <http://www.w3.org/2000/01/rdf-schema#> .
@prefix skos: <http://www.w3.org/2004/02/skos/core#> .
"""
FACTS = """
:togo :hasCapital :lome ; :borders :ghana , :benin ; a :Country .
:peru :hasCapital :lima ; :borders :chile , :bolivia .
:borders skos:definition "Shares a border with." .
:ada :worksFor :acme .
"""
LEXICON = ':worksFor kaug:statement "{s} has a job at {o}."@en .'

Make = Callable[..., KnowledgeBase]


@pytest.fixture
def make(tmp_path: Path) -> Make:
    def build(facts: str = FACTS, lexicon: str = LEXICON) -> KnowledgeBase:
        path, words = tmp_path / "facts.ttl", tmp_path / "words.ttl"
        path.write_text(PREFIXES + facts, encoding="utf-8")
        words.write_text(PREFIXES + lexicon, encoding="utf-8")
        return build_kb([path], lexicon=words, languages=("en", "zh"))

    return build


def one_of(kb: KnowledgeBase, name: str, language: str = "en") -> list[Any]:
    return [one for one in lacking(kb, (language,)) if one.iri == f"urn:x:{name}"]


def answer(**drafts: list[str]) -> str:
    return "Of course:\n```json\n" + json.dumps(drafts, ensure_ascii=False) + "\n```\nAnything else?"


GOOD = {
    "statement": ["{s} shares a border with {o}.", "Next to {o} lies {s}."],
    "question": ["Which country lies next to {s}?"],
    "inverseQuestion": ["Which country has {o} as a neighbour?"],
    "exam": ["Name a neighbour of {s}."],
    "inverseExam": ["Where would you be, just across the border from {o}?"],
    "reference": ["a neighbour of {s}"],
    "inverseReference": ["a country next to {o}"],
}


# ---------------------------------------------------------------- what lacks an entry


def test_what_lacks_an_entry_the_most_used_first(make: Make) -> None:
    found = [(one.iri, one.language, one.label, one.facts, one.example) for one in lacking(make())]
    assert [one[:4] for one in found[1:]] == [("urn:x:hasCapital", "en", "has capital", 2)]
    assert found[0][:4] == ("urn:x:borders", "en", "borders", 4)
    assert found[0][4] in {"Togo borders ghana.", "Togo borders benin.", "Peru borders chile.", "Peru borders bolivia."}
    assert found[1][4] in {"The capital of togo is lome.", "The capital of peru is lima."}


def test_in_another_language_all_lack_what_has_no_template_in_it(make: Make) -> None:
    kb = make(lexicon=LEXICON + ':hasCapital kaug:question "{s}?" . :borders kaug:statement "{s}与{o}接壤。"@zh .')
    assert [(one.iri, one.example) for one in lacking(kb, ("zh",))] == [
        ("http://www.w3.org/1999/02/22-rdf-syntax-ns#type", ""),
        ("urn:x:worksFor", ""),
    ]
    assert [(one.iri[-7:], one.language) for one in lacking(kb, ("en", "zh")) if one.facts > 1] == [("borders", "en")]


def test_the_example_does_not_depend_on_the_order_of_the_facts(make: Make) -> None:
    lines = [f":s{number} :likes :o{number} ." for number in range(9)]
    assert [one.example for one in lacking(make("\n".join(lines)))] == [
        one.example for one in lacking(make("\n".join(reversed(lines))))
    ]


def test_nothing_lacks_an_entry(make: Make) -> None:
    assert lacking(make(":ada :worksFor :acme .")) == []
    assert draft_by_rule(make(":ada :worksFor :acme ."), []) == Drafts(())


# ---------------------------------------------------------------- by rule


@pytest.mark.slow
def test_drafts_by_rule_are_what_the_fall_back_says(make: Make) -> None:
    kb = make()
    drafts = draft_by_rule(kb, lacking(kb, ("en", "zh")))
    assert [entry.iri for entry in drafts.entries] == [one.iri for one in lacking(kb)]
    assert drafts.rejected == {"no rule for the language": 4}
    for entry in drafts.entries:
        assert entry.drafted_by == ("rule",)
        term = kb.terms["value"].to_pylist().index(entry.iri)
        assert entry.templates == {name: tuple(Wording(kb).templates(term, name)) for name in PROPERTIES}  # type: ignore[arg-type]


# ---------------------------------------------------------------- by a model


def test_good_drafts_are_taken_as_they_are(make: Make) -> None:
    kb, asked = make(), []

    def ask(prompt: str) -> str:
        asked.append(prompt)
        return answer(**GOOD)

    drafts = draft_by_model(kb, one_of(kb, "borders"), ask, "parrot")
    assert drafts == Drafts(
        (Entry("urn:x:borders", "borders", "en", {name: tuple(GOOD[name]) for name in PROPERTIES}, ("parrot",)),)
    )
    assert len(asked) == 1
    assert "Predicate: borders\nMeaning: Shares a border with.\nFact: {s} = " in asked[0]
    assert asked[0].count("\nFact: ") == 3


def test_what_a_predicate_means_can_be_told(make: Make) -> None:
    kb, asked = make(), []
    told = {"urn:x:borders": "Touches."}
    draft_by_model(kb, one_of(kb, "borders"), lambda prompt: asked.append(prompt) or "", "m", descriptions=told)  # type: ignore[func-returns-value]
    assert "\nMeaning: Touches.\n" in asked[0]


@pytest.mark.slow
@pytest.mark.parametrize(
    "said", ["", "I do not know.", "{}", '{"statement": }', '{"mood": ["{s}{o}"]}', '{"statement": 7}']
)
def test_an_answer_without_templates_falls_back_to_the_rule(make: Make, said: str) -> None:
    kb = make()
    drafts = draft_by_model(kb, one_of(kb, "borders"), lambda _: said, "m")
    assert drafts.rejected == {"no JSON object with templates in the answer": 1}
    assert drafts.entries == draft_by_rule(kb, one_of(kb, "borders")).entries


EXAM = "Imagine that a quiz asks what {s} borders, and give the right answer."


def test_refused_drafts_are_counted_by_reason_and_fall_back_to_the_rule(make: Make) -> None:
    kb = make()
    said = answer(
        statement=["{s} and {o} touch.", "{o} and {s} touch.", "{s} and {o}, touch!", "{s} has a job at {o}."],
        question=["What does {s} touch?", EXAM, "What?"],
        exam=["What does {s} touch?", "What touches a {s}?"],
        reference=["What {s} touches."],
    )
    drafts = draft_by_model(kb, one_of(kb, "borders"), lambda _: said, "m")
    assert drafts.refused == tuple(
        ("urn:x:borders", *rest)
        for rest in [
            ("statement", "{o} and {s} touch.", "says the fact in reverse as well"),
            ("statement", "{s} and {o}, touch!", "the same as another of the predicate"),
            ("statement", "{s} has a job at {o}.", "another predicate says the same"),
            ("question", EXAM, "a question that the exam asks"),
            ("question", "What?", "wrong slots"),
            ("exam", "What does {s} touch?", "the same as another of the predicate"),
            ("exam", "What touches a {s}?", "an article before a slot, or 's after it"),
            ("reference", "What {s} touches.", "not a phrase"),
        ]
    )
    assert sum(drafts.rejected.values()) == len(drafts.refused)
    rule = by_rule("borders", several=True)
    (entry,) = drafts.entries
    assert entry.drafted_by == ("m", "rule")
    assert (
        entry.templates
        == {
            "statement": ("{s} and {o} touch.", *rule["statement"][5:]),  # those with the object first
            "question": ("What does {s} touch?",),
            **{name: tuple(rule[name]) for name in list(PROPERTIES)[2:]},
        }
    )


def test_one_statement_for_two_predicates_is_refused_the_second_time(make: Make) -> None:
    kb = make()
    said = answer(statement=["{s} goes with {o}."])
    drafts = draft_by_model(kb, lacking(kb)[:2], lambda _: said, "m")
    assert [entry.drafted_by for entry in drafts.entries] == [("m", "rule"), ("rule",)]
    assert drafts.rejected == {"another predicate says the same": 1}


def test_what_the_rule_says_of_another_is_refused(make: Make) -> None:
    kb = make()
    said = answer(statement=["The capital of {s} is {o}."])
    drafts = draft_by_model(kb, lacking(kb), lambda _: said, "m")
    by_iri = {entry.iri: entry.drafted_by for entry in drafts.entries}
    assert by_iri["urn:x:borders"] == ("rule",)
    assert by_iri["urn:x:hasCapital"] == ("m", "rule")


def test_the_prompt_s_example_is_not_taken_for_a_draft(make: Make) -> None:
    kb = make()
    drafts = draft_by_model(kb, one_of(kb, "borders"), lambda _: json.dumps(EXAMPLE), "m")
    assert drafts.rejected == {"copied from the prompt's example": 8}
    assert drafts.entries[0].drafted_by == ("rule",)


def test_another_language_has_no_rule_to_fall_back_to(make: Make) -> None:
    kb = make()
    said = answer(statement=["{s}与{o}接壤。"], question=["{s}与哪国接壤？", "{s}。{s}？"])
    drafts = draft_by_model(kb, one_of(kb, "borders", "zh"), lambda _: said, "m")
    assert drafts.entries == (
        Entry(
            "urn:x:borders",
            "borders",
            "zh",
            {"statement": ("{s}与{o}接壤。",), "question": ("{s}与哪国接壤？",)},
            ("m",),
        ),
    )
    assert drafts.rejected == {"wrong slots": 1}
    nothing = draft_by_model(kb, one_of(kb, "borders", "zh"), lambda _: answer(question=["{s}与哪国接壤？"]), "m")
    assert (nothing.entries, nothing.rejected) == ((), {"no statement left": 1})


def test_progress_is_told(make: Make) -> None:
    kb, steps = make(), []
    draft_by_model(kb, lacking(kb), lambda _: "", "m", progress=steps.append)
    assert steps == [1, 1]


# ---------------------------------------------------------------- the checks


@pytest.mark.parametrize(
    ("name", "template", "reason"),
    [
        ("statement", "{s} borders {o}.", None),
        ("statement", "In {s}, the capital (since 1960) is {o}.", None),
        ("statement", "{s}与{o}接壤。", None),
        ("statement", "{s} borders Ghana.", "wrong slots"),
        ("statement", "{s} {s} {o}.", "wrong slots"),
        ("question", "Which {x} borders {s}?", "wrong slots"),
        ("exam", "{s}?", "too short or too long"),
        ("statement", "{s} borders {o}" + " very" * 50 + " closely.", "too short or too long"),
        ("statement", "{s} borders\n{o}.", "control characters or tokens"),
        ("statement", "{s} borders\u202e {o}.", "control characters or tokens"),
        ("statement", "<|im_start|>{s} borders {o}.", "control characters or tokens"),
        ("statement", "[INST] {s} borders {o}.", "control characters or tokens"),
        ("statement", "{s} borders {o}</s>.", "control characters or tokens"),
        ("statement", "### {s} borders {o}.", "control characters or tokens"),
        ("statement", "{s} borders {o}", "not one sentence"),
        ("statement", "{s} is there. It borders {o}.", "not one sentence"),
        ("statement", "{s}在那里。它与{o}接壤。", "not one sentence"),
        ("question", "Is it {s}? What borders it?", "not one sentence"),
        ("reference", "the neighbour of {s}", None),
        ("reference", "the neighbour of {s}.", "not a phrase"),
        ("statement", "A {s} borders {o}.", "an article before a slot, or 's after it"),
        ("statement", "{s}'s neighbour is {o}.", "an article before a slot, or 's after it"),
        ("statement", "{s} {o} border.", "the fact cannot be read back"),
    ],
)
def test_what_a_draft_must_be(name: str, template: str, reason: str | None) -> None:
    assert why_not(name, template, "en", [("New York", "New Jersey"), ("Togo", "Ghana")]) == reason


@pytest.mark.parametrize(
    ("template", "subject", "value", "expected"),
    [
        ("{s} borders {o}.", "a dog", "the sea", True),
        ("{o} is the capital of {s}.", "the USA", "Washington, D.C.", True),
        ("The capital of {s} is {o}.", "the USA", "Washington, D.C.", True),
        ("{s} is {o}.", "What is", "there", False),
        ("{s} is in {o}.", "Peru", "Lima", True),
        ("{s} is in {o}.", "what is in", "Lima", False),
        ("The {s} of {o}.", "end of", "x", False),
        ("{s}与{o}接壤。", "多哥", "加纳", True),
        ("What is {s}?", "a. (b", "", True),
        ("{s} is {o}.", "", "x", False),
        ("{s} is {o}.", "(.*)+$", "[a", True),
    ],
)
def test_the_fact_is_found_again_in_its_sentence(template: str, subject: str, value: str, expected: bool) -> None:
    assert gives_back(template, subject, value) is expected


TEMPLATES = st.lists(
    st.sampled_from(["{s}", "{o}", " is ", " of ", "the ", "what", ".", "?", "。", "<|", "\n", "a ", "'s", "borders"]),
    max_size=9,
).map("".join)
DRAFTS = st.dictionaries(st.sampled_from(sorted(PROPERTIES)), st.lists(TEMPLATES | st.text(max_size=30), max_size=6))


@pytest.mark.slow
@settings(max_examples=200, deadline=None)
@given(DRAFTS, st.sampled_from(["en", "zh"]))
def test_whatever_is_drafted_what_is_kept_is_right(drafts: dict[str, list[str]], language: str) -> None:
    facts, rule = [("Togo", "Ghana"), ("the sea", "a dog")], by_rule("borders") if language == "en" else {}
    found, refused = accept(drafts, language, facts, rule, set())
    said, _ = completed(found, rule)
    assert sum(map(len, found.values())) + len(refused) == sum(map(len, drafts.values()))
    for name, texts in said.items():
        for text in texts:
            check_template(name, text, "p", "drafts")
            assert all(gives_back(text, *fact) for fact in facts)
    if language == "en":
        assert set(said) == set(PROPERTIES)
        assert {text.index("{s}") < text.index("{o}") for text in said["statement"]} == {True, False}
    asked = {text for name in ("question", "inverseQuestion") for text in said.get(name, ())}
    assert asked.isdisjoint([*said.get("exam", ()), *said.get("inverseExam", ())])


# ---------------------------------------------------------------- prompt and answer


def test_the_prompt_shows_what_is_known_on_single_lines() -> None:
    prompt = draft_prompt("a\nb", "zh", [("<|x|>", "o" * 300)], "")
    assert "Predicate: a b\nFact: {s} = < |x| >; {o} = " + "o" * 199 + "…\n" in prompt
    assert "in the language 'zh'" in prompt
    assert all(f"- {name}: " in prompt for name in PROPERTIES)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ('{"statement": "{s} is {o}."}', {"statement": ["{s} is {o}."]}),
        ('```json\n{"exam": [" a ", "a", "", 3, null]}\n```', {"exam": ["a"]}),
        ('So {s} and {o}: {"question": ["b",], "other": {"x": 1,},}', {"question": ["b"]}),
        ('{"answer": {"exam": ["c"]}}', {"exam": ["c"]}),
        ('{"exam": ["unfinished', {}),
        ("[" * 5000 + '{"a":' * 5000, {}),
    ],
)
def test_templates_are_found_in_whatever_is_said(text: str, expected: dict[str, list[str]]) -> None:
    assert parse_answer(text) == expected


# ---------------------------------------------------------------- the file


def entry(name: str, *statements: str, language: str = "en", by: tuple[str, ...] = ("rule",)) -> Entry:
    return Entry(f"urn:x:{name}", f"the {name}", language, {"statement": statements}, by)


BLOCKS = """
# the borders
<urn:x:borders>
    kaug:statement
        "{s} \\"borders\\" {o}."@en ,
        "{o} borders {s}."@en ;
    kaug:draftedBy "some/model", "rule" .

# the capital
<urn:x:capital>
    kaug:statement
        "{s}的首都是{o}。"@zh ;
    kaug:draftedBy "rule" .
"""
ENTRIES = [
    entry("capital", "{s}的首都是{o}。", language="zh"),
    entry("borders", '{s} "borders" {o}.', "{o} borders {s}.", by=("some/model", "rule")),
]


def test_entries_are_written_as_turtle_in_one_order(tmp_path: Path) -> None:
    one, two = tmp_path / "one.ttl", tmp_path / "deep" / "two.ttl"
    assert write_lexicon(ENTRIES, one) == 2
    assert write_lexicon(ENTRIES[::-1], two) == 2
    assert one.read_bytes() == two.read_bytes()
    head, prefix, blocks = one.read_text(encoding="utf-8").partition("@prefix kaug: <https://w3id.org/kaug/ns#> .\n")
    assert (prefix, blocks) == ("@prefix kaug: <https://w3id.org/kaug/ns#> .\n", BLOCKS)
    assert all(line.startswith("#") for line in head.splitlines() if line)
    assert not list(tmp_path.rglob(".*"))


def test_a_written_lexicon_is_loaded(tmp_path: Path, make: Make) -> None:
    kb = make()
    write_lexicon(draft_by_rule(kb, lacking(kb)).entries, tmp_path / "l.ttl")
    again = make(lexicon=(tmp_path / "l.ttl").read_text(encoding="utf-8") + LEXICON)
    assert lacking(again) == []
    borders = again.terms["value"].to_pylist().index("urn:x:borders")
    said = Wording(again).templates(borders, "statement")
    assert said[0] == "{s} borders {o}."
    assert sorted(said) == sorted(by_rule("borders", several=True)["statement"])
    assert set(again.lexicon["property"].to_pylist()) == set(PROPERTIES)


def test_what_a_person_wrote_stays(tmp_path: Path) -> None:
    file = tmp_path / "l.ttl"
    mine = (
        "@prefix k: <https://w3id.org/kaug/ns#> .\r\n# mine\r\n"
        '<urn:x:borders> k:statement "{s} touches {o}."@en .\r\n<urn:x:any> k:question "{s}?" .'
    )
    file.write_bytes(mine.encode())
    some = [*ENTRIES, entry("borders", "{s}与{o}接壤。", language="zh"), entry("any", "{s} {o}")]
    assert write_lexicon(some, file) == 2  # not borders in English, nor any, which has one for all languages
    text = file.read_bytes().decode()
    assert text.startswith(mine + "\n\n@prefix kaug: <https://w3id.org/kaug/ns#> .\n")
    assert "{s}与{o}接壤。" in text
    assert '"borders\\"' not in text
    assert write_lexicon(some, file) == 0
    assert file.read_bytes().decode() == text


@pytest.mark.parametrize(
    ("content", "match"),
    [("<urn:x:a> <urn:x:b> ", "l.ttl"), ("@prefix : <urn:x:> . :a :b", "l.ttl"), ("\xff", "l.ttl")],
)
def test_a_file_that_is_no_turtle_is_left_alone(tmp_path: Path, content: str, match: str) -> None:
    file = tmp_path / "l.ttl"
    file.write_bytes(content.encode("latin-1"))
    with pytest.raises(SourceError, match=match):
        write_lexicon(ENTRIES, file)
    assert file.read_bytes() == content.encode("latin-1")


def test_nothing_is_written_where_an_entry_is_wrong(tmp_path: Path) -> None:
    with pytest.raises(SourceError, match="once each, and no other slot"):
        write_lexicon([*ENTRIES, entry("wrong", "{s} is.")], tmp_path / "l.ttl")
    with pytest.raises(SourceError, match=r"name a file that ends in \.ttl"):
        write_lexicon(ENTRIES, tmp_path / "l.rdf")
    assert not list(tmp_path.iterdir())


# ---------------------------------------------------------------- an endpoint

Reply = tuple[int, dict[str, str], bytes]


def said(text: str) -> Reply:
    return 200, {}, json.dumps({"choices": [{"message": {"content": text}}]}).encode()


class Endpoint:
    """A chat endpoint on this machine that gives planned replies, the last one for ever, and notes what it is asked."""

    def __init__(self) -> None:
        self.replies: list[Reply] = [said("hello")]
        self.asked: list[tuple[str, dict[str, str], Any]] = []
        self.waited: list[float] = []
        endpoint = self

        class Handler(BaseHTTPRequestHandler):
            def do_POST(self) -> None:
                body = self.rfile.read(int(self.headers["Content-Length"]))
                endpoint.asked.append((self.path, dict(self.headers), json.loads(body)))
                reply = endpoint.replies.pop(0) if len(endpoint.replies) > 1 else endpoint.replies[0]
                self.send_response(reply[0])
                for name, value in reply[1].items():
                    self.send_header(name, value)
                self.send_header("Content-Length", str(len(reply[2])))
                self.end_headers()
                self.wfile.write(reply[2])

            def do_GET(self) -> None:
                endpoint.asked.append((self.path, {}, None))
                self.send_error(405)

            def log_message(self, *_: object) -> None:
                pass

        self.server = HTTPServer(("127.0.0.1", 0), Handler)
        self.url = f"http://127.0.0.1:{self.server.server_port}/v1"
        self.thread = threading.Thread(target=self.server.serve_forever, args=(0.01,), daemon=True)
        self.thread.start()

    def ask(self, prompt: str = "hi", **options: Any) -> str:
        return ask_endpoint(self.url, "a-model", wait=self.waited.append, **options)(prompt)

    def close(self) -> None:
        self.server.shutdown()
        self.thread.join()
        self.server.server_close()


@pytest.fixture
def endpoint() -> Iterator[Endpoint]:
    one = Endpoint()
    yield one
    one.close()


def test_an_endpoint_is_asked_once(endpoint: Endpoint, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("http_proxy", "http://127.0.0.1:1")
    assert endpoint.ask("wie geht's? 你好") == "hello"
    ((path, headers, body),) = endpoint.asked
    assert path == "/v1/chat/completions"
    assert "Authorization" not in headers
    assert body["model"] == "a-model"
    assert body["messages"] == [{"role": "user", "content": "wie geht's? 你好"}]
    assert body["temperature"] == 0


def test_the_key_is_read_from_the_variable_named(endpoint: Endpoint, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("MY_KEY", " secret\n")
    endpoint.ask(key_variable="MY_KEY")
    assert endpoint.asked[0][1]["Authorization"] == "Bearer secret"
    monkeypatch.delenv("MY_KEY")
    with pytest.raises(PipelineError, match="'MY_KEY' should hold the endpoint's key, and is not set"):
        endpoint.ask(key_variable="MY_KEY")
    monkeypatch.setenv("MY_KEY", "secret")
    with pytest.raises(PipelineError, match="the key would be sent unencrypted"):
        ask_endpoint("http://example.org/v1", "m", key_variable="MY_KEY")
    monkeypatch.setenv("MY_KEY", "two\nlines")
    with pytest.raises(PipelineError, match="contains characters that are not allowed in an HTTP header"):
        endpoint.ask(key_variable="MY_KEY")


def test_a_busy_endpoint_is_asked_again(endpoint: Endpoint) -> None:
    endpoint.replies = [
        (429, {"Retry-After": "7"}, b"slow"),
        (503, {}, b""),
        (429, {"Retry-After": "9999"}, b""),
        said("ok"),
    ]
    assert endpoint.ask() == "ok"
    assert endpoint.waited == [7, 2, 60]


def test_an_endpoint_that_fails_for_ever_is_an_error(endpoint: Endpoint) -> None:
    endpoint.replies = [(500, {}, b"no")]
    with pytest.raises(
        ModelError, match=r"no answer after 5 attempts: status 500 Internal Server Error: no\. Ask again later"
    ):
        endpoint.ask()
    assert endpoint.waited == [1, 2, 4, 8]
    assert len(endpoint.asked) == 5


def test_nobody_at_the_address_is_an_error(endpoint: Endpoint) -> None:
    endpoint.close()
    with pytest.raises(ModelError, match=r"no answer after 2 attempts: .*refused"):
        endpoint.ask(attempts=2)
    assert endpoint.waited == [1]


@pytest.mark.parametrize(
    ("code", "advice"), [(401, "Is the key right"), (404, "Is the address right"), (400, ": bad model")]
)
def test_a_refusal_is_not_asked_again(endpoint: Endpoint, code: int, advice: str) -> None:
    endpoint.replies = [(code, {}, b"bad model")]
    with pytest.raises(ModelError, match=rf"the endpoint refused: status {code} .*{advice}"):
        endpoint.ask()
    assert len(endpoint.asked) == 1


@pytest.mark.parametrize("code", [301, 302, 303, 307, 308])
def test_a_redirect_is_refused(endpoint: Endpoint, code: int) -> None:
    other = Endpoint()
    endpoint.replies = [(code, {"Location": f"{other.url}/stolen?key=1"}, b"")]
    with pytest.raises(ModelError, match=r"redirects to http://127\.0\.0\.1:\d+/v1/stolen, which was not named"):
        endpoint.ask()
    other.close()
    assert other.asked == []
    assert len(endpoint.asked) == 1


@pytest.mark.parametrize(
    "body", [b"<html>", b"{", b"[]", b'{"choices": []}', b'{"choices": [{"message": {"content": null}}]}']
)
def test_an_answer_of_another_form_is_an_error(endpoint: Endpoint, body: bytes) -> None:
    endpoint.replies = [(200, {}, body)]
    with pytest.raises(ModelError, match="no chat endpoint of OpenAI's form"):
        endpoint.ask()


@pytest.mark.parametrize("url", ["file:///etc/passwd", "example.org", "", "http://", "ftp://x"])
def test_an_address_of_another_kind_is_refused(url: str) -> None:
    with pytest.raises(PipelineError, match="begins with http"):
        ask_endpoint(url, "m")


def test_a_password_in_the_address_is_refused_and_not_repeated() -> None:
    with pytest.raises(PipelineError) as caught:
        ask_endpoint("https://me:secret@example.org/v1", "m")
    assert "secret" not in str(caught.value)


def test_a_model_behind_an_endpoint_drafts(endpoint: Endpoint, make: Make, tmp_path: Path) -> None:
    kb = make()
    endpoint.replies = [(429, {}, b""), said(answer(**GOOD)), said("{not JSON")]
    ask = ask_endpoint(endpoint.url + "/chat/completions", "m", wait=endpoint.waited.append)
    drafts = draft_by_model(kb, [*one_of(kb, "borders"), *one_of(kb, "hasCapital")], ask, "m")
    assert [one.drafted_by for one in drafts.entries] == [("m",), ("rule",)]
    assert drafts.rejected == {"no JSON object with templates in the answer": 1}
    assert write_lexicon(drafts.entries, tmp_path / "l.ttl") == 2


@pytest.mark.slow
@pytest.mark.model
def test_whatever_a_real_model_says_what_is_written_is_right(make: Make, tmp_path: Path) -> None:
    kb, answers = make(), []
    model = ask_model("smollm2-135m", most_tokens=120, begins=BEGINS, ends=ENDS)
    drafts = draft_by_model(
        kb, one_of(kb, "hasCapital"), lambda prompt: answers.append(model(prompt)) or answers[-1], "smollm2-135m"
    )  # type: ignore[func-returns-value]
    assert answers[0].startswith(BEGINS)
    assert write_lexicon(drafts.entries, tmp_path / "l.ttl") == 1
    (entry,) = drafts.entries
    rule = by_rule("has capital")
    assert set(entry.drafted_by) <= {"smollm2-135m", "rule"}
    for name, texts in entry.templates.items():
        for text in texts:
            assert text in rule[name] or why_not(name, text, "en", [("togo", "lome"), ("peru", "lima")]) is None
    again = make(lexicon=(tmp_path / "l.ttl").read_text(encoding="utf-8"))
    assert "urn:x:hasCapital" not in [one.iri for one in lacking(again)]
