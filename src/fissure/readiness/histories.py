"""Dated windows as histories on a clock that stands still while a window is open."""

from __future__ import annotations

import calendar
import warnings
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any, TypeAlias

import numpy as np
from numpy.typing import ArrayLike, NDArray

from fissure.errors import DataError, FissureWarning, SettingError
from fissure.results import Moment, Series, Trace, Window, Windows

__all__ = ["Dates", "History", "dated_draws", "histories", "span_of", "to_years", "year_of"]

Array = NDArray[np.float64]
#: One draw of windows: openings and closings in years; a closing may be NaN.
Pair: TypeAlias = tuple[Array, Array]
#: Years as numbers, dates, ISO text; an array (draws, events); or the answer of fs.windows.
Dates: TypeAlias = Windows | Series | Trace | ArrayLike | Sequence[Any]

#: Waits shorter than this many years are taken for this long.
SHORTEST = 1 / 365.25
#: Draws tried for each that is kept, where uncertain windows must not overlap.
TRIES = 200


@dataclass(frozen=True)
class History:
    """One possible history of windows.

    Parameters
    ----------
    events
        Openings, in years at risk since the start, ascending.
    at_risk
        Years in which a window could open.
    is_fresh
        Whether the start of the clock is the closing of a window.
    is_open
        Whether a window is open at the end.
    lengths, is_closed
        How long each window lasted within the span, and whether it closed there.
    """

    events: Array
    at_risk: float
    is_fresh: bool
    is_open: bool
    lengths: Array
    is_closed: NDArray[np.bool_]

    @property
    def waits(self) -> Array:
        """Years at risk before each opening."""
        return np.maximum(np.diff(self.events, prepend=0.0), SHORTEST)

    @property
    def since(self) -> float:
        """Years at risk since the last opening, or since the start without one."""
        return self.at_risk - (self.events[-1] if len(self.events) else 0.0)


def year_of(value: Any, name: str = "date") -> float:
    """A moment in years: a number, a date, or text such as ``1968`` and ``1968-05-03``.

    Raises
    ------
    SettingError
        If it is none of these.

    Examples
    --------
    >>> year_of(1968), year_of("1968-07-02")
    (1968.0, 1968.5)
    """
    if isinstance(value, str):
        text = value.strip()
        try:
            value = float(text) if "-" not in text.lstrip("-") else date.fromisoformat(text)
        except ValueError:
            raise SettingError(
                f"{name} must be a year or a date such as 1968-05-03, got {value!r}"
            ) from None
    if isinstance(value, date):
        days = 366 if calendar.isleap(value.year) else 365
        return value.year + (value.timetuple().tm_yday - 1) / days
    is_number = isinstance(value, int | float | np.integer | np.floating)
    if isinstance(value, bool) or not is_number or not np.isfinite(value):
        raise SettingError(f"{name} must be a year or a date such as 1968-05-03, got {value!r}")
    return float(value)


def to_years(values: Any, name: str) -> Array:
    """Many moments in years, shape (events,) or (draws, events); None and NaN become NaN.

    Raises
    ------
    SettingError
        If one of them is neither a year nor a date.
    """
    if isinstance(values, np.ndarray) and values.dtype.kind in "fiu" and values.ndim:
        out = values.astype(np.float64)
    elif isinstance(values, str) or not isinstance(values, Iterable):
        raise SettingError(f"{name} must be a list of dates, got {type(values).__name__}")
    else:
        rows = list(values)
        nested = bool(rows) and isinstance(rows[0], list | tuple | np.ndarray)
        try:
            out = np.array(
                [[_or_nan(v, name) for v in r] for r in rows]
                if nested
                else [_or_nan(v, name) for v in rows],
                dtype=np.float64,
            )
        except TypeError:
            raise SettingError(f"{name} must be all dates, or all draws of equal length") from None
        except ValueError as error:
            if isinstance(error, SettingError):
                raise
            raise SettingError(f"{name} must be all dates, or all draws of equal length") from None
    if out.ndim > 2:
        raise SettingError(f"{name} must have shape (events,) or (draws, events), got {out.shape}")
    return out


