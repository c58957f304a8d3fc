"""Records with two blocs planted along or across a group's main line, and whether they are found.

The group is first made into one without a split: the same items, absences and main line, but
positions without a gap. Blocs are then planted into that.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Literal

import numpy as np
from numpy.typing import NDArray
from scipy.special import ndtr, ndtri
from scipy.stats import rankdata

from fissure.models.blocs import find_blocs, principal_direction
from fissure.split.criteria import shape_of
from fissure.split.crossfit import cross_fit, item_bootstrap
from fissure.split.power import CONTESTED, DISCIPLINE, deepest
from fissure.split.settings import SplitSettings

__all__ = [
    "Direction",
    "Ground",
    "draw_blocs",
    "finds",
    "flattest",
    "ground",
    "line_depth",
    "plant",
]

Array = NDArray[np.float64]
Direction = Literal["along", "across"]

#: Halvings of the items behind the depth of the line.
HALVINGS = 10
#: Simulated groups for each strength of the line, and how many of them may be called split; if more
#: are, the next strength is this share of it, and the last one tried is 0.
TRIES, MAY_FAIL, WEAKER, STEPS = 40, 1, 0.7, 5
#: Planted blocs are found where more than this share of each is together in one found bloc.
RECOVERED = 0.75


@dataclass(frozen=True)
class Ground:
    """A group without a split, on the items and with the absences of a real one.

    Parameters
    ----------
    p
        Chance of +1, float32 of shape (n_actors, n_items).
    seen
        Who chose on what, bool of the same shape.
    divided
        Numbers of the items on which the group was not unanimous: only these can carry a split.
    order
        Members from the one end of the main line to the other; in the order of rows where the
        records show no line.
    strength
        How much of the main line is kept, 0 to 1.
    """

    p: NDArray[np.float32]
    seen: NDArray[np.bool_]
    divided: NDArray[np.intp]
    order: NDArray[np.intp]
    strength: float

    @property
    def deepest(self) -> float:
        """The depth that is reached where blocs stand 90 to 10 on every item that divided."""
        return deepest(len(self.divided), self.p.shape[1])

    def apart(self, small: int) -> float:
        """Depth at which the members at one end of the line stand against all others."""
        bloc = np.zeros(len(self.order), bool)
        bloc[self.order[:small]] = True
        squared, measured = _gaps(self, bloc)
        return float(np.sqrt(squared.sum() / max(int(measured.sum()), 1)))

    def more(self, columns: NDArray[np.intp]) -> Ground:
        """The same group on other items, which are copies of these."""
        is_divided = np.zeros(self.p.shape[1], bool)
        is_divided[self.divided] = True
        return replace(
            self,
            p=np.ascontiguousarray(self.p[:, columns]),
            seen=np.ascontiguousarray(self.seen[:, columns]),
            divided=np.flatnonzero(is_divided[columns]),
        )


def ground(
    y: NDArray[np.int8], positions: Array | None, slopes: Array | None, strength: float
) -> Ground:
    """A group without a gap: P(+1) = Φ(b_j √(1 + c_j²) + c_j z_i), c_j = strength · slope_j.

    z_i are the normal scores of the ranks of the positions, so that the order of the members stays
    and any gap between them goes. b_j = Φ⁻¹ of the item's own share of +1, which is kept whatever
    the strength. With strength 0 all members are alike.

    Parameters
    ----------
    y
        Choices, int8 of shape (n_actors, n_items).
    positions, slopes
        Of the members, with standard deviation 1, and of the items; None without a line.
    strength
        Share of the slopes that is kept, 0 to 1.
    """
    n = len(y)
    yeas, seen = (y > 0).sum(axis=0), np.count_nonzero(y, axis=0)
    is_divided = (yeas > 0) & (yeas < seen)
    lean = ndtri((yeas + 0.5) / (seen + 1.0))
    z, c = np.zeros(n), np.zeros(y.shape[1])
    order = np.arange(n)
    if positions is not None and slopes is not None:
        z = ndtri((rankdata(positions) - 0.5) / n)
        # a steeper slope than this is a step already
        c = np.where(is_divided, np.clip(slopes, -5.0, 5.0) * strength, 0.0)
        order = np.argsort(positions, kind="stable")
    p = ndtr(lean * np.sqrt(1 + c * c) + z[:, None] * c)
    return Ground(p.astype(np.float32), y != 0, np.flatnonzero(is_divided), order, strength)


def line_depth(y: NDArray[np.int8], rng: np.random.Generator) -> float:
    """How far apart the two halves of the main line stand, without the bias of having looked.

    The line is the principal direction of one half of the items; the gap between the members above
    and below its median is measured on the other half, squared and without its finite-size bias,
    and averaged over many halvings and both halves. 0 where that mean is below 0.

    Parameters
    ----------
    y
        Choices, int8 of shape (n_actors, n_items).
    rng
        Source of the halves.
    """
    n, j = y.shape
    total = np.zeros(2)
    for _ in range(HALVINGS):
        order = rng.permutation(j)
        for train, test in ((order[: j // 2], order[j // 2 :]), (order[j // 2 :], order[: j // 2])):
            u = principal_direction(np.ascontiguousarray(y[:, train]))
            half = np.zeros(n, bool)
            half[np.argsort(u, kind="stable")[: n // 2]] = True
            total += _unbiased(y[:, test], half)
    return float(np.sqrt(max(total[0], 0.0) / max(total[1], 1.0)))


def _unbiased(y: NDArray[np.int8], bloc: NDArray[np.bool_]) -> tuple[float, int]:
    """Sum of unbiased squared gaps in yea shares, and over how many items."""
    shares, errors, enough = [], [], np.ones(y.shape[1], bool)
    for side in (y[bloc], y[~bloc]):
        m = np.count_nonzero(side, axis=0)
        share = (side > 0).sum(axis=0) / np.maximum(m, 1)
        shares.append(share)
        errors.append(share * (1 - share) / np.maximum(m - 1, 1))
        enough &= m >= 2
    gap = (shares[0] - shares[1]) ** 2 - errors[0] - errors[1]
    return float(gap[enough].sum()), int(enough.sum())


def flattest(
    y: NDArray[np.int8],
    positions: Array,
    slopes: Array,
    critical: float,
    settings: SplitSettings,
    seed: np.random.SeedSequence,
) -> Ground:
    """The group with as much of its main line as does not itself look like a split.

    Its two halves stand as far apart as they do in the records (:func:`line_depth`: the fitted
    slopes are too steep, since they were fitted to these choices), but less than ``min_depth``, and
    the verdict's test calls it split no more often than it may. In a group that *was* split the
    line is the split, and no shallower one could be planted beside it.

    Parameters
    ----------
    y, positions, slopes
        As for :func:`ground`.
    critical
        Mean square gap that records without blocs exceed with probability ``level``.
    settings, seed
        As for the verdict.
    """
    depth_seed, *children = seed.spawn(TRIES + 1)
    wanted = min(line_depth(y, np.random.default_rng(depth_seed)), settings.min_depth)
    strength = _strength(y, positions, slopes, wanted)
    for step in range(STEPS):
        made = ground(y, positions, slopes, strength * WEAKER**step)
        failed = 0
        for child in children:
            rng = np.random.default_rng(child)
            failed += finds(_choose(made.p, made.seen, rng), None, critical, settings, rng)
            if failed > MAY_FAIL:
                break
        else:
            return made
    return ground(y, positions, slopes, 0.0)


def _strength(y: NDArray[np.int8], positions: Array, slopes: Array, wanted: float) -> float:
    """The strength, up to 1, at which the halves of the line stand so far apart, by bisection."""
    half = len(y) // 2
    if ground(y, positions, slopes, 1.0).apart(half) <= wanted:
        return 1.0
    low, high = 0.0, 1.0
    for _ in range(8):
        middle = (low + high) / 2
        if ground(y, positions, slopes, middle).apart(half) <= wanted:
            low = middle
        else:
            high = middle
    return low


def draw_blocs(
    order: NDArray[np.intp], small: int, direction: Direction, end: int, rng: np.random.Generator
) -> NDArray[np.bool_]:
    """Who is in the smaller bloc.

    Parameters
    ----------
    order
        Members from the one end of the line to the other.
    small
        Members of the smaller bloc.
    direction
        ``along``: those at one end. ``across``: one at random from each of ``small`` equal
        stretches of the line.
    end
        Which end, 0 or 1.
    rng
        Source of randomness.
    """
    bloc = np.zeros(len(order), bool)
    if direction == "along":
        bloc[order[:small] if end == 0 else order[-small:]] = True
        return bloc
    edges = np.linspace(0, len(order), small + 1).round().astype(int)
    bloc[order[rng.integers(edges[:-1], edges[1:])]] = True
    return bloc


def plant(
    base: Ground, bloc: NDArray[np.bool_], depth: float, rng: np.random.Generator
) -> tuple[NDArray[np.int8], float]:
    """Records in which two blocs stand a given depth apart, and the depth reached.

    On some of the items that divided the group, drawn at random, 90 % of the one bloc stand against
    90 % of the other; all else stays. The depth is that of the chances, root mean square over all
    items on which both blocs cast two choices. Members of the two ends of a line stand apart
    already: less than that cannot be had.

    Parameters
    ----------
    base
        The group without a split.
    bloc
        Who is in the smaller bloc.
    depth
        0 to 1.
    rng
        Source of randomness.
    """
    squared, measured = _gaps(base, bloc)
    own = measured[base.divided]
    room = CONTESTED * own.sum() - squared[base.divided].sum()
    wanted = depth**2 * max(int(measured.sum()), 1) - squared.sum()
    share = float(np.clip(wanted / room, 0.0, 1.0)) if room > 0 else 1.0
    n = round(share * len(base.divided))
    contested = rng.permutation(base.divided)[:n]
    p = base.p.copy()
    flip = np.asarray(rng.random(n) < 0.5)
    same = bloc[:, None] == flip[None, :]
    p[:, contested] = np.where(same, DISCIPLINE, 1 - DISCIPLINE)
    squared[contested] = np.where(measured[contested], CONTESTED, 0.0)
    reached = float(np.sqrt(squared.sum() / max(int(measured.sum()), 1)))
    return _choose(p, base.seen, rng), reached


def _gaps(base: Ground, bloc: NDArray[np.bool_]) -> tuple[Array, NDArray[np.bool_]]:
    """Squared gap between the blocs' mean chances by item, and where both cast two choices."""
    one = bloc.astype(np.float32)
    seen = base.seen.astype(np.float32)
    n_a, n_b = one @ seen, (1 - one) @ seen
    chances = base.p * seen
    measured = (n_a >= 2) & (n_b >= 2)
    a, b = one @ chances / np.maximum(n_a, 1), (1 - one) @ chances / np.maximum(n_b, 1)
    return np.where(measured, (a - b) ** 2, 0.0).astype(np.float64), measured


