"""The algorithm of emIRT's dynIRT, written again from its equations, to be run beside ours.

Variational expectation-maximisation of Imai, Lo and Olmsted (2016), "Fast Estimation of Ideal
Points with Massive Data", American Political Science Review 110(4), 631-656. As in emIRT 0.0.15,
ω² is given, sums run over all items of a period whether or not the member chose (a choice that is
missing is replaced by its expectation), and it stops when positions and items correlate with those
of the iteration before to within ``tol``. Not emIRT's code: held against its stored results.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from scipy.special import log_ndtr, ndtr


@dataclass
class DynIRT:
    """Positions and variances by (actor, period) of the layout, item means and covariances."""

    x: np.ndarray
    var: np.ndarray
    items: np.ndarray
    cov: np.ndarray
    n_iter: int

    def chance(self, state, item, integrate=False):
        """P(yea), at the means as its users do, or with the variational variances integrated."""
        b = self.items[item, 1]
        x, m = self.x[state], self.items[item, 0] + self.items[item, 1] * self.x[state]
        if not integrate:
            return ndtr(m)
        c = self.cov[item]
        v = c[:, 0, 0] + 2 * x * c[:, 0, 1] + x * x * c[:, 1, 1]
        v = v + self.var[state] * (b * b + c[:, 1, 1])
        return ndtr(m / np.sqrt(1 + v))


def dense_periods(careers):
    """Dense tables of +1, −1 and 0, items by states, one a period."""
    out = []
    for packed, (lo, hi) in zip(careers.choices, careers.stretches(), strict=True):
        y = np.zeros((len(packed.start) - 1, hi - lo), np.int8)
        row = np.repeat(np.arange(len(y)), packed.counts())
        y[row, packed.code >> 1] = np.where(packed.code & 1, 1, -1)
        out.append(y)
    return out


def walk(careers, precision, pull, omega2, mean, variance):
    """Filter and smoother of every actor: means and variances by state."""
    c, n = careers, careers.n
    prior_mean, prior_var = np.zeros(n), np.zeros(n)
    prior_mean[c.first], prior_var[c.first] = mean, variance
    filtered, spread = np.zeros(n), np.zeros(n)
    source = np.full(n, -1)
    source[c.link_to] = np.arange(len(c.link_to))
    for lo, hi in c.stretches():
        s = np.arange(lo, hi)
        later = s[source[s] >= 0]
        before = c.link_from[source[later]]
        prior_mean[later] = filtered[before]
        prior_var[later] = spread[before] + omega2[c.actor[later]]
        spread[s] = 1 / (1 / prior_var[s] + precision[s])
        filtered[s] = spread[s] * (prior_mean[s] / prior_var[s] + pull[s])
    x, var = filtered.copy(), spread.copy()
    for t in range(len(c.link_cut) - 2, -1, -1):
        at = slice(c.link_cut[t], c.link_cut[t + 1])
        a, b = c.link_from[at], c.link_to[at]
        gain = spread[a] / prior_var[b]
        x[a] = filtered[a] + gain * (x[b] - prior_mean[b])
        var[a] = spread[a] + gain**2 * (var[b] - prior_var[b])
    return x, var


def expected(y, m):
    """E y* given the choice: m + q φ(m) / Φ(q m), and m where there is none."""
    z = y * m
    mills = np.exp(-0.5 * z * z - 0.5 * np.log(2 * np.pi) - log_ndtr(z))
    return m + y * mills


def fit(careers, x, items, omega2, mean, variance, item_variance, tol=1e-6, max_iter=5000):
    """From starting positions and items; see the module."""
    tables, c = dense_periods(careers), careers
    x, items = x.astype(float).copy(), items.astype(float).copy()
    var, cov = np.zeros(c.n), np.zeros((len(items), 2, 2))
    n_iter, done = 0, False
    while not done and n_iter < max_iter:
        n_iter += 1
        before = x.copy(), items.copy()
        precision, pull, latent = np.zeros(c.n), np.zeros(c.n), []
        for t, (lo, hi) in enumerate(c.stretches()):
            j = slice(c.item_cut[t], c.item_cut[t + 1])
            a, b = items[j].T
            star = expected(tables[t], a[:, None] + b[:, None] * x[lo:hi])
            latent.append(star)
            precision[lo:hi] = (b * b + cov[j, 1, 1]).sum()
            pull[lo:hi] = b @ star - (a * b + cov[j, 0, 1]).sum()
        x, var = walk(c, precision, pull, omega2, mean, variance)
        for t, (lo, hi) in enumerate(c.stretches()):
            j = slice(c.item_cut[t], c.item_cut[t + 1])
            u = np.column_stack([np.ones(hi - lo), x[lo:hi]])
            information = u.T @ u + np.eye(2) / item_variance
            information[1, 1] += var[lo:hi].sum()
            cov[j] = np.linalg.inv(information)
            items[j] = latent[t] @ u @ cov[j][0]
        pairs = ((before[0], x), (before[1][:, 0], items[:, 0]), (before[1][:, 1], items[:, 1]))
        done = all(abs(np.corrcoef(p)[0, 1] - 1) < tol for p in pairs)
    return DynIRT(x, var, items, cov, n_iter)
