"""Q6: how often do windows come, and when does the next one?"""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy.stats import chi2
from scipy.stats import gamma as gamma_law

from fissure.errors import DataError, SettingError
from fissure.readiness import recurrence_words as words
from fissure.readiness.comparing import JEFFREYS, Compared, Fitted, compare
from fissure.readiness.durations import durations, length_draws
from fissure.readiness.histories import Dates, History, dated_draws, histories, span_of
from fissure.readiness.separation import separation as tell_apart
from fissure.results import Series, Trace, Windows
from fissure.results.parts import Interval
from fissure.results.readiness import Recurrence, RecurrenceModel, Separation, Survival

__all__ = ["check_seed", "eventless_chance", "most_rate", "recurrence"]

Array = NDArray[np.float64]

#: Draws of rate and length that are kept, and of one history the fewest of them.
RATES, FEWEST_RATES = 1000, 5
#: Points of a survival curve, most events told apart.
POINTS, MOST_TOLD_APART = 41, 30
CONFIDENCE = 0.95


def recurrence(
    events: Dates,
    *,
    closed: Any = None,
    span: tuple[Any, Any] | None = None,
    horizon: float = 10.0,
    prior: tuple[float, float] = (0.0, 0.0),
    draws: int = 200,
    seed: int = 1,
    separation: int = 40,
) -> Recurrence:
    """How often do windows come: the chance of one in the next years, from few dated events.

    Four models (a constant rate, waits with a memory, events that bring events, and a process that
    may have ended) are compared by their marginal likelihoods and averaged. From three to five
    events they can hardly be told apart; how hardly is simulated and said.

    Parameters
    ----------
    events
        Openings: years, dates or ISO text, in any order; an array (draws, events) of them where
        dates are uncertain, NaN where a draw has no such window; or the answer of
        :func:`fissure.windows`, or a series or trace (its first series) that has one, whose
        intervals become draws.
    closed
        Closings of the same shape, None or NaN where a window is still open. With them the clock
        stands still while a window is open, and it is told how long windows last.
    span
        First and last moment that the records cover; a series has its own.
    horizon
        Years ahead, from the end of the span.
    prior
        Gamma prior (a, b) of the rate, the same in all models; (0, 0) is the limit 1/λ. Without an
        event and with b = 0 < a, every model is a constant rate with it.
    draws
        Draws of windows that come with intervals.
    seed
        Of those draws and of the simulation.
    separation
        Histories simulated from each model to see which can be told apart; 0 for none.

    Returns
    -------
    Recurrence
        Chance with its interval, waiting time, every model, what cannot be told, durations.

    Raises
    ------
    SettingError
        If a number or date is outside what is allowed, there is no span, or a prior with a = 0 < b
        is given and no event.
    DataError
        If windows overlap, stand twice, or lie outside the span, or one is open throughout.

    Notes
    -----
    Under a constant rate with Gamma(a, b), k events in T years give P(at least one in h) =
    1 − ((b + T)/(b + T + h))^(a + k). See ``docs/methods/recurrence.md``.

    Examples
    --------
    >>> import fissure as fs
    >>> three = fs.recurrence([1964, 1968, 1990], span=(1945, 2025), horizon=10, separation=0)
    >>> {m.name: round(m.chance.estimate, 3) for m in three.models}["constant"]
    0.298
    >>> fs.recurrence([], span=(1945, 2025), horizon=10).sentence  # doctest: +ELLIPSIS
    'No window opened in 80 years: the chance of one in the next 10 is not zero but bounded: ...'
    """
    _check(horizon, prior, draws, separation)
    check_seed(seed)
    events = events.of() if isinstance(events, Trace) else events
    bounds = span_of(events, span)
    has_closings = closed is not None or isinstance(events, Windows | Series)
    pairs = dated_draws(events, closed, bounds, draws, seed)
    each = histories(pairs, bounds, has_closings)
    if min(h.at_risk for h in each) <= 0:
        raise DataError("a window is open in the whole span: when one opens cannot be told")
    n_events = float(np.mean([len(h.events) for h in each]))
    years = float(np.mean([h.at_risk for h in each]))
    bound = float(np.mean([1 - np.exp(-most_rate(len(h.events), h.at_risk) * horizon)
                           for h in each]))  # fmt: skip
    lasting = durations(each, _central(each)) if has_closings else None
    if not n_events and prior[1] > 0 == prior[0]:
        raise SettingError(
            f"prior must have a above 0 where there is no event, or be (0, 0), got {prior!r}"
        )
    has_answer = n_events > 0 or prior[0] > 0
    found = compare(each, horizon, prior) if has_answer else None
    told = _told_apart(n_events, years, separation, seed, prior)
    return _answer(found, each, bounds, horizon, bound, lasting, told, {
        "prior": [float(v) for v in prior], "draws": len(each), "seed": seed,
        "separation": separation, "clock": "at risk" if has_closings else "calendar",
        "n_events": n_events, "years": years,
    })  # fmt: skip


