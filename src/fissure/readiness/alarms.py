"""Alarm statistics of a series, each value from the past alone, and thresholds for them.

Every statistic takes paths of shape (n, T) and gives its value at each time, NaN before it has one.
None depends on the level or the unit of the series.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import cache
from typing import Literal, TypeAlias

import numpy as np
from numpy.lib.stride_tricks import sliding_window_view
from numpy.typing import NDArray

__all__ = [
    "FIRST",
    "STATISTICS",
    "Statistic",
    "ar1_paths",
    "begins",
    "carry_of",
    "new_alarms",
    "threshold",
]

Array = NDArray[np.float64]
Statistic: TypeAlias = Literal[
    "autocorrelation", "variance", "cusum", "shiryaev-roberts", "likelihood"
]

#: Values before the first origin.
FIRST = 12
#: Values in a trailing window.
WINDOW = 10
#: A shift of this many standard deviations is what CUSUM and Shiryaev-Roberts look for.
SHIFT = 1.0
#: Simulated series behind a threshold, and how many origins each has.
PATHS, LENGTH = 400, 60
#: Thresholds are found for autocorrelations rounded to this.
STEP = 0.05
#: Stands for without end where values first leave a past in which they were all alike.
ENDLESS = 1e300
#: First values that spread less than this are alike; later ones whose squares add up to more, in
#: the variance of the first, are too far off for the normal equations.
ALIKE, FAR = 1e-12, 1e12


def begins(paths: Array) -> tuple[Array, Array]:
    """Mean and standard deviation of all values before each time; NaN for fewer than 5."""
    n = np.arange(paths.shape[1])
    total = np.cumsum(paths, axis=1) - paths
    square = np.cumsum(paths**2, axis=1) - paths**2
    with np.errstate(divide="ignore", invalid="ignore"):
        mean = np.where(n >= 5, total / n, np.nan)
        var = np.maximum(square / n - mean**2, 0.0) * n / (n - 1)
    return mean, np.sqrt(var)


def _scores(paths: Array) -> Array:
    """Innovations of an AR(1) fitted before each time, in their standard deviations; 0 for none."""
    mean, sd = begins(paths)
    carry = carry_of(paths)
    before = np.concatenate([np.full((len(paths), 1), np.nan), paths[:, :-1]], axis=1)
    told = mean + carry * (before - mean)
    with np.errstate(divide="ignore", invalid="ignore"):
        z = (paths - told) / (sd * np.sqrt(1 - carry**2))
    return np.nan_to_num(z, posinf=ENDLESS, neginf=-ENDLESS)


def carry_of(paths: Array) -> Array:
    """Lag-1 autocorrelation of the values before each time, with Kendall's correction.

    φ̂ + (1 + 3φ̂)/n, kept within 0 and 0.95 (Kendall 1954, Biometrika 41(3/4), 403-404).
    """
    mean, sd = begins(paths)
    n = np.arange(paths.shape[1])
    pairs = np.zeros_like(paths)
    pairs[:, 2:] = np.cumsum(paths[:, 1:] * paths[:, :-1], axis=1)[:, :-1]
    first = paths[:, [0]]
    last = np.concatenate([first, paths[:, :-1]], axis=1)
    with np.errstate(divide="ignore", invalid="ignore"):
        total = mean * n
        cross = pairs - mean * (total - first) - mean * (total - last) + (n - 1) * mean**2
        raw = cross / np.maximum(sd**2 * (n - 1), 1e-300)
        out = raw + (1 + 3 * raw) / n
    return np.clip(np.where(n >= 5, out, np.nan), 0.0, 0.95)


def _windows(paths: Array) -> tuple[Array, Array]:
    """Residuals from a straight line in each trailing window, (n, T − W + 1, W), and padding."""
    view = sliding_window_view(paths, WINDOW, axis=1)
    at = np.arange(WINDOW) - (WINDOW - 1) / 2
    level = view.mean(axis=2, keepdims=True)
    slope = (view @ at / (at @ at))[..., None]
    return view - level - slope * at, np.full((len(paths), WINDOW - 1), np.nan)


def _autocorrelation(paths: Array) -> Array:
    rest, padding = _windows(paths)
    power = np.maximum((rest**2).sum(axis=2), 1e-300)
    return np.concatenate([padding, (rest[..., 1:] * rest[..., :-1]).sum(axis=2) / power], axis=1)


def _variance(paths: Array) -> Array:
    """Log ratio of the trailing window's variance to that of all values before it."""
    rest, padding = _windows(paths)
    now = np.concatenate([padding, (rest**2).sum(axis=2) / (WINDOW - 2)], axis=1)
    before = np.full_like(now, np.nan)
    shift = WINDOW - 1
    before[:, shift + 5 :] = begins(paths)[1][:, 5 : paths.shape[1] - shift]
    ratio = np.log(np.maximum(now, 1e-300) / np.maximum(before**2, 1e-300))
    return np.where((before == 0) & (now > 0), np.log(ENDLESS), ratio)


def _cusum(paths: Array) -> Array:
    """C = max(0, C + z − δ/2) (Page 1954, Biometrika 41(1/2), 100-115)."""
    z = _scores(paths)
    out, at = np.zeros_like(z), np.zeros(len(z))
    for t in range(z.shape[1]):
        at = np.maximum(0.0, at + z[:, t] - SHIFT / 2)
        out[:, t] = at
    return out


