"""RDF in, tables out: what is planted is found, whatever the syntax, the order or the file."""

import hashlib
import random
from collections.abc import Callable
from pathlib import Path

import pyarrow as pa
import pyoxigraph as ox
import pytest
import rdflib
from hypothesis import given, settings
from hypothesis import strategies as st

from kaug.errors import SourceError
from kaug.knowledge.build import build_kb
from kaug.knowledge.facts import sources_of_premises
from kaug.knowledge.knowledge_base import KnowledgeBase
from kaug.rdf.sources import Source, read_manifest, verify_source
from kaug.wording.wording import Wording
from kaug.words.clean import clean_text
from kaug.words.values import words_of

PREFIXES = """
@prefix : <urn:x:> .
@prefix kaug: <https://w3id.org/kaug/ns#> .
@prefix owl: <http://www.w3.org/2002/07/owl#> .
@prefix rdf: <http://www.w3.org/1999/02/22-rdf-syntax-ns#> .
@prefix rdfs: <http://www.w3.org/2000/01/rdf-schema#> .
@prefix schema: <https://schema.org/> .
@prefix skos: <http://www.w3.org/2004/02/skos/core#> .
@prefix xsd: <http://www.w3.org/2001/XMLSchema#> .
"""
WORLD = """
:togo a :Country ; rdfs:label "Togo"@en, "多哥"@zh ; :capital :lome ; :area 56785 ; :founded "1960"^^xsd:gYear .
:lome rdfs:label "Lomé"@en ; skos:altLabel "Lome"@en ; kaug:phrase "the city of Lomé"@en .
:capital rdfs:label "capital"@en ; rdfs:domain :Country ; kaug:question "Where does {s} have its capital?"@en .
[ :name "Nana" ; :governs :togo ] .
:Country a rdfs:Class .
"""
TABLES = ("terms", "labels", "facts", "lexicon")

Make = Callable[..., KnowledgeBase]


@pytest.fixture
def make(tmp_path: Path) -> Make:
    def build(turtle: str, **options: object) -> KnowledgeBase:
        path = tmp_path / "world.ttl"
        path.write_text(PREFIXES + turtle, encoding="utf-8")
        return build_kb([path], **options)  # type: ignore[arg-type]

    return build


def term(kb: KnowledgeBase, name: str) -> int:
    return kb.terms["value"].to_pylist().index(f"urn:x:{name}")


def literal(kb: KnowledgeBase, value: str) -> int:
    kinds = kb.terms["kind"].to_pylist()
    return next(n for n, v in enumerate(kb.terms["value"].to_pylist()) if v == value and kinds[n] == "literal")


def said(kb: KnowledgeBase) -> set[tuple[str, str, str]]:
    values = kb.terms["value"].to_pylist()
    columns = (kb.facts[name].to_pylist() for name in ("subject", "predicate", "object"))
    return {tuple(values[n].removeprefix("urn:x:") for n in row) for row in zip(*columns, strict=True)}  # type: ignore[misc]


def not_taught(kb: KnowledgeBase) -> dict[str, int]:
    prefix = "facts not taught: "
    return {name.removeprefix(prefix): count for name, count in kb.counts.items() if name.startswith(prefix)}


def equal(first: KnowledgeBase, second: KnowledgeBase) -> bool:
    return all(getattr(first, name).equals(getattr(second, name)) for name in TABLES)


# ---------------------------------------------------------------- facts


def test_the_planted_facts(make: Make) -> None:
    kb = make(WORLD)
    (blank,) = [row["value"] for row in kb.terms.to_pylist() if row["kind"] == "blank"]
    assert said(kb) == {
        ("togo", "http://www.w3.org/1999/02/22-rdf-syntax-ns#type", "Country"),
        ("togo", "capital", "lome"),
        ("togo", "area", "56785"),
        ("togo", "founded", "1960"),
        (blank, "name", "Nana"),
        (blank, "governs", "togo"),
    }
    assert {name: kb.counts[name] for name in ("facts", "facts taught", "templates")} == {
        "facts": 6,
        "facts taught": 3,
        "templates": 1,
    }
    assert not_taught(kb) == {"no name": 2, "type": 1}
    assert kb.counts["labels left out: other language"] == 1
    assert kb.counts["axioms"] == 2


def test_an_id_is_the_digest_of_the_line(make: Make) -> None:
    kb = make(":a :b :c .")
    line = b"<urn:x:a> <urn:x:b> <urn:x:c> ."
    assert kb.hex_ids.to_pylist() == [hashlib.blake2b(line, digest_size=16).hexdigest()]


