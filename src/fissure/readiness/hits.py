"""Alarms held against what followed: hits, false alarms, and scores of probabilities."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy.stats import chi2

from fissure.readiness.comparing import JEFFREYS
from fissure.results.alarms import AlarmPath, AlarmScore
from fissure.results.parts import Interval

__all__ = ["Origins", "poisson_interval", "score", "unseen"]

Array = NDArray[np.float64]
Flags = NDArray[np.bool_]

#: Origins that past frequency counts for in the probability after an alarm.
WORTH = 10.0


@dataclass(frozen=True)
class Origins:
    """One series and its alarms, shape (T,) each; ``events`` are those of one side."""

    name: str
    years: Array
    step: float
    statistic: Array
    threshold: Array
    at_risk: Flags
    is_above: Flags
    is_alarm: Flags
    events: Array

    def followed(self, lead: float) -> Flags:
        """Whether an event comes within ``lead`` years after each moment."""
        after = np.searchsorted(self.events, self.years, side="right")
        until = np.searchsorted(self.events, self.years + lead, side="right")
        return until > after

    def is_known(self, lead: float) -> Flags:
        """Whether the records go on for ``lead`` years more, so that no event would be missed.

        An event that came sooner makes no exception: moments near the end would then count where
        one came, and not where none did.
        """
        return self.years + lead <= self.years[-1] + 1e-9


def poisson_interval(n: int, size: float) -> Interval:
    """Rate n/size with the exact central 95 % interval.

    Examples
    --------
    >>> poisson_interval(0, 10).high
    0.3689
    """
    low = 0.0 if n == 0 else float(chi2.ppf(0.025, 2 * n) / 2)
    return Interval(n / size, low / size, float(chi2.ppf(0.975, 2 * n + 2) / 2) / size)


def score(series: Sequence[Origins], side: str, statistic: str, lead: float) -> AlarmScore:
    """Hits, misses, false alarms and scores over all series.

    Alarms so near the end of the records that what follows is not known are neither hits nor false.
    """
    hits, misses = 0, 0
    leads: list[float] = []
    n_alarms = n_false = 0
    years = 0.0
    for s in series:
        alarms = s.years[s.is_alarm]
        begins = s.years[np.argmax(s.at_risk)] if s.at_risk.any() else np.inf
        for event in s.events[(s.events > begins) & (s.events <= s.years[-1] + s.step)]:
            early = alarms[(alarms >= event - lead) & (alarms < event)]
            hits, misses = hits + bool(len(early)), misses + (not len(early))
            leads += [float(event - early[0])] if len(early) else []
        known = s.at_risk & s.is_known(lead)
        n_alarms += int(s.is_alarm.sum())
        n_false += int((s.is_alarm & known & ~s.followed(lead)).sum())
        years += float(known.sum() * s.step)
    rate = poisson_interval(n_false, years / 10) if years else None
    p_alarm, p_past, came = _forecasts(series, lead)
    scores = [_brier(p_alarm, came), _brier(p_past, came), _log(p_alarm, came), _log(p_past, came)]
    watched = float(sum(s.at_risk.sum() * s.step for s in series))
    random = 1 - np.exp(-n_alarms / watched * lead) if watched else 0.0
    out = AlarmScore(
        side=side, statistic=statistic, n_events=hits + misses, hits=hits, misses=misses,
        n_alarms=n_alarms, false_alarms=n_false, years=years, false_per_decade=rate,
        hits_by_chance=float(random), lead_time=float(np.median(leads)) if leads else None,
        brier=scores[0], brier_climatology=scores[1], log_score=scores[2],
        log_climatology=scores[3], n_scored=len(came), paths=tuple(_path(s) for s in series),
        sentence="",
    )  # fmt: skip
    return AlarmScore(**{**vars(out), "sentence": _sentence(out)})


def _brier(p: Array, came: Array) -> float | None:
    return float(np.mean((p - came) ** 2)) if len(came) else None


def _log(p: Array, came: Array) -> float | None:
    return float(-np.mean(np.log(np.where(came > 0, p, 1 - p)))) if len(came) else None


def _forecasts(series: Sequence[Origins], lead: float) -> tuple[Array, Array, Array]:
    """P(an event within ``lead``) with alarms and from past frequency, and what came.

    Past frequency: 1 − (T/(T + lead))^(k + ½) from k events in T years at risk. With alarms: share
    of past origins in the same state that an event followed, drawn towards past frequency.
    """
    shown = [s.at_risk & s.is_known(lead) for s in series]
    at = np.concatenate([s.years[ok] for s, ok in zip(series, shown, strict=True)])
    above = np.concatenate([s.is_above[ok] for s, ok in zip(series, shown, strict=True)])
    came = np.concatenate([s.followed(lead)[ok] for s, ok in zip(series, shown, strict=True)])
    came = came.astype(np.float64)
    p_alarm, p_past = np.empty(len(at)), np.empty(len(at))
    events = np.concatenate([s.events for s in series])
    quiet = np.concatenate([s.years[_quiet(s)] for s in series])
    steps = np.concatenate([np.full(int(_quiet(s).sum()), s.step) for s in series])
    for year in np.unique(at):
        here = at == year
        years = float(steps[quiet <= year].sum())
        p_past[here] = 1 - (years / (years + lead)) ** (int((events <= year).sum()) + JEFFREYS)
        for is_above in (False, True):
            same = (at + lead <= year) & (above == is_above)
            mine = here & (above == is_above)
            p_alarm[mine] = (came[same].sum() + WORTH * p_past[mine]) / (same.sum() + WORTH)
    return p_alarm, p_past, came


def _quiet(s: Origins) -> Flags:
    """Moments at risk, those before the first origin included."""
    out = s.at_risk.copy()
    out[: int(np.argmax(s.at_risk)) if s.at_risk.any() else len(out)] = True
    return out


def _path(s: Origins) -> AlarmPath:
    shown = np.isfinite(s.threshold) & np.isfinite(s.statistic)
    return AlarmPath(
        name=s.name,
        years=tuple(float(y) for y in s.years[shown]),
        statistic=tuple(round(float(v), 4) for v in s.statistic[shown]),
        threshold=tuple(round(float(v), 4) for v in s.threshold[shown]),
        alarms=tuple(float(y) for y in s.years[s.is_alarm]),
        events=tuple(float(e) for e in s.events),
    )


def unseen(side: str, paths: Sequence[AlarmPath]) -> str:
    """Why there is no event on this side to be warned of."""
    events = [(e, p) for p in paths for e in p.events]
    if not events:
        return f"No {side} to be warned of."
    early = [e for e, p in events if not p.years or e <= p.years[-1]]
    late = [e for e, p in events if p.years and e > p.years[-1]]
    told = [
        f"{_dated(at)}, {word}"
        for at, word in ((early, "before any alarm could"), (late, "after the records end"))
        if at
    ]
    few = f"The {side}s came" if len(events) > 1 else f"The only {side} came"
    return f"{few} {', and '.join(told)}."


def _dated(years: Sequence[float]) -> str:
    return "in " + " and ".join(f"{y:.0f}" for y in sorted(set(years)))


def _sentence(s: AlarmScore) -> str:
    if not s.n_events:
        n = f"{s.n_alarms} alarm{'' if s.n_alarms == 1 else 's'}"
        return f"{s.statistic}: {n}. {unseen(s.side, s.paths)}"
    text = (
        f"{s.statistic}: {s.hits} of {s.n_events} {s.side}{'' if s.n_events == 1 else 's'} with an "
        f"alarm before it ({100 * s.hits_by_chance:.0f}% by chance), {s.false_alarms} false alarm"
        f"{'' if s.false_alarms == 1 else 's'} in {s.years:.0f} years"
    )
    if s.lead_time is not None:
        text += f", {s.lead_time:g} years ahead"
    if s.brier is None or s.brier_climatology is None:
        return text + "."
    word = "better" if s.brier < s.brier_climatology else "no better"
    return (
        f"{text}; Brier score {s.brier:.3f}, {word} than past frequency "
        f"({s.brier_climatology:.3f})."
    )
