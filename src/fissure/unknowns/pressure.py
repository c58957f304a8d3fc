"""Party pressure or positions? Two models of the same votes side by side."""

from __future__ import annotations

import zlib
from itertools import pairwise

import numpy as np
from numpy.typing import NDArray
from threadpoolctl import threadpool_limits

from fissure.matrix import Matrix
from fissure.models.ideal import IdealPoints
from fissure.models.pressure import PartyPressure, PartyPressureResult, climb, log_scores
from fissure.periods import item_order
from fissure.results import Group, Interval, Moved, Pressure, PressureFit
from fissure.split.settings import SplitSettings

__all__ = ["pressure", "pressure_shares"]

Array = NDArray[np.float64]

#: Folds of the cross-validation, and stretches of time that stay in one fold for a member.
FOLDS, STRETCHES = 4, 20
#: Gradient at which a fit to some of the choices is good enough to predict the others.
LOOSE = 0.02
#: Members listed, and places on the path from the least pressure to the most.
LISTED, PLACES = 10, 21


def pressure(
    matrix: Matrix,
    group: Group,
    settings: SplitSettings | None = None,
    seed: int = 1,
    column: str = "party",
) -> Pressure:
    """What two readings of a group's votes say: one line, or party cutpoints beside it.

    The words are about voting behaviour; neither model knows what anybody believes.

    Parameters
    ----------
    matrix
        The group's matrix, as its verdict saw it.
    group
        Its verdict.
    settings, seed
        As for the verdict; ``min_gap`` is the smallest gap of a preference split.
    column
        The actor column that names the party.

    Raises
    ------
    DataError
        If the group has no two parties of five members, or shows no line.
    ConvergenceError
        If a fit to all choices does not end.
    """
    settings = settings or SplitSettings()
    rival = PartyPressure(column=column).fit(matrix)
    line = IdealPoints().fit(matrix).positions[:, 0]
    rng = np.random.default_rng(
        [seed, zlib.crc32(group.name.encode()), zlib.crc32(b"party pressure")]
    )
    with threadpool_limits(1, user_api="blas"):
        scores, gain = _held_out(matrix, rival, line, rng)
    bloc = {m.actor: k for k, b in enumerate(group.blocs) for m in b.members}
    labels = np.array([bloc.get(a, -1) for a in matrix.actors["actor"].to_list()], np.intp)

    def gaps(x: Array) -> tuple[float, float | None]:
        return _gap(x, rival.party), _gap(x, labels) if len(group.blocs) > 1 else None

    least, mode = pressure_shares(rival)
    shares = {"least pressure": least, "mode": mode, "most pressure": 1.0}
    fits = [PressureFit("one line", 0.0, scores[0], *gaps(line))]
    fits += [PressureFit(n, s, scores[1], *gaps(_at(rival, s))) for n, s in shares.items()]
    path = []
    for share in np.linspace(least, 1.0, PLACES).tolist():
        of_parties, of_blocs = gaps(_at(rival, share))
        path.append((share, of_parties if of_blocs is None else of_blocs))
    moved, correlation = _moved(matrix, rival, line)
    tip = _tip(path, settings.min_gap)
    return Pressure(
        column=column,
        parties=rival.parties,
        sd_cutpoint=rival.sd_cutpoint,
        gain=gain,
        fits=tuple(fits),
        path=tuple(path),
        threshold=settings.min_gap,
        tipping_point=tip,
        moved=moved,
        rank_correlation=correlation,
        sentence=_sentence(gain, fits, path, tip, settings.min_gap, correlation),
    )


def pressure_shares(rival: PartyPressureResult) -> tuple[float, float]:
    """Share of the distance between two parties' votes that party cutpoints carry: the least that
    gives the same probabilities, and the share at the mode.

    On item j the parties' mean members stand U_j = (γ_ja − γ_jb) + β_j Δ apart, with Δ the distance
    between their mean positions. Moving one party by δ and its cutpoints by −β_j δ changes no
    probability, so any Δ fits alike. The share is 1 − Δ Σ β_j U_j / Σ U_j²; it is 1 at Δ = 0 and
    smallest where what the cutpoints carry is uncorrelated with β, at Δ = Σ β_j U_j / Σ β_j².
    """
    u, slope = _distance(rival)
    least = 1 - float(u @ slope) ** 2 / float((slope @ slope) * (u @ u))
    return least, 1 - _delta(rival) * float(u @ slope) / float(u @ u)


def _distance(rival: PartyPressureResult) -> tuple[Array, Array]:
    """U_j and β_j, for the two largest parties."""
    between = rival.gamma[:, 0] - rival.gamma[:, 1] + rival.beta * _delta(rival)
    return between, rival.beta


def _delta(rival: PartyPressureResult) -> float:
    x, party = rival.positions, rival.party
    return float(x[party == 0].mean() - x[party == 1].mean())


def _at(rival: PartyPressureResult, share: float) -> Array:
    """Positions when party cutpoints carry a given share; the two parties move alike, apart or
    together, all others keep their places.
    """
    u, slope = _distance(rival)
    wanted = 0.0 if share >= 1 else (1 - share) * float(u @ u) / float(u @ slope)
    shift = (wanted - _delta(rival)) / 2
    x = rival.positions.copy()
    x[rival.party == 0] += shift
    x[rival.party == 1] -= shift
    return x


