"""Reading records for a command: the source, and only the items asked for."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import polars as pl

from fissure.datasets import load
from fissure.errors import DataError
from fissure.records import Records

__all__ = ["keep_items", "long_table", "read_records"]


def read_records(source: str, options: dict[str, Any], items: Sequence[str]) -> Records:
    """The records of a source, narrowed to the items that fit every one of the conditions."""
    records = load(source, **options)
    for condition in items:
        records = records.select_items(keep_items(condition, records.items))
        if not records.n_items:
            raise DataError(f"--items {condition!r} leaves no item; {_columns(records.items)}")
    return records


def keep_items(condition: str, items: pl.DataFrame) -> pl.Expr:
    """The expression behind COLUMN=VALUE, COLUMN=FROM..TO, or a text found in the wording."""
    column, sign, value = condition.partition("=")
    column = column.strip()
    if not sign:
        text = [c for c, kind in items.schema.items() if kind == pl.String]
        # Literal text, whatever signs it holds; upper and lower case are alike.
        wanted = condition.strip().lower()
        return pl.any_horizontal(
            pl.col(c).str.to_lowercase().str.contains(wanted, literal=True).fill_null(False)
            for c in text
        )
    if column not in items.columns:
        raise DataError(f"--items {condition!r}: no item column {column!r}; {_columns(items)}")
    low, range_, high = (part.strip() for part in value.partition(".."))
    if not range_:
        return pl.col(column) == _as(low, items.schema[column], condition)
    keep = pl.col(column).is_not_null()
    if low:
        keep &= pl.col(column) >= _as(low, items.schema[column], condition)
    if high:
        keep &= pl.col(column) <= _as(high, items.schema[column], condition)
    return keep


def _as(text: str, kind: pl.DataType, condition: str) -> pl.Expr:
    """A bound in the column's own type."""
    try:
        if kind == pl.Date:
            value = pl.Series([text]).str.to_date("%Y-%m-%d")[0]
        elif kind.is_numeric():
            value = float(text)
        elif kind == pl.Boolean:
            value = {"true": True, "false": False}[text.lower()]
        else:
            value = text
    except (pl.exceptions.PolarsError, ValueError, KeyError) as error:
        wanted = "a date such as 2005-06-30" if kind == pl.Date else f"a value of type {kind}"
        raise DataError(f"--items {condition!r}: {text!r} is not {wanted}") from error
    return pl.lit(value)


def _columns(items: pl.DataFrame) -> str:
    return f"the item columns are {', '.join(items.columns)}"


def long_table(records: Records) -> pl.DataFrame:
    """Actor, item and choice as words, with the columns that a reader of the table needs first."""
    actors = records.actors.select("actor", *(c for c in ("name", "party") if c in records.actors))
    items = records.items.select(
        "item", *(c for c in ("date", "description") if c in records.items)
    )
    rows = {"actor": actors, "item": items}
    table = records.choices.with_columns(pl.col("choice").cast(pl.String))
    for key, frame in rows.items():
        numbered = frame.with_columns(pl.int_range(pl.len(), dtype=pl.UInt32).alias("_row"))
        table = table.rename({key: "_row"}).join(numbered, on="_row", how="left").drop("_row")
    first = ["actor", "item", "choice"]
    return table.select(*first, *(c for c in table.columns if c not in first))
