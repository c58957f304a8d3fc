"""History matching: which values of a model's unmeasured numbers do past cases leave standing?"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from fissure.errors import SettingError
from fissure.results.scenarios import Calibration, CaseFit
from fissure.scenarios.inputs import Condition, Quantity, condition
from fissure.scenarios.model import OUTCOMES, Model, seeds_of

__all__ = ["RULED_OUT", "Case", "Matched", "match"]

Array = NDArray[np.float64]

#: Three standard deviations, as usual in history matching.
RULED_OUT = 9.0
#: Runs for each value and case; values tried; the least share of them that is gone on with.
REPEATS, TRIED, LEAST = 16, 256, 0.05
#: Probability left to what the model does not know of, spread over all outcomes.
FLOOR = 0.1


@dataclass(frozen=True)
class Case:
    """A case whose outcome is known; its conditions are numbers, ranges or draws, 0 to 1.

    Raises
    ------
    SettingError
        If the outcome is unknown, or a condition is not as it should be.
    """

    name: str
    outcome: str
    depth: Quantity
    strength: Quantity
    organisation: Quantity
    capacity: Quantity

    def __post_init__(self) -> None:
        if self.outcome not in OUTCOMES:
            allowed = ", ".join(OUTCOMES)
            raise SettingError(
                f"outcome of {self.name!r} must be one of {allowed}, got {self.outcome!r}"
            )
        self.conditions()

    def conditions(self) -> tuple[Condition, ...]:
        """The four in order."""
        return tuple(
            condition(f"{k} of {self.name!r}", getattr(self, k))
            for k in ("depth", "strength", "organisation", "capacity")
        )


@dataclass(frozen=True)
class Matched:
    """The result for print, the values left for each model, and the models' weights."""

    calibration: Calibration
    kept: tuple[Array, ...]
    weights: Array


def match(
    models: Sequence[Model], cases: Sequence[Case], seed: int, discrepancy: float = 0.1
) -> Matched:
    """Match every model to the cases, and score it on each case left out.

    For values u of a model's unmeasured numbers and a case with outcome z, I²(u) = (1 − p(u))² /
    (V_em + V_obs + V_disc), where p(u) is the share of runs with z, V_em its simulation variance,
    V_obs = p (1 − p) the luck of one case, and V_disc is ``discrepancy``². Values with I² of 9 or
    more in any case are ruled out. Weights are the products of leave-one-out probabilities, with a
    tenth of each spread over all outcomes, over their sum.

    Parameters
    ----------
    models, cases
        One or more of each.
    seed
        Of the values tried and of the runs.
    discrepancy
        Standard deviation that every model is granted, above 0 and at most 1.

    Raises
    ------
    SettingError
        If the discrepancy is outside its range, or two cases have one name.
    """
    if not 0 < discrepancy <= 1:
        raise SettingError(f"discrepancy must be above 0, at most 1, got {discrepancy!r}")
    names = [c.name for c in cases]
    if len(set(names)) < len(names):
        double = next(n for n in names if names.count(n) > 1)
        raise SettingError(f"cases must have names of their own, got {double!r} twice")
    fits, kept, shares, scores = [], [], [], []
    for k, model in enumerate(models):
        free = model.draw(TRIED, seed + 100 + k)
        hits = np.array([_hits(model, free, case, seed) for case in cases])
        i2 = _implausibility(hits, discrepancy)
        score = 0.0
        for c, case in enumerate(cases):
            others = np.delete(i2, c, axis=0)
            left = _left(others)
            p = float((1 - FLOOR) * hits[c, left].mean() + FLOOR / len(OUTCOMES))
            score += float(np.log(p))
            fits.append(
                CaseFit(
                    model.name, case.name, case.outcome, float(i2[c].min()), p, float(np.log(p))
                )
            )
        standing = _left(i2)
        kept.append(free[standing])
        shares.append(float((i2.max(axis=0) < RULED_OUT).mean()))
        scores.append(score)
    weights = np.exp(np.array(scores) - max(scores))
    weights /= weights.sum()
    baseline = len(cases) * float(np.log(1 / len(OUTCOMES)))
    told = Calibration(
        len(cases), tuple(m.name for m in models), tuple(shares), tuple(scores), baseline,
        discrepancy, tuple(fits), _sentence(models, shares, scores, baseline, len(cases)),
    )  # fmt: skip
    return Matched(told, tuple(kept), weights)


def _hits(model: Model, free: Array, case: Case, seed: int) -> Array:
    """Probability of what came out, for each row of free numbers."""
    rng = np.random.default_rng([seed, 7])
    unit = rng.random((4, REPEATS))
    values = np.column_stack([c.at(u) for c, u in zip(case.conditions(), unit, strict=True)])
    n = len(free)
    runs = model.run(
        np.tile(values, (n, 1)), np.repeat(free, REPEATS, axis=0),
        np.tile(seeds_of(REPEATS, seed), n),
    )  # fmt: skip
    mean = runs.reshape(n, REPEATS, len(OUTCOMES)).mean(axis=1)
    return np.asarray(mean[:, OUTCOMES.index(case.outcome)])


def _implausibility(p: Array, discrepancy: float) -> Array:
    """I² of an outcome that came out and was given probability p."""
    simulated = (p * REPEATS + 0.5) / (REPEATS + 1)
    luck = simulated * (1 - simulated)
    return np.asarray((1 - p) ** 2 / (luck / REPEATS + luck + discrepancy**2))


def _left(i2: Array) -> NDArray[np.int64]:
    """The values that no case rules out; where hardly any are left, the least implausible."""
    worst = i2.max(axis=0) if len(i2) else np.zeros(TRIED)
    least = max(int(LEAST * len(worst)), 1)
    order = np.argsort(worst, kind="stable")
    return np.asarray(np.sort(order[: max(int((worst < RULED_OUT).sum()), least)]))


def _sentence(
    models: Sequence[Model], shares: list[float], scores: list[float], baseline: float, n: int
) -> str:
    best = models[int(np.argmax(scores))].name
    out = [m.name for m, s in zip(models, shares, strict=True) if s == 0]
    no_better = [m.name for m, s in zip(models, scores, strict=True) if s <= baseline]
    said = [f"On {n} case{'s' if n > 1 else ''}, each left out in turn, {best} scored best."]
    if no_better:
        said.append(f"No better than equal chances for all five outcomes: {', '.join(no_better)}.")
    if out:
        said.append(f"No values of its numbers fit all cases in: {', '.join(out)}.")
    return " ".join(said)
