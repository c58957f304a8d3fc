"""One chain of the sampler of blocs beyond the line: sweeps, moves that split and merge, starts."""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy.special import ndtr

from fissure.kernels.mixture import (
    bloc_values,
    draw_blocs,
    draw_items,
    draw_latent,
    draw_positions,
)
from fissure.kernels.probit import TABLE
from fissure.models.mixture_moves import Here, log_posterior, search, split_or_merge
from fissure.models.partitions import PartitionPrior, by_first

__all__ = ["DIVIDES", "ITEM_SPREAD", "SHIFT", "Chain", "Draw", "draw_hyper", "start_blocs"]

Array = NDArray[np.float64]
Labels = NDArray[np.int64]
Move = Callable[..., Here]

#: ω ~ Beta(2, 8): a fifth of the items divide the blocs, in the mean; hardly ever none.
DIVIDES = (2.0, 8.0)
#: τ² ~ inverse gamma(3, 2): blocs stand about one standard deviation of the errors apart.
SHIFT = (3.0, 2.0)
#: σ_α² and σ_β² ~ inverse gamma(2, 2).
ITEM_SPREAD = (2.0, 2.0)


@dataclass(frozen=True)
class Draw:
    """What is kept of one sweep.

    Parameters
    ----------
    labels
        Blocs in the order of their first actor, int8 of shape (n_actors,).
    log_posterior
        Of choices, blocs, positions and slopes, as in
        :func:`~fissure.models.mixture_moves.log_posterior`; NaN where it was not asked for.
    dividing
        Share of the items that divide the blocs; NaN for one bloc.
    """

    labels: NDArray[np.int8]
    log_posterior: float
    dividing: float


def draw_hyper(rng: np.random.Generator) -> Array:
    """ω, τ², σ_α² and σ_β² from their prior."""
    inverse = [b / rng.gamma(a) for a, b in (SHIFT, ITEM_SPREAD, ITEM_SPREAD)]
    return np.array([rng.beta(*DIVIDES), *inverse])


