"""The probability of a split, and of the same verdict on other items."""

from dataclasses import replace

import numpy as np
import pytest

from bodies import QUICK, camps, matrix, on_a_line, one, rng
from fissure.errors import DataError
from fissure.results import Interval
from fissure.results.base import build, plain
from fissure.results.chances import Again, Chances, Standing
from fissure.unknowns.chances import _sentence, _who, chances, what_is_asked

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
    assert found.p_low <= found.p_split <= found.p_high
    assert found.again.split > 0.95
    assert found.sentence.startswith(f"The probability of a split was {found.prior:.2f} before")
    assert found.sentence.endswith(
        " 24 of 24 members stand in their bloc with probability 0.95 or more."
    )
    assert found.depth.low < 0.6 < found.depth.high  # the depth that the camps were made with


@pytest.mark.compiled
def test_a_spectrum():
    found = said(on_a_line(30, 300, rng(4), slope=1.0)[0])
    assert found.p_split < 0.2
    assert found.again.split < 0.05
    # the best cut of a continuum makes no factions: nobody is named, though all have a probability
    assert "bloc with" not in found.sentence
    assert len(found.standing) == 30


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
    deep = Interval(0.4, 0.35, 0.46)
    sure, unsure = (
        _sentence(Interval(p, p - 0.1, p), 0.5, deep, again, 90, group, QUICK) for p in (0.99, 0.6)
    )
    assert "and is 0.60 after them (0.50 to 0.60 for the number of worlds simulated)." in unsure
    assert sure.endswith(
        "would have been “cannot tell” in over 99% of cases. The verdict is open all the same, "
        "since it asks that the criteria of a split hold in 95% of resampled records."
    )
    assert unsure.endswith("of cases.")
    blind = replace(group, smallest_detectable_depth=None)
    low = _sentence(Interval(0.01, 0.01, 0.01), 0.5, deep, again, 90, blind, QUICK)
    assert low.endswith("that a clear split would have been found in 80 of 100 cases.")
    near = replace(group, smallest_detectable_depth=0.3)
    edge = _sentence(Interval(0.01, 0.01, 0.01), 0.5, deep, again, 90, near, QUICK)
    assert edge.endswith("criteria of a split hold in no more than 5% of resampled records.")


def test_what_an_open_verdict_asks_is_what_is_lacking():
    group = replace(one(camps((14, 10), 80, 0.6, rng(3))[0]), verdict="cannot tell")
    chance = replace(group, null=replace(group.null, p_value=0.4))
    assert what_is_asked("split", chance, QUICK) == (
        "records without blocs look as deep in no more than 5%"
    )
    handful = replace(group, kind="defectors", blocs=group.blocs[:1])
    assert what_is_asked("split", handful, QUICK) == "the smaller bloc is more than a handful"


@pytest.mark.compiled
def test_whoever_stands_on_the_line_is_the_least_sure():
    y = camps((14, 10), 120, 0.6, rng(3))[0]
    y[5, ::2] = y[20, ::2]  # half of the time with the other camp
    found = said(y)
    assert found.standing[0].actor == "m05"
    assert found.standing[0].probability < 0.9 < found.standing[1].probability
    p = [s.probability for s in found.standing]
    assert p == sorted(p)


@pytest.mark.compiled
def test_nobody_is_named_where_chance_could_look_as_deep():
    y = camps((14, 10), 80, 0.6, rng(3))[0]
    group = one(y)
    chance = replace(group, verdict="cannot tell", null=replace(group.null, p_value=0.4))
    assert "bloc with" not in chances(matrix(y), chance, QUICK, 1, WORLDS).sentence
    open_ = replace(group, verdict="cannot tell")
    assert "bloc with" in chances(matrix(y), open_, QUICK, 1, WORLDS).sentence


def test_the_least_sure_members_are_named():
    names = {f"m{k}": f"Member {k}" for k in range(9)}
    stands = tuple(Standing(f"m{k}", 0.5 + 0.06 * k) for k in range(9))
    assert _who(stands, names) == (
        " 1 of 9 members stand in their bloc with probability 0.95 or more; least sure of theirs: "
        "Member 0 (0.50), Member 1 (0.56), Member 2 (0.62), Member 3 (0.68), Member 4 (0.74)."
    )
    assert _who((), names) == ""


@pytest.mark.compiled
def test_a_division_in_the_records_is_not_in_every_world():
    # a clear split among 40: worlds in which hardly an item is contested must not look like it
    y = camps((24, 16), 200, 0.55, rng(4))[0]
    found = said(y)
    assert found.p_split > 0.95
    assert 0.50 < found.depth.low < found.depth.high < 0.70
