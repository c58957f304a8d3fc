"""Does one bloc get its chance, are two found, and do probabilities mean what they say?

Run ``python bench/bench_mixture.py [--only PART] [--share 1.0] [--again]``; results go to
``bench/results/mixture.json`` after every cell, and cells already there are not run again.
``--table`` prints the table of **grow**.

- **calibration**: blocs, items and choices drawn from the prior (simulation-based calibration,
  Talts et al. 2018): among cases given P(one bloc) = p, is a share p of one bloc; the same for two
  members together; ranks of the number among its draws.
- **reread**: bodies of the calibration with a high P(one) once more, with the default chains: how
  much of what is said is Monte Carlo error.
- **grow**: P(one bloc) in growing records of one bloc on a line (diffuse and concentrated agenda),
  of two groups at two places of one line, of two factions beyond it, and of a second continuous
  dimension.
- **dividing**: intervals of the share of dividing items, where 0.25 was planted.
- **dirichlet**: the same likelihood with the usual Dirichlet process in place of our prior.
- **mixing**: sweeps that one independent draw of "one bloc or more" costs, with and without blind
  proposals, in chains that start from a draw of the prior.
- **real**: the groups of the 109th Senate and the Democrats of the 90th, in one and two dimensions.
- **speed**: processor seconds.
"""

from __future__ import annotations

import argparse
import itertools
import json
import math
import os
import sys
import time
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any
from unittest import mock

for _name in ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS"):
    os.environ[_name] = "1"

import numpy as np
from _machine import machine
from _shares import exact_interval
from joblib import Parallel, delayed
from scipy import special, stats

sys.path.insert(0, str(Path(__file__).parent.parent / "tests"))

import bodies
import fissure as fs
from fissure.errors import DataError
from fissure.matrix import Matrix
from fissure.models import mixture_moves
from fissure.models.mixture import BlocMixture
from fissure.models.mixture_chain import Chain, draw_hyper
from fissure.models.partitions import PartitionPrior

#: Processes that calibrate at once.
JOBS = int(os.environ.get("FISSURE_BENCH_JOBS", "2"))
ROOT = Path(__file__).parent
OUT = ROOT / "results" / "mixture.json"
SENATE = ROOT.parent.parent / "shared" / "data" / "us_senate_070_119"


# -- worlds: chances of yea, and the blocs beyond the line -----------------------------------------


def line(n: int, j: int, rng: np.random.Generator, x: np.ndarray, concentrated: bool) -> np.ndarray:
    if not concentrated:
        return rng.normal(0, 0.7, j) + x[:, None] * rng.normal(0, 1.3, j)
    slope = 2.0 * np.where(rng.random(j) < 0.5, -1, 1)
    return slope * (x[:, None] - rng.normal(0, 0.2, j))


def one(n, j, rng, is_concentrated=False):
    return line(n, j, rng, rng.standard_normal(n), is_concentrated), np.zeros(n, int)


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
    "one bloc, concentrated agenda": (lambda *a: one(*a, True), (1,)),
    "two places of one line": (two_places, (1,)),
    "two factions on 10% of items": (lambda *a: factions(0.1, *a), (1,)),
    "two factions on 25% of items": (lambda *a: factions(0.25, *a), (1,)),
    "two factions on 10% of items, concentrated agenda": (
        lambda *a: factions(0.1, *a, is_concentrated=True),
        (1,),
    ),
    "a second continuous dimension": (plane, (1, 2)),
}
#: Members, items, and bodies drawn.
SIZES = ((20, 60, 5), (40, 120, 8), (100, 300, 8), (200, 600, 4))
#: What tells one cell of a part from another.
NAMES = ("world", "group", "actors", "items", "dims", "blind", "shifts")

Cell = dict[str, Any]
Kept = dict[tuple[object, ...], Cell]


def key(cell: Cell) -> tuple[object, ...]:
    return tuple(cell.get(name) for name in NAMES)


def is_there(kept: Kept, bodies_wanted: int, cell: Cell) -> bool:
    return kept.get(key(cell), {}).get("bodies", 0) >= bodies_wanted


def columns(rows: list[Cell]) -> Cell:
    return {"bodies": len(rows), **{k: [row[k] for row in rows] for k in rows[0]}}


def chosen(m: np.ndarray, rng: np.random.Generator) -> Matrix:
    """Choices with probit chances m."""
    return bodies.matrix(np.where(rng.random(m.shape) < special.ndtr(m), 1, -1).astype(np.int8))


def rand(a: np.ndarray, b: np.ndarray) -> float:
    """Share of pairs on which two partitions agree."""
    same = (a[:, None] == a) == (b[:, None] == b)
    return float((same.sum() - len(a)) / (len(a) * (len(a) - 1)))


