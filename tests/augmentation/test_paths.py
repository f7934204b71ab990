"""Questions over paths: chains, sets, pairs of conditions, and the queries that return their answers."""

import re
import time
from collections import Counter, defaultdict
from itertools import combinations
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyoxigraph as ox
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import kaug
from kaug.arms import ARMS
from kaug.augmentation.arms import arm_rows
from kaug.augmentation.forms import FORMS, form_rows
from kaug.augmentation.paths import patterns
from kaug.augmentation.rows import Facts, Options, concat_rows, facts_to_teach
from kaug.exam.draw import draw_exam
from kaug.exam.settings import ExamSettings
from kaug.importers import run_importer
from kaug.knowledge.build import build_kb
from kaug.knowledge.knowledge_base import KnowledgeBase
from kaug.rdf.terms import write_terms
from kaug.wording.sets import join_each
from kaug.wording.steps import PHRASINGS
from kaug.wording.wording import Wording
from tests.benchmarks.linking import DATA

PREFIXES = """
@prefix : <urn:x:> .
@prefix rdfs: <http://www.w3.org/2000/01/rdf-schema#> .
@prefix owl: <http://www.w3.org/2002/07/owl#> .
@prefix kaug: <https://w3id.org/kaug/ns#> .
"""
FILMS = """
:by kaug:statement "{s} was directed by {o}."@en , "{o} directed {s}."@en ; kaug:question "Who directed {s}?"@en ;
    kaug:inverseQuestion "Which film did {o} direct?"@en ;
    kaug:reference "the director of {s}"@en ; kaug:inverseReference "the film that {o} directed"@en .
:stars kaug:statement "{s} stars {o}."@en , "{o} plays in {s}."@en ; kaug:question "Who stars in {s}?"@en ;
    kaug:inverseQuestion "Which film stars {o}?"@en ;
    kaug:reference "the star of {s}"@en ; kaug:inverseReference "the film that stars {o}"@en .
"""
Rows = list[dict[str, Any]]


def build(folder: Path, turtle: str, lexicon: str = "") -> KnowledgeBase:
    (folder / "a.ttl").write_text(PREFIXES + turtle, encoding="utf-8")
    (folder / "lexicon.ttl").write_text(PREFIXES + lexicon, encoding="utf-8")
    return build_kb([folder / "a.ttl"], lexicon=folder / "lexicon.ttl")


def named(names: str) -> str:
    """Labels of entities: ":a Ada Holt, :b Bo"."""
    pairs = (name.strip().split(" ", 1) for name in names.split(","))
    return "".join(f'{iri} rdfs:label "{label}"@en . ' for iri, label in pairs)


def rows_of(kb: KnowledgeBase, form: str = "path", *, facts: Facts | None = None, size: int = 20_000) -> pa.Table:
    facts = facts or facts_to_teach(kb)
    wording, options = Wording(kb), Options(facts=facts)
    return concat_rows([form_rows(FORMS[form], part, wording, options) for part in facts.blocks(size)])


def said(rows: pa.Table) -> dict[str, str]:
    found = dict(zip(rows["prompt"].to_pylist(), rows["completion"].to_pylist(), strict=True))
    assert len(found) == rows.num_rows
    return found


class Asked:
    """A knowledge base in a SPARQL store."""

    def __init__(self, kb: KnowledgeBase) -> None:
        terms = write_terms(kb.terms).to_pylist()
        columns = (column.tolist() for column in kb.columns())
        lines = (" ".join(map(terms.__getitem__, triple)) + " ." for triple in zip(*columns, strict=True))
        self.wording, self.number, self.store = Wording(kb), {text: n for n, text in enumerate(terms)}, ox.Store()
        self.store.extend(ox.parse("\n".join(lines).encode(), format=ox.RdfFormat.N_TRIPLES))

    def answer(self, query: str) -> str:
        """The labels of what a query returns, each once, in the order of the terms, joined."""
        solutions: Any = self.store.query(query)
        terms = sorted(self.number[str(solution["answer"])] for solution in solutions)
        return join_each(self.wording.labels(np.array(terms, np.int64)), np.zeros(len(terms), np.int64), "en")[0][
            0
        ].as_py()


