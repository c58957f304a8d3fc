"""What coded cases say of a claim: posteriors of shares, and what it takes to overturn them."""

from __future__ import annotations

from dataclasses import dataclass

import polars as pl

from fissure.results.base import Result

__all__ = [
    "Breakdown",
    "Coder",
    "Coders",
    "Hindsight",
    "HindsightAt",
    "Posterior",
    "Recoded",
    "Relevance",
    "Unseen",
    "UnseenNegatives",
]


@dataclass(frozen=True)
class Posterior(Result):
    """What is known of a share, such as that of cases with the outcome that had the condition.

    Parameters
    ----------
    n_with, n
        Cases with the condition, and cases; expected numbers where codings are uncertain.
    mean
        Posterior mean, 0 to 1; also the probability that the next case has the condition.
    low, high
        Central 95 % interval.
    lower
        With probability 0.95 the share is at least this.
    p_above_90, p_above_95
        Probability that the share is at least 0.90, and at least 0.95.
    n_effective
        How many independent cases these are worth; less than ``n`` where cases come in waves.
    method
        Which model, in a few words.
    curve
        Density of the share, at the middles of 200 equal steps from 0 to 1.
    sentence
        The same in plain words.
    """

    n_with: float
    n: float
    mean: float
    low: float
    high: float
    lower: float
    p_above_90: float
    p_above_95: float
    n_effective: float
    method: str
    curve: tuple[float, ...]
    sentence: str

    def to_frame(self) -> pl.DataFrame:
        """One row, without the curve."""
        return pl.DataFrame([{k: v for k, v in self.to_dict().items() if k != "curve"}])

    def __repr__(self) -> str:
        return self.sentence


@dataclass(frozen=True)
class Relevance(Result):
    """Is the condition more frequent where the outcome came about than where it did not?

    Parameters
    ----------
    given, otherwise
        Share with the condition among cases with the outcome, and among those without.
    p_greater
        Probability that the first share is the greater.
    difference, low, high
        First share minus second, −1 to 1: posterior mean and central 95 % interval.
    log10_bf
        Decimal logarithm of the Bayes factor for two shares against one that is common to both (a
        trivial condition); 1 is ten to one for two shares, −1 ten to one for one.
    fisher_p, barnard_p
        Two-sided p-values of the exact tests of one common share, as a check; Barnard's is None
        where the table is too large, either is None where codings are uncertain.
    sentence
        The same in plain words.
    """

    given: Posterior
    otherwise: Posterior
    p_greater: float
    difference: float
    low: float
    high: float
    log10_bf: float
    fisher_p: float | None
    barnard_p: float | None
    sentence: str

    def to_frame(self) -> pl.DataFrame:
        """Two rows: with the outcome, and without."""
        both = pl.concat([self.given.to_frame(), self.otherwise.to_frame()])
        return both.insert_column(0, pl.Series("outcome", [True, False]))

    def __repr__(self) -> str:
        return self.sentence


@dataclass(frozen=True)
class Coder:
    """How one coder's votes relate to the truth, with 95 % intervals.

    Parameters
    ----------
    coder
        Its name.
    n_votes
        How many cases it coded.
    sensitivity, sensitivity_low, sensitivity_high
        Probability of finding the condition where it is present.
    specificity, specificity_low, specificity_high
        Probability of not finding it where it is absent.
    """

    coder: str
    n_votes: int
    sensitivity: float
    sensitivity_low: float
    sensitivity_high: float
    specificity: float
    specificity_low: float
    specificity_high: float


@dataclass(frozen=True)
class Coders(Result):
    """What several coders' votes say together.

    Parameters
    ----------
    truth
        Probability that each case has the condition, in the order given.
    coders
        One entry for each.
    shares
        Posterior of the share with the condition, for each group of cases.
    groups
        Names of the groups, in the order of ``shares``.
    p_greater
        With two groups, the probability that the share of the second is greater; else None.
    converged, n_iter
        Of the maximisation that the draws start from.
    draws, seed
        How many draws were kept, and their seed.
    sentence
        The same in plain words.
    """

    truth: tuple[float, ...]
    coders: tuple[Coder, ...]
    shares: tuple[Posterior, ...]
    groups: tuple[str, ...]
    p_greater: float | None
    converged: bool
    n_iter: int
    draws: int
    seed: int
    sentence: str

    def to_frame(self) -> pl.DataFrame:
        """One row a coder."""
        return pl.DataFrame([vars(c) for c in self.coders])

    def __repr__(self) -> str:
        return self.sentence


