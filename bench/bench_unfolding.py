"""Are rebels put where they stand, and is P(protester) what it says?

Run ``python bench/bench_unfolding.py [--only PART] [--runs N]``; results go to
``bench/results/unfolding.json``, part by part. The House needs ``../shared/data``.

- **placing**: two caucuses of 50; a tenth of one vote with the other on 15 % of the items, because
  they are its most extreme members (protesters) or its most moderate ones (centrists). Mean rank
  errors of both models, and whether the switch is on where it should be.
- **calibration**: one to five rebels of either sort, on few or many items, who follow weakly or
  strongly: how often those given a probability are what it says.
- **monotone**: data from the probit model: false unfolding items, agreement with IdealPoints, and
  coverage of the 95 % intervals.
- **starts**: how often the search ends as high as a climb from the truth.
- **real**: the 109th Senate, and the House in its 117th and 119th Congress: CPU seconds, items,
  rebels and held-out scores.
"""

from __future__ import annotations

import os

os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")

import argparse
import json
import time
from itertools import pairwise
from pathlib import Path

import numpy as np
import polars as pl
from _machine import machine
from scipy.special import ndtr
from scipy.stats import beta, rankdata

from fissure import datasets
from fissure.matrix import Matrix
from fissure.models.curves import Choices, around, climb, library
from fissure.models.ideal import IdealPoints
from fissure.models.unfolding import Unfolding
from fissure.records import Records, Source
from fissure.unknowns.rebels import camp_thirds, rebels

HERE = Path(__file__).parent
RESULT = HERE / "results" / "unfolding.json"
HOUSE = HERE.parent.parent / "shared" / "data" / "us_house"
SEED = 20261125
HALF = 50


def matrix(y: np.ndarray, **columns: list[str]) -> Matrix:
    """A Matrix of +1, −1 and 0."""
    n, j = y.shape
    ids = [f"m{i:03}" for i in range(n)]
    word = {1: "yea", -1: "nay", 0: "absent"}
    return Matrix.from_records(
        Records.from_pairs(
            np.repeat(ids, j).tolist(),
            [f"v{k:04}" for k in range(j)] * n,
            [word[int(v)] for v in y.ravel()],
            source=Source("simulated", "pairs", "", n * j),
            actors=pl.DataFrame({"actor": ids, **columns}),
        )
    )


def body(rng, kind, n_rebels=5, share=0.15, follow=0.85, n_items=300):
    """Two caucuses of 50, A below and B above; rebels of B follow A on some party-line items.

    Choices, positions, and which actors are rebels and which items are rebelled on.
    """
    x = np.repeat([-1.0, 1.0], HALF) + 0.35 * rng.standard_normal(2 * HALF)
    is_line = rng.random(n_items) < 0.5
    cut = np.where(is_line, 0.25, 1.2) * rng.standard_normal(n_items)
    slope = rng.lognormal(np.log(2.5), 0.4, n_items) * rng.choice([-1, 1], n_items)
    p = ndtr(slope * (x[:, None] - cut))
    order = HALF + np.argsort(x[HALF:])
    who = order[-n_rebels:] if kind == "protest" else order[:n_rebels]
    line = np.flatnonzero(np.abs(cut) < 0.5)
    items = rng.choice(line, min(len(line), round(share * n_items)), replace=False)
    for j in items:
        p[who, j] = follow if slope[j] < 0 else 1 - follow
    y = np.where(rng.random(p.shape) < p, 1, -1) * (rng.random(p.shape) >= 0.05)
    return y.astype(np.int8), x, who, items


PARTIES = ["A"] * HALF + ["B"] * HALF


def aligned(at: np.ndarray, x: np.ndarray) -> np.ndarray:
    """Turned the way of the truth."""
    return at * np.sign(np.corrcoef(at, x)[0, 1])


def placing(runs: int) -> dict[str, object]:
    """Rank errors within the caucus of 50 by both models, for protesters and for centrists."""
    out: dict[str, object] = {"runs": runs}
    for kind in ("protest", "centre"):
        rows = []
        for run in range(runs):
            rng = np.random.default_rng([SEED, run, kind == "centre"])
            y, x, who, items = body(rng, kind)
            fit = Unfolding().fit(matrix(y))
            row = {}
            for name, at in (("monotone", fit.monotone_positions), ("unfolding", fit.positions)):
                at = aligned(at, x)
                ranks, truth = rankdata(at[HALF:]), rankdata(x[HALF:])
                row[name] = np.abs(ranks - truth)[who - HALF].mean()
                row[f"{name}_others"] = np.delete(np.abs(ranks - truth), who - HALF).mean()
                row[f"{name}_r"] = np.corrcoef(at, x)[0, 1]
            on = fit.unfolding > 0.5
            row["switch_on"] = on[items].mean()
            row["switch_on_elsewhere"] = np.delete(on, items).mean()
            rows.append(row)
        out[kind] = {k: round(float(np.mean([r[k] for r in rows])), 4) for k in rows[0]} | {
            f"{k}_worst": round(float(np.max([r[k] for r in rows])), 3)
            for k in ("monotone", "unfolding")
        }
    return out


