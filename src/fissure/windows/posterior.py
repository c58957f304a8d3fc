"""The posterior over windows in a series of depths: every placement, every level, no sampling."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy.linalg import cholesky, solve_triangular
from scipy.special import logsumexp
from scipy.stats import norm

from fissure.kernels.chain import forward, window_table
from fissure.windows.settings import WindowSettings

__all__ = ["Posterior", "completions", "count_prior", "placements", "posterior", "whiten"]

Array = NDArray[np.float64]

#: Midpoints of the cells of the movement's standard deviation (as multiples of its prior scale, in
#: equal steps of the logarithm) and of its autocorrelation.
MOVEMENTS = np.geomspace(4.0, 0.16, 7)  # the largest first: they have few levels
CARRIES = np.arange(7) * 0.14 + 0.07
#: Steps between levels, in standard errors of a level known from all periods: sums over such a
#: lattice equal integrals over normal densities to 2 exp(−2π²/1.6²) = 0.1 %.
STEP = 1.6
#: Periods after a switch in which its exact response is used; later it is as if long ago.
AGES = 4
#: All ramps but the shortest are at most one part in so many of the series.
PART = 4
#: Levels whose log mass cannot come this near the best are left out.
FAR = 12.0
#: Share of the mass of levels that the table of windows is made of; the rest is scaled up.
KEPT = 0.999


@dataclass(frozen=True)
class Posterior:
    """All that is known of the windows of one series of n periods.

    Parameters
    ----------
    count
        Probability of 0, 1, 2 … windows.
    table
        Probability that there is a window from o to just before c, shape (n, n + 1); column n is
        for windows still open in the last period. Entries that contain the same period exclude each
        other.
    level, rise, movement, carry
        Values and their probabilities, shape (values, 2): of the depth outside windows, of the rise
        inside given that there is one, and of the standard deviation and autocorrelation of the
        ordinary movement.
    """

    count: Array
    table: Array
    level: Array
    rise: Array
    movement: Array
    carry: Array

    @property
    def open(self) -> Array:
        """Probability that a window is open in each period, shape (n,)."""
        return covering(self.table)


def covering(table: Array) -> Array:
    """Sum of the table's entries that contain each period, shape (n,)."""
    n = len(table)
    change = np.zeros(n + 1)
    change[:n] += table.sum(axis=1)
    change -= table.sum(axis=0)
    out: Array = np.cumsum(change)[:n]
    return np.clip(out, 0.0, 1.0)


def whiten(
    depth: Array,
    se: Array,
    place: Array,
    movement: float,
    carry: float,
    ages: int,
    ramp: int = 1,
) -> tuple[Array, float]:
    """Make errors independent: rows of whitened depth, level and switches, and log |L|.

    The errors' covariance movement² carry^|i − j| + diag(se²) is used whole, L its inverse Cholesky
    factor. Columns are L d, L 1 and, for ages 0 … ages − 1, the response to a switch so many
    periods ago.

    Parameters
    ----------
    depth, se, place
        Estimates, their standard errors, and their places in time, shape (n,).
    movement, carry
        Standard deviation and autocorrelation at distance 1 of what moves in between.
    ages
        For how many ages the response to a switch is kept.
    ramp
        Over how many periods a switch is spread, in equal steps.
    """
    n = len(depth)
    lag = np.abs(place[:, None] - place)
    root = cholesky(movement**2 * carry**lag + np.diag(se**2), lower=True)
    inverse = solve_triangular(root, np.eye(n), lower=True)
    summed = np.cumsum(inverse[:, ::-1], axis=1)[:, ::-1]  # [t, s]: response at t to a step at s
    out = np.empty((n, 2 + ages))
    out[:, 0], out[:, 1] = inverse @ depth, summed[:, 0]
    at = np.arange(n)
    for a in range(ages):
        steps = range(min(ramp, a + 1))
        out[:, 2 + a] = sum(summed[at, np.maximum(at - a + k, 0)] for k in steps) / ramp
    return out, -float(np.log(np.diag(root)).sum())


def placements(n: int, settings: WindowSettings, ramp: int) -> Array:
    """How many placements 0, 1, 2 … windows have among n periods; shape (max_windows + 1,)."""
    starts = [completions(n, settings, e, ramp)[0] for e in np.eye(settings.max_windows + 1)]
    return np.array([s[0, 0, -1] + s[1, 1, -1] for s in starts])


