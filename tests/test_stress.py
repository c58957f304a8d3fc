"""The stress index: the published series, bounded elites, errors, ranks."""

from dataclasses import replace

import numpy as np
import polars as pl
import pytest

from fissure.errors import DataError, SettingError
from fissure.scenarios import Stress, StressIndex

COLUMNS = ("year", "RelWage", "Urbanization", "Age20_29", "RelDebt", "Distrust")


def made(n=20, seed=1):
    rng = np.random.default_rng(seed)
    return [np.arange(n) + 1900, *np.exp(rng.normal(-0.2, 0.1, (5, n)))]


@pytest.fixture
def published(real_data):
    return pl.read_csv(real_data / "us_political_stress_index" / "psi_calculations.csv")


@pytest.mark.real
def test_the_published_series(published):
    """Elites, their income and log Ψ, to rounding in doubles over 76 additions."""
    exact = StressIndex(elites="published", error=0.0)
    series = exact.of(*(published[c].to_numpy() for c in COLUMNS))
    log = published["PSI"].log().to_numpy()
    assert np.abs(series.log_index - (log - log.mean())).max() < 1e-12
    assert np.abs(series.elites - published["elite"].to_numpy()).max() < 1e-12
    assert np.abs(series.elite_income - published["epsilon"].to_numpy()).max() < 1e-12


@pytest.mark.real
def test_the_published_series_with_bounded_elites_and_errors(published):
    series = StressIndex().of(*(published[c].to_numpy() for c in COLUMNS))
    assert series.years[series.rank == 1].tolist() == [2020]
    assert series.rank_high[-1] <= 3
    assert 1955 <= series.years[series.log_index.argmin()] <= 1975
    assert (series.high - series.low > 0.2).all()


def test_the_index_by_hand():
    """Two years, wage 1/2 then 1, all else 1; λ = 1/2, μ = 0.1, no bound.

    Elites go from 1 to 1.1; their income from 1 to (1 − 1/2)/(1 − 1/4)/1.1. log Ψ changes by
    −log 2 (wage) + log 1.1 − log(2/3/1.1).
    """
    one = np.ones(2)
    exact = StressIndex(elites="published", error=0.0)
    series = exact.of([1, 2], np.array([0.5, 1.0]), one, one, one, one)
    assert series.elites.tolist() == pytest.approx([1.0, 1.1])
    assert series.elite_income.tolist() == pytest.approx([1.0, 2 / 3 / 1.1])
    step = -np.log(2) + np.log(1.1) - np.log(2 / 3 / 1.1)
    assert series.log_index.tolist() == pytest.approx([-step / 2, step / 2])


def test_bounded_elites_stay_inside_and_begin_as_published():
    """Over 1,000 years of low wages; d e/dt at e = 1 is the published one to first order."""
    n, bound = 1000, StressIndex(error=0.0, most=3.0)
    one = np.ones(n)
    series = bound.of(np.arange(n), one * 0.7, one, one, one, one)
    assert (series.elites > 0).all()
    assert series.elites[-1] == pytest.approx(3.0)
    falling = bound.of(np.arange(n), one * 1.5, one, one, one, one)
    assert (falling.elites > 0).all()
    small = replace(bound, rate=1e-4)
    linear = replace(small, elites="published")
    a, b = (s.of([0, 1], *([0.7, 0.7],) * 5).elites[1] for s in (small, linear))
    assert a - 1 == pytest.approx(b - 1, rel=1e-3)


def test_unit_of_an_input_changes_nothing():
    years, wage, urban, young, debt, trust = made()
    one = StressIndex(draws=200).of(years, wage, urban, young, debt, trust)
    two = StressIndex(draws=200).of(years, wage, urban, young, debt * 100, trust * 7)
    assert two.log_index == pytest.approx(one.log_index)
    assert two.low == pytest.approx(one.low)
    assert two.rank.tolist() == one.rank.tolist()


def test_without_errors_the_interval_is_the_estimate():
    series = StressIndex(error=0.0, draws=100).of(*made())
    assert series.low == pytest.approx(series.log_index)
    assert series.high == pytest.approx(series.log_index)
    assert series.rank_low.tolist() == series.rank.tolist() == series.rank_high.tolist()


def test_intervals_cover_what_errors_were_made_of():
    """Inputs with errors as declared: the true log index lies inside in 95 % of 20 × 40 years.

    Years of one series go together, hence 0.05 either way.
    """
    truth = StressIndex(error=0.0, draws=100).of(*made()).log_index
    index, hits = StressIndex(draws=300), []
    for k in range(40):
        rng = np.random.default_rng(k)
        noise = index._noise((5, 20), rng)
        years, *inputs = made()
        seen = index.of(years, *(np.array(inputs) * np.exp(noise)))
        hits.append((seen.low <= truth) & (truth <= seen.high))
    assert np.mean(hits) == pytest.approx(0.95, abs=0.05)


@pytest.mark.parametrize(
    ("place", "value", "message"),
    [
        (0, np.arange(20) * 2, "years must be 2 or more whole numbers, in order and one apart"),
        (0, np.arange(20) + 0.5, "years must be 2 or more whole numbers, in order and one apart"),
        (0, ["x"] * 20, "years must be 2 or more whole numbers, in order and one apart"),
        (3, ["x"], "young must be numbers, got ['x']"),
        (2, np.ones(3), "urban must have 20 values, as years, got 3"),
        (4, np.zeros(20), "debt must be above 0, got 0.0 in 1900"),
        (1, np.full(20, 2.5), "wage must be below 2 (1 / wage_share), got 2.5"),
    ],
)
def test_bad_series(place, value, message):
    given = made()
    given[place] = value
    with pytest.raises(DataError) as error:
        StressIndex().of(*given)
    assert str(error.value) == message


@pytest.mark.parametrize(
    ("setting", "message"),
    [
        ({"rate": -0.1}, "rate must be 0 or more, got -0.1"),
        ({"most": 1.0}, "most must be above 1, got 1.0"),
        ({"error": -1.0}, "error must be 0 or more, got -1.0"),
        ({"rate": float("nan")}, "rate must be 0 or more, got nan"),
        ({"error": float("inf")}, "error must be 0 or more, got inf"),
        ({"most": "x"}, "most must be above 1, got 'x'"),
        ({"draws": 5}, "draws must be a whole number of 100 or more, got 5"),
        ({"elites": "x"}, "elites must be one of bounded, published, got 'x'"),
    ],
)
def test_bad_settings(setting, message):
    with pytest.raises(SettingError) as error:
        StressIndex(**setting)
    assert str(error.value) == message


def test_as_a_model_organisation_does_not_enter():
    few, many = (Stress().probabilities(0.4, 0.5, o, 0.5)[0] for o in (0.0, 1.0))
    assert few.tolist() == many.tolist()
    p = Stress().probabilities(0.4, 0.5, 0.5, 0.5)[0]
    assert p.sum() == pytest.approx(1.0)


def test_years_that_tie_share_a_rank():
    """1, 1, 2, 1 in debt and all else alike: the third is first, and the others are all second."""
    one = np.ones(4)
    given = ([1, 2, 3, 4], one, one, one, one * [1, 1, 2, 1], one)
    series = StressIndex(error=0.0, draws=100).of(*given)
    assert series.rank.tolist() == [2, 2, 1, 2]
    assert series.rank_low.tolist() == [2, 2, 1, 2]
    assert series.rank_high.tolist() == [4, 4, 1, 4]
