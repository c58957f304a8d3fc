"""How fast is an ideal point fit, beside R in the same run, and does it stay so at scale?

Run ``python bench/bench_ideal.py [--only peers|scale]`` on a quiet machine; results go to
``bench/results/ideal.json``.

- **peers**: the 109th Senate, fitted to the optimum, against pscl and MCMCpack where ``Rscript``
  has them (10,000 iterations each, as their users run them), and against CPU times recorded for
  emIRT. Also how well the scores and standard errors agree with a long chain.
- **scale**: records of 10^5 to 10^8 choices: nanoseconds for one choice in one pass, CPU
  seconds to the optimum, and memory beyond the matrix.
"""

from __future__ import annotations

import argparse
import csv
import json
import os
import resource
import shutil
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from statistics import median

import numpy as np
import polars as pl
from _machine import machine

from fissure import datasets
from fissure.kernels.probit import TABLE, probit_sums
from fissure.matrix import Dropped, Matrix, Packed
from fissure.models.ideal import IdealPoints
from fissure.records import Source

HERE = Path(__file__).parent
RESULT = HERE / "results" / "ideal.json"
#: CPU seconds of other programs on the same data, recorded on the same kind of machine.
RECORDED = {"emIRT 0.0.15 binIRT, threshold 1e-9": 6.292, "emIRT 0.0.15 binIRT, default": 0.262}
SIZES = ((316, 316), (1000, 1000), (3162, 3162), (10_000, 10_000))


def cpu() -> float:
    """CPU seconds of this process and its finished children."""
    own, children = (
        resource.getrusage(resource.RUSAGE_SELF),
        resource.getrusage(resource.RUSAGE_CHILDREN),
    )
    return own.ru_utime + own.ru_stime + children.ru_utime + children.ru_stime


def senate() -> Matrix:
    """The 109th Senate without unanimous items, as the peers use it."""
    return Matrix.from_records(datasets.load("senate-109"), min_minority=1e-9)


def peers() -> dict[str, object]:
    """CPU seconds of a fit of the 109th Senate by each program, and ours over theirs."""
    matrix = senate()
    begun = cpu()
    IdealPoints(threads=1).fit(matrix)
    first = cpu() - begun
    runs = []
    for _ in range(9):
        begun = cpu()
        fit = IdealPoints(threads=1).fit(matrix)
        runs.append(cpu() - begun)
    ours = median(runs)
    out = {
        "choices": matrix.n_choices,
        "fissure_cpu_s": round(ours, 4),
        "fissure_cpu_s_all": [round(r, 4) for r in runs],
        "fissure_first_call_cpu_s": round(first, 3),
        "n_iter": fit.n_iter,
        "gradient": fit.gradient,
        "log_posterior": fit.log_posterior,
        "peers_cpu_s": {name: {"seconds": s, "kind": "recorded"} for name, s in RECORDED.items()},
        "agreement": agreement(),
    }
    for name, seconds in run_r(matrix).items():
        out["peers_cpu_s"][name] = {"seconds": seconds, "kind": "same run"}
    for entry in out["peers_cpu_s"].values():
        entry["times_ours"] = round(entry["seconds"] / ours, 1)
    return out


def agreement() -> dict[str, object]:
    """Our scores and standard errors against a 60,000-iteration chain with the same prior."""
    path = HERE.parent / "tests" / "reference" / "ideal" / "MCMCpack_s109.csv"
    with path.open() as handle:
        rows = list(csv.DictReader(handle))
    fit = IdealPoints().fit(senate())
    theirs = np.array([float(r["norm_mean"]) for r in rows])
    ratio = fit.se[:, 0] / np.array([float(r["norm_sd"]) for r in rows])
    ranks = [np.argsort(np.argsort(v)) for v in (fit.se[:, 0], fit.se[:, 0] / ratio)]
    return {
        "pearson": round(abs(float(np.corrcoef(fit.positions[:, 0], theirs)[0, 1])), 5),
        "se_ratio_median": round(float(np.median(ratio)), 3),
        "se_ratio_p10_p90": np.quantile(ratio, [0.1, 0.9]).round(3).tolist(),
        "se_rank_correlation": round(float(np.corrcoef(*ranks)[0, 1]), 3),
    }


def run_r(matrix: Matrix) -> dict[str, float]:
    """CPU seconds of pscl and MCMCpack; empty where Rscript or a package is missing."""
    if shutil.which("Rscript") is None:
        return {}
    with tempfile.TemporaryDirectory() as folder:
        votes = Path(folder) / "votes.csv"
        y = matrix.dense()
        cells = np.where(y > 0, "1", np.where(y < 0, "0", "NA"))
        votes.write_text("\n".join(",".join(row) for row in cells) + "\n")
        done = subprocess.run(
            ["Rscript", str(HERE / "peers.R"), str(votes)],
            capture_output=True,
            text=True,
            check=False,
        )
    lines = [line.split("\t") for line in done.stdout.splitlines() if line.startswith("peer\t")]
    return {name: round(float(seconds), 2) for _, name, seconds in lines}


