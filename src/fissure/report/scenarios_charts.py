"""Charts of the page on scenarios as Vega-Lite specifications. They make no number.

All maps have depth upwards and organisation to the right, and all of one row the same colours for
the same probability, so that they can be compared at a glance.
"""

from __future__ import annotations

import math
from itertools import pairwise
from typing import Any

import altair as alt

from fissure.report.charts import COLOURS, GREY, INK, SHAPES, finish
from fissure.report.wording import chance, clean, percent
from fissure.results.scenarios import Grid, ModelView, Scenarios, Sensitivity, Surface

__all__ = [
    "APART",
    "LIKELY",
    "WORDS",
    "is_boxed",
    "likeliest",
    "mark",
    "scenarios_charts",
    "shown_inputs",
    "surface",
    "top",
]

# Ramps with equal steps of CIELAB lightness, about 95 to 20: no band of colour stands out, and they
# read the same in grey. The hues are no party's or state's.
LIKELY = ("#eff3f0", "#b8d4ce", "#81b5ae", "#54948e", "#3a7271", "#215155", "#06333a")
APART = ("#f6f1e6", "#e7cbad", "#d4a675", "#bb8346", "#9a6430", "#79461c", "#5a2a08")
#: Fill and letter of each outcome; the letter says the same as the colour.
WORDS: dict[str, tuple[str, str]] = {
    "no change": ("#dddddd", "N"),
    "concession": ("#e69f00", "C"),
    "reshuffle at the top": ("#56b4e9", "T"),
    "change from below": ("#f0e442", "B"),
    "repression": ("#cc79a7", "R"),
}
MOST_INPUTS = 8  # bars of one model's sensitivity; the table has all
LETTERED = 12  # rows and columns up to which each cell carries its letter
HEIGHT = 200
Rows = list[dict[str, Any]]


def scenarios_charts(answer: Scenarios) -> dict[str, dict[str, Any]]:
    """The specifications by name; a chart without anything to show is left out."""
    made: dict[str, Any] = {"odds": _odds(answer)}
    ends = top(answer)
    views = [(f"{k}", m) for k, m in enumerate(answer.models)]
    both = views if len(views) == 1 else [*views, ("all", answer.ensemble)]
    for key, view in both:
        found = surface(view, answer.outcome)
        made[f"map{key}"] = _map(answer, found.probability, LIKELY, ends, found.error)
        made[f"need{key}"] = _need(answer, view, found)
    end = max([1.0, *(s.total + s.total_error for s in answer.sensitivity)])
    for key, view in views:
        made[f"likeliest{key}"] = _likeliest(answer, view)
        rows = shown_inputs(answer, view.name)
        if rows:
            made[f"sobol{key}"] = _sobol(rows, end)
    if len(views) > 1:
        made["apart"] = _map(answer, answer.disagreement, APART, 1.0)
    return {name: finish(chart) for name, chart in made.items()}


def surface(view: ModelView, outcome: str) -> Surface:
    """The map of one outcome."""
    return next(s for s in view.surfaces if s.outcome == outcome)


def likeliest(view: ModelView, row: int, column: int) -> Surface:
    """The map of the outcome that is the likeliest in a cell."""
    return max(view.surfaces, key=lambda s: s.probability[row][column])


def top(answer: Scenarios) -> float:
    """End of the common scale: the least of 10 %, 20 %, … that no model's map goes beyond."""
    most = max(
        p for m in answer.models for row in surface(m, answer.outcome).probability for p in row
    )
    return min(1.0, max(0.1, math.ceil(round(10 * most, 6)) / 10))


def shown_inputs(answer: Scenarios, model: str) -> list[Sensitivity]:
    """The inputs that have most to do with a model's answer, the first of them first."""
    rows = [s for s in answer.sensitivity if s.model == model]
    return sorted(rows, key=lambda s: (-s.total, s.input))[:MOST_INPUTS]


def is_boxed(answer: Scenarios) -> bool:
    """Whether the maps go beyond the conditions as given."""
    return any(c.name in ("depth", "organisation") and c.kind != "range" for c in answer.conditions)


def mark(k: int) -> tuple[str, str]:
    """Colour and shape of the k-th model."""
    return COLOURS[k % len(COLOURS)], SHAPES[k % len(SHAPES)]


