"""Dynamic ideal points: items integrated out by Laplace's method, in one pass over the choices."""

from __future__ import annotations

import math

import numpy as np

from fissure.kernels._jit import jit
from fissure.kernels.probit import log_ndtr_mills

__all__ = ["average_items", "count_choices", "find_item", "integrate_items", "relabel"]


@jit
def count_choices(start, code, period, counts):  # type: ignore[no-untyped-def]
    """Add to ``counts[i, t]`` the choices of actor i on the items of period t.

    ``start`` and ``code`` are packed by item; items with ``period`` below 0 are passed over.
    """
    for j in range(len(start) - 1):
        t = period[j]
        if t >= 0:
            for at in range(start[j], start[j + 1]):
                counts[code[at] >> 1, t] += 1


@jit
def relabel(start, code, items, place, new_start, new_code):  # type: ignore[no-untyped-def]
    """Copy the choices on some items, with actors numbered by ``place`` (their state)."""
    for r in range(len(items)):
        to = new_start[r]
        for at in range(start[items[r]], start[items[r] + 1]):
            new_code[to] = 2 * place[code[at] >> 1] + (code[at] & 1)
            to += 1


@jit
def find_item(code, x, prior, table, item, choice):  # type: ignore[no-untyped-def]
    """The best (α, β) of one item given the positions, by Newton's method from ``item[:2]``.

    ``code`` are its choices and ``prior`` the prior precisions of α and β and the decrement at
    which to stop. ``item[:2]`` receives a place that near to the optimum, and ``choice`` (n, 3) q,
    z and λ of each choice there. Returned are the log of likelihood times prior there (less its
    constants), the information D₀₀, D₀₁, D₁₁, and the last step, not taken.
    """
    a, b = item[0], item[1]
    a_old, b_old, da, db, before = a, b, 0.0, 0.0, -np.inf
    h00, h01, h11 = 1.0, 0.0, 1.0
    for _ in range(60):
        total = -0.5 * (prior[0] * a * a + prior[1] * b * b)
        g0, g1 = -prior[0] * a, -prior[1] * b
        h00, h01, h11 = prior[0], 0.0, prior[1]
        for at in range(len(code)):
            xi = x[code[at] >> 1]
            q = 2.0 * (code[at] & 1) - 1.0
            z = q * (a + b * xi)
            value, mills = log_ndtr_mills(z, table)
            choice[at, 0], choice[at, 1], choice[at, 2] = q, z, mills
            total += value
            w = mills * (mills + z)
            g0 += q * mills
            g1 += q * mills * xi
            h00 += w
            h01 += w * xi
            h11 += w * xi * xi
        if total < before - 1e-9:  # too far: the log likelihood is concave, so go back
            da, db = 0.25 * da, 0.25 * db
            a, b = a_old + da, b_old + db
            continue
        before = total
        det = h00 * h11 - h01 * h01
        da, db = (h11 * g0 - h01 * g1) / det, (h00 * g1 - h01 * g0) / det
        if g0 * da + g1 * db < prior[2]:
            break
        a_old, b_old = a, b
        a, b = a + da, b + db
    item[0], item[1] = a, b
    return before, h00, h01, h11, da, db


@jit
def integrate_items(start, code, x, prior, table, items, by_state, cross):  # type: ignore[no-untyped-def]
    """Integrate out the items of one period by Laplace's method.

    With u_i = (1, x_i), sign q_i, z_i = q_i (α + β x_i), λ_i = φ(z_i)/Φ(z_i), g_i = q_i λ_i,
    w_i = λ_i (λ_i + z_i) and w'_i = q_i (λ_i − w_i (2 λ_i + z_i)), the item's information is
    D = diag(prior) + Σ w_i u_i u_i', and V = D⁻¹.

    ``prior`` is that of :func:`find_item`. ``items`` (rows, 8) gives starting values α, β and
    receives the best α, β; V₀₀, V₀₁, V₁₁; the log of the integral of likelihood times prior; and
    the means of α and β, which are the best less ½ s. ``by_state`` (n_states, 2) grows by the
    gradient of the logs of the integrals in x and by the information Σ w_i β² with the item fixed.
    ``cross`` (2 rows, n_states) receives L'B, where V = LL' and column i of B is
    (w_i β, w_i β x_i − g_i): then B'VB is its product with itself. With no rows it is left alone,
    and the gradient leaves out the bracket below: cheap steps on the way.

    The last step (da, db) towards the optimum is taken without looking again; gradient and integral
    take it into account. The gradient is that of the likelihood at the optimum, g_i β, less
    ½ [w'_i β v_i + 2 w_i (V u_i)₁ + g_i s₁ − w_i β s'u_i] with v_i = u_i'V u_i and
    s = V Σ w'_i v_i u_i; the bracket is the derivative of log |D|.
    """
    choice = np.empty((len(x), 3))
    for r in range(len(start) - 1):
        own = code[start[r] : start[r + 1]]
        value, h00, h01, h11, da, db = find_item(own, x, prior, table, items[r], choice)
        b, det = items[r, 1], h00 * h11 - h01 * h01
        v00, v01, v11 = h11 / det, -h01 / det, h00 / det
        t0, t1 = 0.0, 0.0
        for at in range(len(own) if len(cross) else 0):
            xi, q, z, mills = x[own[at] >> 1], choice[at, 0], choice[at, 1], choice[at, 2]
            w = mills * (mills + z)
            slope = q * (mills - w * (2.0 * mills + z)) * (v00 + xi * (2.0 * v01 + v11 * xi))
            t0 += slope
            t1 += slope * xi
        s0, s1 = v00 * t0 + v01 * t1, v01 * t0 + v11 * t1
        l00 = math.sqrt(v00)
        l10 = v01 / l00
        l11 = math.sqrt(max(v11 - l10 * l10, 0.0))
        for at in range(len(own)):
            k, q, z, mills = own[at] >> 1, choice[at, 0], choice[at, 1], choice[at, 2]
            xi, g, w = x[k], q * mills, mills * (mills + z)
            c0, c1 = w * b, w * b * xi - g
            by_state[k, 0] += g * b - c0 * da - c1 * db
            by_state[k, 1] += w * b * b
            if len(cross):
                slope = q * (mills - w * (2.0 * mills + z)) * (v00 + xi * (2.0 * v01 + v11 * xi))
                turn = slope * b + 2.0 * w * (v01 + v11 * xi) + g * s1 - w * b * (s0 + s1 * xi)
                by_state[k, 0] -= 0.5 * turn
                cross[2 * r, k] = l00 * c0 + l10 * c1
                cross[2 * r + 1, k] = l11 * c1
        items[r, 2], items[r, 3], items[r, 4] = v00, v01, v11
        rise = 0.5 * (h00 * da * da + 2.0 * h01 * da * db + h11 * db * db - t0 * da - t1 * db)
        items[r, 5] = value + rise + 0.5 * math.log(prior[0] * prior[1] / det)
        items[r, 0] += da
        items[r, 1] += db
        items[r, 6], items[r, 7] = items[r, 0] - 0.5 * s0, items[r, 1] - 0.5 * s1


