"""Calibration: anchors, shapes and directions; grades as R's glm has them."""

import numpy as np
import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import fissure as fs
from fissure.claims.calibrate import bell, calibrate, direct, indirect
from fissure.errors import ConvergenceError, DataError, ReadError, SettingError

# development of the 18 countries in Lipset's raw data, as in R's QCA
DEVELOPMENT = np.array(
    [720, 1098, 586, 468, 590, 983, 795, 390, 424, 662, 517, 1008, 350, 320, 331, 367, 897, 1038.0]
)

values = st.lists(st.floats(-100, 200), min_size=1, max_size=20)


def test_logistic_at_its_anchors():
    # log odds are 0 at the cross-over and ±log(idm / (1 − idm)) at the ends, by definition
    for idm in (0.9, 0.95):
        at = direct(np.array([10.0, 30, 70]), (10, 30, 70), idm=idm)
        assert at.tolist() == pytest.approx([1 - idm, 0.5, idm])
    assert np.isnan(direct(np.array([np.nan]), (0, 1, 2)))[0]


@settings(max_examples=40)
@given(values)
def test_falling_anchors_turn_the_set_round(numbers):
    x = np.array(numbers)
    for shape in ("logistic", "linear"):
        rising, falling = (direct(x, a, shape=shape) for a in ((10, 30, 70), (70, 30, 10)))
        # memberships below 0.0001 are put on 0, and those above 0.9999 on 1
        assert rising == pytest.approx(1 - falling, abs=1e-9)
        assert ((rising >= 0) & (rising <= 1)).all()
        assert (rising[np.argsort(x)] == np.sort(rising)).all()


@settings(max_examples=40)
@given(values, st.floats(0.1, 10), st.floats(-50, 50))
def test_scale_does_not_matter(numbers, a, b):
    x, anchors = np.array(numbers), np.array([10.0, 30, 70])
    once, moved = direct(x, anchors), direct(a * x + b, a * anchors + b)
    assert once == pytest.approx(moved, abs=1.1e-4)


def test_linear_by_hand():
    x = np.array([5.0, 10, 20, 30, 50, 70, 80])
    assert direct(x, (10, 30, 70), shape="linear").tolist() == [0, 0, 0.25, 0.5, 0.75, 1, 1]
    bent = direct(x, (10, 30, 70), shape="linear", below=2, above=2).tolist()
    assert bent == [0, 0, 0.125, 0.5, 0.875, 1, 1]


def test_bell_and_valley_by_hand():
    x = np.array([0.0, 1, 2, 3, 4, 5, 6, 7, 8])
    hill = bell(x, (1, 2, 3, 5, 6, 7))
    assert hill.tolist() == [0, 0, 0.5, 1, 1, 1, 0.5, 0, 0]
    valley = bell(x, (3, 2, 1, 7, 6, 5))
    assert valley.tolist() == (1 - hill).tolist()


def test_grades_are_those_of_r():
    # R 4.2: glm(y ~ log(x) + I(x^.5) + x + I(x^2), quasibinomial), grades cut at 400, 550, 900
    theirs = [
        0.612253, 0.999843, 0.64751, 0.34005, 0.64964, 0.968253, 0.612911, 0.045729, 0.139284,
        0.642856, 0.535035, 0.986671, 0.007826, 0.001595, 0.002923, 0.017511, 0.794938, 0.996172,
    ]  # fmt: skip
    assert indirect(DEVELOPMENT, (400, 550, 900)).tolist() == pytest.approx(theirs, abs=1.5e-6)
    order = np.random.default_rng(1).permutation(18)
    assert indirect(DEVELOPMENT[order], (400, 550, 900)).tolist() == pytest.approx(
        np.array(theirs)[order].tolist(), abs=1.5e-6
    )


def test_cases_get_a_coding():
    cases = fs.Cases.read(
        pl.DataFrame({"case": ["a", "b", "c"], "gdp": ["400", "", "900"], "note": ["x", "y", "z"]})
    )
    told = calibrate(cases, "gdp", (400, 550, 900), name="rich")
    assert told.coding("rich").value[[0, 2]].tolist() == pytest.approx([0.05, 0.95])
    assert np.isnan(told.coding("rich").value[1])
    assert told.number("gdp")[0] == 400
    assert "gdp" not in calibrate(cases, "gdp", (400, 550, 900)).others.columns
    with pytest.raises(ReadError, match="case 'a': got 'x'; allowed: a number"):
        calibrate(cases, "note", (1, 2, 3))
    with pytest.raises(SettingError, match="method must be direct, bell or indirect, got 'fast'"):
        calibrate(cases, "gdp", (1, 2, 3), method="fast")


@pytest.mark.parametrize(
    ("anchors", "settings", "words"),
    [
        (
            (1, 2),
            {},
            r"anchors must be 3 numbers \(exclusion, cross-over, inclusion\), got \(1, 2\)",
        ),
        ((1, 3, 2), {}, "anchors must rise or fall"),
        ((1, 2, 3), {"idm": 0.5}, "idm must be between 0.5 and 1, got 0.5"),
        ((1, 2, 3), {"shape": "cubic"}, "shape must be logistic or linear, got 'cubic'"),
        ((1, 2, 3), {"below": 0}, "below must be above 0, got 0"),
    ],
)
def test_direct_refuses(anchors, settings, words):
    with pytest.raises(SettingError, match=words):
        direct(np.array([1.0]), anchors, **settings)


def test_others_refuse():
    with pytest.raises(SettingError, match="anchors must be e1 < c1 < i1 <= i2 < c2 < e2, or"):
        bell(np.array([1.0]), (1, 2, 3, 3, 2, 1))
    with pytest.raises(SettingError, match="cuts must be one or more rising numbers"):
        indirect(np.array([1.0]), (2, 1))
    with pytest.raises(DataError, match="takes logarithms and needs numbers above 0, got -1"):
        indirect(np.array([3.0, -1]), (2,))
    with pytest.raises(ConvergenceError, match="did not settle in 25 steps"):
        indirect(np.array([3.0, 9, 14, 20, 26, 31, 40]), (10, 25))
