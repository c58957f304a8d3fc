"""What the page of a claim prints: a Claim as words and formatted numbers. It computes nothing."""

from __future__ import annotations

from typing import Any

from fissure.readers.columns import counted
from fissure.report.case_plot import MARKS, caption, case_word, graded, has_ranges, lacks, plotted
from fissure.report.charts import COLOURS
from fissure.report.claim_charts import FORK_MARKS, claim_charts, drawn_forks, is_own
from fissure.report.claim_sets import nca_of, truth_of
from fissure.report.claim_words import called, number, odds, probable, ranged
from fissure.report.origin import origin
from fissure.report.wording import chance, clean, is_number, percent, share
from fissure.results.claim import CasePoint, Claim, Direction, Rival
from fissure.results.evidence import Breakdown, Posterior
from fissure.results.forks import Fork

__all__ = ["claim_page"]

MOST_FORKS = 600  # rows of the table of definitions; the JSON file has all
MOST_NAMES = 30  # counter-examples listed at once; the others are one click away
VERDICTS = tuple(FORK_MARKS)
AGAINST = {
    "necessary": "against “necessary”",
    "sufficient": "against “sufficient”",
    "neither": "",
}
READINGS = {
    "as coded": "every coding taken as it stands",
    "uncertain codings": "each coding weighed by its certainty, ranges by their middle",
    "waves": "cases of one wave counted as alike, not as independent",
    "coding errors": "with the rates of error that were given",
    "several coders": "the coders’ votes weighed by how well they agree",
}
Rows = list[list[str]]


def claim_page(claim: Claim) -> dict[str, Any]:
    """Everything the page shows, as strings, numbers and lists; ``data`` is for its script."""
    needs, outcome = called(claim.needs), called(claim.outcome)
    charts = claim_charts(claim)
    return {
        **origin(claim),
        "id": "claim",
        "charts": list(charts),
        "data": {"claim": {"charts": charts}},
        "needs": needs,
        "outcome": outcome,
        "verdict": clean(claim.verdict),
        **_sentence(claim),
        "counts": f"{claim.n_cases:,} cases, {claim.n_outcome:,} of them with {outcome}",
        "claim_notes": [clean(n) for n in claim.notes],
        "remarks": [clean(r) for r in claim.remarks],
        "counter": _counter(claim, needs, outcome),
        "two_by_two": _two_by_two(claim),
        "plot": _plot(claim),
        "cases": [_case(p) for p in claim.points],
        "shares": _shares(claim, needs, outcome),
        "overturn": _overturn(claim),
        "directions": [_direction(d, claim) for d in claim.directions],
        "rivals": [_rival(r) for r in sorted(claim.rivals, key=lambda r: not r.is_asked)],
        "forks": _forks(claim),
        "truth": truth_of(claim),
        "nca": None if claim.nca is None else nca_of(claim.nca),
        "waves": _waves(claim),
        "coders": _coders(claim),
    }


def _sentence(claim: Claim) -> dict[str, str]:
    """The verdict, and what follows it."""
    said = clean(claim.sentence)
    for mark in (": ", ". "):
        lead, found, rest = said.partition(mark)
        if found and lead.lower() == claim.verdict:
            return {"lead": lead[:1].upper() + lead[1:] + ".", "rest": rest[:1].upper() + rest[1:]}
    return {"lead": claim.verdict[:1].upper() + claim.verdict[1:] + ".", "rest": said}


def _counter(claim: Claim, needs: str, outcome: str) -> dict[str, Any]:
    n = len(claim.counterexamples)
    by_name = {p.name: p for p in claim.points}
    rows = [(clean(name), by_name.get(name)) for name in claim.counterexamples]
    if n:
        title = f"{counted(n, 'counter-example')}: {outcome} without {needs}"
    elif claim.n_outcome:
        title = f"No counter-example: no case is known to have had {outcome} without {needs}"
    else:
        title = f"No counter-example is possible: no case has {outcome}"
    is_graded = graded(claim)
    return {
        "title": title,
        "names": [
            (name, "" if p is None else _aside(p, is_graded)) for name, p in rows[:MOST_NAMES]
        ],
        "others": [name for name, _ in rows[MOST_NAMES:]],
    }


