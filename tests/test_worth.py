"""What a source is worth before it is asked."""

import numpy as np
import pytest

import naive_insider as naive
from fissure.unknowns.sources import more_items, whip_count
from fissure.unknowns.testimony import law, posterior
from fissure.unknowns.worth import brier_reduction, entropy, information, variance_reduction

#: Rounding of sums of a few dozen logarithms.
EXACT = 1e-12
MEASURES = (information, variance_reduction, brier_reduction)


def binary(a, b):
    return np.array([[a, 1 - a]]), np.array([[b, 1 - b]])


def random_laws(seed, k=5):
    rng = np.random.default_rng(seed)
    return rng.random(1), *(rng.dirichlet(np.full(k, 0.7))[None] for _ in range(2))


@pytest.mark.parametrize("seed", range(6))
def test_worth_is_that_of_the_slow_twins(seed):
    p, one, none = random_laws(seed)
    plain = float(p[0]), one[0].tolist(), none[0].tolist()
    assert information(p, one, none)[0] == pytest.approx(naive.information(*plain), abs=EXACT)
    assert variance_reduction(p, one, none)[0] == pytest.approx(
        naive.variance_reduction(*plain), abs=EXACT
    )


@pytest.mark.parametrize("seed", range(6))
def test_brier_and_variance_agree_where_the_source_is_as_believed(seed):
    p, one, none = random_laws(seed)
    before = variance_reduction(p, one, none)
    np.testing.assert_allclose(brier_reduction(p, one, none), before, atol=EXACT)
    np.testing.assert_allclose(brier_reduction(p, one, none, (p, one, none)), before, atol=EXACT)


def test_trusting_too_much_makes_the_forecast_worse():
    half = np.array([0.5])
    believed, real = binary(0.9, 0.1), binary(0.6, 0.4)
    # (S − ½)² = ¼ before; after 0.6 × 0.01 + 0.4 × 0.81 = 0.33
    assert brier_reduction(half, *believed, (half, *real))[0] == pytest.approx(0.25 - 0.33)
    assert brier_reduction(half, *real)[0] == pytest.approx(0.01)


def test_known_channels():
    half = np.array([0.5])
    # a binary symmetric channel carries 1 − H(0.2) bits
    assert information(half, *binary(0.8, 0.2))[0] == pytest.approx(1 - naive.entropy([0.2, 0.8]))
    p, a, b = 0.3, 0.8, 0.1
    m = p * a + (1 - p) * b
    closed = (p * (1 - p) * (a - b)) ** 2 / (m * (1 - m))
    assert variance_reduction(np.array([p]), *binary(a, b))[0] == pytest.approx(closed)
    assert entropy(np.array([0.0, 0.25, 1.0])) == pytest.approx([0, 0.8112781244591328, 0])


@pytest.mark.parametrize("p", [0.0, 0.2, 0.5, 1.0])
def test_limits(p):
    prior = np.array([p])
    perfect, worthless = binary(1.0, 0.0), binary(0.7, 0.7)
    assert information(prior, *perfect)[0] == pytest.approx(entropy(prior)[0], abs=EXACT)
    assert variance_reduction(prior, *perfect)[0] == pytest.approx(p * (1 - p), abs=EXACT)
    for measure in MEASURES:
        assert measure(prior, *worthless)[0] == pytest.approx(0.0, abs=EXACT)


@pytest.mark.parametrize("measure", MEASURES)
def test_mirror_and_interest(measure):
    prior = np.array([0.3])
    one, none = binary(0.8, 0.1)
    mirrored = measure(1 - prior, none, one)
    np.testing.assert_allclose(measure(prior, one, none), mirrored, atol=EXACT)
    values = [
        measure(prior, *binary((1 - q) * 0.8 + q, (1 - q) * 0.1 + q))[0]
        for q in np.linspace(0, 1, 11)
    ]
    assert (np.diff(values) < 0).all()
    assert values[-1] == pytest.approx(0.0, abs=EXACT)


