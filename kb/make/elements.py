"""mendeleev → ``elements.ttl``: the chemical elements, their places in the periodic table and their discoverers."""

import math
import sys
from collections import Counter
from importlib.metadata import version
from itertools import combinations
from pathlib import Path
from typing import Any

import discoverers
from mendeleev.fetch import fetch_table
from turtle_file import Turtle, to_ascii

from kaug.store.digests import file_digest

__all__ = ["write_elements"]

_CLASSES = {
    "chem:Element": ("chemical element", "化学元素"),
    "chem:Series": ("series of chemical elements", "元素系列"),
    "foaf:Person": ("person", "人"),
}
_PREDICATES = {  # label en, label zh, range, further types
    "chem:symbol": ("symbol", "元素符号", "xsd:string", ("owl:FunctionalProperty", "owl:InverseFunctionalProperty")),
    "chem:atomicNumber": (
        "atomic number",
        "原子序数",
        "xsd:integer",
        ("owl:FunctionalProperty", "owl:InverseFunctionalProperty"),
    ),
    "chem:period": ("period", "周期", "xsd:integer", ("owl:FunctionalProperty",)),
    "chem:group": ("group", "族", "xsd:integer", ("owl:FunctionalProperty",)),
    "chem:series": ("series", "元素系列", "chem:Series", ("owl:FunctionalProperty",)),
    "chem:discoverer": ("discoverer", "发现者", "foaf:Person", ()),
    "chem:discoveryYear": ("year of discovery", "发现年份", "xsd:gYear", ("owl:FunctionalProperty",)),
}
_SERIES = {  # mendeleev's name → plural, singular, Chinese
    "Actinides": ("actinides", "actinide", "锕系元素"),
    "Alkali metals": ("alkali metals", "alkali metal", "碱金属"),
    "Alkaline earth metals": ("alkaline earth metals", "alkaline earth metal", "碱土金属"),
    "Halogens": ("halogens", "halogen", "卤素"),
    "Lanthanides": ("lanthanides", "lanthanide", "镧系元素"),
    "Metalloids": ("metalloids", "metalloid", "类金属"),
    "Noble gases": ("noble gases", "noble gas", "稀有气体"),
    "Nonmetals": ("nonmetals", "nonmetal", "非金属"),
    "Poor metals": ("post-transition metals", "post-transition metal", "后过渡金属"),
    "Transition metals": ("transition metals", "transition metal", "过渡金属"),
}
_NAMES = {"Al": ("aluminium", "aluminum"), "Cs": ("caesium", "cesium"), "S": ("sulfur", "sulphur")}
_CHINESE = (
    "氢氦锂铍硼碳氮氧氟氖钠镁铝硅磷硫氯氩钾钙钪钛钒铬锰铁钴镍铜锌镓锗砷硒溴氪铷锶钇锆铌钼锝钌铑钯银镉铟锡锑碲碘氙"
    "铯钡镧铈镨钕钷钐铕钆铽镝钬铒铥镱镥铪钽钨铼锇铱铂金汞铊铅铋钋砹氡钫镭锕钍镤铀镎钚镅锔锫锎锿镄钔锘铹"
    "𬬻𬭊𬭳𬭛𬭶鿏𫟼𬬭鿔鿭𫓧镆𫟷鿬鿫"
)
# By IUPAC's Red Book these close the two series; mendeleev files them under transition metals.
_IN_SERIES = {"Lu": "Lanthanides", "Lr": "Actinides"}
# Whether lanthanum and actinium or lutetium and lawrencium stand in group 3 is open: IUPAC has not decided.
_OPEN_GROUP = {"La", "Ac", "Lu", "Lr"}
_HEADING = """The chemical elements: symbol, atomic number, period, group, series, discoverers and year of discovery.
Written by `python kb/make/elements.py`; do not edit: corrections are in kb/make/discoverers.py.
Data: mendeleev {mendeleev}, MIT License, Copyright (c) 2015 Lukasz Mentel; changed where discoverers.py says so."""


