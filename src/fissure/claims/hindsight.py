"""How far coding with knowledge of the outcome would make a perfect record by itself."""

from __future__ import annotations

from collections.abc import Sequence

from scipy.optimize import brentq
from scipy.stats import binom

from fissure.claims.bayes import check_counts
from fissure.errors import SettingError
from fissure.results.evidence import Hindsight, HindsightAt

__all__ = ["hindsight"]

#: True shares that are asked about where none are given.
TRUE_SHARES = (0.5, 0.6, 0.7, 0.8, 0.9)


def hindsight(
    n_with: int,
    n: int,
    rate: float = 0.8,
    *,
    true_shares: Sequence[float] = TRUE_SHARES,
    sensitivity: float = 1.0,
) -> Hindsight:
    """Would hindsight alone have made this record, were the condition not always there?

    Of cases with the outcome the share θ truly had the condition. A coder who knows the outcome
    finds it in those with probability se, and in the others with probability h. Then
    P(coded X) = se·θ + h·(1 − θ), and the record is binomial.

    Parameters
    ----------
    n_with, n
        Cases coded as having the condition, among the n cases with the outcome.
    rate
        The hindsight h, 0 (none: the condition is never seen where it was not) to 1.
    true_shares
        The values of θ to ask about, each 0 to 1.
    sensitivity
        The se, 0 to 1.

    Returns
    -------
    Hindsight
        For each θ, the probability of n_with or more, and the hindsight that would make it 1/2.

    Raises
    ------
    SettingError
        If a count, rate or share is outside what is allowed.
    DataError
        If there is no case.

    Examples
    --------
    >>> told = hindsight(20, 20, 0.8, true_shares=[0.8])
    >>> round(told.at[0].probability, 3), round(told.at[0].needed, 3)
    (0.442, 0.83)
    """
    check_counts(n_with, n)
    for name, value in (("rate", rate), ("sensitivity", sensitivity)):
        _check_share(name, value)
    if not len(true_shares):
        raise SettingError("true_shares must hold one share or more, got none")
    for value in true_shares:
        _check_share("true_shares", value)
    at = tuple(
        HindsightAt(
            float(theta),
            _record(n_with, n, sensitivity * theta + rate * (1 - theta)),
            _needed(n_with, n, theta, sensitivity),
        )
        for theta in true_shares
    )
    return Hindsight(
        int(n_with), int(n), float(rate), float(sensitivity), at, _sentence(n_with, n, rate, at)
    )


def _record(n_with: int, n: int, q: float) -> float:
    """Probability of so many or more."""
    return float(binom.sf(n_with - 1, n, q))


def _needed(n_with: int, n: int, theta: float, sensitivity: float) -> float | None:
    def beyond(h: float) -> float:
        return _record(n_with, n, sensitivity * theta + h * (1 - theta)) - 0.5

    if beyond(0.0) >= 0:
        return 0.0
    return float(brentq(beyond, 0.0, 1.0)) if beyond(1.0) >= 0 else None


def _check_share(name: str, value: object) -> None:
    if isinstance(value, bool) or not isinstance(value, int | float) or not 0 <= value <= 1:
        raise SettingError(f"{name} must lie between 0 and 1, got {value!r}")


def _percent(p: float) -> str:
    if p < 0.01:
        return "less than 1%"
    return "more than 99%" if p > 0.99 else f"{p:.0%}"


def _sentence(n_with: int, n: int, rate: float, at: tuple[HindsightAt, ...]) -> str:
    record = f"{n_with} of {n}" + ("" if n_with == n else " or more")
    one = max((a for a in at if a.true_share < 1), key=lambda a: a.true_share, default=at[-1])
    middle = next((a for a in at if round(a.true_share, 6) == 0.8), one)
    words = (
        f"Were the condition truly there in {middle.true_share:.0%} of cases, coding that finds it "
        f"in {rate:.0%} of those without it because the outcome is known would show {record} in "
        f"{_percent(middle.probability)} of samples"
    )
    if middle.needed is None:
        return f"{words}; no hindsight would make that record as likely as not."
    if middle.needed == 0:
        return f"{words}; that record is as likely as not without any hindsight."
    return f"{words}; it is as likely as not once that is {middle.needed:.0%}."
