"""Unfolding: the response, the climb, and that neither end nor side is favoured."""

import numpy as np
import pytest
from scipy.special import ndtr

import bodies
import naive_unfolding as naive
from fissure.errors import ConvergenceError, DataError, SettingError
from fissure.kernels.unfolding import NODES, both_below, pum_curves
from fissure.models import curves
from fissure.models.curves import Choices, around, climb, expected_yea, library, place
from fissure.models.ideal import IdealPoints
from fissure.models.unfolding import Unfolding

#: Twelve Gauss-Legendre nodes on so smooth a function leave rounding only.
ROUNDING = 1e-12
#: Products of single-precision numbers: about 1e-6 a choice, and a few hundred choices.
SINGLE = 1e-3

compiled = pytest.mark.compiled
QUICK = Unfolding(rounds=1)


def protest(seed=1, half=30, n_items=160, rebels=3, share=0.15, at_end=True):
    """Two caucuses; the last ``rebels`` of the second vote with the first on some party lines.

    They are its most extreme members, or, with ``at_end=False``, its most moderate ones. Choices,
    positions and the items rebelled on.
    """
    rng = np.random.default_rng(seed)
    x = np.repeat([-1.0, 1.0], half) + 0.35 * rng.standard_normal(2 * half)
    x[half:] = np.sort(x[half:])[:: 1 if at_end else -1]
    cut = np.where(rng.random(n_items) < 0.5, 0.2, 1.2) * rng.standard_normal(n_items)
    slope = rng.lognormal(np.log(2.5), 0.4, n_items) * rng.choice([-1, 1], n_items)
    p = ndtr(slope * (x[:, None] - cut))
    lines = np.flatnonzero(np.abs(cut) < 0.5)[: round(share * n_items)]
    p[-rebels:, lines] = np.where(slope[lines] < 0, 0.85, 0.15)
    return bodies.draw(p, rng, missing=0.05), x, lines


def toward(at, x):
    """Turned the way of the truth."""
    return at * np.sign(np.corrcoef(at, x)[0, 1])


# the response


def test_both_below_is_the_bivariate_normal():
    for a, b in [(0.0, 0.0), (1.3, -0.4), (-2.0, -2.5), (4.0, 0.7), (-5.0, 3.0)]:
        assert both_below(a, b, NODES) == pytest.approx(naive.both_below(a, b), abs=1e-10)
    # at the centre the chance is 1/4 + asin(ρ)/2π
    assert both_below(0.0, 0.0, NODES) == pytest.approx(1 / 4 + 1 / 12, abs=ROUNDING)
    assert both_below(-0.3, 9.0, NODES) == pytest.approx(ndtr(-0.3), abs=ROUNDING)


def test_the_response_is_that_of_three_options_with_the_same_errors():
    x = np.linspace(-2, 2, 5)
    edges = np.array([[-0.5, 1.0, 1.2, 3.0], [-40.0, 0.2, 1.0, 2.0]])
    yea, nay = np.empty((2, 5)), np.empty((2, 5))
    pum_curves(x, edges, NODES, yea, nay)
    for k, point in enumerate(x):
        assert yea[0, k] == pytest.approx(naive.pum(point, *edges[0]), abs=1e-8)
    np.testing.assert_allclose(yea + nay, 1.0, atol=ROUNDING)
    # with one edge far away the other one alone is left: a monotone item
    np.testing.assert_allclose(yea[1], ndtr(2.0 * (0.2 - x)), atol=ROUNDING)


def test_mirrored_edges_give_a_mirrored_response():
    x = np.linspace(-3, 3, 13)
    out = [np.empty((1, 13)) for _ in range(4)]
    pum_curves(x, np.array([[-0.7, 1.4, 1.2, 3.0]]), NODES, out[0], out[1])
    pum_curves(x, np.array([[-1.4, 0.7, 3.0, 1.2]]), NODES, out[2], out[3])
    np.testing.assert_allclose(out[0][:, ::-1], out[2], atol=ROUNDING)


# the climb


@compiled
@pytest.mark.parametrize("is_rough", [True, False])
def test_the_library_favours_no_side(is_rough):
    lib = library(is_rough)
    k = len(lib.grid)
    for rows in (slice(0, lib.n_monotone), slice(lib.n_monotone, None)):
        chance = np.exp(lib.logs[rows].astype(float))
        yea, nay = chance[:, :k], chance[:, k:]
        for other in (yea[:, ::-1], nay):
            a, b = (np.sort(np.round(t, 5), axis=0) for t in (yea, other))
            np.testing.assert_allclose(a, b, atol=1e-4)


