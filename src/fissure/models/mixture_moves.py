"""Moves that split, merge or redraw blocs, with the items' parameters that go with them."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from fissure.kernels.mixture import item_values, launch, lean, scores, settle
from fissure.kernels.probit import TABLE
from fissure.models.partitions import PartitionPrior

__all__ = ["Here", "log_posterior", "search", "split_or_merge"]

Array = NDArray[np.float64]
Labels = NDArray[np.int64]
Votes = NDArray[np.int8]

#: Rounds that settle a proposed split before its sides are drawn.
ROUNDS = 5
#: A split starts from two members, turned up to so many times towards the leading direction.
MOST_TURNS = 8
#: Share of proposals that look at no choices. Where records hardly speak, those that follow the
#: choices are too sure of themselves: ``bench_mixture.py --only mixing``.
BLIND = 0.5
#: Largest log odds that an item divides, in proposals: each item keeps a way back.
MOST_ODDS = 12.0


@dataclass(frozen=True)
class Here:
    """Blocs, and the items' coefficients that belong to them.

    Parameters
    ----------
    bloc
        int64 array of shape (n_actors,).
    coef
        Intercepts of the blocs and slopes, shape (n_items, n_blocs + dims).
    divides
        Which items divide the blocs.
    """

    bloc: Labels
    coef: Array
    divides: NDArray[np.bool_]


@dataclass(frozen=True)
class _Normal:
    """Intercepts of each item as normal, and the log odds that it divides (−∞ for one bloc)."""

    mode: Array
    curve: Array
    odds: Array

    def draw(self, rng: np.random.Generator) -> Array:
        root = np.linalg.cholesky(self.curve)
        noise = rng.standard_normal((*self.mode.shape, 1))
        return self.mode + np.linalg.solve(root.transpose(0, 2, 1), noise)[..., 0]

    def log_density(self, at: Array) -> Array:
        """But for (2π)^(−t/2), which is left out of the priors too."""
        off = at - self.mode
        square = np.einsum("ja,jab,jb->j", off, self.curve, off)
        return 0.5 * (np.linalg.slogdet(self.curve)[1] - square)


class _Body:
    """Choices, positions, slopes and hyperparameters: what no move changes."""

    def __init__(self, y: Votes, x: Array, slopes: Array, level: Array, hyper: Array) -> None:
        self.y, self.x, self.slopes, self.hyper = y, x, slopes, hyper
        one = np.zeros(len(x), np.int64)
        # to the top, so that nothing of the present blocs is left in it
        mode, curve, value = self._settle(one, 1, level[:, None], 2)
        self.pooled = _Normal(mode, curve, np.full(len(y), -np.inf))
        self.value = value

    def _settle(
        self, bloc: Labels, n_blocs: int, level: Array, times: int = 1
    ) -> tuple[Array, Array, Array]:
        n_items = len(self.y)
        coef = np.hstack([np.broadcast_to(level, (n_items, n_blocs)), self.slopes])
        curve, value = np.empty((n_items, n_blocs, n_blocs)), np.empty(n_items)
        for _ in range(times):
            settle(self.y, self.x, bloc, self.hyper, TABLE, coef, curve, value)
        return coef[:, :n_blocs], curve, value

    def normal(self, bloc: Labels, n_blocs: int) -> _Normal:
        """Intercepts given some blocs, and the odds that each item divides them."""
        if n_blocs == 1:
            return self.pooled
        mode, curve, value = self._settle(bloc, n_blocs, self.pooled.mode)
        odds = math.log(self.hyper[0]) - math.log1p(-self.hyper[0]) + value - self.value
        return _Normal(mode, curve, np.clip(odds, -MOST_ODDS, MOST_ODDS))

    def evidence(self, normal: _Normal) -> float:
        """log evidence of the partition over that of one bloc, items' intercepts integrated out."""
        omega = float(self.hyper[0])
        if normal is self.pooled:
            return 0.0
        gain = np.logaddexp(math.log1p(-omega), math.log1p(-omega) + normal.odds)
        return float(gain.sum())

    def sides(self, members: Labels, rng: np.random.Generator) -> tuple[NDArray[np.int8], Array]:
        """Sides of some members around the first two of them, and the log odds they came from."""
        inside = np.full(len(self.x), -1, np.int64)
        inside[members] = 0
        mode = self.pooled.mode
        if len(members) < len(self.x):
            mode = self._settle(inside, 1, mode)[0]
        score = np.empty((len(self.y), len(members)))
        weight = np.empty_like(score)
        scores(self.y, self.x, np.hstack([mode, self.slopes]), members, TABLE, score, weight)
        side, odds = np.empty(len(members), np.int8), np.empty(len(members))
        lean(score, int(rng.integers(MOST_TURNS + 1)), odds)
        launch(score, weight, ROUNDS, self.hyper, rng, side, odds)
        return side, odds

    def log_target(self, at: Here, which: NDArray[np.bool_]) -> Array:
        """Prior and likelihood of the items in ``which`` with what they have; 0 elsewhere."""
        out = np.zeros(len(self.y))
        n_blocs = at.coef.shape[1] - self.x.shape[1]
        item_values(self.y, self.x, at.coef, at.bloc, which, TABLE, out)
        _, tau2, sa2, _ = self.hyper
        level = at.coef[:, :n_blocs].mean(axis=1)
        off = ((at.coef[:, :n_blocs] - level[:, None]) ** 2).sum(axis=1) / tau2
        shifts = off + (n_blocs - 1) * math.log(tau2) + math.log(n_blocs)
        prior = -0.5 * (level**2 / sa2 + math.log(sa2) + np.where(at.divides, shifts, 0.0))
        return np.where(which, out + prior, 0.0)


