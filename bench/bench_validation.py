"""Does the verdict find divisions that are known from outside the votes?

Run ``python bench/bench_validation.py`` (a few minutes). It reads the real records kept beside the
project, the US Senate, asks ``fissure.split`` about some caucuses and some whole Senates, writes
``bench/results/validation.json``, and writes the tables of ``docs/validation.md`` between their
markers.

The program is shown identifiers, names, party and choices: no state, no region and no scores. The
Presidents' announced positions are not in these records. State and region come in afterwards, to
be compared with the blocs.
"""

from __future__ import annotations

import json
import os
import sys
from dataclasses import replace
from pathlib import Path

for _name in ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS"):
    os.environ[_name] = "1"

from _machine import machine
from _page import PAGE, write_page

import fissure as fs
from fissure.records import Records
from fissure.results import Group

ROOT = Path(__file__).parent.parent
DATA = ROOT.parent / "shared" / "data" / "us_senate_070_119"
RESULT = ROOT / "bench" / "results" / "validation.json"

#: The eleven states of the former Confederacy.
SOUTH = frozenset(("AL", "AR", "FL", "GA", "LA", "MS", "NC", "SC", "TN", "TX", "VA"))
CAUCUSES = (
    *((congress, "D") for congress in (88, 91, 100, 108, 110)),
    *((congress, "R") for congress in (108, 110)),
)
WHOLE = (95, 109, 110)
#: Depths of Democratic caucuses in the trial that preceded the program, and the share of members
#: whose bloc was told by region.
TRIAL = {88: {"depth": 0.52, "agreement": 0.96}, 91: {"depth": 0.44}, 100: {"depth": 0.19},
         110: {"depth": 0.17}}  # fmt: skip
#: Larger differences from the trial must be explained on the page.
EXPLAIN = 0.05
#: Up to this many members who differ are named on the page.
MANY = 10
PARTIES = {"D": "Democrats", "R": "Republicans"}


def senate(congress: int) -> Records:
    """Votes of the senators of one Congress, without the President's announced positions."""
    records = fs.load(DATA, congress=congress, chamber="Senate")
    return records.select_actors("chamber", "Senate")


def shown(records: Records) -> Records:
    """What the program may see: identifier, name and party of the actors."""
    return replace(records, actors=records.actors.select("actor", "name", "party"))


def ordinal(n: int) -> str:
    ending = "th" if 10 <= n % 100 <= 20 else {1: "st", 2: "nd", 3: "rd"}.get(n % 10, "th")
    return f"{n}{ending}"


def summary(group: Group) -> dict:
    """The numbers of one group that the page shows."""
    return {
        "verdict": group.verdict,
        "kind": group.kind,
        "sentence": group.sentence,
        "depth": [round(v, 3) for v in vars(group.depth).values()],
        "blocs": [b.size for b in group.blocs],
        "defectors": [m.name for m in group.defectors],
        "middle": None if group.middle is None else round(group.middle.estimate, 3),
        "between": None if group.between is None else round(group.between.estimate, 3),
        "probability": round(group.probability, 3),
        "p_value": group.null.p_value,
        "smallest_detectable_depth": group.smallest_detectable_depth,
        "n_actors": group.n_actors,
        "n_items": group.n_items,
        "n_choices": group.n_choices,
    }


def compared(group: Group, records: Records, mark: str) -> dict:
    """How far the two largest blocs agree with something known of the members.

    ``mark`` is "region" (bloc B against the eleven states) or "party" (the two blocs against the
    parties, each bloc taken for the party most of it belongs to; members of other parties are left
    out).
    """
    own = {row["actor"]: row for row in records.actors.to_dicts()}
    pairs = []
    for bloc in group.blocs[:2]:
        for m in bloc.members:
            row = own[m.actor]
            value = row["state"] in SOUTH if mark == "region" else row["party"]
            if mark == "region" or value in PARTIES:
                pairs.append((bloc.name, value, m, row))
    if mark == "region":
        meant = {"A": False, "B": True}
    else:
        in_a = [value for name, value, _, _ in pairs if name == "A"]
        first = max(PARTIES, key=in_a.count)
        meant = {"A": first, "B": next(p for p in PARTIES if p != first)}
    differ = [
        {"name": m.name, "state": row["state"], "party": row["party"], "bloc": name,
         "probability": round(m.probability, 3),
         "siding": None if m.siding is None else round(m.siding, 3), "n_choices": m.n_choices}
        for name, value, m, row in pairs
        if meant[name] != value
    ]  # fmt: skip
    return {
        "mark": mark,
        "members": len(pairs),
        "agreement": round(1 - len(differ) / len(pairs), 3),
        "marked_in_b": sum(value == meant["B"] for name, value, _, _ in pairs if name == "B"),
        "marked": sum(value == meant["B"] for _, value, _, _ in pairs),
        "differ": differ,
    }


