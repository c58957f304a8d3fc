"""Series and their windows as a watch sees them: values, openings, closings, and when at risk."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from itertools import pairwise
from typing import Any, Literal, TypeAlias

import numpy as np
from numpy.typing import NDArray

from fissure.errors import DataError, SettingError
from fissure.readiness.alarms import FIRST
from fissure.readiness.histories import to_years
from fissure.results import Series, Trace

__all__ = ["Side", "Watched", "watched"]

Array = NDArray[np.float64]
Side: TypeAlias = Literal["opening", "closing"]

#: Steps between one number of a computer and the next that the values must span.
STEPS = 1000


@dataclass(frozen=True)
class Watched:
    """One series.

    Parameters
    ----------
    name
        What to call it.
    years, values
        Ascending moments from which the values of the series were known, and these, shape (T,).
    openings, closings
        Moments of windows, ascending.
    is_dated_afterwards
        Whether these came from :func:`fissure.windows` on the whole series.
    """

    name: str
    years: Array
    values: Array
    openings: Array
    closings: Array
    is_dated_afterwards: bool

    @property
    def step(self) -> float:
        """Years from one value to the next."""
        return float(np.median(np.diff(self.years)))

    @property
    def standard(self) -> Array:
        """Values without their level and unit, on which no alarm rests but on which sums round.

        Less the median of those before the first origin, and scaled by a power of two, which
        rounds nothing.
        """
        values = _scaled(self.values)
        return _scaled(values - np.median(values[:FIRST]))

    def events(self, side: Side) -> Array:
        """Openings or closings."""
        return self.openings if side == "opening" else self.closings

    def is_open(self) -> NDArray[np.bool_]:
        """Whether a window is open at each moment; never, where there are no closings."""
        if not len(self.closings) and not self.is_dated_afterwards:
            return np.zeros(len(self.years), bool)
        opened = np.searchsorted(self.openings, self.years, side="right")
        closed = np.searchsorted(self.closings, self.years, side="right")
        begun = len(self.closings) and (
            not len(self.openings) or self.closings[0] < self.openings[0]
        )
        return opened + int(bool(begun)) > closed

    def at_risk(self, side: Side) -> NDArray[np.bool_]:
        """Where an event on this side could come next, from the first origin on."""
        out = ~self.is_open() if side == "opening" else self.is_open()
        out[:FIRST] = False
        return out


def _scaled(values: Array) -> Array:
    """By the power of two that brings the largest to between a half and one."""
    return np.ldexp(values, -int(np.frexp(np.abs(values).max())[1]))


def watched(series: Any, openings: Any, closings: Any) -> tuple[Watched, ...]:
    """All series, checked.

    Raises
    ------
    SettingError
        If the series are of another type, or openings and closings do not go with them.
    DataError
        If one is too short, has gaps in its values, does not go forwards, or has windows that
        overlap.
    """
    if isinstance(series, Trace):
        series = {s.group: s for s in series.series}
    if isinstance(series, Mapping):
        if not series:
            raise DataError("there is no series to watch")
        for what, events in (("openings", openings), ("closings", closings)):
            _check_names(what, events, list(series))
        return tuple(
            _one(str(name), one, _part(openings, name), _part(closings, name))
            for name, one in series.items()
        )
    return (_one("the series", series, openings, closings),)


def _check_names(what: str, events: Any, names: list[Any]) -> None:
    if events is None:
        return
    if not isinstance(events, Mapping):
        raise SettingError(
            "openings and closings of several series must be dictionaries by the name of the "
            f"series, got {type(events).__name__}"
        )
    unknown = [n for n in events if n not in names]
    if unknown:
        raise SettingError(
            f"{what} are given for {', '.join(map(repr, unknown))}, and the series are "
            f"{', '.join(map(repr, names))}"
        )


def _part(events: Any, name: Any) -> Any:
    return None if events is None else events.get(name, [])


def _one(name: str, series: Any, openings: Any, closings: Any) -> Watched:
    afterwards = False
    if isinstance(series, Series):
        name = series.group if name == "the series" else name
        known = [p for p in series.periods if p.year is not None]
        begins = np.array([p.year for p in known], float)
        # what happened in a period is known when it is over
        years = begins + (np.median(np.diff(begins)) if len(begins) > 1 else 0.0)
        values = np.array([p.depth.estimate for p in known])
        if openings is None and closings is None:
            openings, closings = _dated(series)
            afterwards = True
    elif isinstance(series, tuple | list) and len(series) == 2:
        years = to_years(series[0], "the years of a series")
        try:
            values = np.asarray(series[1], float)
        except (TypeError, ValueError):
            raise SettingError(f"the values of {name} must be numbers") from None
    else:
        raise SettingError(
            "series must be a series of fs.trace, a trace, (years, values), or a dictionary of "
            f"these, got {type(series).__name__}"
        )
    if years.ndim != 1 or years.shape != values.shape:
        raise SettingError(
            f"years and values must have one shape (T,), got {years.shape} and {values.shape}"
        )
    if len(years) < FIRST + 2:
        raise DataError(f"{name}: a watch needs {FIRST + 2} or more values, got {len(years)}")
    if not np.isfinite(values).all() or np.isnan(years).any():
        n = int((~np.isfinite(values) | np.isnan(years)).sum())
        raise DataError(f"{name}: {n} of {len(values)} values are missing; leave those periods out")
    if np.any(np.diff(years) <= 0):
        raise DataError(f"{name}: years must ascend, each later than the one before")
    _check_values(name, values)
    opened, closed = _sorted(openings, "openings"), _sorted(closings, "closings")
    if not afterwards:
        _check_windows(name, opened, closed)
    return Watched(name, years, values, opened, closed, afterwards)


def _check_values(name: str, values: Array) -> None:
    if (values == values[0]).all():
        raise DataError(f"{name}: all values are {values[0]:g}; there is nothing to watch")
    scaled = _scaled(values)
    if np.ptp(scaled) < STEPS * np.spacing(0.5):
        raise DataError(
            f"{name}: values from {values.min():g} to {values.max():g} are too near each other for "
            "numbers of 16 digits; take their level off before"
        )


def _check_windows(name: str, opened: Array, closed: Array) -> None:
    """Openings stand once, and take turns with the closings where there are any."""
    for what, at in (("opening", opened), ("closing", closed)):
        twice = np.flatnonzero(np.diff(at) == 0)
        if len(twice):
            raise DataError(f"{name}: the {what} of {at[twice[0]]:g} stands twice")
    if not len(closed):
        return
    both = sorted([(t, "opening") for t in opened] + [(t, "closing") for t in closed])
    for (t, one), (u, other) in pairwise(both):
        if t == u:
            raise DataError(f"{name}: a window opens and one closes in {t:g}; which comes first?")
        if one == other == "opening":
            raise DataError(
                f"{name}: windows overlap: one opened in {u:g}, and the one of {t:g} had not closed"
            )
        if one == other:
            raise DataError(f"{name}: closings in {t:g} and {u:g} have no opening between them")


def _sorted(events: Any, name: str) -> Array:
    """Without those that are None: a window that is still open has no closing."""
    at = to_years([] if events is None else events, name)
    if at.ndim != 1:
        raise SettingError(f"{name} must be a list of dates, got shape {at.shape}")
    return np.sort(at[~np.isnan(at)])


def _dated(series: Series) -> tuple[list[float], list[float]]:
    if series.windows is None:
        raise DataError(f"{series.group!r} has no windows: give openings= and closings=")
    opened, closed = [], []
    for w in series.windows.windows:
        if w.opened.year is not None and w.open_at_start <= 0.5:
            opened.append(w.opened.year.estimate)
        if w.closed is not None and w.closed.year is not None:
            closed.append(w.closed.year.estimate)
    return opened, closed
