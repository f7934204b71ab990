"""English labels in lower case → the forms in which a text has them: plurals, and what verbs become.

The rules are those of spelling that hold for regular words (R. Quirk et al., A Comprehensive Grammar of the English
Language, 1985, 3.5-3.10 and 5.79-5.83); for common irregular words there are lists. A noun or a verb is not told from
other words: of what is none, the forms made here are hardly ever words. Those known to be other words are left out.
"""

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray

from kaug.words.vocabulary import IRREGULAR_PASTS, IRREGULAR_PLURALS

__all__ = ["plurals", "verb_forms"]

# Words of which "-s", "-ing" or "-ed" makes another word, and words that are no nouns and no verbs.
_UNCHANGED = """
even morn shill inn wick rug rag crook her his its not and the for but nor yet with from into this that these those who what
when where why how very too also more most less least all any some none far ever never often new old good bad big small many
much few such own same other
"""
_Found = tuple[pa.Array, NDArray[np.int64]]


def plurals(labels: pa.Array) -> _Found:
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
    word = pc.struct_field(parts, [1])
    irregular = pc.index_in(word, pa.array(list(IRREGULAR_PLURALS)))
    regular = pc.and_(pc.is_valid(word), pc.is_null(irregular))
    regular = pc.and_(regular, pc.invert(pc.fill_null(pc.is_in(word, pa.array(_UNCHANGED.split())), True)))
    made, rest = [], regular
    for ending, cut, added in (
        ("(?:[^aeiou]|qu)y$", "y$", "ies"),
        ("[a-z]sis$", "is$", "es"),
        (
            "(?:business|chair|crafts|fire|fisher|gentle|noble|police|post|sales|snow|sports|states|work|wo)man$",
            "an$",
            "en",
        ),
        ("(?:s|x|z|ch|sh)$", "$", "es"),
        ("o$", "$", "es"),
        ("", "$", "s"),
    ):
        fits = pc.and_(rest, pc.fill_null(pc.match_substring_regex(word, ending), False)) if ending else rest
        rows = _rows(fits)
        made.append((pc.replace_substring_regex(labels.take(pa.array(rows)), cut, added), rows))
        if ending != "o$":  # photos, potatoes
            rest = pc.and_not(rest, fits)
    rows = _rows(pc.is_valid(irregular))
    plural = pa.array(list(IRREGULAR_PLURALS.values())).take(irregular.take(pa.array(rows)))
    made.append((pc.binary_join_element_wise(pc.struct_field(parts, [0]).take(pa.array(rows)), plural, ""), rows))
    return _together(made)


def verb_forms(labels: pa.Array) -> _Found:
    """Make what the first words of labels become if they are verbs: -ing and the past; of phrases, -s too.

    Args:
        labels: Strings; those that do not start with letters from a to z, and then end or go on with a space, have none.

    Returns:
        The forms, and for each the row number of its label.

    Examples:
        >>> verb_forms(pa.array(["run", "bake bread", "tie", "cry", "table"]))[0].to_pylist()
        ['tying', 'baking bread', 'tabling', 'running', 'crying', 'baked bread', 'tied', 'tabled', 'cried', 'bakes bread', 'ran']
    """
    parts = pc.extract_regex(labels, "^(?P<word>[a-z]+)(?P<rest>(?: .*)?)$")
    word, rest = pc.struct_field(parts, [0]), pc.struct_field(parts, [1])
    fits = pc.and_(pc.is_valid(word), pc.invert(pc.fill_null(pc.is_in(word, pa.array(_UNCHANGED.split())), True)))
    irregular = pc.index_in(word, pa.array(list(IRREGULAR_PASTS)))
    phrase = pc.not_equal(pc.fill_null(rest, ""), "")
    doubled = "^(?:[^aeiou]|qu)*[aeiou][bdgklmnprtv]$"
    made = []

    def make(those: pa.Array, rules: tuple[tuple[str, str, str], ...]) -> None:
        for ending, cut, added in rules:
            now = pc.and_(those, pc.match_substring_regex(word, ending)) if ending else those
            rows = _rows(now)
            stem = pc.replace_substring_regex(word.take(pa.array(rows)), cut, added)
            made.append((pc.binary_join_element_wise(stem, rest.take(pa.array(rows)), ""), rows))
            those = pc.and_not(those, pc.fill_null(now, False))

    make(fits, (("ie$", "ie$", "ying"), ("[^eoy]e$", "e$", "ing"), (doubled, "(.)$", r"\1\1ing"), ("", "$", "ing")))
    past = (("e$", "$", "d"), ("[^aeiou]y$", "y$", "ied"), (doubled, "(.)$", r"\1\1ed"), ("", "$", "ed"))
    make(pc.and_(fits, pc.is_null(irregular)), past)
    third = (("[^aeiou]y$", "y$", "ies"), ("(?:s|x|z|ch|sh|o)$", "$", "es"), ("", "$", "s"))
    make(pc.and_(fits, phrase), third)
    rows = _rows(pc.is_valid(irregular))
    pasts = pa.array(list(IRREGULAR_PASTS.values()), pa.list_(pa.string())).take(irregular.take(pa.array(rows)))
    rows = rows[pc.list_parent_indices(pasts).to_numpy()]
    made.append((pc.binary_join_element_wise(pasts.flatten(), rest.take(pa.array(rows)), ""), rows))
    return _together(made)


def _rows(mask: pa.Array) -> NDArray[np.int64]:
    return np.flatnonzero(pc.fill_null(mask, False).to_numpy(zero_copy_only=False))


def _together(made: list[_Found]) -> _Found:
    return pa.concat_arrays([forms for forms, _ in made]), np.concatenate([rows for _, rows in made])
