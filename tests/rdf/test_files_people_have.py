"""Files as people have them: other endings, encodings and kinds, archives, contexts, malformed lines, equal names."""

import io
import tarfile
import warnings
import zipfile
from dataclasses import replace
from pathlib import Path

import pytest

import kaug
from kaug.errors import SourceError
from kaug.pipeline.project import project_of
from kaug.pipeline.run import run_project
from kaug.pipeline.starter import knowledge_only
from kaug.rdf.contexts import with_contexts
from kaug.rdf.parse import read_chunks, read_quads
from kaug.rdf.sources import expand, passed_over, source_of
from kaug.rdf.validate import check_shapes, validate_file

ZOO = "@prefix : <https://e.org/zoo#> .\n:Cat :eats :Fish .\n"
CAT = "<https://e.org/zoo#Cat> <https://e.org/zoo#eats> <https://e.org/zoo#Fish>"
RDF = "http://www.w3.org/1999/02/22-rdf-syntax-ns#"
RDFXML = f'<rdf:RDF xmlns:rdf="{RDF}" xmlns="https://e.org/zoo#"><rdf:Description rdf:about="https://e.org/zoo#Cat">'
RDFXML += '<eats rdf:resource="https://e.org/zoo#Fish"/></rdf:Description></rdf:RDF>'
OBO = "format-version: 1.2\n[Term]\nid: ZOO:1\nname: cat\n"
FUNCTIONAL = "# made by hand\nPrefix(:=<https://e.org/zoo#>)\nOntology(<https://e.org/zoo>\nDeclaration(Class(:Cat)))\n"
OWLXML = (
    '<?xml version="1.0"?>\n<Ontology xmlns="http://www.w3.org/2002/07/owl#" ontologyIRI="https://e.org/zoo">'
    '<Declaration><Class IRI="#Cat"/></Declaration></Ontology>'
)
HTML = "<!DOCTYPE html>\n<html><body>zoo.ttl</body></html>"


def lines(path: Path, **options: object) -> list[str]:
    return [str(quad) for quad in read_quads(path, **options)]  # type: ignore[arg-type]


def refused(path: Path) -> str:
    with pytest.raises(SourceError) as caught:
        lines(path)
    return str(caught.value).removeprefix(f"{path.parent}/")


def facts(kb: kaug.KnowledgeBase) -> list[str]:
    terms = kb.terms["value"].to_pylist()
    return sorted(
        " ".join(terms[number].rpartition("/")[2] for number in row) for row in zip(*kb.columns(), strict=True)
    )


# ---------------------------------------------------------------- endings and kinds


@pytest.mark.parametrize(
    ("name", "text"),
    [
        ("a.turtle", ZOO),
        ("a.rdfs", ZOO),
        ("a.rdfs", RDFXML),
        ("a.owl", ZOO),
        ("a.owl", "# a comment\n\n" + ZOO),
        ("a.owl", f"{CAT} .\n"),
        ("a.owl", RDFXML),
        ("a.rdf", ZOO),
        ("a.xml", RDFXML),
        ("a.json", '{"@context": {"@vocab": "https://e.org/zoo#"}, "@id": "https://e.org/zoo#Cat", "eats": {"@id": "https://e.org/zoo#Fish"}}'),
        ("a.json", '[{"@id": "https://e.org/zoo#Cat", "https://e.org/zoo#eats": {"@id": "https://e.org/zoo#Fish"}}]'),
    ],
)  # fmt: skip
def test_the_content_decides_where_an_ending_has_several_syntaxes(tmp_path: Path, name: str, text: str) -> None:
    (tmp_path / name).write_text(text)
    assert lines(tmp_path / name) == [CAT]


@pytest.mark.parametrize(
    ("name", "text", "said"),
    [
        ("zoo.obo", OBO, "looks like OBO. Save it as Turtle or RDF/XML, for example with ROBOT: "
         "`robot convert --input zoo.obo --output zoo.ttl`."),
        ("zoo.owl", FUNCTIONAL, "looks like the functional syntax of OWL. Save it as Turtle or RDF/XML"),
        ("zoo.ofn", FUNCTIONAL, "looks like the functional syntax of OWL. "),
        ("zoo.owl", OWLXML, "looks like OWL/XML. Save it as Turtle or RDF/XML"),
        ("zoo.owl", "Prefix: : <urn:x:>\nOntology: <urn:x:o>\nClass: Cat\n", "looks like the Manchester syntax of OWL. "),
        ("zoo.owl", HTML, "looks like a web page. Download the RDF itself"),
        ("zoo.json", '{"name": "Cat"}', "looks like JSON without JSON-LD. JSON-LD has a @context"),
        ("zoo.rdf", "version https://git-lfs.github.com/spec/v1\noid sha256:0\n", "looks like a pointer of Git LFS. "),
    ],
)  # fmt: skip
def test_what_is_not_read_is_named_for_what_it_is(tmp_path: Path, name: str, text: str, said: str) -> None:
    (tmp_path / name).write_text(text)
    assert refused(tmp_path / name).startswith(f"{name}: {said}")


