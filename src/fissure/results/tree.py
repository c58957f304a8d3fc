"""The answer to Q1 as one tree. It *is* the documented JSON schema ``fissure.report/1``.

:meth:`Split.to_dict` gives the schema, and :meth:`Split.from_dict` takes it back to an equal
object. Keys may be added; none is renamed without a new schema number.
"""

from __future__ import annotations

import math
from dataclasses import dataclass, field
from typing import Any, ClassVar

import polars as pl

from fissure.results.base import Saved
from fissure.results.parts import Agreement, Interval, Kind, Skipped, Verdict
from fissure.results.unknowns import Unknowns

__all__ = [
    "SCHEMA",
    "Agreement",
    "Bloc",
    "DateBlock",
    "Fit",
    "Group",
    "Influence",
    "Interval",
    "Item",
    "Kind",
    "Member",
    "Null",
    "Preference",
    "Skipped",
    "Split",
    "Verdict",
]

SCHEMA = "fissure.report/1"


@dataclass(frozen=True)
class Member:
    """One actor in a bloc, or a lone defector.

    Parameters
    ----------
    actor, name
        Identifier, and what to call the actor in print.
    probability
        Share of the repeated half-records in which the actor was found in this bloc, 0 to 1.
    siding
        On held-out dividing items, the share on which the actor sided with bloc A; None without
        any.
    n_dividing
        How many choices that share rests on (a mean over the repeated splits).
    n_choices
        Usable choices of the actor in this group.
    position
        Ideal point with its 95 % interval: mean 0 and standard deviation 1 over the group.
    columns
        The actor's own columns, such as party and state, as text.
    """

    actor: str
    name: str
    probability: float
    siding: float | None
    n_dividing: float
    n_choices: int
    position: Interval | None
    columns: dict[str, str] = field(default_factory=dict)


@dataclass(frozen=True)
class Bloc:
    """Members who stand together.

    Parameters
    ----------
    name
        ``A`` for the largest, then ``B``, ``C`` and so on.
    cohesion
        Rice index, |yea share − nay share| averaged over all items, 0 to 1.
    cohesion_divided
        The same over the items on which the two largest blocs' majorities opposed each other.
    """

    name: str
    size: int
    cohesion: float
    cohesion_divided: float | None
    members: tuple[Member, ...]


@dataclass(frozen=True)
class Item:
    """One item and how it divides the two blocs.

    Parameters
    ----------
    gap
        Yea share of bloc A minus that of bloc B, −1 to 1; None where a bloc cast no choice.
    opposed
        Whether the majorities of the two blocs opposed each other.
    depth_without, verdict_without
        Depth and verdict when this item is left out (the blocs held as they are).
    """

    item: str
    date: str | None
    title: str
    yea_a: float | None
    yea_b: float | None
    gap: float | None
    opposed: bool
    yeas: int
    nays: int
    depth_without: float
    verdict_without: Verdict


@dataclass(frozen=True)
class DateBlock:
    """A stretch of items in time (in file order where there are no dates) and what it carries."""

    name: str
    n_items: int
    depth: float
    depth_without: float
    verdict_without: Verdict


@dataclass(frozen=True)
class Influence:
    """Depth and verdict when one member is left out."""

    actor: str
    name: str
    depth_without: float
    verdict_without: Verdict


@dataclass(frozen=True)
class Null:
    """How far apart two blocs would look if there were only one: simulated depths, sorted.

    Parameters
    ----------
    depths
        Cross-fitted depth in records simulated without blocs: every actor chooses independently, by
        its own propensities, on the same items and with the same absences.
    p_value
        Share of them at least as deep as the records (with the usual +1).
    """

    depths: tuple[float, ...]
    p_value: float


@dataclass(frozen=True)
class Preference:
    """The preference verdict: is there a gap in *positions*? It needs an assumption that behaviour
    does not.

    Parameters
    ----------
    assumption
        The assumption in words.
    statistic
        Variance of positions between two groups over the variance within them.
    p_value
        From records simulated with one peak, the same items and the same absences.
    gap
        Distance between the two groups in within-group standard deviations (Ashman's D); None for
        one.
    smallest_detectable_gap
        The smallest such gap found in 80 of 100 simulated records; None where none tried was.
    """

    verdict: Verdict
    sentence: str
    assumption: str
    statistic: float
    p_value: float
    gap: float | None
    smallest_detectable_gap: float | None


@dataclass(frozen=True)
class Fit:
    """How well one line explains the choices, beside the modal-vote baseline."""

    correct: float
    correct_baseline: float
    apre: float
    gmp: float


