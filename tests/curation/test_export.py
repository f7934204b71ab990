"""A knowledge base goes out and comes in again: the same facts with the same ids, and the same labels."""

import gzip
import hashlib
import xml.etree.ElementTree as ET
from collections.abc import Callable
from pathlib import Path

import pyarrow as pa
import pyoxigraph as ox
import pytest
import rdflib
from hypothesis import given, settings
from hypothesis import strategies as st

from kaug.curation.export import to_quads, to_rdflib, to_table, write_rdf
from kaug.errors import SourceError
from kaug.knowledge.build import Inference, build_kb
from kaug.knowledge.knowledge_base import KnowledgeBase
from kaug.rdf.memory import graph_chunks
from kaug.rdf.parse import FORMATS
from kaug.rdf.serialize import prefixes_of

ROOT = Path(__file__).parents[2]
PREFIXES = """
@prefix : <urn:x:> .
@prefix kaug: <https://w3id.org/kaug/ns#> .
@prefix owl: <http://www.w3.org/2002/07/owl#> .
@prefix rdfs: <http://www.w3.org/2000/01/rdf-schema#> .
@prefix schema: <https://schema.org/> .
@prefix skos: <http://www.w3.org/2004/02/skos/core#> .
@prefix xsd: <http://www.w3.org/2001/XMLSchema#> .
"""
WORLD = """
:togo a :Country ; rdfs:label "Togo"@en, "Togo"@en-GB, "多哥"@zh ; :capital :lome ; :area "056785.0"^^xsd:decimal ;
    :founded "1960"^^xsd:gYear ; :motto "Work, \\"Liberty\\",\\n\\tHomeland \\\\ <&> 🦃"@fr-TG , "1" , 1 , true .
:lome skos:prefLabel "Lomé" ; skos:altLabel "Lome"@en ; schema:name "City of  Lomé"@en ; kaug:phrase "the city of Lomé"@en .
:capital rdfs:label "capital"@en ; rdfs:domain :Country ; kaug:question "Where does {s} have its capital?"@en ;
    kaug:statement "{s}的首都是{o}。"@zh , "{o} rules {s}."@en .
[ :name "Nana" ; :governs :togo ; :spouse [ rdfs:label "Ama"@en ] ] .
:Country a owl:Class ; rdfs:subClassOf :Place .
<https://example.org/é/a%20b?c=d&e#f> :p <https://example.org/'> .
"""
TABLES = ("terms", "labels", "facts", "axioms", "lexicon")
PARTS = ("subject", "predicate", "object")
LANGUAGES = ("en", "zh")

Make = Callable[..., KnowledgeBase]


@pytest.fixture
def make(tmp_path: Path) -> Make:
    def build(turtle: str = WORLD, name: str = "world", inference: Inference = "none", **more: str) -> KnowledgeBase:
        paths = []
        for source, text in {name: turtle, **more}.items():
            paths.append(tmp_path / f"{source}.ttl")
            paths[-1].write_text(PREFIXES + text, encoding="utf-8")
        return build_kb(paths, languages=LANGUAGES, inference=inference)

    return build


def same(one: KnowledgeBase, two: KnowledgeBase) -> bool:
    return all(getattr(one, name).to_pylist() == getattr(two, name).to_pylist() for name in TABLES)


def lines(kb: KnowledgeBase, **options: bool) -> list[str]:
    return b"".join(to_quads(kb, **options)).decode().split("\n")[:-1]  # type: ignore[arg-type]


# ---------------------------------------------------------------- lines


def test_the_planted_lines(make: Make) -> None:
    kb = make(
        ':a :b "é\\u0001"@en ; schema:name "A" . :a rdfs:domain :c . :b kaug:question "B {s}?"@en ; rdfs:comment "a comment" .'
    )
    assert lines(kb) == [
        "<urn:x:a> <http://www.w3.org/2000/01/rdf-schema#domain> <urn:x:c> .",
        '<urn:x:a> <http://www.w3.org/2000/01/rdf-schema#label> "A" .',
        '<urn:x:a> <urn:x:b> "é\\u0001"@en .',
        '<urn:x:b> <http://www.w3.org/2000/01/rdf-schema#comment> "a comment" .',
        '<urn:x:b> <https://w3id.org/kaug/ns#question> "B {s}?"@en .',
    ]


