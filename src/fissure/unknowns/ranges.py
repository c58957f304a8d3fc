"""Numbers that may be ranges, and what a formula gives over all values in them."""

from __future__ import annotations

from collections.abc import Callable
from itertools import combinations, product
from typing import TypeAlias

import numpy as np
from numpy.typing import NDArray

from fissure.errors import SettingError

__all__ = ["Number", "ends", "extremes"]

Array = NDArray[np.float64]

#: A number, or (low, high) where only a range is known.
Number: TypeAlias = float | tuple[float, float]

#: Up to this many uncertain numbers every corner of the box is tried, and every diagonal.
MOST_CORNERS, MOST_DIAGONALS = 10, 5
SCATTERED, STARTS, SWEEPS, POINTS, ZOOMS = 256, 3, 12, 13, 7
#: Smaller gains than this end the search.
GAIN = 1e-12


def ends(name: str, value: object, least: float = 0.0, most: float = 1.0) -> tuple[float, float]:
    """Low and high end of a number or a range.

    Raises
    ------
    SettingError
        If it is neither, lies outside ``least..most``, or its low end is above its high end.

    Examples
    --------
    >>> ends("bias", 0.3), ends("bias", (0.1, 0.4))
    ((0.3, 0.3), (0.1, 0.4))
    """
    pair = tuple(value) if isinstance(value, tuple | list) else (value, value)
    real = int | float | np.integer | np.floating
    if len(pair) != 2 or any(isinstance(v, bool) or not isinstance(v, real) for v in pair):
        raise SettingError(f"{name} must be a number or a range (low, high), got {value!r}")
    low, high = float(pair[0]), float(pair[1])
    if not (least <= low <= most and least <= high <= most):
        raise SettingError(f"{name} must be {least:g}..{most:g}, got {value!r}")
    if low > high:
        raise SettingError(f"{name}: the low end of a range comes first, got {value!r}")
    return low, high


def extremes(
    formula: Callable[[Array], Array], low: Array, high: Array
) -> tuple[float, float] | None:
    """Least and largest value of a formula over a box; None where it has a value nowhere.

    All corners and points scattered inside are tried. The best few are improved along every side
    of the box, and along the diagonals of pairs of sides, until nothing is gained. Where the
    formula is monotone in each number the answer is at a corner, hence exact; elsewhere it is the
    best that was found.

    Parameters
    ----------
    formula
        Takes points, shape (n, d), and gives their values, shape (n,); NaN where there is none.
    low, high
        Ends of the box, shape (d,).

    Examples
    --------
    >>> import numpy as np
    >>> found = extremes(lambda x: (x[:, 0] - 0.3) ** 2, np.zeros(1), np.ones(1))
    >>> [round(v, 6) for v in found]
    [0.0, 0.49]
    """
    free = np.flatnonzero(high > low)
    points = _starts(low, high, free)
    values = formula(points)
    known = ~np.isnan(values)
    if not known.any():
        return None
    points, values = points[known], values[known]
    if not len(free):
        return float(values[0]), float(values[0])
    best = []
    for sign in (-1.0, 1.0):
        order = np.argsort(-sign * values, kind="stable")[:STARTS]
        best.append(sign * _climb(formula, sign, points[order], low, high, free))
    return best[0], best[1]


def _starts(low: Array, high: Array, free: NDArray[np.intp]) -> Array:
    """Corners, centre and points scattered inside, the same ones every time."""
    if not len(free):
        return low[None].copy()
    rng = np.random.default_rng(0)
    k = len(free)
    if k <= MOST_CORNERS:
        corners = np.array(list(product((0.0, 1.0), repeat=k)))
    else:
        corners = rng.integers(0, 2, (2**MOST_CORNERS, k)).astype(float)
    share = np.vstack([corners, np.full((1, k), 0.5), rng.random((SCATTERED, k))])
    points = np.tile(low, (len(share), 1))
    points[:, free] = np.where(share == 1.0, high[free], low[free] + share * (high - low)[free])
    return points


def _climb(
    formula: Callable[[Array], Array],
    sign: float,
    points: Array,
    low: Array,
    high: Array,
    free: NDArray[np.intp],
) -> float:
    """The largest value of sign × formula reached from some points."""
    at = points.copy()
    values = sign * formula(at)
    for _ in range(SWEEPS):
        before = values.max()
        for direction in _directions(low, high, free):
            at, values = _along(formula, sign, at, values, direction, low, high)
        # no more can be gained where it has no end, and ∞ − ∞ is no number
        if values.max() == before or values.max() - before < GAIN:
            break
    return float(values.max())


def _directions(low: Array, high: Array, free: NDArray[np.intp]) -> list[Array]:
    sides = []
    for i in free:
        side = np.zeros(len(low))
        side[i] = high[i] - low[i]
        sides.append(side)
    if len(sides) > MOST_DIAGONALS:
        return sides
    pairs = list(combinations(sides, 2))
    return sides + [a + b for a, b in pairs] + [a - b for a, b in pairs]


def _along(
    formula: Callable[[Array], Array],
    sign: float,
    at: Array,
    values: Array,
    direction: Array,
    low: Array,
    high: Array,
) -> tuple[Array, Array]:
    """The best points on lines through the given ones, by zooming in on the best of a few."""
    moving = direction != 0
    first = (low - at)[:, moving] / direction[moving]
    last = (high - at)[:, moving] / direction[moving]
    left = np.minimum(first, last).max(axis=1)
    right = np.maximum(first, last).min(axis=1)
    least, most = left.copy(), right.copy()
    rows = np.arange(len(at))
    start = at
    for _ in range(ZOOMS):
        steps = left[:, None] + (right - left)[:, None] * np.linspace(0, 1, POINTS)
        tried = np.clip(start[:, None, :] + steps[..., None] * direction, low, high)
        found = sign * formula(tried.reshape(-1, len(low))).reshape(steps.shape)
        found = np.where(np.isnan(found), -np.inf, found)
        best = found.argmax(axis=1)
        better = found[rows, best] > values
        at = np.where(better[:, None], tried[rows, best], at)
        values = np.where(better, found[rows, best], values)
        at_end = (steps[rows, best] == least) | (steps[rows, best] == most)
        if at_end.all():
            break  # nothing to zoom in on
        width = (right - left) / (POINTS - 1)
        centre = steps[rows, best]
        left, right = np.maximum(centre - width, least), np.minimum(centre + width, most)
    return at, values
