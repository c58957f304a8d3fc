"""Matrix: what a model may see, with a log of what was left out and why."""

from __future__ import annotations

from dataclasses import dataclass, replace
from functools import cached_property

import numpy as np
import polars as pl
from numpy.typing import NDArray

from fissure.errors import DataError, SettingError
from fissure.kernels.pack import count_yeas, gather, tally, turn
from fissure.records import CHOICES, Records, Source

__all__ = ["Dropped", "Matrix", "Packed"]

#: A dense view larger than this many cells is refused.
DENSE_LIMIT = 400_000_000


@dataclass(frozen=True)
class Packed:
    """Choices of one orientation, four bytes each.

    Parameters
    ----------
    start
        int64 array of shape (n_rows + 1,); the choices of row r are
        ``code[start[r]:start[r + 1]]``.
    code
        uint32 array; twice the number of the column, plus one where the choice is yea. Each row
        is in ascending order of its columns.
    """

    start: NDArray[np.int64]
    code: NDArray[np.uint32]

    def counts(self) -> NDArray[np.int64]:
        """Choices of each row."""
        return np.diff(self.start)

    def yeas(self) -> NDArray[np.int64]:
        """Yeas of each row; no copy of the choices is made."""
        out = np.empty(len(self.start) - 1, np.int64)
        count_yeas(self.start, self.code, out)
        return out


@dataclass(frozen=True)
class Dropped:
    """What a Matrix leaves out, and why.

    Parameters
    ----------
    actors, items
        Frames with ``actor`` or ``item`` and ``reason``.
    choices
        How many choices were neither yea nor nay, by meaning.
    """

    actors: pl.DataFrame
    items: pl.DataFrame
    choices: dict[str, int]


