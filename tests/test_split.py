"""The verdict: what is called a split, what is not, and when nothing can be said."""

from dataclasses import replace

import numpy as np
import pytest

import bodies
from bodies import QUICK, ids, one, rng, sets
from fissure.errors import SettingError
from fissure.split import SplitSettings

# what is found


def test_two_planted_blocs_are_a_split():
    y, _ = bodies.camps((27, 18), 300, 0.35, rng())
    g = one(y)
    assert (g.verdict, g.kind) == ("split", "split")
    assert sets(g) == {ids(*range(27)), ids(*range(27, 45))}
    assert [b.name for b in g.blocs] == ["A", "B"]
    assert g.depth.low <= g.depth.estimate <= g.depth.high
    assert g.depth.estimate == pytest.approx(0.35, abs=0.03)
    assert g.balance == 18 / 45
    assert g.null.p_value == 0.05
    assert max(g.null.depths) < 0.2
    assert list(g.null.depths) == sorted(g.null.depths)
    assert g.probability >= 0.95
    assert g.smallest_detectable_depth < 0.4
    assert {i.verdict_without for i in g.items} == {"split"}
    assert {m.verdict_without for m in g.influence} == {"split"}
    assert g.defectors == ()
    assert g.sentence == (
        f"Split into two blocs of 27 and 18 members: the blocs stand {g.depth.estimate:.2f} apart "
        f"in yea share (root mean square over all items, 95% interval {g.depth.low:.2f} to "
        f"{g.depth.high:.2f}); only {g.middle.estimate:.0%} of members are in the middle; the "
        f"criteria of a split hold in {g.probability:.0%} of resampled records, and records "
        "without "
        f"blocs look as deep in at most 5%; a split {g.smallest_detectable_depth:.2f} deep would "
        "have been found in 80 of 100 cases."
    )


def test_numbers_of_items_and_blocs_are_those_of_the_table():
    y, camp = bodies.camps((12, 9), 60, 0.5, rng(2), missing=0.1)
    g = one(y)
    assert sets(g) == {ids(*range(12)), ids(*range(12, 21))}
    for item in g.items:
        k = int(item.item[1:])
        votes = [y[camp == c, k] for c in (0, 1)]
        shares = [(v > 0).sum() / (v != 0).sum() for v in votes]
        assert (item.yea_a, item.yea_b) == pytest.approx(shares)
        assert item.gap == pytest.approx(shares[0] - shares[1])
        assert item.opposed == (votes[0].sum() * votes[1].sum() < 0)
        assert (item.yeas, item.nays) == ((y[:, k] > 0).sum(), (y[:, k] < 0).sum())
    gaps = [abs(i.gap) for i in g.items]
    assert gaps == sorted(gaps, reverse=True)
    assert g.n_choices == (y != 0).sum()
    assert sum(m.n_choices for b in g.blocs for m in b.members) == g.n_choices
    for b, c in zip(g.blocs, (0, 1), strict=True):
        part = y[camp == c]
        index = np.abs(part.sum(axis=0)) / np.count_nonzero(part, axis=0)
        assert b.cohesion == pytest.approx(index.mean())
        on = np.sign(y[camp == 0].sum(axis=0)) * np.sign(y[camp == 1].sum(axis=0)) < 0
        assert b.cohesion_divided == pytest.approx(index[on].mean())
        sidings = [m.siding for m in b.members]
        assert sidings == sorted(sidings, reverse=True)
    both = [m.actor for b in g.blocs for m in b.members]
    assert list(g.agreement.actors) == both
    share = np.array(g.agreement.share)
    order = [int(a[1:]) for a in both]
    for i, row in enumerate(order):
        for h, column in enumerate(order):
            common = (y[row] != 0) & (y[column] != 0)
            alike = (y[row] == y[column])[common].mean()
            assert share[i, h] == pytest.approx(alike, abs=0.0005001)  # three decimals are kept


def test_three_blocs_are_fragments():
    y, camp = bodies.camps((12, 10, 9), 150, 0.6, rng())
    g = one(y)
    assert (g.verdict, g.kind) == ("split", "fragments")
    assert sets(g) == {ids(*np.flatnonzero(camp == c)) for c in range(3)}
    assert g.sentence.startswith(
        "Fragments into three blocs of 12, 10 and 9 members: its two main blocs stand "
    )
    only_two = one(y, replace(QUICK, max_blocs=2))
    assert only_two.kind != "fragments"
    assert len(only_two.blocs) == 2


@pytest.mark.parametrize("slope", [1.0, 2.0])
def test_a_spectrum_is_no_split(slope):
    y, _ = bodies.on_a_line(30, 120, rng(), slope=slope)
    g = one(y)
    assert g.verdict != "split"
    assert g.kind == "spectrum"
    # the blocs are the two ends of the line
    sides = {int(m.actor[1:]) for m in g.blocs[0].members}
    assert min(sides) > 10 or max(sides) < 20
    assert g.probability < 0.5


