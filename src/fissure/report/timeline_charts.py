"""A group's charts through time as Vega-Lite specifications. They make no number of their own."""

from __future__ import annotations

import json
from itertools import pairwise
from typing import Any

import altair as alt

from fissure.report.charts import INK, finish
from fissure.report.when import Calendar
from fissure.report.wording import chance, share, signed, with_range
from fissure.results import Chance, Change, Interval, Period, Rank, RankSet, Series

__all__ = ["SHADE", "VERDICT_MARKS", "leaders", "overview", "ranks_in", "timeline_charts", "top_of"]

SHADE = "#b8860b"  # windows; of no bloc's colour
DENSEST = 0.42  # opacity where a window is certain
PAPER = "#fdfcf9"
FAINT, LOWER = "#6b6b6b", "#8c8981"
# Size and filling of the mark of each verdict, so that none rests on colour alone.
VERDICT_MARKS = {"split": (60, INK), "cannot tell": (48, PAPER), "no split": (9, INK)}
LEADING, LEAST = 10, 0.01
FEW = 15  # up to this many years each has its mark on the axis; otherwise round years have
PARTS = ("total", "replacement", "agenda", "conversion")
Rows = list[dict[str, Any]]


def top_of(series: tuple[Series, ...]) -> float:
    """Upper end of the axis of depth, the same for all groups."""
    highest = max((p.depth.high for s in series for p in s.periods), default=0.5)
    return min(1.0, (int(10 * highest) + 1) / 10)


def overview(series: Series, calendar: Calendar, top: float, is_last: bool) -> dict[str, Any]:
    """The row of one group among those of all groups, on the same axes."""
    rows = _rows(series, calendar)
    layers = [_windows(series, calendar), *_depth(rows, 0.45), _targets(rows)]
    return _drawn(layers, calendar, (0, top), 104 + (24 if is_last else 0), labelled=is_last)


def timeline_charts(series: Series, calendar: Calendar, top: float) -> dict[str, dict[str, Any]]:
    """The charts of a group's section by name; one without anything to show is left out."""
    made = {
        "time": _time(series, calendar, top) if series.periods else None,
        "deepest": _deepest(series, calendar),
        "ranks": _ranks(series, calendar),
        "starts": _starts(series, calendar),
        "changes": _changes(series, calendar),
    }
    return {name: chart for name, chart in made.items() if chart is not None}


def _time(series: Series, calendar: Calendar, top: float) -> dict[str, Any]:
    rows = _rows(series, calendar)
    layers = [_windows(series, calendar), *_chosen(rows), *_beside(rows), *_depth(rows, 1)]
    return _drawn([*layers, _targets(rows)], calendar, (0, top), 300)


def _rows(series: Series, calendar: Calendar) -> Rows:
    """One row a period; ``run`` changes where a period is missing, so that lines break there."""
    open_by = {} if series.windows is None else {
        c.period: c.probability for c in series.windows.open
    }  # fmt: skip
    rows: Rows = []
    run, before = 0, None
    for k, p in enumerate(series.periods):
        run += before is not None and p.place != before + 1
        before = p.place
        rows.append({**_row(p, calendar), "k": k, "run": run})
        if p.period in open_by:
            rows[-1]["told"] += f", window open {chance(open_by[p.period])}"
    return rows


def _row(p: Period, calendar: Calendar) -> dict[str, Any]:
    at, half = calendar.at(p.place), calendar.step / 2
    size, fill = VERDICT_MARKS[p.verdict]
    return {
        "x": at, "a": at - half, "b": at + half, "d": round(p.depth.estimate, 4),
        "l": round(p.depth.low, 4), "h": round(p.depth.high, 4), "size": size, "fill": fill,
        "c": None if p.depth_common is None else round(p.depth_common.estimate, 4),
        "s": p.smallest_detectable_depth,
        "told": f"{calendar.names[p.place]}: {p.verdict}, depth {with_range(p.depth, share)}",
    }  # fmt: skip


def _x(calendar: Calendar, labelled: bool = True, field: str = "x:Q") -> alt.X:
    scale = alt.Scale(domain=list(calendar.ends), nice=False, zero=False)
    if not labelled:
        return alt.X(
            field, scale=scale, title=None, axis=alt.Axis(labels=False, grid=False, ticks=False)
        )
    if calendar.years:
        few = sorted(calendar.years.values()) if len(calendar.years) <= FEW else alt.Undefined
        count = alt.ExprRef(expr="ceil(width / 75)")
        axis = alt.Axis(
            format="d", tickCount=count, grid=False, tickMinStep=1, values=few,
            labelOverlap="greedy", labelSeparation=8,
        )  # fmt: skip
    else:
        names = json.dumps([calendar.names.get(k, "") for k in range(max(calendar.names) + 1)])
        axis = alt.Axis(
            values=sorted(calendar.names), labelExpr=f"{names}[datum.value]", grid=False,
            labelOverlap="greedy", labelSeparation=8, labelLimit=110,
        )  # fmt: skip
    return alt.X(field, scale=scale, title=None, axis=axis)


