"""The mix of items: their classes, the mix of all periods together, and depth under it."""

from __future__ import annotations

from dataclasses import dataclass
from itertools import pairwise

import numpy as np
import polars as pl
from numpy.typing import NDArray

from fissure.errors import DataError
from fissure.matrix import Packed
from fissure.periods import Periods

__all__ = ["Mix", "depths", "item_mix"]

Array = NDArray[np.float64]

#: Bounds between the classes of closeness: the share of the losing side.
CLOSENESS = (0.025, 0.1, 0.2, 0.3, 0.4)
#: Values of a column with classes of their own; the others are put together.
MOST = 8
#: A period whose items cover less than this share of the common mix has no depth under it.
COVERED = 0.8


@dataclass(frozen=True)
class Mix:
    """Classes of items, and how large a share each has in the mix of all periods.

    Parameters
    ----------
    name
        ``closeness``, or the column.
    labels
        What each class is called.
    of_item
        The class of each item.
    common
        Mean over the periods of the share of items in each class; sums to 1.
    """

    name: str
    labels: tuple[str, ...]
    of_item: NDArray[np.int64]
    common: Array


def item_mix(items: pl.DataFrame, side: Packed, periods: Periods, name: str) -> Mix:
    """Class the items by how close they were in the whole body, or by one of their columns.

    Parameters
    ----------
    items, side
        The table of the items, and their choices.
    periods
        Each counts alike in the common mix.
    name
        ``closeness``, or a column such as ``question``: its eight most frequent values, and the
        others together.

    Raises
    ------
    DataError
        If there is no such column.
    """
    if name == "closeness":
        yeas, n = side.yeas(), side.counts()
        # counted, not 1 − share: 2 of 10 and 8 of 10 must fall into one class
        of_item = np.digitize(np.minimum(yeas, n - yeas) / n, CLOSENESS)
        ends = (0.0, *CLOSENESS, 0.5)
        labels = [f"{a:.1%} to {b:.1%}" for a, b in pairwise(ends)]
    elif name in items.columns:
        values = items[name].cast(pl.String).alias("value")
        known = values.drop_nulls().value_counts().sort(["count", "value"], descending=True)
        named = known["value"].head(MOST).to_list()
        labels = [*named, "all others" if "all others" not in named else "(all others)"]
        place = {label: k for k, label in enumerate(labels[:-1])}
        of_item = np.array([place.get(v, len(labels) - 1) for v in values], np.int64)
    else:
        raise DataError(
            f"no item column {name!r} to mix items by; there are {', '.join(items.columns)}; "
            "also allowed is closeness"
        )
    shares = [
        np.bincount(of_item[inside], minlength=len(labels)) / len(inside)
        for inside in periods.members
        if len(inside)
    ]
    return Mix(name, tuple(labels), of_item.astype(np.int64), np.mean(shares, axis=0))


def depths(
    squared: Array, weights: NDArray[np.float32], of_item: NDArray[np.int64], common: Array
) -> tuple[Array, Array]:
    """Depth of each row of item weights, as the items are and under a common mix.

    Parameters
    ----------
    squared
        Unbiased squared gap of each item; NaN where it could not be measured.
    weights
        How often each item is drawn, shape (draws, n_items).
    of_item
        Class of each item.
    common
        Share of each class in the common mix. Classes without a measured item are left out, and the
        others take their share; NaN where what is left covers less than 80%.

    Examples
    --------
    >>> once = np.ones((1, 3), np.float32)
    >>> depths(np.array([0.0, 0.0, 0.36]), once, np.array([0, 0, 1]), np.array([0.5, 0.5]))
    (array([0.346...]), array([0.424...]))
    """
    ok = ~np.isnan(squared)
    classes = np.zeros((len(squared), len(common)), np.float32)
    classes[np.arange(len(squared)), of_item] = ok
    above = (weights @ (classes * np.where(ok, squared, 0.0)[:, None].astype(np.float32))).astype(
        np.float64
    )
    below = (weights @ classes).astype(np.float64)
    plain = above.sum(axis=1) / np.maximum(below.sum(axis=1), 1.0)
    share = np.where(below > 0, common, 0.0)
    covered = share.sum(axis=1)
    mixed = (share * above / np.maximum(below, 1.0)).sum(axis=1) / np.maximum(covered, 1e-9)
    mixed = np.where(covered >= COVERED, mixed, np.nan)
    return np.sqrt(np.maximum(plain, 0.0)), np.sqrt(np.maximum(mixed, 0.0))