def split_or_merge(
    here: Here,
    y: Votes,
    x: Array,
    hyper: Array,
    prior: PartitionPrior,
    rng: np.random.Generator,
    moves: int,
) -> Here:
    """Metropolis-Hastings moves that split, merge or redraw blocs around two actors.

    After Jain and Neal (2004), with reversible jumps (Green 1995) of the dividing items'
    intercepts: these are proposed from normals at their modes, and items that divide neither before
    nor after keep theirs. Half of the proposals follow the choices, half are blind.

    Parameters
    ----------
    here
        Where the chain stands.
    y, x, hyper
        As in :mod:`fissure.kernels.mixture`.
    prior
        Prior on the partitions.
    rng
        Source of every draw.
    moves
        Number of proposals.
    """
    body, normal = _start(here, y, x, hyper)
    for _ in range(moves):
        i, j = (int(v) for v in rng.choice(len(x), 2, replace=False))
        together = bool(here.bloc[i] == here.bloc[j])
        if together and int(here.bloc.max()) + 1 == prior.most:
            continue
        merged, members = _around(here.bloc, i, j)
        if len(members) >= 2 * prior.least:
            here, normal = _try(here, normal, body, merged, members, prior, rng)
    return here


def search(
    here: Here,
    y: Votes,
    x: Array,
    hyper: Array,
    prior: PartitionPrior,
    rng: np.random.Generator,
    moves: int,
) -> Here:
    """The same proposals, taken where the partition's own posterior density rises: a climb, not a
    draw. It ends a chain's stay among blocs that nothing supports, or without those that are there,
    before anything is kept.

    Parameters
    ----------
    here, y, x, hyper, prior, rng, moves
        As in :func:`split_or_merge`.
    """
    body, normal = _start(here, y, x, hyper)
    value = prior.log_prior(np.bincount(here.bloc)) + body.evidence(normal)
    for _ in range(moves):
        first = rng.integers(int(here.bloc.max()) + 1, size=2)
        i, j = (int(rng.choice(np.flatnonzero(here.bloc == k))) for k in first)
        merged, members = _around(here.bloc, i, j)
        if i == j or len(members) < 2 * prior.least:
            continue
        side, _ = body.sides(members, rng)
        split = merged.copy()
        split[members[side == 1]] = int(merged.max()) + 1
        for bloc in (split,) if first[0] == first[1] else (merged, split):
            log_prior = prior.log_prior(np.bincount(bloc))
            if log_prior > -math.inf:
                tried = body.normal(bloc, int(bloc.max()) + 1)
                new = log_prior + body.evidence(tried)
                if new > value:
                    value = new
                    here, normal = _items(here, normal, bloc, tried, body, rng)[0], tried
    return here


def log_posterior(here: Here, y: Votes, x: Array, hyper: Array, prior: PartitionPrior) -> float:
    """log density of choices, blocs, positions and slopes, the items' intercepts integrated out:
    by it chains at different tops are compared.
    """
    body, normal = _start(here, y, x, hyper)
    off = float((x**2).sum()) + float((body.slopes**2).sum()) / hyper[3]
    scale = body.slopes.size * math.log(hyper[3])
    log_prior = prior.log_prior(np.bincount(here.bloc)) - 0.5 * (off + scale)
    return float(log_prior + body.value.sum() + body.evidence(normal))


def _start(here: Here, y: Votes, x: Array, hyper: Array) -> tuple[_Body, _Normal]:
    n_blocs = here.coef.shape[1] - x.shape[1]
    level = here.coef[:, :n_blocs].mean(axis=1)
    body = _Body(y, x, here.coef[:, n_blocs:].copy(), level, hyper)
    return body, body.normal(here.bloc, n_blocs)


