from collections import Counter
from collections.abc import Callable

import pytest

from kaug.arms import ARMS
from kaug.augmentation.arms import arm_rows
from kaug.augmentation.rows import concat_rows
from kaug.augmentation.settings import AugmentationSettings
from kaug.augmentation.splits import (
    PHRASED,
    by_entity,
    exam_rows,
    facts_kept_apart,
    templates_kept_apart,
    worded,
)
from kaug.exam.draw import draw_exam
from kaug.exam.settings import ExamSettings
from kaug.knowledge.build import build_kb
from kaug.knowledge.knowledge_base import KnowledgeBase
from kaug.tables import EXAMPLES, PROBES, check_table
from kaug.wording.wording import Wording

LEXICON = """@prefix : <urn:x:> . @prefix kaug: <https://w3id.org/kaug/ns#> .
:capital kaug:statement "The capital of {s} is {o}."@en, "{s} has {o} as its capital."@en, "In {s}, {o} is the capital."@en,
        "{o} is the capital of {s}."@en, "{o} serves as the capital of {s}."@en ;
    kaug:question "What is the capital of {s}?"@en, "Which city is the capital of {s}?"@en ;
    kaug:inverseQuestion "Whose capital is {o}?"@en, "{o} is the capital of what?"@en ;
    kaug:exam "Name the capital of {s}."@en ; kaug:inverseExam "Name the land whose capital is {o}."@en .
"""


@pytest.fixture(scope="module")
def lands(tmp_path_factory: pytest.TempPathFactory) -> KnowledgeBase:
    """A hundred lands, each with a capital and a neighbour, which is the next land; and the neighbour's fact back."""
    folder = tmp_path_factory.mktemp("lands")
    (folder / "lexicon.ttl").write_text(LEXICON, encoding="utf-8")
    lines = [
        f":land{n} :capital :town{n} ; :leader :person{n} . :person{n} :leads :land{n} . :land{n} :continent :c{n % 3} ."
        for n in range(100)
    ]
    (folder / "a.ttl").write_text("@prefix : <urn:x:> . " + "\n".join(lines), encoding="utf-8")
    return build_kb(folder / "a.ttl", lexicon=folder / "lexicon.ttl")


def ids(kb: KnowledgeBase, chosen: Callable[[str, str, str], bool]) -> set[str]:
    terms = [value.rpartition(":")[2] for value in kb.terms["value"].to_pylist()]
    triples = zip(*(column.tolist() for column in kb.columns()), strict=True)
    return {
        fact
        for fact, triple in zip(kb.hex_ids.to_pylist(), triples, strict=True)
        if chosen(*(terms[term] for term in triple))
    }


def test_the_exam_is_rows_of_the_same_columns(toy_kb: KnowledgeBase) -> None:
    probes = draw_exam(toy_kb, ExamSettings(), texts=["One sentence. And another one that goes on for long."] * 4)
    rows = check_table(exam_rows(probes), "examples")
    assert rows["id"].to_pylist() == probes["id"].to_pylist()
    assert rows["prompt"].to_pylist() == probes["prompt"].to_pylist()
    assert rows["completion"].to_pylist() == [answers[0] for answers in probes["answers"].to_pylist()]
    assert rows["form"].to_pylist() == probes["kind"].to_pylist()
    assert rows["facts"].to_pylist() == probes["facts"].to_pylist()
    tasks = {"continuation": "language-modelling", "contains": "question-answering"}
    assert rows["task"].to_pylist() == [tasks[scorer] for scorer in probes["scorer"].to_pylist()]
    assert exam_rows(PROBES.empty_table()).equals(EXAMPLES.empty_table())


def test_facts_about_an_entity_are_kept_apart_all_or_none_and_as_many_as_said(lands: KnowledgeBase) -> None:
    apart = set(facts_kept_apart(lands, PROBES.empty_table(), 0.2, seed=1).to_pylist())
    held = {n for n in range(100) if ids(lands, lambda s, p, o, n=n: (s, p) == (f"land{n}", "capital")) <= apart}
    assert 10 <= len(held) <= 30  # of lands and persons alike
    for n in range(100):
        about = ids(lands, lambda s, p, o, n=n: s == f"land{n}")
        inverse = ids(lands, lambda s, p, o, n=n: (s, o) == (f"person{n}", f"land{n}"))
        assert (
            (about | inverse <= apart)
            if n in held
            else not (about & apart) - ids(lands, lambda s, p, o, n=n: p == "leader")
        )
    assert apart == set(facts_kept_apart(lands, PROBES.empty_table(), 0.2, seed=1).to_pylist())
    assert apart != set(facts_kept_apart(lands, PROBES.empty_table(), 0.2, seed=2).to_pylist())
    assert not len(facts_kept_apart(lands, PROBES.empty_table(), 0.0, seed=1))


