"""How likely is a split, given the records? Worlds are drawn, and those that look alike counted."""

from __future__ import annotations

import zlib
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray
from scipy.optimize import minimize
from scipy.special import expit, logit, ndtr

from fissure.errors import DataError
from fissure.matrix import Matrix
from fissure.results import Group
from fissure.results.chances import Again, Chances
from fissure.split.criteria import Shape, holds, shape_of
from fissure.split.crossfit import CrossFit, cross_fit, item_bootstrap
from fissure.split.groups import item_turn
from fissure.split.null import exchangeable
from fissure.split.power import DISCIPLINE
from fissure.split.settings import SplitSettings

__all__ = ["World", "chances", "draw_world"]

Array = NDArray[np.float64]

#: Simulated looks halve the items less often and resample less than the verdict does.
QUICK = {"repeats": 2, "draws": 200}
#: Standard deviation of the difference between the smallest detectable depths of two records of one
#: body, times its members: 0.029 for 20 of them, 0.010 for 45.
SMALLEST_SD = 0.5
#: Weight of the ridge that keeps the regression finite where the worlds part without overlap.
RIDGE = 0.05


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


def chances(matrix: Matrix, group: Group, settings: SplitSettings, seed: int = 1,
            n_worlds: int = 200) -> Chances:  # fmt: skip
    """How likely a split is given the records, and how likely the same verdict on others.

    Worlds are drawn on the group's own items and absences (:func:`draw_world`), and each is looked
    at as the records were. A logistic regression of whether a world *is* split on what was seen of
    it (share of resamplings that meet the criteria; by how far depth and middle meet them) is read
    off at what was seen of the records: simulated inference by regression, as in Beaumont, Zhang
    and Balding (2002).

    Parameters
    ----------
    matrix
        The group's choices, as they were for the verdict.
    group
        The verdict.
    settings, seed
        As for the verdict.
    n_worlds
        Worlds drawn, 50 or more.

    Raises
    ------
    DataError
        If every item was unanimous: which matters came up may then be all that is seen.
    """
    y = matrix.dense()
    if not ((y > 0).any(axis=0) & (y < 0).any(axis=0)).any():
        raise DataError(
            f"{matrix.name!r}: every one of the {matrix.n_items} items was unanimous, and whether "
            "others would have been cannot be told"
        )
    turn = item_turn(y)
    alone = {m.actor for m in group.defectors}
    rest = np.array([a not in alone for a in matrix.actors["actor"].to_list()])
    y = (y * turn)[rest]
    root = np.random.SeedSequence([seed, zlib.crc32(matrix.name.encode()), 4])
    own, drawn = root.spawn(2)
    rng = np.random.default_rng(own)
    n_blocs = max(len(group.blocs), 2)
    fit = cross_fit(y, repeats=settings.repeats, rng=rng, n_blocs=n_blocs)[0, 1]
    shape = shape_of(fit, item_bootstrap(y.shape[1], settings.draws, rng), settings)
    seen, truth = _worlds(y, turn, settings, n_worlds, drawn)
    p = _chance(seen, truth, _summary(fit, shape, settings))
    again = _again(shape, fit, group, settings)
    prior = float(truth.mean())
    words = _sentence(p, prior, again, matrix.n_items, group, settings)
    return Chances(p, prior, again, n_worlds, words)


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


def _worlds(
    y: NDArray[np.int8],
    turn: NDArray[np.int8],
    settings: SplitSettings,
    n_worlds: int,
    seed: np.random.SeedSequence,
) -> tuple[Array, NDArray[np.bool_]]:
    """What is seen of each world drawn, and whether it is split."""
    chance = np.asarray(exchangeable(y, turn), np.float32)
    quick = replace(settings, **QUICK)
    seen, truth = np.empty((n_worlds, 2)), np.empty(n_worlds, bool)
    for k, child in enumerate(seed.spawn(n_worlds)):
        rng = np.random.default_rng(child)
        world = draw_world(chance, settings, rng)
        z = np.where(rng.random(y.shape, dtype=np.float32) < world.chance, 1, -1) * (y != 0)
        z = (z * item_turn(z.astype(np.int8))).astype(np.int8)
        fit = cross_fit(z, repeats=quick.repeats, rng=rng)[0, 1]
        shape = shape_of(fit, item_bootstrap(z.shape[1], quick.draws, rng), quick)
        seen[k], truth[k] = _summary(fit, shape, settings), world.is_split
    return seen, truth


