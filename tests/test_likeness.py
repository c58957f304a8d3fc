"""What is true of worlds that look like the records."""

from dataclasses import replace

import numpy as np
import pytest
from scipy.special import expit

from bodies import QUICK, rng
from fissure.unknowns.likeness import depth_interval, depths_like, limit, split_chance, standing
from fissure.unknowns.worlds import Look, Seen

SPREAD = 0.03


def worlds(n=200, seed=1, bias=0.5, members=10):
    """Worlds seen with an error, too shallow where members go astray; split above 0.25."""
    draw = rng(seed)
    depth, astray = draw.uniform(0, 0.8, n), draw.uniform(0, 0.2, n)
    seen = depth * (1 - bias * astray) + draw.normal(0, SPREAD, n)
    looks, stands = [], []
    for d, a in zip(seen, astray, strict=True):
        # evidence worth half of what it says
        z = draw.normal(2, 2, members)
        stands.append(draw.random(members) < expit(z / 2))
        share = expit((d - 0.25) / 0.05)
        looks.append(Look(d, SPREAD, 1 - a, share, 0.0, 1.0, z))
    return Seen(tuple(looks), depth, depth >= 0.25, tuple(stands))


HERE = Look(0.36, SPREAD, 0.8, 0.95, 0.0, 1.0, np.array([-2.0, 0.0, 2.0, 6.0, np.nan]))


def test_draws_rise_and_their_weights_sum_to_one():
    drawn, weight = depths_like(worlds(), HERE)
    assert (np.diff(drawn) >= 0).all()
    assert ((drawn >= 0) & (drawn <= 1)).all()
    assert weight.sum() == pytest.approx(1)
    assert len(drawn) <= 100


def test_depth_lost_by_members_astray_is_given_back():
    # 0.36 is what is seen of 0.4 where a fifth of the halves put members elsewhere
    found = depth_interval(*depths_like(worlds(2000), HERE))
    assert found.estimate == pytest.approx(0.40, abs=0.01)
    sure = depth_interval(*depths_like(worlds(2000), replace(HERE, stability=1.0)))
    assert sure.estimate == pytest.approx(0.36, abs=0.01)


def test_intervals_hold_as_often_as_they_say():
    hold = 0
    for seed in range(200):
        seen = worlds(201, seed)
        rest = Seen(seen.looks[1:], seen.depth[1:], seen.is_split[1:], seen.stands[1:])
        at = depth_interval(*depths_like(rest, seen.looks[0]))
        hold += at.low <= seen.depth[0] <= at.high
    # binomial(200, 0.95): fewer than 181 or all in 1 of 100 cases; a hundred draws lose a little
    assert 181 <= hold <= 199


def test_records_whose_items_hang_together_stretch_the_interval():
    seen = worlds()
    narrow = depth_interval(*depths_like(seen, HERE))
    wide = depth_interval(*depths_like(seen, replace(HERE, spread=2 * SPREAD)))
    assert wide.high - wide.low == pytest.approx(2 * (narrow.high - narrow.low))
    assert depth_interval(*depths_like(seen, replace(HERE, spread=SPREAD / 2))) == narrow


def test_the_interval_of_even_draws():
    at = depth_interval(np.linspace(0.005, 0.995, 100), np.full(100, 0.01))
    assert (at.low, at.estimate, at.high) == pytest.approx((0.025, 0.5, 0.975))


def test_a_split_is_as_likely_as_among_worlds_that_look_alike():
    seen = worlds()
    deep, shallow = (
        split_chance(seen, replace(HERE, depth=d, share=s, stability=1.0), QUICK).estimate
        for d, s in ((0.6, 0.99), (0.05, 0.01))
    )
    # no surer than the worlds allow
    assert deep == pytest.approx(201 / 202)
    assert shallow == pytest.approx(1 / 202)
    edge = split_chance(seen, replace(HERE, depth=0.25, share=0.5, stability=1.0), QUICK)
    assert 0.2 < edge.estimate < 0.8


def test_the_interval_for_the_number_of_worlds_holds_what_many_more_say():
    near = replace(HERE, depth=0.24, share=0.3, stability=1.0)
    many = split_chance(worlds(8000), near, QUICK)
    assert many.high - many.low < 0.2
    hold, widths = 0, []
    for seed in range(100, 200):
        at = split_chance(worlds(200, seed), near, QUICK)
        hold += at.low <= many.estimate <= at.high
        widths.append(at.high - at.low)
        assert 1 / 202 <= at.low <= at.estimate <= at.high <= 201 / 202
    # binomial(100, 0.95): fewer than 89 in 1 of 100 cases; the ridge makes it somewhat wide
    assert hold >= 89
    assert np.median(widths) > 3 * (many.high - many.low)


def test_worlds_of_one_kind_leave_everything_open():
    seen = worlds()
    alike = replace(seen, is_split=np.ones(200, bool))
    at = split_chance(alike, replace(HERE, depth=0.25, share=0.5, stability=1.0), QUICK)
    assert at.low < 0.9
    assert at.high == pytest.approx(1 - limit(200))


def test_members_stand_where_evidence_of_that_sort_was_right():
    found = standing(worlds(2000), HERE)
    np.testing.assert_allclose(found[:4], expit(HERE.evidence[:4] / 2), atol=0.03)
    assert np.isnan(found[4])


def test_no_member_is_surer_than_the_worlds_allow():
    seen = worlds(60, members=5)
    far = standing(seen, replace(HERE, evidence=np.array([-1e3, 1e3])))
    assert 0 < far[0] < 0.01 < 0.99 < far[1] < 1
