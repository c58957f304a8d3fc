"""Early warnings at a chosen rate of false alarms, judged by rolling origin alone."""

from __future__ import annotations

import warnings
from collections.abc import Sequence
from typing import Any, Literal, get_args

import numpy as np
from numpy.typing import NDArray

from fissure.errors import FissureWarning, SettingError
from fissure.readiness.alarms import (
    FIRST,
    STATISTICS,
    STEP,
    Statistic,
    carry_of,
    new_alarms,
    threshold,
)
from fissure.readiness.fallacy import prosecutors_fallacy
from fissure.readiness.hits import Origins, score, unseen
from fissure.readiness.recurrence import check_seed
from fissure.readiness.watched import Side, Watched, watched
from fissure.results.alarms import Alarms, AlarmScore

__all__ = ["origins", "warning"]

Array = NDArray[np.float64]

#: Simulated series behind what is said about series that were chosen.
SIMULATED = 400


def warning(
    series: Any,
    openings: Any = None,
    closings: Any = None,
    *,
    statistic: Statistic | Literal["all"] | Sequence[Statistic] = "all",
    false_alarms: float = 0.5,
    lead: float = 5.0,
    chosen: Literal["whole", "tipped"] = "whole",
    seed: int = 1,
) -> Alarms:
    """Would an early warning have come, how early, and how many false ones beside it?

    At each moment the statistic and its threshold come from the values until then; the threshold
    is the one that a steady autoregression with the series' own autocorrelation crosses as often
    as is asked. Alarms are held against the windows that followed, on two sides: before an opening
    while none is open, and before a closing while one is.

    Parameters
    ----------
    series
        A series of :func:`fissure.trace`, a whole trace, ``(years, values)``, or a dictionary of
        any of these: all series there are, whether they tipped or not. ``years`` are the moments
        from which each value was known; a period of a trace is known when it is over.
    openings, closings
        Moments of windows; dictionaries by name for several series. A series of a trace has those
        of its windows. Where there are closings, they and the openings must take turns.
    statistic
        ``autocorrelation`` and ``variance`` (of the trailing 10 values, less a straight line),
        ``cusum`` and ``shiryaev-roberts`` (of the level: upwards before openings, downwards before
        closings), ``likelihood`` (growing autocorrelation against constant), several, or ``all``.
    false_alarms
        Asked for, per decade and statistic; at most one in two moments.
    lead
        Years before an event in which an alarm is a hit.
    chosen
        ``tipped`` if these series were picked because something happened in them.
    seed
        Of the simulated series behind thresholds.

    Returns
    -------
    Alarms
        Hits, misses, false alarms, lead times, Brier and logarithmic scores beside those of past
        frequency, for each side and statistic.

    Raises
    ------
    SettingError
        If a setting is outside what is allowed, or openings or closings have the name of no series.
    DataError
        If a series is too short, or has missing values, or years that do not ascend, or windows
        overlap.

    Notes
    -----
    See ``docs/methods/warning.md``. Series chosen because they tipped give too many hits even where
    nothing announced it (Boettiger and Hastings 2012): a warning says so.

    Examples
    --------
    >>> import numpy as np, fissure as fs
    >>> values = np.random.default_rng(1).normal(size=60) + np.r_[np.zeros(30), np.full(30, 3.0)]
    >>> found = fs.warning((np.arange(1960, 2020), values), [1995], statistic="cusum")
    >>> found.scores[0].hits, found.scores[0].lead_time
    (1, 5.0)
    """
    names = _check(statistic, false_alarms, lead, chosen)
    check_seed(seed)
    all_series = watched(series, openings, closings)
    sides: list[Side] = [s for s in get_args(Side) if any(len(w.events(s)) for w in all_series)]
    sides = sides or ["opening"]
    per_year = false_alarms / 10
    scores = tuple(
        score([origins(w, side, name, per_year, seed) for w in all_series], side, name, lead)
        for side in sides
        for name in names
    )
    remarks, is_chosen = _remarks(all_series, names, lead, chosen)
    carry = round(float(np.median([carry_of(w.standard[None])[0, -1] for w in all_series])) / STEP)
    step = float(np.median([w.step for w in all_series]))
    fallacy = tuple(
        prosecutors_fallacy(
            name,
            carry=min(0.95, carry * STEP),
            per_origin=min(0.49, per_year * step),
            lead=int(np.clip(round(lead / step), 1, FIRST)),
            n_series=SIMULATED,
            seed=seed,
        )
        for name in names
        if is_chosen
    )
    return Alarms(
        asked=float(false_alarms), lead=float(lead), scores=scores, fallacy=fallacy,
        sentence=_sentence(scores, len(all_series)), remarks=remarks,
        settings={"statistic": list(names), "chosen": chosen, "seed": seed,
                  "series": [w.name for w in all_series]},
    )  # fmt: skip


