"""What a source is worth before it is asked: information, variance and Brier score."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray
from scipy.special import entr, rel_entr

from fissure.unknowns.testimony import posterior

__all__ = ["brier_reduction", "entropy", "information", "variance_reduction"]

Array = NDArray[np.float64]


def entropy(prior: Array) -> Array:
    """Bits that are missing about a yes or no of this probability: −p log₂ p − (1−p) log₂(1−p).

    Examples
    --------
    >>> import numpy as np
    >>> entropy(np.array([0.5, 1.0])).tolist()
    [1.0, 0.0]
    """
    return np.asarray((entr(prior) + entr(1 - prior)) / np.log(2))


def information(prior: Array, if_split: Array, if_none: Array) -> Array:
    """Mutual information I(S; T) between the split and what the source shows, in bits.

    I = Σ_t p f₁(t) log₂(f₁(t)/m(t)) + (1−p) f₀(t) log₂(f₀(t)/m(t)) with m = p f₁ + (1−p) f₀
    (Shannon 1948).

    Parameters
    ----------
    prior
        P(split), shape (m,).
    if_split, if_none
        f₁ and f₀: probability of each thing it may show where there is a split, and where there is
        none, shape (m, k) or (1, k); each row sums to 1.

    Returns
    -------
    array of shape (m,)
        0 for a source that is worthless; at most :func:`entropy` of the prior.

    Examples
    --------
    >>> import numpy as np
    >>> half = np.array([0.5])
    >>> information(half, np.array([[1.0, 0.0]]), np.array([[0.0, 1.0]])).tolist()
    [1.0]
    """
    # where the answer is certain nothing can be learnt, and a term would be 0 × infinity
    is_open = (prior > 0) & (prior < 1)
    p = np.where(is_open, prior, 0.5)[:, None]
    mean = p * if_split + (1 - p) * if_none
    bits = (p * rel_entr(if_split, mean) + (1 - p) * rel_entr(if_none, mean)).sum(axis=1)
    return np.where(is_open, np.maximum(bits / np.log(2), 0.0), 0.0)


def variance_reduction(prior: Array, if_split: Array, if_none: Array) -> Array:
    """Expected reduction of the variance of 1[split]: Var(P(split | T)).

    This is the expected value of sample information for estimation under squared error. Arguments
    as in :func:`information`.

    Examples
    --------
    >>> import numpy as np
    >>> half = np.array([0.5])
    >>> variance_reduction(half, np.array([[0.8, 0.2]]), np.array([[0.2, 0.8]])).round(3).tolist()
    [0.09]
    """
    p = prior[:, None]
    mean = p * if_split + (1 - p) * if_none
    moved = np.nan_to_num(posterior(p, if_split, if_none), nan=0.0) - p
    return np.asarray((mean * moved**2).sum(axis=1))


def brier_reduction(
    prior: Array,
    if_split: Array,
    if_none: Array,
    truth: tuple[Array, Array, Array] | None = None,
) -> Array:
    """Expected reduction of the Brier score (S − forecast)² by forecasting after the source.

    Where the source is what it is believed to be this equals :func:`variance_reduction`. Where it
    is not, the forecast can get worse, and the reduction negative.

    Parameters
    ----------
    prior, if_split, if_none
        As the forecaster believes, as in :func:`information`.
    truth
        The same three as they are in truth; as believed where not given.

    Examples
    --------
    >>> import numpy as np
    >>> half, sure = np.array([0.5]), (np.array([[0.9, 0.1]]), np.array([[0.1, 0.9]]))
    >>> coin = np.array([[0.5, 0.5]])
    >>> brier_reduction(half, *sure, truth=(half, coin, coin)).round(3).tolist()
    [-0.16]
    """
    p = prior[:, None]
    after = np.nan_to_num(posterior(p, if_split, if_none), nan=0.0)
    real, one, none = truth if truth is not None else (prior, if_split, if_none)
    r = real[:, None]
    gain = r * one * ((1 - p) ** 2 - (1 - after) ** 2) + (1 - r) * none * (p**2 - after**2)
    return np.asarray(gain.sum(axis=1))
