"""The labels of a knowledge base → the surface forms by which texts name its terms, each with its rule."""

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray

from kaug.arrays import Numbers
from kaug.knowledge.knowledge_base import KnowledgeBase
from kaug.retrieval.linking.characters import BETWEEN, SMALL, UPPER, WORD, read_batches
from kaug.retrieval.linking.inflection import plurals, verb_forms
from kaug.retrieval.linking.prefixes import ANY, EXACT, INSIDE, LOWER, NAMED
from kaug.wording.wording import Wording

__all__ = ["NAMES", "QUALIFIED", "SURFACES", "names_of", "surface_forms", "without_taken"]

_NAME = {"term": pa.uint32(), "language": pa.string(), "text": pa.string(), "label": pa.bool_()}
NAMES = pa.schema([pa.field(name, kind, nullable=False) for name, kind in _NAME.items()])
"""Names, sorted by term: `text` is a `label` of the term in a language, or the name shown for a term without one."""

_SURFACE = {"term": pa.uint32(), "text": pa.string(), "rule": pa.uint8(), "variant": pa.uint8()}
SURFACES = pa.schema([pa.field(name, kind, nullable=False) for name, kind in _SURFACE.items()])
"""Surface forms: `text` names `term` where `rule` allows it; a `variant` (1) yields to an equal label."""

QUALIFIED = "^(?P<name>.*[^ ]) ?[(（](?P<qualifier>[^()（）]+)[)）]$"
"""A label with a qualifier in brackets, and the two parts."""

_ACRONYM_UP_TO = 5
_LONGEST = 500  # characters: longer labels are texts, not names
_REFUSED = ("too short", "too long", "without a letter or digit")
# The minimum number of letters for plurals and verb forms, a spelling without marks, a genitive.
_INFLECTED_FROM, _PLAIN_FROM, _GENITIVE_FROM = 3, 4, 5
_GENITIVE = pa.array(["da", "de", "nb", "nn", "no", "sv"])
_UNMARKED = dict(
    zip(
        "øØłŁđĐðÐþÞßæÆœŒ",
        ("o", "O", "l", "L", "d", "D", "d", "D", "th", "Th", "ss", "ae", "Ae", "oe", "Oe"),
        strict=True,
    )
)


def names_of(kb: KnowledgeBase) -> pa.Table:
    """Return the names of all subjects and objects of facts: every label, in all kept languages.

    Returns:
        A table of the schema `NAMES`. A term without a label has a row for the name in its IRI; a literal has one for its
        value in words, and one for the value as written if they differ: "1,912" and "1912".

    Examples:
        >>> import tempfile
        >>> from pathlib import Path
        >>> from kaug.knowledge.build import build_kb
        >>> file = Path(tempfile.mkdtemp()) / "a.ttl"
        >>> _ = file.write_text("@prefix : <urn:x:> . :Alan_Turing :born 'London' .")
        >>> names_of(build_kb([file]))["text"].to_pylist()
        ['London', 'Alan Turing']
    """
    wanted = np.zeros(kb.terms.num_rows, bool)
    subject, _, object_ = kb.columns()
    wanted[subject] = wanted[object_] = True
    labels = kb.labels.filter(wanted[kb.labels["term"].to_numpy()])
    labelled = labels["term"].to_numpy()
    wanted[labelled] = False
    rest = np.flatnonzero(wanted)
    shown = Wording(kb).labels(rest).cast(pa.string())
    value = kb.terms["value"].take(rest).cast(pa.string())
    literal = pc.equal(kb.terms["kind"].take(rest).cast(pa.string()), "literal")
    written = np.flatnonzero(pc.and_(literal, pc.not_equal(value, shown)))
    term = np.concatenate([labelled, rest, rest[written]]).astype(np.uint32)
    language = [*labels["language"].cast(pa.string()).chunks, pa.repeat(pa.scalar(""), len(term) - len(labelled))]
    text = [*labels["text"].cast(pa.string()).chunks, shown, *value.take(written).chunks]
    label = np.arange(len(term)) < len(labelled)
    columns = [pa.array(term), pa.chunked_array(language), pa.chunked_array(text), pa.array(label)]
    return pa.table(columns, schema=NAMES).take(np.argsort(term, kind="stable")).combine_chunks()


def surface_forms(kb: KnowledgeBase) -> tuple[pa.Table, dict[str, int]]:
    """Make the surface forms of all subjects and objects of facts, except literals.

    A form is a label in any kept language, or, for an IRI without a label, the name in it; and

    - the name before a qualifier in brackets: "Georgia" of "Georgia (country)";
    - of English labels that start in lower case: plurals and verb forms, see `kaug.retrieval.linking.inflection`;
    - of names: the spelling without marks ("Sao Paulo"), if the script is Latin; in German and the Scandinavian
      languages the genitive in -s.

    Returns:
        A table of the schema `SURFACES`, and counts of labels, and of labels refused by reason.
    """
    term, language, text, labelled = _labels(kb)
    parts = pc.extract_regex(text, QUALIFIED)
    qualified = np.flatnonzero(pc.is_valid(parts))
    text = pa.concat_arrays([text, pc.struct_field(parts, [0]).take(qualified)])
    row = np.append(np.arange(len(term)), qualified)
    rule, refused = _rules(text)
    by_reason = np.bincount(refused[: len(term)], minlength=4)[1:].tolist()
    counts = {"labels": len(term), **dict(zip(_REFUSED, by_reason, strict=True))}
    kept = np.flatnonzero(refused == 0)
    text, row, rule = text.take(kept), row[kept], rule[kept]
    rule[~labelled[row]] = ANY

    variants = _variants(text, language.take(row), rule)
    index = np.concatenate([np.arange(len(text)), *(rows for _, rows in variants)])
    variant = np.arange(len(index)) >= len(text)
    text = pa.concat_arrays([text, *(forms for forms, _ in variants)])
    # A text may spell letters with marks as one character or as two.
    apart = pc.utf8_normalize(text, "NFD")
    other = np.flatnonzero(pc.not_equal(apart, text))
    index, variant = np.append(index, index[other]), np.append(variant, variant[other])
    text = pa.concat_arrays([text, apart.take(other)])
    return pa.table([term[row[index]], text, rule[index], variant.astype(np.uint8)], schema=SURFACES), counts


