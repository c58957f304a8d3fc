"""The smallest depth that the test would have found in these records."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
from numpy.typing import NDArray

from fissure.split.criteria import shape_of
from fissure.split.crossfit import cross_fit, item_bootstrap
from fissure.split.settings import SplitSettings

__all__ = [
    "CONTESTED",
    "deepest",
    "detection",
    "is_found",
    "smallest_detectable_depth",
    "smallest_draws",
    "two_blocs",
]

#: On a contested item this share of the one bloc stands against this share of the other.
DISCIPLINE = 0.9
#: Squared gap on such an item.
CONTESTED = (2 * DISCIPLINE - 1) ** 2
#: The depth of blocs that stand so on every item; simulated ones are no deeper.
MOST = 2 * DISCIPLINE - 1
POWER = 0.8


def two_blocs(
    y: NDArray[np.int8], small: int, depth: float, rng: np.random.Generator
) -> NDArray[np.int8]:
    """Records with two blocs of a given depth on the same items, with the same absences.

    Members are put into the blocs at random. On a share of the items, also drawn at random, 90 % of
    the one bloc stand against 90 % of the other; all other items keep the group's yea share. The
    share is (depth / 0.8)², so that the root mean square gap is ``depth``.

    Parameters
    ----------
    y
        int8 array of shape (n_actors, n_items): +1 yea, −1 nay, 0 unobserved.
    small
        Members of the smaller bloc.
    depth
        0 to 0.8.
    rng
        Source of randomness.
    """
    n, j = y.shape
    seen = np.count_nonzero(y, axis=0)
    p = np.tile(((y > 0).sum(0) + 0.5) / (seen + 1.0), (n, 1))
    bloc = np.zeros(n, bool)
    bloc[rng.permutation(n)[:small]] = True
    contested = rng.permutation(j) < round(j * (depth / MOST) ** 2)
    flip = np.asarray(rng.random(j) < 0.5)
    same = bloc[:, None] == flip[contested][None, :]
    p[:, contested] = np.where(same, DISCIPLINE, 1 - DISCIPLINE)
    return (np.where(rng.random((n, j)) < p, 1, -1) * (y != 0)).astype(np.int8)


def is_found(
    y: NDArray[np.int8], critical: float, settings: SplitSettings, rng: np.random.Generator
) -> bool:
    """Whether the whole test, from blocs to criteria, finds two blocs in some records."""
    fit = cross_fit(y, repeats=settings.repeats, rng=rng)[0, 1]
    if fit.mean_square <= critical:
        return False
    weights = item_bootstrap(y.shape[1], settings.draws, rng)
    return shape_of(fit, weights, settings).probability >= settings.confidence


def detection(
    y: NDArray[np.int8],
    small: int,
    critical: float,
    settings: SplitSettings,
    seed: np.random.SeedSequence,
) -> NDArray[np.bool_]:
    """Whether the test found each of many simulated splits, shape (power_draws,).

    Their depths are spread evenly from 0 to 0.8.

    Parameters
    ----------
    y
        The records whose items, absences and size are kept.
    small
        Members of the smaller bloc in the simulated records.
    critical
        Mean square gap that records without blocs exceed with probability ``level``.
    settings, seed
        As for the verdict; the simulated tests halve the items less often and resample less.
    """
    quick = replace(settings, repeats=2, draws=200)
    depths = _depths(settings.power_draws)
    found = np.empty(len(depths), bool)
    for k, child in enumerate(seed.spawn(len(depths))):
        rng = np.random.default_rng(child)
        found[k] = is_found(two_blocs(y, small, float(depths[k]), rng), critical, quick, rng)
    return found


def deepest(n_divided: int, n_items: int) -> float:
    """The depth of blocs that stand 90 to 10 on so many items, and do not differ on the others."""
    return float(np.sqrt(CONTESTED * n_divided / n_items))


def smallest_detectable_depth(found: NDArray[np.bool_], most: float = MOST) -> float | None:
    """The smallest depth found with 80% probability; None where none up to ``most`` is.

    A logistic curve is fitted to what :func:`detection` found. Its posterior mean under a flat
    prior is taken: steady where the step is so sharp that the slope is unknown.
    """
    crossings, weight = _curves(found)
    crossing = float((weight * crossings).sum())
    return crossing if crossing <= most else None


def smallest_draws(
    found: NDArray[np.bool_], draws: int, rng: np.random.Generator, most: float = MOST
) -> NDArray[np.float64]:
    """Draws of the same from its posterior; 1 where none up to ``most`` is."""
    crossings, weight = _curves(found)
    drawn = rng.choice(crossings.ravel(), draws, p=weight.ravel())
    return np.where(drawn <= most, np.maximum(drawn, 0.0), 1.0)


def _depths(n: int) -> NDArray[np.float64]:
    return np.linspace(0.0, MOST, n)


def _curves(found: NDArray[np.bool_]) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Where each logistic curve of a grid passes 80%, and its posterior probability."""
    depths = _depths(len(found))
    middle = np.linspace(depths[0], depths[-1] * 1.25, 201)[:, None, None]
    slope = np.geomspace(5.0, 200.0, 30)[None, :, None]
    z = slope * (depths - middle)
    loglik = -(np.logaddexp(0, -z) * found + np.logaddexp(0, z) * ~found).sum(axis=2)
    weight = np.exp(loglik - loglik.max())
    return middle[..., 0] + np.log(POWER / (1 - POWER)) / slope[..., 0], weight / weight.sum()
