"""Our world facts against mledoze/countries: every disagreement is known, and why.

A disagreement is written ``+ours -theirs``: what we state and they do not, what they state and we do not.
"""

import json
import os
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pyoxigraph as ox
import pytest
from babel.core import get_global
from turtle_file import fold

REPO = Path(__file__).resolve().parents[2]
SECOND = Path(os.environ.get("KAUG_TEST_DATA", REPO.parent / "shared" / "data")) / "countries" / "countries.json"
GEO = "https://w3id.org/kaug/geo#"
COUNTRY = "https://w3id.org/kaug/country/"

pytestmark = [
    pytest.mark.realdata,
    pytest.mark.skipif(not SECOND.is_file(), reason=f"no second source at {SECOND}; set KAUG_TEST_DATA"),
]

KNOWN: dict[str, dict[str, str]] = {
    "capital": {
        "GQ": "-Malabo",  # moved to Ciudad de la Paz by decree of January 2026
        "LK": "-Colombo",  # Sri Jayawardenepura Kotte is the capital by law
        "SZ": "-Lobamba",  # the seat of the parliament and the king; the administration sits in Mbabane
    },
    "continent": {},
    "borders": {
        "CN": "-HK -MO",  # boundaries within one state
        "LK": "-IN",  # a shoal in Adam's Bridge, if that is land at all
    },
    "currency": {
        # The second source is outdated.
        "BG": "+EUR -BGN",  # the euro since 2026-01-01
        "CU": "-CUC",  # the convertible peso was withdrawn in 2021
        "FM": "+USD",  # has no entry
        "SL": "+SLE -SLL",  # redenominated in 2022, the old leone ended in 2024
        # The second source lists what circulates; ours, what is legal tender.
        "BN": "-SGD",  # exchanged at par under an agreement
        "BS": "-USD",
        "KH": "-USD",
        "KI": "-KID",  # coins only, no ISO code: they are Australian dollars
        "SZ": "-ZAR",
        "TV": "-TVD",  # likewise
        "ZW": "+ZWG -BWP -CNY -EUR -GBP -INR -JPY -ZAR -ZWB",  # ZWG replaced the bond notes in 2024
    },
    "language": {
        # The second source is outdated, or misses an official language.
        "BF": "-fr",  # no longer official since 2024; we state none
        "BI": "+en",  # since 2014
        "DZ": "+ber",  # Tamazight, since 2016
        "EC": "+qu",  # Kichwa, official for relations between the peoples
        "IL": "-ar",  # a special status since 2018
        "IQ": "+ku -arc -ckb",  # Arabic and Kurdish by the constitution; Sorani is a variety of Kurdish
        "MK": "+sq",  # since 2019
        "ML": "-fr",  # no longer official since 2023; we state none
        "NE": "-fr",  # no longer official since 2025; we state none
        "RW": "+sw",  # since 2017
        # The second source lists varieties for the language.
        "AT": "+de -bar",
        "CH": "+de -gsw",
        # The second source lists national, regional or spoken languages too; ours are official in the whole country.
        "AF": "-tk",  # official where it prevails
        "AR": "-gn",  # in Corrientes
        "AZ": "-ru",
        "BZ": "-bjz -es",
        "CD": "-kg -ln -lua -sw",  # the four national languages
        "CG": "-kg -ln",  # the two national languages
        "CZ": "-sk",  # understood, and accepted by the administration
        "GW": "-pov",
        "IN": "-ta",  # in Tamil Nadu and Puducherry
        "JM": "-jam",
        "LB": "-fr",
        "MU": "-mfe",
        "MY": "-en",
        "NA": "-af -de -hgm -hz -kwn -loz -ng -tn",  # national languages
        "NO": "-smi",  # in its own district
        "TJ": "-ru",  # the language of communication between the peoples
        "TM": "-ru",
        "UZ": "-ru",
        "VA": "-la",  # the language of the Holy See; the state's is Italian
        # Ours falls short.
        "NZ": "-nzs",  # CLDR has no names for sign languages
        "ZW": "-bwg -en -kck -khi -nd -ndc -ny -sn -st -tn -toi -ts -ve -xh -zib",  # 16, most without a name in CLDR
    },
    "area": {
        "BT": "+47000 -38394",  # GeoNames gives the figure from before the northern border was drawn anew
        "GM": "+11300 -10689",  # with and without the river
        "OM": "+212460 -309500",  # GeoNames gives an older figure
        "PH": "+300000 -342353",  # without and with inland waters
        "PK": "+803940 -881912",  # without and with its part of Kashmir
        "SA": "+1960582 -2149690",  # GeoNames gives an older figure
        "VA": "-0.44",  # GeoNames rounds to 0; we state none
    },
}

