"""Q6: is it worth being ready before the date is known?"""

from __future__ import annotations

from typing import Any, TypeAlias

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy.stats import nbinom

from fissure.errors import DataError, SettingError
from fissure.readiness import worth_words as words
from fissure.readiness.policies import (
    COLUMNS,
    POLICIES,
    break_even_alarms,
    break_even_upkeep,
    used,
    values,
)
from fissure.results.parts import Interval
from fissure.results.readiness import Learning, Lines, Policy, Readiness, Recurrence
from fissure.unknowns.ranges import Number, ends, extremes

__all__ = ["Rate", "readiness"]

Array = NDArray[np.float64]
#: A number, a range, draws of it, or a recurrence, whose draws are taken.
Rate: TypeAlias = Number | ArrayLike | Recurrence

#: Largest number of each kind that is taken.
MOST = 1e12
#: Points of a break-even line, and years of watching before choosing.
POINTS, WATCHED = 41, (2.0, 5.0, 10.0, 20.0)
#: A range of rates needs two numbers; draws need more than this.
FEWEST_DRAWS = 10


def readiness(
    rate: Rate,
    *,
    length: Number,
    build: Number,
    upkeep: Number,
    benefit: Number,
    lead: Number | None = None,
    hit: Number = 1.0,
    false_alarms: Number = 0.0,
    alarm_cost: Number = 0.0,
) -> Readiness:
    """Does it pay to stand ready for a window whose date is not known?

    For anyone who must choose before: a movement, a government, a relief agency, an insurer. A
    window used brings the benefit; whoever is not ready when it opens needs time to build, and
    comes too late for short ones. Standing ready costs upkeep each year. Acting on warnings starts
    building at the warning. Wherever a number is taken, a range (low, high) is taken too.

    Parameters
    ----------
    rate
        Windows a year: a number, a range, an array of draws, or the answer of
        :func:`fissure.recurrence`.
    length
        Mean length of a window in years, exponential.
    build
        Years from beginning to build until ready.
    upkeep
        Cost of standing ready, a year.
    benefit
        Of a window used, in the same unit.
    lead
        Years between a warning and the opening; None without warnings.
    hit
        Share of windows that are warned of, 0 to 1.
    false_alarms
        Warnings a year that no window follows.
    alarm_cost
        Of acting on one warning, false or not.

    Returns
    -------
    Readiness
        The value of each policy a year, break-even lines, what a warning and what knowing the rate
        is worth.

    Raises
    ------
    SettingError
        If a number is negative or not a number, a range runs backwards, or lead is missing.
    DataError
        If the recurrence has no rate, because there was no event.

    Notes
    -----
    Standing ready beats waiting if and only if c < λB(1 − e^(−μτ)); see
    ``docs/methods/readiness.md`` for the rest.

    Examples
    --------
    >>> import fissure as fs
    >>> found = fs.readiness(0.1, length=2, build=3, upkeep=1, benefit=20)
    >>> found.best, round(found.break_even_upkeep.estimate, 3)
    ('stand ready', 1.554)
    """
    rates, fixed = _rates(rate)
    has_warnings = lead is not None
    if not has_warnings and (hit, false_alarms, alarm_cost) != (1.0, 0.0, 0.0):
        raise SettingError("hit, false_alarms and alarm_cost need lead, the years a warning gives")
    given: dict[str, Number] = {
        "length": length, "build": build, "upkeep": upkeep, "benefit": benefit,
        "lead": 0.0 if lead is None else lead, "hit": hit if has_warnings else 0.0,
        "false_alarms": false_alarms if has_warnings else 0.0,
        "alarm_cost": alarm_cost if has_warnings else 0.0,
    }  # fmt: skip
    box = {name: ends(name, value, 0.0, 1.0 if name == "hit" else MOST)
           for name, value in given.items()}  # fmt: skip
    for name in ("length",):
        if box[name][0] <= 0:
            raise SettingError(f"{name} must be above 0 years, got {given[name]!r}")
    box = {"rate": fixed, **box}
    low, high = (np.array([box[c][i] for c in COLUMNS]) for i in (0, 1))
    return _answer(rates, low, high, has_warnings, isinstance(rate, Recurrence))


def _rates(rate: Any) -> tuple[Array | None, tuple[float, float]]:
    """Draws of the rate, or None; and its ends."""
    if isinstance(rate, Recurrence):
        if rate.rate is None:
            raise DataError(
                "this recurrence has no event, hence no rate; give a range such as (0, upper limit)"
            )
        rate = np.array(rate.rate_draws)
    is_array = isinstance(rate, np.ndarray) or (
        isinstance(rate, tuple | list) and len(rate) > FEWEST_DRAWS
    )
    if not is_array:
        return None, ends("rate", rate, 0.0, MOST)
    try:
        draws = np.asarray(rate, float).ravel()
    except (TypeError, ValueError):
        raise SettingError("draws of the rate must be numbers of 0 or more") from None
    if len(draws) <= FEWEST_DRAWS or not np.isfinite(draws).all() or draws.min() < 0:
        bad = draws[~(np.isfinite(draws) & (draws >= 0))]
        raise SettingError(
            f"draws of the rate must be more than {FEWEST_DRAWS} numbers of 0 or more, got "
            f"{len(draws)} of which {len(bad)} are not"
        )
    return draws, (float(draws.mean()), float(draws.mean()))


