"""The charts of a claim as Vega-Lite specifications. They show numbers of the result, make none."""

from __future__ import annotations

import json
from typing import Any

import altair as alt

from fissure.report.case_plot import case_plot, plotted
from fissure.report.charts import COLOURS, INK, finish
from fissure.report.wording import clean, is_number, percent, share
from fissure.results.claim import Claim
from fissure.results.forks import Fork

__all__ = ["FORK_MARKS", "ROW", "claim_charts", "drawn_forks", "is_own"]

GREY, BAND = "#767676", "#f0eee8"
HIGH = 0.9  # the share from which the program calls a condition necessary
ROW = 26  # pixels of a row of readings
#: Shape, size and whether it is filled, so that no verdict rests on colour.
FORK_MARKS = {
    "supported": ("circle", 60, True),
    "contradicted": ("square", 60, True),
    "trivially true": ("triangle-up", 70, False),
    "cannot tell from these cases": ("circle", 60, False),
}
SPOT = 12  # cases on one spot that are named under the pointer
MOST_FORKS = 240  # drawn; more would be narrower than a pixel on a phone
ESTIMATES, CHOICE = 200, 31  # pixels of the curve, and of each row of the matrix below it
Rows = list[dict[str, Any]]


def claim_charts(claim: Claim) -> dict[str, dict[str, Any]]:
    """The specifications by name; a chart without anything to show is left out."""
    made = {
        "cases": case_plot(claim),
        "curves": _curves(claim),
        "readings": _readings(claim),
        "forks": _forks(claim),
        "nca": _ceilings(claim),
    }
    return {name: finish(chart) for name, chart in made.items() if chart is not None}


def _share_axis(title: str | None) -> alt.X:
    axis = alt.Axis(
        values=[0, 0.25, 0.5, 0.75, 1], format="%", grid=False,
        labelAlign={"expr": "datum.value == 0 ? 'left' : datum.value == 1 ? 'right' : 'center'"},
    )  # fmt: skip
    return alt.X("x:Q", title=title, axis=axis, scale=alt.Scale(domain=[0, 1], nice=False))


def _at_least() -> list[alt.Chart]:
    """The part of the line where at least nine in ten have the condition, shaded."""
    band = alt.Chart(alt.InlineData(values=[{"x": HIGH, "h": 1}]))
    return [band.mark_rect(color=BAND).encode(x=alt.X("x:Q"), x2="h:Q")]


def _curves(claim: Claim) -> Any:
    """What is known of the share with the condition: with the outcome, and without it."""
    curve, told = claim.posterior_curve, claim.relevance
    if curve is None or not curve.given:
        return None
    # both curves of one model: the most cautious reading of one side alone is none of the other
    drawn = [(COLOURS[0], [1, 0], curve.given if told is None else told.given.curve)]
    if told is not None:
        drawn.append((COLOURS[1], [6, 4], told.otherwise.curve))
    top = 1.06 * max(max(heights) for _, _, heights in drawn)
    x = _share_axis("share of cases that had the condition")
    y = alt.Y("y:Q", axis=None, scale=alt.Scale(domain=[0, top], nice=False))
    layers = _at_least()
    for colour, dash, heights in drawn:
        rows = [
            {"x": round(at, 4), "y": round(height, 4)}
            for at, height in zip(curve.grid, heights, strict=True)
        ]
        base = alt.Chart(alt.InlineData(values=rows))
        layers.append(base.mark_area(color=colour, opacity=0.12).encode(x=x, y=y))
        line = base.mark_line(color=colour, strokeWidth=2.2, strokeDash=dash)
        layers.append(line.encode(x=x, y=y))
    return alt.layer(*layers).properties(height=210)


def _readings(claim: Claim) -> Any:
    """Mean and interval of the share under every way to read the codings, one row each."""
    if len(claim.readings) < 2:
        return None
    rows = [
        {"x": r.posterior.mean, "l": r.posterior.low, "h": r.posterior.high, "r": k,
         "Reading": clean(r.name),
         "Share": f"{share(r.posterior.mean)} ({share(r.posterior.low)} to "
         f"{share(r.posterior.high)})"}
        for k, r in enumerate(claim.readings)
    ]  # fmt: skip
    names = json.dumps([row["Reading"] for row in rows])
    labels = alt.Axis(
        values=list(range(len(rows))), labelExpr=f"{names}[datum.value]", grid=False, ticks=False,
        domain=False,
    )  # fmt: skip
    x = _share_axis(None)
    scale = alt.Scale(domain=[-0.7, len(rows) - 0.3], reverse=True, nice=False)
    y = alt.Y("r:Q", title=None, axis=labels, scale=scale)
    base = alt.Chart(alt.InlineData(values=rows))
    lines = base.mark_rule(color=INK, strokeWidth=2, opacity=0.55).encode(
        x=alt.X("l:Q"), x2="h:Q", y=y
    )
    dots = base.mark_point(color=INK, filled=True, size=70, opacity=1).encode(
        x=x, y=y, tooltip=["Reading:N", "Share:N"]
    )
    return alt.layer(*_at_least(), lines, dots).properties(height=ROW * len(rows) + 70)


