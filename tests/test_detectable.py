"""Which splits these records could have shown."""

import functools
import math

import numpy as np
import pytest
from scipy.special import expit, ndtr

import bodies
import fissure as fs
from bodies import QUICK, rng
from fissure.errors import ConvergenceError, DataError, ReadError, SettingError
from fissure.results import Detectable
from fissure.unknowns.bound import depth_of_gap, gap_bound, information
from fissure.unknowns.curve import climb
from fissure.unknowns.detectability import detectability
from fissure.unknowns.forwards import Records, items_needed
from fissure.unknowns.planted import draw_blocs, finds, ground, line_depth, plant

SMALL = bodies.one_body(20, 60, rng(1))
#: Where hardly anything is found, or hardly anything missed, a mean may lie outside by this much.
TAIL = 0.002


def ask(y, shares=(0.5,), forward=False, settings=QUICK, **more):
    """One group's answer, with few draws."""
    asked = fs.detectable(
        bodies.records(y), shares=shares, forward=forward, settings=settings, **more
    )
    return asked.groups[0]


@functools.cache
def small(sign=1):
    """The whole answer about 20 members and 60 items; frozen, so that tests may share it."""
    records = bodies.records(sign * SMALL)
    return fs.detectable(records, shares=(0.5, 0.1, 0.5), depth=0.75, settings=QUICK)


# -- where a rising chance passes 80 % -------------------------------------------------------------


@pytest.mark.parametrize("guess", [None, 0.3])
def test_the_crossing_of_a_step(guess):
    curve = climb(lambda x, k: (x, x > 0.42), 0.2, 0.8, guess=guess)
    # within one of the intervals between trials, the first of which are 0.15 apart
    assert curve.crossing == pytest.approx(0.42, abs=0.03)


@pytest.mark.parametrize("seed", range(3))
def test_the_crossing_of_a_logistic_curve(seed):
    draws = rng(seed)
    curve = climb(lambda x, k: (x, draws.random() < expit(30 * (x - 0.4))), 0.2, 0.8)
    truth = 0.4 + math.log(4) / 30
    assert abs(curve.crossing - truth) < 3.5 * max(curve.error, 0.01)
    low, high = curve.quantiles((0.025, 0.975))
    assert low < curve.crossing < high
    assert 0 < curve.chance(0.25)[0] < 0.2 < 0.8 < curve.chance(0.75)[0] < 1


def test_the_chance_of_being_found_lies_in_its_interval():
    held = []
    for seed in range(200):
        draws = rng(seed)
        # from the prior, where 95 of 100 intervals hold
        q, s = draws.uniform(0.05, 0.95), math.exp(draws.uniform(math.log(4), math.log(160))) / 0.6

        def trial(x, k, draws=draws, q=q, s=s):
            return x, draws.random() < expit(math.log(4) + s * (x - q))

        mean, low, high = climb(trial, 0.2, 0.8).chance(0.5)
        assert low - TAIL <= mean <= high + TAIL
        held.append(low <= expit(math.log(4) + s * (0.5 - q)) <= high)
    assert np.mean(held) > 0.95 - 4 * math.sqrt(0.95 * 0.05 / len(held))


def test_what_is_never_found_has_no_crossing():
    curve = climb(lambda x, k: (x, False), 0.2, 0.8)
    assert curve.crossing is None
    assert curve.chance(0.5)[0] < 0.1


def test_trials_are_made_where_they_could_be():
    seen = []

    def trial(x, k):
        seen.append(x)
        return max(x, 0.5), x > 0.6

    curve = climb(trial, 0.2, 0.8, guess=0.1)
    assert all(0.2 <= x <= 0.8 for x in seen)
    assert curve.x.min() >= 0.5


# -- a group without a split, and blocs planted into it --------------------------------------------


@pytest.mark.parametrize("strength", [0.0, 0.5, 1.0])
def test_the_ground_keeps_the_yea_shares_and_the_order(strength):
    y, x, items = bodies.probit(200, 60, 1, rng(2), missing=0.2)
    base = ground(y, x[:, 0], items[:, 1], strength)
    share = (y > 0).sum(0) / np.count_nonzero(y, axis=0)
    # Φ averaged over normal scores of 200 members is not quite Φ averaged over a normal
    np.testing.assert_allclose(base.p.mean(axis=0), share, atol=0.02)
    assert np.array_equal(base.order, np.argsort(x[:, 0], kind="stable"))
    assert np.array_equal(base.seen, y != 0)
    if not strength:
        assert np.ptp(base.p, axis=0).max() == 0
    mirrored = ground(y, -x[:, 0], -items[:, 1], strength)
    np.testing.assert_allclose(mirrored.p, base.p, atol=1e-6)


