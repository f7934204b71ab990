"""RDF files that are meant to harm: each ends in time, in little memory, in a clear error, and reaches for nothing."""

import bz2
import gzip
import json
import lzma
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import zstandard

pytestmark = pytest.mark.slow

RDF = "http://www.w3.org/1999/02/22-rdf-syntax-ns#"
OPEN = f'<r:RDF xmlns:r="{RDF}" xmlns:x="urn:x:"><r:Description r:about="urn:a">'
CLOSE = "</r:Description></r:RDF>"
TRIPLE = b"<http://example.org/thing/12345> <http://example.org/name> <http://example.org/thing/67890> .\n"
PACK: dict[str, Callable[[bytes], bytes]] = {
    ".gz": gzip.compress,
    ".bz2": bz2.compress,
    ".xz": lzma.compress,
    ".zst": zstandard.compress,
}


def write(path: Path, content: str | bytes) -> Path:
    path.write_bytes(content.encode() if isinstance(content, str) else content)
    return path


# ---------------------------------------------------------------- nesting

DEEP = 200_000
NESTS: dict[str, tuple[str, str, str, str, str]] = {
    "lists.ttl": ("<urn:a> <urn:b> ", "( ", "1", " )", " ."),
    "nodes.ttl": ("<urn:a> <urn:b> ", "[ <urn:b> ", "1", " ]", " ."),
    "lists.trig": ("<urn:g> { <urn:a> <urn:b> ", "( ", "1", " )", " }"),
    "graphs.trig": ("", "<urn:g> { ", "<urn:a> <urn:b> 1", " }", ""),
    "reifiers.ttl": ("<urn:a> <urn:b> ", "<< <urn:a> <urn:b> ", "1", " >>", " ."),
    "annotations.ttl": ("<urn:a> <urn:b> ", "<urn:c> {| <urn:b> ", "1", " |}", " ."),
    "terms.ttl": ("\n<urn:a> <urn:b> ", "<<( <urn:a> <urn:b> ", "1", " )>>", " ."),
    "hidden.ttl": ("<urn:a> <urn:b> ", '<<( # )>> " \n <urn:a> <urn:b> ', "1", " )>>", " ."),
    "terms.nt": ("<urn:a> <urn:b> ", "<<( <urn:a> <urn:b> ", "<urn:c>", " )>>", " ."),
    "terms.nq": ("<urn:a> <urn:b> ", "<<( <urn:a> <urn:b> ", "<urn:c>", " )>>", " ."),
    "formulas.n3": ("<urn:a> <urn:b> ", "{ <urn:a> <urn:b> ", "1", " }", " ."),
    "paths.n3": ("<urn:a> <urn:b> <urn:c>", "!<urn:p>", "", "", " ."),
    "elements.rdf": (OPEN, "<x:p><r:Description>", "", "</r:Description></x:p>", CLOSE),
    "collections.rdf": (
        OPEN,
        '<x:p r:parseType="Collection"><r:Description>',
        "",
        "</r:Description></x:p>",
        CLOSE,
    ),
    "literal.rdf": (OPEN + '<x:p r:parseType="Literal">', "<b>", "", "</b>", "</x:p>" + CLOSE),
    "objects.jsonld": ("", '{"urn:b":', "1", "}", ""),
    "arrays.jsonld": ('{"urn:b":', "[", "1", "]", "}"),
    "lists.jsonld": ('{"urn:b":', '{"@list":[', "1", "]}", "}"),
    "contexts.jsonld": ("", '{"@context":', "{}", "}", ""),
    "values.jsonld": ('{"urn:b":{"@type":"@json","@value":', "[", "1", "]", "}}"),
}
READ = {
    "lists.ttl": 2 * DEEP + 1,
    "nodes.ttl": DEEP + 1,
    "lists.trig": 2 * DEEP + 1,
    "reifiers.ttl": DEEP + 1,
    "annotations.ttl": 2 * DEEP + 1,
    "paths.n3": DEEP + 1,
}
TOO_DEEP = {
    "graphs.trig": (1, "{ is not a valid predicate"),
    "terms.ttl": (2, "triple terms are nested more than 100 deep."),
    "hidden.ttl": (101, "triple terms are nested more than 100 deep."),
    "terms.nt": (1, "triple terms are nested more than 100 deep."),
    "terms.nq": (1, "triple terms are nested more than 100 deep."),
    "formulas.n3": (None, "holds a formula, { … }: N3 quotes its triples, and does not state them. "),
    "elements.rdf": (1, "elements are nested more than 1000 deep."),
    "collections.rdf": (1, "elements are nested more than 1000 deep."),
    "literal.rdf": (1, "elements are nested more than 1000 deep."),
    "objects.jsonld": (1, "nested more than 100 deep."),
    "arrays.jsonld": (1, "nested more than 100 deep."),
    "lists.jsonld": (1, "nested more than 100 deep."),
    "contexts.jsonld": (1, "nested more than 100 deep."),
    "values.jsonld": (1, "nested more than 100 deep."),
}


