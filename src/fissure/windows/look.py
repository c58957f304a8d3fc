"""One look at one group in one period: verdict and blocs, and draws of everything in numbers.

A look needs nothing but its task, so that looks can be taken by other processes in any order.
"""

from __future__ import annotations

import zlib
from dataclasses import asdict, dataclass, replace
from typing import Any, get_args

import numpy as np
from numpy.typing import NDArray
from threadpoolctl import threadpool_limits

from fissure.measures import yea_share
from fissure.results import Interval, Kind, Verdict
from fissure.results.base import build
from fissure.split.crossfit import gaps_among
from fissure.split.decide import Decision, decide
from fissure.split.groups import item_turn
from fissure.split.power import smallest_draws
from fissure.split.settings import SplitSettings
from fissure.split.wording import sentence
from fissure.windows.mix import depths

__all__ = ["KINDS", "Depth", "Look", "Task", "look"]

Array = NDArray[np.float64]

KINDS: tuple[Kind, ...] = get_args(Kind)
#: How many of the items that divided most are kept.
DIVIDING = 5


@dataclass(frozen=True)
class Task:
    """What a look needs.

    Parameters
    ----------
    group, period
        Names; with the seed they decide all draws.
    y
        Choices, int8 of shape (n_actors, n_items): +1 yea, −1 nay, 0 unobserved.
    names
        What to call the actors in the sentence.
    order
        The items in time.
    of_item, common
        Class of each item, and share of each class in the common mix.
    before, after
        Who was in the group in the period before and in the next, bool of shape (n_actors,).
    mix_before, mix_after
        The mix that this period has in common with the one before, and with the next.
    settings, seed
        As for a verdict.
    """

    group: str
    period: str
    y: NDArray[np.int8]
    names: tuple[str, ...]
    order: NDArray[np.intp]
    of_item: NDArray[np.int64]
    common: Array
    before: NDArray[np.bool_]
    after: NDArray[np.bool_]
    mix_before: Array
    mix_after: Array
    settings: SplitSettings
    seed: int

    @property
    def key(self) -> str:
        """Its name among all looks of a trace."""
        return f"{self.group} | {self.period}"


@dataclass(frozen=True)
class Depth:
    """Depth as the items are and under the common mix: estimates, and draws from one bootstrap.

    NaN under the common mix where the items do not cover it, or where nobody was there to measure.
    """

    estimate: float
    draws: Array
    common: float
    common_draws: Array


@dataclass(frozen=True)
class Look:
    """What was seen. It can be kept as plain values and taken up again.

    Parameters
    ----------
    verdict, kind, probability, p_value, sentence, smallest, opposed_share, middle
        As in a report on the period alone.
    depth, stayed_before, stayed_after
        Depth among all, among those who were there in the period before, and among those who are
        still there in the next.
    kinds
        Kind in each draw, as a number in :data:`KINDS`.
    smallest_draws
        Draws of the smallest detectable depth.
    labels, membership
        Bloc of each actor, −1 for those who stand alone, and the share of half-records in which it
        was found there.
    found_again
        Whether the blocs are found again in the halves of the items, so that they mean something.
    dividing
        Numbers of the items that divided the two largest blocs most.
    yea_a, yea_b
        Yea shares of these blocs on them.
    """

    verdict: Verdict
    kind: Kind
    probability: float
    p_value: float
    sentence: str
    smallest: float | None
    opposed_share: float
    middle: Interval | None
    depth: Depth
    stayed_before: Depth
    stayed_after: Depth
    kinds: NDArray[np.int8]
    smallest_draws: Array
    labels: NDArray[np.int8]
    membership: Array
    found_again: bool
    dividing: tuple[int, ...]
    yea_a: tuple[float, ...]
    yea_b: tuple[float, ...]

    def kept(self) -> dict[str, Any]:
        """Plain values; NaN stays NaN."""
        return asdict(self, dict_factory=_with_lists)

    @classmethod
    def restored(cls, tree: dict[str, Any]) -> Look:
        """The inverse of :meth:`kept`."""
        one: Look = build(cls, tree)
        return replace(
            one,
            depth=_restored(one.depth),
            stayed_before=_restored(one.stayed_before),
            stayed_after=_restored(one.stayed_after),
            kinds=np.array(one.kinds, np.int8),
            smallest_draws=np.array(one.smallest_draws),
            labels=np.array(one.labels, np.int8),
            membership=np.array(one.membership),
        )


def _restored(depth: Depth) -> Depth:
    return replace(depth, draws=np.array(depth.draws), common_draws=np.array(depth.common_draws))


