"""A knowledge base → the exam (PROBES), drawn before training rows are written."""

import json
from collections import Counter
from collections.abc import Sequence

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray

from kaug.errors import PipelineError
from kaug.exam.drawing import Draw, Question, draw_number, fair
from kaug.exam.kinds import KINDS
from kaug.exam.settings import ExamSettings
from kaug.knowledge.knowledge_base import KnowledgeBase
from kaug.tables import PROBES, content_digest
from kaug.text import as_list
from kaug.wording.answers import twins
from kaug.wording.wording import Wording

__all__ = ["draw_exam", "exam_counts"]

_COUNTS = b"kaug.counts"


def draw_exam(
    kb: KnowledgeBase,
    settings: ExamSettings | None = None,
    *,
    texts: str | Sequence[str] = (),
    language: str = "en",
    seed: int = 0,
) -> pa.Table:
    """Draw the probes of each kind in `kaug.exam.kinds.KINDS`.

    A fraction of the taught entities is held out: training rows state their facts, but ask no questions about them.
    Questions that the rows of other taught facts answer are not drawn: "Which country pays in euros?" is left out if a
    country that is not held out does. Facts with the same question share one probe.

    Args:
        kb: The knowledge base.
        settings: `[exam]`: the number of probes by kind, and the held-out fractions; the defaults if None.
        texts: The user's texts, the source of passages to continue.
        language: BCP 47 tag of the probes.
        seed: Seed of the draw.

    Returns:
        PROBES, sorted by kind and id; the same knowledge, settings and seed give the same exam. `exam_counts` counts
        missing probes by kind, and the questions left out.

    Raises:
        PipelineError: No facts are taught, or none of the requested kinds that show a gain has a question, for example
            in a language without templates.

    Examples:
        >>> import tempfile; from pathlib import Path; from kaug.knowledge.build import build_kb
        >>> file = Path(tempfile.mkdtemp()) / "a.ttl"
        >>> _ = file.write_text("@prefix : <urn:x:> . :Togo :capital :Lome . :Peru :capital :Lima .")
        >>> probes = draw_exam(build_kb([file]), ExamSettings(held_out_entities=1.0))
        >>> "Fill in a form about Togo: what belongs under “capital”?" in probes["prompt"].to_pylist()
        True
        >>> exam_counts(probes)["probes recall"]
        4
    """
    settings = settings or ExamSettings()
    taught = kb.taught
    if not len(taught):
        raise PipelineError(
            "The knowledge base teaches no fact, so there is nothing to ask. Add sources or widen `select`."
        )
    wording = Wording(kb, language)
    held_out = _held_out(wording, settings, seed)
    context = {
        "wording": wording,
        "held_out": held_out,
        "trained": np.setdiff1d(taught, held_out),
        "untaught": _untaught(kb, language),
        "texts": tuple(as_list(texts)),
        **settings.model_dump(include={"held_out_texts", "max_answers", "max_characters"}),
        "held_out_patterns": settings.held_out_patterns if settings.probes_per_kind.get("pattern") else 0.0,
        "seed": seed,
    }
    counts: Counter[str] = Counter()
    probes = []
    for kind, quota in settings.probes_per_kind.items():
        if not quota:
            continue
        left_out: Counter[str] = Counter()
        questions = _once(KINDS[kind].draw(Draw(**context, quota=quota, left_out=left_out)))
        drawn = sorted(
            (_probe(kind, question, language) for question in questions),
            key=lambda probe: draw_number(seed, probe["id"]),
        )
        made = fair(drawn, quota, left_out)
        probes += made
        counts[f"probes {kind}"] = len(made)
        if len(made) < quota:
            counts[f"probes {kind}: fewer than requested"] = quota - len(made)
            counts.update({f"{kind}: {reason}": count for reason, count in left_out.items()})
    gains = [kind for kind, quota in settings.probes_per_kind.items() if quota and KINDS[kind].role == "gain"]
    if gains and not any(counts[f"probes {kind}"] for kind in gains):
        raise PipelineError(_nothing_to_ask(gains, counts, language))
    probes.sort(key=lambda probe: (probe["kind"], probe["id"]))
    return pa.Table.from_pylist(probes, PROBES.with_metadata({_COUNTS: json.dumps(counts)}))


def exam_counts(probes: pa.Table) -> dict[str, int]:
    """Return the counts of `draw_exam`: probes by kind, and for kinds below their number, the shortfall and its reasons."""
    counts: dict[str, int] = json.loads((probes.schema.metadata or {}).get(_COUNTS, b"{}"))
    return counts


def _held_out(wording: Wording, settings: ExamSettings, seed: int) -> NDArray[np.int64]:
    """The rows of the taught facts whose subject is held out, with all entities of its name."""
    kb = wording.kb
    subjects = kb.columns(kb.taught)[0]
    entities, first, of = np.unique(twins(wording)[subjects], return_index=True, return_inverse=True)
    iris = kb.terms["value"].take(pa.array(subjects[first])).to_pylist()
    order = np.argsort([draw_number(seed, iri) for iri in iris], kind="stable")
    count = max(1, round(settings.held_out_entities * len(entities)))
    return kb.taught[np.isin(of, order[:count])]


def _untaught(kb: KnowledgeBase, language: str) -> NDArray[np.int64]:
    """The rows of the facts that are spared: of taught predicates, or else of those that the lexicon has."""
    rows = kb.spared
    predicates = kb.columns(rows)[1]
    near = np.isin(predicates, kb.columns(kb.taught)[1])
    if near.any():
        return rows[near]
    return rows[np.isin(predicates, kb.lexicon.filter(pc.equal(kb.lexicon["language"], language))["predicate"])]


def _once(questions: list[Question]) -> list[Question]:
    """Merge duplicate questions; a question counts once, however many facts answer it."""
    joined: dict[str | tuple[str, str], Question] = {}
    for question in questions:
        # Passages without facts are duplicates only if their continuations are equal.
        key = question["prompt"] if question["facts"] else (question["prompt"], question["answers"][0])
        first = joined.setdefault(key, question)
        joined[key] = first | {name: list(dict.fromkeys(first[name] + question[name])) for name in ("answers", "facts")}
    return list(joined.values())


def _probe(kind: str, question: Question, language: str) -> Question:
    mark = content_digest(kind, question["prompt"], *(question["facts"] or question["answers"]))
    return question | {"id": mark, "kind": kind, "scorer": KINDS[kind].scorer, "choices": [], "language": language}


def _nothing_to_ask(kinds: list[str], counts: Counter[str], language: str) -> str:
    reasons = [f"{text} ({count:,})" for text, count in counts.items() if text.split(":")[0] in kinds]
    message = f"The exam has no question in {language!r} of the kinds {', '.join(kinds)}"
    message += f": {'; '.join(reasons)}." if reasons else "."
    if any("without a template" in reason for reason in reasons):
        return (
            f"{message} Add a lexicon in {language!r} (`kaug lexicon` drafts one), or ask in a language that has one."
        )
    return f"{message} Hold more entities out, or teach facts with fewer right answers."