def _or_nan(value: Any, name: str) -> float:
    is_none = value is None or (isinstance(value, float | np.floating) and np.isnan(value))
    return np.nan if is_none else year_of(value, name)


def span_of(events: Dates, span: tuple[Any, Any] | None) -> tuple[float, float]:
    """First and last moment of the records, in years.

    Raises
    ------
    SettingError
        If it is missing and cannot be read off, or does not go forwards.
    """
    if span is None:
        if not isinstance(events, Series):
            raise SettingError(
                "span must be (from, to), the years that the records cover: the years without a "
                "window count as much as the windows"
            )
        years = [p.year for p in events.periods if p.year is not None]
        if len(years) < 2:
            raise SettingError("span must be (from, to): the periods of this series have no years")
        return float(years[0]), float(years[-1] + np.median(np.diff(years)))
    if not isinstance(span, tuple | list) or len(span) != 2:
        raise SettingError(f"span must be (from, to), got {span!r}")
    first, last = (year_of(v, "span") for v in span)
    if first >= last:
        raise SettingError(f"span must go forwards, got {first:g} to {last:g}")
    return first, last


def dated_draws(
    events: Dates, closed: Any, span: tuple[float, float], draws: int, seed: int
) -> list[Pair]:
    """Draws of windows as pairs of openings and closings; one where the dates are certain.

    Raises
    ------
    SettingError
        If the shapes of openings and closings differ.
    DataError
        If windows overlap, close before they open, stand twice, or lie outside the span.
    """
    if isinstance(events, Series):
        if events.windows is None:
            raise DataError(
                f"{events.group!r} has no windows in this trace: it has too few periods for them, "
                "or an older version made it; trace the records anew"
            )
        events = events.windows
    if isinstance(events, Windows):
        if closed is not None:
            raise SettingError("closed must be None where windows came from fs.windows")
        return _from_windows(events, span, draws, np.random.default_rng([seed, 1]))
    start = to_years(events, "events")
    stop = np.full_like(start, np.nan) if closed is None else to_years(closed, "closed")
    if start.shape != stop.shape:
        raise SettingError(
            f"closed must have the shape of events, {start.shape}, got {stop.shape}; NaN or None "
            "stands for a window that is still open"
        )
    if not start.shape[0] and start.ndim > 1:
        raise SettingError(
            f"events must have one draw or more, got shape {start.shape}; an empty list stands for "
            "no event"
        )
    if start.ndim == 1:
        start, stop = start[None], stop[None]
        _told_if_unsorted(start[0])
    return [_one_draw(a, b, span, closed is not None) for a, b in zip(start, stop, strict=True)]


def _told_if_unsorted(start: Array) -> None:
    behind = int(np.sum(np.diff(start[~np.isnan(start)]) < 0))
    if behind:
        warnings.warn(
            f"{behind} of {len(start)} dates stand before an earlier one; they were sorted",
            FissureWarning,
            stacklevel=4,
        )


def _one_draw(start: Array, stop: Array, span: tuple[float, float], has_closings: bool) -> Pair:
    """Sorted and checked; an opening that is NaN is no event."""
    known = ~np.isnan(start)
    order = np.argsort(start[known], kind="stable")
    a, b = start[known][order], stop[known][order]
    if np.any(b <= a):
        k = int(np.argmax(b <= a))
        raise DataError(f"a window that opened in {a[k]:g} cannot close in {b[k]:g}")
    first, last = span
    ends = np.where(np.isnan(b), a, b)
    outside = np.where(ends > last, ends, a)[
        (a > last) | (ends > last) | (ends < first) | ((a < first) & np.isnan(b))
    ]
    if len(outside):
        raise DataError(
            f"{outside[0]:g} lies outside the span {first:g} to {last:g}; widen the span, leave it "
            "out, or leave a closing empty that came after the records"
        )
    twice = np.flatnonzero(np.diff(a) == 0)
    if len(twice):
        raise DataError(
            f"{a[twice[0]]:g} stands twice: two windows cannot open at one moment; give dates more "
            "exactly, or count them as one"
        )
    if has_closings and len(a) > 1:
        over = np.isnan(b[:-1]) | (a[1:] <= np.nan_to_num(b[:-1], nan=-np.inf))
        if over.any():
            k = int(np.argmax(over))
            told = "is still open" if np.isnan(b[k]) else f"closed in {b[k]:g}"
            raise DataError(
                f"windows overlap: one opened in {a[k + 1]:g}, and the one of {a[k]:g} {told}"
            )
    if np.any((a >= first) & (a <= first + SHORTEST)):
        raise DataError(
            f"a window opens at the very start of the span, {first:g}: a span that begins with an "
            "event makes events look frequent. Begin it earlier, or leave that event out"
        )
    return a, b