def grown(make: Callable, n: int, j: int, dims: int, r: int) -> Cell:
    rng = np.random.default_rng([4, r, n])
    m, bloc = make(n, j, rng)
    fit = BlocMixture(dims=dims, seed=r).fit(chosen(m, rng))
    first = fit.to_frame().sort("actor")["bloc"].to_numpy()
    ids = np.argsort([f"m{i:02}" for i in range(n)])
    return {
        "p_one": round(fit.number.p_one, 3),
        "p_two": round(fit.number.probabilities[1], 3),
        "agree": fit.number.chains.agree,
        "agree_on_one": fit.number.chains.agree_on_one,
        "pairs_right": round(rand(first, bloc[ids]), 3),
    }


def grow(share: float, kept: Kept) -> Iterator[Cell]:
    for n, j, most in SIZES:
        count = max(2, round(most * share))
        for world, (make, dims_tried) in WORLDS.items():
            for dims in dims_tried:
                cell = {"world": world, "actors": n, "items": j, "dims": dims}
                if not is_there(kept, count, cell):
                    yield cell | columns([grown(make, n, j, dims, r) for r in range(count)])


def growth_table(cells: list[Cell]) -> str:
    """Mean P(one), with the least and the greatest, by size; pairs placed rightly for factions."""
    sizes = sorted({(c["actors"], c["items"]) for c in cells})
    lines = ["| records | " + " | ".join(f"{n} × {j}" for n, j in sizes) + " |"]
    lines.append("|---" * (len(sizes) + 1) + "|")
    at = {(c["world"], c["dims"], c["actors"]): c for c in cells}
    for world, dims in dict.fromkeys((c["world"], c["dims"]) for c in cells):
        row = [world + (f", `dims={dims}`" if "dimension" in world else "")]
        for n, _ in sizes:
            cell = at.get((world, dims, n))
            p = cell["p_one"] if cell else [math.nan]
            text = f"{np.mean(p):.2f} ({min(p):.2f} to {max(p):.2f})"
            if cell and "factions" in world:
                text += f", {np.mean(cell['pairs_right']):.0%}"
            row.append(text)
        lines.append("| " + " | ".join(row) + " |")
    return "\n".join(lines)


# -- the share of dividing items -------------------------------------------------------------------


def shifted(n: int, j: int, kind: str, r: int) -> Cell:
    rng = np.random.default_rng([8, r, n])
    m = line(n, j, rng, rng.standard_normal(n), False)
    size = rng.normal(0, 1.2, j) if kind == "normal" else np.where(rng.random(j) < 0.5, -1.2, 1.2)
    shift = (rng.permutation(j) < round(0.25 * j)) * size
    m += shift * np.where(rng.permutation(n) < 0.4 * n, 1, -1)[:, None]
    found = BlocMixture(seed=r).fit(chosen(m, rng)).number.dividing
    said = None if found is None else [round(v, 3) for v in (found.estimate, found.low, found.high)]
    return {"dividing": said, "held": found is not None and found.low <= 0.25 <= found.high}


def dividing(share: float, kept: Kept) -> Iterator[Cell]:
    for n, j in ((40, 120), (100, 300)):
        for kind in ("normal", "of one size"):
            cell, count = {"actors": n, "items": j, "shifts": kind}, max(2, round(8 * share))
            if not is_there(kept, count, cell):
                yield cell | columns([shifted(n, j, kind, r) for r in range(count)])


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
        return DirichletPrior(n_actors, 1, (1.0,) * 12)


def both(n: int, j: int, r: int) -> Cell:
    """One body of one bloc, under our prior, under ours with blocs of one, under Dirichlet's."""
    rng = np.random.default_rng([7, r, n])
    matrix = chosen(one(n, j, rng)[0], rng)
    told: Cell = {}
    kinds = {
        "ours": BlocMixture(),
        "ours_of_one": BlocMixture(min_bloc=1),
        "dirichlet": DirichletMixture(),
    }
    for name, kind in kinds.items():
        # one proposal in n draws one given member: hence the many
        fit = replace(kind, chains=2, draws=150, moves=8, seed=r).fit(matrix)
        told[name] = round(fit.number.p_one, 3)
        told[name + "_error"] = round(fit.number.chains.error_one, 3)
    told["dirichlet_mean_blocs"] = round(float(fit.labels.max(axis=1).mean()) + 1, 2)
    return told


