"""The sets that are fetched from their publishers: addresses, licences, codebooks, conversions."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path

import polars as pl

from fissure.datasets.publication import Publication, RemoteFile
from fissure.errors import ReadError
from fissure.readers import read_dataframe, read_voteview
from fissure.readers.delimited import read_table, scan
from fissure.records import Records

__all__ = ["PUBLICATIONS", "find"]

#: Two choices of one actor on one item: nobody can correct a publisher's file, so both are set
#: aside as unknown, with a remark that counts them.
_TWICE = "unknown"
#: Voteview's letters by the part of a set's name.
_CHAMBERS = {"senate": ("S", "US Senate"), "house": ("H", "US House of Representatives"),
             "congress": ("HS", "US Congress, both chambers")}  # fmt: skip
_VOTEVIEW = "https://voteview.com/static/data/out"
_VOTEVIEW_COLUMNS = {
    "votes": ("congress", "chamber", "rollnumber", "icpsr", "cast_code"),
    "members": ("congress", "chamber", "icpsr", "state_abbrev", "party_code", "bioname"),
    "rollcalls": ("congress", "chamber", "rollnumber", "date"),
}
_UN_CODES: dict[object, str] = {
    "1": "yea",
    "2": "abstain",
    "3": "nay",
    "8": "absent",
    "9": "not_member",
}
_EP_CODES: dict[object, str] = {
    "1": "yea", "2": "nay", "3": "abstain", "0": "unknown", "4": "unknown", "5": "unknown",
    "": "unknown",
}  # fmt: skip
_UN_NAMES = ("Countryname", "CountrynameCOW", "country", "Country")
_UN_ITEMS = ("session", "date", "unres", "importantvote", "amend", "para", "short", "descr",
             "me", "nu", "di", "hr", "co", "ec")  # fmt: skip
_SCDB_ITEMS = {
    "caseId": "case_id", "term": "term", "dateDecision": "date", "caseName": "description",
    "docket": "docket", "usCite": "us_cite", "naturalCourt": "natural_court", "issueArea":
    "issue_area", "decisionDirection": "decision_direction", "majVotes": "majority_votes",
    "minVotes": "minority_votes",
}  # fmt: skip


def voteview(paths: tuple[Path, ...]) -> Records:
    """Roll calls of the US Congress as Voteview publishes them, of one Congress or of all.

    Actors
        the identifier is Voteview's ``icpsr``; ``name``, ``party`` (D, R, I or Voteview's number),
        ``party_code``, ``state``, ``chamber``, ``first_congress``, ``last_congress`` and others.
        The President's announced positions are an actor of the chamber ``President``.
    Items
        named as at Voteview (``RS1090001``); ``congress``, ``chamber``, ``rollnumber``, ``date``,
        ``session``, ``bill_number``, ``question``, ``description``, ``result``, ``yea_count``,
        ``nay_count``.
    Choices
        yea (cast codes 1-3: voted, paired, announced), nay (4-6: announced, paired, voted),
        present (7, 8), absent (9), not_member (0).
    """
    votes, members, rollcalls = paths
    return read_voteview(votes, members, rollcalls, duplicates=_TWICE)


def un_assembly(paths: tuple[Path, ...]) -> Records:
    """Roll calls of the UN General Assembly since 1946 (Voeten, Strezhnev and Bailey).

    Actors
        the identifier is the Correlates of War number, ``ccode``; ``name`` as last written.
    Items
        the identifier is ``rcid``; ``session``, ``date``, ``unres`` (resolution), ``importantvote``
        (so called by the US State Department), ``amend``, ``para``, ``short``, ``descr`` and marks
        of the subject (``me`` Palestinian conflict, ``nu`` nuclear weapons, ``di`` arms control,
        ``hr`` human rights, ``co`` colonialism, ``ec`` development), as far as the release has
        them.
    Choices
        yea (1, yes), abstain (2), nay (3, no), absent (8), not_member (9).
    """
    table = read_table(paths[0])
    table = table.with_columns(pl.col(pl.String).replace({"NA": None, "": None}))
    called = next((c for c in _UN_NAMES if c in table.columns), None)
    named = [] if called is None else [pl.col(called).drop_nulls().last().alias("name")]
    actors = table.drop_nulls("ccode").group_by("ccode", maintain_order=True).agg(named)
    own = [c for c in _UN_ITEMS if c in table.columns]
    items = table.select(pl.col("rcid").alias("item"), *own).unique("item", maintain_order=True)
    return read_dataframe(
        table.select(pl.col("ccode").alias("actor"), pl.col("rcid").alias("item"), "vote"),
        actor="actor",
        item="item",
        choice="vote",
        codes=_UN_CODES,
        actors=actors.rename({"ccode": "actor"}),
        items=items,
        duplicates=_TWICE,
    )


def scdb_justices(paths: tuple[Path, ...]) -> Records:
    """Votes of the justices of the US Supreme Court after the Supreme Court Database (Spaeth).

    Actors
        the identifier is ``justiceName``; ``justice`` (the database's number).
    Items
        the identifier is the coarsest of ``caseId``, ``docketId`` and ``caseIssuesId`` on which
        each justice has one row, else ``voteId`` without the justice's part; ``case_id``, ``term``,
        ``date``, ``description`` (the case's name), ``docket``, ``us_cite``, ``natural_court``,
        ``issue_area``, ``decision_direction``, ``majority_votes``, ``minority_votes``.
    Choices
        ``direction`` of the justice's vote in Spaeth's coding, not a yes or no: yea is 2, which
        the codebook calls liberal, and nay is 1, which it calls conservative. Absent is a justice
        without a vote in the case (``vote`` is empty), unknown a vote whose direction could not be
        specified. Unanimous cases are included; whether a justice was in the majority (``majority``
        2) or dissented (1) is not used.
    """
    table = _scdb_table(paths[0])
    table = table.with_columns(pl.col("caseName").str.strip_chars())
    item = _scdb_item(table)
    own = {c: new for c, new in _SCDB_ITEMS.items() if c in table.columns}
    day = pl.col("date").str.to_date("%m/%d/%Y", strict=False)
    items = table.select(item.alias("item"), *[pl.col(c).alias(n) for c, n in own.items()])
    items = items.unique("item", maintain_order=True).with_columns(day)
    silent = pl.col("vote").fill_null("") == ""
    choice = (
        pl.when(pl.col("direction") == "2").then(pl.lit("yea"))
        .when(pl.col("direction") == "1").then(pl.lit("nay"))
        .when(silent).then(pl.lit("absent")).otherwise(pl.lit("unknown"))
    )  # fmt: skip
    actors = table.select(pl.col("justiceName").alias("actor"), "justice").unique(
        "actor", maintain_order=True
    )
    long = table.select(
        pl.col("justiceName").alias("actor"), item.alias("item"), choice.alias("choice")
    )
    return read_dataframe(
        long, actor="actor", item="item", actors=actors, items=items, duplicates=_TWICE
    )


def ep_members(paths: tuple[Path, ...]) -> Records:
    """Roll calls of one European Parliament (Hix, Noury and Roland), one row a member.

    Actors
        the identifier is ``MEPID``; ``name``, ``MS`` (member state), ``NP`` (national party),
        ``EPG`` (group in the Parliament).
    Items
        the columns of votes, ``V1`` and on, without dates.
    Choices
        yea (1), nay (2), abstain (3). 0, 4 and 5 stand for the several ways of not voting; which
        is which is told differently in different places, so all three are unknown here, as are
        empty cells.
    """
    table = read_table(paths[0])
    votes = [c for c in table.columns if c[:1] == "V" and c[1:].isdecimal()]
    long = table.select("MEPID", *votes).unpivot(
        index="MEPID", variable_name="item", value_name="vote"
    )
    actors = table.select("MEPID", pl.col("MEPNAME").alias("name"), "MS", "NP", "EPG")
    return read_dataframe(
        long, actor="MEPID", item="item", choice="vote", codes=_EP_CODES,
        actors=actors.rename({"MEPID": "actor"}), duplicates=_TWICE,
    )  # fmt: skip


def _scdb_table(path: Path) -> pl.DataFrame:
    """The table; its text is in Windows-1252 unless every byte fits UTF-8."""
    try:
        table = scan(path)
    except ReadError as error:
        if "is not UTF-8" not in error.problem:
            raise
        table = scan(path, encoding="cp1252")
    return table.collect() if isinstance(table, pl.LazyFrame) else table


def _scdb_item(table: pl.DataFrame) -> pl.Expr:
    for column in ("caseId", "docketId", "caseIssuesId"):
        if (
            column in table.columns
            and not table.select("justiceName", column).is_duplicated().any()
        ):
            return pl.col(column)
    return pl.col("voteId").str.replace(r"-\d+$", "")


def find(name: str) -> Publication | None:
    """The set by that name, such as ``un:assembly`` or ``voteview:senate:88``; None if unknown.

    Raises
    ------
    ReadError
        If the number of the Congress is none.

    Examples
    --------
    >>> find("voteview:senate:88").files[0].address
    'https://voteview.com/static/data/out/votes/S088_votes.csv'
    """
    whole, _, number = name.rpartition(":")
    chamber = whole.removeprefix("voteview:")
    if chamber not in _CHAMBERS or whole == chamber:
        return PUBLICATIONS.get(name)
    last = (datetime.now(UTC).year - 1787) // 2
    if not number.isdecimal() or not 1 <= int(number) <= last:
        raise ReadError(f"the Congress must be a number 1..{last}, got {number!r}", file=name)
    return _of_voteview(chamber, int(number))


def _of_voteview(chamber: str, congress: int | None = None) -> Publication:
    letter, title = _CHAMBERS[chamber]
    which = f"{letter}{'all' if congress is None else f'{congress:03d}'}"
    files = tuple(
        RemoteFile(f"{which}_{what}.csv", columns, f"{_VOTEVIEW}/{what}/{which}_{what}.csv")
        for what, columns in _VOTEVIEW_COLUMNS.items()
    )
    years = "1789 to today" if congress is None else f"{1787 + 2 * congress}-{1788 + 2 * congress}"
    name = f"voteview:{chamber}"
    return Publication(
        name if congress is None else f"{name}:{congress}",
        f"{title}, {'all Congresses' if congress is None else f'Congress {congress}'} ({years})",
        "voteview",
        files,
        voteview,
        "https://voteview.com/data",
        "https://voteview.com/articles/data_help_votes",
        "none stated; the votes are public records",
        "Lewis, Jeffrey B., Keith Poole, Howard Rosenthal, Adam Boche, Aaron Rudkin, and Luke "
        "Sonnet. Voteview: Congressional Roll-Call Votes Database. https://voteview.com/",
        remark=f"one Congress: {name}:109; the current Congress grows, fetch it again with --force"
        if congress is None
        else "",
    )


def _entries() -> list[Publication]:
    return [
        *(_of_voteview(chamber) for chamber in _CHAMBERS),
        Publication(
            "un:assembly",
            "UN General Assembly, roll calls since 1946",
            "un",
            (
                RemoteFile(
                    "UNVotes.csv",
                    ("rcid", "ccode", "vote"),
                    patterns=("UN*Votes*.csv", "UN*Votes*.tab"),
                ),
            ),
            un_assembly,
            "https://doi.org/10.7910/DVN/LEJUQZ",
            "https://doi.org/10.7910/DVN/LEJUQZ",
            "CC0 1.0",
            "Voeten, Erik, Anton Strezhnev, and Michael Bailey. United Nations General Assembly "
            "Voting Data. Harvard Dataverse. https://doi.org/10.7910/DVN/LEJUQZ",
            listing="https://dataverse.harvard.edu/api/datasets/:persistentId/versions/"
            ":latest-published/files?persistentId=doi:10.7910/DVN/LEJUQZ",
            remark="the address is Dataverse's documented interface; the file of votes is found by "
            "its name, which changes with the release, and some releases have it only for R",
        ),
        Publication(
            "scdb:justices",
            "US Supreme Court, votes of the justices since 1946",
            "scdb",
            (
                RemoteFile(
                    "SCDB_justiceCentered_Citation.csv",
                    ("caseId", "voteId", "term", "dateDecision", "caseName", "justice",
                     "justiceName", "vote", "direction", "majority"),
                    patterns=("*justiceCentered*.csv",),
                ),
            ),
            scdb_justices,
            "https://scdb.la.psu.edu/data/",
            "https://scdb.la.psu.edu/online-codebook/",
            "as its page states; not for commercial use when last seen",
            "Spaeth, Harold J., Lee Epstein, Andrew D. Martin, Jeffrey A. Segal, Theodore J. "
            "Ruger, and Sara C. Benesh. Supreme Court Database. https://scdb.la.psu.edu/",
            certain=False,
            remark="the database has moved from scdb.wustl.edu, and its links to files change with "
            "every release; take the zip file \"justice centered, organized by citation\", CSV",
        ),
        Publication(
            "ep:members",
            "European Parliament, roll calls of one term",
            "ep",
            (RemoteFile("EP_rollcalls.csv", ("MEPID", "MEPNAME", "MS", "NP", "EPG", "V1"),
                        patterns=("*.csv",)),),
            ep_members,
            "http://personal.lse.ac.uk/hix/HixNouryRolandEPdata.htm",
            "http://personal.lse.ac.uk/hix/HixNouryRolandEPdata.htm",
            "none stated",
            "Hix, Simon, Abdul Noury, and Gerard Roland. 2006. Dimensions of Politics in the "
            "European Parliament. American Journal of Political Science 50(2): 494-520. "
            "https://doi.org/10.1111/j.1540-5907.2006.00198.x",
            certain=False,
            remark="the authors' page is known, the names of its files are not, and they are "
            "spreadsheets; export the term wanted as CSV",
        ),
    ]  # fmt: skip


#: The sets by name. One Congress of Voteview's is found by :func:`find` too.
PUBLICATIONS = {entry.name: entry for entry in _entries()}