@compiled
def test_one_round_is_what_the_formulas_say():
    y, x, _ = protest(half=5, n_items=6)
    lib = library(is_rough=True)
    start = around(x, 0.5, lib)
    places, bound = naive.one_round(
        y, start, 0.1, lib.logs.astype(float), lib.prior, lib.n_monotone
    )
    assert climb(Choices.of(y), start, (1.0, 9.0), 0, 1.0, lib).bound == pytest.approx(
        bound, abs=SINGLE
    )
    after = climb(Choices.of(y), start, (1.0, 9.0), 1, 1.0, lib)
    np.testing.assert_allclose(after.places, places, atol=SINGLE)


@compiled
def test_the_bound_never_falls():
    y, x, _ = protest(half=10, n_items=40)
    lib, choices = library(is_rough=True), Choices.of(protest(half=10, n_items=40)[0])
    bounds = [
        climb(choices, around(np.zeros(len(y)), 1.0, lib), None, k, -np.inf, lib).bound
        for k in range(6)
    ]
    bounds += [climb(choices, around(x, 0.4, lib), None, k, -np.inf, lib).bound for k in range(6)]
    assert (np.diff(bounds[:6]) >= -SINGLE).all()
    assert (np.diff(bounds[6:]) >= -SINGLE).all()


@compiled
def test_where_a_climb_ends_it_ends_too_when_items_rest_between_full_rounds(monkeypatch):
    y, x, _ = protest(half=10, n_items=40)
    lib, choices = library(is_rough=True), Choices.of(y)
    monkeypatch.setattr(curves, "ACTIVE", -1.0)  # none rests
    places = around(x, 0.4, lib)
    for _ in range(2):  # the share of unfolding items begins anew, which may feign an end
        top = climb(choices, places, (1.0, 9.0), 400, 1e-6, lib)
        places = top.places
    monkeypatch.setattr(curves, "ACTIVE", 0.2)
    assert 5 < (top.unfolding > 0.2).sum() < 20
    resting = climb(choices, places, (1.0, 9.0), 400, 1e-6, lib)
    assert resting.bound == pytest.approx(top.bound, abs=0.01)
    np.testing.assert_allclose(resting.mean, top.mean, atol=0.01)
    np.testing.assert_allclose(resting.unfolding, top.unfolding, atol=0.01)


@compiled
def test_an_actor_without_choices_stays_where_the_prior_puts_it(monkeypatch):
    monkeypatch.setattr(curves, "FULL_EVERY", 1)
    y, x, _ = protest(half=10, n_items=40)
    y[3] = 0
    mode = climb(Choices.of(y), around(x, 0.4, library()), (1.0, 9.0), 50, 0.05, library())
    prior = np.exp(-0.5 * curves.FINE**2)
    np.testing.assert_allclose(place(Choices.of(y), mode)[3], prior / prior.sum(), atol=1e-12)
    assert expected_yea(mode).shape == y.shape


@compiled
def test_a_climb_is_given_up_only_where_it_cannot_come_near():
    y, x, _ = protest(half=10, n_items=40)
    lib, choices = library(is_rough=True), Choices.of(y)

    def up(hope):
        return climb(choices, around(x, 0.4, lib), (1.0, 9.0), 400, 1e-3, lib, hope)

    free = up(-np.inf)
    assert free.converged
    assert free.n_iter > curves.PATIENCE
    assert up(free.bound).bound == free.bound
    far = up(free.bound + 1000.0)
    assert not far.converged
    assert far.n_iter == curves.PATIENCE


@compiled
@pytest.mark.parametrize("seed", [1004, 1006])
def test_where_most_items_unfold_no_forbidden_answer_takes_hope_from_the_others(seed):
    rng = np.random.default_rng(seed)
    x, (low, high) = rng.standard_normal(40), np.sort(rng.uniform(-1.2, 1.2, (2, 40)), axis=0)
    within = ndtr(3.0 * (x[:, None] - low)) * ndtr(3.0 * (np.maximum(high, low + 0.6) - x[:, None]))
    within[:, ::2] = 1.0 - within[:, ::2]
    within[:, :10] = ndtr(3.0 * (x[:, None] - rng.standard_normal(10)))
    y = np.where(rng.random((40, 40)) < within, 1, -1).astype(np.int8)
    assert Unfolding().fit(bodies.matrix(y)).converged


# where the rival and the simple model put people


@pytest.fixture(scope="module")
def rebelled():
    y, x, lines = protest()
    return y, x, lines, QUICK.fit(bodies.matrix(y))


@compiled
def test_protesters_are_put_at_the_end_where_the_monotone_model_fails(rebelled):
    _, x, lines, fit = rebelled
    camp, who = slice(30, None), slice(-3, None)
    simple, rival = toward(fit.monotone_positions, x), toward(fit.positions, x)
    # the truth puts them last of 30
    assert np.argsort(np.argsort(simple[camp]))[who].max() <= 10
    assert np.argsort(np.argsort(rival[camp]))[who].min() >= 26
    assert fit.log_bound > fit.monotone_log_bound + 20
    on = fit.unfolding > 0.5
    assert on[lines].mean() >= 0.9
    assert np.delete(on, lines).mean() <= 0.05