@pytest.mark.parametrize(
    ("name", "text", "said"),
    [
        ("a.ttl", RDFXML, "It looks like RDF/XML. Give it a name that ends in .rdf or .owl or .xml or .rdfs."),
        ("a.nt", HTML, "It looks like a web page. Download the RDF itself, for example by the link to the raw file."),
        (
            "a.xml",
            '<?xml version="1.0"?><catalog><a>b</a></catalog>',
            "It looks like XML without RDF. RDF/XML names the namespace of RDF near its beginning.",
        ),
        ("a.jsonld", ZOO, "It looks like Turtle. Give it a name that ends in .ttl or .turtle."),
    ],
)
def test_a_malformed_file_is_named_for_what_it_looks_like(tmp_path: Path, name: str, text: str, said: str) -> None:
    (tmp_path / name).write_text(text)
    assert refused(tmp_path / name).endswith(said)


def test_turtle_that_is_wrong_looks_like_nothing_else(tmp_path: Path) -> None:
    (tmp_path / "a.ttl").write_text(ZOO + ":Cat :eats , .")
    assert refused(tmp_path / "a.ttl") == "a.ttl:3: , is not a valid RDF object"


# ---------------------------------------------------------------- encodings


@pytest.mark.parametrize("encoding", ["ISO-8859-1", "windows-1252", "iso-8859-15", "UTF-16"])
@pytest.mark.parametrize("newlines", [1, 30_000])
def test_xml_is_read_in_the_encoding_that_it_declares(tmp_path: Path, encoding: str, newlines: int) -> None:
    text = f'<?xml version="1.0" encoding="{encoding}"?>' + "\n" * newlines + RDFXML.replace("Cat", "Caf\xe9")
    (tmp_path / "a.rdf").write_bytes(text.encode(encoding))
    assert lines(tmp_path / "a.rdf") == [CAT.replace("Cat", "Caf\xe9")]


def test_xml_in_an_encoding_that_it_is_not_in_is_refused(tmp_path: Path) -> None:
    declared = '<?xml version="1.0" encoding="{}"?>\n'
    (tmp_path / "a.rdf").write_bytes(declared.format("shift_jis").encode() + RDFXML.encode() + b"\n<!-- \x81 -->")
    assert refused(tmp_path / "a.rdf") == "a.rdf:3: is not in the encoding shift_jis, which it declares."
    (tmp_path / "a.rdf").write_bytes(declared.format("us-ascii").encode() + RDFXML.encode())
    assert lines(tmp_path / "a.rdf") == [CAT]
    for name in ("x-unheard-of", "unicode_escape", "utf-7", "base64", "idna", "punycode"):
        (tmp_path / "b.rdf").write_bytes(declared.format(name).encode() + RDFXML.encode())
        assert refused(tmp_path / "b.rdf").startswith(f"b.rdf:1: declares the encoding {name!r}, which is not known.")


# ---------------------------------------------------------------- archives


