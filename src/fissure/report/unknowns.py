"""What the section “How sure, and what we cannot know” prints. It computes no statistic."""

from __future__ import annotations

from typing import Any, Literal

from fissure.report.wording import chance, clean, cut, percent, share, with_range
from fissure.results import Curve, Detectability, Group, HiddenDissent, MapCell, Rebels, Unknowns
from fissure.results.detectable import MoreItems

__all__ = ["unknowns"]

Rows = list[list[str]]

DIRECTIONS: tuple[Literal["along", "across"], ...] = ("along", "across")
CURVE = (
    "Depth with its 95% interval. Dashed: the least depth of a split, and where the verdict "
    "changes."
)
MOST_REBELS, MOST_ITEMS, MOST_MOVED = 12, 3, 10
LONGEST = 120  # characters of an item's title


def unknowns(group: Group, names: dict[str, str]) -> dict[str, Any] | None:
    """The section of one group, as strings, numbers and lists; None where it was not asked for.

    Parameters
    ----------
    names
        What to print for each actor.
    """
    u = group.unknowns
    if u is None:
        return None
    return {
        "chances": _chances(u),
        "map": None if u.detectable is None else _map(u.detectable),
        "tipping": _tipping(u),
        "rivals": _rivals(u),
        "rebels": None if u.rebels is None else _rebels(u.rebels, names),
        "moved": _moved(u, names),
        "blocs": _blocs(u, names),
        "posterior": _posterior(u),
        "remarks": [clean(r) for r in u.remarks],
    }


def _chances(u: Unknowns) -> dict[str, Any] | None:
    """Two bars: is there a split, and would the verdict be the same again?"""
    c = u.chances
    if c is None:
        return None
    again = (("split", c.again.split), ("no split", c.again.no_split),
             ("cannot tell", c.again.cannot_tell))  # fmt: skip
    bars = [
        ("A split, given these records", [("split", c.p_split), ("none", 1 - c.p_split)]),
        ("The verdict on other such items", again),
    ]
    return {
        "sentence": clean(c.sentence),
        "bars": [
            {
                "title": title,
                "parts": [
                    {"word": word, "width": round(100 * p, 2), "said": chance(p), "kind": word}
                    for word, p in parts
                ],
                "label": "; ".join(f"{word}: {chance(p)}" for word, p in parts),
            }
            for title, parts in bars
        ],
    }


def _within(cell: MapCell) -> str | None:
    """The interval of the power; None where there is none."""
    if cell.power_low is None or cell.power_high is None:
        return None
    return f"{percent(cell.power_low)} to {percent(cell.power_high)}"


def _map(found: Detectability) -> dict[str, Any]:
    """The smallest depth found, by size of the smaller bloc and direction."""
    shares = sorted({c.bloc_share for c in found.map})
    cells = {(c.direction, c.bloc_share): c for c in found.map}
    rows = []
    for direction in DIRECTIONS:
        if not any(c.direction == direction for c in found.map):
            continue
        row = []
        for s in shares:
            cell = cells.get((direction, s))
            depth = None if cell is None else cell.depth
            row.append(
                {
                    "depth": "none" if depth is None else share(depth),
                    "power": "–" if cell is None else percent(cell.power),
                    "within": None if cell is None else _within(cell),
                    # the darker, the more would have stayed hidden
                    "ink": round(100 * min(1.0 if depth is None else depth / 0.8, 1.0)),
                    "members": "–" if cell is None else f"{cell.members}",
                }
            )
        rows.append({"name": f"{direction} the main line", "cells": row})
    bound = {b.bloc_share: b.depth for b in found.bound}
    return {
        "sentence": clean(found.sentence),
        "shares": [percent(s) for s in shares],
        "rows": rows,
        "power_at": share(found.power_at),
        "bound": [share(bound.get(s)) for s in shares],
        "more": _more(found.more_items),
        "remarks": [clean(r) for r in found.remarks],
    }


def _more(asked: tuple[MoreItems, ...]) -> list[tuple[str, str]]:
    """Further items needed, for each depth at which there is a split to find."""
    least = next((m.depth for m in asked if m.what == "threshold"), 0.0)
    return [
        (
            f"a split {share(m.depth)} deep ({percent(m.bloc_share)} in the smaller bloc, "
            f"{m.direction} the main line)",
            _further(m, least),
        )
        for m in asked
        if m.what != "observed" or m.depth >= least
    ]


def _further(more: MoreItems, least: float) -> str:
    if more.items is not None:
        return f"{more.items:,}" if more.items else "none: these are enough"
    if more.tried:
        return f"more than {more.tried:,}"
    why = f", since a split begins at {share(least)}" if more.depth <= least else ""
    return f"no number would be enough{why}"


