"""Dynamic ideal points: speed to the optimum, agreement with others, and choices left out.

Run ``python bench/bench_dynamic.py [--only speed|court|senate|heldout]`` on a quiet machine;
results go to ``bench/results/dynamic.json``. It needs the data beside the checkout (``../shared``).

- **speed**: the Senate of the 80th-110th and of the 70th-119th Congress: CPU seconds and memory to
  the optimum with all variances estimated, and nanoseconds a choice of one iteration.
- **court**, **senate**: correlation with the results of emIRT's dynIRT and of Martin and Quinn,
  with their settings and with settings estimated.
- **heldout**: a tenth of the choices left out at random: log score of a choice, ours with settings
  estimated beside the recipe of dynIRT at its shipped settings (``dynirt.py``, written again from
  its equations, since emIRT is not installed).
"""

from __future__ import annotations

import argparse
import json
import os
import subprocess
import sys
import time
import tracemalloc
from pathlib import Path

for variable in ("OPENBLAS_NUM_THREADS", "OMP_NUM_THREADS"):
    os.environ[variable] = "1"

import dynirt
import numpy as np
import polars as pl
from _machine import machine

from fissure.matrix import Matrix
from fissure.models.careers import Careers
from fissure.models.dynamic import DynamicIdealPoints
from fissure.models.starting import rounds
from fissure.models.walk import eliminate
from fissure.periods import item_periods
from fissure.readers import read_voteview
from fissure.records import Records, Source
from fissure.results import plain

HERE = Path(__file__).parent
SHARED = HERE.parent.parent / "shared"
REFERENCE = SHARED / "reference"
RESULT = HERE / "results" / "dynamic.json"
#: CPU seconds of one iteration of emIRT 0.0.15's dynIRT, recorded on the same kind of machine, on
#: 1.7 million choices; and its peak memory in MB.
RECORDED = {"seconds": 20.47 / 91, "choices": 1_695_434, "peak_mb": 928}
SEED = 20261125


def senate(low: int, high: int) -> Records:
    """The Senate's roll calls of some Congresses."""
    d = SHARED / "data" / "us_senate_070_119"
    r = read_voteview(d / "votes.parquet", d / "members.csv", d / "rollcalls.csv.gz")
    return kept_items(r, r.items["congress"].is_between(low, high).to_numpy())


def kept_items(r: Records, keep: np.ndarray) -> Records:
    place = np.cumsum(keep) - 1
    rows = r.choices.filter(pl.Series(keep[r.choices["item"].to_numpy()]))
    item = pl.Series(place[rows["item"].to_numpy()]).cast(pl.UInt32)
    return Records(
        rows.with_columns(item=item), r.actors, r.items.filter(pl.Series(keep)), r.source
    )


def court() -> Records:
    """The Supreme Court, 1937-2013, as emIRT ships it."""
    folder = REFERENCE / "mq"
    v = pl.read_csv(folder / "votes.csv.gz")
    items = pl.read_csv(folder / "items.csv").rename({"period": "term"})
    return Records.from_pairs(
        v["actor"],
        v["item"],
        v["vote"].replace_strict({1: "yea", 0: "nay"}, return_dtype=pl.String),
        source=Source("mq", "long", "", v.height),
        actors=pl.read_csv(folder / "members.csv"),
        items=items,
    )


def status(key: str) -> float:
    """A line of /proc/self/status in MB."""
    for line in Path("/proc/self/status").read_text().splitlines():
        if line.startswith(key):
            return float(line.split()[1]) / 1024
    raise RuntimeError(f"no {key} in /proc/self/status")


def cpu_of(job, times: int = 5) -> float:
    """Least CPU seconds of a few runs."""
    runs = []
    for _ in range(times):
        begun = time.process_time()
        job()
        runs.append(time.process_time() - begun)
    return min(runs)


