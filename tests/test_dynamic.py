"""Dynamic ideal points: kernels, the chain's algebra, the optimum, its laws, and planted walks."""

import dataclasses
import math

import numpy as np
import polars as pl
import pytest

import naive
from fissure.errors import ConvergenceError, DataError, FissureWarning, SettingError
from fissure.kernels.dynamic import average_items, count_choices, integrate_items, relabel
from fissure.kernels.probit import TABLE
from fissure.models import drift as drift_module
from fissure.models.careers import Careers
from fissure.models.drift import FOUND, NODES, Drift, Variances
from fissure.models.dynamic import DynamicIdealPoints
from fissure.models.walk import eliminate
from fissure.periods import item_periods
from walks import body, made, matrix_of

#: Central differences of step 1e-5 in functions known to 1e-9, relative to gradients of some units.
DIFFERENCES = 2e-4
#: Two fits that stop at a gradient of 1e-6 errors, their variances settled to 1e-4, agree to this.
SAME = 2e-4


def one_period(n=7, j=5, seed=3):
    """A dense table, its packed choices, positions and variances of one period."""
    rng = np.random.default_rng(seed)
    y = rng.choice([-1, 1, 1, 0], (j, n))
    start = np.concatenate([[0], np.cumsum((y != 0).sum(1))])
    code = np.concatenate([2 * np.flatnonzero(r) + (r[r != 0] > 0) for r in y]).astype(np.uint32)
    return y, start, code, rng.standard_normal(n), 0.7, 1.6


def integrate(start, code, x, va, vb, dense=True):
    items, out = np.zeros((len(start) - 1, 8)), np.zeros((len(x), 2))
    cross = np.zeros((2 * len(items) if dense else 0, len(x)))
    prior = np.array([1 / va, 1 / vb, FOUND])
    integrate_items(start, code, x, prior, TABLE, items, out, cross)
    return items, out, cross


# kernels


def test_laplace_integrals_gradient_and_information_are_those_of_the_slow_twin():
    y, start, code, x, va, vb = one_period()
    items, out, cross = integrate(start, code, x, va, vb)
    logs = [naive.laplace_item(row, x, va, vb) for row in y]
    np.testing.assert_allclose(items[:, 0], [t[0][0] for t in logs], atol=1e-6)
    np.testing.assert_allclose(items[:, 1], [t[0][1] for t in logs], atol=1e-6)
    np.testing.assert_allclose(items[:, 5], [t[2] for t in logs], atol=1e-7)
    for got, (_, cov, _, _) in zip(items[:, 2:5], logs, strict=True):
        np.testing.assert_allclose(got, cov[np.tril_indices(2)], rtol=1e-5)

    def total(at):
        return sum(naive.laplace_item(row, at, va, vb)[2] for row in y)

    def best(at):
        return sum(naive.laplace_item(row, at, va, vb)[3] for row in y)

    np.testing.assert_allclose(out[:, 0], naive.gradient(total, x, 1e-3), atol=DIFFERENCES)
    information = np.diag(out[:, 1]) - cross.T @ cross
    np.testing.assert_allclose(information, -naive.hessian(best, x, 1e-2), atol=1e-3)


def test_quadrature_agrees_with_a_fine_grid():
    y, start, code, x, va, vb = one_period()
    n, items = len(x), np.zeros((len(y), 8))
    out, prior = np.zeros((n, n + 2)), np.array([1 / va, 1 / vb, FOUND])
    average_items(start, code, x, prior, TABLE, NODES, items, out)
    grid = [naive.grid_item(row, x, va, vb) for row in y]
    # nine nodes an axis on integrands that are nearly normal
    np.testing.assert_allclose(items[:, 5], [g[0] for g in grid], atol=1e-3)
    np.testing.assert_allclose(items[:, 6:8], [g[1] for g in grid], atol=5e-3)
    np.testing.assert_allclose(
        items[:, 2:5], [g[2][np.tril_indices(2)] for g in grid], rtol=0.03, atol=5e-3
    )

    def total(at):
        return sum(naive.grid_item(row, at, va, vb)[0] for row in y)

    np.testing.assert_allclose(out[:, n], naive.gradient(total, x, 1e-4), atol=5e-3)
    np.testing.assert_allclose(out[:, :n], -naive.hessian(total, x, 1e-2), atol=2e-2)
    assert (out[:, n + 1] >= np.diag(out[:, :n]) - 1e-12).all()


