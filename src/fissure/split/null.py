"""Records without blocs: every actor chooses independently, by its own propensities."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray
from scipy.special import ndtr, ndtri

from fissure.kernels.probit import TABLE, probit_sums
from fissure.split.crossfit import cross_fit

__all__ = ["exchangeable", "null_depths", "undivided"]

Array = NDArray[np.float64]


def exchangeable(y: NDArray[np.int8], yea: NDArray[np.int8], max_iter: int = 20) -> Array:
    """Probability of +1 for each actor and item if nobody stood with anybody.

    P(yea) = Φ(a_i + t_i b_j) with b_j = Φ⁻¹ of the item's own yea share: a_i is actor i's own lean
    to yea, and t_i ≥ 0 how closely it follows the whole group. Members are exchangeable up to these
    two propensities. Both have weak normal priors around (0, 1), variance 1.

    Parameters
    ----------
    y
        int8 array of shape (n_actors, n_items): choices with each item turned by ``yea``.
    yea
        For each item, +1 where +1 in ``y`` is yea and −1 where it is nay.
    max_iter
        Newton steps.
    """
    coef, design = _propensities(y, yea, max_iter)
    return np.asarray(ndtr(coef @ design.T), np.float32)


def undivided(y: NDArray[np.int8], yea: NDArray[np.int8], way: Array) -> Array:
    """The same probabilities without whatever in a_i and t_i goes along the way between two blocs.

    Where a group is divided, whom the larger bloc outvotes seems to follow the group less, so that
    the division is in the propensities. Their regression on ``way`` is taken out of them.

    Parameters
    ----------
    y, yea
        As in :func:`exchangeable`.
    way
        Where each actor stands between the blocs, on any scale; NaN where that is unknown.
    """
    coef, design = _propensities(y, yea, 20)
    known = ~np.isnan(way)
    x = np.where(known, way - (way[known].mean() if known.any() else 0.0), 0.0)
    if x @ x > 0:
        coef = coef - np.outer(x, x @ coef) / (x @ x)
    coef[:, 1] = np.maximum(coef[:, 1], 0.0)
    return np.asarray(ndtr(coef @ design.T), np.float32)


def _propensities(y: NDArray[np.int8], yea: NDArray[np.int8], max_iter: int) -> tuple[Array, Array]:
    """Each actor's (a_i, t_i), and each item's (sign, b_j)."""
    seen = np.count_nonzero(y, axis=0)
    lean = ndtri(((y > 0).sum(0) + 0.5) / (seen + 1.0))
    design = np.ascontiguousarray(np.column_stack([yea.astype(np.float64), lean]))
    rows, columns = np.nonzero(y)
    start = np.searchsorted(rows, np.arange(len(y) + 1)).astype(np.int64)
    code = (columns * 2 + (y[rows, columns] > 0)).astype(np.uint32)
    centre = np.array([0.0, 1.0])
    coef = np.tile(centre, (len(y), 1))
    grad, info = np.empty((len(y), 2)), np.empty((len(y), 2, 2))
    loglik = np.empty(len(y))
    for _ in range(max_iter):
        probit_sums(start, code, design, TABLE, coef, grad, info, loglik)
        slope, curve = grad - (coef - centre), info + np.eye(2)
        step = np.linalg.solve(curve, slope[..., None])[..., 0]
        # who would follow the group less than not at all is held at t = 0, and only a is fitted
        held = coef[:, 1] + step[:, 1] <= 0.0
        step[held, 1] = -coef[held, 1]
        step[held, 0] = slope[held, 0] - curve[held, 0, 1] * step[held, 1]
        step[held, 0] /= curve[held, 0, 0]
        coef = coef + step
        if np.abs(step).max() < 1e-6:
            break
    return coef, design


def null_depths(
    y: NDArray[np.int8],
    yea: NDArray[np.int8],
    draws: int,
    repeats: int,
    seed: np.random.SeedSequence,
) -> Array:
    """Cross-fitted mean square gaps in simulated records without blocs, with the same absences.

    Parameters
    ----------
    y, yea
        As in :func:`exchangeable`.
    draws
        How many records are simulated.
    repeats
        How many times the items of each are halved.
    seed
        Each draw takes its own child, so the answer does not depend on the order of work.
    """
    p, seen = exchangeable(y, yea), y != 0
    # the squared gap does not depend on which bloc has which name
    unnamed = np.zeros(len(y), np.int8)
    out = np.empty(draws)
    for k, child in enumerate(seed.spawn(draws)):
        rng = np.random.default_rng(child)
        drawn = np.where(rng.random(y.shape, dtype=np.float32) < p, 1, -1) * seen
        fit = cross_fit(drawn.astype(np.int8), repeats=repeats, rng=rng, labels=unnamed)
        out[k] = fit[0, 1].mean_square
    return out
