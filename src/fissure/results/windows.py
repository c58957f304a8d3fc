"""When a split opened and closed: the part of ``fissure.trace/1`` that a window posterior fills."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import polars as pl

from fissure.results.base import Result
from fissure.results.tree import Interval

__all__ = ["Chance", "Moment", "Window", "Windows"]


@dataclass(frozen=True)
class Chance:
    """A period and a probability."""

    period: str
    probability: float


@dataclass(frozen=True)
class Moment:
    """A period with a 95 % interval, by label, and in years where these are known."""

    estimate: str
    low: str
    high: str
    year: Interval | None = None


@dataclass(frozen=True)
class Window:
    """A stretch in which the group stood deeper apart than otherwise.

    Parameters
    ----------
    probability
        That there was a window here.
    opened
        First period of the window. Where ``open_at_start`` is large, it opened then or earlier.
    closed
        First period after the window; None where it is more likely than not still open.
    duration
        Number of periods from opening to closing, so far where it is still open.
    still_open, open_at_start
        Probability, given that there was a window here, that it is open in the last period, and
        that it was open in the first.
    """

    probability: float
    opened: Moment
    closed: Moment | None
    duration: Interval
    still_open: float
    open_at_start: float


@dataclass(frozen=True)
class Windows(Result):
    """When did a split open and close: the posterior over windows of one series.

    Parameters
    ----------
    p_none
        Probability that there was no window at all.
    p_open_now
        Probability that one is open in the last period.
    p_count
        Probability of 0, 1, 2 … windows.
    open
        Probability that a window is open, by period.
    windows
        The windows worth naming, in order of time.
    level, rise
        Depth outside windows, and how much deeper it is inside, given that there is one.
    autocorrelation
        Of what remains, from one period to the next.
    sentence
        All this in plain words.
    settings
        Settings of the model.
    """

    group: str
    p_none: float
    p_open_now: float
    p_count: tuple[float, ...]
    open: tuple[Chance, ...]
    windows: tuple[Window, ...]
    level: Interval
    rise: Interval | None
    autocorrelation: Interval
    sentence: str
    settings: dict[str, Any]

    def to_frame(self) -> pl.DataFrame:
        """One row a window: its probability, and when it opened and closed."""
        rows = [
            {
                "probability": w.probability,
                "opened": w.opened.estimate,
                "opened_low": w.opened.low,
                "opened_high": w.opened.high,
                "closed": None if w.closed is None else w.closed.estimate,
                "closed_low": None if w.closed is None else w.closed.low,
                "closed_high": None if w.closed is None else w.closed.high,
                "duration": w.duration.estimate,
                "still_open": w.still_open,
                "open_at_start": w.open_at_start,
            }
            for w in self.windows
        ]
        schema = {"probability": pl.Float64, "opened": pl.String, "closed": pl.String}
        return pl.DataFrame(rows, infer_schema_length=None) if rows else pl.DataFrame(schema=schema)

    def __repr__(self) -> str:
        return f"{self.group}: {self.sentence}"
