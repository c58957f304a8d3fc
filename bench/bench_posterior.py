"""How fast are posterior draws beside R, do they agree, and do intervals of positions hold?

Run ``python bench/bench_posterior.py [--only peers|groups|quick|coverage] [--minutes 20]``; results
go to ``bench/results/posterior.json``. Part *coverage* goes on where it was stopped, for bodies of
one size with ``--size 50x1000``; runs of several sizes may go on beside each other.

- **peers**: the 109th Senate. Effective draws of the worst actor per CPU second, of ours (fit,
  warm-up and draws) and of MCMCpack and pscl in the same run, by one measure for all; and coda's.
- **groups**: CPU seconds for 4 chains on the Senate and each of its parties, with 400 effective
  draws or more of the worst actor.
- **quick**: the normal intervals of ``fit`` against the draws, and the draws with the priors held
  against a chain of 70,000 iterations of MCMCpack.
- **coverage**: truths drawn anew each time. How often do 95 % intervals hold the position? For the
  intervals of ``fit``, for draws (with the law of items learned and, in some bodies, held), and
  for the recipe of emIRT.
"""

from __future__ import annotations

import argparse
import csv
import json
import os
import subprocess
import tempfile
import time
from itertools import product
from pathlib import Path

for _name in ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS"):
    os.environ[_name] = "1"

import numpy as np
from _machine import machine
from scipy.special import log_ndtr, ndtr

from fissure import datasets
from fissure.errors import FissureError
from fissure.matrix import Matrix
from fissure.models.ideal import IdealPoints
from fissure.models.mixing import bulk_ess, tail_ess
from fissure.models.posterior import Posterior
from fissure.records import Records, Source

HERE = Path(__file__).parent
OUT = HERE / "results" / "posterior.json"
REFERENCE = HERE.parent / "tests" / "reference" / "posterior" / "MCMCpack_s109.csv"
#: Worst-actor effective draws per CPU second of MCMCpack, recorded on a quiet machine, times 100.
GOAL = 110.0


def senate() -> Matrix:
    return Matrix.from_records(datasets.load("senate-109"))


# -- peers -----------------------------------------------------------------------------------------


def peers() -> dict[str, object]:
    matrix, load = senate(), round(os.getloadavg()[0], 1)
    IdealPoints().sample(matrix, draws=20, warmup=50, min_ess=0, max_rhat=9.0)  # compiles
    runs = [IdealPoints().sample(matrix, seed=seed) for seed in (1, 2, 3)]
    held = IdealPoints().sample(matrix, learn_prior=False)
    each = [
        {
            "cpu_s": round(p.cpu_seconds, 2),
            "bulk_ess_min": round(float(p.bulk_ess.min()), 1),
            "tail_ess_min": round(float(p.tail_ess.min()), 1),
            "bulk_ess_median": round(float(np.median(p.bulk_ess)), 1),
            "rhat_max": round(float(p.rhat.max()), 4),
            "worst_per_cpu_s": round(float(p.bulk_ess.min() / p.cpu_seconds), 1),
            "acceptance": round(float(p.acceptance.mean()), 3),
            "divergences": int(p.diverging.sum()),
        }
        for p in (*runs, held)
    ]
    each, same = each[:-1], each[-1]
    ours = float(np.median([e["worst_per_cpu_s"] for e in each]))
    out: dict[str, object] = {"choices": matrix.n_choices, "fissure": each, "fissure_median": ours}
    out["fissure_priors_held_as_theirs"] = same
    out["load_of_machine_before"] = load
    out["goal"] = GOAL
    by_coda, out["peers"] = run_r(matrix, {"learned": runs[0], "held": held})
    out["coda_ess_min"] = by_coda
    speeds = {
        "learned": (ours, by_coda.get("learned", 0.0) / each[0]["cpu_s"]),
        "held": (same["worst_per_cpu_s"], by_coda.get("held", 0.0) / same["cpu_s"]),
    }
    for entry in out["peers"].values():
        for law, (speed, coda) in speeds.items():
            entry[f"times_{law}"] = round(speed / entry["worst_per_cpu_s"], 1)
            entry[f"times_{law}_by_coda"] = round(coda * entry["cpu_s"] / entry["coda_ess_min"], 1)
    return out


