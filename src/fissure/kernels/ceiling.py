"""Empty corners of a cloud of points: ceilings over its upper-left edge, many orders at once."""

from __future__ import annotations

from fissure.kernels._jit import jit

__all__ = ["allowed_zones", "ceiling_zones"]


@jit
def ceiling_zones(x, ys, scope, free, line):  # type: ignore[no-untyped-def]
    """Areas above the step ceiling and above the line through its corners, one for each row of ys.

    ``x`` is sorted, shape (n,), and ``ys`` of shape (n_rows, n) holds y in the same order;
    ``scope`` is x_min, x_max, y_min, y_max. ``free`` and ``line``, shape (n_rows,), are filled:

    - ``free``: ∫ (y_max − peak(x)) dx over the scope, peak(x) = largest y of all cases up to x;
    - ``line``: the area above the least-squares line through the peers, inside the scope, and 0
      with fewer than two peers. A peer is a case at which the peak rises; cases that lie on the
      same spot count each.
    """
    n = len(x)
    x0, x1, y0, y1 = scope[0], scope[1], scope[2], scope[3]
    for row in range(len(ys)):
        peak, area, at = y0, 0.0, x0
        m, sx, sy, sxx, sxy = 0.0, 0.0, 0.0, 0.0, 0.0
        n_spots, best = 0, -1e308
        i = 0
        while i < n:
            top, same, j = ys[row, i], 1.0, i + 1
            while j < n and x[j] == x[i]:
                if ys[row, j] > top:
                    top, same = ys[row, j], 1.0
                elif ys[row, j] == top:
                    same += 1.0
                j += 1
            if top > best:
                best = top
                area += (y1 - peak) * (x[i] - at)
                at = x[i]
                peak = max(peak, top)
                n_spots += 1
                m += same
                sx += same * (x[i] - x0)
                sy += same * (top - y0)
                sxx += same * (x[i] - x0) ** 2
                sxy += same * (x[i] - x0) * (top - y0)
            i = j
        free[row] = area + (y1 - peak) * (x1 - at)
        line[row] = 0.0
        if n_spots > 1:
            slope = (m * sxy - sx * sy) / (m * sxx - sx * sx)
            start = (sy - slope * sx) / m
            height, width = y1 - y0, x1 - x0
            full = min(max(-start / slope, 0.0), width)
            ends = min(max((height - start) / slope, 0.0), width)
            slanted = (height - start) * (ends - full) - 0.5 * slope * (ends**2 - full**2)
            line[row] = height * full + slanted


@jit
def allowed_zones(group, levels, width, height, work, out):  # type: ignore[no-untyped-def]
    """Largest area above a step ceiling that at most k cases exceed, k = 0 … K, for each row.

    ``group``, shape (n,), is the number of each case's x among the distinct ones, in rising order;
    ``levels``, int of shape (n_rows, n), the number of its y; ``width[g]`` what the scope gains
    from x number g to the next, and ``height[v]`` the free height above y number v. ``work`` is
    scratch of shape (2, K + 1, n_levels), ``out`` of shape (n_rows, K + 1) is filled.

    Works from left to right: ``work[0, k, v]`` is the best area so far with the ceiling at level v
    and k cases above it. A ceiling never falls.
    """
    n, n_levels, most = len(group), len(height), out.shape[1] - 1
    for row in range(len(levels)):
        for k in range(most + 1):
            for v in range(n_levels):
                work[0, k, v] = 0.0 if k == 0 else -1e308
        i = 0
        while i < n:
            j = i
            while j < n and group[j] == group[i]:
                j += 1
            for k in range(most + 1):
                best = -1e308
                for v in range(n_levels):
                    best = max(best, work[0, k, v])
                    work[1, k, v] = best
            for v in range(n_levels):
                above = 0
                for c in range(i, j):
                    if levels[row, c] > v:
                        above += 1
                gain = width[group[i]] * height[v]
                for k in range(most + 1):
                    before = work[1, k - above, v] if above <= k else -1e308
                    work[0, k, v] = before + gain if before > -1e307 else -1e308
            i = j
        best = -1e308
        for k in range(most + 1):
            for v in range(n_levels):
                best = max(best, work[0, k, v])
            out[row, k] = best
