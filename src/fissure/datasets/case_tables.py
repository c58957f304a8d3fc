"""Tables of historical cases that have names: bundled, or taken from their publishers."""

from __future__ import annotations

import difflib
import hashlib
from collections.abc import Callable
from dataclasses import dataclass, replace
from importlib.resources import as_file, files
from pathlib import Path
from typing import TYPE_CHECKING, Any

import polars as pl

from fissure.datasets.fetching import fetch, is_cached
from fissure.datasets.publication import Publication, RemoteFile
from fissure.errors import ReadError, SettingError
from fissure.readers.delimited import read_table
from fissure.records import Source

if TYPE_CHECKING:
    from fissure.claims.cases import Cases

__all__ = ["CASE_PUBLICATIONS", "CASE_TABLES", "CaseTable", "case_listing", "cases", "find_cases"]

#: So many columns that must be there make a publisher's file known by them.
DISTINCTIVE = 5

_NAVCO = "https://dataverse.harvard.edu/dataverse/navco"
_SHEET = (
    "the publisher keeps it as a spreadsheet; save its table as CSV, with the names of the columns"
)


@dataclass(frozen=True)
class CaseTable:
    """One table of cases that has a name.

    Parameters
    ----------
    name
        What :func:`cases` calls it.
    title
        What it is, in a line.
    source
        Where it comes from.
    licence, citation
        Its terms, and whom to cite.
    n_cases
        Its size; None for one that is taken from a publisher.
    note
        What every result made from it has to say; empty where there is nothing.
    url
        Its page.
    load
        Makes the cases; its docstring is the codebook.
    """

    name: str
    title: str
    source: str
    licence: str
    citation: str
    n_cases: int | None
    note: str
    url: str
    load: Callable[[], Cases]


def revolutions() -> Cases:
    """Attempts at revolution since 1789, and open elite splits without one, coded by this project.

    **One project's reading of secondary literature, coded from memory of the works named, not
    checked against them page by page, single-coded, by coders who knew the outcomes; to be replaced
    by your own.** Chosen for how well they are known, so no sample of anything.

    Cases
        ``case``, ``country``, ``kind`` (``attempt``, or ``split only``: an open split of the
        civilian elite without an attempt at revolution), ``year_start``, ``year_end``,
        ``cluster`` (the wave; empty where it belongs to none).
    Codings
        0, 0.33, 0.67 or 1; blank where we are not sure. ``success`` (the challengers, or those who
        took up their cause, replaced the regime or its rules of rule), ``elite_split`` (holders of
        civilian office, or groups the government was drawn from, openly opposed it before the
        outcome), ``defection`` (armed forces refused orders or changed sides before the outcome),
        ``organisation`` (of the challengers beforehand), ``state_crisis`` (defeat in war,
        insolvency, or loss of control beforehand).
    Beside each coding
        ``<name>_certainty`` (high, medium, low), ``<name>_source`` (the work it rests on), and for
        the first three ``<name>_date``: year, or year and month, of the outcome, of the first open
        split, of the first refusal or change of sides.

    The rules with their boundary cases, and known weaknesses, are in ``docs/revolutions.md``.
    """
    from fissure.claims.cases import Cases

    with as_file(files("fissure.datasets") / "data" / "revolutions" / "cases.csv") as path:
        return _signed(Cases.read(path), CASE_TABLES["revolutions"])


def navco_1_2(paths: tuple[Path, ...]) -> Cases:
    """Campaigns for regime change, self-determination or secession, 1945-2013, NAVCO 1.2.

    Cases
        ``CAMPAIGN (LOCATION, BYEAR)``; its date is ``EYEAR``, the year in which it ended.
    Codings, all 0 or 1
        ``SUCCESS``, ``LIMITED``, ``FAILURE``, ``ONGOING``; ``NONVIOL``, ``VIOL``; ``REGCHANGE``,
        ``FSELFDET``, ``SECESSION``, ``OTHER`` (goals); ``DEFECT`` (security forces defect or fail
        to cooperate with the regime during the campaign); ``REGVIOL`` (violent repression),
        ``STATESUP`` and ``REGAID`` (overt support by states for the campaign, for the regime).
    Others
        all other columns as they came.

    ``DEFECT`` is about security forces; it does not measure a split of the civilian elite. Goals
    are chosen with ``cases.select(pl.col("REGCHANGE") == 1)``.
    """
    from fissure.claims.cases import Cases

    table = read_table(paths[0])
    whole = [pl.col(c).cast(pl.Float64, strict=False).cast(pl.Int64) for c in ("BYEAR", "EYEAR")]
    table = table.with_columns(whole)
    label = pl.format("{} ({}, {})", "CAMPAIGN", "LOCATION", pl.col("BYEAR").fill_null(0))
    return Cases.read(table.with_columns(label.alias("case")), case="case", date="EYEAR")


