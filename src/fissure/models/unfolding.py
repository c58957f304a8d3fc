"""Unfolding: a rival of the monotone model, in which both ends may stand against the middle."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from typing import Any

import numpy as np
import polars as pl
from numpy.typing import NDArray
from scipy.stats import norm, rankdata
from threadpoolctl import threadpool_limits

from fissure.errors import ConvergenceError, DataError, SettingError
from fissure.matrix import Matrix
from fissure.models.blocs import principal_direction
from fissure.models.curves import (
    FINE,
    Choices,
    Library,
    Mode,
    around,
    climb,
    expected_yea,
    library,
    place,
)
from fissure.models.ideal import orient
from fissure.results import Result, plain
from fissure.results.base import frozen

__all__ = ["Unfolding", "UnfoldingResult", "search"]

Array = NDArray[np.float64]

#: Directions of the residuals from which starts are made, each with either sign, and how many of
#: the different answers found with the rough library are followed with the whole one.
DIRECTIONS, FOLLOW = 4, 3
#: Where suspects are put to start with: beyond nearly everybody of their side.
FAR = 2.3
#: Two climbs this close in every position ended at the same place.
SAME_PLACE = 0.3
#: Answers with a larger share of unfolding items are not taken: with everybody squeezed between the
#: edges such items only imitate monotone ones.
MOST = 0.5


@dataclass(frozen=True)
class Unfolding:
    """Settings of the rival model: each item is monotone or unfolding, whichever the choices say.

    On a monotone item an actor at x says yea with probability Φ(s(x − δ)). On an unfolding one
    both ends stand against the middle (Lei and Rodríguez's probit unfolding model):
    Φ₂(s₁(x − δ₁), s₂(δ₂ − x); ½), or one minus that. Use it beside :class:`IdealPoints` where
    members at an end vote with the other end in protest: a monotone model takes them for moderates.

    Parameters
    ----------
    prior
        Beta prior of the share of unfolding items. The default expects one in ten, on the strength
        of ten items; the records decide.
    rounds
        How many times at most members who deviate together are tried at their end of the line, 0 to
        10. With 0 the monotone answer is the only start.
    anchors
        As in :class:`IdealPoints`.
    tol
        Rise of the bound, in nats over five rounds, at which a climb ends.
    max_iter
        Rounds of one climb before giving up.

    Examples
    --------
    >>> import fissure as fs
    >>> m = fs.Matrix.from_records(fs.load("karate-club"))
    >>> Unfolding().fit(m)
    UnfoldingResult(34 actors, 34 items, ... of them ends against the middle)

    References
    ----------
    Lei and Rodríguez (2024), "A Novel Class of Unfolding Models for Binary Preference Data",
    Political Analysis.
    """

    prior: tuple[float, float] = (1.0, 9.0)
    rounds: int = 2
    anchors: tuple[str, str] | None = None
    tol: float = 0.05
    max_iter: int = 400

    def __post_init__(self) -> None:
        if len(self.prior) != 2 or not min(self.prior) > 0:
            raise SettingError(f"prior must be two numbers above 0, got {self.prior!r}")
        if not 0 <= self.rounds <= 10:
            raise SettingError(f"rounds must be 0..10, got {self.rounds!r}")
        if self.anchors is not None and len(set(self.anchors)) != 2:
            raise SettingError(f"anchors must be two different actors, got {self.anchors!r}")
        if not self.tol > 0:
            raise SettingError(f"tol must be above 0, got {self.tol!r}")
        if self.max_iter < 1:
            raise SettingError(f"max_iter must be 1 or more, got {self.max_iter!r}")

    def fit(self, matrix: Matrix) -> UnfoldingResult:
        """Fit both models to a matrix.

        Raises
        ------
        DataError
            If there are fewer than 3 actors or items, or no item divides the group.
        ConvergenceError
            If a climb has not ended after ``max_iter`` rounds.
        """
        for n, what in ((matrix.n_actors, "actors"), (matrix.n_items, "items")):
            if n < 3:
                raise DataError(f"{matrix.name!r}: unfolding needs at least 3 {what}, got {n}")
        yeas = matrix.by_item.yeas()
        if not np.any((yeas > 0) & (yeas < matrix.by_item.counts())):
            raise DataError(
                f"{matrix.name!r}: every one of the {matrix.n_items} items was unanimous"
            )
        ids = matrix.actors["actor"].to_list()
        # by identifier: the order of the rows must not matter, not even to the last digit
        order = np.argsort(np.array(ids, dtype=object).astype(str), kind="stable")
        with threadpool_limits(1, user_api="blas"):
            choices = Choices.of(matrix.dense()[order])
            monotone, modes = search(choices, self)
            return _result(matrix, order, choices, monotone, modes, self)


@dataclass(frozen=True)
class UnfoldingResult(Result):
    """Both models on one scale each, with mean 0 and standard deviation 1 over the actors.

    Parameters
    ----------
    positions, low, high
        Posterior means with 95 % intervals under the rival model, (n_actors,).
    monotone_positions, monotone_low, monotone_high
        The same under the monotone model, from the same machinery.
    line
        Points of the rival model's line, ascending, (points,).
    places
        Probabilities of each actor over ``line``, (n_actors, points).
    response
        Chance of yea of each item along ``line``, (n_items, points).
    monotone_line, monotone_places, monotone_response
        The same under the monotone model.
    unfolding
        Probability of each item that both ends stood against the middle, (n_items,).
    yea_in_middle
        Probability that its middle, if so, is yea, (n_items,).
    share
        Share of unfolding items, as learnt.
    log_bound, monotone_log_bound
        Lower bounds of the log marginal likelihoods, in nats.
    n_modes
        How many different answers were averaged, by their bounds; 1 where one is far the best.
    n_iter
        Rounds of the best climb.
    """

    positions: Array
    low: Array
    high: Array
    monotone_positions: Array
    monotone_low: Array
    monotone_high: Array
    line: Array
    places: Array
    response: Array
    monotone_line: Array
    monotone_places: Array
    monotone_response: Array
    unfolding: Array
    yea_in_middle: Array
    share: float
    log_bound: float
    monotone_log_bound: float
    n_modes: int
    actors: pl.DataFrame
    items: pl.DataFrame
    converged: bool
    n_iter: int
    settings: dict[str, Any]
    source: dict[str, Any]

    def to_frame(self) -> pl.DataFrame:
        """One row an actor: own columns, position and interval under both models."""
        return self.actors.with_columns(
            position=self.positions,
            low=self.low,
            high=self.high,
            monotone_position=self.monotone_positions,
            monotone_low=self.monotone_low,
            monotone_high=self.monotone_high,
        )

    def items_frame(self) -> pl.DataFrame:
        """One row an item: own columns, P(ends against the middle), and which side the middle
        took (null where that is less likely than not).
        """
        said = np.where(self.yea_in_middle > 0.5, "yea", "nay")
        middle = pl.Series(said).set(pl.Series(self.unfolding <= 0.5), None)
        return self.items.with_columns(ends_against_middle=self.unfolding, middle=middle)

    def to_dict(self) -> dict[str, Any]:
        """Plain values, with the two tables as lists of rows."""
        return plain(
            {
                "actors": self.to_frame(),
                "items": self.items_frame(),
                "share": self.share,
                "log_bound": self.log_bound,
                "monotone_log_bound": self.monotone_log_bound,
                "n_modes": self.n_modes,
                "n_iter": self.n_iter,
                "settings": self.settings,
                "source": self.source,
            }
        )

    def __repr__(self) -> str:
        return (
            f"UnfoldingResult({len(self.positions)} actors, {len(self.unfolding)} items, "
            f"{int((self.unfolding > 0.5).sum())} of them ends against the middle)"
        )


def search(choices: Choices, settings: Unfolding) -> tuple[Mode, list[Mode]]:
    """The monotone answer, and the rival model's different answers, best first.

    A faction at an end that votes with the other end is one mode of the posterior, the same faction
    in the middle another, and no step by single actors leads across. So the rival climbs from the
    monotone answer, and then those who deviate *together* from the best answer so far (the leading
    directions of its residuals, either sign) are put at the end of their own side and the climb is
    begun again, until that gains nothing. This is done with the rough library; the best answers are
    then followed with the whole one.

    Raises
    ------
    ConvergenceError
        If the best climb has not ended after ``settings.max_iter`` rounds.
    """
    y = (choices.yea - choices.nay).astype(np.int8)
    scores = norm.ppf((rankdata(principal_direction(y)) - 0.5) / len(y))

    def follow(
        places: Array, prior: tuple[float, float] | None, lib: Library, hope: float = -np.inf
    ) -> Mode:
        return climb(choices, places, prior, settings.max_iter, settings.tol, lib, hope)

    rough, whole = library(is_rough=True), library()
    monotone = follow(around(scores, 0.4, whole), None, whole)
    found = [follow(around(monotone.mean, 0.1, rough), settings.prior, rough)]
    for _ in range(settings.rounds):
        best = found[0]
        for start in _starts(choices, best):
            found.append(follow(start, settings.prior, rough, _height(found)))
        found = _different(found)
        if found[0] is best:
            break
    modes: list[Mode] = []
    for end in [*found[:FOLLOW], monotone]:
        modes.append(follow(around(end.mean, 0.1, whole), settings.prior, whole, _height(modes)))
    modes = _different(modes)
    if not modes[0].converged:
        raise ConvergenceError(
            f"the bound still rises after {modes[0].n_iter} rounds (tol={settings.tol:g}); raise "
            "max_iter"
        )
    return monotone, modes


def _height(found: list[Mode]) -> float:
    """The highest bound of those that can be an answer."""
    return max((mode.bound for mode in found if mode.share <= MOST), default=-np.inf)


def _different(found: list[Mode]) -> list[Mode]:
    """Best first, without those that ended at the same place as a better one."""
    found = [mode for mode in found if mode.share <= MOST] or found
    out: list[Mode] = []
    # starts that reach the same top differ by rounding: then the first one counts
    for mode in sorted(found, key=lambda mode: -round(mode.bound, 1)):
        if all(float(np.abs(mode.mean - other.mean).max()) > SAME_PLACE for other in out):
            out.append(mode)
    return out


def _starts(choices: Choices, mode: Mode) -> list[Array]:
    """Places with those who deviate together moved to the end of their own side."""
    chance = expected_yea(mode)
    seen = choices.yea + choices.nay
    residual = seen * (choices.yea - chance) / np.sqrt(chance * (1 - chance) + 0.01)
    left, _, _ = np.linalg.svd(residual, full_matrices=False)
    starts = []
    for u in left[:, :DIRECTIONS].T:
        for sign in (1.0, -1.0):
            who = sign * u > 0.5 * float((sign * u).max())
            at = np.where(who, FAR * np.sign(mode.mean), mode.mean)
            starts.append(around(at, 0.1, mode.library))
    return starts


@dataclass(frozen=True)
class _Scaled:
    """One model's answer on its standardised line."""

    line: Array
    places: Array
    response: Array
    mean: Array
    low: Array
    high: Array


def _scaled(
    places: Array, response: Array, ids: list[str], anchors: tuple[str, str] | None
) -> _Scaled:
    mean = places @ FINE
    centre, scale = float(mean.mean()), float(mean.std(ddof=1))
    z = (mean - centre) / max(scale, 1e-12)
    sign = float(orient(z[:, None], ids, anchors)[0])
    line = sign * (FINE - centre) / max(scale, 1e-12)
    if sign < 0:
        line, places, response = line[::-1], places[:, ::-1], response[:, ::-1]
    half = (line[1] - line[0]) / 2
    edges = np.append(line - half, line[-1] + half)
    below = np.pad(np.cumsum(places, axis=1), ((0, 0), (1, 0)))
    ends = [np.array([np.interp(q, row, edges) for row in below]) for q in (0.025, 0.975)]
    return _Scaled(line, places, response, sign * z, *ends)


def _result(
    matrix: Matrix,
    order: NDArray[np.intp],
    choices: Choices,
    monotone: Mode,
    modes: list[Mode],
    settings: Unfolding,
) -> UnfoldingResult:
    back = np.argsort(order)
    ids = matrix.actors["actor"].to_list()
    bounds = np.array([m.bound for m in modes])
    weights = np.exp(bounds - bounds.max())
    weights /= weights.sum()
    modes = [m for m, w in zip(modes, weights, strict=True) if w > 1e-3]
    weights = weights[: len(modes)] / weights[: len(modes)].sum()
    rival = _scaled(
        _mixed(weights, [place(choices, m)[back] for m in modes]),
        _mixed(weights, [_response(m) for m in modes]),
        ids,
        settings.anchors,
    )
    simple = _scaled(place(choices, monotone)[back], _response(monotone), ids, settings.anchors)
    folded = library().n_monotone
    half = (len(library().logs) - folded) // 2
    yea_middle = _mixed(weights, [m.curves[:, folded : folded + half].sum(1) for m in modes])
    either = _mixed(weights, [m.curves[:, folded:].sum(1) for m in modes])
    arrays = {
        "positions": rival.mean,
        "low": rival.low,
        "high": rival.high,
        "monotone_positions": simple.mean,
        "monotone_low": simple.low,
        "monotone_high": simple.high,
        "line": rival.line,
        "places": rival.places,
        "response": rival.response,
        "monotone_line": simple.line,
        "monotone_places": simple.places,
        "monotone_response": simple.response,
        "unfolding": _mixed(weights, [m.unfolding for m in modes]),
        "yea_in_middle": np.where(either > 0, yea_middle / np.maximum(either, 1e-300), 0.5),
    }
    return UnfoldingResult(
        **{name: frozen(array) for name, array in arrays.items()},
        share=float(_mixed(weights, [np.array(m.share) for m in modes])),
        log_bound=modes[0].bound,
        monotone_log_bound=monotone.bound,
        n_modes=len(modes),
        actors=matrix.actors,
        items=matrix.items,
        converged=modes[0].converged,
        n_iter=modes[0].n_iter,
        settings=asdict(settings),
        source=asdict(matrix.source),
    )


def _response(mode: Mode) -> Array:
    chance: Array = (mode.curves @ library().fine[: mode.curves.shape[1]]).astype(np.float64)
    return chance


def _mixed(weights: Array, parts: list[Array]) -> Array:
    total = weights[0] * parts[0]
    for weight, part in zip(weights[1:], parts[1:], strict=True):
        total = total + weight * part
    return np.asarray(total, np.float64)
