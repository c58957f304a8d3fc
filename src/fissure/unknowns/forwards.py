"""How many more items of the same sort would be needed to find a split of a given depth?"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from fissure.split.null import null_depths
from fissure.split.settings import SplitSettings
from fissure.unknowns.curve import climb
from fissure.unknowns.planted import Direction, Ground, draw_blocs, finds, plant

__all__ = ["Records", "items_needed"]

#: So many times the items are tried at most, or up to so many items; and so many cells of a table.
TIMES, ITEMS, CELLS = 8.0, 1500, 500_000
#: Trials with the most items; where so few succeed, no number is looked for.
TOP, TOO_FEW = 10, 5
#: Records without blocs behind the critical value of larger records.
NULL = 19


@dataclass(frozen=True)
class Records:
    """What is known about a group before the question is asked.

    Parameters
    ----------
    base
        The group without a split, with its items and absences.
    y, yea
        Its choices, turned, and the turns, as for
        :func:`~fissure.split.null.exchangeable`.
    critical
        Mean square gap that records without blocs exceed with probability ``level``, on the items
        there are.
    """

    base: Ground
    y: np.ndarray
    yea: np.ndarray
    critical: float


def items_needed(
    records: Records,
    small: int,
    direction: Direction,
    depth: float,
    settings: SplitSettings,
    seed: np.random.SeedSequence,
) -> tuple[int | None, int]:
    """How many more items, and the most that were tried.

    Further items are copies of those there are, drawn at random, with their absences. The number is
    where the chance of being found, a logistic curve in the logarithm of the number of items,
    passes 80 %. None where not even eight times the items would do, or 1,500 where that is more
    (in very large records fewer are tried).

    Parameters
    ----------
    records
        The group.
    small, direction
        The planted blocs.
    depth
        How far apart they stand.
    settings, seed
        As for the verdict.
    """
    n, j = records.base.p.shape
    top = min(max(TIMES, ITEMS / j), max(CELLS / (n * j), 1.0))
    most = round(j * (top - 1))
    # a depth at the threshold, or one that these items cannot carry, is not found with more of them
    if depth <= settings.min_depth or depth > records.base.deepest or most < 1:
        return None, 0
    null_seed, trial_seed = seed.spawn(2)
    critical = _critical(records, top, settings, null_seed)
    children = trial_seed.spawn(100)

    def trial(log_times: float, k: int) -> tuple[float, bool]:
        rng = np.random.default_rng(children[k])
        more = round(j * (np.exp(log_times) - 1))
        base = records.base.more(np.append(np.arange(j), rng.integers(0, j, more)))
        bloc = draw_blocs(base.order, small, direction, k % 2, rng)
        made, _ = plant(base, bloc, depth, rng)
        where = critical(np.exp(log_times))
        return float(np.log1p(more / j)), finds(made, bloc, where, settings, rng)

    high = float(np.log(top))
    missed = 0
    for k in range(TOP):
        missed += not trial(high, 99 - k)[1]
        if missed >= TOP - TOO_FEW:
            return None, most
    crossing = climb(trial, 0.0, high).crossing
    if crossing is None:
        return None, most
    return max(0, round(j * np.expm1(crossing))), most


def _critical(
    records: Records, top: float, settings: SplitSettings, seed: np.random.SeedSequence
) -> Callable[[float], float]:
    """The critical value by how many times the items: between its values at 1 and at the most
    items, linear in one over the square root, as an average of items goes.
    """
    draw, rest = seed.spawn(2)
    j = records.y.shape[1]
    extra = np.random.default_rng(draw).integers(0, j, round(j * (top - 1)))
    columns = np.append(np.arange(j), extra)
    y = np.ascontiguousarray(records.y[:, columns])
    null = null_depths(y, records.yea[columns], NULL, 1, rest)
    at_top = min(float(np.quantile(null, 1 - settings.level)), records.critical)
    end = 1 / top**0.5

    def at(times: float) -> float:
        way = (1 / times**0.5 - end) / (1 - end)
        return at_top + (records.critical - at_top) * way

    return at
