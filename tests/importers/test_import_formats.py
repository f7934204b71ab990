"""Each format gives its facts, labels and counts; an error names the line that is malformed."""

import bz2
import gzip
import json
import lzma
import os
import re
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyoxigraph as ox
import pytest

from kaug.errors import SourceError
from kaug.importers import atomic, conceptnet, metaqa, run_importer, wordnet
from kaug.importers.conceptnet import import_conceptnet
from kaug.importers.quads import quads_file, statement_name
from kaug.knowledge.entries import read_lexicon
from kaug.knowledge.templates import PROPERTIES, check_template
from kaug.wording.sets import definite
from kaug.wording.wording import is_reversed

DATA = Path(__file__).resolve().parents[1] / "data"
REAL = Path(os.environ.get("KAUG_TEST_DATA", DATA.parents[2] / "shared" / "data"))
SPACES = {
    "http://www.w3.org/2000/01/rdf-schema#": "rdfs:",
    "http://www.w3.org/1999/02/22-rdf-syntax-ns#": "rdf:",
    "http://www.w3.org/2004/02/skos/core#": "skos:",
    "http://www.w3.org/2001/XMLSchema#": "xsd:",
    "http://www.w3.org/ns/lemon/ontolex#": "ontolex:",
    "http://api.conceptnet.io": "",
    "http://www.wikidata.org/entity/": "wd:",
    "http://www.wikidata.org/prop/direct/": "wdt:",
    "https://globalwordnet.github.io/schemas/wn#": "wn:",
    "https://w3id.org/kaug/ns#": "kaug:",
    "https://w3id.org/kaug/": "k:",
    "urn:kaug:statement:": "s:",
}

real = pytest.mark.skipif(not REAL.is_dir(), reason=f"no third-party data at {REAL}; set KAUG_TEST_DATA")


def imported(name: Any, inputs: list[Path], **options: Any) -> tuple[list[tuple[str, str, str]], dict[str, Any]]:
    """The triples that an import writes, namespaces shortened, and its counts. The file is canonical N-Quads."""
    out = inputs[0].parent / "out.nq" if "out" not in options else options.pop("out")
    counts = run_importer(name, inputs, out, **options)
    content = out.read_bytes()
    quads = list(ox.parse(content, format=ox.RdfFormat.N_QUADS))
    assert ox.serialize(quads, format=ox.RdfFormat.N_QUADS) == content
    return [(short(q.subject), short(q.predicate), short(q.object)) for q in quads], counts


def short(term: object) -> str:
    text = str(term)
    for space, prefix in SPACES.items():
        text = text.replace(f"<{space}", f"<{prefix}")
    return text.replace("<", "").replace(">", "") if isinstance(term, ox.NamedNode) else text


def facts(triples: list[tuple[str, str, str]]) -> set[tuple[str, str, str]]:
    about = ("rdfs:label", "skos:altLabel", "kaug:", "rdf:reifies")
    return {triple for triple in triples if not triple[1].startswith(about)}


def labels(triples: list[tuple[str, str, str]], predicate: str = "rdfs:label") -> set[tuple[str, str]]:
    return {(s, o) for s, p, o in triples if p == predicate}


def left_out(counts: dict[str, Any]) -> dict[str, int]:
    return {key.removeprefix("left out: "): n for key, n in counts.items() if key.startswith("left out: ")}


# ---------------------------------------------------------------- ConceptNet


def edge(relation: str, start: str, end: str, info: Any = '{"weight": 1.0}') -> str:
    info = info if isinstance(info, str) else json.dumps(info)
    return f"/a/[{relation}/,{start}/,{end}/]\t{relation}\t{start}\t{end}\t{info}\n"