def test_archives_are_read_file_by_file(tmp_path: Path) -> None:
    texts = {
        "zoo/a.ttl": ZOO,
        "zoo/b.nt": "<urn:b> <urn:p> <urn:o> .\n",
        "README.md": "x",
        ".hidden.ttl": "!",
        "zoo/c.ttl": "<#me> <urn:p> 1 .",
    }
    with zipfile.ZipFile(tmp_path / "a.zip", "w", zipfile.ZIP_DEFLATED) as packed:
        for name, text in texts.items():
            packed.writestr(name, text)
    for name in ("a.tar", "a.tar.gz", "a.tgz"):
        with tarfile.open(tmp_path / name, "w" if name.endswith("tar") else "w:gz") as tar:
            for member, text in texts.items():
                about = tarfile.TarInfo(member)
                about.size = len(text)
                tar.addfile(about, io.BytesIO(text.encode()))
    for name in ("a.zip", "a.tar", "a.tar.gz", "a.tgz"):
        archive = tmp_path / name
        assert [file.relative_to(archive).as_posix() for file in expand([archive])] == [
            "zoo/a.ttl",
            "zoo/b.nt",
            "zoo/c.ttl",
        ]
        assert lines(archive / "zoo" / "a.ttl") == [CAT]
        source = source_of(archive)
        assert source.base_of(archive / "zoo/c.ttl") == "file:///zoo/c.ttl"
        assert passed_over(source) == (
            1,
            f"{archive}: 1 file passed over, which is not RDF by name or content: README.md.",
        )
    with pytest.warns(UserWarning, match="README"):
        kb = kaug.build_kb(tmp_path / "a.tar.gz")
    assert facts(kb) == ["c.ttl#me urn:p 1", "urn:b urn:p urn:o", "zoo#Cat zoo#eats zoo#Fish"]


def test_archives_that_are_broken_or_expand_too_much_are_refused(tmp_path: Path) -> None:
    (tmp_path / "a.zip").write_bytes(b"PK\x03\x04 no archive")
    (tmp_path / "a.tar.gz").write_bytes(b"no archive")
    (tmp_path / "a.tar").write_bytes(b"no archive" * 100)
    for name in ("a.zip", "a.tar.gz", "a.tar"):
        with pytest.raises(SourceError, match=r"a\.(zip|tar|tar\.gz): is not a complete "):
            expand([tmp_path / name])
    bomb = tmp_path / "bomb.zip"
    with zipfile.ZipFile(bomb, "w", zipfile.ZIP_DEFLATED) as packed:
        packed.writestr("a.nt", b"\n" * (17 << 20))
    assert "expands to more than 200 times its size" in refused(bomb / "a.nt")
    with zipfile.ZipFile(tmp_path / "cut.zip", "w", zipfile.ZIP_STORED) as packed:
        packed.writestr("a.nt", b"<urn:a> <urn:b> <urn:c> .\n")
    (tmp_path / "cut.zip").write_bytes((tmp_path / "cut.zip").read_bytes().replace(b"<urn:c>", b"<urn:d>"))
    assert "the archive is not complete: Bad CRC-32" in refused(tmp_path / "cut.zip" / "a.nt")


# ---------------------------------------------------------------- what is passed over


def test_other_files_of_a_folder_are_named(tmp_path: Path) -> None:
    for name, text in {"a.ttl": ZOO, "zoo.obo": OBO, "data.json": '{"a": 1}', "b.md": "# b", ".c.md": ""}.items():
        (tmp_path / name).write_text(text)
    said = (
        "3 files passed over, which are not RDF by name or content: b.md, data.json (looks like JSON without JSON-LD), "
    )
    assert passed_over(source_of(tmp_path)) == (3, f"{tmp_path}: {said}zoo.obo (looks like OBO).")
    with pytest.warns(UserWarning, match="3 files passed over"):
        assert facts(kaug.build_kb(tmp_path)) == ["zoo#Cat zoo#eats zoo#Fish"]
    for number in range(20):
        (tmp_path / f"{number}.md").write_text("# Notes\n[all](a): prefix it\n")
    said = "23 files passed over, which are not RDF by name or content: 21 .md, 1 .json (looks like JSON without JSON-LD), "
    assert passed_over(source_of(tmp_path)) == (23, f"{tmp_path}: {said}1 .obo (looks like OBO).")
    for file in (tmp_path / "a.ttl", *tmp_path.glob("[0-9]*.md")):
        file.unlink()
    with pytest.raises(SourceError, match=r"has no RDF files, .* It has: b.md, .*zoo.obo \(looks like OBO\)\."):
        expand([tmp_path])


@pytest.mark.parametrize(
    ("name", "text", "said"),
    [
        ("a.ttl", "# nothing\n", "holds no triple."),
        (
            "a.jsonld",
            '{"@id": "urn:a", "name": "Ada"}',
            "holds no triple; 1 are left out because no context maps their keys.",
        ),
    ],
)
def test_rdf_without_a_triple_warns(tmp_path: Path, name: str, text: str, said: str) -> None:
    (tmp_path / name).write_text(text)
    with warnings.catch_warnings(record=True) as warned:
        kb = kaug.build_kb(tmp_path / name)
    assert [str(one.message) for one in warned] == [f"{tmp_path / name}: {said}"]
    assert len(kb) == 0
    assert str(validate_file(tmp_path / name)["warning"]).startswith("nothing was read")


