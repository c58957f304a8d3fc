"""Made-up bodies whose members walk from period to period, and where each truly stood."""

import math

import numpy as np
import polars as pl
from scipy.special import ndtr

from fissure.matrix import Matrix
from fissure.records import Records, Source


def body(n=12, periods=4, n_items=40, omega2=0.05, seed=1, *, stay=0.9, jump=None, missing=0.0):
    """Records of a walk, and the true position of each (actor, period).

    ``jump`` moves the first actors by a distance, half-way.
    """
    rng = np.random.default_rng(seed)
    ids, made = [f"a{i:03d}" for i in range(n)], n
    x = rng.standard_normal(n)
    rows, truth, items = [], {}, []
    for t in range(periods):
        if t:
            x = x + rng.normal(0, math.sqrt(omega2), n)
            for i in np.flatnonzero(rng.random(n) > stay):
                ids[i], x[i], made = f"a{made:03d}", rng.standard_normal(), made + 1
            if jump is not None and t == periods // 2:
                x[: jump[0]] += jump[1]
        truth |= {(ids[i], str(t)): x[i] for i in range(n)}
        alpha, beta = rng.normal(0, 0.8, n_items), rng.normal(0, 1.2, n_items)
        yea = rng.random((n_items, n)) < ndtr(alpha[:, None] + beta[:, None] * x)
        seen = rng.random((n_items, n)) >= missing
        names = [f"v{t}_{j:03d}" for j in range(n_items)]
        items += [(name, t) for name in names]
        for j, name in enumerate(names):
            rows += [(ids[i], name, "yea" if yea[j, i] else "nay") for i in np.flatnonzero(seen[j])]
    return rows, pl.DataFrame(items, schema=["item", "term"], orient="row"), truth


def matrix_of(rows, items) -> Matrix:
    a, j, y = zip(*rows, strict=True)
    source = Source("walk", "made up", "", len(rows))
    return Matrix.from_records(Records.from_pairs(a, j, y, source=source, items=items))


def made(**more):
    rows, items, truth = body(**more)
    return matrix_of(rows, items), truth


def against(fit, truth):
    """Our positions and the true ones on the same scale, and our errors."""
    f = fit.to_frame()
    t = np.array([truth[key] for key in zip(f["actor"], f["period"], strict=True)])
    t = (t - t.mean()) / t.std(ddof=1)
    z = f["position"].to_numpy()
    return z * np.sign(z @ t), t, f["se"].to_numpy()
