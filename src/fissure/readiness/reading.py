"""Windows from a table: one row a window, when it opened and, where known, when it closed."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import polars as pl

from fissure.errors import ReadError, SettingError
from fissure.readiness.histories import year_of

__all__ = ["CLOSED", "OPENED", "WindowTable", "read_windows"]

#: Names of columns that are taken for openings and closings, in lower case.
OPENED = ("opened", "opening", "open", "start", "from", "date", "year")
CLOSED = ("closed", "closing", "close", "end", "to", "until")


@dataclass(frozen=True)
class WindowTable:
    """Openings and closings in years; ``closed`` is None where there is no such column.

    ``source`` says where they came from, with the SHA-256 of the bytes.
    """

    opened: tuple[float, ...]
    closed: tuple[float | None, ...] | None
    source: dict[str, Any]


def read_windows(path: str | Path) -> WindowTable:
    """Read a CSV file with a column of openings and perhaps one of closings.

    Parameters
    ----------
    path
        Columns are found by their names, such as ``opened`` and ``closed``; of a file with one
        column that one is taken. Cells are years or ISO dates; a closing left empty is still open.

    Raises
    ------
    ReadError
        If the file cannot be read, has no such column, or a cell is no date.
    """
    path = Path(path)
    try:
        content = path.read_bytes()
        table = pl.read_csv(content, infer_schema=False)
    except OSError as error:
        raise ReadError(f"cannot be read: {error.strerror}", file=str(path)) from error
    except (pl.exceptions.PolarsError, UnicodeDecodeError) as error:
        raise ReadError(f"is no CSV table: {error}", file=str(path)) from error
    names = {c.strip().lower(): c for c in table.columns}
    opened = next((names[n] for n in OPENED if n in names), None)
    closed = next((names[n] for n in CLOSED if n in names), None)
    if opened is None and len(table.columns) == 1:
        opened = table.columns[0]
    if opened is None:
        raise ReadError(
            f"there is no column of openings; it must be called one of {', '.join(OPENED)}, and "
            f"the columns are {', '.join(table.columns)}",
            file=str(path),
        )
    if not len(table):
        raise ReadError(
            "there is no window in it; records without any are told by --events none",
            file=str(path),
        )
    return WindowTable(
        opened=tuple(_cells(table, opened, path, must_be=True)),  # type: ignore[arg-type]
        closed=None if closed is None else tuple(_cells(table, closed, path, must_be=False)),
        source={
            "name": path.name, "format": "table of windows", "title": "", "licence": "",
            "citation": "", "url": "", "n_rows": len(table),
            "sha256": hashlib.sha256(content).hexdigest(), "notes": [],
        },
    )  # fmt: skip


def _cells(table: pl.DataFrame, column: str, path: Path, must_be: bool) -> list[float | None]:
    out: list[float | None] = []
    for row, cell in enumerate(table[column], 1):
        text = (cell or "").strip()
        if not text and not must_be:
            out.append(None)
            continue
        try:
            out.append(year_of(text, "a cell"))
        except SettingError as error:
            raise ReadError(str(error), file=str(path), row=row, column=column) from error
    return out
