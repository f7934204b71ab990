from collections import Counter
from collections.abc import Callable, Sequence

import numpy as np
import pyarrow as pa
import pytest
from numpy.typing import NDArray

from kaug.arms import ARMS as ALL_ARMS
from kaug.augmentation.arms import RECIPES, ArmInput, arm_rows, find_recipe, shuffle_objects
from kaug.augmentation.forms import FORMS, Form, find_forms
from kaug.augmentation.rows import Facts, Options, concat_rows, facts_to_teach, single_fact_rows
from kaug.augmentation.settings import AugmentationSettings
from kaug.errors import LeakError, PipelineError
from kaug.exam.draw import draw_exam
from kaug.exam.settings import ExamSettings
from kaug.knowledge.build import build_kb
from kaug.knowledge.knowledge_base import KnowledgeBase
from kaug.retrieval.retriever import RETRIEVED
from kaug.tables import PROBES
from kaug.wording.wording import Wording

Term = Callable[[str], int]
ARMS = ("text", "repeated", "shuffled", "augmented")
NOBODY = np.zeros(0, np.uint32)


@pytest.fixture(scope="module")
def held_out(toy_term: Term) -> NDArray[np.uint32]:
    return np.array(sorted(map(toy_term, ("netherlands", "togo", "bhutan", "hammer"))), np.uint32)


def write(kb: KnowledgeBase, arm: str, held_out: NDArray[np.uint32] = NOBODY, **settings: object) -> list[dict]:
    return closed_book(kb, arm, held_out, **settings)[0].to_pylist()


def closed_book(
    kb: KnowledgeBase,
    arm: str,
    held_out: NDArray[np.uint32] = NOBODY,
    languages: Sequence[str] = ("en",),
    seed: int = 0,
    **settings: object,
) -> tuple[pa.Table, Counter[str]]:
    wordings = [Wording(kb, language) for language in languages]
    given = ArmInput(wordings, AugmentationSettings(**settings), held_out, seed=seed)
    pieces = list(RECIPES[arm].pieces(given))
    return concat_rows([table for piece in pieces for table in piece()]), given.counts


def whole_arm(kb: KnowledgeBase, arm: str, probes: pa.Table, ids: list[str], texts: list[str], find, **settings):
    return arm_rows(kb, ALL_ARMS[arm], probes, ids, texts, AugmentationSettings(**settings), find=find)


def triples(kb: KnowledgeBase) -> set[tuple[int, ...]]:
    rows = np.arange(kb.facts.num_rows, dtype=np.int64)
    return {tuple(map(int, triple)) for triple in zip(*kb.columns(rows), strict=True)}


def spoken(facts: Facts) -> list[tuple[int, ...]]:
    columns = (facts.subjects, facts.predicates, facts.objects)
    return [tuple(map(int, triple)) for triple in zip(*columns, strict=True)]


@pytest.mark.slow
def test_repeated_says_every_fact_once_and_every_sentence_of_some_fact(
    toy_kb: KnowledgeBase, held_out: NDArray
) -> None:
    facts = sorted(toy_kb.hex_ids[int(row)].as_py() for row in toy_kb.taught)
    every = {
        row["completion"]: row["form"]
        for row in write(toy_kb, "augmented", held_out)
        if row["form"] in ("statement", "reversed")
    }
    met: set[str] = set()
    for seed in range(30):
        rows = write(toy_kb, "repeated", held_out, seed=seed)
        assert sorted(row["facts"][0] for row in rows) == facts
        assert {row["completion"]: row["form"] for row in rows}.items() <= every.items()
        met.update(row["completion"] for row in rows)
        assert rows == write(toy_kb, "repeated", held_out, seed=seed)
    assert met == set(every)  # the draw leaves no sentence of any fact out


def test_text_has_no_closed_book_row(toy_kb: KnowledgeBase, held_out: NDArray) -> None:
    assert write(toy_kb, "text", held_out) == []


