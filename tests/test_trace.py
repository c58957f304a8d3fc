"""Depth through time, on bodies whose history is known."""

import json

import numpy as np
import polars as pl
import pytest

import bodies
import fissure as fs
from fissure.errors import DataError, SettingError
from fissure.periods import item_periods
from fissure.windows.look import Look
from fissure.windows.mix import depths, item_mix

QUICK = fs.SplitSettings(repeats=4, draws=100, null_draws=19, power_draws=20)
#: Items of a period.
J = 60


def history(gaps, sizes=(12, 9), seed=1, turnover=0):
    """One body through time: its two blocs stand ``gaps[t]`` apart in period t (congress 80 + t).

    In each period the first ``turnover`` members of either bloc are others than before.
    """
    rng = np.random.default_rng(seed)
    tables, actors, congress = [], [], []
    for t, gap in enumerate(gaps):
        y, camp = bodies.camps(sizes, J, gap, rng)
        names = []
        for bloc, n in enumerate(sizes):
            names += [
                f"{'xy'[bloc]}{k + (t * turnover if k < turnover else 0) * 100}" for k in range(n)
            ]
        assert len(names) == len(camp)
        tables.append(y)
        actors.append(names)
        congress += [80 + t] * J
    everyone = sorted({a for names in actors for a in names})
    place = {a: i for i, a in enumerate(everyone)}
    table = np.zeros((len(everyone), len(congress)), np.int8)
    for t, (y, names) in enumerate(zip(tables, actors, strict=True)):
        table[[place[a] for a in names], t * J : (t + 1) * J] = y
    items = pl.DataFrame({"item": [f"v{k:04}" for k in range(len(congress))], "congress": congress})
    return bodies.records(table, actors=everyone, items=items, side=[a[0] for a in everyone])


def traced(records, **more):
    return fs.trace(records, **{"settings": QUICK, "workers": 1, "bridge": False, **more})


@pytest.fixture(scope="module")
def rise_and_fall():
    return traced(history([0.0, 0.6, 0.6, 0.0], turnover=2))


def test_a_split_that_opens_and_closes(rise_and_fall):
    (series,) = rise_and_fall.series
    assert [p.period for p in series.periods] == ["80", "81", "82", "83"]
    assert [p.year for p in series.periods] == [1947, 1949, 1951, 1953]
    assert [p.verdict == "split" for p in series.periods] == [False, True, True, False]
    for p, gap in zip(series.periods, [0.0, 0.6, 0.6, 0.0], strict=True):
        assert p.depth.low - 0.03 <= gap <= p.depth.high + 0.03 or gap == 0
        assert (p.n_actors, p.n_items, p.place) == (21, J, int(p.period) - 80)
        assert len(p.draws.depth) == len(p.draws.kind) == len(p.draws.smallest) == QUICK.draws
    assert {len(p.blocs) for p in series.periods[1:3]} == {2}
    assert series.periods[0].blocs == series.periods[3].blocs == ()
    assert sorted(b.size for b in series.periods[1].blocs) == [9, 12]


def test_blocs_keep_their_names_and_members_their_blocs(rise_and_fall):
    (series,) = rise_and_fall.series
    by_name = [{b.name: set(b.actors) for b in p.blocs} for p in series.periods[1:3]]
    assert set(by_name[0]) == set(by_name[1]) == {"A", "B"}
    for name in "AB":
        assert len({a[0] for a in by_name[0][name] | by_name[1][name]}) == 1
    assert series.changes[0].events == ("A appears", "B appears")
    assert series.changes[1].events == ()
    assert series.changes[2].events == ("A dissolves", "B dissolves")
    assert [(line.name, line.periods) for line in series.lineages] == [
        ("A", ("81", "82")),
        ("B", ("81", "82")),
    ]
    step = series.changes[1]
    assert (step.n_stayed, step.n_left, step.n_came, step.moved) == (17, 4, 4, ())


