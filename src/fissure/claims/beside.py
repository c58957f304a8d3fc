"""What stands beside a claim: rival conditions, truth table and solutions, the empty corner."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from fissure.claims.bayes import summary
from fissure.claims.cases import Cases
from fissure.claims.fit import consistency, pri, relevance_of_necessity
from fissure.claims.judging import VERDICTS, Rule, verdicts_of, weighed_grounds
from fissure.claims.looking import counts, histogram
from fissure.claims.minimise import minimise
from fissure.claims.nca import nca
from fissure.claims.sides import Sides, coding_of, columns_in, sides_of
from fissure.claims.truthtable import truth_table
from fissure.errors import DataError, SettingError
from fissure.readers.columns import counted
from fissure.results.base import plain
from fissure.results.claim import Necessity, Rival, Sufficiency
from fissure.results.nca import Nca
from fissure.results.sets import Solution, TruthTable

__all__ = ["corner_of", "fits_of", "rivals_of", "table_of", "usual_rivals"]

Array = NDArray[np.float64]

#: Conditions in the truth table beside the one asked about, at most.
MOST_IN_TABLE = 5
#: A rival that is unknown in a greater share of cases is left out of the truth table: it would take
#: those cases with it.
MOST_UNKNOWN = 0.2
KINDS: tuple[Literal["conservative", "parsimonious", "intermediate"], ...] = (
    "conservative",
    "parsimonious",
    "intermediate",
)


def usual_rivals(cases: Cases, outcome: str, needs: str) -> tuple[tuple[str, ...], tuple[str, ...]]:
    """All other codings that vary, and those left out: constant, or the outcome under another name.

    Examples
    --------
    >>> import polars as pl
    >>> table = pl.DataFrame(
    ...     {"case": list("ab"), "X": [1, 0], "Y": [1, 0], "Z": [0, 1], "A": [1, 1], "B": [0, "?"]},
    ...     strict=False,
    ... )
    >>> usual_rivals(Cases.read(table), "Y", "X")
    ((), ('Z', 'A', 'B'))
    """
    used = columns_in(cases, outcome) | columns_in(cases, needs)
    y = coding_of(cases, outcome).value
    kept, left = list[str](), list[str]()
    for name, coding in cases.codings.items():
        if name in used:
            continue
        both = ~(np.isnan(coding.value) | np.isnan(y))
        same = [(coding.value[both] == v[both]).all() for v in (y, 1 - y)]
        varies = len(np.unique(coding.value[coding.known])) > 1
        (left if any(same) or not varies else kept).append(name)
    return tuple(kept), tuple(left)


def rivals_of(
    cases: Cases,
    y: Sides,
    needs: tuple[str, Sides],
    rivals: Sequence[str],
    rule: Rule,
    cut: float,
    use_certainty: bool = True,
) -> tuple[Rival, ...]:
    """The condition asked about and its absence, each rival and its absence, by one rule.

    Those with the most probable share of 0.90 or more come first, then the most consistent.
    """
    name, x = needs
    looked = [(name, x.coding, True), (_absence(name), x.coding.negated(), False)]
    for rival in rivals:
        coding = coding_of(cases, rival)
        looked += [(rival, coding, False), (_absence(rival), coding.negated(), False)]
    out = [
        _rival(cases, y, sides_of(coding, cut, use_certainty), called, is_asked, rule)
        for called, coding, is_asked in looked
    ]
    return tuple(
        sorted(
            out,
            key=lambda r: (-(r.p_above_90 or 0), -(r.necessity.consistency or 0), not r.is_asked),
        )
    )


def _absence(name: str) -> str:
    if name.startswith("~") and not set(name[1:]) & set("+*"):
        return name[1:]
    return f"~({name})" if set(name) & set("+*") else f"~{name}"


def _rival(cases: Cases, y: Sides, x: Sides, name: str, is_asked: bool, rule: Rule) -> Rival:
    necessary, sufficient = fits_of(x.value, y.value)
    k, m, k0, m0 = counts(y.side, x.side)
    ron = np.array([np.nan if necessary.ron is None else necessary.ron])
    chances, with_it, without = histogram(y, x)
    grounds, masses = weighed_grounds(with_it, without, chances, ron, rule)
    verdict = VERDICTS[verdicts_of(grounds, rule)[0]] if k + m else VERDICTS[3]
    told = summary(masses[0], k, k + m, "cases alone") if k + m else None
    against = np.flatnonzero((y.side == 1) & (x.side == 0))
    return Rival(
        name,
        is_asked,
        k + m + k0 + m0,
        k + m,
        necessary,
        sufficient,
        told.mean if told else None,
        told.low if told else None,
        told.high if told else None,
        told.p_above_90 if told else None,
        float(grounds.log10_bf[0]) if k + m and k0 + m0 else None,
        tuple(cases.names[i] for i in against),
        verdict,
    )


def fits_of(x: Array, y: Array) -> tuple[Necessity, Sufficiency]:
    """Fits of the known memberships, both ways; None where there is nothing to fit.

    Examples
    --------
    >>> fits_of(np.array([1.0, 0.0, np.nan]), np.array([1.0, 0.0, 1.0]))[0]
    Necessity(consistency=1.0, coverage=1.0, ron=1.0)
    """
    known = ~(np.isnan(x) | np.isnan(y))
    x, y = x[known], y[known]
    of_y, of_x = plain(consistency(y, x)), plain(consistency(x, y))
    ron = plain(relevance_of_necessity(x, y))
    return Necessity(of_y, of_x, ron), Sufficiency(of_x, of_y, plain(pri(x, y)))


def table_of(
    cases: Cases, outcome: str, needs: str, rivals: Sequence[str]
) -> tuple[TruthTable | None, tuple[Solution, ...], tuple[str, ...]]:
    """Truth table of the condition and its first rivals, with all three solutions; and remarks.

    The only expectation of the intermediate solution is the claim: that the condition helps.
    """
    codings = {name: coding_of(cases, name) for name in (outcome, needs, *rivals)}
    known = [name for name in rivals if (~codings[name].known).mean() <= MOST_UNKNOWN]
    conditions = (needs, *known[:MOST_IN_TABLE])
    named = cases
    for name in (outcome, *conditions):
        if name not in cases.codings:
            named = named.with_coding(name, codings[name].value)
    remarks = []
    if left := [name for name in rivals if name not in conditions]:
        remarks.append(
            f"The truth table holds {counted(len(conditions), 'condition')}; left out, since it "
            f"would grow too large or lose too many cases: {', '.join(left)}."
        )
    try:
        table = truth_table(named, outcome, conditions)
    except (DataError, SettingError) as error:
        return None, (), (*remarks, f"No truth table: {error}.")
    both = [row for row in table.rows if row.contradictory]
    if both:
        first = both[0]
        pairs = zip(conditions, first.pattern, strict=True)
        remarks.append(
            f"{len(both)} of {len(table.rows)} combinations of conditions are contradictory: "
            f"cases that agree in all of them differ in {outcome}, such as "
            f"{'*'.join(n if on else f'~{n}' for n, on in pairs)} ({', '.join(first.cases[:4])})."
        )
    try:
        solved = tuple(
            minimise(table, kind, expected=(needs,) if kind == "intermediate" else ())
            for kind in KINDS
        )
    except DataError as error:
        return table, (), (*remarks, f"No solution: {error}.")
    return table, solved, tuple(remarks)


def corner_of(
    cases: Cases, outcome: str, needs: str, permutations: int, seed: int
) -> tuple[Nca | None, tuple[str, ...]]:
    """Necessary condition analysis where condition and outcome come in degrees; and remarks."""
    x, y = coding_of(cases, needs), coding_of(cases, outcome)
    if x.is_crisp or y.is_crisp:
        return None, ()
    named = cases.with_coding(needs, x.value).with_coding(outcome, y.value)
    try:
        return nca(named, needs, outcome, permutations=permutations, seed=seed), ()
    except DataError as error:
        return None, (f"No necessary condition analysis: {error}.",)
