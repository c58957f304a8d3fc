"""What a verdict on records says about the probability of a split."""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray
from scipy.special import ndtr, ndtri

from fissure.results import Chances, Group
from fissure.split.power import DISCIPLINE, POWER
from fissure.split.settings import SplitSettings
from fissure.unknowns.likeness import limit
from fissure.unknowns.ranges import Number, ends

__all__ = ["Reading", "depths_of_a_split", "mean_power", "read_group", "shift", "smallest_depth"]

Array = NDArray[np.float64]

#: The deepest split that is simulated for the power.
DEEPEST = 2 * DISCIPLINE - 1
NODES = 24
#: A smaller detectable depth than this is not told from this.
LEAST = 0.01
#: A probability nearer to its limit than this is at it: it may have been saved with fewer digits.
ROUNDED = 1e-6
#: P(split) before the records where nothing else is known.
EVEN = 0.5


@dataclass(frozen=True)
class Reading:
    """The records of one group as evidence.

    Parameters
    ----------
    low, high
        P(split) after the records, over the range of the base rate.
    base_rate
        Low and high end of P(split) before the records.
    power
        How often the test finds a split, averaged over depths from ``min_depth`` to 0.8.
    false_alarm
        How often at most it finds one where there is none: the level of the test.
    ratio
        How many times likelier the records are if there is a split than if there is none.
    share
        Share of resampled records in which the criteria of a split hold.
    how
        Which way of reading was taken: ``worlds``, or of the test ``found``, ``not found`` or
        ``between``.
    worlds
        P(split) before and after the records by the worlds drawn for
        :func:`~fissure.unknowns.chances.chances`, where the group has them.
    n_worlds
        How many worlds; 0 for none.
    spread
        95 % interval of the second of ``worlds`` from their number, where it is known.
    edge
        1 where that second one is the most that so many worlds can give, −1 where it is the least.
    """

    low: float
    high: float
    base_rate: tuple[float, float]
    power: float
    false_alarm: float
    ratio: float
    share: float
    how: str
    worlds: tuple[float, float] | None = None
    n_worlds: int = 0
    spread: tuple[float, float] | None = None
    edge: int = 0


def shift(depth: Array, smallest: float | None, level: float) -> Array:
    """By how many standard errors a split of some depth moves the test statistic.

    The test finds it with probability Φ(shift − z), z = Φ⁻¹(1 − level). The statistic is a mean
    *squared* gap, so the shift is proportional to the square of the depth, and one number fixes it:
    80% at the smallest detectable depth, and ``level`` at depth 0. Where nothing would have been
    found there is no shift.

    Examples
    --------
    >>> import numpy as np
    >>> float(shift(np.array([0.3]), 0.3, 0.05)[0].round(3))
    2.486
    """
    if smallest is None:
        return np.zeros_like(depth)
    at_smallest = ndtri(1 - level) + ndtri(POWER)
    return np.asarray(at_smallest * (depth / max(smallest, LEAST)) ** 2)


def depths_of_a_split(min_depth: float) -> tuple[Array, Array]:
    """Depths and weights that stand for "all from ``min_depth`` to 0.8 are equally likely"."""
    node, weight = np.polynomial.legendre.leggauss(NODES)
    top = max(DEEPEST, min_depth)
    return min_depth + (top - min_depth) * (node + 1) / 2, weight / 2


def mean_power(smallest: float | None, settings: SplitSettings) -> float:
    """How often a split would have been found, whatever its depth from ``min_depth`` to 0.8."""
    depth, weight = depths_of_a_split(settings.min_depth)
    z = ndtri(1 - settings.level)
    return float(weight @ ndtr(shift(depth, smallest, settings.level) - z))


def read_group(group: Group, settings: SplitSettings, base_rate: Number | None = None) -> Reading:
    """P(split) from the worlds drawn for the group, or from what the test said.

    Where the group has :class:`~fissure.results.Chances`, the records count by their Bayes factor:
    the odds of a split after them over the odds before. Any base rate can then take the place of
    the share of splits among the worlds.

    Otherwise the test speaks, bounded by its error rates. A test that finds splits with probability
    ``power`` and false ones with probability ``level`` cannot speak louder than power / level for a
    split, nor than (1 − power) / (1 − level) against one.

    - Found: the share B of resampled records in which the criteria hold, as odds B / (1 − B), at
      most power / level.
    - Not found, because chance would look as deep, or no second bloc was left beyond a handful:
      (1 − power) / (1 − level). Where no depth would have been found this is 1.
    - Not chance, but the criteria do not surely hold: B / (1 − B) within both bounds.

    Parameters
    ----------
    group
        What the records gave.
    settings
        Of the verdict: ``level``, ``min_depth`` and ``confidence`` are used.
    base_rate
        P(split) before the records: a number or a range, 0 to 1. Where not given it is that of the
        worlds, so that P(split) is theirs as well, or 0.5.

    Raises
    ------
    SettingError
        If the base rate lies outside 0 to 1.
    """
    worlds = _worlds(group)
    if base_rate is None:
        base_rate = EVEN if worlds is None else worlds.prior
    base = ends("base_rate", base_rate)
    power = mean_power(smallest_depth(group), settings)
    least, most = (1 - power) / (1 - settings.level), power / settings.level
    share = group.probability
    odds = share / (1 - share) if share < 1 else np.inf
    alone = group.kind == "defectors" and len(group.blocs) < 2
    if worlds is not None:
        before, after = worlds.prior, worlds.p_split
        ratio, how = after / (1 - after) * (1 - before) / before, "worlds"
    elif group.verdict == "split":
        ratio, how = min(odds, most), "found"
    elif alone or group.null.p_value > settings.level or share >= settings.confidence:
        ratio, how = least, "not found"
    else:
        ratio, how = min(max(odds, least), most), "between"
    low, high = (p * ratio / (p * ratio + 1 - p) for p in base)
    read = Reading(low, high, base, power, settings.level, float(ratio), share, how)
    return read if worlds is None else _with_worlds(read, worlds)


def smallest_depth(group: Group) -> float | None:
    """Smallest detectable depth; None where the items at hand, all unanimous, could show none."""
    found = None if group.unknowns is None else group.unknowns.detectable
    return None if found is not None and not found.n_divided else group.smallest_detectable_depth


def _worlds(group: Group) -> Chances | None:
    """What the worlds of a group say; None where they do not part before and after."""
    found = None if group.unknowns is None else group.unknowns.chances
    if found is None or not 0 < found.prior < 1 or not 0 < found.p_split < 1:
        return None
    return found


def _with_worlds(read: Reading, found: Chances) -> Reading:
    least, p = limit(found.n_worlds), found.p_split
    edge = 1 if p >= 1 - least - ROUNDED else -1 if p <= least + ROUNDED else 0
    low, high = found.p_low, found.p_high
    return replace(
        read,
        worlds=(found.prior, p),
        n_worlds=found.n_worlds,
        spread=None if low is None or high is None else (low, high),
        edge=edge,
    )
