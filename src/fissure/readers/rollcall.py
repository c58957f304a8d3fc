"""R files (.rda, .RData, .rds): pscl's rollcall objects, data frames and matrices."""

from __future__ import annotations

import warnings
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np
import polars as pl

from fissure.errors import MissingExtra, ReadError
from fissure.readers.assemble import assemble
from fissure.readers.columns import tidy, typed
from fissure.readers.dataframe import from_table, own_table, to_polars
from fissure.readers.delimited import companion
from fissure.readers.meanings import CAST_CODES
from fissure.readers.opening import check_path, sha256
from fissure.readers.walk import Long
from fissure.records import Records

__all__ = ["read_rollcall"]

#: pscl's names of the four groups of codes, and what they mean here.
_GROUPS = {"yea": "yea", "nay": "nay", "notInLegis": "not_member", "missing": "absent"}


def read_rollcall(
    path: str | Path,
    *,
    name: str | None = None,
    actor: str | None = None,
    item: str | None = None,
    choice: str | None = None,
    layout: str | None = None,
    codes: Mapping[object, str] | None = None,
    actors: object = None,
    items: object = None,
    duplicates: str = "error",
) -> Records:
    """Read an R file that holds a ``rollcall`` object of pscl, a data frame or a matrix.

    Of a rollcall object come the votes, the meaning of its codes (``missing`` is read as absent,
    except that Voteview's 7 and 8 are present), ``legis.data`` as columns of the actors and
    ``vote.data`` as columns of the items; the identifiers are the row and column names.

    Parameters
    ----------
    path
        The file.
    name
        Which object, if the file holds several.
    codes
        What codes mean, before what the object says.
    actor, item, choice, layout, actors, items, duplicates
        As in :func:`fissure.readers.read`.

    Raises
    ------
    MissingExtra
        If the package rdata is not installed.
    ReadError
        If the file is damaged or holds nothing that can be read.
    """
    path = check_path(path)
    label, thing = _choose(_load(path), name, str(path))
    common: dict[str, Any] = {"name": path.name, "sha256": sha256(path), "duplicates": duplicates}
    if _is_rollcall(thing):
        return _rollcall(thing, str(path), codes, companion(actors), companion(items), common)
    return from_table(
        _frame(thing, f"{path}, object {label!r}"),
        file=str(path),
        actor=actor,
        item=item,
        choice=choice,
        layout=layout,
        codes=codes,
        actors=companion(actors),
        items=companion(items),
        **common,
    )


def _load(path: Path) -> Mapping[str, Any]:
    """The objects of the file by name; the single object of an .rds file has the name ''."""
    try:
        import rdata
    except ImportError as error:
        raise MissingExtra("R files need the package rdata: pip install 'fissure[r]'") from error
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        try:
            tree = rdata.parser.parse_file(path)
            found = rdata.conversion.convert(tree)
        except Exception as error:
            why = " ".join(str(error).split())[:200] or type(error).__name__
            raise ReadError(
                f"the R data are damaged or of a kind that rdata cannot read: {why}", file=str(path)
            ) from error
    if isinstance(found, dict) and not _is_rollcall(found):
        return {str(key): value for key, value in found.items()}
    return {"": found}


def _is_rollcall(thing: Any) -> bool:
    return isinstance(thing, Mapping) and "votes" in thing and "codes" in thing


def _is_table(thing: Any) -> bool:
    return hasattr(thing, "columns") or getattr(thing, "ndim", 0) == 2


def _choose(objects: Mapping[str, Any], name: str | None, file: str) -> tuple[str, Any]:
    """The object asked for, or the only one that can be read; a rollcall goes before a table."""
    if name is not None:
        if name not in objects:
            raise ReadError(
                f"no object {name!r}; the file holds {', '.join(map(repr, objects))}", file=file
            )
        return name, objects[name]
    for test in (_is_rollcall, _is_table):
        fit = [key for key, value in objects.items() if test(value)]
        if len(fit) == 1:
            return fit[0], objects[fit[0]]
        if fit:
            raise ReadError(
                f"several objects could be meant, {', '.join(map(repr, fit))}; "
                "choose one with name=",
                file=file,
            )
    kinds = ", ".join(type(value).__name__ for value in objects.values()) or "nothing"
    raise ReadError(f"no rollcall object, data frame or matrix; the file holds {kinds}", file=file)


def _frame(thing: Any, what: str) -> pl.DataFrame:
    """A data frame or a matrix as a Polars frame, with row names that say something as a column."""
    if hasattr(thing, "columns"):
        names = list(thing.index)
        table = _columns(thing, what)
        if names and all(isinstance(n, str) and not n.isdigit() for n in names):
            table = pl.concat([pl.Series("row_name", names).to_frame(), table], how="horizontal")
        return table
    if getattr(thing, "ndim", 0) != 2:
        raise ReadError(f"{what} is a {type(thing).__name__}, not a table")
    cells = np.asarray(thing)
    rows, columns = _dimnames(thing, cells.shape)
    table = pl.DataFrame({c: cells[:, k] for k, c in enumerate(columns)}, strict=False)
    return pl.concat([pl.Series("row_name", rows).to_frame(), table], how="horizontal")


