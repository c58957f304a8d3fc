"""The flow of members between blocs, as the paths of one picture that a page holds inline.

A bar a period, a band from each bloc to every bloc of the next period in which its members are
found, and a short stub for whoever is in no bloc there: left, newly come, or standing alone.
"""

from __future__ import annotations

import math
from dataclasses import dataclass, field
from itertools import pairwise
from typing import Any

from fissure.report.charts import COLOURS, INK
from fissure.report.when import Calendar
from fissure.results import Change, Period, Series

__all__ = ["ALONE", "BODY", "colours_of", "flow", "has_blocs", "ink_on"]

BODY, ALONE = "#d3d0c7", "#eceae4"  # one body; members in no bloc
HEIGHT, TOP, FOOT, GAP = 250.0, 6.0, 24.0, 2.0
WIDTH, NARROWEST, WIDEST, MARGIN = 890.0, 17.8, 70.0, 14.0
BAR = 0.38  # of the distance from one bar to the next
SEEN, MOVED = 0.32, 0.9  # opacity of bands


@dataclass
class Part:
    """One bloc, or one body, in the bar of a period; heights in members until it is placed."""

    name: str
    colour: str
    size: int
    actors: frozenset[str]
    top: float = 0.0
    height: float = 0.0
    letter: str = ""
    given: float = field(default=0.0)
    taken: float = field(default=0.0)


def has_blocs(period: Period) -> bool:
    """Whether blocs mean something here; a group without a split is drawn as one body."""
    return period.verdict in ("split", "cannot tell") and len(period.blocs) > 1


def colours_of(series: Series) -> dict[str, str]:
    """Colour of every bloc that is drawn, in the order of the lineages."""
    drawn = {b.name for p in series.periods if has_blocs(p) for b in p.blocs}
    order = [x.name for x in series.lineages if x.name in drawn]
    order += sorted(drawn - set(order))
    return {name: COLOURS[k % len(COLOURS)] for k, name in enumerate(order)}


def flow(series: Series, calendar: Calendar) -> dict[str, Any] | None:
    """Bars, bands, stubs and labels with their places, ready to be written as SVG."""
    if not series.periods:
        return None
    slots = _slots(series.periods)
    step = min(WIDEST, max(NARROWEST, WIDTH / (slots[-1] + 1)))
    unit = HEIGHT / max(p.n_actors for p in series.periods)
    colours = colours_of(series)
    bars = [_bar(p, colours, unit) for p in series.periods]
    left = [round(MARGIN + k * step + (1 - BAR) * step / 2, 1) for k in slots]
    wide = round(BAR * step, 1)
    bands, stubs = [], []
    steps = {(c.before, c.after): c for c in series.changes}
    for k, (before, after) in enumerate(pairwise(series.periods)):
        change = steps.get((before.period, after.period))
        x = (left[k] + wide, left[k + 1])
        bands += _bands(bars[k], bars[k + 1], x, unit, change)
        stubs += _stubs(bars[k], bars[k + 1], x, step * (1 - BAR) * 0.42)
    labels = _labels(series.periods, left, wide, step, calendar)
    _letter(bars, {label["k"] for label in labels})
    return {
        "width": round(2 * MARGIN + (slots[-1] + 1) * step, 1),
        "height": HEIGHT + TOP + FOOT + 3 * GAP,
        # whoever moved is drawn last, above those who stayed
        "bands": sorted(bands, key=lambda band: band["opacity"]),
        "stubs": stubs,
        "bars": [
            _drawn(k, p, bars[k], left[k], wide, calendar) for k, p in enumerate(series.periods)
        ],
        "labels": labels,
        "legend": [{"name": n, "colour": c, "ink": ink_on(c)} for n, c in colours.items()],
        "body": BODY if any(x.colour == BODY for bar in bars for x in bar) else "",
        "alone": ALONE if any(x.colour == ALONE for bar in bars for x in bar) else "",
    }


def _slots(periods: tuple[Period, ...]) -> list[int]:
    """Number of each bar from the left; missing periods leave the room of one."""
    slots = [0]
    for before, after in pairwise(periods):
        slots.append(slots[-1] + min(2, max(1, after.place - before.place)))
    return slots


def _bar(period: Period, colours: dict[str, str], unit: float) -> list[Part]:
    everyone = frozenset(a for b in period.blocs for a in b.actors)
    if has_blocs(period):
        order = {name: k for k, name in enumerate(colours)}
        blocs = sorted(period.blocs, key=lambda b: order[b.name])
        parts = [Part(b.name, colours[b.name], b.size, frozenset(b.actors)) for b in blocs]
        rest = period.n_actors - sum(b.size for b in blocs)
        parts += [Part("", ALONE, rest, frozenset())] if rest > 0 else []
    else:
        parts = [Part("", BODY, period.n_actors, everyone)]
    y = TOP
    for part in parts:
        part.top, part.height = y, part.size * unit
        y += part.height + GAP
    return parts


