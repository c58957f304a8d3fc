"""Is the whole pipeline, from choices to verdict, calibrated? Simulation-based calibration.

Run ``python bench/bench_sbc.py [--workers 2] [--share 1.0]``; results go to
``bench/results/sbc.json`` after every few bodies. Bodies already there are not run again, unless
other code made them.

Bodies are drawn from the prior of :func:`fissure.unknowns.worlds.draw_world`, choices from the
bodies, and everything from blocs to verdict is found anew.

- **depth**: rank of the true depth among its draws from the worlds: uniform, within a band that
  holds all of a uniform ECDF in 95 of 100 cases (Talts et al. 2018; Säilynoja, Bürkner and Vehtari
  2022). Beside it the same among the resampled depths, which take the blocs as found for right.
- **P(split)**: among bodies to which a probability near p was given, is a share p split?
- **membership**: among members said to stand in their bloc with probability p, do p stand there?
  Beside it the share of the halved records in which a member was found there.
- **again**: among verdicts said to come out again with probability p, do p, on new items?

The same intervals of the depth where bodies do not come from the prior: two blocs without anybody
between them, a tenth of the items' agenda to the whole of it contested, as in ``bench_verdict.py``.
"""

from __future__ import annotations

import argparse
import hashlib
import inspect
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

import fissure
from fissure.split import SplitSettings
from fissure.split.assemble import assemble
from fissure.split.decide import Decision, decide
from fissure.split.groups import item_turn
from fissure.unknowns.chances import liken, tell
from fissure.unknowns.likeness import depths_like
from fissure.unknowns.worlds import draw_world

OUT = Path(__file__).parent / "results" / "sbc.json"
#: Rows hang on these files of the package: a change of any makes them anew.
CODE = ("split/*.py", "unknowns/chances.py", "unknowns/likeness.py", "unknowns/worlds.py",
        "models/blocs.py", "kernels/siding.py")  # fmt: skip
SETTINGS = SplitSettings(preference_draws=0)
CELLS = (
    ({"actors": 20, "items": 150, "absent": 0.0}, 200),
    ({"actors": 45, "items": 200, "absent": 0.0}, 100),
    ({"actors": 45, "items": 200, "absent": 0.4}, 100),
    ({"actors": 100, "items": 300, "absent": 0.0}, 100),
)
#: Depth of two blocs, of which the smaller has so many members, on items drawn from an agenda.
AGENDAS = (
    ({"actors": 9, "smaller_bloc": 4, "items": 300, "absent": 0.0, "depth": 0.2}, 40),
    ({"actors": 45, "smaller_bloc": 22, "items": 300, "absent": 0.4, "depth": 0.2}, 40),
    ({"actors": 45, "smaller_bloc": 6, "items": 300, "absent": 0.0, "depth": 0.2}, 40),
    ({"actors": 45, "smaller_bloc": 6, "items": 300, "absent": 0.4, "depth": 0.35}, 40),
    ({"actors": 100, "smaller_bloc": 45, "items": 60, "absent": 0.0, "depth": 0.35}, 40),
    ({"actors": 100, "smaller_bloc": 45, "items": 60, "absent": 0.4, "depth": 0.6}, 40),
)
#: Bodies between two writings.
BATCH = 4
EDGES = (0.0, 0.05, 0.2, 0.4, 0.6, 0.8, 0.95, 1.0)


def base(n: int, j: int, rng: np.random.Generator) -> np.ndarray:
    """Chances of yea where nothing divides: leans of members, yea shares of items."""
    return ndtr(rng.normal(0, 0.3, n)[:, None] + rng.normal(0.5, 0.7, j)).astype(np.float32)


def mark() -> str:
    """A mark of the code that makes the rows: the package's part in it, and this file's."""
    home = Path(fissure.__file__).parent
    files = sorted(f for pattern in CODE for f in home.glob(pattern))
    own = [inspect.getsource(f) for f in (base, decided, one, on_agenda, tally)]
    text = [f.read_text(encoding="utf-8") for f in files] + [*own, str(SETTINGS), str(EDGES)]
    return hashlib.sha256("".join(text).encode()).hexdigest()[:12]


def decided(y: np.ndarray, seed: int) -> Decision:
    """Everything from choices to verdict."""
    turn = item_turn(y)
    order, root = np.arange(y.shape[1]), np.random.SeedSequence(seed)
    return decide(y * turn, turn, order, SETTINGS, root)


