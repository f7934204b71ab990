from collections.abc import Callable, Sequence
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import numpy as np
import pyarrow as pa
import pytest

from kaug.errors import PipelineError, TableError
from kaug.evaluation import answer
from kaug.evaluation.answer import answer_probes, score_answers, with_facts
from kaug.evaluation.scorers import SCORERS, AnsweredProbe, Scorer
from kaug.evaluation.settings import EvaluationSettings
from kaug.exam.draw import draw_exam
from kaug.exam.settings import ExamSettings
from kaug.knowledge.knowledge_base import KnowledgeBase
from kaug.models.find import load_language_model, load_tokenizer
from kaug.models.generate import Generated, generate, likelihood
from kaug.models.prompts import render_prompts
from kaug.retrieval.retriever import RETRIEVED
from kaug.tables import ANSWERS, PROBES, check_table

PROMPTS = [
    "What is the capital of Peru?",
    "Who?",
    "Which country pays in the CFA franc, and what is a hammer used for in the country whose capital is Lomé?",
    "土耳其?",
    "Which country has Nairobi as its capital?",
    "a",
    "Where is Ewe spoken?",
]
PASSAGE = "The harbour of the old town lies quiet in the morning, and gulls cry over the boats of the fishermen there."


@pytest.fixture(scope="module")
def model(tiny_model: Path) -> Any:
    return load_language_model(tiny_model)


@pytest.fixture(scope="module")
def tokenizer(tiny_model: Path) -> Any:
    return load_tokenizer(tiny_model)


@pytest.fixture(scope="module")
def probes(toy_kb: KnowledgeBase) -> pa.Table:
    return draw_exam(toy_kb, ExamSettings(held_out_texts=1.0), texts=[PASSAGE])


def greedy(model: Any, tokenizer: Any, rendered: str, most: int) -> list[int]:
    """The most likely tokens, one by one, without padding or cache; the first is not the end token."""
    import torch

    ids = tokenizer(rendered, add_special_tokens=False)["input_ids"]
    new: list[int] = []
    while len(new) < most:
        with torch.no_grad():
            logits = model(input_ids=torch.tensor([ids + new])).logits[0, -1]
        if not new:
            logits[tokenizer.eos_token_id] = -torch.inf
        token = int(logits.argmax())
        if token == tokenizer.eos_token_id:
            break
        new.append(token)
    return new


@pytest.mark.parametrize("template", ["chat", "plain"])
@pytest.mark.slow
def test_generation_is_greedy_whatever_stands_beside_a_prompt(model, tokenizer, template) -> None:
    expected = [greedy(model, tokenizer, text, 12) for text in render_prompts(PROMPTS, tokenizer, template)]
    texts = [tokenizer.decode(ids, skip_special_tokens=True).strip() for ids in expected]
    assert len(set(texts)) > 3
    for batch_size in (1, 2, 7, 32):
        found = generate(model, tokenizer, PROMPTS, template=template, max_new_tokens=12, batch_size=batch_size)
        assert found.texts == texts
        assert found.tokens.tolist() == [len(ids) for ids in expected]
        assert found.tokens.dtype == np.int32


@pytest.mark.slow
@pytest.mark.parametrize("batch_size", [2, 7])
def test_short_long_and_cut_answers_of_one_batch_are_those_of_each_alone(model, tokenizer, batch_size: int) -> None:
    rendered = render_prompts(PROMPTS, tokenizer)
    end, pad = tokenizer.eos_token, tokenizer.pad_token
    mixed = False
    written = {token for text in rendered for token in greedy(model, tokenizer, text, 20)}
    for token in sorted(written):  # each in turn ends answers, and pads, as in many tokenizers
        tokenizer.eos_token = tokenizer.pad_token = tokenizer.convert_ids_to_tokens(token)
        try:
            expected = [greedy(model, tokenizer, text, 20) for text in rendered]
            lengths = [len(ids) for ids in expected]
            if not (min(lengths) < 8 and any(8 < length < 20 for length in lengths) and max(lengths) == 20):
                continue
            reported: list[int] = []
            given = {"max_new_tokens": 20, "batch_size": batch_size, "progress": reported.append}
            found = generate(model, tokenizer, PROMPTS, **given)
        finally:
            tokenizer.eos_token, tokenizer.pad_token = end, pad
        mixed = True
        assert found.tokens.tolist() == lengths
        assert found.texts == [tokenizer.decode(ids, skip_special_tokens=True).strip() for ids in expected]
        assert sum(reported) == len(PROMPTS)
    assert mixed