def _odds(answer: Scenarios) -> Any:
    """One row an outcome, one mark a model; the line between them is their disagreement."""
    rows = [
        {"o": o.outcome, "p": o.probability, "m": clean(m.name),
         "told": f"{chance(o.probability)} (s.e. {percent(o.error)})"}
        for m in answer.models
        for o in m.odds
    ]  # fmt: skip
    wide = [{"o": o.outcome, "l": o.lowest, "h": o.highest} for o in answer.ensemble.odds]
    names = [clean(m.name) for m in answer.models]
    marks = [mark(k) for k in range(len(names))]
    axis = alt.Axis(grid=True, ticks=False, domain=False, labelPadding=10)
    y = alt.Y("o:N", sort=list(answer.outcomes), title=None, axis=axis)
    scale = alt.Scale(domain=[0, 1], nice=False)
    x = alt.X("p:Q", scale=scale, title="probability", axis=alt.Axis(format=".0%", tickCount=5))
    colour = alt.Scale(domain=names, range=[c for c, _ in marks])
    shape = alt.Scale(domain=names, range=[s for _, s in marks])
    line = alt.Chart(alt.InlineData(values=wide)).mark_rule(color=GREY, strokeWidth=3, opacity=0.5)
    dots = alt.Chart(alt.InlineData(values=rows)).mark_point(filled=True, size=110, opacity=0.9)
    layers = (
        line.encode(x=alt.X("l:Q", scale=scale), x2="h:Q", y=y),
        dots.encode(
            x=x,
            y=y,
            color=alt.Color("m:N", scale=colour, legend=None),
            shape=alt.Shape("m:N", scale=shape, legend=None),
            tooltip=[alt.Tooltip("m:N", title="Model"), alt.Tooltip("o:N", title="Outcome"),
                     alt.Tooltip("told:N", title="Probability")],
        ),
    )  # fmt: skip
    return alt.layer(*layers).properties(height=36 * len(answer.outcomes) + 20)


def _edges(at: tuple[float, ...]) -> list[float]:
    """Where the cells of a map end: half-way between its points."""
    middle = [(a + b) / 2 for a, b in pairwise(at)]
    return [round(v, 4) for v in (2 * at[0] - middle[0], *middle, 2 * at[-1] - middle[-1])]


def _cells(answer: Scenarios) -> list[list[dict[str, Any]]]:
    d, o = _edges(answer.depths), _edges(answer.organisations)
    return [
        [
            {"o": o[j], "o2": o[j + 1], "d": d[i], "d2": d[i + 1], "at":
             f"depth {answer.depths[i]:.2g}, organisation {answer.organisations[j]:.2g}"}
            for j in range(len(o) - 1)
        ]
        for i in range(len(d) - 1)
    ]  # fmt: skip


def _axis(field: str, title: str, at: tuple[float, ...]) -> dict[str, Any]:
    edges = _edges(at)
    return {
        "shorthand": f"{field}:Q",
        "title": title,
        "scale": alt.Scale(domain=[edges[0], edges[-1]], nice=False, zero=False),
        "axis": alt.Axis(grid=False, ticks=False, domain=False, format=".2~f",
                         values=[at[0], at[-1]], labelFlush=True),
    }  # fmt: skip


def _place(answer: Scenarios) -> dict[str, Any]:
    return {
        "x": alt.X(**_axis("o", "organisation", answer.organisations)),
        "x2": "o2:Q",
        "y": alt.Y(**_axis("d", "depth", answer.depths)),
        "y2": "d2:Q",
    }


def _map(
    answer: Scenarios, values: Grid, ramp: tuple[str, ...], ends: float, error: Grid | None = None
) -> Any:
    rows = []
    for i, line in enumerate(_cells(answer)):
        for j, cell in enumerate(line):
            told = chance(values[i][j]) if error is not None else percent(values[i][j])
            told += "" if error is None else f" (s.e. {percent(error[i][j])})"
            rows.append({**cell, "v": round(values[i][j], 4), "told": told})
    steps = [round(ends * k / (len(ramp) - 1), 6) for k in range(len(ramp))]
    scale = alt.Scale(domain=steps, range=list(ramp), clamp=True)
    tips = [alt.Tooltip("at:N", title="At"), alt.Tooltip("told:N", title="Value")]
    # the same colour as a line closes the seams between cells
    cells = alt.Chart(alt.InlineData(values=rows)).mark_rect(strokeWidth=0.6)
    drawn = cells.encode(
        color=alt.Color("v:Q", scale=scale, legend=None),
        stroke=alt.Stroke("v:Q", scale=scale, legend=None),
        tooltip=tips,
        **_place(answer),
    )
    return alt.layer(drawn, *_given(answer)).properties(height=HEIGHT)


def _given(answer: Scenarios) -> list[Any]:
    """A box around the conditions as given, where the map goes beyond them."""
    if not is_boxed(answer):
        return []
    given = {c.name: c for c in answer.conditions}
    depth, organisation = given["depth"], given["organisation"]
    d, o = _edges(answer.depths), _edges(answer.organisations)
    # wide enough to be seen where a condition is a single number
    wide, high = 0.015 * (o[-1] - o[0]), 0.015 * (d[-1] - d[0])
    box = {
        "o": max(organisation.low - wide, o[0]), "o2": min(organisation.high + wide, o[-1]),
        "d": max(depth.low - high, d[0]), "d2": min(depth.high + high, d[-1]),
    }  # fmt: skip
    base = alt.Chart(alt.InlineData(values=[box]))
    pale = base.mark_rect(fill=None, stroke="white", strokeWidth=4).encode(**_place(answer))
    dark = base.mark_rect(fill=None, stroke=INK, strokeWidth=1.5).encode(**_place(answer))
    return [pale, dark]


