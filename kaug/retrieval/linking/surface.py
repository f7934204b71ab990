"""The labels of a knowledge base → the surface forms by which texts name its terms, each with where it may stand."""

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray

from kaug.knowledge.knowledge_base import KnowledgeBase
from kaug.retrieval.linking.characters import BETWEEN, SMALL, UPPER, WORD, read_characters
from kaug.retrieval.linking.inflection import plurals, verb_forms
from kaug.retrieval.linking.prefixes import ANY, EXACT, INSIDE, LOWER, NAMED, batches
from kaug.wording.wording import Wording

__all__ = ["NAMES", "QUALIFIED", "SURFACES", "names_of", "surface_forms", "without_taken"]

NAMES = pa.schema(
    [
        pa.field("term", pa.uint32(), nullable=False),
        pa.field("language", pa.string(), nullable=False),
        pa.field("text", pa.string(), nullable=False),
        pa.field("label", pa.bool_(), nullable=False),
    ]
)
"""Names, sorted by term: `text` is a `label` of the term in a language, or what is shown of a term without one."""

SURFACES = pa.schema(
    [
        pa.field("term", pa.uint32(), nullable=False),
        pa.field("text", pa.string(), nullable=False),
        pa.field("rule", pa.uint8(), nullable=False),
        pa.field("variant", pa.uint8(), nullable=False),
    ]
)
"""Surface forms: `text` names `term` where `rule` allows it; a `variant` (1) gives way to a label that reads the same."""

QUALIFIED = "^(?P<name>.*[^ ]) ?[(（](?P<qualifier>[^()（）]+)[)）]$"
"""A label with a qualifier in brackets, and the two parts."""

_INFLECTED_FROM = 3
_ACRONYM_UP_TO = 5
_LONGEST = 500  # characters: what is longer is a text, and no name
_PLAIN_FROM = 4
_GENITIVE_FROM = 5
_GENITIVE = pa.array(["da", "de", "nb", "nn", "no", "sv"])
_UNMARKED = {
    "ø": "o",
    "ł": "l",
    "đ": "d",
    "ð": "d",
    "þ": "th",
    "ß": "ss",
    "æ": "ae",
    "œ": "oe",
}
_REFUSED = ("too short", "too long", "without a letter or digit")


