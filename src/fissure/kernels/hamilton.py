"""Hamiltonian moves on the probit model's posterior: items one by one, and all actors together.

Forces along a path are read from a coarse table of λ = φ/Φ; any force that depends on the place
alone keeps volume and can be run backwards, so that only what decides on acceptance, the log
posterior at both ends, has to be exact (Neal 2011, sections 5.2.3 and 5.5).

``choices`` are (start, code, sides): the choices by item as in :class:`fissure.matrix.Packed`, and
the same as a table, int8 (n_items, n_actors) of +1 yea, −1 nay and 0. In one dimension the table is
used where it has rows: walked through in order it takes several actors at once, and is worth its
empty cells while these are not much more than half. Both ways give the same but for rounding.
"""

from __future__ import annotations

import math

import numpy as np

from fissure.kernels._jit import jit, jit_sums
from fissure.kernels.probit import TABLE, log_ndtr_mills

__all__ = ["PULL", "VALUE", "as_table", "glide", "middles", "row_values", "wander"]


def _make_value() -> np.ndarray:
    """Cubic pieces of log Φ(z) on −8 to 8, 32 to the unit, as in TABLE: error below 1e-8.

    With half the pieces and no λ beside them it stays in the first cache. The last row, for z
    beyond 8, is 0.
    """
    at, slope = np.append(TABLE[::2, 0], 0.0), np.append(TABLE[::2, 4], 0.0) / 32.0
    rise = np.diff(at)
    cubic = [at[:-1], slope[:-1], 3 * rise - 2 * slope[:-1] - slope[1:]]
    cubic.append(slope[:-1] + slope[1:] - 2 * rise)
    return np.vstack([np.column_stack(cubic), np.zeros((1, 4))])


def _make_pull() -> np.ndarray:
    """λ(z) at −8, −8 + 1/64, … 8, and its rise to the next: straight lines, error below 1e-5.

    Beyond −8 the first line goes on; beyond 8 λ is 0. At 16 kB it stays in the first cache.
    """
    at, rise = TABLE[:, 4], TABLE[:, 5:].sum(axis=1)
    return np.vstack([np.column_stack([at, rise]), np.zeros((1, 2))])


VALUE, PULL = _make_value(), _make_pull()
for _table in (VALUE, PULL):
    _table.setflags(write=False)


@jit
def as_table(start, code, out):  # type: ignore[no-untyped-def]
    """Fill the table of the choices; ``out`` int8 (n_items, n_actors) of zeros."""
    for r in range(len(out)):
        for at in range(start[r], start[r + 1]):
            out[r, code[at] >> 1] = 1 if code[at] & 1 else -1


@jit
def middles(choices, x, out):  # type: ignore[no-untyped-def]
    """The mean place on the line of those who chose, for each item; 0 where nobody did."""
    start, code, _ = choices
    for r in range(len(out)):
        total = 0.0
        for at in range(start[r], start[r + 1]):
            total += x[code[at] >> 1, 0]
        out[r] = total / max(start[r + 1] - start[r], 1)


@jit_sums
def _value(z, table):  # type: ignore[no-untyped-def]
    """log Φ(z) from VALUE, for z not below −8."""
    place = min((z + 8.0) * 32.0, len(table) - 1.0)
    c = max(int(place), 0)
    t = place - c
    return ((table[c, 3] * t + table[c, 2]) * t + table[c, 1]) * t + table[c, 0]


@jit_sums
def _force(q, m, pull):  # type: ignore[no-untyped-def]
    """q λ(q m) from PULL."""
    place = min((q * m + 8.0) * 64.0, len(pull) - 1.0)
    c = max(int(place), 0)
    return q * (pull[c, 0] + pull[c, 1] * (place - c))


@jit
def _row_value(choices, x, b, r, table):  # type: ignore[no-untyped-def]
    """Σ log Φ(q m) over the choices of item r with coefficients b."""
    start, code, sides = choices
    if len(sides):
        total, n_below = _side_value(sides[r], x.reshape(-1), b[0], b[1], table)
        if n_below == 0:
            return total
    total = 0.0
    for at in range(start[r], start[r + 1]):
        k = code[at] >> 1
        m = b[0]
        for d in range(x.shape[1]):
            m += b[d + 1] * x[k, d]
        z = (2.0 * (code[at] & 1) - 1.0) * m
        if z < -8.0:
            total += log_ndtr_mills(z, TABLE)[0]
            continue
        total += _value(z, table)
    return total


@jit_sums
def _side_value(side, x, b0, b1, table):  # type: ignore[no-untyped-def]
    """The same from a row of the table, right where no z is below −8; and how many are."""
    total, n_below = 0.0, 0
    for i in range(len(x)):
        z = side[i] * (b0 + b1 * x[i])
        n_below += z < -8.0
        total += _value(z, table) if side[i] != 0 else 0.0
    return total, n_below


