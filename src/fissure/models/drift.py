"""The climb to the mode of dynamic ideal points, and the estimates of what governs their drift.

Items are integrated out by Laplace's method, so that their uncertainty counts: with nine actors the
joint mode of positions and items would let every item follow the noise of its nine choices. What
remains is a function of the positions whose curvature is block-tridiagonal (:mod:`walk`), and is
climbed by Newton's method.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from fissure.kernels.dynamic import average_items, integrate_items
from fissure.kernels.probit import TABLE
from fissure.models.careers import Careers
from fissure.models.walk import Chain, eliminate

__all__ = ["FOUND", "ROUGHLY", "Drift", "Point", "Variances", "climb"]

Array = NDArray[np.float64]

#: Items go into the dense cross block this many cells at a time: it then stays in the cache.
CHUNK_CELLS = 60_000
#: Newton decrement at which an item's α and β are taken as found: a distance of 3e-7 errors, which
#: is taken into account.
FOUND = 1e-13
#: The same for quadrature, whose places must not depend on where the search began.
EXACTLY = 1e-18
#: The same in the first rounds.
ROUGHLY = 1e-2
#: Choices an item, on average, below which items are integrated out by quadrature.
SMALL = 25
#: Past steps that correct a Newton step.
MEMORY = 8


def _nodes(n: int) -> Array:
    """Places and log weights of Gauss and Hermite's rule in the plane, for a density's integral."""
    u, weight = np.polynomial.hermite_e.hermegauss(n)
    log = np.log(weight) + 0.5 * u**2 - 0.5 * math.log(2 * math.pi)
    first, second = (a.ravel() for a in np.meshgrid(u, u))
    return np.column_stack([first, second, np.add.outer(log, log).ravel()])


NODES = _nodes(9)
NODES.setflags(write=False)


@dataclass(frozen=True)
class Variances:
    """Prior variances: a factor of the initial ones, one step, α and β."""

    initial: float
    omega2: float
    alpha: float
    beta: float


@dataclass(frozen=True)
class Point:
    """A point on the climb.

    ``items`` (n_items, 8) are the best α and β, their covariance given x (3), the log of each
    integral, and the means of α and β; ``value`` is the log posterior of x but for constants,
    ``grad`` its gradient, ``own`` the diagonal of the information with items fixed, and ``blocks``
    the information of each period.
    """

    x: Array
    items: Array
    value: float
    grad: Array
    own: Array
    blocks: list[Array] | None

    @property
    def dense(self) -> list[Array]:
        """The blocks, of a point that has them."""
        assert self.blocks is not None
        return self.blocks

    @property
    def slope(self) -> float:
        """Largest gradient in units of its own curvature."""
        return float(np.abs(self.grad / np.sqrt(self.own)).max())


class Drift:
    """The data of one fit, and passes over it period by period."""

    def __init__(self, careers: Careers, mean: Array, variance: Array, threads: int) -> None:
        self.careers, self.mean, self.variance, self.threads = careers, mean, variance, threads
        n_choices, n_items = int(careers.n_choices.sum()), len(careers.items)
        self.is_small = n_choices < SMALL * n_items

    def over_periods(self, job: Callable[[int], Any]) -> list[Any]:
        """Run a job for every period."""
        places = range(len(self.careers.choices))
        if self.threads == 1:
            return [job(t) for t in places]
        with ThreadPoolExecutor(self.threads) as pool:
            return list(pool.map(job, places))

    def period(
        self, t: int, x: Array, items: Array, v: Variances, found: float
    ) -> tuple[Array, Array, Array | None]:
        """Gradient, information with items fixed, and dense information of a period's states.

        The period's rows of ``items`` are moved to their optimum. Where items are to be found only
        roughly there is no dense information.
        """
        c, packed = self.careers, self.careers.choices[t]
        own_x = np.ascontiguousarray(x[c.cut[t] : c.cut[t + 1]])
        rows = items[c.item_cut[t] : c.item_cut[t + 1]]
        n, prior = len(own_x), np.array([1 / v.alpha, 1 / v.beta, found])
        if found == FOUND and self.is_small:
            out, prior[2] = np.zeros((n, n + 2)), EXACTLY
            average_items(packed.start, packed.code, own_x, prior, TABLE, NODES, rows, out)
            return out[:, n], out[:, n + 1], np.asfortranarray(out[:, :n])
        by_state = np.zeros((n, 2))
        if found != FOUND:
            nothing = np.empty((0, n))
            integrate_items(packed.start, packed.code, own_x, prior, TABLE, rows, by_state, nothing)
            return by_state[:, 0], by_state[:, 1], None
        block, step = np.zeros((n, n)), max(16, CHUNK_CELLS // n)
        for lo in range(0, len(rows), step):
            hi = min(lo + step, len(rows))
            cross, start = np.zeros((2 * (hi - lo), n)), packed.start[lo : hi + 1]
            integrate_items(start, packed.code, own_x, prior, TABLE, rows[lo:hi], by_state, cross)
            block -= cross.T @ cross
        block[np.diag_indices(n)] += by_state[:, 1]
        return by_state[:, 0], by_state[:, 1], block

    def point(self, x: Array, items: Array, v: Variances, k: Array, found: float = FOUND) -> Point:
        """Everything at some positions; dense blocks unless items are found only roughly."""
        c, items = self.careers, items.copy()
        parts = self.over_periods(lambda t: self.period(t, x, items, v, found))
        grad, own = (np.concatenate([p[at] for p in parts]) for at in (0, 1))
        away, delta = x[c.first] - self.mean, x[c.link_to] - x[c.link_from]
        hold = 1.0 / (v.initial * self.variance)
        prior = self.prior_information(v, k)
        grad[c.first] -= hold * away
        grad[c.link_from] += k * delta
        grad[c.link_to] -= k * delta
        value = float(items[:, 5].sum()) - 0.5 * float(hold @ away**2) - 0.5 * float(k @ delta**2)
        blocks = None
        if found == FOUND:
            blocks = [p[2] for p in parts]
            for (lo, hi), block in zip(c.stretches(), blocks, strict=True):
                block[np.diag_indices(hi - lo)] += prior[lo:hi]
        return Point(x, items, value, grad, own + prior, blocks)

    def prior_information(self, v: Variances, k: Array) -> Array:
        """Diagonal of the prior's information."""
        c, out = self.careers, np.zeros(self.careers.n)
        out[c.first] += 1.0 / (v.initial * self.variance)
        out[c.link_from] += k
        out[c.link_to] += k
        return out

    def marginal(self, p: Point, v: Variances, k: Array, chain: Chain) -> float:
        """Log likelihood with positions and items integrated out, by Laplace's method."""
        prior = -float(np.log(v.initial * self.variance).sum()) + float(np.log(k).sum())
        return p.value + 0.5 * (prior - chain.log_det)

    def balance(self, x: Array, items: Array, v: Variances, k: Array) -> tuple[Array, Array]:
        """Move and stretch the line to where the priors like it best; no probability changes.

        Stretching x by c shrinks each β and its integral by c as far as its choices decide it.
        """
        c, alpha, beta = self.careers, items[:, 0], items[:, 1]
        hold = 1.0 / (v.initial * self.variance)
        push = hold @ (x[c.first] - self.mean) - alpha @ beta / v.alpha
        t = push / (hold.sum() + beta @ beta / v.alpha)
        x = x - t
        delta = x[c.link_to] - x[c.link_from]
        spread = float(hold @ x[c.first] ** 2 + k @ delta**2)
        volume = float((1.0 - items[:, 4] / v.beta).sum())
        size = float(beta @ beta) / v.beta
        square = (math.sqrt(volume**2 + 4 * spread * size) - volume) / (2 * spread)
        stretch = math.sqrt(min(max(square, 1e-4), 1e4))
        out = items.copy()
        out[:, 0], out[:, 1] = alpha + beta * t, beta / stretch
        return x * stretch, out


