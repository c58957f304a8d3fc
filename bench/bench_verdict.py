"""How often is the verdict wrong? False splits, power and coverage by simulation.

Run ``python bench/bench_verdict.py [--only PART] [--workers 2] [--share 1.0]``; results go to
``bench/results/verdict_PART.json`` after every cell, and cells already there are not run again.

- **coverage**: two blocs (or none) and an agenda drawn anew each time. How often does the interval
  of the depth cover the truth?
- **behaviour**: members choose independently, by their own lean and loyalty (``exchangeable``). How
  often is the verdict *split*?
- **preference**: positions are drawn from one peak. How often is the preference verdict *split*,
  and how often would Hartigan's dip test on the estimated positions reject one peak at 5 %?
- **power**: two blocs 0.35 apart, 45 members, 300 items. How often is the verdict *split*, and how
  often does the interval of the depth cover the truth of these very items?
"""

from __future__ import annotations

import argparse
import json
import os
import time
from itertools import product
from multiprocessing import Pool
from pathlib import Path

for _name in ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS"):
    os.environ[_name] = "1"

import numpy as np
from _machine import machine
from _shares import exact_interval
from scipy.special import ndtr

from fissure.matrix import Matrix
from fissure.models.ideal import IdealPoints
from fissure.records import Records, Source
from fissure.split import SplitSettings
from fissure.split.criteria import shape_of
from fissure.split.crossfit import cross_fit, item_bootstrap
from fissure.split.decide import decide
from fissure.split.groups import item_turn
from fissure.split.preference import preference_verdict

RESULTS = Path(__file__).parent / "results"
SETTINGS = SplitSettings(power_draws=20)


def drawn(p: np.ndarray, absent: float, rng: np.random.Generator) -> np.ndarray:
    """Choices with the given probabilities of yea, some of them missing at random."""
    y = np.where(rng.random(p.shape) < p, 1, -1)
    return (y * (rng.random(p.shape) >= absent)).astype(np.int8)


def as_matrix(y: np.ndarray) -> Matrix:
    i, j = np.nonzero(y)
    return Matrix.from_records(
        Records.from_pairs(
            np.char.mod("%04d", i),
            np.char.mod("%04d", j),
            np.where(y[i, j] > 0, "yea", "nay"),
            source=Source("simulated", "array", "", len(i)),
        )
    )


def verdict_of(y: np.ndarray, seed: int) -> tuple[str, str, float, float, float]:
    turn = item_turn(y)
    d = decide(y * turn, turn, np.arange(y.shape[1]), SETTINGS, np.random.SeedSequence(seed))
    at = d.shape.interval("depth")
    return d.verdict, d.kind, at.estimate, at.low, at.high


# -- behaviour: one bloc ---------------------------------------------------------------------------


def exchangeable(cell: dict, seed: int) -> dict:
    rng = np.random.default_rng([seed, 1])
    n, j = cell["actors"], cell["items"]
    lean = rng.normal(0, cell["lean_sd"], n)
    loyal = rng.uniform(1 - cell["loyalty_spread"], 1 + cell["loyalty_spread"], n)
    common = rng.normal(0, 1, j)
    y = drawn(ndtr(lean[:, None] + loyal[:, None] * common), cell["absent"], rng)
    y = y[:, np.any(y != 0, axis=0)]
    verdict, kind, depth, _, _ = verdict_of(y, seed)
    return {"verdict": verdict, "kind": kind, "depth": depth}


def behaviour_cells() -> list[tuple[dict, int]]:
    out = []
    for (n, j, reps), absent, (lean, loyalty) in product(
        zip((45, 45, 100, 100, 435, 435), (200, 1000) * 3, (200, 60, 200, 40, 40, 12), strict=True),
        (0.0, 0.4),
        ((0.0, 0.0), (0.5, 0.0), (0.3, 0.5), (1.0, 0.5)),
    ):  # fmt: skip
        cell = {
            "actors": n,
            "items": j,
            "absent": absent,
            "lean_sd": lean,
            "loyalty_spread": loyalty,
        }
        out.append((cell, reps))
    return out


# -- preference: one peak --------------------------------------------------------------------------


