"""Voteview: the files of votes, members and roll calls of the US Congress (voteview.com/data)."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import polars as pl

from fissure.errors import ReadError, SettingError
from fissure.readers.assemble import assemble
from fissure.readers.columns import counted, listed, typed
from fissure.readers.delimited import read_table, scan
from fissure.readers.opening import check_path, readable, sha256
from fissure.readers.walk import Long
from fissure.records import Note, Records

__all__ = ["PARTIES", "read_voteview", "siblings"]

#: Letters for the parties of today; other codes stay numbers.
PARTIES = {"100": "D", "200": "R", "328": "I"}
CHAMBERS = ("House", "Senate")
_SUFFIX = r"\.(csv|tsv|parquet|feather|arrow)(\.gz|\.zst)?"
_NAME = re.compile(
    rf"((?P<which>(S|H|HS)(\d{{1,3}}|all))_)?(?P<what>votes|members|rollcalls){_SUFFIX}", re.I
)
_ITEM_COLUMNS = {
    "congress": "congress",
    "chamber": "chamber",
    "rollnumber": "rollnumber",
    "date": "date",
    "session": "session",
    "bill_number": "bill_number",
    "vote_question": "question",
    "vote_desc": "description",
    "dtl_desc": "dtl_desc",
    "vote_result": "result",
    "yea_count": "yea_count",
    "nay_count": "nay_count",
}
_ACTOR_COLUMNS = {
    "bioname": "name",
    "name": "name",
    "state_abbrev": "state",
    "state": "state",
    "district_code": "district_code",
    "cd": "district_code",
    "party_code": "party_code",
    "chamber": "chamber",
    "born": "born",
    "died": "died",
    "bioguide_id": "bioguide_id",
}


def siblings(votes: Path) -> tuple[list[Path], list[Path]]:
    """The files of members and roll calls that lie beside a file of votes, by Voteview's names."""
    match = _NAME.fullmatch(votes.name)
    if match is None or match["what"].lower() != "votes":
        return [], []
    found: dict[str, list[Path]] = {"members": [], "rollcalls": []}
    for path in sorted(votes.parent.iterdir()):
        other = _NAME.fullmatch(path.name)
        if other and other["what"].lower() in found and other["which"] == match["which"]:
            found[other["what"].lower()].append(path)
    return found["members"][:1], found["rollcalls"][:1]


def read_voteview(
    votes: str | Path | Sequence[str | Path],
    members: str | Path | Sequence[str | Path] | None = None,
    rollcalls: str | Path | Sequence[str | Path] | None = None,
    *,
    congress: int | None = None,
    chamber: str | None = None,
    duplicates: str = "error",
) -> Records:
    """Read Voteview's votes with their members and roll calls.

    Cast codes: 1-3 yea, 4-6 nay, 7-8 present, 9 absent, 0 not a member. The actor is the ``icpsr``
    number; its columns are ``name`` (bioname), ``party`` (100 D, 200 R, 328 I, others the number),
    ``party_code``, ``state``, ``chamber`` (Senate, House, or President for announced positions) and
    ``first_congress``, ``last_congress``. The item is named as at Voteview, ``RS1090001``, or
    ``109-1`` where the votes do not tell the chamber; its columns are ``congress``, ``chamber``,
    ``rollnumber``, ``date``, ``session``, ``bill_number``, ``question``, ``description`` and others
    as far as known.

    Parameters
    ----------
    votes
        The file of votes, several, or a folder that holds files by Voteview's names
        (``S109_votes.csv``, ``S109_members.csv``, ``S109_rollcalls.csv``, or without the prefix).
    members, rollcalls
        Files that go with it; found beside it by name if not given.
    congress
        Keep one Congress; None keeps all.
    chamber
        Keep ``House`` or ``Senate``; None keeps all.
    duplicates
        Where two rows contradict: ``error``, ``first``, ``last`` or ``unknown``.

    Raises
    ------
    SettingError
        If ``chamber`` is neither House nor Senate.
    ReadError
        If a file or column is missing, or nothing is left of the Congress and chamber.

    Notes
    -----
    Voteview gives a member who changes party a new icpsr number. Where party, state or chamber of
    one number change between Congresses all the same, the last is kept and a note counts the
    members.
    """
    if chamber is not None and chamber not in CHAMBERS:
        raise SettingError(f"chamber must be House or Senate, got {chamber!r}")
    files, members, rollcalls = _files(votes, members, rollcalls)
    with readable(str(files[0])):
        table = _votes(files, congress, chamber)
        columns = table.collect_schema().names()
        keys = [c for c in ("congress", "chamber", "rollnumber") if c in columns]
        frame = table.select("icpsr", "cast_code", *keys).collect()
        if not frame.height:
            raise ReadError(
                f"no votes of Congress {congress or 'any'}, chamber {chamber or 'any'}",
                file=str(files[0]),
            )
        people, notes = _members(members, congress, chamber) if members else (None, ())
        calls = _rollcalls(rollcalls, congress, chamber, keys) if rollcalls else None
        long = Long(
            frame,
            "icpsr",
            tuple(keys),
            "cast_code",
            str(files[0]),
            cast_codes=True,
            item_text=_item(keys),
        )
        records = assemble(
            long,
            name=files[0].name,
            format="voteview",
            sha256=sha256(*files, *members, *rollcalls),
            duplicates=duplicates,
            actors=people,
            items=calls,
            notes=notes,
        )
        return _titled(_present(records))


