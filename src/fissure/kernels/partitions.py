"""Distances between partitions."""

from __future__ import annotations

import math

import numpy as np

from fissure.kernels._jit import jit

__all__ = ["variation"]


@jit
def variation(draws, out):  # type: ignore[no-untyped-def]
    """Variation of information, in bits, between every two partitions (rows of labels ≥ 0)."""
    m, n = draws.shape
    k = int(draws.max()) + 1
    entropy, counts = np.zeros(m), np.zeros((k, k))
    log = np.zeros(n + 1)
    for c in range(1, n + 1):
        log[c] = c / n * math.log2(c / n)
    for a in range(m):
        counts[0] = 0.0
        for i in range(n):
            counts[0, draws[a, i]] += 1.0
        for c in range(k):
            entropy[a] -= log[int(counts[0, c])]
    for a in range(m):
        out[a, a] = 0.0
        for b in range(a):
            counts[:] = 0.0
            for i in range(n):
                counts[draws[a, i], draws[b, i]] += 1.0
            joint = 0.0
            for c in range(k):
                for d in range(k):
                    joint -= log[int(counts[c, d])]
            out[a, b] = out[b, a] = max(2.0 * joint - entropy[a] - entropy[b], 0.0)
