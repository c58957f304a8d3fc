"""What some statements do to a probability, over everything that is not exactly known."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from fissure.errors import SettingError
from fissure.results import Verdict
from fissure.results.insider import Maybe, Range
from fissure.unknowns.ranges import extremes
from fissure.unknowns.testimony import Panel, Says, law, posterior
from fissure.unknowns.worth import information, variance_reduction

__all__ = ["Weighed", "believed", "enough", "maybe", "needed", "speaks_for", "weigh", "word"]

Array = NDArray[np.float64]
Ends = tuple[float, float]

#: Values over a box that lie nearer to each other than this are one number.
SAME = 1e-12
#: Rounding alone gives values as small as this.
NOTHING = 1e-15
#: Log ratios nearer to 0 than this are 0 but for rounding.
EVEN = 1e-9
#: Informants counted at most.
MOST = 1000


@dataclass(frozen=True)
class Weighed:
    """Low and high end of everything that follows from a panel.

    Parameters
    ----------
    prior, posterior
        P(split) before and after; the posterior is None before asking.
    ratio
        Likelihood ratio of all statements; an end may be infinite. None before asking.
    information
        Expected of all statements before asking, in bits.
    variance
        Expected reduction of the variance of 1[split]; that of the Brier score is the same, since
        the informants are taken to be as they are believed to be.
    less_together
        ``surely`` or ``maybe`` where informants who all say the same, and whose words all count,
        count for less together than the best of them alone; empty where they do not.
    """

    prior: Ends
    posterior: Ends | None
    ratio: Ends | None
    information: Ends
    variance: Ends
    less_together: str = ""


def weigh(panel: Panel) -> Weighed:
    """Posterior and expected worth over the whole box.

    Raises
    ------
    SettingError
        If what was said is impossible at every point of the box.
    """
    patterns, orders = panel.patterns()

    def expected(measure: Callable[..., Array]) -> Ends:
        def formula(points: Array) -> Array:
            one, none = panel.channels(points)
            rho = points[:, 1]
            laws = (law(v, rho, patterns) * orders for v in (one, none))
            return measure(points[:, 0], *laws)

        return _over(formula, panel)

    after = ratio = None
    if panel.said is not None:
        after = _over(lambda points: believed(panel, points, points[:, 0]), panel)
        ratio = _ratio(panel)
    return Weighed(
        prior=(float(panel.low[0]), float(panel.high[0])),
        posterior=after,
        ratio=ratio,
        information=expected(information),
        variance=expected(variance_reduction),
        less_together=_less_together(panel),
    )


def _less_together(panel: Panel) -> str:
    """Whether agreement lowers the credibility: by the shared account it can where they differ."""
    if panel.said is None or panel.alike or len(set(panel.said.tolist())) > 1:
        return ""
    said = panel.said

    def gained(points: Array) -> Array:
        """Log credibility of all, over that of the best; NaN where some word speaks against."""
        channels = panel.channels(points)
        one, none = (law(v, points[:, 1], said[None])[:, 0] for v in channels)
        alone_one, alone_none = (v if said[0] else 1 - v for v in channels)
        with np.errstate(divide="ignore", invalid="ignore"):
            alone = np.log(alone_one) - np.log(alone_none)
            together = np.log(one) - np.log(none)
            if not said[0]:
                alone, together = -alone, -together
            gain = together - alone.max(axis=1)
        counts = (alone >= -EVEN).all(axis=1) & np.isfinite(gain)
        return np.where(counts, gain, np.nan)

    found = extremes(gained, panel.low, panel.high)
    if found is None or found[0] > -EVEN:
        return ""
    return "surely" if found[1] < -EVEN else "maybe"


def _ratio(panel: Panel) -> Ends:
    """Likelihood ratio of what was said, by the posteriors of an even prior.

    Each end is taken from the side on which the posterior is small: near 1 it is rounded away.
    """
    even = np.array([0.5])
    low, high = _over(lambda points: believed(panel, points, even), panel)

    def doubted(points: Array) -> Array:
        assert panel.said is not None
        one, none = (law(v, points[:, 1], panel.said[None])[:, 0] for v in panel.channels(points))
        return posterior(even, none, one)

    least, most = _over(doubted, panel)
    return _ratio_at(low, most), _ratio_at(high, least)


def _ratio_at(p: float, doubt: float) -> float:
    """p / (1 − p), where ``doubt`` is 1 − p to full precision."""
    if p < 0.5:
        return _odds(p)
    return 1 / _odds(doubt) if doubt > 0 else float("inf")


def believed(panel: Panel, points: Array, prior: Array) -> Array:
    """P(split) after what was said, at each point; the prior before asking."""
    if panel.said is None:
        return prior
    one, none = (law(v, points[:, 1], panel.said[None])[:, 0] for v in panel.channels(points))
    return posterior(prior, one, none)


def _over(formula: Callable[[Array], Array], panel: Panel) -> Ends:
    found = extremes(formula, panel.low, panel.high)
    if found is None:
        raise SettingError(
            "these statements are impossible with these settings: an informant who is never wrong, "
            "is interested in any case, or shares all access has said something else"
        )
    return found


def _odds(p: float) -> float:
    return p / (1 - p) if p < 1 else float("inf")


def maybe(pair: Ends) -> Maybe:
    """A number where both ends are the same, else a Range; an infinite end becomes None."""
    low, high = (0.0 if abs(v) < NOTHING else float(v) for v in pair)
    if np.isfinite(low) and np.isfinite(high) and high - low <= SAME * max(1.0, abs(high)):
        return low
    return Range(low if np.isfinite(low) else None, high if np.isfinite(high) else None)


def word(pair: Ends, confidence: float) -> Verdict:
    """Three-way word of a probability; of a range, that of both ends or *cannot tell*."""
    if pair[0] >= confidence - SAME:
        return "split"
    return "no split" if pair[1] <= 1 - confidence + SAME else "cannot tell"


def speaks_for(ratio: Ends | None, said: Says | None) -> Says | None:
    """Which side statements with such a likelihood ratio speak for, whatever word they use.

    Parameters
    ----------
    ratio
        Low and high end; None before asking.
    said
        The word, where all say the same. It is given back where the ratio is 1.

    Returns
    -------
    str or None
        None before asking, and where they may speak for either.

    Examples
    --------
    >>> speaks_for((0.25, 0.25), "split"), speaks_for((0.25, 4.0), "split")
    ('no split', None)
    """
    if ratio is None:
        return None
    low, high = ratio[0] < 1 - EVEN, ratio[1] > 1 + EVEN
    if low == high:
        return None if low else said
    return "split" if high else "no split"


def needed(prior: Ends, verdict: Verdict, towards: Says | None, confidence: float) -> Ends | None:
    """How many times likelier a statement must be if it is true, to change the verdict.

    Bayes' rule solved for the likelihood ratio: the odds to be reached over the odds there are. To
    leave *no split* the odds (1 − c) / c must be passed, to reach *split* c / (1 − c), and
    likewise the other way round.

    Parameters
    ----------
    prior
        P(split), low and high end.
    verdict
        Its three-way word.
    towards
        What the statement speaks for; None for whichever changes the verdict sooner.
    confidence
        c, above 0.5 and below 1.

    Returns
    -------
    tuple or None
        Low and high end, at least 1, possibly infinite; None where *towards* is the verdict.

    Examples
    --------
    >>> [round(v, 6) for v in needed((0.5, 0.5), "cannot tell", "split", 0.95)]
    [19.0, 19.0]
    """
    if towards is None:
        return _needed_either(prior, verdict, confidence)
    if towards == verdict:
        return None
    low, high = prior if towards == "split" else (1 - prior[1], 1 - prior[0])
    target = _odds(confidence) if verdict == "cannot tell" else 1 / _odds(confidence)
    least, most = (target / _odds(p) if p > 0 else float("inf") for p in (high, low))
    return max(least, 1.0), max(most, 1.0)


def _needed_either(prior: Ends, verdict: Verdict, confidence: float) -> Ends | None:
    if verdict != "cannot tell":
        return needed(prior, verdict, "no split" if verdict == "split" else "split", confidence)
    # from either word it is the same way where both are equally likely, and nearer elsewhere
    low, high = (min(p, 1 - p) for p in prior)
    most = 0.5 if prior[0] <= 0.5 <= prior[1] else max(low, high)
    target = _odds(confidence)
    nearest, farthest = (target * _odds(p) for p in (min(low, high), most))
    return max(nearest, 1.0), max(farthest, 1.0)


def enough(panel: Panel, towards: Says, least: float) -> int | None:
    """How many informants like these, all saying what speaks for it, weigh at least so much.

    All n say so with probability v (λ + (1 − λ) v)ⁿ + (1 − v) ((1 − λ) v)ⁿ, λ = √ρ, where v is a
    if it is true and b if it is not (:func:`~fissure.unknowns.testimony.law`, all alike).
    """
    one, none = (float(v[0, 0]) for v in panel.channels(panel.low[None]))
    # whoever says split less often where there is one speaks against it by that word
    says_split = (towards == "split") == (one >= none)
    a, b = (one, none) if says_split else (1 - one, 1 - none)
    if towards == "no split":
        a, b = b, a
    passed, n = float(np.sqrt(panel.low[1])), np.arange(1, MOST + 1)
    above, below = (
        v * (passed + (1 - passed) * v) ** n + (1 - v) * ((1 - passed) * v) ** n for v in (a, b)
    )
    reached = np.flatnonzero((above > 0) & (above >= least * below * (1 - SAME)))
    return int(n[reached[0]]) if len(reached) else None
