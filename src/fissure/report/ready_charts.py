"""Charts of the page on readiness as Vega-Lite specifications. They make no number."""

from __future__ import annotations

from typing import Any

import altair as alt

from fissure.readiness.worth_words import amount
from fissure.report.charts import BAND, COLOURS, GREY, INK, finish
from fissure.report.wording import chance, with_range
from fissure.results import (
    AlarmScore,
    Durations,
    LedgerScore,
    Lines,
    Readiness,
    Recurrence,
    Survival,
)

__all__ = ["LINES", "alarm_chart", "calibration_chart", "ready_charts"]

#: Colour and dashes of each model, so that none rests on colour alone.
LINES: dict[str, tuple[str, list[int]]] = {
    "constant": (COLOURS[0], [1, 0]),
    "renewal": (COLOURS[1], [8, 4]),
    "self-exciting": (COLOURS[2], [2, 3]),
    "ending": (COLOURS[3], [8, 3, 2, 3]),
}
AVERAGE = "average"
SHARE = alt.Scale(domain=[0, 1], nice=False)
Rows = list[dict[str, Any]]


def ready_charts(answer: Recurrence, worth: Readiness | None) -> dict[str, dict[str, Any]]:
    """The specifications by name; a chart without anything to show is left out."""
    made: dict[str, Any] = {}
    if answer.models:
        made["chance"] = _chance(answer)
        made["waiting"] = _waiting(answer)
        for k, m in enumerate(answer.models):
            made[f"model{k}"] = _one_model(m.survival, m.name, answer.horizon)
    if answer.durations is not None and answer.durations.curve.years:
        made["durations"] = _durations(answer.durations)
    if worth is not None:
        made["worth"] = _break_even(worth, answer)
    return {name: finish(chart) for name, chart in made.items()}


def _percent_axis(title: str | None = None, **more: Any) -> alt.Y:
    axis = alt.Axis(format=".0%", tickCount=4)
    return alt.Y(more.pop("field", "s:Q"), scale=SHARE, axis=axis, title=title, **more)


def _chance(answer: Recurrence) -> Any:
    """One row a model: the chance within the horizon, and the average of all below."""
    named = [(m.name, m.chance, m.probability) for m in answer.models]
    if answer.chance is not None:
        named.append((AVERAGE, answer.chance, 1.0))
    rows = [
        {"r": k, "m": name, "c": at.estimate, "l": at.low, "h": at.high,
         "told": f"{with_range(at, chance)}; weight {chance(p) if p < 1 else 'all'}"}
        for k, (name, at, p) in enumerate(named)
    ]  # fmt: skip
    order = [name for name, _, _ in named]
    names = alt.Axis(grid=False, ticks=False, domain=False, labelPadding=8)
    y = alt.Y("m:N", sort=order, title=None, axis=names)
    axis = alt.Axis(format=".0%", tickCount=5)
    base = alt.Chart(alt.InlineData(values=rows))
    x = alt.X("c:Q", scale=SHARE, axis=axis, title="chance of a new window in that time")
    colours = [*(LINES[n][0] for n in order[:-1]), INK]
    colour = alt.Color("m:N", scale=alt.Scale(domain=order, range=colours), legend=None)
    line = base.mark_rule(strokeWidth=3, opacity=0.55).encode(
        x=alt.X("l:Q", scale=SHARE), x2="h:Q", y=y, color=colour
    )
    dot = base.mark_point(filled=True, size=90, opacity=1).encode(
        x=x, y=y, color=colour, tooltip=[alt.Tooltip("m:N", title="Model"),
                                         alt.Tooltip("told:N", title="Chance")],
    )  # fmt: skip
    return alt.layer(line, dot).properties(height=34 * len(rows) + 20)


def _curve_rows(curve: Survival, name: str) -> Rows:
    low = curve.low or curve.share
    high = curve.high or curve.share
    return [
        {"y": round(y, 3), "s": s, "l": a, "h": b, "m": name, "told": chance(1 - s)}
        for y, s, a, b in zip(curve.years, curve.share, low, high, strict=True)
    ]


def _x(title: str = "years from the end of the records") -> alt.X:
    axis = alt.Axis(grid=False, tickCount=6)
    return alt.X("y:Q", axis=axis, title=title, scale=alt.Scale(nice=False))


def _rule(horizon: float) -> alt.Chart:
    at = alt.Chart(alt.InlineData(values=[{"y": horizon}]))
    return at.mark_rule(color=GREY, strokeDash=[3, 3]).encode(x="y:Q")