def test_every_line_of_a_fact_has_the_facts_id(make: Make) -> None:
    kb = make()
    ids = {hashlib.blake2b(line.encode(), digest_size=16).digest() for line in lines(kb)}
    assert set(kb.facts["fact"].to_pylist()) <= ids
    assert kb.facts.num_rows == 13
    assert set(kb.axioms["fact"].to_pylist()) <= ids
    assert lines(kb) == sorted(set(lines(kb)))


def test_the_lines_are_canonical(make: Make) -> None:
    text = b"".join(to_quads(make(), graphs=True))
    assert ox.serialize(ox.parse(text, format=ox.RdfFormat.N_QUADS), format=ox.RdfFormat.N_QUADS) == text


def test_named_graphs_say_the_sources(make: Make) -> None:
    kb = make(":a :b :c ; rdfs:label 'A' .", "my source", other=":a :b :c , :d .")
    assert lines(kb, graphs=True) == [
        '<urn:x:a> <http://www.w3.org/2000/01/rdf-schema#label> "A" .',
        "<urn:x:a> <urn:x:b> <urn:x:c> <urn:kaug:source:my%20source> .",
        "<urn:x:a> <urn:x:b> <urn:x:c> <urn:kaug:source:other> .",
        "<urn:x:a> <urn:x:b> <urn:x:d> <urn:kaug:source:other> .",
    ]


def test_chosen_rows_bring_their_labels_and_templates(make: Make) -> None:
    kb = make(
        ":a :b :c ; rdfs:label 'A' . :c rdfs:label 'C' . :d :e :a ; rdfs:label 'D' . "
        ":b kaug:question '{s}?' . :e kaug:question '{s}??' ."
    )
    values = kb.terms["value"].to_pylist()
    row = [values[subject] for subject in kb.facts["subject"].to_pylist()].index("urn:x:d")
    assert b"".join(to_quads(kb, rows=[row])).decode().split("\n")[:-1] == [
        '<urn:x:a> <http://www.w3.org/2000/01/rdf-schema#label> "A" .',
        '<urn:x:d> <http://www.w3.org/2000/01/rdf-schema#label> "D" .',
        "<urn:x:d> <urn:x:e> <urn:x:a> .",
        '<urn:x:e> <https://w3id.org/kaug/ns#question> "{s}??" .',
    ]
    assert len(to_rdflib(kb, rows=[row])) == 4


RULED = """
:near a owl:SymmetricProperty . :capital rdfs:subPropertyOf :city . :city rdfs:subPropertyOf :place .
:togo :near :ghana ; :capital :lome ; rdfs:label "Togo"@en .
<< :togo :capital :lome >> kaug:weight 0.1 .
"""
SUBPROPERTY = "<http://www.w3.org/2000/01/rdf-schema#subPropertyOf>"
FOLLOWS = [  # what the rules conclude of it: the last is an axiom
    "<urn:x:ghana> <urn:x:near> <urn:x:togo>",
    "<urn:x:togo> <urn:x:city> <urn:x:lome>",
    "<urn:x:togo> <urn:x:place> <urn:x:lome>",
    f"<urn:x:capital> {SUBPROPERTY} <urn:x:place>",
]


def test_inferred_triples_stand_in_a_graph_of_their_own_and_in_no_sources(make: Make, tmp_path: Path) -> None:
    kb = make(RULED, inference="owl")
    quads = lines(kb, graphs=True)
    assert sorted(line for line in quads if "inferred" in line) == sorted(f"{s} <urn:kaug:inferred> ." for s in FOLLOWS)
    assert not [line for line in quads if any(line.startswith(triple) for triple in FOLLOWS) and "source:" in line]
    assert {f"{triple} ." for triple in FOLLOWS} <= set(lines(kb))
    without = lines(kb, graphs=True, inferred=False)
    assert without == [line for line in quads if "inferred" not in line] == lines(make(RULED), graphs=True)
    for ending in (".nq", ".trig"):
        assert write_rdf(kb, tmp_path / f"out{ending}") == len(quads)
        written = ox.parse(path=str(tmp_path / f"out{ending}"))
        assert sorted(
            f"{quad.triple} {quad.graph_name} ." for quad in written if "inferred" in str(quad.graph_name)
        ) == (sorted(f"{triple} <urn:kaug:inferred> ." for triple in FOLLOWS))
    assert len(to_rdflib(kb, inferred=False)) == len(to_rdflib(kb)) - len(FOLLOWS)


