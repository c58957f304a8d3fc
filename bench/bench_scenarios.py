"""How fast are the scenario models, and do they keep to their closed forms and to their size?

Run ``python bench/bench_scenarios.py [--only PART] [--share 1.0]``; results go to
``bench/results/scenarios.json`` as each part ends; the others are kept.
``speed`` compares with Mesa where it is installed, ``dask`` needs dask.distributed; a part that
lacks its package says so and is left out. CPU seconds are of this process.

- **speed**: civil violence in agent-steps per CPU second, beside Mesa's own example in one run.
- **map**: a 40 × 40 map with 200 draws for each model; ``--share`` shortens its rows, and the
  whole is worked out from them.
- **closed**: known answers and what the code gives.
- **size**: probabilities of outcomes in civil violence and cascades as the world grows.
- **steps**: outcomes of civil violence as runs grow longer, with the same numbers and luck.
- **cases**: calibration on campaigns of NAVCO 1.2, where ``../shared/data`` is beside the checkout.
- **rounding**: outbursts in Mesa's example under the three ways to round the arrest ratio.
- **dask**: the same map in two processes of joblib and on a local two-worker Dask cluster.
"""

from __future__ import annotations

import importlib.util
import os
import time
from collections import Counter
from collections.abc import Iterator
from dataclasses import replace
from importlib.metadata import version
from itertools import product
from pathlib import Path

for _name in ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS"):
    os.environ[_name] = "1"

import numpy as np
import polars as pl
from _parts import run_parts, scaled

from fissure.scenarios import MODELS, OUTCOMES, Cascade, CivilViolence, Violence, scenarios
from fissure.scenarios.calibrate import Case, match
from fissure.scenarios.cascade import critical_spread, join
from fissure.scenarios.ensemble import draws_of, maps
from fissure.scenarios.global_game import equilibria
from fissure.scenarios.inputs import condition
from fissure.scenarios.model import CONDITIONS
from fissure.scenarios.violence import mean_field

OUT = Path(__file__).parent / "results" / "scenarios.json"
REPEATS = 5
STEPS = 50


def ours(settings: Violence, steps: int, runs: int = 1) -> float:
    """Agent-steps per CPU second, setting up included, after compilation."""
    settings.run(1)
    began = time.process_time()
    for seed in range(runs):
        run = settings.run(steps, seed)
    took = time.process_time() - began
    return (run.n_citizens + run.n_cops) * steps * runs / took


def mesas(side: int, steps: int) -> float:
    """The same of Mesa's example, setting up left out."""
    from mesa.examples.advanced.epstein_civil_violence.model import EpsteinCivilViolence

    model = EpsteinCivilViolence(width=side, height=side, seed=1)
    n = len(model.agents)
    began = time.process_time()
    for _ in range(steps):
        model.agents.shuffle_do("step")  # without collecting data, which only slows it
    return n * steps / (time.process_time() - began)


def speed(share: float) -> Iterator[dict[str, object]]:
    has_mesa = importlib.util.find_spec("mesa") is not None
    # as many steps on every grid: setting up and the first outburst cost more than what follows
    for side, order in product((40, 200, 1000), ("random", "patches", "sequential")):
        settings = Violence(height=side, width=side, order=order)
        runs = 20 if side == 40 else 1
        rates = [ours(settings, STEPS, runs) for _ in range(REPEATS)]
        cell = {"side": side, "order": order, "steps": STEPS,
                "agent_steps_per_cpu_s": round(np.median(rates)),
                "least": round(min(rates)), "most": round(max(rates))}  # fmt: skip
        if has_mesa and side <= 200 and order == "random":
            theirs = [
                mesas(side, 20 if side < 100 else 3) for _ in range(REPEATS if side < 100 else 1)
            ]
            cell |= {"mesa": version("mesa"),
                     "mesa_agent_steps_per_cpu_s": round(np.median(theirs)),
                     "times": round(np.median(rates) / np.median(theirs))}  # fmt: skip
        yield cell


