"""Ideal points: the probit two-parameter model, to the true optimum, with standard errors."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
import polars as pl
from numpy.typing import NDArray
from threadpoolctl import threadpool_limits

from fissure.errors import ConvergenceError, DataError, SettingError
from fissure.kernels.probit import TABLE, probit_fit
from fissure.matrix import Matrix, Packed
from fissure.models.newton import Problem, State, climb, principal_axes, standard_errors, starts
from fissure.results import Fit, Result, plain
from fissure.results.base import frozen

if TYPE_CHECKING:
    from fissure.models.posterior import Posterior

__all__ = ["IdealPoints", "IdealPointsResult", "orient"]

Array = NDArray[np.float64]


@dataclass(frozen=True)
class IdealPoints:
    """Settings of the probit two-parameter model of Clinton, Jackman and Rivers (2004).

    An actor i says yea to an item j with probability Φ(α_j + β_j'x_i), with x_i ~ N(0, I) and α_j,
    β_j ~ N(0, ``item_variance``). :meth:`fit` finds the mode of the posterior by Newton's method,
    with sums over *observed* choices only, and stops on the gradient.

    Parameters
    ----------
    dims
        Number of dimensions, 1 to 3.
    item_variance
        Prior variance of α and β; 25 in Clinton, Jackman and Rivers.
    anchors
        Two actors (identifiers), one for each end: the first is put on the lower side of axis 1.
        Without them :func:`orient` states the rule.
    tol
        Largest gradient allowed at the end, each in units of its own curvature (the step that would
        remove it, in standard errors).
    max_iter
        Newton steps before giving up, 1 or more.
    threads
        Threads for large matrices; the answer does not depend on it.

    Examples
    --------
    >>> import fissure as fs
    >>> m = fs.Matrix.from_records(fs.load("senate-109"))
    >>> fit = IdealPoints().fit(m)
    >>> fit.converged, round(fit.fit.correct, 3), round(fit.fit.correct_baseline, 3)
    (True, 0.913, 0.709)

    References
    ----------
    Clinton, Jackman and Rivers (2004), "The Statistical Analysis of Roll Call Data", American
    Political Science Review 98(2), 355-370.
    """

    dims: int = 1
    item_variance: float = 25.0
    anchors: tuple[str, str] | None = None
    tol: float = 1e-6
    max_iter: int = 200
    threads: int = 2

    def __post_init__(self) -> None:
        if self.dims not in (1, 2, 3):
            raise SettingError(f"dims must be 1..3, got {self.dims!r}")
        if not self.item_variance > 0:
            raise SettingError(f"item_variance must be above 0, got {self.item_variance!r}")
        if not self.tol > 0:
            raise SettingError(f"tol must be above 0, got {self.tol!r}")
        if self.max_iter < 1:
            raise SettingError(f"max_iter must be 1 or more, got {self.max_iter!r}")
        if self.threads < 1:
            raise SettingError(f"threads must be 1 or more, got {self.threads!r}")
        if self.anchors is not None and len(set(self.anchors)) != 2:
            raise SettingError(f"anchors must be two different actors, got {self.anchors!r}")

    def fit(self, matrix: Matrix) -> IdealPointsResult:
        """Fit to a matrix.

        Raises
        ------
        DataError
            If there are fewer than ``dims + 2`` actors or items, if no item divides the group, or
            if the best fit puts all actors at one point.
        ConvergenceError
            If the gradient is not small after ``max_iter`` steps.
        """
        _check(matrix, self)
        problem = Problem(matrix, self.dims, self.item_variance, self.threads)
        # on small matrices a second BLAS thread costs more than it gives
        with threadpool_limits(problem.threads, user_api="blas"):
            return self._fit(problem, matrix)

    def sample(
        self,
        matrix: Matrix,
        *,
        chains: int = 4,
        draws: int | None = None,
        warmup: int = 150,
        seed: int = 1,
        min_ess: float = 400,
        max_rhat: float = 1.01,
        items: bool = False,
        learn_prior: bool = True,
        progress: Callable[[int, int], None] | None = None,
    ) -> Posterior:
        """Draw from the posterior instead of climbing to its top: for intervals of any shape.

        The answer does not depend on ``threads``. Sign, and axes, are those of :meth:`fit`.

        Parameters
        ----------
        matrix
            The choices.
        chains, draws, warmup, seed, min_ess, max_rhat, items, learn_prior
            See :class:`fissure.models.posterior.Sampling`.
        progress
            Called with draws made in each chain, and the most there will be.

        Raises
        ------
        ConvergenceError
            If an actor's R-hat is above ``max_rhat``, or its effective draws below ``min_ess``; or
            as :meth:`fit` does.
        DataError
            As :meth:`fit` does.
        SettingError
            If a setting is outside what is allowed.

        Examples
        --------
        >>> import fissure as fs
        >>> m = fs.Matrix.from_records(fs.load("karate-club"))
        >>> posterior = IdealPoints().sample(m)
        >>> bool(posterior.bulk_ess.min() >= 400)
        True
        """
        from fissure.models.posterior import Sampling, sample

        run = Sampling(chains, draws, warmup, seed, min_ess, max_rhat, items, learn_prior)
        return sample(matrix, self, run, progress)

    def _fit(self, problem: Problem, matrix: Matrix) -> IdealPointsResult:
        best = None
        for x0 in starts(problem):
            state = climb(problem, x0, self.tol, self.max_iter)
            # starts that reach the same top differ by rounding: then the first one counts
            if best is None or state.log_posterior > best.log_posterior + 1e-6:
                best = state
        assert best is not None  # starts yields at least one
        if best.gradient > self.tol:
            raise ConvergenceError(
                f"the gradient is still {best.gradient:.2g} after {best.n_iter} steps "
                f"(tol={self.tol:g}); raise max_iter or drop items with one dissenter"
            )
        if best.log_posterior <= problem.trivial() + 1e-6:
            raise DataError(
                f"{matrix.name!r}: the choices fit no better with positions than without; "
                f"{matrix.n_actors} actors and {matrix.n_items} items show no dimension"
            )
        return _result(problem, best, matrix, self)


@dataclass(frozen=True)
class IdealPointsResult(Result):
    """Ideal points on a scale with mean 0 and standard deviation 1 over the actors.

    Parameters
    ----------
    positions, se
        Arrays of shape (n_actors, dims).
    alpha, beta
        Item intercepts (n_items,) and discriminations (n_items, dims) on the same scale:
        P(yea) = Φ(alpha + beta · position).
    se_kind
        ``full``: from the whole observed information, items included (Schur complement), by the
        delta method. ``items fixed``: too large for that; given the items.
    prior_positions, prior_se
        The same on the scale of the prior, where x ~ N(0, 1): an actor without choices has se 1.
    fit
        Share of choices predicted, the same for the modal choice of each item, APRE and GMP.
    actor_fit, item_fit
        Frames with choices, correct, GMP (and APRE for items) one row each.
    log_posterior, log_likelihood
        At the optimum, in nats.
    n_iter
        Newton steps, after a few rounds of alternating ones.
    gradient
        Largest remaining gradient in units of its curvature.
    """

    positions: Array
    se: Array
    alpha: Array
    beta: Array
    se_kind: str
    prior_positions: Array
    prior_se: Array
    fit: Fit
    actor_fit: pl.DataFrame
    item_fit: pl.DataFrame
    log_posterior: float
    log_likelihood: float
    gradient: float
    converged: bool
    n_iter: int
    settings: dict[str, Any]
    source: dict[str, Any]

    def to_frame(self) -> pl.DataFrame:
        """One row an actor: own columns, ``axis1`` …, ``se1`` …, choices, correct, GMP."""
        k = self.positions.shape[1]
        axes = {f"axis{d + 1}": self.positions[:, d] for d in range(k)}
        errors = {f"se{d + 1}": self.se[:, d] for d in range(k)}
        return self.actor_fit.with_columns(**axes, **errors)

    def items_frame(self) -> pl.DataFrame:
        """One row an item: own columns, alpha, beta1 …, cutpoint (in one dimension), fit."""
        k = self.beta.shape[1]
        slopes = {f"beta{d + 1}": self.beta[:, d] for d in range(k)}
        cut = {"cutpoint": -self.alpha / self.beta[:, 0]} if k == 1 else {}
        return self.item_fit.with_columns(alpha=self.alpha, **slopes, **cut)

    def to_dict(self) -> dict[str, Any]:
        """Plain values, with the two tables as lists of rows."""
        return plain(
            {
                "actors": self.to_frame(),
                "items": self.items_frame(),
                "fit": self.fit,
                "log_posterior": self.log_posterior,
                "gradient": self.gradient,
                "n_iter": self.n_iter,
                "se_kind": self.se_kind,
                "settings": self.settings,
                "source": self.source,
            }
        )

    def __repr__(self) -> str:
        n, k = self.positions.shape
        return (
            f"IdealPointsResult({n} actors, {len(self.alpha)} items, {k} dims; correct "
            f"{self.fit.correct:.1%} against {self.fit.correct_baseline:.1%} for the modal choice, "
            f"APRE {self.fit.apre:.3f}, GMP {self.fit.gmp:.3f})"
        )


def orient(
    positions: Array, actors: list[str], anchors: tuple[str, str] | None = None
) -> NDArray[np.float64]:
    """The sign (+1 or −1) by which each axis is to be multiplied.

    With ``anchors`` the first anchor gets the lower value on axis 1. Otherwise, and for further
    axes, the rule is: the first actor, in the order of identifiers, who stands at least half a
    standard deviation from the mean, stands on the lower side. The rule looks at nothing but the
    identifiers, so it favours no side, and swapping yea and nay changes nothing.

    Parameters
    ----------
    positions
        Array of shape (n_actors, dims) with mean 0 and standard deviation 1.
    actors
        Identifiers of the rows.
    anchors
        Two identifiers, or None.

    Raises
    ------
    SettingError
        If an anchor is not among the actors.

    Examples
    --------
    >>> orient(np.array([[1.0], [-1.0]]), ["a", "b"])
    array([-1.])
    """
    order = np.argsort(np.array(actors, dtype=object).astype(str), kind="stable")
    sign = np.ones(positions.shape[1])
    for d in range(positions.shape[1]):
        far = [i for i in order if abs(positions[i, d]) >= 0.5]
        sign[d] = -1.0 if far and positions[far[0], d] > 0 else 1.0
    if anchors is not None:
        for name in anchors:
            if name not in actors:
                raise SettingError(f"anchor {name!r} is not among the {len(actors)} actors kept")
        low, high = (positions[actors.index(name), 0] for name in anchors)
        sign[0] = 1.0 if low <= high else -1.0
    return sign


def _check(matrix: Matrix, settings: IdealPoints) -> None:
    least = settings.dims + 2
    for n, what in ((matrix.n_actors, "actors"), (matrix.n_items, "items")):
        if n < least:
            raise DataError(
                f"{matrix.name!r}: ideal points in {settings.dims} dims need at least {least} "
                f"{what}, got {n}"
            )
    yeas = matrix.by_item.yeas()
    if not np.any((yeas > 0) & (yeas < matrix.by_item.counts())):
        raise DataError(f"{matrix.name!r}: every one of the {matrix.n_items} items was unanimous")


def _result(problem: Problem, s: State, matrix: Matrix, settings: IdealPoints) -> IdealPointsResult:
    turn = principal_axes(s)
    x = s.x @ turn
    centre, scale = x.mean(0), x.std(0, ddof=1)
    z = (x - centre) / scale
    sign = orient(z, matrix.actors["actor"].to_list(), settings.anchors)
    prior_se, se, kind = standard_errors(problem, s, turn, z, scale)
    beta = s.items[:, 1:] @ np.linalg.inv(turn).T
    alpha = s.items[:, 0] + beta @ centre
    actor_fit, item_fit, fit, loglik = _fit_tables(matrix, z, alpha, beta * scale)
    return IdealPointsResult(
        positions=frozen(z * sign),
        se=frozen(se),
        alpha=frozen(alpha),
        beta=frozen(beta * scale * sign),
        se_kind=kind,
        prior_positions=frozen(x * sign),
        prior_se=frozen(prior_se),
        fit=fit,
        actor_fit=actor_fit,
        item_fit=item_fit,
        log_posterior=s.log_posterior,
        log_likelihood=loglik,
        gradient=s.gradient,
        converged=s.gradient <= settings.tol,
        n_iter=s.n_iter,
        settings=asdict(settings),
        source=asdict(matrix.source),
    )


def _fit_tables(
    matrix: Matrix, z: Array, alpha: Array, beta: Array
) -> tuple[pl.DataFrame, pl.DataFrame, Fit, float]:
    """Choices, correct and GMP by actor and by item, beside the modal choice of each item."""
    points = np.column_stack([np.ones(len(z)), z])
    lines = np.column_stack([alpha, beta])
    by_actor = _fit_columns(matrix.by_actor, lines, points)
    by_item = _fit_columns(matrix.by_item, points, lines)
    count, right, loglik = by_item
    yeas = matrix.by_item.yeas().astype(np.float64)
    minority = np.minimum(yeas, count - yeas)
    pre = np.where(minority > 0, 1 - (count - right) / np.maximum(minority, 1), np.nan)
    items = matrix.items.with_columns(**_shares(*by_item), pre=pl.Series(pre).fill_nan(None))
    total, errors = float(count.sum()), float((count - right).sum())
    fit = Fit(
        correct=1 - errors / total,
        correct_baseline=1 - float(minority.sum()) / total,
        apre=1 - errors / max(float(minority.sum()), 1.0),
        gmp=float(np.exp(loglik.sum() / total)),
    )
    return matrix.actors.with_columns(**_shares(*by_actor)), items, fit, float(loglik.sum())


def _fit_columns(side: Packed, design: Array, coef: Array) -> tuple[Array, Array, Array]:
    """Choices, correct predictions and log likelihood by row."""
    right, loglik = np.empty(len(coef)), np.empty(len(coef))
    probit_fit(side.start, side.code, design, TABLE, coef, right, loglik)
    return side.counts().astype(np.float64), right, loglik


def _shares(count: Array, right: Array, loglik: Array) -> dict[str, pl.Series]:
    """Columns for a table; null where nothing was chosen."""
    some = np.where(count > 0, count, np.nan)
    return {
        "n_choices": pl.Series(count).cast(pl.Int64),
        "correct": pl.Series(right / some).fill_nan(None),
        "gmp": pl.Series(np.exp(loglik / some)).fill_nan(None),
    }
