"""Two knowledge bases with planted differences: what is found is what was planted, and no more."""

import json
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pyarrow as pa
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from kaug.curation.versions.affected import affected, reworded
from kaug.curation.versions.diff import Difference, diff, diff_json, diff_lines
from kaug.errors import TableError
from kaug.knowledge.build import build_kb
from kaug.knowledge.knowledge_base import KnowledgeBase
from kaug.knowledge.templates import PROPERTIES
from kaug.rdf.sources import Source
from kaug.tables import EXAMPLES, PROBES, content_digest
from kaug.wording.wording import Wording

PREFIXES = """
@prefix : <urn:x:> .
@prefix kaug: <https://w3id.org/kaug/ns#> .
@prefix rdfs: <http://www.w3.org/2000/01/rdf-schema#> .
@prefix skos: <http://www.w3.org/2004/02/skos/core#> .
"""
WORLD = """
:Togo rdfs:label "Togo"@en ; :capital :Lome ; :borders :Benin ; :area 56785 .
:Lome rdfs:label "Lomé"@en .
:Benin rdfs:label "Benin"@en ; :capital :PortoNovo .
:PortoNovo rdfs:label "Porto-Novo"@en .
:Ghana rdfs:label "Ghana"@en . :Mali rdfs:label "Mali"@en .
:capital kaug:statement "The capital of {s} is {o}."@en .
"""
OTHERS = {name: min(slots) for name, slots in PROPERTIES.items() if name != "statement"}
Make = Callable[..., KnowledgeBase]


@pytest.fixture
def make(tmp_path: Path) -> Make:
    def build(**sources: str) -> KnowledgeBase:
        built = []
        for name, turtle in sources.items():
            path = tmp_path / f"{name}.ttl"
            path.write_text(PREFIXES + turtle, encoding="utf-8")
            built.append(Source(name, path))
        return build_kb(built, languages=("en", "zh"))

    return build


def said(kb: KnowledgeBase, rows: np.ndarray) -> list[str]:
    return Wording(kb).sentences(rows).to_pylist()


def planted(difference: Difference) -> dict[str, int]:
    return {name: count for name, count in difference.counts().items() if count}


def names_of(kb: KnowledgeBase, *sentences: str) -> list[str]:
    """The ids of the facts that are said so."""
    found = dict(zip(said(kb, np.arange(kb.facts.num_rows)), kb.hex_ids.to_pylist(), strict=True))
    return [found[sentence] for sentence in sentences]


def rows_of(*facts: list[str], language: str = "en") -> pa.Table:
    """EXAMPLES that name these facts."""
    filled = {"id": [f"r{n}" for n in range(len(facts))], "facts": list(facts), "language": [language] * len(facts)}
    blank = {pa.string(): ""}
    columns = [
        pa.array(filled.get(field.name, [blank.get(field.type, [])] * len(facts)), field.type) for field in EXAMPLES
    ]
    return pa.table(columns, schema=EXAMPLES)


# ---------------------------------------------------------------- facts


def test_nothing_differs_from_itself(make: Make) -> None:
    found = diff(make(world=WORLD), make(world=WORLD))
    assert not found
    assert planted(found) == {}
    assert found.kept_old.tolist() == found.kept_new.tolist() == [0, 1, 2, 3]
    assert diff_lines(found) == ["No difference."]
    assert not reworded(found).any()


def test_added_and_removed_facts(make: Make) -> None:
    old = make(world=WORLD)
    new = make(world=WORLD.replace(":borders :Benin", ":borders :Ghana, :Mali") + ":Ghana :borders :Togo .")
    found = diff(old, new)
    assert said(new, found.added) == [
        "Ghana borders Togo.",
        "Togo borders Ghana.",
        "Togo borders Mali.",
    ]
    assert said(old, found.removed) == ["Togo borders Benin."]
    assert planted(found) == {"facts added": 3, "facts removed": 1}
    assert said(old, found.kept_old) == said(new, found.kept_new)
    values = old.terms["value"].to_pylist()
    for row, value in enumerate(new.terms["value"].to_pylist()):
        assert found.terms[row] == (values.index(value) if value in values else -1)


