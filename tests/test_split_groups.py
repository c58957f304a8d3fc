"""The split: groups, what is asked, tables, positions and sentences."""

from dataclasses import replace
from datetime import date, timedelta

import numpy as np
import polars as pl
import pytest

import bodies
from bodies import QUICK, one, rng
from fissure.errors import DataError, SettingError
from fissure.matrix import Matrix
from fissure.results import Interval
from fissure.split import SplitSettings, split
from fissure.split.preference import ASSUMPTION
from fissure.split.wording import sentence

# groups


def caucuses():
    y, _ = bodies.camps((12, 9, 4), 60, 0.6, rng(4))
    return y, ["R"] * 12 + ["D"] * 9 + ["I"] * 3 + [None]


def test_groups_within_a_column_by_size_and_those_too_small():
    y, party = caucuses()
    answer = split(bodies.records(y, party=party), within="party", settings=QUICK)
    assert [g.name for g in answer.groups] == ["all", "party = R", "party = D"]
    assert [(s.name, s.n_actors, s.reason) for s in answer.skipped] == [
        ("party = I", 3, "at least 5 members are needed to look for blocs, here are 3"),
        ("party is missing", 1, "at least 5 members are needed to look for blocs, here are 1"),
    ]
    assert sum(b.size for b in answer.groups[1].blocs) + len(answer.groups[1].defectors) == 12
    assert answer.groups[1].blocs[0].members[0].columns == {"party": "R"}
    assert repr(answer).splitlines()[-1] == (
        "party is missing: at least 5 members are needed to look for blocs, here are 1"
    )


def test_a_group_is_skipped_whose_members_were_hardly_there():
    y, party = caucuses()
    y[12:21, 8:] = 0
    y[12:17] = 0
    answer = split(bodies.records(y, party=party), within="party", settings=QUICK)
    assert (answer.skipped[0].name, answer.skipped[0].reason) == (
        "party = D", "at least 5 members are needed to look for blocs, here are 4",
    )  # fmt: skip


def test_presence_is_a_share_of_the_groups_own_items():
    senate, _ = bodies.camps((12, 9), 20, 0.6, rng(4))
    house, _ = bodies.camps((12, 9), 200, 0.6, rng(5))
    y = np.zeros((42, 220), np.int8)
    y[:21, :20], y[21:, 20:] = senate, house
    chamber = ["senate"] * 21 + ["house"] * 21
    r = bodies.records(y, chamber=chamber)
    answer = split(r, within="chamber", whole=False, settings=QUICK)
    assert {g.name: g.n_actors for g in answer.groups} == {
        "chamber = house": 21,
        "chamber = senate": 21,
    }


def test_a_groups_answer_does_not_depend_on_the_others():
    y, party = caucuses()
    r = bodies.records(y, party=party)
    every = {g.name: g for g in split(r, within="party", settings=QUICK).groups}
    alone = {g.name: g for g in split(r, within="party", whole=False, settings=QUICK).groups}
    whole = split(r, settings=QUICK).groups[0]
    assert every["all"] == whole
    assert every["party = R"] == alone["party = R"]
    assert every["party = D"] == alone["party = D"]


def test_the_same_seed_gives_the_same_and_another_does_not():
    y, _ = bodies.camps((12, 9), 60, 0.4, rng(4))
    r = bodies.records(y)
    assert split(r, settings=QUICK, seed=5) == split(r, settings=QUICK, seed=5)
    assert (
        split(r, settings=QUICK, seed=5).groups[0].null
        != split(r, settings=QUICK, seed=6).groups[0].null
    )


def test_records_and_their_matrix_agree():
    y, party = caucuses()
    r = bodies.records(y, party=party)
    of_records = split(r, within="party", settings=QUICK)
    of_matrix = split(Matrix.from_records(r), within="party", settings=QUICK)
    assert of_matrix.groups == of_records.groups
    assert of_matrix.skipped == of_records.skipped
    assert of_matrix.source["sha256"] == of_records.source["sha256"]


def test_finished_groups_are_taken_over_and_handed_on():
    y, party = caucuses()
    r = bodies.records(y, party=party)
    seen = []
    first = split(r, within="party", settings=QUICK, on_group=seen.append)
    assert tuple(seen) == first.groups
    marked = replace(first.groups[1], sentence="kept")
    stages, again = [], []
    second = split(
        r, within="party", settings=QUICK, done={"party = R": marked, "all": first.groups[0]},
        on_group=again.append, progress=lambda name, stage: stages.append((name, stage)),
    )  # fmt: skip
    assert [g.name for g in second.groups] == [g.name for g in first.groups]
    assert second.groups[1].sentence == "kept"
    assert second.groups[2] == first.groups[2]
    assert tuple(again) == second.groups
    assert {name for name, _ in stages} == {"party = D"}
    assert [stage for _, stage in stages] == [
        "finding blocs",
        "simulating records without blocs",
        "finding the smallest detectable depth",
        "fitting ideal points",
        "leaving out items and members",
    ]


