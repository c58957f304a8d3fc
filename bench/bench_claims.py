"""How long do truth tables, minimisation and necessary condition analysis take, beside R's?

Run ``python bench/bench_claims.py [--only PART]``; results go to ``bench/results/claims.json``.
All times are CPU seconds of this process, the median of several runs after one to warm up (the
kernels are compiled and kept on disk by then).

- **lipset**: Lipset's 18 cases with 5 conditions (fuzzy; the set LF of R's QCA), truth table and
  conservative and parsimonious minimisation, beside 0.27 seconds of R's QCA 3.23 for the same.
- **nca**: the 28 countries of R's NCA, one condition, both ceilings, 1,000 permutations, with the
  nulls, the miscoded cases and the four corners that R's NCA does not have, beside its 5.6 seconds.
- **twelve**: 200 cases with 12 crisp conditions: an outcome that follows a rule of three products,
  the same with 5% of outcomes at random, and an outcome wholly at random.
- **power**: 200 sets of 50 cases with 200 permutations each.
- **miscoded**: 200 sets of 15, 30 and 60 cases under four truths: nothing related; a ceiling with
  effect 0.3; the same with one case miscoded into the corner; a correlation of 0.6 without ceiling.
  How often is p at most 0.05, with 0 to 3 cases allowed to be miscoded, and against cases that
  are related as strongly but have no ceiling? What is the mean probability of "no ceiling"?

The first two read ../shared and are left out where it is not there. Where Rscript and the R
packages are installed, they are timed beside; otherwise R's times are those taken when the
reference outputs in ../shared/reference/qca were made.
- **forks**: 100 cases with degrees, ranges, blanks, certainties and waves, under close to 10,000
  definitions; and the whole claim with all that stands beside it.
- **verdicts**: how often each verdict is reached at some true shares, over all tables, exactly.
"""

from __future__ import annotations

import argparse
import json
import os
import shutil
import subprocess
import time
from collections.abc import Callable
from pathlib import Path
from statistics import median

for _name in ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS"):
    os.environ[_name] = "1"

import numpy as np
import polars as pl
from _machine import machine
from scipy.special import ndtr
from scipy.stats import binom

from fissure.claims.cases import Cases
from fissure.claims.ceilings import Cloud
from fissure.claims.claim import claim
from fissure.claims.contamination import allowances_of
from fissure.claims.forks import forks_of
from fissure.claims.judging import VERDICTS, Rule, counted_grounds, verdicts_of
from fissure.claims.minimise import minimise
from fissure.claims.nca import associated_orders, nca, nca_power
from fissure.claims.truthtable import truth_table

OUT = Path(__file__).parent / "results" / "claims.json"
SHARED = Path(__file__).parent.parent.parent / "shared"
LIPSET = ("DEV", "URB", "LIT", "IND", "STB")
#: CPU seconds of R's QCA 3.23 and NCA 5.0.1, R 4.2.2, when the reference outputs were made.
STORED = {"QCA": 0.27, "NCA": 5.6}
R_CODE = {
    "QCA": """suppressMessages(library(QCA)); x <- read.csv("{file}", row.names = 1)
t <- system.time({{ tt <- truthTable(x, outcome = "SURV", incl.cut = .8); minimize(tt)
minimize(tt, include = "?") }}); cat(sum(t[1:2]))""",
    "NCA": """suppressMessages(library(NCA)); x <- read.csv("{file}", row.names = 1)
t <- system.time(capture.output(nca_analysis(x, 1, 3, ceilings = c("ce_fdh", "cr_fdh"),
test.rep = 1000))); cat(sum(t[1:2]))""",
}


def cpu_seconds(job: Callable[[], object], repeats: int) -> float:
    """Median CPU time of a job, after one run to warm up."""
    job()
    took = []
    for _ in range(repeats):
        began = time.process_time()
        job()
        took.append(time.process_time() - began)
    return median(took)


