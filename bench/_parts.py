"""Benches that consist of parts: which of them run, and where their cells are stored."""

from __future__ import annotations

import argparse
import json
import math
import time
from collections.abc import Callable, Iterable, Mapping
from pathlib import Path
from typing import Any

from _machine import machine

__all__ = ["run_parts", "scaled"]

Part = Callable[[float], Iterable[Any]]


def scaled(full: int, share: float, least: int = 1) -> int:
    """The share of so many replicates, as a whole number that is not below ``least``."""
    return max(round(share * full), least)


def run_parts(doc: str, parts: Mapping[str, Part], out: Path, *, flat: bool = False) -> None:
    """Run the parts asked for on the command line, and store each once it is complete.

    Cells are printed as they are made; of a part that is stopped half-way nothing is stored.

    Parameters
    ----------
    doc
        What the command says of itself.
    parts
        By name, functions of the share of the replicates that give cell after cell.
    out
        The file of results. It is read anew before it is written: another part may have run beside
        this one.
    flat
        Whether a part is its list of cells, and the machine is told once for all parts.
    """
    parser = argparse.ArgumentParser(description=doc)
    parser.add_argument("--only", choices=list(parts))
    parser.add_argument("--share", type=positive, default=1.0, help="part of the replicates")
    chosen = parser.parse_args()
    for name in [chosen.only] if chosen.only else parts:
        wall, cpu = time.perf_counter(), time.process_time()
        cells: list[Any] = []
        for cell in parts[name](chosen.share):
            cells.append(cell)
            print(name, cell, flush=True)
        about = {"machine": machine(), "share": chosen.share}
        took = {
            "seconds": round(time.perf_counter() - wall, 1),
            "cpu_seconds": round(time.process_time() - cpu, 1),
        }
        stored = json.loads(out.read_text(encoding="utf-8")) if out.exists() else {}
        stored |= {name: cells} | about if flat else {name: {"cells": cells} | took | about}
        out.write_text(json.dumps(stored, indent=1, ensure_ascii=False) + "\n", encoding="utf-8")


def positive(text: str) -> float:
    value = float(text)
    if not 0 < value < math.inf:
        raise argparse.ArgumentTypeError(f"must be above 0, got {text}")
    return value
