"""The map: what follows from a split and from organisation, under every model at once."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from itertools import combinations

import numpy as np
from numpy.typing import NDArray

from fissure.errors import SettingError
from fissure.results.scenarios import ModelView, Odds, Scenarios, Sensitivity, Surface
from fissure.results.trace import Trace
from fissure.results.tree import Group, Split
from fissure.scenarios.calibrate import Case, Matched, check_cases, match
from fissure.scenarios.cascade import Cascade
from fissure.scenarios.ensemble import MapOf, draws_of, maps
from fissure.scenarios.global_game import GlobalGame
from fissure.scenarios.inputs import Quantity, condition, depth_of
from fissure.scenarios.model import OUTCOMES, Model, Outcome, whole, within
from fissure.scenarios.required import required
from fissure.scenarios.sobol import sobol
from fissure.scenarios.stress import Stress
from fissure.scenarios.violence import CivilViolence
from fissure.scenarios.wording import REMARKS, ensemble_sentence, model_sentence, title_of
from fissure.split.provenance import versions_used
from fissure.workers import check_workers

__all__ = ["MODELS", "scenarios"]

Array = NDArray[np.float64]

#: The rival models, in the order of every result.
MODELS: tuple[Model, ...] = (Cascade(), GlobalGame(), CivilViolence(), Stress())
#: So many inputs are named as those that matter most, and the design of their indices.
N_MATTERS, SOBOL_POINTS = 4, 1024
TINY = 1e-12


def scenarios(
    depth: Quantity | Split | Group | Trace = (0.0, 1.0),
    organisation: Quantity = (0.0, 1.0),
    strength: Quantity = (0.0, 1.0),
    capacity: Quantity = (0.0, 1.0),
    *,
    outcome: Outcome = "change from below",
    level: float = 0.5,
    models: Sequence[str | Model] | None = None,
    cases: Sequence[Case] = (),
    discrepancy: float = 0.1,
    sensitivity: bool = False,
    draws: int = 200,
    grid: int = 11,
    seed: int = 1,
    group: str | None = None,
    period: str | None = None,
    workers: int | None = None,
    progress: Callable[[str, float], None] | None = None,
) -> Scenarios:
    """If the split is this deep and the challengers are this organised, what follows?

    Rival models are asked the same question. The answer is what each says, where they agree, and
    where they do not: statements of the form "if this, then that in this model", not forecasts.
    Without ``cases`` nothing ties the models to history, and the title says so.

    Parameters
    ----------
    depth
        Depth of the split in the ruling group, 0 to 1: a number, a range, draws (three or more
        numbers), or a report, one of its groups, or a trace that has measured it.
    organisation
        How far the challengers are organised and connected, 0 to 1.
    strength
        Share of the population on the challengers' side, 0 to 1.
    capacity
        What the state is able to do, 0 to 1.
    outcome, level
        For "what would have to be true": an outcome, and how probable it must be.
    models
        Names or models; all without it: cascade, global game, civil violence, structural stress.
    cases
        Cases with known outcomes, for calibration by history matching.
    discrepancy
        What every model is granted to be wrong by in calibration, as a standard deviation.
    sensitivity
        Whether Sobol indices are computed; needs the extra ``sensitivity``.
    draws
        Runs in each cell of the map, 20 or more; every cell has the same draws.
    grid
        Rows and columns of the map, 2 or more.
    seed
        The same seed gives the same answer, whatever the number of processes.
    group, period
        Of a report or trace: which group, and which period.
    workers
        Processes; one for each core without it, or those of a cluster under
        ``joblib.parallel_config``.
    progress
        Called with the model at work and the share done.

    Raises
    ------
    SettingError
        If a number is outside its range, or an outcome or model is unknown.
    DataError
        If the report or trace has no such group or period.
    MissingExtra
        If Sobol indices are asked for without SALib.

    Examples
    --------
    >>> from fissure.scenarios import scenarios
    >>> answer = scenarios(0.4, models=["global game"], draws=64, grid=3, workers=1)
    >>> answer.is_calibrated, len(answer.models[0].surfaces)
    (False, 5)
    """
    chosen = _models(models)
    _check(outcome, level, draws, grid, seed)
    check_cases(cases, discrepancy)
    check_workers(workers)
    conditions = (
        depth_of(depth, group, period),
        condition("strength", strength),
        condition("organisation", organisation),
        condition("capacity", capacity),
    )
    at = OUTCOMES.index(outcome)
    # first, so that what is missing is told before anything takes long
    indices: tuple[Sensitivity, ...] = ()
    if sensitivity:
        indices = sobol(chosen, conditions, at, SOBOL_POINTS, seed, workers, progress)
    matched = match(chosen, cases, seed, discrepancy, workers, progress) if cases else None
    drawn = draws_of(conditions, chosen, draws, seed, matched.kept if matched else None)
    depths, organisations = conditions[0].axis(grid), conditions[2].axis(grid)
    found = maps(chosen, drawn, depths, organisations, workers, progress)
    weights = matched.weights if matched else np.full(len(chosen), 1 / len(chosen))
    axes = (depths, organisations)
    views = tuple(
        _view(m, one, float(w), axes, at, level, drawn.conditions)
        for m, one, w in zip(chosen, found, weights, strict=True)
    )
    ensemble = _ensemble(chosen, found, weights, axes, at, level, matched is not None)
    agreement = _agreement(found)
    share = float(np.mean([cell is not None for row in agreement for cell in row]))
    return Scenarios(
        title=title_of(matched is not None, len(cases)),
        sentence=ensemble.sentence,
        is_calibrated=matched is not None,
        conditions=tuple(c.given for c in conditions),
        outcomes=tuple(OUTCOMES),
        outcome=outcome,
        level=float(level),
        depths=tuple(depths.tolist()),
        organisations=tuple(organisations.tolist()),
        models=views,
        ensemble=ensemble,
        disagreement=_rows(_disagreement(found)),
        agreement=agreement,
        share_agreed=share,
        sensitivity=indices,
        matters=_matters(views, () if matched else indices, at),
        calibration=matched.calibration if matched else None,
        remarks=_remarks(matched, len(chosen), sensitivity),
        settings={
            "draws": draws, "grid": grid, "models": [m.name for m in chosen],
            "discrepancy": discrepancy, "cases": [c.name for c in cases],
            "sobol_points": SOBOL_POINTS if sensitivity else None,
        },
        seed=seed,
        versions=versions_used(),
    )  # fmt: skip


def _models(models: Sequence[str | Model] | None) -> tuple[Model, ...]:
    known = {m.name: m for m in MODELS}
    if models is None:
        return MODELS
    if isinstance(models, str) or not len(models):
        raise SettingError(f"models must be a list of one or more, got {models!r}")
    out = []
    for model in models:
        if not isinstance(model, Model) and model not in known:
            raise SettingError(f"model must be one of {', '.join(known)}, got {model!r}")
        out.append(model if isinstance(model, Model) else known[model])
    names = [m.name for m in out]
    if len(set(names)) < len(names):
        raise SettingError(f"every model must be named once, got {', '.join(names)}")
    return tuple(out)


def _check(outcome: object, level: object, draws: object, grid: object, seed: object) -> None:
    if outcome not in OUTCOMES:
        raise SettingError(f"outcome must be one of {', '.join(OUTCOMES)}, got {outcome!r}")
    within("level", level, 0.0, 1.0)
    for name, value, least in (("draws", draws, 20), ("grid", grid, 2), ("seed", seed, 0)):
        whole(name, value, least)


def _view(
    model: Model, one: MapOf, weight: float, axes: tuple[Array, Array], at: int, level: float,
    conditions: Array,
) -> ModelView:  # fmt: skip
    odds = tuple(
        Odds(o, float(p), float(e), float(p), float(p))
        for o, p, e in zip(OUTCOMES, one.odds, one.odds_error, strict=True)
    )
    return ModelView(
        model.name, model.mechanism, model.source, model.leaves_out, weight,
        model_sentence(model.name, odds), odds, _surfaces(one.probability, one.error),
        required(model.name, one, axes, at, level, model, conditions),
    )  # fmt: skip


def _ensemble(
    models: Sequence[Model], found: Sequence[MapOf], weights: Array, axes: tuple[Array, Array],
    at: int, level: float, is_calibrated: bool,
) -> ModelView:  # fmt: skip
    """The weighted mean of the models; its error is that of simulation only."""

    def mean(values: list[Array]) -> Array:
        return np.asarray(np.tensordot(weights, np.stack(values), axes=1))

    def root(values: list[Array]) -> Array:
        return np.asarray(np.sqrt(np.tensordot(weights**2, np.stack(values) ** 2, axes=1)))

    p, e = mean([f.odds for f in found]), root([f.odds_error for f in found])
    each = np.stack([f.odds for f in found])
    odds = tuple(
        Odds(o, float(p[k]), float(e[k]), float(each[:, k].min()), float(each[:, k].max()))
        for k, o in enumerate(OUTCOMES)
    )
    one = MapOf(
        mean([f.probability for f in found]), root([f.error for f in found]), p, e,
        np.empty((5, 0)), np.empty(5),
    )  # fmt: skip
    how = (
        "Weights are stacked by cases left out, one case more for each model."
        if is_calibrated
        else "Equal weights, for want of cases to weigh the models by."
    )
    return ModelView(
        "ensemble", f"The weighted mean of {len(models)} models. {how}", "The models' own.",
        "Whatever all of them leave out.", 1.0, ensemble_sentence(odds, len(models)), odds,
        _surfaces(one.probability, one.error),
        required("the ensemble", one, axes, at, level, None, None),
    )  # fmt: skip


def _surfaces(p: Array, error: Array) -> tuple[Surface, ...]:
    return tuple(Surface(o, _rows(p[..., k]), _rows(error[..., k])) for k, o in enumerate(OUTCOMES))


def _rows(values: Array) -> tuple[tuple[float, ...], ...]:
    return tuple(tuple(row) for row in values.tolist())


def _disagreement(found: Sequence[MapOf]) -> Array:
    """Largest total variation distance between two models in each cell; 0 for one model."""
    out = np.zeros(found[0].probability.shape[:2])
    for a, b in combinations(found, 2):
        out = np.maximum(out, np.abs(a.probability - b.probability).sum(axis=-1) / 2)
    return out


def _agreement(found: Sequence[MapOf]) -> tuple[tuple[str | None, ...], ...]:
    """The likeliest outcome in each cell where all models have the same."""
    best = np.stack([f.probability.argmax(axis=-1) for f in found])
    same = (best == best[0]).all(axis=0)
    return tuple(
        tuple(OUTCOMES[k] if s else None for k, s in zip(row, is_same, strict=True))
        for row, is_same in zip(best[0], same, strict=True)
    )


def _matters(
    views: Sequence[ModelView], indices: Sequence[Sensitivity], at: int
) -> tuple[str, ...]:
    """The few inputs with the highest mean over models; each model counts what it has.

    By their total indices; without these by the square of their correlation with the outcome, which
    comes out with probability p: a shift of s standard deviations where it does is s √(p/(1 − p)).
    """
    total: dict[str, float] = {}
    if indices:
        for s in indices:
            name = s.input if s.input in MEANT_BY_ALL else f"{s.input} ({s.model})"
            total[name] = total.get(name, 0.0) + max(s.total, 0.0)
    else:
        for view in views:
            p = float(np.mean(view.surfaces[at].probability))
            for t in view.required.tendencies:
                name = t.input if t.input in MEANT_BY_ALL else f"{t.input} ({view.name})"
                total[name] = total.get(name, 0.0) + t.shift**2 * p / max(1.0 - p, TINY)
    total.pop("chance", None)
    return tuple(sorted(total, key=lambda n: (-total[n], n))[:N_MATTERS])


MEANT_BY_ALL = ("depth", "strength", "organisation", "capacity", "chance")


def _remarks(matched: Matched | None, n: int, sensitivity: bool) -> tuple[str, ...]:
    out = list(REMARKS)
    if matched is None:
        out.insert(0, "No model is calibrated to any case: probabilities are those of the models' "
                   "own assumptions.")  # fmt: skip
    if matched is not None:
        told = matched.calibration
        if max(told.log_scores) <= max(told.baseline, told.frequency or told.baseline):
            out.insert(
                0,
                "Matched to cases, but no model does better on them than going by how frequent "
                "each outcome is: these probabilities are not to be relied on.",
            )
        if sensitivity:
            out.append(
                "Sensitivity is over all values of the unmeasured numbers, those that the cases "
                "rule out too; the inputs named as those that matter most are not."
            )
    if n == 1:
        out.append("One model only: there is no disagreement to show.")
    return tuple(out)
