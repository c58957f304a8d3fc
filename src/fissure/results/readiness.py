"""The answer to Q6 as one tree. It *is* the documented JSON schema ``fissure.ready/1``."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, ClassVar

import polars as pl

from fissure.results.alarms import Alarms
from fissure.results.base import Result, Saved
from fissure.results.parts import Interval

__all__ = [
    "READY_SCHEMA",
    "Durations",
    "Learning",
    "Lines",
    "Policy",
    "Readiness",
    "Ready",
    "Recurrence",
    "RecurrenceModel",
    "Separation",
    "Survival",
]

READY_SCHEMA = "fissure.ready/1"


@dataclass(frozen=True)
class Survival:
    """Probability that nothing has come yet, by years from the end of the records.

    Parameters
    ----------
    years, share
        Years ahead, and the probability that no window has opened by then.
    low, high
        Central 95 % interval of that probability; empty where it was not asked for.
    """

    years: tuple[float, ...]
    share: tuple[float, ...]
    low: tuple[float, ...] = ()
    high: tuple[float, ...] = ()


@dataclass(frozen=True)
class RecurrenceModel:
    """What one model of how windows come says.

    Parameters
    ----------
    name
        ``constant``, ``renewal``, ``self-exciting`` or ``ending``.
    probability
        Posterior probability among the models, 0 to 1.
    log_evidence
        Logarithm of the marginal likelihood less that of the constant rate, a mean over draws.
    chance
        Of at least one new window within the horizon, with a 95 % interval of that chance.
    wait_median, wait_mean
        Years until the next window; None where it is infinite, or longer than was looked at.
    parameters
        Posterior medians with 95 % intervals, by name.
    survival
        Of the waiting time.
    sentence
        The same in plain words.
    """

    name: str
    probability: float
    log_evidence: float
    chance: Interval
    wait_median: float | None
    wait_mean: float | None
    parameters: dict[str, Any]
    survival: Survival
    sentence: str


@dataclass(frozen=True)
class Separation:
    """How often each model wins where the events come from the model named, by simulation.

    Parameters
    ----------
    truth
        The model that made the events.
    wins
        Share of simulated histories in which each model was the most probable, by name.
    mean_probability
        Mean posterior probability of the model that made them; one in the number of models is none
        the wiser.
    """

    truth: str
    wins: dict[str, float]
    mean_probability: float


@dataclass(frozen=True)
class Durations:
    """How long windows last.

    Parameters
    ----------
    n, n_closed
        Windows, and those that are known to have closed; mean numbers over draws.
    mean
        Mean length in years under the exponential law, with a 95 % interval.
    closing_rate
        μ = 1/mean: share of open windows that close in a year, where that is small.
    weibull_shape
        Below 1 a window that has lasted long is likelier to last, above 1 the reverse.
    p_weibull
        Probability of the Weibull law against the exponential, both equally probable beforehand.
    curve
        Kaplan-Meier: share of windows that last longer; empty without a closed window.
    open_now
        Probability that the last window is open at the end of the records.
    remaining
        Years that it then still lasts: median with the central 95 % interval; None where none is
        open.
    sentence
        The same in plain words.
    """

    n: float
    n_closed: float
    mean: Interval | None
    closing_rate: Interval | None
    weibull_shape: Interval | None
    p_weibull: float | None
    curve: Survival
    open_now: float
    remaining: Interval | None
    sentence: str


@dataclass(frozen=True)
class Recurrence(Result):
    """When does the next window come?

    Parameters
    ----------
    n_events
        Openings in the span; a mean over draws.
    span
        First and last moment of the records, in years.
    years_at_risk
        Years in which a window could open; a mean over draws.
    horizon
        Years ahead.
    chance
        Of at least one new window within the horizon: average of the models with their posterior
        probabilities, and the central 95 % interval over models, parameters and dates. None without
        any event.
    bound
        With 95 % confidence the chance is at most this, under a constant rate (one-sided, exact).
    rate
        Windows a year under a constant rate, with a 95 % interval; None without any event.
    rate_draws
        Draws of that rate, for :func:`fissure.readiness`.
    wait_median
        Years by which a new window is as likely as not, averaged over the models; None where it
        never is.
    wait_mean
        Expected years until the next window under a constant rate; None where it is infinite, as
        it is after a single event.
    survival
        Of the waiting time, averaged over the models.
    models
        Each model, most probable first.
    separation
        What so few events can tell apart; empty where it was not simulated.
    durations
        How long windows last; None where no closing was given.
    sentence, separation_sentence, frequencies
        The answer in plain words; what cannot be told apart; the answer in natural frequencies.
    remarks
        What else a reader must know.
    settings
        Priors, draws, and what was done with the dates.
    length_draws
        Draws of the mean length of a window in years, one beside each of ``rate_draws`` and from
        the same dates; empty where no window is known to have closed.
    """

    n_events: float
    span: tuple[float, ...]
    years_at_risk: float
    horizon: float
    chance: Interval | None
    bound: float
    rate: Interval | None
    rate_draws: tuple[float, ...]
    wait_median: float | None
    wait_mean: float | None
    survival: Survival
    models: tuple[RecurrenceModel, ...]
    separation: tuple[Separation, ...]
    durations: Durations | None
    sentence: str
    separation_sentence: str
    frequencies: str
    remarks: tuple[str, ...]
    settings: dict[str, Any]
    length_draws: tuple[float, ...] = ()

    def to_frame(self) -> pl.DataFrame:
        """One row a model: probability, chance within the horizon, waiting time."""
        rows = [
            {
                "model": m.name,
                "probability": m.probability,
                "chance": m.chance.estimate,
                "chance_low": m.chance.low,
                "chance_high": m.chance.high,
                "wait_median": m.wait_median,
                "wait_mean": m.wait_mean,
            }
            for m in self.models
        ]
        schema = {"model": pl.String, "probability": pl.Float64, "chance": pl.Float64}
        return pl.DataFrame(rows, infer_schema_length=None) if rows else pl.DataFrame(schema=schema)

    def __repr__(self) -> str:
        return self.sentence


@dataclass(frozen=True)
class Policy:
    """One way to be prepared, and what it is worth a year.

    Parameters
    ----------
    name
        ``wait``, ``stand ready`` or ``act on warnings``.
    used
        Share of windows that it can use, 0 to 1.
    value
        Benefit less costs a year: expected value, and its range or 95 % interval.
    p_best
        Probability that it is the best, over draws; None for plain numbers and ranges.
    """

    name: str
    used: Interval
    value: Interval
    p_best: float | None


@dataclass(frozen=True)
class Learning:
    """What watching for some more years before choosing is worth, a year afterwards.

    Parameters
    ----------
    years
        Years of watching.
    value
        Expected gain a year from choosing after them instead of now.
    p_change
        Probability that another choice is then the better.
    """

    years: float
    value: float
    p_change: float


@dataclass(frozen=True)
class Lines:
    """Break-even lines: below a line it pays, above it does not.

    Parameters
    ----------
    rates
        Windows a year.
    standing
        Largest upkeep a year at which standing ready beats waiting.
    over_warnings
        Largest at which it beats acting on warnings; empty without warnings.
    standing_low, standing_high
        95 % interval of ``standing`` over draws of the length; empty without them.
    """

    rates: tuple[float, ...]
    standing: tuple[float, ...]
    over_warnings: tuple[float, ...] = ()
    standing_low: tuple[float, ...] = ()
    standing_high: tuple[float, ...] = ()


@dataclass(frozen=True)
class Readiness(Result):
    """Does it pay to stand ready before the date is known?

    Parameters
    ----------
    best
        Name of the policy with the largest expected value.
    policies
        All of them, in the order wait, stand ready, act on warnings.
    break_even_upkeep
        Largest upkeep a year at which standing ready beats waiting: λB(1 − e^(−μτ)).
    break_even_rate
        Fewest windows a year at which it does; None where none is enough.
    p_pays
        Probability that standing ready beats waiting; None for plain numbers.
    value_of_warning
        What warnings add a year for whoever does not stand ready; None without warnings.
    break_even_false_alarms
        False alarms a year above which acting on warnings is worse than waiting; None without
        warnings or without a cost of alarms.
    value_of_knowing
        Expected gain a year from knowing exactly what is drawn: the rate, the length of windows, or
        both; None for plain numbers and ranges.
    learning
        Expected gain from watching the rate for some years; empty for plain numbers and ranges.
    lines
        For the chart.
    sentence, frequencies
        The answer in plain words, and in natural frequencies.
    assumptions
        What was taken for granted.
    settings
        What was given; ranges as [low, high], and which numbers were drawn.
    length
        Mean length of a window in years, with its range or, where it is drawn, its 95 % interval.
    """

    best: str
    policies: tuple[Policy, ...]
    break_even_upkeep: Interval
    break_even_rate: Interval | None
    p_pays: float | None
    value_of_warning: Interval | None
    break_even_false_alarms: Interval | None
    value_of_knowing: float | None
    learning: tuple[Learning, ...]
    lines: Lines
    sentence: str
    frequencies: str
    assumptions: tuple[str, ...]
    settings: dict[str, Any]
    length: Interval | None = None

    def to_frame(self) -> pl.DataFrame:
        """One row a policy: what it can use and what it is worth a year."""
        return pl.DataFrame(
            [
                {
                    "policy": p.name,
                    "used": p.used.estimate,
                    "value": p.value.estimate,
                    "value_low": p.value.low,
                    "value_high": p.value.high,
                    "p_best": p.p_best,
                }
                for p in self.policies
            ],
            schema_overrides={"p_best": pl.Float64},
        )

    def __repr__(self) -> str:
        return self.sentence


@dataclass(frozen=True)
class Ready(Saved):
    """What ``fissure ready`` answers: recurrence, and what being prepared is worth.

    Parameters
    ----------
    source, settings, seed, versions
        Where the dates come from, what was asked, the seed, and versions of what makes numbers.
    recurrence
        When the next window comes.
    readiness
        What standing ready is worth; None where no costs were given.
    alarms
        Early warnings on the series the windows come from; None where there is none.
    """

    source: dict[str, Any]
    settings: dict[str, Any]
    seed: int
    versions: dict[str, str]
    recurrence: Recurrence
    readiness: Readiness | None = None
    alarms: Alarms | None = None
    schema: str = READY_SCHEMA

    expected: ClassVar[str] = READY_SCHEMA

    def to_frame(self) -> pl.DataFrame:
        """One row a model of recurrence."""
        return self.recurrence.to_frame()

    def __repr__(self) -> str:
        parts = [self.recurrence.sentence]
        parts += [] if self.readiness is None else [self.readiness.sentence]
        return " ".join(parts)
