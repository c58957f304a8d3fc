"""What the page through time prints: a Trace as words and formatted numbers, no statistic."""

from __future__ import annotations

from typing import Any

from fissure.report.flow import colours_of, flow, has_blocs, ink_on
from fissure.report.origin import origin
from fissure.report.timeline_charts import leaders, overview, ranks_in, timeline_charts, top_of
from fissure.report.when import Calendar
from fissure.report.wording import (
    chance,
    clean,
    cut,
    label,
    percent,
    share,
    signed,
    with_range,
)
from fissure.results import Change, Moment, Period, Rank, Series, Trace, Window

__all__ = ["timeline"]

FIXED = "\u00a0"  # a space at which no line breaks
LONGEST = 160  # characters of an item's wording
MOST_NAMES = 25  # of those who moved in one step, on the page; the JSON file has all
KINDS = {
    "unity": "one body",
    "spectrum": "a spectrum without a gap",
    "split": "two blocs",
    "fragments": "several blocs",
    "defectors": "one body, and a few against it",
}


def timeline(trace: Trace) -> dict[str, Any]:
    """Everything the page shows, as strings, numbers and lists; ``data`` is for its script."""
    calendar = Calendar.of(trace)
    top = top_of(trace.series)
    shown = [s for s in trace.series if s.periods]
    actors = _Actors(trace.actors)
    groups, data = [], {}
    for k, s in enumerate(shown, 1):
        groups.append(_group(s, f"g{k}", calendar))
        charts = timeline_charts(s, calendar, top)
        groups[-1]["charts"] = list(charts)
        data[f"g{k}"] = {"charts": charts, "members": [actors.members(p) for p in s.periods]}
    data["overview"] = {
        "charts": {
            f"g{k}": overview(s, calendar, top, k == len(shown)) for k, s in enumerate(shown, 1)
        }
    }
    return {
        **origin(trace),
        "groups": groups,
        "empty": [{"label": label(s.name), "reason": clean(s.reason)} for s in trace.skipped],
        "mix": [(clean(k), percent(v)) for k, v in trace.mix.items()],
        "span": _span(calendar),
        "data": {**data, "names": actors.names},
    }


class _Actors:
    """Names of members, each of which the page holds once."""

    def __init__(self, actors: dict[str, str]) -> None:
        self.known = actors
        self.number: dict[str, int] = {}
        self.names: list[str] = []

    def members(self, period: Period) -> list[Any]:
        """Letter, members by number and their probability in per cent, for each bloc."""
        return [
            [b.name, *map(list, zip(*self._sorted(b.actors, b.probability), strict=True))]
            for b in (period.blocs if has_blocs(period) else ())
            if b.actors
        ]

    def _sorted(self, who: tuple[str, ...], p: tuple[float, ...]) -> list[tuple[int, int]]:
        rows = [(self._number(a), round(100 * x)) for a, x in zip(who, p, strict=True)]
        return sorted(rows, key=lambda row: (self.names[row[0]], row[0]))

    def _number(self, actor: str) -> int:
        if actor not in self.number:
            self.number[actor] = len(self.names)
            name = clean(self.known.get(actor, "")).strip()
            self.names.append(name or f"(no name) {clean(actor)}")
        return self.number[actor]


def _span(calendar: Calendar) -> str:
    if calendar.years:
        return f"{int(min(calendar.years.values()))} to {int(max(calendar.years.values()))}"
    names = [calendar.names[k] for k in sorted(calendar.names)]
    return f"{names[0]} to {names[-1]}" if names else ""


