"""Inference on whole ontologies: what we conclude is what other reasoners do; each difference is counted, by reason."""

import os
import tempfile
from collections import Counter, defaultdict
from collections.abc import Iterable
from pathlib import Path
from typing import Any

import numpy as np
import owlrl
import pyoxigraph as ox
import pytest
import rdflib
import reasonable
from owlrl.RDFSClosure import RDFS_Semantics

from kaug.knowledge.inference.infer import CONCLUDED, VOCABULARY, Inferred, infer
from kaug.knowledge.inference.rules import Level, iri
from kaug.rdf.parse import read_quads

DATA = Path(os.environ.get("KAUG_TEST_DATA", Path(__file__).resolve().parents[3] / "shared" / "data"))
Triple = tuple[str, str, str]
Said = dict[tuple[str, str], set[str]]
"""Subject and predicate of triples, with their objects."""

# A rule, or the predicate of a premise, to why its conclusions, and what rests on them, are ours alone.
ONLY_OURS = {
    "scm-spo": "they lack scm-spo",
    "scm-eqp1": "they lack scm-eqp1",
    f"<{iri('owl:unionOf')}>": "they lack scm-uni",
    "some-values-from": "a rule of our own",
    "has-value": "a rule of our own",
}


def to_ox(term: Any) -> str:
    """An rdflib term in N-Triples, as pyoxigraph writes it."""
    if hasattr(term, "language"):
        kind = None if term.language or term.datatype is None else ox.NamedNode(str(term.datatype))
        return str(ox.Literal(str(term), language=term.language, datatype=kind))
    return term.n3()  # type: ignore[no-any-return]


def why_not(row: Triple) -> str:
    """Why we do not conclude what the other reasoner does; empty where we should, which the counts then show."""
    subject, predicate, value = row
    if "_" in (subject[0], value[0]):
        return "about a blank node"
    if subject[0] == '"':
        return "a literal as subject"
    if value == f"<{iri('owl:Thing')}>":
        return "a thing is a thing"
    if subject == value and predicate in {f"<{iri(name)}>" for name in ("rdfs:subClassOf", "owl:sameAs")}:
        return "the same as itself"
    return "about the vocabulary" if subject.startswith(VOCABULARIES) else ""


VOCABULARIES = tuple("<" + iri(f"{prefix}:") for prefix in ("rdf", "rdfs", "owl"))


def read(files: Iterable[Path]) -> list[ox.Triple]:
    """All triples of whole files; a blank node is that of its file."""
    numbered = enumerate(files)
    return sorted(
        {quad.triple for number, file in numbered for quad in read_quads(file, prefix=f"f{number}b")}, key=str
    )


def lines_of(rows: Iterable[ox.Triple]) -> list[Triple]:
    return [(str(row.subject), str(row.predicate), str(row.object)) for row in rows]


def conclude(lines: list[Triple], rules: Level) -> tuple[Inferred, list[Triple]]:
    """What we infer, in columns and as names."""
    names = sorted({term for line in lines for term in line} | {f"<{name}>" for name in CONCLUDED})
    number = {name: at for at, name in enumerate(names)}
    found = infer(
        *np.array([[number[term] for term in line] for line in lines], np.uint32).T,
        {name: number[f"<{name}>"] for name in VOCABULARY if f"<{name}>" in number},
        np.array([name[0] == '"' for name in names]),
        rules=rules,
        blank=np.array([name[0] == "_" for name in names]),
    )
    columns = zip(found.subject.tolist(), found.predicate.tolist(), found.object.tolist(), strict=True)
    return found, [(names[subject], names[predicate], names[value]) for subject, predicate, value in columns]


def compare(files: Iterable[Path]) -> tuple[Inferred, Counter[str], Counter[str]]:
    """Infer by OWL from whole files; what we conclude must be what `reasonable` does, but for what is counted by reason."""
    rows = read(files)
    lines = lines_of(rows)
    found, ours = conclude(lines, "owl")
    reasoner = reasonable.PyReasoner()
    with tempfile.NamedTemporaryFile(suffix=".ttl") as file, pytest.MonkeyPatch.context() as patch:
        patch.setattr(
            rdflib, "NORMALIZE_LITERALS", False
        )  # their answer comes as rdflib terms; owlrl changes how they read
        file.write(ox.serialize(rows, format=ox.RdfFormat.N_TRIPLES) or b"")
        file.flush()
        reasoner.load_file(file.name)
        theirs = {tuple(map(to_ox, row)) for row in reasoner.reason()} - set(lines)
    not_ours = Counter(why_not(row) for row in theirs - set(ours))  # type: ignore[arg-type]
    not_theirs: Counter[str] = Counter()
    said, why = [*lines, *ours], [""] * len(lines)
    for row, rule, premises in zip(ours, found.rule.to_pylist(), found.premises.to_pylist(), strict=True):
        own = next((ONLY_OURS[part] for part in (rule, *(said[at][1] for at in premises)) if part in ONLY_OURS), "")
        why.append(own or next((why[at] for at in premises if why[at]), ""))
        if row not in theirs:
            not_theirs[why[-1]] += 1
    return found, not_theirs, not_ours


