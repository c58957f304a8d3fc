"""What readiness is worth, in plain words that favour no side."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from fissure.results.parts import Interval
from fissure.results.readiness import Readiness

__all__ = ["about", "amount", "assumptions", "frequencies", "lasting", "sentence"]

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


def about(value: float) -> str:
    """A number that is uncertain, with two digits that count."""
    return amount(float(f"{value:.2g}"))


def lasting(length: Interval) -> str:
    """How long windows last, as those tell that were given."""
    return _with_ends([about(v) for v in (length.estimate, length.low, length.high)])


def _with_ends(told: Sequence[str]) -> str:
    """An estimate and both its ends; once where all look alike."""
    return told[0] if len(set(told)) == 1 else f"{told[0]} ({told[1]} to {told[2]})"


def _share(p: float) -> str:
    """A probability with two digits, never rounded to certainty."""
    if p > 0.995:
        return "more than 0.99"
    return "less than 0.01" if p < 0.005 else f"{p:.2f}"


def _between(at: Interval) -> str:
    if at.low == at.high:
        return amount(at.estimate)
    text = _with_ends([about(v) for v in (at.estimate, at.low, at.high)])
    return text.replace("-", "−")


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
        text += f" {_uncertain(found, is_range)}, it does so with probability "
        text += f"{_share(found.p_pays)}."
    elif is_range:
        low, high = found.break_even_upkeep.low, found.break_even_upkeep.high
        cost = found.settings["upkeep"]
        sure = cost[1] < low or cost[0] > high
        text += " That holds for all values in the ranges." if sure else (
            " Within the ranges either can be the case."
        )  # fmt: skip
    if found.value_of_warning is not None:
        text += _warnings(found.value_of_warning)
    if found.settings["length_draws"] and found.length is not None:
        source = ", from the windows given" if found.settings["length_from_recurrence"] else ""
        text += f" Length of a window: {lasting(found.length)} years{source}."
    return text


def _uncertain(found: Readiness, is_range: bool) -> str:
    drawn = found.settings["drawn"]
    what = "the rate is" if "rate" in drawn else "the length of windows is"
    if len(drawn) > 1:
        what = "the rate and the length of windows are"
    start = "At the middle of the ranges, and as" if is_range else "As"
    return f"{start} uncertain as {what}"


def _warnings(worth: Interval) -> str:
    if worth.estimate >= 0:
        return f" Warnings add {_between(worth)} a year to waiting."
    if worth.high > 0:
        return (
            f" Acting on warnings brings {about(-worth.estimate)} a year less than waiting on "
            f"average ({about(-worth.low)} less to {about(worth.high)} more)."
        )
    loss = Interval(-worth.estimate, -worth.high, -worth.low)
    return f" Acting on warnings costs {_between(loss)} a year more than it brings."


def frequencies(shares: Sequence[Interval], rates: tuple[float, float], is_uncertain: bool) -> str:
    """Of 100 windows, how many each policy can use, and how often one opens.

    Parameters
    ----------
    shares
        Of windows that each policy can use.
    rates
        Ends of the range of rates; equal for a number, and for draws.
    is_uncertain
        Whether the length of windows is drawn, so that the shares are told with their intervals.
    """

    def told(share: Interval) -> str:
        each = [f"{100 * v:.0f}" for v in (share.estimate, share.low, share.high)]
        return f"about {_with_ends(each) if is_uncertain else each[0]}"

    text = f"Of 100 windows, those who wait use {told(shares[0])} and those who stand ready all 100"
    if len(shares) > 2:
        text += f"; those who build at each warning use {told(shares[2])}"
    low, high = rates
    if low == high:
        often = f"about every {amount(1 / high)} years" if high > 0 else ""
    elif low > 0:
        often = f"every {amount(1 / high)} to {amount(1 / low)} years"
    else:
        often = f"at most once in {amount(1 / high)} years, and perhaps never"
    return f"{text}. One opens {often}." if often else f"{text}."


def assumptions(
    has_warnings: bool,
    drawn: Sequence[str],
    is_range: bool,
    from_recurrence: bool,
    length_from_recurrence: bool,
) -> tuple[str, ...]:
    """What was taken for granted.

    Parameters
    ----------
    drawn
        Which of ``rate`` and ``length`` are draws.
    from_recurrence, length_from_recurrence
        Whether the rate and the length come from windows; otherwise their draws were given.
    """
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
    if "length" in drawn:
        out.append(_over("rate" in drawn, from_recurrence, length_from_recurrence))
    elif drawn:
        out.append("Policies are linear in the rate: their averages are those at its mean.")
    if is_range:
        out.append(
            "Ranges: the estimate is that at the middle of each, the interval the least and the "
            "largest value anywhere within."
        )
    return tuple(out)


def _over(is_rate_drawn: bool, from_recurrence: bool, length_from_recurrence: bool) -> str:
    """What each way is worth where the length is drawn: over what it is an average."""
    text = (
        "How long windows last is as uncertain as few of them leave it: what each way is worth is "
        "an average over all lengths that they leave possible"
        if length_from_recurrence
        else "How long windows last is as uncertain as the draws given for it: what each way is "
        "worth is an average over these lengths"
    )
    if not is_rate_drawn:
        return f"{text}; the rate is taken as given."
    if not from_recurrence:
        return f"{text}, and over the rates given as draws."
    if length_from_recurrence:
        return f"{text}, and over all rates."
    return f"{text}, and over all rates that the windows leave possible."