def _summary(fit: CrossFit, shape: Shape, settings: SplitSettings) -> Array:
    """Log odds of the share of resamplings that meet the criteria, and the margin by which the
    estimates meet the one that they meet least, in units of a typical error.
    """
    share = (shape.probability + 0.005) / 1.01
    middle, between = (np.nan_to_num(v, nan=1.0) for v in (shape.middle, shape.between))
    depth = (shape.depth - settings.min_depth) / 0.05
    empty = max((settings.max_middle - middle) / 0.1, (settings.max_between - between) / 0.05)
    steady = (fit.stability - settings.min_stability) / 0.05
    return np.array([logit(share), np.clip(min(depth, empty, steady), -6.0, 6.0)])


def _chance(seen: Array, truth: NDArray[np.bool_], here: Array) -> float:
    """Probability at ``here`` by ridge logistic regression; no surer than the worlds allow."""
    design = np.column_stack([np.ones(len(seen)), seen])
    side = np.where(truth, 1.0, -1.0)

    def loss(b: Array) -> tuple[float, Array]:
        m = side * (design @ b)
        ridge = np.array([0.0, RIDGE, RIDGE])
        grad = -(design * (side * expit(-m))[:, None]).sum(0) + 2 * ridge * b
        return float(np.logaddexp(0, -m).sum() + (ridge * b * b).sum()), grad

    b = minimize(loss, np.zeros(3), jac=True, method="BFGS").x
    least = 1 / (len(seen) + 2)
    return float(np.clip(expit(b[0] + here @ b[1:]), least, 1 - least))


def _again(shape: Shape, fit: CrossFit, group: Group, settings: SplitSettings) -> Again:
    """Verdicts on other items: each resampling in turn is taken for the records.

    Its own resamplings lie around it as those of the records lie around the records.
    """
    at = np.linspace(0, len(shape.depths) - 1, min(len(shape.depths), 200)).astype(int)

    def moved(draws: Array, estimate: float) -> Array:
        known = np.nan_to_num(draws, nan=1.0)
        return known[at][:, None] + (known - np.nan_to_num(estimate, nan=1.0))[None, :]

    share = holds(
        moved(shape.depths, shape.depth),
        moved(shape.middles, shape.middle),
        moved(shape.betweens, shape.between),
        settings,
    ).mean(axis=1) * (fit.stability >= settings.min_stability)
    if group.null.p_value > settings.level:
        share = np.zeros(len(at))
    split = float(np.mean(share >= settings.confidence))
    neither = float(np.mean(share <= 1 - settings.confidence))
    smallest, sd = group.smallest_detectable_depth, SMALLEST_SD / group.n_actors
    clear = 0.0 if smallest is None else float(ndtr((settings.clear_depth - smallest) / sd))
    return Again(split, neither * clear, 1.0 - split - neither * clear)


def _sentence(
    p: float, prior: float, again: Again, n_items: int, group: Group, settings: SplitSettings
) -> str:
    said = {"split": again.split, "no split": again.no_split, "cannot tell": again.cannot_tell}
    often = ", ".join(
        f"“{word}” in {'over 99%' if share > 0.99 else f'{share:.0%}'}"
        for word, share in said.items()
        if share >= 0.005
    )
    now = "above 0.99" if p > 0.99 else "below 0.01" if p < 0.01 else f"{p:.2f}"
    return (
        f"The probability of a split was {prior:.2f} before the records were seen, and is {now} "
        f"after them. On another {n_items:,} such items the verdict would have been {often} of "
        f"cases.{_why_open(p, group, settings)}"
    )


def _why_open(p: float, group: Group, settings: SplitSettings) -> str:
    """Why the verdict is open though the probability is not: the two ask different things."""
    least = 1 - settings.confidence
    if group.verdict != "cannot tell" or least < p < settings.confidence:
        return ""
    smallest = group.smallest_detectable_depth
    if p >= settings.confidence:
        asked = f"the criteria of a split hold in {settings.confidence:.0%} of resampled records"
    elif smallest is None or smallest > settings.clear_depth:
        asked = "a clear split would have been found in 80 of 100 cases"
    else:
        asked = f"the criteria of a split hold in no more than {least:.0%} of resampled records"
    return f" The verdict is open all the same, since it asks that {asked}."
