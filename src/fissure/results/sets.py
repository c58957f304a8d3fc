"""Set relations between conditions and an outcome: fits, truth tables, solutions, necessity."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Literal

import polars as pl

from fissure.results.base import Result

__all__ = [
    "Model",
    "Necessary",
    "Relation",
    "SetFit",
    "Solution",
    "Term",
    "TruthRow",
    "TruthTable",
]

Relation = Literal["necessary", "sufficient"]
Out = Literal["1", "0", "C", "?"]
Kind = Literal["conservative", "parsimonious", "intermediate"]


@dataclass(frozen=True)
class SetFit(Result):
    """How well "condition is necessary (or sufficient) for outcome" fits some cases.

    Parameters
    ----------
    condition, outcome, relation
        What was asked.
    n_cases, n_unknown
        Cases used, and cases left out since the condition or the outcome is unknown.
    consistency
        Share of the relation that holds, 0 to 1: of the outcome lying inside the condition
        (necessary), or of the condition lying inside the outcome (sufficient).
    coverage
        The same the other way round.
    ron
        Relevance of necessity, 0 to 1; low for a condition that nearly every case has. None for
        sufficiency.
    pri
        Proportional reduction in inconsistency, 0 to 1; low where the condition is as good a subset
        of the absence of the outcome. None for necessity.
    haesebrouck
        Consistency that weighs an inconsistent case by its membership. None for necessity.
    against
        Cases that contradict the relation: outcome without condition (necessary), condition without
        outcome (sufficient), across the 0.5 line.
    """

    condition: str
    outcome: str
    relation: Relation
    n_cases: int
    n_unknown: int
    consistency: float
    coverage: float
    ron: float | None
    pri: float | None
    haesebrouck: float | None
    against: tuple[str, ...]

    def to_frame(self) -> pl.DataFrame:
        """One row."""
        return pl.DataFrame([_row(self, "against")])


@dataclass(frozen=True)
class TruthRow:
    """One combination of conditions that some case has.

    Parameters
    ----------
    number
        Number of the row, from 1: the pattern read as a binary number, plus 1.
    pattern
        1 present, 0 absent, in the order of the conditions.
    out
        ``"1"`` consistent enough to count as sufficient, ``"0"`` not, ``"C"`` in between,
        ``"?"`` too few cases.
    n
        Cases with more than half membership.
    consistency, pri
        Of this combination as sufficient for the outcome.
    cases, deviant
        Names of those cases, and of those among them that lack the outcome.
    contradictory
        Whether some of these cases have the outcome and some lack it.
    """

    number: int
    pattern: tuple[int, ...]
    out: Out
    n: int
    consistency: float
    pri: float
    cases: tuple[str, ...]
    deviant: tuple[str, ...]
    contradictory: bool


@dataclass(frozen=True)
class TruthTable(Result):
    """All combinations of conditions; those without any case are remainders.

    Parameters
    ----------
    outcome, conditions
        What was asked.
    incl_cut, incl_low, n_cut, pri_cut
        Settings, as in :func:`~fissure.claims.truthtable.truth_table`.
    rows
        Combinations that some case has, the most consistent first.
    n_rows, n_remainders
        Number of all combinations, and of those with too few cases.
    on_the_line
        Cases with a condition at exactly 0.5: they belong to no row.
    unknown
        Cases left out since a condition or the outcome is unknown.
    membership, outcome_values
        Codings of the cases used: one tuple a case.
    names
        Names of the cases used.
    """

    outcome: str
    conditions: tuple[str, ...]
    incl_cut: float
    incl_low: float
    n_cut: int
    pri_cut: float
    rows: tuple[TruthRow, ...]
    n_rows: int
    n_remainders: int
    on_the_line: tuple[str, ...]
    unknown: tuple[str, ...]
    names: tuple[str, ...]
    membership: tuple[tuple[float, ...], ...]
    outcome_values: tuple[float, ...]

    def of(self, out: Out) -> tuple[TruthRow, ...]:
        """The observed rows with that output value."""
        return tuple(row for row in self.rows if row.out == out)

    def to_frame(self) -> pl.DataFrame:
        """One row a combination that some case has."""
        return pl.DataFrame(
            [
                {
                    "row": row.number,
                    **dict(zip(self.conditions, row.pattern, strict=True)),
                    "out": row.out,
                    "n": row.n,
                    "consistency": row.consistency,
                    "pri": row.pri,
                    "cases": ", ".join(row.cases),
                }
                for row in self.rows
            ]
        )


@dataclass(frozen=True)
class Term:
    """One product of a model.

    Parameters
    ----------
    expression
        Such as ``DEV*~IND``.
    consistency, pri
        Of the product as sufficient for the outcome.
    coverage, unique
        Share of the outcome that it covers, and that no other product of the model covers.
    cases, deviant
        Cases in it that have the outcome, and that lack it.
    """

    expression: str
    consistency: float
    pri: float
    coverage: float
    unique: float
    cases: tuple[str, ...]
    deviant: tuple[str, ...]


@dataclass(frozen=True)
class Model:
    """One minimal sum of products that covers all sufficient rows."""

    expression: str
    terms: tuple[Term, ...]
    consistency: float
    pri: float
    coverage: float


@dataclass(frozen=True)
class Solution(Result):
    """All minimal models of one truth table.

    Parameters
    ----------
    kind
        ``conservative`` uses no remainder, ``parsimonious`` any, ``intermediate`` those that the
        expectations make easy.
    expected
        Expected directions, such as ``DEV`` or ``~DEV``.
    excluded
        Row numbers of remainders that were not allowed (enhanced standard analysis).
    implicants
        All prime implicants that cover a sufficient row.
    essential
        Those that are in every model.
    models
        All models with the fewest products.
    is_shortest
        Whether it is proven that no model has fewer products.
    is_complete
        Whether ``models`` holds all models with so few products; False where there are more than
        were asked for, or the search for more was stopped.
    assumptions
        Row numbers of the remainders that each model assumes to have the outcome.
    """

    kind: Kind
    outcome: str
    conditions: tuple[str, ...]
    expected: tuple[str, ...]
    excluded: tuple[int, ...]
    implicants: tuple[str, ...]
    essential: tuple[str, ...]
    models: tuple[Model, ...]
    is_shortest: bool
    is_complete: bool
    assumptions: tuple[tuple[int, ...], ...]

    def to_frame(self) -> pl.DataFrame:
        """One row a product of a model."""
        schema = ["model", "expression", "consistency", "pri", "coverage", "unique"]
        return pl.DataFrame(
            [
                {"model": k, **_row(term, "cases", "deviant")}
                for k, model in enumerate(self.models, 1)
                for term in model.terms
            ],
            schema=None if self.models else schema,
        )

    def __repr__(self) -> str:
        shown = "; ".join(model.expression for model in self.models[:3]) or "no model"
        return f"{self.kind}: {shown} → {self.outcome}"


@dataclass(frozen=True)
class Necessary(Result):
    """Expressions that are necessary for an outcome, by the cuts that were set.

    Parameters
    ----------
    outcome, conditions, incl_cut, ron_cut, depth
        What was asked.
    single
        Every condition and its absence, whether or not they pass, the most consistent first.
    conjunctions
        Products of two or more conditions that pass; each of their parts passes too.
    disjunctions
        Sums of which no part passes alone (SUIN: each part a sufficient but unnecessary part of
        what is insufficient but necessary).
    """

    outcome: str
    conditions: tuple[str, ...]
    incl_cut: float
    ron_cut: float
    depth: int
    single: tuple[SetFit, ...]
    conjunctions: tuple[SetFit, ...]
    disjunctions: tuple[SetFit, ...]

    def to_frame(self) -> pl.DataFrame:
        """One row an expression."""
        fits = (*self.single, *self.conjunctions, *self.disjunctions)
        return pl.DataFrame([_row(fit, "against") for fit in fits], infer_schema_length=None)


def _row(one: Any, *but: str) -> dict[str, Any]:
    return {k: v for k, v in vars(one).items() if k not in but}
