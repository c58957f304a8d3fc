"""How well do cases fit "X is necessary for Y" and "X is sufficient for Y"?"""

from __future__ import annotations

from typing import Literal

import numpy as np
from numpy.typing import NDArray

from fissure.claims.cases import Cases
from fissure.claims.expression import membership
from fissure.errors import DataError, SettingError
from fissure.readers.columns import counted
from fissure.results.sets import SetFit

__all__ = ["consistency", "fit", "haesebrouck", "pri", "relevance_of_necessity"]

Array = NDArray[np.float64]


def consistency(part: Array, whole: Array) -> float:
    """Share of ``part`` that lies inside ``whole``: Σ min(part, whole) / Σ part.

    Of memberships from 0 to 1, shape (n,); NaN where ``part`` is empty. Sufficiency of x for y is
    ``consistency(x, y)``, necessity ``consistency(y, x)``, and each is the coverage of the other.

    Source: Ragin (2006), "Set relations in social research", Political Analysis 14: 291-310,
    doi:10.1093/pan/mpj019.

    Examples
    --------
    >>> consistency(np.array([0.8, 0.4]), np.array([1.0, 0.1]))
    0.75
    """
    return _ratio(float(np.minimum(part, whole).sum()), float(part.sum()))


def relevance_of_necessity(x: Array, y: Array) -> float:
    """RoN: Σ(1 − x) / Σ(1 − min(x, y)); near 0 where nearly every case has x.

    Source: Schneider and Wagemann (2012), Set-Theoretic Methods for the Social Sciences,
    doi:10.1017/CBO9781139004244.

    Examples
    --------
    >>> relevance_of_necessity(np.array([1.0, 1, 1, 0]), np.array([1.0, 0, 0, 0]))
    0.33
    """
    return _ratio(float((1 - x).sum()), float((1 - np.minimum(x, y)).sum()))


def pri(x: Array, y: Array) -> float:
    """Proportional reduction in inconsistency of "x is sufficient for y".

    (Σ min(x, y) − Σ min(x, y, 1 − y)) / (Σ x − Σ min(x, y, 1 − y)).

    Examples
    --------
    >>> pri(np.array([0.8, 0.6]), np.array([0.9, 0.5]))
    0.88
    """
    both = np.minimum(x, y)
    twice = float(np.minimum(both, 1 - y).sum())
    return _ratio(float(both.sum()) - twice, float(x.sum()) - twice)


def haesebrouck(x: Array, y: Array) -> float:
    """Consistency of sufficiency that weighs an inconsistency by the membership in x.

    Σ min(x, y) / Σ(min(x, y) + √(max(x − y, 0) · x)).

    Source: Haesebrouck (2015), "Pitfalls in QCA's consistency measure", Journal of Comparative
    Politics 8 (2): 65-80.

    Examples
    --------
    >>> haesebrouck(np.array([1.0, 1.0]), np.array([1.0, 0.0]))
    0.5
    """
    both = np.minimum(x, y)
    return _ratio(float(both.sum()), float((both + np.sqrt(np.maximum(x - y, 0) * x)).sum()))


def fit(
    cases: Cases,
    condition: str,
    outcome: str,
    relation: Literal["necessary", "sufficient"] = "necessary",
) -> SetFit:
    """How well the cases fit a relation between a condition and an outcome.

    Parameters
    ----------
    cases
        The cases; those whose condition or outcome is unknown are left out and counted.
    condition, outcome
        A coding, or an expression such as ``DEFECT*~VIOL`` or ``A + B``.
    relation
        ``necessary``: all with the outcome had the condition. ``sufficient``: all with the
        condition had the outcome.

    Raises
    ------
    SettingError
        If the relation is none of the two.
    DataError
        If the relation cannot be tested on these cases: no known case has the outcome (necessary),
        or none has the condition (sufficient).

    Examples
    --------
    >>> import polars as pl
    >>> cases = Cases.read(
    ...     pl.DataFrame(
    ...         {"case": list("abcd"), "split": [1, 1, 0, 0], "won": ["yes", "no", "yes", "no"]}
    ...     )
    ... )
    >>> told = fit(cases, "split", "won")
    >>> told.consistency, told.ron, told.against
    (0.5, 0.67, ('c',))
    """
    if relation not in ("necessary", "sufficient"):
        raise SettingError(f"relation must be 'necessary' or 'sufficient', got {relation!r}")
    x, y = membership(cases, condition), membership(cases, outcome)
    known = ~(np.isnan(x) | np.isnan(y))
    names = tuple(name for name, is_known in zip(cases.names, known, strict=True) if is_known)
    given = y if relation == "necessary" else x
    if not given[known].sum() > 0:
        word = outcome if relation == "necessary" else condition
        raise DataError(
            f"whether {condition} is {relation} for {outcome} cannot be tested on these cases: of "
            f"{counted(len(names), 'case')} with both known, none has {word} to any degree"
        )
    return fit_of(x[known], y[known], condition, outcome, relation, names, int((~known).sum()))


def fit_of(
    x: Array,
    y: Array,
    condition: str,
    outcome: str,
    relation: Literal["necessary", "sufficient"],
    names: tuple[str, ...],
    n_unknown: int = 0,
) -> SetFit:
    """The fit of two known memberships, shape (n,)."""
    necessary = relation == "necessary"
    part, whole = (y, x) if necessary else (x, y)
    against = (part > 0.5) & (whole < 0.5)
    return SetFit(
        condition,
        outcome,
        relation,
        len(x),
        n_unknown,
        consistency(part, whole),
        consistency(whole, part),
        relevance_of_necessity(x, y) if necessary else None,
        None if necessary else pri(x, y),
        None if necessary else haesebrouck(x, y),
        tuple(names[k] for k in np.flatnonzero(against)),
    )


def _ratio(part: float, whole: float) -> float:
    return part / whole if whole > 0 else float("nan")
