"""Which period is the deepest: the joint model, the rank sets, and the sentence."""

import csv
import time
from pathlib import Path

import numpy as np
import pytest

import naive
from fake_trace import trace_of
from fissure.errors import DataError, FissureWarning, SettingError
from fissure.results import Rank
from fissure.results.base import build
from fissure.windows.rank import rank
from fissure.windows.ranksets import (
    bootstrap_noise,
    marginal_sets,
    significantly_above,
    simultaneous_sets,
)
from fissure.windows.shrinkage import LEAST, MOST, N_TAU, RHO, cells, joint_draws, likeness

REFERENCE = Path(__file__).parent / "reference" / "rank" / "csranks_pisa.csv"


def noise_of(errors, size=1000, seed=1):
    return bootstrap_noise(np.asarray(errors, float), size, np.random.default_rng(seed))


def noisy(n, rng, spread=0.05, error=0.03):
    """True depths, standard errors that differ, and estimates."""
    truth = 0.4 + spread * rng.standard_normal(n)
    errors = error * np.exp(0.3 * rng.standard_normal(n))
    return truth, errors, truth + errors * rng.standard_normal(n)


def probabilities(chances):
    return {c.period: c.probability for c in chances}


# -- rank sets -------------------------------------------------------------------------------------


@pytest.mark.parametrize("seed", range(6))
def test_sets_are_those_of_the_slow_twin(seed):
    rng = np.random.default_rng(seed)
    _, errors, values = noisy(7, rng, spread=0.1)
    noise = noise_of(errors, 200, seed)
    for level in (0.5, 0.95):
        low, high = simultaneous_sets(values, errors, noise, level)
        twin = naive.rank_sets(values, errors, noise.T, level)
        assert (low.tolist(), high.tolist()) == twin


def reference():
    with REFERENCE.open(encoding="utf-8") as file:
        rows = list(csv.DictReader(file))
    return {name: np.array([float(r[name]) for r in rows]) for name in rows[0] if name != "country"}


@pytest.mark.parametrize(
    ("made", "name", "settings"),
    [
        (simultaneous_sets, "", {}),
        (simultaneous_sets, "_single", {"stepdown": False}),
        (simultaneous_sets, "_75", {"level": 0.75}),
        (marginal_sets, "_marginal", {}),
    ],
)
def test_sets_are_those_of_csranks(made, name, settings):
    ours = reference()
    noise = noise_of(ours["error"], 20_000)
    low, high = made(ours["score"], ours["error"], noise, **settings)
    # of 74 ends each a few lie so near the critical value that another bootstrap moves them by 1
    for end, theirs in ((low, ours["low" + name]), (high, ours["high" + name])):
        assert np.abs(end - theirs).max() <= 1
        assert np.count_nonzero(end != theirs) <= 2


def test_two_values_by_hand():
    # one pair in both directions: the critical value is the 95 % point of |N(0, 1)|, 1.96, and the
    # standard error of the difference is 0.5; at 20,000 draws the bar is within 0.02 of that
    errors = np.array([0.3, 0.4])
    noise = noise_of(errors, 20_000)
    for gap, ranks in ((0.96, ([1, 1], [2, 2])), (1.0, ([1, 2], [1, 2]))):
        low, high = simultaneous_sets(np.array([gap, 0.0]), errors, noise)
        assert (low.tolist(), high.tolist()) == ranks


def test_stepdown_by_hand():
    # b and c are surely below a: then only b against c, and all the reverses, are still open, and
    # the bar falls from the largest of three |differences| to the largest of four one-sided ones
    errors, noise = np.ones(3), noise_of(np.ones(3), 50_000)
    family = ~np.eye(3, dtype=bool)
    d = (noise[:, None] - noise) / np.sqrt(2)
    first = np.quantile(np.abs(d).max(axis=(0, 1)), 0.95)
    then = np.quantile(np.max([d[1, 2], d[2, 1], d[1, 0], d[2, 0]], axis=0), 0.95)
    assert then < first - 0.1
    values = np.array([50.0, np.sqrt(2) * (first + then) / 2, 0.0])
    single = significantly_above(values, errors, noise, family, 0.95, stepdown=False)
    both = significantly_above(values, errors, noise, family, 0.95)
    assert single.tolist() == [[False, True, True], [False, False, False], [False] * 3]
    assert both.tolist() == [[False, True, True], [False, False, True], [False] * 3]


