"""Inference on whole ontologies: what we conclude is what a second reasoner does; each difference is counted, by reason."""

import os
import tempfile
from collections import Counter
from collections.abc import Iterable
from pathlib import Path
from typing import Any

import numpy as np
import pyoxigraph as ox
import pytest
import rdflib
import reasonable

from kaug.knowledge.inference.infer import CONCLUDED, VOCABULARY, Inferred, infer
from kaug.knowledge.inference.rules import iri
from kaug.knowledge.rdf.parse import read_quads

DATA = Path(os.environ.get("KAUG_TEST_DATA", Path(__file__).resolve().parents[3] / "shared" / "data"))
Triple = tuple[str, str, str]

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


def compare(files: Iterable[Path]) -> tuple[Inferred, Counter[str], Counter[str]]:
    """Infer by OWL from whole files; what we conclude must be what `reasonable` does, but for what is counted by reason."""
    numbered = enumerate(files)
    rows = sorted(
        {quad.triple for number, file in numbered for quad in read_quads(file, prefix=f"f{number}b")}, key=str
    )
    lines = [(str(row.subject), str(row.predicate), str(row.object)) for row in rows]
    names = sorted({term for line in lines for term in line} | {f"<{name}>" for name in CONCLUDED})
    number = {name: at for at, name in enumerate(names)}
    found = infer(
        *np.array([[number[term] for term in line] for line in lines], np.uint32).T,
        {name: number[f"<{name}>"] for name in VOCABULARY if f"<{name}>" in number},
        np.array([name[0] == '"' for name in names]),
        rules="owl",
        blank=np.array([name[0] == "_" for name in names]),
    )
    reasoner = reasonable.PyReasoner()
    with tempfile.NamedTemporaryFile(suffix=".ttl") as file, pytest.MonkeyPatch.context() as patch:
        patch.setattr(
            rdflib, "NORMALIZE_LITERALS", False
        )  # their answer comes as rdflib terms; owlrl changes how they read
        file.write(ox.serialize(rows, format=ox.RdfFormat.N_TRIPLES) or b"")
        file.flush()
        reasoner.load_file(file.name)
        theirs = {tuple(map(to_ox, row)) for row in reasoner.reason()} - set(lines)
    ours = [
        tuple(names[term] for term in row) for row in zip(found.subject, found.predicate, found.object, strict=True)
    ]
    not_ours = Counter(why_not(row) for row in theirs - set(ours))  # type: ignore[arg-type]
    not_theirs: Counter[str] = Counter()
    said, why = [*lines, *ours], [""] * len(lines)
    for row, rule, premises in zip(ours, found.rule.to_pylist(), found.premises.to_pylist(), strict=True):
        own = next((ONLY_OURS[part] for part in (rule, *(said[at][1] for at in premises)) if part in ONLY_OURS), "")
        why.append(own or next((why[at] for at in premises if why[at]), ""))
        if row not in theirs:
            not_theirs[why[-1]] += 1
    return found, not_theirs, not_ours


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
