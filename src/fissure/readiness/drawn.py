"""Numbers that are known as draws, and what a formula gives over them and over ranges."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from typing import Any, TypeAlias

import numpy as np
from numpy.typing import ArrayLike, NDArray

from fissure.errors import DataError, SettingError
from fissure.results.parts import Interval
from fissure.results.readiness import Recurrence
from fissure.unknowns.ranges import Number, extremes

__all__ = ["Drawable", "Spread", "draws_of"]

Array = NDArray[np.float64]
Formula: TypeAlias = Callable[[Array], Array]
#: A number, a range, draws of it, or a recurrence, whose draws are taken.
Drawable: TypeAlias = Number | ArrayLike | Recurrence

#: A range needs two numbers; draws need more than this.
FEWEST_DRAWS = 10
#: Draws that a search through ranges goes by.
SEARCHED = 1000


def draws_of(name: str, value: Any) -> Array | None:
    """Draws of the rate or of the length; None for a number or a range.

    Raises
    ------
    SettingError
        If one of them is no number, or negative.
    DataError
        If a recurrence has none.
    """
    if isinstance(value, Recurrence):
        return _from_windows(name, value)
    is_array = isinstance(value, np.ndarray) or (
        isinstance(value, tuple | list) and len(value) > FEWEST_DRAWS
    )
    if not is_array:
        return None
    least = "above 0" if name == "length" else "of 0 or more"
    try:
        draws = np.asarray(value, float).ravel()
    except (TypeError, ValueError):
        raise SettingError(f"draws of the {name} must be numbers {least}") from None
    is_right = np.isfinite(draws) & ((draws > 0) if name == "length" else (draws >= 0))
    if len(draws) <= FEWEST_DRAWS or not is_right.all():
        raise SettingError(
            f"draws of the {name} must be more than {FEWEST_DRAWS} numbers {least}, got "
            f"{len(draws)} of which {int((~is_right).sum())} are not"
        )
    return draws


def _from_windows(name: str, found: Recurrence) -> Array:
    if name == "rate" and found.rate is None:
        raise DataError(
            "this recurrence has no event, hence no rate; give a range such as (0, upper limit)"
        )
    if name == "length" and not found.length_draws:
        raise DataError(
            "this recurrence has no window that is known to have closed, hence no length; give "
            "length=, in years"
        )
    return np.array(found.rate_draws if name == "rate" else found.length_draws)


@dataclass(frozen=True)
class Spread:
    """What is known of the numbers in a formula.

    Parameters
    ----------
    low, high
        Ends of the ranges, shape (d,); alike where a number is known, and where it is drawn.
    drawn
        Columns that are drawn.
    draws
        Equally probable values of those columns, shape (n, drawn); one row where there are none.
    """

    low: Array
    high: Array
    drawn: tuple[int, ...]
    draws: Array

    @property
    def middle(self) -> Array:
        """The middle of each range, as one point, shape (1, d)."""
        return (self.low + self.high)[None] / 2

    @property
    def is_range(self) -> bool:
        """Whether any number is a range."""
        return bool((self.high > self.low).any())

    def without(self, column: int) -> Spread:
        """The same with a column that is given with each point, and no longer drawn."""
        kept = [k for k, c in enumerate(self.drawn) if c != column]
        draws = self.draws[:, kept] if kept else np.zeros((1, 0))
        return Spread(self.low, self.high, tuple(self.drawn[k] for k in kept), draws)

    def over(self, formula: Formula, points: Array) -> Array:
        """The formula at each point and draw, shape (..., points, draws)."""
        n = len(self.draws)
        x = np.repeat(points, n, axis=0)
        x[:, self.drawn] = np.tile(self.draws, (len(points), 1))
        out = formula(x)
        return out.reshape(*out.shape[:-1], len(points), n)

    def mean(self, formula: Formula, points: Array | None = None) -> Array:
        """Average over draws, shape (..., points)."""
        return self.over(formula, self.middle if points is None else points).mean(axis=-1)

    def of(self, formula: Formula) -> Interval:
        """Average at the middle, with the least and largest ends of the 95 % interval of draws."""
        at = float(self.mean(formula)[0])
        return self.around(at, partial(self.quantile, formula))

    def around(self, at: float, quantile: Callable[..., Array]) -> Interval:
        """An estimate, with the least and largest value of two quantiles over the ranges.

        Parameters
        ----------
        quantile
            Takes points and ``share=``, and gives a value at each point, shape (points,).
        """
        shares = (0.025, 0.975) if self.drawn else (0.5,)
        found = [
            extremes(partial(quantile, share=q), self.low, self.high) or (at, at) for q in shares
        ]
        return Interval(at, min(found[0][0], at), max(found[-1][1], at))

    def quantile(self, formula: Formula, points: Array, share: float) -> Array:
        """Of the draws at each point, shape (points,)."""
        return np.quantile(self._few().over(formula, points), share, axis=-1)

    def _few(self) -> Spread:
        """Every so many of the draws in order, where they are searched at many points."""
        n = len(self.draws)
        if n <= SEARCHED or not self.is_range:
            return self
        order = np.lexsort(self.draws.T[::-1])
        kept = order[((np.arange(SEARCHED) + 0.5) / SEARCHED * n).astype(int)]
        return Spread(self.low, self.high, self.drawn, self.draws[kept])