def _need(answer: Scenarios, view: ModelView, found: Surface) -> Any:
    """Cells where the outcome is as probable as asked for, and the most probable of all."""
    rows = [
        {**cell, "is": found.probability[i][j] >= answer.level,
         "told": chance(found.probability[i][j])}
        for i, line in enumerate(_cells(answer))
        for j, cell in enumerate(line)
    ]  # fmt: skip
    scale = alt.Scale(domain=[False, True], range=[LIKELY[0], LIKELY[4]])
    tips = [alt.Tooltip("at:N", title="At"), alt.Tooltip("told:N", title="Value")]
    cells = alt.Chart(alt.InlineData(values=rows)).mark_rect(strokeWidth=0.6)
    drawn = cells.encode(
        color=alt.Color("is:N", scale=scale, legend=None),
        stroke=alt.Stroke("is:N", scale=scale, legend=None),
        tooltip=tips,
        **_place(answer),
    )
    r = view.required
    dot = alt.Chart(alt.InlineData(values=[{"o": r.organisation, "d": r.depth}]))
    place = _place(answer)
    most = dot.mark_point(
        shape="diamond", filled=True, size=90, opacity=1, color="white", stroke=INK, strokeWidth=1.5
    ).encode(x=place["x"], y=place["y"])
    return alt.layer(drawn, most).properties(height=HEIGHT)


def _likeliest(answer: Scenarios, view: ModelView) -> Any:
    """The likeliest outcome of each cell, by colour and, on coarse maps, by letter."""
    rows = []
    for i, line in enumerate(_cells(answer)):
        for j, cell in enumerate(line):
            best = likeliest(view, i, j)
            middle = {"x": answer.organisations[j], "y": answer.depths[i]}
            told = chance(best.probability[i][j])
            letter = WORDS[best.outcome][1]
            rows.append({**cell, **middle, "w": best.outcome, "k": letter, "told": told})
    scale = alt.Scale(domain=list(WORDS), range=[colour for colour, _ in WORDS.values()])
    tips = [alt.Tooltip("at:N", title="At"), alt.Tooltip("w:N", title="Likeliest"),
            alt.Tooltip("told:N", title="Probability")]  # fmt: skip
    base = alt.Chart(alt.InlineData(values=rows))
    cells = base.mark_rect(strokeWidth=0.6).encode(
        color=alt.Color("w:N", scale=scale, legend=None),
        stroke=alt.Stroke("w:N", scale=scale, legend=None),
        tooltip=tips,
        **_place(answer),
    )
    layers = [cells]
    if max(len(answer.depths), len(answer.organisations)) <= LETTERED:
        x = alt.X(**_axis("x", "organisation", answer.organisations))
        y = alt.Y(**_axis("y", "depth", answer.depths))
        size = alt.ExprRef(expr=f"min(11, width / {1.1 * len(answer.organisations):.1f})")
        letters = base.mark_text(fontSize=size, color=INK).encode(
            x=x, y=y, text="k:N", tooltip=tips
        )
        layers.append(letters)
    return alt.layer(*layers, *_given(answer)).properties(height=HEIGHT)


def _sobol(found: list[Sensitivity], end: float) -> Any:
    """Two bars an input: what it has any part in, and within it what it explains alone."""
    rows: Rows = [
        {"i": clean(s.input), "t": max(s.total, 0.0), "f": max(s.first, 0.0),
         "l": max(s.total - s.total_error, 0.0), "h": s.total + s.total_error,
         "told": f"any part {s.total:.2f} ± {s.total_error:.2f}, alone {s.first:.2f} ± "
         f"{s.first_error:.2f}"}
        for s in found
    ]  # fmt: skip
    axis = alt.Axis(grid=False, ticks=False, domain=False, labelLimit=190)
    y = alt.Y("i:N", sort=[row["i"] for row in rows], title=None, axis=axis)
    scale = alt.Scale(domain=[0, end], nice=False)
    x = alt.X("t:Q", scale=scale, title="share of variance", axis=alt.Axis(tickCount=4))
    tips = [alt.Tooltip("i:N", title="Input"), alt.Tooltip("told:N", title="Share")]
    base = alt.Chart(alt.InlineData(values=rows))
    layers = (
        base.mark_bar(color=LIKELY[2], height=14).encode(x=x, y=y, tooltip=tips),
        base.mark_bar(color=LIKELY[5], height=6).encode(
            x=alt.X("f:Q", scale=scale), y=y, tooltip=tips
        ),
        base.mark_rule(color=INK).encode(x=alt.X("l:Q", scale=scale), x2="h:Q", y=y),
    )
    return alt.layer(*layers).properties(height=24 * len(rows) + 20)