def test_the_parts_of_a_change_add_up(rise_and_fall):
    for step in rise_and_fall.series[0].changes:
        parts = [step.replacement, step.agenda, step.conversion]
        assert all(part is not None for part in parts)
        assert sum(p.estimate for p in parts) == pytest.approx(step.total.estimate)


def test_a_period_is_the_same_whatever_else_is_asked_for(rise_and_fall):
    some = traced(history([0.0, 0.6, 0.6, 0.0], turnover=2).select_items(pl.col("congress") <= 81))
    for alone, whole in zip(some.series[0].periods, rise_and_fall.series[0].periods, strict=False):
        assert (alone.depth, alone.verdict, alone.draws.depth) == (
            whole.depth,
            whole.verdict,
            whole.draws.depth,
        )


def test_the_verdict_is_that_of_a_split_on_the_period_alone(rise_and_fall):
    records = history([0.0, 0.6, 0.6, 0.0], turnover=2).select_items(pl.col("congress") == 81)
    alone = fs.split(records, settings=QUICK).groups[0]
    period = rise_and_fall.series[0].periods[1]
    assert (period.verdict, period.kind) == (alone.verdict, alone.kind)
    assert period.depth.estimate == pytest.approx(alone.depth.estimate, abs=0.02)
    assert {frozenset(b.actors) for b in period.blocs} == bodies.sets(alone)


@pytest.mark.compiled
def test_the_answer_does_not_depend_on_the_number_of_workers(rise_and_fall):
    records = history([0.0, 0.6, 0.6, 0.0], turnover=2)
    assert traced(records, workers=2).to_dict() == rise_and_fall.to_dict()


def test_swapping_yea_and_nay_changes_nothing(rise_and_fall):
    records = history([0.0, 0.6, 0.6, 0.0], turnover=2)
    mirrored = traced(records, yea=("nay",), nay=("yea",))
    for one, other in zip(rise_and_fall.series[0].periods, mirrored.series[0].periods, strict=True):
        assert (one.sentence, one.depth, one.blocs) == (other.sentence, other.depth, other.blocs)
        for a, b in zip(one.dividing, other.dividing, strict=True):
            assert (a.yea_a, a.yea_b) == pytest.approx((1 - b.yea_a, 1 - b.yea_b))


def test_looks_finished_earlier_are_taken_over():
    records = history([0.5, 0.5])
    kept = {}
    first = traced(records, on_look=lambda key, one: kept.update({key: one.kept()}))
    assert sorted(kept) == ["all | 80", "all | 81"]
    again = json.loads(json.dumps(kept))
    calls = []
    second = traced(
        records,
        done={key: Look.restored(tree) for key, tree in again.items()},
        on_look=lambda key, one: calls.append(key),
    )
    assert calls == []
    assert second.to_dict() == first.to_dict()


def test_saved_and_read_again(rise_and_fall, tmp_path):
    rise_and_fall.to_json(tmp_path / "t.json")
    again = fs.Trace.load(tmp_path / "t.json")
    assert again == rise_and_fall
    assert again.to_frame().equals(rise_and_fall.to_frame())


def test_groups_periods_and_members_too_few_are_named():
    records = history([0.5, 0.5], sizes=(12, 4))
    got = traced(records, within="side")
    assert [s.group for s in got.series] == ["all", "side = x"]
    (skipped,) = got.skipped
    assert skipped.name == "side = y"
    assert skipped.reason == (
        "at least 5 members are needed to look for blocs, here are never more than 4"
    )
    few = traced(records.select_items((pl.col("congress") == 80) | (pl.col("item") < "v0065")))
    assert [s.period for s in few.series[0].skipped] == ["81"]
    assert "at least 10 items are needed" in few.series[0].skipped[0].reason


def test_names_in_print_are_those_of_the_actors():
    got = traced(history([0.6]))
    inside = {a for p in got.series[0].periods for b in p.blocs for a in b.actors}
    assert set(got.actors) == inside


