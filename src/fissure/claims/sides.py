"""On which side of a set each case stands, and how probable that is by its own coding."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from fissure.claims.calibrate import direct
from fissure.claims.cases import Cases
from fissure.claims.coding import Coding
from fissure.claims.expression import conditions_of, parse
from fissure.errors import SettingError

__all__ = ["Sides", "anchors_in", "coding_of", "columns_in", "sides_of"]

Array = NDArray[np.float64]


@dataclass(frozen=True)
class Sides:
    """A coding cut at a threshold.

    Parameters
    ----------
    coding
        As it came.
    side
        1 in the set, 0 out of it, −1 where that is not known: blank, exactly on the threshold, or a
        range across it; int8 of shape (n,).
    chance
        Probability that the case is in the set by its own coding alone, shape (n,): the certainty
        of the cell where its side is known, the part of a range that lies above the threshold, the
        share of coders who said yes; 0.5 tells nothing.
    """

    coding: Coding
    side: NDArray[np.int8]
    chance: Array

    @property
    def value(self) -> Array:
        """Membership from 0 to 1, shape (n,); NaN where unknown."""
        return self.coding.value

    @property
    def is_sure(self) -> bool:
        """Whether every case is in the set or out of it for certain."""
        return bool(((self.chance == 0) | (self.chance == 1)).all())


def sides_of(coding: Coding, threshold: float = 0.5, use_certainty: bool = True) -> Sides:
    """Cut a coding at a threshold.

    A cell without a stated certainty counts as certain; one below 0.5 tells nothing.

    Raises
    ------
    SettingError
        If the threshold is not between 0 and 1.

    Examples
    --------
    >>> import polars as pl
    >>> cases = Cases.read(pl.DataFrame({"case": list("abc"), "X": ["0.8", "0.2..0.6", "?"]}))
    >>> cut = sides_of(cases.coding("X"))
    >>> cut.side.tolist(), cut.chance.round(2).tolist()
    ([1, -1, -1], [1.0, 0.25, 0.5])
    """
    if not 0 < threshold < 1:
        raise SettingError(f"threshold must be between 0 and 1, got {threshold!r}")
    low, high = np.nan_to_num(coding.low, nan=0.0), np.nan_to_num(coding.high, nan=1.0)
    value = np.where(coding.known, coding.value, 0.5)
    if coding.votes is None:
        width = high - low
        inside = np.clip((high - threshold) / np.where(width > 0, width, 1.0), 0.0, 1.0)
        point = np.where(value > threshold, 1.0, np.where(value < threshold, 0.0, 0.5))
        inside = np.where(width > 0, inside, point)
        # nothing known tells nothing, whatever the threshold
        inside = np.where(coding.known, inside, 0.5)
        side = np.select([low > threshold, high < threshold], [1, 0], -1)
    else:
        inside = value
        side = np.select([value > threshold, value < threshold], [1, 0], -1)
        side = np.where(coding.known, side, -1)
    sure = np.ones_like(value)
    if use_certainty and coding.certainty is not None:
        sure = np.maximum(np.nan_to_num(coding.certainty, nan=1.0), 0.5)
    chance = sure * inside + (1 - sure) * (1 - inside)
    return Sides(coding, side.astype(np.int8), chance)


def coding_of(cases: Cases, expression: str) -> Coding:
    """The coding behind a column, ``~A``, ``TYPE=2``, ``A*~B + C``, or ``GDP@200,500,900``.

    ``COLUMN@out,cross,in`` is a column of numbers calibrated by three anchors. Of a product the
    ends and the certainty are the least of its parts', of a sum the greatest ends and the least
    certainty; where the ends meet, an unknown part does not matter.

    Raises
    ------
    ReadError
        If there is no such column, or its cells are no codings.
    SettingError
        If the expression cannot be read.

    Examples
    --------
    >>> import polars as pl
    >>> cases = Cases.read(pl.DataFrame({"case": ["k", "l"], "A": ["1", "0"], "B": ["1", "?"]}))
    >>> coding_of(cases, "A*B").value.tolist()
    [1.0, 0.0]
    """
    if expression in cases.codings:
        return cases.codings[expression]
    if "@" in expression:
        column, anchors = anchors_in(expression)
        value = direct(cases.number(column), anchors)
        return Coding(expression, value, value, value)
    products = parse(expression)
    if len(products) == 1 and len(products[0]) == 1:
        name, present = next(iter(products[0].items()))
        return cases.coding(name if present else f"~{name}")
    parts = [
        _joined([cases.coding(n if on else f"~{n}") for n, on in p.items()], np.minimum, expression)
        for p in products
    ]
    return _joined(parts, np.maximum, expression)


def columns_in(cases: Cases, expression: str) -> frozenset[str]:
    """The columns that an expression is made of.

    Examples
    --------
    >>> import polars as pl
    >>> cases = Cases.read(pl.DataFrame({"case": ["k", "l"], "A": ["1", "0"], "B": ["1", "?"]}))
    >>> sorted(columns_in(cases, "A*~B + GDP@2,5,9 + TYPE=2"))
    ['A', 'B', 'GDP', 'TYPE']
    """
    known = {*cases.codings, *cases.others.columns}
    if expression.strip() in known:  # its name may hold signs
        return frozenset((expression.strip(),))
    words = conditions_of(expression)
    return frozenset(
        word if word in known else word.replace("@", "=").partition("=")[0].strip()
        for word in words
    )


def anchors_in(expression: str) -> tuple[str, tuple[float, float, float]]:
    """Column and anchors of ``COLUMN@out,cross,in``.

    Raises
    ------
    SettingError
        If there are not three numbers.

    Examples
    --------
    >>> anchors_in("GDP@200,500,900")
    ('GDP', (200.0, 500.0, 900.0))
    """
    column, _, text = expression.partition("@")
    try:
        out, cross, full = (float(word) for word in text.split(","))
    except ValueError:
        raise SettingError(
            f"a calibration must look like COLUMN@out,cross,in with three numbers, got "
            f"{expression!r}"
        ) from None
    return column.strip(), (out, cross, full)


def _joined(parts: list[Coding], join: np.ufunc, name: str) -> Coding:
    """Several codings as one, by the least or the greatest of them."""
    low: Array = join.reduce([np.nan_to_num(part.low, nan=0.0) for part in parts])
    high: Array = join.reduce([np.nan_to_num(part.high, nan=1.0) for part in parts])
    value: Array = join.reduce([part.value for part in parts])
    value = np.where(low == high, low, value)
    known = ~np.isnan(value)
    stated = [part.certainty for part in parts if part.certainty is not None]
    return Coding(
        name,
        value,
        np.where(known, low, np.nan),
        np.where(known, high, np.nan),
        certainty=np.fmin.reduce(stated) if stated else None,
    )
