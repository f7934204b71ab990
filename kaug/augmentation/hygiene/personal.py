"""Texts → the personal data in them, and the texts with its kind in its place.

Where a number has a check digit, only those that are right are found. National numbers are checked by python-stdnum, which knows
some 200 more: a line of `PERSONAL` adds one.
"""

import ipaddress
import re
from collections import Counter
from collections.abc import Callable, Sequence
from functools import cache
from typing import NamedTuple

import pyarrow as pa
import pyarrow.compute as pc
from stdnum import iban, luhn, util
from stdnum.cn import ric
from stdnum.de import idnr
from stdnum.us import ssn

__all__ = ["PERSONAL", "Personal", "mask_personal", "personal_kind"]


class Personal(NamedTuple):
    """A kind of personal data.

    Attributes:
        pattern: A regular expression of Python; what it finds stands apart from other letters and digits. Each character
            should be matched in one way, so that no text takes long.
        valid: Whether a text that it finds is one.
    """

    pattern: str
    valid: Callable[[str], bool] = bool


def _is_card(number: str) -> bool:
    return bool(luhn.is_valid(util.clean(number, " -")))


def _is_public(address: str) -> bool:
    try:
        return ipaddress.ip_address(address).is_global
    except ValueError:
        return False


PERSONAL: dict[str, Personal] = {
    "e-mail address": Personal(r"[\w.%+-]{1,64}@(?:[\w-]{1,63}\.){1,8}[^\W\d_]{2,63}"),
    "bank account number": Personal(r"[A-Z]{2}\d{2}(?: ?[A-Z\d]{4}){2,7}(?: ?[A-Z\d]{1,3})?", iban.is_valid),
    "card number": Personal(
        r"(?:4\d|5[1-5]|2[2-7]|6\d)\d{2}(?:[ -]?\d{4}){3}|3[47]\d{2}[ -]?\d{6}[ -]?\d{5}|6\d{14,18}", _is_card
    ),
    "US social security number": Personal(r"\d{3}-\d{2}-\d{4}", ssn.is_valid),
    "German tax number": Personal(r"\d{2} ?\d{3} ?\d{3} ?\d{3}", idnr.is_valid),
    "Chinese resident number": Personal(r"[1-9]\d{16}[\dXx]", ric.is_valid),
    "IP address": Personal(r"(?:\d{1,3}\.){3}\d{1,3}|(?:[\dA-Fa-f]{1,4}:){1,7}(?::?[\dA-Fa-f]{1,4}){1,6}", _is_public),
    "telephone number": Personal(
        r"\+[1-9](?:(?:[ .]| ?[()/-] ?)?\d){8,14}|(?:\([2-9]\d{2}\) ?|[2-9]\d{2}[-. ])[2-9]\d{2}[-.]\d{4}"
    ),
}
"""The kinds of personal data by the name that takes their place, in the order of the search."""

_NEAR = r"@|[0-9][0-9 ().+/-]{5,}[0-9]|[0-9]\.[0-9]+\.[0-9]+\.[0-9]|[A-Z]{2}[0-9]{2} ?[A-Z0-9]{4}|[0-9A-Fa-f]:[0-9A-Fa-f:]*:"
"""What every kind holds, for a quick search."""


def mask_personal(texts: pa.Array, kinds: Sequence[str] = tuple(PERSONAL)) -> tuple[pa.Array, Counter[str]]:
    """Write the kind of personal data in its place.

    Args:
        texts: Strings (n,).
        kinds: Names in `PERSONAL`.

    Returns:
        Strings (n,), and how often each kind was found.

    Examples:
        >>> texts, counts = mask_personal(pa.array(["Write to ada@example.org, not to 4111 1111 1111 1112."]))
        >>> texts[0].as_py(), dict(counts)
        ('Write to [e-mail address], not to 4111 1111 1111 1112.', {'e-mail address': 1})
    """
    near = pc.fill_null(pc.match_substring_regex(texts, _NEAR), False)
    counts: Counter[str] = Counter()
    masked = [_masked(text, kinds, counts) for text in texts.filter(near).to_pylist()]
    return pc.replace_with_mask(texts, near, pa.array(masked, pa.string())), counts


def personal_kind(texts: pa.Array, kinds: Sequence[str] = tuple(PERSONAL)) -> pa.Array:
    """Return the first kind of personal data that each text holds; null for none.

    Args:
        texts: Strings (n,).
        kinds: Names in `PERSONAL`.

    Examples:
        >>> personal_kind(pa.array(["DE89 3704 0044 0532 0130 00", "DE88 3704 0044 0532 0130 00", "8.8.8.8"])).to_pylist()
        ['bank account number', None, 'IP address']
    """
    near = pc.fill_null(pc.match_substring_regex(texts, _NEAR), False)
    found = [_first_kind(text, kinds) for text in texts.filter(near).to_pylist()]
    return pc.replace_with_mask(pa.nulls(len(texts), pa.string()), near, pa.array(found, pa.string()))


def _first_kind(text: str, kinds: Sequence[str]) -> str | None:
    counts: Counter[str] = Counter()
    _masked(text, kinds, counts)
    return next(iter(counts), None)


def _masked(text: str, kinds: Sequence[str], counts: Counter[str]) -> str:
    for kind in kinds:

        def name(match: re.Match[str], kind: str = kind) -> str:
            if not PERSONAL[kind].valid(match[0]):
                return match[0]
            counts[kind] += 1
            return f"[{kind}]"

        text = _pattern(kind).sub(name, text)
    return text


@cache
def _pattern(kind: str) -> re.Pattern[str]:
    return re.compile(rf"(?<![\w.+-])(?:{PERSONAL[kind].pattern})(?!\w|[-.]\d)")
