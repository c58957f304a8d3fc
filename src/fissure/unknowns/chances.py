"""How likely is a split, given the records? Worlds are drawn, and those that look alike counted."""

from __future__ import annotations

import zlib
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy.special import ndtr

from fissure.errors import DataError
from fissure.matrix import Matrix
from fissure.periods import item_order
from fissure.results import Group, Interval, Verdict
from fissure.results.chances import Again, Chances, Standing
from fissure.split.criteria import Shape, holds, shape_of
from fissure.split.crossfit import CrossFit, cross_fit, item_bootstrap
from fissure.split.groups import item_turn
from fissure.split.null import exchangeable, undivided
from fissure.split.settings import SplitSettings
from fissure.unknowns.likeness import depth_interval, depths_like, split_chance, standing
from fissure.unknowns.worlds import Look, Seen, look_of, look_worlds, way_of

__all__ = ["Likeness", "chances", "liken", "tell", "what_is_asked"]

Array = NDArray[np.float64]

#: Standard deviation of the difference between the smallest detectable depths of two records of one
#: body, times its members: 0.029 for 20 of them, 0.010 for 45.
SMALLEST_SD = 0.5
#: Members who are less sure of their bloc than this are named, so many at most.
SURE, MOST_NAMED = 0.95, 5


@dataclass(frozen=True)
class Likeness:
    """Records and the worlds to which they are likened.

    Parameters
    ----------
    inside
        Which actors were looked at: all but lone defectors, bool of shape (n_actors,).
    fit, shape, here
        What is seen of the records.
    seen
        Worlds, what is seen of them, and what is true of them.
    """

    inside: NDArray[np.bool_]
    fit: CrossFit
    shape: Shape
    here: Look
    seen: Seen


