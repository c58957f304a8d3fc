"""The whole job on the Senate 1927-2025, timed, and what it says; the UN's Eastern bloc beside it.

Run ``python bench/bench_trace.py`` (some minutes). It reads the real records kept beside the
project, runs ``fissure trace`` as a user would, keeps wall and CPU seconds and the largest memory,
writes ``bench/results/trace.json`` and the tables of ``docs/validation.md`` between their markers.
The Presidents' announced positions are left out.
"""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
import tempfile
import threading
import time
from pathlib import Path

import polars as pl
from _machine import machine
from _page import write_page
from tables import table

import fissure as fs
from fissure.records import Records

ROOT = Path(__file__).parent.parent
DATA = ROOT.parent / "shared" / "data"
RESULT = ROOT / "bench" / "results" / "trace.json"
SINCE = 1945

#: The Soviet Union and its allies in the General Assembly, with Yugoslavia and Albania, which left.
EASTERN = (
    "Russia", "Ukraine", "Belarus", "Poland", "Czechoslovakia", "Hungary", "Romania", "Bulgaria",
    "Albania", "Yugoslavia", "German Democratic Republic",
)  # fmt: skip


def senators(folder: Path) -> None:
    """Voteview's files of the Senate without the Presidents, by Voteview's names."""
    source = DATA / "us_senate_070_119"
    presidents = pl.scan_csv(source / "members.csv").filter(pl.col("chamber") == "President")
    numbers = presidents.select("icpsr").collect()["icpsr"].unique()
    votes = pl.read_parquet(source / "votes.parquet")
    votes.filter(~pl.col("icpsr").is_in(numbers.implode())).write_parquet(folder / "votes.parquet")
    for name in ("members.csv", "rollcalls.csv.gz"):
        shutil.copy(source / name, folder / name)


def memory(pid: int) -> float:
    """Megabytes held by a process and its children: shared pages are counted once (PSS)."""
    total = 0.0
    for entry in Path("/proc").iterdir():
        if not entry.name.isdigit():
            continue
        try:
            status = (entry / "status").read_text()
            parent = int(status.split("PPid:")[1].split()[0])
            if int(entry.name) == pid or parent == pid:
                rollup = (entry / "smaps_rollup").read_text()
                total += int(rollup.split("\nPss:")[1].split()[0]) / 1024
        except (OSError, IndexError, ValueError):
            continue  # it has ended meanwhile
    return total


def timed(command: list[str]) -> dict[str, float]:
    """Wall and CPU seconds of a command with all its children, and the most memory they held."""
    before = os.times()
    start = time.perf_counter()
    child = subprocess.Popen(command)
    most = 0.0
    ended = threading.Event()

    def watch() -> None:
        nonlocal most
        while not ended.wait(0.5):
            most = max(most, memory(child.pid))

    watcher = threading.Thread(target=watch)
    watcher.start()
    code = child.wait()
    wall = time.perf_counter() - start
    ended.set()
    watcher.join()
    if code:
        sys.exit(f"{command[0]} ended with {code}")
    after = os.times()
    cpu = after.children_user + after.children_system
    cpu -= before.children_user + before.children_system
    return {"wall_s": round(wall, 1), "cpu_s": round(cpu, 1), "most_mb": round(most)}


def senate() -> tuple[dict[str, float], fs.Trace]:
    """The command on the whole Senate, with its answer."""
    with tempfile.TemporaryDirectory() as place:
        folder = Path(place)
        senators(folder)
        page, numbers = folder / "timeline.html", folder / "trace.json"
        cost = timed(
            [str(Path(sys.executable).with_name("fissure")), "trace", str(folder), "--within",
             "party", "--by", "congress", "--since", str(SINCE), "-o", str(page), "--json",
             str(numbers), "--quiet"]
        )  # fmt: skip
        cost["page_mb"] = round(page.stat().st_size / 1e6, 2)
        return cost, fs.Trace.load(numbers)


