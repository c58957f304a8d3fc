"""The global game of regime change: all attack only if they believe that enough others will."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

import numpy as np
from numpy.typing import NDArray
from scipy.special import ndtr, ndtri

from fissure.errors import SettingError
from fissure.scenarios.model import (
    BELOW,
    CONCESSION,
    NO_CHANGE,
    REPRESSION,
    RESHUFFLE,
    SEEDS,
    Free,
    Model,
)

__all__ = ["GlobalGame", "equilibria", "is_unique"]

Array = NDArray[np.float64]

#: Beyond so many standard deviations of a private signal nothing is left to find.
FAR, HALVINGS = 9.0, 60


def is_unique(alpha: Array, beta: Array, size: Array | float = 1.0) -> NDArray[np.bool_]:
    """Whether there is one equilibrium whatever the costs: size × α/√β ≤ √(2π).

    Parameters
    ----------
    alpha, beta
        Precision of what everyone knows, and of what each knows alone, above 0.
    size
        Share of the population who may attack; 1 in Morris and Shin.

    Examples
    --------
    >>> bool(is_unique(1.0, 1.0)), bool(is_unique(4.0, 1.0))
    (True, False)
    """
    return np.asarray(np.multiply(size, alpha) / np.sqrt(beta) <= np.sqrt(2 * np.pi))


def equilibria(
    cost: Array, mean: Array, alpha: Array, beta: Array, size: Array | float = 1.0
) -> tuple[Array, Array]:
    """The lowest and the highest regime strength θ* up to which the regime falls.

    Regime strength is θ ~ N(mean, 1/α) to all; each sees θ + ε/√β, and of ``size`` those attack who
    see at most x*. The regime falls iff size Φ(√β (x* − θ)) ≥ θ, and whoever sees x* just believes
    that with probability ``cost``. With z = √β (x* − θ*) this is α (size Φ(z) − mean) − √β z =
    √(α+β) Φ⁻¹(cost), and θ* = size Φ(z) (Morris and Shin 2003, in *Advances in Economics and
    Econometrics*; Angeletos, Hellwig and Pavan 2007, doi:10.1111/j.1468-0262.2007.00766.x).

    Parameters
    ----------
    cost
        Cost of attacking over the benefit of success, above 0 and below 1.
    mean
        What everyone expects of the regime's strength.
    alpha, beta
        Precisions, alpha from 0, beta above 0. With alpha = 0, θ* = size × (1 − cost).
    size
        Share of the population who may attack, above 0.

    Returns
    -------
    two arrays
        Equal where there is one equilibrium.

    Raises
    ------
    SettingError
        If a number is outside its range.

    Examples
    --------
    >>> low, high = equilibria(0.3, 0.5, 0.0, 1.0)
    >>> round(float(low), 6), round(float(high), 6)
    (0.7, 0.7)
    """
    cost, mean, alpha, beta, size = np.broadcast_arrays(
        *(np.asarray(v, float) for v in (cost, mean, alpha, beta, size))
    )
    checks = (
        ("cost", cost, (cost > 0) & (cost < 1), "above 0 and below 1"),
        ("alpha", alpha, alpha >= 0, "0 or more"),
        ("beta", beta, beta > 0, "above 0"),
        ("size", size, size > 0, "above 0"),
        *(
            (name, value, np.isfinite(value), "finite")
            for name, value in (("mean", mean), ("alpha", alpha), ("beta", beta), ("size", size))
        ),
    )
    for name, value, is_good, allowed in checks:
        if not is_good.all():
            raise SettingError(f"{name} must be {allowed}, got {float(value[~is_good].flat[0]):g}")
    need = np.sqrt(alpha + beta) * ndtri(cost)
    root = np.sqrt(beta)

    def gain(z: Array) -> Array:
        return np.asarray(alpha * (size * ndtr(z) - mean) - root * z - need)

    # above its end the gain is negative, below the other positive, whatever Φ is
    far = (alpha * (size + np.abs(mean)) + np.abs(need)) / root + 1
    with np.errstate(divide="ignore", invalid="ignore"):
        turn = np.sqrt(2 * np.log(np.maximum(alpha * size / (root * np.sqrt(2 * np.pi)), 1.0)))
    # it falls, rises between −turn and turn, and falls again
    low = _root(gain, -far, np.where(gain(-turn) <= 0, -turn, far))
    low = np.where((turn > 0) & (gain(-turn) > 0), _root(gain, turn, far), low)
    high = _root(gain, np.where(gain(turn) >= 0, turn, -far), np.where(gain(turn) >= 0, far, -turn))
    high = np.where(turn > 0, high, low)
    return np.asarray(size * ndtr(low)), np.asarray(size * ndtr(high))


def _root(gain, low: Array, high: Array) -> Array:  # type: ignore[no-untyped-def]
    """Where a falling function crosses zero, by halving."""
    low, high = low.copy(), high.copy()
    for _ in range(HALVINGS):
        middle = (low + high) / 2
        is_above = gain(middle) > 0
        low, high = np.where(is_above, middle, low), np.where(is_above, high, middle)
    return np.asarray((low + high) / 2)


@dataclass(frozen=True)
class GlobalGame(Model):
    """Coordination under uncertainty about the strength of a regime.

    A split takes away from the regime's strength. Strength is the share of the population who may
    attack; organisation makes attacking cheaper and private knowledge more precise; capacity is
    what everyone expects of a united regime's strength.

    Parameters
    ----------
    selection
        Where there are several equilibria: the ``lowest`` or ``highest`` θ*, or ``both`` with equal
        weight.
    """

    name: str = "global game"
    mechanism: str = (
        "Each challenger attacks only when it expects enough others to; everyone knows roughly, "
        "and nobody exactly, how strong the regime is. A split makes it weaker, organisation makes "
        "an attack cheaper and what each knows more precise."
    )
    source: str = (
        "Morris and Shin (2003); Angeletos, Hellwig and Pavan (2007), Econometrica 75(3), 711-756, "
        "doi:10.1111/j.1468-0262.2007.00766.x"
    )
    leaves_out: str = (
        "Time and repeated attempts, leaders, networks, and who comes to power afterwards."
    )
    free: tuple[Free, ...] = (
        Free("strength at no capacity", 0.0, 0.4, "expected strength of a united regime"),
        Free("strength by capacity", 0.4, 1.0, "what capacity 1 adds to it"),
        Free("split on strength", 0.2, 1.0, "strength lost at depth 1"),
        Free("public precision", 1.0, 25.0, "of what everyone knows about it"),
        Free("private precision", 4.0, 100.0, "of what each knows alone, at organisation 1/2"),
        Free("cost", 0.3, 0.9, "of attacking over the benefit of success, at organisation 0"),
        Free("fall of cost", 0.1, 0.9, "share of the cost that organisation 1 takes away"),
        Free("answer", 0.0, 0.5, "lead of the regime over an attack above which it represses"),
    )
    selection: Literal["lowest", "highest", "both"] = "both"

    def __post_init__(self) -> None:
        if self.selection not in ("lowest", "highest", "both"):
            raise SettingError(
                f"selection must be one of lowest, highest, both, got {self.selection!r}"
            )

    def run(self, conditions: Array, free: Array, seeds: NDArray[np.int64]) -> Array:
        """See :meth:`Model.run`: strength is drawn from what everyone expects of it."""
        mean, alpha, beta, cost, size = self.game(conditions, free)
        low, high = equilibria(cost, mean, alpha, beta, size)
        luck = ndtri((seeds + 0.5) / SEEDS)
        theta = mean + luck / np.sqrt(alpha)
        ways = {"lowest": (low,), "highest": (high,), "both": (low, high)}[self.selection]
        out = sum(self.outcome(theta, star, size, beta, free[:, 7]) for star in ways)
        return np.asarray(out) / len(ways)

    def game(self, conditions: Array, free: Array) -> tuple[Array, Array, Array, Array, Array]:
        """What the conditions mean in the game: mean, alpha, beta, cost and size."""
        depth, strength, organisation, capacity = conditions.T
        mean = free[:, 0] + free[:, 1] * capacity - free[:, 2] * depth
        beta = free[:, 4] * 4 ** (organisation - 0.5)
        cost = free[:, 5] * (1 - free[:, 6] * organisation)
        return mean, free[:, 3], beta, cost, np.maximum(strength, 1e-6)

    def outcome(self, theta: Array, star: Array, size: Array, beta: Array, answer: Array) -> Array:
        """What comes of a regime of strength θ where all below θ* fall.

        One that falls of itself (θ ≤ 0) or to an attack by few (below 5 % of the population) is
        reshuffled from above.
        """
        x = star + ndtri(np.clip(star / size, 1e-12, 1 - 1e-12)) / np.sqrt(beta)
        attack = size * ndtr(np.sqrt(beta) * (x - theta))
        has_fallen = theta <= star
        word = np.select(
            [
                has_fallen & ((theta <= 0) | (attack < 0.05)),
                has_fallen,
                attack < 0.05,
                theta - attack > answer,
            ],
            [RESHUFFLE, BELOW, NO_CHANGE, REPRESSION],
            CONCESSION,
        )
        return np.asarray(np.eye(5)[word])
