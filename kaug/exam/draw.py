"""A knowledge base → the exam (PROBES), drawn before anything is taught."""

import hashlib
from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray

from kaug.errors import PipelineError
from kaug.knowledge.knowledge_base import KnowledgeBase
from kaug.knowledge.templates import Property
from kaug.tables import PROBES, ProbeKind, content_digest
from kaug.wording.compose import compositions, refer
from kaug.wording.statements import fill, templates

__all__ = ["draw_exam"]


def draw_exam(
    kb: KnowledgeBase,
    *,
    texts: Sequence[str] = (),
    probes_per_kind: int | Mapping[ProbeKind, int] = 200,
    held_out_entities: float = 0.5,
    held_out_texts: float = 0.25,
    most_answers: int = 5,
    language: str = "en",
    seed: int = 0,
) -> pa.Table:
    """Draw the probes.

    A part of the taught entities is held out: their facts will be stated, but no question about them is ever trained.
    `recall` asks for the object of such a fact in the exam's own phrasing, `reverse` for the subject, `compose` for two
    facts through an entity that the question does not name. `locality` asks for facts of the same predicates that are not
    taught (of any predicate, where all are taught), and continues passages of text that are not trained: they show what
    training broke.

    No question is drawn that the rows of other taught facts could answer: which country pays in euros is not asked while
    training tells it of a country that is not held out. Facts that one question asks for share one probe.

    Args:
        kb: The knowledge base.
        texts: The user's texts, from which the locality passages are taken.
        probes_per_kind: At most so many probes of each kind, and as many passages as of `locality`. A kind that a mapping
            leaves out is not asked.
        held_out_entities: Part of the taught entities that is held out, above 0 and up to 1.
        held_out_texts: Part of the texts that is held out, 0 to 1.
        most_answers: Questions with more right answers than that are left out: guessing would answer them.
        language: BCP 47 tag of the probes.
        seed: Decides the draw.

    Returns:
        PROBES, sorted by kind and id; the same knowledge and seed give the same exam.

    Raises:
        PipelineError: Nothing is taught, so nothing can be asked.

    References:
        Locality as in knowledge editing: Mitchell et al. 2022, arXiv 2110.11309; held-out phrasings and entities:
        Allen-Zhu & Li 2023, arXiv 2309.14316.
    """
    if not len(kb.taught):
        raise PipelineError(
            "The knowledge base teaches no fact, so there is nothing to ask. Add sources or widen `select`."
        )
    entities = np.unique(kb.columns(kb.taught)[0])
    iris = kb.terms["value"].take(pa.array(entities)).to_pylist()
    drawn = np.argsort([_draw(seed, iri) for iri in iris], kind="stable")
    entities = entities[drawn[: max(1, round(held_out_entities * len(entities)))]]
    rows = kb.taught[np.isin(kb.columns(kb.taught)[0], entities)]
    untaught = np.setdiff1d(np.arange(kb.facts.num_rows, dtype=np.int64), kb.taught)
    near = np.isin(kb.columns(untaught)[1], kb.columns(kb.taught)[1])
    untaught = untaught[near] if near.any() else untaught[_has_lexicon(kb, untaught, language)]
    free = np.setdiff1d(kb.taught, rows)
    pool: dict[ProbeKind, list[Probe]] = {
        "recall": _ask(kb, rows, free, "recall", "exam", most_answers, language),
        "reverse": _ask(kb, rows, free, "reverse", "inverseExam", most_answers, language),
        "compose": _ask_compositions(kb, rows, most_answers, language),
        "locality": _ask(kb, untaught, kb.taught, "locality", "exam", most_answers, language),
    }
    most = probes_per_kind if isinstance(probes_per_kind, Mapping) else dict.fromkeys(pool, probes_per_kind)
    chosen: list[Probe] = []
    for kind, probes in pool.items():
        chosen.extend(sorted(_once(probes), key=lambda probe: _draw(seed, probe["id"]))[: most.get(kind, 0)])
    passages = sorted(dict.fromkeys(texts), key=lambda text: _draw(seed, text))[
        : min(most.get("locality", 0), round(held_out_texts * len(texts)))
    ]
    chosen.extend(_continue(text, language) for text in passages if len(text.split(" ")) >= 16)
    chosen.sort(key=lambda probe: (probe["kind"], -probe["hops"], probe["id"]))
    return pa.Table.from_pylist(chosen, schema=PROBES)


def _draw(seed: int, key: str) -> int:
    return int.from_bytes(hashlib.blake2b(f"{seed} {key}".encode(), digest_size=8).digest(), "little")


Probe = dict[str, Any]


def _probe(
    kind: ProbeKind,
    prompt: str,
    answers: list[str],
    facts: list[str],
    hops: int,
    language: str,
    template: str,
    source: str,
) -> Probe:
    return {
        "id": content_digest(kind, prompt, *(facts or answers)),
        "kind": kind,
        "prompt": prompt,
        "answers": answers,
        "choices": [],
        "facts": facts,
        "hops": hops,
        "language": language,
        "template": template,
        "source": source,
        "scorer": "contains" if hops else "continuation",
    }


