"""Is the whole pipeline, from choices to verdict, calibrated? Simulation-based calibration.

Run ``python bench/bench_sbc.py [--workers 2] [--share 1.0]``; results go to
``bench/results/sbc.json`` after every few bodies, and bodies already there are not run again.

Bodies are drawn from the prior of :func:`fissure.unknowns.chances.draw_world`, choices from the
bodies, and everything from blocs to verdict is found anew.

- **depth**: rank of the true depth among the resampled depths: uniform, within a band that holds
  all of a uniform ECDF in 95 of 100 cases (Talts et al. 2018; Säilynoja, Bürkner and Vehtari 2022).
- **P(split)**: among bodies to which a probability near p was given, is a share p split?
- **membership**: among members said to stand in their bloc with probability p, do p stand there?
- **again**: among verdicts said to come out again with probability p, do p, on new items?
"""

from __future__ import annotations

import argparse
import json
import os
import time
from multiprocessing import Pool
from pathlib import Path

for _name in ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS"):
    os.environ[_name] = "1"

import numpy as np
from _machine import machine
from _shares import exact_interval
from bench_verdict import as_matrix, drawn
from scipy.special import ndtr
from scipy.stats import kstest

from fissure.split import SplitSettings, split
from fissure.split.decide import decide
from fissure.split.groups import item_turn
from fissure.unknowns.chances import chances, draw_world

OUT = Path(__file__).parent / "results" / "sbc.json"
SETTINGS = SplitSettings(preference_draws=0)
CELLS = (
    ({"actors": 20, "items": 150, "absent": 0.0}, 100),
    ({"actors": 45, "items": 200, "absent": 0.0}, 100),
    ({"actors": 45, "items": 200, "absent": 0.4}, 100),
    ({"actors": 100, "items": 300, "absent": 0.0}, 100),
)
#: Bodies between two writings.
BATCH = 4
EDGES = (0.0, 0.05, 0.2, 0.4, 0.6, 0.8, 0.95, 1.0)


def base(n: int, j: int, rng: np.random.Generator) -> np.ndarray:
    """Chances of yea where nothing divides: leans of members, yea shares of items."""
    return ndtr(rng.normal(0, 0.3, n)[:, None] + rng.normal(0.5, 0.7, j)).astype(np.float32)


def one(job: tuple[dict, int]) -> dict:
    cell, seed = job
    rng = np.random.default_rng([seed, 11])
    chance = base(cell["actors"], cell["items"], rng)
    world = draw_world(chance, SETTINGS, rng)
    y, other = (drawn(world.chance, cell["absent"], rng) for _ in range(2))
    group = split(as_matrix(y), settings=SETTINGS, seed=seed).groups[0]
    turn = item_turn(y)
    order, root = np.arange(y.shape[1]), np.random.SeedSequence(seed)
    d = decide(y * turn, turn, order, SETTINGS, root)
    said = chances(as_matrix(y), group, SETTINGS, seed)
    again = split(as_matrix(other), settings=SETTINGS, seed=seed).groups[0].verdict
    upper = world.way > 0.5
    inside = d.labels >= 0
    right = (d.labels == 0) == upper
    if right[inside].mean() < 0.5:
        right = ~right
    key = {"split": "split", "no split": "no_split", "cannot tell": "cannot_tell"}
    return {
        "rank": float(np.mean(d.shape.depths < world.depth)),
        "depth": world.depth,
        "estimate": d.shape.depth,
        "is_split": world.is_split,
        "verdict": group.verdict,
        "p_split": said.p_split,
        "raw": group.probability,
        "again": {k: getattr(said.again, v) for k, v in key.items()},
        "next": again,
        "members": tally(d.pair.probability[inside], right[inside]),
    }


def tally(said: np.ndarray, came: np.ndarray) -> list[list[float]]:
    """For each bin of probability: statements, the sum of their probabilities, how many held."""
    place = np.clip(np.digitize(said, EDGES) - 1, 0, len(EDGES) - 2)
    return [
        [
            int((place == k).sum()),
            round(float(said[place == k].sum()), 3),
            int(came[place == k].sum()),
        ]
        for k in range(len(EDGES) - 1)
    ]


def reliability(tallies: list[list[list[float]]]) -> list[dict]:
    """Share that came true among statements of about the same probability."""
    return [
        {"said": round(total / n, 3), "n": int(n), "came": round(k / n, 3),
         "interval": exact_interval(int(k), int(n))}
        for n, total, k in np.sum(tallies, axis=0).tolist()
        if n
    ]  # fmt: skip


def summary(rows: list[dict]) -> dict:
    """Everything that is told of one cell, or of all."""
    p, truth = (np.array([r[k] for r in rows], float) for k in ("p_split", "is_split"))
    ranks = np.array([r["rank"] for r in rows if r["depth"] >= SETTINGS.min_depth])
    z = (truth - p).sum() / np.sqrt((p * (1 - p)).sum())
    words = ("split", "no split", "cannot tell")
    said = np.array([r["again"][w] for r in rows for w in words])
    came = np.array([r["next"] == w for r in rows for w in words], float)
    wrong = sum(r["verdict"] == "split" and not r["is_split"] for r in rows)
    missed = sum(r["verdict"] == "no split" and r["is_split"] for r in rows)
    inside = (ranks > 0.025) & (ranks < 0.975)
    return {
        "n": len(rows),
        "p_split": {"reliability": reliability([tally(p, truth)]),
                    "spiegelhalter_z": round(float(z), 2),
                    "brier": round(float(np.mean((p - truth) ** 2)), 4),
                    "brier_of_share_of_resamples": round(
                        float(np.mean((np.array([r["raw"] for r in rows]) - truth) ** 2)), 4)},
        "depth": {"n": len(ranks), "coverage_95": round(float(inside.mean()), 3),
                  "interval": exact_interval(int(inside.sum()), len(ranks)),
                  "ks_p": round(float(kstest(ranks, "uniform").pvalue), 4),
                  "histogram": np.histogram(ranks, 10, (0, 1))[0].tolist()},
        "members": reliability([r["members"] for r in rows if r["is_split"]]),
        "again": reliability([tally(said, came)]),
        "verdict": {"split_but_none": wrong, "no_split_but_one": missed,
                    "cannot_tell": sum(r["verdict"] == "cannot tell" for r in rows)},
    }  # fmt: skip


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--workers", type=int, default=2)
    parser.add_argument("--share", type=float, default=1.0, help="of the replicates")
    asked = parser.parse_args()
    told = json.loads(OUT.read_text()) if OUT.exists() else {"cells": []}
    for cell, reps in CELLS:
        n = max(4, round(reps * asked.share))
        at = next((c for c in told["cells"] if c["cell"] == cell), None)
        if at is None:
            at = {"cell": cell, "n": 0, "seconds": 0, "rows": []}
            told["cells"].append(at)
        with Pool(asked.workers) as pool:
            while at["n"] < n:
                begun, more = time.perf_counter(), range(at["n"], min(n, at["n"] + BATCH))
                at["rows"] += pool.map(one, [(cell, k) for k in more], chunksize=1)
                at["seconds"] += round(time.perf_counter() - begun)
                at |= {"n": len(at["rows"]), "summary": summary(at["rows"])}
                rows = [r for c in told["cells"] for r in c["rows"]]
                told |= {"all": summary(rows), "machine": machine(),
                         "seeds": "0 .. n - 1 in each cell"}  # fmt: skip
                OUT.write_text(json.dumps(told) + "\n")
        print(cell, json.dumps(at["summary"], indent=1))


if __name__ == "__main__":
    main()
