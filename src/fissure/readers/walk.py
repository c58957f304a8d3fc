"""One pass over a long table: codes for identifiers, meanings, and whose the other columns are.

The table is walked in batches of rows, so that only 9 bytes a choice are held at a time.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

import numpy as np
import polars as pl
from numpy.typing import NDArray

from fissure.errors import ReadError
from fissure.readers.columns import about_item
from fissure.records import CHOICES, Note

__all__ = ["NO_ID", "Long", "Walk"]

#: Rows of one batch.
BATCH = 4_000_000
#: The code of a row without an identifier.
NO_ID = np.uint32(0xFFFFFFFF)


@dataclass(frozen=True)
class Long:
    """A long table and the roles of its columns.

    Parameters
    ----------
    table
        One row a choice, in memory or scanned.
    actor, choice
        Column names.
    item
        The columns that together name an item.
    file
        Where it comes from, for messages.
    cast_codes
        Whether numbers in the choice column are Voteview's cast codes.
    empty
        What an empty choice means.
    item_text
        How the item's columns make its identifier; joined by ``-`` if not given.
    """

    table: pl.DataFrame | pl.LazyFrame
    actor: str
    item: tuple[str, ...]
    choice: str
    file: str
    cast_codes: bool = False
    empty: str = "absent"
    item_text: pl.Expr | None = None

    def columns(self) -> list[str]:
        """Names of all columns."""
        return self.table.lazy().collect_schema().names()

    def batches(self, n_rows: int) -> Iterator[pl.DataFrame]:
        """The rows, a few million at a time."""
        for at in range(0, n_rows, BATCH):
            part = self.table.slice(at, BATCH)
            yield part.collect() if isinstance(part, pl.LazyFrame) else part


class _Coder:
    """Numbers identifiers in order of appearance, batch by batch."""

    def __init__(self, columns: tuple[str, ...], text: pl.Expr | None = None) -> None:
        self.columns = list(columns)
        self._text = text
        self._raw: pl.DataFrame | None = None
        self._ids: pl.DataFrame = pl.DataFrame(schema={"id": pl.String, "code": pl.UInt32})

    def codes(self, batch: pl.DataFrame) -> NDArray[np.uint32]:
        part = batch.select(
            pl.col(c).cast(pl.String) if _is_words(batch.schema[c]) else pl.col(c)
            for c in self.columns
        )
        new = part.unique(maintain_order=True)
        if self._raw is not None:
            new = new.join(self._raw, on=self.columns, how="anti", nulls_equal=True)
        known = self._learn(new) if new.height or self._raw is None else self._raw
        found = part.join(
            known, on=self.columns, how="left", nulls_equal=True, maintain_order="left"
        )
        return found["code"].to_numpy()

    def _learn(self, new: pl.DataFrame) -> pl.DataFrame:
        if self._text is None:
            expr = pl.concat_str([_id_text(new[c]) for c in self.columns], separator="-")
        else:
            expr = self._text
        text = new.select(expr.alias("id"))
        fresh = text.drop_nulls().join(self._ids, on="id", how="anti", maintain_order="left")
        fresh = fresh.select("id").unique(maintain_order=True)
        fresh = fresh.with_row_index("code", offset=self._ids.height).select("id", "code")
        self._ids = pl.concat([self._ids, fresh])
        code = text.join(self._ids, on="id", how="left", maintain_order="left")["code"].fill_null(
            NO_ID
        )
        learned = new.with_columns(code.alias("code"))
        self._raw = learned if self._raw is None else pl.concat([self._raw, learned])
        return self._raw

    def ids(self) -> pl.Series:
        """The identifiers, in the order of their codes."""
        ids = self._ids["id"]
        if len(ids) and ids.str.contains(r"^-?\d+\.0+$").all():
            whole = ids.str.replace(r"\.0+$", "")
            ids = ids if whole.is_duplicated().any() else whole
        return ids


def _id_text(column: pl.Series) -> pl.Series:
    """An identifier as text without blanks around it; null where there is none."""
    if column.dtype.is_float():
        finite = column.set(~column.is_finite().fill_null(False), None)
        if (finite.drop_nulls() % 1 == 0).all():
            column = finite.cast(pl.Int64, strict=False)
    if column.dtype == pl.Binary or column.dtype.is_nested():
        raise ReadError(f"the column holds {column.dtype}, not names", column=column.name)
    text = column.cast(pl.String).str.strip_chars()
    return text.set((text == "").fill_null(False), None)


class Walk:
    """One pass over the table: codes, meanings, and which other columns belong to whom."""

    def __init__(self, long: Long, of: Mapping) -> None:
        self.long = long
        self.actors, self.items = _Coder((long.actor,)), _Coder(long.item, long.item_text)
        dtype = long.table.lazy().collect_schema()[long.choice]
        self._old = pl.Series(list(of), dtype=dtype)
        self._new = pl.Series([CHOICES.index(m) for m in of.values()], dtype=pl.UInt8)
        used = {long.actor, long.choice} | (set(long.item) if len(long.item) == 1 else set())
        schema = long.table.lazy().collect_schema()
        self.extra = [
            c
            for c in long.columns()
            if c not in used
            and not c.startswith("_fissure")
            and not schema[c].is_nested()
            and schema[c] != pl.Binary
        ]
        self._seen: dict[str, list[pl.DataFrame]] = {"actor": [], "item": []}
        self._owned: set[str] = set()

    def run(self, n_rows: int) -> tuple[NDArray[np.uint32], NDArray[np.uint32], NDArray[np.uint8]]:
        a, j = np.empty(n_rows, np.uint32), np.empty(n_rows, np.uint32)
        y = np.empty(n_rows, np.uint8)
        at = 0
        for batch in self.long.batches(n_rows):
            to = slice(at, at + batch.height)
            a[to] = self.actors.codes(batch)
            j[to] = self.items.codes(batch)
            y[to] = batch[self.long.choice].replace_strict(
                self._old, self._new, return_dtype=pl.UInt8
            )
            if self.extra:
                self._look(batch, "actor", a[to])
                self._look(batch, "item", j[to])
            at += batch.height
        return a, j, y

    def _look(self, batch: pl.DataFrame, key: str, code: NDArray[np.uint32]) -> None:
        columns = [
            pl.col(c).cast(pl.String) if _is_words(batch.schema[c]) else pl.col(c)
            for c in self.extra
        ]
        table = batch.select(*columns).with_columns(pl.Series("_code", code))
        found = table.group_by("_code").agg(
            [pl.col(c).min().name.prefix("_lo_") for c in self.extra]
            + [pl.col(c).max().name.prefix("_hi_") for c in self.extra]
        )
        self._seen[key].append(found)

    def own(self) -> dict[str, pl.DataFrame | None]:
        """Own columns of actors and of items: those with one value for each."""
        fits: dict[str, pl.DataFrame] = {}
        for key, coder in (("actor", self.actors), ("item", self.items)):
            if not self.extra:
                return {"actor": None, "item": None}
            found = (
                pl.concat(self._seen[key])
                .group_by("_code")
                .agg(
                    [pl.col(f"_lo_{c}").min() for c in self.extra]
                    + [pl.col(f"_hi_{c}").max() for c in self.extra]
                )
            )
            one = [
                c
                for c in self.extra
                if found.select((pl.col(f"_lo_{c}").eq_missing(pl.col(f"_hi_{c}"))).all()).item()
            ]
            ids = coder.ids().to_frame(key).with_row_index("_code")
            fits[key] = ids.join(found, on="_code", how="left", maintain_order="left").select(
                key, *[pl.col(f"_lo_{c}").alias(c) for c in one]
            )
        both = set(fits["actor"].columns) & set(fits["item"].columns)
        ours = {c for c in both if about_item(c)}
        parts = [c for c in self.long.item if c in fits["actor"].columns]
        fits["actor"] = fits["actor"].drop([*ours, *[c for c in parts if c not in ours]])
        fits["item"] = fits["item"].drop(both - ours - set(parts))
        self._owned = set(fits["actor"].columns) | set(fits["item"].columns)
        return dict(fits)

    def notes(self, n_rows: int) -> tuple[Note, ...]:
        """One remark if columns belong to neither."""
        left = [c for c in self.extra if c not in self._owned and c not in self.long.item]
        if not left:
            return ()
        names = ", ".join(repr(c) for c in left)
        text = (
            f"{self.long.file}: not kept, because they vary within actors and within items: {names}"
        )
        return (Note("column_left_out", n_rows, text),)


def _is_words(dtype: pl.DataType) -> bool:
    return dtype in (pl.Categorical, pl.Enum)
