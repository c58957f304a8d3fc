"""Intervals of shares, as every bench stores them."""

from __future__ import annotations

from scipy.stats import beta as beta_law

__all__ = ["exact_interval"]


def exact_interval(k: int, n: int, level: float = 0.05) -> list[float]:
    """Clopper-Pearson interval of a share; it misses in at most ``level`` of cases."""
    low = 0.0 if k == 0 else float(beta_law.ppf(level / 2, k, n - k + 1))
    high = 1.0 if k == n else float(beta_law.ppf(1 - level / 2, k + 1, n - k))
    return [round(low, 4), round(high, 4)]
