"""What each model of recurrence says of a set of histories, and how the models weigh."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy.special import logsumexp
from scipy.stats import gamma as gamma_law

from fissure.readiness.histories import History
from fissure.readiness.processes import PROCESSES, Nodes, Process, nodes_of

__all__ = ["Compared", "Fitted", "compare", "evidence", "quantiles", "systematic"]

Array = NDArray[np.float64]

#: States kept of each model, over all draws, and the fewest of one draw.
STATES, FEWEST = 2000, 20
#: Shape of Jeffreys' prior of a rate, where there is no event and no proper prior.
JEFFREYS = 0.5
#: Half-lengths of the search for a median wait.
HALVINGS, LONGEST = 40, 1e5


@dataclass(frozen=True)
class Fitted:
    """One model on all draws.

    Parameters
    ----------
    process
        Which.
    log_evidence
        Log marginal likelihood of each draw, shape (draws,); NaN where a draw has no event.
    weight
        Posterior probability of the model in each draw, shape (draws,).
    chance
        Mean chance of an event within the horizon, shape (draws,).
    wait
        Mean wait, shape (draws,).
    parameters, state, delay, draw
        Equally probable nodes: parameters, states, years until a window that is open closes, and
        which draw each belongs to.
    """

    process: Process
    log_evidence: Array
    weight: Array
    chance: Array
    wait: Array
    parameters: Array
    state: Array
    delay: Array
    draw: NDArray[np.intp]

    def survival(self, years: Array) -> Array:
        """P(no new window within h years), shape (states, years)."""
        return self.process.survival(self.state, np.maximum(years - self.delay[:, None], 0.0))

    def mass(self, n_draws: int) -> Array:
        """Weight of each state in the average over models; sums to the model's probability."""
        each = np.bincount(self.draw, minlength=n_draws)
        return self.weight[self.draw] / each[self.draw] / n_draws

    def median_wait(self, masses: Array | None = None) -> float | None:
        """Years by which an event is as likely as not; None where it never is."""
        return median_wait([self], [np.ones(len(self.state)) if masses is None else masses])


@dataclass(frozen=True)
class Compared:
    """All models."""

    models: tuple[Fitted, ...]
    n_draws: int
    n_eventless: int

    def masses(self) -> list[Array]:
        """Weight of each state of each model; all together sum to 1."""
        return [m.mass(self.n_draws) for m in self.models]

    def survival(self, years: Array) -> tuple[Array, Array, Array]:
        """Average over models, and its central 95 % interval."""
        shares = np.vstack([m.survival(years) for m in self.models])
        mass = np.concatenate(self.masses())
        low, high = quantiles(shares, mass)
        return mass @ shares, low, high

    def chance(self) -> float:
        """Average over models and draws."""
        return float(np.mean(sum(m.weight * m.chance for m in self.models)))

    def median_wait(self) -> float | None:
        """As that of one model."""
        return median_wait(self.models, self.masses())


def evidence(process: Process, history: History, prior: tuple[float, float]) -> tuple[float, Nodes]:
    """Log marginal likelihood, and nodes with posterior log masses (they sum to 1)."""
    nodes = nodes_of(process, history, prior)
    log = nodes.log_mass + process.log_likelihood(nodes.at, history)
    total = float(logsumexp(log))
    return total, Nodes(nodes.at, log - total)


def systematic(mass: Array, n: int, offset: float = 0.5) -> NDArray[np.intp]:
    """Places of n equally probable nodes: the (i + offset)/n quantiles of the running sum."""
    running = np.cumsum(mass)
    return np.searchsorted(running, (np.arange(n) + offset) / n * running[-1]).astype(np.intp)


def quantiles(shares: Array, mass: Array) -> tuple[Array, Array]:
    """The 2.5 % and 97.5 % quantiles of each column under weights of the rows."""
    low, high = np.empty(shares.shape[1]), np.empty(shares.shape[1])
    for j, column in enumerate(shares.T):
        order = np.argsort(column, kind="stable")
        middles = np.cumsum(mass[order]) - 0.5 * mass[order]
        low[j], high[j] = np.interp([0.025, 0.975], middles / mass.sum(), column[order])
    return low, high


def median_wait(models: Sequence[Fitted], masses: Sequence[Array]) -> float | None:
    """Halving of the interval in which the average survival falls to one half."""
    total = sum(float(m.sum()) for m in masses)

    def share(year: float) -> float:
        at = np.array([year])
        found = sum(
            float(w @ m.survival(at)[:, 0]) for m, w in zip(models, masses, strict=True)
        )  # fmt: skip
        return found / total

    if share(LONGEST) > 0.5:
        return None
    low, high = 0.0, LONGEST
    for _ in range(HALVINGS):
        middle = (low + high) / 2
        low, high = (middle, high) if share(middle) > 0.5 else (low, middle)
    return high


