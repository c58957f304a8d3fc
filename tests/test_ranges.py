"""Numbers that may be ranges, and the least and largest value of a formula over them."""

import numpy as np
import pytest

from fissure.errors import SettingError
from fissure.unknowns.ranges import ends, extremes

#: The search stops at gains of 1e-13 a sweep; what it finds lies well within this.
FOUND = 1e-9


def test_numbers_and_ranges():
    assert ends("x", 0.3) == (0.3, 0.3)
    assert ends("x", (0.1, 0.4)) == (0.1, 0.4)
    assert ends("x", [0, 1]) == (0.0, 1.0)
    assert ends("x", np.float64(0.5)) == (0.5, 0.5)
    with pytest.raises(SettingError) as error:
        ends("x", True)
    assert str(error.value) == "x must be a number or a range (low, high), got True"
    with pytest.raises(SettingError) as error:
        ends("x", 7, 0, 5)
    assert str(error.value) == "x must be 0..5, got 7"


def test_a_box_without_freedom_is_one_value():
    at = np.array([0.2, 0.7])
    assert extremes(lambda x: x[:, 0] + x[:, 1], at, at) == pytest.approx((0.9, 0.9))


def test_monotone_formulas_are_exact_at_corners():
    low, high = np.array([0.1, 0.2, 0.3]), np.array([0.4, 0.9, 0.3])
    found = extremes(lambda x: x[:, 0] - x[:, 1] ** 2 + x[:, 2], low, high)
    assert found == pytest.approx((0.1 - 0.81 + 0.3, 0.4 - 0.04 + 0.3), abs=1e-15)


@pytest.mark.parametrize("centre", [(0.3, 0.6), (0.123456789, 0.987654321)])
def test_optima_inside_and_on_ridges(centre):
    x0, y0 = centre
    low, high = np.zeros(2), np.ones(2)
    bowl = extremes(lambda x: (x[:, 0] - x0) ** 2 + (x[:, 1] - y0) ** 2, low, high)
    assert bowl[0] == pytest.approx(0.0, abs=FOUND)
    # a ridge that runs along the diagonal, as information does where a = b
    ridge = extremes(lambda x: np.abs(x[:, 0] - x[:, 1]) + 0.1 * (x[:, 0] - x0) ** 2, low, high)
    assert ridge == pytest.approx((0.0, 1 + 0.1 * max(x0, 1 - x0) ** 2), abs=FOUND)


def test_points_without_a_value_are_passed_over():
    def formula(x):
        return np.where(x[:, 0] > 0.5, np.nan, x[:, 0])

    low, high = extremes(formula, np.zeros(1), np.ones(1))
    assert low == 0.0
    assert high == pytest.approx(
        0.5, abs=1e-6
    )  # the edge of where there is a value is zoomed in on
    assert extremes(lambda x: np.full(len(x), np.nan), np.zeros(1), np.ones(1)) is None


def test_many_uncertain_numbers():
    d = 20
    target = np.linspace(0.05, 0.95, d)
    found = extremes(lambda x: ((x - target) ** 2).sum(axis=1), np.zeros(d), np.ones(d))
    most = (np.maximum(target, 1 - target) ** 2).sum()
    assert found == pytest.approx((0.0, most), abs=FOUND)


def test_the_same_every_time():
    def formula(x):
        return np.sin(9 * x[:, 0]) * np.cos(7 * x[:, 1])

    box = np.zeros(2), np.ones(2)
    assert extremes(formula, *box) == extremes(formula, *box)
