"""Party pressure: one line of positions, and on each item a cutpoint for each party."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from typing import Any

import numpy as np
import polars as pl
from numpy.typing import NDArray
from scipy import linalg
from scipy.special import log_ndtr
from threadpoolctl import threadpool_limits

from fissure.errors import ConvergenceError, DataError, SettingError
from fissure.matrix import Matrix
from fissure.models.ideal import IdealPoints
from fissure.results import Result

__all__ = [
    "Climb",
    "PartyPressure",
    "PartyPressureResult",
    "climb",
    "log_scores",
    "party_codes",
    "predicted",
]

Array = NDArray[np.float64]
Choices = NDArray[np.int8]

#: Variance of the party cutpoints at the start, and its floor.
START, FLOOR = 0.25, 1e-4
#: By which power of its own step each step of expectation-maximisation is lengthened.
STRETCH = 1.5


@dataclass(frozen=True)
class PartyPressure:
    """Settings of the probit model with item-by-party cutpoints.

    A member i of party p says yea to an item j with probability Φ(α_j + β_j x_i + γ_jp), with
    x ~ N(0, 1), α and β ~ N(0, ``item_variance``), and γ ~ N(0, σ²). σ² is estimated. Members of
    small parties have no γ.

    What the choices can and cannot tell: adding δ_p to the positions of a party and taking β_j δ_p
    from its cutpoints changes no probability. Positions *within* a party are identified; how far
    the parties stand apart is so by the priors alone.

    Parameters
    ----------
    column
        The actor column that names the party.
    min_members
        Parties with fewer members get no cutpoints of their own.
    item_variance
        Prior variance of α and β.
    tol
        Largest gradient allowed at the end, in units of its own curvature.
    max_iter
        Newton steps before giving up.

    References
    ----------
    McCarty, Poole and Rosenthal (2001), "The Hunt for Party Discipline in Congress", American
    Political Science Review 95(3), 673-687, on cutpoints that differ by party.
    """

    column: str = "party"
    min_members: int = 5
    item_variance: float = 25.0
    tol: float = 1e-3
    max_iter: int = 200

    def __post_init__(self) -> None:
        if self.min_members < 2:
            raise SettingError(f"min_members must be 2 or more, got {self.min_members!r}")
        for name in ("item_variance", "tol"):
            if not getattr(self, name) > 0:
                raise SettingError(f"{name} must be above 0, got {getattr(self, name)!r}")
        if self.max_iter < 1:
            raise SettingError(f"max_iter must be 1 or more, got {self.max_iter!r}")

    def fit(self, matrix: Matrix) -> PartyPressureResult:
        """Fit to a matrix.

        Raises
        ------
        DataError
            If there is no such column, fewer than two parties are large enough, or no line can be
            found.
        ConvergenceError
            If the gradient is not small after ``max_iter`` steps.
        """
        party, names = party_codes(matrix, self.column, self.min_members)
        line = IdealPoints(item_variance=self.item_variance).fit(matrix)
        start = np.column_stack([line.alpha, line.beta, np.zeros((matrix.n_items, len(names)))])
        with threadpool_limits(1, user_api="blas"):
            top = climb(
                matrix.dense(), party, line.positions[:, 0], start, None,
                self.item_variance, self.tol, self.max_iter,
            )  # fmt: skip
        if top.gradient > self.tol:
            raise ConvergenceError(
                f"the gradient is still {top.gradient:.2g} after {top.n_iter} steps "
                f"(tol={self.tol:g}); raise max_iter"
            )
        for array in (top.x, top.items, party):
            array.setflags(write=False)
        return PartyPressureResult(
            positions=top.x,
            alpha=top.items[:, 0],
            beta=top.items[:, 1],
            gamma=top.items[:, 2:],
            parties=names,
            party=party,
            sd_cutpoint=float(np.sqrt(top.variance)),
            log_posterior=top.log_posterior,
            gradient=top.gradient,
            converged=True,
            n_iter=top.n_iter,
            actors=matrix.actors,
            settings=asdict(self),
            source=asdict(matrix.source),
        )


@dataclass(frozen=True)
class PartyPressureResult(Result):
    """Positions and cutpoints at the mode of the posterior, on the scale of the prior.

    Parameters
    ----------
    positions
        Shape (n_actors,); oriented like :class:`~fissure.models.ideal.IdealPoints`.
    alpha, beta, gamma
        Shapes (n_items,), (n_items,) and (n_items, n_parties).
    parties
        Names of the parties, largest first.
    party
        Which of them each actor belongs to; −1 for none.
    sd_cutpoint
        σ, in units of the choice error.
    """

    positions: Array
    alpha: Array
    beta: Array
    gamma: Array
    parties: tuple[str, ...]
    party: NDArray[np.intp]
    sd_cutpoint: float
    log_posterior: float
    gradient: float
    converged: bool
    n_iter: int
    actors: pl.DataFrame
    settings: dict[str, Any]
    source: dict[str, Any]

    def to_frame(self) -> pl.DataFrame:
        """One row an actor: own columns and position."""
        return self.actors.with_columns(position=pl.Series(self.positions))

    def __repr__(self) -> str:
        return (
            f"PartyPressureResult({len(self.positions)} actors, {len(self.alpha)} items, parties "
            f"{', '.join(self.parties)}; sd of party cutpoints {self.sd_cutpoint:.2f})"
        )


@dataclass(frozen=True)
class Climb:
    """Where a climb ended.

    Parameters
    ----------
    x, items
        Positions (n_actors,), and α, β and the γ of each party (n_items, 2 + n_parties).
    variance
        σ².
    items_cov
        Inverse curvature of each item's coefficients given the positions.
    x_var
        The same of each position given the items.
    """

    x: Array
    items: Array
    variance: float
    items_cov: Array
    x_var: Array
    log_posterior: float
    gradient: float
    n_iter: int


def party_codes(
    matrix: Matrix, column: str, min_members: int
) -> tuple[NDArray[np.intp], tuple[str, ...]]:
    """The party of each actor as a number, −1 for none, and the parties' names, largest first.

    Raises
    ------
    DataError
        If there is no such column or fewer than two parties are large enough.
    """
    if column not in matrix.actors.columns:
        raise DataError(f"no actor column {column!r}; there are {', '.join(matrix.actors.columns)}")
    own = matrix.actors[column].cast(pl.String).to_list()
    counts = {name: own.count(name) for name in sorted({v for v in own if v is not None})}
    names = sorted((n for n, k in counts.items() if k >= min_members), key=lambda n: -counts[n])
    if len(names) < 2:
        raise DataError(
            f"{matrix.name!r}: party pressure needs two parties of {min_members} members or more "
            f"in {column!r}, here are {len(names)}"
        )
    place = {name: k for k, name in enumerate(names)}
    return np.array([place.get(v, -1) for v in own], np.intp), tuple(names)


def climb(
    y: Choices,
    party: NDArray[np.intp],
    x: Array,
    items: Array,
    variance: float | None,
    item_variance: float,
    tol: float,
    max_iter: int,
) -> Climb:
    """Damped Newton steps to the mode, and σ² by expectation-maximisation between them.

    Parameters
    ----------
    y
        int8 of shape (n_actors, n_items).
    party
        Shape (n_actors,), −1 for none.
    x, items
        Where to start; ``items`` has 2 columns and one for each party. With 2 columns alone this is
        the plain line.
    variance
        σ²; None to estimate it.
    """
    sigma = START if variance is None else variance
    n_parties = items.shape[1] - 2
    is_settled = variance is not None or n_parties == 0
    damp, state = 0.0, _State(y, party, x, items, sigma, item_variance)
    steps = 0
    while steps < max_iter:
        if state.gradient <= tol and is_settled:
            break
        steps += 1
        step = state.newton(damp)
        new = None
        if step is not None:
            new = _State(y, party, state.x + step[0], state.items + step[1], sigma, item_variance)
        if new is None or new.log_posterior < state.log_posterior - 1e-9 * abs(state.log_posterior):
            damp = max(10 * damp, 1e-2)
            if damp > 1e8:
                break
            continue
        state, damp = new, damp / 10 if damp > 1e-4 else 0.0
        if variance is None and n_parties:
            known = state.known
            spread = np.diagonal(state.cov, axis1=1, axis2=2)[:, 2:]
            better = max(float(np.mean((state.items[:, 2:] ** 2 + spread)[known])), FLOOR)
            is_settled = abs(better - sigma) < 2e-3 * (sigma + 0.05)
            if not is_settled:
                # a longer step than expectation-maximisation's, which creeps where little is known
                sigma = max(better * (better / sigma) ** STRETCH, FLOOR)
                state = _State(y, party, state.x, state.items, sigma, item_variance)
    return Climb(
        state.x, state.items, sigma, state.cov, 1 / state.own,
        state.log_posterior, state.gradient, steps,
    )  # fmt: skip


class _State:
    """A point on the climb, with gradient and curvature; dense, one pass over the cells."""

    def __init__(
        self,
        y: Choices,
        party: NDArray[np.intp],
        x: Array,
        items: Array,
        sigma: float,
        item_variance: float,
    ) -> None:
        n_parties = items.shape[1] - 2
        member = (party[:, None] == np.arange(n_parties)).astype(np.float64)
        self.x, self.items = x, items
        self.z = np.column_stack([np.ones(len(x)), x, member])
        seen = y != 0
        self.known = (seen.T.astype(np.float64) @ member) > 0
        m = y * (self.z @ items.T)
        log_p = log_ndtr(m)
        mills = np.exp(-0.5 * m * m - 0.5 * np.log(2 * np.pi) - log_p)
        self.r = np.where(seen, y * mills, 0.0)
        # far in the tail the two cancel, and rounding must not make the weight negative
        self.w = np.where(seen, mills * np.maximum(mills + m, 0.0), 0.0)
        precision = np.concatenate([np.full(2, 1 / item_variance), np.full(n_parties, 1 / sigma)])
        q = len(precision)
        squares = (self.z[:, :, None] * self.z[:, None, :]).reshape(len(x), q * q)
        block = (self.w.T @ squares).reshape(-1, q, q) + np.diag(precision)
        self.cov = np.asarray(np.linalg.inv(block))
        beta = items[:, 1]
        self.grad_items = self.r.T @ self.z - items * precision
        self.own = self.w @ beta**2 + 1.0
        self.grad_x = self.r @ beta - x
        penalty = float((x * x).sum() + (items**2 * precision).sum())
        penalty -= n_parties * len(items) * float(np.log(1 / sigma))
        self.log_posterior = float(log_p[seen].sum()) - 0.5 * penalty
        scaled_items = self.grad_items / np.sqrt(np.diagonal(block, axis1=1, axis2=2))
        self.gradient = max(
            float(np.abs(scaled_items).max()), float(np.abs(self.grad_x / np.sqrt(self.own)).max())
        )

    def newton(self, damp: float) -> tuple[Array, Array] | None:
        """The step, items profiled out; None where the curvature is not a maximum's."""
        n, q = self.z.shape
        cross = (self.w * self.items[:, 1]).T[:, None, :] * self.z.T[None, :, :]
        cross[:, 1, :] -= self.r.T
        cov = self.cov
        if damp:
            cov = np.linalg.inv(np.linalg.inv(cov) + damp * np.eye(q))
        root = np.linalg.cholesky(cov)
        half = np.matmul(root.transpose(0, 2, 1), cross).reshape(-1, n)
        lead = np.matmul(root.transpose(0, 2, 1), self.grad_items[:, :, None]).ravel()
        system = np.diag(self.own + damp) - half.T @ half
        try:
            factor = linalg.cho_factor(system, lower=True, check_finite=False)
        except linalg.LinAlgError:
            return None
        dx = linalg.cho_solve(factor, self.grad_x - half.T @ lead, check_finite=False)
        moved = self.grad_items - cross @ dx
        return dx, np.einsum("jab,jb->ja", cov, moved)


def log_scores(
    y: Choices, held_out: NDArray[np.bool_], party: NDArray[np.intp], top: Climb
) -> Array:
    """Log predictive probability of held-out choices in nats, shape (n_held_out,)."""
    out = held_out & (y != 0)
    return np.asarray(log_ndtr((y * predicted(party, top))[out]))


def predicted(party: NDArray[np.intp], top: Climb) -> Array:
    """m/√(1 + v) of each cell, of which Φ is the predictive probability of yea.

    v is the variance of m from the items given the positions and the positions given the items.
    """
    n_parties = top.items.shape[1] - 2
    member = (party[:, None] == np.arange(n_parties)).astype(np.float64)
    z = np.column_stack([np.ones(len(party)), top.x, member])
    squares = (z[:, :, None] * z[:, None, :]).reshape(len(z), -1)
    v = squares @ top.items_cov.reshape(len(top.items), -1).T
    v += np.outer(top.x_var, top.items[:, 1] ** 2)
    return np.asarray((z @ top.items.T) / np.sqrt(1 + v))