def _around(bloc: Labels, i: int, j: int) -> tuple[Labels, Labels]:
    """The blocs of two actors made one, numbered without gaps; and its members, these two first."""
    a, b = sorted((int(bloc[i]), int(bloc[j])))
    merged = bloc.copy()
    if a != b:
        merged[bloc == b] = a
        merged[bloc > b] -= 1
    members = np.flatnonzero(merged == a)
    return merged, np.array([i, j, *members[(members != i) & (members != j)]])


def _try(
    here: Here, normal: _Normal, body: _Body, merged: Labels, members: Labels,
    prior: PartitionPrior, rng: np.random.Generator,
) -> tuple[Here, _Normal]:  # fmt: skip
    """One proposal: split, or (by a fair coin) merge or split anew."""
    side, odds = _blind(members, rng) if rng.random() < BLIND else body.sides(members, rng)
    together = here.bloc[members[0]] == here.bloc[members[1]]
    split = merged.copy()
    split[members[side == 1]] = int(merged.max()) + 1
    log_split = _log_chance(side, odds)
    log_here = _log_chance((here.bloc[members] != here.bloc[members[0]]).astype(np.int8), odds)
    if together:
        bloc, log_q = split, math.log(0.5) - log_split
    elif rng.random() < 0.5:
        bloc, log_q = merged, log_here - math.log(0.5)
    else:
        bloc, log_q = split, log_here - log_split
    gain = prior.log_prior(np.bincount(bloc)) - prior.log_prior(np.bincount(here.bloc)) + log_q
    if gain == -math.inf:
        return here, normal
    new_normal = body.normal(bloc, int(bloc.max()) + 1)
    new, log_items = _items(here, normal, bloc, new_normal, body, rng)
    if math.log(rng.random()) < gain + log_items:
        return new, new_normal
    return here, normal


def _items(
    here: Here, normal: _Normal, bloc: Labels, new_normal: _Normal, body: _Body,
    rng: np.random.Generator,
) -> tuple[Here, float]:  # fmt: skip
    """The items' parameters for new blocs, and the log of target and proposals, new over old."""
    before = here.divides & (normal.odds > -np.inf)
    after = rng.random(len(body.y)) < _chance(new_normal.odds)
    n_blocs = new_normal.mode.shape[1]
    alone = np.where(before, body.pooled.draw(rng)[:, 0], here.coef[:, 0])
    level = np.where(after[:, None], new_normal.draw(rng), alone[:, None])
    new = Here(bloc, np.hstack([level, body.slopes]), after)
    changed = before | after
    gain = body.log_target(new, changed) - body.log_target(here, changed)
    gain += _log_prior(after, n_blocs, body) - _log_prior(before, normal.mode.shape[1], body)
    old_level = here.coef[:, : normal.mode.shape[1]]
    gain += _log_proposal(old_level, before, after, normal, body)
    gain -= _log_proposal(level, after, before, new_normal, body)
    return new, float(gain.sum())


def _log_prior(divides: NDArray[np.bool_], n_blocs: int, body: _Body) -> Array:
    omega = float(body.hyper[0])
    if n_blocs == 1:
        return np.zeros(len(divides))
    return np.where(divides, math.log(omega), math.log1p(-omega))


def _log_proposal(
    level: Array, to: NDArray[np.bool_], frm: NDArray[np.bool_], normal: _Normal, body: _Body
) -> Array:
    """log density of proposing what the items have: whether each divides, and its intercepts."""
    chance = _chance(normal.odds)
    with np.errstate(divide="ignore"):
        whether = np.where(to, np.log(chance), np.log1p(-chance))
    drawn = np.where(to, normal.log_density(level), body.pooled.log_density(level[:, :1]))
    return whether + np.where(to | frm, drawn, 0.0)


def _chance(odds: Array) -> Array:
    return 1.0 / (1.0 + np.exp(-odds))


def _blind(members: Labels, rng: np.random.Generator) -> tuple[NDArray[np.int8], None]:
    """Sides around the first two, every number on a side equally likely."""
    side = (rng.random(len(members)) < rng.random()).astype(np.int8)
    side[0], side[1] = 0, 1
    return side, None


def _log_chance(side: NDArray[np.int8], odds: Array | None) -> float:
    """log probability of these sides, with odds or blind; the two anchors have no choice."""
    if odds is None:
        there, free = int(side[2:].sum()), len(side) - 2
        return math.lgamma(there + 1.0) + math.lgamma(free - there + 1.0) - math.lgamma(free + 2.0)
    signed = np.where(side[2:] == 0, odds[2:], -odds[2:])
    return -float(np.logaddexp(0.0, -signed).sum())