def one(job: tuple[dict, int]) -> dict:
    cell, seed = job
    rng = np.random.default_rng([seed, 11])
    chance = base(cell["actors"], cell["items"], rng)
    world = draw_world(chance, SETTINGS, rng)
    y, other = (drawn(world.chance, cell["absent"], rng) for _ in range(2))
    d, again = (decided(v, seed) for v in (y, other))
    matrix = as_matrix(y)
    group = assemble(matrix, y, d, None, None, SETTINGS, ())
    like = liken(matrix, group, SETTINGS, seed, 200)
    said = tell(matrix, group, SETTINGS, like)
    draws, weight = depths_like(like.seen, like.here)
    inside = d.labels >= 0
    right = (d.labels == 0) == (world.way > 0.5)
    if right[inside].mean() < 0.5:
        right = ~right
    row = {a: i for i, a in enumerate(matrix.actors["actor"].to_list())}
    stands = np.array([s.probability for s in said.standing])
    theirs = right[[row[s.actor] for s in said.standing]]
    key = {"split": "split", "no split": "no_split", "cannot tell": "cannot_tell"}
    return {
        "rank": float(weight[draws < world.depth].sum()),
        "rank_resampled": float(np.mean(d.shape.depths < world.depth)),
        "held": said.depth.low <= world.depth <= said.depth.high,
        "width": said.depth.high - said.depth.low,
        "middle": said.depth.estimate,
        "depth": world.depth,
        "estimate": d.shape.depth,
        "is_split": world.is_split,
        "verdict": d.verdict,
        "p_split": said.p_split,
        "raw": d.probability,
        "again": {k: getattr(said.again, v) for k, v in key.items()},
        "next": again.verdict,
        "members": tally(stands, theirs),
        "halves": tally(d.pair.probability[inside], right[inside]),
    }


def on_agenda(job: tuple[dict, int]) -> dict:
    """One body whose items are drawn from an endless agenda, of which a share is contested."""
    cell, seed = job
    rng = np.random.default_rng([seed, 12])
    n, j, depth = cell["actors"], cell["items"], cell["depth"]
    contested = rng.random(j) < (depth / 0.8) ** 2
    bloc = np.arange(n) < cell["smaller_bloc"]
    side = np.where(bloc[:, None] == (rng.random(j) < 0.5), 0.4, -0.4)
    y = drawn(np.where(contested, 0.5 + side, rng.beta(0.5, 0.5, j)), cell["absent"], rng)
    y = y[:, np.any(y != 0, axis=0)]
    d, matrix = decided(y, seed), as_matrix(y)
    group = assemble(matrix, y, d, None, None, SETTINGS, ())
    at = tell(matrix, group, SETTINGS, liken(matrix, group, SETTINGS, seed, 200))
    low, high = np.quantile(d.shape.depths, [0.025, 0.975])
    return {
        "held": at.depth.low <= depth <= at.depth.high,
        "middle": at.depth.estimate,
        "width": at.depth.high - at.depth.low,
        "held_resampled": bool(low <= depth <= high),
        "estimate": d.shape.depth,
        "p_split": at.p_split,
        "verdict": d.verdict,
    }


def of_agendas(rows: list[dict]) -> dict:
    """How often the two intervals of the depth hold it, and how far they are off."""

    def mean(key: str) -> float:
        return round(float(np.mean([r[key] for r in rows])), 3)

    held = sum(r["held"] for r in rows)
    return {"coverage_95": mean("held"), "interval": exact_interval(held, len(rows)),
            "mean": mean("middle"), "width": mean("width"), "p_split": mean("p_split"),
            "split": sum(r["verdict"] == "split" for r in rows),
            "resampled": {"coverage_95": mean("held_resampled"),
                          "mean": mean("estimate")}}  # fmt: skip


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
    """Share that came true among statements of about the same probability; a tally a body.

    Statements about one body stand or fall together. The interval is that of as many independent
    ones as have the variance of the share over bodies (Kish's design effect, 1 at least).
    """
    out = []
    for n, total, k in np.moveaxis(np.array(tallies), 1, 0).transpose(0, 2, 1):
        if not n.sum():
            continue
        came = k.sum() / n.sum()
        alone = came * (1 - came) * n.sum()
        effect = max(1.0, ((k - came * n) ** 2).sum() / alone) if alone > 0 else 1.0
        worth = max(1, round(n.sum() / effect))
        out.append({"said": round(total.sum() / n.sum(), 3), "n": int(n.sum()),
                    "bodies": int((n > 0).sum()), "came": round(came, 3),
                    "interval": exact_interval(round(came * worth), worth)})  # fmt: skip
    return out


