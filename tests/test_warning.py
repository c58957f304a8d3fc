"""Early warnings: only the past is seen, false alarms are as asked, and chosen series are told."""

import warnings
from dataclasses import replace

import numpy as np
import pytest

import fissure as fs
import naive_readiness as naive
from fake_trace import trace_of
from fissure.readiness.alarms import (
    FIRST,
    LENGTH,
    SHIFT,
    STATISTICS,
    ar1_paths,
    carry_of,
    new_alarms,
    threshold,
)
from fissure.readiness.fallacy import prosecutors_fallacy
from fissure.readiness.hits import poisson_interval, score
from fissure.readiness.warning import origins
from fissure.readiness.watched import watched

YEARS = np.arange(1960, 2020)


def noise(n=1, length=60, carry=0.0, seed=1):
    return ar1_paths(carry, n, length, np.random.default_rng(seed))


def stepped(at=30, rise=3.0):
    values = noise()[0].copy()
    values[at:] += rise
    return values


@pytest.mark.parametrize("name", STATISTICS)
def test_a_statistic_never_sees_what_comes_later(name):
    path = noise(3, carry=0.5)
    whole = STATISTICS[name](path)
    for t in (FIRST, 25, 41):
        assert STATISTICS[name](path[:, : t + 1])[:, t] == pytest.approx(whole[:, t], nan_ok=True)


@pytest.mark.parametrize("name", STATISTICS)
def test_level_and_unit_do_not_matter(name):
    path = noise(3, carry=0.5)
    one, other = STATISTICS[name](path), STATISTICS[name](5 + 0.01 * path)
    assert other[:, FIRST:] == pytest.approx(one[:, FIRST:], rel=1e-4, abs=1e-6, nan_ok=True)


def test_statistics_and_their_twins():
    path = noise(carry=0.4, seed=3)
    carries = carry_of(path)[0]
    assert carries[40] == pytest.approx(naive.carry(path[0, :40]))
    found = STATISTICS["cusum"](path)[0]
    assert found == pytest.approx(naive.cusum(path[0], SHIFT, carries))
    ratio = STATISTICS["likelihood"](path)[0]
    for t in (20, 45):
        right = naive.line_ratio(path[0, : t + 1], FIRST, LENGTH)
        assert ratio[t] == pytest.approx(right, rel=1e-5)
    # a straight line in the last ten values is taken out
    bent = path + 0.3 * np.arange(60)
    now = STATISTICS["autocorrelation"]
    assert now(bent)[0, -1] == pytest.approx(now(path)[0, -1])


def test_new_alarms_are_crossings():
    path = np.array([[0.0, 2, 2, 0, 2]])
    assert new_alarms(path, 1.0).tolist() == [[False, True, False, False, True]]


@pytest.mark.parametrize("name", ["cusum", "shiryaev-roberts", "autocorrelation"])
@pytest.mark.parametrize("carry", [0.0, 0.6])
def test_steady_series_give_as_many_false_alarms_as_asked(name, carry):
    """60 series of 56 years: 168 alarms expected, so ± 0.16 of 0.5 per decade is four errors."""
    paths = noise(60, FIRST + 60, carry, seed=9)
    years = np.arange(1950, 1950 + FIRST + 60)
    found = fs.warning({str(k): (years, p) for k, p in enumerate(paths)}, statistic=name)
    (score,) = found.scores
    assert score.n_events == 0
    # carry is estimated from few values: up to a quarter off beside the error of sampling
    assert score.false_per_decade.estimate == pytest.approx(0.5, abs=0.16 + 0.125)


def test_fewer_false_alarms_mean_a_higher_threshold():
    levels = [threshold("cusum", 0.3, rate, 1) for rate in (0.1, 0.05, 0.02)]
    assert np.all(np.diff(levels) > 0)


def test_a_slow_rise_is_warned_of_and_mirrored_for_a_closing():
    """Side two is side one upside down: the level falls before a closing."""
    values = noise()[0] + np.r_[np.zeros(30), np.linspace(0, 6, 10), np.full(20, 6.0)]
    up = fs.warning((YEARS, values), [2000], statistic="cusum", lead=8).scores[0]
    assert (up.hits, up.misses) == (1, 0)
    assert 0 < up.lead_time <= 8
    # open from before the records on, and closing in 2000
    down = fs.warning((YEARS, -values), [1950], [2000], statistic="cusum", lead=8)
    side = next(s for s in down.scores if s.side == "closing")
    assert (side.hits, side.lead_time) == (up.hits, up.lead_time)
    assert [p.alarms for p in side.paths] == [tuple(a for a in up.paths[0].alarms if a < 2000)]


