"""Shares of cases that a coder with known rates of error has coded, perhaps with hindsight."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy.special import xlog1py, xlogy

from fissure.claims.bayes import (
    MIDDLES,
    Prior,
    beta_masses,
    beta_points,
    check_counts,
    check_prior,
    compare,
    summary,
)
from fissure.errors import DataError, SettingError
from fissure.results.evidence import Posterior, Relevance

__all__ = ["CodingErrors", "misclassified_relevance", "misclassified_share", "seen"]

Array = NDArray[np.float64]
#: A rate that is known, or the a and b of its Beta law.
Rate = float | tuple[float, float]

#: Most points at which one uncertain rate is taken. With m points the integral is exact for 2m − 1
#: cases; with more it is as good as exact.
MOST_POINTS = 24


@dataclass(frozen=True)
class CodingErrors:
    """How a coder errs. Each rate is a number 0 to 1, or (a, b) of a Beta law.

    Parameters
    ----------
    sensitivity
        Probability of finding the condition where it is present.
    specificity
        Probability of not finding it where it is absent.
    hindsight
        Probability of finding it all the same in a case whose outcome is known to have come about,
        where it is absent and would not have been found.

    Raises
    ------
    SettingError
        If a rate is neither, or sensitivity and specificity add up to less than 1: such a coder
        says the opposite of what is there.

    Examples
    --------
    >>> CodingErrors(sensitivity=0.9, specificity=(18, 2)).hindsight
    0.0
    """

    sensitivity: Rate = 1.0
    specificity: Rate = 1.0
    hindsight: Rate = 0.0

    def __post_init__(self) -> None:
        for name in ("sensitivity", "specificity", "hindsight"):
            rate = getattr(self, name)
            if isinstance(rate, tuple | list):
                object.__setattr__(self, name, check_prior(tuple(rate)))
            elif isinstance(rate, bool) or not isinstance(rate, int | float) or not 0 <= rate <= 1:
                raise SettingError(
                    f"{name} must be a number from 0 to 1, or a pair (a, b) of a Beta law, got "
                    f"{rate!r}"
                )
        right = [
            r[0] / sum(r) if isinstance(r, tuple) else r
            for r in (self.sensitivity, self.specificity)
        ]
        if sum(right) < 1:
            raise SettingError(
                "sensitivity and specificity (of a Beta law its mean) must add up to 1 or more, "
                f"got {right[0]:g} and {right[1]:g}: that says the opposite of what is there"
            )


def seen(theta: Array, sensitivity: Array, false_alarm: Array) -> Array:
    """P(coded X) = se·θ + fa·(1 − θ), with one row for each pair of rates."""
    return sensitivity[:, None] * theta + false_alarm[:, None] * (1 - theta)


def misclassified_share(
    n_with: int, n: int, errors: CodingErrors, *, prior: Prior = (1.0, 1.0)
) -> Posterior:
    """What cases coded with error say of P(condition | outcome).

    P(coded X) = se·θ + fa·(1 − θ) with fa = (1 − sp) + sp·h, where h is hindsight. θ has a Beta
    prior; rates that are not known are integrated by Gauss-Jacobi quadrature.

    Parameters
    ----------
    n_with, n
        Cases coded as having the condition, among the n cases with the outcome.
    errors
        How the coder errs.
    prior
        a and b of the Beta prior of θ, above 0.

    Raises
    ------
    SettingError
        If a count or the prior is outside what is allowed.
    DataError
        If there is no case, or the rates make such a record impossible.

    Source
    ------
    Rogan and Gladen (1978), American Journal of Epidemiology 107: 71-76, for P(coded X).

    Examples
    --------
    >>> blind = misclassified_share(20, 20, CodingErrors())
    >>> wise_after = misclassified_share(20, 20, CodingErrors(hindsight=0.8))
    >>> round(blind.mean, 3), wise_after.mean < blind.mean
    (0.955, True)
    """
    check_counts(n_with, n)
    one, _, weight = _rates(errors, n)
    masses, evidence = _posteriors(n_with, n, *one, beta_masses(*check_prior(prior)))
    return summary(weight * evidence @ masses, n_with, n, "codings with error")


def misclassified_relevance(
    n_with: int,
    n: int,
    n_with_other: int,
    n_other: int,
    errors: CodingErrors,
    *,
    prior: Prior = (1.0, 1.0),
) -> Relevance:
    """P(X|Y) against P(X|not Y) as one coder saw them, hindsight touching only the first.

    Both shares are looked at through the same rates of error, which are not known; so a difference
    that hindsight alone would make does not count as one.

    Parameters
    ----------
    n_with, n, n_with_other, n_other
        As in :func:`~fissure.claims.bayes.relevance`, as coded.
    errors, prior
        As in :func:`misclassified_share`.

    Raises
    ------
    SettingError, DataError
        As in :func:`~fissure.claims.bayes.relevance`.

    Examples
    --------
    >>> blind = misclassified_relevance(20, 20, 10, 20, CodingErrors())
    >>> wise_after = misclassified_relevance(20, 20, 10, 20, CodingErrors(hindsight=(8, 2)))
    >>> wise_after.log10_bf < blind.log10_bf
    True
    """
    check_counts(n_with, n)
    check_counts(n_with_other, n_other, outcome=False)
    flat = beta_masses(*check_prior(prior))
    one, other, weight = _rates(errors, n + n_other)
    a, evidence_a = _posteriors(n_with, n, *one, flat)
    b, evidence_b = _posteriors(n_with_other, n_other, *other, flat)
    # a·b/flat sums to P(both | one common share) over the product of the two evidences
    common = np.divide(a * b, flat, out=np.zeros_like(a), where=flat > 0).sum(axis=1)
    joint = weight * evidence_a * evidence_b
    bf = float(np.log10(joint.sum() / (joint @ common)))
    given = summary(weight * evidence_a @ a, n_with, n, "codings with error")
    rest = summary(weight * evidence_b @ b, n_with_other, n_other, "codings with error")
    return compare(a, b, joint, given, rest, bf)


def _posteriors(
    k: int, n: int, sensitivity: Array, false_alarm: Array, prior: Array
) -> tuple[Array, Array]:
    """Masses of θ given each pair of rates, rows summing to 1, and the evidence for each pair."""
    q = seen(MIDDLES, sensitivity, false_alarm)
    with np.errstate(divide="ignore"):
        loglik = xlogy(k, q) + xlog1py(n - k, -q)
    if not np.isfinite(loglik).any():
        raise DataError(
            f"{k} of {n} cases were coded as having it, which these rates of error make impossible"
        )
    masses = np.exp(loglik - loglik.max()) * prior
    evidence = masses.sum(axis=1)
    rows = np.where(evidence > 0, evidence, 1.0)[:, None]
    return np.where(evidence[:, None] > 0, masses / rows, prior), evidence


def _rates(errors: CodingErrors, n: int) -> tuple[tuple[Array, Array], tuple[Array, Array], Array]:
    """Sensitivity and false alarms at all points, for cases with the outcome and without."""
    uncertain = sum(
        isinstance(r, tuple) for r in (errors.sensitivity, errors.specificity, errors.hindsight)
    )
    size = min(n // 2 + 1, MOST_POINTS if uncertain < 3 else MOST_POINTS // 2)
    se, sp, h = (
        _points(r, size) for r in (errors.sensitivity, errors.specificity, errors.hindsight)
    )
    grid = [g.ravel() for g in np.meshgrid(se[0], sp[0], h[0], indexing="ij")]
    weight = np.einsum("i,j,k->ijk", se[1], sp[1], h[1]).ravel()
    false_alarm = 1 - grid[1]
    return (grid[0], false_alarm + grid[1] * grid[2]), (grid[0], false_alarm), weight


def _points(rate: Rate, size: int) -> tuple[Array, Array]:
    if not isinstance(rate, tuple):
        return np.array([float(rate)]), np.ones(1)
    return beta_points(*rate, size)