def origins(w: Watched, side: Side, name: Statistic, per_year: float, seed: int) -> Origins:
    """Statistic, threshold and alarms of one series at each origin, each from its own past."""
    sign = -1.0 if side == "closing" else 1.0
    path = sign * w.standard[None]
    found = STATISTICS[name](path)[0]
    carry = np.nan_to_num(carry_of(path)[0])
    level = np.full(len(found), np.inf)
    per_origin = min(0.49, per_year * w.step)
    for t in range(FIRST, len(found)):
        level[t] = threshold(name, round(round(carry[t] / STEP) * STEP, 2), per_origin, seed)
    at_risk = w.at_risk(side)
    shown = np.where(at_risk, found, -np.inf)
    return Origins(
        name=w.name, years=w.years, step=w.step, statistic=found, threshold=level,
        at_risk=at_risk, is_above=shown > level, is_alarm=new_alarms(shown, level),
        events=w.events(side),
    )  # fmt: skip


def _check(statistic: Any, false_alarms: Any, lead: Any, chosen: Any) -> tuple[Statistic, ...]:
    is_all = isinstance(statistic, str) and statistic == "all"
    names = tuple(STATISTICS) if is_all else statistic
    names = (names,) if isinstance(names, str) else names
    names = tuple(names) if isinstance(names, list | tuple) else ()
    wrong = [n for n in names if n not in STATISTICS]
    if wrong or not names:
        raise SettingError(
            f"statistic must be all, or of {', '.join(STATISTICS)}, got {statistic!r}"
        )
    for what, value, most in (("false_alarms", false_alarms, 50), ("lead", lead, 100)):
        is_number = isinstance(value, int | float | np.integer | np.floating)
        if isinstance(value, bool) or not is_number or not 0 < value <= most:
            raise SettingError(f"{what} must be above 0 and at most {most}, got {value!r}")
    if chosen not in ("whole", "tipped"):
        raise SettingError(f"chosen must be whole or tipped, got {chosen!r}")
    return names


def _remarks(
    series: Sequence[Watched], names: Sequence[str], lead: float, chosen: str
) -> tuple[tuple[str, ...], bool]:
    """What else must be known; and whether the series look chosen because they tipped."""
    out = []
    n_with = sum(bool(len(w.openings) or len(w.closings)) for w in series)
    cut = sum(_ends_with_its_event(w, lead) for w in series)
    is_chosen = chosen == "tipped" or (n_with == len(series) and cut == n_with)
    if is_chosen:
        why = (
            "these series were chosen because they tipped"
            if chosen == "tipped"
            else f"every series ends within {lead:g} years of its event, as chosen ones do"
        )
        text = (
            f"{why}: hits can then be too many even where nothing announced the event, and false "
            "alarms too few; give all series, whole, those without an event included"
        )
        warnings.warn(text, FissureWarning, stacklevel=3)
        out.append(text[0].upper() + text[1:] + ".")
    elif n_with == len(series):
        out.append(
            f"Every one of {len(series)} series here has an event: how the alarms do where nothing "
            "happens must be learnt from series without one."
        )
    if any(w.is_dated_afterwards for w in series):
        out.append(
            "Windows were dated afterwards, from the whole series: the alarms did not see the "
            "dates, but what counts as a hit was decided with hindsight."
        )
    if len(names) > 1:
        out.append(
            f"Each statistic has its own false alarms: whoever acts on any of {len(names)} gets up "
            f"to {len(names)} times as many."
        )
    if any(np.ptp(np.diff(w.years)) > 0.5 * w.step for w in series):
        out.append("Periods are missing in between: values on both sides count as neighbours.")
    return tuple(out), is_chosen


def _ends_with_its_event(w: Watched, lead: float) -> bool:
    events = np.r_[w.openings, w.closings]
    events = events[events <= w.years[-1] + w.step]
    return bool(len(events)) and bool(w.years[-1] - events.max() <= lead)


def _sentence(scores: Sequence[AlarmScore], n_series: int) -> str:
    """The best and the worst of it, without picking a winner."""
    parts = []
    for side in dict.fromkeys(s.side for s in scores):
        own = [s for s in scores if s.side == side]
        n = own[0].n_events
        paths = own[0].paths
        if not n:
            parts.append(unseen(side, paths))
            continue
        hits = [s.hits for s in own]
        told = f"{hits[0]}" if min(hits) == max(hits) else f"{min(hits)} to {max(hits)}"
        better = sum(
            s.brier is not None and s.brier_climatology is not None
            and s.brier < s.brier_climatology for s in own
        )  # fmt: skip
        others = sum(len(p.events) for p in paths) - n
        left_out = f" ({others} more outside the years watched)" if others else ""
        parts.append(
            f"An alarm came before {told} of {n} {side}{'' if n == 1 else 's'}{left_out}; {better} "
            f"of {len(own)} statistic{'' if len(own) == 1 else 's'} told more than past frequency "
            "did."
        )
    return " ".join(parts)
