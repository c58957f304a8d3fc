"""The answer to Q4 as a tree: what cases say of "every Y needed X", and how far to trust it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, ClassVar

import polars as pl

from fissure.results.base import Saved
from fissure.results.evidence import (
    Breakdown,
    Coders,
    Hindsight,
    Posterior,
    Relevance,
    Unseen,
    UnseenNegatives,
)
from fissure.results.forks import ClaimVerdict, Fork, ForkAxis, ForkShare
from fissure.results.nca import Nca
from fissure.results.sets import Relation, Solution, TruthTable

__all__ = [
    "CLAIM_SCHEMA",
    "CasePoint",
    "Claim",
    "Densities",
    "Direction",
    "Necessity",
    "Next",
    "Reading",
    "Rival",
    "Sufficiency",
    "TwoByTwo",
    "Waves",
]

CLAIM_SCHEMA = "fissure.claim/1"


@dataclass(frozen=True)
class Necessity:
    """Fit of "all with the outcome had the condition", each 0 to 1; None where nothing to fit."""

    consistency: float | None
    coverage: float | None
    ron: float | None


@dataclass(frozen=True)
class Sufficiency:
    """Fit of "all with the condition had the outcome", each 0 to 1; None where nothing to fit."""

    consistency: float | None
    coverage: float | None
    pri: float | None


@dataclass(frozen=True)
class TwoByTwo:
    """How many cases have the condition and the outcome.

    Parameters
    ----------
    both, outcome_only, condition_only, neither
        Cases where both are known.
    outcome_unknown_condition, no_outcome_unknown_condition
        Condition unknown (blank, exactly on the threshold, or a range across it); outcome known.
    condition_unknown_outcome, no_condition_unknown_outcome
        Outcome unknown, condition known.
    both_unknown
        Neither known.
    """

    both: int
    outcome_only: int
    condition_only: int
    neither: int
    outcome_unknown_condition: int = 0
    no_outcome_unknown_condition: int = 0
    condition_unknown_outcome: int = 0
    no_condition_unknown_outcome: int = 0
    both_unknown: int = 0


@dataclass(frozen=True)
class CasePoint:
    """One case in the plot of the outcome over the condition.

    Parameters
    ----------
    name
        Its name.
    x, y
        Condition and outcome, 0 to 1; None where unknown.
    x_low, x_high, y_low, y_high
        What the codings allow; 0 and 1 where unknown.
    x_chance, y_chance
        How probable it is, by the coding of this case alone, that it has the condition, and the
        outcome: its certainty where the coding is clear, 0.5 where it tells nothing.
    cluster
        The wave it belongs to; empty for none.
    is_misdated
        Whether the condition began only after the outcome.
    is_counterexample, is_other_counterexample
        Whether it speaks against the condition being necessary, and against its being sufficient.
    condition_source, outcome_source
        What the codings rest on; empty where not said.
    """

    name: str
    x: float | None
    y: float | None
    x_low: float
    x_high: float
    y_low: float
    y_high: float
    x_chance: float
    y_chance: float
    cluster: str
    is_misdated: bool
    is_counterexample: bool
    is_other_counterexample: bool
    condition_source: str = ""
    outcome_source: str = ""


@dataclass(frozen=True)
class Direction:
    """The claim read one way: the condition as necessary, or as sufficient.

    Parameters
    ----------
    relation, statement
        Which way, and in words.
    verdict, reason
        By the same rule both ways, and why in a sentence.
    consistency, coverage, relevance
        Fit; ``relevance`` is RoN of the set that contains the other. None where nothing to fit.
    posterior
        Of P(condition | outcome), or of P(outcome | condition).
    log10_bf
        For two different shares against a common one.
    counterexamples
        Names, in the order of the table.
    """

    relation: Relation
    statement: str
    verdict: ClaimVerdict
    reason: str
    consistency: float | None
    coverage: float | None
    relevance: float | None
    posterior: Posterior | None
    log10_bf: float | None
    counterexamples: tuple[str, ...]


@dataclass(frozen=True)
class Rival:
    """Another condition, or the absence of one, held against the same cases.

    All rows of the list are made in one way (cases alone, each coding by its certainty), that of
    the condition asked about as well, so they can be compared with each other.

    Parameters
    ----------
    name
        Column or expression; ``~`` marks an absence.
    is_asked
        Whether it is the condition of the claim.
    n, n_outcome
        Cases with condition and outcome known, and those of them with the outcome.
    necessity, sufficiency
        Fits.
    mean, low, high, p_above_90
        Posterior of P(condition | outcome); None where no case has the outcome.
    log10_bf
        For two different shares against a common one; None without cases on both sides.
    counterexamples
        Names of cases with the outcome and without the condition.
    verdict
        By the rule of the claim.
    """

    name: str
    is_asked: bool
    n: int
    n_outcome: int
    necessity: Necessity
    sufficiency: Sufficiency
    mean: float | None
    low: float | None
    high: float | None
    p_above_90: float | None
    log10_bf: float | None
    counterexamples: tuple[str, ...]
    verdict: ClaimVerdict


@dataclass(frozen=True)
class Reading:
    """The posterior under one way to read the codings; the verdict has to hold under all.

    ``name`` is ``as coded``, ``uncertain codings``, ``waves``, ``coding errors`` or ``several
    coders``.
    """

    name: str
    posterior: Posterior


@dataclass(frozen=True)
class Densities:
    """Posterior densities over ``grid`` (0 to 1); ``otherwise`` is empty without negative cases."""

    grid: tuple[float, ...]
    given: tuple[float, ...]
    otherwise: tuple[float, ...]


@dataclass(frozen=True)
class Waves:
    """Cases that are not independent.

    ``n_effective`` of the ``n_outcome`` cases with the outcome is what they are worth; ``names``
    and ``sizes`` are those of the waves, with the number of their cases that have the outcome.
    """

    n_outcome: int
    n_effective: float
    names: tuple[str, ...]
    sizes: tuple[int, ...]


@dataclass(frozen=True)
class Next:
    """What to expect of cases to come: chances that the next, and all of the next ten, have it."""

    next_one: float
    next_ten: float


@dataclass(frozen=True)
class Claim(Saved):
    """Does the record of cases support "every ``outcome`` needed ``needs``"?

    Parameters
    ----------
    source, settings, seed, versions
        Where the cases come from, what was asked, and with what.
    outcome, needs
        Columns or expressions.
    verdict, sentence
        The answer, and the answer in one sentence.
    n_cases, n_outcome
        Cases in the table, and those with the outcome.
    necessity, sufficiency
        How well the cases fit, both ways.
    counterexamples
        Names of the cases with the outcome and without the condition.
    posterior
        Of P(condition | outcome), under the most cautious of ``readings``; None where no case has
        the outcome.
    breakdown, verdict_breakdown
        The fewest recodings after which a share of 0.90 or more is no longer as likely as not (or
        becomes so), and after which the codings as they stand would get another verdict.
    forks
        All definitions tried; ``fork_shares`` counts their verdicts, ``fork_axes`` names them.
    table, points
        Two-by-two, and every case.
    directions, rivals
        Necessary and sufficient by one rule; all other conditions beside the one asked about.
    readings
        The posterior under every way to read the codings that applies.
    relevance, relevance_breakdown
        P(condition | outcome) against P(condition | no outcome), and what would undo it; None
        without cases on both sides.
    posterior_curve
        Densities of both shares.
    prediction
        For the next cases with the outcome.
    hindsight, unseen, unseen_negatives
        What coding after the event, and cases not in the table, could do.
    waves, coders, nca, truth_table, solutions
        Where the cases have them; ``nca`` where condition and outcome come in degrees.
    notes
        What every result from this table has to say.
    remarks
        What else a reader must know.
    """

    source: dict[str, Any]
    settings: dict[str, Any]
    seed: int
    versions: dict[str, str]
    outcome: str
    needs: str
    verdict: ClaimVerdict
    sentence: str
    n_cases: int
    n_outcome: int
    necessity: Necessity
    sufficiency: Sufficiency
    counterexamples: tuple[str, ...]
    posterior: Posterior | None
    breakdown: Breakdown | None
    forks: tuple[Fork, ...]
    fork_shares: tuple[ForkShare, ...]
    fork_axes: tuple[ForkAxis, ...]
    table: TwoByTwo
    points: tuple[CasePoint, ...]
    directions: tuple[Direction, ...]
    rivals: tuple[Rival, ...]
    readings: tuple[Reading, ...]
    relevance: Relevance | None
    relevance_breakdown: Breakdown | None
    verdict_breakdown: Breakdown | None
    posterior_curve: Densities | None
    prediction: Next | None
    hindsight: Hindsight | None
    unseen: Unseen | None
    unseen_negatives: UnseenNegatives | None
    waves: Waves | None
    coders: Coders | None
    nca: Nca | None
    truth_table: TruthTable | None
    solutions: tuple[Solution, ...]
    notes: tuple[str, ...] = ()
    remarks: tuple[str, ...] = ()
    schema: str = CLAIM_SCHEMA

    expected: ClassVar[str] = CLAIM_SCHEMA

    def to_frame(self) -> pl.DataFrame:
        """One row a case."""
        return pl.DataFrame([vars(p) for p in self.points], infer_schema_length=None)

    def rivals_frame(self) -> pl.DataFrame:
        """One row a condition, that of the claim included."""
        return pl.DataFrame(
            [
                {
                    "condition": r.name,
                    "asked": r.is_asked,
                    "n": r.n,
                    "n_outcome": r.n_outcome,
                    "consistency": r.necessity.consistency,
                    "coverage": r.necessity.coverage,
                    "ron": r.necessity.ron,
                    "sufficiency": r.sufficiency.consistency,
                    "mean": r.mean,
                    "p_above_90": r.p_above_90,
                    "log10_bf": r.log10_bf,
                    "counterexamples": len(r.counterexamples),
                    "verdict": r.verdict,
                }
                for r in self.rivals
            ],
            infer_schema_length=None,
        )

    def forks_frame(self) -> pl.DataFrame:
        """One row a fork: its choices, then what the cases say under them."""
        rows = [
            {**f.choices, **{k: v for k, v in vars(f).items() if k != "choices"}}
            for f in self.forks
        ]
        return pl.DataFrame(rows, infer_schema_length=None)

    def __repr__(self) -> str:
        return self.sentence
