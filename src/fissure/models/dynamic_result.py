"""Dynamic ideal points: the result, and how it is put together from a settled walk."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any, Literal

import numpy as np
import polars as pl
from numpy.typing import NDArray

from fissure.errors import SettingError
from fissure.kernels.probit import TABLE, probit_fit
from fissure.matrix import Matrix
from fissure.models.careers import Careers
from fissure.models.drift import Drift
from fissure.models.ideal import orient
from fissure.models.settle import Free, Settled, error_of_omega2
from fissure.models.spread import Posterior
from fissure.results import Fit, Interval, Result, plain
from fissure.results.base import frozen

__all__ = ["DynamicIdealPointsResult", "assemble"]

Array = NDArray[np.float64]


@dataclass(frozen=True)
class DynamicIdealPointsResult(Result):
    """Positions of actors in periods, with mean 0 and standard deviation 1 over all of them.

    Rows are states: an actor in a period, by actor and then by period, from the first period in
    which the actor has a choice to the last. States without a choice in between are kept; mean and
    standard deviation are over those that have one.

    Parameters
    ----------
    actor, period
        Numbers of each row's actor (row of the matrix) and period (place in ``periods``).
    positions, se
        Positions given all periods, and their standard errors, items and scale included.
    filtered, filtered_se
        The same given the choices of that period and those before it only; an error is NaN where
        these alone have no maximum nearby.
    n_choices
        Choices of each row.
    periods
        Labels of the periods.
    alpha, beta
        Item intercepts and discriminations on the same scale, in the order of ``items``.
    omega2
        Variance of a step on the scale of the prior, with a 95 % interval; no interval (NaN) where
        it was given, or lies at the edge of what is looked at.
    step
        The same as a standard deviation, in standard deviations of positions.
    variances
        Prior variances used or estimated: ``initial``, ``alpha`` and ``beta``.
    fit
        Share of choices predicted, the same for the modal choice of each item, APRE and GMP.
    log_posterior
        Of the positions, items integrated out, at the mode (less constants), in nats.
    marginal
        Log likelihood with items and positions integrated out, by Laplace's method for positions.
    items_by
        How items were integrated out: ``quadrature`` where there are few choices an item, else
        ``laplace``.
    gradient
        Largest remaining gradient in units of its curvature.
    n_iter
        Newton steps.
    """

    actor: NDArray[np.int64]
    period: NDArray[np.int64]
    positions: Array
    se: Array
    filtered: Array
    filtered_se: Array
    n_choices: NDArray[np.int64]
    periods: tuple[str, ...]
    alpha: Array
    beta: Array
    omega2: Interval
    step: Interval
    variances: dict[str, float]
    fit: Fit
    actors: pl.DataFrame
    items: pl.DataFrame
    log_posterior: float
    marginal: float
    items_by: Literal["laplace", "quadrature"]
    gradient: float
    converged: bool
    n_iter: int
    settings: dict[str, Any]
    source: dict[str, Any]
    _posterior: Posterior = field(repr=False, compare=False)
    _order: NDArray[np.int64] = field(repr=False, compare=False)

    def to_frame(self) -> pl.DataFrame:
        """One row a state: the actor's own columns, period, year, position, se, choices."""
        years = self._posterior.drift.careers.years[self.period]
        return self.actors[self.actor].with_columns(
            period=pl.Series([self.periods[t] for t in self.period], dtype=pl.String),
            year=pl.Series(years).fill_nan(None),
            position=self.positions,
            se=self.se,
            filtered=self.filtered,
            filtered_se=pl.Series(self.filtered_se).fill_nan(None),
            n_choices=self.n_choices,
        )

    def items_frame(self) -> pl.DataFrame:
        """One row an item: own columns, period, alpha, beta, cutpoint, choices and fit."""
        return self.items.with_columns(
            alpha=self.alpha, beta=self.beta, cutpoint=-self.alpha / self.beta
        )

    def positions_draws(self, m: int, seed: int = 0) -> Array:
        """Draws of all positions, shape (m, n_states), in the order of ``positions``.

        They come from the normal distribution that the mode and its information define, with the
        uncertainty of the items and of the scale.

        Raises
        ------
        SettingError
            If ``m`` is below 1 or ``seed`` below 0.
        """
        for name, value, least in (("m", m, 1), ("seed", seed, 0)):
            if value < least:
                raise SettingError(f"{name} must be {least} or more, got {value!r}")
        return self._posterior.draws(m, seed)[:, self._order]

    def predict(self, actors: Sequence[str], items: Sequence[str]) -> Array:
        """P(yea) of some actors on some items, pair by pair, uncertainty integrated out.

        Parameters
        ----------
        actors, items
            Identifiers, of one length. The item must be one of the fit; the actor must have a
            position in its period. Whether that choice was observed does not matter.

        Raises
        ------
        SettingError
            If the lengths differ, or a pair has no position or no item.
        """
        if len(actors) != len(items):
            raise SettingError(f"{len(actors)} actors do not pair with {len(items)} items")
        c = self._posterior.drift.careers
        number = {name: i for i, name in enumerate(self.actors["actor"].to_list())}
        place = {name: j for j, name in enumerate(self.items["item"].to_list())}
        state = {
            (int(i), int(t)): s for s, (i, t) in enumerate(zip(c.actor, c.period, strict=True))
        }
        when = np.repeat(np.arange(len(self.periods)), np.diff(c.item_cut))
        cells = np.empty((len(actors), 2), np.int64)
        for row, (actor, item) in enumerate(zip(actors, items, strict=True)):
            if item not in place:
                raise SettingError(f"item {item!r} is not among the {len(place)} items fitted")
            j = place[item]
            s = state.get((number.get(actor, -1), int(when[j])))
            if s is None:
                raise SettingError(
                    f"actor {actor!r} has no position in period {self.periods[when[j]]}, that of "
                    f"item {item!r}"
                )
            cells[row] = s, j
        return self._posterior.chances(cells[:, 0], cells[:, 1])

    def to_dict(self) -> dict[str, Any]:
        """Plain values, with the two tables as lists of rows."""
        kept: tuple[str, ...] = ("omega2", "step", "variances", "fit", "log_posterior", "marginal")
        kept += ("items_by", "gradient", "converged", "n_iter", "settings", "source")
        tables = {"states": self.to_frame(), "items": self.items_frame()}
        return plain({**tables, **{name: getattr(self, name) for name in kept}})

    def __repr__(self) -> str:
        return (
            f"DynamicIdealPointsResult({self.actors.height} actors, {len(self.alpha)} items, "
            f"{len(self.periods)} periods, {len(self.positions)} positions; correct "
            f"{self.fit.correct:.1%} against {self.fit.correct_baseline:.1%} for the modal choice; "
            f"{self.step.estimate:.2f} standard deviations a step)"
        )