@pytest.mark.slow
def test_a_model_that_would_rather_be_silent_has_to_say_something(model, tokenizer) -> None:
    free = greedy(model, tokenizer, render_prompts(PROMPTS[:1], tokenizer)[0], 1)
    end, tokenizer.eos_token = tokenizer.eos_token, tokenizer.convert_ids_to_tokens(free[0])  # its first choice now
    try:
        second = greedy(model, tokenizer, render_prompts(PROMPTS[:1], tokenizer)[0], 6)
        found = generate(model, tokenizer, PROMPTS[:1], max_new_tokens=6)
    finally:
        tokenizer.eos_token = end
    assert second[0] != free[0]
    assert found.tokens.tolist() == [len(second)]
    assert found.texts == [tokenizer.decode(second, skip_special_tokens=True).strip()]


@pytest.mark.slow
def test_answers_come_in_the_order_of_the_prompts(model, tokenizer) -> None:
    forth = generate(model, tokenizer, PROMPTS, max_new_tokens=8, batch_size=3)
    back = generate(model, tokenizer, PROMPTS[::-1], max_new_tokens=8, batch_size=3)
    assert back.texts == forth.texts[::-1]
    assert back.tokens.tolist() == forth.tokens.tolist()[::-1]


@pytest.mark.slow
def test_generation_ends_at_the_end_token_and_reports_progress(model, tokenizer) -> None:
    first = greedy(model, tokenizer, render_prompts(PROMPTS[:1], tokenizer)[0], 6)
    end, tokenizer.eos_token = tokenizer.eos_token, tokenizer.convert_ids_to_tokens(first[3])
    try:
        reported: list[int] = []
        found = generate(model, tokenizer, PROMPTS[:1], max_new_tokens=6, progress=reported.append)
    finally:
        tokenizer.eos_token = end
    assert found.tokens.tolist() == [first.index(first[3])]
    assert reported == [1]
    generate(model, tokenizer, PROMPTS, max_new_tokens=1, batch_size=3, progress=reported.append)
    assert reported == [1, 3, 3, 1]


def test_no_prompts_have_no_answers(model, tokenizer) -> None:
    assert generate(model, tokenizer, []).texts == []
    logs, hits = likelihood(model, tokenizer, [], [])
    assert (logs.shape, hits.shape) == ((0,), (0,))


@pytest.mark.parametrize("batch_size", [1, 3, 32])
def test_likelihood_is_the_mean_log_softmax_of_the_continuation(model, tokenizer, batch_size: int) -> None:
    import torch

    rights = ["Lima", "x", "Togo and Peru, at the sea", "安卡拉", "Kenya", "a", "In Togo."]
    logs, hits = likelihood(model, tokenizer, PROMPTS, rights, batch_size=batch_size)
    assert (logs.dtype, hits.dtype) == (np.float32, np.float32)
    for row, (prefix, right) in enumerate(zip(PROMPTS, rights, strict=True)):
        before, after = (tokenizer(text, add_special_tokens=False)["input_ids"] for text in (prefix, right))
        with torch.no_grad():
            scores = torch.log_softmax(model(input_ids=torch.tensor([before + after])).logits[0].double(), dim=-1)
        picked = [float(scores[len(before) + place - 1, token]) for place, token in enumerate(after)]
        best = [int(scores[len(before) + place - 1].argmax()) == token for place, token in enumerate(after)]
        assert logs[row] == pytest.approx(np.mean(picked), abs=1e-4)
        assert hits[row] == pytest.approx(np.mean(best), abs=1e-6)