def test_laplace_means_move_from_the_mode_as_the_average_does():
    y, start, code, x, va, vb = one_period(n=40)
    items, _, _ = integrate(start, code, x, va, vb)
    mean = np.array([naive.grid_item(row, x, va, vb)[1] for row in y])
    better = np.abs(items[:, 6:8] - mean).max()
    assert better < 0.4 * np.abs(items[:, :2] - mean).max()


def test_choices_are_counted_and_renumbered_as_by_hand():
    m, _ = made(n=5, periods=3, n_items=4, missing=0.3)
    period = np.repeat([0, -1, 2], 4)
    counts = np.zeros((m.n_actors, 3), np.int64)
    count_choices(m.by_item.start, m.by_item.code, period, counts)
    y = m.dense()
    for t in range(3):
        np.testing.assert_array_equal(counts[:, t], (y[:, period == t] != 0).sum(1))
    items, place = np.array([9, 2]), np.arange(m.n_actors)[::-1].copy()
    start = np.concatenate([[0], np.cumsum(m.by_item.counts()[items])])
    code = np.empty(start[-1], np.uint32)
    relabel(m.by_item.start, m.by_item.code, items, place, start, code)
    for r, j in enumerate(items):
        got = {(int(c) >> 1, 2 * (int(c) & 1) - 1) for c in code[start[r] : start[r + 1]]}
        assert got == {(int(place[i]), int(y[i, j])) for i in np.flatnonzero(y[:, j])}


# who has a position when


def test_an_actor_has_a_state_from_its_first_choice_to_its_last():
    rows = [("a", "p", "yea"), ("b", "p", "nay"), ("b", "q", "nay"), ("c", "q", "yea")]
    rows += [("a", "r", "nay"), ("b", "r", "yea"), ("c", "r", "yea")]
    items = pl.DataFrame({"item": ["p", "q", "r"], "term": [1, 2, 3]})
    m = matrix_of(rows, items)
    c = Careers.of(m, item_periods(m.items, "term"))
    assert c.labels == ("1", "2", "3")
    assert list(zip(c.actor, c.period, c.n_choices, strict=True)) == [
        (0, 0, 1),
        (1, 0, 1),
        (0, 1, 0),  # a chose in 1 and 3: its state in 2 bridges the gap
        (1, 1, 1),
        (2, 1, 1),
        (0, 2, 1),
        (1, 2, 1),
        (2, 2, 1),
    ]
    assert list(zip(c.link_from, c.link_to, strict=True)) == [
        (0, 2),
        (1, 3),
        (2, 5),
        (3, 6),
        (4, 7),
    ]
    assert sorted(c.first) == [0, 1, 4]


# the chain


def chain_and_dense():
    """A made-up chain eliminated, and the whole matrix."""
    m, _ = made(n=6, periods=4, n_items=6, stay=0.7)
    c = Careers.of(m, item_periods(m.items, "term"))
    rng = np.random.default_rng(0)
    k = rng.uniform(0.5, 2.0, len(c.link_from))
    blocks, dense = [], np.zeros((c.n, c.n))
    for lo, hi in c.stretches():
        root = rng.standard_normal((hi - lo, hi - lo))
        blocks.append(root @ root.T + 5 * np.eye(hi - lo))
        dense[lo:hi, lo:hi] = blocks[-1]
    dense[c.link_from, c.link_to] = dense[c.link_to, c.link_from] = -k
    return c, k, blocks, dense, eliminate(c, blocks, k)


def test_solutions_covariances_and_determinant_are_those_of_the_whole_matrix():
    c, k, _, dense, chain = chain_and_dense()
    inverse = np.linalg.inv(dense)
    rhs = np.random.default_rng(1).standard_normal((c.n, 2))
    np.testing.assert_allclose(chain.solve(rhs), inverse @ rhs, atol=1e-12)
    np.testing.assert_allclose(chain.solve(rhs[:, 0]), inverse @ rhs[:, 0], atol=1e-12)
    covariances, steps = chain.covariances()
    for (lo, hi), block in zip(c.stretches(), covariances, strict=True):
        np.testing.assert_allclose(block, inverse[lo:hi, lo:hi], atol=1e-12)
    difference = np.zeros((len(k), c.n))
    difference[np.arange(len(k)), c.link_from] = -1
    difference[np.arange(len(k)), c.link_to] = 1
    np.testing.assert_allclose(steps, np.diag(difference @ inverse @ difference.T), atol=1e-12)
    assert chain.log_det == pytest.approx(np.linalg.slogdet(dense)[1])


