"""Two rows for one actor on one item: the same choice twice, or two choices that contradict."""

from __future__ import annotations

from typing import Any

import numpy as np
import polars as pl
from numpy.typing import NDArray

from fissure.errors import ReadError, SettingError
from fissure.readers.columns import counted
from fissure.records import CHOICES, Note

__all__ = ["WAYS", "settle"]

WAYS = ("error", "first", "last", "unknown")
#: Up to this many cells a choice, a mark in each cell is cheaper than sorting.
_CELLS = 8
_PART = 1 << 22


def settle(
    a: NDArray[np.uint32],
    j: NDArray[np.uint32],
    y: NDArray[np.uint8],
    actors: pl.Series,
    items: pl.Series,
    row: NDArray[np.int64] | None,
    way: str,
    file: str,
) -> tuple[NDArray[np.uint32], NDArray[np.uint32], NDArray[np.uint8], tuple[Note, ...]]:
    """Keep one row for each actor and item.

    Parameters
    ----------
    a, j, y
        Codes of actor, item and choice, one a row.
    actors, items
        The identifiers of the codes.
    row
        Row numbers in the file, where they differ from the place in the arrays.
    way
        ``error``, ``first``, ``last`` or ``unknown``: what to do where two choices contradict.
    file
        For messages.

    Raises
    ------
    SettingError
        If ``way`` is none of the four.
    ReadError
        If choices contradict and ``way`` is ``error``.
    """
    if way not in WAYS:
        raise SettingError(f"duplicates must be one of {', '.join(WAYS)}, got {way!r}")
    twice = _twice(a, j, len(actors), len(items))
    if twice is None:
        return a, j, y, ()
    at = np.flatnonzero(twice)
    pairs = pl.DataFrame({"a": a[at], "j": j[at], "y": y[at], "at": at}).with_columns(
        first=pl.col("at").min().over("a", "j"),
        last=pl.col("at").max().over("a", "j"),
        clash=pl.col("y").n_unique().over("a", "j") > 1,
    )
    clash = pairs.filter("clash")
    if clash.height and way == "error":
        raise _contradiction(clash, actors, items, row, file)
    keep = pl.col("at") == pl.when("clash").then("last" if way == "last" else "first").otherwise(
        "first"
    )
    out = pairs.filter(~keep)
    if way == "unknown":
        y = y.copy()
        y[clash["first"].to_numpy()] = CHOICES.index("unknown")
    kept = np.ones(len(a), bool)
    kept[out["at"].to_numpy()] = False
    notes = _notes(out, actors, items, row, way, file)
    return a[kept], j[kept], y[kept], notes


def _twice(a: NDArray, j: NDArray, n_actors: int, n_items: int) -> NDArray[np.bool_] | None:
    """Which rows share their actor and item with another; None if no row does."""
    cells, n = n_actors * n_items, len(a)
    if n < 2:
        return None
    if cells <= max(_CELLS * n, 1 << 20):
        seen = np.zeros(cells, np.uint8)
        for key in _keys(a, j, n_items):
            seen[key] = 1
        if int(np.count_nonzero(seen)) == n:
            return None
    keys = np.empty(n, np.uint64)
    at = 0
    for key in _keys(a, j, n_items):
        keys[at : at + len(key)] = key
        at += len(key)
    keys.sort()
    again = np.unique(keys[1:][keys[1:] == keys[:-1]])
    del keys
    if not len(again):
        return None
    return np.concatenate([_among(key, again) for key in _keys(a, j, n_items)])


def _keys(a: NDArray, j: NDArray, n_items: int) -> Any:
    for at in range(0, len(a), _PART):
        to = slice(at, at + _PART)
        yield a[to].astype(np.uint64) * np.uint64(n_items) + j[to]


def _among(key: NDArray[np.uint64], again: NDArray[np.uint64]) -> NDArray[np.bool_]:
    place = np.minimum(np.searchsorted(again, key), len(again) - 1)
    return again[place] == key


def _line(at: int, row: NDArray[np.int64] | None) -> int:
    return int(at if row is None else row[at]) + 1


def _contradiction(
    clash: pl.DataFrame,
    actors: pl.Series,
    items: pl.Series,
    row: NDArray[np.int64] | None,
    file: str,
) -> ReadError:
    n = clash.select("a", "j").n_unique()
    a, j, y, at = clash.sort("first", "at").select("a", "j", "y", "at").row(0)
    same = clash.filter((pl.col("a") == a) & (pl.col("j") == j)).sort("at")
    other = same.filter(pl.col("y") != y).row(0, named=True)
    more = "" if n == 1 else f"; {n:,} pairs in all"
    return ReadError(
        f"{actors[a]!r} on {items[j]!r} is {CHOICES[y]} in row {_line(at, row)} and "
        f"{CHOICES[other['y']]} in row {_line(other['at'], row)}{more}; pass duplicates='first', "
        "'last' or 'unknown' to settle it",
        file=file,
        row=_line(other["at"], row),
    )


def _notes(
    out: pl.DataFrame,
    actors: pl.Series,
    items: pl.Series,
    row: NDArray[np.int64] | None,
    way: str,
    file: str,
) -> tuple[Note, ...]:
    notes = []
    for kind, part, what in (
        ("duplicate", out.filter(~pl.col("clash")), "left out, the same as an earlier row"),
        (
            "contradiction",
            out.filter("clash"),
            f"left out, contradicting another row (settled by duplicates={way!r})",
        ),
    ):
        if part.height:
            first = part.sort("at").row(0, named=True)
            text = (
                f"{file}: {counted(part.height, 'row')} {what}; "
                f"the first is row {_line(first['at'], row)}, "
                f"{actors[first['a']]!r} on {items[first['j']]!r}"
            )
            notes.append(Note(kind, part.height, text, True))
    return tuple(notes)