def _windows(series: Series, calendar: Calendar) -> alt.Chart:
    half = calendar.step / 2
    rows: Rows = []
    for c in series.windows.open if series.windows is not None else ():
        shade = round(DENSEST * c.probability, 2)
        if not shade or c.period not in calendar.places:
            continue
        at = calendar.at(calendar.places[c.period])
        if rows and rows[-1]["o"] == shade and rows[-1]["b"] == at - half:
            rows[-1]["b"] = at + half  # no seam within one shade
        else:
            rows.append({"a": at - half, "b": at + half, "o": shade})
    return (
        alt.Chart(alt.InlineData(values=rows))
        .mark_rect(color=SHADE, strokeWidth=0)
        .encode(x=alt.X("a:Q"), x2="b:Q", opacity=alt.Opacity("o:Q", scale=None))
    )


def _depth(rows: Rows, scale: float) -> list[alt.Chart]:
    """The band, the line and the marks of the verdicts."""
    base = alt.Chart(alt.InlineData(values=rows))
    runs = [row["run"] for row in rows]
    alone = [row for row in rows if runs.count(row["run"]) == 1]  # no band there
    sized = [{**row, "size": max(6, scale * row["size"])} for row in rows]
    return [
        base.mark_area(color=INK, opacity=0.16).encode(
            x=alt.X("x:Q"), y="l:Q", y2="h:Q", detail="run:N"
        ),
        alt.Chart(alt.InlineData(values=alone))
        .mark_rule(color=INK, opacity=0.25, strokeWidth=3)
        .encode(x=alt.X("x:Q"), y="l:Q", y2="h:Q"),
        base.mark_line(color=INK, strokeWidth=1.5).encode(
            x=alt.X("x:Q"), y="d:Q", detail="run:N"
        ),
        alt.Chart(alt.InlineData(values=sized))
        .mark_point(stroke=INK, strokeWidth=1.3, opacity=1, shape="circle")
        .encode(
            x=alt.X("x:Q"), y="d:Q", size=alt.Size("size:Q", scale=None, legend=None),
            fill=alt.Fill("fill:N", scale=None, legend=None),
        ),
    ]  # fmt: skip


def _beside(rows: Rows) -> list[alt.Chart]:
    """Faint: what would have been found. Dotted: the same mix of items in every period."""
    lines = []
    for key, dash, colour in (("s", [6, 4], FAINT), ("c", [1.5, 2.5], INK)):
        known = [row for row in rows if row[key] is not None]
        runs = [{"x": r["x"], "y": r[key], "run": _run(r, key, rows)} for r in known]
        lines.append(
            alt.Chart(alt.InlineData(values=runs))
            .mark_line(color=colour, strokeWidth=1.2, strokeDash=dash)
            .encode(x=alt.X("x:Q"), y="y:Q", detail="run:N")
        )
    return lines


def _run(row: dict[str, Any], key: str, rows: Rows) -> str:
    """Which unbroken stretch of known values a row belongs to."""
    gaps = sum(other[key] is None for other in rows[: row["k"]])
    return f"{row['run']}-{gaps}"


def _chosen(rows: Rows) -> list[alt.Chart]:
    """A line through the period that is looked at; the page sets ``chosen``."""
    rule = (
        alt.Chart(alt.InlineData(values=[{"x": row["x"], "k": row["k"]} for row in rows]))
        .mark_rule(color="#14477a", strokeWidth=2)
        .encode(x=alt.X("x:Q"))
        .transform_filter("datum.k == chosen")
    )
    return [rule.add_params(alt.param(name="chosen", value=-1))]


def _targets(rows: Rows) -> alt.Chart:
    """What is clicked and pointed at: the whole height above a period, seen by nobody."""
    shown = [{key: row[key] for key in ("a", "b", "k", "told")} for row in rows]
    return (
        alt.Chart(alt.InlineData(values=shown))
        .mark_rect(opacity=0, cursor="pointer")
        .encode(x=alt.X("a:Q"), x2="b:Q", tooltip="told:N")
    )


