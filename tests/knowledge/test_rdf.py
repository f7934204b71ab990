"""RDF files and selections, read strictly and without any network."""

import random
import socket
from collections.abc import Iterator
from pathlib import Path

import pyoxigraph as ox
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from kaug.errors import SourceError
from kaug.knowledge.rdf import construct, read_quads

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
    source = write(tmp_path, "source.ttl", GRAPH)
    expected = lines(source)
    assert len(expected) == 11
    assert len({line for line in expected if "_:k" in line}) == 6
    triples = list(ox.parse(path=str(source)))
    random.Random(1).shuffle(triples)
    copy = tmp_path / f"copy{ending}"
    data = ox.serialize((quad.triple for quad in triples), format=ENDINGS[ending])
    assert data is not None
    copy.write_bytes(data)
    assert lines(copy) == expected


def test_graphs_are_read_as_one(tmp_path: Path) -> None:
    path = write(tmp_path, "a.trig", "<urn:g> { <urn:s> <urn:p> 1 } <urn:h> { <urn:s> <urn:p> 1, 2 }")
    assert sorted(set(lines(path))) == [
        f'<urn:s> <urn:p> "{n}"^^<http://www.w3.org/2001/XMLSchema#integer>' for n in (1, 2)
    ]


# ---------------------------------------------------------------- blank nodes


def names(path: Path) -> dict[str, str]:
    """The names of blank nodes by what :is says of them."""
    return {
        quad.object.value: str(quad.subject)
        for quad in read_quads(path)
        if quad.predicate.value == "urn:x:is" and isinstance(quad.object, ox.Literal)
    }


def test_a_blank_node_keeps_its_name_when_other_parts_of_the_file_change(tmp_path: Path) -> None:
    one = '@prefix : <urn:x:> . [ :is "a" ; :p [ :is "b" ; :p [ :is "c" ] ] ] .'
    few = names(write(tmp_path, "few.ttl", one))
    more = "".join(f'[ :is "more {n}" ; :p [ :is "inner {n}" ] ] .' for n in range(20))
    many = names(write(tmp_path, "many.ttl", one + more))
    assert set(few) == {"a", "b", "c"}
    assert len(many) == len(set(many.values())) == 43
    assert {name: many[name] for name in few} == few


def test_a_blank_node_is_named_by_what_is_around_it(tmp_path: Path) -> None:
    nodes = names(write(tmp_path, "a.ttl", '@prefix : <urn:x:> . [ :is "a" ; :p [ :p [ :is "end" ] ] ] .'))
    others = names(write(tmp_path, "b.ttl", '@prefix : <urn:x:> . [ :is "a" ; :p [ :p [ :is "END" ] ] ] .'))
    assert nodes["a"] != others["a"]


def test_blank_nodes_that_nothing_tells_apart_stay_apart(tmp_path: Path) -> None:
    path = write(
        tmp_path, "a.ttl", "@prefix : <urn:x:> . :s :p [ :q 1 ], [ :q 1 ], [ :q 1 ] . _:a :next _:b . _:b :next _:a ."
    )
    found = lines(path)
    assert len(found) == len(set(found)) == 8
    assert len({str(quad.subject) for quad in read_quads(path)}) == 6


@settings(max_examples=50, deadline=None)
@given(
    st.lists(st.tuples(st.integers(0, 5), st.integers(0, 1), st.integers(0, 5)), min_size=1, max_size=12),
    st.randoms(use_true_random=False),
)
def test_names_depend_neither_on_order_nor_on_given_names(
    tmp_path_factory: pytest.TempPathFactory, edges: list[tuple[int, int, int]], chance: random.Random
) -> None:
    folder = tmp_path_factory.mktemp("blank")
    relabelled = list(range(6))
    chance.shuffle(relabelled)
    shuffled = [(relabelled[s], p, relabelled[o]) for s, p, o in edges]
    chance.shuffle(shuffled)
    first, second = (
        write(folder, name, "".join(f"_:n{s} <urn:p{p}> _:n{o} .\n" for s, p, o in rows))
        for name, rows in (("first.nt", edges), ("second.nt", shuffled))
    )
    assert lines(first) == lines(second)
    assert len(set(lines(first))) == len(set(edges))


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
        ("a.rdf", "<a>\n<b>\n</a>", "a.rdf: "),
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
    assert refused(path) == "a.jsonld: a remote @context is never fetched; write the context into the file."
    assert not was_called(listener)


def test_an_external_entity_is_not_read(tmp_path: Path) -> None:
    secret = write(tmp_path, "secret.txt", "secret")
    rdf = "http://www.w3.org/1999/02/22-rdf-syntax-ns#"
    text = (
        f'<!DOCTYPE r [<!ENTITY e SYSTEM "{secret.as_uri()}">]>'
        f'<r:RDF xmlns:r="{rdf}" xmlns:x="urn:x:"><r:Description r:about="urn:a"><x:p>&e;</x:p></r:Description></r:RDF>'
    )
    assert "secret" not in refused(write(tmp_path, "a.rdf", text)).replace("secret.txt", "")


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
    with pytest.raises(SourceError, match="select: the selection is no valid SPARQL"):
        construct(query, QUADS, "select")
