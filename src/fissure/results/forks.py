"""What a claim comes to under every reasonable definition: the forks and their verdicts."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

__all__ = ["ClaimVerdict", "Fork", "ForkAxis", "ForkShare"]

ClaimVerdict = Literal[
    "supported", "contradicted", "trivially true", "cannot tell from these cases"
]


@dataclass(frozen=True)
class ForkAxis:
    """One question of definition with all answers that were tried, the claim's own first."""

    name: str
    what: str
    options: tuple[str, ...]


@dataclass(frozen=True)
class Fork:
    """One complete choice of definitions, and what the cases say under it.

    Parameters
    ----------
    choices
        Axis → option.
    n, n_outcome
        Cases used, and those of them with the outcome.
    consistency, ron
        Of necessity; None where no case has the outcome.
    mean, p_above_90
        Posterior of P(condition | outcome): mean, and probability of 0.90 or more.
    log10_bf
        For relevance; None without cases on both sides.
    verdict
        By the rule of the claim.
    """

    choices: dict[str, str]
    n: int
    n_outcome: int
    consistency: float | None
    ron: float | None
    mean: float | None
    p_above_90: float | None
    log10_bf: float | None
    verdict: ClaimVerdict


@dataclass(frozen=True)
class ForkShare:
    """In how many forks a verdict is reached, and in which share of all, 0 to 1."""

    verdict: ClaimVerdict
    n: int
    share: float
