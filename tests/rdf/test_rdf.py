"""RDF files and selections, read strictly and without any network."""

import random
import socket
from collections.abc import Iterable, Iterator
from pathlib import Path

import pyoxigraph as ox
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from kaug.errors import SourceError
from kaug.rdf.parse import count_left_out, read_chunks, read_quads, syntax_in
from kaug.rdf.sources import expand
from kaug.rdf.sparql import construct
from kaug.rdf.validate import check_shapes, validate_file

RDF = "http://www.w3.org/1999/02/22-rdf-syntax-ns#"
XSD = "http://www.w3.org/2001/XMLSchema#"

GRAPH = """
@prefix : <urn:x:> .
@prefix xsd: <http://www.w3.org/2001/XMLSchema#> .
:togo :capital :lome ; :area 56785 ; :motto "Work, \\"Liberty\\",\\nHomeland"@en, "劳动 🦃"@zh ; :independent true .
:lome :at [ :latitude 6.13 ; :longitude "1.2e0"^^xsd:double ] .
[ :borders :togo ; :president [ :name "Nana" ] ] .
"""
ENDINGS = {
    ".ttl": ox.RdfFormat.TURTLE,
    ".nt": ox.RdfFormat.N_TRIPLES,
    ".nq": ox.RdfFormat.N_QUADS,
    ".trig": ox.RdfFormat.TRIG,
    ".n3": ox.RdfFormat.N3,
    ".rdf": ox.RdfFormat.RDF_XML,
    ".jsonld": ox.RdfFormat.JSON_LD,
}


def lines(path: Path) -> list[str]:
    return sorted(f"{quad.subject} {quad.predicate} {quad.object}" for quad in read_quads(path))


def write(folder: Path, name: str, text: str) -> Path:
    path = folder / name
    path.write_text(text, encoding="utf-8")
    return path


def refused(path: Path) -> str:
    with pytest.raises(SourceError) as caught:
        list(read_quads(path))
    return str(caught.value).replace(f"{path.parent}/", "")


# ---------------------------------------------------------------- files


def test_turtle_gives_the_planted_triples(tmp_path: Path) -> None:
    assert lines(write(tmp_path, "a.ttl", '@prefix : <urn:x:> . :s :p :o, "é"@fr, 3, "\\t" .')) == [
        '<urn:x:s> <urn:x:p> "3"^^<http://www.w3.org/2001/XMLSchema#integer>',
        '<urn:x:s> <urn:x:p> "\\t"',
        '<urn:x:s> <urn:x:p> "é"@fr',
        "<urn:x:s> <urn:x:p> <urn:x:o>",
    ]


@pytest.mark.parametrize("ending", ENDINGS)
def test_every_syntax_gives_the_same_triples(tmp_path: Path, ending: str) -> None:
    expected = canonical(read_quads(write(tmp_path, "source.ttl", GRAPH)))
    assert len(expected) == 11
    triples = [quad.triple for quad in ox.parse(GRAPH, format=ox.RdfFormat.TURTLE)]
    random.Random(1).shuffle(triples)
    copy = tmp_path / f"copy{ending}"
    data = ox.serialize(triples, format=ENDINGS[ending])
    assert data is not None
    copy.write_bytes(data)
    assert canonical(read_quads(copy)) == expected


def test_graphs_are_read_as_one(tmp_path: Path) -> None:
    path = write(tmp_path, "a.trig", "<urn:g> { <urn:s> <urn:p> 1 } <urn:h> { <urn:s> <urn:p> 1, 2 }")
    assert sorted(set(lines(path))) == [
        f'<urn:s> <urn:p> "{n}"^^<http://www.w3.org/2001/XMLSchema#integer>' for n in (1, 2)
    ]


# ---------------------------------------------------------------- blank nodes