def _aside(p: CasePoint, is_graded: bool) -> str:
    """What stands beside a counter-example's name."""
    told = []
    if is_graded:
        told.append(case_word(p.x, p.x_low, p.x_high))
    if p.is_misdated:
        told.append("began only afterwards")
    return ", ".join(told)


def _two_by_two(claim: Claim) -> dict[str, Any]:
    """Cells, and the margins of what is not known, left out where there are none."""
    t = claim.table
    rows = [
        ["had it", t.both, t.condition_only, t.condition_unknown_outcome],
        ["lacked it", t.outcome_only, t.neither, t.no_condition_unknown_outcome],
        ["not known", t.outcome_unknown_condition, t.no_outcome_unknown_condition, t.both_unknown],
    ]
    has_unknown_outcome = any(row[3] for row in rows)
    shown = [row for row in rows if row[0] != "not known" or any(row[1:])]
    return {
        "unknown_outcome": has_unknown_outcome,
        "rows": [[row[0], *(f"{v:,}" for v in row[1 : 4 if has_unknown_outcome else 3])]
                 for row in shown],
    }  # fmt: skip


def _plot(claim: Claim) -> dict[str, Any]:
    shown = plotted(claim)
    return {
        "graded": graded(claim),
        "caption": caption(claim),
        "missing": [clean(p.name) for p in claim.points if p not in shown],
        "has_ranges": has_ranges(claim),
        "key": [
            {"shape": shape, "fill": fill, "word": AGAINST[kind] or "against neither"}
            for kind, (shape, fill, _) in MARKS.items()
            if any(lacks(p) == kind for p in shown)
        ],
    }


def _case(p: CasePoint) -> list[str]:
    told = [AGAINST[lacks(p)]] if AGAINST[lacks(p)] else []
    if p.is_misdated:
        told.append("condition began only after the outcome")
    source = [clean(s) for s in (p.condition_source, p.outcome_source) if s]
    return [
        clean(p.name),
        case_word(p.x, p.x_low, p.x_high),
        case_word(p.y, p.y_low, p.y_high),
        clean(p.cluster),
        "; ".join(told),
        "; ".join(dict.fromkeys(source)),
    ]


def _shares(claim: Claim, needs: str, outcome: str) -> dict[str, Any] | None:
    """P(condition | outcome) against P(condition | no outcome), in words and rows."""
    if claim.posterior is None:
        return None
    rows = [[f"{r.name}: {READINGS.get(r.name, '')}".removesuffix(": "), *_posterior(r.posterior)]
            for r in claim.readings]  # fmt: skip
    told, pair = claim.relevance, []
    if told is not None:
        pair = [[f"with {outcome}", *_posterior(told.given)],
                [f"without {outcome}", *_posterior(told.otherwise)]]  # fmt: skip
    next_ones = claim.prediction
    t = claim.table
    title = f"{needs} was there in {t.both} of {t.both + t.outcome_only} cases with {outcome}"
    if told is not None:
        title += f", and in {t.condition_only} of {t.condition_only + t.neither} without"
    return {
        "title": title,
        "sentence": clean(claim.posterior.sentence),
        "relevance": "" if told is None else clean(told.sentence),
        "key": [(COLOURS[0], "", f"with {outcome}"), (COLOURS[1], "5 3", f"without {outcome}")][
            : 1 if told is None else 2
        ],
        "readings": rows,
        "pair": pair,
        "checks": _checks(claim),
        "next": "" if next_ones is None else f"The next case with {outcome} has {needs} with "
        f"probability {probable(next_ones.next_one)}; the next ten all have it with probability "
        f"{probable(next_ones.next_ten)}.",
    }  # fmt: skip


