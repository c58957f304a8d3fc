"""Dynamic ideal points: where each actor stood in each period, on one line through time."""

from __future__ import annotations

import math
import warnings
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from typing import Literal, get_args

import numpy as np
from numpy.typing import NDArray
from threadpoolctl import threadpool_limits

from fissure.errors import ConvergenceError, DataError, FissureWarning, SettingError
from fissure.matrix import Matrix
from fissure.models.careers import Careers
from fissure.models.drift import Drift, Variances
from fissure.models.dynamic_result import DynamicIdealPointsResult, assemble
from fissure.models.settle import Free, Settled, settle
from fissure.models.starting import openings
from fissure.periods import item_number, item_periods

__all__ = ["DynamicIdealPoints", "DynamicIdealPointsResult"]

Array = NDArray[np.float64]
Innovation = Literal["normal", "t"]

#: Fewest actors, and fewest items.
FEWEST = 3
#: Fewest actors who must be there on both sides of every turn of a period.
BRIDGES = 2
#: Covariances of more cells than this are refused: they would not fit in memory.
LARGEST = 250_000_000


@dataclass(frozen=True)
class DynamicIdealPoints:
    """Settings of the probit model in which positions walk from period to period.

    An actor i says yea to an item j of period t with probability Φ(α_j + β_j x_it). Positions begin
    at x ~ N(0, ``initial_variance``) and move by steps of variance ω² from one period to the next.
    :meth:`fit` integrates out the items and finds the mode of the positions by Newton's method,
    from *observed* choices only.

    Parameters
    ----------
    by
        What the periods are: a column of the items such as ``congress``; ``year`` or ``month`` of
        the date; or a number of items that follow each other in time.
    innovation
        ``normal`` steps; or ``t`` steps, under which most actors move little and a few may jump, so
        that a sudden break is not smeared over the periods around it.
    degrees
        Degrees of freedom of ``t`` steps.
    omega2
        Variance of a step from one period to the next, where positions begin with
        ``initial_variance``. Estimated if None.
    item_variance
        Prior variance of α and β. Estimated, each by itself, if None.
    initial_variance
        Prior variance of an actor's first position: the unit of the scale.
    initial
        Prior mean and variance of the first position of some actors, by identifier, such as
        ``{"Douglas": (-3.0, 0.1)}``; goes with a number for ``item_variance``.
    anchors
        Two actors (identifiers), one for each end: the first is put on the lower side.
        Without them :func:`fissure.models.ideal.orient` states the rule, here for mean positions.
    tol
        Largest gradient allowed at the end, in units of its own curvature.
    max_iter
        Newton steps before giving up, 1 or more.
    threads
        Threads; the answer does not depend on it.

    Examples
    --------
    >>> import fissure as fs
    >>> m = fs.Matrix.from_records(fs.load("senate-109"))
    >>> fit = DynamicIdealPoints(by="year").fit(m)
    >>> fit.converged, fit.to_frame().select("actor", "period").n_unique() > 190
    (True, True)

    References
    ----------
    Martin and Quinn (2002), "Dynamic Ideal Point Estimation via Markov Chain Monte Carlo for the
    U.S. Supreme Court, 1953-1999", Political Analysis 10(2), 134-153.
    """

    by: str | int = "congress"
    innovation: Innovation = "normal"
    degrees: float = 4.0
    omega2: float | None = None
    item_variance: float | None = None
    initial_variance: float = 1.0
    initial: Mapping[str, tuple[float, float]] | None = None
    anchors: tuple[str, str] | None = None
    tol: float = 1e-6
    max_iter: int = 1000
    threads: int = 2

    def __post_init__(self) -> None:
        if self.innovation not in get_args(Innovation):
            raise SettingError(f"innovation must be normal or t, got {self.innovation!r}")
        for name in ("degrees", "initial_variance", "tol"):
            if not 0 < getattr(self, name) < math.inf:
                raise SettingError(f"{name} must be above 0, got {getattr(self, name)!r}")
        for name in ("omega2", "item_variance"):
            value = getattr(self, name)
            if value is not None and not 0 < value < math.inf:
                raise SettingError(f"{name} must be above 0, or None to estimate it, got {value!r}")
        for name in ("max_iter", "threads"):
            if getattr(self, name) < 1:
                raise SettingError(f"{name} must be 1 or more, got {getattr(self, name)!r}")
        if self.anchors is not None and len(set(self.anchors)) != 2:
            raise SettingError(f"anchors must be two different actors, got {self.anchors!r}")
        if self.initial is not None and self.item_variance is None:
            raise SettingError("initial positions need a number for item_variance, got None")
        for actor, begin in (self.initial or {}).items():
            if np.shape(begin) != (2,) or not (math.isfinite(begin[0]) and 0 < begin[1] < math.inf):
                raise SettingError(
                    f"initial must be a mean and a variance above 0, got {begin!r} for {actor}"
                )

    def fit(self, matrix: Matrix) -> DynamicIdealPointsResult:
        """Fit to a matrix.

        Raises
        ------
        SettingError
            If an actor named in ``anchors`` or ``initial`` is not in the matrix.
        DataError
            If there are fewer than 3 actors, 3 items or 2 periods; if fewer than 2 actors link two
            neighbouring periods; or if positions explain nothing.
        ConvergenceError
            If the gradient is not small after ``max_iter`` steps.
        """
        careers = self._careers(matrix)
        drift = Drift(careers, *self._begin(matrix, careers), threads=self.threads)
        # one thread for BLAS: its products are small
        with threadpool_limits(1, user_api="blas"):
            best = self._settle(drift)
            if best.point.slope > self.tol or not best.is_settled:
                raise ConvergenceError(
                    f"the gradient is still {best.point.slope:.2g} after {best.n_iter} steps "
                    f"(tol={self.tol:g}), variances {'' if best.is_settled else 'not '}settled; "
                    "raise max_iter, or give omega2 and item_variance"
                )
            if self.omega2 is None or self.item_variance is None:
                _refuse_nothing(drift, best, matrix)
            return assemble(drift, best, matrix, asdict(self), self._free())

    def _careers(self, matrix: Matrix) -> Careers:
        for n, what in ((matrix.n_actors, "actors"), (matrix.n_items, "items")):
            if n < FEWEST:
                raise DataError(
                    f"{matrix.name!r}: dynamic ideal points need at least {FEWEST} {what}, got {n}"
                )
        # periods that share items would count choices twice
        periods = item_periods(matrix.items, self.by, item_number(matrix.items, self.by))
        careers = Careers.of(matrix, periods)
        lost = matrix.n_items - len(careers.items)
        if lost:
            warnings.warn(
                f"{lost:,} of {matrix.n_items:,} items have no value of {self.by!r}, or no choices "
                "in their period, and are left out",
                FissureWarning,
                stacklevel=3,
            )
        bridges = np.diff(careers.link_cut)
        t = int(bridges.argmin())
        if bridges[t] < BRIDGES:
            raise DataError(
                f"{matrix.name!r}: {bridges[t]} actors link period {careers.labels[t]} with "
                f"{careers.labels[t + 1]}, at least {BRIDGES} are needed to carry place and unit "
                "of the scale across; fit the parts by themselves, or take longer periods"
            )
        cells = float((np.diff(careers.cut).astype(np.float64) ** 2).sum())
        if cells > LARGEST:
            raise DataError(
                f"{matrix.name!r}: {careers.n:,} positions in {len(careers.labels)} periods need "
                f"covariances of {cells:.2g} cells, at most {LARGEST:.2g} are allowed; take longer "
                "or fewer periods"
            )
        return careers

    def _begin(self, matrix: Matrix, careers: Careers) -> tuple[Array, Array]:
        """Prior mean and variance of each actor's first position."""
        ids = matrix.actors["actor"].to_list()
        for name in [*(self.anchors or ()), *(self.initial or {})]:
            if name not in ids:
                raise SettingError(f"actor {name!r} is not among the {len(ids)} actors kept")
        given = self.initial or {}
        begin = [
            given.get(ids[i], (0.0, self.initial_variance)) for i in careers.actor[careers.first]
        ]
        mean, variance = np.array(begin, float).T.copy()
        return mean, variance

    def _free(self) -> Free:
        """Which variances are estimated."""
        return Free(
            initial=self.item_variance is None,
            omega2=self.omega2 is None,
            alpha=self.item_variance is None,
            degrees=self.degrees if self.innovation == "t" else math.inf,
        )

    def _settle(self, drift: Drift) -> Settled:
        free = self._free()
        variance = 1.0 if self.item_variance is None else self.item_variance
        first = 0.05 * self.initial_variance if self.omega2 is None else self.omega2
        v = Variances(1.0, first, variance, variance)
        best: Settled | None = None
        for p in openings(drift, v, is_signed=self.initial is not None):
            s = settle(drift, p, v, free, self.tol, self.max_iter)
            # starts that reach the same top differ by rounding: then the first one counts
            if best is None or s.marginal > best.marginal + 1e-4:
                best = s
        assert best is not None  # there is at least one opening
        return best


def _refuse_nothing(drift: Drift, s: Settled, matrix: Matrix) -> None:
    """Refuse where all positions may as well be the same."""
    flat = drift.point(0.0 * s.point.x, s.point.items, s.v, s.weight / s.v.omega2)
    if s.marginal <= float(flat.items[:, 5].sum()) + 1e-6:
        raise DataError(
            f"{matrix.name!r}: the choices fit no better with positions than without; "
            f"{matrix.n_actors} actors and {matrix.n_items} items show no dimension"
        )
