"""Minimisation: the shortest sums of products that say which combinations are sufficient."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from fissure.claims.covers import minimum_covers
from fissure.claims.expression import product_text
from fissure.claims.fit import consistency, pri
from fissure.claims.implicants import ANY, covered_rows, prime_implicants
from fissure.errors import DataError, SettingError
from fissure.results.sets import Kind, Model, Solution, Term, TruthTable

__all__ = ["minimise"]

Array = NDArray[np.float64]
Rows = NDArray[np.bool_]
Products = NDArray[np.int8]

KINDS = ("conservative", "parsimonious", "intermediate")


def minimise(
    table: TruthTable,
    kind: Kind = "conservative",
    *,
    expected: Sequence[str] = (),
    exclude: Sequence[int] = (),
    contradictions: Literal["negative", "positive", "remainder"] = "negative",
    most: int = 256,
) -> Solution:
    """All minimal models of a truth table.

    Parameters
    ----------
    table
        A truth table.
    kind
        ``conservative``: no assumption on combinations without cases. ``parsimonious``: any that
        shortens the model. ``intermediate``: those of the parsimonious model that agree with
        ``expected``.
    expected
        Directional expectations, for ``intermediate``: ``DEV`` if its presence should help the
        outcome, ``~DEV`` if its absence; none for the conditions left out.
    exclude
        Numbers of rows that must not be assumed, nor counted, as sufficient: the enhanced standard
        analysis (see :mod:`fissure.claims.untenable`).
    contradictions
        What a row with output ``"C"`` counts as.
    most
        Models to list at most; a solution with more says that it is not complete.

    Returns
    -------
    Solution
        Every model with the fewest products.

    Raises
    ------
    SettingError
        If a setting is outside what is allowed.
    DataError
        If no row is sufficient, or no row is not, so that there is nothing to minimise.

    Source
    ------
    Ragin and Sonnett (2005), Between complexity and parsimony, for the intermediate solution;
    Schneider and Wagemann (2012), doi:10.1017/CBO9781139004244, for the enhanced analysis.

    Examples
    --------
    >>> import polars as pl
    >>> from fissure.claims.cases import Cases
    >>> from fissure.claims.truthtable import truth_table
    >>> cases = Cases.read(
    ...     pl.DataFrame({"case": list("klm"), "A": [1, 1, 0], "B": [1, 0, 0], "Y": [1, 0, 0]})
    ... )
    >>> table = truth_table(cases, "Y", ["A", "B"])
    >>> minimise(table), minimise(table, "parsimonious")
    (conservative: A*B → Y, parsimonious: B → Y)
    """
    if kind not in KINDS:
        raise SettingError(f"kind must be one of {', '.join(KINDS)}, got {kind!r}")
    if contradictions not in ("negative", "positive", "remainder"):
        raise SettingError(
            f"contradictions must be negative, positive or remainder, got {contradictions!r}"
        )
    if isinstance(most, bool) or not isinstance(most, int) or most < 1:
        raise SettingError(f"most must be a whole number of 1 or more, got {most!r}")
    expected = (expected,) if isinstance(expected, str) else tuple(expected)
    wanted = _expected(table.conditions, expected)
    positive, negative = _sides(table, exclude, contradictions)
    if kind == "conservative":
        found = _solve(positive, ~positive, most)
    else:
        found = _solve(positive, negative, most)
        if kind == "intermediate":
            strict = _solve(positive, ~positive, most)
            found = _between(strict, found, positive, wanted, most)
    models = tuple(_model(table, products) for products in found.models)
    shared = set.intersection(*({t.expression for t in model.terms} for model in models))
    implicants = [_text(table.conditions, product) for product in found.implicants]
    return Solution(
        kind=kind,
        outcome=table.outcome,
        conditions=table.conditions,
        expected=expected,
        excluded=tuple(sorted({int(row) for row in exclude})),
        implicants=tuple(implicants),
        essential=tuple(text for text in implicants if text in shared),
        models=models,
        is_shortest=found.is_shortest,
        is_complete=found.is_complete,
        assumptions=tuple(
            tuple((np.flatnonzero(_union(products) & ~positive) + 1).tolist())
            for products in found.models
        ),
    )


@dataclass(frozen=True)
class _Found:
    """Prime implicants, and the models made of them: arrays of shape (n, k) of 0, 1 and 2."""

    implicants: Products
    models: tuple[Products, ...]
    is_shortest: bool
    is_complete: bool


def _solve(positive: Rows, negative: Rows, most: int) -> _Found:
    """Prime implicants and all minimum covers of the positive rows."""
    implicants = prime_implicants(positive, negative)
    rows = np.flatnonzero(positive)
    covers, is_shortest, is_complete = minimum_covers(_chart(implicants, rows), most)
    models = tuple(implicants[list(cover)] for cover in covers)
    return _Found(implicants, models, is_shortest, is_complete)


def _chart(implicants: Products, rows: NDArray[np.intp]) -> NDArray[np.bool_]:
    """Which implicant covers which row, shape (n_rows, n_implicants)."""
    k = implicants.shape[1]
    digits = (rows[:, None] >> np.arange(k - 1, -1, -1)) & 1
    out = np.ones((len(rows), len(implicants)), bool)
    for j in range(k):
        out &= (implicants[:, j] == ANY) | (implicants[:, j] == digits[:, j, None])
    return out


def _between(
    strict: _Found, free: _Found, positive: Rows, wanted: NDArray[np.int8], most: int
) -> _Found:
    """The intermediate models: easy counterfactuals of every pair of a strict and a free model."""
    implicants: dict[bytes, Products] = {}
    models: dict[bytes, Products] = {}
    seen: set[bytes] = set()
    is_shortest = strict.is_shortest and free.is_shortest
    is_complete = strict.is_complete and free.is_complete
    for easy in _easy_rows(strict, free, positive, wanted):
        if easy.tobytes() in seen:
            continue
        seen.add(easy.tobytes())
        found = _solve(positive, ~(positive | easy), most)
        is_shortest &= found.is_shortest
        is_complete &= found.is_complete
        implicants.update((p.tobytes(), p) for p in found.implicants)
        models.update((m.tobytes(), m) for m in found.models)
        if len(models) > most:
            is_complete = False
            break
    listed = tuple(list(models.values())[:most])
    return _Found(np.array(list(implicants.values())), listed, is_shortest, is_complete)


def _easy_rows(
    strict: _Found, free: _Found, positive: Rows, wanted: NDArray[np.int8]
) -> Iterator[Rows]:
    """Remainders that a free model assumes and that the expectations make easy, pair by pair.

    A strict product inside a free one loses the conditions that the free one does not have and
    that point against their expected direction.
    """
    for loose in free.models:
        assumed = _union(loose) & ~positive
        for tight in strict.models:
            easy = np.zeros(len(positive), bool)
            for product in tight:
                for short in loose:
                    if not ((short == ANY) | (short == product)).all():
                        continue
                    against = (short == ANY) & (wanted != ANY) & (product != wanted)
                    easy |= covered_rows(np.where(against, np.int8(ANY), product))
            yield easy & assumed


def _union(products: Products) -> Rows:
    rows = covered_rows(products[0])
    for product in products[1:]:
        rows |= covered_rows(product)
    return rows


def _sides(table: TruthTable, exclude: Sequence[int], contradictions: str) -> tuple[Rows, Rows]:
    """Which combinations are sufficient, and which are not, shape (2^k,) each."""
    positive, negative = np.zeros(table.n_rows, bool), np.zeros(table.n_rows, bool)
    as_what = {"1": "positive", "0": "negative", "C": contradictions, "?": "remainder"}
    for row in table.rows:
        positive[row.number - 1] = as_what[row.out] == "positive"
        negative[row.number - 1] = as_what[row.out] == "negative"
    for number in exclude:
        if isinstance(number, bool) or not 1 <= number <= table.n_rows:
            raise SettingError(f"exclude must hold rows from 1 to {table.n_rows}, got {number!r}")
        positive[number - 1], negative[number - 1] = False, True
    if not positive.any():
        best = max((row.consistency for row in table.rows if row.n >= table.n_cut), default=0.0)
        raise DataError(
            f"no combination of {', '.join(table.conditions)} is sufficient for {table.outcome}: "
            f"the most consistent reaches {best:.3f}, and incl_cut is {table.incl_cut:g}"
        )
    if not negative.any():
        raise DataError(
            f"every combination that occurs is sufficient for {table.outcome}; without one that is "
            "not, no condition can make a difference"
        )
    return positive, negative


def _expected(conditions: Sequence[str], expected: Sequence[str]) -> NDArray[np.int8]:
    """Expected value of every condition: 0, 1, or 2 for none."""
    out = np.full(len(conditions), ANY, np.int8)
    for word in expected:
        name = word.removeprefix("~")
        if word not in conditions and name not in conditions:
            raise SettingError(
                f"expected must name conditions, {', '.join(conditions)}, got {word!r}"
            )
        at = conditions.index(word if word in conditions else name)
        out[at] = 1 if word in conditions else 0
    return out


def _text(conditions: Sequence[str], product: NDArray[np.int8]) -> str:
    pairs = zip(conditions, product, strict=True)
    return product_text({name: bool(v) for name, v in pairs if v != ANY})


def _inside(table: TruthTable, product: NDArray[np.int8]) -> Array:
    """Membership of the cases in a product, shape (n,)."""
    x = np.array(table.membership, float)
    fixed = np.flatnonzero(product != ANY)
    out: Array = np.where(product[fixed] == 1, x[:, fixed], 1 - x[:, fixed]).min(axis=1)
    return out


def _model(table: TruthTable, products: Products) -> Model:
    y = np.array(table.outcome_values, float)
    insides = [_inside(table, product) for product in products]
    terms = []
    for k, (product, inside) in enumerate(zip(products, insides, strict=True)):
        others = [other for j, other in enumerate(insides) if j != k]
        rest = consistency(y, np.maximum.reduce(others)) if others else 0.0
        together = consistency(y, np.maximum.reduce(insides))
        mine = np.flatnonzero(inside > 0.5)
        terms.append(
            Term(
                _text(table.conditions, product),
                consistency(inside, y),
                pri(inside, y),
                consistency(y, inside),
                together - rest,
                tuple(table.names[i] for i in mine if y[i] > 0.5),
                tuple(table.names[i] for i in mine if y[i] < 0.5),
            )
        )
    whole = np.maximum.reduce(insides)
    return Model(
        " + ".join(term.expression for term in terms),
        tuple(terms),
        consistency(whole, y),
        pri(whole, y),
        consistency(y, whole),
    )