def test_far_apart_ranks_are_known_and_ties_are_not():
    errors = np.full(5, 0.01)
    low, high = simultaneous_sets(np.array([0.1, 0.9, 0.5, 0.3, 0.7]), errors, noise_of(errors))
    assert low.tolist() == high.tolist() == [5, 1, 3, 4, 2]
    low, high = simultaneous_sets(np.full(5, 0.3), errors, noise_of(errors))
    assert (low.tolist(), high.tolist()) == ([1] * 5, [5] * 5)


def test_sets_shrink_with_stepdown_and_for_one_alone():
    _, errors, values = noisy(20, np.random.default_rng(3), spread=0.15)
    noise = noise_of(errors, 2000)
    low, high = simultaneous_sets(values, errors, noise)
    single = simultaneous_sets(values, errors, noise, stepdown=False)
    alone = marginal_sets(values, errors, noise)
    assert (low >= single[0]).all()
    assert (high <= single[1]).all()
    assert (high - low).sum() < (single[1] - single[0]).sum()
    assert (alone[0] >= low).all()
    assert (alone[1] <= high).all()


def test_sets_follow_order_sign_and_scale():
    _, errors, values = noisy(12, np.random.default_rng(4), spread=0.15)
    noise, order = noise_of(errors), np.random.default_rng(5).permutation(12)
    low, high = simultaneous_sets(values, errors, noise)
    other = simultaneous_sets(values[order], errors[order], noise[order])
    np.testing.assert_array_equal(other, (low[order], high[order]))
    np.testing.assert_array_equal(simultaneous_sets(3 + 2 * values, 2 * errors, 2 * noise)[0], low)
    upside_down = simultaneous_sets(-values, errors, -noise)
    np.testing.assert_array_equal(upside_down, (13 - high, 13 - low))


@pytest.mark.parametrize("truth", [np.full(40, 0.4), 0.4 + 0.01 * np.arange(40)])
def test_all_ranks_at_once_are_held(truth):
    # 200 replicates at 95 %: fewer than 181 in 1 of 1,000 runs; bench_rank.py has 2,000
    held = 0
    for seed in range(200):
        rng = np.random.default_rng([6, seed])
        errors = 0.03 * np.exp(0.3 * rng.standard_normal(40))
        values = truth + errors * rng.standard_normal(40)
        low, high = simultaneous_sets(values, errors, noise_of(errors, 500, seed))
        above = (truth > truth[:, None]).sum(axis=1)
        below = (truth < truth[:, None]).sum(axis=1)
        held += bool(((low <= 1 + above) & (high >= 40 - below)).all())
    assert held >= 181


@pytest.mark.parametrize(("n_draws", "tolerance"), [(4000, 0.35), (900, 0.8)])
def test_noise_has_the_shape_of_the_draws_and_the_errors_asked_for(n_draws, tolerance):
    rng = np.random.default_rng(7)
    right, left = rng.exponential(size=n_draws), -rng.exponential(size=n_draws)
    draws = [right, left, rng.normal(size=n_draws), right[:49], np.full(n_draws, 0.3)]
    errors = np.array([0.1, 0.2, 0.3, 0.4, 0.5])
    noise = bootstrap_noise(errors, 50_000, rng, draws)
    # relative error of the standard deviation of 50,000 exponentials: sqrt(8 / 50,000) / 2 = 0.6 %
    np.testing.assert_allclose(noise.std(axis=1), errors, rtol=0.025)
    assert abs(noise.mean(axis=1) / errors).max() < 0.02
    # the skewness of an exponential is 2; how well so many draws tell it is simulated
    skewness = (noise**3).mean(axis=1) / noise.std(axis=1) ** 3
    np.testing.assert_allclose(skewness[:2], [2, -2], atol=tolerance)
    # of normal draws it is within 3 standard errors, sqrt(6 / n_draws); too few or equal draws: 0
    assert abs(skewness[2]) < 3 * np.sqrt(6 / n_draws) + 0.05
    np.testing.assert_allclose(skewness[3:], 0, atol=0.05)


