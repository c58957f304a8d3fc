"""The posterior of a share of cases, and of its relevance: P(X|Y) against P(X|not Y)."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray
from scipy.linalg import eigh_tridiagonal
from scipy.special import betainc, betaln
from scipy.stats import barnard_exact, betabinom, fisher_exact

from fissure.errors import DataError, SettingError
from fissure.results.evidence import Posterior, Relevance

__all__ = [
    "EDGES",
    "MIDDLES",
    "beta_masses",
    "beta_points",
    "check_counts",
    "check_prior",
    "compare",
    "in_words",
    "prediction",
    "relevance",
    "relevance_bf",
    "relevance_of",
    "share",
    "summary",
]

Array = NDArray[np.float64]
Prior = tuple[float, float]

#: Every posterior is held as its mass in so many equal steps; 0.90 and 0.95 are edges of steps.
N_STEPS = 2000
EDGES: Array = np.linspace(0.0, 1.0, N_STEPS + 1)
MIDDLES: Array = (EDGES[1:] + EDGES[:-1]) / 2
EDGES.flags.writeable = MIDDLES.flags.writeable = False
#: The curve that is stored has so many points.
N_CURVE = 200
#: Barnard's test takes seconds on larger tables.
MOST_BARNARD = 150


def share(n_with: int, n: int, *, prior: Prior = (1.0, 1.0)) -> Posterior:
    """What n_with of n cases say of the share with the condition.

    The share θ has a Beta(a, b) prior, so its posterior is Beta(a + n_with, b + n − n_with). With
    the flat prior n of n give the mean (n + 1)/(n + 2).

    Parameters
    ----------
    n_with
        Cases with the condition, 0 to n.
    n
        Cases, 1 or more.
    prior
        a and b, above 0.

    Returns
    -------
    Posterior
        Mean, interval, and the probabilities of 0.90 and 0.95 or more.

    Raises
    ------
    SettingError
        If a count or the prior is outside what is allowed.
    DataError
        If there is no case.

    Source
    ------
    Gelman et al. (2013), Bayesian Data Analysis, 3rd edition, section 2.4.

    Examples
    --------
    >>> twenty = share(20, 20)
    >>> round(twenty.mean, 3), round(twenty.lower, 3), round(twenty.p_above_95, 2)
    (0.955, 0.867, 0.66)
    """
    check_counts(n_with, n)
    a, b = check_prior(prior)
    return summary(beta_masses(a + n_with, b + n - n_with), n_with, n, "cases as coded")


def relevance(
    n_with: int, n: int, n_with_other: int, n_other: int, *, prior: Prior = (1.0, 1.0)
) -> Relevance:
    """Is the condition more frequent among cases with the outcome than among those without?

    A condition that nearly every case has is necessary for everything, trivially. Two shares with
    independent Beta(a, b) priors are held against one common share with the same prior.

    Parameters
    ----------
    n_with, n
        Cases with the condition among the n cases with the outcome.
    n_with_other, n_other
        The same among the cases without the outcome.
    prior
        a and b, above 0.

    Raises
    ------
    SettingError
        If a count or the prior is outside what is allowed.
    DataError
        If there is no case with the outcome, or none without.

    Source
    ------
    Bayes factor: B(a+k₁, b+m₁) B(a+k₀, b+m₀) / (B(a, b) B(a+k₁+k₀, b+m₁+m₀)), of Kass and Raftery
    (1995), Journal of the American Statistical Association 90: 773-795, equation 1.

    Examples
    --------
    >>> told = relevance(20, 20, 10, 20)
    >>> round(told.p_greater, 3), round(told.log10_bf, 1)
    (1.0, 2.6)
    """
    check_counts(n_with, n)
    check_counts(n_with_other, n_other, outcome=False)
    a, b = check_prior(prior)
    k, m, k0, m0 = n_with, n - n_with, n_with_other, n_other - n_with_other
    one, other = beta_masses(a + k, b + m), beta_masses(a + k0, b + m0)
    table = [[k, m], [k0, m0]]
    is_small, varies = n + n_other <= MOST_BARNARD, k + k0 > 0 and m + m0 > 0
    return compare(
        one[None],
        other[None],
        np.ones(1),
        share(k, n, prior=prior),
        share(k0, n_other, prior=prior),
        relevance_bf(k, n, k0, n_other, (a, b)),
        fisher_p=float(fisher_exact(table).pvalue),
        barnard_p=_barnard(table) if is_small and varies else None if not is_small else 1.0,
    )


def relevance_bf(n_with: int, n: int, n_with_other: int, n_other: int, prior: Prior) -> float:
    """log10 of B(a+k₁, b+m₁) B(a+k₀, b+m₀) / (B(a, b) B(a+k₁+k₀, b+m₁+m₀))."""
    a, b = prior
    k, m, k0, m0 = n_with, n - n_with, n_with_other, n_other - n_with_other
    log_bf = betaln(a + k, b + m) + betaln(a + k0, b + m0)
    log_bf -= betaln(a, b) + betaln(a + k + k0, b + m + m0)
    return float(log_bf / np.log(10))


def prediction(n_with: int, n: int, ahead: int = 1, *, prior: Prior = (1.0, 1.0)) -> Array:
    """Probabilities that 0, 1, ... of the next cases have the condition.

    Parameters
    ----------
    n_with, n, prior
        As in :func:`share`.
    ahead
        How many cases are to come, 1 or more.

    Returns
    -------
    Array of shape (ahead + 1,), summing to 1: the beta-binomial law.

    Raises
    ------
    SettingError, DataError
        As in :func:`share`.

    Examples
    --------
    >>> float(prediction(20, 20)[1].round(3)), float(prediction(20, 20, ahead=10)[10].round(3))
    (0.955, 0.677)
    """
    check_counts(n_with, n)
    a, b = check_prior(prior)
    if isinstance(ahead, bool) or not isinstance(ahead, int) or ahead < 1:
        raise SettingError(f"ahead must be a whole number of 1 or more, got {ahead!r}")
    return betabinom.pmf(np.arange(ahead + 1), ahead, a + n_with, b + n - n_with)


def summary(
    masses: Array, n_with: float, n: float, method: str, n_effective: float | None = None
) -> Posterior:
    """Mean, interval and probabilities of a posterior held as masses on equal steps from 0 to 1.

    The number of steps must be a multiple of 200.
    """
    masses, size = masses / masses.sum(), len(masses)
    total = np.concatenate([[0.0], np.cumsum(masses)])
    edges = np.linspace(0.0, 1.0, size + 1)
    low, lower, high = np.interp([0.025, 0.05, 0.975], total / total[-1], edges)
    mean = float(masses @ (edges[1:] + edges[:-1]) / 2)
    above_90, above_95 = (float(masses[round(at * size) :].sum()) for at in (0.90, 0.95))
    curve = masses.reshape(N_CURVE, -1).sum(axis=1) * N_CURVE
    words = (
        f"{_count(n_with)} of {_count(n)} had it: the share is {mean:.2f} (95% interval {low:.2f} "
        f"to {high:.2f}), at least 0.90 with probability {in_words(above_90)}."
    )
    worth = float(n if n_effective is None else n_effective)
    if n_effective is not None and round(worth, 1) < round(n, 1):
        words += f" The cases are worth {worth:.1f} independent ones."
    return Posterior(
        float(n_with), float(n), mean, float(low), float(high), float(lower), above_90, above_95,
        worth, method, tuple(curve.tolist()), words,
    )  # fmt: skip


def compare(
    one: Array,
    other: Array,
    weight: Array,
    given: Posterior,
    otherwise: Posterior,
    log10_bf: float,
    *,
    fisher_p: float | None = None,
    barnard_p: float | None = None,
) -> Relevance:
    """Two shares that are independent given s, held against each other.

    Parameters
    ----------
    one, other
        Masses of the two shares given each s, shape (S, steps), each row proportional to its
        posterior; a multiple of 400 equal steps from 0 to 1.
    weight
        Posterior weight of each s, shape (S,).
    """
    one = one / one.sum(axis=1, keepdims=True)
    other = other / other.sum(axis=1, keepdims=True)
    weight = weight / weight.sum()
    below = np.cumsum(other, axis=1) - other / 2
    greater = float(weight @ (one * below).sum(axis=1))
    low, high = _difference(one, other, weight)
    middles = (np.arange(one.shape[1]) + 0.5) / one.shape[1]
    mean = float(weight @ ((one - other) @ middles))
    return relevance_of(given, otherwise, greater, (mean, low, high), log10_bf, fisher_p, barnard_p)


def relevance_of(
    given: Posterior,
    otherwise: Posterior,
    p_greater: float,
    difference: tuple[float, float, float],
    log10_bf: float,
    fisher_p: float | None = None,
    barnard_p: float | None = None,
) -> Relevance:
    """The answer with its sentence; the difference is a mean with its interval."""
    mean, low, high = difference
    words = (
        f"The condition is there in {given.mean:.2f} of cases with the outcome and "
        f"{otherwise.mean:.2f} of those without (difference {mean:+.2f}, 95% interval {low:+.2f} "
        f"to {high:+.2f}); the first share is the greater with probability "
        f"{in_words(p_greater)}. "
        f"{_bf(log10_bf)}"
    )
    return Relevance(
        given, otherwise, p_greater, mean, low, high, log10_bf, fisher_p, barnard_p, words
    )


def in_words(p: float) -> str:
    """A probability in print: never 0.00 or 1.00.

    Examples
    --------
    >>> in_words(0.834), in_words(0.9999)
    ('0.83', 'more than 0.99')
    """
    if p < 0.01:
        return "less than 0.01"
    return "more than 0.99" if p > 0.99 else f"{p:.2f}"


def beta_masses(a: float, b: float) -> Array:
    """Mass of Beta(a, b) in each step."""
    return np.diff(betainc(a, b, EDGES))


def beta_points(a: float, b: float, size: int) -> tuple[Array, Array]:
    """Points and weights that integrate over Beta(a, b), exactly for polynomials to 2·size − 1.

    Source
    ------
    Golub and Welsch (1969), Mathematics of Computation 23: 221-230: the points are the eigenvalues
    of the Jacobi matrix, the weights the squares of the first entries of its eigenvectors. SciPy's
    ``roots_jacobi`` overflows for laws as narrow as Beta(900, 100).
    """
    alpha, beta = b - 1, a - 1
    k = np.arange(1.0, size)
    total = 2 * k + alpha + beta
    middle = np.concatenate(
        [[(beta - alpha) / (alpha + beta + 2)], (beta**2 - alpha**2) / (total * (total + 2))]
    )
    # k = 1 in a form that also holds where alpha + beta = −1
    beside = 4 * k * (k + alpha) * (k + beta) / (total**2 * (total + 1))
    ratio = np.ones(size - 1)
    ratio[1:] = (k[1:] + alpha + beta) / (total[1:] - 1)
    x, vectors = eigh_tridiagonal(middle, np.sqrt(beside * ratio))
    return np.clip((x + 1) / 2, 0.0, 1.0), vectors[0] ** 2


def check_counts(n_with: object, n: object, outcome: bool = True) -> None:
    """Refuse counts that are none, and say where nothing can be tested."""
    for name, value in (("n_with", n_with), ("n", n)):
        if isinstance(value, bool) or not isinstance(value, int | np.integer) or value < 0:
            raise SettingError(f"{name} must be a whole number of 0 or more, got {value!r}")
    if n == 0:
        which = "with" if outcome else "without"
        raise DataError(
            f"there is no case {which} the outcome, so this cannot be told from these cases"
        )
    if n_with > n:  # type: ignore[operator]
        raise SettingError(f"n_with must be at most n={n}, got {n_with}")


def check_prior(prior: Prior) -> Prior:
    """Two numbers above 0."""
    try:
        a, b = (float(v) for v in prior)
    except (TypeError, ValueError):
        a = b = 0.0
    if not (0 < a < np.inf and 0 < b < np.inf):
        raise SettingError(f"a prior must be two finite numbers above 0, got {prior!r}")
    return a, b


def _difference(one: Array, other: Array, weight: Array) -> tuple[float, float]:
    """Central 95 % interval of the difference, on steps of 1/400."""
    size = 400
    p, q = (m.reshape(len(m), size, -1).sum(axis=2) for m in (one, other))
    spectrum = np.fft.rfft(p, 2 * size) * np.fft.rfft(q[:, ::-1], 2 * size)
    masses = np.clip(np.fft.irfft(weight @ spectrum, 2 * size)[:-1], 0.0, None)
    total = np.concatenate([[0.0], np.cumsum(masses)])
    edges = (np.arange(2 * size) - size + 0.5) / size
    low, high = np.interp([0.025, 0.975], total / total[-1], edges)
    return float(low), float(high)


def _barnard(table: list[list[int]]) -> float:
    # SciPy wants the two groups as columns
    return float(barnard_exact(np.transpose(table)).pvalue)


def _bf(log10_bf: float) -> str:
    size = 10 ** abs(log10_bf)
    times = f"{size:.1f}" if size < 1000 else f"10^{abs(log10_bf):.0f}"
    what = "two different shares" if log10_bf >= 0 else "one common share"
    return f"The cases favour {what} by {times} to 1."


def _count(n: float) -> str:
    return f"{n:.0f}" if float(n).is_integer() else f"{n:.1f}"