# ---------------------------------------------------------------- malformed lines and files

BAD = """<https://e.org/x y> <https://e.org/p> <https://e.org/z> .
<https://e.org/q> <https://e.org/p> "a"@en_US .
<https://e.org/ok> <https://e.org/p> <https://e.org/z> .
<https://e.org/r> <https://e.org/p> "bad .
_:b <https://e.org/p> <https://e.org/ok> .
<https://e.org/ok> <https://e.org/q> _:b .
"""


def test_malformed_lines_are_left_out_counted_and_listed(tmp_path: Path) -> None:
    file = tmp_path / "b.nt"
    file.write_text(BAD)
    with pytest.raises(SourceError, match=r"b\.nt:1: Invalid IRI code point"):
        kaug.build_kb(file)
    with warnings.catch_warnings(record=True) as warned:
        kb = kaug.build_kb(file, skip_errors=True)
    said = [
        "1: Invalid IRI code point ' '",
        "2: Unexpected character 'U'",
        "4: Unexpected end of file",
    ]
    assert [str(one.message) for one in warned] == [f"{file}:{text}" for text in said]
    assert kb.counts["lines left out: malformed, b"] == 3
    good = tmp_path / "good.nt"
    good.write_text("".join(BAD.splitlines(keepends=True)[row] for row in (2, 4, 5)))
    assert kb.facts["fact"].equals(kaug.build_kb(good).facts["fact"])
    checked = validate_file(file)
    assert (checked["triples"], checked["errors"], checked["messages"]) == (3, 3, [f"{file}:{text}" for text in said])


def test_of_many_malformed_lines_the_first_are_listed(tmp_path: Path) -> None:
    file = tmp_path / "b.nq"
    file.write_text("".join(f"<urn:a{n}> <urn:p> <urn:{'o' if n % 2 else 'no iri'}> .\n" for n in range(500)))
    checked = validate_file(file)
    assert (checked["triples"], checked["errors"], len(checked["messages"])) == (250, 250, 100)
    assert checked["messages"][99].startswith(f"{file}:199: ")


@pytest.mark.parametrize(
    ("name", "text", "kept"),
    [
        ("a.ttl", "@prefix : <https://e.org/> . :ref :url <https://e.org/Ship#Crew#C> ; :q :z .\n:holm :capital :lorn .",
         ["holm capital lorn", "ref q z"]),
        ("a.ttl", '@prefix : <https://e.org/> . :a :name "x"@zh-classical , "Peak"@en ; :p [ :q <no iri> ] .', 2),
        ("a.trig", "@prefix : <https://e.org/> . :g { :a :p <a b>, :c } <no iri> { :a :p :d }", ["a p c"]),
        ("a.rdf", RDFXML.replace("<eats", '<eats rdf:resource="https://e.org/a b"/><eats'), ["zoo#Cat zoo#eats zoo#Fish"]),
    ],
)  # fmt: skip
def test_triples_with_malformed_terms_are_left_out(tmp_path: Path, name: str, text: str, kept: list[str] | int) -> None:
    (tmp_path / name).write_text(text)
    with pytest.warns(UserWarning, match=rf"{name}: .*: <|{name}: .*: _:"):
        kb = kaug.build_kb(tmp_path / name, skip_errors=True)
    assert kb.counts["triples left out: malformed, a"] == (2 if kept == 2 or name == "a.trig" else 1)
    assert (len(kb) if isinstance(kept, int) else facts(kb)) == kept


def test_files_that_are_malformed_otherwise_are_left_out(tmp_path: Path) -> None:
    for name, text in {
        "a.ttl": ZOO,
        "b.ttl": ZOO + ":a :b , .",
        "c.owl": FUNCTIONAL,
        "d.jsonld": "{",
        "e.nt.gz": "no",
    }.items():
        (tmp_path / name).write_text(text)
    with pytest.raises(SourceError, match=r"b\.ttl:3: , is not a valid RDF object"):
        kaug.build_kb(tmp_path)
    with warnings.catch_warnings(record=True) as warned:
        kb = kaug.build_kb(tmp_path, skip_errors=True)
    assert facts(kb) == ["zoo#Cat zoo#eats zoo#Fish"]
    assert kb.counts[f"files left out: malformed, {tmp_path.name}"] == 4
    assert [str(one.message).removeprefix(f"{tmp_path}/")[:6] for one in warned] == [
        "b.ttl:",
        "c.owl:",
        "d.json",
        "e.nt.g",
    ]