def test_draws_have_the_covariance_of_the_whole_matrix():
    _, _, _, dense, chain = chain_and_dense()
    draws = chain.draws(40_000, np.random.default_rng(2))
    inverse = np.linalg.inv(dense)
    # five standard errors of a covariance of 40,000 draws
    np.testing.assert_allclose(
        draws.T @ draws / len(draws), inverse, atol=5 * np.diag(inverse).max() / 140
    )


def test_a_matrix_that_is_not_positive_definite_is_known():
    c, k, blocks, _, _ = chain_and_dense()
    assert eliminate(c, [b - 100 * np.eye(len(b)) for b in blocks], k) is None


# the optimum


@pytest.mark.parametrize("is_small", [pytest.param(True, marks=pytest.mark.compiled), False])
def test_the_gradient_is_that_of_the_log_posterior(is_small, monkeypatch):
    monkeypatch.setattr(drift_module, "SMALL", 99 if is_small else 0)
    m, _ = made()
    c = Careers.of(m, item_periods(m.items, "term"))
    d = Drift(c, np.full(len(c.first), 0.3), np.full(len(c.first), 1.5), 1)
    v, rng = Variances(1.2, 0.1, 0.8, 1.4), np.random.default_rng(4)
    k, x = rng.uniform(5, 15, len(c.link_from)), rng.standard_normal(c.n)
    p = d.point(x, np.zeros((m.n_items, 8)), v, k)
    got = [
        naive.gradient(lambda u, e=e: d.point(x + u * e, p.items, v, k).value, np.zeros(1), 1e-3)
        for e in np.eye(c.n)[::7]
    ]
    # quadrature: value and gradient agree to its error only
    np.testing.assert_allclose(p.grad[::7], np.ravel(got), atol=0.02 if is_small else DIFFERENCES)


@pytest.mark.compiled
@pytest.mark.parametrize("n", [12, 40])
def test_the_climb_ends_where_the_gradient_vanishes(n):
    m, _ = made(n=n)
    fit = DynamicIdealPoints(by="term").fit(m)
    assert fit.converged
    assert fit.gradient <= 1e-6
    assert fit.items_by == ("quadrature" if n == 12 else "laplace")
    assert fit.positions.mean() == pytest.approx(0, abs=1e-12)
    assert fit.positions.std(ddof=1) == pytest.approx(1, abs=1e-12)


@pytest.mark.compiled
def test_variances_given_and_as_estimated_give_the_same_positions():
    m, _ = made(n=30)
    free = DynamicIdealPoints(by="term").fit(m)
    v = free.variances
    assert v["initial"] == 1.0
    # α and β have variances of their own when estimated, so only the step is given back
    held = DynamicIdealPoints(by="term", omega2=free.omega2.estimate).fit(m)
    np.testing.assert_allclose(held.positions, free.positions, atol=1e-3)
    assert held.omega2.estimate == pytest.approx(free.omega2.estimate, rel=1e-9)
    assert math.isnan(held.omega2.low)


@pytest.mark.compiled
def test_threads_do_not_matter():
    m, _ = made(n=30)
    one, two = (DynamicIdealPoints(by="term", threads=n).fit(m) for n in (1, 2))
    np.testing.assert_array_equal(one.positions, two.positions)
    np.testing.assert_array_equal(one.se, two.se)


# laws


@pytest.mark.compiled
def test_swapping_yea_and_nay_changes_nothing_but_the_items():
    rows, items, _ = body(n=12)
    plain = DynamicIdealPoints(by="term").fit(matrix_of(rows, items))
    other = [(a, j, "nay" if y == "yea" else "yea") for a, j, y in rows]
    turned = DynamicIdealPoints(by="term").fit(matrix_of(other, items))
    np.testing.assert_allclose(turned.positions, plain.positions, atol=SAME)
    np.testing.assert_allclose(turned.se, plain.se, atol=SAME)
    np.testing.assert_allclose(turned.alpha, -plain.alpha, atol=50 * SAME)