PEOPLE = named(
    ":f Dunes, :g Moor, :h Heath, :a Ada Holt, :b Bo Lind, :c Cleo Marsh, :d Dirk Wynn, :n Norland, :m Midland"
)
PEOPLE += ":f :by :a ; :stars :c . :g :by :a ; :stars :c , :d . :h :by :b ; :stars :d . "
PEOPLE += ":a :spouse :b . :b :nationality :n . :c :nationality :m ."


def test_chains_go_both_ways_and_write_every_step(tmp_path: Path) -> None:
    found = said(rows_of(build(tmp_path, PEOPLE, FILMS)))
    assert found["What is the nationality of the spouse of Ada Holt?"] == (
        "The spouse of Ada Holt is Bo Lind. The nationality of Bo Lind is Norland. Answer: Norland"
    )
    assert found["What is the nationality of the spouse of the director of Dunes?"] == (
        "Dunes was directed by Ada Holt. The spouse of Ada Holt is Bo Lind. The nationality of Bo Lind is Norland."
        " Answer: Norland"
    )
    assert found["Who stars in the film that Bo Lind directed?"] == (
        "Bo Lind directed Heath. Heath stars Dirk Wynn. Answer: Dirk Wynn"
    )
    assert found["Who stars in the films that Ada Holt directed? Name all."] == (
        "Ada Holt directed Dunes. Ada Holt directed Moor. Dunes stars Cleo Marsh. Moor stars Cleo Marsh."
        " Moor stars Dirk Wynn. Answer: Cleo Marsh and Dirk Wynn"
    )
    assert found["Apart from Dunes, which film did the director of Dunes direct?"] == (
        "Dunes was directed by Ada Holt. Ada Holt directed Moor. Answer: Moor"
    )


def test_two_conditions_ask_for_what_meets_both(tmp_path: Path) -> None:
    found = said(rows_of(build(tmp_path, PEOPLE, FILMS)))
    assert found["Which are the films that Ada Holt directed and that star Cleo Marsh?"] == (
        "Dunes was directed by Ada Holt. Dunes stars Cleo Marsh. Moor was directed by Ada Holt. Moor stars Cleo Marsh."
        " Answer: Dunes and Moor"
    )
    assert found["Which is the film that Ada Holt directed and that stars Dirk Wynn?"].endswith("Answer: Moor")
    assert not any("Bo Lind directed and" in prompt for prompt in found)  # one condition would do


GENRES = """
:genre kaug:statement "{s} is a {o}."@en , "{o} is the genre of {s}."@en ; kaug:question "What genre is {s}?"@en ;
    kaug:inverseQuestion "Which film is a {o}?"@en ; kaug:reference "the genre of {s}"@en ;
    kaug:inverseReference "the film of the genre {o}"@en .
"""
STAR = named(":f Dunes, :g Moor, :h Heath, :k Fjord, :a Ada Holt, :b Bo Lind, :c Comedy")
STAR += ":f :by :a ; :stars :b ; :genre :c . :g :by :a ; :stars :b . :h :by :a ; :genre :c . "


def test_three_conditions_are_asked_where_all_are_needed(tmp_path: Path) -> None:
    question = "Which is the film of the genre Comedy that Ada Holt directed and that stars Bo Lind?"
    needed = said(rows_of(build(tmp_path, STAR + ":k :stars :b ; :genre :c .", FILMS + GENRES)))
    assert needed[question] == ("Dunes was directed by Ada Holt. Dunes stars Bo Lind. Dunes is a Comedy. Answer: Dunes")
    two_do = said(rows_of(build(tmp_path, STAR + ":k :stars :b .", FILMS + GENRES)))
    assert two_do[
        "As far as the knowledge base tells, which is the film of the genre Comedy that stars Bo Lind?"
    ].endswith("Dunes")
    assert question not in two_do


