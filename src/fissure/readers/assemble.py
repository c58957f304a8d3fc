"""From a long table to Records: meanings, missing identifiers, duplicates, own tables, notes."""

from __future__ import annotations

import warnings
from collections.abc import Mapping

import numpy as np
import polars as pl
from numpy.typing import NDArray

from fissure.errors import FissureWarning, ReadError
from fissure.readers.columns import counted, tidy, typed
from fissure.readers.duplicates import settle
from fissure.readers.meanings import ALLOWED, meanings
from fissure.readers.walk import NO_ID, Long, Walk
from fissure.records import CHOICE, CHOICES, Note, Records, Source

__all__ = ["Long", "assemble"]

_MINE = " (votes)"
#: A column with more distinct values than this does not hold choices.
MOST_CODES = 1000
_QUIET = ("actor_changed", "actor_not_listed", "column_left_out", "item_not_listed", "single_item")


def assemble(
    long: Long,
    *,
    name: str,
    format: str,
    sha256: str,
    codes: Mapping[object, str] | None = None,
    duplicates: str = "error",
    actors: pl.DataFrame | None = None,
    items: pl.DataFrame | None = None,
    notes: tuple[Note, ...] = (),
    stacklevel: int = 4,
) -> Records:
    """Make Records of a long table.

    Parameters
    ----------
    long
        The table and the roles of its columns.
    name, format, sha256
        For the source.
    codes
        The user's own meanings of codes.
    duplicates
        What to do where one actor has two different choices on one item: ``error``, ``first``,
        ``last`` or ``unknown``.
    actors, items
        Own tables, with the identifier in the column ``actor`` or ``item``.
    notes
        Remarks made before.

    Raises
    ------
    ReadError
        If there are no rows, most codes are unknown, or one actor has two choices on one item.
    """
    n_rows = int(long.table.lazy().select(pl.len()).collect().item())
    if not n_rows:
        raise ReadError("a header, but no rows", file=long.file)
    of, unknown = _meanings(long, codes)
    notes = (*notes, *_unknown_codes(long, unknown, n_rows))
    walk = Walk(long, of)
    a, j, y = walk.run(n_rows)
    ids_a, ids_j = walk.actors.ids(), walk.items.ids()
    row = None
    lost = (a == NO_ID) | (j == NO_ID)
    if lost.any():
        notes = (*notes, _missing_ids(long, lost, a))
        row = np.flatnonzero(~lost)
        a, j, y = a[row], j[row], y[row]
    a, j, y, more = settle(a, j, y, ids_a, ids_j, row, duplicates, long.file)
    own = walk.own()
    records = _records(
        (a, j, y), (ids_a, ids_j), own, (actors, items), Source(name, format, sha256, n_rows)
    )
    records = _with_notes(records, of, (*notes, *more, *walk.notes(n_rows)))
    for note in records.notes:
        if note.kind not in _QUIET:
            warnings.warn(note.message, FissureWarning, stacklevel=stacklevel)
    return records


def _with_notes(records: Records, of: Mapping, notes: tuple[Note, ...]) -> Records:
    codes = {"" if code is None else str(code): meaning for code, meaning in of.items()}
    return Records(
        records.choices,
        records.actors,
        records.items,
        records.source,
        codes,
        (*notes, *records.notes),
    )


def _meanings(long: Long, codes: Mapping[object, str] | None) -> tuple[dict, tuple]:
    """The meaning of each distinct raw value, and those nobody explained."""
    column = pl.col(long.choice)
    dtype = long.table.lazy().collect_schema()[long.choice]
    if dtype.is_nested() or dtype.is_temporal():
        raise ReadError(
            f"the column holds {dtype}, not choices; allowed are {ALLOWED}",
            file=long.file,
            column=long.choice,
        )
    seen = long.table.lazy().select(column).unique().collect(engine="streaming")[long.choice]
    if len(seen) > MOST_CODES:
        raise ReadError(
            f"{len(seen):,} different values; this is not a column of choices",
            file=long.file,
            column=long.choice,
        )
    values = sorted(seen.to_list(), key=lambda v: (v is None, str(v)))
    found = meanings(values, codes=codes, cast_codes=long.cast_codes, empty=long.empty)
    of = {value: found.of[None if value is None else str(value)] for value in values}
    strange = set(found.unknown)
    return of, tuple(v for v in values if (None if v is None else str(v)) in strange)


