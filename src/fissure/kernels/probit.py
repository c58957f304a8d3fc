"""Probit sums over observed choices: log likelihood, gradient and information, row by row.

One kernel serves both orientations. For an item the *design* of a choice is (1, x_i) and the
coefficients are (α_j, β_j); for an actor the design is (α_j, β_j) and the coefficients are
(1, x_i), the first of which is held at 1 by the caller.
"""

from __future__ import annotations

import math

import numpy as np

from fissure.kernels._jit import jit

__all__ = [
    "TABLE",
    "centred_product",
    "cross_product",
    "gather_product",
    "log_ndtr_mills",
    "probit_fit",
    "probit_sums",
]

_EDGE = 8.0
_STEPS = 64  # pieces per unit; the error is then below 1e-9


def _make_table() -> np.ndarray:
    """Cubic pieces of log Φ(z) and λ(z) = φ(z)/Φ(z) from −8 to 8.

    Row k holds four coefficients of each, lowest first, in t = 64 (z + 8) − k between 0 and 1. The
    pieces agree with the functions and their slopes λ and −λ(λ + z) at the ends.
    """
    z = np.linspace(-_EDGE, _EDGE, int(2 * _EDGE * _STEPS) + 1)
    log_cdf = np.array([math.log(0.5 * math.erfc(-v / math.sqrt(2.0))) for v in z])
    mills = np.exp(-0.5 * z * z - 0.5 * math.log(2.0 * math.pi) - log_cdf)
    pieces = []
    for f, slope in ((log_cdf, mills), (mills, -mills * (mills + z))):
        d = slope / _STEPS
        rise = f[1:] - f[:-1]
        pieces += [f[:-1], d[:-1], 3 * rise - 2 * d[:-1] - d[1:], d[:-1] + d[1:] - 2 * rise]
    return np.ascontiguousarray(np.stack(pieces, axis=1))


TABLE = _make_table()
TABLE.setflags(write=False)


@jit
def log_ndtr_mills(z, table):  # type: ignore[no-untyped-def]
    """log Φ(z) and λ(z) = φ(z)/Φ(z) of one number: tabulated where |z| < 8."""
    if z >= 8.0:
        density = math.exp(-0.5 * z * z) * 0.3989422804014327
        return -density / z, density
    if z <= -8.0:
        mills = -z
        for k in range(20, 0, -1):  # continued fraction of Laplace
            mills = k / mills - z
        return -0.5 * z * z - 0.9189385332046727 - math.log(mills), mills
    at = (z + 8.0) * 64.0
    k = int(at)
    t = at - k
    value = ((table[k, 3] * t + table[k, 2]) * t + table[k, 1]) * t + table[k, 0]
    mills = ((table[k, 7] * t + table[k, 6]) * t + table[k, 5]) * t + table[k, 4]
    return value, mills


@jit
def probit_sums(start, code, design, table, coef, grad, info, loglik):  # type: ignore[no-untyped-def]
    """For each row r, sums over its choices k with m = design[k]·coef[r] and sign q.

    grad[r] = Σ q λ(q m) design[k];  info[r] = Σ w design[k] design[k]' with w = λ(λ + q m);
    loglik[r] = Σ log Φ(q m).

    ``start`` may be a stretch of a longer table's: rows then are those of the stretch.
    """
    p = design.shape[1]
    for r in range(len(start) - 1):
        total = 0.0
        if p == 2:  # one dimension: sums in registers, three times as fast
            c0, c1 = coef[r, 0], coef[r, 1]
            g0, g1, h00, h01, h11 = 0.0, 0.0, 0.0, 0.0, 0.0
            for at in range(start[r], start[r + 1]):
                k = code[at] >> 1
                q = 2.0 * (code[at] & 1) - 1.0
                d0, d1 = design[k, 0], design[k, 1]
                z = q * (d0 * c0 + d1 * c1)
                value, mills = log_ndtr_mills(z, table)
                total += value
                w = mills * (mills + z)
                g0 += q * mills * d0
                g1 += q * mills * d1
                h00 += w * d0 * d0
                h01 += w * d0 * d1
                h11 += w * d1 * d1
            grad[r, 0], grad[r, 1] = g0, g1
            info[r, 0, 0], info[r, 0, 1], info[r, 1, 0], info[r, 1, 1] = h00, h01, h01, h11
            loglik[r] = total
            continue
        for a in range(p):
            grad[r, a] = 0.0
            for b in range(p):
                info[r, a, b] = 0.0
        for at in range(start[r], start[r + 1]):
            k = code[at] >> 1
            q = 2.0 * (code[at] & 1) - 1.0
            m = 0.0
            for a in range(p):
                m += design[k, a] * coef[r, a]
            value, mills = log_ndtr_mills(q * m, table)
            total += value
            w = mills * (mills + q * m)
            for a in range(p):
                grad[r, a] += q * mills * design[k, a]
                for b in range(a + 1):
                    info[r, a, b] += w * design[k, a] * design[k, b]
        for a in range(p):
            for b in range(a):
                info[r, b, a] = info[r, a, b]
        loglik[r] = total


