"""Partitions: a prior on them, and what many sampled ones have in common."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from fissure.kernels.partitions import variation

__all__ = [
    "Chosen",
    "PartitionPrior",
    "by_first",
    "co_clustering",
    "representatives",
]

Array = NDArray[np.float64]
Partitions = NDArray[np.int8]

#: Representatives are chosen among at most so many sampled partitions.
MOST_CANDIDATES = 600


@dataclass(frozen=True)
class PartitionPrior:
    """A prior on the partitions of n actors into blocs of at least ``least``.

    The number of blocs t has the given probabilities; given t all allowed sizes (in order) are
    equally likely, and given those all ways to fill them:

        p(C) = p(t) t! / (n! C(n − t·least + t − 1, t − 1)) Π_k n_k!

    That is V_n(t) Π_k Γ(n_k + 1), the form of a mixture of finite mixtures (Miller and Harrison
    2018), with the prior put on the number of *occupied* blocs.

    Parameters
    ----------
    n
        Number of actors.
    least
        Fewest actors in a bloc.
    chances
        p(t) for t = 1, 2, …; those of t that cannot be filled are left out, and the rest scaled.
    """

    n: int
    least: int
    chances: tuple[float, ...]

    @property
    def most(self) -> int:
        """The largest number of blocs."""
        return max(1, min(len(self.chances), self.n // self.least))

    @property
    def more(self) -> float:
        """Chance of joining a bloc, given their number, is in proportion to its size and this."""
        return 1.0

    @property
    def number(self) -> Array:
        """Probabilities of t = 1 … ``most``."""
        p = np.array(self.chances[: self.most])
        return p / p.sum()

    def log_prior(self, sizes: NDArray[np.int64]) -> float:
        """log p(C) of a partition with these sizes; −∞ where it is not allowed."""
        t = len(sizes)
        if t > self.most or (t > 1 and sizes.min() < self.least):
            return -math.inf
        chance = float(self.number[t - 1])
        if chance == 0.0:
            return -math.inf
        least = self.least if t > 1 else 0
        ways = math.comb(self.n - t * least + t - 1, t - 1)
        fill = sum(math.lgamma(size + 1.0) for size in sizes)
        return (
            math.log(chance)
            + math.lgamma(t + 1.0)
            - math.lgamma(self.n + 1.0)
            - math.log(ways)
            + fill
        )

    def draw(self, rng: np.random.Generator) -> NDArray[np.int64]:
        """Labels of a partition drawn from the prior."""
        t = 1 + int(rng.choice(self.most, p=self.number))
        spare = self.n - t * self.least
        bars = np.sort(rng.choice(spare + t - 1, t - 1, replace=False))
        sizes = np.diff(np.concatenate([[-1], bars, [spare + t - 1]])) - 1 + self.least
        return rng.permutation(np.repeat(np.arange(t), sizes))


def by_first(labels: NDArray[np.integer]) -> Partitions:
    """Labels renamed in the order of their first actor: equal partitions become equal rows."""
    _, first, inverse = np.unique(labels, return_index=True, return_inverse=True)
    return np.argsort(np.argsort(first))[inverse].astype(np.int8)


def co_clustering(draws: Partitions) -> Array:
    """Share of partitions in which two actors stand in one bloc, shape (n_actors, n_actors)."""
    total = np.zeros((draws.shape[1], draws.shape[1]))
    for k in range(int(draws.max()) + 1):
        here = (draws == k).astype(np.float32)
        total += here.T @ here
    return total / len(draws)


@dataclass(frozen=True)
class Chosen:
    """A partition that stands for many.

    Parameters
    ----------
    labels
        int8 array of shape (n_actors,).
    weight
        Share of the sampled partitions that are nearer to it than to the other representatives.
    distance
        Their mean variation of information from it, in bits.
    """

    labels: Partitions
    weight: float
    distance: float


def representatives(draws: Partitions, most: int = 3, least_weight: float = 0.05) -> list[Chosen]:
    """A few partitions that stand for all the sampled ones, heaviest first after the first.

    The first has the smallest expected variation of information (Wade and Ghahramani 2018). Further
    ones are added greedily, each the one that most lowers the mean distance of the sampled
    partitions from the nearest representative, while that mean falls by a tenth or more and the new
    one stands for at least ``least_weight``: a quantisation of the posterior under that distance.

    Parameters
    ----------
    draws
        Partitions as rows of labels (:func:`by_first`), int8 of shape (n_draws, n_actors).
    most
        Largest number of representatives.
    least_weight
        Smallest weight of a further one, 0 to 1.

    Examples
    --------
    >>> draws = np.array([[0, 0, 0, 0]] * 3 + [[0, 0, 1, 1]] * 7, np.int8)
    >>> [(c.labels.tolist(), c.weight) for c in representatives(draws)]
    [([0, 0, 1, 1], 0.7), ([0, 0, 0, 0], 0.3)]
    """
    if len(draws) > MOST_CANDIDATES:
        draws = draws[np.linspace(0, len(draws) - 1, MOST_CANDIDATES).astype(np.intp)]
    rows, counts = np.unique(draws, axis=0, return_counts=True)
    share = counts / counts.sum()
    apart = np.empty((len(rows), len(rows)))
    variation(rows, apart)
    chosen = [int(np.argmin(share @ apart))]
    while len(chosen) < min(most, len(rows)):
        nearest = apart[chosen].min(axis=0)
        cost = np.minimum(nearest[:, None], apart).T @ share
        new = int(np.argmin(cost))
        weight = _weights(apart, [*chosen, new], share)
        if weight.min() < least_weight or cost[new] > 0.9 * float(nearest @ share):
            break
        chosen.append(new)
    weight = _weights(apart, chosen, share)
    own = apart[chosen].argmin(axis=0)
    out = [
        Chosen(rows[c], float(weight[k]), float(apart[c][own == k] @ share[own == k] / weight[k]))
        for k, c in enumerate(chosen)
    ]
    return out[:1] + sorted(out[1:], key=lambda c: -c.weight)


def _weights(apart: Array, chosen: list[int], share: Array) -> Array:
    own = apart[chosen].argmin(axis=0)
    return np.bincount(own, weights=share, minlength=len(chosen)).astype(np.float64)