def test_built_again_from_a_source_s_graph_the_source_states_what_it_stated(make: Make, tmp_path: Path) -> None:
    kb = make(RULED, inference="owl")
    write_rdf(kb, tmp_path / "out.nq")
    stated = [
        quad.triple
        for quad in ox.parse(path=str(tmp_path / "out.nq"))
        if quad.graph_name in (ox.DefaultGraph(), ox.NamedNode("urn:kaug:source:world"))
    ]
    (tmp_path / "world.nt").write_bytes(ox.serialize(stated, format=ox.RdfFormat.N_TRIPLES) or b"")
    assert build_kb([tmp_path / "world.nt"]).facts.num_rows == make(RULED).facts.num_rows == 2
    assert same(build_kb([tmp_path / "world.nt"], languages=LANGUAGES, inference="owl"), kb)


def test_weighted_facts(make: Make) -> None:
    kb = make(":a :b :c . :d :e :f . << :d :e :f >> kaug:weight 0.1 .")
    line = "<urn:x:d> <urn:x:e> <urn:x:f> ."
    rdf = "http://www.w3.org/1999/02/22-rdf-syntax-ns#"
    name = f"<urn:kaug:fact:{hashlib.blake2b(line.encode(), digest_size=16).hexdigest()}>"
    weight = [
        f"{name} <{rdf}object> <urn:x:f> .",
        f"{name} <{rdf}predicate> <urn:x:e> .",
        f"{name} <{rdf}subject> <urn:x:d> .",
        f"{name} <{rdf}type> <{rdf}Statement> .",
        f'{name} <https://w3id.org/kaug/ns#weight> "0.1"^^<http://www.w3.org/2001/XMLSchema#float> .',
    ]
    assert lines(kb) == [*weight, "<urn:x:a> <urn:x:b> <urn:x:c> .", line]


def test_an_empty_knowledge_base(make: Make, tmp_path: Path) -> None:
    kb = make("")
    assert (lines(kb), lines(kb, graphs=True), len(to_rdflib(kb)), to_table(kb).num_rows) == ([], [], 0, 0)
    for ending in FORMATS:
        assert write_rdf(kb, tmp_path / f"empty{ending}") == 0
        assert list(ox.parse(path=str(tmp_path / f"empty{ending}"), format=FORMATS[ending])) == []


# ---------------------------------------------------------------- files


@pytest.mark.parametrize("packed", ["", ".gz"])
@pytest.mark.parametrize("ending", FORMATS)
def test_what_is_written_is_built_again(make: Make, tmp_path: Path, ending: str, packed: str) -> None:
    kb = make()
    folder = tmp_path / "out"
    folder.mkdir()
    file = folder / f"world{ending}{packed}"
    text = WORLD.replace("'>", "x>") if FORMATS[ending] == ox.RdfFormat.RDF_XML else WORLD
    kb = make(text)
    assert write_rdf(kb, file) == len(lines(kb))
    assert list(folder.iterdir()) == [file]
    data = gzip.decompress(file.read_bytes()) if packed else file.read_bytes()
    triples = [quad.triple for quad in ox.parse(data, format=FORMATS[ending])]
    (folder / "again.nt").write_bytes(ox.serialize(triples, format=ox.RdfFormat.N_TRIPLES) or b"")
    again = build_kb([folder / "again.nt"], languages=LANGUAGES)
    assert [len(getattr(again, name)) for name in TABLES] == [len(getattr(kb, name)) for name in TABLES]
    assert again.facts["fact"].equals(kb.facts["fact"])
    assert again.axioms["fact"].equals(kb.axioms["fact"])
    for name in ("terms", "labels", "lexicon"):
        assert getattr(again, name).to_pylist() == getattr(kb, name).to_pylist()
    write_rdf(kb, folder / f"twice{ending}{packed}")
    assert (folder / f"twice{ending}{packed}").read_bytes() == file.read_bytes()


@pytest.mark.parametrize("ending", [".nt", ".nq", ".ttl", ".trig", ".rdf", ".jsonld"])
def test_a_file_is_read_as_any_source(make: Make, tmp_path: Path, ending: str) -> None:
    kb = make("\n".join(line for line in WORLD.splitlines() if not line.startswith("[")))
    write_rdf(kb, tmp_path / f"again{ending}")
    again = build_kb([tmp_path / f"again{ending}"], languages=LANGUAGES)
    assert again.facts["fact"].equals(kb.facts["fact"])
    assert again.labels.equals(kb.labels)