def test_blank_nodes_are_numbered_in_the_order_of_the_file(tmp_path: Path) -> None:
    path = write(tmp_path, "a.trig", "_:z <urn:p> [ <urn:q> _:z ] . _:g { <urn:s> <urn:p> <<( _:z <urn:p> _:y )>> }")
    given = [str(quad) for quad in read_quads(path)]
    assert given == [
        "_:b0 <urn:q> _:b1",
        "_:b1 <urn:p> _:b0",
        "<urn:s> <urn:p> <<( _:b1 <urn:p> _:b2 )>> _:b3",
    ]
    assert [str(quad) for quad in read_quads(path)] == given
    assert str(next(iter(read_quads(path, prefix="f1x")))) == "_:f1x0 <urn:q> _:f1x1"


@settings(max_examples=30, deadline=None)
@given(st.lists(st.tuples(st.integers(0, 5), st.integers(0, 1), st.integers(0, 5)), min_size=1, max_size=12))
def test_numbering_changes_nothing_but_labels(
    tmp_path_factory: pytest.TempPathFactory, edges: list[tuple[int, int, int]]
) -> None:
    text = "".join(f"_:n{s} <urn:p{p}> _:n{o} .\n" for s, p, o in edges)
    path = write(tmp_path_factory.mktemp("blank"), "a.nt", text)
    assert canonical(read_quads(path)) == canonical(ox.parse(text, format=ox.RdfFormat.N_TRIPLES))


def canonical(quads: Iterable[ox.Quad]) -> list[str]:
    dataset = ox.Dataset(quads)
    dataset.canonicalize(ox.CanonicalizationAlgorithm.RDFC_1_0)
    return sorted(map(str, dataset))


# ---------------------------------------------------------------- RDF 1.2

REIFIES = f"<{RDF}reifies>"
RDF_1_2 = {
    "a triple term": (
        "<urn:s> <urn:p> <<( <urn:a> <urn:b> 'c'@en )>> .",
        ['<urn:s> <urn:p> <<( <urn:a> <urn:b> "c"@en )>>'],
    ),
    "a named reifier": (
        "<< <urn:a> <urn:b> <urn:c> ~ <urn:r> >> <urn:p> <urn:o> .",
        [f"<urn:r> {REIFIES} <<( <urn:a> <urn:b> <urn:c> )>>", "<urn:r> <urn:p> <urn:o>"],
    ),
    "a reifier without a name": (
        "<< <urn:a> <urn:b> <urn:c> >> <urn:p> <urn:o> .",
        [f"_:b0 {REIFIES} <<( <urn:a> <urn:b> <urn:c> )>>", "_:b0 <urn:p> <urn:o>"],
    ),
    "an annotation": (
        "<urn:a> <urn:b> <urn:c> ~ <urn:r> {| <urn:p> <urn:o> |} .",
        [
            "<urn:a> <urn:b> <urn:c>",
            f"<urn:r> {REIFIES} <<( <urn:a> <urn:b> <urn:c> )>>",
            "<urn:r> <urn:p> <urn:o>",
        ],
    ),
    "a base direction": ('<urn:a> <urn:b> "x"@ar--rtl .', ['<urn:a> <urn:b> "x"@ar--rtl']),
    "a version": ('VERSION "1.2" <urn:a> <urn:b> <urn:c> .', ["<urn:a> <urn:b> <urn:c>"]),
}


@pytest.mark.parametrize("name", RDF_1_2)
@pytest.mark.parametrize("ending", [".ttl", ".trig"])
def test_rdf_1_2_in_turtle_and_trig(tmp_path: Path, name: str, ending: str) -> None:
    text, expected = RDF_1_2[name]
    assert sorted(str(quad) for quad in read_quads(write(tmp_path, f"a{ending}", text))) == sorted(expected)


@pytest.mark.parametrize("ending", [".nt", ".nq"])
def test_rdf_1_2_in_lines(tmp_path: Path, ending: str) -> None:
    text = '<urn:s> <urn:p> <<( <urn:a> <urn:b> <<( _:x <urn:b> "c"@en--ltr )>> )>> .\n'
    expected = ['<urn:s> <urn:p> <<( <urn:a> <urn:b> <<( _:b0 <urn:b> "c"@en--ltr )>> )>>']
    assert [str(quad) for quad in read_quads(write(tmp_path, f"a{ending}", text))] == expected


