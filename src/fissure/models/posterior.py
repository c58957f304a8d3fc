"""Draws from the posterior of ideal points: several chains, their checks, and what they say."""

from __future__ import annotations

import importlib
import time
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
import polars as pl
from numpy.typing import NDArray
from threadpoolctl import threadpool_limits

from fissure.errors import ConvergenceError, MissingExtra, SettingError
from fissure.matrix import Matrix
from fissure.models import marginal_chain
from fissure.models.marginal import Marginal, sums_out
from fissure.models.marginal_chain import MarginalChain
from fissure.models.mixing import bulk_ess, rhat, tail_ess
from fissure.models.newton import Problem
from fissure.models.sampler import CENTRE_VARIANCE, Chain, Setting, curvature, warm_up, whiten
from fissure.results import Result, plain
from fissure.results.base import frozen

if TYPE_CHECKING:
    from fissure.models.ideal import IdealPoints, IdealPointsResult

__all__ = ["Checks", "Posterior", "Sampling", "identify", "sample"]

Array = NDArray[np.float64]

#: Without a number of draws: so many at first in each chain, then an eighth as many again until the
#: checks pass (but no fewer than the second), and at most so many.
FIRST, LEAST_MORE, MOST = 250, 60, 8000


@dataclass(frozen=True)
class Sampling:
    """Settings of a run of chains.

    Parameters
    ----------
    chains
        Number of chains, 2 or more.
    draws
        Draws of each chain, 20 or more; None: as many as the checks need, at most 8,000.
    warmup
        Rounds before the draws, 50 or more; they are thrown away.
    seed
        0 or more.
    min_ess
        Least effective sample size allowed, bulk and tail, of any actor.
    max_rhat
        Largest rank-normalised split R-hat allowed, above 1.
    items
        Whether draws of the items are kept.
    learn_prior
        Whether the law of items and the mean of the positions are drawn too
        (:mod:`fissure.models.item_law`). Otherwise ``item_variance`` and a mean of 0 are held, as
        in other programs; where items are unlike that, distances are wrong and intervals miss.
    """

    chains: int = 4
    draws: int | None = None
    warmup: int = 150
    seed: int = 1
    min_ess: float = 400
    max_rhat: float = 1.01
    items: bool = False
    learn_prior: bool = True

    def __post_init__(self) -> None:
        if self.chains < 2:
            raise SettingError(f"chains must be 2 or more, got {self.chains!r}")
        if self.draws is not None and self.draws < 20:
            raise SettingError(f"draws must be 20 or more, or None, got {self.draws!r}")
        if self.warmup < 50:
            raise SettingError(f"warmup must be 50 or more, got {self.warmup!r}")
        if self.seed < 0:
            raise SettingError(f"seed must be 0 or more, got {self.seed!r}")
        if not self.min_ess >= 0:
            raise SettingError(f"min_ess must be 0 or more, got {self.min_ess!r}")
        if not self.max_rhat > 1:
            raise SettingError(f"max_rhat must be above 1, got {self.max_rhat!r}")


@dataclass(frozen=True)
class Checks:
    """How well the chains mixed, of shape (n_actors, dims): R-hat, bulk and tail sizes."""

    rhat: Array
    bulk: Array
    tail: Array

    @classmethod
    def of(cls, draws: Array) -> Checks:
        """Of draws of shape (chains, draws, n_actors, dims)."""
        flat, shape = draws.reshape(*draws.shape[:2], -1), draws.shape[2:]
        return cls(*(frozen(f(flat).reshape(shape)) for f in (rhat, bulk_ess, tail_ess)))

    @property
    def least(self) -> Array:
        """The smaller effective sample size of each actor, over axes, bulk and tail."""
        return np.asarray(np.minimum(self.bulk, self.tail).min(axis=1))

    def passes(self, s: Sampling) -> bool:
        """Whether no actor is worse than allowed."""
        return bool(self.least.min() >= s.min_ess and self.rhat.max() <= s.max_rhat)

    def worst(self, s: Sampling) -> int:
        """The actor furthest from what is allowed, or nearest to it where all pass."""
        lack = s.min_ess / self.least
        excess = (self.rhat.max(axis=1) - 1.0) / (s.max_rhat - 1.0)
        return int(np.argmax(np.maximum(lack, excess)))