@compiled
def test_centrists_who_defect_stay_near_the_middle():
    y, x, _ = protest(at_end=False)
    fit = Unfolding().fit(bodies.matrix(y))
    for at in (fit.monotone_positions, fit.positions):
        assert np.argsort(np.argsort(toward(at, x)[30:]))[-3:].max() <= 5
    assert (fit.unfolding > 0.5).mean() <= 0.02


@compiled
def test_on_monotone_data_the_switch_stays_off():
    y, x, _ = bodies.probit(60, 250, 1, np.random.default_rng(4), missing=0.1)
    made = bodies.matrix(y)
    fit, simple = Unfolding().fit(made), IdealPoints().fit(made)
    assert abs(np.corrcoef(fit.positions, simple.positions[:, 0])[0, 1]) > 0.99
    assert abs(np.corrcoef(fit.positions, x[:, 0])[0, 1]) > 0.98
    assert (fit.unfolding > 0.5).mean() <= 0.01
    assert fit.share < 0.03


@compiled
def test_swapping_yea_and_nay_changes_the_middle_and_nothing_else(rebelled):
    y, _, _, fit = rebelled
    other = QUICK.fit(bodies.matrix(-y))
    for name in ("positions", "low", "monotone_positions", "unfolding"):
        np.testing.assert_allclose(getattr(fit, name), getattr(other, name), atol=SINGLE)
    on = fit.unfolding > 0.5
    np.testing.assert_allclose(fit.yea_in_middle[on], 1 - other.yea_in_middle[on], atol=SINGLE)
    # the curves, less the floor under unlikely choices, which is not symmetric to the last digit
    np.testing.assert_allclose(fit.response, 1 - other.response, atol=SINGLE)


@compiled
def test_anchors_turned_round_mirror_everything(rebelled):
    y, _, _, fit = rebelled
    lower, upper = ("m00", "m40") if fit.positions[0] > fit.positions[40] else ("m40", "m00")
    other = Unfolding(rounds=1, anchors=(lower, upper)).fit(bodies.matrix(y))
    np.testing.assert_allclose(other.positions, -fit.positions, atol=1e-9)
    np.testing.assert_allclose(other.low, -fit.high, atol=1e-9)
    np.testing.assert_allclose(other.places, fit.places[:, ::-1], atol=1e-12)
    np.testing.assert_allclose(other.response, fit.response[:, ::-1], atol=1e-12)
    np.testing.assert_allclose(other.unfolding, fit.unfolding, atol=1e-12)


@compiled
def test_intervals_hold_the_mean_and_places_are_probabilities(rebelled):
    _, _, _, fit = rebelled
    np.testing.assert_allclose(fit.places.sum(axis=1), 1.0, atol=1e-9)
    np.testing.assert_allclose(fit.places @ fit.line, fit.positions, atol=1e-9)
    assert (fit.low < fit.positions).all()
    assert (fit.positions < fit.high).all()
    assert fit.positions.std(ddof=1) == pytest.approx(1.0)
    assert fit.positions.mean() == pytest.approx(0.0, abs=1e-9)
    frame = fit.items_frame()
    assert frame["middle"].is_null().to_list() == (fit.unfolding <= 0.5).tolist()


# what is refused


@pytest.mark.parametrize(
    ("setting", "message"),
    [
        ({"prior": (0.0, 9.0)}, r"prior must be two numbers above 0, got \(0.0, 9.0\)"),
        ({"rounds": 11}, "rounds must be 0..10, got 11"),
        ({"tol": 0.0}, "tol must be above 0, got 0.0"),
        ({"max_iter": 0}, "max_iter must be 1 or more, got 0"),
        ({"anchors": ("a", "a")}, r"anchors must be two different actors, got \('a', 'a'\)"),
    ],
)
def test_settings_outside_their_range_are_refused(setting, message):
    with pytest.raises(SettingError, match=f"^{message}$"):
        Unfolding(**setting)


def test_records_that_say_nothing_are_refused():
    with pytest.raises(DataError, match=r"^'all': unfolding needs at least 3 items, got 2$"):
        Unfolding().fit(bodies.matrix(np.ones((4, 2), np.int8)))
    with pytest.raises(DataError, match=r"^'all': every one of the 5 items was unanimous$"):
        Unfolding().fit(bodies.matrix(np.ones((4, 5), np.int8)))


@compiled
def test_a_climb_that_does_not_end_is_said_so(rebelled):
    with pytest.raises(ConvergenceError, match=r"bound still rises after 5 rounds \(tol=1e-09\)"):
        Unfolding(max_iter=5, tol=1e-9).fit(bodies.matrix(rebelled[0]))
