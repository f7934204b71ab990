"""English labels in lower case → their other forms in a text: plurals, and the forms of verbs.

The rules are those of regular spelling (R. Quirk et al., A Comprehensive Grammar of the English Language, 1985, 3.5-3.10 and
5.79-5.83); common irregular words are listed. Every word is inflected as a noun and as a verb, since wrong forms are rarely
words. Known exceptions are left out.
"""

from collections.abc import Iterator

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray

from kaug.words.vocabulary import WORDS

__all__ = ["plurals", "verb_forms"]

_Forms = tuple[pa.Array, NDArray[np.int64]]  # forms, and the row number of each one's word
_Rules = tuple[tuple[str, str, str], ...]  # (pattern of the word, pattern to replace, replacement)

_MEN = "business|chair|crafts|fire|fisher|gentle|noble|police|post|sales|snow|sports|states|work|wo"
_BOTH = "o$"  # photos, potatoes
_PLURAL: _Rules = (
    ("(?:[^aeiou]|qu)y$", "y$", "ies"),
    ("[a-z]sis$", "is$", "es"),
    (f"(?:{_MEN})man$", "an$", "en"),
    ("(?:s|x|z|ch|sh)$", "$", "es"),
    (_BOTH, "$", "es"),
    ("", "$", "s"),
)
_DOUBLED = "^(?:[^aeiou]|qu)*[aeiou][bdgklmnprtv]$"
_ING: _Rules = (("ie$", "ie$", "ying"), ("[^eoy]e$", "e$", "ing"), (_DOUBLED, "(.)$", r"\1\1ing"), ("", "$", "ing"))
_PAST: _Rules = (("e$", "$", "d"), ("[^aeiou]y$", "y$", "ied"), (_DOUBLED, "(.)$", r"\1\1ed"), ("", "$", "ed"))
_THIRD_PERSON: _Rules = (("[^aeiou]y$", "y$", "ies"), ("(?:s|x|z|ch|sh|o)$", "$", "es"), ("", "$", "s"))


def plurals(labels: pa.Array) -> _Forms:
    """Make plurals of the last words of labels.

    Args:
        labels: Strings; those that do not end in a letter from a to z have no plural.

    Returns:
        The plurals, and for each the row number of its label.

    Examples:
        >>> plurals(pa.array(["berry", "fox", "police officer", "potato", "wise man", "analysis", "human"]))[0].to_pylist()
        ['berries', 'analyses', 'foxes', 'potatoes', 'police officers', 'potatos', 'humans', 'wise men']
    """
    parts = pc.extract_regex(labels, r"^(?P<head>.*?)(?P<word>[a-z]+)$")
    head, word = (pc.struct_field(parts, [field]) for field in range(2))
    irregular = pc.index_in(word, pa.array(list(WORDS.irregular_plurals)))
    forms = list(_apply(_PLURAL, word, pc.and_(_may_change(word), pc.is_null(irregular))))
    rows = _rows(pc.is_valid(irregular))
    forms.append((pa.array(list(WORDS.irregular_plurals.values())).take(irregular.take(pa.array(rows))), rows))
    return _concatenated(
        (pc.binary_join_element_wise(head.take(pa.array(rows)), form, ""), rows) for form, rows in forms
    )


def verb_forms(labels: pa.Array) -> _Forms:
    """Inflect the first words of labels as verbs: -ing and the past; of phrases, -s too.

    Args:
        labels: Strings; those that do not start with letters from a to z, and then end or go on with a space, have none.

    Returns:
        The forms, and for each the row number of its label.

    Examples:
        >>> verb_forms(pa.array(["run", "bake bread", "tie", "cry", "table"]))[0].to_pylist()
        ['tying', 'baking bread', 'tabling', 'running', 'crying', 'baked bread', 'tied', 'tabled', 'cried', 'bakes bread', 'ran']
    """
    parts = pc.extract_regex(labels, "^(?P<word>[a-z]+)(?P<rest>(?: .*)?)$")
    word, rest = (pc.struct_field(parts, [field]) for field in range(2))
    may_change = _may_change(word)
    irregular = pc.index_in(word, pa.array(list(WORDS.irregular_pasts)))
    forms = [
        *_apply(_ING, word, may_change),
        *_apply(_PAST, word, pc.and_(may_change, pc.is_null(irregular))),
        *_apply(_THIRD_PERSON, word, pc.and_(may_change, pc.not_equal(pc.fill_null(rest, ""), ""))),
    ]
    rows = _rows(pc.is_valid(irregular))
    pasts = pa.array(list(WORDS.irregular_pasts.values()), pa.list_(pa.string())).take(irregular.take(pa.array(rows)))
    forms.append((pasts.flatten(), rows[pc.list_parent_indices(pasts).to_numpy()]))
    return _concatenated(
        (pc.binary_join_element_wise(form, rest.take(pa.array(rows)), ""), rows) for form, rows in forms
    )


def _may_change(words: pa.Array) -> pa.Array:
    return pc.and_(pc.is_valid(words), pc.invert(pc.is_in(words, pa.array(list(WORDS.uninflected)))))


def _apply(rules: _Rules, words: pa.Array, rest: pa.Array) -> Iterator[_Forms]:
    """Apply to each word of a mask the first rule that matches; to a word with both endings, the next one as well."""
    for pattern, old, new in rules:
        matched = pc.and_(rest, pc.fill_null(pc.match_substring_regex(words, pattern), False)) if pattern else rest
        rows = _rows(matched)
        yield pc.replace_substring_regex(words.take(pa.array(rows)), old, new), rows
        if pattern != _BOTH:
            rest = pc.and_not(rest, matched)


def _rows(mask: pa.Array) -> NDArray[np.int64]:
    return np.flatnonzero(mask.to_numpy(zero_copy_only=False))


def _concatenated(parts: Iterator[_Forms]) -> _Forms:
    forms, rows = zip(*parts, strict=True)
    return pa.concat_arrays(forms), np.concatenate(rows)