@dataclass(frozen=True)
class Recoded:
    """One coding that would have to change.

    Parameters
    ----------
    case
        Its name.
    column
        ``condition`` or ``outcome``.
    was, becomes
        The coding as it is, and as it would have to be, 0 to 1.
    """

    case: str
    column: str
    was: float
    becomes: float


@dataclass(frozen=True)
class Breakdown(Result):
    """The fewest recodings that would overturn a conclusion.

    Parameters
    ----------
    conclusion
        What is concluded from the codings as they are.
    holds
        Whether the conclusion holds on them.
    recodings
        The fewest codings that must change to turn it around; None if no number would.
    cost
        Their cost, where the codings have costs; otherwise the same number.
    codings
        A cheapest choice of them: among those that do equally well, the least certain first.
    cases
        Their cases.
    n_equal
        How many codings would have served equally well in place of the ones named.
    sentence
        The same in plain words.
    """

    conclusion: str
    holds: bool
    recodings: int | None
    cost: float | None
    codings: tuple[Recoded, ...]
    cases: tuple[str, ...]
    n_equal: int
    sentence: str

    def to_frame(self) -> pl.DataFrame:
        """One row for each coding that must change."""
        schema = {"case": pl.String, "column": pl.String, "was": pl.Float64, "becomes": pl.Float64}
        return pl.DataFrame([vars(c) for c in self.codings], schema=schema)

    def __repr__(self) -> str:
        return self.sentence


@dataclass(frozen=True)
class HindsightAt:
    """What hindsight does to a record, were the true share this.

    Parameters
    ----------
    true_share
        Share of cases with the outcome that truly had the condition.
    probability
        Probability of a record at least as good as the one seen, with the hindsight asked about.
    needed
        The least hindsight with which such a record is as likely as not; 0 if none is needed, None
        if even coding every case as having the condition would not make it so.
    """

    true_share: float
    probability: float
    needed: float | None


@dataclass(frozen=True)
class Hindsight(Result):
    """How far coding with knowledge of the outcome would produce the record by itself.

    Parameters
    ----------
    n_with, n
        The record.
    hindsight
        Probability that the coder finds the condition in a case with the outcome that lacked it.
    sensitivity
        Probability of finding it where it was present.
    at
        The answer for each true share asked about.
    sentence
        The same in plain words.
    """

    n_with: int
    n: int
    hindsight: float
    sensitivity: float
    at: tuple[HindsightAt, ...]
    sentence: str

    def to_frame(self) -> pl.DataFrame:
        """One row for each true share."""
        return pl.DataFrame([vars(a) for a in self.at], infer_schema_length=None)

    def __repr__(self) -> str:
        return self.sentence


@dataclass(frozen=True)
class Unseen(Result):
    """How many counter-examples outside the table would overturn the conclusion.

    Parameters
    ----------
    n_with, n
        The record.
    counterexamples
        The fewest unseen cases with the outcome and without the condition that would do it; 0 if
        the conclusion does not hold as it is.
    recorded
        How often counter-examples must be recorded, relative to confirming cases, for the
        conclusion to hold: 0.3 means that it fails where more than 7 in 10 were overlooked. None
        where it fails even with all recorded.
    population
        How many cases there are in all, if told.
    compatible
        With a population, the most counter-examples among its unseen cases that a random choice of
        the cases seen would not make surprising (5 % or more); None without.
    sentence
        The same in plain words.
    """

    n_with: int
    n: int
    counterexamples: int
    recorded: float | None
    population: int | None
    compatible: int | None
    sentence: str

    def to_frame(self) -> pl.DataFrame:
        """One row."""
        return pl.DataFrame([self.to_dict()])

    def __repr__(self) -> str:
        return self.sentence


@dataclass(frozen=True)
class UnseenNegatives(Result):
    """How many cases with the condition and without the outcome would make it irrelevant.

    Parameters
    ----------
    cases
        The fewest unseen cases that would do it; 0 if it is not relevant as it is, None if a
        million would not.
    log10_bf
        Decimal logarithm of the Bayes factor for relevance as it is.
    sentence
        The same in plain words.
    """

    cases: int | None
    log10_bf: float
    sentence: str

    def to_frame(self) -> pl.DataFrame:
        """One row."""
        return pl.DataFrame([self.to_dict()])

    def __repr__(self) -> str:
        return self.sentence
