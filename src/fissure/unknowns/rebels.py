"""Rebels: protest from the end of a camp, or a step towards the middle?"""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np
import polars as pl
from numpy.typing import NDArray
from threadpoolctl import threadpool_limits

from fissure.errors import SettingError
from fissure.matrix import Matrix
from fissure.models.curves import Choices, Mode, around, climb, expected_yea, library
from fissure.models.unfolding import Unfolding, UnfoldingResult
from fissure.periods import item_dates
from fissure.results import Group, Interval
from fissure.results.rebels import EndsItem, ModelScore, Rebel, RebelItem, Rebels
from fissure.split.assemble import item_titles
from fissure.split.groups import item_turn
from fissure.unknowns.rebels_words import sentence

__all__ = ["RebelSettings", "camp_thirds", "camps_of", "dissent", "foretell", "rebels"]

Array = NDArray[np.float64]

#: A party with fewer members than this is no camp.
FEWEST = 5


@dataclass(frozen=True)
class RebelSettings:
    """Who counts as a rebel, and how much is shown.

    Parameters
    ----------
    quantile
        A rebel dissents at least as often as this quantile of its camp, 0.5 to 1 …
    times
        … and at least this many times as often as the camp's median member, 1 or more.
    most
        Rebels shown for each camp, 1 or more.
    n_items
        Items shown for each rebel, 1 or more.
    held_out
        Share of choices kept from both models to compare them, above 0 to 0.5.
    model
        Settings of the rival model.
    """

    quantile: float = 0.9
    times: float = 1.5
    most: int = 8
    n_items: int = 8
    held_out: float = 0.1
    model: Unfolding = field(default_factory=Unfolding)

    def __post_init__(self) -> None:
        if not 0.5 <= self.quantile < 1:
            raise SettingError(f"quantile must be 0.5 to below 1, got {self.quantile!r}")
        if not self.times >= 1:
            raise SettingError(f"times must be 1 or more, got {self.times!r}")
        for name in ("most", "n_items"):
            if getattr(self, name) < 1:
                raise SettingError(f"{name} must be 1 or more, got {getattr(self, name)!r}")
        if not 0 < self.held_out <= 0.5:
            raise SettingError(f"held_out must be above 0 to 0.5, got {self.held_out!r}")


def rebels(
    matrix: Matrix,
    group: Group | None = None,
    *,
    within: str | None = None,
    settings: RebelSettings | None = None,
    seed: int = 1,
) -> Rebels:
    """Who stands against the own camp, and from which end: extremists in protest or centrists?

    Parameters
    ----------
    matrix
        The group's choices.
    group
        The verdict on it. Where it is a split, and no party column is given, its blocs are the
        camps.
    within
        An actor column, such as ``party``, whose values are the camps where two of them have five
        members. Without camps the group is one.
    settings
        Who counts as a rebel.
    seed
        Of the choices kept from both models.

    Raises
    ------
    DataError
        If the rival model cannot be fitted: fewer than 3 actors or items, or nothing divides them.
    ConvergenceError
        If its fit does not end.
    """
    settings = settings or RebelSettings()
    # turned by their majorities, so that a mirrored input gives the same answer to the last bit
    turn = item_turn(matrix.dense())
    matrix = matrix.turned(turn)
    y = matrix.dense()
    names, camp = camps_of(matrix, group, within)
    fit = settings.model.fit(matrix)
    compare = foretell(matrix, y, fit, settings, seed)
    rate = dissent(y, camp)
    dates = item_dates(matrix.items)
    days = None if dates is None else dates.to_list()
    about = _About(matrix, y, turn, fit, item_titles(matrix.items), days)
    found = []
    for c, name in enumerate(names):
        regions = camp_thirds(fit, camp, c)
        usual = float(np.median(rate[camp == c]))
        found += [
            _rebel(about, i, name, rate[i], usual, regions, _majority(y[camp == c]), settings)
            for i in _who(rate, camp == c, matrix.actors["actor"], settings)
        ]
    items = about.ends()
    return Rebels(
        group=matrix.name,
        camps=tuple(names),
        camp_sizes=tuple(int((camp == c).sum()) for c in range(len(names))),
        rebels=tuple(found),
        items=items,
        n_items=matrix.n_items,
        share=fit.share,
        compare=compare,
        n_modes=fit.n_modes,
        seed=seed,
        sentence=sentence(found, len(items), matrix.n_items, compare, len(names) > 1),
    )


