"""Posteriors of shares: closed forms, relevance, uncertain codings, waves."""

import numpy as np
import pytest
from scipy.stats import beta as beta_law
from scipy.stats import fisher_exact

import naive_evidence as naive
from fissure.claims.bayes import beta_masses, beta_points, prediction, relevance, share
from fissure.claims.misclassified import CodingErrors, misclassified_share
from fissure.claims.uncertain import count_law, uncertain_relevance, uncertain_share
from fissure.claims.waves import clustered_share
from fissure.errors import DataError, SettingError
from fissure.results.base import build, plain
from fissure.results.evidence import Posterior, Relevance

#: Shares are held on 2000 steps; a mean is off by the slope of its density over 12 · 2000².
STEP = 1 / 2000


# -- one share -------------------------------------------------------------------------------------


@pytest.mark.parametrize(("n", "lower"), [(10, 0.762), (20, 0.867), (30, 0.908), (50, 0.943)])
def test_n_of_n_has_the_known_mean_and_lower_bound(n, lower):
    told = share(n, n)
    assert told.mean == pytest.approx((n + 1) / (n + 2), abs=1e-5)
    assert told.lower == pytest.approx(lower, abs=0.0005)
    assert told.lower == pytest.approx(0.05 ** (1 / (n + 1)), abs=STEP)


def test_twenty_of_twenty_proves_less_than_people_think():
    assert share(20, 20).p_above_95 == pytest.approx(0.66, abs=0.005)
    assert share(20, 20).p_above_95 == pytest.approx(1 - 0.95**21, abs=1e-9)


@pytest.mark.parametrize(
    ("k", "n", "prior"), [(0, 1, (1, 1)), (3, 9, (0.5, 0.5)), (40, 60, (2, 5))]
)
def test_a_share_is_its_beta_law(k, n, prior):
    told, law = share(k, n, prior=prior), beta_law(prior[0] + k, prior[1] + n - k)
    assert told.mean == pytest.approx(law.mean(), abs=1e-4)
    assert (told.low, told.high) == pytest.approx(tuple(law.ppf([0.025, 0.975])), abs=STEP)
    assert told.p_above_90 == pytest.approx(law.sf(0.9), abs=1e-9)
    assert np.mean(told.curve) == pytest.approx(1, abs=1e-9)


def test_a_condition_and_its_absence_mirror_each_other():
    one, other = share(7, 30), share(23, 30)
    assert one.mean + other.mean == pytest.approx(1)
    assert (one.low, one.high) == pytest.approx((1 - other.high, 1 - other.low))
    assert one.curve == pytest.approx(other.curve[::-1])


def test_the_next_cases_follow_the_beta_binomial_law():
    law = prediction(17, 20, ahead=5)
    assert law.sum() == pytest.approx(1)
    assert law @ np.arange(6) / 5 == pytest.approx(18 / 22)
    assert prediction(20, 20)[1] == pytest.approx(21 / 22)


# -- relevance -------------------------------------------------------------------------------------


def test_relevance_by_hand():
    told = relevance(1, 1, 0, 1)
    # B(2,1)² against B(2,2): (1/4) / (1/6); P(θ₁ > θ₀) = ∫ 2θ (2θ − θ²) dθ = 5/6
    assert told.log10_bf == pytest.approx(np.log10(1.5))
    assert told.p_greater == pytest.approx(5 / 6, abs=1e-6)
    assert told.difference == pytest.approx(1 / 3, abs=1e-6)


def test_relevance_agrees_with_draws_and_with_fisher():
    told = relevance(30, 34, 17, 26)
    rng = np.random.default_rng(1)
    difference = rng.beta(31, 5, 200_000) - rng.beta(18, 10, 200_000)
    assert told.p_greater == pytest.approx((difference > 0).mean(), abs=0.003)
    assert (told.low, told.high) == pytest.approx(
        np.quantile(difference, [0.025, 0.975]), abs=0.005
    )
    assert told.fisher_p == pytest.approx(fisher_exact([[30, 4], [17, 9]]).pvalue)
    assert 0 < told.barnard_p < told.fisher_p


def test_groups_that_trade_places_turn_the_answer_round():
    one, other = relevance(9, 12, 3, 20), relevance(3, 20, 9, 12)
    assert one.p_greater + other.p_greater == pytest.approx(1)
    assert one.difference == pytest.approx(-other.difference)
    assert (one.low, one.high) == pytest.approx((-other.high, -other.low), abs=1e-6)
    assert one.log10_bf == pytest.approx(other.log10_bf)
    assert one.fisher_p == pytest.approx(other.fisher_p)


def test_a_condition_that_all_have_is_trivial():
    told = relevance(30, 30, 30, 30)
    assert told.log10_bf < -0.5
    assert told.p_greater == pytest.approx(0.5)
    assert told.fisher_p == told.barnard_p == 1
    assert "one common share" in told.sentence


def test_barnard_is_left_out_where_it_takes_too_long():
    assert relevance(100, 120, 50, 100).barnard_p is None


# -- uncertain codings -----------------------------------------------------------------------------