@pytest.mark.parametrize(
    "text",
    [
        "<<( <urn:a> <urn:b> <urn:c> )>> <urn:p> <urn:o> .",
        "<urn:s> <urn:p> <<( <<( <urn:a> <urn:b> <urn:c> )>> <urn:b> <urn:c> )>> .",
        "<urn:s> <urn:p> <<( <urn:a> <urn:b> [ <urn:p> 1 ] )>> .",
        '<urn:s> <urn:p> "x"@ar--up .',
        "<urn:s> <urn:p> <urn:o> {| |} .",
    ],
)
def test_wrong_rdf_1_2_is_refused(tmp_path: Path, text: str) -> None:
    assert refused(write(tmp_path, "a.ttl", "\n" + text)).startswith("a.ttl:2: ")


# ---------------------------------------------------------------- JSON-LD

JSON_LD: dict[str, tuple[str, list[str]]] = {
    "a term": ('{"@context": {"p": "urn:p"}, "@id": "urn:s", "p": "o"}', ['<urn:s> <urn:p> "o"']),
    "a prefix and a vocabulary": (
        '{"@context": {"x": "urn:x:", "@vocab": "urn:v:"}, "@id": "x:s", "@type": "T", "x:p": 1, "q": true}',
        [
            f'<urn:x:s> <urn:v:q> "true"^^<{XSD}boolean>',
            f'<urn:x:s> <urn:x:p> "1"^^<{XSD}integer>',
            f"<urn:x:s> <{RDF}type> <urn:v:T>",
        ],
    ),
    "coercion, languages and a list": (
        """{"@context": {"p": {"@id": "urn:p", "@type": "@id"}, "n": {"@id": "urn:n", "@container": "@language"},
        "l": {"@id": "urn:l", "@container": "@list"}, "d": {"@id": "urn:d", "@type": "urn:day"}},
        "@id": "urn:s", "p": "urn:o", "n": {"en": "a", "fr": ["b", "c"]}, "l": [1], "d": "x"}""",
        [
            '<urn:s> <urn:d> "x"^^<urn:day>',
            "<urn:s> <urn:l> _:b0",
            '<urn:s> <urn:n> "a"@en',
            '<urn:s> <urn:n> "b"@fr',
            '<urn:s> <urn:n> "c"@fr',
            "<urn:s> <urn:p> <urn:o>",
            f'_:b0 <{RDF}first> "1"^^<{XSD}integer>',
            f"_:b0 <{RDF}rest> <{RDF}nil>",
        ],
    ),
    "reverse": (
        '{"@context": {"of": {"@reverse": "urn:p"}}, "@id": "urn:o", "of": {"@id": "urn:s"}}',
        ["<urn:s> <urn:p> <urn:o>"],
    ),
    "a named graph": (
        '{"@id": "urn:g", "@graph": [{"@id": "urn:s", "urn:p": {"@id": "urn:o"}}]}',
        ["<urn:s> <urn:p> <urn:o> <urn:g>"],
    ),
    "1.1: a context of a property": (
        '{"@context": {"p": {"@id": "urn:p", "@context": {"q": "urn:q"}}}, "@id": "urn:s",'
        ' "p": {"@id": "urn:o", "q": "r"}}',
        ["<urn:s> <urn:p> <urn:o>", '<urn:o> <urn:q> "r"'],
    ),
    "1.1: a context of a type": (
        '{"@context": {"T": {"@id": "urn:T", "@context": {"q": "urn:q"}}}, "@id": "urn:s", "@type": "T", "q": "r"}',
        [f"<urn:s> <{RDF}type> <urn:T>", '<urn:s> <urn:q> "r"'],
    ),
    "1.1: nesting and included": (
        '{"@context": {"n": "@nest", "p": "urn:p"}, "@id": "urn:s", "n": {"p": "o"},'
        ' "@included": [{"@id": "urn:t", "p": "o"}]}',
        ['<urn:s> <urn:p> "o"', '<urn:t> <urn:p> "o"'],
    ),
    "1.1: JSON": (
        '{"@context": {"p": {"@id": "urn:p", "@type": "@json"}}, "@id": "urn:s", "p": {"b": [1], "a": null}}',
        [f'<urn:s> <urn:p> "{{\\"a\\":null,\\"b\\":[1]}}"^^<{RDF}JSON>'],
    ),
    "1.1: maps by id and index": (
        '{"@context": {"i": {"@id": "urn:i", "@container": "@id"}, "x": {"@id": "urn:x", "@container": "@index"}},'
        ' "@id": "urn:s", "i": {"urn:o": {"urn:p": "q"}}, "x": {"one": "a"}}',
        ["<urn:s> <urn:i> <urn:o>", '<urn:o> <urn:p> "q"', '<urn:s> <urn:x> "a"'],
    ),
}