@pytest.mark.compiled
def test_a_spectrum_is_ruled_out_where_power_allows():
    y, _ = bodies.on_a_line(45, 300, rng(), slope=1.0)
    g = one(y)
    assert (g.verdict, g.kind) == ("no split", "spectrum")
    assert g.sentence.startswith("No split but a spectrum: blocs of ")
    assert f"{g.middle.estimate:.0%} of members are in the middle" in g.sentence


def test_unity():
    y = bodies.draw(np.full((30, 100), 0.9), rng(2))
    g = one(y)
    assert (g.verdict, g.kind) == ("no split", "unity")
    assert g.depth.estimate < 0.1
    assert g.probability == 0
    assert g.sentence == (
        f"No split but unity: blocs of {g.blocs[0].size} and {g.blocs[1].size} members stand "
        f"{g.depth.estimate:.2f} apart in yea share (root mean square over "
        f"all items, 95% interval {g.depth.low:.2f} to {g.depth.high:.2f}); members "
        "who "
        "each choose independently, by their own propensities, would look as deep in "
        f"{g.null.p_value:.0%} of cases; a split {g.smallest_detectable_depth:.2f} deep would have "
        "been found in 80 of 100 cases."
    )


@pytest.mark.compiled
def test_unanimity_by_chance_has_no_depth_in_the_verdict():
    depths = [
        one(bodies.draw(np.full((40, 300), 0.9), rng(s)), seed=s).depth.estimate for s in range(4)
    ]
    assert np.mean(depths) <= 0.08


def test_a_lone_defector_is_named_and_is_no_split():
    y = bodies.draw(np.full((30, 150), 0.85), rng(2))
    y[3] = bodies.draw(np.full((1, 150), 0.1), rng(3))
    names = [f"Senator {k}" for k in range(30)]
    g = one(y, name=names)
    assert (g.verdict, g.kind) == ("no split", "defectors")
    assert [m.name for m in g.defectors] == ["Senator 3"]
    assert g.sentence.startswith("No split but a lone defector (Senator 3): blocs of ")
    assert "m03" not in set().union(*sets(g))
    assert set().union(*sets(g)) | {"m03"} == ids(*range(30))


def test_a_handful_is_no_bloc():
    y, _ = bodies.camps((38, 2), 150, 0.5, rng())
    g = one(y)
    assert g.kind == "defectors"
    assert g.verdict != "split"
    assert sorted(m.actor for m in g.defectors) == ["m38", "m39"]
    assert "2 defectors (m38, m39)" in g.sentence


def test_leaving_out_one_item_does_not_make_a_handful_a_split():
    y, _ = bodies.camps((38, 2), 150, 0.5, rng())
    g = one(y)
    assert "split" not in {i.verdict_without for i in g.items}
    assert "split" not in {d.verdict_without for d in g.dates}
    assert "split" not in {m.verdict_without for m in g.influence}


def test_too_little_cannot_tell():
    y = bodies.draw(np.full((6, 12), 0.6), rng(2))
    g = one(y)
    assert g.verdict == "cannot tell"
    assert g.smallest_detectable_depth is None
    assert g.sentence.startswith("These records cannot tell a split from ")
    assert g.sentence.endswith(
        "; no split of whatever depth would have been found in 80 of 100 cases in these records."
    )


def test_where_all_agree_nothing_could_be_seen():
    y = np.ones((12, 30), np.int8)
    g = one(y)
    assert g.verdict == "cannot tell"  # nobody ever disagreed: what could have been seen?
    assert (g.kind, g.depth.estimate, g.null.p_value) == ("unity", 0.0, 1.0)
    assert g.smallest_detectable_depth is None
    assert g.fit is None
    assert g.preference is None
    assert g.remarks == (
        "No ideal points and no preference verdict: 'all': every one of the 30 items was "
        "unanimous.",
    )


def test_a_group_that_hardly_ever_divided_shows_little():
    """A split that would have been found must fit on the items on which it could have shown."""
    y = np.ones((60, 240), np.int8)
    for j in range(24):
        y[rng(j).permutation(60)[: 1 + j % 3], 10 * j] = -1
    g = one(y)
    assert (g.verdict, g.kind, g.smallest_detectable_depth) == ("cannot tell", "unity", None)
    often = one(np.tile(y[:, ::10], 10))  # the same dissent on every item
    assert often.verdict == "no split"
    assert often.smallest_detectable_depth < 0.35


def test_perfect_camps():
    y = np.ones((24, 60), np.int8)
    y[:10, ::2] = -1
    g = one(y)
    assert g.verdict == "split"
    assert g.depth.estimate == pytest.approx(np.sqrt(0.5))
    assert g.middle.estimate == 0
    assert g.opposed_share == 0.5
    assert {b.cohesion for b in g.blocs} == {1.0}
    assert all(m.siding in (0.0, 1.0) for b in g.blocs for m in b.members)


