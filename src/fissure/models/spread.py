"""What a settled walk says: errors on the normalised scale, draws, filtered positions, chances."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

import numpy as np
from numpy.typing import NDArray
from scipy.special import ndtr

from fissure.kernels.dynamic import integrate_items
from fissure.kernels.probit import TABLE
from fissure.models.careers import Index
from fissure.models.drift import FOUND, Drift
from fissure.models.settle import Settled

__all__ = ["Posterior"]

Array = NDArray[np.float64]

#: Cells whose chances are worked out at a time.
CELLS = 4096


@dataclass(frozen=True)
class Posterior:
    """The Gaussian approximation at the mode, in the order of states.

    Normalised positions are z = sign (x − centre) / scale, with mean 0 and standard deviation 1
    over the states that have choices.
    """

    drift: Drift
    settled: Settled
    centre: float
    scale: float
    sign: float

    @property
    def x(self) -> Array:
        """Positions on the scale of the fit."""
        return self.settled.point.x

    @property
    def z(self) -> Array:
        """Normalised positions."""
        return self.sign * (self.x - self.centre) / self.scale

    @cached_property
    def blocks(self) -> list[Array]:
        """Covariance of each period's states."""
        return self.settled.chain.covariances()[0]

    def variance(self) -> Array:
        """Variance of each state on the scale of the fit."""
        return np.concatenate([np.diag(b) for b in self.blocks])

    def _counted(self) -> Array:
        return (self.drift.careers.n_choices > 0).astype(np.float64)

    def standard_errors(self) -> Array:
        """Of normalised positions: dz/dx = (I − 1 c'/n − z (c z)'/(n − 1)) / scale.

        Here c marks the states that have choices, over which mean and spread are taken.
        """
        c, z = self._counted(), (self.x - self.centre) / self.scale
        n, cz = c.sum(), c * z
        both = self.settled.chain.solve(np.column_stack([c, cz]))
        square = np.array([[c @ both[:, 0], c @ both[:, 1]], [cz @ both[:, 0], cz @ both[:, 1]]])
        turn = np.column_stack([np.full(len(z), 1 / n), z / (n - 1)])
        out = self.variance() - 2.0 * (turn * both).sum(axis=1)
        out += np.einsum("na,ab,nb->n", turn, square, turn)
        return np.sqrt(np.maximum(out, 0.0)) / self.scale

    def draws(self, m: int, seed: int) -> Array:
        """Draws of normalised positions, shape (m, n_states)."""
        c, z = self._counted(), (self.x - self.centre) / self.scale
        away = self.settled.chain.draws(m, np.random.default_rng(seed))
        away -= np.outer(away @ c / c.sum(), np.ones(len(z)))
        away -= np.outer(away @ (c * z) / (c.sum() - 1), z)
        return self.z + self.sign * away / self.scale

    def filtered(self) -> tuple[Array, Array]:
        """Normalised positions and standard errors given the choices up to each period only.

        The items and the scale are those of the whole fit; only later choices are left out. The
        error is NaN where these choices alone have no maximum nearby.
        """
        s, c, x, k = self.settled, self.drift.careers, self.x, self.settled.chain.k
        blocks = zip(s.point.dense, c.stretches(), strict=True)
        forward = np.concatenate([b @ x[lo:hi] for b, (lo, hi) in blocks])
        later = np.zeros(c.n)
        later[c.link_from] = k
        forward[c.link_to] -= k * x[c.link_from]
        forward[c.link_from] -= k * x[c.link_to]
        mean, variance = np.empty(c.n), np.empty(c.n)
        for t, (lo, hi) in enumerate(c.stretches()):
            inverse = s.chain.inverse[t]
            free = np.linalg.solve(np.eye(hi - lo) - inverse * later[lo:hi], inverse)
            mean[lo:hi], variance[lo:hi] = free @ forward[lo:hi], np.diag(free)
            if t + 1 < len(s.chain.inverse):
                at = slice(c.link_cut[t], c.link_cut[t + 1])
                passed = inverse @ forward[lo:hi]
                forward[c.link_to[at]] += k[at] * passed[c.link_from[at] - lo]
        return self.sign * (mean - self.centre) / self.scale, np.sqrt(
            np.maximum(variance, 0.0)
        ) / self.scale

    def chances(self, state: Index, item: Index) -> Array:
        """P(yea) with the uncertainty of position and item integrated out: Φ(m / √(1 + v)).

        ``state`` and ``item`` are of one length; an item must be of the state's period. Items are
        numbered in the order of periods.
        """
        c, out = self.drift.careers, np.empty(len(state))
        order = np.argsort(c.period[state], kind="stable")
        ends = np.searchsorted(c.period[state][order], np.arange(len(c.cut)))
        for t in range(len(c.cut) - 1):
            for lo in range(ends[t], ends[t + 1], CELLS):
                at = order[lo : min(lo + CELLS, ends[t + 1])]
                out[at] = self._of_period(t, state[at] - c.cut[t], item[at] - c.item_cut[t])
        return out

    def _of_period(self, t: int, state: Index, item: Index) -> Array:
        c, packed, v = self.drift.careers, self.drift.careers.choices[t], self.settled.v
        x = self.x[c.cut[t] : c.cut[t + 1]]
        wanted, row = np.unique(item, return_inverse=True)
        known = self.settled.point.items[c.item_cut[t] + wanted]
        start = np.concatenate([[0], np.cumsum(packed.counts()[wanted])]).astype(np.int64)
        code = np.concatenate([packed.code[packed.start[j] : packed.start[j + 1]] for j in wanted])
        items, cross = known.copy(), np.zeros((2 * len(wanted), len(x)))
        prior = np.array([1 / v.alpha, 1 / v.beta, FOUND])
        integrate_items(start, code, x, prior, TABLE, items, np.zeros((len(x), 2)), cross)
        v00, v01, v11 = items[row, 2], items[row, 3], items[row, 4]
        l00 = np.sqrt(v00)
        l10 = v01 / l00
        l11 = np.sqrt(np.maximum(v11 - l10**2, 0.0))
        mean = known[row, 6] + known[row, 7] * x[state]
        # how the utility moves with all positions of the period, items following them
        pull = (l00 + l10 * x[state])[:, None] * cross[2 * row]
        pull += (l11 * x[state])[:, None] * cross[2 * row + 1]
        pull[np.arange(len(row)), state] -= known[row, 7]
        spread = known[row, 2] + x[state] * (2 * known[row, 3] + x[state] * known[row, 4])
        spread += ((pull @ self.blocks[t]) * pull).sum(axis=1)
        return ndtr(mean / np.sqrt(1.0 + spread))
