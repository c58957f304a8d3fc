"""The probability of a split, and of the same verdict on other items."""

from dataclasses import replace

import numpy as np
import pytest

from bodies import QUICK, camps, matrix, on_a_line, one, rng
from fissure.errors import DataError
from fissure.results.base import build, plain
from fissure.results.chances import Again, Chances
from fissure.unknowns.chances import _sentence, chances, draw_world

#: Probabilities after 60 worlds are no surer than 1/62.
WORLDS = 60


def said(y, seed=1, **more):
    return chances(matrix(y, **more), one(y, **more), QUICK, seed, WORLDS)


@pytest.fixture(scope="module")
def clear():
    return camps((14, 10), 80, 0.6, rng(3))[0]


@pytest.mark.compiled
def test_two_clear_camps(clear):
    found = said(clear)
    assert found.p_split > 0.95
    assert found.again.split > 0.95
    assert found.sentence.startswith(f"The probability of a split was {found.prior:.2f} before")


@pytest.mark.compiled
def test_a_spectrum():
    found = said(on_a_line(30, 300, rng(4), slope=1.0)[0])
    assert found.p_split < 0.2
    assert found.again.split < 0.05


@pytest.mark.compiled
def test_shares_of_verdicts_sum_to_one_and_survive_saving(clear):
    found = said(clear)
    assert found.again.split + found.again.no_split + found.again.cannot_tell == pytest.approx(1)
    assert build(Chances, plain(found)) == found


@pytest.mark.compiled
def test_swapping_yea_and_nay_changes_nothing(clear):
    assert said(clear) == said(-clear)


@pytest.mark.compiled
def test_the_same_seed_gives_the_same_answer(clear):
    assert said(clear, seed=5) == said(clear, seed=5)


@pytest.mark.compiled
def test_records_that_cannot_show_a_split_never_come_out_as_no_split():
    y = on_a_line(24, 120, rng(4))[0]
    group = replace(one(y), smallest_detectable_depth=None)
    assert chances(matrix(y), group, QUICK, 1, WORLDS).again.no_split == 0.0


def test_unanimous_items_give_no_probability():
    y = np.ones((20, 30), np.int8)
    with pytest.raises(DataError) as error:
        chances(matrix(y), one(camps((12, 8), 30, 0.6, rng(3))[0]), QUICK, 1, WORLDS)
    assert str(error.value) == (
        "'all': every one of the 30 items was unanimous, and whether others would have been cannot "
        "be told"
    )


def test_an_open_verdict_beside_a_sure_probability_is_explained():
    group = replace(one(camps((14, 10), 80, 0.6, rng(3))[0]), verdict="cannot tell")
    again = Again(0.0, 0.0, 1.0)
    sure, unsure = (_sentence(p, 0.5, again, 90, group, QUICK) for p in (0.99, 0.6))
    assert sure.endswith(
        "would have been “cannot tell” in over 99% of cases. The verdict is open all the same, "
        "since it asks that the criteria of a split hold in 95% of resampled records."
    )
    assert unsure.endswith("of cases.")
    blind = replace(group, smallest_detectable_depth=None)
    low = _sentence(0.01, 0.5, again, 90, blind, QUICK)
    assert low.endswith("that a clear split would have been found in 80 of 100 cases.")
    near = replace(group, smallest_detectable_depth=0.3)
    edge = _sentence(0.01, 0.5, again, 90, near, QUICK)
    assert edge.endswith("criteria of a split hold in no more than 5% of resampled records.")


def test_worlds_are_split_about_half_of_the_time():
    draw = rng(6)
    flat = np.full((45, 40), 0.7, np.float32)
    share = np.mean([draw_world(flat, QUICK, draw).is_split for _ in range(400)])
    assert share == pytest.approx(0.5, abs=0.1)  # 0.08 is three standard errors


def test_a_world_without_anybody_between_its_ends_is_as_deep_as_its_items_say():
    draw = rng(7)
    flat = np.full((40, 4000), 0.7, np.float32)
    worlds = [draw_world(flat, QUICK, draw) for _ in range(60)]
    ends = [w for w in worlds if np.isin(w.way, (0.0, 1.0)).all()]
    assert ends
    for w in ends:
        upper = w.way == 1.0
        gap = w.chance[upper].mean(axis=0) - w.chance[~upper].mean(axis=0)
        # 4,000 items: the share contested has a standard error of at most 0.008
        assert np.mean(gap**2) == pytest.approx(w.depth**2, abs=0.64 * 0.03)


def test_a_world_in_which_all_stand_between_is_no_split():
    draw = rng(8)
    flat = np.full((40, 50), 0.7, np.float32)
    worlds = [draw_world(flat, QUICK, draw) for _ in range(300)]
    spread = [w for w in worlds if np.mean((w.way > 0.2) & (w.way < 0.8)) > 0.3]
    assert spread
    assert not any(w.is_split for w in spread)