def test_augmented_counts_by_form_as_worked_out_by_hand(toy_kb: KnowledgeBase, held_out: NDArray) -> None:
    everything = Counter(row["form"] for row in write(toy_kb, "augmented"))
    assert everything.pop("passage") in range(8, 17)  # two for each country, less those that came out equal
    assert everything == {
        "statement": 8 * 2 + 9 + 3,
        "reversed": 8 + 9 + 3,
        "question": 8 + 8 + 3,  # both currencies of Bhutan in one
        "inverse-question": 8 + 8 + 3,  # both countries that pay in euros in one
        "path": 8,  # by capital to currency
    }
    # Held out: Netherlands and Togo (2 facts each), Bhutan (3), the hammer (1).
    open_only = Counter(row["form"] for row in write(toy_kb, "augmented", held_out))
    # Nobody asks where people pay in euros: they do in the Netherlands too.
    assert (open_only["question"], open_only["inverse-question"], open_only["path"]) == (12, 11, 5)
    assert (open_only["statement"], open_only["reversed"]) == (28, 20)


@pytest.mark.parametrize("arm", ARMS)
def test_no_arm_asks_about_held_out_entities_but_all_state_them(
    toy_kb: KnowledgeBase, held_out: NDArray, toy_term: Term, arm: str
) -> None:
    rows = write(toy_kb, arm, held_out)
    names = ("Netherlands", "Holland", "Togo", "Bhutan", "hammer")
    for row in rows:
        if row["task"] == "question-answering":
            asked = toy_kb.columns(np.array([toy_kb.row_of[fact] for fact in row["facts"]]))[0]
            assert not set(asked.tolist()) & set(held_out.tolist())
            assert not any(name in row["prompt"] + row["completion"] for name in names)
        else:
            assert row["prompt"] == ""
    stated = {fact for row in rows for fact in row["facts"]}
    assert len(stated) == (0 if arm == "text" else 20)


def test_shuffled_states_no_true_triple_and_keeps_the_objects_of_each_predicate(toy_kb: KnowledgeBase) -> None:
    facts = facts_to_teach(toy_kb)
    for seed in range(5):
        false, lost = shuffle_objects(toy_kb, facts, seed=seed)
        assert lost == 0
        assert not set(spoken(false)) & triples(toy_kb)
        np.testing.assert_array_equal(false.rows, facts.rows)
        np.testing.assert_array_equal(false.subjects, facts.subjects)
        for predicate in np.unique(facts.predicates):
            of = facts.predicates == predicate
            assert Counter(false.objects[of].tolist()) == Counter(facts.objects[of].tolist())
    assert spoken(shuffle_objects(toy_kb, facts, seed=1)[0]) == spoken(shuffle_objects(toy_kb, facts, seed=1)[0])
    assert spoken(shuffle_objects(toy_kb, facts, seed=1)[0]) != spoken(shuffle_objects(toy_kb, facts, seed=2)[0])


@pytest.mark.slow
def test_shuffled_has_as_many_rows_of_each_form_as_augmented(toy_kb: KnowledgeBase, held_out: NDArray) -> None:
    for seed in range(3):
        true = write(toy_kb, "augmented", held_out, seed=seed)
        false = write(toy_kb, "shuffled", held_out, seed=seed)
        assert Counter(row["form"] for row in true) == Counter(row["form"] for row in false)
        # An inverse question names the object, and so asks for other facts when objects are shuffled.
        mine, other = ([row["facts"] for row in rows if row["form"] != "inverse-question"] for rows in (true, false))
        assert mine == other
        said = {row["completion"] for row in true if row["form"] in ("statement", "reversed")}
        assert not said & {row["completion"] for row in false}


def test_facts_that_any_object_makes_true_are_left_out_and_counted(tmp_path) -> None:
    file = tmp_path / "a.ttl"
    file.write_text("@prefix : <urn:x:> . :a :p :one . :b :p :one . :c :q :two . :d :q :three .", encoding="utf-8")
    kb = build_kb([file])
    false, lost = shuffle_objects(kb, facts_to_teach(kb))
    assert lost == 2  # whatever :p gets is :one, and :one is true
    assert len(false.rows) == 2
    rows, counts = closed_book(kb, "shuffled")
    assert counts["facts left out: every other object is true too"] == 2
    assert {len(of) for of in rows["facts"].to_pylist()} == {1}
    assert len({of[0] for of in rows["facts"].to_pylist()}) == 2


def test_the_seed_decides_the_passages_and_nothing_else(toy_kb: KnowledgeBase, held_out: NDArray) -> None:
    one, same, other = (write(toy_kb, "augmented", held_out, seed=seed) for seed in (0, 0, 1))
    assert one == same
    assert [row["id"] for row in one if row["form"] != "passage"] == [
        row["id"] for row in other if row["form"] != "passage"
    ]
    assert {row["id"] for row in one if row["form"] == "passage"} != {
        row["id"] for row in other if row["form"] == "passage"
    }


