"""Do windows appear where there are none, are they found where they are, and do their dates hold?

Run ``python bench/bench_windows.py [--only PART] [--workers 2] [--share 1.0]``; results go to
``bench/results/windows.json`` after every cell, and cells already there are not run again.

- **null**: no window; depth moves by an autoregression (or drifts) and is measured with error. How
  often is P(none) at least 0.9? Beside it, how often do ruptures (PELT) and Rbeast report a change?
- **other_settings**: the worst cell of these under other settings.
- **power**: one window, a step or a ramp, its placement drawn from the prior. How often is it
  found, and how often do the 95 % intervals cover when it was half open and half closed?
- **calibrated**: everything drawn from the prior, the ramp too, no window with probability one
  half. Are the probabilities of a window, of one open now and of one open in each period right?
- **ranks**: one window, everything drawn from the prior. Randomised ranks of the true opening,
  closing and duration in their posteriors should be uniform.

``pooled`` sums up the cells of null (autocorrelation up to 0.8, no drift) and of power.
"""

from __future__ import annotations

import argparse
import json
import os
import warnings
import zlib
from dataclasses import replace
from functools import cache
from itertools import pairwise
from multiprocessing import Pool
from pathlib import Path

for _name in ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS"):
    os.environ[_name] = "1"

import numpy as np
from _machine import machine
from scipy.stats import kstest

from fissure.windows.opening import durations, named_windows, shortest_run
from fissure.windows.posterior import MOVEMENTS, count_prior, posterior, ramps
from fissure.windows.settings import WindowSettings

RESULT = Path(__file__).parent / "results" / "windows.json"
SETTINGS = WindowSettings()
#: Ends of the outermost cells of the movement's standard deviation, in prior scales: half a step of
#: the logarithm beyond their midpoints.
ENDS = MOVEMENTS[-1] ** 1.5 / MOVEMENTS[-2] ** 0.5, MOVEMENTS[0] ** 1.5 / MOVEMENTS[1] ** 0.5
#: Errors of measurement are drawn evenly from this range.
ERRORS = (0.015, 0.04)


def movement_of(n: int, sd: float, carry: float, rng: np.random.Generator) -> np.ndarray:
    out = np.empty(n)
    out[0] = rng.normal(0, sd)
    for t in range(1, n):
        out[t] = carry * out[t - 1] + rng.normal(0, sd * np.sqrt(1 - carry**2))
    return out


def rng_of(part: str, cell: dict, seed: int) -> np.random.Generator:
    """A stream of its own for each series of each cell."""
    return np.random.default_rng([seed, zlib.crc32(json.dumps([part, cell]).encode())])


@cache
def options(n: int, start: int, left: int, ramp: int) -> list[tuple[int, int, int]]:
    """Where the next of so many windows can begin to open and to close, and ways to go on."""
    window, gap = max(SETTINGS.min_length, ramp), max(SETTINGS.min_gap, ramp)
    return [
        (o, c, ways(n, c + gap, left - 1, ramp) if c < n else int(left == 1))
        for o in range(start, n)
        if o == 0 or 2 * (n - o) > ramp
        for c in range(o + 1, n + 1)
        if c - o >= window or o == 0 or c == n
    ]


@cache
def ways(n: int, start: int, left: int, ramp: int) -> int:
    return sum(w for _, _, w in options(n, start, left, ramp)) if left else 1


def placement(n: int, count: int, ramp: int, rng: np.random.Generator) -> list[tuple[int, int]]:
    """Windows, each allowed placement as probable as any other; closing n is still open."""
    out: list[tuple[int, int]] = []
    while len(out) < count:
        start = out[-1][1] + max(SETTINGS.min_gap, ramp) if out else 0
        choices = options(n, start, count - len(out), ramp)
        weight = np.array([w for _, _, w in choices], float)
        o, c, _ = choices[rng.choice(len(choices), p=weight / weight.sum())]
        out.append((o, c))
    return out


def planted(n: int, windows: list[tuple[int, int]], ramp: int) -> np.ndarray:
    """How far windows are open, 0 to 1; what is open in the first period is wholly so."""
    t, out = np.arange(n), np.zeros(n)
    for o, c in windows:
        out += 1.0 if o == 0 else np.clip((t - o + 1) / ramp, 0, 1)
        out -= np.clip((t - c + 1) / ramp, 0, 1)
    return out