@dataclass(frozen=True)
class Posterior(Result):
    """Draws of normalised positions: in each draw mean 0 and standard deviation 1 over the actors.

    Parameters
    ----------
    draws
        Array of shape (chains, draws, n_actors, dims). Each draw has uncorrelated axes and is
        turned, or mirrored, to lie nearest to the fit.
    alpha, beta
        Draws of the items on the same scale, float32 of shape (chains, draws, n_items) and
        (chains, draws, n_items, dims): 4 (1 + dims) bytes an item and draw; None unless asked for.
    rhat, bulk_ess, tail_ess
        Of each position, shape (n_actors, dims) (Vehtari et al. 2021).
    worst_actor
        The actor whose draws mixed worst.
    acceptance
        Chance of acceptance of each move of the positions, shape (chains, draws).
    diverging
        Whether that move left what its step can follow, same shape.
    cpu_seconds
        CPU time of fit, warm-up and draws together, of all threads; not part of ``to_dict``.
    actors, items
        The matrix's tables.
    settings, sampling
        Of the model and of the run; the latter has the seed, and draws as made.
    source
        Where the records come from.
    """

    draws: Array
    alpha: NDArray[np.float32] | None
    beta: NDArray[np.float32] | None
    rhat: Array
    bulk_ess: Array
    tail_ess: Array
    worst_actor: str
    acceptance: Array
    diverging: NDArray[np.bool_]
    cpu_seconds: float
    actors: pl.DataFrame
    items: pl.DataFrame
    settings: dict[str, Any]
    sampling: dict[str, Any]
    source: dict[str, Any]

    @property
    def flat(self) -> Array:
        """All chains one after the other, shape (chains × draws, n_actors, dims)."""
        return self.draws.reshape(-1, *self.draws.shape[2:])

    @property
    def mean(self) -> Array:
        """Posterior means, shape (n_actors, dims)."""
        return np.asarray(self.flat.mean(axis=0))

    @property
    def sd(self) -> Array:
        """Posterior standard deviations, shape (n_actors, dims)."""
        return np.asarray(self.flat.std(axis=0, ddof=1))

    def interval(self, level: float = 0.95) -> tuple[Array, Array]:
        """Lower and upper ends of central intervals, each (n_actors, dims).

        Raises
        ------
        SettingError
            If ``level`` is not between 0 and 1.
        """
        if not 0 < level < 1:
            raise SettingError(f"level must be above 0 and below 1, got {level!r}")
        low, high = np.quantile(self.flat, [0.5 - level / 2, 0.5 + level / 2], axis=0)
        return low, high

    def to_frame(self) -> pl.DataFrame:
        """One row an actor, as :meth:`summary`."""
        return self.summary()

    def summary(self, level: float = 0.95) -> pl.DataFrame:
        """One row an actor, with columns for each axis.

        ``axis1`` (mean), ``sd1``, ``low1``, ``high1``, ``rhat1``, ``bulk_ess1``, ``tail_ess1`` …
        """
        low, high = self.interval(level)
        columns = {"axis": self.mean, "sd": self.sd, "low": low, "high": high}
        columns |= {"rhat": self.rhat, "bulk_ess": self.bulk_ess, "tail_ess": self.tail_ess}
        return self.actors.with_columns(
            **{
                f"{name}{d + 1}": v[:, d]
                for d in range(low.shape[1])
                for name, v in columns.items()
            }
        )

    def to_dict(self) -> dict[str, Any]:
        """Plain values of the summary, the checks and the settings; draws are not among them."""
        return plain(
            {
                "actors": self.to_frame(),
                "worst_actor": self.worst_actor,
                "rhat": float(self.rhat.max()),
                "bulk_ess": float(self.bulk_ess.min()),
                "tail_ess": float(self.tail_ess.min()),
                "acceptance": float(self.acceptance.mean()),
                "divergences": int(self.diverging.sum()),
                "settings": self.settings,
                "sampling": self.sampling,
                "source": self.source,
            }
        )

    def to_arviz(self) -> Any:
        """The draws for ArviZ: groups ``posterior`` and ``sample_stats``.

        ``position`` has dimensions chain, draw, actor, axis; ``alpha`` and ``beta``, where kept,
        chain, draw, item (, axis). An InferenceData with ArviZ 0.x, a DataTree with 1.x.

        Raises
        ------
        MissingExtra
            If ArviZ is not installed.
        """
        try:
            arviz = importlib.import_module("arviz")
        except ImportError as error:
            raise MissingExtra(
                "draws for ArviZ need the package arviz: pip install arviz"
            ) from error
        groups: dict[str, dict[str, Any]] = {
            "posterior": {"position": self.draws},
            "sample_stats": {"acceptance_rate": self.acceptance, "diverging": self.diverging},
        }
        if self.alpha is not None:
            groups["posterior"] |= {"alpha": self.alpha, "beta": self.beta}
        coords = {
            "actor": self.actors["actor"].to_list(),
            "axis": [d + 1 for d in range(self.draws.shape[3])],
            "item": self.items["item"].to_list(),
        }
        dims = {"position": ["actor", "axis"], "alpha": ["item"], "beta": ["item", "axis"]}
        dims = {name: dims[name] for name in groups["posterior"]}
        if self.alpha is None:
            del coords["item"]
        if int(arviz.__version__.split(".")[0]) >= 1:
            return arviz.from_dict(groups, coords=coords, dims=dims)
        return arviz.from_dict(**groups, coords=coords, dims=dims)

    def __repr__(self) -> str:
        m, n, actors, dims = self.draws.shape
        return (
            f"Posterior({m} chains of {n} draws; {actors} actors, {dims} dims; R-hat at most "
            f"{self.rhat.max():.3f}, effective draws at least {self.bulk_ess.min():.0f} (bulk) and "
            f"{self.tail_ess.min():.0f} (tail))"
        )