# ---------------------------------------------------------------- base IRIs

CARD = "@prefix : <#> . :me <https://e.org/name> '{}' ; <https://e.org/near> <https://e.org/{}> ."


def test_files_of_one_name_are_about_two_things(tmp_path: Path) -> None:
    wanted = ["card.ttl#me name Ada", "card.ttl#me name Bo", "card.ttl#me near holm", "card.ttl#me near lorn"]
    for name, place in (("Ada", "holm"), ("Bo", "lorn")):
        (tmp_path / name).mkdir()
        (tmp_path / name / "card.ttl").write_text(CARD.format(name, place))
    cards = [tmp_path / name / "card.ttl" for name in ("Ada", "Bo")]
    for sources in ([tmp_path], [tmp_path / "*" / "card.ttl"], cards, cards[::-1], [tmp_path / "Ada", tmp_path / "Bo"]):
        kb = kaug.build_kb(sources)
        assert facts(kb) == wanted
        me = {value for value in kb.terms["value"].to_pylist() if value.endswith("#me")}
        assert me == {"file:///Ada/card.ttl#me", "file:///Bo/card.ttl#me"}
    (alone,) = (value for value in kaug.build_kb(cards[0]).terms["value"].to_pylist() if value.endswith("#me"))
    assert alone == "file:///card.ttl#me"


def test_shapes_see_the_sources_as_a_build_does(tmp_path: Path) -> None:
    pytest.importorskip("pyshacl")
    shapes = tmp_path / "shapes.ttl"
    shapes.write_text(
        "@prefix sh: <http://www.w3.org/ns/shacl#> . [] a sh:NodeShape ; sh:targetSubjectsOf <https://e.org/name> ; "
        'sh:property [ sh:path <https://e.org/name> ; sh:maxCount 1 ; sh:message "two names" ] .'
    )
    for name in ("Ada", "Bo"):
        (tmp_path / "kb" / name).mkdir(parents=True)
        (tmp_path / "kb" / name / "card.ttl").write_text(CARD.format(name, "holm"))
    source = source_of(tmp_path / "kb")
    assert list(check_shapes([source], shapes)) == []
    (tmp_path / "kb" / "b.nt").write_text(BAD + "".join(f'<urn:a> <https://e.org/name> "{name}" .\n' for name in "xy"))
    with pytest.raises(SourceError, match=r"b\.nt:1: "):
        list(check_shapes([source], shapes))
    found = list(check_shapes([replace(source, skip_errors=True)], shapes))
    assert found == [{"severity": "Violation", "focus": "urn:a", "message": "two names"}]


# ---------------------------------------------------------------- contexts


@pytest.mark.parametrize(
    "iri",
    [
        "https://schema.org",
        "http://schema.org/",
        "https://schema.org/docs/jsonldcontext.jsonld",
        "http://www.schema.org",
    ],
)
@pytest.mark.parametrize("form", ['"{}"', '[ "{}",\n {{"x": "urn:x:"}}]', '{{"@import": "{}", "@version": 1.1}}'])
def test_the_context_of_schema_org_is_known(tmp_path: Path, iri: str, form: str) -> None:
    (tmp_path / "a.jsonld").write_text(
        '{"@context" :'
        + form.format(iri)
        + ',"@type":"Person","name":"Ada","sameAs":"https://e.org/ada","birthDate":"1990-01-02"}'
    )
    schema = "http://schema.org/"
    assert lines(tmp_path / "a.jsonld") == [
        f"_:b0 <{RDF}type> <{schema}Person>",
        f'_:b0 <{schema}name> "Ada"',
        f"_:b0 <{schema}sameAs> <https://e.org/ada>",
        f'_:b0 <{schema}birthDate> "1990-01-02"^^<{schema}Date>',
    ]


def test_other_contexts_are_read_from_files(tmp_path: Path) -> None:
    context, file = tmp_path / "c.jsonld", tmp_path / "a.jsonld"
    context.write_text('{"@context": ["https://schema.org", {"eats": "https://e.org/zoo#eats"}]}')
    file.write_text('{"@graph": [{"@context": "https://e.org/c", "@id": "urn:cat", "eats": "fish", "name": "Tom"}]}')
    assert "--context IRI=FILE" in refused(file)
    wanted = ['<urn:cat> <https://e.org/zoo#eats> "fish"', '<urn:cat> <http://schema.org/name> "Tom"']
    assert lines(file, contexts={"https://e.org/c": context}) == wanted
    kb = kaug.build_kb(file, contexts={"https://e.org/c": str(context)})
    assert (len(kb), kb.labels["text"].to_pylist()) == (1, ["Tom"])
    context.write_text("[]")
    with pytest.raises(SourceError, match=r"c\.jsonld: should be an object with the key '@context', for the context"):
        lines(file, contexts={"https://e.org/c": context})


