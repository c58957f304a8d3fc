"""Wide tables: one row an actor and one column an item, or the other way round."""

from __future__ import annotations

import re
from collections.abc import Mapping

import polars as pl

from fissure.errors import ReadError
from fissure.readers.columns import ACTOR, ITEM, OWN, find, listed, named, plain, tidy, typed
from fissure.readers.meanings import meanings
from fissure.readers.walk import Long

__all__ = ["melt", "seems_wide", "vote_columns"]

_NUMBERED = re.compile(r"(.*?)(\d+)$")
#: A vote column has at most this many different values.
_MOST_VALUES = 12


def vote_columns(table: pl.DataFrame, codes: Mapping[object, str] | None = None) -> list[str]:
    """The columns whose cells are choices.

    A column counts if nearly all its cells (95 %) have a known meaning, given the codes that occur
    in the whole table, and if it is not one that usually describes an actor or an item (party,
    state, term). Where most of them are numbered alike (rc1, rc2, ...), only those count.
    """
    counts = {
        column: cells
        for column in table.columns
        if plain(column) not in OWN and (cells := _cells(table[column])) is not None
    }
    if not counts:
        return []
    known = _known(counts, codes)
    share = {
        column: sum(count for value, count in cells.items() if value in known) / sum(cells.values())
        if cells
        else 1.0
        for column, cells in counts.items()
    }
    return _alike(share, counts)


def _cells(column: pl.Series) -> dict[str, int] | None:
    """How often each value occurs, empty cells left out; None if they are too many to be codes."""
    if column.dtype.is_nested() or column.dtype.is_temporal() or column.dtype == pl.Binary:
        return None
    try:
        if column.n_unique() > _MOST_VALUES:
            return None
        text = column.cast(pl.String)
    except pl.exceptions.PolarsError:
        return None
    values = text.drop_nulls()
    values = values.filter(values.str.strip_chars() != "")
    return dict(values.value_counts().iter_rows())


def _known(counts: dict[str, dict[str, int]], codes: Mapping[object, str] | None) -> set[str]:
    """The values with a meaning; a stray number in one column must not hide the rest."""
    in_columns: dict[str, int] = {}
    for cells in counts.values():
        for value in cells:
            in_columns[value] = in_columns.get(value, 0) + 1
    common = [value for value, n in in_columns.items() if 5 * n >= len(counts)]
    found = meanings(common or list(in_columns), codes=codes)
    return {v for v, meaning in found.of.items() if v is not None and v not in found.unknown}


def _alike(share: dict[str, float], counts: dict[str, dict[str, int]]) -> list[str]:
    """Only the columns numbered alike, where they are most of those found.

    Among columns numbered alike, half the cells with a known meaning are enough: the rest is
    reported as unknown codes rather than left out with its column.
    """
    found = [c for c, part in share.items() if counts[c] and part >= 0.95]
    stems: dict[str, list[str]] = {}
    for column in counts:
        if match := _NUMBERED.fullmatch(column):
            stems.setdefault(match[1].strip().lower(), []).append(column)
    most = set(sorted(stems.values(), key=len)[-1] if stems else [])
    both = [c for c in found if c in most]
    if len(both) >= 3 and 2 * len(both) > len(found):
        return [c for c in counts if c in most and share[c] >= 0.5]
    return [c for c in counts if share[c] >= 0.95] if len(found) >= 2 else []


def seems_wide(
    table: pl.DataFrame,
    *,
    actor: str | None = None,
    item: str | None = None,
    codes: Mapping[object, str] | None = None,
) -> str | None:
    """``wide-actors``, ``wide-items``, or None if the table does not look wide."""
    votes = vote_columns(table, codes)
    rest = [c for c in table.columns if c not in set(votes)]
    if len(votes) < 2 or len(rest) > max(len(votes), 15):
        return None
    if actor is not None:
        return "wide-actors"
    if item is not None:
        return "wide-items"
    numbered = sum(bool(_NUMBERED.fullmatch(c)) for c in votes) > len(votes) / 2
    if numbered or find(rest, ACTOR) is not None or "row_name" in rest:
        return "wide-actors"
    if find(rest, ITEM) is not None:
        return "wide-items"
    names = [c for c in rest if _is_key(table[c]) and not table.schema[c].is_numeric()]
    words = [c for c in names if not table[c].cast(pl.String).str.contains(r"^[\d\s./:-]+$").all()]
    return "wide-actors" if words and table.columns[0] in words else "wide-items"


