"""Ideal points: the optimum, its curvature, its laws, and what other programs find."""

from pathlib import Path

import numpy as np
import pytest
from scipy.optimize import minimize

import bodies
import naive
from fissure.errors import ConvergenceError, DataError, SettingError
from fissure.models import newton
from fissure.models.ideal import IdealPoints, orient

HERE = Path(__file__).parent / "reference" / "ideal"

#: Newton stops at a gradient of 1e-6 standard errors; positions then are exact to far better.
STOP = 1e-6
#: Two climbs that stop at STOP agree to this, being at the same optimum.
SAME = 1e-5
#: Second differences of a log posterior, inverted: relative error of a standard error.
DIFFERENCES = 2e-3


def toy(n=12, n_items=25, dims=1, seed=11, missing=0.1):
    return bodies.probit(n, n_items, dims, np.random.default_rng(seed), missing)[0]


def parameters(fit):
    """Positions and items on the scale of the prior, as the slow twin takes them."""
    x = fit.prior_positions
    scale = x.std(axis=0, ddof=1)
    beta = fit.beta / scale
    alpha = fit.alpha - beta @ x.mean(axis=0)
    return x, np.column_stack([alpha, beta])


def posterior(y, dims, variance=25.0):
    n, j = y.shape

    def f(theta):
        return naive.log_posterior(
            y, theta[: n * dims].reshape(n, dims), theta[n * dims :].reshape(j, dims + 1), variance
        )

    return f


def flat(x, items):
    return np.concatenate([x.ravel(), items.ravel()])


# the optimum


def test_the_log_posterior_is_that_of_the_slow_twin():
    y = toy()
    fit = IdealPoints().fit(bodies.matrix(y))
    # each of 270 choices is read from a table that is exact to 1e-9
    assert fit.log_posterior == pytest.approx(
        naive.log_posterior(y, *parameters(fit), 25.0), abs=1e-6
    )


def test_the_gradient_vanishes_at_the_optimum():
    y = toy()
    fit = IdealPoints().fit(bodies.matrix(y))
    slope = naive.gradient(posterior(y, 1), flat(*parameters(fit)))
    assert fit.converged
    assert fit.gradient <= STOP
    assert np.abs(slope).max() < 1e-5  # STOP times curvatures up to some units


@pytest.mark.parametrize("seed", [1, 3])
def test_no_other_optimizer_finds_a_better_optimum(seed):
    y = toy(seed=seed)
    f, fit = posterior(y, 1), IdealPoints().fit(bodies.matrix(y))
    rng = np.random.default_rng(seed)
    n, j = y.shape

    def slope(theta):
        x, items = theta[:n, None], theta[n:].reshape(j, 2)
        m = items[:, 0] + x * items[:, 1]
        q = np.abs(y)
        mills = np.where(q, np.exp(-0.5 * m**2 - 0.5 * np.log(2 * np.pi)), 0.0)
        mills *= y / np.exp(naive.log_ndtr(y * m))
        gx = (mills * items[:, 1]).sum(axis=1) - x[:, 0]
        gi = np.column_stack([mills.sum(axis=0), (mills * x).sum(axis=0)]) - items / 25
        return -flat(gx, gi)

    best = max(
        -minimize(
            lambda t: -f(t),
            rng.standard_normal(n + 2 * j),
            jac=slope,
            method="L-BFGS-B",
            options={"maxiter": 500},
        ).fun
        for _ in range(4)
    )
    assert fit.log_posterior >= best - 1e-5


@pytest.mark.parametrize("dims", [1, 2, 3])
def test_direct_and_conjugate_gradient_steps_reach_the_same_optimum(dims, monkeypatch):
    m = bodies.matrix(toy(24, 60, dims, missing=0.2))
    direct = IdealPoints(dims=dims, tol=1e-7).fit(m)
    monkeypatch.setattr(newton, "DIRECT_LIMIT", 0)
    by_products = IdealPoints(dims=dims, tol=1e-7).fit(m)
    assert direct.se_kind == "full"
    assert by_products.se_kind == "items fixed"
    assert by_products.log_posterior == pytest.approx(direct.log_posterior, abs=1e-8)
    np.testing.assert_allclose(by_products.positions, direct.positions, atol=SAME)
    # what is known of the items is taken as certain: never less certain than the full account
    assert (by_products.prior_se <= direct.prior_se + 1e-9).all()


