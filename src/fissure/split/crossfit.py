"""Cross-fitting: blocs found on one half of the items, measured on the other, many times over."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from fissure.kernels.siding import held_out
from fissure.models.blocs import find_blocs

__all__ = [
    "CrossFit",
    "block_length",
    "cross_fit",
    "gaps_among",
    "item_bootstrap",
    "pair_labels",
    "ratio",
]

Array = NDArray[np.float64]
Labels = NDArray[np.int8]


@dataclass(frozen=True)
class CrossFit:
    """What two blocs did on items that did not choose them, averaged over the repeated halves.

    Parameters
    ----------
    labels
        Blocs found on all items, shape (n_actors,): 0 and 1; 2 for actors of further blocs, and −1
        for those set aside.
    probability
        Share of the halves in which each actor was found in its bloc.
    squared
        Unbiased squared gap of each item; NaN where a bloc never cast two choices.
    opposed
        Share of the halves in which the majorities opposed each other, by item.
    sides
        Array (4, n_items, n_actors) of sums by item, averaged over the repeats: sidings with bloc 0
        on dividing items, dividing items, products of gap and choice, squared gaps
        (:func:`~fissure.kernels.siding.held_out`).
    halves
        The blocs found on each half, int8 of shape (2 repeats, n_actors), named as in ``labels``.
    tested
        On which items each of them was measured, bool of shape (2 repeats, n_items).
    """

    labels: Labels
    probability: Array
    squared: Array
    opposed: Array
    sides: NDArray[np.float32]
    halves: Labels
    tested: NDArray[np.bool_]

    @property
    def depth(self) -> float:
        """Root mean square gap over all items, 0 where the bias-corrected mean is below 0."""
        return float(np.sqrt(max(self.mean_square, 0.0)))

    @property
    def mean_square(self) -> float:
        """Mean unbiased squared gap over all items; 0 where no item could be measured."""
        ok = ~np.isnan(self.squared)
        return float(self.squared[ok].mean()) if ok.any() else 0.0

    @property
    def opposed_share(self) -> float:
        """Share of held-out items on which the majorities opposed each other."""
        ok = ~np.isnan(self.squared)
        return float(self.opposed[ok].mean()) if ok.any() else 0.0

    @property
    def inside(self) -> NDArray[np.bool_]:
        """Which actors belong to one of the two blocs."""
        return (self.labels == 0) | (self.labels == 1)

    @property
    def stability(self) -> float:
        """Mean probability of its members, in that of the two blocs where it is lower."""
        own = [self.probability[self.labels == bloc] for bloc in (0, 1)]
        return float(min(p.mean() if len(p) else 0.0 for p in own))

    def siding(self) -> Array:
        """Share of dividing items on which each actor sided with bloc 0; NaN without any."""
        return ratio(self.sides[0].sum(0), self.sides[1].sum(0))


def ratio(above: NDArray[np.floating], below: NDArray[np.floating]) -> Array:
    """Elementwise above / below; NaN where below is not above 0."""
    some = below > 0
    return np.where(some, above / np.where(some, below, 1), np.nan).astype(np.float64)


def pair_labels(labels: Labels, a: int, b: int) -> Labels:
    """Labels 0 and 1 for two of several blocs, 2 for all other actors."""
    out = np.full(len(labels), 2, np.int8)
    out[labels == a], out[labels == b] = 0, 1
    return out


def cross_fit(
    y: NDArray[np.int8],
    *,
    repeats: int,
    rng: np.random.Generator,
    n_blocs: int = 2,
    labels: Labels | None = None,
) -> dict[tuple[int, int], CrossFit]:
    """Cross-fit every pair of blocs.

    Each repeat cuts the items into random halves and uses both: blocs are found on one and measured
    on the other. Blocs of a half carry the name of the bloc of all items that they overlap most.

    Parameters
    ----------
    y
        int8 array of shape (n_actors, n_items): +1 yea, −1 nay, 0 unobserved.
    repeats
        How many times the items are halved.
    rng
        Source of the halves.
    n_blocs
        Number of blocs.
    labels
        Blocs of all items, where they are known already.

    Returns
    -------
    dict
        A :class:`CrossFit` for each pair (a, b), a < b.
    """
    n, j = y.shape
    if labels is None:
        labels = find_blocs(y, n_blocs)[0]
    by_item = np.ascontiguousarray(y.T)
    pairs = [(a, b) for a in range(n_blocs) for b in range(a + 1, n_blocs)]
    sums = {p: (np.zeros(j), np.zeros(j), np.zeros(j)) for p in pairs}
    sides = {p: np.zeros((4, j, n), np.float32) for p in pairs}
    halves, tested = np.empty((2 * repeats, n), np.int8), np.zeros((2 * repeats, j), bool)
    for repeat in range(repeats):
        order = rng.permutation(j)
        parts = (order[: j // 2], order[j // 2 :])
        for side, (train, test) in enumerate((parts, parts[::-1])):
            found = _rename(
                find_blocs(np.ascontiguousarray(y[:, train]), n_blocs)[0], labels, n_blocs
            )
            halves[2 * repeat + side] = found
            tested[2 * repeat + side, test] = True
            for p in pairs:
                held_out(by_item, pair_labels(found, *p), np.sort(test), *sums[p], sides[p])
    out = {}
    same = (halves == labels).mean(axis=0)
    for p in pairs:
        squared, seen, opposed = sums[p]
        ok = seen > 0
        out[p] = CrossFit(
            labels=pair_labels(labels, *p),
            probability=same,
            squared=np.where(ok, squared / np.maximum(seen, 1), np.nan),
            opposed=np.where(ok, opposed / np.maximum(seen, 1), np.nan),
            sides=sides[p] / np.float32(repeats),
            halves=np.where(halves == p[0], 0, np.where(halves == p[1], 1, 2)).astype(np.int8),
            tested=tested,
        )
    return out


def gaps_among(y: NDArray[np.int8], fit: CrossFit, members: NDArray[np.bool_]) -> Array:
    """Unbiased squared gap of each item among some members alone, with the blocs as they were found
    among all; NaN where one of their blocs never cast two choices.

    Parameters
    ----------
    y
        The choices that were cross-fitted, int8 of shape (n_actors, n_items).
    fit
        The cross-fit of all actors.
    members
        Which actors are measured, bool of shape (n_actors,).
    """
    n, j = y.shape
    by_item = np.ascontiguousarray(y.T)
    squared, seen, opposed = np.zeros(j), np.zeros(j), np.zeros(j)
    unused = np.zeros((4, j, n), np.float32)
    for found, tested in zip(fit.halves, fit.tested, strict=True):
        bloc = np.where(members, found, -1).astype(np.int8)
        held_out(by_item, bloc, np.flatnonzero(tested), squared, seen, opposed, unused)
    return np.where(seen > 0, squared / np.maximum(seen, 1), np.nan)


def _rename(found: Labels, labels: Labels, k: int) -> Labels:
    """Name the blocs of a half after the blocs of the whole that they overlap most."""
    from scipy.optimize import linear_sum_assignment

    overlap = np.zeros((k, k))
    np.add.at(overlap, (found, labels), 1.0)
    names = np.empty(k, np.int8)
    rows, columns = linear_sum_assignment(-overlap)
    names[rows] = columns
    return names[found]


def block_length(n_items: int) -> int:
    """How many neighbouring items are kept together: n^(1/3)."""
    return max(1, round(n_items ** (1 / 3)))


def item_bootstrap(
    n_items: int,
    draws: int,
    rng: np.random.Generator,
    order: NDArray[np.intp] | None = None,
) -> NDArray[np.float32]:
    """How often each item is drawn, shape (draws, n_items): a circular block bootstrap.

    Neighbours in time often decide one matter, so blocks of n^(1/3) items are drawn together
    (Politis and Romano 1992). ``order`` puts the items in order of time.
    """
    length = block_length(n_items)
    n_blocks = -(-n_items // length)
    start = rng.integers(0, n_items, (draws, n_blocks))
    item = (start[:, :, None] + np.arange(length)) % n_items
    item = item.reshape(draws, -1)[:, :n_items]
    if order is not None:
        item = order[item]
    flat = (np.arange(draws)[:, None] * n_items + item).ravel()
    return np.bincount(flat, minlength=draws * n_items).reshape(draws, n_items).astype(np.float32)
