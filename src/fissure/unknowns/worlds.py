"""Bodies whose division is known, drawn on the items of some records, and what is seen of them."""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from fissure.split.criteria import Shape, holds, shape_of
from fissure.split.crossfit import CrossFit, block_length, cross_fit, item_bootstrap, ratio
from fissure.split.groups import item_turn
from fissure.split.power import DISCIPLINE
from fissure.split.settings import SplitSettings

__all__ = ["Look", "Seen", "World", "draw_world", "look_of", "look_worlds", "way_of"]

Array = NDArray[np.float64]

#: Simulated looks halve the items less often and resample less than the verdict does.
QUICK = {"repeats": 2, "draws": 200}


@dataclass(frozen=True)
class World:
    """A body whose division is known.

    Parameters
    ----------
    chance
        Probability of +1, float32 of shape (n_actors, n_items).
    way
        Where each member stands from bloc B (0) to bloc A (1), shape (n_actors,).
    depth
        Root mean square gap between those nearer to A and those nearer to B, over all items that
        could have come up.
    is_split
        Whether the true depth and the true middle meet the criteria.
    """

    chance: NDArray[np.float32]
    way: Array
    depth: float
    is_split: bool


@dataclass(frozen=True)
class Look:
    """What is seen of a body: depth, and how well it meets the criteria.

    Parameters
    ----------
    depth, stability
        Of the two largest blocs.
    spread
        Standard deviation of the resampled depths.
    share
        Of the resamplings in which the criteria hold.
    between
        Share of members between the blocs; 1 where no item divided.
    emptiness
        By how far the middle is emptier than it must be, in either sense, in typical errors.
    evidence
        For each member, by how many standard errors it stands on the side of the bloc that it was
        put into; NaN outside the two blocs. Shape (n_actors,).
    """

    depth: float
    spread: float
    stability: float
    share: float
    between: float
    emptiness: float
    evidence: Array


@dataclass(frozen=True)
class Seen:
    """Worlds that were looked at, and what is true of them.

    Parameters
    ----------
    looks
        What is seen of each.
    depth, is_split
        True depth, and whether it is split, shape (n_worlds,).
    stands
        For each world, whether each member stands in the bloc that it was put into: truth of the
        members of ``evidence``, bool of shape (n_actors,).
    """

    looks: tuple[Look, ...]
    depth: Array
    is_split: NDArray[np.bool_]
    stands: tuple[NDArray[np.bool_], ...]


def draw_world(
    chance: NDArray[np.float32], settings: SplitSettings, rng: np.random.Generator
) -> World:
    """A world from the prior, on the items of some records.

    Each item is contested with one and the same probability: there members stand along a way from
    one bloc to the other; on the rest they choose by ``chance``. Depth is uniform, 0 to 0.8, were
    all members at the two ends. The share of members between the ends is uniform, 0 to 1 in half of
    the worlds and 0 to 0.1 in the others. The smaller end holds between a handful and half of the
    members. About half of the worlds are split.
    """
    n, j = chance.shape
    full = 2 * DISCIPLINE - 1
    share = (rng.uniform(0.0, full) / full) ** 2
    contested = np.asarray(rng.random(j) < share)
    small = rng.uniform(min((settings.handful(n) + 1) / n, 0.5), 0.5)
    between = rng.uniform(0.0, 1.0 if rng.random() < 0.5 else 0.1)
    way = np.where(rng.permutation(n) < round(n * small), 0.0, 1.0)
    inside = rng.permutation(n) < round(n * between)
    way[inside] = rng.random(int(inside.sum()))
    side = np.where(rng.random(int(contested.sum())) < 0.5, 1.0, -1.0)
    out = chance.copy()
    out[:, contested] = 0.5 + full / 2 * (2 * way[:, None] - 1) * side
    depth, middle, amid = _truth(way, share)
    met = holds(np.array([depth]), np.array([middle]), np.array([amid]), settings)
    return World(out, way, depth, bool(met[0]))


