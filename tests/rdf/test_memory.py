"""Graphs and tables in memory: they come out as the lines that a file of the same triples would."""

import logging
from collections.abc import Iterator
from typing import Any

import pandas as pd
import pyarrow as pa
import pyoxigraph as ox
import pytest
import rdflib
from hypothesis import given, settings
from hypothesis import strategies as st
from rdflib import BNode, Literal, URIRef

from kaug.errors import SourceError
from kaug.rdf.memory import graph_chunks
from kaug.rdf.terms import iris, literals

A, P = URIRef("urn:a"), URIRef("urn:p")


@pytest.fixture(autouse=True)
def _quiet() -> Iterator[None]:
    logging.disable(logging.WARNING)  # rdflib logs each term that it doubts
    yield
    logging.disable(logging.NOTSET)


def lines(source: Any, size: int = 100_000) -> list[str]:
    text = b"".join(graph_chunks(source, size)).decode()
    assert text.endswith("\n") or not text
    return sorted(text.split("\n")[:-1])


def graph_of(*values: Any) -> rdflib.Graph:
    graph = rdflib.Graph()
    for value in values:
        graph.add((A, P, value))
    return graph


def refused(source: Any) -> str:
    with pytest.raises(SourceError) as caught:
        list(graph_chunks(source))
    return str(caught.value)


# ---------------------------------------------------------------- rdflib


def test_the_terms_of_rdflib() -> None:
    graph = graph_of(
        URIRef("http://é.example/a'b"),
        Literal("Lomé", lang="fr-TG"),
        Literal("Lomé"),
        Literal("x", datatype=rdflib.XSD.string),
        Literal(7),
        Literal(True),
        Literal('a "b"\\\n\r\t\x08\x0c\x01\x7f\ufffe'),
        Literal(""),
    )
    assert lines(graph) == sorted(
        f"<urn:a> <urn:p> {value} ."
        for value in (
            "<http://é.example/a'b>",
            '"Lomé"@fr-tg',
            '"Lomé"',
            '"x"',
            '"7"^^<http://www.w3.org/2001/XMLSchema#integer>',
            '"true"^^<http://www.w3.org/2001/XMLSchema#boolean>',
            '"a \\"b\\"\\\\\\n\\r\\t\\b\\f\\u0001\\u007F\\uFFFE"',
            '""',
        )
    )


def test_blank_nodes_stay_apart() -> None:
    graph = rdflib.Graph()
    odd = [BNode("a"), BNode("ba"), BNode("x61"), BNode("a b"), BNode("urn:x"), BNode("é"), BNode("e"), BNode()]
    for number, node in enumerate(odd):
        graph.add((node, P, Literal(str(number))))
        graph.add((A, P, node))
    names = {line.split('"')[1]: line.split(" ")[0] for line in lines(graph) if '"' in line}
    assert len(set(names.values())) == len(odd)
    assert {line.split(" ")[2] for line in lines(graph) if '"' not in line} == set(names.values())


def test_the_graphs_of_a_dataset() -> None:
    dataset = rdflib.Dataset()
    dataset.add((A, P, Literal("main")))
    dataset.graph(URIRef("urn:g")).add((A, P, Literal("named")))
    dataset.graph(BNode("b")).add((A, P, Literal("blank")))
    assert lines(dataset) == [
        '<urn:a> <urn:p> "blank" _:bb .',
        '<urn:a> <urn:p> "main" .',
        '<urn:a> <urn:p> "named" <urn:g> .',
    ]


@pytest.mark.filterwarnings("ignore:ConjunctiveGraph")
def test_a_conjunctive_graph() -> None:
    graph = rdflib.ConjunctiveGraph()
    graph.add((A, P, Literal("main")))
    graph.get_context(URIRef("urn:g")).add((A, P, Literal("named")))
    assert lines(graph) == ['<urn:a> <urn:p> "main" .', '<urn:a> <urn:p> "named" <urn:g> .']


