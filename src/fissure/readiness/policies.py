"""Closed forms of what each way of being prepared is worth a year.

Windows open at rate λ and stay open for exponential times with mean 1/μ. Whoever begins to build
when one opens needs τ years, and uses those windows that are still open then: e^(−μτ) of them.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

__all__ = ["COLUMNS", "POLICIES", "break_even_alarms", "break_even_upkeep", "used", "values"]

Array = NDArray[np.float64]

#: Columns of the points that the formulas take, in this order.
COLUMNS = (
    "rate", "length", "build", "upkeep", "benefit", "lead", "hit", "false_alarms", "alarm_cost",
)  # fmt: skip
#: In the order of the rows of :func:`values`.
POLICIES = ("wait", "stand ready", "act on warnings")


def used(x: Array) -> Array:
    """Share of windows that each policy uses, shape (3, n).

    Waiting e^(−μτ); standing ready 1; on warnings h min(1, e^(−μ(τ − ℓ)⁺)) + (1 − h) e^(−μτ).

    Parameters
    ----------
    x
        Points, shape (n, 9), columns as in ``COLUMNS``.
    """
    _, length, build, _, _, lead, hit, _, _ = x.T
    late = np.exp(-build / length)
    warned = np.exp(-np.maximum(build - lead, 0.0) / length)
    return np.vstack([late, np.ones(len(x)), hit * warned + (1 - hit) * late])


def values(x: Array) -> Array:
    """Benefit less costs a year, shape (3, n).

    λB used; less upkeep c for standing ready, less (f + λh) C for acting on warnings.
    """
    rate, _, _, upkeep, benefit, _, hit, false, cost = x.T
    costs = np.vstack([np.zeros(len(x)), upkeep, (false + rate * hit) * cost])
    return rate * benefit * used(x) - costs


def break_even_upkeep(x: Array) -> Array:
    """Largest upkeep at which standing ready beats waiting: λB(1 − e^(−μτ)), shape (n,)."""
    return x[:, 0] * x[:, 4] * (1 - used(x)[0])


def break_even_alarms(x: Array) -> Array:
    """False alarms a year up to which acting on warnings beats waiting; NaN where free.

    λ [B (used on warnings − used by waiting) − h C] / C, not below 0.
    """
    share = used(x)
    with np.errstate(divide="ignore", invalid="ignore"):
        f = x[:, 0] * (x[:, 4] * (share[2] - share[0]) - x[:, 6] * x[:, 8]) / x[:, 8]
    return np.where(x[:, 8] > 0, np.maximum(f, 0.0), np.nan)
