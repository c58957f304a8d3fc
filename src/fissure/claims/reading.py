"""From a table to codings: which column is what, and every cell checked."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, TypeVar

import numpy as np
import polars as pl
from numpy.typing import NDArray

from fissure.claims.coding import (
    ALLOWED,
    Cell,
    Coding,
    cell_of,
    certainty_of,
    is_blank,
    is_number,
    respelled,
    span_of,
    vote_of,
    voted,
)
from fissure.errors import ReadError
from fissure.readers.columns import find, named
from fissure.readers.dataframe import to_polars
from fissure.readers.delimited import scan
from fissure.readers.opening import check_path, readable, sha256
from fissure.records import Source

__all__ = ["Roles", "coding_from", "raw_table", "roles_of", "unusable"]

T = TypeVar("T")

CASE = ("case", "casename", "episode", "campaign", "revolution", "name", "rowname", "country", "id")
CLUSTER = ("cluster", "wave")
DATE = ("date", "year")
COMPANIONS = ("date", "before", "source", "certainty")


@dataclass(frozen=True)
class Roles:
    """What each column of a case table is.

    Parameters
    ----------
    case
        Columns that name a case, joined by a comma and a blank.
    cluster, date, source
        Columns of the wave, the date and the source of the whole case, or None.
    votes
        Coding → its columns ``name@coder``.
    companions
        (coding, what) → column, for what in ``date``, ``before``, ``source``, ``certainty``.
    rest
        All other columns, in order: codings, numbers and texts.
    """

    case: tuple[str, ...]
    cluster: str | None = None
    date: str | None = None
    source: str | None = None
    votes: dict[str, tuple[str, ...]] = field(default_factory=dict)
    companions: dict[tuple[str, str], str] = field(default_factory=dict)
    rest: tuple[str, ...] = ()


def raw_table(
    given: object, delimiter: str | None, encoding: str | None, name: str
) -> tuple[pl.DataFrame, Source]:
    """The table as text, stripped, and where it comes from.

    Raises
    ------
    ReadError
        If it is not a table, or has no rows.
    """
    if isinstance(given, str | Path):
        path = check_path(given)
        with readable(str(path)):
            table = scan(path, delimiter=delimiter, encoding=encoding).lazy().collect()
        name, digest = path.name, sha256(path)
    else:
        table, digest = to_polars(given, "the case table"), ""
    try:
        table = table.select(pl.col(c).cast(pl.String).str.strip_chars() for c in table.columns)
    except pl.exceptions.PolarsError as error:
        raise ReadError(f"a column cannot be read as text: {error}", file=name) from error
    if not table.width or not table.height:
        raise ReadError("the table has no cases; one row a case is expected", file=name)
    table = table.with_columns(pl.all().fill_null(""))
    digest = digest or hashlib.sha256(table.write_csv().encode()).hexdigest()
    return table, Source(name, "cases", digest, table.height)


def roles_of(
    columns: Sequence[str],
    case: str | Sequence[str] | None,
    cluster: str | None,
    date: str | None,
    file: str,
) -> Roles:
    """What each column is, by what the user named and by the convention of names."""
    if case is None:
        found = find(columns, CASE)
        who: tuple[str, ...] = () if found is None else (found,)
    else:
        asked = (case,) if isinstance(case, str) else tuple(case)
        who = tuple(named(columns, c, "case", file) for c in asked)
    left = [c for c in columns if c not in who]
    wave = named(left, cluster, "cluster", file) if cluster else find(left, CLUSTER)
    when = named(left, date, "date", file) if date else find(left, DATE)
    left = [c for c in left if c not in (wave, when)]
    cited = find(left, ("source",))
    left = [c for c in left if c != cited]
    votes: dict[str, list[str]] = {}
    for column in left:
        base, sign, coder = column.partition("@")
        if sign and base and coder:
            votes.setdefault(base, []).append(column)
    left = [c for c in left if not any(c in cs for cs in votes.values())]
    companions = {
        (base, what): column
        for column in left
        for base, _, what in (column.rpartition("_"),)
        if what in COMPANIONS and (base in left or base in votes)
    }
    for base in votes:
        if base in left:
            raise ReadError(
                f"both a column {base!r} and columns {base}@coder; keep one of the two",
                file=file,
                column=base,
            )
    rest = tuple(c for c in left if c not in companions.values())
    return Roles(who, wave, when, cited, {k: tuple(v) for k, v in votes.items()}, companions, rest)


def coding_from(
    table: pl.DataFrame, roles: Roles, name: str, cases: Sequence[str], file: str
) -> Coding | None:
    """The coding in a column with all its companions, or None if the column holds other things.

    A column that has companions, or votes of coders, is a coding for certain: a cell of it that
    cannot be read is an error.

    Raises
    ------
    ReadError
        If a companion, a vote, or a cell of such a column cannot be read.
    """
    column = _Column(table, cases, file)
    own = {what: c for (base, what), c in roles.companions.items() if base == name}
    coders: tuple[str, ...] = ()
    if name in roles.votes:
        columns = roles.votes[name]
        coders = tuple(c.partition("@")[2] for c in columns)
        ballots = [column.read(c, vote_of, "1 or 0, blank for none") for c in columns]
        cells = [voted(ballot) for ballot in zip(*ballots, strict=True)]
    elif own:
        cells = column.read(name, cell_of, ALLOWED)
    else:
        raw = table[name].to_list()
        seen = {text: cell_of(text) for text in set(raw)}
        if None in seen.values() or all(is_blank(text) for text in seen):
            return None
        cells = [cell for text in raw if (cell := seen[text]) is not None]
    _check_ballots(cells, name, cases, file)
    votes, coders = _ballots(cells, coders)
    dates, before = _moments(column, own)
    cited = own.get("source", roles.source)
    sure = None
    if "certainty" in own:
        allowed = "0 to 1, low, medium or high"
        sure = np.array(column.read(own["certainty"], certainty_of, allowed), float)
    return Coding(
        name=name,
        value=np.array([c.value for c in cells], float),
        low=np.array([c.low for c in cells], float),
        high=np.array([c.high for c in cells], float),
        votes=votes,
        coders=coders,
        certainty=sure,
        source=tuple(table[cited].to_list()) if cited else (),
        date=None if dates is None else dates[:, 0],
        until=None if dates is None else dates[:, 1],
        before=before,
    )


@dataclass(frozen=True)
class _Column:
    """Reads the cells of a column; the error of a cell names the case."""

    table: pl.DataFrame
    cases: Sequence[str]
    file: str

    def read(self, column: str, one: Callable[[str], T | None], allowed: str) -> list[T]:
        out: list[T] = []
        for row, text in enumerate(self.table[column].to_list()):
            got = one(text)
            if got is None:
                advice = respelled(text)
                hint = f"; write {advice}" if advice and one(advice) is not None else ""
                raise ReadError(
                    f"case {self.cases[row]!r}: got {text!r}; allowed: {allowed}{hint}",
                    file=self.file,
                    row=row + 1,
                    column=column,
                )
            out.append(got)
        return out

    def holds(self, column: str, one: Callable[[str], object]) -> bool:
        return all(one(text) is not None for text in self.table[column].to_list())


def _moments(
    column: _Column, own: dict[str, str]
) -> tuple[NDArray[np.float64] | None, NDArray[np.int8] | None]:
    """Dates of the condition, shape (n, 2), and whether it held before the outcome."""
    dates = before = None
    if "date" in own:
        dates = np.array(column.read(own["date"], span_of, "a year, or year-month-day"), float)
    if "before" in own:
        if column.holds(own["before"], vote_of):
            before = np.array(column.read(own["before"], vote_of, "yes or no"), np.int8)
        elif dates is None:
            allowed = "a year, year-month-day, yes or no"
            dates = np.array(column.read(own["before"], span_of, allowed), float)
    return dates, before


def _check_ballots(cells: Sequence[Cell], name: str, cases: Sequence[str], file: str) -> None:
    """Refuse cells with different numbers of votes: nobody could tell who did not vote."""
    sizes = [len(cell.votes) for cell in cells]
    most = max(sizes)
    for row, size in enumerate(sizes):
        if 0 < size < most:
            raise ReadError(
                f"case {cases[row]!r}: {size} votes, but case {cases[sizes.index(most)]!r} has "
                f"{most}; write ? for a coder who did not vote",
                file=file,
                row=row + 1,
                column=name,
            )


def _ballots(cells: Sequence[Cell], coders: tuple[str, ...]) -> tuple[Any, tuple[str, ...]]:
    """Votes of all cells in one array; a crisp cell among votes is one vote."""
    n_coders = max(len(cell.votes) for cell in cells)
    if not n_coders:
        return None, ()
    votes = np.full((len(cells), n_coders), -1, np.int8)
    for row, cell in enumerate(cells):
        if cell.votes:
            votes[row, : len(cell.votes)] = cell.votes
        elif cell.value in (0.0, 1.0):
            votes[row, 0] = int(cell.value)
    return votes, coders or tuple(str(k + 1) for k in range(n_coders))


def unusable(
    raw: Sequence[str], name: str, cases: Sequence[str], rows: Sequence[int], file: str
) -> ReadError:
    """Why a column is no coding, as an error that names the first case."""
    if all(is_blank(text) for text in raw):
        return ReadError("no case is coded in this column", file=file, column=name)
    first = next(k for k, text in enumerate(raw) if cell_of(text) is None)
    if advice := respelled(raw[first]):
        hint = f"write {advice}"
    elif all(is_number(text) for text in raw):
        hint = f"for other numbers calibrate the column, or ask for one value as {name}=VALUE"
    else:
        hint = f"for categories ask for one as {name}={raw[first]}"
    return ReadError(
        f"case {cases[first]!r}: got {raw[first]!r}; allowed: {ALLOWED}; {hint}",
        file=file,
        row=rows[first],
        column=name,
    )