def _posterior(p: Posterior) -> list[str]:
    return [
        f"{p.n_with:.3g} of {p.n:.3g}" if p.n < 1000 else f"{p.n_with:,.0f} of {p.n:,.0f}",
        ranged(p),
        chance(p.p_above_90),
        f"{p.n_effective:.0f}",
    ]


def _checks(claim: Claim) -> Rows:
    told = claim.relevance
    if told is None:
        return []
    rows = [
        ["Probability that the first share is the greater", chance(told.p_greater)],
        ["First share less the second", f"{_signed(told.difference)} ({_signed(told.low)} to "
         f"{_signed(told.high)})"],
        ["Odds for two shares instead of one common to both", odds(told.log10_bf)],
    ]  # fmt: skip
    if told.fisher_p is not None:
        rows.append(["Fisher’s exact test, p", f"{told.fisher_p:.2g}"])
    if told.barnard_p is not None:
        rows.append(["Barnard’s exact test, p", f"{told.barnard_p:.2g}"])
    return rows


def _signed(value: float) -> str:
    return f"{value:+.2f}".replace("-", "−")


def _overturn(claim: Claim) -> dict[str, Any]:
    """What would have to be otherwise for the conclusion to fall."""
    hindsight = claim.hindsight
    told = [
        ("Other cases, not in the table", claim.unseen),
        ("Cases with the condition that came to nothing", claim.unseen_negatives),
    ]
    return {
        "breakdowns": [
            _breakdown(title, b)
            for title, b in (
                ("The verdict", claim.verdict_breakdown),
                ("A share of 0.90 or more", claim.breakdown),
                ("More frequent with the outcome", claim.relevance_breakdown),
            )
            if b is not None
        ],
        "hindsight": None if hindsight is None else {
            "sentence": clean(hindsight.sentence),
            "rows": [[share(a.true_share), chance(a.probability), percent(a.needed)]
                     for a in hindsight.at],
            "rate": percent(hindsight.hindsight),
        },
        "others": [(title, clean(b.sentence)) for title, b in told if b is not None],
    }  # fmt: skip


def _breakdown(title: str, b: Breakdown) -> dict[str, Any]:
    return {
        "title": title,
        "sentence": clean(b.sentence),
        "rows": [[clean(c.case), c.column, number(c.was, "{:.2g}"), number(c.becomes, "{:.2g}")]
                 for c in b.codings],
        "n_equal": b.n_equal,
    }  # fmt: skip


def _direction(d: Direction, claim: Claim) -> dict[str, Any]:
    is_necessary = d.relation == "necessary"
    asked = "the claim asked about" if is_necessary else "the other direction"
    needs, outcome = called(claim.needs), called(claim.outcome)
    given = f"{needs}, given {outcome}" if is_necessary else f"{outcome}, given {needs}"
    return {
        "title": f"{d.relation.capitalize()}? {d.verdict[:1].upper()}{d.verdict[1:]}",
        "asked": asked,
        "statement": clean(d.statement)[:1].upper() + clean(d.statement)[1:],
        "reason": _period(d.reason),
        "rows": [
            [f"Share with {given}", ranged(d.posterior)],
            ["Consistency", number(d.consistency)],
            ["Coverage", number(d.coverage)],
            ["Relevance (RoN)", number(d.relevance)],
            ["Odds for a difference", odds(d.log10_bf)],
            ["Counter-examples", f"{len(d.counterexamples):,}"],
        ],
        "names": [clean(n) for n in d.counterexamples],
    }


def _period(text: str) -> str:
    """Words as a sentence."""
    said = clean(text).strip()
    return f"{said[:1].upper()}{said[1:]}{'' if said.endswith('.') else '.'}" if said else ""


