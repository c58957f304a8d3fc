"""What every rival model is: four conditions in, probabilities of five outcomes out."""

from __future__ import annotations

from abc import ABC, abstractmethod
from dataclasses import dataclass
from typing import Literal

import numpy as np
from numpy.typing import NDArray
from scipy.stats import qmc

from fissure.errors import SettingError

__all__ = [
    "CONDITIONS",
    "OUTCOMES",
    "SEEDS",
    "Free",
    "Model",
    "Outcome",
    "even",
    "outcome_of",
    "seeded",
    "whole",
    "within",
]

Array = NDArray[np.float64]
Outcome = Literal[
    "no change", "concession", "reshuffle at the top", "change from below", "repression"
]

OUTCOMES: tuple[Outcome, ...] = (
    "no change",
    "concession",
    "reshuffle at the top",
    "change from below",
    "repression",
)
NO_CHANGE, CONCESSION, RESHUFFLE, BELOW, REPRESSION = range(5)
#: Seeds lie below this; a model may read its luck from where a seed lies.
SEEDS = 2**63
#: With fewer places than this the columns of a Sobol sequence are correlated.
FEWEST_SOBOL = 128
#: Probabilities may miss 0, and their sum 1, by so much.
CLOSE = 1e-9
#: The columns of what a model is given, each 0 to 1.
CONDITIONS = ("depth", "strength", "organisation", "capacity")


@dataclass(frozen=True)
class Free:
    """A number of a model that nobody has measured: any value in a range, all equally likely."""

    name: str
    low: float
    high: float
    meaning: str


@dataclass(frozen=True)
class Model(ABC):
    """A mechanism that turns conditions into an outcome.

    Parameters
    ----------
    name
        What it is called in settings, results and print.
    mechanism, source, leaves_out
        In plain words: what happens in it, who proposed it, and what it is silent about.
    free
        Its unmeasured numbers, drawn anew for each run.
    """

    name: str
    mechanism: str
    source: str
    leaves_out: str
    free: tuple[Free, ...]

    def rows(self, conditions: Array, free: Array, seeds: NDArray[np.int64]) -> Array:
        """What :meth:`run` gives, if these are probabilities.

        Raises
        ------
        SettingError
            If they are not: a model of one's own may be wrong.
        """
        out = np.asarray(self.run(conditions, free, seeds), float)
        if out.shape != (len(conditions), len(OUTCOMES)):
            raise SettingError(
                f"model {self.name!r} must give {len(OUTCOMES)} probabilities for each of "
                f"{len(conditions)} runs, got an array of shape {out.shape}"
            )
        is_good = (out >= -CLOSE).all(axis=1) & (np.abs(out.sum(axis=1) - 1.0) < CLOSE)
        if not is_good.all():
            raise SettingError(
                f"model {self.name!r} must give probabilities that sum to 1, got "
                f"{out[~is_good][0].tolist()}"
            )
        return out

    @abstractmethod
    def run(self, conditions: Array, free: Array, seeds: NDArray[np.int64]) -> Array:
        """Probabilities of the outcomes in each of m runs.

        Parameters
        ----------
        conditions
            Depth of the split, strength of the challengers (their share of the population), their
            organisation, and the capacity of the state, each 0 to 1; shape (m, 4).
        free
            Values of :attr:`free`, shape (m, k).
        seeds
            One for each run, shape (m,), even over 0 to ``SEEDS``; equal rows with equal seeds give
            equal answers.

        Returns
        -------
        array of shape (m, 5)
            In the order of ``OUTCOMES``; rows sum to 1.
        """

    def scaled(self, unit: Array) -> Array:
        """Values of the unmeasured numbers at places 0 to 1 of their ranges, both (n, k)."""
        low = np.array([f.low for f in self.free])
        high = np.array([f.high for f in self.free])
        return np.asarray(low + unit * (high - low))

    def draw(self, n: int, seed: int) -> Array:
        """Values of the unmeasured numbers that fill their ranges evenly, shape (n, k).

        Not to be paired row by row with other numbers that were drawn evenly: see :func:`even`.
        """
        return self.scaled(even(n, len(self.free), seed))

    def probabilities(
        self,
        depth: float,
        strength: float,
        organisation: float,
        capacity: float,
        draws: int = 1000,
        seed: int = 1,
    ) -> tuple[Array, Array]:
        """Probability of each outcome under fixed conditions, and its simulation error.

        Parameters
        ----------
        depth, strength, organisation, capacity
            Each 0 to 1.
        draws
            Runs, 2 or more, each with other values of the unmeasured numbers.
        seed
            The same seed gives the same answer.

        Raises
        ------
        SettingError
            If a number is outside its range.

        Examples
        --------
        >>> from fissure.scenarios import GlobalGame
        >>> p, error = GlobalGame().probabilities(0.4, 0.5, 0.5, 0.5, draws=256)
        >>> round(float(p.sum()), 9), bool((error < 0.05).all())
        (1.0, True)
        """
        given = (depth, strength, organisation, capacity)
        row = [within(n, v, 0.0, 1.0) for n, v in zip(CONDITIONS, given, strict=True)]
        whole("draws", draws, 2)
        whole("seed", seed, 0)
        conditions = np.tile(np.array(row), (draws, 1))
        return seeded(self.rows(conditions, self.draw(draws, seed), seeds_of(draws, seed)))


