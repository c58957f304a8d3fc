"""Chains of positions and of the items' law, with the items summed out (:mod:`marginal`).

One round has two moves, each of which leaves the posterior as it is: a Hamiltonian path of
positions and law in whitened coordinates, and a stretch of the line, drawn from its exact
conditional. The line and the law have mirror images with the same posterior; paths that end in
another image than the mode's are not taken.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from itertools import product

import numpy as np
from numpy.typing import NDArray
from scipy.optimize import minimize
from scipy.special import ndtri
from scipy.stats import rankdata

from fissure.models.marginal import MOST_WORK, Marginal
from fissure.models.pace import TURN, Pace
from fissure.models.sampler import DIVERGENCE, LEAST_CURVATURE, Draws

__all__ = ["MarginalChain", "begin", "mode", "warm_up"]

Array = NDArray[np.float64]

#: No path takes more steps than this.
MOST_STEPS = 32
#: Chains begin so many whitened standard deviations from the mode, so that chains that agree have
#: come from different places.
SPREAD = 1.5
#: But nearer where the log posterior would lie more than this a dimension below that at the mode.
FALL, NEARER = 4.0, 20
#: Laws from which the mode is sought (log(τ − LEAST), m, log κ): items that all divide alike, and
#: items that divide more or less. No law is sought beyond the bounds.
LAWS = ((0.0, 1.5, 1.0), (0.0, 0.2, 0.0))
BOUNDS = ((-6.0, 6.0), (-20.0, 20.0), (-5.0, 7.0))
#: Nodes too few for a law can feign a mode: so many climbs, each with the nodes its start needs.
CLIMBS = 3
#: While warming up a sum may grow to so many times MOST_WORK.
MOST_GROWN = 4
#: For a second derivative from differences of the gradient.
TINY = 1e-4


class MarginalChain:
    """One chain: a place, its own random numbers, and a step that adapts while it warms up."""

    def __init__(
        self, target: Marginal, top: Array, root: Array, seed: np.random.SeedSequence
    ) -> None:
        self.target, self.root = target, root
        self.side = top[: target.n] - top[: target.n].mean()
        self.rng = np.random.default_rng(seed)
        self.pace = Pace(MOST_STEPS)
        self.place = top
        self.look()
        least = self.likelihood[0] + self.prior[0] - FALL * len(top)
        away = SPREAD * root @ self.rng.standard_normal(len(top))
        for _ in range(NEARER):
            self.place = target.folded(top + away, self.side)
            self.look()
            if self.likelihood[0] + self.prior[0] >= least:
                break
            away = 0.7 * away

    def look(self) -> None:
        """Read likelihood and prior, with their gradients, where the chain is."""
        self.likelihood = self.target.likelihood(self.place)
        self.prior = self.target.prior(self.place)

    def warm(self, n: int) -> Array:
        """Rounds in which the step adapts; the places of the second half, (⌈n/2⌉, len(θ))."""
        places = []
        for k in range(n):
            self.pace.adapt(self._round())
            if k >= n // 2:
                places.append(self.place)
        self.pace.settle()
        return np.array(places)

    def renew(self, root: Array) -> None:
        """Take a new metric, and look again: nodes have changed."""
        self.root = root
        self.pace.renew()
        self.look()

    def draw(self, n: int, want_items: bool) -> Draws:
        """Make draws; there are none of items, which are not asked for."""
        x, accepted = np.empty((n, self.target.n, 1)), np.empty((n, 2))
        for k in range(n):
            chance = self._round()
            x[k, :, 0] = self.place[: self.target.n]
            accepted[k] = chance, chance == 0.0
        return Draws(x, np.empty((0, 0, 2)), accepted)

    def _round(self) -> float:
        """Both moves; the chance of acceptance of the path, 0 where it diverged."""
        chance = self._path()
        self._stretch()
        return chance

    def _path(self) -> float:
        e = self.pace.step * self.rng.uniform(0.85, 1.15)
        n_steps = min(max(1, round(TURN / e)), MOST_STEPS)
        v, u = self.rng.standard_normal(len(self.place)), self.rng.random()
        place, likelihood, prior = self.place, self.likelihood, self.prior
        start, gain = likelihood[0] + prior[0] - 0.5 * v @ v, 0.0
        for _ in range(n_steps):
            v = v + 0.5 * e * (self.root.T @ (likelihood[1] + prior[1]))
            place = place + e * (self.root @ v)
            with np.errstate(over="ignore", invalid="ignore"):
                likelihood, prior = self.target.likelihood(place), self.target.prior(place)
            v = v + 0.5 * e * (self.root.T @ (likelihood[1] + prior[1]))
            gain = float(likelihood[0] + prior[0] - 0.5 * v @ v - start)
            if not gain > DIVERGENCE:
                return 0.0
        chance = math.exp(min(gain, 0.0))
        if u < chance and self.target.is_folded(place, self.side):
            self.place, self.likelihood, self.prior = place, likelihood, prior
        return chance

    def _stretch(self) -> None:
        shape, rate = self.target.stretching(self.place)
        self.place, by = self.target.stretched(self.place, math.sqrt(self.rng.gamma(shape) / rate))
        self.likelihood = self.likelihood[0], self.likelihood[1] / by
        self.prior = self.target.prior(self.place)


def mode(target: Marginal, x: Array) -> Array | None:
    """The highest of the modes that are reached from positions x, or from their normal scores.

    Where items are many, a fit may put a few actors far out and all others close together. At a
    mode the line is far too short, since no volume counts; it is stretched to its usual length,
    which changes no probability of a choice. The target's nodes are left as the mode needs them.
    None where sums are too long on the way to every mode.
    """
    bounds = [(None, None)] * target.n + list(BOUNDS) * len(target.parts)

    def down(theta: Array) -> tuple[float, Array]:
        (a, by_a), (b, by_b) = target.likelihood(theta), target.prior(theta)
        return -a - b, -by_a - by_b

    def climb(top: Array) -> Array | None:
        for _ in range(CLIMBS):
            target.refine(top[None])
            if target.work > MOST_WORK:
                return None
            top = minimize(down, top, jac=True, method="L-BFGS-B", bounds=bounds).x
        target.refine(top[None])
        return None if target.work > MOST_WORK else top

    scores = ndtri((rankdata(x) - 0.375) / (target.n + 0.25))
    best, height = None, math.inf
    for start, law in product((x, scores), LAWS):
        top = climb(np.concatenate([start, np.tile(law, len(target.parts))]))
        if top is not None and (now := down(top)[0]) < height:
            best, height = top, now
    if best is None:
        return None
    shape, rate = target.stretching(best)
    best, _ = target.stretched(best, math.sqrt(shape / rate))
    target.refine(best[None])
    return target.folded(best, best[: target.n] - best[: target.n].mean())


def begin(
    target: Marginal, top: Array, seeds: Sequence[np.random.SeedSequence]
) -> list[MarginalChain]:
    """Chains around a mode, with the curvature there."""
    root = _root(_curvature(target, top))
    return [MarginalChain(target, top, root, seed) for seed in seeds]


def _curvature(target: Marginal, theta: Array) -> Array:
    """The negative Hessian, from differences of the gradient."""
    rows = []
    for step in TINY * np.eye(len(theta)):
        up, down = (
            target.likelihood(at)[1] + target.prior(at)[1] for at in (theta + step, theta - step)
        )
        rows.append((down - up) / (2.0 * TINY))
    whole = np.array(rows)
    return np.asarray(0.5 * (whole + whole.T))


def _root(curvature: Array) -> Array:
    """R with R R' the inverse, no direction wider than a position's own prior."""
    values, vectors = np.linalg.eigh(curvature)
    return np.asarray(vectors / np.sqrt(np.maximum(values, LEAST_CURVATURE)))


def warm_up(chains: list[MarginalChain], n: int, spread: Callable[..., list[Array]]) -> None:
    """Warm chains up in three stages; after each but the last, their covariance is the metric.

    It is shrunk to the metric before, which counts for as many places as there are coordinates: the
    chains have been in a few only. The nodes are chosen anew, unless sums would grow too long.
    """
    target, parts = chains[0].target, [n // 5, 2 * n // 5]
    for part in parts:
        places = np.concatenate(spread(lambda chain, part=part: chain.warm(part)))
        before, (m, size) = chains[0].root, places.shape
        covariance = (m * np.cov(places.T) + size * before @ before.T) / (m + size)
        root = np.linalg.cholesky(covariance).astype(np.float64)
        nodes = target.nodes
        target.refine(places)
        if target.work > MOST_GROWN * MOST_WORK:
            target.nodes = nodes
        for chain in chains:
            chain.renew(root)
    spread(lambda chain: chain.warm(n - sum(parts)))
