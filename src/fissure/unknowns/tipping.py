"""Along one assumption, where does the verdict tip?"""

from __future__ import annotations

import zlib
from bisect import insort
from collections.abc import Callable
from dataclasses import dataclass, replace
from itertools import pairwise

import numpy as np
from numpy.typing import NDArray

from fissure.matrix import Matrix
from fissure.periods import item_order
from fissure.results import Curve, Group, Interval, Point
from fissure.split.decide import Recount, decide_again
from fissure.split.groups import item_turn
from fissure.split.settings import SplitSettings

__all__ = ["Body", "follow"]

#: Halvings and resamplings of a recount at most: it is one of many on the same draws.
REPEATS, DRAWS = 5, 300
#: Steps along the dial, and how often the step in which the verdict tips is halved.
STEPS, HALVINGS = 4, 3

Choices = NDArray[np.int8]


@dataclass(frozen=True)
class Body:
    """A group's choices, turned as for its verdict, and how the verdict is asked for again.

    Parameters
    ----------
    y
        int8 of shape (n_actors, n_items): +1 with the majority of the item, −1 against it.
    labels
        Bloc of each actor as in the verdict: 0 for A; −1 for those set aside.
    group
        The verdict.
    """

    y: Choices
    labels: NDArray[np.int8]
    group: Group
    order: NDArray[np.intp]
    settings: SplitSettings
    seed: int

    @classmethod
    def of(cls, matrix: Matrix, group: Group, settings: SplitSettings, seed: int) -> Body:
        """From the group's matrix and its verdict."""
        y = matrix.dense()
        bloc = {m.actor: k for k, b in enumerate(group.blocs) for m in b.members}
        labels = np.array([bloc.get(a, -1) for a in matrix.actors["actor"].to_list()], np.int8)
        return cls(y * item_turn(y), labels, group, item_order(matrix.items), settings, seed)

    def rng(self, purpose: str) -> np.random.Generator:
        """Draws that depend on the seed, the group's name and what they are for."""
        return np.random.default_rng(
            [self.seed, zlib.crc32(self.group.name.encode()), zlib.crc32(purpose.encode())]
        )

    def recount(self, y: Choices) -> Recount:
        """The verdict on other choices, always on the same halves and resamplings."""
        root = np.random.SeedSequence([self.seed, zlib.crc32(self.group.name.encode())])
        behaviour = root.spawn(2)[0]
        quick = replace(
            self.settings,
            repeats=min(REPEATS, self.settings.repeats),
            draws=min(DRAWS, self.settings.draws),
        )
        null = np.square(np.array(self.group.null.depths))
        smallest = self.group.smallest_detectable_depth

        def by(settings: SplitSettings) -> Recount:
            return decide_again(y, self.order, settings, behaviour, null, smallest)

        if self.group.kind == "split":
            # two blocs that are a split stay one whether or not they fall into further blocs
            two = by(replace(quick, max_blocs=2))
            if two.verdict == "split":
                return two
        return by(quick)

    def first_point(self) -> Point:
        """The verdict as it was given."""
        g = self.group
        middle, between = (None if i is None else i.estimate for i in (g.middle, g.between))
        return Point(0.0, 0, g.depth, middle, between, g.probability, g.verdict)


@dataclass(frozen=True)
class _Step:
    """A point at a place of the dial, and in which resamplings the criteria hold there."""

    dial: float
    point: Point
    holds: NDArray[np.bool_]


def follow(
    body: Body,
    recode: Callable[[float], Choices],
    share: Callable[[float, int], float],
    dial: tuple[float, float] = (0.0, 1.0),
) -> tuple[Curve, float | None]:
    """Turn a dial from none to all, and look where the verdict changes; where the dial then stands.

    Parameters
    ----------
    body
        The group.
    recode
        The choices at a place of the dial.
    share
        What the chart shows for a place of the dial and a number of changed choices.
    dial
        Its range; nothing is changed at the lower end.
    """

    def at(place: float) -> _Step:
        y = recode(place)
        changed = int((y != body.y).sum())
        return _Step(place, *_point(body.recount(y), share(place, changed), changed))

    base = body.first_point()
    rest = [at(place) for place in np.linspace(*dial, STEPS + 1)[1:].tolist()]
    given = np.full_like(rest[0].holds, base.verdict == "split")
    steps = [_Step(dial[0], base, given), *rest]
    low, high = _bracket(steps, base)
    for _ in range(HALVINGS if high is not None else 0):
        assert high is not None
        insort(steps, at((low.dial + high.dial) / 2), key=lambda s: s.dial)
        low, high = _bracket(steps, base)
    curve = Curve(
        points=tuple(s.point for s in steps),
        tipping_point=None if high is None else high.point.share,
        becomes=None if high is None else high.point.verdict,
        changing=None if high is None else _changing(steps, base),
    )
    return curve, None if high is None else high.dial


def _point(count: Recount, share: float, changed: int) -> tuple[Point, NDArray[np.bool_]]:
    shape = count.shape
    depth, middle, between = (shape.interval(name) for name in ("depth", "middle", "between"))
    assert depth is not None  # a depth is never NaN
    point = Point(
        share=share,
        n_changed=changed,
        depth=depth,
        middle=None if middle is None else middle.estimate,
        between=None if between is None else between.estimate,
        probability=count.probability,
        verdict=count.verdict,
    )
    # a handful, or what chance explains, is no split in any resampling
    possible = count.verdict == "split" or (count.probability > 0 and count.kind != "defectors")
    return point, shape.holds if possible else np.zeros_like(shape.holds)


def _bracket(steps: list[_Step], base: Point) -> tuple[_Step, _Step | None]:
    """The last step with the verdict as given, and the first with another; None for none."""
    for before, step in pairwise(steps):
        if step.point.verdict != base.verdict:
            return before, step
    return steps[-1], None


def _changing(steps: list[_Step], base: Point) -> Interval:
    """Shares at which 2.5%, half and 97.5% of the resamplings have changed sides."""
    held = np.array([s.holds for s in steps])
    changed = ~held if base.verdict == "split" else held
    shares = np.array([s.point.share for s in steps])
    first = np.where(changed.any(axis=0), changed.argmax(axis=0), len(shares))
    middles = np.concatenate([shares[:1], (shares[:-1] + shares[1:]) / 2, [1.0]])
    low, half, high = np.quantile(middles[first], [0.025, 0.5, 0.975], method="nearest")
    return Interval(float(half), float(low), float(high))
