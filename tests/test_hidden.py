"""Hidden dissent: the counterfactuals by hand, the verdict's own rule, and mirrors."""

import zlib
from dataclasses import replace

import numpy as np
import pytest

import bodies
from fissure.periods import item_order
from fissure.results import HiddenDissent, Interval, Point
from fissure.results.base import build, plain
from fissure.split.decide import decide_again
from fissure.split.groups import item_turn
from fissure.unknowns.hidden import (
    _agree_at_random,
    _agree_least_firm,
    _dissent_at_random,
    _dissent_together,
    _stands,
    hidden_dissent,
)
from fissure.unknowns.tipping import Body, _bracket, _changing, _Step

pytestmark = pytest.mark.compiled

#: In so small a body only a deep split would be found: that is enough here for *no split*.
Q = replace(bodies.QUICK, clear_depth=0.8)


def verdict_of(y, **more):
    """The matrix of a dense table and its verdict."""
    return bodies.matrix(y, **more), bodies.one(y, Q, **more)


@pytest.fixture(scope="module")
def split_body():
    """Two disciplined camps, 0.6 apart."""
    y, _ = bodies.camps((14, 10), 80, 0.6, bodies.rng(3))
    matrix, group = verdict_of(y)
    return y, matrix, group, hidden_dissent(matrix, group, Q)


@pytest.fixture(scope="module")
def united_body():
    """Nobody stands with anybody."""
    y = bodies.one_body(24, 80, bodies.rng(4))
    matrix, group = verdict_of(y)
    return y, matrix, group, hidden_dissent(matrix, group, Q)


def body(looked_at):
    _, matrix, group, _ = looked_at
    return Body.of(matrix, group, Q, 1)


@pytest.mark.parametrize("which", ["split_body", "united_body"])
def test_the_rule_is_that_of_the_verdict(which, request):
    """Asked again about the recorded choices, with all its draws, it says the same numbers."""
    y, matrix, group, _ = request.getfixturevalue(which)
    root = np.random.SeedSequence([1, zlib.crc32(group.name.encode())])
    again = decide_again(
        y * item_turn(y), item_order(matrix.items), Q, root.spawn(2)[0],
        np.square(group.null.depths), group.smallest_detectable_depth,
    )  # fmt: skip
    assert (again.verdict, again.kind) == (group.verdict, group.kind)
    assert again.probability == group.probability
    assert again.shape.interval("depth") == group.depth


def test_the_same_seed_may_be_given_twice(split_body):
    b = body(split_body)
    assert b.recount(b.y).shape.depth == b.recount(b.y).shape.depth


def test_a_stand_is_a_choice_against_the_other_blocs_majority_where_they_are_opposed():
    y = np.array([[1, 1], [1, 1], [-1, 1], [-1, -1], [0, 1]], np.int8)
    labels = np.array([0, 0, 1, 1, 1], np.int8)
    fake = Body(y, labels, None, np.arange(2), Q, 1)
    # item 0: A says +1 twice, B −1 twice; item 1: nobody is opposed
    assert _stands(fake).tolist() == [[True, False]] * 4 + [[False, False]]


def test_nothing_is_changed_at_the_start_and_only_what_may_hide(split_body, united_body):
    for looked_at, kinds in (
        (split_body, (_agree_at_random, _agree_least_firm)),
        (united_body, (_dissent_at_random, _dissent_together)),
    ):
        b = body(looked_at)
        for recode in (kind(b) for kind in kinds):
            assert (recode(0.0) == b.y).all()
            before = np.zeros(b.y.shape, bool)
            for dial in (0.2, 0.5, 1.0):
                changed = recode(dial) != b.y
                assert (before <= changed).all()  # who hides at little hides at much
                assert (recode(dial)[changed] == -b.y[changed]).all()
                before = changed


def test_at_random_half_of_all_stands_hide_agreement_at_most(split_body):
    b = body(split_body)
    n = _stands(b).sum()
    changed = (_agree_at_random(b)(1.0) != b.y).sum()
    assert changed == pytest.approx(n / 2, abs=4 * np.sqrt(n) / 2)  # four binomial sds


