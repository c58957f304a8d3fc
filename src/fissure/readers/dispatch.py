"""One door for everything that can be read: choose the reader by name, contents or type."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from fissure.errors import ReadError, SettingError
from fissure.readers.dataframe import read_dataframe
from fissure.readers.delimited import read_delimited, scan
from fissure.readers.opening import check_path, kind_of
from fissure.readers.ord import read_ord
from fissure.readers.rollcall import read_rollcall
from fissure.readers.voteview import read_voteview
from fissure.records import Records

__all__ = ["FORMATS", "read"]

FORMATS = ("delimited", "voteview", "ord", "rollcall")


def read(
    source: Any,
    *,
    format: str | None = None,
    actor: str | None = None,
    item: str | None = None,
    choice: str | None = None,
    layout: str | None = None,
    codes: Mapping[object, str] | None = None,
    actors: object = None,
    items: object = None,
    duplicates: str = "error",
    **options: Any,
) -> Records:
    """Read records from a file, a folder by Voteview's names, or a dataframe.

    Parameters
    ----------
    source
        A path, or a dataframe of pandas, Polars or Arrow.
    format
        ``delimited`` (text, Parquet, Arrow), ``voteview``, ``ord`` or ``rollcall`` (R); found by
        suffix and contents if not given.
    actor, item, choice, layout, codes, actors, items, duplicates
        As in :func:`fissure.readers.read_delimited`.
    **options
        For one reader only: ``encoding`` and ``delimiter`` (text), ``congress``, ``chamber``,
        ``members`` and ``rollcalls`` (Voteview), ``name`` (the object in an R file).

    Raises
    ------
    SettingError
        If an option does not belong to the format.
    ReadError
        If the source cannot be read; it says which file, row and column, and what is allowed.

    Examples
    --------
    >>> import polars as pl
    >>> read(pl.DataFrame({"mp": ["a", "b"], "bill": [1, 1], "vote": ["aye", "no"]})).counts()[
    ...     "yea"
    ... ]
    1
    """
    if format is not None and format not in FORMATS:
        raise SettingError(f"format must be one of {', '.join(FORMATS)}, got {format!r}")
    table: dict[str, Any] = {
        "actor": actor,
        "item": item,
        "choice": choice,
        "layout": layout,
        "codes": codes,
        "actors": actors,
        "items": items,
    }
    given = {name: value for name, value in table.items() if value is not None}
    if not isinstance(source, str | Path):
        _only(options, ("name",), "a dataframe")
        return read_dataframe(source, duplicates=duplicates, **given, **options)
    path = Path(source)
    format = format or _format(path, set(given), options)
    if format == "voteview":
        _only({**given, **options}, ("congress", "chamber", "members", "rollcalls"), "voteview")
        return read_voteview(path, duplicates=duplicates, **options)
    if format == "ord":
        _only({**given, **options}, ("items", "encoding"), "ord")
        return read_ord(path, duplicates=duplicates, **given, **options)
    if format == "rollcall":
        _only(options, ("name",), "rollcall")
        return read_rollcall(path, duplicates=duplicates, **given, **options)
    _only(options, ("encoding", "delimiter"), "delimited")
    return read_delimited(path, duplicates=duplicates, **given, **options)


def _only(options: Mapping[str, Any], allowed: tuple[str, ...], format: str) -> None:
    strange = [name for name in options if name not in allowed]
    if strange:
        raise SettingError(
            f"{strange[0]!r} is not an option of {format}; allowed are {', '.join(allowed)}"
        )


def _format(path: Path, given: set[str], options: Mapping[str, Any]) -> str:
    """By suffix and first bytes; Voteview by its columns."""
    if {"congress", "chamber", "members", "rollcalls"} & set(options):
        return "voteview"
    if path.is_dir():
        return "voteview"
    path = check_path(path)
    suffix = "".join(path.suffixes[-2:]).lower()
    if suffix.endswith((".ord", ".ord.gz")):
        return "ord"
    if suffix.endswith((".rda", ".rdata", ".rds")) or kind_of(path) == "r":
        return "rollcall"
    if not given and not options and "votes" in path.name.lower() and _is_voteview(path):
        return "voteview"
    return "delimited"


def _is_voteview(path: Path) -> bool:
    try:
        columns = set(scan(path).lazy().collect_schema().names())
    except ReadError:
        return False
    return {"icpsr", "cast_code", "rollnumber"} <= columns
