"""Shares coded with error and with hindsight."""

import numpy as np
import pytest
from scipy.stats import binom

import naive_evidence as naive
from fissure.claims.bayes import relevance, share
from fissure.claims.misclassified import (
    CodingErrors,
    misclassified_relevance,
    misclassified_share,
    seen,
)
from fissure.errors import DataError, SettingError

#: The slow twin's 100 midpoints a side, where a Beta law of (9, 1) is steepest.
TWIN = 0.003


def test_coding_without_error_is_the_closed_form():
    told, known = misclassified_share(17, 20, CodingErrors()), share(17, 20)
    # a likelihood at the middles of steps against exact masses
    assert told.mean == pytest.approx(known.mean, abs=1e-6)
    assert told.p_above_90 == pytest.approx(known.p_above_90, abs=1e-5)
    both = misclassified_relevance(17, 20, 8, 20, CodingErrors()), relevance(17, 20, 8, 20)
    assert both[0].log10_bf == pytest.approx(both[1].log10_bf, abs=1e-5)
    assert both[0].p_greater == pytest.approx(both[1].p_greater, abs=1e-5)


def test_strict_necessity_with_one_missed_in_ten():
    q = float(seen(np.array([1.0]), np.array([0.9]), np.array([0.0]))[0, 0])
    assert 20 * (1 - q) == pytest.approx(2)
    assert binom.pmf(20, 20, q) == pytest.approx(0.12, abs=0.002)
    # so 18 of 20 say little against it
    strict = misclassified_share(18, 20, CodingErrors(sensitivity=0.9))
    assert strict.p_above_90 > 0.5 > share(18, 20).p_above_90


@pytest.mark.parametrize(
    ("k", "n", "se", "sp"),
    [(20, 20, (9, 1), (9, 1)), (7, 12, (8, 2), (5, 2)), (0, 3, (3, 2), (2, 2))],
)
def test_uncertain_rates_are_integrated_as_by_the_slow_twin(k, n, se, sp):
    told = misclassified_share(k, n, CodingErrors(se, sp))
    assert told.mean == pytest.approx(naive.misclassified_mean(k, n, se, sp), abs=TWIN)


def test_a_narrow_beta_law_is_a_known_rate():
    narrow = misclassified_share(15, 20, CodingErrors((9e5, 1e5), (8e5, 2e5)))
    assert narrow.mean == pytest.approx(
        misclassified_share(15, 20, CodingErrors(0.9, 0.8)).mean, abs=1e-4
    )


def test_present_and_absent_mirror_each_other():
    one = misclassified_share(15, 20, CodingErrors((9, 2), (5, 3)))
    other = misclassified_share(5, 20, CodingErrors((5, 3), (9, 2)))
    assert one.mean + other.mean == pytest.approx(1)


def test_hindsight_of_one_tells_nothing():
    told = misclassified_share(20, 20, CodingErrors(hindsight=1.0))
    assert told.mean == pytest.approx(0.5)
    assert (told.low, told.high) == pytest.approx((0.025, 0.975))


def test_the_more_hindsight_the_less_a_perfect_record_says():
    means = [misclassified_share(20, 20, CodingErrors(hindsight=h)).mean for h in (0, 0.4, 0.8, 1)]
    assert means == sorted(means, reverse=True)


def test_hindsight_alone_does_not_make_a_difference_between_outcomes():
    k = round(20 * (0.5 + 0.5 * 0.8))
    blind = misclassified_relevance(k, 20, 10, 20, CodingErrors())
    aware = misclassified_relevance(k, 20, 10, 20, CodingErrors(hindsight=0.8))
    assert blind.p_greater > 0.99
    assert aware.p_greater == pytest.approx(0.5, abs=0.1)
    assert aware.log10_bf < 0 < blind.log10_bf


def test_a_record_that_no_true_share_could_have_made_does_not_break_it():
    told = misclassified_share(0, 5, CodingErrors(sensitivity=0.9, hindsight=0.9))
    assert np.isfinite(told.mean)


@pytest.mark.parametrize("rate", [1.5, -0.1, "0.9", True, (0, 1), (1, 2, 3)])
def test_a_rate_that_is_none_is_refused(rate):
    with pytest.raises(SettingError) as error:
        CodingErrors(specificity=rate)
    assert "must be" in str(error.value)
    assert repr(rate) in str(error.value)


def test_without_cases_nothing_can_be_told():
    with pytest.raises(DataError):
        misclassified_share(0, 0, CodingErrors())


def test_a_record_that_the_rates_make_impossible_is_refused():
    with pytest.raises(DataError, match=r"^28 of 30 cases were coded as having it, which these"):
        misclassified_share(28, 30, CodingErrors(sensitivity=0))
    assert misclassified_share(0, 30, CodingErrors(sensitivity=0)).mean == pytest.approx(0.5)


@pytest.mark.parametrize("rates", [(0.3, 0.3), ((1, 9), 0.5)])
def test_a_coder_who_says_the_opposite_is_refused(rates):
    with pytest.raises(SettingError, match="says the opposite of what is there"):
        CodingErrors(*rates)