def climb(
    d: Drift, p: Point, v: Variances, k: Array, tol: float, max_iter: int
) -> tuple[Point, int]:
    """Steps until the gradient is below ``tol``; the point reached and the steps taken.

    The information leaves out the curvature of the items' log determinants. It is right to a part
    in a hundred in large bodies, not in small ones: past steps correct it (limited-memory BFGS).
    """
    pairs: list[tuple[Array, Array]] = []
    damp, n_iter = 0.0, 0
    while p.slope > tol and n_iter < max_iter and damp < 1e12:
        n_iter += 1
        blocks = p.dense
        if damp:
            own = np.split(damp * p.own, d.careers.cut[1:-1])
            blocks = [b + np.diag(o) for b, o in zip(blocks, own, strict=True)]
        chain = eliminate(d.careers, blocks, k)
        new = None if chain is None else _ahead(d, p, v, k, corrected(chain, pairs, p.grad))
        if new is None:
            damp, pairs = max(10 * damp, 1e-2), []
            continue
        s, y = new.x - p.x, p.grad - new.grad
        if s @ y > 1e-10 * math.sqrt(float(s @ s) * float(y @ y)):
            pairs = [*pairs[-MEMORY:], (s, y)]
        p, damp = new, (damp / 10 if damp > 1e-3 else 0.0)
    return p, n_iter


def _ahead(d: Drift, p: Point, v: Variances, k: Array, step: Array) -> Point | None:
    """The first point up along a step, halved up to five times; None where there is none."""
    rise = float(step @ p.grad)
    for _ in range(6 if rise > 0 else 0):
        new = d.point(p.x + step, p.items, v, k)
        if new.value >= p.value + 1e-4 * rise - 1e-12 * abs(p.value):
            return new
        # value and gradient agree to the quadrature's error only
        if rise < 1e-2 and new.slope < 0.7 * p.slope:
            return new
        step, rise = step / 2, rise / 2
    return None


def corrected(chain: Chain, pairs: list[tuple[Array, Array]], grad: Array) -> Array:
    """The chain's solution, corrected by past steps s and changes y of the gradient.

    The two loops of Nocedal (1980), with the chain in place of a multiple of the identity.
    """
    q, kept = grad.copy(), []
    for s, y in reversed(pairs):
        a = float(s @ q) / float(s @ y)
        q -= a * y
        kept.append(a)
    out = chain.solve(q)
    for (s, y), a in zip(pairs, reversed(kept), strict=True):
        out += (a - float(y @ out) / float(s @ y)) * s
    return out