def test_two_sources_in_turn_carry_what_they_carry_together():
    p, rho = np.array([0.35]), np.array([0.4])
    both = np.array([[True, True], [True, False], [False, True], [False, False]])
    voice = (np.array([[0.8, 0.7]]), np.array([[0.3, 0.1]]))
    one, none = (law(v, rho, both) for v in voice)
    for measure in MEASURES:
        first = measure(p, *(np.array([[f[0, :2].sum(), f[0, 2:].sum()]]) for f in (one, none)))
        then = 0.0
        for rows in (slice(0, 2), slice(2, 4)):
            a, b = one[0, rows].sum(), none[0, rows].sum()
            shown = p * a + (1 - p) * b
            now = posterior(p, np.array([a]), np.array([b]))
            then += shown * measure(now, one[:, rows] / a, none[:, rows] / b)
        np.testing.assert_allclose(first + then, measure(p, one, none), atol=EXACT)


def test_expected_reductions_agree_with_simulated_testimony():
    rng = np.random.default_rng(2)
    n, p, rho = 200_000, 0.3, 0.5
    voice = np.where((rng.random(n) < p)[:, None], 0.8, 0.3)
    is_split = voice[:, 0] == 0.8
    passes = rng.random((n, 3)) < np.sqrt(rho)
    u = np.where(passes, rng.random((n, 1)), rng.random((n, 3)))
    said = (u < voice).sum(axis=1)
    counts, orders = np.arange(4)[:, None] > np.arange(3), np.array([1, 3, 3, 1])
    one, none = (law(np.full((1, 3), v), np.array([rho]), counts) * orders for v in (0.8, 0.3))
    after = posterior(np.array([[p]]), one, none)[0][said]
    gain = (is_split - p) ** 2 - (is_split - after) ** 2
    expected = brier_reduction(np.array([p]), one, none)[0]
    assert gain.mean() == pytest.approx(expected, abs=4 * gain.std() / np.sqrt(n))
    bits = np.where(is_split, np.log2(after / p), np.log2((1 - after) / (1 - p)))
    told = information(np.array([p]), one, none)[0]
    assert bits.mean() == pytest.approx(told, abs=4 * bits.std() / np.sqrt(n))


# -- records as sources ----------------------------------------------------------------------------


@pytest.mark.parametrize(("n", "error"), [(1, 0.0), (7, 0.2), (12, 0.05)])
def test_whip_count_is_that_of_the_slow_twin(n, error):
    split, none = whip_count(n, error)
    for ours, (low, high) in ((split, (0.1, 0.5)), (none, (0.0, 0.1))):
        twin = naive.shares_of_a_whip_count(n, error, low, high)
        # the midpoint rule errs by about the square of its step of 1/10,000
        np.testing.assert_allclose(ours[0], twin, atol=1e-6)
        assert ours.sum() == pytest.approx(1.0, abs=EXACT)


def test_a_longer_or_cleaner_list_tells_more_and_coin_flips_tell_nothing():
    half = np.array([0.5])
    by_length = [information(half, *whip_count(n, 0.1))[0] for n in (1, 5, 20, 100)]
    by_error = [information(half, *whip_count(20, e))[0] for e in (0.0, 0.1, 0.3, 0.5)]
    assert (np.diff(by_length) > 0).all()
    assert (np.diff(by_error) < 0).all()
    assert by_error[-1] == pytest.approx(0.0, abs=EXACT)


def test_more_items_tell_more_and_nothing_where_no_split_would_show():
    half = np.array([0.5])

    def bits(more, n_items, smallest):
        return information(half, *more_items(more, n_items, smallest, 0.05, 0.25))[0]

    assert bits(10, 300, None) == pytest.approx(0.0, abs=EXACT)
    assert bits(10, 300, 0.3) < bits(50, 300, 0.3) < bits(50, 100, 0.3)
    assert bits(50, 300, 0.6) < bits(50, 300, 0.3)
    # only the share of items and the depth in units of the smallest count
    assert bits(10, 100, 0.3) == pytest.approx(bits(30, 300, 0.3), abs=EXACT)
    for one in more_items(10, 300, 0.3, 0.05, 0.25):
        assert one.sum() == pytest.approx(1.0, abs=EXACT)