def assemble(
    drift: Drift, s: Settled, matrix: Matrix, settings: dict[str, Any], free: Free
) -> DynamicIdealPointsResult:
    """The result of a settled walk; ``free`` says what was estimated."""
    c, x = drift.careers, s.point.x
    seen = c.n_choices > 0
    centre, scale = float(x[seen].mean()), float(x[seen].std(ddof=1))
    order = np.lexsort((c.period, c.actor))
    posterior = Posterior(
        drift, s, centre, scale, _sign(c, (x - centre) / scale, matrix, settings["anchors"])
    )
    filtered, filtered_se = posterior.filtered()
    alpha = s.point.items[:, 6] + s.point.items[:, 7] * centre
    beta = s.point.items[:, 7] * scale * posterior.sign
    items, fit = _items(c, matrix, posterior.z, np.column_stack([alpha, beta]))
    omega2, step, variances = _variances(drift, s, scale, settings, free)
    arrays = (posterior.z, posterior.standard_errors(), filtered, filtered_se)
    z, se, filtered, filtered_se = (frozen(a[order]) for a in arrays)
    return DynamicIdealPointsResult(
        actor=frozen(c.actor[order]),
        period=frozen(c.period[order]),
        positions=z,
        se=se,
        filtered=filtered,
        filtered_se=filtered_se,
        n_choices=frozen(c.n_choices[order]),
        periods=c.labels,
        alpha=frozen(alpha),
        beta=frozen(beta),
        omega2=omega2,
        step=step,
        variances=variances,
        fit=fit,
        actors=matrix.actors,
        items=items,
        log_posterior=s.point.value,
        marginal=s.marginal,
        items_by="quadrature" if drift.is_small else "laplace",
        gradient=s.point.slope,
        converged=s.point.slope <= settings["tol"] and s.is_settled,
        n_iter=s.n_iter,
        settings=settings,
        source=vars(matrix.source).copy(),
        _posterior=posterior,
        _order=frozen(order),
    )


