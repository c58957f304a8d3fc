"""How far hindsight makes a record by itself, and how many counter-examples lie unseen."""

import numpy as np
import pytest

import naive_evidence as naive
from fissure.claims.bayes import relevance, share
from fissure.claims.hindsight import hindsight
from fissure.claims.unseen import unseen, unseen_negatives
from fissure.errors import DataError, SettingError
from fissure.results.base import build, plain
from fissure.results.evidence import Hindsight, Unseen

# -- hindsight -------------------------------------------------------------------------------------


def test_a_true_share_of_eighty_with_hindsight_of_eighty_is_perfect_in_44_of_100():
    told = hindsight(20, 20, 0.8)
    at = {round(a.true_share, 2): a for a in told.at}
    assert at[0.8].probability == pytest.approx(0.96**20)
    assert at[0.8].probability == pytest.approx(0.44, abs=0.005)
    assert told.sentence == (
        "Were the condition truly there in 80% of cases, coding that finds it in 80% of those "
        "without it because the outcome is known would show 20 of 20 in 44% of samples; it is as "
        "likely as not once that is 83%."
    )


@pytest.mark.parametrize(
    ("k", "n", "theta", "h"), [(9, 10, 0.5, 0.6), (3, 8, 0.2, 0.1), (6, 6, 0.9, 0)]
)
def test_probabilities_are_those_of_the_slow_twin(k, n, theta, h):
    told = hindsight(k, n, h, true_shares=[theta])
    assert told.at[0].probability == pytest.approx(naive.record(k, n, theta, h))


def test_the_hindsight_that_is_needed_makes_the_record_as_likely_as_not():
    for a in hindsight(18, 20, 0.3, true_shares=[0.3, 0.6, 0.8]).at:
        assert a.needed > 0
        again = hindsight(18, 20, a.needed, true_shares=[a.true_share])
        assert again.at[0].probability == pytest.approx(0.5, abs=1e-6)


def test_the_less_is_true_the_more_hindsight_is_needed():
    needed = [a.needed for a in hindsight(20, 20).at]
    assert needed == sorted(needed, reverse=True)


def test_none_is_needed_where_the_record_is_no_wonder():
    assert hindsight(8, 20, true_shares=[0.8]).at[0].needed == 0
    told = hindsight(20, 20, sensitivity=0.5, true_shares=[0.9])
    assert told.at[0].needed is None
    assert "no hindsight would" in told.sentence


# -- unseen ----------------------------------------------------------------------------------------


@pytest.mark.parametrize(("k", "n"), [(20, 20), (19, 20), (100, 101), (500, 500), (6, 6), (5, 20)])
def test_the_fewest_are_those_of_the_slow_twin(k, n):
    assert unseen(k, n).counterexamples == naive.fewest_unseen(k, n, 0.9, 0.5)


def test_two_unseen_undo_twenty_of_twenty():
    told = unseen(20, 20, population=30)
    assert told.counterexamples == 2
    assert share(20, 22).p_above_90 < 0.5 < share(20, 21).p_above_90


@pytest.mark.parametrize(("k", "n", "population"), [(20, 20, 30), (18, 20, 60), (7, 7, 7)])
def test_what_is_compatible_is_that_of_the_slow_twin(k, n, population):
    assert unseen(k, n, population=population).compatible == naive.compatible(k, n, population)


def test_the_rate_of_recording_is_where_the_conclusion_turns():
    r = unseen(30, 30).recorded
    # the share among all is at least 0.9 where the one seen is at least 0.9/(0.9 + r·0.1)
    theta = np.random.default_rng(1).beta(31, 1, 200_000)
    true = theta * r / (theta * r + 1 - theta)
    assert (true >= 0.9).mean() == pytest.approx(0.5, abs=0.005)
    assert unseen(5, 20).recorded is None


def test_unseen_splits_wear_relevance_down():
    told = unseen_negatives(20, 20, 10, 20)
    assert told.log10_bf == pytest.approx(relevance(20, 20, 10, 20).log10_bf)
    extra = told.cases
    assert relevance(20, 20, 10 + extra, 20 + extra).log10_bf < 1
    assert relevance(20, 20, 9 + extra, 19 + extra).log10_bf >= 1
    assert unseen_negatives(10, 20, 10, 20).cases == 0
    assert "17 unseen cases" in told.sentence


# -- what is refused, and results ------------------------------------------------------------------


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (lambda: hindsight(5, 4), "n_with must be at most n=4, got 5"),
        (lambda: hindsight(4, 4, 1.5), "rate must lie between 0 and 1, got 1.5"),
        (
            lambda: hindsight(4, 4, true_shares=[]),
            "true_shares must hold one share or more, got none",
        ),
        (lambda: unseen(4, 4, at_least=1), "at_least must lie between 0 and 1, got 1"),
        (
            lambda: unseen(4, 4, population=3),
            "population must be a whole number of n=4 or more, got 3",
        ),
    ],
)
def test_bad_settings_are_named(call, message):
    with pytest.raises(SettingError) as error:
        call()
    assert str(error.value) == message


def test_without_cases_nothing_can_be_told():
    for call in (hindsight, unseen):
        with pytest.raises(DataError):
            call(0, 0)


def test_results_can_be_saved_and_read():
    for kind, told in ((Hindsight, hindsight(20, 20)), (Unseen, unseen(20, 20, population=40))):
        assert build(kind, plain(told)) == told
        assert told.to_frame().height == (5 if kind is Hindsight else 1)
