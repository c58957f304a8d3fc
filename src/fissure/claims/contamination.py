"""A ceiling that few miscoded cases may exceed: one case in the corner does not decide.

A ceiling with k exceptions says: k cases are miscoded and lie anywhere; the other n − k are drawn
from the two marginals, kept under the ceiling. If the ceiling leaves the share m of all pairs
(x_i, y_j) below it, the likelihood of an order of y is m^−(n−k) against 1 for "no ceiling". The
ceiling is chosen to make it largest, which would always favour a ceiling. So it is divided by its
own mean over all orders of y (the normalised maximum likelihood of Shtarkov), estimated from the
permutations. By construction it averages 1 where condition and outcome are unrelated.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray
from scipy.special import betaln, gammaln, logsumexp

from fissure.claims.ceilings import Cloud
from fissure.kernels.ceiling import allowed_zones
from fissure.results.nca import Allowance

__all__ = ["PRIOR", "allowances_of", "allowed_effects", "log_evidence", "permutation_p"]

Array = NDArray[np.float64]

#: Beta prior of the share of miscoded cases: one in twenty on average.
PRIOR = (1.0, 19.0)
#: Prior probability that there is no ceiling at all.
NO_CEILING = 0.5
#: Steps of the search spent on permutations, at most; with more cases fewer are used.
STEPS = 10**9
FEWEST = 200
#: Effects that differ by less are equal.
EQUAL = 1e-12


def allowances_of(
    cloud: Cloud, shuffled: Array, related: Array, most: int, names: Sequence[str]
) -> tuple[tuple[Allowance, ...], float]:
    """Effects with 0 … ``most`` miscoded cases, and the posterior probability of no ceiling.

    Parameters
    ----------
    cloud
        The cases.
    shuffled
        Random orders of y, shape (n_rows, n).
    related
        Orders of y with the association of the cases and no ceiling, shape (n_rows, n).
    most
        Miscoded cases at most; fewer than there are cases.
    names
        Names of the cases in the order of the cloud.
    """
    n = len(cloud.x)
    most = min(most, n - 2)
    n_rows = max(FEWEST, STEPS // (n * n * (most + 1)))
    rows = shuffled[:n_rows]
    own = allowed_effects(cloud, cloud.y[None], most)[0]
    chance, beside = (allowed_effects(cloud, r, most) for r in (rows, related[:n_rows]))
    log_bf = log_evidence(cloud, rows, most)
    k = np.arange(most + 1)
    a, b = PRIOR
    choose = gammaln(n + 1) - gammaln(k + 1) - gammaln(n - k + 1)
    prior = choose + betaln(a + k, b + n - k) - betaln(a, b)
    prior += np.log(1 - NO_CEILING) - logsumexp(prior)
    weights = np.append(prior + log_bf, np.log(NO_CEILING))
    weights = np.exp(weights - logsumexp(weights))
    told = tuple(
        Allowance(
            n_miscoded=int(j),
            effect=float(own[j]),
            p=permutation_p(chance[:, j], float(own[j])),
            p_association=permutation_p(beside[:, j], float(own[j])),
            weight=float(weights[j]),
            cases=tuple(names[c] for c in _excepted(cloud, int(j))),
        )
        for j in k
    )
    return told, float(weights[-1])


def permutation_p(chance: Array, own: float) -> float:
    """(number of chance effects as large + 1) / (R + 1), and 1/R at least.

    Examples
    --------
    >>> permutation_p(np.array([0.1, 0.2, 0.3, 0.4]), 0.3), permutation_p(np.zeros(4), 0.3)
    (0.6, 0.25)
    """
    n = len(chance)
    return max((int((chance >= own - EQUAL).sum()) + 1) / (n + 1), 1 / n)


def allowed_effects(cloud: Cloud, ys: Array, most: int) -> Array:
    """Largest effects of a step ceiling with at most k cases above it, shape (n_rows, most + 1)."""
    at, group = np.unique(cloud.x, return_inverse=True)
    heights = np.unique(cloud.y)
    x0, x1, y0, y1 = cloud.scope
    width = np.diff(np.append(at, x1))
    height = y1 - np.concatenate([[y0], heights])
    before = (at[0] - x0) * (y1 - y0)
    return (_search(group, ys, heights, width, height, most) + before) / cloud.area


def log_evidence(cloud: Cloud, rows: Array, most: int) -> Array:
    """Log Bayes factor of a ceiling with k exceptions against none, shape (most + 1,)."""
    n = len(cloud.x)
    _, group, counts = np.unique(cloud.x, return_inverse=True, return_counts=True)
    heights, of_y = np.unique(cloud.y, return_counts=True)
    higher = n - np.concatenate([[0], np.cumsum(of_y)])
    both = np.concatenate([cloud.y[None], rows])
    empty = _search(group, both, heights, counts.astype(float), higher.astype(float), most)
    log_lik = -(n - np.arange(most + 1)) * np.log1p(-empty / n**2)
    out: Array = log_lik[0] - (logsumexp(log_lik, axis=0) - np.log(len(both)))
    return out


def _search(
    group: NDArray[np.intp], ys: Array, heights: Array, width: Array, height: Array, most: int
) -> Array:
    levels = np.searchsorted(heights, ys) + 1
    out = np.empty((len(ys), most + 1))
    work = np.empty((2, most + 1, len(height)))
    allowed_zones(group, levels, width, height, work, out)
    return out


def _excepted(cloud: Cloud, k: int) -> list[int]:
    """Places of the cases above the best ceiling with at most k of them.

    A case belongs to them if the best ceiling over the others, with one exception fewer, is as
    good.
    """
    kept, gone = np.arange(len(cloud.x)), list[int]()
    for left in range(k, 0, -1):
        now = Cloud(cloud.x[kept], cloud.y[kept], cloud.scope, kept, cloud.turned)
        best = allowed_effects(now, now.y[None], left)[0]
        if best[left] <= best[left - 1] + EQUAL:
            continue
        for place in range(len(kept)):
            rest = np.delete(kept, place)
            without = Cloud(cloud.x[rest], cloud.y[rest], cloud.scope, rest, cloud.turned)
            if (
                allowed_effects(without, without.y[None], left - 1)[0, left - 1]
                >= best[left] - EQUAL
            ):
                gone.append(int(kept[place]))
                kept = rest
                break
    return sorted(gone)