def navco_2_1(paths: tuple[Path, ...]) -> Cases:
    """Campaigns of 1945-2013 from the campaign-years of NAVCO 2.1.

    Cases
        one a campaign (``id``), named by ``camp_name`` where the file has it.
    Codings, 0 or 1, over all years of the campaign
        ``success`` (in any year), ``sec_defect`` (the regime loses support from its security forces
        in any year), ``nonviolent`` (``prim_meth`` is 1 in every year).
    Others
        ``year_start`` and ``year_end`` where the file has ``year``, ``n_years``.

    A year in which nothing is coded counts for nothing; a campaign without any coded year is blank.
    Whether the defection came before the success is not told within a year.
    """
    from fissure.claims.cases import Cases

    table = read_table(paths[0])
    numbers = [c for c in ("success", "sec_defect", "prim_meth", "year") if c in table.columns]
    table = table.with_columns(
        pl.col(c).cast(pl.String).cast(pl.Float64, strict=False) for c in numbers
    )
    coded = {c: pl.when(pl.col(c).is_in([0.0, 1.0])).then(pl.col(c)) for c in numbers}
    made = [coded[c].max().alias(c) for c in ("success", "sec_defect")]
    if "prim_meth" in numbers:
        made.append(coded["prim_meth"].min().alias("nonviolent"))
    if "year" in numbers:
        made += [pl.col("year").min().alias("year_start"), pl.col("year").max().alias("year_end")]
    called = "camp_name" if "camp_name" in table.columns else "id"
    grouped = table.group_by("id", maintain_order=True).agg(
        pl.col(called).first().alias("campaign_name"), *made, pl.len().alias("n_years")
    )
    label = pl.format("{} [{}]", "campaign_name", "id") if called != "id" else pl.col("id")
    named = grouped.select(label.cast(pl.String).alias("case"), *grouped.columns[2:])
    return Cases.read(named, case="case")


def cases(source: Any, *, offline: bool = False, **options: Any) -> Cases:
    """Load a table of cases by name, from a file, or from a dataframe.

    Parameters
    ----------
    source
        A name of :func:`case_listing`, a path, or a dataframe. A publisher's CSV file with the
        columns of a table that has a name, such as NAVCO 1.2, is read as that table.
    offline
        For a table taken from a publisher: ask no server.
    **options
        For files and dataframes, as in :meth:`fissure.claims.cases.Cases.read`.

    Raises
    ------
    ReadError
        If there is neither a table nor a file by that name, or it cannot be had or read.
    SettingError
        If options are given for a table that has a name.

    Examples
    --------
    >>> table = cases("revolutions")
    >>> table.n_cases, table.columns[:2]
    (60, ('success', 'elite_split'))
    """
    from fissure.claims.cases import Cases

    publication = find_cases(source) if isinstance(source, str) else None
    is_bundled = isinstance(source, str) and source in CASE_TABLES and publication is None
    if (is_bundled or publication is not None) and options:
        raise SettingError(f"{source!r} has a name and takes no options, got {', '.join(options)}")
    if is_bundled:
        return CASE_TABLES[source].load()
    if publication is not None:
        return _taken(publication, offline)
    if isinstance(source, str) and not Path(source).exists():
        raise ReadError(_unknown(source))
    if isinstance(source, str | Path) and not options:
        publication = _recognised(Path(source))
        if publication is not None:
            sha256 = hashlib.sha256(Path(source).read_bytes()).hexdigest()
            table: Cases = publication.read((Path(source),))
            return _signed(table, CASE_TABLES[publication.name], sha256)
    return Cases.read(source, **options)


def _recognised(path: Path) -> Publication | None:
    """The publisher's table that a CSV file's columns are those of: its reader tells cases apart.

    A table with few columns that must be there is not recognised: a file of one's own may have
    them.
    """
    try:
        with path.open(encoding="utf-8-sig") as file:
            head = {name.strip().strip('"') for name in file.readline().split(",")}
    except (OSError, UnicodeDecodeError):
        return None
    for publication in CASE_PUBLICATIONS.values():
        columns = publication.files[0].columns
        if len(columns) >= DISTINCTIVE and head.issuperset(columns):
            return publication
    return None


def find_cases(name: str) -> Publication | None:
    """The table of a publisher by that name; None if there is none.

    Examples
    --------
    >>> find_cases("navco:1.2").page
    'https://doi.org/10.7910/DVN/0UZOTX'
    """
    return CASE_PUBLICATIONS.get(name)


