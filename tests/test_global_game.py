"""The global game: closed forms, the region of one equilibrium, bounds where there are several."""

import numpy as np
import pytest
from scipy.special import ndtr, ndtri

from fissure.errors import SettingError
from fissure.scenarios import GlobalGame
from fissure.scenarios.global_game import equilibria, is_unique


def every_equilibrium(cost, mean, alpha, beta, size):
    """All thresholds θ*, by looking where the indifference condition changes sign on a fine grid.

    The condition is taken as Morris and Shin write it, from x* to the belief that the regime falls.
    """
    z = np.linspace(-12, 12, 400_001)
    theta = size * ndtr(z)
    x = theta + z / np.sqrt(beta)
    centre = (alpha * mean + beta * x) / (alpha + beta)
    belief = ndtr(np.sqrt(alpha + beta) * (theta - centre))
    at = np.nonzero(np.diff(np.sign(belief - cost)))[0]
    return theta[at]


@pytest.mark.parametrize("cost", [0.1, 0.3, 0.5, 0.9])
@pytest.mark.parametrize("beta", [0.5, 4.0, 100.0])
def test_flat_prior_closed_form(cost, beta):
    low, high = equilibria(cost, 0.4, 0.0, beta)
    assert low == pytest.approx(1 - cost, abs=1e-12)
    assert high == pytest.approx(1 - cost, abs=1e-12)


def test_an_even_game_is_even():
    """Cost 1/2 and mean 1/2: θ* = 1/2 by symmetry."""
    assert equilibria(0.5, 0.5, 2.0, 1.0)[0] == pytest.approx(0.5, abs=1e-12)


# Two steps of the grid at the steepest point of Φ.
GRID = 2 * 24 / 400_000 * 0.4


@pytest.mark.parametrize(
    "game",
    [
        (0.5, 0.5, 4.0, 1.0, 1.0),
        (0.6, 0.3, 25.0, 4.0, 1.0),
        (0.6, 0.3, 25.0, 4.0, 0.6),
        (0.4, 0.45, 9.0, 1.0, 1.0),
        (0.2, 0.2, 1.0, 1.0, 0.5),
        (0.7, 0.9, 6.0, 2.0, 1.0),
    ],
)
def test_lowest_and_highest_equilibrium(game):
    low, high = equilibria(*game)
    every = every_equilibrium(*game)
    assert low == pytest.approx(every.min(), abs=GRID)
    assert high == pytest.approx(every.max(), abs=GRID)


def test_inside_the_region_there_is_one_equilibrium_whatever_the_cost():
    rng = np.random.default_rng(1)
    beta = rng.uniform(0.2, 5.0, 300)
    alpha = np.sqrt(2 * np.pi * beta) * rng.uniform(0.05, 0.999, 300)
    assert is_unique(alpha, beta).all()
    low, high = equilibria(rng.uniform(0.02, 0.98, 300), rng.uniform(-1, 2, 300), alpha, beta)
    assert np.abs(high - low).max() < 1e-9


@pytest.mark.parametrize("size", [1.0, 0.5])
def test_outside_it_some_cost_has_several(size):
    alpha, beta = 1.2 * np.sqrt(2 * np.pi) / size, 1.0
    assert not is_unique(alpha, beta, size)
    even = equilibria(0.5, size / 2, alpha, beta, size)
    assert even[1] - even[0] > 0.1
    assert even[0] + even[1] == pytest.approx(size)  # symmetric about the middle


def test_a_mirrored_game_has_mirrored_bounds():
    """Cost c → 1 − c and mean m → 1 − m: incumbents and challengers change places."""
    low, high = equilibria(0.6, 0.3, 25.0, 4.0)
    other_low, other_high = equilibria(0.4, 0.7, 25.0, 4.0)
    assert other_high == pytest.approx(1 - low)
    assert other_low == pytest.approx(1 - high)


def test_thresholds_fall_with_cost_and_with_strength_expected():
    cost = np.linspace(0.05, 0.95, 19)
    assert (np.diff(equilibria(cost, 0.5, 1.0, 1.0)[0]) < 0).all()
    assert (np.diff(equilibria(0.5, np.linspace(-1, 2, 19), 1.0, 1.0)[0]) < 0).all()


def test_attack_at_the_threshold_is_just_enough():
    low, _ = equilibria(0.3, 0.6, 1.0, 4.0, 0.8)
    x = low + ndtri(low / 0.8) / 2.0
    assert 0.8 * ndtr(2.0 * (x - low)) == pytest.approx(low)


def test_selection_brackets_both():
    at = (0.3, 0.6, 0.6, 0.4)
    p = {s: GlobalGame(selection=s).probabilities(*at, draws=512)[0] for s in
         ("lowest", "highest", "both")}  # fmt: skip
    falls = {s: v[2] + v[3] for s, v in p.items()}
    assert falls["lowest"] <= falls["both"] <= falls["highest"]
    assert p["both"] == pytest.approx((p["lowest"] + p["highest"]) / 2)


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (lambda: equilibria(1.0, 0.5, 1.0, 1.0), "cost must be above 0 and below 1, got 1"),
        (lambda: equilibria(0.5, 0.5, -1.0, 1.0), "alpha must be 0 or more, got -1"),
        (lambda: equilibria(0.5, 0.5, 1.0, 0.0), "beta must be above 0, got 0"),
        (lambda: equilibria(0.5, 0.5, 1.0, 1.0, -0.2), "size must be above 0, got -0.2"),
        (lambda: equilibria(0.5, np.nan, 1.0, 1.0), "mean must be finite, got nan"),
        (lambda: equilibria(0.5, 0.5, np.inf, 1.0), "alpha must be finite, got inf"),
        (lambda: GlobalGame(selection="best"),
         "selection must be one of lowest, highest, both, got 'best'"),
    ],
)  # fmt: skip
def test_bad_input(call, message):
    with pytest.raises(SettingError) as error:
        call()
    assert str(error.value) == message