def test_facts_are_sorted_and_unique(make: Make) -> None:
    kb = make(":b :p :a, :a . :a :p :b . :b :p :a .")
    assert said(kb) == {("b", "p", "a"), ("a", "p", "b")}
    assert kb.facts["subject"].to_pylist() == sorted(kb.facts["subject"].to_pylist())
    assert kb.facts.num_rows == 2


@pytest.mark.parametrize("text", ["", ":a rdfs:label 'x' ."])
def test_a_source_without_facts(make: Make, text: str) -> None:
    kb = make(text)
    assert (kb.facts.num_rows, kb.counts["facts taught"]) == (0, 0)


SYNTAXES = {
    ".ttl": ox.RdfFormat.TURTLE,
    ".nt": ox.RdfFormat.N_TRIPLES,
    ".nq": ox.RdfFormat.N_QUADS,
    ".trig": ox.RdfFormat.TRIG,
    ".rdf": ox.RdfFormat.RDF_XML,
    ".jsonld": ox.RdfFormat.JSON_LD,
}


@pytest.mark.parametrize("ending", SYNTAXES)
def test_every_syntax_gives_the_same_tables(tmp_path: Path, make: Make, ending: str) -> None:
    expected = make(WORLD, languages=("en", "zh"))
    triples = [quad.triple for quad in ox.parse(path=str(tmp_path / "world.ttl"))]
    random.Random(7).shuffle(triples)
    folder = tmp_path / "copy"
    folder.mkdir()
    data = ox.serialize(triples, format=SYNTAXES[ending])
    assert data is not None
    (folder / f"world{ending}").write_bytes(data)
    assert equal(build_kb([folder / f"world{ending}"], languages=("en", "zh")), expected)


NODE = st.sampled_from(["<urn:a>", "<urn:b>", "_:x", "_:y"])
VALUE = NODE | st.text(max_size=4).filter(str.strip).map(lambda text: str(ox.Literal(text, language="en")))
LINES = st.lists(st.tuples(NODE, st.sampled_from(["<urn:p>", "<urn:q>"]), VALUE), min_size=1, max_size=10)


@pytest.mark.slow
@settings(max_examples=60, deadline=None)
@given(LINES, st.randoms(use_true_random=False))
def test_ids_survive_shuffling(
    tmp_path_factory: pytest.TempPathFactory, triples: list[tuple[str, str, str]], chance: random.Random
) -> None:
    path = tmp_path_factory.mktemp("shuffle") / "a.nt"
    found = []
    for _ in range(2):
        path.write_text("".join(f"{' '.join(triple)} .\n" for triple in triples), encoding="utf-8", newline="\n")
        found.append(build_kb([path]))
        chance.shuffle(triples)
    assert equal(*found)
    assert found[0].facts.num_rows == len(set(triples))


def test_facts_know_their_sources(tmp_path: Path) -> None:
    for name, text in {"b": "<urn:s> <urn:p> 1, 2 .", "a": "<urn:s> <urn:p> 2 . <urn:s> <urn:p> 3 ."}.items():
        (tmp_path / f"{name}.ttl").write_text(text)
    sources = [Source("b", tmp_path / "b.ttl", "commonsense"), Source("a", tmp_path / "a.ttl", licence="MIT")]
    kb = build_kb(sources)
    assert kb.facts["sources"].to_pylist() == [["b"], ["a", "b"], ["a"]]
    assert kb.source_kind().to_pylist() == ["commonsense", "domain", "domain"]
    assert kb.origins["a"] == {
        "path": "a.ttl",
        "sha256": hashlib.sha256((tmp_path / "a.ttl").read_bytes()).hexdigest(),
        "licence": "MIT",
        "origin": "",
        "attribution": "",
    }
    assert equal(kb, build_kb(sources[::-1]))