@pytest.mark.compiled
def test_80_periods_take_less_than_a_second():
    _, errors, values = noisy(80, np.random.default_rng(8), spread=0.1)
    began = time.perf_counter()
    simultaneous_sets(values, errors, noise_of(errors, 1000))
    assert time.perf_counter() - began < 1.0


# -- the joint model -------------------------------------------------------------------------------


def taus(errors):
    return np.geomspace(LEAST * np.median(errors), MOST, N_TAU)


def test_the_grid_and_its_draws_are_those_of_the_dense_formula():
    rng = np.random.default_rng(9)
    _, errors, depth = noisy(6, rng)
    place = np.array([0, 1, 2, 5, 6, 7])
    weight, mean, cov = naive.shrunken(depth, errors, place, RHO, taus(errors))
    grid = cells(depth, errors, place)
    np.testing.assert_allclose(grid.weight, weight, rtol=1e-3, atol=1e-7)
    size = 100_000
    drawn = joint_draws(depth, errors, place, size, rng)
    # 4.5 standard errors of a mean of `size` draws; covariances within 3 % of their variances
    assert (abs(drawn.mean(axis=0) - mean) < 4.5 * np.sqrt(np.diag(cov) / size)).all()
    scale = np.sqrt(np.outer(np.diag(cov), np.diag(cov)))
    assert abs((np.cov(drawn.T) - cov) / scale).max() < 0.03


def test_likeness_falls_with_distance_in_time_and_gaps_count():
    r = likeness(0.5, np.array([0, 1, 4]))
    np.testing.assert_allclose(r, [[1, 0.5, 1 / 16], [0.5, 1, 1 / 8], [1 / 16, 1 / 8, 1]])
    np.testing.assert_array_equal(likeness(0.0, np.arange(3)), np.eye(3))


def test_sure_depths_are_left_and_unsure_ones_shrunk():
    rng = np.random.default_rng(10)
    depth, place = np.array([0.2, 0.3, 0.25, 0.8, 0.3, 0.2]), np.arange(6)
    sure = joint_draws(depth, np.full(6, 1e-4), place, 2000, rng).mean(axis=0)
    np.testing.assert_allclose(sure, depth, atol=1e-4)
    errors = np.array([0.01, 0.01, 0.01, 0.5, 0.01, 0.01])
    unsure = joint_draws(depth, errors, place, 2000, rng).mean(axis=0)
    assert unsure[3] < 0.4
    np.testing.assert_allclose(unsure[[0, 1, 2, 4, 5]], depth[[0, 1, 2, 4, 5]], atol=0.01)


def test_a_period_is_the_deepest_as_often_as_is_said():
    """Series drawn from the model itself: hits in each class of said probability."""
    said, was = [], []
    for seed in range(250):
        rng = np.random.default_rng([11, seed])
        n = 12
        errors = 0.03 * np.exp(0.3 * rng.standard_normal(n))
        root = np.linalg.cholesky(likeness(rng.choice(RHO), np.arange(n)))
        truth = 0.4 + rng.choice(taus(errors)) * root @ rng.standard_normal(n)
        depth = truth + errors * rng.standard_normal(n)
        drawn = joint_draws(depth, errors, np.arange(n), 400, rng)
        said.append(np.bincount(drawn.argmax(axis=1), minlength=n) / 400)
        was.append(np.arange(n) == truth.argmax())
    said, was = np.concatenate(said), np.concatenate(was)
    for low, high in ((0, 0.1), (0.1, 0.3), (0.3, 0.6), (0.6, 0.9), (0.9, 1.01)):
        here = (said >= low) & (said < high)
        p, n = said[here].mean(), here.sum()
        # four standard errors of a share
        assert abs(was[here].mean() - p) < 4 * np.sqrt(p * (1 - p) / n) + 1 / n


