"""The bridged distance between blocs: on one scale for all periods."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from fissure.errors import ConvergenceError, DataError
from fissure.matrix import Matrix
from fissure.models.dynamic import DynamicIdealPoints
from fissure.periods import Periods
from fissure.results import Interval

__all__ = ["Bridge", "bridge_periods"]

Array = NDArray[np.float64]


@dataclass(frozen=True)
class Bridge:
    """Positions of all actors in all periods on one scale, mean 0 and standard deviation 1.

    Parameters
    ----------
    place
        Where the state of an actor in a period stands, by identifier and label.
    positions, draws
        Estimates of shape (n_states,), and joint draws of shape (draws, n_states).
    """

    place: dict[tuple[str, str], int]
    positions: Array
    draws: Array

    def distance(self, period: str, bloc: Sequence[str], other: Sequence[str]) -> Interval | None:
        """Distance between the mean positions of two blocs; None where one of them has none."""
        own, theirs = ([self.place[a, period] for a in b if (a, period) in self.place]
                       for b in (bloc, other))  # fmt: skip
        if not (own and theirs):
            return None
        apart = float(self.positions[own].mean() - self.positions[theirs].mean())
        drawn = self.draws[:, own].mean(axis=1) - self.draws[:, theirs].mean(axis=1)
        sign = -1.0 if apart < 0 else 1.0
        return Interval.of(sign * apart, np.maximum(sign * drawn, 0.0))


def bridge_periods(
    matrix: Matrix, by: str | int, periods: Periods, draws: int, seed: int
) -> tuple[Bridge | None, tuple[str, ...]]:
    """Fit dynamic ideal points to the whole body, or say in a remark why there are none.

    Parameters
    ----------
    matrix, by, periods
        The records, and how they are cut.
    draws, seed
        How many joint draws, and their seed.
    """
    if periods.overlap > 1:
        return None, ("No bridged distance: these periods share items.",)
    if len(periods) < 2:
        return None, ("No bridged distance: there is one period only.",)
    try:
        fit = DynamicIdealPoints(by=by).fit(matrix)
    except (DataError, ConvergenceError) as error:
        return None, (f"No bridged distance: {error}.",)
    ids = matrix.actors["actor"].to_list()
    state = zip(fit.actor.tolist(), fit.period.tolist(), strict=True)
    place = {(ids[a], fit.periods[t]): k for k, (a, t) in enumerate(state)}
    return Bridge(place, fit.positions, fit.positions_draws(draws, seed)), ()
