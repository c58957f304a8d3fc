"""The rule that makes a verdict, for one claim and for thousands of forks alike."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy.special import betainc, betaln

from fissure.claims.bayes import Prior, beta_masses, check_prior
from fissure.errors import SettingError
from fissure.results.forks import ClaimVerdict

__all__ = [
    "FEWEST",
    "VERDICTS",
    "Grounds",
    "Rule",
    "counted_grounds",
    "least_perfect",
    "verdicts_of",
    "weighed_grounds",
]

Array = NDArray[np.float64]

#: The verdicts, in the order of the numbers that :func:`verdicts_of` gives.
VERDICTS: tuple[ClaimVerdict, ...] = (
    "supported",
    "contradicted",
    "trivially true",
    "cannot tell from these cases",
)
#: "All" means this share or more; strict necessity cannot survive one miscoded case.
AT_LEAST = 0.9
#: Fewest cases with the outcome that may contradict a claim: a single one may be miscoded.
FEWEST = 2
#: Steps of the share that weighed codings are taken at; 0.9 is an edge.
N_STEPS = 1000
#: Forks looked at at once.
CHUNK = 1000


@dataclass(frozen=True)
class Rule:
    """When a claim counts as supported, contradicted or trivially true.

    Parameters
    ----------
    level
        *Supported* asks for a probability of 1 − level or more that 0.90 or more of the cases have
        it, *contradicted* for one of level or less; above 0, below 0.5.
    min_log10_bf
        *Supported* also asks for so much for two different shares, and *contradicted* for so much
        against a share of 0.90 or more, in decimal logarithms of the Bayes factor; 1 is ten to
        one. Without it the flat prior, under which so large a share has a probability of 0.10 only,
        would do half the work of a contradiction.
    min_ron
        A condition with a lower relevance of necessity is too common to say anything, 0 to 1.
    prior
        a and b of the Beta prior of every share, above 0.

    Raises
    ------
    SettingError
        If one is outside what is allowed.
    """

    level: float = 0.05
    min_log10_bf: float = 1.0
    min_ron: float = 0.5
    prior: Prior = (1.0, 1.0)

    def __post_init__(self) -> None:
        object.__setattr__(self, "prior", check_prior(self.prior))
        if not 0 < self.level < 0.5:
            raise SettingError(f"level must lie above 0 and below 0.5, got {self.level!r}")
        if not 0 <= self.min_log10_bf < np.inf:
            raise SettingError(f"min_log10_bf must be 0 or more, got {self.min_log10_bf!r}")
        if not 0 <= self.min_ron <= 1:
            raise SettingError(f"min_ron must be from 0 to 1, got {self.min_ron!r}")

    @property
    def contradicts(self) -> float:
        """Largest probability of 0.90 or more at which the claim counts as contradicted.

        Examples
        --------
        >>> round(Rule().contradicts, 3)
        0.011
        """
        a, b = self.prior
        before = 1 - float(betainc(a, b, AT_LEAST))
        odds = before / (1 - before) / 10**self.min_log10_bf
        return min(self.level, odds / (1 + odds))


@dataclass(frozen=True)
class Grounds:
    """What a verdict rests on, one entry a claim or fork; all arrays of shape (F,).

    Parameters
    ----------
    n_outcome, n_other
        Weight of the cases with the outcome, and without.
    p_least, p_most
        Probability that the share is 0.90 or more: the least and the most of all readings.
    log10_bf
        For two different shares; NaN without cases on both sides.
    is_greater
        Whether the share is greater with the outcome.
    p_common
        Probability that a share common to all cases is 0.90 or more.
    ron
        Relevance of necessity; NaN where there is nothing to fit.
    mean
        Posterior mean of the share.
    """

    n_outcome: Array
    n_other: Array
    p_least: Array
    p_most: Array
    log10_bf: Array
    is_greater: NDArray[np.bool_]
    p_common: Array
    ron: Array
    mean: Array


def verdicts_of(grounds: Grounds, rule: Rule) -> NDArray[np.int8]:
    """Number of the verdict in :data:`VERDICTS` for each entry, shape (F,).

    In this order: *contradicted*, if p_most ≤ ``rule.contradicts`` and two cases or more have the
    outcome, so that no single coding decides. *Trivially true*, if the cases
    favour one share common to those with and without the outcome, and that is 0.90 or more with
    probability 1 − level; or if p_least ≥ 1 − level and the relevance of necessity is too low.
    *Supported*, if p_least ≥ 1 − level, and the condition is more frequent with the outcome by a
    Bayes factor that is large enough. Otherwise, and where no case has the outcome, the cases
    cannot tell.

    Examples
    --------
    >>> tables = np.array([[40, 0, 5, 35], [53, 64, 20, 130], [40, 0, 40, 1], [7, 0, 1, 9]])
    >>> [VERDICTS[k] for k in verdicts_of(counted_grounds(tables, Rule()), Rule())]
    ['supported', 'contradicted', 'trivially true', 'cannot tell from these cases']
    """
    g = grounds
    is_asked, is_comparable = g.n_outcome > 0, (g.n_outcome > 0) & (g.n_other > 0)
    with np.errstate(invalid="ignore"):
        # the weights of a wave that counts once do not add up to one exactly
        is_low = (g.n_outcome > FEWEST - 1e-6) & (g.p_most <= rule.contradicts)
        is_high = is_asked & (g.p_least >= 1 - rule.level)
        is_common = is_comparable & (g.log10_bf <= 0) & (g.p_common >= 1 - rule.level)
        is_trivial = is_common | (is_high & is_comparable & (g.ron < rule.min_ron))
        is_relevant = is_comparable & (g.log10_bf >= rule.min_log10_bf) & g.is_greater
    chosen = np.select([is_low, is_trivial, is_high & is_relevant], [1, 2, 0], 3)
    return chosen.astype(np.int8)


def counted_grounds(tables: NDArray, rule: Rule, ron: Array | None = None) -> Grounds:
    """Grounds of tables of counts, shape (F, 4): X and Y, Y only, X only, neither. Closed forms.

    ``ron`` is that of the counts where not given.
    """
    a, b = rule.prior
    k, m, k0, m0 = np.asarray(tables, float).T
    with np.errstate(invalid="ignore", divide="ignore"):
        p = 1 - betainc(a + k, b + m, AT_LEAST)
        common = 1 - betainc(a + k + k0, b + m + m0, AT_LEAST)
        log_bf = betaln(a + k, b + m) + betaln(a + k0, b + m0) - betaln(a, b)
        log_bf = (log_bf - betaln(a + k + k0, b + m + m0)) / np.log(10)
        log_bf = np.where((k + m > 0) & (k0 + m0 > 0), log_bf, np.nan)
        if ron is None:
            ron = (m + m0) / (m + k0 + m0)
    mean = (a + k) / (a + b + k + m)
    greater = mean > (a + k0) / (a + b + k0 + m0)
    return Grounds(k + m, k0 + m0, p, p, log_bf, greater, common, ron, mean)


def weighed_grounds(
    with_it: Array, without: Array, chances: Array, ron: Array, rule: Rule
) -> tuple[Grounds, Array]:
    """Grounds of codings that are right with some chance, and masses of the share.

    Parameters
    ----------
    with_it, without
        Weight of the cases with and without the outcome that have each chance, shape (F, D).
    chances
        The D chances of having the condition, 0 to 1.
    ron
        Relevance of necessity, shape (F,).
    rule
        For its prior.

    Returns
    -------
    Grounds, and the masses of the share on equal steps from 0 to 1, shape (F, steps); of shape
    (0, steps) for more than one chunk of forks, whose masses nobody needs.

    Notes
    -----
    The likelihood of a share θ is Π (p θ + (1 − p)(1 − θ))^w over the cases, as in
    :func:`~fissure.claims.uncertain.uncertain_share`; a weight below 1 is that of a case in a wave
    that counts as one.
    """
    parts = [
        _weighed(with_it[i : i + CHUNK], without[i : i + CHUNK], chances, rule)
        for i in range(0, len(with_it), CHUNK)
    ]
    p, mean, log_bf, greater, common = (
        np.concatenate([part[k] for part in parts]) for k in range(5)
    )
    n, n_other = with_it.sum(axis=1), without.sum(axis=1)
    log_bf = np.where((n > 0) & (n_other > 0), log_bf, np.nan)
    grounds = Grounds(n, n_other, p, p, log_bf, greater, common, ron, mean)
    return grounds, parts[0][5] if len(parts) == 1 else np.empty((0, N_STEPS))


def _weighed(with_it: Array, without: Array, chances: Array, rule: Rule) -> tuple[Array, ...]:
    theta = (np.arange(N_STEPS) + 0.5) / N_STEPS
    prior = beta_masses(*rule.prior).reshape(N_STEPS, -1).sum(axis=1)
    fits = np.log(np.outer(chances, theta) + np.outer(1 - chances, 1 - theta))
    one, other = with_it @ fits, without @ fits
    one_top, other_top = one.max(axis=1, keepdims=True), other.max(axis=1, keepdims=True)
    joint = one + other
    joint_top = joint.max(axis=1, keepdims=True)
    one, other, joint = (
        np.exp(v - top) * prior
        for v, top in ((one, one_top), (other, other_top), (joint, joint_top))
    )
    totals = [v.sum(axis=1) for v in (one, other, joint)]
    log_bf = np.log(totals[0]) + np.log(totals[1]) - np.log(totals[2])
    log_bf += (one_top + other_top - joint_top)[:, 0]
    edge = round(AT_LEAST * N_STEPS)
    masses = one / totals[0][:, None]
    mean = masses @ theta
    greater = mean > (other @ theta) / totals[1]
    common = joint[:, edge:].sum(axis=1) / totals[2]
    return masses[:, edge:].sum(axis=1), mean, log_bf / np.log(10), greater, common, masses


def least_perfect(rule: Rule) -> int:
    """How many cases without any exception would make 0.90 or more probable enough.

    Examples
    --------
    >>> least_perfect(Rule())
    28
    """
    a, b = rule.prior
    n = 1
    while 1 - betainc(a + n, b, AT_LEAST) < 1 - rule.level:
        n += 1
    return n
