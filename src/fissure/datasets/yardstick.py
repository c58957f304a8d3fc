"""The yardstick: our own series of depth in the US Congress, to hold a new measure against.

It is made by ``bench/make_yardstick.py`` from the public votes; the file holds results, no votes.
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from functools import cache
from importlib.resources import files
from typing import Any, Literal

import numpy as np
import polars as pl

from fissure.errors import DataError, SettingError
from fissure.results import Group, Interval, Period
from fissure.results.base import Result

__all__ = ["Placement", "place", "yardstick"]

Body = Literal["whole body", "party"]
#: Draws of each depth behind the interval of a placement.
DRAWS = 4000


@dataclass(frozen=True)
class Placement(Result):
    """How deep a group is beside the bodies of the yardstick.

    Parameters
    ----------
    deeper_than
        Share of them than which the group is deeper, 0 to 1, with its 95 % interval.
    n, since, chamber, body
        How many they are, and which.
    nearest
        The three of them whose depth is nearest, as ``chamber, group, Congress (year)``.
    sentence
        The same in plain words.
    """

    deeper_than: Interval
    n: int
    since: int
    chamber: str
    body: str
    nearest: tuple[str, ...]
    sentence: str

    def to_frame(self) -> pl.DataFrame:
        """One row."""
        return pl.DataFrame(
            {
                "deeper_than": [self.deeper_than.estimate],
                "low": [self.deeper_than.low],
                "high": [self.deeper_than.high],
                "n": [self.n],
                "since": [self.since],
            }
        )

    def __repr__(self) -> str:
        return self.sentence


@cache
def _table() -> tuple[pl.DataFrame, dict[str, Any]]:
    folder = files("fissure.datasets") / "data" / "yardstick"
    table = pl.read_csv((folder / "depth.csv").read_bytes())
    return table, json.loads((folder / "provenance.json").read_text(encoding="utf-8"))


def yardstick() -> pl.DataFrame:
    """Depth of the US Senate and House by Congress, as a whole and within each party.

    Columns: ``chamber``, ``group`` (``all`` or ``party = D``), ``congress``, ``year`` in which it
    began, ``n_actors``, ``n_items``, ``verdict``, ``kind``, ``depth`` with its 95 % interval
    ``low`` and ``high``, ``sd`` of its draws, ``smallest_detectable_depth``, ``blocs`` (sizes,
    largest first), ``bloc_names`` (the same bloc keeps its letter within a series).

    Examples
    --------
    >>> yardstick().filter(pl.col("congress") == 88).select("chamber", "group", "verdict").rows()[1]
    ('Senate', 'party = D', 'split')
    """
    return _table()[0].clone()


def place(
    group: Group | Period | Interval,
    *,
    since: int = 1945,
    chamber: Literal["Senate", "House", "both"] = "Senate",
    body: Body | None = None,
    seed: int = 1,
) -> Placement:
    """Than how many Congresses is a group deeper?

    Parameters
    ----------
    group
        A group of an answer, a period of a trace, or a depth with its interval.
    since
        First year of the Congresses compared.
    chamber
        Which chamber of the US Congress.
    body
        ``whole body`` or ``party``: what the group is held against. For a group named ``all`` it is
        the whole body, for others a party, if not given.
    seed
        Of the draws behind the interval.

    Raises
    ------
    SettingError
        If what is given has no depth, the chamber or body is none of these, ``since`` or ``seed``
        is no whole number, or nothing is that young.
    DataError
        If ``body`` is not given and the group's name does not tell.

    Examples
    --------
    >>> place(Interval(0.0, 0.0, 0.0), body="party").deeper_than.estimate
    0.0
    """
    depth = _depth(group)
    # inside, so that loading records does not import all of the verdict
    from fissure.split.settings import check_seed

    check_seed(seed)
    if isinstance(since, bool) or not isinstance(since, int):
        raise SettingError(f"since must be a year as a whole number, got {since!r}")
    if body is None:
        if not isinstance(group, Group):
            raise DataError("say what to hold it against: body='whole body' or body='party'")
        body = "whole body" if group.name == "all" else "party"
    if body not in ("whole body", "party"):
        raise SettingError(f"body must be 'whole body' or 'party', got {body!r}")
    if chamber not in ("Senate", "House", "both"):
        raise SettingError(f"chamber must be Senate, House or both, got {chamber!r}")
    table = _table()[0].filter(
        pl.col("year") >= since,
        (pl.col("group") == "all") == (body == "whole body"),
        pl.lit(True) if chamber == "both" else pl.col("chamber") == chamber,
    )
    if not table.height:
        raise SettingError(f"the yardstick has nothing since {since}; it ends in {_last_year()}")
    rng = np.random.default_rng(seed)
    sd = (depth.high - depth.low) / (2 * 1.96)
    own = depth.estimate + sd * rng.standard_normal((DRAWS, 1))
    others = table["depth"].to_numpy() + table["sd"].to_numpy() * rng.standard_normal(
        (DRAWS, table.height)
    )
    share = (own > others).mean(axis=1)
    at = Interval.of(float((depth.estimate > table["depth"].to_numpy()).mean()), share)
    near = table.sort((pl.col("depth") - depth.estimate).abs()).head(3)
    return Placement(
        at, table.height, since, chamber, body, _named(near), _sentence(at, table, since, body)
    )


def _depth(group: object) -> Interval:
    depth = group.depth if isinstance(group, Group | Period) else group
    if not isinstance(depth, Interval):
        raise SettingError(
            "what is placed must be a group of an answer, a period of a trace or an Interval, got "
            f"{group!r}"
        )
    if not np.isfinite([depth.estimate, depth.low, depth.high]).all():
        raise SettingError(f"a depth must be three finite numbers, got {depth}")
    return depth


def _last_year() -> int:
    return int(_table()[0]["year"].max())  # type: ignore[arg-type]


def _named(rows: pl.DataFrame) -> tuple[str, ...]:
    return tuple(
        f"{r['chamber']}, {r['group']}, {r['congress']} ({r['year']})"
        for r in rows.iter_rows(named=True)
    )


def _sentence(at: Interval, table: pl.DataFrame, since: int, body: str) -> str:
    what = "whole bodies" if body == "whole body" else "party caucuses"
    chambers = " and ".join(table["chamber"].unique(maintain_order=True))
    return (
        f"Deeper than {at.estimate:.0%} (95% interval {at.low:.0%} to {at.high:.0%}) of the "
        f"{table.height} {what} in the US {chambers} since {since}, by Congress."
    )