def test_what_the_exam_asks_is_taught(lands: KnowledgeBase) -> None:
    probes = draw_exam(lands, ExamSettings(probes_per_kind=20, held_out_entities=0.2))
    apart = set(facts_kept_apart(lands, probes, 0.5, seed=0).to_pylist())
    asked = {fact for facts in probes["facts"].to_pylist() for fact in facts}
    assert asked
    assert apart
    assert not asked & apart


def test_rows_of_validation_by_entity_share_no_fact_with_train(lands: KnowledgeBase) -> None:
    rows, _ = arm_rows(
        lands, ARMS["augmented"], PROBES.empty_table(), ["t"], ["A text."], AugmentationSettings(replay=0.1)
    )
    apart = facts_kept_apart(lands, PROBES.empty_table(), 0.2, seed=1)
    left_out = Counter[str]()
    splits = {name: part.to_pylist() for name, part in by_entity(rows, apart, left_out)}
    stated = {name: {fact for row in part for fact in row["facts"]} for name, part in splits.items()}
    assert stated["validation_entity"] == set(apart.to_pylist())
    assert not stated["train"] & stated["validation_entity"]
    assert [row["id"] for row in splits["train"] if row["family"] == "text"] != []
    held = [[fact in stated["validation_entity"] for fact in row["facts"]] for row in rows.to_pylist()]
    mixed = [row for row in held if 0 < sum(row) < len(row)]
    assert left_out == {"rows left out: facts of train and of validation_entity": len(mixed)}
    assert len(mixed) > 0
    assert sum(map(len, splits.values())) + len(mixed) == rows.num_rows
    assert dict(by_entity(rows, apart.slice(0, 0), left_out))["train"].equals(rows)


def test_templates_are_in_train_or_in_validation_by_phrasing(lands: KnowledgeBase) -> None:
    wording = Wording(lands)
    held = templates_kept_apart([wording], 0.5, seed=0)
    assert held
    texts = {text for _, _, text in held}
    firsts = {
        "The capital of {s} is {o}.",
        "{o} is the capital of {s}.",
        "What is the capital of {s}?",
        "Whose capital is {o}?",
    }
    assert not texts & firsts
    others = {"{s} has {o} as its capital.", "In {s}, {o} is the capital.", "{o} serves as the capital of {s}."}
    others |= {"Which city is the capital of {s}?", "{o} is the capital of what?"}
    assert 0 < len(texts & others) < len(others)
    settings = AugmentationSettings(forms=list(PHRASED))
    whole, train, validation = (
        arm_rows(lands, ARMS["augmented"], PROBES.empty_table(), [], [], settings, wording=make)[0].to_pylist()
        for make in (Wording, worded(held, of=False), worded(held, of=True))
    )
    said = [{row["prompt"] or row["completion"] for row in rows} for rows in (train, validation)]
    for text in firsts | others:
        for_land = text.replace("{s}", "land7").replace("{o}", "town7")
        assert [for_land in rows for rows in said] == [text not in texts, text in texts]
    assert not said[0] & said[1]
    assert {row["id"] for row in train} | {row["id"] for row in validation} == {row["id"] for row in whole}
    assert templates_kept_apart([wording], 0.0, seed=0) == frozenset()
    assert templates_kept_apart([wording], 0.5, seed=1) != held


def test_concatenated_blocks_are_divided_as_the_whole(lands: KnowledgeBase) -> None:
    rows, _ = arm_rows(lands, ARMS["augmented"], PROBES.empty_table(), [], [])
    apart = facts_kept_apart(lands, PROBES.empty_table(), 0.2, seed=1)
    whole = dict(by_entity(rows, apart, Counter()))
    cut = [
        part for start in range(0, rows.num_rows, 100) for part in by_entity(rows.slice(start, 100), apart, Counter())
    ]
    for name, part in whole.items():
        assert concat_rows([some for split, some in cut if split == name]).equals(part.combine_chunks())