def test_hits_misses_and_scores_add_up():
    found = fs.warning((YEARS, stepped()), [1985, 1995], statistic="all", lead=5)
    assert len(found.scores) == len(STATISTICS)
    for s in found.scores:
        assert s.hits + s.misses == s.n_events == 2
        assert s.n_alarms >= s.false_alarms
        assert 0 <= s.hits_by_chance < 1
        assert s.n_scored == s.years  # yearly values
        assert 0 <= s.brier <= 1
        assert s.log_score > 0
    assert found.to_frame().height == len(STATISTICS)


def test_while_a_window_is_open_nothing_can_open():
    (one,) = watched((YEARS, stepped()), [1985], [1995])
    found = origins(one, "opening", "cusum", 0.05, 1)
    assert not found.is_alarm[(YEARS >= 1985) & (YEARS < 1995)].any()
    assert found.at_risk.sum() == 60 - FIRST - 10
    other = origins(one, "closing", "cusum", 0.05, 1)
    assert other.at_risk.sum() == 10


def test_without_skill_scores_are_no_better_than_past_frequency():
    rng = np.random.default_rng(4)
    paths = noise(30, seed=5)
    series = {str(k): (YEARS, p) for k, p in enumerate(paths)}
    events = {str(k): [float(rng.integers(1975, 2015))] for k in range(15)}
    found = fs.warning(series, events, statistic="cusum")
    (score,) = found.scores
    assert score.brier == pytest.approx(score.brier_climatology, rel=0.1)
    assert score.n_events == 15


def test_prosecutors_fallacy_is_reproduced():
    """In steady series that wandered across a level by chance, alarms are twice as frequent."""
    found = prosecutors_fallacy("cusum", n_series=1500)
    assert found.n_chosen > 500
    assert found.chosen > 1.5 * found.any_series
    # an alarm in any five years: 1 − e^(−5 × 0.05)
    assert found.any_series == pytest.approx(1 - np.exp(-0.25), abs=0.03)


def test_series_chosen_because_they_tipped_are_told():
    cut = (YEARS[:32], stepped()[:32])
    with pytest.warns(fs.FissureWarning, match="every series ends within 5 years of its event"):
        found = fs.warning(cut, [1990], statistic="cusum")
    assert found.fallacy[0].n_chosen > 100
    with pytest.warns(fs.FissureWarning, match="chosen because they tipped"):
        fs.warning((YEARS, stepped()), [1990], statistic="cusum", chosen="tipped")
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        whole = fs.warning((YEARS, stepped()), [1990], statistic="cusum")
    assert whole.fallacy == ()
    assert whole.remarks[0].startswith("Every one of 1 series here has an event")


def test_a_trace_brings_its_series_and_windows():
    depth = np.r_[np.full(20, 0.2), np.full(15, 0.5)] + 0.02 * noise(length=35)[0]
    trace = trace_of(depth, 0.02, years=1950)
    with pytest.raises(fs.DataError, match="'all' has no windows"):
        fs.warning(trace.series[0])
    found = fs.warning(trace.series[0], [1990.0], statistic="cusum", lead=6)
    assert found.settings["series"] == ["all"]
    assert found.scores[0].n_events == 1
    both = fs.warning(trace, {"all": [1990.0]}, statistic="cusum")
    assert both.scores[0].n_events == 1


@pytest.mark.parametrize(
    ("openings", "closings", "problem"),
    [
        ([1980, 1985], [1990], "the series: windows overlap: one opened in 1985, and the one of "
         "1980 had not closed"),
        ([1980], [1985, 1990], "the series: closings in 1985 and 1990 have no opening between"),
        ([1980, 1985], [1985, 1990], "the series: a window opens and one closes in 1985"),
        ([1980, 1980], None, "the series: the opening of 1980 stands twice"),
    ],
)  # fmt: skip
def test_windows_that_cannot_be(openings, closings, problem):
    with pytest.raises(fs.DataError, match=problem):
        fs.warning((YEARS, stepped()), openings, closings)


def test_a_window_that_is_still_open_or_was_open_before_has_one_end():
    (one,) = watched((YEARS, stepped()), [1980, 2000], [1970, 1990, None])
    assert one.closings.tolist() == [1970, 1990]
    assert one.is_open().tolist() == [y < 1970 or 1980 <= y < 1990 or y >= 2000 for y in YEARS]
    with pytest.raises(fs.SettingError, match="openings must be a list of dates, got shape"):
        fs.warning((YEARS, stepped()), np.full((2, 2), 1990.0))