def test_duplicates_are_removed_and_counted(tmp_path) -> None:
    source, lexicon = tmp_path / "a.ttl", tmp_path / "lexicon.ttl"
    source.write_text("@prefix : <urn:x:> . :a :p :b . :c :p :d .", encoding="utf-8")
    lexicon.write_text(
        "@prefix : <urn:x:> . @prefix kaug: <https://w3id.org/kaug/ns#> .\n"
        ':p kaug:statement "{s} → {o}" ; kaug:question "{s} → ?" ; kaug:inverseQuestion "? → {o}" .',
        encoding="utf-8",
    )
    kb = build_kb([source], lexicon=lexicon, languages=("en", "zh"))
    # A template without a language serves every language, and so is written twice.
    rows, counts = closed_book(kb, "augmented", forms=["statement", "question"], languages=("en", "zh"))
    assert sorted(rows["completion"].to_pylist()) == ["A → b", "C → d", "a", "b", "c", "d"]
    assert counts["rows left out: duplicates"] == 6
    assert len(set(rows["id"].to_pylist())) == rows.num_rows


def test_forms_and_languages_choose_what_is_written(toy_kb: KnowledgeBase) -> None:
    rows = write(toy_kb, "augmented", forms=["reversed"], languages=("en", "zh"))
    assert {row["form"] for row in rows} == {"reversed"}
    assert {row["language"] for row in rows} == {"en", "zh"}
    assert {row["completion"] for row in rows if "巴黎" in row["completion"]} == {
        "capital：巴黎 — 法国",
        "巴黎 ← capital ← 法国",
        '{"capital": "巴黎", "对象": "法国"}',
    }
    rows = write(toy_kb, "augmented", forms=["question"], languages=("zh",))
    assert {row["prompt"] for row in rows if row["completion"] == "巴黎"} == {"法国的首都是哪里?"}
    assert write(toy_kb, "augmented", forms=[]) == []


def test_no_question_asks_about_a_held_out_entity_from_its_other_end(tmp_path) -> None:
    """What borders a held-out country is asked in the exam; so no question may tell it from the neighbour's side."""
    file = tmp_path / "a.ttl"
    file.write_text(
        "@prefix : <urn:x:> . :aa :borders :bb . :bb :borders :aa, :cc . :cc :borders :bb . :dd :borders :ee . "
        ":ff :borders :gg .",
        encoding="utf-8",
    )
    kb = build_kb([file])
    number = {value: row for row, value in enumerate(kb.terms["value"].to_pylist())}
    kept = np.array([number["urn:x:aa"]], np.uint32)
    for arm in ("augmented", "shuffled"):
        rows = [row for row in write(kb, arm, kept) if row["task"] == "question-answering"]
        assert rows
        true = [kb.columns(np.array([kb.row_of[fact] for fact in row["facts"]])) for row in rows]
        assert not any(number["urn:x:aa"] in columns[end] for columns in true for end in (0, 2))
    augmented = [row for row in write(kb, "augmented", kept) if row["task"] == "question-answering"]
    assert not any("aa" in row["prompt"] + row["completion"] for row in augmented)


@pytest.mark.slow
def test_rows_are_examples_with_unique_ids(toy_kb: KnowledgeBase, held_out: NDArray) -> None:
    for arm in ARMS:
        table, _ = closed_book(toy_kb, arm, held_out, languages=("en", "zh"))
        assert len(set(table["id"].to_pylist())) == table.num_rows
        assert table.column("facts").type == pa.list_(pa.string())


TEXTS = [
    "The harbour of the old town lies quiet in the morning, and gulls cry over the boats of the fishermen there.",
    "Bread is baked of flour, water, salt and yeast, and it must rise for some hours before it goes to the oven.",
    "Trains leave the northern station at every full hour, except on Sundays, when there is only the one at noon.",
    "She had packed two shirts, a map of the hills, bread for a day, and nothing at all against the rain of May.",
]
IDS = ["harbour", "bread", "trains", "hills"]


