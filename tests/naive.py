"""Slow, obvious twins of the kernels, written from the definitions and not from the kernels."""

import math

import numpy as np
from scipy.special import erfcx, log_ndtr


def packed_rows(triples, actors, items):
    """Choices by actor and by item as sorted (column, sign) pairs; twin of ``kernels.pack``."""
    sign = {"yea": 1, "nay": -1}
    cell = {(a, j): sign[y] for a, j, y in triples if y in sign}
    by_actor = [[(k, cell[a, j]) for k, j in enumerate(items) if (a, j) in cell] for a in actors]
    by_item = [[(i, cell[a, j]) for i, a in enumerate(actors) if (a, j) in cell] for j in items]
    return by_actor, by_item


def drop_until_stable(triples, least, presence, minority):
    """Who and what remains of a table of choices; twin of ``kernels.pack.tally`` in the filter."""
    usable = [(a, j, y == "yea") for a, j, y in triples if y in ("yea", "nay")]
    actors, items = {a for a, _, _ in triples}, {j for _, j, _ in triples}
    while True:
        here = [(a, j, y) for a, j, y in usable if a in actors and j in items]
        # presence is a share of the items on which anybody who stays chose at all
        need = max(least, presence * len({j for _, j, _ in here}))
        bad_actors = {a for a in actors if sum(b == a for b, _, _ in here) < need}
        bad_items = set()
        for j in items:
            votes = [y for _, k, y in here if k == j]
            if not votes or min(sum(votes), len(votes) - sum(votes)) / len(votes) < minority:
                bad_items.add(j)
        if not (bad_actors or bad_items):
            return actors, items
        actors, items = actors - bad_actors, items - bad_items


def log_cdf(z):
    """log Φ(z), from the error function; twin of ``kernels.probit.log_ndtr_mills``."""
    if z > -10:  # the mass above z is added to 1, the mass below taken as it is
        return (
            math.log(0.5 * math.erfc(-z / math.sqrt(2)))
            if z < 0
            else math.log1p(-0.5 * math.erfc(z / math.sqrt(2)))
        )
    # below, erfcx(t) = exp(t²) erfc(t) does not underflow: Φ(z) = ½ exp(−z²/2) erfcx(−z/√2)
    return math.log(0.5 * erfcx(-z / math.sqrt(2))) - 0.5 * z * z


def inverse_mills(z):
    """λ(z) = φ(z)/Φ(z); twin of ``kernels.probit.log_ndtr_mills``."""
    return math.exp(-0.5 * z * z - 0.5 * math.log(2 * math.pi) - log_cdf(z))


def probit_sums(rows, design, coef):
    """Gradient, information and log likelihood by row; twin of ``kernels.probit.probit_sums``.

    ``rows`` as ``packed_rows`` gives them: (column, sign) pairs.
    """
    p = len(design[0])
    grad, info, loglik = [], [], []
    for row, c in zip(rows, coef, strict=True):
        g, h, ll = np.zeros(p), np.zeros((p, p)), 0.0
        for k, q in row:
            d = np.asarray(design[k], float)
            z = q * float(np.dot(d, c))
            mills = inverse_mills(z)
            ll += log_cdf(z)
            g += q * mills * d
            h += mills * (mills + z) * np.outer(d, d)
        grad.append(g), info.append(h), loglik.append(ll)
    return np.array(grad), np.array(info), np.array(loglik)


def log_posterior(y, x, items, item_variance):
    """Of the probit model at positions x (n, k) and items (J, 1 + k), less its constants; summed
    choice by choice over a dense table of +1, −1 and 0. Nothing in ``kernels`` computes it.
    """
    total = -0.5 * np.sum(x**2) - 0.5 * np.sum(items**2) / item_variance
    m = items[:, 0] + x @ items[:, 1:].T
    return float(total + np.where(y != 0, log_ndtr(y * m), 0.0).sum())


def gradient(f, at, step=1e-5):
    """First central differences of f at a vector."""
    out = np.empty(len(at))
    for a in range(len(at)):
        e = np.zeros(len(at))
        e[a] = step
        out[a] = (f(at + e) - f(at - e)) / (2 * step)
    return out


def hessian(f, at, step=1e-3):
    """Second central differences of f at a vector, by Richardson's extrapolation of two steps; twin
    of ``cross_product``, ``gather_product`` and the information of ``probit_sums``.
    """

    def plain(h):
        n = len(at)
        e = h * np.eye(n)
        out = np.empty((n, n))
        for a in range(n):
            for b in range(a + 1):
                out[a, b] = out[b, a] = (
                    f(at + e[a] + e[b])
                    - f(at + e[a] - e[b])
                    - f(at - e[a] + e[b])
                    + f(at - e[a] - e[b])
                ) / (4 * h * h)
        return out

    return (4 * plain(step / 2) - plain(step)) / 3


