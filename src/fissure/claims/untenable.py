"""Untenable assumptions: rows that the enhanced standard analysis keeps out of a solution."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from fissure.claims.expression import conditions_of, parse
from fissure.errors import SettingError
from fissure.results.sets import Solution, TruthTable

__all__ = ["against_necessity", "contradictory", "rows_in", "simultaneous"]


def rows_in(table: TruthTable, expression: str) -> tuple[int, ...]:
    """Numbers of the rows, observed or not, that an expression covers, such as impossible ones.

    Examples
    --------
    >>> from fissure.claims.cases import Cases
    >>> from fissure.claims.truthtable import truth_table
    >>> import polars as pl
    >>> cases = Cases.read(
    ...     pl.DataFrame({"case": list("kl"), "A": [1, 0], "B": [1, 0], "Y": [1, 0]})
    ... )
    >>> rows_in(truth_table(cases, "Y", ["A", "B"]), "A*~B")
    (3,)
    """
    unknown = [name for name in conditions_of(expression) if name not in table.conditions]
    if unknown:
        raise SettingError(
            f"{expression!r} must be of the conditions {', '.join(table.conditions)}, "
            f"got {unknown[0]!r}"
        )
    k = len(table.conditions)
    digits = (np.arange(table.n_rows)[:, None] >> np.arange(k - 1, -1, -1)) & 1
    covered = np.zeros(table.n_rows, bool)
    for product in parse(expression):
        inside = np.ones(table.n_rows, bool)
        for name, present in product.items():
            inside &= digits[:, table.conditions.index(name)] == present
        covered |= inside
    return tuple((np.flatnonzero(covered) + 1).tolist())


def against_necessity(table: TruthTable, necessary: str) -> tuple[int, ...]:
    """Rows that lack what was found necessary: none of them can be assumed to have the outcome."""
    covered = set(rows_in(table, necessary))
    return tuple(row for row in range(1, table.n_rows + 1) if row not in covered)


def contradictory(solution: Solution, negated: Solution) -> tuple[int, ...]:
    """Remainders that one solution assumes to have the outcome, and the other to lack it."""
    both = set[int]().union(*solution.assumptions) & set[int]().union(*negated.assumptions)
    return tuple(sorted(both))


def simultaneous(table: TruthTable, negated: TruthTable) -> tuple[int, ...]:
    """Rows that pass as sufficient for the outcome and for its absence."""
    rows: Sequence[set[int]] = [{row.number for row in t.of("1")} for t in (table, negated)]
    return tuple(sorted(rows[0] & rows[1]))
