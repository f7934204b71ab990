"""Compressed files are read whole, and guards see what harms the parser wherever it stands."""

import bz2
import gzip
import json
import lzma
from collections.abc import Callable, Iterator
from pathlib import Path

import pyoxigraph as ox
import pytest
import zstandard

from kaug.errors import SourceError
from kaug.rdf import compressed, guards
from kaug.rdf.compressed import open_bytes, read_pieces
from kaug.rdf.parse import read_chunks, read_quads
from kaug.rdf.read import read_source
from kaug.rdf.sources import source_of

RDF = "http://www.w3.org/1999/02/22-rdf-syntax-ns#"
PACK: dict[str, Callable[[bytes], bytes]] = {
    ".gz": gzip.compress,
    ".bz2": bz2.compress,
    ".xz": lzma.compress,
    ".zst": zstandard.compress,
}
LINES = b"".join(b"<urn:a%d> <urn:b> <urn:c%d> .\n" % (n, n * n) for n in range(30_000))

endings = pytest.mark.parametrize("ending", PACK)


def write(path: Path, content: str | bytes) -> Path:
    path.write_bytes(content.encode() if isinstance(content, str) else content)
    return path


def refused(path: Path) -> str:
    with pytest.raises(SourceError) as caught:
        list(read_quads(path))
    return str(caught.value).replace(f"{path.parent}/", "")


