"""Partitions: their prior by counting, distances, and what stands for many."""

import itertools
import math

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import naive_mixture
from fissure.kernels.partitions import variation
from fissure.models.partitions import (
    PartitionPrior,
    by_first,
    co_clustering,
    representatives,
)


def all_partitions(n):
    """Every partition of n actors, in the order of their first members."""
    rows = [[0]]
    for _ in range(n - 1):
        rows = [[*row, k] for row in rows for k in range(max(row) + 2)]
    return [np.array(row) for row in rows]


@pytest.mark.parametrize(("n", "least"), [(5, 1), (5, 2), (6, 2)])
def test_the_prior_is_that_of_counting_and_sums_to_one(n, least):
    chances = (0.5, 0.25, 0.15, 0.1)
    prior = PartitionPrior(n, least, chances)
    total, number = 0.0, np.zeros(4)
    for z in all_partitions(n):
        sizes = np.bincount(z)
        value = prior.log_prior(sizes)
        allowed = len(sizes) <= prior.most and (len(sizes) == 1 or sizes.min() >= least)
        if not allowed:
            assert value == -math.inf
            continue
        assert value == pytest.approx(naive_mixture.log_prior(z, least, chances), rel=1e-12)
        total += math.exp(value)
        number[len(sizes) - 1] += math.exp(value)
    assert total == pytest.approx(1, rel=1e-12)
    np.testing.assert_allclose(number[: prior.most], prior.number, rtol=1e-12)


def test_draws_from_the_prior_follow_it():
    prior, rng = PartitionPrior(6, 2, (0.4, 0.4, 0.2)), np.random.default_rng(1)
    n, seen = 3000, {}
    for _ in range(n):
        key = tuple(by_first(prior.draw(rng)).tolist())
        seen[key] = seen.get(key, 0) + 1
    allowed = [z for z in all_partitions(6) if prior.log_prior(np.bincount(z)) > -math.inf]
    assert set(seen) == {tuple(z.tolist()) for z in allowed}
    expected = np.array([n * math.exp(prior.log_prior(np.bincount(z))) for z in allowed])
    got = np.array([seen[tuple(z.tolist())] for z in allowed])
    freedom = len(allowed) - 1
    # chi-square has mean `freedom` and variance twice that: four standard deviations
    assert ((got - expected) ** 2 / expected).sum() < freedom + 4 * math.sqrt(2 * freedom)


def test_what_cannot_be_filled_is_left_out():
    prior = PartitionPrior(9, 4, (0.5, 0.3, 0.2))
    assert prior.most == 2
    np.testing.assert_allclose(prior.number, [0.625, 0.375])
    assert PartitionPrior(3, 5, (0.5, 0.5)).number.tolist() == [1.0]


@settings(deadline=None, max_examples=40)
@given(st.integers(2, 9), st.integers(0, 2**32 - 1))
def test_variation_is_that_of_conditional_entropies(n, seed):
    rng = np.random.default_rng(seed)
    draws = rng.integers(0, 4, (4, n)).astype(np.int8)
    apart = np.empty((4, 4))
    variation(draws, apart)
    for a, b in itertools.product(range(4), repeat=2):
        twin = naive_mixture.variation(draws[a].tolist(), draws[b].tolist())
        assert apart[a, b] == pytest.approx(twin, abs=1e-9)
    # a distance: 0 from itself, and no detour is shorter
    assert (np.diag(apart) == 0).all()
    assert (apart <= apart[:, [0]] + apart[[0]] + 1e-9).all()


def test_distances_known_by_hand():
    draws = np.array([[0, 0, 0, 0], [0, 0, 1, 1], [0, 1, 0, 1], [0, 1, 2, 3]], np.int8)
    apart = np.empty((4, 4))
    variation(draws, apart)
    np.testing.assert_allclose(apart[0], [0, 1, 1, 2], atol=1e-12)
    assert apart[1, 2] == pytest.approx(2)  # neither says anything about the other
    assert apart[1, 3] == pytest.approx(1)


def test_labels_do_not_matter():
    rng = np.random.default_rng(2)
    draws = rng.integers(0, 3, (30, 8))
    named = np.array([by_first(z) for z in draws])
    turned = np.array([by_first(rng.permutation(3)[z]) for z in draws])
    np.testing.assert_array_equal(named, turned)
    together = co_clustering(named)
    np.testing.assert_allclose(together, (draws[:, :, None] == draws[:, None, :]).mean(axis=0))


def test_several_partitions_stand_for_a_posterior_with_several_tops():
    one, two = [0] * 8, [0] * 4 + [1] * 4
    stray = [0, 0, 0, 0, 1, 1, 1, 0]
    draws = np.array([two] * 55 + [stray] * 5 + [one] * 40, np.int8)
    found = representatives(draws, most=2)
    assert [c.labels.tolist() for c in found[:2]] == [two, one]
    assert [c.weight for c in found] == pytest.approx([0.6, 0.4])
    # five of sixty lie at the distance of the stray one
    stray_off = naive_mixture.variation(two, stray)
    assert found[0].distance == pytest.approx(5 / 60 * stray_off)
    assert found[1].distance == 0
    assert [c.weight for c in representatives(draws, most=3)] == pytest.approx([0.55, 0.4, 0.05])


def test_the_first_representative_has_the_least_expected_distance():
    rng = np.random.default_rng(3)
    draws = np.array([by_first(rng.integers(0, 3, 7)) for _ in range(40)])
    first = representatives(draws)[0].labels
    cost = [
        sum(naive_mixture.variation(c.tolist(), d.tolist()) for d in draws) for c in [first, *draws]
    ]
    assert cost[0] <= min(cost) + 1e-9


def test_one_representative_where_all_draws_are_alike():
    draws = np.array([[0, 0, 1, 1]] * 20, np.int8)
    found = representatives(draws)
    assert [(c.weight, c.distance) for c in found] == [(1.0, 0.0)]


def test_no_representative_for_less_than_the_least_weight():
    draws = np.array([[0, 0, 1, 1]] * 98 + [[0, 1, 0, 1]] * 2, np.int8)
    assert len(representatives(draws)) == 1
    assert len(representatives(draws, least_weight=0.01)) == 2
