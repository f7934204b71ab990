"""Predicates that the lexicon lacks → drafted entries: by rule, or by a language model whose drafts are checked."""

from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field

import numpy as np
import polars as pl
import pyarrow.compute as pc

from kaug.curation.drafts.draft_checks import accept, completed, normal
from kaug.curation.drafts.draft_prompt import draft_prompt, parse_answer
from kaug.knowledge.knowledge_base import KnowledgeBase
from kaug.knowledge.templates import PROPERTIES
from kaug.models.asking import Ask
from kaug.wording.wording import Wording
from kaug.words.terms import CLASS_OF

__all__ = ["Drafts", "Entry", "Lacking", "draft_by_model", "draft_by_rule", "lacking"]

_EXAMPLES = 3
_DESCRIPTIONS = (
    "http://www.w3.org/2000/01/rdf-schema#comment",
    "http://www.w3.org/2004/02/skos/core#definition",
    "http://purl.org/dc/terms/description",
    "https://schema.org/description",
    "http://schema.org/description",
)


@dataclass(frozen=True)
class Lacking:
    """A predicate without an entry in a language.

    Attributes:
        predicate: The predicate's term number.
        iri: Its IRI.
        label: Its label.
        language: The language that it has no entry in.
        facts: The number of facts with it.
        example: The sentence of one of them by rule; empty if the language has no rule.
    """

    predicate: int
    iri: str
    label: str
    language: str
    facts: int
    example: str


@dataclass(frozen=True)
class Entry:
    """A drafted entry of a predicate in a language.

    Attributes:
        iri: The predicate's IRI.
        label: Its label.
        language: BCP 47 tag.
        templates: By property of the lexicon, the plainest first.
        drafted_by: "rule", a model's name, or both.
    """

    iri: str
    label: str
    language: str
    templates: Mapping[str, tuple[str, ...]]
    drafted_by: tuple[str, ...]


@dataclass(frozen=True)
class Drafts:
    """Drafted entries, and refused drafts.

    Attributes:
        entries: The entries, in the order of the predicates.
        rejected: The number of refused drafts by reason.
        refused: The refused drafts: the predicate's IRI, the property, the draft, the reason.
    """

    entries: tuple[Entry, ...]
    rejected: dict[str, int] = field(default_factory=dict)
    refused: tuple[tuple[str, str, str, str], ...] = ()


def lacking(kb: KnowledgeBase, languages: str | Sequence[str] = ("en",)) -> list[Lacking]:
    """List the predicates of facts that the lexicon has no template for, in each of the languages.

    English has a rule of its own for rdf:type and rdfs:subClassOf, which need no entry.

    Args:
        kb: The knowledge base.
        languages: BCP 47 tags, or one.

    Returns:
        The most used predicates first, then by IRI; a predicate's languages in the order given.

    Examples:
        >>> import tempfile; from pathlib import Path; from kaug.knowledge.build import build_kb
        >>> file = Path(tempfile.mkdtemp()) / "a.ttl"
        >>> _ = file.write_text('@prefix : <urn:x:> . :togo :hasCapital :lome .')
        >>> [(one.label, one.facts, one.example) for one in lacking(build_kb([file]))]
        [('has capital', 1, 'The capital of togo is lome.')]
    """
    languages = [languages] if isinstance(languages, str) else languages
    has = set(zip(*(kb.lexicon[name].to_pylist() for name in ("predicate", "language")), strict=True))
    samples, wordings = _samples(kb), {language: Wording(kb, language) for language in languages}
    listed = []
    for term, count in zip(*np.unique(kb.columns()[1], return_counts=True), strict=True):
        iri = kb.terms["value"][int(term)].as_py()
        for language, wording in wordings.items():
            if (term, language) in has or (term, "") in has or (_is_english(language) and iri in CLASS_OF):
                continue
            example = wording.sentences(samples[term][:1])[0].as_py() if _is_english(language) else ""
            listed.append(Lacking(int(term), iri, wording.predicate_name(int(term)), language, int(count), example))
    return sorted(listed, key=lambda one: (-one.facts, one.iri))


def draft_by_rule(kb: KnowledgeBase, wanted: Sequence[Lacking]) -> Drafts:
    """Draft entries by rule, for a person to correct; only English has a rule.

    Args:
        kb: The knowledge base.
        wanted: See `lacking`.

    Returns:
        An entry for each predicate in English; the others are counted.
    """
    english = [one for one in wanted if _is_english(one.language)]
    left, wording = len(wanted) - len(english), Wording(kb)
    return Drafts(
        tuple(Entry(one.iri, one.label, one.language, _by_rule(wording, one), ("rule",)) for one in english),
        {"no rule for the language": left} if left else {},
    )


