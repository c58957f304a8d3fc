"""How likely is a split, and would the same verdict come out again?"""

from __future__ import annotations

from dataclasses import dataclass

from fissure.results.parts import Interval

__all__ = ["Again", "Chances", "Standing"]


@dataclass(frozen=True)
class Again:
    """How often each verdict would come out on another set of such items, shares that sum to 1."""

    split: float
    no_split: float
    cannot_tell: float


@dataclass(frozen=True)
class Standing:
    """The probability that an actor stands in the bloc that it was put into, 0 to 1."""

    actor: str
    probability: float


@dataclass(frozen=True)
class Chances:
    """The three-way verdict with probabilities.

    Parameters
    ----------
    p_split
        Probability that the group's true division meets the criteria of a split, 0 to 1.
    prior
        The same before the records were seen: the share of splits among the worlds drawn.
    again
        Verdicts on another set of such items, with the members as they are.
    n_worlds
        How many worlds were drawn.
    sentence
        All of it in words.
    depth
        Depth with its 95 % interval, where it is taken into account that some members may have
        been put into the wrong bloc.
    standing
        For each member of the two largest blocs, the least sure first; empty without two blocs.
    p_low, p_high
        95 % interval of ``p_split`` from the number of worlds; None in what was saved before they
        were kept.
    """

    p_split: float
    prior: float
    again: Again
    n_worlds: int
    sentence: str
    depth: Interval | None = None
    standing: tuple[Standing, ...] = ()
    p_low: float | None = None
    p_high: float | None = None