def test_a_source_more(make: Make) -> None:
    found = diff(make(world=WORLD), make(world=WORLD, atlas=":Togo :capital :Lome ."))
    assert planted(found) == {"facts changed": 1, "facts changed: sources": 1}
    assert said(found.new, found.kept_new[found.any_changed()]) == ["The capital of Togo is Lomé."]


def test_a_source_under_another_id_is_the_same(make: Make) -> None:
    more = ":Togo :capital :Lome ; :borders :Chad ."
    assert not diff(make(world=WORLD), make(earth=WORLD))
    assert not diff(make(world=WORLD, atlas=more), make(earth=WORLD, maps=more))
    later = diff(make(world=WORLD, atlas=more), make(world=WORLD, maps=more + " :Togo :borders :Niger ."))
    assert planted(later) == {"facts added": 1}
    split = diff(make(world=WORLD), make(earth=WORLD + "# more", atlas=more))
    assert planted(split)["facts changed: sources"] == len(split.kept_new)


def with_column(kb: KnowledgeBase, name: str, values: list[object]) -> KnowledgeBase:
    place = kb.facts.schema.get_field_index(name)
    field = kb.facts.schema.field(name)
    return kb.with_tables(facts=kb.facts.set_column(place, field, pa.array(values, field.type)))


@pytest.mark.parametrize(
    ("name", "old", "new", "changed"),
    [
        ("weight", [None, 1.0, 0.5, 0.5], [1.0, None, 0.5, 0.25], [0, 1, 3]),
        ("rule", [None, "r", "r", None], [None, "r", "q", "r"], [2, 3]),
        ("premises", [[], [b"a" * 16], [b"a" * 16, b"b" * 16], []], [[], [b"b" * 16], [b"a" * 16], []], [1, 2]),
        ("sources", [["a"], ["a", "b"], ["a"], []], [["a"], ["a", "c"], ["a", "b"], ["a"]], [1, 2, 3]),
        ("untaught", [None, None, "type", "type"], [None, "type", None, "type"], [1, 2]),
    ],
)
def test_a_fact_with_another_column_is_changed(
    make: Make, name: str, old: list[object], new: list[object], changed: list[int]
) -> None:
    kb = make(world=WORLD)
    found = diff(with_column(kb, name, old), with_column(kb, name, new))
    assert np.flatnonzero(found.changed[name]).tolist() == changed
    assert planted(found) == {"facts changed": len(changed), f"facts changed: {name}": len(changed)}
    assert [entry["columns"] for entry in diff_json(found)["changed"]] == [[name]] * len(changed)


def test_axioms(make: Make) -> None:
    found = diff(make(world=WORLD + ":p rdfs:domain :a, :b ."), make(world=WORLD + ":p rdfs:domain :c ."))
    assert planted(found) == {"axioms added": 1, "axioms removed": 2}


def test_counts_by_source_and_predicate(make: Make) -> None:
    old = make(world=":a :p :b, :c . :a :q :b .", atlas=":a :p :b .")
    new = make(world=":a :p :b . :a :q :b, :d .", atlas=":a :q :b, :d .")
    about = diff_json(diff(old, new))
    assert about["by_predicate"] == {
        "urn:x:p": {"added": 0, "removed": 1, "changed": 1},
        "urn:x:q": {"added": 1, "removed": 0, "changed": 1},
    }
    assert about["by_source"] == {
        "atlas": {"added": 1, "removed": 0, "changed": 1},
        "world": {"added": 1, "removed": 1, "changed": 2},
    }


# ---------------------------------------------------------------- words


def test_a_relabelled_entity(make: Make) -> None:
    found = diff(make(world=WORLD), make(world=WORLD.replace('"Porto-Novo"@en', '"Hogbonu"@en, "波多诺伏"@zh')))
    assert planted(found) == {"labels added": 1, "labels changed": 1}
    assert found.labels.to_pylist() == [
        {"term": "urn:x:PortoNovo", "language": "en", "old": "Porto-Novo", "new": "Hogbonu"},
        {"term": "urn:x:PortoNovo", "language": "zh", "old": None, "new": "波多诺伏"},
    ]
    assert said(found.new, found.kept_new[reworded(found)]) == ["The capital of Benin is Hogbonu."]
    assert reworded(found, "zh").sum() == 1


