"""Who rebels, and from which end: extremists in protest, or members of the middle?"""

from __future__ import annotations

from dataclasses import dataclass

import polars as pl

from fissure.results.base import Result
from fissure.results.parts import Interval

__all__ = ["EndsItem", "ModelScore", "Rebel", "RebelItem", "Rebels"]


@dataclass(frozen=True)
class RebelItem:
    """One item on which a rebel chose, and what that says.

    Parameters
    ----------
    item, date, title
        Of the item; date and title where the records have them.
    choice
        The rebel's: ``yea`` or ``nay``.
    against_camp
        Whether that was against the majority of the rebel's own camp.
    evidence
        Log likelihood ratio, in nats: above 0 for a protester, below 0 for a centrist.
    """

    item: str
    date: str | None
    title: str
    choice: str
    against_camp: bool
    evidence: float


@dataclass(frozen=True)
class Rebel:
    """A member who stands against the majority of its own camp more often than nearly all others.

    Parameters
    ----------
    actor, name, camp
        Identifier, what to call the actor in print, and the camp (a party or a bloc).
    dissent
        Share of the items with a majority in the camp on which the member chose against it.
    usual
        The median of that in the camp.
    p_protester
        Probability that the member stands among the third of its camp furthest from the middle; in
        a group that is one camp, among the sixth at either end.
    p_centrist
        Probability that it stands among the third nearest to the middle, or beyond them; in one
        camp, in the middle third.
    monotone, unfolding
        Position with its 95 % interval under the two models, each with mean 0 and standard
        deviation 1 over the group.
    items
        The items that say most, the strongest first.
    """

    actor: str
    name: str
    camp: str
    dissent: float
    usual: float
    p_protester: float
    p_centrist: float
    monotone: Interval
    unfolding: Interval
    items: tuple[RebelItem, ...]


@dataclass(frozen=True)
class EndsItem:
    """An item on which both ends probably stood against the middle.

    Parameters
    ----------
    probability
        P(ends against the middle), 0 to 1.
    middle
        What the middle chose: ``yea`` or ``nay``.
    """

    item: str
    date: str | None
    title: str
    probability: float
    middle: str


@dataclass(frozen=True)
class ModelScore:
    """Mean log probability, in nats, of choices that were kept from both models.

    Parameters
    ----------
    n_choices
        How many were kept from them.
    monotone, unfolding
        The scores.
    gain
        Unfolding less monotone, with its 95 % interval over items.
    """

    n_choices: int
    monotone: float
    unfolding: float
    gain: Interval


@dataclass(frozen=True)
class Rebels(Result):
    """The rebels of a group under two rival models of how members choose.

    Parameters
    ----------
    camps
        Names of the camps, and how many members each has.
    rebels
        The most frequent first within each camp.
    items
        Items on which both ends probably stood against the middle, the surest first.
    n_items
        How many items the models saw.
    share
        Share of items with ends against the middle, as learnt from all of them.
    compare
        Which model foretells choices better.
    n_modes
        How many different answers the rival model averages; 1 where one is far the best.
    sentence
        The answer in plain words.
    """

    group: str
    camps: tuple[str, ...]
    camp_sizes: tuple[int, ...]
    rebels: tuple[Rebel, ...]
    items: tuple[EndsItem, ...]
    n_items: int
    share: float
    compare: ModelScore
    n_modes: int
    seed: int
    sentence: str

    def to_frame(self) -> pl.DataFrame:
        """One row a rebel: camp, dissent, the two probabilities and positions."""
        schema = {
            "actor": pl.String,
            "name": pl.String,
            "camp": pl.String,
            "dissent": pl.Float64,
            "usual": pl.Float64,
            "p_protester": pl.Float64,
            "p_centrist": pl.Float64,
            "monotone": pl.Float64,
            "unfolding": pl.Float64,
        }
        rows = [
            (
                r.actor,
                r.name,
                r.camp,
                r.dissent,
                r.usual,
                r.p_protester,
                r.p_centrist,
                r.monotone.estimate,
                r.unfolding.estimate,
            )
            for r in self.rebels
        ]
        return pl.DataFrame(rows, schema=schema, orient="row")

    def __repr__(self) -> str:
        return f"{self.group}: {self.sentence}"