def test_conditions_without_a_lexicon_are_of_the_knowledge_base(tmp_path: Path) -> None:
    people = named(":a Ada Holt, :b Bo Lind, :c Cleo Marsh, :d Dirk Wynn, :n Norland, :m Malaria, :p Polo, :f Female")
    people += ":a :nationality :n ; :disease :m ; :sport :p . :b :nationality :n ; :disease :m . "
    people += ":c :nationality :n ; :sport :p . :d :disease :m ; :sport :p . "
    found = said(rows_of(build(tmp_path, people)))
    assert found["As far as the knowledge base tells, who is the person whose disease is Malaria, "
                 "whose nationality is Norland and whose sport is Polo?"].endswith(" Answer: Ada Holt")  # fmt: skip
    two = "As far as the knowledge base tells, who are the people whose disease is Malaria and whose nationality is Norland?"
    assert found[two].endswith(" Answer: Ada Holt and Bo Lind")


def test_the_facts_of_a_hub_are_a_few_conditions_each(tmp_path: Path) -> None:
    """A film with five thousand stars, each of whom plays in another film with the next."""
    count = 5_000
    lines = [f":hub :stars :actor{n} . :film{n} :stars :actor{n} , :actor{(n + 1) % count} ." for n in range(count)]
    kb = build(tmp_path, "\n".join(lines), FILMS)
    start = time.perf_counter()
    asked = [
        row for row in rows_of(kb).to_pylist() if row["query"].startswith("SELECT DISTINCT ?answer WHERE { ?answer")
    ]
    assert time.perf_counter() - start < 60
    used = Counter(fact for row in asked for fact in row["facts"])
    assert len(asked) > count
    assert max(used.values()) <= 8


def test_a_span_marks_the_sentence_of_each_fact(tmp_path: Path) -> None:
    kb = build(tmp_path, PEOPLE, FILMS)
    for row in rows_of(kb).to_pylist():
        assert [span["fact"] for span in row["spans"]] == list(range(len(row["facts"])))
        cut = [row["completion"][span["start"] : span["end"]] for span in row["spans"]]
        assert row["completion"].startswith(" ".join(cut) + " Answer: ")
        for fact, sentence in zip(row["facts"], cut, strict=True):
            ends = [ends[0] for ends in kb.columns(np.array([kb.row_of[fact]]))]
            assert all(label in sentence for label in Wording(kb).labels(np.array(ends)[[0, 2]]).to_pylist())


def test_a_held_out_entity_is_on_no_path(tmp_path: Path) -> None:
    kb = build(tmp_path, PEOPLE, FILMS)
    facts = facts_to_teach(kb)
    labels = Wording(kb).labels().to_pylist()
    held = [labels.index("Bo Lind")]
    kept = facts.take(np.flatnonzero(~np.isin(facts.subjects, held) & ~np.isin(facts.objects, held)))
    rows = rows_of(kb, facts=kept)
    assert rows.num_rows
    assert not any("Bo Lind" in row["prompt"] + row["completion"] for row in rows.to_pylist())


edges = st.sets(st.tuples(st.integers(0, 11), st.integers(0, 2), st.integers(0, 11)), min_size=10, max_size=60)


@settings(max_examples=10)
@given(edges, st.sampled_from([FILMS, ""]))
def test_a_query_returns_exactly_the_answers(
    tmp_path_factory: pytest.TempPathFactory, facts: set[tuple[int, int, int]], lexicon: str
) -> None:
    names = ("Alp", "Bex", "Cob", "Dun", "Esk", "Fyl", "Gog", "Hod", "Ilk", "Jura", "Kew", "Lorn")
    turtle = "".join(f':e{n} rdfs:label "{name}" . ' for n, name in enumerate(names))
    turtle += "".join(f":e{s} {(':by', ':stars', ':spouse')[p]} :e{o} . " for s, p, o in sorted(facts))
    kb = build(tmp_path_factory.mktemp("kb"), turtle, lexicon)
    store = Asked(kb)
    for row in rows_of(kb).to_pylist():
        assert len(row["facts"]) <= 8
        assert row["completion"].endswith(f" Answer: {store.answer(row['query'])}")
    asked = form_rows(FORMS["question"], facts_to_teach(kb), Wording(kb), Options())
    answers = dict(zip(asked["prompt"].to_pylist(), asked["completion"].to_pylist(), strict=True))
    for row in rows_of(kb, "query").to_pylist():
        told = store.answer(row["query"])
        assert row["completion"] == row["query"]
        assert answers.get(row["prompt"].removeprefix("Write a SPARQL query: "), told) == told
    # The rows do not depend on how the facts are cut into blocks.
    for form in ("path", "query"):
        assert sorted(rows_of(kb, form)["id"].to_pylist()) == sorted(rows_of(kb, form, size=1)["id"].to_pylist())