def test_of_40_equal_periods_none_is_crowned():
    largest, mean = [], np.zeros(40)
    for seed in range(40):
        rng = np.random.default_rng([12, seed])
        depth = 0.4 + 0.03 * rng.standard_normal(40)
        drawn = joint_draws(depth, np.full(40, 0.03), np.arange(40), 1000, rng)
        p = np.bincount(drawn.argmax(axis=1), minlength=40) / 1000
        largest.append(p.max())
        mean += p / 40
    # without shrinkage the largest of 40 equal periods is called deepest with 0.29 on average
    assert np.mean(largest) < 0.10
    assert np.max(largest) < 0.25
    assert mean.max() < 0.08


# -- the answer ------------------------------------------------------------------------------------


def hump(n=20, at=9, rise=0.3, se=0.03):
    depth = np.full(n, 0.3)
    depth[at - 1 : at + 2] += rise * np.array([0.5, 1.0, 0.5])
    labels = [str(79 + t) for t in range(n)]
    return trace_of(depth, se, years=1945, labels=labels)


def test_a_clear_peak_is_named():
    answer = rank(hump(), since=1945)
    assert isinstance(answer, Rank)
    assert answer.n_periods == 20
    assert answer.deepest[0].period == "88"
    assert answer.deepest[0].probability > 0.95
    at = {s.period: s for s in answer.rank_sets}
    assert (at["88"].low, at["88"].high) == (1, 3)
    assert at["88"].depth.low < 0.6 < at["88"].depth.high
    top = probabilities(answer.top)
    assert sum(top.values()) == pytest.approx(3)
    assert min(top["87"], top["88"], top["89"]) > 0.8
    assert 0.05 < answer.spread.low < answer.spread.estimate < answer.spread.high < 0.15
    assert answer.sentence == (
        "Of the 20 periods since 1945, 88 (1963) is the deepest with probability more than 0.99; "
        f"98 (1983), the last, with less than 0.01: its rank lies between {at['98'].low} and 20 of "
        "20 (95%, all ranks at once)."
    )


def test_probabilities_add_up_and_are_in_order():
    answer = rank(trace_of(np.linspace(0.3, 0.5, 9), 0.05), k=2)
    assert sum(c.probability for c in answer.deepest) == pytest.approx(1)
    for chances in (answer.deepest, answer.top):
        p = [c.probability for c in chances]
        assert p == sorted(p, reverse=True)
        assert min(p) > 0
    assert sum(c.probability for c in answer.top) == pytest.approx(2)
    assert [s.period for s in answer.rank_sets] == [str(t + 1) for t in range(9)]
    assert answer.to_frame().columns[:3] == ["period", "deepest", "top_2"]


def test_all_are_in_the_top_of_more_than_there_are():
    answer = rank(trace_of([0.3, 0.4], 0.05), k=3)
    assert probabilities(answer.top) == {"1": 1.0, "2": 1.0}


def test_equal_periods_are_said_not_to_stand_out():
    depth = 0.4 + 0.03 * np.random.default_rng(13).standard_normal(40)
    answer = rank(trace_of(depth, 0.03))
    lead = answer.deepest[0]
    assert answer.sentence.startswith(
        "Of all 40 periods none stands out: the likeliest to be the deepest is "
        f"{lead.period}, with probability {lead.probability:.2f}; 40, the last, with "
    )
    assert answer.sentence.endswith(
        ": its rank lies between 1 and 40 of 40 (95%, all ranks at once)."
    )


def test_of_two_equal_periods_none_stands_out():
    assert " none stands out: " in rank(trace_of([0.4, 0.41], 0.05)).sentence
    assert " is the deepest with probability " in rank(trace_of([0.3, 0.6], 0.05)).sentence


