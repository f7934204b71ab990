"""Terms and lines are canonical N-Quads for any text, and a file is written completely or not at all."""

import gzip
import hashlib
import io
from pathlib import Path

import pyarrow as pa
import pyoxigraph as ox
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from kaug.errors import SourceError
from kaug.importers.quads import Quads, quads_file, statement_name
from kaug.importers.terms import absolute, iri, literal, name

ANY = st.text(st.characters(exclude_categories=["Cs"]))
HARD = "".join(map(chr, [*range(0x120), 0x2028, 0xE000, 0xFDD0, 0xFFFE, 0xFFFF, 0x1F600, 0x10FFFF]))


def parse(data: bytes) -> list[ox.Quad]:
    return list(ox.parse(data, format=ox.RdfFormat.N_QUADS))


def canonical(data: bytes) -> bool:
    return ox.serialize(parse(data), format=ox.RdfFormat.N_QUADS) == data


@settings(deadline=None)
@given(st.lists(ANY, min_size=1, max_size=5), st.sampled_from(["", "en", "zh-Hans"]))
@example([HARD, HARD[::-1], ""], "")
def test_any_text_round_trips_as_a_literal(texts: list[str], language: str) -> None:
    sink = io.BytesIO()
    quads = Quads(sink, "urn:g")
    quads.facts("<urn:s>", "<urn:p>", literal(pa.array(texts), language))
    found = parse(sink.getvalue())
    assert [quad.object for quad in found] == [
        ox.Literal(text, language=language) if language else ox.Literal(text) for text in dict.fromkeys(texts)
    ]
    assert {quad.graph_name for quad in found} == {ox.NamedNode("urn:g")}
    assert canonical(sink.getvalue())
    assert quads.counts["facts"] == len(set(texts))
    assert quads.counts["left out: repeated"] == len(texts) - len(set(texts))


@settings(deadline=None)
@given(st.lists(ANY, min_size=1, max_size=5))
@example([HARD, "a_b", "a b", "a/b", "a%2Fb", "a%20b"])
def test_different_names_give_different_iris(texts: list[str]) -> None:
    for make in (name, iri):
        terms = make("http://x.example/", pa.array(texts)).to_pylist()
        assert [str(ox.NamedNode(term[1:-1])) for term in terms] == terms
        assert len(set(terms)) == len(set(texts))
        data = "".join(f"{term} <urn:p> {term} .\n" for term in terms).encode()
        assert canonical(data)


@settings(deadline=None)
@given(st.lists(ANY, min_size=1, max_size=5))
@example(["http://x.example/a b", "http://x.example/%zz", "urn:x:[y]", "http://x.example:port/", "http://a/#b#c"])
def test_absolute_iris_parse_or_are_null(texts: list[str]) -> None:
    for term in absolute(pa.array(texts)).to_pylist():
        if term is not None:
            assert canonical(f"{term} <urn:p> {term} .\n".encode())


def test_characters_that_iris_do_not_allow_are_percent_encoded() -> None:
    assert name(
        "http://x.example/", pa.array(["Côte d'Ivoire", "a_b", "C#", '<>"{}|^`\\', "\n", "é\ue000"])
    ).to_pylist() == [
        "<http://x.example/Côte_d'Ivoire>",
        "<http://x.example/a%5Fb>",
        "<http://x.example/C%23>",
        "<http://x.example/%3C%3E%22%7B%7D%7C%5E%60%5C>",
        "<http://x.example/%0A>",
        "<http://x.example/é%EE%80%80>",
    ]
    assert absolute(pa.array(["http://x.example/a b?c=d#e", "no IRI", "http://x.example/%zz", None])).to_pylist() == [
        "<http://x.example/a%20b?c=d#e>",
        None,
        None,
        None,
    ]


def test_literals_are_escaped_as_in_canonical_n_triples() -> None:
    assert literal(pa.array(['\b\t\n\f\r"\\', "\x00\x1f\x7f", "\x85é\U0001f600"])).to_pylist() == [
        r'"\b\t\n\f\r\"\\"',
        r'"\u0000\u001F\u007F"',
        '"\x85é\U0001f600"',
    ]
    assert literal(pa.array(["2"]), datatype="urn:d").to_pylist() == ['"2"^^<urn:d>']
    assert literal(pa.array(["a", "b", "c"]), pa.array(["EN", "", "fr"])).to_pylist() == ['"a"@en', '"b"', '"c"@fr']
    with pytest.raises(SourceError, match="'en_US' is not a language tag"):
        literal(pa.array(["a"]), "en_US")


