"""Moves of the line and of the items' law that choices alone hold weakly.

The prior holds positions by Q(x) = Σ (x − mean)² + w n mean², summed over axes: with w = 1 that is
x ~ N(0, I), with w = 1 / (1 + n v) it is x ~ N(μ, I) where μ ~ N(0, v I) has been integrated out.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from fissure.models.item_law import PARTS, RATE, TIE, ItemLaw, Sorted

__all__ = ["Follow", "breadth", "led", "lent", "mirrored", "rescale", "shift", "slid", "stretch"]

Array = NDArray[np.float64]


def breadth(x: Array, centre: float) -> float:
    """Q(x), where ``centre`` is w."""
    return float((x * x).sum()) - (1.0 - centre) * float((x.sum(axis=0) ** 2).sum()) / len(x)


def shift(
    x: Array, items: Array, tau: Array, centre: float, rng: np.random.Generator
) -> tuple[Array, Array]:
    """Shift the line, as the priors alone would have it.

    Positions x + t with α − β't have the same likelihood for any t, which is drawn from its normal
    distribution; ``tau`` are the precisions of α, one an item.
    """
    dims, (alpha, beta) = x.shape[1], (items[:, 0], items[:, 1:])
    precision = centre * len(x) * np.eye(dims) + (tau * beta.T) @ beta
    mean = np.linalg.solve(precision, (tau * alpha) @ beta - centre * x.sum(axis=0))
    t = mean + np.linalg.solve(np.linalg.cholesky(precision).T, rng.standard_normal(dims))
    return x + t, np.column_stack([alpha - beta @ t, beta])


def stretch(
    x: Array, items: Array, tau: Array, centre: float, rng: np.random.Generator
) -> tuple[Array, Array]:
    """Stretch the line along each of some axes, where β ~ N(0, 1/τ) is held.

    Positions x + (c − 1)(x u)u' with β + (1/c − 1)(β u)u' have the same likelihood for any c and
    direction u (Liu and Wu 1999, parameter expansion). log c has a concave log density, which is
    met by a normal proposal at its top and accepted or not. ``tau`` are one an item.
    """
    (n, dims), beta = x.shape, items[:, 1:]
    axes = np.eye(1) if dims == 1 else np.linalg.qr(rng.standard_normal((dims, dims)))[0]
    for u in axes.T:
        px, pb = x @ u, beta @ u
        held = breadth(px[:, None], centre), float(tau @ pb**2)
        log_c = _stretching(*held, n - len(beta), rng)
        x = x + np.outer(math.expm1(log_c) * px, u)
        beta = beta + np.outer(math.expm1(-log_c) * pb, u)
    return x, np.column_stack([items[:, 0], beta])


def rescale(
    x: Array, items: Array, law: ItemLaw, centre: float, rng: np.random.Generator
) -> tuple[Array, Array, ItemLaw]:
    """Stretch the line, the discriminations and their law together.

    With c x, β/c, and means m/c and precisions c² τ of β, the likelihood and the priors of items
    and means stay as they are. So only Q(x) and the Gamma(1, RATE) priors of the two precisions
    decide: c² ~ Gamma(2 + nK/2, Q(x)/2 + RATE Σ τ).
    """
    rate = 0.5 * breadth(x, centre) + RATE * float(law.precision[:, 1].sum())
    c = math.sqrt(rng.gamma(len(law.mean) + 0.5 * x.size) / rate)
    scale = np.array([1.0] + [c] * x.shape[1])
    return c * x, items / scale, ItemLaw(law.mean / scale, law.precision * scale**2)


@dataclass(frozen=True)
class Follow:
    """How far each item follows its law, for moves of both together.

    With the item's information D, prior included, and P the prior's part, an item follows a move of
    its mean by D⁻¹P. For the precision of α or that of β, T the part of P in question, D⁻¹T has
    ``shares``, 0 (the choices say all) to 1 (the prior does), along the columns of ``basis``. All
    of this is fixed, so that a move can be taken back.

    Parameters
    ----------
    covariance
        D⁻¹, shape (n_items, p, p).
    prior
        P of each item, shape (n_items, p).
    shares
        Shape (2, n_items, p): of α and of β.
    basis, inverse
        Shape (2, n_items, p, p).
    """

    covariance: Array
    prior: Array
    shares: Array
    basis: Array
    inverse: Array

    @classmethod
    def of(cls, root: Array, prior: Array) -> Follow:
        """From D⁻¹ = root root' (n_items, p, p), and the precisions P of the items (n_items, p)."""
        shares, basis = [], []
        for columns in PARTS:
            part = np.zeros_like(prior)
            part[:, columns] = prior[:, columns]
            values, vectors = np.linalg.eigh(np.einsum("jba,jb,jbc->jac", root, part, root))
            shares.append(np.clip(values, 0.0, 1.0))
            basis.append(root @ vectors)
        whole = np.stack(basis)
        covariance = root @ root.transpose(0, 2, 1)
        return cls(covariance, prior, np.stack(shares), whole, np.linalg.inv(whole))

    @property
    def mean(self) -> float:
        """Shares of an item, summed over its coefficients, on average over items."""
        return float(self.shares.sum(axis=(0, 2)).mean())

    def shrunk(self, part: int, away: Array, sort: Sorted, log_tau: Array) -> tuple[Array, Array]:
        """What items are away from a place, when their precisions of α (0) or β (1) rise.

        That is exp(−log_tau/2 D⁻¹T) ``away``; and the log volume, one a kind.
        """
        along = np.einsum("jab,jb->ja", self.inverse[part], away)
        along *= np.exp(-0.5 * log_tau[sort.kind, None] * self.shares[part])
        volume = -0.5 * log_tau * sort.sums(self.shares[part].sum(axis=1))
        return np.einsum("jab,jb->ja", self.basis[part], along), volume