class Finder:
    """Finds the nth fact that is allowed in the nth of TEXTS, at its first word; remembers what it was asked."""

    def __init__(self, kb: KnowledgeBase) -> None:
        self.kb = kb
        self.asked: list[tuple[list[str], NDArray[np.bool_]]] = []

    def __call__(self, texts: Sequence[str], allowed: NDArray[np.bool_]) -> pa.Table:
        self.asked.append((list(texts), allowed))
        rows = np.flatnonzero(allowed)[[TEXTS.index(text) for text in texts]].tolist()
        found = [
            {"text": n, "rank": 1, "row": row, "fact": self.kb.hex_ids[row].as_py(), "score": 1.0, "reason": "linked"}
            | {"start": 0, "end": len(texts[n].split(" ")[0])}
            for n, row in enumerate(rows)
        ]
        return pa.Table.from_pylist(found, schema=RETRIEVED)


@pytest.fixture(scope="module")
def probes(toy_kb: KnowledgeBase) -> pa.Table:
    return draw_exam(toy_kb, ExamSettings(held_out_texts=0.25), texts=TEXTS)


@pytest.fixture(scope="module")
def free_texts(probes: pa.Table) -> list[str]:
    (passage,) = (
        probe["prompt"] + probe["answers"][0] for probe in probes.to_pylist() if probe["kind"] == "continuation"
    )
    return [text for text in TEXTS if text != passage]


@pytest.mark.slow
def test_held_out_passages_stand_in_no_arm_and_are_counted(toy_kb, probes, free_texts) -> None:
    for arm in ARMS:
        table, counts = whole_arm(toy_kb, arm, probes, IDS, TEXTS, find=Finder(toy_kb), inject=["before"], replay=0.3)
        rows = table.to_pylist()
        assert counts["texts left out: held out for the exam"] == 1
        plain = [row for row in rows if row["family"] == "text"]
        assert sorted(row["completion"] for row in plain) == sorted(free_texts)
        assert all(row["text_id"] == IDS[TEXTS.index(row["completion"])] for row in plain)


@pytest.mark.slow
def test_without_replay_only_the_arm_text_has_plain_texts(toy_kb, probes, free_texts) -> None:
    for arm in ARMS:
        for replay in (0.0, 0.1):
            table, _ = whole_arm(toy_kb, arm, probes, IDS, TEXTS, find=Finder(toy_kb), replay=replay)
            expected = free_texts if replay or arm == "text" else []
            assert [row["completion"] for row in table.to_pylist() if row["family"] == "text"] == expected


def test_facts_are_found_for_free_texts_and_never_those_of_locality_probes(toy_kb, probes, free_texts) -> None:
    find = Finder(toy_kb)
    for arm in ARMS:
        whole_arm(toy_kb, arm, probes, IDS, TEXTS, find=find, inject=["before"])
    assert [texts for texts, _ in find.asked] == [free_texts, free_texts]  # shuffled, augmented
    local = {
        toy_kb.row_of[fact] for probe in probes.to_pylist() if probe["kind"] == "locality" for fact in probe["facts"]
    }
    assert len(local) == 2
    shown = {
        arm: np.flatnonzero(allowed) for arm, (_, allowed) in zip(("shuffled", "augmented"), find.asked, strict=True)
    }
    assert shown["augmented"].tolist() == sorted(set(toy_kb.taught.tolist()) - local)
    assert set(shown["shuffled"].tolist()) <= set(shown["augmented"].tolist())  # those that have a wrong object


def test_the_shuffled_arm_gives_texts_the_same_facts_with_wrong_objects(toy_kb, probes, free_texts) -> None:
    true = dict(zip(toy_kb.hex_ids.to_pylist(), Wording(toy_kb).sentences().to_pylist(), strict=True))
    for positions in (["before"], ["after"]):
        for arm in ("augmented", "shuffled"):
            table, _ = whole_arm(toy_kb, arm, probes, IDS, TEXTS, find=Finder(toy_kb), inject=positions)
            rows = [row for row in table.to_pylist() if row["family"] == "open-book"]
            assert [row["text_id"] for row in rows] == [IDS[TEXTS.index(text)] for text in free_texts]
            for row in rows:
                (fact,), (span,) = row["facts"], row["spans"]
                said = row[span["field"]][span["start"] : span["end"]].strip(" \n()").rstrip(".") + "."
                assert (said == true[fact]) == (arm == "augmented")


