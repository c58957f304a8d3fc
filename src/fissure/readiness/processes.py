"""Four models of how windows come, as sums over nodes of their parameters.

All have the rate λ (a year at risk) as their scale and the same prior on it, Gamma(a, b), by
default the limit a, b → 0, which is 1/λ. Being the same in all models, its undefined constant
cancels in their comparison, as λ does no more than set the unit of time (Berger, Pericchi and
Varshavsky 1998, Sankhya A 60(3), 307-321). What else they have has no unit, and proper priors.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy.special import gamma as gamma_function
from scipy.special import gammaincc, roots_legendre

from fissure.readiness.histories import History

__all__ = ["PROCESSES", "Nodes", "Process", "nodes_of"]

Array = NDArray[np.float64]

#: Nodes of log λ, of a renewal's log shape, and of each of the other parameters.
N_RATE, N_SHAPE, N_OTHER = 121, 31, 12
#: Standard deviation of log shape: 95 % of the prior lies between 0.25 and 4.
SHAPE_SD = 0.7
#: Most events that one event may bring; at 1 the process would explode.
MOST_BROUGHT = 0.9
#: How long excitation lasts, as a share of the mean wait, 1/λ: even on the log scale.
MEMORY = (0.05, 1.0)
#: Terms of the series of a self-exciting wait.
TERMS = 60


@dataclass(frozen=True)
class Nodes:
    """Parameters, shape (n, d) with λ first, and log prior masses, shape (n,)."""

    at: Array
    log_mass: Array


@dataclass(frozen=True)
class Process:
    """A model of how windows come.

    Parameters
    ----------
    name, words
        One word, and a sentence.
    parameters
        Names of what it has, λ first.
    others
        Nodes of the parameters other than λ: values (m, d − 1) and prior masses (m,).
    log_likelihood
        Of a history, at parameters (n, d): shape (n,).
    state
        Parameters (n, d) and history to what the future depends on, shape (n, e).
    survival
        P(none within h years) from states (n, e) and years (h,) or (n, h): shape (n, h).
    mean_wait
        Expected years from states, shape (n,); infinite where the next may never come.
    """

    name: str
    words: str
    parameters: tuple[str, ...]
    others: tuple[Array, Array]
    log_likelihood: Callable[[Array, History], Array]
    state: Callable[[Array, History], Array]
    survival: Callable[[Array, Array], Array]
    mean_wait: Callable[[Array], Array]


def nodes_of(process: Process, history: History, prior: tuple[float, float]) -> Nodes:
    """Nodes around where the likelihood of this history is, with log prior masses."""
    a, b = prior
    k = len(history.events) + a
    last = history.events[-1] if len(history.events) else history.at_risk
    low = np.log(k / (history.at_risk + b)) - 4 - 8 / k
    high = np.log(k / min(last + b, history.at_risk)) + 3
    log_rate = np.linspace(low, high, N_RATE)
    values, mass = process.others
    rate = np.repeat(np.exp(log_rate), len(mass))
    others = np.tile(values, (N_RATE, 1))
    log_mass = a * np.log(rate) - b * rate + np.log(log_rate[1] - log_rate[0])
    return Nodes(np.column_stack([rate, others]), log_mass + np.tile(np.log(mass), N_RATE))


# -- constant rate ---------------------------------------------------------------------------------


def _constant_likelihood(at: Array, history: History) -> Array:
    return len(history.events) * np.log(at[:, 0]) - at[:, 0] * history.at_risk


def _constant_survival(state: Array, years: Array) -> Array:
    return np.exp(-state[:, :1] * years)


# -- renewal: Weibull waits ------------------------------------------------------------------------


def _scaled(at: Array) -> tuple[Array, Array]:
    """c and κ of S(g) = exp(−(cg)^κ), with mean wait 1/λ."""
    shape = at[:, 1]
    return at[:, 0] * gamma_function(1 + 1 / shape), shape


def _renewal_likelihood(at: Array, history: History) -> Array:
    """Waits f(g); S for the last, which has not ended; λS(g) for a first of unknown beginning."""
    c, shape = _scaled(at)
    waits = history.waits
    if not len(waits):
        return np.log(np.maximum(_first_wait(c, shape, history), 1e-300))
    later = waits if history.is_fresh else waits[1:]
    out = len(later) * (np.log(shape) + shape * np.log(c)) + (shape - 1) * np.log(later).sum()
    for wait in (*waits, history.since):
        out -= (c * wait) ** shape
    return out if history.is_fresh else out + np.log(at[:, 0])


def _first_wait(c: Array, shape: Array, history: History) -> Array:
    """P(no event in the span)."""
    power = (c * history.at_risk) ** shape
    return np.exp(-power) if history.is_fresh else gammaincc(1 / shape, power)


def _renewal_state(at: Array, history: History) -> Array:
    c, shape = _scaled(at)
    begins = 0.0 if len(history.events) or history.is_fresh else 1.0
    n = len(at)
    return np.column_stack([c, shape, np.full(n, history.since), np.full(n, begins)])


def _renewal_survival(state: Array, years: Array) -> Array:
    c, shape, since, unknown = (state[:, [i]] for i in range(4))
    then, now = (c * (since + years)) ** shape, (c * since) ** shape
    plain = np.exp(now - then)
    if not unknown.any():
        return plain
    ratio = gammaincc(1 / shape, then) / np.maximum(gammaincc(1 / shape, now), 1e-300)
    return np.where(unknown == 1, ratio, plain)


def _renewal_wait(state: Array) -> Array:
    """∫ S(w + h)/S(w) dh = Γ(1/κ, (cw)^κ) e^((cw)^κ) / (cκ)."""
    c, shape, since = state[:, 0], state[:, 1], state[:, 2]
    power = np.minimum((c * since) ** shape, 600.0)
    whole = gamma_function(1 / shape)
    return whole * gammaincc(1 / shape, power) * np.exp(power) / (c * shape)


# -- self-exciting: Hawkes, exponential memory -----------------------------------------------------


def _hawkes_likelihood(at: Array, history: History) -> Array:
    """Σ log(μ + nβ Σ e^(−β(t_i − t_j))) − μT − n Σ (1 − e^(−β(T − t_i))), μ = λ(1 − n)."""
    rate, brought, memory = at.T
    base, decay = rate * (1 - brought), rate / memory
    out = -base * history.at_risk
    excited = np.zeros(len(at))
    for k, wait in enumerate(history.waits):
        excited = excited * np.exp(-decay * wait)
        out += np.log(base + brought * decay * excited)
        excited = excited + 1
        out -= brought * -np.expm1(-decay * (history.at_risk - history.events[k]))
    return out


def _hawkes_state(at: Array, history: History) -> Array:
    rate, brought, memory = at.T
    decay = rate / memory
    ages = history.at_risk - history.events
    left = np.exp(-np.outer(decay, ages)).sum(axis=1)
    return np.column_stack([rate * (1 - brought), decay, brought * left])


def _hawkes_survival(state: Array, years: Array) -> Array:
    base, decay, left = (state[:, [i]] for i in range(3))
    return np.exp(-base * years + left * np.expm1(-decay * years))


def _hawkes_wait(state: Array) -> Array:
    """∫ exp(−μh − R(1 − e^(−βh))) dh = e^(−R) Σ_j R^j / (j! (μ + jβ))."""
    base, decay, left = state.T
    total, term = np.zeros(len(state)), np.exp(-left)
    for j in range(TERMS):
        total += term / (base + j * decay)
        term = term * left / (j + 1)
    return total


# -- ending: a split population --------------------------------------------------------------------


def _ending_likelihood(at: Array, history: History) -> Array:
    """(πλ)^k e^(−λ t_k) [(1 − π) + π e^(−λw)]."""
    rate, again = at.T
    k = len(history.events)
    waited = np.log((1 - again) + again * np.exp(-rate * history.since))
    return k * np.log(again * rate) - rate * (history.at_risk - history.since) + waited


def _ending_state(at: Array, history: History) -> Array:
    rate, again = at.T
    alive = again * np.exp(-rate * history.since)
    return np.column_stack([rate, alive / (1 - again + alive)])


def _ending_survival(state: Array, years: Array) -> Array:
    return 1 + state[:, 1:] * np.expm1(-state[:, :1] * years)


def _legendre(low: float, high: float) -> tuple[Array, Array]:
    at, mass = roots_legendre(N_OTHER)
    return low + (high - low) * (at + 1) / 2, mass / 2


def _shapes() -> tuple[Array, Array]:
    log_shape = np.linspace(-3, 3, N_SHAPE) * SHAPE_SD
    mass = np.exp(-0.5 * (log_shape / SHAPE_SD) ** 2)
    return np.exp(log_shape)[:, None], mass / mass.sum()


def _excitations() -> tuple[Array, Array]:
    brought, p = _legendre(0.0, MOST_BROUGHT)
    memory, q = _legendre(float(np.log(MEMORY[0])), float(np.log(MEMORY[1])))
    pairs = np.column_stack([np.repeat(brought, N_OTHER), np.tile(np.exp(memory), N_OTHER)])
    return pairs, np.outer(p, q).ravel()


def _chances() -> tuple[Array, Array]:
    again, mass = _legendre(0.0, 1.0)
    return again[:, None], mass


PROCESSES = (
    Process(
        "constant", "windows come at a constant rate, whatever came before", ("rate",),
        (np.zeros((1, 0)), np.ones(1)), _constant_likelihood, lambda at, _: at,
        _constant_survival, lambda state: 1 / state[:, 0],
    ),
    Process(
        "renewal", "the wait since the last one matters, so that they come regularly or in bursts",
        ("rate", "shape"), _shapes(), _renewal_likelihood, _renewal_state, _renewal_survival,
        _renewal_wait,
    ),
    Process(
        "self-exciting", "a window makes another one likelier for a time",
        ("rate", "brought", "memory"), _excitations(), _hawkes_likelihood, _hawkes_state,
        _hawkes_survival, _hawkes_wait,
    ),
    Process(
        "ending", "after any window there may be no further one", ("rate", "again"), _chances(),
        _ending_likelihood, _ending_state, _ending_survival,
        lambda state: np.full(len(state), np.inf),
    ),
)  # fmt: skip