def most_rate(n_events: int, years: float) -> float:
    """Exact one-sided 95 % upper limit of a constant rate: χ²(0.95; 2k + 2)/(2T).

    Parameters
    ----------
    n_events, years
        k and T.

    Examples
    --------
    >>> round(most_rate(0, 80), 4)
    0.0374
    """
    return float(chi2.ppf(CONFIDENCE, 2 * n_events + 2) / (2 * years))


def eventless_chance(years: float, horizon: float) -> float:
    """Chance of an event within the horizon after none in T years, with Jeffreys' prior.

    1 − (T/(T + h))^½.

    Examples
    --------
    >>> round(eventless_chance(80, 10), 3)
    0.057
    """
    return 1 - (years / (years + horizon)) ** JEFFREYS


def check_seed(seed: object) -> None:
    """Refuse what cannot seed random draws.

    Raises
    ------
    SettingError
        If it is no whole number of 0 or more.
    """
    if isinstance(seed, bool) or not isinstance(seed, int) or seed < 0:
        raise SettingError(f"seed must be a whole number of 0 or more, got {seed!r}")


def _check(horizon: object, prior: object, draws: object, separation: object) -> None:
    is_number = isinstance(horizon, int | float | np.integer | np.floating)
    if isinstance(horizon, bool) or not is_number or not 0 < horizon < 1e4:  # type: ignore[operator]
        raise SettingError(f"horizon must be above 0 and below 10,000 years, got {horizon!r}")
    is_pair = isinstance(prior, tuple | list) and len(prior) == 2
    if not is_pair or any(
        isinstance(v, bool) or not isinstance(v, int | float) or not 0 <= v < 1e6
        for v in prior  # type: ignore[attr-defined]
    ):
        raise SettingError(f"prior must be two numbers (a, b) of 0 or more, got {prior!r}")
    for name, value, least in (("draws", draws, 10), ("separation", separation, 0)):
        if isinstance(value, bool) or not isinstance(value, int) or not least <= value <= 100_000:
            raise SettingError(f"{name} must be a whole number {least}..100000, got {value!r}")