def in_r(package: str, file: Path) -> dict[str, object]:
    """CPU seconds of the R package: timed here if it is installed, otherwise as stored."""
    rscript = shutil.which("Rscript")
    if rscript:
        code = R_CODE[package].format(file=file)
        done = subprocess.run([rscript, "-e", code], capture_output=True, text=True, check=False)
        if done.returncode == 0:
            return {"seconds": float(done.stdout.split()[-1]), "timed": "here"}
    return {"seconds": STORED[package], "timed": "when the reference outputs were made"}


def beside(ours: float, theirs: dict[str, object]) -> dict[str, object]:
    times = float(theirs["seconds"]) / ours  # type: ignore[arg-type]
    return {"cpu_seconds": round(ours, 5), "r": theirs, "times_faster": round(times, 1)}


def lipset() -> dict[str, object]:
    file = SHARED / "data" / "qca_sets" / "qca_LF.csv"
    cases = Cases.read(file)

    def job() -> None:
        table = truth_table(cases, "SURV", LIPSET)
        minimise(table)
        minimise(table, "parsimonious")

    return beside(cpu_seconds(job, 50), in_r("QCA", file))


def necessary() -> dict[str, object]:
    file = SHARED / "reference" / "qca" / "nca_example.csv"
    cases = Cases.read(file)

    def job() -> None:
        nca(cases, "Individualism", "Innovation performance", permutations=1000)

    return beside(cpu_seconds(job, 20), in_r("NCA", file))


def twelve() -> dict[str, object]:
    names = [f"X{k + 1}" for k in range(12)]
    out = []
    for share in (0.0, 0.05, 1.0):
        for seed in range(3):
            rng = np.random.default_rng(seed)
            x = rng.integers(0, 2, (200, 12))
            y = x[:, :2].all(axis=1) | (x[:, 2:5] == (1, 0, 1)).all(axis=1) | x[:, 5:8].all(axis=1)
            y = np.where(rng.random(200) < share, rng.integers(0, 2, 200), y)
            columns = dict(zip(names, x.T, strict=True))
            given = {"case": [f"c{k}" for k in range(200)], **columns, "Y": y.astype(int)}
            cases = Cases.read(pl.DataFrame(given))
            began = time.process_time()
            table = truth_table(cases, "Y", names)
            middle = time.process_time()
            strict, free = minimise(table), minimise(table, "parsimonious")
            end = time.process_time()
            out.append(
                {
                    "random_share": share,
                    "seed": seed,
                    "table_seconds": round(middle - began, 4),
                    "minimise_seconds": round(end - middle, 4),
                    "prime_implicants": len(free.implicants),
                    "conservative": [len(strict.models), len(strict.models[0].terms)],
                    "parsimonious": [len(free.models), len(free.models[0].terms)],
                    "is_shortest": free.is_shortest,
                    "is_complete": free.is_complete,
                }
            )
    worst = max(float(c["table_seconds"]) + float(c["minimise_seconds"]) for c in out)
    return {"cells": out, "worst_seconds": round(worst, 3)}


def power() -> dict[str, object]:
    seconds = cpu_seconds(lambda: nca_power(50, 0.1), 3)
    return {"cpu_seconds": round(seconds, 4), "power": nca_power(50, 0.1).power}


def truth_of(kind: str, n: int, rng: np.random.Generator) -> tuple[np.ndarray, np.ndarray]:
    """One set of cases: x and y from 0 to 1."""
    if kind == "unrelated":
        return rng.random(n), rng.random(n)
    if kind == "association":
        first = rng.standard_normal(n)
        second = 0.6 * first + 0.8 * rng.standard_normal(n)
        return ndtr(first), ndtr(second)
    x, y = rng.random(50 * n), rng.random(50 * n)
    under = y < 1 - np.sqrt(0.6) + x  # a triangle of 0.3 above a line of slope 1
    x, y = x[under][:n], y[under][:n]
    if kind == "ceiling, one miscoded":
        x[0], y[0] = 0.02, 0.98
    return x, y


