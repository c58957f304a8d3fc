"""Closed-form numbers on the choices of a group; no model, no randomness."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

__all__ = ["agreement", "defection", "rice", "yea_share"]

Choices = NDArray[np.int8]
Array = NDArray[np.float64]


def yea_share(y: Choices, members: NDArray[np.bool_] | slice = slice(None)) -> Array:
    """Yea share of each item among some actors, 0 to 1; NaN where none of them chose.

    Parameters
    ----------
    y
        int8 array of shape (n_actors, n_items): +1 yea, −1 nay, 0 unobserved.
    members
        Which actors; all by default.

    Examples
    --------
    >>> yea_share(np.array([[1, 0], [-1, 0]], np.int8))
    array([0.5, nan])
    """
    part = y[members]
    n = np.count_nonzero(part, axis=0)
    return np.where(n > 0, (part > 0).sum(axis=0) / np.maximum(n, 1), np.nan)


def rice(y: Choices, members: NDArray[np.bool_] | slice = slice(None)) -> Array:
    """Rice's index of cohesion of each item, |yea share − nay share|, 0 to 1 (Rice 1925).

    Parameters
    ----------
    y, members
        As in :func:`yea_share`.

    Examples
    --------
    >>> rice(np.array([[1, 1], [-1, 1]], np.int8))
    array([0., 1.])
    """
    return np.abs(2.0 * yea_share(y, members) - 1.0)


def agreement(y: Choices) -> Array:
    """Share of common items on which two actors chose alike, shape (n_actors, n_actors).

    NaN for pairs without a common item; 1 on the diagonal.

    Parameters
    ----------
    y
        int8 array of shape (n_actors, n_items): +1 yea, −1 nay, 0 unobserved.

    Examples
    --------
    >>> agreement(np.array([[1, 1], [1, -1]], np.int8))
    array([[1. , 0.5],
           [0.5, 1. ]])
    """
    signed = y.astype(np.float32)
    seen = np.abs(signed)
    common = seen @ seen.T
    alike = 0.5 * (common + signed @ signed.T)
    return np.where(common > 0, alike / np.maximum(common, 1), np.nan).astype(np.float64)


def defection(y: Choices) -> Array:
    """Share of an actor's choices that went against the majority of all *other* actors, 0 to 1.

    NaN for an actor who never met a majority.

    Parameters
    ----------
    y
        int8 array of shape (n_actors, n_items): +1 yea, −1 nay, 0 unobserved.

    Examples
    --------
    >>> defection(np.array([[1, 1], [1, 1], [1, -1]], np.int8))
    array([0. , 0. , 0.5])
    """
    others = y.sum(axis=0, dtype=np.int64)[None, :] - y
    met = (y != 0) & (others != 0)
    against = met & (np.sign(others) != y)
    n = met.sum(axis=1)
    return np.where(n > 0, against.sum(axis=1) / np.maximum(n, 1), np.nan)