Facts = dict[tuple[str, str], set[str]]


def ours() -> Facts:
    store = ox.Store()
    store.load(path=str(REPO / "kb" / "domain" / "world.ttl"), format=ox.RdfFormat.TURTLE)
    names: dict[ox.NamedNode | ox.BlankNode | ox.Triple, set[str]] = {}
    for predicate in ("http://www.w3.org/2000/01/rdf-schema#label", "http://www.w3.org/2004/02/skos/core#altLabel"):
        for quad in store.quads_for_pattern(None, ox.NamedNode(predicate), None):
            if isinstance(quad.object, ox.Literal) and quad.object.language == "en":
                names.setdefault(quad.subject, set()).add(fold(quad.object.value))
    facts: Facts = {}
    for quad in store:
        if not (isinstance(quad.subject, ox.NamedNode) and quad.subject.value.startswith(COUNTRY)):
            continue
        if quad.predicate.value.startswith(GEO):
            key = quad.subject.value.removeprefix(COUNTRY), quad.predicate.value.removeprefix(GEO)
            if isinstance(quad.object, ox.Literal):
                facts[key] = {quad.object.value}
            elif isinstance(quad.object, ox.NamedNode):
                found = names[quad.object] if key[1] == "capital" else {quad.object.value.rsplit("/", 1)[1]}
                facts.setdefault(key, set()).update(found)
    return facts


def theirs() -> dict[str, dict[str, Any]]:
    return {record["cca2"]: record for record in json.loads(SECOND.read_text("utf-8"))}


def _continents(record: dict[str, Any]) -> set[str]:
    america = "SA" if record["subregion"] == "South America" else "NA"
    codes = {"Africa": "AF", "Americas": america, "Asia": "AS", "Europe": "EU", "Oceania": "OC"}
    return {codes[record["region"]]}


def _languages(record: dict[str, Any]) -> set[str]:
    shorter = {long: short for long, short in get_global("language_aliases").items() if "_" not in short}
    # Bokmål and Nynorsk are two ways to write Norwegian; Comorian goes by the code of one of its islands.
    shorter |= {"nno": "no", "nob": "no", "zdj": "swb"}
    return {shorter.get(code, code) for code in record["languages"]}


def disagreements(predicate: str, read: Callable[[dict[str, Any]], set[str]]) -> dict[str, str]:
    mine, found = ours(), {}
    for code, record in theirs().items():
        if record["independent"]:
            a, b = mine.get((code, predicate), set()), read(record)
            parts = [f"+{value}" for value in sorted(a - b)] + [f"-{value}" for value in sorted(b - a)]
            if parts:
                found[code] = " ".join(parts)
    return found


def test_all_independent_countries_are_there() -> None:
    codes = {code for code, predicate in ours() if predicate == "continent"}
    independent = {code for code, record in theirs().items() if record["independent"]}
    assert len(independent) == 194
    assert independent <= codes


def test_capitals() -> None:
    """The second source's capital is one of the names of ours."""
    mine, found = ours(), {}
    for code, record in theirs().items():
        if record["independent"] and not set(map(fold, record["capital"])) & mine[code, "capital"]:
            found[code] = f"-{' -'.join(record['capital'])}"
    assert found == KNOWN["capital"]


def test_continents() -> None:
    assert disagreements("continent", _continents) == KNOWN["continent"]


def test_borders() -> None:
    short = {record["cca3"]: code for code, record in theirs().items()}
    found = disagreements("borders", lambda record: {short[code] for code in record["borders"]})
    assert found == KNOWN["borders"]


def test_currencies() -> None:
    assert disagreements("currency", lambda record: set(record["currencies"])) == KNOWN["currency"]


def test_languages() -> None:
    assert disagreements("language", _languages) == KNOWN["language"]


def test_areas() -> None:
    """Within a twentieth: sources differ by what water they count, and by territories in dispute."""
    mine, found = ours(), {}
    for code, record in theirs().items():
        areas = mine.get((code, "area"), set())
        close = any(abs(float(area) - record["area"]) <= record["area"] / 20 for area in areas)
        if record["independent"] and not close:
            found[code] = " ".join([f"+{area}" for area in areas] + [f"-{record['area']}"])
    assert found == KNOWN["area"]
