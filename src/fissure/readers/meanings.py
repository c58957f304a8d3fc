"""What each code of a choice means: the words, numbers and Voteview codes that are recognised."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from fissure.errors import SettingError
from fissure.records import CHOICES

__all__ = ["ALLOWED", "CAST_CODES", "Meanings", "meanings", "text_of_code"]

#: Voteview's cast codes: yea, paired yea, announced yea, announced nay, paired nay, nay, present
#: (two kinds), not voting, not a member.
CAST_CODES = {
    "0": "not_member",
    "1": "yea",
    "2": "yea",
    "3": "yea",
    "4": "nay",
    "5": "nay",
    "6": "nay",
    "7": "present",
    "8": "present",
    "9": "absent",
}

_WORDS = {
    "yea": "yea yeas aye ayes yes y for|in favour|in favor|favour|favor|pro|support|supported|"
    "approve|approved|agree|agreed|true|t|ja|oui|si|sí|sim|paired yea|announced yea|paired aye|"
    "voted for|vote for",
    "nay": "nay nays no noes n against con contra oppose opposed|disagree|reject|rejected|false|f|"
    "nein|non|não|nao|paired nay|announced nay|paired no|voted against|vote against",
    "abstain": "abstain abstains abstained abstention abstentions abstaining|enthaltung",
    "present": "present p|present not voting|present, not voting",
    "absent": "absent missing nv na nan null none excused away . -|not voting|not voted|no vote|"
    "did not vote|didnt vote|didn't vote|n/a|not present|nonvoting|non voting|absence|<na>",
    "not_member": "|not a member|not member|nonmember|non member|not in legislature|notinlegis|"
    "not a member of the legislature|not eligible",
    "unknown": "unknown ?",
}
_RECOGNISED = {
    word: meaning
    for meaning, words in _WORDS.items()
    for part, text in enumerate(words.split("|", 1))
    for word in (text.split() if part == 0 else text.split("|"))
    if word
}

ALLOWED = (
    "yea/aye/yes/for/y/1, nay/no/against/n/0 or -1, abstain, present, absent/not voting/nv, "
    "not a member; or say what the codes mean, such as codes={'2': 'abstain'}"
)

_NUMBER = re.compile(r"[+-]?\d+(\.0*)?")


def text_of_code(value: object) -> str:
    """A code as plain text: lower case, single blanks, whole numbers without a fraction."""
    if value is None:
        return ""
    text = " ".join(str(value).lower().replace("_", " ").split())
    if _NUMBER.fullmatch(text):
        return str(int(float(text))) if len(text) < 16 else text
    return text.rstrip(".") or text


@dataclass(frozen=True)
class Meanings:
    """Which meaning each code has; ``unknown`` lists the codes that nobody explained."""

    of: dict[str | None, str]
    unknown: tuple[str | None, ...]


def meanings(
    values: Iterable[object],
    *,
    codes: Mapping[object, str] | None = None,
    cast_codes: bool = False,
    empty: str = "absent",
) -> Meanings:
    """Find the meaning of each distinct value of a column of choices.

    Parameters
    ----------
    values
        The distinct values as they came; None is an empty cell.
    codes
        The user's own meanings; they come before everything else.
    cast_codes
        Whether the numbers are Voteview's cast codes.
    empty
        What an empty cell means.

    Raises
    ------
    SettingError
        If ``codes`` gives a meaning that is not one of the seven.

    Examples
    --------
    >>> meanings(["Aye", "no", "1.0", "0", "?!"]).of
    {'Aye': 'yea', 'no': 'nay', '1.0': 'yea', '0': 'nay', '?!': 'unknown'}
    """
    own = _own(codes)
    raw = list(values)
    text = {value: text_of_code(value) for value in raw}
    number = _numbers(
        {t for t in text.values() if _NUMBER.fullmatch(t) and t not in own}, cast_codes, own
    )
    of: dict[str | None, str] = {}
    unknown: list[str | None] = []
    for value in raw:
        key = None if value is None else str(value)
        word = text[value]
        meaning = own.get("" if value is None else str(value).strip()) or own.get(word)
        if meaning is None:
            meaning = empty if word == "" else number.get(word) or _RECOGNISED.get(word)
        if meaning is None:
            unknown.append(key)
        of[key] = meaning or "unknown"
    return Meanings(of, tuple(unknown))


def _own(codes: Mapping[object, str] | None) -> dict[str, str]:
    own: dict[str, str] = {}
    for code, meaning in (codes or {}).items():
        if meaning not in CHOICES:
            raise SettingError(
                f"codes: {code!r} is given the meaning {meaning!r}; "
                f"allowed are {', '.join(CHOICES)}"
            )
        text = "" if code is None else str(code).strip()
        own[text] = meaning
        own.setdefault(text_of_code(text), meaning)
    return own


def _numbers(seen: set[str], cast_codes: bool, own: Mapping[str, str]) -> dict[str, str]:
    """What numbers mean depends on which numbers occur together."""
    if cast_codes:
        return CAST_CODES
    if any(_NUMBER.fullmatch(code) for code in own):
        return {}
    if "-1" in seen:
        return {"1": "yea", "-1": "nay", "0": "unknown"}
    if seen <= set(CAST_CODES) and {"1", "6"} <= seen:
        return CAST_CODES
    if seen <= {"0", "1"} or {"0", "1"} <= seen:
        return {"1": "yea", "0": "nay"}
    return {}