@pytest.mark.parametrize("meaning", ["evidence", "belief"])
def test_certain_codings_are_the_closed_form(meaning):
    told, known = uncertain_share([1] * 7 + [0] * 2, meaning=meaning), share(7, 9)
    assert told.mean == pytest.approx(known.mean, abs=1e-6)
    assert told.p_above_90 == pytest.approx(known.p_above_90, abs=1e-5)


@pytest.mark.parametrize("meaning", ["evidence", "belief"])
@pytest.mark.parametrize("seed", range(3))
def test_uncertain_codings_are_those_of_the_slow_twin(seed, meaning):
    rng = np.random.default_rng(seed)
    x, y = rng.random((2, 4)).round(2)
    told = uncertain_share(x, y, meaning=meaning)
    mean, above = naive.uncertain_mean(x.tolist(), y.tolist(), meaning)
    # evidence on 400 steps
    assert told.mean == pytest.approx(mean, abs=1e-5)
    assert told.p_above_90 == pytest.approx(above, abs=1e-5)


@pytest.mark.parametrize("c", [0.6, 0.8, 0.95])
def test_evidence_is_that_of_a_coder_who_is_right_so_often(c):
    told = uncertain_share([c] * 17 + [1 - c] * 3)
    known = misclassified_share(17, 20, CodingErrors(sensitivity=c, specificity=c))
    assert told.mean == pytest.approx(known.mean)
    assert told.p_above_90 == pytest.approx(known.p_above_90)


def test_a_coding_that_tells_nothing_changes_nothing():
    x, y = [1] * 5 + [0] + [0.5] * 9, [1] * 15
    assert uncertain_share(x).mean == pytest.approx(share(5, 6).mean, abs=1e-6)
    with_unknown = uncertain_share([1] * 5 + [0, 1, 0.5], [1] * 6 + [0, 0.5])
    assert with_unknown.mean == pytest.approx(share(5, 6).mean, abs=1e-4)
    assert uncertain_share(x, y, meaning="belief").mean < 0.7


def test_a_range_is_its_middle_and_its_ends_are_bounds():
    told = uncertain_share([[0.2, 0.8], [1, 1], [1, 1]])
    assert told.mean == pytest.approx(uncertain_share([0.5, 1, 1]).mean)
    assert uncertain_share([0.2, 1, 1]).mean < told.mean < uncertain_share([0.8, 1, 1]).mean


def test_the_law_of_counts_sums_to_one_and_has_the_known_means():
    p, q = np.array([0.2, 0.9, 0.5]), np.array([0.3, 0.1, 0.25])
    law = count_law(p, q)
    k, m = np.indices(law.shape)
    assert law.sum() == pytest.approx(1)
    assert ((law * k).sum(), (law * m).sum()) == pytest.approx((p.sum(), q.sum()))


def test_uncertain_relevance_of_certain_codings_is_the_closed_form():
    x, y = [1] * 12 + [0] * 3 + [1] * 4 + [0] * 9, [1] * 15 + [0] * 13
    told, known = uncertain_relevance(x, y), relevance(12, 15, 4, 13)
    assert told.p_greater == pytest.approx(known.p_greater, abs=1e-4)
    assert told.log10_bf == pytest.approx(known.log10_bf, abs=1e-3)
    assert (told.low, told.high) == pytest.approx((known.low, known.high), abs=1 / 400)
    assert told.fisher_p is None


def test_outcomes_that_trade_places_turn_the_answer_round():
    rng = np.random.default_rng(1)
    x, y = rng.random((2, 20))
    one, other = uncertain_relevance(x, y), uncertain_relevance(x, 1 - y)
    assert one.p_greater + other.p_greater == pytest.approx(1)
    assert one.difference == pytest.approx(-other.difference)
    assert one.log10_bf == pytest.approx(other.log10_bf)


def test_uncertainty_of_codings_weakens_relevance():
    sharp = np.array([1.0] * 12 + [0.0] * 12)
    y = [1] * 12 + [0] * 12
    firm, soft, none = (uncertain_relevance(0.5 + w * (sharp - 0.5), y) for w in (1, 0.6, 0))
    assert none.log10_bf == pytest.approx(0, abs=1e-9)
    assert 0 < soft.log10_bf < firm.log10_bf
    assert 0 < soft.difference < firm.difference
    assert none.p_greater == pytest.approx(0.5)


# -- waves -----------------------------------------------------------------------------------------


def test_cases_that_are_waves_of_their_own_are_the_closed_form():
    told, known = clustered_share([1] * 9 + [0] * 3, range(12)), share(9, 12)
    assert told.mean == pytest.approx(known.mean, abs=1e-5)
    assert told.p_above_90 == pytest.approx(known.p_above_90, abs=1e-5)
    assert told.n_effective == 12
    blank = clustered_share([1] * 9 + [0] * 3, [""] * 12)
    assert blank.mean == pytest.approx(told.mean)


