"""Necessary condition analysis: is a corner emptier than chance or association make it?"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray
from scipy.special import ndtri
from scipy.stats import rankdata

from fissure.claims.cases import Cases
from fissure.claims.ceilings import Cloud, ceilings_of, zones
from fissure.claims.contamination import allowances_of, permutation_p
from fissure.claims.expression import membership
from fissure.errors import DataError, SettingError
from fissure.results.nca import Corner, Nca, NcaPower, NullEffect

__all__ = ["associated_orders", "nca", "nca_power"]

Array = NDArray[np.float64]

#: What the emptiness of a corner would mean: 1 upper left, 2 upper right, 3 lower left, 4 lower
#: right, in a plot of the outcome over the condition.
CORNERS = {1: ("high", "high"), 2: ("high", "low"), 3: ("low", "high"), 4: ("low", "low")}


def nca(
    cases: Cases,
    condition: str,
    outcome: str,
    *,
    corner: int = 1,
    scope: Sequence[float] | None = None,
    permutations: int = 1000,
    most_miscoded: int = 3,
    levels: int = 11,
    seed: int = 1,
) -> Nca:
    """How empty is the corner that a necessary condition would leave empty, and is it by chance?

    The effect is the share of the scope above a ceiling over the cases. One case in the corner can
    undo it, skewed values make a corner empty by themselves, and so does an ordinary association.
    Beside the effect stand, therefore, effects under three nulls, in all four corners, and with
    the likeliest miscoded cases left out, weighed by how likely that is.

    Parameters
    ----------
    cases
        The cases; those with an unknown condition or outcome are left out.
    condition, outcome
        Codings, expressions of them, or columns of numbers.
    corner
        1: a high outcome needs a high condition (upper left). 2: a high outcome needs a low one.
        3: a low outcome needs a high condition. 4: a low outcome needs a low one.
    scope
        x_min, x_max, y_min, y_max that are possible in theory; those of the cases if not given.
    permutations
        Random orders of the outcome, 100 or more.
    most_miscoded
        Cases that may be miscoded at most, 0 to 10.
    levels
        Rows of the bottleneck table, 2 or more.
    seed
        Of the permutations.

    Raises
    ------
    SettingError
        If a setting is outside what is allowed, or the scope does not hold all cases.
    DataError
        If fewer than three cases are known, or the condition or the outcome never varies.

    Source
    ------
    Dul (2016), doi:10.1177/1094428115584005; Dul, van der Laan and Kuik (2020), "A statistical
    significance test for necessary condition analysis", doi:10.1177/1094428118795272, for p.
    :mod:`fissure.claims.contamination` says what the weights are.

    Examples
    --------
    >>> import polars as pl
    >>> cases = Cases.read(
    ...     pl.DataFrame({"case": list("abcdef"), "X": [1, 2, 3, 4, 5, 6], "Y": [2, 1, 3, 4, 6, 5]})
    ... )
    >>> told = nca(cases, "X", "Y")
    >>> told.ceiling().effect, told.ceiling().n_above, told.peers
    (0.52, 0, ('a', 'c', 'd', 'e'))
    """
    _check(corner, permutations, most_miscoded, levels, seed)
    x, y = _values(cases, condition), _values(cases, outcome)
    known = ~(np.isnan(x) | np.isnan(y))
    names = [n for n, is_known in zip(cases.names, known, strict=True) if is_known]
    x, y = x[known], y[known]
    _refuse_untestable(x, y, condition, outcome, scope)
    orders, others, sides = (
        np.random.default_rng(s) for s in np.random.SeedSequence(seed).spawn(3)
    )
    cloud = Cloud.of(x, y, corner, scope)
    shuffled = orders.permuted(np.tile(cloud.y, (permutations, 1)), axis=1)
    free, line = zones(cloud, shuffled)
    own_free, own_line = (float(v[0]) for v in zones(cloud, cloud.y[None]))
    p = permutation_p(free, own_free), permutation_p(line, own_line)
    error = tuple(float(1.96 * np.sqrt(v * (1 - v) / permutations)) for v in p)
    related = associated_orders(cloud, permutations, others)
    told, no_ceiling = allowances_of(
        cloud, shuffled, related, most_miscoded, [names[k] for k in cloud.order]
    )
    return Nca(
        condition=condition,
        outcome=outcome,
        corner=corner,
        statement=_statement(corner, condition, outcome),
        n_cases=len(x),
        n_unknown=int((~known).sum()),
        scope=tuple(float(v) for v in (scope or (x.min(), x.max(), y.min(), y.max()))),
        peers=tuple(names[cloud.order[k]] for k in cloud.peers()),
        ceilings=ceilings_of(cloud, p, (error[0], error[1]), levels),
        nulls=_nulls(cloud, free, related, own_free, others),
        allowances=told,
        no_ceiling=no_ceiling,
        effect_mean=sum(a.weight * a.effect for a in told),
        corners=tuple(
            _corner(x, y, c, scope, (condition, outcome), permutations, sides) for c in CORNERS
        ),
        permutations=permutations,
        seed=seed,
    )


def nca_power(
    n_cases: int,
    effect: float,
    *,
    alpha: float = 0.05,
    replicates: int = 200,
    permutations: int = 200,
    values: tuple[Array, Array] | None = None,
    seed: int = 1,
) -> NcaPower:
    """How often would a ceiling with that effect be found among so many cases? By simulation.

    Cases are drawn under a straight ceiling of slope 1 across the scope, and nothing else links
    condition and outcome.

    Parameters
    ----------
    n_cases
        Cases in a set, 3 or more.
    effect
        True effect size, between 0 and 1.
    alpha
        A ceiling counts as found where p is at most this.
    replicates, permutations
        Sets drawn, and permutations of each; 20 or more.
    values
        Observed values of condition and outcome to draw from; uniform from 0 to 1 if not given.
    seed
        Of the draws.

    Raises
    ------
    SettingError
        If a setting is outside what is allowed.
    DataError
        If hardly any pair of the given values lies under the ceiling.

    Examples
    --------
    >>> nca_power(20, 0.15, replicates=20, permutations=100).power
    0.55
    """
    _check_power(n_cases, effect, alpha, replicates, permutations, seed)
    start = 1 - np.sqrt(2 * effect) if effect <= 0.5 else np.sqrt(2 * (1 - effect)) - 1
    unit = None if values is None else tuple((v - v.min()) / (v.max() - v.min()) for v in values)
    found = 0
    for child in np.random.SeedSequence(seed).spawn(replicates):
        rng = np.random.default_rng(child)
        x, y = _under(n_cases, float(start), unit, rng)
        cloud = Cloud.of(x, y, 1, (0.0, 1.0, 0.0, 1.0))
        shuffled = rng.permuted(np.tile(cloud.y, (permutations, 1)), axis=1)
        own = float(zones(cloud, cloud.y[None])[0][0])
        found += permutation_p(zones(cloud, shuffled)[0], own) <= alpha
    power = found / replicates
    error = float(1.96 * np.sqrt(power * (1 - power) / replicates))
    return NcaPower(n_cases, effect, alpha, power, error, replicates, permutations, seed)


def _under(
    n: int, start: float, unit: tuple[Array, ...] | None, rng: np.random.Generator
) -> tuple[Array, Array]:
    """n points with y below start + x, each pair drawn anew until it is."""
    x, y = np.empty(0), np.empty(0)
    for _ in range(1000):
        if unit is None:
            more_x, more_y = rng.random(4 * n), rng.random(4 * n)
        else:
            more_x, more_y = (rng.choice(v, 4 * n) for v in unit)
        kept = more_y < start + more_x
        x, y = np.append(x, more_x[kept])[:n], np.append(y, more_y[kept])[:n]
        if len(x) == n and len(np.unique(x)) > 1 and len(np.unique(y)) > 1:
            return x, y
    raise DataError("hardly any pair of the given values lies under a ceiling with that effect")


def _nulls(
    cloud: Cloud, marginals: Array, related: Array, own: float, rng: np.random.Generator
) -> tuple[NullEffect, ...]:
    """What effects come about without necessity, as the parts of ``NullEffect`` name them."""
    n, n_rows = len(cloud.x), len(marginals)
    spaced = np.linspace(0, 1, n)
    even = Cloud.of(spaced, spaced, 1)
    free_even, _ = zones(even, rng.permuted(np.tile(spaced, (n_rows, 1)), axis=1))
    return (
        _null("marginals", marginals, own),
        _null("even", free_even, own),
        _null("association", zones(cloud, related)[0], own),
    )


def _null(kind: str, effects: Array, own: float) -> NullEffect:
    low, high = np.quantile(effects, [0.025, 0.975])
    p = permutation_p(effects, own)
    return NullEffect(kind, float(effects.mean()), float(low), float(high), p)  # type: ignore[arg-type]


def associated_orders(cloud: Cloud, n_rows: int, rng: np.random.Generator) -> Array:
    """Orders of y along x that keep both marginals and their rank correlation, without a ceiling.

    Ranks come from a bivariate normal distribution with the correlation of the normal scores.
    """
    n = len(cloud.x)
    a, b = (ndtri((rankdata(v) - 0.5) / n) for v in (cloud.x, cloud.y))
    r = float(np.corrcoef(a, b)[0, 1])
    first = rng.standard_normal((n_rows, n))
    second = r * first + np.sqrt(1 - r * r) * rng.standard_normal((n_rows, n))
    along = np.take_along_axis(second, first.argsort(axis=1), axis=1)
    out: Array = np.sort(cloud.y)[along.argsort(axis=1).argsort(axis=1)]
    return out


def _corner(
    x: Array,
    y: Array,
    corner: int,
    scope: Sequence[float] | None,
    words: tuple[str, str],
    permutations: int,
    rng: np.random.Generator,
) -> Corner:
    cloud = Cloud.of(x, y, corner, scope)
    shuffled = rng.permuted(np.tile(cloud.y, (permutations, 1)), axis=1)
    own = float(zones(cloud, cloud.y[None])[0][0])
    p = permutation_p(zones(cloud, shuffled)[0], own)
    return Corner(corner, _statement(corner, *words), own, p)


def _statement(corner: int, condition: str, outcome: str) -> str:
    of_outcome, of_condition = CORNERS[corner]
    return f"a {of_outcome} {outcome} needs a {of_condition} {condition}"


def _values(cases: Cases, name: str) -> Array:
    """A column of numbers, or memberships in a coding or an expression."""
    if name in cases.others.columns:
        return cases.number(name)
    return membership(cases, name)


def _refuse_untestable(
    x: Array, y: Array, condition: str, outcome: str, scope: Sequence[float] | None
) -> None:
    if len(x) < 3:
        raise DataError(
            f"at least 3 cases must have {condition} and {outcome} known, {len(x)} have"
        )
    for values, name in ((x, condition), (y, outcome)):
        if values.min() == values.max():
            raise DataError(
                f"{name} is {values[0]:g} in all {len(values)} known cases; where nothing varies, "
                "nothing can be said about what is needed"
            )
    if scope is not None:
        ends = np.array(scope, float)
        if ends.shape != (4,) or not (
            ends[0] <= x.min() and x.max() <= ends[1] and ends[2] <= y.min() and y.max() <= ends[3]
        ):
            raise SettingError(
                "scope must be x_min, x_max, y_min, y_max and hold all cases, which span "
                f"{x.min():g} to {x.max():g} and {y.min():g} to {y.max():g}, got {tuple(scope)}"
            )


def _check(corner: int, permutations: int, most_miscoded: int, levels: int, seed: int) -> None:
    if corner not in CORNERS:
        raise SettingError(f"corner must be 1, 2, 3 or 4, got {corner!r}")
    for name, value, least in (
        ("permutations", permutations, 100),
        ("most_miscoded", most_miscoded, 0),
        ("levels", levels, 2),
        ("seed", seed, 0),
    ):
        if isinstance(value, bool) or not isinstance(value, int) or value < least:
            raise SettingError(f"{name} must be a whole number of {least} or more, got {value!r}")
    if most_miscoded > 10:
        raise SettingError(f"most_miscoded must be 10 at most, got {most_miscoded!r}")


def _check_power(
    n_cases: int, effect: float, alpha: float, replicates: int, permutations: int, seed: int
) -> None:
    for name, value, least in (
        ("n_cases", n_cases, 3),
        ("replicates", replicates, 20),
        ("permutations", permutations, 20),
        ("seed", seed, 0),
    ):
        if isinstance(value, bool) or not isinstance(value, int) or value < least:
            raise SettingError(f"{name} must be a whole number of {least} or more, got {value!r}")
    for name, share in (("effect", effect), ("alpha", alpha)):
        if not 0 < share < 1:
            raise SettingError(f"{name} must be between 0 and 1, got {share!r}")