@pytest.mark.parametrize("what", ["openings", "closings"])
def test_a_name_of_no_series_is_told(what):
    with pytest.raises(fs.SettingError) as error:
        fs.warning({"a": (YEARS, stepped()), "c": (YEARS, stepped())}, **{what: {"b": [1995]}})
    assert str(error.value) == f"{what} are given for 'b', and the series are 'a', 'c'"


@pytest.mark.parametrize(
    ("unit", "level"), [(1e200, 0.0), (2e307, 0.0), (1e-200, 0.0), (1e-3, 1e9), (-1e-3, 1e9)]
)
def test_no_alarm_depends_on_level_or_unit(unit, level):
    """Upside down, the alarms are those of the series upside down."""
    values = stepped() / np.abs(stepped()).max()
    one = fs.warning((YEARS, np.sign(unit) * values), [1995])
    other = fs.warning((YEARS, level + unit * values), [1995])
    assert one.to_frame().equals(other.to_frame())
    assert [p.alarms for s in one.scores for p in s.paths] == [
        p.alarms for s in other.scores for p in s.paths
    ]


def test_values_that_a_level_has_swallowed_are_refused():
    with pytest.raises(fs.DataError, match="too near each other for numbers of 16 digits"):
        fs.warning((YEARS, 1e9 + 1e-6 * stepped()), [1995])


def test_an_opening_before_the_first_alarm_is_told_and_not_denied():
    """The first origin is 1972."""
    early = fs.warning((YEARS, stepped()), [1965], [1990], statistic="cusum")
    assert early.sentence.startswith("The only opening came in 1965, before any alarm could. An")
    assert early.scores[0].sentence == (
        "cusum: 1 alarm. The only opening came in 1965, before any alarm could."
    )
    both = fs.warning((YEARS, stepped()), [1965, 2030], statistic="cusum")
    assert both.sentence == (
        "The openings came in 1965, before any alarm could, and in 2030, after the records end."
    )
    some = fs.warning((YEARS, stepped()), [1965, 1995], statistic="cusum")
    assert "of 1 opening (1 more outside the years watched); " in some.sentence
    none = fs.warning((YEARS, stepped()), statistic="cusum")
    assert none.sentence == "No opening to be warned of."


def test_same_seed_same_alarms():
    one, other = (fs.warning((YEARS, stepped()), [1990]) for _ in range(2))
    assert one == other


def test_poisson_interval_of_nothing():
    """The upper end is −ln 0.025."""
    assert poisson_interval(0, 1).high == pytest.approx(-np.log(0.025))


@pytest.mark.parametrize(
    ("series", "options", "kind", "problem"),
    [
        ((YEARS[:10], np.ones(10)), {}, fs.DataError, "a watch needs 14 or more values, got 10"),
        ((YEARS, np.ones(60)), {}, fs.DataError, "all values are 1; there is nothing to watch"),
        ((YEARS[::-1], np.arange(60.0)), {}, fs.DataError, "years must ascend"),
        ((YEARS, np.r_[np.nan, np.arange(59.0)]), {}, fs.DataError, "1 of 60 values are missing"),
        ((YEARS, np.arange(59.0)), {}, fs.SettingError, "years and values must have one shape"),
        (3, {}, fs.SettingError, "series must be a series of fs.trace"),
        ({}, {}, fs.DataError, "there is no series to watch"),
        ((YEARS, np.arange(60.0)), {"statistic": "skew"}, fs.SettingError, "got 'skew'"),
        ((YEARS, np.arange(60.0)), {"false_alarms": 0}, fs.SettingError, "false_alarms must be"),
        ((YEARS, np.arange(60.0)), {"lead": -1}, fs.SettingError, "lead must be above 0"),
        ((YEARS, np.arange(60.0)), {"chosen": "some"}, fs.SettingError, "whole or tipped"),
        ({"a": (YEARS, np.arange(60.0))}, {"openings": [1990]}, fs.SettingError, "dictionaries"),
    ],
)
def test_what_cannot_be_watched(series, options, kind, problem):
    with pytest.raises(kind, match=problem):
        fs.warning(series, **options)


@pytest.mark.parametrize("events", [[], [2017.0]])
def test_moments_near_the_end_are_not_scored_because_an_event_came(events):
    """Of 1972 to 2019 those until 2014 are followed for five years, whatever came after."""
    both = {"a": (YEARS, stepped()), "b": (YEARS, stepped())}
    (score,) = fs.warning(both, {"a": events}, statistic="cusum", lead=5).scores
    assert score.n_scored == 2 * len(range(1972, 2015))
    assert score.years == score.n_scored


