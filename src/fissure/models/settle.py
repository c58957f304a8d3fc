"""How far actors move from period to period: the variances behind dynamic ideal points.

They are moved to where they reproduce themselves in expectation-maximisation, which is the top of
the likelihood with positions and items integrated out; the way there is shortened by secants.
"""

from __future__ import annotations

import math
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from fissure.models.drift import Drift, Point, Variances, climb
from fissure.models.walk import Chain, eliminate

__all__ = ["Free", "Settled", "error_of_omega2", "secant", "settle"]

Array = NDArray[np.float64]

#: A variance below ``SMALL`` (of steps over the initial one, of α over that of β) whose score is
#: below ``FLAT`` is put to ``LOWEST`` if that costs less than ``FLAT`` nats.
SMALL, FLAT, LOWEST = 0.05, 0.05, 1e-4
#: The variances have settled when the next step of their logs is below this.
SETTLED = 1e-4
#: Gradient at which the positions are good enough for the variances' next step.
NEARLY = 1e-4
#: Past steps of the variances that shorten the next one.
MEMORY = 4
#: How far log ω² is moved to see how fast its score falls.
NUDGE = 0.2
#: Information about log ω² below which no interval is given: an error of 2, a factor 50 each way.
LEAST = 0.25


@dataclass(frozen=True)
class Free:
    """Which variances are estimated, and the degrees of freedom of steps (infinite: normal)."""

    initial: bool
    omega2: bool
    alpha: bool
    degrees: float

    @property
    def any(self) -> bool:
        """Whether anything is to be settled besides the positions."""
        return self.initial or self.omega2 or self.alpha or math.isfinite(self.degrees)


@dataclass(frozen=True)
class Settled:
    """The mode, the variances it belongs to, and the chain of its information.

    ``weight`` is that of each step (1 where steps are normal), ``marginal`` the log likelihood with
    positions and items integrated out, and ``is_settled`` whether the variances reproduce
    themselves.
    """

    point: Point
    v: Variances
    weight: Array
    chain: Chain
    marginal: float
    n_iter: int
    is_settled: bool


def settle(d: Drift, p: Point, v: Variances, free: Free, tol: float, max_iter: int) -> Settled:
    """Climb, and move the variances to where they reproduce themselves."""
    weight = np.ones(len(d.careers.link_from))
    ratio, n_iter, done = v.omega2 / v.initial, 0, not free.any
    p, n_iter = _climb(d, p, v, weight, 1e-2 if free.any else tol, max_iter)
    history: list[tuple[Array, Array]] = []
    tried: set[str] = set()
    while not done and n_iter < max_iter:
        chain = eliminate(d.careers, p.dense, weight / v.omega2)
        if chain is None:  # far from the top: climb on first
            p, more = _climb(d, p, v, weight, NEARLY, max_iter - n_iter)
            n_iter += max(more, 1)
            continue
        new, heavier = renew(d, p, v, free, chain)
        at, step = _logs(v, weight), _logs(new, heavier) - _logs(v, weight)
        score = 0.5 * step[:3] * [len(d.careers.first), len(weight), len(d.careers.items)]
        lowest = next((n for n in _flat(v, score, free) if n not in tried), None)
        if lowest is not None:
            tried.add(lowest)
            there = replace(v, **{lowest: LOWEST * (v.beta if lowest == "alpha" else v.initial)})
            q, more = _climb(d, p, there, weight, NEARLY, max_iter - n_iter)
            n_iter += more
            if _marginal(d, q, there, weight) > _marginal(d, p, v, weight) - FLAT:
                p, v, ratio, free = q, there, there.omega2 / there.initial, fixed(free, lowest)
                history = []
                continue
        history = [*history[-MEMORY:], (at, step)]
        go = secant(history)
        go[:3] *= [free.initial, free.omega2, free.alpha]
        # a weight matters by its share of the whole
        done = bool(max(np.abs(go[:3]).max(), np.abs(go[3:]).mean()) < SETTLED)
        initial, omega2, alpha = np.exp((at + go)[:3])
        v = Variances(initial, omega2 if free.omega2 else ratio * initial, alpha, v.beta)
        weight = np.exp((at + go)[3:])
        p, more = _climb(d, p, v, weight, NEARLY, max_iter - n_iter)
        n_iter += more
    p, more = _climb(d, p, v, weight, tol, max_iter - n_iter)
    return _settled(d, p, v, weight, n_iter + more, done)


