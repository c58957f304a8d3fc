"""Depth, middle and criteria, worked by hand."""

from dataclasses import replace

import numpy as np
import pytest

import bodies
from fissure.results import Interval
from fissure.split.criteria import Shape, holds, shape_of
from fissure.split.crossfit import CrossFit, cross_fit, item_bootstrap
from fissure.split.settings import SplitSettings

S = SplitSettings()


NO_HALF = np.zeros((1, 0), bool)


def hand_made(sided, divided, slope_above, slope_below, labels, squared):
    """A cross-fit whose sums are given for one item; further items are copies."""
    j = len(squared)
    sides = np.stack(
        [
            np.tile(np.asarray(v, np.float32), (j, 1))
            for v in (sided, divided, slope_above, slope_below)
        ]
    )
    labels = np.array(labels, np.int8)
    return CrossFit(
        labels, np.ones(len(labels)), np.array(squared), np.zeros(j), sides, labels[None], NO_HALF
    )


def test_by_hand():
    fit = hand_made(
        sided=[4, 3, 2, 0, 9],
        divided=[4, 4, 4, 4, 9],
        slope_above=[0.5, 0.5, 0.1, -0.5, 9],
        slope_below=[1, 1, 1, 1, 9],
        labels=[0, 0, 1, 1, -1],
        squared=[0.16, 0.0, np.nan, 0.32],
    )
    weights = np.array([[1, 1, 1, 1], [0, 0, 0, 4], [0, 4, 0, 0], [0, 0, 4, 0]], np.float32)
    shape = shape_of(fit, weights, S)
    assert shape.depth == pytest.approx(np.sqrt(0.48 / 3))
    np.testing.assert_allclose(shape.depths, np.sqrt([0.16, 0.32, 0.0, 0.0]), rtol=1e-6)
    # sidings 1, ¾, ½, 0: a quarter and three quarters are not inside; the fifth is in neither bloc
    assert shape.middle == 0.25
    # ways: 0.5, 0.5 | 0.1, −0.5; ends 0.5 and −0.2, so 1, 1, 0.43, −0.43
    assert shape.between == 0.25
    assert shape.holds.tolist() == [True, True, False, False]
    assert shape.probability == 0.5
    strict = replace(S, max_middle=0.2)
    assert shape_of(fit, weights, strict).probability == 0
    assert shape_of(fit, weights, replace(strict, max_between=0.3)).probability == 0.5


def test_holds_takes_either_sense_of_an_empty_middle_and_no_nan():
    nan = np.nan
    depths = np.array([0.25, 0.2499, 0.9, 0.9, 0.9, 0.9])
    middles = np.array([0.25, 0.0, 0.26, 0.26, nan, nan])
    betweens = np.array([1.0, 0.0, 0.10, 0.11, 0.0, nan])
    assert holds(depths, middles, betweens, S).tolist() == [True, False, True, False, True, False]


def test_blocs_that_are_no_further_along_than_each_other_have_all_between():
    fit = hand_made(
        sided=[1, 0], divided=[1, 1], slope_above=[0.3, 0.28], slope_below=[1, 1], labels=[0, 1],
        squared=[0.5, 0.5],
    )  # fmt: skip
    assert shape_of(fit, np.ones((2, 2), np.float32), S).between == 1.0


def test_nothing_divided():
    fit = hand_made([0, 0], [0, 0], [0, 0], [0, 0], [0, 1], [0.5, 0.5])
    shape = shape_of(fit, np.ones((3, 2), np.float32), S)
    assert np.isnan(shape.middle)
    assert shape.interval("middle") is None
    assert shape.between == 1.0
    assert shape.probability == 0


def test_interval_holds_the_estimate():
    def shape(**more):
        parts = {"depth": 0.5, "middle": np.nan, "between": 0.0}
        draws = np.linspace(0, 0.4, 41)
        return Shape(
            **parts, depths=draws, middles=draws * np.nan, betweens=draws,
            weights=np.ones((41, 1), np.float32), holds=draws > 1,
        )  # fmt: skip

    assert shape().interval("depth") == Interval(0.5, pytest.approx(0.01), 0.5)
    assert shape().interval("middle") is None
    assert shape().interval("between") == Interval(0.0, 0.0, pytest.approx(0.39))


def test_depths_of_resamplings_are_weighted_means():
    rng = np.random.default_rng(3)
    y, _ = bodies.camps((8, 6), 30, 0.5, rng, missing=0.5)
    fit = cross_fit(y, repeats=1, rng=rng)[0, 1]
    weights = item_bootstrap(30, 50, rng)
    shape = shape_of(fit, weights, S)
    for d in range(50):
        drawn = np.repeat(fit.squared, weights[d].astype(int))
        mean = np.nanmean(drawn)
        assert shape.depths[d] == pytest.approx(np.sqrt(max(mean, 0)), rel=1e-5)
    all_once = shape_of(fit, np.ones((1, 30), np.float32), S)
    assert all_once.depths[0] == pytest.approx(fit.depth, rel=1e-5)
    assert all_once.middles[0] == all_once.middle
    assert all_once.betweens[0] == all_once.between