@pytest.mark.parametrize(
    ("options", "error", "words"),
    [
        ({"whole": False}, SettingError, "nothing to follow"),
        ({"seed": -1}, SettingError, "seed must be a whole number of 0 or more, got -1"),
        ({"workers": 0}, SettingError, "workers must be a whole number of 1 or more, got 0"),
        (
            {"workers": "two"},
            SettingError,
            "workers must be a whole number of 1 or more, got 'two'",
        ),
        ({"since": "1995"}, SettingError, "since must be a year, got '1995'"),
        ({"settings": {}}, SettingError, "settings must be SplitSettings, got dict"),
        ({"by": "week"}, DataError, "no item column 'week'"),
        ({"within": "party"}, DataError, "no actor column 'party'"),
        ({"mix": "question"}, DataError, "no item column 'question' to mix items by"),
    ],
)
def test_what_cannot_be_asked(options, error, words):
    with pytest.raises(error, match=words):
        traced(history([0.5]), **options)


def test_nothing_can_be_said_about_any_period():
    with pytest.raises(DataError, match="nothing can be said about any of 2 periods: at least 5"):
        traced(history([0.5, 0.5], sizes=(2, 2)))


def test_the_common_mix_by_hand():
    squared = np.array([0.01, 0.03, 0.40, np.nan])
    once = np.ones((1, 4), np.float32)
    of_item, common = np.array([0, 0, 1, 1]), np.array([0.75, 0.25])
    plain, mixed = depths(squared, once, of_item, common)
    assert plain[0] == pytest.approx(np.sqrt(0.44 / 3), abs=1e-6)
    assert mixed[0] == pytest.approx(np.sqrt(0.75 * 0.02 + 0.25 * 0.40), abs=1e-6)
    twice = np.array([[2, 0, 1, 0]], np.float32)
    plain, mixed = depths(squared, twice, of_item, common)
    assert plain[0] == pytest.approx(np.sqrt(0.42 / 3), abs=1e-6)
    assert mixed[0] == pytest.approx(np.sqrt(0.75 * 0.01 + 0.25 * 0.40), abs=1e-6)


def test_a_mix_that_is_not_covered_has_no_depth():
    once = np.ones((1, 2), np.float32)
    squared, of_item = np.array([0.04, 0.09]), np.array([0, 0])
    assert np.isnan(depths(squared, once, of_item, np.array([0.7, 0.3]))[1][0])
    assert depths(squared, once, of_item, np.array([0.9, 0.1]))[1][0] == pytest.approx(
        np.sqrt(0.065), abs=1e-6
    )


def test_two_of_ten_are_as_close_as_eight_of_ten():
    for yeas in range(1, 10):
        y = np.where(np.arange(10) < yeas, 1, -1)[:, None]
        table = pl.DataFrame({"item": ["a", "b"], "congress": [88, 88]})
        records = bodies.records(np.hstack([y, -y]), items=table)
        matrix = fs.Matrix.from_records(records)
        mix = item_mix(
            matrix.items, matrix.by_item, item_periods(matrix.items, "congress"), "closeness"
        )
        assert mix.of_item[0] == mix.of_item[1]


def test_a_mix_of_any_column_whatever_its_name():
    table = pl.DataFrame({"item": ["a", "b", "c"], "count": ["x", "y", "x"], "congress": [1, 1, 1]})
    mix = item_mix(table, None, item_periods(table, "congress"), "count")
    assert (mix.labels, mix.of_item.tolist()) == (("x", "y", "all others"), [0, 1, 0])


def test_a_mix_that_is_the_records_own_changes_nothing():
    records = history([0.5, 0.5], seed=3)
    matrix = fs.Matrix.from_records(records)
    periods = item_periods(matrix.items, "congress")
    mix = item_mix(matrix.items, matrix.by_item, periods, "closeness")
    assert mix.common.sum() == pytest.approx(1)
    rng = np.random.default_rng(1)
    squared, weights = rng.random(J), np.ones((1, J), np.float32)
    own = np.bincount(mix.of_item[:J], minlength=len(mix.common)) / J
    plain, mixed = depths(squared, weights, mix.of_item[:J], own)
    assert mixed == pytest.approx(plain, abs=1e-6)