def eastern_bloc() -> fs.Trace:
    """Eleven states in the General Assembly, session by session until 1991."""
    folder = DATA / "un_general_assembly"
    calls = pl.read_csv(folder / "un_roll_calls.csv.gz", infer_schema_length=None)
    calls = calls.filter(pl.col("session") <= 46).select(
        pl.col("rcid").cast(pl.String).alias("item"),
        pl.col("session").cast(pl.Int64),
        pl.col("date").str.to_date(),
        pl.col("short").alias("question"),
    )
    votes = pl.read_parquet(folder / "un_votes.parquet").with_columns(
        pl.col("country", "vote").cast(pl.String), pl.col("rcid").cast(pl.String)
    )
    votes = votes.filter(
        pl.col("country").is_in(EASTERN), pl.col("rcid").is_in(calls["item"].implode())
    )
    records: Records = fs.load(
        votes, actor="country", item="rcid", choice="vote", items=calls,
        codes={"yes": "yea", "no": "nay", "abstain": "abstain"},
    )  # fmt: skip
    # an abstention is no yes: the two together are what a state that breaks ranks does
    return fs.trace(records, by="session", nay=("nay", "abstain"), bridge=False)


def told(trace: fs.Trace) -> list[dict[str, object]]:
    """What is kept of each series."""
    return [
        {
            "group": s.group,
            "windows": None if s.windows is None else s.windows.to_dict(),
            "rank": None if s.rank is None else {**s.rank.to_dict(), "rank_sets": []},
            "rank_common": None if s.rank_common is None else s.rank_common.sentence,
            "periods": [
                {
                    "period": p.period, "year": p.year, "verdict": p.verdict, "kind": p.kind,
                    "depth": round(p.depth.estimate, 3), "low": round(p.depth.low, 3),
                    "high": round(p.depth.high, 3),
                    "common": p.depth_common and round(p.depth_common.estimate, 3),
                    "distance": p.distance and round(p.distance.estimate, 2),
                    "blocs": {b.name: b.size for b in p.blocs}, "sentence": p.sentence,
                }
                for p in s.periods
            ],
            "skipped": [f"{k.period}: {k.reason}" for k in s.skipped],
        }
        for s in trace.series
    ]  # fmt: skip


def verdicts(series: dict) -> str:
    """Verdicts by period, neighbours that are alike put together."""
    runs: list[list[str]] = []
    for p in series["periods"]:
        if runs and runs[-1][0] == p["verdict"]:
            runs[-1][2] = p["period"]
        else:
            runs.append([p["verdict"], p["period"], p["period"]])
    split = [f"{a}-{b}" if a != b else a for v, a, b in runs if v == "split"]
    return ", ".join(split) or "none"


def page(found: dict) -> dict[str, str]:
    """The tables of the page."""
    rows = [
        [s["group"], len(s["periods"]), verdicts(s),
         s["windows"]["sentence"] if s["windows"] else "",
         s["rank"]["sentence"] if s["rank"] else ""]
        for s in found["senate"] + found["un"]
    ]  # fmt: skip
    head = ["group", "periods", "verdict *split* in", "windows", "deepest"]
    cost = found["cost"]
    line = (
        f"The whole job (`fissure trace` on 2.9 million choices, 50 Congresses, three groups, 200 "
        f"draws, page and JSON written): {cost['wall_s']:.0f} s wall, {cost['cpu_s']:.0f} CPU s on "
        f"{found['machine']['cores']} cores, {cost['most_mb']:,.0f} MB at most with all its "
        f"processes; the page is {cost['page_mb']} MB."
    )
    return {"trace": line + "\n\n" + table(head, rows)}


def main() -> None:
    if not DATA.is_dir():
        sys.exit(f"no real records in {DATA.name}")
    cost, trace = senate()
    print(cost)
    found = {"machine": machine(), "cost": cost, "since": SINCE, "senate": told(trace)}
    found["un"] = told(eastern_bloc())
    found["un"][0]["group"] = "UN, Eastern bloc"
    RESULT.write_text(json.dumps(found, indent=1) + "\n", encoding="utf-8")
    write_page(page(found))


if __name__ == "__main__":
    main()
