"""Which column is which: usual names of actors, items and choices, and types of the rest."""

from __future__ import annotations

import difflib
import re
from collections.abc import Sequence

import polars as pl

from fissure.errors import ReadError

__all__ = [
    "ACTOR",
    "CHOICE_NAMES",
    "ITEM",
    "OWN",
    "about_item",
    "counted",
    "find",
    "item_columns",
    "listed",
    "named",
    "plain",
    "tidy",
    "typed",
]


def _words(*lines: str) -> list[str]:
    return [word for line in lines for word in line.split()]


#: Usual names, best first, as :func:`plain` writes them.
ACTOR = _words(
    "actor actorid icpsr icpsrlegis memberid member legislatorid legislator voterid voter",
    "mepid mpid mp mep deputyid deputy senatorid senator representative judgeid judge",
    "justiceid justice justicename delegateid delegate country ccode countrycode iso3c iso3",
    "state3 personid person respondent name bioname membername mepname legislatorname",
    "votername",
)
ITEM = _words(
    "item itemid rollcallid rollcall rollnumber rollcallnumber rollcallno rcid voteid",
    "votenumber voteno votenr divisionid division roll rc motionid motion billid bill",
    "billnumber caseid casename caseindex case eventid event resolution resolutionid topic",
    "measure proposal question",
)
CHOICE_NAMES = _words(
    "choice castcode votecast cast votechoice vote position ballot decision value response",
    "votevalue stance",
)
#: Columns that describe an actor or an item and are never votes, whatever their values.
OWN = frozenset(
    _words(
        "id statecode state party partycode partyname gender sex female male age born died",
        "year term time session congress chamber date district cd districtcode group camp",
        "club faction region senate house majority government gov incumbent row index number",
        "weight yea nay yeatotal naytotal yeas nays result question description icpsrstate",
        "stateicpsr occupancy lastmeans",
    )
)
_ABOUT_ITEM = frozenset(
    _words(
        "date question description desc descr title topic session congress term year time",
        "bill billnumber result votedesc votequestion dtldesc voteresult yeacount naycount",
        "rollcall issue subject source chamber committee",
    )
)
#: Usual names of own columns, and what they are called in records.
_RENAME = {
    "bioname": "name",
    "mepname": "name",
    "membername": "name",
    "legislatorname": "name",
    "votername": "name",
    "fullname": "name",
    "partyabbrev": "party",
    "stateabbrev": "state",
    "votedesc": "description",
    "votequestion": "question",
    "descr": "description",
}


def plain(name: str) -> str:
    """A column name without case, blanks and signs.

    Examples
    --------
    >>> plain("Roll_Call No.")
    'rollcallno'
    """
    return re.sub(r"[\W_]", "", name.lower())


def find(columns: Sequence[str], usual: Sequence[str]) -> str | None:
    """The column with the best of the usual names, or None."""
    by_plain: dict[str, str] = {}
    for column in columns:
        by_plain.setdefault(plain(column), column)
    return next((by_plain[name] for name in usual if name in by_plain), None)


def named(columns: Sequence[str], name: str, role: str, file: str | None) -> str:
    """The column that the user named for a role.

    Raises
    ------
    ReadError
        If there is no such column.
    """
    if name in columns:
        return name
    close = difflib.get_close_matches(name, columns, 1, 0.6)
    hint = f"; did you mean {close[0]!r}?" if close else ""
    raise ReadError(
        f"there is no column {name!r} for {role}; the columns are {listed(columns)}{hint}",
        file=file,
    )


def listed(columns: Sequence[str], most: int = 12) -> str:
    """Column names in print."""
    text = ", ".join(repr(column) for column in columns[:most])
    return text + (f" and {len(columns) - most:,} more" if len(columns) > most else "")


def counted(n: int, word: str) -> str:
    """A number of things in print.

    Examples
    --------
    >>> counted(1, "row"), counted(1200, "row")
    ('1 row', '1,200 rows')
    """
    return f"{n:,} {word}{'' if n == 1 else 's'}"


def item_columns(columns: Sequence[str], item: str | None, file: str | None) -> tuple[str, ...]:
    """The columns that name an item: congress, chamber and roll call number go together."""
    if item is not None:
        return (named(columns, item, "item", file),)
    found = find(columns, ITEM)
    if found is None:
        return ()
    if plain(found) in ("rollnumber", "rollcallnumber", "rollcall", "roll"):
        congress, chamber = find(columns, ["congress"]), find(columns, ["chamber"])
        if congress is not None:
            return tuple(c for c in (congress, chamber, found) if c is not None)
    return (found,)


def about_item(column: str) -> bool:
    """Whether a column by that name tells of an item rather than of an actor."""
    return plain(column) in _ABOUT_ITEM or "date" in column.lower()


def tidy(table: pl.DataFrame, key: str) -> pl.DataFrame:
    """Give own columns their usual names, never taking a name that is in use."""
    new: dict[str, str] = {}
    for column in table.columns:
        name = _RENAME.get(plain(column))
        if column == key or name is None or name in table.columns or name in new.values():
            continue
        new[column] = name
    return table.rename(new)


def typed(table: pl.DataFrame, key: str) -> pl.DataFrame:
    """Own columns of text as numbers or dates where every value is one."""
    return table.with_columns(
        _typed(table[column])
        for column in table.columns
        if column != key and table.schema[column] in (pl.String, pl.Categorical)
    )


def _typed(column: pl.Series) -> pl.Series:
    text = column.cast(pl.String)
    text = text.set(text == "", None)
    values = text.drop_nulls()
    if not len(values):
        return text
    if "date" in column.name.lower() or values.str.contains(r"^\d{4}-\d\d-\d\d$").all():
        dates = _dates(text)
        if dates is not None:
            return dates
    leading_zero = values.str.contains(r"^[+-]?0\d").any()
    if not leading_zero and values.str.contains(r"^[+-]?\d{1,18}$").all():
        return text.cast(pl.Int64)
    if (
        not leading_zero
        and values.str.contains(r"^[+-]?(\d+\.?\d*|\.\d+)([eE][+-]?\d{1,3})?$").all()
    ):
        number = text.cast(pl.Float64)
        whole = number.drop_nulls()
        return number.cast(pl.Int64) if ((whole % 1 == 0) & (whole.abs() < 1e15)).all() else number
    return text


def _dates(text: pl.Series) -> pl.Series | None:
    """Dates, if every value is one in the same unmistakable way of writing."""
    for way in (
        "%Y-%m-%d",
        "%Y-%m-%d %H:%M:%S",
        "%Y-%m-%dT%H:%M:%S",
        "%Y/%m/%d",
        "%Y%m%d",
        "%d.%m.%Y",
    ):
        dates = text.str.to_date(way, strict=False)
        if dates.null_count() == text.null_count():
            return dates
    first, second = (
        text.str.to_date("%m/%d/%Y", strict=False),
        text.str.to_date("%d/%m/%Y", strict=False),
    )
    fits = [d for d in (first, second) if d.null_count() == text.null_count()]
    return fits[0] if len(fits) == 1 or (fits and (first == second).all()) else None