def _gap(x: Array, labels: NDArray[np.intp]) -> float:
    """Distance between the means of 0 and 1 in standard deviations within them."""
    a, b = x[labels == 0], x[labels == 1]
    inside = np.concatenate([a - a.mean(), b - b.mean()])
    within = float(np.sqrt((inside**2).sum() / max(len(inside) - 2, 1)))
    return abs(float(a.mean() - b.mean())) / within if within > 0 else 0.0


def _held_out(
    matrix: Matrix, rival: PartyPressureResult, line: Array, rng: np.random.Generator
) -> tuple[tuple[float, float], Interval]:
    """Log scores of one line and of party cutpoints, and their difference.

    Cells are held out in blocks, a member over a stretch of items. The interval of the difference
    comes from its sums over stretches.
    """
    y = matrix.dense()
    stretch = np.empty(matrix.n_items, np.intp)
    n_stretches = min(STRETCHES, matrix.n_items)
    stretch[item_order(matrix.items)] = np.arange(matrix.n_items) * n_stretches // matrix.n_items
    turns = rng.permutation(matrix.n_actors)
    fold = (turns[:, None] + rng.permutation(n_stretches)[stretch]) % FOLDS
    sums, counts = np.zeros((2, n_stretches)), np.zeros(n_stretches)
    items = np.column_stack([rival.alpha, rival.beta, rival.gamma])
    variance = rival.sd_cutpoint**2
    plain = np.zeros((matrix.n_items, 2))
    for k in range(FOLDS):
        out = (fold == k) & (y != 0)
        train = np.where(fold == k, 0, y).astype(np.int8)
        for model, (start, x0) in enumerate(((plain, line), (items, rival.positions))):
            top = climb(train, rival.party, x0, start, variance, 25.0, LOOSE, 100)
            score = log_scores(y, out, rival.party, top)
            np.add.at(sums[model], stretch[np.nonzero(out)[1]], score)
            if model == 0:
                plain = top.items
        counts += np.bincount(stretch[np.nonzero(out)[1]], minlength=n_stretches)
    mean = sums.sum(axis=1) / counts.sum()
    difference = sums[1] - sums[0]
    gain = float(mean[1] - mean[0])
    spread = difference - gain * counts
    error = float(np.sqrt((spread**2).sum() * n_stretches / (n_stretches - 1)) / counts.sum())
    interval = Interval(gain, gain - 1.96 * error, gain + 1.96 * error)
    return (float(mean[0]), float(mean[1])), interval


def _moved(
    matrix: Matrix, rival: PartyPressureResult, line: Array
) -> tuple[tuple[Moved, ...], float]:
    """Whose rank in the own party differs most, and the correlation of the ranks."""
    rows, before, after = [], [], []
    ids, names = matrix.actors["actor"].to_list(), matrix.names
    for k, party in enumerate(rival.parties):
        inside = np.flatnonzero(rival.party == k)
        one, two = (_ranks(x[inside]) for x in (line, rival.positions))
        before += (one - one.mean()).tolist()
        after += (two - two.mean()).tolist()
        rows += [
            Moved(ids[i], names[i], party, int(a), int(b), len(inside))
            for i, a, b in zip(inside, one, two, strict=True)
        ]
    rows.sort(
        key=lambda m: (-abs(m.rank_in_party_line - m.rank_in_party_pressure) / m.n_party, m.actor)
    )
    moved = tuple(m for m in rows[:LISTED] if m.rank_in_party_line != m.rank_in_party_pressure)
    return moved, float(np.corrcoef(before, after)[0, 1])


def _ranks(x: Array) -> NDArray[np.intp]:
    # rounded, so that members who voted alike keep their order
    return np.argsort(np.argsort(x.round(6), kind="stable"), kind="stable") + 1


def _tip(path: list[tuple[float, float]], least: float) -> float | None:
    """Where the gap falls below the threshold, between two places by a straight line."""
    for (s0, g0), (s1, g1) in pairwise(path):
        if g0 >= least > g1:
            return s0 + (s1 - s0) * (g0 - least) / (g0 - g1)
    return None


def _likelier(gain: float) -> str:
    """A difference of log scores as a change of the probability of a vote."""
    return f"{np.expm1(gain):+.1%}".replace("-", "−")


def _sentence(
    gain: Interval,
    fits: list[PressureFit],
    path: list[tuple[float, float]],
    tip: float | None,
    least: float,
    correlation: float,
) -> str:
    """What the two models say, and what no choice can tell."""
    better = (
        "predicts held-out votes better than one line"
        if gain.low > 0
        else "predicts held-out votes worse than one line"
        if gain.high < 0
        else "does not predict held-out votes better or worse than one line"
    )
    what = "the blocs" if fits[0].bloc_gap is not None else "the parties"
    first, last = path[0][1], path[-1][1]
    if tip is not None:
        judged = f"a gap of {least:g} remains only while pressure carries less than {tip:.0%}"
    else:
        judged = f"a gap of {least:g} remains {'throughout' if last >= least else 'nowhere'}"
    line = fits[0].party_gap if fits[0].bloc_gap is None else fits[0].bloc_gap
    return (
        "A model in which each party has a lean of its own on each item, beside its members' "
        f"positions, {better} (each vote is {_likelier(gain.low)} to {_likelier(gain.high)} "
        "likelier by it, on geometric average). Pressure could carry between "
        f"{fits[1].pressure_share:.0%} and all of the distance between the parties' votes, and no "
        f"vote can tell: along that range {what} stand from {first:.1f} down to {last:.1f} "
        f"within-group standard deviations apart ({line:.1f} on one line), and {judged}. Within "
        f"the parties the two models' ranks correlate {correlation:.2f}. This is about voting "
        "behaviour, not belief."
    )