def _tipping(u: Unknowns) -> list[dict[str, Any]]:
    """Each assumption along which the verdict was followed."""
    out = []
    if u.absence is not None:
        title, curve = "If absences hid votes against the majority", u.absence.curve
        out.append(
            {
                "name": "absence",
                "title": title,
                "sentence": clean(u.absence.sentence),
                "back": _back([("", curve)]),
                "note": CURVE,
                "tables": [(title, _curve_rows(curve))] if u.absence.n_absences else [],
            }
        )
    if u.hidden is not None:
        out.append(_hidden(u.hidden))
    return out


def _hidden(found: HiddenDissent) -> dict[str, Any]:
    """Votes against one's own view, by who cast them."""
    who = "the least firm members" if found.hides == "agreement" else "the same members"
    curves = [(f"always {who}", found.worst_case), ("spread at random", found.at_random)]
    return {
        "name": "hidden",
        "title": f"If votes hid {found.hides}",
        "sentence": clean(found.sentence),
        "back": _back([(f" ({how})", curve) for how, curve in curves]),
        "note": f"{CURVE} Thick: always {who}, up to all that could be hidden so. Thin: spread at "
        "random.",
        "tables": [
            (f"If votes hid {found.hides}, {how}", _curve_rows(curve)) for how, curve in curves
        ],
    }


def _back(curves: list[tuple[str, Curve]]) -> str:
    """Where a verdict that has changed is the first one again; nothing where it never is."""
    said = []
    for how, curve in curves:
        tip, first = curve.tipping_point, curve.points[0].verdict
        again = [
            f"{p.share:.1%}"
            for p in curve.points
            if tip is not None and p.share > tip and p.verdict == first
        ]
        if again:
            said.append(f"at {_and(again)}{how}")
    if not said:
        return ""
    first = curves[0][1].points[0].verdict
    return f"Farther along it can turn back: the verdict is “{first}” again {_and(said)}."


def _and(words: list[str]) -> str:
    return " and ".join(filter(None, (", ".join(words[:-1]), words[-1])))


def _curve_rows(curve: Curve) -> Rows:
    return [
        [
            f"{p.share:.1%}",
            f"{p.n_changed:,}",
            # a narrow cell breaks before the interval and not inside it
            with_range(p.depth, share).replace(" to ", "\u00a0to\u00a0"),
            percent(p.middle),
            p.verdict,
        ]
        for p in curve.points
    ]


def _rivals(u: Unknowns) -> list[dict[str, str]]:
    """What each rival model says, side by side; disagreement is shown and not averaged."""
    out = []
    if u.rebels is not None:
        out.append({"name": "Ends against the middle", "sentence": clean(u.rebels.sentence)})
    if u.pressure is not None:
        out.append({"name": "Party pressure", "sentence": clean(u.pressure.sentence)})
    if u.blocs is not None:
        out.append({"name": "Blocs beyond one line", "sentence": clean(u.blocs.sentence)})
    return out


def _rebels(rebels: Rebels, names: dict[str, str]) -> dict[str, Any]:
    """Who dissents most and from where. A group that is one camp has two ends and no other side."""
    has_camps = len(rebels.camps) > 1
    rows = []
    for r in rebels.rebels[:MOST_REBELS]:
        items = [
            f"{cut(clean(i.title or i.item), LONGEST)} ({i.choice})" for i in r.items[:MOST_ITEMS]
        ]
        rows.append(
            [
                names.get(r.actor, clean(r.name)),
                *([clean(r.camp)] if has_camps else []),
                percent(r.dissent),
                chance(r.p_protester),
                chance(r.p_centrist),
                f"{abs(r.unfolding.estimate - r.monotone.estimate):.1f}",
                "; ".join(items),
            ]
        )
    return {
        "has_camps": has_camps,
        "rows": rows,
        "n_left": max(0, len(rebels.rebels) - MOST_REBELS),
    }


def _moved(u: Unknowns, names: dict[str, str]) -> Rows:
    if u.pressure is None:
        return []
    return [
        [
            names.get(m.actor, clean(m.name)),
            clean(m.party),
            f"{m.rank_in_party_line}",
            f"{m.rank_in_party_pressure}",
        ]
        for m in u.pressure.moved[:MOST_MOVED]
    ]


def _blocs(u: Unknowns, names: dict[str, str]) -> dict[str, Any] | None:
    """Probability of each number of blocs beyond one line, and partitions that stand for all."""
    found = u.blocs
    if found is None:
        return None
    last = max((k for k, p in enumerate(found.probabilities, 1) if p >= 0.005), default=1)
    rows = [
        [f"{k}", chance(found.prior[k - 1]), chance(p)]
        for k, p in enumerate(found.probabilities[:last], 1)
    ]
    partitions = [
        [
            chance(r.weight),
            " + ".join(f"{len(b)}" for b in r.blocs),
            "; ".join(names.get(a, clean(a)) for a in min(r.blocs, key=len)) if len(r.blocs) > 1
            else "everybody in one bloc",
        ]
        for r in found.representatives
    ]  # fmt: skip
    return {"rows": rows, "partitions": partitions}


def _posterior(u: Unknowns) -> str:
    return "" if u.sampled is None else clean(u.sampled.sentence)