def test_what_is_nested_200_000_deep_is_read_or_refused(tmp_path: Path, validate: Any) -> None:
    files = []
    for name, (before, opening, middle, closing, after) in NESTS.items():
        files.append(write(tmp_path / name, before + opening * DEEP + middle + closing * DEEP + after))
    ended = validate(*files)
    assert ended.code == 3
    found = dict(zip(NESTS, ended.lines, strict=True))
    assert {name: line["triples"] for name, line in found.items() if line["ok"]} == READ
    for name, (place, said) in TOO_DEEP.items():
        assert found[name]["line"] == place, name
        assert found[name]["error"].startswith(said), name


@pytest.mark.parametrize("name", ["terms.nt", "terms.ttl", "elements.rdf", "objects.jsonld"])
def test_what_is_nested_too_deep_is_not_built(tmp_path: Path, build: Any, name: str) -> None:
    before, opening, middle, closing, after = NESTS[name]
    (said,) = build(write(tmp_path / name, before + opening * DEEP + middle + closing * DEEP + after))
    assert said == {"ok": False, "error": f"{tmp_path / name}:{TOO_DEEP[name][0]}: {TOO_DEEP[name][1]}"}


def test_contexts_that_are_copied_at_each_level_are_refused(tmp_path: Path, validate: Any) -> None:
    terms = ",".join(f'"t{n}":"urn:t{n}"' for n in range(50_000))
    scoped = json.dumps({"p": {"@id": "urn:p", "@context": {"z": "urn:z"}}})[1:-1]
    literal = '{"@context":{' + terms + '},"urn:p":' + '{"@context":{"z":"urn:z"},"urn:p":' * 90 + "1" + "}" * 91
    inner = '{"@context":{' + scoped + "," + terms + '},"p":' + '{"p":' * 90 + "1" + "}" * 91
    escaped = literal.replace('"@context":{"z"', '"\\u0040conte\\u0078t":{"z"')
    files = [write(tmp_path / f"{n}.jsonld", text) for n, text in enumerate((literal, inner, escaped))]
    for line in validate(*files).lines:
        assert line["error"].startswith("a @context of ")
        assert line["error"].endswith("need more memory than a file may; write them flatter.")


# ---------------------------------------------------------------- size


def long(path: Path, before: bytes, after: bytes, megabytes: int = 200) -> Path:
    with path.open("wb") as file:
        file.write(before)
        for _ in range(megabytes):
            file.write(b"x" * (1 << 20))
        file.write(after)
    return path


LONG = {
    "literal.nt": (b'\n<urn:a> <urn:b> "', b'" .\n', 2),
    "literal.nq": (b'\n<urn:a> <urn:b> "', b'" .\n', 2),
    "literal.ttl": (b'\n\n<urn:a> <urn:b> "', b'" .\n', 3),
    "long.trig": (b'<urn:a> <urn:b> """', b'""" .\n', 1),
    "iri.ttl": (b"\n<urn:a> <urn:b> <urn:", b"> .\n", 2),
    "comment.ttl": (b"\n#", b"\n<urn:a> <urn:b> 1 .\n", 2),
    "text.rdf": (OPEN.encode() + b"\n<x:b>", b"</x:b>" + CLOSE.encode(), 2),
    "attribute.rdf": (OPEN.encode() + b'\n<x:b r:resource="urn:', b'"/>' + CLOSE.encode(), 2),
    "literal.jsonld": (b'{"urn:b":\n"', b'"}', 2),
}


@pytest.mark.parametrize("name", LONG)
def test_a_literal_of_200_megabytes_is_refused_with_its_line(
    tmp_path: Path, validate: Any, build: Any, name: str
) -> None:
    before, after, place = LONG[name]
    path = long(tmp_path / name, before, after)
    ended = validate(path)
    (line,) = ended.lines
    assert (ended.code, line["ok"], line["line"]) == (3, False, place)
    most = "8,388,608" if name.endswith("jsonld") else "16,777,216"
    assert line["error"].endswith(f"is longer than {most} bytes.")
    (said,) = build(path)
    assert said["error"] == f"{path}:{place}: {line['error']}"