def test_nothing_and_chunks() -> None:
    assert list(graph_chunks(rdflib.Graph())) == []
    graph = graph_of(*(Literal(str(number)) for number in range(7)))
    assert [chunk.count(b"\n") for chunk in graph_chunks(graph, 3)] == [3, 3, 1]
    assert lines(graph, 3) == lines(graph)


@pytest.mark.parametrize(
    ("value", "message"),
    [
        (
            URIRef("http://e.org/a b"),
            "(<urn:a> <urn:p> <http://e.org/a b>): its object is not a valid term: Invalid IRI code point ' '",
        ),
        (URIRef("relative"), "(<urn:a> <urn:p> <relative>): its object is not a valid term: No scheme found"),
        (URIRef("urn:x> <urn:y> .\n<urn:z"), "its object is not a valid term: Invalid IRI code point '>'"),
        (
            URIRef("http://e.org/\ud800"),
            "(<urn:a> <urn:p> <http://e.org/\\ud800>): its object holds half of a surrogate",
        ),
        (Literal("\udc00"), "its object holds half of a surrogate"),
        (Literal("abc", datatype=rdflib.XSD.integer), "its object is a literal whose value is not of its datatype"),
        (Literal("2020-02-30", datatype=rdflib.XSD.date), "its object is a literal whose value is not of its datatype"),
        (Literal("x", datatype=URIRef("no iri")), "its object is not a valid term: Invalid IRI code point"),
        (Literal("x", datatype=URIRef("relative")), "its object is not a valid term"),
        (rdflib.Variable("x"), "its object is a Variable, which is not an RDF term"),
    ],
)
def test_a_term_that_is_none(value: Any, message: str) -> None:
    found = refused(graph_of(value))
    assert found.startswith("triple 0 (<urn:a> <urn:p> ")
    assert message in found


def test_the_triple_at_fault_is_named_among_many() -> None:
    graph = graph_of(*(Literal(str(number)) for number in range(20)))
    graph.add((URIRef("urn:b"), P, URIRef("a b")))
    with pytest.raises(SourceError, match=r"triple \d+ \(<urn:b> <urn:p> <a b>\)"):
        list(graph_chunks(graph, 4))


def test_a_term_in_a_place_that_is_not_its_own() -> None:
    for triple, message in (
        (
            (Literal("x"), P, A),
            'triple 0 ("x" <urn:p> <urn:a>): its subject is not allowed there: it should be an IRI or a',
        ),
        (
            (A, BNode("b"), A),
            "triple 0 (<urn:a> _:bb <urn:a>): its predicate is not allowed there: it should be an IRI.",
        ),
    ):
        graph = rdflib.Graph()
        graph.add(triple)
        assert message in refused(graph)


@pytest.mark.parametrize("value", ["-0044-03-15", "12000-01-01", "0000-01-01Z"])
def test_dates_that_python_lacks_are_right(value: str) -> None:
    assert lines(graph_of(Literal(value, datatype=rdflib.XSD.date))) == [
        f'<urn:a> <urn:p> "{value}"^^<{rdflib.XSD.date}> .'
    ]


# ---------------------------------------------------------------- tables

TABLE = {
    "subject": ["<urn:a>", "_:b", "<urn:a>"],
    "predicate": ["<urn:p>"] * 3,
    "object": [
        '"\\u00e9"@FR',
        '"7"^^<http://www.w3.org/2001/XMLSchema#integer>',
        '"x"^^<http://www.w3.org/2001/XMLSchema#string>',
    ],
}
LINES = ['<urn:a> <urn:p> "x" .', '<urn:a> <urn:p> "é"@fr .', f'_:b <urn:p> "7"^^<{rdflib.XSD.integer}> .']


@pytest.mark.parametrize(
    "source",
    [
        pa.table(TABLE),
        pa.table(TABLE).to_reader(max_chunksize=2),
        pa.table(TABLE).to_batches()[0],
        pd.DataFrame(TABLE),
        pd.DataFrame(TABLE, index=["x", "y", "z"]),
        pa.table({name: pa.array(values).dictionary_encode() for name, values in TABLE.items()}),
        pa.table({name: pa.array(values, pa.large_string()) for name, values in TABLE.items()}).select([2, 0, 1]),
    ],
    ids=["table", "reader", "batch", "pandas", "pandas-index", "dictionary", "large"],
)
def test_tables_in_any_shape(source: Any) -> None:
    assert lines(source) == LINES