class Chain:
    """The state of one chain, and the steps that renew it.

    Parameters
    ----------
    y
        int8 array of shape (n_items, n_actors).
    x
        Starting positions, shape (n_actors, dims).
    bloc
        Starting blocs.
    prior
        Prior on the partitions.
    rng
        Source of every draw.
    """

    def __init__(
        self, y: NDArray[np.int8], x: Array, bloc: Labels, prior: PartitionPrior,
        rng: np.random.Generator,
    ) -> None:  # fmt: skip
        self.y, self.prior, self.rng = y, prior, rng
        self.x, self.bloc = x.copy(), bloc.astype(np.int64)
        self.latent = y.astype(np.float64)
        self.divides = np.zeros(len(y), bool)
        self.hyper = np.array([0.2, 1.0, 1.0, 1.0])
        self.coef = np.empty((len(y), self.n_blocs + self.dims))
        self._draw_items()

    @property
    def dims(self) -> int:
        """Number of dimensions of the positions."""
        return self.x.shape[1]

    @property
    def n_blocs(self) -> int:
        """Number of blocs now."""
        return int(self.bloc.max()) + 1

    def settle(self, sweeps: int, n_blocs: int, search_sweeps: int, moves: int) -> None:
        """Warm up: one bloc first, so that the line is found; then so many blocs, cut along the
        leading direction of what it leaves; then a search for better ones, and the sampler.

        Without the first step positions and blocs would fit themselves to each other.
        """
        for _ in range(sweeps):
            self.sweep(0)
        if self.prior.most == 1:
            return
        self.bloc = start_blocs(self._left_over(), n_blocs, self.prior.least)
        self._draw_items()
        for _ in range(search_sweeps):
            self.sweep(moves, search)

    def _left_over(self) -> Array:
        """The leading direction among actors of the choices less their chances."""
        chance = ndtr(
            self.coef[:, : self.n_blocs].mean(axis=1)[:, None]
            + self.coef[:, self.n_blocs :] @ self.x.T
        )
        left = np.where(self.y != 0, (self.y > 0) - chance, 0.0)
        return np.linalg.eigh(left.T @ left)[1][:, -1]

    def sweep(self, moves: int, how: Move = split_or_merge) -> None:
        """Renew everything once, with so many proposals to split or merge.

        Latent values are integrated out while blocs move, and drawn from the new blocs directly
        afterwards: given them, blocs would hardly ever come or go.
        """
        if self.n_blocs > 1:
            value = np.empty((len(self.x), self.n_blocs))
            bloc_values(self.y, self.x, self.coef, self.divides, TABLE, value)
            size = np.bincount(self.bloc)
            draw_blocs(value, self.prior.least, self.prior.more, self.rng, self.bloc, size)
        if moves:
            here = Here(self.bloc, self.coef, self.divides)
            here = how(here, self.y, self.x, self.hyper, self.prior, self.rng, moves)
            self.bloc, self.coef, self.divides = here.bloc, here.coef, here.divides
        draw_latent(self.y, self.x, self.coef, self.bloc, self.rng, self.latent)
        self._draw_items()
        draw_positions(self.latent, self.y, self.coef, self.bloc, self.rng, self.x)
        self._shift_and_scale()
        self._draw_hyper()

    def keep(self, with_height: bool) -> Draw:
        """What is kept of the present state, with or without the log posterior."""
        share = float(self.divides.mean()) if self.n_blocs > 1 else math.nan
        height = self.log_posterior() if with_height else math.nan
        return Draw(by_first(self.bloc), height, share)

    def log_posterior(self) -> float:
        """How good the present state is, to compare it with another chain's."""
        here = Here(self.bloc, self.coef, self.divides)
        return log_posterior(here, self.y, self.x, self.hyper, self.prior)

    def _draw_items(self) -> None:
        self.coef = np.empty((len(self.y), self.n_blocs + self.dims))
        draw_items(
            self.latent, self.y, self.x, self.bloc, self.hyper, self.rng, self.coef, self.divides
        )

    # -- scales

    def _shift_and_scale(self) -> None:
        """Move all positions at once, and all items against them (Liu and Sabatti 2000)."""
        t, rng = self.n_blocs, self.rng
        sa2, sb2 = self.hyper[2], self.hyper[3]
        for d in range(self.dims):
            slope = self.coef[:, t + d]
            level = self.coef[:, :t].mean(axis=1)
            v = 1.0 / (len(self.x) + slope @ slope / sa2)
            m = v * (slope @ level / sa2 - self.x[:, d].sum())
            step = m + math.sqrt(v) * rng.standard_normal()
            self.x[:, d] += step
            self.coef[:, :t] -= step * slope[:, None]
        a, b = ITEM_SPREAD
        shape = 0.5 * self.x.size + a
        rate = 0.5 * float((self.x**2).sum()) + b / sb2
        c2 = rng.gamma(shape) / rate
        self.x *= math.sqrt(c2)
        self.coef[:, t:] /= math.sqrt(c2)
        self.hyper[3] = sb2 / c2

    def _draw_hyper(self) -> None:
        rng, t, n_items = self.rng, self.n_blocs, len(self.y)
        level = self.coef[:, :t].mean(axis=1)
        if t == 1:
            omega, tau2 = draw_hyper(rng)[:2]
        else:
            n = int(self.divides.sum())
            omega = rng.beta(DIVIDES[0] + n, DIVIDES[1] + n_items - n)
            off = self.coef[self.divides, :t] - level[self.divides, None]
            tau2 = _inverse_gamma(SHIFT, off, n * (t - 1), rng)
        sa2 = _inverse_gamma(ITEM_SPREAD, level, n_items, rng)
        sb2 = _inverse_gamma(ITEM_SPREAD, self.coef[:, t:], n_items * self.dims, rng)
        self.hyper = np.array([omega, tau2, sa2, sb2])


def _inverse_gamma(
    prior: tuple[float, float], off: Array, n: int, rng: np.random.Generator
) -> float:
    a, b = prior
    return float((b + 0.5 * (off**2).sum()) / rng.gamma(a + 0.5 * n))


def start_blocs(x: Array, n_blocs: int, least: int) -> Labels:
    """Even stretches of a direction among actors, as many as are allowed."""
    n = len(x)
    n_blocs = max(1, min(n_blocs, n // least))
    order = np.argsort(x, kind="stable")
    bloc = np.empty(n, np.int64)
    bloc[order] = np.arange(n) * n_blocs // n
    return bloc
