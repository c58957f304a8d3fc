"""The response of the probit unfolding model: yea between two edges, nay beyond either of them."""

from __future__ import annotations

import math

import numpy as np

from fissure.kernels._jit import jit

__all__ = ["NODES", "both_below", "pum_curves"]


def _make_nodes() -> np.ndarray:
    """Gauss-Legendre nodes θ on (0, π/6) as rows (sin θ, 1/(2 cos² θ), weight/2π)."""
    at, weight = np.polynomial.legendre.leggauss(12)
    theta = (at + 1.0) * math.pi / 12.0
    rows = (np.sin(theta), 0.5 / np.cos(theta) ** 2, weight * math.pi / 12.0 / (2.0 * math.pi))
    return np.ascontiguousarray(np.stack(rows, axis=1))


NODES = _make_nodes()
NODES.setflags(write=False)


@jit
def both_below(a, b, nodes):  # type: ignore[no-untyped-def]
    """Φ₂(a, b; ½): the chance that two standard normals correlated ½ lie below a and b.

    Φ(a)Φ(b) + (1/2π) ∫₀^{π/6} exp(−(a² − 2ab sin θ + b²)/(2 cos² θ)) dθ (Plackett 1954). Both terms
    are positive, so that nothing cancels in the tails.
    """
    below = 0.25 * math.erfc(-a * math.sqrt(0.5)) * math.erfc(-b * math.sqrt(0.5))
    for k in range(len(nodes)):
        exponent = (a * a - 2.0 * a * b * nodes[k, 0] + b * b) * nodes[k, 1]
        below += nodes[k, 2] * math.exp(-exponent)
    return below


@jit
def pum_curves(x, edges, nodes, yea, nay):  # type: ignore[no-untyped-def]
    """Chances of yea and nay at positions x: Φ₂(s₁(x − δ₁), s₂(δ₂ − x); ½) and the rest.

    ``edges`` has one row a curve: δ₁, δ₂, s₁, s₂. ``yea`` and ``nay`` have shape (curves, points).
    The chance of nay is summed from its own tails, not taken as one minus the other.
    """
    root = math.sqrt(0.5)
    for c in range(len(edges)):
        for k in range(len(x)):
            a = edges[c, 2] * (x[k] - edges[c, 0])
            b = edges[c, 3] * (edges[c, 1] - x[k])
            yea[c, k] = both_below(a, b, nodes)
            outside = 0.5 * (math.erfc(a * root) + math.erfc(b * root))
            nay[c, k] = max(outside - both_below(-a, -b, nodes), 0.0)
