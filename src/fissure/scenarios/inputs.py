"""The four conditions as they come: numbers, ranges, draws, or a measured depth."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TypeAlias

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy.special import ndtri

from fissure.errors import DataError, SettingError
from fissure.results.scenarios import Given
from fissure.results.trace import Trace
from fissure.results.tree import Group, Split

__all__ = ["Condition", "Quantity", "condition", "depth_of"]

Array = NDArray[np.float64]
#: A number, a range (low, high), or draws: three or more numbers.
Quantity: TypeAlias = float | tuple[float, float] | ArrayLike


@dataclass(frozen=True)
class Condition:
    """One condition: what it is, and the quantiles that draws of it are read from.

    Parameters
    ----------
    given
        For the result.
    values
        Sorted; quantiles between them are interpolated.
    """

    given: Given
    values: Array

    def at(self, unit: Array) -> Array:
        """The value at each probability, 0 to 1."""
        return np.asarray(np.interp(unit, np.linspace(0, 1, len(self.values)), self.values))

    def axis(self, n: int) -> Array:
        """Where the map is drawn: over the range given, and over 0 to 1 where none was."""
        is_range = self.given.kind == "range"
        low, high = (self.given.low, self.given.high) if is_range else (0.0, 1.0)
        return np.linspace(low, high, n)


def condition(name: str, value: object, origin: str = "as given") -> Condition:
    """A condition from a number, a range or draws.

    Raises
    ------
    SettingError
        If it is none of these, lies outside 0..1, or is a range that holds nothing.

    Examples
    --------
    >>> condition("depth", (0.2, 0.4)).given.kind, condition("depth", [0.1, 0.2, 0.9]).given.kind
    ('range', 'draws')
    """
    try:
        values = np.atleast_1d(np.asarray(value, float))
    except (TypeError, ValueError):
        values = np.empty((0, 0))
    if values.ndim != 1 or not len(values) or isinstance(value, bool | str):
        raise SettingError(f"{name} must be a number, a range (low, high) or draws, got {value!r}")
    is_good = (values >= 0) & (values <= 1)
    if not is_good.all():
        bad = float(values[~is_good][0])
        raise SettingError(f"{name} must be 0..1, got {bad:g}")
    if len(values) == 1:
        kind = "number"
    elif len(values) == 2:
        kind = "range"
        if not values[0] < values[1]:
            raise SettingError(
                f"{name}: the low end of a range must be below its high end, got "
                f"{values[0]:g}..{values[1]:g}"
            )
    else:
        kind, values = "draws", np.sort(values)
    ends = np.quantile(values, [0.025, 0.975]) if kind == "draws" else values[[0, -1]]
    given = Given(name, kind, float(values.mean()), float(ends[0]), float(ends[1]), origin)
    return Condition(given, values)


def depth_of(value: object, group: str | None = None, period: str | None = None) -> Condition:
    """The depth, from a number, a range, draws, or from what a report or a trace has measured.

    A report's interval stands for two halves of normal curves on either side of the estimate. A
    trace has draws.

    Parameters
    ----------
    value
        As in :func:`condition`, or a Split, one of its groups, or a Trace.
    group
        Which group of a Split or Trace; its first without.
    period
        Which period of a Trace; its last without.

    Raises
    ------
    DataError
        If there is no such group or period.
    SettingError
        As in :func:`condition`, and if a group or period is named for plain numbers.
    """
    if isinstance(value, Split):
        groups = {g.name: g for g in value.groups}
        if not groups:
            raise DataError("there is no group in this report")
        if group is not None and group not in groups:
            names = ", ".join(repr(n) for n in groups)
            raise DataError(f"no group {group!r} in this report; there are {names}")
        value = groups[group or next(iter(groups))]
        group = None
    if isinstance(value, Group):
        return _measured(value)
    if isinstance(value, Trace):
        series = value.of(group)
        periods = {p.period: p for p in series.periods}
        if not periods:
            raise DataError(f"no period of {series.group!r} has an answer")
        if period is not None and period not in periods:
            raise DataError(
                f"no period {period!r} in this trace; there are {', '.join(map(repr, periods))}"
            )
        chosen = periods[period or series.periods[-1].period]
        draws = np.clip(np.asarray(chosen.draws.depth, float), 0.0, 1.0)
        return condition("depth", draws, f"draws of {series.group}, {chosen.period}")
    if group is not None or period is not None:
        raise SettingError("group and period are for a depth from a report or a trace")
    return condition("depth", value)


def _measured(group: Group) -> Condition:
    """The depth of a group, from its estimate and interval."""
    depth = group.depth
    z = ndtri((np.arange(200) + 0.5) / 200)
    sd = np.where(z < 0, depth.estimate - depth.low, depth.high - depth.estimate) / ndtri(0.975)
    values = np.clip(depth.estimate + z * sd, 0.0, 1.0)
    made = condition("depth", values, f"estimate and interval of {group.name}, {group.verdict}")
    given = Given(
        "depth", "interval", float(depth.estimate), max(depth.low, 0.0), min(depth.high, 1.0),
        made.given.origin,
    )  # fmt: skip
    return Condition(given, made.values)
