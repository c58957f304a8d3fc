"""Bundled records, and :func:`load`, which takes a bundled name, a path or a dataframe."""

from fissure.datasets.loading import DEFAULT, get, listing, load
from fissure.datasets.registry import REGISTRY, Dataset

__all__ = ["DEFAULT", "REGISTRY", "Dataset", "get", "listing", "load"]
