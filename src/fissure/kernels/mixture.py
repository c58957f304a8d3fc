"""Steps of the sampler of blocs beyond the line.

``y`` is int8 of shape (n_items, n_actors): +1, −1, 0 unobserved; ``latent`` holds y* where
observed. ``x`` is (n_actors, dims). ``coef`` is (n_items, n_blocs + dims): each bloc's intercept,
then the slopes. ``bloc`` is int64 (n_actors,), 0 … n_blocs − 1. ``hyper`` holds ω, τ², σ_α², σ_β².
"""

from __future__ import annotations

import math

import numpy as np

from fissure.kernels._jit import jit
from fissure.kernels.probit import log_ndtr_mills

__all__ = [
    "bloc_values",
    "draw_blocs",
    "draw_items",
    "draw_latent",
    "draw_positions",
    "item_values",
    "launch",
    "lean",
    "positive_normal",
    "scores",
    "settle",
]

_CLIP = 6.0  # log odds of a proposed side: no member is ever certain of one


@jit
def positive_normal(m, rng):  # type: ignore[no-untyped-def]
    """One draw of N(m, 1) above 0; by rejection, far out from an exponential (Robert 1995)."""
    if m > -0.4:
        while True:
            t = m + rng.standard_normal()
            if t > 0.0:
                return t
    rate = 0.5 * (math.sqrt(m * m + 4.0) - m)
    while True:
        t = rng.standard_exponential() / rate
        if rng.random() < math.exp(-0.5 * (t - m - rate) ** 2):
            return t


@jit
def draw_latent(y, x, coef, bloc, rng, latent):  # type: ignore[no-untyped-def]
    """y* ~ N(m, 1) on the side of the choice, m = coef[j, bloc] + slopes · x."""
    dims = x.shape[1]
    n_blocs = coef.shape[1] - dims
    for j in range(y.shape[0]):
        for i in range(y.shape[1]):
            q = int(y[j, i])
            if q == 0:
                continue
            m = coef[j, bloc[i]]
            for d in range(dims):
                m += coef[j, n_blocs + d] * x[i, d]
            latent[j, i] = q * positive_normal(q * m, rng)


@jit
def bloc_values(y, x, coef, divides, table, out):  # type: ignore[no-untyped-def]
    """out[i, k] = Σ log Φ(q m) over the dividing items, if actor i stood in bloc k."""
    dims = x.shape[1]
    n_blocs = coef.shape[1] - dims
    out[:] = 0.0
    for j in range(y.shape[0]):
        if not divides[j]:
            continue
        for i in range(y.shape[1]):
            q = int(y[j, i])
            if q == 0:
                continue
            m = 0.0
            for d in range(dims):
                m += coef[j, n_blocs + d] * x[i, d]
            for k in range(n_blocs):
                out[i, k] += log_ndtr_mills(q * (m + coef[j, k]), table)[0]


@jit
def draw_blocs(value, least, more, rng, bloc, size):  # type: ignore[no-untyped-def]
    """Each actor's bloc in turn, P ∝ (size without the actor + more) exp(value), no bloc below
    ``least``.
    """
    n_blocs = len(size)
    weight = np.empty(n_blocs)
    for i in range(len(bloc)):
        if size[bloc[i]] <= least:
            continue
        size[bloc[i]] -= 1
        top = value[i].max()
        total = 0.0
        for k in range(n_blocs):
            total += (size[k] + more) * math.exp(value[i, k] - top)
            weight[k] = total
        u = rng.random() * total
        k = 0
        while k < n_blocs - 1 and weight[k] < u:
            k += 1
        bloc[i] = k
        size[k] += 1


@jit
def _equations(latent, y, x, bloc, info, right):  # type: ignore[no-untyped-def]
    """Normal equations of one item: blocs' intercepts first, then slopes."""
    dims = x.shape[1]
    t = len(right) - dims
    info[:] = 0.0
    right[:] = 0.0
    for i in range(len(y)):
        if y[i] == 0:
            continue
        k = bloc[i]
        v = latent[i]
        info[k, k] += 1.0
        right[k] += v
        for d in range(dims):
            xd = x[i, d]
            info[t + d, k] += xd
            right[t + d] += xd * v
            for e in range(d + 1):
                info[t + d, t + e] += xd * x[i, e]