def one_speed(low: int, high: int) -> dict[str, object]:
    """Of one stretch of Congresses, in a fresh process."""
    DynamicIdealPoints(threads=1).fit(Matrix.from_records(senate(108, 110)))  # compiles
    matrix = Matrix.from_records(senate(low, high))
    before = status("VmRSS")
    Path("/proc/self/clear_refs").write_text("5")
    begun = time.process_time()
    fit = DynamicIdealPoints(threads=1).fit(matrix)
    seconds, memory = time.process_time() - begun, status("VmHWM") - before
    tracemalloc.start()
    DynamicIdealPoints(threads=1).fit(matrix)
    traced = tracemalloc.get_traced_memory()[1] / 1e6
    tracemalloc.stop()
    s = fit._posterior.settled
    d, p, v, k = fit._posterior.drift, s.point, s.v, s.chain.k
    c = d.careers

    def newton() -> None:
        chain = eliminate(c, p.dense, k)
        assert chain is not None
        chain.solve(p.grad)
        d.point(1.001 * p.x, p.items, v, k)  # as far as a usual step

    alternating = cpu_of(lambda: rounds(d, p.x, p.items, v, 1))
    per = 1e9 / matrix.n_choices
    theirs = RECORDED["seconds"] / RECORDED["choices"] * 1e9
    step = cpu_of(newton)
    return {
        "congresses": [low, high],
        "choices": matrix.n_choices,
        "items": len(c.items),
        "states": c.n,
        "to_the_optimum_cpu_s": round(seconds, 2),
        "n_iter": fit.n_iter,
        "gradient": fit.gradient,
        "peak_mb_beyond_data": {"resident": round(memory, 1), "allocated": round(traced, 1)},
        "matrix_mb": round(8 * matrix.n_choices / 1e6, 1),
        "alternating_ns_per_choice": round(alternating * per, 1),
        "newton_ns_per_choice": round(step * per, 1),
        "emIRT_ns_per_choice_recorded": round(theirs, 1),
        "emIRT_over_alternating": round(theirs / (alternating * per), 1),
        "emIRT_over_newton": round(theirs / (step * per), 1),
        "step": [fit.step.estimate, fit.step.low, fit.step.high],
        "newton_steps_cpu_s_each": round(seconds / fit.n_iter, 3),
    }


def speed() -> list[dict[str, object]]:
    """Both stretches, each in a fresh process."""
    out = []
    for low, high in ((80, 110), (70, 119)):
        command = [sys.executable, __file__, "--stretch", str(low), str(high)]
        done = subprocess.run(command, capture_output=True, text=True, check=True, env=os.environ)
        out.append(json.loads(done.stdout))
    return out


def agree(frame: pl.DataFrame, theirs: pl.DataFrame, column: str) -> dict[str, object]:
    """Pearson and Spearman correlation over actors and periods, sign aligned."""
    both = frame.join(theirs.filter(pl.col(column).is_not_null()), on=["actor", "period"])
    a, b = both["position"], both[column]
    return {
        "states": both.height,
        "pearson": round(abs(float(np.corrcoef(a, b)[0, 1])), 4),
        "spearman": round(abs(float(np.corrcoef(a.rank(), b.rank())[0, 1])), 4),
    }


def of_court() -> dict[str, object]:
    """Correlations on the Court, with and without Douglas."""
    matrix = Matrix.from_records(term_items(court()))
    begin = {
        row["actor"]: (float(row["prior_mean"]), float(row["prior_var"]))
        for row in matrix.actors.iter_rows(named=True)
    }
    matched = DynamicIdealPoints(by="term", omega2=0.1, item_variance=1.0, initial=begin)
    out: dict[str, object] = {}
    folder = REFERENCE / "mq"
    others = {
        "dynIRT": (pl.read_csv(folder / "dynIRT.csv"), "coord1D"),
        "Martin-Quinn": (pl.read_csv(folder / "martin_quinn_shipped.csv"), "score"),
    }
    for label, settings in (
        ("their settings", matched),
        ("settings estimated", DynamicIdealPoints(by="term")),
        ("t steps", DynamicIdealPoints(by="term", innovation="t")),
    ):
        begun = time.process_time()
        fit = settings.fit(matrix)
        frame = fit.to_frame().with_columns(pl.col("period").cast(pl.Int64))
        entry: dict[str, object] = {
            "cpu_s": round(time.process_time() - begun, 2),
            "omega2": [fit.omega2.estimate, fit.omega2.low, fit.omega2.high],
            "step": fit.step.estimate,
            "variances": fit.variances,
            "marginal": fit.marginal,
            "n_iter": fit.n_iter,
        }
        for name, (theirs, column) in others.items():
            entry[name] = agree(frame, theirs, column)
            less = frame.filter(pl.col("name") != "Douglas")
            entry[f"{name}, without Douglas"] = agree(less, theirs, column)
        jackson = frame.filter((pl.col("name") == "Jackson") & pl.col("period").is_between(7, 9))
        entry["Jackson, terms 7-9: choices"] = jackson["n_choices"].to_list()
        entry["Jackson, terms 7-9: se"] = jackson["se"].round(4).to_list()
        out[label] = entry
    pair = others["dynIRT"][0].rename({"coord1D": "position"})
    out["dynIRT against Martin-Quinn"] = {
        "all": agree(pair, *others["Martin-Quinn"]),
        "without Douglas": agree(pair.filter(pl.col("name") != "Douglas"), *others["Martin-Quinn"]),
    }
    out["dynIRT written again"] = again_court(others["dynIRT"][0])
    return out


