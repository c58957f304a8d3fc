"""A made-up but plausible Split, so that the report can be tested without estimating anything."""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from fake_unknowns import fake_unknowns
from fissure.results import (
    Agreement,
    Bloc,
    DateBlock,
    Fit,
    Group,
    Influence,
    Interval,
    Item,
    Member,
    Null,
    Preference,
    Skipped,
    Split,
)

HOSTILE = (
    "<script>window.hacked=1</script>",
    "=cmd|' /C calc'!A0",
    '"><img src=x onerror=window.hacked=1>',
    "</script><script>window.hacked=1</script>",
    "line\u2028and\u2029paragraph",
    "A very long name " * 20,
    "",
    "<!--<script>",
    "{{ 7 * 7 }}{% raw %}",
    "javascript:alert(1)",
    "</title></style><svg onload=window.hacked=1>",
    "\u202egnirts\u0000\x07",
)
WORDS = (
    "to amend the act on water rights",
    "on the motion to table the amendment on border funds",
    "to confirm the nominee to the court of appeals",
    "to limit debate on the energy bill",
    "to strike the section on pension plans",
    "to provide for relief after the storm, and for other purposes",
)


def fake_split(
    n_actors: int = 100,
    n_items: int = 600,
    groups: int = 3,
    hostile: bool = False,
    seed: int = 1,
    swap: bool = False,
) -> Split:
    """The first group is split, the second is united, any further cannot tell.

    ``swap`` exchanges the labels A and B and nothing else.
    """
    rng = np.random.default_rng(seed)
    names = ["all", "party = D", "party = R", "party = I"][:groups]
    if hostile:
        names[-1] = "party = <script>window.hacked=1</script>"
    verdicts = ["split", "no split", "cannot tell", "no split"]
    items = _item_texts(rng, n_items, hostile)
    made = []
    for k, name in enumerate(names):
        n = n_actors if k == 0 else max(4, n_actors // 2)
        group = _group(rng, name, verdicts[k], n, items, hostile, swap)
        made.append(replace(group, unknowns=fake_unknowns(group)))
    return Split(
        source=_source(hostile),
        settings={"within": "party", "min_depth": 0.15, "max_middle": 0.25, "level": 0.95},
        seed=seed,
        versions={"fissure": "0.1.0", "python": "3.11.7", "numpy": "2.4.6", "scipy": "1.17.1"},
        groups=tuple(made),
        skipped=(Skipped("party = Other", 2, "2 actors; at least 4 are needed"),),
    )


def _source(hostile: bool) -> dict:
    return {
        "name": HOSTILE[0] if hostile else "fake-100",
        "format": "long",
        "sha256": "0123456789abcdef" * 4,
        "n_rows": 65_790,
        "title": HOSTILE[3] if hostile else "A made-up chamber, 2005-06",
        "licence": "public domain",
        "citation": HOSTILE[2] if hostile else "Made up for tests (2026).",
        "url": HOSTILE[9] if hostile else "https://example.org/votes",
        "notes": [
            {
                "kind": "duplicate",
                "count": 3,
                "message": "3 rows repeat an actor and item; the first is kept (votes.csv, row 7)",
                "dropped": True,
            }
        ],
    }


def _item_texts(rng: np.random.Generator, n: int, hostile: bool) -> list[tuple[str, str, str]]:
    days = np.datetime64("2005-01-04") + np.sort(rng.integers(0, 700, n))
    rows = []
    for j in range(n):
        title = f"On the motion, S. {j + 1}: {WORDS[j % len(WORDS)]}"
        ident = f"109-{j + 1}"
        if hostile and j < len(HOSTILE):
            title, ident = HOSTILE[j], f"{ident}{HOSTILE[j]}"
        rows.append((ident, str(days[j]), title))
    return rows


def _group(
    rng: np.random.Generator,
    name: str,
    verdict: str,
    n: int,
    items: list[tuple[str, str, str]],
    hostile: bool,
    swap: bool,
) -> Group:
    is_split = verdict == "split"
    n_a = int(n * 0.55)
    siding = np.clip(np.where(np.arange(n) < n_a, 0.93, 0.08) + rng.normal(0, 0.05, n), 0, 1)
    if not is_split:
        siding = np.clip(rng.normal(0.6, 0.2, n), 0, 1)
    position = (siding - siding.mean()) / siding.std() + rng.normal(0, 0.1, n)
    depth = {"split": 0.72, "no split": 0.11, "cannot tell": 0.16}[verdict]
    members = [_member(rng, i, siding[i], position[i], len(items), hostile) for i in range(n)]
    order = sorted(range(n), key=lambda i: -siding[i])
    n_out = 1 if is_split else 0
    defectors, order = order[:0] + order[n - n_out :], order[: n - n_out]
    cut = n_a if is_split else int(n * 0.6)
    labels = ("B", "A") if swap else ("A", "B")
    blocs = [
        Bloc(labels[0], cut, 0.91, 0.94, tuple(members[i] for i in order[:cut])),
        Bloc(labels[1], len(order) - cut, 0.88, 0.92, tuple(members[i] for i in order[cut:])),
    ]
    blocs.sort(key=lambda bloc: bloc.name)
    told = _items(rng, items, depth, verdict, swap)
    return Group(
        name=name,
        n_actors=n,
        n_items=len(items),
        n_choices=int(n * len(items) * 0.94),
        verdict=verdict,
        kind="split" if is_split else "spectrum",
        sentence=_sentence(verdict, cut, n - cut - n_out),
        probability=0.99 if is_split else 0.12,
        depth=Interval(depth, depth - 0.03, depth + 0.03),
        opposed_share=0.63 if is_split else 0.06,
        middle=Interval(0.03, 0.01, 0.06) if is_split else Interval(0.55, 0.4, 0.7),
        between=Interval(0.04, 0.01, 0.08) if is_split else None,
        balance=min(cut, n - cut) / n,
        smallest_detectable_depth=None if verdict == "cannot tell" else 0.17,
        preference=_preference(is_split),
        null=Null(
            tuple(np.sort(rng.normal(0.105, 0.012, 200)).tolist()), 0.005 if is_split else 0.4
        ),
        fit=Fit(0.92, 0.68, 0.71, 0.83),
        blocs=tuple(blocs),
        defectors=tuple(members[i] for i in defectors),
        items=told,
        dates=tuple(_date(rng, k, len(items), depth, verdict) for k in range(6)),
        influence=tuple(
            Influence(m.actor, m.name, depth + float(rng.normal(0, 0.004)), verdict)
            for m in members[: min(n, 60)]
        ),
        agreement=_agreement(rng, blocs, [members[i] for i in defectors]),
        dropped={
            "actors": [["A999", HOSTILE[0] if hostile else "3 usable choices, at least 10 wanted"]],
            "items": [["109-900", "no usable choice"]],
            "choices": {"absent": 3210, "not_member": 540},
        },
        remarks=(HOSTILE[0],) if hostile else ("one actor changed party; both spells are kept",),
    )


def _sentence(verdict: str, a: int, b: int) -> str:
    if verdict == "split":
        return (
            f"Split into two blocs of {a} and {b} members: the blocs stand 0.72 apart in yea "
            "share; 63% of items set the two majorities against each other."
        )
    if verdict == "no split":
        return "No split: one 0.17 deep would have been found."
    return "These records cannot tell: no split of any depth would have been found."


def _member(
    rng: np.random.Generator, i: int, siding: float, position: float, n_items: int, hostile: bool
) -> Member:
    name = HOSTILE[i] if hostile and i < len(HOSTILE) else f"MEMBER {i + 1:03d} ({'DRI'[i % 3]})"
    half = float(rng.uniform(0.05, 0.35))
    return Member(
        actor=f"A{i + 1:04d}",
        name=name,
        probability=float(rng.uniform(0.8, 1)),
        siding=None if i % 41 == 40 else float(siding),
        n_dividing=round(n_items * 0.3, 1),
        n_choices=int(n_items * rng.uniform(0.6, 1)),
        position=Interval(float(position), float(position) - half, float(position) + half),
        columns={"party": "DRI"[i % 3], "state": HOSTILE[2] if hostile and i < 3 else "XY"},
    )


def _items(
    rng: np.random.Generator,
    items: list[tuple[str, str, str]],
    depth: float,
    verdict: str,
    swap: bool,
) -> tuple[Item, ...]:
    made = []
    for ident, date, title in items:
        a, b = np.clip(rng.choice([0.9, 0.1]) + rng.normal(0, 0.08, 2), 0, 1)
        if verdict == "split" and rng.random() < 0.63:
            b = float(np.clip(1 - a + rng.normal(0, 0.05), 0, 1))
        a, b = (b, a) if swap else (a, b)
        made.append(
            Item(
                item=ident,
                date=date,
                title=title,
                yea_a=float(a),
                yea_b=float(b),
                gap=float(a - b),
                opposed=bool((a > 0.5) != (b > 0.5)),
                yeas=int(50 * (a + b)),
                nays=int(50 * (2 - a - b)),
                depth_without=depth + float(rng.normal(0, 0.0005)),
                verdict_without=verdict,
            )
        )
    return tuple(made)


def _date(rng: np.random.Generator, k: int, n_items: int, depth: float, verdict: str) -> DateBlock:
    year, half = 2005 + k // 3, k % 3
    months = (("01", "04"), ("05", "08"), ("09", "12"))[half]
    return DateBlock(
        name=f"{year}-{months[0]} to {year}-{months[1]}",
        n_items=n_items // 6,
        depth=float(np.clip(depth + rng.normal(0, 0.05), 0, 1)),
        depth_without=float(np.clip(depth + rng.normal(0, 0.01), 0, 1)),
        verdict_without=verdict,
    )


def _preference(is_split: bool) -> Preference:
    return Preference(
        verdict="split" if is_split else "cannot tell",
        sentence="Positions have two peaks, 6.1 standard deviations apart."
        if is_split
        else "These records cannot tell one peak from two.",
        assumption="Choices follow one line of positions with normal errors of equal size.",
        statistic=81.0 if is_split else 0.4,
        p_value=0.005 if is_split else 0.6,
        gap=6.1 if is_split else None,
        smallest_detectable_gap=2.5 if is_split else None,
    )


def _agreement(rng: np.random.Generator, blocs: list[Bloc], rest: list[Member]) -> Agreement:
    everyone = [m for bloc in blocs for m in bloc.members] + rest
    siding = np.array([0.5 if m.siding is None else m.siding for m in everyone])
    share = np.clip(1 - 0.8 * np.abs(siding[:, None] - siding) - 0.05, 0, 1)
    share += rng.normal(0, 0.02, share.shape)
    share = np.clip((share + share.T) / 2, 0, 1)
    np.fill_diagonal(share, 1)
    rows: list[list[float | None]] = share.tolist()
    if len(rows) > 3:
        rows[0][2] = rows[2][0] = None
    return Agreement(tuple(m.actor for m in everyone), tuple(map(tuple, rows)))
