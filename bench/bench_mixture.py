"""Does one bloc get its chance, are two found, and do probabilities mean what they say?

Run ``python bench/bench_mixture.py [--only PART] [--share 1.0]``; results go to
``bench/results/mixture.json`` after every cell. About 40 minutes of processor time, of which the
calibration takes half; stopped, it goes on where it was.

- **grow**: P(one bloc) in records of one bloc on a line (diffuse and concentrated agenda), of two
  groups at two places of one line, of two factions beyond it, and of a second continuous dimension.
- **dirichlet**: the same likelihood with the usual Dirichlet process in place of our prior.
- **mixing**: sweeps that one independent draw of "one bloc or more" costs, with and without blind
  proposals, in chains that start from a draw of the prior.
- **calibration**: blocs, items and choices drawn from the prior: among cases given P(one bloc) = p,
  is a share p of one bloc; the same for two members together; ranks of the number among its draws.
- **real**: the groups of the 109th Senate and the Democrats of the 90th, in one and two dimensions.
- **speed**: processor seconds.
"""

from __future__ import annotations

import argparse
import json
import math
import os
import sys
import time
from collections.abc import Iterator
from dataclasses import replace
from itertools import pairwise
from pathlib import Path
from unittest import mock

for _name in ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS"):
    os.environ[_name] = "1"

import numpy as np
from _machine import machine
from _shares import exact_interval
from joblib import Parallel, delayed
from scipy import special

sys.path.insert(0, str(Path(__file__).parent.parent / "tests"))

import bodies
import fissure as fs
from fissure.errors import DataError
from fissure.matrix import Matrix
from fissure.models import mixture_moves
from fissure.models.mixture import BlocMixture
from fissure.models.mixture_chain import Chain, draw_hyper
from fissure.models.partitions import PartitionPrior

ROOT = Path(__file__).parent
OUT = ROOT / "results" / "mixture.json"
SENATE = ROOT.parent.parent / "shared" / "data" / "us_senate_070_119"


# -- worlds: chances of yea, and the blocs beyond the line -----------------------------------------


def line(n: int, j: int, rng: np.random.Generator, x: np.ndarray, concentrated: bool) -> np.ndarray:
    if not concentrated:
        return rng.normal(0, 0.7, j) + x[:, None] * rng.normal(0, 1.3, j)
    slope = 2.0 * np.where(rng.random(j) < 0.5, -1, 1)
    return slope * (x[:, None] - rng.normal(0, 0.2, j))


def one(n, j, rng, concentrated=False):
    return line(n, j, rng, rng.standard_normal(n), concentrated), np.zeros(n, int)


def concentrated(n, j, rng):
    return one(n, j, rng, True)


def two_places(n, j, rng):
    x = np.where(rng.random(n) < 0.5, -1.0, 1.0) + 0.3 * rng.standard_normal(n)
    return line(n, j, rng, x, False), np.zeros(n, int)


def factions(share, n, j, rng, is_concentrated=False):
    bloc = (rng.permutation(n) < round(0.4 * n)).astype(int)
    shift = (rng.permutation(j) < round(share * j)) * np.where(rng.random(j) < 0.5, -1.0, 1.0)
    m = line(n, j, rng, rng.standard_normal(n), is_concentrated)
    return m + shift * np.where(bloc, 1, -1)[:, None], bloc


def plane(n, j, rng):
    m = line(n, j, rng, rng.standard_normal(n), False)
    return m + rng.standard_normal((n, 1)) * rng.normal(0, 0.7, j), np.zeros(n, int)


WORLDS = {
    "one bloc, diffuse agenda": (one, (1,)),
    "one bloc, concentrated agenda": (concentrated, (1,)),
    "two places of one line": (two_places, (1,)),
    "two factions on 10% of items": (lambda *a: factions(0.1, *a), (1,)),
    "two factions on 25% of items": (lambda *a: factions(0.25, *a), (1,)),
    "two factions on 10% of items, concentrated agenda": (
        lambda *a: factions(0.1, *a, is_concentrated=True),
        (1,),
    ),
    "a second continuous dimension": (plane, (1, 2)),
}
SIZES = ((100, 300), (50, 100), (25, 50), (435, 300))


def rand(a: np.ndarray, b: np.ndarray) -> float:
    """Share of pairs on which two partitions agree."""
    same = (a[:, None] == a) == (b[:, None] == b)
    return float((same.sum() - len(a)) / (len(a) * (len(a) - 1)))


