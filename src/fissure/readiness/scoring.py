"""Scores of probabilities against what came, beside simple baselines."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray
from scipy.stats import norm

from fissure.results.ledger import Bin, LedgerScore, Statement

__all__ = ["calibration", "decomposed", "past_shares", "poisson_binomial", "score"]

Array = NDArray[np.float64]

#: Bins of the decomposition and of the calibration plot.
BINS = 10
JEFFREYS = 0.5


def score(statements: Sequence[Statement]) -> LedgerScore | None:
    """Brier score with its parts, logarithmic score, baselines; None where nothing is resolved."""
    shown = [s for s in statements if s.outcome is not None]
    if not shown:
        return None
    p = np.array([s.probability for s in shown])
    came = np.array([float(bool(s.outcome)) for s in shown])
    past = past_shares(shown)
    parts = decomposed(p, came)
    failed = int(np.sum(np.abs(p - came) == 1))
    half = np.full(len(p), 0.5)
    out = LedgerScore(
        n=len(shown),
        brier=_brier(p, came),
        reliability=parts[0],
        resolution=parts[1],
        uncertainty=parts[2],
        within_bin=parts[3],
        log_score=None if failed else _log(p, came),
        n_failed_certainties=failed,
        brier_half=_brier(half, came),
        brier_past=_brier(past, came),
        log_half=_log(half, came),
        log_past=_log(past, came),
        p_calibrated=_p_calibrated(p, came),
        bins=calibration(p, came),
        sentence="",
    )
    return LedgerScore(**{**vars(out), "sentence": _sentence(out)})


def _brier(p: Array, came: Array) -> float:
    return float(np.mean((p - came) ** 2))


def _log(p: Array, came: Array) -> float:
    return float(-np.mean(np.log(np.where(came > 0, p, 1 - p))))


def past_shares(shown: Sequence[Statement]) -> Array:
    """What past frequency would have said when each was made: (k + ½)/(n + 1).

    Only outcomes whose entry comes before that of the statement count: a moment has whole seconds,
    and cannot tell which came first.
    """
    out = []
    for s in shown:
        known = [
            t.outcome for t in shown if t.outcome_entry is not None and t.outcome_entry < s.entry
        ]
        out.append((sum(map(bool, known)) + JEFFREYS) / (len(known) + 1))
    return np.array(out)


def _bins_of(p: Array) -> NDArray[np.intp]:
    # 0.3 * 10 is 2.999…: a hair is added, so that 0.3 begins a bin as it should
    return np.minimum((p * BINS + 1e-9).astype(np.intp), BINS - 1)


def decomposed(p: Array, came: Array) -> tuple[float, float, float, float]:
    """Reliability, resolution, uncertainty and the part within bins.

    Brier = reliability − resolution + uncertainty + within, exactly: within is the variance of
    probabilities in a bin less twice their covariance with outcomes there.

    Source
    ------
    Murphy (1973), Journal of Applied Meteorology 12(4), 595-600; the part within bins: Stephenson,
    Coelho and Jolliffe (2008), Weather and Forecasting 23(4), 752-757.

    Examples
    --------
    >>> import numpy as np
    >>> decomposed(np.array([0.2, 0.2, 0.8, 0.8]), np.array([0.0, 1.0, 1.0, 1.0]))
    (0.065, 0.0625, 0.1875, 0.0)
    """
    mean = came.mean()
    reliability = resolution = within = 0.0
    which = _bins_of(p)
    for b in np.unique(which):
        q, o = p[which == b], came[which == b]
        share = len(q) / len(p)
        reliability += share * (q.mean() - o.mean()) ** 2
        resolution += share * (o.mean() - mean) ** 2
        within += share * (q.var() - 2 * float(np.mean((q - q.mean()) * (o - o.mean()))))
    return float(reliability), float(resolution), float(mean * (1 - mean)), float(within)


def poisson_binomial(p: Array) -> Array:
    """Probability of 0, 1, … n successes in trials of unequal chance, by convolution.

    Examples
    --------
    >>> import numpy as np
    >>> poisson_binomial(np.array([0.5, 0.5]))
    array([0.25, 0.5 , 0.25])
    """
    law = np.ones(1)
    for chance in p:
        law = np.convolve(law, [1 - chance, chance])
    return law


def calibration(p: Array, came: Array) -> tuple[Bin, ...]:
    """Bins with what was said, what came, and what would come if all were right."""
    out = []
    which = _bins_of(p)
    for b in np.unique(which):
        inside = which == b
        n = int(inside.sum())
        law = np.cumsum(poisson_binomial(p[inside]))
        low, high = (int(np.searchsorted(law, q)) for q in (0.025, 0.975))
        out.append(
            Bin(
                low=float(b / BINS),
                high=float((b + 1) / BINS),
                n=n,
                said=float(p[inside].mean()),
                came=float(came[inside].mean()),
                expected_low=min(low, n) / n,
                expected_high=min(high, n) / n,
            )
        )
    return tuple(out)


def _p_calibrated(p: Array, came: Array) -> float | None:
    """Spiegelhalter (1986, Statistics in Medicine 5): Σ (o − p)(1 − 2p) is normal about 0."""
    spread = float(np.sum((1 - 2 * p) ** 2 * p * (1 - p)))
    if spread <= 0:
        return None
    z = float(np.sum((came - p) * (1 - 2 * p))) / np.sqrt(spread)
    return float(2 * norm.sf(abs(z)))


def _sentence(s: LedgerScore) -> str:
    few = f"{s.n} resolved statement{'' if s.n == 1 else 's'}"
    text = (
        f"{few}: Brier score {s.brier:.3f}, {_beside(s.brier, s.brier_past)} than past frequency "
        f"({s.brier_past:.3f}) and {_beside(s.brier, s.brier_half)} than saying one half each time "
        f"({s.brier_half:.3f})."
    )
    if s.n_failed_certainties:
        n = s.n_failed_certainties
        text += (
            f" {n} certaint{'y' if n == 1 else 'ies'} failed, so that the logarithmic score is "
            "infinite."
        )
    if s.n < 20:
        text += " So few say little about how good the next will be."
    return text


def _beside(one: float, other: float) -> str:
    return "better" if one < other else "no better"
