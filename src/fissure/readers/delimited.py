"""Tables in files: CSV, TSV and the like, plain or compressed, Parquet, and Arrow (Feather)."""

from __future__ import annotations

import csv
from collections.abc import Mapping
from pathlib import Path

import numpy as np
import polars as pl
from numpy.typing import NDArray

from fissure.errors import ReadError, SettingError
from fissure.readers.dataframe import from_table
from fissure.readers.opening import LONGEST_LINE, check_path, kind_of, readable, sha256, text_of
from fissure.records import Records

__all__ = ["read_delimited", "read_table", "scan"]

DELIMITERS = (",", "\t", ";", "|")
_CHUNK = 1 << 23


def read_delimited(
    path: str | Path,
    *,
    actor: str | None = None,
    item: str | None = None,
    choice: str | None = None,
    layout: str | None = None,
    codes: Mapping[object, str] | None = None,
    actors: object = None,
    items: object = None,
    duplicates: str = "error",
    delimiter: str | None = None,
    encoding: str | None = None,
) -> Records:
    """Read a table of choices from CSV, TSV, Parquet or Arrow.

    Parameters
    ----------
    path
        The file; text may be compressed (.gz, .zst).
    actor, item, choice
        Columns of a long table; recognised by their usual names if not given.
    layout
        ``long`` (one row a choice), ``wide-actors`` (one row an actor, one column an item) or
        ``wide-items`` (one row an item); recognised if not given.
    codes
        What codes mean, such as ``{"1": "yea", "2": "abstain", "3": "nay"}``.
    actors, items
        Paths or dataframes with own columns of actors and items.
    duplicates
        Where two rows contradict: ``error``, ``first``, ``last`` or ``unknown``.
    delimiter, encoding
        Of a text file; the delimiter is recognised and the encoding is UTF-8 if not given.

    Raises
    ------
    ReadError
        If the file is not a table, or not one of choices.

    Examples
    --------
    >>> import tempfile, pathlib
    >>> path = pathlib.Path(tempfile.mkdtemp()) / "votes.csv"
    >>> _ = path.write_text("member,rollcall,vote\\nann,1,yea\\nbob,1,nay\\n")
    >>> read_delimited(path)
    Records(votes.csv: 2 actors, 1 item, 2 choices)
    """
    path = check_path(path)
    return from_table(
        scan(path, delimiter=delimiter, encoding=encoding),
        name=path.name,
        file=str(path),
        sha256=sha256(path),
        actor=actor,
        item=item,
        choice=choice,
        layout=layout,
        codes=codes,
        actors=companion(actors),
        items=companion(items),
        duplicates=duplicates,
    )


def companion(table: object) -> object:
    """A table of actors or items: read if it is a path, otherwise as it is."""
    return read_table(table) if isinstance(table, str | Path) else table


def scan(
    path: Path, *, delimiter: str | None = None, encoding: str | None = None
) -> pl.DataFrame | pl.LazyFrame:
    """A table in a file; Parquet and Arrow are scanned, text is read with every column as text."""
    kind = kind_of(path)
    if kind in ("parquet", "arrow"):
        with readable(str(path)):
            table = pl.scan_parquet(path) if kind == "parquet" else pl.scan_ipc(path)
            if not table.collect_schema().names():
                raise ReadError("the table has no columns", file=str(path))
        return table
    if kind == "r":
        raise ReadError("this is an R file; read it with format='rollcall'", file=str(path))
    return parse(text_of(path, encoding), str(path), delimiter)


def read_table(path: str | Path) -> pl.DataFrame:
    """A whole table in memory, as :func:`scan` has it."""
    path = check_path(path)
    table = scan(path)
    with readable(str(path)):
        return table.collect() if isinstance(table, pl.LazyFrame) else table


