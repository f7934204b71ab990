"""Tables are read by their mapping; an error names the wrong column or cell. Sources are added to a manifest."""

import hashlib
import tomllib
from pathlib import Path
from typing import Any

import pyoxigraph as ox
import pytest

from kaug.errors import SourceError
from kaug.importers import run_importer
from kaug.importers.mapping import mapping_of_options
from kaug.rdf.sources import read_manifest, verify_source

BASE = "https://w3id.org/kaug/out/"
RDFS = "http://www.w3.org/2000/01/rdf-schema#"


def table(
    tmp_path: Path, text: str, mapping: Any, name: str = "t.csv", **options: Any
) -> tuple[set[str], dict[str, Any]]:
    """The lines written, their named graph cut off and the base shortened."""
    (tmp_path / name).write_bytes(text.encode())
    counts = run_importer("table", [tmp_path / name], tmp_path / "out.nq", mapping=mapping, **options)
    content = (tmp_path / "out.nq").read_bytes()
    assert ox.serialize(ox.parse(content, format=ox.RdfFormat.N_QUADS), format=ox.RdfFormat.N_QUADS) == content
    graph = " <https://w3id.org/kaug/source/out> ."
    lines = content.decode().splitlines()
    assert all(line.endswith(graph) for line in lines)
    short = (line.removesuffix(graph).replace(BASE, "").replace(RDFS, "rdfs:") for line in lines)
    return set(short), counts


COUNTRIES = (
    "\ufeffname,capital,population,motto,languages,area\r\n"
    'Togo,Lomé,8680000,"Travail, ""Liberté""",French; Ewe ,56785.5\r\n'
    "Côte d'Ivoire,http://x.example/Yamoussoukro,,,,\r\n"
)
COLUMNS = {
    "capital": "iri,http://x.example/capital",
    "population": "xsd:integer",
    "motto": "@fr",
    "languages": {"iri": True, "separator": ";", "property": "language"},
    "area": "xsd:decimal,schema:area",
}


def test_rows_as_entities(tmp_path: Path) -> None:
    mapping = {"subject": "name", "type": "schema:Country", "columns": COLUMNS}
    lines, counts = table(tmp_path, COUNTRIES, mapping)
    rdf, xsd = "http://www.w3.org/1999/02/22-rdf-syntax-ns#", "http://www.w3.org/2001/XMLSchema#"
    assert lines == {
        "<Togo> <http://x.example/capital> <Lomé>",
        "<Côte_d'Ivoire> <http://x.example/capital> <http://x.example/Yamoussoukro>",
        f'<Togo> <r/population> "8680000"^^<{xsd}integer>',
        '<Togo> <r/motto> "Travail, \\"Liberté\\""@fr',
        "<Togo> <r/language> <French>",
        "<Togo> <r/language> <Ewe>",
        f'<Togo> <https://schema.org/area> "56785.5"^^<{xsd}decimal>',
        f"<Togo> <{rdf}type> <https://schema.org/Country>",
        f"<Côte_d'Ivoire> <{rdf}type> <https://schema.org/Country>",
        *(
            f'<{term}> <rdfs:label> "{text}"@en'
            for term, text in {
                "Togo": "Togo",
                "Côte_d'Ivoire": "Côte d'Ivoire",
                "Lomé": "Lomé",
                "French": "French",
                "Ewe": "Ewe",
                "http://x.example/capital": "capital",
                "r/population": "population",
                "r/motto": "motto",
                "r/language": "language",
                "https://schema.org/area": "area",
            }.items()
        ),
    }
    assert (counts["facts"], counts["labels"], counts["left out: empty cell"]) == (9, 10, 4)


def test_rows_as_triples_with_weights(tmp_path: Path) -> None:
    text = "name\trelation\tvalue\tsure\tnote\nTogo\tcapital_city\tLomé\t0.90\tx\nTogo\tmotto\twork\t\ty\n"
    mapping = {"subject": "name", "predicate": "relation", "object": "value", "weight": "sure"}
    lines, counts = table(tmp_path, text, mapping, "t.tsv")
    assert {"<Togo> <r/capital%5Fcity> <Lomé>", "<Togo> <r/motto> <work>"} < lines
    assert '<r/capital%5Fcity> <rdfs:label> "capital_city"@en' in lines
    assert next(line for line in lines if "#weight>" in line).endswith(
        '"0.9"^^<http://www.w3.org/2001/XMLSchema#decimal>'
    )
    assert (counts["facts"], counts["weights"], counts["columns not read: note"]) == (2, 1, 1)
    lines, _ = table(
        tmp_path, text, mapping | {"columns": {"value": "text"}, "language": "", "base": "urn:x:"}, "t.tsv"
    )
    assert '<urn:x:Togo> <urn:x:r/motto> "work"' in lines
    assert '<urn:x:Togo> <rdfs:label> "Togo"' in lines