@pytest.mark.parametrize("name", JSON_LD)
def test_json_ld_gives_the_planted_triples(tmp_path: Path, name: str) -> None:
    text, expected = JSON_LD[name]
    assert canonical(read_quads(write(tmp_path, "a.jsonld", text))) == canonical(
        ox.parse("".join(f"{line} .\n" for line in expected), format=ox.RdfFormat.N_QUADS)
    )


def test_what_json_ld_leaves_out_is_counted(tmp_path: Path) -> None:
    text = """{"@context": {"p": "urn:p"}, "@id": "urn:s", "p": "read", "name": "no such key", "urn:q": {"@id": "urn:a b"},
        "urn:r": {"@value": "x", "@language": "no language"}}"""
    path = write(tmp_path, "a.jsonld", text)
    assert (lines(path), count_left_out(path, 1)) == (['<urn:s> <urn:p> "read"'], 3)
    assert count_left_out(write(tmp_path, "a.ttl", "<urn:a> <urn:b> <urn:c> ."), 1) == 0


# ---------------------------------------------------------------- N3


def test_n3_gives_what_it_states(tmp_path: Path) -> None:
    path = write(tmp_path, "a.n3", "@prefix : <urn:x:> . :a = :b ; is :p of :c . :d :q :e!:r .")
    assert sorted(str(quad) for quad in read_quads(path)) == [
        "<urn:x:a> <http://www.w3.org/2002/07/owl#sameAs> <urn:x:b>",
        "<urn:x:c> <urn:x:p> <urn:x:a>",
        "<urn:x:d> <urn:x:q> _:b0",
        "<urn:x:e> <urn:x:r> _:b0",
    ]


def test_an_n3_formula_is_refused(tmp_path: Path) -> None:
    said = "a.n3: holds a formula, { … }: N3 quotes its triples, and does not state them."
    assert refused(write(tmp_path, "a.n3", "{ <urn:a> <urn:b> <urn:c> } => { <urn:a> <urn:b> 1 } .")).startswith(said)


# ---------------------------------------------------------------- XML literals


def test_an_xml_literal_is_canonical(tmp_path: Path) -> None:
    text = (
        f'<r:RDF xmlns:r="{RDF}" xmlns:x="urn:x:" xmlns:y="urn:y:"><r:Description r:about="urn:a">'
        '<x:b r:parseType="Literal">a <y:c z=\'1\' a="&amp;"/>\n</x:b></r:Description></r:RDF>'
    )
    path = write(tmp_path, "a.rdf", text)
    literal = 'a <y:c xmlns:y="urn:y:" a="&amp;" z="1"></y:c>\n'
    (quad,) = read_quads(path)
    assert quad.object == ox.Literal(literal, datatype=ox.NamedNode(f"{RDF}XMLLiteral"))
    assert b"".join(read_chunks(path)) == f"{quad} .\n".encode()