def test_the_column_graph() -> None:
    table = pa.table({**TABLE, "graph": ["<urn:g>", None, "_:g"]})
    assert lines(table) == ['<urn:a> <urn:p> "x" _:g .', '<urn:a> <urn:p> "é"@fr <urn:g> .', LINES[2]]
    assert lines(pa.table({**TABLE, "graph": pa.nulls(3)})) == LINES


def test_an_empty_table() -> None:
    assert lines(pa.table(TABLE).slice(0, 0)) == []


@pytest.mark.parametrize(
    ("name", "value", "message"),
    [
        ("object", "urn:x", "'urn:x' is not an N-Triples term; write '<urn:x>'."),
        ("subject", "http://e.org/a", "'http://e.org/a' is not an N-Triples term; write '<http://e.org/a>'."),
        ("object", 'say "x"', '\'say "x"\' is not an N-Triples term; write \'"say \\"x\\""\'.'),
        ("object", "", "'' is not an N-Triples term; write '\"\"'."),
        ("subject", "Togo", "'Togo' is not an N-Triples term, such as '<urn:a>'."),
        ("object", '"x" <urn:g>', "is not an N-Triples term, such as"),
        ("object", "<urn:g> . #", "is not an N-Triples term, such as"),
        ("object", '"x" .\n<urn:a> <urn:p> "y"', "is not an N-Triples term, such as"),
        ("object", '"x', "is not an N-Triples term, such as"),
        ("object", "<a b>", "is not an N-Triples term, such as"),
        ("object", "<relative>", "is not a valid term: No scheme found"),
        ("object", '"x"@toolongatag', "is not a valid term: "),
        ("object", '"\\q"', "is not a valid term: "),
        ("object", "_:a#b", "is not an N-Triples term"),
        ("object", "_:-", "is not a valid term: "),
        ("object", "<<( <urn:a> <urn:p> <urn:b> )>>", "is not an N-Triples term"),
        ("subject", '"x"', "is not allowed there: it should be an IRI or a blank node."),
        ("predicate", "_:b", "is not allowed there: it should be an IRI."),
        ("subject", None, "null is not a term."),
    ],
)
def test_a_cell_that_holds_no_term(name: str, value: str | None, message: str) -> None:
    table = pa.table({**TABLE, name: [TABLE[name][0], TABLE[name][1], value]})
    for source in (table, table.to_reader(max_chunksize=1)):
        found = refused(source)
        assert found.startswith(f"row 2, column {name!r}: ")
        assert message in found


@pytest.mark.parametrize(
    ("table", "message"),
    [
        (pa.table({"subject": ["<urn:a>"]}), "should have one column 'predicate'; it has 0"),
        (pa.table({**TABLE, "objects": ["x"] * 3}), "unknown column 'objects'. Did you mean 'object'?"),
        (
            pa.table({**TABLE, "object": [1, 2, 3]}),
            "row 0, column 'object': '1' is not an N-Triples term; write '\"1\"'",
        ),
        (pa.table({**TABLE, "object": [["x"]] * 3}), "column 'object' is list<"),
        (pa.table({**TABLE, "object": [b"\xff"] * 3}), "column 'object': Invalid UTF8"),
    ],
)
def test_a_table_that_is_none(table: pa.Table, message: str) -> None:
    assert message in refused(table)


# ---------------------------------------------------------------- pyoxigraph, and what is not a graph

QUAD = ox.Quad(ox.NamedNode("urn:a"), ox.NamedNode("urn:p"), ox.Literal("é"), ox.NamedNode("urn:g"))


def test_quads_of_pyoxigraph() -> None:
    store = ox.Store()
    store.add(QUAD)
    for source in (store, ox.Dataset([QUAD]), [QUAD], iter([QUAD])):
        assert lines(source) == ['<urn:a> <urn:p> "é" <urn:g> .']
    assert lines([QUAD.triple] * 5, size=2) == ['<urn:a> <urn:p> "é" .'] * 5


