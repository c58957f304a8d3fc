"""Cross-fitting: what blocs do on items that did not choose them."""

from dataclasses import replace
from itertools import product

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import bodies
import naive
from fissure.kernels.siding import held_out
from fissure.models.blocs import find_blocs
from fissure.split.crossfit import (
    CrossFit,
    cross_fit,
    gaps_among,
    item_bootstrap,
    pair_labels,
    ratio,
)

#: Sums of sides are kept in single precision.
SINGLE = 1e-5


@settings(deadline=None, max_examples=120)
@given(
    st.integers(1, 9), st.integers(1, 6), st.integers(0, 2**32 - 1), st.sampled_from([0, 0.3, 1])
)
def test_held_out_is_the_slow_twin(n, n_items, seed, missing):
    rng = np.random.default_rng(seed)
    y = bodies.draw(np.full((n_items, n), rng.uniform(0.2, 0.8)), rng, missing)
    bloc = rng.integers(-1, 3, n).astype(np.int8)  # those in neither are −1 or 2
    columns = np.flatnonzero(rng.random(n_items) < 0.7)
    sums = [np.zeros(n_items) for _ in range(3)]
    sides = np.zeros((4, n_items, n), np.float32)
    for times in (1, 2):  # sums grow from call to call
        held_out(y, bloc, columns, *sums, sides)
        twin = naive.held_out(y, bloc, columns)
        for ours, theirs in zip((*sums, sides), twin, strict=True):
            np.testing.assert_allclose(ours, times * theirs, rtol=0, atol=SINGLE)


def test_held_out_by_hand():
    # bloc 0: yea yea nay, bloc 1: nay nay, one in neither
    y, bloc = np.array([[1, 1, -1, -1, -1, 1]], np.int8), np.array([0, 0, 0, 1, 1, -1], np.int8)
    squared, seen, opposed = np.zeros(1), np.zeros(1), np.zeros(1)
    sides = np.zeros((4, 1, 6), np.float32)
    held_out(y, bloc, np.array([0]), squared, seen, opposed, sides)
    assert squared[0] == pytest.approx((2 / 3) ** 2 - (2 / 3) * (1 / 3) / 2)
    assert (seen[0], opposed[0]) == (1, 1)
    # without the first or second, bloc 0 is tied; without the third it is all yea; the last sees
    # all
    assert sides[1, 0].tolist() == [0, 0, 1, 1, 1, 1]
    assert sides[0, 0].tolist() == [0, 0, 0, 0, 0, 1]
    np.testing.assert_allclose(
        sides[2, 0], [0.5 * 0.75, 0.5 * 0.75, -0.5, *[-(2 / 3) / 3] * 2, 4 / 9], rtol=1e-6
    )
    np.testing.assert_allclose(sides[3, 0], [0.25, 0.25, 1, 4 / 9, 4 / 9, 4 / 9], rtol=1e-6)


@pytest.mark.parametrize(("n", "m", "p", "q"), [(2, 2, 0.3, 0.8), (3, 5, 0.5, 0.5), (6, 2, 0.9, 0)])
def test_the_squared_gap_is_unbiased(n, m, p, q):
    # over every outcome of n and m choices with chances p and q
    def chance(votes, share):
        yeas = sum(votes)
        return share**yeas * (1 - share) ** (len(votes) - yeas)

    mean = mean_kernel = 0.0
    bloc = np.array([0] * n + [1] * m, np.int8)
    for a in product((0, 1), repeat=n):
        for b in product((0, 1), repeat=m):
            weight = chance(a, p) * chance(b, q)
            mean += weight * naive.squared_gap(a, b)
            y = (2 * np.array([a + b]) - 1).astype(np.int8)
            squared = np.zeros(1)
            held_out(
                y, bloc, np.array([0]), squared, np.zeros(1), np.zeros(1),
                np.zeros((4, 1, n + m), np.float32),
            )  # fmt: skip
            mean_kernel += weight * squared[0]
    assert mean == pytest.approx((p - q) ** 2, abs=1e-12)
    assert mean_kernel == pytest.approx((p - q) ** 2, abs=1e-12)


@pytest.mark.parametrize("missing", [0.0, 0.3])
def test_the_depth_is_that_of_the_slow_twin(missing):
    y, _ = bodies.camps((7, 5), 24, 0.5, np.random.default_rng(1), missing)
    fit = cross_fit(y, repeats=3, rng=np.random.default_rng(2))[0, 1]
    again, halves = np.random.default_rng(2), []
    for _ in range(3):
        order = again.permutation(24)
        halves += [(order[:12], order[12:]), (order[12:], order[:12])]
    twin = naive.cross_fitted_mean_square(
        y, halves, lambda part: find_blocs(np.ascontiguousarray(part))[0]
    )
    assert fit.mean_square == pytest.approx(twin, rel=1e-12)
    assert fit.depth == pytest.approx(np.sqrt(max(twin, 0)), rel=1e-12)


def test_a_body_without_division_has_no_depth():
    # unanimous but for chance: 40 members, 300 items, each item 90 yea with the same chance
    squares, depths = [], []
    for seed in range(20):
        rng = np.random.default_rng(seed)
        y = bodies.draw(np.full((40, 300), 0.9), rng)
        fit = cross_fit(y, repeats=1, rng=rng)[0, 1]
        squares.append(fit.mean_square)
        depths.append(fit.depth)
    assert np.mean(depths) <= 0.08
    error = np.std(squares, ddof=1) / np.sqrt(20)
    assert abs(np.mean(squares)) <= 3 * error  # without the correction it would be some 0.02


