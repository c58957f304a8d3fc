"""Where a period stands on the axis of time, and what to call it in print."""

from __future__ import annotations

from dataclasses import dataclass
from itertools import pairwise

from fissure.report.wording import clean, cut
from fissure.results import Trace

__all__ = ["Calendar"]

LONGEST = 40


@dataclass(frozen=True)
class Calendar:
    """One axis of time for all groups of a trace.

    Parameters
    ----------
    years
        Year in which each place begins, by place; empty where any of them is not known.
    names
        What to call each place in print.
    places
        Place of each label.
    """

    years: dict[int, float]
    names: dict[int, str]
    places: dict[str, int]

    @classmethod
    def of(cls, trace: Trace) -> Calendar:
        """The axis that holds every period of every group."""
        periods = [p for s in trace.series for p in s.periods]
        years = {p.place: p.year for p in periods if p.year is not None}
        labels = {p.place: p.period for s in trace.series for p in s.skipped}
        labels |= {p.place: p.period for p in periods}
        by = str(trace.settings.get("by", ""))
        is_dated = bool(periods) and all(p.year is not None for p in periods)
        return cls(
            years=years if is_dated and len(set(years.values())) == len(years) else {},
            names={k: _name(labels[k], years.get(k), by) for k in sorted(labels)},
            places={label: place for place, label in labels.items()},
        )

    def at(self, place: int) -> float:
        """Position of a place on the axis."""
        return self.years.get(place, float(place)) if self.years else float(place)

    @property
    def step(self) -> float:
        """Shortest distance between neighbours."""
        at = sorted({self.at(k) for k in (self.years or self.names)})
        return min((b - a for a, b in pairwise(at)), default=1.0)

    @property
    def ends(self) -> tuple[float, float]:
        """Ends of the axis, half a step beyond the first and last place."""
        at = [self.at(k) for k in (self.years or self.names)] or [0.0]
        return min(at) - self.step / 2, max(at) + self.step / 2

    def name(self, label: str) -> str:
        """What to call a period in print, from its label."""
        place = self.places.get(label)
        return cut(clean(label), LONGEST) if place is None else self.names[place]

    def short(self, place: int) -> str:
        """The fewest signs that tell when a place is."""
        if self.years:
            return f"{int(self.years[place])}" if place in self.years else ""
        return self.names[place]


def _name(label: str, year: float | None, by: str) -> str:
    """``Congress 88 (1963)`` where the label alone does not tell the year."""
    shown = cut(clean(label), LONGEST)
    if by == "congress":
        shown = f"Congress {shown}"
    if year is None or f"{int(year)}" in shown:
        return shown
    return f"{shown} ({int(year)})"
