"""The plot of cases, outcome over condition: every case a mark, also where many lie on one spot."""

from __future__ import annotations

import json
import math
from collections import Counter
from dataclasses import dataclass
from itertools import pairwise
from typing import Any, Literal

import altair as alt

from fissure.report.charts import INK
from fissure.report.wording import clean, cut, is_number
from fissure.results.claim import CasePoint, Claim

__all__ = ["MARKS", "caption", "case_plot", "case_word", "graded", "has_ranges", "lacks", "plotted"]

GREY, BAND = "#767676", "#f0eee8"
HEIGHT = 420  # pixels of the plotting area; the page keeps it about as wide
#: Shape, filling and size relative to the others, by what a case speaks against.
MARKS = {
    "necessary": ("diamond", INK, 1.25),
    "sufficient": ("square", "#fdfcf9", 0.95),
    "neither": ("circle", "#a3a099", 1.0),
}
FEW_VALUES = 6  # up to this many different codings the plot is a lattice, otherwise a scatter
MOST_NAMED = 12  # counter-examples whose names are printed in a lattice
LETTER, LINE = 6.4, 15  # pixels of a letter, and of a line, of a name in the plot
LONGEST = 26
WIDE, NARROW = 560, 285  # pixels for which names are placed; the narrow set is for phones
#: Where a name stands beside its mark: alignment, and pixels across and down.
SIDES: dict[str, tuple[Any, int, int]] = {
    "right": ("left", 9, 0),
    "left": ("right", -9, 0),
    "above": ("center", 0, -LINE),
    "below": ("center", 0, LINE),
}
Box = tuple[float, float, float, float]


def plotted(claim: Claim) -> list[CasePoint]:
    """The cases of which condition and outcome are known."""
    return [p for p in claim.points if is_number(p.x) and is_number(p.y)]


def graded(claim: Claim) -> bool:
    """Whether some coding is neither 0 nor 1."""
    return any(v not in (0, 1) for p in plotted(claim) for v in (p.x, p.y))


def lacks(p: CasePoint) -> str:
    """What the case speaks against."""
    if p.is_counterexample:
        return "necessary"
    return "sufficient" if p.is_other_counterexample else "neither"


def case_word(value: float | None, low: float, high: float) -> str:
    """A coding in print, with its range if it is one."""
    if not is_number(value):
        return "not known"
    text = f"{value:.3g}"
    return text if low >= high else f"{text} ({low:.3g} to {high:.3g})"


@dataclass(frozen=True)
class Layout:
    """Where marks of cases with the same codings go: side by side around their spot.

    ``scatter``: codings of many degrees, each mark where it is. ``lattice``: few degrees, marks in
    blocks. ``list``: few cases, marks in columns with all names. ``margin`` is what the axes show
    beyond 0 and 1, ``pitch`` the distance of neighbours, both in units of the axes.
    """

    kind: Literal["scatter", "lattice", "list"]
    margin: float
    pitch: float

    @property
    def ends(self) -> list[float]:
        """Ends of both axes."""
        return [-self.margin, 1 + self.margin]

    @property
    def span(self) -> float:
        """Length of both axes."""
        return 1 + 2 * self.margin

    @classmethod
    def of(cls, points: list[CasePoint]) -> Layout:
        """A layout that leaves every spot its own room."""
        values = [sorted({getattr(p, k) for p in points} | {0.0, 1.0}) for k in "xy"]
        most = max(Counter((p.x, p.y) for p in points).values())
        abreast = math.ceil(math.sqrt(most))
        if max(map(len, values)) > FEW_VALUES:
            return cls("scatter", 0.06, min(0.03, 0.09 / abreast))
        room = min(b - a for side in values for a, b in pairwise(side))
        margin = min(room / 2, 0.5)
        span = 1 + 2 * margin
        if len(values[0]) == 2 and most * LINE < 0.8 * room * HEIGHT / span:
            return cls("list", margin, LINE * span / HEIGHT)
        return cls("lattice", margin, min(0.055 * span, 0.9 * room / abreast))

    def spread(self, points: list[CasePoint]) -> list[tuple[float, float]]:
        """Where each case is drawn."""
        spots: dict[Any, list[int]] = {}
        for k, p in enumerate(points):
            spots.setdefault((p.x, p.y), []).append(k)
        out = [(0.0, 0.0)] * len(points)
        for (x, y), members in spots.items():
            members.sort(key=lambda k: (list(MARKS).index(lacks(points[k])), k))
            abreast = 1 if self.kind == "list" else math.ceil(math.sqrt(len(members)))
            rows = math.ceil(len(members) / abreast)
            left = -0.44 * self.span / 2 if self.kind == "list" else 0.0
            for place, k in enumerate(members):
                row, column = divmod(place, abreast)
                across = min(abreast, len(members) - row * abreast)
                dx = left + (column - (across - 1) / 2) * self.pitch
                dy = ((rows - 1) / 2 - row) * self.pitch
                out[k] = (round(x + dx, 4), round(y + dy, 4))
        return out


