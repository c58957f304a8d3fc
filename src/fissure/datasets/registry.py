"""The bundled records: what each is, where it comes from, and how it is loaded."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from importlib.resources import as_file, files

import polars as pl

from fissure.readers import read_dataframe, read_delimited
from fissure.records import Records, Source

__all__ = ["REGISTRY", "Dataset"]

_VOTEVIEW = (
    "Lewis, Jeffrey B., Keith Poole, Howard Rosenthal, Adam Boche, Aaron Rudkin, and Luke Sonnet. "
    "Voteview: Congressional Roll-Call Votes Database. https://voteview.com/"
)


@dataclass(frozen=True)
class Dataset:
    """One set of records that has a name.

    Parameters
    ----------
    name
        What :func:`fissure.datasets.load` calls it.
    title
        What it is, in a line.
    source
        Where the files were taken from.
    licence
        Of the package they were taken from; the votes are public records.
    citation
        Whom to cite.
    n_actors, n_items
        Its size; None for a set that is fetched, and grows.
    load
        Makes the records; its docstring is the codebook.
    url
        The publisher's page.
    """

    name: str
    title: str
    source: str
    licence: str
    citation: str
    n_actors: int | None
    n_items: int | None
    load: Callable[[], Records]
    url: str = ""


def _read(folder: str, votes: str, **tables: str) -> Records:
    """Read a bundled file with its companions."""
    with as_file(files("fissure.datasets") / "data" / folder) as root:
        return read_delimited(
            root / votes,
            **{role: root / name for role, name in tables.items()},  # type: ignore[arg-type]
        )


def _signed(records: Records, name: str) -> Records:
    """The records with the registry's statement of their source; the machine's folders stay out."""
    entry = REGISTRY[name]
    source = Source(
        name,
        records.source.format,
        records.source.sha256,
        records.source.n_rows,
        entry.title,
        entry.licence,
        entry.citation,
        entry.url,
    )
    return replace(records, source=source)


def senate_109() -> Records:
    """US Senate, 109th Congress, 2005-2006.

    102 actors: 100 seats, one successor (Menendez for Corzine), and the President's announced
    positions (state ``USA``). 645 roll calls.

    Actors
        ``name`` (surname, party and state), ``state``, ``icpsrState``, ``cd``, ``icpsrLegis``
        (Voteview's icpsr), ``party`` (D, R, Indep), ``partyCode`` (100, 200, 328).
    Items
        ``date``, ``session``, ``number``, ``bill``, ``question``, ``result``, ``description``,
        ``yeatotal`` and ``naytotal`` (as announced), ``yea`` and ``nay`` (as counted here),
        ``minority_share``.
    Choices
        yea, nay, absent, not_member.

    From ``s109`` of the R package pscl, which took it from Voteview.
    """
    records = _read("senate_109", "votes.csv.gz", actors="members.csv", items="items.csv.gz")
    return _signed(records, "senate-109")


def senate_106() -> Records:
    """US Senate, 106th Congress, 1999-2000.

    102 senators, 672 roll calls without dates.

    Actors
        the identifier is Voteview's icpsr; ``name`` (surname), ``state``, ``statecode`` (ICPSR),
        ``party`` (R for 1 and D for 0 of the source).
    Items
        ``rc1`` to ``rc672``, in order.
    Choices
        yea (1), nay (0), unknown (empty: absent or not a member, the source does not tell).

    From ``Senate`` of the R package MCMCpack, which took it from Keith Poole.
    """
    records = _read("senate_106", "votes_wide.csv.gz")
    party = pl.col("party").cast(pl.String).replace_strict({"1": "R", "0": "D"})
    return _signed(replace(records, actors=records.actors.with_columns(party)), "senate-106")


def rehnquist_court() -> Records:
    """US Supreme Court, terms 1994 to 2004: the Rehnquist Court of nine constant members.

    9 justices, 485 non-unanimous cases.

    Items
        the identifier is the place in the file; ``term`` (year), ``time`` (1 to 11).
    Choices
        yea is a liberal and nay a conservative decision after Spaeth's coding, not a yes or no;
        unknown is an empty cell.

    From ``Rehnquist`` of the R package MCMCpack, after the Supreme Court Database (Spaeth).
    """
    return _signed(_read("rehnquist_court", "votes_wide.csv"), "rehnquist-court")


def karate_club() -> Records:
    """Zachary's karate club as choices: 34 members, two camps after the split. A check, not a vote.

    Zachary observed who met whom outside the club before it split between the instructor ("Mr. Hi")
    and the administrator ("Officer"). Nobody voted. To have choices, each member's circle is made
    an item: on the item of member k, k and those tied to k are yea and all others nay. Members with
    friends in common thus choose alike, and the split that followed can be compared with what the
    choices show. Ties are taken as present or absent; their weights are not used.

    Actors
        ``name`` (Mr. Hi for 0, Officer for 33, otherwise the number), ``club`` (the camp joined
        after the split).
    Items
        ``circle 0`` to ``circle 33``.
    Choices
        yea (in the circle), nay (outside).

    From ``networkx.karate_club_graph``.
    """
    import networkx as nx
    import numpy as np

    graph = nx.karate_club_graph()
    tied = nx.to_numpy_array(graph, weight=None) + np.eye(len(graph))
    n = len(graph)
    table = pl.DataFrame(
        {
            "actor": [str(i) for i in range(n) for _ in range(n)],
            "item": [f"circle {k}" for _ in range(n) for k in range(n)],
            "choice": ["yea" if cell else "nay" for cell in tied.ravel()],
        }
    )
    members = pl.DataFrame(
        {
            "actor": [str(i) for i in graph],
            "name": [{0: "Mr. Hi", 33: "Officer"}.get(i, f"member {i}") for i in graph],
            "club": [club for _, club in graph.nodes(data="club")],
        }
    )
    return _signed(read_dataframe(table, actors=members, name="karate-club"), "karate-club")


def _entries() -> list[Dataset]:
    return [
        Dataset(
            "senate-109",
            "US Senate, 109th Congress (2005-2006)",
            "s109 in Debian's r-cran-pscl 1.5.5, from Voteview",
            "GPL-2 (package); the votes are public records",
            _VOTEVIEW,
            102,
            645,
            senate_109,
            "https://voteview.com/",
        ),
        Dataset(
            "senate-106",
            "US Senate, 106th Congress (1999-2000)",
            "Senate in Debian's r-cran-mcmcpack 1.6-3, from Keith Poole",
            "GPL-3 (package); the votes are public records",
            _VOTEVIEW,
            102,
            672,
            senate_106,
            "https://voteview.com/",
        ),
        Dataset(
            "rehnquist-court",
            "US Supreme Court, non-unanimous cases, terms 1994-2004",
            "Rehnquist in Debian's r-cran-mcmcpack 1.6-3, from Spaeth",
            "GPL-3 (package); the votes are public records",
            "Spaeth, Harold J. United States Supreme Court Judicial Database; Martin, Andrew D., "
            "Kevin M. Quinn, and Jong Hee Park. 2011. MCMCpack. Journal of Statistical Software "
            "42(9). https://doi.org/10.18637/jss.v042.i09",
            9,
            485,
            rehnquist_court,
            "http://scdb.wustl.edu/",
        ),
        Dataset(
            "karate-club",
            "Zachary's karate club (1970-1972), circles of acquaintance as items",
            "karate_club_graph of networkx",
            "BSD-3-Clause (package)",
            "Zachary, Wayne W. 1977. An Information Flow Model for Conflict and Fission in Small "
            "Groups. Journal of Anthropological Research 33(4): 452-473. https://doi.org/10.1086/jar.33.4.3629752",
            34,
            34,
            karate_club,
            "https://networkx.org/",
        ),
    ]


#: The bundled sets by name; the first is the default.
REGISTRY = {entry.name: entry for entry in _entries()}