def run_r(
    matrix: Matrix, ours: dict[str, Posterior]
) -> tuple[dict[str, float], dict[str, dict[str, float]]]:
    """Coda's measure for ours, and both measures for pscl and MCMCpack; empty without Rscript."""
    found: dict[str, dict[str, float]] = {}
    by_coda: dict[str, float] = {}
    with tempfile.TemporaryDirectory() as folder:
        votes = Path(folder) / "votes.csv"
        y = matrix.dense()
        cells = np.where(y > 0, "1", np.where(y < 0, "0", "NA"))
        votes.write_text("\n".join(",".join(row) for row in cells) + "\n")
        for law, posterior in ours.items():
            for k, chain in enumerate(posterior.draws):
                np.savetxt(Path(folder) / f"{law}{k}.csv", chain[..., 0], delimiter=",")
        command = ["Rscript", str(HERE / "posterior.R"), str(votes), folder]
        done = subprocess.run(command, capture_output=True, text=True, check=False)
        for line in done.stdout.splitlines():
            kind, *rest = line.split("\t")
            if kind == "ours":
                by_coda[rest[0]] = round(float(rest[1]), 1)
            if kind == "peer":
                name, seconds, least, _ = rest[0], *map(float, rest[1:])
                z = np.loadtxt(Path(folder) / f"peer_{name.split()[0]}.csv", delimiter=",")
                bulk, tail = bulk_ess(z[None]), tail_ess(z[None])
                found[name] = {
                    "cpu_s": round(seconds, 2),
                    "iterations": 10_000,
                    "bulk_ess_min": round(float(bulk.min()), 1),
                    "tail_ess_min": round(float(tail.min()), 1),
                    "coda_ess_min": round(least, 1),
                    "worst_per_cpu_s": round(float(bulk.min()) / seconds, 3),
                }
    return by_coda, found


# -- groups ----------------------------------------------------------------------------------------


def groups() -> dict[str, object]:
    matrix = senate()
    party = matrix.actors["party"].to_numpy()
    parts = {"all": matrix} | {
        p: matrix.of_actors(party == p, name=p) for p in np.unique(party) if (party == p).sum() > 9
    }
    out: dict[str, object] = {}
    for name, part in parts.items():
        p = IdealPoints().sample(part)
        out[name] = {
            "actors": part.n_actors,
            "draws": p.draws.shape[1],
            "cpu_s": round(p.cpu_seconds, 2),
            "bulk_ess_min": round(float(p.bulk_ess.min()), 1),
            "tail_ess_min": round(float(p.tail_ess.min()), 1),
            "rhat_max": round(float(p.rhat.max()), 4),
            "worst_actor": p.worst_actor,
        }
    out["cpu_s"] = round(sum(e["cpu_s"] for e in out.values()), 2)
    return out


# -- quick intervals against draws, draws against a peer's ----------------------------------------


def quick() -> dict[str, object]:
    matrix = senate()
    fit = IdealPoints().fit(matrix)
    p = IdealPoints().sample(matrix, draws=2000, learn_prior=False)
    mean, sd = p.mean[:, 0], p.sd[:, 0]
    low, high = (end[:, 0] for end in p.interval())
    with REFERENCE.open() as handle:
        rows = list(csv.DictReader(handle))
    assert [r["actor"] for r in rows] == matrix.actors["actor"].to_list()
    theirs = {k: np.array([float(r[k]) for r in rows]) for k in ("mean", "sd", "low", "high")}
    if np.corrcoef(theirs["mean"], mean)[0, 1] < 0:
        theirs["mean"], theirs["low"], theirs["high"] = (
            -theirs["mean"], -theirs["high"], -theirs["low"],
        )  # fmt: skip
    z, se = fit.positions[:, 0], fit.se[:, 0]
    ends = z - 1.96 * se, z + 1.96 * se
    q = IdealPoints().sample(matrix, draws=1000)
    learned = tuple(v[:, 0] for v in (q.mean, q.sd, *q.interval()))
    return {
        "fit_against_draws": against(z, se, *ends, (mean, sd, low, high)),
        "fit_against_draws_with_learned_priors": against(z, se, *ends, learned),
        "draws_against_mcmcpack": against(mean, sd, low, high, tuple(theirs.values())),
        "mcmcpack_ess_min": round(min(float(r["ess"]) for r in rows), 1),
    }


