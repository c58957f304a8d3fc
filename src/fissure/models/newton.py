"""The climb to the mode of the probit model, and its curvature there.

Actors' positions and items' parameters are moved together by Newton's method. Given the actors the
items are independent of each other, so each is profiled out of the system (a Schur complement), and
what remains has one block an actor.
"""

from __future__ import annotations

import math
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from itertools import pairwise
from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy import linalg

from fissure.kernels.probit import (
    TABLE,
    centred_product,
    cross_product,
    gather_product,
    probit_sums,
)
from fissure.matrix import Matrix

__all__ = ["Problem", "State", "climb", "principal_axes", "standard_errors", "starts"]

Array = NDArray[np.float64]

#: Above this many floating-point operations a Newton step is solved by conjugate gradients, and
#: standard errors hold the items fixed.
DIRECT_LIMIT = 4e10
#: Items go into the dense cross block this many cells at a time.
CHUNK_CELLS = 4_000_000
#: Rounds of alternating steps before Newton's.
ROUNDS = 6
#: Choices below which one thread is faster than a pool.
SHARD = 400_000


@dataclass(frozen=True)
class State:
    """A point on the climb, with the sums that belong to it."""

    x: Array
    items: Array
    log_posterior: float
    gradient: float
    n_iter: int
    grad_x: Array
    info_x: Array
    grad_items: Array
    info_items: Array


