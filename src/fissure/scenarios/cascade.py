"""Threshold cascades in two layers: elites who defect and a population that joins."""

from __future__ import annotations

from dataclasses import dataclass
from itertools import pairwise
from typing import Literal

import numpy as np
from numpy.typing import NDArray
from scipy.optimize import brentq
from scipy.special import ndtr

from fissure.errors import SettingError
from fissure.kernels import cascade as kernel
from fissure.scenarios.model import Free, Model, outcome_of, whole, within

__all__ = ["Cascade", "critical_spread", "equilibrium", "join"]

Array = NDArray[np.float64]

#: Out of reach: no share and no pull brings those to join who do not want to.
NEVER = 2.0


def equilibrium(mean: float, sd: float, started: float = 0.0) -> float:
    """Share who join in an unlimited population with normal thresholds.

    The least r ≥ ``started`` with r = Φ((r − mean)/sd): everyone joins whose threshold is at most
    the share who have joined (Granovetter 1978, *American Journal of Sociology* 83(6)).

    Parameters
    ----------
    mean, sd
        Of the thresholds, as shares of the population; sd above 0.
    started
        Share who have joined at the start, 0 to 1; below it nobody goes back.

    Raises
    ------
    SettingError
        If sd is not above 0, or ``started`` is outside 0..1.

    Examples
    --------
    >>> round(equilibrium(0.25, 0.122), 3), round(equilibrium(0.25, 0.123), 3)
    (0.055, 1.0)
    """
    if not (np.isfinite(mean) and np.isfinite(sd) and sd > 0):
        raise SettingError(
            f"mean must be a number and sd a number above 0, got {mean!r} and {sd!r}"
        )
    within("started", started, 0.0, 1.0)

    def gap(r: float) -> float:
        return float(ndtr((r - mean) / sd)) - r

    if gap(started) <= 0:
        return float(started)
    # the gap has turning points where the density is 1; between them it is monotone
    peak = 1 / (sd * np.sqrt(2 * np.pi))
    turns = [mean + s * sd * np.sqrt(2 * np.log(peak)) for s in (-1, 1)] if peak > 1 else []
    at = [started, *(t for t in turns if started < t < 1), 1.0]
    for low, high in pairwise(at):
        if gap(high) <= 0:
            return float(brentq(gap, low, high, xtol=1e-14))
    return 1.0


def critical_spread(mean: float) -> tuple[float, float]:
    """The sd of normal thresholds at which a cascade begins to run through, and the share before.

    There r = F(r) and F′(r) = 1 at once: with z = (r − mean)/sd < 0, Φ(z) = mean + z φ(z) and
    sd = φ(z).

    Parameters
    ----------
    mean
        Of the thresholds, above 0 and below 1/2.

    Raises
    ------
    SettingError
        If the mean is outside that range.

    Examples
    --------
    >>> sd, share = critical_spread(0.25)
    >>> round(sd, 4), round(share, 4)
    (0.1222, 0.062)
    """
    if not 0 < mean < 0.5:
        raise SettingError(f"mean must be above 0 and below 0.5, got {mean!r}")

    def density(z: float) -> float:
        return float(np.exp(-z * z / 2) / np.sqrt(2 * np.pi))

    z = brentq(lambda z: float(ndtr(z)) - mean - z * density(z), -40.0, 0.0, xtol=1e-14)
    return density(z), float(ndtr(z))