def _is_key(column: pl.Series) -> bool:
    return (
        not column.dtype.is_nested()
        and column.null_count() == 0
        and column.n_unique() == len(column)
    )


def melt(
    table: pl.DataFrame,
    layout: str,
    *,
    actor: str | None,
    item: str | None,
    codes: Mapping[object, str] | None,
    file: str,
) -> tuple[Long, dict[str, pl.DataFrame]]:
    """A wide table as a long one, with the own columns of its rows.

    Raises
    ------
    ReadError
        If no column holds choices, or two rows have the same identifier.
    """
    if not table.height:
        raise ReadError("a header, but no rows", file=file)
    key, other = ("actor", "item") if layout == "wide-actors" else ("item", "actor")
    given = actor if key == "actor" else item
    votes = vote_columns(table, codes)
    if given is not None:
        given = named(table.columns, given, key, file)
        votes = [c for c in votes if c != given]
    if not votes:
        raise ReadError(
            f"no column holds choices among {listed(table.columns)}; if the codes are unusual, "
            "say what they mean with codes=",
            file=file,
        )
    rest = [c for c in table.columns if c not in set(votes)]
    name = given or _row_key(table, rest, key)
    ids = _row_ids(table, name, key, file)
    cells = table.select(
        pl.Series("_fissure_row", ids), *[pl.col(c).cast(pl.String) for c in votes]
    ).unpivot(votes, index="_fissure_row", variable_name="_fissure_column", value_name="choice")
    own = pl.concat(
        [
            ids.alias(key).to_frame(),
            table.select(
                c for c in rest if c not in (name, key) and not table.schema[c].is_nested()
            ),
        ],
        how="horizontal",
    )
    roles = {key: "_fissure_row", other: "_fissure_column"}
    long = Long(cells, roles["actor"], (roles["item"],), "choice", file, empty="unknown")
    return long, {f"{key}s": _names(tidy(typed(own, key), key), key)}


def _names(own: pl.DataFrame, key: str) -> pl.DataFrame:
    """Where rows are actors, a column of words called member, senator, ... is their name."""
    if key != "actor" or "name" in own.columns:
        return own
    words = [c for c in own.columns if c != key and own.schema[c] == pl.String]
    found = find(words, ACTOR)
    return own if found is None else own.rename({found: "name"})


def _row_key(table: pl.DataFrame, rest: list[str], key: str) -> str | None:
    """The column that identifies rows: of the usual names the first without repeats, or ``id``."""
    keys = [c for c in rest if _is_key(table[c])]
    usual = find(keys, ["id", "rowname", *(ACTOR if key == "actor" else ITEM)])
    if usual is not None:
        return usual
    words = [c for c in keys if not table.schema[c].is_numeric()]
    text = [c for c in words if not table[c].cast(pl.String).str.contains(r"^[\d.]+$").all()]
    return text[0] if text else find(rest, ["id", "rowname", *(ACTOR if key == "actor" else ITEM)])


def _row_ids(table: pl.DataFrame, name: str | None, key: str, file: str) -> pl.Series:
    if name is None:
        return pl.int_range(1, table.height + 1, eager=True).cast(pl.String)
    ids = table[name].cast(pl.String).str.strip_chars()
    if ids.is_duplicated().any():
        twice = ids.filter(ids.is_duplicated())[0]
        rows = ids.eq_missing(twice).arg_true()
        raise ReadError(
            f"{key} {twice!r} has more than one row, {rows[0] + 1} and {rows[1] + 1}; "
            f"each {key} has one row in a wide table",
            file=file,
            row=rows[1] + 1,
            column=name,
        )
    if ids.null_count() or (ids == "").any():
        row = int((ids.is_null() | (ids == "").fill_null(True)).arg_true()[0])
        raise ReadError(f"the {key} has no name", file=file, row=row + 1, column=name)
    return ids