def _waiting(answer: Recurrence) -> Any:
    """All models over one another, and the band of their average."""
    rows = [r for m in answer.models for r in _curve_rows(m.survival, m.name)]
    average = _curve_rows(answer.survival, AVERAGE)
    names = [m.name for m in answer.models]
    colour = alt.Color(
        "m:N", scale=alt.Scale(domain=names, range=[LINES[n][0] for n in names]), legend=None
    )
    dash = alt.StrokeDash(
        "m:N", scale=alt.Scale(domain=names, range=[LINES[n][1] for n in names]), legend=None
    )
    tips = [alt.Tooltip("m:N", title="Model"), alt.Tooltip("y:Q", title="Years"),
            alt.Tooltip("told:N", title="A window by then")]  # fmt: skip
    band = alt.Chart(alt.InlineData(values=average)).mark_area(color=GREY, opacity=0.22)
    middle = alt.Chart(alt.InlineData(values=average)).mark_line(color=INK, strokeWidth=3)
    lines = alt.Chart(alt.InlineData(values=rows)).mark_line(strokeWidth=2)
    y = _percent_axis("no new window yet")
    layers = (
        band.encode(x=_x(), y=_percent_axis("no new window yet", field="l:Q"), y2="h:Q"),
        _rule(answer.horizon),
        lines.encode(x=_x(), y=y, color=colour, strokeDash=dash, tooltip=tips),
        middle.encode(x=_x(), y=y, tooltip=tips[1:]),
    )
    return alt.layer(*layers).properties(height=300)


def _one_model(curve: Survival, name: str, horizon: float) -> Any:
    rows = _curve_rows(curve, name)
    colour, dash = LINES[name]
    base = alt.Chart(alt.InlineData(values=rows))
    y = _percent_axis(None)
    band = base.mark_area(color=colour, opacity=0.2).encode(
        x=_x(), y=_percent_axis(None, field="l:Q"), y2="h:Q"
    )
    line = base.mark_line(color=colour, strokeDash=dash).encode(x=_x(), y=y)
    return alt.layer(band, _rule(horizon), line).properties(height=130)


def _durations(found: Durations) -> Any:
    """Kaplan and Meier's steps beside the exponential law of the mean length."""
    rows = [{"y": y, "s": s} for y, s in zip(found.curve.years, found.curve.share, strict=True)]
    steps = alt.Chart(alt.InlineData(values=rows)).mark_line(
        interpolate="step-after", color=INK, strokeWidth=2.5, point={"color": INK, "filled": True}
    )
    x = _x("years since the opening")
    return steps.encode(x=x, y=_percent_axis("still open")).properties(height=220)


def _break_even(worth: Readiness, answer: Recurrence) -> Any:
    """Below the line standing ready pays; the upright band is where the rate lies."""
    lines = worth.lines
    given = worth.settings["rate"]
    low, high = (answer.rate.low, answer.rate.high) if answer.rate is not None else given
    cost = worth.settings["upkeep"]
    most = [*lines.standing, *lines.over_warnings, *lines.standing_high, cost[1], 1e-9]
    scale = alt.Scale(domain=[0, 1.15 * max(most)], nice=False)
    width = alt.Scale(domain=[0, lines.rates[-1]], nice=False)
    x = alt.X("y:Q", title="windows a year", scale=width, axis=alt.Axis(grid=False, tickCount=5))
    y = alt.Y("s:Q", scale=scale, title="upkeep a year", axis=alt.Axis(tickCount=5))
    box = alt.Chart(alt.InlineData(values=[{"l": low, "h": min(high, lines.rates[-1])}]))
    names = ["than waiting", "than acting on warnings"]
    dash = alt.StrokeDash("m:N", scale=alt.Scale(domain=names, range=[[1, 0], [6, 4]]), legend=None)
    base = alt.Chart(alt.InlineData(values=_line_rows(lines)))
    area = base.transform_filter("datum.m == 'than waiting'").mark_area(
        color=COLOURS[0], opacity=0.14
    )
    layers = [
        box.mark_rect(color=BAND).encode(x=alt.X("l:Q"), x2="h:Q"),
        area.encode(x=x, y=y),
        *_ends_of(lines, x, scale),
        base.mark_line(color=COLOURS[0], strokeWidth=2.5).encode(x=x, y=y, strokeDash=dash),
        *_upkeep(cost, scale),
    ]
    return alt.layer(*layers).properties(height=280)


def _line_rows(lines: Lines) -> Rows:
    rows = [
        {"y": r, "s": s, "m": "than waiting"}
        for r, s in zip(lines.rates, lines.standing, strict=True)
    ]
    return rows + [
        {"y": r, "s": s, "m": "than acting on warnings"}
        for r, s in zip(lines.rates, lines.over_warnings, strict=False)
    ]