def test_without_rules_all_other_columns_are_text(tmp_path: Path) -> None:
    lines, counts = table(tmp_path, 'id;full name;note\n1;"Ada\nL";x\n', {"subject": "id", "delimiter": ";"}, "t.dat")
    assert lines == {
        '<1> <r/full_name> "Ada\\nL"',
        '<1> <r/note> "x"',
        '<1> <rdfs:label> "1"@en',
        '<r/full_name> <rdfs:label> "full name"@en',
        '<r/note> <rdfs:label> "note"@en',
    }
    assert counts["facts"] == 2
    assert '<1> <r/schema> "x"' in table(tmp_path, "id,schema\n1,x\n", {"subject": "id"})[0]
    lines, _ = table(tmp_path, "id,n,note\n1,Ada,x\n", {"subject": "id", "label": "n", "columns": {"note": "text"}})
    assert lines == {'<1> <r/note> "x"', '<1> <rdfs:label> "Ada"@en', '<r/note> <rdfs:label> "note"@en'}


@pytest.mark.parametrize(
    ("text", "mapping", "reason"),
    [
        ("name,size\na,1\n", {"subject": "nam"}, r"t\.csv:1: there is no column 'nam'\. Did you mean 'name'\?"),
        (
            "name,size\na,1\n",
            {"subject": "name", "columns": {"sice": "text"}},
            r"no column 'sice'\. Did you mean 'size'",
        ),
        ("name,size\na,1\n", {"subjekt": "name"}, r"unknown key 'subjekt'\. Did you mean 'subject'\?"),
        ("name,size\na,1\n", {"columns": {}}, "lacks the key 'subject'"),
        (
            "name,size\na,1\n",
            {"subject": "name", "columns": {"size": "int"}},
            "Column 'size' is 'int'; it should be iri",
        ),
        ("name,size\na,1\n", {"subject": "name", "columns": {"size": {"irl": True}}}, r"'irl'\. Did you mean 'iri'"),
        ("name,size\na,1\n", {"subject": "name", "predicate": "size"}, "needs both the columns predicate and object"),
        ("name,size\na,1\n", {"subject": "name", "delimiter": "::"}, "delimiter should be one character"),
        ("name,name\na,1\n", {"subject": "name"}, r"t\.csv:1: names the column 'name' twice"),
        ("name,size\na,1\n\nb,x\n", {"subject": "name", "columns": {"size": "xsd:integer"}}, r"t\.csv:4: size is 'x'"),
        ('name,size\n"a\nb",1\n,2\n', {"subject": "name"}, r"t\.csv:4: name is ''; expected a name or an IRI"),
        ("name,size\na,1,2\n", {"subject": "name"}, r"t\.csv:2: expected 2 columns \(name, size\).*found 3: 'a,1,2'"),
        ("name,size\na,x\n", {"subject": "name", "weight": "size"}, r"t\.csv:2: size is 'x'; expected a number"),
        (
            "name,at\na,http://x:y/\n",
            {"subject": "name", "columns": {"at": "iri"}},
            r"t\.csv:2: at is .*expected an IRI",
        ),
        ("name,size\n", {"subject": "name"}, r"t\.csv: holds no fact"),
        ("", {"subject": "name"}, r"t\.csv: is empty"),
    ],
)
def test_errors_of_tables_and_mappings(tmp_path: Path, text: str, mapping: dict[str, Any], reason: str) -> None:
    with pytest.raises(SourceError, match=reason):
        table(tmp_path, text, mapping)
    assert not (tmp_path / "out.nq").exists()


def test_mapping_in_toml(tmp_path: Path) -> None:
    path = tmp_path / "mapping.toml"
    path.write_text(
        'subject = "name"\n[columns.size]\ndatatype = "xsd:integer"\nproperty = "size in m"\n', encoding="utf-8"
    )
    lines, _ = table(tmp_path, "name,size\na,1\n", path)
    assert '<a> <r/size_in_m> "1"^^<http://www.w3.org/2001/XMLSchema#integer>' in lines
    path.write_text("subject = 1\n", encoding="utf-8")
    with pytest.raises(SourceError, match=r"mapping\.toml: the mapping: subject should be text"):
        table(tmp_path, "name,size\na,1\n", path)


def test_mapping_from_options(tmp_path: Path) -> None:
    mapping = mapping_of_options(["size=xsd:integer"], subject="name", predicate=None, weight="")
    assert (
        '<a> <r/size> "1"^^<http://www.w3.org/2001/XMLSchema#integer>'
        in table(tmp_path, "name,size\na,1\n", mapping)[0]
    )
    assert mapping_of_options() is None
    with pytest.raises(SourceError, match="Column 'size' should be NAME=RULE"):
        mapping_of_options(["size"])