@settings(max_examples=10)
@given(st.sets(st.tuples(st.integers(0, 19), st.integers(0, 2), st.integers(0, 4)), min_size=30))
def test_of_three_conditions_none_is_for_nothing(
    tmp_path_factory: pytest.TempPathFactory, facts: set[tuple[int, int, int]]
) -> None:
    turtle = named(", ".join(f":s{n} Film {n} Orr, :p0v{n} Ada {n}, :p1v{n} Bo {n}, :p2v{n} Cy {n}" for n in range(20)))
    turtle += "".join(f":s{s} {(':by', ':stars', ':genre')[p]} :p{p}v{o} . " for s, p, o in sorted(facts))
    kb = build(tmp_path_factory.mktemp("kb"), turtle, FILMS + GENRES)
    store = Asked(kb)
    for query in rows_of(kb)["query"].to_pylist():
        conditions = re.findall(r"\?answer <[^>]+> <[^>]+> \.", query)
        for two in combinations(conditions, 2) if len(conditions) == 3 else ():
            assert store.answer(f"SELECT DISTINCT ?answer WHERE {{ {' '.join(two)} }}") != store.answer(query)


def test_a_question_about_one_fact_has_a_query_that_returns_its_answer(tmp_path: Path) -> None:
    kb = build(tmp_path, PEOPLE, FILMS)
    found = said(rows_of(kb, "query"))
    assert found["Write a SPARQL query: Who directed Dunes?"] == (
        "SELECT DISTINCT ?answer WHERE { <urn:x:f> <urn:x:by> ?answer . }"
    )
    assert found["Write a SPARQL query: Which films did Ada Holt direct?"] == (
        "SELECT DISTINCT ?answer WHERE { ?answer <urn:x:by> <urn:x:a> . }"
    )
    assert found["Write a SPARQL query: Apart from Dunes, which film did the director of Dunes direct?"] == (
        "SELECT DISTINCT ?answer WHERE { <urn:x:f> <urn:x:by> ?x . ?answer <urn:x:by> ?x . FILTER(?answer != <urn:x:f>) }"
    )


def test_patterns_are_counted_the_most_frequent_first(tmp_path: Path) -> None:
    kb = build(tmp_path, PEOPLE, FILMS)
    found = patterns(facts_to_teach(kb), Wording(kb)).to_pylist()
    assert [row["count"] for row in found] == sorted((row["count"] for row in found), reverse=True)
    by_name = {row["pattern"]: row for row in found}
    assert by_name["spouse/nationality"]["count"] == 1
    assert by_name["spouse/nationality"]["example"] == "What is the nationality of the spouse of Ada Holt?"
    assert by_name["by/spouse"]["count"] == 2  # Dunes and Moor


def test_a_chain_of_two_is_asked_in_several_phrasings(tmp_path: Path) -> None:
    rows = rows_of(build(tmp_path, PEOPLE)).to_pylist()
    asked = [row for row in rows if "the nationality of the spouse of Ada Holt" in row["prompt"]]
    assert 2 <= len({row["prompt"] for row in asked}) <= PHRASINGS
    assert len({(row["completion"], row["query"], tuple(row["facts"])) for row in asked}) == 1


def test_a_hub_gives_rows_in_proportion_to_its_facts(tmp_path: Path) -> None:
    """Guests of one host: each with each of its traits, half a million pairs."""
    count = 10_000
    lines = [f":guest{n} :host :hub ." for n in range(count)]
    lines += [f":hub :trait{n} :value{n} . :trait{n} a owl:InverseFunctionalProperty ." for n in range(50)]
    kb = build(tmp_path, "\n".join(lines))
    assert len(kb.taught) == count + 50
    start = time.perf_counter()
    rows = rows_of(kb)
    assert time.perf_counter() - start < 60
    used = Counter(fact for row in rows["facts"].to_pylist() for fact in row)
    firsts = Counter(facts[0] for facts in rows["facts"].to_pylist())
    assert 50 <= rows.num_rows <= 50 * 12 * PHRASINGS
    assert max(used.values()) <= 24 * PHRASINGS
    assert max(firsts.values()) <= 12 * PHRASINGS


