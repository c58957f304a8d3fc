"""A group's charts as Vega-Lite specifications. They show numbers of the result and make none.

Bloc A is always on the left and bloc B on the right, whatever the sign of the ideal points, so that
a mirrored input gives a mirrored picture.
"""

from __future__ import annotations

import json
import math
from typing import Any

import altair as alt

from fissure.report.wording import clean, is_number, signed
from fissure.results import Group, Interval, Member

__all__ = ["COLOURS", "INK", "SHAPES", "charts", "facing", "finish", "mark_of", "sides", "turned"]

# Okabe and Ito's palette, safe for the colour-blind. Every bloc has a shape of its own too, and
# the first two colours are of similar weight and belong to neither side of any one country's
# politics when they are handed out by the size of the bloc alone.
COLOURS = ("#0072B2", "#D55E00", "#009E73", "#CC79A7", "#E69F00", "#56B4E9")
SHAPES = ("circle", "square", "triangle-up", "diamond", "triangle-down", "triangle-right")
ALONE = ("alone", "#444444", "cross")

INK, GREY, BAND = "#1a1a1a", "#767676", "#f0eee8"
NAMED = 45  # up to this many members, each row of the chart of positions carries its name
COLUMNS = 40  # stacks of the chart of siding
ABREAST = 30  # stacks taller than this are set two, three … marks abreast
BLOC = alt.Tooltip("b:N", title="Bloc")


def mark_of(k: int) -> tuple[str, str]:
    """Colour and shape of the k-th bloc."""
    return COLOURS[k % len(COLOURS)], SHAPES[k % len(SHAPES)]


def sides(group: Group) -> list[tuple[str, Member]]:
    """Every member with the label of its bloc, in the order of the blocs."""
    rows = [(f"bloc {bloc.name}", m) for bloc in group.blocs for m in bloc.members]
    return rows + [(ALONE[0], m) for m in group.defectors]


def charts(group: Group, names: dict[str, str]) -> dict[str, dict[str, Any]]:
    """The specifications by name; a chart without anything to show is left out.

    Parameters
    ----------
    names
        What to print for each actor.
    """
    made = {
        "siding": _siding(group, names),
        "positions": _positions(group, names),
        "null": _null(group),
        "dates": _dates(group),
    }
    return {name: finish(chart) for name, chart in made.items() if chart is not None}


def finish(chart: Any) -> dict[str, Any]:
    """The specification of a chart, as wide as its box and in the page's type and colours."""
    chart = chart.properties(
        width="container", autosize=alt.AutoSizeParams(type="fit", contains="padding")
    )
    chart = chart.configure(font="system-ui, sans-serif", background="transparent", aria=False)
    chart = chart.configure_view(stroke=None)
    chart = chart.configure_axis(
        labelFontSize=13, titleFontSize=13, titleFontWeight="normal", labelColor=INK,
        titleColor=INK, gridColor="#e6e4de", domainColor=GREY, tickColor=GREY, labelLimit=130,
    )  # fmt: skip
    return chart.to_dict(validate=False)  # browser tests see that every chart is drawn


def _bloc_encodings(group: Group) -> dict[str, Any]:
    """Colour and shape by bloc; the page itself holds the legend, once for all charts."""
    labels = [f"bloc {bloc.name}" for bloc in group.blocs]
    marks = [mark_of(k) for k in range(len(labels))]
    if group.defectors:
        labels.append(ALONE[0])
        marks.append(ALONE[1:])
    colours, shapes = zip(*marks, strict=True) if marks else ((), ())
    return {
        "color": alt.Color("b:N", scale=alt.Scale(domain=labels, range=list(colours)), legend=None),
        "shape": alt.Shape("b:N", scale=alt.Scale(domain=labels, range=list(shapes)), legend=None),
    }


def _siding(group: Group, names: dict[str, str]) -> Any:
    """One mark a member, stacked: who sides with A, who with B, and is anybody in between?"""
    shown = [(label, m, 1 - m.siding) for label, m in sides(group) if m.siding is not None]
    if not shown:
        return None
    # The outer ones first, so that the stacks of a mirrored result are built alike.
    shown.sort(key=lambda row: (-abs(row[2] - 0.5), row[1].actor))
    at = [_column(side) for _, _, side in shown]
    tallest = max(at.count(column) for column in set(at))
    abreast = math.ceil(tallest / ABREAST)
    height: dict[int, int] = {}
    rows = []
    for (label, m, side), column in zip(shown, at, strict=True):
        before = height.get(column, 0)
        height[column] = before + 1
        aside = ((before % abreast + 0.5) / abreast - 0.5) * 0.8
        told = f"with A on {1 - side:.0%}, with B on {side:.0%} of {m.n_dividing:,.0f} choices"
        rows.append(
            {"x": round((column + aside) / COLUMNS, 4), "n": before // abreast + 1, "b": label,
             "Member": names[m.actor], "Sides": told}
        )  # fmt: skip
    return _siding_layers(group, rows, math.ceil(tallest / abreast), abreast)