LEFT_OUT = """
:a :p [ rdfs:label "box"@en , "Kiste"@de ; :size 3 ] , [ schema:name "tin" ; :in [ rdfs:label "the   lid"@en ; :size "" ] ] .
"""


@pytest.mark.parametrize("ending", [".nt", ".trig", ".rdf", ".jsonld", "rdflib"])
def test_blank_nodes_keep_their_names_without_what_the_first_build_left_out(
    make: Make, tmp_path: Path, ending: str
) -> None:
    kb = make(LEFT_OUT)
    assert len(kb) == 4
    if ending == "rdflib":
        again = build_kb(to_rdflib(kb), languages=LANGUAGES)
    else:
        write_rdf(kb, tmp_path / f"world{ending}")
        again = build_kb(tmp_path / f"world{ending}", languages=LANGUAGES)
    assert again.facts["fact"].equals(kb.facts["fact"])
    assert again.labels.equals(kb.labels)


def test_turtle_is_grouped_and_has_prefixes(make: Make, tmp_path: Path) -> None:
    write_rdf(make(':a :b :c , 1 ; :d "x"@en ; rdfs:label "A"@en .'), tmp_path / "out.ttl")
    assert (tmp_path / "out.ttl").read_text(encoding="utf-8") == (
        "@prefix rdfs: <http://www.w3.org/2000/01/rdf-schema#> .\n"
        "@prefix xsd: <http://www.w3.org/2001/XMLSchema#> .\n"
        "@prefix x: <urn:x:> .\n"
        'x:a rdfs:label "A"@en ;\n\tx:b 1 , x:c ;\n\tx:d "x"@en .\n'
    )


def test_trig_has_one_block_a_source(make: Make, tmp_path: Path) -> None:
    write_rdf(make(":a :b :c . :d :b :c .", "one", two=":a :b :d . :d :b :c ."), tmp_path / "out.trig")
    assert (tmp_path / "out.trig").read_text(encoding="utf-8") == (
        "@prefix source: <urn:kaug:source:> .\n@prefix x: <urn:x:> .\n"
        "source:one {\n\tx:a x:b x:c .\n\tx:d x:b x:c .\n}\nsource:two {\n\tx:a x:b x:d .\n\tx:d x:b x:c .\n}\n"
    )


def test_carriage_returns_survive_rdf_xml(tmp_path: Path) -> None:
    (tmp_path / "a.ttl").write_text('@prefix : <https://e.org/> . :a :note "one\\r\\ntwo &\\r" .')
    kb = build_kb(tmp_path / "a.ttl")
    write_rdf(kb, tmp_path / "b.rdf")
    assert "<e:note>one&#xD;\ntwo &amp;&#xD;</e:note>" in (tmp_path / "b.rdf").read_text().replace("example:", "e:")
    assert build_kb(tmp_path / "b.rdf").facts["fact"].equals(kb.facts["fact"])


@pytest.mark.parametrize("ending", ["", ".txt", ".gz", ".ttl.zip", ".parquet"])
def test_another_ending(make: Make, tmp_path: Path, ending: str) -> None:
    with pytest.raises(SourceError, match=r"unknown kind of file; its name should end in one of \.nt \.nq \.ttl"):
        write_rdf(make(), tmp_path / f"out{ending}")


@pytest.mark.parametrize("ending", [".ttl.zst", ".nt.bz2", ".nq.XZ"])
def test_another_compression(make: Make, tmp_path: Path, ending: str) -> None:
    with pytest.raises(SourceError, match=r"is written plain or as \.gz; leave \.(zst|bz2|xz) to its own tool"):
        write_rdf(make(), tmp_path / f"out{ending}")
    assert list(tmp_path.glob("*out*")) == []


def test_a_file_that_cannot_be_written(make: Make, tmp_path: Path) -> None:
    with pytest.raises(SourceError, match=r"cannot be written: (File exists|Not a directory)"):
        write_rdf(make(), tmp_path / "world.ttl" / "out.ttl")  # a file stands where its folder should be