def test_a_literal_of_seven_megabytes_is_read(tmp_path: Path, validate: Any) -> None:
    ended = validate(*(long(tmp_path / name, *LONG[name][:2], 7) for name in LONG))
    assert [line["error"] for line in ended.lines] == [None] * len(LONG)
    assert [line["triples"] for line in ended.lines] == [1] * len(LONG)


def test_an_xml_literal_that_grows_with_its_namespaces_is_refused(tmp_path: Path, validate: Any) -> None:
    spaces = "".join(f' xmlns:n{n}="http://example.org/{n}"' for n in range(1000))
    text = OPEN.replace(' xmlns:x="', f'{spaces} xmlns:x="') + '\n<x:b r:parseType="Any">' + "<b/>" * 100_000
    (line,) = validate(write(tmp_path / "a.rdf", text + "</x:b>" + CLOSE)).lines
    assert line["line"] == 2
    assert line["error"] == "the XML literal is longer than 16,777,216 bytes, with the namespaces that it needs."


# ---------------------------------------------------------------- XML entities

BOMBS = {
    "laughs": ("".join(f'<!ENTITY l{n} "{f"&l{n - 1};" * 10}">' for n in range(1, 12)), "&l11;", "'l1' is longer than"),
    "nested by reference": (
        '<!ENTITY a "&#38;b;"><!ENTITY b "b">',
        "&a;",
        "'a' is longer than 512 bytes or holds other",
    ),
    "long": (f'<!ENTITY a "{"a" * 513}">', "&a;", "'a' is longer than 512 bytes or holds other entities"),
    "quadratic": (
        f'<!ENTITY a "{"a" * 512}">',
        "&a;" * 2_000_000,
        "limit on input amplification|longer than 16,777,216",
    ),
}


@pytest.mark.parametrize("name", BOMBS)
def test_entities_that_grow_are_refused(tmp_path: Path, validate: Any, name: str) -> None:
    entities, text, said = BOMBS[name]
    doctype = f'<!DOCTYPE r:RDF [<!ENTITY l0 "lol">{entities}]>'
    ended = validate(
        write(tmp_path / "text.rdf", f"{doctype}\n{OPEN}<x:b>{text}</x:b>{CLOSE}"),
        write(tmp_path / "attribute.rdf", f'{doctype}\n{OPEN}<x:b x:c="{text}"/>{CLOSE}'),
    )
    assert ended.code == 3
    for line in ended.lines:
        assert not line["ok"]
        assert any(part in line["error"] for part in said.split("|")), line["error"]


# ---------------------------------------------------------------- compressed files


