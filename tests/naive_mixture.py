"""Slow, obvious twins of the kernels of blocs beyond the line, from the formulas."""

import math

import numpy as np
from scipy.stats import multivariate_normal, norm


def chances(y, x, coef, bloc):
    """q m of every observed choice, NaN elsewhere; shape (n_items, n_actors)."""
    t = coef.shape[1] - x.shape[1]
    m = coef[:, bloc] + coef[:, t:] @ x.T
    return np.where(y != 0, y * m, np.nan)


def bloc_values(y, x, coef, divides):
    """Twin of ``kernels.mixture.bloc_values``."""
    n, t = len(x), coef.shape[1] - x.shape[1]
    return np.array(
        [
            [
                np.nansum(norm.logcdf(chances(y, x, coef, np.full(n, k))[divides][:, i]))
                for k in range(t)
            ]
            for i in range(n)
        ]
    )


def item_values(y, x, coef, bloc):
    """Twin of ``kernels.mixture.item_values``, of all items."""
    return np.nansum(norm.logcdf(chances(y, x, coef, bloc)), axis=1)


def shift_cover(t, tau2, sa2):
    """Covariance of t blocs' intercepts: their mean has variance σ_α², deviations sum to 0."""
    centre = np.eye(t) - np.ones((t, t)) / t
    return tau2 * centre + sa2 * np.ones((t, t))


def log_item(y, x, coef, bloc, hyper):
    """log prior of one item's intercepts and log likelihood; ``y`` and ``coef`` of this item."""
    t = len(coef) - x.shape[1]
    here = bloc >= 0
    value = item_values(y[None, here], x[here], coef[None], bloc[here])[0]
    cover = shift_cover(t, hyper[1], hyper[2])
    return value + multivariate_normal(np.zeros(t), cover).logpdf(coef[:t])


def item_posterior(latent, y, x, bloc, t, hyper):
    """Mean and covariance of (intercepts, slopes) of one item given latent values, and evidence."""
    seen = y != 0
    design = np.hstack([np.eye(t)[bloc], x])[seen]
    cover = np.zeros((t + x.shape[1],) * 2)
    cover[:t, :t] = shift_cover(t, hyper[1], hyper[2])
    cover[t:, t:] = hyper[3] * np.eye(x.shape[1])
    v = np.linalg.inv(np.linalg.inv(cover) + design.T @ design)
    whole = np.eye(seen.sum()) + design @ cover @ design.T
    value = multivariate_normal(np.zeros(seen.sum()), whole).logpdf(latent[seen])
    return v @ design.T @ latent[seen], v, float(value)


def log_prior(labels, least, chances):
    """log probability of a partition, by counting; twin of ``PartitionPrior.log_prior``."""
    n, t = len(labels), len(set(labels))
    sizes = [list(labels).count(k) for k in set(labels)]

    def compositions(left, parts):
        if parts == 0:
            return [()] if left == 0 else []
        return [
            (s, *rest)
            for s in range(least if t > 1 else 1, left + 1)
            for rest in compositions(left - s, parts - 1)
        ]

    ordered = compositions(n, t)
    ways = math.factorial(n)
    for s in sizes:
        ways //= math.factorial(s)
    p = chances[t - 1] / sum(chances[: n // least])
    # each of t! orders of the blocs gives the same partition
    return math.log(p * math.factorial(t) / len(ordered) / ways)


def variation(a, b):
    """Variation of information in bits, H(a|b) + H(b|a)."""
    n, total = len(a), 0.0
    for u in set(a):
        for v in set(b):
            both = sum(1 for s, w in zip(a, b, strict=True) if (s, w) == (u, v)) / n
            if both:
                total -= both * math.log2(both / (list(a).count(u) / n))
                total -= both * math.log2(both / (list(b).count(v) / n))
    return total
