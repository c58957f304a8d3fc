"""Slow twins of the Hamiltonian moves and of the whole sampler, written from the formulas."""

from __future__ import annotations

import numpy as np
from scipy.special import log_ndtr, ndtr, ndtri


def log_posterior(y, x, items, prior, centre=1.0):
    """Σ log Φ(q m) − (Σ(x − mean)² + centre n mean²)/2 − Σ prior (α, β)²/2."""
    m = items[:, 0] + x @ items[:, 1:].T
    value = log_ndtr(y * m)[y != 0].sum()
    mean = x.mean(axis=0)
    value -= 0.5 * (((x - mean) ** 2).sum() + centre * len(x) * (mean**2).sum())
    return value - 0.5 * (prior * items**2).sum()


def gradients(y, x, items, prior, centre=1.0):
    """In x and in the items, with exact λ(q m) = φ/Φ."""
    m = items[:, 0] + x @ items[:, 1:].T
    pull = y * np.exp(-0.5 * m**2 - 0.5 * np.log(2 * np.pi) - log_ndtr(y * m)) * (y != 0)
    ones = np.column_stack([np.ones(len(x)), x])
    held = x - (1.0 - centre) * x.mean(axis=0)
    return pull @ items[:, 1:] - held, pull.T @ ones - prior * items


def item_path(y, x, items, prior, root, v, step, n_steps):
    """Leapfrog of all items at once in coordinates u with b = root u; their ends and gains."""
    b, v = items.copy(), v.copy()

    def energy(b, v):
        m = b[:, 0] + x @ b[:, 1:].T
        like = np.where(y != 0, log_ndtr(y * m), 0.0).sum(axis=0)
        return like - 0.5 * (prior * b**2).sum(axis=1) - 0.5 * (v**2).sum(axis=1)

    def force(b):
        return np.einsum("jab,ja->jb", root, gradients(y, x, b, prior)[1])

    start = energy(b, v)
    for _ in range(n_steps):
        v = v + 0.5 * step[:, None] * force(b)
        b = b + step[:, None] * np.einsum("jab,jb->ja", root, v)
        v = v + 0.5 * step[:, None] * force(b)
    return b, energy(b, v) - start


def position_path(y, x, items, priors, block, follow, v, step, n_steps):
    """Leapfrog of the positions in u with x = block u, items following by −follow; the gain too."""
    prior, centre = priors
    x, items, v = x.copy(), items.copy(), v.copy()
    start = log_posterior(y, x, items, prior, centre) - 0.5 * v @ v

    def force():
        gx, gi = gradients(y, x, items, prior, centre)
        return block.T @ gx.ravel() - follow.T @ gi.ravel()

    for _ in range(n_steps):
        v += 0.5 * step * force()
        x = x + step * (block @ v).reshape(x.shape)
        items = items - step * (follow @ v).reshape(items.shape)
        v += 0.5 * step * force()
    return x, items, log_posterior(y, x, items, prior, centre) - 0.5 * v @ v - start


def gibbs(y, variance, n, rng):
    """Albert and Chib's data augmentation in one dimension: n draws of x after warm-up.

    With ``variance`` None the priors are drawn too: 1/variance of α and of β ~ Gamma(1, 1), and the
    mean of x ~ N(0, 25).
    """
    tau, mean, learned = np.full(2, 1.0 / (variance or 1.0)), 0.0, variance is None
    n_actors, n_items = y.shape
    x, items = rng.standard_normal(n_actors), np.zeros((n_items, 2))
    seen, kept = (y != 0).astype(float), []
    for t in range(n + n // 10):
        m = items[:, 0] + np.outer(x, items[:, 1])
        # y* = m + e with q e > −q m, drawn by inverting Φ
        latent = (m - y * ndtri(rng.random(y.shape) * ndtr(y * m))) * seen
        d = np.column_stack([np.ones(n_actors), x])
        v = np.linalg.inv(np.einsum("ij,ia,ib->jab", seen, d, d) + np.diag(tau))
        noise = rng.standard_normal((n_items, 2))
        items = np.einsum("jab,jb->ja", v, latent.T @ d)
        items += np.einsum("jab,jb->ja", np.linalg.cholesky(v), noise)
        v = 1.0 / (1.0 + seen @ items[:, 1] ** 2)
        x = v * ((latent - seen * items[:, 0]) @ items[:, 1] + mean)
        x += np.sqrt(v) * rng.standard_normal(n_actors)
        if learned:
            tau = rng.gamma(1.0 + n_items / 2, size=2) / (1.0 + 0.5 * (items**2).sum(axis=0))
            precise = n_actors + 1 / 25
            mean = x.sum() / precise + rng.standard_normal() / np.sqrt(precise)
        if t >= n // 10:
            kept.append(x)
    return np.array(kept)
