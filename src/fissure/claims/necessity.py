"""What is necessary for an outcome: single conditions, products, and sums of rivals (SUIN)."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import combinations

import numpy as np
from numpy.typing import NDArray

from fissure.claims.cases import Cases
from fissure.claims.fit import consistency, fit_of, relevance_of_necessity
from fissure.errors import DataError, SettingError
from fissure.results.sets import Necessary, SetFit

__all__ = ["necessary_conditions"]

Array = NDArray[np.float64]

#: A consistency this little below the cut still reaches it, as in truth tables.
TOLERANCE = 1.5e-8
#: Products or sums looked at, at most.
MOST = 200_000

#: One or more conditions with their sign: (number of the condition, 1 present or 0 absent).
Parts = tuple[tuple[int, int], ...]


def necessary_conditions(
    cases: Cases,
    outcome: str,
    conditions: Sequence[str],
    *,
    incl_cut: float = 0.9,
    ron_cut: float = 0.5,
    depth: int = 2,
) -> Necessary:
    """Every condition, product and sum of conditions that is necessary for an outcome.

    Rivals are shown whether one asks for them or not: each condition and its absence comes first,
    in order of consistency. The more are looked at, the more pass by chance; ``n`` conditions make
    2n single tests.

    Parameters
    ----------
    cases
        The cases; those with an unknown condition or outcome are left out.
    outcome, conditions
        Codings.
    incl_cut
        Least consistency, 0 to 1; 0.9 is customary.
    ron_cut
        Least relevance of necessity of products and sums, 0 to 1; 0.5 is customary. Single
        conditions are shown in any case.
    depth
        Conditions in a product or sum at most, 1 or more.

    Raises
    ------
    SettingError
        If a setting is outside what is allowed, or there are too many products to look at.
    DataError
        If no known case has the outcome to any degree.

    Source
    ------
    Schneider and Wagemann (2012), doi:10.1017/CBO9781139004244; Mahoney, Kimball and Koivu (2009),
    The logic of historical explanation in the social sciences, for SUIN conditions.

    Examples
    --------
    >>> import polars as pl
    >>> cases = Cases.read(
    ...     pl.DataFrame(
    ...         {"case": list("abcd"), "A": [1, 0, 1, 0], "B": [0, 1, 1, 0], "Y": [1, 1, 1, 0]}
    ...     )
    ... )
    >>> [fit.condition for fit in necessary_conditions(cases, "Y", ["A", "B"]).disjunctions]
    ['A + B']
    """
    _check(conditions, incl_cut, ron_cut, depth)
    x, y = cases.matrix(conditions), cases.coding(outcome).value
    known = ~(np.isnan(x).any(axis=1) | np.isnan(y))
    if not y[known].sum() > 0:
        raise DataError(
            f"what is necessary for {outcome} cannot be told from these cases: of "
            f"{int(known.sum())} with everything known, none has it to any degree"
        )
    look = _Look(
        tuple(conditions),
        outcome,
        np.stack([1 - x[known], x[known]]),
        y[known],
        tuple(n for n, is_known in zip(cases.names, known, strict=True) if is_known),
        int((~known).sum()),
        incl_cut,
        ron_cut,
    )
    single: list[Parts] = [((k, sign),) for k in range(len(conditions)) for sign in (1, 0)]
    fits = [look.fit(parts, "*") for parts in single]
    return Necessary(
        outcome=outcome,
        conditions=tuple(conditions),
        incl_cut=incl_cut,
        ron_cut=ron_cut,
        depth=depth,
        single=tuple(sorted(fits, key=lambda f: (-f.consistency, f.condition))),
        conjunctions=look.relevant(_products(look, single, depth), "*"),
        disjunctions=look.relevant(_sums(look, single, depth), "+"),
    )


@dataclass(frozen=True)
class _Look:
    """The known cases, and how an expression fits them."""

    conditions: tuple[str, ...]
    outcome: str
    x: Array  # absence and presence, shape (2, n, k)
    y: Array
    names: tuple[str, ...]
    n_unknown: int
    incl_cut: float
    ron_cut: float

    def inside(self, parts: Parts, sign: str) -> Array:
        columns = [self.x[present, :, k] for k, present in parts]
        join = np.minimum if sign == "*" else np.maximum
        out: Array = join.reduce(columns)
        return out

    def passes(self, parts: Parts, sign: str) -> bool:
        return consistency(self.y, self.inside(parts, sign)) >= self.incl_cut - TOLERANCE

    def fit(self, parts: Parts, sign: str) -> SetFit:
        glue = "*" if sign == "*" else " + "
        words = [self.conditions[k] if on else f"~{self.conditions[k]}" for k, on in parts]
        return fit_of(
            self.inside(parts, sign),
            self.y,
            glue.join(words),
            self.outcome,
            "necessary",
            self.names,
            self.n_unknown,
        )

    def relevant(self, found: Sequence[Parts], sign: str) -> tuple[SetFit, ...]:
        kept = [
            self.fit(parts, sign)
            for parts in found
            if relevance_of_necessity(self.inside(parts, sign), self.y) >= self.ron_cut - TOLERANCE
        ]
        return tuple(sorted(kept, key=lambda f: (-f.consistency, f.condition)))


def _products(look: _Look, single: Sequence[Parts], depth: int) -> list[Parts]:
    """Products of two or more that pass: only products of parts that pass can."""
    level = [parts for parts in single if look.passes(parts, "*")]
    good, out = [parts[0] for parts in level], list[Parts]()
    for _ in range(1, depth):
        longer = [(*parts, one) for parts in level for one in good if one[0] > parts[-1][0]]
        _refuse_too_many(len(longer) + len(out))
        level = [parts for parts in longer if look.passes(parts, "*")]
        out += level
    return out


def _sums(look: _Look, single: Sequence[Parts], depth: int) -> list[Parts]:
    """Sums of two or more that pass and of which no part, alone or as a shorter sum, passes."""
    level = [parts for parts in single if not look.passes(parts, "+")]
    good, out = [parts[0] for parts in level], list[Parts]()
    failed = set(level)
    for _ in range(1, depth):
        longer = [
            (*parts, one)
            for parts in level
            for one in good
            if one[0] > parts[-1][0]
            and all(part in failed for part in combinations((*parts, one), len(parts)))
        ]
        _refuse_too_many(len(longer) + len(out))
        level = []
        for parts in longer:
            if look.passes(parts, "+"):
                out.append(parts)
            else:
                level.append(parts)
        failed.update(level)
    return out


def _refuse_too_many(n: int) -> None:
    if n > MOST:
        raise SettingError(
            f"{n:,} products or sums would have to be looked at, {MOST:,} is the most; "
            "lower depth or leave out conditions"
        )


def _check(conditions: Sequence[str], incl_cut: float, ron_cut: float, depth: int) -> None:
    if isinstance(conditions, str) or not conditions:
        raise SettingError(f"conditions must be a list of codings, got {conditions!r}")
    if len(set(conditions)) < len(conditions):
        raise SettingError(f"conditions must differ, got {', '.join(conditions)}")
    for name, value in (("incl_cut", incl_cut), ("ron_cut", ron_cut)):
        if not 0 <= value <= 1:
            raise SettingError(f"{name} must be from 0 to 1, got {value!r}")
    if isinstance(depth, bool) or not isinstance(depth, int) or depth < 1:
        raise SettingError(f"depth must be a whole number of 1 or more, got {depth!r}")
