"""Rivals to the simple story: are planted absences, hidden votes and party pressure found?

Run ``python bench/bench_rivals.py [--only PART] [--share 1.0]``; results go to
``bench/results/rivals.json`` as each part ends.

- **response**: do the intervals of position and expected dissent hold planted effects on absence?
- **lean**: is the band at the true lean what the complete true records say?
- **hidden**: are the tipping points those of the whole verdict, asked at each of 16 steps?
- **pressure**: is planted party pressure found, and is none found where there is none?
- **senate**: the 109th Senate and its caucuses: sentences, tipping points and processor time.
"""

from __future__ import annotations

import os
import time
from collections import Counter
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

for _name in ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS"):
    os.environ[_name] = "1"

import numpy as np
import polars as pl
from _parts import run_parts, scaled
from scipy.special import ndtr

import fissure as fs
from fissure.matrix import Matrix
from fissure.models.ideal import IdealPoints
from fissure.models.pressure import PartyPressure
from fissure.records import Records, Source
from fissure.split.groups import group_masks, item_turn
from fissure.unknowns import absence, hidden
from fissure.unknowns.absence import absence_band, hidden_votes
from fissure.unknowns.hidden import hidden_dissent
from fissure.unknowns.pressure import pressure
from fissure.unknowns.tipping import Body

OUT = Path(__file__).parent / "results" / "rivals.json"
QUICK = fs.SplitSettings(
    repeats=10, draws=400, null_draws=39, power_draws=40, preference_draws=0, clear_depth=0.45
)

#: Where many verdicts are wanted, and where only the blocs are.
LESS = replace(QUICK, repeats=5, draws=300, null_draws=19, power_draws=30)
FEW = replace(QUICK, repeats=2, draws=100, null_draws=19, power_draws=20)


def records_of(y: np.ndarray, **columns: list[str]) -> Records:
    """Records of a dense table; 0 is ``absent``."""
    n, j = y.shape
    word = np.array(["nay", "absent", "yea"])[y + 1]
    ids = [f"m{i:03}" for i in range(n)]
    return Records.from_pairs(
        [a for a in ids for _ in range(j)],
        [f"v{k:04}" for k in range(j)] * n,
        word.ravel(),
        source=Source("made up", "pairs", "", n * j),
        actors=pl.DataFrame({"actor": ids, **columns}),
    )


def one(y: np.ndarray, settings: fs.SplitSettings = QUICK, seed: int = 1) -> fs.Split:
    """The whole body's group."""
    return fs.split(records_of(y), settings=settings, seed=seed).groups[0]


def draw(p: np.ndarray, rng: np.random.Generator) -> np.ndarray:
    return np.where(rng.random(p.shape) < p, 1, -1).astype(np.int8)


def camps(sizes: tuple[int, int], j: int, depth: float, rng: np.random.Generator) -> np.ndarray:
    """Two camps, 90 to 10 against each other on the share of items that gives the depth."""
    camp = np.repeat([False, True], sizes)
    p = np.tile(rng.uniform(0.6, 0.95, j), (len(camp), 1))
    for item in np.flatnonzero(rng.random(j) < (depth / 0.8) ** 2):
        p[:, item] = np.where(camp == (rng.random() < 0.5), 0.9, 0.1)
    return draw(p, rng)


# -- who was absent when ---------------------------------------------------------------------------


