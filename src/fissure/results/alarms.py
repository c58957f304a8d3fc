"""Early warnings and how they did: the part of ``fissure.ready/1`` from ``fissure.warning``."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import polars as pl

from fissure.results.base import Result
from fissure.results.parts import Interval

__all__ = ["AlarmPath", "AlarmScore", "Alarms", "Fallacy"]


@dataclass(frozen=True)
class AlarmPath:
    """One series as its alarms saw it, each value from the past alone.

    Parameters
    ----------
    name
        Of the series.
    years
        Origins.
    statistic, threshold
        Alarm statistic and the threshold it was held against.
    alarms
        Years in which an alarm began.
    events
        Years of the events on this side.
    """

    name: str
    years: tuple[float, ...]
    statistic: tuple[float, ...]
    threshold: tuple[float, ...]
    alarms: tuple[float, ...]
    events: tuple[float, ...]


@dataclass(frozen=True)
class AlarmScore:
    """How the alarms of one statistic did on one side.

    Parameters
    ----------
    side
        ``opening`` or ``closing``.
    statistic
        ``autocorrelation``, ``variance``, ``cusum``, ``shiryaev-roberts`` or ``likelihood``.
    n_events, hits, misses
        Events after the first origin; those with an alarm within ``lead`` years before; the rest.
    n_alarms, false_alarms
        Alarms, and those that no event followed within ``lead`` years.
    years
        Years at risk over all series.
    false_per_decade
        False alarms per decade, with the exact 95 % interval of a Poisson count.
    hits_by_chance
        Share of events that alarms at the rate found, at random moments, would have hit.
    lead_time
        Median years from the first alarm to its event; None without a hit.
    brier, brier_climatology
        Mean squared error of the probability of an event within ``lead`` years: with alarms, and
        from past frequency alone. None where no origin could be scored.
    log_score, log_climatology
        Mean negative logarithm of the probability of what came; smaller is better.
    n_scored
        Origins behind these scores.
    paths
        Each series.
    sentence
        The same in plain words.
    """

    side: str
    statistic: str
    n_events: int
    hits: int
    misses: int
    n_alarms: int
    false_alarms: int
    years: float
    false_per_decade: Interval | None
    hits_by_chance: float
    lead_time: float | None
    brier: float | None
    brier_climatology: float | None
    log_score: float | None
    log_climatology: float | None
    n_scored: int
    paths: tuple[AlarmPath, ...]
    sentence: str


@dataclass(frozen=True)
class Fallacy:
    """What choosing series because they tipped does to false alarms, by simulation.

    Series of one steady AR(1) process, in which nothing ever changes. Some wander across a level by
    chance.

    Parameters
    ----------
    statistic
        As in an :class:`AlarmScore`.
    any_series
        Share of stretches of ``lead`` years with an alarm, over all series.
    chosen
        The same in the years before a crossing, in series chosen because they crossed.
    n_series, n_chosen
        Simulated series, and crossings found.
    """

    statistic: str
    any_series: float
    chosen: float
    n_series: int
    n_chosen: int


@dataclass(frozen=True)
class Alarms(Result):
    """Early warnings at a chosen rate of false alarms, each judged from its own past.

    Parameters
    ----------
    asked
        False alarms per decade that were asked for.
    lead
        Years before an event in which an alarm counts as a hit.
    scores
        One for each side and statistic.
    fallacy
        What choosing series that tipped would do; None where it was not asked for.
    sentence, remarks
        The answer in words, and what else a reader must know.
    settings
        Whatever else was given.
    """

    asked: float
    lead: float
    scores: tuple[AlarmScore, ...]
    fallacy: tuple[Fallacy, ...]
    sentence: str
    remarks: tuple[str, ...]
    settings: dict[str, Any]

    def to_frame(self) -> pl.DataFrame:
        """One row a side and statistic."""
        keep = (
            "side", "statistic", "n_events", "hits", "misses", "n_alarms", "false_alarms", "years",
            "hits_by_chance", "lead_time", "brier", "brier_climatology", "log_score",
            "log_climatology",
        )  # fmt: skip
        return pl.DataFrame(
            [{k: getattr(s, k) for k in keep} for s in self.scores], infer_schema_length=None
        )

    def __repr__(self) -> str:
        return self.sentence
