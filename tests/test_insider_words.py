"""What ``fs.insider`` says: which word is changed into which, and where numbers have a limit."""

from dataclasses import replace

import numpy as np
import pytest

import fissure as fs
from fake_split import fake_split
from fissure.errors import SettingError
from fissure.results import Null
from fissure.results.insider import Range
from fissure.unknowns.insider_words import number, probability
from fissure.unknowns.testimony import law

GOOD = {"sensitivity": 0.8, "false_alarm": 0.2}
RANGED = {"sensitivity": (0.6, 0.9), "false_alarm": (0.1, 0.3)}


def answer(p_split, verdict="cannot tell", **seen):
    """A made-up group whose worlds say so much."""
    made = fake_split(20, 40, 1).groups[0]
    chances = replace(made.unknowns.chances, p_split=p_split, **seen)
    return replace(
        made, verdict=verdict, null=Null((0.1,), 0.01), smallest_detectable_depth=0.3,
        unknowns=replace(made.unknowns, chances=chances),
    )  # fmt: skip


# -- which verdict ---------------------------------------------------------------------------------


def test_a_probability_and_a_verdict_that_differ_are_told_apart():
    said = fs.insider(answer(0.97), "split", **GOOD).sentence
    assert said.startswith(
        "Before any insider a split has probability 0.97 (split), as read from records whose "
        'verdict is cannot tell; after 1 informant says "split" it is more than 0.99 (split, as '
        "before). The verdict of the records is open all the same, since it asks that the criteria "
        "of a split hold in 95% of resampled records. That word counts 4.00 to 1. The probability "
        'says "split" already, and no word for it can change that. '
    )
    low = fs.insider(answer(0.04), "split", **GOOD).sentence
    assert (
        "is open all the same, since it asks that the criteria of a split hold in no more than 5% "
        'of resampled records. That word counts 4.00 to 1. To make "no split" into "cannot tell" a '
        'word for "split" must count at least 1.3 to 1.'
    ) in low


@pytest.mark.parametrize(
    ("verdict", "why"),
    [
        (
            "split",
            'The verdict of the records is "split" all the same, since it asks no more than that '
            "the criteria of a split hold in 95% of resampled records, and that records without "
            "blocs look as deep in at most 5%.",
        ),
        (
            "no split",
            'The verdict of the records is "no split" all the same, since it asks no more than '
            "that a clear split would have been found in 80 of 100 cases, and that the criteria "
            "of a split hold in no more than 5% of resampled records.",
        ),
        ("cannot tell", ""),
    ],
)
def test_a_verdict_beside_an_open_probability_is_explained(verdict, why):
    said = fs.insider(answer(0.5, verdict), "split", **GOOD).sentence
    assert why in said
    assert ("all the same" in said) == bool(why)


def test_no_split_is_explained_by_the_part_of_the_rule_that_holds():
    group = answer(0.5, "no split")
    shallow = replace(group, null=Null((0.1,), 0.2))
    few = replace(group, kind="defectors", blocs=group.blocs[:1])
    for made, why in (
        (shallow, "records without blocs look as deep in more than 5%."),
        (few, "the smaller bloc is no more than a handful."),
    ):
        said = fs.insider(made, "split", **GOOD).sentence
        assert f"been found in 80 of 100 cases, and that {why} That word" in said


def test_a_probability_of_ones_own_is_not_held_against_the_records():
    assert "all the same" not in fs.insider(answer(0.97), "split", **GOOD, prior=0.3).sentence


@pytest.mark.parametrize(
    ("prior", "says", "change"),
    [
        (0.3, "split", 'To make "cannot tell" into "split" a word for "split" must count at least'),
        (0.3, None, 'To make "cannot tell" into "no split" a word for "no split" must count at'),
        (0.7, None, 'To make "cannot tell" into "split" a word for "split" must count at least'),
        (0.5, None, 'To make "cannot tell" into another word a word must count at least 19.0 to 1'),
        (0.97, None, 'To make "split" into "cannot tell" a word for "no split" must count at'),
        (0.03, None, 'To make "no split" into "cannot tell" a word for "split" must count at'),
    ],
)
def test_the_change_is_named(prior, says, change):
    assert change in fs.insider(prior, says, **GOOD).sentence