def test_what_is_asked_must_be_there():
    y, party = caucuses()
    r = bodies.records(y, party=party)
    with pytest.raises(SettingError) as error:
        split(r, whole=False)
    assert str(error.value) == "nothing to look at: whole=False and no column given in within="
    with pytest.raises(SettingError) as error:
        split(r, seed=-1)
    assert str(error.value) == "seed must be a whole number of 0 or more, got -1"
    with pytest.raises(DataError) as error:
        split(r, within="state")
    assert str(error.value) == "no actor column 'state'; there are actor, party"


def test_nothing_can_be_looked_at():
    with pytest.raises(DataError) as error:
        split(bodies.records(bodies.draw(np.full((4, 30), 0.5), rng())), settings=QUICK)
    assert str(error.value) == (
        "no group could be looked at: all: at least 5 members are needed to look for blocs, here "
        "are "
        "4"
    )
    with pytest.raises(DataError) as error:
        split(bodies.records(bodies.draw(np.full((8, 9), 0.5), rng())), settings=QUICK)
    assert str(error.value) == (
        "no group could be looked at: all: at least 10 items are needed to look for blocs, here "
        "are 9"
    )
    with pytest.raises(DataError) as error:
        split(bodies.records(np.zeros((8, 20), np.int8)), settings=QUICK)
    assert str(error.value) == ("no usable choice in 'all': 160 choices, none of them yea or nay")


def test_a_column_of_any_name_can_be_looked_within():
    y, _ = bodies.camps((12, 9), 60, 0.5, rng(4))
    answer = split(bodies.records(y, count=["a"] * 12 + ["b"] * 9), within="count", settings=QUICK)
    assert [g.name for g in answer.groups] == ["all", "count = a", "count = b"]


def test_groups_have_names_of_their_own():
    y, _ = bodies.camps((12, 9), 60, 0.5, rng(4))
    column = ["missing"] * 12 + [None] * 9
    answer = split(bodies.records(y, party=column), within="party", settings=QUICK)
    assert len({g.name for g in answer.groups}) == 3


def test_columns_of_any_type_survive():
    y, _ = bodies.camps((12, 9), 60, 0.5, rng(4))
    assert one(y, committees=[["a", "b"]] * 21).n_actors == 21


# dates and titles


def test_items_carry_dates_and_titles_and_dates_their_blocks():
    y, _ = bodies.camps((12, 9), 40, 0.5, rng(4))
    days = [date(2003, 1, 1) + timedelta(days=9 * (39 - k)) for k in range(40)]
    table = pl.DataFrame(
        {
            "item": [f"v{k}" for k in range(40)],
            "date": days,
            "question": ["On Passage"] * 40,
            "description": [f"Bill {k}" if k % 2 else None for k in range(40)],
        }
    )
    g = one(y, items=table)
    by_id = {i.item: i for i in g.items}
    assert (by_id["v3"].date, by_id["v3"].title) == (str(days[3]), "Bill 3 · On Passage")
    assert by_id["v2"].title == "On Passage"
    assert [d.name for d in g.dates] == [f"2003-{m:02}" for m in range(1, 13)]
    assert sum(d.n_items for d in g.dates) == 40


def test_without_dates_the_order_of_the_file_is_told():
    y, _ = bodies.camps((12, 9), 40, 0.5, rng(4))
    g = one(y)
    assert [d.name for d in g.dates][:2] == ["items 1-4", "items 5-8"]
    assert {i.date for i in g.items} == {None}
    assert {i.title for i in g.items} == {""}


# the preference verdict


def preference(y, **settings):
    s = replace(QUICK, preference_draws=19, repeats=1, draws=100, power_draws=20, **settings)
    return one(y, s).preference


@pytest.mark.compiled
def test_two_peaks_of_positions():
    n, j, r = 60, 150, rng(9)
    x = np.where(np.arange(n) < 30, -1, 1) + 0.2 * r.standard_normal(n)
    y = bodies.draw(bodies.ndtr(1.5 * (x[:, None] - r.uniform(-1.6, 1.6, j))), r)
    p = preference(y)
    assert p.verdict == "split"
    assert p.gap > 3
    assert p.p_value == 0.05
    assert p.assumption == ASSUMPTION
    assert p.sentence == (
        f"Positions: two groups, {p.gap:.1f} within-group standard deviations apart; one group "
        "would "
        "look so in at most 5% of cases."
    )