def _columns(frame: Any, what: str) -> pl.DataFrame:
    """A pandas frame as a Polars one; R's dates, which arrive as days since 1970, become dates."""
    table = to_polars(frame.reset_index(drop=True), what)
    dates = [c for c in table.columns if "date" in str(c).lower() and table.schema[c].is_float()]
    days = [pl.col(c).fill_nan(None).cast(pl.Int32, strict=False).cast(pl.Date) for c in dates]
    words = [
        pl.col(c).cast(pl.String) for c, t in table.schema.items() if t in (pl.Categorical, pl.Enum)
    ]
    whole = [_whole(table[c]) for c, t in table.schema.items() if t.is_float() and c not in dates]
    return table.with_columns(*days, *words, *whole)


def _whole(column: pl.Series) -> pl.Series:
    """R's numbers as whole numbers where they are."""
    column = column.fill_nan(None)
    good = column.drop_nulls()
    return column.cast(pl.Int64) if ((good % 1 == 0) & (good.abs() < 1e15)).all() else column


def _dimnames(votes: Any, shape: tuple[int, int]) -> tuple[list[str], list[str]]:
    names = []
    for axis, size in enumerate(shape):
        given = votes.coords.get(f"dim_{axis}") if hasattr(votes, "coords") else None
        values = None if given is None else [str(v) for v in np.asarray(given)]
        names.append(values or [str(k) for k in range(1, size + 1)])
    return names[0], names[1]


def _rollcall(
    thing: Mapping[str, Any],
    file: str,
    codes: Mapping[object, str] | None,
    actors: object,
    items: object,
    common: dict[str, Any],
) -> Records:
    votes = np.asarray(thing["votes"])
    if votes.ndim != 2 or not votes.size:
        raise ReadError("the rollcall's votes are not a matrix with rows and columns", file=file)
    members, calls = _dimnames(thing["votes"], votes.shape)
    for names, what in ((members, "legislator"), (calls, "vote")):
        if len(set(names)) < len(names):
            twice = next(n for n in names if names.count(n) > 1)
            raise ReadError(f"two {what}s of the rollcall have the name {twice!r}", file=file)
    n, m = votes.shape
    cells = pl.Series("code", votes.ravel(), strict=False)
    table = pl.DataFrame(
        {
            "actor": pl.Series(members).gather(np.repeat(np.arange(n), m)),
            "item": pl.Series(calls).gather(np.tile(np.arange(m), n)),
            "code": _whole(cells) if cells.dtype.is_float() else cells,
        }
    )
    found, empty = _codes(thing["codes"])
    meaning: dict[Any, str] = dict(found)
    given = own_table(actors, "actor", None, file), own_table(items, "item", None, file)
    return assemble(
        Long(table, "actor", ("item",), "code", file, empty=empty),
        format="rollcall",
        codes={**meaning, **(codes or {})},
        actors=_own(thing.get("legis.data"), members, "actor") if given[0] is None else given[0],
        items=_own(thing.get("vote.data"), calls, "item") if given[1] is None else given[1],
        **common,
    )


def _codes(codes: Mapping[str, Any]) -> tuple[dict[str, str], str]:
    """What the object says its codes mean, and what a missing cell is."""
    meaning: dict[str, str] = {}
    empty = "unknown"
    for group, word in _GROUPS.items():
        values = codes.get(group)
        for value in np.ma.asarray(values).ravel().tolist() if values is not None else []:
            if value is None or value != value:
                empty = word
            else:
                meaning[_text(value)] = word
    if (
        meaning
        and set(meaning) <= set(CAST_CODES)
        and all(
            CAST_CODES[code] == word or (code in "78" and word == "absent")
            for code, word in meaning.items()
        )
    ):
        meaning = {code: CAST_CODES[code] for code in meaning}
    return meaning, empty


def _text(value: object) -> str:
    return str(int(value)) if isinstance(value, float) and value.is_integer() else str(value)


def _own(frame: Any, names: list[str], key: str) -> pl.DataFrame | None:
    """legis.data or vote.data with the identifier first."""
    first = pl.Series(key, names).to_frame()
    if frame is None or not hasattr(frame, "columns") or len(frame) != len(names):
        table = first
    else:
        table = pl.concat(
            [first, _columns(frame, f"the table of {key}s").drop(key, strict=False)],
            how="horizontal",
        )
    if key == "actor" and "name" not in table.columns:
        table = table.with_columns(pl.col("actor").alias("name"))
    return tidy(typed(table, key), key)
