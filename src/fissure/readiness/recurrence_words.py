"""Recurrence in plain words, and in natural frequencies."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from fissure.readiness.comparing import Compared
from fissure.readiness.histories import History
from fissure.readiness.processes import Process
from fissure.results.parts import Interval
from fissure.results.readiness import Durations, RecurrenceModel, Separation

__all__ = [
    "Told",
    "count",
    "frequencies",
    "model_sentence",
    "probability",
    "remarks",
    "sentence",
    "separation_sentence",
    "years",
]

#: Below this share of right winners the models count as not told apart.
TOLD_APART = 0.8
#: A first wait below this share of the mean time between windows is told of.
EARLY = 0.05
#: The models' chances differ so much that the sentence says so.
APART = 0.1


@dataclass(frozen=True)
class Told:
    """What the sentences speak of."""

    n_events: float
    years: float
    horizon: float
    bound: float
    chance: Interval | None
    median: float | None
    models: tuple[RecurrenceModel, ...]
    durations: Durations | None


def count(n: float) -> str:
    """A number of windows, which is a mean where dates are uncertain."""
    return f"{n:.0f}" if abs(n - round(n)) < 0.05 else f"{n:.1f}"


def years(value: float | None) -> str:
    """A number of years in print."""
    if value is None:
        return "without end"
    if value < 1:
        return f"{value:.2g}"
    return f"{value:,.0f}" if value >= 10 else f"{value:.1f}".removesuffix(".0")


def probability(p: float) -> str:
    """Two digits, never rounded to certainty on either side."""
    return "under 0.01" if p < 0.005 else "over 0.99" if p > 0.995 else f"{p:.2f}"


def _spread(chance: Interval) -> str:
    low, high = probability(chance.low), probability(chance.high)
    return f"{probability(chance.estimate)} (95%: {low} to {high})"


def sentence(told: Told) -> str:
    """The answer in one or two sentences."""
    ahead, span = years(told.horizon), years(told.years)
    if told.chance is None:
        return (
            f"No window opened in {span} years: the chance of one in the next {ahead} is not zero "
            f"but bounded: at most {told.bound:.2f} with 95% confidence, if the rate is constant."
        )
    few = f"{count(told.n_events)} window{'' if count(told.n_events) == '1' else 's'}"
    at_risk = "" if told.durations is None else " without one"
    text = (
        f"From {few} in {span} years{at_risk}, the chance of at least one more in the next {ahead} "
        f"is {_spread(told.chance)}."
    )
    at = [m.chance.estimate for m in told.models]
    if max(at) - min(at) >= APART:
        low = min(told.models, key=lambda m: m.chance.estimate)
        high = max(told.models, key=lambda m: m.chance.estimate)
        text += (
            f" The models disagree: from {probability(low.chance.estimate)} ({low.name}) to "
            f"{probability(high.chance.estimate)} ({high.name})."
        )
    return text


def model_sentence(
    process: Process, weight: float, chance: Interval, median: float | None, horizon: float
) -> str:
    """One sentence a model."""
    wait = (
        f"half of the time the wait is longer than {years(median)} years"
        if median is not None
        else "it is likelier than not that none comes at all"
    )
    return (
        f"If {process.words}, the chance in the next {years(horizon)} years is {_spread(chance)}; "
        f"{wait}. "
        f"Probability of this model {probability(weight)}."
    )


def separation_sentence(found: Sequence[Separation], n_events: int) -> str:
    """What so few events cannot tell apart; empty where it was not simulated."""
    if not found:
        return ""
    own = {s.truth: s.wins[s.truth] for s in found}
    few = f"{n_events} event{'' if n_events == 1 else 's'}"
    rates = ", ".join(f"{name} {100 * share:.0f}%" for name, share in own.items())
    text = f"With {few}, the model that made them is found the most probable in: {rates} of cases"
    text += f" ({100 / len(found):.0f}% by guessing)."
    mean = sum(own.values()) / len(own)
    if mean < TOLD_APART:
        text += (
            " So few events cannot tell how windows come; the probabilities of the models are "
            "mostly what was assumed beforehand."
        )
    return text


def frequencies(told: Told) -> str:
    """The chance in natural frequencies."""
    if told.chance is None:
        return (
            f"Of 100 bodies whose {years(told.years)} years passed without a window, at most "
            f"{100 * told.bound:.0f} would have one in the next {years(told.horizon)}; it may be "
            "none."
        )
    c = told.chance
    return (
        f"Of 100 bodies with such a record, about {100 * c.estimate:.0f} would have a new window "
        f"within {years(told.horizon)} years, and {100 - round(100 * c.estimate):.0f} would not; "
        f"it may be as few as {100 * c.low:.0f} or as many as {100 * c.high:.0f}."
    )


def is_early(each: Sequence[History]) -> bool:
    """Whether the first wait is far shorter than windows are apart, in most draws."""
    early = [h.waits[0] < EARLY * h.at_risk / len(h.events) for h in each if len(h.events)]
    return 2 * sum(early) > len(each)


def remarks(
    told: Told, found: Compared | None, each: Sequence[History], settings: dict[str, Any]
) -> tuple[str, ...]:
    """What else a reader must know."""
    out = []
    if found is not None and told.n_events == 1:
        out.append(
            "One event: a mean wait cannot be given (it is infinite under every model), and the "
            "answer rests on the prior as much as on the event."
        )
    if found is not None and found.n_eventless:
        a, b = settings["prior"]
        prior = f"the prior ({a:g}, {b:g})" if a > 0 else "Jeffreys' prior"
        text = f"every model is a constant rate with {prior}."
        share = 100 * found.n_eventless / len(each)
        out.append(
            f"In {share:.0f}% of draws there was no window; there {text}"
            if told.n_events
            else f"There was no window: {text}"
        )
    if told.durations is not None and told.durations.open_now >= 0.5:
        out.append(
            "A window is open at the end of the records: the chance is that of a further one, "
            "which can only open after this one has closed."
        )
    if told.n_events and is_early(each):
        out.append(
            "The first window opened soon after the records begin. If they begin there because of "
            "it, windows look as if they had ended, and the chance is too low: begin earlier."
        )
    if settings["clock"] == "calendar" and told.n_events:
        out.append(
            "No closings were given: windows count as moments, and the years in which one was open "
            "count as years in which another could have opened."
        )
    return tuple(out)
