"""Truth table, minimal solutions and necessary condition analysis of a claim, as a page prints."""

from __future__ import annotations

from typing import Any

from fissure.report.wording import clean, is_number, percent, share
from fissure.results.claim import Claim
from fissure.results.nca import Nca
from fissure.results.sets import Model, Solution, TruthTable

__all__ = ["nca_of", "truth_of"]

MOST_NAMES = 15  # of the cases of one row, listed at once
MOST_MODELS = 6  # of one solution; the JSON file has all
OUTS = {"1": "yes", "0": "no", "C": "contradictory", "?": "too few cases"}
KINDS = {
    "conservative": "Conservative: combinations without a case are not used",
    "parsimonious": "Parsimonious: any combination without a case may be used to shorten",
    "intermediate": "Intermediate: only those that go in the expected direction",
}
NULLS = {
    "marginals": "the same codings in random order",
    "even": "evenly spaced codings in random order",
    "association": "the same codings, as strongly associated, without any ceiling",
}


def truth_of(claim: Claim) -> dict[str, Any] | None:
    """Rows of the truth table with the names of their cases, and what it comes down to."""
    table = claim.truth_table
    if table is None:
        return None
    return {
        "conditions": [clean(c) for c in table.conditions],
        "rows": [
            {
                "pattern": ["1" if v else "0" for v in row.pattern],
                "cells": [OUTS[row.out], f"{row.n:,}", share(row.consistency), share(row.pri)],
                "cases": [(clean(n), n in row.deviant) for n in row.cases[:MOST_NAMES]],
                "others": [clean(n) for n in row.cases[MOST_NAMES:]],
            }
            for row in table.rows
        ],
        "said": _said(table),
        "left": _left(table),
        "solutions": [_solution(s) for s in claim.solutions],
    }


def _said(table: TruthTable) -> str:
    cuts = f"A combination counts as sufficient from a consistency of {table.incl_cut:g}"
    few = f" and {table.n_cut} cases" if table.n_cut > 1 else ""
    left = f" {table.n_remainders:,} of {table.n_rows:,} combinations have no case."
    if table.n_cut > 1:
        left = f" {table.n_remainders:,} of {table.n_rows:,} combinations have too few cases."
    return f"{cuts}{few}.{left}"


def _left(table: TruthTable) -> list[tuple[str, str]]:
    """Why cases are in no row, and which."""
    groups = (
        ("a coding is not known", table.unknown),
        ("a coding is exactly 0.5", table.on_the_line),
    )
    return [
        (f"In no row, since {why}: {len(names)}", "; ".join(map(clean, names)))
        for why, names in groups
        if names
    ]


def _solution(s: Solution) -> dict[str, Any]:
    return {
        "kind": KINDS[s.kind],
        "models": [_model(m) for m in s.models[:MOST_MODELS]],
        "n_left": max(0, len(s.models) - MOST_MODELS),
        "is_complete": s.is_complete,
    }


def _model(m: Model) -> dict[str, Any]:
    return {
        "expression": clean(m.expression),
        "fit": f"consistency {share(m.consistency)}, coverage {share(m.coverage)}",
        "rows": [
            [
                clean(t.expression), share(t.consistency), share(t.pri), share(t.coverage),
                share(t.unique), ", ".join(map(clean, t.cases)),
                ", ".join(map(clean, t.deviant)),
            ]
            for t in m.terms
        ],
    }  # fmt: skip


def nca_of(told: Nca) -> dict[str, Any]:
    """Effect of the empty corner, what it would be without necessity, and with miscoded cases."""
    steps = told.ceiling()
    return {
        "title": f"How empty is the corner? Effect {share(steps.effect)}",
        "statement": clean(told.statement),
        "ceilings": [
            [{"ce_fdh": "steps", "cr_fdh": "line"}[c.kind], share(c.effect), f"{c.p:.3g}",
             percent(c.accuracy), f"{c.n_above:,}"]
            for c in told.ceilings
        ],
        "nulls": [
            [NULLS[n.kind], f"{share(n.mean)} ({share(n.low)} to {share(n.high)})", f"{n.p:.3g}"]
            for n in told.nulls
        ],
        "allowances": [
            [f"{a.n_miscoded:,}", share(a.effect), f"{a.p:.3g}", f"{a.p_association:.3g}",
             percent(a.weight), ", ".join(map(clean, a.cases)) or "none"]
            for a in told.allowances
        ],
        "no_ceiling": f"Probability that there is no ceiling at all: {percent(told.no_ceiling)}. "
        f"Effect averaged over all of it: {share(told.effect_mean)}.",
        "corners": [[clean(c.statement), share(c.effect), f"{c.p:.3g}"] for c in told.corners],
        "bottleneck": [
            [f"{b.level:.0f}%", f"{b.needed:.0f}%" if is_number(b.needed) else b.status]
            for b in steps.bottleneck
        ],
        "peers": ", ".join(map(clean, told.peers)),
    }  # fmt: skip
