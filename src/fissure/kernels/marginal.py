"""The chance of each pattern of choices when its item is summed over a grid of possible items."""

from __future__ import annotations

import math

import numpy as np

from fissure.kernels._jit import jit

__all__ = ["sum_out"]

#: Products of more chances than this, each 1e-10 or more, might vanish.
TOGETHER = 16


@jit
def sum_out(start, code, count, chance, weight, share):  # type: ignore[no-untyped-def]
    """Σ_p count_p log Σ_q weight_q Π chance_q, and the share of each choice in it.

    ``code[start[p] : start[p + 1]]`` are the choices of pattern p, 2 × actor + (1 for yea, 0 for
    nay). ``chance`` (2 n_actors, n_nodes) holds the chance of each choice at each node. To
    ``share``, of the same shape, the posterior of the pattern's nodes is added, once an item, for
    each of its choices.
    """
    total = 0.0
    row = np.empty(len(weight))
    for p in range(len(count)):
        row[:] = weight
        for at in range(start[p], start[p + 1]):
            row *= chance[code[at]]
            if (at - start[p]) % TOGETHER == TOGETHER - 1:
                top = row.max()
                row /= top
                total += count[p] * math.log(top)
        whole = row.sum()
        total += count[p] * math.log(whole)
        row *= count[p] / whole
        for at in range(start[p], start[p + 1]):
            share[code[at]] += row
    return total
