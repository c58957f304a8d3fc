"""Which splits the records of one group could have shown: by size, along and across its line."""

from __future__ import annotations

import zlib
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from functools import cached_property

import numpy as np
from numpy.typing import NDArray
from scipy.stats import rankdata
from threadpoolctl import threadpool_limits

from fissure.errors import ConvergenceError, DataError, SettingError
from fissure.matrix import Matrix
from fissure.models.blocs import find_blocs
from fissure.models.ideal import IdealPoints, IdealPointsResult
from fissure.results import Group
from fissure.results.detectable import BoundAt, Detectability, MapCell, MoreItems, What
from fissure.split.crossfit import cross_fit, item_bootstrap
from fissure.split.groups import item_turn, too_small
from fissure.split.null import null_depths
from fissure.split.power import deepest
from fissure.split.settings import SplitSettings
from fissure.unknowns import forwards
from fissure.unknowns.bound import depth_of_gap, gap_bound, information
from fissure.unknowns.curve import Curve, climb
from fissure.unknowns.planted import (
    Direction,
    Ground,
    draw_blocs,
    finds,
    flattest,
    ground,
    plant,
)
from fissure.unknowns.reach import in_words

__all__ = ["SHARES", "check_asked", "detectability"]

#: Sizes of the smaller bloc that are asked about, as shares of the members.
SHARES = (0.1, 0.15, 0.2, 0.3, 0.4, 0.5)
#: Halvings and resamplings of each simulated test.
QUICK = {"repeats": 2, "draws": 200}
#: Sets of resamplings, which the simulated tests use by turns.
BANKS = 5

Tell = Callable[[str], None]


def check_asked(shares: Sequence[float], depth: float | None) -> tuple[float, ...]:
    """The shares in order, each once.

    Raises
    ------
    SettingError
        If there is none, or one or the depth is outside its range.
    """
    if not len(shares):
        raise SettingError("shares must name at least one share of members, got none")
    for share in shares:
        if isinstance(share, bool) or not isinstance(share, int | float) or not 0 < share <= 0.5:
            raise SettingError(
                f"shares must lie above 0 and up to 0.5 (the smaller bloc), got {share!r}"
            )
    is_number = isinstance(depth, int | float) and not isinstance(depth, bool)
    if depth is not None and not (is_number and 0 < depth <= 1):
        raise SettingError(f"depth must lie above 0 and up to 1, got {depth!r}")
    return tuple(sorted({float(s) for s in shares}))


def detectability(
    matrix: Matrix,
    group: Group | None,
    settings: SplitSettings,
    seed: int,
    *,
    shares: Sequence[float] = SHARES,
    depth: float | None = None,
    forward: bool = True,
    tell: Tell | None = None,
) -> Detectability:
    """Which splits the records of one group could have shown.

    Parameters
    ----------
    matrix
        The group's matrix.
    group
        The verdict on it, whose simulations without blocs are then used again; None without one.
    settings, seed
        As for the verdict.
    shares, depth, forward
        As for :func:`fissure.detectable`.
    tell
        Called with the name of each stage as it begins.

    Raises
    ------
    DataError
        If there are fewer than 5 members or 10 items.
    """
    shares = check_asked(shares, depth)
    reason = too_small(matrix, np.ones(matrix.n_actors, bool))
    if reason is not None:
        raise DataError(reason)
    # thousands of small products: a second BLAS thread makes each slower
    with threadpool_limits(1, user_api="blas"):
        return _Look(matrix, group, settings, seed, tell or (lambda stage: None)).answer(
            shares, depth, forward
        )


