"""Where a rising chance passes 80 %: few trials, each placed where it tells most."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy.special import expit, logit

from fissure.split.power import POWER

__all__ = ["Curve", "climb"]

Array = NDArray[np.float64]

#: Trials at first, evenly spaced; then in each round; and rounds at most.
FIRST, EACH, ROUNDS = 5, 5, 4
#: No more trials are made once the crossing is known this well, as a share of the range.
CLOSE = 0.025
#: Around a guess the first trials span this share of the range.
AROUND = 0.25
#: The crossing is looked for this share of the range beyond its ends.
BEYOND = 0.25


@dataclass(frozen=True)
class Curve:
    """A logistic curve of which only trials are known, with the posterior of where it passes 80 %.

    P(found at x) = 1/(1 + exp(−(log 4 + s (x − q)))), q flat over the range and a quarter beyond,
    s flat in the logarithm.

    Parameters
    ----------
    low, high
        The range within which trials are made.
    x, found
        Where they were made, and which succeeded.
    """

    low: float
    high: float
    x: Array
    found: NDArray[np.bool_]

    @property
    def crossing(self) -> float | None:
        """Posterior median of where the chance passes 80 %; None where it lies beyond the range."""
        median = float(self.quantiles((0.5,))[0])
        return None if median > self.high else median

    @property
    def error(self) -> float:
        """Posterior standard deviation of where the chance passes 80 %."""
        q, weight = self.marginal()
        mean = (q * weight).sum()
        return float(np.sqrt(((q - mean) ** 2 * weight).sum()))

    def chance(self, x: float) -> tuple[float, float, float]:
        """Posterior mean and 95 % interval of the chance of being found at x, each 0 to 1."""
        q, s, weight = self._posterior()
        p, weight = expit(logit(POWER) + s * (x - q)).ravel(), weight.ravel()
        order = np.argsort(p)
        below = np.cumsum(weight[order]) - weight[order] / 2
        low, high = np.interp((0.025, 0.975), below, p[order])
        return float((p * weight).sum()), float(low), float(high)

    def quantiles(self, levels: tuple[float, ...]) -> Array:
        """Posterior quantiles of where the chance passes 80 %."""
        q, weight = self.marginal()
        return np.interp(levels, np.cumsum(weight) - weight / 2, q)

    def marginal(self) -> tuple[Array, Array]:
        """Values of the crossing and their posterior probabilities."""
        q, _, weight = self._posterior()
        return q[:, 0], weight.sum(axis=1)

    def _posterior(self) -> tuple[Array, Array, Array]:
        width = self.high - self.low
        q = np.linspace(self.low - BEYOND * width, self.high + BEYOND * width, 121)[:, None]
        s = np.geomspace(4.0, 160.0, 12)[None, :] / width
        z = logit(POWER) + s[..., None] * (self.x - q[..., None])
        loglik = -np.where(self.found, np.logaddexp(0, -z), np.logaddexp(0, z)).sum(axis=2)
        weight = np.exp(loglik - loglik.max())
        return q, s, weight / weight.sum()


def climb(
    trial: Callable[[float, int], tuple[float, bool]],
    low: float,
    high: float,
    *,
    guess: float | None = None,
) -> Curve:
    """Make trials until the 80 % point is known well enough.

    Parameters
    ----------
    trial
        ``trial(x, k)`` makes trial number k at x or as near as it can; where it was, and whether
        it succeeded.
    low, high
        Where trials may be made.
    guess
        Where the 80 % point may be. The first trials are made around it; without it they are spread
        over the whole range. It is not used otherwise.
    """
    points = np.linspace(low, high, FIRST)
    if guess is not None:
        points = np.clip(guess + (points - (low + high) / 2) * AROUND, low, high)
    x, found = np.empty(0), np.empty(0, bool)
    for left in range(ROUNDS, -1, -1):
        made = [trial(float(at), len(x) + k) for k, at in enumerate(points)]
        x = np.append(x, [at for at, _ in made])
        found = np.append(found, [hit for _, hit in made])
        curve = Curve(low, high, x, found)
        if left == 0 or curve.error < CLOSE * (high - low):
            break
        levels = tuple((np.arange(EACH) + 0.5) / EACH)
        points = np.clip(curve.quantiles(levels), low, high)
    return curve
