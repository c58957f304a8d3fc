"""What is true of worlds that look like the records: split or not, how deep, who stands where."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray
from scipy.optimize import minimize
from scipy.special import expit, logit

from fissure.results import Interval
from fissure.split.settings import SplitSettings
from fissure.unknowns.worlds import Look, Seen

__all__ = ["depth_interval", "depths_like", "limit", "split_chance", "standing"]

Array = NDArray[np.float64]

#: Weight of the ridge that keeps a regression finite where the worlds part without overlap.
RIDGE = 0.05
#: Typical errors of depth, stability and between: in these units worlds are near or far.
ERRORS = np.array([0.05, 0.05, 0.1])
#: The share of the worlds, those nearest to the records, that say what is true of such.
NEAR = 0.5


def limit(n_worlds: int) -> float:
    """The least probability that so many worlds can give; one less this is the largest."""
    return 1 / (n_worlds + 2)


def split_chance(seen: Seen, here: Look, settings: SplitSettings) -> Interval:
    """Probability of a split by ridge logistic regression; no surer than the worlds allow.

    It regresses on three numbers: the log odds of the share of resamplings that meet the criteria,
    by how far depth and emptiness meet them, whichever is least, and by how far stability does, in
    typical errors. The 95 % interval is for the number of worlds alone: that of the log odds x'b,
    whose variance is x'H⁻¹x with H the curvature of the penalised loss at its least value
    (Laplace's approximation).
    """

    def numbers(look: Look) -> list[float]:
        share = (look.share + 0.005) / 1.01
        margin = min((look.depth - settings.min_depth) / 0.05, look.emptiness)
        steady = (look.stability - settings.min_stability) / 0.05
        return [1.0, float(logit(share)), float(np.clip(margin, -6.0, 6.0)), max(steady, -6.0)]

    design = np.array([numbers(look) for look in seen.looks])
    ridge, x = np.array([0.0, *[RIDGE] * 3]), np.array(numbers(here))
    b = _logistic(design, seen.is_split, np.ones(len(design)), ridge)
    p = expit(design @ b)
    # worlds of one kind leave no curvature along the constant
    curvature = (design * (p * (1 - p))[:, None]).T @ design + 2 * np.diag(ridge)
    error = np.sqrt(max(float(x @ np.linalg.pinv(curvature, hermitian=True) @ x), 0.0))
    least = limit(len(design))
    at = np.clip(expit(x @ b + 1.96 * error * np.array([0.0, -1.0, 1.0])), least, 1 - least)
    return Interval(*at.tolist())


def depths_like(seen: Seen, here: Look) -> tuple[Array, Array]:
    """Draws of the true depth given what is seen of it, ascending, and their weights, sum 1.

    Among the nearest half of the worlds the true depth is regressed on the depth seen, on how often
    members were found in another bloc, and on their product, with weights that fall off with
    distance (local-linear adjustment: Beaumont, Zhang and Balding 2002). The residuals, put around
    what the regression gives for the records, are the draws. Items of worlds are independent. Where
    those of the records hang together, so that their resampled depths scatter more than those of
    the worlds, the residuals are stretched as much.
    """
    weight = _nearness(seen, here)
    near = weight > 0
    w, truth = weight[near] / weight[near].sum(), seen.depth[near]

    def row(look: Look) -> list[float]:
        astray = min(1 - look.stability, 0.5)
        return [1.0, look.depth, astray, look.depth * astray]

    design = np.array([row(look) for look, n in zip(seen.looks, near, strict=True) if n])
    ridge = np.diag([0.0, *[1e-5] * 3])
    b = np.linalg.solve(design.T @ (design * w[:, None]) + ridge, design.T @ (w * truth))
    # what four coefficients took from the residuals' spread is given back
    size = 1 / float(w @ w)
    rest = (truth - design @ b) * np.sqrt(size / max(size - len(b), 1.0))
    usual = float(w @ np.array([look.spread for look in seen.looks])[near])
    rest *= max(1.0, here.spread / usual) if usual > 0 else 1.0
    drawn = np.clip(np.array(row(here)) @ b + rest, 0.0, 1.0)
    order = np.argsort(drawn, kind="stable")
    return drawn[order], w[order]


def depth_interval(drawn: Array, weight: Array) -> Interval:
    """Median and central 95 % interval of weighted draws, ascending."""
    below = np.cumsum(weight) - weight / 2
    low, middle, high = np.interp([0.025, 0.5, 0.975], below, drawn)
    return Interval(float(middle), float(low), float(high))


def standing(seen: Seen, here: Look) -> Array:
    """Probability that each member stands in the bloc that it was put into; NaN outside the two.

    A logistic regression of whether members of the nearest half of the worlds stand in their bloc,
    on the evidence for it, is read off at the members' own evidence.
    """
    weight = _nearness(seen, here)
    near = np.flatnonzero(weight > 0)
    evidence = np.concatenate([seen.looks[k].evidence for k in near])
    stands = np.concatenate([seen.stands[k] for k in near])
    w = np.repeat(weight[near], [len(seen.stands[k]) for k in near])
    design = np.column_stack([np.ones(len(w)), evidence])
    b = _logistic(design, stands, w, np.array([RIDGE, RIDGE]))
    least = 1 / (len(w) + 2)
    return np.clip(expit(b[0] + b[1] * here.evidence), least, 1 - least)


def _nearness(seen: Seen, here: Look) -> Array:
    """Epanechnikov weights of the worlds by how alike they look; 0 for the farther half."""

    def place(look: Look) -> list[float]:
        return [look.depth, look.stability, look.between]

    away = (np.array([place(look) for look in seen.looks]) - place(here)) / ERRORS
    far = np.sqrt((away**2).sum(axis=1))
    reach = float(np.quantile(far, NEAR)) + 1e-9
    return np.asarray(np.maximum(1 - (far / reach) ** 2, 0.0))


def _logistic(design: Array, truth: NDArray[np.bool_], weight: Array, ridge: Array) -> Array:
    """Coefficients of a weighted ridge logistic regression."""
    side = np.where(truth, 1.0, -1.0)

    def loss(b: Array) -> tuple[float, Array]:
        m = side * (design @ b)
        grad = -(design * (weight * side * expit(-m))[:, None]).sum(axis=0) + 2 * ridge * b
        return float((weight * np.logaddexp(0, -m)).sum() + (ridge * b * b).sum()), grad

    return np.asarray(minimize(loss, np.zeros(design.shape[1]), jac=True, method="BFGS").x)
