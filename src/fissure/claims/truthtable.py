"""Truth tables: which combinations of conditions go with the outcome, and how consistently."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from fissure.claims.cases import Cases
from fissure.claims.fit import consistency, pri
from fissure.errors import DataError, SettingError
from fissure.readers.columns import counted
from fissure.results.sets import Out, TruthRow, TruthTable

__all__ = ["MOST_CONDITIONS", "patterns_of", "row_memberships", "truth_table"]

Array = NDArray[np.float64]

#: Minimisation looks at all 3^k products of k conditions, and 3^15 is 14 million.
MOST_CONDITIONS = 15
#: A consistency this little below a cut still reaches it: sums of decimals are not exact.
TOLERANCE = 1.5e-8


def truth_table(
    cases: Cases,
    outcome: str,
    conditions: Sequence[str],
    *,
    incl_cut: float = 0.8,
    incl_low: float | None = None,
    n_cut: int = 1,
    pri_cut: float = 0.0,
) -> TruthTable:
    """Sort cases into all combinations of conditions and say which are sufficient for the outcome.

    Parameters
    ----------
    cases
        The cases; those with an unknown condition or outcome are left out and named.
    outcome
        The outcome, such as ``SURV`` or ``~SURV``.
    conditions
        1 to 15 codings.
    incl_cut
        Least consistency of a sufficient combination, 0 to 1.
    incl_low
        A combination below it is not sufficient, and one between the two is a contradiction
        (``"C"``); the same as ``incl_cut`` where not given.
    n_cut
        Least number of cases, 1 or more; combinations with fewer are remainders.
    pri_cut
        Least proportional reduction in inconsistency of a sufficient combination, 0 to 1.

    Raises
    ------
    SettingError
        If a setting is outside what is allowed.
    DataError
        If no case is left, or no case has the outcome or lacks it.

    Source
    ------
    Ragin (2008), Redesigning Social Inquiry, chapter 7.

    Examples
    --------
    >>> import polars as pl
    >>> cases = Cases.read(
    ...     pl.DataFrame(
    ...         {"case": list("klmn"), "A": [1, 1, 0, 0], "B": [1, 0, 1, 0], "Y": [1, 1, 0, 0]}
    ...     )
    ... )
    >>> [(row.pattern, row.out) for row in truth_table(cases, "Y", ["A", "B"]).rows]
    [((1, 1), '1'), ((1, 0), '1'), ((0, 1), '0'), ((0, 0), '0')]
    """
    low = incl_cut if incl_low is None else incl_low
    _check(outcome, conditions, incl_cut, low, n_cut, pri_cut)
    x, y = cases.matrix(conditions), cases.coding(outcome).value
    known = ~(np.isnan(x).any(axis=1) | np.isnan(y))
    names = [name for name, is_known in zip(cases.names, known, strict=True) if is_known]
    unknown = tuple(n for n, is_known in zip(cases.names, known, strict=True) if not is_known)
    x, y = x[known], y[known]
    _refuse_untestable(y, outcome, len(conditions), len(unknown))
    patterns, row_of = patterns_of(x)
    rows = []
    for k, pattern in enumerate(patterns):
        inside = row_memberships(x, pattern)
        incl, reduced = consistency(inside, y), pri(inside, y)
        mine = np.flatnonzero(row_of == k)
        out = _output(incl, reduced, len(mine), (incl_cut, low, pri_cut), n_cut)
        deviant = tuple(names[i] for i in mine if y[i] < 0.5)
        rows.append(
            TruthRow(
                number=1 + int("".join(map(str, pattern)), 2),
                pattern=tuple(int(v) for v in pattern),
                out=out,
                n=len(mine),
                consistency=incl,
                pri=reduced,
                cases=tuple(names[i] for i in mine),
                deviant=deviant,
                contradictory=bool(deviant) and bool((y[mine] > 0.5).any()),
            )
        )
    rows.sort(key=lambda row: (-row.consistency, -row.n, -row.number))
    n_rows = 2 ** len(conditions)
    return TruthTable(
        outcome=outcome,
        conditions=tuple(conditions),
        incl_cut=incl_cut,
        incl_low=low,
        n_cut=n_cut,
        pri_cut=pri_cut,
        rows=tuple(rows),
        n_rows=n_rows,
        n_remainders=n_rows - sum(row.out != "?" for row in rows),
        on_the_line=tuple(names[i] for i in np.flatnonzero(row_of < 0)),
        unknown=unknown,
        names=tuple(names),
        membership=tuple(map(tuple, x.tolist())),
        outcome_values=tuple(y.tolist()),
    )


def row_memberships(x: Array, pattern: Sequence[int] | NDArray[np.int8]) -> Array:
    """Membership of cases x of shape (n, k) in a combination: min over x or 1 − x, shape (n,)."""
    inside: Array = np.where(np.asarray(pattern, bool), x, 1 - x).min(axis=1)
    return inside


def patterns_of(x: Array) -> tuple[NDArray[np.int8], NDArray[np.int64]]:
    """The combinations that occur, and that of every case; −1 with a condition at exactly 0.5."""
    place = np.full(len(x), -1, np.int64)
    clear = np.flatnonzero((x != 0.5).all(axis=1))
    if not len(clear):
        return np.empty((0, x.shape[1]), np.int8), place
    patterns, place[clear] = np.unique(x[clear] > 0.5, axis=0, return_inverse=True)
    return patterns.astype(np.int8), place


def _output(
    incl: float, reduced: float, n: int, cuts: tuple[float, float, float], n_cut: int
) -> Out:
    high, low, least = cuts
    if n < n_cut:
        return "?"
    if incl >= high - TOLERANCE:
        return "1" if least == 0 or reduced >= least - TOLERANCE else "0"
    return "C" if incl >= low - TOLERANCE else "0"


def _check(
    outcome: str,
    conditions: Sequence[str],
    incl_cut: float,
    low: float,
    n_cut: int,
    pri_cut: float,
) -> None:
    if isinstance(conditions, str) or not 1 <= len(conditions) <= MOST_CONDITIONS:
        raise SettingError(
            f"conditions must be a list of 1 to {MOST_CONDITIONS} codings, got {conditions!r}"
        )
    if len(set(conditions)) < len(conditions):
        raise SettingError(f"conditions must differ, got {', '.join(conditions)}")
    if outcome.lstrip("~") in {c.lstrip("~") for c in conditions}:
        raise SettingError(f"the outcome {outcome!r} must not be among the conditions")
    for name, value in (("incl_cut", incl_cut), ("incl_low", low), ("pri_cut", pri_cut)):
        if not 0 <= value <= 1:
            raise SettingError(f"{name} must be from 0 to 1, got {value!r}")
    if low > incl_cut:
        raise SettingError(f"incl_low must not exceed incl_cut, {incl_cut!r}, got {low!r}")
    if isinstance(n_cut, bool) or not isinstance(n_cut, int) or n_cut < 1:
        raise SettingError(f"n_cut must be a whole number of 1 or more, got {n_cut!r}")


def _refuse_untestable(y: Array, outcome: str, n_conditions: int, n_unknown: int) -> None:
    if not len(y):
        raise DataError(
            f"no case has {outcome} and all of {counted(n_conditions, 'condition')} known "
            f"({counted(n_unknown, 'case')} left out)"
        )
    for is_there, what in (((y > 0.5).any(), "has"), ((y < 0.5).any(), "lacks")):
        if not is_there:
            raise DataError(
                f"what is sufficient for {outcome} cannot be told from these cases: none of "
                f"{counted(len(y), 'case')} {what} it, so that nothing can be compared"
            )