@dataclass(frozen=True)
class Group:
    """Everything said about one group: the whole body, or one caucus.

    Parameters
    ----------
    name
        ``all``, or ``column = value``.
    sentence
        The verdict in plain words, with depth, blocs, kind and power.
    probability
        Share of resampled records in which the criteria of a split hold, 0 to 1.
    depth
        Gap in yea share between the blocs, root mean square over all items, cross-fitted, 0 to 1.
    opposed_share
        Share of held-out items on which the majorities of the two blocs opposed each other.
    middle
        On held-out dividing items, the share of members who sided with one bloc between a quarter
        and three quarters of the time. None where no item divided.
    between
        Share of members whose choices over all items place them between a quarter and three
        quarters of the way from one bloc's average to the other's.
    balance
        Share of members in the smaller of the two blocs, 0 to 0.5.
    smallest_detectable_depth
        The smallest depth that this test would have found in 80 of 100 cases in these records; None
        where no depth would have been.
    defectors
        Actors set aside because they stood against the rest alone or as a handful.
    dropped
        Actors, items and choices left out: ``{"actors": [[name, reason]], "items": [[id, reason]],
        "choices": {meaning: count}}``.
    unknowns
        What the records cannot tell (:func:`fissure.unknowns`); None where it was not asked.
    """

    name: str
    n_actors: int
    n_items: int
    n_choices: int
    verdict: Verdict
    kind: Kind
    sentence: str
    probability: float
    depth: Interval
    opposed_share: float
    middle: Interval | None
    between: Interval | None
    balance: float
    smallest_detectable_depth: float | None
    preference: Preference | None
    null: Null
    fit: Fit | None
    blocs: tuple[Bloc, ...]
    defectors: tuple[Member, ...]
    items: tuple[Item, ...]
    dates: tuple[DateBlock, ...]
    influence: tuple[Influence, ...]
    agreement: Agreement
    dropped: dict[str, Any]
    remarks: tuple[str, ...] = ()
    unknowns: Unknowns | None = None


@dataclass(frozen=True)
class Split(Saved):
    """The answer to Q1 for each group asked about.

    Parameters
    ----------
    source
        Name, format, sha256, title, licence, citation, url and rows of the records, and the
        reader's counted notes.
    settings
        Every setting, the thresholds included.
    seed
        The seed of every random draw.
    versions
        Of fissure, Python and the packages that make numbers.
    groups, skipped
        What was found, and the groups too small to say anything about.
    """

    source: dict[str, Any]
    settings: dict[str, Any]
    seed: int
    versions: dict[str, str]
    groups: tuple[Group, ...]
    skipped: tuple[Skipped, ...] = ()
    schema: str = SCHEMA

    expected: ClassVar[str] = SCHEMA

    def to_frame(self) -> pl.DataFrame:
        """One row a group: verdict, kind, depth, blocs and power."""
        return pl.DataFrame(
            [
                {
                    "group": g.name,
                    "verdict": g.verdict,
                    "kind": g.kind,
                    "probability": g.probability,
                    "depth": g.depth.estimate,
                    "depth_low": g.depth.low,
                    "depth_high": g.depth.high,
                    "opposed_share": g.opposed_share,
                    "middle": None if g.middle is None else g.middle.estimate,
                    "blocs": " + ".join(str(b.size) for b in g.blocs),
                    "defectors": len(g.defectors),
                    "smallest_detectable_depth": g.smallest_detectable_depth,
                    "preference": None if g.preference is None else g.preference.verdict,
                    "n_actors": g.n_actors,
                    "n_items": g.n_items,
                    "n_choices": g.n_choices,
                }
                for g in self.groups
            ],
            infer_schema_length=None,
        )

    def members(self) -> pl.DataFrame:
        """One row a member and group: bloc, probability, siding and position."""
        rows = []
        for g in self.groups:
            sides = [(b.name, m) for b in g.blocs for m in b.members]
            for bloc, m in sides + [("defector", m) for m in g.defectors]:
                at = m.position or Interval(math.nan, math.nan, math.nan)
                rows.append(
                    {
                        "group": g.name,
                        "actor": m.actor,
                        "name": m.name,
                        "bloc": bloc,
                        "probability": m.probability,
                        "siding": m.siding,
                        "position": at.estimate,
                        "low": at.low,
                        "high": at.high,
                        "n_choices": m.n_choices,
                    }
                )
        return pl.DataFrame(rows, infer_schema_length=None)

    def __repr__(self) -> str:
        lines = [f"{g.name}: {g.sentence}" for g in self.groups]
        return "\n".join(lines + [f"{s.name}: {s.reason}" for s in self.skipped])