def test_one_source_or_language_need_not_stand_in_a_list(
    make: Make, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    kb = make(WORLD)
    path = tmp_path / "world.ttl"
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("HOME", str(tmp_path))
    for one in (path, str(path), "world.ttl", "~/world.ttl", Source("world", path), [str(path)], (path,)):
        assert equal(build_kb(one), kb)
    assert build_kb(".").facts["sources"][0].as_py() == [tmp_path.name]
    graph = rdflib.Graph().parse(path)
    assert build_kb(graph).facts["fact"].equals(kb.facts["fact"])
    assert equal(build_kb("~/world.ttl", languages="zh"), build_kb(path, languages=["zh"]))
    (tmp_path / "lexicon.ttl").write_text(PREFIXES + ':capital kaug:statement "{o} rules {s}."@en .')
    assert build_kb(path, lexicon="~/lexicon.ttl").lexicon.num_rows == kb.lexicon.num_rows + 1


def _written(folder: Path) -> Path:
    (folder / "a.ttl").write_text("<urn:a> <urn:b> <urn:c> .")
    return folder / "a.ttl"


@pytest.mark.parametrize("name", ["gone.ttl", "~/gone.ttl"])
def test_a_missing_file_is_named(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, name: str) -> None:
    monkeypatch.setenv("HOME", str(tmp_path))
    monkeypatch.chdir(tmp_path)
    with pytest.raises(SourceError, match=r"gone\.ttl: cannot be read: No such file"):
        build_kb(name)
    with pytest.raises(SourceError, match=r"gone\.ttl: "):
        build_kb(_written(tmp_path), lexicon=name)


def test_a_knowledge_base_shows_itself_in_three_lines(make: Make) -> None:
    kb = make(WORLD + ":togo :p :togo , '' . :togo a :State . :State rdfs:subClassOf :Place .", inference="rdfs")
    assert len(kb) == kb.facts.num_rows == 10
    assert repr(kb) == (
        "KnowledgeBase: 10 facts (5 taught), 2 axioms, 19 terms, 4 labels, 1 template\n"
        "languages: en; sources: world\n"
        "left out: facts not taught: no name (2); facts not taught: type (3); labels: other language (1); "
        "triples: empty literal (1)"
    )
    assert repr(make("")).splitlines()[2] == "left out: nothing"


def test_inferred_facts_have_the_sources_of_all_premises(tmp_path: Path) -> None:
    subclass = "<http://www.w3.org/2000/01/rdf-schema#subClassOf>"
    texts = {"a": "<urn:x> a <urn:A> .", "b": f"<urn:A> {subclass} <urn:B> .", "c": f"<urn:B> {subclass} <urn:C> ."}
    for name, text in texts.items():
        (tmp_path / f"{name}.ttl").write_text(text)
    sources = [tmp_path / f"{name}.ttl" for name in texts]
    kb = build_kb(sources, inference="rdfs")
    values = kb.terms["value"].to_pylist()
    rows = pa.concat_tables([kb.facts, kb.axioms]).select(["subject", "object", "sources"]).to_pylist()
    assert {(values[row["subject"]], values[row["object"]]): row["sources"] for row in rows} == {
        ("urn:x", "urn:A"): ["a"],
        ("urn:A", "urn:B"): ["b"],
        ("urn:B", "urn:C"): ["c"],
        ("urn:A", "urn:C"): ["b", "c"],
        ("urn:x", "urn:B"): ["a", "b"],
        ("urn:x", "urn:C"): ["a", "b", "c"],
    }


@pytest.mark.slow
@given(st.lists(st.lists(st.integers(0, 7), min_size=1), max_size=6), st.integers(1, 4))
def test_sources_are_found_in_batches_of_any_size(premises: list[list[int]], batch: int) -> None:
    stated = [["a"], ["b", "c"], ["d"]]
    lists = [[premise % (3 + len(premises)) for premise in row] for row in premises]  # circles do no harm

    def reached(row: int, seen: frozenset[int] = frozenset()) -> set[str]:
        if row < 3:
            return set(stated[row])
        return {name for p in lists[row - 3] if p not in seen for name in reached(p, seen | {row})}

    found = sources_of_premises(pa.array(stated), pa.array(lists, pa.list_(pa.int64())), batch)
    assert found.to_pylist() == [sorted(reached(3 + row)) for row in range(len(lists))]


def test_a_statement_about_a_triple_is_left_out_and_counted(make: Make) -> None:
    kb = make(":a :says <<( :b :p :c )>> . :a :p :b .")
    assert said(kb) == {("a", "p", "b")}
    assert kb.counts["triples left out: about a triple"] == 1


# ---------------------------------------------------------------- what is taught


def test_a_selection_chooses_the_facts_to_teach(make: Make) -> None:
    kb = make(WORLD, select="CONSTRUCT { ?s ?p ?o } WHERE { ?s ?p ?o FILTER(isLiteral(?o)) }")
    values = kb.terms["value"].to_pylist()
    objects = [values[n] for n in kb.facts["object"].take(pa.array(kb.taught)).to_pylist()]
    assert sorted(objects) == ["1960", "56785", "Nana"]
    assert kb.facts.num_rows == 6


def test_a_selection_may_take_types(make: Make) -> None:
    kb = make(WORLD, select="CONSTRUCT WHERE { ?s a ?o }")
    assert len(kb.taught) == 1


@pytest.mark.parametrize("select", ["CONSTRUCT WHERE { ?s <urn:none> ?o }", "CONSTRUCT { ?o a ?s } WHERE { ?s a ?o }"])
def test_a_selection_that_matches_nothing(make: Make, select: str) -> None:
    with pytest.raises(
        SourceError, match=r"^a\.toml: the selection matches none of the 6 facts; nothing would be taught"
    ):
        make(WORLD, select=select, where="a.toml")


def test_a_limit_takes_the_smallest_ids(make: Make) -> None:
    kb = make("".join(f":s{n} :p {n} ." for n in range(50)), limit=7)
    ids = kb.hex_ids.to_pylist()
    assert [ids[row] for row in kb.taught] == [fact for fact in ids if fact in sorted(ids)[:7]]
    assert len(make(":a :b :c .", limit=7).taught) == 1


# ---------------------------------------------------------------- labels

LABELS = """
:a :p :b, :c, :d ; rdfs:label "English"@en, "中文"@zh, "none" ; skos:altLabel "Other"@en, "别名"@zh .
:b skos:prefLabel "Deutsch"@de, "français"@fr .
:c skos:altLabel "alternative"@en ; rdfs:label "名"@zh .
:d rdfs:label "British"@en-GB .
:hasCapitalCity :drive_nails :HTMLPage .
"""


def test_a_label_in_the_language_asked_for_comes_first(make: Make) -> None:
    kb = make(LABELS, languages=("en", "zh", "fr", "de"))
    english, chinese, german = (Wording(kb, language).labels().to_pylist() for language in ("en", "zh", "de"))
    expected = {
        "a": ("English", "中文", "English"),
        "b": ("français", "français", "Deutsch"),  # the language wanted next is French
        "c": ("alternative", "名", "alternative"),  # a language weighs more than being preferred
        "d": ("British", "British", "British"),  # en-GB is English
    }
    assert {n: (english[term(kb, n)], chinese[term(kb, n)], german[term(kb, n)]) for n in expected} == expected


def test_names_are_all_right_answers(make: Make) -> None:
    kb = make(LABELS, languages=("en", "zh"))
    assert Wording(kb).names(term(kb, "a")) == ["English", "none", "Other"]
    assert Wording(kb, "zh").names(term(kb, "a")) == ["中文", "none", "别名"]
    assert Wording(kb, "zh").names(term(kb, "c")) == ["名"]


def test_a_label_in_another_language_is_kept_only_where_there_is_no_other(make: Make) -> None:
    kb = make(LABELS)
    texts = {"English", "none", "Other", "alternative", "British", "Deutsch"}
    assert set(kb.labels["text"].to_pylist()) == texts  # of two languages that are not wanted, the first by its tag
    assert Wording(kb).labels()[term(kb, "b")].as_py() == "Deutsch"
    assert kb.counts["terms named in another language"] == 1
    assert kb.counts["labels left out: other language"] == 4


def test_a_term_without_a_label_is_named_by_its_iri(make: Make) -> None:
    kb = make(LABELS)
    text = Wording(kb).labels().to_pylist()
    names = {n: text[term(kb, n)] for n in ("hasCapitalCity", "drive_nails", "HTMLPage")}
    # A name of a thing stays as written: what looks like camelCase may be one word, as in JavaScript.
    assert names == {"hasCapitalCity": "hasCapitalCity", "drive_nails": "drive nails", "HTMLPage": "HTMLPage"}


@pytest.mark.parametrize(
    ("name", "words"),
    [("isPartOf", "is part of"), ("born-in", "born in"), ("ISBN", "ISBN"), ("P31", "P31"), ("", ""), ("__", "")],
)
def test_words_of_a_name(name: str, words: str) -> None:
    assert words_of(name) == words


@pytest.mark.parametrize("iri", ["http://e.org/ns#bornIn", "http://e.org/bornIn", "http://e.org/bornIn/", "urn:bornIn"])
def test_the_last_part_of_an_iri_counts(tmp_path: Path, iri: str) -> None:
    (tmp_path / "a.nt").write_text(f"<urn:a> <{iri}> <urn:b> .")
    assert "born in" in Wording(build_kb(tmp_path / "a.nt")).labels().to_pylist()


@pytest.mark.parametrize(
    ("value", "words"),
    [
        ("56785", "56,785"),
        ("-1200", "-1,200"),
        ('"0044"^^xsd:integer', "44"),
        ('"7800000000"^^xsd:nonNegativeInteger', "7,800,000,000"),
        ("2.080", "2.08"),
        ("1234567.25", "1,234,567.25"),
        ("1.5e3", "1,500"),
        ("0.00001", "0.00001"),
        ("6.02E23", "6.02E23"),
        ('"NaN"^^xsd:double', "NaN"),
        ('"many"^^xsd:integer', "many"),
        ("0.0", "0"),
        ('"1960"^^xsd:gYear', "1960"),
        ('"1960-04-27"^^xsd:date', "27 April 1960"),
        ('"1960"', "1960"),
        ("true", "yes"),
        ("false", "no"),
    ],
)
def test_values_in_words(make: Make, value: str, words: str) -> None:
    kb = make(f":s :p {value} .")
    assert Wording(kb).labels()[int(kb.facts["object"][0].as_py())].as_py() == words


def test_phrases(make: Make) -> None:
    kb = make(WORLD)
    assert Wording(kb).labels()[term(kb, "lome")].as_py() == "Lomé"
    phrases = Wording(kb).phrases().to_pylist()
    assert {name: phrases[term(kb, name)] for name in ("togo", "lome", "Country")} == {
        "togo": "Togo",
        "lome": "the city of Lomé",
        "Country": "a country",
    }
    assert phrases[literal(kb, "56785")] == "56,785"
    assert Wording(kb).names(term(kb, "Country")) == ["Country"]


def test_classes_stand_with_their_article(make: Make) -> None:
    kb = make(
        """
        :rex a :Dog . :Dog rdfs:subClassOf :Animal . :Animal rdfs:subClassOf :LivingThing ; rdfs:label "Animal"@en .
        :LivingThing rdfs:label "living thing"@en ; kaug:phrase "something alive"@en . :ngo a :NGOMember .
        """
    )
    phrases = Wording(kb).phrases().to_pylist()
    names = ("rex", "Dog", "Animal", "LivingThing", "NGOMember")
    found = [phrases[term(kb, name)] for name in names]
    assert found == ["rex", "a dog", "an animal", "something alive", "an NGO member"]


@pytest.mark.parametrize(
    ("label", "clean"),
    [
        (r"\u202ELom\u00E9\u202C", "Lomé"),
        (r"\u200Ea\u200Fb\u061Cc\u2066d\u2069", "abcd"),
        (r"a\u0000\u0007\u001B\u007F\u009Fb", "ab"),
        (r" a\n\tb\r\n c\u2028d\u0085e ", "a b c d e"),
        (r"<|im_start|>system", "< |im_start| >system"),
        (r"<\u200E|im_end|\u0000>", "< |im_end| >"),
        (r"<<||>>", "<< || >>"),
        (r"👩‍👩‍👧 ﷽ e\u0301", "👩‍👩‍👧 ﷽ e\u0301"),
    ],
)
def test_texts_are_neutralised(make: Make, label: str, clean: str) -> None:
    kb = make(
        f"""
        :a :p :b, "{label}" ; rdfs:label "{label}"@en . :b rdfs:label "b"@en ; kaug:phrase "{label}"@en .
        :p kaug:question "{label} {{s}}?"@en .
        """
    )
    assert Wording(kb).labels()[term(kb, "a")].as_py() == clean
    assert Wording(kb).phrases()[term(kb, "b")].as_py() == clean
    words = Wording(kb).labels().take(kb.facts["object"]).to_pylist()
    assert sorted(words) == sorted(["b", clean]), "a value is a text as well"
    assert kb.lexicon["text"].to_pylist() == [f"{clean} {{s}}?"]


@settings(max_examples=200)
@given(st.text())
@pytest.mark.slow
def test_clean_text_is_clean_and_stays_so(text: str) -> None:
    clean = clean_text(pa.array([text])).to_pylist()[0]
    assert "<|" not in clean
    assert "|>" not in clean
    assert len(clean.splitlines()) <= 1
    assert clean == clean.strip()
    assert clean_text(pa.array([clean])).to_pylist() == [clean]


def test_a_label_of_nothing_is_none(make: Make) -> None:
    kb = make(r':a :p :b ; rdfs:label "\u202E "@en .')
    assert kb.labels.num_rows == 0
    assert Wording(kb).labels()[term(kb, "a")].as_py() == "a"


def test_a_label_that_is_no_literal_is_counted(make: Make) -> None:
    assert make(":a :p :b ; rdfs:label :c .").counts["labels left out: not a literal"] == 1


def test_malformed_and_missing_sources_are_refused(make: Make, tmp_path: Path) -> None:
    with pytest.raises(SourceError, match=r"world\.ttl:11: , is not a valid RDF object"):
        make("\n:a :b , .")
    with pytest.raises(SourceError, match=r"none\.ttl: cannot be read: No such file or directory \(source 'none'\)"):
        build_kb([tmp_path / "none.ttl"])


# ---------------------------------------------------------------- the manifest


@pytest.fixture
def manifest(tmp_path: Path) -> Callable[[str], Path]:
    (tmp_path / "a.ttl").write_text("<urn:a> <urn:b> 1 .")

    def write(text: str) -> Path:
        path = tmp_path / "manifest.toml"
        path.write_text(text, encoding="utf-8")
        return path

    return write


def test_a_manifest(manifest: Callable[[str], Path], tmp_path: Path) -> None:
    digest = hashlib.sha256((tmp_path / "a.ttl").read_bytes()).hexdigest()
    found = read_manifest(
        manifest(
            f'lexicon = "l.ttl"\n[sources.a]\npath = "a.ttl"\nkind = "commonsense"\nlicence = "MIT"\nsha256 = "{digest}"'
        )
    )
    source = Source("a", tmp_path / "a.ttl", "commonsense", "MIT", sha256=digest)
    assert found.sources == {"a": source}
    assert (found.lexicon, found.shapes) == (tmp_path / "l.ttl", None)
    assert found.select(["a"]) == [source]
    assert found.select(["a.ttl"]) == [Source("a", tmp_path / "a.ttl")]
    assert verify_source(source) == digest


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("langauges = 1", "unknown key 'langauges'. Known are: lexicon, shapes, sources."),
        ("lexikon = 'a'", "unknown key 'lexikon'. Did you mean 'lexicon'?"),
        (
            '[sources.a]\npath = "a.ttl"\nlicense = "MIT"',
            "source 'a' has the unknown key 'license'. Did you mean 'licence'?",
        ),
        ('[sources.a]\nkind = "domain"', "source 'a' lacks the key 'path'."),
        ('[sources.a]\npath = "a.ttl"\nkind = "x"', "source 'a' has kind 'x'; it should be domain or commonsense."),
        ("[sources.a]\npath = 3", "source 'a': path should be a string."),
        ('[sources.a]\npath = "a.ttl"\nsha256 = 3', "source 'a': sha256 should be a string."),
        ('[sources]\na = "a.ttl"', "source 'a' should be a table with the key 'path'."),
        ('sources = "a.ttl"', "sources should be a table."),
        ("lexicon = 3", "lexicon should be a string."),
        ("[sources", "not valid TOML: "),
    ],
)
def test_a_wrong_manifest(manifest: Callable[[str], Path], text: str, message: str) -> None:
    path = manifest(text)
    with pytest.raises(SourceError) as caught:
        read_manifest(path)
    assert str(caught.value).startswith(f"{path}: {message}")