EDGES = [
    edge("/r/IsA", "/c/en/cat/n", "/c/en/animal", {"dataset": "/d/x", "weight": 2.828, "surfaceText": 'a "cat" \\ é'}),
    edge("/r/AtLocation", "/c/en/ice_cream", "/c/en/freezer", {"weight": 1, "sources": [{"weight": "no"}]}),
    edge("/r/Synonym", "/c/en/cat/n", "/c/fr/chat", {"weight": 1.0}),
    edge("/r/ExternalURL", "/c/en/cat/n", "http://dbpedia.org/resource/Cat", {"weight": 1.0}),
    edge("/r/RelatedTo", "/c/en/c#", "/c/en/50%", {"license": "cc:by/4.0"}),
    edge("/r/RelatedTo", "/c/zh/猫", "/c/zh_min_nan/x", {"weight": 0.5}),
]
IS_A = "<http://api.conceptnet.io/c/en/cat/n> <http://api.conceptnet.io/r/IsA> <http://api.conceptnet.io/c/en/animal>"


def dump(tmp_path: Path, *lines: str) -> Path:
    path = tmp_path / "assertions.csv"
    path.write_text("".join(lines), encoding="utf-8")
    return path


def test_conceptnet(tmp_path: Path) -> None:
    triples, counts = imported("conceptnet", [dump(tmp_path, *EDGES)])
    assert facts(triples) == {
        ("/c/en/cat/n", "/r/IsA", "/c/en/animal"),
        ("/c/en/ice_cream", "/r/AtLocation", "/c/en/freezer"),
        ("/c/en/c%23", "/r/RelatedTo", "/c/en/50%25"),
    }
    assert labels(triples) == {
        ("/c/en/cat/n", '"cat"@en'),
        ("/c/en/animal", '"animal"@en'),
        ("/c/en/ice_cream", '"ice cream"@en'),
        ("/c/en/freezer", '"freezer"@en'),
        ("/c/en/c%23", '"c#"@en'),
        ("/c/en/50%25", '"50%"@en'),
        ("/r/IsA", '"kind of"@en'),
        ("/r/AtLocation", '"place"@en'),
        ("/r/RelatedTo", '"related to"@en'),
    }
    assert ("/r/IsA", '"{s} is a kind of {o}."@en') in labels(triples, "kaug:statement")
    name = statement_name(IS_A)[1:-1].removeprefix("urn:kaug:statement:")
    weights = {s: o for s, p, o in triples if p == "kaug:weight"}
    assert sorted(weights.values()) == [f'"{n}"^^<xsd:decimal>' for n in ("1.0", "2.828")]
    assert weights[f"s:{name}"] == '"2.828"^^<xsd:decimal>'
    assert (counts["facts"], counts["labels"], counts["weights"]) == (3, 9, 2)
    assert left_out(counts) == {"external URL": 1, "other language": 2}


def test_one_file_and_one_language_need_no_list(tmp_path: Path) -> None:
    file = dump(tmp_path, *EDGES)
    one, other = tmp_path / "one.nq", tmp_path / "other.nq"
    run_importer("conceptnet", str(file), str(one), languages="en", source="x")
    run_importer("conceptnet", [file], other, languages=["en"], source="x")
    assert one.read_bytes() == other.read_bytes()


def test_conceptnet_in_other_languages(tmp_path: Path) -> None:
    triples, counts = imported("conceptnet", [dump(tmp_path, *EDGES)], languages=["en", "fr", "zh", "zh-min-nan"])
    assert ("/c/en/cat/n", "/r/Synonym", "/c/fr/chat") in facts(triples)
    assert {("/c/fr/chat", '"chat"@fr'), ("/c/zh/猫", '"猫"@zh'), ("/c/zh_min_nan/x", '"x"@zh-min-nan')} < labels(
        triples
    )
    assert left_out(counts) == {"external URL": 1}


