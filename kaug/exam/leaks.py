"""Training rows and the exam → the same rows, or an error that names the first row with a leak."""

from dataclasses import dataclass

import ahocorasick_rs
import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray

from kaug.errors import LeakError
from kaug.exam.kinds import KINDS
from kaug.knowledge.knowledge_base import KnowledgeBase
from kaug.wording.answers import twins
from kaug.wording.wording import Wording

__all__ = ["HeldOut", "check_leaks", "held_out"]


@dataclass(frozen=True)
class HeldOut:
    """The content that the exam holds out of training.

    Attributes:
        entities: uint32, sorted: subjects of probed facts, and what has their name or is the same by owl:sameAs. Rows state
            their facts, but have no questions about them or through them.
        facts: Hex ids of facts that no row may state: those of the kinds about untaught facts.
        prompts: The exam's questions, normalised.
        texts: Passages of text that no row may hold, normalised.
    """

    entities: NDArray[np.uint32]
    facts: frozenset[str]
    prompts: frozenset[str]
    texts: frozenset[str]


def held_out(kb: KnowledgeBase, probes: pa.Table) -> HeldOut:
    """Collect the content that the exam holds out.

    Args:
        kb: The knowledge base that the exam was drawn from.
        probes: PROBES.

    Returns:
        The held-out entities, facts, questions and texts.

    Raises:
        LeakError: A probe asks for a fact that is not in the knowledge base.
    """
    retention = pa.array([kind for kind in KINDS if KINDS[kind].role == "retention"])
    local = pc.is_in(probes["kind"], retention).to_numpy(zero_copy_only=False)
    facts: list[list[str]] = probes["facts"].to_pylist()
    unknown = next((fact for ids in facts for fact in ids if fact not in kb.row_of), None)
    if unknown is not None:
        raise LeakError(f"The exam asks for fact {unknown}, which the knowledge base lacks. Draw the exam again.")
    probed = [kb.row_of[fact] for ids, is_local in zip(facts, local, strict=True) if not is_local for fact in ids]
    subjects = kb.columns(np.array(probed, dtype=np.int64))[0] if probed else np.zeros(0, np.uint32)
    if len(subjects):
        number = twins(Wording(kb, probes["language"][0].as_py()))
        subjects = np.flatnonzero(np.isin(number, number[subjects])).astype(np.uint32)
    passage = pc.equal(probes["scorer"], "continuation").to_numpy(zero_copy_only=False)
    prompts, answers = probes["prompt"].to_pylist(), probes["answers"].to_pylist()
    return HeldOut(
        np.unique(subjects),
        frozenset(fact for ids, is_local in zip(facts, local, strict=True) if is_local for fact in ids),
        frozenset(_plain(prompt) for prompt, is_text in zip(prompts, passage, strict=True) if not is_text),
        frozenset(_plain(answer[0]) for answer, is_text in zip(answers, passage, strict=True) if is_text),
    )


def check_leaks(kb: KnowledgeBase, examples: pa.Table, kept_out: HeldOut, where: str) -> pa.Table:
    """Raise an error if a row leaks the exam.

    There are four kinds of leaks: a question with a fact whose subject or object is held out; an exam question,
    verbatim, anywhere in a row; a fact of the probes about untaught facts; a held-out passage of text.

    Args:
        kb: The knowledge base.
        examples: EXAMPLES.
        kept_out: See `held_out`.
        where: The arm's name, for error messages.

    Returns:
        The same table.

    Raises:
        LeakError: A row leaks; the message names the row and the leak.
    """
    rows = np.repeat(np.arange(examples.num_rows), pc.list_value_length(examples["facts"]).to_numpy())
    flat = pc.list_flatten(examples["facts"]).to_pylist()
    asks = pc.equal(examples["task"], "question-answering").to_numpy(zero_copy_only=False)
    closed = pc.equal(examples["family"], "closed-book").to_numpy(zero_copy_only=False)
    subjects, _, objects = kb.columns(np.array([kb.row_of[fact] for fact in flat], dtype=np.int64))
    about = rows[np.isin(subjects, kept_out.entities) | np.isin(objects, kept_out.entities)]
    about = about[asks[about] & closed[about]]
    if len(about):
        _refuse(examples, int(about[0]), where, "asks about an entity that the exam holds out")
    local = rows[np.array([fact in kept_out.facts for fact in flat], dtype=bool)]
    if len(local):
        _refuse(examples, int(local[0]), where, "rests on a fact that the exam asks as not taught")
    texts = pc.binary_join_element_wise(examples["prompt"], examples["completion"], " ").to_pylist()
    needles = sorted((kept_out.prompts | kept_out.texts) - {""})
    if needles and texts:
        # Patterns are matched between spaces, so that questions match whole words only.
        finder = ahocorasick_rs.AhoCorasick([f" {needle} " for needle in needles])
        for row, text in enumerate(texts):
            hits = finder.find_matches_as_indexes(f" {_plain(text)} ")
            if hits:
                _refuse(examples, row, where, f"holds what the exam asks: {needles[hits[0][0]]!r}")
    return examples


def _plain(text: str) -> str:
    return " ".join("".join(letter if letter.isalnum() else " " for letter in text.casefold()).split())


def _refuse(examples: pa.Table, row: int, where: str, why: str) -> None:
    example = examples.slice(row, 1).to_pylist()[0]
    text = f"{example['prompt']} {example['completion']}".strip()
    raise LeakError(f"Arm {where!r}, row {example['id']} (form {example['form']}) {why}: {text[:200]!r}")