@dataclass(frozen=True)
class Matrix:
    """Actors × items: +1 yea, −1 nay, all else unobserved. Stored sparse, both ways round.

    Make one with :meth:`from_records`.

    Parameters
    ----------
    by_actor, by_item
        The choices in the two orientations, 8 bytes a choice in all.
    actors, items
        The tables of those kept, in row and column order.
    dropped
        What was left out and why.
    source
        Where the records come from.
    name
        Name of the group, such as ``all`` or ``party = D``.

    Examples
    --------
    >>> from fissure.records import Records, Source
    >>> r = Records.from_pairs(
    ...     "aabb", "xyxy", ["yea", "nay", "yea", "absent"], source=Source("t", "t", "", 4)
    ... )
    >>> m = Matrix.from_records(r)
    >>> m.dense()
    array([[ 1, -1],
           [ 1,  0]], dtype=int8)
    """

    by_actor: Packed
    by_item: Packed
    actors: pl.DataFrame
    items: pl.DataFrame
    dropped: Dropped
    source: Source
    name: str = "all"

    @classmethod
    def from_records(
        cls,
        records: Records,
        *,
        yea: tuple[str, ...] = ("yea",),
        nay: tuple[str, ...] = ("nay",),
        min_choices: int = 0,
        min_presence: float = 0.0,
        min_minority: float = 0.0,
        name: str = "all",
    ) -> Matrix:
        """Keep what a model may see; dropping is repeated until nothing changes.

        Parameters
        ----------
        records
            What was read.
        yea, nay
            Which meanings of a choice count as the one and the other side.
        min_choices
            Leave out actors with fewer usable choices (NOMINATE's ``minvotes`` is 20); 0 keeps all.
        min_presence
            Leave out actors with usable choices on a smaller share of the kept items, 0 to 1.
        min_minority
            Leave out items whose losing side has a smaller share, 0 to 0.5 (NOMINATE's ``lop`` is
            0.025); 0 keeps unanimous items too. Items without any usable choice never stay.
        name
            Name of the group in print.

        Raises
        ------
        SettingError
            If a threshold is outside its range or a meaning is not one of the seven.
        DataError
            If no choice remains.
        """
        if not isinstance(records, Records):
            raise SettingError(
                f"records must be Records, got {type(records).__name__}; fissure.load reads them"
            )
        _check_settings(yea, nay, min_choices, min_presence, min_minority)
        sign = np.zeros(len(CHOICES), np.int8)
        sign[[CHOICES.index(word) for word in yea]] = 1
        sign[[CHOICES.index(word) for word in nay]] = -1
        long = _Long(records, sign)
        counts = records.counts()
        if not any(counts[word] for word in yea + nay):
            raise DataError(
                f"no usable choice in {name!r}: {records.n_choices:,} choices, none of them "
                f"{' or '.join(yea + nay)}"
            )
        kept = _filter(long, min_choices, min_presence, min_minority)
        if not (kept.actors.any() and kept.items.any()):
            raise DataError(
                f"nothing remains of {name!r} with min_choices={min_choices}, "
                f"min_presence={min_presence}, min_minority={min_minority}"
            )
        by_actor, by_item = _pack(long, kept)
        return cls(
            by_actor=by_actor,
            by_item=by_item,
            actors=records.actors.filter(pl.Series(kept.actors)),
            items=records.items.filter(pl.Series(kept.items)),
            dropped=Dropped(
                actors=_reasons(records.actors["actor"], kept.actors, kept.why_actor),
                items=_reasons(records.items["item"], kept.items, kept.why_item),
                choices={word: n for word, n in counts.items() if n and word not in yea + nay},
            ),
            source=records.source,
            name=name,
        )

    def of_actors(self, mask: NDArray[np.bool_], *, name: str, min_presence: float = 0.0) -> Matrix:
        """The matrix of some actors, without the items on which none of them chose.

        Parameters
        ----------
        mask
            Which actors, bool of shape (n_actors,).
        name
            Name of the group in print.
        min_presence
            As in :meth:`from_records`.

        Raises
        ------
        DataError
            If nothing remains.
        """
        row = np.repeat(np.arange(self.n_actors), self.by_actor.counts())
        here = mask[row]
        code = self.by_actor.code[here]
        return self._part(mask, self.items, row[here], code >> 1, code & 1, name, min_presence)

    def of_items(self, index: NDArray[np.intp], *, name: str) -> Matrix:
        """The matrix of some items in ascending order, without the actors who chose on none of
        them.

        Parameters
        ----------
        index
            Numbers of the items.
        name
            Name of the group in print.

        Raises
        ------
        DataError
            If nothing remains.
        """
        index = np.sort(index)
        start, n = self.by_item.start[index], self.by_item.counts()[index]
        item = np.repeat(np.arange(len(index)), n)
        at = np.arange(len(item)) - np.repeat(np.cumsum(n) - n, n) + np.repeat(start, n)
        code = self.by_item.code[at]
        seen = np.zeros(self.n_actors, bool)
        seen[code >> 1] = True
        items = self.items[index.tolist()]
        return self._part(seen, items, code >> 1, item, code & 1, name, 0.0)

    def turned(self, turn: NDArray[np.int8]) -> Matrix:
        """The matrix with yea and nay swapped where ``turn``, of shape (n_items,), is −1."""
        swap = (np.asarray(turn) < 0).astype(np.uint32)
        by_actor = self.by_actor.code ^ swap[self.by_actor.code >> 1]
        by_item = self.by_item.code ^ np.repeat(swap, self.by_item.counts())
        return replace(
            self,
            by_actor=Packed(self.by_actor.start, by_actor),
            by_item=Packed(self.by_item.start, by_item),
        )

    def _part(
        self,
        mask: NDArray[np.bool_],
        items: pl.DataFrame,
        actor: NDArray[np.integer],
        item: NDArray[np.integer],
        yea: NDArray[np.integer],
        name: str,
        min_presence: float,
    ) -> Matrix:
        """The matrix of some choices: their actors as here, their items as in the new table."""
        words = np.where(yea, CHOICES.index("yea"), CHOICES.index("nay")).astype(np.uint8)
        choices = pl.DataFrame(
            {
                "actor": (np.cumsum(mask) - 1)[actor].astype(np.uint32),
                "item": item.astype(np.uint32),
                "choice": words,
            }
        ).with_columns(pl.col("choice").cat.to(pl.Enum(CHOICES)))
        part = Records(choices, self.actors.filter(pl.Series(mask)), items, self.source)
        made = Matrix.from_records(part, min_presence=min_presence, name=name)
        return replace(made, dropped=replace(made.dropped, choices=self.dropped.choices))

    @property
    def n_actors(self) -> int:
        """Number of actors."""
        return len(self.by_actor.start) - 1

    @property
    def n_items(self) -> int:
        """Number of items."""
        return len(self.by_item.start) - 1

    @property
    def n_choices(self) -> int:
        """Number of usable choices."""
        return len(self.by_actor.code)

    @cached_property
    def names(self) -> list[str]:
        """What to call each actor in print: the ``name`` column, or the identifier."""
        ids = self.actors["actor"]
        if "name" not in self.actors.columns:
            return ids.to_list()
        return self.actors["name"].cast(pl.String).fill_null(ids).to_list()

    def dense(self) -> NDArray[np.int8]:
        """The choices as int8 of shape (n_actors, n_items): +1 yea, −1 nay, 0 unobserved.

        Raises
        ------
        DataError
            If there are more than 400 million cells.
        """
        if self.n_actors * self.n_items > DENSE_LIMIT:
            raise DataError(
                f"{self.n_actors:,} actors × {self.n_items:,} items is more than {DENSE_LIMIT:,} "
                "cells; take fewer items or one group at a time"
            )
        y = np.zeros((self.n_actors, self.n_items), np.int8)
        row = np.repeat(np.arange(self.n_actors), np.diff(self.by_actor.start))
        y[row, self.by_actor.code >> 1] = np.where(self.by_actor.code & 1, 1, -1)
        return y

    def __repr__(self) -> str:
        return (
            f"Matrix({self.name}: {self.n_actors:,} actors × {self.n_items:,} items, "
            f"{self.n_choices:,} choices)"
        )


