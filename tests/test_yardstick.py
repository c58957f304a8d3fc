"""The bundled series of the US Congress, and where a new measure stands on it."""

import json
from importlib.resources import files

import polars as pl
import pytest

import fissure as fs
from fake_split import fake_split
from fake_trace import trace_of
from fissure.errors import DataError, SettingError
from fissure.results import Interval


def exactly(depth):
    return Interval(depth, depth, depth)


def test_every_congress_of_the_senate_is_there_as_a_whole_and_by_party():
    table = fs.yardstick()
    senate = table.filter(chamber="Senate")
    assert senate["congress"].unique().sort().to_list() == list(range(70, 120))
    for group in ("all", "party = D", "party = R"):
        assert senate.filter(group=group).height == 50
    assert (table["year"] == 1787 + 2 * table["congress"]).all()
    assert set(table.filter(chamber="House")["congress"]) >= {91, 105, 110, 119}


def test_its_numbers_hang_together():
    table = fs.yardstick()
    assert ((table["low"] <= table["depth"]) & (table["depth"] <= table["high"])).all()
    assert table["depth"].is_between(0, 1).all()
    assert set(table["verdict"]) <= {"split", "no split", "cannot tell"}
    split = table.filter(verdict="split")
    assert (split["depth"] >= fs.SplitSettings().min_depth).all()
    sizes = split["blocs"].str.split(" ").list.eval(pl.element().cast(pl.Int64)).list.sum()
    assert (sizes <= split["n_actors"]).all()


def test_it_says_where_it_comes_from():
    folder = files("fissure.datasets") / "data" / "yardstick"
    told = json.loads((folder / "provenance.json").read_text(encoding="utf-8"))
    for chamber in ("Senate", "House"):
        assert len(told[chamber]["sha256"]) == 64
        assert "Voteview" in told[chamber]["citation"]
        assert told[chamber]["settings"]["by"] == "congress"


def test_changing_what_was_given_changes_nothing():
    table = fs.yardstick()
    table[0, "depth"] = 9.0
    assert fs.yardstick()["depth"].max() <= 1


def test_the_ends_of_the_yardstick():
    most = fs.place(exactly(1.0), body="party", since=1945)
    assert (most.deeper_than.estimate, most.deeper_than.low) == (1.0, 1.0)
    assert most.n == 2 * 41
    assert most.sentence == (
        "Deeper than 100% (95% interval 100% to 100%) of the 82 party caucuses in the US Senate "
        "since 1945, by Congress."
    )
    assert fs.place(exactly(0.0), body="whole body").deeper_than.estimate == 0.0


def test_a_body_of_the_yardstick_stands_at_its_own_place():
    table = fs.yardstick().filter(chamber="Senate", group="all").filter(pl.col("year") >= 1945)
    middle = table.sort("depth").row(20, named=True)
    got = fs.place(Interval(middle["depth"], middle["low"], middle["high"]), body="whole body")
    assert got.n == 41
    assert got.deeper_than.estimate == pytest.approx(20 / 41)
    assert got.deeper_than.low < 20 / 41 < got.deeper_than.high
    assert got.nearest[0] == f"Senate, all, {middle['congress']} ({middle['year']})"


def test_a_group_is_held_against_its_like():
    whole, party = fake_split(20, 20, 2).groups[:2]
    assert fs.place(whole).body == "whole body"
    assert fs.place(party).body == "party"
    assert fs.place(party, chamber="both", since=2025).chamber == "both"
    with pytest.raises(DataError, match="say what to hold it against"):
        fs.place(exactly(0.5))


@pytest.mark.parametrize(
    ("options", "words"),
    [
        ({"body": "club"}, "body must be 'whole body' or 'party', got 'club'"),
        ({"chamber": "Lords"}, "chamber must be Senate, House or both, got 'Lords'"),
        ({"since": "1945"}, "since must be a year as a whole number, got '1945'"),
        ({"seed": -1}, "seed must be a whole number of 0 or more, got -1"),
        ({"since": 2031}, "the yardstick has nothing since 2031; it ends in 2025"),
    ],
)
def test_what_cannot_be_asked(options, words):
    with pytest.raises(SettingError, match=words):
        fs.place(exactly(0.5), **{"body": "party", **options})


@pytest.mark.parametrize(
    ("what", "words"),
    [
        (0.4, "what is placed must be a group of an answer, a period .* an Interval, got 0.4"),
        (exactly(float("nan")), "a depth must be three finite numbers, got Interval"),
    ],
)
def test_what_has_no_place(what, words):
    with pytest.raises(SettingError, match=words):
        fs.place(what, body="party")


def senate(group):
    """A series of the Senate as a trace."""
    table = fs.yardstick().filter(chamber="Senate", group=group)
    return trace_of(
        table["depth"].to_numpy(),
        table["sd"].to_numpy(),
        years=table["year"].to_list(),
        labels=[str(c) for c in table["congress"]],
    )


@pytest.mark.compiled
def test_the_north_south_division_is_deepest_in_the_civil_rights_years():
    rank = fs.rank(senate("party = D"), since=1945)
    assert rank.n_periods == 41
    assert rank.deepest[0].period == "88"
    assert sum(c.probability for c in rank.deepest[:3]) > 0.95
    assert {c.period for c in rank.deepest[:3]} == {"87", "88", "89"}
    found = fs.windows(senate("party = D"))
    around = {c.period: c.probability for c in found.open}
    assert around["88"] > 0.4 > 0.05 > around["110"]
    assert found.p_open_now < 0.05


@pytest.mark.compiled
def test_the_whole_senate_has_come_apart_since_the_1990s():
    found = fs.windows(senate("all"))
    assert found.p_open_now > 0.95
    (window,) = found.windows
    assert window.closed is None
    assert 1990 <= window.opened.year.low <= window.opened.year.high <= 2015
    assert fs.rank(senate("all"), since=1945).deepest[0].period == "119"