def _bands(
    one: list[Part], other: list[Part], x: tuple[float, float], unit: float, change: Change | None
) -> list[dict[str, Any]]:
    bands = []
    for a in one:
        for b in other:
            n = round(_shared(a, b, change))
            if not n:
                continue
            high = n * unit
            bands.append(
                {
                    "path": _ribbon(x, a.top + a.given, b.top + b.taken, high),
                    "colour": b.colour if not a.name and b.name else a.colour,
                    "opacity": MOVED if a.name and b.name and a.name != b.name
                    else SEEN if a.name or b.name else 0.45,
                    "told": f"{n} from {_called(a)} to {_called(b)}",
                }
            )  # fmt: skip
            a.given += high
            b.taken += high
    return bands


def _shared(a: Part, b: Part, change: Change | None) -> float:
    """How many members of one part are in the other.

    Where one body's members are not listed, those who stayed are shared out by size.
    """
    whole = [part.colour == BODY and not part.actors for part in (a, b)]
    if not any(whole):
        return len(a.actors & b.actors)
    if change is None:
        return 0
    was = max(1, change.n_stayed + change.n_left)
    now = max(1, change.n_stayed + change.n_came)
    return change.n_stayed * (1 if whole[0] else a.size / was) * (1 if whole[1] else b.size / now)


def _ribbon(x: tuple[float, float], one: float, other: float, high: float) -> str:
    m = (x[0] + x[1]) / 2
    a, b = one + high, other + high
    points = f"M{x[0]:.1f} {one:.1f}C{m:.1f} {one:.1f} {m:.1f} {other:.1f} {x[1]:.1f} {other:.1f}"
    return f"{points}V{b:.1f}C{m:.1f} {b:.1f} {m:.1f} {a:.1f} {x[0]:.1f} {a:.1f}Z"


def _stubs(
    one: list[Part], other: list[Part], x: tuple[float, float], far: float
) -> list[dict[str, str]]:
    """What of a bar leads to no bar, or comes from none."""
    stubs = []
    for parts, key, at, to in ((one, "given", x[0], far), (other, "taken", x[1], -far)):
        for part in parts:
            low = part.top + part.height
            high = low - (part.height - getattr(part, key))
            if part.colour != ALONE and low - high > 0.5:
                path = f"M{at:.1f} {high:.1f}L{at + to:.1f} {(3 * low + high) / 4:.1f}V{low:.1f}"
                stubs.append({"path": f"{path}H{at:.1f}Z", "colour": part.colour})
            setattr(part, key, 0.0)
    return stubs


def _drawn(
    k: int, period: Period, parts: list[Part], left: float, wide: float, calendar: Calendar
) -> dict[str, Any]:
    sizes = ", ".join(f"{_called(part)} {part.size}" for part in parts)
    return {
        "k": k,
        "told": f"{calendar.names[period.place]}, {period.verdict}: {sizes}",
        "x": left,
        "wide": wide,
        "parts": [
            {
                "y": round(part.top, 1), "high": round(max(part.height, 1), 1),
                "colour": part.colour,
                "letter": part.letter if part.height >= 12 else "",
            }
            for part in parts
        ],
    }  # fmt: skip


def _labels(
    periods: tuple[Period, ...], left: list[float], wide: float, step: float, calendar: Calendar
) -> list[dict[str, Any]]:
    """As many labels as have room."""
    words = [calendar.short(p.place) for p in periods]
    every = math.ceil((7.5 * max(map(len, words)) + 10) / step)
    return [
        {"k": k, "x": round(left[k] + wide / 2, 1), "text": words[k]}
        for k in range(every // 3, len(words), every)
    ]


def _letter(bars: list[list[Part]], labelled: set[int]) -> None:
    """Letters where the period has a label, and wherever a bloc begins."""
    before: set[str] = set()
    for k, bar in enumerate(bars):
        for part in bar:
            part.letter = part.name if k in labelled or part.name not in before else ""
        before = {part.name for part in bar}


def _called(part: Part) -> str:
    return f"bloc {part.name}" if part.name else "no bloc" if part.colour == ALONE else "one body"


def ink_on(colour: str) -> str:
    """White or dark letters, whichever stand out more."""
    red, green, blue = (int(colour[i : i + 2], 16) / 255 for i in (1, 3, 5))
    bright = 0.2126 * red**2.2 + 0.7152 * green**2.2 + 0.0722 * blue**2.2
    return INK if bright > 0.2 else "#ffffff"