class EveryOther:
    """Stands for a model that foresees the tokens at even places of a text, and only those."""

    device = "cpu"

    def train(self, mode: bool) -> None:
        assert not mode

    def __call__(self, input_ids: Any, attention_mask: Any, position_ids: Any, logits_to_keep: int) -> Any:
        import torch

        ahead = torch.roll(input_ids, -1, dims=1)
        ahead[position_ids % 2 == 0] = 0  # what stands at place p foresees p + 1
        return SimpleNamespace(logits=(torch.nn.functional.one_hot(ahead, 420) * 50.0)[:, -logits_to_keep:])


def test_hits_are_the_part_of_the_tokens_that_the_model_foresees(tokenizer) -> None:
    rights = ["The capital of Peru is Lima.", "a saw", "Togo"]
    for batch_size in (1, 3):
        logs, hits = likelihood(EveryOther(), tokenizer, PROMPTS[:3], rights, batch_size=batch_size)
        for row, (prefix, right) in enumerate(zip(PROMPTS, rights, strict=False)):
            before, after = (len(tokenizer(text, add_special_tokens=False)["input_ids"]) for text in (prefix, right))
            foreseen = [place % 2 == 0 for place in range(before, before + after)]
            assert hits[row] == pytest.approx(np.mean(foreseen))
            assert logs[row] == pytest.approx(np.mean([0.0 if hit else -50.0 for hit in foreseen]), abs=1e-4)


def test_a_continuation_of_nothing_is_scored_from_its_second_token(model, tokenizer) -> None:
    logs, hits = likelihood(model, tokenizer, ["", "a", ""], ["The capital of Peru", "", ""])
    ids = tokenizer("The capital of Peru", add_special_tokens=False)["input_ids"]
    head, tail = tokenizer.decode(ids[:1]), tokenizer.decode(ids[1:])
    assert logs[0] == pytest.approx(likelihood(model, tokenizer, [head], [tail])[0][0], abs=1e-4)
    assert logs[1:].tolist() == hits[1:].tolist() == [0.0, 0.0]


def test_facts_stand_before_the_questions_but_not_before_passages(toy_kb: KnowledgeBase, probes: pa.Table) -> None:
    scorers = probes["scorer"].to_pylist()
    question, passage = scorers.index("contains"), scorers.index("continuation")
    rows = [toy_kb.row_of[fact] for fact in toy_kb.hex_ids.to_pylist()[:2]]
    found = [(number, row) for number in sorted((question, passage)) for row in rows]
    hits = pa.Table.from_pylist(
        [
            {"text": number, "rank": n % 2 + 1, "row": row, "fact": toy_kb.hex_ids[row].as_py(), "score": 1.0}
            | {"reason": "similar", "start": None, "end": None}
            for n, (number, row) in enumerate(found)
        ],
        schema=RETRIEVED,
    )
    prompts, facts = with_facts(toy_kb, probes, hits, "en")
    asked = probes["prompt"].to_pylist()
    from kaug.wording.wording import Wording

    assert prompts[question] == " ".join([*Wording(toy_kb).sentences(np.array(rows)).to_pylist(), asked[question]])
    assert facts[question] == [toy_kb.hex_ids[row].as_py() for row in rows]
    assert prompts[passage] == asked[passage]
    assert [n for n, of in enumerate(facts) if of] == [question]
    assert with_facts(toy_kb, probes, hits.slice(0, 0), "en") == (asked, [[] for _ in asked])


Sit = Callable[..., list[dict]]


@pytest.fixture
def sit(probes: pa.Table, tiny_model: Path, monkeypatch: pytest.MonkeyPatch) -> Sit:
    """Sit the exam with planted answers: a function of the question."""

    def sit(say: Callable[[str], str], **settings: Any) -> list[dict]:
        def written(model: Any, tokenizer: Any, prompts: Sequence[str], **_: Any) -> Generated:
            return Generated([say(prompt) for prompt in prompts], np.arange(len(prompts), dtype=np.int32))

        monkeypatch.setattr(answer, "generate", written)
        table = answer_probes(
            probes,
            tiny_model,
            EvaluationSettings(),
            prompts=probes["prompt"].to_pylist(),
            retrieved=[["ab"] if name == "contains" else [] for name in probes["scorer"].to_pylist()],
            arm="augmented",
            seed=3,
            **settings,
        )
        return check_table(table, "answers").to_pylist()

    return sit


