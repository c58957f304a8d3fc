"""What may be entered in a ledger: texts, probabilities, numbers, days, and outcomes that fit."""

from __future__ import annotations

import operator
from datetime import date, datetime
from typing import Any

import numpy as np

from fissure.errors import DataError, SettingError
from fissure.results.ledger import Statement

__all__ = ["check_ahead", "day", "number", "probability", "settled", "text"]

LONGEST_TEXT = 2000


def text(what: str, value: Any, least: int) -> str:
    """Text without space around it, which a file in UTF-8 can hold."""
    kept = value.strip() if isinstance(value, str) else value
    if not isinstance(kept, str) or not least <= len(kept) <= LONGEST_TEXT:
        raise SettingError(
            f"{what} must have {least} to {LONGEST_TEXT:,} characters, got {_shown(value)}"
        )
    if any("\ud800" <= c <= "\udfff" for c in kept):
        raise SettingError(f"{what} must be text in UTF-8, got {_shown(value)}")
    return kept


def probability(value: Any) -> float:
    """Python's or NumPy's number from 0 to 1, as Python's; no truth value, and no minus zero."""
    is_number = isinstance(value, int | float | np.integer | np.floating)
    if not is_number or isinstance(value, bool) or not 0 <= value <= 1:
        raise SettingError(f"probability must be 0..1, got {_shown(value)}")
    return abs(float(value))


def number(value: Any) -> int:
    """Python's or NumPy's whole number, as Python's; 1.0 and True would be hashed otherwise."""
    try:
        if not isinstance(value, bool):
            return operator.index(value)
    except TypeError:
        pass
    raise SettingError(
        f"the number of a statement must be a whole number such as 1, got {_shown(value)}"
    )


def day(value: Any) -> date:
    """A day, given as such, with a time, or as text such as 2027-12-31."""
    try:
        return date.fromisoformat(value.isoformat()[:10] if isinstance(value, date) else value)
    except (TypeError, ValueError):
        raise SettingError(f"a day must look like 2027-12-31, got {_shown(value)}") from None


def check_ahead(last: date, now: datetime) -> None:
    """Refuse a last day that has passed."""
    if last < now.date():
        raise SettingError(
            f"by must be today or later, got {last.isoformat()}: what is over cannot be foretold"
        )


def settled(told: Statement, outcome: str, on: Any, today: date) -> date:
    """The day of the outcome, which must fit the statement."""
    made, last = date.fromisoformat(told.made[:10]), date.fromisoformat(told.by)
    if outcome == "no":
        if today <= last:
            raise DataError(
                f"statement {told.number} may still come true until {told.by}; no can be entered "
                "from the day after"
            )
        return last
    when = min(today, last) if on is None else day(on)
    if when < made:
        raise DataError(
            f"statement {told.number} was made on {made.isoformat()} and cannot have come true on "
            f"{when.isoformat()}, before it"
        )
    if when > last or when > today:
        raise DataError(
            f"statement {told.number} cannot be resolved as yes on {when.isoformat()}: its last "
            f"day is {told.by}, and today is {today.isoformat()}"
        )
    return when


def _shown(value: object) -> str:
    text = repr(value)
    return text if len(text) <= 60 else f"{text[:57]}..."