def _paths(given: str | Path | Sequence[str | Path] | None) -> list[Path]:
    if given is None:
        return []
    many = [given] if isinstance(given, str | Path) else list(given)
    return [Path(path) for path in many]


def _files(votes: Any, members: Any, rollcalls: Any) -> tuple[list[Path], list[Path], list[Path]]:
    found, people, calls = _paths(votes), _paths(members), _paths(rollcalls)
    if len(found) == 1 and found[0].is_dir():
        folder = found[0]
        found = [
            p
            for p in sorted(folder.iterdir())
            if (m := _NAME.fullmatch(p.name)) and m["what"].lower() == "votes"
        ]
        if not found:
            raise ReadError(
                "no file of votes in this folder; Voteview's names are such as S109_votes.csv",
                file=str(folder),
            )
    found = [check_path(path) for path in found]
    beside = [siblings(path) for path in found]
    people = people or list(dict.fromkeys(p for one, _ in beside for p in one))
    calls = calls or list(dict.fromkeys(p for _, one in beside for p in one))
    return found, [check_path(p) for p in people], [check_path(p) for p in calls]


def _number(column: str) -> pl.Expr:
    """A column of whole numbers, read from text or kept."""
    return pl.col(column).cast(pl.String).str.replace(r"\.0+$", "").cast(pl.Int64, strict=False)


def _chosen(
    table: pl.LazyFrame, congress: int | None, chamber: str | None, president: bool
) -> pl.LazyFrame:
    columns = table.collect_schema().names()
    if congress is not None and "congress" in columns:
        table = table.filter(_number("congress") == congress)
    if chamber is not None and "chamber" in columns:
        names = [chamber, "President"] if president else [chamber]
        table = table.filter(pl.col("chamber").cast(pl.String).is_in(names))
    return table


def _votes(files: list[Path], congress: int | None, chamber: str | None) -> pl.LazyFrame:
    parts = []
    for path in files:
        table = scan(path).lazy()
        columns = table.collect_schema().names()
        missing = [c for c in ("rollnumber", "icpsr", "cast_code") if c not in columns]
        if missing:
            raise ReadError(
                f"Voteview's column {missing[0]!r} is missing; the columns are {listed(columns)}",
                file=str(path),
            )
        for setting, value in (("congress", congress), ("chamber", chamber)):
            if value is not None and setting not in columns:
                raise ReadError(
                    f"{setting}= was given, but there is no such column", file=str(path)
                )
        keep = [
            c for c in ("congress", "chamber", "rollnumber", "icpsr", "cast_code") if c in columns
        ]
        part = _chosen(table.select(keep), congress, chamber, False)
        text = [c for c in ("chamber",) if c in keep]
        parts.append(part.with_columns(pl.col(c).cast(pl.String) for c in text))
    return pl.concat(parts, how="vertical_relaxed")


def _item(keys: Sequence[str]) -> pl.Expr:
    """Voteview's name of a roll call; without the chamber, Congress and number."""
    if keys == ["congress", "chamber", "rollnumber"]:
        return pl.format(
            "R{}{}{}",
            pl.col("chamber").cast(pl.String).str.slice(0, 1),
            _number("congress").cast(pl.String).str.zfill(3),
            _number("rollnumber").cast(pl.String).str.zfill(4),
        )
    return pl.concat_str([_number(c) if c != "chamber" else pl.col(c) for c in keys], separator="-")


