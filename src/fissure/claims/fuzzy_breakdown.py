"""The cheapest recodings that bring the consistency of fuzzy cases across a threshold."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from fissure.claims.breakdown import fuzzy, names_of, never, told
from fissure.errors import DataError, SettingError
from fissure.results.evidence import Breakdown, Recoded

__all__ = ["consistency_breakdown"]

Array = NDArray[np.float64]
#: Costs of recodings are weighed to this precision.
COST_STEP = 0.1


def consistency_breakdown(
    x: Any,
    y: Any,
    *,
    at_least: float = 0.9,
    cost: Any = None,
    names: Sequence[str] | None = None,
) -> Breakdown:
    """The cheapest recodings that bring the consistency of necessity across a threshold.

    Σ min(x, y) / Σ y ≥ τ is the same as Σ (min(x, y) − τ y) ≥ 0, and every case has its own part
    of that sum. Each coding may go to 0 or 1. With equal costs the largest changes are the fewest;
    with costs of their own the choice is a knapsack, solved exactly.

    Parameters
    ----------
    x, y
        Fuzzy membership of each case in condition and outcome, 0 to 1, shape (n,).
    at_least
        The threshold τ, between 0 and 1.
    cost
        What recoding a case costs, above 0, shape (n,), such as more for surer codings, in steps of
        0.1; 1 for each where not given. At most one of the case's two codings is changed.
    names
        Of the cases; numbered where not given.

    Raises
    ------
    SettingError
        If a coding, the threshold or a cost is outside what is allowed, or lengths differ.
    DataError
        If no case has the outcome to any degree.

    Examples
    --------
    >>> told = consistency_breakdown([1, 0.8, 1, 0.7], [1, 0.8, 0.9, 0.6])
    >>> told.recodings, told.cases
    (1, ('1',))
    """
    a, b = (fuzzy(v, name) for v, name in ((x, "x"), (y, "y")))
    called = names_of(names, len(a), len(b))
    if not 0 < at_least < 1:
        raise SettingError(f"at_least must lie between 0 and 1, got {at_least!r}")
    if not b.sum() > 0:
        raise DataError("no case has the outcome, so consistency cannot be told from these cases")
    price = _prices(cost, len(a))
    part = np.minimum(a, b) - at_least * b
    slack, now = float(part.sum()), bool(part.sum() >= -1e-12)
    says = f"the consistency of necessity is {at_least:.2f} or more"
    # what each of the four recodings would make of the case's part of the sum
    ends = np.stack([-at_least * b, (1 - at_least) * b, np.zeros_like(a), a - at_least])
    best = ends.argmin(axis=0) if now else ends.argmax(axis=0)
    moved = ends[best, np.arange(len(a))]
    gain = part - moved if now else moved - part
    # to turn it around the sum must fall below 0, or reach it
    need = slack + 1e-9 if now else -slack - 1e-12
    chosen = _knapsack(gain, price, need)
    if chosen is None:
        return Breakdown(says, now, None, None, (), (), 0, never(says, now))
    codings = tuple(
        Recoded(
            called[i],
            "condition" if best[i] < 2 else "outcome",
            float(a[i] if best[i] < 2 else b[i]),
            float(best[i] % 2),
        )
        for i in chosen
    )
    least = min(float(gain[i]) for i in chosen)
    n_equal = int(np.isclose(gain, least).sum() - sum(np.isclose(gain[i], least) for i in chosen))
    return told(says, now, float(price[chosen].sum()), codings, n_equal)


def _knapsack(gain: Array, price: Array, need: float) -> list[int] | None:
    """The cheapest choice whose gains reach what is needed; the fewest where costs are equal."""
    useful = np.flatnonzero(gain > 0)
    if gain[useful].sum() < need:
        return None
    order = useful[np.argsort(-gain[useful], kind="stable")]
    if np.ptp(price[order]) == 0:
        count = int(np.searchsorted(np.cumsum(gain[order]), need) + 1)
        return order[:count].tolist()
    units = np.round(price / COST_STEP).astype(np.int64)
    top = int(units[order].sum())
    best = np.full(top + 1, -np.inf)
    best[0] = 0.0
    taken = np.zeros((len(order), top + 1), bool)
    for row, i in enumerate(order):
        u = int(units[i])
        fresh = best[: top + 1 - u] + gain[i]
        taken[row, u:] = fresh > best[u:] + 1e-15
        best[u:] = np.where(taken[row, u:], fresh, best[u:])
    spent = int(np.flatnonzero(best >= need)[0])
    chosen = []
    for row in range(len(order) - 1, -1, -1):
        if taken[row, spent]:
            chosen.append(int(order[row]))
            spent -= int(units[order[row]])
    return chosen[::-1]


def _prices(cost: Any, n: int) -> Array:
    price = np.ones(n) if cost is None else np.asarray(cost, float)
    if price.shape != (n,) or not (price >= COST_STEP / 2).all() or not np.isfinite(price).all():
        raise SettingError(f"cost must be {n} numbers of {COST_STEP} or more, got {cost!r}")
    return price
