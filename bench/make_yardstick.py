"""Make the bundled yardstick: depth of the US Senate and House by Congress, from the public votes.

    python bench/make_yardstick.py SENATE_FOLDER HOUSE_FOLDER

Each folder holds Voteview's files: votes, members and, for the Senate, roll calls. The votes are
not kept; what is written to src/fissure/datasets/data/yardstick are results, with their provenance.
The Presidents' announced positions are left out.
"""

from __future__ import annotations

import json
import sys
from datetime import date
from pathlib import Path

import numpy as np
import polars as pl

import fissure as fs
from fissure.readers import read_voteview

OUT = Path(__file__).parent.parent / "src" / "fissure" / "datasets" / "data" / "yardstick"


def files(folder: Path, word: str) -> list[Path]:
    """Voteview's files of one sort in a folder; those that only hold some of the votes are not."""
    found = sorted(p for p in folder.iterdir() if word in p.name.lower())
    return [p for p in found if not p.name.startswith("partial")]


def rows(chamber: str, trace: fs.Trace) -> list[dict[str, object]]:
    """One row a group and Congress."""
    return [
        {
            "chamber": chamber,
            "group": series.group,
            "congress": int(p.period),
            "year": int(p.year),
            "n_actors": p.n_actors,
            "n_items": p.n_items,
            "verdict": p.verdict,
            "kind": p.kind,
            "depth": round(p.depth.estimate, 4),
            "low": round(p.depth.low, 4),
            "high": round(p.depth.high, 4),
            "sd": round(float(np.std(p.draws.depth)), 4),
            "smallest_detectable_depth": p.smallest_detectable_depth
            and round(p.smallest_detectable_depth, 3),
            "blocs": " ".join(str(b.size) for b in p.blocs),
            "bloc_names": " ".join(b.name for b in p.blocs),
        }
        for series in trace.series
        for p in series.periods
    ]


def main() -> None:
    table, made = [], {}
    for chamber, folder in zip(("Senate", "House"), map(Path, sys.argv[1:3]), strict=True):
        votes, members = files(folder, "votes"), files(folder, "members")
        calls = files(folder, "rollcalls") if chamber == "Senate" else None
        records = read_voteview(votes, members, calls)
        records = records.select_actors(pl.col("chamber") != "President")
        trace = fs.trace(
            records,
            by="congress",
            within="party",
            bridge=False,
            progress=lambda what, share: print(f"\r{share:.0%} {what:60.60}", end=""),
        )
        print()
        table += rows(chamber, trace)
        made[chamber] = {
            "records": repr(records),
            "sha256": records.source.sha256,
            "citation": "Lewis, Jeffrey B., Keith Poole, Howard Rosenthal, Adam Boche, Aaron "
            "Rudkin, and Luke Sonnet. Voteview: Congressional Roll-Call Votes Database. "
            "https://voteview.com/",
            "settings": trace.settings,
            "seed": trace.seed,
            "versions": trace.versions,
        }
    OUT.mkdir(exist_ok=True)
    pl.DataFrame(table, infer_schema_length=None).write_csv(OUT / "depth.csv")
    text = json.dumps({"made": date.today().isoformat(), **made}, indent=1)
    (OUT / "provenance.json").write_text(text + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
