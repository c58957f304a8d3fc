"""Threshold cascades: Granovetter's closed forms, limits, and a slow twin."""

import numpy as np
import pytest

import naive_scenarios as naive
from fissure.errors import SettingError
from fissure.kernels import cascade as kernel
from fissure.scenarios import Cascade
from fissure.scenarios.cascade import NEVER, critical_spread, equilibrium, join, lead

ALONE = np.full(2, 2.0)  # elites who never turn


def test_granovetters_critical_spread():
    """Normal thresholds with mean 25 %: sd 12.22 %, where 6.2 % join."""
    sd, share = critical_spread(0.25)
    assert sd == pytest.approx(0.12222, abs=5e-5)
    assert share == pytest.approx(0.0620, abs=5e-5)
    assert equilibrium(0.25, sd * 0.9999) == pytest.approx(share, abs=2e-3)
    assert equilibrium(0.25, sd * 1.0001) > 0.99


@pytest.mark.parametrize("mean", [0.05, 0.25, 0.4, 0.49])
def test_at_the_critical_spread_the_curve_touches_the_line(mean):
    sd, share = critical_spread(mean)
    z = (share - mean) / sd
    assert np.exp(-z * z / 2) / np.sqrt(2 * np.pi) / sd == pytest.approx(1.0, abs=1e-9)


@pytest.mark.parametrize(("mean", "sd"), [(0.25, 0.05), (0.25, 0.12), (0.25, 0.2), (0.6, 0.3)])
def test_equilibrium_is_where_iteration_ends(mean, sd):
    from scipy.special import ndtr

    r = 0.0
    for _ in range(20_000):
        r = float(ndtr((r - mean) / sd))
    assert equilibrium(mean, sd) == pytest.approx(r, abs=1e-6)


# A finite population is off by the noise of its thresholds: 4 s.e. of a share at the slope of 1 −
# F′ (0.55 at sd 0.1), with 5,000 members.
@pytest.mark.compiled
def test_a_large_population_comes_to_the_closed_form():
    rng = np.random.default_rng(1)
    low = join(rng.normal(0.25, 0.1, 5_000), ALONE, rng)[0]
    at = equilibrium(0.25, 0.1)
    assert low == pytest.approx(at, abs=4 * np.sqrt(at / 5_000) / 0.55)
    assert join(rng.normal(0.25, 0.15, 5_000), ALONE, rng)[0] > 0.9


def test_granovetters_hundred_and_the_missing_one():
    """Thresholds 0, 1, ..., 99 of 100: all join. Without the one at 1: one does."""
    steps = np.arange(100) / 100
    assert join(steps, ALONE, np.random.default_rng(1))[0] == 1.0
    steps[1] = 0.02
    assert join(steps, ALONE, np.random.default_rng(1))[0] == 0.01


@pytest.mark.parametrize("degree", [0, 4])
@pytest.mark.parametrize("seed", range(5))
def test_the_same_as_the_slow_twin(degree, seed):
    rng = np.random.default_rng(seed)
    thresholds, elites = rng.normal(0.3, 0.2, 30), rng.normal(0.4, 0.3, 8)
    friends = np.zeros((30, degree), np.int32)
    kernel.ring(30, degree // 2, 0.3, rng, friends)
    joined = np.arange(30) % 10 == 0
    expected = naive.cascade(thresholds, elites, friends.tolist(), (0.3, 0.4), joined)
    turned = np.zeros(8, np.bool_)
    both = np.array([0.3, 0.4])
    kernel.spread(thresholds, elites, friends, both, joined, turned, 99)
    assert (joined.mean(), turned.mean()) == pytest.approx(expected)


def test_the_ring_has_the_degree_and_rewiring_asked_for():
    rng = np.random.default_rng(1)
    friends = np.zeros((400, 6), np.int32)
    kernel.ring(400, 3, 0.0, rng, friends)
    away = (friends - np.arange(400)[:, None]) % 400
    assert set(np.unique(away)) == {1, 2, 3, 397, 398, 399}
    kernel.ring(400, 3, 0.5, rng, friends)
    away = (friends - np.arange(400)[:, None]) % 400
    assert not (away == 0).any()
    near = np.isin(away, [1, 2, 3, 397, 398, 399]).mean()
    assert near == pytest.approx(0.5 + 0.5 * 6 / 399, abs=4 * np.sqrt(0.25 / 2400))


def test_more_of_each_never_makes_fewer_join():
    rng = np.random.default_rng(3)
    thresholds, elites = rng.normal(0.35, 0.15, 200), rng.normal(0.4, 0.2, 20)
    base = join(thresholds, elites, np.random.default_rng(1))
    for more in (
        join(thresholds - 0.05, elites, np.random.default_rng(1)),
        join(thresholds, elites - 0.1, np.random.default_rng(1)),
        join(thresholds, elites, np.random.default_rng(1), pulls=(0.2, 0.2)),
        join(thresholds, elites, np.random.default_rng(1), started=0.1),
    ):
        assert more[0] >= base[0]
        assert more[1] >= base[1]


def test_as_a_model_without_challengers_nothing_comes_from_below():
    p, error = Cascade(n_members=50).probabilities(0.5, 0.0, 1.0, 0.5, draws=64)
    assert p[3] == 0.0
    assert (error > 0).all()


@pytest.mark.compiled
def test_as_a_model_the_layer_can_be_the_whole_population():
    p, _ = Cascade(layer="population").probabilities(0.5, 0.9, 0.5, 0.2, draws=64)
    assert p.sum() == pytest.approx(1.0)


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (lambda: critical_spread(0.6), "mean must be above 0 and below 0.5, got 0.6"),
        (lambda: equilibrium(0.2, 0.0),
         "mean must be a number and sd a number above 0, got 0.2 and 0.0"),
        (lambda: equilibrium(0.2, 0.1, 2.0), "started must be a number 0..1, got 2.0"),
        (lambda: join(np.ones(5), np.ones(1), np.random.default_rng(1), degree=3),
         "degree must be an even number from 0, below 5, got 3"),
        (lambda: join(np.ones(0), np.ones(1), np.random.default_rng(1)),
         "there must be 1 or more of each, got 0 members, 1 elites"),
        (lambda: Cascade(n_members=-1), "n_members must be a whole number of 32 or more, got -1"),
        (lambda: Cascade(layer="x"), "layer must be one of network, population, got 'x'"),
    ],
)  # fmt: skip
def test_bad_input(call, message):
    with pytest.raises(SettingError) as error:
        call()
    assert str(error.value) == message


def test_whoever_begins_is_a_challenger_and_no_more_join_than_would():
    """All willing members join at once, the unwilling never: the share joined is the willing's."""
    rng = np.random.default_rng(2)
    for share in (0.0, 0.1, 0.3, 1.0):
        thresholds = np.where(rng.random(200) < share, -1.0, NEVER)
        begin = lead(thresholds, 0.08, rng)
        assert sorted(begin) == sorted(thresholds)
        willing = float((thresholds < NEVER).mean())
        joined = join(begin, np.full(4, NEVER), rng, started=0.08)[0]
        assert joined == pytest.approx(max(willing, 0.08))