def dated(n: int, windows: list[tuple[int, int]], ramp: int) -> list[tuple[int, int]]:
    """When they are first more, then less than half open; n is not within the series."""
    half = ramp // 2
    return [(o + half if o else 0, min(c + half, n)) for o, c in windows]


def reweighted(p_none: float, prior: float) -> float:
    """P(none) had its prior been another one."""
    odds = p_none / max(1 - p_none, 1e-300) * (1 - SETTINGS.p_none) / SETTINGS.p_none
    odds *= prior / (1 - prior)
    return odds / (1 + odds)


def peers(depth: np.ndarray) -> dict[str, list[int]]:
    """Places of change that ruptures and Rbeast report on the same series."""
    import Rbeast
    import ruptures

    # a penalty as of BIC, with the variance from first differences
    variance = float(np.median(np.abs(np.diff(depth))) / 0.6745) ** 2 / 2
    pelt = ruptures.Pelt(model="l2", min_size=2, jump=1).fit(depth)
    found = pelt.predict(pen=2 * np.log(len(depth)) * variance)[:-1]
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        beast = Rbeast.beast(depth, season="none", quiet=True, print_progress=False,
                             print_options=False, print_param=False, print_warning=False,
                             mcmc_seed=1)  # fmt: skip
    probable = np.atleast_1d(beast.trend.cpPr)
    at = np.atleast_1d(beast.trend.cp)
    return {
        "pelt": [int(b) for b in found],
        "rbeast": [int(a) - 1 for a, p in zip(at, probable, strict=True) if p >= 0.5],
    }


def null_series(cell: dict, seed: int) -> dict:
    series = {k: v for k, v in cell.items() if k != "settings"}
    other = {k: tuple(v) if isinstance(v, list) else v for k, v in cell.get("settings", {}).items()}
    rng = rng_of("null", series, seed)
    n = cell["periods"]
    se = rng.uniform(*ERRORS, n)
    drift = np.linspace(0, cell.get("drift", 0.0), n)
    depth = 0.3 + drift + movement_of(n, cell["sd"], cell["carry"], rng) + rng.normal(0, se)
    p = posterior(depth, se, np.arange(float(n)), replace(SETTINGS, **other))
    out = {"p_none": p.count[0], "named": bool(named_windows(p.table, 0.5))}
    return out | {name: len(at) for name, at in peers(depth).items()}


def null_cells() -> list[tuple[dict, int]]:
    out = []
    for n in (30, 50, 80):
        for carry in (0.0, 0.3, 0.6, 0.8, 0.9):
            for sd in (0.02, 0.05):
                out.append(({"periods": n, "carry": carry, "sd": sd}, 16))
        out.append(({"periods": n, "carry": 0.3, "sd": 0.02, "drift": 0.3}, 16))
    return out


def other_cells() -> list[tuple[dict, int]]:
    """The worst cell of null, the same series, under other settings."""
    cell = {"periods": 30, "carry": 0.8, "sd": 0.05}
    others: list[dict] = [{"min_contrast": 3.0}, {"movement_scale": 0.05}, {"p_none": 0.9}]
    return [(cell | {"settings": other}, 16) for other in [*others, {"ramps": [1]}]]


def null_summary(rows: list[dict]) -> dict:
    p = np.array([r["p_none"] for r in rows])
    return {
        "p_none_at_least_0.9": float(np.mean(p >= 0.9)),
        "the_same_with_prior_one_half": float(np.mean([reweighted(v, 0.5) >= 0.9 for v in p])),
        "median_p_none": float(np.median(p)),
        "window_named": float(np.mean([r["named"] for r in rows])),
        "pelt_reports_a_change": float(np.mean([r["pelt"] > 0 for r in rows])),
        "rbeast_reports_a_change": float(np.mean([r["rbeast"] > 0 for r in rows])),
    }


def other_summary(rows: list[dict]) -> dict:
    """The same, without what is re-weighted from the usual prior."""
    return {k: v for k, v in null_summary(rows).items() if k != "the_same_with_prior_one_half"}