@pytest.mark.parametrize("depth", [0.2, 0.35, 0.6])
def test_the_depth_of_planted_blocs_is_measured(depth):
    rng = np.random.default_rng(3)
    y, camp = bodies.camps((20, 12), 300, depth, rng, missing=0.1)
    fit = cross_fit(y, repeats=5, rng=rng)[0, 1]
    # 300 items: the share of contested ones is exact; the choices' own noise leaves 0.02
    assert fit.depth == pytest.approx(depth, abs=0.03)
    assert fit.labels.tolist() == camp.tolist()
    assert fit.probability.mean() > 0.95
    # an item that 6 in 10 of all favour is opposed by the majority of 12 now and then
    assert 0 <= fit.opposed_share - (depth / 0.8) ** 2 < 0.08
    siding = fit.siding()
    assert siding[camp == 0].min() > 0.5 > siding[camp == 1].max()
    assert siding[camp == 0].mean() > 0.7
    assert siding[camp == 1].mean() < 0.3


def test_stability_is_that_of_the_less_stable_bloc():
    fit = CrossFit(
        labels=np.array([0, 0, 1, 1, 2, -1], np.int8),
        probability=np.array([1.0, 0.9, 0.5, 0.7, 0.1, 0.1]),
        squared=np.array([np.nan]),
        opposed=np.array([np.nan]),
        sides=np.zeros((4, 1, 6), np.float32),
        halves=np.zeros((0, 6), np.int8),
        tested=np.zeros((0, 1), bool),
    )
    assert fit.stability == pytest.approx(0.6)
    assert fit.inside.tolist() == [True] * 4 + [False] * 2
    assert (fit.mean_square, fit.depth, fit.opposed_share) == (0, 0, 0)


def test_gaps_among_all_are_the_gaps_of_the_fit():
    rng = np.random.default_rng(6)
    y, _ = bodies.camps((14, 9), 80, 0.5, rng, missing=0.1)
    fit = cross_fit(y, repeats=3, rng=rng)[0, 1]
    everyone = np.ones(len(y), bool)
    assert np.array_equal(gaps_among(y, fit, everyone), fit.squared, equal_nan=True)


def test_gaps_among_some_are_those_of_a_record_of_these_alone():
    rng = np.random.default_rng(7)
    y, camp = bodies.camps((14, 9), 80, 0.5, rng, missing=0.1)
    fit = cross_fit(y, repeats=2, rng=rng)[0, 1]
    some = rng.random(len(y)) < 0.7
    alone = replace(fit, halves=np.where(some, fit.halves, -1).astype(np.int8))
    of_some = gaps_among(np.where(some[:, None], y, 0).astype(np.int8), alone, some)
    assert np.array_equal(gaps_among(y, fit, some), of_some, equal_nan=True)
    assert np.isnan(gaps_among(y, fit, camp == 0)).all()


def test_three_blocs_pair_by_pair():
    rng = np.random.default_rng(4)
    y, camp = bodies.camps((9, 8, 7), 200, 0.5, rng)
    fits = cross_fit(y, repeats=2, rng=rng, n_blocs=3)
    assert sorted(fits) == [(0, 1), (0, 2), (1, 2)]
    for (a, b), fit in fits.items():
        assert fit.labels.tolist() == pair_labels(camp.astype(np.int8), a, b).tolist()
        assert fit.depth == pytest.approx(0.5, abs=0.06)


def test_swapping_the_sides_of_all_items_changes_no_gap():
    y, _ = bodies.camps((7, 5), 40, 0.5, np.random.default_rng(5), missing=0.1)
    one, other = (
        cross_fit(s * y, repeats=2, rng=np.random.default_rng(1))[0, 1]
        for s in (np.int8(1), np.int8(-1))
    )
    np.testing.assert_allclose(other.squared, one.squared, rtol=1e-12, atol=1e-15)
    np.testing.assert_array_equal(other.opposed, one.opposed)
    np.testing.assert_allclose(other.sides, one.sides, rtol=0, atol=SINGLE)


def test_limits():
    for y in (
        np.zeros((6, 10), np.int8),
        np.ones((6, 10), np.int8),
        np.array([[1] * 10, [-1] * 10], np.int8),
    ):
        fit = cross_fit(y, repeats=2, rng=np.random.default_rng(1))[0, 1]
        assert (fit.mean_square, fit.depth, fit.opposed_share) == (0, 0, 0)
        assert np.isnan(fit.siding()).all()


def test_ratio_and_pair_labels():
    np.testing.assert_array_equal(
        ratio(np.array([1.0, 2, 3]), np.array([2.0, 0, -1])), [0.5, np.nan, np.nan]
    )
    assert pair_labels(np.array([0, 2, 1, 2], np.int8), 0, 2).tolist() == [0, 1, 2, 1]


@pytest.mark.parametrize("n_items", [1, 2, 10, 27, 100])
def test_the_item_bootstrap(n_items):
    weights = item_bootstrap(n_items, 400, np.random.default_rng(6))
    assert weights.shape == (400, n_items)
    assert (weights.sum(axis=1) == n_items).all()
    # every item is drawn once on average: 400 draws of about variance n^(1/3)
    assert np.abs(weights.mean(axis=0) - 1).max() < 5 * np.sqrt(max(1, n_items ** (1 / 3)) / 400)


def test_the_item_bootstrap_draws_neighbours_together():
    weights = item_bootstrap(1000, 400, np.random.default_rng(7)) - 1
    near = (weights[:, :-1] * weights[:, 1:]).mean() / (weights**2).mean()
    far = (weights[:, :-500] * weights[:, 500:]).mean() / (weights**2).mean()
    assert near == pytest.approx(0.9, abs=0.05)  # blocks of 10
    assert abs(far) < 0.05