def _once(probes: list[Probe]) -> list[Probe]:
    """Join the probes that ask the same: a question counts once, however many facts answer it."""
    found: dict[str, Probe] = {}
    for probe in probes:
        first = found.setdefault(probe["prompt"], probe)
        both = {name: list(dict.fromkeys([*first[name], *probe[name]])) for name in ("answers", "facts")}
        mark = content_digest(probe["kind"], probe["prompt"], *both["facts"])
        found[probe["prompt"]] = first | both | {"id": mark}
    return list(found.values())


def _has_lexicon(kb: KnowledgeBase, rows: NDArray[np.int64], language: str) -> NDArray[np.bool_]:
    said = set(kb.lexicon.filter(pc.equal(kb.lexicon["language"], language))["predicate"].to_pylist())
    return np.array([int(p) in said for p in kb.columns(rows)[1]], dtype=bool)


def _answers(kb: KnowledgeBase, terms: list[int], language: str) -> list[str]:
    return list(dict.fromkeys(name for term in terms for name in kb.names(term, language)))


Known = dict[tuple[Any, int], list[int]]


def _known(kb: KnowledgeBase, rows: NDArray[np.int64], words: pa.Array, *, inverse: bool) -> Known:
    """What answers a question, by the words it names and its predicate: of two Georgias, both capitals are right."""
    subjects, predicates, objects = (column.tolist() for column in kb.columns(rows))
    spoken = words.take(pa.array(objects if inverse else subjects, pa.uint32())).to_pylist()
    found: Known = {}
    for word, predicate, term in zip(spoken, predicates, subjects if inverse else objects, strict=True):
        found.setdefault((word, predicate), []).append(term)
    return found


def _ask(
    kb: KnowledgeBase,
    rows: NDArray[np.int64],
    free: NDArray[np.int64],
    kind: ProbeKind,
    name: Property,
    most_answers: int,
    language: str,
) -> list[Probe]:
    inverse = name == "inverseExam"
    words = kb.phrase(language)
    known = _known(kb, np.arange(kb.facts.num_rows, dtype=np.int64), words, inverse=inverse)
    trained = _known(kb, free, words, inverse=inverse)
    subjects, predicates, objects = kb.columns(rows)
    sources = kb.facts["sources"]
    probes = []
    for predicate in np.unique(predicates):
        at = np.flatnonzero(predicates == predicate)
        given, found = words.take(pa.array(subjects[at])), words.take(pa.array(objects[at]))
        keys = [(word, int(predicate)) for word in (found if inverse else given).to_pylist()]
        for template in templates(kb, int(predicate), name, language):
            prompts = fill(template, given, found).text.to_pylist()
            for place, key, prompt in zip(at, keys, prompts, strict=True):
                if len(known[key]) > most_answers or key in trained:
                    continue
                row = int(rows[place])
                facts, source = [kb.hex_ids[row].as_py()], sources[row].as_py()[0]
                answers = _answers(kb, known[key], language)
                probes.append(_probe(kind, prompt, answers, facts, 1, language, template, source))
    return probes


def _ask_compositions(kb: KnowledgeBase, rows: NDArray[np.int64], most_answers: int, language: str) -> list[Probe]:
    subjects, predicates, objects = kb.columns(rows)
    pairs = compositions(kb, subjects, predicates, objects, language)
    words = kb.phrase(language)
    known = _known(
        kb, np.arange(kb.facts.num_rows, dtype=np.int64), pa.array(np.arange(kb.terms.num_rows)), inverse=False
    )
    before, after = predicates[pairs.first].astype(np.int64), predicates[pairs.second].astype(np.int64)
    probes = []
    for p, q in np.unique(np.stack([before, after], axis=1), axis=0).tolist():
        at = np.flatnonzero((before == p) & (after == q))
        given = words.take(pa.array(objects[pairs.first[at]]))
        for variant, template in enumerate(templates(kb, q, "exam", language)):
            prompts = fill(template, refer(kb, p, given, language, variant), given).text.to_pylist()
            for place, prompt in zip(at, prompts, strict=True):
                key = (int(pairs.bridge[place]), q)
                if len(known[key]) > most_answers:
                    continue
                hops = [int(rows[pairs.first[place]]), int(rows[pairs.second[place]])]
                facts = [kb.hex_ids[row].as_py() for row in hops]
                source = kb.facts["sources"][hops[1]].as_py()[0]
                answers = _answers(kb, known[key], language)
                probes.append(_probe("compose", prompt, answers, facts, 2, language, template, source))
    return probes


def _continue(text: str, language: str) -> Probe:
    words = text.split(" ")
    half = len(words) // 3
    prefix, rest = " ".join(words[:half]), " " + " ".join(words[half:])
    return _probe("locality", prefix, [rest], [], 0, language, "", "text")
