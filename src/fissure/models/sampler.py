"""Chains of draws from the posterior of ideal points, by Hamiltonian moves in whitened coordinates.

One round of a chain has three moves, each of which leaves the posterior as it is:

1. every item moves by itself given the positions, and is accepted by itself;
2. the line is shifted and stretched, which changes no probability of a choice: only the priors
   decide, in closed form or nearly; where the law of items is learned (:mod:`item_law`), it moves
   too, alone and with the line, and now and then with the items (:mod:`scales`); so in one
   dimension each item is mirrored where items lean on the law;
3. all positions move together, the items following as the average curvature says.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

from fissure.kernels.hamilton import PULL, VALUE, as_table, glide, middles, row_values, wander
from fissure.models.item_law import LEAST, ItemLaw, Sorted, held, kinds, learned
from fissure.models.newton import Problem
from fissure.models.pace import TARGET, TURN, Pace
from fissure.models.scales import Follow, led, lent, mirrored, rescale, shift, slid, stretch

__all__ = ["Chain", "Draws", "Metric", "Setting", "curvature", "warm_up", "whiten"]

Array = NDArray[np.float64]
Hessian = tuple[Array, Array, Array]

TABLES = (VALUE, PULL)
#: Length of an item's path, as that of positions (``TURN``).
TURN_ITEM = 1.6
#: Chance of acceptance aimed at, of moves of the items' law.
TARGET_LENT = 0.4
#: The law moves with the items only where these lean on it by so much on average; elsewhere that
#: gives nothing. And by no longer step than this: a kind without items would move by anything.
LEAST_LEAN, MOST_LENT = 0.1, 2.0
#: Items are mirrored, and the law is moved with them, in such shares of the rounds: each costs as
#: much as half a move of the items, and neither the sides nor the law need change often.
MIRRORED, MOVED = 0.25, 0.5
#: The kernels walk through a table of all choices where no smaller share of its cells is filled.
LEAST_FILLED = 0.4
#: Prior variance of the positions' mean, in units of theirs, where priors are learned.
CENTRE_VARIANCE = 25.0
#: No item takes more steps than this in one move.
MOST_STEPS = 8
#: Positions take no more steps than this in one move; in the first two stages of warming up, where
#: the curvature known is that of the fit and far from typical, fewer.
MOST_GLIDE, EARLY_GLIDE = 64, (8, 16)
#: Rotations move by about this angle (radians) in one move: they change no probability of a choice,
#: and would only lead away from the curvature found.
ANGLE = 0.01
#: No direction is given a wider step than the positions' own prior.
LEAST_CURVATURE = 1.0
#: A gain this far below 0 is a divergence: the path left the region that its step can follow.
DIVERGENCE = -1000.0


@dataclass(frozen=True)
class Metric:
    """Whitening: ``blocks`` for positions, ``follow`` for items with them, ``root`` for items.

    See :func:`fissure.kernels.hamilton.glide` and ``wander`` for the shapes.
    """

    blocks: Array
    follow: Array
    root: Array


@dataclass(frozen=True)
class Setting:
    """What all chains share.

    Parameters
    ----------
    problem
        The data.
    x, items
        Where the chains begin, before they are spread.
    learn
        Whether the items' law and the positions' mean are drawn too.
    """

    problem: Problem
    x: Array
    items: Array
    learn: bool = False

    @cached_property
    def choices(self) -> tuple[NDArray[np.int64], NDArray[np.uint32], NDArray[np.int8]]:
        """The choices as the kernels take them: with a table where few of its cells are empty."""
        problem, side = self.problem, self.problem.by_item
        cells = problem.n * problem.j
        if problem.dims > 1 or len(side.code) < LEAST_FILLED * cells:
            return side.start, side.code, np.empty((0, 0), np.int8)
        table = np.zeros((problem.j, problem.n), np.int8)
        as_table(side.start, side.code, table)
        return side.start, side.code, table


@dataclass(frozen=True)
class Draws:
    """What a chain hands over.

    Parameters
    ----------
    x
        Positions, shape (n, n_actors, dims), on the scale of the prior and not identified.
    items
        Shape (n, n_items, p), or no rows.
    accepted
        Shape (n, 2): the chance of acceptance of the positions' move, and 1 where it diverged.
    """

    x: Array
    items: Array
    accepted: Array


def curvature(problem: Problem, x: Array, items: Array, prior: Array) -> Hessian:
    """The negative Hessian's blocks, the last one empty where it would be too large.

    ``prior`` are the precisions of α and of each β, shape (p,) or (n_items, p). The blocks are of
    actors, items, and both.

    Shapes (n_actors, dims, dims), (n_items, p, p) and (n_items, p, n_actors dims).
    """
    _, own, _ = problem.sums(False, x, items)
    _, info, _ = problem.sums(True, x, items)
    own = own[:, 1:, 1:] + np.eye(problem.dims)
    info = info + prior[..., None] * np.eye(problem.dims + 1)
    if not problem.direct:
        return own, info, np.empty((0, problem.dims + 1, x.size))
    cross = problem.cross(x, items, 0, problem.j)
    return own, info, cross.reshape(problem.j, problem.dims + 1, x.size)


def whiten(hessian: Hessian, x: Array) -> Metric:
    """Coordinates in which a Gaussian with this information has unit variances.

    With blocks A, D, B of the information the items follow the positions by −D⁻¹B, and what is left
    of A is the Schur complement A − B'D⁻¹B.
    """
    own, info, cross = hessian
    n, dims = x.shape
    root = np.linalg.inv(np.linalg.cholesky(info)).transpose(0, 2, 1)
    root = np.ascontiguousarray(root)
    if not len(cross):
        blocks = np.linalg.inv(np.linalg.cholesky(own)).transpose(0, 2, 1)
        return Metric(np.ascontiguousarray(blocks), np.empty((0, n * dims)), root)
    half = np.matmul(root.transpose(0, 2, 1), cross)
    flat = half.reshape(-1, n * dims)
    schur = np.zeros((n, dims, n, dims))
    schur[np.arange(n), :, np.arange(n), :] = own
    left = schur.reshape(n * dims, n * dims) - flat.T @ flat
    for turn in _rotations(x):
        size = float(turn @ turn)
        left += np.outer(turn, turn) / (ANGLE**2 * size**2)
    values, vectors = np.linalg.eigh(left)
    block = np.ascontiguousarray(vectors / np.sqrt(np.maximum(values, LEAST_CURVATURE)))
    follow = np.matmul(root, half).reshape(-1, n * dims) @ block
    return Metric(block[None], np.ascontiguousarray(follow), root)


def _rotations(x: Array) -> list[Array]:
    """How positions move where two axes are turned against each other, one vector a pair."""
    out = []
    for a in range(x.shape[1]):
        for b in range(a):
            turn = np.zeros_like(x)
            turn[:, a], turn[:, b] = x[:, b], -x[:, a]
            out.append(turn.ravel())
    return out


class Chain:
    """One chain: a place, steps that adapt while it warms up, and its own random numbers."""

    def __init__(self, setting: Setting, metric: Metric, seed: np.random.SeedSequence) -> None:
        self.s, self.metric = setting, metric
        self.rng = np.random.default_rng(seed)
        problem = setting.problem
        side = problem.by_item
        self.choices = setting.choices
        self.law, self.sort = held(np.full(problem.dims + 1, 1.0 / problem.variance), problem.j)
        self.centre = 1.0 / (1.0 + problem.n * CENTRE_VARIANCE) if setting.learn else 1.0
        self.follow: Follow | None = None
        self.law_step, self.n_lent = np.full((4, 2), 0.15), np.zeros(4)
        # far starts, so that chains that agree have come from different places
        noise = self.rng.standard_normal((metric.blocks.shape[0], metric.blocks.shape[1]))
        away = np.einsum("kab,kb->ka", metric.blocks, noise).reshape(setting.x.shape)
        grow = math.exp(self.rng.uniform(-0.5, 0.5))
        self.x = grow * (setting.x + away)
        self.items = setting.items.copy()
        self.items[:, 1:] /= grow
        if setting.learn:
            kind = kinds(side.yeas(), side.counts())
            self.sort = Sorted(kind, np.where(self.items[:, 1] < 0, -1.0, 1.0))
            self.law = learned(self.items, self.sort, self.rng)
        self.values = np.empty(problem.j)
        row_values(self.choices, self.x, self.items, VALUE, self.values)
        self.item_step = np.full(problem.j, TURN_ITEM / 2)
        self.pace = Pace(MOST_GLIDE)
        self.hessian: Sequence[Array] | None = None
        self.n_hessians = 0

    def warm(self, n: int, most: int, gathers: bool) -> None:
        """Rounds in which the steps adapt and, if asked for, the curvature is gathered."""
        for k in range(n):
            accepted, lent, chance = self._round(most)
            self.pace.adapt(chance)
            rate = 1.0 / np.sqrt(np.maximum(self.n_lent, 1))
            self.law_step *= np.exp(rate[:, None] * (lent - TARGET_LENT))
            np.minimum(self.law_step, MOST_LENT, out=self.law_step)
            self.item_step *= np.exp((accepted - TARGET) / math.sqrt(self.pace.n))
            np.minimum(self.item_step, TURN_ITEM / 2, out=self.item_step)
            if gathers and k % 3 == 2:
                self._gather()
        self.pace.settle()

    def _gather(self) -> None:
        prior = self.law.precision[self.sort.kind]
        new = (*curvature(self.s.problem, self.x, self.items, prior), prior)
        old = self.hessian
        self.hessian = new if old is None else [a + b for a, b in zip(old, new, strict=True)]
        self.n_hessians += 1

    def renew(self, metric: Metric, prior: Array) -> None:
        """Take a new metric and the items' mean precisions; the positions' step is sought anew."""
        self.metric, self.hessian, self.n_hessians = metric, None, 0
        self.pace.renew()
        self.n_lent[:] = 0
        if self.s.learn:
            follow = Follow.of(metric.root, prior)
            self.follow = follow if follow.mean >= LEAST_LEAN else None

    def draw(self, n: int, want_items: bool) -> Draws:
        """Make draws."""
        x = np.empty((n, *self.x.shape))
        items = np.empty((n if want_items else 0, *self.items.shape))
        accepted = np.empty((n, 2))
        for k in range(n):
            _, _, chance = self._round(MOST_GLIDE)
            x[k] = self.x
            if want_items:
                items[k] = self.items
            accepted[k] = chance, chance == 0.0
        return Draws(x, items, accepted)

    def _round(self, most: int) -> tuple[Array, Array, float]:
        """All moves; chances of acceptance of items, of the law's moves, of the positions' path."""
        accepted, lent = self._wander(), np.full_like(self.law_step, TARGET_LENT)
        tau = self.law.precision[self.sort.kind, 0]
        self.x, self.items = shift(self.x, self.items, tau, self.centre, self.rng)
        if self.s.learn:
            self.x, self.items, self.law = rescale(
                self.x, self.items, self.law, self.centre, self.rng
            )
            lent = self._learn()
        if not self.law.mean.any():
            tau = self.law.precision[self.sort.kind, 1]
            self.x, self.items = stretch(self.x, self.items, tau, self.centre, self.rng)
        return accepted, lent, self._glide(most)

    def _learn(self) -> Array:
        """Draw polarities and law; now and then mirror items, and move the law with the items.

        The chances of the latter, of shape (4, 2): of the precisions of α, of those of β, and in
        one dimension, where means are not 0, of the means and of means with precisions, for each
        kind. A move not made counts as one accepted as often as aimed at.
        """
        self.sort = self.law.sort(self.items, self.sort.kind, self.rng)
        self.law = learned(self.items, self.sort, self.rng)
        follow, out = self.follow, np.full_like(self.law_step, TARGET_LENT)
        if follow is None:
            return out
        if self.x.shape[1] == 1 and self.rng.random() < MIRRORED:
            self._mirror()
        if self.rng.random() < MOVED:
            part = int(self.rng.integers(4 if self.x.shape[1] == 1 else 2))
            self.n_lent[part] += 1
            size = self.law_step[part] * self.rng.standard_normal(2)
            place = (self.items, self.law, self.sort, follow)
            if part < 2:
                out[part] = self._try(*lent(*place, part, size))
            else:
                out[part] = self._try(*(led, slid)[part - 2](*place, size))
        return out

    def _mirror(self) -> None:
        """Exchange the sides of each item about the middle of those who chose, or not."""
        middle = np.empty(len(self.items))
        middles(self.choices, self.x, middle)
        moved, gain = mirrored(self.items, middle, self.law.precision[self.sort.kind, 0])
        values = np.empty_like(self.values)
        row_values(self.choices, self.x, moved, VALUE, values)
        taken = self.rng.random(len(gain)) < np.exp(np.minimum(gain + values - self.values, 0.0))
        self.items = np.where(taken[:, None], moved, self.items)
        self.values = np.where(taken, values, self.values)
        self.sort = Sorted(self.sort.kind, np.where(taken, -self.sort.sign, self.sort.sign))

    def _try(self, items: Array, law: ItemLaw, gain: Array) -> Array:
        """Accept a move of law and items, or not, for each kind; its chances of acceptance."""
        values = np.empty_like(self.values)
        row_values(self.choices, self.x, items, VALUE, values)
        chance = np.exp(np.minimum(gain + self.sort.sums(values - self.values), 0.0))
        chance[law.precision[:, 0] < LEAST] = 0.0
        taken = self.rng.random(2) < chance
        mine = taken[self.sort.kind]
        self.items = np.where(mine[:, None], items, self.items)
        self.values = np.where(mine, values, self.values)
        mean = np.where(taken[:, None], law.mean, self.law.mean)
        precision = np.where(taken[:, None], law.precision, self.law.precision)
        self.law = ItemLaw(mean, precision)
        return np.asarray(chance)

    @property
    def _prior(self) -> tuple[NDArray[np.int64], Array, Array]:
        """The items' prior as the kernels take it."""
        return self.sort.kind, self.law.centre(self.sort), self.law.precision

    def _wander(self) -> Array:
        j, p = self.items.shape
        step = self.item_step * self.rng.uniform(0.8, 1.2)
        n_steps = np.clip(np.ceil(TURN_ITEM / self.item_step), 1, MOST_STEPS).astype(np.int64)
        accepted = np.empty(j)
        noise = (self.rng.standard_normal((j, p)), self.rng.random(j), accepted)
        state = (self.x, self.items, self.values)
        wander(self.choices, TABLES, self._prior, state, self.metric.root, noise, step, n_steps)
        return accepted

    def _glide(self, most: int) -> float:
        """One path of the positions; its chance of acceptance, 0 where it diverged."""
        e = self.pace.step * self.rng.uniform(0.85, 1.15)
        n_steps = min(max(1, round(TURN / e)), most)
        momentum, u = self.rng.standard_normal(self.x.size), self.rng.random()
        state = (self.x.copy(), self.items.copy(), self.values.copy())
        metric = (self.metric.blocks, self.metric.follow)
        priors = (self._prior, self.centre)
        gain = glide(self.choices, TABLES, priors, state, metric, momentum, e, n_steps)
        if not gain > DIVERGENCE:
            return 0.0
        chance = math.exp(min(gain, 0.0))
        if u < chance:
            self.x, self.items, self.values = state
        return chance


def warm_up(chains: list[Chain], n: int, spread: Callable[..., object]) -> None:
    """Warm chains up in three stages; after each but the last the curvature is averaged anew.

    ``spread`` runs a function over chains. Sums are made in the order of chains, so the number of
    threads does not matter.
    """
    parts = [max(6, n // 8), max(9, n // 4)]
    for part, most in zip(parts, EARLY_GLIDE, strict=True):
        spread(lambda chain, part=part, most=most: chain.warm(part, most, True))
        count = sum(c.n_hessians for c in chains)
        whole = [c.hessian for c in chains if c.hessian is not None]
        own, info, cross, prior = (np.sum([h[k] for h in whole], axis=0) / count for k in range(4))
        metric = whiten((own, info, cross), chains[0].x)
        for chain in chains:
            chain.renew(metric, prior)
    spread(lambda chain: chain.warm(n - sum(parts), MOST_GLIDE, False))