@jit
def probit_fit(start, code, design, table, coef, right, loglik):  # type: ignore[no-untyped-def]
    """For each row, how many choices fall on the side predicted, and Σ log Φ(q m)."""
    p = design.shape[1]
    for r in range(len(start) - 1):
        hits = 0.0
        total = 0.0
        for at in range(start[r], start[r + 1]):
            k = code[at] >> 1
            q = 2.0 * (code[at] & 1) - 1.0
            m = 0.0
            for a in range(p):
                m += design[k, a] * coef[r, a]
            value, _ = log_ndtr_mills(q * m, table)
            total += value
            if (m > 0.0) == (q > 0.0):
                hits += 1.0
        right[r] = hits
        loglik[r] = total


@jit
def centred_product(start, code, other, vector, own, out):  # type: ignore[no-untyped-def]
    """out[r] = Σ (q − own[r] − other[k]) vector[k] over the choices of row r, sign q, column k."""
    for r in range(len(start) - 1):
        for d in range(vector.shape[1]):
            out[r, d] = 0.0
        for at in range(start[r], start[r + 1]):
            k = code[at] >> 1
            q = 2.0 * (code[at] & 1) - 1.0 - own[r] - other[k]
            for d in range(vector.shape[1]):
                out[r, d] += q * vector[k, d]


@jit
def cross_product(start, code, x, items, table, out):  # type: ignore[no-untyped-def]
    """Blocks of the negative Hessian between actors and items, dense.

    For item row r and actor i with observed choice, ``out[r, a, i, d]`` is
    w β_d x̃_a − q λ 1[a = d + 1], where x̃ = (1, x_i); it is 0 where nothing was observed.
    ``x`` has shape (n_actors, dims), ``items`` (rows, dims + 1) and ``out`` (rows, dims + 1,
    n_actors, dims).
    """
    dims = x.shape[1]
    out[:] = 0.0
    for r in range(len(start) - 1):
        for at in range(start[r], start[r + 1]):
            i = code[at] >> 1
            q = 2.0 * (code[at] & 1) - 1.0
            m = items[r, 0]
            for d in range(dims):
                m += items[r, d + 1] * x[i, d]
            _, mills = log_ndtr_mills(q * m, table)
            w = mills * (mills + q * m)
            for d in range(dims):
                slope = w * items[r, d + 1]
                out[r, 0, i, d] = slope
                for a in range(dims):
                    out[r, a + 1, i, d] = slope * x[i, a]
                out[r, d + 1, i, d] -= q * mills


@jit
def gather_product(start, code, design, vector, table, coef, out):  # type: ignore[no-untyped-def]
    """The same blocks times a vector, without storing them: one half of a Hessian product.

    Where rows are items, ``vector`` (n_actors, dims + 1) is a direction in the actors with a first
    column of zeros, and ``out[r]`` the product in the item's coefficients. Where rows are actors,
    ``vector`` (n_items, dims + 1) is a direction in the items, and ``out[r, 1:]`` the product in x.
    """
    p = design.shape[1]
    for r in range(len(start) - 1):
        for a in range(p):
            out[r, a] = 0.0
        for at in range(start[r], start[r + 1]):
            k = code[at] >> 1
            q = 2.0 * (code[at] & 1) - 1.0
            m = 0.0
            s = 0.0
            for a in range(p):
                m += design[k, a] * coef[r, a]
                s += coef[r, a] * vector[k, a]
            _, mills = log_ndtr_mills(q * m, table)
            w = mills * (mills + q * m)
            for a in range(p):
                out[r, a] += w * s * design[k, a] - q * mills * vector[k, a]
