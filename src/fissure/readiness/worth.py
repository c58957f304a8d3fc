"""Q6: is it worth being ready before the date is known?"""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy.stats import nbinom

from fissure.errors import SettingError
from fissure.readiness import worth_words as words
from fissure.readiness.drawn import Drawable, Spread, draws_of
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
from fissure.unknowns.ranges import Number, ends

__all__ = ["readiness"]

Array = NDArray[np.float64]

#: Largest number of each kind that is taken.
MOST = 1e12
#: Points of a break-even line, and years of watching before choosing.
POINTS, WATCHED = 41, (2.0, 5.0, 10.0, 20.0)
RATE, LENGTH = COLUMNS.index("rate"), COLUMNS.index("length")


def readiness(
    rate: Drawable,
    *,
    length: Drawable | None = None,
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
        Mean length of a window in years, exponential: as the rate. Without it, what the windows of
        that recurrence tell; rate and length are then drawn together. Draws of both are pairs.
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
        If a number is negative or not a number, a range runs backwards, or length or lead is
        missing.
    DataError
        If a recurrence has no rate, because there was no event, or no length, because no window
        is known to have closed.

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
    has_warnings = lead is not None
    if not has_warnings and (hit, false_alarms, alarm_cost) != (1.0, 0.0, 0.0):
        raise SettingError("hit, false_alarms and alarm_cost need lead, the years a warning gives")
    if length is None:
        if not isinstance(rate, Recurrence):
            raise SettingError(
                "length must be given: mean length of a window in years, or a recurrence"
            )
        length = rate
    given: dict[str, Any] = {
        "rate": rate, "length": length, "build": build, "upkeep": upkeep, "benefit": benefit,
        "lead": 0.0 if lead is None else lead, "hit": hit if has_warnings else 0.0,
        "false_alarms": false_alarms if has_warnings else 0.0,
        "alarm_cost": alarm_cost if has_warnings else 0.0,
    }  # fmt: skip
    spread = _spread(given)
    told = {"from_recurrence": isinstance(rate, Recurrence),
            "length_from_recurrence": isinstance(length, Recurrence)}  # fmt: skip
    lasting = _lasting(length, spread)
    return _answer(spread, has_warnings, lasting, told)


def _spread(given: dict[str, Any]) -> Spread:
    """Ranges and draws, checked."""
    drawn = {name: draws_of(name, given[name]) for name in ("rate", "length")}
    known = {COLUMNS.index(name): draws for name, draws in drawn.items() if draws is not None}
    if len({len(draws) for draws in known.values()}) > 1:
        raise SettingError(
            "draws of the rate and of the length go in pairs, got "
            + " and ".join(str(len(draws)) for draws in known.values())
        )
    box = {
        name: ends(name, value, 0.0, 1.0 if name == "hit" else MOST)
        for name, value in given.items() if drawn.get(name) is None
    }  # fmt: skip
    box |= {COLUMNS[c]: (float(draws.mean()),) * 2 for c, draws in known.items()}
    if box["length"][0] <= 0:
        raise SettingError(f"length must be above 0 years, got {given['length']!r}")
    low, high = (np.array([box[c][i] for c in COLUMNS]) for i in (0, 1))
    draws = np.column_stack(list(known.values())) if known else np.zeros((1, 0))
    return Spread(low, high, tuple(known), draws)


def _lasting(length: Any, spread: Spread) -> Interval:
    """Mean length of a window: as given, or the median of draws with their interval."""
    if isinstance(length, Recurrence) and length.durations and length.durations.mean:
        return length.durations.mean
    if LENGTH in spread.drawn:
        draws = spread.draws[:, spread.drawn.index(LENGTH)]
        return Interval.of(float(np.median(draws)), draws)
    low, high = float(spread.low[LENGTH]), float(spread.high[LENGTH])
    return Interval((low + high) / 2, low, high)


def _answer(
    spread: Spread, has_warnings: bool, lasting: Interval, told: dict[str, bool]
) -> Readiness:
    shown = 3 if has_warnings else 2
    each = spread.over(values, spread.middle)[:shown, 0]
    value = each.mean(axis=1)
    is_drawn = bool(spread.drawn)
    p_best = np.bincount(each.argmax(axis=0), minlength=shown) / each.shape[1]
    policies = tuple(
        _policy(spread, i, float(p_best[i]) if is_drawn else None) for i in range(shown)
    )
    costly = has_warnings and spread.low[COLUMNS.index("alarm_cost")] > 0
    out = Readiness(
        best=POLICIES[int(value.argmax())],
        policies=policies,
        break_even_upkeep=spread.of(break_even_upkeep),
        break_even_rate=_least_rate(spread),
        p_pays=float(np.mean(each[1] > each[0])) if is_drawn else None,
        value_of_warning=spread.of(lambda x: values(x)[2] - values(x)[0]) if has_warnings else None,
        break_even_false_alarms=spread.of(break_even_alarms) if costly else None,
        value_of_knowing=float(each.max(axis=0).mean() - value.max()) if is_drawn else None,
        learning=_learning(spread, shown),
        lines=_lines(spread, has_warnings),
        sentence="",
        frequencies=words.frequencies([p.used for p in policies], _often(spread),
                                      LENGTH in spread.drawn),
        assumptions=words.assumptions(has_warnings, _drawn(spread), spread.is_range, **told),
        settings=_settings(spread, has_warnings, lasting, told),
        length=lasting,
    )  # fmt: skip
    return Readiness(**{**vars(out), "sentence": words.sentence(out, spread.is_range)})


def _policy(spread: Spread, i: int, p_best: float | None) -> Policy:
    return Policy(
        name=POLICIES[i],
        used=spread.of(lambda x: used(x)[i]),
        value=spread.of(lambda x: values(x)[i]),
        p_best=p_best,
    )


def _drawn(spread: Spread) -> list[str]:
    return [COLUMNS[c] for c in spread.drawn]


def _often(spread: Spread) -> tuple[float, float]:
    """Ends of the range of rates; alike for a number, and for draws."""
    return float(spread.low[RATE]), float(spread.high[RATE])


def _settings(
    spread: Spread, has_warnings: bool, lasting: Interval, told: dict[str, bool]
) -> dict[str, Any]:
    given = {c: [float(a), float(b)]
             for c, a, b in zip(COLUMNS, spread.low, spread.high, strict=True)}  # fmt: skip
    given["length"] = [lasting.low, lasting.high]
    n = len(spread.draws)
    return {
        **given, "rate_draws": n if RATE in spread.drawn else 0,
        "length_draws": n if LENGTH in spread.drawn else 0, "drawn": _drawn(spread), **told,
        "warnings": has_warnings,
    }  # fmt: skip


def _least_rate(spread: Spread) -> Interval | None:
    """c / (B (1 − e^(−μτ))), with the average of that share; None where no rate is enough."""

    def saved(x: Array) -> Array:
        return 1 - used(x)[0]

    def per_window(x: Array, share: Array) -> Array:
        with np.errstate(divide="ignore", invalid="ignore"):
            return x[:, 3] / (x[:, 4] * share)

    at = float(per_window(spread.middle, spread.mean(saved))[0])
    if not np.isfinite(at):
        return None
    # few are saved where many must come
    return spread.around(at, lambda x, share: per_window(x, spread.quantile(saved, x, 1 - share)))


def _learning(spread: Spread, shown: int) -> tuple[Learning, ...]:
    """What choosing after some years of watching gains, over what they may show.

    The draws are taken for a Gamma(a, b) of their mean and variance; after m years with k windows
    it is Gamma(a + k, b + m), and k is negative binomial. All policies are linear in the rate, so
    that their expected value is that at the mean rate. Of the length nothing is learnt.
    """
    if RATE not in spread.drawn:
        return ()
    rates = spread.draws[:, spread.drawn.index(RATE)]
    mean, variance = float(rates.mean()), float(rates.var())
    if variance <= 0 or mean <= 0:
        return ()
    a, b = mean**2 / variance, mean / variance
    rest = spread.without(RATE)
    now = int(rest.mean(values)[:shown, 0].argmax())
    out = []
    for years in WATCHED:
        law = nbinom(a, b / (b + years))
        k = np.arange(int(law.ppf(1 - 1e-9)) + 1, dtype=np.float64)
        each = _by_rate(rest, (a + k) / (b + years), values)[:shown]
        mass = law.pmf(k)
        gain = float(mass @ (each.max(axis=0) - each[now]))
        changed = float(mass @ (each.max(axis=0) > each[now] + 1e-12))
        out.append(Learning(years, max(gain, 0.0), changed))
    return tuple(out)


def _by_rate(rest: Spread, rates: Array, formula: Any) -> Array:
    """Average over the draws of the length, at each rate."""
    points = np.repeat(rest.middle, len(rates), axis=0)
    points[:, RATE] = rates
    return rest.mean(formula, points)


def _lines(spread: Spread, has_warnings: bool) -> Lines:
    """Break-even upkeep by rate, up to twice the highest rate that is thought possible."""
    most = float(spread.high[RATE])
    if RATE in spread.drawn:
        most = float(np.quantile(spread.draws[:, spread.drawn.index(RATE)], 0.975))
    grid = np.linspace(0, 2 * most if most > 0 else 1.0, POINTS)
    rest = spread.without(RATE)
    standing = _by_rate(rest, grid, break_even_upkeep)
    over, ends_of = np.zeros(0), [np.zeros(0)] * 2
    if has_warnings:
        gap = _by_rate(rest, grid, lambda x: values(x)[1] + x[:, 3] - values(x)[2])
        over = np.maximum(gap, 0.0)
    if rest.drawn:
        points = np.repeat(rest.middle, POINTS, axis=0)
        points[:, RATE] = grid
        ends_of = [rest.quantile(break_even_upkeep, points, q) for q in (0.025, 0.975)]
    parts = (grid, standing, over, *ends_of)
    return Lines(*(tuple(float(v) for v in part) for part in parts))