def test_the_last_may_be_the_deepest():
    answer = rank(trace_of([0.3, 0.31, 0.29, 0.3, 0.6], 0.02, years=2015))
    assert answer.sentence == (
        "Of all 5 periods, 5 (2023), the last, is the deepest with probability more than 0.99; the "
        "rank of the last is 1 of 5 (95%, all ranks at once)."
    )


def test_a_year_that_the_label_holds_is_not_repeated():
    trace = trace_of([0.3, 0.6], 0.02, years=[1961, 1962], labels=["1961", "1962-01-05 to 1962-12"])
    assert "(19" not in rank(trace).sentence


def test_the_answer_for_each_start():
    answer = rank(hump(), since=1965)
    starts = {s.since: s for s in answer.starts}
    assert list(starts) == [str(79 + t) for t in range(19)]
    assert [starts[str(c)].deepest for c in (79, 84, 88)] == ["88"] * 3
    assert starts["89"].deepest == "89"
    assert starts["89"].year == 1965
    last = [s.last for s in answer.starts]
    assert last == sorted(last)
    # the row of the year asked about is the answer itself, and another year changes no row
    assert starts["89"].probability == probabilities(answer.deepest)["89"]
    assert rank(hump(), since=1951).starts == answer.starts
    assert rank(hump()).starts == answer.starts


def test_since_leaves_older_periods_out_of_probabilities_and_ranks():
    answer = rank(hump(), since=1966)
    assert answer.n_periods == 9
    assert answer.rank_sets[0].period == "90"
    assert max(s.high for s in answer.rank_sets) == 9
    assert "88" not in probabilities(answer.deepest)
    assert answer.sentence.startswith("Of the 9 periods since 1966 none stands out: ")


def test_two_that_lead_together_are_both_named():
    depth = np.full(20, 0.3)
    depth[[4, 12]] = 0.6
    answer = rank(trace_of(depth, 0.02))
    first, second = answer.deepest[:2]
    assert answer.sentence.startswith(
        f"Of all 20 periods, {first.period} is the deepest with probability "
        f"{first.probability:.2f}, {second.period} with {second.probability:.2f}; 20, the last, "
    )


def test_the_answer_depends_on_seed_and_arguments_alone():
    trace = trace_of(np.linspace(0.3, 0.5, 9), 0.05)
    assert rank(trace, seed=2) == rank(trace, seed=2)
    assert rank(trace, seed=2).deepest != rank(trace, seed=3).deepest


def test_turning_time_round_turns_the_answer_round():
    depth = np.array([0.3, 0.35, 0.6, 0.55, 0.3, 0.32, 0.4])
    labels = list("abcdefg")
    one = probabilities(rank(trace_of(depth, 0.06, labels=labels), draws=20_000).deepest)
    back = rank(trace_of(depth[::-1], 0.06, labels=labels[::-1]), draws=20_000)
    for period, p in probabilities(back.deepest).items():
        # four standard errors of the difference of two shares of 20,000 draws
        assert abs(p - one[period]) < 4 * np.sqrt(2 * 0.25 / 20_000)


def test_each_group_has_its_own_answer():
    trace = trace_of([[0.3, 0.6, 0.3], [0.3, 0.3, 0.6]], 0.02, groups=("all", "party = D"))
    assert rank(trace).deepest[0].period == "2"
    answer = rank(trace, group="party = D")
    assert (answer.group, answer.deepest[0].period) == ("party = D", "3")


def test_overlapping_periods_are_thinned_from_the_last():
    trace = trace_of(np.linspace(0.3, 0.5, 8), 0.02, overlap=2)
    answer = rank(trace)
    assert [s.period for s in answer.rank_sets] == ["2", "4", "6", "8"]
    assert answer.sentence.endswith(
        " Neighbouring periods share items, so 4 of 8 are compared: every second, counting back "
        "from the last."
    )
    # where one is skipped the next that shares nothing is taken
    gap = trace_of(np.linspace(0.3, 0.5, 6), 0.02, places=[0, 1, 2, 3, 5, 6], overlap=3)
    assert [s.period for s in rank(gap).rank_sets] == ["1", "4", "6"]