def join(
    thresholds: Array,
    elites: Array,
    rng: np.random.Generator,
    *,
    pulls: tuple[float, float] = (0.0, 0.0),
    started: float = 0.0,
    degree: int = 0,
    rewired: float = 1.0,
) -> tuple[float, float]:
    """Shares of members and of elites who have joined when nobody else does.

    Parameters
    ----------
    thresholds, elites
        Share of those in sight (of the elites) who must have joined before each does, shape (n,)
        and (m,), one or more of each.
    rng
        Draws the network.
    pulls
        What elites who turned add to what members see, and members to what elites see.
    started
        Share of members in it from the start, spread evenly, 0 to 1.
    degree
        How many others each member looks at, an even number below n; 0, the whole population.
    rewired
        Share of ties that lead anywhere instead of to neighbours on the ring, 0 to 1.

    Raises
    ------
    SettingError
        If a number is outside its range.

    Examples
    --------
    >>> import numpy as np
    >>> steps = np.arange(100) / 100
    >>> join(steps, np.ones(1), np.random.default_rng(1))
    (1.0, 0.0)
    """
    n = len(thresholds)
    if n < 1 or len(elites) < 1:
        raise SettingError(
            f"there must be 1 or more of each, got {n} members, {len(elites)} elites"
        )
    if type(degree) is not int or degree % 2 or not 0 <= degree < n:
        raise SettingError(f"degree must be an even number from 0, below {n}, got {degree!r}")
    within("started", started, 0.0, 1.0)
    within("rewired", rewired, 0.0, 1.0)
    friends = np.zeros((n, degree), np.int32)
    if degree:
        kernel.ring(n, degree // 2, float(rewired), rng, friends)
    joined = beginners(n, started)
    turned = np.zeros(len(elites), np.bool_)
    both = np.array(pulls, float)
    kernel.spread(thresholds, elites, friends, both, joined, turned, n + len(elites))
    return float(joined.mean()), float(turned.mean())


def beginners(n: int, started: float) -> NDArray[np.bool_]:
    """Who of n members is in it from the start: a share of them, evenly spread."""
    return np.asarray(np.floor(np.arange(1, n + 1) * started) > np.floor(np.arange(n) * started))


def lead(thresholds: Array, started: float, rng: np.random.Generator) -> Array:
    """Exchange members so that whoever begins could be moved to join; the others keep their place.

    Parameters
    ----------
    thresholds
        Shape (n,); those of members who cannot be moved are ``NEVER``.
    started
        Share of members who begin.

    Examples
    --------
    >>> import numpy as np
    >>> lead(np.array([0.1, 2.0, 2.0, 2.0]), 0.25, np.random.default_rng(1))
    array([2. , 2. , 2. , 0.1])
    """
    begins, out = beginners(len(thresholds), started), thresholds.copy()
    wrong = np.flatnonzero(begins & (thresholds == NEVER))
    instead = rng.permutation(np.flatnonzero(~begins & (thresholds != NEVER)))[: len(wrong)]
    wrong = wrong[: len(instead)]
    out[wrong], out[instead] = thresholds[instead], NEVER
    return out


@dataclass(frozen=True)
class Cascade(Model):
    """Elite defection and mass participation that feed each other.

    A split lowers the thresholds of the elite, and each elite who turns lowers what the mass waits
    for. Strength is the share of the population with a threshold below certain; organisation is
    how many others each can see, and how many of the challengers begin together; capacity raises
    all thresholds.

    Parameters
    ----------
    n_members, n_elites
        Sizes of the two layers.
    layer
        Whether members see a ``network`` of others or the whole ``population``.
    """

    name: str = "cascade"
    mechanism: str = (
        "People join when enough of those they can see have joined; elites defect when enough "
        "elites have, or enough people. A split makes elites cheaper to move, and their defection "
        "makes joining cheaper."
    )
    source: str = (
        "Granovetter (1978), American Journal of Sociology 83(6), 1420-1443, doi:10.1086/226707; "
        "Kuran (1991), World Politics 44(1), 7-48, doi:10.2307/2010422"
    )
    leaves_out: str = (
        "What the incumbents do in answer while it runs, aims, violence, and going home again."
    )
    free: tuple[Free, ...] = (
        Free("mean threshold", 0.1, 0.4, "share of others whom the willing wait for, capacity 0"),
        Free("spread of thresholds", 0.05, 0.25, "standard deviation of these thresholds"),
        Free("cost of capacity", 0.0, 0.5, "rise of all thresholds from capacity 0 to 1"),
        Free("elite threshold", 0.4, 0.8, "share of elites whom an elite waits for, united"),
        Free("split on elites", 0.3, 0.9, "fall of elite thresholds from depth 0 to 1"),
        Free("pull of elites", 0.0, 0.4, "what a whole elite that turned adds to what people see"),
        Free("pull of the mass", 0.0, 0.8, "what a whole population adds to what elites see"),
        Free("rewired ties", 0.0, 1.0, "share of ties that lead outside one's neighbourhood"),
        Free("barrier", 0.25, 0.6, "share of the population at which the government falls"),
        Free("notice", 0.05, 0.2, "share of the population below which nothing is answered"),
        Free("force", 0.1, 0.4, "share that a united state of capacity 1 can hold down"),
    )
    n_members: int = 200
    n_elites: int = 40
    layer: Literal["network", "population"] = "network"

    def __post_init__(self) -> None:
        for name, value, least in (
            ("n_members", self.n_members, 32),
            ("n_elites", self.n_elites, 2),
        ):
            whole(name, value, least)
        if self.layer not in ("network", "population"):
            raise SettingError(f"layer must be one of network, population, got {self.layer!r}")

    def run(self, conditions: Array, free: Array, seeds: NDArray[np.int64]) -> Array:
        """See :meth:`Model.run`: the shares joined and turned in the end decide."""
        mass, elite = np.zeros(len(conditions)), np.zeros(len(conditions))
        for k, (depth, strength, organisation, capacity) in enumerate(conditions.tolist()):
            mean, sd, cost, high, fall, up, down, rewired = free[k, :8].tolist()
            rng = np.random.default_rng(int(seeds[k]))
            thresholds = mean + cost * capacity + sd * rng.standard_normal(self.n_members)
            thresholds[rng.random(self.n_members) >= strength] = NEVER
            started = 0.1 * strength * organisation
            elites = high - fall * depth + 0.15 * rng.standard_normal(self.n_elites)
            mass[k], elite[k] = join(
                lead(thresholds, started, rng),
                elites,
                rng,
                pulls=(up, down),
                started=started,
                degree=4 + 2 * round(8 * organisation) if self.layer == "network" else 0,
                rewired=rewired,
            )
        force = free[:, 10] * conditions[:, 3] * (1 - elite)
        return outcome_of(mass, elite, free[:, 8], force, free[:, 9], mass)
