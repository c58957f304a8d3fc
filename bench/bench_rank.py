"""Do the rank sets hold, and is a period the deepest as often as is said? By simulation.

Run ``python bench/bench_rank.py [--only PART] [--share 1.0]``; results go to
``bench/results/rank.json`` as each part ends.

- **sets**: how often do the simultaneous sets hold all true ranks at once (and, of ties, every rank
  that the tied may have), and the marginal sets that of one period?
- **deepest**: among periods called deepest with probability p, is a share p? For the joint model,
  for the same without likeness of neighbours, and without shrinkage; with truths drawn from the
  model and with others.
- **speed**: seconds for 40, 80 and 200 periods.
"""

from __future__ import annotations

import os
import time
from collections.abc import Iterator
from itertools import pairwise, product
from pathlib import Path

for _name in ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS"):
    os.environ[_name] = "1"

import numpy as np
from _parts import run_parts, scaled
from _shares import exact_interval

from fissure.windows.ranksets import bootstrap_noise, marginal_sets, simultaneous_sets
from fissure.windows.shrinkage import LEAST, MOST, N_TAU, RHO, joint_draws, likeness

OUT = Path(__file__).parent / "results" / "rank.json"
ERROR = 0.03
BINS = (0.0, 0.02, 0.05, 0.1, 0.2, 0.4, 0.6, 0.8, 0.95, 1.0)


def errors_of(n: int, uneven: bool, rng: np.random.Generator) -> np.ndarray:
    """Standard errors: equal, or the largest about five times the smallest."""
    return ERROR * np.exp(0.4 * rng.standard_normal(n)) if uneven else np.full(n, ERROR)


# -- sets ------------------------------------------------------------------------------------------

TRUTHS = {
    "tied": lambda n, rng: np.full(n, 0.4),
    "one deeper": lambda n, rng: 0.4 + 0.15 * (np.arange(n) == 0),
    "two levels": lambda n, rng: 0.4 + 0.15 * (np.arange(n) % 2),
    "evenly spaced": lambda n, rng: 0.3 + 0.3 * np.arange(n) / n,
    "normal, 0.1": lambda n, rng: 0.4 + 0.1 * rng.standard_normal(n),
}


def holds(low: np.ndarray, high: np.ndarray, truth: np.ndarray) -> np.ndarray:
    above = (truth > truth[:, None]).sum(axis=1)
    below = (truth < truth[:, None]).sum(axis=1)
    return (low <= 1 + above) & (high >= len(truth) - below)