def _column(side: float) -> int:
    """The stack a member stands in; ties are rounded outwards on both sides alike."""
    at = side * COLUMNS
    return math.ceil(at - 0.5) if side < 0.5 else math.floor(at + 0.5)


def _siding_layers(group: Group, rows: list[dict[str, Any]], tallest: int, abreast: int) -> Any:
    pixels = min(max(tallest * 10, 90), 300)
    # As large as rows and columns leave room for, on a phone and on a wide screen.
    share = 0.9 if abreast == 1 else 0.75
    room = f"{share} * min({pixels / (tallest + 2):.2f}, width / {COLUMNS * abreast})"
    size = alt.ExprRef(expr=f"pow(max(2.2, min(7.5, {room})), 2)")
    line = 1 if abreast == 1 else 0
    axis = alt.Axis(
        values=[0, 0.25, 0.5, 0.75, 1], grid=False, labelOverlap=False, ticks=False,
        labelAlign={"expr": "datum.value == 0 ? 'left' : datum.value == 1 ? 'right' : 'center'"},
        labelExpr="datum.value == 0 ? 'always with A' : datum.value == 1 ? 'always with B' : "
        "datum.value == 0.5 ? 'half and half' : ''",
    )  # fmt: skip
    # Half a column more on either side: marks at the very ends are shown whole.
    ends = [-0.5 / COLUMNS, 1 + 0.5 / COLUMNS]
    x = alt.X("x:Q", scale=alt.Scale(domain=ends, nice=False), axis=axis, title=None)
    top = alt.Scale(domain=[0, tallest + 2], nice=False)
    dots = (
        alt.Chart(alt.InlineData(values=rows))
        .mark_point(filled=True, size=size, opacity=1, stroke="white", strokeWidth=line)
        .encode(
            x=x, y=alt.Y("n:Q", scale=top, axis=None), tooltip=["Member:N", BLOC, "Sides:N"],
            **_bloc_encodings(group),
        )
    )  # fmt: skip
    return alt.layer(*_middle_band(x), dots).properties(height=pixels + 30)


def _middle_band(x: alt.X) -> list[alt.Chart]:
    """The middle of the line, shaded and named, so that its emptiness can be seen."""
    values = alt.InlineData(values=[{"l": 0.25, "h": 0.75, "x": 0.5, "t": "the middle"}])
    base = alt.Chart(values)
    band = base.mark_rect(color=BAND).encode(x=alt.X("l:Q"), x2="h:Q")
    words = base.mark_text(color="#595959", fontSize=13, baseline="top").encode(
        x=x, y=alt.value(2), text="t:N"
    )
    return [band, words]


def _positions(group: Group, names: dict[str, str]) -> Any:
    """One row a member: the ideal point and its interval, from the end of A to that of B."""
    shown = [(label, m, m.position) for label, m in sides(group) if m.position is not None]
    if not shown:
        return None
    sign = facing(group)
    rows: list[dict[str, Any]] = []
    for label, m, position in shown:
        at = turned(position, sign)
        rows.append(
            {"x": round(at.estimate, 3), "l": round(at.low, 3), "h": round(at.high, 3), "b": label,
             "Member": names[m.actor], "id": m.actor}
        )  # fmt: skip
    rows.sort(key=lambda row: (row["x"], row["id"]))
    for k, row in enumerate(rows):
        row["r"] = k
        row["Position"] = f"{signed(row['x'])} ({signed(row['l'])} to {signed(row['h'])})"
        del row["id"]
    step = 18 if len(rows) <= NAMED else max(2.0, min(8.0, 800 / len(rows)))
    return _position_layers(group, rows, step)


def _position_layers(group: Group, rows: list[dict[str, Any]], step: float) -> Any:
    x = alt.X("x:Q", title="← A’s end · position · B’s end →", axis=alt.Axis(tickCount=5))
    if len(rows) <= NAMED:
        # Rows are told apart by number and not by name: two members may share one.
        labels = alt.Axis(
            values=list(range(len(rows))), grid=False, ticks=False, domain=False,
            labelExpr=_lookup([row["Member"] for row in rows]),
        )  # fmt: skip
    else:
        labels = None
    y = alt.Y(
        "r:Q",
        axis=labels,
        title=None,
        scale=alt.Scale(domain=[-1, len(rows)], reverse=True, nice=False),
    )
    encodings = _bloc_encodings(group)
    base = alt.Chart(alt.InlineData(values=rows))
    lines = base.mark_rule(opacity=0.55, strokeWidth=min(2.0, step / 2)).encode(
        x=alt.X("l:Q"), x2="h:Q", y=y, color=encodings["color"]
    )
    dots = base.mark_point(filled=True, opacity=1, size=max(8, min(60, step**2))).encode(
        x=x, y=y, tooltip=["Member:N", BLOC, "Position:N"], **encodings
    )
    return alt.layer(lines, dots).properties(height=step * len(rows) + 20)


def _lookup(words: list[str]) -> str:
    """A Vega expression that turns a row number into a name. The names are data, never code."""
    return f"{json.dumps(words)}[datum.value]"


