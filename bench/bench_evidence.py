"""Do the intervals of evidence from coded cases hold? By simulation, and how long things take.

Run ``python bench/bench_evidence.py [--only PART] [--share 1.0]``; results go to
``bench/results/evidence.json`` as each part ends.

- **errors**: coverage of the 95 % interval where codings are wrong, perhaps with hindsight, beside
  that of the interval which takes them as they are.
- **waves**: the same where cases come in waves.
- **cells**: the same where each coding has its own probability.
- **coders**: the same for the share and for the rates of error of three coders.
- **fixed**: coverage at fixed truths instead of truths drawn from the prior.
- **speed**: CPU seconds.
"""

from __future__ import annotations

import os
import time
from collections.abc import Callable, Iterator
from pathlib import Path

for _name in ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS"):
    os.environ[_name] = "1"

import numpy as np
from _parts import run_parts, scaled
from _shares import exact_interval

from fissure.claims.bayes import relevance, share
from fissure.claims.breakdown import breakdown, is_share_high
from fissure.claims.coders import several_coders
from fissure.claims.fuzzy_breakdown import consistency_breakdown
from fissure.claims.misclassified import (
    CodingErrors,
    misclassified_relevance,
    misclassified_share,
)
from fissure.claims.recodings import tables_after
from fissure.claims.uncertain import uncertain_relevance, uncertain_share
from fissure.claims.waves import clustered_share

OUT = Path(__file__).parent / "results" / "evidence.json"


def told(cell: dict[str, object], held: list[bool], naive: list[bool], ranks: list[float]) -> dict:
    """Coverage of both intervals, and whether the truth's place in its posterior is uniform."""
    n = len(held)
    counts = np.histogram(ranks, bins=10, range=(0, 1))[0]
    is_drawn = len(ranks) == n
    return {
        "cell": cell,
        "replicates": n,
        "held": round(sum(held) / n, 4),
        "held_interval": exact_interval(sum(held), n),
        "held_as_coded": round(sum(naive) / len(naive), 4) if naive else None,
        # of 10 equal classes; under calibration 95 % of such values lie below 16.9
        "chi_squared_of_ranks": round(float(((counts - n / 10) ** 2 / (n / 10)).sum()), 1)
        if is_drawn
        else None,
    }


def rank_of(truth: float, posterior) -> float:
    """Posterior probability of less than the truth."""
    mass = np.concatenate([[0.0], np.cumsum(posterior.curve)]) / len(posterior.curve)
    return float(np.interp(truth, np.linspace(0, 1, len(mass)), mass))


def holds(truth: float, posterior) -> bool:
    return bool(posterior.low <= truth <= posterior.high)


# -- errors ----------------------------------------------------------------------------------------


def errors(share_of: float) -> Iterator[dict]:
    for n in (20, 60):
        for hindsight in (0.0, (2.0, 2.0)):
            yield errors_cell(n, hindsight, scaled(10_000, share_of))


def errors_cell(n: int, hindsight: float | tuple[float, float], replicates: int) -> dict:
    model = CodingErrors((9.0, 1.0), (9.0, 1.0), hindsight)
    # the posterior depends on the count only
    by_count = [(misclassified_share(k, n, model), share(k, n)) for k in range(n + 1)]
    held, naive, ranks = [], [], []
    rng = np.random.default_rng([1, n])
    for _ in range(replicates):
        theta, se, sp = rng.random(), rng.beta(9, 1), rng.beta(9, 1)
        h = rng.beta(*hindsight) if isinstance(hindsight, tuple) else hindsight
        k = int(rng.binomial(n, se * theta + (1 - sp + sp * h) * (1 - theta)))
        held.append(holds(theta, by_count[k][0]))
        ranks.append(rank_of(theta, by_count[k][0]))
        naive.append(holds(theta, by_count[k][1]))
    return told({"n": n, "hindsight": hindsight, "rates": "Beta(9, 1)"}, held, naive, ranks)


# -- waves -----------------------------------------------------------------------------------------


def waves(share_of: float) -> Iterator[dict]:
    for sizes in ((10, 10, 10, 10), (6, 6, 6, 6, 6, *[1] * 30), (2,) * 20):
        held, naive, ranks = [], [], []
        wave = np.repeat(np.arange(len(sizes)), sizes)
        for r in range(scaled(2000, share_of)):
            rng = np.random.default_rng([2, len(sizes), r])
            mu, rho = rng.random(2)
            one(rng, mu, rho, wave, sizes, held, naive, ranks)
        yield told({"sizes": list(sizes), "likeness": "uniform"}, held, naive, ranks)


def one(rng, mu, rho, wave, sizes, held, naive, ranks) -> None:
    scale = (1 - rho) / rho
    theta = rng.beta(max(mu * scale, 1e-9), max((1 - mu) * scale, 1e-9), len(sizes))
    x = (rng.random(len(wave)) < theta[wave]).astype(int)
    posterior = clustered_share(x, wave)
    held.append(holds(mu, posterior))
    ranks.append(rank_of(mu, posterior))
    naive.append(holds(mu, share(int(x.sum()), len(x))))


# -- cells -----------------------------------------------------------------------------------------