def calibration(runs: int) -> dict[str, object]:
    """P(outer third) and P(inner third) of rebels against where they stood, with 95 % bands."""
    said: dict[str, list[tuple[float, bool]]] = {"protester": [], "centrist": []}
    camp = np.repeat([0, 1], HALF)
    for run in range(runs):
        rng = np.random.default_rng([SEED, 7, run])
        kind = "protest" if run % 2 else "centre"
        y, x, who, _ = body(
            rng, kind, rng.integers(1, 6), rng.choice([0.02, 0.05, 0.1, 0.15]),
            rng.choice([0.4, 0.6, 0.85]), rng.choice([60, 120, 300]),
        )  # fmt: skip
        # some members of the middle, so that the truth takes every value
        more = HALF + rng.choice(HALF, 5, replace=False)
        fit = Unfolding().fit(matrix(y))
        regions = camp_thirds(fit, camp, 1)
        low, high = np.quantile(x[HALF:], [1 / 3, 2 / 3])
        for i in {*who.tolist(), *more.tolist()}:
            outer, inner = (float((fit.places[i] * r).sum()) for r in regions)
            said["protester"].append((outer, bool(x[i] > high)))
            said["centrist"].append((inner, bool(x[i] < low)))
    return {"runs": runs} | {name: reliability(pairs) for name, pairs in said.items()}


def reliability(pairs: list[tuple[float, bool]]) -> dict[str, object]:
    """Said and seen in six bins, Brier score and the score of the overall share."""
    p, is_so = np.array([a for a, _ in pairs]), np.array([b for _, b in pairs])
    rows = []
    edges = [0.0, 0.05, 0.2, 0.5, 0.8, 0.95, 1.0001]
    for low, high in pairwise(edges):
        here = (p >= low) & (p < high)
        n, k = int(here.sum()), int(is_so[here].sum())
        if n:
            rows.append({
                "n": n, "said": round(float(p[here].mean()), 3), "seen": round(k / n, 3),
                "band": [
                    round(float(beta.ppf(0.025, k, n - k + 1)) if k else 0.0, 3),
                    round(float(beta.ppf(0.975, k + 1, n - k)) if k < n else 1.0, 3),
                ],
            })  # fmt: skip
    base = float(is_so.mean())
    return {
        "bins": rows,
        "brier": round(float(((p - is_so) ** 2).mean()), 4),
        "brier_of_the_overall_share": round(base * (1 - base), 4),
    }


def monotone(runs: int) -> dict[str, object]:
    """Data from the probit model: false alarms of the switch, agreement and coverage."""
    out: dict[str, object] = {"runs": runs}
    for n, j in ((45, 600), (100, 300), (50, 100)):
        rows = []
        for run in range(runs):
            rng = np.random.default_rng([SEED, 3, n, run])
            x = rng.standard_normal(n)
            items = rng.standard_normal((j, 2)) * (0.7, 1.3)
            y = np.where(rng.random((n, j)) < ndtr(items[:, 0] + x[:, None] * items[:, 1]), 1, -1)
            made = matrix((y * (rng.random((n, j)) >= 0.1)).astype(np.int8))
            fit, simple = Unfolding().fit(made), IdealPoints().fit(made)
            z = (x - x.mean()) / x.std(ddof=1)
            at = aligned(fit.positions, x)
            turn = 1.0 if np.allclose(at, fit.positions) else -1.0
            low, high = np.sort([turn * fit.low, turn * fit.high], axis=0)
            rows.append({
                "false_items": (fit.unfolding > 0.5).mean(),
                "runs_with_any": float((fit.unfolding > 0.5).any()),
                "share": fit.share,
                "r_with_ideal": abs(np.corrcoef(fit.positions, simple.positions[:, 0])[0, 1]),
                "r_with_truth": abs(np.corrcoef(fit.positions, x)[0, 1]),
                "ideal_r_with_truth": abs(np.corrcoef(simple.positions[:, 0], x)[0, 1]),
                "coverage": ((low <= z) & (z <= high)).mean(),
            })  # fmt: skip
        out[f"{n}x{j}"] = {k: round(float(np.mean([r[k] for r in rows])), 4) for k in rows[0]} | {
            "r_with_ideal_worst": round(float(np.min([r["r_with_ideal"] for r in rows])), 4)
        }
    return out


def starts(runs: int) -> dict[str, object]:
    """Bound of the search less that of a climb that begins at the truth."""
    gaps = []
    for run in range(runs):
        rng = np.random.default_rng([SEED, 11, run])
        y, x, _, _ = body(rng, "protest" if run % 2 else "centre", rng.integers(2, 8))
        fit = Unfolding().fit(matrix(y))
        best = climb(
            Choices.of(y), around(x, 0.1, library()), Unfolding().prior, 400, 0.05, library()
        )
        gaps.append(fit.log_bound - best.bound)
    return {
        "runs": runs,
        "not_lower_by_2": float(np.mean(np.array(gaps) > -2)),
        "median": round(float(np.median(gaps)), 2),
        "lowest": round(float(np.min(gaps)), 2),
    }