def test_planted_answers_are_scored_by_the_right_ones(sit: Sit, probes: pa.Table) -> None:
    right = {probe["prompt"]: probe["answers"][-1] for probe in probes.to_pylist()}  # any name counts
    for say, score in ((lambda prompt: f"It is {right[prompt]}.", 1.0), (lambda prompt: "Atlantis", 0.0)):
        rows = sit(say)
        assert [row["probe"] for row in rows] == probes["id"].to_pylist()
        assert [row["prompt"] for row in rows] == probes["prompt"].to_pylist()
        for row, probe in zip(rows, probes.to_pylist(), strict=True):
            assert (row["arm"], row["seed"]) == ("augmented", 3)
            assert row["log_likelihood"] < 0
            if probe["scorer"] == "contains":
                assert (row["answer"], row["score"]) == (say(probe["prompt"]), score)
                assert row["retrieved"] == ["ab"]
            else:
                assert (row["answer"], row["tokens"], row["retrieved"]) == ("", 0, [])
                assert 0 <= row["score"] <= 1


@pytest.mark.parametrize(("template", "precision"), [("chat", "fp32"), ("plain", "fp32"), ("plain", "bf16")])
def test_the_likelihood_is_that_of_the_answer_as_it_is_trained(
    sit: Sit, probes: pa.Table, tiny_model: Path, tokenizer, template, precision
) -> None:
    import torch

    rows = sit(lambda prompt: "", template=template, precision=precision)
    model = load_language_model(tiny_model)
    gap = " " if template == "plain" else ""
    for row, probe in list(zip(rows, probes.to_pylist(), strict=True))[::5]:
        if probe["scorer"] == "contains":
            (rendered,) = render_prompts([probe["prompt"]], tokenizer, template)
            before, after = (
                torch.tensor(tokenizer(text, add_special_tokens=False)["input_ids"])
                for text in (rendered, gap + probe["answers"][0])
            )
            with torch.no_grad():
                logits = model(input_ids=torch.cat([before, after])[None]).logits[0, len(before) - 1 : -1]
            logs = torch.log_softmax(logits, dim=-1).gather(1, after[:, None])
            assert row["log_likelihood"] == pytest.approx(float(logs.mean()), abs=0.1 if precision == "bf16" else 1e-4)
            if precision == "fp32":
                assert row["token_accuracy"] == pytest.approx(float((logits.argmax(dim=-1) == after).float().mean()))


@pytest.mark.parametrize("precision", ["fp32", "bf16"])
def test_a_passage_is_scored_by_the_tokens_the_model_would_have_written(
    sit: Sit, probes: pa.Table, tiny_model: Path, tokenizer, precision
) -> None:
    import torch

    rows = sit(lambda prompt: "", precision=precision)
    ((row, probe),) = (
        pair for pair in zip(rows, probes.to_pylist(), strict=True) if pair[1]["scorer"] == "continuation"
    )
    model = load_language_model(tiny_model).to({"fp32": torch.float32, "bf16": torch.bfloat16}[precision])
    logs, hits = likelihood(model, tokenizer, [probe["prompt"]], probe["answers"])
    assert row["score"] == hits[0]
    assert row["log_likelihood"] == logs[0]


def test_the_real_thing_gives_the_same_answers_twice(probes: pa.Table, tiny_model: Path) -> None:
    reported: list[int] = []
    given = {
        "prompts": probes["prompt"].to_pylist(),
        "retrieved": [[] for _ in range(probes.num_rows)],
        "arm": "base",
        "seed": 0,
    }
    settings = EvaluationSettings(max_new_tokens=6)
    one = answer_probes(probes, tiny_model, settings, **given, progress=reported.append)
    assert one.equals(answer_probes(probes, tiny_model, settings, **given))
    assert score_answers(probes, one).equals(one)
    assert sum(reported) == probes.num_rows
    assert max(one["tokens"].to_pylist()) > 0


