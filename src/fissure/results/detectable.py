"""Which splits these records could have shown: the documented JSON schema ``fissure.detectable/1``.

:meth:`Detectable.to_dict` gives the schema, and :meth:`Detectable.from_dict` takes it back to an
equal object.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, ClassVar, Literal

import polars as pl

from fissure.results.base import Saved
from fissure.results.parts import Skipped

__all__ = [
    "DETECTABLE_SCHEMA",
    "BoundAt",
    "Detectability",
    "Detectable",
    "MapCell",
    "MoreItems",
    "What",
]

DETECTABLE_SCHEMA = "fissure.detectable/1"

What = Literal["threshold", "clear", "observed", "asked"]


@dataclass(frozen=True)
class MapCell:
    """The smallest depth that would have been found, for one size of the smaller bloc.

    Parameters
    ----------
    bloc_share
        Share of members in the smaller bloc that was asked about, above 0 and up to 0.5.
    direction
        ``along``: the blocs are the two ends of the group's main line. ``across``: the line says
        nothing about who is in which bloc.
    depth
        Smallest depth found in 80 of 100 cases, 0 to 1; None where none would have been.
    power
        Chance of being found at the depth ``power_at`` of the group, 0 to 1.
    members
        Members of the smaller bloc: more than a handful, and at least two.
    depth_low, depth_high
        95 % interval of ``depth`` from the number of simulations; None where there is none.
    power_low, power_high
        The same of ``power``; None in what was saved before they were kept.
    """

    bloc_share: float
    direction: Literal["along", "across"]
    depth: float | None
    power: float
    members: int
    depth_low: float | None
    depth_high: float | None
    power_low: float | None = None
    power_high: float | None = None


@dataclass(frozen=True)
class BoundAt:
    """What a formula gives instead of simulations: an optimistic bound.

    Parameters
    ----------
    bloc_share
        Share of members in the smaller bloc.
    gap
        2.8/√(Σ π(1−π) I_i), between the blocs' positions in standard deviations of the group; None
        without any information.
    depth
        The same as a depth, 0 to 1; None where the gap is.
    """

    bloc_share: float
    gap: float | None
    depth: float | None


@dataclass(frozen=True)
class MoreItems:
    """How many more items of the same sort would be needed to find a given depth.

    Parameters
    ----------
    depth
        The depth asked about, 0 to 1.
    what
        Which depth this is: ``threshold`` of a split, ``clear`` split, ``observed`` or ``asked``.
    bloc_share, direction
        As in a cell of the map.
    items
        How many more; 0 where it would have been found; None where no number tried would do.
    tried
        The largest number of further items tried; 0 where none had to be.
    """

    depth: float
    what: What
    bloc_share: float
    direction: Literal["along", "across"]
    items: int | None
    tried: int


@dataclass(frozen=True)
class Detectability:
    """Which splits the records of one group could have shown.

    Parameters
    ----------
    n_divided
        Items on which the group was not unanimous: only these can carry a split.
    critical
        Depth that records without blocs exceed with the verdict's error rate.
    power_at
        Depth at which the map gives the chance of being found.
    line_depth
        How far apart the two halves of the main line stand in the simulated groups before blocs are
        planted, 0 to 1: as in the records, but no more than the least depth of a split. None where
        the records show no line, so that only ``across`` can be asked, or nothing was simulated.
    map, bound, more_items
        Simulated depths, the formula beside them, and the question forwards.
    sentence
        The map in plain words.
    """

    name: str
    n_actors: int
    n_items: int
    n_divided: int
    critical: float
    power_at: float
    line_depth: float | None
    map: tuple[MapCell, ...]
    bound: tuple[BoundAt, ...]
    more_items: tuple[MoreItems, ...]
    sentence: str
    remarks: tuple[str, ...] = ()

    def to_frame(self) -> pl.DataFrame:
        """One row a cell of the map, with the bound beside those along the line."""
        bound = {b.bloc_share: b.depth for b in self.bound}
        rows = [
            {
                "bloc_share": c.bloc_share,
                "members": c.members,
                "direction": c.direction,
                "depth": c.depth,
                "depth_low": c.depth_low,
                "depth_high": c.depth_high,
                "power": c.power,
                "power_low": c.power_low,
                "power_high": c.power_high,
                "bound": bound.get(c.bloc_share) if c.direction == "along" else None,
            }
            for c in self.map
        ]
        floats = ("depth", "depth_low", "depth_high", "power_low", "power_high", "bound")
        return pl.DataFrame(rows, schema_overrides=dict.fromkeys(floats, pl.Float64))


@dataclass(frozen=True)
class Detectable(Saved):
    """Which splits the records of each group asked about could have shown.

    Parameters
    ----------
    source, settings, seed, versions
        As in the answer to Q1; ``settings`` has ``shares`` and ``depth`` as well.
    map, bound
        Those of the first group.
    groups, skipped
        The answer for each group, and the groups too small to say anything about.
    """

    source: dict[str, Any]
    settings: dict[str, Any]
    seed: int
    versions: dict[str, str]
    map: tuple[MapCell, ...]
    bound: tuple[BoundAt, ...]
    groups: tuple[Detectability, ...]
    skipped: tuple[Skipped, ...] = ()
    schema: str = DETECTABLE_SCHEMA

    expected: ClassVar[str] = DETECTABLE_SCHEMA

    def to_frame(self) -> pl.DataFrame:
        """One row a cell of each group's map."""
        frames = [g.to_frame().insert_column(0, _named(g)) for g in self.groups]
        return pl.concat(frames)

    def __repr__(self) -> str:
        lines = [f"{g.name}: {g.sentence}" for g in self.groups]
        return "\n".join(lines + [f"{s.name}: {s.reason}" for s in self.skipped])


def _named(group: Detectability) -> pl.Series:
    return pl.Series("group", [group.name] * len(group.map), dtype=pl.String)
