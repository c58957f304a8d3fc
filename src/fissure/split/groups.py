"""Which groups are looked at, and how their choices are turned."""

from __future__ import annotations

import numpy as np
import polars as pl
from numpy.typing import NDArray

from fissure.errors import DataError
from fissure.matrix import Matrix

__all__ = ["FEWEST_ACTORS", "group_masks", "item_turn", "too_small"]

#: Fewer members or items than this are not looked at.
FEWEST_ACTORS, FEWEST_ITEMS = 5, 10


def group_masks(
    matrix: Matrix, within: str | None, whole: bool
) -> list[tuple[str, NDArray[np.bool_]]]:
    """Names and members of the groups to look at; caucuses by size."""
    out = [("all", np.ones(matrix.n_actors, bool))] if whole else []
    if within is None:
        return out
    if within not in matrix.actors.columns:
        raise DataError(f"no actor column {within!r}; there are {', '.join(matrix.actors.columns)}")
    values = matrix.actors[within]
    counts = (
        values.alias("value").value_counts(name="n").sort(["n", "value"], descending=[True, False])
    )
    for value in counts["value"]:
        name = f"{within} is missing" if value is None else f"{within} = {value}"
        out.append((name, _equal(values, value)))
    return out


def _equal(values: pl.Series, value: object) -> NDArray[np.bool_]:
    same = values.is_null() if value is None else (values == value).fill_null(False)
    return same.to_numpy()


def too_small(matrix: Matrix, mask: NDArray[np.bool_]) -> str | None:
    """Why a group cannot be looked at: too few members or items; None where it can."""
    n = int(mask.sum())
    if n < FEWEST_ACTORS:
        return f"at least {FEWEST_ACTORS} members are needed to look for blocs, here are {n}"
    if matrix.n_items < FEWEST_ITEMS:
        return (
            f"at least {FEWEST_ITEMS} items are needed to look for blocs, here are {matrix.n_items}"
        )
    return None


def item_turn(y: NDArray[np.int8]) -> NDArray[np.int8]:
    """+1 or −1 for each item, by which its majority becomes +1 (its first voter where there is
    none): swapping yea and nay then changes nothing before the last step.
    """
    total = y.sum(axis=0, dtype=np.int64)
    first = y[(y != 0).argmax(axis=0), np.arange(y.shape[1])]
    return np.where(total == 0, first, np.sign(total)).astype(np.int8)
