"""Any dataframe, through narwhals; also the road that every table in a file takes."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from typing import Any

import narwhals as nw
import polars as pl

from fissure.errors import FissureError, ReadError, SettingError
from fissure.readers.assemble import assemble
from fissure.readers.columns import (
    ACTOR,
    CHOICE_NAMES,
    find,
    item_columns,
    listed,
    named,
    plain,
    tidy,
    typed,
)
from fissure.readers.opening import readable
from fissure.readers.walk import Long
from fissure.readers.wide import melt, seems_wide
from fissure.records import Note, Records

__all__ = ["from_table", "read_dataframe", "to_polars"]

LAYOUTS = ("long", "wide-actors", "wide-items")


def read_dataframe(
    frame: Any,
    *,
    actor: str | None = None,
    item: str | None = None,
    choice: str | None = None,
    layout: str | None = None,
    codes: Mapping[object, str] | None = None,
    actors: object = None,
    items: object = None,
    duplicates: str = "error",
    name: str = "dataframe",
) -> Records:
    """Read a dataframe of pandas, Polars, Arrow or whatever narwhals knows.

    Parameters
    ----------
    frame
        The table.
    actor, item, choice, layout, codes, actors, items, duplicates
        As in :func:`fissure.readers.read`.
    name
        What to call the source.

    Raises
    ------
    ReadError
        If it is not a table of choices.

    Examples
    --------
    >>> import polars as pl
    >>> read_dataframe(pl.DataFrame({"mp": ["a", "b"], "bill": [1, 1], "vote": [1, 0]}))
    Records(dataframe: 2 actors, 1 item, 2 choices)
    """
    table = to_polars(frame, "the dataframe")
    return from_table(
        table,
        name=name,
        file=name,
        sha256=_contents_hash(table),
        actor=actor,
        item=item,
        choice=choice,
        layout=layout,
        codes=codes,
        actors=actors,
        items=items,
        duplicates=duplicates,
    )


def to_polars(frame: Any, what: str) -> pl.DataFrame:
    """Any dataframe as a Polars one.

    Raises
    ------
    ReadError
        If it is not a dataframe.
    """
    if isinstance(frame, pl.DataFrame):
        return frame
    try:
        if isinstance(frame, pl.LazyFrame):
            return frame.collect()
        table = nw.from_native(frame)
        if isinstance(table, nw.LazyFrame):
            table = table.collect()
        return table.to_polars()
    except FissureError:
        raise
    except Exception as error:
        raise ReadError(
            f"{what} is a {type(frame).__name__} that cannot be read as a table: {str(error)[:200]}"
        ) from error


def _contents_hash(table: pl.DataFrame) -> str:
    """Hash of column names, types and cells."""
    digest = hashlib.sha256(repr(dict(table.schema)).encode())
    try:
        if table.height:
            digest.update(table.hash_rows(0).to_numpy().tobytes())
    except (pl.exceptions.PolarsError, pl.exceptions.PanicException):
        digest.update(table.write_csv().encode())
    return digest.hexdigest()


def from_table(
    table: pl.DataFrame | pl.LazyFrame,
    *,
    name: str,
    file: str,
    sha256: str,
    actor: str | None = None,
    item: str | None = None,
    choice: str | None = None,
    layout: str | None = None,
    codes: Mapping[object, str] | None = None,
    actors: object = None,
    items: object = None,
    duplicates: str = "error",
) -> Records:
    """Recognise the layout and the columns of a table, and make Records of it.

    Raises
    ------
    SettingError
        If ``layout`` is none of the three.
    ReadError
        If the columns are not recognised, or the cells cannot be read.
    """
    if layout is not None and layout not in LAYOUTS:
        raise SettingError(f"layout must be one of {', '.join(LAYOUTS)}, got {layout!r}")
    own_actors = own_table(actors, "actor", actor, file)
    own_items = own_table(items, "item", item, file)
    settings: dict[str, Any] = {
        "name": name,
        "sha256": sha256,
        "codes": codes,
        "duplicates": duplicates,
    }
    with readable(file):
        columns = table.lazy().collect_schema().names()
        if layout is None:
            layout = _layout(table, columns, actor, item, choice, codes, file)
        if layout == "long":
            long, notes = _long(table, columns, actor, item, choice, file)
            own: dict[str, Any] = {"actors": own_actors, "items": own_items}
            return assemble(long, format="long", notes=notes, stacklevel=6, **own, **settings)
        whole = table.collect() if isinstance(table, pl.LazyFrame) else table
        long, melted = melt(whole, layout, actor=actor, item=item, codes=codes, file=file)
        tables: dict[str, Any] = dict(melted)
        for key, given in (("actor", own_actors), ("item", own_items)):
            if given is not None:
                mine = tables.get(f"{key}s")
                tables[f"{key}s"] = given if mine is None else _joined(mine, given, key)
        return assemble(long, format=layout, stacklevel=6, **tables, **settings)


def _joined(mine: pl.DataFrame, given: pl.DataFrame, key: str) -> pl.DataFrame:
    """The given table first; own columns of the votes table that it does not have are added."""
    order = pl.concat([given.select(key), mine.select(key)]).unique(maintain_order=True)
    extra = [key, *[c for c in mine.columns if c not in given.columns]]
    return order.join(given, on=key, how="left", maintain_order="left").join(
        mine.select(extra), on=key, how="left", maintain_order="left"
    )


def _layout(
    table: pl.DataFrame | pl.LazyFrame,
    columns: list[str],
    actor: str | None,
    item: str | None,
    choice: str | None,
    codes: Mapping[object, str] | None,
    file: str,
) -> str:
    """Long if the columns have the names of a long table; otherwise wide by the cells."""
    if choice is not None or (actor is not None and item is not None):
        return "long"
    found = find(columns, CHOICE_NAMES)
    if found is not None and (actor or find([c for c in columns if c != found], ACTOR)):
        return "long"
    head = table.head(5000)
    head = head.collect() if isinstance(head, pl.LazyFrame) else head
    wide = seems_wide(head, actor=actor, item=item, codes=codes)
    if wide is None:
        raise ReadError(
            f"no columns of actor, item and choice are recognised among {listed(columns)}; "
            "name them with actor=, item= and choice=, or say layout='wide-actors' or 'wide-items'",
            file=file,
        )
    return wide


def _long(
    table: pl.DataFrame | pl.LazyFrame,
    columns: list[str],
    actor: str | None,
    item: str | None,
    choice: str | None,
    file: str,
) -> tuple[Long, tuple[Note, ...]]:
    """The roles of the columns of a long table."""
    vote = named(columns, choice, "choice", file) if choice else find(columns, CHOICE_NAMES)
    left = [c for c in columns if c != vote]
    who = (
        named(left, actor, "actor", file) if actor else find([c for c in left if c != item], ACTOR)
    )
    what = item_columns([c for c in left if c != who], item, file)
    if vote is None or who is None:
        missing = "choice" if vote is None else "actor"
        raise ReadError(
            f"no column of the {missing} is recognised among {listed(columns)}; "
            f"name it with {missing}=",
            file=file,
        )
    notes: tuple[Note, ...] = ()
    if not what:
        n, n_actors = (
            table.lazy().select(pl.len(), pl.col(who).n_unique().alias("u")).collect().row(0)
        )
        if n != n_actors:
            raise ReadError(
                f"no column of the item is recognised among {listed(columns)}; name it with item=",
                file=file,
            )
        table = table.with_columns(pl.lit("1").alias("_fissure_item"))
        what = ("_fissure_item",)
        notes = (
            Note("single_item", n, f"{file}: no column of items; all rows are one item, named '1'"),
        )
    cast = plain(vote) in ("castcode", "votecastcode")
    return Long(table, who, what, vote, file, cast_codes=cast), notes


def own_table(table: object, key: str, column: str | None, file: str) -> pl.DataFrame | None:
    """A table of actors or items with its identifier first, as text, each once."""
    if table is None:
        return None
    frame = to_polars(table, f"the table of {key}s")
    columns = frame.columns
    if column is not None and column in columns:
        found: tuple[str, ...] = (column,)
    elif key == "actor":
        first = find(columns, ACTOR)
        found = () if first is None else (first,)
    else:
        found = item_columns(columns, None, file)
    if not found:
        raise ReadError(
            f"the table of {key}s has no column of the {key}; its columns are {listed(columns)}"
        )
    ids = frame.select(
        pl.concat_str([pl.col(c).cast(pl.String).str.strip_chars() for c in found], separator="-")
    ).to_series()
    if len(ids) and ids.str.contains(r"^-?\d+\.0+$").all():
        ids = ids.str.replace(r"\.0+$", "")
    drop = [c for c in found if len(found) == 1]
    others = frame.drop(drop)
    frame = pl.concat([ids.alias(key).to_frame(), others.drop(key, strict=False)], how="horizontal")
    frame = frame.filter(pl.col(key).is_not_null() & (pl.col(key) != "")).unique(
        maintain_order=True
    )
    if frame[key].is_duplicated().any():
        twice = frame[key].filter(frame[key].is_duplicated())[0]
        raise ReadError(
            f"{twice!r} is listed twice, with different values, in the table of {key}s", file=file
        )
    return tidy(typed(frame, key), key)