def compare(
    histories: Sequence[History],
    horizon: float,
    prior: tuple[float, float],
    processes: Sequence[Process] = PROCESSES,
) -> Compared:
    """Every model on every draw; draws are weighed by their own evidence, and then averaged.

    Dates are not learnt about from the models of recurrence: each draw keeps its weight, and the
    answers are averaged over draws (multiple imputation).

    Parameters
    ----------
    histories
        One a draw.
    horizon
        Years.
    prior
        Gamma prior (a, b) of the rate, the same in all models.
    """
    n = len(histories)
    each = max(FEWEST, STATES // n)
    is_proper = prior[0] > 0 and prior[1] > 0
    is_silent = np.array([not len(h.events) and not is_proper for h in histories])
    # each draw has quantiles of its own, so that together they leave out neither end
    offsets = (np.random.default_rng(n).permutation(n) + 0.5) / n
    delays = [_delays(h, each, at) for h, at in zip(histories, offsets, strict=True)]
    looks = [
        [
            _silent(p, h, horizon, prior, delay, at)
            if silent
            else _look(p, h, horizon, prior, delay, at)
            for h, delay, silent, at in zip(histories, delays, is_silent, offsets, strict=True)
        ]
        for p in processes
    ]
    log = np.array([[look.log_evidence for look in row] for row in looks])
    weight = np.exp(log - logsumexp(log, axis=0))
    weight[:, is_silent] = 1 / len(processes)
    draw = np.repeat(np.arange(n), each)
    models = tuple(
        Fitted(
            process=process,
            log_evidence=log[m],
            weight=weight[m],
            chance=np.array([look.chance for look in looks[m]]),
            wait=np.array([look.wait for look in looks[m]]),
            parameters=np.concatenate([look.parameters for look in looks[m]]),
            state=np.concatenate([look.state for look in looks[m]]),
            delay=np.concatenate(delays),
            draw=draw,
        )
        for m, process in enumerate(processes)
    )
    return Compared(models, n, int(is_silent.sum()))


@dataclass(frozen=True)
class _Look:
    """One model on one draw; parameters and states are equally probable nodes."""

    log_evidence: float
    chance: float
    wait: float
    parameters: Array
    state: Array


def _look(
    process: Process, history: History, horizon: float, prior: tuple[float, float], delay: Array,
    offset: float,
) -> _Look:  # fmt: skip
    log, nodes = evidence(process, history, prior)
    mass, state = np.exp(nodes.log_mass), process.state(nodes.at, history)
    picked = systematic(mass, len(delay), offset)
    wait = np.inf
    if len(history.events) + prior[0] > 1 and _has_mean(history):
        each = process.mean_wait(state)
        # where the next may never come the mean is infinite, however little weight that has
        wait = float(mass @ each + delay.mean()) if np.isfinite(each).all() else np.inf
    if history.is_open:
        ahead = np.maximum(horizon - delay, 0.0)[:, None]
        chance = 1 - float(process.survival(state[picked], ahead).mean())
    else:
        chance = float(mass @ (1 - process.survival(state, np.array([horizon])))[:, 0])
    return _Look(log, chance, wait, nodes.at[picked], state[picked])


def _silent(
    process: Process, history: History, horizon: float, prior: tuple[float, float], delay: Array,
    offset: float,
) -> _Look:  # fmt: skip
    """Without an event and without a proper prior there is nothing to compare models by."""
    at = _eventless(process, history, prior, len(delay), offset)
    state = process.state(at, history)
    ahead = np.maximum(horizon - delay, 0.0)[:, None]
    return _Look(np.nan, 1 - float(process.survival(state, ahead).mean()), np.inf, at, state)


def _has_mean(history: History) -> bool:
    """Whether the window that is open, if one is, has a mean time to its closing."""
    return not history.is_open or int(history.is_closed.sum()) > 1


def _eventless(
    process: Process, history: History, prior: tuple[float, float], n: int, offset: float
) -> Array:
    """Without an event all models are the constant rate, with Jeffreys' prior where a is 0."""
    share = (np.arange(n) + offset) / n
    rate = gamma_law.ppf(share, prior[0] or JEFFREYS, scale=1 / (history.at_risk + prior[1]))
    neutral = {"shape": 1.0, "brought": 0.0, "memory": 1.0, "again": 1.0}
    others = [np.full(n, neutral[name]) for name in process.parameters[1:]]
    return np.column_stack([rate, *others])


def _delays(history: History, n: int, offset: float) -> Array:
    """Years until a window that is open closes: equally probable values, shuffled; else zeros.

    Exponential lengths with 1/μ a priori even in log: P(longer than r) = (D/(D + r))^m, for m
    windows closed and D years spent in windows.
    """
    if not history.is_open:
        return np.zeros(n)
    closed = max(float(history.is_closed.sum()), JEFFREYS)
    share = (np.arange(n) + offset) / n
    years = history.lengths.sum() * np.expm1(-np.log1p(-share) / closed)
    return np.random.default_rng(n).permutation(years)