def _rival(r: Rival) -> dict[str, Any]:
    interval = "–" if not is_number(r.mean) else (
        f"{share(r.mean)} ({share(r.low)} to {share(r.high)})"
    )  # fmt: skip
    return {
        "name": called(r.name),
        "is_asked": r.is_asked,
        "cells": [
            r.verdict.removesuffix(" from these cases"),
            f"{len(r.counterexamples):,} of {r.n_outcome:,}",
            interval,
            number(r.necessity.consistency),
            number(r.necessity.ron),
            number(r.sufficiency.consistency),
            number(r.sufficiency.pri),
            odds(r.log10_bf),
        ],
    }


def _forks(claim: Claim) -> dict[str, Any] | None:
    """The definitions tried: how many led where, by option, and one by one."""
    if not claim.forks:
        return None
    drawn, own = drawn_forks(claim), [f for f in claim.forks if is_own(f, claim)]
    same = next((s.n for s in claim.fork_shares if s.verdict == claim.verdict), 0)
    of_all = f"{same:,} of {len(claim.forks):,} ways to define it lead to the same verdict"
    if len(claim.forks) == 1:
        of_all = "These cases can be defined in one way only"
    n_known = sum(is_number(f.mean) for f in claim.forks)
    return {
        "title": of_all,
        "is_one": len(claim.forks) == 1,
        "axes": [
            (clean(a.name), clean(a.what), "; ".join(map(clean, a.options)))
            for a in claim.fork_axes
        ],
        "key": [
            {"shape": FORK_MARKS[s.verdict][0], "filled": FORK_MARKS[s.verdict][2],
             "word": f"{s.verdict}: {s.n:,} ({percent(s.share)})"}
            for s in claim.fork_shares
        ],
        "has_own": any(is_own(f, claim) for f in drawn),
        "n_left": n_known - len(drawn),
        "n_empty": len(claim.forks) - n_known,
        "by_option": _by_option(claim),
        "heads": [clean(a.name) for a in claim.fork_axes],
        "rows": [_fork(f, claim) for f in [*own, *(f for f in claim.forks if f not in own)][
            :MOST_FORKS]],
        "n_unlisted": max(0, len(claim.forks) - MOST_FORKS),
    }  # fmt: skip


def _by_option(claim: Claim) -> Rows:
    """How many definitions with each option lead to each verdict."""
    rows = []
    for axis in claim.fork_axes:
        for option in axis.options:
            chosen: list[str] = [
                f.verdict for f in claim.forks if f.choices.get(axis.name) == option
            ]
            counts = [f"{chosen.count(v):,}" for v in VERDICTS]
            rows.append([f"{clean(axis.name)}: {clean(option)}", *counts])
    return rows


def _fork(f: Fork, claim: Claim) -> list[str]:
    return [
        *(clean(f.choices.get(a.name, "–")) for a in claim.fork_axes),
        clean(f.verdict) + (" (as asked)" if is_own(f, claim) else ""),
        f"{f.n:,}",
        f"{f.n_outcome:,}",
        number(f.mean),
        number(f.consistency),
        number(f.ron),
        odds(f.log10_bf),
    ]


def _waves(claim: Claim) -> dict[str, Any] | None:
    w = claim.waves
    if w is None:
        return None
    return {
        "sentence": f"The {counted(w.n_outcome, 'case')} with the outcome are worth "
        f"{w.n_effective:.0f} independent ones: cases of one wave are alike.",
        "rows": [[clean(n), f"{k:,}"] for n, k in zip(w.names, w.sizes, strict=True)],
    }


def _coders(claim: Claim) -> dict[str, Any] | None:
    c = claim.coders
    if c is None:
        return None
    return {
        "sentence": clean(c.sentence),
        "rows": [
            [clean(k.coder), f"{k.n_votes:,}",
             f"{share(k.sensitivity)} ({share(k.sensitivity_low)} to {share(k.sensitivity_high)})",
             f"{share(k.specificity)} ({share(k.specificity_low)} to {share(k.specificity_high)})"]
            for k in c.coders
        ],
    }  # fmt: skip
