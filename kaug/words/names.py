"""Names of things → whether English puts the definite article before them: "the Baltic Sea", "the University of Oslo"."""

import re
import tomllib
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray

from kaug.words.english import with_article
from kaug.words.vocabulary import WORDS

__all__ = ["THE_KINDS", "are_known", "takes_the", "with_common_articles"]

_LISTS = {
    name: [" ".join(entry.split()) for entry in text.split(",")]
    for name, text in tomllib.loads(Path(__file__).with_suffix(".toml").read_text(encoding="utf-8")).items()
}

THE_KINDS = frozenset(_LISTS["kinds"])
"""The kinds of things, by their last word, all of whose names take the article: "the Aruban Florin"."""


def _any_of(name: str) -> str:
    return "(?:" + "|".join(map(re.escape, _LISTS[name])) + ")"


_AFTER = r"(?:,.*| \(.*)?$"
_LAST = rf"(?i)^[^,(]+ {_any_of('last')}{_AFTER}"
_CAPITAL = rf"^\p{{Lu}}\S*(?: [^,(]+)?(?i: {_any_of('after_capital')}){_AFTER}"
_OF = rf"(?i)^(?:{_any_of('names')}{_AFTER}|(?:[^,(]* )?(?:{_any_of('before_of')} of|{_any_of('before_for')} (?:for|on)) )"
_WITH_A_NAME = r"\PL\p{Lu}|^\p{Lu}\w+(?:an|ish|ese|ene) "
_COMMON = (
    rf"^\p{{Lu}}[\w-]*(?: \p{{Ll}}[\p{{Ll}}-]*)* {_any_of('common')}$|"
    rf"^(?:\p{{Lu}}[\w-]* )?(?i:{_any_of('instruments')})$"
)
_NONE_OF_KIND = "(?i) (?:creek|brook|run|water|beck|burn)$"
_NO_NAME = (
    r"(?i)^(?:the|an?|my|your|his|her|our|their|this|that|these|those|le|la|die|der|das)"
    r"\b|^\P{L}*$| the$"
)
_OWNED = r"^[^ ]+(?: [^ ]+)*['’]s [^ ]+(?: [^ ]+)?$"
_TEAM = r"^\p{Lu}\S*\p{Ll}\S*(?: \p{Lu}\S*)* \p{Lu}\p{L}+[^sui\W]s$"


def are_known(names: pa.Array) -> NDArray[np.bool_]:
    """Tell which texts are whole names that take the article, wherever they stand.

    Examples:
        >>> are_known(pa.array(["United States", "USA", "Baltic Sea shipping"])).tolist()
        [True, True, False]
    """
    return np.asarray(
        pc.match_substring_regex(names, rf"(?i)^{_any_of('names')}$").to_numpy(zero_copy_only=False), bool
    )


def with_common_articles(names: pa.Array) -> pa.Array:
    """Put the indefinite article before titles of common nouns, which Wikipedia writes with one capital: "Bass guitar".

    Only where the last word is known to be counted: "Alternative rock" stays.

    Examples:
        >>> names = ["Clarinet", "Bass guitar", "V12 engine", "Alternative rock", "Spanish guitar", "Big Engine"]
        >>> with_common_articles(pa.array(names)).to_pylist()
        ['a clarinet', 'a bass guitar', 'a V12 engine', 'Alternative rock', 'a Spanish guitar', 'Big Engine']
    """
    common = pc.fill_null(pc.match_substring_regex(names, _COMMON), False)
    if not pc.any(common).as_py():
        return names
    found = [with_article(_lower(name)) for name in names.filter(common).to_pylist()]
    return pc.replace_with_mask(names, common, pa.array(found, pa.string()))


def _lower(name: str) -> str:
    first, space, rest = name.partition(" ")
    ordinary = (
        re.fullmatch("[A-Z][a-z-]+", first)
        and not first.endswith(("an", "ish", "ese"))
        and first.lower() not in WORDS.proper
    )
    return f"{first.lower()}{space}{rest}" if ordinary else name


def takes_the(
    names: pa.Array, of_the_kinds: NDArray[np.bool_] | None = None, teams: NDArray[np.bool_] | None = None
) -> NDArray[np.bool_]:
    """Tell which names take the definite article, by their last word, the word before "of", or as a whole.

    Names that begin with an article or a determiner take none.

    Args:
        names: Strings (n,).
        of_the_kinds: bool (n,): whether it is of a kind all of whose names take it (`THE_KINDS`).
        teams: bool (n,): whether it is a team, which takes it if its name ends in a plural: "the Atlanta Falcons".

    Returns:
        bool (n,).

    Examples:
        >>> names = ["United States", "Baltic Sea", "University of Oslo", "Democratic Party (Italy)", "The Hague", "Oslo", "Togo"]
        >>> takes_the(pa.array(names)).tolist()
        [True, True, True, True, False, False, False]
    """
    # In lower case the last word tells nothing without a name before it: "national park", "Planet formation".
    last = pc.and_(pc.match_substring_regex(names, _LAST), pc.match_substring_regex(names, _WITH_A_NAME))
    fits = pc.or_(pc.or_(last, pc.match_substring_regex(names, _CAPITAL)), pc.match_substring_regex(names, _OF))
    if of_the_kinds is not None:
        fits = pc.or_(fits, pc.and_not(pa.array(of_the_kinds), pc.match_substring_regex(names, _NONE_OF_KIND)))
    if teams is not None:
        fits = pc.or_(fits, pc.and_(pa.array(teams), pc.match_substring_regex(names, _TEAM)))
    owned = pc.and_not(pc.match_substring_regex(names, _OWNED), pc.match_substring_regex(names, " (?:of|for) "))
    fits = pc.and_not(pc.and_not(fits, pc.match_substring_regex(names, _NO_NAME)), owned)
    return np.asarray(pc.fill_null(fits, False).to_numpy(zero_copy_only=False), bool)
