"""Write the tables of ideal points and simulations in docs/validation.md from bench/results/*.json.

Run ``python bench/tables.py`` after ``bench_ideal.py``, ``bench_verdict.py`` and ``bench_sbc.py``.
"""

from __future__ import annotations

import json
from collections import defaultdict
from pathlib import Path

from _page import write_page

RESULTS = Path(__file__).parent / "results"


def stored(name: str) -> dict:
    """One file of results."""
    return json.loads((RESULTS / f"{name}.json").read_text(encoding="utf-8"))


def table(head: list[str], rows: list[list[object]]) -> str:
    """A Markdown table."""
    lines = [head, ["---"] * len(head), *rows]
    return "\n".join("| " + " | ".join(str(v) for v in line) + " |" for line in lines)


def share(part: float) -> str:
    return f"{part:.1%}"


def ideal() -> dict[str, str]:
    """Times beside other programs, and time and memory at scale."""
    found = stored("ideal")
    senate = found["senate_109"]
    rows = [["fissure, to the optimum", f"{senate['fissure_cpu_s']:.3f}", "same run", "1"]]
    for name, peer in senate["peers_cpu_s"].items():
        rows.append([name, f"{peer['seconds']:.2f}", peer["kind"], f"{peer['times_ours']:.0f}"])
    speed = table(["program", "CPU seconds", "measured", "times ours"], rows)
    scale = table(
        ["choices", "ns for a choice in a pass", "CPU s to the optimum", "wall s",
         "bytes a choice, matrix included", "standard errors"],
        [[f"{s['choices']:,}", s["ns_per_choice_and_pass"], s["fit_cpu_s"], s["fit_wall_s"],
          f"{s['matrix_bytes_per_choice'] + s['bytes_per_choice_beyond_matrix']:.1f}", s["se_kind"]]
         for s in found["scale"]],
    )  # fmt: skip
    return {"speed": speed, "scale": scale}


def behaviour() -> str:
    """False splits where members choose independently."""
    sums: dict[tuple, list[float]] = defaultdict(lambda: [0, 0, 0.0])
    for c in stored("verdict_behaviour")["cells"]:
        cell = c["cell"]
        key = (cell["actors"], cell["items"], cell["lean_sd"], cell["loyalty_spread"])
        n = c["replicates"]
        for k, v in enumerate((n, round(c["split"] * n), c["mean_depth"] * n)):
            sums[key][k] += v
    rows = [[*key, n, int(false), f"{depth / n:.3f}"] for key, (n, false, depth) in sums.items()]
    head = ["members", "items", "sd of lean", "spread of loyalty", "replicates", "false splits",
            "mean depth"]  # fmt: skip
    return table(head, rows)


def preference() -> str:
    """False splits of positions, beside the dip test."""
    sums: dict[tuple, list[int]] = defaultdict(lambda: [0, 0, 0])
    for c in stored("verdict_preference")["cells"]:
        cell, n = c["cell"], c["replicates"]
        key = (cell["truth"], cell["actors"], cell["items"], cell["cutpoint_sd"])
        for k, v in enumerate((n, round(c["split"] * n), round(c["naive_dip_rejects"] * n))):
            sums[key][k] += v
    rows = [[*key, n, false, share(dip / n)] for key, (n, false, dip) in sums.items()]
    head = ["one peak", "members", "items", "sd of cutpoints", "replicates", "false splits",
            "naive dip test rejects"]  # fmt: skip
    return table(head, sorted(rows, key=lambda row: row[0] != "normal"))


def power() -> str:
    """Two blocs 0.35 apart among 45 members on 300 items."""
    rows = [
        [c["cell"]["gaps"], c["cell"]["smaller_bloc"], f"{c['cell']['absent']:.0%}",
         c["replicates"],
         share(c["split"]), f"{c['mean_depth']:.3f}"]
        for c in stored("verdict_power")["cells"]
    ]  # fmt: skip
    head = ["gaps", "smaller bloc", "absent", "replicates", "verdict split", "mean depth"]
    return table(head, rows)


