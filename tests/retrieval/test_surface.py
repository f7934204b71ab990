import pyarrow as pa
import pytest

from kaug.retrieval.linker import Linker
from kaug.retrieval.linking.inflection import plurals, verb_forms
from kaug.retrieval.linking.surface import names_of

LABELS = """
:p1 rdfs:label "run"@en ; :p :p2 . :p2 rdfs:label "bake bread"@en . :p3 rdfs:label "woman"@en ; :p :p1 .
:p4 rdfs:label "São Paulo"@en ; :p :p5 . :p5 rdfs:label "Georgia (country)"@en . :p6 rdfs:label "Spider-Man"@en ; :p :p7 .
:p7 rdfs:label "even"@en . :p8 rdfs:label "bird"@en ; :p :p9 . :p9 rdfs:label "Birds"@en .
:p10 rdfs:label "long term"@en ; :p :p11 . :p11 rdfs:label "Österreich"@zh, "Lomé"@en . :p12 rdfs:label "Lome"@en ; :p :p1 .
"""


def test_names_are_labels_or_what_stands_for_one(make_kb):
    kb = make_kb(world=':a rdfs:label "Ann"@en, "安"@zh ; :born 1912 ; :knows :Bob_Ross, [ :knows :a ] .')
    value, kind = kb.terms["value"].to_pylist(), kb.terms["kind"].to_pylist()
    rows = names_of(kb).to_pylist()
    assert [row["term"] for row in rows] == sorted(row["term"] for row in rows)
    labels = {(value[row["term"]], row["language"], row["text"]) for row in rows if row["label"]}
    assert labels == {("urn:x:a", "en", "Ann"), ("urn:x:a", "zh", "安")}
    others = {(kind[row["term"]], row["text"]) for row in rows if not row["label"] and kind[row["term"]] != "blank"}
    assert others == {("literal", "1912"), ("iri", "Bob Ross")}
    linker = Linker(kb)
    assert linker.counts["labels"] == 3  # neither the literal nor the blank node
    assert [row["surface"] for row in linker.link(["Ann, Bob Ross, 1912"]).to_pylist()] == ["Ann", "Bob Ross"]


@pytest.fixture
def found(make_kb):
    kb = make_kb(world=LABELS)
    linker = Linker(kb)
    names = [value.removeprefix("urn:x:") for value in kb.terms["value"].to_pylist()]

    def find(text):
        return [(row["surface"], names[row["term"]]) for row in linker.link([text]).to_pylist()]

    return find


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("she runs, ran, is running", [("runs", "p1"), ("ran", "p1"), ("running", "p1")]),
        (
            "he bakes bread, baked bread, baking bread",
            [(f"{verb} bread", "p2") for verb in ("bakes", "baked", "baking")],
        ),
        ("the women, a woman's", [("women", "p3"), ("woman", "p3")]),
        ("Sao Paulo, SÃO PAULO, São\n   Paulo", [(name, "p4") for name in ("Sao Paulo", "SÃO PAULO", "São\n   Paulo")]),
        ("Sa\u0303o Paulo, São\n\nPaulo", [("Sa\u0303o Paulo", "p4")]),
        ("in Georgia", [("Georgia", "p5")]),
        ("Georgia (country)", [("Georgia (country)", "p5")]),
        ("Spider Man, Spider\u2011Man, Spider-Man’s", [(f"Spider{sign}Man", "p6") for sign in " \u2011-"]),
        ("in the evening", []),
        ("we saw birds and Birds", [("birds", "p8"), ("Birds", "p9")]),
        ("long-term", [("long-term", "p10")]),
        ("co\u00adme to São\u00ad Paulo", [("São\u00ad Paulo", "p4")]),
        ("Lome", [("Lome", "p12")]),
        ("Lomé", [("Lomé", "p11")]),
    ],
)
def test_forms(found, text, expected):
    assert found(text) == expected


@pytest.mark.parametrize(
    ("label", "expected"),
    [
        ("berry", {"berries"}),
        ("day", {"days"}),
        ("soliloquy", {"soliloquies"}),
        ("church", {"churches"}),
        ("crisis", {"crises"}),
        ("photo", {"photos", "photoes"}),
        ("wooden knife", {"wooden knives"}),
        ("policeman", {"policemen"}),
        ("human", {"humans"}),
        ("even", set()),
        ("42", set()),
        ("café", set()),
    ],
)
def test_plurals(label, expected):
    assert set(plurals(pa.array([label]))[0].to_pylist()) == expected


@pytest.mark.parametrize(
    ("label", "expected"),
    [
        ("stop", {"stopping", "stopped"}),
        ("play", {"playing", "played"}),
        ("try", {"trying", "tried"}),
        ("lie", {"lying", "lied"}),
        ("agree", {"agreeing", "agreed"}),
        ("fix", {"fixing", "fixed"}),
        ("write", {"writing", "wrote", "written"}),
        ("put on", {"putting on", "puts on"}),
        ("go home", {"going home", "goes home", "went home", "gone home"}),
        ("the end", set()),
        ("Peru", set()),
        ("x-ray", set()),
    ],
)
def test_verb_forms(label, expected):
    assert set(verb_forms(pa.array([label]))[0].to_pylist()) == expected


def test_german_names_have_a_genitive(tmp_path):
    from kaug.knowledge.build import build_kb

    file = tmp_path / "a.ttl"
    label = "<http://www.w3.org/2000/01/rdf-schema#label>"
    file.write_text(f'@prefix : <urn:x:> . :a {label} "Berlin"@de ; :p :b . :b {label} "Paris"@de .', encoding="utf-8")
    linker = Linker(build_kb([file], languages=("de",)))
    assert linker.link(["Berlins, Pariss, Berlin, Paris"])["surface"].to_pylist() == ["Berlins", "Berlin", "Paris"]