def grow(share: float) -> Iterator[dict[str, object]]:
    for n, j in SIZES:
        for world, (make, dims_tried) in WORLDS.items():
            for dims in dims_tried:
                told = {"p_one": [], "p_two": [], "agree": [], "pairs_right": []}
                for r in range(max(2, int((2 if n > 300 else 5) * share))):
                    rng = np.random.default_rng([4, r, n])
                    m, bloc = make(n, j, rng)
                    y = np.where(rng.random(m.shape) < special.ndtr(m), 1, -1).astype(np.int8)
                    fit = BlocMixture(dims=dims, seed=r).fit(bodies.matrix(y))
                    number = fit.number
                    told["p_one"].append(round(number.p_one, 3))
                    told["p_two"].append(round(number.probabilities[1], 3))
                    told["agree"].append(number.chains.agree)
                    first = fit.to_frame().sort("actor")["bloc"].to_numpy()
                    ids = np.argsort([f"m{i:02}" for i in range(n)])
                    told["pairs_right"].append(round(rand(first, bloc[ids]), 3))
                yield {"world": world, "actors": n, "items": j, "dims": dims, **told}


# -- a Dirichlet process ---------------------------------------------------------------------------


class DirichletPrior(PartitionPrior):
    """p(C) ∝ Π_k Γ(n_k): a Dirichlet process of concentration 1, cut at ``most`` blocs."""

    @property
    def more(self) -> float:
        return 0.0

    def log_prior(self, sizes: np.ndarray) -> float:
        if len(sizes) > self.most:
            return -math.inf
        return sum(math.lgamma(size) for size in sizes) - math.lgamma(self.n + 1)


class DirichletMixture(BlocMixture):
    """The same sampler under that prior, where a bloc may be one member."""

    def prior(self, n_actors: int) -> PartitionPrior:
        return DirichletPrior(n_actors, 1, (1.0,) * 8)


def quick(kind: type[BlocMixture], seed: int) -> BlocMixture:
    return kind(chains=2, draws=100, seed=seed)


def dirichlet(share: float) -> Iterator[dict[str, object]]:
    j = 100
    for n in (25, 100, 50):
        told: dict[str, list[float]] = {"ours": [], "dirichlet": [], "dirichlet_mean_blocs": []}
        for r in range(max(1, int(5 * share))):
            rng = np.random.default_rng([7, r, n])
            m, _ = one(n, j, rng)
            y = np.where(rng.random(m.shape) < special.ndtr(m), 1, -1).astype(np.int8)
            matrix = bodies.matrix(y)
            told["ours"].append(round(quick(BlocMixture, r).fit(matrix).number.p_one, 3))
            fit = quick(DirichletMixture, r).fit(matrix)
            told["dirichlet"].append(round(fit.number.p_one, 3))
            told["dirichlet_mean_blocs"].append(round(float(fit.labels.max(axis=1).mean()) + 1, 2))
        yield {"actors": n, "items": j, "prior_of_one_ours": 0.5, "dirichlet_prior": 1 / n, **told}


# -- mixing ----------------------------------------------------------------------------------------


def sweeps_a_draw(v: np.ndarray) -> float:
    """Autocorrelation time, by the initial positive sequence of Geyer (1992)."""
    off = v - v.mean()
    rho = np.correlate(off, off, "full")[len(v) - 1 :] / max(off @ off, 1e-300)
    pairs = rho[0 : len(v) - 1 : 2] + rho[1 : len(v) : 2]
    return float(2 * pairs[: int((pairs <= 0).argmax()) or len(pairs)].sum() - 1)