def _with_lists(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    return {k: v.tolist() if isinstance(v, np.ndarray) else v for k, v in pairs}


def look(task: Task) -> Look:
    """Take a look. Draws depend on the seed and on the names of group and period alone."""
    words = [task.seed, zlib.crc32(task.group.encode()), zlib.crc32(task.period.encode())]
    behaviour, power = np.random.SeedSequence(words).spawn(2)
    turn = item_turn(task.y)
    turned = task.y * turn
    # thousands of small products: a second BLAS thread makes each slower
    with threadpool_limits(1, user_api="blas"):
        d = decide(turned, turn, task.order, task.settings, behaviour)
    everyone = np.ones(len(task.y), bool)
    dividing, yea_a, yea_b = _dividing(task.y, d)
    rng = np.random.default_rng(power)
    return Look(
        verdict=d.verdict,
        kind=d.kind,
        probability=d.probability,
        p_value=d.p_value,
        sentence=_sentence(task, d),
        smallest=d.smallest,
        opposed_share=d.pair.opposed_share,
        middle=d.shape.interval("middle"),
        depth=_depth(task, turned, d, everyone, task.common),
        stayed_before=_depth(task, turned, d, task.before, task.mix_before),
        stayed_after=_depth(task, turned, d, task.after, task.mix_after),
        kinds=_kinds(d, task.settings),
        smallest_draws=smallest_draws(d.found, task.settings.draws, rng, d.deepest),
        labels=d.labels,
        membership=d.pair.probability,
        found_again=_found_again(d, task.settings),
        dividing=dividing,
        yea_a=yea_a,
        yea_b=yea_b,
    )


def _depth(
    task: Task,
    turned: NDArray[np.int8],
    d: Decision,
    among: NDArray[np.bool_],
    mix: Array,
) -> Depth:
    """Depth among some members; the items are weighted as in the draws of the verdict."""
    squared = d.pair.squared if among.all() else gaps_among(turned, d.pair, among)
    weights = d.shape.weights
    if np.isnan(squared).all():
        # no item on which both blocs were there: as in the verdict, a body without a gap
        plain = 0.0 if among.all() else np.nan
        nothing = np.full(len(weights), np.nan)
        return Depth(plain, np.full(len(weights), plain), np.nan, nothing)
    once = np.ones((1, len(squared)), np.float32)
    (estimate,), (common,) = depths(squared, once, task.of_item, mix)
    draws, common_draws = depths(squared, weights, task.of_item, mix)
    return Depth(float(estimate), draws, float(common), common_draws)


def _kinds(d: Decision, settings: SplitSettings) -> NDArray[np.int8]:
    """Kind in each resampling, by the rules of the verdict."""
    shape = d.shape
    aside = d.kind == "defectors"
    divided: Kind = d.kind if d.kind in ("fragments", "defectors") else "split"
    kinds = np.full(len(shape.depths), KINDS.index("unity"), np.int8)
    if d.p_value <= settings.level:
        kinds[shape.depths >= settings.unity_depth] = KINDS.index("spectrum")
        kinds[shape.holds] = KINDS.index(divided)
    if aside:
        kinds[~shape.holds] = KINDS.index("defectors")
    return kinds


def _found_again(d: Decision, settings: SplitSettings) -> bool:
    real = d.p_value <= settings.level and d.kind not in ("unity", "defectors")
    return bool(real and d.pair.stability >= settings.min_stability)


def _dividing(
    y: NDArray[np.int8], d: Decision
) -> tuple[tuple[int, ...], tuple[float, ...], tuple[float, ...]]:
    if d.n_blocs < 2:
        return (), (), ()
    a, b = yea_share(y, d.labels == 0), yea_share(y, d.labels == 1)
    known = np.flatnonzero(~np.isnan(a) & ~np.isnan(b))
    most = known[np.argsort(-np.abs(a - b)[known], kind="stable")[:DIVIDING]]
    return tuple(map(int, most)), tuple(map(float, a[most])), tuple(map(float, b[most]))


def _sentence(task: Task, d: Decision) -> str:
    sizes = [int(np.count_nonzero(d.labels == k)) for k in range(d.n_blocs)]
    alone = [task.names[i] for i in np.flatnonzero(d.labels < 0)]
    depth = d.shape.interval("depth")
    assert depth is not None  # a depth is never NaN
    return sentence(
        d.verdict, d.kind, sizes, alone, depth, d.shape.interval("middle"),
        d.shape.interval("between"), d.probability, d.p_value, d.smallest, task.settings,
    )  # fmt: skip