def _drawn(
    layers: list[alt.Chart],
    calendar: Calendar,
    domain: tuple[float, float],
    height: float,
    labelled: bool = True,
) -> dict[str, Any]:
    """Layers of depth on the axes that all groups share."""
    axis = alt.Axis(
        values=[k / 5 for k in range(6)], format=".1f", minExtent=26, domain=False, ticks=False
    )
    frame = (
        alt.Chart(alt.InlineData(values=[{}]))
        .mark_point(opacity=0)
        .encode(
            x=_x(calendar, labelled, "none:Q"),
            y=alt.Y(
                "none:Q", title=None, axis=axis, scale=alt.Scale(domain=list(domain), nice=False)
            ),
        )
    )
    return finish(alt.layer(frame, *layers).properties(height=height))


def _deepest(series: Series, calendar: Calendar) -> dict[str, Any] | None:
    """How probable it is for each of the leading periods that it is the deepest of all."""
    if series.rank is None or not series.rank.deepest:
        return None
    leading = leaders(series.rank)
    rows = [
        {"r": k, "p": round(c.probability, 4), "t": chance(c.probability)}
        for k, c in enumerate(leading)
    ]
    names = json.dumps([calendar.name(c.period) for c in leading])
    axis = alt.Axis(
        labelExpr=f"{names}[datum.value]",
        grid=False,
        ticks=False,
        domain=False,
        labelLimit=160,
        labelPadding=8,
    )
    room: list[Any] = [0, {"expr": "width - 70"}]  # of the words beyond the longest bar
    y = alt.Y("r:O", axis=axis, title=None, sort=None)
    x = alt.X("p:Q", scale=alt.Scale(domain=[0, 1], range=room, nice=False), axis=None)
    base = alt.Chart(alt.InlineData(values=rows))
    bars = base.mark_bar(color=INK, height=10).encode(x=x, y=y)
    words = base.mark_text(align="left", dx=5, fontSize=13, color=INK).encode(x=x, y=y, text="t:N")
    return finish(alt.layer(bars, words).properties(height=24 * len(rows) + 6))


def leaders(rank: Rank) -> list[Chance]:
    """The periods that may well be the deepest, most probable first."""
    likely = [c for c in rank.deepest if c.probability >= LEAST]
    return likely[:LEADING] or list(rank.deepest[:1])


def ranks_in(s: RankSet) -> str:
    """A set of ranks in print."""
    return f"{s.low}" if s.low == s.high else f"{s.low} to {s.high}"


def _ranks(series: Series, calendar: Calendar) -> dict[str, Any] | None:
    """The interval of each period's rank; dark where it may be the deepest."""
    if series.rank is None or not series.rank.rank_sets:
        return None
    n = len(series.rank.rank_sets)
    rows = [
        {
            "x": calendar.at(calendar.places[s.period]), "l": s.low - 0.4, "h": s.high + 0.4,
            "o": INK if s.low == 1 else LOWER,
            "told": f"{calendar.name(s.period)}: rank {ranks_in(s)}",
        }
        for s in series.rank.rank_sets if s.period in calendar.places
    ]  # fmt: skip
    scale = alt.Scale(domain=[0.4, n + 0.6], reverse=True, nice=False)
    ticks = sorted({1, n, *range(10, n - 4, 10)})
    axis = alt.Axis(values=ticks, format="d", domain=False, ticks=False, minExtent=26)
    width = alt.ExprRef(expr=f"max(2, min(9, 0.6 * width / {len(calendar.names)}))")
    bars = (
        alt.Chart(alt.InlineData(values=rows))
        .mark_bar(width=width)
        .encode(
            x=_x(calendar), y=alt.Y("l:Q", title=None, scale=scale, axis=axis), y2="h:Q",
            color=alt.Color("o:N", scale=None), tooltip="told:N",
        )
    )  # fmt: skip
    return finish(bars.properties(height=220))


