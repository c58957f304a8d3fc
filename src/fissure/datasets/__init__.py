"""Records by name: bundled, or fetched from their publishers; and :func:`load` for everything."""

from fissure.datasets.fetching import Fetched, adopt, cache_folder, fetch
from fissure.datasets.loading import DEFAULT, get, listing, load
from fissure.datasets.publication import Publication, RemoteFile
from fissure.datasets.publishers import PUBLICATIONS, find
from fissure.datasets.registry import REGISTRY, Dataset
from fissure.datasets.yardstick import Placement, place, yardstick

__all__ = [
    "DEFAULT",
    "PUBLICATIONS",
    "REGISTRY",
    "Dataset",
    "Fetched",
    "Placement",
    "Publication",
    "RemoteFile",
    "adopt",
    "cache_folder",
    "fetch",
    "find",
    "get",
    "listing",
    "load",
    "place",
    "yardstick",
]