def _shiryaev(paths: Array) -> Array:
    """log of R = (1 + R) e^(δz − δ²/2) (Roberts 1966, Technometrics 8(3), 411-430)."""
    z = _scores(paths)
    out, at = np.zeros_like(z), np.full(len(z), -np.inf)
    for t in range(z.shape[1]):
        at = np.logaddexp(0.0, at) + SHIFT * z[:, t] - SHIFT**2 / 2
        out[:, t] = at
    return out


def _likelihood(paths: Array) -> Array:
    """Log likelihood ratio of a carry-over that changes along a line against a constant one.

    x_t = c + (φ0 + φ1 t) x_(t−1) + e, on all values up to each time, less the mean of the first
    ones; signed, so that growing autocorrelation is positive. After Boettiger and Hastings (2012,
    Journal of the Royal Society Interface 9(75), 2527-2539), with an autoregression in place of
    their Ornstein-Uhlenbeck model. Where the first values are alike, or later ones far from them,
    the normal equations cannot be solved, and least squares of least norm take their place.
    """
    n, length = paths.shape
    spread = paths[:, :FIRST].std(axis=1, keepdims=True)
    scaled = (paths - paths[:, :FIRST].mean(axis=1, keepdims=True)) / np.maximum(spread, ALIKE)
    x, y = scaled[:, :-1], scaled[:, 1:]
    t = np.arange(length - 1) / LENGTH
    rows = np.stack([np.ones_like(x), x, t * x, y], axis=2)
    moments = np.cumsum(rows[..., :, None] * rows[..., None, :], axis=1)
    out = np.full((n, length), np.nan)
    for k in range(FIRST - 2, length - 1):
        m = moments[:, k] + 1e-9 * np.eye(4)
        is_hard = (spread[:, 0] < ALIKE) | (m[:, 1, 1] > FAR)
        m[is_hard] = np.eye(4)
        full = np.linalg.solve(m[:, :3, :3], m[:, :3, 3:])[..., 0]
        less = np.linalg.solve(m[:, :2, :2], m[:, :2, 3:])[..., 0]
        rest_full = m[:, 3, 3] - (full * m[:, :3, 3]).sum(axis=1)
        rest_less = m[:, 3, 3] - (less * m[:, :2, 3]).sum(axis=1)
        ratio = (k + 1) / 2 * np.log(np.maximum(rest_less, 1e-12) / np.maximum(rest_full, 1e-12))
        out[:, k + 1] = np.sign(full[:, 2]) * ratio
        for i in np.flatnonzero(is_hard):
            out[i, k + 1] = _least_norm(rows[i, : k + 1])
    return out


def _least_norm(rows: Array) -> float:
    """The same ratio from rows 1, x_(t−1), t x_(t−1), x_t; by decomposition, in no unit."""
    x, y = rows[:, :3], rows[:, 3]
    size = np.abs(rows[:, [1, 3]]).max()
    if size == 0:
        return 0.0
    x, y = x / [1.0, size, size], y / size
    x /= np.maximum(np.linalg.norm(x, axis=0), 1e-300)
    full, less = (np.linalg.lstsq(x[:, :d], y, rcond=None)[0] for d in (3, 2))
    rest = [max(float(((y - x[:, : len(b)] @ b) ** 2).sum()), 1e-12) for b in (less, full)]
    return float(np.sign(full[2]) * len(y) / 2 * np.log(rest[0] / rest[1]))


#: Each statistic by its name.
STATISTICS: dict[Statistic, Callable[[Array], Array]] = {
    "autocorrelation": _autocorrelation,
    "variance": _variance,
    "cusum": _cusum,
    "shiryaev-roberts": _shiryaev,
    "likelihood": _likelihood,
}


def new_alarms(statistic: Array, level: Array | float) -> NDArray[np.bool_]:
    """Where the statistic is above its threshold and was not at the time before."""
    above = np.asarray(statistic > level)
    out = above.copy()
    out[..., 1:] &= ~above[..., :-1]
    return out


def ar1_paths(carry: float, n: int, length: int, rng: np.random.Generator) -> Array:
    """Steady AR(1) series of variance 1, shape (n, length)."""
    noise = rng.standard_normal((n, length))
    out = np.empty_like(noise)
    out[:, 0] = noise[:, 0]
    for t in range(1, length):
        out[:, t] = carry * out[:, t - 1] + np.sqrt(1 - carry**2) * noise[:, t]
    return out


@cache
def threshold(name: Statistic, carry: float, per_origin: float, seed: int) -> float:
    """The level that a steady series crosses upwards this often an origin.

    Found by halving on simulated AR(1) series, which go through the same estimation as the series
    itself.

    Parameters
    ----------
    name
        Statistic.
    carry
        Autocorrelation of the series so far, rounded.
    per_origin
        New alarms an origin, above 0 and below 0.5.
    seed
        Of the simulation.
    """
    rng = np.random.default_rng([seed, 3, round(carry / STEP)])
    paths = ar1_paths(carry, PATHS, FIRST + LENGTH, rng)
    found = STATISTICS[name](paths)[:, FIRST - 1 :]
    known = found[np.isfinite(found)]
    low, high = float(np.median(known)), float(known.max())
    for _ in range(40):
        middle = (low + high) / 2
        share = new_alarms(found, middle)[:, 1:].mean()
        low, high = (middle, high) if share > per_origin else (low, middle)
    return high
