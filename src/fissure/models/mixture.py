"""Blocs beyond a line of positions: how many, with a real chance of one."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from dataclasses import asdict, dataclass
from typing import Any

import numpy as np
import polars as pl
from numpy.typing import NDArray
from threadpoolctl import threadpool_limits

from fissure.errors import DataError, SettingError
from fissure.matrix import Matrix
from fissure.models.mixture_chain import Chain, Draw
from fissure.models.partitions import Chosen, PartitionPrior, co_clustering, representatives
from fissure.results.base import Result
from fissure.results.bloc_number import BlocNumber, Chains, Representative
from fissure.results.tree import Agreement, Interval

__all__ = ["BlocMixture", "BlocMixtureResult"]

Array = NDArray[np.float64]
Votes = NDArray[np.int8]

#: Chains start from so many blocs in turn.
STARTS = (1, 2, 4, 3)
#: Sweeps with one bloc, sweeps that search, and proposals in each of these.
SETTLING, SEARCHING, SEARCHES = 15, 10, 3
#: Draws kept for each sweep before them that is not: chains leave the search slowly. With 4 the
#: mean P(one) of bodies from the prior still lay above the prior's.
UNKEPT = 2
#: The log posterior is looked at in so many draws of each chain.
HEIGHTS = 24
#: Draws of each chain by default: so many over the number of choices, within bounds.
EFFORT, FEWEST, MOST = 1_200_000, 32, 800
#: Stretches of a chain whose means show the Monte Carlo error.
STRETCHES = 4
#: Chains agree where none lies further than this from another in P(one), and from all in the
#: probabilities of the numbers (total variation) and of two actors standing together (mean).
FURTHEST = 0.2


@dataclass(frozen=True)
class BlocMixture:
    """Settings of a mixture of blocs on what a line of positions leaves over.

    An actor i of bloc z_i says yea to an item j with probability Φ(α_j + γ_{j,z_i} + β_j'x_i), with
    positions x_i ~ N(0, I). An item divides the blocs with a probability ω that is estimated;
    where it does not, γ is 0. The number of blocs has prior mass ``prior_one`` on one. :meth:`fit`
    draws from the posterior, items and positions included.

    Use it to ask whether there are blocs *beyond* one line. Blocs that stand at different places of
    one line are explained by it, and count as one here; what :func:`fissure.split` calls blocs is
    another question.

    Parameters
    ----------
    dims
        Dimensions of the positions, 1 to 3. A second *continuous* dimension looks like blocs to
        ``dims=1``; with ``dims=2`` blocs must do better than that.
    min_bloc
        Fewest members of a bloc, 1 or more; None for one more than a handful (at most 5 members,
        and less than a tenth of the group, with 2 at the least).
    max_blocs
        Largest number of blocs, 2 to 20.
    prior_one
        Prior probability of one bloc; each further bloc halves what is left.
    chains, draws
        Chains, and draws kept of each; they start from 1, 2, 4 and 3 blocs in turn, and all count
        alike. With None 800 draws of small records, and fewer of larger ones (32 where actors times
        items pass 37,500), so that a fit takes a few seconds.
    moves
        Proposals to split or merge in each sweep.
    max_representatives
        Largest number of partitions to report.
    seed
        Seed of every draw.
    threads
        Threads; the answer does not depend on it.

    Examples
    --------
    >>> import fissure as fs
    >>> m = fs.Matrix.from_records(fs.load("rehnquist-court"))
    >>> found = fs.BlocMixture(chains=2, draws=40).fit(m)
    >>> len(found.number.probabilities), found.number.least
    (4, 2)

    References
    ----------
    Miller and Harrison (2018), "Mixture Models With a Prior on the Number of Components", Journal
    of the American Statistical Association 113(521), 340-356.
    """

    dims: int = 1
    min_bloc: int | None = None
    max_blocs: int = 6
    prior_one: float = 0.5
    chains: int = 4
    draws: int | None = None
    moves: int = 2
    max_representatives: int = 4
    seed: int = 1
    threads: int = 2

    def __post_init__(self) -> None:
        if self.dims not in (1, 2, 3):
            raise SettingError(f"dims must be 1..3, got {self.dims!r}")
        if self.min_bloc is not None and self.min_bloc < 1:
            raise SettingError(f"min_bloc must be 1 or more, got {self.min_bloc!r}")
        if not 2 <= self.max_blocs <= 20:
            raise SettingError(f"max_blocs must be 2..20 (1 asks nothing), got {self.max_blocs!r}")
        if not 0 < self.prior_one < 1:
            raise SettingError(f"prior_one must lie between 0 and 1, got {self.prior_one!r}")
        if self.draws is not None and self.draws < 12:
            raise SettingError(f"draws must be 12 or more, or None, got {self.draws!r}")
        least = {"chains": 2, "moves": 1, "max_representatives": 1, "seed": 0, "threads": 1}
        for name, fewest in least.items():
            if getattr(self, name) < fewest:
                raise SettingError(f"{name} must be {fewest} or more, got {getattr(self, name)!r}")

    def fit(self, matrix: Matrix) -> BlocMixtureResult:
        """Draw from the posterior.

        Raises
        ------
        DataError
            If there are fewer than ``dims + 3`` actors or items, too few actors for two blocs, or
            no item divides the group.
        """
        _check(matrix, self.dims)
        # sorted and turned, so that neither order nor the names of the sides can matter
        rows = np.argsort(matrix.actors["actor"].to_numpy().astype(str), kind="stable")
        columns = np.argsort(matrix.items["item"].to_numpy().astype(str), kind="stable")
        y = matrix.dense()[np.ix_(rows, columns)]
        y = np.ascontiguousarray((y * _turn(y)).T)
        prior = self.prior(matrix.n_actors)
        with threadpool_limits(1, user_api="blas"):
            chains = self._sample(y, prior)
            draws = np.array([d.labels for chain in chains for d in chain])
            chosen = representatives(draws, self.max_representatives)
        ids = [str(matrix.actors["actor"][int(r)]) for r in rows]
        told = _agreement(chains, prior.most)
        number = _number(matrix, self, prior, ids, chains, chosen, told)
        back = np.argsort(rows)
        labels = np.ascontiguousarray(draws[:, back])
        heights = _heights(chains)
        for array in (labels, heights):
            array.setflags(write=False)
        return BlocMixtureResult(
            number, labels, heights, matrix.actors, asdict(self), asdict(matrix.source)
        )

    def prior(self, n_actors: int) -> PartitionPrior:
        """The prior on the partitions of so many actors.

        Raises
        ------
        DataError
            If they are too few for two blocs.
        """
        least = self.min_bloc or max(2, min(6, -(-n_actors // 10)))
        most = min(self.max_blocs, n_actors // least)
        if most < 2:
            raise DataError(
                f"two blocs of {least} members or more need at least {2 * least} actors, got "
                f"{n_actors}; with a smaller min_bloc there could be two"
            )
        rest = 0.5 ** np.arange(1, most)
        more = (1 - self.prior_one) * rest / rest.sum()
        return PartitionPrior(n_actors, least, (self.prior_one, *more.tolist()))

    def _sample(self, y: Votes, prior: PartitionPrior) -> list[list[Draw]]:
        """Draws by chain; no chain is left out, and none takes over another's state."""
        x = _first_positions(y, self.dims)
        nobody = np.zeros(y.shape[1], np.int64)
        draws = self.draws or int(np.clip(EFFORT / y.size, FEWEST, MOST))
        roots = np.random.SeedSequence(self.seed).spawn(self.chains)

        def sample(c: int) -> list[Draw]:
            chain, kept = Chain(y, x, nobody, prior, np.random.default_rng(roots[c])), []
            chain.settle(SETTLING, STARTS[c % len(STARTS)], SEARCHING, SEARCHES)
            for sweep in range(-(draws // UNKEPT), draws):
                chain.sweep(self.moves)
                if sweep >= 0:
                    kept.append(chain.keep(sweep % -(-draws // HEIGHTS) == 0))
            return kept

        with ThreadPoolExecutor(self.threads) as pool:
            return list(pool.map(sample, range(self.chains)))


@dataclass(frozen=True)
class BlocMixtureResult(Result):
    """Draws of blocs beyond the line, and what they say.

    Parameters
    ----------
    number
        How many blocs, who stands with whom, and whether the chains agree.
    labels
        int8 array of shape (n_draws, n_actors), chain after chain. Labels
        mean nothing across draws; only who shares one does.
    log_posterior
        At evenly spread draws; shape (chains, looks).
    """

    number: BlocNumber
    labels: NDArray[np.int8]
    log_posterior: Array
    actors: pl.DataFrame
    settings: dict[str, Any]
    source: dict[str, Any]

    def to_frame(self) -> pl.DataFrame:
        """One row an actor: own columns, its bloc in the first representative, and the mean
        probability of standing with that bloc's other members.
        """
        place = {a: k for k, a in enumerate(self.number.similarity.actors)}
        share = np.array(self.number.similarity.share)
        bloc, probability = {}, {}
        for k, members in enumerate(self.number.representatives[0].blocs):
            at = [place[a] for a in members]
            for i, actor in zip(at, members, strict=True):
                bloc[actor] = chr(ord("A") + k)
                others = share[i, at].sum() - share[i, i]
                probability[actor] = float(others / max(len(at) - 1, 1))
        ids = self.actors["actor"].cast(pl.String).to_list()
        return self.actors.with_columns(
            bloc=pl.Series([bloc[a] for a in ids]),
            probability=pl.Series([probability[a] for a in ids]),
        )

    def to_dict(self) -> dict[str, Any]:
        """What the draws say, with the settings and the source; the draws are left out."""
        return {**self.number.to_dict(), "settings": self.settings, "source": self.source}

    def __repr__(self) -> str:
        return f"BlocMixtureResult({self.number.sentence})"


def _check(matrix: Matrix, dims: int) -> None:
    for n, what in ((matrix.n_actors, "actors"), (matrix.n_items, "items")):
        if n < dims + 3:
            raise DataError(
                f"{matrix.name!r}: blocs beyond {dims} dims need at least {dims + 3} {what}, "
                f"got {n}"
            )
    yeas = matrix.by_item.yeas()
    if not np.any((yeas > 0) & (yeas < matrix.by_item.counts())):
        raise DataError(f"{matrix.name!r}: every one of the {matrix.n_items} items was unanimous")


def _turn(y: Votes) -> Votes:
    """+1 or −1 for each item, by which its majority (or its first voter) becomes +1."""
    total = y.sum(axis=0, dtype=np.int64)
    first = y[(y != 0).argmax(axis=0), np.arange(y.shape[1])]
    return np.where(total == 0, first, np.sign(total)).astype(np.int8)


def _first_positions(y: Votes, dims: int) -> Array:
    """Leading directions among actors of the choices less each item's mean; mean square 1."""
    seen = np.abs(y).astype(np.float64)
    off = y - seen * (y.sum(axis=1) / np.maximum(seen.sum(axis=1), 1))[:, None]
    vectors = np.linalg.eigh(off.T @ off)[1]
    return np.ascontiguousarray(vectors[:, ::-1][:, :dims] * np.sqrt(y.shape[1]))


def _number(
    matrix: Matrix, settings: BlocMixture, prior: PartitionPrior, ids: list[str],
    chains: list[list[Draw]], chosen: list[Chosen], told: Chains,
) -> BlocNumber:  # fmt: skip
    draws = np.array([d.labels for chain in chains for d in chain])
    number = draws.max(axis=1) + 1
    chance = np.bincount(number, minlength=prior.most + 1)[1:] / len(number)
    found = tuple(Representative(c.weight, c.distance, _blocs(c.labels, ids)) for c in chosen)
    order = [ids.index(a) for bloc in found[0].blocs for a in bloc]
    share = np.round(co_clustering(draws), 4)[np.ix_(order, order)]
    dividing = np.array([d.dividing for chain in chains for d in chain if d.labels.max() > 0])
    middle = float(np.median(dividing)) if len(dividing) >= 10 else None
    return BlocNumber(
        group=matrix.name,
        dims=settings.dims,
        n_actors=matrix.n_actors,
        n_items=matrix.n_items,
        least=prior.least,
        prior=tuple(prior.number.tolist()),
        probabilities=tuple(chance.tolist()),
        p_one=float(chance[0]),
        similarity=Agreement(
            tuple(ids[i] for i in order), tuple(tuple(row) for row in share.tolist())
        ),
        representatives=found,
        dividing=None if middle is None else Interval.of(middle, dividing),
        sentence=_sentence(settings.dims, chance, found, middle, told),
        chains=told,
        settings=asdict(settings),
    )


def _blocs(labels: NDArray[np.int8], ids: list[str]) -> tuple[tuple[str, ...], ...]:
    members = [tuple(ids[i] for i in np.flatnonzero(labels == k)) for k in range(labels.max() + 1)]
    return tuple(sorted(members, key=lambda m: -len(m)))


def _heights(chains: list[list[Draw]]) -> Array:
    height = np.array([[d.log_posterior for d in chain] for chain in chains])
    return height[:, ~np.isnan(height[0])]


def _agreement(chains: list[list[Draw]], most: int) -> Chains:
    number = np.array([[d.labels.max() + 1.0 for d in chain] for chain in chains])
    one = (number == 1).mean(axis=1)
    on_one = bool(np.ptp(one) <= FURTHEST)
    by_chain = np.array([(number == k).mean(axis=1) for k in range(1, most + 1)])
    off = 0.5 * np.abs(by_chain - by_chain.mean(axis=1, keepdims=True)).sum(axis=0)
    together = np.array([co_clustering(np.array([d.labels for d in chain])) for chain in chains])
    apart = float(np.abs(together - together.mean(axis=0)).mean(axis=(1, 2)).max())
    return Chains(
        n_chains=len(chains),
        n_warmup=SETTLING + SEARCHING + number.shape[1] // UNKEPT,
        n_draws=number.size,
        p_one=tuple(one.tolist()),
        error_one=_error(number == 1),
        rhat_number=_rhat(number),
        rhat_height=_rhat(_heights(chains)),
        furthest=apart,
        agree_on_one=on_one,
        agree=on_one and max(float(off.max()), apart) <= FURTHEST,
    )


def _error(is_one: NDArray[np.bool_]) -> float:
    """Standard error of a mean of all draws: by chains or by stretches, whichever is larger."""
    parts = [part.mean() for chain in is_one for part in np.array_split(chain, STRETCHES)]
    means = (np.array(parts), is_one.mean(axis=1))
    return max(float(np.std(m, ddof=1) / np.sqrt(len(m))) for m in means)


def _rhat(values: Array) -> float | None:
    """Split R-hat (Gelman et al. 2013, equation 11.4), of shape (chains, draws)."""
    half = values.shape[1] // 2
    parts = np.vstack([values[:, :half], values[:, -half:]])
    within = float(parts.var(axis=1, ddof=1).mean())
    if within == 0.0:
        return None
    between = half * float(parts.mean(axis=1).var(ddof=1))
    return float(np.sqrt((half - 1) / half + between / (half * within)))


def _percent(p: float) -> str:
    if p < 0.01:
        return "under 1%"
    return "over 99%" if p > 0.99 else f"{p:.0%}"


def _sentence(
    dims: int,
    chance: Array,
    found: tuple[Representative, ...],
    dividing: float | None,
    chains: Chains,
) -> str:
    line = ("one line", "a plane", "a space")[dims - 1] + " of positions"
    best = int(np.argmax(chance)) + 1
    one = f"the probability of one bloc is {_percent(float(chance[0]))}"
    same = "Blocs that stand apart on the line itself count as one here"
    if not chains.agree_on_one:
        low, high = min(chains.p_one), max(chains.p_one)
        return (
            f"Whether there are blocs beyond {line} is not settled: one part of the calculation "
            f"gives one bloc a probability of {_percent(low)}, another {_percent(high)}, so these "
            f"probabilities are not to be relied on. {same}."
        )
    if chance[0] >= 0.95:
        return f"No blocs are needed beyond {line}: {one}. {same}."
    if chance[0] > 0.05:
        text = f"Whether there are blocs beyond {line} stays open: {one}"
    elif not chains.agree:
        text = f"The choices hold something beyond {line} that looks like blocs: {one}"
    else:
        sizes = " + ".join(str(len(b)) for b in found[0].blocs)
        text = (
            f"The choices hold blocs beyond {line}, most probably {best} "
            f"({_percent(float(chance[best - 1]))}; nearest to all draws {sizes}): {one}"
        )
        if dividing is not None:
            text += f", and they divide about {_percent(dividing)} of the items"
    if chance[0] <= 0.05:
        text += ". A further dimension, or items that hang together, would look the same"
    if not chains.agree:
        text += (
            ". How many blocs, and who stands in which, is not settled: parts of the calculation "
            "that began apart stayed apart, so those probabilities are not to be relied on"
        )
    return f"{text}. {same}."