def _group(series: Series, ident: str, calendar: Calendar) -> dict[str, Any]:
    windows, rank = series.windows, series.rank
    n_split = sum(p.verdict == "split" for p in series.periods)
    n = len(series.periods)
    by_label = {p.period: p for p in series.periods}
    counted = f"Split in {n_split} of {n} period{'' if n == 1 else 's'}."
    return {
        "id": ident,
        "label": label(series.group),
        "counts": f"{n} period{'' if n == 1 else 's'}, {_reach(series, calendar)}",
        **_sentence(clean(windows.sentence) if windows is not None else counted),
        "rank_sentence": "" if rank is None else clean(rank.sentence),
        "common_sentence": "" if series.rank_common is None else clean(series.rank_common.sentence),
        "has_windows": windows is not None,
        "periods": [_period(p, k, series, calendar) for k, p in enumerate(series.periods)],
        "windows": [] if windows is None else [_window(w, calendar) for w in windows.windows],
        "window_facts": _window_facts(series),
        "flow": flow(series, calendar),
        "rank": None if rank is None else _rank(rank, calendar),
        "changes": [_change(c, calendar) for c in series.changes],
        "moves": [
            _moves(c, by_label[c.before], by_label[c.after], calendar)
            for c in series.changes
            if c.before in by_label and c.after in by_label
        ],
        "skipped": [(calendar.name(s.period), clean(s.reason)) for s in series.skipped],
        "overlap": series.overlap,
        "remarks": [clean(r) for r in series.remarks],
    }


def _reach(series: Series, calendar: Calendar) -> str:
    first, last = series.periods[0], series.periods[-1]
    return f"{calendar.names[first.place]} to {calendar.names[last.place]}"


def _sentence(sentence: str, after: str = ". ") -> dict[str, str]:
    """What comes first, and what follows it."""
    lead, mark, rest = sentence.partition(after)
    return {"lead": lead + mark.rstrip(), "rest": rest}


def _period(p: Period, k: int, series: Series, calendar: Calendar) -> dict[str, Any]:
    colours = colours_of(series)
    open_by = {} if series.windows is None else {
        c.period: c.probability for c in series.windows.open
    }  # fmt: skip
    blocs = p.blocs if has_blocs(p) else ()
    return {
        "k": k,
        "name": calendar.names[p.place],
        "verdict": p.verdict,
        "said": _sentence(clean(p.sentence), ": "),
        "counts": f"{p.n_actors:,} members, {p.n_items:,} items, {p.n_choices:,} choices",
        "facts": _facts(p, open_by.get(p.period)),
        "blocs": [
            {
                "name": b.name,
                "size": b.size,
                "colour": colours[b.name],
                "ink": ink_on(colours[b.name]),
            }
            for b in blocs
        ],
        "heads": _heads(p),
        "dividing": [
            (clean(d.date or ""), _title(d.title, d.item), percent(d.yea_a), percent(d.yea_b))
            for d in p.dividing
        ],
        "row": _row(p, open_by.get(p.period)),
    }


def _row(p: Period, is_open: float | None) -> list[str]:
    """The period in the table of all periods."""
    blocs = p.blocs if has_blocs(p) else ()
    return [
        p.verdict.replace(" ", FIXED),
        with_range(p.depth, share),
        "–" if p.depth_common is None else with_range(p.depth_common, share),
        _found(p.smallest_detectable_depth),
        ", ".join(f"{b.name}{FIXED}{b.size}" for b in blocs) or f"one body, {p.n_actors}",
        chance(is_open),
    ]


def _title(title: str, item: str) -> str:
    return cut(clean(title).strip() or clean(item), LONGEST)


def _heads(p: Period) -> list[str]:
    """Whose yea shares the table of dividing items has."""
    if has_blocs(p):
        return [f"Bloc {b.name} yea" for b in p.blocs[:2]]
    return ["Larger part yea", "Smaller part yea"]


def _found(power: float | None) -> str:
    return "none" if power is None else share(power)


def _facts(p: Period, is_open: float | None) -> list[tuple[str, str, str]]:
    """Name, value and meaning of each key figure of a period."""
    facts = [
        ("Depth", with_range(p.depth, share), "is how far apart the blocs’ yea shares are; 0 is "
         "the same, 1 is unanimous against each other"),
        ("Would have been seen", _found(p.smallest_detectable_depth),
         "is the smallest depth that would have been found in 80 of 100 cases"
         if p.smallest_detectable_depth is not None
         else "of the depths that were tried would have been found reliably"),
        ("Shape", KINDS[p.kind], "describes the group best"),
        ("Opposed", f"{percent(p.opposed_share)} of items",
         "set the two majorities against each other"),
        ("Certainty", f"{percent(p.probability)} of resamples",
         f"met every criterion of a split (p-value against one bloc: {p.p_value:.2g})"),
    ]  # fmt: skip
    if p.depth_common is not None:
        said = "is the depth with the mix of items that all periods have together"
        facts.insert(1, ("Same mix of items", with_range(p.depth_common, share), said))
    if p.middle is not None:
        said = "side with neither bloc most of the time"
        facts.append(("In the middle", f"{with_range(p.middle, percent)} of members", said))
    if p.distance is not None:
        said = "lies between the blocs on the common scale of positions"
        facts.append(("Distance of positions", with_range(p.distance, share), said))
    if is_open is not None:
        facts.append(("Window open", chance(is_open), "is the probability of it in this period"))
    return facts


