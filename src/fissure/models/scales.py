"""Moves of the scales: the line's shift and stretch, and the precisions of the items' prior.

The prior holds positions by Q(x) = Σ (x − mean)² + w n mean², summed over axes: with w = 1 that is
x ~ N(0, I), with w = 1 / (1 + n v) it is x ~ N(μ, I) where μ ~ N(0, v I) has been integrated out.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

__all__ = ["Lean", "breadth", "leans", "learn", "lent", "stretch"]

Array = NDArray[np.float64]


def breadth(x: Array, centre: float) -> float:
    """Q(x), where ``centre`` is w."""
    return float((x * x).sum()) - (1.0 - centre) * float((x.sum(axis=0) ** 2).sum()) / len(x)


def stretch(
    x: Array, items: Array, prior: Array, centre: float, rng: np.random.Generator
) -> tuple[Array, Array]:
    """Shift the line, and stretch it along each of some axes, as the priors alone would have it.

    Positions x + t with α − β't, and x + (c − 1)(x u)u' with β + (1/c − 1)(β u)u', have the same
    likelihood for any t, c and direction u (Liu and Wu 1999, parameter expansion). t is drawn from
    its normal distribution. log c has a concave log density, which is met by a normal proposal at
    its top and accepted or not.
    """
    n, dims = x.shape
    alpha, beta = items[:, 0], items[:, 1:]
    precision = centre * n * np.eye(dims) + prior[0] * beta.T @ beta
    mean = np.linalg.solve(precision, prior[0] * (alpha @ beta) - centre * x.sum(axis=0))
    noise = np.linalg.solve(np.linalg.cholesky(precision).T, rng.standard_normal(dims))
    x, alpha = x + mean + noise, alpha - beta @ (mean + noise)
    axes = np.eye(1) if dims == 1 else np.linalg.qr(rng.standard_normal((dims, dims)))[0]
    for u in axes.T:
        px, pb = x @ u, beta @ u
        held = breadth(px[:, None], centre), float(prior[1] * (pb @ pb))
        log_c = _stretching(*held, n - len(beta), rng)
        x = x + np.outer(math.expm1(log_c) * px, u)
        beta = beta + np.outer(math.expm1(-log_c) * pb, u)
    return x, np.column_stack([alpha, beta])


def learn(
    x: Array, items: Array, centre: float, rng: np.random.Generator
) -> tuple[Array, Array, Array]:
    """Draw the precisions of α and β given the items; then stretch line and precision together.

    With Gamma(1, 1) priors on both precisions these are Gamma(1 + J/2, 1 + Σα²/2) and Gamma(1 +
    JK/2, 1 + Σβ²/2). With (c x, β/c, c² τ) for (x, β, τ) likelihood and items' prior stay as they
    are, and s = c² is Gamma(1 + nK/2, Q(x)/2 + τ).
    """
    j, dims = len(items), x.shape[1]
    squares = 0.5 * (items * items).sum(axis=0)
    of_alpha = rng.gamma(1.0 + 0.5 * j) / (1.0 + squares[0])
    of_beta = rng.gamma(1.0 + 0.5 * j * dims) / (1.0 + squares[1:].sum())
    s = rng.gamma(1.0 + 0.5 * x.size) / (0.5 * breadth(x, centre) + of_beta)
    scaled = items.copy()
    scaled[:, 1:] /= math.sqrt(s)
    return math.sqrt(s) * x, scaled, np.array([of_alpha] + dims * [s * of_beta])


@dataclass(frozen=True)
class Lean:
    """How far each item leans on its prior, for the precision of α or for that of β.

    With the item's information D, prior included, and T the part of the prior in question, D⁻¹T has
    ``shares``, 0 (the choices say all) to 1 (the prior does), along the columns of ``basis``.

    Parameters
    ----------
    columns
        Those of the items whose precision it is.
    shares
        Shape (n_items, p).
    basis, inverse
        Shape (n_items, p, p).
    """

    columns: slice
    shares: Array
    basis: Array
    inverse: Array

    @property
    def mean(self) -> float:
        """Shares of an item, summed over its columns, on average over the items."""
        return float(self.shares.sum(axis=1).mean())

    def scaled(self, items: Array, log_tau: float) -> Array:
        """Items when the log precision rises by this: exp(−log_tau/2 D⁻¹T) of each."""
        along = np.einsum("jab,jb->ja", self.inverse, items)
        along *= np.exp(-0.5 * log_tau * self.shares)
        return np.asarray(np.einsum("jab,jb->ja", self.basis, along))


def leans(root: Array, prior: Array) -> tuple[Lean, Lean]:
    """Of α and of β; ``root`` as in :class:`fissure.models.sampler.Metric`, D⁻¹ = root root'."""
    out = []
    for columns in (slice(0, 1), slice(1, None)):
        part = np.zeros_like(prior)
        part[columns] = prior[columns]
        shares, vectors = np.linalg.eigh(np.einsum("jab,a,jac->jbc", root, part, root))
        basis = root @ vectors
        out.append(Lean(columns, np.clip(shares, 0.0, 1.0), basis, np.linalg.inv(basis)))
    return out[0], out[1]


def lent(items: Array, prior: Array, lean: Lean, log_tau: float) -> tuple[Array, Array, float]:
    """Precision and items moved together: the new ones, and the gain but for the likelihood's.

    Given hundreds of items a precision hardly moves. So each item follows as far as it leans on the
    prior (partial non-centring, Papaspiliopoulos, Roberts and Sköld 2003). The gain is that of log
    prior, Gamma(1, 1) for the precision, and of volume.
    """
    moved, new = lean.scaled(items, log_tau), prior.copy()
    new[lean.columns] *= math.exp(log_tau)
    size = items[:, lean.columns].size
    gain = (0.5 * size + 1.0) * log_tau - 0.5 * log_tau * float(lean.shares.sum())
    gain -= float((new - prior)[lean.columns][0])
    gain -= 0.5 * float((new * moved * moved).sum() - (prior * items * items).sum())
    return moved, new, gain


def _stretching(a: float, b: float, k: int, rng: np.random.Generator) -> float:
    """A move from 0 that keeps exp(−a e^{2l}/2 − b e^{−2l}/2 + k l) as the density of l."""
    if a <= 0 or b <= 0:
        return 0.0

    def log_density(at: float) -> float:
        return -0.5 * a * math.exp(2 * at) - 0.5 * b * math.exp(-2 * at) + k * at

    # with s = e^{2l} the top solves a s² − k s − b = 0; written so that nothing cancels
    root = math.hypot(k, 2 * math.sqrt(a * b))
    s = (k + root) / (2 * a) if k > 0 else 2 * b / (root - k)
    top = 0.5 * math.log(s)
    sd = 1.1 / math.sqrt(2 * (a * s + b / s))
    new = top + sd * rng.standard_normal()
    gain = log_density(new) - log_density(0.0)
    gain += 0.5 * ((new - top) ** 2 - top**2) / sd**2
    return new if math.log(rng.random()) < gain else 0.0
