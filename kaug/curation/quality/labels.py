"""Columns → what is wrong with the names of things: missing, shared, malformed labels, and predicates without a lexicon entry."""

import re
from collections.abc import Iterator

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray

from kaug.arrays import grouped
from kaug.curation.quality.columns import RDF, RDFS, Columns, codes_of
from kaug.curation.quality.finding import Finding, Item, counted

__all__ = ["check_labels", "check_lexicon", "labelled", "well_formed"]

LONGEST_LABEL = 200
_SHOWN = 5
_TAG = re.compile(
    r"(?:([a-z]{2,3})(?:-[a-z]{3}){0,3}|[a-z]{4,8})(?:-[a-z]{4})?(?:-(?:[a-z]{2}|[0-9]{3}))?"
    r"(?:-(?:[a-z0-9]{5,8}|[0-9][a-z0-9]{3}))*(?:-[a-wyz0-9](?:-[a-z0-9]{2,8})+)*(?:-x(?:-[a-z0-9]{1,8})+)?"
)
_PRIVATE = re.compile(r"(?:x(?:-[a-z0-9]{1,8})+|i-[a-z-]+|[a-z]{2}-[a-z]{2}-[a-z]+)")
# ISO 639-1, with the codes that it withdrew: a first letter, and what may follow it.
# fmt: off
_TWO = frozenset(
    word[0] + letter
    for word in (
        "aabefkmnrsvyz", "baeghimnors", "caehorsuvy", "daevz", "eelnostu", "fafijory", "gadlnuv",
        "haeiortuyz", "iadegiknostuw", "jaivw", "kagijklmnorsuvwy", "labginotuv", "mghiklnorsty",
        "nabdeglnorvy", "ocjmrs", "pailst", "qu", "rmnouw", "sacdeghiklmnoqrstuvw", "taeghiklnorstwy",
        "ugkrz", "veio", "wao", "xh", "yio", "zahu",
    )
    for letter in word[1:]
)
# fmt: on


def well_formed(tag: str) -> bool:
    """Tell whether a language tag is well-formed by BCP 47 (RFC 5646), with a two-letter language that ISO 639-1 has.

    Examples:
        >>> [well_formed(tag) for tag in ("en", "zh-Hant-TW", "de-1996", "jp", "english_us", "en-", "yue")]
        [True, True, True, False, False, False, True]
    """
    tag = tag.lower()
    parts = _TAG.fullmatch(tag)
    if parts is None:
        return _PRIVATE.fullmatch(tag) is not None
    return len(parts[1] or "abc") == 3 or parts[1] in _TWO


def labelled(c: Columns, language: str | None = None) -> NDArray[np.bool_]:
    """Tell of every term whether it has a label, in a language or in any; bool, one per term."""
    named = np.zeros(c.terms, dtype=bool)
    labels = c.kb.labels
    if language is not None:
        tag = language.lower()
        labels = labels.filter(pc.or_(pc.equal(labels["language"], tag), pc.starts_with(labels["language"], f"{tag}-")))
    named[labels["term"].to_numpy()] = True
    return named


def check_labels(c: Columns, most: int) -> Iterator[Finding]:
    """Check the labels of what occurs in facts."""
    yield from _missing(c, most)
    yield from _shared(c, most)
    yield from _bad_tags(c, most)
    terms = c.kb.labels["term"].to_numpy().astype(np.int64)
    empty = terms[pc.equal(pc.utf8_trim_whitespace(c.kb.labels["text"]), "").to_numpy()]
    items = [Item([term], facts=c.about(term)) for term in empty[:most].tolist()]
    yield Finding("empty-label", len(empty), items)
    length = pc.utf8_length(c.kb.labels["text"]).to_numpy()
    long = np.flatnonzero(length > LONGEST_LABEL)
    shown = long[np.argsort(-length[long], kind="stable")][:most].tolist()
    items = [Item([int(terms[row])], (f"{length[row]:,} characters",), int(length[row])) for row in shown]
    yield Finding("long-label", len(long), items, {"longest": LONGEST_LABEL})