def draft_by_model(
    kb: KnowledgeBase,
    wanted: Sequence[Lacking],
    ask: Ask,
    name: str,
    *,
    descriptions: Mapping[str, str] | None = None,
    progress: Callable[[int], None] | None = None,
) -> Drafts:
    """Let a language model draft entries, one prompt a predicate, and keep the drafts that pass the checks.

    A draft must have its slots and be one sentence of limited length without control tokens; the fact must be readable from the
    filled template; a statement must differ from those of other predicates and from its own reverse; and no training question
    may contain an exam question. Where no draft of a property passes, English falls back to the rule.

    Args:
        kb: The knowledge base.
        wanted: See `lacking`.
        ask: From a prompt to the model's answer; see `kaug.models.asking`.
        name: The model's name, noted with each entry.
        descriptions: The meanings of predicates by IRI; by default, definitions among the facts.
        progress: Called with 1 after each predicate.

    Returns:
        The entries in the order of `wanted`; a predicate is left out if its language has no rule and no statement passed.
    """
    samples, meanings = _samples(kb), _descriptions(kb) | dict(descriptions or {})
    wordings = {language: Wording(kb, language) for language in {one.language for one in wanted}}
    rules = {(one.iri, one.language): _by_rule(wordings[one.language], one) for one in wanted}
    taken = _statements(kb)
    for (iri, language), rule in rules.items():
        for template in rule.get("statement", ()):
            taken.setdefault((language, normal(template)), iri)
    entries, refused = [], []
    for one in wanted:
        facts = _ends(wordings[one.language], samples[one.predicate][:_EXAMPLES])
        drafts = parse_answer(ask(draft_prompt(one.label, one.language, facts, meanings.get(one.iri, ""))))
        rule = rules[one.iri, one.language]
        of_others = {form for (tag, form), iri in taken.items() if tag == one.language and iri != one.iri}
        accepted, reasons = accept(drafts, one.language, facts, rule, of_others)
        refused += [(one.iri, *reason) for reason in reasons]
        templates, by_rule = completed(accepted, rule)
        if not drafts:
            refused.append((one.iri, "", "", "no JSON object with templates in the answer"))
        if "statement" in templates:
            drafted_by = (*([name] if accepted else []), *(["rule"] if by_rule else []))
            entries.append(Entry(one.iri, one.label, one.language, templates, drafted_by))
            for template in templates["statement"]:
                taken.setdefault((one.language, normal(template)), one.iri)
        elif drafts:
            refused.append((one.iri, "", "", "no statement left"))
        if progress:
            progress(1)
    return Drafts(tuple(entries), dict(sorted(Counter(reason for *_, reason in refused).items())), tuple(refused))


def _is_english(language: str) -> bool:
    return language.split("-", maxsplit=1)[0] == "en"


def _by_rule(wording: Wording, one: Lacking) -> dict[str, tuple[str, ...]]:
    if not _is_english(one.language):
        return {}
    return {name: tuple(wording.templates(one.predicate, name)) for name in PROPERTIES}  # type: ignore[arg-type]


def _descriptions(kb: KnowledgeBase) -> dict[str, str]:
    """Return the meanings of predicates by IRI that the knowledge base states; of several the smallest text."""
    value = pl.lit(pl.Series(kb.terms["value"]))
    iris = {name: value.gather(pl.col(name)) for name in ("subject", "predicate", "object")}
    facts, axioms = (pl.DataFrame(table.select(list(iris))) for table in (kb.facts, kb.axioms))
    about = pl.concat([facts, axioms]).filter(pl.col("subject").is_in(facts["predicate"].unique().implode()))
    texts = (
        about.select(**iris)
        .filter(pl.col("predicate").is_in(_DESCRIPTIONS))
        .group_by("subject")
        .agg(pl.col("object").min())
    )
    return dict(texts.iter_rows())


def _statements(kb: KnowledgeBase) -> dict[tuple[str, str], str]:
    """Return the predicate of each statement of the lexicon, by language and normal form."""
    table = kb.lexicon.filter(pc.equal(kb.lexicon["property"], "statement"))
    iris = kb.terms["value"].take(table["predicate"]).to_pylist()
    rows = zip(table["language"].to_pylist(), table["text"].to_pylist(), iris, strict=True)
    languages = set(table["language"].to_pylist()) | {"en"}
    known: dict[tuple[str, str], str] = {}
    for language, text, iri in rows:
        for tag in [language] if language else languages:
            known.setdefault((tag, normal(text)), iri)
    return known


def _samples(kb: KnowledgeBase) -> dict[int, list[int]]:
    """Return the rows of a few facts of each predicate: those with the smallest ids."""
    facts = pl.DataFrame(kb.facts.select(["fact", "predicate"])).with_row_index("row")
    return dict(facts.group_by("predicate").agg(pl.col("row").sort_by("fact").head(_EXAMPLES)).iter_rows())


def _ends(wording: Wording, rows: list[int]) -> list[tuple[str, str]]:
    """Return the subject and object phrases of facts."""
    subjects, _, objects = wording.kb.columns(np.array(rows, dtype=np.int64))
    return list(zip(wording.phrases(subjects).to_pylist(), wording.phrases(objects).to_pylist(), strict=True))
