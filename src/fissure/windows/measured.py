"""The periods of a series that may be compared, and the errors of their depths."""

from __future__ import annotations

import warnings
from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from fissure.errors import DataError, FissureWarning
from fissure.results import Period, Series
from fissure.windows.ranksets import FEWEST_DRAWS

__all__ = ["depth_errors", "periods_apart"]

Array = NDArray[np.float64]

#: Half of a 95 % interval in standard errors.
NORMAL_HALF = 1.959964


def periods_apart(series: Series) -> tuple[Period, ...]:
    """The periods, back from the last, that share no items: items counted twice would look like
    evidence.
    """
    kept: list[Period] = []
    for period in reversed(series.periods):
        if not kept or period.place <= kept[-1].place - series.overlap:
            kept.append(period)
    return tuple(reversed(kept))


def depth_errors(periods: Sequence[Period], group: str) -> Array:
    """Standard error of each depth, above 0: of its draws, or of its interval where these are few.

    Raises
    ------
    DataError
        If no depth has an error.

    Warns
    -----
    FissureWarning
        If the draws of some periods are all the same, as where no two blocs met and nothing could
        be measured: their errors are then taken to be that of the median period.
    """
    out = np.empty(len(periods))
    for t, p in enumerate(periods):
        own = np.array(p.draws.depth, float)
        if len(own) >= FEWEST_DRAWS:
            out[t] = own.std(ddof=1) if np.ptp(own) > 0 else 0.0
        else:
            out[t] = (p.depth.high - p.depth.low) / (2 * NORMAL_HALF)
    known = out > 0
    if not known.any():
        raise DataError(f"no depth of {group!r} has an error, so luck cannot be told from depth")
    if not known.all():
        warnings.warn(
            f"the draws of {np.count_nonzero(~known)} of {len(out)} periods of {group!r} are all "
            "the same; their errors are taken to be that of the median period",
            FissureWarning,
            stacklevel=3,
        )
        out[~known] = np.median(out[known])
    return out
