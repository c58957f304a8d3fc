"""Blocs: who stands with whom, by a Bernoulli mixture over actors."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from typing import Any

import numpy as np
import polars as pl
from numpy.typing import NDArray

from fissure.errors import DataError, SettingError
from fissure.matrix import Matrix
from fissure.results import Result

__all__ = ["Blocs", "BlocsResult", "find_blocs", "principal_direction"]

Array = NDArray[np.float32]
Labels = NDArray[np.int8]

#: One choice, spread like the item's own yea share: no bloc is ever certain of an item.
PRIOR_CHOICES = 1.0


@dataclass(frozen=True)
class Blocs:
    """Settings of a Bernoulli mixture: members of a bloc say yea to item j with probability p_kj.

    Parameters
    ----------
    n_blocs
        Number of blocs, 2 or more.
    max_iter
        Rounds of expectation and maximisation.

    Examples
    --------
    >>> import fissure as fs
    >>> m = fs.Matrix.from_records(fs.load("karate-club"))
    >>> Blocs().fit(m)
    BlocsResult(2 blocs of 18 + 16)
    """

    n_blocs: int = 2
    max_iter: int = 50

    def __post_init__(self) -> None:
        if self.n_blocs < 2:
            raise SettingError(f"n_blocs must be 2 or more, got {self.n_blocs!r}")
        if self.max_iter < 1:
            raise SettingError(f"max_iter must be 1 or more, got {self.max_iter!r}")

    def fit(self, matrix: Matrix) -> BlocsResult:
        """Find the blocs.

        Raises
        ------
        DataError
            If there are fewer actors than blocs.
        """
        if matrix.n_actors < self.n_blocs:
            raise DataError(f"{self.n_blocs} blocs need as many actors, got {matrix.n_actors}")
        y = matrix.dense()
        labels, member, loglik = find_blocs(y, self.n_blocs, self.max_iter)
        member.setflags(write=False)
        labels.setflags(write=False)
        return BlocsResult(
            labels, member, loglik, matrix.actors, asdict(self), asdict(matrix.source)
        )


@dataclass(frozen=True)
class BlocsResult(Result):
    """Blocs in order of size; equal sizes in the order of their first actor.

    Parameters
    ----------
    labels
        int8 array of shape (n_actors,): 0 for the largest bloc.
    membership
        Probabilities of shape (n_actors, n_blocs), given the blocs' yea shares.
    log_likelihood
        Of the mixture, in nats.
    """

    labels: Labels
    membership: Array
    log_likelihood: float
    actors: pl.DataFrame
    settings: dict[str, Any]
    source: dict[str, Any]

    def to_frame(self) -> pl.DataFrame:
        """One row an actor: own columns, bloc and probability."""
        names = [chr(ord("A") + k) for k in self.labels]
        return self.actors.with_columns(
            bloc=pl.Series(names), probability=pl.Series(self.membership.max(axis=1))
        )

    def __repr__(self) -> str:
        sizes = np.bincount(self.labels, minlength=self.membership.shape[1])
        return f"BlocsResult({len(sizes)} blocs of {' + '.join(map(str, sizes))})"


def principal_direction(y: NDArray[np.int8], max_iter: int = 50) -> Array:
    """The direction among actors that carries most of the choices less each item's mean.

    Power iteration from a fixed start; shape (n_actors,), length 1.

    Parameters
    ----------
    y
        int8 array of shape (n_actors, n_items): +1 yea, −1 nay, 0 unobserved.
    max_iter
        Most rounds; it ends when the direction moves by less than 1 in 1,000.
    """
    signed = y.astype(np.float32)
    present = np.abs(signed)
    seen = present.sum(axis=0)
    z = signed - present * (signed.sum(axis=0) / np.maximum(seen, 1))
    # members who were absent often must not look central only for that
    z /= np.sqrt(np.maximum(present.sum(axis=1), 1))[:, None]
    u = np.random.default_rng(0).standard_normal(len(y)).astype(np.float32)
    for _ in range(max_iter):
        # in very small products BLAS can raise the flag of a lane that it does not use
        with np.errstate(invalid="ignore"):
            before, u = u, z @ (z.T @ u)
        size = float(np.sqrt(u @ u))
        if size == 0.0:
            return np.zeros(len(y), np.float32)
        u /= size
        if float(np.abs(u - before).max()) < 1e-3:
            break
    return u


def find_blocs(
    y: NDArray[np.int8], n_blocs: int = 2, max_iter: int = 50
) -> tuple[Labels, Array, float]:
    """Labels, membership probabilities and log likelihood of the best mixture found.

    Two blocs start from cuts of the principal direction (at 0, at the median, at the widest gap and
    at both tails); each further bloc starts by cutting one of the blocs found so far in the same
    way. After two rounds from every start the best is followed to the end (Biernacki, Celeux and
    Govaert 2003).

    Parameters
    ----------
    y
        int8 array of shape (n_actors, n_items): +1 yea, −1 nay, 0 unobserved.
    n_blocs
        Number of blocs.
    max_iter
        Rounds of expectation and maximisation.
    """
    both = np.hstack([y > 0, y < 0]).astype(np.float32)
    labels, member, loglik = np.zeros(len(y), np.int8), np.ones((len(y), 1), np.float32), -np.inf
    for k in range(2, n_blocs + 1):
        tried = [_mixture(both, _certain(start, k), 2) for start in _cuts(y, labels, k)]
        best = max(tried, key=lambda found: found[2])
        labels, member, loglik = _mixture(both, best[1], max_iter)
    return _by_size(labels, member, loglik)


def _cuts(y: NDArray[np.int8], labels: Labels, k: int) -> list[Labels]:
    """Starting labels with one bloc more: each bloc cut along its own direction."""
    starts = []
    for bloc in range(k - 1):
        inside = np.flatnonzero(labels == bloc)
        if len(inside) < 2:
            continue
        u = principal_direction(y[inside])
        order = np.sort(u)
        gap = int(np.argmax(np.diff(order)))
        cuts = {0.0, float(np.median(u)), float(order[gap])}
        cuts |= {float(np.quantile(u, q)) for q in (0.1, 0.9)} if k == 2 else set()
        for cut in sorted(cuts):
            upper = u > cut
            if 0 < upper.sum() < len(u):
                new = labels.copy()
                new[inside[upper]] = k - 1
                starts.append(new)
    if not starts:
        new = labels.copy()
        new[-1] = k - 1
        starts.append(new)
    return starts


def _certain(labels: Labels, k: int) -> Array:
    member = np.zeros((len(labels), k), np.float32)
    member[np.arange(len(labels)), labels] = 1.0
    return member


def _mixture(both: Array, member: Array, max_iter: int) -> tuple[Labels, Array, float]:
    """Expectation-maximisation until no label moves twice in a row.

    ``both`` has shape (n_actors, 2 n_items): yeas, then nays.
    """
    n, j = len(both), both.shape[1] // 2
    k = member.shape[1]
    all_yeas, all_nays = both[:, :j].sum(0), both[:, j:].sum(0)
    base = PRIOR_CHOICES * (all_yeas + 0.5) / (all_yeas + all_nays + 1.0)
    labels, still = member.argmax(axis=1).astype(np.int8), 0
    logs = np.empty((k, 2 * j), np.float32)
    for _ in range(max_iter):
        counts = member.T @ both
        p = (counts[:, :j] + base) / (counts[:, :j] + counts[:, j:] + PRIOR_CHOICES)
        np.log(p, out=logs[:, :j])
        np.log1p(-p, out=logs[:, j:])
        score = both @ logs.T + np.log((member.sum(0) + 0.5) / (n + 0.5 * k))
        top = score.max(axis=1, keepdims=True)
        member = np.exp(score - top)
        total = member.sum(axis=1, keepdims=True)
        member /= total
        new = member.argmax(axis=1).astype(np.int8)
        still = still + 1 if (new == labels).all() else 0
        labels = new
        if still == 2:
            break
    return labels, member, float((np.log(total) + top).sum())


def _by_size(labels: Labels, member: Array, loglik: float) -> tuple[Labels, Array, float]:
    k = member.shape[1]
    sizes = np.bincount(labels, minlength=k)
    first = [int(np.argmax(labels == b)) if sizes[b] else len(labels) for b in range(k)]
    order = sorted(range(k), key=lambda b: (-sizes[b], first[b]))
    rank = np.argsort(order).astype(np.int8)
    return rank[labels], np.ascontiguousarray(member[:, order]), loglik
