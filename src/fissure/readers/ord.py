"""Poole and Rosenthal's fixed-width roll call files (``sen109kh.ord``, ``S109_votes.ord``)."""

from __future__ import annotations

import re
from pathlib import Path

import numpy as np
import polars as pl
from numpy.typing import NDArray

from fissure.errors import ReadError
from fissure.readers.assemble import assemble
from fissure.readers.columns import typed
from fissure.readers.dataframe import own_table
from fissure.readers.delimited import companion
from fissure.readers.opening import check_path, sha256, text_of
from fissure.readers.voteview import PARTIES
from fissure.readers.walk import Long
from fissure.records import Records

__all__ = ["LAYOUT", "read_ord"]

#: First and last column of each field, counted from 1, as ICPSR and Voteview document them.
LAYOUT = {
    "congress": (1, 3),
    "icpsr": (4, 8),
    "state_icpsr": (9, 10),
    "district_code": (11, 12),
    "state": (13, 19),
    "party_code": (20, 23),
    "occupancy": (24, 24),
    "last_means": (25, 25),
    "name": (26, 36),
}
#: Where the votes begin, counted from 1.
VOTES = 37
_NUMBERS = ("congress", "icpsr", "state_icpsr", "district_code", "party_code")
_FILE = re.compile(r"(?P<chamber>sen|hou|s|h)_?\d{1,3}(kh|_votes)?.*", re.I)


def read_ord(
    path: str | Path,
    *,
    items: object = None,
    duplicates: str = "error",
    encoding: str | None = None,
) -> Records:
    """Read an ``.ord`` file: one line a member, one digit a roll call.

    Columns, counted from 1: Congress 1-3, ICPSR number 4-8, ICPSR state 9-10, district 11-12 (0 in
    the Senate), state name 13-19, party 20-23 (older files use 21-23), occupancy 24, means of
    attaining office 25, name 26-36, and from 37 one digit a roll call: 1-3 yea, 4-6 nay, 7-8
    present, 9 not voting, 0 not a member. This is what pscl's ``readKH`` reads.

    The actor is the ICPSR number; the items are named as in :func:`read_voteview`, with the chamber
    from the file's name (``sen109kh.ord``, ``H109_votes.ord``), and keep ``congress`` and
    ``rollnumber``.

    Parameters
    ----------
    path
        The file; it may be compressed (.gz, .zst).
    items
        A table of roll calls, with the identifier in the column ``item``.
    duplicates
        Where two lines of one member contradict: ``error``, ``first``, ``last`` or ``unknown``.
    encoding
        UTF-8 if not given.

    Raises
    ------
    ReadError
        If a line does not have this layout.

    Examples
    --------
    >>> import tempfile, pathlib
    >>> path = pathlib.Path(tempfile.mkdtemp()) / "sen109kh.ord"
    >>> _ = path.write_text("1094970041 0ALABAMA 20001SESSIONS   169\\n")
    >>> read_ord(path).actors["name"].to_list()
    ['SESSIONS']
    """
    path = check_path(path)
    data = text_of(path, encoding)
    lines = pl.Series("line", data.decode().split("\n"))
    lines = lines.str.strip_chars_end().set(lines.str.strip_chars() == "", None).drop_nulls()
    fields = _fields(lines, str(path))
    votes = _votes(lines, str(path))
    congress = int(fields["congress"][0])
    n, m = votes.shape
    prefix = _prefix(path.name, congress)
    numbers = pl.Series(np.arange(1, m + 1)).cast(pl.String)
    names = prefix + (numbers.str.zfill(4) if prefix.startswith("R") else numbers)
    table = pl.DataFrame(
        {
            "icpsr": np.repeat(fields["icpsr"].cast(pl.Int64).to_numpy(), m),
            "item": names.gather(np.tile(np.arange(m), n)),
            "cast_code": votes.ravel(),
        }
    )
    calls = pl.DataFrame(
        {"item": names, "congress": [congress] * m, "rollnumber": np.arange(1, m + 1)}
    )
    given = own_table(companion(items), "item", None, str(path))
    if given is not None:
        calls = calls.join(
            given.drop("congress", "rollnumber", strict=False), on="item", how="left"
        )
    return assemble(
        Long(table, "icpsr", ("item",), "cast_code", str(path), cast_codes=True),
        name=path.name,
        format="ord",
        sha256=sha256(path),
        duplicates=duplicates,
        actors=_members(fields),
        items=calls,
    )


def _fields(lines: pl.Series, file: str) -> pl.DataFrame:
    """The fields before the votes, as text without blanks; the numbers are checked."""
    fields = pl.DataFrame(
        [
            lines.str.slice(first - 1, last - first + 1).str.strip_chars().alias(name)
            for name, (first, last) in LAYOUT.items()
        ]
    )
    for name in _NUMBERS:
        good = fields[name].str.contains(r"^\d+$")
        if not good.all():
            row = int((~good).arg_true()[0])
            first, last = LAYOUT[name]
            raise ReadError(
                f"columns {first}-{last} must hold the number {name}, "
                f"got {lines[row][first - 1 : last]!r}; the layout is Congress 1-3, ICPSR 4-8, "
                "state 9-12, state name 13-19, party 20-23, name 26-36, votes from 37",
                file=file,
                row=row + 1,
            )
    if fields["congress"].n_unique() > 1:
        row = int((fields["congress"] != fields["congress"][0]).arg_true()[0])
        raise ReadError(
            f"Congress {fields['congress'][row]} after {fields['congress'][0]}; "
            "one Congress a file is read",
            file=file,
            row=row + 1,
        )
    return fields


def _votes(lines: pl.Series, file: str) -> NDArray[np.uint8]:
    """The digits of the roll calls, one row a member."""
    text = lines.str.slice(VOTES - 1)
    length = text.str.len_chars()
    if not length[0]:
        raise ReadError(
            f"the line ends before column {VOTES}, where the votes begin", file=file, row=1
        )
    bad = ~text.str.contains(r"^[0-9]+$") | (length != length[0])
    if bad.any():
        row = int(bad.arg_true()[0])
        if length[row] != length[0]:
            problem = f"{length[row]:,} votes, but the first line has {length[0]:,}"
        else:
            sign = next(i for i, c in enumerate(text[row]) if c not in "0123456789")
            problem = (
                f"{text[row][sign]!r} in column {VOTES + sign} is not a vote; votes are digits 0-9"
            )
        raise ReadError(problem, file=file, row=row + 1)
    digits = np.frombuffer("".join(text.to_list()).encode(), np.uint8) - np.uint8(48)
    return digits.reshape(len(text), int(length[0]))


def _prefix(name: str, congress: int) -> str:
    match = _FILE.fullmatch(name)
    if match is None:
        return f"{congress}-"
    return f"R{match['chamber'][0].upper()}{congress:03d}"


def _members(fields: pl.DataFrame) -> pl.DataFrame:
    """One row a member."""
    code = fields["party_code"].str.strip_chars_start("0")
    table = fields.select(
        pl.col("icpsr").cast(pl.Int64).cast(pl.String).alias("actor"),
        pl.col("name"),
        code.replace(PARTIES).alias("party"),
        pl.col("state"),
        code.alias("party_code"),
        *["state_icpsr", "district_code", "occupancy", "last_means"],
    ).unique("actor", keep="last", maintain_order=True)
    text = [table["party"], table["party_code"]]
    return typed(table, "actor").with_columns(text)