def test_a_label_in_another_language_does_not_touch_the_sentences(make: Make) -> None:
    found = diff(make(world=WORLD), make(world=WORLD + ':Togo rdfs:label "多哥"@zh .'))
    assert not reworded(found).any()
    assert said(found.new, found.kept_new[reworded(found, "zh")]) == [
        "The area of Togo is 56,785.",
        "Togo borders Benin.",
        "The capital of Togo is Lomé.",
    ]


@pytest.mark.parametrize(
    ("more", "old", "new"),
    [
        ('; skos:altLabel "Bé"@en', None, "Bé [alternative]"),
        ('; kaug:phrase "the city of Lomé"@en', "Lomé", "Lomé (the city of Lomé)"),
    ],
)
def test_alternatives_and_phrases_are_labels(make: Make, more: str, old: str | None, new: str) -> None:
    found = diff(make(world=WORLD), make(world=WORLD.replace('"Lomé"@en', f'"Lomé"@en {more}')))
    assert found.labels.to_pylist() == [{"term": "urn:x:Lome", "language": "en", "old": old, "new": new}]
    assert reworded(found).sum() == 1


def test_a_removed_label_and_several_new_ones_are_no_pair(make: Make) -> None:
    found = diff(make(world=WORLD), make(world=WORLD.replace('"Lomé"@en', '"Lome"@en, "Loméville"@en')))
    assert sorted((row["old"], row["new"]) for row in found.labels.to_pylist() if row["old"]) == [("Lomé", None)]
    assert planted(found) == {"labels added": 2, "labels removed": 1}


def test_a_changed_template(make: Make) -> None:
    found = diff(make(world=WORLD), make(world=WORLD.replace('"The capital of {s} is {o}."', '"{o} governs {s}."')))
    assert planted(found) == {"templates added": 1, "templates removed": 1}
    rows = [tuple(row.values()) for row in found.templates.to_pylist()]
    assert rows == [
        ("removed", "urn:x:capital", "statement", "en", "The capital of {s} is {o}."),
        ("added", "urn:x:capital", "statement", "en", "{o} governs {s}."),
    ]
    assert said(found.new, found.kept_new[reworded(found)]) == ["Porto-Novo governs Benin.", "Lomé governs Togo."]


def test_the_label_of_a_predicate_matters_where_it_has_no_template(make: Make) -> None:
    every = "".join(f'kaug:{name} "x {{{slot}}}"@en ; ' for name, slot in OTHERS.items())
    world = WORLD.replace(":capital kaug:", f":capital {every} kaug:")
    labelled = world + ':capital rdfs:label "seat"@en . :borders rdfs:label "touches"@en .'
    found = diff(make(world=world), make(world=labelled))
    assert said(found.new, found.kept_new[reworded(found)]) == ["Togo touches Benin."]


# ---------------------------------------------------------------- rows


def test_rows_that_fall_are_stale_or_due(make: Make) -> None:
    old = make(world=WORLD)
    changed = WORLD.replace(":borders :Benin", ":borders :Ghana").replace("Porto-Novo", "Hogbonu")
    new = make(world=changed)
    togo, benin, borders, area = names_of(
        old,
        "The capital of Togo is Lomé.",
        "The capital of Benin is Porto-Novo.",
        "Togo borders Benin.",
        "The area of Togo is 56,785.",
    )
    found = diff(old, new)
    touched = affected(found, rows_of([togo], [benin], [borders], [benin, borders], [area, togo], []))
    assert touched.fallen.tolist() == [False, False, True, True, False, False]
    assert touched.stale.tolist() == [False, True, False, False, False, False]
    assert said(new, touched.due) == ["The capital of Benin is Hogbonu.", "Togo borders Ghana."]
    named = rows_of([togo], names_of(new, "Togo borders Ghana."))
    assert said(new, affected(found, named).due) == ["The capital of Benin is Hogbonu."]


def test_rows_of_an_equal_knowledge_base_stand(make: Make) -> None:
    kb = make(world=WORLD)
    touched = affected(diff(kb, kb), rows_of(*[[fact] for fact in kb.hex_ids.to_pylist()]))
    assert not touched.fallen.any()
    assert not touched.stale.any()
    assert len(touched.due) == 0