def _unknown_codes(long: Long, unknown: tuple, n_rows: int) -> tuple[Note, ...]:
    if not unknown:
        return ()
    column = pl.col(long.choice)
    dtype = long.table.lazy().collect_schema()[long.choice]
    hit = column.is_in(pl.Series(list(unknown), dtype=dtype).implode())
    if dtype.is_float() and any(v != v for v in unknown):
        hit = hit | column.is_nan()
    found = (
        long.table.lazy()
        .select(hit.fill_null(False).alias("hit"), column.alias("value"))
        .with_row_index("row")
        .filter(pl.col("hit"))
        .select(pl.len().alias("n"), pl.col("row").first(), pl.col("value").first())
        .collect()
    )
    n, row, value = found.row(0)
    first = f"the first is {str(value)[:60]!r}"
    if 2 * n > n_rows:
        raise ReadError(
            f"{n:,} of {counted(n_rows, 'choice')} have an unknown code; {first}; "
            f"allowed are {ALLOWED}",
            file=long.file,
            row=row + 1,
            column=long.choice,
        )
    where = f"{long.file}, row {row + 1}, column {long.choice!r}"
    message = (
        f"{where}: {counted(n, 'choice')} with an unknown code, kept as unknown; {first}; "
        f"allowed are {ALLOWED}"
    )
    return (Note("unknown_code", n, message),)


def _missing_ids(long: Long, lost: NDArray[np.bool_], a: NDArray[np.uint32]) -> Note:
    n, row = int(lost.sum()), int(lost.argmax())
    which = "actor" if a[row] == NO_ID else "item"
    column = long.actor if which == "actor" else ", ".join(long.item)
    if 2 * n > len(lost):
        raise ReadError(
            f"{n:,} of {counted(len(lost), 'row')} without an actor or an item, the first lacks "
            f"the {which}; every row needs both",
            file=long.file,
            row=row + 1,
            column=column,
        )
    where = f"{long.file}, row {row + 1}, column {column!r}"
    what = f"{counted(n, 'row')} left out without an actor or an item; the first has no {which}"
    return Note("missing_id", n, f"{where}: {what}", True)


def _records(
    arrays: tuple[NDArray[np.uint32], NDArray[np.uint32], NDArray[np.uint8]],
    ids: tuple[pl.Series, pl.Series],
    own: Mapping[str, pl.DataFrame | None],
    given: tuple[pl.DataFrame | None, pl.DataFrame | None],
    source: Source,
) -> Records:
    a, j, y = arrays
    tables, codes, notes = [], [], []
    for key, names, table, code in zip(("actor", "item"), ids, given, (a, j), strict=True):
        mine = own[key]
        merged, place, note = _merge(names.alias(key), mine, table, key, source.name)
        tables.append(merged)
        codes.append(code if place is None else place[code])
        notes += note
    words = pl.Series(CHOICES, dtype=CHOICE)
    frame = pl.DataFrame(
        {
            "actor": pl.Series(codes[0], dtype=pl.UInt32),
            "item": pl.Series(codes[1], dtype=pl.UInt32),
            "choice": words.gather(pl.Series(y)),
        }
    )
    return Records(frame, tables[0], tables[1], source, {}, tuple(notes))


def _merge(
    ids: pl.Series, own: pl.DataFrame | None, given: pl.DataFrame | None, key: str, file: str
) -> tuple[pl.DataFrame, NDArray[np.uint32] | None, list[Note]]:
    """One table of all actors (or items): those given first, then those only the choices name."""
    mine = ids.to_frame() if own is None else tidy(typed(own.with_columns(ids), key), key)
    if given is None:
        return mine, None, []
    new = mine.join(given, on=key, how="anti", maintain_order="left")
    order = pl.concat([given.select(key), new.select(key)])
    table = order.join(given, on=key, how="left", maintain_order="left")
    table = table.join(mine, on=key, how="left", maintain_order="left", suffix=_MINE)
    both = [c for c in given.columns if f"{c}{_MINE}" in table.columns]
    table = table.with_columns(
        pl.coalesce(c, pl.col(f"{c}{_MINE}").cast(given.schema[c], strict=False)) for c in both
    ).drop(f"{c}{_MINE}" for c in both)
    rows = order.with_row_index("_row")
    place = ids.to_frame().join(rows, on=key, how="left", maintain_order="left")["_row"].to_numpy()
    notes = []
    if new.height:
        who = f"{counted(new.height, key)} not in the table of {key}s"
        text = f"{file}: {who}; the first is {new[key][0]!r}"
        notes.append(Note(f"{key}_not_listed", new.height, text))
    return table, place.astype(np.uint32), notes
