"""Windows: the posterior over when a split opened and closed."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.special import logsumexp
from scipy.stats import norm

import naive
from fake_trace import trace_of
from fissure.errors import DataError, FissureWarning
from fissure.kernels.chain import forward, window_table
from fissure.results import Windows
from fissure.results.base import build
from fissure.windows.opening import as_seen_then, named_windows, shortest_run, windows
from fissure.windows.posterior import (
    CARRIES,
    MOVEMENTS,
    count_prior,
    covering,
    half_way,
    limits,
    n_ages,
    placements,
    posterior,
    ramps,
    whiten,
)
from fissure.windows.settings import WindowSettings

#: Sums over paths differ from the twin's by rounding only.
ROUNDING = 1e-9
#: The lattice of levels (steps of 1.6 standard errors, midpoints from the least rise on) changes a
#: probability by no more than this,
LATTICE = 0.01
#: and so does the limited memory of switches, where the next may begin soon after the last.
MEMORY = 0.02
#: It is worse where a window may close as soon as its ramp is done.
RAMP_MEMORY = 0.04


def simulated(rng, n, carry=0.0, movement=0.02, window=None, rise=0.25, error=0.02, ramp=1):
    """Depths around 0.3 with autocorrelated movement, their errors, and one window."""
    depth = np.empty(n)
    depth[0] = rng.normal(0, movement)
    for t in range(1, n):
        depth[t] = carry * depth[t - 1] + rng.normal(0, movement * np.sqrt(1 - carry**2))
    se = np.full(n, error)
    depth += 0.3 + rng.normal(0, se)
    if window:
        depth += rise * swell(n, *window, ramp)
    return depth, se


def swell(n, opening, closing, ramp):
    """How far a window is open that begins to open and to close in these periods, 0 to 1."""
    t = np.arange(n)
    return np.clip((t - opening + 1) / ramp, 0, 1) - np.clip((t - closing + 1) / ramp, 0, 1)


# -- paths ----------------------------------------------------------------------------------------


@pytest.mark.parametrize("n", [1, 2, 3, 6, 9])
@pytest.mark.parametrize(("length", "gap"), [(1, 1), (2, 2), (3, 1), (1, 4), (6, 2)])
@pytest.mark.parametrize("ramp", [1, 2, 3, 4])
def test_placements_are_counted_as_they_are_enumerated(n, length, gap, ramp):
    settings = WindowSettings(min_length=length, min_gap=gap, max_windows=3)
    paths = naive.window_paths(n, 3, length, gap, ramp)
    by_count = np.bincount([len(p) for p in paths], minlength=4)
    assert placements(n, settings, ramp).tolist() == by_count.tolist()


def test_one_window_among_n_periods_has_n_times_n_plus_1_half_placements():
    settings = WindowSettings(min_length=1, max_windows=1)
    assert placements(80, settings, 1).tolist() == [1, 80 * 81 / 2]


def test_counts_without_a_placement_get_nothing():
    p, each = count_prior(3, WindowSettings(max_windows=4, p_none=0.5), 1)
    assert p.tolist() == [0.5, 0.5, 0, 0, 0]
    assert each[1] == pytest.approx(0.5 / placements(3, WindowSettings(), 1)[1])


def test_ramps_longer_than_a_quarter_of_the_series_are_left_out():
    usual = WindowSettings()
    assert ramps(15, usual) == {1: 1.0}
    assert ramps(16, usual) == {1: 0.5, 4: 0.5}
    assert ramps(40, usual) == {1: 0.5, 4: 0.25, 10: 0.25}
    assert ramps(7, WindowSettings(ramps=(4, 10))) == {4: 1.0}


@settings(max_examples=60)
@given(
    st.integers(2, 7),
    st.integers(0, 2**32 - 1),
    st.integers(1, 3),
    st.integers(1, 3),
    st.integers(1, 4),
)
def test_masses_are_those_of_the_slow_twin(n, seed, length, gap, ramp):
    rng = np.random.default_rng(seed)
    settings = WindowSettings(min_length=length, min_gap=gap, max_windows=3)
    depth, se = rng.normal(0.4, 0.1, n), rng.uniform(0.02, 0.1, n)
    place = np.cumsum(rng.integers(1, 4, n)).astype(float)
    level, rise, movement, carry = 0.3, 0.2, rng.uniform(0.02, 0.1), rng.uniform(0, 0.95)
    _, each = count_prior(n, settings, ramp)
    each[0] = 0.0
    ages = n_ages(settings, ramp)
    white, log_det = whiten(depth, se, place, movement, carry, ages - 1, ramp)
    total, count, table = np.empty((1, n)), np.empty((1, 4)), np.zeros((n, n + 1))
    at, bounds = (np.array([level]), np.array([rise])), limits(n, settings, ramp)
    forward(white, *at, np.array([-np.inf]), each, bounds, total, count)
    window_table(white, *at, np.ones(1), total, each, bounds, table)

    paths = naive.window_paths(n, 3, length, gap, ramp)[1:]
    given = (depth, se, place, level, rise, movement, carry)
    logs = np.array(
        [np.log(each[len(p)]) + naive.window_log_density(*given, p, ages, ramp) for p in paths]
    )
    mass = np.exp(logs - logsumexp(logs))
    assert total[0, -1] + log_det == pytest.approx(logsumexp(logs), abs=ROUNDING)
    by_count = np.bincount([len(p) for p in paths], mass, minlength=4)
    np.testing.assert_allclose(count[0], by_count, atol=ROUNDING)
    twin = np.zeros((n, n + 1))
    for p, m in zip(paths, mass, strict=True):
        for o, c in p:
            twin[o, c] += m
    np.testing.assert_allclose(table, twin, atol=ROUNDING)


def test_a_pair_that_cannot_reach_what_is_wanted_is_left_out():
    white, _ = whiten(np.full(6, 0.3), np.full(6, 0.02), np.arange(6.0), 0.02, 0.0, 4)
    each, bounds = np.array([0.0, 0.05]), np.array([2, 2, 5])
    total, count = np.empty((2, 6)), np.empty((2, 2))
    level, rise = np.array([0.3, 0.9]), np.array([0.2, 0.2])
    forward(white, level, rise, np.full(2, -50.0), each, bounds, total, count)
    assert total[0, -1] > -50
    assert total[1, -1] == -np.inf


# -- the whole posterior against brute force -------------------------------------------------------


def brute(depth, se, place, settings, ramp):
    """P(count) and the table, with dense covariances and a fine lattice of level and rise."""
    n = len(depth)
    paths = naive.window_paths(n, settings.max_windows, settings.min_length, settings.min_gap, ramp)
    _, each = count_prior(n, settings, ramp)
    mass = np.full((len(MOVEMENTS), len(CARRIES), len(paths)), -np.inf)
    for i, m in enumerate(MOVEMENTS * settings.movement_scale):
        least = max(settings.min_rise, settings.min_contrast * m)
        rise = least + (np.arange(120) + 0.5) / 120
        prior = norm.logpdf(rise - least, scale=settings.rise_scale) + np.log(2 / 120)
        for j, r in enumerate(CARRIES):
            cov = m**2 * r ** np.abs(place[:, None] - place) + np.diag(se**2)
            precision, det = np.linalg.inv(cov), np.linalg.slogdet(cov)[1]
            # a level has to be seen: it lies within four standard errors of some depth
            reach = 4 * precision.sum() ** -0.5
            low, high = max(0.0, depth.min() - reach), min(1.0, depth.max() + reach)
            level = low + (high - low) * (np.arange(150) + 0.5) / 150
            for k, path in enumerate(paths):
                z = np.zeros(n)
                for o, c in path:
                    z += swell(n, o if o > 0 else -ramp, c if c < n else n + 1, ramp)
                d, one = precision @ depth, precision @ np.ones(n)
                a, b = level[:, None], rise[None, :] if path else np.zeros((1, 1))
                q = depth @ d - 2 * a * d.sum() - 2 * b * (z @ d) + a * a * one.sum()
                q = q + 2 * a * b * (z @ one) + b * b * (z @ precision @ z)
                value = -0.5 * (q + det) + (prior if path else 0.0) + np.log((high - low) / 150)
                mass[i, j, k] = logsumexp(value) + np.log(each[len(path)] * m)
        mass[i] -= 0.5 * MOVEMENTS[i] ** 2
    sizes, evidence = [len(p) for p in paths], logsumexp(mass)
    of_path = np.exp(logsumexp(mass, axis=(0, 1)) - evidence)
    table = np.zeros((n, n + 1))
    for p, path in zip(of_path, paths, strict=True):
        for o, c in path:
            # more than half open from there on, and less than half open from there on
            table[o + ramp // 2 if o > 0 else 0, min(c + ramp // 2, n)] += p
    return np.bincount(sizes, of_path, minlength=settings.max_windows + 1), table, evidence


@pytest.mark.compiled
@pytest.mark.parametrize("seed", range(4))
@pytest.mark.parametrize("most", [1, 2])
@pytest.mark.parametrize(
    ("ramp", "length", "near"), [(1, 2, MEMORY), (4, 2, RAMP_MEMORY), (4, 6, LATTICE)]
)
def test_the_posterior_is_that_of_brute_force(seed, most, ramp, length, near):
    rng = np.random.default_rng(seed)
    n = 9 if most == 1 else 7
    rise = (0.0, 0.12, 0.16, 0.3)[seed]
    depth, se = simulated(rng, n, 0.5, 0.04, (3, 6) if ramp == 1 else (1, 6), rise, 0.03, ramp)
    place = np.r_[np.arange(n - 2), n, n + 1].astype(float)  # one place is missing
    settings = WindowSettings(
        max_windows=most, min_length=length, min_gap=length, ramps=(ramp,), min_contrast=2.0
    )
    ours = posterior(depth, se, place, settings)
    count, table, _ = brute(depth, se, place, settings, ramp)
    np.testing.assert_allclose(ours.count, count, atol=near)
    np.testing.assert_allclose(ours.table, table, atol=near)


@pytest.mark.compiled
def test_steps_and_ramps_are_weighed_by_their_evidence():
    depth, se = simulated(np.random.default_rng(8), 8, 0.3, 0.03, (2, 6), 0.25, 0.03, 2)
    settings = WindowSettings(max_windows=1, ramps=(1, 2), min_contrast=2.0)
    ours = posterior(depth, se, np.arange(8.0), settings)
    step, ramp = (brute(depth, se, np.arange(8.0), settings, r) for r in (1, 2))
    share = 1 / (1 + np.exp(ramp[2] - step[2]))
    assert 0.1 < share < 0.9  # both are heard
    np.testing.assert_allclose(ours.table, share * step[1] + (1 - share) * ramp[1], atol=MEMORY)
    np.testing.assert_allclose(ours.count, share * step[0] + (1 - share) * ramp[0], atol=MEMORY)


@pytest.mark.compiled
@pytest.mark.parametrize("seed", range(3))
def test_probabilities_add_up(seed):
    depth, se = simulated(np.random.default_rng(seed), 20, 0.4, 0.04, (17, 20), 0.2)
    p = posterior(depth, se, np.arange(20.0), WindowSettings(ramps=(1, 3, 5)))
    assert p.count.sum() == pytest.approx(1)
    # every window is in the table once: its sum is the expected number of windows, to the levels
    # that the table leaves out
    assert p.table.sum() == pytest.approx(p.count @ np.arange(5), abs=2e-3)
    for nodes in (p.level, p.rise, p.movement, p.carry):
        assert nodes[:, 1].sum() == pytest.approx(1)


@pytest.mark.compiled
def test_time_backwards_gives_the_windows_backwards():
    # exact but for the memory of switches, which runs forwards
    depth, se = simulated(np.random.default_rng(3), 16, 0.3, 0.02, (5, 11), 0.2)
    ahead = posterior(depth, se, np.arange(16.0), WindowSettings())
    back = posterior(depth[::-1].copy(), se[::-1].copy(), np.arange(16.0), WindowSettings())
    np.testing.assert_allclose(back.open, ahead.open[::-1], atol=MEMORY)
    assert back.count[0] == pytest.approx(ahead.count[0], abs=MEMORY)


@pytest.mark.compiled
def test_a_lower_or_higher_body_has_the_same_windows():
    depth, se = simulated(np.random.default_rng(4), 16, 0.3, 0.03, (5, 11), 0.15)
    one = posterior(depth, se, np.arange(16.0), WindowSettings())
    other = posterior(depth + 0.2, se, np.arange(16.0), WindowSettings())
    np.testing.assert_allclose(one.table, other.table, atol=MEMORY)


# -- naming ---------------------------------------------------------------------------------------


def test_covering_by_hand():
    table = np.zeros((4, 5))
    table[1, 3], table[2, 4] = 0.5, 0.25
    assert covering(table).tolist() == [0, 0.5, 0.75, 0.25]


def test_half_way_by_hand():
    table = np.zeros((6, 7))
    table[0, 2], table[1, 3], table[3, 5], table[3, 6] = 0.1, 0.2, 0.3, 0.4
    np.testing.assert_array_equal(half_way(table, 1), table)
    later = np.zeros((6, 7))  # by two periods; what was open from the start has no opening
    later[0, 4], later[3, 5], later[5, 6] = 0.1, 0.2, 0.7
    np.testing.assert_allclose(half_way(table, 4), later)
    np.testing.assert_allclose(half_way(table, 5), later)


def test_two_windows_are_named_in_order_of_time():
    table = np.zeros((10, 11))
    table[1, 3], table[1, 4], table[6, 9], table[7, 10] = 0.3, 0.3, 0.7, 0.2
    (first, a), (second, b) = named_windows(table, 0.5)
    assert (first, second) == (pytest.approx(0.6), pytest.approx(0.9))
    assert a[1, 3] == pytest.approx(0.5)
    assert b[6, 9] == pytest.approx(7 / 9)
    assert named_windows(table, 0.95) == []


@given(st.lists(st.floats(0.01, 1), min_size=1, max_size=12))
def test_the_shortest_run_holds_enough_and_none_shorter_does(mass):
    p = np.array(mass) / sum(mass)
    middle, low, high = shortest_run(p)
    assert low <= middle <= high
    assert p[low : high + 1].sum() >= 0.95 - 1e-9
    assert all(p[i : i + high - low].sum() < 0.95 for i in range(len(p) - (high - low) + 1))


@pytest.mark.compiled
def test_a_window_that_closed():
    depth = np.r_[[0.2] * 8, [0.5] * 7, [0.2] * 10]
    out = windows(trace_of(depth, 0.02, years=1951))
    (w,) = out.windows
    assert (w.opened.estimate, w.closed.estimate) == ("9", "16")
    assert w.opened.year.estimate == 1967
    assert (w.duration.estimate, w.duration.low, w.duration.high) == (7, 7, 7)
    assert out.p_none < 0.01
    assert out.p_open_now < 0.05
    assert out.rise.low < 0.3 < out.rise.high
    assert out.sentence.startswith(
        "A window of deeper division opened in 1967 (95%: 1967 to 1967) and closed in 1981 (95%: "
        "1981 to 1981); probability more than 0.99. None is open now ("
    )


@pytest.mark.compiled
def test_a_window_still_open_is_said_to_be():
    out = windows(trace_of(np.r_[[0.2] * 15, [0.5] * 5], 0.02))
    (w,) = out.windows
    assert w.closed is None
    assert w.still_open > 0.95
    assert w.duration.estimate == 5
    assert (
        "A window of deeper division opened in 16 (95%: 16 to 16) and is still open in 20 ("
        in out.sentence
    )
    assert "None" not in out.sentence


@pytest.mark.compiled
def test_a_window_open_from_the_start_is_said_to_be():
    out = windows(trace_of(np.r_[[0.5] * 5, [0.2] * 15], 0.02))
    (w,) = out.windows
    assert w.open_at_start > 0.95
    assert (
        "A window of deeper division opened in 1 or earlier and closed in 6 (95%: 6 to 6)"
        in out.sentence
    )


@pytest.mark.compiled
def test_two_windows_are_found():
    depth = np.r_[[0.2] * 8, [0.5] * 5, [0.2] * 8, [0.5] * 5, [0.2] * 6]
    out = windows(trace_of(depth, 0.02))
    assert [(w.opened.estimate, w.closed.estimate) for w in out.windows] == [
        ("9", "14"),
        ("22", "27"),
    ]
    assert np.argmax(out.p_count) == 2


@pytest.mark.compiled
def test_nothing_is_found_where_nothing_is():
    out = windows(trace_of(np.full(30, 0.3) + 0.01 * np.cos(np.arange(30)), 0.02))
    assert out.windows == ()
    assert out.sentence.startswith("No window of deeper division (probability ")
    assert out.p_none >= 0.9


@pytest.mark.compiled
@pytest.mark.parametrize("ramp", [4, 10])
def test_a_ramp_is_dated_where_it_is_half_way(ramp):
    depth = 0.2 + 0.3 * swell(50, 10, 28, ramp)
    (w,) = windows(trace_of(depth, 0.02)).windows
    half = 1 + ramp // 2  # periods are numbered from 1
    assert (w.opened.estimate, w.closed.estimate) == (str(10 + half), str(28 + half))
    assert w.duration.estimate == 18


@pytest.mark.compiled
def test_a_ramp_that_ends_in_the_middle_is_open():
    depth = 0.2 + 0.3 * swell(50, 42, 60, 10)  # at 8/10 in the last period
    (w,) = windows(trace_of(depth, 0.02)).windows
    assert w.closed is None
    assert int(w.opened.low) <= 48 <= int(w.opened.high)


@pytest.mark.compiled
def test_a_closing_that_is_not_half_done_is_open_still():
    depth = 0.2 + 0.3 * swell(50, 20, 46, 10)  # at 6/10 in the last period
    (w,) = windows(trace_of(depth, 0.02)).windows
    assert w.closed is None
    assert w.opened.estimate == "26"


@pytest.mark.compiled
def test_a_ramp_down_from_the_start_was_open_at_the_start():
    depth = 0.2 + 0.3 * swell(50, -10, 12, 10)
    (w,) = windows(trace_of(depth, 0.02)).windows
    assert w.open_at_start > 0.95
    assert w.closed.estimate == "18"


@pytest.mark.compiled
def test_a_slow_swell_is_found():
    # half of its height is reached in period 10.75 and lost in period 30.25
    depth = 0.2 + 0.3 * np.sin(np.linspace(0, np.pi, 40)) ** 2
    (w,) = windows(trace_of(depth, 0.015)).windows
    assert w.probability > 0.9
    assert int(w.opened.low) <= 11 <= int(w.opened.high)
    assert int(w.closed.low) <= 31 <= int(w.closed.high)
    # steps alone take it for movement with a long memory
    steps = windows(trace_of(depth, 0.015), settings=WindowSettings(ramps=(1,)))
    assert steps.windows == ()


@pytest.mark.compiled
def test_slow_movement_is_not_called_flat():
    depth, se = simulated(np.random.default_rng(5), 40, 0.9, 0.08)
    out = windows(trace_of(depth, se))
    assert out.windows == ()
    assert "Depth moves much and slowly here (standard deviation 0." in out.sentence
    assert out.sentence.endswith(
        "a slow rise and fall that is not much larger is not called a window."
    )
    assert out.autocorrelation.estimate > 0.7


@pytest.mark.compiled
def test_a_result_is_saved_and_read():
    out = windows(trace_of(np.r_[[0.2] * 8, [0.5] * 7], 0.02))
    assert build(Windows, out.to_dict()) == out


@pytest.mark.compiled
def test_of_overlapping_periods_only_some_are_used():
    depth = np.repeat(np.r_[[0.2] * 6, [0.5] * 6], 2)
    out = windows(trace_of(depth, 0.02, overlap=2))
    assert [c.period for c in out.open] == [str(t) for t in range(2, 25, 2)]
    assert out.settings["n_periods"] == 12
    assert out.sentence.endswith(
        "Neighbouring periods share items: one in 2 was used, counted back from the last."
    )


@pytest.mark.compiled
def test_as_seen_then_is_what_the_shorter_series_says():
    depth = np.r_[[0.2] * 8, [0.5] * 4]
    seen = as_seen_then(trace_of(depth, 0.02))
    assert [c.period for c in seen] == [str(t) for t in range(5, 13)]
    for n in (8, 10):
        then = windows(trace_of(depth[:n], 0.02)).p_open_now
        assert seen[n - 5].probability == pytest.approx(then, abs=1e-6)
    assert seen[3].probability < 0.1 < 0.9 < seen[-1].probability


# -- calibration, a small version of bench/bench_windows.py ----------------------------------------


@pytest.mark.compiled
def test_few_false_windows_where_errors_carry_over():
    rng = np.random.default_rng(10)
    said = [
        posterior(*simulated(rng, 40, carry, 0.03), np.arange(40.0), WindowSettings()).count[0]
        for carry in (0.0, 0.6)
        for _ in range(8)
    ]
    assert np.mean(np.array(said) >= 0.9) >= 0.8


@pytest.mark.compiled
def test_dates_are_covered():
    rng, covered = np.random.default_rng(11), []
    for k in range(16):
        ramp = (1, 4)[k % 2]
        o, length = int(rng.integers(3, 25)), int(rng.integers(4, 10))
        depth, se = simulated(rng, 40, 0.3, 0.02, (o, o + length), 0.2, ramp=ramp)
        out = windows(trace_of(depth, se))
        if out.windows:
            w, half = out.windows[0], 1 + ramp // 2
            covered.append(int(w.opened.low) <= o + half <= int(w.opened.high))
            if w.closed:
                covered.append(int(w.closed.low) <= o + length + half <= int(w.closed.high))
    # of 30 intervals that each hold with 0.95, 26 or more do in all but 2 of 100 cases
    assert len(covered) >= 24
    assert np.mean(covered) >= 0.86


# -- what is refused ------------------------------------------------------------------------------


def test_too_few_periods_are_refused():
    with pytest.raises(DataError) as error:
        windows(trace_of([0.2] * 4, 0.02))
    assert str(error.value) == ("windows need 5 or more periods that share no items, 'all' has 4")


@pytest.mark.compiled
def test_depths_without_draws_take_their_errors_from_their_intervals():
    depth = np.r_[[0.2] * 8, [0.5] * 6, [0.2] * 6]
    out, with_draws = windows(trace_of(depth, 0.02, draws=0)), windows(trace_of(depth, 0.02))
    assert out.p_none == pytest.approx(with_draws.p_none, abs=0.01)
    assert [w.opened.estimate for w in out.windows] == ["9"]


@pytest.mark.compiled
def test_depths_that_could_not_be_measured_take_the_median_error():
    """A depth of 0 whose draws are all 0 is not known better than the others, but less."""
    depth = np.r_[[0.0] * 8, [0.3] * 12]
    se = np.r_[np.zeros(8), np.full(12, 0.05)]
    with pytest.warns(FissureWarning) as warned:
        out = windows(trace_of(depth, se))
    assert str(warned[0].message) == (
        "the draws of 8 of 20 periods of 'all' are all the same; their errors are taken to be that "
        "of the median period"
    )
    assert out.p_none == pytest.approx(windows(trace_of(depth, 0.05)).p_none, abs=0.01)


def test_depths_none_of_which_has_an_error_are_refused():
    with pytest.raises(DataError) as error:
        windows(trace_of([0.2] * 6, 0.0))
    assert str(error.value) == ("no depth of 'all' has an error, so luck cannot be told from depth")