@pytest.mark.parametrize("source", [None, 3, "a.ttl", b"<urn:a>", {}, ["a.ttl"], rdflib.Namespace("urn:"), A])
def test_what_is_no_graph(source: Any) -> None:
    assert "graph" in refused(source) or "neither a quad nor a triple" in refused(source)


def test_a_chunk_of_nothing() -> None:
    with pytest.raises(SourceError, match="at least 1"):
        list(graph_chunks(rdflib.Graph(), 0))


# ---------------------------------------------------------------- the same lines from everywhere

TEXT = st.text(st.characters(codec="utf-8"), max_size=6)
IRI = st.builds("urn:x:{}".format, st.text("aé'1-_~/", max_size=4))
NODE = st.one_of(st.builds(ox.NamedNode, IRI), st.builds(ox.BlankNode, st.sampled_from(["a", "b1", "c"])))
LITERAL = st.one_of(
    st.builds(ox.Literal, TEXT),
    st.builds(ox.Literal, TEXT, language=st.sampled_from(["en", "zh-hans"])),
    st.builds(ox.Literal, TEXT, datatype=st.builds(ox.NamedNode, st.sampled_from(["urn:t", "urn:é"]))),
)
TRIPLES = st.lists(st.tuples(NODE, st.builds(ox.NamedNode, IRI), NODE | LITERAL), max_size=8)


def of_rdflib(term: Any) -> Any:
    if isinstance(term, ox.NamedNode):
        return URIRef(term.value)
    if isinstance(term, ox.BlankNode):
        return BNode(term.value)
    kind = None if term.language or term.datatype.value == str(rdflib.XSD.string) else URIRef(term.datatype.value)
    return Literal(term.value, lang=term.language, datatype=kind, normalize=False)


@settings(max_examples=80, deadline=None)
@given(TRIPLES, st.integers(1, 4))
@pytest.mark.slow
def test_the_same_triples_give_the_same_lines(triples: list[tuple[Any, Any, Any]], size: int) -> None:
    expected = sorted({f"{s} {p} {o} ." for s, p, o in triples})
    columns = {
        name: [str(triple[n]) for triple in triples] for n, name in enumerate(("subject", "predicate", "object"))
    }
    table = pa.table({name: pa.array(values, pa.string()) for name, values in columns.items()})
    assert sorted(set(lines(table, size))) == expected
    assert lines((ox.Triple(*triple) for triple in dict.fromkeys(triples)), size) == expected
    graph = rdflib.Graph()
    for triple in triples:
        graph.add(tuple(map(of_rdflib, triple)))  # type: ignore[arg-type]
    assert lines(graph, size) == sorted({f"{renamed(s)} {p} {renamed(o)} ." for s, p, o in triples})


def renamed(term: Any) -> Any:
    return ox.BlankNode(f"b{term.value}") if isinstance(term, ox.BlankNode) else term


@settings(max_examples=80, deadline=None)
@given(st.lists(TEXT, min_size=1), st.data())
@pytest.mark.slow
def test_columns_written_as_n_triples(values: list[str], data: st.DataObject) -> None:
    tags = data.draw(st.lists(st.sampled_from([None, "en", "de-at"]), min_size=len(values), max_size=len(values)))
    found = literals(pa.array(values), language=pa.array(tags, pa.string())).to_pylist()
    assert found == [str(ox.Literal(value, language=tag)) for value, tag in zip(values, tags, strict=True)]
    kind = data.draw(st.sampled_from(["urn:t", str(rdflib.XSD.string)]))
    typed = literals(pa.array(values), datatype=kind).to_pylist()
    assert typed == [str(ox.Literal(value, datatype=ox.NamedNode(kind))) for value in values]


def test_columns_with_nulls() -> None:
    assert literals(pa.array(["x", None])).to_pylist() == ['"x"', None]
    assert iris(pa.chunked_array([["urn:a"], [None]])).to_pylist() == ["<urn:a>", None]
    assert literals(pa.array(["7"]), datatype=str(rdflib.XSD.integer)).to_pylist() == [Literal(7).n3()]