def term_items(r: Records) -> Records:
    """Items with only their term beside the identifier."""
    columns = [c for c in ("item", "term") if c in r.items.columns]
    return Records(r.choices, r.actors, r.items.select(columns), r.source)


def court_setup(matrix: Matrix) -> tuple[Careers, dict[str, np.ndarray]]:
    """Layout, and dynIRT's shipped settings and starts."""
    c = Careers.of(matrix, item_periods(matrix.items, "term"))
    a, first = matrix.actors, c.actor[c.first]
    shipped = pl.read_csv(REFERENCE / "mq" / "items.csv").select(
        "item", "start_alpha", "start_beta"
    )
    wanted = matrix.items[c.items].select("item")
    found = wanted.join(shipped, on="item", how="left", maintain_order="left")
    mean = a["prior_mean"].to_numpy().astype(float)
    return c, {
        "x": mean[c.actor],
        "items": found.select("start_alpha", "start_beta").to_numpy(),
        "omega2": a["omega2"].to_numpy().astype(float),
        "mean": mean[first],
        "variance": a["prior_var"].to_numpy().astype(float)[first],
    }


def again_court(stored: pl.DataFrame) -> dict[str, object]:
    """Our writing of dynIRT against its stored result, as shipped and run on."""
    matrix = Matrix.from_records(term_items(court()))
    c, start = court_setup(matrix)
    out = {}
    for label, tol, most in (("as shipped", 1e-6, 5000), ("run on", 1e-12, 3000)):
        fit = dynirt.fit(c, **start, item_variance=1.0, tol=tol, max_iter=most)
        frame = states(matrix, c, fit.x)
        theirs = pl.read_csv(REFERENCE / "mq" / "martin_quinn_shipped.csv")
        out[label] = {
            "n_iter": fit.n_iter,
            "stored dynIRT": agree(frame, stored, "coord1D"),
            "Martin-Quinn": agree(frame, theirs, "score"),
        }
    return out


def states(matrix: Matrix, c: Careers, x: np.ndarray) -> pl.DataFrame:
    """Actor, period and position."""
    return pl.DataFrame(
        {
            "actor": matrix.actors["actor"].gather(c.actor),
            "period": [int(c.labels[t]) for t in c.period],
            "position": x,
        }
    )


def of_senate() -> dict[str, object]:
    """Correlations on the Senate, 80th-110th."""
    matrix = Matrix.from_records(senate(80, 110))
    folder = REFERENCE / "dwnom"
    members = pl.read_csv(folder / "members_by_period.csv")
    key = members.select("actor", "period", "icpsr")
    others = {
        "dynIRT": (pl.read_csv(folder / "dynIRT.csv").join(key, on=["actor", "period"]), "coord1D"),
        "DW-NOMINATE, published": (members, "dwnom1d"),
    }
    out: dict[str, object] = {}
    for label, settings in (
        ("their settings", DynamicIdealPoints(omega2=0.1, item_variance=25.0, threads=1)),
        ("settings estimated", DynamicIdealPoints(threads=1)),
        ("t steps", DynamicIdealPoints(innovation="t", threads=1)),
    ):
        begun = time.process_time()
        fit = settings.fit(matrix)
        seconds = time.process_time() - begun
        period = pl.col("period").cast(pl.Int64) - 80
        frame = fit.to_frame().with_columns(period=period)
        entry: dict[str, object] = {
            "cpu_s": round(seconds, 2),
            "omega2": [fit.omega2.estimate, fit.omega2.low, fit.omega2.high],
            "step": fit.step.estimate,
            "variances": fit.variances,
            "n_iter": fit.n_iter,
            "fit": vars(fit.fit),
        }
        for name, (theirs, column) in others.items():
            renamed = theirs.drop("actor").with_columns(actor=pl.col("icpsr").cast(pl.String))
            entry[name] = agree(frame, renamed.select("actor", "period", column), column)
        out[label] = entry
    return out


def left_out(r: Records) -> tuple[Records, pl.DataFrame]:
    """Records without a tenth of the yeas and nays, and those choices."""
    usable = r.choices["choice"].cast(pl.String).is_in(["yea", "nay"])
    out = usable.to_numpy() & (np.random.default_rng(SEED).random(r.choices.height) < 0.1)
    test = r.choices.filter(pl.Series(out))
    cells = pl.DataFrame(
        {
            "actor": r.actors["actor"].gather(test["actor"]),
            "item": r.items["item"].gather(test["item"]),
            "yea": test["choice"].cast(pl.String) == "yea",
        }
    )
    return Records(r.choices.filter(pl.Series(~out)), r.actors, r.items, r.source), cells