def test_dissent_together_takes_the_smallest_bloc_beyond_a_handful(united_body):
    b = body(united_body)
    y = _dissent_together(b)(1.0)
    members = (y != b.y).any(axis=1)
    assert members.sum() == Q.handful(24) + 1
    assert (y[members] <= 0).all()  # on every item they now stand against the majority


def test_a_split_is_undone_and_unity_is_divided(split_body, united_body):
    for (_, _, group, found), verdict, hides in (
        (split_body, "split", "agreement"),
        (united_body, "no split", "dissent"),
    ):
        assert group.verdict == verdict
        assert found.hides == hides
        for curve in (found.worst_case, found.at_random):
            assert curve.points[0].depth == group.depth
            assert curve.points[0].verdict == verdict
            shares = [p.share for p in curve.points]
            assert shares == sorted(shares)
        worst, random = found.worst_case, found.at_random
        assert 0 < worst.tipping_point < 0.2
        assert found.tipping_point == min(worst.tipping_point, random.tipping_point or 1)
        assert worst.changing.low <= worst.changing.estimate <= worst.changing.high
        last = worst.points[-1].verdict
        assert last == ("split" if hides == "dissent" else "no split")


def test_the_tipping_point_is_where_a_full_test_of_the_recoded_records_changes(united_body):
    """The verdict asked from the start, null and power simulated anew, on either side of it."""
    _, matrix, group, found = united_body
    b = Body.of(matrix, group, Q, 1)
    recode = _dissent_together(b)
    tip = found.tipping_point * np.count_nonzero(b.y)
    dials = np.linspace(0, 1, 201)
    changed = np.array([(recode(d) != b.y).sum() for d in dials])
    below, above = dials[changed <= tip / 2][-1], dials[changed >= 1.5 * tip][0]
    assert bodies.one(recode(below), Q).verdict == "no split"
    assert bodies.one(recode(above), Q).verdict == "split"


@pytest.mark.parametrize("which", ["split_body", "united_body"])
def test_a_mirrored_body_has_the_same_answer(which, request):
    y, _, _, found = request.getfixturevalue(which)
    assert hidden_dissent(*verdict_of(-y), Q) == found


def test_it_can_be_saved_and_read(split_body):
    found = split_body[-1]
    assert build(HiddenDissent, plain(found)) == found


def test_the_sentence(split_body):
    found = split_body[-1]
    worst, random = found.worst_case, found.at_random
    assert found.sentence == (
        "Had members voted against their views because they secretly agreed with the other bloc, "
        "for what share of members on the average vote would the verdict (split) change? If it was "
        f"always the least firm members ({found.n_members} of 24), it would change to "
        f"{worst.becomes} at {worst.tipping_point:.1%}; spread at random over 24 members and the "
        f"votes, it would change to {random.becomes} at {random.tipping_point:.1%}."
    )


def test_a_group_with_defectors_is_looked_at_whole():
    rng = bodies.rng(6)
    y = np.where(rng.random((25, 60)) < 0.95, 1, -1).astype(np.int8)
    y[0] = -1
    matrix, group = verdict_of(y)
    assert group.kind == "defectors"
    found = hidden_dissent(matrix, group, Q)
    assert found.worst_case.points[-1].verdict == "split"


def step(share, verdict, *holds):
    depth = Interval(0.2, 0.1, 0.3)
    return _Step(share, Point(share, 0, depth, None, None, 0.5, verdict), np.array(holds))


def test_where_it_tips_by_hand():
    steps = [
        step(0.0, "no split", False, False, False, False),
        step(0.2, "no split", False, True, False, False),
        step(0.4, "cannot tell", True, True, False, False),
        step(0.6, "no split", True, False, True, False),
    ]
    before, after = _bracket(steps, steps[0].point)
    assert (before.dial, after.dial) == (0.2, 0.4)
    assert _bracket(steps[:2], steps[0].point)[1] is None
    # the four change between 0.2 and 0.4, 0 and 0.2, 0.4 and 0.6, and never: at 0.3, 0.1, 0.5, 1
    assert _changing(steps, steps[0].point) == Interval(pytest.approx(0.5), pytest.approx(0.1), 1.0)
    flipped = [step(s.dial, "split", *~s.holds) for s in steps]
    assert _changing(flipped, flipped[0].point) == _changing(steps, steps[0].point)