def seeded(runs: Array) -> tuple[Array, Array]:
    """Mean of runs and its standard error, both of shape (5,), from rows of probabilities.

    Where all runs are alike, the error is as if half a run of n + 1 had been otherwise: what never
    came out in 200 runs is not said to be certain.
    """
    n = len(runs)
    rare = 0.5 / (n + 1)
    spread = runs.var(axis=0)
    square = np.where(np.ptp(runs, axis=0) > 0, spread / (n - 1 or 1), rare * (1 - rare) / (n + 1))
    return runs.mean(axis=0), np.sqrt(square)


def even(n: int, k: int, seed: int | list[int]) -> Array:
    """Places that fill the unit cube evenly, shape (n, k): a Sobol sequence, scrambled.

    Columns of two sequences side by side do not: whatever the seeds, their first digits are alike.
    Nor do the first few places of one; so few are a Latin hypercube.
    """
    rng = np.random.default_rng(seed)
    if n < FEWEST_SOBOL:
        return np.asarray(qmc.LatinHypercube(k, rng=rng).random(n))
    return np.asarray(qmc.Sobol(k, rng=rng).random_base2((n - 1).bit_length())[:n])


def seeds_of(n: int, seed: int) -> NDArray[np.int64]:
    """One seed for each of n draws."""
    words = np.random.SeedSequence([seed, 5]).generate_state(n, np.uint64)
    return (words >> np.uint64(1)).astype(np.int64)


def whole(name: str, value: object, least: int) -> None:
    """Refuse what is no whole number of so much or more.

    Raises
    ------
    SettingError
        If it is not.
    """
    if type(value) is not int or value < least:
        raise SettingError(f"{name} must be a whole number of {least} or more, got {value!r}")


def within(name: str, value: object, low: float, high: float) -> float:
    """A number, if it is one and inside its range.

    Raises
    ------
    SettingError
        Otherwise.
    """
    is_number = isinstance(value, int | float | np.integer | np.floating)
    if not is_number or isinstance(value, bool) or not low <= float(value) <= high:  # type: ignore[arg-type]
        raise SettingError(f"{name} must be a number {low:g}..{high:g}, got {value!r}")
    return float(value)  # type: ignore[arg-type]


def outcome_of(
    mass: Array, elite: Array, barrier: Array, force: Array, notice: Array, noise: Array
) -> Array:
    """The outcome that a mass and an elite of these sizes come to; one rule for several models.

    Parameters
    ----------
    mass, elite
        Shares of the population and of the elite that have turned against the incumbents.
    barrier
        Share of the population at which the incumbents fall to it.
    force
        Share of the population that is, or can be, held down by force.
    notice
        How much unrest there must be for an answer.
    noise
        How much there is: the share of the population that moved in any way.

    Returns
    -------
    array of shape (m, 5)
        One outcome has probability 1: *change from below* where the mass reaches the barrier;
        otherwise *reshuffle at the top* where half of the elite has turned; otherwise, where there
        is unrest to answer, *repression* if force covers the mass and *concession* if not;
        otherwise *no change*.

    Examples
    --------
    >>> import numpy as np
    >>> one = lambda *v: OUTCOMES[int(outcome_of(*(np.array([x]) for x in v)).argmax())]
    >>> one(0.6, 0.7, 0.5, 0.2, 0.05, 0.6), one(0.1, 0.7, 0.5, 0.2, 0.05, 0.1)
    ('change from below', 'reshuffle at the top')
    >>> one(0.1, 0.1, 0.5, 0.2, 0.05, 0.1), one(0.1, 0.1, 0.5, 0.0, 0.05, 0.1)
    ('repression', 'concession')
    """
    is_noticed = noise >= notice
    word = np.select(
        [mass >= barrier, elite >= 0.5, is_noticed & (mass <= force), is_noticed],
        [BELOW, RESHUFFLE, REPRESSION, CONCESSION],
        NO_CHANGE,
    )
    return np.asarray(np.eye(5)[word])
