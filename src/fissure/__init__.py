"""From records of who chose what, when: is this group divided, how deeply, and how sure are we?

>>> import fissure as fs
>>> records = fs.load("senate-109")  # doctest: +SKIP
>>> answer = fs.split(records, within="party")  # doctest: +SKIP
>>> page = fs.report(answer, "report.html")  # doctest: +SKIP
"""

from __future__ import annotations

import importlib
import sys
from types import ModuleType
from typing import TYPE_CHECKING, Any

__version__ = "0.1.0"

__all__ = [
    "BlocMixture",
    "Cases",
    "ConvergenceError",
    "DataError",
    "DynamicIdealPoints",
    "FissureError",
    "FissureWarning",
    "IdealPoints",
    "Informant",
    "Ledger",
    "Matrix",
    "MissingExtra",
    "Posterior",
    "ReadError",
    "Records",
    "SettingError",
    "Split",
    "SplitSettings",
    "Trace",
    "Unfolding",
    "WindowSettings",
    "__version__",
    "cases",
    "claim",
    "data",
    "detectable",
    "insider",
    "load",
    "place",
    "rank",
    "read",
    "readiness",
    "recurrence",
    "report",
    "scenarios",
    "split",
    "trace",
    "unknowns",
    "warning",
    "windows",
    "yardstick",
]

if TYPE_CHECKING:
    from fissure.claims.cases import Cases
    from fissure.claims.claim import claim
    from fissure.datasets import cases, load, place
    from fissure.datasets import listing as data
    from fissure.datasets.yardstick import yardstick
    from fissure.errors import (
        ConvergenceError,
        DataError,
        FissureError,
        FissureWarning,
        MissingExtra,
        ReadError,
        SettingError,
    )
    from fissure.matrix import Matrix
    from fissure.models.dynamic import DynamicIdealPoints
    from fissure.models.ideal import IdealPoints
    from fissure.models.mixture import BlocMixture
    from fissure.models.posterior import Posterior
    from fissure.models.unfolding import Unfolding
    from fissure.readers import read
    from fissure.readiness import readiness
    from fissure.readiness.ledger import Ledger
    from fissure.readiness.recurrence import recurrence
    from fissure.readiness.warning import warning
    from fissure.records import Records
    from fissure.report import report
    from fissure.results import Split, Trace
    from fissure.scenarios import scenarios
    from fissure.split import SplitSettings, split
    from fissure.unknowns.detectable import detectable
    from fissure.unknowns.examine import unknowns
    from fissure.unknowns.insider import insider
    from fissure.unknowns.testimony import Informant
    from fissure.windows import WindowSettings, windows
    from fissure.windows.rank import rank
    from fissure.windows.trace import trace

# Public name: (module, name there). Imported when first used: `import fissure` costs nothing.
_HOME = {
    "BlocMixture": ("models.mixture", "BlocMixture"),
    "Cases": ("claims.cases", "Cases"),
    "ConvergenceError": ("errors", "ConvergenceError"),
    "DataError": ("errors", "DataError"),
    "DynamicIdealPoints": ("models.dynamic", "DynamicIdealPoints"),
    "FissureError": ("errors", "FissureError"),
    "FissureWarning": ("errors", "FissureWarning"),
    "IdealPoints": ("models.ideal", "IdealPoints"),
    "Informant": ("unknowns.testimony", "Informant"),
    "Ledger": ("readiness.ledger", "Ledger"),
    "Matrix": ("matrix", "Matrix"),
    "MissingExtra": ("errors", "MissingExtra"),
    "Posterior": ("models.posterior", "Posterior"),
    "ReadError": ("errors", "ReadError"),
    "Records": ("records", "Records"),
    "SettingError": ("errors", "SettingError"),
    "Split": ("results", "Split"),
    "SplitSettings": ("split", "SplitSettings"),
    "Trace": ("results", "Trace"),
    "Unfolding": ("models.unfolding", "Unfolding"),
    "WindowSettings": ("windows", "WindowSettings"),
    "cases": ("datasets", "cases"),
    "claim": ("claims.claim", "claim"),
    "data": ("datasets", "listing"),
    "detectable": ("unknowns.detectable", "detectable"),
    "insider": ("unknowns.insider", "insider"),
    "load": ("datasets", "load"),
    "place": ("datasets", "place"),
    "rank": ("windows", "rank"),
    "read": ("readers", "read"),
    "readiness": ("readiness", "readiness"),
    "recurrence": ("readiness.recurrence", "recurrence"),
    "report": ("report", "report"),
    "scenarios": ("scenarios", "scenarios"),
    "split": ("split", "split"),
    "trace": ("windows", "trace"),
    "unknowns": ("unknowns.examine", "unknowns"),
    "warning": ("readiness.warning", "warning"),
    "windows": ("windows", "windows"),
    "yardstick": ("datasets", "yardstick"),
}


def __getattr__(name: str) -> Any:
    if name not in _HOME:
        raise AttributeError(f"module 'fissure' has no attribute {name!r}")
    module, inside = _HOME[name]
    value = getattr(importlib.import_module(f"fissure.{module}"), inside)
    globals()[name] = value
    return value


def __dir__() -> list[str]:
    return __all__


class _Package(ModuleType):
    """Some functions have the name of the module they live in; the function is what users mean.

    Importing ``fissure.split`` makes Python bind the module as an attribute of the package. That
    must not hide ``fissure.split()``, whichever comes first, so it is not bound.
    """

    def __setattr__(self, name: str, value: object) -> None:
        if not (name in _HOME and isinstance(value, ModuleType)):
            super().__setattr__(name, value)


sys.modules[__name__].__class__ = _Package