def _members(
    files: list[Path], congress: int | None, chamber: str | None
) -> tuple[pl.DataFrame, tuple[Note, ...]]:
    """One row a member, as last seen, and a note on what changed on the way."""
    parts = []
    for path in files:
        table = read_table(path)
        if "icpsr" not in table.columns:
            raise ReadError(
                f"Voteview's column 'icpsr' is missing; the columns are {listed(table.columns)}",
                file=str(path),
            )
        table = _chosen(table.lazy(), congress, chamber, True).collect()
        new = {old: to for old, to in _ACTOR_COLUMNS.items() if old in table.columns}
        has = [old for old, to in new.items() if old == to or to not in table.columns]
        parts.append(
            table.select(
                _number("icpsr").cast(pl.String).alias("actor"),
                *[_number("congress").alias("congress")] * ("congress" in table.columns),
                *[pl.col(old).cast(pl.String).alias(new[old]) for old in has],
            )
        )
    table = pl.concat(parts, how="diagonal").drop_nulls("actor")
    if "congress" not in table.columns:
        table = table.with_columns(pl.lit(0).alias("congress"))
    if "party_code" in table.columns:
        code = pl.col("party_code").str.replace(r"\.0+$", "")
        table = table.with_columns(code.replace(PARTIES).alias("party"), code.alias("party_code"))
    return _last_seen(table, str(files[0]))


def _last_seen(table: pl.DataFrame, file: str) -> tuple[pl.DataFrame, tuple[Note, ...]]:
    watched = [c for c in ("party", "state", "chamber") if c in table.columns]
    changed = table.group_by("actor", maintain_order=True).agg(
        pl.any_horizontal([pl.col(c).drop_nulls().n_unique() > 1 for c in watched])
        .first()
        .alias("changed")
        if watched
        else pl.lit(False).alias("changed")
    )
    who = changed.filter("changed")["actor"]
    last = (
        table.sort("congress", maintain_order=True)
        .group_by("actor", maintain_order=True)
        .agg(
            pl.col("congress").min().alias("first_congress"),
            pl.col("congress").max().alias("last_congress"),
            *[
                pl.col(c).drop_nulls().last()
                for c in table.columns
                if c not in ("actor", "congress")
            ],
        )
    )
    order = ["actor", *[c for c in ("name", "party", "state") if c in last.columns]]
    last = last.select(*order, *[c for c in last.columns if c not in order])
    if not len(who):
        return typed(last, "actor").with_columns(_as_text(last)), ()
    text = (
        f"{file}: {counted(len(who), 'member')} with another {', '.join(watched)} in a later "
        "Congress; the last is kept; "
        f"the first is icpsr {who[0]}"
    )
    return typed(last, "actor").with_columns(_as_text(last)), (
        Note("actor_changed", len(who), text),
    )


def _as_text(table: pl.DataFrame) -> list[pl.Series]:
    """Party stays text even where every code is a number."""
    return [table[c] for c in ("party", "party_code") if c in table.columns]


def _rollcalls(
    files: list[Path], congress: int | None, chamber: str | None, keys: Sequence[str]
) -> pl.DataFrame:
    parts = []
    for path in files:
        table = _chosen(read_table(path).lazy(), congress, chamber, False).collect()
        missing = [c for c in keys if c not in table.columns]
        if missing:
            raise ReadError(
                f"Voteview's column {missing[0]!r} is missing; "
                f"the columns are {listed(table.columns)}",
                file=str(path),
            )
        has = {old: new for old, new in _ITEM_COLUMNS.items() if old in table.columns}
        parts.append(
            table.select(
                _item(keys).alias("item"),
                *[pl.col(old).cast(pl.String).alias(new) for old, new in has.items()],
            )
        )
    table = pl.concat(parts, how="diagonal").drop_nulls("item").unique("item", maintain_order=True)
    return typed(table, "item")


def _present(records: Records) -> Records:
    """Leave out members and roll calls of the companion files that the votes do not touch."""
    seen = records.choices["actor"].unique()
    kept = records.actors.with_row_index("_row").filter(pl.col("_row").is_in(seen.implode()))[
        "actor"
    ]
    records = records._select("actor", records.actors["actor"].is_in(kept.implode()))
    seen = records.choices["item"].unique()
    kept = records.items.with_row_index("_row").filter(pl.col("_row").is_in(seen.implode()))["item"]
    return records._select("item", records.items["item"].is_in(kept.implode()))


def _titled(records: Records) -> Records:
    """A title out of the items: which chamber, and which Congresses."""
    items = records.items
    known = "chamber" in items.columns
    named: list[str] = items["chamber"].drop_nulls().unique().to_list() if known else []
    title = f"US {named[0]}" if len(named) == 1 else "US Congress"
    if "congress" in items.columns:
        numbers = items["congress"].unique().sort().to_list()
        title += f", Congress {numbers[0]}" + (f" to {numbers[-1]}" if numbers[1:] else "")
    return replace(records, source=replace(records.source, title=title))
