"""Slow, obvious twins for set relations and ceilings, written from the definitions."""

from itertools import combinations, pairwise, product

import numpy as np


def holds(term, row):
    """Whether a product (0 absent, 1 present, 2 either) covers a row."""
    return all(t in (2, r) for t, r in zip(term, row, strict=True))


def prime_implicants(positive, negative, k):
    """Products that cover a positive row, no negative one, and cannot be shortened."""

    def is_implicant(term):
        return not any(holds(term, row) for row in negative)

    out = []
    for term in product((0, 1, 2), repeat=k):
        if not is_implicant(term) or not any(holds(term, row) for row in positive):
            continue
        shorter = [(*term[:j], 2, *term[j + 1 :]) for j in range(k) if term[j] != 2]
        if not any(is_implicant(s) for s in shorter):
            out.append(term)
    return set(out)


def minimum_covers(chart):
    """All smallest sets of columns that cover every row, by trying all sets."""
    n_columns = chart.shape[1]
    for size in range(n_columns + 1):
        found = [c for c in combinations(range(n_columns), size) if chart[:, c].any(axis=1).all()]
        if found:
            return found
    return []


def consistency(part, whole):
    inside = sum(min(a, b) for a, b in zip(part, whole, strict=True))
    return inside / sum(part)


def ron(x, y):
    return sum(1 - a for a in x) / sum(1 - min(a, b) for a, b in zip(x, y, strict=True))


def pri(x, y):
    both = sum(min(a, b) for a, b in zip(x, y, strict=True))
    twice = sum(min(a, b, 1 - b) for a, b in zip(x, y, strict=True))
    return (both - twice) / (sum(x) - twice)


def haesebrouck(x, y):
    pairs = list(zip(x, y, strict=True))
    both = sum(min(a, b) for a, b in pairs)
    return both / sum(min(a, b) + np.sqrt(max(a - b, 0) * a) for a, b in pairs)


def peers(x, y):
    """Cases that no case with as small an x exceeds, and that are higher than all further left."""
    points = list(zip(x, y, strict=True))
    return sorted(
        (a, b)
        for a, b in points
        if all(d < b for c, d in points if c < a) and all(d <= b for c, d in points if c == a)
    )


def step_zone(x, y, scope):
    """Area above the steps: for each slice between two x, what is free above all cases so far."""
    x0, x1, y0, y1 = scope
    cuts = sorted({x0, x1, *x})
    area = 0.0
    for left, right in pairwise(cuts):
        peak = max([y0, *(b for a, b in zip(x, y, strict=True) if a <= left)])
        area += (right - left) * (y1 - peak)
    return area


def line_zone(x, y, scope, n=200_000):
    """Area above the least-squares line through the peers, inside the scope, by fine slices."""
    points = peers(x, y)
    if len({a for a, _ in points}) < 2:
        return 0.0
    slope, start = np.polyfit([a for a, _ in points], [b for _, b in points], 1)
    x0, x1, y0, y1 = scope
    middle = x0 + (np.arange(n) + 0.5) * (x1 - x0) / n
    return float(np.clip(y1 - (start + slope * middle), 0, y1 - y0).mean() * (x1 - x0))


def allowed_zone(x, y, scope, k):
    """Largest area above the steps after leaving out at most k cases, by trying all."""
    best = 0.0
    for size in range(k + 1):
        for gone in combinations(range(len(x)), size):
            kept = [j for j in range(len(x)) if j not in gone]
            best = max(best, step_zone([x[j] for j in kept], [y[j] for j in kept], scope))
    return best
