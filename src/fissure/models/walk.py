"""Gaussian posteriors of random walks: a chain of dense blocks, each tied to the next.

The information matrix of all states has one dense block a period, and between neighbouring periods
only −k for each actor with a state in both, k being the precision of that step. Elimination runs
forward through the periods and back. It gives solutions, the blocks of the inverse, and draws,
exactly, at the cost of a few products of matrices a period (Rauch, Tung and Striebel 1965).
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy import linalg

from fissure.models.careers import Careers

__all__ = ["Chain", "eliminate"]

Array = NDArray[np.float64]


@dataclass(frozen=True)
class Chain:
    """The information matrix, eliminated forward.

    Parameters
    ----------
    careers
        Which states and steps there are.
    k
        Precision of each step.
    inverse
        For each period the inverse of its block after elimination of all earlier ones.
    log_det
        Log determinant of the whole matrix.
    """

    careers: Careers
    k: Array
    inverse: tuple[Array, ...]
    log_det: float

    def _step(self, t: int) -> tuple[Array, Array, Array]:
        """States before (within t) and after (within t + 1) of the steps from t, and their k."""
        c = self.careers
        lo, hi = c.link_cut[t], c.link_cut[t + 1]
        return c.link_from[lo:hi] - c.cut[t], c.link_to[lo:hi] - c.cut[t + 1], self.k[lo:hi]

    def solve(self, rhs: Array) -> Array:
        """The information matrix's inverse times a vector (n_states,) or columns."""
        out = np.array(rhs, dtype=np.float64)
        stretches = self.careers.stretches()
        for t, (lo, hi) in enumerate(stretches[:-1]):
            a, b, k = self._step(t)
            out[hi + b] += (k * (self.inverse[t][a] @ out[lo:hi]).T).T
        return self._back(out)

    def _back(self, forward: Array) -> Array:
        stretches = self.careers.stretches()
        for t in range(len(stretches) - 1, -1, -1):
            lo, hi = stretches[t]
            if t + 1 < len(stretches):
                a, b, k = self._step(t)
                forward[lo + a] += (k * forward[hi + b].T).T
            forward[lo:hi] = self.inverse[t] @ forward[lo:hi]
        return forward

    def covariances(self) -> tuple[list[Array], Array]:
        """Covariance block of each period, and the variance of each step."""
        c, steps = self.careers, np.empty(len(self.k))
        blocks = [self.inverse[-1]]
        for t in range(len(c.cut) - 3, -1, -1):
            a, b, k = self._step(t)
            gain = self.inverse[t][:, a] * k
            later = blocks[-1][np.ix_(b, b)]
            both = gain @ later
            block = self.inverse[t] + both @ gain.T
            lag = np.einsum("ll->l", both[a])
            steps[c.link_cut[t] : c.link_cut[t + 1]] = (
                block[a, a] + np.einsum("ll->l", later) - 2.0 * lag
            )
            blocks.append(block)
        return blocks[::-1], steps

    def draws(self, m: int, rng: np.random.Generator) -> Array:
        """Draws with mean 0 and this information matrix, shape (m, n_states)."""
        c = self.careers
        out = np.empty((m, c.n))
        stretches = c.stretches()
        for t in range(len(stretches) - 1, -1, -1):
            lo, hi = stretches[t]
            root = np.linalg.cholesky(self.inverse[t])
            out[:, lo:hi] = rng.standard_normal((m, hi - lo)) @ root.T
            if t + 1 < len(stretches):
                a, b, k = self._step(t)
                out[:, lo:hi] += (out[:, hi + b] * k) @ self.inverse[t][a]
        return out


def eliminate(careers: Careers, blocks: list[Array], k: Array) -> Chain | None:
    """Eliminate a chain forward; None where it is not positive definite.

    Parameters
    ----------
    careers
        Which states and steps there are.
    blocks
        Each period's block, prior included; they are not changed.
    k
        Precision of each step.
    """
    inverses: list[Array] = []
    log_det = 0.0
    for t, own in enumerate(blocks):
        block = own
        if t:
            lo, hi = careers.link_cut[t - 1], careers.link_cut[t]
            a = careers.link_from[lo:hi] - careers.cut[t - 1]
            b = careers.link_to[lo:hi] - careers.cut[t]
            block = own.copy()
            block[np.ix_(b, b)] -= inverses[-1][np.ix_(a, a)] * np.outer(k[lo:hi], k[lo:hi])
        factor, failed = linalg.lapack.dpotrf(block, lower=1, clean=1)
        if failed:
            return None
        log_det += 2.0 * float(np.log(np.diag(factor)).sum())
        inverse, _ = linalg.lapack.dpotri(factor, lower=1)
        inverse = np.tril(inverse)
        inverses.append(inverse + np.tril(inverse, -1).T)
    return Chain(careers, k, tuple(inverses), log_det)
