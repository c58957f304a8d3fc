"""A library of response curves, and the climb in which actors and items find their places in it.

Every item has one curve of the library, monotone or unfolding, and every actor one point of a grid.
Given the ones the others are sums over a finite list, so that nothing is approximated but the
independence of the two (mean-field variational inference), and no step gets stuck inside an item or
an actor.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache

import numpy as np
from numpy.typing import NDArray
from scipy.special import ndtr

from fissure.kernels.unfolding import NODES, pum_curves

__all__ = [
    "FINE",
    "GRID",
    "Choices",
    "Library",
    "Mode",
    "around",
    "climb",
    "expected_yea",
    "library",
    "place",
]

Array = NDArray[np.float64]
Single = NDArray[np.float32]

#: Points of the line in the climb, and the finer ones on which actors are placed at the end.
GRID, FINE = np.linspace(-3.2, 3.2, 65), np.linspace(-3.2, 3.2, 321)
#: Levels (as z) of flat curves, and edges of unfolding ones; further out nobody is beyond an edge.
LEVELS, EDGES = np.linspace(-2.5, 2.5, 11), np.linspace(-2.1, 2.1, 15)
#: Slopes of monotone curves, each with the step between its cutpoints, and of edges: the whole
#: library, and a rough one for finding where to look.
SLOPES = ((0.4, 0.4), (0.7, 0.4), (1.2, 0.2), (2.0, 0.2), (3.5, 0.1), (6.0, 0.1), (10.0, 0.1))
EDGE_SLOPES = (1.2, 3.0, 7.0)
ROUGH_SLOPES, ROUGH_EDGE_SLOPES = ((0.6, 0.4), (1.5, 0.2), (3.0, 0.2), (6.0, 0.2)), (1.5, 5.0)
#: No choice is less likely than this under any curve.
FLOOR = 1e-4
#: Items are looked at with every curve each so many rounds; in between, what an item has of
#: unfolding curves stays as it is where that is less than this probability.
FULL_EVERY, ACTIVE = 5, 0.005
#: From so many rounds on a climb is given up that would stay so many nats behind the best one even
#: if it rose by so many times as much again as it last did between two full rounds.
PATIENCE, BEHIND, RISES = 10, 10.0, 10.0
#: Curves of an item less probable than this are left out when actors are placed.
NEGLIGIBLE = 1e-6


@dataclass(frozen=True)
class Library:
    """Curves, monotone first.

    Parameters
    ----------
    grid
        Points of the line, (points,).
    logs
        Log chances of yea, then of nay, on the grid; float32 of shape (curves, 2 points).
    fine
        Chances of yea on :data:`FINE`, float32 of shape (curves, fine points).
    prior
        Log prior probability of a monotone curve among the monotone ones, (n_monotone,): every
        slope as likely as another. Unfolding curves are all as likely.
    n_monotone
        How many curves are monotone.
    """

    grid: Array
    logs: Single
    fine: Single
    prior: Single
    n_monotone: int


@lru_cache(maxsize=2)
def library(is_rough: bool = False) -> Library:
    """The whole library, or the rough one: symmetric in left and right, and in yea and nay."""
    grid = GRID[::2] if is_rough else GRID
    slopes = ROUGH_SLOPES if is_rough else SLOPES
    edges = ROUGH_EDGE_SLOPES if is_rough else EDGE_SLOPES
    (yea, nay), (yea_u, nay_u) = _monotone(grid, slopes), _unfolding(grid, edges)
    chance = np.vstack([np.hstack([yea, nay]), np.hstack([yea_u, nay_u])])
    fine = np.vstack([_monotone(FINE, slopes)[0], _unfolding(FINE, edges)[0]])
    prior = np.concatenate([np.full(n, 1.0 / n) for n in (len(_cuts(step)) for _, step in slopes)])
    prior = np.concatenate([prior, prior, np.full(len(LEVELS), 2.0 / len(LEVELS))])
    out = Library(
        grid,
        np.log(np.maximum(chance, FLOOR)).astype(np.float32),
        fine.astype(np.float32),
        np.log(prior / prior.sum()).astype(np.float32),
        len(yea),
    )
    for array in (out.logs, out.fine, out.prior):
        array.setflags(write=False)
    return out


def _cuts(step: float) -> Array:
    return np.linspace(GRID[0], GRID[-1], round((GRID[-1] - GRID[0]) / step) + 1)


def _monotone(x: Array, slopes: tuple[tuple[float, float], ...]) -> tuple[Array, Array]:
    """Chances of yea and nay of rising, falling and flat probit curves."""
    z = np.vstack([slope * (x - _cuts(step)[:, None]) for slope, step in slopes])
    z = np.vstack([z, -z, np.repeat(LEVELS[:, None], len(x), axis=1)])
    return ndtr(z), ndtr(-z)


def _unfolding(x: Array, slopes: tuple[float, ...]) -> tuple[Array, Array]:
    """The same of curves with yea, then with nay, in the middle."""
    pairs = [(low, high) for k, low in enumerate(EDGES) for high in EDGES[k + 1 :]]
    rows = [(*p, s, t) for p in pairs for s in slopes for t in slopes]
    shape = (len(rows), len(x))
    yea, nay = np.empty(shape), np.empty(shape)
    pum_curves(x, np.array(rows), NODES, yea, nay)
    return np.vstack([yea, nay]), np.vstack([nay, yea])


@dataclass(frozen=True)
class Choices:
    """Yeas and nays as float32 of shape (n_actors, n_items), 1 where chosen."""

    yea: Single
    nay: Single

    @classmethod
    def of(cls, y: NDArray[np.int8]) -> Choices:
        """From +1, −1 and 0."""
        return cls((y > 0).astype(np.float32), (y < 0).astype(np.float32))


@dataclass(frozen=True)
class Mode:
    """Where a climb ended.

    Parameters
    ----------
    places
        Probabilities of each actor over the library's grid, (n_actors, points).
    curves
        Probabilities of each item over the library, float32 (n_items, curves).
    unfolding
        Probability of each item that its curve is an unfolding one.
    share
        Prior probability of that, as learnt from all items.
    bound
        Lower bound of the log marginal likelihood, in nats.
    library
        What all this refers to.
    """

    places: Array
    curves: Single
    unfolding: Array
    share: float
    bound: float
    n_iter: int
    converged: bool
    library: Library

    @property
    def mean(self) -> Array:
        """Each actor's mean, (n_actors,)."""
        return self.places @ self.library.grid


