"""Ideal points on a line with the items summed out: marginal likelihood of positions and law.

Where an item has few choices it is known so badly that thousands of items and their law hold each
other fast, and chains that draw both hardly move. But its few choices form one of few patterns, and
the chance of a pattern, given the positions x and the law of :mod:`item_law`, is an integral over
two numbers:

    P(p) = ∫ Π_i Φ(q_i (α + β x_i)) dF(α, β)

(marginal likelihood of item response models: Bock and Aitkin 1981, Psychometrika 46, 443-459,
doi:10.1007/BF02293801). It is summed over evenly spaced nodes, whose error falls faster than any
power of the spacing, since what is summed is smooth and vanishes at both ends (Trefethen and
Weideman 2014, SIAM Review 56, 385-458, doi:10.1137/130932132).

A place θ is x, then for each kind of item log(τ − LEAST), m and log κ.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy.special import ndtr

from fissure.kernels.marginal import sum_out
from fissure.models.item_law import LEAST, RATE, TIE, kinds
from fissure.models.newton import Problem
from fissure.models.scales import breadth

__all__ = ["MOST_WORK", "Marginal", "Patterns", "patterns", "sums_out"]

Array = NDArray[np.float64]

#: Items are summed out where they have no more choices than this on average, and are so many times
#: as many as the actors, who are no more than so many; elsewhere chains that draw the items are
#: faster.
FEW, MANY, MOST_ACTORS = 12.0, 5.0, 100
#: And where, at the mode, one sum over all patterns takes no more products than this: some 6 ms.
MOST_WORK = 6e6
#: Nodes reach so many standard deviations of the law to both sides, and lie no further apart than
#: this many of what is left of it when an item's choices are known.
REACH, SPACING = 4.0, 1.8
LEAST_NODES, MOST_NODES = 9, 201
#: Information on an intercept in one choice, at the cutpoint: φ(0)² / (Φ(0) Φ(0)).
INFORMATION = 2.0 / np.pi
#: No chance of a choice is taken for less: the kernel counts on it.
LEAST_CHANCE = 1e-10


@dataclass(frozen=True)
class Patterns:
    """The patterns of choices of the items of one kind.

    Parameters
    ----------
    start, code
        Choices of each pattern, 2 × actor + (1 for yea, 0 for nay).
    count
        Items that have it. A pattern and its mirror image are one: both polarities are alike.
    """

    start: NDArray[np.int64]
    code: NDArray[np.int64]
    count: Array


def patterns(problem: Problem) -> list[Patterns]:
    """Those of contested and of lopsided items, without a kind that has none.

    Items of one choice say nothing, since either answer has the chance one half, and are left out.
    """
    side = problem.by_item
    kind = kinds(side.yeas(), side.counts())
    out = []
    for k in (0, 1):
        found: dict[bytes, int] = {}
        for j in np.flatnonzero((kind == k) & (side.counts() > 1)):
            code = side.code[side.start[j] : side.start[j + 1]].astype(np.int64)
            key = (code ^ (code[0] & 1)).tobytes()
            found[key] = found.get(key, 0) + 1
        if found:
            codes = [np.frombuffer(key, np.int64) for key in found]
            start = np.concatenate([[0], np.cumsum([len(c) for c in codes])])
            count = np.array(list(found.values()), float)
            out.append(Patterns(start, np.concatenate(codes), count))
    return out


def sums_out(problem: Problem) -> bool:
    """Whether items should be summed out of this problem, where the sums are not too long."""
    few = problem.by_item.start[-1] <= FEW * problem.j
    many = problem.j >= MANY * problem.n
    return bool(few and many and problem.n <= MOST_ACTORS and problem.dims == 1)


class Marginal:
    """The log posterior of positions and law, in one dimension, up to a constant.

    Parameters
    ----------
    problem
        The data.
    centre
        w of the positions' prior, see :mod:`scales`.
    """

    def __init__(self, problem: Problem, centre: float) -> None:
        self.n, self.centre = problem.n, centre
        self.parts = patterns(problem)
        self.choices = [float(np.diff(p.start).max()) for p in self.parts]
        self.nodes = [(LEAST_NODES, LEAST_NODES)] * len(self.parts)

    @property
    def law(self) -> list[slice]:
        """Where each kind's three numbers stand in θ."""
        return [slice(self.n + 3 * k, self.n + 3 * k + 3) for k in range(len(self.parts))]

    @property
    def work(self) -> int:
        """Products in one sum over all patterns."""
        each = zip(self.parts, self.nodes, strict=True)
        return sum(2 * a * b * len(p.code) for p, (a, b) in each)

    def refine(self, places: Array) -> None:
        """Choose the numbers of nodes: enough for (nearly) all places θ, shape (m, len(θ))."""
        square = float(np.quantile((places[:, : self.n] ** 2).mean(axis=1), 0.95))
        self.nodes = []
        for at, c in zip(self.law, self.choices, strict=True):
            t, _, log_kappa = np.quantile(places[:, at], 0.05, axis=0)
            self.nodes.append(
                (
                    enough(float(LEAST + np.exp(t)), INFORMATION * c),
                    enough(float(np.exp(log_kappa)), INFORMATION * c * square),
                )
            )

    def stretching(self, theta: Array) -> tuple[float, float]:
        """Shape and rate of the Gamma law of c² when the line is stretched by c.

        Positions c x, means m/c and precisions c²κ have the same likelihood for any c, so only Q(x)
        and the priors of the precisions decide, as in :func:`scales.rescale`.
        """
        kappa = sum(float(np.exp(theta[at][2])) for at in self.law)
        rate = 0.5 * breadth(theta[: self.n, None], self.centre) + RATE * kappa
        return len(self.parts) + 0.5 * self.n, rate

    def stretched(self, theta: Array, c: float) -> tuple[Array, Array]:
        """θ on a line stretched by c, above 0; the likelihood stays the same.

        Its gradient is to be divided by the second result.
        """
        by = np.ones_like(theta)
        by[: self.n] = c
        for at in self.law:
            by[at.start + 1] = 1.0 / c
        new = theta * by
        for at in self.law:
            new[at.start + 2] += 2.0 * math.log(c)
        return new, by

    def is_folded(self, theta: Array, side: Array) -> bool:
        """Whether θ lies in the half where the line points along ``side`` and every m is positive.

        The mirrored line and the mirrored law have the same posterior. ``side``, of shape (n,), has
        mean 0.
        """
        means = theta[[at.start + 1 for at in self.law]]
        return bool(theta[: self.n] @ side >= 0 and (means >= 0).all())

    def folded(self, theta: Array, side: Array) -> Array:
        """θ, or its mirror image that is in that half."""
        new = theta.copy()
        if theta[: self.n] @ side < 0:
            new[: self.n] *= -1.0
        for at in self.law:
            new[at.start + 1] = abs(new[at.start + 1])
        return new

    def prior(self, theta: Array) -> tuple[float, Array]:
        """Log prior density of θ and its gradient."""
        x, slope = theta[: self.n], np.zeros_like(theta)
        value = -0.5 * breadth(x[:, None], self.centre)
        slope[: self.n] = (1.0 - self.centre) * x.mean() - x
        for at in self.law:
            t, m, log_kappa = theta[at]
            above, kappa = np.exp(t), np.exp(log_kappa)
            held = 0.5 * TIE * kappa * m * m
            value += t - RATE * above + 1.5 * log_kappa - RATE * kappa - held
            slope[at] = 1.0 - RATE * above, -TIE * kappa * m, 1.5 - RATE * kappa - held
        return float(value), slope

    def likelihood(self, theta: Array) -> tuple[float, Array]:
        """Σ_p count_p log P(p), and its gradient in θ."""
        value, slope = 0.0, np.zeros_like(theta)
        for part, nodes, at in zip(self.parts, self.nodes, self.law, strict=True):
            gain, by_x, by_law = _summed(part, nodes, theta[: self.n], theta[at])
            value += gain
            slope[: self.n] += by_x
            slope[at] = by_law
        return value, slope


