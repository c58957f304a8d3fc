"""Slow, obvious twins of the unfolding kernel and climb, written from the formulas."""

import numpy as np
from scipy.integrate import quad
from scipy.stats import norm


def both_below(a, b):
    """Φ₂(a, b; ½): Z₁ < a, and given Z₁ = z the other is normal around z/2 with variance 3/4."""
    root = np.sqrt(0.75)
    return quad(lambda z: norm.pdf(z) * norm.cdf((b - z / 2) / root), -12, a, epsabs=1e-12)[0]


def pum(x, low, high, s, t):
    """P(yea) of three options with independent normal errors: yea is the one in the middle.

    Yea is chosen where it beats both nays. With e₁, e₂, e₃ ~ N(0, 1) its lead over the lower nay
    is √2 s (x − low) + e₂ − e₁, and over the upper one √2 t (high − x) + e₂ − e₃. Given e₂ the two
    are independent.
    """
    a, b = np.sqrt(2) * s * (x - low), np.sqrt(2) * t * (high - x)
    return quad(lambda e: norm.pdf(e) * norm.cdf(a + e) * norm.cdf(b + e), -12, 12)[0]


def one_round(y, places, share, logs, prior, n_monotone):
    """Items given actors and actors given items, cell by cell: places and bound of one round."""
    n, j = y.shape
    points = places.shape[1]
    grid = np.linspace(-3.2, 3.2, points)
    line = -0.5 * grid**2
    line -= np.log(np.exp(line).sum())
    n_folded = len(logs) - n_monotone
    start = [np.log(1 - share) + p for p in prior] + [np.log(share / n_folded)] * n_folded
    bound, expected = 0.0, np.zeros((n, points))
    for v in range(j):
        score = np.array(start)
        for i in range(n):
            if y[i, v]:
                half = logs[:, :points] if y[i, v] > 0 else logs[:, points:]
                score += half @ places[i]
        total = np.logaddexp.reduce(score)
        curve = np.exp(score - total)
        bound += total
        for i in range(n):
            if y[i, v]:
                half = logs[:, :points] if y[i, v] > 0 else logs[:, points:]
                expected[i] += curve @ half
    for i in range(n):
        for p, g in zip(places[i], line, strict=True):
            bound += p * (g - np.log(max(p, 1e-300)))
    new = expected + line
    new = np.exp(new - new.max(axis=1, keepdims=True))
    return new / new.sum(axis=1, keepdims=True), bound