def chances(matrix: Matrix, group: Group, settings: SplitSettings, seed: int = 1,
            n_worlds: int = 200) -> Chances:  # fmt: skip
    """How likely a split is given the records, and how likely the same verdict on others.

    Worlds are drawn on the group's own items and absences
    (:func:`~fissure.unknowns.worlds.draw_world`), and each is looked at as the records were.
    Regressions of what is true of a world on what was seen of it are read off at what was seen of
    the records: whether it *is* split, how deep it is, which members stand in the bloc that they
    were put into. This is simulated inference by regression, as in Beaumont, Zhang and Balding
    (2002).

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
    return tell(matrix, group, settings, liken(matrix, group, settings, seed, n_worlds))


def liken(
    matrix: Matrix, group: Group, settings: SplitSettings, seed: int, n_worlds: int
) -> Likeness:
    """Look at the records, and at worlds drawn on their items; arguments of :func:`chances`."""
    y = matrix.dense()
    if not ((y > 0).any(axis=0) & (y < 0).any(axis=0)).any():
        raise DataError(
            f"{matrix.name!r}: every one of the {matrix.n_items} items was unanimous, and whether "
            "others would have been cannot be told"
        )
    turn = item_turn(y)
    alone = {m.actor for m in group.defectors}
    inside = np.array([a not in alone for a in matrix.actors["actor"].to_list()])
    y = (y * turn)[inside]
    root = np.random.SeedSequence([seed, zlib.crc32(matrix.name.encode()), 4])
    own, drawn = root.spawn(2)
    rng = np.random.default_rng(own)
    n_blocs = max(len(group.blocs), 2)
    fit = cross_fit(y, repeats=settings.repeats, rng=rng, n_blocs=n_blocs)[0, 1]
    order = item_order(matrix.items)
    weights = item_bootstrap(y.shape[1], settings.draws, rng, order)
    shape = shape_of(fit, weights, settings)
    if group.null.p_value > settings.level:
        chance = exchangeable(y, turn)
    else:
        # a division that is not of members' own propensities must not be in those of every world
        chance = undivided(y, turn, way_of(fit))
    seen = look_worlds(np.asarray(chance, np.float32), y != 0, settings, n_worlds, drawn)
    return Likeness(inside, fit, shape, look_of(fit, shape, order, settings), seen)


def tell(matrix: Matrix, group: Group, settings: SplitSettings, like: Likeness) -> Chances:
    """What the worlds like the records say of these."""
    chance = split_chance(like.seen, like.here, settings)
    p = chance.estimate
    prior = float(like.seen.is_split.mean())
    depth = depth_interval(*depths_like(like.seen, like.here))
    again = _again(like.shape, like.fit, group, settings)
    stands = () if len(group.blocs) < 2 else _standing(matrix, like)
    names = dict(zip(matrix.actors["actor"].to_list(), matrix.names, strict=True))
    words = _sentence(chance, prior, depth, again, matrix.n_items, group, settings)
    # blocs that chance could have made, or the best cut of a continuum, are no factions
    if group.verdict != "no split" and group.null.p_value <= settings.level:
        words += _who(stands, names)
    return Chances(
        p, prior, again, len(like.seen.looks), words, depth, stands, chance.low, chance.high
    )


def _standing(matrix: Matrix, like: Likeness) -> tuple[Standing, ...]:
    """Members of the two largest blocs, the least sure first."""
    p = np.full(matrix.n_actors, np.nan)
    p[like.inside] = standing(like.seen, like.here)
    known = zip(matrix.actors["actor"].to_list(), p.tolist(), strict=True)
    out = [Standing(actor, value) for actor, value in known if not np.isnan(value)]
    # rounded, so that ties stay ties in a mirrored body
    return tuple(sorted(out, key=lambda s: (round(s.probability, 9), s.actor)))


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


def _told(p: float) -> str:
    return "above 0.99" if p > 0.99 else "below 0.01" if p < 0.01 else f"{p:.2f}"


def _sentence(
    chance: Interval,
    prior: float,
    depth: Interval,
    again: Again,
    n_items: int,
    group: Group,
    settings: SplitSettings,
) -> str:
    said = {"split": again.split, "no split": again.no_split, "cannot tell": again.cannot_tell}
    often = ", ".join(
        f"“{word}” in {'over 99%' if share > 0.99 else f'{share:.0%}'}"
        for word, share in said.items()
        if share >= 0.005
    )
    now, low, high = (_told(p) for p in (chance.estimate, chance.low, chance.high))
    wide = "" if low == high else f" ({low} to {high} for the number of worlds simulated)"
    return (
        f"The probability of a split was {prior:.2f} before the records were seen, and is {now} "
        f"after them{wide}. Allowing for members who were put into the wrong bloc, the depth is "
        f"{depth.estimate:.2f} (95% interval {depth.low:.2f} to {depth.high:.2f}). On another "
        f"{n_items:,} such items the verdict would have been {often} of cases."
        f"{_why_open(chance.estimate, group, settings)}"
    )


def _who(stands: tuple[Standing, ...], names: dict[str, str]) -> str:
    """How many are sure of their bloc, and who is not."""
    if not stands:
        return ""
    open_ = [s for s in stands if s.probability < SURE]
    sure = len(stands) - len(open_)
    told = f" {sure} of {len(stands)} members stand in their bloc with probability {SURE} or more"
    if not open_:
        return told + "."
    named = ", ".join(f"{names[s.actor]} ({s.probability:.2f})" for s in open_[:MOST_NAMED])
    return f"{told}; least sure of theirs: {named}."


def _why_open(p: float, group: Group, settings: SplitSettings) -> str:
    """Why the verdict is open though the probability is not."""
    least = 1 - settings.confidence
    if group.verdict != "cannot tell" or least < p < settings.confidence:
        return ""
    asked = what_is_asked("split" if p >= settings.confidence else "no split", group, settings)
    return f" The verdict is open all the same, since it asks that {asked}."


def what_is_asked(word: Verdict, group: Group, settings: SplitSettings) -> str:
    """What an open verdict asks, and these records do not give, for *split* or *no split*."""
    smallest = group.smallest_detectable_depth
    if word == "split":
        if group.null.p_value > settings.level:
            return f"records without blocs look as deep in no more than {settings.level:.0%}"
        if group.kind == "defectors" and len(group.blocs) < 2:
            return "the smaller bloc is more than a handful"
        return f"the criteria of a split hold in {settings.confidence:.0%} of resampled records"
    if smallest is None or smallest > settings.clear_depth:
        return "a clear split would have been found in 80 of 100 cases"
    return (
        f"the criteria of a split hold in no more than {1 - settings.confidence:.0%} of resampled "
        "records"
    )