def test_the_exam_composes_what_no_row_asks(tmp_path: Path) -> None:
    more = named(", ".join(f":x{n} Xan {n} Orr, :y{n} Yva {n} Pym" for n in range(12)))
    more += "".join(f":x{n} :spouse :y{n} . :y{n} :nationality :n . " for n in range(12))
    kb = build(tmp_path, PEOPLE + more, FILMS)
    exam = draw_exam(kb, ExamSettings(held_out_entities=0.5))
    composed = {frozenset(probe["facts"]) for probe in exam.to_pylist() if probe["kind"] == "compose"}
    without, _ = arm_rows(kb, ARMS["augmented"], exam, [], [])
    everything, taught = (
        {frozenset(row["facts"]) for row in rows if row["form"] == "path"}
        for rows in (kaug.closed_book_rows(kb), without.to_pylist())
    )
    assert composed
    assert composed & everything  # it asks as rows do
    assert not any(facts & row for facts in composed for row in taught)  # and of what none asks


def _imported(folder: Path, name: Any, *files: str) -> KnowledgeBase:
    if not (DATA / files[0]).exists():
        pytest.skip(f"no {files[0]} in {DATA}")
    run_importer(name, [DATA / file for file in files], folder / "kb.nq")
    return build_kb([folder / "kb.nq"])


@pytest.mark.realdata
@pytest.mark.parametrize(("kb_file", "questions", "in_records"), [("2H-kb", "PQ-2H", 0), ("PQL2-KB", "PQL-2H", 1)])
def test_every_pattern_that_pathquestion_asks_is_asked(
    tmp_path: Path, kb_file: str, questions: str, in_records: int
) -> None:
    """Patterns of which an instance has small sets, each thing of which has the step, and leads to something not yet named."""
    kb = _imported(tmp_path, "pathquestion", f"pathquestion/{kb_file}.txt")
    edges: dict[tuple[str, str], set[str]] = defaultdict(set)
    for line in (DATA / f"pathquestion/{kb_file}.txt").read_text(encoding="utf-8").splitlines():
        subject, relation, value = line.split("\t")
        edges[subject, relation].add(value)
    wanted = set()
    for line in (DATA / f"pathquestion/{questions}.txt").read_text(encoding="utf-8").splitlines():
        start, one, middle, two, _ = line.split("\t")[2].split("#")[:5]
        first, ends = edges[start, one], [edges[bridge, two] for bridge in edges[start, one]]
        answers = set().union(*ends) - {start}
        small = len(first) <= 5 and len(answers) <= 5 and len(first) + sum(map(len, ends)) <= 8
        if small and all(ends) and start not in first and answers - first and middle in first:
            wanted.add((one.strip("_"), two.strip("_")))
    asked = set()
    for query in rows_of(kb)["query"].to_pylist():
        steps = re.findall(r"\S+ <[^>]*/r/([^>]*)> \?", query)
        asked.add(tuple(steps))
    assert len(wanted) > 30
    assert len(wanted - asked) == in_records, wanted - asked  # "is reviewed" is worded in records


@pytest.mark.realdata
@pytest.mark.slow
@pytest.mark.parametrize(("name", "files"), [("metaqa", ["metaqa"]), ("pathquestion", ["pathquestion/2H-kb.txt"])])
def test_queries_return_the_answers_on_real_data(tmp_path: Path, name: str, files: list[str]) -> None:
    kb = _imported(tmp_path, name, *files)
    store, rows = Asked(kb), rows_of(kb)
    chosen = np.random.default_rng(0).permutation(rows.num_rows)[:500]
    for row in rows.take(pa.array(np.sort(chosen))).to_pylist():
        assert row["completion"].endswith(f" Answer: {store.answer(row['query'])}")