@jit
def _pool(info, right, info0, right0):  # type: ignore[no-untyped-def]
    """The same equations with one intercept for all blocs."""
    dims = len(right0) - 1
    t = len(right) - dims
    info0[:] = 0.0
    right0[:] = 0.0
    for k in range(t):
        info0[0, 0] += info[k, k]
        right0[0] += right[k]
        for d in range(dims):
            info0[1 + d, 0] += info[t + d, k]
    for d in range(dims):
        right0[1 + d] = right[t + d]
        for e in range(d + 1):
            info0[1 + d, 1 + e] = info[t + d, t + e]


@jit
def _solve(info, right, dims, hyper, root, half):  # type: ignore[no-untyped-def]
    """Log evidence of one item, but for what no partition changes; Cholesky root and L⁻¹ right.

    Intercepts of t blocs ~ N(0, τ² I + (σ_α² − τ²/t) 11'): mean α with variance σ_α², and
    deviations that sum to 0. Slopes ~ N(0, σ_β² I).
    """
    p = len(right)
    t = p - dims
    tau2, sa2, sb2 = hyper[1], hyper[2], hyper[3]
    off = -(sa2 - tau2 / t) / (tau2 * t * sa2)
    value = -0.5 * ((t - 1) * math.log(tau2) + math.log(t * sa2) + dims * math.log(sb2))
    for a in range(p):
        for b in range(a + 1):
            v = info[a, b]
            if a < t:
                v += off
            if a == b:
                v += 1.0 / tau2 if a < t else 1.0 / sb2
            for c in range(b):
                v -= root[a, c] * root[b, c]
            if a == b:
                root[a, a] = math.sqrt(v)
                value -= 0.5 * math.log(v)
            else:
                root[a, b] = v / root[b, b]
        h = right[a]
        for c in range(a):
            h -= root[a, c] * half[c]
        half[a] = h / root[a, a]
        value += 0.5 * half[a] * half[a]
    return value


@jit
def draw_items(latent, y, x, bloc, hyper, rng, coef, divides):  # type: ignore[no-untyped-def]
    """Whether each item divides, and its coefficients, from their joint conditional."""
    dims = x.shape[1]
    p = coef.shape[1]
    t = p - dims
    info, root, right, half = np.empty((p, p)), np.empty((p, p)), np.empty(p), np.empty(p)
    info0, right0 = np.empty((1 + dims, 1 + dims)), np.empty(1 + dims)
    draw = np.empty(p)
    odds = math.log(hyper[0]) - math.log1p(-hyper[0])
    for j in range(y.shape[0]):
        _equations(latent[j], y[j], x, bloc, info, right)
        _pool(info, right, info0, right0)
        one = _solve(info0, right0, dims, hyper, root, half)
        divides[j] = False
        if t > 1:
            gain = odds + _solve(info, right, dims, hyper, root, half) - one
            divides[j] = rng.random() * (1.0 + math.exp(-min(gain, 50.0))) < 1.0
            if not divides[j]:
                _solve(info0, right0, dims, hyper, root, half)
        used = p if divides[j] else 1 + dims
        for a in range(used - 1, -1, -1):
            v = half[a] + rng.standard_normal()
            for c in range(a + 1, used):
                v -= root[c, a] * draw[c]
            draw[a] = v / root[a, a]
        for k in range(t):
            coef[j, k] = draw[k] if divides[j] else draw[0]
        for d in range(dims):
            coef[j, t + d] = draw[used - dims + d]