def test_no_manifest(tmp_path: Path) -> None:
    with pytest.raises(SourceError, match=r"manifest\.toml: cannot be read: No such file or directory"):
        read_manifest(tmp_path / "manifest.toml")


def test_an_unknown_source(manifest: Callable[[str], Path]) -> None:
    found = read_manifest(manifest('[sources.world]\npath = "a.ttl"'))
    with pytest.raises(SourceError, match=r"there is no source 'wrold'\. Did you mean 'world'\?"):
        found.select(["wrold"])


def test_another_digest(manifest: Callable[[str], Path], tmp_path: Path) -> None:
    wrong = "0" * 64
    (source,) = read_manifest(manifest(f'[sources.a]\npath = "a.ttl"\nsha256 = "{wrong}"')).sources.values()
    message = rf"a\.ttl: SHA-256 is [0-9a-f]{{64}}, the manifest says {wrong} for source 'a'"
    with pytest.raises(SourceError, match=message):
        verify_source(source)
    with pytest.raises(SourceError, match=message):
        build_kb([source])


def test_an_empty_literal_is_no_fact(tmp_path: Path) -> None:
    file = tmp_path / "a.ttl"
    file.write_text('@prefix : <urn:x:> . :bb :motto "", " " ; :capital :cc .')
    kb = build_kb([file])
    assert kb.facts.num_rows == 1
    assert kb.counts["triples left out: empty literal"] == 2