def _central(each: list[History]) -> History:
    """The draw whose windows last neither longest nor shortest, for the curve of durations."""
    each = [h for h in each if len(h.lengths)] or each
    order = np.argsort([h.lengths.sum() for h in each], kind="stable")
    return each[int(order[len(order) // 2])]


def _told_apart(
    n_events: float, years: float, replicates: int, seed: int, prior: tuple[float, float]
) -> tuple[Separation, ...]:
    k = round(n_events)
    if not replicates or not 1 <= k <= MOST_TOLD_APART:
        return ()
    return tell_apart(k, years, replicates, seed, prior)


def _answer(
    found: Compared | None,
    each: list[History],
    span: tuple[float, float],
    horizon: float,
    bound: float,
    lasting: Any,
    told: tuple[Separation, ...],
    settings: dict[str, Any],
) -> Recurrence:
    n_events, years = settings.pop("n_events"), settings.pop("years")
    ahead = np.linspace(0, max(2 * horizon, 2 * years / (n_events + 1)), POINTS)
    models = () if found is None else tuple(_model(m, found, horizon, ahead) for m in found.models)
    models = tuple(sorted(models, key=lambda m: -m.probability))
    chance, survival, median = None, Survival((), ()), None
    if found is not None:
        share, low, high = found.survival(np.r_[horizon, ahead])
        chance = Interval(found.chance(), float(1 - high[0]), float(1 - low[0]))
        chance = Interval(chance.estimate, min(chance.low, chance.estimate),
                          max(chance.high, chance.estimate))  # fmt: skip
        survival = _curve(ahead, share[1:], low[1:], high[1:])
        median = found.median_wait()
    kept = max(FEWEST_RATES, RATES // len(each))
    rate, rates = (None, ()) if found is None else _rate(each, kept, settings["prior"])
    waits = {m.name: m.wait_mean for m in models}
    told_of = words.Told(n_events, years, horizon, bound, chance, median, models, lasting)
    return Recurrence(
        n_events=n_events, span=span, years_at_risk=years, horizon=float(horizon), chance=chance,
        bound=bound, rate=rate, rate_draws=rates, wait_median=median,
        wait_mean=waits.get("constant"), survival=survival, models=models, separation=told,
        durations=lasting, sentence=words.sentence(told_of),
        separation_sentence=words.separation_sentence(told, round(n_events)),
        frequencies=words.frequencies(told_of),
        remarks=words.remarks(told_of, found, each, settings), settings=settings,
        length_draws=() if lasting is None else length_draws(each, kept),
    )  # fmt: skip


def _model(m: Fitted, found: Compared, horizon: float, ahead: Array) -> RecurrenceModel:
    share, low, high = _survival(m, np.r_[horizon, ahead])
    chance = Interval.of(float(m.chance.mean()), np.array([1 - high[0], 1 - low[0]]))
    finite = bool(np.isfinite(m.wait).all())
    plain = found.models[0].log_evidence
    known = ~np.isnan(m.log_evidence)
    parameters = {
        name: _interval(values) for name, values in zip(
            m.process.parameters, m.parameters.T, strict=True)
    }  # fmt: skip
    probability, median = float(m.weight.mean()), m.median_wait()
    return RecurrenceModel(
        name=m.process.name,
        probability=probability,
        log_evidence=float((m.log_evidence - plain)[known].mean()) if known.any() else 0.0,
        chance=chance,
        wait_median=median,
        wait_mean=float(m.wait.mean()) if finite else None,
        parameters=parameters,
        survival=_curve(ahead, share[1:], low[1:], high[1:]),
        sentence=words.model_sentence(m.process, probability, chance, median, horizon),
    )


def _survival(m: Fitted, years: Array) -> tuple[Array, Array, Array]:
    shares = m.survival(years)
    low, high = np.quantile(shares, [0.025, 0.975], axis=0)
    return shares.mean(axis=0), low, high


def _interval(values: Array) -> dict[str, float]:
    low, middle, high = np.quantile(values, [0.025, 0.5, 0.975])
    return {"estimate": float(middle), "low": float(low), "high": float(high)}


def _curve(years: Array, share: Array, low: Array, high: Array) -> Survival:
    parts = (years, share, low, high)
    return Survival(*(tuple(float(round(v, 6)) for v in part) for part in parts))


def _rate(each: list[History], n: int, prior: list[float]) -> tuple[Interval, tuple[float, ...]]:
    """Windows a year at risk under a constant rate, and equally probable values of it.

    Quantiles that cover 0 to 1 evenly are dealt out to the draws. The same few in every draw would
    leave out the ends.
    """
    places = np.random.default_rng(len(each)).permutation(n * len(each)).reshape(len(each), n)
    shares = (np.sort(places, axis=1) + 0.5) / places.size
    rates = np.concatenate([
        gamma_law.ppf(
            share, (len(h.events) + prior[0]) or JEFFREYS, scale=1 / (h.at_risk + prior[1])
        )
        for h, share in zip(each, shares, strict=True)
    ])  # fmt: skip
    return Interval.of(float(np.median(rates)), rates), tuple(float(v) for v in rates)
