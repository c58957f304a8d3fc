"""The verdict on records as a probability."""

from dataclasses import replace

import numpy as np
import pytest

import fissure as fs
from fake_split import fake_split
from fake_unknowns import fake_unknowns
from fissure.errors import SettingError
from fissure.results import Null
from fissure.unknowns.odds import depths_of_a_split, mean_power, read_group, shift

SETTINGS = fs.SplitSettings()
LEVEL = SETTINGS.level


def group(verdict="split", share=1.0, p=0.01, smallest=0.3, kind="split"):
    made = fake_split(20, 40, 1).groups[0]
    return replace(
        made, verdict=verdict, kind=kind, probability=share, null=Null((0.1,), p),
        smallest_detectable_depth=smallest, unknowns=None,
    )  # fmt: skip


def test_the_curve_passes_its_two_points():
    from scipy.special import ndtr, ndtri

    z = ndtri(1 - LEVEL)
    assert ndtr(shift(np.array([0.3, 0.0]), 0.3, LEVEL) - z) == pytest.approx([0.8, LEVEL])
    assert ndtr(shift(np.array([0.9]), None, LEVEL) - z) == pytest.approx([LEVEL])


def test_mean_power_is_that_of_a_fine_grid():
    from scipy.special import ndtr, ndtri

    grid = np.linspace(0.25, 0.8, 100_001)
    fine = ndtr(shift(grid, 0.4, LEVEL) - ndtri(1 - LEVEL)).mean()
    assert mean_power(0.4, SETTINGS) == pytest.approx(fine, abs=1e-5)
    assert mean_power(None, SETTINGS) == pytest.approx(LEVEL)
    assert depths_of_a_split(0.25)[1].sum() == pytest.approx(1.0)


def test_a_split_speaks_no_louder_than_the_error_rates_of_the_test():
    power = mean_power(0.3, SETTINGS)
    read = read_group(group(), SETTINGS)
    assert read.ratio == pytest.approx(power / LEVEL)
    assert read.low == read.high == pytest.approx(power / (power + LEVEL))
    # 96 of 100 resampled records are odds of 24; the bound is lower
    assert read_group(group(share=0.96), SETTINGS).ratio == pytest.approx(power / LEVEL)
    assert read_group(group(share=0.95), SETTINGS).ratio == pytest.approx(19.0)


def test_no_split_is_worth_what_the_power_is_worth():
    power = mean_power(0.3, SETTINGS)
    unity = group("no split", share=0.0, p=0.4, kind="unity")
    assert read_group(unity, SETTINGS).ratio == pytest.approx((1 - power) / (1 - LEVEL))
    ratios = [
        read_group(replace(unity, smallest_detectable_depth=s), SETTINGS).ratio
        for s in (0.26, 0.3, 0.4, 0.7, None)
    ]
    assert (np.diff(ratios) > 0).all()
    # where no split would have been found its absence says nothing
    assert ratios[-1] == pytest.approx(1.0)


def test_unanimous_items_say_nothing_whatever_simulations_on_them_could_find():
    unity = group("cannot tell", share=0.0, p=1.0, kind="unity", smallest=0.4)
    silent = replace(fake_unknowns(unity).detectable, n_divided=0)
    silent = replace(unity, unknowns=replace(fake_unknowns(unity), chances=None, detectable=silent))
    assert read_group(unity, SETTINGS).ratio < 0.5
    assert read_group(silent, SETTINGS).ratio == pytest.approx(1.0)


def test_worlds_without_a_split_among_them_leave_the_reading_to_the_test():
    here = group()
    none = replace(fake_unknowns(here).chances, prior=0.0)
    here = replace(here, unknowns=replace(fake_unknowns(here), chances=none))
    assert read_group(here, SETTINGS).how == "found"


@pytest.mark.parametrize(("p", "edge"), [(1 / 202, -1), (0.00495, -1), (0.5, 0), (201 / 202, 1)])
def test_worlds_that_can_be_no_surer_say_so(p, edge):
    here = group()
    seen = replace(fake_unknowns(here).chances, p_split=p, p_low=0.4)
    read = read_group(replace(here, unknowns=replace(fake_unknowns(here), chances=seen)), SETTINGS)
    assert (read.edge, read.n_worlds) == (edge, 200)
    # files from before the interval was kept have none
    assert read.spread is None
    known = replace(seen, p_high=0.9)
    here = replace(here, unknowns=replace(fake_unknowns(here), chances=known))
    assert read_group(here, SETTINGS).spread == (0.4, 0.9)


def test_between_the_two_the_resampled_records_speak():
    read = read_group(group("cannot tell", share=0.4, kind="spectrum"), SETTINGS)
    assert (read.ratio, read.how) == (pytest.approx(2 / 3), "between")
    shares = (0.0, 0.02, 0.3, 0.5, 0.9)
    ratios = [
        read_group(group("cannot tell", share=s, kind="spectrum"), SETTINGS).ratio for s in shares
    ]
    assert ratios == sorted(ratios)
    power = mean_power(0.3, SETTINGS)
    assert ratios[0] == pytest.approx((1 - power) / (1 - LEVEL))
    assert ratios[3] == pytest.approx(1.0)


def test_a_handful_set_aside_is_no_second_bloc():
    """The criteria hold between the handful and the rest, but a handful is no bloc."""
    made = group("no split", share=1.0, kind="defectors")
    alone = replace(made, blocs=made.blocs[:1])
    assert read_group(alone, SETTINGS).how == "not found"
    assert read_group(alone, SETTINGS).ratio < 0.1


def test_the_base_rate_and_its_range():
    read = read_group(group("cannot tell", share=0.8, kind="spectrum"), SETTINGS, (0.2, 0.5))
    assert (read.low, read.high) == pytest.approx((0.5, 0.8))
    assert read_group(group(), SETTINGS, 0.0).high == 0.0
    assert read_group(group(), SETTINGS, 1.0).low == 1.0
    with pytest.raises(SettingError) as error:
        read_group(group(), SETTINGS, 1.2)
    assert str(error.value) == "base_rate must be 0..1, got 1.2"


def test_a_stricter_test_speaks_louder():
    strict = fs.SplitSettings(level=0.005)
    assert read_group(group(), strict).ratio > 5 * read_group(group(), SETTINGS).ratio
