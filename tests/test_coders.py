"""Several coders: the model of Dawid and Skene, by maximisation and by draws."""

import numpy as np
import pytest

import naive_evidence as naive
from fissure.claims.coders import RELIABLE, maximise, several_coders
from fissure.errors import DataError, SettingError
from fissure.results.base import build, plain
from fissure.results.evidence import Coders

VOTES = [[1, 1, 1], [1, 1, 0], [0, 0, -1], [0, 1, 0], [1, 1, 1], [0, 0, 1], [1, -1, 1]]
OUTCOME = [1, 1, 0, 0, 1, 0, 1]
#: Draws are correlated: 8,000 are taken to be worth 1,000, and four standard errors of a share.
DRAWN = 4 * 0.5 / np.sqrt(1000)


def simulated(n, se, sp, seed, shares=(0.3, 0.9)):
    """True conditions, votes and outcomes; half of the cases have the outcome."""
    rng = np.random.default_rng(seed)
    outcome = np.arange(n) % 2
    z = rng.random(n) < np.array(shares)[outcome]
    found = np.where(z[:, None], rng.random((n, len(se))) < se, rng.random((n, len(sp))) > sp)
    return z, found.astype(np.int8), outcome


def test_the_maximum_is_a_fixed_point_of_the_slow_twin():
    votes = np.array(VOTES, np.int8)
    truth, _, converged = maximise(votes, np.zeros(7, int), (1, 1), RELIABLE)
    assert converged
    yes, cast = votes == 1, votes >= 0
    pi = truth.mean()
    se = [(3 + truth @ yes[:, j]) / (3 + truth @ cast[:, j]) for j in range(3)]
    no = cast & ~yes
    sp = [(3 + (1 - truth) @ no[:, j]) / (3 + (1 - truth) @ cast[:, j]) for j in range(3)]
    assert naive.em_step(VOTES, truth, pi, se, sp) == pytest.approx(truth.tolist(), abs=1e-6)


def test_draws_agree_with_the_sum_over_all_truths():
    told = several_coders(VOTES, OUTCOME, draws=8000)
    truth, mean = naive.coders_truth(VOTES, OUTCOME, (1, 1), RELIABLE)
    assert told.truth == pytest.approx(truth, abs=DRAWN)
    assert [s.mean for s in told.shares] == pytest.approx(mean, abs=DRAWN / 2)
    assert told.groups == ("0", "1")
    assert told.p_greater > 0.8


def test_simulated_coders_are_told_apart():
    se, sp = np.array([0.95, 0.85, 0.7]), np.array([0.9, 0.8, 0.75])
    z, votes, outcome = simulated(300, se, sp, 1)
    told = several_coders(votes, outcome, names=["ann", "bob", "cy"])
    for coder, a, b in zip(told.coders, se, sp, strict=True):
        assert coder.sensitivity_low - 0.02 < a < coder.sensitivity_high + 0.02
        assert coder.specificity_low - 0.02 < b < coder.specificity_high + 0.02
    right = (np.array(told.truth) > 0.5) == z
    assert right.mean() >= (votes[:, 0] == z).mean()
    for s, group in zip(told.shares, (0, 1), strict=True):
        assert s.low < z[outcome == group].mean() < s.high
    assert told.p_greater == pytest.approx(1, abs=0.01)
    assert "coder cy" in told.sentence


def test_present_and_absent_mirror_each_other():
    votes = np.array(VOTES, np.int8)
    turned = np.where(votes >= 0, 1 - votes, -1).astype(np.int8)
    one, other = (maximise(v, np.zeros(7, int), (1, 1), RELIABLE)[0] for v in (votes, turned))
    assert one == pytest.approx(1 - other)


def test_the_order_of_cases_and_coders_does_not_matter():
    votes = np.array(VOTES, np.int8)
    one = maximise(votes, np.zeros(7, int), (1, 1), RELIABLE)[0]
    other = maximise(votes[::-1, ::-1], np.zeros(7, int), (1, 1), RELIABLE)[0]
    assert one == pytest.approx(other[::-1])


def test_a_case_without_votes_has_the_share_of_its_group():
    told = several_coders([*VOTES, [-1, -1, -1]])
    assert told.truth[-1] == pytest.approx(told.shares[0].mean, abs=0.06)


def test_same_seed_same_answer_and_a_round_trip():
    one, other = several_coders(VOTES, draws=200), several_coders(VOTES, draws=200)
    assert one == other
    assert build(Coders, plain(one)) == one
    assert one.to_frame()["coder"].to_list() == ["1", "2", "3"]
    assert one.p_greater is None


@pytest.mark.parametrize(
    ("call", "kind", "message"),
    [
        (
            lambda: several_coders([[1, 2]]),
            SettingError,
            "a vote must be 1, 0 or -1, got 2 in case 0",
        ),
        (lambda: several_coders([1, 0]), DataError, "votes must have shape (n_cases, n_coders)"),
        (lambda: several_coders([[1, -1]]), DataError, "coder 1 has voted on no case"),
        (lambda: several_coders(VOTES, [1]), SettingError, "one entry a case, got 1 for 7"),
        (lambda: several_coders(VOTES, reliability=(1, 1)), SettingError, "(a, b) with a > b"),
        (
            lambda: several_coders(VOTES, draws=5),
            SettingError,
            "whole number of 100 or more, got 5",
        ),
        (lambda: several_coders(VOTES, names=["a"]), SettingError, "names must be 3, one a coder"),
    ],
)
def test_what_is_refused(call, kind, message):
    with pytest.raises(kind) as error:
        call()
    assert message in str(error.value)