@pytest.mark.parametrize(
    ("prior", "says", "weight"),
    [
        (
            0.97,
            "split",
            "it is 0.89 (cannot tell). That word counts 0.25 to 1 and so speaks for the "
            'contrary, 4.00 to 1 for "no split". To make "split" into "cannot tell" a word for "no '
            'split" must count at least 1.7 to 1. Before',
        ),
        (
            0.3,
            "split",
            'That word counts 0.25 to 1 and so speaks for the contrary, 4.00 to 1 for "no '
            'split". To make "cannot tell" into "no split" a word for "no split" must count at '
            "least 8.1 to 1. ",
        ),
        (
            0.97,
            "no split",
            'for "split". The probability says "split" already, and no word for it can change '
            "that.",
        ),
    ],
)
def test_a_word_for_its_contrary_is_judged_by_what_it_speaks_for(prior, says, weight):
    assert weight in fs.insider(prior, says, sensitivity=0.2, false_alarm=0.8).sentence


@pytest.mark.parametrize("prior", [0.03, 0.3, 0.97])
@pytest.mark.parametrize(("word", "other"), [("split", "no split"), ("no split", "split")])
def test_a_word_for_its_contrary_needs_what_the_contrary_needs(prior, word, other):
    turned = {"sensitivity": 0.2, "false_alarm": 0.8}
    ours, theirs = fs.insider(prior, word, **turned), fs.insider(prior, other, **GOOD)
    assert ours.posterior == pytest.approx(theirs.posterior)
    assert ours.credibility == pytest.approx(1 / theirs.credibility)
    assert ours.credibility_needed == pytest.approx(theirs.credibility_needed)
    assert ours.informants_needed == theirs.informants_needed
    if ours.verdict_after != ours.verdict_before:
        assert 1 / ours.credibility >= ours.credibility_needed
    if ours.informants_needed is not None:
        many = fs.insider(prior, word, **turned, n=ours.informants_needed)
        assert many.verdict_after != many.verdict_before


def test_a_word_that_may_speak_for_either_can_change_a_probability_of_its_own():
    said = fs.insider(0.97, "split", sensitivity=(0.2, 0.9), false_alarm=0.4)
    assert said.verdict_after == "cannot tell"
    assert 'into "cannot tell" a word for "no split" must count at least 1.7 to 1.' in said.sentence
    edge = fs.insider(0.97, "split", sensitivity=(0.2, 0.4), false_alarm=0.4).sentence
    assert 'speaks for the contrary, between 1.00 and 2.00 to 1 for "no split". To make' in edge
    never = fs.insider(0.97, "split", sensitivity=0.0, false_alarm=0.4).sentence
    assert 'counts 0.00 to 1 and so speaks for the contrary. To make "split" into' in never


# -- the limit of the worlds -----------------------------------------------------------------------


def test_what_the_worlds_cannot_be_surer_of_is_said_on_both_sides():
    high, low = (
        fs.insider(answer(p, v), word, **GOOD)
        for p, v, word in (
            (201 / 202, "split", "no split"), (1 / 202, "no split", "split"),
        )
    )  # fmt: skip
    ends = "must count at least 10.6 to 1, and perhaps more (the worlds drawn can say no more)."
    assert f'To make "split" into "cannot tell" a word for "no split" {ends}' in high.sentence
    assert f'To make "no split" into "cannot tell" a word for "split" {ends}' in low.sentence
    sure = "200 worlds can be no surer than 1 in 202, and here they are as sure as that: the "
    assert high.assumptions[2] == (
        f'{sure}probability may be nearer to 1, and a word for "no split" may have to count more.'
    )
    assert low.assumptions[2] == (
        f'{sure}probability may be nearer to 0, and a word for "split" may have to count more.'
    )
    assert "at least 201 times likelier with a split" in high.assumptions[1]
    assert "at least 201 times likelier without a split" in low.assumptions[1]
    # from a rare split the way to the word is shorter if the records say more than they could
    rare = fs.insider(answer(201 / 202, "split"), "split", **GOOD, base_rate=0.001).sentence
    assert "and perhaps less (the worlds drawn can say no more)." in rare
    inside = fs.insider(answer(0.97, "split"), "no split", **GOOD)
    assert "worlds drawn can" not in inside.sentence
    assert not any("no surer" in a for a in inside.assumptions)