@pytest.mark.parametrize("limit", [4e10, 0])
def test_the_number_of_threads_does_not_matter(limit, monkeypatch):
    monkeypatch.setattr(newton, "SHARD", 10)
    monkeypatch.setattr(newton, "DIRECT_LIMIT", limit)
    m = bodies.matrix(toy(30, 40))
    one, two = IdealPoints(threads=1).fit(m), IdealPoints(threads=2).fit(m)
    np.testing.assert_allclose(two.positions, one.positions, rtol=0, atol=1e-9)
    np.testing.assert_allclose(two.se, one.se, rtol=0, atol=1e-9)
    assert two.log_posterior == pytest.approx(one.log_posterior, abs=1e-9)


def test_cross_blocks_in_small_chunks_give_the_same(monkeypatch):
    m = bodies.matrix(toy())
    whole = IdealPoints().fit(m)
    monkeypatch.setattr(newton, "CHUNK_CELLS", 1)
    np.testing.assert_allclose(IdealPoints().fit(m).se, whole.se, rtol=0, atol=1e-9)


# standard errors


@pytest.mark.parametrize("seed", [1, 2])
def test_standard_errors_are_those_of_the_whole_information(seed):
    y = toy(8, 14, seed=seed)
    fit = IdealPoints().fit(bodies.matrix(y))
    h = -naive.hessian(posterior(y, 1), flat(*parameters(fit)))
    cov = np.linalg.inv(h)[:8, :8]
    np.testing.assert_allclose(fit.prior_se[:, 0], np.sqrt(np.diag(cov)), rtol=DIFFERENCES)

    def normalised(x):
        return (x - x.mean()) / x.std(ddof=1)

    x = fit.prior_positions[:, 0]
    jacobian = np.array(
        [(normalised(x + e) - normalised(x - e)) / 2e-5 for e in 1e-5 * np.eye(8)]
    ).T
    delta = np.sqrt(np.diag(jacobian @ cov @ jacobian.T))
    np.testing.assert_allclose(fit.se[:, 0], delta, rtol=DIFFERENCES)


@pytest.mark.parametrize("dims", [2, 3])
def test_standard_errors_in_more_dimensions_leave_out_rotations(dims):
    n, j = 7, 12
    y = toy(n, j, dims, seed=4, missing=0.0)
    m = bodies.matrix(y)
    fit = IdealPoints(dims=dims).fit(m)
    problem = newton.Problem(m, dims, 25.0, 1)
    states = [newton.climb(problem, x, 1e-6, 200) for x in newton.starts(problem)]
    s = max(states, key=lambda one: one.log_posterior)
    h, k = -naive.hessian(posterior(y, dims), flat(s.x, s.items)), n * dims
    schur = h[:k, :k] - h[:k, k:] @ np.linalg.solve(h[k:, k:], h[k:, :k])
    values = np.linalg.eigvalsh(schur)
    rotations = dims * (dims - 1) // 2
    assert np.abs(values[:rotations]).max() < 1e-4  # zero but for the differences' own error
    assert values[rotations] > 1e-2
    cov = np.linalg.pinv(schur, rcond=1e-4, hermitian=True).reshape(n, dims, n, dims)
    turn = newton.principal_axes(s)
    for d in range(dims):
        variance = np.einsum("a,nanb,b->n", turn[:, d], cov, turn[:, d])
        np.testing.assert_allclose(fit.prior_se[:, d], np.sqrt(variance), rtol=5 * DIFFERENCES)
    assert np.isfinite(fit.se).all()
    assert (fit.se > 0).all()


def test_a_member_without_choices_has_the_priors_error():
    y = toy()
    y[3] = 0
    fit = IdealPoints().fit(bodies.matrix(y))
    assert fit.prior_positions[3, 0] == pytest.approx(0.0, abs=1e-6)
    assert fit.prior_se[3, 0] == pytest.approx(1.0, abs=1e-6)
    row = fit.to_frame().row(3, named=True)
    assert (row["n_choices"], row["correct"], row["gmp"]) == (0, None, None)


