"""What follows under rival models. It *is* the documented JSON schema ``fissure.scenarios/1``."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, ClassVar, TypeAlias

import polars as pl

from fissure.results.base import Saved

__all__ = [
    "SCENARIOS_SCHEMA",
    "Calibration",
    "CaseFit",
    "Given",
    "ModelView",
    "Odds",
    "Required",
    "Scenarios",
    "Sensitivity",
    "Surface",
    "Tendency",
]

SCENARIOS_SCHEMA = "fissure.scenarios/1"
#: One number for each depth (rows) and organisation (columns) of the map.
Grid: TypeAlias = tuple[tuple[float, ...], ...]


@dataclass(frozen=True)
class Given:
    """One condition as it was given, 0 to 1.

    Parameters
    ----------
    name
        ``depth``, ``strength``, ``organisation`` or ``capacity``.
    kind
        ``number``, ``range``, ``interval`` or ``draws``.
    mean, low, high
        Its mean, and its ends (of draws and intervals: those of the middle 95 %).
    origin
        Where it comes from, in words.
    """

    name: str
    kind: str
    mean: float
    low: float
    high: float
    origin: str


@dataclass(frozen=True)
class Odds:
    """Probability of one outcome under the conditions as given, with its simulation error (s.e.).

    ``lowest`` and ``highest`` are those of the models; both equal to it for a single model.
    """

    outcome: str
    probability: float
    error: float
    lowest: float
    highest: float


@dataclass(frozen=True)
class Surface:
    """Probability of one outcome over depth and organisation, with its simulation error."""

    outcome: str
    probability: Grid
    error: Grid


@dataclass(frozen=True)
class Tendency:
    """How one input differs where the named outcome came out.

    Parameters
    ----------
    input, meaning
        Its name and what it is.
    overall, among
        Its mean over all runs of the map, and over those with the outcome.
    shift
        Their difference in standard deviations over all runs.
    """

    input: str
    meaning: str
    overall: float
    among: float
    shift: float


@dataclass(frozen=True)
class Required:
    """What would have to be true for the named outcome, in one model.

    Parameters
    ----------
    share
        Share of the map in which the outcome has at least the probability asked for.
    least_depth
        For each organisation of the map the least depth at which it has; None for none.
    highest, depth, organisation
        The highest probability on the map, and where.
    tendencies
        Inputs that differ most where it came out, first the one that differs most.
    sentence
        The same in words.
    """

    share: float
    least_depth: tuple[float | None, ...]
    highest: float
    depth: float
    organisation: float
    tendencies: tuple[Tendency, ...]
    sentence: str


@dataclass(frozen=True)
class ModelView:
    """What one model says, or all together.

    Parameters
    ----------
    name, mechanism, source, leaves_out
        Of the model.
    weight
        In the ensemble.
    odds
        Under the conditions as given.
    surfaces
        One for each outcome, with the other conditions as given.
    """

    name: str
    mechanism: str
    source: str
    leaves_out: str
    weight: float
    sentence: str
    odds: tuple[Odds, ...]
    surfaces: tuple[Surface, ...]
    required: Required


@dataclass(frozen=True)
class Sensitivity:
    """Sobol indices of the named outcome: shares of its variance, with 95 % half-widths.

    ``first`` is what the input explains alone, ``total`` what it has any part in. The input
    ``chance`` is the luck of a run.
    """

    model: str
    input: str
    meaning: str
    first: float
    first_error: float
    total: float
    total_error: float


@dataclass(frozen=True)
class CaseFit:
    """How one model meets one case.

    Parameters
    ----------
    implausibility
        Least I² = (1 − p)² / (V_em + V_obs + V_disc) over the values of its unmeasured numbers,
        where p is the probability of what came out; ruled out from 9.
    probability
        Of what came out, when the model was calibrated to the other cases only.
    log_score
        Its logarithm.
    """

    model: str
    case: str
    outcome: str
    implausibility: float
    probability: float
    log_score: float


@dataclass(frozen=True)
class Calibration:
    """History matching to cases.

    Parameters
    ----------
    n_cases
        How many.
    kept
        For each model the share of values of its unmeasured numbers that the cases leave.
    log_scores
        Of each model, over all cases, each left out in turn.
    baseline, frequency
        The same of equal chances for all outcomes, and of how frequent each is in the other cases.
    fits
        Each model on each case left out.
    discrepancy
        Root of V_disc: what every model is granted to be wrong by.
    """

    n_cases: int
    models: tuple[str, ...]
    kept: tuple[float, ...]
    log_scores: tuple[float, ...]
    baseline: float
    discrepancy: float
    fits: tuple[CaseFit, ...]
    sentence: str
    frequency: float | None = None


@dataclass(frozen=True)
class Scenarios(Saved):
    """Outcome probabilities under rival models, and where they disagree. If-then statements only.

    Parameters
    ----------
    title
        Says so if no model was calibrated.
    conditions
        The four that were given.
    outcome, level
        Of the question "what would have to be true": the outcome named, and how probable it must
        be.
    depths, organisations
        Of the rows and columns of every map.
    models, ensemble
        Each model, and all of them by their weights.
    disagreement
        Largest difference between two models in the probability that they give to any set of
        outcomes, 0 to 1, over the map.
    agreement
        The outcome that all models call the likeliest, or None.
    share_agreed
        Share of the map where they do.
    sensitivity
        Empty if not asked for.
    matters
        Inputs that matter most for the named outcome over all models; from Sobol indices where
        there are any, otherwise from the tendencies.
    """

    title: str
    sentence: str
    is_calibrated: bool
    conditions: tuple[Given, ...]
    outcomes: tuple[str, ...]
    outcome: str
    level: float
    depths: tuple[float, ...]
    organisations: tuple[float, ...]
    models: tuple[ModelView, ...]
    ensemble: ModelView
    disagreement: Grid
    agreement: tuple[tuple[str | None, ...], ...]
    share_agreed: float
    sensitivity: tuple[Sensitivity, ...]
    matters: tuple[str, ...]
    calibration: Calibration | None
    remarks: tuple[str, ...]
    settings: dict[str, Any]
    seed: int
    versions: dict[str, str]
    schema: str = SCENARIOS_SCHEMA

    expected: ClassVar[str] = SCENARIOS_SCHEMA

    def to_frame(self) -> pl.DataFrame:
        """One row a model and outcome, the ensemble last: probability and simulation error."""
        rows = [
            {
                "model": m.name,
                "outcome": o.outcome,
                "probability": o.probability,
                "error": o.error,
            }
            for m in (*self.models, self.ensemble)
            for o in m.odds
        ]
        return pl.DataFrame(rows)

    def map_frame(self) -> pl.DataFrame:
        """One row a model, outcome, depth and organisation; the ensemble last."""
        rows = [
            (m.name, s.outcome, d, o, s.probability[i][j], s.error[i][j])
            for m in (*self.models, self.ensemble)
            for s in m.surfaces
            for i, d in enumerate(self.depths)
            for j, o in enumerate(self.organisations)
        ]
        names = ["model", "outcome", "depth", "organisation", "probability", "error"]
        return pl.DataFrame(rows, schema=names, orient="row")

    def __repr__(self) -> str:
        return f"Scenarios({self.sentence!r})"
