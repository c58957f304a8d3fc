"""All of Q2 for the groups of a verdict: parts, order, what is refused, and what survives."""

import re
from dataclasses import replace

import polars as pl
import pytest

import fissure as fs
from bodies import QUICK, camps, records, rng
from fissure.errors import DataError, SettingError
from fissure.matrix import Matrix
from fissure.results import Split
from fissure.unknowns.examine import PARTS, _remarks

N, ITEMS = 20, 60


@pytest.fixture(scope="module")
def body():
    y = camps((12, 8), ITEMS, 0.6, rng(3), missing=0.05)[0]
    return records(y, party=["X"] * 11 + ["Y"] * 9)


@pytest.fixture(scope="module")
def answer(body):
    return fs.split(body, settings=QUICK)


@pytest.mark.compiled
def test_every_part_is_there_and_survives_saving(body, answer, tmp_path):
    told, done = [], []
    found = fs.unknowns(
        body, answer, workers=1,
        progress=lambda group, stage: told.append(stage), on_group=done.append,
    )  # fmt: skip
    (group,) = found.groups
    u = group.unknowns
    assert len(told) == len(PARTS)
    assert done == [group]
    assert u.remarks == ()
    parts = (u.chances, u.sampled, u.detectable, u.absence, u.hidden, u.rebels, u.blocs)
    assert all(part.sentence for part in parts)
    assert u.pressure is None  # nothing was asked about within a column
    assert u.absence.is_known
    found.to_json(tmp_path / "r.json")
    assert Split.load(tmp_path / "r.json") == found
    assert replace(group, unknowns=None).sentence == answer.groups[0].sentence
    assert fs.report(found).count("How sure, and what we cannot know") == 2


@pytest.mark.compiled
def test_positions_are_then_those_of_the_draws(body, answer):
    found = fs.unknowns(body, answer, parts=("positions",), workers=1).groups[0]
    before, after = (
        {m.actor: m.position for b in g.blocs for m in b.members} for g in (answer.groups[0], found)
    )
    assert all(after[a] != before[a] for a in before)
    # a posterior mean and a mode of twenty members on sixty items: near, and not the same
    assert all(abs(after[a].estimate - before[a].estimate) < 0.5 for a in before)
    assert all(at.low < at.estimate < at.high for at in after.values())


@pytest.mark.compiled
def test_the_answer_does_not_depend_on_the_number_of_processes(body, answer):
    parts = ("chances", "hidden")
    one, two = (fs.unknowns(body, answer, parts=parts, workers=k) for k in (1, 2))
    assert one == two


@pytest.mark.compiled
def test_a_matrix_will_do_but_does_not_know_why_choices_are_missing(body, answer):
    found = fs.unknowns(Matrix.from_records(body), answer, parts=("hidden",), workers=1)
    assert not found.groups[0].unknowns.absence.is_known


def test_groups_that_are_done_are_taken_over(body, answer):
    kept = replace(answer.groups[0], remarks=("kept",))
    assert fs.unknowns(body, answer, done={"all": kept}, workers=1).groups == (kept,)


@pytest.mark.parametrize(
    ("wrong", "kind", "words"),
    [
        ({"parts": ("moods",)}, SettingError, f"parts must be among {', '.join(PARTS)}, got 'mo"),
        ({"workers": 0}, SettingError, "workers must be a whole number of 1 or more, got 0"),
    ],
)  # fmt: skip
def test_what_cannot_be_asked_is_refused(body, answer, wrong, kind, words):
    with pytest.raises(kind, match=re.escape(words)):
        fs.unknowns(body, answer, **wrong)


def test_an_answer_about_other_records_is_refused(body, answer):
    fewer = body.select_actors(pl.col("actor") != "m00")
    words = f"'all' has 20 actors and {ITEMS} items in the answer, and 19 and {ITEMS}"
    with pytest.raises(DataError, match=re.escape(words)):
        fs.unknowns(fewer, answer, parts=("chances",), workers=1)
    other = replace(answer, groups=(replace(answer.groups[0], name="party = Z"),))
    with pytest.raises(DataError, match="'party = Z', which these records do not have"):
        fs.unknowns(body, other, parts=("chances",), workers=1)


@pytest.mark.compiled
def test_a_mirrored_input_gives_the_same_answer(body, answer):
    y = camps((12, 8), ITEMS, 0.6, rng(3), missing=0.05)[0]
    mirrored = records(-y, party=["X"] * 11 + ["Y"] * 9)
    parts = ("chances", "positions", "detectable", "rivals")
    one, two = (
        fs.unknowns(data, fs.split(data, settings=QUICK), parts=parts, workers=1).groups[0]
        for data in (body, mirrored)
    )
    words = {"yea": "nay", "nay": "yea"}
    rebels = replace(
        two.unknowns.rebels,
        items=tuple(replace(i, middle=words[i.middle]) for i in two.unknowns.rebels.items),
        rebels=tuple(
            replace(r, items=tuple(replace(i, choice=words[i.choice]) for i in r.items))
            for r in two.unknowns.rebels.rebels
        ),
    )
    assert replace(two.unknowns, rebels=rebels) == one.unknowns
    assert [m.position for b in two.blocs for m in b.members] == [
        m.position for b in one.blocs for m in b.members
    ]


@pytest.mark.compiled
def test_party_pressure_that_cannot_be_had_is_told():
    y = camps((12, 8), ITEMS, 0.6, rng(3))[0]
    data = records(y, party=["X"] * 17 + ["Y"] * 3)
    found = fs.unknowns(data, fs.split(data, within="party", settings=QUICK), parts=("rivals",))
    assert found.groups[0].unknowns.pressure is None
    assert found.groups[0].unknowns.remarks == (
        "No model of party pressure: party pressure needs two parties of 5 members or more in "
        "'party', here are 1.",
    )


def test_one_reason_is_told_once():
    assert _remarks({"drawn": "no line", "hidden": "no vote.", "blocs": "no line"}) == (
        "No posterior draws of positions, no number of blocs beyond one line: no line.",
        "What votes may hide is unknown: no vote.",
    )


def test_what_is_no_answer_is_refused(body):
    with pytest.raises(SettingError) as error:
        fs.unknowns(body, 4)
    assert str(error.value) == "answer must be what fissure.split gave, got int"