def test_one_choice_says_more_than_none():
    y = toy()
    y[3] = 0
    y[3, 0] = 1
    fit = IdealPoints().fit(bodies.matrix(y))
    assert fit.prior_se[3, 0] < 1.0


# laws


def test_permuting_actors_and_items_permutes_the_result():
    y = toy()
    rng = np.random.default_rng(2)
    rows, columns = rng.permutation(12), rng.permutation(25)
    names, items = [f"m{i:02}" for i in range(12)], [f"v{k:03}" for k in range(25)]
    one = IdealPoints(tol=1e-8).fit(bodies.matrix(y))
    other = IdealPoints(tol=1e-8).fit(
        bodies.matrix(
            y[rows][:, columns],
            actors=[names[i] for i in rows],
            items=[items[k] for k in columns],
        )
    )
    np.testing.assert_allclose(other.positions, one.positions[rows], atol=SAME)
    np.testing.assert_allclose(other.se, one.se[rows], atol=SAME)
    np.testing.assert_allclose(other.alpha, one.alpha[columns], atol=SAME)
    np.testing.assert_allclose(other.beta, one.beta[columns], atol=SAME)


def test_turning_one_item_turns_its_own_numbers_only():
    y = toy()
    turned = y.copy()
    turned[:, 7] *= -1
    one, other = (IdealPoints(tol=1e-8).fit(bodies.matrix(t)) for t in (y, turned))
    sign = np.ones(25)
    sign[7] = -1
    np.testing.assert_allclose(other.positions, one.positions, atol=SAME)
    np.testing.assert_allclose(other.se, one.se, atol=SAME)
    np.testing.assert_allclose(other.alpha, sign * one.alpha, atol=SAME)
    np.testing.assert_allclose(other.beta[:, 0], sign * one.beta[:, 0], atol=SAME)


def test_a_mirrored_body_is_mirrored_exactly_but_for_rounding():
    y = toy()
    one, other = (IdealPoints().fit(bodies.matrix(t)) for t in (y, -y))
    np.testing.assert_allclose(other.positions, one.positions, rtol=0, atol=1e-12)
    np.testing.assert_allclose(other.alpha, -one.alpha, rtol=0, atol=1e-12)


def test_an_item_listed_twice_counts_twice():
    y = toy()
    twice = IdealPoints().fit(bodies.matrix(np.hstack([y, y])))
    once = IdealPoints().fit(bodies.matrix(y))
    assert np.allclose(twice.alpha[:25], twice.alpha[25:], atol=SAME)
    assert np.median(twice.prior_se) < np.median(once.prior_se)
    f = posterior(np.hstack([y, y]), 1)
    assert f(flat(*parameters(twice))) == pytest.approx(twice.log_posterior, abs=1e-6)


def test_positions_are_normalised_and_the_items_follow():
    for dims in (1, 2, 3):
        y = toy(20, 60, dims, missing=0.0)
        fit = IdealPoints(dims=dims).fit(bodies.matrix(y))
        z = fit.positions
        np.testing.assert_allclose(z.mean(axis=0), 0, atol=1e-12)
        np.testing.assert_allclose(np.cov(z.T).reshape(dims, dims), np.eye(dims), atol=1e-10)
        m = fit.alpha + z @ fit.beta.T
        loglik = float(naive.log_ndtr(y * m).sum())
        assert fit.log_likelihood == pytest.approx(loglik, abs=2e-6)  # 1,200 choices


@pytest.mark.parametrize("dims", [2, 3])
def test_axes_fit_alike_but_are_uncorrelated(dims):
    y = toy(20, 60, dims, missing=0.0)
    fit = IdealPoints(dims=dims).fit(bodies.matrix(y))
    # a linear map of the axes, undone in the items, leaves every probability as it is; the log
    # posterior is that of the optimum found before the map
    problem = newton.Problem(bodies.matrix(y), dims, 25.0, 1)
    state = newton.climb(problem, newton.starts(problem)[0], 1e-6, 200)
    assert state.log_posterior == pytest.approx(fit.log_posterior, abs=1e-6)
    m = state.items[:, 0] + state.x @ state.items[:, 1:].T
    np.testing.assert_allclose(fit.alpha + fit.positions @ fit.beta.T, m, atol=1e-4)
    # most of the utility first
    size = (fit.beta**2).sum(axis=0)
    assert (np.diff(size) <= 0).all()