def one_window(cell: dict, seed: int) -> dict:
    rng = rng_of("power", cell, seed)
    n, ramp = cell["periods"], cell["ramp"]
    se, where = rng.uniform(*ERRORS, n), placement(n, 1, ramp, rng)
    depth = 0.25 + movement_of(n, cell["sd"], cell["carry"], rng) + rng.normal(0, se)
    depth += cell["rise"] * planted(n, where, ramp)
    ((o, c),) = dated(n, where, ramp)
    p = posterior(depth, se, np.arange(float(n)), SETTINGS)
    out = {"p_none": p.count[0], "open_now": float(p.open[-1]), "is_open": c == n}
    hit = [g for _, g in named_windows(p.table, 0.5) if g[:c, o + 1 :].sum() > 0.5]
    out["found"] = bool(hit)
    if hit:
        given = hit[0]
        out |= dates_hold(given, o, c)
    # a change within two periods of each true one that lies inside the series
    true = [t for t in (o, c) if 0 < t < n]
    for name, at in peers(depth).items():
        out[name] = bool(true) and all(any(abs(a - t) <= 2 for a in at) for t in true)
    near = hit and all(
        abs(m - t) <= 2 for m, t in zip(medians(hit[0]), (o, c), strict=True) if 0 < t < n
    )
    return out | {"both_within_two": bool(true) and bool(near), "has_change": bool(true)}


def medians(given: np.ndarray) -> tuple[int, int]:
    return shortest_run(given.sum(axis=1))[0], shortest_run(given.sum(axis=0))[0]


def dates_hold(given: np.ndarray, o: int, c: int) -> dict:
    """Whether the printed intervals cover; closings are printed where it has probably closed."""
    n = len(given)
    _, low, high = shortest_run(given.sum(axis=1))
    out = {"opening": low <= o <= high, "opening_width": high - low + 1}
    _, low, high = shortest_run(durations(given))
    out["duration"] = low <= c - o <= high
    if given[:, n].sum() <= 0.5 and c < n:
        _, low, high = shortest_run(given.sum(axis=0)[:n])
        out |= {"closing": low <= c <= high, "closing_width": high - low + 1}
    return out


def power_cells() -> list[tuple[dict, int]]:
    return [
        ({"periods": 50, "carry": carry, "sd": sd, "rise": rise, "ramp": ramp}, 8)
        for ramp in SETTINGS.ramps
        for rise in (0.10, 0.15, 0.20, 0.30)
        for carry in (0.3, 0.7)
        for sd in (0.02, 0.05)
    ]


def power_summary(rows: list[dict]) -> dict:
    def share(name: str, among: list[dict]) -> float | None:
        values = [r[name] for r in among if name in r]
        return float(np.mean(values)) if values else None

    changed = [r for r in rows if r["has_change"]]
    p = [r["p_none"] for r in rows]
    return {
        "changed": len(changed),  # series in which something opens or closes
        "found": share("found", rows),
        "p_none_below_one_half": float(np.mean(np.array(p) < 0.5)),
        "the_same_with_prior_one_half": float(np.mean([reweighted(v, 0.5) < 0.5 for v in p])),
        "opening_covered": [int(sum(r.get("opening", 0) for r in rows)),
                            sum("opening" in r for r in rows)],
        "closing_covered": [int(sum(r.get("closing", 0) for r in rows)),
                            sum("closing" in r for r in rows)],
        "duration_covered": [int(sum(r.get("duration", 0) for r in rows)),
                             sum("duration" in r for r in rows)],
        "mean_opening_width": share("opening_width", rows),
        "mean_closing_width": share("closing_width", rows),
        "open_now_brier": float(np.mean([(r["open_now"] - r["is_open"]) ** 2 for r in rows])),
        "both_changes_within_two_periods": share("both_within_two", changed),
        "pelt_finds_both": share("pelt", changed),
        "rbeast_finds_both": share("rbeast", changed),
    }  # fmt: skip