def test_a_period_of_a_trace_is_known_when_it_is_over():
    """Periods of two years: an alarm from the one before the opening comes with it, not before."""
    depth = np.full(30, 0.2) + 0.01 * np.cos(np.arange(30) ** 2)
    depth[20:] = 0.6
    series = trace_of(depth, 0.02, years=1950 + 2 * np.arange(30)).series[0]
    (w,) = watched(series, [1992.0], None)
    assert w.years.tolist() == (1952 + 2.0 * np.arange(30)).tolist()
    (score,) = fs.warning(series, [1992.0], statistic="cusum", lead=1).scores
    assert 1992.0 in score.paths[0].alarms
    assert (score.hits, score.misses) == (0, 1)
    assert fs.warning(series, [1993.0], statistic="cusum", lead=1).scores[0].lead_time == 1.0


def test_a_seed_is_a_whole_number():
    with pytest.raises(fs.SettingError) as error:
        fs.warning((YEARS, stepped()), [1990], seed=-1)
    assert str(error.value) == "seed must be a whole number of 0 or more, got -1"


@pytest.mark.parametrize(
    ("call", "problem"),
    [
        (lambda: fs.warning((YEARS, ["a"] * 60)), "the values of the series must be numbers"),
        (lambda: fs.warning((YEARS, stepped()), statistic=5), "statistic must be all, or of"),
        (lambda: fs.recurrence([[1964, 1968], [1970]], span=(1945, 2025)),
         "events must be all dates, or all draws of equal length"),
        (lambda: fs.readiness(np.array(["a"] * 20), length=1, build=1, upkeep=1, benefit=1),
         "draws of the rate must be numbers of 0 or more"),
    ],
)  # fmt: skip
def test_what_is_no_number_is_told(call, problem):
    with pytest.raises(fs.SettingError, match=problem):
        call()


def flat_start(n):
    return np.r_[np.full(n, 0.3), 0.3 + 0.1 * np.random.default_rng(1).normal(size=71)[n:]]


@pytest.mark.parametrize("n", [11, 12, 13, 14, 15, 22, 30])
def test_a_flat_start_has_an_answer_and_the_same_one_in_any_unit(n):
    """Without a spread there is no unit to measure in, and the normal equations are singular."""
    years = np.arange(1950, 2021.0)
    one = fs.warning((years, flat_start(n)), [2005])
    for unit in (3.0, 1e-6, 7e5):
        other = fs.warning((years, unit * flat_start(n)), [2005])
        for a, b in zip(one.scores, other.scores, strict=True):
            assert b.paths[0].alarms == a.paths[0].alarms
            assert b.paths[0].statistic == pytest.approx(a.paths[0].statistic, rel=1e-6, abs=2e-4)
            assert np.isfinite(b.paths[0].statistic).all()


def test_likelihood_after_a_flat_start_is_that_of_least_squares():
    """Zero until a second value differs; before, the carry-over has no line to change along."""
    path = flat_start(20) - 0.3
    found = STATISTICS["likelihood"](path[None])[0]
    assert found[FIRST - 1 : 22] == pytest.approx(np.zeros(22 - FIRST + 1), abs=1e-9)
    for at in (22, 30, 70):
        x, y = path[:at], path[1 : at + 1]
        design = np.stack([np.ones(at), x, x * np.arange(at)], axis=1)
        rest = [np.linalg.lstsq(design[:, :d], y, rcond=None)[1][0] for d in (2, 3)]
        assert abs(found[at]) == pytest.approx(at / 2 * np.log(rest[0] / rest[1]), rel=1e-6)


def test_a_step_a_billion_deviations_high_can_be_solved():
    path = np.r_[1e-9 * noise()[0, :30], flat_start(0)[:30]]
    found = STATISTICS["likelihood"](path[None])[0, FIRST - 1 :]
    assert np.isfinite(found).all()
    for at in (32, 33):
        x, y = path[:at], path[1 : at + 1]
        design = np.stack([np.ones(at), x, x * np.arange(at)], axis=1)
        design /= np.linalg.norm(design, axis=0)
        rest = [np.linalg.lstsq(design[:, :d], y, rcond=None)[1][0] for d in (2, 3)]
        told = at / 2 * np.log(rest[0] / rest[1])
        assert abs(found[at - FIRST + 1]) == pytest.approx(told, rel=1e-6)


def test_a_path_holds_statistics_however_large():
    """Rounding must not multiply what is near the largest number there is."""
    w = watched((YEARS, stepped()), [1990.0], None)[0]
    found = origins(w, "opening", "cusum", 0.05, 1)
    huge = replace(found, statistic=np.full(len(YEARS), 1.7e308), threshold=found.threshold)
    assert set(score([huge], "opening", "cusum", 5.0).paths[0].statistic) == {1.7e308}
