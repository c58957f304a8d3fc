"""Other sources that could be had next: a leaked whip count, a member's word, more items."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray
from scipy.special import ndtr
from scipy.stats import binom

from fissure.unknowns.odds import depths_of_a_split, shift

__all__ = ["more_items", "whip_count"]

Array = NDArray[np.float64]
Laws = tuple[Array, Array]

#: Beyond a handful, that is a tenth of the members, dissenters are a bloc.
HANDFUL_SHARE = 0.1
NODES = 24
#: Cells of the statistic that further items give.
CELLS = 400
#: So many standard errors tell a split for certain.
CERTAIN = 30.0


def whip_count(n: int, error: float) -> Laws:
    """What a list of who of n members stands against the rest would show, if each entry may err.

    K ~ Binomial(n, s (1 − e) + (1 − s) e), where s is the share of all members who stand against
    the rest: from a tenth to a half where there is a split, from none to a tenth where there is
    none, all equally likely. One member's word on their own stand is the case n = 1.

    Parameters
    ----------
    n
        Members listed, 1 or more.
    error
        Probability that an entry is wrong, 0 to 1.

    Returns
    -------
    tuple of arrays, each of shape (1, n + 1)
        Probability of each count where there is a split, and where there is none.

    Examples
    --------
    >>> split, none = whip_count(1, 0.0)
    >>> split.round(2).tolist(), none.round(2).tolist()
    ([[0.7, 0.3]], [[0.95, 0.05]])
    """
    node, weight = np.polynomial.legendre.leggauss(NODES)
    counts = np.arange(n + 1)
    laws = []
    for low, high in ((HANDFUL_SHARE, 0.5), (0.0, HANDFUL_SHARE)):
        share = low + (high - low) * (node + 1) / 2
        seen = share * (1 - error) + (1 - share) * error
        laws.append((weight / 2) @ binom.pmf(counts[None, :], n, seen[:, None]))
    return laws[0][None, :], laws[1][None, :]


def more_items(
    n_more: int, n_items: int, smallest: float | None, level: float, min_depth: float
) -> Laws:
    """What further items of the same sort would show.

    They give a statistic that is N(0, 1) without a split, and N(μ √(m / n), 1) with one, where μ
    is the :func:`~fissure.unknowns.odds.shift` that the n items at hand give a split of that
    depth: the error of a mean shrinks with the square root of the number of items. All depths from
    ``min_depth`` to 0.8 are equally likely.

    Parameters
    ----------
    n_more, n_items
        Further items m, and items at hand n.
    smallest
        Smallest depth that the items at hand would have shown; None where none would have been.
    level, min_depth
        As in :class:`~fissure.SplitSettings`.

    Returns
    -------
    tuple of arrays, each of shape (1, 400)
        Probability of each cell of the statistic where there is a split, and where there is none.
    """
    depth, weight = depths_of_a_split(min_depth)
    mean = shift(depth, smallest, level) * np.sqrt(n_more / n_items)
    mean = np.minimum(mean, CERTAIN)
    edges = np.linspace(-6.0, 6.0 + float(mean.max()), CELLS - 1)
    edges = np.concatenate([[-np.inf], edges, [np.inf]])
    with_split = weight @ np.diff(ndtr(edges[None, :] - mean[:, None]), axis=1)
    return with_split[None, :], np.diff(ndtr(edges))[None, :]
