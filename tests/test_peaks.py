"""One peak or two: known mixtures, one-peaked fits, and simulated choices."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.stats import norm

import naive
from fissure.kernels.latent import mixture_weights
from fissure.models.peaks import FINE, GAIN, GRID, Items, Peaks, best_one_peak, fit_peaks


def items(n_items, rng, n=60, missing=0.0):
    alpha, beta = rng.normal(0, 0.6, n_items), rng.normal(0, 1.5, n_items)
    return Items(alpha, beta, rng.random((n, n_items)) >= missing), alpha, beta


# the kernel


@settings(deadline=None, max_examples=60)
@given(st.integers(1, 6), st.integers(1, 5), st.integers(0, 2**32 - 1), st.integers(1, 30))
def test_mixture_weights_are_those_of_plain_em(n, k, seed, rounds):
    rng = np.random.default_rng(seed)
    like = rng.random((n, k)) ** rng.integers(1, 9) + 1e-12
    weights = rng.dirichlet(np.ones(k))
    ours = weights.copy()
    value = mixture_weights(like, ours, rounds, -np.inf)
    twin = naive.mixture_weights(like, weights, rounds)
    # numbers below 1e-290 have lost digits to underflow
    np.testing.assert_allclose(ours, twin, rtol=1e-9, atol=1e-290)
    # the value returned is that before the last round's step, and no round lowers it
    before = naive.mixture_weights(like, weights, rounds - 1)
    assert value == pytest.approx(naive.mixture_value(like, before), rel=1e-9, abs=1e-9)
    assert naive.mixture_value(like, ours) >= value - 1e-9
    assert ours.sum() == pytest.approx(1, rel=1e-12)


def test_mixture_weights_stop_within_tol_of_the_best():
    rng = np.random.default_rng(1)
    like = rng.random((40, 12)) ** 4
    near, best = np.full(12, 1 / 12), np.full(12, 1 / 12)
    mixture_weights(like, near, 10_000, 0.1)
    mixture_weights(like, best, 200_000, 1e-9)
    # the bound that stops the climb is one on what is left to gain
    assert naive.mixture_value(like, best) - naive.mixture_value(like, near) < 0.1


def test_weights_of_certain_actors_are_their_shares():
    like = np.eye(3)[[0, 0, 0, 1]]
    weights = np.full(3, 1 / 3)
    mixture_weights(like, weights, 100, 1e-12)
    np.testing.assert_allclose(weights, [0.75, 0.25, 0], atol=1e-12)


# likelihoods and simulated choices


def test_likelihood_is_the_plain_product():
    rng = np.random.default_rng(2)
    seen_items, alpha, beta = items(9, rng, n=7, missing=0.4)
    y = np.where(seen_items._seen, np.where(rng.random((7, 9)) < 0.5, 1, -1), 0).astype(np.int8)
    like = seen_items.likelihood(y)
    for i in range(7):
        p = norm.cdf(alpha + np.outer(GRID, beta))
        plain = np.prod(np.where(y[i] > 0, p, np.where(y[i] < 0, 1 - p, 1.0)), axis=1)
        np.testing.assert_allclose(like[i], plain / plain.max(), rtol=1e-4)  # single precision
    assert (like.max(axis=1) == 1).all()


def test_an_actor_without_choices_is_likely_everywhere():
    seen_items, *_ = items(9, np.random.default_rng(3), n=2, missing=1.0)
    assert (seen_items.likelihood(np.zeros((2, 9), np.int8)) == 1).all()


def test_simulated_choices_keep_absences_and_follow_the_model():
    rng = np.random.default_rng(4)
    n = 4000
    alpha, beta = np.array([0.3, -0.5]), np.array([1.0, -2.0])
    seen = rng.random((n, 2)) < 0.7
    y = Items(alpha, beta, seen).simulate(np.full(n, 0.8), rng)
    assert np.array_equal(y != 0, seen)
    for j in range(2):
        p, m = norm.cdf(alpha[j] + 0.8 * beta[j]), seen[:, j].sum()
        share = (y[:, j] > 0).sum() / m
        assert abs(share - p) < 4 * np.sqrt(p * (1 - p) / m)


def test_positions_beyond_the_line_are_held_at_its_end():
    rng = np.random.default_rng(5)
    seen_items = Items(np.zeros(1), np.array([9.0]), np.ones((2, 1), bool))
    y = seen_items.simulate(np.array([FINE[0] - 3, FINE[-1] + 3]), rng)
    assert y.ravel().tolist() == [-1, 1]


# one peak


@pytest.mark.parametrize("seed", [1, 2])
def test_the_one_peaked_fit_has_one_peak_and_fits_no_worse_than_the_truth(seed):
    rng = np.random.default_rng(seed)
    truth = norm.pdf(GRID, 0.4, 0.8)
    truth /= truth.sum()
    seen_items, *_ = items(60, rng, n=80, missing=0.2)
    y = seen_items.simulate(rng.choice(GRID, 80, p=truth), rng)
    like = seen_items.likelihood(y)
    fit = best_one_peak(like)
    assert fit.sum() == pytest.approx(1, rel=1e-12)
    top = int(np.argmax(fit))
    assert (np.diff(fit[: top + 1]) >= -1e-12).all()
    assert (np.diff(fit[top:]) <= 1e-12).all()
    # the climb stops where at most GAIN can be left to gain; modes are tried at every other point
    assert naive.mixture_value(like, fit) >= naive.mixture_value(like, truth) - 2 * GAIN


# two peaks


def positions(shares, centres, spread, n, rng):
    side = (np.arange(n) >= round(shares[0] * n)).astype(int)
    return np.asarray(centres)[side] + spread * rng.standard_normal(n)


def test_separation_of_known_mixtures():
    peaks = Peaks((0.5, 0.5), (-1.0, 1.0), 0.5)
    assert peaks.gap == 4.0
    assert peaks.separation == 4.0  # variance between 1, within 0.25
    assert Peaks((0.75, 0.25), (0.0, 2.0), 1.0).separation == 0.75


@pytest.mark.parametrize(
    ("shares", "centres", "spread"),
    [((0.5, 0.5), (-0.9, 0.9), 0.3), ((0.7, 0.3), (-0.6, 1.4), 0.35)],
)
def test_two_groups_are_measured(shares, centres, spread):
    rng = np.random.default_rng(7)
    n = 200
    seen_items, *_ = items(150, rng, n=n)
    like = seen_items.likelihood(
        seen_items.simulate(positions(shares, centres, spread, n, rng), rng)
    )
    peaks = fit_peaks(like, GRID)
    order = np.argsort(peaks.centres)
    # 200 members: a centre is known to 0.04, a share to 0.04
    np.testing.assert_allclose(np.array(peaks.centres)[order], centres, atol=0.12)
    np.testing.assert_allclose(np.array(peaks.shares)[order], shares, atol=0.1)
    assert peaks.spread == pytest.approx(spread, abs=0.1)


def test_one_group_looks_less_apart_than_two():
    rng = np.random.default_rng(8)
    n = 100
    seen_items, *_ = items(100, rng, n=n)
    one, two = (
        fit_peaks(seen_items.likelihood(seen_items.simulate(x, rng)), GRID).separation
        for x in (rng.standard_normal(n), positions((0.5, 0.5), (-0.9, 0.9), 0.3, n, rng))
    )
    assert two > 2 * one


def test_mirroring_the_line_mirrors_the_peaks():
    rng = np.random.default_rng(9)
    seen_items, *_ = items(80, rng, n=60)
    x = positions((0.6, 0.4), (-0.6, 1.0), 0.4, 60, rng)
    like = seen_items.likelihood(seen_items.simulate(x, rng))
    one, other = fit_peaks(like, GRID), fit_peaks(like[:, ::-1].copy(), GRID)
    assert other.separation == pytest.approx(one.separation, rel=1e-2)  # stops at a gain of 1e-3
    np.testing.assert_allclose(sorted(other.centres), sorted(-c for c in one.centres), atol=0.02)


def test_actors_who_say_nothing_make_no_peaks():
    peaks = fit_peaks(np.ones((10, len(GRID))), GRID)
    assert peaks.gap == pytest.approx(0.0, abs=1e-9)
    assert np.isfinite(peaks.spread)