@pytest.mark.parametrize(
    ("line", "reason"),
    [
        (
            "/a/x\t/r/IsA\t/c/en/a\n",
            r"csv:2: expected 5 columns \(assertion, relation, .*\), separated by tab; found 3",
        ),
        (edge("IsA", "/c/en/a", "/c/en/b"), r"csv:2: relation is 'IsA'; expected a relation such as /r/IsA"),
        (edge("/r/IsA", "cat", "/c/en/b"), r"csv:2: start is 'cat'; expected a concept such as /c/en/cat"),
        (edge("/r/IsA", "/c/en/a", "/c/en"), r"csv:2: end is '/c/en'"),
        (edge("/r/IsA", "/c/en/a", "/c/en/b", '{"weight": '), r"csv:2: info is not as expected"),
        (edge("/r/IsA", "/c/en/a", "/c/en/b", '{"weight": "1"}'), r"csv:2: info is not as expected"),
        (edge("/r/IsA", "/c/en/a", "/c/en/b", "[1]"), r"csv:2: info is not as expected"),
    ],
)
def test_a_malformed_assertion_is_an_error_with_its_line(tmp_path: Path, line: str, reason: str) -> None:
    with pytest.raises(SourceError, match=reason):
        imported("conceptnet", [dump(tmp_path, EDGES[0], line, EDGES[1])])
    assert not (tmp_path / "out.nq").exists()


def test_block_size_does_not_change_the_output(tmp_path: Path) -> None:
    def in_blocks(size: int) -> tuple[set[str], int]:
        with quads_file(tmp_path / "out.nq", "urn:g") as quads:
            assert sum(import_conceptnet([path], quads, size=size)) == 120
        return set((tmp_path / "out.nq").read_text(encoding="utf-8").splitlines()), quads.counts["labels"]

    path = dump(tmp_path, *EDGES * 20)
    assert in_blocks(300) == in_blocks(1 << 22)
    assert in_blocks(300)[1] == 9
    path.write_text("".join(EDGES * 20) + "\n\n" + edge("/r/IsA", "cat", "/c/en/b"), encoding="utf-8")
    with pytest.raises(SourceError, match="csv:123: start is 'cat'"):
        in_blocks(300)


PACKED = {".gz": gzip.compress, ".bz2": bz2.compress, ".xz": lzma.compress}


def zst(data: bytes) -> bytes:
    sink = pa.BufferOutputStream()
    with pa.CompressedOutputStream(sink, "zstd") as packed:
        packed.write(data)
    return bytes(sink.getvalue())


@pytest.mark.parametrize("ending", [".gz", ".bz2", ".xz", ".zst"])
def test_inputs_are_decompressed_and_truncated_ones_refused(tmp_path: Path, ending: str) -> None:
    plain = "".join(EDGES).encode()
    data = PACKED.get(ending, zst)(plain)
    path = tmp_path / f"assertions.csv{ending}"
    path.write_bytes(data)
    assert imported("conceptnet", [path])[1]["facts"] == 3
    path.write_bytes(data[:-12])
    with pytest.raises(SourceError, match=rf"assertions\.csv\{ending}: is (cut short|not a complete)"):
        imported("conceptnet", [path])
    path.write_bytes(plain)
    with pytest.raises(SourceError, match=rf"assertions\.csv\{ending}: is (cut short|not a complete)"):
        imported("conceptnet", [path])


def test_invalid_utf8_is_an_error_with_its_line(tmp_path: Path) -> None:
    path = tmp_path / "a.txt"
    path.write_bytes(b"IsA\tcat\tanimal\nIsA\tca\xff\tanimal\n")
    with pytest.raises(SourceError, match=r"a\.txt:2: is not UTF-8"):
        imported("conceptnet-100k", [path])


def test_conceptnet_100k(tmp_path: Path) -> None:
    train, scored = tmp_path / "train.txt", tmp_path / "dev.txt"
    train.write_text("IsA\tice cream\tfood\nUsedFor\tpen \twrite\n", encoding="utf-8")
    scored.write_text("IsA\tcat\tanimal\t1\nIsA\tcat\tpiano\t0\nHasA\tcat\ttail\t2.50\n", encoding="utf-8")
    triples, counts = imported("conceptnet-100k", [train, scored])
    assert facts(triples) == {
        ("/c/en/ice_cream", "/r/IsA", "/c/en/food"),
        ("/c/en/pen", "/r/UsedFor", "/c/en/write"),
        ("/c/en/cat", "/r/IsA", "/c/en/animal"),
        ("/c/en/cat", "/r/HasA", "/c/en/tail"),
    }
    assert ("/c/en/pen", '"pen"@en') in labels(triples)
    assert [o for _, p, o in triples if p == "kaug:weight"] == ['"2.5"^^<xsd:decimal>']
    assert left_out(counts) == {"negative": 1}
    scored.write_text("IsA\tcat\tanimal\tyes\n", encoding="utf-8")
    with pytest.raises(SourceError, match=r"dev\.txt:1: score is 'yes'; expected a number"):
        imported("conceptnet-100k", [scored])


