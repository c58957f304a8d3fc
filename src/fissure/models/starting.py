"""Where the climb of dynamic ideal points begins: leading directions, then alternating steps."""

from __future__ import annotations

import math

import numpy as np
from numpy.typing import NDArray

from fissure.matrix import Packed
from fissure.models.careers import Careers
from fissure.models.drift import ROUGHLY, Drift, Point, Variances, climb

__all__ = ["along_careers", "openings", "rounds", "starts"]

Array = NDArray[np.float64]

#: Choices by period are made dense this many cells at a time.
DENSE_CELLS = 500_000
#: Alternating rounds before Newton's steps.
ROUNDS = 6
#: Openings are climbed to this gradient, in at most so many steps, and are one where their log
#: posteriors differ by less than the last.
NEARLY, STEPS, SAME = 1e-3, 50, 1e-3


def openings(d: Drift, v: Variances, is_signed: bool) -> list[Point]:
    """Points to climb from: the best after some alternating rounds; in small bodies all tops.

    Where some actors begin at given places (``is_signed``) the mirror images differ, and are tried.
    """
    k, out = np.full(len(d.careers.link_from), 1 / v.omega2), []
    for start in starts(d):
        for sign in (1.0, -1.0) if is_signed else (1.0,):
            items = np.zeros((len(d.careers.items), 8))
            x, items = rounds(d, sign * start, items, v, ROUNDS)
            out.append(d.point(x, items, v, k))
    if not d.is_small:
        return [max(out, key=lambda p: p.value)]
    kept: list[Point] = []
    for p in out:
        top, _ = climb(d, p, v, k, NEARLY, STEPS)
        if not any(math.isclose(top.value, other.value, abs_tol=SAME) for other in kept):
            kept.append(top)
    return kept


def starts(d: Drift) -> list[Array]:
    """Starting positions: each period's leading direction, turned to agree with the one before."""
    c = d.careers
    leading = d.over_periods(lambda t: _leading(c.choices[t], int(c.cut[t + 1] - c.cut[t])))
    last = np.zeros(int(c.actor.max()) + 1)
    chained = np.empty(c.n)
    for t, (lo, hi) in enumerate(c.stretches()):
        sign = 1.0 if last[c.actor[lo:hi]] @ leading[t] >= 0 else -1.0
        chained[lo:hi] = sign * leading[t]
        last[c.actor[lo:hi]] = chained[lo:hi]
    total = np.bincount(c.actor, chained * (c.n_choices > 0))
    count = np.bincount(c.actor, c.n_choices > 0)
    steady = (total / np.maximum(count, 1))[c.actor]
    return [chained, steady]


def _leading(packed: Packed, n: int) -> Array:
    """The leading direction of a period's choices less each item's mean, with mean square 1."""
    gram = np.zeros((n, n))
    step = max(16, DENSE_CELLS // n)
    for lo in range(0, len(packed.start) - 1, step):
        start = packed.start[lo : lo + step + 1]
        code = packed.code[start[0] : start[-1]]
        y = np.zeros((len(start) - 1, n))
        row = np.repeat(np.arange(len(y)), np.diff(start))
        q = 2.0 * (code & 1) - 1.0
        mean = np.bincount(row, q, len(y)) / np.maximum(np.diff(start), 1)
        y[row, code >> 1] = q - mean[row]
        gram += y.T @ y
    v = np.random.default_rng(0).standard_normal(n)
    for _ in range(100):
        v = gram @ v
        v /= max(float(np.sqrt(v @ v)), 1e-300)
    return v * math.sqrt(n)


def rounds(d: Drift, x: Array, items: Array, v: Variances, n: int) -> tuple[Array, Array]:
    """Alternating steps: items given positions, then each actor's positions given the items."""
    k = np.full(len(d.careers.link_from), 1 / v.omega2)
    for _ in range(n):
        p = d.point(x, items, v, k, ROUGHLY)
        x = x + along_careers(d.careers, p.own, k, p.grad)
        x, items = d.balance(x, p.items, v, k)
    return x, items


def along_careers(c: Careers, own: Array, k: Array, rhs: Array) -> Array:
    """Solve each actor's tridiagonal system: diagonal ``own``, −k between neighbours."""
    diagonal, out = own.copy(), rhs.copy()
    steps = [slice(int(a), int(b)) for a, b in zip(c.link_cut[:-1], c.link_cut[1:], strict=True)]
    for s in steps:
        ratio = k[s] / diagonal[c.link_from[s]]
        diagonal[c.link_to[s]] -= ratio * k[s]
        out[c.link_to[s]] += ratio * out[c.link_from[s]]
    out /= diagonal
    for s in reversed(steps):
        out[c.link_from[s]] += k[s] * out[c.link_to[s]] / diagonal[c.link_from[s]]
    return out
