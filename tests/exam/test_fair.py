"""Probes that a right answer earns, and that the rows and the question do not give away."""

from pathlib import Path

import pyarrow as pa
import pyarrow.compute as pc
import pytest

import kaug
from kaug.errors import LeakError
from kaug.evaluation.scorers.contains import score_answer
from kaug.exam.draw import draw_exam, exam_counts
from kaug.exam.leaks.guard import LeakGuard
from kaug.exam.leaks.held import held_out
from kaug.exam.settings import ExamSettings
from kaug.knowledge.build import build_kb

PREFIXES = """
@prefix : <urn:x:> .
@prefix rdfs: <http://www.w3.org/2000/01/rdf-schema#> .
@prefix owl: <http://www.w3.org/2002/07/owl#> .
"""
PAIRS = [("adal", "ivo"), ("bresk", "jolan"), ("corvin", "kestrel"), ("dunmar", "lumen"), ("elsop", "marit")]
PAIRS += [("farro", "nils"), ("gildas", "orsa"), ("hesper", "pell")]
EVERYTHING = ExamSettings(held_out_entities=1.0)


def write(path: Path, turtle: str) -> Path:
    path.write_text(PREFIXES + turtle, encoding="utf-8")
    return path


def test_no_probe_has_an_answer_that_the_scorer_cuts(tmp_path: Path) -> None:
    long, short = "a rock that " + "and ".join(["is old "] * 6) + "too", "a rock of large grains"
    file = write(tmp_path / "a.ttl", f':a :definition "{long}" . :b :definition "{short}" .')
    assert len(long.split()) == 21
    probes = draw_exam(build_kb([file]), EVERYTHING)
    assert {*map(tuple, probes.filter(pc.equal(probes["kind"], "recall"))["answers"].to_pylist())} == {(short,)}
    assert exam_counts(probes)["recall: questions with an answer of more than 16 words, or of none"] == 2
    assert all(score_answer(answers[0], answers) for answers in probes["answers"].to_pylist())


def test_no_probe_holds_its_answer(tmp_path: Path) -> None:
    file = write(
        tmp_path / "a.ttl", ':a rdfs:label "New York City" ; :state :b . :b rdfs:label "New York" . :c :state :d .'
    )
    probes = draw_exam(build_kb([file]), EVERYTHING)
    assert {*map(tuple, probes.filter(pc.equal(probes["kind"], "recall"))["answers"].to_pylist())} == {("d",)}
    assert exam_counts(probes)["recall: questions that hold an answer"] == 2
    assert not any(score_answer(probe["prompt"], probe["answers"]) for probe in probes.to_pylist())


@pytest.mark.parametrize(
    ("turtle", "options"),
    [
        ("".join(f":{a} :child :{b} . :{b} :parent :{a} . " for a, b in PAIRS), {}),
        ("".join(f":{a} :spouse :{b} . :{b} :spouse :{a} . " for a, b in PAIRS), {}),
        (
            ":spouse a owl:SymmetricProperty . :wife rdfs:subPropertyOf :spouse . "
            + "".join(f":{a} :wife :{b} . " for a, b in PAIRS),
            {"inference": "owl"},
        ),
    ],
    ids=["inverse", "symmetric", "inferred"],
)
def test_no_locality_probe_asks_for_what_a_taught_fact_says_otherwise(
    tmp_path: Path, turtle: str, options: dict
) -> None:
    kb = build_kb([write(tmp_path / "a.ttl", turtle)], limit=8, **options)
    exam = draw_exam(kb)
    subjects, _, objects = kb.columns()
    told = {frozenset((int(subjects[row]), int(objects[row]))) for row in kb.taught}
    local = [probe for probe in exam.to_pylist() if probe["kind"] == "locality"]
    assert local
    for probe in local:
        (row,) = (kb.row_of[fact] for fact in probe["facts"])
        assert frozenset((int(subjects[row]), int(objects[row]))) not in told
    assert exam_counts(exam)["locality: facts whose two ends stand together in a taught fact"] > 0


@pytest.mark.parametrize("joined", [False, True], ids=["by label", "by owl:sameAs"])
def test_what_is_known_by_two_iris_is_held_out_by_both(tmp_path: Path, joined: bool) -> None:
    one = "".join(f':{a} rdfs:label "{a.title()}" ; :capital :{b} . ' for a, b in PAIRS)
    other = "".join(f':x{a} rdfs:label "{a}{"y" * joined}" ; :cap :x{b} . ' for a, b in PAIRS)
    other += "".join(f":x{a} owl:sameAs :{a} . " for a, _ in PAIRS) if joined else ""
    names = (
        "".join(f':{b} rdfs:label "{b}" . :x{b} rdfs:label "{b}" . ' for _, b in PAIRS)
        + ':cap rdfs:label "capital city" .'
    )
    kb = build_kb([write(tmp_path / "a.ttl", one), write(tmp_path / "b.ttl", other + names)])
    exam = draw_exam(kb)
    iris = set(kb.terms["value"].take(held_out(kb, exam).entities.tolist()).to_pylist())
    countries = {iri.removeprefix("urn:x:") for iri in iris}
    assert len(countries) == 8
    assert {name for name, _ in PAIRS if name in countries} == {name for name, _ in PAIRS if f"x{name}" in countries}
    answers = {answer.lower() for row in exam.to_pylist() if row["kind"] == "recall" for answer in row["answers"]}
    asked = [row for row in kaug.closed_book_rows(kb, exam=exam) if row["form"] == "question"]
    assert len(answers) == 4
    assert asked
    assert not {row["completion"].lower() for row in asked} & answers


def test_the_guard_sees_every_fact_of_a_set(tmp_path: Path) -> None:
    kb = build_kb([write(tmp_path / "a.ttl", ":a :topping :ham , :olive .")])
    rows = kaug.closed_book_rows(kb, forms="question").data.table
    asked = rows.filter(pc.equal(rows["completion"], "ham and olive"))
    probe = draw_exam(kb, EVERYTHING).slice(0, 1)
    for fact in asked["facts"][0].as_py():
        of_one = probe.to_pylist()[0] | {"kind": "locality", "facts": [fact], "prompt": "x"}
        guard = LeakGuard(kb, pa.Table.from_pylist([of_one], probe.schema))
        with pytest.raises(LeakError, match="rests on a fact that the exam asks as not taught"):
            guard.check(asked)