def score(p: np.ndarray, yea: np.ndarray) -> dict[str, float]:
    """Mean log probability of what was chosen, and share predicted."""
    q = np.clip(np.where(yea, p, 1 - p), 1e-15, 1.0)
    return {
        "log_score": round(float(np.log(q).mean()), 5),
        "correct": round(float((q > 0.5).mean()), 5),
    }


def one_heldout(r: Records, by: str, peer) -> dict[str, object]:
    """Log scores of ours and of dynIRT's recipe on the same cells."""
    train, cells = left_out(r)
    matrix = Matrix.from_records(train)
    fits = {
        "fissure, settings estimated": DynamicIdealPoints(by=by, threads=1).fit(matrix),
        "fissure, t steps": DynamicIdealPoints(by=by, innovation="t", threads=1).fit(matrix),
    }
    c, start, variance = peer(matrix)
    number = {a: i for i, a in enumerate(matrix.actors["actor"].to_list())}
    state = {(int(i), int(t)): s for s, (i, t) in enumerate(zip(c.actor, c.period, strict=True))}
    place = {j: n for n, j in enumerate(matrix.items["item"].gather(c.items).to_list())}
    when = np.repeat(np.arange(len(c.labels)), np.diff(c.item_cut))
    at = [
        (state.get((number.get(a, -1), int(when[place[j]])), -1), place[j])
        if j in place
        else (-1, -1)
        for a, j in zip(cells["actor"], cells["item"], strict=True)
    ]
    s, j = np.array(at).T
    known = s >= 0
    cells, s, j = cells.filter(pl.Series(known)), s[known], j[known]
    yea = cells["yea"].to_numpy()
    out: dict[str, object] = {"cells": len(s), "left aside": int((~known).sum())}
    for name, fit in fits.items():
        out[name] = score(fit.predict(cells["actor"].to_list(), cells["item"].to_list()), yea)
    for name, tol, most in (("dynIRT's recipe", 1e-6, 5000), ("the same, run on", 1e-9, 1000)):
        theirs = dynirt.fit(c, **start, item_variance=variance, tol=tol, max_iter=most)
        plug, whole = theirs.chance(s, j), theirs.chance(s, j, integrate=True)
        out[name] = {"n_iter": theirs.n_iter, **score(plug, yea)}
        out[f"{name}, its variances integrated"] = score(whole, yea)
    return out


def senate_setup(matrix: Matrix) -> tuple[Careers, dict[str, np.ndarray], float]:
    """dynIRT's shipped settings: ω² 0.1, items 25, positions begin at the party's sign."""
    c = Careers.of(matrix, item_periods(matrix.items, "congress"))
    party = matrix.actors["party_code"].cast(pl.String).to_numpy()
    x = np.where(party == "200", 1.0, -1.0)[c.actor]
    items = np.empty((len(c.items), 2))
    for t, y in enumerate(dynirt.dense_periods(c)):
        own = x[c.cut[t] : c.cut[t + 1]]
        mean = y.sum(1) / np.maximum((y != 0).sum(1), 1)
        items[c.item_cut[t] : c.item_cut[t + 1]] = np.column_stack(
            [mean, (y @ own) / np.maximum((y != 0).sum(1), 1)]
        )
    n = len(c.first)
    start = {"x": x, "items": items, "omega2": np.full(matrix.n_actors, 0.1)}
    return c, {**start, "mean": np.zeros(n), "variance": np.ones(n)}, 25.0


def heldout() -> dict[str, object]:
    """The Court and the Senate."""
    return {
        "seed": SEED,
        "court": one_heldout(term_items(court()), "term", lambda m: (*court_setup(m), 1.0)),
        "senate 80-110": one_heldout(senate(80, 110), "congress", senate_setup),
    }


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parts = {"speed": speed, "court": of_court, "senate": of_senate, "heldout": heldout}
    parser.add_argument("--only", choices=list(parts))
    parser.add_argument("--stretch", nargs=2, type=int, help=argparse.SUPPRESS)
    chosen = parser.parse_args()
    if chosen.stretch:
        print(json.dumps(one_speed(*chosen.stretch)))
        return
    stored = json.loads(RESULT.read_text()) if RESULT.exists() else {}
    stored["machine"] = machine()
    for name, part in parts.items():
        if chosen.only in (None, name):
            stored[name] = part()
    RESULT.parent.mkdir(exist_ok=True)
    text = json.dumps(plain(stored), indent=1, allow_nan=False)
    RESULT.write_text(text + "\n")
    print(text)


if __name__ == "__main__":
    main()