def camps_of(
    matrix: Matrix, group: Group | None, within: str | None
) -> tuple[list[str], NDArray[np.int64]]:
    """Names of the camps, and each actor's number of its camp, −1 for none: parties, else the blocs
    of a split, else all as one.
    """
    if within is not None and within in matrix.actors.columns:
        values = matrix.actors[within].cast(pl.String)
        counts = values.drop_nulls().value_counts(name="n").filter(pl.col("n") >= FEWEST)
        names = counts.sort(["n", within], descending=[True, False])[within].to_list()
        if len(names) > 1:
            place = {name: c for c, name in enumerate(names)}
            return (
                [f"{within} = {name}" for name in names],
                np.array([place.get(v, -1) for v in values], np.int64),
            )
    if group is not None and group.verdict == "split" and len(group.blocs) > 1:
        of = {m.actor: c for c, bloc in enumerate(group.blocs) for m in bloc.members}
        for m in group.defectors:
            of[m.actor] = -1 if m.siding is None else 0 if m.siding >= 0.5 else 1
        camp = np.array([of.get(a, -1) for a in matrix.actors["actor"]], np.int64)
        return [f"bloc {bloc.name}" for bloc in group.blocs], camp
    return [matrix.name], np.zeros(matrix.n_actors, np.int64)


def dissent(y: NDArray[np.int8], camp: NDArray[np.int64]) -> Array:
    """Share of each actor's choices against its camp's majority, where it has one; 0 without any.

    Parameters
    ----------
    y
        int8 array of shape (n_actors, n_items): +1 yea, −1 nay, 0 unobserved.
    camp
        Number of each actor's camp, −1 for none.
    """
    rate = np.zeros(len(y))
    for c in range(int(camp.max()) + 1):
        here = camp == c
        majority = _majority(y[here])
        chose = ((y[here] != 0) & (majority != 0)).sum(axis=1)
        against = ((y[here] == -majority) & (majority != 0)).sum(axis=1)
        rate[here] = against / np.maximum(chose, 1)
    return rate


def camp_thirds(fit: UnfoldingResult, camp: NDArray[np.int64], c: int) -> tuple[Array, Array]:
    """Which part of each cell of ``fit.line`` is for protesters, and which for centrists.

    The line is cut where a third and two thirds of the camp's own probability lie. The third away
    from all others, and what is beyond it, is the protesters'; the third towards them, and what is
    beyond it, the centrists'. A camp without others has two ends, of a sixth each, and its middle
    third.

    Returns
    -------
    protester, centrist
        Shares of cells, 0 to 1, of shape (points,).
    """
    own = fit.places[camp == c].mean(axis=0)
    others = fit.positions[camp != c]
    if not len(others):
        below = _below(own, 1 / 6)
        above = 1.0 - _below(own, 5 / 6)
        middle = _below(own, 2 / 3) - _below(own, 1 / 3)
        return below + above, middle
    low, high = _below(own, 1 / 3), 1.0 - _below(own, 2 / 3)
    is_upper = fit.positions[camp == c].mean() >= others.mean()
    return (high, low) if is_upper else (low, high)


def _below(density: Array, q: float) -> Array:
    """Share of each cell that lies below a quantile; a cell's probability is spread evenly."""
    total = np.cumsum(density)
    return np.clip((q - (total - density)) / np.maximum(density, 1e-300), 0.0, 1.0)


def foretell(
    matrix: Matrix,
    y: NDArray[np.int8],
    fit: UnfoldingResult,
    settings: RebelSettings,
    seed: int,
) -> ModelScore:
    """Fit both models without a share of the choices, and see how well they foretell those.

    Both climbs begin where the whole records led; the rival's from both models' positions, and the
    better of the two by the choices it sees counts.
    """
    order = np.argsort(matrix.actors["actor"].to_numpy().astype(str), kind="stable")
    hidden = np.zeros(y.shape, bool)
    hidden[order] = np.random.default_rng(seed).random(y.shape) < settings.held_out
    seen, model = Choices.of(np.where(hidden, 0, y).astype(np.int8)), settings.model

    def again(at: Array, prior: tuple[float, float] | None) -> Mode:
        start = around(np.clip(at, -2.5, 2.5), 0.15, library())
        return climb(seen, start, prior, model.max_iter, model.tol, library())

    with threadpool_limits(1, user_api="blas"):
        monotone = again(fit.monotone_positions, None)
        starts = (fit.monotone_positions, fit.positions)
        rival = max((again(at, model.prior) for at in starts), key=lambda m: round(m.bound, 1))
        hidden &= y != 0
        chance = [expected_yea(mode) for mode in (monotone, rival)]
    logs = [np.log(np.where(y > 0, p, 1.0 - p)) * hidden for p in chance]
    n = int(hidden.sum())
    gain = float((logs[1] - logs[0]).sum()) / max(n, 1)
    off = (logs[1] - logs[0] - gain * hidden).sum(axis=0)
    half = 1.96 * float(np.sqrt((off**2).sum())) / max(n, 1)
    return ModelScore(
        n_choices=n,
        monotone=float(logs[0].sum()) / max(n, 1),
        unfolding=float(logs[1].sum()) / max(n, 1),
        gain=Interval(gain, gain - half, gain + half),
    )


