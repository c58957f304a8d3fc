"""Slow twins of the Hamiltonian moves and of the whole sampler, written from the formulas."""

from __future__ import annotations

import numpy as np
from scipy.special import log_ndtr, ndtr, ndtri


def log_posterior(y, x, items, law, centre=1.0):
    """Σ log Φ(q m) − (Σ(x − mean)² + centre n mean²)/2 − Σ precision ((α, β) − middle)²/2.

    ``law`` is (precision, middle), both of the shape of the items.
    """
    prior, middle = law
    m = items[:, 0] + x @ items[:, 1:].T
    value = log_ndtr(y * m)[y != 0].sum()
    mean = x.mean(axis=0)
    value -= 0.5 * (((x - mean) ** 2).sum() + centre * len(x) * (mean**2).sum())
    return value - 0.5 * (prior * (items - middle) ** 2).sum()


def gradients(y, x, items, law, centre=1.0):
    """In x and in the items, with exact λ(q m) = φ/Φ."""
    prior, middle = law
    m = items[:, 0] + x @ items[:, 1:].T
    pull = y * np.exp(-0.5 * m**2 - 0.5 * np.log(2 * np.pi) - log_ndtr(y * m)) * (y != 0)
    ones = np.column_stack([np.ones(len(x)), x])
    held = x - (1.0 - centre) * x.mean(axis=0)
    return pull @ items[:, 1:] - held, pull.T @ ones - prior * (items - middle)


def item_path(y, x, items, law, root, v, step, n_steps):
    """Leapfrog of all items at once in coordinates u with b = root u; their ends and gains."""
    b, v = items.copy(), v.copy()
    prior, middle = law

    def energy(b, v):
        m = b[:, 0] + x @ b[:, 1:].T
        like = np.where(y != 0, log_ndtr(y * m), 0.0).sum(axis=0)
        like -= 0.5 * (prior * (b - middle) ** 2).sum(axis=1)
        return like - 0.5 * (v**2).sum(axis=1)

    def force(b):
        return np.einsum("jab,ja->jb", root, gradients(y, x, b, law)[1])

    start = energy(b, v)
    for _ in range(n_steps):
        v = v + 0.5 * step[:, None] * force(b)
        b = b + step[:, None] * np.einsum("jab,jb->ja", root, v)
        v = v + 0.5 * step[:, None] * force(b)
    return b, energy(b, v) - start


def position_path(y, x, items, priors, block, follow, v, step, n_steps):
    """Leapfrog of the positions in u with x = block u, items following by −follow; the gain too."""
    law, centre = priors
    x, items, v = x.copy(), items.copy(), v.copy()
    start = log_posterior(y, x, items, law, centre) - 0.5 * v @ v

    def force():
        gx, gi = gradients(y, x, items, law, centre)
        return block.T @ gx.ravel() - follow.T @ gi.ravel()

    for _ in range(n_steps):
        v += 0.5 * step * force()
        x = x + step * (block @ v).reshape(x.shape)
        items = items - step * (follow @ v).reshape(items.shape)
        v += 0.5 * step * force()
    return x, items, log_posterior(y, x, items, law, centre) - 0.5 * v @ v - start


def gibbs(y, variance, n, rng, enough=30):
    """Albert and Chib's data augmentation in one dimension: n draws of x after warm-up.

    With ``variance`` None the law of items is drawn too, and the mean of x ~ N(0, 25).
    """
    learned, mean = variance is None, 0.0
    n_actors, n_items = y.shape
    yeas, nays = (y > 0).sum(axis=0), (y < 0).sum(axis=0)
    lopsided = (np.minimum(yeas, nays) < 0.2 * (yeas + nays)) & (yeas + nays >= enough)
    law = [(1.0, 0.0, 1.0), (1.0, 0.0, 1.0)]
    tau, middle = np.full((n_items, 2), 1.0 / (variance or 1.0)), np.zeros((n_items, 2))
    x, items = rng.standard_normal(n_actors), np.zeros((n_items, 2))
    seen, kept = (y != 0).astype(float), []
    for t in range(n + n // 10):
        m = items[:, 0] + np.outer(x, items[:, 1])
        # y* = m + e with q e > −q m, drawn by inverting Φ
        latent = (m - y * ndtri(rng.random(y.shape) * ndtr(y * m))) * seen
        d = np.column_stack([np.ones(n_actors), x])
        prior = tau[:, :, None] * np.eye(2)
        v = np.linalg.inv(np.einsum("ij,ia,ib->jab", seen, d, d) + prior)
        noise = rng.standard_normal((n_items, 2))
        items = np.einsum("jab,jb->ja", v, latent.T @ d + tau * middle)
        items += np.einsum("jab,jb->ja", np.linalg.cholesky(v), noise)
        v = 1.0 / (1.0 + seen @ items[:, 1] ** 2)
        x = v * ((latent - seen * items[:, 0]) @ items[:, 1] + mean)
        x += np.sqrt(v) * rng.standard_normal(n_actors)
        if learned:
            law, tau, middle = item_law(items, lopsided, law, rng)
            precise = n_actors + 1 / 25
            mean = x.sum() / precise + rng.standard_normal() / np.sqrt(precise)
        if t >= n // 10:
            kept.append(x)
    return np.array(kept)


def item_law(items, lopsided, law, rng):
    """Polarities and law (τ, m, λ) of both kinds of items; precisions and middles of the items."""
    new, tau, middle = [], np.empty_like(items), np.zeros_like(items)
    for kind, (_, m, b) in enumerate(law):
        mine = lopsided == bool(kind)
        alpha, beta = items[mine].T
        odds = np.exp(-0.5 * b * ((beta - m) ** 2 - (beta + m) ** 2))
        sign = np.where(rng.random(len(beta)) < odds / (1 + odds), 1, -1)
        n, total = len(beta) + 0.1, (sign * beta).sum()
        b = rng.gamma(1 + len(beta) / 2) / (0.25 + 0.5 * ((beta**2).sum() - total**2 / n))
        m = total / n + rng.standard_normal() / np.sqrt(n * b)
        a = 0.0
        while a < 1 / 9:
            a = rng.gamma(1 + len(alpha) / 2) / (0.25 + 0.5 * (alpha**2).sum())
        new.append((a, m, b))
        tau[mine], middle[mine, 1] = (a, b), sign * m
    return new, tau, middle


def marginal(y, x, tau, m, kappa, n=201):
    """Σ_j log ∫ Π_i Φ(y_ij (α + β x_i)) dF(α, β) over items of one kind, on a fine grid."""
    z = np.linspace(-8.0, 8.0, n)
    weight = np.exp(-0.5 * z**2) / np.exp(-0.5 * z**2).sum()
    alpha, total = z[:, None] / np.sqrt(tau), 0.0
    for votes in y.T:
        chance = 0.0
        for sign in (1.0, -1.0):
            beta = sign * (m + z[None] / np.sqrt(kappa))
            like = np.ones((n, n))
            for q, at in zip(votes, x, strict=True):
                like *= ndtr(q * (alpha + beta * at)) if q else 1.0
            chance += 0.5 * weight @ like @ weight
        total += np.log(chance)
    return total