def case_listing() -> pl.DataFrame:
    """The tables of cases that have names, one row each, and where they are.

    Examples
    --------
    >>> case_listing()["name"].to_list()
    ['revolutions', 'navco:1.2', 'navco:2.1']
    """
    fields = ("name", "title", "n_cases", "source", "licence", "citation", "url", "note")
    rows = []
    for table in CASE_TABLES.values():
        publication = find_cases(table.name)
        where = "bundled"
        if publication is not None:
            where = "in the cache" if is_cached(publication) else "to be fetched by hand"
        row = {f: getattr(table, f) for f in fields}
        rows.append({"name": row.pop("name"), "title": row.pop("title"), "where": where, **row})
    return pl.DataFrame(rows)


def _taken(publication: Publication, offline: bool) -> Cases:
    """The cases of a publisher's file that was given by hand, with the statement of its source."""
    came = fetch(publication, offline=offline)
    table: Cases = publication.read(tuple(file.path for file in came))
    entry = CASE_TABLES[publication.name]
    told = f"{entry.citation} Taken {came[0].fetched[:10]} from {came[0].address}."
    return _signed(table, replace(entry, citation=told), came[0].sha256)


def _signed(table: Cases, entry: CaseTable, sha256: str = "") -> Cases:
    """The cases with what is known of their source; the machine's folders stay out."""
    source = Source(
        entry.name, "cases", sha256 or table.source.sha256, table.source.n_rows, entry.title,
        entry.licence, entry.citation, entry.url,
    )  # fmt: skip
    return replace(table, source=source, note=entry.note)


def _unknown(name: str) -> str:
    close = difflib.get_close_matches(name.lower().replace("_", "-"), list(CASE_TABLES), 1, 0.5)
    hint = f"; did you mean {close[0]!r}?" if close else "."
    return (
        f"no table of cases and no file is called {name!r}{hint} The tables are "
        f"{', '.join(CASE_TABLES)}"
    )


def _publication(
    name: str, title: str, file: str, columns: tuple[str, ...], read: Callable[..., Cases],
    page: str, licence: str, citation: str,
) -> Publication:  # fmt: skip
    wanted = (RemoteFile(file, columns, patterns=("*.csv",)),)
    return Publication(
        name, title, "navco", wanted, read, page, _NAVCO, licence, citation,
        certain=False, remark=f"{_SHEET} {', '.join(columns)}",
    )  # fmt: skip


#: The tables that are taken from their publishers, by name.
CASE_PUBLICATIONS = {
    "navco:1.2": _publication(
        "navco:1.2",
        "NAVCO 1.2: violent and nonviolent campaigns, 1945-2013",
        "NAVCO_1_2.csv",
        ("CAMPAIGN", "LOCATION", "BYEAR", "EYEAR", "SUCCESS", "REGCHANGE", "DEFECT"),
        navco_1_2,
        "https://doi.org/10.7910/DVN/0UZOTX",
        "as its page states",
        "Chenoweth, Erica, and Christopher Wiley Shay. NAVCO 1.2. Harvard Dataverse. "
        "https://doi.org/10.7910/DVN/0UZOTX",
    ),
    "navco:2.1": _publication(
        "navco:2.1",
        "NAVCO 2.1: campaign-years of violent and nonviolent campaigns, 1945-2013",
        "NAVCO_2_1.csv",
        ("id", "success", "sec_defect"),
        navco_2_1,
        "https://doi.org/10.7910/DVN/MHOXDV",
        "as its page states",
        "Chenoweth, Erica, and Christopher Wiley Shay. 2019. NAVCO 2.1 Dataset. Harvard Dataverse. "
        "https://doi.org/10.7910/DVN/MHOXDV",
    ),
}


def _from(publication: Publication) -> CaseTable:
    def load() -> Cases:
        return _taken(publication, offline=False)

    load.__doc__ = publication.read.__doc__
    return CaseTable(
        publication.name, publication.title, publication.page, publication.licence,
        publication.citation, None, "", publication.page, load,
    )  # fmt: skip


#: All tables of cases by name.
CASE_TABLES = {
    "revolutions": CaseTable(
        "revolutions",
        "Attempts at revolution since 1789, and elite splits without one",
        "coded by this project from secondary literature",
        "BSD-3-Clause, with this program",
        "The fissure authors. Attempts at revolution since 1789: one project's reading of "
        "secondary literature, coded from memory of the works named, not checked against them page "
        "by page, single-coded, with knowledge of the outcomes.",
        60,
        "These codings are one project's reading of secondary literature, coded from memory of the "
        "works named, not checked against them page by page, single-coded with knowledge of the "
        "outcomes, of cases chosen because they are well known; put your own in their place.",
        "",
        revolutions,
    ),
    **{name: _from(publication) for name, publication in CASE_PUBLICATIONS.items()},
}
