"""Made-up bodies whose division is known, as dense tables of +1, −1 and 0 and as records."""

from __future__ import annotations

import numpy as np
import polars as pl
from scipy.special import ndtr

from fissure.matrix import Matrix
from fissure.records import Records, Source
from fissure.split import SplitSettings, split

#: 90 of 100 of the one bloc against 90 of 100 of the other on a contested item.
DISCIPLINE = 0.9

#: Fewer draws than a user would take: enough for bodies that are clear.
QUICK = SplitSettings(repeats=4, draws=200, null_draws=19, power_draws=40, preference_draws=0)


def rng(seed=1):
    """A seeded generator."""
    return np.random.default_rng(seed)


def one(y, settings=QUICK, seed=1, **more):
    """The whole body's group."""
    return split(records(y, **more), settings=settings, seed=seed).groups[0]


def sets(group):
    """The blocs as sets of actors."""
    return {frozenset(m.actor for m in b.members) for b in group.blocs}


def ids(*places):
    """The actors in these rows."""
    return frozenset(f"m{i:02}" for i in places)


def records(y, *, actors=None, items=None, **columns) -> Records:
    """Records of a dense table; 0 is ``absent``. ``columns`` are columns of the actor table."""
    n, j = y.shape
    actors = actors or [f"m{i:02}" for i in range(n)]
    items = items if items is not None else [f"v{k:03}" for k in range(j)]
    table = items if isinstance(items, pl.DataFrame) else pl.DataFrame({"item": items})
    word = {1: "yea", -1: "nay", 0: "absent"}
    return Records.from_pairs(
        [a for a in actors for _ in range(j)],
        table["item"].to_list() * n,
        [word[int(v)] for v in y.ravel()],
        source=Source("toy", "pairs", "", n * j),
        actors=pl.DataFrame({"actor": actors, **columns}),
        items=table,
    )


def matrix(y, **more) -> Matrix:
    """The Matrix of a dense table."""
    return Matrix.from_records(records(y, **more))


def draw(p, rng, missing=0.0):
    """Independent choices with chances p of yea, each missing with a given chance."""
    y = np.where(rng.random(p.shape) < p, 1, -1)
    return (y * (rng.random(p.shape) >= missing)).astype(np.int8)


def camps(sizes, n_items, depth, rng, missing=0.0):
    """Camps in rows one after the other, each pair ``depth`` apart (root mean square).

    On a share of the items one camp after the other stands 90 to 10 against the rest; on all other
    items everybody says yea with one chance.
    """
    k = len(sizes)
    camp = np.repeat(np.arange(k), sizes)
    p = np.tile(rng.uniform(0.6, 0.95, n_items), (len(camp), 1))
    share = (depth / (2 * DISCIPLINE - 1)) ** 2
    if k > 2:  # two camps differ only where one of the two is the one that stands apart
        share *= k / 2
    contested = np.flatnonzero(rng.permutation(n_items) < round(n_items * share))
    for c, j in enumerate(contested):
        yes = (camp == c % k) == (rng.random() < 0.5)
        p[:, j] = np.where(yes, DISCIPLINE, 1 - DISCIPLINE)
    return draw(p, rng, missing), camp


def one_body(n, n_items, rng, missing=0.0):
    """Nobody stands with anybody: own leans of members, own yea shares of items."""
    lean, share = rng.normal(0, 0.3, n), rng.normal(0.5, 0.7, n_items)
    return draw(ndtr(lean[:, None] + share), rng, missing)


def on_a_line(n, n_items, rng, missing=0.0, slope=2.0):
    """A spectrum: members spread evenly, and cutpoints all along the line."""
    x = np.linspace(-1.7, 1.7, n)
    cut, side = rng.uniform(-1.7, 1.7, n_items), np.where(rng.random(n_items) < 0.5, -1, 1)
    return draw(ndtr(slope * side * (x[:, None] - cut)), rng, missing), x


def probit(n, n_items, dims, rng, missing=0.0):
    """Choices by the probit model, and the positions and items behind them."""
    x = rng.standard_normal((n, dims))
    items = rng.standard_normal((n_items, dims + 1)) * ([0.7] + [1.3] * dims)
    return draw(ndtr(items[:, 0] + x @ items[:, 1:].T), rng, missing), x, items