def _check_settings(
    yea: tuple[str, ...],
    nay: tuple[str, ...],
    min_choices: int,
    min_presence: float,
    min_minority: float,
) -> None:
    for word in (*yea, *nay):
        if word not in CHOICES:
            raise SettingError(f"a choice must be one of {', '.join(CHOICES)}, got {word!r}")
    if set(yea) & set(nay):
        raise SettingError(f"{sorted(set(yea) & set(nay))} cannot be both yea and nay")
    if min_choices < 0:
        raise SettingError(f"min_choices must be 0 or more, got {min_choices}")
    if not 0 <= min_presence <= 1:
        raise SettingError(f"min_presence must be 0..1, got {min_presence}")
    if not 0 <= min_minority <= 0.5:
        raise SettingError(f"min_minority must be 0..0.5, got {min_minority}")


class _Long:
    """The columns of records as arrays, without copies, and the side of each meaning."""

    def __init__(self, records: Records, sign: NDArray[np.int8]) -> None:
        self.a = records.choices["actor"].to_numpy()
        self.j = records.choices["item"].to_numpy()
        self.y = records.choices["choice"].to_physical().to_numpy()
        self.sign = sign
        self.n_actors, self.n_items = records.n_actors, records.n_items


@dataclass(frozen=True)
class _Kept:
    """Who and what stays, how many choices each has, and why the others do not stay."""

    actors: NDArray[np.bool_]
    items: NDArray[np.bool_]
    n_actor: NDArray[np.int64]
    n_item: NDArray[np.int64]
    why_actor: dict[int, str]
    why_item: dict[int, str]


def _filter(long: _Long, min_choices: int, min_presence: float, min_minority: float) -> _Kept:
    """Leave out actors and items until nothing changes."""
    keep_a, keep_j = np.ones(long.n_actors, bool), np.ones(long.n_items, bool)
    why_a: dict[int, str] = {}
    why_j: dict[int, str] = {}
    while True:
        n_a, counts = np.zeros(long.n_actors, np.int64), np.zeros((long.n_items, 2), np.int64)
        tally(long.a, long.j, long.sign, long.y, keep_a, keep_j, n_a, counts)
        n_j, yeas = counts[:, 0], counts[:, 1]
        lose = np.minimum(yeas, n_j - yeas) / np.maximum(n_j, 1)
        out_j = keep_j & ((n_j == 0) | (lose < min_minority))
        # presence is a share of the items on which anybody here chose at all
        least = max(float(min_choices), min_presence * (keep_j & (n_j > 0)).sum())
        out_a = keep_a & (n_a < least)
        if not (out_a.any() or out_j.any()):
            return _Kept(keep_a, keep_j, n_a, n_j, why_a, why_j)
        for k in np.flatnonzero(out_j):
            why_j[int(k)] = (
                f"losing side {lose[k]:.1%}, at least {min_minority:.1%} wanted"
                if n_j[k]
                else "no usable choice"
            )
        for i in np.flatnonzero(out_a):
            why_a[int(i)] = f"{n_a[i]} usable choices, at least {int(np.ceil(least))} wanted"
        keep_a &= ~out_a
        keep_j &= ~out_j


def _pack(long: _Long, kept: _Kept) -> tuple[Packed, Packed]:
    """Both orientations, each row in ascending order whatever the order of the records."""
    starts = []
    for keep, n in ((kept.actors, kept.n_actor), (kept.items, kept.n_item)):
        start = np.zeros(int(keep.sum()) + 1, np.int64)
        np.cumsum(n[keep], out=start[1:])
        starts.append(start)
    start_a, start_j = starts
    first, by_actor = np.empty(start_j[-1], np.uint32), np.empty(start_a[-1], np.uint32)
    new_a, new_j = _renumber(kept.actors), _renumber(kept.items)
    gather(long.a, long.j, long.sign, long.y, new_a, new_j, start_j[:-1].copy(), first)
    turn(start_j, first, start_a[:-1].copy(), by_actor)
    turn(start_a, by_actor, start_j[:-1].copy(), first)
    for array in (start_a, start_j, first, by_actor):
        array.setflags(write=False)
    return Packed(start_a, by_actor), Packed(start_j, first)


def _renumber(keep: NDArray[np.bool_]) -> NDArray[np.int64]:
    return np.where(keep, np.cumsum(keep) - 1, -1)


def _reasons(ids: pl.Series, keep: NDArray[np.bool_], why: dict[int, str]) -> pl.DataFrame:
    out = np.flatnonzero(~keep)
    return pl.DataFrame(
        {
            ids.name: ids.gather(out),
            "reason": pl.Series([why[int(i)] for i in out], dtype=pl.String),
        }
    )
