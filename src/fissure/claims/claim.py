"""Does the record of cases support "every success needed a split"?"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from fissure.claims.beside import corner_of, fits_of, rivals_of, table_of, usual_rivals
from fissure.claims.breakdown import breakdown, is_relevant, is_share_high
from fissure.claims.cases import Cases
from fissure.claims.claim_words import reason, remarks_on, sentence, statement
from fissure.claims.fork_axes import late
from fissure.claims.forks import Forks, forks_of
from fissure.claims.hindsight import hindsight as hindsight_of
from fissure.claims.judging import VERDICTS, Rule, counted_grounds, verdicts_of
from fissure.claims.looking import Look, look
from fissure.claims.misclassified import CodingErrors
from fissure.claims.question import check_apart, check_question, check_settings
from fissure.claims.sides import Sides, coding_of, sides_of
from fissure.claims.unseen import unseen, unseen_negatives
from fissure.errors import ReadError
from fissure.results.base import plain
from fissure.results.claim import (
    CasePoint,
    Claim,
    Densities,
    Direction,
    Next,
    Rival,
    TwoByTwo,
    Waves,
)
from fissure.results.evidence import Breakdown, Posterior
from fissure.results.sets import Relation
from fissure.split.provenance import versions_used

__all__ = ["claim"]

#: The search for the fewest recodings ends here.
MOST_RECODINGS = 100


def claim(
    cases: Cases | str | Path | Any,
    outcome: str = "success",
    needs: str = "elite_split",
    *,
    rivals: Sequence[str] | None = None,
    forks: Mapping[str, Sequence[str]] | None = None,
    threshold: float = 0.5,
    use_certainty: bool = True,
    errors: CodingErrors | None = None,
    hindsight: float = 0.8,
    rule: Rule | None = None,
    permutations: int = 1000,
    seed: int = 1,
) -> Claim:
    """Does the record support "every case with ``outcome`` had ``needs``"?

    The verdict is *supported*, *contradicted*, *trivially true* or *cannot tell from these cases*,
    by the rule of :class:`~fissure.claims.judging.Rule`, and has to hold under every way to read
    the codings that applies: as coded; with unknown cells, ranges and certainties; in waves; with
    errors of the coder; by several coders. Sufficiency and rival conditions go by the same rule.

    Parameters
    ----------
    cases
        The cases, or what :meth:`~fissure.claims.cases.Cases.read` takes: a path or a dataframe.
    outcome, needs
        A column, ``~A``, ``TYPE=2``, ``A*~B + C``, or ``GDP@200,500,900`` (a column of numbers,
        calibrated: fully out, cross-over, fully in).
    rivals
        Other conditions to be shown beside; all other codings that vary where not given.
    forks
        Axis → options, to vary definitions further, as in
        :func:`~fissure.claims.fork_axes.axes_of`.
    threshold
        A case is in a set above it, and out of it below; between 0 and 1.
    use_certainty
        Whether the certainties in the table say how probable it is that a cell is right.
    errors
        How the coder of the condition errs, if that is known.
    hindsight
        For the question what coding after the event would do by itself, 0 to 1.
    rule
        When a verdict is reached.
    permutations
        Of the necessary condition analysis, made where both codings come in degrees; 100 or more.
    seed
        Of every random draw.

    Returns
    -------
    Claim
        Also where nothing can be tested; the sentence then says why.

    Raises
    ------
    SettingError
        If a setting is outside what is allowed.
    ReadError
        If there is no such column, or its cells are no codings; the message lists what there is.

    Examples
    --------
    >>> import polars as pl
    >>> table = pl.DataFrame(
    ...     {
    ...         "case": [f"c{k}" for k in range(80)],
    ...         "won": [1] * 40 + [0] * 40,
    ...         "split": [1] * 40 + [1] * 5 + [0] * 35,
    ...     }
    ... )
    >>> claim(table, "won", "split").verdict
    'supported'
    """
    check_question(outcome, needs, rivals, forks)
    check_settings(threshold, errors, hindsight, rule, permutations, seed)
    cases = _read(cases)
    rule = rule or Rule()
    check_apart(cases, outcome, needs, rivals or (), forks or {})
    y, x = (sides_of(coding_of(cases, e), threshold, use_certainty) for e in (outcome, needs))
    usual, left = usual_rivals(cases, outcome, needs) if rivals is None else (tuple(rivals), ())
    settings = {
        "outcome": outcome, "needs": needs, "rivals": usual, "threshold": threshold,
        "use_certainty": use_certainty, "errors": errors, "hindsight": hindsight, "rule": rule,
        "permutations": permutations, "forks": dict(forks or {}),
    }  # fmt: skip
    asked = _Asked(cases, outcome, needs, x, y, usual, left, threshold, rule, plain(settings), seed)
    forward = look(y, x, rule, cluster=cases.cluster, errors=errors, seed=seed)
    backward = look(x, y, rule, cluster=cases.cluster, seed=seed)
    varied = forks_of(
        cases, outcome, needs, threshold=threshold, use_certainty=use_certainty, own=forks,
        rule=rule,
    )  # fmt: skip
    told = _assembled(asked, forward, backward, varied, permutations)
    return _stressed(told, forward, cases.names, rule, hindsight)


def _read(cases: Cases | str | Path | Any) -> Cases:
    if isinstance(cases, str) and not Path(cases).exists():
        raise ReadError(f"there is no file {cases!r}; a table with a name is fs.cases({cases!r})")
    return cases if isinstance(cases, Cases) else Cases.read(cases)


@dataclass(frozen=True)
class _Asked:
    """The question, and its two codings."""

    cases: Cases
    outcome: str
    needs: str
    x: Sides
    y: Sides
    rivals: tuple[str, ...]
    left: tuple[str, ...]
    threshold: float
    rule: Rule
    settings: dict[str, Any]
    seed: int


def _assembled(
    asked: _Asked, forward: Look, backward: Look, varied: Forks, permutations: int
) -> Claim:
    """The answer, without what it would take to overturn it."""
    cases, outcome, needs, x, y = asked.cases, asked.outcome, asked.needs, asked.x, asked.y
    rule, names = asked.rule, cases.names
    table, solutions, about_table = table_of(cases, outcome, needs, asked.rivals)
    corner, about_corner = corner_of(cases, outcome, needs, permutations, asked.seed)
    necessary, sufficient = fits_of(x.value, y.value)
    points = _points(cases, x, y, late(cases, needs, outcome))
    remarks = remarks_on(forward, outcome, needs, points, varied, asked.left, len(asked.rivals))
    return Claim(
        source={**asdict(cases.source), "notes": []},
        settings=asked.settings,
        seed=asked.seed,
        versions=versions_used(),
        outcome=outcome,
        needs=needs,
        verdict=forward.verdict,
        sentence=sentence(forward, outcome, needs, rule),
        n_cases=cases.n_cases,
        n_outcome=int((y.side == 1).sum()),
        necessity=necessary,
        sufficiency=sufficient,
        counterexamples=tuple(p.name for p in points if p.is_counterexample),
        posterior=forward.posterior,
        breakdown=None,
        forks=varied.forks,
        fork_shares=varied.shares,
        fork_axes=varied.axes,
        table=_two_by_two(x.side, y.side),
        points=points,
        directions=(
            _direction(forward, outcome, needs, "necessary", names, rule),
            _direction(backward, outcome, needs, "sufficient", names, rule),
        ),
        rivals=_rivals(asked),
        readings=forward.readings,
        relevance=forward.relevance,
        relevance_breakdown=None,
        verdict_breakdown=None,
        posterior_curve=_densities(forward),
        prediction=_next(forward.posterior),
        hindsight=None,
        unseen=None,
        unseen_negatives=None,
        waves=_waves(cases, y, forward),
        coders=forward.coders,
        nca=corner,
        truth_table=table,
        solutions=solutions,
        notes=(cases.note,) if cases.note else (),
        remarks=(*remarks, *about_table, *about_corner),
    )


def _rivals(asked: _Asked) -> tuple[Rival, ...]:
    use_certainty = asked.settings["use_certainty"]
    condition = (asked.needs, asked.x)
    return rivals_of(
        asked.cases, asked.y, condition, asked.rivals, asked.rule, asked.threshold, use_certainty
    )


def _stressed(told: Claim, seen: Look, names: Sequence[str], rule: Rule, rate: float) -> Claim:
    """The answer with what it would take to overturn it; nothing to add without a case."""
    k, m, k0, m0 = seen.table
    if not k + m:
        return told
    known = (seen.given.side >= 0) & (seen.held.side >= 0)
    x, y = seen.held.side[known], seen.given.side[known]
    sure = np.column_stack(
        [np.maximum(s.chance[known], 1 - s.chance[known]) for s in (seen.held, seen.given)]
    )
    called = [name for name, is_known in zip(names, known, strict=True) if is_known]

    def fewest(conclusion: Any, says: str) -> Breakdown:
        found = breakdown(
            x, y, conclusion, certainty=sure, names=called, says=says, most=MOST_RECODINGS
        )
        if found.recodings is None and 2 * len(x) > MOST_RECODINGS:
            words = f"More than {MOST_RECODINGS} recodings would be needed to overturn that "
            return replace(
                found, sentence=f"{words}{'' if found.holds else 'it is not so that '}{says}."
            )
        return found

    coded = verdicts_of(counted_grounds(np.array([seen.table]), rule), rule)[0]
    comparable = bool(k0 + m0)
    return replace(
        told,
        breakdown=fewest(
            is_share_high(0.9, 0.5, rule.prior),
            f"{told.needs} is in at least 0.90 of cases with {told.outcome}",
        ),
        verdict_breakdown=fewest(
            lambda tables: verdicts_of(counted_grounds(tables, rule), rule) == coded,
            f"the claim is, by the codings as they stand, {_in_words(VERDICTS[coded])}",
        ),
        relevance_breakdown=fewest(
            is_relevant(rule.min_log10_bf, rule.prior),
            f"{told.needs} is more frequent with {told.outcome} than without it",
        )
        if comparable
        else None,
        hindsight=hindsight_of(k, k + m, rate),
        unseen=unseen(k, k + m, prior=rule.prior),
        unseen_negatives=unseen_negatives(
            k, k + m, k0, k0 + m0, at_least=rule.min_log10_bf, prior=rule.prior
        )
        if comparable
        else None,
    )


def _in_words(verdict: str) -> str:
    return "undecided" if verdict == VERDICTS[3] else verdict


def _two_by_two(x: NDArray[np.int8], y: NDArray[np.int8]) -> TwoByTwo:
    """Counts of condition x and outcome y, −1 for unknown."""
    n = {(i, j): int(((y == i) & (x == j)).sum()) for i in (1, 0, -1) for j in (1, 0, -1)}
    order = ((1, 1), (1, 0), (0, 1), (0, 0), (1, -1), (0, -1), (-1, 1), (-1, 0), (-1, -1))
    return TwoByTwo(*(n[at] for at in order))


def _points(cases: Cases, x: Sides, y: Sides, after: NDArray[np.bool_]) -> tuple[CasePoint, ...]:
    def ends(sides: Sides, k: int) -> tuple[float, float]:
        low, high = sides.coding.low[k], sides.coding.high[k]
        return (0.0, 1.0) if np.isnan(low) else (float(low), float(high))

    def value(sides: Sides, k: int) -> float | None:
        return None if np.isnan(sides.value[k]) else float(sides.value[k])

    return tuple(
        CasePoint(
            name,
            value(x, k),
            value(y, k),
            *ends(x, k),
            *ends(y, k),
            float(x.chance[k]),
            float(y.chance[k]),
            "" if cases.cluster is None else str(cases.cluster[k]).strip(),
            bool(after[k]),
            bool(y.side[k] == 1 and x.side[k] == 0),
            bool(x.side[k] == 1 and y.side[k] == 0),
            x.coding.source[k],
            y.coding.source[k],
        )
        for k, name in enumerate(cases.names)
    )


def _direction(
    seen: Look, outcome: str, needs: str, relation: Relation, names: Sequence[str], rule: Rule
) -> Direction:
    given, held = (outcome, needs) if relation == "necessary" else (needs, outcome)
    fit, _ = fits_of(seen.held.value, seen.given.value)
    against = np.flatnonzero((seen.given.side == 1) & (seen.held.side == 0))
    return Direction(
        relation,
        statement(needs, outcome, relation),
        seen.verdict,
        reason(seen, given, held, rule),
        fit.consistency,
        fit.coverage,
        fit.ron,
        seen.posterior,
        None if seen.relevance is None else seen.relevance.log10_bf,
        tuple(names[k] for k in against.tolist()),
    )


def _densities(seen: Look) -> Densities | None:
    if seen.posterior is None:
        return None
    size = len(seen.posterior.curve)
    grid = tuple(((np.arange(size) + 0.5) / size).tolist())
    other = () if seen.relevance is None else seen.relevance.otherwise.curve
    return Densities(grid, seen.posterior.curve, other)


def _next(posterior: Posterior | None) -> Next | None:
    if posterior is None:
        return None
    size = len(posterior.curve)
    edges = np.linspace(0, 1, size + 1)
    # mean of θ^10 within each step, so that the step's width does not matter
    tenth = np.diff(edges**11) / 11
    return Next(posterior.mean, float(np.array(posterior.curve) @ tenth))


def _waves(cases: Cases, y: Sides, seen: Look) -> Waves | None:
    found = next((r.posterior for r in seen.readings if r.name == "waves"), None)
    if found is None or cases.cluster is None:
        return None
    mine = cases.cluster[y.side == 1]
    names, sizes = np.unique([c for c in mine.tolist() if c.strip()], return_counts=True)
    return Waves(
        int((y.side == 1).sum()), found.n_effective, tuple(names.tolist()), tuple(sizes.tolist())
    )