def _choose(
    p: NDArray[np.float32], seen: NDArray[np.bool_], rng: np.random.Generator
) -> NDArray[np.int8]:
    up = rng.random(p.shape, dtype=np.float32) < p
    return np.where(seen, np.where(up, np.int8(1), np.int8(-1)), np.int8(0))


def finds(
    y: NDArray[np.int8],
    bloc: NDArray[np.bool_] | None,
    critical: float,
    settings: SplitSettings,
    rng: np.random.Generator,
    weights: NDArray[np.float32] | None = None,
) -> bool:
    """Whether the verdict's own test calls some records split, and into the planted blocs.

    Parameters
    ----------
    y
        Choices, int8 of shape (n_actors, n_items).
    bloc
        The planted bloc; None where any split counts.
    critical
        Mean square gap that records without blocs exceed with probability ``level``.
    settings
        Thresholds; with few halvings and draws this is quick.
    rng
        Source of halvings and resamplings.
    weights
        Resamplings of the items, where they were drawn already: float32 of shape (draws, n_items).
    """
    labels = find_blocs(y, 2)[0]
    second = labels == 1
    # the blocs of all items alone decide many cases, and those of its halves cost more
    if np.count_nonzero(second) <= settings.handful(len(y)):
        return False
    if bloc is not None:
        same = [(second == bloc)[bloc].mean(), (second == bloc)[~bloc].mean()]
        if not (min(same) > RECOVERED or max(same) < 1 - RECOVERED):
            return False
    fit = cross_fit(y, repeats=settings.repeats, rng=rng, labels=labels)[0, 1]
    # resamplings scatter around the estimate: below the threshold 95 of 100 are never above it
    if fit.mean_square <= critical or fit.depth < settings.min_depth:
        return False
    if fit.stability < settings.min_stability:
        return False
    if weights is None:
        weights = item_bootstrap(y.shape[1], settings.draws, rng)
    ok = ~np.isnan(fit.squared)
    squares = (weights[:, ok] @ fit.squared[ok]) / np.maximum(weights[:, ok].sum(axis=1), 1.0)
    # the depth alone decides many cases, and the middle costs more to compute
    if np.mean(squares >= settings.min_depth**2) < settings.confidence - 0.01:
        return False
    return shape_of(fit, weights, settings).probability >= settings.confidence
