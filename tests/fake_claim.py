"""A made-up but plausible Claim, so that its page can be tested without the verdict being made."""

from __future__ import annotations

from dataclasses import replace
from itertools import product

import numpy as np
import polars as pl

from fake_split import HOSTILE
from fissure.claims.bayes import relevance
from fissure.claims.breakdown import breakdown
from fissure.claims.cases import Cases
from fissure.claims.hindsight import hindsight
from fissure.claims.minimise import minimise
from fissure.claims.nca import nca
from fissure.claims.truthtable import truth_table
from fissure.claims.unseen import unseen, unseen_negatives
from fissure.results.claim import (
    CasePoint,
    Claim,
    Densities,
    Direction,
    Fork,
    ForkAxis,
    ForkShare,
    Necessity,
    Next,
    Reading,
    Rival,
    Sufficiency,
    TwoByTwo,
    Waves,
)

VERDICTS = ("supported", "contradicted", "trivially true", "cannot tell from these cases")
AXES = (
    ForkAxis("success", "what counts as success", ("more than 0.5", "more than 0.75", "all of it")),
    ForkAxis("split", "what counts as a split", ("more than 0.5", "any sign of it")),
    ForkAxis("cases", "which cases", ("all", "without waves", "since 1900")),
)


def fake_claim(
    n_cases: int = 24,
    graded: bool = False,
    hostile: bool = False,
    n_forks: int = 18,
    verdict: int = 3,
    unknown: bool = True,
    seed: int = 1,
) -> Claim:
    """Two of three cases have the condition; every sixth of the others has the outcome."""
    rng = np.random.default_rng(seed)
    names = _names(n_cases, hostile)
    x, y = _codings(n_cases, graded, rng)
    points = tuple(_point(k, names[k], x[k], y[k], unknown) for k in range(n_cases))
    has, won = (np.array([getattr(p, k) or 0 for p in points if p.x is not None]) > 0.5
                for k in "xy")  # fmt: skip
    cells = [int((has & won).sum()), int((~has & won).sum()), int((has & ~won).sum()),
             int((~has & ~won).sum())]  # fmt: skip
    table = TwoByTwo(*cells, no_outcome_unknown_condition=n_cases - len(has))
    counter = tuple(p.name for p in points if p.is_counterexample)
    against = tuple(p.name for p in points if p.is_other_counterexample)
    n_won = cells[0] + cells[1]
    told = relevance(cells[0], n_won, cells[2], cells[2] + cells[3])
    outcome, needs = (HOSTILE[0], HOSTILE[7]) if hostile else ("success", "elite_split")
    cases = _cases(names, x, y, rng)
    rows = truth_table(cases, "success", ["elite_split", "army"], incl_cut=0.7)
    grid = tuple((k + 0.5) / 200 for k in range(200))
    forks = _forks(n_forks, rng)
    fit = Necessity(cells[0] / n_won, cells[0] / max(int(has.sum()), 1), 0.55)
    way = Sufficiency(cells[0] / max(int(has.sum()), 1), cells[0] / n_won, 0.4)
    return Claim(
        source={
            "name": outcome if hostile else "made-up",
            "title": HOSTILE[3] if hostile else "Made-up uprisings",
            "licence": "none",
            "url": "javascript:alert(1)" if hostile else "https://example.org/votes",
            "sha256": "0" * 64,
            "n_rows": n_cases,
        },
        settings={"outcome": outcome, "needs": needs, "threshold": 0.5},
        seed=1,
        versions={"fissure": "0.1.0"},
        outcome=outcome,
        needs=needs,
        verdict=VERDICTS[verdict],
        sentence=f"{VERDICTS[verdict].capitalize()}: {cells[0]} of {n_won} cases had it.",
        n_cases=n_cases,
        n_outcome=n_won,
        necessity=fit,
        sufficiency=way,
        counterexamples=counter,
        posterior=told.given,
        breakdown=breakdown(has, won, names=[p.name for p in points if p.x is not None]),
        forks=forks,
        fork_shares=_shares(forks),
        fork_axes=AXES,
        table=table,
        points=points,
        directions=(
            Direction("necessary", f"every {outcome} needed {needs}", VERDICTS[verdict],
                      "The share is too low.", fit.consistency, fit.coverage, fit.ron, told.given,
                      told.log10_bf, counter),
            Direction("sufficient", f"{needs} was enough for {outcome}", VERDICTS[1],
                      "Many had it and failed.", way.consistency, way.coverage, way.pri,
                      told.otherwise, told.log10_bf, against),
        ),
        rivals=tuple(
            Rival(name, name == needs, n_cases, n_won, fit, way, 0.8, 0.6, 0.95, 0.3, 0.5,
                  counter, VERDICTS[k % 4])
            for k, name in enumerate(
                ("army", needs, "~army", *(HOSTILE[1:3] if hostile else ("organisation",)))
            )
        ),
        readings=(Reading("as coded", told.given), Reading("waves", told.otherwise)),
        relevance=told,
        relevance_breakdown=None,
        verdict_breakdown=None,
        posterior_curve=Densities(grid, told.given.curve, told.otherwise.curve),
        prediction=Next(0.8, 0.2),
        hindsight=hindsight(cells[0], n_won),
        unseen=unseen(cells[0], n_won, population=3 * n_cases),
        unseen_negatives=unseen_negatives(cells[0], n_won, cells[2], cells[2] + cells[3]),
        waves=Waves(n_won, 0.6 * n_won, (HOSTILE[2] if hostile else "1848", "1989"), (4, 3)),
        coders=None,
        nca=nca(cases, "elite_split", "success", permutations=100) if graded else None,
        truth_table=rows,
        solutions=(minimise(rows), minimise(rows, "parsimonious")),
        notes=(HOSTILE[4] if hostile else "Coded by one person, who knew the outcomes.",),
        remarks=("1 case is left out.",),
    )  # fmt: skip


