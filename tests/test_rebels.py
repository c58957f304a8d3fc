"""Rebels: who they are, from which end they come, and that both parties are spoken of alike."""

import dataclasses
import re

import numpy as np
import polars as pl
import pytest

import bodies
from fissure.errors import DataError, SettingError
from fissure.models.unfolding import Unfolding
from fissure.results import Interval, ModelScore, Rebel, Rebels
from fissure.results.base import build, plain
from fissure.unknowns.rebels import RebelSettings, camp_thirds, camps_of, dissent, rebels
from fissure.unknowns.rebels_words import sentence
from test_unfolding import protest

compiled = pytest.mark.compiled
PARTY = ["L"] * 30 + ["R"] * 30
#: Rebels are at most a tenth of a camp: three of 30.
SETTINGS = RebelSettings(most=3, model=Unfolding(rounds=1))


# who is a rebel


def test_dissent_counts_choices_against_the_own_camp():
    y = np.array(
        [[1, 1, 1, 0], [1, 1, -1, 1], [1, -1, -1, 1], [-1, -1, 1, 1], [-1, 1, 1, 0]], np.int8
    )
    camp = np.array([0, 0, 0, 1, 1])
    # camp 0 wants yea, yea, nay, yea; camp 1 nay, nothing (1 to 1), yea, yea
    np.testing.assert_allclose(dissent(y, camp), [1 / 3, 0, 1 / 4, 0, 0])
    # an actor of no camp dissents from nothing
    assert dissent(y, np.array([-1, 0, 0, 1, 1]))[0] == 0.0


def test_camps_are_parties_of_five_or_blocs_or_all():
    y = np.ones((13, 3), np.int8)
    party = ["b"] * 5 + ["a"] * 6 + ["c"] * 2
    made = bodies.matrix(y, party=party)
    names, camp = camps_of(made, None, "party")
    assert names == ["party = a", "party = b"]
    assert camp.tolist() == [1] * 5 + [0] * 6 + [-1] * 2
    assert camps_of(made, None, None)[0] == ["all"]
    # one party alone is no two camps
    alone = bodies.matrix(y, party=["a"] * 13)
    assert camps_of(alone, None, "party")[0] == ["all"]


@compiled
def test_the_blocs_of_a_split_are_camps_and_a_defector_goes_where_it_sides():
    y, _ = bodies.camps((12, 8), 60, 0.7, bodies.rng(2))
    group = bodies.one(y)
    assert group.verdict == "split"
    names, camp = camps_of(bodies.matrix(y), group, None)
    assert names == ["bloc A", "bloc B"]
    assert camp.tolist() == [0] * 12 + [1] * 8
    last = dataclasses.replace(group.blocs[1].members[-1], siding=0.9)
    group = dataclasses.replace(
        group,
        blocs=(
            group.blocs[0],
            dataclasses.replace(group.blocs[1], members=group.blocs[1].members[:-1]),
        ),
        defectors=(last,),
    )
    camp = camps_of(bodies.matrix(y), group, None)[1]
    assert camp[bodies.matrix(y).actors["actor"].to_list().index(last.actor)] == 0


class Fit:
    """What :func:`camp_thirds` looks at: six cells, and who is where on them."""

    def __init__(self, *rows):
        self.places = np.array(rows, float)
        self.positions = self.places @ np.arange(6)


def test_the_thirds_of_a_camp_worked_by_hand():
    upper = [0, 0, 0, 1 / 3, 1 / 3, 1 / 3]
    lower = [1 / 2, 1 / 2, 0, 0, 0, 0]
    fit, camp = Fit(lower, upper), np.array([0, 1])
    protester, centrist = camp_thirds(fit, camp, 1)
    np.testing.assert_allclose(protester, [0, 0, 0, 0, 0, 1], atol=1e-9)
    np.testing.assert_allclose(centrist, [1, 1, 1, 1, 0, 0], atol=1e-9)
    # of two cells a third is two thirds of one of them
    protester, centrist = camp_thirds(fit, camp, 0)
    np.testing.assert_allclose(protester, [2 / 3, 0, 0, 0, 0, 0], atol=1e-9)
    np.testing.assert_allclose(centrist, [0, 2 / 3, 1, 1, 1, 1], atol=1e-9)
    # alone, both ends are ends
    protester, centrist = camp_thirds(Fit([1 / 6] * 6), np.array([0]), 0)
    np.testing.assert_allclose(protester, [1, 0, 0, 0, 0, 1], atol=1e-9)
    np.testing.assert_allclose(centrist, [0, 0, 1, 1, 0, 0], atol=1e-9)


# the whole


@pytest.fixture(scope="module")
def found():
    y, _, lines = protest()
    return y, lines, rebels(bodies.matrix(y, party=PARTY), within="party", settings=SETTINGS)