def sets_cell(truth: str, errors: str, n: int, replicates: int) -> dict[str, object]:
    """``errors`` are even, uneven, or skewed: uneven exponentials, of which so many draws around
    the estimate are given as the word says.
    """
    given = int(errors.removeprefix("skewed ")) if errors.startswith("skewed") else 0
    held = alone = held_normal = 0
    width, narrow = [], []
    for r in range(replicates):
        rng = np.random.default_rng([1, r])
        s = errors_of(n, errors != "even", rng)
        theta = TRUTHS[truth](n, rng)
        draws = None
        if given:
            values = theta + s * (rng.exponential(size=n) - 1)
            draws = [
                v + e * (rng.exponential(size=given) - 1) for v, e in zip(values, s, strict=True)
            ]
        else:
            values = theta + s * rng.standard_normal(n)
        noise = bootstrap_noise(s, 1000, rng, draws)
        low, high = simultaneous_sets(values, s, noise)
        held += bool(holds(low, high, theta).all())
        width.append(float((high - low + 1).mean()))
        single = simultaneous_sets(values, s, noise, stepdown=False)
        narrow.append(float((single[1] - single[0] + 1).mean()))
        if given:
            low, high = simultaneous_sets(values, s, bootstrap_noise(s, 1000, rng))
            held_normal += bool(holds(low, high, theta).all())
        if r < replicates // 10:
            low, high = marginal_sets(values, s, noise)
            alone += bool(holds(low, high, theta)[n // 2])
    out: dict[str, object] = {
        "cell": {"truth": truth, "errors": errors, "periods": n},
        "replicates": replicates,
        "held": held / replicates,
        "held_interval": exact_interval(held, replicates),
        "mean_ranks_in_set": round(float(np.mean(width)), 2),
        "mean_ranks_in_set_without_stepdown": round(float(np.mean(narrow)), 2),
        "marginal_replicates": replicates // 10,
        "marginal_held": alone / (replicates // 10),
    }
    if given:
        out["held_with_normal_noise"] = held_normal / replicates
    return out


def sets(share: float) -> Iterator[dict[str, object]]:
    full = scaled(1200, share, 10)
    for errors in ("even", "uneven", "skewed 200", "skewed 1500"):
        yield sets_cell("tied", errors, 40, full)
    for truth in TRUTHS:
        if truth != "tied":
            yield sets_cell(truth, "uneven", 40, full)
    yield sets_cell("evenly spaced", "skewed 200", 40, full)
    yield sets_cell("tied", "even", 10, full)


# -- deepest ---------------------------------------------------------------------------------------


def from_model(n: int, s: np.ndarray, rng: np.random.Generator) -> np.ndarray:
    tau = rng.choice(np.geomspace(LEAST * np.median(s), MOST, N_TAU))
    root = np.linalg.cholesky(likeness(float(rng.choice(RHO)), np.arange(n)))
    return 0.4 + tau * root @ rng.standard_normal(n)


def bump(n: int, rng: np.random.Generator) -> np.ndarray:
    t = np.arange(n)
    return np.exp(-0.5 * ((t - rng.uniform(0.2, 0.8) * n) / 4) ** 2)


def block(n: int, rng: np.random.Generator) -> np.ndarray:
    start = int(rng.integers(n - 6))
    return ((np.arange(n) >= start) & (np.arange(n) < start + 6)).astype(float)


WORLDS = {
    "the model": from_model,
    "all tied": lambda n, s, rng: np.full(n, 0.4),
    "one deeper": lambda n, s, rng: 0.4 + 0.1 * (np.arange(n) == rng.integers(n)),
    "trend": lambda n, s, rng: 0.3 + 0.2 * np.arange(n) / n,
    "hump": lambda n, s, rng: 0.3 + 0.2 * bump(n, rng),
    "six deeper in a row": lambda n, s, rng: (
        0.35 + 0.12 * block(n, rng) + 0.01 * rng.standard_normal(n)
    ),
    "independent, sd 0.05": lambda n, s, rng: 0.4 + 0.05 * rng.standard_normal(n),
}


def no_shrinkage(d, s, place, size, rng):
    return d + s * rng.standard_normal((size, len(d)))


MODELS = {
    "joint model": joint_draws,
    "neighbours not alike": lambda *a: joint_draws(*a, rhos=(0.0,)),
    "no shrinkage": no_shrinkage,
}


def classes(said: np.ndarray, was: np.ndarray) -> list[dict[str, float]]:
    """Mean probability said and share that it was, by class of probability."""
    rows = []
    for low, high in pairwise(BINS):
        here = (said >= low) & ((said < high) | (high == 1.0))
        if here.any():
            row = {"periods": int(here.sum()), "said": float(said[here].mean())}
            rows.append(row | {"was": float(was[here].mean())})
    return [{k: round(v, 4) for k, v in row.items()} for row in rows]


def deepest_cell(world: str, model: str, n: int, replicates: int) -> dict[str, object]:
    said, was, error, covered, score = [], [], [], [], []
    place, size = np.arange(n), 1000
    for r in range(replicates):
        rng = np.random.default_rng([2, r])
        s = errors_of(n, True, rng)
        theta = WORLDS[world](n, s, rng)
        d = theta + s * rng.standard_normal(n)
        # of all that are tied any may be called the deepest
        best = rng.choice(np.flatnonzero(theta == theta.max()))
        drawn = MODELS[model](d, s, place, size, rng)
        p = np.bincount(drawn.argmax(axis=1), minlength=n) / size
        said.append(p)
        was.append(place == best)
        score.append(np.log((size * p[best] + 0.5) / (size + 1)))
        error.append(np.mean((drawn.mean(axis=0) - theta) ** 2))
        low, high = np.quantile(drawn, [0.025, 0.975], axis=0)
        covered.append(np.mean((low <= theta) & (theta <= high)))
    p, hit = np.array(said), np.array(was)
    return {
        "cell": {"truth": world, "model": model, "periods": n},
        "replicates": replicates,
        "mean_largest_probability": round(float(p.max(axis=1).mean()), 4),
        "95_percent_of_largest_below": round(float(np.quantile(p.max(axis=1), 0.95)), 4),
        "likeliest_was_deepest": round(float(hit[np.arange(len(p)), p.argmax(axis=1)].mean()), 4),
        "log_score": round(float(np.mean(score)), 4),
        "probability_by_period_least_and_most": [
            round(float(v), 4) for v in (p.mean(axis=0).min(), p.mean(axis=0).max())
        ],
        "root_mean_square_error": round(float(np.sqrt(np.mean(error))), 5),
        "interval_covers": round(float(np.mean(covered)), 4),
        "classes": classes(p.ravel(), hit.ravel()),
    }


def deepest(share: float) -> Iterator[dict[str, object]]:
    for world, model in product(WORLDS, MODELS):
        full = 1000 if world == "the model" else 400
        yield deepest_cell(world, model, 40, scaled(full, share))


# -- speed -----------------------------------------------------------------------------------------


def speed(share: float) -> Iterator[dict[str, object]]:
    for n in (40, 80, 200):
        rng = np.random.default_rng(3)
        s = errors_of(n, True, rng)
        d = 0.4 + 0.1 * rng.standard_normal(n) + s * rng.standard_normal(n)
        best = {"sets_1000_draws": np.inf, "joint_4000_draws": np.inf}
        for _ in range(3):
            began = time.perf_counter()
            simultaneous_sets(d, s, bootstrap_noise(s, 1000, rng))
            middle = time.perf_counter()
            joint_draws(d, s, np.arange(n), 4000, rng)
            end = time.perf_counter()
            best["sets_1000_draws"] = min(best["sets_1000_draws"], middle - began)
            best["joint_4000_draws"] = min(best["joint_4000_draws"], end - middle)
        seconds = {k: round(v, 4) for k, v in best.items()}
        yield {"periods": n, "ordered_pairs": n * (n - 1), "seconds": seconds}


PARTS = {"sets": sets, "deepest": deepest, "speed": speed}


if __name__ == "__main__":
    run_parts(__doc__, PARTS, OUT)