# ---------------------------------------------------------------- options and the manifest


def films(tmp_path: Path, text: str = "Kismet|directed_by|William Dieterle\n", **options: Any) -> dict[str, Any]:
    (tmp_path / "kb.txt").write_text(text, encoding="utf-8")
    return run_importer("metaqa", [tmp_path / "kb.txt"], tmp_path / "kb" / "films.nq", **options)


def test_manifest_entry(tmp_path: Path) -> None:
    counts = films(tmp_path, licence="CC0-1.0", attribution='By "us"', graph="urn:films")
    assert tomllib.loads(counts["manifest"]) == {
        "sources": {
            "films": {
                "path": "films.nq",
                "kind": "domain",
                "licence": "CC0-1.0",
                "origin": "MetaQA (https://github.com/yuyuzhang/MetaQA): kb.txt",
                "attribution": 'By "us"',
                "sha256": hashlib.sha256((tmp_path / "kb" / "films.nq").read_bytes()).hexdigest(),
            }
        }
    }
    assert {str(quad.graph_name) for quad in ox.parse(path=tmp_path / "kb" / "films.nq")} == {"<urn:films>"}


OTHERS = '# Ours.\nlexicon = "l.ttl"\n\n[sources.other]  # kept\npath = "o.ttl"\nsha256 = "00"'


def test_a_source_is_added_to_the_manifest_and_its_digest_updated(tmp_path: Path) -> None:
    manifest = tmp_path / "manifest.toml"
    manifest.write_text(OTHERS, encoding="utf-8")
    films(tmp_path, manifest=manifest)
    text = manifest.read_text(encoding="utf-8")
    assert text.startswith(OTHERS + "\n\n[sources.films]\n")
    source = read_manifest(manifest).sources["films"]
    assert source.path == tmp_path / "kb" / "films.nq"
    assert verify_source(source) == source.sha256
    films(tmp_path, "Kismet|directed_by|Vincente Minnelli\n", manifest=manifest)
    again = read_manifest(manifest).sources["films"]
    assert again.sha256 != source.sha256
    assert verify_source(again) == again.sha256
    assert manifest.read_text(encoding="utf-8") == text.replace(source.sha256, again.sha256)


def test_another_source_of_the_same_id_is_not_overwritten(tmp_path: Path) -> None:
    manifest = tmp_path / "manifest.toml"
    manifest.write_text(OTHERS, encoding="utf-8")
    with pytest.raises(SourceError, match="source 'other' is there with another path"):
        films(tmp_path, manifest=manifest, source="other")
    assert manifest.read_text(encoding="utf-8") == OTHERS
    manifest.write_text("[sources", encoding="utf-8")
    with pytest.raises(SourceError, match="not valid TOML"):
        films(tmp_path, manifest=manifest)


@pytest.mark.parametrize(
    ("name", "options", "reason"),
    [
        ("metaqa", {"languages": ["en"]}, "importer 'metaqa' has no option 'languages'; it is for conceptnet"),
        ("metaqa", {"licens": "x"}, r"importer 'metaqa' has no option 'licens'\. Did you mean 'licence'\?"),
        ("metaqa", {"kind": "films"}, "kind is 'films'; it should be domain or commonsense"),
        ("table", {}, "importer 'table' needs a mapping: name the column of the subjects, `--subject NAME`"),
        ("metaqas", {}, r"There is no importer 'metaqas'\. Did you mean 'metaqa'\?"),
        ("world", {}, "There is no importer 'world'"),
    ],
)
def test_options_are_checked(tmp_path: Path, name: Any, options: dict[str, Any], reason: str) -> None:
    (tmp_path / "kb.txt").write_text("a|b|c\n", encoding="utf-8")
    with pytest.raises(SourceError, match=reason):
        run_importer(name, [tmp_path / "kb.txt"], tmp_path / "out.nq", **options)
    assert not (tmp_path / "out.nq").exists()


def test_inputs_are_checked(tmp_path: Path) -> None:
    out = tmp_path / "out.nq"
    for inputs, reason in (
        ([], "needs the files to read"),
        ([tmp_path / "no.txt"], r"no\.txt: there is no such file"),
        ([out], r"there is no such file|written over"),
    ):
        with pytest.raises(SourceError, match=reason):
            run_importer("metaqa", inputs, out)
    with pytest.raises(SourceError, match="is a folder; name the files in it"):
        run_importer("atomic", [tmp_path], out)
    out.write_text("kept")
    with pytest.raises(SourceError, match="would be written over while it is read"):
        run_importer("metaqa", [out], out)
    assert out.read_text() == "kept"