def _answer(
    rates: Array | None, low: Array, high: Array, has_warnings: bool, is_dated: bool
) -> Readiness:
    middle = (low + high) / 2
    shown = 3 if has_warnings else 2
    at = middle[None]
    points = at if rates is None else np.repeat(at, len(rates), axis=0)
    if rates is not None:
        points = points.copy()
        points[:, 0] = rates
    each = values(points)[:shown]
    value = values(at)[:shown, 0]
    best = int(value.argmax())
    is_range = bool((high > low).any())
    spread = _Spread(low, high, rates)
    p_best = None if rates is None else np.bincount(each.argmax(axis=0), minlength=shown)
    policies = tuple(
        Policy(
            name=POLICIES[i],
            used=spread.of(lambda x, i=i: used(x)[i]),
            value=spread.of(lambda x, i=i: values(x)[i]),
            p_best=None if p_best is None else float(p_best[i] / len(points)),
        )
        for i in range(shown)
    )
    upkeep = spread.of(break_even_upkeep)
    costly = has_warnings and low[8] > 0
    out = Readiness(
        best=POLICIES[best],
        policies=policies,
        break_even_upkeep=upkeep,
        break_even_rate=_least_rate(low, high),
        p_pays=None if rates is None else float(np.mean(each[1] > each[0])),
        value_of_warning=spread.of(lambda x: values(x)[2] - values(x)[0]) if has_warnings else None,
        break_even_false_alarms=spread.of(break_even_alarms) if costly else None,
        value_of_knowing=None if rates is None else float(each.max(axis=0).mean() - value.max()),
        learning=() if rates is None else _learning(rates, middle, shown),
        lines=_lines(rates, middle, high, has_warnings),
        sentence="",
        frequencies=words.frequencies(middle, (float(low[0]), float(high[0])), has_warnings),
        assumptions=words.assumptions(has_warnings, rates is not None, is_range),
        settings={
            **{c: [float(a), float(b)] for c, a, b in zip(COLUMNS, low, high, strict=True)},
            "rate_draws": 0 if rates is None else len(rates), "from_recurrence": is_dated,
            "warnings": has_warnings,
        },
    )  # fmt: skip
    return Readiness(**{**vars(out), "sentence": words.sentence(out, is_range)})


class _Spread:
    """A formula at the middle of what was given, with its range, or with an interval over draws."""

    def __init__(self, low: Array, high: Array, rates: Array | None) -> None:
        self.low, self.high, self.rates = low, high, rates

    def of(self, formula: Any) -> Interval:
        """Estimate, and least and largest over the box; of draws of the rate the 95 % interval."""
        low, high = self.low.copy(), self.high.copy()
        at = float(formula(((low + high) / 2)[None])[0])
        if self.rates is not None:
            low[0], high[0] = np.quantile(self.rates, [0.025, 0.975])
        found = extremes(formula, low, high) or (at, at)
        return Interval(at, min(found[0], at), max(found[1], at))


def _least_rate(low: Array, high: Array) -> Interval | None:
    """c / (B (1 − e^(−μτ))); None where no rate is enough."""

    def per_window(x: Array) -> Array:
        with np.errstate(divide="ignore", invalid="ignore"):
            return x[:, 3] / (x[:, 4] * (1 - used(x)[0]))

    at = float(per_window(((low + high) / 2)[None])[0])
    if not np.isfinite(at):
        return None
    found = extremes(per_window, low, high) or (at, at)
    return Interval(at, min(found[0], at), max(found[1], at))


def _learning(rates: Array, middle: Array, shown: int) -> tuple[Learning, ...]:
    """What choosing after some years of watching gains, over what they may show.

    The draws are taken for a Gamma(a, b) of their mean and variance; after m years with k windows
    it is Gamma(a + k, b + m), and k is negative binomial. All policies are linear in the rate, so
    that their expected value is that at the mean rate.
    """
    mean, variance = float(rates.mean()), float(rates.var())
    if variance <= 0 or mean <= 0:
        return ()
    a, b = mean**2 / variance, mean / variance
    now = int(values(middle[None])[:shown, 0].argmax())
    out = []
    for years in WATCHED:
        law = nbinom(a, b / (b + years))
        k = np.arange(int(law.ppf(1 - 1e-9)) + 1)
        points = np.repeat(middle[None], len(k), axis=0)
        points[:, 0] = (a + k) / (b + years)
        each, mass = values(points)[:shown], law.pmf(k)
        gain = float(mass @ (each.max(axis=0) - each[now]))
        changed = float(mass @ (each.max(axis=0) > each[now] + 1e-12))
        out.append(Learning(years, max(gain, 0.0), changed))
    return tuple(out)


def _lines(rates: Array | None, middle: Array, high: Array, has_warnings: bool) -> Lines:
    """Break-even upkeep by rate, up to twice the highest rate that is thought possible."""
    most = high[0] if rates is None else float(np.quantile(rates, 0.975))
    grid = np.linspace(0, 2 * most if most > 0 else 1.0, POINTS)
    points = np.repeat(middle[None], POINTS, axis=0)
    points[:, 0] = grid
    standing = break_even_upkeep(points)
    points[:, 3] = 0.0
    each = values(points)
    over = np.maximum(each[1] - each[2], 0.0) if has_warnings else np.zeros(0)
    return Lines(*(tuple(float(v) for v in part) for part in (grid, standing, over)))