def around(x: Array, spread: float, lib: Library) -> Array:
    """Probabilities over the library's grid, normal around each of some positions."""
    return _softmax(-0.5 * ((lib.grid - x[:, None]) / spread) ** 2)


def climb(
    choices: Choices,
    places: Array,
    beta: tuple[float, float] | None,
    max_iter: int,
    tol: float,
    lib: Library,
    hope: float = -np.inf,
) -> Mode:
    """Items given actors, actors given items, until the bound rises no more.

    Parameters
    ----------
    choices
        What was chosen.
    places
        Where to start: probabilities over the library's grid, (n_actors, points).
    beta
        Parameters of the beta prior of the share of unfolding items; None for monotone ones only.
    max_iter
        Rounds at most.
    tol
        Rise of the bound in :data:`FULL_EVERY` rounds at which it ends, in nats.
    hope
        Bound of the best climb so far: one without hope to come near it is given up.
    """
    j = choices.yea.shape[1]
    line = np.log(around(np.zeros(1), 1.0, lib))
    share = 0.0 if beta is None else beta[0] / sum(beta)
    before, n_iter, active = -np.inf, 0, np.arange(0)
    rest = _Unfolding(np.zeros(j), np.zeros((j, lib.logs.shape[1]), np.float32))
    while True:
        # between full rounds no item can take up an unfolding curve: only full ones may end
        full = n_iter % FULL_EVERY == 0 or n_iter == max_iter
        look = active if beta is None or not full else np.arange(j)
        step = _items(choices, places, share, look, rest, lib)
        bound = step.value + float((places * (line - np.log(np.maximum(places, 1e-300)))).sum())
        ended = full and bound - before < tol
        hopeless = bound + RISES * (bound - before) < hope - BEHIND
        given_up = full and n_iter >= PATIENCE and hopeless
        if ended or n_iter == max_iter or given_up:
            curves = _joined(step, lib)
            return Mode(places, curves, rest.probability, share, bound, n_iter, ended, lib)
        before = bound if full else before
        active = np.flatnonzero(rest.probability > ACTIVE)
        if beta is not None:
            share = (beta[0] + float(rest.probability.sum())) / (sum(beta) + j)
        places = _softmax(_expected(choices, step, rest, lib) + line)
        n_iter += 1