def _from_windows(
    found: Windows, span: tuple[float, float], draws: int, rng: np.random.Generator
) -> list[Pair]:
    """Draws of which windows there were and when they opened and closed.

    Each window is there with its probability. Its dates are drawn from the distribution with the
    median and the 95 % interval that were given; draws that overlap are drawn again.
    """
    out: list[Pair] = []
    for _ in range(draws):
        for _ in range(TRIES):
            pair = _drawn(found.windows, span, rng)
            if pair is not None:
                out.append(pair)
                break
        else:
            raise DataError(
                "the dates of these windows overlap in nearly all draws, or lie outside the span "
                f"{span[0]:g} to {span[1]:g}"
            )
    return out


def _drawn(windows: Sequence[Window], span: tuple[float, float], rng: np.random.Generator) -> Any:
    first, last = span
    start, stop = [], []
    for w in windows:
        if rng.random() >= w.probability:
            continue
        a = _moment(w.opened, rng, first + SHORTEST, last)
        if rng.random() < w.open_at_start:
            a = first - SHORTEST
        b = np.nan
        if w.closed is not None and rng.random() >= w.still_open:
            b = _moment(w.closed, rng, first + SHORTEST, last)
        start.append(a)
        stop.append(b)
    opened, closed = np.array(start), np.array(stop)
    is_ordered = not np.any(closed <= opened) and bool(np.all(np.diff(opened) > 0))
    # NaN, still open, is not apart from the next
    is_apart = len(opened) < 2 or bool(np.all(opened[1:] > closed[:-1]))
    return (opened, closed) if is_ordered and is_apart else None


def _moment(at: Moment, rng: np.random.Generator, least: float, most: float) -> float:
    if at.year is None:
        raise DataError(f"the window of period {at.estimate!r} has no year; recurrence needs years")
    y = at.year
    drawn = np.interp(rng.random(), [0.025, 0.5, 0.975], [y.low, y.estimate, y.high])
    return float(np.clip(drawn, least, most))


def histories(
    pairs: Sequence[Pair], span: tuple[float, float], has_closings: bool
) -> list[History]:
    """Each draw on the clock at risk: it stands still while a window is open.

    Parameters
    ----------
    has_closings
        Whether closings are known; without them the clock is the calendar.
    """
    return [_history(a, b, span, has_closings) for a, b in pairs]


def _history(start: Array, stop: Array, span: tuple[float, float], has_closings: bool) -> History:
    first, last = span
    if not has_closings:
        none = np.zeros(0)
        return History(start - first, last - first, False, False, none, none.astype(bool))
    is_closed = ~np.isnan(stop)
    ends = np.where(is_closed, stop, last)
    inside = np.maximum(start, first)
    lengths = ends - inside
    open_before = np.cumsum(lengths) - lengths
    events = (inside - first - open_before)[start >= first]
    return History(
        events=events,
        at_risk=float(last - first - lengths.sum()),
        is_fresh=bool(len(start) and start[0] < first),
        is_open=bool(len(start) and not is_closed[-1]),
        lengths=np.maximum(lengths, SHORTEST),
        is_closed=is_closed,
    )
