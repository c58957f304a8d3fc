"""The prosecutor's fallacy: series chosen because they tipped show warnings though nothing changed.

Boettiger and Hastings (2012), Proceedings of the Royal Society B 279(1748), 4734-4739.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from fissure.readiness.alarms import (
    FIRST,
    LENGTH,
    STATISTICS,
    Statistic,
    ar1_paths,
    new_alarms,
    threshold,
)
from fissure.results.alarms import Fallacy

__all__ = ["LEVEL", "prosecutors_fallacy"]

#: A series has tipped where it first goes above this many standard deviations.
LEVEL = 2.0


def prosecutors_fallacy(
    statistic: Statistic,
    *,
    carry: float = 0.6,
    per_origin: float = 0.05,
    lead: int = 5,
    n_series: int = 1000,
    seed: int = 1,
) -> Fallacy:
    """Alarms before a chance crossing, beside alarms in all series: the same steady AR(1).

    Parameters
    ----------
    statistic
        Alarm statistic.
    carry
        Autocorrelation of the process, which is known here, so that nothing but the choice of
        series differs.
    per_origin
        New alarms an origin that the threshold is set for.
    lead
        Origins before a crossing in which an alarm is looked for.
    n_series, seed
        Simulated series, and their seed.

    Examples
    --------
    >>> found = prosecutors_fallacy("cusum", n_series=200)
    >>> found.chosen > found.any_series
    True
    """
    rng = np.random.default_rng([seed, 4])
    paths = ar1_paths(carry, n_series, FIRST + LENGTH, rng)
    level = threshold(statistic, carry, per_origin, seed)
    alarms = new_alarms(STATISTICS[statistic](paths), level)
    alarms[:, :FIRST] = False
    counts = np.cumsum(alarms, axis=1)
    stretch = np.zeros_like(counts, dtype=bool)  # an alarm in the `lead` origins before each
    stretch[:, lead:] = counts[:, lead - 1 : -1] > np.concatenate(
        [np.zeros((n_series, 1), counts.dtype), counts[:, : -lead - 1]], axis=1
    )
    begins = FIRST + lead
    crossed: NDArray[np.bool_] = new_alarms(paths, LEVEL)
    crossed[:, :begins] = False
    has = crossed.any(axis=1)
    first = crossed.argmax(axis=1)
    return Fallacy(
        statistic=statistic,
        any_series=float(stretch[:, begins:].mean()),
        chosen=float(stretch[has, first[has]].mean()) if has.any() else 0.0,
        n_series=n_series,
        n_chosen=int(has.sum()),
    )
