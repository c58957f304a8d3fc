"""When did a split open and close? From a posterior over windows to dates and plain words."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict, replace

import numpy as np
from numpy.typing import NDArray

from fissure.errors import DataError
from fissure.results import Chance, Interval, Moment, Series, Trace, Window, Windows
from fissure.results import Period as At
from fissure.windows.measured import depth_errors, periods_apart
from fissure.windows.posterior import Posterior, covering, posterior
from fissure.windows.settings import WindowSettings

__all__ = ["as_seen_then", "durations", "named_windows", "shortest_run", "windows"]

Array = NDArray[np.float64]

#: Fewest periods that a window is looked for in.
FEWEST = 5
#: Depths are not taken for more certain than this: draws all alike say that nothing was resampled.
LEAST_ERROR = 0.005
#: Mass of an interval.
LEVEL = 0.95
#: Where depth moves by this much outside windows, the sentence says so: half of the least rise.
DRIFT = 0.05
#: Open probabilities this near each other are one plateau.
PLATEAU = 1e-3


def windows(
    trace: Trace, group: str | None = None, *, settings: WindowSettings | None = None
) -> Windows:
    """When did a split open and close, and is it open now?

    The posterior over no window, one, two and more, each of them somewhere, summed over every
    placement and not sampled. Depth moves outside windows too, and what it does in one period
    carries over to the next: that movement, its autocorrelation and the error of each depth are in
    the model, because without them windows appear where there are none.

    Parameters
    ----------
    trace
        From :func:`fissure.trace`.
    group
        Group asked about; the first where none is named.
    settings
        What counts as a window, and the priors.

    Returns
    -------
    Windows
        Probability of none, of one open now, and of one open in each period; the windows worth
        naming, with 95 % intervals of opening, closing and duration.

    Raises
    ------
    DataError
        If there is no such group, or it has fewer than 5 periods that share no items.

    Notes
    -----
    Enumeration of openings and closings: methods of Barry and Hartigan (1992, Annals of Statistics
    20(1), 260-279), as a chain of states run through once (Chib 1998, Journal of Econometrics
    86(2), 221-241), with two levels that return. See ``docs/methods/windows.md``.

    Examples
    --------
    >>> import fissure as fs
    >>> votes = fs.read("votes.parquet")  # doctest: +SKIP
    >>> fs.windows(fs.trace(votes, by="congress")).sentence  # doctest: +SKIP
    'A window of deeper division opened in 2001 (95%: 1993 to 2011) and is still open in 2025 ...'
    """
    settings = settings or WindowSettings()
    series, used = _looked_at(trace, group)
    return _answer(series, used, posterior(*_numbers(series, used), settings), settings)


def as_seen_then(
    trace: Trace, group: str | None = None, *, settings: WindowSettings | None = None
) -> tuple[Chance, ...]:
    """Probability that a window was open in each period, from the periods up to it alone.

    What :func:`windows` would have said at the time of one open now. Periods with fewer than 5 up
    to them are left out.

    Parameters
    ----------
    trace, group, settings
        As for :func:`windows`.
    """
    settings = settings or WindowSettings()
    series, used = _looked_at(trace, group)
    depth, se, place = _numbers(series, used)
    return tuple(
        Chance(
            used[t - 1].period, float(posterior(depth[:t], se[:t], place[:t], settings).open[-1])
        )
        for t in range(FEWEST, len(used) + 1)
    )


def _looked_at(trace: Trace, group: str | None) -> tuple[Series, tuple[At, ...]]:
    """The series, and those of its periods that share no items."""
    if not trace.series:
        raise DataError("this trace has no series")
    series = trace.of(group)
    used = periods_apart(series)
    if len(used) < FEWEST:
        raise DataError(
            f"windows need {FEWEST} or more periods that share no items, {series.group!r} has "
            f"{len(used)}"
        )
    return series, used


def _numbers(series: Series, used: Sequence[At]) -> tuple[Array, Array, Array]:
    """Depths, their standard errors, and their places, 1 apart where no period is missing."""
    depth = np.array([p.depth.estimate for p in used])
    se = np.maximum(depth_errors(used, series.group), LEAST_ERROR)
    return depth, se, np.array([p.place for p in used], float) / series.overlap


def named_windows(table: Array, least: float) -> list[tuple[float, Array]]:
    """The windows worth naming: their probability, and the table given each, in order of time.

    The period most probably open is the core of the first: openings and closings around it exclude
    each other, so their masses are a probability and a distribution. They are taken out, and the
    next core is sought in what is left.

    Parameters
    ----------
    table
        From :class:`~fissure.windows.posterior.Posterior`, shape (n, n + 1).
    least
        Smallest probability of a window with a name.
    """
    rest, found, cores = table.copy(), [], []
    while True:
        chance = covering(rest)
        if chance.max() < least:
            break
        flat = np.flatnonzero(chance >= chance.max() - PLATEAU)
        flat = flat[: 1 + int(np.argmax(np.r_[np.diff(flat) > 1, True]))]  # the first plateau
        core = int(flat[len(flat) // 2])
        around = np.zeros_like(rest)
        around[: core + 1, core + 1 :] = rest[: core + 1, core + 1 :]
        rest = rest - around
        found.append((float(chance[core]), around / around.sum()))
        cores.append(core)
    return [found[i] for i in np.argsort(cores)]


def shortest_run(mass: Array) -> tuple[int, int, int]:
    """Median, and both ends of the shortest run of places that holds 95 % of the mass.

    Of equally short runs the one with the most mass is taken. The median lies within, as any run
    with more than half of the mass contains it.

    Examples
    --------
    >>> import numpy as np
    >>> shortest_run(np.array([0.01, 0.02, 0.9, 0.06, 0.01]))
    (2, 2, 3)
    """
    sums = np.r_[0.0, np.cumsum(mass / mass.sum())]
    middle = int(np.searchsorted(sums[1:], 0.5))
    for length in range(1, len(mass) + 1):
        held = sums[length:] - sums[:-length]
        if held.max() >= LEVEL - 1e-9:
            low = int(np.argmax(held))
            return middle, low, low + length - 1
    return middle, 0, len(mass) - 1


def durations(table: Array) -> Array:
    """Mass of windows of 0, 1, 2 … periods in a table, shape (n + 1,)."""
    n = len(table)
    lengths = np.maximum(np.arange(n + 1) - np.arange(n)[:, None], 0)
    return np.bincount(lengths.ravel(), table.ravel(), minlength=n + 1).astype(np.float64)


def _window(probability: float, given: Array, used: Sequence[At]) -> Window:
    """Dates of one window, from the distribution of its opening and closing."""
    n = len(given)
    still, closings = float(given[:, n].sum()), given.sum(axis=0)[:n]
    middle, low, high = shortest_run(durations(given))
    return Window(
        probability=min(1.0, probability),
        opened=_moment(given.sum(axis=1), used),
        closed=None if still > 0.5 else _moment(closings, used),
        duration=Interval(float(middle), float(low), float(high)),
        still_open=still,
        open_at_start=float(given[0].sum()),
    )


def _moment(mass: Array, used: Sequence[At]) -> Moment:
    a, b, c = (used[i] for i in shortest_run(mass))
    years = (a.year, b.year, c.year)
    known = [float(y) for y in years if y is not None and np.isfinite(y)]
    return Moment(a.period, b.period, c.period, Interval(*known) if len(known) == 3 else None)


def _answer(
    series: Series, used: Sequence[At], found: Posterior, settings: WindowSettings
) -> Windows:
    chance = found.open
    named = tuple(
        _window(p, given, used) for p, given in named_windows(found.table, settings.min_probability)
    )
    some = 1 - float(found.count[0])
    out = Windows(
        group=series.group,
        p_none=float(found.count[0]),
        p_open_now=float(chance[-1]),
        p_count=tuple(float(p) for p in found.count),
        open=tuple(Chance(p.period, float(c)) for p, c in zip(used, chance, strict=True)),
        windows=named,
        level=_interval(found.level),
        rise=_interval(found.rise) if some > 1e-6 else None,
        autocorrelation=_interval(found.carry),
        sentence="",
        settings={
            **asdict(settings),
            "ramps": [*settings.ramps],
            "overlap": series.overlap,
            "n_periods": len(used),
        },
    )
    words = sentence(out, used[0], used[-1], _interval(found.movement), series.overlap)
    return replace(out, sentence=words)


def _interval(nodes: Array) -> Interval:
    """Median and equal-tailed 95 % interval of values with probabilities, shape (values, 2)."""
    order = np.argsort(nodes[:, 0], kind="stable")
    value, mass = nodes[order].T
    middles = (np.cumsum(mass) - 0.5 * mass) / mass.sum()
    low, mid, high = np.interp([0.025, 0.5, 0.975], middles, value)
    return Interval(float(mid), float(low), float(high))


def sentence(answer: Windows, first: At, last: At, movement: Interval, overlap: int) -> str:
    """The answer in plain words.

    Parameters
    ----------
    answer
        All but the sentence.
    first, last
        The first and last period looked at.
    movement
        Standard deviation of what depth does outside windows.
    overlap
        How many neighbouring periods share items.
    """
    parts = [_words(w, first, last) for w in answer.windows] or [_no_window(answer)]
    now = answer.p_open_now
    if not any(w.closed is None for w in answer.windows):
        parts.append(f"{'None' if now < 0.5 else 'One'} is open now ({_share(now)}).")
    if not answer.windows and movement.estimate >= DRIFT:
        parts.append(
            f"Depth moves much and slowly here (standard deviation {movement.estimate:.2f}, "
            f"autocorrelation {answer.autocorrelation.estimate:.1f}): a slow rise and fall that is "
            "not much larger is not called a window."
        )
    if overlap > 1:
        parts.append(
            f"Neighbouring periods share items: one in {overlap} was used, counted back from the "
            "last."
        )
    return " ".join(parts)


def _no_window(answer: Windows) -> str:
    none = _share(answer.p_none)
    if answer.p_none >= 0.9:
        return f"No window of deeper division (probability {none})."
    if answer.p_none >= 0.5:
        return f"Probably no window of deeper division ({none}), but one cannot be ruled out."
    return (
        f"Probably a window of deeper division (none: {none}), but it cannot be told when it was "
        "open."
    )


def _words(window: Window, first: At, last: At) -> str:
    """One window in words."""
    begun = _date(window.opened)
    if window.open_at_start > 0.5:
        begun = f"{_label(first)} or earlier"
    text = f"A window of deeper division opened in {begun}"
    if window.closed is None:
        text += f" and is still open in {_label(last)} ({_share(window.still_open)})"
    else:
        text += f" and closed in {_date(window.closed)}"
        if window.still_open >= 0.05:
            text += f", if it has closed (still open: {_share(window.still_open)})"
    return f"{text}; probability {_share(window.probability)}."


def _date(moment: Moment) -> str:
    if moment.year is None:
        middle, low, high = moment.estimate, moment.low, moment.high
    else:
        year = moment.year
        middle, low, high = (f"{y:.0f}" for y in (year.estimate, year.low, year.high))
    return f"{middle} (95%: {low} to {high})"


def _label(at: At) -> str:
    return at.period if at.year is None or not np.isfinite(at.year) else f"{at.year:.0f}"


def _share(p: float) -> str:
    """A probability with two digits, never rounded to certainty."""
    if p > 0.995:
        return "more than 0.99"
    return "less than 0.01" if p < 0.005 else f"{p:.2f}"
