"""The claim under every reasonable definition: all forks are run, and none is picked afterwards."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from fissure.claims.cases import Cases
from fissure.claims.fork_axes import Axis, axes_of, combinations, late
from fissure.claims.judging import VERDICTS, Grounds, Rule, verdicts_of, weighed_grounds
from fissure.claims.looking import blurred
from fissure.claims.sides import Sides, coding_of, sides_of
from fissure.results.base import plain
from fissure.results.forks import Fork, ForkAxis, ForkShare

__all__ = ["Forks", "forks_of", "shares_of"]

Array = NDArray[np.float64]

#: Forks whose cases are counted at once.
CHUNK = 1000


@dataclass(frozen=True)
class Forks:
    """All forks, the claim's own first; how many reach which verdict; and what was varied.

    ``alone`` names the axes that were varied one at a time since crossing them would have made too
    many forks.
    """

    forks: tuple[Fork, ...]
    shares: tuple[ForkShare, ...]
    axes: tuple[ForkAxis, ...]
    alone: tuple[str, ...]


@dataclass(frozen=True)
class _Read:
    """The cases as read under C choices of definition; all of shape (C, n)."""

    side: NDArray[np.int8]  # outcome: 1, 0, −1 unknown or left out
    known: NDArray[np.bool_]  # condition known
    chance: Array
    x: Array
    y: Array


def forks_of(
    cases: Cases,
    outcome: str,
    needs: str,
    *,
    threshold: float = 0.5,
    use_certainty: bool = True,
    own: Mapping[str, Sequence[str]] | None = None,
    rule: Rule | None = None,
) -> Forks:
    """Run "every ``outcome`` needed ``needs``" under every combination of definitions.

    Parameters
    ----------
    cases, outcome, needs, threshold, use_certainty, own
        As in :func:`~fissure.claims.fork_axes.axes_of`, which says what is varied.
    rule
        Of the verdict.

    Returns
    -------
    Forks
        At most 10,000, always in the same order. Cases count alone, or each wave as one; ranges and
        certainties enter as in :func:`~fissure.claims.uncertain.uncertain_share`.

    Raises
    ------
    SettingError, ReadError
        As in :func:`~fissure.claims.fork_axes.axes_of`; and if there would be too many forks.

    Source
    ------
    Steegen, Tuerlinckx, Gelman and Vanpaemel (2016), "Increasing transparency through a multiverse
    analysis", doi:10.1177/1745691616658637; Simonsohn, Simmons and Nelson (2020), "Specification
    curve analysis", doi:10.1038/s41562-020-0912-z.

    Examples
    --------
    >>> import polars as pl
    >>> table = pl.DataFrame({"case": list("abc"), "X": ["1", "0.4", "?"], "Y": [1, 1, 0]})
    >>> told = forks_of(Cases.read(table), "Y", "X")
    >>> len(told.forks), told.forks[0].choices["needs threshold"], told.forks[0].consistency
    (9, '0.5', 0.7)
    """
    rule = rule or Rule()
    axes = axes_of(cases, outcome, needs, threshold=threshold, use_certainty=use_certainty, own=own)
    table, alone = combinations(axes, tuple(own or ()))
    asked = _Asked(cases, outcome, needs, threshold, use_certainty, axes)
    names = [axis.told.name for axis in axes]
    is_case_axis = np.array([name in ("cases", "waves") for name in names], bool)
    read, which = asked.read(table[:, ~is_case_axis], [n for n in names if n not in CASE_AXES])
    weights, weighed = asked.weights(table[:, is_case_axis], [n for n in names if n in CASE_AXES])
    told = [
        _judged(read, which[i : i + CHUNK], weights, weighed[i : i + CHUNK], rule)
        for i in range(0, len(table), CHUNK)
    ]
    forks = tuple(
        Fork(_choices(axes, row), *numbers)
        for row, numbers in zip(table, (one for part in told for one in part), strict=True)
    )
    return Forks(forks, shares_of(forks), tuple(axis.told for axis in axes), alone)


#: Axes that choose cases; all others choose how they are read.
CASE_AXES = ("waves", "cases")


def shares_of(forks: Sequence[Fork]) -> tuple[ForkShare, ...]:
    """In how many forks each verdict is reached."""
    found = [fork.verdict for fork in forks]
    return tuple(
        ForkShare(verdict, found.count(verdict), found.count(verdict) / max(len(found), 1))
        for verdict in VERDICTS
    )


@dataclass(frozen=True)
class _Asked:
    cases: Cases
    outcome: str
    needs: str
    threshold: float
    use_certainty: bool
    axes: tuple[Axis, ...]

    def _option(self, name: str, number: int, otherwise: tuple[str, Any]) -> tuple[str, Any]:
        """Label and meaning of an option; what was asked where the axis does not vary."""
        for axis in self.axes:
            if axis.told.name == name:
                return axis.told.options[number], axis.values[number]
        return otherwise

    def read(
        self, table: NDArray[np.int64], names: Sequence[str]
    ) -> tuple[_Read, NDArray[np.int64]]:
        """The cases under every distinct choice of definitions, and which of them each fork has."""
        rows, which = _distinct(table)
        kept: dict[tuple[object, ...], Sides] = {}
        parts = [self._one(dict(zip(names, row.tolist(), strict=True)), kept) for row in rows]
        side, known, chance, x, y = (np.stack(found) for found in zip(*parts, strict=True))
        return _Read(side, known, chance, x, y), which

    def _one(
        self, chosen: Mapping[str, int], kept: dict[tuple[object, ...], Sides]
    ) -> tuple[NDArray, ...]:
        label_y, _ = self._option("outcome", chosen.get("outcome", 0), (self.outcome, None))
        label_x, _ = self._option("needs", chosen.get("needs", 0), (self.needs, None))
        first = "as stated" if self.use_certainty else "ignored"
        sure, _ = self._option("certainty", chosen.get("certainty", 0), (first, None))
        given, held = (self._sides(which, chosen, sure, kept) for which in ("outcome", "needs"))
        y_side, y, q = _filled(given, self._word("unknown outcome", chosen))
        x_side, x, p = _filled(held, self._word("unknown condition", chosen))
        misdated = self._word("misdated", chosen)
        if misdated not in ("as coded", "kept"):
            after = late(self.cases, label_x, label_y)
            if misdated == "left out":
                y_side = np.where(after, -1, y_side)
            else:
                x_side, x = np.where(after, 0, x_side), np.where(after, 0.0, x)
                p = np.where(after, np.minimum(p, 1 - p), p)
        at = blurred(Sides(given.coding, y_side, q), Sides(held.coding, x_side, p))
        return y_side.astype(np.int8), x_side >= 0, at, x, y

    def _word(self, name: str, chosen: Mapping[str, int]) -> str:
        return self._option(name, chosen.get(name, 0), ("as coded", None))[0]

    def _sides(
        self,
        which: str,
        chosen: Mapping[str, int],
        sure: str,
        kept: dict[tuple[object, ...], Sides],
    ) -> Sides:
        axis = f"{which} threshold"
        key = (which, chosen.get(which, 0), chosen.get(axis, 0), sure)
        if key not in kept:
            expression = self.outcome if which == "outcome" else self.needs
            _, coding = self._option(which, chosen.get(which, 0), ("", None))
            _, cut = self._option(axis, chosen.get(axis, 0), ("", self.threshold))
            from_here = coding if coding is not None else coding_of(self.cases, expression)
            kept[key] = sides_of(from_here, cut, sure == "as stated")
        return kept[key]

    def weights(
        self, table: NDArray[np.int64], names: Sequence[str]
    ) -> tuple[Array, NDArray[np.int64]]:
        """Weight of every case under each choice of cases, shape (K, n), and that of each fork."""
        rows, which = _distinct(table)
        out = np.ones((len(rows), self.cases.n_cases))
        for k, row in enumerate(rows):
            chosen = dict(zip(names, row.tolist(), strict=True))
            _, mask = self._option("cases", chosen.get("cases", 0), ("all", None))
            if mask is not None:
                out[k] *= mask
            if self._word("waves", chosen) == "each wave counts once":
                out[k] *= _once(self.cases, out[k] > 0)
        return out, which


def _distinct(table: NDArray[np.int64]) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """The distinct rows, and which of them each row is; one where there are no columns."""
    if not table.shape[1]:
        return table[:1], np.zeros(len(table), np.int64)
    rows, which = np.unique(table, axis=0, return_inverse=True)
    return rows, which.ravel()


def _once(cases: Cases, used: NDArray[np.bool_]) -> Array:
    """One over the number of cases of a wave that are used; 1 for those of none."""
    out = np.ones(cases.n_cases)
    cluster = cases.cluster
    if cluster is not None:
        for wave in set(cluster.tolist()):
            mine = (cluster == wave) & used
            if wave.strip() and mine.any():
                out[mine] = 1 / mine.sum()
    return out


def _filled(sides: Sides, word: str) -> tuple[NDArray[np.int8], Array, Array]:
    """Side, value and chance with the unknown taken for what the word says."""
    if word == "as coded":
        return sides.side, sides.value, sides.chance
    full = float(word == "present")
    unknown = sides.side < 0
    side = np.where(unknown, np.int8(full), sides.side)
    return side, np.where(unknown, full, sides.value), np.where(unknown, full, sides.chance)


def _judged(
    read: _Read,
    which: NDArray[np.int64],
    weights: Array,
    weighed: NDArray[np.int64],
    rule: Rule,
) -> list[tuple]:
    """What follows ``choices`` in :class:`~fissure.results.forks.Fork`, for some forks."""
    side, w = read.side[which], weights[weighed]
    chances, place = np.unique(read.chance.round(9), return_inverse=True)
    place = place.reshape(read.chance.shape)[which]
    row = np.arange(len(which))[:, None] * len(chances) + place
    size = len(which) * len(chances)
    with_it, without = (
        np.asarray(np.bincount(row.ravel(), (w * (side == s)).ravel(), size), float).reshape(
            len(which), -1
        )
        for s in (1, 0)
    )
    consistency, ron = _fits(read, which, w * (side >= 0))
    grounds, _ = weighed_grounds(with_it, without, chances, ron, rule)
    used = (w > 0) & read.known[which]
    n, n_outcome = (used & (side >= 0)).sum(axis=1), (used & (side == 1)).sum(axis=1)
    found = verdicts_of(_only_known(grounds, n_outcome, n - n_outcome), rule)
    return [
        (
            int(n[k]),
            int(n_outcome[k]),
            plain(consistency[k]),
            plain(ron[k]),
            plain(grounds.mean[k]) if n_outcome[k] else None,
            plain(grounds.p_least[k]) if n_outcome[k] else None,
            plain(grounds.log10_bf[k]) if 0 < n_outcome[k] < n[k] else None,
            VERDICTS[found[k]],
        )
        for k in range(len(which))
    ]


def _only_known(g: Grounds, n_outcome: NDArray, n_other: NDArray) -> Grounds:
    """The grounds, with cases whose condition is unknown counted as none."""
    return Grounds(
        n_outcome.astype(float), n_other.astype(float), g.p_least, g.p_most, g.log10_bf,
        g.is_greater, g.p_common, g.ron, g.mean,
    )  # fmt: skip


def _fits(read: _Read, which: NDArray[np.int64], w: Array) -> tuple[Array, Array]:
    """Consistency and relevance of necessity, of cases with both values known."""
    known = ~(np.isnan(read.x) | np.isnan(read.y))
    x, y = np.where(known, read.x, 0.0)[which], np.where(known, read.y, 0.0)[which]
    w = w * known[which]
    both = np.minimum(x, y)
    with np.errstate(invalid="ignore", divide="ignore"):
        fit = (w * both).sum(axis=1) / (w * y).sum(axis=1)
        ron = (w * (1 - x)).sum(axis=1) / (w * (1 - both)).sum(axis=1)
    return fit, ron


def _choices(axes: Sequence[Axis], row: NDArray[np.int64]) -> dict[str, str]:
    return {a.told.name: a.told.options[k] for a, k in zip(axes, row.tolist(), strict=True)}
