"""Columns → what is wrong with the names of things: missing, shared, malformed labels, and predicates without a lexicon entry."""

import re

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray

from kaug.arrays import Numbers as Ints
from kaug.arrays import runs
from kaug.curation.quality.columns import RDF, RDFS, Columns
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
    found = _TAG.fullmatch(tag)
    if found is None:
        return _PRIVATE.fullmatch(tag) is not None
    return len(found[1] or "abc") == 3 or found[1] in _TWO


def labelled(c: Columns, language: str | None = None) -> NDArray[np.bool_]:
    """Tell of every term whether it has a label, in a language or in any; bool, one per term."""
    found = np.zeros(c.terms, dtype=bool)
    rows = c.kb.labels
    if language is not None:
        tag = language.lower()
        own = pc.or_(pc.equal(rows["language"], tag), pc.starts_with(rows["language"], f"{tag}-"))
        rows = rows.filter(own)
    found[rows["term"].to_numpy()] = True
    return found


def check_labels(c: Columns, most: int) -> list[Finding]:
    """Check the labels of what occurs in facts."""
    return [*_missing(c, most), *_shared(c, most), *_malformed(c, most)]


def check_lexicon(c: Columns, most: int) -> list[Finding]:
    """Find the predicates of facts that the lexicon has no statement for."""
    said = c.kb.lexicon.filter(pc.equal(c.kb.lexicon["property"], "statement"))["predicate"].to_numpy()
    used, many = np.unique(c.predicate[: c.facts], return_counts=True)
    ruled = c.find([RDF + "type", RDFS + "subClassOf"])  # these have a rule of their own
    bare = ~np.isin(used, said) & ~np.isin(used, ruled)
    order = np.flatnonzero(bare)[np.lexsort((used[bare], -many[bare]))]
    if not len(order):
        return []
    share = many[bare].sum() / c.facts
    items = [
        Item(
            [int(used[n])],
            (f"{counted(int(many[n]), 'fact', 'facts')}",),
            int(many[n]),
            c.rows(int(used[n]))[:3].tolist(),
        )
        for n in order[:most]
    ]
    return [
        Finding(
            "predicate-without-lexicon",
            "labels",
            "warning",
            f"{counted(len(order), 'predicate has', 'predicates have')} no statement in the lexicon; "
            f"{share:.0%} of the facts are said by rule.",
            "Read the sentences below; write kaug:statement and kaug:question for each predicate that reads badly.",
            len(order),
            items,
        )
    ]


def _missing(c: Columns, most: int) -> list[Finding]:
    named = labelled(c)
    found = []
    without = c.entities[~named[c.entities]]
    degree = np.bincount(np.concatenate([c.subject[: c.facts], c.object[: c.facts]]), minlength=c.terms)
    without = without[np.lexsort((without, -degree[without]))]
    for id_, kind, one, many, do in (
        (
            "entity-without-label",
            0,
            "entity has",
            "entities have",
            "Add rdfs:label; until then the name below is taught.",
        ),
        (
            "blank-node-without-label",
            2,
            "blank node has",
            "blank nodes have",
            "Give the node a label or an IRI with one, or leave its facts out of what is taught: its name is a digest.",
        ),
    ):
        part = without[c.kind[without] == kind]
        if len(part):
            of = int((c.kind[c.entities] == kind).sum())
            what = f"{counted(len(part), one, many)} no label in any language kept, of {of:,} in facts."
            items = [
                Item([int(term)], ("is called “", 0, "”"), int(degree[term]), c.about(int(term)))
                for term in part[:most]
            ]
            found.append(Finding(id_, "labels", "warning", what, do, len(part), items))
    gaps, total = [], 0
    for language in c.kb.languages:
        gap = c.entities[named[c.entities] & ~labelled(c, language)[c.entities]]
        gap = gap[np.lexsort((gap, -degree[gap]))]
        total += len(gap)
        if len(gap):
            gaps.append(Item([int(term) for term in gap[:_SHOWN]], (f"no label in {language}",), len(gap)))
    if gaps:
        what = f"{counted(total, 'label is', 'labels are')} missing in a wanted language, of entities that have one in another."
        do = "Add the labels, or take the language out of [knowledge] languages."
        found.append(Finding("label-missing-in-language", "labels", "info", what, do, total, gaps[:most]))
    return found