def test_nothing_of_the_callers_is_changed_and_nothing_of_the_result_can_be():
    m = bodies.matrix(toy())
    before = m.by_actor.code.copy(), m.by_item.start.copy()
    fit = IdealPoints().fit(m)
    assert np.array_equal(before[0], m.by_actor.code)
    assert np.array_equal(before[1], m.by_item.start)
    arrays = (fit.positions, fit.se, fit.alpha, fit.beta, fit.prior_positions, fit.prior_se)
    for array in arrays:
        with pytest.raises(ValueError, match="read-only"):
            array[0] = 1.0


# orientation


def test_orientation_by_hand():
    z = np.array([[0.2, -0.1], [1.0, 0.4], [-1.0, -2.0]])
    # a (0.2) is too near the middle, b (1.0) is to be turned; second axis: a and b are, c (−2) not
    assert orient(z, ["a", "b", "c"]).tolist() == [-1.0, 1.0]
    assert orient(z, ["c", "b", "a"]).tolist() == [1.0, 1.0]  # now a is −1.0 and −2.0
    assert orient(z, ["c", "a", "b"]).tolist() == [-1.0, 1.0]  # a is 1.0; 0.4 is too near
    assert orient(z, ["a", "b", "c"], ("c", "b")).tolist() == [1.0, 1.0]
    assert orient(z, ["a", "b", "c"], ("b", "c")).tolist() == [-1.0, 1.0]
    assert orient(np.zeros((2, 1)), ["a", "b"]).tolist() == [1.0]


def test_anchors_name_the_ends():
    m = bodies.matrix(toy())
    free = IdealPoints().fit(m)
    low, high = (m.actors["actor"][int(k)] for k in np.argsort(free.positions[:, 0])[[0, -1]])
    for anchors, sign in (((low, high), 1.0), ((high, low), -1.0)):
        fit = IdealPoints(anchors=anchors).fit(m)
        np.testing.assert_allclose(fit.positions, sign * free.positions)
        np.testing.assert_allclose(fit.beta, sign * free.beta)
        np.testing.assert_allclose(fit.alpha, free.alpha)


def test_an_anchor_must_be_there():
    with pytest.raises(SettingError) as error:
        IdealPoints(anchors=("m00", "nobody")).fit(bodies.matrix(toy()))
    assert str(error.value) == "anchor 'nobody' is not among the 12 actors kept"


# fit statistics by hand


def test_fit_by_hand():
    y = toy()
    fit = IdealPoints().fit(bodies.matrix(y))
    m = fit.alpha + fit.positions * fit.beta[:, 0]
    right, seen = (m > 0) == (y > 0), y != 0
    yeas, nays = (y > 0).sum(axis=0), (y < 0).sum(axis=0)
    lose = np.minimum(yeas, nays).sum()
    logs = naive.log_ndtr(y * m)[seen]
    wrong = (~right & seen).sum()
    assert fit.fit.correct == pytest.approx(1 - wrong / seen.sum())
    assert fit.fit.correct_baseline == pytest.approx(1 - lose / seen.sum())
    assert fit.fit.apre == pytest.approx((lose - wrong) / lose)
    assert fit.fit.gmp == pytest.approx(np.exp(logs.mean()))
    frame = fit.items_frame()
    assert frame["n_choices"].to_list() == seen.sum(axis=0).tolist()
    np.testing.assert_allclose(frame["cutpoint"], -fit.alpha / fit.beta[:, 0])
    for j in range(25):
        errors, fewer = (~right & seen)[:, j].sum(), min(yeas[j], nays[j])
        pre = None if fewer == 0 else pytest.approx(1 - errors / fewer)
        assert frame["pre"][j] == pre
    assert fit.to_frame()["axis1"].to_list() == fit.positions[:, 0].tolist()
    assert fit.to_dict()["actors"][0]["axis1"] == fit.positions[0, 0]
    assert repr(fit) == (
        f"IdealPointsResult(12 actors, 25 items, 1 dims; correct {fit.fit.correct:.1%} against "
        f"{fit.fit.correct_baseline:.1%} for the modal choice, APRE {fit.fit.apre:.3f}, GMP "
        f"{fit.fit.gmp:.3f})"
    )