@pytest.mark.parametrize(
    ("found", "n"), [((5, 1), (5, 4)), ((3, 3, 0, 1), (3, 4, 2, 1)), ((6,), (6,))]
)
def test_waves_are_those_of_the_slow_twin(found, n):
    x = [v for k, m in zip(found, n, strict=True) for v in [1] * k + [0] * (m - k)]
    told = clustered_share(x, np.repeat([f"w{c}" for c in range(len(n))], n))
    # the twin's 400 × 400 midpoints meet an integrand that is steep where ρ is near 1
    assert told.mean == pytest.approx(naive.wave_mean(found, n), abs=0.002)


def test_uncertain_cells_in_waves_are_those_of_the_slow_twin():
    x, wave = [1, 0.8, 0.3, 0.9, 0.6], ["a", "a", "a", "b", "b"]
    told = clustered_share(x, wave)
    total = mean = 0.0
    for way in np.ndindex(2, 2, 2, 2, 2):
        p = np.prod([v if t else 1 - v for v, t in zip(x, way, strict=True)])
        if p:
            fit, at = naive.wave_mean((sum(way[:3]), sum(way[3:])), (3, 2), 200, whole=True)
            total, mean = total + p * fit, mean + p * fit * at
    assert told.mean == pytest.approx(mean / total, abs=0.003)


def test_uncertain_cells_alone_are_those_without_waves():
    x = [0.9, 0.8, 1, 0.3, 0.5]
    told, known = clustered_share(x, range(5)), uncertain_share(x)
    assert told.mean == pytest.approx(known.mean)
    assert (told.low, told.high) == pytest.approx((known.low, known.high))


def test_a_cell_that_tells_nothing_leaves_its_wave_as_it_was():
    one = clustered_share([1, 1, 0, 1], ["a", "a", "b", "b"])
    other = clustered_share([1, 1, 0.5, 0, 1], ["a", "a", "a", "b", "b"])
    assert one.mean == pytest.approx(other.mean)


def test_waves_that_are_alike_within_are_worth_less():
    x, wave = [1] * 12 + [0] * 12, np.repeat(list("abcd"), 6)
    alike = clustered_share(x, wave)
    mixed = clustered_share([1, 0] * 12, wave)
    assert alike.n_effective < 8 < mixed.n_effective
    assert alike.high - alike.low > 1.5 * (mixed.high - mixed.low)
    assert "worth" in alike.sentence


# -- what is refused -------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (lambda: share(3, 2), "n_with must be at most n=2, got 3"),
        (lambda: share(-1, 2), "n_with must be a whole number of 0 or more, got -1"),
        (
            lambda: share(1, 2, prior=(0, 1)),
            "a prior must be two finite numbers above 0, got (0, 1)",
        ),
        (lambda: prediction(1, 2, 0), "ahead must be a whole number of 1 or more, got 0"),
        (lambda: uncertain_share([0.5, 1.2]), "x must lie between 0 and 1, got 1.2 in case 1"),
        (
            lambda: uncertain_share([[0.8, 0.2]]),
            "a range of x must go from low to high, got [0.8, 0.2] in case 0",
        ),
        (lambda: uncertain_share([1.0], [1, 1]), "x and y must be of one length, got 1 and 2"),
        (
            lambda: clustered_share([1, 1], ["a"]),
            "x and cluster must be of one length, got 2 and 1",
        ),
    ],
)
def test_bad_settings_are_named(call, message):
    with pytest.raises(SettingError) as error:
        call()
    assert str(error.value) == message


@pytest.mark.parametrize(
    ("call", "which"),
    [
        (lambda: share(0, 0), "there is no case with the outcome"),
        (lambda: relevance(1, 1, 0, 0), "there is no case without the outcome"),
        (lambda: uncertain_share([1, 0], [0, 0]), "no case can have the outcome"),
        (lambda: uncertain_relevance([1, 0], [1, 1]), "no case can lack the outcome"),
    ],
)
def test_what_cannot_be_told_is_said(call, which):
    with pytest.raises(DataError) as error:
        call()
    assert str(error.value) == f"{which}, so this cannot be told from these cases"


# -- results ---------------------------------------------------------------------------------------


def test_results_can_be_saved_and_read():
    for kind, told in ((Posterior, share(20, 20)), (Relevance, relevance(9, 10, 3, 10))):
        assert build(kind, plain(told)) == told
        assert told.to_frame().height == (2 if kind is Relevance else 1)
    assert repr(share(20, 20)) == (
        "20 of 20 had it: the share is 0.95 (95% interval 0.84 to 1.00), at least 0.90 with "
        "probability 0.89."
    )


@pytest.mark.parametrize(("a", "b"), [(1, 1), (0.5, 0.5), (9, 1), (0.3, 2), (9e5, 1e5)])
def test_points_integrate_the_moments_of_a_beta_law(a, b):
    x, weight = beta_points(a, b, 6)
    for power in (0, 1, 2, 5):
        moment = np.prod([(a + i) / (a + b + i) for i in range(power)])
        assert weight @ x**power == pytest.approx(moment)


def test_masses_sum_to_one():
    assert beta_masses(0.5, 300).sum() == pytest.approx(1)


def test_a_wave_of_cells_that_tell_nothing_tells_nothing():
    told = clustered_share([0.5] * 60, ["1848"] * 60)
    assert (told.mean, told.low, told.high) == pytest.approx((0.5, 0.025, 0.975), abs=1e-3)