@jit
def average_items(start, code, x, prior, table, nodes, items, out):  # type: ignore[no-untyped-def]
    """The same by quadrature: for small bodies, where few choices decide an item.

    ``nodes`` (n, 3) are places u in the plane and logs of weights; item r is looked at in
    (α, β) = best + L u. ``items`` is as in :func:`integrate_items`, with V and means those of the
    average. ``out`` (n_states, n_states + 2) grows by the information of the positions, items
    integrated out, E[w_i β²] on the diagonal less the covariance of g_i β over the average; by the
    gradient E[g_i β]; and by E[w_i β²] alone.
    """
    n = len(x)
    choice, chance = np.empty((n, 3)), np.empty(len(nodes))
    score, mean = np.empty((len(nodes), n)), np.empty(n)
    curve = np.empty((len(nodes), n))
    for r in range(len(start) - 1):
        own = code[start[r] : start[r + 1]]
        _, h00, h01, h11, _, _ = find_item(own, x, prior, table, items[r], choice)
        det = h00 * h11 - h01 * h01
        l00 = math.sqrt(h11 / det)
        l10 = -h01 / det / l00
        l11 = math.sqrt(max(h00 / det - l10 * l10, 0.0))
        top = -np.inf
        for m in range(len(nodes)):
            a = items[r, 0] + l00 * nodes[m, 0]
            b = items[r, 1] + l10 * nodes[m, 0] + l11 * nodes[m, 1]
            total = nodes[m, 2] - 0.5 * (prior[0] * a * a + prior[1] * b * b)
            for at in range(len(own)):
                q = 2.0 * (own[at] & 1) - 1.0
                z = q * (a + b * x[own[at] >> 1])
                value, mills = log_ndtr_mills(z, table)
                total += value
                score[m, at] = q * mills * b
                curve[m, at] = mills * (mills + z) * b * b
            chance[m] = total
            top = max(top, total)
        weight = 0.0
        for m in range(len(nodes)):
            chance[m] = math.exp(chance[m] - top)
            weight += chance[m]
        m0, m1, s00, s01, s11 = 0.0, 0.0, 0.0, 0.0, 0.0
        for m in range(len(nodes)):
            chance[m] /= weight
            da = l00 * nodes[m, 0]
            db = l10 * nodes[m, 0] + l11 * nodes[m, 1]
            m0 += chance[m] * da
            m1 += chance[m] * db
            s00 += chance[m] * da * da
            s01 += chance[m] * da * db
            s11 += chance[m] * db * db
        items[r, 2], items[r, 3], items[r, 4] = s00 - m0 * m0, s01 - m0 * m1, s11 - m1 * m1
        items[r, 5] = top + math.log(weight) + 0.5 * math.log(prior[0] * prior[1] / det)
        items[r, 6], items[r, 7] = items[r, 0] + m0, items[r, 1] + m1
        for at in range(len(own)):
            k = own[at] >> 1
            mean[at] = 0.0
            curvature = 0.0
            for m in range(len(nodes)):
                mean[at] += chance[m] * score[m, at]
                curvature += chance[m] * curve[m, at]
            out[k, k] += curvature
            out[k, n] += mean[at]
            out[k, n + 1] += curvature
        for at in range(len(own)):
            k = own[at] >> 1
            for other in range(at + 1):
                both = -mean[at] * mean[other]
                for m in range(len(nodes)):
                    both += chance[m] * score[m, at] * score[m, other]
                out[k, own[other] >> 1] -= both
                if other < at:
                    out[own[other] >> 1, k] -= both
