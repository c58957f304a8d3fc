"""One condition or outcome as it was coded: crisp, fuzzy, a range, or several coders' votes."""

from __future__ import annotations

import re
from calendar import monthrange
from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

__all__ = ["ALLOWED", "CERTAINTY", "Cell", "Coding", "cell_of", "certainty_of", "span_of"]

Array = NDArray[np.float64]

#: What a coding cell may hold, in print.
ALLOWED = (
    "a number from 0 to 1, yes/no, true/false, present/absent, a range such as 0.4..0.8, or votes "
    "of several coders such as 1|0|1; blank where nothing is known"
)
#: Words of certainty, and how probable it is that such a cell is coded rightly.
CERTAINTY = {"low": 0.6, "medium": 0.8, "high": 0.95}

_WORDS = {
    **dict.fromkeys(("yes", "y", "true", "t", "present"), 1.0),
    **dict.fromkeys(("no", "n", "false", "f", "absent"), 0.0),
}
_UNKNOWN = frozenset(("", "?", "na", "n/a", "nan", "none", "null", "unknown", ".", "-"))
_NUMBER = r"[+-]?(?:\d+\.?\d*|\.\d+)(?:[eE][+-]?\d{1,3})?"
_IS_NUMBER = re.compile(rf"{_NUMBER}\Z")
_RANGE = re.compile(rf"({_NUMBER})\s*(?:\.\.|-|–|—)\s*({_NUMBER})\Z")
_DATE = re.compile(r"(-?\d{1,4})(?:\.0*)?(?:-(\d\d))?(?:-(\d\d))?\Z")


@dataclass(frozen=True)
class Cell:
    """What one cell says: ``low <= value <= high``, NaN for unknown; votes 1, 0 or -1 for none."""

    value: float
    low: float
    high: float
    votes: tuple[int, ...] = ()


_BLANK = Cell(np.nan, np.nan, np.nan)


@dataclass(frozen=True)
class Coding:
    """One condition or outcome over all cases.

    Parameters
    ----------
    name
        Column of the table.
    value
        Membership from 0 to 1, shape (n,); NaN where unknown. Of a range the middle, of votes the
        share that said yes.
    low, high
        Ends of what the coding allows, shape (n,): those of a range; the lowest and highest vote.
    votes
        Votes of coders, int8 of shape (n, n_coders): 1, 0, or −1 for none; None if nobody voted.
    coders
        Names of the coders, in the order of the columns of ``votes``.
    certainty
        From 0 to 1, shape (n,): how probable it is that the cell is right; NaN where not said.
    source
        What the cell rests on, one text a case; empty where not said.
    date, until
        When the condition began to hold, as decimal years: the earliest and the latest moment that
        the date allows (a year is as wide as a year). None if the table has no dates of it.
    before
        int8 of shape (n,): 1 where the table says that it held before the outcome, 0 where it says
        that it did not, −1 where it says nothing; None if the table has no such column.
    """

    name: str
    value: Array
    low: Array
    high: Array
    votes: NDArray[np.int8] | None = None
    coders: tuple[str, ...] = ()
    certainty: Array | None = None
    source: tuple[str, ...] = ()
    date: Array | None = None
    until: Array | None = None
    before: NDArray[np.int8] | None = None

    def __post_init__(self) -> None:
        if self.certainty is None:
            object.__setattr__(self, "certainty", np.full(len(self.value), np.nan))
        if not self.source:
            object.__setattr__(self, "source", ("",) * len(self.value))
        for array in (self.value, self.low, self.high, self.votes, self.certainty):
            if array is not None:
                array.setflags(write=False)

    @property
    def known(self) -> NDArray[np.bool_]:
        """Whether each case is coded, shape (n,)."""
        return ~np.isnan(self.value)

    @property
    def is_crisp(self) -> bool:
        """Whether every known value is 0 or 1."""
        known = self.value[self.known]
        return bool(((known == 0) | (known == 1)).all())

    def negated(self) -> Coding:
        """The absence of the condition: 1 − value, and every vote turned round."""
        votes = self.votes
        if votes is not None:
            votes = np.where(votes >= 0, 1 - votes, -1).astype(np.int8)
        name = self.name[1:] if self.name.startswith("~") else f"~{self.name}"
        return replace(
            self,
            name=name,
            value=1 - self.value,
            low=1 - self.high,
            high=1 - self.low,
            votes=votes,
        )

    def take(self, rows: NDArray[np.intp]) -> Coding:
        """The coding of some cases, in the order of ``rows``."""

        def of(array: NDArray | None) -> NDArray | None:
            return None if array is None else array[rows]

        return replace(
            self,
            value=self.value[rows],
            low=self.low[rows],
            high=self.high[rows],
            votes=of(self.votes),
            certainty=of(self.certainty),
            source=tuple(self.source[r] for r in rows),
            date=of(self.date),
            until=of(self.until),
            before=of(self.before),
        )


