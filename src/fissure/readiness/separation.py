"""What so few events can tell apart: histories simulated from each model, judged by all."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
from numpy.typing import NDArray
from scipy.special import gamma as gamma_function
from scipy.special import logsumexp

from fissure.readiness.comparing import evidence
from fissure.readiness.histories import SHORTEST, History
from fissure.readiness.processes import PROCESSES
from fissure.results.readiness import Separation

__all__ = ["SIMULATED", "separation", "simulated"]

Array = NDArray[np.float64]
Draw = Callable[[np.random.Generator, float, Array, float], list[float]]

#: Histories tried until one has the number of events asked for; otherwise the nearest is taken.
TRIES = 300


def separation(
    n_events: int, years: float, replicates: int, seed: int, prior: tuple[float, float] = (0.0, 0.0)
) -> tuple[Separation, ...]:
    """How often each model wins on histories of so many events that one of them made.

    Parameters
    ----------
    n_events
        Events in each history; one at least.
    years
        Length of each history.
    replicates
        Histories from each model.
    prior
        Of the rate, as in the comparison itself.
    """
    out = []
    for m, truth in enumerate(PROCESSES):
        rng = np.random.default_rng([seed, 2, m])
        wins, own = np.zeros(len(PROCESSES)), 0.0
        for _ in range(replicates):
            history = simulated(m, n_events, years, rng)
            log = np.array([evidence(p, history, prior)[0] for p in PROCESSES])
            chance = np.exp(log - logsumexp(log))
            wins[int(chance.argmax())] += 1
            own += chance[m]
        shares = {p.name: float(w / replicates) for p, w in zip(PROCESSES, wins, strict=True)}
        out.append(Separation(truth.name, shares, float(own / replicates)))
    return tuple(out)


def simulated(model: int, n_events: int, years: float, rng: np.random.Generator) -> History:
    """A history of n events, its parameters from the model's prior and λ near n/years."""
    process = PROCESSES[model]
    values, mass = process.others
    best: list[float] = []
    for _ in range(TRIES):
        others = values[rng.choice(len(mass), p=mass / mass.sum())]
        rate = rng.gamma(n_events) / years
        events = SIMULATED[model](rng, rate, others, years)
        if not best or (events and abs(len(events) - n_events) < abs(len(best) - n_events)):
            best = events
        if len(best) == n_events:
            break
    at = np.array(best or [years / 2])
    none = np.zeros(0)
    return History(at, years, False, False, none, none.astype(bool))


def _constant(rng: np.random.Generator, rate: float, _: Array, years: float) -> list[float]:
    return sorted(rng.uniform(SHORTEST, years, rng.poisson(rate * years)))


def _renewal(rng: np.random.Generator, rate: float, others: Array, years: float) -> list[float]:
    """The first wait of a process that has run for long: longer waits are met more often."""
    shape = float(others[0])
    scale = 1 / (rate * float(gamma_function(1 + 1 / shape)))
    # a wait met at a random moment has density ∝ g f(g): its power κ is Gamma(1 + 1/κ)
    at = rng.random() * scale * rng.gamma(1 + 1 / shape) ** (1 / shape)
    out: list[float] = []
    while at < years and len(out) < 1000:
        out.append(max(at, SHORTEST))
        at += max(scale * rng.weibull(shape), SHORTEST)
    return out


def _hawkes(rng: np.random.Generator, rate: float, others: Array, years: float) -> list[float]:
    """Immigrants at a constant rate, each with offspring of its own."""
    brought, memory = float(others[0]), float(others[1]) / rate
    waiting = list(rng.uniform(SHORTEST, years, rng.poisson(rate * (1 - brought) * years)))
    out: list[float] = []
    while waiting and len(out) < 1000:
        parent = waiting.pop()
        out.append(parent)
        children = parent + rng.exponential(memory, rng.poisson(brought))
        waiting += [c for c in children if c < years]
    return sorted(out)


def _ending(rng: np.random.Generator, rate: float, others: Array, years: float) -> list[float]:
    out: list[float] = []
    at = 0.0
    while rng.random() < others[0]:
        at += max(rng.exponential(1 / rate), SHORTEST)
        if at >= years:
            break
        out.append(at)
    return out


#: One simulator a model, in the order of PROCESSES: rng, λ, other parameters, years.
SIMULATED: tuple[Draw, ...] = (_constant, _renewal, _hawkes, _ending)