def _starts(series: Series, calendar: Calendar) -> dict[str, Any] | None:
    """The answer as a function of the year from which one counts."""
    if series.rank is None or len(series.rank.starts) < 2:
        return None
    rows: Rows = [
        {
            "x": calendar.at(calendar.places[s.since]), "p": round(s.probability, 4),
            "q": round(s.last, 4), "n": s.deepest,
            "told": f"counted from {calendar.name(s.since)}: {calendar.name(s.deepest)} "
            f"{chance(s.probability)}, the last period {chance(s.last)}",
        }
        for s in series.rank.starts if s.since in calendar.places
    ]  # fmt: skip
    named = _named(rows, calendar)
    rows.append({**rows[-1], "x": rows[-1]["x"] + calendar.step})  # the last step is seen too
    y = alt.Y("p:Q", title=None, scale=alt.Scale(domain=[0, 1.12], nice=False),
              axis=alt.Axis(values=[0, 0.5, 1], format="%", domain=False, ticks=False,
                            minExtent=26))  # fmt: skip
    base = alt.Chart(alt.InlineData(values=rows))
    layers = [
        base.mark_line(color=INK, strokeWidth=2, interpolate="step-after").encode(
            x=_x(calendar), y=y
        ),
        base.mark_line(
            color=INK, strokeWidth=1.6, strokeDash=[5, 4], interpolate="step-after"
        ).encode(x=alt.X("x:Q"), y="q:Q"),
        *named,
        base.mark_rule(opacity=0, strokeWidth=12).encode(x=alt.X("x:Q"), tooltip="told:N"),
    ]
    return finish(alt.layer(*layers).properties(height=190))


def _named(rows: Rows, calendar: Calendar) -> list[alt.Chart]:
    """The name of the deepest period where a long stretch of starting years agrees on it."""
    runs: list[Rows] = []
    for row in rows:
        if runs and runs[-1][-1]["n"] == row["n"]:
            runs[-1].append(row)
        else:
            runs.append([row])
    wide = 0.12 * (calendar.ends[1] - calendar.ends[0])
    marks = [
        {"x": run[0]["x"], "p": max(r["p"] for r in (*before[-1:], *run[: 1 + len(run) // 2])),
         "t": calendar.name(run[0]["n"])}
        for before, run in pairwise([[], *runs]) if run[-1]["x"] - run[0]["x"] >= wide
    ]  # fmt: skip
    words = alt.Chart(alt.InlineData(values=marks)).mark_text(
        align="left", baseline="bottom", dy=-4, dx=2, fontSize=12, color=INK
    )
    return [words.encode(x=alt.X("x:Q"), y="p:Q", text="t:N")]


def _changes(series: Series, calendar: Calendar) -> dict[str, Any] | None:
    """Each step's change in depth, and its three parts, one row each on the same scale."""
    changes = [c for c in series.changes if c.after in calendar.places]
    if not changes:
        return None
    most = max(abs(v) for c in changes for i in _parts(c) if i for v in (i.low, i.high)) or 0.1
    rows = [
        {
            "x": calendar.at(calendar.places[c.after]), "z": -k, "y": _on(part.estimate, k, most),
            "l": _on(part.low, k, most), "h": _on(part.high, k, most),
            "told": f"{calendar.name(c.before)} to {calendar.name(c.after)}: "
            f"{PARTS[k]} {with_range(part, signed)}",
        }
        for c in changes for k, part in enumerate(_parts(c)) if part is not None
    ]  # fmt: skip
    scale, axis = alt.Scale(domain=[-3.55, 0.55], nice=False), _rows_axis(most)
    y, low = (alt.Y(f, title=None, axis=axis, scale=scale) for f in ("z:Q", "l:Q"))
    width = alt.ExprRef(expr=f"max(2, min(9, 0.6 * width / {len(calendar.names)}))")
    base = alt.Chart(alt.InlineData(values=rows))
    bars = base.mark_bar(width=width, color=FAINT).encode(
        x=_x(calendar), y=y, y2="y:Q", tooltip="told:N"
    )
    rules = base.mark_rule(color=INK, strokeWidth=1, opacity=0.55).encode(
        x=alt.X("x:Q"), y=low, y2="h:Q"
    )
    return finish(alt.layer(bars, rules).properties(height=300))


def _rows_axis(most: float) -> alt.Axis:
    """Names of the parts, with the same round change above and below each."""
    mark = max((v for v in (0.02, 0.05, 0.1, 0.2, 0.5) if v <= 0.75 * most), default=most)
    labels: dict[float, str] = {}
    for k, name in enumerate(PARTS):
        labels[-k] = name
        labels[_on(mark, k, most)] = f"+{mark:.2g}"
        labels[_on(-mark, k, most)] = f"−{mark:.2g}"
    words = json.dumps({f"{10000 * (at + 4):.0f}": word for at, word in labels.items()})
    return alt.Axis(
        values=sorted(labels), labelExpr=f"{words}[round(10000 * (datum.value + 4))]", domain=False,
        ticks=False, labelOverlap=False,
    )  # fmt: skip


def _parts(change: Change) -> tuple[Interval | None, ...]:
    return change.total, change.replacement, change.agenda, change.conversion


def _on(value: float, row: int, most: float) -> float:
    """A value on the row of its part; the largest of all reaches nearly to the next row."""
    return round(-row + 0.5 * value / most, 4)