def from_prior(n: int, count: int, ramp: int, rng: np.random.Generator) -> tuple:
    """Depths, errors, and dated windows, with the rest drawn from the prior of the settings."""
    sd = 0.0
    low, high = (end * SETTINGS.movement_scale for end in ENDS)
    while not low < sd < high:
        sd = abs(rng.normal(0, SETTINGS.movement_scale))
    carry, se = rng.uniform(0, 0.98), rng.uniform(*ERRORS, n)
    least = max(SETTINGS.min_rise, SETTINGS.min_contrast * sd)
    rise = least + abs(rng.normal(0, SETTINGS.rise_scale))
    depth = rng.uniform(0, 1) + movement_of(n, sd, carry, rng) + rng.normal(0, se)
    where = placement(n, count, ramp, rng)
    depth += rise * planted(n, where, ramp)
    return depth, se, dated(n, where, ramp)


def ramp_from_prior(n: int, rng: np.random.Generator) -> int:
    prior = ramps(n, SETTINGS)
    return int(rng.choice(list(prior), p=list(prior.values())))


def calibrated(cell: dict, seed: int) -> dict:
    rng = rng_of("calibrated", cell, seed)
    n = cell["periods"]
    settings = WindowSettings(p_none=0.5)
    ramp = ramp_from_prior(n, rng)
    prior, _ = count_prior(n, settings, ramp)
    count = int(rng.choice(len(prior), p=prior))
    depth, se, found = from_prior(n, count, ramp, rng)
    p = posterior(depth, se, np.arange(float(n)), settings)
    truth = np.zeros(n)
    for o, c in found:
        truth[o:c] = 1
    return {
        "some": 1 - p.count[0],
        "is_some": count > 0,
        "now": p.open[-1],
        "is_now": truth[-1] > 0,
        "open": p.open.tolist(),
        "is_open": truth.tolist(),
    }


def reliability(said: np.ndarray, true: np.ndarray) -> dict:
    edges = np.array([0, 0.05, 0.2, 0.4, 0.6, 0.8, 0.95, 1.0001])
    bins = []
    for a, b in pairwise(edges):
        inside = (said >= a) & (said < b)
        if inside.any():
            bins.append({"from": round(float(a), 2), "n": int(inside.sum()),
                         "said": float(said[inside].mean()),
                         "happened": float(true[inside].mean())})  # fmt: skip
    base = float(true.mean())
    return {"brier": float(np.mean((said - true) ** 2)), "brier_of_base_rate": base * (1 - base),
            "bins": bins}  # fmt: skip


def calibrated_summary(rows: list[dict]) -> dict:
    def both(said: str, true: str) -> dict:
        pick = [np.concatenate([np.atleast_1d(r[k]) for r in rows]) for k in (said, true)]
        return reliability(pick[0].astype(float), pick[1].astype(float))

    return {
        "some_window": both("some", "is_some"),
        "open_now": both("now", "is_now"),
        "open_in_each_period": both("open", "is_open"),
    }


def ranks(cell: dict, seed: int) -> dict:
    rng = rng_of("ranks", cell, seed)
    n = cell["periods"]
    depth, se, ((o, c),) = from_prior(n, 1, ramp_from_prior(n, rng), rng)
    p = posterior(depth, se, np.arange(float(n)), WindowSettings(max_windows=1))
    given = p.table / p.table.sum()
    masses = {
        "opening": (given.sum(axis=1), o),
        "closing": (given.sum(axis=0), c),
        "duration": (durations(given), c - o),
    }
    out = {}
    for name, (mass, at) in masses.items():
        _, low, high = shortest_run(mass)
        out[name] = float(mass[:at].sum() + rng.random() * mass[at])
        out[f"{name}_middle"] = float(mass[:at].sum() + 0.5 * mass[at])
        out[f"{name}_covered"] = bool(low <= at <= high)
    return out


def ranks_summary(rows: list[dict]) -> dict:
    out = {}
    for name in ("opening", "closing", "duration"):
        rank = np.array([r[name] for r in rows])
        middle = np.array([r[f"{name}_middle"] for r in rows])
        out[name] = {
            "tenths": np.histogram(rank, 10, (0, 1 + 1e-9))[0].tolist(),
            "mean_middle_rank": float(middle.mean()),
            "its_standard_error": float(middle.std(ddof=1) / len(middle) ** 0.5),
            "kolmogorov_smirnov_p": float(kstest(np.clip(rank, 0, 1), "uniform").pvalue),
            "covered_by_95": float(np.mean([r[f"{name}_covered"] for r in rows])),
        }
    return out