@pytest.mark.parametrize("n_draws", [200, 1500])
def test_skewed_draws_make_longer_sets(n_draws):
    # the largest difference of skewed errors is larger than that of normal ones
    rng = np.random.default_rng(14)
    depth, n = np.linspace(0.3, 0.6, 12), (12, n_draws)
    width = [
        sum(s.high - s.low for s in rank(trace_of(depth, 0.03, draws=d)).rank_sets)
        for d in (
            depth[:, None] + 0.03 * (rng.exponential(size=n) - 1),
            depth[:, None] + 0.03 * rng.standard_normal(n),
        )
    ]
    assert width[0] > width[1]


def test_without_draws_the_interval_gives_the_error():
    depth = np.linspace(0.3, 0.5, 9)
    with_draws, without = (rank(trace_of(depth, 0.05, draws=d)) for d in (200, 0))
    for a, b in zip(with_draws.rank_sets, without.rank_sets, strict=True):
        assert (a.low, a.high) == (b.low, b.high)
        # the interval's ends are 1.959964 errors away, to seven digits
        assert a.depth.estimate == pytest.approx(b.depth.estimate, rel=1e-6)


def test_it_can_be_saved_and_read():
    answer = rank(hump(), since=1945)
    assert build(Rank, answer.to_dict()) == answer


def test_draws_that_are_all_the_same_are_counted_in_a_warning():
    trace = trace_of([0.0, 0.3, 0.4, 0.0], [0.0, 0.02, 0.04, 0.0])
    with pytest.warns(FissureWarning) as caught:
        rank(trace)
    assert [str(w.message) for w in caught] == [
        "the draws of 2 of 4 periods of 'all' are all the same; their errors are taken to be that "
        "of the median period"
    ]
    with pytest.raises(DataError) as error:
        rank(trace_of([0.3, 0.4], 0.0))
    assert str(error.value) == ("no depth of 'all' has an error, so luck cannot be told from depth")


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ({"since": "1945"}, "since must be a year as a whole number, got '1945'"),
        ({"since": True}, "since must be a year as a whole number, got True"),
        ({"k": 0}, "k must be a whole number of 1 or more, got 0"),
        ({"draws": 99}, "draws must be a whole number of 100 or more, got 99"),
        ({"seed": -1}, "seed must be a whole number of 0 or more, got -1"),
    ],
)
def test_a_bad_setting_is_refused(arguments, message):
    with pytest.raises(SettingError) as error:
        rank(hump(), **arguments)
    assert str(error.value) == message


def test_what_is_no_trace_and_a_trace_of_nothing_are_refused():
    with pytest.raises(SettingError, match="what is ranked must be a Trace, got 'votes'"):
        rank("votes")
    with pytest.raises(DataError, match="there is no series in this trace"):
        rank(hump().with_series(()))


def test_what_cannot_be_compared_is_refused():
    def refused(*args, **kw):
        with pytest.raises(DataError) as error:
            rank(*args, **kw)
        return str(error.value)

    assert refused(trace_of([0.3, 0.4, 0.5], 0.1), since=1945) == (
        "since=1945 needs the year of every period of 'all', but 3 of 3 have none, such as '1'; "
        "leave since out to compare all"
    )
    assert refused(hump(), since=1983) == (
        "at least 2 periods are needed to rank, and 1 of 20 of 'all' begin in 1983 or later; they "
        "begin in 1945 to 1983"
    )
    assert refused(hump(), since=2030).startswith(
        "at least 2 periods are needed to rank, and 0 of 20 of 'all' begin in 2030 or later"
    )
    assert refused(trace_of([0.3], 0.1)) == (
        "at least 2 periods are needed to rank, and 'all' has 1"
    )
    assert refused(hump(), group="party = X") == (
        "no group 'party = X' in this trace; there are 'all'"
    )