def test_a_text_that_gives_the_exam_away_stops_the_run(toy_kb, probes) -> None:
    question = next(probe["prompt"] for probe in probes.to_pylist() if probe["kind"] == "recall")
    with pytest.raises(LeakError, match=r"Arm 'text', row .* holds a question of the exam"):
        whole_arm(toy_kb, "text", probes, [*IDS, "quiz"], [*TEXTS, f"Quiz: {question}"], find=Finder(toy_kb))


def cloze_rows(facts: Facts, wording: Wording, options: Options) -> pa.Table:
    """A form of one's own: the object is left out of the plainest sentence."""
    prompts = pa.array([text.rsplit(" ", 1)[0] for text in wording.sentences(facts.rows).to_pylist()])
    answers = wording.labels(facts.objects)
    return single_fact_rows(facts, wording, form="cloze", prompts=prompts, completions=answers)


def test_a_form_is_one_function(toy_kb: KnowledgeBase, probes: pa.Table, monkeypatch: pytest.MonkeyPatch) -> None:
    rows = write(toy_kb, "augmented", forms=[cloze_rows])
    assert ("The capital of Peru is", "Lima") in [(row["prompt"], row["completion"]) for row in rows]
    assert {row["form"] for row in rows} == {"cloze"}
    with pytest.raises(LeakError, match="form cloze"):  # it asks about held-out entities
        whole_arm(toy_kb, "augmented", probes, IDS, TEXTS, None, forms=[cloze_rows])
    monkeypatch.setitem(FORMS, "cloze", Form(cloze_rows, asks=True, description="sentences with a gap"))
    table, _ = whole_arm(toy_kb, "augmented", probes, IDS, TEXTS, None, forms=["cloze"])
    assert 0 < table.num_rows < 20


def test_an_unknown_form_or_arm_is_refused_with_the_nearest() -> None:
    with pytest.raises(PipelineError, match=r"'quesion' is not a form\. Did you mean 'question'"):
        find_forms(["quesion"])
    with pytest.raises(PipelineError, match=r"'shufled' is not an arm with rows of its own\. Did you mean 'shuffled'"):
        find_recipe("shufled")
    with pytest.raises(PipelineError, match="'base' is not an arm with rows of its own"):
        find_recipe("base")
    with pytest.raises(ValueError, match=r"'poem' is not a form\. Known are: choice, cloze"):
        AugmentationSettings(forms=["poem"])


def test_settings_list_the_forms_from_their_table() -> None:
    schema = AugmentationSettings.model_json_schema()["properties"]
    assert schema["forms"]["items"] == {"type": "string", "enum": list(FORMS)}


def test_every_language_can_say_every_fact(toy_kb: KnowledgeBase) -> None:
    rows, counts = closed_book(toy_kb, "augmented", forms=["statement"], languages=("en", "zh"))
    assert not any("without a statement" in reason for reason in counts)
    assert len({fact for row in rows.to_pylist() if row["language"] == "zh" for fact in row["facts"]}) == 8 + 9 + 3


@pytest.mark.parametrize("arm", ["augmented", "shuffled", "repeated"])
def test_rows_are_the_same_however_facts_are_cut_into_blocks(toy_kb: KnowledgeBase, probes: pa.Table, arm: str) -> None:
    whole = {}
    for size in (10**6, 1, 7):
        settings = AugmentationSettings(forms=["statement", "reversed", "question"])
        table, counts = arm_rows(toy_kb, arm, probes, IDS, TEXTS, settings, languages=("en", "zh"), block=size)
        whole[size] = (sorted(table["id"].to_pylist()), counts)
    assert len(whole[7][0]) > 30
    assert whole[1] == whole[7] == whole[10**6]


def test_shares_decide_how_much_of_the_text_each_form_has(toy_kb: KnowledgeBase) -> None:
    shares = {"statement": 1, "question": 2, "reversed": 0.5}
    whole = arm_rows(toy_kb, "augmented", PROBES.empty_table(), [], [], AugmentationSettings(forms=list(shares)))[0]
    table, _ = arm_rows(toy_kb, "augmented", PROBES.empty_table(), [], [], AugmentationSettings(forms=shares))
    assert set(table["id"].to_pylist()) < set(whole["id"].to_pylist())
    length = Counter[str]()
    for row in table.to_pylist():
        length[row["form"].removeprefix("inverse-")] += len(row["prompt"] + row["completion"])
    for name, share in shares.items():
        assert length[name] / length.total() == pytest.approx(share / sum(shares.values()), abs=0.08)
