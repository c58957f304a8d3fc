"""Maximum likelihood weights of a mixture whose components are given on a grid."""

from __future__ import annotations

import math

from fissure.kernels._jit import jit

__all__ = ["mixture_weights"]


@jit
def mixture_weights(like, weights, max_iter, tol):  # type: ignore[no-untyped-def]
    """Raise Σ_i log Σ_c weights[c] like[i, c] by expectation-maximisation, in place; the value
    reached.

    ``like`` has shape (n, components) and is scaled so that each row's largest entry is about 1.
    Stops when the directional bound on what is left to gain, max_c Σ_i like[i, c]/Σ_c… − n, is
    below ``tol`` (Lindsay 1983), or after ``max_iter`` rounds.
    """
    n, k = like.shape
    value = 0.0
    for _ in range(max_iter):
        value = 0.0
        gain = [0.0] * k
        for i in range(n):
            total = 0.0
            for c in range(k):
                total += weights[c] * like[i, c]
            value += math.log(total)
            for c in range(k):
                gain[c] += like[i, c] / total
        top = 0.0
        for c in range(k):
            if gain[c] > top:
                top = gain[c]
            weights[c] *= gain[c] / n
        if top - n < tol:
            break
    return value
