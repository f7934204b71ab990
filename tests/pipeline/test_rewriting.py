"""What rewriting takes, told before it begins: counted by hand, asking nobody unless it is timed."""

from pathlib import Path

import pytest

from kaug.knowledge.knowledge_base import load_kb
from kaug.pipeline.check import check, planned
from kaug.pipeline.project import Project, project_of
from kaug.pipeline.rewriting import RewriteCost, rewrite_cost
from kaug.pipeline.run import run_project
from kaug.pipeline.settings import Pipeline

NOBODY = "http://127.0.0.1:9/v1"
CAPITALS = {
    "Togo": "Lome", "Peru": "Lima", "Mali": "Bamako", "Chad": "Ndjamena", "Kenya": "Nairobi", "Ghana": "Accra",
    "Japan": "Tokyo", "Italy": "Rome", "Nepal": "Kathmandu",
}  # fmt: skip
FACTS = (
    "".join(f":{country} :capital :{city} .\n" for country, city in CAPITALS.items())
    + ":Chad :borders :Niger , :Sudan .\n"
)


def project(tmp_path: Path, model: str, **rewrite: object) -> Project:
    (tmp_path / "a.ttl").write_text(f"@prefix : <urn:x:> .\n{FACTS}")
    values = {"model": model, "fraction": 1.0, "forms": ["statement"]} | rewrite
    table = ", ".join(f"{key} = {value!r}".replace("'", '"') for key, value in values.items())
    text = f"""
        question = "?"
        knowledge = {{ sources = ["{tmp_path / "a.ttl"}"] }}
        augmentation = {{ forms = ["statement", "question"], arms = ["augmented"], templates = 1, rewrite = {{ {table} }} }}
        training = {{ tokens = 1000, model = "{model}" }}
        exam = {{ probes_per_kind = {{ recall = 3 }} }}
    """
    return project_of(Pipeline.parse(text), tmp_path / "out")


@pytest.fixture(autouse=True)
def cache(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("KAUG_CACHE_DIR", str(tmp_path / "cache"))


def test_a_check_counts_rows_and_tokens_and_asks_nobody(tmp_path: Path, tiny_model: Path) -> None:
    counts = check(project(tmp_path, str(tiny_model), endpoint=NOBODY, price_read=1e6, price_written=1e6), "augment")
    assert counts["rows to rewrite"] == counts["rewrites to ask for"] == 11  # one statement each
    read, written = counts["tokens read for them, about"], counts["tokens written, about"]
    sentences = [f"The capital of {country} is {city}." for country, city in CAPITALS.items()]
    assert written == len("".join([*sentences, "Chad borders Niger.", "Chad borders Sudan."])) // 4
    assert read > 11 * 50
    assert counts["price, about"] == read + written


def test_the_first_few_are_timed_and_kept(tmp_path: Path, tiny_model: Path) -> None:
    one = project(tmp_path, str(tiny_model))
    kb = run_project(one, "knowledge").open("1-knowledge", load_kb)
    cost = rewrite_cost(one, kb, measure=True)
    assert cost is not None
    assert cost.asked == 11
    assert cost.seconds is not None
    assert cost.seconds > 0
    again = rewrite_cost(one, kb)
    assert again is not None
    assert again.asked == 11 - 1 - 5  # the first, and every second of the other ten
    assert again.rows == 11


def test_a_run_writes_the_rows_and_a_second_one_asks_nobody(
    tmp_path: Path, tiny_model: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    one = project(tmp_path, str(tiny_model))
    made = run_project(one, "augment")["4-shards/augmented"]
    left_out = {name: count for name, count in made.counts.items() if name.startswith("rewrites left out")}
    assert sum(left_out.values()) == 11
    assert made.counts["rows rewritten"] == 0
    assert {stage.state for stage in planned(one, "augment")} == {"finished"}
    card = (made.path / "README.md").read_text(encoding="utf-8")
    assert f"the language model {tiny_model} put some into other words" in card
    one.rebuild = True
    monkeypatch.setattr("kaug.models.generate.generate", lambda *_, **__: pytest.fail("was asked"))
    assert run_project(one, "augment")["4-shards/augmented"].digest == made.digest


def test_another_price_makes_nothing_again(tmp_path: Path, tiny_model: Path) -> None:
    run_project(project(tmp_path, str(tiny_model)), "augment")
    dearer = project(tmp_path, str(tiny_model), price_read=2.0)
    assert {stage.state for stage in planned(dearer, "augment")} == {"finished"}
    other = project(tmp_path, str(tiny_model), style="child")
    assert {stage.stage.name for stage in planned(other, "augment") if stage.state == "make"} == {"4-shards/augmented"}


def test_a_cost_is_told_in_a_line() -> None:
    cost = RewriteCost("m", NOBODY, 1200, 1000, 60000, 8000, 0.5, 90.0)
    assert str(cost) == (
        f"1,200 rows by m at {NOBODY}, 1,000 not yet asked for: about 60,000 tokens read and 8,000 written; "
        "price: about 0.50; about 2 min"
    )
