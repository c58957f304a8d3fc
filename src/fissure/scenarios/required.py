"""What would have to be true for an outcome, in one model."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from fissure.results.scenarios import Required, Tendency
from fissure.scenarios.ensemble import MapOf
from fissure.scenarios.model import CONDITIONS, OUTCOMES, Model
from fissure.scenarios.sobol import MEANING
from fissure.scenarios.wording import required_sentence

__all__ = ["required"]

Array = NDArray[np.float64]

#: Smaller differences, in standard deviations, are not called tendencies.
SMALL = 0.1


def required(
    name: str, one: MapOf, axes: tuple[Array, Array], outcome: int, level: float,
    model: Model | None, conditions: Array | None,
) -> Required:  # fmt: skip
    """Where on the map the outcome is probable enough, and what differs where it came out.

    Parameters
    ----------
    model, conditions
        For the tendencies; without them there are none.
    """
    depths, organisations = axes
    p = one.probability[..., outcome]
    is_enough = p >= level
    least = tuple(
        float(depths[column.argmax()]) if column.any() else None for column in is_enough.T
    )
    i, j = np.unravel_index(int(p.argmax()), p.shape)
    top = (float(p[i, j]), float(depths[i]), float(organisations[j]))
    tendencies = () if model is None else _tendencies(one, axes, outcome, model, conditions)
    share = float(is_enough.mean())
    return Required(
        share, least, *top, tendencies,
        required_sentence(name, OUTCOMES[outcome], level, share, top, tendencies),
    )  # fmt: skip


def _tendencies(
    one: MapOf, axes: tuple[Array, Array], outcome: int, model: Model, conditions: Array | None
) -> tuple[Tendency, ...]:
    """Means of the inputs where the outcome came out, beside those over all runs of the map."""
    weight = one.weights[outcome]
    if weight <= 0 or conditions is None:
        return ()
    overall = one.sums.sum(axis=0) / one.weights.sum()
    among = one.sums[outcome] / weight
    low = np.array([f.low for f in model.free])
    high = np.array([f.high for f in model.free])
    sd = np.concatenate(
        [
            [axes[0].std(), conditions[:, 1].std(), axes[1].std(), conditions[:, 3].std()],
            (high - low) / np.sqrt(12),
        ]
    )
    shift = np.divide(among - overall, sd, out=np.zeros(len(sd)), where=sd > 0)
    names = [*CONDITIONS, *(f.name for f in model.free)]
    meaning = MEANING | {f.name: f.meaning for f in model.free}
    order = [k for k in np.argsort(-np.abs(shift), kind="stable") if abs(shift[k]) >= SMALL]
    return tuple(
        Tendency(names[k], meaning[names[k]], float(overall[k]), float(among[k]), float(shift[k]))
        for k in order
    )