def test_an_agenda_that_alone_has_changed_is_called_agenda():
    """The same people with the same gap on each sort of item; only the shares of the sorts move."""
    rng = np.random.default_rng(5)
    sizes, shares = (30, 30), (0.25, 0.75)
    tables, sort, congress = [], [], []
    for t, share in enumerate(shares):
        near, far = round(400 * (1 - share)), round(400 * share)
        tables += [bodies.camps(sizes, near, 0.1, rng)[0], bodies.camps(sizes, far, 0.7, rng)[0]]
        sort += ["near"] * near + ["far"] * far
        congress += [80 + t] * 400
    items = pl.DataFrame(
        {"item": [f"v{k:04}" for k in range(800)], "congress": congress, "sort": sort}
    )
    got = traced(bodies.records(np.hstack(tables), items=items), mix="sort")
    (step,) = got.series[0].changes
    expected = np.sqrt(0.75 * 0.7**2 + 0.25 * 0.01) - np.sqrt(0.25 * 0.7**2 + 0.75 * 0.01)
    # standard deviations of a depth here are about 0.02
    assert step.total.estimate == pytest.approx(expected, abs=0.06)
    assert step.agenda.estimate == pytest.approx(expected, abs=0.06)
    assert step.conversion.estimate == pytest.approx(0, abs=0.06)
    assert step.replacement.estimate == 0


def test_a_change_that_only_newcomers_make_is_called_replacement():
    """Those who stay stand 0.3 apart in both periods; those who come stand 0.7 apart."""
    rng = np.random.default_rng(6)
    side, direction = np.repeat([1, -1] * 3, 20), rng.choice([-1, 1], 400)
    gap = np.full((120, 400), 0.3)
    gap[80:] = 0.7
    yea = 0.5 + 0.5 * gap * side[:, None] * direction
    y = np.where(rng.random(yea.shape) < yea, 1, -1).astype(np.int8)
    y[40:80, 200:] = y[80:, :200] = 0
    items = pl.DataFrame(
        {
            "item": [f"v{k:04}" for k in range(400)],
            "congress": [80] * 200 + [81] * 200,
            "sort": ["all alike"] * 400,
        }
    )
    got = traced(bodies.records(y, items=items), mix="sort")
    (step,) = got.series[0].changes
    assert (step.n_stayed, step.n_left, step.n_came) == (40, 40, 40)
    assert step.agenda.estimate == pytest.approx(0, abs=1e-6)
    assert abs(step.conversion.estimate) < 0.1
    assert step.replacement.estimate > 0.05
    assert step.replacement.low <= step.replacement.estimate <= step.replacement.high


def test_ranks_on_the_common_mix_see_through_the_agenda():
    """The agenda alone makes the second period deeper: on a common mix it is hardly so."""
    rng = np.random.default_rng(5)
    tables, sort, congress = [], [], []
    for t, share in enumerate((0.3, 0.7, 0.3)):
        near, far = round(200 * (1 - share)), round(200 * share)
        tables += [bodies.camps((30, 30), near, 0.1, rng)[0]]
        tables += [bodies.camps((30, 30), far, 0.7, rng)[0]]
        sort += ["near"] * near + ["far"] * far
        congress += [80 + t] * 200
    items = pl.DataFrame(
        {"item": [f"v{k:04}" for k in range(600)], "congress": congress, "sort": sort}
    )
    got = traced(bodies.records(np.hstack(tables), items=items), mix="sort")
    (series,) = got.series
    assert series.rank.deepest[0].period == "81"
    assert series.rank.deepest[0].probability > 0.95
    assert series.rank_common.deepest[0].probability < 0.9
    mixed = got.on_common_mix().series[0].periods
    assert [p.depth for p in mixed] == [p.depth_common for p in series.periods]


