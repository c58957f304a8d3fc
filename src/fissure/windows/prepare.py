"""Records cut by group and period, as tasks for looks."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise

import numpy as np
import polars as pl
from numpy.typing import NDArray

from fissure.errors import DataError
from fissure.matrix import Matrix
from fissure.periods import Periods, item_order
from fissure.results import SkippedPeriod
from fissure.split.groups import group_masks, too_small
from fissure.split.settings import SplitSettings, check_seed
from fissure.windows.look import Task
from fissure.windows.mix import Mix

__all__ = ["Followed", "Part", "prepare"]


@dataclass(frozen=True)
class Part:
    """One group in one period: its place among the periods, its records, and the task."""

    place: int
    matrix: Matrix
    task: Task

    @property
    def actors(self) -> list[str]:
        """Identifiers of its members."""
        ids: list[str] = self.matrix.actors["actor"].to_list()
        return ids


@dataclass(frozen=True)
class Followed:
    """One group through time, before anybody looked.

    Parameters
    ----------
    group, most
        Its name, and how many members it had in the period when it had most.
    parts, skipped
        The periods in which it can be looked at, and the others.
    """

    group: str
    most: int
    parts: tuple[Part, ...]
    skipped: tuple[SkippedPeriod, ...]


def prepare(
    matrix: Matrix,
    periods: Periods,
    mix: Mix,
    groups: tuple[str | None, bool],
    settings: SplitSettings,
    seed: int,
) -> list[Followed]:
    """Cut the records.

    Parameters
    ----------
    matrix, periods, mix
        The records, and the periods and classes of their items.
    groups
        A column of the actors or None, and whether to follow the whole body.
    settings, seed
        Of the verdicts.

    Raises
    ------
    SettingError
        If the seed is no whole number of 0 or more.
    """
    check_seed(seed)
    bodies = [_body(matrix, periods, t) for t in range(len(periods))]
    rows = [_numbers(matrix.actors["actor"], body.actors["actor"]) for body in bodies if body]
    whose = iter(rows)
    members = [next(whose) if body else np.zeros(0, np.intp) for body in bodies]
    out = []
    for name, mask in group_masks(matrix, *groups):
        found: list[tuple[int, Matrix]] = []
        skipped = []
        for t, (body, who) in enumerate(zip(bodies, members, strict=True)):
            part = _part(body, mask[who], name, settings)
            if isinstance(part, Matrix):
                found.append((t, part))
            else:
                skipped.append(SkippedPeriod(periods.labels[t], t, part))
        most = max(int(mask[who].sum()) for who in members)
        tasks = _tasks(found, matrix, periods, mix, settings, seed)
        parts = [Part(t, part, task) for (t, part), task in zip(found, tasks, strict=True)]
        out.append(Followed(name, most, tuple(parts), tuple(skipped)))
    return out


def _body(matrix: Matrix, periods: Periods, t: int) -> Matrix | None:
    """Everybody in one period."""
    try:
        return matrix.of_items(periods.members[t], name=periods.labels[t])
    except DataError:
        return None


def _part(
    body: Matrix | None, mask: NDArray[np.bool_], name: str, settings: SplitSettings
) -> Matrix | str:
    """One group in one period, or why it cannot be looked at."""
    if body is None:
        return "no usable choice"
    reason = too_small(body, mask)
    if reason is not None:
        return reason
    try:
        part = body.of_actors(mask, name=name, min_presence=settings.min_presence)
    except DataError as error:
        return str(error)
    return too_small(part, np.ones(part.n_actors, bool)) or part


def _tasks(
    found: Sequence[tuple[int, Matrix]],
    matrix: Matrix,
    periods: Periods,
    mix: Mix,
    settings: SplitSettings,
    seed: int,
) -> list[Task]:
    actors = [part.actors["actor"] for _, part in found]
    nobody = pl.Series("actor", [], dtype=pl.String)
    # two more, so that the first and the last have neighbours too
    around = [nobody, *actors, nobody]
    shared = [
        (now.is_in(before.implode()).to_numpy(), before.is_in(now.implode()).to_numpy())
        for before, now in pairwise(around)
    ]
    of_item = [mix.of_item[_numbers(matrix.items["item"], p.items["item"])] for _, p in found]
    shares = [np.bincount(c, minlength=len(mix.common)) / len(c) for c in of_item]
    mixes = [(a + b) / 2 for a, b in pairwise(shares)]
    mixes = [mix.common, *mixes, mix.common]
    tasks = []
    for k, (t, part) in enumerate(found):
        tasks.append(
            Task(
                group=part.name,
                period=periods.labels[t],
                y=part.dense(),
                names=tuple(part.names),
                order=item_order(part.items),
                of_item=of_item[k],
                common=mix.common,
                before=shared[k][0],
                after=shared[k + 1][1],
                mix_before=mixes[k],
                mix_after=mixes[k + 1],
                settings=settings,
                seed=seed,
            )
        )
    return tasks


def _numbers(table: pl.Series, some: pl.Series) -> NDArray[np.intp]:
    """Where some identifiers stand in a table that holds them in the same order."""
    return np.flatnonzero(table.is_in(some.implode()).to_numpy())
