"""Records and tables of cases by name: bundled, or fetched from their publishers.

:func:`load` is the door for records, :func:`cases` that for cases.
"""

from fissure.datasets.case_tables import CASE_TABLES, CaseTable, case_listing, cases, find_cases
from fissure.datasets.fetching import Fetched, adopt, cache_folder, fetch
from fissure.datasets.loading import DEFAULT, get, listing, load
from fissure.datasets.publication import Publication, RemoteFile
from fissure.datasets.publishers import PUBLICATIONS, find
from fissure.datasets.registry import REGISTRY, Dataset
from fissure.datasets.yardstick import Placement, place, yardstick

__all__ = [
    "CASE_TABLES",
    "DEFAULT",
    "PUBLICATIONS",
    "REGISTRY",
    "CaseTable",
    "Dataset",
    "Fetched",
    "Placement",
    "Publication",
    "RemoteFile",
    "adopt",
    "cache_folder",
    "case_listing",
    "cases",
    "fetch",
    "find",
    "find_cases",
    "get",
    "listing",
    "load",
    "place",
    "yardstick",
]