@pytest.mark.compiled
def test_one_peak_of_positions():
    n, j, r = 60, 200, rng(9)
    x = r.standard_normal(n)
    y = bodies.draw(bodies.ndtr(1.5 * (x[:, None] - r.uniform(-1.6, 1.6, j))), r)
    p = preference(y)
    assert p.verdict != "split"
    assert p.p_value > 0.05
    words = {
        "no split": "Positions: one group explains the choices as well as two",
        "cannot tell": "Positions: these records cannot tell one group from two",
    }
    power = (
        "no gap between two groups up to 8 would have been found in 80 of 100 cases"
        if p.smallest_detectable_gap is None
        else f"a gap of {p.smallest_detectable_gap:g} would have been found in 80 of 100 cases"
    )
    assert p.sentence == f"{words[p.verdict]} (p = {p.p_value:.2f}); {power}."


# the sentence


def test_sentences_read_whole():
    s = SplitSettings()
    depth, middle = Interval(0.412, 0.35, 0.4649), Interval(0.10, 0.0, 0.2)
    between = Interval(0.04, 0.0, 0.1)

    def say(*head, p_value=0.01, smallest=0.3, mid=middle, probability=0.97):
        return sentence(*head, depth, mid, between, probability, p_value, smallest, s)

    stand = (
        "stand 0.41 apart in yea share (root mean square over all items, 95% interval 0.35 to 0.46)"
    )
    power = "a split 0.30 deep would have been found in 80 of 100 cases."
    assert say("split", "split", [30, 20], []) == (
        f"Split into two blocs of 30 and 20 members: the blocs {stand}; only 10% of members are in "
        "the middle; the criteria of a split hold in 97% of resampled records, and records without "
        f"blocs look as deep in at most 1%; {power}"
    )
    assert say("split", "fragments", [9, 8, 7, 6], [], mid=Interval(0.5, 0.4, 0.6)) == (
        f"Fragments into four blocs of 9, 8, 7 and 6 members: its two main blocs {stand}; only "
        "4% of "
        "members stand between the blocs; the criteria of a split hold in 97% of resampled "
        "records, "
        f"and records without blocs look as deep in at most 1%; {power}"
    )
    assert say("no split", "unity", [30, 20], [], p_value=0.6) == (
        f"No split but unity: blocs of 30 and 20 members {stand}; "
        "members who each choose independently, by their "
        "own "
        f"propensities, would look as deep in 60% of cases; {power}"
    )
    assert say("no split", "spectrum", [30, 20], [], probability=0.01) == (
        f"No split but a spectrum: blocs of 30 and 20 members {stand}; "
        "10% of members are in the middle; the "
        f"criteria of a split hold in 1% of resampled records; {power}"
    )
    assert say("no split", "defectors", [30], ["Ann", "Bob"], mid=None) == (
        f"No split but 2 defectors (Ann, Bob): the rest and they {stand}; {power}"
    )
    assert say("no split", "unity", [30], [], mid=None).startswith(
        f"No split but unity: members {stand};"
    )
    shallow = Interval(0.0, 0.0, 0.1)
    aside = sentence("no split", "defectors", [30], ["Ann"], shallow, None, None, 0, 0.3, 0.3, s)
    assert aside.startswith("No split but a lone defector (Ann): the rest stand 0.00 apart")
    assert say("cannot tell", "defectors", [30], ["Ann"], p_value=0.3, smallest=None) == (
        f"These records cannot tell a split from a lone defector (Ann): the rest and they {stand}; "
        "members who each choose independently, by their own propensities, would look as deep in "
        "30% of cases; no split of whatever depth would have been found in 80 of 100 cases in "
        "these records."
    )
    assert say("split", "split", [30, 20], [], smallest=None).endswith(
        "; a much shallower one might have been missed."
    )
    assert say("split", "split", [30, 20], [], smallest=0.5).endswith(
        "; one less than 0.50 deep might have been missed."
    )
    assert say("cannot tell", "spectrum", [30, 20], [], smallest=0.5).endswith(
        "; only a split 0.50 deep would have been found in 80 of 100 cases."
    )


def test_a_group_counts_its_own_absences():
    y, party = caucuses()
    y = y.copy()
    own = np.array([p == "R" for p in party])
    y[np.flatnonzero(own)[0], :7] = 0
    answer = split(bodies.records(y, party=party), within="party", settings=QUICK)
    absent = {g.name: g.dropped["choices"].get("absent", 0) for g in answer.groups}
    assert absent["all"] == np.count_nonzero(y == 0)
    assert absent["party = R"] == np.count_nonzero(y[own] == 0) >= 7
