"""Several coders' votes on the same cases: how reliable each is, and what they say together."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy.special import expit

from fissure.claims.bayes import (
    N_STEPS,
    Prior,
    beta_masses,
    check_prior,
    in_words,
    summary,
)
from fissure.errors import DataError, SettingError
from fissure.results.evidence import Coder, Coders

__all__ = ["dawid_skene", "maximise", "several_coders"]

Array = NDArray[np.float64]
Votes = NDArray[np.int8]

#: Prior of every coder's sensitivity and specificity: better than a coin, mean 0.8.
RELIABLE = (4.0, 1.0)
TOLERANCE = 1e-8
MOST_STEPS = 2000
BURN_IN = 500


def several_coders(
    votes: Any,
    group: Any = None,
    *,
    names: Sequence[str] | None = None,
    prior: Prior = (1.0, 1.0),
    reliability: Prior = RELIABLE,
    draws: int = 2000,
    seed: int = 1,
) -> Coders:
    """What several coders' votes say of the cases, of the shares, and of the coders themselves.

    The model of Dawid and Skene: each case has the condition or not; coder j finds it with
    probability se_j where it is, and 1 − sp_j where it is not, independently given the truth. The
    share with the condition differs between groups of cases (outcome or not), the coders do not.
    Gibbs draws start from the maximum of the posterior.

    Parameters
    ----------
    votes
        1 (present), 0 (absent) or −1 (no vote), shape (n_cases, n_coders).
    group
        Group of each case, such as its outcome, shape (n_cases,); where not given, all are one.
        Groups are in sorted order, so that the second is that with the outcome.
    names
        Of the coders; numbered from 1 where not given.
    prior
        a and b of the Beta prior of each group's share.
    reliability
        a and b of the Beta prior of each sensitivity and specificity. It must say that coders are
        better than a coin (a > b): votes alone cannot tell a condition from its absence.
    draws
        How many draws are kept, 100 or more.
    seed
        Of the draws.

    Raises
    ------
    SettingError
        If a vote is none of these, lengths differ, or a setting is outside what is allowed.
    DataError
        If there are no cases, no coders, or a coder voted on none.

    Source
    ------
    Dawid and Skene (1979), Applied Statistics 28: 20-28, https://doi.org/10.2307/2346806, equations
    2.3 to 2.5, with priors.

    Examples
    --------
    >>> told = several_coders([[1, 1, 1], [1, 1, 0], [0, 0, 0], [0, 0, 0], [1, 1, 1], [0, 0, 1]])
    >>> [round(p) for p in told.truth]
    [1, 1, 0, 0, 1, 0]
    """
    v, which, groups, called = _checked(votes, group, names, draws)
    share, rate = check_prior(prior), check_prior(reliability)
    if rate[0] <= rate[1]:
        raise SettingError(f"reliability must be (a, b) with a > b, got {reliability!r}")
    truth, n_iter, converged = maximise(v, which, share, rate)
    drawn = dawid_skene(v, which, truth, share, rate, draws, np.random.default_rng(seed))
    found, pi, se, sp = drawn
    sizes = np.bincount(which)
    totals = np.stack([found[:, which == g].sum(axis=1) for g in range(len(groups))])
    shares = tuple(
        summary(
            _mixed(totals[g], int(sizes[g]), share), float(totals[g].mean()), float(sizes[g]),
            f"{v.shape[1]} coders",
        )
        for g in range(len(groups))
    )  # fmt: skip
    coders = tuple(
        Coder(name, int((v[:, j] >= 0).sum()), *_interval(se[:, j]), *_interval(sp[:, j]))
        for j, name in enumerate(called)
    )
    greater = float((pi[:, 1] > pi[:, 0]).mean()) if len(groups) == 2 else None
    return Coders(
        tuple(found.mean(axis=0).tolist()), coders, shares, groups, greater, converged, n_iter,
        draws, seed, _sentence(coders, shares, groups, greater),
    )  # fmt: skip


def maximise(
    v: Votes, which: NDArray[np.int64], share: Prior, rate: Prior
) -> tuple[Array, int, bool]:
    """Probability of the condition in each case at the maximum of the posterior, by EM.

    Starts from the share of votes that found it.

    Returns
    -------
    tuple
        Probabilities of shape (n_cases,), number of steps, and whether they came to rest.
    """
    yes, cast = (v == 1).astype(float), (v >= 0).astype(float)
    truth = yes.sum(axis=1) / np.maximum(cast.sum(axis=1), 1)
    truth = np.where(cast.sum(axis=1) > 0, truth, 0.5)
    sizes = np.bincount(which)
    for step in range(1, MOST_STEPS + 1):
        pi = _mode(np.asarray(np.bincount(which, truth), float), sizes.astype(float), share)
        se = _mode(truth @ yes, truth @ cast, rate)
        sp = _mode((1 - truth) @ (cast - yes), (1 - truth) @ cast, rate)
        fresh = _truth(yes, cast, pi[which], se, sp)
        moved, truth = float(np.abs(fresh - truth).max()), fresh
        if moved < TOLERANCE:
            return truth, step, True
    return truth, MOST_STEPS, False


def dawid_skene(
    v: Votes,
    which: NDArray[np.int64],
    truth: Array,
    share: Prior,
    rate: Prior,
    draws: int,
    rng: np.random.Generator,
) -> tuple[NDArray[np.int8], Array, Array, Array]:
    """Gibbs draws: cases (draws, n), shares (draws, G), sensitivities and specificities (draws, J).

    Given the cases every share and rate has its Beta law; given those, every case its Bernoulli.
    """
    yes, cast = (v == 1).astype(float), (v >= 0).astype(float)
    n, n_coders = v.shape
    sizes = np.bincount(which)
    out_z = np.empty((draws, n), np.int8)
    out_pi = np.empty((draws, len(sizes)))
    out_se, out_sp = np.empty((2, draws, n_coders))
    z = (rng.random(n) < truth).astype(float)
    for d in range(-BURN_IN, draws):
        found = np.bincount(which, z, len(sizes))
        pi = rng.beta(share[0] + found, share[1] + sizes - found)
        hit, true = z @ yes, z @ cast
        clear, false = (1 - z) @ (cast - yes), (1 - z) @ cast
        se = rng.beta(rate[0] + hit, rate[1] + true - hit)
        sp = rng.beta(rate[0] + clear, rate[1] + false - clear)
        z = (rng.random(n) < _truth(yes, cast, pi[which], se, sp)).astype(float)
        if d >= 0:
            out_z[d], out_pi[d], out_se[d], out_sp[d] = z, pi, se, sp
    return out_z, out_pi, out_se, out_sp


def _truth(yes: Array, cast: Array, pi: Array, se: Array, sp: Array) -> Array:
    """P(condition | votes) by Bayes' rule, on the scale of log odds."""
    tiny = 1e-12
    se, sp, pi = (np.clip(r, tiny, 1 - tiny) for r in (se, sp, pi))
    odds = np.log(pi) - np.log1p(-pi)
    odds = odds + yes @ (np.log(se) - np.log1p(-sp)) + (cast - yes) @ (np.log1p(-se) - np.log(sp))
    return expit(odds)


