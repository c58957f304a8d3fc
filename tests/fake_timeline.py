"""A made-up but plausible Trace, so that the timeline can be tested without estimating anything."""

from __future__ import annotations

import math

import numpy as np

from fake_split import HOSTILE, WORDS
from fissure.results import (
    BlocAt,
    Chance,
    Change,
    Dividing,
    Draws,
    Interval,
    Lineage,
    Moment,
    Period,
    Rank,
    RankSet,
    Series,
    Skipped,
    SkippedPeriod,
    Start,
    Trace,
    Window,
    Windows,
)

FIRST = 70
SKIPPED_AT = 9


def full_trace(
    n_periods: int = 50,
    n_actors: int = 100,
    groups: int = 3,
    hostile: bool = False,
    years: bool = True,
    answers: bool = True,
    seed: int = 1,
) -> Trace:
    """The first group has one closed window, the second one still open, any further none.

    ``years=False`` leaves the periods without years, ``answers=False`` the groups without windows
    and ranks. The second group lacks one period.
    """
    rng = np.random.default_rng(seed)
    names = ["all", "party = D", "party = R", "party = I"][:groups]
    if hostile:
        names[-1] = "party = <script>window.hacked=1</script>"
    actors: dict[str, str] = {}
    series = [
        _series(rng, name, k, n_periods, n_actors // (1 + (k > 0)), hostile, years, answers, actors)
        for k, name in enumerate(names)
    ]
    return Trace(
        source={
            "name": HOSTILE[0] if hostile else "fake-senate",
            "title": HOSTILE[3] if hostile else "A made-up chamber, 1927-2025",
            "format": "voteview",
            "licence": "public domain",
            "citation": HOSTILE[2] if hostile else "Made up for tests (2026).",
            "url": HOSTILE[9] if hostile else "https://example.org/votes",
            "sha256": "0123456789abcdef" * 4,
            "n_rows": 2_890_000,
            "notes": [
                {"kind": "x", "count": 3, "message": "3 rows repeat others", "dropped": True}
            ],
        },
        settings={"by": "congress", "within": "party", "draws": 200, "level": 0.95},
        seed=seed,
        versions={"fissure": "0.1.0", "python": "3.11.7", "numpy": "2.4.6"},
        series=tuple(series),
        actors=actors,
        mix={"0.0% to 2.5%": 0.2, "2.5% to 40.0%": 0.5, "40.0% to 50.0%": 0.3},
        skipped=(Skipped("party = Other", 2, "2 actors; at least 4 are needed"),),
    )


def _series(rng, group, kind, n_periods, n_actors, hostile, years, answers, actors) -> Series:
    depths = _depths(rng, kind, n_periods)
    camps = _camps(rng, f"{group[-1]}{kind}", n_periods, n_actors, depths)
    for label in sorted({a for camp in camps for a in camp}):
        n = len(actors)
        bad = hostile and n % 2 == 0
        actors[label] = HOSTILE[n // 2 % len(HOSTILE)] if bad else f"MEMBER {n + 1:04d} (ST)"
    skipped = () if kind != 1 else (SKIPPED_AT,)
    kept = [t for t in range(n_periods) if t not in skipped]
    periods = tuple(_period(rng, t, depths[t], camps[t], hostile, years) for t in kept)
    letters = sorted({b.name for p in periods for b in p.blocs})
    lineages = tuple(
        Lineage(
            x,
            tuple(p.period for p in periods if x in {b.name for b in p.blocs}),
            max(b.size for p in periods for b in p.blocs if b.name == x),
        )
        for x in letters
    )
    return Series(
        group=group,
        periods=periods,
        changes=tuple(
            _change(periods[i], periods[i + 1], camps[kept[i]], camps[kept[i + 1]], actors)
            for i in range(len(kept) - 1)
        ),
        lineages=lineages,
        skipped=tuple(
            SkippedPeriod(str(FIRST + t), t, "3 actors; at least 4 are needed") for t in skipped
        ),
        windows=_windows(group, kind, periods, depths) if answers else None,
        rank=_rank(rng, group, periods) if answers else None,
        remarks=(HOSTILE[0],) if hostile else ("12 members changed party; each counts as two",),
    )


def _depths(rng, kind, n):
    t = np.arange(n) / max(n - 1, 1)
    base = 0.22 + np.cumsum(rng.normal(0, 0.008, n))
    if kind == 0:
        base = base + 0.35 / (1 + np.exp(-(t - 0.65) * 25))
    if kind == 1:
        base = base + 0.32 * np.exp(-(((t - 0.4) / 0.13) ** 4))
    return np.clip(base + rng.normal(0, 0.02, n), 0.03, 0.95)


def _camps(rng, prefix, n_periods, n_actors, depths):
    """Members of each period with the number of the camp that each belongs to."""
    made, camp, born = [], {}, 0
    for t in range(n_periods):
        for a in [a for a in camp if rng.random() < 0.14]:
            del camp[a]
        for a in list(camp):
            if rng.random() < 0.04:
                camp[a] = 1 - min(camp[a], 1)
        while len(camp) < n_actors:
            camp[f"{prefix}-{born:04d}"] = int(rng.random() < 0.42)
            born += 1
        if n_periods // 2 <= t < n_periods // 2 + 5:
            for a in list(camp)[:: max(2, n_actors // 12)]:
                camp[a] = 2
        elif t == n_periods // 2 + 5:
            camp = {a: 0 if c == 2 else c for a, c in camp.items()}
        made.append(dict(camp))
    return made


def _period(rng, t, depth, camp, hostile, years) -> Period:
    verdict = "split" if depth > 0.4 else "cannot tell" if depth > 0.27 else "no split"
    kind = {"split": "split", "cannot tell": "spectrum", "no split": "unity"}[verdict]
    n_items = int(rng.integers(120, 900))
    half = 0.9 / math.sqrt(n_items) + 0.01
    alone = list(camp)[:2]
    blocs = []
    for c in (0, 1, 2):
        who = tuple(sorted(a for a in camp if camp[a] == c and a not in alone))
        if who:
            p = tuple(float(x) for x in np.round(rng.uniform(0.7, 1, len(who)), 3))
            blocs.append(BlocAt("ABC"[c], len(who), who, p))
    blocs.sort(key=lambda b: -b.size)
    depth = float(depth)
    sizes = " and ".join(f"{b.name} {b.size}" for b in blocs)
    return Period(
        period=str(FIRST + t),
        place=t,
        year=1787.0 + 2 * (FIRST + t) if years else None,
        n_actors=len(camp),
        n_items=n_items,
        n_choices=int(n_items * len(camp) * 0.9),
        verdict=verdict,
        kind=kind,
        probability=float(np.clip((depth - 0.2) * 4, 0, 1)),
        p_value=0.005 if verdict == "split" else 0.3,
        sentence={
            "split": f"Split into blocs {sizes}: they stand {depth:.2f} apart in yea share.",
            "cannot tell": "These records cannot tell: only a split of 0.45 would have been found.",
            "no split": "No split: one 0.25 deep would have been found.",
        }[verdict],
        depth=_around(depth, half),
        depth_common=None if t % 11 == 10 else _around(depth * 0.93, half),
        distance=_around(1.2 * depth, 0.2) if t % 2 else None,
        smallest_detectable_depth=None if t == 3 else float(0.18 + 2 * half),
        opposed_share=depth**1.5,
        middle=_around(0.2, 0.05) if t % 7 else None,
        blocs=tuple(blocs),
        dividing=_dividing(rng, t, hostile),
        draws=Draws(
            depth=tuple(float(x) for x in np.clip(rng.normal(depth, half / 2, 20), 0, 1)),
            kind=(kind,) * 20,
            smallest=(0.3,) * 20,
        ),
    )


def _dividing(rng, t, hostile) -> tuple[Dividing, ...]:
    rows = []
    for j in range(5):
        title = HOSTILE[(t + j) % len(HOSTILE)] if hostile else f"S. {j}: {WORDS[j]}"
        a = float(rng.uniform(0.7, 1))
        date = f"{1787 + 2 * (FIRST + t)}-0{j + 1}-15" if j else None
        rows.append(Dividing(f"{FIRST + t}-{j + 1}", date, title, a, 1 - a))
    return tuple(rows)


def _around(at: float, half: float) -> Interval:
    return Interval(at, max(0.0, at - half), min(1.0, at + half))


def _change(before, after, camp, next_camp, actors) -> Change:
    stayed = sorted(set(camp) & set(next_camp))
    total = after.depth.estimate - before.depth.estimate
    moved = tuple(actors[a] for a in stayed if camp[a] != next_camp[a])
    letters = [{b.name for b in p.blocs} for p in (before, after)]
    events = [f"{x} appears" for x in sorted(letters[1] - letters[0])]
    events += [f"{x} dissolves" for x in sorted(letters[0] - letters[1])]
    return Change(
        before=before.period,
        after=after.period,
        total=_part(total, 0.05),
        replacement=_part(0.3 * total, 0.03),
        agenda=None if before.depth_common is None else _part(0.2 * total, 0.04),
        conversion=None if before.depth_common is None else _part(0.5 * total, 0.05),
        n_stayed=len(stayed),
        n_left=len(camp) - len(stayed),
        n_came=len(next_camp) - len(stayed),
        moved=moved,
        events=tuple(events),
    )


def _part(at: float, half: float) -> Interval:
    return Interval(at, at - half, at + half)


def _windows(group, kind, periods, depths) -> Windows:
    n = len(periods)
    inside = [float(1 / (1 + math.exp(-(p.depth.estimate - 0.4) * 40))) for p in periods]
    if kind == 2:
        inside = [0.03] * n
    o, c = (int(0.65 * n), n - 1) if kind == 0 else (int(0.27 * n), int(0.55 * n))

    def moment(i: int) -> Moment:
        low, at, high = (periods[min(n - 1, max(0, i + d))] for d in (-1, 0, 1))
        year = None if at.year is None else Interval(at.year, low.year, high.year)
        return Moment(at.period, low.period, high.period, year)

    window = Window(
        probability=0.97,
        opened=moment(o),
        closed=None if kind == 0 else moment(c),
        duration=Interval(c - o, c - o - 2, c - o + 2),
        still_open=0.98 if kind == 0 else 0.01,
        open_at_start=0.0,
    )
    said = [
        f"A window opened in {periods[o].period} (95% interval {periods[max(0, o - 1)].period} to "
        f"{periods[min(n - 1, o + 1)].period}) and is probably still open: 98%.",
        f"A window opened in {periods[o].period} and closed in {periods[c].period}.",
        "No window: the probability that there was none is 94%.",
        "No window: the probability that there was none is 94%.",
    ]
    return Windows(
        group=group,
        p_none=0.94 if kind > 1 else 0.01,
        p_open_now=inside[-1],
        p_count=(0.94, 0.05, 0.01) if kind > 1 else (0.01, 0.9, 0.09),
        open=tuple(Chance(p.period, x) for p, x in zip(periods, inside, strict=True)),
        windows=() if kind > 1 else (window,),
        level=_around(0.22, 0.04),
        rise=None if kind > 1 else _around(0.34, 0.05),
        autocorrelation=_around(0.4, 0.2),
        sentence=said[kind],
        settings={"max_windows": 3, "least_rise": 0.05},
    )


def _rank(rng, group, periods) -> Rank:
    depth = np.array([p.depth.estimate for p in periods])
    draws = depth + rng.normal(0, 0.03, (2000, len(depth)))
    first = np.bincount(draws.argmax(axis=1), minlength=len(depth)) / 2000
    order = np.argsort(-first, kind="stable")
    ranks = (-draws).argsort(axis=1).argsort(axis=1) + 1
    starts = []
    for s in range(len(depth) - 1):
        p = np.bincount(draws[:, s:].argmax(axis=1), minlength=len(depth) - s) / 2000
        best = int(p.argmax())
        starts.append(
            Start(
                periods[s].period,
                periods[s].year,
                periods[s + best].period,
                float(p[best]),
                float(p[-1]),
            )
        )
    chances = tuple(Chance(periods[i].period, float(first[i])) for i in order if first[i] > 0)
    best = chances[0]
    return Rank(
        group=group,
        since=1945,
        n_periods=len(periods),
        deepest=chances,
        k=3,
        top=tuple(
            Chance(p.period, float((ranks[:, i] <= 3).mean())) for i, p in enumerate(periods)
        ),
        rank_sets=tuple(
            RankSet(
                p.period,
                int(np.quantile(ranks[:, i], 0.001)),
                int(np.quantile(ranks[:, i], 0.999)),
                p.depth,
            )
            for i, p in enumerate(periods)
        ),
        starts=tuple(starts),
        spread=_around(0.1, 0.03),
        sentence=f"Most probably the deepest of {len(periods)} periods: {best.period} "
        f"({best.probability:.0%}).",
    )


def mirrored(trace: Trace) -> Trace:
    """What the trace would be had yea and nay changed places."""
    from dataclasses import replace

    def turn(period: Period) -> Period:
        rows = tuple(replace(d, yea_a=1 - d.yea_a, yea_b=1 - d.yea_b) for d in period.dividing)
        return replace(period, dividing=rows)

    return replace(
        trace,
        series=tuple(replace(s, periods=tuple(map(turn, s.periods))) for s in trace.series),
    )