def facing(group: Group) -> int:
    """+1 if bloc A's ideal points are the lower ones already, −1 if the axis must be turned."""
    centre = []
    for bloc in group.blocs[:2]:
        at = [m.position.estimate for m in bloc.members if m.position is not None]
        centre.append(sum(at) / len(at) if at else 0.0)
    return -1 if len(centre) == 2 and centre[0] > centre[1] else 1


def turned(at: Interval, sign: int) -> Interval:
    """A position on the axis as it is shown."""
    low, high = sorted((sign * at.low, sign * at.high))
    return Interval(sign * at.estimate, low, high)


def _null(group: Group) -> Any:
    """Depth in the records against the depths that one bloc would show."""
    if not group.null.depths:
        return None
    depth, power = group.depth, group.smallest_detectable_depth
    end = min(1.0, 1.15 * max(*group.null.depths, depth.high, power or 0, 0.15))
    width = end / 80
    counts: dict[int, int] = {}
    for value in group.null.depths:
        counts[int(value / width)] = counts.get(int(value / width), 0) + 1
    bars = [{"l": k * width, "h": (k + 1) * width, "n": counts[k]} for k in sorted(counts)]
    tallest = max(counts.values())
    scale = alt.Scale(domain=[0, end], nice=False)
    x = alt.X("l:Q", scale=scale, title="depth: how far apart", axis=_share_axis())
    y = alt.Y("n:Q", axis=None, scale=alt.Scale(domain=[0, tallest * 1.35], nice=False))
    simulated = alt.Chart(alt.InlineData(values=bars)).mark_bar(color=GREY, binSpacing=0)
    layers = [simulated.encode(x=x, x2="h:Q", y=y, y2=alt.datum(0))]
    layers += _marks_of_records(depth.low, depth.high, depth.estimate, tallest)
    layers += _words_on_null(group, end, tallest, y)
    return alt.layer(*layers).properties(height=170)


def _words_on_null(group: Group, end: float, tallest: int, y: alt.Y) -> list[alt.Chart]:
    """Words beside the two marks where they stand apart; near each other they would overlap."""
    centre = sum(group.null.depths) / len(group.null.depths)
    at = group.depth.estimate
    if at - centre < 0.3 * end:
        return []
    layers = []
    marks: tuple[tuple[float, str, float, Any], ...] = (
        (centre, "if there were one bloc", 1.1, "left"),
        (at, "these records", 1.25, "right" if at > 0.5 * end else "left"),
    )
    for x, words, height, align in marks:
        row = alt.InlineData(values=[{"x": x, "n": height * tallest, "t": words}])
        text = alt.Chart(row).mark_text(
            align=align, dx=6 if align == "left" else -6, fontSize=13, color=INK
        )
        layers.append(text.encode(x=alt.X("x:Q"), y=y, text="t:N"))
    return layers


def _marks_of_records(low: float, high: float, estimate: float, tallest: int) -> list[alt.Chart]:
    base = alt.Chart(
        alt.InlineData(values=[{"l": low, "h": high, "x": estimate, "n": tallest * 1.3}])
    )
    band = base.mark_rect(color=INK, opacity=0.15).encode(x=alt.X("l:Q"), x2="h:Q")
    rule = base.mark_rule(color=INK, strokeWidth=3).encode(x=alt.X("x:Q"))
    return [band, rule]


def _share_axis() -> alt.Axis:
    return alt.Axis(format=".1f", tickCount=5, grid=False)


def _dates(group: Group) -> Any:
    """Depth in each stretch of time, with the depth over all of it for comparison."""
    blocks = [block for block in group.dates if is_number(block.depth)]
    if len(blocks) < 2:
        return None
    rows: list[dict[str, Any]] = [
        {"d": block.depth, "r": f"{k}", "Stretch": clean(block.name), "Items": block.n_items,
         "Depth": f"{block.depth:.2f}"}
        for k, block in enumerate(blocks)
    ]  # fmt: skip
    names = _lookup([clean(block.name) for block in blocks])
    axis = alt.Axis(labelExpr=names, grid=False, ticks=False, domain=False, title=None)
    y = alt.Y("r:O", axis=axis, sort=[row["r"] for row in rows])
    x = alt.X("d:Q", scale=alt.Scale(domain=[0, 1]), title="depth", axis=_share_axis())
    base = alt.Chart(alt.InlineData(values=rows))
    bars = base.mark_bar(color=GREY, height=8).encode(
        x=x, y=y, tooltip=["Stretch:N", "Items:Q", "Depth:N"]
    )
    dots = base.mark_point(color=INK, filled=True, size=80, opacity=1).encode(x=x, y=y)
    whole = (
        alt.Chart(alt.InlineData(values=[{"d": group.depth.estimate}]))
        .mark_rule(color=INK, strokeDash=[5, 4])
        .encode(x=alt.X("d:Q"))
    )
    return alt.layer(bars, dots, whole).properties(height=26 * len(rows) + 10)