# ---------------------------------------------------------------- ATOMIC


def test_atomic(tmp_path: Path) -> None:
    path = tmp_path / "train.tsv"
    path.write_text(
        "PersonX pays PersonY a compliment\txIntent\tto be nice \n"
        "PersonX pays PersonY a compliment\toReact\tnone\n"
        "PersonX eats ___\tisFilledBy\tan apple\n"
        'bread\tObjectUse\tmake a "toast"\n',
        encoding="utf-8",
    )
    triples, counts = imported("atomic", [path])
    assert facts(triples) == {
        ("k:atomic/PersonX_pays_PersonY_a_compliment", "k:atomic/r/xIntent", "k:atomic/to_be_nice"),
        ("k:atomic/PersonX_eats_%5F%5F%5F", "k:atomic/r/isFilledBy", "k:atomic/an_apple"),
        ("k:atomic/bread", "k:atomic/r/ObjectUse", "k:atomic/make_a_%22toast%22"),
    }
    assert ("k:atomic/PersonX_eats_%5F%5F%5F", '"PersonX eats ___"@en') in labels(triples)
    assert {
        ("k:atomic/r/xIntent", '"{s} because PersonX wanted {o}."@en'),
        ("k:atomic/r/isFilledBy", '"The blank in “{s}” can be {o}."@en'),
        ("k:atomic/r/ObjectUse", '"{s} is used for this: {o}."@en'),
    } < labels(triples, "kaug:statement")
    assert left_out(counts) == {"no tail": 1}
    path.write_text("bread\tObjectUses\tmake toast\n", encoding="utf-8")
    with pytest.raises(
        SourceError, match=r"tsv:1: ATOMIC-2020 has no relation 'ObjectUses'\. Did you mean 'ObjectUse'\?"
    ):
        imported("atomic", [path])


ENTRIES = {module.__name__.rpartition(".")[2]: module.RELATIONS for module in (atomic, conceptnet, metaqa, wordnet)}


def test_every_relation_has_an_entry() -> None:
    assert {name: len(relations) for name, relations in ENTRIES.items()} == {
        "atomic": 23,
        "conceptnet": 34,
        "metaqa": 9,
        "wordnet": 28,
    }


@pytest.mark.parametrize("name", ENTRIES)
def test_entries_are_valid_whole_and_of_one_relation(name: str) -> None:
    said: dict[tuple[str, str], str] = {}
    for relation, entry in ENTRIES[name].items():
        for kind, text in texts_of(entry, *PROPERTIES):
            check_template(kind, text, relation, name)
            assert said.setdefault((kind, text), relation) == relation or kind.endswith("eference"), text
        reversals = [is_reversed(text) for text in entry["statement"]]
        counts = {kind: len(entry[kind]) for kind in PROPERTIES}
        counts |= {"statement": reversals.count(False), "reversed": reversals.count(True)}
        few = {"statement": 5, "reversed": 3, "question": 4, "inverseQuestion": 3, "exam": 2, "inverseExam": 2}
        assert not {kind for kind in few if counts[kind] < few[kind]}, relation
        assert all(definite(entry[kind], "en") for kind in ("question", "inverseQuestion")), (
            relation
        )  # ask for all, too


@pytest.mark.parametrize("name", ENTRIES)
def test_no_template_of_a_format_asks_what_the_exam_asks(name: str) -> None:
    entries = [*ENTRIES[name].values()]
    if name == "conceptnet":  # whose relations have entries in the lexicon of the shipped knowledge
        shipped = read_lexicon(DATA.parents[1] / "kb" / "lexicon.ttl")
        entries += [{kind: [text]} for relation, kind, _, text in shipped if "conceptnet" in relation]
    asked, trained = (
        [
            " ".join(re.findall(r"\{[so]\}|\w+", text.casefold()))
            for entry in entries
            for _, text in texts_of(entry, *of)
        ]
        for of in (("exam", "inverseExam"), ("statement", "question", "inverseQuestion"))
    )
    assert not [text for text in asked if any(f" {text} " in f" {other} " for other in trained)]


