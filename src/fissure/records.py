"""Records: who chose what, when. The only thing that readers make; nothing is dropped here."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import Any

import polars as pl

from fissure.errors import DataError, ReadError

__all__ = ["CHOICES", "Note", "Records", "Source"]

#: The meanings a choice can have. *Missing is not one thing*: the last five stay apart.
CHOICES = ("yea", "nay", "abstain", "present", "absent", "not_member", "unknown")

CHOICE = pl.Enum(CHOICES)


@dataclass(frozen=True)
class Note:
    """One counted remark of a reader: what was left out, merged or replaced, and an example.

    Parameters
    ----------
    kind
        A short fixed word for programs, such as ``duplicate`` or ``unknown_code``.
    count
        How many rows it concerns.
    message
        A sentence for people, with file, row, column and value of the first case.
    dropped
        Whether these rows are missing from the choices (otherwise they are kept, with a remark).
    """

    kind: str
    count: int
    message: str
    dropped: bool = False


@dataclass(frozen=True)
class Source:
    """Where records come from.

    Parameters
    ----------
    name
        Short name: a bundled set's name, or the file's name.
    format
        The reader that read it, such as ``long`` or ``voteview``.
    sha256
        Hash of the bytes read; for a dataframe, of its contents. Several files are hashed in order.
    n_rows
        Rows of choices that came in.
    title, licence, citation, url
        What is known of the publication; empty where nothing is.
    """

    name: str
    format: str
    sha256: str
    n_rows: int
    title: str = ""
    licence: str = ""
    citation: str = ""
    url: str = ""


@dataclass(frozen=True)
class Records:
    """The long table of choices with the tables of actors and items.

    Parameters
    ----------
    choices
        One row a choice: ``actor`` and ``item`` (UInt32, row numbers in the two tables below) and
        ``choice`` (an Enum over :data:`CHOICES`). A pair that is not listed is unobserved.
    actors
        One row an actor: ``actor`` (String, unique) and the actor's own columns, such as ``name``,
        ``party``, ``state``.
    items
        One row an item: ``item`` (String, unique) and the item's own columns, such as ``date``,
        ``question``, ``description``.
    codes
        What each code of the source was read as.
    source
        Where it comes from.
    notes
        Counted remarks of the reader. Rows in = rows kept + rows reported as dropped here:
        ``source.n_rows == n_choices + n_dropped``, right after reading.

    Raises
    ------
    ReadError
        If identifiers repeat or choices point outside the tables.

    Examples
    --------
    >>> import polars as pl
    >>> r = Records.from_pairs(
    ...     ["ann", "bob"], ["v1", "v1"], ["yea", "nay"], source=Source("toy", "pairs", "", 2)
    ... )
    >>> r
    Records(toy: 2 actors, 1 item, 2 choices)
    """

    choices: pl.DataFrame
    actors: pl.DataFrame
    items: pl.DataFrame
    source: Source
    codes: Mapping[str, str] = field(default_factory=dict)
    notes: tuple[Note, ...] = ()

    def __post_init__(self) -> None:
        if self.choices.schema != {"actor": pl.UInt32, "item": pl.UInt32, "choice": CHOICE}:
            raise ReadError(
                "choices must have the columns actor (UInt32), item (UInt32) and choice (Enum), "
                f"got {dict(self.choices.schema)}"
            )
        for table, key in ((self.actors, "actor"), (self.items, "item")):
            if table.columns[:1] != [key] or table.schema[key] != pl.String:
                raise ReadError(f"the first column of the {key} table must be {key!r} (String)")
            if table[key].n_unique() != table.height:
                twice = table[key].filter(table[key].is_duplicated())[0]
                raise ReadError(f"{key} {twice!r} is listed twice in the {key} table")
            last = self.choices.select(pl.col(key).max()).item()
            if last is not None and last >= table.height:
                raise ReadError(f"a choice names {key} row {last} of {table.height}")

    @classmethod
    def from_pairs(
        cls,
        actor: Any,
        item: Any,
        choice: Any,
        *,
        source: Source,
        actors: pl.DataFrame | None = None,
        items: pl.DataFrame | None = None,
        codes: Mapping[str, str] | None = None,
        notes: tuple[Note, ...] = (),
    ) -> Records:
        """Build records from three columns: identifiers, and words of :data:`CHOICES`.

        Parameters
        ----------
        actor, item
            Identifiers, anything Polars can make a String column of.
        choice
            Words of :data:`CHOICES`, as strings or as an Enum column.
        source, actors, items, codes, notes
            As in the class. Actors or items that a table lists and no choice names are kept; those
            that a choice names and no table lists are added at its end.
        """
        frame = pl.DataFrame(
            {
                "actor": pl.Series(values=actor).cast(pl.String),
                "item": pl.Series(values=item).cast(pl.String),
                "choice": pl.Series(values=choice).cast(CHOICE),
            }
        )
        tables = {}
        for key, given in (("actor", actors), ("item", items)):
            seen = frame[key].unique(maintain_order=True)
            if given is None:
                tables[key] = seen.to_frame(key)
            else:
                new = seen.filter(~seen.is_in(given[key].implode()))
                tables[key] = pl.concat([given, new.to_frame(key)], how="diagonal")
            rows = tables[key].select(key, pl.int_range(pl.len(), dtype=pl.UInt32).alias("_row"))
            frame = frame.join(rows, on=key, how="left", maintain_order="left").with_columns(
                pl.col("_row").alias(key)
            )
            frame = frame.drop("_row")
        return cls(frame, tables["actor"], tables["item"], source, codes or {}, notes)

    @property
    def n_actors(self) -> int:
        """Number of actors."""
        return self.actors.height

    @property
    def n_items(self) -> int:
        """Number of items."""
        return self.items.height

    @property
    def n_choices(self) -> int:
        """Number of recorded choices, absences included."""
        return self.choices.height

    @property
    def n_dropped(self) -> int:
        """Number of rows of the source that are not among the choices; the notes say why."""
        return sum(note.count for note in self.notes if note.dropped)

    def counts(self) -> dict[str, int]:
        """How often each meaning of :data:`CHOICES` occurs."""
        seen = dict(self.choices.group_by("choice").len().iter_rows())
        return {word: seen.get(word, 0) for word in CHOICES}

    def names(self) -> pl.Series:
        """What to call each actor in print: the ``name`` column, or the identifier."""
        name = (
            self.actors["name"].cast(pl.String)
            if "name" in self.actors.columns
            else self.actors["actor"]
        )
        return name.fill_null(self.actors["actor"]).alias("name")

    def select_actors(self, column: str | pl.Expr, value: object = None) -> Records:
        """The records of the actors whose ``column`` equals ``value`` (null matches null), or for
        which a Polars expression over the actor table is true.
        """
        if isinstance(column, pl.Expr):
            mask = self.actors.select(column.alias("_keep"))["_keep"].fill_null(False)
            return self._select("actor", mask)
        if column not in self.actors.columns:
            names = ", ".join(self.actors.columns)
            raise DataError(f"no actor column {column!r}; the actor columns are {names}")
        return self._select("actor", self.actors[column].eq_missing(value))

    def select_items(self, keep: pl.Expr) -> Records:
        """The records of the items for which a Polars expression over the item table is true."""
        mask = self.items.select(keep.alias("_keep"))["_keep"].fill_null(False)
        return self._select("item", mask)

    def _select(self, key: str, mask: pl.Series) -> Records:
        table = (self.actors if key == "actor" else self.items).filter(mask)
        rows = mask.to_numpy().cumsum().astype("uint32") - 1
        new = pl.Series(rows, dtype=pl.UInt32)
        kept = self.choices.filter(mask.gather(self.choices[key]))
        kept = kept.with_columns(new.gather(kept[key]).alias(key))
        if key == "actor":
            return replace(self, choices=kept, actors=table)
        return replace(self, choices=kept, items=table)

    def __repr__(self) -> str:
        def count(n: int, word: str) -> str:
            return f"{n:,} {word}{'' if n == 1 else 's'}"

        return (
            f"Records({self.source.name}: {count(self.n_actors, 'actor')}, "
            f"{count(self.n_items, 'item')}, {count(self.n_choices, 'choice')})"
        )
