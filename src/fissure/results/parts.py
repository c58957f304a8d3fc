"""What several results are made of: a verdict, an interval, agreement, a group skipped."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

import numpy as np
from numpy.typing import NDArray

__all__ = ["Agreement", "Interval", "Kind", "Skipped", "Verdict"]

Verdict = Literal["split", "no split", "cannot tell"]
Kind = Literal["unity", "spectrum", "split", "fragments", "defectors"]


@dataclass(frozen=True)
class Interval:
    """An estimate with a 95 % interval."""

    estimate: float
    low: float
    high: float

    @classmethod
    def of(cls, estimate: float, draws: NDArray[np.float64]) -> Interval:
        """The interval between the quantiles of some draws, widened to hold the estimate."""
        low, high = np.quantile(draws, [0.025, 0.975])
        # the resampled share in the middle, for one, can lie to one side of its estimate altogether
        return cls(float(estimate), float(min(low, estimate)), float(max(high, estimate)))

    @classmethod
    def of_known(cls, estimate: float, draws: NDArray[np.float64]) -> Interval | None:
        """The same without the draws that are NaN; None where the estimate is, or all draws are."""
        known = draws[~np.isnan(draws)]
        return None if np.isnan(estimate) or not len(known) else cls.of(estimate, known)


@dataclass(frozen=True)
class Skipped:
    """A group about which nothing could be said, and why."""

    name: str
    n_actors: int
    reason: str


@dataclass(frozen=True)
class Agreement:
    """Share of common items on which two actors chose alike, 0 to 1, ordered by bloc and siding.

    ``share`` is None for pairs without a common item.
    """

    actors: tuple[str, ...]
    share: tuple[tuple[float | None, ...], ...]
