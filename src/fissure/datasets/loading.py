"""Loading records by name, path or dataframe."""

from __future__ import annotations

import difflib
import os
from dataclasses import replace
from functools import wraps
from pathlib import Path
from typing import Any

import polars as pl

from fissure.datasets.fetching import fetch, is_cached
from fissure.datasets.publication import Publication
from fissure.datasets.publishers import PUBLICATIONS, find
from fissure.datasets.registry import REGISTRY, Dataset
from fissure.errors import ReadError, SettingError
from fissure.readers import read
from fissure.records import Records, Source

__all__ = ["DEFAULT", "get", "listing", "load"]

#: The set that is taken when nothing is named.
DEFAULT = "senate-109"


def get(name: str) -> Dataset:
    """What is known of a set, bundled or fetched from its publisher.

    Raises
    ------
    ReadError
        If there is none by that name.

    Examples
    --------
    >>> get("senate-109").n_items
    645
    >>> get("voteview:senate:88").title
    'US Senate, Congress 88 (1963-1964)'
    """
    if name in REGISTRY:
        return REGISTRY[name]
    publication = find(name)
    if publication is None:
        raise ReadError(_unknown(name))
    return _as_dataset(publication)


def listing() -> pl.DataFrame:
    """The sets that have names, one row each, and where they are.

    ``where`` is ``bundled``, ``in the cache``, ``to be fetched``, or ``to be fetched by hand``.

    Examples
    --------
    >>> listing().filter(where="bundled")["name"].to_list()
    ['senate-109', 'senate-106', 'rehnquist-court', 'karate-club']
    """
    fields = ("name", "title", "n_actors", "n_items", "source", "licence", "citation", "url")
    where = dict.fromkeys(REGISTRY, "bundled")
    where |= {name: _where(publication) for name, publication in PUBLICATIONS.items()}
    rows = [{f: getattr(get(name), f) for f in fields} | {"where": where[name]} for name in where]
    order = ("name", "title", "where", *fields[2:])
    return pl.DataFrame(rows).select(order)


def load(source: Any = DEFAULT, **options: Any) -> Records:
    """Load a set by name, a file or folder by path, or a dataframe.

    A set that is not bundled is fetched from its publisher the first time, into a cache; see
    :func:`fissure.datasets.fetch`.

    Parameters
    ----------
    source
        A name of :func:`listing` or of one Congress (``voteview:senate:88``), a path, or a
        dataframe. A name wins over a file of that name in the working folder; write
        ``./senate-109`` for the file.
    **options
        For files and dataframes, as in :func:`fissure.readers.read`. For sets that are fetched,
        ``offline=True`` asks no server.

    Raises
    ------
    ReadError
        If there is neither a set nor a file by that name, or it cannot be fetched or read.
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
    publication = find(source) if isinstance(source, str) else None
    if publication is not None:
        strange = [name for name in options if name != "offline"]
        if strange:
            raise SettingError(
                f"{source!r} is fetched and takes offline= only, got {', '.join(strange)}; one "
                "Congress is asked for by name, such as 'voteview:senate:109'"
            )
        return _fetched(publication, **options)
    if isinstance(source, str) and _is_name(source):
        raise ReadError(_unknown(source))
    return read(source, **options)


def _fetched(publication: Publication, offline: bool = False) -> Records:
    """The records of a set with the statement of their source; the machine's folders stay out."""
    files = fetch(publication, offline=offline)
    records = publication.read(tuple(file.path for file in files))
    day, where = max(file.fetched for file in files)[:10], files[0].address
    source = Source(
        publication.name,
        records.source.format,
        records.source.sha256,
        records.source.n_rows,
        publication.title,
        publication.licence,
        f"{publication.citation} Fetched {day} from {where}.",
        publication.page,
    )
    folder = f"{files[0].path.parent}{os.sep}"
    notes = tuple(replace(n, message=n.message.replace(folder, "")) for n in records.notes)
    return replace(records, source=source, notes=notes)


def _as_dataset(publication: Publication) -> Dataset:
    @wraps(publication.read)
    def fetched() -> Records:
        return _fetched(publication)

    return Dataset(
        publication.name,
        publication.title,
        publication.page,
        publication.licence,
        publication.citation,
        None,
        None,
        fetched,
        publication.page,
    )


def _where(publication: Publication) -> str:
    if is_cached(publication):
        return "in the cache"
    return "to be fetched" if publication.certain else "to be fetched by hand"


def _is_name(source: str) -> bool:
    """Whether a text looks like the name of a set rather than like a path."""
    path = Path(source)
    try:
        there = path.exists()
    except (OSError, ValueError):
        return False
    return not there and len(path.parts) <= 1 and not path.suffix


def _unknown(name: str) -> str:
    from fissure.datasets.case_tables import CASE_TABLES

    if name in CASE_TABLES:
        return f"{name!r} is a table of cases, not of choices; fs.cases({name!r}) loads it"
    known = [*REGISTRY, *PUBLICATIONS]
    close = difflib.get_close_matches(name.lower().replace("_", "-"), known, 1, 0.5)
    hint = f"; did you mean {close[0]!r}?" if close else "."
    return (
        f"no bundled set and no file is called {name!r}{hint} The bundled sets are "
        f"{', '.join(REGISTRY)}; those to be fetched are {', '.join(PUBLICATIONS)}"
    )
