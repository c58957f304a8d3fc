"""Periods: the items of some records cut by Congress, year, month, any column, or every N items."""

from __future__ import annotations

import re
from dataclasses import dataclass

import numpy as np
import polars as pl
from numpy.typing import NDArray

from fissure.errors import DataError, SettingError

__all__ = [
    "Periods",
    "first_year",
    "item_dates",
    "item_number",
    "item_order",
    "item_periods",
    "usual_periods",
]

#: Fewest items of a rolling period.
FEWEST = 10
#: So many periods are enough to tell something about time.
ENOUGH = 5


@dataclass(frozen=True)
class Periods:
    """Which items belong to which period, in order of time.

    Parameters
    ----------
    labels
        One a period, such as ``88``, ``1963`` or ``1963-07``.
    members
        For each period the numbers of its items, in order of time.
    years
        The year in which each begins; NaN where it is not known.
    overlap
        How many neighbouring periods share items: 1 for none.
    unplaced
        How many items have no period, since their value is missing.
    """

    labels: tuple[str, ...]
    members: tuple[NDArray[np.intp], ...]
    years: NDArray[np.float64]
    overlap: int = 1
    unplaced: int = 0

    def __len__(self) -> int:
        return len(self.labels)

    def of_items(self, n_items: int) -> NDArray[np.int64]:
        """The period of each item, −1 for those without one.

        Raises
        ------
        DataError
            If periods share items.
        """
        if self.overlap > 1:
            raise DataError("these periods overlap: an item has several of them")
        out = np.full(n_items, -1, np.int64)
        for t, items in enumerate(self.members):
            out[items] = t
        return out


def item_periods(items: pl.DataFrame, by: str | int, step: int | None = None) -> Periods:
    """Cut items into periods.

    Parameters
    ----------
    items
        The table of items.
    by
        ``congress`` or any other column of the items, whose values are put in ascending order,
        numbers written as text too; ``year`` or ``month`` of the date, where there is no such
        column; or a number N: every period then holds N items that follow each other in time.
    step
        With N: how many items the next period begins later; half of N if not given, so that
        neighbouring periods share half of their items.

    Raises
    ------
    SettingError
        If ``by`` or ``step`` is not one of these.
    DataError
        If there is no such column, or no item has a value.

    Examples
    --------
    >>> item_periods(pl.DataFrame({"item": ["a", "b"], "congress": [88, 79]}), "congress").years
    array([1945., 1963.])
    """
    if isinstance(by, bool) or not isinstance(by, str | int):
        raise SettingError(f"by must be a column, year, month or a number of items, got {by!r}")
    n = item_number(items, by)
    if n is not None:
        return _rolling(items, n, step)
    if step is not None:
        raise SettingError("step goes with a number of items in by=")
    return _by_value(items, str(by))


def item_number(items: pl.DataFrame, by: str | int) -> int | None:
    """The N of ``by`` where it is a number of items, as a number or, as on a command line, in
    digits; None where it is something else.

    Examples
    --------
    >>> table = pl.DataFrame({"item": ["a"]})
    >>> item_number(table, 50), item_number(table, "50"), item_number(table, "year")
    (50, 50, None)
    """
    if isinstance(by, int):
        return by
    return int(by) if by not in items.columns and by.isdecimal() else None


def usual_periods(items: pl.DataFrame) -> str:
    """What to cut by where nothing is said: congress, term, year or month, whichever is the first
    to give five periods or more; else the one that gives most.

    Raises
    ------
    DataError
        If none of them is there.
    """
    there: dict[str, int] = {}
    for by in ("congress", "term", "year", "month"):
        dated = by in ("year", "month") and item_dates(items) is not None
        if by in items.columns or dated:
            values = items[by] if by in items.columns else _calendar(items, by)
            there[by] = values.drop_nulls().n_unique()
            if there[by] >= ENOUGH:
                return by
    if there:
        return max(there, key=lambda by: there[by])
    raise DataError(
        "there is nothing to cut periods by: no column congress, term, year or month and no dates; "
        f"give by= one of the columns {', '.join(items.columns)} or a number of items"
    )