def texts_of(entry: Any, *kinds: str) -> list[tuple[str, str]]:
    return [(kind, text) for kind in kinds for text in entry.get(kind, ())]


# ---------------------------------------------------------------- KGTK

HEAD = "id\tnode1\trelation\tnode2\tnode1;label\tnode2;label\trelation;label\tsource\n"


def kgtk(tmp_path: Path, *rows: str, head: str = HEAD) -> Path:
    path = tmp_path / "edges.tsv"
    path.write_text(head + "".join(f"{row}\n" for row in rows), encoding="utf-8")
    return path


def test_kgtk(tmp_path: Path) -> None:
    path = kgtk(
        tmp_path,
        "e1\t/c/en/cat\t/r/IsA\tQ729\tcat|house cat\t'animal'@en|'Tier'@de\tis a\tCN",
        'e2\tQ42\tP106\tat:to_write\t"Douglas Adams"\tto write\toccupation\tWD',
        "e3\tat:personx_writes\tat:xNeed\twn:pen.n.01\tPersonX writes\ta \\| b\t\t",
        "e4\tQ42\tP569\t^1952-03-11T00:00:00Z/11\t\t\tdate of birth\tWD",
        "e5\tQ42\tP1476\t'l\\'art \\\\ \\t'@fr\t\t\t\t",
        "e6\tQ42\tP2048\t+1.96\t\t\t\t",
        "e7\tQ42\tP19\t\t\t\t\t",
        "e8\thttp://x.example/a b\tP31\tQ5\t\t\t\t",
    )
    triples, counts = imported("kgtk", [path])
    assert facts(triples) == {
        ("/c/en/cat", "/r/IsA", "wd:Q729"),
        ("wd:Q42", "wdt:P106", "k:atomic/to_write"),
        ("k:atomic/personx_writes", "k:atomic/r/xNeed", "k:kgtk/wn:pen.n.01"),
        ("wd:Q42", "wdt:P569", '"1952-03-11"^^<xsd:date>'),
        ("wd:Q42", "wdt:P1476", '"l\'art \\\\ \\t"@fr'),
        ("wd:Q42", "wdt:P2048", '"1.96"^^<xsd:decimal>'),
        ("http://x.example/a%20b", "wdt:P31", "wd:Q5"),
    }
    assert labels(triples) == {
        ("/c/en/cat", '"cat"@en'),
        ("wd:Q729", '"animal"@en'),
        ("/r/IsA", '"is a"@en'),
        ("wd:Q42", '"Douglas Adams"@en'),
        ("k:atomic/to_write", '"to write"@en'),
        ("wdt:P106", '"occupation"@en'),
        ("k:atomic/personx_writes", '"PersonX writes"@en'),
        ("k:kgtk/wn:pen.n.01", '"a | b"@en'),
        ("wdt:P569", '"date of birth"@en'),
    }
    assert labels(triples, "skos:altLabel") == {("/c/en/cat", '"house cat"@en'), ("wd:Q729", '"Tier"@de')}
    assert left_out(counts) == {"no node2": 1}
    assert {key for key in counts if key.startswith("columns not read")} == {
        "columns not read: id",
        "columns not read: source",
    }