def _truth(way: Array, share: float) -> tuple[float, float, float]:
    """Depth, middle and between of a body whose chances are known."""
    upper = way > 0.5
    if upper.all() or not upper.any():
        return 0.0, 1.0, 1.0
    low, high = way[~upper].mean(), way[upper].mean()
    siding = 0.5 + (DISCIPLINE - 0.5) * (2 * way - 1)
    along = (way - low) / (high - low)
    return (
        float((2 * DISCIPLINE - 1) * (high - low) * np.sqrt(share)),
        float(np.mean((siding > 0.25) & (siding < 0.75))),
        float(np.mean((along > 0.25) & (along < 0.75))),
    )


def look_worlds(
    chance: NDArray[np.float32],
    present: NDArray[np.bool_],
    settings: SplitSettings,
    n_worlds: int,
    seed: np.random.SeedSequence,
) -> Seen:
    """Draw worlds, draw choices from each, and look at them as at the records.

    Parameters
    ----------
    chance
        Probability of +1 where nothing divides, float32 of shape (n_actors, n_items).
    present
        Which choices there are in the records, of the same shape.
    settings
        As for the verdict.
    n_worlds
        How many are drawn.
    seed
        Each world takes its own child.
    """
    quick = replace(settings, **QUICK)
    looks, depth, split, stands = [], np.empty(n_worlds), np.empty(n_worlds, bool), []
    for k, child in enumerate(seed.spawn(n_worlds)):
        rng = np.random.default_rng(child)
        world = draw_world(chance, settings, rng)
        z = np.where(rng.random(chance.shape, dtype=np.float32) < world.chance, 1, -1) * present
        z = (z * item_turn(z.astype(np.int8))).astype(np.int8)
        fit = cross_fit(z, repeats=quick.repeats, rng=rng)[0, 1]
        shape = shape_of(fit, item_bootstrap(z.shape[1], quick.draws, rng), quick)
        looks.append(look_of(fit, shape, np.arange(z.shape[1]), settings))
        depth[k], split[k] = world.depth, world.is_split
        right = (fit.labels == 0) == (world.way > 0.5)
        # the blocs found have no names: they are called as most of their members stand
        stands.append(right if right.mean() >= 0.5 else ~right)
    return Seen(tuple(looks), depth, split, tuple(stands))


def look_of(fit: CrossFit, shape: Shape, order: NDArray[np.intp], settings: SplitSettings) -> Look:
    """What is seen of a body, from its cross-fit; ``order`` puts the items in order of time."""
    middle, between = (float(np.nan_to_num(v, nan=1.0)) for v in (shape.middle, shape.between))
    empty = max((settings.max_middle - middle) / 0.1, (settings.max_between - between) / 0.05)
    spread = float(shape.depths.std())
    return Look(
        shape.depth, spread, fit.stability, shape.probability, between, empty, _evidence(fit, order)
    )


def way_of(fit: CrossFit) -> Array:
    """Where each member stands along the gap between the blocs, in yea shares; NaN if unknown."""
    return ratio(fit.sides[2].sum(axis=0), fit.sides[3].sum(axis=0))


def _evidence(fit: CrossFit, order: NDArray[np.intp]) -> Array:
    """By how many standard errors each member is nearer to its own bloc's average.

    With c the midpoint between the two blocs' average ways, member i is nearer to bloc A where
    Σ_j g_j (y_ij − (a + b)/2 − c g_j) > 0. Its standard error comes from the sums over neighbouring
    items, which often decide one matter.
    """
    way = way_of(fit)
    own = [(fit.labels == bloc) & ~np.isnan(way) for bloc in (0, 1)]
    if not (own[0].any() and own[1].any()):
        return np.where(fit.inside, 0.0, np.nan)
    ends = [float(way[o].mean()) for o in own]
    terms = (fit.sides[2] - np.float32(sum(ends) / 2) * fit.sides[3])[order]
    sums = np.add.reduceat(terms, np.arange(0, len(terms), block_length(len(terms))), axis=0)
    error = np.sqrt(np.square(sums).sum(axis=0, dtype=np.float64))
    nearer = np.where(error > 0, sums.sum(axis=0) / np.where(error > 0, error, 1.0), 0.0)
    if ends[0] < ends[1]:
        nearer = -nearer
    return np.where(fit.labels == 0, nearer, np.where(fit.labels == 1, -nearer, np.nan))
