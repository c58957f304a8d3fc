"""The charts of “How sure, and what we cannot know”."""

from __future__ import annotations

from typing import Any

import altair as alt

from fissure.report.charts import INK, finish
from fissure.report.wording import percent, share
from fissure.results import Curve, Pressure, Unknowns

__all__ = ["unknowns_charts"]

BAND, GREY = "#b9b6ad", "#767676"
WORDS = ["split", "no split", "cannot tell"]
SHAPES = ["square", "circle", "triangle-up"]


def unknowns_charts(u: Unknowns | None) -> dict[str, dict[str, Any]]:
    """Depth along what might be hidden, one chart for each assumption."""
    if u is None:
        return {}
    made = {}
    if u.absence is not None and u.absence.n_absences:
        made["absence"] = _curves(
            u.absence.curve, None, u.absence.threshold, "share of absences that hid a vote against"
        )
    if u.hidden is not None:
        made["hidden"] = _curves(
            u.hidden.worst_case, u.hidden.at_random, u.hidden.threshold,
            "share of votes cast against one’s own view",
        )  # fmt: skip
    if u.pressure is not None and len(u.pressure.path) > 1:
        made["pressure"] = _path(u.pressure)
    return {name: finish(chart) for name, chart in made.items()}


def _curves(curve: Curve, other: Curve | None, threshold: float, title: str) -> Any:
    """Depth with its interval and the verdict at each point; a rule where the verdict changes. A
    second curve is drawn thin, as far as the first reaches or its own verdict changes.
    """
    end = max(p.share for p in curve.points) or 1.0
    tips = [(curve.tipping_point, 2.0)]
    if other is not None:
        tips = [*tips, (other.tipping_point, 1.0)]
        if other.tipping_point is not None:
            end = max(end, min(1.0, 1.05 * other.tipping_point))
    x = _share("x:Q", title, end)
    y = _height("depth", [0.0, 1.0])
    layers = []
    if other is not None:
        thin = alt.Chart(alt.InlineData(values=_rows(other)))
        layers.append(thin.mark_line(color=GREY, strokeWidth=1, clip=True).encode(x=x, y=y))
    base = alt.Chart(alt.InlineData(values=_rows(curve)))
    legend = alt.Legend(
        title=None, orient="top", symbolFillColor=INK, symbolStrokeColor=INK, labelFontSize=13
    )
    shape = alt.Shape("v:N", scale=alt.Scale(domain=WORDS, range=SHAPES), legend=legend)
    layers += [
        base.mark_area(color=BAND, opacity=0.5).encode(x=x, y=alt.Y("l:Q"), y2="h:Q"),
        base.mark_line(color=INK, strokeWidth=2).encode(x=x, y=y),
        base.mark_point(color=INK, filled=True, size=70, opacity=1).encode(
            x=x, y=y, shape=shape, tooltip=["Share:N", "Depth:N", "Verdict:N"]
        ),
        _rule(threshold, y="t:Q"),
    ]
    layers += [_rule(tip, width, x="t:Q") for tip, width in tips if tip is not None]
    return alt.layer(*layers).properties(height=220)


def _rows(curve: Curve) -> list[dict[str, Any]]:
    return [
        {"x": p.share, "y": p.depth.estimate, "l": p.depth.low, "h": p.depth.high, "v": p.verdict,
         "Share": f"{p.share:.1%}", "Depth": share(p.depth.estimate), "Verdict": p.verdict}
        for p in curve.points
    ]  # fmt: skip


def _path(pressure: Pressure) -> Any:
    """The gap between positions that is left, by the share that party pressure carries."""
    rows = [{"x": x, "y": y, "Share": percent(x), "Gap": f"{y:.1f}"} for x, y in pressure.path]
    top = 1.1 * max(pressure.threshold, *(y for _, y in pressure.path))
    x = _share("x:Q", "share of the distance that pressure carries", 1.0)
    y = _height("gap between positions", [0.0, top])
    base = alt.Chart(alt.InlineData(values=rows))
    layers = [
        base.mark_line(color=INK, strokeWidth=2).encode(x=x, y=y),
        base.mark_point(color=INK, filled=True, size=30, opacity=1).encode(
            x=x, y=y, tooltip=["Share:N", "Gap:N"]
        ),
        _rule(pressure.threshold, y="t:Q"),
    ]
    if pressure.tipping_point is not None:
        layers.append(_rule(pressure.tipping_point, x="t:Q"))
    return alt.layer(*layers).properties(height=180)


def _share(field: str, title: str, end: float) -> alt.X:
    axis = alt.Axis(format="%", tickCount=5, grid=False)
    return alt.X(field, title=title, axis=axis, scale=alt.Scale(domain=[0, end], nice=False))


def _height(title: str, domain: list[float]) -> alt.Y:
    axis = alt.Axis(format=".1f", tickCount=5)
    return alt.Y("y:Q", title=title, scale=alt.Scale(domain=domain, nice=False), axis=axis)


def _rule(at: float, width: float = 1.0, **where: str) -> Any:
    """A dashed line across the chart."""
    return (
        alt.Chart(alt.InlineData(values=[{"t": at}]))
        .mark_rule(color=GREY, strokeDash=[5, 4], strokeWidth=width)
        .encode(**where)
    )