def test_an_xml_literal_that_is_no_xml_stays(tmp_path: Path) -> None:
    text = (
        f'<r:RDF xmlns:r="{RDF}" xmlns:x="urn:x:"><r:Description r:about="urn:a">'
        f'<x:b r:datatype="{RDF}XMLLiteral">a &lt; b</x:b></r:Description></r:RDF>'
    )
    path = write(tmp_path, "a.rdf", text)
    (quad,) = read_quads(path)
    assert quad.object.value == "a < b"
    assert b"".join(read_chunks(path)) == f"{quad} .\n".encode()


# ---------------------------------------------------------------- chunks


@pytest.mark.parametrize("ending", ENDINGS)
@pytest.mark.parametrize("size", [1, 100, 1 << 22])
def test_chunks_hold_the_quads_of_the_file(tmp_path: Path, ending: str, size: int) -> None:
    triples = [quad.triple for quad in ox.parse(GRAPH, format=ox.RdfFormat.TURTLE)]
    path = tmp_path / f"a{ending}"
    path.write_bytes(ox.serialize(triples, format=ENDINGS[ending]) or b"")
    chunks = list(read_chunks(path, size=size))
    assert all(chunk.endswith(b"\n") for chunk in chunks)
    assert canonical(ox.parse(b"".join(chunks), format=ox.RdfFormat.N_QUADS)) == canonical(
        ox.Quad(triple.subject, triple.predicate, triple.object) for triple in triples
    )


def test_a_large_file_comes_in_several_chunks(tmp_path: Path) -> None:
    text = "".join(f"<urn:a{n:05}> <urn:b> <urn:c> .\n" for n in range(40_000))
    for ending in (".nt", ".ttl"):
        chunks = list(read_chunks(write(tmp_path, f"a{ending}", text), size=300_000))
        assert len(chunks) > 2
        assert b"".join(chunks).decode() == text


def test_named_graphs_are_in_the_chunks(tmp_path: Path) -> None:
    path = write(tmp_path, "a.trig", "<urn:g> { <urn:s> <urn:p> 'o'@en--ltr }")
    assert list(read_chunks(path)) == [b'<urn:s> <urn:p> "o"@en--ltr <urn:g> .\n']


def test_errors_of_chunks_name_the_line(tmp_path: Path) -> None:
    path = write(tmp_path, "a.ttl", "<urn:a> <urn:b> 1 .\n\n<urn:a> <urn:b> , .")
    with pytest.raises(SourceError, match=r"a\.ttl:3: , is not a valid RDF object"):
        list(read_chunks(path))


def test_an_empty_file_has_no_chunk(tmp_path: Path) -> None:
    assert list(read_chunks(write(tmp_path, "a.nt", ""))) == []
    assert list(read_chunks(write(tmp_path, "a.ttl", ""))) == []


def test_the_base_is_the_name_of_the_file_or_what_is_given(tmp_path: Path) -> None:
    path = write(tmp_path, "a b.ttl", "<> <#p> <c> .")
    assert lines(path) == ["<file:///a%20b.ttl> <file:///a%20b.ttl#p> <file:///c>"]
    (quad,) = read_quads(path, base_iri="http://example.org/x/y")
    assert str(quad) == "<http://example.org/x/y> <http://example.org/x/y#p> <http://example.org/x/c>"
    assert list(read_chunks(path, base_iri="http://example.org/x/y")) == [f"{quad} .\n".encode()]


# ---------------------------------------------------------------- what is refused


