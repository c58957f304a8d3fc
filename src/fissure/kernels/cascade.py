"""Who joins when enough others have: cascades of thresholds on networks and in populations."""

from __future__ import annotations

import numpy as np

from fissure.kernels._jit import jit

__all__ = ["ring", "spread"]


@jit
def ring(n, half, rewired, rng, friends):  # type: ignore[no-untyped-def]
    """Whom each of n members looks at: half on either side, each tie rewired with a probability.

    Fills ``friends`` (n, 2 × half). The ring is clustered; the more ties are rewired the less it
    is (Watts and Strogatz 1998, with ties in one direction so that all look at equally many).
    """
    for i in range(n):
        for k in range(half):
            for side in range(2):
                j = (i + (k + 1 if side == 0 else n - k - 1)) % n
                if rng.random() < rewired:
                    j = (i + 1 + int(rng.random() * (n - 1))) % n
                friends[i, 2 * k + side] = j


@jit
def spread(thresholds, elites, friends, pulls, joined, turned, most):  # type: ignore[no-untyped-def]
    """Let members and elites join until nobody else does; gives the number of rounds.

    Member i joins when the share of ``friends[i]`` who have joined (of all members, where
    ``friends`` has no columns) plus ``pulls[0]`` × the share of elites turned is at least
    ``thresholds[i]``. Elite j turns when the share of elites turned plus ``pulls[1]`` × the share
    of members joined is at least ``elites[j]``. ``joined`` and ``turned`` are bool and hold those
    who have at the start; nobody goes back. At most ``most`` rounds; all look before any moves.
    """
    n, m, degree = len(thresholds), len(elites), friends.shape[1]
    n_in, n_out = np.sum(joined), np.sum(turned)
    new = joined.copy()
    for turn in range(most):
        share_in, share_out = n_in / n, n_out / m
        more_in, more_out = 0, 0
        for i in range(n):
            if joined[i]:
                continue
            seen = share_in
            if degree > 0:
                near = 0
                for k in range(degree):
                    near += joined[friends[i, k]]
                seen = near / degree
            if seen + pulls[0] * share_out >= thresholds[i]:
                new[i] = True
                more_in += 1
        for j in range(m):
            if not turned[j] and share_out + pulls[1] * share_in >= elites[j]:
                turned[j] = True
                more_out += 1
        if more_in + more_out == 0:
            return turn
        joined[:] = new
        n_in += more_in
        n_out += more_out
    return most
