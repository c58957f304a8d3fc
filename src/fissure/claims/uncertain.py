"""The posterior of a share where some codings are uncertain: probabilities, or ranges of them."""

from __future__ import annotations

from typing import Any, Literal

import numpy as np
from numpy.typing import NDArray
from scipy.special import betainc

from fissure.claims.bayes import (
    EDGES,
    MIDDLES,
    Prior,
    beta_masses,
    check_prior,
    relevance_of,
    summary,
)
from fissure.errors import DataError, SettingError
from fissure.results.evidence import Posterior, Relevance

__all__ = ["cells_of", "count_law", "uncertain_relevance", "uncertain_share"]

Array = NDArray[np.float64]
#: What the probability of a cell stands for.
Meaning = Literal["evidence", "belief"]

#: Parts of the law of the counts below this are left out.
NEGLIGIBLE = 1e-12
#: Two shares at once are held on so many steps each.
N_BOTH = 400


def uncertain_share(
    x: Any, y: Any = None, *, meaning: Meaning = "evidence", prior: Prior = (1.0, 1.0)
) -> Posterior:
    """What uncertainly coded cases say of θ = P(condition | outcome).

    Parameters
    ----------
    x
        For each case the probability that it has the condition, 0 to 1, shape (n,); or a range of
        it, shape (n, 2), any point of which is held as likely as any other.
    y
        The same for the outcome; where not given, all cases have it.
    meaning
        ``evidence``: what the sources of this case say, to somebody who begins at one half. 0.5
        tells nothing, and all cases together tell what to expect of each. ``belief``: all has been
        weighed, and nothing is to be added; then 0.5 in all cases says that the share is near 0.5.
    prior
        a and b of the Beta prior, above 0.

    Returns
    -------
    Posterior
        ``n`` and ``n_with`` are expected counts, cell by cell.

    Raises
    ------
    SettingError
        If a coding lies outside 0 to 1, a range is the wrong way round, or lengths differ.
    DataError
        If no case can have the outcome.

    Notes
    -----
    Evidence: the likelihood of θ is Π (p θ + (1 − p)(1 − θ)); a coder who is right with probability
    c gives p = c or 1 − c. Where outcomes are uncertain too, the share among cases without the
    outcome is integrated with the same prior. Belief: the two counts follow the Poisson-binomial
    law, summed exactly, and each pair of counts has its Beta posterior. In both, a range enters
    linearly, so its middle gives the exact integral; with its ends in place come the bounds.

    Examples
    --------
    >>> told = uncertain_share([1, 1, 1, 0.5])
    >>> round(told.mean, 3), told.n_with
    (0.8, 3.5)
    >>> round(uncertain_share([1, 1, 1, 0.5], meaning="belief").mean, 3)
    0.75
    """
    a, b = check_prior(prior)
    if meaning not in ("evidence", "belief"):
        raise SettingError(f"meaning must be evidence or belief, got {meaning!r}")
    p = cells_of(x, "x")
    q = np.ones(len(p)) if y is None else cells_of(y, "y", len(p))
    if not (q > 0).any():
        raise DataError("no case can have the outcome, so this cannot be told from these cases")
    if meaning == "belief":
        masses = _mixture(count_law(p * q, (1 - p) * q), a, b)
    elif (q == 1).all():
        masses = _scaled(np.log(_fits(p, MIDDLES)).sum(axis=0)) * beta_masses(a, b)
    else:
        masses = _joint(p, q, a, b)[0].sum(axis=1)
    return summary(masses, float(p @ q), float(q.sum()), "uncertain codings")


def uncertain_relevance(x: Any, y: Any, *, prior: Prior = (1.0, 1.0)) -> Relevance:
    """P(X|Y) against P(X|not Y) where conditions and outcomes are uncertainly coded.

    Both shares are taken on a grid together, with probabilities as ``evidence`` of each case.

    Parameters
    ----------
    x, y, prior
        As in :func:`uncertain_share`.

    Raises
    ------
    SettingError
        As in :func:`uncertain_share`.
    DataError
        If no case can have the outcome, or none can lack it.

    Examples
    --------
    >>> told = uncertain_relevance([1, 1, 0.9, 0, 0.2, 0], [1, 1, 1, 0, 0, 0])
    >>> told.p_greater > 0.9, told.fisher_p is None
    (True, True)
    """
    a, b = check_prior(prior)
    p = cells_of(x, "x")
    q = cells_of(y, "y", len(p))
    for which, share in (("have", q), ("lack", 1 - q)):
        if not (share > 0).any():
            raise DataError(
                f"no case can {which} the outcome, so this cannot be told from these cases"
            )
    joint, log_bf = _joint(p, q, a, b)
    given = summary(joint.sum(axis=1), float(p @ q), float(q.sum()), "uncertain codings")
    rest = summary(joint.sum(axis=0), float(p @ (1 - q)), float((1 - q).sum()), "uncertain codings")
    apart = np.subtract.outer(np.arange(N_BOTH), np.arange(N_BOTH))
    masses = np.bincount((apart + N_BOTH - 1).ravel(), joint.ravel())
    total = np.concatenate([[0.0], np.cumsum(masses)])
    edges = (np.arange(2 * N_BOTH) - N_BOTH + 0.5) / N_BOTH
    low, high = np.interp([0.025, 0.975], total / total[-1], edges)
    greater = float(joint[apart > 0].sum() + joint[apart == 0].sum() / 2)
    difference = given.mean - rest.mean, float(low), float(high)
    return relevance_of(given, rest, greater, difference, log_bf)