def _mode(found: Array, n: Array, prior: Prior) -> Array:
    """Mode of each Beta posterior; 1/2 where nothing is known."""
    a, b = max(prior[0] - 1, 0.0), max(prior[1] - 1, 0.0)
    total = a + b + n
    return np.where(total > 0, (a + found) / np.where(total > 0, total, 1.0), 0.5)


def _mixed(totals: NDArray[np.int64], n: int, prior: Prior) -> Array:
    """Posterior of a share over the draws of how many cases have the condition."""
    values, times = np.unique(totals, return_counts=True)
    masses = np.zeros(N_STEPS)
    for k, count in zip(values.tolist(), times.tolist(), strict=True):
        masses += count / len(totals) * beta_masses(prior[0] + k, prior[1] + n - k)
    return masses


def _interval(drawn: Array) -> tuple[float, float, float]:
    low, high = np.quantile(drawn, [0.025, 0.975])
    return float(drawn.mean()), float(low), float(high)


def _checked(
    votes: Any, group: Any, names: Sequence[str] | None, draws: object
) -> tuple[Votes, NDArray[np.int64], tuple[str, ...], tuple[str, ...]]:
    v = np.asarray(votes)
    if v.ndim != 2 or not v.size:
        raise DataError(f"votes must have shape (n_cases, n_coders), got {v.shape}")
    bad = np.argwhere(~np.isin(v, (-1, 0, 1)))
    if len(bad):
        row, j = bad[0]
        raise SettingError(f"a vote must be 1, 0 or -1, got {v[row, j]} in case {row}, coder {j}")
    v = v.astype(np.int8)
    silent = np.flatnonzero((v < 0).all(axis=0))
    if len(silent):
        raise DataError(f"coder {silent[0]} has voted on no case; leave that column out")
    labels = [str(g) for g in (np.zeros(len(v), int) if group is None else np.asarray(group))]
    if len(labels) != len(v):
        raise SettingError(f"group must have one entry a case, got {len(labels)} for {len(v)}")
    if isinstance(draws, bool) or not isinstance(draws, int) or draws < 100:
        raise SettingError(f"draws must be a whole number of 100 or more, got {draws!r}")
    groups = tuple(sorted(set(labels)))
    called = tuple(names) if names is not None else tuple(str(j + 1) for j in range(v.shape[1]))
    if len(called) != v.shape[1]:
        raise SettingError(f"names must be {v.shape[1]}, one a coder, got {len(called)}")
    which = np.array([groups.index(g) for g in labels], np.int64)
    return v, which, ("all",) if group is None else groups, called


def _sentence(
    coders: Sequence[Coder], shares: Sequence[Any], groups: Sequence[str], greater: float | None
) -> str:
    worst = min(coders, key=lambda c: c.sensitivity + c.specificity)
    words = f"{len(coders)} coders together: " + "; ".join(
        (f"{g}: " if len(groups) > 1 else "") + f"share {s.mean:.2f} ({s.low:.2f} to {s.high:.2f})"
        for g, s in zip(groups, shares, strict=True)
    )
    if greater is not None:
        words += f"; that of {groups[1]} is the greater with probability {in_words(greater)}"
    return (
        f"{words}. Least reliable is coder {worst.coder}: finds the condition in "
        f"{worst.sensitivity:.2f} of cases that have it and in {1 - worst.specificity:.2f} of "
        "those that do not."
    )
