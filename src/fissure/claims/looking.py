"""One direction of a claim: every way to read the codings, and the verdict that holds under all."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from fissure.claims.bayes import relevance, share
from fissure.claims.coders import several_coders
from fissure.claims.fit import relevance_of_necessity
from fissure.claims.judging import VERDICTS, Grounds, Rule, verdicts_of, weighed_grounds
from fissure.claims.misclassified import (
    CodingErrors,
    misclassified_relevance,
    misclassified_share,
)
from fissure.claims.sides import Sides
from fissure.claims.uncertain import uncertain_relevance, uncertain_share
from fissure.claims.waves import clustered_share
from fissure.results.claim import Reading
from fissure.results.evidence import Coders, Posterior, Relevance
from fissure.results.forks import ClaimVerdict

__all__ = ["Look", "blurred", "counts", "histogram", "look", "widest"]

Array = NDArray[np.float64]


@dataclass(frozen=True)
class Look:
    """The cases looked at in one direction: of those with ``given``, how many have ``held``?

    Parameters
    ----------
    given, held
        The two codings.
    table
        Cases with both known: given and held, given only, held only, neither.
    readings
        The posterior under every way to read the codings that applies; empty without a case.
    relevance
        Held against the cases without ``given``; None without cases on both sides.
    coders
        What several coders' votes say, if there are several.
    grounds, verdict
        What the verdict rests on, and the verdict.
    """

    given: Sides
    held: Sides
    table: tuple[int, int, int, int]
    readings: tuple[Reading, ...]
    relevance: Relevance | None
    coders: Coders | None
    grounds: Grounds
    verdict: ClaimVerdict

    @property
    def posterior(self) -> Posterior | None:
        """That of the most cautious reading."""
        return widest(self.readings)

    @property
    def p_range(self) -> tuple[float, float]:
        """Least and greatest probability, over all readings, that the share is 0.90 or more."""
        return float(self.grounds.p_least[0]), float(self.grounds.p_most[0])


def look(
    given: Sides,
    held: Sides,
    rule: Rule,
    *,
    cluster: NDArray[np.str_] | None = None,
    errors: CodingErrors | None = None,
    seed: int = 1,
) -> Look:
    """Look at the cases in one direction.

    Parameters
    ----------
    given, held
        Outcome and condition if the condition is to be necessary; the other way round if it is to
        be sufficient.
    rule
        Of the verdict.
    cluster
        The wave of each case, shape (n,).
    errors
        How the coder of ``held`` errs, if that is known.
    seed
        Of the draws for several coders.
    """
    table = counts(given.side, held.side)
    k, m, k0, m0 = table
    compared = _compared(given, held, table, rule, errors) if k + m and k0 + m0 else None
    coders = _coders(given, held, rule, seed) if k + m else None
    found = _readings(given, held, table, rule, compared, cluster, errors, coders)
    chances, with_it, without = histogram(given, held)
    known = ~(np.isnan(given.value) | np.isnan(held.value))
    ron = relevance_of_necessity(held.value[known], given.value[known])
    quick, _ = weighed_grounds(with_it, without, chances, np.array([ron]), rule)
    ps = [r.posterior.p_above_90 for r in found] or [float("nan")]
    grounds = Grounds(
        np.array([float(k + m)]),
        np.array([float(k0 + m0)]),
        np.array([min(ps)]),
        np.array([max(ps)]),
        np.array([compared.log10_bf if compared else np.nan]),
        np.array([compared is not None and compared.difference > 0]),
        np.minimum(quick.p_common, _common(held, table, rule, cluster, errors)),
        np.array([ron]),
        quick.mean,
    )
    verdict = VERDICTS[verdicts_of(grounds, rule)[0]]
    return Look(given, held, table, found, compared, coders, grounds, verdict)


def counts(given: NDArray[np.int8], held: NDArray[np.int8]) -> tuple[int, int, int, int]:
    """Cases with both known: given and held, given only, held only, neither."""
    a, b = given, held
    pairs = ((1, 1), (1, 0), (0, 1), (0, 0))
    k, m, k0, m0 = (int(((a == i) & (b == j)).sum()) for i, j in pairs)
    return k, m, k0, m0


def histogram(given: Sides, held: Sides) -> tuple[Array, Array, Array]:
    """Chances of ``held``, shape (D,), and numbers of cases with and without ``given``, (1, D)."""
    p = blurred(given, held)
    chances, place = np.unique(p.round(9), return_inverse=True)
    with_it, without = (
        np.bincount(place[given.side == s], minlength=len(chances))[None].astype(float)
        for s in (1, 0)
    )
    return chances, with_it, without


def blurred(given: Sides, held: Sides) -> Array:
    """Chance of ``held`` where it is not sure that the case belongs here at all, shape (n,).

    With probability q it does, and then its likelihood is that of its chance p; otherwise it tells
    nothing, as a chance of 1/2 does. So q p + (1 − q)/2, q for the side that the case is on.
    """
    q = np.where(given.side == 0, 1 - given.chance, given.chance)
    out: Array = q * held.chance + (1 - q) / 2
    return out


def widest(readings: tuple[Reading, ...]) -> Posterior | None:
    """The posterior with the widest interval; the first of several."""
    if not readings:
        return None
    return max((r.posterior for r in readings), key=lambda p: round(p.high - p.low, 9))


def _compared(
    given: Sides,
    held: Sides,
    table: tuple[int, int, int, int],
    rule: Rule,
    errors: CodingErrors | None,
) -> Relevance:
    k, m, k0, m0 = table
    if errors is not None:
        return misclassified_relevance(k, k + m, k0, k0 + m0, errors, prior=rule.prior)
    if given.is_sure and held.is_sure:
        return relevance(k, k + m, k0, k0 + m0, prior=rule.prior)
    return uncertain_relevance(held.chance, given.chance, prior=rule.prior)


def _readings(
    given: Sides,
    held: Sides,
    table: tuple[int, int, int, int],
    rule: Rule,
    compared: Relevance | None,
    cluster: NDArray[np.str_] | None,
    errors: CodingErrors | None,
    coders: Coders | None,
) -> tuple[Reading, ...]:
    k, m, _, _ = table
    if not k + m:
        return ()
    out = [Reading("as coded", share(k, k + m, prior=rule.prior))]
    if not (given.is_sure and held.is_sure):
        is_there = compared is not None and errors is None
        told = (
            compared.given
            if is_there and compared is not None
            else uncertain_share(held.chance, given.chance, prior=rule.prior)
        )
        out.append(Reading("uncertain codings", told))
    if cluster is not None and _has_waves(cluster, given):
        mine = given.side != 0
        told = clustered_share(blurred(given, held)[mine], cluster[mine], prior=rule.prior)
        out.append(Reading("waves", told))
    if errors is not None:
        out.append(
            Reading("coding errors", misclassified_share(k, k + m, errors, prior=rule.prior))
        )
    if coders is not None:
        out.append(Reading("several coders", coders.shares[-1]))
    return tuple(out)


def _common(
    held: Sides,
    table: tuple[int, int, int, int],
    rule: Rule,
    cluster: NDArray[np.str_] | None,
    errors: CodingErrors | None,
) -> float:
    """Least probability, in waves and with errors, that a share common to all is 0.90 or more."""
    k, m, k0, m0 = table
    found = [1.0]
    if cluster is not None and k + m and k0 + m0:
        found.append(clustered_share(held.chance, cluster, prior=rule.prior).p_above_90)
    if errors is not None and k + m and k0 + m0:
        told = misclassified_share(k + k0, k + m + k0 + m0, errors, prior=rule.prior)
        found.append(told.p_above_90)
    return min(found)


def _has_waves(cluster: NDArray[np.str_], given: Sides) -> bool:
    """Whether two cases with ``given`` are of one wave."""
    named = [c for c, s in zip(cluster.tolist(), given.side, strict=True) if s == 1 and c.strip()]
    return len(set(named)) < len(named)


def _coders(given: Sides, held: Sides, rule: Rule, seed: int) -> Coders | None:
    """Of the votes on ``held``, if two coders or more voted where ``given`` is known."""
    votes = held.coding.votes
    known = given.side >= 0
    if votes is None or not known.any():
        return None
    cast = (votes[known] >= 0).any(axis=0)
    if cast.sum() < 2:
        return None
    called: Any = held.coding.coders
    names = [called[j] for j in np.flatnonzero(cast)] if len(called) == votes.shape[1] else None
    # groups are in sorted order, so that the last is that with ``given``
    group = np.where(given.side[known] == 1, "with", "0 without")
    return several_coders(votes[known][:, cast], group, names=names, prior=rule.prior, seed=seed)