@pytest.mark.parametrize(
    ("triple", "message"),
    [
        (':a :b "\\u0001" .', r"the value '\\x01' holds a character that XML cannot hold"),
        (':a :b "\\uFFFE" .', r"the value '\\ufffe' holds a character"),
        (":a <https://e.org/1> :c .", "'https://e.org/1' is a predicate or a class, and does not end in a name of XML"),
        (":a a <https://e.org/> .", "'https://e.org/' is a predicate or a class, and does not end in a name of XML"),
        (":a <https://e.org/> :c .", "'https://e.org/' is a predicate or a class, and does not end"),
    ],
)
def test_what_xml_cannot_say_is_refused_and_nothing_is_left(
    make: Make, tmp_path: Path, triple: str, message: str
) -> None:
    with pytest.raises(SourceError, match=message):
        write_rdf(make(triple), tmp_path / "out.rdf")
    assert [file.name for file in tmp_path.iterdir()] == ["world.ttl"]
    write_rdf(make(triple), tmp_path / "out.ttl")
    assert build_kb([tmp_path / "out.ttl"]).facts["fact"].equals(make(triple).facts["fact"])


# ---------------------------------------------------------------- any triples


CHARACTERS = st.characters(codec="utf-8")
TEXT = st.text(CHARACTERS, max_size=6)
IRI = st.builds(
    "https://e.org/{}{}".format, st.sampled_from(["", "é/", "a#", "a:b/", "x?y=&z;"]), st.text("aé1'-._~,;", max_size=3)
)
NODE = st.one_of(st.builds(ox.NamedNode, IRI), st.builds(ox.BlankNode, st.sampled_from(["x", "y", "z"])))
VALUE = st.one_of(
    NODE,
    st.builds(ox.Literal, TEXT),
    st.builds(ox.Literal, TEXT, language=st.sampled_from(["en", "zh-hans", "de"])),
    st.builds(ox.Literal, TEXT, datatype=st.builds(ox.NamedNode, IRI)),
)
KNOWN = st.sampled_from(
    [
        "http://www.w3.org/2000/01/rdf-schema#label",
        "http://www.w3.org/2004/02/skos/core#altLabel",
        "https://w3id.org/kaug/ns#phrase",
        "http://www.w3.org/2000/01/rdf-schema#range",
        "http://www.w3.org/1999/02/22-rdf-syntax-ns#type",
    ]
)
TRIPLES = st.lists(st.builds(ox.Triple, NODE, st.builds(ox.NamedNode, KNOWN | IRI), VALUE), max_size=12)


def settled(path: Path, triples: list[ox.Triple]) -> KnowledgeBase:
    """A knowledge base of what comes out of the first one, whose facts stay: labels that were made safe may be the same."""
    path.write_bytes(ox.serialize(triples, format=ox.RdfFormat.N_TRIPLES) or b"")
    first = build_kb([path], languages=LANGUAGES)
    path.write_bytes(b"".join(to_quads(first)))
    kb = build_kb([path], languages=LANGUAGES)
    assert kb.facts["fact"].equals(first.facts["fact"])
    return kb


@pytest.mark.slow
@settings(max_examples=60, deadline=None)
@given(TRIPLES, st.sampled_from([".ttl", ".trig", ".nq", ".nt", ".jsonld", ".rdf"]))
def test_any_triples_survive_the_round(
    tmp_path_factory: pytest.TempPathFactory, triples: list[ox.Triple], ending: str
) -> None:
    folder = tmp_path_factory.mktemp("round")
    kb = settled(folder / "a.nt", triples)
    file = folder / f"b{ending}"
    try:
        write_rdf(kb, file)
    except SourceError as error:
        if ending != ".rdf" or "XML" not in str(error):
            raise
        return
    if ending == ".rdf":
        ET.parse(file)
    found = [quad.triple for quad in ox.parse(path=str(file))]
    (folder / "c.nt").write_bytes(ox.serialize(found, format=ox.RdfFormat.N_TRIPLES) or b"")
    again = build_kb([folder / "c.nt"], languages=LANGUAGES)
    assert again.facts["fact"].equals(kb.facts["fact"])
    for name in ("terms", "labels", "lexicon"):
        assert getattr(again, name).to_pylist() == getattr(kb, name).to_pylist()


@pytest.mark.slow
@settings(max_examples=40, deadline=None)
@given(TRIPLES)
def test_any_triples_survive_rdflib(tmp_path_factory: pytest.TempPathFactory, triples: list[ox.Triple]) -> None:
    kb = settled(tmp_path_factory.mktemp("rdflib") / "a.nt", triples)
    found = b"".join(graph_chunks(to_rdflib(kb))).decode().split("\n")[:-1]
    expected = [quad for line in lines(kb) for quad in ox.parse(line, format=ox.RdfFormat.N_QUADS)]
    assert sorted(found) == sorted(f"{q.subject} {q.predicate} {q.object} ." for q in expected)