@pytest.mark.compiled
def test_anchors_choose_the_side():
    m, _ = made(n=12)
    fit = DynamicIdealPoints(by="term").fit(m)
    f = fit.to_frame().group_by("actor").agg(pl.col("position").mean()).sort("position")
    low, high = f["actor"][0], f["actor"][-1]
    turned = DynamicIdealPoints(by="term", anchors=(high, low)).fit(m)
    np.testing.assert_allclose(turned.positions, -fit.positions, atol=SAME)
    np.testing.assert_allclose(turned.beta, -fit.beta, atol=50 * SAME)


@pytest.mark.compiled
def test_without_room_to_move_nobody_moves():
    m, _ = made(n=30)
    f = DynamicIdealPoints(by="term", omega2=1e-7).fit(m).to_frame()
    moved = f.group_by("actor").agg(pl.col("position").max() - pl.col("position").min())
    assert moved["position"].max() < 1e-3


@pytest.mark.compiled
def test_a_period_without_choices_shows_in_the_standard_error():
    rows, items, _ = body(n=9, periods=5)
    kept = [r for r in rows if not (r[0] == "a000" and r[1].startswith("v2_"))]
    assert any(r[0] == "a000" and r[1].startswith("v3_") for r in kept)
    f = DynamicIdealPoints(by="term", omega2=0.3).fit(matrix_of(kept, items)).to_frame()
    own = f.filter(pl.col("actor") == "a000").sort("period")
    assert own["n_choices"].to_list()[2] == 0
    assert own["se"][2] > 1.15 * max(own["se"][1], own["se"][3])
    others = f.filter((pl.col("period") == "2") & (pl.col("actor") != "a000"))
    assert own["se"][2] > others["se"].median()


@pytest.mark.compiled
def test_filtered_positions_end_where_smoothed_ones_do():
    m, _ = made(n=30)
    f = DynamicIdealPoints(by="term").fit(m).to_frame()
    last = f.filter(pl.col("period") == "3")
    np.testing.assert_allclose(last["filtered"], last["position"], atol=1e-5)
    early = f.filter(pl.col("period") == "0")
    assert (early["filtered_se"] > early["se"]).mean() > 0.9
    assert np.corrcoef(early["filtered"], early["position"])[0, 1] > 0.9


@pytest.mark.compiled
def test_draws_have_the_positions_as_mean_and_the_errors_as_spread():
    m, _ = made(n=30)
    fit = DynamicIdealPoints(by="term").fit(m)
    draws = fit.positions_draws(4000, seed=5)
    assert draws.shape == (4000, len(fit.positions))
    # five standard errors of a mean, and of a standard deviation, of 4,000 draws
    np.testing.assert_allclose(draws.mean(0), fit.positions, atol=5 * fit.se.max() / 63)
    np.testing.assert_allclose(draws.std(0), fit.se, rtol=5 / 89)
    np.testing.assert_array_equal(draws, fit.positions_draws(4000, seed=5))


# what is refused


@pytest.mark.parametrize(
    ("bad", "message"),
    [
        ({"innovation": "cauchy"}, "innovation must be normal or t, got 'cauchy'"),
        ({"omega2": 0.0}, "omega2 must be above 0, or None to estimate it, got 0.0"),
        ({"degrees": -1}, "degrees must be above 0, got -1"),
        ({"max_iter": 0}, "max_iter must be 1 or more, got 0"),
        ({"anchors": ("a", "a")}, r"anchors must be two different actors, got \('a', 'a'\)"),
        (
            {"initial": {"a": (0.0, 1.0)}},
            "initial positions need a number for item_variance, got None",
        ),
        (
            {"initial": {"a": (0.0, 0.0)}, "item_variance": 1.0},
            r"initial must be a mean and a variance above 0, got \(0\.0, 0\.0\) for a",
        ),
        (
            {"initial": {"a": 3.0}, "item_variance": 1.0},
            r"initial must be a mean and a variance above 0, got 3\.0 for a",
        ),
        (
            {"initial": {"a": (math.nan, 1.0)}, "item_variance": 1.0},
            r"initial must be a mean and a variance above 0, got \(nan, 1\.0\) for a",
        ),
    ],
)
def test_settings_are_checked_when_made(bad, message):
    with pytest.raises(SettingError, match=f"^{message}$"):
        DynamicIdealPoints(**bad)


