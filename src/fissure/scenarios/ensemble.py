"""Many runs of every model over the map, spread over processes; the same draws in every cell."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from fissure.scenarios.inputs import Condition
from fissure.scenarios.model import Model, even, seeded, seeds_of
from fissure.workers import spread

__all__ = ["Draws", "MapOf", "Told", "draws_of", "maps"]

Array = NDArray[np.float64]
Told = Callable[[str, float], None]


@dataclass(frozen=True)
class Draws:
    """What is drawn once and used in every cell: common random numbers.

    Parameters
    ----------
    conditions
        Depth, strength, organisation and capacity, shape (n, 4).
    free
        Unmeasured numbers of each model, shape (n, k).
    seeds
        Shape (n,).
    """

    conditions: Array
    free: tuple[Array, ...]
    seeds: NDArray[np.int64]


@dataclass(frozen=True)
class MapOf:
    """One model over the map.

    Parameters
    ----------
    probability, error
        Shape (n_depths, n_organisations, 5).
    odds, odds_error
        Under the conditions as given, shape (5,).
    sums
        For each outcome the sum over all runs of the map of the inputs (4 conditions, then the free
        ones), weighted by its probability, shape (5, 4 + k).
    """

    probability: Array
    error: Array
    odds: Array
    odds_error: Array
    sums: Array
    weights: Array


def draws_of(
    conditions: Sequence[Condition], models: Sequence[Model], n: int, seed: int,
    kept: Sequence[Array | None] | None = None,
) -> Draws:  # fmt: skip
    """Draws of conditions and every model's free numbers, which together fill their ranges evenly.

    Parameters
    ----------
    kept
        For each model the values that calibration has left, to be taken in random order, all of
        them before any again; None for all.
    """
    unit = even(n, 4 + max(len(m.free) for m in models), [seed, 4])
    values = np.column_stack([c.at(u) for c, u in zip(conditions, unit[:, :4].T, strict=True)])
    rng, free = np.random.default_rng([seed, 6]), []
    for k, model in enumerate(models):
        left = None if kept is None else kept[k]
        if left is None:
            free.append(model.scaled(unit[:, 4 : 4 + len(model.free)]))
        else:
            turns = [rng.permutation(len(left)) for _ in range(-(-n // len(left)))]
            free.append(left[np.concatenate(turns)[:n]])
    return Draws(values, tuple(free), seeds_of(n, seed))


def maps(
    models: Sequence[Model],
    draws: Draws,
    depths: Array,
    organisations: Array,
    workers: int | None,
    told: Told | None = None,
) -> list[MapOf]:
    """Every model over every cell, and under the conditions as given."""
    tasks = [
        (model, draws, k, float(depth), organisations)
        for k, model in enumerate(models)
        for depth in depths
    ]
    rows = []
    for n, row in enumerate(spread(_row, tasks, workers)):
        rows.append(row)
        if told is not None:
            told(tasks[n][0].name, (n + 1) / len(tasks))
    out = []
    for k, model in enumerate(models):
        mine = rows[k * len(depths) : (k + 1) * len(depths)]
        odds, odds_error = seeded(model.rows(draws.conditions, draws.free[k], draws.seeds))
        out.append(
            MapOf(
                np.stack([r[0] for r in mine]),
                np.stack([r[1] for r in mine]),
                odds,
                odds_error,
                np.sum([r[2] for r in mine], axis=0),
                np.sum([r[3] for r in mine], axis=0),
            )
        )
    return out


def _row(task: tuple[Model, Draws, int, float, Array]) -> tuple[Array, Array, Array, Array]:
    """One model at one depth and every organisation."""
    model, draws, k, depth, organisations = task
    free, n = draws.free[k], len(draws.seeds)
    many = len(organisations)
    p, error = np.empty((many, 5)), np.empty((many, 5))
    # runs that differ in organisation alone stand together: a model may begin them as one
    conditions = np.repeat(draws.conditions, many, axis=0)
    conditions[:, 0], conditions[:, 2] = depth, np.tile(organisations, n)
    free, seeds = np.repeat(free, many, axis=0), np.repeat(draws.seeds, many)
    runs = model.rows(conditions, free, seeds)
    for j in range(many):
        p[j], error[j] = seeded(runs[j::many])
    sums = runs.T @ np.column_stack([conditions, free])
    return p, error, sums, runs.sum(axis=0)