def test_a_row_is_stale_in_its_own_language(make: Make) -> None:
    found = diff(make(world=WORLD), make(world=WORLD + ':Lome rdfs:label "洛美"@zh .'))
    (togo,) = names_of(found.old, "The capital of Togo is Lomé.")
    assert affected(found, rows_of([togo])).stale.tolist() == [False]
    assert affected(found, rows_of([togo], language="zh")).stale.tolist() == [True]


def test_probes_are_rows_too(make: Make) -> None:
    old = make(world=WORLD)
    found = diff(old, make(world=WORLD.replace(":borders :Benin", ":borders :Ghana")))
    (gone,) = names_of(old, "Togo borders Benin.")
    probe = {"id": "p", "kind": "recall", "facts": [gone], "hops": 1, "language": "en", "answers": [], "choices": []}
    probes = pa.Table.from_pylist([{"prompt": "", "template": "", "source": "", **probe}], schema=PROBES)
    assert affected(found, probes).fallen.tolist() == [True]


@pytest.mark.parametrize("wrong", ["xyz", "g" * 32, "0" * 31, "0" * 64])
def test_a_wrong_id_is_refused(make: Make, wrong: str) -> None:
    kb = make(world=WORLD)
    with pytest.raises(TableError, match="32 hex digits"):
        affected(diff(kb, kb), rows_of([wrong]))


# ---------------------------------------------------------------- words for people and machines


def test_lines(make: Make) -> None:
    old = make(world=WORLD)
    new = make(world=WORLD.replace(":borders :Benin", ":borders :Ghana").replace("Porto-Novo", "Hogbonu"))
    assert diff_lines(diff(old, new)) == [
        "facts added: 1",
        "facts removed: 1",
        "labels changed: 1",
        "",
        "by source",
        "  world: 1 added, 1 removed",
        "",
        "by predicate",
        "  urn:x:borders: 1 added, 1 removed",
        "",
        "+ Togo borders Ghana.",
        "- Togo borders Benin.",
        "- urn:x:PortoNovo 'Porto-Novo'@en",
        "+ urn:x:PortoNovo 'Hogbonu'@en",
    ]
    assert diff_lines(diff(old, new), examples=0)[-1] == "  urn:x:borders: 1 added, 1 removed"
    about = json.loads(json.dumps(diff_json(diff(old, new), 1)))
    assert about["added"] == [{"fact": names_of(new, "Togo borders Ghana.")[0], "sentence": "Togo borders Ghana."}]


# ---------------------------------------------------------------- properties

TRIPLES = st.sets(st.tuples(*[st.sampled_from("abcd")] * 3).map(lambda spo: f":{spo[0]} :{spo[1]} :{spo[2]} ."))
NAMES = st.sets(
    st.tuples(st.sampled_from("abcd"), st.sampled_from("xy")).map(lambda n: f':{n[0]} rdfs:label "{n[1]}"@en .')
)


@settings(max_examples=60, deadline=None)
@given(TRIPLES, TRIPLES, NAMES, NAMES)
@pytest.mark.slow
def test_a_difference_is_that_of_the_sets_both_ways(
    tmp_path_factory: pytest.TempPathFactory, one: set[str], two: set[str], first: set[str], second: set[str]
) -> None:
    folder = tmp_path_factory.mktemp("kb")
    kbs = []
    for triples in (one | first, two | second):
        path = folder / f"{content_digest(*sorted(triples))}.ttl"
        path.write_text(PREFIXES + "\n".join(sorted(triples)), encoding="utf-8")
        kbs.append(build_kb([Source("s", path)]))
    there, back = diff(*kbs), diff(*kbs[::-1])
    for difference, mine, other in ((there, one, two), (back, two, one)):
        counts = difference.counts()
        assert (counts["facts added"], counts["facts removed"]) == (len(other - mine), len(mine - other))
        assert len(difference.kept_new) == len(one & two)
        assert counts["facts changed"] == 0
    assert there.added.tolist() == back.removed.tolist()
    assert there.removed.tolist() == back.added.tolist()
    assert there.kept_old.tolist() == np.sort(back.kept_new).tolist()
    labels = {(row["term"], row["old"], row["new"]) for row in there.labels.to_pylist()}
    assert labels == {(row["term"], row["new"], row["old"]) for row in back.labels.to_pylist()}
    assert bool(there) == (one != two or first != second)
