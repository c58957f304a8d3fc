"""Loading records by name, path or dataframe."""

from __future__ import annotations

import difflib
from pathlib import Path
from typing import Any

import polars as pl

from fissure.datasets.registry import REGISTRY, Dataset
from fissure.errors import ReadError, SettingError
from fissure.readers import read
from fissure.records import Records

__all__ = ["DEFAULT", "get", "listing", "load"]

#: The set that is taken when nothing is named.
DEFAULT = "senate-109"


def get(name: str) -> Dataset:
    """What is known of a bundled set.

    Raises
    ------
    ReadError
        If there is none by that name.

    Examples
    --------
    >>> get("senate-109").n_items
    645
    """
    if name not in REGISTRY:
        raise ReadError(_unknown(name))
    return REGISTRY[name]


def listing() -> pl.DataFrame:
    """The bundled sets, one row each.

    Examples
    --------
    >>> listing()["name"].to_list()
    ['senate-109', 'senate-106', 'rehnquist-court', 'karate-club']
    """
    fields = ("name", "title", "n_actors", "n_items", "source", "licence", "citation", "url")
    return pl.DataFrame([{f: getattr(entry, f) for f in fields} for entry in REGISTRY.values()])


def load(source: Any = DEFAULT, **options: Any) -> Records:
    """Load a bundled set by name, a file or folder by path, or a dataframe.

    Parameters
    ----------
    source
        A name of :func:`listing`, a path, or a dataframe. A bundled name wins over a file of that
        name in the working folder; write ``./senate-109`` for the file.
    **options
        For files and dataframes, as in :func:`fissure.readers.read`.

    Raises
    ------
    ReadError
        If there is neither a bundled set nor a file by that name, or it cannot be read.
    SettingError
        If options are given for a bundled set.

    Examples
    --------
    >>> load("rehnquist-court")
    Records(rehnquist-court: 9 actors, 485 items, 4,365 choices)
    """
    if isinstance(source, str) and source in REGISTRY:
        if options:
            raise SettingError(
                f"{source!r} is bundled and takes no options, got {', '.join(options)}"
            )
        return REGISTRY[source].load()
    if isinstance(source, str) and _is_name(source):
        raise ReadError(_unknown(source))
    return read(source, **options)


def _is_name(source: str) -> bool:
    """Whether a text looks like a bundled name rather than like a path."""
    path = Path(source)
    try:
        there = path.exists()
    except (OSError, ValueError):
        return False
    return not there and len(path.parts) <= 1 and not path.suffix


def _unknown(name: str) -> str:
    close = difflib.get_close_matches(name.lower().replace("_", "-"), REGISTRY, 1, 0.5)
    hint = f"; did you mean {close[0]!r}?" if close else "."
    names = ", ".join(REGISTRY)
    return f"no bundled set and no file is called {name!r}{hint} The bundled sets are {names}"
