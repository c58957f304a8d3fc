"""Is a split as deep as the map says found in 80 of 100 cases, and what is the bound worth?

Run ``python bench/bench_detectable.py [--only PART] [--share 1.0]``; results go to
``bench/results/detectable.json`` after every part. About four minutes of processor time.

- **power**: splits planted anew at the depth that the map names, with other random numbers; the
  share found, and the share of unsplit groups called split. Over sizes, absences, groups with and
  without a line, and the two parties of the 109th Senate.
- **verdict**: the same with ``fs.split`` itself, all its halvings, draws and kinds.
- **bound**: the formula beside the simulation, over members, items and shares.
- **forwards**: with as many more items as are said, is the depth found in 80 of 100 cases?
- **speed**: processor seconds for the three groups of the 109th Senate, by stage.
"""

from __future__ import annotations

import argparse
import json
import os
import sys
import time
from pathlib import Path

for _name in ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS"):
    os.environ[_name] = "1"

import numpy as np
from _machine import machine
from _parts import scaled
from _shares import exact_interval

sys.path.insert(0, str(Path(__file__).parent.parent / "tests"))

import bodies
import fissure as fs
from fissure.matrix import Matrix
from fissure.models.ideal import IdealPoints
from fissure.results import MapCell
from fissure.split.groups import group_masks, item_turn
from fissure.split.null import null_depths
from fissure.unknowns.curve import Curve
from fissure.unknowns.detectability import QUICK, detectability
from fissure.unknowns.planted import Ground, draw_blocs, finds, flattest, ground, plant

OUT = Path(__file__).parent / "results" / "detectable.json"
SETTINGS = fs.SplitSettings()
FAST = fs.SplitSettings(**QUICK)
SHARES = (0.1, 0.2, 0.5)


def designs() -> dict[str, Matrix]:
    def rng(k: int) -> np.random.Generator:
        return np.random.default_rng([4, k])

    made = {
        "20 × 60, no line": bodies.matrix(bodies.one_body(20, 60, rng(1))),
        "20 × 60, line": bodies.matrix(bodies.on_a_line(20, 60, rng(2), slope=0.5)[0]),
        "50 × 200, no line": bodies.matrix(bodies.one_body(50, 200, rng(3))),
        "50 × 200, line, 40% absent": bodies.matrix(
            bodies.on_a_line(50, 200, rng(4), missing=0.4, slope=0.5)[0]
        ),
        "100 × 400, line": bodies.matrix(bodies.on_a_line(100, 400, rng(5), slope=0.5)[0]),
    }
    senate = Matrix.from_records(fs.load("senate-109"))
    for name, mask in group_masks(senate, "party", False)[:2]:
        part = senate.of_actors(mask, name=name, min_presence=SETTINGS.min_presence)
        made[f"109th Senate, {name}"] = part
    return made


def fresh_ground(matrix: Matrix, seed: int) -> tuple[Ground, float, np.ndarray]:
    """The group without a split and the critical value, with other random numbers."""
    y = matrix.dense()
    turn = item_turn(y)
    y = y * turn
    null_seed, line_seed = np.random.SeedSequence([4, seed]).spawn(2)
    null = null_depths(y, turn, SETTINGS.null_draws, 1, null_seed)
    critical = max(float(np.quantile(null, 1 - SETTINGS.level)), 0.0)
    fit = IdealPoints(threads=1).fit(matrix)
    slopes = fit.beta[:, 0] * turn
    return flattest(y, fit.positions[:, 0], slopes, critical, FAST, line_seed), critical, y


def power(share: float) -> list[dict[str, object]]:
    n_each = scaled(200, share)
    out: list[dict[str, object]] = []
    for number, (name, matrix) in enumerate(designs().items()):
        said = detectability(matrix, None, SETTINGS, 1, shares=SHARES, forward=False)
        base, critical, _ = fresh_ground(matrix, number)
        rng = np.random.default_rng([5, number])
        called = 0
        for _ in range(2 * n_each):
            y = np.where(rng.random(base.p.shape) < base.p, 1, -1) * base.seen
            called += finds(y.astype(np.int8), None, critical, FAST, rng)
        cells = []
        for cell in said.map:
            if cell.depth is None:
                cells.append({"bloc_share": cell.bloc_share, "direction": cell.direction,
                              "depth": None})  # fmt: skip
                continue
            hits, reached = 0, []
            again = _again(base, cell, critical, np.random.default_rng([10, number, cell.members]))
            for k in range(n_each):
                bloc = draw_blocs(base.order, cell.members, cell.direction, k % 2, rng)
                y, at = plant(base, bloc, cell.depth, rng)
                reached.append(at)
                hits += finds(y, bloc, critical, FAST, rng)
            cells.append({
                "bloc_share": cell.bloc_share, "direction": cell.direction,
                "members": cell.members, "depth": round(cell.depth, 4),
                "depth_again": again and round(again, 4),
                "depth_reached": round(float(np.mean(reached)), 4),
                "found": hits / n_each, "found_interval": exact_interval(hits, n_each),
            })  # fmt: skip
        out.append({
            "design": name, "members": matrix.n_actors, "items": matrix.n_items,
            "simulations": n_each, "line_depth": round(float(said.line_depth or 0), 4),
            "called_split_without_blocs": called / (2 * n_each),
            "called_interval": exact_interval(called, 2 * n_each), "cells": cells,
        })  # fmt: skip
        print(name, called, [c.get("found") for c in cells], flush=True)
    return out


