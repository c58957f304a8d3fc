"""The channel of informants: competence, interest, shared access."""

import itertools

import numpy as np
import pytest

import fissure as fs
import naive_insider as naive
from fissure.errors import SettingError
from fissure.unknowns.testimony import law, panel_of, posterior, voices

#: Rounding of sums of a few dozen products.
EXACT = 1e-12


def all_patterns(n):
    return np.array(list(itertools.product((True, False), repeat=n)))


@pytest.mark.parametrize("seed", range(6))
def test_law_is_that_of_the_slow_twin(seed):
    rng = np.random.default_rng(seed)
    voice, rho = rng.random(4).round(2), rng.random()
    twin = naive.statement_law(voice.tolist(), rho)
    ours = law(voice[None], np.array([rho]), np.array(list(twin)))[0]
    np.testing.assert_allclose(ours, list(twin.values()), atol=EXACT)
    assert ours.sum() == pytest.approx(1.0, abs=EXACT)


@pytest.mark.parametrize("rho", [0.0, 0.3, 1.0])
def test_each_informants_own_probability_is_kept_and_two_alike_correlate_by_rho(rho):
    voice = np.array([0.7, 0.7, 0.2])
    patterns = all_patterns(3)
    p = law(voice[None], np.array([rho]), patterns)[0]
    np.testing.assert_allclose(p @ patterns, voice, atol=EXACT)
    both = p @ (patterns[:, 0] & patterns[:, 1])
    assert (both - 0.7**2) / (0.7 * 0.3) == pytest.approx(rho, abs=1e-9)


@pytest.mark.parametrize("seed", range(4))
def test_swapping_the_words_changes_nothing(seed):
    rng = np.random.default_rng(seed)
    voice, rho, patterns = rng.random((3, 4)), rng.random(3), all_patterns(4)
    np.testing.assert_allclose(
        law(voice, rho, patterns), law(1 - voice, rho, ~patterns), atol=EXACT
    )


def test_relabelling_informants_changes_nothing():
    voice, rho, patterns = np.array([[0.9, 0.4, 0.6]]), np.array([0.35]), all_patterns(3)
    order = [2, 0, 1]
    np.testing.assert_allclose(
        law(voice, rho, patterns), law(voice[:, order], rho, patterns[:, order]), atol=EXACT
    )


@pytest.mark.parametrize("rho", [0.0, 0.4, 1.0])
def test_counting_is_the_same_as_listing_every_order(rho):
    people = [fs.Informant(0.8, 0.3, "split")] * 4
    panel = panel_of(people, 0.3, rho)
    assert panel.alike
    patterns, orders = panel.patterns()
    counted = law(np.full((1, 4), 0.8), np.array([rho]), patterns)[0] * orders
    each = all_patterns(4)
    listed = law(np.full((1, 4), 0.8), np.array([rho]), each)[0]
    np.testing.assert_allclose(
        counted, [listed[each.sum(axis=1) == k].sum() for k in range(5)], atol=EXACT
    )


def test_law_by_simulation():
    """Each passes on the account with probability √ρ: shares of 200,000 draws."""
    rng = np.random.default_rng(1)
    voice, rho, n = np.array([0.8, 0.5, 0.3]), 0.4, 200_000
    passes = rng.random((n, 3)) < np.sqrt(rho)
    u = np.where(passes, rng.random((n, 1)), rng.random((n, 3)))
    said = u < voice
    patterns = all_patterns(3)
    shares = [(said == p).all(axis=1).mean() for p in patterns]
    p = law(voice[None], np.array([rho]), patterns)[0]
    # 8 shares: 4 standard errors
    assert (np.abs(shares - p) <= 4 * np.sqrt(p * (1 - p) / n)).all()


def test_bias_by_hand():
    a, b, q = np.array([0.8]), np.array([0.2]), np.array([0.25])
    one, none = voices(a, b, q, np.array([1.0]))
    assert (one[0], none[0]) == pytest.approx((0.85, 0.4))
    one, none = voices(a, b, q, np.array([0.0]))
    assert (one[0], none[0]) == pytest.approx((0.6, 0.15))
    one, none = voices(a, b, np.array([1.0]), np.array([1.0]))
    assert (one[0], none[0]) == (1.0, 1.0)


def test_posterior_by_hand_and_where_nothing_is_possible():
    p = posterior(np.array([0.2, 0.5, 0.0]), np.array([0.9, 0.0, 0.5]), np.array([0.1, 0.0, 0.0]))
    assert p[0] == pytest.approx(0.18 / 0.26)
    assert np.isnan(p[1:]).all()


def test_what_would_suit_those_without_an_interest_does_not_tell_them_apart():
    words = [fs.Informant(0.8, 0.2, w) for w in ("split", "no split")]
    assert panel_of(words, 0.5, 0.0).alike
    biased = [fs.Informant(0.8, 0.2, w, bias=0.1) for w in ("split", "no split")]
    assert not panel_of(biased, 0.5, 0.0).alike


@pytest.mark.parametrize(
    ("make", "problem"),
    [
        (lambda: fs.Informant(1.2, 0.1), "sensitivity must be 0..1, got 1.2"),
        (lambda: fs.Informant(0.9, -0.1), "false_alarm must be 0..1, got -0.1"),
        (lambda: fs.Informant(float("nan"), 0.1), "sensitivity must be 0..1, got nan"),
        (
            lambda: fs.Informant((0.9, 0.6), 0.1),
            "sensitivity: the low end of a range comes first, got (0.9, 0.6)",
        ),
        (
            lambda: fs.Informant("much", 0.1),
            "sensitivity must be a number or a range (low, high), got 'much'",
        ),
        (
            lambda: fs.Informant((0.1, 0.2, 0.3), 0.1),
            "sensitivity must be a number or a range (low, high), got (0.1, 0.2, 0.3)",
        ),
        (
            lambda: fs.Informant(0.9, 0.1, says="maybe"),
            "says must be 'split' or 'no split', got 'maybe'",
        ),
        (
            lambda: fs.Informant(0.9, 0.1, bias=0.2),
            "interest is needed before asking an informant with bias=0.2: 'split' or 'no split'",
        ),
        (lambda: panel_of([], 0.5, 0.0), "at least 1 informant is needed, got none"),
        (
            lambda: panel_of([fs.Informant(0.9, 0.1)], 0.5, 0.3),
            "correlation=0.3 needs at least 2 informants, got 1",
        ),
        (
            lambda: panel_of([fs.Informant(0.9, 0.1), fs.Informant(0.9, 0.1, "split")], 0.5, 0),
            "either all informants have said something or none, got 1 of 2 without says",
        ),
        (
            lambda: panel_of([fs.Informant(0.9, k / 100) for k in range(9)], 0.5, 0),
            "informants who differ must be 1..8, got 9",
        ),
        (
            lambda: panel_of([fs.Informant(0.9, 0.1)] * 101, 0.5, 0),
            "informants of one kind must be 1..100, got 101",
        ),
    ],
)
def test_what_cannot_be_an_informant(make, problem):
    with pytest.raises(SettingError) as error:
        make()
    assert str(error.value) == problem