@jit
def row_values(choices, x, items, table, out):  # type: ignore[no-untyped-def]
    """The log likelihood of each item."""
    for r in range(len(items)):
        out[r] = _row_value(choices, x, items[r], r, table)


@jit
def _hold(b, law, r, g):  # type: ignore[no-untyped-def]
    """Gradient of the log prior in the coefficients b of item r, into g."""
    kind, centre, precision = law
    k = kind[r]
    for a in range(len(g)):
        g[a] = -precision[k, a] * (b[a] - centre[r, a])


@jit
def _row_pull(choices, x, b, r, pull, law, g):  # type: ignore[no-untyped-def]
    """Gradient of the log posterior in the coefficients b of item r, into g."""
    start, code, sides = choices
    dims = x.shape[1]
    _hold(b, law, r, g)
    if len(sides):
        g0, g1 = _side_pull(sides[r], x.reshape(-1), b[0], b[1], pull)
        g[0] += g0
        g[1] += g1
        return
    if dims == 1:  # sums in registers
        b0, b1 = b[0], b[1]
        g0, g1 = g[0], g[1]
        for at in range(start[r], start[r + 1]):
            k = code[at] >> 1
            q = 2.0 * (code[at] & 1) - 1.0
            s = _force(q, b0 + b1 * x[k, 0], pull)
            g0 += s
            g1 += s * x[k, 0]
        g[0], g[1] = g0, g1
        return
    for at in range(start[r], start[r + 1]):
        k = code[at] >> 1
        q = 2.0 * (code[at] & 1) - 1.0
        m = b[0]
        for d in range(dims):
            m += b[d + 1] * x[k, d]
        s = _force(q, m, pull)
        g[0] += s
        for d in range(dims):
            g[d + 1] += s * x[k, d]


@jit_sums
def _side_pull(side, x, b0, b1, pull):  # type: ignore[no-untyped-def]
    """Σ q λ(q m) (1, x) over a row of the table."""
    g0, g1 = 0.0, 0.0
    for i in range(len(x)):
        s = _force(side[i], b0 + b1 * x[i], pull)
        g0 += s
        g1 += s * x[i]
    return g0, g1


@jit_sums
def _side_pull_all(side, x, b0, b1, pull, gx):  # type: ignore[no-untyped-def]
    """The same, and the pull on the actors added to ``gx``."""
    g0, g1 = 0.0, 0.0
    for i in range(len(x)):
        s = _force(side[i], b0 + b1 * x[i], pull)
        g0 += s
        g1 += s * x[i]
        gx[i] += s * b1
    return g0, g1


@jit
def _all_pull(choices, x, items, pull, priors, gx, gi):  # type: ignore[no-untyped-def]
    """Gradient of the log posterior in all positions and items, in one pass."""
    start, code, sides = choices
    law, centre = priors
    dims, xs, gs = x.shape[1], x.reshape(-1), gx.reshape(-1)
    for d in range(dims):
        middle = 0.0
        for i in range(len(x)):
            middle += x[i, d]
        middle *= (1.0 - centre) / len(x)
        for i in range(len(x)):
            gx[i, d] = middle - x[i, d]
    for r in range(len(items)):
        b0, b1 = items[r, 0], items[r, 1]
        _hold(items[r], law, r, gi[r])
        if len(sides):
            g0, g1 = _side_pull_all(sides[r], xs, b0, b1, pull, gs)
            gi[r, 0] += g0
            gi[r, 1] += g1
            continue
        g0, g1 = gi[r, 0], gi[r, 1]
        for at in range(start[r], start[r + 1]):
            k = code[at] >> 1
            q = 2.0 * (code[at] & 1) - 1.0
            m = b0 + b1 * x[k, 0]
            for d in range(1, dims):
                m += items[r, d + 1] * x[k, d]
            s = _force(q, m, pull)
            g0 += s
            g1 += s * x[k, 0]
            gx[k, 0] += s * b1
            for d in range(1, dims):
                gi[r, d + 1] += s * x[k, d]
                gx[k, d] += s * items[r, d + 1]
        gi[r, 0], gi[r, 1] = g0, g1


@jit
def _size(v):  # type: ignore[no-untyped-def]
    """v'v / 2."""
    total = 0.0
    for a in range(len(v)):
        total += v[a] * v[a]
    return 0.5 * total


