"""Confidence sets for ranks: all ranks at once, or each by itself."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

__all__ = ["bootstrap_noise", "marginal_sets", "significantly_above", "simultaneous_sets"]

Array = NDArray[np.float64]
Flags = NDArray[np.bool_]
Ranks = NDArray[np.int64]

#: With this many draws of an estimate its errors are drawn from them again …
ENOUGH_DRAWS = 1000
#: … and with fewer than this many even their skewness says nothing.
FEWEST_DRAWS = 50


def bootstrap_noise(
    errors: Array, size: int, rng: np.random.Generator, draws: Sequence[Array] | None = None
) -> Array:
    """Errors of the estimates as they might have been, independent from one to the next.

    Parameters
    ----------
    errors
        Standard errors, shape (n,).
    size
        How many times.
    rng
        Source of the draws.
    draws
        Draws of each estimate, for errors that are lopsided; normal errors where not given. With
        1,000 draws or more these are centred, scaled to ``errors`` and drawn from again. With
        fewer the largest ratio of many pairs lies beyond what they have seen: then the errors are
        those of a shifted gamma distribution with the draws' skewness; normal with fewer than 50.

    Returns
    -------
    Array of shape (n, size).
    """
    out = rng.standard_normal((len(errors), size))
    for t, own in enumerate(() if draws is None else draws):
        if len(own) < FEWEST_DRAWS or np.ptp(own) == 0:
            continue
        centred = own - own.mean()
        spread = np.sqrt(np.mean(centred**2))
        if len(own) >= ENOUGH_DRAWS:
            out[t] = centred[rng.integers(len(own), size=size)] / spread
        else:
            out[t] = _lopsided(float(np.mean(centred**3) / spread**3), size, rng)
    return errors[:, None] * out


def _lopsided(skewness: float, size: int, rng: np.random.Generator) -> Array:
    """Mean 0, variance 1 and this skewness: a shifted gamma distribution (Pearson's type III)."""
    shape = 4.0 / max(skewness**2, 1e-6)
    drawn = (rng.standard_gamma(shape, size) - shape) / np.sqrt(shape)
    return drawn if skewness >= 0 else -drawn


def simultaneous_sets(
    values: Array, errors: Array, noise: Array, level: float = 0.95, *, stepdown: bool = True
) -> tuple[Ranks, Ranks]:
    """Sets that hold the ranks of all of them at once, in ``level`` of cases at least.

    Rank 1 is the largest. The lowest rank of j is 1 + the number of those significantly above it,
    the highest is n − the number of those significantly below it. Ties share ranks: the true rank
    of j may be any number from 1 + how many are above it to n − how many are below it, and all
    those numbers are in the set.

    Parameters
    ----------
    values, errors
        Estimates and their standard errors above 0, shape (n,); independent of each other.
    noise
        Their errors as :func:`bootstrap_noise` gives them, shape (n, size).
    level
        Probability that all sets hold.
    stepdown
        Whether pairs found to differ are set aside and the others looked at again: shorter sets
        at the same level.

    Returns
    -------
    Lowest and highest ranks, int64 arrays of shape (n,).

    Source
    ------
    Mogstad, Romano, Shaikh and Wilhelm (2024), "Inference for ranks with applications to mobility
    across neighborhoods and academic achievement across countries", Review of Economic Studies,
    doi:10.1093/restud/rdad006. The same as in their R package csranks, two-sided.

    Examples
    --------
    >>> errors = np.full(3, 0.1)
    >>> noise = bootstrap_noise(errors, 1000, np.random.default_rng(1))
    >>> low, high = simultaneous_sets(np.array([0.0, 0.1, 5.0]), errors, noise)
    >>> low.tolist(), high.tolist()
    ([2, 2, 1], [3, 3, 1])
    """
    family = ~np.eye(len(values), dtype=bool)
    above = significantly_above(values, errors, noise, family, level, stepdown=stepdown)
    return 1 + above.sum(axis=0), len(values) - above.sum(axis=1)


def marginal_sets(
    values: Array, errors: Array, noise: Array, level: float = 0.95, *, stepdown: bool = True
) -> tuple[Ranks, Ranks]:
    """Sets each of which holds its own rank in ``level`` of cases: for one fixed beforehand.

    Whoever looks for the largest and then reads its set needs :func:`simultaneous_sets`, whose
    arguments and source are the same.

    Examples
    --------
    >>> errors = np.full(3, 0.1)
    >>> noise = bootstrap_noise(errors, 1000, np.random.default_rng(1))
    >>> low, high = marginal_sets(np.array([0.0, 0.1, 5.0]), errors, noise)
    >>> low.tolist(), high.tolist()
    ([2, 2, 1], [3, 3, 1])
    """
    n = len(values)
    low, high = np.empty(n, np.int64), np.empty(n, np.int64)
    for j in range(n):
        family = np.zeros((n, n), bool)
        family[j] = family[:, j] = True
        family[j, j] = False
        above = significantly_above(values, errors, noise, family, level, stepdown=stepdown)
        low[j], high[j] = 1 + above[:, j].sum(), n - above[j].sum()
    return low, high


def significantly_above(
    values: Array,
    errors: Array,
    noise: Array,
    family: Flags,
    level: float,
    *,
    stepdown: bool = True,
) -> Flags:
    """Which of a family of ordered pairs differ, with no false one in ``level`` of cases.

    The pair (j, k) says that j is above k. It is accepted where (v_j − v_k) / s_jk exceeds the
    critical value: the ``level`` quantile, over the bootstrap, of the largest such ratio of errors
    among the pairs still open. A pair that is accepted is set aside; its reverse stays open.

    Parameters
    ----------
    values, errors, noise, level, stepdown
        As in :func:`simultaneous_sets`.
    family
        The pairs looked at, bool array of shape (n, n) without its diagonal.
    """
    inverse = 1.0 / np.sqrt(errors[:, None] ** 2 + errors**2)
    ratio = (values[:, None] - values) * inverse
    accepted = np.zeros_like(family)
    still_open = family
    while still_open.any():
        found = still_open & (ratio > _critical(noise, inverse, still_open, level))
        accepted |= found
        still_open = still_open & ~found
        if not (stepdown and found.any()):
            break
    return accepted


def _critical(noise: Array, inverse: Array, still_open: Flags, level: float) -> float:
    largest = np.full(noise.shape[1], -np.inf)
    for j in np.flatnonzero(still_open.any(axis=1)):
        others = still_open[j]
        ratios = (noise[j] - noise[others]) * inverse[j, others, None]
        np.maximum(largest, ratios.max(axis=0), out=largest)
    return float(np.quantile(largest, level))