def bare(claim: Claim) -> Claim:
    """The same without whatever a claim may lack."""
    return replace(
        claim, posterior=None, breakdown=None, verdict_breakdown=None, forks=(), fork_shares=(),
        fork_axes=(), rivals=(),
        readings=(), relevance=None, posterior_curve=None, prediction=None, hindsight=None,
        unseen=None, unseen_negatives=None, waves=None, truth_table=None, solutions=(), notes=(),
        remarks=(), nca=None, counterexamples=(), directions=(),
    )  # fmt: skip


def _names(n_cases: int, hostile: bool) -> list[str]:
    names = [f"Uprising no. {k + 1}" for k in range(n_cases)]
    if hostile:
        names[: len(HOSTILE)] = [name or "blank" for name in HOSTILE]
    return names


def _codings(n_cases, graded, rng):
    has = np.arange(n_cases) % 3 != 2
    won = np.where(has, np.arange(n_cases) % 2 == 0, np.arange(n_cases) % 6 == 2)
    if not graded:
        return has.astype(float), won.astype(float)
    x, y = rng.uniform(0, 0.45, n_cases), rng.uniform(0, 0.45, n_cases)
    return (np.round(np.where(has, 1 - x, x), 2), np.round(np.where(won, 1 - y, y), 2))


def _point(k: int, name: str, x: float, y: float, unknown: bool) -> CasePoint:
    hidden = unknown and k == 3
    return CasePoint(
        name=name, x=None if hidden else float(x), y=float(y),
        x_low=0.0 if hidden else max(0.0, float(x) - 0.1 * (k == 4)), x_high=float(x),
        y_low=float(y), y_high=float(y), x_chance=0.9, y_chance=1.0,
        cluster="1848" if k % 5 == 0 else "", is_misdated=k == 6,
        is_counterexample=bool(y > 0.5 and x < 0.5), is_other_counterexample=bool(
            x > 0.5 and y < 0.5), condition_source="A History, 1990", outcome_source="",
    )  # fmt: skip


def _cases(names, x, y, rng) -> Cases:
    army = np.where(rng.random(len(names)) < 0.1, y < 0.5, y > 0.5).astype(float)
    frame = {"case": [f"{k}" if not n.strip() else n for k, n in enumerate(names)]}
    made = pl.DataFrame({**frame, "elite_split": x, "army": army, "success": y})
    return Cases.read(made, case="case")


def _forks(n: int, rng) -> tuple[Fork, ...]:
    every = list(product(*(axis.options for axis in AXES)))
    out = []
    for k in range(n):
        choices = dict(zip((a.name for a in AXES), every[k % len(every)], strict=True))
        mean = float(rng.uniform(0.5, 1))
        out.append(Fork(choices, 20, 9, mean, 0.5, mean, 0.4, 0.3, VERDICTS[int(rng.integers(4))]))
    return tuple(out)


def _shares(forks: tuple[Fork, ...]) -> tuple[ForkShare, ...]:
    counts = [sum(f.verdict == v for f in forks) for v in VERDICTS]
    return tuple(
        ForkShare(v, n, n / max(len(forks), 1)) for v, n in zip(VERDICTS, counts, strict=True)
    )