def positions(truth: str, n: int, rng: np.random.Generator) -> np.ndarray:
    if truth == "normal":
        return rng.standard_normal(n)
    if truth == "uniform":
        return rng.uniform(-1, 1, n) * np.sqrt(3)
    return rng.exponential(1, n) - 1  # one-sided


def one_peak(cell: dict, seed: int) -> dict:
    import diptest

    rng = np.random.default_rng([seed, 2])
    n, j = cell["actors"], cell["items"]
    x = positions(cell["truth"], n, rng)
    beta = rng.choice([-1.0, 1.0], j) * cell["discrimination"]
    cut = rng.normal(0, cell["cutpoint_sd"], j)
    y = drawn(ndtr(beta * (x[:, None] - cut)), cell["absent"], rng)
    y = y[:, np.any(y != 0, axis=0)]
    matrix = as_matrix(y)
    fit = IdealPoints(threads=1).fit(matrix)
    y, turn = matrix.dense(), item_turn(matrix.dense())
    p = preference_verdict(y * turn, turn, fit, SETTINGS, np.random.SeedSequence(seed))
    dip = float(diptest.diptest(fit.positions[:, 0])[1])
    return {"verdict": p.verdict, "p_value": p.p_value, "gap": p.gap, "dip_rejects": dip <= 0.05}


def preference_cells() -> list[tuple[dict, int]]:
    out = []
    for (n, j, reps), cut, (disc, absent, truth) in product(
        zip((45, 45, 100, 100, 435, 435), (200, 1000) * 3, (60, 40, 60, 30, 40, 12), strict=True),
        (0.05, 0.2, 1.0),
        ((2.0, 0.0, "normal"), (2.0, 0.4, "normal"), (1.0, 0.0, "normal"), (2.0, 0.0, "uniform"),
         (2.0, 0.0, "one-sided")),
    ):  # fmt: skip
        if truth != "normal" and j == 1000:
            continue
        cell = {"actors": n, "items": j, "cutpoint_sd": cut, "discrimination": disc}
        cell |= {"absent": absent, "truth": truth}
        out.append((cell, reps))
    return out


# -- power: two blocs 0.35 apart -------------------------------------------------------------------


def two_blocs(cell: dict, seed: int) -> dict:
    rng = np.random.default_rng([seed, 3])
    n, j, small, depth = cell["actors"], cell["items"], cell["smaller_bloc"], cell["depth"]
    bloc = np.arange(n) < small
    side = np.where(bloc[:, None] == (rng.random(j) < 0.5), 0.5, -0.5)
    if cell["gaps"] == "constant":
        gap = np.full(j, depth)
    elif cell["gaps"] == "graded":
        gap = rng.beta(1, 2, j)
        gap *= depth / np.sqrt((gap**2).mean())
        gap = np.minimum(gap, 1.0)
    else:
        strength = float(cell["gaps"].split()[1])
        gap = np.where(rng.permutation(j) < round(j * (depth / strength) ** 2), strength, 0.0)
    # the middle of each item is free where the gap leaves room
    centre = 0.5 + (rng.beta(0.7, 0.7, j) - 0.5) * (1 - gap)
    p = np.clip(centre + side * gap, 0.001, 0.999)
    y = drawn(p, cell["absent"], rng)
    verdict, kind, estimate, low, high = verdict_of(y, seed)
    true = float(np.sqrt((gap**2).mean()))
    return {"verdict": verdict, "kind": kind, "depth": estimate, "true": true,
            "covers": low <= depth <= high}  # fmt: skip


def power_cells() -> list[tuple[dict, int]]:
    out = []
    for gaps, (small, absent) in product(
        ("contested 0.9", "contested 0.8", "contested 0.6", "graded", "constant"),
        ((22, 0.0), (22, 0.4), (12, 0.0), (6, 0.0)),
    ):
        cell = {"actors": 45, "items": 300, "depth": 0.35, "gaps": gaps, "smaller_bloc": small,
                "absent": absent}  # fmt: skip
        out.append((cell, 100))
    return out


# -- coverage: does the interval of the depth hold? -----------------------------------------------