def cell_of(text: str) -> Cell | None:
    """What a cell says, or None if it is no coding.

    Examples
    --------
    >>> cell_of("yes").value, cell_of("0.4..0.8").value, cell_of("1|0|?").votes
    (1.0, 0.6, (1, 0, -1))
    >>> cell_of("7") is None
    True
    """
    word = text.strip().lower()
    if word in _UNKNOWN:
        return _BLANK
    if "|" in word:
        return _voted([vote.strip() for vote in word.split("|")])
    if word in _WORDS:
        return Cell(*(_WORDS[word],) * 3)
    if _IS_NUMBER.match(word):
        value = float(word)
        return Cell(value, value, value) if 0 <= value <= 1 else None
    if ends := _RANGE.match(word):
        low, high = float(ends[1]), float(ends[2])
        return Cell((low + high) / 2, low, high) if 0 <= low <= high <= 1 else None
    return None


def respelled(text: str) -> str | None:
    """How a cell must be written that has a decimal comma, a percent sign or its ends reversed.

    Examples
    --------
    >>> respelled("0,8"), respelled("80%"), respelled("0.8..0.2"), respelled("army")
    ('0.8', '0.8', '0.2..0.8', None)
    """
    word = text.strip().replace(",", ".")
    if word.endswith("%") and _IS_NUMBER.match(number := word[:-1].strip()):
        word = f"{float(number) / 100:g}"
    elif ends := _RANGE.match(word):
        low, high = sorted((ends[1], ends[2]), key=float)
        word = f"{low}..{high}"
    return word if word != text.strip() and cell_of(word) is not None else None


def vote_of(text: str) -> int | None:
    """One coder's vote: 1, 0, −1 for none, or None if it is no vote."""
    word = text.strip().lower()
    if word in _UNKNOWN:
        return -1
    value = _WORDS.get(word)
    if value is None and _IS_NUMBER.match(word):
        value = float(word)
    return int(value) if value in (0.0, 1.0) else None


def voted(votes: Sequence[int]) -> Cell:
    """The cell that some votes make."""
    cast = [vote for vote in votes if vote >= 0]
    if not cast:
        return Cell(np.nan, np.nan, np.nan, tuple(votes))
    return Cell(sum(cast) / len(cast), min(cast), max(cast), tuple(votes))


def _voted(words: Sequence[str]) -> Cell | None:
    votes = [vote_of(word) for word in words]
    return None if None in votes else voted([v for v in votes if v is not None])


def is_number(text: str) -> bool:
    """Whether a cell is a number, or blank."""
    word = text.strip().lower()
    return word in _UNKNOWN or bool(_IS_NUMBER.match(word))


def is_blank(text: str) -> bool:
    """Whether a cell says nothing."""
    return text.strip().lower() in _UNKNOWN


def certainty_of(text: str) -> float | None:
    """A certainty from 0 to 1, NaN for a blank, or None if it is none.

    Examples
    --------
    >>> certainty_of("high"), certainty_of("0.7"), certainty_of("70")
    (0.95, 0.7, None)
    """
    word = text.strip().lower()
    if word in _UNKNOWN:
        return np.nan
    if word in CERTAINTY:
        return CERTAINTY[word]
    if _IS_NUMBER.match(word) and 0 <= float(word) <= 1:
        return float(word)
    return None


def span_of(text: str) -> tuple[float, float] | None:
    """Earliest and latest moment of a year, month or day, as decimal years; None if it is none.

    Examples
    --------
    >>> span_of("1989"), span_of("1989-07")
    ((1989.0, 1990.0), (1989.5, 1989.583))
    >>> span_of("autumn") is None
    True
    """
    word = text.strip()
    if word.lower() in _UNKNOWN:
        return np.nan, np.nan
    found = _DATE.match(word.split("T")[0].split(" ")[0])
    if not found:
        return None
    year = float(found[1])
    if found[2] is None:
        return year, year + 1
    month = int(found[2]) - 1
    if not 0 <= month <= 11:
        return None
    if found[3] is None:
        return year + month / 12, year + (month + 1) / 12
    day = int(found[3]) - 1
    # the calendar begins with year 1; year 4 is a leap year
    if not 0 <= day < monthrange(int(year) if year > 0 else 4, month + 1)[1]:
        return None
    start = year + (month + day / 31) / 12
    return start, start + 1 / 372