@jit
def draw_positions(latent, y, coef, bloc, rng, x):  # type: ignore[no-untyped-def]
    """x_i | y*, items, blocs ~ N(V b, V), V = (I + Σ β β')⁻¹ over observed items."""
    n, dims = x.shape
    t = coef.shape[1] - dims
    info, right = np.zeros((n, dims, dims)), np.zeros((n, dims))
    for j in range(y.shape[0]):
        for i in range(n):
            if y[j, i] == 0:
                continue
            r = latent[j, i] - coef[j, bloc[i]]
            for d in range(dims):
                b = coef[j, t + d]
                right[i, d] += b * r
                for e in range(d + 1):
                    info[i, d, e] += b * coef[j, t + e]
    for i in range(n):
        # Cholesky in place, forward, then backward with noise
        for a in range(dims):
            for b in range(a + 1):
                v = info[i, a, b]
                if a == b:
                    v += 1.0
                for c in range(b):
                    v -= info[i, a, c] * info[i, b, c]
                info[i, a, b] = math.sqrt(v) if a == b else v / info[i, b, b]
            for c in range(a):
                right[i, a] -= info[i, a, c] * right[i, c]
            right[i, a] /= info[i, a, a]
        for a in range(dims - 1, -1, -1):
            v = right[i, a] + rng.standard_normal()
            for c in range(a + 1, dims):
                v -= info[i, c, a] * x[i, c]
            x[i, a] = v / info[i, a, a]


@jit
def item_values(y, x, coef, bloc, which, table, out):  # type: ignore[no-untyped-def]
    """out[j] = Σ_i log Φ(q m) for the items marked in ``which``."""
    dims = x.shape[1]
    t = coef.shape[1] - dims
    for j in range(y.shape[0]):
        if not which[j]:
            continue
        total = 0.0
        for i in range(y.shape[1]):
            q = int(y[j, i])
            if q != 0:
                m = coef[j, bloc[i]]
                for d in range(dims):
                    m += coef[j, t + d] * x[i, d]
                total += log_ndtr_mills(q * m, table)[0]
        out[j] = total


@jit
def settle(y, x, bloc, hyper, table, coef, curve, value):  # type: ignore[no-untyped-def]
    """Two Newton steps of each item's intercepts towards the mode of their posterior, slopes held.

    ``coef`` is changed in place. ``curve[j]`` becomes the negative Hessian where the last step
    began, and ``value[j]`` the log evidence of the item by the parabola there (Laplace's method).
    Actors in bloc −1 are left out. No second step where no intercept moved by 1e-4.
    """
    dims = x.shape[1]
    t = coef.shape[1] - dims
    tau2, sa2 = hyper[1], hyper[2]
    off = -(sa2 - tau2 / t) / (tau2 * t * sa2)
    grad, root, info = np.empty(t), np.empty((t, t)), np.empty(t)
    base = -0.5 * ((t - 1) * math.log(tau2) + math.log(t * sa2))
    for j in range(y.shape[0]):
        for _ in range(2):
            total = 0.0
            for k in range(t):
                total += coef[j, k]
            value[j] = base
            for k in range(t):
                grad[k] = -coef[j, k] / tau2 - off * total
                info[k] = 1.0 / tau2
                value[j] += 0.5 * grad[k] * coef[j, k]
            for i in range(y.shape[1]):
                q = int(y[j, i])
                k = bloc[i]
                if q == 0 or k < 0:
                    continue
                m = coef[j, k]
                for d in range(dims):
                    m += coef[j, t + d] * x[i, d]
                log_p, mills = log_ndtr_mills(q * m, table)
                value[j] += log_p
                grad[k] += q * mills
                info[k] += mills * (mills + q * m)
            for a in range(t):
                for b in range(a + 1):
                    v = off + (info[a] if a == b else 0.0)
                    curve[j, a, b] = curve[j, b, a] = v
                    for c in range(b):
                        v -= root[a, c] * root[b, c]
                    root[a, b] = math.sqrt(v) if a == b else v / root[b, b]
                for c in range(a):
                    grad[a] -= root[a, c] * grad[c]
                grad[a] /= root[a, a]
                value[j] += 0.5 * grad[a] * grad[a] - math.log(root[a, a])
            most = 0.0
            for a in range(t - 1, -1, -1):
                for c in range(a + 1, t):
                    grad[a] -= root[c, a] * grad[c]
                grad[a] /= root[a, a]
                coef[j, a] += min(max(grad[a], -2.0), 2.0)
                most = max(most, abs(grad[a]))
            if most < 1e-4:
                break