# ---------------------------------------------------------------- rdflib, tables, prefixes


def test_the_graph_of_rdflib(make: Make) -> None:
    graph = to_rdflib(make())
    togo, integer = rdflib.URIRef("urn:x:togo"), rdflib.XSD.integer
    assert len(graph) == len(lines(make()))
    assert (togo, rdflib.URIRef("urn:x:motto"), rdflib.Literal("1", datatype=integer)) in graph
    assert str(graph.value(togo, rdflib.URIRef("urn:x:area"))) == "056785.0"
    assert {str(o.language) for o in graph.objects(togo, rdflib.RDFS.label)} == {"en", "en-gb", "zh"}  # type: ignore[attr-defined]
    assert dict(graph.namespaces())["x"] == rdflib.URIRef("urn:x:")
    assert "x:capital x:lome" in graph.serialize(format="turtle")


def test_the_table(make: Make) -> None:
    kb = make(':togo :capital :lome ; :name "Togo"@fr ; rdfs:label "Togo"@en . [ :age 7 ] :of :togo .')
    table = to_table(kb)
    assert table.column_names == [
        *("fact", "subject", "predicate", "object", "datatype", "language"),
        *("subject_label", "predicate_label", "object_label", "sentence", "sources", "rule", "weight", "taught"),
        "untaught",
    ]
    rows = {row["predicate"]: row for row in table.to_pylist()}
    line = b"<urn:x:togo> <urn:x:capital> <urn:x:lome> ."
    assert rows["urn:x:capital"] == {
        "fact": hashlib.blake2b(line, digest_size=16).hexdigest(),
        "subject": "urn:x:togo",
        "predicate": "urn:x:capital",
        "object": "urn:x:lome",
        "datatype": None,
        "language": None,
        "subject_label": "Togo",
        "predicate_label": "capital",
        "object_label": "lome",
        "sentence": "The capital of Togo is lome.",
        "sources": ["world"],
        "rule": None,
        "weight": None,
        "taught": True,
        "untaught": None,
    }
    assert [rows["urn:x:name"][name] for name in ("object", "language")] == ["Togo", "fr"]
    assert [rows["urn:x:age"][name] for name in ("object", "datatype")] == [
        "7",
        "http://www.w3.org/2001/XMLSchema#integer",
    ]
    assert rows["urn:x:age"]["subject"] == rows["urn:x:of"]["subject"]
    assert rows["urn:x:age"]["subject"].startswith("_:k")


def test_the_table_in_another_language(make: Make) -> None:
    rows = to_table(make(), "zh").to_pylist()
    assert {row["subject_label"] for row in rows if row["subject"] == "urn:x:togo"} == {"多哥"}
    assert (
        next(row["sentence"] for row in rows if row["predicate"] == "urn:x:capital") == "多哥的首都是the city of Lomé。"
    )


def test_prefixes_are_told_apart() -> None:
    spaces = [
        "http://a.org/geo#",
        "http://b.org/geo/",
        "http://c.org/rdf#",
        "http://www.w3.org/2002/07/owl#",
        "https://d.example.com/",
        "urn:1:",
    ]
    found = prefixes_of(pa.array([f"{space}{name}" for space in spaces for name in "ab"] + ["http://once.org/a", None]))
    assert found == {
        "example": "https://d.example.com/",
        "geo": "http://a.org/geo#",
        "geo2": "http://b.org/geo/",
        "ns": "urn:1:",
        "owl": "http://www.w3.org/2002/07/owl#",
        "rdf2": "http://c.org/rdf#",
    }


@pytest.mark.parametrize("name", ["domain/world", "domain/elements", "commonsense/everyday"])
@pytest.mark.slow
def test_the_sources_that_come_with_kaug_survive_the_round(tmp_path: Path, name: str) -> None:
    kb = build_kb([ROOT / "kb" / f"{name}.ttl"], lexicon=ROOT / "kb" / "lexicon.ttl")
    file = tmp_path / f"{Path(name).name}.ttl"
    write_rdf(kb, file)
    again = build_kb([file])
    for knowledge in (kb, again):  # their sources are of one name
        assert set(knowledge.facts["sources"].combine_chunks().flatten().to_pylist()) == {file.stem}
    assert same(kb, again)