def map_(share: float) -> Iterator[dict[str, object]]:
    four = [condition(k, (0.0, 1.0)) for k in CONDITIONS]
    for model in MODELS:
        drawn = draws_of(four, [model], 200, 1)
        axis = np.linspace(0, 1, 40)
        rows = axis[np.unique(np.linspace(0, 39, scaled(40, share, 2)).round().astype(int))]
        maps([model], drawn, axis[:1], axis[:1], 1)
        began = time.process_time()
        maps([model], drawn, rows, axis, 1)
        took = time.process_time() - began
        yield {"model": model.name, "rows_run": len(rows), "cpu_seconds": round(took, 2),
               "cpu_seconds_of_40_rows": round(took * 40 / len(rows), 1)}  # fmt: skip


def closed(share: float) -> Iterator[dict[str, object]]:
    sd, part = critical_spread(0.25)
    yield {"what": "Granovetter: critical sd and share", "known": [0.1222, 0.062],
           "got": [round(sd, 6), round(part, 6)]}  # fmt: skip
    for sd in (0.10, 0.12, 0.125, 0.15):
        shares = [
            join(r.normal(0.25, sd, 2000), np.full(2, 2.0), r)[0]
            for r in (np.random.default_rng(k) for k in range(scaled(200, share)))
        ]
        yield {"what": f"2,000 members, sd {sd}: median share, and how often over half",
               "got": [round(float(np.median(shares)), 4),
                       float(np.mean(np.array(shares) > 0.5))]}  # fmt: skip
    for cost in (0.2, 0.5, 0.8):
        yield {"what": f"flat prior, cost {cost}", "known": 1 - cost,
               "got": round(float(equilibria(cost, 0.3, 0.0, 4.0)[0]), 12)}  # fmt: skip
    for rounding in ("none", "floor", "round"):
        settings = Violence(
            height=201, width=201, cops=0.05, legitimacy=0.5, neighbourhood="moore", vision=100,
            cop_vision=1, rounding=rounding, is_arresting=False, is_moving=False,
        )  # fmt: skip
        yield {"what": f"mean field, rounding {rounding}", "known": round(mean_field(settings), 5),
               "got": round(float(settings.run(60).active[-1]), 5)}  # fmt: skip


def size(share: float) -> Iterator[dict[str, object]]:
    worlds = [("civil violence side", CivilViolence(side=s)) for s in (15, 30, 60)]
    worlds += [("cascade members", Cascade(n_members=n)) for n in (200, 1000, 5000)]
    for name, model in worlds:
        p, error = model.probabilities(0.4, 0.5, 0.5, 0.5, draws=scaled(1024, share, 64))
        yield {"world": name, "size": getattr(model, "side", None) or model.n_members,
               "probability": dict(zip(OUTCOMES, p.round(3).tolist(), strict=True)),
               "largest_error": round(float(error.max()), 3)}  # fmt: skip


def steps(share: float) -> Iterator[dict[str, object]]:
    n = scaled(4096, share, 64)
    drawn = {
        where: draws_of([condition(k, ends) for k in CONDITIONS], [CivilViolence()], n, 3)
        for where, ends in (("all conditions", (0.0, 1.0)), ("near the middle", (0.4, 0.6)))
    }
    for where, d in drawn.items():
        before = np.zeros(0)
        for length in (15, 20, 30, 60):
            began = time.process_time()
            runs = CivilViolence(steps=length).run(d.conditions, d.free[0], d.seeds)
            took = time.process_time() - began
            best = runs.argmax(axis=1)
            cell = {"where": where, "steps": length, "n": n, "cpu_seconds": round(took, 2),
                    "probability": dict(zip(OUTCOMES, runs.mean(axis=0).round(3).tolist(),
                                            strict=True))}  # fmt: skip
            if len(before):
                cell["changed_from_the_row_before"] = round(float(np.mean(best != before)), 4)
            before = best
            yield cell


