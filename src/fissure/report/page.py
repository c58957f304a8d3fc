"""What the templates print: a Split as words and formatted numbers. It computes no statistic."""

from __future__ import annotations

from typing import Any

from fissure.datasets.yardstick import place
from fissure.readers.columns import counted
from fissure.report.charts import charts, facing, mark_of, sides, turned
from fissure.report.heat import data_url
from fissure.report.origin import origin
from fissure.report.unknowns import unknowns
from fissure.report.unknowns_charts import unknowns_charts
from fissure.report.wording import clean, cut, label, percent, points, share, signed, with_range
from fissure.results import Agreement, Bloc, Group, Member, Split

__all__ = ["page"]

# Characters of item wording that all groups' tables may hold together; with the chart library
# (0.9 MB) and 435 members the file stays below 3 MB.
WORDING = 700_000
MAX_ROWS = 4_800
SHORTEST, LONGEST = 60, 400
MOST_INFLUENTIAL = 10
MOST_IN_PICTURE = 1000  # members; a picture of more would be larger than the rest of the page
VERDICTS = {"split": "split", "no split": "no split", "cannot tell": "these records cannot tell"}
MEANINGS = {"not_member": "not a member"}


# Rows of a table of influence: what was left out, in words, and the result without it.
Rows = list[tuple[str, Any]]