def sample(
    matrix: Matrix,
    model: IdealPoints,
    sampling: Sampling,
    progress: Callable[[int, int], None] | None = None,
) -> Posterior:
    """Run the chains; see :meth:`fissure.models.ideal.IdealPoints.sample`."""
    begun = time.process_time()
    fit = model.fit(matrix)
    problem = Problem(matrix, model.dims, model.item_variance, 1)
    with threadpool_limits(1, user_api="blas"):
        run = _Run(problem, fit, sampling, model.threads, progress)
        run.go()
    checks = Checks.of(run.draws)
    worst = checks.worst(sampling)
    actor = str(matrix.actors["actor"][worst])
    if not checks.passes(sampling):
        raise ConvergenceError(_refusal(matrix, sampling, checks, worst, run.draws.shape[1]))
    accepted = np.concatenate(run.accepted, axis=1)
    alpha, beta = run.item_draws()
    return Posterior(
        draws=frozen(run.draws),
        alpha=alpha,
        beta=beta,
        rhat=checks.rhat,
        bulk_ess=checks.bulk,
        tail_ess=checks.tail,
        worst_actor=actor,
        acceptance=frozen(accepted[..., 0]),
        diverging=frozen(accepted[..., 1] > 0),
        cpu_seconds=time.process_time() - begun,
        actors=matrix.actors,
        items=matrix.items,
        settings=asdict(model),
        sampling=asdict(sampling) | {"draws": run.draws.shape[1]},
        source=asdict(matrix.source),
    )


def _refusal(matrix: Matrix, s: Sampling, checks: Checks, worst: int, draws: int) -> str:
    r, actor = float(checks.rhat[worst].max()), matrix.actors["actor"][worst]
    bulk, tail = float(checks.bulk[worst].min()), float(checks.tail[worst].min())
    return (
        f"{matrix.name!r}: the chains have not mixed; worst for actor {str(actor)!r}: R-hat "
        f"{r:.3f} (at most {s.max_rhat:g} is allowed), effective draws {bulk:.0f} bulk and "
        f"{tail:.0f} tail (at least {s.min_ess:g}), after {s.chains} chains of {draws} draws; "
        f"raise draws, then warmup; where R-hat stays above 1.1 the records may have more than one "
        f"solution: keep actors and items with more choices, or take fewer dims"
    )


