"""Rivals to the simple story: absences, hidden dissent and party pressure, each with its result."""

from __future__ import annotations

from dataclasses import dataclass

from fissure.results.parts import Interval, Verdict

__all__ = ["AbsenceBand", "Curve", "HiddenDissent", "Moved", "Point", "Pressure", "PressureFit"]


@dataclass(frozen=True)
class Point:
    """Depth, criteria and verdict when some choices are taken to be other than recorded.

    Parameters
    ----------
    share
        What the chart has on its horizontal axis, 0 to 1.
    n_changed
        Choices changed or filled in.
    depth
        With its 95% interval over resampled items.
    middle, between
        The two senses of an empty middle, as in the verdict; None where undefined.
    probability
        Share of resampled records in which the criteria of a split hold.
    verdict
        By the verdict's own rule, blocs found anew.
    """

    share: float
    n_changed: int
    depth: Interval
    middle: float | None
    between: float | None
    probability: float
    verdict: Verdict


@dataclass(frozen=True)
class Curve:
    """How the verdict changes along one assumption.

    Parameters
    ----------
    points
        In order of ``share``; the first is the verdict as it was given, at 0.
    tipping_point
        The smallest share found at which the verdict is another one; None where none is.
    becomes
        The verdict there.
    changing
        Between which shares single resampled records change sides: the shares at which the criteria
        of a split have changed in 2.5% and in 97.5% of them (1 where they never do so). The
        estimate is that of half of them. None where the verdict never changes.
    """

    points: tuple[Point, ...]
    tipping_point: float | None
    becomes: Verdict | None
    changing: Interval | None


@dataclass(frozen=True)
class AbsenceBand:
    """Who was absent when, and what the verdict would be if absences hid votes.

    Parameters
    ----------
    is_known
        Whether the records say why a choice is missing. Otherwise every missing choice is counted.
    n_absences, absent_share
        Absences of the group's members, and their share of all choices that could have been made.
    against
        Whose majority a hidden vote would have gone against: ``own bloc`` or ``group``.
    position
        Change in the chance of being absent, as a difference of shares, for one standard deviation
        along the line of ideal points; None where no line or no absences could be used.
    dissent
        The same for a member whose record says they would have voted against the majority for
        certain, beside one who would for certain have voted with it.
    closeness
        The same for a choice that was open (an even chance), beside one that was certain.
    curve
        ``share`` is the lean: of the absences, how many more than among like members hid a vote
        against the majority; 0, none; 1, every absence.
    threshold
        The depth of a split.
    tipping_point
        That of the curve.
    """

    is_known: bool
    n_absences: int
    absent_share: float
    against: str
    position: Interval | None
    dissent: Interval | None
    closeness: Interval | None
    curve: Curve
    threshold: float
    tipping_point: float | None
    sentence: str


@dataclass(frozen=True)
class HiddenDissent:
    """For what share of members voting against their views would the verdict change?

    Parameters
    ----------
    hides
        ``agreement`` with the other bloc where the verdict is a split, otherwise ``dissent`` from
        the group.
    at_random
        Curve when the votes against one's views are spread at random; ``share`` is the share of all
        votes cast that were against the member's views, the same as the share of members on the
        average vote.
    worst_case
        Curve when they are concentrated where they should change the verdict soonest.
    n_members_random, n_members
        Members who ever hide anything: at random, and in the worst case at its tipping point (or
        its end).
    threshold
        The depth of a split.
    tipping_point
        The smaller one of the two curves; None where neither has one.
    """

    hides: str
    at_random: Curve
    worst_case: Curve
    n_members_random: int
    n_members: int
    threshold: float
    tipping_point: float | None
    sentence: str


@dataclass(frozen=True)
class PressureFit:
    """One reading of the votes.

    Parameters
    ----------
    name
        ``one line``, or party cutpoints with the ``least pressure``, at the ``mode`` or with the
        ``most pressure`` that gives the same probabilities.
    pressure_share
        Share of the distance between the two largest parties' votes that party cutpoints carry.
    log_score
        Mean log predictive probability of held-out choices, in nats.
    party_gap
        Distance between the two largest parties' mean positions in within-party standard
        deviations.
    bloc_gap
        The same for blocs A and B; None where there are no two blocs.
    """

    name: str
    pressure_share: float
    log_score: float
    party_gap: float
    bloc_gap: float | None


@dataclass(frozen=True)
class Moved:
    """A member whose place in the own party differs between the models; rank 1 is the lower end."""

    actor: str
    name: str
    party: str
    rank_in_party_line: int
    rank_in_party_pressure: int
    n_party: int


@dataclass(frozen=True)
class Pressure:
    """Party pressure against positions: two rival readings of the same votes, not averaged.

    Parameters
    ----------
    column, parties
        The party column, and the parties with cutpoints of their own, largest first.
    sd_cutpoint
        Estimated standard deviation of the party cutpoints, in units of the choice error.
    gain
        Held-out log score of party cutpoints less that of one line, in nats a choice.
    fits
        The readings. Those with party cutpoints give the same probabilities, and no choice can tell
        them apart.
    path
        ``(share, gap)``: the share of pressure, from the least to 1, and the gap between blocs A
        and B that then remains (between the two largest parties where there are no two blocs).
    threshold
        The smallest gap of a preference split.
    tipping_point
        The share of pressure beyond which that gap is below the threshold; None where it is never,
        or below it from the start.
    moved
        Members whose rank in the own party differs most, by how much.
    rank_correlation
        Of the two models' ranks in the parties, −1 to 1.
    """

    column: str
    parties: tuple[str, ...]
    sd_cutpoint: float
    gain: Interval
    fits: tuple[PressureFit, ...]
    path: tuple[tuple[float, float], ...]
    threshold: float
    tipping_point: float | None
    moved: tuple[Moved, ...]
    rank_correlation: float
    sentence: str