@pytest.mark.parametrize(
    ("name", "text", "message"),
    [
        ("a.ttl", "<urn:a> <urn:b> 1 .\n\n<urn:a> <urn:b> , .", "a.ttl:3: , is not a valid RDF object"),
        (
            "a.nt",
            "<urn:a> <urn:b> <urn:c> .\nnonsense",
            "a.nt:2: The subject of a triple must be an IRI or a blank node",
        ),
        ("a.nt", "<urn:a> <urn:b> <no iri> .", "a.nt:1: "),
        ("a.nq", "<urn:a> <urn:b> 1 .", "a.nq:1: "),
        ("a.trig", "<urn:g> {\n<urn:a> <urn:b> 1 }\n@prefix broken", "a.trig:3: "),
        ("a.jsonld", '{"@id": "urn:a",\n"urn:b": \n', "a.jsonld:3: Unexpected end of file, a value was expected"),
        ("a.rdf", "<a>\n<b>\n</a>", "a.rdf:3: no well-formed XML: mismatched tag."),
        ("a.rdf", "", "a.rdf:1: no well-formed XML: no element found."),
        (
            "a.rdf",
            f'<r:RDF xmlns:r="{RDF}">\n<r:Description r:ID="a b"/>\n</r:RDF>',
            "a.rdf: a b is not a valid rdf:ID value (at line 3 or before).",
        ),
        ("a.txt", "", "a.txt: unknown kind of file; its name should end in one of .nt .nq .ttl .trig"),
        ("a", "", "a: unknown kind of file"),
    ],
)
def test_malformed_files(tmp_path: Path, name: str, text: str, message: str) -> None:
    assert refused(write(tmp_path, name, text)).startswith(message)


def test_bytes_that_are_no_utf8(tmp_path: Path) -> None:
    path = tmp_path / "a.nt"
    path.write_bytes(b'<urn:a> <urn:b> "ok" .\n<urn:a> <urn:b> "\xff" .\n')
    assert refused(path).startswith("a.nt:2: Invalid UTF-8")


def test_a_file_that_is_not_there(tmp_path: Path) -> None:
    assert refused(tmp_path / "none.ttl") == "none.ttl: cannot be read: No such file or directory."


def test_the_ending_may_be_in_capitals(tmp_path: Path) -> None:
    assert len(lines(write(tmp_path, "A.TTL", "<urn:a> <urn:b> 1 ."))) == 1


@pytest.fixture
def listener() -> Iterator[socket.socket]:
    """A port of this machine; whoever connects to it is heard."""
    with socket.create_server(("127.0.0.1", 0)) as server:
        server.settimeout(0.05)
        yield server


def was_called(server: socket.socket) -> bool:
    try:
        server.accept()
    except TimeoutError:
        return False
    return True


def test_a_remote_context_is_not_fetched(tmp_path: Path, listener: socket.socket) -> None:
    url = f"http://127.0.0.1:{listener.getsockname()[1]}/context.jsonld"
    path = write(tmp_path, "a.jsonld", f'{{"@context": "{url}", "@id": "urn:a", "name": "x"}}')
    assert refused(path) == (
        "a.jsonld: a remote @context is never fetched; write the context into the file, or give it from one: "
        "--context IRI=FILE."
    )
    assert not was_called(listener)


def test_an_external_entity_is_not_read(tmp_path: Path) -> None:
    secret = write(tmp_path, "secret.txt", "secret")
    rdf = "http://www.w3.org/1999/02/22-rdf-syntax-ns#"
    text = (
        f'<!DOCTYPE r [<!ENTITY e SYSTEM "{secret.as_uri()}">]>'
        f'<r:RDF xmlns:r="{rdf}" xmlns:x="urn:x:"><r:Description r:about="urn:a"><x:p>&e;</x:p></r:Description></r:RDF>'
    )
    assert "secret" not in refused(write(tmp_path, "a.rdf", text)).replace("secret.txt", "")


# ---------------------------------------------------------------- names of files


@pytest.mark.parametrize(
    ("name", "said"),
    [
        ("a.tll", " Did you mean '.ttl'?"),
        ("a.csv", " A table is converted to RDF by `kaug import table`."),
        ("a.ttl.zip", ".zst."),
        ("a.gz", ".zst."),
        ("a", ".zst."),
    ],
)
def test_a_kind_of_file_that_is_not_known(name: str, said: str) -> None:
    with pytest.raises(SourceError) as caught:
        syntax_in(Path(name))
    assert str(caught.value).endswith(said)


