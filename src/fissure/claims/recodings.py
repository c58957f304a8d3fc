"""Many recodings at once: what would the cases say, were each coding wrong with its own chance?"""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from fissure.claims.breakdown import crisp, names_of
from fissure.errors import SettingError

__all__ = ["tables_after"]


def tables_after(
    x: Any, y: Any, chance_x: Any, chance_y: Any = 0.0, *, draws: int = 10_000, seed: int = 1
) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """Two-by-two tables after each coding has been recoded with its own chance.

    Parameters
    ----------
    x, y
        Condition and outcome of each case, 0 or 1, shape (n,).
    chance_x, chance_y
        Probability that each coding is wrong, 0 to 1: one number, or shape (n,).
    draws
        How often all cases are recoded.
    seed
        Of the draws.

    Returns
    -------
    tuple
        The distinct tables, shape (T, 4) with columns X and Y, Y only, X only, neither, and how
        often each came. Any conclusion on tables is then known with one look at each.

    Examples
    --------
    >>> from fissure.claims.breakdown import is_share_high
    >>> tables, times = tables_after([1] * 20, [1] * 20, 0.1)
    >>> share = times[is_share_high()(tables)].sum() / times.sum()
    >>> bool(0.35 < share < 0.45)
    True
    """
    a, b = (crisp(v, name) for v, name in ((x, "x"), (y, "y")))
    names_of(None, len(a), len(b))
    if isinstance(draws, bool) or not isinstance(draws, int) or draws < 1:
        raise SettingError(f"draws must be a whole number of 1 or more, got {draws!r}")
    rng = np.random.default_rng(seed)
    flips = []
    for name, chance in (("chance_x", chance_x), ("chance_y", chance_y)):
        p = np.broadcast_to(np.asarray(chance, float), (len(a),))
        if not ((p >= 0) & (p <= 1)).all():
            raise SettingError(f"{name} must lie between 0 and 1, got {chance!r}")
        flips.append(rng.random((draws, len(a)), np.float32) < p.astype(np.float32))
    has_x, has_y = a ^ flips[0], b ^ flips[1]
    both, n_x, n_y = ((m).sum(axis=1) for m in (has_x & has_y, has_x, has_y))
    table = np.column_stack([both, n_y - both, n_x - both, len(a) - n_x - n_y + both])
    tables, times = np.unique(table, axis=0, return_counts=True)
    return tables, times