def write_elements(path: Path) -> dict[str, int]:
    """Writes the chemical elements as Turtle.

    Args:
        path: The file to write; it is replaced whole or not at all.

    Returns:
        How many elements, persons, series, facts and labels there are, and how many facts were left out, by reason.
    """
    turtle, notes = Turtle(), Counter[str]()
    _write_vocabulary(turtle)
    rows = sorted(fetch_table("elements").to_dict("records"), key=lambda row: int(row["atomic_number"]))
    series = {int(row["id"]): str(row["name"]) for row in fetch_table("series").to_dict("records")}
    people = set[str]()
    for row in rows:
        named = _IN_SERIES.get(str(row["symbol"]), series[int(row["series_id"])])
        _write_element(turtle, row, named, notes)
        people |= _write_discovery(turtle, row, notes)
    turtle.write(path, _HEADING.format(mendeleev=version("mendeleev")))
    facts = {name.partition(":")[2]: turtle.count(name) for name in _PREDICATES}
    return {
        "elements": len(rows),
        "persons": len(people),
        "series": len(_SERIES),
        "facts": sum(facts.values()),
        "labels": turtle.count("rdfs:label", "skos:altLabel"),
        **{f"facts: {name}": number for name, number in facts.items()},
        **dict(sorted(notes.items())),
    }


def _write_vocabulary(turtle: Turtle) -> None:
    for name, (english, chinese) in _CLASSES.items():
        turtle.link(name, "rdf:type", "rdfs:Class")
        turtle.name(name, "en", english)
        turtle.name(name, "zh", chinese)
    for first, second in combinations(sorted(_CLASSES), 2):
        turtle.link(first, "owl:disjointWith", second)
    for name, (english, chinese, range_, types) in _PREDICATES.items():
        turtle.link(name, "rdf:type", "rdf:Property", *types)
        turtle.name(name, "en", english)
        turtle.name(name, "zh", chinese)
        turtle.link(name, "rdfs:domain", "chem:Element")
        turtle.link(name, "rdfs:range", range_)
    for plural, singular, chinese in _SERIES.values():
        turtle.link(_series(plural), "rdf:type", "chem:Series")
        turtle.name(_series(plural), "en", plural, {singular})
        turtle.name(_series(plural), "zh", chinese)


def _series(plural: str) -> str:
    return f"series:{plural.replace(' ', '-')}"


def _write_element(turtle: Turtle, row: dict[str, Any], series: str, notes: Counter[str]) -> None:
    symbol, number = str(row["symbol"]), int(row["atomic_number"])
    element = f"element:{symbol}"
    label, *others = _NAMES.get(symbol, (str(row["name"]).lower(),))
    turtle.link(element, "rdf:type", "chem:Element")
    turtle.name(element, "en", label, others)
    turtle.name(element, "zh", _CHINESE[number - 1])
    turtle.value(element, "chem:symbol", symbol)
    turtle.value(element, "chem:atomicNumber", str(number), "xsd:integer")
    turtle.value(element, "chem:period", str(int(row["period"])), "xsd:integer")
    turtle.link(element, "chem:series", _series(_SERIES[series][0]))
    group = row["group_id"]
    if symbol in _OPEN_GROUP:
        notes["facts left out: group, which is under dispute"] += 1
    elif group is None or math.isnan(group):
        notes["facts left out: group of a lanthanide or actinide, which has none"] += 1
    else:
        turtle.value(element, "chem:group", str(int(group)), "xsd:integer")


def _write_discovery(turtle: Turtle, row: dict[str, Any], notes: Counter[str]) -> set[str]:
    element = f"element:{row['symbol']}"
    given = str(row["discoverers"])
    if given.rstrip(".") == "Known to the ancients":
        notes["facts left out: discovery of an element known to the ancients"] += 1
        return set()
    if row["symbol"] not in discoverers.NO_YEAR:
        year = discoverers.YEAR.get(row["symbol"], int(row["discovery_year"]))
        turtle.value(element, "chem:discoveryYear", f"{year:04}", "xsd:gYear")
    else:
        notes["facts left out: year of a discovery that is under dispute"] += 1
    people = set(discoverers.read_people(str(row["symbol"]), given))
    if not people:
        notes["facts left out: discoverer that is an institute, or under dispute"] += 1
    for person in people:
        subject = f"person:{to_ascii(person).replace('.', '').replace(' ', '-').lower()}"
        turtle.link(subject, "rdf:type", "foaf:Person")
        turtle.name(subject, "en", person)
        turtle.link(element, "chem:discoverer", subject)
    return people


if __name__ == "__main__":
    out = Path(sys.argv[1]) if len(sys.argv) > 1 else Path(__file__).parents[1] / "domain" / "elements.ttl"
    for name, number in write_elements(out).items():
        print(f"{name}: {number}")
    print(f"sha256: {file_digest(out)}")