@pytest.mark.parametrize(
    ("cell", "value"),
    [
        ('"a \\"b\\""', '"a \\"b\\""'),
        ('"a"@en', '"a"@en'),
        ("^2001", '"2001"^^<xsd:gYear>'),
        ("^2001-05-00T00:00:00Z/10", '"2001-05"^^<xsd:gYearMonth>'),
        ("^2001-00-00/11", '"2001"^^<xsd:gYear>'),
        ("^2001-05-06T07:08/13", '"2001-05-06T07:08:00"^^<xsd:dateTime>'),
        ("^-0044-03-15", '"-0044-03-15"^^<xsd:date>'),
        ("-3", '"-3"^^<xsd:integer>'),
        ("1e-3", '"1e-3"^^<xsd:double>'),
        ("+10[-1,+1]Q11573", '"+10[-1,+1]Q11573"^^<k:kgtk/quantity>'),
        ("@+51.5/-0.12", '"POINT(-0.12 51.5)"^^<http://www.opengis.net/ont/geosparql#wktLiteral>'),
        ("True", '"true"^^<xsd:boolean>'),
    ],
)
def test_literals_of_kgtk(tmp_path: Path, cell: str, value: str) -> None:
    path = kgtk(tmp_path, f"Q1\tP1\t{cell}", head="node1\tlabel\tnode2\n")
    assert facts(imported("kgtk", [path])[0]) == {("wd:Q1", "wdt:P1", value)}


@pytest.mark.parametrize("cell", ["'a'", "^12", "^2001-13-01", "@1", "!x", "+", '"a'])
def test_a_malformed_literal_of_kgtk_is_an_error_with_its_line(tmp_path: Path, cell: str) -> None:
    if cell == "'a'":
        cell = "'a"
    path = kgtk(tmp_path, "Q1\tP1\tQ2", f"Q1\tP1\t{cell}", head="node1\trelation\tnode2\n")
    with pytest.raises(SourceError, match=r"edges\.tsv:3: node2 is .*; expected a literal of KGTK"):
        imported("kgtk", [path])


def test_the_error_for_a_missing_column_suggests_the_nearest(tmp_path: Path) -> None:
    with pytest.raises(SourceError, match=r"tsv:1: there is no column 'relation'\. Did you mean 'relations'\?"):
        imported("kgtk", [kgtk(tmp_path, "a\tb\tc", head="node1\trelations\tnode2\n")])
    with pytest.raises(SourceError, match=r"tsv:2: node1 is '\"a\"'; expected a node, no literal"):
        imported("kgtk", [kgtk(tmp_path, '"a"\tb\tc', head="node1\trelation\tnode2\n")])
    with pytest.raises(SourceError, match=r"tsv:2: node1 is 'http://x.example/%zz'; expected an IRI"):
        imported("kgtk", [kgtk(tmp_path, "http://x.example/%zz\tb\tc", head="node1\trelation\tnode2\n")])


def test_weights_of_kgtk(tmp_path: Path) -> None:
    path = kgtk(tmp_path, "a\tb\tc\t2", "a\tb\td\t", head="node1\trelation\tnode2\tweight\n")
    triples, _ = imported("kgtk", [path], base="urn:x:")
    assert facts(triples) == {("urn:x:a", "urn:x:b", "urn:x:c"), ("urn:x:a", "urn:x:b", "urn:x:d")}
    assert [o for _, p, o in triples if p == "kaug:weight"] == ['"2.0"^^<xsd:decimal>']
    assert [o for _, p, o in triples if p == "rdf:reifies"] == ["<urn:x:a> <urn:x:b> <urn:x:c>"]


# ---------------------------------------------------------------- films and paths


def film_folder(tmp_path: Path) -> Path:
    folder = tmp_path / "metaqa"
    folder.mkdir()
    (folder / "entity2text.txt").write_text("0\tKismet\n1\tWilliam Dieterle\n2\t1944\n", encoding="utf-8")
    (folder / "relation2text.txt").write_text("0\tdirected by\n3\trelease year\n", encoding="utf-8")
    (folder / "train.tsv").write_text("0\t0\t1\n0\t3\t2\n0\t3\t9\n", encoding="utf-8")
    (folder / "test.tsv").write_text("0\t0\t1\n", encoding="utf-8")
    return folder


FILMS = {
    ("k:metaqa/Kismet", "k:metaqa/r/directed_by", "k:metaqa/William_Dieterle"),
    ("k:metaqa/Kismet", "k:metaqa/r/release_year", "k:metaqa/year/1944"),
}