def check_lexicon(c: Columns, most: int) -> Iterator[Finding]:
    """Find the predicates of facts that the lexicon has no statement for."""
    stated = c.kb.lexicon.filter(pc.equal(c.kb.lexicon["property"], "statement"))["predicate"].to_numpy()
    ruled = c.find([RDF + "type", RDFS + "subClassOf"])  # these have a rule of their own
    used, many = np.unique(c.predicate[: c.facts], return_counts=True)
    bare = np.flatnonzero(~np.isin(used, stated) & ~np.isin(used, ruled))
    bare = bare[np.argsort(-many[bare], kind="stable")]
    items = [
        Item([predicate], (counted(number, "fact", "facts"),), number, c.rows(predicate)[:3].tolist())
        for predicate, number in zip(used[bare[:most]].tolist(), many[bare[:most]].tolist(), strict=True)
    ]
    share = many[bare].sum() / max(1, c.facts)
    yield Finding("predicate-without-lexicon", len(bare), items, {"share": share})


def _missing(c: Columns, most: int) -> Iterator[Finding]:
    named = labelled(c)
    degree = np.bincount(np.concatenate([c.subject[: c.facts], c.object[: c.facts]]), minlength=c.terms)
    entities = c.entities[np.argsort(-degree[c.entities], kind="stable")]
    without = entities[~named[entities]]
    for id_, kind in (("entity-without-label", 0), ("blank-node-without-label", 2)):
        terms = without[c.kind[without] == kind]
        items = [Item([t], ("is called “", 0, "”"), int(degree[t]), c.about(t)) for t in terms[:most].tolist()]
        yield Finding(id_, len(terms), items, {"total": int((c.kind[entities] == kind).sum())})
    gaps = []
    for language in c.kb.languages:
        gap = entities[named[entities] & ~labelled(c, language)[entities]]
        if len(gap):
            gaps.append(Item(gap[:_SHOWN].tolist(), (f"no label in {language}",), len(gap)))
    yield Finding("label-missing-in-language", sum(gap.count for gap in gaps), gaps[:most])


def _shared(c: Columns, most: int) -> Iterator[Finding]:
    known = np.zeros(c.terms, dtype=bool)
    known[c.entities] = True
    labels = c.kb.labels.filter(pc.and_(c.kb.labels["preferred"], pa.array(known[c.kb.labels["term"].to_numpy()])))
    term = labels["term"].to_numpy().astype(np.int64)
    text, tag = codes_of(labels["text"]), codes_of(labels["language"])

    def label_of(row: int) -> dict[str, str]:
        return {name: labels[name][row].as_py() for name in ("text", "language")}

    groups = grouped(text, tag)
    shared = groups.largest()
    items = []
    for number in shared[:most]:
        members, label = term[groups[number]].tolist(), label_of(int(groups[number][0]))
        language = f"@{label['language']}" if label["language"] else ""
        note = f"all called “{label['text'][:LONGEST_LABEL]}”{language}"
        items.append(Item(members[:_SHOWN], (note,), len(members), c.example_of(members)))
    several = np.repeat(groups.sizes > 1, groups.sizes)
    yield Finding("shared-label", len(shared), items, {"entities": len(np.unique(term[groups.rows][several]))})
    groups = grouped(term, tag)
    twice = groups.largest()
    items = []
    for number in twice[:most]:
        named = [label_of(int(row)) for row in groups[number]]
        texts = ", ".join(f"“{label['text'][:60]}”" for label in named[:_SHOWN])
        note = f"{named[0]['language'] or 'no language'}: {texts}"
        items.append(Item([int(term[groups[number][0]])], (note,), len(named)))
    yield Finding("several-preferred-labels", len(twice), items)


def _bad_tags(c: Columns, most: int) -> Iterator[Finding]:
    labels, items = c.kb.labels, []
    for tag in sorted(tag for tag in pc.unique(labels["language"]).to_pylist() if tag and not well_formed(tag)):
        terms = labels.filter(pc.equal(labels["language"], tag))["term"].to_pylist()
        items.append(Item(terms[:_SHOWN], (f"labels tagged {tag}",), len(terms)))
    tagged = c.kb.terms["language"].cast(pa.string())
    for tag in sorted(tag for tag in pc.unique(tagged.drop_null()).to_pylist() if not well_formed(tag)):
        terms = np.flatnonzero(pc.fill_null(pc.equal(tagged, tag), False))
        used = terms[np.isin(terms, c.object[: c.facts])].tolist()
        if used:
            items.append(Item(used[:_SHOWN], (f"values tagged {tag}",), len(used), c.example_of(used)))
    items.sort(key=lambda item: (-item.count, item.note))
    yield Finding("bad-language-tag", sum(item.count for item in items), items[:most])
