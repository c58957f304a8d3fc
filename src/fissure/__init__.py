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
    "__version__",
    "data",
    "load",
    "read",
    "report",
    "split",
]

if TYPE_CHECKING:
    from fissure.datasets import listing as data
    from fissure.datasets import load
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
    from fissure.models.ideal import IdealPoints
    from fissure.readers import read
    from fissure.records import Records
    from fissure.report import report
    from fissure.results import Split
    from fissure.split import SplitSettings, split

# Public name: (module, name there). Imported when first used: `import fissure` costs nothing.
_HOME = {
    "ConvergenceError": ("errors", "ConvergenceError"),
    "DataError": ("errors", "DataError"),
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
    "data": ("datasets", "listing"),
    "load": ("datasets", "load"),
    "read": ("readers", "read"),
    "report": ("report", "report"),
    "split": ("split", "split"),
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
    """Two functions have the name of the module they live in; the function is what users mean.

    Importing ``fissure.split`` makes Python bind the module as an attribute of the package. That
    must not hide ``fissure.split()``, whichever comes first.
    """

    def __setattr__(self, name: str, value: object) -> None:
        if name in ("report", "split") and isinstance(value, ModuleType):
            value = getattr(value, name, value)
        super().__setattr__(name, value)


sys.modules[__name__].__class__ = _Package