def _majority(y: NDArray[np.int8]) -> NDArray[np.int8]:
    return np.sign(y.sum(axis=0, dtype=np.int64)).astype(np.int8)


def _who(
    rate: Array, here: NDArray[np.bool_], actors: pl.Series, settings: RebelSettings
) -> list[int]:
    """Rows of a camp's rebels, the most frequent first, ties by identifier."""
    bar = max(
        float(np.quantile(rate[here], settings.quantile)),
        settings.times * float(np.median(rate[here])),
    )
    rows = np.flatnonzero(here & (rate >= bar) & (rate > 0))
    ids = actors.to_list()
    return sorted((int(i) for i in rows), key=lambda i: (-rate[i], str(ids[i])))[: settings.most]


@dataclass(frozen=True)
class _About:
    """What is said about items, and the fit it comes from; ``y`` is turned by ``turn``."""

    matrix: Matrix
    y: NDArray[np.int8]
    turn: NDArray[np.int8]
    fit: UnfoldingResult
    titles: list[str]
    dates: list[object] | None

    def item(self, j: int) -> tuple[str, str | None, str]:
        """Identifier, date and title."""
        day = None if self.dates is None else str(self.dates[j])
        return str(self.matrix.items["item"][int(j)]), day, self.titles[j]

    def word(self, j: int, side: float) -> str:
        """What the records call the side of an item that is above 0 here."""
        return "yea" if side * self.turn[j] > 0 else "nay"

    def ends(self) -> tuple[EndsItem, ...]:
        """Items that are more likely unfolding than not, the surest first."""
        fit = self.fit
        some = np.flatnonzero(fit.unfolding > 0.5)
        return tuple(
            EndsItem(
                *self.item(j),
                probability=float(fit.unfolding[j]),
                middle=self.word(j, 2.0 * fit.yea_in_middle[j] - 1.0),
            )
            for j in some[np.argsort(-fit.unfolding[some].round(9), kind="stable")]
        )


def _rebel(
    about: _About,
    i: int,
    camp: str,
    rate: float,
    usual: float,
    regions: tuple[Array, Array],
    majority: NDArray[np.int8],
    settings: RebelSettings,
) -> Rebel:
    fit, y = about.fit, about.y[i]
    protester, centrist = (fit.places[i] * region for region in regions)
    evidence = _evidence(fit, y, i, regions)
    chosen = np.flatnonzero(y)
    top = chosen[np.argsort(-np.abs(evidence[chosen]).round(9), kind="stable")][: settings.n_items]
    return Rebel(
        actor=str(about.matrix.actors["actor"][i]),
        name=about.matrix.names[i],
        camp=camp,
        dissent=float(rate),
        usual=usual,
        p_protester=min(float(protester.sum()), 1.0),
        p_centrist=min(float(centrist.sum()), 1.0),
        monotone=_interval(fit.monotone_positions, fit.monotone_low, fit.monotone_high, i),
        unfolding=_interval(fit.positions, fit.low, fit.high, i),
        items=tuple(
            RebelItem(
                *about.item(j),
                choice=about.word(j, float(y[j])),
                against_camp=bool(majority[j] == -y[j]),
                evidence=float(evidence[j]),
            )
            for j in top
        ),
    )


def _evidence(
    fit: UnfoldingResult, y: NDArray[np.int8], i: int, regions: tuple[Array, Array]
) -> Array:
    """Log ratio of the chances of the actor's choice on each item, from the two regions.

    Within a region points weigh as the actor's own probabilities there; a trace of the whole body's
    keeps the ratio defined where the actor has none.
    """
    chances = []
    for region in regions:
        weight = fit.places[i] * region
        weight = weight + 1e-9 * region * fit.places.mean(axis=0) + 1e-300 * region
        yea = fit.response @ (weight / weight.sum())
        chances.append(np.clip(np.where(y > 0, yea, 1.0 - yea), 1e-4, 1.0))
    ratio: Array = np.log(chances[0] / chances[1]) * (y != 0)
    return ratio


def _interval(at: Array, low: Array, high: Array, i: int) -> Interval:
    x = float(at[i])
    return Interval(x, min(float(low[i]), x), max(float(high[i]), x))
