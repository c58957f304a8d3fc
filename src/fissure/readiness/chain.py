"""The chain of hashes of a ledger: each entry holds that of the one before, and makes sense."""

from __future__ import annotations

import hashlib
import json
from datetime import date, datetime, timedelta
from typing import Any

from fissure.readiness import entries

__all__ = ["GENESIS", "Row", "entry_hash", "first_broken"]

#: What the first entry follows.
GENESIS = "0" * 64
#: Number, kind, statement, moment, content, hash before, hash.
Row = tuple[int, str, int, str, str, str, str]


def entry_hash(seq: int, kind: str, statement: int, at: str, body: str, previous: str) -> str:
    """SHA-256 of an entry's content and of the hash before it, as 64 hexadecimal digits.

    Over the JSON list of all six, so that no two different entries share the same bytes.
    """
    content = json.dumps([seq, kind, statement, at, body, previous], ensure_ascii=True)
    return hashlib.sha256(content.encode("ascii")).hexdigest()


def first_broken(rows: list[Row]) -> int | None:
    """Place of the first entry that does not fit those before it, counted from 1."""
    previous, at = GENESIS, ""
    told: dict[int, bool] = {}
    for place, row in enumerate(rows, 1):
        is_text = all(isinstance(row[i], str) for i in (1, 3, 4, 5, 6))
        fits = is_text and isinstance(row[2], int) and entry_hash(*row[:6]) == row[6]
        if row[0] != place or row[5] != previous or not fits or row[3] < at:
            return place
        if not _makes_sense(row, told):
            return place
        previous, at = row[6], row[3]
        told[row[2]] = row[1] == "outcome"
    return None


def _makes_sense(row: Row, told: dict[int, bool]) -> bool:
    """Whether an entry says what entries say; a chain can be forged as a whole, and badly.

    Parameters
    ----------
    told
        Statements so far, and whether each has its outcome.
    """
    _, kind, number, at, text, _, _ = row
    try:
        body, made = json.loads(text), datetime.fromisoformat(at)
        json.dumps(body, ensure_ascii=False).encode("utf-8")  # half a pair of codes is no text
        if made.utcoffset() != timedelta(0) or made.isoformat(timespec="seconds") != at:
            return False
        if kind == "statement":
            entries.probability(body["probability"])
            is_new = number == len(told) + 1 and _is_text(body["text"], 1)
            return is_new and _day(body["by"]) >= made.date()
        _day(body["on"])
        is_first = told.get(number) is False and _is_text(body["note"], 0)
        return kind == "outcome" and is_first and body["outcome"] in ("yes", "no")
    except (ValueError, TypeError, KeyError, RecursionError):
        return False


def _is_text(value: Any, least: int) -> bool:
    """Whether it is a text as it is entered; whatever is none raises."""
    return entries.text("a text", value, least) == value


def _day(value: Any) -> date:
    """A day as it is entered; days are compared as texts, and ISO 8601 has other forms too."""
    found = date.fromisoformat(value)
    if found.isoformat() != value:
        raise ValueError(value)
    return found