def _ends_of(lines: Lines, x: alt.X, scale: alt.Scale) -> list[Any]:
    """Between which the line lies, as uncertain as the length of windows is."""
    return [
        alt.Chart(alt.InlineData(values=[
            {"y": r, "s": s} for r, s in zip(lines.rates, part, strict=True)
        ])).mark_line(color=COLOURS[0], strokeWidth=1, strokeDash=[2, 3]).encode(
            x=x, y=alt.Y("s:Q", scale=scale)
        )
        for part in (lines.standing_low, lines.standing_high)
        if part
    ]  # fmt: skip


def _upkeep(cost: list[float], scale: alt.Scale) -> list[Any]:
    """A line at the upkeep that was given, or at both ends of its range, named on the spot."""
    low, high = cost
    told = f"upkeep {amount(low)}" + (f" to {amount(high)}" if high > low else "")
    y = alt.Y("l:Q", scale=scale)
    band = alt.Chart(alt.InlineData(values=[{"l": low, "h": high}]))
    ends = alt.Chart(alt.InlineData(values=[{"l": v} for v in sorted({low, high})]))
    name = alt.Chart(alt.InlineData(values=[{"l": high, "told": told}]))
    return [
        band.mark_rect(color=COLOURS[1], opacity=0.25).encode(y=y, y2="h:Q"),
        ends.mark_rule(color=COLOURS[1], strokeWidth=2).encode(y=y),
        name.mark_text(align="right", baseline="bottom", dx=-4, dy=-3, color=INK).encode(
            x=alt.value("width"), y=y, text="told:N"
        ),
    ]


def alarm_chart(score: AlarmScore) -> dict[str, Any] | None:
    """Statistic and threshold of the first series, its alarms and what followed."""
    path = score.paths[0] if score.paths else None
    if path is None or not path.years:
        return None
    rows = [
        {"y": y, "s": s, "t": t}
        for y, s, t in zip(path.years, path.statistic, path.threshold, strict=True)
    ]
    values = dict(zip(path.years, path.statistic, strict=True))
    alarms = [{"y": a, "s": values[a]} for a in path.alarms if a in values]
    x = alt.X("y:Q", title=None, axis=alt.Axis(format="d", grid=False, tickCount=5),
              scale=alt.Scale(zero=False, nice=False))  # fmt: skip
    y = alt.Y("s:Q", title=None, axis=alt.Axis(tickCount=3))
    base = alt.Chart(alt.InlineData(values=rows))
    events = alt.Chart(alt.InlineData(values=[{"y": e} for e in path.events]))
    layers: list[Any] = [
        base.mark_line(color=INK).encode(x=x, y=y),
        base.mark_line(color=COLOURS[1], strokeDash=[6, 4]).encode(x=x, y=alt.Y("t:Q", title=None)),
    ]
    # a layer without anything in it has no extent, of which Vega warns
    if path.events:
        layers.insert(0, events.mark_rule(color=GREY, strokeWidth=3, opacity=0.6).encode(x=x))
    if alarms:
        layers.append(
            alt.Chart(alt.InlineData(values=alarms))
            .mark_point(filled=True, shape="triangle-down", size=110, opacity=1, color=COLOURS[1])
            .encode(x=x, y=y)
        )
    return finish(alt.layer(*layers).properties(height=150))


def calibration_chart(score: LedgerScore) -> dict[str, Any]:
    """What was said and what came, with bars of what would come if all were right."""
    rows = [
        {"x": b.said, "s": b.came, "l": b.expected_low, "h": b.expected_high, "n": b.n,
         "told": f"{b.n} statements"}
        for b in score.bins
    ]  # fmt: skip
    base = alt.Chart(alt.InlineData(values=rows))
    axis = alt.Axis(format=".0%", tickCount=5)
    x = alt.X("x:Q", scale=SHARE, axis=axis, title="probability said")
    y = alt.Y("s:Q", scale=SHARE, axis=axis, title="came true")
    ideal = alt.Chart(alt.InlineData(values=[{"x": 0, "s": 0}, {"x": 1, "s": 1}]))
    layers = [
        ideal.mark_line(color=GREY, strokeDash=[4, 4]).encode(x=x, y=y),
        base.mark_rule(color=COLOURS[0], strokeWidth=7, opacity=0.25).encode(
            x=x, y=alt.Y("l:Q", scale=SHARE), y2="h:Q"
        ),
        base.mark_point(filled=True, color=INK, size=90, opacity=1).encode(
            x=x,
            y=y,
            tooltip=[
                alt.Tooltip("told:N", title="Resolved"),
                alt.Tooltip("s:Q", format=".0%", title="Came true"),
            ],
        ),
    ]
    return finish(alt.layer(*layers).properties(height=360))
