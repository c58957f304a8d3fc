"""What readiness is worth, in plain words that favour no side."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from fissure.readiness.policies import used
from fissure.results.parts import Interval
from fissure.results.readiness import Readiness

__all__ = ["amount", "assumptions", "frequencies", "sentence"]

Array = NDArray[np.float64]

DONE = {
    "wait": "waiting and building once a window opens",
    "stand ready": "standing ready all the time",
    "act on warnings": "building at each warning",
}


def amount(value: float) -> str:
    """A number with three digits that count."""
    if value == 0 or not np.isfinite(value):
        return f"{value:g}"
    digits = max(0, 2 - int(np.floor(np.log10(abs(value)))))
    text = f"{value:,.{digits}f}"
    return text.rstrip("0").rstrip(".") if "." in text else text


def _share(p: float) -> str:
    """A probability with two digits, never rounded to certainty."""
    if p > 0.995:
        return "more than 0.99"
    return "less than 0.01" if p < 0.005 else f"{p:.2f}"


def _between(at: Interval) -> str:
    if at.low == at.high:
        return amount(at.estimate)
    return f"{amount(at.estimate)} ({amount(at.low)} to {amount(at.high)})"


def _given(ends: list[float]) -> str:
    """A number as given, or a range."""
    low, high = ends
    return amount(low) if low == high else f"{amount(low)} to {amount(high)}"


def sentence(found: Readiness, is_range: bool) -> str:
    """The answer in plain words."""
    line = (
        f"Standing ready beats waiting while its upkeep is below "
        f"{_between(found.break_even_upkeep)} a year; it is "
        f"{_given(found.settings['upkeep'])} here."
    )
    text = f"Worth most on average: {DONE[found.best]}. {line}"
    if found.p_pays is not None:
        text += f" As uncertain as the rate is, it does so with probability {_share(found.p_pays)}."
    elif is_range:
        low, high = found.break_even_upkeep.low, found.break_even_upkeep.high
        cost = found.settings["upkeep"]
        sure = cost[1] < low or cost[0] > high
        text += " That holds for all values in the ranges." if sure else (
            " Within the ranges either can be the case."
        )  # fmt: skip
    if found.value_of_warning is not None:
        text += _warnings(found.value_of_warning)
    return text


def _warnings(worth: Interval) -> str:
    if worth.high > 0 or worth.estimate == 0:
        return f" Warnings add {_between(worth)} a year to waiting."
    loss = Interval(-worth.estimate, -worth.high, -worth.low)
    return f" Acting on warnings costs {_between(loss)} a year more than it brings."


def frequencies(middle: Array, rates: tuple[float, float], has_warnings: bool) -> str:
    """Of 100 windows, how many each policy can use, and how often one opens.

    Parameters
    ----------
    rates
        Ends of the range of rates; equal for a number, and for draws.
    """
    share = used(middle[None])[:, 0]
    text = (
        f"Of 100 windows, those who wait use about {100 * share[0]:.0f} and those who stand ready "
        "all 100"
    )
    if has_warnings:
        text += f"; those who build at each warning use about {100 * share[2]:.0f}"
    low, high = rates
    if low == high:
        often = f"about every {amount(1 / high)} years" if high > 0 else ""
    elif low > 0:
        often = f"every {amount(1 / high)} to {amount(1 / low)} years"
    else:
        often = f"at most once in {amount(1 / high)} years, and perhaps never"
    return f"{text}. One opens {often}." if often else f"{text}."


def assumptions(has_warnings: bool, is_uncertain: bool, is_range: bool) -> tuple[str, ...]:
    """What was taken for granted."""
    out = [
        "Windows come independently of each other and of who is ready; a readiness that is known "
        "may itself bring one on, or keep one from coming.",
        "How long a window stays open does not depend on how long it has been open.",
        "Costs and benefits are those of whoever chooses; what others gain or lose is not in them. "
        "The same sums hold for every side.",
        "Whoever cares more for the worst case than for the average should not go by averages.",
    ]
    if has_warnings:
        out.append(
            "A warning comes a fixed time before the opening, and acting on it ends when the "
            "window does not come; warnings known to all change what happens."
        )
    if is_uncertain:
        out.append("Policies are linear in the rate: their averages are those at its mean.")
    if is_range:
        out.append(
            "Ranges: the estimate is that at the middle of each, the interval the least and the "
            "largest value anywhere within."
        )
    return tuple(out)