def test_the_ground_has_no_gap():
    y, camp = bodies.camps((20, 20), 200, 0.7, rng(3))
    x = np.where(camp == 0, -1.0, 1.0) + 0.1 * rng(4).standard_normal(40)
    base = ground(y, x, np.full(200, 2.0), 1.0)
    middle = base.p[base.order, 0]
    assert np.diff(np.sort(middle)).max() < 0.1


def test_along_is_an_end_of_the_line_and_across_is_spread_over_it():
    order = rng(5).permutation(30)
    assert set(np.flatnonzero(draw_blocs(order, 6, "along", 0, rng()))) == set(order[:6])
    assert set(np.flatnonzero(draw_blocs(order, 6, "along", 1, rng()))) == set(order[-6:])
    place = np.argsort(order)
    for seed in range(20):
        bloc = draw_blocs(order, 6, "across", 0, rng(seed))
        assert np.array_equal(np.sort(place[bloc]) // 5, np.arange(6))
    assert draw_blocs(order, 15, "across", 0, rng()).sum() == 15


@pytest.mark.parametrize("depth", [0.0, 0.3, 0.6])
def test_planted_blocs_stand_as_far_apart_as_is_said(depth):
    y = bodies.one_body(300, 80, rng(6), missing=0.2)
    base = ground(y, None, None, 0.0)
    bloc = draw_blocs(base.order, 100, "across", 0, rng(7))
    made, reached = plant(base, bloc, depth, rng(8))
    assert np.array_equal(made != 0, y != 0)
    # a whole number of the 80 items is contested, each of which adds 0.008 to the square
    assert reached == pytest.approx(depth, abs=0.09 if depth == 0 else 0.02)
    share = [(made[who] > 0).sum(0) / np.count_nonzero(made[who], axis=0) for who in (bloc, ~bloc)]
    # 80 gaps, each with an error of about 0.05
    assert np.sqrt(np.mean((share[0] - share[1]) ** 2)) == pytest.approx(reached, abs=0.07)


def test_unanimous_items_carry_nothing():
    y = np.ones((60, 40), np.int8)
    y[:30, :10] = -1
    base = ground(y, None, None, 0.0)
    assert base.deepest == pytest.approx(0.4)  # 0.8 √(10/40)
    made, reached = plant(base, draw_blocs(base.order, 30, "across", 0, rng()), 0.9, rng())
    assert reached == pytest.approx(0.4, abs=1e-3)
    assert (made[:, 10:] > 0).mean() > 0.98


def test_the_ends_of_a_line_stand_apart_already():
    y, x, items = bodies.probit(60, 100, 1, rng(9))
    base = ground(y, x[:, 0], items[:, 1], 1.0)
    bloc = draw_blocs(base.order, 30, "along", 0, rng())
    _, reached = plant(base, bloc, 0.05, rng())
    assert reached == pytest.approx(base.apart(30), abs=1e-6)
    assert reached > 0.2


def test_more_items_are_copies_with_their_absences():
    y = bodies.one_body(12, 30, rng(10), missing=0.3)
    base = ground(y, None, None, 0.0)
    columns = np.append(np.arange(30), [3, 3, 17])
    more = base.more(columns)
    assert np.array_equal(more.seen[:, 30:], base.seen[:, [3, 3, 17]])
    assert np.array_equal(more.p, base.p[:, columns])
    assert set(columns[more.divided]) == set(base.divided)


def test_the_depth_of_the_line():
    split, _ = bodies.camps((20, 20), 200, 0.6, rng(11))
    # items are contested in full numbers, and halves of items differ
    assert line_depth(split, rng(1)) == pytest.approx(0.6, abs=0.06)
    turned = split * np.where(rng(12).random(200) < 0.5, 1, -1).astype(np.int8)
    assert line_depth(turned, rng(1)) == pytest.approx(line_depth(split, rng(1)), abs=0.01)
    nobody = np.where(rng(13).random((40, 200)) < 0.5, 1, -1).astype(np.int8)
    assert line_depth(nobody, rng(1)) < 0.1


@pytest.mark.compiled
def test_finding_means_finding_those_blocs():
    y = bodies.one_body(24, 60, rng(14))
    base = ground(y, None, None, 0.0)
    bloc = draw_blocs(base.order, 12, "across", 0, rng(15))
    made, _ = plant(base, bloc, 0.75, rng(16))
    assert finds(made, bloc, 0.01, QUICK, rng(17))
    assert finds(made, ~bloc, 0.01, QUICK, rng(17))
    assert finds(made, None, 0.01, QUICK, rng(17))
    others = rng(18).permutation(bloc)
    assert not finds(made, others, 0.01, QUICK, rng(17))
    assert not finds(made, bloc, 0.9, QUICK, rng(17))


@pytest.mark.compiled
def test_a_handful_is_never_a_bloc():
    y = np.where(np.arange(30)[:, None] < 2, -1, 1) * np.ones((30, 60), np.int8)
    assert QUICK.handful(30) == 2
    assert not finds(y.astype(np.int8), None, 0.01, QUICK, rng())


# -- the bound -------------------------------------------------------------------------------------


def test_information_is_minus_the_curvature():
    alpha, beta, x = np.array([0.3, -1.0]), np.array([0.8, -1.5]), np.array([0.4])
    seen = np.array([[True, True]])

    def log_likelihood(at, up):
        p = ndtr(alpha + beta * at)
        return np.log(np.where(up, p, 1 - p)).sum()

    expected, h = 0.0, 1e-3
    for up in ([1, 1], [1, 0], [0, 1], [0, 0]):
        value = [log_likelihood(0.4 + d, up) for d in (-h, 0, h)]
        expected -= np.exp(value[1]) * (value[0] - 2 * value[1] + value[2]) / h**2
    assert information(seen, alpha, beta, x)[0] == pytest.approx(expected, rel=1e-4)
    seen[0, 1] = False
    m = 0.3 + 0.8 * 0.4
    phi = math.exp(-m * m / 2) / math.sqrt(2 * math.pi)
    by_hand = 0.8**2 * phi**2 / (ndtr(m) * ndtr(-m))
    assert information(seen, alpha, beta, x)[0] == pytest.approx(by_hand)


def test_information_far_out_is_a_number():
    far = information(np.ones((1, 1), bool), np.array([40.0]), np.array([1.0]), np.array([0.0]))
    assert np.isfinite(far).all()
    assert far[0] < 1e-100


def test_the_bound_by_hand():
    info = np.full(20, 5.0)
    assert gap_bound(info, 0.5) == pytest.approx(2.8 / math.sqrt(0.25 * 100))
    assert gap_bound(np.tile(info, 4), 0.5) == pytest.approx(gap_bound(info, 0.5) / 2)
    assert gap_bound(info, 0.1) > gap_bound(info, 0.3) > gap_bound(info, 0.5)
    assert gap_bound(np.zeros(20), 0.5) is None


def test_a_gap_as_a_depth_by_hand():
    one = np.ones(1), np.zeros(1)
    assert depth_of_gap(one[1], one[0], np.zeros(1), 0.5, 1.0) == pytest.approx(
        ndtr(0.5) - ndtr(-0.5)
    )
    # two items, one of which is flat: the root of half the square
    alpha, beta = np.zeros(2), np.array([1.0, 0.0])
    assert depth_of_gap(alpha, beta, np.zeros(1), 0.5, 1.0) == pytest.approx(
        (ndtr(0.5) - ndtr(-0.5)) / math.sqrt(2)
    )
    assert depth_of_gap(alpha, beta, rng().standard_normal(9), 0.2, 0.0) == 0


# -- the whole answer ------------------------------------------------------------------------------


@pytest.mark.compiled
def test_a_row_for_each_share_and_direction():
    group = small().groups[0]
    assert [(c.bloc_share, c.direction) for c in group.map] == [
        (share, way) for share in (0.1, 0.5) for way in ("along", "across")
    ]
    assert [c.members for c in group.map[::2]] == [2, 10]
    for cell in group.map:
        assert cell.depth is None or QUICK.min_depth < cell.depth <= 0.8
        assert 0 <= cell.power_low <= cell.power + TAIL
        assert cell.power - TAIL <= cell.power_high <= 1
        if cell.depth is not None:
            assert cell.depth_low <= cell.depth
            assert cell.depth_high is None or cell.depth <= cell.depth_high
    assert [b.bloc_share for b in group.bound] == [0.1, 0.5]
    # blocs known, no spread within them, any gap a split: far too good to be had
    assert all(b.depth < c.depth for b, c in zip(group.bound, group.map[::2], strict=True))
    assert [m.what for m in group.more_items] == ["threshold", "clear", "observed", "asked"]
    assert group.to_frame().height == 4


@pytest.mark.compiled
def test_more_records_find_shallower_splits():
    few = ask(bodies.one_body(12, 30, rng(2)))
    many = ask(bodies.one_body(40, 200, rng(2)))
    for a, b in zip(few.map, many.map, strict=True):
        assert b.depth < 0.5
        assert a.depth is None or a.depth > b.depth + 0.05
        assert b.power > a.power


@pytest.mark.compiled
def test_swapping_yea_and_nay_changes_nothing():
    plain, mirrored = small().groups[0], small(-1).groups[0]
    # positions of the mirrored fit differ by rounding, and so may a crossing in its last digits
    assert mirrored.sentence == plain.sentence
    for a, b in zip(plain.map, mirrored.map, strict=True):
        assert a.depth == pytest.approx(b.depth, abs=1e-6)


@pytest.mark.compiled
def test_a_group_is_answered_alike_whoever_else_is_asked_about():
    y, camp = bodies.camps((8, 6), 20, 0.5, rng(3))
    records = bodies.records(y, party=[f"p{c}" for c in camp])
    answer = fs.detectable(
        records, within="party", whole=False, shares=(0.5,), forward=False, settings=QUICK
    )
    assert [g.name for g in answer.groups] == ["party = p0", "party = p1"]
    assert (answer.map, answer.bound) == (answer.groups[0].map, answer.groups[0].bound)
    part = fs.Matrix.from_records(records).of_actors(
        camp == 1, name="party = p1", min_presence=QUICK.min_presence
    )
    first, other = (
        detectability(part, None, QUICK, seed, shares=(0.5,), forward=False) for seed in (1, 2)
    )
    assert first == answer.groups[1]
    assert other != first


@pytest.mark.compiled
def test_it_is_saved_and_read_back(tmp_path):
    answer = small()
    answer.to_json(tmp_path / "d.json")
    assert Detectable.load(tmp_path / "d.json") == answer
    tree = answer.to_dict()
    assert tree["schema"] == "fissure.detectable/1"
    assert set(tree) >= {"source", "settings", "seed", "versions", "groups", "map", "bound"}
    assert set(tree["map"][0]) >= {"bloc_share", "direction", "depth", "power"}
    assert tree["settings"]["shares"] == [0.1, 0.5]
    assert repr(answer).startswith("all: In 80 of 100 cases a split along the group's main line")
    assert answer.to_frame()["group"].to_list() == ["all"] * 4
    with pytest.raises(ReadError, match=r"must be 'fissure.detectable/1', got 'fissure.report/1'"):
        Detectable.from_dict({**tree, "schema": "fissure.report/1"})


@pytest.mark.compiled
def test_the_critical_value_is_that_of_the_verdict():
    verdict = fs.split(bodies.records(SMALL), settings=QUICK).groups[0]
    given = detectability(bodies.matrix(SMALL), verdict, QUICK, 1, shares=(0.5,), forward=False)
    again = small().groups[0]
    # a verdict is saved with depths of four decimals
    assert given.critical == pytest.approx(again.critical, abs=1e-4)
    assert given.map[0].depth == pytest.approx(again.map[2].depth, abs=0.02)


def test_unanimous_records_can_show_nothing():
    group = ask(np.ones((8, 20), np.int8), forward=True)
    assert group.sentence == (
        "Every one of the 20 items was unanimous: no split, of whatever depth, could have shown on "
        "them."
    )
    assert all(c.depth is None and c.power == c.power_high == 0 for c in group.map)
    assert all(b.gap is None and b.depth is None for b in group.bound)
    assert all(m.items is None for m in group.more_items)
    assert (group.n_divided, group.remarks) == (0, ())


def test_too_few_items_that_divided():
    y = np.ones((10, 40), np.int8)
    y[0, 3] = y[1, 5] = -1
    group = ask(y)
    assert group.sentence == (
        "Only 2 of the 40 items divided the group: blocs that stood 90 to 10 on each of these "
        "would be 0.18 apart, and a split begins at 0.25; no more of the same items would change "
        "that. The power in the verdict lets all 40 divide."
    )
    assert all(c.depth is None for c in group.map)


@pytest.mark.compiled
def test_the_map_says_how_it_differs_from_the_power_of_the_verdict():
    divided = SMALL[:, ((SMALL > 0).any(axis=0)) & (SMALL < 0).any(axis=0)][:, :30]
    told = (
        "Only the 30 items that divided the group may divide it here, while the power in the "
        "verdict lets all 60 do so."
    )
    assert told in ask(np.hstack([divided, np.ones((len(SMALL), 30), np.int8)])).sentence
    assert "lets all" not in ask(divided).sentence


@pytest.mark.compiled
def test_records_without_a_line(monkeypatch):
    def fails(self, matrix):
        raise ConvergenceError("the gradient is still 1 after 200 steps")

    monkeypatch.setattr(fs.IdealPoints, "fit", fails)
    group = ask(SMALL)
    assert {c.direction for c in group.map} == {"across"}
    assert group.line_depth is None
    assert group.remarks == (
        "No main line, so that along and across cannot be told apart: the gradient is still 1 "
        "after 200 steps.",
    )
    assert group.bound[0].depth is None
    assert "along" not in group.sentence


@pytest.mark.compiled
def test_a_line_that_is_a_split_is_drawn_together():
    y, _ = bodies.camps((15, 15), 80, 0.7, rng(4))
    group = ask(y)
    assert group.line_depth <= QUICK.min_depth
    assert "brought nearer together" in group.remarks[0]
    # the verdict's own figure for such records lies where these do
    assert all(0.3 < c.depth < 0.65 for c in group.map)


# -- forwards --------------------------------------------------------------------------------------


def test_some_depths_are_found_with_no_number_of_items():
    base = ground(SMALL, None, None, 0.0)
    known = Records(base, SMALL, np.ones(60, np.int8), 0.05)
    for depth in (QUICK.min_depth, 0.1, base.deepest + 0.01):
        seed = np.random.SeedSequence(1)
        assert items_needed(known, 10, "across", depth, QUICK, seed) == (None, 0)


@pytest.mark.compiled
def test_more_items_of_the_same_sort():
    group = small().groups[0]
    threshold, clear, observed, _ = group.more_items
    assert (threshold.items, threshold.depth) == (None, 0.25)
    assert 30 < clear.items < clear.tried
    assert observed.items is None
    assert f"about {float(f'{clear.items:.2g}'):.0f} more such items" in group.sentence
    # with that many more the depth is found: to within the errors of both curves
    more = ask(bodies.one_body(20, 60 + clear.items, rng(1)))
    assert min(c.depth for c in more.map) == pytest.approx(0.35, abs=0.07)


@pytest.mark.compiled
def test_a_deep_split_needs_no_more():
    group = small().groups[0]
    asked = group.more_items[-1]
    assert (asked.what, asked.items) == ("asked", 0)
    assert group.power_at == 0.75
    assert min(c.power for c in group.map) > 0.8
    assert "For a split 0.75 deep" in group.sentence
    assert group.sentence.endswith("these items are enough.")


# -- what cannot be asked --------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("asked", "problem"),
    [
        ({"shares": [0.0]}, "shares must lie above 0 and up to 0.5 (the smaller bloc), got 0.0"),
        ({"shares": [0.6]}, "shares must lie above 0 and up to 0.5 (the smaller bloc), got 0.6"),
        ({"shares": ["x"]}, "shares must lie above 0 and up to 0.5 (the smaller bloc), got 'x'"),
        ({"shares": []}, "shares must name at least one share of members, got none"),
        ({"depth": 0.0}, "depth must lie above 0 and up to 1, got 0.0"),
        ({"depth": "x"}, "depth must lie above 0 and up to 1, got 'x'"),
        ({"depth": True}, "depth must lie above 0 and up to 1, got True"),
        ({"depth": float("nan")}, "depth must lie above 0 and up to 1, got nan"),
        ({"seed": -1}, "seed must be a whole number of 0 or more, got -1"),
        ({"whole": False}, "nothing to look at: whole=False and no column given in within="),
    ],
)
def test_what_cannot_be_asked_is_refused(asked, problem):
    with pytest.raises(SettingError) as error:
        fs.detectable(bodies.records(SMALL), **asked)
    assert str(error.value) == problem


def test_groups_too_small_are_named():
    with pytest.raises(DataError) as error:
        fs.detectable(bodies.records(np.ones((1, 20), np.int8)))
    assert str(error.value) == (
        "no group could be looked at: all: at least 5 members are needed to look for blocs, here "
        "are 1"
    )
    with pytest.raises(DataError, match="at least 10 items are needed to look for blocs, here are"):
        detectability(bodies.matrix(SMALL[:, :9]), None, QUICK, 1)
    with pytest.raises(DataError, match="no usable choice in 'all'"):
        fs.detectable(bodies.records(np.zeros((6, 20), np.int8)))
    with pytest.raises(DataError, match="no actor column 'club'"):
        fs.detectable(bodies.records(SMALL), within="club")
