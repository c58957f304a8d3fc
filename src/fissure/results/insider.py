"""What an insider adds. It *is* the documented JSON schema ``fissure.insider/1``."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, ClassVar, Self, TypeAlias

import polars as pl

from fissure.results.base import Saved
from fissure.results.tree import Verdict

__all__ = ["INSIDER_SCHEMA", "Asked", "Insider", "Maybe", "Range", "Source"]

INSIDER_SCHEMA = "fissure.insider/1"


@dataclass(frozen=True)
class Range:
    """Least and largest value over all ranges that came in; None where there is no bound."""

    low: float | None
    high: float | None


#: A number; a Range where it is not the same over all the ranges that came in.
Maybe: TypeAlias = float | Range


@dataclass(frozen=True)
class Asked:
    """One informant, as given, and as heard.

    Parameters
    ----------
    sensitivity, false_alarm, bias
        As given.
    interest
        What suits the informant: as given, or taken to be what was said.
    heard_if_split, heard_if_none
        Probability of saying *split* where there is a split, and where there is none, with the bias
        in it.
    """

    name: str
    says: str | None
    sensitivity: Maybe
    false_alarm: Maybe
    bias: Maybe
    interest: str | None
    heard_if_split: Maybe
    heard_if_none: Maybe


@dataclass(frozen=True)
class Source:
    """One thing that could be asked for next, and what it is expected to give.

    Parameters
    ----------
    name, what
        A fixed word, and what it is in plain words.
    cost
        In units of one's own; 1 where not given.
    expected_information
        Mutual information with the split, given all that was said before, in bits.
    expected_variance_reduction, expected_brier_reduction
        Of the variance of 1[split], and of the Brier score.
    information_per_cost
        The sources are ranked by it; by the middle where it is a range.
    change
        Probability that it changes the three-way word; None where ranges came in.
    """

    name: str
    what: str
    cost: float
    expected_information: Maybe
    expected_variance_reduction: Maybe
    expected_brier_reduction: Maybe
    information_per_cost: Maybe
    change: float | None


@dataclass(frozen=True)
class Insider(Saved):
    """What some testimony does to the probability of a split, and what it was worth beforehand.

    Parameters
    ----------
    prior
        P(split) before the testimony.
    posterior
        P(split) after it; None before asking.
    likelihood_ratio
        P(all these statements | split) / P(the same | no split); None before asking, and where it
        has no bound.
    credibility
        The same in favour of what they say, so above 1 where their word counts; None before asking,
        where they contradict each other, and where there is no bound.
    credibility_needed
        How many times likelier a statement must be if what it speaks for is true, to make
        ``verdict_before`` another word; None where it cannot. It is that of the side that what was
        said speaks for, which is the contrary where ``credibility`` is below 1; of the nearer
        change before asking, and where what was said may speak for either or is as much for one as
        for the other.
    informants_needed
        How many informants like these, all saying what speaks for that side and sharing access in
        the same way, it would take; None where none of up to 1,000 is enough, for ranges, and for
        informants who differ.
    effective_number
        n / (1 + (n − 1) ρ): how many independent informants these are by the usual formula.
    expected_information
        Mutual information of all statements with the split, before asking, in bits.
    missing_information
        Bits that a perfect informant would give.
    expected_variance_reduction, expected_brier_reduction
        Of the variance of 1[split] and of the Brier score, before asking.
    missing_variance
        What a perfect informant would take off both.
    verdict_before, verdict_after
        Three-way word of the prior and of the posterior at ``confidence``; for ranges that of both
        ends where it is the same, otherwise *cannot tell*.
    verdict_of_records
        Verdict of the group itself, where there is one. It asks another question than the two
        words of probabilities, and testimony does not change it.
    frequencies
        The same in natural frequencies: of 1,000 cases like this one …; empty before asking, for
        ranges, for a prior of 0 or 1, and for what is rarer than one in a million.
    settings
        Whatever else was given, and how the records were read.
    """

    sentence: str
    group: str | None
    prior: Maybe
    posterior: Maybe | None
    verdict_before: Verdict
    verdict_after: Verdict | None
    verdict_of_records: Verdict | None
    likelihood_ratio: Maybe | None
    credibility: Maybe | None
    credibility_needed: Maybe | None
    informants_needed: int | None
    effective_number: Maybe
    expected_information: Maybe
    missing_information: Maybe
    expected_variance_reduction: Maybe
    expected_brier_reduction: Maybe
    missing_variance: Maybe
    frequencies: str
    informants: tuple[Asked, ...]
    options: tuple[Source, ...]
    assumptions: tuple[str, ...]
    settings: dict[str, Any]
    versions: dict[str, str]
    schema: str = INSIDER_SCHEMA

    expected: ClassVar[str] = INSIDER_SCHEMA

    @classmethod
    def from_dict(cls, tree: dict[str, Any]) -> Self:
        """The inverse of :meth:`to_dict`."""
        return super().from_dict(_ranges(tree))

    def to_frame(self) -> pl.DataFrame:
        """One row a source that could be asked for next, best first."""
        rows = []
        for o in self.options:
            low, high = _pair(o.expected_information)
            rows.append(
                {
                    "source": o.name,
                    "what": o.what,
                    "cost": o.cost,
                    "information_low": low,
                    "information_high": high,
                    "variance_reduction_high": _pair(o.expected_variance_reduction)[1],
                    "change": o.change,
                }
            )
        return pl.DataFrame(rows, infer_schema_length=None)

    def __repr__(self) -> str:
        return self.sentence if self.group is None else f"{self.group}: {self.sentence}"


def _pair(value: Maybe) -> tuple[float | None, float | None]:
    return (value.low, value.high) if isinstance(value, Range) else (value, value)


def _ranges(tree: Any) -> Any:
    """Objects with the keys low and high alone are ranges."""
    if isinstance(tree, dict):
        if set(tree) == {"low", "high"}:
            return Range(tree["low"], tree["high"])
        return {k: _ranges(v) for k, v in tree.items()}
    return [_ranges(v) for v in tree] if isinstance(tree, list) else tree
