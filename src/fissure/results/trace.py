"""The answer to Q3 as one tree. It *is* the documented JSON schema ``fissure.trace/1``.

:meth:`Trace.to_dict` gives the schema, and :meth:`Trace.from_dict` takes it back to an equal
object. Keys may be added; none is renamed without a new schema number.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any, ClassVar

import polars as pl

from fissure.errors import DataError
from fissure.results.base import Saved
from fissure.results.rank import Rank
from fissure.results.tree import Interval, Kind, Skipped, Verdict
from fissure.results.windows import Windows

__all__ = [
    "TRACE_SCHEMA",
    "BlocAt",
    "Change",
    "Dividing",
    "Draws",
    "Lineage",
    "Period",
    "Series",
    "SkippedPeriod",
    "Trace",
]

TRACE_SCHEMA = "fissure.trace/1"


@dataclass(frozen=True)
class Draws:
    """What carries the uncertainty of a period on to windows and ranks; all of one length.

    Parameters
    ----------
    depth
        Depth in resampled records, 0 to 1.
    kind
        Kind in each of them.
    smallest
        Draws of the smallest detectable depth; 1 where none up to 0.8 was found.
    depth_common
        Depth under the common mix of items, in the same resampled records; None where one of them
        did not cover the mix, empty where the period itself does not.
    """

    depth: tuple[float, ...]
    kind: tuple[Kind, ...]
    smallest: tuple[float, ...]
    depth_common: tuple[float | None, ...] = ()


@dataclass(frozen=True)
class BlocAt:
    """A bloc in one period.

    Parameters
    ----------
    name
        Letter of its lineage, the same in every period in which it is the same bloc.
    size
        Number of members.
    actors
        Their identifiers.
    probability
        For each of them, the share of half-records in which it was found in this bloc.
    """

    name: str
    size: int
    actors: tuple[str, ...]
    probability: tuple[float, ...]


@dataclass(frozen=True)
class Dividing:
    """An item that divided the blocs most: yea shares of the largest bloc and of the next."""

    item: str
    date: str | None
    title: str
    yea_a: float
    yea_b: float


@dataclass(frozen=True)
class Period:
    """One group in one period.

    Parameters
    ----------
    period
        Its label, such as ``88``, ``1963`` or ``1963-07``.
    place
        Its place among all periods of the records, from 0; places without an answer are left out.
    year
        Year in which it begins, where that is known.
    n_actors, n_items, n_choices
        Size of the records looked at.
    verdict, kind, probability, p_value, sentence
        As in a report on that period alone.
    depth
        Cross-fitted depth, 0 to 1.
    depth_common
        The same with the items re-weighted to the mix of all periods together; None where that mix
        cannot be had.
    distance
        Distance between the two blocs on the bridged scale of dynamic ideal points, where they were
        fitted.
    smallest_detectable_depth
        The smallest depth that would have been found in 80 of 100 cases; None where none would.
    opposed_share, middle
        Share of held-out items on which the two blocs' majorities opposed each other, and share of
        members in the middle of those.
    blocs
        The blocs that the depth speaks of, by size; whoever stood alone is in none.
    dividing
        The items that divided them most, at most five.
    """

    period: str
    place: int
    year: float | None
    n_actors: int
    n_items: int
    n_choices: int
    verdict: Verdict
    kind: Kind
    probability: float
    p_value: float
    sentence: str
    depth: Interval
    depth_common: Interval | None
    distance: Interval | None
    smallest_detectable_depth: float | None
    opposed_share: float
    middle: Interval | None
    blocs: tuple[BlocAt, ...]
    dividing: tuple[Dividing, ...]
    draws: Draws


@dataclass(frozen=True)
class Change:
    """What changed from one period to the next: total = replacement + agenda + conversion.

    A part that cannot be had is None: too few stayed, or the two periods have too few sorts of
    items in common.

    Parameters
    ----------
    before, after
        Labels of the two periods.
    total
        Change in depth.
    replacement
        Part of those who left and came: the change that is not found among those who stayed.
    agenda
        Part of the items: the change among those who stayed that a common mix of items removes.
    conversion
        The rest: those who stayed, on the same mix of items.
    n_stayed, n_left, n_came
        Members.
    moved
        Names of those who stayed and went from one bloc to another.
    events
        What became of blocs, in words.
    """

    before: str
    after: str
    total: Interval
    replacement: Interval | None
    agenda: Interval | None
    conversion: Interval | None
    n_stayed: int
    n_left: int
    n_came: int
    moved: tuple[str, ...]
    events: tuple[str, ...]


@dataclass(frozen=True)
class Lineage:
    """A bloc through time: the periods in which it was seen, by label."""

    name: str
    periods: tuple[str, ...]
    largest: int


@dataclass(frozen=True)
class SkippedPeriod:
    """A period about which nothing could be said, and why."""

    period: str
    place: int
    reason: str


@dataclass(frozen=True)
class Series:
    """One group through time.

    Parameters
    ----------
    group
        ``all``, or ``column = value``.
    periods
        In order of time; periods about which nothing could be said are in ``skipped``.
    changes
        From each period to the next.
    lineages
        The blocs through time.
    overlap
        How many neighbouring periods share items: 1 for none.
    windows, rank
        The answers of :func:`fissure.windows` and :func:`fissure.rank`, where they can be had.
    rank_common
        The same rank of depth under the common mix of items.
    """

    group: str
    periods: tuple[Period, ...]
    changes: tuple[Change, ...] = ()
    lineages: tuple[Lineage, ...] = ()
    skipped: tuple[SkippedPeriod, ...] = ()
    overlap: int = 1
    windows: Windows | None = None
    rank: Rank | None = None
    rank_common: Rank | None = None
    remarks: tuple[str, ...] = ()


@dataclass(frozen=True)
class Trace(Saved):
    """Depth through time, for each group asked about.

    Parameters
    ----------
    source, settings, seed, versions
        As in a :class:`~fissure.Split`.
    series
        One for each group.
    actors
        What to call each actor in print, by identifier.
    mix
        What the common mix of items is made of: each class and its share.
    skipped
        Groups about which nothing could be said in any period, and why.
    """

    source: dict[str, Any]
    settings: dict[str, Any]
    seed: int
    versions: dict[str, str]
    series: tuple[Series, ...]
    actors: dict[str, str]
    mix: dict[str, float]
    skipped: tuple[Skipped, ...] = ()
    schema: str = TRACE_SCHEMA

    expected: ClassVar[str] = TRACE_SCHEMA

    def of(self, group: str | None = None) -> Series:
        """The series of one group; the first where none is named.

        Raises
        ------
        DataError
            If there is no such group, or no series at all.
        """
        if not self.series:
            raise DataError("there is no series in this trace")
        if group is None:
            return self.series[0]
        for one in self.series:
            if one.group == group:
                return one
        names = ", ".join(repr(s.group) for s in self.series)
        raise DataError(f"no group {group!r} in this trace; there are {names}")

    def with_series(self, series: tuple[Series, ...]) -> Trace:
        """The same trace with other series, such as those with windows and ranks."""
        return replace(self, series=series)

    def on_common_mix(self) -> Trace:
        """The same trace with the depth under the common mix of items in place of the depth.

        Periods whose items do not cover that mix are left out. For windows and ranks of what is
        left when the agenda is held fixed; verdicts and sentences stay those of the items as they
        were.
        """
        return self.with_series(
            tuple(
                replace(
                    one,
                    periods=tuple(_mixed(p) for p in one.periods if p.depth_common is not None),
                    windows=None,
                    rank=None,
                )
                for one in self.series
            )
        )

    def to_frame(self) -> pl.DataFrame:
        """One row a group and period: verdict, kind, depth with its interval, blocs and power."""
        return pl.DataFrame(
            [
                {
                    "group": s.group,
                    "period": p.period,
                    "year": p.year,
                    "verdict": p.verdict,
                    "kind": p.kind,
                    "probability": p.probability,
                    "depth": p.depth.estimate,
                    "depth_low": p.depth.low,
                    "depth_high": p.depth.high,
                    "depth_common": None if p.depth_common is None else p.depth_common.estimate,
                    "distance": None if p.distance is None else p.distance.estimate,
                    "smallest_detectable_depth": p.smallest_detectable_depth,
                    "blocs": " + ".join(f"{b.name} {b.size}" for b in p.blocs),
                    "n_actors": p.n_actors,
                    "n_items": p.n_items,
                    "n_choices": p.n_choices,
                }
                for s in self.series
                for p in s.periods
            ],
            infer_schema_length=None,
        )

    def __repr__(self) -> str:
        lines = []
        for s in self.series:
            words = [a.sentence for a in (s.windows, s.rank) if a is not None]
            n = len(s.periods)
            lines.append(" ".join([f"{s.group}: {n} period{'' if n == 1 else 's'}.", *words]))
        return "\n".join(lines)


def _mixed(period: Period) -> Period:
    assert period.depth_common is not None  # the caller leaves others out
    known = tuple(v for v in period.draws.depth_common if v is not None)
    return replace(period, depth=period.depth_common, draws=replace(period.draws, depth=known))