def parse(data: bytes, file: str, delimiter: str | None = None) -> pl.DataFrame:
    """A text as a table of text columns, refusing rows that are too long or too short.

    Raises
    ------
    ReadError
        If there is one column only, a name occurs twice, or a row has more or fewer fields than the
        header.
    """
    data = data.strip(b"\n") + b"\n"
    first, _, rest = data.partition(b"\n")
    delimiter = _delimiter(first, file, delimiter)
    header = _header(first, delimiter, file)
    n_rows = _check_rows(rest, delimiter, len(header), file)
    if not n_rows:
        raise ReadError("a header, but no rows", file=file)
    try:
        table = pl.read_csv(
            rest,
            has_header=False,
            new_columns=header,
            separator=delimiter,
            infer_schema=False,
            raise_if_empty=False,
        )
    except (pl.exceptions.PolarsError, pl.exceptions.PanicException) as error:
        raise ReadError(
            "the rows cannot be told apart, perhaps for a stray quote sign", file=file
        ) from error
    if table.shape != (n_rows, len(header)):
        raise ReadError(
            f"{n_rows:,} rows of {len(header)} fields were expected, {table.height:,} of "
            f"{table.width} were found; look for quote signs that are not closed",
            file=file,
        )
    return table


def _delimiter(first: bytes, file: str, given: str | None) -> str:
    if given is not None:
        if len(given.encode()) != 1:
            raise SettingError(f"delimiter must be one ASCII character, got {given!r}")
        return given
    parity, counts = 0, dict.fromkeys(DELIMITERS, 0)
    for sign in first.decode():
        parity ^= sign == '"'
        if not parity and sign in counts:
            counts[sign] += 1
    best = max(counts, key=lambda sign: counts[sign])
    if not counts[best]:
        raise ReadError(
            f"one column only, {first.decode()[:60]!r}; columns are told apart by comma, tab, "
            "semicolon or |, or by what delimiter= says",
            file=file,
        )
    return best


def _header(first: bytes, delimiter: str, file: str) -> list[str]:
    try:
        names = next(csv.reader([first.decode()], delimiter=delimiter, strict=True))
    except (csv.Error, StopIteration) as error:
        raise ReadError(f"the header cannot be read: {error}", file=file, row=0) from error
    names = [name.strip() for name in names]
    seen: set[str] = set()
    for place, name in enumerate(names, 1):
        if not name and place > 1:
            raise ReadError(f"column {place} of the header has no name", file=file, row=0)
        if name in seen:
            raise ReadError("the header has this name twice", file=file, row=0, column=name)
        seen.add(name)
    if not names[0]:
        names[0] = "row_name" if "row_name" not in seen else "row_name_"
    return names


def _check_rows(rest: bytes, delimiter: str, width: int, file: str) -> int:
    """Count rows and refuse the first with another number of fields than the header."""
    n_rows, carry, odd, ended = 0, 0, 0, 0
    raw = np.frombuffer(rest, np.uint8)
    sign = np.uint8(ord(delimiter))
    for at in range(0, len(raw), _CHUNK):
        part = raw[at : at + _CHUNK]
        here, odd = _structure(part, sign, odd)
        is_end = part[here] == 10
        ends = np.flatnonzero(is_end)
        fields = np.diff(ends, prepend=-1) - 1
        if len(fields):
            fields[0] += carry
            carry = len(here) - 1 - int(ends[-1])
        else:
            carry += len(here)
        stop = here[ends] + at
        blank = np.diff(stop, prepend=ended - 1) == 1
        long = np.flatnonzero(np.diff(stop, prepend=ended - 1) > LONGEST_LINE)
        if len(long):
            raise ReadError(
                f"a row longer than {LONGEST_LINE:,} bytes; a line end or a closing quote sign "
                "may be missing",
                file=file,
                row=n_rows + int(long[0]) + 1,
            )
        bad = np.flatnonzero((fields != width - 1) & ~blank)
        if len(bad):
            k = int(bad[0])
            raise ReadError(
                f"{fields[k] + 1} fields, but the header has {width} (told apart by {delimiter!r})",
                file=file,
                row=n_rows + k + 1,
            )
        n_rows += len(ends)
        if len(stop):
            ended = int(stop[-1]) + 1
    if odd:
        raise ReadError('a quote sign (") is opened and not closed', file=file)
    return n_rows


def _structure(part: NDArray[np.uint8], sign: np.uint8, odd: int) -> tuple[NDArray[np.int64], int]:
    """Where fields and rows end: delimiters and line ends outside quotes."""
    hit = (part == sign) | (part == 10)
    quote = part == 34
    if odd or quote.any():
        parity = (np.cumsum(quote, dtype=np.uint8) + np.uint8(odd)) & 1
        hit &= parity == 0
        odd = int(parity[-1])
    return np.flatnonzero(hit), odd