def count_law(with_it: Any, without: Any) -> Array:
    """Law of two counts: of cases that are the one thing, and of those that are the other.

    Parameters
    ----------
    with_it, without
        For each case the two probabilities, adding up to 1 at most, shape (n,).

    Returns
    -------
    Array of shape (n + 1, n + 1): entry [k, m] is the probability of k and m.

    Examples
    --------
    >>> count_law([0.5, 1.0], [0.5, 0.0]).round(2).tolist()
    [[0.0, 0.0, 0.0], [0.0, 0.5, 0.0], [0.5, 0.0, 0.0]]
    """
    p, q = np.asarray(with_it, float), np.asarray(without, float)
    law = np.zeros((len(p) + 1, len(p) + 1))
    law[0, 0] = 1.0
    for k, (one, other) in enumerate(zip(p, q, strict=True), start=1):
        part = law[: k + 1, : k + 1]
        fresh = (1 - one - other) * part
        fresh[1:] += one * part[:-1]
        fresh[:, 1:] += other * part[:, :-1]
        law[: k + 1, : k + 1] = fresh
    return law


def _fits(p: Array, theta: Array) -> Array:
    """p θ + (1 − p)(1 − θ), shape (n, steps)."""
    return p[:, None] * theta + (1 - p[:, None]) * (1 - theta)


def _joint(p: Array, q: Array, a: float, b: float) -> tuple[Array, float]:
    """Posterior masses of both shares, rows with the outcome, and log10 of the Bayes factor."""
    prior = beta_masses(a, b).reshape(N_BOTH, -1).sum(axis=1)
    fits = _fits(p, (np.arange(N_BOTH) + 0.5) / N_BOTH)
    loglik = np.zeros((N_BOTH, N_BOTH))
    for fit, chance in zip(fits, q, strict=True):
        loglik += np.log(chance * fit[:, None] + (1 - chance) * fit)
    likelihood = _scaled(loglik)
    joint = likelihood * np.outer(prior, prior)
    one = float(np.diagonal(likelihood) @ prior)
    return joint / joint.sum(), float(np.log10(joint.sum() / one))


def _scaled(loglik: Array) -> Array:
    return np.exp(loglik - loglik.max())


def _mixture(law: Array, a: float, b: float) -> Array:
    k, m = np.nonzero(law > NEGLIGIBLE)
    total = np.zeros(len(EDGES))
    for start in range(0, len(k), 256):
        part = slice(start, start + 256)
        cdf = betainc(a + k[part, None], b + m[part, None], EDGES)
        total += law[k[part], m[part]] @ cdf
    return np.diff(total)


def cells_of(given: Any, name: str, n: int | None = None) -> Array:
    """Codings as probabilities: ranges as their middles.

    Raises
    ------
    SettingError
        If one lies outside 0 to 1, a range is the wrong way round, or there are not ``n``.
    DataError
        If there are none.
    """
    try:
        cells = np.asarray(given, float)
    except (TypeError, ValueError):
        raise SettingError(f"{name} must be numbers from 0 to 1, got {given!r}") from None
    if cells.ndim not in (1, 2) or (cells.ndim == 2 and cells.shape[1] != 2):
        raise SettingError(
            f"{name} must have shape (n,), or (n, 2) for ranges, got shape {cells.shape}"
        )
    bad = np.flatnonzero(~((cells >= 0) & (cells <= 1)).reshape(len(cells), -1).all(axis=1))
    if len(bad):
        raise SettingError(
            f"{name} must lie between 0 and 1, got {cells[bad[0]].tolist()} in case {bad[0]}"
        )
    if cells.ndim == 2:
        wrong = np.flatnonzero(cells[:, 0] > cells[:, 1])
        if len(wrong):
            raise SettingError(
                f"a range of {name} must go from low to high, got {cells[wrong[0]].tolist()} in "
                f"case {wrong[0]}"
            )
        cells = cells.mean(axis=1)
    if n is not None and len(cells) != n:
        raise SettingError(f"x and y must be of one length, got {n} and {len(cells)}")
    if not len(cells):
        raise DataError("there are no cases")
    return cells