def sampled_agenda(cell: dict, seed: int) -> dict:
    rng = np.random.default_rng([seed, 4])
    n, j, small, depth = cell["actors"], cell["items"], cell["smaller_bloc"], cell["depth"]
    bloc = np.arange(n) < small
    # items are drawn from an endless agenda, of which a share is contested
    contested = rng.random(j) < (depth / 0.8) ** 2
    side = np.where(bloc[:, None] == (rng.random(j) < 0.5), 0.4, -0.4)
    lean = rng.beta(0.5, 0.5, j)
    y = drawn(np.where(contested, 0.5 + side, lean), cell["absent"], rng)
    y = y[:, np.any(y != 0, axis=0)]
    fit = cross_fit(y * item_turn(y), repeats=SETTINGS.repeats, rng=rng)[0, 1]
    weights = item_bootstrap(y.shape[1], SETTINGS.draws, rng)
    at = shape_of(fit, weights, SETTINGS).interval("depth")
    return {"depth": at.estimate, "true": depth, "covers": at.low <= depth <= at.high}


def coverage_cells() -> list[tuple[dict, int]]:
    out = []
    for (n, small, j), depth, absent in product(
        ((9, 4, 300), (45, 22, 300), (45, 6, 300), (100, 45, 60), (100, 45, 1000)),
        (0.0, 0.2, 0.35, 0.6),
        (0.0, 0.4),
    ):
        cell = {"actors": n, "items": j, "smaller_bloc": small, "depth": depth, "absent": absent}
        out.append((cell, 300))
    return out


PARTS = {
    "coverage": (sampled_agenda, coverage_cells),
    "behaviour": (exchangeable, behaviour_cells),
    "preference": (one_peak, preference_cells),
    "power": (two_blocs, power_cells),
}


def summary(results: list[dict]) -> dict:
    """Shares over the replicates of whatever the part reports."""

    def mean(key: str) -> float:
        return round(float(np.mean([r[key] for r in results])), 4)

    out: dict = {"replicates": len(results)}
    if "verdict" in results[0]:
        verdicts = [r["verdict"] for r in results]
        for word in ("split", "no split", "cannot tell"):
            out[word] = round(verdicts.count(word) / len(results), 4)
        out["split_interval"] = exact_interval(verdicts.count("split"), len(results))
    if "kind" in results[0]:
        kinds = [r["kind"] for r in results]
        out["kinds"] = {k: kinds.count(k) for k in sorted(set(kinds))}
    if "depth" in results[0]:
        out["mean_depth"] = mean("depth")
    if "dip_rejects" in results[0]:
        below = [r["p_value"] <= SETTINGS.level for r in results]
        out |= {
            "naive_dip_rejects": mean("dip_rejects"),
            "p_value_below_level": sum(below) / len(below),
        }
    if "covers" in results[0]:
        out |= {"interval_covers": mean("covers"), "mean_true_depth": mean("true")}
    return out


def run(part: str, workers: int, share: float) -> None:
    one, cells = PARTS[part]
    path = RESULTS / f"verdict_{part}.json"
    stored = json.loads(path.read_text()) if path.exists() else {"cells": []}
    have = [c["cell"] for c in stored["cells"]]
    with Pool(workers) as pool:
        for number, (cell, reps) in enumerate(cells()):
            if cell in have:
                continue
            start = time.time()
            reps = max(4, round(reps * share))
            seeds = [1_000_000 * number + r for r in range(reps)]
            results = pool.starmap(one, [(cell, seed) for seed in seeds])
            stored["cells"].append({"cell": cell, **summary(results)})
            stored["machine"], stored["settings"] = machine(), str(SETTINGS)
            path.parent.mkdir(exist_ok=True)
            path.write_text(json.dumps(stored, indent=1) + "\n")
            print(part, cell, stored["cells"][-1], f"{time.time() - start:.0f} s", flush=True)


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--only", choices=list(PARTS))
    parser.add_argument("--workers", type=int, default=2)
    parser.add_argument("--share", type=float, default=1.0, help="share of the replicates to run")
    arguments = parser.parse_args()
    for name in [arguments.only] if arguments.only else list(PARTS):
        run(name, arguments.workers, arguments.share)