def coverage() -> str:
    """Does the interval of the depth hold the truth, where the agenda is drawn anew?"""
    rows = [
        [c["cell"]["actors"], c["cell"]["smaller_bloc"], c["cell"]["items"],
         f"{c['cell']['absent']:.0%}", c["cell"]["depth"], f"{c['mean_depth']:.3f}",
         share(c["interval_covers"])]
        for c in stored("verdict_coverage")["cells"]
    ]  # fmt: skip
    head = ["members", "smaller bloc", "items", "absent", "true depth", "mean estimate",
            "interval covers"]  # fmt: skip
    return table(head, rows)


def pipeline() -> dict[str, str]:
    """Simulation-based calibration of everything from choices to verdict."""
    found = stored("sbc")
    all_cells = found["all"]
    said = {
        "P(split)": all_cells["p_split"]["reliability"],
        "the same verdict again": all_cells["again"],
        "a member stands in the bloc": all_cells["members"],
        "the same, said as the share of halves": all_cells["halves"],
    }
    rows = [
        [what, f"{r['said']:.2f}", r["n"], f"{r['came']:.2f}",
         f"{r['interval'][0]:.2f} to {r['interval'][1]:.2f}"]
        for what, bins in said.items()
        for r in bins
    ]  # fmt: skip
    head = ["statement", "said", "statements", "came true", "95% interval"]
    cells = [(c["cell"], c["summary"]) for c in found["cells"]]
    depth = [
        [cell["actors"], cell["items"], f"{cell['absent']:.0%}", s["depth"]["n"],
         share(s["depth"]["coverage_95"]), " ".join(map(str, s["depth"]["histogram"])),
         f"{s['depth']['bias']:+.3f}", share(s["depth_of_all"]["coverage_95"]),
         share(s["depth"]["resampled"]["coverage_95"]),
         " ".join(map(str, s["depth"]["resampled"]["histogram"])),
         f"{s['depth']['resampled']['bias']:+.3f}"]
        for cell, s in cells
    ]  # fmt: skip
    columns = ["members", "items", "absent", "deep ones", "interval holds", "ranks in tenths",
               "mean error", "of all bodies: interval holds", "resampled: interval holds",
               "resampled: ranks in tenths", "resampled: mean error"]  # fmt: skip
    verdicts = [
        [cell["actors"], cell["items"], f"{cell['absent']:.0%}", s["n"],
         s["p_split"]["spiegelhalter_z"], s["p_split"]["brier"],
         s["verdict"]["split_but_none"], s["verdict"]["no_split_but_one"],
         s["verdict"]["cannot_tell"]]
        for cell, s in cells
    ]  # fmt: skip
    heads = ["members", "items", "absent", "bodies", "P(split): Spiegelhalter's z", "Brier score",
             "split, but there is none", "no split, but there is one", "cannot tell"]  # fmt: skip
    return {"calibrated": table(head, rows), "ranks of depth": table(columns, depth),
            "verdicts of bodies": table(heads, verdicts),
            "other agendas": agendas(found["agendas"])}  # fmt: skip


def agendas(cells: list[dict]) -> str:
    """The two intervals of the depth where bodies do not come from the prior."""
    rows = [
        [c["cell"]["actors"], c["cell"]["smaller_bloc"], c["cell"]["items"],
         f"{c['cell']['absent']:.0%}", c["cell"]["depth"], c["n"], s["mean"],
         share(s["coverage_95"]), s["width"], s["p_split"], s["resampled"]["mean"],
         share(s["resampled"]["coverage_95"])]
        for c in cells
        for s in [c["summary"]]
    ]  # fmt: skip
    head = ["members", "smaller bloc", "items", "absent", "true depth", "bodies", "mean estimate",
            "interval holds", "width", "mean P(split)", "resampled: mean estimate",
            "resampled: interval holds"]  # fmt: skip
    return table(head, rows)


if __name__ == "__main__":
    parts = {"behaviour": behaviour(), "preference": preference(), "power": power()}
    write_page(ideal() | parts | {"coverage": coverage()} | pipeline())
