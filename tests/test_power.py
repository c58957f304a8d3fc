"""The smallest depth that would have been found."""

import numpy as np
import pytest

import bodies
from fissure.split.crossfit import cross_fit
from fissure.split.null import null_depths
from fissure.split.power import (
    detection,
    is_found,
    smallest_detectable_depth,
    smallest_draws,
    two_blocs,
)
from fissure.split.settings import SplitSettings

QUICK = SplitSettings(repeats=2, draws=100, power_draws=30, null_draws=19)


def smallest(n, n_items, *, seed=1, missing=0.0, settings=QUICK):
    y = bodies.one_body(n, n_items, np.random.default_rng(seed), missing)
    null = null_depths(y, np.ones(n_items, np.int8), 19, 1, np.random.SeedSequence(seed))
    critical = float(np.quantile(null, 0.95))
    return smallest_detectable_depth(
        detection(y, n // 2, critical, settings, np.random.SeedSequence(seed))
    )


@pytest.mark.parametrize("depth", [0.0, 0.3, 0.8])
def test_simulated_blocs_have_the_depth_asked_for(depth):
    y = bodies.one_body(60, 400, np.random.default_rng(1), missing=0.1)
    made = two_blocs(y, 25, depth, np.random.default_rng(2))
    assert np.array_equal(made != 0, y != 0)
    fit = cross_fit(made, repeats=1, rng=np.random.default_rng(3))[0, 1]
    assert fit.depth == pytest.approx(depth, abs=0.06)
    if depth:
        assert np.count_nonzero(fit.labels == 1) == 25


def test_items_that_are_not_contested_keep_their_yea_share():
    y = np.ones((200, 50), np.int8)
    y[:, 25:] = -1
    made = two_blocs(y, 80, 0.0, np.random.default_rng(1))
    assert (made[:, :25] > 0).mean() > 0.99
    assert (made[:, 25:] < 0).mean() > 0.99


def test_finding_is_a_matter_of_depth():
    y = bodies.one_body(24, 60, np.random.default_rng(1))
    rng = np.random.default_rng(2)
    assert is_found(two_blocs(y, 12, 0.75, rng), 0.01, QUICK, rng)
    assert not is_found(two_blocs(y, 12, 0.1, rng), 0.01, QUICK, rng)
    assert not is_found(two_blocs(y, 12, 0.75, rng), 0.9, QUICK, rng)


def test_more_records_find_shallower_splits():
    few, many = smallest(12, 24), smallest(30, 120)
    assert many is not None
    assert many < 0.5
    assert few is None or few > many + 0.05


def test_a_hopeless_design_finds_nothing():
    assert smallest(5, 10, missing=0.6) is None


def test_the_critical_value_matters():
    y = bodies.one_body(20, 60, np.random.default_rng(1))
    low, high = (
        smallest_detectable_depth(detection(y, 10, c, QUICK, np.random.SeedSequence(1)))
        for c in (0.0, 0.4)
    )
    assert low is not None
    assert high is not None
    assert high > low + 0.1
    assert high > 0.6  # whose square is 0.36


def test_the_same_seed_gives_the_same():
    assert smallest(14, 30, seed=3) == smallest(14, 30, seed=3)


@pytest.mark.parametrize("step", [0.2, 0.4, 0.6])
def test_the_crossing_of_a_step(step):
    depths = np.linspace(0, 0.8, 80)
    # a step between two tried depths; the flat prior on the slope leaves some width
    assert smallest_detectable_depth(depths > step) == pytest.approx(step, abs=0.05)


def test_the_crossing_of_a_logistic_curve():
    rng = np.random.default_rng(4)
    depths = np.linspace(0, 0.8, 2000)
    found = rng.random(2000) < 1 / (1 + np.exp(-20 * (depths - 0.3)))
    assert smallest_detectable_depth(found) == pytest.approx(0.3 + np.log(4) / 20, abs=0.02)


def test_no_crossing_within_reach():
    nothing = np.zeros(80, bool)
    assert smallest_detectable_depth(nothing) is None
    assert smallest_draws(nothing, 200, np.random.default_rng(1)).mean() > 0.9


def test_draws_of_the_smallest_depth_stand_around_it():
    rng = np.random.default_rng(5)
    found = rng.random(80) < 1 / (1 + np.exp(-30 * (np.linspace(0, 0.8, 80) - 0.3)))
    drawn = smallest_draws(found, 4000, rng)
    assert drawn.mean() == pytest.approx(smallest_detectable_depth(found), abs=0.01)
    assert 0.005 < drawn.std() < 0.1