def mixing(share: float) -> Iterator[dict[str, object]]:
    for n, j in ((16, 30), (30, 80)):
        for blind in (0.0, mixture_moves.BLIND):
            told: dict[str, list[float]] = {"p_one": [], "sweeps_a_draw": []}
            for r in range(3):
                y, *_ = drawn(n, j, np.random.default_rng([5, r]))
                rng = np.random.default_rng([9, r])
                prior = CALIBRATED.prior(n)
                start = prior.draw(rng)
                x = rng.standard_normal((n, 1))
                chain = Chain(np.ascontiguousarray(y.T), x, start, prior, rng)
                number = []
                with mock.patch.object(mixture_moves, "BLIND", blind):
                    for _ in range(int(1500 * share)):
                        chain.sweep(CALIBRATED.moves)
                        number.append(chain.n_blocs)
                one_bloc = np.array(number[len(number) // 5 :]) == 1
                told["p_one"].append(round(float(one_bloc.mean()), 3))
                told["sweeps_a_draw"].append(round(sweeps_a_draw(one_bloc.astype(float)), 1))
            yield {"actors": n, "items": j, "blind": blind, **told}


# -- calibration -----------------------------------------------------------------------------------


def classes(said: np.ndarray, was: np.ndarray, edges: tuple[float, ...]) -> list[dict[str, object]]:
    """By class of probability: mean said, share that was, and a band that holds for all classes at
    once (Bonferroni).
    """
    rows = []
    parts = [(said >= a) & ((said < b) | (b == 1.0)) for a, b in pairwise(edges)]
    parts = [p for p in parts if p.any()]
    for part in parts:
        k, n = int(was[part].sum()), int(part.sum())
        band = exact_interval(k, n, 0.05 / len(parts))
        mean = round(float(said[part].mean()), 4)
        inside = band[0] <= mean <= band[1]
        row = {"cases": n, "said": mean, "was": round(k / n, 4), "band": band}
        rows.append({**row, "inside": inside})
    return rows


#: Fewer chains and draws than by default, for time.
CALIBRATED = BlocMixture(chains=2, draws=500, max_blocs=4, threads=1)
#: Sizes, and replicates of each.
TRIED = ((30, 80, 320), (16, 30, 320))


def drawn(n: int, j: int, rng: np.random.Generator) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Choices, blocs and dividing items from the prior."""
    bloc, hyper = CALIBRATED.prior(n).draw(rng), draw_hyper(rng)
    level = np.sqrt(hyper[2]) * rng.standard_normal(j)
    slope = np.sqrt(hyper[3]) * rng.standard_normal(j)
    shift = np.sqrt(hyper[1]) * rng.standard_normal((int(bloc.max()) + 1, j))
    divides = rng.random(j) < hyper[0]
    shift = (shift - shift.mean(axis=0)) * divides
    m = level + shift[bloc] + slope * rng.standard_normal((n, 1))
    return np.where(rng.random((n, j)) < special.ndtr(m), 1, -1).astype(np.int8), bloc, divides


def replicate(n: int, j: int, r: int) -> tuple[float, ...] | None:
    """One draw from the prior and what is said of it: P(one), whether it was; P(two members
    together), whether they were; the rank of the number among its draws; whether chains agree on
    one; the Monte Carlo error of P(one); whether the interval of the dividing share holds it (NaN
    where the truth or the answer has one bloc).
    """
    rng = np.random.default_rng([5, r])
    y, bloc, divides = drawn(n, j, rng)
    t = int(bloc.max()) + 1
    try:
        fit = replace(CALIBRATED, seed=r).fit(bodies.matrix(y))
    except DataError:
        return None
    number, share = fit.labels.max(axis=1) + 1, fit.number.dividing
    held = math.nan
    if t > 1 and share is not None:
        held = float(share.low <= divides.mean() <= share.high)
    told = (
        fit.number.p_one,
        t == 1,
        (fit.labels[:, 0] == fit.labels[:, 1]).mean(),
        bloc[0] == bloc[1],
        (number < t).mean() + rng.random() * (number == t).mean(),
        fit.number.chains.agree_on_one,
        fit.number.chains.error_one,
        held,
    )
    return tuple(round(float(v), 4) for v in told)


def judged(told: np.ndarray) -> dict[str, object]:
    """What a number of replicates say together."""
    edges = (0, 0.05, 0.2, 0.4, 0.6, 0.8, 0.95, 1.0)
    said, was, pair_said, pair_was, ranks, agree, error, held = told.T
    tenth = exact_interval(round(len(told) / 10), len(told), 0.05 / 10)
    held = held[~np.isnan(held)]
    # would be 1 where what is said is right, less where it varies for no reason
    slope = float(np.cov(said, was)[0, 1] / said.var(ddof=1))
    return {
        "replicates": len(told),
        "share_of_one": round(float(was.mean()), 4),
        "mean_p_one": round(float(said.mean()), 4),
        "slope_of_truth_on_said": [
            round(slope, 3),
            round(float(np.sqrt((was - said).var() / said.var() / len(told))), 3),
        ],
        "one_bloc": classes(said, was, edges),
        "one_bloc_where_chains_agree": classes(said[agree == 1], was[agree == 1], edges),
        "together": classes(pair_said, pair_was, edges),
        "rank_histogram": np.histogram(ranks, 10, (0, 1))[0].tolist(),
        "rank_band": [round(v * len(told), 1) for v in tenth],
        "dividing_held": [int(held.sum()), len(held)],
        "chains_agree_on_one": round(float(agree.mean()), 4),
        "mean_error_of_p_one": round(float(error.mean()), 4),
    }


def calibration(share: float) -> Iterator[dict[str, object]]:
    kept = json.loads(OUT.read_text()).get("calibration", {}) if OUT.exists() else {}
    before = {(c["actors"], c["items"]): c.get("rows", []) for c in kept.get("cells", [])}
    with Parallel(n_jobs=2) as pool:
        for n, j, most in TRIED:
            rows = before.get((n, j), [])
            for start in range(len(rows), int(most * share), 20):
                batch = pool(delayed(replicate)(n, j, r) for r in range(start, start + 20))
                rows += [" ".join(map(str, row)) for row in batch if row is not None]
                told = np.array([row.split() for row in rows], float)
                yield {"actors": n, "items": j, **judged(told), "rows": rows}


# -- real ------------------------------------------------------------------------------------------


def groups() -> Iterator[tuple[str, Matrix]]:
    whole = Matrix.from_records(fs.load("senate-109"))
    party = whole.actors["party"].to_numpy()
    yield "109th Senate, all", whole
    for name in ("R", "D"):
        yield (
            f"109th Senate, party = {name}",
            whole.of_actors(party == name, name=f"party = {name}", min_presence=0.1),
        )
    if SENATE.is_dir():
        body = Matrix.from_records(fs.read(SENATE, congress=90, chamber="Senate"))
        code = body.actors["party_code"].cast(str).to_numpy()
        is_democrat = np.array([c.startswith("100") for c in code])
        yield "90th Senate, Democrats", body.of_actors(is_democrat, name="D", min_presence=0.1)


def real(share: float) -> Iterator[dict[str, object]]:
    for name, matrix in groups():
        for dims in (1, 2):
            began = time.process_time()
            number = BlocMixture(dims=dims).fit(matrix).number
            yield {
                "group": name,
                "dims": dims,
                "actors": matrix.n_actors,
                "items": matrix.n_items,
                "probabilities": [round(p, 3) for p in number.probabilities],
                "representatives": [
                    {"weight": round(r.weight, 3), "sizes": [len(b) for b in r.blocs]}
                    for r in number.representatives
                ],
                "dividing": None if number.dividing is None else round(number.dividing.estimate, 3),
                "agree": number.chains.agree,
                "agree_on_one": number.chains.agree_on_one,
                "error_one": round(number.chains.error_one, 3),
                "sentence": number.sentence,
                "cpu_seconds": round(time.process_time() - began, 1),
            }


def speed(share: float) -> Iterator[dict[str, object]]:
    rng = np.random.default_rng(6)
    for make in (one, lambda *a: factions(0.1, *a)):
        m, bloc = make(435, 1000, rng)
        y = np.where(rng.random(m.shape) < special.ndtr(m), 1, -1).astype(np.int8)
        matrix = bodies.matrix(y)
        began = time.process_time()
        number = BlocMixture().fit(matrix).number
        took = round(time.process_time() - began, 1)
        yield {
            "actors": 435,
            "items": 1000,
            "blocs": int(bloc.max()) + 1,
            "p_one": number.p_one,
            "cpu_seconds": took,
        }


PARTS = {
    "calibration": calibration,
    "real": real,
    "grow": grow,
    "dirichlet": dirichlet,
    "mixing": mixing,
    "speed": speed,
}


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--only", choices=list(PARTS))
    parser.add_argument("--share", type=float, default=1.0)
    chosen = parser.parse_args()
    for part in PARTS:
        if chosen.only in (None, part):
            began = time.process_time()
            cells: list[dict[str, object]] = []
            for cell in PARTS[part](chosen.share):
                stored = json.loads(OUT.read_text()) if OUT.exists() else {}
                if part == "calibration":  # goes on where it was, one cell a size
                    kept = stored.get(part, {}).get("cells", [])
                    cells = [c for c in kept if c["actors"] != cell["actors"]]
                cells = [*cells, cell]
                took = round(time.process_time() - began, 1)
                stored[part] = {"cells": cells, "cpu_seconds": took, "machine": machine()}
                OUT.write_text(json.dumps(stored, indent=1) + "\n")


if __name__ == "__main__":
    main()
