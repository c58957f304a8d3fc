"""How long do windows last? The last one may still be open."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray
from scipy.special import logsumexp
from scipy.stats import CensoredData, ecdf
from scipy.stats import gamma as gamma_law

from fissure.readiness.comparing import JEFFREYS, quantiles
from fissure.readiness.histories import History
from fissure.readiness.processes import SHAPE_SD
from fissure.results.parts import Interval
from fissure.results.readiness import Durations, Survival

__all__ = ["durations", "kaplan_meier", "length_draws", "weibull_shape"]

Array = NDArray[np.float64]

#: Equally probable values kept of each draw.
VALUES = 400
#: Nodes of the log shape.
N_SHAPE = 61
#: Steps of this share, taken round and round, fill 0 to 1 evenly and keep no step with the rates.
GOLDEN = (5**0.5 - 1) / 2


def kaplan_meier(lengths: Array, is_closed: NDArray[np.bool_]) -> tuple[Array, Array]:
    """Share of windows that last longer than each length, by Kaplan and Meier.

    SciPy's estimate for right-censored data: one well-kept library less than a survival package.

    Parameters
    ----------
    lengths
        Years, shape (n,).
    is_closed
        Whether the window closed then, or was still open.

    Returns
    -------
    tuple
        Lengths at which windows closed, ascending, and the share that lasts longer.

    Source
    ------
    Kaplan and Meier (1958), Journal of the American Statistical Association 53(282), 457-481.

    Examples
    --------
    >>> import numpy as np
    >>> kaplan_meier(np.array([1.0, 2.0, 3.0]), np.array([True, False, True]))
    (array([1., 3.]), array([0.6667, 0.    ]))
    """
    sample = CensoredData(uncensored=lengths[is_closed], right=lengths[~is_closed])
    found = ecdf(sample).sf
    is_step = np.isin(found.quantiles, lengths[is_closed])
    return found.quantiles[is_step], found.probabilities[is_step]


def weibull_shape(lengths: Array, is_closed: NDArray[np.bool_]) -> tuple[Array, Array, float]:
    """Posterior of the Weibull shape, and its log Bayes factor against the exponential law.

    The scale, with prior 1/scale, is integrated in closed form: Π κ x_i^(κ−1) Γ(m) / (κ A^m), with
    A = Σ x^κ over all and m windows closed.

    Returns
    -------
    tuple
        Shapes, their posterior masses, and the log Bayes factor; all none-the-wiser without a
        closed window.
    """
    log_shape = np.linspace(-3, 3, N_SHAPE) * SHAPE_SD
    shape = np.exp(log_shape)
    prior = np.exp(-0.5 * (log_shape / SHAPE_SD) ** 2)
    prior /= prior.sum()
    m = int(is_closed.sum())
    if m == 0:
        return shape, prior, 0.0
    log_sum = logsumexp(np.outer(shape, np.log(lengths)), axis=1)
    log = (m - 1) * log_shape + (shape - 1) * np.log(lengths[is_closed]).sum() - m * log_sum
    plain = -m * np.log(lengths.sum())
    joint = np.log(prior) + log
    total = float(logsumexp(joint))
    return shape, np.exp(joint - total), total - plain


def durations(histories: Sequence[History], point: History) -> Durations | None:
    """How long windows last, over draws; None where there is no window.

    Parameters
    ----------
    histories
        One a draw, closings known.
    point
        The history of the central dates, for the curve.
    """
    shown = [h for h in histories if len(h.lengths)]
    if not shown:
        return None
    means, shapes, masses, odds = [], [], [], []
    share = (np.arange(VALUES) + 0.5) / VALUES
    for h in shown:
        means.append(_means(h, share))
        shape, mass, log_odds = weibull_shape(h.lengths, h.is_closed)
        shapes.append(shape)
        masses.append(mass / len(shown))
        odds.append(1 / (1 + np.exp(-log_odds)))
    mean = np.concatenate(means)
    is_known = any(h.is_closed.any() for h in shown)
    n, n_closed = (float(np.mean([f(h) for h in histories])) for f in (_all, _closed))
    length = Interval.of(float(np.median(mean)), mean)
    return Durations(
        n=n,
        n_closed=n_closed,
        mean=length if is_known else None,
        closing_rate=Interval(1 / length.estimate, 1 / length.high, 1 / length.low)
        if is_known
        else None,
        weibull_shape=_weighted(np.concatenate(shapes), np.concatenate(masses))
        if is_known
        else None,
        p_weibull=float(np.mean(odds)) if is_known else None,
        curve=_curve(point),
        open_now=float(np.mean([h.is_open for h in histories])),
        remaining=_remaining(shown),
        sentence=_sentence(n, n_closed, length if is_known else None, _remaining(shown)),
    )


def length_draws(histories: Sequence[History], n: int) -> tuple[float, ...]:
    """n mean lengths of windows from each history, equally probable and in no order.

    A history without a window has those of another one; none are given where no window closed.
    """
    shown = [h for h in histories if len(h.lengths)]
    if not any(h.is_closed.any() for h in shown):
        return ()
    share = (np.arange(n * len(histories), dtype=np.float64) + 0.5) * GOLDEN % 1
    out = [
        _means(h if len(h.lengths) else shown[k % len(shown)], part)
        for k, (h, part) in enumerate(zip(histories, share.reshape(-1, n), strict=True))
    ]
    return tuple(float(v) for v in np.concatenate(out))


def _means(h: History, share: Array) -> Array:
    """Quantiles of the mean length: D/Gamma(m, 1) for m windows closed in D years of windows."""
    return h.lengths.sum() / gamma_law.ppf(share, max(_closed(h), JEFFREYS))


def _all(h: History) -> float:
    return float(len(h.lengths))


def _closed(h: History) -> float:
    return float(h.is_closed.sum())


def _weighted(values: Array, mass: Array) -> Interval:
    low, high = quantiles(values[:, None], mass)
    order = np.argsort(values, kind="stable")
    middles = np.cumsum(mass[order]) - 0.5 * mass[order]
    middle = np.interp(0.5, middles / mass.sum(), values[order])
    return Interval(float(middle), float(low[0]), float(high[0]))


def _curve(point: History) -> Survival:
    if not point.is_closed.any():
        return Survival((), ())
    years, share = kaplan_meier(point.lengths, point.is_closed)
    return Survival((0.0, *map(float, years)), (1.0, *map(float, share)))


def _remaining(histories: Sequence[History]) -> Interval | None:
    """Of the draws in which one is open: P(longer than r) = (D/(D + r))^m."""
    share = (np.arange(VALUES) + 0.5) / VALUES
    years = [
        h.lengths.sum() * np.expm1(-np.log1p(-share) / max(float(h.is_closed.sum()), JEFFREYS))
        for h in histories
        if h.is_open
    ]
    if len(years) < len(histories) / 2:
        return None
    both = np.concatenate(years)
    return Interval.of(float(np.median(both)), both)


def _sentence(n: float, n_closed: float, mean: Interval | None, remaining: Interval | None) -> str:
    if mean is None:
        return "No window is known to have closed: how long they last cannot be told."
    text = (
        f"Of {_number(n)} window{'' if _number(n) == '1' else 's'} {_number(n_closed)} closed; the "
        f"mean length of such windows is about {_years(mean.estimate)} years (95%: "
        f"{_years(mean.low)} to {_years(mean.high)})."
    )
    if remaining is None:
        return text
    return (
        f"{text} The one that is open lasts another {_years(remaining.estimate)} years (median; "
        f"95%: {_years(remaining.low)} to {_years(remaining.high)}) if it is like the others."
    )


def _number(n: float) -> str:
    return f"{n:.0f}" if abs(n - round(n)) < 0.05 else f"{n:.1f}"


def _years(value: float) -> str:
    return f"{value:,.0f}" if value >= 10 else f"{value:.1f}"