# thresholds


@pytest.mark.compiled
def test_thresholds_change_the_verdict_as_they_say():
    y, _ = bodies.camps((27, 18), 300, 0.35, rng())
    assert one(y).verdict == "split"
    deeper = one(y, replace(QUICK, min_depth=0.45, clear_depth=0.45))
    assert deeper.verdict != "split"
    assert deeper.probability < 0.05
    full = one(y, replace(QUICK, max_middle=0.0, max_between=0.0))
    assert full.probability < one(y).probability
    # stability is of all records: it is met in every resampling or in none
    assert one(y, replace(QUICK, min_stability=1.0)).probability in (0.0, one(y).probability)
    # one of two thresholds is enough
    assert one(y, replace(QUICK, max_middle=0.0, max_between=0.5)).verdict == "split"


def test_no_split_is_only_said_where_a_clear_one_would_have_been_found():
    y = bodies.draw(np.full((30, 100), 0.9), rng(2))
    found = one(y).smallest_detectable_depth
    assert one(y).verdict == "no split"
    strict = replace(QUICK, clear_depth=found - 0.02, min_depth=min(0.25, found - 0.02))
    assert one(y, strict).verdict == "cannot tell"


def test_blocs_closer_than_unity_depth_are_called_unity():
    y, _ = bodies.on_a_line(30, 120, rng())
    assert one(y, replace(QUICK, unity_depth=0.9, min_depth=0.25)).kind == "unity"


def test_defectors_need_a_step():
    y = bodies.draw(np.full((30, 150), 0.85), rng(2))
    y[3] = bodies.draw(np.full((1, 150), 0.1), rng(3))
    assert one(y, replace(QUICK, min_standoff=1.0)).defectors == ()


def test_members_who_were_hardly_there_are_left_out_and_named():
    y, _ = bodies.camps((14, 9), 80, 0.5, rng(2))
    y[4, 6:] = 0
    g = one(y)
    assert g.n_actors == 22
    assert g.dropped["actors"] == [["m04", "6 usable choices, at least 8 wanted"]]
    assert g.dropped["choices"] == {"absent": 74}
    assert one(y, replace(QUICK, min_presence=0.05)).n_actors == 23


@pytest.mark.parametrize(
    ("setting", "message"),
    [
        ({"min_depth": -0.1}, "min_depth must be 0..1, got -0.1"),
        ({"max_middle": 1.1}, "max_middle must be 0..1, got 1.1"),
        ({"max_between": float("nan")}, "max_between must be 0..1, got nan"),
        ({"unity_depth": 2}, "unity_depth must be 0..1, got 2"),
        ({"min_presence": -1}, "min_presence must be 0..1, got -1"),
        ({"min_stability": -0.5}, "min_stability must be 0..1, got -0.5"),
        ({"min_standoff": 1.5}, "min_standoff must be 0..1, got 1.5"),
        ({"clear_depth": 1.2}, "clear_depth must be 0..1, got 1.2"),
        ({"level": 0.5}, "level must lie between 0 and 0.5, got 0.5"),
        ({"confidence": 0.5}, "confidence must lie between 0.5 and 1, got 0.5"),
        ({"max_handful": 0}, "max_handful must be 1 or more, got 0"),
        ({"max_blocs": 1}, "max_blocs must be 2 or more, got 1"),
        ({"repeats": 0}, "repeats must be 1 or more, got 0"),
        ({"repeats": 1.5}, "repeats must be 1 or more, got 1.5"),
        ({"draws": 99}, "draws must be 100 or more, got 99"),
        ({"null_draws": 18}, "null_draws must be 19 or more, got 18"),
        ({"power_draws": 19}, "power_draws must be 20 or more, got 19"),
        ({"preference_draws": -1}, "preference_draws must be 0 or more, got -1"),
        ({"min_gap": 1.9}, "min_gap must lie between 2 and clear_gap (4.0), got 1.9"),
        ({"clear_gap": 2.5}, "min_gap must lie between 2 and clear_gap (2.5), got 3.0"),
        ({"clear_depth": 0.2}, "clear_depth (0.2) must not be below min_depth (0.25)"),
    ],
)
def test_settings_outside_their_range(setting, message):
    with pytest.raises(SettingError) as error:
        SplitSettings(**setting)
    assert str(error.value) == message


def test_a_handful():
    s = SplitSettings()
    assert [s.handful(n) for n in (5, 10, 11, 20, 21, 51, 52, 500)] == [1, 1, 1, 1, 2, 5, 5, 5]
    assert s.handful(21) < 0.1 * 21
    assert SplitSettings(max_handful=9).handful(500) == 9
