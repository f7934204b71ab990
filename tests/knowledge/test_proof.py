"""Proofs: the tree is the planted one, and each line says its triple and its reason."""

import dataclasses
import hashlib
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import pytest

from kaug.errors import SourceError
from kaug.knowledge.build import build_kb
from kaug.knowledge.inference import CONCLUDED, infer
from kaug.knowledge.knowledge_base import KnowledgeBase
from kaug.knowledge.proof import Proof, explain, find_facts, say_proof
from kaug.tables import FACTS

PREFIXES = """
@prefix : <urn:x:> . @prefix owl: <http://www.w3.org/2002/07/owl#> .
@prefix rdf: <http://www.w3.org/1999/02/22-rdf-syntax-ns#> . @prefix rdfs: <http://www.w3.org/2000/01/rdf-schema#> .
"""
WORLD = """
:lome rdfs:label "Lomé"@en ; a :City ; :locatedIn :togo . :togo rdfs:label "Togo"@en ; :locatedIn :africa .
:africa rdfs:label "Africa"@en . :locatedIn a owl:TransitiveProperty ; rdfs:range :Region .
:City rdfs:subClassOf :Settlement . :Settlement rdfs:subClassOf :Place .
:Settlement rdfs:subClassOf [ a owl:Restriction ; owl:onProperty :hasPart ; owl:someValuesFrom :House ] .
:livesIn owl:propertyChainAxiom ( :hasHome :locatedIn ) . :ama rdfs:label "Ama"@en ; :hasHome :lome .
"""
TYPE, SUBCLASS = CONCLUDED[:2]


def with_inferred(kb: KnowledgeBase) -> KnowledgeBase:
    """The knowledge base with what follows by the rules of OWL, as a build adds it."""
    values, kinds = kb.terms["value"].to_pylist(), pc.cast(kb.terms["kind"], pa.string()).to_pylist()
    given = pa.concat_tables([kb.facts, kb.axioms])
    found = infer(
        *(given[name].to_numpy() for name in ("subject", "predicate", "object")),
        {value: row for row, value in enumerate(values)},
        np.array([kind == "literal" for kind in kinds]),
        rules="owl",
        blank=np.array([kind == "blank" for kind in kinds]),
    )

    def digest(*row: int) -> bytes:
        line = " ".join(f"<{values[term]}>" if kinds[term] == "iri" else f"_:{values[term]}" for term in row)
        return hashlib.blake2b(f"{line} .".encode(), digest_size=16).digest()

    triples = np.column_stack((found.subject, found.predicate, found.object)).tolist()
    ids = given["fact"].to_pylist() + [digest(*row) for row in triples]
    new = pa.table(
        {
            "fact": pa.array(ids[len(given) :], pa.binary(16)),
            **{name: pa.array(getattr(found, name)) for name in ("subject", "predicate", "object")},
            "sources": pa.array([[] for _ in triples], pa.list_(pa.string())),
            "rule": found.rule,
            "premises": pa.array(
                [[ids[row] for row in rows] for rows in found.premises.to_pylist()], pa.list_(pa.binary(16))
            ),
            "weight": pa.nulls(len(triples), pa.float32()),
            "taught": pa.array([False] * len(triples)),
        },
        schema=FACTS,
    )
    facts = pa.concat_tables([kb.facts, new]).sort_by(
        [(name, "ascending") for name in ("subject", "predicate", "object")]
    )
    return dataclasses.replace(kb, facts=facts)


@pytest.fixture(scope="module")
def kb(tmp_path_factory: pytest.TempPathFactory) -> KnowledgeBase:
    path = tmp_path_factory.mktemp("proof") / "world.ttl"
    path.write_text(PREFIXES + WORLD, encoding="utf-8")
    return with_inferred(build_kb([path]))


def fact(subject: str, predicate: str, value: str) -> str:
    line = " ".join(f"<{term if ':' in term else 'urn:x:' + term}>" for term in (subject, predicate, value))
    return hashlib.blake2b(f"{line} .".encode(), digest_size=16).hexdigest()


def test_p(kb):
    for f in kb.facts.filter(pc.is_valid(kb.facts["rule"]))["fact"].to_pylist():
        print("\n".join(say_proof(kb, explain(kb, f.hex()))))
        print()
