"""What the records of one group cannot tell, as part of the answer to Q1."""

from __future__ import annotations

from dataclasses import dataclass

from fissure.results.bloc_number import BlocNumber
from fissure.results.chances import Chances
from fissure.results.detectable import Detectability
from fissure.results.rebels import Rebels
from fissure.results.sensitivity import AbsenceBand, HiddenDissent, Pressure

__all__ = ["Sampled", "Unknowns"]


@dataclass(frozen=True)
class Sampled:
    """The posterior draws behind the members' positions.

    Parameters
    ----------
    n_chains, n_draws
        Chains, and draws kept of each.
    worst_actor, worst_ess
        The actor whose draws are worth the least, and how many independent ones they are worth.
    worst_rhat
        Largest R-hat of any actor; 1 where all chains tell the same.
    sentence
        The same in words.
    """

    n_chains: int
    n_draws: int
    worst_actor: str
    worst_ess: float
    worst_rhat: float
    sentence: str


@dataclass(frozen=True)
class Unknowns:
    """How sure, and what cannot be known. A part that could not be had is None, and ``remarks`` say
    why.

    Parameters
    ----------
    chances
        The verdict with probabilities.
    sampled
        The draws behind the positions.
    detectable
        Which splits these records could have shown.
    absence, hidden
        How far absences and votes against one's own views could mislead the verdict.
    rebels, pressure, blocs
        Rival models: ends against the middle, party pressure, blocs beyond one line.
    """

    chances: Chances | None = None
    sampled: Sampled | None = None
    detectable: Detectability | None = None
    absence: AbsenceBand | None = None
    hidden: HiddenDissent | None = None
    rebels: Rebels | None = None
    pressure: Pressure | None = None
    blocs: BlocNumber | None = None
    remarks: tuple[str, ...] = ()
