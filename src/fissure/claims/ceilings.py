"""Ceilings over an empty corner: steps through the peers, the line through them, bottlenecks."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from fissure.kernels.ceiling import ceiling_zones
from fissure.results.nca import Ceiling, Required

__all__ = ["Cloud", "ceilings_of", "line_of", "zones"]

Array = NDArray[np.float64]

#: Relative to the range: a case this little above a line is on it.
TOLERANCE = 1e-9


@dataclass(frozen=True)
class Cloud:
    """Cases turned so that the corner asked about is the upper left, in order of x and then y.

    Parameters
    ----------
    x, y
        Turned values, shape (n,).
    scope
        x_min, x_max, y_min, y_max of the turned values.
    order
        Number of each case in the table.
    turned
        (−1 or 1 for x, −1 or 1 for y): what the values were multiplied by.
    """

    x: Array
    y: Array
    scope: Array
    order: NDArray[np.intp]
    turned: tuple[int, int]

    @classmethod
    def of(cls, x: Array, y: Array, corner: int, scope: Sequence[float] | None = None) -> Cloud:
        """Corners: 1 upper left, 2 upper right, 3 lower left, 4 lower right."""
        turn_x, turn_y = (-1 if corner in (2, 4) else 1), (-1 if corner in (3, 4) else 1)
        ends = scope or (x.min(), x.max(), y.min(), y.max())
        sides = sorted((turn_x * ends[0], turn_x * ends[1]))
        heights = sorted((turn_y * ends[2], turn_y * ends[3]))
        x, y = turn_x * x, turn_y * y
        order = np.lexsort((y, x))
        return cls(x[order], y[order], np.array([*sides, *heights]), order, (turn_x, turn_y))

    @property
    def area(self) -> float:
        """Area of the scope."""
        x0, x1, y0, y1 = self.scope
        return float((x1 - x0) * (y1 - y0))

    def peers(self) -> NDArray[np.intp]:
        """Places of the cases at which the ceiling rises; all of those on the same spot."""
        out: list[int] = []
        peak = -np.inf
        for start in np.flatnonzero(np.diff(self.x, prepend=-np.inf)):
            here = np.flatnonzero(self.x == self.x[start])
            top = self.y[here].max()
            if top > peak:
                peak = top
                out.extend(here[self.y[here] == top].tolist())
        return np.array(out, np.intp)


def zones(cloud: Cloud, ys: Array) -> tuple[Array, Array]:
    """Effects of steps and line for many orders of y, shape (n_rows,) each, as shares of scope."""
    free, line = np.empty(len(ys)), np.empty(len(ys))
    ceiling_zones(cloud.x, np.ascontiguousarray(ys), cloud.scope, free, line)
    return free / cloud.area, line / cloud.area


def line_of(cloud: Cloud) -> tuple[float, float] | None:
    """Slope and intercept of the least-squares line through the peers; None with fewer than two."""
    peers = cloud.peers()
    x, y = cloud.x[peers], cloud.y[peers]
    if len(np.unique(x)) < 2:
        return None
    away = x - x.mean()
    slope = float((away * (y - y.mean())).sum() / (away**2).sum())
    return slope, float(y.mean() - slope * x.mean())


def ceilings_of(
    cloud: Cloud, p: tuple[float, float], p_error: tuple[float, float], levels: int
) -> tuple[Ceiling, Ceiling]:
    """Both ceilings over a cloud, with the p values that permutations gave them.

    Source: Dul (2016), "Necessary condition analysis (NCA)", Organizational Research Methods 19:
    10-52, doi:10.1177/1094428115584005; numbers as in R's NCA 5.0.1.
    """
    free, slanted = (float(v[0]) for v in zones(cloud, cloud.y[None]))
    aims = np.linspace(cloud.scope[2], cloud.scope[3], levels)
    return (
        _steps(cloud, free, aims, p[0], p_error[0]),
        _line(cloud, slanted, slanted / free if free > 0 else None, aims, p[1], p_error[1]),
    )


def _steps(cloud: Cloud, effect: float, aims: Array, p: float, p_error: float) -> Ceiling:
    spots = list(dict.fromkeys((float(cloud.x[k]), float(cloud.y[k])) for k in cloud.peers()))
    x0, x1, y0, y1 = cloud.scope.tolist()
    is_ceiling = len(spots) > 1
    return Ceiling(
        kind="ce_fdh",
        zone=effect * cloud.area,
        effect=effect,
        n_above=0,
        accuracy=1.0,
        fit=1.0 if effect > 0 else None,
        complexity=len(spots),
        slope=None,
        intercept=None,
        condition_inefficiency=(x1 - spots[-1][0]) / (x1 - x0) if is_ceiling else None,
        outcome_inefficiency=(spots[0][1] - y0) / (y1 - y0) if is_ceiling else None,
        p=p,
        p_error=p_error,
        bottleneck=_table(cloud, [_needed_by_steps(spots, aim) for aim in aims]),
    )


def _line(
    cloud: Cloud, effect: float, fit: float | None, aims: Array, p: float, p_error: float
) -> Ceiling:
    line = line_of(cloud)
    x0, x1, y0, y1 = cloud.scope.tolist()
    if line is None:
        slope = start = idle_x = idle_y = None
        n_above, needed = 0, [None for _ in aims]
    else:
        slope, start = line
        n_above = int((cloud.y > start + slope * cloud.x + TOLERANCE * (y1 - y0)).sum())
        needed = [(aim - start) / slope for aim in aims]
        idle_x = (x1 - min(x1, (y1 - start) / slope)) / (x1 - x0)
        idle_y = (max(y0, start + slope * x0) - y0) / (y1 - y0)
    return Ceiling(
        kind="cr_fdh",
        zone=effect * cloud.area,
        effect=effect,
        n_above=n_above,
        accuracy=1 - n_above / len(cloud.x),
        fit=fit,
        complexity=1,
        slope=None if slope is None else slope * cloud.turned[0] * cloud.turned[1],
        intercept=None if start is None else start * cloud.turned[1],
        condition_inefficiency=idle_x,
        outcome_inefficiency=idle_y,
        p=p,
        p_error=p_error,
        bottleneck=_table(cloud, needed),
    )


def _needed_by_steps(spots: Sequence[tuple[float, float]], aim: float) -> float:
    """The x of the first peer that reaches the aim; beyond everything if none does."""
    slack = TOLERANCE * max(1.0, abs(aim))
    return next((x for x, y in spots if y >= aim - slack), np.inf)


def _table(cloud: Cloud, needed: Sequence[float | None]) -> tuple[Required, ...]:
    x0, x1 = cloud.scope[:2]
    slack = TOLERANCE * (x1 - x0)
    rows = []
    for level, x in zip(np.linspace(0, 100, len(needed)), needed, strict=True):
        if x is None or x <= x0 + slack:
            rows.append(Required(float(level), None, "not necessary"))
        elif x > x1 + slack:
            rows.append(Required(float(level), None, "out of reach"))
        else:
            share = float(100 * (x - x0) / (x1 - x0))
            rows.append(Required(float(level), share, "needed"))
    return tuple(rows)
