"""Do the chances of recurrence hold, do warnings keep their false alarms, what can be told apart?

Run ``python bench/bench_readiness.py [--only PART] [--share 1.0]``; results go to
``bench/results/readiness.json`` as each part ends. About 5 CPU minutes.

- **calibration**: histories from each model, its parameters from its prior; was the chance right?
- **prior**: the same with rates as the prior has them, and all models together: must be right.
- **separation**: how often each model wins, by number of events.
- **false_alarms**: alarms per decade on steady series without any event, by autocorrelation.
- **fallacy**: alarms before a chance crossing, in series chosen because they crossed.
- **worth**: closed forms against simulated windows.
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

from fissure.readiness.alarms import FIRST, STATISTICS, ar1_paths
from fissure.readiness.comparing import compare
from fissure.readiness.fallacy import prosecutors_fallacy
from fissure.readiness.histories import History
from fissure.readiness.policies import COLUMNS, values
from fissure.readiness.processes import PROCESSES
from fissure.readiness.recurrence import recurrence
from fissure.readiness.separation import SIMULATED, separation
from fissure.readiness.warning import warning

OUT = Path(__file__).parent / "results" / "readiness.json"
YEARS, AHEAD, MOST = 80.0, 10.0, 12
Row = list[float]


def judged(m: int, rng: np.random.Generator, waits: tuple[float, float]) -> Row | None:
    """One history of model m with a mean wait even in log; None without 1 to 12 events.

    Whether one came in the next 10 years, the chance averaged over models, under the model that
    made the history, and under the Gamma-Poisson formula alone; the weight of the right model.
    """
    others, mass = PROCESSES[m].others
    rate = float(np.exp(-rng.uniform(*np.log(waits))))
    picked = others[rng.choice(len(mass), p=mass / mass.sum())]
    events = np.array(SIMULATED[m](rng, rate, picked, YEARS + AHEAD))
    past = events[events < YEARS]
    if not 1 <= len(past) <= MOST:
        return None
    none = np.zeros(0)
    history = History(past, YEARS, False, False, none, none.astype(bool))
    found = compare([history], AHEAD, (0.0, 0.0))
    own = [float(f.chance[0]) for f in found.models]
    return [float(len(past) < len(events)), found.chance(), own[m], own[0],
            float(found.models[m].weight[0])]  # fmt: skip


def prior(share: float) -> Iterator[dict]:
    """Mean waits of 1 to 2,000 years: as the prior has them, as far as 1 to 12 events can tell.

    All four models equally often, before it is seen how many events there are. ``error`` is that
    of came less said.
    """
    everything: list[Row] = []
    for m, process in enumerate([*PROCESSES, None]):
        rng = np.random.default_rng([6, m])
        tried = range(scaled(2000, share, 50) if process else 0)
        rows = [r for r in (judged(m, rng, (1.0, 2000.0)) for _ in tried) if r is not None]
        everything += rows
        came, average, own, _, _ = np.array(rows if process else everything).T
        yield {
            "cell": process.name if process else "all together", "n": len(came),
            "came": round(float(came.mean()), 3), "average": round(float(average.mean()), 3),
            "own": round(float(own.mean()), 3),
            "error": round(float((came - average).std() / np.sqrt(len(came))), 3),
        }  # fmt: skip


def calibration(share: float) -> Iterator[dict]:
    """80 years seen, 10 ahead; the mean wait is 8 to 60 years, even in log."""
    for m, process in enumerate(PROCESSES):
        rng = np.random.default_rng([1, m])
        rows: list[Row] = []
        while len(rows) < scaled(600, share):
            row = judged(m, rng, (8.0, 60.0))
            rows += [] if row is None else [row]
        came, average, own_chance, plain, weight = np.array(rows, float).T
        yield {
            "cell": process.name, "n": len(rows), "came": round(float(came.mean()), 3),
            **{name: {"mean": round(float(p.mean()), 3),
                      "brier": round(float(np.mean((p - came) ** 2)), 4)}
               for name, p in (("average", average), ("own", own_chance), ("constant", plain))},
            "mean_probability_of_own": round(float(weight.mean()), 3),
            "bins": [
                {"said": round(float(average[b].mean()), 3),
                 "came": round(float(came[b].mean()), 3), "n": int(b.sum())}
                for lo, hi in ((0, 0.2), (0.2, 0.4), (0.4, 0.6), (0.6, 1.01))
                if (b := (average >= lo) & (average < hi)).any()
            ],
        }  # fmt: skip


def separations(share: float) -> Iterator[dict]:
    for n_events in (3, 5, 10, 20):
        for row in separation(n_events, 80.0, scaled(200, share), 1):
            yield {"cell": {"events": n_events, "truth": row.truth}, "wins": row.wins,
                   "mean_probability": round(row.mean_probability, 3)}  # fmt: skip


def false_alarms(share: float) -> Iterator[dict]:
    """Series of 72 years without an event; 0.5 false alarms per decade asked for."""
    for carry in (0.0, 0.3, 0.6, 0.9):
        paths = ar1_paths(carry, scaled(100, share), FIRST + 60, np.random.default_rng([3, 7]))
        years = np.arange(1950, 1950 + paths.shape[1])
        found = warning({str(i): (years, p) for i, p in enumerate(paths)}, false_alarms=0.5)
        for s in found.scores:
            rate = s.false_per_decade.estimate
            yield {"cell": {"carry": carry, "statistic": s.statistic}, "asked": 0.5,
                   "per_decade": round(rate, 3), "years": s.years}  # fmt: skip


def fallacy(share: float) -> Iterator[dict]:
    for carry in (0.3, 0.6, 0.9):
        for name in STATISTICS:
            found = prosecutors_fallacy(name, carry=carry, n_series=scaled(2000, share))
            yield {"cell": {"carry": carry, "statistic": name},
                   "any_series": round(found.any_series, 3), "chosen": round(found.chosen, 3),
                   "n_chosen": found.n_chosen}  # fmt: skip


def worth(share: float) -> Iterator[dict]:
    """Windows and warnings drawn one by one over many years."""
    rng = np.random.default_rng(5)
    years = 400_000 * share
    for point in (
        (0.1, 2.0, 3.0, 1.0, 20.0, 1.0, 0.6, 0.1, 0.5),
        (0.05, 5.0, 1.0, 0.3, 10.0, 2.0, 0.8, 0.3, 0.2),
    ):
        x = np.array(point)
        lasts = rng.exponential(x[1], rng.poisson(x[0] * years))
        warned = rng.random(len(lasts)) < x[6]
        need = np.where(warned, max(x[2] - x[5], 0.0), x[2])
        n_false = rng.poisson(x[7] * years)
        simulated = [
            x[4] * (lasts > x[2]).sum() / years,
            x[4] * len(lasts) / years - x[3],
            (x[4] * (lasts > need).sum() - x[8] * (n_false + warned.sum())) / years,
        ]
        yield {"cell": dict(zip(COLUMNS, point, strict=True)),
               "formula": [round(float(v), 4) for v in values(x[None])[:, 0]],
               "simulated": [round(float(v), 4) for v in simulated]}  # fmt: skip


def speed(_: float) -> Iterator[dict]:
    rng = np.random.default_rng(1)
    draws = np.sort(rng.uniform(1946, 2024, (200, 4)), axis=1)
    series = (np.arange(1946, 2026), rng.normal(size=80))
    span = (1945, 2025)
    tasks: dict[str, Callable[[], object]] = {
        "recurrence, 3 dates, four models": lambda: recurrence(
            [1964, 1968, 1990], span=span, separation=0
        ),
        "the same, told apart by 40 histories of each": lambda: recurrence(
            [1964, 1968, 1990], span=span
        ),
        "recurrence, 200 draws of 4 dates": lambda: recurrence(draws, span=span, separation=0),
        "five warnings on 80 years": lambda: warning(series, [1990.0]),
    }
    for name, task in tasks.items():
        task()
        start = time.process_time()
        task()
        yield {"cell": name, "cpu_seconds": round(time.process_time() - start, 3)}


PARTS = {
    "calibration": calibration, "prior": prior, "separation": separations,
    "false_alarms": false_alarms, "fallacy": fallacy, "worth": worth, "speed": speed,
}  # fmt: skip


if __name__ == "__main__":
    run_parts(__doc__.partition("\n")[0], PARTS, OUT, flat=True)
