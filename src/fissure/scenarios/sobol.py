"""Sobol indices: which inputs carry the variance of an outcome, in each model."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from fissure.errors import MissingExtra
from fissure.results.scenarios import Sensitivity
from fissure.scenarios.ensemble import Told
from fissure.scenarios.inputs import Condition
from fissure.scenarios.model import CONDITIONS, SEEDS, Model
from fissure.workers import spread

__all__ = ["sobol"]

#: Pieces of a design, which processes share out.
PARTS = 16
MEANING = {
    "depth": "depth of the split",
    "strength": "share of the population on the challengers' side",
    "organisation": "how far the challengers are organised",
    "capacity": "what the state is able to do",
    "chance": "the luck of a run",
}


def sobol(
    models: Sequence[Model],
    conditions: Sequence[Condition],
    outcome: int,
    n: int,
    seed: int,
    workers: int | None = 1,
    told: Told | None = None,
) -> tuple[Sensitivity, ...]:
    """First-order and total Sobol indices of one outcome's probability, by Saltelli's design.

    Depth and organisation run over their axes of the map, the others over what was given. The luck
    of a run is an input of its own, so that what it explains is not put down to others.

    Parameters
    ----------
    n
        Points of the design, a power of 2; each model is run n × (inputs + 2) times.
    workers, told
        Processes, and a function that is told what is being done and the share done.

    Raises
    ------
    MissingExtra
        If SALib is not installed.
    """
    try:
        from SALib.analyze.sobol import analyze  # type: ignore[import-untyped, unused-ignore]
        from SALib.sample.sobol import sample  # type: ignore[import-untyped, unused-ignore]
    except ImportError as error:
        raise MissingExtra(
            "Sobol indices need the package SALib: pip install 'fissure[sensitivity]'"
        ) from error
    out: list[Sensitivity] = []
    for k, model in enumerate(models):
        if told is not None:
            told("sensitivity", k / len(models))
        names = [*CONDITIONS, *(f.name for f in model.free), "chance"]
        problem = {"num_vars": len(names), "names": names, "bounds": [[0.0, 1.0]] * len(names)}
        unit = sample(problem, n, calc_second_order=False, seed=seed)
        parts = [(model, conditions, part) for part in np.array_split(unit, PARTS)]
        y = np.concatenate(list(spread(_run, parts, workers)))[:, outcome]
        if np.ptp(y) == 0:
            continue  # nothing varies: there is no variance to share out
        found = analyze(problem, y - y.mean(), calc_second_order=False, seed=seed)
        meaning = MEANING | {f.name: f.meaning for f in model.free}
        out.extend(_indices(model.name, names, meaning, found))
    return tuple(out)


def _indices(
    model: str, names: list[str], meaning: dict[str, str], found: dict[str, Any]
) -> list[Sensitivity]:
    keys = ("S1", "S1_conf", "ST", "ST_conf")
    return [
        Sensitivity(model, name, meaning[name], *(float(found[key][k]) for key in keys))
        for k, name in enumerate(names)
    ]


def _run(task: tuple[Model, Sequence[Condition], np.ndarray]) -> np.ndarray:
    """The model at points of the unit cube: conditions, free numbers, luck."""
    model, conditions, unit = task
    values = []
    for k, one in enumerate(conditions):
        ends = one.axis(2)
        is_axis = one.given.name in ("depth", "organisation")
        u = unit[:, k]
        values.append(ends[0] + u * (ends[1] - ends[0]) if is_axis else one.at(u))
    free = model.scaled(unit[:, 4:-1])
    seeds = (unit[:, -1] * SEEDS).astype(np.int64)
    return model.rows(np.column_stack(values), free, seeds)