def _flat(v: Variances, score: Array, free: Free) -> list[str]:
    """Small variances whose likelihood has no slope here."""
    out = []
    if free.omega2 and v.omega2 < SMALL * v.initial and abs(score[1]) < FLAT:
        out.append("omega2")
    if free.alpha and v.alpha < SMALL * v.beta and abs(score[2]) < FLAT:
        out.append("alpha")
    return out


def fixed(free: Free, name: str) -> Free:
    """The same with one variance held."""
    return replace(free, omega2=False) if name == "omega2" else replace(free, alpha=False)


def _marginal(d: Drift, p: Point, v: Variances, weight: Array) -> float:
    k = weight / v.omega2
    chain = eliminate(d.careers, p.dense, k)
    return -math.inf if chain is None else d.marginal(p, v, k, chain)


def _logs(v: Variances, weight: Array) -> Array:
    return np.log(np.concatenate([[v.initial, v.omega2, v.alpha], weight]))


def _climb(
    d: Drift, p: Point, v: Variances, weight: Array, tol: float, max_iter: int
) -> tuple[Point, int]:
    k = weight / v.omega2
    return climb(d, d.point(p.x, p.items, v, k), v, k, tol, max_iter)


def _settled(d: Drift, p: Point, v: Variances, weight: Array, n_iter: int, done: bool) -> Settled:
    k = weight / v.omega2
    chain = eliminate(d.careers, p.dense, k)
    if chain is None:  # no maximum: the caller sees the gradient
        blocks = [np.diag(p.own[lo:hi]) for lo, hi in d.careers.stretches()]
        chain = eliminate(d.careers, blocks, 0.0 * k)
        assert chain is not None
        done = False
    return Settled(p, v, weight, chain, d.marginal(p, v, k, chain), n_iter, done)


def renew(d: Drift, p: Point, v: Variances, free: Free, chain: Chain) -> tuple[Variances, Array]:
    """One step of expectation-maximisation in the variances, and each step's weight.

    With t-distributed steps the weight is (ν + 1) / (ν + E δ² / ω²), and 1 with normal ones.
    """
    c = d.careers
    blocks, spread = chain.covariances()
    square = (p.x[c.link_to] - p.x[c.link_from]) ** 2 + spread
    weight = np.ones(len(square))
    if math.isfinite(free.degrees):
        weight = (free.degrees + 1) / (free.degrees + square / v.omega2)
    new = v
    if free.omega2:
        new = replace(new, omega2=float((weight * square).mean()))
    if free.initial:
        own = np.concatenate([np.diag(b) for b in blocks])[c.first]
        away = ((p.x[c.first] - d.mean) ** 2 + own) / d.variance
        new = replace(new, initial=float(away.mean()))
    if free.alpha:
        new = replace(new, alpha=float((p.items[:, 6] ** 2 + p.items[:, 2]).mean()))
    return new, weight


def secant(history: list[tuple[Array, Array]]) -> Array:
    """Where a fixed-point map's steps would vanish, from its last places and steps.

    Anderson (1965), "Iterative Procedures for Nonlinear Integral Equations", Journal of the ACM
    12(4), 547-560.

    Examples
    --------
    >>> secant([(np.array([0.0]), np.array([1.0])), (np.array([1.0]), np.array([0.5]))])
    array([1.])
    """
    _, step = history[-1]
    if len(history) == 1:
        return step
    places = np.diff([place for place, _ in history], axis=0).T
    steps = np.diff([s for _, s in history], axis=0).T
    gamma = np.linalg.lstsq(steps, step, rcond=1e-8)[0]
    # the farthest that variances are trusted to move at once
    return np.clip(step - (places + steps) @ gamma, -1.0, 1.0)


def error_of_omega2(d: Drift, s: Settled, free: Free, max_iter: int) -> float:
    """Standard error of log ω², from how fast its score falls when ω² is moved; NaN if it does not.

    By Fisher's identity the score of log ω² is ½ n (EM(ω²)/ω² − 1) over n steps.
    """
    moved = replace(s.v, omega2=s.v.omega2 * math.exp(NUDGE))
    held = replace(free, initial=False, omega2=False, alpha=False)
    there = settle(d, s.point, moved, held, 10 * NEARLY, max_iter)
    new, _ = renew(d, there.point, moved, replace(free, omega2=True), there.chain)
    here, _ = renew(d, s.point, s.v, replace(free, omega2=True), s.chain)
    fall = here.omega2 / s.v.omega2 - new.omega2 / moved.omega2
    information = 0.5 * len(s.weight) * fall / NUDGE
    return 1 / math.sqrt(information) if information > LEAST else math.nan