@compiled
def test_protesters_are_told_from_centrists(found):
    _, lines, answer = found
    mine = [r for r in answer.rebels if r.camp == "party = R"]
    assert {r.actor for r in mine} == {"m57", "m58", "m59"}
    for r in mine:
        assert r.p_protester > 0.95
        assert r.p_centrist < 0.02
        assert r.dissent > 1.5 * r.usual
        # the items that say so are those on which they stood against their camp, on either side
        assert all(i.evidence > 0 for i in r.items)
        assert sum(i.against_camp for i in r.items) >= 4
    ends = {int(i.item[1:]) for i in answer.items}
    assert len(ends & set(lines.tolist())) >= 0.9 * len(lines)
    assert answer.compare.gain.high > 0
    assert "at the end of their own camp" in answer.sentence


@compiled
def test_centrists_are_told_from_protesters():
    y, _, _ = protest(at_end=False)
    answer = rebels(bodies.matrix(y, party=PARTY), within="party", settings=SETTINGS)
    mine = [r for r in answer.rebels if r.camp == "party = R"]
    assert {r.actor for r in mine} == {"m57", "m58", "m59"}
    assert min(r.p_centrist for r in mine) > 0.95
    assert max(r.p_protester for r in mine) < 0.02
    assert all(r.items[0].evidence < 0 for r in mine)


@compiled
def test_a_mirrored_body_gets_the_mirrored_answer_word_for_word(found):
    y, _, answer = found
    other = {"L": "R", "R": "L"}
    swapped = bodies.matrix(-y, party=[other[p] for p in PARTY])
    mirror = rebels(swapped, within="party", settings=SETTINGS)
    by_camp = {r.actor: r for r in mirror.rebels}
    for r in answer.rebels:
        m = by_camp[r.actor]
        assert m.camp == f"party = {other[r.camp[-1]]}"
        assert m.p_protester == pytest.approx(r.p_protester, abs=1e-3)
        assert m.p_centrist == pytest.approx(r.p_centrist, abs=1e-3)
        assert {i.choice for i in m.items} <= {"yea", "nay"}
    assert mirror.compare.gain.estimate == pytest.approx(answer.compare.gain.estimate, abs=1e-4)
    # camps of one size are named in the order of the alphabet; the words are the same
    words = [set(re.findall(r"[\w-]+", a.sentence)) for a in (answer, mirror)]
    assert words[0] == words[1]


@compiled
def test_an_answer_survives_being_saved_and_shows_itself(found):
    answer = found[2]
    assert build(Rebels, plain(answer)) == answer
    frame = answer.to_frame()
    assert frame["p_protester"].to_list() == [r.p_protester for r in answer.rebels]
    assert repr(answer) == f"all: {answer.sentence}"
    assert isinstance(frame, pl.DataFrame)


# words and refusals


def one(name, outer, inner):
    at = Interval(0.0, -1.0, 1.0)
    return Rebel(name, name, "c", 0.3, 0.1, outer, inner, at, at, ())


def score(low, high):
    return ModelScore(100, -0.3, -0.3, Interval((low + high) / 2, low, high))


def test_the_sentence_says_who_where_and_which_model():
    people = [one("a", 0.9, 0.05), one("b", 0.1, 0.85), one("c", 0.5, 0.3)]
    assert sentence(people, 12, 90, score(0.01, 0.02), True) == (
        "Of 3 members who dissent most, as far as a model with ends against the middle can tell, "
        "a stands at the end of their own camp; b stands towards the other camp; of c these "
        "records cannot tell. On 12 of 90 items both ends probably stood against the middle, and "
        "the model that allows for it foretells hidden choices better than the simple one."
    )
    alone = sentence(people[2:], 12, 90, score(0.01, 0.02), True)
    assert alone.startswith("Of 1 member who dissents most, as far as")
    said = sentence([], 0, 90, score(-0.01, 0.01), False)
    assert said.startswith("Nobody dissents much more often than the others. On 0 of 90 items")
    assert said.endswith("cannot be told.")
    assert "prefer the simple one" in sentence([], 3, 90, score(-0.02, -0.01), True)
    assert "a, b, c, d and 2 more stand" in sentence(
        [one(n, 0.9, 0.0) for n in "abcdef"], 3, 90, score(0, 1), True
    )


@pytest.mark.parametrize(
    ("setting", "message"),
    [
        ({"quantile": 0.3}, "quantile must be 0.5 to below 1, got 0.3"),
        ({"times": 0.9}, "times must be 1 or more, got 0.9"),
        ({"most": 0}, "most must be 1 or more, got 0"),
        ({"held_out": 0.6}, "held_out must be above 0 to 0.5, got 0.6"),
    ],
)
def test_settings_outside_their_range_are_refused(setting, message):
    with pytest.raises(SettingError, match=f"^{message}$"):
        RebelSettings(**setting)


def test_a_unanimous_group_has_no_rebels_to_look_for():
    with pytest.raises(DataError, match="every one of the 4 items was unanimous"):
        rebels(bodies.matrix(np.ones((6, 4), np.int8)))
