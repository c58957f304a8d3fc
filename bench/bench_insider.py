"""Is testimony weighed as it should be, and what if the informants are not as believed?

Run ``python bench/bench_insider.py [--only PART] [--share 1.0]``; results go to
``bench/results/insider.json`` as each part ends; the others are kept.

- **calibration**: of cases given probability p after testimony, is a share p split? With informants
  as they are believed to be, and with five ways in which they are not. Beside it the Brier score
  and what ``fs.insider`` had expected of it.
- **shared**: log score of the joint law against the usual formula of effective numbers,
  n/(1+(n−1)ρ), where access is shared as it says, and where all or none share.
- **ranges**: does a random point of a box ever lie outside the ends that were found?
- **reading**: is P(split), as read from the verdict on simulated records, a share?
- **items**: the smallest detectable depth as the number of items grows, against n^(−1/4).
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
from scipy.stats import binom

import fissure as fs
from fissure.results import Group
from fissure.split.decide import decide
from fissure.split.groups import item_turn
from fissure.split.power import detection, smallest_detectable_depth, two_blocs
from fissure.unknowns.odds import mean_power, read_group
from fissure.unknowns.ranges import extremes
from fissure.unknowns.testimony import Panel, law, panel_of, posterior
from fissure.unknowns.weighing import believed
from fissure.unknowns.worth import brier_reduction, information

OUT = Path(__file__).parent / "results" / "insider.json"
BINS = (0.0, 0.05, 0.2, 0.4, 0.6, 0.8, 0.95, 1.0)
BASE = 0.3


def classes(said: np.ndarray, was: np.ndarray) -> list[dict[str, float]]:
    """Mean probability said and share that it was, by class of probability."""
    rows = []
    for low, high in pairwise(BINS):
        here = (said >= low) & ((said < high) | (high == 1.0))
        if here.any():
            n, share = int(here.sum()), float(was[here].mean())
            row = {"cases": n, "said": float(said[here].mean()), "was": share}
            rows.append(row | {"error": float(np.sqrt(share * (1 - share) / n))})
    return [{k: round(v, 4) for k, v in row.items()} for row in rows]


# -- calibration -----------------------------------------------------------------------------------

#: Sensitivity, false alarm, bias (towards split), correlation: as believed, then as they are.
AS_BELIEVED = (0.8, 0.2, 0.0, 0.0)
WORLDS = {
    "one, as believed": (1, AS_BELIEVED, AS_BELIEVED),
    "three, as believed": (3, AS_BELIEVED, AS_BELIEVED),
    "three who share access, as believed": (3, (0.8, 0.2, 0.0, 0.5), (0.8, 0.2, 0.0, 0.5)),
    "three with an interest, as believed": (3, (0.8, 0.2, 0.3, 0.2), (0.8, 0.2, 0.3, 0.2)),
    "less competent than believed": (3, AS_BELIEVED, (0.65, 0.35, 0.0, 0.0)),
    "more competent than believed": (3, AS_BELIEVED, (0.9, 0.1, 0.0, 0.0)),
    "shared access not known of": (3, AS_BELIEVED, (0.8, 0.2, 0.0, 0.5)),
    "interest not known of": (3, AS_BELIEVED, (0.8, 0.2, 0.3, 0.0)),
    "interest suspected where there is none": (3, (0.8, 0.2, 0.3, 0.0), AS_BELIEVED),
}


def heard(is_split: np.ndarray, n: int, truth: tuple[float, ...], rng: np.random.Generator):
    """Statements drawn person by person, and not from the law that is being checked."""
    a, b, q, rho = truth
    rate = np.where(is_split, a, b)[:, None]
    account, own = (
        (rng.random((len(is_split), k)) < q) | (rng.random((len(is_split), k)) < rate)
        for k in (1, n)
    )
    return np.where(rng.random((len(is_split), n)) < np.sqrt(rho), account, own)


def count_laws(n: int, believed_: tuple[float, ...]):
    a, b, q, rho = believed_
    panel = panel_of([fs.Informant(a, b, bias=q, interest="split")] * n, BASE, rho)
    patterns, orders = panel.patterns()
    voices = panel.channels(panel.low[None])
    return tuple(law(v, panel.low[None, 1], patterns) * orders for v in voices)


def calibration(share: float) -> Iterator[dict[str, object]]:
    size = scaled(200_000, share, 1000)
    for k, (name, (n, believed_, truth)) in enumerate(WORLDS.items()):
        rng = np.random.default_rng([1, k])
        is_split = rng.random(size) < BASE
        said = heard(is_split, n, truth, rng).sum(axis=1)
        one, none = count_laws(n, believed_)
        after = posterior(np.array([[BASE]]), one, none)[0][said]
        prior = np.array([BASE])
        gain = (is_split - BASE) ** 2 - (is_split - after) ** 2
        yield {
            "cell": {"informants": name, "n": n, "believed": believed_, "truth": truth},
            "replicates": size,
            "brier_reduction_expected": round(float(brier_reduction(prior, one, none)[0]), 4),
            "brier_reduction_with_truth_known": round(
                float(brier_reduction(prior, one, none, (prior, *count_laws(n, truth)))[0]), 4
            ),
            "brier_reduction_seen": round(float(gain.mean()), 4),
            "standard_error": round(float(gain.std() / np.sqrt(size)), 5),
            "largest_shift": round(
                max(abs(c["said"] - c["was"]) for c in classes(after, is_split)), 4
            ),
            "classes": classes(after, is_split),
        }


# -- shared access ---------------------------------------------------------------------------------


def shared_statements(is_split, n, rho, way, rng):
    """``as assumed``: each passes the account on with √ρ; ``all or none``: with ρ all do."""
    if way == "as assumed":
        return heard(is_split, n, (0.8, 0.2, 0.0, rho), rng)
    rate = np.where(is_split, 0.8, 0.2)[:, None]
    account, own = (rng.random((len(is_split), k)) < rate for k in (1, n))
    return np.where(rng.random((len(is_split), 1)) < rho, account, own)


def all_or_none(n: int, rho: float) -> np.ndarray:
    """P(split) by the number who say so, were it so that all or none have it from one source."""
    k = np.arange(n + 1)
    laws = []
    for v in (0.8, 0.2):
        apart = (1 - rho) * binom.pmf(k, n, v)
        laws.append(apart + rho * (v * (k == n) + (1 - v) * (k == 0)))
    return posterior(np.array([BASE]), laws[0], laws[1])


def shared(share: float) -> Iterator[dict[str, object]]:
    size = scaled(200_000, share, 1000)
    for way, n, rho in product(("as assumed", "all or none"), (2, 3, 10), (0.1, 0.5)):
        rng = np.random.default_rng([2, n, int(10 * rho)])
        is_split = rng.random(size) < BASE
        said = shared_statements(is_split, n, rho, way, rng).sum(axis=1)
        one, none = count_laws(n, (0.8, 0.2, 0.0, rho))
        ours = posterior(np.array([[BASE]]), one, none)[0][said]
        effective = n / (1 + (n - 1) * rho)
        # each statement's weight of evidence counts for a share of an independent one
        weight = (2 * said - n) * np.log(4.0)
        odds = {"formula": weight * effective / n, "independent": weight}
        scores = {"joint law": ours, "all-or-none law": all_or_none(n, rho)[said]}
        scores |= {k: 1 / (1 + (1 - BASE) / BASE * np.exp(-v)) for k, v in odds.items()}
        yield {
            "cell": {"shared by": way, "n": n, "correlation": rho},
            "replicates": size,
            "effective_number": round(effective, 3),
            "log_score": {
                k: round(float(np.log(np.where(is_split, p, 1 - p)).mean()), 4)
                for k, p in scores.items()
            },
            "unanimous": {k: round(float(p[said == n].mean()), 4) for k, p in scores.items()}
            | {"was": round(float(is_split[said == n].mean()), 4)},
        }


# -- ranges ----------------------------------------------------------------------------------------


def random_panel(rng: np.random.Generator, n: int, tied: bool) -> Panel:
    def range_(low: float, high: float) -> tuple[float, float]:
        pair = np.sort(rng.uniform(low, high, 2))
        return float(pair[0]), float(pair[1])

    def one() -> fs.Informant:
        return fs.Informant(
            range_(0.3, 0.99), range_(0.01, 0.7), ["split", "no split"][int(rng.integers(2))],
            range_(0.0, 0.9), "split",
        )  # fmt: skip

    if tied:
        kind = one()
        words = rng.integers(0, 2, n)
        people = [
            fs.Informant(kind.sensitivity, kind.false_alarm, ["split", "no split"][w], kind.bias,
                         "split")
            for w in words
        ]  # fmt: skip
    else:
        people = [one() for _ in range(n)]
    return panel_of(people, range_(0.05, 0.95), range_(0.0, 1.0) if n > 1 else 0.0)


def ranges(share: float) -> Iterator[dict[str, object]]:
    for n, tied in ((1, True), (2, True), (4, True), (2, False), (3, False)):
        boxes, points = scaled(20, share, 2), scaled(100_000, share)
        beyond = {"posterior": 0.0, "information": 0.0}
        took = []
        for r in range(boxes):
            rng = np.random.default_rng([3, n, int(tied), r])
            panel = random_panel(rng, n, tied)
            patterns, orders = panel.patterns()

            def bits(x, panel=panel, patterns=patterns, orders=orders):
                laws = (law(v, x[:, 1], patterns) * orders for v in panel.channels(x))
                return information(x[:, 0], *laws)

            def after(x, panel=panel):
                return believed(panel, x, x[:, 0])

            at = panel.low + rng.random((points, len(panel.low))) * (panel.high - panel.low)
            for name, formula in (("posterior", after), ("information", bits)):
                began = time.process_time()
                low, high = extremes(formula, panel.low, panel.high)
                took.append(time.process_time() - began)
                values = formula(at)
                over = max(low - values.min(), values.max() - high, 0.0)
                beyond[name] = max(beyond[name], float(over))
        yield {
            "cell": {"n": n, "of one kind": tied, "uncertain numbers": 2 + (3 if tied else 3 * n)},
            "boxes": boxes,
            "random_points": points,
            "farthest_point_beyond_the_ends": beyond,
            "cpu_seconds_each": round(float(np.mean(took)), 3),
        }


# -- reading ---------------------------------------------------------------------------------------

QUICK = fs.SplitSettings(null_draws=99, power_draws=40, repeats=8, draws=400, preference_draws=0)


def records(n: int, j: int, depth: float, rng: np.random.Generator) -> np.ndarray:
    """Choices of n members on j items, yea shares spread, with two blocs of some depth or none."""
    p = rng.beta(2.0, 2.0, j)
    y = np.where(rng.random((n, j)) < p, 1, -1).astype(np.int8)
    y[rng.random((n, j)) < 0.1] = 0
    return two_blocs(y, n // 3, depth, rng) if depth > 0 else y


def read(y: np.ndarray, seed: int) -> tuple[float, str, float]:
    turn = item_turn(y)
    d = decide(y * turn, turn, np.arange(y.shape[1]), QUICK, np.random.SeedSequence(seed))
    group = _group(d)
    reading = read_group(group, QUICK)
    return reading.low, d.verdict, mean_power(d.smallest, QUICK)


def _group(d) -> Group:
    """Only what the reading looks at."""
    from types import SimpleNamespace

    return SimpleNamespace(  # type: ignore[return-value]
        verdict=d.verdict, kind=d.kind, probability=d.probability,
        smallest_detectable_depth=d.smallest, null=SimpleNamespace(p_value=d.p_value),
        blocs=(None,) * d.n_blocs, unknowns=None,
    )  # fmt: skip


def reading(share: float) -> Iterator[dict[str, object]]:
    size = scaled(300, share, 10)
    for n, j in ((30, 20), (30, 60)):
        said, was, power, words = [], [], [], []
        for r in range(size):
            rng = np.random.default_rng([4, n, j, r])
            split = bool(rng.random() < 0.5)
            depth = float(rng.uniform(QUICK.min_depth, 0.8)) if split else 0.0
            p, verdict, found = read(records(n, j, depth, rng), r)
            said.append(p)
            was.append(split)
            power.append(found)
            words.append(verdict)
        p, hit, word = np.array(said), np.array(was), np.array(words)
        yield {
            "cell": {"members": n, "items": j},
            "replicates": size,
            "mean_power_taken": round(float(np.mean(power)), 3),
            "found_where_split": round(float((word[hit] == "split").mean()), 3),
            "found_where_none": round(float((word[~hit] == "split").mean()), 4),
            "mean_said": round(float(p.mean()), 3),
            "was": round(float(hit.mean()), 3),
            "brier": round(float(((hit - p) ** 2).mean()), 4),
            "log_score": round(float(np.log(np.where(hit, p, 1 - p)).mean()), 4),
            "classes": classes(p, hit),
        }


# -- items -----------------------------------------------------------------------------------------


def items(share: float) -> Iterator[dict[str, object]]:
    from fissure.split.null import null_depths

    for n in (30, 60):
        first = None
        for j in (20, 40, 80, 160, 320):
            smallest = []
            for r in range(scaled(4, share)):
                rng = np.random.default_rng([5, n, j, r])
                y = records(n, j, 0.0, rng)
                turn = item_turn(y)
                seeds = np.random.SeedSequence([5, n, j, r]).spawn(2)
                null = null_depths(y * turn, turn, QUICK.null_draws, 1, seeds[0])
                critical = float(np.quantile(null, 1 - QUICK.level))
                found = detection(y * turn, n // 3, critical, QUICK, seeds[1])
                smallest.append(smallest_detectable_depth(found) or np.nan)
            depth = float(np.nanmean(smallest)) if np.isfinite(smallest).any() else None
            first = first or (depth and (depth, j))
            yield {
                "cell": {"members": n, "items": j},
                "smallest_detectable_depth": None if depth is None else round(depth, 3),
                "by_fourth_root_from_the_first": (
                    round(first[0] * (first[1] / j) ** 0.25, 3) if first else None
                ),
            }


PARTS = {
    "calibration": calibration,
    "shared": shared,
    "ranges": ranges,
    "reading": reading,
    "items": items,
}


if __name__ == "__main__":
    run_parts(__doc__, PARTS, OUT)
