"""Paths through windows that open and close: masses summed over all of them by recursion in time.

A path is closed or open in each period. Emissions depend on whether it is open, and on its age: how
many periods ago it last switched, the largest age standing for that age or more. ``white`` has a
row a period: the whitened depth, the response to a level, and the response to a switch of age 0, 1
… Each kernel sums over all paths of 0 … K windows at given levels.
"""

from __future__ import annotations

import math

import numpy as np

from fissure.kernels._jit import jit

__all__ = ["emissions", "forward", "window_table"]

#: Log densities this far below the best of their period are taken as nothing.
NEGLIGIBLE = -60.0


@jit
def emissions(white, level, rise, t, out):  # type: ignore[no-untyped-def]
    """Log densities of period t, less their constant, in ``out[t]`` of shape (2, ages).

    ``out[t, 1, a]`` is for a window opened a periods ago, ``out[t, 0, a]`` for one that closed
    then; the last age stands for a switch so long ago that it no longer matters.
    """
    ages = out.shape[2]
    rest = white[t, 0] - level * white[t, 1]
    for a in range(ages):
        answer = white[t, 1]
        if a < ages - 1:
            answer = white[t, 2 + a]
        up = rest - rise * answer
        down = rest - rise * (white[t, 1] - answer)
        out[t, 1, a] = -0.5 * up * up
        out[t, 0, a] = -0.5 * down * down


@jit
def forward(white, levels, rises, least, prior, limits, total, count):  # type: ignore[no-untyped-def]
    """Sum over paths at each pair of level and rise, from the first period to the last.

    ``prior[k]`` is the mass of each path with k windows; ``limits`` are the fewest periods of a
    window and of a gap, and the last period in which a window may open. Filled: ``total[p, t]``,
    the log mass of the data up to t over all paths, and in the last period that times the prior;
    ``count[p, k]``, the share of paths with k windows in the end. A pair whose mass cannot reach
    ``least[p]`` is left out: its last total is −inf.
    """
    n, last, ages = white.shape[0], len(prior) - 1, white.shape[1] - 1
    log_like, mass = np.empty((n, 2, ages)), np.empty((2, last + 1, ages))
    top, left = np.empty(n), np.zeros(n + 1)
    for p in range(len(levels)):
        count[p] = 0.0
        total[p, n - 1] = -np.inf
        for t in range(n - 1, -1, -1):
            emissions(white, levels[p], rises[p], t, log_like)
            top[t] = log_like[t].max()
            left[t] = left[t + 1] + top[t]
            # no path does better than the best of each period, and priors sum to 1
            if left[t] < least[p]:
                left[0] = -np.inf
                break
        if left[0] == -np.inf:
            continue
        mass[:] = 0.0
        mass[0, 0, ages - 1] = mass[1, 1, ages - 1] = 1.0
        scale = 0.0
        for t in range(n):
            if scale + left[t] < least[p]:
                scale = -np.inf
                break
            if t > 0:
                for k in range(last, -1, -1):
                    closing, opening = 0.0, 0.0
                    for a in range(limits[0] - 1, ages):
                        closing += mass[1, k, a]
                    if k > 0 and t <= limits[2]:
                        for a in range(limits[1] - 1, ages):
                            opening += mass[0, k - 1, a]
                    for z in range(2):
                        mass[z, k, ages - 1] += mass[z, k, ages - 2]
                        for a in range(ages - 2, 0, -1):
                            mass[z, k, a] = mass[z, k, a - 1]
                    mass[0, k, 0], mass[1, k, 0] = closing, opening
            whole = 0.0
            for z in range(2):
                for a in range(ages):
                    below = log_like[t, z, a] - top[t]
                    weight = math.exp(below) if below > NEGLIGIBLE else 0.0
                    for k in range(last + 1):
                        mass[z, k, a] *= weight
                        whole += mass[z, k, a]
            if whole <= 0.0:
                scale = -np.inf
                break
            scale += top[t] + math.log(whole)
            total[p, t] = scale
            mass /= whole
        whole = 0.0
        for k in range(last + 1):
            count[p, k] = prior[k] * mass[:, k].sum()
            whole += count[p, k]
        if scale == -np.inf or whole <= 0.0:
            total[p, n - 1] = -np.inf
        else:
            total[p, n - 1] += math.log(whole)
            count[p] /= whole


@jit
def window_table(white, levels, rises, weight, log_mass, prior, limits, table):  # type: ignore[no-untyped-def]
    """Add to ``table[o, c]`` the probability of a window from o to just before c.

    ``weight`` is the mass of each pair of level and rise, ``log_mass[p, t]`` the ``total`` of
    :func:`forward` for it, and ``prior[k]`` the mass of each path with k windows. Column n of the
    table is for windows still open.
    """
    n, ages, last = white.shape[0], white.shape[1] - 1, len(prior) - 1
    latest = max(0, limits[2])
    like = np.empty((n, 2, ages))
    opened, closed = np.empty((last + 2, n + 1)), np.empty((last + 1, n + 1))
    after, again = np.empty((last + 2, n + 1)), np.empty((last + 2, n + 1))
    for p in range(len(levels)):
        for t in range(n):
            emissions(white, levels[p], rises[p], t, like)
            before = log_mass[p, t - 1] if t > 0 else 0.0
            for z in range(2):
                for a in range(ages):
                    like[t, z, a] = math.exp(like[t, z, a] - log_mass[p, t] + before)
        opened[:], closed[:], after[:] = 0.0, 0.0, 0.0
        opened[1, 0] = 1.0
        run = 1.0
        for b in range(1, latest + 1):
            run *= like[b - 1, 0, ages - 1]
            opened[1, b] = run
        for o in range(n):
            if o > 0:  # gaps that began at o: every window that closed there is known by now
                run = 1.0
                for b in range(o + 1, latest + 1):
                    run *= like[b - 1, 0, min(b - 1 - o, ages - 1)]
                    if b - o >= limits[1]:
                        for k in range(1, last):
                            opened[k + 1, b] += closed[k, o] * run
            if o > latest:
                break
            run = 1.0
            for c in range(o + 1, n):
                run *= like[c - 1, 1, ages - 1 if o == 0 else min(c - 1 - o, ages - 1)]
                if c - o >= limits[0] or o == 0:
                    for k in range(1, last + 1):
                        closed[k, c] += opened[k, o] * run
        # after[k, c]: all that can follow once window k closed at c; again[k, b]: once it opened
        after[: last + 1, n] = prior
        again[:] = 0.0
        for b in range(n - 1, 0, -1):
            run = 1.0
            for c in range(b + 1, n + 1):
                run *= like[c - 1, 1, min(c - 1 - b, ages - 1)]
                if c - b >= limits[0] or c == n:
                    for k in range(1, last + 1):
                        again[k, b] += run * after[k, c]
            run = 1.0
            for c in range(b + 1, n + 1):
                run *= like[c - 1, 0, min(c - 1 - b, ages - 1)]
                if c == n:
                    for k in range(1, last + 1):
                        after[k, b] += run * prior[k]
                elif c - b >= limits[1] and c <= latest:
                    for k in range(1, last):
                        after[k, b] += run * again[k + 1, c]
        for o in range(latest + 1):
            run = weight[p]
            for c in range(o + 1, n + 1):
                run *= like[c - 1, 1, ages - 1 if o == 0 else min(c - 1 - o, ages - 1)]
                if c - o >= limits[0] or o == 0 or c == n:
                    here = 0.0
                    for k in range(1, last + 1):
                        here += opened[k, o] * after[k, c]
                    table[o, c] += run * here
