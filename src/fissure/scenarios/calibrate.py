"""History matching: which values of a model's unmeasured numbers do past cases leave standing?"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from fissure.errors import SettingError
from fissure.results.scenarios import Calibration, CaseFit
from fissure.scenarios.ensemble import Told
from fissure.scenarios.inputs import Condition, Quantity, condition
from fissure.scenarios.model import OUTCOMES, SEEDS, Model, within
from fissure.workers import spread

__all__ = ["RULED_OUT", "Case", "Matched", "match", "stacked"]

Array = NDArray[np.float64]

#: Three standard deviations, as usual in history matching.
RULED_OUT = 9.0
#: In one of so many cases that may happen by the luck of the case.
LUCKY = 10
#: Turns of the iteration for the weights, which gains each time; its last gain is far below 1e-9.
TURNS = 500
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
        if not str(self.name).strip():
            raise SettingError(f"a case must have a name, got {self.name!r}")
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
    models: Sequence[Model],
    cases: Sequence[Case],
    seed: int,
    discrepancy: float = 0.1,
    workers: int | None = 1,
    told: Told | None = None,
) -> Matched:
    """Match every model to the cases, and score it on each case left out.

    For values u of a model's unmeasured numbers and a case with outcome z, I²(u) = (1 − p(u))² /
    (V_em + V_obs + V_disc), where p(u) is the share of runs with z, V_em its simulation variance,
    V_obs = p (1 − p) the luck of one case, and V_disc is ``discrepancy``². Values with I² of 9 or
    more are ruled out; one case in ten may be that far off, since what has a chance of 7 % does
    come out at times (the second or third largest I², as in Vernon, Goldstein and Bower 2010,
    doi:10.1214/10-BA524). Weights are stacked: see :func:`stacked`.

    Parameters
    ----------
    models, cases
        One or more of each.
    seed
        Of the values tried and of the runs.
    discrepancy
        Standard deviation that every model is granted, above 0 and at most 1.
    workers, told
        Processes, and a function that is told what is being done and the share done.

    Raises
    ------
    SettingError
        If the discrepancy is outside its range, or two cases have one name.
    """
    check_cases(cases, discrepancy)
    tried = [model.draw(TRIED, seed + 100 + k) for k, model in enumerate(models)]
    tasks = [
        (model, free, case, (seed, c))
        for model, free in zip(models, tried, strict=True)
        for c, case in enumerate(cases)
    ]
    rows = []
    for row in spread(_hits, tasks, workers):
        rows.append(row)
        if told is not None:
            told("matching to cases", len(rows) / len(tasks))
    every = np.array(rows).reshape(len(models), len(cases), TRIED)
    fits, kept, shares = [], [], []
    chances = np.empty((len(models), len(cases)))
    for k, (model, free, hits) in enumerate(zip(models, tried, every, strict=True)):
        i2 = _implausibility(hits, discrepancy)
        for c, case in enumerate(cases):
            others = np.delete(i2, c, axis=0)
            left = _left(others)
            p = float((1 - FLOOR) * hits[c, left].mean() + FLOOR / len(OUTCOMES))
            chances[k, c] = p
            fits.append(
                CaseFit(
                    model.name, case.name, case.outcome, float(i2[c].min()), p, float(np.log(p))
                )
            )
        standing = _left(i2)
        kept.append(free[standing])
        shares.append(float((_worst(i2) < RULED_OUT).mean()))
    scores = np.log(chances).sum(axis=1).tolist()
    baseline = len(cases) * float(np.log(1 / len(OUTCOMES)))
    frequency = _frequency([c.outcome for c in cases])
    answer = Calibration(
        len(cases), tuple(m.name for m in models), tuple(shares), tuple(scores), baseline,
        discrepancy, tuple(fits),
        _sentence(models, shares, scores, max(baseline, frequency), len(cases)), frequency,
    )  # fmt: skip
    return Matched(answer, tuple(kept), stacked(chances))


def check_cases(cases: Sequence[Case], discrepancy: float) -> None:
    """Refuse what is no list of cases with names of their own, or no discrepancy."""
    if within("discrepancy", discrepancy, 0.0, 1.0) == 0:
        raise SettingError(f"discrepancy must be above 0, at most 1, got {discrepancy!r}")
    wrong = [c for c in cases if not isinstance(c, Case)]
    if wrong:
        raise SettingError(f"cases must be of fissure.scenarios.Case, got {wrong[0]!r}")
    names = [c.name for c in cases]
    if len(set(names)) < len(names):
        double = next(n for n in names if names.count(n) > 1)
        raise SettingError(f"cases must have names of their own, got {double!r} twice")


def stacked(chances: Array) -> Array:
    """Weights of models under which their mixture has the highest score on cases left out.

    They maximise Σ_c log Σ_m w_m p_mc + Σ_m log w_m: stacking (Yao, Vehtari, Simpson and Gelman
    2018, doi:10.1214/17-BA1091) with one case more for each model, so that none is ever left with
    nothing and a handful of cases weighs little. Products of the p_mc would give nearly all to one
    model after a few dozen cases, be it ever so bad.

    Parameters
    ----------
    chances
        Probability that each model gave to what came out in each case left out, shape (M, C).

    Examples
    --------
    >>> stacked(np.array([[0.6], [0.2]])).round(2)
    array([0.61, 0.39])
    """
    m, n = chances.shape
    weights = np.full(m, 1 / m)
    for _ in range(TURNS):
        parts = weights[:, None] * chances
        weights = (1 + (parts / parts.sum(axis=0)).sum(axis=1)) / (m + n)
    return np.asarray(weights)


def _frequency(outcomes: Sequence[str]) -> float:
    """Log score of how frequent each outcome is in the other cases: (k + ½)/(n − 1 + 5/2)."""
    n = len(outcomes)
    same = np.array([outcomes.count(o) - 1 for o in outcomes])
    return float(np.log((same + 0.5) / (n - 1 + len(OUTCOMES) / 2)).sum())


def _hits(task: tuple[Model, Array, Case, tuple[int, int]]) -> Array:
    """Probability of what came out, for each row of free numbers.

    All rows have the same luck, and each case its own: errors of simulation that cases shared would
    not be averaged out over them.
    """
    model, free, case, seed = task
    rng = np.random.default_rng([*seed, 7])
    unit = rng.random((4, REPEATS))
    values = np.column_stack([c.at(u) for c, u in zip(case.conditions(), unit, strict=True)])
    n = len(free)
    runs = model.rows(
        np.tile(values, (n, 1)), np.repeat(free, REPEATS, axis=0),
        np.tile(rng.integers(0, SEEDS, REPEATS), n),
    )  # fmt: skip
    mean = runs.reshape(n, REPEATS, len(OUTCOMES)).mean(axis=1)
    return np.asarray(mean[:, OUTCOMES.index(case.outcome)])


def _implausibility(p: Array, discrepancy: float) -> Array:
    """I² of an outcome that came out and was given probability p."""
    simulated = (p * REPEATS + 0.5) / (REPEATS + 1)
    luck = simulated * (1 - simulated)
    return np.asarray((1 - p) ** 2 / (luck / REPEATS + luck + discrepancy**2))


def _left(i2: Array) -> NDArray[np.int64]:
    """The values that are not ruled out; where hardly any are left, the least implausible."""
    worst = _worst(i2) if len(i2) else np.zeros(TRIED)
    least = max(int(LEAST * len(worst)), 1)
    order = np.argsort(worst, kind="stable")
    return np.asarray(np.sort(order[: max(int((worst < RULED_OUT).sum()), least)]))


def _worst(i2: Array) -> Array:
    """The largest I² of each value, but for one case in ten."""
    k = len(i2) - 1 - len(i2) // LUCKY
    return np.asarray(np.partition(i2, k, axis=0)[k])


def _sentence(
    models: Sequence[Model], shares: list[float], scores: list[float], plain: float, n: int
) -> str:
    best = models[int(np.argmax(scores))].name
    out = [m.name for m, s in zip(models, shares, strict=True) if s == 0]
    no_better = [m.name for m, s in zip(models, scores, strict=True) if s <= plain]
    said = [f"On {n} case{'s' if n > 1 else ''}, each left out in turn, {best} scored best."]
    if no_better:
        said.append(
            "No better than equal chances, or than how frequent each outcome is in the other "
            f"cases: {', '.join(no_better)}."
        )
    if out:
        said.append(f"No values of its numbers fit the cases in: {', '.join(out)}.")
    return " ".join(said)