@pytest.mark.slow
@pytest.mark.realdata
@pytest.mark.skipif(not (DATA / "sweet").is_dir(), reason=f"no SWEET at {DATA / 'sweet'}; set KAUG_TEST_DATA")
def test_sweet() -> None:
    found, not_theirs, not_ours = compare((DATA / "sweet").glob("*.ttl"))
    assert found.counts == {
        "cax-eqc1": 1717,
        "cax-eqc2": 1497,
        "cax-sco": 12893,
        "cls-hv1": 2242,
        "eq-rep-o": 87,
        "eq-rep-s": 761,
        "eq-sym": 269,
        "eq-trans": 65,
        "has-value": 482,
        "left out: about an anonymous class or property, or the vocabulary": 19585,
        "prp-dom": 686,
        "prp-eqp1": 1179,
        "prp-eqp2": 1035,
        "prp-inv1": 344,
        "prp-inv2": 13,
        "prp-rng": 470,
        "prp-spo1": 2824,
        "prp-symp": 26,
        "prp-trp": 825,
        "scm-eqc1": 886,
        "scm-eqp1": 88,
        "scm-sco": 34373,
        "scm-spo": 331,
        "some-values-from": 178,
    }
    assert not_theirs == {
        "a rule of our own": 660,
        "they lack scm-eqp1": 88,
        "they lack scm-spo": 331,
        "they lack scm-uni": 4,
    }
    assert not_ours == {
        "a thing is a thing": 13036,
        "about a blank node": 21227,
        "about the vocabulary": 2,
        "the same as itself": 1314,
    }


@pytest.mark.slow
@pytest.mark.realdata
@pytest.mark.skipif(not (DATA / "schemaorg").is_dir(), reason=f"no schema.org at {DATA}; set KAUG_TEST_DATA")
def test_schema_org() -> None:
    found, not_theirs, not_ours = compare([DATA / "schemaorg" / "schemaorg-current-https.nt"])
    assert found.counts == {
        "cax-eqc1": 17,
        "cax-eqc2": 2684,
        "cax-sco": 7327,
        "left out: about an anonymous class or property, or the vocabulary": 12,
        "prp-eqp1": 388,
        "scm-eqc1": 140,
        "scm-eqp1": 266,
        "scm-sco": 3136,
        "scm-spo": 266,
    }
    assert not_theirs == {"they lack scm-eqp1": 266, "they lack scm-spo": 266}
    assert not_ours == {"a thing is a thing": 3223, "about the vocabulary": 14, "the same as itself": 126}


# ---------------------------------------------------------------- owlrl

REFLEXIVE = {
    f"<{iri(name)}>"
    for name in ("rdfs:subClassOf", "rdfs:subPropertyOf", "owl:equivalentClass", "owl:equivalentProperty", "owl:sameAs")
}
BELOW = {"Class": "rdfs:subClassOf", "Property": "rdfs:subPropertyOf"}
EQUIVALENT = "scm-eqc2, scm-eqp2: below each other, so equivalent"
INHERITED = "scm-dom, scm-rng: a domain or range inherited"
XSD = "<http://www.w3.org/2001/XMLSchema#"


def to_rdflib(term: Any) -> Any:
    if isinstance(term, ox.Literal):
        kind = None if term.language else rdflib.URIRef(term.datatype.value)
        return rdflib.Literal(term.value, lang=term.language, datatype=kind)
    return (rdflib.BNode if isinstance(term, ox.BlankNode) else rdflib.URIRef)(term.value)


def why_owlrl_alone(row: Triple, said: Said) -> str:
    """Why owlrl concludes what we do not; empty where we should, which the counts then show."""
    subject, predicate, value = row
    if "_" in (subject[0], value[0]):
        return "about a blank node"
    if subject[0] == '"':
        return "a literal as subject"
    if subject.startswith(VOCABULARIES):
        return "about the vocabulary"
    if subject == value and predicate in REFLEXIVE:
        return "the same as itself"
    if value in {f"<{iri(name)}>" for name in ("owl:Thing", "rdfs:Resource")}:
        return "a thing is a thing"
    if row[1:] == (f"<{iri('rdf:type')}>", f"<{iri('rdf:Property')}>"):
        return "rdf1: a predicate is a property" if any(other == subject for _, other in said) else ""
    if row[1:] == (f"<{iri('rdf:type')}>", f"<{iri('rdfs:Datatype')}>"):
        return "dt-type1: a datatype is a datatype" if subject.startswith(XSD) else ""
    if row[1:] == (f"<{iri('rdfs:subClassOf')}>", f"<{iri('rdfs:Literal')}>"):
        kinds = said.get((subject, f"<{iri('rdf:type')}>"), set())
        return "rdfs13: a datatype is below the literals" if f"<{iri('rdfs:Datatype')}>" in kinds else ""
    if predicate == f"<{iri('owl:disjointWith')}>":
        return "two datatypes are disjoint" if subject.startswith(XSD) and value.startswith(XSD) else ""
    if predicate in {f"<{iri(f'rdfs:{end}')}>" for end in ("domain", "range")}:
        # of a property above, to a class below; all steps up are said
        above = {subject} | said.get((subject, f"<{iri(BELOW['Property'])}>"), set())
        stated = [end for other in above for end in said.get((other, predicate), ())]
        follows = any(value in {end} | said.get((end, f"<{iri(BELOW['Class'])}>"), set()) for end in stated)
        return INHERITED if follows else ""
    for kind, below in BELOW.items():
        if predicate == f"<{iri(f'owl:equivalent{kind}')}>":
            ends = ((subject, value), (value, subject))
            both = all(upper in said.get((lower, f"<{iri(below)}>"), ()) for lower, upper in ends)
            return EQUIVALENT if both else ""
    return ""