class _Run:
    """Chains, and the draws made so far."""

    def __init__(
        self,
        problem: Problem,
        fit: IdealPointsResult,
        sampling: Sampling,
        threads: int,
        progress: Callable[[int, int], None] | None,
    ) -> None:
        self.s, self.fit, self.progress = sampling, fit, progress
        self.threads = min(threads, sampling.chains)
        self.chains, self.warm_up = _begin(problem, fit, sampling)
        self.blocks: list[Array] = []
        self.accepted: list[Array] = []
        self.alpha: list[NDArray[np.float32]] = []
        self.beta: list[NDArray[np.float32]] = []
        self.draws = np.empty((0, 0, 0, 0))

    def go(self) -> None:
        """Warm up and draw, as many times as asked or needed."""
        goal = self.s.draws or MOST
        self._tell(0, goal)
        self.warm_up(self.chains, self.s.warmup, self._spread)
        done, more = 0, self.s.draws or FIRST
        while done < goal:
            self._block(min(more, goal - done))
            done = self.draws.shape[1]
            self._tell(done, goal)
            if self.s.draws is None and Checks.of(self.draws).passes(self.s):
                return
            more = max(LEAST_MORE, done // 8)

    def _tell(self, done: int, goal: int) -> None:
        if self.progress is not None:
            self.progress(done, goal)

    def _spread(self, function: Callable[[Any], Any]) -> list[Any]:
        if self.threads == 1:
            return [function(chain) for chain in self.chains]
        with ThreadPoolExecutor(self.threads) as pool:
            return list(pool.map(function, self.chains))

    def _block(self, n: int) -> None:
        made = self._spread(lambda chain: chain.draw(n, self.s.items))
        turned = [identify(m.x, self.fit.positions) for m in made]
        self.blocks.append(np.stack([z for z, _, _ in turned]))
        self.accepted.append(np.stack([m.accepted for m in made]))
        if self.s.items:
            moved = [
                move_items(m.items, centre, turn)
                for m, (_, centre, turn) in zip(made, turned, strict=True)
            ]
            self.alpha.append(np.stack([a for a, _ in moved]))
            self.beta.append(np.stack([b for _, b in moved]))
        self.draws = np.concatenate(self.blocks, axis=1)
        self.blocks = [self.draws]

    def item_draws(self) -> tuple[NDArray[np.float32] | None, NDArray[np.float32] | None]:
        """All draws of α and of β, or None twice."""
        if not self.s.items:
            return None, None
        return frozen(np.concatenate(self.alpha, 1)), frozen(np.concatenate(self.beta, 1))


def _begin(
    problem: Problem, fit: IdealPointsResult, s: Sampling
) -> tuple[Sequence[Chain | MarginalChain], Callable[..., None]]:
    """Chains, items summed out where these have few choices each; and how they are warmed up."""
    x, items = on_the_priors_scale(fit)
    seeds = np.random.SeedSequence(s.seed).spawn(s.chains)
    if s.learn_prior and not s.items and sums_out(problem):
        target = Marginal(problem, 1.0 / (1.0 + problem.n * CENTRE_VARIANCE))
        top = marginal_chain.mode(target, x[:, 0])
        if top is not None:
            return marginal_chain.begin(target, top, seeds), marginal_chain.warm_up
    prior = np.full(problem.dims + 1, 1.0 / problem.variance)
    metric = whiten(curvature(problem, x, items, prior), x)
    setting = Setting(problem, x, items, s.learn_prior)
    return [Chain(setting, metric, seed) for seed in seeds], warm_up


def on_the_priors_scale(fit: IdealPointsResult) -> tuple[Array, Array]:
    """Positions and items of a fit where x ~ N(0, I): shapes (n, dims) and (n_items, 1 + dims).

    Each axis is turned so that the first actor is not above 0, whatever the anchors: they must not
    change what is drawn, only how it is shown.
    """
    sign = np.where(fit.prior_positions[0] > 0, -1.0, 1.0)
    x = fit.prior_positions * sign
    beta = fit.beta * sign / x.std(axis=0, ddof=1)
    return x, np.column_stack([fit.alpha - beta @ x.mean(axis=0), beta])


def identify(x: Array, reference: Array) -> tuple[Array, Array, Array]:
    """Normalise draws, and turn each to lie nearest to a reference.

    The model fits alike when the line is shifted, stretched, turned or mirrored. Each draw is given
    mean 0 and uncorrelated axes of standard deviation 1; among those, which differ by a rotation or
    reflection, it is the nearest one in least squares (orthogonal Procrustes, Schönemann 1966). In
    one dimension only the sign is left to choose.

    Parameters
    ----------
    x
        Array of shape (draws, n_actors, dims).
    reference
        Normalised positions, shape (n_actors, dims).

    Returns
    -------
    z, centre, turn
        z = (x − centre) turn; shapes (draws, n_actors, dims), (draws, dims), (draws, dims, dims).
    """
    centre = x.mean(axis=1)
    centred = x - centre[:, None]
    left, size, right = np.linalg.svd(centred, full_matrices=False)
    u, _, v = np.linalg.svd(left.transpose(0, 2, 1) @ reference)
    root = np.sqrt(x.shape[1] - 1.0)
    turn = right.transpose(0, 2, 1) / size[:, None, :] @ (u @ v) * root
    return centred @ turn, centre, turn


def move_items(
    items: Array, centre: Array, turn: Array
) -> tuple[NDArray[np.float32], NDArray[np.float32]]:
    """α and β for positions (x − centre) turn, so that every probability stays the same."""
    alpha = items[..., 0] + np.einsum("sjd,sd->sj", items[..., 1:], centre)
    beta = items[..., 1:] @ np.linalg.inv(turn).transpose(0, 2, 1)
    return alpha.astype(np.float32), beta.astype(np.float32)
