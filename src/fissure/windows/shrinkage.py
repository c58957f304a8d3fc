"""A joint model of all depths of a series, so that luck is not taken for depth."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy.linalg import solve_triangular

__all__ = ["Cells", "cells", "joint_draws", "likeness"]

Array = NDArray[np.float64]

#: Correlation between neighbouring periods; 0 is periods that have nothing to do with each other.
RHO = (0.0, 0.2, 0.4, 0.6, 0.8, 0.9, 0.95)
#: The grid of the standard deviation between periods, equally spaced in its logarithm.
N_TAU = 24
#: It begins at this part of the median standard error: differences too small to be seen …
LEAST = 0.1
#: … and ends at the largest standard deviation that numbers between 0 and 1 can have.
MOST = 0.5


@dataclass(frozen=True)
class Cells:
    """The posterior on the grid: one entry for each pair of ρ and τ, in ρ-major order.

    Parameters
    ----------
    rho, tau
        Correlation of neighbours, and standard deviation between periods.
    weight
        Posterior probability, summing to 1.
    level, precision
        Given ρ and τ, the mean level is normal around ``level`` with this precision.
    """

    rho: Array
    tau: Array
    weight: Array
    level: Array
    precision: Array


def cells(
    depth: Array, error: Array, place: NDArray[np.int64], rhos: Sequence[float] = RHO
) -> Cells:
    """Posterior of the spread between periods and of the likeness of neighbours.

    d_t ~ N(θ_t, s_t²) and θ ~ N(μ, τ² R) with R_tu = ρ^|place_t − place_u|. The prior is flat for
    μ, flat for log τ between a tenth of the median s_t and 0.5, and equal for the seven values of
    ρ from 0 to 0.95; μ is integrated in closed form.

    Parameters
    ----------
    depth, error
        Estimates d and standard errors s above 0, shape (n,), n of 2 or more.
    place
        Place of each period in time, ascending; skipped periods leave gaps.
    rhos
        Values of ρ, equally likely beforehand, 0 to below 1.

    Source
    ------
    Gelman et al. (2013), Bayesian Data Analysis, 3rd edition, section 5.4, with correlated θ.
    """
    n = len(depth)
    tau = np.geomspace(min(LEAST * float(np.median(error)), MOST / 2), MOST, N_TAU)
    level, precision, loglik = (np.empty((len(rhos), N_TAU)) for _ in range(3))
    targets = np.broadcast_to(np.column_stack([depth, np.ones(n)]), (N_TAU, n, 2))
    for i, rho in enumerate(rhos):
        total = tau[:, None, None] ** 2 * likeness(rho, place) + np.diag(error**2)
        root = np.linalg.cholesky(total)
        white = np.linalg.solve(root, targets)
        d, one = white[..., 0], white[..., 1]
        precision[i] = (one * one).sum(axis=1)
        level[i] = (d * one).sum(axis=1) / precision[i]
        rest = ((d - level[i][:, None] * one) ** 2).sum(axis=1)
        half_log_det = np.log(np.diagonal(root, axis1=1, axis2=2)).sum(axis=1)
        loglik[i] = -half_log_det - 0.5 * np.log(precision[i]) - 0.5 * rest
    weight = np.exp(loglik - loglik.max())
    return Cells(
        np.repeat(np.asarray(rhos, float), N_TAU),
        np.tile(tau, len(rhos)),
        weight.ravel() / weight.sum(),
        level.ravel(),
        precision.ravel(),
    )


def likeness(rho: float, place: NDArray[np.int64]) -> Array:
    """Correlations ρ^|distance in time|."""
    gap = np.abs(place[:, None] - place).astype(np.float64)
    return np.where(gap == 0, 1.0, rho**gap)


def joint_draws(
    depth: Array,
    error: Array,
    place: NDArray[np.int64],
    size: int,
    rng: np.random.Generator,
    rhos: Sequence[float] = RHO,
) -> Array:
    """Exact draws of all true depths together, given the estimates.

    Parameters
    ----------
    depth, error, place, rhos
        As in :func:`cells`.
    size
        Number of draws.
    rng
        Their source.

    Returns
    -------
    Array of shape (size, n).

    Source
    ------
    Given ρ, τ and μ, a draw of θ and of estimates of it, both from the model, is moved by what the
    true estimates would have changed: Matheron's rule for conditioning normal variables.

    Examples
    --------
    >>> depth, error = np.array([0.2, 0.2, 0.6]), np.full(3, 0.01)
    >>> drawn = joint_draws(depth, error, np.arange(3), 500, np.random.default_rng(1))
    >>> bool((drawn.argmax(axis=1) == 2).all())
    True
    """
    grid = cells(depth, error, place, rhos)
    parts = []
    for c, count in enumerate(rng.multinomial(size, grid.weight)):
        if not count:
            continue
        prior = grid.tau[c] ** 2 * likeness(float(grid.rho[c]), place)
        level = grid.level[c] + rng.standard_normal((count, 1)) / np.sqrt(grid.precision[c])
        theta = rng.standard_normal((count, len(depth))) @ np.linalg.cholesky(prior).T
        seen = level + theta + error * rng.standard_normal(theta.shape)
        root = np.linalg.cholesky(prior + np.diag(error**2))
        half = solve_triangular(root, (depth - seen).T, lower=True)
        parts.append(level + theta + solve_triangular(root, half, lower=True, trans=1).T @ prior)
    return np.concatenate(parts)