def test_windows_and_ranks_that_cannot_be_had_are_remarked_on(rise_and_fall):
    (series,) = rise_and_fall.series
    assert series.windows is None
    assert series.remarks == (
        "No windows: windows need 5 or more periods that share no items, 'all' has 4.",
    )
    assert series.rank.n_periods == 4


def test_depths_that_could_not_be_measured_are_remarked_on_and_not_warned_of():
    """In three of six periods one member stands against all others, and there is no gap."""
    rng = np.random.default_rng(8)
    y = np.ones((12, 6 * J), np.int8)
    y[0, : 3 * J : 2] = -1
    y[:, 3 * J :] = bodies.camps((7, 5), 3 * J, 0.5, rng)[0]
    items = pl.DataFrame(
        {"item": [f"v{k:03}" for k in range(6 * J)], "congress": np.repeat(range(80, 86), J)}
    )
    (series,) = traced(bodies.records(y, items=items)).series
    assert [p.depth.high == 0 for p in series.periods] == [True] * 3 + [False] * 3
    assert series.windows is not None
    assert series.remarks[0] == (
        "Note: the draws of 3 of 6 periods of 'all' are all the same; their errors are taken to be "
        "that of the median period."
    )


@pytest.mark.parametrize(
    ("since", "words"),
    [(1953, "since=1953 leaves fewer than 2 of 2 periods; the last begins in 1949")],
)
def test_a_start_that_is_too_late_is_refused_at_once(since, words):
    with pytest.raises(DataError, match=words):
        traced(history([0.5, 0.5]), since=since)


def test_kinds_of_draws_follow_the_rules_of_the_verdict():
    got = traced(history([0.0, 0.7], sizes=(20, 15)))
    none, deep = got.series[0].periods
    assert set(none.draws.kind) == {"unity"}
    assert deep.draws.kind.count("split") / QUICK.draws == pytest.approx(deep.probability)


def test_a_period_in_which_no_two_blocs_meet_has_no_depth():
    """One member against all others: no bloc of two on the other side, so no gap to measure."""
    y = np.ones((6, 40), np.int8)
    y[0, 20:] = -1
    items = pl.DataFrame(
        {"item": [f"v{k:02}" for k in range(40)], "congress": [80] * 20 + [81] * 20}
    )
    got = traced(bodies.records(y, items=items))
    for p in got.series[0].periods:
        assert (p.depth.estimate, p.depth.low, p.depth.high) == (0, 0, 0)
        assert p.depth_common is None
    assert got.series[0].changes[0].total.estimate == 0


def test_rolling_periods_share_items_and_say_so():
    got = traced(history([0.5, 0.5], sizes=(12, 9)), by=60)
    assert got.series[0].overlap == 2
    assert len(got.series[0].periods) == 3


def test_draws_of_different_periods_are_independent():
    got = traced(history([0.5] * 2, sizes=(12, 9), seed=9))
    one, other = (np.array(p.draws.depth) for p in got.series[0].periods)
    # a correlation of 100 independent pairs has a standard deviation of 0.1
    assert abs(np.corrcoef(one, other)[0, 1]) < 0.35


@pytest.mark.real
@pytest.mark.compiled
def test_senate_democrats_of_the_civil_rights_years(real_data):
    from fissure.readers import read_voteview

    folder = real_data / "us_senate_070_119"
    records = read_voteview(
        folder / "votes.parquet", folder / "members.csv", folder / "rollcalls.csv.gz"
    ).select_actors("chamber", "Senate")
    records = records.select_items(pl.col("congress").is_in([88, 110]))
    got = fs.trace(records, by="congress", within="party", whole=False, bridge=False, workers=2)
    old, new = got.of("party = D").periods
    assert (old.verdict, new.verdict) == ("split", "no split")
    assert old.depth.estimate == pytest.approx(0.53, abs=0.02)
    assert sorted(b.size for b in old.blocs) == [22, 47]
    assert new.depth.estimate == pytest.approx(0.17, abs=0.02)