def is_own(fork: Fork, claim: Claim) -> bool:
    """Whether a fork is the claim as it was asked."""
    return all(fork.choices.get(a.name) == a.options[0] for a in claim.fork_axes if a.options)


def drawn_forks(claim: Claim) -> list[Fork]:
    """The forks in order of their share; evenly chosen ones where there are too many to draw."""
    known = sorted(
        (f for f in claim.forks if is_number(f.mean)),
        key=lambda f: (f.mean, sorted(f.choices.items())),
    )
    if len(known) <= MOST_FORKS:
        return known
    places = {round(k * (len(known) - 1) / (MOST_FORKS - 1)) for k in range(MOST_FORKS)}
    return [f for k, f in enumerate(known) if k in places or is_own(f, claim)]


def _forks(claim: Claim) -> Any:
    """The specification curve: shares in order, and below them the choices behind each."""
    forks = drawn_forks(claim)
    if len(forks) < 2:
        return None
    axes = [a for a in claim.fork_axes if len(a.options) > 1]
    lines = [(a, option) for a in axes for option in a.options]
    depth = (len(lines) * CHOICE + 10) / ESTIMATES
    scale = alt.Scale(domain=[-depth, 1.05], nice=False)
    axis = alt.Axis(values=[0, 0.25, 0.5, 0.75, 1], format="%", domain=False, ticks=False)
    y = alt.Y("y:Q", axis=axis, title=None, scale=scale)
    x = alt.X("x:Q", axis=None, scale=alt.Scale(domain=[-1, len(forks)], nice=False))
    layers = [_threshold(), *_own_fork(forks, claim, x), _estimates(forks, x, y)]
    if lines:
        layers += _choices(forks, lines, x, y)
    return alt.layer(*layers).properties(height=ESTIMATES * (1.05 + depth))


def _threshold() -> alt.Chart:
    rule = alt.Chart(alt.InlineData(values=[{"y": HIGH}]))
    return rule.mark_rule(color=GREY, strokeDash=[5, 4]).encode(y="y:Q")


def _own_fork(forks: list[Fork], claim: Claim, x: alt.X) -> list[alt.Chart]:
    """A line through the claim as it was asked."""
    rows = [{"x": k} for k, f in enumerate(forks) if is_own(f, claim)]
    own = alt.Chart(alt.InlineData(values=rows))
    return [own.mark_rule(color="#14477a", strokeWidth=1.5).encode(x=x)]


def _estimates(forks: list[Fork], x: alt.X, y: alt.Y) -> alt.Chart:
    few = len(forks) <= 60
    rows: Rows = []
    for k, f in enumerate(forks):
        shape, size, filled = FORK_MARKS[f.verdict]
        rows.append(
            {"x": k, "y": round(f.mean or 0, 4), "s": shape, "z": size if few else size * 0.4,
             "f": INK if filled else "#fdfcf9", "Verdict": f.verdict, "Share": percent(f.mean),
             "Cases": f"{f.n:,}, of them {f.n_outcome:,} with the outcome",
             "Choices": "; ".join(f"{clean(a)}: {clean(o)}" for a, o in f.choices.items())}
        )  # fmt: skip
    base = alt.Chart(alt.InlineData(values=rows))
    return base.mark_point(stroke=INK, strokeWidth=1.3, opacity=1).encode(
        x=x, y=y, shape=alt.Shape("s:N", scale=None, legend=None),
        size=alt.Size("z:Q", scale=None, legend=None),
        fill=alt.Fill("f:N", scale=None, legend=None),
        tooltip=["Share:N", "Verdict:N", "Cases:N", "Choices:N"],
    )  # fmt: skip


def _down(pixels: float) -> float:
    """Pixels from the foot of the curve in units of its axis."""
    return round(pixels / ESTIMATES, 4)