def planted(rows: Sequence[tuple[str, list[str], str, float, float]]) -> tuple[pa.Table, pa.Table]:
    """Probes and answers from (scorer, right answers, text, log-likelihood, token accuracy)."""
    fixed = {
        "kind": "recall",
        "prompt": "?",
        "choices": [],
        "facts": [],
        "language": "en",
        "template": "",
        "source": "s",
    }
    probes, answers = [], []
    for number, (scorer, right, text, log, accuracy) in enumerate(rows):
        # Questions with no hop and texts with several: what scores a probe is its column `scorer` alone.
        hops = {"contains": 0}.get(scorer, 2)
        probes.append({"id": f"p{number}", "answers": right, "hops": hops, "scorer": scorer, **fixed})
        answer = {"probe": f"p{number}", "arm": "mine", "seed": 0, "prompt": "?", "answer": text, "score": 0.25}
        answers.append(answer | {"log_likelihood": log, "token_accuracy": accuracy, "tokens": 1, "retrieved": []})
    return pa.Table.from_pylist(probes, PROBES), pa.Table.from_pylist(answers, ANSWERS)


PLANTED = [
    (("contains", ["Lomé"], "It is Lome.", -1.0, 0.0), 1.0),
    (("contains", ["Lomé"], "Accra\nLomé", -0.1, 1.0), 0.0),
    (("contains", ["In"], "It stands in the table.", -0.1, 1.0), 0.0),
    (("contains", ["London", "Paris"], "Answer: paris", -9.0, 0.0), 1.0),
    (("continuation", [" and so on"], "", -1.0, 0.375), 0.375),
    (("continuation", [" and so on"], " and so on", -9.0, 0.0), 0.0),
]


def test_a_probe_is_scored_by_its_column_scorer() -> None:
    probes, answers = planted([row for row, _ in PLANTED])
    scored = score_answers(probes, answers)
    assert scored["score"].to_pylist() == [score for _, score in PLANTED]
    assert scored.schema == ANSWERS
    assert scored.drop_columns("score").equals(answers.drop_columns("score"))
    assert score_answers(probes, answers.take(list(range(5, -1, -1))))["score"].to_pylist()[::-1] == [
        score for _, score in PLANTED
    ]


def test_a_scorer_may_be_a_function_of_ones_own() -> None:
    probes, answers = planted([("likely", ["x"], "y", -1.0, 0.5), ("contains", ["x"], "x", -1.0, 0.5)])

    def likely(probe: AnsweredProbe) -> float:
        """How likely the right answer is."""
        return float(np.exp(probe.log_likelihood))

    own = {"likely": likely, "contains": Scorer(lambda probe: probe.token_accuracy)}
    assert score_answers(probes, answers, own)["score"].to_pylist() == pytest.approx([np.exp(-1.0), 0.5])
    with pytest.raises(PipelineError) as caught:
        score_answers(probes, answers)
    assert str(caught.value) == (
        "There is no scorer 'likely'. Known are: contains, continuation. Pass a function of your own as "
        "scorers={'likely': function}."
    )
    with pytest.raises(TableError, match=r"scorer 'likely' gave 2\.0 for the probe 'p0'; it should be from 0 to 1"):
        score_answers(probes, answers, {"likely": lambda probe: 2.0})
    with pytest.raises(TableError, match="'p1', which is not in the exam"):
        score_answers(probes.slice(0, 1), answers, own)


def test_a_models_answers_are_scored_by_ones_own_function(sit: Sit, probes: pa.Table, toy_kb: KnowledgeBase) -> None:
    own = {"contains": lambda probe: 0.5 if probe.text == "Atlantis" else 0.0}
    rows = sit(lambda prompt: "Atlantis", scorers=own)
    assert {
        row["score"] for row, name in zip(rows, probes["scorer"].to_pylist(), strict=True) if name == "contains"
    } == {0.5}
    renamed = probes.set_column(probes.schema.get_field_index("scorer"), "scorer", pa.array(["none"] * probes.num_rows))
    with pytest.raises(PipelineError, match="There is no scorer 'none'"):
        with_facts(toy_kb, renamed, RETRIEVED.empty_table(), "en")


@pytest.mark.parametrize("name", SCORERS)
def test_every_scorer_says_what_it_does(name: str) -> None:
    assert SCORERS[name].description
    assert 0 <= SCORERS[name].score(AnsweredProbe("a", ["a"], token_accuracy=0.5)) <= 1
