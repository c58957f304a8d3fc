"""How well chains of draws have mixed: rank-normalised split R-hat and effective sample sizes."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray
from scipy import stats
from scipy.special import ndtri

__all__ = ["bulk_ess", "ess", "rhat", "tail_ess"]

Array = NDArray[np.float64]


def rhat(draws: Array) -> Array:
    """The larger of rank-normalised split R-hat of the draws and of their distances to the median.

    Near 1 where the chains agree; NaN where nothing varies.

    Parameters
    ----------
    draws
        Array of shape (chains, draws, quantities), 10 draws or more.

    References
    ----------
    Vehtari, Gelman, Simpson, Carpenter and Bürkner (2021), "Rank-normalization, folding, and
    localization: an improved R-hat for assessing convergence of MCMC", Bayesian Analysis 16(2),
    667-718, doi:10.1214/20-BA1221, equations 1-4 and 14.
    """
    halves = _halves(draws)
    folded = np.abs(halves - np.median(halves, axis=(0, 1)))
    return np.maximum(_potential(_normal_scores(halves)), _potential(_normal_scores(folded)))


def bulk_ess(draws: Array) -> Array:
    """Effective sample size of each quantity for means and medians: of rank-normalised draws."""
    return ess(_normal_scores(_halves(draws)))


def tail_ess(draws: Array) -> Array:
    """The smaller effective sample size of the 5 % and the 95 % quantile."""
    halves = _halves(draws)
    low, high = np.quantile(draws, [0.05, 0.95], axis=(0, 1))
    return np.minimum(ess(halves <= low), ess(halves <= high))


def ess(chains: Array) -> Array:
    """Effective sample size from autocorrelations within and spread between chains.

    The autocorrelations are summed in pairs while those are positive, made not to rise (Geyer
    1992); with equations 10 and 11 of Vehtari et al. (2021).

    Parameters
    ----------
    chains
        Array of shape (chains, draws, quantities), 5 draws or more.
    """
    m, n = chains.shape[:2]
    values = np.asarray(chains, dtype=np.float64)
    centred = values - values.mean(axis=1, keepdims=True)
    length = 1 << (2 * n - 1).bit_length()
    power = np.abs(np.fft.rfft(centred, length, axis=1)) ** 2
    cov = np.fft.irfft(power, length, axis=1)[:, :n].mean(axis=0) / n
    within = cov[0] * n / (n - 1)
    total = cov[0] + (values.mean(axis=1).var(axis=0, ddof=1) if m > 1 else 0.0)
    with np.errstate(invalid="ignore", divide="ignore"):
        rho = 1.0 - (within - cov) / total
    rho[0] = 1.0
    last = (n - 3) // 2
    out = np.empty(rho.shape[1])
    for k in range(rho.shape[1]):
        pairs = rho[: 2 * last + 2, k].reshape(-1, 2).sum(axis=1)
        ended = np.flatnonzero(~(pairs > 0))
        stop = int(ended[0]) if len(ended) else last
        after = rho[2 * stop, k]
        tau = 2.0 * np.minimum.accumulate(pairs[:stop]).sum() - 1.0 + max(float(after), 0.0)
        # antithetic chains: no more than log10 of the number of draws times as many
        out[k] = m * n / max(tau, 1.0 / np.log10(m * n)) if total[k] > 0 else np.nan
    return out


def _halves(draws: Array) -> Array:
    """Each chain cut into two; a middle draw is left out."""
    half = draws.shape[1] // 2
    return np.concatenate([draws[:, :half], draws[:, -half:]])


def _normal_scores(draws: Array) -> Array:
    """Normal scores of ranks over all chains: Φ⁻¹((rank − 3/8) / (size + 1/4))."""
    m, n, q = draws.shape
    rank = stats.rankdata(draws.reshape(m * n, q), axis=0)
    return ndtri((rank - 0.375) / (m * n + 0.25)).reshape(m, n, q)


def _potential(chains: Array) -> Array:
    """√(variance of all draws / variance within chains), after Gelman and Rubin (1992)."""
    n = chains.shape[1]
    within = chains.var(axis=1, ddof=1).mean(axis=0)
    between = chains.mean(axis=1).var(axis=0, ddof=1)
    with np.errstate(invalid="ignore", divide="ignore"):
        return np.sqrt((n - 1) / n + between / within)
