"""Prime implicants: the shortest products that hold in no row where the outcome is lacking."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

__all__ = ["ABSENT", "ANY", "PRESENT", "covered_rows", "prime_implicants"]

#: What a product says of one condition.
ABSENT, PRESENT, ANY = 0, 1, 2

Rows = NDArray[np.bool_]


def prime_implicants(positive: Rows, negative: Rows) -> NDArray[np.int8]:
    """All prime implicants that cover a positive row and no negative one, exactly.

    Rows that are neither are free. All 3^k products are looked at once: whether a product covers a
    negative row follows from its two halves, and it is prime if every product with one condition
    fewer covers a negative row.

    Parameters
    ----------
    positive, negative
        One flag for each of the 2^k combinations of k conditions, shape (2^k,), in binary order
        with the first condition as the highest digit.

    Returns
    -------
    int8 array of shape (n_implicants, k)
        0 absent, 1 present, 2 either; those with the fewest conditions first.

    Source
    ------
    Quine (1952), "The problem of simplifying truth functions", American Mathematical Monthly 59:
    521-531, for the definition; the 3^k table is a direct evaluation of it.

    Examples
    --------
    >>> rows = np.array([False, True, True, True])  # A + B
    >>> prime_implicants(rows, ~rows).tolist()
    [[1, 2], [2, 1]]
    """
    k = len(positive).bit_length() - 1
    hit, wrong = _any_inside(positive, k), _any_inside(negative, k)
    prime = hit & ~wrong
    for axis in range(k):
        here, wider = np.moveaxis(prime, axis, 0), np.moveaxis(wrong, axis, 0)
        here[:ANY] &= wider[ANY]
    found = np.argwhere(prime).astype(np.int8)
    order = np.lexsort((*found.T[::-1], (found != ANY).sum(axis=1)))
    return found[order]


def _any_inside(rows: Rows, k: int) -> NDArray[np.bool_]:
    """For each of the 3^k products, whether it covers any of the rows; shape (3,) * k."""
    out = np.zeros((3,) * k, bool)
    out[(slice(0, ANY),) * k] = rows.reshape((2,) * k)
    for axis in range(k):
        halves = np.moveaxis(out, axis, 0)
        np.logical_or(halves[:1], halves[1:2], out=halves[2:])
    return out


def covered_rows(product: NDArray[np.int8]) -> Rows:
    """Which of the 2^k combinations a product covers, shape (2^k,).

    Examples
    --------
    >>> covered_rows(np.array([1, 2], np.int8)).tolist()
    [False, False, True, True]
    """
    k = len(product)
    place = 1 << np.arange(k - 1, -1, -1)
    fixed = int(place[product != ANY].sum())
    wanted = int(place[product == PRESENT].sum())
    return (np.arange(1 << k) & fixed) == wanted