@pytest.mark.parametrize(
    "name", ["zeros.nt.gz", "triples.nt.gz", "spaces.ttl.gz", "triples.nq.bz2", "triples.trig.xz", "triples.nt.zst"]
)
def test_a_bomb_of_ten_gigabytes_is_stopped(tmp_path: Path, validate: Any, build: Any, name: str) -> None:
    # A member, many times over: what takes ten gigabytes of work to compress is written at once.
    content = {"zeros": bytes(1 << 22), "triples": TRIPLE * 50_000, "spaces": b" " * (1 << 22)}[name.partition(".")[0]]
    member = PACK["." + name.rpartition(".")[2]](content)
    with (path := tmp_path / name).open("wb") as file:
        for _ in range(10 * (1 << 30) // len(content)):
            file.write(member)
    ended = validate(path)
    (line,) = ended.lines
    assert ended.code == 3
    assert line["error"].startswith("expands to more than 200 times its size, as no real file does; ")
    (said,) = build(path)
    assert line["error"] in said["error"]


def test_a_frame_that_asks_for_two_gigabytes_is_refused(tmp_path: Path, validate: Any) -> None:
    block = (1 | len(TRIPLE) << 3).to_bytes(3, "little") + TRIPLE
    frame = b"\x28\xb5\x2f\xfd\x00" + bytes([21 << 3]) + block
    (line,) = validate(write(tmp_path / "a.nt.zst", frame)).lines
    assert "requires too much memory" in line["error"]


def test_a_compressed_file_that_is_cut_short_is_refused(tmp_path: Path, validate: Any, build: Any) -> None:
    content = b"".join(b"<urn:a%d> <urn:b> <urn:c%d> .\n" % (n, n * n) for n in range(20_000))
    files = []
    for ending, pack in PACK.items():
        packed = pack(content)
        assert len(packed) > 20_000
        for name, cut in (("half", len(packed) // 2), ("last", len(packed) - 1), ("head", 5)):
            files.append(write(tmp_path / f"{name}.nt{ending}", packed[:cut]))
        files.append(write(tmp_path / f"second.nt{ending}", packed + packed[:-9]))
    ended = validate(*files)
    assert ended.code == 3
    assert {line["error"] for line in ended.lines} == {"is cut short; fetch or copy it again."}
    assert {line["error"].rpartition(": ")[2] for line in build(*files)} == {"is cut short; fetch or copy it again."}


# ---------------------------------------------------------------- odd text


def test_text_that_is_none_is_refused_with_its_line(tmp_path: Path, validate: Any, build: Any) -> None:
    good = "<urn:a> <urn:b> <urn:c> .\n"
    nodes = OPEN + "\n<x:b>{}</x:b>" + CLOSE
    cases: dict[str, tuple[str | bytes, str]] = {
        "utf8.nt": (good.encode() + b'<urn:a> <urn:b> "caf\xe9" .\n', "Invalid UTF-8"),
        "utf8.ttl": (good.encode() + b'<urn:a> <urn:b> "caf\xe9" .\n', "Invalid UTF-8"),
        "utf8.rdf": (nodes.encode().replace(b"{}", b"caf\xe9"), "not well-formed (invalid token)"),
        "utf8.jsonld": (b'{"urn:b":\n"caf\xe9"}', "Invalid UTF-8"),
        "surrogate.nt": (good + '<urn:a> <urn:b> "\\uD800" .\n', "that is not a valid unicode character"),
        "surrogate.ttl": (good + '<urn:a> <urn:b> "\\uD83D\\uDE00" .\n', "that is not a valid unicode character"),
        "surrogate.trig": (good + "<urn:\\uDC00> <urn:b> 1 .\n", "that is not a valid unicode character"),
        "surrogate.rdf": (nodes.replace("{}", "&#xD800;"), "reference to invalid character number"),
        "surrogate.jsonld": ('{"urn:b":\n"\\uDC00"}', ""),
        "zero.rdf": (nodes.replace("{}", "\0"), "not well-formed (invalid token)"),
        "zero.jsonld": ('{"urn:b":\n"\0"}', "is not allowed in JSON strings"),
        "zero-iri.ttl": (good + "<urn:\0> <urn:b> 1 .\n", ""),
        "space.nt": (good + "<urn:a b> <urn:b> <urn:c> .\n", "Invalid IRI code point ' '"),
        "space.ttl": (good + "<urn:a\\u0020b> <urn:b> <urn:c> .\n", "Invalid IRI code point ' '"),
        "relative.nt": (good + "<../../etc/passwd> <urn:b> <urn:c> .\n", "No scheme found in an absolute IRI"),
        "newline.nt": (good + '<urn:a> <urn:b> "two\nlines" .\n', ""),
        "newline.ttl": (good + '<urn:a> <urn:b> "two\nlines" .\n', ""),
    }
    files = [write(tmp_path / name, text) for name, (text, _) in cases.items()]
    ended = validate(*files)
    assert ended.code == 3
    for (name, (_, said)), line, built in zip(cases.items(), ended.lines, build(*files), strict=True):
        assert (name, line["ok"], line["line"]) == (name, False, 2)
        assert said in line["error"], name
        assert not built["ok"]
        assert f"{name}:2: " in built["error"]


def test_other_encodings_are_named(tmp_path: Path, validate: Any) -> None:
    turtle, doctype = "<urn:a> <urn:b> <urn:c> .", f'<!DOCTYPE r:RDF SYSTEM "x.dtd">\n{OPEN}{CLOSE}'
    files = [
        write(tmp_path / f"{encoding}.{ending}", text.encode(encoding))
        for encoding in ("utf-16", "utf-16-le", "utf-16-be")
        for ending, text in (("ttl", turtle), ("nt", turtle), ("rdf", doctype), ("jsonld", "{}"))
        if (encoding, ending) != ("utf-16", "rdf")  # XML in UTF-16 with its mark is well-formed
    ]
    said = "is encoded in UTF-16; RDF is read as UTF-8. Convert it, with iconv for example."
    assert [line["error"] for line in validate(*files).lines] == [said] * len(files)


def test_odd_values_that_rdf_allows_are_read(tmp_path: Path, validate: Any, build: Any) -> None:
    text = (
        '<urn:x:../../../etc> <urn:x:b> "\\u0000", "\0", "a\\nb", "\u202e\u2066" . <../../../up> <urn:x:b> "\\u202E" .'
        " <urn:x:%0A%00> <urn:x:b> <urn:x:\u202e> ."
    )
    path = write(tmp_path / "a.ttl", text)
    (line,) = validate(path).lines
    assert (line["ok"], line["triples"]) == (True, 6)
    (said,) = build(path)
    assert (said["ok"], said["facts"]) == (True, 5)  # two literals are the same


# ---------------------------------------------------------------- the network


def test_nothing_is_fetched(tmp_path: Path, listener: Any, validate: Any, build: Any) -> None:
    url = listener.url
    secret = write(tmp_path / "secret.txt", "the secret")
    context = json.dumps(url + "c.jsonld")
    remote = "a remote @context is never fetched; write the context into the file"
    fetched = "the entity 'e' is external; nothing is fetched."
    owl = "http://www.w3.org/2002/07/owl#"
    node = f"{OPEN}<x:b>{{}}</x:b>{CLOSE}"
    cases: dict[str, tuple[str, str | None]] = {
        "plain.jsonld": (f'{{"@context": {context}, "name": "b"}}', remote),
        "array.jsonld": (f'{{"@context": [{{"a": "urn:a"}}, {context}], "a": "b"}}', remote),
        "inner.jsonld": (f'{{"urn:a": {{"@context": {context}, "name": "b"}}}}', remote),
        "property.jsonld": (f'{{"@context": {{"p": {{"@id": "urn:p", "@context": {context}}}}}, "p": {{}}}}', remote),
        "type.jsonld": (
            f'{{"@context": {{"T": {{"@id": "urn:T", "@context": [{context}]}}}}, "@type": "T", "a": "b"}}',
            remote,
        ),
        "import.jsonld": (f'{{"@context": {{"@version": 1.1, "@import": {context}}}, "a": "b"}}', remote),
        "file.jsonld": (f'{{"@context": "{secret.as_uri()}", "a": "b"}}', remote),
        "dtd.rdf": (f'<!DOCTYPE r:RDF SYSTEM "{url}x.dtd">' + node.format("plain"), None),
        "public.rdf": (f'<!DOCTYPE r:RDF PUBLIC "-//X//Y" "{url}x.dtd">' + node.format("plain"), None),
        "unknown.rdf": (f'<!DOCTYPE r:RDF SYSTEM "{url}x.dtd">' + node.format("&e;"), "e"),
        "entity.rdf": (f'<!DOCTYPE r:RDF [<!ENTITY e SYSTEM "{url}e">]>' + node.format("&e;"), fetched),
        "named.rdf": (f'<!DOCTYPE r:RDF [<!ENTITY e PUBLIC "-//X" "{url}e">]>' + node.format("&e;"), fetched),
        "parameter.rdf": (f'<!DOCTYPE r:RDF [<!ENTITY % e SYSTEM "{url}e"> %e;]>' + node.format("a"), fetched),
        "secret.rdf": (f'<!DOCTYPE r:RDF [<!ENTITY e SYSTEM "{secret.as_uri()}">]>' + node.format("&e;"), fetched),
        "style.rdf": (f'<?xml-stylesheet href="{url}s.xsl"?>' + node.format("plain"), None),
        "include.rdf": (
            OPEN
            + f'<x:b r:parseType="Literal"><i:include xmlns:i="http://www.w3.org/2001/XInclude" href="{url}i"/></x:b>'
            f'<x:c r:resource="{url}"/>' + CLOSE,
            None,
        ),
        "imports.ttl": (f"@base <{url}> . @prefix p: <{url}> . <> a <{owl}Ontology> ; <{owl}imports> <o>, p:o .", None),
        "imports.n3": (f"<{url}> <http://www.w3.org/2000/10/swap/log#semantics> <{url}o> .", None),
    }
    files = [write(tmp_path / name, text) for name, (text, _) in cases.items()]
    ended = validate(*files)
    assert ended.code == 3
    for (name, (_, said)), line in zip(cases.items(), ended.lines, strict=True):
        assert (name, line["ok"]) == (name, said is None)
        assert said is None or said in line["error"], name
        assert "the secret" not in str(line)
    assert [line["ok"] for line in build(*files)] == [said is None for _, said in cases.values()]