def test_folders_and_patterns_hold_rdf_files(tmp_path: Path) -> None:
    for name, text in {
        "b.ttl": "", "a.nt.gz": "", "deep/er/c.OWL": "", "README.md": "", "data.json": "{}", ".hidden.ttl": "",
        ".git/d.ttl": "", "catalog-v001.xml": "<catalog/>", "e.xml": f'<a xmlns:r="{RDF}"/>', "f.txt": "", "g.gz": "",
    }.items():  # fmt: skip
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        write(tmp_path, name, text)
    (tmp_path / "h.xml").write_bytes(f'<a xmlns:r="{RDF}"/>'.encode("utf-16"))
    (tmp_path / "i.xml.gz").write_bytes(b"not compressed")
    found = [path.relative_to(tmp_path).as_posix() for path in expand([tmp_path])]
    assert found == ["a.nt.gz", "b.ttl", "deep/er/c.OWL", "e.xml", "h.xml", "i.xml.gz"]
    assert [path.name for path in expand([tmp_path / "b.ttl", tmp_path / "deep", tmp_path / "f.txt", tmp_path / "b.ttl"])] == [
        "b.ttl", "c.OWL", "f.txt"
    ]  # fmt: skip
    assert [path.name for path in expand([tmp_path / "*.ttl", tmp_path / "**" / "*.OWL"])] == ["b.ttl", "c.OWL"]
    assert [path.name for path in expand([tmp_path / "none.ttl"])] == ["none.ttl"]


def test_a_folder_without_rdf_is_refused(tmp_path: Path) -> None:
    write(tmp_path, "README.md", "")
    for path in (tmp_path, tmp_path / "*.ttl", tmp_path / "*.md"):
        with pytest.raises(SourceError, match="has no RDF files, whose names end in one of "):
            expand([path])


def test_a_file_with_brackets_in_its_name_is_a_file(tmp_path: Path) -> None:
    path = write(tmp_path, "a[1].ttl", "<urn:a> <urn:b> 1 .")
    assert expand([path]) == [path]
    assert validate_file(path)["triples"] == 1


# ---------------------------------------------------------------- shapes


def test_blank_nodes_of_two_files_stay_apart_in_shapes(tmp_path: Path) -> None:
    pytest.importorskip("pyshacl")
    shapes = write(
        tmp_path,
        "shapes.ttl",
        """@prefix sh: <http://www.w3.org/ns/shacl#> . _:x a sh:NodeShape ; sh:targetSubjectsOf <urn:p> ;
        sh:property [ sh:path <urn:p> ; sh:maxCount 1 ; sh:message "too many" ] .""",
    )
    one, two = write(tmp_path, "one.ttl", "_:x <urn:p> 1 ."), write(tmp_path, "two.ttl", "_:x <urn:p> 2 .")
    assert list(check_shapes([one, two], shapes)) == []
    write(tmp_path, "two.ttl", "_:x <urn:p> 2, 3 . <urn:s> <urn:q> <<( <urn:a> <urn:b> <urn:c> )>> .")
    assert list(check_shapes([one, two], shapes)) == [
        {
            "severity": "Info",
            "focus": str(two),
            "message": "Triples about triples are not checked, since SHACL reads RDF 1.1: 1.",
        },
        {"severity": "Violation", "focus": "f1b0", "message": "too many"},
    ]


# ---------------------------------------------------------------- selections

QUADS = [
    ox.Quad(ox.NamedNode("urn:a"), ox.NamedNode("urn:p"), ox.Literal(1)),
    ox.Quad(ox.NamedNode("urn:a"), ox.NamedNode("urn:q'b"), ox.Literal(1), ox.NamedNode("urn:g")),
]
P = '<urn:a> <urn:p> "1"^^<http://www.w3.org/2001/XMLSchema#integer>'
Q = '<urn:a> <urn:q\'b> "1"^^<http://www.w3.org/2001/XMLSchema#integer>'