def compare_owlrl(files: Iterable[Path], rules: Level) -> tuple[int, Counter[str], Counter[str]]:
    """Infer from whole files; how much both conclude, we alone by rule, and owlrl alone by reason."""
    rows = read(files)
    lines = lines_of(rows)
    found, ours = conclude(lines, rules)
    graph = rdflib.Graph()
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(rdflib, "NORMALIZE_LITERALS", False)
        # It compares all literals with all; that those of one value are one is nothing that we conclude.
        patch.setattr(RDFS_Semantics, "one_time_rules", lambda _: None)
        for row in rows:
            graph.add((to_rdflib(row.subject), to_rdflib(row.predicate), to_rdflib(row.object)))
        semantics = owlrl.OWLRL_Semantics if rules == "owl" else RDFS_Semantics
        owlrl.DeductiveClosure(semantics, axiomatic_triples=False, datatype_axioms=False).expand(graph)
        theirs: set[Triple] = {tuple(map(to_ox, row)) for row in graph} - set(lines)  # type: ignore[misc]
    said: Said = defaultdict(set)
    for subject, predicate, value in (*lines, *ours):
        said[subject, predicate].add(value)
    ours_alone = Counter(rule for row, rule in zip(ours, found.rule.to_pylist(), strict=True) if row not in theirs)
    return len(theirs & set(ours)), ours_alone, Counter(why_owlrl_alone(row, said) for row in theirs - set(ours))


@pytest.mark.slow
@pytest.mark.realdata
@pytest.mark.skipif(not (DATA / "schemaorg").is_dir(), reason=f"no schema.org at {DATA}; set KAUG_TEST_DATA")
def test_schema_org_is_what_owlrl_finds() -> None:
    file = DATA / "schemaorg" / "schemaorg-current-https.nt"
    both, only_ours, only_theirs = compare_owlrl([file], "rdfs")
    assert (both, only_ours) == (4082, {})
    assert only_theirs == {
        "a literal as subject": 5928,
        "a thing is a thing": 4497,
        "about the vocabulary": 20,
        "rdf1: a predicate is a property": 2,
        "the same as itself": 2686,
    }
    both, only_ours, only_theirs = compare_owlrl([file], "owl")
    assert (both, only_ours) == (14224, {})
    assert only_theirs == {
        "a literal as subject": 11842,
        "about the vocabulary": 67,
        "dt-type1: a datatype is a datatype": 31,
        EQUIVALENT: 292,
        "the same as itself": 6848,
    }


@pytest.mark.slow
@pytest.mark.realdata
@pytest.mark.skipif(not (DATA / "sweet").is_dir(), reason=f"no SWEET at {DATA / 'sweet'}; set KAUG_TEST_DATA")
def test_sweet_is_what_owlrl_finds_by_rdfs() -> None:
    both, only_ours, only_theirs = compare_owlrl((DATA / "sweet").glob("*.ttl"), "rdfs")
    assert (both, only_ours) == (40509, {})
    assert only_theirs == {
        "a literal as subject": 14548,
        "a thing is a thing": 13089,
        "about a blank node": 16906,
        "about the vocabulary": 65,
        "rdf1: a predicate is a property": 89,
        "rdfs13: a datatype is below the literals": 1,
        "the same as itself": 91,
    }


@pytest.mark.slow
@pytest.mark.realdata
@pytest.mark.skipif(not (DATA / "sweet").is_dir(), reason=f"no SWEET at {DATA / 'sweet'}; set KAUG_TEST_DATA")
def test_relations_and_representations_of_sweet_are_what_owlrl_finds_by_owl() -> None:
    # All of SWEET takes it four minutes. These 42 files have most of its axioms about properties.
    both, only_ours, only_theirs = compare_owlrl((DATA / "sweet").glob("re[lp]*.ttl"), "owl")
    assert (both, only_ours) == (4649, {"has-value": 21, "some-values-from": 11})
    assert only_theirs == {
        "a literal as subject": 1685,
        "a thing is a thing": 1232,
        "about a blank node": 1223,
        "about the vocabulary": 748,
        "dt-type1: a datatype is a datatype": 31,
        EQUIVALENT: 297,
        INHERITED: 563,
        "the same as itself": 3666,
        "two datatypes are disjoint": 1,
    }