def _sign(c: Careers, z: Array, matrix: Matrix, anchors: tuple[str, str] | None) -> float:
    """By the rule of :func:`orient`, on each actor's mean over the periods."""
    count = np.bincount(c.actor, minlength=matrix.n_actors)
    mean = np.bincount(c.actor, z, matrix.n_actors) / np.maximum(count, 1)
    ids = matrix.actors["actor"].to_list()
    return float(orient(mean[:, None], ids, anchors)[0])


def _variances(
    drift: Drift, s: Settled, scale: float, settings: dict[str, Any], free: Free
) -> tuple[Interval, Interval, dict[str, float]]:
    """ω², a step in standard deviations of positions, and the other prior variances."""
    wide = error_of_omega2(drift, s, free, settings["max_iter"]) if free.omega2 else math.nan
    factor = np.array([1.0, math.exp(-1.96 * wide), math.exp(1.96 * wide)])
    # only products of scales are known: the initial variance is held at what the setting says
    unit = s.v.initial
    omega2 = Interval(*(float(f) for f in s.v.omega2 / unit * factor))
    step = Interval(*(float(f) for f in np.sqrt(s.v.omega2 * factor) / scale))
    variances = {
        "initial": settings["initial_variance"],
        "alpha": float(s.v.alpha),
        "beta": float(s.v.beta * unit),
    }
    return omega2, step, variances


def _items(c: Careers, matrix: Matrix, z: Array, lines: Array) -> tuple[pl.DataFrame, Fit]:
    """The items in the order of periods, with how well each is fitted; and the whole."""
    right, loglik = np.empty(len(lines)), np.empty(len(lines))
    count, yeas = np.empty(len(lines)), np.empty(len(lines))
    for t, (packed, (lo, hi)) in enumerate(zip(c.choices, c.stretches(), strict=True)):
        at = slice(c.item_cut[t], c.item_cut[t + 1])
        design = np.column_stack([np.ones(hi - lo), z[lo:hi]])
        probit_fit(packed.start, packed.code, design, TABLE, lines[at], right[at], loglik[at])
        count[at], yeas[at] = packed.counts(), packed.yeas()
    minority, errors, total = (
        np.minimum(yeas, count - yeas).sum(),
        (count - right).sum(),
        count.sum(),
    )
    fit = Fit(
        correct=float(1 - errors / total),
        correct_baseline=float(1 - minority / total),
        apre=float(1 - errors / max(minority, 1.0)),
        gmp=float(np.exp(loglik.sum() / total)),
    )
    some = np.where(count > 0, count, np.nan)
    when = np.repeat(np.arange(len(c.labels)), np.diff(c.item_cut))
    return matrix.items[c.items].with_columns(
        period=pl.Series([c.labels[t] for t in when], dtype=pl.String),
        n_choices=pl.Series(count).cast(pl.Int64),
        correct=pl.Series(right / some).fill_nan(None),
        gmp=pl.Series(np.exp(loglik / some)).fill_nan(None),
    ), fit
