"""Probit sums and the blocks of the Hessian, against slow twins and second differences."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.special import log_ndtr

import bodies
import naive
from fissure.kernels.probit import (
    TABLE,
    centred_product,
    cross_product,
    gather_product,
    log_ndtr_mills,
    probit_fit,
    probit_sums,
)

#: Cubic pieces 1/64 long: (1/64)⁴/384 times a fourth derivative below 0.6.
TABLE_ERROR = 1e-10
#: Outside the table, a continued fraction of twenty terms.
TAIL_ERROR = 1e-12
#: Twice extrapolated second differences of a log posterior of some tens of nats.
DIFFERENCE_ERROR = 2e-5


@settings(deadline=None, max_examples=400)
@given(st.floats(-40, 40))
def test_log_cdf_and_mills_ratio(z):
    value, mills = log_ndtr_mills(z, TABLE)
    inside = abs(z) < 8
    assert value == pytest.approx(
        naive.log_cdf(z), abs=TABLE_ERROR if inside else TAIL_ERROR, rel=1e-14
    )
    assert mills == pytest.approx(
        naive.inverse_mills(z), abs=TABLE_ERROR, rel=0 if inside else 2 * TAIL_ERROR
    )


@pytest.mark.parametrize("z", [-40.0, -8.000001, -8.0, -7.999999, 0.0, 7.999999, 8.0, 40.0])
def test_edges_of_the_table(z):
    value, mills = log_ndtr_mills(z, TABLE)
    assert value == pytest.approx(log_ndtr(z), abs=TABLE_ERROR)
    assert 0 <= mills * (mills + z) <= 1  # the weight of a probit choice never leaves 0..1


def test_the_twin_itself_agrees_with_scipy():
    for z in np.linspace(-40, 40, 161):
        assert naive.log_cdf(z) == pytest.approx(log_ndtr(z), rel=1e-12)


def test_the_table_cannot_be_changed():
    with pytest.raises(ValueError, match="read-only"):
        TABLE[0, 0] = 1.0


def packed(y):
    """start, code and naive rows of a dense table, one row of it a row."""
    rows = [[(int(k), int(r[k])) for k in np.flatnonzero(r)] for r in y]
    start = np.cumsum([0] + [len(r) for r in rows]).astype(np.int64)
    code = np.array([2 * k + (q > 0) for r in rows for k, q in r], np.uint32)
    return start, code, rows


tables = st.tuples(
    st.integers(1, 5),
    st.integers(1, 6),
    st.integers(1, 4),
    st.integers(0, 2**32 - 1),
    st.sampled_from([0.0, 0.5, 1.0]),
    st.sampled_from([1.0, 12.0]),
)


@settings(deadline=None, max_examples=80)
@given(tables)
def test_sums_are_those_of_the_slow_twin(table):
    n_rows, n_columns, p, seed, missing, scale = table
    rng = np.random.default_rng(seed)
    y = bodies.draw(np.full((n_rows, n_columns), 0.5), rng, missing)
    design = rng.normal(0, scale, (n_columns, p))
    coef = rng.normal(0, 1, (n_rows, p))
    coef[0] *= 40 / max(1.0, np.abs(design @ coef[0]).max())  # an extreme row: |z| up to 40
    start, code, rows = packed(y)
    # arrays come filled with rubbish: every row must be written, those without choices too
    out = np.full((n_rows, p), 9.0), np.full((n_rows, p, p), 9.0), np.full(n_rows, 9.0)
    probit_sums(start, code, design, TABLE, coef, *out)
    for ours, twin in zip(out, naive.probit_sums(rows, design, coef), strict=True):
        size = n_columns * max(1.0, np.abs(design).max()) ** 2
        # λ(λ + z) cancels where λ ≈ −z: there an error of the table is multiplied by up to 8
        np.testing.assert_allclose(ours, twin, rtol=1e-11, atol=10 * TABLE_ERROR * size)


@settings(deadline=None, max_examples=40)
@given(st.integers(0, 2**32 - 1), st.integers(1, 3))
def test_ordinary_sums_are_exact_to_the_table(seed, p):
    rng = np.random.default_rng(seed)
    y = bodies.draw(np.full((4, 6), 0.5), rng, 0.3)
    design, coef = rng.normal(0, 1, (6, p)), rng.uniform(-1, 1, (4, p))
    start, code, rows = packed(y)
    out = np.empty((4, p)), np.empty((4, p, p)), np.empty(4)
    probit_sums(start, code, design, TABLE, coef, *out)
    for ours, twin in zip(out, naive.probit_sums(rows, design, coef), strict=True):
        np.testing.assert_allclose(ours, twin, rtol=0, atol=1000 * TABLE_ERROR)


def test_a_stretch_of_a_longer_table():
    rng = np.random.default_rng(3)
    y = bodies.draw(np.full((6, 8), 0.5), rng, 0.3)
    design, coef = rng.normal(0, 1, (8, 2)), rng.normal(0, 1, (6, 2))
    start, code, _ = packed(y)
    whole = np.empty((6, 2)), np.empty((6, 2, 2)), np.empty(6)
    part = np.empty((3, 2)), np.empty((3, 2, 2)), np.empty(3)
    probit_sums(start, code, design, TABLE, coef, *whole)
    probit_sums(start[2:6], code, design, TABLE, coef[2:5], *part)
    for a, b in zip(whole, part, strict=True):
        assert np.array_equal(a[2:5], b)


@settings(deadline=None, max_examples=60)
@given(tables)
def test_fit_is_that_of_the_slow_twin(table):
    n_rows, n_columns, p, seed, missing, scale = table
    rng = np.random.default_rng(seed)
    y = bodies.draw(np.full((n_rows, n_columns), 0.5), rng, missing)
    design, coef = rng.normal(0, scale, (n_columns, p)), rng.normal(0, 1, (n_rows, p))
    coef[0] = 0  # predicts nay everywhere
    start, code, rows = packed(y)
    right, loglik = np.full(n_rows, 9.0), np.full(n_rows, 9.0)
    probit_fit(start, code, design, TABLE, coef, right, loglik)
    twin = naive.probit_fit(rows, design, coef)
    assert right.tolist() == twin[0].tolist()
    np.testing.assert_allclose(loglik, twin[1], rtol=1e-12, atol=n_columns * TABLE_ERROR)


@settings(deadline=None, max_examples=60)
@given(
    st.integers(1, 6), st.integers(1, 7), st.integers(0, 2**32 - 1), st.sampled_from([0, 0.5, 1])
)
def test_centred_product_is_that_of_the_slow_twin(n_rows, n_columns, seed, missing):
    rng = np.random.default_rng(seed)
    y = bodies.draw(np.full((n_rows, n_columns), 0.5), rng, missing)
    own, other = rng.uniform(-1, 1, n_rows), rng.uniform(-1, 1, n_columns)
    vector = rng.standard_normal((n_columns, 2))
    start, code, _ = packed(y)
    out = np.full((n_rows, 2), 9.0)
    centred_product(start, code, other, vector, own, out)
    np.testing.assert_allclose(out, naive.centred_product(y, own, other, vector), atol=1e-12)


def toy(dims, seed=5, n=4, n_items=5, missing=0.25):
    rng = np.random.default_rng(seed)
    y, x, items = bodies.probit(n, n_items, dims, rng, missing)
    y[0] = 0  # an actor without choices
    y[:, 0] = 0  # an item nobody voted on

    def f(theta):
        own = theta[: n * dims].reshape(n, dims), theta[n * dims :].reshape(n_items, dims + 1)
        return naive.log_posterior(y, *own, 25.0)

    theta = np.concatenate([x.ravel(), items.ravel()])
    return y, x, items, -naive.hessian(f, theta), n * dims


@pytest.mark.parametrize("dims", [1, 2, 3])
def test_cross_blocks_are_second_differences(dims):
    y, x, items, h, m = toy(dims)
    start, code, _ = packed(y.T)
    out = np.full((len(items), dims + 1, len(x), dims), 9.0)
    cross_product(start, code, x, items, TABLE, out)
    dense = h[m:, :m].reshape(out.shape)
    np.testing.assert_allclose(out, dense, rtol=0, atol=DIFFERENCE_ERROR)
    assert not out[0].any()
    assert not out[:, :, 0].any()


@pytest.mark.parametrize("dims", [1, 2, 3])
def test_diagonal_blocks_are_second_differences(dims):
    y, x, items, h, m = toy(dims)
    ones = np.hstack([np.ones((len(x), 1)), x])
    for rows, design, coef, block, prior in (
        (y.T, ones, items, h[m:, m:], 1 / 25),
        (y, items, ones, h[:m, :m], 1.0),
    ):
        start, code, _ = packed(rows)
        p = dims + 1
        info = np.empty((len(rows), p, p))
        probit_sums(
            start, code, design, TABLE, coef, np.empty((len(rows), p)), info, np.empty(len(rows))
        )
        if coef is ones:
            info = info[:, 1:, 1:]
        q = info.shape[1]
        dense = np.zeros_like(block)
        for r in range(len(rows)):
            dense[r * q : (r + 1) * q, r * q : (r + 1) * q] = info[r] + prior * np.eye(q)
        np.testing.assert_allclose(dense, block, rtol=0, atol=DIFFERENCE_ERROR)


@pytest.mark.parametrize("dims", [1, 2, 3])
def test_products_are_those_with_the_dense_blocks(dims):
    y, x, items, h, m = toy(dims)
    n, j = y.shape
    rng = np.random.default_rng(8)
    dx, dt = rng.standard_normal((n, dims)), rng.standard_normal((j, dims + 1))
    ones = np.hstack([np.ones((n, 1)), x])
    start, code, _ = packed(y.T)
    out = np.full((j, dims + 1), 9.0)
    padded = np.hstack([np.zeros((n, 1)), dx])
    gather_product(start, code, ones, padded, TABLE, items, out)
    np.testing.assert_allclose(
        out.ravel(), h[m:, :m] @ dx.ravel(), rtol=0, atol=10 * DIFFERENCE_ERROR
    )
    start, code, _ = packed(y)
    out = np.full((n, dims + 1), 9.0)
    gather_product(start, code, items, dt, TABLE, ones, out)
    np.testing.assert_allclose(
        out[:, 1:].ravel(), h[:m, m:] @ dt.ravel(), rtol=0, atol=10 * DIFFERENCE_ERROR
    )
