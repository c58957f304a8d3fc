"""The fewest recodings, and which, that would overturn what crisply coded cases say."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy.special import betainc, betaln

from fissure.claims.bayes import Prior, check_prior
from fissure.errors import DataError, SettingError
from fissure.results.evidence import Breakdown, Recoded

__all__ = [
    "breakdown",
    "crisp",
    "fewest_flips",
    "fuzzy",
    "is_relevant",
    "is_share_high",
    "names_of",
    "never",
    "told",
]

Array = NDArray[np.float64]
Tables = NDArray[np.int64]
#: Says of tables, shape (T, 4) with columns (X and Y, Y only, X only, neither), whether the
#: conclusion holds.
Conclusion = Callable[[Tables], NDArray[np.bool_]]

#: Columns 0 to 3 of a table lie on a ring: each recoding moves a case to a neighbour. The four
#: edges, forward: X goes where Y is there, Y goes, X comes, Y comes.
RING = ((0, 1), (1, 3), (3, 2), (2, 0))
#: Tables looked at at once, and most ways compared for the least certain codings.
CHUNK, MOST_WAYS = 200_000, 2000


def is_share_high(
    at_least: float = 0.9, level: float = 0.5, prior: Prior = (1.0, 1.0)
) -> Conclusion:
    """The conclusion that P(X | Y) is so much or more, with probability ``level`` or more.

    With ``level=0.011`` it holds unless the claim is contradicted; so the recodings that overturn
    it are those from support to contradiction, and with ``level=0.5`` those to where it is open.

    Examples
    --------
    >>> is_share_high()(np.array([[20, 0, 5, 5], [18, 2, 5, 5]])).tolist()
    [True, False]
    """
    a, b = check_prior(prior)

    def holds(tables: Tables) -> NDArray[np.bool_]:
        return 1 - betainc(a + tables[:, 0], b + tables[:, 1], at_least) >= level

    return holds


def is_relevant(at_least: float = 1.0, prior: Prior = (1.0, 1.0)) -> Conclusion:
    """The conclusion that the condition is more frequent with the outcome than without it.

    Parameters
    ----------
    at_least
        Least decimal logarithm of the Bayes factor of
        :func:`~fissure.claims.bayes.relevance`; 1 is ten to one.
    prior
        a and b of the Beta prior, above 0.

    Examples
    --------
    >>> is_relevant()(np.array([[20, 0, 10, 10], [10, 10, 20, 0], [9, 9, 9, 9]])).tolist()
    [True, False, False]
    """
    a, b = check_prior(prior)

    def holds(tables: Tables) -> NDArray[np.bool_]:
        k, m, k0, m0 = tables.T
        log_bf = betaln(a + k, b + m) + betaln(a + k0, b + m0)
        log_bf -= betaln(a, b) + betaln(a + k + k0, b + m + m0)
        return (log_bf >= at_least * np.log(10)) & (k * m0 > k0 * m)

    return holds


def breakdown(
    x: Any,
    y: Any,
    conclusion: Conclusion | None = None,
    *,
    certainty: Any = None,
    names: Sequence[str] | None = None,
    says: str = "at least 0.90 of cases with the outcome have the condition",
    most: int = 100,
) -> Breakdown:
    """The fewest codings of crisp cases that must change for the conclusion to turn around.

    Conditions and outcomes alike may be recoded. All tables that so many recodings can lead to are
    looked at, so the number is exact for every conclusion that rests on the two-by-two table. Of
    the ways that do it, one that changes the least certain codings is named.

    Parameters
    ----------
    x, y
        Condition and outcome of each case, 0 or 1, shape (n,).
    conclusion
        Takes tables of shape (T, 4), with columns X and Y, Y only, X only, neither, and says
        whether it holds; :func:`is_share_high` where not given.
    certainty
        How certain each coding is, shape (n,) for conditions, or (n, 2) for both; larger is surer.
    names
        Of the cases; numbered where not given.
    says
        The conclusion in words.
    most
        Look no further than so many recodings, 1 or more.

    Raises
    ------
    SettingError
        If a coding is not 0 or 1, or lengths differ.
    DataError
        If there are no cases.

    Examples
    --------
    >>> told = breakdown([1] * 20 + [0] * 5, [1] * 20 + [0] * 5)
    >>> told.holds, told.recodings
    (True, 2)
    """
    holds = conclusion or is_share_high()
    a, b = (crisp(v, name) for v, name in ((x, "x"), (y, "y")))
    sure, called = _sureness(certainty, len(a)), names_of(names, len(a), len(b))
    table = np.bincount(np.select([a & b, b, a], [0, 1, 2], 3), minlength=4)
    now = bool(holds(table[None])[0])
    ways = fewest_flips(table, holds, most)
    if ways is None:
        return Breakdown(says, now, None, None, (), (), 0, never(says, now))
    codings, n_equal = _cheapest(ways, a, b, sure, called)
    return told(says, now, float(len(codings)), codings, n_equal)


def fewest_flips(table: Tables, holds: Conclusion, most: int) -> Tables | None:
    """All sets of recodings, as few as possible, that turn the conclusion around.

    Parameters
    ----------
    table
        Counts of the four columns.
    holds
        The conclusion.
    most
        Largest number of recodings looked at.

    Returns
    -------
    One row a way: how many cases go along each edge of the ring, negative against it; None if the
    conclusion stands whatever is recoded.

    Examples
    --------
    >>> fewest_flips(np.array([20, 0, 0, 5]), is_share_high(), 10).tolist()
    [[2, 0, 0, 0], [1, -1, 0, 0], [0, -2, 0, 0]]
    """
    now = bool(holds(table[None])[0])
    before, reach = 0, 0
    while before < most:
        reach = min(max(4, 2 * before), most)
        fewest = reach + 1
        found: list[tuple[Tables, int]] = []
        for shift in _shifts(table, reach):
            moves, low, high = _distance(shift)
            near = (moves > before) & (moves <= min(reach, fewest))
            shift, moves, low, high = (v[near] for v in (shift, moves, low, high))
            turned = np.flatnonzero(holds(table + shift) != now)
            if len(turned):
                least = int(moves[turned].min())
                found = found if least == fewest else []
                fewest = least
                found += [
                    (shift[i], int(t))
                    for i in turned
                    if moves[i] == least
                    for t in range(low[i], high[i] + 1)
                ]
        if found:
            return np.array([_along(shift, t) for shift, t in found[:MOST_WAYS]])
        before = reach
    return None


def _shifts(table: Tables, reach: int) -> Iterator[Tables]:
    """All changes of the four counts by ``reach`` at most that leave none negative."""
    n = int(table.sum())
    spans = [np.arange(-min(reach, int(c)), min(reach, n - int(c)) + 1) for c in table[:3]]
    rows = max(1, CHUNK // (len(spans[1]) * len(spans[2])))
    for start in range(0, len(spans[0]), rows):
        grid = np.meshgrid(spans[0][start : start + rows], *spans[1:], indexing="ij")
        first = np.stack([g.ravel() for g in grid], axis=1)
        last = -first.sum(axis=1)
        usable = (last >= -table[3]) & (np.abs(last) <= reach)
        yield np.column_stack([first, last])[usable]


def _distance(shift: Tables) -> tuple[Tables, Tables, Tables]:
    """Fewest recodings to each change, and the range of flows along the first edge that do it.

    With t cases along the first edge the other flows follow, and |t| + |t − δ₁| + |t + δ₀ + δ₂| +
    |t + δ₀| is least between the two middle ones of the four points.
    """
    zero = np.zeros(len(shift), np.int64)
    at = np.sort(
        np.stack([zero, shift[:, 1], -shift[:, 0] - shift[:, 2], -shift[:, 0]], axis=1), axis=1
    )
    return at[:, 3] + at[:, 2] - at[:, 1] - at[:, 0], at[:, 1], at[:, 2]


def _along(shift: Tables, t: int) -> list[int]:
    return [t, t - int(shift[1]), t + int(shift[0] + shift[2]), t + int(shift[0])]


def _cheapest(
    ways: Tables,
    x: NDArray[np.bool_],
    y: NDArray[np.bool_],
    sure: Array,
    called: Sequence[str],
) -> tuple[tuple[Recoded, ...], int]:
    """Of several ways that do equally well, that whose codings are the least certain."""
    column = np.select([x & y, y, x], [0, 1, 2], 3)
    order = [np.argsort(sure[:, kind], kind="stable").tolist() for kind in (0, 1)]
    tried = [_named(way, column.tolist(), order) for way in ways]
    totals = [sum(sure[i, kind] for i, kind in named) for named in tried]
    best = int(np.argmin(totals))
    codings = tuple(
        Recoded(
            called[i],
            ("condition", "outcome")[kind],
            float((x, y)[kind][i]),
            float(not (x, y)[kind][i]),
        )
        for i, kind in tried[best]
    )
    used = {(column[i], kind) for i, kind in tried[best]}
    spare = sum(np.count_nonzero(column == source) for source, _ in used) - len(codings)
    return codings, max(int(spare), 0)


def _named(way: Tables, column: list[int], order: list[list[int]]) -> list[tuple[int, int]]:
    """Cases and codings that go a way, the least certain first; one may go along two edges."""
    moves = [
        (edge % 2, *(RING[edge] if flow > 0 else RING[edge][::-1]))
        for edge, flow in enumerate(way.tolist())
        for _ in range(abs(flow))
    ]
    place, done = list(column), []
    while moves:
        for kind, source, target in moves:
            here = (i for i in order[kind] if place[i] == source and (i, kind) not in done)
            i = next(here, None)
            if i is not None:
                place[i] = target
                done.append((i, kind))
                moves.remove((kind, source, target))
                break
        else:
            break
    return done


def told(
    says: str, now: bool, cost: float, codings: tuple[Recoded, ...], n_equal: int
) -> Breakdown:
    """The breakdown of a conclusion that some recodings turn around."""
    count, cases = len(codings), tuple(c.case for c in codings)
    which = ", ".join(f"{c.case} ({c.column} {c.was:g} to {c.becomes:g})" for c in codings[:5]) + (
        f" and {count - 5} more" if count > 5 else ""
    )
    noun = "recoding" if count == 1 else "recodings"
    held = "That" if now else "That it is not so that"
    words = f"{held} {says} would be overturned by {count} {noun}: {which}."
    if n_equal:
        words += f" {n_equal} other {'coding' if n_equal == 1 else 'codings'} would do as well."
    return Breakdown(says, now, count, cost, codings, cases, n_equal, words)


def never(says: str, now: bool) -> str:
    """That no recoding looked at turns a conclusion around."""
    return f"No recoding would overturn that {'' if now else 'it is not so that '}{says}."


def crisp(given: Any, name: str) -> NDArray[np.bool_]:
    """Codings that must be 0 or 1, as booleans."""
    values = fuzzy(given, name)
    bad = values[(values != 0) & (values != 1)]
    if len(bad):
        raise SettingError(f"{name} must be 0 or 1, got {bad[0]:g}")
    return values == 1


def fuzzy(given: Any, name: str) -> Array:
    """Codings that must lie between 0 and 1."""
    values = np.asarray(given, float)
    if values.ndim != 1 or not len(values):
        raise DataError(f"{name} must hold one coding or more, got shape {values.shape}")
    bad = np.flatnonzero(~((values >= 0) & (values <= 1)))
    if len(bad):
        raise SettingError(
            f"{name} must lie between 0 and 1, got {values[bad[0]]} in case {bad[0]}"
        )
    return values


def _sureness(certainty: Any, n: int) -> Array:
    if certainty is None:
        return np.ones((n, 2))
    sure = np.asarray(certainty, float)
    if sure.shape not in ((n,), (n, 2)):
        raise SettingError(f"certainty must have shape ({n},) or ({n}, 2), got {sure.shape}")
    both = sure if sure.ndim == 2 else np.column_stack([sure, np.full(n, np.inf)])
    # what nobody stated stands in the middle of what is stated
    known = both[np.isfinite(both)]
    return np.where(np.isnan(both), np.median(known) if len(known) else 1.0, both)


def names_of(names: Sequence[str] | None, n: int, other: int) -> tuple[str, ...]:
    """Names of the cases, numbers where none are given; both columns must be of one length."""
    if n != other:
        raise SettingError(f"x and y must be of one length, got {n} and {other}")
    called = tuple(str(i + 1) for i in range(n)) if names is None else tuple(names)
    if len(called) != n:
        raise SettingError(f"names must be {n}, one a case, got {len(called)}")
    return called