@pytest.fixture
def piece(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> int:
    """Have files come in tiny pieces, so that everything straddles a border."""
    size: int = request.param

    def pieces(path: Path, _: int = 0) -> Iterator[bytes]:
        text = b"".join(read_pieces(path))
        return (text[start : start + size] for start in range(0, len(text), size))

    monkeypatch.setattr(guards, "read_pieces", pieces)
    monkeypatch.setattr(guards, "SEARCHED", size)
    return size


in_pieces = pytest.mark.parametrize("piece", [1, 5, 64, 65, 1 << 18], indirect=True)

# ---------------------------------------------------------------- compressed files


@endings
@pytest.mark.slow
def test_members_that_were_joined_are_read_whole(tmp_path: Path, ending: str) -> None:
    pack, third = PACK[ending], len(LINES) // 3
    members = b"".join([pack(LINES[:third]), pack(b""), pack(LINES[third : 2 * third]), pack(LINES[2 * third :])])
    path = write(tmp_path / f"a.nt{ending.upper()}", members)
    with open_bytes(path) as file:
        assert file.read() == LINES
    assert b"".join(read_chunks(path)) == LINES
    assert b"".join(read_chunks(write(path, members + bytes(100_000)))) == LINES


@endings
def test_a_compressed_file_gives_the_same_quads(tmp_path: Path, ending: str) -> None:
    plain = write(tmp_path / "a.ttl", "<> <urn:b> 1, [] .")
    packed = write(tmp_path / f"a.ttl{ending}", PACK[ending](plain.read_bytes()))
    assert [str(quad) for quad in read_quads(packed)] == [str(quad) for quad in read_quads(plain)]
    assert str(next(iter(read_quads(packed))).subject) == "<file:///a.ttl>"


@endings
@pytest.mark.parametrize("share", [0.1, 0.5, 0.999])
@pytest.mark.slow
def test_a_compressed_file_that_is_cut_short_is_refused(tmp_path: Path, ending: str, share: float) -> None:
    packed = PACK[ending](LINES)
    part = packed[: int(len(packed) * share)]
    for content in (part, packed + part):
        path = write(tmp_path / f"a.nt{ending}", content)
        assert refused(path) == f"a.nt{ending}: is cut short; fetch or copy it again."


@endings
@pytest.mark.slow
def test_what_is_not_compressed_is_refused(tmp_path: Path, ending: str) -> None:
    path = tmp_path / f"a.nt{ending}"
    assert refused(write(path, b"")) == f"a.nt{ending}: is empty, so it is not a {ending} file."
    for content in (LINES, PACK[ending](LINES) + b"something else follows"):
        assert refused(write(path, content)).startswith(f"a.nt{ending}: is not a complete {ending} file: ")


@endings
@pytest.mark.slow
def test_a_compressed_file_that_was_altered_is_refused(tmp_path: Path, ending: str) -> None:
    pack = zstandard.ZstdCompressor(write_checksum=True).compress if ending == ".zst" else PACK[ending]
    packed = bytearray(pack(LINES))
    packed[len(packed) // 2] ^= 255
    with pytest.raises(SourceError, match=r"a\.nt\.\w+: is "):
        list(read_chunks(write(tmp_path / f"a.nt{ending}", bytes(packed))))


def test_a_frame_of_zstd_that_is_to_be_skipped_is_skipped(tmp_path: Path) -> None:
    skipped = b"\x50\x2a\x4d\x18\x05\0\0\0hello"
    path = write(tmp_path / "a.nt.zst", skipped + zstandard.compress(LINES) + skipped)
    assert b"".join(read_chunks(path)) == LINES


@pytest.mark.slow
def test_the_most_that_a_file_may_hold(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = write(tmp_path / "a.nt.gz", gzip.compress(LINES))
    monkeypatch.setattr(compressed, "MAX_BYTES", len(LINES))
    assert len(list(read_quads(path))) == 30_000
    monkeypatch.setattr(compressed, "MAX_BYTES", len(LINES) - 1)
    assert refused(path) == f"a.nt.gz: expands to more than {len(LINES) - 1:,} bytes; split it."


# ---------------------------------------------------------------- lines and marks


@in_pieces
@pytest.mark.parametrize("end", ["\n", "\r\n", "\r"])
@pytest.mark.parametrize("last", [True, False])
def test_lines_come_whole_whatever_ends_them(tmp_path: Path, piece: int, end: str, last: bool) -> None:
    given = ['<urn:a> <urn:b> "é\\r" .', "", "# c", "  nonsense", "<urn:a> <urn:b> <urn:c> ."]
    path = write(tmp_path / "a.nt", end.join(given) + end * last)
    chunks = list(read_chunks(path, size=10))
    assert all(chunk.endswith(b"\n") for chunk in chunks)
    assert b"".join(chunks).decode() == "\n".join(given) + "\n"
    assert refused(path).startswith("a.nt:4: ")


@in_pieces
def test_a_long_line_is_named(tmp_path: Path, piece: int, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(guards, "MAX_TERM", 100)
    line = f"<urn:a> <urn:b> <urn:{'c' * 77}> .\n"
    assert len(line) == 102
    path = write(tmp_path / "a.nt", line[:-2] + "\n")
    assert b"".join(read_chunks(path)).decode() == line[:-2] + "\n"
    if piece < 100:  # a line that comes whole in one piece takes no more memory than the piece
        assert refused(write(path, f"# c\n{line}")) == "a.nt:2: the line is longer than 100 bytes."


@pytest.mark.parametrize("name", ["a.ttl", "a.nt", "a.trig"])
def test_a_byte_order_mark_is_no_text(tmp_path: Path, name: str) -> None:
    path = write(tmp_path / name, "\ufeff<urn:a> <urn:b> <urn:c> .\n")
    assert [str(quad) for quad in read_quads(path)] == ["<urn:a> <urn:b> <urn:c>"]
    assert refused(write(path, "\ufeff\ufeff<urn:a> <urn:b> <urn:c> .\n")).startswith(f"{name}:1: ")


GRAPH = """@prefix : <urn:x:> . :togo :capital :lome ; :motto "Work, \\"Liberty\\",\\nHomeland"@en, "劳动 🦃"@zh .
:lome :at [ :latitude 6.13 ] ; :lists ( 1 "}]" "<<(" ) ."""
SYNTAXES = {
    ".ttl": ox.RdfFormat.TURTLE,
    ".nt": ox.RdfFormat.N_TRIPLES,
    ".nq": ox.RdfFormat.N_QUADS,
    ".trig": ox.RdfFormat.TRIG,
    ".n3": ox.RdfFormat.N3,
    ".rdf": ox.RdfFormat.RDF_XML,
    ".jsonld": ox.RdfFormat.JSON_LD,
}


@in_pieces
@pytest.mark.parametrize("ending", SYNTAXES)
def test_guards_change_nothing(tmp_path: Path, ending: str, piece: int) -> None:
    triples = (quad.triple for quad in ox.parse(GRAPH, format=ox.RdfFormat.TURTLE))
    path = write(tmp_path / f"a{ending}", ox.serialize(triples, format=SYNTAXES[ending]) or b"")
    assert b"".join(guards.guarded_pieces(path, SYNTAXES[ending])) == path.read_bytes()


# ---------------------------------------------------------------- triple terms

TERM = "<<( <urn:a> <urn:b> "
QUOTED = {
    "long strings": '<urn:a> <urn:b> """' + TERM + '" "" \\\\\\"""" .\n',
    "single long strings": "<urn:a> <urn:b> '''" + TERM + "' '' \\\\\\'''' .\n",
    "short strings": '<urn:a> <urn:b> "' + TERM + "''' \\\\\\\"\" .\n",
    "single short strings": "<urn:a> <urn:b> '" + TERM + '""" \\\\\\\'\' .\n',
    "empty strings": '<urn:a> <urn:b> "" . # ' + TERM + "\n",
    "comments": "# \"''' " + TERM + "\n<urn:a> <urn:b> 1 .\n",
    "IRIs with quotes": "<urn:'> <urn:#'''> " + TERM + "<urn:#')> )>> .\n",
    "names with escapes": "@prefix x: <urn:> . x:\\'\\'\\' x:\\# " + TERM + "x:\\)>> . # \n".replace(">>", " )>>"),
}


@in_pieces
@pytest.mark.parametrize("name", QUOTED)
def test_what_only_looks_like_nested_triple_terms_is_read(tmp_path: Path, name: str, piece: int) -> None:
    assert len(list(read_quads(write(tmp_path / "a.ttl", QUOTED[name] * 150)))) == 150


@in_pieces
@pytest.mark.parametrize("between", ["", "# )>>\n", '# """\n', "# ''' )>> \r", "# <urn:\n", "\n\n"])
def test_deep_triple_terms_are_refused_however_they_are_hidden(tmp_path: Path, between: str, piece: int) -> None:
    text = "<urn:a> <urn:b> " + ("<<( " + between + "<urn:a> <urn:b> ") * 101 + "1" + " )>>" * 101 + " ."
    line = 1 + 100 * between.count("\n")
    assert refused(write(tmp_path / "a.ttl", text)) == f"a.ttl:{line}: triple terms are nested more than 100 deep."


@in_pieces
@pytest.mark.parametrize("subject", ["<urn:')>", "_:x", "x:a\\'\\)"])
def test_deep_triple_terms_are_refused_whatever_their_subject(tmp_path: Path, subject: str, piece: int) -> None:
    text = f"@prefix x: <urn:> . x:a x:b {f'<<( {subject} x:b ' * 101} 1{' )>>' * 101} ."
    assert refused(write(tmp_path / "a.ttl", text)) == "a.ttl:1: triple terms are nested more than 100 deep."


LEADING = ["", "<urn:a> <urn:b> <urn:c> .\n", '# """\n', "\n<urn:a>\t<urn:b> <urn:c> .\n", "# '''\n"]


@pytest.mark.parametrize("ending", ["nt", "nq"])
@pytest.mark.parametrize("before", LEADING)
def test_deep_triple_terms_among_lines_are_refused(tmp_path: Path, ending: str, before: str) -> None:
    deep = "<urn:a> <urn:b> " + TERM * 20_000 + "<urn:c>" + " )>>" * 20_000 + " .\n"
    path = write(tmp_path / f"a.{ending}", before + deep)
    line = 1 + before.count("\n")
    with pytest.raises(SourceError, match=rf"a\.{ending}:{line}: triple terms are nested more than 100 deep"):
        read_source(source_of(path))
    assert refused(path) == f"a.{ending}:{line}: triple terms are nested more than 100 deep."


def test_triple_terms_a_hundred_deep_are_read(tmp_path: Path) -> None:
    text = "<urn:a> <urn:b> " + TERM * 100 + "<urn:c>" + " )>>" * 100 + " .\n"
    for name in ("a.ttl", "a.nt"):
        path = write(tmp_path / name, text * 2)
        assert len(list(read_quads(path))) == 2
        assert b"".join(read_chunks(path)).count(b"<<(") == 200
        assert read_source(source_of(path)).read == 2


# ---------------------------------------------------------------- JSON


@in_pieces
def test_brackets_in_strings_are_no_nesting(tmp_path: Path, piece: int) -> None:
    text = json.dumps({"urn:b": ["[{" * 200 + '"[' + "\\", "\\\\", '"[[', "\\"]})
    assert len(list(read_quads(write(tmp_path / "a.jsonld", text)))) == 4
    deep = '{"urn:b":\n"\\\\\\"[", "urn:c":\n' + "[" * 100 + "1" + "]" * 100 + "}"
    assert refused(write(tmp_path / "b.jsonld", deep)) == "b.jsonld:3: nested more than 100 deep."


@in_pieces
@pytest.mark.parametrize(
    "key",
    ["@context", "\\u0040context", "@\\u0063onte\\u0078t", "\\u0040\\u0063\\u006F\\u006e\\u0074\\u0065\\u0078\\u0074"],
)
def test_a_large_context_is_seen_however_its_key_is_written(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, key: str, piece: int
) -> None:
    monkeypatch.setattr(guards, "MAX_CONTEXTS", 3000)
    terms = ",".join(f'"t{n}":"urn:t{n}"' for n in range(10))
    inner = f'{{"{key}" : {{"z":"urn:z"}},"urn:p":' * 20 + "1" + "}" * 20
    text = f'{{"{key}":{{{terms}}},"urn:p":{inner}}}'
    assert "need more memory than a file may" in refused(write(tmp_path / "a.jsonld", text))
    flat = f'[{{"{key}":null,"urn:p":[{",".join(["1"] * 900)}]}},{{"{key}":{{{terms}}},"t1":2}}]'
    assert len(list(read_quads(write(tmp_path / "b.jsonld", flat)))) == 901


@in_pieces
@pytest.mark.slow
def test_a_large_object_is_refused_but_not_a_large_array(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, piece: int
) -> None:
    monkeypatch.setattr(guards, "MAX_OBJECT", 1000)
    nodes = "[" + ",\n".join(['{"urn:b": ["]", {"urn:c": 2}]}'] * 100) + "]"
    assert len(list(read_quads(write(tmp_path / "a.jsonld", nodes)))) == 300
    said = "the object is longer than 1,000 bytes; write its nodes into an array, or as N-Quads."
    assert refused(write(tmp_path / "a.jsonld", '\n\n{"@graph":' + nodes + "}")) == f"a.jsonld:3: {said}"
    long = '{"urn:b": [' + "1," * 1000 + "1]}"
    assert refused(write(tmp_path / "a.jsonld", nodes[:-1] + ",\n" + long + "]")) == f"a.jsonld:101: {said}"


# ---------------------------------------------------------------- XML

HELD = "is longer than 512 bytes or holds other entities; write it out."


@in_pieces
def test_entities_are_seen_across_borders(tmp_path: Path, piece: int) -> None:
    body = f'<r:RDF xmlns:r="{RDF}"><r:Description r:about="urn:a"><r:value>&e;</r:value></r:Description></r:RDF>'
    path = write(tmp_path / "a.rdf", f'<!DOCTYPE r [\n<!ENTITY e "{"v" * 512}">]>{body}')
    assert [quad.object.value for quad in read_quads(path)] == ["v" * 512]
    for entity, said in {
        'e SYSTEM "urn:x"': "the entity 'e' is external; nothing is fetched.",
        f'e "{"v" * 513}"': f"the entity 'e' {HELD}",
        'f "f"><!ENTITY e "&f;"': f"the entity 'e' {HELD}",
    }.items():
        assert refused(write(path, f"<!DOCTYPE r [\n<!ENTITY {entity}>]>{body}")) == f"a.rdf:2: {said}"


@in_pieces
@pytest.mark.slow
def test_comments_and_sections_of_xml_are_no_nesting(tmp_path: Path, piece: int) -> None:
    fake = "<!-- " + "</x><y>" * 2000 + " --><r:value><![CDATA[" + "<y>" * 2000 + "]]></r:value>"
    start = f'<r:RDF xmlns:r="{RDF}">\n<r:Description r:about="urn:a">'
    path = write(tmp_path / "a.rdf", f"{start}{fake}</r:Description></r:RDF>")
    assert [quad.object.value for quad in read_quads(path)] == ["<y>" * 2000]
    deep = "\n<r:value><r:Description>" * 500
    assert refused(write(path, f"{start}{deep}")) == "a.rdf:502: elements are nested more than 1000 deep."