@pytest.mark.slow
def test_a_file_is_read_again_if_its_context_changes_or_errors_are_skipped(tmp_path: Path) -> None:
    context, file, out = tmp_path / "c.jsonld", tmp_path / "a.jsonld", tmp_path / "out"
    file.write_text('{"@context": "https://e.org/c", "@id": "urn:x:oak", "height": 30}')
    (tmp_path / "b.nt").write_text(BAD)

    def built(*settings: str) -> list[str]:
        pipeline = knowledge_only(
            [str(file), str(tmp_path / "b.nt")], [f'knowledge.contexts={{"https://e.org/c"="{context}"}}', *settings]
        )
        run_project(project_of(pipeline, out), "knowledge")
        return [
            predicate
            for predicate in ("tall", "high")
            if f"https://e.org/{predicate}" in kaug.load_kb(out).terms["value"].to_pylist()
        ]

    for name in ("tall", "high"):
        context.write_text(f'{{"@context": {{"height": "https://e.org/{name}"}}}}')
        assert built("knowledge.skip_errors=true") == [name]
    with pytest.raises(SourceError, match=r"b\.nt:1: "):
        built()


@pytest.mark.parametrize("size", [1, 7, 1 << 18])
def test_contexts_are_found_wherever_a_file_is_cut(tmp_path: Path, size: int) -> None:
    text = b'[{"a": "\\"@context\\": \\"https://schema.org\\""'
    text += b', "@context":\n["https://schema.org" ],"name":"x"}, {"@context": null}]'
    mended = b"".join(with_contexts((text[at : at + size] for at in range(0, len(text), size)), {}))
    assert mended.startswith(text[: text.index(b'["https')] + b'[{"@vocab": "http://schema.org/"')
    assert mended.endswith(b'}],"name":"x"}, {"@context": null}]'.replace(b"]", b"]", 1))


@pytest.mark.parametrize(
    ("base", "wanted"),
    [
        ("https://e.org/a/b/../c", "https://e.org/a/d"),
        ("https://e.org/a/./b/.", "https://e.org/a/b/d"),
        ("https://e.org/../../x", "https://e.org/d"),
        ("https://e.org/a/c", "https://e.org/a/d"),
    ],
)
def test_the_dots_of_a_base_are_removed(tmp_path: Path, base: str, wanted: str) -> None:
    (tmp_path / "a.jsonld").write_text(
        f'{{"@context":{{"@base":"{base}","p":{{"@id":"urn:p","@type":"@id"}}}},"@id":"urn:s","p":"d"}}'
    )
    assert lines(tmp_path / "a.jsonld") == [f"<urn:s> <urn:p> <{wanted}>"]


def test_an_invalid_base_is_ignored(tmp_path: Path) -> None:
    context = '{"@base":"http://invalid/<>/","@vocab":"urn:v:"}'
    (tmp_path / "a.jsonld").write_text(
        f'{{"@context":{context},"@id":"urn:a","name":"Ada","knows":{{"@id":"relative"}}}}'
    )
    assert lines(tmp_path / "a.jsonld") == ['<urn:a> <urn:v:name> "Ada"']


# ---------------------------------------------------------------- XML literals


def test_an_xml_literal_in_a_triple_term_is_canonical(tmp_path: Path) -> None:
    text = RDFXML.replace("<eats", '<note rdf:annotation="urn:t" rdf:parseType="Literal"><br/></note><eats')
    (tmp_path / "a.rdf").write_text(text.replace("<rdf:RDF", '<rdf:RDF rdf:version="1.2"'))
    quads = list(read_quads(tmp_path / "a.rdf"))
    (stated,) = (quad.object for quad in quads if quad.predicate.value.endswith("#note"))
    (about,) = (quad.object for quad in quads if quad.predicate.value.endswith("reifies"))
    assert about.object == stated
    assert stated.value == '<br xmlns="https://e.org/zoo#"></br>'
    text = b"".join(read_chunks(tmp_path / "a.rdf")).decode()
    assert text.count(str(stated)) == 2