def test_the_statement_of_a_weight_has_the_id_of_its_fact() -> None:
    sink = io.BytesIO()
    quads = Quads(sink, "urn:g")
    quads.facts(
        pa.array(["<urn:a>", "<urn:b>"]), "<urn:p>", literal(pa.array(['x\t"', "y"]), "en"), pa.array(["2.0", None])
    )
    digest = hashlib.blake2b(b'<urn:a> <urn:p> "x\\t\\""@en .', digest_size=16).hexdigest()
    assert statement_name('<urn:a> <urn:p> "x\\t\\""@en') == f"<urn:kaug:statement:{digest}>"
    rdf = "http://www.w3.org/1999/02/22-rdf-syntax-ns#"
    assert sink.getvalue().decode().splitlines() == [
        '<urn:a> <urn:p> "x\\t\\""@en <urn:g> .',
        '<urn:b> <urn:p> "y"@en <urn:g> .',
        f'<urn:kaug:statement:{digest}> <{rdf}reifies> <<( <urn:a> <urn:p> "x\\t\\""@en )>> <urn:g> .',
        f'<urn:kaug:statement:{digest}> <https://w3id.org/kaug/ns#weight> "2.0"^^'
        "<http://www.w3.org/2001/XMLSchema#decimal> <urn:g> .",
    ]
    assert canonical(sink.getvalue())
    assert quads.counts == {"facts": 2, "labels": 0, "weights": 1}


def test_repeated_labels_are_written_once() -> None:
    sink = io.BytesIO()
    quads = Quads(sink, "urn:g", held=2)
    for _ in range(4):
        quads.labels(pa.array(["<urn:a>", "<urn:b>", "<urn:a>"]), literal(pa.array(["a", "b", "a"])))
    quads.flush()
    assert sorted(str(quad.subject) for quad in parse(sink.getvalue())) == ["<urn:a>", "<urn:b>"]
    assert quads.counts["labels"] == 2


def test_the_number_of_remembered_labels_is_bounded() -> None:
    sink = io.BytesIO()
    quads = Quads(sink, "urn:g", held=0, kept=2)
    for text in "ab", "cd", "ab":
        quads.labels("<urn:a>", literal(pa.array(list(text))))
    assert [quad.object.value for quad in parse(sink.getvalue())] == ["a", "b", "c", "d", "a", "b"]


def write(path: Path, graph: str = "urn:g", language: str = "") -> None:
    with quads_file(path, graph) as quads:
        quads.facts("<urn:s>", "<urn:p>", literal(pa.array(["o"])))
        quads.labels("<urn:s>", literal(pa.array(["s"]), language))


def write_nothing(path: Path) -> None:
    with quads_file(path, "urn:g", [Path("in.tsv")]) as quads:
        quads.left_out("no tail", 3)


def test_output_is_deterministic_compressed_or_not(tmp_path: Path) -> None:
    write(tmp_path / "a.nq")
    assert (tmp_path / "a.nq").read_bytes() == (
        b'<urn:s> <urn:p> "o" <urn:g> .\n<urn:s> <http://www.w3.org/2000/01/rdf-schema#label> "s" <urn:g> .\n'
    )
    for place in ("one/a.nq.gz", "two/b.nq.gz"):
        write(tmp_path / place)
    assert (tmp_path / "one/a.nq.gz").read_bytes() == (tmp_path / "two/b.nq.gz").read_bytes()
    assert gzip.decompress((tmp_path / "one/a.nq.gz").read_bytes()) == (tmp_path / "a.nq").read_bytes()


def test_a_failed_import_keeps_the_old_file_and_leaves_no_other(tmp_path: Path) -> None:
    path = tmp_path / "a.nq"
    path.write_text("old")
    with pytest.raises(SourceError, match="'e_n' is not a language tag"):
        write(path, language="e_n")
    with pytest.raises(SourceError, match=r"in\.tsv: holds no fact to write \(left out: 3 no tail\)\."):
        write_nothing(path)
    assert path.read_text() == "old"
    assert list(tmp_path.iterdir()) == [path]


def test_file_name_and_graph_are_checked(tmp_path: Path) -> None:
    with pytest.raises(SourceError, match=r"a\.ttl: the file to write should end in \.nq or \.nq\.gz"):
        write(tmp_path / "a.ttl")
    with pytest.raises(SourceError, match="'here': the named graph should be an absolute IRI"):
        write(tmp_path / "a.nq", "here")
