"""Which period is the deepest since a given year, and how sure is that?"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from fissure.errors import DataError, SettingError
from fissure.results import Chance, Interval, Period, Rank, RankSet, Series, Start, Trace
from fissure.windows.measured import depth_errors, periods_apart
from fissure.windows.ranksets import bootstrap_noise, simultaneous_sets
from fissure.windows.shrinkage import joint_draws

__all__ = ["rank"]

Array = NDArray[np.float64]

#: A period stands out if it is the deepest with this probability at least, or if it and the next
#: two are with that one together …
STANDS_OUT = 0.5
TOGETHER = 0.75
#: … and if its odds are this many times those of a period that is like all others.
TIMES_EVEN = 3.0
#: Periods named beside the first are the deepest with this probability at least.
WORTH_NAMING = 0.05


def rank(
    trace: Trace,
    since: int | None = None,
    group: str | None = None,
    *,
    k: int = 3,
    draws: int = 4000,
    seed: int = 1,
) -> Rank:
    """Which period is the deepest since a given year?

    The largest of many noisy numbers is mostly luck. So the probabilities come from a joint model
    of the whole series that shrinks its depths towards each other as far as their errors ask for,
    and the rank sets hold all ranks at once. Where periods share items, only some are compared:
    counting back from the last, each the first that shares none with the one after it.

    Parameters
    ----------
    trace
        Depth through time.
    since
        Compare periods that begin in this year or later; all periods where not given. The joint
        model sees the whole series in any case.
    group
        Which series; the first where not given.
    k
        How many are called deepest in ``top``, 1 or more.
    draws
        Joint draws behind the probabilities, and bootstrap draws behind the rank sets: 100 or more.
    seed
        Of the draws.

    Returns
    -------
    Rank
        Probabilities, rank sets, shrunken depths, and the answer for every starting period.

    Raises
    ------
    SettingError
        If an argument is outside what is allowed.
    DataError
        If there is no such group, years are asked about but not known, or fewer than two periods
        are left to compare.

    Warns
    -----
    FissureWarning
        If the draws of some periods are all the same: their errors are then taken to be as large
        as that of the median period.

    Source
    ------
    :func:`~fissure.windows.shrinkage.cells` and
    :func:`~fissure.windows.ranksets.simultaneous_sets` name theirs.

    Examples
    --------
    >>> import fissure as fs
    >>> quick = fs.SplitSettings(
    ...     null_draws=19, preference_draws=0, power_draws=20, repeats=4, draws=100
    ... )
    >>> court = fs.load("rehnquist-court")
    >>> terms = fs.trace(court, by="term", bridge=False, settings=quick, workers=1)
    >>> answer = fs.rank(terms, since=1999)
    >>> answer.n_periods, answer.rank_sets[0].period, answer.starts[0].since
    (6, '1999', '1994')
    """
    _check(trace, since, k, draws, seed)
    series = trace.of(group)
    periods = periods_apart(series)
    compared = _compared(periods, since, series.group)
    depth = np.array([p.depth.estimate for p in periods], float)
    error = depth_errors(periods, series.group)
    for_model, for_sets = (np.random.default_rng(s) for s in np.random.SeedSequence(seed).spawn(2))
    place = np.array([p.place for p in periods], np.int64)
    theta = joint_draws(depth, error, place, draws, for_model)
    asked, theirs = [periods[t] for t in compared], theta[:, compared]
    noise = bootstrap_noise(error[compared], draws, for_sets, [_own(p) for p in asked])
    low, high = simultaneous_sets(depth[compared], error[compared], noise)
    deepest = np.bincount(theirs.argmax(axis=1), minlength=len(asked)) / draws
    in_top = theirs.argsort(axis=1)[:, -k:]
    top = np.bincount(in_top.ravel(), minlength=len(asked)) / draws
    spread = theirs.std(axis=1)
    words = _sentence(asked, deepest, int(low[-1]), int(high[-1]), since)
    return Rank(
        group=series.group,
        since=since,
        n_periods=len(asked),
        deepest=_chances(asked, deepest),
        k=k,
        top=_chances(asked, top),
        rank_sets=_rank_sets(asked, low, high, theirs),
        starts=_starts(periods, theta),
        spread=Interval.of(float(spread.mean()), spread),
        sentence=words + _left_out(series, periods),
    )


def _check(trace: object, since: object, k: object, draws: object, seed: object) -> None:
    if not isinstance(trace, Trace):
        raise SettingError(f"what is ranked must be a Trace, got {trace!r}")
    if since is not None and (isinstance(since, bool) or not isinstance(since, int)):
        raise SettingError(f"since must be a year as a whole number, got {since!r}")
    for name, value, least in (("k", k, 1), ("draws", draws, 100), ("seed", seed, 0)):
        if isinstance(value, bool) or not isinstance(value, int) or value < least:
            raise SettingError(f"{name} must be a whole number of {least} or more, got {value!r}")


def _compared(periods: Sequence[Period], since: int | None, group: str) -> NDArray[np.intp]:
    """Numbers of the periods to compare."""
    if since is None:
        if len(periods) < 2:
            raise DataError(
                f"at least 2 periods are needed to rank, and {group!r} has {len(periods)}"
            )
        return np.arange(len(periods))
    unknown = [p.period for p in periods if p.year is None or not np.isfinite(p.year)]
    if unknown:
        raise DataError(
            f"since={since} needs the year of every period of {group!r}, but {len(unknown)} of "
            f"{len(periods)} have none, such as {unknown[0]!r}; leave since out to compare all"
        )
    years = np.array([p.year for p in periods], float)
    young = np.flatnonzero(years >= since)
    if len(young) < 2:
        span = f"; they begin in {int(years.min())} to {int(years.max())}" if len(years) else ""
        raise DataError(
            f"at least 2 periods are needed to rank, and {len(young)} of {len(years)} of "
            f"{group!r} begin in {since} or later{span}"
        )
    return young


def _own(period: Period) -> Array:
    return np.array(period.draws.depth, float)


def _chances(periods: Sequence[Period], probability: Array) -> tuple[Chance, ...]:
    order = np.argsort(-probability, kind="stable")
    return tuple(
        Chance(periods[t].period, float(probability[t])) for t in order if probability[t] > 0
    )


def _rank_sets(
    periods: Sequence[Period], low: NDArray[np.int64], high: NDArray[np.int64], theta: Array
) -> tuple[RankSet, ...]:
    shown = np.clip(theta, 0.0, 1.0)
    return tuple(
        RankSet(
            p.period, int(low[t]), int(high[t]), Interval.of(float(shown[:, t].mean()), shown[:, t])
        )
        for t, p in enumerate(periods)
    )


def _starts(periods: Sequence[Period], theta: Array) -> tuple[Start, ...]:
    """The answer for each starting period but the last, back from the last."""
    n = len(periods)
    highest, at = theta[:, -1].copy(), np.full(len(theta), n - 1)
    out = []
    for t in range(n - 2, -1, -1):
        above = theta[:, t] > highest
        highest[above], at[above] = theta[above, t], t
        share = np.bincount(at, minlength=n) / len(theta)
        best = int(share.argmax())
        p = periods[t]
        out.append(
            Start(p.period, p.year, periods[best].period, float(share[best]), float(share[-1]))
        )
    return tuple(reversed(out))


def _sentence(
    periods: Sequence[Period], deepest: Array, low: int, high: int, since: int | None
) -> str:
    n, last = len(periods), len(periods) - 1
    order = np.argsort(-deepest, kind="stable")
    lead, p = int(order[0]), float(deepest[order[0]])
    words = f"Of all {n} periods" if since is None else f"Of the {n} periods since {since}"
    leads = p >= STANDS_OUT or deepest[order[:3]].sum() >= TOGETHER
    if not leads or p * (n - 1) < TIMES_EVEN * (1 - p):
        words += " none stands out: the likeliest to be the deepest is "
        words += f"{_name(periods, lead)}, with probability {_number(p)}"
    else:
        comma = "," if lead == last else ""
        words += f", {_name(periods, lead)}{comma} is the deepest with probability {_number(p)}"
        for t in order[1:3]:
            if deepest[t] >= WORTH_NAMING and t != last:
                words += f", {_name(periods, int(t))} with {_number(float(deepest[t]))}"
    between = f"lies between {low} and {high}" if low < high else f"is {low}"
    rank_of = f"{between} of {n} (95%, all ranks at once)."
    if lead == last:
        return f"{words}; the rank of the last {rank_of}"
    own = _number(float(deepest[last]))
    return f"{words}; {_name(periods, last)}, with {own}: its rank {rank_of}"


def _name(periods: Sequence[Period], t: int) -> str:
    """Label of a period, with its year where the label does not hold it."""
    label, year = periods[t].period, periods[t].year
    if year is not None and np.isfinite(year) and str(int(year)) not in label:
        label = f"{label} ({int(year)})"
    return f"{label}, the last" if t == len(periods) - 1 else label


def _number(p: float) -> str:
    if p < 0.01:
        return "less than 0.01"
    return "more than 0.99" if p > 0.99 else f"{p:.2f}"


def _left_out(series: Series, kept: Sequence[Period]) -> str:
    if series.overlap <= 1:
        return ""
    return (
        f" Neighbouring periods share items, so {len(kept)} of {len(series.periods)} are compared: "
        f"every {_nth(series.overlap)}, counting back from the last."
    )


def _nth(n: int) -> str:
    return {2: "second", 3: "third", 4: "fourth", 5: "fifth"}.get(n, f"{n}th")