def count_prior(n: int, settings: WindowSettings, ramp: int) -> tuple[Array, Array]:
    """Prior probability of 0, 1, 2 … windows, and of each single placement of so many.

    A count with no placement among n periods has probability 0, and the others share its own.
    """
    ways = placements(n, settings, ramp)
    later = 0.5 ** np.arange(settings.max_windows) * (ways[1:] > 0)
    p = np.r_[settings.p_none, (1 - settings.p_none) * later / later.sum()]
    return p, np.where(ways > 0, p / np.maximum(ways, 1.0), 0.0)


def n_ages(settings: WindowSettings, ramp: int) -> int:
    """Ages that a path must remember, the last standing for all later ones."""
    return max(AGES + ramp - 1, settings.min_length - 1, settings.min_gap - 1) + 1


def limits(n: int, settings: WindowSettings, ramp: int) -> NDArray[np.int64]:
    """Fewest periods of a window and of a gap, and the last period in which a window may open.

    A switch is over before the next begins, and a window is more than half open at least in the
    last period: what has hardly begun is not one yet.
    """
    window, gap = max(settings.min_length, ramp), max(settings.min_gap, ramp)
    return np.array([window, gap, n - 1 - ramp // 2])


def ramps(n: int, settings: WindowSettings) -> dict[int, float]:
    """The ramps that fit among n periods, and their prior probabilities."""
    first, *longer = settings.ramps
    fit = [r for r in longer if PART * r <= n]
    return {first: 0.5, **dict.fromkeys(fit, 0.5 / len(fit))} if fit else {first: 1.0}


def completions(n: int, settings: WindowSettings, each: Array, ramp: int) -> Array:
    """Prior mass of all that can follow each state; shape (n, 2, max_windows + 1, ages).

    Parameters
    ----------
    n
        Number of periods.
    settings
        For the fewest periods of windows and gaps.
    each
        Mass of each whole path, by its number of windows.
    ramp
        Over how many periods a switch is spread.
    """
    last, ages = settings.max_windows, n_ages(settings, ramp)
    window, gap, latest = limits(n, settings, ramp)
    out = np.zeros((n, 2, last + 1, ages))
    out[n - 1] = each[:, None]
    older = np.minimum(np.arange(ages) + 1, ages - 1)
    for t in range(n - 2, -1, -1):
        out[t] = out[t + 1][:, :, older]
        out[t, 1, :, window - 1 :] += out[t + 1, 0, :, :1]
        if t < latest:
            out[t, 0, :-1, gap - 1 :] += out[t + 1, 1, 1:, :1]
    return out


@dataclass(frozen=True)
class _Nodes:
    """All levels and rises tried at one movement and autocorrelation, and their masses."""

    white: Array
    movement: float
    carry: float
    ramp: int
    each: Array  # prior mass of each path, by its number of windows
    plain: Array  # levels without a window
    levels: Array  # pairs of levels
    rises: Array  # and rises
    log_none: Array
    log_some: Array
    total: Array  # (pairs, n): of the data up to each period, without prior and constants
    count: Array


def posterior(depth: Array, se: Array, place: Array, settings: WindowSettings) -> Posterior:
    """Sum over every placement of windows, on a lattice of levels and rises.

    Parameters
    ----------
    depth, se, place
        Estimates in order of time, their standard errors above 0, and their places, shape (n,).
    settings
        What counts as a window, and the priors.
    """
    grid, best = [], -np.inf
    for ramp, share in ramps(len(depth), settings).items():
        p_count, each = count_prior(len(depth), settings, ramp)
        each[0] = 0.0  # no window is summed apart
        for movement in MOVEMENTS * settings.movement_scale:
            for carry in CARRIES:
                nodes = _at(
                    depth, se, place, (movement, carry, ramp), each, settings, best,
                    np.log(share), p_count[0],
                )  # fmt: skip
                best = max(best, nodes.log_none.max(), nodes.log_some.max())
                grid.append(nodes)
    none = np.array([logsumexp(g.log_none) for g in grid])
    evidence = float(logsumexp(np.r_[none, *[g.log_some for g in grid]]))
    some = [np.exp(g.log_some - evidence) for g in grid]
    count = np.zeros(settings.max_windows + 1)
    for mass, nodes in zip(some, grid, strict=True):
        count += mass @ nodes.count
    count[0] = np.exp(logsumexp(none) - evidence)
    return Posterior(
        count=count,
        table=_table(grid, some, settings),
        **_levels(grid, some, evidence),
    )


def _at(
    depth: Array,
    se: Array,
    place: Array,
    where: tuple[float, float, int],
    each: Array,
    settings: WindowSettings,
    best: float,
    log_share: float,
    p_none: float,
) -> _Nodes:
    """Log masses of all levels and rises at one movement, autocorrelation and ramp.

    Pairs that cannot come near the ``best`` log mass are left out.
    """
    movement, carry, ramp = where
    white, log_det = whiten(depth, se, place, movement, carry, n_ages(settings, ramp) - 1, ramp)
    error = float((white[:, 1] ** 2).sum()) ** -0.5
    level, step = _midpoints(
        max(0.0, depth.min() - 4 * error), min(1.0, depth.max() + 4 * error), STEP * error
    )
    lowest = max(settings.min_rise, settings.min_contrast * movement)
    most = max(float(np.ptp(depth)) + 6 * error, lowest + STEP * error)
    extra, width = _midpoints(0.0, most - lowest, STEP * error)
    log_rise = np.log(2 * width) + norm.logpdf(extra, scale=settings.rise_scale)
    # a half-normal prior of the movement, in equal steps of its logarithm
    constant = np.log(step * movement) - 0.5 * (movement / settings.movement_scale) ** 2 + log_det
    constant += log_share
    a, b = (x.ravel() for x in np.meshgrid(level, lowest + extra, indexing="ij"))
    weight = constant + np.tile(log_rise, len(level))
    log_none = (
        constant
        + np.log(p_none)
        - 0.5 * ((white[:, 0] - level[:, None] * white[:, 1]) ** 2).sum(axis=1)
    )
    worth = max(best, float(log_none.max())) - FAR - weight
    total, count = np.empty((len(a), len(depth))), np.empty((len(a), len(each)))
    forward(white, a, b, worth, each, limits(len(depth), settings, ramp), total, count)
    log_some = weight + total[:, -1]
    return _Nodes(white, movement, carry, ramp, each, level, a, b, log_none, log_some, total, count)


def _midpoints(low: float, high: float, step: float) -> tuple[Array, float]:
    """Midpoints of equal cells between two ends, at most a step wide, and their width."""
    cells = max(1, int(np.ceil((high - low) / step)))
    width = (high - low) / cells
    middles = (low + (np.arange(cells) + 0.5) * width).astype(np.float64)
    return middles, width


def _table(grid: list[_Nodes], some: list[Array], settings: WindowSettings) -> Array:
    """Probability of each window, from the levels that hold nearly all of the mass."""
    n = len(grid[0].white)
    mass = np.concatenate(some)
    order = np.sort(mass)[::-1]
    least = order[min(int(np.searchsorted(np.cumsum(order), KEPT * mass.sum())), len(order) - 1)]
    table = np.zeros((n, n + 1))
    kept = 0.0
    for g, m in zip(grid, some, strict=True):
        at = np.flatnonzero(m >= least)
        if len(at) and least > 0:
            own = np.zeros((n, n + 1))
            window_table(
                g.white, g.levels[at], g.rises[at], m[at], g.total[at], g.each,
                limits(n, settings, g.ramp), own,
            )  # fmt: skip
            table += half_way(own, g.ramp)
            kept += float(m[at].sum())
    return table * (mass.sum() / kept) if kept else table


def half_way(table: Array, ramp: int) -> Array:
    """Windows dated by the first periods in which they are more, then less than half open.

    A window that was open from the first period on stays so, and one that is not less than half
    open in the last period counts as open still.

    Parameters
    ----------
    table
        By the periods in which opening and closing begin, shape (n, n + 1).
    ramp
        Over how many periods each is spread.
    """
    n, later = len(table), ramp // 2
    out = np.zeros_like(table)
    closes = np.minimum(np.arange(n + 1) + later, n)
    np.add.at(out[0], closes, table[0])
    for o in range(1, n - later):
        np.add.at(out[o + later], closes, table[o])
    return out


def _levels(grid: list[_Nodes], some: list[Array], evidence: float) -> dict[str, Array]:
    """Values and probabilities of the four unknown numbers."""
    none = [np.exp(g.log_none - evidence) for g in grid]
    each = np.array([a.sum() + b.sum() for a, b in zip(none, some, strict=True)])
    level = np.concatenate([np.r_[g.plain, g.levels] for g in grid])
    rise, mass = np.concatenate([g.rises for g in grid]), np.concatenate(some)
    return {
        "level": np.c_[
            level, np.concatenate([np.r_[a, b] for a, b in zip(none, some, strict=True)])
        ],
        "rise": np.c_[rise, mass / mass.sum() if mass.sum() > 0 else mass],
        "movement": np.c_[[g.movement for g in grid], each],
        "carry": np.c_[[g.carry for g in grid], each],
    }