def campaigns(path: Path, n: int) -> list[Case]:
    """Nonviolent campaigns against regimes; what NAVCO does not say of them is left open."""
    table = pl.read_csv(path, infer_schema_length=None, encoding="utf8-lossy").filter(
        (pl.col("REGCHANGE") == 1) & (pl.col("NONVIOL") == 1) & (pl.col("ONGOING") != 1)
        & pl.col("PERCENTAGEPOPULARPARTICIPATION").is_not_null()
    )  # fmt: skip
    joined = table["PERCENTAGEPOPULARPARTICIPATION"].to_numpy()
    thirds = np.searchsorted(np.quantile(joined, [1 / 3, 2 / 3]), joined)
    out = []
    for k in np.sort(np.random.default_rng(1).permutation(len(table))[:n]).tolist():
        row = table.row(k, named=True)
        failed = "repression" if row["REGVIOL"] == 1 else "no change"
        came = "concession" if row["LIMITED"] == 1 else failed
        out.append(Case(
            f"{k} {row['CAMPAIGN']}", "change from below" if row["SUCCESS"] == 1 else came,
            depth=(0.4, 1.0) if row["DEFECT"] == 1 else (0.0, 0.6),
            strength=((0.05, 0.4), (0.2, 0.6), (0.4, 0.9))[thirds[k]],
            organisation=(0.1, 0.9), capacity=(0.2, 0.9),
        ))  # fmt: skip
    return out


def cases(share: float) -> Iterator[dict[str, object]]:
    path = Path(__file__).parents[2] / "shared" / "data" / "navco" / "navco_1_2.csv"
    if not path.exists():
        yield {"left_out": "no ../shared/data beside this checkout"}
        return
    known = campaigns(path, scaled(32, share, 4))
    found = match(MODELS, known, 1)
    told = found.calibration
    for name, kept, score, weight in zip(
        told.models, told.kept, told.log_scores, found.weights, strict=True
    ):
        yield {"model": name, "kept": round(kept, 4), "log_score": round(score, 1),
               "weight": round(float(weight), 3)}  # fmt: skip
    mixed = (found.weights @ np.array([
        [f.probability for f in told.fits if f.model == name] for name in told.models
    ]))  # fmt: skip
    yield {"cases": told.n_cases, "outcomes": dict(Counter(c.outcome for c in known)),
           "equal_chances": round(told.baseline, 1), "frequency": round(told.frequency or 0.0, 1),
           "stacked": round(float(np.log(mixed).sum()), 1), "sentence": told.sentence}  # fmt: skip


def rounding(share: float) -> Iterator[dict[str, object]]:
    for how in ("none", "floor", "round"):
        peaks, means = [], []
        for k in range(scaled(20, share, 3)):
            run = replace(Violence(rounding=how, most_term=30)).run(500, seed=k)
            peaks.append(run.active[50:].max())
            means.append(run.active[50:].mean())
        yield {"rounding": how, "mean_active": round(float(np.mean(means)), 4),
               "mean_peak": round(float(np.mean(peaks)), 4)}  # fmt: skip


def dask(share: float) -> Iterator[dict[str, object]]:
    if importlib.util.find_spec("distributed") is None:
        yield {"left_out": "dask.distributed is not installed"}
        return
    import joblib
    from distributed import Client, LocalCluster

    asked = {"draws": 32, "grid": 4}
    plain = scenarios((0.1, 0.6), workers=2, **asked)
    with (
        LocalCluster(n_workers=2, threads_per_worker=1, dashboard_address=None) as cluster,
        Client(cluster),
        joblib.parallel_config(backend="dask"),
    ):
        on_dask = scenarios((0.1, 0.6), **asked)
    yield {"workers": 2, "is_same_bit_for_bit": on_dask.to_dict() == plain.to_dict(),
           "distributed": version("distributed")}  # fmt: skip


PARTS = {
    "speed": speed, "map": map_, "closed": closed, "size": size, "steps": steps,
    "cases": cases, "rounding": rounding, "dask": dask,
}  # fmt: skip


if __name__ == "__main__":
    run_parts(__doc__, PARTS, OUT)
