"""Necessary condition analysis: how empty a corner is, and what the emptiness is worth."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

import polars as pl

from fissure.results.base import Result

__all__ = ["Allowance", "Ceiling", "Corner", "Nca", "NcaPower", "NullEffect", "Required"]


@dataclass(frozen=True)
class Required:
    """What a level of the outcome needs of the condition, both in per cent of their ranges.

    ``needed`` is None where nothing is needed (``not necessary``), or where the line leaves the
    scope (``out of reach``).
    """

    level: float
    needed: float | None
    status: Literal["not necessary", "needed", "out of reach"]


@dataclass(frozen=True)
class Ceiling:
    """One ceiling over the cases.

    Parameters
    ----------
    kind
        ``ce_fdh``: steps through the peers. ``cr_fdh``: the least-squares line through them.
    zone, effect
        Area above the ceiling, in units of the data, and as share of the scope, 0 to 1.
    n_above, accuracy
        Cases above the ceiling, and the share that are not.
    fit
        Zone as share of that of the steps; None where that is 0.
    complexity
        Number of peers for the steps, 1 for the line.
    slope, intercept
        Of the line; None for the steps, or with fewer than two peers.
    condition_inefficiency, outcome_inefficiency
        Share of the condition's range in which it does not constrain the outcome, and of the
        outcome's range in which it is not constrained; None where there is no zone.
    p, p_error
        Share of permutations with an effect as large, and half the width of its 95 % interval.
    bottleneck
        What each level of the outcome needs.
    """

    kind: Literal["ce_fdh", "cr_fdh"]
    zone: float
    effect: float
    n_above: int
    accuracy: float
    fit: float | None
    complexity: int
    slope: float | None
    intercept: float | None
    condition_inefficiency: float | None
    outcome_inefficiency: float | None
    p: float
    p_error: float
    bottleneck: tuple[Required, ...]


@dataclass(frozen=True)
class NullEffect:
    """Effects of the step ceiling where nothing is necessary: mean, 95 % range, and p of ours.

    ``kind`` says what the null keeps: ``marginals`` (both, in random order), ``even`` (nothing:
    values evenly spaced, in random order; the difference to ``marginals`` is what skew does by
    itself), ``association`` (both marginals and the rank correlation, with no ceiling).
    """

    kind: Literal["marginals", "even", "association"]
    mean: float
    low: float
    high: float
    p: float


@dataclass(frozen=True)
class Allowance:
    """The step ceiling if at most ``n_miscoded`` cases in the corner are miscoded.

    Parameters
    ----------
    effect
        The largest effect without those cases, in the scope of all cases.
    p
        Share of permutations with an effect as large under the same allowance.
    p_association
        The same among cases that are related as strongly and have no ceiling.
    weight
        Posterior probability of so many miscoded cases and a ceiling over the others.
    cases
        The cases that would have to be miscoded.
    """

    n_miscoded: int
    effect: float
    p: float
    p_association: float
    weight: float
    cases: tuple[str, ...]


@dataclass(frozen=True)
class Corner:
    """The step ceiling's effect in one of the four corners."""

    corner: int
    statement: str
    effect: float
    p: float


@dataclass(frozen=True)
class Nca(Result):
    """How far cases leave a corner empty: "no high outcome without a high condition".

    Parameters
    ----------
    corner, statement
        Which corner was asked about, and what its emptiness would mean.
    n_cases, n_unknown
        Cases used, and cases left out.
    scope
        x_min, x_max, y_min, y_max.
    peers
        Cases at which the ceiling rises: each of them decides its shape.
    ceilings
        Steps and line.
    nulls
        What effects come about without any necessity.
    allowances
        Effects with 0, 1, 2 … miscoded cases.
    no_ceiling
        Posterior probability that there is no ceiling: condition and outcome are unrelated.
    effect_mean
        Effect averaged over ``allowances`` and ``no_ceiling`` (which counts 0) by their weights.
    corners
        The same question in all four corners: rivals of the statement.
    permutations, seed
        Settings.
    """

    condition: str
    outcome: str
    corner: int
    statement: str
    n_cases: int
    n_unknown: int
    scope: tuple[float, ...]
    peers: tuple[str, ...]
    ceilings: tuple[Ceiling, ...]
    nulls: tuple[NullEffect, ...]
    allowances: tuple[Allowance, ...]
    no_ceiling: float
    effect_mean: float
    corners: tuple[Corner, ...]
    permutations: int
    seed: int

    def ceiling(self, kind: Literal["ce_fdh", "cr_fdh"] = "ce_fdh") -> Ceiling:
        """The ceiling of that kind."""
        return next(c for c in self.ceilings if c.kind == kind)

    def to_frame(self) -> pl.DataFrame:
        """One row a ceiling."""
        rows = [{k: v for k, v in vars(c).items() if k != "bottleneck"} for c in self.ceilings]
        return pl.DataFrame(rows, infer_schema_length=None)

    def bottleneck(self, kind: Literal["ce_fdh", "cr_fdh"] = "ce_fdh") -> pl.DataFrame:
        """One row a level of the outcome: what it needs of the condition, in per cent."""
        rows = [vars(r) for r in self.ceiling(kind).bottleneck]
        return pl.DataFrame(rows, infer_schema_length=None)


@dataclass(frozen=True)
class NcaPower(Result):
    """How often a ceiling that is there is found.

    Parameters
    ----------
    n_cases, effect, alpha
        Number of cases, true effect size, and the p at which a ceiling counts as found.
    power
        Share of simulated sets in which p ≤ alpha.
    error
        Half the width of its 95 % interval.
    replicates, permutations, seed
        Settings.
    """

    n_cases: int
    effect: float
    alpha: float
    power: float
    error: float
    replicates: int
    permutations: int
    seed: int

    def to_frame(self) -> pl.DataFrame:
        """One row."""
        return pl.DataFrame([vars(self)])
