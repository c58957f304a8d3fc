"""Calibration: from numbers of any size to memberships from 0 to 1, by anchors."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from fissure.claims.cases import Cases
from fissure.errors import ConvergenceError, DataError, SettingError

__all__ = ["bell", "calibrate", "direct", "indirect"]

Array = NDArray[np.float64]

#: Memberships this close to an end are put on it, as R's QCA does.
EDGE = 1e-4


def calibrate(
    cases: Cases,
    column: str,
    anchors: Sequence[float],
    *,
    name: str | None = None,
    method: Literal["direct", "bell", "indirect"] = "direct",
    shape: Literal["logistic", "linear"] = "logistic",
    idm: float = 0.95,
    below: float = 1.0,
    above: float = 1.0,
) -> Cases:
    """The same cases with a column of numbers turned into memberships.

    Parameters
    ----------
    cases, column
        The cases, and the column of numbers.
    anchors
        ``direct``: the values fully out, at the cross-over, and fully in, rising or falling.
        ``bell``: six, of a set that holds the middle (out, cross, in, in, cross, out) or, falling
        first, the two ends. ``indirect``: cuts between grades of membership.
    name
        What to call the coding; the column's own name where not given.
    method, shape, idm, below, above
        As in :func:`direct`, :func:`bell` and :func:`indirect`.

    Raises
    ------
    SettingError
        If anchors are too few, too many or out of order, or another setting is not allowed.
    ReadError
        If the column is not one of numbers.

    Examples
    --------
    >>> import polars as pl
    >>> cases = Cases.read(pl.DataFrame({"case": list("abc"), "gdp": [300, 600, 900]}))
    >>> calibrate(cases, "gdp", (400, 550, 900)).coding("gdp").value.round(2).tolist()
    [0.01, 0.6, 0.95]
    """
    x = cases.number(column)
    if method == "direct":
        value = direct(x, anchors, shape=shape, idm=idm, below=below, above=above)
    elif method == "bell":
        value = bell(x, anchors, below=below, above=above)
    elif method == "indirect":
        value = indirect(x, anchors)
    else:
        raise SettingError(f"method must be direct, bell or indirect, got {method!r}")
    return cases.with_coding(name or column, value)


def direct(
    x: Array,
    anchors: Sequence[float],
    *,
    shape: Literal["logistic", "linear"] = "logistic",
    idm: float = 0.95,
    below: float = 1.0,
    above: float = 1.0,
) -> Array:
    """Memberships by three anchors: fully out e, cross-over c, fully in i; e < c < i or e > c > i.

    ``logistic``: log odds are 0 at c and log(idm / (1 − idm)) at i, the opposite at e, and linear
    between and beyond. ``linear``: 0 up to e, ((x − e)/(c − e))^below / 2 up to c,
    1 − ((i − x)/(i − c))^above / 2 up to i, then 1.

    Parameters
    ----------
    x
        Numbers, shape (n,); NaN stays NaN.
    idm
        Membership at the anchor for fully in, between 0.5 and 1.
    below, above
        Powers of the linear shape, above 0: below and above the cross-over.

    Source
    ------
    Ragin (2008), Redesigning Social Inquiry, chapter 5; for the linear shape Thiem and Duşa (2013),
    doi:10.1007/978-1-4614-4584-5. As in R's QCA 3.23.

    Examples
    --------
    >>> direct(np.array([10.0, 20, 25, 30]), (10, 20, 30)).tolist()
    [0.05, 0.5, 0.81, 0.95]
    >>> direct(np.array([10.0, 20, 25, 30]), (30, 20, 10), shape="linear").tolist()
    [1.0, 0.5, 0.25, 0.0]
    """
    e, c, i = _anchors(anchors, 3, "exclusion, cross-over, inclusion")
    if not (e < c < i or e > c > i):
        raise SettingError(
            f"anchors must rise or fall: exclusion, cross-over, inclusion, got {e:g}, {c:g}, {i:g}"
        )
    _check_powers(below, above)
    if shape == "linear":
        return _linear(x, e, c, i, below, above)
    if shape != "logistic":
        raise SettingError(f"shape must be logistic or linear, got {shape!r}")
    if not 0.5 < idm < 1:
        raise SettingError(f"idm must be between 0.5 and 1, got {idm!r}")
    away = x - c
    odds = np.log(idm / (1 - idm)) * away / np.where(away * (i - c) >= 0, i - c, c - e)
    return _edges(1 / (1 + np.exp(-odds)))


def bell(x: Array, anchors: Sequence[float], *, below: float = 1.0, above: float = 1.0) -> Array:
    """Memberships by six anchors: out, cross, in, in, cross, out (bell) or the reverse (valley).

    Each side is linear as in :func:`direct`. A bell has anchors e1 < c1 < i1 ≤ i2 < c2 < e2, a
    valley i1 < c1 < e1 ≤ e2 < c2 < i2; both are given in the order e1, c1, i1, i2, c2, e2.

    Examples
    --------
    >>> bell(np.array([0.0, 2, 5, 8]), (1, 2, 3, 6, 8, 9)).tolist()
    [0.0, 0.5, 1.0, 0.5]
    """
    e1, c1, i1, i2, c2, e2 = _anchors(anchors, 6, "e1, c1, i1, i2, c2, e2")
    is_bell = e1 < c1 < i1 <= i2 < c2 < e2
    if not is_bell and not i1 < c1 < e1 <= e2 < c2 < i2:
        raise SettingError(
            f"anchors must be e1 < c1 < i1 <= i2 < c2 < e2, or i1 < c1 < e1 <= e2 < c2 < i2, got "
            f"{(e1, c1, i1, i2, c2, e2)}"
        )
    _check_powers(below, above)
    sides = _linear(x, e1, c1, i1, below, above), _linear(x, e2, c2, i2, below, above)
    return np.minimum(*sides) if is_bell else np.maximum(*sides)


def indirect(x: Array, cuts: Sequence[float]) -> Array:
    """Memberships by grades: those that a smooth curve through the grades predicts.

    Cuts sort the values into grades, evenly spaced from 0 to 1. A binomial logit with a
    fractional polynomial (log x, √x, x, x²) is fitted to them.

    Parameters
    ----------
    x
        Numbers above 0, shape (n,); NaN stays NaN.
    cuts
        One or more, rising; a value on a cut belongs to the grade below.

    Raises
    ------
    DataError
        If a number is 0 or below: it has no logarithm.

    Source
    ------
    Ragin (2008), Redesigning Social Inquiry, chapter 5; the curve is that of R's QCA 3.23.

    Examples
    --------
    >>> income = np.array([3.0, 9, 14, 20, 26, 31, 40, 45, 50, 60, 71])
    >>> indirect(income, (10, 25, 50))[:5].tolist()
    [0.0003, 0.02, 0.22, 0.52, 0.62]
    """
    limits = np.array(cuts, float)
    if limits.ndim != 1 or not len(limits) or (np.diff(limits) <= 0).any():
        raise SettingError(f"cuts must be one or more rising numbers, got {cuts!r}")
    known = ~np.isnan(x)
    low = x[known].min(initial=np.inf)
    if low <= 0:
        raise DataError(
            f"the indirect method takes logarithms and needs numbers above 0, got {low:g}"
        )
    grades = np.round(np.arange(len(limits) + 1) / len(limits), 3)
    y = grades[np.searchsorted(limits, x[known], side="left")]
    z = x[known]
    design = np.column_stack([np.ones(len(z)), np.log(z), np.sqrt(z), z, z**2])
    out = np.full(len(x), np.nan)
    out[known] = np.round(_logit_fit(design, y), 6)
    return _edges(out)


def _logit_fit(design: Array, y: Array) -> Array:
    """Fitted shares of a binomial logit by reweighted least squares, from (y + 1/2)/2 on."""
    mu = (y + 0.5) / 2
    eta, before = np.log(mu / (1 - mu)), _deviance(y, mu)
    for _ in range(25):
        weight = mu * (1 - mu)
        working = eta + (y - mu) / weight
        root = np.sqrt(weight)
        beta = np.linalg.lstsq(design * root[:, None], working * root, rcond=None)[0]
        eta = design @ beta
        mu = np.clip(1 / (1 + np.exp(-eta)), 1e-15, 1 - 1e-15)
        now = _deviance(y, mu)
        if abs(now - before) / (abs(now) + 0.1) < 1e-8:
            return mu
        before = now
    raise ConvergenceError(
        "the curve of the indirect method did not settle in 25 steps; use other cuts, or the "
        "direct method"
    )


def _deviance(y: Array, mu: Array) -> float:
    with np.errstate(divide="ignore", invalid="ignore"):
        up = np.where(y > 0, y * np.log(y / mu), 0.0)
        down = np.where(y < 1, (1 - y) * np.log((1 - y) / (1 - mu)), 0.0)
    return float(2 * (up + down).sum())


def _linear(x: Array, e: float, c: float, i: float, below: float, above: float) -> Array:
    """Two straight or bent pieces from 0 at e over 1/2 at c to 1 at i, in either direction."""
    rise = np.clip((x - e) / (c - e), 0, 1) ** below / 2
    fall = 1 - np.clip((i - x) / (i - c), 0, 1) ** above / 2
    return _edges(np.where((x - c) * (i - c) <= 0, rise, fall))


def _edges(value: Array) -> Array:
    out = np.where(value < EDGE, 0.0, np.where(value > 1 - EDGE, 1.0, value))
    return out


def _anchors(anchors: Sequence[float], n: int, words: str) -> Array:
    out = np.array(anchors, float)
    if out.shape != (n,) or not np.isfinite(out).all():
        raise SettingError(f"anchors must be {n} numbers ({words}), got {anchors!r}")
    return out


def _check_powers(below: float, above: float) -> None:
    for name, value in (("below", below), ("above", above)):
        if not value > 0:
            raise SettingError(f"{name} must be above 0, got {value!r}")
