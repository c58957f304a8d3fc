"""How many counter-examples outside the table would overturn what the table says."""

from __future__ import annotations

import numpy as np
from scipy.special import betainc, betaincinv
from scipy.stats import hypergeom

from fissure.claims.bayes import Prior, check_counts, check_prior, relevance_bf
from fissure.claims.breakdown import is_relevant
from fissure.errors import SettingError
from fissure.results.evidence import Unseen, UnseenNegatives

__all__ = ["unseen", "unseen_negatives"]

#: A record this improbable, or less, is taken to be incompatible.
SURPRISING = 0.05
#: Unseen cases are tried up to so many, so many at a time.
MOST_NEGATIVES, BATCH = 1_000_000, 10_000


def unseen(
    n_with: int,
    n: int,
    *,
    population: int | None = None,
    at_least: float = 0.9,
    level: float = 0.5,
    prior: Prior = (1.0, 1.0),
) -> Unseen:
    """How many unseen cases with the outcome and without the condition would have to exist?

    The conclusion is that the share is ``at_least`` so much with probability ``level`` or more.

    Parameters
    ----------
    n_with, n
        Cases with the condition, among the n cases with the outcome.
    population
        How many cases with the outcome there are in all, seen and unseen, if that is known.
    at_least, level
        The conclusion; both between 0 and 1.
    prior
        a and b of the Beta prior.

    Returns
    -------
    Unseen
        The fewest counter-examples, how completely they must have been recorded, and with a
        population how many are compatible with the record.

    Raises
    ------
    SettingError
        If an argument is outside what is allowed.
    DataError
        If there is no case.

    Notes
    -----
    If counter-examples enter the table r times as often as other cases, the share seen is
    θ/(θ + r(1 − θ)), and the true one is at least τ where the one seen is at least
    τ/(τ + r(1 − τ)).

    Examples
    --------
    >>> told = unseen(20, 20, population=30)
    >>> told.counterexamples, round(told.recorded, 2), told.compatible
    (2, 0.3, 2)
    """
    check_counts(n_with, n)
    a, b = check_prior(prior)
    for name, value in (("at_least", at_least), ("level", level)):
        if isinstance(value, bool) or not isinstance(value, int | float) or not 0 < value < 1:
            raise SettingError(f"{name} must lie between 0 and 1, got {value!r}")
    missing = n - n_with
    # one counter-example more moves all of Beta downwards, so the first that does it is found by
    # halving
    few, many = -1, 1
    while _holds(a + n_with, b + missing + many, at_least, level):
        few, many = many, 2 * many
    if not _holds(a + n_with, b + missing, at_least, level):
        few, many = -1, 0
    while many - few > 1:
        middle = (few + many) // 2
        if _holds(a + n_with, b + missing + middle, at_least, level):
            few = middle
        else:
            many = middle
    median = float(betaincinv(a + n_with, b + missing, 1 - level))
    ratio = at_least * (1 - median) / (median * (1 - at_least)) if median > 0 else np.inf
    recorded = float(ratio) if ratio <= 1 else None
    compatible = None if population is None else _compatible(n_with, n, population)
    return Unseen(
        int(n_with), int(n), many, recorded, population, compatible,
        _sentence(n_with, n, many, recorded, population, compatible, at_least),
    )  # fmt: skip


def unseen_negatives(
    n_with: int,
    n: int,
    n_with_other: int,
    n_other: int,
    *,
    at_least: float = 1.0,
    prior: Prior = (1.0, 1.0),
) -> UnseenNegatives:
    """How many unseen cases that had the condition, and no outcome, would make it irrelevant?

    These are the cases that histories leave out: a split that came to nothing has no book. They do
    not touch necessity, but the more there are the less the condition tells.

    Parameters
    ----------
    n_with, n, n_with_other, n_other, prior
        As in :func:`~fissure.claims.bayes.relevance`.
    at_least
        The condition counts as relevant if it is more frequent with the outcome, and the decimal
        logarithm of the Bayes factor is so much or more; 1 is ten to one.

    Raises
    ------
    SettingError
        If an argument is outside what is allowed.
    DataError
        If there is no case with the outcome, or none without.

    Examples
    --------
    >>> unseen_negatives(20, 20, 10, 20).cases
    17
    """
    check_counts(n_with, n)
    check_counts(n_with_other, n_other, outcome=False)
    holds = is_relevant(at_least, prior)
    told = relevance_bf(n_with, n, n_with_other, n_other, check_prior(prior))
    start = np.array([n_with, n - n_with, n_with_other, n_other - n_with_other])
    for first in range(0, MOST_NEGATIVES, BATCH):
        more = np.arange(first, first + BATCH)
        gone = np.flatnonzero(~holds(start + np.outer(more, [0, 0, 1, 0])))
        if len(gone):
            return _negatives(int(more[gone[0]]), told, at_least)
    return _negatives(None, told, at_least)


def _negatives(cases: int | None, log10_bf: float, at_least: float) -> UnseenNegatives:
    odds = f"{10**at_least:.3g} to 1"
    if cases is None:
        words = f"No number of unseen cases to a million would bring the odds below {odds}."
    elif cases == 0:
        words = f"The odds that the condition is more frequent with the outcome are below {odds}."
    else:
        noun = "case" if cases == 1 else "cases"
        words = (
            f"{cases} unseen {noun} with the condition and without the outcome would bring the "
            f"odds that it is more frequent with the outcome below {odds}."
        )
    return UnseenNegatives(cases, log10_bf, words)


def _holds(a: float, b: float, at_least: float, level: float) -> bool:
    return bool(1 - betainc(a, b, at_least) >= level)


def _compatible(n_with: int, n: int, population: object) -> int:
    """Most unseen counter-examples with which so few among the seen are no surprise."""
    if isinstance(population, bool) or not isinstance(population, int) or population < n:
        raise SettingError(
            f"population must be a whole number of n={n} or more, got {population!r}"
        )
    missing = n - n_with
    hidden = np.arange(population - n + 1)
    chance = hypergeom.cdf(missing, population, missing + hidden, n)
    return int(hidden[chance >= SURPRISING].max())


def _sentence(
    n_with: int,
    n: int,
    fewest: int,
    recorded: float | None,
    population: int | None,
    compatible: int | None,
    at_least: float,
) -> str:
    if fewest == 0:
        words = f"{n_with} of {n} do not make a share of {at_least:.2f} or more probable as it is."
    else:
        noun = "counter-example" if fewest == 1 else "counter-examples"
        words = f"{fewest} unseen {noun} would be enough to undo a share of {at_least:.2f} or more."
    if recorded is not None:
        words += (
            f" It stands only if counter-examples are recorded at least {recorded:.2f} times as "
            "often as other cases."
        )
    if compatible is not None and population is not None:
        words += (
            f" Among the {population - n} cases not seen, up to {compatible} counter-examples "
            "would be no surprise."
        )
    return words