def _again(base: Ground, cell: MapCell, critical: float, rng: np.random.Generator) -> float | None:
    """The 80 % point anew, from 120 trials close around the one that was named."""

    def trial(depth: float, k: int) -> tuple[float, bool]:
        bloc = draw_blocs(base.order, cell.members, cell.direction, k % 2, rng)
        y, at = plant(base, bloc, depth, rng)
        return at, finds(y, bloc, critical, FAST, rng)

    low, high = max(SETTINGS.min_depth, cell.depth - 0.1), min(base.deepest, cell.depth + 0.1)
    made = [trial(float(d), k) for k, d in enumerate(np.linspace(low, high, 120))]
    at, found = (np.array(column) for column in zip(*made, strict=True))
    return Curve(low, high, at, found).crossing


def verdict(share: float) -> list[dict[str, object]]:
    n_each = scaled(40, share)
    out: list[dict[str, object]] = []
    for number, (name, matrix) in enumerate(designs().items()):
        if number not in (1, 2):
            continue
        said = detectability(matrix, None, SETTINGS, 1, shares=(0.2, 0.5), forward=False)
        base, _, _ = fresh_ground(matrix, number)
        settings = fs.SplitSettings(preference_draws=0, power_draws=20)
        for cell in said.map:
            rng = np.random.default_rng([6, number, cell.members])
            counts = {"split": 0, "no split": 0, "cannot tell": 0}
            for k in range(n_each):
                bloc = draw_blocs(base.order, cell.members, cell.direction, k % 2, rng)
                y, _ = plant(base, bloc, float(cell.depth or 0.8), rng)
                counts[bodies.one(y, settings=settings, seed=k).verdict] += 1
            out.append({"design": name, "bloc_share": cell.bloc_share, "depth": cell.depth,
                        "direction": cell.direction, "runs": n_each, **counts})  # fmt: skip
            print(out[-1], flush=True)
    return out


def bound(share: float) -> list[dict[str, object]]:
    out: list[dict[str, object]] = []
    for n, j in ((10, 60), (10, 600), (30, 60), (30, 600), (100, 60), (100, 600)):
        y = bodies.on_a_line(n, j, np.random.default_rng([7, n, j]), slope=0.5)[0]
        said = detectability(bodies.matrix(y), None, SETTINGS, 1, shares=SHARES, forward=False)
        for cell, formula in zip(said.map[::2], said.bound, strict=True):
            ratio = None
            if cell.depth is not None and formula.depth is not None:
                ratio = round(cell.depth / formula.depth, 2)
            out.append({
                "members": n, "items": j, "bloc_share": cell.bloc_share,
                "simulated_along": cell.depth and round(cell.depth, 4),
                "bound": formula.depth and round(formula.depth, 4),
                "gap": formula.gap and round(formula.gap, 4), "ratio": ratio,
            })  # fmt: skip
            print(out[-1], flush=True)
    return out


def forwards(share: float) -> list[dict[str, object]]:
    n_each = scaled(100, share)
    out: list[dict[str, object]] = []
    for n, j, depth in ((20, 30, 0.35), (20, 60, 0.35), (20, 60, 0.45), (40, 60, 0.35)):
        rng = np.random.default_rng([8, n, j])
        matrix = bodies.matrix(bodies.one_body(n, j, rng))
        said = detectability(matrix, None, SETTINGS, 1, shares=(0.5,), depth=depth).more_items[-1]
        row: dict[str, object] = {
            "members": n, "items": j, "depth": depth, "more": said.items, "tried": said.tried,
            "direction": said.direction, "bloc_share": said.bloc_share,
        }  # fmt: skip
        if said.items is not None:
            base, critical, y = fresh_ground(matrix, 100 + n + j)
            small, hits = round(said.bloc_share * n), 0
            for k in range(n_each):
                columns = np.append(np.arange(j), rng.integers(0, j, said.items))
                wide = base.more(columns)
                if k % 20 == 0:  # another draw of items has another critical value
                    turn = np.ones(len(columns), np.int8)
                    seed = np.random.SeedSequence([9, n, j, k])
                    null = null_depths(y[:, columns], turn, 39, 1, seed)
                    critical = max(float(np.quantile(null, 1 - SETTINGS.level)), 0.0)
                bloc = draw_blocs(wide.order, small, said.direction, k % 2, rng)
                made, _ = plant(wide, bloc, depth, rng)
                hits += finds(made, bloc, critical, FAST, rng)
            row |= {"found": hits / n_each, "found_interval": exact_interval(hits, n_each)}
        out.append(row)
        print(row, flush=True)
    return out


def speed(share: float) -> list[dict[str, object]]:
    records = fs.load("senate-109")
    stages: dict[str, float] = {}
    last = ["reading", time.process_time()]

    def tell(group: str, stage: str) -> None:
        now = time.process_time()
        stages[str(last[0])] = stages.get(str(last[0]), 0.0) + now - float(last[1])
        last[:] = [stage, now]

    ground(np.ones((2, 2), np.int8), None, None, 0.0)
    began = time.process_time()
    fs.detectable(records, within="party", progress=tell)
    total = time.process_time() - began
    tell("", "")
    return [{"data": "senate-109, 3 groups", "cpu_seconds": round(total, 2),
             "stages": {k: round(v, 2) for k, v in stages.items()}}]  # fmt: skip


PARTS = {"power": power, "verdict": verdict, "bound": bound, "forwards": forwards, "speed": speed}


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--only", choices=PARTS)
    parser.add_argument("--share", type=float, default=1.0)
    options = parser.parse_args()
    result = json.loads(OUT.read_text()) if options.only and OUT.exists() else {}
    for name, part in PARTS.items():
        if options.only in (None, name):
            began = time.process_time()
            rows = part(options.share)
            result[name] = {"cpu_seconds": round(time.process_time() - began, 1), "rows": rows}
            result["machine"] = machine()
            OUT.write_text(json.dumps(result, indent=1, ensure_ascii=False) + "\n")


if __name__ == "__main__":
    main()