def against(mean, sd, low, high, other) -> dict[str, object]:
    """Correlations, ratios of sds, and end points' distance in units of the other's sd."""
    ratio = sd / other[1]
    return {
        "pearson_means": round(float(np.corrcoef(mean, other[0])[0, 1]), 5),
        "mean_off_in_sds_max": round(float((np.abs(mean - other[0]) / other[1]).max()), 3),
        "sd_ratio_p10_p50_p90": np.quantile(ratio, [0.1, 0.5, 0.9]).round(3).tolist(),
        "sd_rank_correlation": round(
            float(np.corrcoef(*(np.argsort(np.argsort(v)) for v in (sd, other[1])))[0, 1]), 3
        ),
        "low_off_in_sds_median_max": two(np.abs(low - other[2]) / other[1]),
        "high_off_in_sds_median_max": two(np.abs(high - other[3]) / other[1]),
    }


def two(values: np.ndarray) -> list[float]:
    return [round(float(np.median(values)), 3), round(float(values.max()), 3)]


# -- coverage --------------------------------------------------------------------------------------

AGENDAS = {"diffuse": (1.0, 1.0), "concentrated": (0.2, 2.0)}  # sd of cutpoints, discrimination
#: Actors and items, and so many bodies.
PLAN = {
    (9, 60): 60, (9, 1000): 24, (50, 60): 24, (50, 1000): 64, (100, 60): 12, (100, 1000): 8,
    (435, 60): 5, (435, 1000): 3,
}  # fmt: skip
#: Of the bodies one in so many also with the priors held, up to so many actors and items.
HELD_EACH, HELD_ACTORS, HELD_ITEMS = 4, 50, 60
ABSENT = (0.0, 0.4, 0.8)
#: Beside them, items from one normal law, α and β ~ N(0, 1.5²); and *mixed* ones: half of them as
#: the concentrated, half lopsided (α near ±1.8) and hardly dividing. For these actors and items.
OTHERS = {"normal": ((9, 60), (9, 1000), (50, 60)), "mixed": ((50, 60), (50, 1000))}


def body(n: int, j: int, absent: float, agenda: str, seed: list[int]) -> tuple[Matrix, np.ndarray]:
    """Positions from the prior; cutpoints around the centre; choices absent at random."""
    rng = np.random.default_rng(seed)
    x = rng.standard_normal(n)
    if agenda == "normal":
        alpha, beta = 1.5 * rng.standard_normal((2, j))
    elif agenda == "mixed":
        sharp, sign = rng.random(j) < 0.5, rng.choice([-1.0, 1.0], j)
        beta = np.where(sharp, 2 * np.exp(0.25 * rng.standard_normal(j)), rng.normal(0, 0.5, j))
        alpha = np.where(sharp, -0.2 * beta * rng.standard_normal(j), rng.normal(1.8, 0.5, j))
        alpha, beta = sign * alpha, sign * beta
    else:
        spread, slope = AGENDAS[agenda]
        cut = spread * rng.standard_normal(j)
        beta = slope * np.exp(0.25 * rng.standard_normal(j)) * rng.choice([-1.0, 1.0], j)
        alpha = -beta * cut
    yea = rng.random((n, j)) < ndtr(alpha + beta * x[:, None])
    i, k = np.nonzero(rng.random((n, j)) >= absent)
    records = Records.from_pairs(
        np.char.mod("a%03d", i).tolist(), np.char.mod("v%04d", k).tolist(),
        np.where(yea[i, k], "yea", "nay").tolist(), source=Source("made up", "pairs", "", len(i)),
    )  # fmt: skip
    matrix = Matrix.from_records(records)
    return matrix, x[[int(a[1:]) for a in matrix.actors["actor"]]]