@jit
def scores(y, x, coef, members, table, score, weight):  # type: ignore[no-untyped-def]
    """Slope q λ(q m) and curvature λ (λ + q m) of log Φ(q m) for some members, at one intercept.

    ``score`` and ``weight`` are (n_items, n_members); 0 where unobserved.
    """
    dims = x.shape[1]
    for j in range(y.shape[0]):
        for at in range(len(members)):
            i = members[at]
            q = int(y[j, i])
            score[j, at] = weight[j, at] = 0.0
            if q != 0:
                m = coef[j, 0]
                for d in range(dims):
                    m += coef[j, 1 + d] * x[i, d]
                mills = log_ndtr_mills(q * m, table)[1]
                score[j, at] = q * mills
                weight[j, at] = mills * (mills + q * m)


@jit
def lean(score, power, odds):  # type: ignore[no-untyped-def]
    """Likeness of each member's scores to those of the first anchor less the second's (members 0
    and 1); with every round of ``power`` it turns towards the members' leading direction.
    """
    odds[:] = 0.0
    for j in range(score.shape[0]):
        apart = score[j, 0] - score[j, 1]
        for m in range(score.shape[1]):
            odds[m] += score[j, m] * apart
    out = np.empty_like(odds)
    for _ in range(power):
        out[:] = 0.0
        for j in range(score.shape[0]):
            along = 0.0
            for m in range(score.shape[1]):
                along += score[j, m] * odds[m]
            for m in range(score.shape[1]):
                out[m] += score[j, m] * along
        odds[:] = out / np.sqrt((out * out).sum() + 1e-300)


@jit
def launch(score, weight, rounds, hyper, rng, side, odds):  # type: ignore[no-untyped-def]
    """Log odds that each member stands with the first anchor (member 0), not the second (member 1).

    From the sides of :func:`lean` in ``odds``, ``rounds`` rounds: the shifts of both sides on each
    item, weighed by the probability that the item divides them; log odds; sides drawn from those.
    Nothing but scores enters, so a split and the merger that undoes it start alike.
    """
    n_items, s = score.shape
    tau2 = hyper[1]
    for m in range(s):
        side[m] = 0 if odds[m] > 0 else 1
    for _ in range(rounds):
        side[0], side[1] = 0, 1
        odds[:] = 0.0
        for j in range(n_items):
            w0, w1, s0, s1 = 1e-12, 1e-12, 0.0, 0.0
            for m in range(s):
                if side[m] == 0:
                    w0 += weight[j, m]
                    s0 += score[j, m]
                else:
                    w1 += weight[j, m]
                    s1 += score[j, m]
            a0, a1, a = 1.0 + tau2 * w0, 1.0 + tau2 * w1, 1.0 + tau2 * (w0 + w1)
            gain = 0.5 * tau2 * (s0 * s0 / a0 + s1 * s1 / a1 - (s0 + s1) ** 2 / a)
            gain -= 0.5 * math.log(a0 * a1 / a)
            p = hyper[0] / (hyper[0] + (1.0 - hyper[0]) * math.exp(-min(gain, 50.0)))
            g0, g1 = tau2 * s0 / a0, tau2 * s1 / a1
            up, bend = p * (g0 - g1), 0.5 * p * (g0 * g0 - g1 * g1)
            for m in range(s):
                odds[m] += score[j, m] * up - weight[j, m] * bend
        for m in range(s):
            odds[m] = min(max(odds[m], -_CLIP), _CLIP)
            side[m] = 0 if rng.random() * (1.0 + math.exp(-odds[m])) < 1.0 else 1
    side[0], side[1] = 0, 1
