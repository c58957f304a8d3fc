"""Where an answer comes from: the source of its records, and the versions that made it."""

from __future__ import annotations

import platform
from dataclasses import asdict
from importlib.metadata import version
from typing import Any

from fissure import __version__
from fissure.matrix import Matrix
from fissure.records import Records

__all__ = ["source_of", "versions_used"]


def source_of(data: Records | Matrix) -> dict[str, Any]:
    """The source of some records, with the reader's notes."""
    notes = [asdict(n) for n in data.notes] if isinstance(data, Records) else []
    return {**asdict(data.source), "notes": notes}


def versions_used() -> dict[str, str]:
    """Of fissure, Python and the packages that make numbers."""
    out = {"fissure": __version__, "python": platform.python_version()}
    for package in ("numpy", "scipy", "numba", "polars"):
        out[package] = version(package)
    return out