class Problem:
    """The data of one fit, and passes over it in shards."""

    def __init__(self, matrix: Matrix, dims: int, item_variance: float, threads: int) -> None:
        self.dims, self.variance = dims, item_variance
        self.n, self.j = matrix.n_actors, matrix.n_items
        self.by_actor, self.by_item = matrix.by_actor, matrix.by_item
        self.threads = 1 if matrix.n_choices < SHARD else threads
        n_cuts = 1 if self.threads == 1 else 4 * threads
        self.cuts = [_shards(side.start, n_cuts) for side in (self.by_actor, self.by_item)]
        p = dims + 1
        self.direct = 2.0 * (self.n * dims) ** 2 * self.j * p <= DIRECT_LIMIT

    def sweep(self, kernel: Any, of_items: bool, shared: Any, by_row: Any, outputs: Any) -> None:
        """Run a kernel over all rows: arguments taken whole, arguments by row, outputs by row."""
        side = self.by_item if of_items else self.by_actor

        def one(cut: tuple[int, int]) -> None:
            lo, hi = cut
            rows = [a[lo:hi] for a in (*by_row, *outputs)]
            kernel(side.start[lo : hi + 1], side.code, *shared, *rows)

        cuts = self.cuts[1 if of_items else 0]
        if self.threads == 1:
            for cut in cuts:
                one(cut)
        else:
            with ThreadPoolExecutor(self.threads) as pool:
                list(pool.map(one, cuts))

    def sums(self, of_items: bool, x: Array, items: Array) -> tuple[Array, Array, Array]:
        """Gradient (rows, p), information (rows, p, p), log likelihood (rows,); no prior."""
        p = self.dims + 1
        ones = np.hstack([np.ones((self.n, 1)), x])
        design, coef = (ones, items) if of_items else (items, ones)
        rows = self.j if of_items else self.n
        out = (np.empty((rows, p)), np.empty((rows, p, p)), np.empty(rows))
        self.sweep(probit_sums, of_items, (design, TABLE), (coef,), out)
        return out

    def product(self, of_items: bool, x: Array, items: Array, vector: Array) -> Array:
        """One half of the cross block of the Hessian times a vector."""
        ones = np.hstack([np.ones((self.n, 1)), x])
        design, coef = (ones, items) if of_items else (items, ones)
        out = np.empty((self.j if of_items else self.n, self.dims + 1))
        self.sweep(gather_product, of_items, (design, vector, TABLE), (coef,), (out,))
        return out

    def state(self, x: Array, items: Array, n_iter: int) -> State:
        """Everything a Newton step needs, in two passes."""
        gi, hi, ll = self.sums(True, x, items)
        gx, hx, _ = self.sums(False, x, items)
        gi, hi = gi - items / self.variance, hi + np.eye(self.dims + 1) / self.variance
        gx, hx = gx[:, 1:] - x, hx[:, 1:, 1:] + np.eye(self.dims)
        value = float(ll.sum()) - 0.5 * float((x * x).sum())
        value -= 0.5 * float((items * items).sum()) / self.variance
        scaled = max(
            float(np.abs(gx / np.sqrt(np.einsum("naa->na", hx))).max()),
            float(np.abs(gi / np.sqrt(np.einsum("naa->na", hi))).max()),
        )
        return State(x, items, value, scaled, n_iter, gx, hx, gi, hi)

    def cross(self, x: Array, items: Array, lo: int, hi: int) -> Array:
        """The cross block of items lo..hi, shape (hi − lo, p, n_actors, dims)."""
        out = np.empty((hi - lo, self.dims + 1, self.n, self.dims))
        start = self.by_item.start[lo : hi + 1]
        cross_product(start, self.by_item.code, x, items[lo:hi], TABLE, out)
        return out

    def schur(self, s: State, damp: float) -> tuple[Array, Array, Array]:
        """Actors' information with the items profiled out, its right-hand side, and D⁻¹."""
        n, k, p = self.n, self.dims, self.dims + 1
        eye = np.eye(p)
        d_inv: Array = np.linalg.inv(s.info_items + damp * eye).astype(np.float64)
        root = np.linalg.cholesky(d_inv)
        blocks = np.zeros((n, k, n, k))
        blocks[np.arange(n), :, np.arange(n), :] = s.info_x + damp * np.eye(k)
        a: Array = blocks.reshape(n * k, n * k)
        rhs = s.grad_x.ravel().copy()
        step = max(1, CHUNK_CELLS // (n * k * p))
        for lo in range(0, self.j, step):
            hi = min(lo + step, self.j)
            b = self.cross(s.x, s.items, lo, hi).reshape(hi - lo, p, n * k)
            w = np.matmul(root[lo:hi].transpose(0, 2, 1), b).reshape(-1, n * k)
            a -= w.T @ w
            g = np.matmul(root[lo:hi].transpose(0, 2, 1), s.grad_items[lo:hi, :, None])
            rhs -= w.T @ g.ravel()
        return a, rhs, d_inv

    def newton_direct(self, s: State, damp: float) -> tuple[Array, Array] | None:
        """The exact damped Newton step, or None where the curvature is not a maximum's."""
        a, rhs, d_inv = self.schur(s, damp)
        try:
            factor = linalg.cho_factor(a, lower=True, overwrite_a=True, check_finite=False)
        except linalg.LinAlgError:
            return None
        dx = linalg.cho_solve(factor, rhs, check_finite=False).reshape(self.n, self.dims)
        return dx, self._items_step(s, d_inv, dx)

    def _items_step(self, s: State, d_inv: Array, dx: Array) -> Array:
        padded = np.hstack([np.zeros((self.n, 1)), dx])
        moved = self.product(True, s.x, s.items, padded)
        return np.einsum("jab,jb->ja", d_inv, s.grad_items - moved)

    def newton_cg(self, s: State, damp: float) -> tuple[Array, Array] | None:
        """The same step by preconditioned conjugate gradients on the actors' Schur complement."""
        d_inv = np.linalg.inv(s.info_items + damp * np.eye(self.dims + 1)).astype(np.float64)
        own = s.info_x + damp * np.eye(self.dims)
        own_inv = np.linalg.inv(own)

        def product(v: Array) -> Array:
            padded = np.hstack([np.zeros((self.n, 1)), v])
            t = np.einsum("jab,jb->ja", d_inv, self.product(True, s.x, s.items, padded))
            back = self.product(False, s.x, s.items, t)[:, 1:]
            return np.einsum("nab,nb->na", own, v) - back

        t = np.einsum("jab,jb->ja", d_inv, s.grad_items)
        rhs = s.grad_x - self.product(False, s.x, s.items, t)[:, 1:]
        dx, r = np.zeros_like(rhs), rhs.copy()
        z = np.einsum("nab,nb->na", own_inv, r)
        d, rz = z.copy(), float((r * z).sum())
        goal = rz * min(0.1, s.gradient) ** 2
        for _ in range(100):
            q = product(d)
            curve = float((d * q).sum())
            if curve <= 0:
                return None
            step = rz / curve
            dx += step * d
            r -= step * q
            z = np.einsum("nab,nb->na", own_inv, r)
            rz, before = float((r * z).sum()), rz
            if rz <= goal:
                break
            d = z + (rz / before) * d
        return dx, self._items_step(s, d_inv, dx)

    def trivial(self) -> float:
        """Log posterior of the best fit without any dimension (all x = 0, all β = 0)."""
        x, items = np.zeros((self.n, self.dims)), np.zeros((self.j, self.dims + 1))
        for _ in range(50):
            g, h, ll = self.sums(True, x, items)
            step = (g[:, 0] - items[:, 0] / self.variance) / (h[:, 0, 0] + 1 / self.variance)
            items[:, 0] += step
            if float(np.abs(step).max()) < 1e-8:
                break
        return float(ll.sum()) - 0.5 * float((items**2).sum()) / self.variance


def _shards(start: NDArray[np.int64], n: int) -> list[tuple[int, int]]:
    """Stretches of rows with about equal numbers of choices."""
    wanted = np.linspace(0, start[-1], n + 1)[1:-1]
    cuts = np.unique(np.concatenate([[0], np.searchsorted(start, wanted), [len(start) - 1]]))
    return [(int(a), int(b)) for a, b in pairwise(cuts)]


def starts(problem: Problem) -> list[Array]:
    """Starting positions: leading directions of the choices; in small bodies others besides.

    Block power iteration on the choices less each item's mean. Small bodies have several optima, so
    there further starts are tried.
    """
    n, j, dims = problem.n, problem.j, problem.dims
    mean = 2.0 * problem.by_item.yeas() / problem.by_item.counts() - 1.0
    rng = np.random.default_rng(0)
    basis = np.linalg.qr(rng.standard_normal((n, dims)))[0]
    loads, moved = np.empty((j, dims)), np.empty((n, dims))
    for _ in range(30):
        problem.sweep(centred_product, True, (np.zeros(n), basis), (mean,), (loads,))
        problem.sweep(centred_product, False, (mean, loads), (np.zeros(n),), (moved,))
        before, basis = basis, np.linalg.qr(moved)[0]
        if np.linalg.norm(before.T @ basis, 2) > 1 - 1e-4 and dims == 1:
            break
    out = [basis * math.sqrt(n)]
    if n < 20:
        out += [out[0] + rng.standard_normal((n, dims)) for _ in range(4)]
    return [x - x.mean(0) for x in out]


def balance(x: Array, items: Array, variance: float) -> tuple[Array, Array]:
    """Move and stretch the axes to where the prior likes them best; the likelihood stays as it is.

    Shifting x by t while α grows by β't, and stretching an axis of x by c while β shrinks by c,
    changes no probability. Along these directions only the prior has curvature, so other steps are
    slow there; here their best values are in closed form.
    """
    alpha, beta = items[:, 0], items[:, 1:]
    system = len(x) * np.eye(x.shape[1]) + beta.T @ beta / variance
    t = np.linalg.solve(system, x.sum(axis=0) - alpha @ beta / variance)
    x, alpha = x - t, alpha + beta @ t
    spread, slope = (x * x).sum(axis=0), (beta * beta).sum(axis=0) / variance
    some = (spread > 0) & (slope > 0)
    c = np.where(some, (slope / np.where(some, spread, 1.0)) ** 0.25, 1.0)
    return x * c, np.column_stack([alpha, beta / c])


def climb(problem: Problem, x: Array, tol: float, max_iter: int) -> State:
    """A few rounds of alternating steps, then damped Newton steps to the optimum."""
    items = np.zeros((problem.j, problem.dims + 1))
    eye = np.eye(problem.dims + 1)
    for _ in range(ROUNDS):
        for _ in range(2):
            g, h, _ = problem.sums(True, x, items)
            g, h = g - items / problem.variance, h + eye / problem.variance
            items = items + np.linalg.solve(h, g[..., None])[..., 0]
        g, h, _ = problem.sums(False, x, items)
        g, h = g[:, 1:] - x, h[:, 1:, 1:] + eye[1:, 1:]
        x = x + np.linalg.solve(h, g[..., None])[..., 0]
        x, items = balance(x, items, problem.variance)
    state = problem.state(x, items, 0)
    solve = problem.newton_direct if problem.direct else problem.newton_cg
    damp = 0.0
    while state.gradient > tol and state.n_iter < max_iter:
        step = solve(state, damp)
        if step is not None:
            x, items = balance(state.x + step[0], state.items + step[1], problem.variance)
            new = problem.state(x, items, state.n_iter + 1)
            if new.log_posterior >= state.log_posterior - 1e-12 * abs(state.log_posterior):
                state, damp = new, (damp / 10 if damp > 1e-4 else 0.0)
                continue
        damp = max(10 * damp, 1e-2)
        if damp > 1e12:
            break
    return state


def principal_axes(s: State) -> Array:
    """The map to uncorrelated axes, ordered by how much of the utility they account for.

    The axes are the principal components of β_j'x_i over all actors and items; a pure rotation
    would leave them correlated, and the model fits alike under any map. In one dimension this is 1.
    """
    dims = s.x.shape[1]
    if dims == 1:
        return np.eye(1)
    centred = s.x - s.x.mean(0)
    qx, rx = np.linalg.qr(centred)
    _, rb = np.linalg.qr(s.items[:, 1:])
    u, _, _ = np.linalg.svd(rx @ rb.T)
    spread = centred.std(ddof=1)
    return np.asarray(np.linalg.solve(rx, u) * math.sqrt(len(qx) - 1) * spread)


def standard_errors(
    problem: Problem, s: State, turn: Array, z: Array, scale: Array
) -> tuple[Array, Array, str]:
    """On the prior's scale and on the normalised one, and how they were made."""
    n, k = s.x.shape
    if problem.direct:
        information, _, _ = problem.schur(s, 0.0)
        values, vectors = linalg.eigh(information, overwrite_a=True, check_finite=False)
        # rotations leave the posterior as it is: k (k − 1) / 2 directions without curvature
        inverse = np.where(values > 1e-7 * values[-1], 1.0 / np.maximum(values, 1e-300), 0.0)
        v = ((vectors * inverse) @ vectors.T).reshape(n, k, n, k)
        kind = "full"
    else:
        v = None
        own = np.linalg.inv(s.info_x)
        kind = "items fixed"
    prior_se, se = np.empty((n, k)), np.empty((n, k))
    for d in range(k):
        t = turn[:, d]
        if v is None:
            variance = np.einsum("a,nab,b->n", t, own, t)
            prior_se[:, d], se[:, d] = np.sqrt(variance), np.sqrt(variance) / scale[d]
            continue
        cov = np.einsum("a,namb,b->nm", t, v, t)
        prior_se[:, d] = np.sqrt(np.diag(cov))
        # dz/dx = (I − 11'/n − zz'/(n − 1)) / sd
        jacobian = (np.eye(n) - 1 / n - np.outer(z[:, d], z[:, d]) / (n - 1)) / scale[d]
        se[:, d] = np.sqrt(np.einsum("nm,mk,nk->n", jacobian, cov, jacobian, optimize=True))
    return prior_se, se, kind