# what is refused


@pytest.mark.parametrize(
    ("setting", "message"),
    [
        ({"dims": 0}, "dims must be 1..3, got 0"),
        ({"dims": 4}, "dims must be 1..3, got 4"),
        ({"item_variance": 0.0}, "item_variance must be above 0, got 0.0"),
        ({"item_variance": float("nan")}, "item_variance must be above 0, got nan"),
        ({"tol": -1e-6}, "tol must be above 0, got -1e-06"),
        ({"threads": 0}, "threads must be 1 or more, got 0"),
        ({"anchors": ("a", "a")}, "anchors must be two different actors, got ('a', 'a')"),
    ],
)
def test_settings_outside_their_range(setting, message):
    with pytest.raises(SettingError) as error:
        IdealPoints(**setting)
    assert str(error.value) == message


@pytest.mark.parametrize(
    ("shape", "dims", "message"),
    [
        ((2, 9), 1, "'all': ideal points in 1 dims need at least 3 actors, got 2"),
        ((9, 2), 1, "'all': ideal points in 1 dims need at least 3 items, got 2"),
        ((4, 9), 3, "'all': ideal points in 3 dims need at least 5 actors, got 4"),
    ],
)
def test_too_little(shape, dims, message):
    y = bodies.draw(np.full(shape, 0.5), np.random.default_rng(1))
    with pytest.raises(DataError) as error:
        IdealPoints(dims=dims).fit(bodies.matrix(y))
    assert str(error.value) == message


def test_unanimous_items_show_nothing():
    y = np.ones((5, 7), np.int8)
    y[:, 3] = -1
    y[2, 4] = 0
    with pytest.raises(DataError) as error:
        IdealPoints().fit(bodies.matrix(y))
    assert str(error.value) == "'all': every one of the 7 items was unanimous"


def test_lone_opposite_choices_show_no_dimension():
    # each item is decided by two actors who never meet anybody else: nothing ties items together
    y = np.zeros((8, 4), np.int8)
    for k in range(4):
        y[2 * k, k], y[2 * k + 1, k] = 1, -1
    with pytest.raises(DataError) as error:
        IdealPoints(item_variance=0.01).fit(bodies.matrix(y))
    assert str(error.value) == (
        "'all': the choices fit no better with positions than without; 8 actors and 4 items show "
        "no "
        "dimension"
    )


def test_a_climb_cut_short_is_an_error():
    with pytest.raises(ConvergenceError) as error:
        IdealPoints(max_iter=1).fit(bodies.matrix(toy()))
    text = str(error.value)
    gradient = float(text.split()[4])
    assert gradient > 1e-6
    assert text == (
        f"the gradient is still {gradient:.2g} after 1 steps (tol=1e-06); raise max_iter or drop "
        "items with one dissenter"
    )


# limits


def test_everybody_absent_from_most_items():
    y = toy(12, 40, missing=0.8)
    fit = IdealPoints().fit(bodies.matrix(y))
    assert np.isfinite(fit.positions).all()
    assert (fit.prior_se <= 1 + 1e-6).all()


def test_perfect_separation_still_converges():
    # every item cuts the same line without error: the likelihood alone has no maximum
    x = np.arange(10)
    y = np.where(x[:, None] > np.arange(9), 1, -1).astype(np.int8)
    fit = IdealPoints().fit(bodies.matrix(y))
    assert (np.diff(fit.positions[:, 0]) > 0).all()
    assert fit.fit.correct == 1.0


def test_true_positions_are_recovered():
    rng = np.random.default_rng(6)
    y, x, _ = bodies.probit(40, 200, 1, rng)
    fit = IdealPoints().fit(bodies.matrix(y))
    truth = (x[:, 0] - x.mean()) / x.std(ddof=1)
    z = fit.positions[:, 0] * np.sign(np.corrcoef(fit.positions[:, 0], truth)[0, 1])
    away = (z - truth) / fit.se[:, 0]
    assert np.corrcoef(z, truth)[0, 1] > 0.98
    # of 40 standard normal numbers: a root mean square from 0.78 to 1.22 in 95 of 100 cases
    assert 0.6 < np.sqrt(np.mean(away**2)) < 1.4
