"""Absence as a response: is it related to position, to closeness or to dissent?"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy import linalg
from scipy.special import log_ndtr

from fissure.errors import ConvergenceError
from fissure.results import Interval

__all__ = ["AbsenceResponse", "absence_response"]

Array = NDArray[np.float64]

#: Start and floor of the variances of members' and items' own rates.
START, FLOOR = 0.25, 1e-4
#: Prior variance of the slopes: so weak that it only matters where nobody or everybody was absent.
WIDE = 100.0


@dataclass(frozen=True)
class AbsenceResponse:
    """The hurdle P(absent_ij) = Φ(μ + u_i + v_j + Σ_k slope_k z_kij).

    Members' own rates u ~ N(0, σ_u²), items' own rates v ~ N(0, σ_v²).

    Parameters
    ----------
    slopes
        Shape (n_covariates,).
    covariance
        Of the slopes: allows for members who are absent for a stretch of items.
    effects
        Change in the chance of being absent for one unit of each covariate, averaged over all
        cells, with 95% intervals.
    sd_members, sd_items
        σ_u and σ_v.
    """

    slopes: Array
    covariance: Array
    effects: tuple[Interval, ...]
    sd_members: float
    sd_items: float


@dataclass(frozen=True)
class _Fit:
    """Where the climb stands: residuals and weights by cell, and the inverse curvature's parts."""

    eta: Array
    residual: Array
    rows: Array
    var_u: Array
    var_v: Array


def absence_response(
    absent: NDArray[np.bool_],
    possible: NDArray[np.bool_],
    covariates: Array,
    stretch: NDArray[np.intp],
    max_iter: int = 60,
) -> AbsenceResponse:
    """Fit the hurdle by penalised Newton steps; the two variances by expectation-maximisation.

    Standard errors are of the sandwich kind: the scores of a member are added up over a stretch of
    items before they are squared, since who was away on one day was away on the next (Liang and
    Zeger 1986).

    Parameters
    ----------
    absent
        Whether the member was absent, bool of shape (n_actors, n_items).
    possible
        Whether the member could have chosen at all.
    covariates
        Shape (n_covariates, n_actors, n_items).
    stretch
        The stretch of time to which each item belongs, 0, 1, 2 …

    Raises
    ------
    ConvergenceError
        If the climb does not end.
    """
    z = np.concatenate([np.ones((1, *absent.shape)), covariates])
    theta = np.zeros(len(z))
    theta[0] = -1.0
    u, v = np.zeros(len(absent)), np.zeros(absent.shape[1])
    variance = np.array([START, START])
    for _ in range(max_iter):
        fit, step = _newton(absent, possible, z, theta, u, v, variance)
        theta, u, v = theta + step[0], u + step[1], v + step[2]
        new = np.array([np.mean(u**2 + fit.var_u), np.mean(v**2 + fit.var_v)])
        new = np.maximum(new, FLOOR)
        moves = np.abs(new - variance) / (variance + 0.1)
        variance = new
        if max(np.abs(s).max() for s in step) < 1e-3 and moves.max() < 5e-3:
            break
    else:
        raise ConvergenceError(f"the chances of absence did not settle in {max_iter} steps")
    fit, _ = _newton(absent, possible, z, theta, u, v, variance)
    covariance = _sandwich(fit, z, stretch, variance, theta)
    density = np.exp(-0.5 * fit.eta[possible] ** 2).mean() / np.sqrt(2 * np.pi)
    se = np.sqrt(np.diag(covariance))
    effects = tuple(
        Interval(*(float(density * (t + k * s)) for k in (0.0, -1.96, 1.96)))
        for t, s in zip(theta[1:], se[1:], strict=True)
    )
    return AbsenceResponse(
        theta[1:], covariance[1:, 1:], effects, *np.sqrt(variance).astype(float).tolist()
    )


def _newton(
    absent: NDArray[np.bool_],
    possible: NDArray[np.bool_],
    z: Array,
    theta: Array,
    u: Array,
    v: Array,
    variance: Array,
) -> tuple[_Fit, tuple[Array, Array, Array]]:
    """One step; items are profiled out, and what remains has one row a slope or member."""
    p, n = len(z), len(u)
    eta = np.tensordot(theta, z, 1) + u[:, None] + v
    sign = np.where(absent, 1.0, -1.0)
    mills = np.exp(-0.5 * eta**2 - 0.5 * np.log(2 * np.pi) - log_ndtr(sign * eta))
    residual = np.where(possible, sign * mills, 0.0)
    weight = np.where(possible, mills * np.maximum(mills + sign * eta, 0.0), 0.0)
    zw = z * weight
    top = np.zeros((p + n, p + n))
    top[:p, :p] = np.tensordot(zw, z, ((1, 2), (1, 2))) + np.eye(p) / WIDE
    top[:p, p:] = zw.sum(axis=2)
    top[p:, :p] = top[:p, p:].T
    top[p:, p:] = np.diag(weight.sum(axis=1) + 1 / variance[0])
    cross = np.vstack([zw.sum(axis=1), weight])
    own = weight.sum(axis=0) + 1 / variance[1]
    inverse = linalg.inv(top - (cross / own) @ cross.T)
    slope = np.concatenate(
        [
            np.tensordot(z, residual, ((1, 2), (0, 1))) - theta / WIDE,
            residual.sum(axis=1) - u / variance[0],
        ]
    )
    slope_v = residual.sum(axis=0) - v / variance[1]
    step = inverse @ (slope - cross @ (slope_v / own))
    size = min(1.0, 2.0 / max(float(np.abs(step).max()), 1e-12))
    step_v = (slope_v - cross.T @ step) / own
    var_v = 1 / own + np.einsum("aj,ab,bj->j", cross / own, inverse, cross / own, optimize=True)
    rows = np.hstack([inverse[:p], -(inverse[:p] @ cross) / own])
    fit = _Fit(eta, residual, rows, np.diag(inverse)[p:], var_v)
    return fit, (size * step[:p], size * step[p:], size * step_v)


def _sandwich(
    fit: _Fit, z: Array, stretch: NDArray[np.intp], variance: Array, theta: Array
) -> Array:
    """Covariance of the slopes: scores by member and stretch, and the own rates' variances."""
    p, n = len(z), z.shape[1]
    slopes, members, items = np.split(fit.rows, [p, p + n], axis=1)
    score = np.tensordot(slopes, z, 1) + members[:, :, None] + items[:, None, :]
    score *= fit.residual
    order = np.argsort(stretch, kind="stable")
    first = np.flatnonzero(np.diff(stretch[order], prepend=-1))
    sums = np.add.reduceat(score[:, :, order], first, axis=2).reshape(p, -1)
    return np.asarray(
        sums @ sums.T
        + members @ members.T / variance[0]
        + items @ items.T / variance[1]
        + slopes @ slopes.T / WIDE
    )
