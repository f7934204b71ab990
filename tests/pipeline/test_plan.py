"""The plan of a run: counts that are known by hand, and the warnings that each fault brings."""

import re
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pytest

from kaug.augmentation.rows import concat_rows, make_rows
from kaug.cli.show_plan import plan_content, plan_lines
from kaug.knowledge.knowledge_base import KnowledgeBase
from kaug.models.find import load_tokenizer
from kaug.pipeline.plan import ArmPlan, FormPlan, Plan, bits_to_learn, gini, plan_arm
from kaug.pipeline.plan_warnings import WARNINGS, warnings_of
from kaug.training.pace import Pace, measure_pace
from kaug.training.settings import TrainingSettings
from kaug.training.tokens import encode_rows

TAUGHT = pa.array(["a" * 32, "b" * 32, "c" * 32])


def rows_of(form: str, texts: list[str], facts: list[list[str]], prompts: list[str] | None = None) -> pa.Table:
    return make_rows(
        family="text" if form == "text" else "closed-book",
        form=form,
        task="language-modelling",
        prompts=pa.array(prompts) if prompts else None,
        completions=pa.array(texts),
        facts=[[fact * 32 for fact in some] for some in facts],
        spans=[[] for _ in texts],
    )


STATED = rows_of("statement", ["Lima is in Peru."] * 4, [["a"], ["a"], ["a", "b"], ["a"]])
ASKED = rows_of("question", ["Lima"], [["b"]], ["What is the capital of Peru?"])
PROSE = rows_of("text", ["The rain had washed the road away."] * 2, [[], []])


def planned(rows: pa.Table, model: Path, *, tokens: int = 1000, replay: float = 0.0, **settings: Any) -> ArmPlan:
    return plan_arm(rows, TAUGHT, model, TrainingSettings(tokens=tokens, **settings), replay=replay)


def test_exposures_are_the_rows_of_a_fact_times_the_passes(tiny_model: Path) -> None:
    plan = planned(concat_rows([STATED, ASKED]), tiny_model)
    length = encode_rows(concat_rows([STATED, ASKED]), load_tokenizer(tiny_model)).offsets[-1]
    assert (plan.rows, plan.tokens, plan.share) == (5, length, 1.0)
    assert plan.passes == pytest.approx(1000 / length)
    # a is in four rows, b in two, c in none
    assert plan.exposures == pytest.approx((0, 2 * plan.passes, 4 * plan.passes))
    assert plan.unseen == 1
    assert plan.phrasings == 1  # of b, whose other row asks
    assert plan.gini == pytest.approx(4 / 9)  # half of the mean difference of 4, 2, 0, which is 16 / 9, over 2
    assert not plan.estimated


def test_prose_takes_its_share_of_the_tokens(tiny_model: Path) -> None:
    rows = concat_rows([STATED, PROSE])
    replayed, mixed = planned(rows, tiny_model, replay=0.25), planned(rows, tiny_model)
    about = replayed.forms["statement"].tokens
    assert replayed.share == 0.75
    assert replayed.passes == pytest.approx(750 / about)
    assert mixed.share == pytest.approx(about / (about + replayed.forms["text"].tokens))
    assert mixed.passes == pytest.approx(1000 / mixed.tokens)
    assert planned(STATED, tiny_model, replay=0.25).share == 1.0  # there is no prose to replay


def test_the_tokens_of_many_rows_are_estimated_from_some(tiny_model: Path) -> None:
    one = rows_of("statement", ["Lima is in Peru."], [["a"]])
    many = planned(pa.concat_tables([one] * 1_500), tiny_model)
    assert many.estimated
    assert many.forms["statement"] == FormPlan(1_500, 1_500 * planned(one, tiny_model).tokens, 0.0)


def test_rows_that_are_cut_are_counted(tiny_model: Path) -> None:
    rows = rows_of("statement", ["Lima.", "Lima is in Peru, and Peru is by the sea, and so on."], [["a"], ["b"]])
    assert planned(rows, tiny_model, max_length=16).forms["statement"].long == 0.5


def test_each_fact_has_the_bits_of_a_choice_among_the_objects_of_its_predicate(toy_kb: KnowledgeBase) -> None:
    # 8 capitals among 8, 9 currencies among 8, and 3 of the 5 uses of tools.
    assert bits_to_learn(toy_kb) == pytest.approx(8 * 3 + 9 * 3 + 3 * np.log2(5))


def test_a_pace_is_that_of_a_few_steps_of_the_training_itself(tiny_model: Path) -> None:
    steps: list[int] = []
    pace = measure_pace(
        STATED,
        tiny_model,
        TrainingSettings(tokens=16, step_tokens=32),
        steps=3,
        progress=lambda n, _="": steps.append(n),
    )
    length = encode_rows(STATED, load_tokenizer(tiny_model)).offsets[1]
    assert (pace.steps, len(steps)) == (3, 4)
    assert pace.tokens % length == 0
    assert 3 * (32 - length) < pace.tokens < 3 * (32 + length)
    assert pace.seconds > 0
    assert pace.memory > 1e8  # torch alone takes more
    assert pace.per_token == pace.seconds / pace.tokens


