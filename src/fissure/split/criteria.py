"""The criteria of a split, on the records and on each resampling of them."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from fissure.results import Interval
from fissure.split.crossfit import CrossFit, ratio
from fissure.split.settings import SplitSettings

__all__ = ["Shape", "shape_of"]

Array = NDArray[np.float64]


@dataclass(frozen=True)
class Shape:
    """Depth and middle of a pair of blocs, with their resamplings.

    Parameters
    ----------
    depth, middle, between
        Estimates; the last two are NaN where no item divided.
    depths, middles, betweens
        The same in each resampling, shape (draws,).
    weights
        How often each item was drawn, shape (draws, n_items).
    holds
        In which resamplings the criteria of a split hold.
    """

    depth: float
    middle: float
    between: float
    depths: Array
    middles: Array
    betweens: Array
    weights: NDArray[np.float32]
    holds: NDArray[np.bool_]

    @property
    def probability(self) -> float:
        """Share of the resamplings in which the criteria of a split hold."""
        return float(self.holds.mean())

    def interval(self, name: str) -> Interval | None:
        """Estimate and 95% interval of depth, middle or between; None where undefined."""
        estimate, draws = getattr(self, name), getattr(self, name + "s")
        return Interval.of_known(estimate, draws)


def shape_of(fit: CrossFit, weights: NDArray[np.float32], settings: SplitSettings) -> Shape:
    """Depth, middle and criteria from a cross-fit and item weights of shape (draws, n_items)."""
    ok = ~np.isnan(fit.squared)
    squared = np.where(ok, fit.squared, 0.0).astype(np.float32)
    measured = np.maximum(weights @ ok.astype(np.float32), 1.0)
    depths = np.sqrt(np.maximum((weights @ squared) / measured, 0.0)).astype(np.float64)
    inside = fit.inside
    labels = fit.labels[inside]
    sums = [weights @ part[:, inside] for part in fit.sides]
    whole = [part[:, inside].sum(axis=0)[None, :] for part in fit.sides]
    middles, betweens = _middle(sums), _between(sums, labels)
    middle, between = _middle(whole), _between(whole, labels)
    return Shape(
        depth=fit.depth,
        middle=float(middle[0]),
        between=float(between[0]),
        depths=depths,
        middles=middles,
        betweens=betweens,
        weights=weights,
        holds=holds(depths, middles, betweens, settings)
        & (fit.stability >= settings.min_stability),
    )


def holds(
    depths: Array, middles: Array, betweens: Array, settings: SplitSettings
) -> NDArray[np.bool_]:
    """Deep enough, and the middle empty in the one sense or the other; NaN never is."""
    empty = (middles <= settings.max_middle) | (betweens <= settings.max_between)
    return np.asarray((depths >= settings.min_depth) & empty)


def _share(inside: NDArray[np.bool_], known: NDArray[np.bool_]) -> Array:
    n = known.sum(axis=1)
    return np.where(n > 0, (inside & known).sum(axis=1) / np.maximum(n, 1), np.nan)


def _middle(sums: list[NDArray[np.float32]]) -> Array:
    """Share of members who sided with one bloc a quarter to three quarters of the time, by row."""
    siding = ratio(sums[0], sums[1])
    return _share((siding > 0.25) & (siding < 0.75), ~np.isnan(siding))


def _between(sums: list[NDArray[np.float32]], labels: NDArray[np.int8]) -> Array:
    """Share of members a quarter to three quarters of the way from one bloc to the other, by row.

    A member's way is the regression of its choices on the gap between the blocs over all items, set
    to 0 and 1 at the two blocs' own averages.
    """
    slope = ratio(sums[2], sums[3])
    known = ~np.isnan(slope)
    ends = []
    for bloc in (0, 1):
        own = known & (labels == bloc)
        ends.append(np.where(own, slope, 0.0).sum(axis=1) / np.maximum(own.sum(axis=1), 1))
    width = ends[0] - ends[1]
    # blocs whose own members are no further along than the other's have nothing between them
    apart = width > 0.05
    way = (slope - ends[1][:, None]) / np.where(apart, width, 1.0)[:, None]
    return np.where(apart, _share((way > 0.25) & (way < 0.75), known), 1.0)