def caption(claim: Claim) -> str:
    """How the plot is read."""
    points = plotted(claim)
    if points and Layout.of(points).kind == "list":
        return "Each mark is one case, in the part of the plot that its codings put it in."
    return (
        "Each mark is one case; those with the same codings stand side by side. Point at one for "
        "its name."
    )


def has_ranges(claim: Claim) -> bool:
    """Whether lines of ranges are drawn; in a list of names they would cross them out."""
    points = plotted(claim)
    some = any(p.x_low < p.x_high or p.y_low < p.y_high for p in points)
    return some and Layout.of(points).kind != "list"


def case_plot(claim: Claim) -> Any:
    """Every case by its condition and outcome; names are printed where there is room."""
    points = plotted(claim)
    if not points:
        return None
    layout = Layout.of(points)
    places = layout.spread(points)
    x = _axis(claim, layout, alt.X, "x:Q", clean(claim.needs))
    y = _axis(claim, layout, alt.Y, "y:Q", clean(claim.outcome))
    layers = _quadrants(layout)
    if layout.kind != "list":
        layers += _ranges(points, places, x, y)
    layers.append(_dots(points, places, layout, x, y))
    layers += _names(points, places, layout, x, y)
    return alt.layer(*layers).properties(height=HEIGHT)


def _axis(claim: Claim, layout: Layout, kind: Any, field: str, name: str) -> Any:
    scale = alt.Scale(domain=layout.ends, nice=False)
    if graded(claim):
        axis = alt.Axis(values=[0, 0.25, 0.5, 0.75, 1], grid=False, format=".3~g")
        title = f"{name}, 0 out to 1 in"
        return kind(field, scale=scale, axis=axis, title=title)
    words = json.dumps([f"no {name}" if not name.startswith("~") else name[1:], name])
    turned: dict[str, Any] = {"labelAngle": -90, "labelAlign": "center"}
    axis = alt.Axis(
        values=[0, 1], grid=False, ticks=False, labelExpr=f"{words}[datum.value]",
        labelLimit=alt.ExprRef(expr="width / 2 - 8") if kind is alt.X else HEIGHT // 2 - 20,
        **(turned if kind is alt.Y else {}),
    )  # fmt: skip
    return kind(field, scale=scale, axis=axis, title=None)


def _quadrants(layout: Layout) -> list[alt.Chart]:
    """The half lines, the diagonal where codings come in degrees, and what two corners mean."""
    low, high = layout.ends
    corners = [{"a": low, "b": 0.5, "c": 0.5, "d": high}, {"a": 0.5, "b": high, "c": low, "d": 0.5}]
    band = alt.Chart(alt.InlineData(values=corners)).mark_rect(color=BAND)
    shaded = band.encode(x=alt.X("a:Q"), x2="b:Q", y=alt.Y("c:Q"), y2="d:Q")
    rule: dict[str, Any] = {"color": "#c9c5ba", "strokeWidth": 1}
    half = alt.Chart(alt.InlineData(values=[{"v": 0.5}]))
    layers = [shaded, half.mark_rule(**rule).encode(x=alt.X("v:Q")),
              half.mark_rule(**rule).encode(y=alt.Y("v:Q"))]  # fmt: skip
    if layout.margin < 0.5:
        ends = alt.InlineData(values=[{"x": 0, "y": 0}, {"x": 1, "y": 1}])
        line = alt.Chart(ends).mark_line(color=GREY, strokeDash=[5, 4], strokeWidth=1)
        layers.append(line.encode(x=alt.X("x:Q"), y=alt.Y("y:Q")))
    words: list[tuple[str, Any, Any, Any, Any, int]] = [
        ("against “necessary”", alt.value(0), alt.value(0), "left", "top", 5),
        ("against “sufficient”", alt.value("width"), alt.value("height"), "right", "bottom", -5),
    ]
    for text, x, y, align, baseline, inwards in words:
        one = alt.Chart(alt.InlineData(values=[{"t": text}]))
        mark = one.mark_text(
            align=align, baseline=baseline, dx=inwards, dy=inwards, color="#595959", fontSize=12,
            fontStyle="italic",
        )  # fmt: skip
        layers.append(mark.encode(x=x, y=y, text="t:N"))
    return layers


def _ranges(points: list[CasePoint], places: list[Any], x: Any, y: Any) -> list[alt.Chart]:
    """A line along every coding that is a range."""
    both = list(zip(points, places, strict=True))
    across = [{"x": p.x_low, "h": p.x_high, "y": at[1]} for p, at in both if p.x_low < p.x_high]
    along = [{"y": p.y_low, "h": p.y_high, "x": at[0]} for p, at in both if p.y_low < p.y_high]
    layers = []
    if across:
        base = alt.Chart(alt.InlineData(values=across)).mark_rule(color=GREY, opacity=0.7)
        layers.append(base.encode(x=x, x2="h:Q", y=y))
    if along:
        base = alt.Chart(alt.InlineData(values=along)).mark_rule(color=GREY, opacity=0.7)
        layers.append(base.encode(x=x, y=y, y2="h:Q"))
    return layers


