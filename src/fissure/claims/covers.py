"""All covers with the fewest products: which prime implicants to keep."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from itertools import islice, product

import numpy as np
from numpy.typing import NDArray
from scipy.optimize import Bounds, LinearConstraint, milp

__all__ = ["minimum_covers"]

#: Steps of the search before the size of the smallest cover is left to an integer programme, and
#: before the list of covers is cut short.
STEPS = 9_000
#: Branches of that integer programme, at most: a limit of time would make the answer depend on the
#: machine.
BRANCHES = 200


def minimum_covers(
    chart: NDArray[np.bool_], most: int = 256
) -> tuple[list[tuple[int, ...]], bool, bool]:
    """All smallest sets of columns that together cover every row of a chart.

    Parameters
    ----------
    chart
        Which column covers which row, shape (n_rows, n_columns); every row is covered by some.
    most
        Covers to list at most, 1 or more.

    Returns
    -------
    covers, is_smallest, is_complete
        Each cover as sorted column numbers, in lexical order; whether no cover is smaller; and
        whether these are all of that size.

    Examples
    --------
    >>> minimum_covers(np.array([[1, 1, 0], [0, 1, 1], [1, 0, 1]], bool))
    ([(0, 1), (0, 2), (1, 2)], True, True)
    """
    distinct, group = np.unique(_undominated_rows(chart), axis=1, return_inverse=True)
    widest_first = np.argsort(-distinct.sum(axis=0), kind="stable")
    distinct, group = distinct[:, widest_first], np.argsort(widest_first)[group]
    twins = [np.flatnonzero(group == g).tolist() for g in range(distinct.shape[1])]
    rows = [_bits(row) for row in distinct]
    one, is_proven = _smallest(distinct, rows)
    search = _Search(STEPS)
    expanded = (
        tuple(sorted(cover))
        for found in search.covers(rows, len(one), _all_of(distinct.shape[1]))
        for cover in product(*(twins[g] for g in found))
    )
    covers = list(islice(expanded, most + 1)) or [tuple(sorted(twins[g][0] for g in one))]
    is_complete = is_proven and not search.is_cut() and len(covers) <= most
    return sorted(covers[:most]), is_proven, is_complete


class _Search:
    """Depth-first search over rows, with a budget of steps."""

    def __init__(self, budget: int) -> None:
        self.left = budget

    def is_cut(self) -> bool:
        """Whether the budget is used up, so that covers may be missing."""
        return self.left < 0

    def covers(
        self, rows: Sequence[int], size: int, free: int, chosen: tuple[int, ...] = ()
    ) -> Iterator[tuple[int, ...]]:
        """Every cover of the rows with at most ``size`` of the free columns, each once.

        A row is a bit mask of the columns that cover it. The row with the fewest free columns is
        branched on; once a column has been tried it is barred from the later branches.
        """
        self.left -= 1
        if self.is_cut():
            return
        if not rows:
            yield chosen
            return
        if _disjoint(rows, free) > size:
            return
        here = min((row & free for row in rows), key=int.bit_count)
        while here:
            column = here & -here
            here ^= column
            rest = [row for row in rows if not row & column]
            free ^= column
            yield from self.covers(rest, size - 1, free, (*chosen, column.bit_length() - 1))
            if self.is_cut():
                return


def _disjoint(rows: Sequence[int], free: int) -> int:
    """How many rows, taken greedily, share no free column: so many columns are needed at least."""
    taken, n = 0, 0
    for row in sorted((row & free for row in rows), key=int.bit_count):
        if not row:
            return len(rows) + 1
        if not row & taken:
            taken |= row
            n += 1
    return n


def _smallest(chart: NDArray[np.bool_], rows: Sequence[int]) -> tuple[tuple[int, ...], bool]:
    """One smallest cover, and whether it is proven to be as small as any."""
    small, useful = _reduced(chart)
    search = _Search(STEPS // 3)
    core = [_bits(row) for row in small]
    free = _all_of(len(useful))
    for size in range(_disjoint(core, free), len(rows) + 1):
        cover = next(search.covers(core, size, free), None)
        if cover is not None:
            return tuple(int(useful[column]) for column in cover), True
        if search.is_cut():
            break
    solved = milp(
        np.ones(len(useful)),
        constraints=LinearConstraint(small.astype(float), lb=1.0),
        bounds=Bounds(0, 1),
        integrality=np.ones(len(useful)),
        options={"node_limit": BRANCHES, "presolve": False},  # the chart is reduced already
    )
    if solved.x is None:
        return _greedy(chart), False
    chosen = tuple(useful[solved.x > 0.5].tolist())
    return chosen, bool(np.ceil(solved.mip_dual_bound - 1e-6) >= len(chosen))


def _reduced(chart: NDArray[np.bool_]) -> tuple[NDArray[np.bool_], NDArray[np.intp]]:
    """What is left of a chart where one smallest cover is wanted, and the columns it is left of.

    A row goes if another one is harder to cover, a column if another one covers more, in turn,
    until nothing changes.
    """
    useful = np.arange(chart.shape[1])
    while True:
        shape = chart.shape
        _, first = np.unique(chart, axis=1, return_index=True)
        first.sort()
        first = first[_undominated_columns(chart[:, first])]
        chart, useful = _undominated_rows(chart[:, first]), useful[first]
        if chart.shape == shape:
            return chart, useful


def _greedy(chart: NDArray[np.bool_]) -> tuple[int, ...]:
    """Columns taken one by one, each covering the most rows that are left."""
    left, cover = np.ones(len(chart), bool), []
    while left.any():
        cover.append(int(chart[left].sum(axis=0).argmax()))
        left &= ~chart[:, cover[-1]]
    return tuple(cover)


def _undominated_rows(chart: NDArray[np.bool_]) -> NDArray[np.bool_]:
    """The rows that are not covered for certain by whatever covers another row."""
    rows = np.unique(chart, axis=0)
    inside = (rows.astype(np.int64) @ (~rows).T.astype(np.int64)) == 0  # row i within row j
    np.fill_diagonal(inside, False)
    kept: NDArray[np.bool_] = rows[~inside.any(axis=0)]
    return kept


def _undominated_columns(chart: NDArray[np.bool_]) -> NDArray[np.intp]:
    """The columns whose rows do not all lie in another column (columns differ from each other)."""
    columns = chart.T.astype(np.float32)
    inside = (columns @ (1 - columns).T) == 0
    np.fill_diagonal(inside, False)
    return np.flatnonzero(~inside.any(axis=1))


def _bits(row: NDArray[np.bool_]) -> int:
    return int.from_bytes(np.packbits(row, bitorder="little").tobytes(), "little")


def _all_of(n: int) -> int:
    return (1 << n) - 1
