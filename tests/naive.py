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


def rank_sets(values, errors, noise, level):
    """Simultaneous sets of ranks by stepdown, a pair at a time; twin of
    ``windows.ranksets.simultaneous_sets``.

    ``noise`` lists, for each bootstrap draw, one error a value.
    """
    n = len(values)

    def size(j, k):
        return math.sqrt(errors[j] ** 2 + errors[k] ** 2)

    still_open = {(j, k) for j in range(n) for k in range(n) if j != k}
    above = set()
    while still_open:
        largest = [max((e[j] - e[k]) / size(j, k) for j, k in still_open) for e in noise]
        bar = np.quantile(largest, level)
        found = {(j, k) for j, k in still_open if (values[j] - values[k]) / size(j, k) > bar}
        if not found:
            break
        above |= found
        still_open -= found
    low = [1 + sum(pair[1] == j for pair in above) for j in range(n)]
    high = [n - sum(pair[0] == j for pair in above) for j in range(n)]
    return low, high


def shrunken(depth, error, place, rhos, taus):
    """Weights, mean and covariance of all true depths, by the dense formula on a grid of ρ and τ
    that are equally likely, the mean level under a prior so wide that it is flat; twin of
    ``windows.shrinkage``.
    """
    n, wide = len(depth), 10.0
    parts = []
    for rho in rhos:
        for tau in taus:
            prior = np.empty((n, n))
            for t in range(n):
                for u in range(n):
                    gap = abs(place[t] - place[u])
                    prior[t, u] = tau**2 * (1.0 if gap == 0 else rho**gap) + wide**2
            total = prior + np.diag(np.square(error))
            inverse = np.linalg.inv(total)
            loglik = -0.5 * np.linalg.slogdet(total)[1] - 0.5 * depth @ inverse @ depth
            cov = np.linalg.inv(np.linalg.inv(prior) + np.diag(1 / np.square(error)))
            parts.append((loglik, cov @ (depth / np.square(error)), cov))
    top = max(p[0] for p in parts)
    weight = np.array([math.exp(p[0] - top) for p in parts])
    weight /= weight.sum()
    mean = sum(w * m for w, (_, m, _) in zip(weight, parts, strict=True))
    second = sum(w * (c + np.outer(m, m)) for w, (_, m, c) in zip(weight, parts, strict=True))
    return weight, mean, second - np.outer(mean, mean)


def window_paths(n, most, min_length, min_gap, ramp=1):
    """Every placement of up to ``most`` windows [o, c) among n periods; c = n is still open.

    With a ramp, opening takes the periods o … o + ramp − 1, and closing those from c on. It ends
    before the next begins, and every window is more than half open at some time.
    """
    min_length, min_gap = max(min_length, ramp), max(min_gap, ramp)

    def later(start, left):
        yield ()
        if not left:
            return
        for o in range(start, n):
            if o > 0 and 2 * (n - o) <= ramp:
                break
            for c in range(o + 1, n + 1):
                if c - o >= min_length or o == 0 or c == n:
                    for rest in later(c + min_gap, left - 1) if c < n else [()]:
                        yield ((o, c), *rest)

    return list(later(0, most))


def window_log_density(depth, se, place, level, rise, movement, carry, windows, ages=None, ramp=1):
    """Log density of depths given windows, from the dense covariance; twin of ``kernels.chain``.

    A switch is made in ``ramp`` equal steps; what is open in the first period is wholly so. With
    ``ages``, a switch is answered exactly while it is the last one and less than ages − 1 periods
    old, and an older state as if it had always been so.
    """
    n = len(depth)

    def done(t, switch):
        return 0.0 if t < switch else min(1.0, (t - switch + 1) / ramp)

    share = [
        sum((1.0 if o == 0 else done(t, o)) - done(t, c) for o, c in windows) for t in range(n)
    ]
    cov = [
        [movement**2 * carry ** abs(place[i] - place[j]) + (se[i] ** 2 if i == j else 0.0)
         for j in range(n)]
        for i in range(n)
    ]  # fmt: skip
    inverse = np.linalg.inv(np.linalg.cholesky(np.array(cov)))
    is_open = [any(o <= t < c for o, c in windows) for t in range(n)]
    total = np.log(np.diag(inverse)).sum()
    for t in range(n):
        seen = list(share)
        if ages is not None:
            switches = [s for s in range(1, t + 1) if is_open[s] != is_open[s - 1]]
            seen = [float(is_open[t])] * (t + 1)
            if switches and t - switches[-1] < ages - 1:
                new = [done(s, switches[-1]) for s in range(t + 1)]
                seen = new if is_open[t] else [1 - z for z in new]
            seen += [0.0] * (n - t - 1)
        mean = [level + rise * z for z in seen]
        total -= 0.5 * (inverse[t] @ (np.asarray(depth) - mean)) ** 2
    return float(total)


def laplace_item(row, x, alpha_variance, beta_variance):
    """Best (α, β) of one item, covariance there, log of the integral by Laplace's method, and log
    of likelihood times prior at the best; twin of ``kernels.dynamic.integrate_items``.

    ``row`` has +1, −1 or 0 for each position in ``x``.
    """
    u = np.column_stack([np.ones(len(x)), x])
    prior = np.diag([1 / alpha_variance, 1 / beta_variance])
    at = np.zeros(2)
    for _ in range(60):  # Newton's method; the function is concave
        z = row * (u @ at)
        mills = np.where(row != 0, np.exp(-0.5 * z**2 - 0.5 * np.log(2 * np.pi) - log_ndtr(z)), 0)
        information = prior + (u.T * (mills * (mills + z))) @ u
        at = at + np.linalg.solve(information, u.T @ (row * mills) - prior @ at)
    z = row * (u @ at)
    best = float(np.where(row != 0, log_ndtr(z), 0.0).sum() - 0.5 * at @ prior @ at)
    log = best + 0.5 * (np.linalg.slogdet(prior)[1] - np.linalg.slogdet(information)[1])
    return at, np.linalg.inv(information), float(log), best


def grid_item(row, x, alpha_variance, beta_variance, n=161):
    """Log of the integral of one item's likelihood times prior over a fine grid, and mean and
    covariance of (α, β); twin of ``kernels.dynamic.average_items``.
    """
    at, cov, _, _ = laplace_item(row, x, alpha_variance, beta_variance)
    wide = 9 * np.sqrt(np.diag(cov))
    a, b = (np.linspace(c - w, c + w, n) for c, w in zip(at, wide, strict=True))
    first, second = (g.ravel() for g in np.meshgrid(a, b, indexing="ij"))
    log = -0.5 * (first**2 / alpha_variance + second**2 / beta_variance)
    log -= np.log(2 * np.pi) + 0.5 * np.log(alpha_variance * beta_variance)
    for q, xi in zip(row, x, strict=True):
        if q != 0:
            log = log + log_ndtr(q * (first + second * xi))
    top = log.max()
    p = np.exp(log - top)
    total = top + np.log(p.sum() * (a[1] - a[0]) * (b[1] - b[0]))
    both = np.column_stack([first, second])
    mean = p @ both / p.sum()
    return float(total), mean, (both - mean).T @ ((both - mean) * (p / p.sum())[:, None])