def led(
    items: Array, law: ItemLaw, sort: Sorted, follow: Follow, size: Array
) -> tuple[Array, ItemLaw, Array]:
    """The means of β in one dimension moved with the items, by ``size`` (n_kinds,).

    The gains, one a kind, are those of the log prior; the volume does not change.
    """
    move = np.zeros_like(law.mean)
    move[:, 1] = size
    along = sort.sign[:, None] * (law.precision * move)[sort.kind]
    moved = items + np.einsum("jab,jb->ja", follow.covariance, along)
    new = ItemLaw(law.mean + move, law.precision)
    return moved, new, _log_prior(moved, new, sort) - _log_prior(items, law, sort)


def lent(
    items: Array, law: ItemLaw, sort: Sorted, follow: Follow, part: int, log_tau: Array
) -> tuple[Array, ItemLaw, Array]:
    """Precisions of α (``part`` 0) or β (1) moved with their items: up by ``log_tau``, one a kind.

    Given hundreds of items a precision hardly moves. So each item follows as far as it leans on its
    law (partial non-centring, Papaspiliopoulos, Roberts and Sköld 2003): what it is away from its
    kind's mean shrinks by exp(−log_tau/2 D⁻¹T). The gains, one a kind, are those of log prior and
    of volume.
    """
    precision = law.precision.copy()
    precision[:, PARTS[part]] *= np.exp(log_tau)[:, None]
    new, centre = ItemLaw(law.mean, precision), law.centre(sort)
    away, volume = follow.shrunk(part, items - centre, sort, log_tau)
    moved = centre + away
    return (
        moved,
        new,
        log_tau + volume + _log_prior(moved, new, sort) - _log_prior(items, law, sort),
    )


def slid(
    items: Array, law: ItemLaw, sort: Sorted, follow: Follow, log_t: Array
) -> tuple[Array, ItemLaw, Array]:
    """The mean of β in one dimension times exp(``log_t``), one a kind, its spread making up for it.

    Few choices of an item tell how large β is, and hardly whether all items are alike: m² + 1/κ is
    known, and its parts are not. With it held, κ' follows from m'. Items keep their place about
    D⁻¹P m, as far as they lean on their law. The gains, one a kind, are those of log prior and of
    volume; a kind whose m' alone would be larger than all stays, with a gain of −∞.
    """
    mean, precision = law.mean * np.exp(log_t)[:, None], law.precision.copy()
    left = (law.mean**2 - mean**2)[:, 1] + 1 / precision[:, 1]
    out = left <= 0
    mean[out], left[out] = law.mean[out], 1 / precision[out, 1]
    log_tau = -np.log(left * precision[:, 1])
    precision[:, 1] *= np.exp(log_tau)
    new = ItemLaw(mean, precision)
    old_place, place = (
        np.einsum("jab,jb->ja", follow.covariance, follow.prior * each.centre(sort))
        for each in (law, new)
    )
    away, volume = follow.shrunk(1, items - old_place, sort, log_tau)
    moved = place + away
    gain = log_t + 2 * log_tau + volume
    gain += _log_prior(moved, new, sort) - _log_prior(items, law, sort)
    return moved, new, np.where(out, -np.inf, gain)


def mirrored(items: Array, middle: Array, tau: Array) -> tuple[Array, Array]:
    """Each item on a line mirrored about a place c of its own, ``middle`` (n_items,).

    With α + 2 β c and −β its chance at c stays, and its two sides are exchanged; done twice, all is
    as before. Its polarity mirrored too, only the prior of α decides: the gains, one an item, are
    those of its log density. ``tau`` are the precisions of α.

    Where items are much alike, no path leads through β = 0 from one polarity to the other.
    """
    moved = np.column_stack([items[:, 0] + 2.0 * items[:, 1] * middle, -items[:, 1]])
    return moved, 0.5 * tau * (items[:, 0] ** 2 - moved[:, 0] ** 2)


def _log_prior(items: Array, law: ItemLaw, sort: Sorted) -> Array:
    """Of the law and the items of each kind, given polarities, but for constants."""
    tau, mean = law.precision, law.mean
    away = items - law.centre(sort)
    each = np.log(tau).sum(axis=1)[sort.kind] - (tau[sort.kind] * away * away).sum(axis=1)
    out = sort.sums(0.5 * each) - RATE * (tau[:, 0] + tau[:, 1])
    if items.shape[1] == 2:
        out += 0.5 * (np.log(tau[:, 1]) - TIE * tau[:, 1] * mean[:, 1] ** 2)
    return np.asarray(out)


def _stretching(a: float, b: float, k: int, rng: np.random.Generator) -> float:
    """A move from 0 that keeps exp(−a e^{2l}/2 − b e^{−2l}/2 + k l) as the density of l."""
    if a <= 0 or b <= 0:
        return 0.0

    def log_density(at: float) -> float:
        return -0.5 * a * math.exp(2 * at) - 0.5 * b * math.exp(-2 * at) + k * at

    # with s = e^{2l} the top solves a s² − k s − b = 0; written so that nothing cancels
    root = math.hypot(k, 2 * math.sqrt(a * b))
    s = (k + root) / (2 * a) if k > 0 else 2 * b / (root - k)
    top = 0.5 * math.log(s)
    sd = 1.1 / math.sqrt(2 * (a * s + b / s))
    new = top + sd * rng.standard_normal()
    gain = log_density(new) - log_density(0.0)
    gain += 0.5 * ((new - top) ** 2 - top**2) / sd**2
    return new if math.log(rng.random()) < gain else 0.0