def test_how_far_the_number_of_worlds_leaves_it_open_is_said():
    said = fs.insider(answer(0.97, p_low=0.9, p_high=0.993), "split", **GOOD).assumptions[1]
    assert (
        "there it is 0.50 before the records and 0.97 after them (95% interval by the number of "
        "worlds, 200: 0.90 to more than 0.99); so"
    ) in said


def test_the_probability_before_the_records_is_printed_alike_everywhere():
    said = fs.insider(answer(0.97, prior=0.545), "split", **GOOD).assumptions
    assert said[0] == "Before the records a split had probability 0.55."
    own = fs.insider(answer(0.97, prior=0.545), "split", **GOOD, base_rate=0.125).assumptions
    assert own[0] == "Before the records a split had probability 0.125."


# -- informants who differ -------------------------------------------------------------------------


def test_agreement_that_lowers_the_credibility_is_told():
    people = [fs.Informant(0.9, 0.1, "split"), fs.Informant(0.6, 0.4, "split")]
    turned = [fs.Informant(0.9, 0.1, "no split"), fs.Informant(0.6, 0.4, "no split")]
    told = (
        "All say the same, and yet they {}count for less than the best of them would alone: as "
        "they share an account, the others {} likelier to say so too if the best is wrong than "
        "if the best is right."
    )
    for rho, counts in ((0.0, 13.5), (0.5, 57 / 7), (0.9, 6.319), (1.0, 6.0)):
        for panel in (people, turned):
            said = fs.insider(0.5, informants=panel, correlation=rho)
            assert said.credibility == pytest.approx(counts, abs=1e-3)
            assert (told.format("", "are") in said.assumptions) == (counts < 9)
    ranged = fs.insider(0.5, informants=people, correlation=(0.0, 1.0))
    assert told.format("may ", "may be") in ranged.assumptions


def test_what_is_told_of_agreement_is_true_where_the_others_err_less_often():
    best, other = (0.9, 0.1), (0.3, 0.08)
    people = [fs.Informant(*v, "split") for v in (best, other)]
    said = fs.insider(0.3, informants=people, correlation=1.0)
    told = next(a for a in said.assumptions if a.startswith("All say the same"))
    assert "likelier to say so too if the best is wrong than if the best is right" in told
    # the other says "split" less often than the best where there is none, and agrees all the same
    right, wrong = (
        law(np.array([[best[k], other[k]]]), np.ones(1), np.array([[True, True]]))[0, 0] / best[k]
        for k in (0, 1)
    )
    assert (right, wrong) == (pytest.approx(1 / 3), pytest.approx(0.8))
    assert said.credibility == pytest.approx(best[0] / best[1] * right / wrong)


def test_it_is_told_of_nobody_else():
    good = fs.Informant(0.9, 0.1, "split")
    others = [
        good,  # one of the same kind only adds
        fs.Informant(0.9, 0.1, "split", bias=1.0, interest="split"),  # moves nothing
        fs.Informant(0.2, 0.8, "split"),  # speaks for the contrary
        fs.Informant(0.6, 0.4, "no split"),  # says something else
    ]
    for other in others:
        said = fs.insider(0.5, informants=[good, other], correlation=0.5)
        assert not any("All say the same" in a for a in said.assumptions)


def test_who_differs_is_told_apart_by_place_or_name():
    people = [
        fs.Informant(0.9, 0.1, "split"), fs.Informant(0.9, 0.1, "split"),
        fs.Informant(0.6, 0.4, "split"), fs.Informant(0.7, 0.4, "split", name="the clerk"),
    ]  # fmt: skip
    whats = {o.what for o in fs.insider(0.5, informants=people).options}
    assert {"one more informant like number 1", "one more informant like number 3",
            "one more informant like the clerk"} <= whats  # fmt: skip