def item_order(items: pl.DataFrame) -> NDArray[np.intp]:
    """Order of the items in time; as they stand where there are no dates."""
    dates = item_dates(items)
    if dates is None:
        return np.arange(items.height)
    return np.argsort(dates.to_numpy(), kind="stable")


def item_dates(items: pl.DataFrame) -> pl.Series | None:
    """The items' days, if every item has one."""
    if "date" not in items.columns or items["date"].null_count():
        return None
    known = items["date"].dtype in (pl.Date, pl.Datetime)
    return items["date"].cast(pl.Date) if known else None


def first_year(label: str, by: str) -> float:
    """Year in which a period begins, from its label alone; NaN where that does not tell.

    A Congress of the United States numbered c begins in 1787 + 2c.
    """
    match = re.fullmatch(r"(\d{1,4})(-\d{2})?(\.0+)?", label)
    if match is None:
        return float("nan")
    number = int(match[1])
    if by == "congress":
        return 1787.0 + 2 * number
    return float(number) if 1000 <= number <= 2999 else float("nan")


def _by_value(items: pl.DataFrame, by: str) -> Periods:
    if by in items.columns:
        values = items[by]
    elif by in ("year", "month"):
        values = _calendar(items, by)
    else:
        raise DataError(
            f"no item column {by!r} to cut periods by; there are {', '.join(items.columns)}; "
            "also allowed are year and month (of the date) and a number of items"
        )
    if values.dtype.is_float():
        values = values.fill_nan(None)
    seen = values.drop_nulls()
    if not len(seen):
        raise DataError(f"no item has a value of {by!r}, so there are no periods")
    distinct = seen.unique().sort().to_list()
    if all(isinstance(v, str) and v.isdecimal() for v in distinct):
        distinct.sort(key=int)
    members, labels, years = [], [], []
    rank = item_order(items)
    place = np.empty(len(rank), np.intp)
    place[rank] = np.arange(len(rank))
    dates = item_dates(items)
    for value in distinct:
        inside = (values == value).fill_null(False).arg_true().to_numpy().astype(np.intp)
        members.append(inside[np.argsort(place[inside], kind="stable")])
        label = str(value)
        labels.append(label)
        year = first_year(label, by)
        if np.isnan(year) and dates is not None:
            year = float(dates[members[-1][0].item()].year)
        years.append(year)
    unplaced = values.null_count()
    return Periods(tuple(labels), tuple(members), np.array(years), 1, unplaced)


def _calendar(items: pl.DataFrame, by: str) -> pl.Series:
    if "date" not in items.columns or items["date"].dtype not in (pl.Date, pl.Datetime):
        raise DataError(f"by={by!r} needs dates of the items, and there is no column of dates")
    return items["date"].dt.to_string("%Y" if by == "year" else "%Y-%m")


def _rolling(items: pl.DataFrame, n: int, step: int | None) -> Periods:
    if n < FEWEST:
        raise SettingError(f"a period of N items needs N of {FEWEST} or more, got {n}")
    step = max(1, n // 2) if step is None else step
    if isinstance(step, bool) or not isinstance(step, int) or not 1 <= step <= n:
        raise SettingError(f"step must be a whole number 1..{n}, got {step!r}")
    if items.height < n:
        raise DataError(f"a period has {n} items, but there are {items.height} in all")
    order = item_order(items)
    dates = item_dates(items)
    # counted from the end, so that the last period is whole and the newest
    ends = list(range(items.height, n - 1, -step))[::-1]
    members = tuple(order[end - n : end] for end in ends)
    if dates is None:
        labels = tuple(f"items {end - n + 1}-{end}" for end in ends)
        years = np.full(len(ends), np.nan)
    else:
        days = [(dates[int(m[0])], dates[int(m[-1])]) for m in members]
        labels = tuple(f"{a} to {b}" for a, b in days)
        if len(set(labels)) < len(labels):
            labels = tuple(f"items {end - n + 1}-{end}" for end in ends)
        years = np.array([a.year + (a.timetuple().tm_yday - 1) / 365.25 for a, _ in days])
    return Periods(labels, members, years, -(-n // step))
