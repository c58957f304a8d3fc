"""Dated statements with probabilities, and how they did: the JSON schema ``fissure.ledger/1``."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, ClassVar

import polars as pl

from fissure.results.base import Saved

__all__ = ["LEDGER_SCHEMA", "Bin", "LedgerBook", "LedgerScore", "Statement"]

LEDGER_SCHEMA = "fissure.ledger/1"


@dataclass(frozen=True)
class Statement:
    """One statement.

    Parameters
    ----------
    number
        From 1, in order of entry.
    text
        What is said to happen.
    probability
        0 to 1.
    made, by
        When it was entered (UTC, ISO 8601), and the last day on which it can come true.
    outcome
        True if it came true, False if not, None while that is open.
    resolved
        When the outcome was entered; None while open.
    note
        Where the outcome is known from; empty where not said.
    on
        Day on which it came true; the last day where it did not; None while open.
    entry, outcome_entry
        Places in the chain of the statement and of its outcome, from 1; 0 and None without.
    """

    number: int
    text: str
    probability: float
    made: str
    by: str
    outcome: bool | None = None
    resolved: str | None = None
    note: str = ""
    on: str | None = None
    entry: int = 0
    outcome_entry: int | None = None


@dataclass(frozen=True)
class Bin:
    """Statements whose probabilities are near each other.

    Parameters
    ----------
    low, high
        Ends of the bin; probabilities of ``high`` itself belong to the next, but for 1.
    n
        Resolved statements in it.
    said, came
        Mean probability, and share that came true.
    expected_low, expected_high
        If every probability were right, the share that came true would lie between these in 95 % of
        cases (the exact law, Poisson's binomial).
    """

    low: float
    high: float
    n: int
    said: float
    came: float
    expected_low: float
    expected_high: float


@dataclass(frozen=True)
class LedgerScore:
    """How resolved statements did; smaller is better but for ``resolution``.

    Parameters
    ----------
    n
        Resolved statements.
    brier
        Mean squared error: reliability − resolution + uncertainty + within_bin, exactly.
    reliability, resolution, uncertainty, within_bin
        Distance of what was said from what came, bin by bin; how much the bins differ; variance of
        outcomes; and what is lost by putting unequal probabilities into one bin.
    log_score
        Mean negative logarithm of the probability of what came; None if a certainty failed.
    n_failed_certainties
        Statements of 0 or 1 that turned out otherwise.
    brier_half, brier_past
        The same for saying ½ each time, and for saying the share of those resolved before it was
        made, (k + ½)/(n + 1).
    log_half, log_past
        Their logarithmic scores.
    p_calibrated
        Probability of a Brier score at least this far from its expectation if every probability
        were right (two-sided, exact mean and variance, normal law); None where it cannot vary.
    bins
        For the calibration plot; only bins with statements.
    sentence
        The same in plain words.
    """

    n: int
    brier: float
    reliability: float
    resolution: float
    uncertainty: float
    within_bin: float
    log_score: float | None
    n_failed_certainties: int
    brier_half: float
    brier_past: float
    log_half: float
    log_past: float
    p_calibrated: float | None
    bins: tuple[Bin, ...]
    sentence: str


@dataclass(frozen=True)
class LedgerBook(Saved):
    """A whole ledger, read and checked.

    Parameters
    ----------
    name
        Of the file.
    n_entries, head
        Entries, and the hash of the last: whoever publishes it can show later that nothing before
        was changed or removed.
    statements
        All, in order of entry.
    score
        Of those resolved; None without any.
    overdue
        Numbers of statements whose day has passed without an outcome.
    versions
        Of fissure and Python.
    """

    name: str
    n_entries: int
    head: str
    statements: tuple[Statement, ...]
    score: LedgerScore | None
    overdue: tuple[int, ...]
    versions: dict[str, Any]
    schema: str = LEDGER_SCHEMA

    expected: ClassVar[str] = LEDGER_SCHEMA

    def to_frame(self) -> pl.DataFrame:
        """One row a statement."""
        schema = {
            "number": pl.Int64, "probability": pl.Float64, "by": pl.String, "outcome": pl.Boolean,
            "text": pl.String, "made": pl.String, "resolved": pl.String, "note": pl.String,
        }  # fmt: skip
        rows = [{k: getattr(s, k) for k in schema} for s in self.statements]
        return pl.DataFrame(rows, schema=schema)

    def __repr__(self) -> str:
        n = len(self.statements)
        told = f"{self.name}: {n} statement{'' if n == 1 else 's'}"
        return told if self.score is None else f"{told}. {self.score.sentence}"
