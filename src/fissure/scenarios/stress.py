"""The structural-demographic stress index: mass mobilisation × elite rivalry × fiscal distress."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

import numpy as np
from numpy.typing import NDArray
from scipy.stats import rankdata

from fissure.errors import DataError, SettingError
from fissure.scenarios.model import (
    BELOW,
    CONCESSION,
    NO_CHANGE,
    REPRESSION,
    RESHUFFLE,
    Free,
    Model,
    whole,
)

__all__ = ["Stress", "StressIndex", "StressSeries"]

Array = NDArray[np.float64]


@dataclass(frozen=True)
class StressSeries:
    """The index over time: a logarithm and a rank, never a level.

    Parameters
    ----------
    years
        Shape (n,).
    log_index
        log Ψ less its mean over the years, shape (n,); ``low`` and ``high`` are its 95 % interval
        under the errors of the inputs.
    rank
        1 for the year of most stress; ``rank_low`` and ``rank_high`` are its 95 % interval.
    elites
        Relative number of elites, 1 in the first year.
    elite_income
        Relative income of elites, 1 in the first year.
    """

    years: NDArray[np.int64]
    log_index: Array
    low: Array
    high: Array
    rank: NDArray[np.int64]
    rank_low: NDArray[np.int64]
    rank_high: NDArray[np.int64]
    elites: Array
    elite_income: Array


@dataclass(frozen=True)
class StressIndex:
    """Ψ = MMP × EMP × SFD from yearly series, with errors on its inputs.

    Mass mobilisation is urban share × share of the young / relative wage; elite mobilisation is the
    number of elites over their relative income; fiscal distress is debt × distrust. Elites grow by
    μ (1 − w)/w a year. As published they do so without bound; here their number e is bounded by
    ``most``: d e/dt = μ (1 − w)/w × e (1 − e/most)/(1 − 1/most), which agrees at e = 1.

    Parameters
    ----------
    rate
        μ, yearly growth of elites per unit of (1 − w)/w; 0.1 as published.
    wage_share
        λ: elites have 1 − λ w to share, relative to the first year; above 0 and below 1.
    elites
        ``bounded``, or ``published``: added without bound.
    most
        The bound, above 1.
    error
        Relative standard error of each input; 0 or more.
    drift
        Correlation of the errors of one input from one year to the next, 0 to 1 (below 1).
    draws, seed
        Random draws of the errors.

    References
    ----------
    Turchin and Korotayev (2020). The 2010 structural-demographic forecast for the 2010-2020 decade.
    PLoS ONE 15(8), e0237458. doi:10.1371/journal.pone.0237458

    Examples
    --------
    >>> import numpy as np
    >>> ones = np.ones(3)
    >>> series = StressIndex(error=0.0).of(
    ...     [2000, 2001, 2002], ones, ones, ones, ones * [1, 2, 4], ones
    ... )
    >>> series.log_index.round(2).tolist(), series.rank.tolist()
    ([-0.69, 0.0, 0.69], [3, 2, 1])
    """

    rate: float = 0.1
    wage_share: float = 0.5
    elites: Literal["bounded", "published"] = "bounded"
    most: float = 5.0
    error: float = 0.05
    drift: float = 0.8
    draws: int = 1000
    seed: int = 1

    def __post_init__(self) -> None:
        if self.elites not in ("bounded", "published"):
            raise SettingError(f"elites must be one of bounded, published, got {self.elites!r}")
        names = ("rate", "wage_share", "most", "error", "drift")
        rate, share, most, error, drift = (_finite(getattr(self, name)) for name in names)
        for name, is_good, allowed in (
            ("rate", rate >= 0, "0 or more"),
            ("wage_share", 0 < share < 1, "above 0 and below 1"),
            ("most", most > 1, "above 1"),
            ("error", error >= 0, "0 or more"),
            ("drift", 0 <= drift < 1, "0 or more and below 1"),
        ):
            if not is_good:
                raise SettingError(f"{name} must be {allowed}, got {getattr(self, name)!r}")
        whole("draws", self.draws, 100)
        whole("seed", self.seed, 0)

    def of(
        self, years: object, wage: object, urban: object, young: object, debt: object,
        distrust: object,
    ) -> StressSeries:  # fmt: skip
        """The index of some years.

        Parameters
        ----------
        years
            Whole numbers in order, one apart, shape (n,).
        wage
            Relative wage: typical pay over income per head, in units in which 1 is balance.
        urban, young
            Shares of the population (of adults) in towns, and in their twenties.
        debt, distrust
            Public debt over income, and the share who do not trust; any unit.

        Raises
        ------
        DataError
            If the series differ in length, are shorter than 2, or hold what is not above 0.
        """
        when = self._years(years)
        inputs = self._inputs(when, wage, urban, young, debt, distrust)
        best, e, income = self._log_index(inputs)
        rng = np.random.default_rng(self.seed)
        noise = self._noise((self.draws if self.error else 1, *inputs.shape), rng)
        draws, _, _ = self._log_index(inputs * np.exp(noise))
        draws = draws - np.nanmean(draws, axis=1, keepdims=True)
        low, high = np.nanquantile(draws, [0.025, 0.975], axis=0)
        # years that tie share the first of their ranks, and may have any of them
        first = np.quantile(rankdata(-draws, "min", axis=1), 0.025, axis=0)
        last = np.quantile(rankdata(-draws, "max", axis=1), 0.975, axis=0)
        best = best - best.mean()
        rank = rankdata(-best.round(12), "min").astype(np.int64)
        return StressSeries(
            when, best, np.minimum(low, best), np.maximum(high, best), rank,
            np.minimum(np.floor(first).astype(np.int64), rank),
            np.maximum(np.ceil(last).astype(np.int64), rank), e, income,
        )  # fmt: skip

    @staticmethod
    def _years(years: object) -> NDArray[np.int64]:
        try:
            given = np.atleast_1d(np.asarray(years, float))
        except (TypeError, ValueError):
            given = np.empty(0)
        is_whole = np.isfinite(given).all() and (given == np.round(given)).all()
        if given.ndim != 1 or len(given) < 2 or not is_whole or (np.diff(given) != 1).any():
            raise DataError("years must be 2 or more whole numbers, in order and one apart")
        return given.astype(np.int64)

    def _inputs(self, years: NDArray[np.int64], *series: object) -> Array:
        names = ("wage", "urban", "young", "debt", "distrust")
        out = []
        for name, given in zip(names, series, strict=True):
            try:
                values = np.asarray(given, float)
            except (TypeError, ValueError):
                raise DataError(f"{name} must be numbers, got {given!r}") from None
            if values.shape != years.shape:
                raise DataError(
                    f"{name} must have {len(years)} values, as years, got {values.size}"
                )
            if not (np.isfinite(values) & (values > 0)).all():
                bad = int(np.argmin(np.isfinite(values) & (values > 0)))
                raise DataError(f"{name} must be above 0, got {values[bad]} in {years[bad]}")
            out.append(values)
        if not (self.wage_share * out[0] < 1).all():
            top = float(out[0].max())
            raise DataError(
                f"wage must be below {1 / self.wage_share:g} (1 / wage_share), got {top:g}"
            )
        return np.array(out)

    def _noise(self, shape: tuple[int, ...], rng: np.random.Generator) -> Array:
        """Errors of logarithms, correlated from year to year."""
        out = rng.standard_normal(shape) * self.error
        keep = np.sqrt(1 - self.drift**2)
        for t in range(1, shape[-1]):
            out[..., t] = self.drift * out[..., t - 1] + keep * out[..., t]
        return np.asarray(out)

    def _log_index(self, x: Array) -> tuple[Array, Array, Array]:
        """log Ψ, elites and their income from inputs of shape (..., 5, n)."""
        wage, urban, young, debt, distrust = np.moveaxis(x, -2, 0)
        wage = np.minimum(wage, 0.999 / self.wage_share)
        growth = self.rate * (1 - wage) / wage
        grown = np.cumsum(growth, axis=-1) - growth  # until the year before
        if self.elites == "published":
            e = np.maximum(1 + grown, 1e-6)
        else:
            odds = np.exp(np.minimum(grown / (1 - 1 / self.most), 700.0)) / (self.most - 1)
            e = self.most * odds / (1 + odds)
        left = 1 - self.wage_share * wage
        income = left / left[..., :1] / e
        log = np.log(urban * young / wage) + np.log(e / income) + np.log(debt * distrust)
        return np.asarray(log), np.asarray(e), np.asarray(income)


def _finite(value: object) -> float:
    """A number, or NaN for what is none."""
    if isinstance(value, int | float) and not isinstance(value, bool) and np.isfinite(value):
        return float(value)
    return float("nan")


@dataclass(frozen=True)
class Stress(Model):
    """The stress index as one of the rival models: it has no agents and no time of its own.

    A split raises elite rivalry, strength the mobilisation of the mass, and want of capacity fiscal
    distress. Stress above its usual value raises the chance of a crisis; the share of each part in
    the stress says which kind. Organisation does not enter, and the map shows that.
    """

    name: str = "structural stress"
    mechanism: str = (
        "Popular distress, rivalry among elites and a weak state multiply; the higher the product "
        "above its usual value, the likelier a crisis, led by whichever part is highest."
    )
    source: str = (
        "Goldstone (1991), Revolution and Rebellion in the Early Modern World; Turchin and "
        "Korotayev (2020), PLoS ONE 15(8), e0237458, doi:10.1371/journal.pone.0237458"
    )
    leaves_out: str = (
        "Organisation altogether, who acts, when, and what a crisis leads to: the step from stress "
        "to outcomes is ours."
    )
    free: tuple[Free, ...] = (
        Free("rivalry", 0.5, 2.0, "rise of log elite rivalry from depth 0 to 1"),
        Free("mobilisation", 0.5, 2.0, "rise of log mass mobilisation from strength 0 to 1"),
        Free("distress", 0.5, 2.0, "rise of log fiscal distress from capacity 1 to 0"),
        Free("usual", 1.0, 4.0, "log stress at which a crisis is as likely as not"),
        Free("steepness", 1.0, 3.0, "how fast the chance of a crisis rises with log stress"),
        Free("force", 0.2, 1.0, "chance that a state of capacity 1, united, answers with force"),
    )

    def run(self, conditions: Array, free: Array, seeds: NDArray[np.int64]) -> Array:
        """See :meth:`Model.run`: probabilities, not draws; the seeds are not used."""
        depth, strength, _, capacity = conditions.T
        parts = free[:, :3] * np.column_stack([depth, strength, 1 - capacity])
        steep = free[:, 4]
        crisis = 1 / (1 + np.exp(-steep * (parts.sum(axis=1) - free[:, 3])))
        lead = np.exp(steep[:, None] * parts)
        lead /= lead.sum(axis=1, keepdims=True)
        force = free[:, 5] * capacity * (1 - depth)
        out = np.zeros((len(conditions), 5))
        out[:, NO_CHANGE] = 1 - crisis
        out[:, RESHUFFLE] = crisis * lead[:, 0]
        out[:, BELOW] = crisis * lead[:, 1] * (1 - force)
        out[:, REPRESSION] = crisis * (lead[:, 1] + lead[:, 2]) * force
        out[:, CONCESSION] = crisis * lead[:, 2] * (1 - force)
        return out