def _moment(m: Moment, calendar: Calendar) -> str:
    if m.low == m.high:
        return calendar.name(m.estimate)
    return f"{calendar.name(m.estimate)} ({calendar.name(m.low)} to {calendar.name(m.high)})"


def _window(w: Window, calendar: Calendar) -> list[str]:
    opened = _moment(w.opened, calendar)
    if w.open_at_start > 0.5:
        opened = f"{opened}, or before the records begin"
    return [
        opened,
        "still open" if w.closed is None else _moment(w.closed, calendar),
        with_range(w.duration, lambda x: f"{x:.0f}"),
        chance(w.probability),
        chance(w.still_open),
    ]


def _window_facts(series: Series) -> list[tuple[str, str]]:
    w = series.windows
    if w is None:
        return []
    rows = [
        ("Probability that there was no window", chance(w.p_none)),
        ("Probability that one is open in the last period", chance(w.p_open_now)),
        ("Depth outside windows", with_range(w.level, share)),
    ]
    if w.rise is not None:
        rows.append(("How much deeper inside, if there is one", with_range(w.rise, share)))
    rows.append(("Autocorrelation of what remains", with_range(w.autocorrelation, signed)))
    return rows + [(f"Setting: {clean(k)}", clean(v)) for k, v in w.settings.items()]


def _rank(rank: Rank, calendar: Calendar) -> dict[str, Any]:
    first = {c.period: c.probability for c in rank.deepest}
    top = {c.period: c.probability for c in rank.top}
    since = "of all" if rank.since is None else f"since {rank.since}"
    title = f"Is it the deepest {since}?"
    if rank.deepest:
        leader = rank.deepest[0]
        title = (
            f"Likeliest to be the deepest {since}: {calendar.name(leader.period)}, "
            f"at {chance(leader.probability)}"
        )
    return {
        "title": title,
        "n": rank.n_periods,
        "k": rank.k,
        "n_leading": len(leaders(rank)),
        "rows": [
            [
                calendar.name(s.period), with_range(s.depth, share),
                chance(first.get(s.period, 0.0)),
                chance(top.get(s.period, 0.0)),
                ranks_in(s),
            ]
            for s in rank.rank_sets
        ],
        "starts": [
            [calendar.name(s.since), calendar.name(s.deepest), chance(s.probability),
             chance(s.last)]
            for s in rank.starts
        ],
        "spread": with_range(rank.spread, share),
    }  # fmt: skip


def _change(c: Change, calendar: Calendar) -> list[str]:
    parts = (c.total, c.replacement, c.agenda, c.conversion)
    return [
        f"{calendar.name(c.before)} to {calendar.name(c.after)}",
        *("–" if part is None else with_range(part, signed) for part in parts),
        f"{c.n_stayed} / {c.n_left} / {c.n_came}",
    ]


def _moves(c: Change, before: Period, after: Period, calendar: Calendar) -> list[str]:
    """What the picture of blocs shows of a step, in words: nothing between two bodies."""
    names = [clean(n).strip() or "(no name)" for n in c.moved]
    more = len(names) - MOST_NAMES
    who = "; ".join(names[:MOST_NAMES]) + (f"; and {more} more" if more > 0 else "")
    moved = f"{len(names)}: {who}" if names else "nobody"
    drawn = has_blocs(before), has_blocs(after)
    return [
        f"{calendar.name(c.before)} to {calendar.name(c.after)}",
        ("; ".join(map(clean, c.events)) if any(drawn) else "") or "–",
        moved if all(drawn) else "one body before or after",
    ]