def _choices(
    forks: list[Fork], lines: list[tuple[Any, str]], x: alt.X, y: alt.Y
) -> list[alt.Chart]:
    """A row of ticks for every option, under its name; a line above each question."""
    words, ticks, starts = [], [], []
    for row, (axis, option) in enumerate(lines):
        top = -(row * CHOICE + 15)
        if option == axis.options[0]:
            starts.append({"y": _down(top + 11)})
        words.append({"y": _down(top), "t": f"{clean(axis.name)}: {clean(option)}"})
        low, high = _down(top - 7), _down(top - 15)
        ticks += [
            {"x": k, "y": low, "h": high}
            for k, f in enumerate(forks)
            if f.choices.get(axis.name) == option
        ]
    limit = alt.ExprRef(expr="width - 8")
    text = alt.Chart(alt.InlineData(values=words)).mark_text(
        align="left", color=INK, fontSize=13, limit=limit
    )
    wide = alt.ExprRef(expr=f"max(1, min(6, 0.6 * width / {len(forks) + 1}))")
    marks = alt.Chart(alt.InlineData(values=ticks)).mark_rule(color=INK, strokeWidth=wide)
    rules = alt.Chart(alt.InlineData(values=starts)).mark_rule(color="#d9d6cd")
    return [
        rules.encode(y=y),
        text.encode(x=alt.value(2), y=y, text="t:N"),
        marks.encode(x=x, y=y, y2="h:Q"),
    ]


def _ceilings(claim: Claim) -> Any:
    """The cases with the steps and the line above which none, or few, of them lie."""
    told = claim.nca
    by_name = {p.name: p for p in plotted(claim)}
    if told is None or told.corner != 1 or not all(name in by_name for name in told.peers):
        return None
    x_low, x_high, y_low, y_high = told.scope
    peers = sorted((by_name[name].x or 0.0, by_name[name].y or 0.0) for name in told.peers)
    steps = [(x_low, y_low), *peers, (x_high, peers[-1][1] if peers else y_high)]
    rows = [{"x": x, "y": y, "top": y_high} for x, y in steps]
    axis = alt.Axis(tickCount=5, grid=False)
    x = alt.X("x:Q", title=clean(claim.needs), axis=axis, scale=_around(x_low, x_high))
    y = alt.Y("y:Q", title=clean(claim.outcome), axis=axis, scale=_around(y_low, y_high))
    base = alt.Chart(alt.InlineData(values=rows))
    layers = [
        base.mark_area(color="#e3e0d8", interpolate="step-after").encode(x=x, y=y, y2="top:Q"),
        base.mark_line(color=INK, strokeWidth=1.6, interpolate="step-after").encode(x=x, y=y),
        *_line(claim, x, y),
        _spots(claim, x, y),
    ]
    return alt.layer(*layers).properties(height=280)


def _around(low: float, high: float) -> alt.Scale:
    """A scale that shows marks at both ends whole."""
    room = 0.03 * (high - low)
    return alt.Scale(domain=[low - room, high + room], nice=False, zero=False)


def _line(claim: Claim, x: alt.X, y: alt.Y) -> list[alt.Chart]:
    """The line ceiling inside the scope."""
    told = claim.nca
    line = None if told is None else told.ceiling("cr_fdh")
    if told is None or line is None or line.slope is None or line.intercept is None:
        return []
    at = (told.scope[0], told.scope[1])
    ends = [{"x": v, "y": round(line.intercept + line.slope * v, 4)} for v in at]
    drawn = alt.Chart(alt.InlineData(values=ends))
    return [
        drawn.mark_line(color=INK, strokeDash=[5, 4], strokeWidth=1.2, clip=True).encode(x=x, y=y)
    ]


def _spots(claim: Claim, x: alt.X, y: alt.Y) -> alt.Chart:
    """One mark a spot, with the names of the cases on it."""
    spots: dict[Any, list[str]] = {}
    for p in plotted(claim):
        spots.setdefault((p.x, p.y), []).append(clean(p.name))
    rows = [{"x": a, "y": b, "Cases": "; ".join(names[:SPOT])
             + (f" and {len(names) - SPOT} more" if len(names) > SPOT else "")}
            for (a, b), names in spots.items()]  # fmt: skip
    base = alt.Chart(alt.InlineData(values=rows))
    return base.mark_point(
        color=INK, filled=True, size=42, opacity=0.85
    ).encode(x=x, y=y, tooltip=["Cases:N"])  # fmt: skip