def enough(precision: float, information: float) -> int:
    """Nodes for a law of this precision where choices add ``information``; an odd number."""
    spacing = SPACING / np.sqrt(precision + information)
    n = 2 * round(REACH / np.sqrt(precision) / spacing) + 1
    return int(np.clip(n, LEAST_NODES, MOST_NODES))


def _grid(n: int) -> tuple[Array, Array]:
    """Nodes of N(0, 1) and their weights."""
    z = np.linspace(-REACH, REACH, n)
    weight = np.exp(-0.5 * z * z)
    return z, weight / weight.sum()


def _summed(
    part: Patterns, nodes: tuple[int, int], x: Array, law: Array
) -> tuple[float, Array, Array]:
    """Log likelihood of the items of one kind; its gradients in x and in the kind's law."""
    (za, wa), (zb, wb) = _grid(nodes[0]), _grid(nodes[1])
    t, m, log_kappa = law
    tau = LEAST + np.exp(t)
    away = zb * np.exp(-0.5 * log_kappa)
    sign = np.repeat([1.0, -1.0], len(zb))
    alpha = np.repeat(za / np.sqrt(tau), len(sign))
    beta, sign, away = (
        np.tile(v, len(za)) for v in (sign * (m + np.tile(away, 2)), sign, np.tile(away, 2))
    )
    weight = np.outer(wa, np.tile(0.5 * wb, 2)).ravel()
    u = alpha + np.outer(x, beta)
    chance = np.empty((2 * len(x), len(weight)))
    chance[1::2], chance[::2] = ndtr(u), ndtr(-u)
    np.maximum(chance, LEAST_CHANCE, out=chance)
    share = np.zeros_like(chance)
    value = sum_out(part.start, part.code, part.count, chance, weight, share)
    share /= chance
    pull = (share[1::2] - share[::2]) * np.exp(-0.5 * u * u) / np.sqrt(2.0 * np.pi)
    by_beta = x @ pull
    by_law = [
        -0.5 * np.exp(t) / tau * (pull.sum(axis=0) @ alpha),
        by_beta @ sign,
        -0.5 * (by_beta @ (sign * away)),
    ]
    return value, pull @ beta, np.array(by_law)