def away(n: int, j: int, rng: np.random.Generator) -> np.ndarray:
    """A member's trips, ten items long: a shift of the chance of absence, the same throughout."""
    trips = rng.standard_normal((n, -(-j // 10)))
    return 0.7 * np.repeat(trips, 10, axis=1)[:, :j]


def response_cell(name: str, b: float, d: float, runs: bool, reps: int) -> dict[str, object]:
    """Coverage of the intervals of position and expected dissent, by the whole pipeline."""
    inside, found, estimates, truths, none = np.zeros(2), np.zeros(2), [], [], 0
    for r in range(reps):
        rng = np.random.default_rng([1, r])
        n, j = 100, 300
        x = rng.standard_normal(n)
        yea = ndtr(rng.normal(0.3, 0.7, j) + np.outer(x, rng.standard_normal(j)))
        choices = draw(yea, rng)
        majority = np.sign(choices.sum(axis=0) + 0.5)
        dissent = np.where(majority > 0, 1 - yea, yea)
        eta = -1.8 + 0.3 * rng.standard_normal((n, 1)) + 0.2 * rng.standard_normal(j)
        eta = eta + b * x[:, None] + d * dissent + (away(n, j, rng) if runs else 0)
        y = np.where(rng.random((n, j)) < ndtr(eta), 0, choices).astype(np.int8)
        matrix = Matrix.from_records(records_of(y))
        turned = y * item_turn(y)
        body = Body(turned, np.full(n, -1, np.int8), None, np.arange(j), QUICK, 1)
        got = absence._response(
            matrix, body, y == 0, np.ones_like(y, bool), absence._against(turned, body.labels)
        )
        if got[0] is None:
            none += 1
            continue
        sign = np.sign(np.corrcoef(IdealPoints().fit(matrix).positions[:, 0], x)[0, 1])
        density = np.exp(-0.5 * eta**2).mean() / np.sqrt(2 * np.pi)
        true = np.array([density * b * sign * x.std(), density * d])
        for k, (effect, t) in enumerate(zip((got[0], got[2]), true, strict=True)):
            inside[k] += effect.low <= t <= effect.high
            found[k] += not effect.low <= 0 <= effect.high
        estimates.append([got[0].estimate * sign, got[2].estimate])
        truths.append([density * b * x.std(), density * d])
    done = reps - none
    return {
        "cell": {"truth": name, "members": 100, "items": 300},
        "replicates": done,
        "not_estimated": none,
        "position": summary(estimates, truths, inside, found, 0, done),
        "dissent": summary(estimates, truths, inside, found, 1, done),
    }


def summary(
    estimates: list[list[float]],
    truths: list[list[float]],
    inside: np.ndarray,
    found: np.ndarray,
    k: int,
    done: int,
) -> dict[str, float]:
    return {
        "true": round(float(np.mean(truths, axis=0)[k]), 4),
        "mean_estimate": round(float(np.mean(estimates, axis=0)[k]), 4),
        "covered": round(float(inside[k] / done), 3),
        "said_related": round(float(found[k] / done), 3),
    }


def response(share: float) -> Iterator[dict[str, object]]:
    reps = scaled(80, share)
    yield response_cell("unrelated", 0.0, 0.0, False, reps)
    yield response_cell("unrelated, away for ten items at a time", 0.0, 0.0, True, reps)
    yield response_cell("dissenters stay home", 0.0, 1.0, False, reps)
    yield response_cell("dissenters stay home, away for ten items at a time", 0.0, 1.0, True, reps)
    yield response_cell("by position", 0.25, 0.0, False, reps)


# -- the lean of absences --------------------------------------------------------------------------


def lean_cell(kind: str, missing: float, lean: float, reps: int) -> dict[str, object]:
    """The band at the true lean against the verdict on the complete true records."""
    error, inside, same, pairs = [], 0, 0, Counter()
    for r in range(reps):
        rng = np.random.default_rng([2, r])
        y = camps((24, 16), 150, {"split": 0.45, "no split": 0.12}[kind], rng)
        gone = rng.random(y.shape) < missing
        if kind == "no split":
            gone &= np.arange(40)[:, None] >= 24  # only the latent bloc stays away
        seen = np.where(gone, 0, y).astype(np.int8)
        group = one(seen, LESS)
        labels = np.full(40, -1, np.int8)
        if group.verdict == "split":
            bloc = {m.actor: k for k, b in enumerate(group.blocs) for m in b.members}
            labels = np.array([bloc.get(f"m{i:03}", -1) for i in range(40)], np.int8)
        against = absence._against(seen, labels)
        hides = gone & (rng.random(y.shape) < lean)
        true = one(np.where(hides & (against != 0), against, y).astype(np.int8), LESS)
        matrix = Matrix.from_records(records_of(seen))
        body = Body.of(matrix, group, LESS, 1)
        turn = item_turn(seen)
        made = absence._like(seen, gone, labels)
        filled = hidden_votes(
            seen * turn, gone, against * turn, made, lean, body.rng("absence").random(y.shape)
        )
        count = body.recount(filled)
        depth = count.shape.interval("depth")
        error.append(depth.estimate - true.depth.estimate)
        inside += depth.low <= true.depth.estimate <= depth.high
        same += count.verdict == true.verdict
        pairs[f"{count.verdict} / {true.verdict}"] += 1
    return {
        "cell": {"records": kind, "missing": missing, "lean": lean, "members": 40, "items": 150},
        "replicates": reps,
        "depth_error_mean": round(float(np.mean(error)), 4),
        "depth_error_root_mean_square": round(float(np.sqrt(np.mean(np.square(error)))), 4),
        "true_depth_inside_interval": round(inside / reps, 3),
        "same_verdict": round(same / reps, 3),
        "band_and_truth": dict(pairs),
    }


def lean(share: float) -> Iterator[dict[str, object]]:
    for kind, missing in (("split", 0.3), ("no split", 0.5)):
        for c in (0.0, 0.25, 0.5, 0.75, 1.0):
            yield lean_cell(kind, missing, c, scaled(10, share))


# -- hidden dissent --------------------------------------------------------------------------------

BODIES = {
    "split 0.6 deep": lambda rng: camps((24, 16), 150, 0.6, rng),
    "split 0.4 deep": lambda rng: camps((24, 16), 150, 0.4, rng),
    "no blocs": lambda rng: draw(
        ndtr(rng.normal(0, 0.3, (40, 1)) + rng.normal(0.5, 0.7, 150)), rng
    ),
}


def brute_force(y: np.ndarray, recode: object, verdict: str, steps: int) -> float | None:
    """The smallest share on a grid at which the whole verdict, from the start, is another."""
    for dial in np.linspace(0, 1, steps)[1:]:
        recoded = recode(dial)
        if one(recoded).verdict != verdict:
            return float((recoded != y).mean())
    return None


def hidden_cell(name: str, reps: int) -> dict[str, object]:
    """Tipping points against those found by asking for the whole verdict at each of 16 steps."""
    rows = []
    for r in range(reps):
        y = BODIES[name](np.random.default_rng([3, r]))
        group, matrix = one(y), Matrix.from_records(records_of(y))
        body = Body.of(matrix, group, QUICK, 1)
        got = hidden_dissent(matrix, group, QUICK)
        recode = (
            hidden._agree_least_firm(body)
            if group.verdict == "split"
            else hidden._dissent_together(body)
        )
        full = brute_force(body.y, recode, group.verdict, 17)
        row = {"verdict": group.verdict, "tipping_point": got.worst_case.tipping_point}
        rows.append(row | {"becomes": got.worst_case.becomes, "brute_force": full})
        rows[-1]["at_random"] = got.at_random.tipping_point
    return {
        "cell": {"records": name, "members": 40, "items": 150},
        "replicates": [
            {k: round(v, 4) if isinstance(v, float) else v for k, v in row.items()} for row in rows
        ],
    }


def hiding(share: float) -> Iterator[dict[str, object]]:
    for name in BODIES:
        yield hidden_cell(name, scaled(6, share))


# -- party pressure --------------------------------------------------------------------------------


def pressure_cell(n: int, j: int, sd: float, distance: float, reps: int) -> dict[str, object]:
    """Is planted pressure found, and are positions within the parties?"""
    rows = []
    for r in range(reps):
        rng = np.random.default_rng([4, r])
        party = np.repeat([0, 1], [n // 2 + 4, n - n // 2 - 4])
        x = 0.6 * rng.standard_normal(n) + distance * (party - 0.5)
        alpha, beta = 0.5 * rng.standard_normal(j), 1.2 * rng.standard_normal(j)
        gamma = sd * rng.standard_normal((2, j))
        y = draw(ndtr(alpha + np.outer(x, beta) + gamma[party]), rng)
        y = np.where(rng.random(y.shape) < 0.05, 0, y).astype(np.int8)
        data = records_of(y, party=["PQ"[k] for k in party])
        matrix = Matrix.from_records(data)
        line = IdealPoints().fit(matrix).positions[:, 0]
        fit = PartyPressure().fit(matrix)
        group = fs.split(data, settings=FEW).groups[0]
        got = pressure(matrix, group, QUICK)
        truth = np.abs(
            [
                np.mean([np.corrcoef(at[party == k], x[party == k])[0, 1] for k in (0, 1)])
                for at in (line, fit.positions)
            ]
        )
        rows.append(
            [fit.sd_cutpoint, got.gain.estimate, got.gain.low > 0, got.gain.high < 0, *truth,
             got.fits[1].pressure_share]
        )  # fmt: skip
    names = ("sd_estimate", "gain", "said_better", "said_worse", "right_order_line",
             "right_order_pressure", "least_pressure_share")  # fmt: skip
    return {
        "cell": {"members": n, "items": j, "sd": sd, "distance": distance},
        "replicates": reps,
        **dict(zip(names, np.mean(rows, axis=0).round(4).tolist(), strict=True)),
    }


def parties(share: float) -> Iterator[dict[str, object]]:
    for n, j, sds in ((60, 200, (0.0, 0.5, 1.0)), (100, 400, (0.0,))):
        for sd in sds:
            for distance in (0.0, 1.0, 2.0):
                yield pressure_cell(n, j, sd, distance, scaled(10, share))


# -- the 109th Senate ------------------------------------------------------------------------------


def senate(share: float) -> Iterator[dict[str, object]]:
    data = fs.load("senate-109")
    settings = fs.SplitSettings()
    matrix = Matrix.from_records(data)
    masks = dict(group_masks(matrix, "party", True))
    for group in fs.split(data, within="party").groups:
        part = matrix.of_actors(
            masks[group.name], name=group.name, min_presence=settings.min_presence
        )
        found, seconds = {}, {}
        for name, ask in (
            ("absence", lambda p=part, g=group: absence_band(p, g, settings, 1, data)),
            ("hidden", lambda p=part, g=group: hidden_dissent(p, g, settings, 1)),
            ("pressure", lambda p=part, g=group: pressure(p, g, settings, 1)),
        ):
            began = time.process_time()
            found[name] = ask()
            seconds[name] = round(time.process_time() - began, 3)
        yield {
            "group": group.name,
            "verdict": group.verdict,
            "sentences": {k: v.sentence for k, v in found.items() if v is not None},
            "tipping_points": {
                k: None if v.tipping_point is None else round(v.tipping_point, 4)
                for k, v in found.items()
                if v is not None
            },
            "cpu_seconds": seconds,
        }


PARTS = {
    "response": response,
    "lean": lean,
    "hidden": hiding,
    "pressure": parties,
    "senate": senate,
}


if __name__ == "__main__":
    run_parts(__doc__, PARTS, OUT)