def run() -> list[dict]:
    out = []
    for congress, party in [*CAUCUSES, *((c, None) for c in WHOLE)]:
        records = senate(congress)
        if party is None:
            answer = fs.split(shown(records))
        else:
            mine = shown(records).select_actors("party", party)
            answer = fs.split(mine, within="party", whole=False)
        group = answer.groups[0]
        row = {"congress": congress, "party": party, **summary(group)}
        row["compared"] = compared(group, records, "region" if party else "party")
        if party == "D":
            row["trial"] = TRIAL.get(congress)
        out.append(row)
        print(title(row), "-", group.sentence, flush=True)
    return out


def title(row: dict) -> str:
    who = PARTIES.get(row["party"], "whole Senate")
    return f"{ordinal(row['congress'])}, {who}"


def tables(rows: list[dict]) -> dict[str, str]:
    """The generated parts of the page, by marker."""
    head = (
        "| Congress, group | members, items | verdict | kind | depth (95% interval) | blocs | "
        "smallest detectable depth | depth in the trial |\n|---|---|---|---|---|---|---|---|"
    )
    lines = [head]
    for r in rows:
        at, low, high = r["depth"]
        small = r["smallest_detectable_depth"]
        trial = r.get("trial") or {}
        blocs = " + ".join(map(str, r["blocs"]))
        if r["defectors"]:
            blocs += f", {len(r['defectors'])} set aside"
        lines.append(
            f"| {title(r)} | {r['n_actors']}, {r['n_items']} | {r['verdict']} | {r['kind']} | "
            f"{at:.2f} ({low:.2f} to {high:.2f}) | {blocs} | "
            f"{'none' if small is None else f'{small:.2f}'} | "
            f"{format(trial['depth'], '.2f') if trial else '–'} |"
        )
    region = [
        "| Congress | bloc B | of them from the eleven states | caucus members from the eleven "
        "states | members told rightly by region | who differs: bloc, siding with A, choices |",
        "|---|---|---|---|---|---|",
    ]
    party = [
        "| Congress | members of the two parties | told rightly by party | who differs: bloc, "
        "siding with A, choices |",
        "|---|---|---|---|",
    ]
    for r in rows:
        c, name = r["compared"], ordinal(r["congress"])
        who = "; ".join(
            f"{d['name']} ({d['state']}): {d['bloc']}, {d['siding']:.2f}, {d['n_choices']}"
            for d in c["differ"]
        )
        if len(c["differ"]) > MANY:
            who = f"{len(c['differ'])} members, in the JSON file"
        if c["mark"] == "party":
            party.append(f"| {name} | {c['members']} | {c['agreement']:.0%} | {who or '–'} |")
        elif r["party"] == "D" and r["depth"][0] >= fs.SplitSettings().min_depth:
            region.append(
                f"| {name} | {r['blocs'][1]} | {c['marked_in_b']} | {c['marked']} "
                f"| {c['agreement']:.0%} | {who or '–'} |"
            )
    most = max(abs(r["depth"][0] - r["trial"]["depth"]) for r in rows if r.get("trial"))
    trial = [f"The largest difference of a depth from that of the trial is {most:.2f}."]
    parts = {"verdicts": lines, "trial": trial, "region": region, "party": party}
    return {name: "\n".join(part) for name, part in parts.items()}


if __name__ == "__main__":
    if not DATA.is_dir():
        sys.exit(
            "The real records are kept beside the project and are not part of it: there is no "
            "folder ../shared/data/us_senate_070_119. Nothing was done."
        )
    rows = run()
    RESULT.parent.mkdir(exist_ok=True)
    stored = {"machine": machine(), "settings": vars(fs.SplitSettings()), "seed": 1, "groups": rows}
    RESULT.write_text(json.dumps(stored, indent=1, ensure_ascii=False) + "\n", encoding="utf-8")
    for row in rows:
        if row.get("trial") and abs(row["depth"][0] - row["trial"]["depth"]) > EXPLAIN:
            print(f"{title(row)}: more than {EXPLAIN} from the trial; explain it on the page")
    if PAGE.exists():
        write_page(tables(rows))