@jit
def _breadth(x, centre):  # type: ignore[no-untyped-def]
    """What the prior holds against positions: (Σ (x − mean)² + ``centre`` n mean²) / 2."""
    total = 0.0
    for d in range(x.shape[1]):
        middle = 0.0
        for i in range(len(x)):
            middle += x[i, d]
            total += x[i, d] * x[i, d]
        total -= (1.0 - centre) * middle * middle / len(x)
    return 0.5 * total


@jit
def _weight(b, law, r):  # type: ignore[no-untyped-def]
    """Σ precision (b − centre)² / 2: what the prior holds against coefficients b of item r."""
    kind, centre, precision = law
    k, total = kind[r], 0.0
    for a in range(len(b)):
        away = b[a] - centre[r, a]
        total += precision[k, a] * away * away
    return 0.5 * total


@jit
def _weights(items, law):  # type: ignore[no-untyped-def]
    """The same, summed over all items."""
    total = 0.0
    for r in range(len(items)):
        total += _weight(items[r], law, r)
    return total


@jit
def wander(choices, tables, law, state, root, noise, step, n_steps):  # type: ignore[no-untyped-def]
    """A Hamiltonian move of each item given the positions, accepted or not by itself.

    ``tables`` are (VALUE, PULL). ``law`` is the items' prior:
    item r is N(centre[r], 1/precision[kind[r]]) in each coefficient; (kind, (n_items,); centre,
    (n_items, p); precision, (n_kinds, p)). ``state`` is (x, items, log likelihood of each item),
    of which items and log likelihoods change. ``root[r]`` is upper triangular, and maps the item's
    whitened coordinates to its own. ``noise`` is (momenta (n_items, p), uniforms (n_items,),
    chances of acceptance, which are filled in). ``step`` and ``n_steps`` are one an item.
    """
    table, pull = tables
    x, items, values = state
    momentum, chance, accepted = noise
    p = items.shape[1]
    b, g = np.empty(p), np.empty(p)
    for r in range(len(items)):
        v, e, up = momentum[r], step[r], root[r]
        b[:] = items[r]
        before = values[r] - _weight(b, law, r) - _size(v)
        for t in range(n_steps[r] + 1):
            _row_pull(choices, x, b, r, pull, law, g)
            kick = 0.5 * e if t == 0 or t == n_steps[r] else e
            for a in range(p):
                for c in range(a + 1):
                    v[a] += kick * up[c, a] * g[c]
            if t < n_steps[r]:
                for a in range(p):
                    for c in range(a, p):
                        b[a] += e * up[a, c] * v[c]
        value = _row_value(choices, x, b, r, table)
        gain = value - _weight(b, law, r) - _size(v) - before
        accepted[r] = math.exp(min(gain, 0.0)) if gain > -1000.0 else 0.0  # NaN too
        if chance[r] < accepted[r]:
            items[r] = b
            values[r] = value


@jit
def glide(choices, tables, priors, state, metric, v, step, n_steps):  # type: ignore[no-untyped-def]
    """A Hamiltonian path of all positions, which the items follow; the gain that decides on it.

    ``priors`` are the items' law, as in :func:`wander`, and how much of a precision of 1 holds the
    mean of the positions: 1 where they are N(0, I), less where that mean is free. ``metric`` is
    (blocks, follow). ``blocks`` (n_blocks, size, size) map whitened coordinates to
    positions; while those move by d, the items move by −``follow`` d, of shape (n_items p,
    n_actors dims), or stay where it has no rows. ``state`` is changed in place, the momentum ``v``
    too. The gain is that of the log posterior less kinetic energy.
    """
    table, pull = tables
    law, centre = priors
    x, items, values = state
    blocks, follow = metric
    size = blocks.shape[1]
    xs, bs = x.reshape(-1), items.reshape(-1)
    gx, gi = np.empty(x.shape), np.empty(items.shape)
    gain = _breadth(x, centre) + _weights(items, law) + _size(v) - values.sum()
    for t in range(n_steps + 1):
        _all_pull(choices, x, items, pull, priors, gx, gi)
        g = gx.reshape(-1)
        kick = 0.5 * step if t == 0 or t == n_steps else step
        for k in range(len(blocks)):
            lo, hi = k * size, (k + 1) * size
            v[lo:hi] += kick * np.dot(g[lo:hi], blocks[k])
        if len(follow):
            v -= kick * np.dot(gi.reshape(-1), follow)
        if t < n_steps:
            for k in range(len(blocks)):
                lo, hi = k * size, (k + 1) * size
                xs[lo:hi] += step * np.dot(blocks[k], v[lo:hi])
            if len(follow):
                bs -= step * np.dot(follow, v)
    row_values(choices, x, items, table, values)
    return gain - _breadth(x, centre) - _weights(items, law) - _size(v) + values.sum()