def cells(share_of: float) -> Iterator[dict]:
    """Each case has a coder who is right with a probability of its own, and says so."""
    for meaning in ("evidence", "belief"):
        held, naive, ranks = [], [], []
        for r in range(scaled(2000, share_of)):
            rng = np.random.default_rng([3, r])
            theta, right = rng.random(), rng.choice([0.6, 0.8, 0.95], 40)
            x = rng.random(40) < theta
            said = np.where(rng.random(40) < right, x, ~x)
            posterior = uncertain_share(np.where(said, right, 1 - right), meaning=meaning)
            held.append(holds(theta, posterior))
            ranks.append(rank_of(theta, posterior))
            naive.append(holds(theta, share(int(said.sum()), 40)))
        yield told({"n": 40, "meaning": meaning, "right": [0.6, 0.8, 0.95]}, held, naive, ranks)


# -- coders ----------------------------------------------------------------------------------------


def coders(share_of: float) -> Iterator[dict]:
    held, naive, ranks, rates = [], [], [], []
    for r in range(scaled(300, share_of)):
        rng = np.random.default_rng([4, r])
        theta, (se, sp) = rng.random(2), rng.beta(4, 1, (2, 3))
        outcome = np.arange(60) % 2
        x = rng.random(60) < theta[outcome]
        found = np.where(x[:, None], rng.random((60, 3)) < se, rng.random((60, 3)) > sp)
        answer = several_coders(found.astype(int), outcome, draws=1000, seed=r)
        held.append(holds(theta[1], answer.shares[1]))
        ranks.append(rank_of(theta[1], answer.shares[1]))
        most = found[outcome == 1].sum(axis=1) >= 2
        naive.append(holds(theta[1], share(int(most.sum()), 30)))
        for j, coder in enumerate(answer.coders):
            rates.append(coder.sensitivity_low <= se[j] <= coder.sensitivity_high)
            rates.append(coder.specificity_low <= sp[j] <= coder.specificity_high)
    out = told({"cases": 60, "coders": 3, "rates": "Beta(4, 1)"}, held, naive, ranks)
    yield {**out, "held_rates": round(float(np.mean(rates)), 4)}


# -- fixed -----------------------------------------------------------------------------------------


def fixed(share_of: float) -> Iterator[dict]:
    """Truths that stay: no promise is made here, and this is what happens."""
    for theta in (0.5, 0.8, 0.95):
        for rho in (0.05, 0.3, 0.6):
            held, naive, ranks = [], [], []
            sizes = (10, 10, 10, 10)
            wave = np.repeat(np.arange(4), sizes)
            for r in range(scaled(500, share_of)):
                one(np.random.default_rng([5, r]), theta, rho, wave, sizes, held, naive, ranks)
            yield told({"share": theta, "likeness": rho, "sizes": list(sizes)}, held, naive, [])
        held, naive, ranks = [], [], []
        model = CodingErrors((9.0, 1.0), (9.0, 1.0))
        for r in range(scaled(500, share_of)):
            rng = np.random.default_rng([6, r])
            k = int(rng.binomial(40, 0.9 * theta + 0.1 * (1 - theta)))
            held.append(holds(theta, misclassified_share(k, 40, model)))
            naive.append(holds(theta, share(k, 40)))
        cell = {"share": theta, "sensitivity": 0.9, "specificity": 0.9, "n": 40}
        yield told(cell, held, naive, [])


# -- speed -----------------------------------------------------------------------------------------


def speed(share_of: float) -> Iterator[dict]:
    rng = np.random.default_rng(1)
    x, y = rng.integers(0, 2, (2, 100))
    p, q = rng.random((2, 100))
    sure, wave = rng.random(100) / 4, np.arange(100) // 10
    model, all_model = CodingErrors((9, 1), (9, 1)), CodingErrors((9, 1), (9, 1), (2, 2))
    votes = rng.integers(0, 2, (100, 4))
    tasks: dict[str, Callable[[], object]] = {
        "share of 20 cases": lambda: share(20, 20),
        "relevance, 40 cases": lambda: relevance(20, 20, 10, 20),
        "relevance with errors, 100 cases": lambda: misclassified_relevance(40, 50, 20, 50, model),
        "the same with hindsight": lambda: misclassified_relevance(40, 50, 20, 50, all_model),
        "relevance, 100 uncertain cases": lambda: uncertain_relevance(p, q),
        "belief, 100 uncertain cases": lambda: uncertain_share(p, q, meaning="belief"),
        "waves, 100 cases": lambda: clustered_share(x, wave),
        "4 coders on 100 cases, 2,000 draws": lambda: several_coders(votes, y),
        "10,000 recodings of 100 cases, judged": lambda: is_share_high()(
            tables_after(x, y, sure, 0.1)[0]
        ),
        "fewest recodings, 20 of 20": lambda: breakdown([1] * 20, [1] * 20),
        "fewest recodings, 53 of 117 among 269": lambda: breakdown(
            [1] * 53 + [0] * 64 + [1] * 30 + [0] * 122, [1] * 117 + [0] * 152
        ),
        "fuzzy recodings with costs, 100 cases": lambda: consistency_breakdown(
            p, np.minimum(p, q), cost=rng.integers(5, 30, 100) / 10
        ),
    }
    for name, task in tasks.items():
        task()
        start = time.process_time()
        task()
        yield {"cell": name, "cpu_seconds": round(time.process_time() - start, 4)}


PARTS = {
    "errors": errors, "waves": waves, "cells": cells, "coders": coders, "fixed": fixed,
    "speed": speed,
}  # fmt: skip


if __name__ == "__main__":
    run_parts(__doc__.partition("\n")[0], PARTS, OUT, flat=True)