def _dots(points: list[CasePoint], places: list[Any], layout: Layout, x: Any, y: Any) -> Any:
    rows = []
    for p, at in zip(points, places, strict=True):
        shape, fill, size = MARKS[lacks(p)]
        row = {"x": at[0], "y": at[1], "s": shape, "f": fill, "z": size, "Case": clean(p.name),
               "Condition": case_word(p.x, p.x_low, p.x_high),
               "Outcome": case_word(p.y, p.y_low, p.y_high)}  # fmt: skip
        if p.cluster:
            row["Wave"] = clean(p.cluster)
        if p.is_misdated:
            row["Order"] = "the condition began only after the outcome"
        rows.append(row)
    step = layout.pitch / layout.span
    across = f"max(3, min(11, 0.8 * {step:.5f} * min(width, {HEIGHT})))"
    if layout.kind == "list":
        across = "9"
    told = ["Case:N", "Condition:N", "Outcome:N"]
    told += [f"{k}:N" for k in ("Wave", "Order") if any(k in row for row in rows)]
    base = alt.Chart(alt.InlineData(values=rows))
    mark = base.mark_point(
        stroke=INK, strokeWidth=1, opacity=0.95,
        size=alt.ExprRef(expr=f"pow(datum.z * {across}, 2)"),
    )  # fmt: skip
    return mark.encode(
        x=x, y=y, shape=alt.Shape("s:N", scale=None, legend=None),
        fill=alt.Fill("f:N", scale=None, legend=None), tooltip=told,
    )  # fmt: skip


def _names(
    points: list[CasePoint], places: list[Any], layout: Layout, x: Any, y: Any
) -> list[alt.Chart]:
    """Names beside marks: those that fit on a wide page, and those that fit on a phone."""
    if layout.kind == "list":
        rows = [
            {"x": at[0], "y": at[1], "t": clean(p.name)}
            for p, at in zip(points, places, strict=True)
        ]
        text = alt.Chart(alt.InlineData(values=rows)).mark_text(
            align="left", dx=10, fontSize=12, color=INK, limit=alt.ExprRef(expr="0.43 * width"),
            tooltip=None,
        )  # fmt: skip
        return [text.encode(x=x, y=y, text="t:N")]
    layers = []
    for width, shown in ((WIDE, "width >= 480"), (NARROW, "width < 480")):
        rows = placed(points, places, layout, width)
        for side, (align, dx, dy) in SIDES.items():
            here = [row for row in rows if row["a"] == side]
            if not here:
                continue
            base = alt.Chart(alt.InlineData(values=here)).mark_text(
                align=align, dx=dx, dy=dy, fontSize=11, color=INK, tooltip=None,
                opacity=alt.ExprRef(expr=f"{shown} ? 1 : 0"),
            )  # fmt: skip
            layers.append(base.encode(x=x, y=y, text="t:N"))
    return layers


def placed(
    points: list[CasePoint], places: list[Any], layout: Layout, width: int
) -> list[dict[str, Any]]:
    """Names for which there is room beside their mark, counter-examples before the others.

    In a lattice only counter-examples are named, if few: neighbours leave no room for more.
    """
    low, high = layout.ends
    if layout.kind == "lattice" and sum(p.is_counterexample for p in points) > MOST_NAMED:
        return []
    at = [((x - low) / layout.span * width, (high - y) / layout.span * HEIGHT) for x, y in places]
    taken: list[Box] = [(a - 6, b - 6, a + 6, b + 6) for a, b in at]
    taken += [(0, 0, 130, 20), (width - 130, HEIGHT - 20, width, HEIGHT)]
    order = sorted(range(len(points)), key=lambda k: list(MARKS).index(lacks(points[k])))
    rows = []
    for k in order:
        if layout.kind == "lattice" and lacks(points[k]) != "necessary":
            break
        text = cut(clean(points[k].name), LONGEST)
        long, (a, b) = LETTER * len(text), at[k]
        for side, (align, dx, dy) in SIDES.items():
            start = a + dx - {"left": 0, "right": long, "center": long / 2}[align]
            box = (start - 2, b + dy - LINE / 2, start + long + 2, b + dy + LINE / 2)
            if box[0] >= 0 and box[2] <= width and not any(_overlap(box, o) for o in taken):
                taken.append(box)
                rows.append({"x": places[k][0], "y": places[k][1], "t": text, "a": side})
                break
    return rows


def _overlap(one: Box, other: Box) -> bool:
    return one[0] < other[2] and other[0] < one[2] and one[1] < other[3] and other[1] < one[3]