def made_up(n: int, j: int) -> Matrix:
    """A full matrix of the given size from the model itself, packed without detour."""
    rng = np.random.default_rng(1)
    x, alpha, beta = rng.standard_normal(n), rng.normal(0, 1, j), rng.normal(0, 1.5, j)
    from scipy.special import ndtr

    yea = np.empty((n, j), np.bool_)
    for i in range(n):
        yea[i] = rng.random(j) < ndtr(alpha + beta * x[i])
    sides = []
    for rows, columns, table in ((n, j, yea), (j, n, yea.T)):
        code = np.empty((rows, columns), np.uint32)
        base = np.arange(columns, dtype=np.uint32) * 2
        for r in range(rows):
            code[r] = base + table[r]
        start = np.arange(rows + 1, dtype=np.int64) * columns
        sides.append(Packed(start, code.ravel()))
    actors = pl.DataFrame({"actor": [str(i) for i in range(n)]})
    items = pl.DataFrame({"item": [str(i) for i in range(j)]})
    nothing = pl.DataFrame(schema={"actor": pl.String, "reason": pl.String})
    dropped = Dropped(nothing, nothing.rename({"actor": "item"}), {})
    return Matrix(*sides, actors, items, dropped, Source("made up", "array", "", n * j))


def status(key: str) -> float:
    """A line of /proc/self/status in bytes."""
    for line in Path("/proc/self/status").read_text().splitlines():
        if line.startswith(key):
            return float(line.split()[1]) * 1024
    raise RuntimeError(f"no {key} in /proc/self/status")


def one_size(n: int, j: int) -> dict[str, object]:
    """Time for a choice in a pass, to the optimum, and memory beyond the matrix."""
    matrix = made_up(n, j)
    design = np.column_stack([np.ones(n), np.random.default_rng(2).standard_normal(n)])
    coef = np.zeros((j, 2)) + 0.5
    out = (np.empty((j, 2)), np.empty((j, 2, 2)), np.empty(j))
    side = matrix.by_item
    probit_sums(side.start[:2], side.code, design, TABLE, coef[:1], *(o[:1] for o in out))
    passes = []
    for _ in range(max(3, 2_000_000 // (n * j))):
        begun = time.process_time()
        probit_sums(side.start, side.code, design, TABLE, coef, *out)
        passes.append((time.process_time() - begun) / (n * j) * 1e9)
    before = status("VmRSS")
    Path("/proc/self/clear_refs").write_text("5")
    begun, wall = cpu(), time.perf_counter()
    fit = IdealPoints().fit(matrix)
    result = {
        "actors": n,
        "items": j,
        "choices": n * j,
        "ns_per_choice_and_pass": round(median(passes), 2),
        "fit_cpu_s": round(cpu() - begun, 2),
        "fit_wall_s": round(time.perf_counter() - wall, 2),
        "bytes_per_choice_beyond_matrix": round((status("VmHWM") - before) / (n * j), 2),
        "matrix_bytes_per_choice": 8.0,
        "n_iter": fit.n_iter,
        "gradient": fit.gradient,
        "se_kind": fit.se_kind,
        "pearson_with_truth": None,
    }
    truth = np.random.default_rng(1).standard_normal(n)
    result["pearson_with_truth"] = round(
        abs(float(np.corrcoef(fit.positions[:, 0], truth)[0, 1])), 5
    )
    return result


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--only", choices=["peers", "scale"])
    parser.add_argument("--size", nargs=2, type=int, help=argparse.SUPPRESS)
    chosen = parser.parse_args()
    if chosen.size:
        print(json.dumps(one_size(*chosen.size)))
        return
    stored = json.loads(RESULT.read_text()) if RESULT.exists() else {}
    stored["machine"] = machine()
    if chosen.only != "scale":
        stored["senate_109"] = peers()
    if chosen.only != "peers":
        stored["scale"] = []
        for n, j in SIZES:
            command = [sys.executable, __file__, "--size", str(n), str(j)]
            done = subprocess.run(
                command, capture_output=True, text=True, check=True, env=os.environ
            )
            stored["scale"].append(json.loads(done.stdout))
    RESULT.parent.mkdir(exist_ok=True)
    RESULT.write_text(json.dumps(stored, indent=1) + "\n")
    print(json.dumps(stored, indent=1))


if __name__ == "__main__":
    main()