def test_metaqa_as_ids_and_as_names(tmp_path: Path) -> None:
    triples, counts = imported("metaqa", [film_folder(tmp_path)])
    assert facts(triples) == FILMS
    assert left_out(counts) == {"id without a text": 1, "repeated": 1}
    kb = tmp_path / "kb.txt"
    kb.write_text("Kismet|directed_by|William Dieterle\nKismet|release_year|1944\n", encoding="utf-8")
    named, _ = imported("metaqa", [kb])
    assert facts(named) == FILMS
    assert labels(named) == labels(triples)
    assert ("k:metaqa/r/directed_by", '"directed by"@en') in labels(named)
    assert ("k:metaqa/William_Dieterle", '"William Dieterle"@en') in labels(named)


def test_malformed_metaqa(tmp_path: Path) -> None:
    folder = film_folder(tmp_path)
    (folder / "relation2text.txt").unlink()
    with pytest.raises(SourceError, match=r"relation2text\.txt: is missing"):
        imported("metaqa", [folder])
    kb = tmp_path / "kb.txt"
    kb.write_text("Kismet|directed_by\n", encoding="utf-8")
    with pytest.raises(
        SourceError, match=r"kb\.txt:1: expected 3 columns \(subject, relation, object\), separated by '\|'; found 2"
    ):
        imported("metaqa", [kb])


def test_pathquestion(tmp_path: Path) -> None:
    path = tmp_path / "KB.txt"
    path.write_text(
        "ludwig_ii_of_bavaria\tparents\tmaximilian_ii_of_bavaria\n"
        "Khanty_people\t__people__ethnicity__languages_spoken\tKhanty_Language\n"
        "Kerala\t__location__location__containedby\tIndia\n",
        encoding="utf-8",
    )
    triples, counts = imported("pathquestion", [path])
    base = "k:pathquestion/"
    assert facts(triples) == {
        (f"{base}ludwig_ii_of_bavaria", f"{base}r/parents", f"{base}maximilian_ii_of_bavaria"),
        (f"{base}Khanty_people", f"{base}r/people__ethnicity__languages_spoken", f"{base}Khanty_Language"),
        (f"{base}Kerala", f"{base}r/location__location__containedby", f"{base}India"),
    }
    assert {
        (f"{base}ludwig_ii_of_bavaria", '"ludwig ii of bavaria"@en'),
        (f"{base}r/people__ethnicity__languages_spoken", '"languages spoken"@en'),
        (f"{base}r/location__location__containedby", '"contained by"@en'),
        (f"{base}r/parents", '"parents"@en'),
    } < labels(triples)
    assert (counts["facts"], counts["labels"], counts.get("templates")) == (3, 9, None)
    path.write_text("who is it ?\tx(x/)\ta#parents#b#<end>#b\n", encoding="utf-8")
    with pytest.raises(SourceError, match=r"KB\.txt:1: object is .*this is a file of questions"):
        imported("pathquestion", [path])


# ---------------------------------------------------------------- real data


@pytest.mark.slow
@pytest.mark.realdata
@real
@pytest.mark.parametrize(
    ("name", "files", "counted", "out"),
    [
        ("conceptnet-100k", ["conceptnet100k/train.txt"], (99_997, 78_117), {"repeated": 3}),
        ("conceptnet-100k", ["conceptnet100k/dev1.txt"], (600, 945), {"negative": 600}),
        ("metaqa", ["metaqa"], (129_233, 42_809), {"id without a text": 2, "repeated": 20_109}),
        ("pathquestion", ["pathquestion/PQL2-KB.txt"], (4_247, 5_397), {}),
        ("pathquestion", ["pathquestion/2H-kb.txt"], (1_211, 1_069), {}),
    ],
)
def test_real_data(name: Any, files: list[str], counted: tuple[int, int], out: dict[str, int], tmp_path: Path) -> None:
    triples, counts = imported(name, [REAL / file for file in files], out=tmp_path / "out.nq")
    assert (counts["facts"], counts["labels"]) == counted
    assert left_out(counts) == out
    assert len(triples) == counts["facts"] + counts["labels"] + counts.get("templates", 0)
    assert len(facts(triples)) == counts["facts"]