def house(congress: int) -> Matrix:
    """The House in one Congress, with party letters, and items that at least 1 in 100 lost."""
    votes = pl.read_parquet(HOUSE / "votes.parquet").filter(pl.col("congress") == congress)
    if congress > 118:
        members = pl.read_csv(HOUSE / "members_111_118_119.csv", infer_schema_length=None)
    else:
        members = pl.read_csv(HOUSE / "HSall_members_1_118.csv.gz", infer_schema_length=None)
    members = members.filter(pl.col("congress") == congress, pl.col("chamber") == "House")
    table = (
        votes.select(pl.col("icpsr").cast(pl.Int64).cast(pl.String).alias("actor")).unique()
        .join(
            members.select(
                pl.col("icpsr").cast(pl.Int64).cast(pl.String).alias("actor"),
                pl.col("bioname").alias("name"),
                pl.col("party_code").cast(pl.Int64).cast(pl.String)
                .replace({"100": "D", "200": "R"}).alias("party"),
            ).unique("actor"),
            on="actor", how="left",
        ).sort("actor")
    )  # fmt: skip
    said = pl.col("cast_code").cast(pl.Int64)
    votes = votes.with_columns(
        said=pl.when(said <= 3).then(pl.lit("yea")).when(said <= 6).then(pl.lit("nay"))
        .otherwise(pl.lit("absent"))
    )  # fmt: skip
    items = votes.select(pl.col("rollnumber").cast(pl.Int64)).unique().sort("rollnumber")
    calls = pl.read_csv(HOUSE / "rollcalls_111_118_119.csv.gz", infer_schema_length=None)
    calls = calls.filter(pl.col("congress") == congress).select(
        pl.col("rollnumber").cast(pl.Int64), "bill_number", "vote_question", "vote_desc"
    )
    items = items.join(calls.unique("rollnumber"), on="rollnumber", how="left").sort("rollnumber")
    made = Records.from_pairs(
        votes["icpsr"].cast(pl.Int64).cast(pl.String),
        votes["rollnumber"].cast(pl.Int64).cast(pl.String),
        votes["said"],
        source=Source(f"House {congress}", "voteview", "", votes.height),
        actors=table,
        items=items.select(pl.col("rollnumber").cast(pl.String).alias("item"), pl.all()),
    )
    return Matrix.from_records(made, min_minority=0.01, min_choices=100)


def real(_: int) -> dict[str, object]:
    """The 109th Senate with its two caucuses, and two Houses."""
    senate = Matrix.from_records(datasets.load("senate-109"))
    parts = [("senate 109, all", senate)]
    for party in ("R", "D"):
        mask = (senate.actors["party"] == party).to_numpy()
        parts.append((f"senate 109, {party}", senate.of_actors(mask, name=f"party = {party}")))
    if HOUSE.is_dir():
        parts += [(f"house {c}", house(c)) for c in (117, 119)]
    out: dict[str, object] = {}
    library(), library(is_rough=True)
    for name, part in parts:
        before = time.process_time()
        found = rebels(part, None, within="party")
        out[name] = {
            "actors": part.n_actors,
            "items": part.n_items,
            "cpu_seconds": round(time.process_time() - before, 2),
            "ends_against_middle": len(found.items),
            "n_modes": found.n_modes,
            "gain_nats_a_choice": [round(v, 5) for v in vars(found.compare.gain).values()],
            "sentence": found.sentence,
            "rebels": [
                {
                    "name": r.name, "camp": r.camp, "dissent": round(r.dissent, 3),
                    "p_protester": round(r.p_protester, 3), "p_centrist": round(r.p_centrist, 3),
                    "monotone": round(r.monotone.estimate, 2),
                    "unfolding": round(r.unfolding.estimate, 2),
                    "items": [
                        f"{i.item} {i.title[:60]} ({i.choice}, {i.evidence:+.1f})"
                        for i in r.items[:3]
                    ],
                }
                for r in found.rebels
            ],
        }  # fmt: skip
        print(name, out[name]["cpu_seconds"], found.sentence, flush=True)
    return out


PARTS = {
    "placing": (placing, 20), "calibration": (calibration, 110), "monotone": (monotone, 6),
    "starts": (starts, 12), "real": (real, 1),
}  # fmt: skip


def main() -> None:
    """Run the parts asked for and store each as soon as it is done."""
    ask = argparse.ArgumentParser(description=__doc__)
    ask.add_argument("--only", choices=[*PARTS])
    ask.add_argument("--runs", type=int)
    given = ask.parse_args()
    for name, (part, usual) in PARTS.items():
        if given.only in (None, name):
            made = part(given.runs or usual)
            kept = json.loads(RESULT.read_text()) if RESULT.exists() else {}
            kept |= {name: made | {"seed": SEED, "machine": machine()}}
            RESULT.write_text(json.dumps(kept, indent=1, ensure_ascii=False) + "\n")
            print(name, json.dumps(made)[:1500], flush=True)


if __name__ == "__main__":
    main()