@dataclass(frozen=True)
class _Look:
    """One group, and everything that is computed about it once."""

    matrix: Matrix
    group: Group | None
    settings: SplitSettings
    seed: int
    tell: Tell

    @cached_property
    def roots(self) -> list[np.random.SeedSequence]:
        """Sources of the verdict's null; and here of the line, the depth, the map, what is asked
        forwards, and resamplings.
        """
        name = zlib.crc32(self.matrix.name.encode())
        behaviour = np.random.SeedSequence([self.seed, name]).spawn(2)[0]
        own = np.random.SeedSequence([self.seed, name, zlib.crc32(b"detectable")])
        return [behaviour.spawn(4)[2], *own.spawn(5)]

    @cached_property
    def quick(self) -> SplitSettings:
        return replace(self.settings, **QUICK)

    @cached_property
    def turn(self) -> NDArray[np.int8]:
        return item_turn(self.matrix.dense())

    @cached_property
    def y(self) -> NDArray[np.int8]:
        return self.matrix.dense() * self.turn

    @cached_property
    def critical(self) -> float:
        """Mean square gap that records without blocs exceed with probability ``level``."""
        self.tell("simulating records without blocs")
        if self.group is not None:
            null = np.square(self.group.null.depths)
        else:
            null = null_depths(self.y, self.turn, self.settings.null_draws, 1, self.roots[0])
        return max(float(np.quantile(null, 1 - self.settings.level)), 0.0)

    @cached_property
    def line(self) -> IdealPointsResult | str:
        """Ideal points; or why there are none."""
        self.tell("fitting ideal points")
        try:
            return IdealPoints(threads=1).fit(self.matrix)
        except (DataError, ConvergenceError) as error:
            return str(error)

    @cached_property
    def base(self) -> Ground:
        line, critical = self.line, self.critical
        if isinstance(line, str):
            return ground(self.y, None, None, 0.0)
        self.tell("making a group without a split")
        positions, slopes = line.positions[:, 0], line.beta[:, 0] * self.turn
        return flattest(self.y, positions, slopes, critical, self.quick, self.roots[1])

    @cached_property
    def weights(self) -> list[NDArray[np.float32]]:
        rng = np.random.default_rng(self.roots[5])
        return [item_bootstrap(self.y.shape[1], self.quick.draws, rng) for _ in range(BANKS)]

    @cached_property
    def divided(self) -> NDArray[np.intp]:
        return np.flatnonzero((self.y > 0).any(axis=0) & (self.y < 0).any(axis=0))

    def small(self, share: float) -> int:
        """Members of the smaller bloc: at least one more than a handful."""
        n = len(self.y)
        return min(max(round(share * n), self.settings.handful(n) + 1, 2), n // 2)

    def answer(self, shares: Sequence[float], depth: float | None, forward: bool) -> Detectability:
        s = self.settings
        at = s.clear_depth if depth is None else depth
        most = deepest(len(self.divided), self.y.shape[1])
        # a split must be deeper than can be had on so few items: nothing is left to simulate
        is_hopeless = most <= s.min_depth
        directions: tuple[Direction, ...] = ("along", "across")
        if len(self.divided) and isinstance(self.line, str):
            directions = ("across",)
        curves = {} if is_hopeless else self._curves(shares, directions)
        cells = tuple(
            _cell(share, d, self.small(share), curves.get((self.small(share), d)), at)
            for share in shares
            for d in directions
        )
        more = self._more(depth, directions, curves) if forward else ()
        known = not isinstance(self.line, str)
        found = Detectability(
            name=self.matrix.name,
            n_actors=self.matrix.n_actors,
            n_items=self.matrix.n_items,
            n_divided=len(self.divided),
            critical=float(np.sqrt(self.critical)),
            power_at=at,
            line_depth=self.base.apart(len(self.y) // 2) if known and not is_hopeless else None,
            map=cells,
            bound=self._bound(shares),
            more_items=more,
            sentence="",
            remarks=self._remarks(is_hopeless),
        )
        return replace(found, sentence=in_words(found, most, s.min_depth))

    def _curves(
        self, shares: Sequence[float], directions: Sequence[Direction]
    ) -> dict[tuple[int, Direction], Curve]:
        out: dict[tuple[int, Direction], Curve] = {}
        _ = self.base
        self.tell("planting splits of every size and depth")
        for d in directions:
            guess = None
            for small in sorted({self.small(share) for share in shares}, reverse=True):
                out[small, d] = self._curve(small, d, guess)
                guess = out[small, d].crossing
        return out

    def _curve(self, small: int, direction: Direction, guess: float | None = None) -> Curve:
        """The chance of being found by depth. All sizes share one set of random numbers."""
        base, source, weights = self.base, self.roots[3], self.weights

        def trial(depth: float, k: int) -> tuple[float, bool]:
            rng = np.random.default_rng(
                np.random.SeedSequence(source.entropy, spawn_key=(*source.spawn_key, k))
            )
            bloc = draw_blocs(base.order, small, direction, k % 2, rng)
            y, reached = plant(base, bloc, depth, rng)
            drawn = weights[k % BANKS]
            return reached, finds(y, bloc, self.critical, self.quick, rng, drawn)

        return climb(trial, self.settings.min_depth, base.deepest, guess=guess)

    def _bound(self, shares: Sequence[float]) -> tuple[BoundAt, ...]:
        line = self.line
        if isinstance(line, str):
            return tuple(BoundAt(share, None, None) for share in shares)
        x, alpha = line.positions[:, 0], line.alpha
        beta = np.zeros(len(alpha))
        beta[self.divided] = line.beta[self.divided, 0]
        info = information(self.y != 0, alpha, beta, x)
        out = []
        for share in shares:
            gap = gap_bound(info, share)
            deep = None if gap is None else depth_of_gap(alpha, beta, x, share, gap)
            out.append(BoundAt(share, gap, deep))
        return tuple(out)

    def _more(
        self,
        depth: float | None,
        directions: Sequence[Direction],
        curves: dict[tuple[int, Direction], Curve],
    ) -> tuple[MoreItems, ...]:
        """Forwards, for blocs of the size and direction of those that the group itself shows."""
        self.tell("counting the items that would be needed")
        s = self.settings
        labels = find_blocs(self.y, 2)[0]
        share = float(np.clip(np.mean(labels == 1), 1 / len(self.y), 0.5))
        small, direction = self.small(share), self._lies(labels == 1, directions)
        if self.group is not None:
            observed = self.group.depth.estimate
        else:
            rng = np.random.default_rng(self.roots[2])
            observed = cross_fit(self.y, repeats=s.repeats, rng=rng, labels=labels)[0, 1].depth
        asked: list[tuple[What, float]] = [("threshold", s.min_depth), ("clear", s.clear_depth)]
        asked.append(("observed", observed))
        if depth is not None:
            asked.append(("asked", depth))
        if curves and (small, direction) not in curves:
            curves[small, direction] = self._curve(small, direction)
        curve = curves.get((small, direction))
        out = []
        for (what, at), seed in zip(asked, self.roots[4].spawn(len(asked)), strict=True):
            items: int | None
            if curve is None:
                items, tried = None, 0
            elif curve.crossing is not None and at >= curve.crossing:
                items, tried = 0, 0
            else:
                known = forwards.Records(self.base, self.y, self.turn, self.critical)
                items, tried = forwards.items_needed(known, small, direction, at, self.quick, seed)
            out.append(MoreItems(at, what, small / len(self.y), direction, items, tried))
        return tuple(out)

    def _lies(self, second: NDArray[np.bool_], directions: Sequence[Direction]) -> Direction:
        """Whether the group's own blocs are ends of its line: a quarter or less of the pairs of
        members of different blocs stand the other way round.
        """
        if isinstance(self.line, str) or not 0 < second.sum() < len(second):
            return directions[-1]
        ranks = rankdata(self.line.positions[:, 0])[second]
        n = len(ranks)
        way = (ranks.sum() - n * (n + 1) / 2) / (n * (len(second) - n))
        return "along" if abs(way - 0.5) >= 0.25 else "across"

    def _remarks(self, is_hopeless: bool) -> tuple[str, ...]:
        if not len(self.divided):
            return ()
        if isinstance(self.line, str):
            return (f"No main line, so that along and across cannot be told apart: {self.line}.",)
        if is_hopeless or self.base.apart(len(self.y) // 2) < 0.9 * self.settings.min_depth:
            return ()
        return (
            "The two halves of the group's own main line stand as far apart as the blocs of a "
            "split. In the simulated groups they were brought nearer together, to "
            f"{self.base.apart(len(self.y) // 2):.2f}.",
        )


def _cell(
    share: float, direction: Direction, small: int, curve: Curve | None, at: float
) -> MapCell:
    if curve is None:
        return MapCell(share, direction, None, 0.0, small, None, None, 0.0, 0.0)
    depth = curve.crossing
    low, high = curve.quantiles((0.025, 0.975))
    power = curve.chance(max(at, float(curve.x.min()))) if at <= curve.high else (0.0, 0.0, 0.0)
    return MapCell(
        bloc_share=share,
        direction=direction,
        depth=depth,
        power=power[0],
        members=small,
        depth_low=None if depth is None else float(low),
        depth_high=None if depth is None or high > curve.high else float(high),
        power_low=power[1],
        power_high=power[2],
    )
