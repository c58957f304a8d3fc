"""The posterior of a share where cases come in waves, such as 1848, 1989 and 2011."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from typing import Any

import numpy as np
from numpy.typing import NDArray

from fissure.claims.bayes import MIDDLES, Prior, beta_masses, beta_points, check_prior, summary
from fissure.claims.uncertain import cells_of
from fissure.errors import SettingError
from fissure.results.evidence import Posterior

__all__ = ["clustered_share"]

Array = NDArray[np.float64]

#: Points at which the likeness within waves is taken.
N_LIKENESS = 32


def clustered_share(
    x: Any, cluster: Any, *, prior: Prior = (1.0, 1.0), likeness: Prior = (1.0, 1.0)
) -> Posterior:
    """What cases that come in waves say of the share with the condition.

    In each wave c the share is drawn anew, from a Beta law with mean μ and intraclass correlation
    ρ, so k_c of n_c follow the beta-binomial law. Twenty revolutions of one spring are not twenty
    pieces of evidence. The share reported is μ, that of a case from a wave not seen yet.

    Parameters
    ----------
    x
        Whether each case has the condition: 0, 1, or how probable it is by the sources of this case
        alone (0.5 tells nothing), shape (n,); or ranges, shape (n, 2).
    cluster
        The wave of each case, shape (n,); an empty one is a wave of its own.
    prior
        a and b of the Beta prior of μ.
    likeness
        a and b of the Beta prior of ρ; the default is flat from 0 (independent) to 1 (all alike).

    Returns
    -------
    Posterior
        ``n_effective`` is the posterior mean of Σ n_c / (1 + (n_c − 1) ρ).

    Raises
    ------
    SettingError
        If a coding lies outside 0 to 1, or lengths differ.
    DataError
        If there are no cases.

    Source
    ------
    Williams (1975), Biometrics 31: 949-952, with both parameters integrated on a grid.

    Examples
    --------
    >>> alone = clustered_share([1] * 12, range(12))
    >>> waves = clustered_share([1] * 12, ["1848"] * 6 + ["1989"] * 6)
    >>> round(alone.mean, 3), waves.mean < alone.mean, waves.n_effective < 12
    (0.929, True, True)
    """
    a, b = check_prior(prior)
    c, d = check_prior(likeness)
    cells = cells_of(x, "x")
    waves = _waves(cells, cluster)
    n = np.array([len(wave) for wave in waves])
    rho, weight = beta_points(c, d, N_LIKENESS)
    loglik = _loglik(waves, rho)
    joint = np.exp(loglik - loglik.max()) * weight[:, None] * beta_masses(a, b)
    worth = (n / (1 + (n - 1) * rho[:, None])).sum(axis=1)
    # exactly the number of cases where each is a wave of its own
    alone = len(n) == len(cells)
    effective = float(len(n) if alone else joint.sum(axis=1) @ worth / joint.sum())
    method = f"{len(n)} waves of cases"
    return summary(joint.sum(axis=0), float(cells.sum()), len(cells), method, effective)


def _loglik(waves: Iterable[tuple[float, ...]], rho: Array) -> Array:
    """Log-likelihood for each ρ and each step of μ, shape (R, steps).

    With γ = ρ/(1 − ρ), P(k of n) is C(n, k) times Π_{i<k} (μ + iγ) Π_{i<n−k} (1 − μ + iγ) /
    Π_{i<n} (1 + iγ). Uncertain cells are summed over the law of k.
    """
    times = Counter(waves)
    laws = {wave: _law(wave) for wave in times}
    needed = {j for wave, law in laws.items() for k in law for j in (k, len(wave) - k)}
    gamma = (rho / (1 - rho))[:, None]
    steps = np.arange(max(len(wave) for wave in times))[:, None] * gamma[:, 0]
    common = np.cumsum(np.log1p(steps), axis=0)[..., None]
    sums, running = dict[int, Array](), np.zeros((len(rho), len(MIDDLES)))
    for i in range(max(needed) + 1):
        if i in needed:
            sums[i] = running
        running = running + np.log(MIDDLES + i * gamma)
    out = np.zeros((len(rho), len(MIDDLES)))
    for wave, count in times.items():
        n = len(wave)
        # the steps lie symmetrically, so 1 − μ is μ read backwards
        ways = [np.log(p) + sums[k] + sums[n - k][:, ::-1] for k, p in laws[wave].items()]
        out += count * (np.logaddexp.reduce(ways) - common[n - 1])
    return out


def _law(wave: tuple[float, ...]) -> dict[int, float]:
    """How probable each number of cases with the condition is, in a wave of uncertain cells."""
    # no count is too rare to keep: at the ends of μ it may be the only one that is possible
    law = np.ones(1)
    for p in wave:
        law = np.convolve(law, (1 - p, p))
    return {int(k): float(law[k]) for k in np.flatnonzero(law)}


def _waves(cells: Array, cluster: Any) -> list[tuple[float, ...]]:
    """The cells of each wave, in ascending order."""
    names = [str(c) for c in cluster]
    if len(cells) != len(names):
        raise SettingError(
            f"x and cluster must be of one length, got {len(cells)} and {len(names)}"
        )
    waves: dict[tuple[str, int], list[float]] = {}
    for k, (name, cell) in enumerate(zip(names, cells.tolist(), strict=True)):
        waves.setdefault((name, -1) if name.strip() else ("", k), []).append(cell)
    return [tuple(sorted(wave)) for wave in waves.values()]
