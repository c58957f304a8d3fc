"""One peak or two: the distribution of positions behind the choices, measured through known items.

Positions estimated one by one must not be tested for two peaks: where the agenda is concentrated
they bunch at both ends although the positions do not. Here the distribution itself is fitted to the
choices, through each actor's whole likelihood, so that bunching from too few telling items is seen
as what it is.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy.special import log_ndtr, ndtr

from fissure.kernels.latent import mixture_weights

__all__ = ["GRID", "Items", "Peaks", "best_one_peak", "fit_peaks"]

Array = NDArray[np.float64]

#: The line of positions: mean 0, reaching out 3.2 standard deviations.
GRID = np.linspace(-3.2, 3.2, 41)
GRID.setflags(write=False)
#: A finer line for simulated positions.
FINE = np.linspace(-5.0, 5.0, 1001)
FINE.setflags(write=False)
#: Rounds and the remaining gain in log likelihood at which the one-peaked fit stops.
ROUNDS, GAIN = 150, 0.1


@dataclass(frozen=True)
class Peaks:
    """Two normal groups of equal spread, fitted to the positions behind the choices.

    Parameters
    ----------
    shares, centres
        Shares and centres of the two groups.
    spread
        Standard deviation within a group.
    """

    shares: tuple[float, float]
    centres: tuple[float, float]
    spread: float

    @property
    def gap(self) -> float:
        """Distance of the groups' centres in within-group standard deviations (Ashman's D)."""
        return abs(self.centres[1] - self.centres[0]) / self.spread

    @property
    def separation(self) -> float:
        """Variance between the groups over the variance within them, share·share·gap²."""
        return self.shares[0] * self.shares[1] * self.gap**2


class Items:
    """Fitted items seen through the grid: likelihoods of choices, and choices to simulate.

    Parameters
    ----------
    alpha, beta
        P(+1) = Φ(alpha + beta x), shape (n_items,).
    seen
        Which choices were observed, bool of shape (n_actors, n_items).
    """

    def __init__(self, alpha: Array, beta: Array, seen: NDArray[np.bool_]) -> None:
        m = alpha + GRID[:, None] * beta
        yes, no = log_ndtr(m).T, log_ndtr(-m).T
        self._half = (0.5 * (yes - no)).astype(np.float32)
        self._always = seen.astype(np.float32) @ (0.5 * (yes + no)).astype(np.float32)
        self._chance = ndtr(alpha + FINE[:, None] * beta).astype(np.float32)
        self._seen = seen

    def likelihood(self, y: NDArray[np.int8]) -> Array:
        """Likelihood of each actor's choices at each grid point, largest 1; (n_actors, points)."""
        value = (y.astype(np.float32) @ self._half + self._always).astype(np.float64)
        value -= value.max(axis=1, keepdims=True)
        return np.exp(np.maximum(value, -300.0))

    def simulate(self, positions: Array, rng: np.random.Generator) -> NDArray[np.int8]:
        """Choices of actors at given positions (to 0.01) on these items, with the same absences."""
        at = np.clip(np.rint((positions - FINE[0]) / (FINE[1] - FINE[0])), 0, len(FINE) - 1)
        yes = rng.random(self._seen.shape, dtype=np.float32) < self._chance[at.astype(np.intp)]
        return np.where(yes, self._seen, -self._seen.astype(np.int8)).astype(np.int8)


def best_one_peak(like: Array) -> Array:
    """The most likely distribution with one peak, of any shape: weights on the grid, summing to 1.

    Any one-peaked distribution is a mixture of uniforms that end at the peak (Khinchine 1938), so
    it is found peak by peak as the maximum likelihood weights of such a mixture.

    Parameters
    ----------
    like
        From :meth:`Items.likelihood`, shape (n_actors, points).
    """
    points = like.shape[1]
    best, out = -np.inf, np.full(points, 1 / points)
    for mode in range(points // 5, points - points // 5, 2):
        uniforms = _uniforms(points, mode)
        weights = np.full(points, 1.0 / points)
        value = mixture_weights(np.ascontiguousarray(like @ uniforms.T), weights, ROUNDS, GAIN)
        if value > best:
            best, out = value, weights @ uniforms
    return out / out.sum()


def _uniforms(points: int, mode: int) -> Array:
    """Row c spreads 1 evenly between the mode and point c."""
    c = np.arange(points)
    low, high = np.minimum(c, mode), np.maximum(c, mode)
    inside = (c >= low[:, None]) & (c <= high[:, None])
    return inside / (high - low + 1.0)[:, None]


def fit_peaks(like: Array, grid: Array, max_iter: int = 100) -> Peaks:
    """Two normal groups of equal spread, by expectation-maximisation from three cuts.

    Parameters
    ----------
    like
        From :meth:`Items.likelihood`, shape (n_actors, points).
    grid
        Its positions, evenly spaced.
    max_iter
        Rounds from each start.
    """
    step = float(grid[1] - grid[0])
    mean = (like @ grid) / like.sum(axis=1)
    best, out = -np.inf, Peaks((1.0, 0.0), (float(mean[0]), float(mean[0])), step)
    for q in (0.25, 0.5, 0.75):
        low = mean < np.quantile(mean, q)
        if low.any():
            value, peaks = _climb(like, grid, mean, low, max_iter)
            if value > best:
                best, out = value, peaks
    return out


def _climb(
    like: Array, grid: Array, mean: Array, low: NDArray[np.bool_], max_iter: int
) -> tuple[float, Peaks]:
    """Expectation-maximisation from the means and spread of two groups of actors."""
    n, step = len(like), float(grid[1] - grid[0])
    centre = np.array([mean[low].mean(), mean[~low].mean()])
    share = np.array([low.mean(), 1 - low.mean()])
    spread = float(np.sqrt(mean[low].var() * share[0] + mean[~low].var() * share[1])) + step
    value = -np.inf
    for _ in range(max_iter):
        density = np.exp(-0.5 * ((grid - centre[:, None]) / spread) ** 2)
        density *= (share / density.sum(axis=1))[:, None]
        total = like @ density.sum(axis=0)
        new = float(np.log(total).sum())
        if new - value < 1e-3:
            break
        value = new
        mass = density * ((1.0 / total) @ like)
        size = mass.sum(axis=1)
        share, centre = size / n, (mass @ grid) / size
        spread = float(np.sqrt((mass * (grid - centre[:, None]) ** 2).sum() / n))
        spread = max(spread, step)
    shares, centres = (float(share[0]), float(share[1])), (float(centre[0]), float(centre[1]))
    return value, Peaks(shares, centres, spread)