def summary(rows: list[dict]) -> dict:
    """Everything that is told of one cell, or of all."""
    p, truth = (np.array([r[k] for r in rows], float) for k in ("p_split", "is_split"))
    z = (truth - p).sum() / np.sqrt((p * (1 - p)).sum())
    words = ("split", "no split", "cannot tell")
    again = [
        tally(np.array([r["again"][w] for w in words]), np.array([r["next"] == w for w in words]))
        for r in rows
    ]
    wrong = sum(r["verdict"] == "split" and not r["is_split"] for r in rows)
    missed = sum(r["verdict"] == "no split" and r["is_split"] for r in rows)
    split = [r for r in rows if r["is_split"]]
    return {
        "n": len(rows),
        "p_split": {"reliability": reliability([tally(p[i : i + 1], truth[i : i + 1])
                                                for i in range(len(rows))]),
                    "spiegelhalter_z": round(float(z), 2),
                    "brier": round(float(np.mean((p - truth) ** 2)), 4),
                    "brier_of_share_of_resamples": round(
                        float(np.mean((np.array([r["raw"] for r in rows]) - truth) ** 2)), 4)},
        "depth": ranks([r for r in rows if r["depth"] >= SETTINGS.min_depth]),
        "depth_of_all": ranks(rows),
        "members": reliability([r["members"] for r in split]),
        "halves": reliability([r["halves"] for r in split]),
        "again": reliability(again),
        "verdict": {"split_but_none": wrong, "no_split_but_one": missed,
                    "cannot_tell": sum(r["verdict"] == "cannot tell" for r in rows)},
    }  # fmt: skip


def ranks(rows: list[dict]) -> dict:
    """How often intervals of the depth hold it, and its ranks: from the worlds, and resampled."""
    rank, resampled = (np.array([r[k] for r in rows]) for k in ("rank", "rank_resampled"))
    held = sum(r["held"] for r in rows)
    out = {
        "n": len(rows),
        "coverage_95": round(held / len(rows), 3),
        "interval": exact_interval(held, len(rows)),
        "ks_p": round(float(kstest(rank, "uniform").pvalue), 4),
        "histogram": np.histogram(rank, 10, (0, 1))[0].tolist(),
        "bias": round(float(np.mean([r["middle"] - r["depth"] for r in rows])), 4),
        "width": round(float(np.mean([r["width"] for r in rows])), 3),
    }
    inside = (resampled > 0.025) & (resampled < 0.975)
    return out | {
        "resampled": {
            "coverage_95": round(float(inside.mean()), 3),
            "histogram": np.histogram(resampled, 10, (0, 1))[0].tolist(),
            "bias": round(float(np.mean([r["estimate"] - r["depth"] for r in rows])), 4),
        }
    }


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--workers", type=int, default=2)
    parser.add_argument("--share", type=float, default=1.0, help="of the replicates")
    asked = parser.parse_args()
    told = json.loads(OUT.read_text()) if OUT.exists() else {}
    if told.get("code") != mark():
        told = {"code": mark(), "cells": []}
    with Pool(asked.workers) as pool:
        for part, work, cells in (("cells", one, CELLS), ("agendas", on_agenda, AGENDAS)):
            for cell, reps in cells:
                at = grown(told, part, cell)
                n = max(4, round(reps * asked.share))
                while at["n"] < n:
                    begun, more = time.perf_counter(), range(at["n"], min(n, at["n"] + BATCH))
                    at["rows"] += pool.map(work, [(cell, k) for k in more], chunksize=1)
                    at["seconds"] += round(time.perf_counter() - begun)
                    at["n"] = len(at["rows"])
                    written(told)
                print(cell, json.dumps(at.get("summary"), indent=1))
    written(told)


def grown(told: dict, part: str, cell: dict) -> dict:
    """What is stored of a cell; a fresh place where nothing is."""
    stored = told.setdefault(part, [])
    at = next((c for c in stored if c["cell"] == cell), None)
    if at is None:
        at = {"cell": cell, "n": 0, "seconds": 0, "rows": []}
        stored.append(at)
    return at


def written(told: dict) -> None:
    """Sum up what there is, and write it."""
    for c in told["cells"]:
        if c["rows"]:
            c["summary"] = summary(c["rows"])
    for c in told.get("agendas", []):
        if c["rows"]:
            c["summary"] = of_agendas(c["rows"])
    rows = [r for c in told["cells"] for r in c["rows"]]
    told |= {"all": summary(rows), "machine": machine(), "seeds": "0 .. n - 1 in each cell"}
    OUT.write_text(json.dumps(told) + "\n")


if __name__ == "__main__":
    main()
