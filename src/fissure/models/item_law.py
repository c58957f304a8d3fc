"""The law of items: what intercepts and discriminations are like, learned from the items.

Contested and lopsided items have a law each, in which both polarities are alike, since which answer
is called yea means nothing:

    α ~ N(0, 1/τ),   β ~ ½ N(m, I/κ) + ½ N(−m, I/κ)

In several dimensions m = 0: otherwise one direction would be unlike all others.

One normal law centred at 0 would say that most items hardly divide. Where items outnumber actors
the distances on the line are what the law of items makes of them, so it must be able to say that
most items divide by about as much, and that lopsided ones divide by less.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy.special import expit, gammaincc, gammainccinv

__all__ = ["LEAST", "PARTS", "RATE", "TIE", "ItemLaw", "Sorted", "held", "kinds", "learned"]

Array = NDArray[np.float64]

#: The columns of α and of β.
PARTS = (slice(0, 1), slice(1, None))
#: An item whose losing side is a smaller share than this is lopsided; of fewer choices than ENOUGH
#: the share says too little, and using it twice, here and in the likelihood, would count.
LOPSIDED, ENOUGH = 0.2, 30
#: Priors: precisions ~ Gamma(1, RATE), m ~ N(0, I/(TIE κ)), and τ is not below LEAST: intercepts
#: beyond 3 cannot be told apart, and unanimous items would lead the law away.
RATE, TIE, LEAST = 0.25, 0.1, 1.0 / 9.0
#: A tail below this is taken for exponential.
TINY = 1e-250


@dataclass(frozen=True)
class Sorted:
    """Of which kind each item is, and in which polarity (1 or −1); both of shape (n_items,)."""

    kind: NDArray[np.int64]
    sign: Array

    def sums(self, values: Array) -> Array:
        """Sums over the items of each kind, shape (2,)."""
        return np.asarray(np.bincount(self.kind, values, 2), float)


@dataclass(frozen=True)
class ItemLaw:
    """A normal law for each kind of item, in one of the two polarities.

    Parameters
    ----------
    mean, precision
        Of (α, β), shape (n_kinds, p); the mean of α is 0, and all β have one precision.
    """

    mean: Array
    precision: Array

    def centre(self, sort: Sorted) -> Array:
        """The mean of each item's prior, shape (n_items, p)."""
        return np.asarray(sort.sign[:, None] * self.mean[sort.kind])

    def sort(self, items: Array, kind: NDArray[np.int64], rng: np.random.Generator) -> Sorted:
        """Draw the polarity of each item from its exact conditional."""
        lean = (self.precision[kind] * self.mean[kind] * items).sum(axis=1)
        return Sorted(kind, np.where(rng.random(len(items)) < expit(2.0 * lean), 1.0, -1.0))


def kinds(yeas: NDArray[np.int64], counts: NDArray[np.int64]) -> NDArray[np.int64]:
    """0 for contested items, 1 for lopsided ones, by the choices of each item."""
    losing = np.minimum(yeas, counts - yeas)
    return ((losing < LOPSIDED * counts) & (counts >= ENOUGH)).astype(np.int64)


def held(precision: Array, n_items: int) -> tuple[ItemLaw, Sorted]:
    """One kind for all, N(0, 1/``precision``) in each coefficient: the customary prior."""
    law = ItemLaw(np.zeros((1, len(precision))), precision[None])
    return law, Sorted(np.zeros(n_items, np.int64), np.ones(n_items))


def learned(items: Array, sort: Sorted, rng: np.random.Generator) -> ItemLaw:
    """Draw the law given the items, from its exact conditional (normal-gamma)."""
    mean, precision = np.zeros((2, items.shape[1])), np.empty((2, items.shape[1]))
    for kind in (0, 1):
        mine = (sort.sign[:, None] * items)[sort.kind == kind]
        has_mean = items.shape[1] == 2
        weights = (math.inf, TIE + len(mine) if has_mean else math.inf)
        floors = (LEAST, 0.0)
        for columns, weight, least in zip(PARTS, weights, floors, strict=True):
            values = mine[:, columns]
            total = values.sum(axis=0)
            squares = float((values * values).sum() - total @ total / weight)
            tau = _gamma(1.0 + 0.5 * values.size, RATE + 0.5 * squares, least, rng)
            noise = rng.standard_normal(len(total)) / math.sqrt(weight * tau)
            precision[kind, columns], mean[kind, columns] = tau, total / weight + noise
    return ItemLaw(mean, precision)


def _gamma(shape: float, rate: float, least: float, rng: np.random.Generator) -> float:
    """A draw of Gamma(shape, rate) that is not below ``least``, by inversion.

    Where hardly anything lies beyond ``least`` the tail there is exponential.
    """
    beyond, u = float(gammaincc(shape, rate * least)), 1.0 - rng.random()
    if beyond < TINY:
        return least - math.log(u) / (rate - (shape - 1.0) / least)
    return max(float(gammainccinv(shape, beyond * u)) / rate, least)