def page(split: Split) -> dict[str, Any]:
    """Everything the page shows, as strings, numbers and lists."""
    n_rows = sum(min(len(g.items), _rows_each(split)) for g in split.groups)
    most = max(SHORTEST, min(LONGEST, WORDING // max(n_rows, 1)))
    return {
        **origin(split),
        "groups": [_group(g, k, _rows_each(split), most) for k, g in enumerate(split.groups, 1)],
        "skipped": [
            {"label": label(s.name), "n": s.n_actors, "reason": clean(s.reason)}
            for s in split.skipped
        ],
    }


def _rows_each(split: Split) -> int:
    return MAX_ROWS // max(len(split.groups), 1)


def _group(group: Group, number: int, n_rows: int, most: int) -> dict[str, Any]:
    names = {
        m.actor: clean(m.name).strip() or f"(no name) {clean(m.actor)}" for _, m in sides(group)
    }
    shown = sorted(group.items, key=lambda i: -abs(i.gap) if i.gap is not None else 1)[:n_rows]
    columns = sorted({c for _, m in sides(group) for c in m.columns} - {"name", "actor"})
    return {
        "id": f"g{number}",
        "label": label(group.name),
        **_sentence(group.sentence),
        "verdict": VERDICTS[group.verdict],
        "counts": f"{group.n_actors:,} members, {group.n_items:,} items, "
        f"{group.n_choices:,} choices",
        "facts": _facts(group),
        "blocs": [_bloc(b, k) for k, b in enumerate(group.blocs)],
        "columns": [clean(c) for c in columns],
        "members": [_member(b, m, names, columns, facing(group)) for b, m in sides(group)],
        "alone": [names[m.actor] for m in group.defectors],
        "n_without_siding": sum(m.siding is None for _, m in sides(group)),
        "middle": _middle(group),
        "null": _null(group),
        "dates": [_date(d, group) for d in group.dates],
        "is_dated": any(item.date for item in group.items),
        "items": [_item(i, most) for i in shown],
        "n_items_left": len(group.items) - len(shown),
        "influence": _influence(group, names, most),
        "heat": _heat(group, names),
        "dropped": _dropped(group.dropped),
        "preference": _preference(group),
        "fit": _fit(group),
        "remarks": [clean(r) for r in group.remarks],
        "unknowns": unknowns(group, names),
        "charts": charts(group, names) | unknowns_charts(group.unknowns),
    }


def _sentence(sentence: str) -> dict[str, str]:
    """The verdict, and what it rests on: the part before the first colon and the part after it."""
    lead, _, rest = clean(sentence).partition(": ")
    lead = lead if not rest else lead + "."
    return {"lead": lead, "rest": rest[:1].upper() + rest[1:]}


def _facts(group: Group) -> list[tuple[str, str, str]]:
    """Name, value and meaning of each key figure."""
    facts = [
        ("Depth", with_range(group.depth, share),
         "is how far apart the two blocs’ yea shares are on a typical item (95% interval); 0 "
         "is the same, 1 is unanimous against each other"),
        _beside(group),
        ("Opposed", f"{percent(group.opposed_share)} of items",
         "set the majorities of the two blocs against each other"),
    ]  # fmt: skip
    if group.middle is not None:
        facts.append(
            ("In the middle", f"{with_range(group.middle, percent)} of members",
             "side with one bloc between a quarter and three quarters of the time when the blocs "
             "are opposed")
        )  # fmt: skip
    if group.between is not None:
        facts.append(
            ("Between the blocs", f"{with_range(group.between, percent)} of members",
             "stand between a quarter and three quarters of the way from one bloc’s habit to the "
             "other’s")
        )  # fmt: skip
    facts += [
        (f"Cohesion of bloc {b.name}", share(b.cohesion),
         "over all items; 1 is voting as one"
         + ("" if b.cohesion_divided is None
            else f". When the blocs are opposed: {share(b.cohesion_divided)}"))
        for b in group.blocs[:2]
    ]  # fmt: skip
    facts += [
        ("Smaller bloc", f"{percent(group.balance)} of members", "50% would be two equal halves"),
        ("Certainty", f"{percent(group.probability)} of resamples",
         "of these records met every criterion of a split"),
    ]  # fmt: skip
    power = group.smallest_detectable_depth
    facts.append(
        ("Would have been seen", "no depth" if power is None else share(power),
         "no split of any depth would have been found reliably in records like these"
         if power is None
         else "is the smallest depth that this test finds in 80 of 100 records like these")
    )  # fmt: skip
    return facts


def _beside(group: Group) -> tuple[str, str, str]:
    """Where the depth stands on the yardstick that comes along."""
    at = place(group)
    bodies = "party caucuses" if at.body == "party" else "whole bodies"
    return (
        f"Beside the US {at.chamber}",
        f"deeper than {with_range(at.deeper_than, percent)}",
        f"of its {at.n} {bodies} since {at.since}, by Congress",
    )


def _bloc(bloc: Bloc, k: int) -> dict[str, Any]:
    colour, shape = mark_of(k)
    return {"name": bloc.name, "size": bloc.size, "colour": colour, "shape": shape}


def _member(
    bloc: str, m: Member, names: dict[str, str], columns: list[str], sign: int
) -> dict[str, Any]:
    at = None if m.position is None else turned(m.position, sign)
    return {
        "name": names[m.actor],
        "id": clean(m.actor),
        "columns": [clean(m.columns.get(c, "")) for c in columns],
        "bloc": bloc.removeprefix("bloc "),
        "probability": percent(m.probability),
        "siding_a": percent(m.siding),
        "siding_b": percent(None if m.siding is None else 1 - m.siding),
        "n_choices": f"{m.n_choices:,}",
        "position": "–" if at is None else with_range(at, signed),
    }


def _middle(group: Group) -> str:
    """The title of the chart of members, saying what it shows."""
    if group.middle is None:
        return "No item set the two blocs’ majorities against each other"
    share = percent(group.middle.estimate)
    return f"When the blocs are opposed, {share} of members are in the middle"


def _pair(group: Group) -> str:
    """Which blocs the depth speaks of."""
    return "The two blocs" if len(group.blocs) < 3 else "Blocs A and B"


def _null(group: Group) -> dict[str, Any]:
    """How the depth compares with one bloc's, in words and numbers."""
    depths = group.null.depths
    if not depths:
        return {"title": "One bloc was not simulated", "rows": []}
    low, high = _middle_95(depths)
    ours = share(group.depth.estimate)
    where = "more than" if group.depth.estimate > high else "no more than"
    return {
        "title": f"{_pair(group)} are {ours} apart: {where} one bloc would show",
        "rows": [
            ("These records: depth", with_range(group.depth, share)),
            (
                "If there were one bloc: 95 of 100 simulated depths",
                f"{share(low)} to {share(high)}",
            ),
            ("Simulated records", f"{len(depths):,}"),
            ("Share of them at least as deep (p-value)", f"{group.null.p_value:.3g}"),
        ],
    }


def _middle_95(sorted_values: tuple[float, ...]) -> tuple[float, float]:
    n = len(sorted_values)
    return sorted_values[int(0.025 * n)], sorted_values[min(n - 1, int(0.975 * n))]


def _date(block: Any, group: Group) -> list[str]:
    change = block.verdict_without != group.verdict
    return [
        clean(block.name),
        f"{block.n_items:,}",
        share(block.depth),
        share(block.depth_without),
        VERDICTS[block.verdict_without] + (" (changes)" if change else ""),
    ]


def _item(item: Any, most: int) -> list[str]:
    return [
        clean(item.date or ""),
        cut(clean(item.title).strip(), most),
        cut(clean(item.item), LONGEST),
        percent(item.yea_a),
        percent(item.yea_b),
        points(item.gap, sign=True),
        "opposed" if item.opposed else "",
    ]


def _influence(group: Group, names: dict[str, str], most: int) -> dict[str, Any]:
    """Members and items whose removal changes most."""
    people = [(names.get(i.actor) or clean(i.name) or clean(i.actor), i) for i in group.influence]
    things = [(cut(f"{clean(i.item)}: {clean(i.title)}", most), i) for i in group.items]
    kinds: list[tuple[str, Rows]] = [
        ("member", people),
        ("item", things),
        ("stretch of the records", [(d.name, d) for d in group.dates]),
    ]
    same, other = [], []
    for word, rows in kinds:
        n = sum(i.verdict_without != group.verdict for _, i in rows)
        if rows and not n:
            same.append(f"any one {word}")
        elif rows:
            other.append(f"{n:,} of the {len(rows):,} trials with one {word}")
    said = [f"Leaving out {_either(same)} leaves the verdict as it is."] if same else []
    said += [f"Leaving one out changes the verdict in {' and in '.join(other)}."] if other else []
    tables = [(word, _most(rows, group)) for word, rows in kinds[:2] if rows]
    return {"sentence": " ".join(said), "tables": tables}


def _either(words: list[str]) -> str:
    return " or ".join(filter(None, (", ".join(words[:-1]), words[-1])))


def _most(rows: Rows, group: Group) -> list[list[str]]:
    depth = group.depth.estimate
    rows = sorted(rows, key=lambda row: (row[1].verdict_without == group.verdict,
                                         -abs(row[1].depth_without - depth), row[0]))  # fmt: skip
    return [
        [
            clean(name),
            f"{i.depth_without:.3f}",
            f"{i.depth_without - depth:+.3f}".replace("-", "−"),
            VERDICTS[i.verdict_without]
            + ("" if i.verdict_without == group.verdict else " (changes)"),
        ]
        for name, i in rows[:MOST_INFLUENTIAL]
    ]


def _heat(group: Group, names: dict[str, str]) -> dict[str, Any] | None:
    """The picture of agreement, the lines between blocs, and a small table that stands for it."""
    agreement = group.agreement
    n = len(agreement.actors)
    if n < 2:
        return None
    bloc_of = {m.actor: b.removeprefix("bloc ") for b, m in sides(group)}
    order = [bloc_of.get(actor, "–") for actor in agreement.actors]
    starts = [k for k in range(n) if k == 0 or order[k] != order[k - 1]]
    runs = [(order[k], k, end) for k, end in zip(starts, [*starts[1:], n], strict=True)]
    return {
        "url": data_url(agreement) if n <= MOST_IN_PICTURE else None,
        "n": n,
        "cuts": starts[1:],
        "names": [names.get(a, clean(a)) for a in agreement.actors],
        "runs": [{"name": b, "from": k, "size": end - k} for b, k, end in runs],
        "table": [[percent(_mean(agreement, r, c)) for c in runs] for r in runs],
    }


def _mean(agreement: Agreement, rows: Any, columns: Any) -> float | None:
    """Average of a block of the picture's cells, leaving out each member's own."""
    cells = [
        share
        for i in range(rows[1], rows[2])
        for j, share in enumerate(agreement.share[i][columns[1] : columns[2]], columns[1])
        if i != j and share is not None
    ]
    return sum(cells) / len(cells) if cells else None


def _dropped(dropped: dict[str, Any]) -> dict[str, Any]:
    actors = [[clean(x) for x in row] for row in dropped.get("actors", ())]
    items = [[clean(x) for x in row] for row in dropped.get("items", ())]
    is_one = len(actors) < 2 and len(items) < 2
    counts = f"{_count(len(actors), 'member')} and {_count(len(items), 'item')}"
    return {
        "actors": actors,
        "items": items,
        "counts": f"{counts[0].upper()}{counts[1:]} {'was' if is_one else 'were'} left out",
        "choices": [
            (MEANINGS.get(word, clean(word)), f"{n:,}")
            for word, n in sorted(dropped.get("choices", {}).items())
        ],
    }


def _count(n: int, word: str) -> str:
    return counted(n, word) if n else f"no {word}"


def _preference(group: Group) -> dict[str, Any] | None:
    p = group.preference
    if p is None:
        return None
    rows = [
        ("Log likelihood ratio, two peaks against one", f"{p.statistic:.3g}"),
        ("p-value, from records simulated with one peak", f"{p.p_value:.3g}"),
        ("Gap, in standard deviations within a side", "–" if p.gap is None else f"{p.gap:.1f}"),
        ("Smallest gap found in 80 of 100 simulated records",
         "none that was tried" if p.smallest_detectable_gap is None
         else f"{p.smallest_detectable_gap:.1f}"),
    ]  # fmt: skip
    words = {"sentence": clean(p.sentence), "assumption": clean(p.assumption)}
    return {**words, "verdict": VERDICTS[p.verdict], "rows": rows}


def _fit(group: Group) -> str:
    f = group.fit
    if f is None:
        return ""
    return (
        f"One line of positions tells {percent(f.correct)} of choices rightly; guessing each "
        f"item’s majority tells {percent(f.correct_baseline)} (proportional reduction in error "
        f"{f.apre:.2f}, geometric mean probability {f.gmp:.2f})."
    )