def test_a_selection_gives_its_triples_from_all_graphs() -> None:
    assert construct("CONSTRUCT WHERE { ?s ?p ?o }", QUADS, "select") == {P, Q}
    assert construct("CONSTRUCT WHERE { ?s <urn:p> ?o }", QUADS, "select") == {P}


@pytest.mark.parametrize(
    "query",
    [
        "CONSTRUCT { ?from ?service ?o } WHERE { ?from ?service ?o }",
        "PREFIX from: <urn:> CONSTRUCT { ?s ?p ?o } WHERE { ?s ?p ?o BIND(from:service AS ?x) } # FROM SERVICE",
        'CONSTRUCT { ?s ?p ?o } WHERE { ?s ?p ?o FILTER("SERVICE <urn:x> FROM" != <urn:from#service>) }',
        "# FROM <urn:g>\nCONSTRUCT { ?s ?p ?o } WHERE { ?s ?p ?o }",
    ],
)
def test_the_words_may_stand_in_names_strings_and_comments(query: str) -> None:
    assert construct(query, QUADS, "select") == {P, Q}


@pytest.mark.parametrize(
    "pattern",
    [
        "?a ?b 1 . SERVICE {url} {{ ?s ?p ?o }}",
        "?a ?b 1 . service\nsilent {url} {{ ?s ?p ?o }}",
        "?a ?b 1SERVICE{url}{{ ?s ?p ?o }}",
        "?a ?b 1 . SERVICEx:s {{ ?s ?p ?o }}",
        "?a x:q\\'b ?w . SERVICE {url} {{ ?s ?p ?o }} FILTER('a' != '')",
        "?a ?b ?c FILTER(?c<?b)SERVICE?x#>\n{{ ?s ?p ?o }} FILTER(1>0)",
        "?a ?b 1 # a comment that ends here\rSERVICE {url} {{ ?s ?p ?o }}",
    ],
)
def test_service_is_refused_however_it_is_written(listener: socket.socket, pattern: str) -> None:
    url = f"<http://127.0.0.1:{listener.getsockname()[1]}/>"
    query = f"PREFIX x: <urn:> CONSTRUCT {{ ?s ?p ?o }} WHERE {{ {pattern.format(url=url)} }}"
    with pytest.raises(SourceError, match=r"a\.toml: select: SERVICE is not allowed in a selection"):
        construct(query, QUADS, "a.toml: select")
    assert not was_called(listener)


@pytest.mark.parametrize("clause", ["FROM <urn:g>", "from<urn:g>", "FROM NAMED <urn:g>"])
def test_from_is_refused(clause: str) -> None:
    with pytest.raises(SourceError, match="select: FROM is not allowed in a selection"):
        construct(f"CONSTRUCT {{ ?s ?p ?o }} {clause} WHERE {{ ?s ?p ?o }}", QUADS, "select")


@pytest.mark.parametrize("query", ["SELECT * WHERE { ?s ?p ?o }", "ASK { ?s ?p ?o }"])
def test_another_query_is_refused(query: str) -> None:
    with pytest.raises(SourceError, match="select: the selection must be a CONSTRUCT query"):
        construct(query, QUADS, "select")


@pytest.mark.parametrize("query", ["", "CONSTRUCT {", "LOAD <http://example.org/>", "DELETE WHERE { ?s ?p ?o }"])
def test_what_is_no_query_is_refused(query: str) -> None:
    with pytest.raises(SourceError, match="select: the selection is not valid SPARQL"):
        construct(query, QUADS, "select")


@pytest.mark.parametrize("brackets", ["{}", "()", "[]"])
def test_a_query_that_is_nested_too_deep_is_refused(brackets: str) -> None:
    query = f"CONSTRUCT {{ ?s ?p ?o }} WHERE {{ {brackets[0] * 20_000}{brackets[1] * 20_000} }}"
    with pytest.raises(SourceError, match="select: the selection is nested more than 100 deep"):
        construct(query, QUADS, "select")
