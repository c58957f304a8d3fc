"""What carries a verdict: depth and criteria with each item, date block or member left out."""

from __future__ import annotations

from datetime import date

import numpy as np
import polars as pl
from numpy.typing import NDArray

from fissure.periods import item_dates, item_order
from fissure.split.criteria import Shape, holds
from fissure.split.crossfit import CrossFit, ratio
from fissure.split.settings import SplitSettings

__all__ = ["date_blocks", "without_block", "without_items", "without_members"]

Array = NDArray[np.float64]

#: Fewer resamplings than this say too little about a criterion.
FEWEST = 50


def date_blocks(items: pl.DataFrame, most: int = 12) -> list[tuple[str, NDArray[np.intp]]]:
    """Named stretches of items: months, quarters, halves, years or spans of years, else tenths.

    The finest calendar unit that gives at most ``most`` blocks is taken.
    """
    order = item_order(items)
    dates = item_dates(items)
    if dates is None:
        parts = np.array_split(order, min(10, len(order)))
        ends = np.cumsum([len(p) for p in parts])
        return [(f"items {e - len(p) + 1}-{e}", p) for p, e in zip(parts, ends, strict=True)]
    days: list[date] = dates.to_list()
    units = {
        "month": [f"{d.year}-{d.month:02d}" for d in days],
        "quarter": [f"{d.year} Q{(d.month + 2) // 3}" for d in days],
        "half": [f"{d.year} H{1 if d.month < 7 else 2}" for d in days],
        "year": [str(d.year) for d in days],
    }
    for names in units.values():
        if len(set(names)) <= most:
            break
    else:
        span = -(-(days[order[-1]].year - days[order[0]].year + 1) // most)
        start = days[order[0]].year
        low = [start + (d.year - start) // span * span for d in days]
        names = [f"{y}-{y + span - 1}" for y in low]
    labels = np.array(names, dtype=object)
    return [(name, np.flatnonzero(labels == name)) for name in sorted(set(names))]


def without_items(fit: CrossFit, shape: Shape) -> tuple[Array, Array]:
    """Depth and share of resamplings where the criteria hold, with each item left out.

    Blocs are held as they are. The share is taken over the resamplings that happened not to draw
    the item (jackknife after bootstrap, Efron 1992).
    """
    ok = ~np.isnan(fit.squared)
    total, n = fit.squared[ok].sum(), ok.sum()
    rest = np.where(ok, total - np.where(ok, fit.squared, 0.0), total) / np.maximum(n - ok, 1)
    absent = shape.weights == 0
    count = absent.sum(axis=0)
    share = (absent & shape.holds[:, None]).sum(axis=0) / np.maximum(count, 1)
    return np.sqrt(np.maximum(rest, 0.0)), np.where(count >= FEWEST, share, shape.probability)


def without_block(
    fit: CrossFit, shape: Shape, block: NDArray[np.intp], settings: SplitSettings
) -> tuple[float, float, float]:
    """Depth of a stretch of items alone, depth without it, and how often the criteria then hold."""
    inside = np.zeros(len(fit.squared), bool)
    inside[block] = True
    ok = ~np.isnan(fit.squared)

    def depth(which: NDArray[np.bool_]) -> float:
        which = which & ok
        return float(np.sqrt(max(fit.squared[which].mean(), 0.0))) if which.any() else 0.0

    if not (ok & ~inside).any():
        return depth(inside), 0.0, 0.0
    from fissure.split.criteria import shape_of

    rest = shape_of(fit, np.where(inside, 0, shape.weights).astype(np.float32), settings)
    return depth(inside), depth(~inside), rest.probability


def without_members(
    y: NDArray[np.int8], fit: CrossFit, shape: Shape, settings: SplitSettings
) -> tuple[Array, Array]:
    """Depth and share of resamplings where the criteria hold, with each member left out.

    Blocs are held as they are. The change in depth is that of the plain root mean square gap of the
    blocs of all items.
    """
    counts = [
        (np.count_nonzero(part, axis=0), (part > 0).sum(axis=0))
        for part in (y[fit.labels == 0], y[fit.labels == 1])
    ]
    with_all = _mean_square(counts)
    depth, share = np.full(len(y), fit.depth), np.full(len(y), shape.probability)
    siding = ratio(shape.weights @ fit.sides[0], shape.weights @ fit.sides[1])
    known = ~np.isnan(siding) & fit.inside
    middle = known & (siding > 0.25) & (siding < 0.75)
    n_known, inside = known.sum(axis=1), middle.sum(axis=1)
    for i in np.flatnonzero(fit.inside):
        fewer = list(counts)
        n_own, yeas_own = counts[fit.labels[i]]
        fewer[fit.labels[i]] = (n_own - (y[i] != 0), yeas_own - (y[i] > 0))
        change = _mean_square(fewer) - with_all
        depth[i] = np.sqrt(max(fit.mean_square + change, 0.0))
        left = ratio(inside - middle[:, i], n_known - known[:, i])
        depths = np.sqrt(np.maximum(shape.depths**2 + change, 0.0))
        share[i] = holds(depths, left, shape.betweens, settings).mean()
    return depth, share


def _mean_square(counts: list[tuple[NDArray[np.int_], NDArray[np.int_]]]) -> float:
    """Mean unbiased squared gap of two blocs from their choices and yeas by item."""
    (n0, yeas0), (n1, yeas1) = counts
    ok = (n0 >= 2) & (n1 >= 2)
    if not ok.any():
        return 0.0
    a, b = yeas0[ok] / n0[ok], yeas1[ok] / n1[ok]
    noise = a * (1 - a) / (n0[ok] - 1) + b * (1 - b) / (n1[ok] - 1)
    return float(((a - b) ** 2 - noise).mean())