def _shared(c: Columns, most: int) -> list[Finding]:
    known = np.zeros(c.terms, dtype=bool)
    known[c.entities] = True
    rows = c.kb.labels.filter(pc.and_(c.kb.labels["preferred"], pa.array(known[c.kb.labels["term"].to_numpy()])))
    term, names = rows["term"].to_numpy().astype(np.int64), _label_codes(rows)
    found = []
    order = np.lexsort((term, names))
    starts, sizes = runs(names[order])
    many = sizes > 1
    if many.any():
        best = np.flatnonzero(many)[np.lexsort((starts[many], -sizes[many]))]
        # The text decides between groups of one size, so that it does not matter how the codes came about.
        items = []
        for n in best[:most]:
            at = order[starts[n] : starts[n] + sizes[n]]
            shown = [int(t) for t in term[at][:_SHOWN]]
            label = rows.slice(int(at[0]), 1).to_pylist()[0]
            tag = f"@{label['language']}" if label["language"] else ""
            facts = [row for t in shown[:3] for row in c.about(t)[:1]]
            items.append(Item(shown, (f"all called “{label['text'][:LONGEST_LABEL]}”{tag}",), int(sizes[n]), facts))
        entities = len(np.unique(term[order][np.repeat(many, sizes)]))
        found.append(
            Finding(
                "shared-label",
                "labels",
                "warning",
                f"{counted(int(many.sum()), 'label is', 'labels are')} shared by several entities ({entities:,} in all).",
                "Merge those that are one thing; tell the others apart in their labels: a question cannot.",
                int(many.sum()),
                items,
            )
        )
    tags = _codes(rows["language"])
    pairs = term * (int(tags.max(initial=0)) + 1) + tags
    _, first, number = np.unique(pairs, return_index=True, return_counts=True)
    twice = np.flatnonzero(number > 1)
    if len(twice):
        chosen = twice[np.lexsort((twice, -number[twice]))][:most]
        items = []
        for n in chosen:
            part = rows.take(pa.array(np.flatnonzero(pairs == pairs[first[n]]))).to_pylist()
            said = ", ".join(f"“{row['text'][:60]}”" for row in part[:_SHOWN])
            items.append(
                Item([int(term[first[n]])], (f"{part[0]['language'] or 'no language'}: {said}",), int(number[n]))
            )
        what = f"{counted(len(twice), 'entity has', 'entities have')} several preferred labels in one language."
        do = "Keep one; make the others skos:altLabel. Which one is said is otherwise settled by the alphabet."
        found.append(Finding("several-preferred-labels", "labels", "warning", what, do, len(twice), items))
    return found


def _malformed(c: Columns, most: int) -> list[Finding]:
    labels, found = c.kb.labels, []
    tags = pc.unique(labels["language"]).to_pylist()
    bad = sorted(tag for tag in tags if tag and not well_formed(tag))
    languages = c.kb.terms["language"].unify_dictionaries().combine_chunks()
    items = []
    for tag in bad:
        terms = labels.filter(pc.equal(labels["language"], tag))["term"].to_numpy()
        items.append(Item([int(t) for t in terms[:_SHOWN]], (f"labels tagged {tag}",), len(terms)))
    for place, tag in enumerate(languages.dictionary.to_pylist()):
        if not well_formed(tag):
            chosen = np.flatnonzero(
                pc.fill_null(pc.equal(languages.indices, place), False).to_numpy(zero_copy_only=False)
            )
            used = chosen[np.isin(chosen, c.object[: c.facts])]
            if len(used):
                facts = [row for term in used[:3] for row in c.about(int(term))[:1]]
                items.append(Item([int(t) for t in used[:_SHOWN]], (f"values tagged {tag}",), len(used), facts))
    if items:
        total = sum(item.count for item in items)
        items.sort(key=lambda item: (-item.count, item.note))
        what = f"{counted(total, 'label or value has', 'labels or values have')} a language tag that is not BCP 47."
        do = "Correct the tag (ja, not jp; zh-Hant, not zh_TW): no wanted language matches it."
        found.append(Finding("bad-language-tag", "labels", "error", what, do, total, items[:most]))
    terms = labels["term"].to_numpy().astype(np.int64)
    length = pc.utf8_length(labels["text"]).to_numpy()
    empty = terms[pc.equal(pc.utf8_trim_whitespace(labels["text"]), "").to_numpy()]
    if len(empty):
        what = f"{counted(len(empty), 'label is', 'labels are')} empty."
        do = "Remove the label, or write it."
        items = [Item([int(term)], (), 1, c.about(int(term))) for term in empty[:most]]
        found.append(Finding("empty-label", "labels", "error", what, do, len(empty), items))
    long = np.flatnonzero(length > LONGEST_LABEL)
    if len(long):
        chosen = long[np.lexsort((long, -length[long]))][:most]
        what = f"{counted(len(long), 'label is', 'labels are')} longer than {LONGEST_LABEL} characters."
        do = "Give the thing a name, and keep the long text as rdfs:comment."
        items = [Item([int(terms[n])], (f"{length[n]:,} characters",), int(length[n])) for n in chosen]
        found.append(Finding("long-label", "labels", "warning", what, do, len(long), items))
    return found


def _label_codes(rows: pa.Table) -> Ints:
    text, tag = _codes(rows["text"]), _codes(rows["language"])
    return text * (int(tag.max(initial=0)) + 1) + tag


def _codes(column: pa.ChunkedArray) -> Ints:
    """Number equal strings alike, in the order in which they first stand."""
    return np.asarray(
        column.combine_chunks().dictionary_encode().indices.to_numpy(zero_copy_only=False), dtype=np.int64
    )