def without_taken(form: NDArray[np.uint64], rule: NDArray[np.uint8], variant: NDArray[np.uint8]) -> NDArray[np.bool_]:
    """Drop variants that equal a label: "news" is not the plural of "new".

    Args:
        form: uint64 (n,): the hash of each surface form.
        rule: uint8 (n,): the rule of each.
        variant: uint8 (n,): 1 for variants, 0 for labels.

    Returns:
        bool (n,): the forms to keep. A variant stays if the label is not allowed where it is: "birds" beside "Birds".
    """
    _, number = np.unique(form, return_inverse=True)
    labels = np.zeros(number.max(initial=-1) + 1, np.uint8)
    label = variant == 0
    np.bitwise_or.at(labels, number[label], np.where(rule[label] & ANY, 255, rule[label]).astype(np.uint8))
    taken = labels[number]
    return np.asarray(label | (((taken & rule) == 0) & ((rule != ANY) | (taken == 0))))


def _labels(kb: KnowledgeBase) -> tuple[NDArray[np.uint32], pa.Array, pa.Array, NDArray[np.bool_]]:
    """Return terms, languages and cleaned texts of all names except literals, and whether each is a label."""
    names = names_of(kb)
    kind = kb.terms["kind"].cast(pa.string()).take(names["term"])
    # A blank node without a label has no name.
    names = names.filter(pc.and_(pc.not_equal(kind, "literal"), pc.or_(names["label"], pc.equal(kind, "iri"))))
    language, text = (names[name].combine_chunks() for name in ("language", "text"))
    language = pc.list_element(pc.split_pattern(language, "-", max_splits=1), 0)
    text = pc.binary_join(pc.utf8_split_whitespace(pc.replace_substring(text, "\u00ad", "")), " ")
    text = pc.utf8_normalize(pc.utf8_trim_whitespace(text), "NFC")
    return names["term"].to_numpy(), language, text, names["label"].to_numpy()


def _rules(texts: pa.Array) -> tuple[NDArray[np.uint8], NDArray[np.uint8]]:
    """Return the rule of each label, and the reason why it is refused, an index into `_REFUSED` from 1, or 0."""
    rules, refused = [np.empty(0, np.uint8)], [np.empty(0, np.uint8)]
    for _, read in read_batches(texts.to_pylist()):
        end = np.flatnonzero(read.code == BETWEEN)
        begin = np.append(0, end[:-1] + 1)
        length = end - begin
        kinds = np.bitwise_or.reduceat(read.kind, begin)
        any_upper, any_small = (kinds & UPPER) > 0, (kinds & SMALL) > 0
        upper, small = (read.kind[begin] & UPPER) > 0, (read.kind[begin] & SMALL) > 0
        exact = any_upper & ~any_small & (length <= _ACRONYM_UP_TO)
        inside = upper & (length == 2)
        rules.append(np.select([exact, inside, upper, small], [EXACT, INSIDE, NAMED, LOWER], ANY).astype(np.uint8))
        letters = np.maximum.reduceat(((read.kind & WORD) > 0) & (read.code != ord("_")), begin)
        short = (length < 2) | ((length == 2) & any_small & ~any_upper)
        refused.append(np.select([short, length > _LONGEST, ~letters], [1, 2, 3], 0).astype(np.uint8))
    return np.concatenate(rules), np.concatenate(refused)


def _variants(text: pa.Array, language: pa.Array, rule: NDArray[np.uint8]) -> list[tuple[pa.Array, Numbers]]:
    """Return spelling variants of forms, and the row number of each one's form."""
    letters = pc.count_substring_regex(text, r"\pL").to_numpy()
    inflected = np.asarray(pc.is_in(language, pa.array(["", "en"]))) & (letters >= _INFLECTED_FROM)
    name = rule == NAMED
    germanic = np.asarray(pc.is_in(language, _GENITIVE)) & (letters >= _GENITIVE_FROM)
    lengthened = np.asarray(pc.match_substring_regex(text, r"[^\PLsxzßSXZ]$"))
    marked = ~np.asarray(pc.string_is_ascii(text)) & (letters >= _PLAIN_FROM)
    made = []
    for make, fits in (
        (plurals, inflected & np.isin(rule, (LOWER, ANY))),
        (verb_forms, inflected & (rule == LOWER)),
        (_genitives, name & germanic & lengthened),
        (_unmarked, name & marked),
    ):
        rows = np.flatnonzero(fits)
        forms, index = make(text.take(rows))
        made.append((forms, rows[index]))
    return made


def _genitives(names: pa.Array) -> tuple[pa.Array, Numbers]:
    return pc.binary_join_element_wise(names, "s", ""), np.arange(len(names))


def _unmarked(names: pa.Array) -> tuple[pa.Array, Numbers]:
    """Remove the marks of names' letters; return the names that are ASCII then, and their rows."""
    plain = pc.replace_substring_regex(pc.utf8_normalize(names, "NFKD"), r"\p{Mn}", "")
    for letter, instead in _UNMARKED.items():
        plain = pc.replace_substring(plain, letter, instead)
    rows = np.flatnonzero(pc.string_is_ascii(plain))
    return plain.take(rows), rows