PARTS = {
    "null": (null_series, null_cells, null_summary),
    "other_settings": (null_series, other_cells, other_summary),
    "power": (one_window, power_cells, power_summary),
    "calibrated": (calibrated, lambda: [({"periods": 40}, 150)], calibrated_summary),
    "ranks": (ranks, lambda: [({"periods": 40}, 300)], ranks_summary),
}


def pooled(done: dict) -> dict:
    """The cells of null and of power, summed up; shares are over all series of the cells named."""
    out: dict = {}
    red = [k for k in done.get("null", [])
           if k["cell"]["carry"] <= 0.8 and "drift" not in k["cell"]]  # fmt: skip
    if red:
        key = "p_none_at_least_0.9"
        worst = min(red, key=lambda k: k[key])
        out["null"] = {
            "cells": len(red),
            "series": sum(k["replicates"] for k in red),
            key: average(red, key),
            "worst_cell": worst["cell"] | {key: worst[key], "series": worst["replicates"]},
        }
    out["power"] = [
        {
            "sd": sd,
            "ramp": ramp,
            "rise": rise,
            "series": sum(k["replicates"] for k in some),
            **{name: average(some, name) for name in AVERAGED},
        }
        for sd, ramp, rise, some in alike(done.get("power", []))
    ]
    out["dates"] = {
        f"ramp {ramp}": {
            name: np.sum([k[f"{name}_covered"] for k in cells], axis=0).tolist()
            for name in ("opening", "closing", "duration")
        }
        for ramp in SETTINGS.ramps
        if (cells := [k for k in done.get("power", []) if k["cell"]["ramp"] == ramp])
    }
    return out


AVERAGED = ("found", "p_none_below_one_half", "the_same_with_prior_one_half", "open_now_brier")
AVERAGED += ("both_changes_within_two_periods", "pelt_finds_both", "rbeast_finds_both")


def average(cells: list[dict], name: str) -> float | None:
    """Over the series of the cells, those left out in which the question does not arise."""
    known = [(k[name], k["changed"] if "both" in name else k["replicates"])
             for k in cells if k[name] is not None]  # fmt: skip
    series = sum(n for _, n in known)
    return float(sum(value * n for value, n in known) / series) if series else None


def alike(cells: list[dict]) -> list[tuple]:
    """Cells of the same movement, ramp and rise, whatever the autocorrelation."""
    keys = sorted({(k["cell"]["sd"], k["cell"]["ramp"], k["cell"]["rise"]) for k in cells})
    return [
        (*key, [k for k in cells if (k["cell"]["sd"], k["cell"]["ramp"], k["cell"]["rise"]) == key])
        for key in keys
    ]


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--only", choices=PARTS)
    parser.add_argument("--workers", type=int, default=2)
    parser.add_argument("--share", type=float, default=1.0, help="of the replicates")
    args = parser.parse_args()
    done = json.loads(RESULT.read_text()) if RESULT.exists() else {}
    done |= {"command": "python bench/bench_windows.py", "machine": machine(),
             "settings": vars(SETTINGS) | {"errors": list(ERRORS)}}  # fmt: skip
    with Pool(args.workers) as pool:
        for name in [args.only] if args.only else list(PARTS):
            run, cells, summary = PARTS[name]
            kept = done.setdefault(name, [])
            for cell, replicates in cells():
                if any(k["cell"] == cell for k in kept):
                    continue
                n = max(2, round(replicates * args.share))
                rows = pool.starmap(run, [(cell, seed) for seed in range(n)], chunksize=4)
                kept.append({"cell": cell, "replicates": n, **summary(rows)})
                done["sizes"] = {
                    part: {"cells": len(done[part]),
                           "series": sum(k["replicates"] for k in done[part])}
                    for part in PARTS if part in done
                }  # fmt: skip
                done["pooled"] = pooled(done)
                RESULT.write_text(json.dumps(done, indent=1) + "\n")
                print(json.dumps(kept[-1]), flush=True)


if __name__ == "__main__":
    main()