def names_of(kb: KnowledgeBase) -> pa.Table:
    """Gather the names of all that is subject or object of a fact: every label, in all languages kept.

    Args:
        kb: The knowledge base.

    Returns:
        A table of the schema `NAMES`. A term without a label has a row for the name in its IRI; a literal one for its value
        in words, and one for the value as written, if that is another: "1,912" and "1912".

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
    labels = kb.labels.filter(pa.array(wanted[kb.labels["term"].to_numpy()]))
    labelled = labels["term"].to_numpy()
    wanted[labelled] = False
    rest = np.flatnonzero(wanted)
    shown = Wording(kb).labels(rest).cast(pa.string())
    value = kb.terms["value"].take(pa.array(rest)).cast(pa.string())
    literal = pc.equal(kb.terms["kind"].take(pa.array(rest)).cast(pa.string()), "literal")
    written = np.flatnonzero(pc.and_(literal, pc.not_equal(value, shown)).to_numpy())
    term = np.concatenate([labelled, rest, rest[written]]).astype(np.uint32)
    language = [*labels["language"].cast(pa.string()).chunks, pa.repeat(pa.scalar(""), len(term) - len(labelled))]
    text = [*labels["text"].cast(pa.string()).chunks, shown, *value.take(pa.array(written)).chunks]
    label = np.arange(len(term)) < len(labelled)
    columns = [pa.array(term), pa.chunked_array(language), pa.chunked_array(text), pa.array(label)]
    order = pa.array(np.argsort(term, kind="stable"))
    return pa.table(columns, schema=NAMES).take(order).combine_chunks()


def surface_forms(kb: KnowledgeBase) -> tuple[pa.Table, dict[str, int]]:
    """Make the surface forms of all that is subject or object of a fact, literals left out.

    A form is a label in any language kept, or, for an IRI without a label, the name in it; and

    - what stands before a qualifier in brackets: "Georgia" of "Georgia (country)";
    - of English labels that start in lower case: plurals and verb forms, see `kaug.retrieval.linking.inflection`;
    - of names: the spelling without marks ("Sao Paulo"), if the script is Latin; in German and the Scandinavian
      languages the genitive in -s.

    Args:
        kb: The knowledge base.

    Returns:
        A table of the schema `SURFACES`, and counts: of labels, and of those refused, by the reason.
    """
    term, language, text, named = _labels(kb)
    counts = {"labels": len(text)}
    parts = pc.extract_regex(text, QUALIFIED)
    bare = _rows(pc.is_valid(parts))
    name = pc.struct_field(parts, [0]).take(pa.array(bare))
    text = pa.concat_arrays([text, name])
    every = np.concatenate([np.arange(len(term)), bare])
    rule, refused = _rules(text)
    for reason, code in zip(_REFUSED, range(1, 4), strict=True):
        counts[reason] = int((refused[: len(term)] == code).sum())
    kept = np.flatnonzero(refused == 0)
    text, every, rule = text.take(pa.array(kept)), every[kept], rule[kept]
    rule[~named[every]] = ANY
    term, language = term[every], language.take(pa.array(every))

    variants = _variants(text, language, rule)
    row = np.concatenate([np.arange(len(text)), *(rows for _, rows in variants)])
    is_variant = np.arange(len(row)) >= len(text)
    text = pa.concat_arrays([text, *(forms for forms, _ in variants)])
    # A text may spell letters with marks as one character or as two.
    apart = pc.utf8_normalize(text, "NFD")
    other = _rows(pc.not_equal(apart, text))
    row, is_variant = np.concatenate([row, row[other]]), np.concatenate([is_variant, is_variant[other]])
    columns = {
        "term": term[row],
        "text": pa.concat_arrays([text, apart.take(pa.array(other))]),
        "rule": rule[row],
        "variant": is_variant.astype(np.uint8),
    }
    return pa.table(columns, schema=SURFACES), counts


def without_taken(form: NDArray[np.uint64], rule: NDArray[np.uint8], variant: NDArray[np.uint8]) -> NDArray[np.bool_]:
    """Leave out variants that read as a label does: "news" are not several "new".

    Args:
        form: uint64 (n,): a number for what each surface form reads as.
        rule: uint8 (n,): where each may stand.
        variant: uint8 (n,): 1 for variants, 0 for labels.

    Returns:
        bool (n,): which to keep. A variant stays if the label may not stand where it may: "birds" beside "Birds".
    """
    _, number = np.unique(form, return_inverse=True)
    labels = np.zeros(number.max(initial=-1) + 1, np.uint8)
    own = variant == 0
    np.bitwise_or.at(labels, number[own], np.where(rule[own] & ANY, 255, rule[own]).astype(np.uint8))
    there = labels[number]
    return np.asarray(own | (((there & rule) == 0) & ((rule != ANY) | (there == 0))))


def _labels(kb: KnowledgeBase) -> tuple[NDArray[np.uint32], pa.Array, pa.Array, NDArray[np.bool_]]:
    """Terms, languages and texts of the names of all but literals, cleaned; and whether each is a label."""
    names = names_of(kb)
    kind = kb.terms["kind"].cast(pa.string()).take(names["term"])
    # What is shown of a blank node without a label is no name.
    looked_for = pc.and_(pc.not_equal(kind, "literal"), pc.or_(names["label"], pc.equal(kind, "iri")))
    names = names.filter(looked_for)
    language = pc.list_element(pc.split_pattern(_one(names["language"]), "-", max_splits=1), 0)
    text = pc.replace_substring(_one(names["text"]), "\u00ad", "")
    text = pc.binary_join(pc.utf8_split_whitespace(text), " ")
    text = pc.utf8_normalize(pc.utf8_trim_whitespace(text), "NFC")
    return names["term"].to_numpy(), language, text, names["label"].to_numpy()


def _rules(texts: pa.Array) -> tuple[NDArray[np.uint8], NDArray[np.uint8]]:
    """Return the rule of each label, and the reason why it is refused, an index into `_REFUSED` from 1, or 0."""
    rules, refused = [np.empty(0, np.uint8)], [np.empty(0, np.uint8)]
    for _, some in batches(texts.to_pylist()):
        read = read_characters(some)
        end = np.flatnonzero(read.code == BETWEEN)
        begin = np.concatenate([[0], end[:-1] + 1])
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


def _variants(text: pa.Array, language: pa.Array, rule: NDArray[np.uint8]) -> list[tuple[pa.Array, NDArray[np.int64]]]:
    """Other spellings of forms, and the row number of each one's form."""
    letters = pc.count_substring_regex(text, r"\pL").to_numpy()
    english = pc.is_in(language, pa.array(["", "en"])).to_numpy(zero_copy_only=False)
    inflected = english & (letters >= _INFLECTED_FROM)
    names = rule == NAMED
    germanic = pc.is_in(language, _GENITIVE).to_numpy(zero_copy_only=False)
    lengthened = pc.match_substring_regex(text, r"[^\PLsxzßSXZ]$")
    made = []
    for make, rows in (
        (plurals, np.flatnonzero(inflected & ((rule == LOWER) | (rule == ANY)))),
        (verb_forms, np.flatnonzero(inflected & (rule == LOWER))),
        (_genitives, np.flatnonzero(names & germanic & (letters >= _GENITIVE_FROM) & _flags(lengthened))),
        (_unmarked, np.flatnonzero(names & (letters >= _PLAIN_FROM) & ~_flags(pc.string_is_ascii(text)))),
    ):
        forms, found = make(text.take(pa.array(rows)))
        made.append((forms, rows[found]))
    return made


def _genitives(names: pa.Array) -> tuple[pa.Array, NDArray[np.int64]]:
    return pc.binary_join_element_wise(names, "s", ""), np.arange(len(names))


def _unmarked(names: pa.Array) -> tuple[pa.Array, NDArray[np.int64]]:
    """Names without the marks of their letters, if that leaves nothing but ASCII."""
    plain = pc.replace_substring_regex(pc.utf8_normalize(names, "NFKD"), r"\p{Mn}", "")
    for letter, instead in _UNMARKED.items():
        plain = pc.replace_substring(plain, letter, instead)
        if letter != "ß":
            plain = pc.replace_substring(plain, letter.upper(), instead.capitalize())
    rows = _rows(pc.string_is_ascii(plain))
    return plain.take(pa.array(rows)), rows


def _one(column: pa.ChunkedArray) -> pa.Array:
    return pa.concat_arrays(column.chunks or [pa.array([], column.type)])


def _flags(mask: pa.Array) -> NDArray[np.bool_]:
    return np.asarray(mask.to_numpy(zero_copy_only=False))


def _rows(mask: pa.Array) -> NDArray[np.int64]:
    return np.flatnonzero(_flags(mask))
