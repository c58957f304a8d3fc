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
    "ConvergenceError",
    "DataError",
    "DynamicIdealPoints",
    "FissureError",
    "FissureWarning",
    "IdealPoints",
    "Matrix",
    "MissingExtra",
    "ReadError",
    "Records",
    "SettingError",
    "Split",
    "SplitSettings",
    "Trace",
    "WindowSettings",
    "__version__",
    "data",
    "load",
    "place",
    "rank",
    "read",
    "report",
    "split",
    "trace",
    "windows",
    "yardstick",
]

if TYPE_CHECKING:
    from fissure.datasets import listing as data
    from fissure.datasets import load, place
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
    from fissure.readers import read
    from fissure.records import Records
    from fissure.report import report
    from fissure.results import Split, Trace
    from fissure.split import SplitSettings, split
    from fissure.windows import WindowSettings, windows
    from fissure.windows.rank import rank
    from fissure.windows.trace import trace

# Public name: (module, name there). Imported when first used: `import fissure` costs nothing.
_HOME = {
    "ConvergenceError": ("errors", "ConvergenceError"),
    "DataError": ("errors", "DataError"),
    "DynamicIdealPoints": ("models.dynamic", "DynamicIdealPoints"),
    "FissureError": ("errors", "FissureError"),
    "FissureWarning": ("errors", "FissureWarning"),
    "IdealPoints": ("models.ideal", "IdealPoints"),
    "Matrix": ("matrix", "Matrix"),
    "MissingExtra": ("errors", "MissingExtra"),
    "ReadError": ("errors", "ReadError"),
    "Records": ("records", "Records"),
    "SettingError": ("errors", "SettingError"),
    "Split": ("results", "Split"),
    "SplitSettings": ("split", "SplitSettings"),
    "Trace": ("results", "Trace"),
    "WindowSettings": ("windows", "WindowSettings"),
    "data": ("datasets", "listing"),
    "load": ("datasets", "load"),
    "place": ("datasets", "place"),
    "rank": ("windows", "rank"),
    "read": ("readers", "read"),
    "report": ("report", "report"),
    "split": ("split", "split"),
    "trace": ("windows", "trace"),
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
    must not hide ``fissure.split()``, whichever comes first.
    """

    def __setattr__(self, name: str, value: object) -> None:
        if name in ("report", "split", "windows") and isinstance(value, ModuleType):
            value = getattr(value, name, value)
        super().__setattr__(name, value)


sys.modules[__name__].__class__ = _Package