def emirt(y: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """EM as in emIRT's binIRT at its default tolerance: absent choices completed by the model.

    One variance for all, 1 / (1 + Σ_j β_j²) over all items (methods of Imai, Lo and Olmsted 2016,
    written from the equations). Returns normalised positions and their errors.
    """
    q = y.astype(np.float64)
    x = np.linalg.svd(q - q.mean(axis=0), full_matrices=False)[0][:, 0] * np.sqrt(len(y))
    items = np.zeros((y.shape[1], 2))
    variance = 1.0
    for _ in range(500):
        before = x
        for what in ("items", "x"):
            m = items[:, 0] + np.outer(x, items[:, 1])
            mills = np.exp(-0.5 * m**2 - 0.9189385332046727 - log_ndtr(q * m))
            latent = m + q * mills * (q != 0)
            if what == "items":
                ones = np.column_stack([np.ones(len(x)), x])
                items = np.linalg.solve(ones.T @ ones + np.eye(2) / 25, ones.T @ latent).T
            else:
                variance = 1.0 / (1.0 + items[:, 1] @ items[:, 1])
                x = variance * ((latent - items[:, 0]) @ items[:, 1])
        if x.std() > 0 and 1 - np.corrcoef(x, before)[0, 1] < 1e-6:
            break
    scale = x.std(ddof=1)
    return (x - x.mean()) / scale, np.full(len(x), np.sqrt(variance) / scale)


def inside(truth: np.ndarray, low: np.ndarray, high: np.ndarray) -> list[float]:
    """Positions held by their intervals, and the intervals' summed length."""
    return [float(((truth >= low) & (truth <= high)).sum()), float((high - low).sum())]


def one(cell: dict, seed: list[int], held: bool) -> dict[str, object]:
    matrix, x = body(cell["n"], cell["items"], cell["absent"], cell["agenda"], seed)
    z = (x - x.mean()) / x.std(ddof=1)
    try:
        fit = IdealPoints(threads=1).fit(matrix)
    except FissureError as error:
        return {"refused": type(error).__name__}
    centre, se = fit.positions[:, 0], fit.se[:, 0]
    truth = z * np.sign(z @ centre)
    out: dict[str, object] = {
        "n": len(z),
        "fit": inside(truth, centre - 1.96 * se, centre + 1.96 * se),
    }
    mean, error = emirt(matrix.dense())
    mean = mean * np.sign(mean @ centre)
    out["emirt"] = inside(truth, mean - 1.96 * error, mean + 1.96 * error)
    for kind in ("draws", "held")[: 1 + held]:
        try:
            p = IdealPoints(threads=1).sample(
                matrix, min_ess=200, max_rhat=1.05, learn_prior=kind == "draws"
            )
        except FissureError as refused:
            out[f"{kind}_refused"] = str(refused)[:200]
            continue
        low, high = p.interval()
        out[kind] = inside(truth, low[:, 0], high[:, 0])
    return out


def summed(runs: list[dict]) -> dict[str, object]:
    """Coverage with its Monte Carlo error, bodies being independent, and mean lengths.

    The error is that of a ratio over bodies; with one or two bodies only the binomial one, which is
    too small.
    """
    out: dict[str, object] = {
        "replicates": len(runs),
        "refused": sum("refused" in r for r in runs),
        "draws_refused": sum("draws_refused" in r for r in runs),
        "held_refused": sum("held_refused" in r for r in runs),
    }
    for kind in ("fit", "draws", "held", "emirt"):
        some = [(r[kind][0], r[kind][1], r["n"]) for r in runs if kind in r]
        if not some:
            continue
        hits, length, n = (np.array(v, float) for v in zip(*some, strict=True))
        share = hits.sum() / n.sum()
        binomial = np.sqrt(max(share * (1 - share), 0.01) / n.sum())
        spread = 0.0
        if len(n) > 2:
            spread = np.sqrt(((hits - share * n) ** 2).sum() / (len(n) - 1) * len(n)) / n.sum()
        out[kind] = {
            "coverage": round(float(share), 4),
            "error": round(float(max(binomial, spread)), 4),
            "bodies": len(n),
            "positions": int(n.sum()),
            "mean_length": round(float(length.sum() / n.sum()), 3),
        }
    return out


def next_cost(entry: dict) -> float:
    """CPU seconds, roughly: those of the bodies before; for the first, by its choices."""
    cell = entry["cell"]
    if entry["runs"]:
        return entry["cpu_s"] / len(entry["runs"])
    return 1.0 + cell["n"] * cell["items"] * (1.0 - cell["absent"]) / 5e3


def coverage(stored: dict, minutes: float, size: str | None) -> None:
    """The cell that will have cost least after its next body goes next, until time is up."""
    begun = time.process_time()
    cells = [
        {"n": n, "items": j, "absent": a, "agenda": agenda}
        for (n, j), a, agenda in [
            *product(PLAN, ABSENT, AGENDAS),
            *(each for kind, sizes in OTHERS.items() for each in product(sizes, ABSENT, [kind])),
        ]
    ]
    part = stored.setdefault("coverage", {"cells": []})
    known = {json.dumps(c["cell"]): c for c in part["cells"]}
    part["cells"] = [known.get(json.dumps(c), {"cell": c, "runs": [], "cpu_s": 0.0}) for c in cells]
    while time.process_time() - begun < 60 * minutes:
        left = [
            (entry["cpu_s"] + next_cost(entry), number)
            for number, entry in enumerate(part["cells"])
            if len(entry["runs"]) < PLAN[entry["cell"]["n"], entry["cell"]["items"]]
            and size in (None, f"{entry['cell']['n']}x{entry['cell']['items']}")
        ]
        if not left:
            return
        number = min(left)[1]
        entry, at = part["cells"][number], time.process_time()
        cell, k = entry["cell"], len(entry["runs"])
        held = k % HELD_EACH == 0 and cell["n"] <= HELD_ACTORS and cell["items"] <= HELD_ITEMS
        entry["runs"].append(one(cell, [2026, number, k], held))
        entry["cpu_s"] = round(entry["cpu_s"] + time.process_time() - at, 2)
        entry["result"] = summed(entry["runs"])
        for other, cell in zip(part["cells"], kept_cells(), strict=False):
            if other is not entry and len(cell["runs"]) > len(other["runs"]):
                other |= cell
        save(stored, "coverage")


def kept_cells() -> list[dict]:
    """The cells of the file, which another run may have taken further."""
    kept = json.loads(OUT.read_text()) if OUT.exists() else {}
    return kept.get("coverage", {}).get("cells", [])


def table(cells: list[dict]) -> str:
    """Coverage ± its error (bodies), one row a cell, as on the page of the method."""
    kinds = ("draws", "held", "fit", "emirt")
    lines = ["| actors | items | absent | agenda | " + " | ".join(kinds) + " |", "|---" * 8 + "|"]
    for entry in cells:
        if "result" not in entry:
            continue
        row = [str(v) for v in entry["cell"].values()]
        for kind in kinds:
            r = entry["result"].get(kind)
            row.append(f"{r['coverage']:.3f} ± {r['error']:.3f} ({r['bodies']})" if r else "")
        lines.append("| " + " | ".join(row) + " |")
    return "\n".join(lines)


def save(stored: dict, part: str) -> None:
    """Write one part; the others stay as the file has them, which another run may have changed."""
    OUT.parent.mkdir(exist_ok=True)
    kept = json.loads(OUT.read_text()) if OUT.exists() else {}
    kept |= {name: stored[name] for name in ("machine", part)}
    OUT.write_text(json.dumps(kept, indent=1) + "\n")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--only", choices=["peers", "groups", "quick", "coverage"])
    parser.add_argument("--minutes", type=float, default=20.0, help="CPU minutes for coverage")
    parser.add_argument("--size", help="coverage of bodies of this size alone, as in 50x1000")
    chosen = parser.parse_args()
    stored = json.loads(OUT.read_text()) if OUT.exists() else {}
    stored["machine"] = machine()
    for name, part in (("peers", peers), ("groups", groups), ("quick", quick)):
        if chosen.only in (None, name):
            stored[name] = part()
            save(stored, name)
            print(json.dumps(stored[name], indent=1), flush=True)
    if chosen.only in (None, "coverage"):
        coverage(stored, chosen.minutes, chosen.size)
        print(table(stored["coverage"]["cells"]))


if __name__ == "__main__":
    main()