@pytest.mark.compiled
def test_a_number_of_items_in_digits_is_that_number():
    m, _ = made()
    numbers, digits = (DynamicIdealPoints(by=by).fit(m) for by in (40, "40"))
    assert digits.periods == numbers.periods
    assert len(digits.periods) == 4
    assert digits.positions == pytest.approx(numbers.positions)


@pytest.mark.compiled
def test_one_period_is_refused():
    m, _ = made(periods=1)
    with pytest.raises(DataError, match=r"need at least 2 periods with choices, got 1$"):
        DynamicIdealPoints(by="term").fit(m)


@pytest.mark.compiled
def test_periods_without_a_link_are_refused():
    rows, items, _ = body(n=5, periods=2)
    apart = [(a + j[1] if a != "a000" else a, j, y) for a, j, y in rows]
    with pytest.raises(DataError, match="1 actors link period 0 with 1, at least 2 are needed"):
        DynamicIdealPoints(by="term").fit(matrix_of(apart, items))


@pytest.mark.compiled
def test_unknown_actors_are_named():
    m, _ = made()
    with pytest.raises(SettingError, match=r"actor 'nobody' is not among the \d+ actors kept"):
        DynamicIdealPoints(by="term", anchors=("nobody", "a000")).fit(m)
    fit = DynamicIdealPoints(by="term").fit(m)
    with pytest.raises(SettingError, match="item 'v9' is not among the 160 items fitted"):
        fit.predict(["a000"], ["v9"])
    with pytest.raises(SettingError, match="actor 'nobody' has no position in period 0"):
        fit.predict(["nobody"], ["v0_000"])
    with pytest.raises(SettingError, match="2 actors do not pair with 1 items"):
        fit.predict(["a000", "a001"], ["v0_000"])
    with pytest.raises(SettingError, match="m must be 1 or more, got 0"):
        fit.positions_draws(0)
    with pytest.raises(SettingError, match="seed must be 0 or more, got -1"):
        fit.positions_draws(1, seed=-1)


@pytest.mark.compiled
def test_items_without_a_period_are_counted():
    rows, items, _ = body()
    holes = items.with_columns(term=pl.when(pl.col("item") != "v1_003").then("term"))
    with pytest.warns(FissureWarning, match="1 of 160 items have no value of 'term'"):
        fit = DynamicIdealPoints(by="term").fit(matrix_of(rows, holes))
    assert len(fit.alpha) == 159


@pytest.mark.compiled
def test_too_few_steps_are_an_error_and_not_an_estimate():
    m, _ = made(n=30)
    with pytest.raises(ConvergenceError, match="after 1 steps"):
        DynamicIdealPoints(by="term", max_iter=1).fit(m)


@pytest.mark.compiled
def test_noise_shows_no_dimension():
    rng = np.random.default_rng(2)
    rows = [
        (f"a{i:02d}", f"v{t}{j:02d}", "yea" if rng.random() < 0.5 else "nay")
        for t in range(3)
        for j in range(20)
        for i in range(10)
    ]
    items = pl.DataFrame(
        {
            "item": [f"v{t}{j:02d}" for t in range(3) for j in range(20)],
            "term": np.repeat([0, 1, 2], 20),
        }
    )
    with pytest.raises((DataError, ConvergenceError), match=r"no dimension|not settled"):
        DynamicIdealPoints(by="term").fit(matrix_of(rows, items))


@pytest.mark.compiled
def test_the_result_is_frozen_and_says_what_it_is():
    m, _ = made()
    fit = DynamicIdealPoints(by="term").fit(m)
    with pytest.raises(dataclasses.FrozenInstanceError):
        fit.converged = False
    tree = fit.to_dict()
    assert tree["settings"]["by"] == "term"
    assert len(tree["states"]) == len(fit.positions)
    assert tree["items"][0]["period"] == "0"
    assert "standard deviations a step" in repr(fit)
