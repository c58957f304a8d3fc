"""The preference verdict: a gap in positions, beside behaviour and never mixed with it."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from fissure.models.ideal import IdealPointsResult
from fissure.models.peaks import GRID, Items, Peaks, best_one_peak, fit_peaks
from fissure.results import Preference, Verdict
from fissure.split.settings import SplitSettings

__all__ = ["ASSUMPTION", "preference_verdict"]

Array = NDArray[np.float64]

ASSUMPTION = (
    "Choices follow one line of positions with normal errors of equal size, and the items' "
    "cutpoints and discriminations are those fitted to these records. Votes alone do not identify "
    "this."
)
#: Gaps tried for the smallest detectable one, and simulated records for each.
GAPS, TRIES = (3.0, 4.0, 5.0, 6.0, 8.0), 25


def preference_verdict(
    y: NDArray[np.int8],
    sign: NDArray[np.int8],
    ideal: IdealPointsResult,
    settings: SplitSettings,
    seed: np.random.SeedSequence,
) -> Preference:
    """Whether the positions have two peaks, judged against one-peaked truth on the same items.

    Parameters
    ----------
    y
        Choices with each item turned by ``sign``, shape (n_actors, n_items).
    sign
        +1 or −1 for each item.
    ideal
        Ideal points of the same actors and items, one dimension.
    settings, seed
        As for the verdict.
    """
    items = Items(ideal.alpha * sign, ideal.beta[:, 0] * sign, y != 0)
    like = items.likelihood(y)
    observed, one_peak = fit_peaks(like, GRID), best_one_peak(like)
    null_seed, power_seed = seed.spawn(2)
    null = np.array(
        [
            _one_group(items, len(y), one_peak, np.random.default_rng(child)).separation
            for child in null_seed.spawn(settings.preference_draws)
        ]
    )
    p_value = (1 + int((null >= observed.separation).sum())) / (1 + len(null))
    critical = float(np.quantile(null, 1 - settings.level))
    smallest = _smallest_gap(items, len(y), critical, settings, power_seed)
    found = p_value <= settings.level and _two_sided(observed, len(y), settings)
    if found:
        verdict: Verdict = "split"
    else:
        clear = smallest is not None and smallest <= settings.clear_gap
        verdict = "no split" if clear else "cannot tell"
    return Preference(
        verdict=verdict,
        sentence=_sentence(verdict, observed, p_value, smallest, settings),
        assumption=ASSUMPTION,
        statistic=observed.separation,
        p_value=p_value,
        gap=observed.gap,
        smallest_detectable_gap=smallest,
    )


def _one_group(items: Items, n: int, one_peak: Array, rng: np.random.Generator) -> Peaks:
    """Peaks of records drawn from a distribution with one peak."""
    x = rng.choice(GRID, n, p=one_peak) + (GRID[1] - GRID[0]) * (rng.random(n) - 0.5)
    return fit_peaks(items.likelihood(items.simulate(x, rng)), GRID)


def _two_groups(items: Items, n: int, gap: float, rng: np.random.Generator) -> Peaks:
    """Peaks of records drawn from two equal groups a gap apart, standard deviation 1 over all."""
    side = np.where(rng.permutation(n) < n // 2, -0.5, 0.5)
    x = (gap * side + rng.standard_normal(n)) / np.sqrt(1 + gap * gap / 4)
    return fit_peaks(items.likelihood(items.simulate(x, rng)), GRID)


def _two_sided(peaks: Peaks, n: int, settings: SplitSettings) -> bool:
    """Whether the two groups stand far enough apart and neither is only a handful."""
    return peaks.gap >= settings.min_gap and min(peaks.shares) * n > settings.handful(n)


def _smallest_gap(
    items: Items, n: int, critical: float, settings: SplitSettings, seed: np.random.SeedSequence
) -> float | None:
    """The smallest gap tried between two equal groups that is found in 80% of simulations."""
    for gap, child in zip(GAPS, seed.spawn(len(GAPS)), strict=True):
        found = 0
        for one in child.spawn(TRIES):
            peaks = _two_groups(items, n, gap, np.random.default_rng(one))
            found += peaks.separation > critical and _two_sided(peaks, n, settings)
        if found >= 0.8 * TRIES:
            return gap
    return None


def _sentence(
    verdict: Verdict,
    peaks: Peaks,
    p_value: float,
    smallest: float | None,
    settings: SplitSettings,
) -> str:
    power = (
        f"a gap of {smallest:g} would have been found in 80 of 100 cases"
        if smallest
        else "no gap between two groups up to 8 would have been found in 80 of 100 cases"
    )
    if verdict == "split":
        return (
            f"Positions: two groups, {peaks.gap:.1f} within-group standard deviations apart; one "
            f"group would look so in at most {p_value:.0%} of cases."
        )
    if p_value <= settings.level:
        return (
            f"Positions: two groups explain the choices better (p = {p_value:.2f}), but they would "
            f"stand {peaks.gap:.1f} within-group standard deviations apart, or one be a handful; a "
            f"split begins at {settings.min_gap:g}."
        )
    if verdict == "no split":
        opening = "Positions: one group explains the choices as well as two"
    else:
        opening = "Positions: these records cannot tell one group from two"
    return f"{opening} (p = {p_value:.2f}); {power}."