# -- numbers ---------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("value", "words"),
    [
        (Range(0.041, 0.044), "0.04"),
        (Range(0.001, 0.004), "less than 0.01"),
        (Range(0.0, 0.009), "less than 0.01"),
        (Range(0.001, 0.04), "0.00 to 0.04"),
        (Range(0.2, None), "0.20 to any"),
        (Range(0.2, 0.3), "0.20 to 0.30"),
    ],
)
def test_a_range_whose_ends_look_alike_is_one_number(value, words):
    assert number(value) == words


def test_probabilities_that_look_alike_are_one():
    assert probability(Range(0.981, 0.984)) == "0.98"
    assert probability(Range(0.995, 0.999)) == "more than 0.99"
    assert probability(Range(0.2, 0.3)) == "0.20 to 0.30"


def test_what_it_takes_over_a_range_is_told_once():
    said = fs.insider((0.2, 0.4), "split", **RANGED).sentence
    assert (
        'a word for "split" must count at least 28.5 to 1 at the nearest end of the range of the '
        "probability and 76.0 to 1 at the farthest."
    ) in said
    nought = fs.insider((0.0, 0.4), "split", **GOOD).sentence
    assert (
        "at the nearest end of the range of the probability; nothing moves the farthest." in nought
    )
    near = fs.insider((0.3, 0.3001), "split", **GOOD).sentence
    assert 'a word for "split" must count at least 44.3 to 1. Before' in near


@pytest.mark.parametrize(
    ("prior", "says", "takes"),
    [
        (
            (0.3, 0.97),
            "split",
            'a word for "split" must count at least 44.3 to 1 at the farthest end of the range of '
            'the probability; the nearest is "split" already.',
        ),
        (
            (0.0, 1.0),
            "split",
            'a word for "split" is never enough: the nearest end of the range of the probability '
            'is "split" already, and nothing moves the farthest.',
        ),
        (
            (0.0, 1.0),
            None,
            "must count at least 19.0 to 1 where the probability is 0.50; where it is 0 or 1 "
            "nothing moves it.",
        ),
        (
            (0.3, 0.97),
            None,
            "must count at least 19.0 to 1 where the probability is 0.50; an end of its range has "
            "another word already.",
        ),
        (
            (0.3, 0.7),
            None,
            "must count at least 8.1 to 1 at the nearest end of the range of the probability and "
            "19.0 to 1 where that is 0.50.",
        ),
    ],
)
def test_an_end_of_the_range_that_is_there_or_cannot_be_moved_is_told(prior, says, takes):
    assert takes in fs.insider(prior, says, **GOOD).sentence


# -- what would be passed over in silence ----------------------------------------------------------


@pytest.mark.parametrize(
    ("given", "problem"),
    [
        (
            {"verdict": 0.3, "prior": 0.4, "base_rate": 0.7},
            "give either a probability of a split (0.3) or prior=0.4, not both",
        ),
        (
            {"verdict": 0.3, "base_rate": 0.7},
            "base_rate=0.7 is what records start from; with a probability of a split none are "
            "read: give one of the two",
        ),
        (
            {"prior": 0.3, "base_rate": 0.7},
            "base_rate=0.7 is what records start from; with prior=0.3 none are read: give one of "
            "the two",
        ),
        (
            {"verdict": fake_split(20, 40, 1), "prior": 0.3, "base_rate": 0.7},
            "base_rate=0.7 is what records start from; with prior=0.3 none are read: give one of "
            "the two",
        ),
        ({"base_rate": 0.7}, "nothing to go by: give a verdict, or prior= as a probability, 0..1"),
    ],
)
def test_a_prior_that_would_be_ignored_is_refused(given, problem):
    with pytest.raises(SettingError) as error:
        fs.insider(says="split", **GOOD, **given)
    assert str(error.value) == problem
