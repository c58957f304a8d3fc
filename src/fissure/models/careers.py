"""Who has a position when: one state for an actor and a period, and the choices made in it."""

from __future__ import annotations

from dataclasses import dataclass
from itertools import pairwise

import numpy as np
from numpy.typing import NDArray

from fissure.errors import DataError
from fissure.kernels.dynamic import count_choices, relabel
from fissure.matrix import Matrix, Packed
from fissure.periods import Periods

__all__ = ["Careers"]

Index = NDArray[np.int64]


@dataclass(frozen=True)
class Careers:
    """States in the order of periods and, within a period, of actors.

    An actor has a state in every period from the first to the last in which it has a choice. In
    between there may be periods without any; their states bridge the gap.

    Parameters
    ----------
    labels, years
        Of the periods.
    cut
        The states of period t are ``cut[t]`` to ``cut[t + 1]``; shape (n_periods + 1,).
    actor, period
        Number of each state's actor and period.
    n_choices
        Choices of each state.
    first
        The state with which each actor begins, by actor.
    link_cut, link_from, link_to
        The steps from period t to t + 1 are ``link_cut[t]`` to ``link_cut[t + 1]``: an actor's
        state before and after.
    items
        Items of the matrix in the order of periods; those of period t are ``item_cut[t]`` to
        ``item_cut[t + 1]``.
    choices
        For each period the choices packed by item, with columns counted from ``cut[t]``.
    """

    labels: tuple[str, ...]
    years: NDArray[np.float64]
    cut: Index
    actor: Index
    period: Index
    n_choices: Index
    first: Index
    link_cut: Index
    link_from: Index
    link_to: Index
    items: Index
    item_cut: Index
    choices: tuple[Packed, ...]

    @property
    def n(self) -> int:
        """Number of states."""
        return int(self.cut[-1])

    def stretches(self) -> list[tuple[int, int]]:
        """First and last state (exclusive) of each period."""
        return [(int(a), int(b)) for a, b in pairwise(self.cut)]

    @classmethod
    def of(cls, matrix: Matrix, periods: Periods) -> Careers:
        """Lay out the states of a matrix.

        Raises
        ------
        DataError
            If fewer than two periods have choices, or the periods overlap.
        """
        period = periods.of_items(matrix.n_items)
        counts = np.zeros((matrix.n_actors, len(periods)), np.int64)
        count_choices(matrix.by_item.start, matrix.by_item.code, period, counts)
        kept = np.flatnonzero(counts.any(axis=0))
        if len(kept) < 2:
            raise DataError(
                f"{matrix.name!r}: positions through time need at least 2 periods with choices, "
                f"got {len(kept)}"
            )
        counts = counts[:, kept]
        here = np.maximum.accumulate(counts > 0, axis=1)
        here &= np.maximum.accumulate((counts > 0)[:, ::-1], axis=1)[:, ::-1]
        t, i = np.nonzero(here.T)
        state = np.full(here.T.shape, -1, np.int64)
        state[t, i] = np.arange(len(t))
        stay = here[:, 1:] & here[:, :-1]
        link_t, link_i = np.nonzero(stay.T)
        cut = np.concatenate([[0], np.cumsum(here.sum(axis=0))])
        members = [periods.members[k] for k in kept]
        place = [np.maximum(row - low, 0) for row, low in zip(state, cut[:-1], strict=True)]
        begins = here.argmax(axis=1)
        some = np.flatnonzero(here.any(axis=1))
        return cls(
            labels=tuple(periods.labels[k] for k in kept),
            years=periods.years[kept],
            cut=cut,
            actor=i,
            period=t,
            n_choices=counts.T[t, i],
            first=state[begins[some], some],
            link_cut=np.concatenate([[0], np.cumsum(stay.sum(axis=0))]),
            link_from=state[link_t, link_i],
            link_to=state[link_t + 1, link_i],
            items=np.concatenate(members).astype(np.int64),
            item_cut=np.concatenate([[0], np.cumsum([len(m) for m in members])]),
            choices=tuple(
                _choices(matrix, m.astype(np.int64), p) for m, p in zip(members, place, strict=True)
            ),
        )


def _choices(matrix: Matrix, items: Index, place: Index) -> Packed:
    """The choices on some items, with columns renumbered."""
    start = np.concatenate([[0], np.cumsum(matrix.by_item.counts()[items])]).astype(np.int64)
    code = np.empty(int(start[-1]), np.uint32)
    relabel(matrix.by_item.start, matrix.by_item.code, items, place, start, code)
    return Packed(start, code)
