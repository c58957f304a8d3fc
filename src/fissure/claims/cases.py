"""Cases: historical cases with their conditions and outcomes, as they were coded."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

import numpy as np
import polars as pl
from numpy.typing import NDArray

from fissure.claims.coding import ALLOWED, Coding, is_blank, is_number, span_of
from fissure.claims.reading import coding_from, raw_table, roles_of, unusable
from fissure.errors import DataError, ReadError, SettingError
from fissure.readers.columns import counted, listed, named
from fissure.records import Source

__all__ = ["Cases"]

Array = NDArray[np.float64]


@dataclass(frozen=True)
class Cases:
    """Historical cases, their conditions and outcomes, each with what is known of the coding.

    Make one with :meth:`Cases.read`.

    Parameters
    ----------
    names
        Name of every case, each once.
    codings
        Column → :class:`~fissure.claims.coding.Coding`, for all columns that are codings.
    others
        All other columns as text, one row a case: numbers to calibrate, categories, remarks.
    source
        Where the table comes from.
    cluster
        The wave that each case belongs to, such as ``"1848"``, shape (n,); empty where it belongs
        to none. None if the table has no such column.
    date, until
        Earliest and latest moment of the case's own date, as decimal years, or None.
    rows
        Row of the table that each case was read from, counted from 1 below the header.
    note
        What every result made from the table has to say; empty where there is nothing.

    Examples
    --------
    >>> import polars as pl
    >>> cases = Cases.read(
    ...     pl.DataFrame({"case": ["A 1848", "B 1917"], "split": ["1", "0.4..0.8"], "won": [1, 0]})
    ... )
    >>> cases
    Cases(dataframe: 2 cases, 2 codings: split, won)
    >>> cases.coding("split").value.tolist(), cases.coding("~won").value.tolist()
    ([1.0, 0.6], [0.0, 1.0])
    """

    names: tuple[str, ...]
    codings: Mapping[str, Coding]
    others: pl.DataFrame
    source: Source
    cluster: NDArray[np.str_] | None = None
    date: Array | None = None
    until: Array | None = None
    rows: tuple[int, ...] = field(default=(), repr=False)
    note: str = ""

    def __post_init__(self) -> None:
        for array in (self.cluster, self.date, self.until):
            if array is not None:
                array.setflags(write=False)

    @classmethod
    def read(
        cls,
        table: str | Path | Any,
        *,
        case: str | Sequence[str] | None = None,
        cluster: str | None = None,
        date: str | None = None,
        codings: Sequence[str] | None = None,
        delimiter: str | None = None,
        encoding: str | None = None,
        name: str = "dataframe",
    ) -> Cases:
        """Read a table of cases: CSV, TSV, Parquet, Arrow, or a dataframe.

        One row is a case, one column a condition or an outcome. Beside a column ``split`` may
        stand ``split_date`` (when it began), ``split_before`` (a date, or whether it held before
        the outcome: yes or no), ``split_source``, ``split_certainty`` (0 to 1, or low, medium,
        high). Several coders have one cell, ``1|0|1``, or one column each, ``split@ann``.

        Parameters
        ----------
        table
            Path of the file, or the dataframe.
        case
            Column, or columns together, that name a case; recognised by its usual names, otherwise
            the first column if it holds names, otherwise the cases are numbered.
        cluster, date
            Columns of the wave and of the date of a case; recognised as ``cluster`` or ``wave``,
            ``date`` or ``year``.
        codings
            Columns that must be codings, checked at once; all that can be, where not given.
        delimiter, encoding
            Of a text file; the delimiter is recognised and the encoding is UTF-8 if not given.
        name
            What to call a dataframe.

        Raises
        ------
        ReadError
            If there are no cases, a name occurs twice, or a cell cannot be read; it names file,
            row, column and case.
        """
        raw, source = raw_table(table, delimiter, encoding, name)
        file = str(table) if isinstance(table, str | Path) else name
        roles = roles_of(raw.columns, case, cluster, date, file)
        if not roles.case and _is_names(raw, roles.rest):
            roles = replace(roles, case=roles.rest[:1], rest=roles.rest[1:])
        names = _names(raw, roles.case)
        _refuse_twice(raw, names, roles.case, file)
        rows = tuple(range(1, raw.height + 1))
        found = {c: coding_from(raw, roles, c, names, file) for c in (*roles.rest, *roles.votes)}
        read = {c: coding for c, coding in found.items() if coding is not None}
        others = raw.select(c for c in roles.rest if c not in read)
        for column in codings or ():
            if named([*read, *others.columns], column, "codings", file) not in read:
                raise unusable(others[column].to_list(), column, names, rows, file)
        spans = [] if roles.date is None else [span_of(t) for t in raw[roles.date].to_list()]
        dated = bool(spans) and None not in spans
        if roles.date is not None and not dated:
            if date is not None:
                row = spans.index(None)
                problem = f"case {names[row]!r}: got {raw[date][row]!r}; allowed: a year, or a date"
                raise ReadError(problem, file=file, row=row + 1, column=date)
            others = others.with_columns(raw[roles.date])
        moments = np.array([s for s in spans if s is not None], float) if dated else None
        return cls(
            names,
            {c: read[c] for c in read if codings is None or c in codings},
            others,
            source,
            raw[roles.cluster].to_numpy().astype(str) if roles.cluster else None,
            None if moments is None else moments[:, 0],
            None if moments is None else moments[:, 1],
            rows,
        )

    @property
    def n_cases(self) -> int:
        """Number of cases."""
        return len(self.names)

    @property
    def columns(self) -> tuple[str, ...]:
        """Names of all codings."""
        return tuple(self.codings)

    def coding(self, name: str) -> Coding:
        """A condition or outcome by the name of its column.

        ``~split`` is its absence, and ``TYPE=2`` a coding made of a category: 1 where the column
        holds ``2``, 0 where it holds something else, unknown where it is blank.

        Raises
        ------
        ReadError
            If there is no such column, or its cells are no codings.
        """
        if name in self.codings:
            return self.codings[name]
        if name.startswith("~"):
            return self.coding(name[1:]).negated()
        column, equals, wanted = name.partition("=")
        if equals and (column in self.others.columns or column in self.codings):
            return self._category(name, column, wanted.strip())
        known = [*self.codings, *self.others.columns]
        named(known, name, "a coding", self.source.name)
        raise unusable(self.others[name].to_list(), name, self.names, self.rows, self.source.name)

    def _category(self, name: str, column: str, wanted: str) -> Coding:
        if column in self.codings:
            coding = self.codings[column]
            if not coding.is_crisp or wanted not in ("0", "1"):
                raise ReadError(
                    f"{name!r} asks for a category, but this column is a coding from 0 to 1; "
                    f"ask for {column} or ~{column}",
                    file=self.source.name,
                    column=column,
                )
            return replace(coding if wanted == "1" else coding.negated(), name=name)
        raw = self.others[column].to_list()
        seen = sorted({text for text in raw if not is_blank(text)})
        if not any(_same(text, wanted) for text in seen):
            raise ReadError(
                f"no case has {wanted!r} in this column; it holds {listed(seen)}",
                file=self.source.name,
                column=column,
            )
        value = np.array([np.nan if is_blank(t) else float(_same(t, wanted)) for t in raw])
        return Coding(name, value, value, value)

    def number(self, name: str) -> Array:
        """A column of numbers of any size, such as one to calibrate, shape (n,); NaN for blanks.

        Raises
        ------
        ReadError
            If there is no such column, or a cell is not a number.
        """
        if name in self.codings:
            return self.codings[name].value
        raw = self.others[named(self.others.columns, name, "a number", self.source.name)].to_list()
        for row, text in enumerate(raw):
            if not is_number(text):
                raise ReadError(
                    f"case {self.names[row]!r}: got {text!r}; allowed: a number, or blank",
                    file=self.source.name,
                    row=self.rows[row],
                    column=name,
                )
        return np.array([np.nan if is_blank(text) else float(text) for text in raw])

    def matrix(self, names: Sequence[str]) -> Array:
        """Values of several codings side by side, shape (n, len(names)); NaN for unknown."""
        if not names:
            return np.empty((self.n_cases, 0))
        return np.column_stack([self.coding(name).value for name in names])

    def crisp(self, name: str, threshold: float = 0.5) -> NDArray[np.int8]:
        """1 above the threshold, 0 below it, −1 where unknown or exactly on it; shape (n,).

        A case on the threshold is neither in the set nor out of it.

        Raises
        ------
        SettingError
            If the threshold is not between 0 and 1.
        """
        if not 0 < threshold < 1:
            raise SettingError(f"threshold must be between 0 and 1, got {threshold!r}")
        value = self.coding(name).value
        out = np.full(self.n_cases, -1, np.int8)
        out[value > threshold] = 1
        out[value < threshold] = 0
        return out

    def order(self, condition: str, outcome: str) -> NDArray[np.int8]:
        """Did the condition hold before the outcome? 1 yes, −1 no, 0 not known; shape (n,).

        What ``<condition>_before`` says comes first, then ``<condition>_date`` against
        ``<outcome>_date`` or, where the outcome has none, the date of the case. Two moments that
        overlap, such as the same year, have no known order.
        """
        cause, effect = self.coding(condition), self.coding(outcome)
        out = np.zeros(self.n_cases, np.int8)
        theirs = (self.date, self.until) if effect.date is None else (effect.date, effect.until)
        moments = [m for m in (cause.date, cause.until, *theirs) if m is not None]
        if len(moments) == 4:
            earliest, latest, start, end = moments
            out[latest <= start] = 1
            out[earliest >= end] = -1
        if cause.before is not None:
            out[cause.before == 1] = 1
            out[cause.before == 0] = -1
        return out

    def misdated(self, condition: str, outcome: str) -> tuple[str, ...]:
        """Names of the cases whose condition began only after their outcome."""
        late = np.flatnonzero(self.order(condition, outcome) == -1)
        return tuple(self.names[k] for k in late)

    def select(self, keep: pl.Expr | NDArray[np.bool_] | Sequence[str]) -> Cases:
        """The cases for which an expression over :meth:`to_frame` is true, a mask is, or by name.

        Raises
        ------
        DataError
            If no case is left, or a name is none of a case.
        """
        if isinstance(keep, pl.Expr):
            mask = self.to_frame().select(keep.alias("_keep"))["_keep"].fill_null(False)
            rows = np.flatnonzero(mask.to_numpy())
        elif isinstance(keep, np.ndarray):
            rows = np.flatnonzero(np.asarray(keep, bool))
        else:
            place = {name: k for k, name in enumerate(self.names)}
            unknown = [name for name in keep if name not in place]
            if unknown:
                raise DataError(f"there is no case {unknown[0]!r} in {self.source.name}")
            rows = np.array([place[name] for name in keep], np.intp)
        if not len(rows):
            raise DataError(f"no case of {self.source.name} is left by this selection")
        return replace(
            self,
            names=tuple(self.names[r] for r in rows),
            codings={c: coding.take(rows) for c, coding in self.codings.items()},
            others=self.others[rows.tolist()] if self.others.width else self.others,
            cluster=None if self.cluster is None else self.cluster[rows],
            date=None if self.date is None else self.date[rows],
            until=None if self.until is None else self.until[rows],
            rows=tuple(self.rows[r] for r in rows),
        )

    def with_coding(self, name: str, value: Any) -> Cases:
        """The same cases with one coding more (or another one of that name), such as a calibrated.

        Raises
        ------
        DataError
            If a value lies outside 0 to 1, or there are more or fewer values than cases.
        """
        array = np.array(value, float)
        if array.shape != (self.n_cases,):
            raise DataError(
                f"coding {name!r} must have {counted(self.n_cases, 'value')}, one a case, "
                f"got shape {array.shape}"
            )
        bad = np.flatnonzero((array < 0) | (array > 1))
        if len(bad):
            raise DataError(
                f"coding {name!r}: case {self.names[bad[0]]!r} got {array[bad[0]]:g}; "
                f"allowed: {ALLOWED}"
            )
        new = {**self.codings, name: Coding(name, array, array, array)}
        others = self.others.drop(name, strict=False)
        return replace(self, codings=new, others=others)

    def to_frame(self) -> pl.DataFrame:
        """One row a case: name, cluster, date, values (low and high of ranges too), the rest."""
        out: dict[str, Any] = {"case": self.names}
        if self.cluster is not None:
            out["cluster"] = self.cluster.tolist()
        if self.date is not None:
            out["date"] = self.date
        for name, coding in self.codings.items():
            out[name] = coding.value
            known = coding.known
            if (coding.low[known] < coding.high[known]).any():
                out[f"{name}_low"], out[f"{name}_high"] = coding.low, coding.high
        frame = pl.DataFrame(out, nan_to_null=True)
        rest = self.others.select(c for c in self.others.columns if c not in frame.columns)
        return pl.concat([frame, rest], how="horizontal") if rest.width else frame

    def __repr__(self) -> str:
        shown = ", ".join(self.columns[:8]) + (" …" if len(self.columns) > 8 else "")
        return (
            f"Cases({self.source.name}: {counted(self.n_cases, 'case')}, "
            f"{counted(len(self.columns), 'coding')}: {shown})"
        )


def _same(text: str, wanted: str) -> bool:
    """Whether a cell is a category, as words without case or as numbers."""
    if is_number(text) and is_number(wanted) and not is_blank(text) and not is_blank(wanted):
        return float(text) == float(wanted)
    return text.lower() == wanted.lower()


def _is_names(raw: pl.DataFrame, rest: Sequence[str]) -> bool:
    """Whether the first column holds names: all different, and none of them a number."""
    if not rest or rest[0] != raw.columns[0]:
        return False
    texts = raw[rest[0]].to_list()
    return len(set(texts)) == len(texts) and not any(is_number(text) for text in texts)


def _names(raw: pl.DataFrame, columns: Sequence[str]) -> tuple[str, ...]:
    if not columns:
        return tuple(str(row) for row in range(1, raw.height + 1))
    parts = [raw[c].to_list() for c in columns]
    return tuple(", ".join(p for p in row if p) for row in zip(*parts, strict=True))


def _refuse_twice(
    raw: pl.DataFrame, names: Sequence[str], columns: Sequence[str], file: str
) -> None:
    """Refuse a case without a name, and one that is listed twice, saying where the rows differ."""
    column = columns[0] if columns else None
    first: dict[str, int] = {}
    for row, case in enumerate(names):
        if not case:
            raise ReadError("a case without a name", file=file, row=row + 1, column=column)
        if case in first:
            other = first[case]
            differ = [c for c in raw.columns if raw[c][row] != raw[c][other]]
            what = f"row {other + 1} has the same case"
            if differ:
                c = differ[0]
                what += (
                    f" and contradicts it in column {c!r}: {raw[c][other]!r} there, "
                    f"{raw[c][row]!r} here"
                )
            raise ReadError(
                f"case {case!r} is listed twice: {what}; keep one row, or name several columns "
                "that together tell cases apart with case=",
                file=file,
                row=row + 1,
                column=column,
            )
        first[case] = row