def dirichlet(share: float, kept: Kept) -> Iterator[Cell]:
    for n, j in itertools.product((16, 32, 64, 128), (20, 100)):
        cell, count = {"actors": n, "items": j}, max(2, round(6 * share))
        if not is_there(kept, count, cell):
            yield cell | {"dirichlet_prior": 1 / n} | columns([both(n, j, r) for r in range(count)])


# -- mixing ----------------------------------------------------------------------------------------


def sweeps_a_draw(v: np.ndarray) -> float | None:
    """Autocorrelation time, by the initial positive sequence of Geyer (1992); None where nothing
    varies.
    """
    off = v - v.mean()
    if not off.any():
        return None
    rho = np.correlate(off, off, "full")[len(v) - 1 :] / (off @ off)
    pairs = rho[0 : len(v) - 1 : 2] + rho[1 : len(v) : 2]
    return round(float(2 * pairs[: int((pairs <= 0).argmax()) or len(pairs)].sum() - 1), 1)


def mixed(n: int, j: int, blind: float, sweeps: int, r: int) -> Cell:
    """One long chain from a draw of the prior."""
    y, *_ = drawn(n, j, np.random.default_rng([5, r]))
    rng, prior = np.random.default_rng([9, r]), CALIBRATED.prior(n)
    start, x = prior.draw(rng), rng.standard_normal((n, 1))
    chain, is_one = Chain(np.ascontiguousarray(y.T), x, start, prior, rng), []
    with mock.patch.object(mixture_moves, "BLIND", blind):
        for _ in range(sweeps):
            chain.sweep(CALIBRATED.moves)
            is_one.append(chain.n_blocs == 1)
    late = np.array(is_one[sweeps // 5 :], float)
    return {"p_one": round(late.mean(), 3), "sweeps_a_draw": sweeps_a_draw(late)}


def mixing(share: float, kept: Kept) -> Iterator[Cell]:
    for (n, j), blind in itertools.product(((16, 30), (30, 80)), (0.0, mixture_moves.BLIND)):
        cell, count = {"actors": n, "items": j, "blind": blind}, max(2, round(8 * share))
        if not is_there(kept, count, cell):
            yield cell | columns([mixed(n, j, blind, 4000, r) for r in range(count)])


# -- calibration -----------------------------------------------------------------------------------


def classes(said: np.ndarray, was: np.ndarray, edges: tuple[float, ...]) -> list[dict[str, object]]:
    """By class of probability: mean said, share that was, and a band that holds for all classes at
    once (Bonferroni).
    """
    rows = []
    parts = [(said >= a) & ((said < b) | (b == 1.0)) for a, b in itertools.pairwise(edges)]
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
#: A body in which no item divides anybody is not asked; its place is kept.
UNANIMOUS = "unanimous"
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


def replicate(n: int, j: int, r: int) -> str:
    """One draw from the prior and what is said of it: P(one), whether it was; P(two members
    together), whether they were; the rank of the number among its draws; whether chains agree on
    one; the Monte Carlo error of P(one); whether the interval of the dividing share holds it (NaN
    where the truth or the answer has one bloc).
    """
    rng = np.random.default_rng([6, r, n])
    y, bloc, divides = drawn(n, j, rng)
    t = int(bloc.max()) + 1
    try:
        fit = replace(CALIBRATED, seed=r).fit(bodies.matrix(y))
    except DataError:
        return UNANIMOUS
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
    return " ".join(str(round(float(v), 4)) for v in told)


def z(said: np.ndarray, was: np.ndarray) -> float:
    """Spiegelhalter (1986): standard normal where probabilities are right."""
    wide = (1 - 2 * said) ** 2 * said * (1 - said)
    return float(((was - said) * (1 - 2 * said)).sum() / np.sqrt(wide.sum()))


def judged(told: np.ndarray) -> dict[str, object]:
    """What a number of replicates say together."""
    edges = (0, 0.05, 0.2, 0.4, 0.6, 0.8, 0.95, 1.0)
    said, was, pair_said, pair_was, ranks, agree, error, held = told.T
    tenth = stats.binom.ppf([0.05 / 20, 1 - 0.05 / 20], len(told), 0.1)  # all ten at once
    held = held[~np.isnan(held)]
    # would be 1 where what is said is right, less where it varies for no reason
    slope = float(np.cov(said, was)[0, 1] / said.var(ddof=1))
    return {
        "replicates": len(told),
        "share_of_one": round(float(was.mean()), 4),
        # known: the prior's, 0.5
        "mean_p_one": [round(float(v), 4) for v in (said.mean(), said.std() / len(said) ** 0.5)],
        "slope_of_truth_on_said": [
            round(slope, 3),
            round(float(np.sqrt((was - said).var() / said.var() / len(told))), 3),
        ],
        "one_bloc": classes(said, was, edges),
        "together": classes(pair_said, pair_was, edges),
        "rank_histogram": np.histogram(ranks, 10, (0, 1))[0].tolist(),
        "rank_band": tenth.tolist(),
        "rank_ks_p": round(float(stats.kstest(ranks, "uniform").pvalue), 4),
        "spiegelhalter_z": [round(z(said, was), 2), round(z(pair_said, pair_was), 2)],
        "dividing_held": [int(held.sum()), len(held)],
        "chains_agree_on_one": round(float(agree.mean()), 4),
        "mean_error_of_p_one": round(float(error.mean()), 4),
    }


def calibration(share: float, kept: Kept) -> Iterator[Cell]:
    with Parallel(n_jobs=JOBS) as pool:
        for n, j, most in TRIED:
            cell = {"actors": n, "items": j}
            rows = kept.get(key(cell), {}).get("rows", [])
            for start in range(len(rows), int(most * share), 20):
                rows += pool(delayed(replicate)(n, j, r) for r in range(start, start + 20))
                told = np.array([row.split() for row in rows if row != UNANIMOUS], float)
                yield {**cell, **judged(told), "rows": rows}


def reread(share: float, kept: Kept) -> Iterator[Cell]:
    for before in json.loads(OUT.read_text())["calibration"]["cells"]:
        n, j = before["actors"], before["items"]
        rows = [row.split() for row in before["rows"]]
        high = [r for r, row in enumerate(rows) if row != [UNANIMOUS] and float(row[0]) >= 0.6]
        high, told = high[: round(20 * share)], []
        if is_there(kept, len(high), cell := {"actors": n, "items": j}):
            continue
        for r in high:
            y, *_ = drawn(n, j, np.random.default_rng([6, r, n]))
            fit = BlocMixture(max_blocs=CALIBRATED.max_blocs, seed=10_000 + r)
            again = round(fit.fit(bodies.matrix(y)).number.p_one, 3)
            told.append({"said": float(rows[r][0]), "again": again, "was": float(rows[r][1])})
        means = {k: round(float(np.mean([row[k] for row in told])), 3) for k in told[0]}
        yield cell | {"means": means} | columns(told)


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


def real(share: float, kept: Kept) -> Iterator[Cell]:
    for name, matrix in groups():
        for dims in (1, 2):
            size = {"actors": matrix.n_actors, "items": matrix.n_items}
            cell = {"group": name, "dims": dims, **size}
            if key(cell) in kept:
                continue
            number = BlocMixture(dims=dims).fit(matrix).number
            yield {
                **cell,
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
            }


def speed(share: float, kept: Kept) -> Iterator[Cell]:
    for world in ("one bloc, diffuse agenda", "two factions on 10% of items"):
        cell = {"world": world, "actors": 435, "items": 1000}
        if key(cell) not in kept:
            rng = np.random.default_rng(6)
            m, _ = WORLDS[world][0](435, 1000, rng)
            yield {**cell, "p_one": BlocMixture().fit(chosen(m, rng)).number.p_one}


PARTS = {
    "calibration": calibration,
    "reread": reread,
    "real": real,
    "grow": grow,
    "dividing": dividing,
    "dirichlet": dirichlet,
    "mixing": mixing,
    "speed": speed,
}


def run(part: str, share: float, again: bool) -> None:
    stored = json.loads(OUT.read_text()) if OUT.exists() else {}
    cells = {} if again else {key(c): c for c in stored.get(part, {}).get("cells", [])}
    began = time.process_time()
    for cell in PARTS[part](share, cells):
        took = time.process_time() - began
        before = cells.get(key(cell), {}).get("cpu_seconds", 0) if part == "calibration" else 0
        cells[key(cell)] = {**cell, "cpu_seconds": round(before + took, 1)}
        stored = json.loads(OUT.read_text()) if OUT.exists() else {}
        stored[part] = {"cells": list(cells.values()), "machine": machine()}
        OUT.write_text(json.dumps(stored, indent=1) + "\n")
        began = time.process_time()


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--only", choices=list(PARTS))
    parser.add_argument("--share", type=float, default=1.0, help="of the bodies")
    parser.add_argument("--again", action="store_true", help="run cells that are there anew")
    parser.add_argument("--table", action="store_true", help="print the table of grow; run nothing")
    asked = parser.parse_args()
    if asked.table:
        print(growth_table(json.loads(OUT.read_text())["grow"]["cells"]))
        return
    for part in [asked.only] if asked.only else PARTS:
        run(part, asked.share, asked.again)


if __name__ == "__main__":
    main()
