"""The verdict on a claim in words, and why."""

from __future__ import annotations

from collections.abc import Sequence

from fissure.claims.bayes import in_words
from fissure.claims.fork_axes import MOST_FORKS
from fissure.claims.forks import Forks
from fissure.claims.judging import FEWEST, Rule, least_perfect
from fissure.claims.looking import Look
from fissure.readers.columns import counted
from fissure.results.claim import CasePoint
from fissure.results.sets import Relation

__all__ = ["reason", "remarks_on", "sentence", "statement"]


def statement(condition: str, outcome: str, relation: Relation) -> str:
    """The claim itself.

    Examples
    --------
    >>> statement("DEFECT", "SUCCESS", "necessary")
    'every case with SUCCESS had DEFECT'
    """
    given, held = (outcome, condition) if relation == "necessary" else (condition, outcome)
    return f"every case with {given} had {held}"


def sentence(seen: Look, given: str, held: str, rule: Rule) -> str:
    """Verdict and reason as one sentence."""
    return f"{seen.verdict[0].upper()}{seen.verdict[1:]}: {reason(seen, given, held, rule)}."


def reason(seen: Look, given: str, held: str, rule: Rule) -> str:
    """Why the verdict is what it is, without a full stop."""
    k, m, k0, m0 = seen.table
    n, n0 = k + m, k0 + m0
    if not n:
        return _untestable(seen, given, held)
    told = f"{k:,} of {counted(n, 'case')} with {given} had {held}"
    other = f"{k0:,} of {n0:,} without {given}"
    chance = f"the share is 0.90 or more with probability {_chance(seen.p_range)}"
    if seen.verdict == "contradicted":
        return f"{told}{f', {other}' if n0 else ''}; {chance}"
    if seen.verdict == "trivially true":
        return f"{told}, but so had {other}, and what nearly every case has tells nothing"
    if seen.verdict == "supported":
        return f"{told}, against {other}; {chance}"
    return f"{told}{f', {other}' if n0 else ''}; {_why_not(seen, given, held, rule)}"


def _why_not(seen: Look, given: str, held: str, rule: Rule) -> str:
    """What is lacking for another verdict than "cannot tell"."""
    k, m, k0, m0 = seen.table
    least, most = seen.p_range
    chance = f"the share is 0.90 or more with probability {_chance(seen.p_range)}"
    if least >= 1 - rule.level:
        if not k0 + m0:
            return f"{chance}, but no case without {given} is known, so it may be trivial"
        odds = 10 ** abs(float(seen.grounds.log10_bf[0]))
        favour = "two different shares" if seen.grounds.log10_bf[0] >= 0 else "one common share"
        return (
            f"{chance}, but the cases favour {favour} by {odds:.1f} to 1 only, so it may be trivial"
        )
    asked = f"{1 - rule.level:g} would support the claim, {rule.contradicts:.2g} contradict it"
    as_coded = seen.readings[0].posterior.p_above_90
    if k + m < FEWEST and as_coded <= rule.contradicts:
        return f"{chance}, but a single case, which may be miscoded, contradicts nothing"
    if as_coded >= 1 - rule.level or as_coded <= rule.contradicts:
        names = ", ".join(r.name for r in seen.readings[1:])
        return (
            f"as coded, a share of 0.90 or more has probability {as_coded:.3f}, but over all "
            f"readings ({names} too) it goes from {least:.3f} to {most:.3f} ({asked})"
        )
    needed = ""
    if not m and k < (fewest := least_perfect(rule)):
        needed = f"; even without an exception it takes {fewest} cases to be sure enough"
    return f"{chance} ({asked}){needed}"


def _untestable(seen: Look, given: str, held: str) -> str:
    n = len(seen.given.side)
    n_given = int((seen.given.side == 1).sum())
    if n_given:
        return (
            f"of {counted(n_given, 'case')} with {given} none is known to have or to lack {held}, "
            "so this cannot be tested on them"
        )
    unknown = int((seen.given.side == -1).sum())
    blank = f" ({counted(unknown, 'case')} unknown)" if unknown else ""
    return (
        f"none of {counted(n, 'case')} is known to have {given}{blank}, so there is nothing to test"
    )


def _chance(span: tuple[float, float]) -> str:
    low, high = (in_words(p) for p in span)
    return low if low == high else f"{low} to {high}, by how codings are read"


def remarks_on(
    seen: Look,
    outcome: str,
    needs: str,
    points: Sequence[CasePoint],
    varied: Forks,
    left: Sequence[str],
    n_rivals: int,
) -> tuple[str, ...]:
    """What else a reader must know: what is unknown, constant, too late, left out or repeated."""
    k, m, k0, m0 = seen.table
    out = []
    for word, sides in ((outcome, seen.given), (needs, seen.held)):
        if unknown := int((sides.side < 0).sum()):
            out.append(
                f"{word} is unknown, a range across the threshold or exactly on it in "
                f"{counted(unknown, 'case')}: they count in no cell of the two-by-two, tell in the "
                "posterior what their coding allows, and forks take them both ways."
            )
    if k + m and not (m + m0):
        out.append(f"{needs} is there in every case where it is known ({k + k0:,}).")
    if m + m0 and not (k + k0):
        out.append(f"{needs} is there in no case where it is known ({m + m0:,}).")
    if k and m0 and not m + k0:
        out.append(
            f"{needs} and {outcome} agree in all {k + m0:,} cases where both are known: make sure "
            "that neither was coded from the other."
        )
    if k + m and not k0 + m0:
        out.append(
            f"No case without {outcome} is known: whether {needs} is more frequent with it, and "
            "whether it is sufficient, cannot be told."
        )
    if after := [p.name for p in points if p.is_misdated]:
        out.append(
            f"{needs} began only after {outcome} in {', '.join(after[:5])}"
            f"{f' and {len(after) - 5} more' if len(after) > 5 else ''}; these cases are kept, and "
            "forks leave them out."
        )
    if varied.alone:
        out.append(
            f"More than {MOST_FORKS:,} forks: {', '.join(varied.alone)} varied alone, the rest in "
            "all combinations."
        )
    if left:
        out.append(
            f"Not taken as rivals, since they never vary or are {outcome} under another name: "
            f"{', '.join(left)}."
        )
    if n_rivals:
        out.append(
            f"{counted(2 * n_rivals + 2, 'condition')} are looked at, absences counted: the more, "
            "the more of them pass by chance."
        )
    return tuple(out)