def miscoded() -> dict[str, object]:
    out = []
    for n in (15, 30, 60):
        for kind in ("unrelated", "ceiling", "ceiling, one miscoded", "association"):
            told = []
            for child in np.random.SeedSequence(n).spawn(200):
                rng = np.random.default_rng(child)
                cloud = Cloud.of(*truth_of(kind, n, rng), 1)
                shuffled = rng.permuted(np.tile(cloud.y, (300, 1)), axis=1)
                related = associated_orders(cloud, 300, rng)
                names = [str(k) for k in range(n)]
                told.append(allowances_of(cloud, shuffled, related, 3, names))
            out.append(
                {
                    "cases": n,
                    "truth": kind,
                    "p_at_most_05": [
                        round(float(np.mean([a[k].p <= 0.05 for a, _ in told])), 3)
                        for k in range(4)
                    ],
                    "p_association_at_most_05": [
                        round(float(np.mean([a[k].p_association <= 0.05 for a, _ in told])), 3)
                        for k in range(4)
                    ],
                    "mean_effect": [
                        round(float(np.mean([a[k].effect for a, _ in told])), 3) for k in range(4)
                    ],
                    "mean_no_ceiling": round(float(np.mean([none for _, none in told])), 3),
                    "no_ceiling_below_05": round(
                        float(np.mean([none <= 0.05 for _, none in told])), 3
                    ),
                }
            )
    return {"cells": out, "sets": 200, "permutations": 300}


def forks() -> dict[str, object]:
    """100 cases with degrees, ranges, blanks, certainties and ten waves; close to 10,000 forks."""
    rng = np.random.default_rng(1)
    n = 100
    degrees = np.array(["0", "0.33", "0.67", "1", "0.2..0.8", "?"])
    weights = [0.25, 0.15, 0.2, 0.3, 0.05, 0.05]
    frame = pl.DataFrame(
        {
            "case": [f"case {k}" for k in range(n)],
            "wave": rng.choice(["", *(f"wave {k}" for k in range(10))], n),
            **{name: rng.choice(degrees, n, p=weights) for name in ("split", "other", "won")},
            **{
                f"{name}_certainty": rng.choice(["low", "medium", "high", ""], n)
                for name in ("split", "other", "won")
            },
        }
    )
    cases = Cases.read(frame)
    own = {"needs": ["other"]}
    told = forks_of(cases, "won", "split", own=own)
    seconds = cpu_seconds(lambda: forks_of(cases, "won", "split", own=own), 3)
    per_10000 = seconds / len(told.forks) * 10_000
    return {
        "cases": n,
        "forks": len(told.forks),
        "cpu_seconds": round(seconds, 3),
        "cpu_seconds_per_10000": round(per_10000, 3),
        "whole_claim_cpu_seconds": round(cpu_seconds(lambda: claim(cases, "won", "split"), 3), 3),
    }


def verdicts() -> dict[str, object]:
    """How often each verdict is reached at some true shares: exact, over all tables."""
    rule = Rule()
    out = []
    for n in (10, 20, 40, 80, 160):
        k, k0 = (v.ravel() for v in np.meshgrid(np.arange(n + 1), np.arange(n + 1)))
        tables = np.stack([k, n - k, k0, n - k0], axis=1)
        found = verdicts_of(counted_grounds(tables, rule), rule)
        for share, other in (
            (1.0, 0.3),
            (0.97, 0.3),
            (0.9, 0.3),
            (0.8, 0.3),
            (0.5, 0.3),
            (0.97, 0.97),
            (0.7, 0.7),
        ):
            weight = binom.pmf(k, n, share) * binom.pmf(k0, n, other)
            at = {VERDICTS[v]: round(float(weight[found == v].sum()), 4) for v in range(4)}
            out.append({"cases": n, "others": n, "share": share, "otherwise": other, **at})
    return {"cells": out}


PARTS = {
    "lipset": lipset,
    "nca": necessary,
    "twelve": twelve,
    "power": power,
    "miscoded": miscoded,
    "forks": forks,
    "verdicts": verdicts,
}


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--only", choices=list(PARTS))
    chosen = parser.parse_args()
    stored = json.loads(OUT.read_text()) if OUT.exists() else {}
    for part, make in PARTS.items():
        lacks_data = part in ("lipset", "nca") and not SHARED.is_dir()
        if chosen.only in (None, part) and not lacks_data:
            stored[part] = {**make(), "machine": machine()}
            OUT.write_text(json.dumps(stored, indent=1) + "\n")


if __name__ == "__main__":
    main()
