"""Records without blocs: each actor's own propensities, and nothing else."""

import numpy as np
import pytest
from scipy.optimize import minimize
from scipy.special import ndtr, ndtri

import bodies
import naive
from fissure.split.null import exchangeable, null_depths, undivided


def yea_of(y):
    return np.ones(y.shape[1], np.int8)


def twin(y, yea):
    """Each actor's two propensities by a general optimizer, from the formula."""
    seen = np.count_nonzero(y, axis=0)
    lean = ndtri(((y > 0).sum(axis=0) + 0.5) / (seen + 1))
    out = []
    for row in y:

        def loss(t, row=row):
            m = row * (t[0] * yea + t[1] * lean)
            return -naive.log_ndtr(m)[row != 0].sum() + 0.5 * (t[0] ** 2 + (t[1] - 1) ** 2)

        found = minimize(loss, [0.0, 1.0], bounds=[(None, None), (0, None)], tol=1e-12)
        out.append(found.x)
    return np.array(out), lean


@pytest.mark.parametrize("missing", [0.0, 0.4])
def test_propensities_are_those_of_a_general_optimizer(missing):
    rng = np.random.default_rng(1)
    y = bodies.one_body(9, 60, rng, missing)
    yea = np.where(rng.random(60) < 0.5, -1, 1).astype(np.int8)
    y *= yea
    coef, lean = twin(y, yea)
    p = naive.log_ndtr(np.outer(coef[:, 0], yea) + np.outer(coef[:, 1], lean))
    np.testing.assert_allclose(np.log(exchangeable(y, yea)), p, atol=1e-3)


def test_without_choices_an_actor_follows_the_group():
    y = bodies.one_body(6, 30, np.random.default_rng(2))
    y[2] = 0
    lean = ((y > 0).sum(axis=0) + 0.5) / (np.count_nonzero(y, axis=0) + 1)
    np.testing.assert_allclose(exchangeable(y, yea_of(y))[2], lean, rtol=1e-5)


def test_swapping_yea_and_nay_changes_nothing():
    y = bodies.one_body(8, 40, np.random.default_rng(3))
    np.testing.assert_array_equal(exchangeable(y, yea_of(y)), exchangeable(y, -yea_of(y)))


def test_nobody_is_simulated_to_follow_the_group_backwards():
    # one actor against all others on every item: t is 0 at least, so the lean is all that is left
    y = np.ones((8, 40), np.int8)
    y[:, ::2] = -1
    y[0] *= -1
    p = exchangeable(y, yea_of(y))
    assert p[0] == pytest.approx(0.5, abs=0.01)
    assert (p[1:, 1::2] > 0.9).all()


def test_the_lean_is_fitted_where_the_following_is_held_at_zero():
    rng = np.random.default_rng(1)
    share = np.linspace(0.3, 0.95, 60)
    y = bodies.draw(np.tile(share, (9, 1)), rng)
    y[0] = bodies.draw(np.linspace(0.9, 0.05, 60)[None, :], rng)
    coef, _ = twin(y, yea_of(y))
    assert coef[0, 1] == 0
    np.testing.assert_allclose(
        exchangeable(y, yea_of(y))[0], np.exp(naive.log_cdf(coef[0, 0])), atol=1e-3
    )


def test_without_a_way_nothing_is_taken_out_of_the_propensities():
    y = bodies.one_body(8, 40, np.random.default_rng(3))
    for way in (np.full(8, 0.3), np.full(8, np.nan)):
        np.testing.assert_array_equal(undivided(y, yea_of(y), way), exchangeable(y, yea_of(y)))


def test_a_division_is_taken_out_of_the_propensities():
    y, camp = bodies.camps((12, 8), 200, 0.6, np.random.default_rng(6))
    turn = np.where(y.sum(axis=0) < 0, -1, 1).astype(np.int8)
    way = 1.0 - camp
    apart = [
        p[camp == 0].mean(axis=0) - p[camp == 1].mean(axis=0)
        for p in (exchangeable(y * turn, turn), undivided(y * turn, turn, way))
    ]
    assert np.abs(apart[0]).mean() > 0.1
    assert np.abs(apart[1]).mean() < 0.02


def test_propensities_across_the_way_stay():
    # members differ in loyalty; the way has nothing to do with it
    rng = np.random.default_rng(7)
    t = np.tile([0.4, 1.6], 8)
    y = bodies.draw(ndtr(np.outer(t, rng.normal(0, 1, 300))), rng)
    turn = np.where(y.sum(axis=0) < 0, -1, 1).astype(np.int8)
    way = np.repeat([0.0, 1.0], 8)
    loyal = [
        p[1::2].mean() - p[::2].mean()
        for p in (exchangeable(y * turn, turn), undivided(y * turn, turn, way))
    ]
    assert loyal[1] > 0.1
    assert loyal[1] == pytest.approx(loyal[0], rel=0.05)


def test_null_depths_depend_on_the_seed_alone():
    y = bodies.one_body(12, 40, np.random.default_rng(4), missing=0.2)
    one = null_depths(y, yea_of(y), 5, 1, np.random.SeedSequence(9))
    assert np.array_equal(one, null_depths(y, yea_of(y), 5, 1, np.random.SeedSequence(9)))
    longer = null_depths(y, yea_of(y), 8, 1, np.random.SeedSequence(9))
    assert np.array_equal(one, longer[:5])
    assert not np.array_equal(one, null_depths(y, yea_of(y), 5, 1, np.random.SeedSequence(8)))


def test_a_split_is_deeper_than_records_without_blocs():
    from fissure.split.crossfit import cross_fit

    y, _ = bodies.camps((12, 10), 80, 0.5, np.random.default_rng(5))
    null = null_depths(y, yea_of(y), 19, 1, np.random.SeedSequence(1))
    fit = cross_fit(y, repeats=1, rng=np.random.default_rng(1))[0, 1]
    assert fit.mean_square > 3 * null.max()


def test_the_error_rate_is_kept():
    # 30 bodies without blocs: their depth exceeds the simulated 95 % point in about 1.5 of them
    from fissure.split.crossfit import cross_fit

    found = 0
    for seed in range(30):
        rng = np.random.default_rng(seed)
        y = bodies.one_body(14, 40, rng)
        null = null_depths(y, yea_of(y), 19, 1, np.random.SeedSequence(seed))
        fit = cross_fit(y, repeats=1, rng=rng)[0, 1]
        found += (1 + (null >= fit.mean_square).sum()) / 20 <= 0.05
    assert found <= 5  # binomial(30, 0.05): more than 5 in 3 of 1,000 cases
