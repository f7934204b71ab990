"""A knowledge base and its exam → the entities and facts that training rows must not ask or state."""

from dataclasses import dataclass

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray

from kaug.arrays import Numbers, pair_keys
from kaug.errors import LeakError
from kaug.exam.kinds import KINDS
from kaug.knowledge.knowledge_base import KnowledgeBase
from kaug.wording.answers import twins
from kaug.wording.wording import Wording

__all__ = ["HeldOut", "find_patterns", "held_out"]


@dataclass(frozen=True)
class HeldOut:
    """The content that the exam holds out of training.

    Attributes:
        entities: uint32, sorted: subjects of probed facts, and what has their name or is the same by owl:sameAs. Rows state
            their facts, but have no questions about them or through them.
        facts: Hex ids of facts that no row may state: those of the kinds about untaught facts, and all others with the same two
            ends, under whatever IRI and whichever way round: an inverse, symmetric or inferred fact says the same.
        patterns: uint64, sorted: pairs of predicates, either first (see `pair_keys`), of whose facts no question over a path may
            join two: those of the kind `pattern`.
        things: int64 (terms,): the number of the thing that a term names; terms of one name have one, see `twins`.
    """

    entities: NDArray[np.uint32]
    facts: frozenset[str]
    patterns: NDArray[np.uint64]
    things: Numbers


def held_out(kb: KnowledgeBase, probes: pa.Table) -> HeldOut:
    """Collect the content that the exam holds out.

    Args:
        kb: The knowledge base that the exam was drawn from.
        probes: PROBES.

    Returns:
        The held-out entities and facts.

    Raises:
        LeakError: A probe asks for a fact that is not in the knowledge base.
    """
    retention = pa.array([kind for kind in KINDS if KINDS[kind].role == "retention"])
    local = pc.is_in(probes["kind"], retention).to_numpy(zero_copy_only=False)
    facts: list[list[str]] = probes["facts"].to_pylist()
    unknown = next((fact for ids in facts for fact in ids if fact not in kb.row_of), None)
    if unknown is not None:
        raise LeakError(f"The exam asks for fact {unknown}, which the knowledge base lacks. Draw the exam again.")
    asked, untaught = (
        np.array([kb.row_of[id_] for ids, one in zip(facts, local, strict=True) if one == wanted for id_ in ids], int)
        for wanted in (False, True)
    )
    language = probes["language"][0].as_py() if probes.num_rows else "en"
    things = twins(Wording(kb, language)) if probes.num_rows else np.arange(kb.terms.num_rows)
    subjects = np.isin(things, things[kb.columns(asked)[0]])
    subject, _, object_ = kb.columns()
    ends = pair_keys(*np.sort(things[np.stack([subject, object_])], axis=0))
    same = np.flatnonzero(np.isin(ends, ends[untaught]))
    return HeldOut(
        np.flatnonzero(subjects).astype(np.uint32),
        frozenset(kb.hex_ids.take(pa.array(same)).to_pylist()),
        np.sort(np.array([*find_patterns(kb, probes)], np.uint64)),
        things,
    )


def find_patterns(kb: KnowledgeBase, probes: pa.Table) -> dict[int, int]:
    """Find the pairs of different predicates that the probes of the kind `pattern` join.

    Returns:
        Each pair as one number, either predicate first (see `pair_keys`), with the number of a probe.
    """
    found: dict[int, int] = {}
    for probe, (kind, facts) in enumerate(zip(probes["kind"].to_pylist(), probes["facts"].to_pylist(), strict=True)):
        if kind == "pattern":
            predicates = np.unique(kb.columns(np.array([kb.row_of[fact] for fact in facts]))[1])
            one, two = (side.ravel() for side in np.meshgrid(predicates, predicates))
            found |= dict.fromkeys(pair_keys(one, two)[one != two].tolist(), probe)
    return found