def expected_yea(mode: Mode) -> Array:
    """Chance of yea of each actor on each item, over what is uncertain about both."""
    chance = np.exp(mode.library.logs[: mode.curves.shape[1], : len(mode.library.grid)])
    return np.clip(mode.places @ (mode.curves @ chance).T, FLOOR, 1.0 - FLOOR)


def place(choices: Choices, mode: Mode) -> Array:
    """Probabilities of each actor over :data:`FINE`, with the items' uncertainty in them.

    An item's curve is averaged over what the *other* actors say about it: the actor's own choice is
    taken out of the item's probabilities first, since it must not count twice.
    """
    lib, k, n_curves = mode.library, len(mode.library.grid), mode.curves.shape[1]
    at = mode.places.astype(np.float32)
    own = [at @ logs.T for logs in (lib.logs[:n_curves, :k], lib.logs[:n_curves, k:])]
    value = np.tile(-0.5 * FINE**2, (len(at), 1))
    for j, q in enumerate(mode.curves):
        some = np.flatnonzero(q > NEGLIGIBLE)
        for side, logs in zip((choices.yea, choices.nay), own, strict=True):
            who = np.flatnonzero(side[:, j])
            weight = q[some] * np.exp(-logs[np.ix_(who, some)])
            weight /= weight.sum(axis=1, keepdims=True)
            chance = weight @ lib.fine[some]
            chosen = chance if side is choices.yea else 1.0 - chance
            value[who] += np.log(np.clip(chosen, FLOOR, 1.0))
    return _softmax(value)


@dataclass(frozen=True)
class _Unfolding:
    """What each item has of unfolding curves, as last looked at; both arrays are changed in place.

    ``probability`` of shape (n_items,), and ``logs``: expected logs over these curves, times their
    probability, float32 of shape (n_items, 2 points).
    """

    probability: Array
    logs: Single


@dataclass(frozen=True)
class _Step:
    """Items given actors: probabilities over monotone curves, and over unfolding ones of the items
    looked at; their part of the bound, which is right where all were.
    """

    monotone: Single
    look: NDArray[np.intp]
    folded: Single
    value: float


def _items(
    choices: Choices,
    places: Array,
    share: float,
    look: NDArray[np.intp],
    rest: _Unfolding,
    lib: Library,
) -> _Step:
    m = lib.n_monotone
    at = places.astype(np.float32)
    counts = np.hstack([choices.yea.T @ at, choices.nay.T @ at])
    monotone = counts @ lib.logs[:m].T + lib.prior
    folded = counts[look] @ lib.logs[m:].T
    log_total = _normalise(monotone) + np.log1p(-share)
    if len(look):
        log_folded = _normalise(folded) + np.log(share) - np.log(folded.shape[1])
        both = np.logaddexp(log_total[look], log_folded)
        rest.probability[look] = np.exp(log_folded - both)
        log_total[look] = both
        folded *= rest.probability[look, None].astype(np.float32)
        rest.logs[look] = folded @ lib.logs[m:]
    monotone *= (1.0 - rest.probability[:, None]).astype(np.float32)
    return _Step(monotone, look, folded, float(log_total.sum()))


def _normalise(score: Single) -> Array:
    """From logs to probabilities row by row, in place; the log sums."""
    top = score.max(axis=1)
    score -= top[:, None]
    np.exp(score, out=score)
    total = score.sum(axis=1)
    score /= total[:, None]
    return top.astype(np.float64) + np.log(total.astype(np.float64))


def _expected(choices: Choices, step: _Step, rest: _Unfolding, lib: Library) -> Array:
    """Expected log likelihood of each actor's choices at each point, (n_actors, points)."""
    k = len(lib.grid)
    logs = step.monotone @ lib.logs[: lib.n_monotone] + rest.logs
    return (choices.yea @ logs[:, :k] + choices.nay @ logs[:, k:]).astype(np.float64)


def _joined(step: _Step, lib: Library) -> Single:
    """Probabilities over the whole library; over monotone curves alone where no item was looked at
    with others.
    """
    if not len(step.look):
        return step.monotone
    curves = np.zeros((len(step.monotone), len(lib.logs)), np.float32)
    curves[:, : lib.n_monotone] = step.monotone
    curves[step.look, lib.n_monotone :] = step.folded
    return curves


def _softmax(value: Array) -> Array:
    value = np.exp(value - value.max(axis=1, keepdims=True))
    out: Array = value / value.sum(axis=1, keepdims=True)
    return out
