"""How long and how much memory it takes to read 10^8 choices from Parquet into a Matrix.

    python bench/bench_read.py [--rows 100000000]

Writes bench/results/read.json. Each case runs in a process of its own; its peak resident memory is
what the operating system reports for it.
"""

from __future__ import annotations

import argparse
import json
import resource
import subprocess
import sys
import tempfile
import time
from pathlib import Path

from _machine import machine

RESULT = Path(__file__).parent / "results" / "read.json"
CASES = ("integer", "string", "one_contradiction")
_ROWS_AT_A_TIME = 2_000_000


def write(path: Path, n_rows: int, case: str) -> None:
    """A shuffled table of actors × items, each pair once, in row groups."""
    import numpy as np
    import polars as pl
    import pyarrow.parquet as pq

    n_actors = 2000
    n_items = -(-n_rows // n_actors)
    rng = np.random.default_rng(1)
    step = _coprime(n_actors * n_items)
    writer = None
    for at in range(0, n_rows, _ROWS_AT_A_TIME):
        place = np.arange(at, min(at + _ROWS_AT_A_TIME, n_rows), dtype=np.uint64)
        cell = place * np.uint64(step) % np.uint64(n_actors * n_items)
        actor, item = cell % n_actors, cell // n_actors
        word = rng.choice(6, len(cell), p=[0.5, 0.38, 0.04, 0.01, 0.06, 0.01])
        table = _table(actor, item, word, case)
        if case == "one_contradiction" and at + _ROWS_AT_A_TIME >= n_rows:
            table = _contradict(table, n_actors, n_items, step)
        arrow = table.to_arrow()
        writer = writer or pq.ParquetWriter(path, arrow.schema)
        writer.write_table(arrow)
    writer.close()
    del pl


def _coprime(n: int) -> int:
    from math import gcd

    step = int(n * 0.6180339887) | 1
    while gcd(step, n) != 1:
        step += 2
    return step


def _table(actor, item, word, case):
    import numpy as np
    import polars as pl

    words = np.array(["yea", "nay", "abstain", "present", "absent", "not_member"])
    if case == "string":
        names = {
            "actor": pl.format("Member {}", pl.col("actor")),
            "item": pl.format("Roll call no. {}", pl.col("item")),
        }
        table = pl.DataFrame({"actor": actor, "item": item}).select(**names)
        return table.with_columns(choice=pl.Series(words).gather(word))
    codes = np.array([1, 6, 7, 8, 9, 0], np.int16)
    return pl.DataFrame(
        {
            "actor": actor.astype(np.int32),
            "item": item.astype(np.int32),
            "cast_code": codes[word],
        }
    )


def _contradict(table, n_actors: int, n_items: int, step: int):
    """Replace the last row by the first pair of the file with another choice."""
    import polars as pl

    del step, n_items
    last = pl.DataFrame({"actor": [0], "item": [0], "cast_code": [3]}, schema=table.schema)
    six = last.with_columns(pl.lit(6).cast(pl.Int16).alias("cast_code"))
    return pl.concat([table.head(table.height - 2), last, six])


def measure(path: str) -> None:
    """Read and pack in this process; print what it took."""
    import fissure.readers as readers
    from fissure.errors import ReadError
    from fissure.matrix import Matrix

    began = time.perf_counter()
    out: dict[str, object] = {}
    try:
        records = readers.read(path)
        out["read_s"] = round(time.perf_counter() - began, 1)
        matrix = Matrix.from_records(records)
        out["n_choices"] = matrix.n_choices
    except ReadError as error:
        out["error"] = error.problem
    out["total_s"] = round(time.perf_counter() - began, 1)
    out["peak_gb"] = round(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 2**20, 2)
    print(json.dumps(out))


def main() -> None:
    """Write the files, measure each case, store the results."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rows", type=int, default=100_000_000)
    parser.add_argument("--measure")
    chosen = parser.parse_args()
    if chosen.measure:
        measure(chosen.measure)
        return
    results = {}
    for case in CASES:
        with tempfile.TemporaryDirectory() as folder:
            path = Path(folder) / "choices.parquet"
            write(path, chosen.rows, case)
            size = round(path.stat().st_size / 2**20)
            command = [sys.executable, __file__, "--measure", str(path)]
            done = subprocess.run(command, capture_output=True, text=True, check=False)
            if done.returncode:
                raise SystemExit(done.stderr)
            results[case] = {"rows": chosen.rows, "file_mb": size, **json.loads(done.stdout)}
            print(case, results[case], flush=True)
    RESULT.parent.mkdir(exist_ok=True)
    RESULT.write_text(json.dumps({"machine": machine(), "cases": results}, indent=1) + "\n")


if __name__ == "__main__":
    main()