GOOD = Plan(
    headline="augmented",
    arms={
        "augmented": ArmPlan(
            {form: FormPlan(100, 1000, 0.0) for form in ("statement", "reversed", "question", "path")},
            estimated=False, passes=2.0, exposures=(10.0, 20.0, 30.0), gini=0.1, unseen=0, phrasings=8.0, share=0.9,
        )
    },
    facts=100, known=400, bits=700.0, parameters=10**6, probes={"recall": 100, "reverse": 50, "compose": 50}, seeds=3,
    training=TrainingSettings(tokens=8_000, learning_rate=5e-4), trainings=3, pace=Pace(4, 512, 8.0, 3 * 10**9, "cpu"),
)  # fmt: skip


def with_arm(**changes: Any) -> Plan:
    return replace(GOOD, arms={"augmented": replace(GOOD.arm, **changes)})


def without(form: str) -> Plan:
    return with_arm(forms={name: plan for name, plan in GOOD.arm.forms.items() if name != form})


FAULTS: dict[str, tuple[Plan, str, str]] = {
    "unseen-facts": (with_arm(unseen=7), "7 of 100 facts are in no row", "lexicon"),
    "few-exposures": (with_arm(exposures=(0.5, 2.0, 3.0)), "shown 2.0 times or less", "training.tokens = 56_000"),
    "one-phrasing": (with_arm(phrasings=1.0), "one row or none", "augmentation.templates"),
    "uneven": (with_arm(gini=0.8), "Gini 0.80", "knowledge.exclude"),
    "untaught-recall": (without("question"), "100 probes of the kind recall", 'augmentation.forms with "question"'),
    "untaught-reverse": (without("reversed"), "50 probes of the kind reverse", 'augmentation.forms with "reversed"'),
    "untaught-compose": (without("path"), "50 probes of the kind compose", 'augmentation.forms with "path"'),
    "untaught-pattern": (
        replace(without("path"), probes={"pattern": 40}),
        "40 probes of the kind pattern",
        'augmentation.forms with "path"',
    ),
    "small-share": (with_arm(share=0.1), "10% of the tokens", "augmentation.replay"),
    "capacity": (replace(GOOD, bits=3e6), "3,000,000 bits, and the model 2,000,000", "training.model"),
    "learning-rate": (
        replace(GOOD, training=TrainingSettings(tokens=8_000, learning_rate=1e-5)),
        "is 1e-05",
        "training.learning_rate = 5e-4",
    ),
    "long-rows": (with_arm(forms={**GOOD.arm.forms, "passage": FormPlan(9, 9, 0.4)}), "40% of passage", "max_length = 1024"),
    "few-probes": (replace(GOOD, probes={"recall": 16}), "recall has 16 probes; no gain below about 0.25", "probes_per_kind"),
    "few-seeds": (replace(GOOD, seeds=1), "one training of each arm", "seeds = [0, 1, 2]"),
}  # fmt: skip


def test_a_good_plan_has_no_warning() -> None:
    assert warnings_of(GOOD) == {}


def test_every_warning_is_tried() -> None:
    assert list(FAULTS) == list(WARNINGS)


@pytest.mark.parametrize("name", FAULTS)
def test_a_fault_brings_its_warning_alone_and_the_setting_that_mends_it(name: str) -> None:
    plan, says, mend = FAULTS[name]
    found = warnings_of(plan)
    assert list(found) == [name]
    assert says in found[name][0]
    assert mend in found[name][1]


def test_lora_has_rates_of_its_own() -> None:
    def rate(value: float) -> Plan:
        return replace(GOOD, training=TrainingSettings(tokens=8_000, learning_rate=value, adapter="lora"))

    assert [list(warnings_of(rate(value))) for value in (5e-4, 3e-3)] == [["learning-rate"], []]


def test_a_plan_is_told_in_lines_and_in_json() -> None:
    lines = plan_lines(with_arm(unseen=7))
    assert lines[0] == "100 of the 400 facts of the knowledge base, 8,000 tokens for each of 3 trainings"
    assert "  augmented   400   4,000     2.0            10.0 / 20.0 / 30.0  0.10        90%" in lines
    assert lines[-4:] == [
        "to learn: about 700 bits; 1,000,000 weights hold 2,000,000 at most, 2 each",
        "training: about 6 min in all on this machine (cpu), 64.0 tokens a second by 4 of its steps; peak memory 3.00 GB",
        "warning: 7 of 100 facts are in no row, so they cannot be learnt.",
        "  mend: templates for their predicates in the lexicon (kaug lexicon lists them), or more augmentation.forms",
    ]
    content = plan_content(with_arm(unseen=7))
    assert content["seconds"] == pytest.approx(3 * 8_000 * 8 / 512)
    assert [warning["name"] for warning in content["warnings"]] == ["unseen-facts"]
    assert content["arms"]["augmented"]["exposures"] == (10.0, 20.0, 30.0)


def test_gini_is_near_one_where_one_fact_takes_all() -> None:
    assert gini(np.array([0] * 99 + [5])) == pytest.approx(0.99)
    assert gini(np.array([0, 0])) == 0.0


def test_the_page_lists_every_warning() -> None:
    page = (Path(__file__).parents[2] / "docs" / "plan.md").read_text(encoding="utf-8")
    table = page[page.index("| warning | if |") : page.index("A warning is an entry")]
    assert re.findall(r"^\| `([a-z-]+)` \|", table, re.MULTILINE) == list(WARNINGS)