def squared_gap(a, b):
    """Unbiased estimate of the squared difference of two chances from two lists of 0 and 1: every
    pair of two *different* choices of a, and of b, and every pair across, each product averaged.
    """

    def pairs(v):
        products = [v[i] * v[k] for i in range(len(v)) for k in range(len(v)) if i != k]
        return sum(products) / len(products)

    across = [u * w for u in a for w in b]
    return pairs(a) + pairs(b) - 2 * sum(across) / len(across)


def held_out(y, bloc, columns):
    """Squared gaps, measured, opposed, and the four sums of sides; twin of ``kernels.siding``.

    ``y`` has shape (n_items, n_actors), as there.
    """
    n_items, n = len(y), len(bloc)
    squared, seen, opposed = np.zeros(n_items), np.zeros(n_items), np.zeros(n_items)
    sides = np.zeros((4, n_items, n))

    def choices(j, k, without=None):
        return [y[j][i] for i in range(n) if bloc[i] == k and y[j][i] != 0 and i != without]

    for j in columns:
        a, b = ([(v + 1) // 2 for v in choices(j, k)] for k in (0, 1))
        if len(a) > 1 and len(b) > 1:
            squared[j], seen[j] = squared_gap(a, b), 1
            opposed[j] = (2 * sum(a) > len(a)) != (2 * sum(b) > len(b))
            if 2 * sum(a) == len(a) or 2 * sum(b) == len(b):
                opposed[j] = 0  # a tie is no majority
        for i in range(n):
            if y[j][i] == 0:
                continue
            a, b = choices(j, 0, i), choices(j, 1, i)
            v = 1 if y[j][i] > 0 else 0
            if (sum(a) > 0 and sum(b) < 0) or (sum(a) < 0 and sum(b) > 0):
                sides[1, j, i] = 1
                sides[0, j, i] = (sum(a) > 0) == (v == 1)
            if a and b:
                share_a, share_b = a.count(1) / len(a), b.count(1) / len(b)
                sides[2, j, i] = (share_a - share_b) * (v - (share_a + share_b) / 2)
                sides[3, j, i] = (share_a - share_b) ** 2
    return squared, seen, opposed, sides


def mixture_value(like, weights):
    """Σ_i log Σ_c w_c like[i, c]; what ``kernels.latent.mixture_weights`` raises."""
    return float(np.log(like @ weights).sum())


def mixture_weights(like, weights, rounds):
    """Plain expectation-maximisation: the mean of the memberships, again and again; twin of
    ``kernels.latent.mixture_weights``.
    """
    for _ in range(rounds):
        member = like * weights
        member = member / member.sum(axis=1, keepdims=True)
        weights = member.mean(axis=0)
    return weights


def cross_fitted_mean_square(y, halves, find):
    """Mean over items of the squared gap of blocs found on the other half; twin of
    ``split.crossfit`` for two blocs.

    ``halves`` lists (items to find blocs on, items to measure), and ``find`` finds blocs.
    """
    gaps = {j: [] for j in range(y.shape[1])}
    for train, test in halves:
        found = find(y[:, train])
        for j in test:
            a, b = ([(v + 1) // 2 for v in y[found == k, j] if v != 0] for k in (0, 1))
            if len(a) > 1 and len(b) > 1:
                gaps[j].append(squared_gap(a, b))  # the same whichever bloc is called 0
    return float(np.mean([np.mean(g) for g in gaps.values() if g]))


def probit_fit(rows, design, coef):
    """Predicted choices and log likelihood by row; twin of ``kernels.probit.probit_fit``.

    A utility of exactly 0 predicts nay.
    """
    right, loglik = [], []
    for row, c in zip(rows, coef, strict=True):
        m = [(q, sum(a * b for a, b in zip(design[k], c, strict=True))) for k, q in row]
        right.append(sum((z > 0) == (q > 0) for q, z in m))
        loglik.append(sum(log_cdf(q * z) for q, z in m))
    return np.array(right, float), np.array(loglik, float)


def centred_product(y, own, other, vector):
    """The observed cells of a dense table, less a number a row and a number a column, times a
    matrix; twin of ``kernels.probit.centred_product``.
    """
    return np.where(y != 0, y - own[:, None] - other, 0.0) @ vector
