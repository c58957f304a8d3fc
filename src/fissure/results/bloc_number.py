"""How many blocs stand beyond a line of positions, with a real chance of one."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import polars as pl

from fissure.results.base import Result
from fissure.results.parts import Agreement, Interval

__all__ = ["BlocNumber", "Chains", "Representative"]


@dataclass(frozen=True)
class Representative:
    """A partition that stands for many.

    Parameters
    ----------
    weight
        Share of the draws nearer to it than to the other representatives, 0 to 1.
    distance
        Mean variation of information of those draws from it, in bits.
    blocs
        Identifiers of the actors of each bloc, the largest bloc first.
    """

    weight: float
    distance: float
    blocs: tuple[tuple[str, ...], ...]


@dataclass(frozen=True)
class Chains:
    """Whether chains from different starts tell the same.

    Parameters
    ----------
    n_chains
        Chains; all count alike.
    n_warmup, n_draws
        Sweeps of each chain that were not kept, and draws kept of all together.
    p_one
        Probability of one bloc by chain.
    error_one
        Monte Carlo standard error of the probability of one bloc, from stretches of the chains.
    rhat_number, rhat_height
        Split R-hat of the number of blocs and of the log posterior; None where nothing varies
        within any chain.
    furthest
        Largest mean difference between one chain's probabilities that two actors stand together and
        those of all chains.
    agree_on_one
        Whether the chains' probabilities of one bloc differ by 0.2 at most.
    agree
        Whether, besides, no chain's probabilities of the numbers lie further than 0.2 (in total
        variation) from those of all, and ``furthest`` is at most 0.2.
    """

    n_chains: int
    n_warmup: int
    n_draws: int
    p_one: tuple[float, ...]
    error_one: float
    rhat_number: float | None
    rhat_height: float | None
    furthest: float
    agree_on_one: bool
    agree: bool


@dataclass(frozen=True)
class BlocNumber(Result):
    """How many blocs do the choices of a group need beyond a line of positions?

    This is not the number of blocs of the verdict, which are blocs of behaviour: blocs that a line
    explains, however far apart, count as one here.

    Parameters
    ----------
    group
        Name of the group.
    dims
        Dimensions of the positions: 1 is a line.
    least
        Fewest members that make a bloc.
    prior, probabilities
        Probability of 1, 2, … blocs before and after.
    p_one
        The first of them.
    similarity
        Probability that two actors stand in one bloc, ordered by the blocs of the first
        representative.
    representatives
        Partitions that stand for the draws: first the one with the least expected variation of
        information.
    dividing
        Share of items whose shift is not 0, where there are several blocs and shifts are normal;
        too large where all shifts are of one size. None where fewer than ten draws have several.
    sentence
        The answer in plain words.
    """

    group: str
    dims: int
    n_actors: int
    n_items: int
    least: int
    prior: tuple[float, ...]
    probabilities: tuple[float, ...]
    p_one: float
    similarity: Agreement
    representatives: tuple[Representative, ...]
    dividing: Interval | None
    sentence: str
    chains: Chains
    settings: dict[str, Any]

    def to_frame(self) -> pl.DataFrame:
        """One row for each number of blocs: its probability before and after."""
        return pl.DataFrame(
            {
                "blocs": range(1, len(self.prior) + 1),
                "prior": self.prior,
                "probability": self.probabilities,
            }
        )

    def __repr__(self) -> str:
        return f"{self.group}: {self.sentence}"
