"""Which period is the deepest: the part of ``fissure.trace/1`` that a rank fills."""

from __future__ import annotations

from dataclasses import dataclass

import polars as pl

from fissure.results.base import Result
from fissure.results.tree import Interval
from fissure.results.windows import Chance

__all__ = ["Rank", "RankSet", "Start"]


@dataclass(frozen=True)
class RankSet:
    """A period's rank, 1 for the deepest.

    Parameters
    ----------
    low, high
        Simultaneous 95 % confidence set: all ranks of all periods lie in their sets at once.
    depth
        Depth after shrinkage, from the joint model.
    """

    period: str
    low: int
    high: int
    depth: Interval


@dataclass(frozen=True)
class Start:
    """The answer for one starting period: which one is then most probably the deepest."""

    since: str
    year: float | None
    deepest: str
    probability: float
    last: float


@dataclass(frozen=True)
class Rank(Result):
    """Which period is the deepest since a given year?

    Parameters
    ----------
    since
        First year asked about; None for the whole series.
    n_periods
        How many periods were compared.
    deepest
        Probability that a period is the deepest of all, most probable first.
    k, top
        Probability that a period is among the ``k`` deepest, most probable first.
    rank_sets
        Simultaneous confidence sets of the ranks, in order of time.
    starts
        The answer as a function of the starting period; ``last`` is the probability that the last
        period is the deepest since then.
    spread
        Standard deviation between periods in the joint model.
    sentence
        The answer in plain words.
    """

    group: str
    since: int | None
    n_periods: int
    deepest: tuple[Chance, ...]
    k: int
    top: tuple[Chance, ...]
    rank_sets: tuple[RankSet, ...]
    starts: tuple[Start, ...]
    spread: Interval
    sentence: str

    def to_frame(self) -> pl.DataFrame:
        """One row a period: probabilities, rank set and shrunken depth, in order of time."""
        first = {c.period: c.probability for c in self.deepest}
        top = {c.period: c.probability for c in self.top}
        return pl.DataFrame(
            [
                {
                    "period": s.period,
                    "deepest": first.get(s.period, 0.0),
                    f"top_{self.k}": top.get(s.period, 0.0),
                    "rank_low": s.low,
                    "rank_high": s.high,
                    "depth": s.depth.estimate,
                    "depth_low": s.depth.low,
                    "depth_high": s.depth.high,
                }
                for s in self.rank_sets
            ],
            infer_schema_length=None,
        )

    def __repr__(self) -> str:
        return f"{self.group}: {self.sentence}"
