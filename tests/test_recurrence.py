"""When does the next window come: closed forms, laws, limits, and bad input."""

import warnings
from datetime import date

import numpy as np
import pytest
from scipy.stats import gamma as gamma_law

import fissure as fs
import naive_readiness as naive
from fake_timeline import full_trace
from fissure.readiness.comparing import compare, systematic
from fissure.readiness.durations import durations, kaplan_meier, weibull_shape
from fissure.readiness.histories import History, dated_draws, histories, year_of
from fissure.readiness.processes import PROCESSES
from fissure.readiness.recurrence import eventless_chance, most_rate
from fissure.readiness.recurrence_words import probability
from fissure.readiness.separation import SIMULATED, separation, simulated
from fissure.results import Interval, Moment, Recurrence, Window, Windows

SPAN = (1945, 2025)
THREE = [1964, 1968, 1990]
QUADRATURE = 2e-6  # what trapezoids on 121 nodes leave of the closed form
BY_NAME = {p.name: p for p in PROCESSES}
OTHERS = {"constant": (), "renewal": (1.7,), "self-exciting": (0.4, 0.3), "ending": (0.6,)}


def plain(**options):
    return fs.recurrence(THREE, span=SPAN, **{"separation": 0, **options})


def history(events, years=80.0, **more):
    none = np.zeros(0)
    given = {"is_fresh": False, "is_open": False, "lengths": none, "is_closed": none.astype(bool)}
    return History(np.array(events, float), years, **{**given, **more})


def of(answer, name):
    return next(m for m in answer.models if m.name == name)


def test_three_in_eighty_years_is_the_published_number():
    """1 − (80/90)³ = 0.298."""
    model = of(plain(), "constant")
    assert model.chance.estimate == pytest.approx(1 - (80 / 90) ** 3, abs=QUADRATURE)
    assert model.wait_mean == pytest.approx(80 / 2, abs=1e-3)
    assert model.wait_median == pytest.approx(80 * (2 ** (1 / 3) - 1), rel=2e-3)


@pytest.mark.parametrize(("a", "b", "k"), [(0.5, 0.0, 3), (1.0, 20.0, 3), (2.0, 5.0, 1)])
def test_gamma_prior_gives_the_closed_form(a, b, k):
    found = fs.recurrence(THREE[:k], span=SPAN, horizon=7, prior=(a, b), separation=0)
    right = 1 - ((b + 80) / (b + 87)) ** (a + k)
    assert of(found, "constant").chance.estimate == pytest.approx(right, abs=QUADRATURE)


@pytest.mark.parametrize("name", OTHERS)
@pytest.mark.parametrize("events", [[19, 23, 45], [3.0], [10, 11, 12, 60, 61]])
def test_each_likelihood_and_forecast_is_that_of_its_formula(name, events):
    process, other = BY_NAME[name], OTHERS[name]
    at = np.array([[0.04, *other]])
    h = history(events)
    right = naive.log_likelihood(name, events, 80.0, 0.04, *other)
    assert process.log_likelihood(at, h)[0] == pytest.approx(right, rel=1e-9)
    found = process.survival(process.state(at, h), np.array([10.0]))[0, 0]
    assert found == pytest.approx(naive.survival(name, events, 80.0, 10.0, 0.04, *other), rel=1e-8)


@pytest.mark.parametrize("name", ["constant", "renewal", "self-exciting"])
def test_mean_wait_is_the_area_under_the_survival(name):
    process = BY_NAME[name]
    state = process.state(np.array([[0.04, *OTHERS[name]]]), history([19, 23, 45]))
    years = np.linspace(0, 3000, 600_001)
    area = np.trapezoid(process.survival(state, years)[0], years)
    assert process.mean_wait(state)[0] == pytest.approx(area, rel=1e-5)


def test_renewal_of_shape_one_and_no_offspring_are_the_constant_rate():
    h = history([19, 23, 45])
    at = np.array([[0.04]])
    right = BY_NAME["constant"].log_likelihood(at, h)
    for name, other in (("renewal", [1.0]), ("self-exciting", [0.0, 0.5]), ("ending", [1.0])):
        found = BY_NAME[name].log_likelihood(np.array([[0.04, *other]]), h)
        assert found == pytest.approx(right, rel=1e-12)


def test_unit_and_origin_of_time_do_not_matter():
    """Years as decades from another origin: the same probabilities of models, the same chance."""
    one = plain()
    other = fs.recurrence([6.4, 6.8, 9.0], span=(4.5, 12.5), horizon=1, separation=0)
    assert [m.name for m in one.models] == [m.name for m in other.models]
    for a, b in zip(one.models, other.models, strict=True):
        assert a.probability == pytest.approx(b.probability, abs=2e-4)  # shortest wait is a day
        assert a.chance.estimate == pytest.approx(b.chance.estimate, abs=2e-4)


def test_probabilities_sum_to_one_and_the_average_is_theirs():
    found = plain()
    p = np.array([m.probability for m in found.models])
    assert p.sum() == pytest.approx(1)
    assert np.all(np.diff(p) <= 0)
    mean = sum(m.probability * m.chance.estimate for m in found.models)
    assert found.chance.estimate == pytest.approx(mean)
    assert found.chance.low < found.chance.estimate < found.chance.high
    assert of(found, "ending").wait_mean is None


def test_survival_falls_and_the_bands_hold_it():
    found = plain()
    for curve in (found.survival, *(m.survival for m in found.models)):
        share = np.array(curve.share)
        assert share[0] == pytest.approx(1)
        assert np.all(np.diff(share) <= 1e-9)
        assert np.all(np.array(curve.low) <= share + 1e-9)
        assert np.all(np.array(curve.high) >= share - 1e-9)


def test_bursts_speak_for_excitation_and_even_waits_for_renewal():
    burst = fs.recurrence([1950, 1951, 1951.5, 1952, 1990, 1990.5, 1991, 1992], span=SPAN,
                          separation=0)  # fmt: skip
    even = fs.recurrence(np.arange(1948.0, 2025, 8), span=SPAN, separation=0)
    assert burst.models[0].name == "self-exciting"
    assert even.models[0].name == "renewal"
    assert even.models[0].parameters["shape"]["low"] > 1
    early = fs.recurrence([1946, 1947, 1949, 1950, 1951, 1953], span=SPAN, separation=0)
    assert early.models[0].name == "ending"


def test_no_event_is_bounded_and_not_zero():
    found = fs.recurrence([], span=SPAN, horizon=10)
    assert found.chance is None
    assert found.bound == pytest.approx(1 - 0.05 ** (10 / 80))
    assert most_rate(0, 80) == pytest.approx(-np.log(0.05) / 80)
    assert found.sentence == (
        "No window opened in 80 years: the chance of one in the next 10 is not zero but bounded: "
        "at most 0.31 with 95% confidence, if the rate is constant."
    )
    assert eventless_chance(80, 10) == pytest.approx(1 - (80 / 90) ** 0.5)
    assert found.to_frame().height == 0
    proper = fs.recurrence([], span=SPAN, prior=(1.0, 20.0), separation=0)
    assert of(proper, "constant").chance.estimate == pytest.approx(1 - 100 / 110, abs=QUADRATURE)


def test_one_event_has_no_mean_wait():
    found = fs.recurrence([1950], span=SPAN, separation=0)
    assert found.wait_mean is None
    assert of(found, "constant").chance.estimate == pytest.approx(1 / 9, abs=QUADRATURE)
    assert found.remarks[0].startswith("One event: a mean wait cannot be given")


def test_draws_all_alike_are_the_certain_dates():
    certain = plain()
    drawn = fs.recurrence(np.tile(THREE, (20, 1)), span=SPAN, separation=0)
    for a, b in zip(certain.models, drawn.models, strict=True):
        assert a.name == b.name
        assert a.probability == pytest.approx(b.probability)
        assert a.chance.estimate == pytest.approx(b.chance.estimate)


@pytest.mark.parametrize("n_draws", [20, 80])
def test_the_rate_is_as_uncertain_from_many_draws_as_from_one(n_draws):
    """Gamma(3, 80) both times, from 400 or more strata: its ends within a tenth."""
    drawn = fs.recurrence(np.tile(THREE, (n_draws, 1)), span=SPAN, separation=0)
    right = gamma_law.ppf([0.5, 0.025, 0.975], 3, scale=1 / 80)
    found = (drawn.rate.estimate, drawn.rate.low, drawn.rate.high)
    assert found == pytest.approx(tuple(right), rel=0.1)
    assert np.mean(drawn.rate_draws) == pytest.approx(3 / 80, rel=0.02)
    assert np.std(drawn.rate_draws) == pytest.approx(np.sqrt(3) / 80, rel=0.05)
    for a, b in zip(plain().models, drawn.models, strict=True):
        assert (b.chance.low, b.chance.high) == pytest.approx(
            (a.chance.low, a.chance.high), rel=0.1
        )


def test_draws_are_averaged_and_a_missing_event_is_none():
    draws = np.array([[1964.0, 1968.0, np.nan], [1964.0, 1968.0, 1990.0]] * 10)
    found = of(fs.recurrence(draws, span=SPAN, separation=0), "constant")
    right = 1 - ((80 / 90) ** 2 + (80 / 90) ** 3) / 2
    assert found.chance.estimate == pytest.approx(right, abs=QUADRATURE)
    none = np.array([[np.nan], [1964.0]] * 10)
    some = fs.recurrence(none, span=SPAN, separation=0)
    right = (eventless_chance(80, 10) + 1 / 9) / 2
    assert of(some, "constant").chance.estimate == pytest.approx(right, abs=1e-3)
    assert "In 50% of draws there was no window" in " ".join(some.remarks)


def test_the_clock_stands_still_while_a_window_is_open():
    """Waits 19, 2 and 15; 60 years at risk of 80."""
    pairs = dated_draws(THREE, [1966, 1975, 2001], SPAN, 1, 1)
    (h,) = histories(pairs, SPAN, True)
    assert h.events.tolist() == [19, 21, 36]
    assert (h.at_risk, h.since) == (60, 24)
    assert h.lengths.tolist() == [2, 7, 11]
    found = fs.recurrence(THREE, closed=[1966, 1975, 2001], span=SPAN, separation=0)
    assert of(found, "constant").chance.estimate == pytest.approx(1 - (6 / 7) ** 3, abs=QUADRATURE)
    assert found.years_at_risk == 60


def test_a_window_open_at_the_end_must_close_first():
    closed = fs.recurrence(THREE, closed=[1966, 1975, 2024.9], span=SPAN, separation=0)
    still = fs.recurrence(THREE, closed=[1966, 1975, None], span=SPAN, separation=0)
    assert still.chance.estimate < closed.chance.estimate
    assert still.durations.open_now == 1
    assert still.durations.remaining.estimate > 0
    # exponential lengths, 2 closed in 44 years: half last longer than 44 (√2 − 1) years more
    assert still.durations.remaining.estimate == pytest.approx(44 * (2**0.5 - 1), rel=0.01)


def test_a_window_open_at_the_start_is_no_event_but_starts_the_clock():
    (h,) = histories(dated_draws([1940, 1964], [1950, 1966], SPAN, 1, 1), SPAN, True)
    assert h.is_fresh
    assert h.events.tolist() == [14]
    assert h.at_risk == 73


def test_kaplan_meier_and_its_twin():
    rng = np.random.default_rng(1)
    lengths = rng.integers(1, 12, 30).astype(float)
    closed = rng.random(30) < 0.7
    years, share = kaplan_meier(lengths, closed)
    right = naive.kaplan_meier(lengths.tolist(), closed.tolist())
    assert years.tolist() == [y for y, _ in right]
    assert share == pytest.approx([s for _, s in right])


def test_lengths_of_one_size_speak_for_a_weibull_law():
    _, _, odds = weibull_shape(np.array([5.0, 5.1, 4.9, 5.0]), np.ones(4, bool))
    assert odds > 1
    rng = np.random.default_rng(2)
    lengths = rng.exponential(3, 200)
    shape, mass, odds = weibull_shape(lengths, np.ones(200, bool))
    assert shape @ mass == pytest.approx(1, abs=0.15)
    assert odds < 0
    scaled = weibull_shape(lengths * 7, np.ones(200, bool))
    assert scaled[1] == pytest.approx(mass)


def test_durations_of_nothing_closed():
    h = history([10], 70.0, is_open=True, lengths=np.array([10.0]), is_closed=np.array([False]))
    found = durations([h], h)
    assert found.mean is None
    assert found.curve.years == ()
    assert found.sentence == (
        "No window is known to have closed: how long they last cannot be told."
    )
    assert durations([history([])], history([])) is None


def windows_of(*windows):
    return Windows("all", 0.1, 0.9, (0.1, 0.9), (), windows, Interval(0.2, 0.1, 0.3), None,
                   Interval(0.5, 0.1, 0.9), "", {})  # fmt: skip


def moment(year, low, high):
    return Moment(str(year), str(low), str(high), Interval(year, low, high))


def test_windows_become_draws_with_their_probability_and_dates():
    first = Window(0.5, moment(1960, 1955, 1966), moment(1970, 1968, 1974), Interval(10, 5, 15),
                   0.0, 0.0)  # fmt: skip
    second = Window(1.0, moment(2001, 1993, 2011), None, Interval(12, 7, 16), 0.99, 0.0)
    pairs = dated_draws(windows_of(first, second), None, SPAN, 2000, 1)
    sizes = np.array([len(a) for a, _ in pairs])
    assert sizes.mean() == pytest.approx(1.5, abs=3 * 0.5 / 2000**0.5)
    opened = np.array([a[-1] for a, _ in pairs])
    low, middle, high = np.quantile(opened, [0.025, 0.5, 0.975])
    assert (low, middle, high) == pytest.approx((1993, 2001, 2011), abs=1)
    assert all(np.isnan(b[-1]) for _, b in pairs)
    found = fs.recurrence(windows_of(first, second), span=SPAN, draws=40, separation=0)
    assert found.n_events == pytest.approx(1.5, abs=0.3)
    assert found.durations.open_now == 1


def test_windows_without_years_say_so():
    undated = Window(1.0, Moment("3", "2", "4"), None, Interval(2, 1, 3), 0.9, 0.0)
    with pytest.raises(fs.DataError, match="the window of period '3' has no year"):
        fs.recurrence(windows_of(undated), span=SPAN)


def test_separation_says_what_cannot_be_told():
    found = plain(separation=15)
    assert {s.truth for s in found.separation} == set(OTHERS)
    for s in found.separation:
        assert sum(s.wins.values()) == pytest.approx(1)
    assert "So few events cannot tell how windows come" in found.separation_sentence
    again = separation(3, 80.0, 15, 1)
    assert again == found.separation


@pytest.mark.parametrize("model", range(4))
def test_simulated_histories_have_their_rate(model):
    """λ is the long-run rate but for a process that may end."""
    rng = np.random.default_rng(3)
    other = np.array(OTHERS[PROCESSES[model].name])
    n = [len(SIMULATED[model](rng, 0.1, other, 400.0)) for _ in range(300)]
    mean, error = np.mean(n), np.std(n) / 300**0.5
    if PROCESSES[model].name == "ending":
        assert mean == pytest.approx(0.6 / 0.4, abs=4 * error)  # geometric
    else:
        # the first years of excitation have no past: up to one memory's worth of offspring less
        assert mean == pytest.approx(40, abs=4 * error + 1)
    assert len(simulated(model, 4, 80.0, rng).events) == 4


def test_systematic_nodes_are_as_probable_as_they_should_be():
    mass = np.array([0.1, 0.2, 0.7])
    assert np.bincount(systematic(mass, 1000)).tolist() == [100, 200, 700]


def test_same_seed_same_answer_and_it_can_be_saved():
    one, other = (fs.recurrence(THREE, span=SPAN, separation=3, seed=5) for _ in range(2))
    assert one == other
    assert isinstance(one, Recurrence)
    assert one.to_frame().columns[:2] == ["model", "probability"]
    assert compare([history([5.0])], 10.0, (0.0, 0.0)).n_eventless == 0


@pytest.mark.parametrize(
    ("value", "year"),
    [(1968, 1968.0), ("1968", 1968.0), ("1968-07-02", 1968.5), (date(2023, 1, 1), 2023.0)],
)
def test_moments_as_years(value, year):
    assert year_of(value) == pytest.approx(year)


def test_unsorted_dates_are_sorted_and_counted():
    with pytest.warns(fs.FissureWarning, match="1 of 3 dates stand before an earlier one"):
        mixed = fs.recurrence([1968, 1964, 1990], span=SPAN, separation=0)
    assert mixed.chance == plain().chance
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        plain()


@pytest.mark.parametrize(
    ("events", "options", "problem"),
    [
        ([1964, 1964], {}, "1964 stands twice: two windows cannot open at one moment"),
        ([1930, 1964], {}, "1930 lies outside the span 1945 to 2025"),
        ([2030], {}, "2030 lies outside the span 1945 to 2025"),
        ([1945, 1964], {}, "a window opens at the very start of the span, 1945"),
        ([1964, 1968], {"closed": [1970, 1975]}, "windows overlap: one opened in 1968, and the "
         "one of 1964 closed in 1970"),
        ([1964, 1968], {"closed": [None, 1975]}, "the one of 1964 is still open"),
        ([1964], {"closed": [1960]}, "a window that opened in 1964 cannot close in 1960"),
        ([1950], {"closed": [1940]}, "a window that opened in 1950 cannot close in 1940"),
    ],
)  # fmt: skip
def test_windows_that_cannot_be(events, options, problem):
    with pytest.raises(fs.DataError, match=problem):
        fs.recurrence(events, span=SPAN, **options)


@pytest.mark.parametrize(
    ("options", "problem"),
    [
        ({"span": None}, "span must be \\(from, to\\)"),
        ({"span": (2025, 1945)}, "span must go forwards, got 2025 to 1945"),
        ({"span": (1945, "soon")}, "span must be a year or a date such as 1968-05-03, got 'soon'"),
        ({"horizon": 0}, "horizon must be above 0 and below 10,000 years, got 0"),
        ({"prior": (-1, 0)}, "prior must be two numbers \\(a, b\\) of 0 or more"),
        ({"draws": 3}, "draws must be a whole number 10..100000, got 3"),
        ({"closed": [1966]}, "closed must have the shape of events"),
    ],
)
def test_settings_that_cannot_be(options, problem):
    with pytest.raises(fs.SettingError, match=problem):
        fs.recurrence(THREE, **{"span": SPAN, **options})


def test_no_draw_at_all_is_told():
    with pytest.raises(fs.SettingError) as error:
        fs.recurrence(np.empty((0, 3)), span=SPAN)
    assert str(error.value) == (
        "events must have one draw or more, got shape (0, 3); an empty list stands for no event"
    )
    empty = fs.recurrence(np.empty((3, 0)), span=SPAN)
    assert empty.sentence == fs.recurrence([], span=SPAN).sentence


def test_a_prior_is_used_where_there_is_no_event():
    """Gamma(1, 0) and none in 80 years are Gamma(1, 80): 1 − 80/90, and no model but that one."""
    found = fs.recurrence([], span=SPAN, prior=(1.0, 0.0), separation=0)
    # of 2,000 strata: the last of them holds the tail
    assert found.chance.estimate == pytest.approx(1 - 80 / 90, abs=1e-3)
    assert found.rate.estimate == pytest.approx(np.log(2) / 80, rel=1e-2)
    assert found.remarks == (
        "There was no window: every model is a constant rate with the prior (1, 0).",
    )
    some = fs.recurrence(
        np.array([[np.nan], [1964.0]] * 10), span=SPAN, prior=(1.0, 0.0), separation=0
    )
    right = 1 - (80 / 90 + (80 / 90) ** 2) / 2
    assert of(some, "constant").chance.estimate == pytest.approx(right, abs=1e-3)
    with pytest.raises(fs.SettingError) as error:
        fs.recurrence([], span=SPAN, prior=(0.0, 20.0))
    assert str(error.value) == (
        "prior must have a above 0 where there is no event, or be (0, 0), got (0.0, 20.0)"
    )


@pytest.mark.parametrize("events", [1964, "1964,1968", None])
def test_what_is_no_list_is_told(events):
    with pytest.raises(fs.SettingError, match="events must be a list of dates, got"):
        fs.recurrence(events, span=SPAN)


def test_a_trace_is_taken_by_its_first_series():
    trace = full_trace(30, 30, 1)
    one, other = (fs.recurrence(t, draws=20, separation=0) for t in (trace, trace.series[0]))
    assert one == other
    assert one.durations is not None


def test_dates_of_another_sort_are_told():
    with pytest.raises(fs.SettingError, match="events must be a year or a date"):
        fs.recurrence([1964, "May"], span=SPAN)


def test_no_probability_is_printed_as_certain():
    open_now = fs.recurrence([2001.0], closed=[None], span=(1927, 2027), separation=0)
    assert "(95%: under 0.01 to" in open_now.models[0].sentence
    assert all("0.00" not in m.sentence for m in open_now.models)
    assert probability(0.996) == "over 0.99"


def test_a_window_that_opens_as_the_records_end_has_a_length():
    found = fs.recurrence([1964, 2025], closed=[1970, None], span=SPAN, separation=0)
    assert found.years_at_risk == 74
    assert found.durations.n_closed == 1
    assert np.isfinite(found.durations.weibull_shape.estimate)


def test_a_first_window_soon_after_the_records_begin_is_told():
    early = fs.recurrence([1945.5], span=SPAN, separation=0)
    assert any("soon after the records begin" in r for r in early.remarks)
    late = fs.recurrence([1964.0], span=SPAN, separation=0)
    assert not any("soon after the records begin" in r for r in late.remarks)
    with pytest.raises(fs.DataError, match="opens at the very start of the span, 1945"):
        fs.recurrence([1945.001], span=SPAN)


def test_many_windows_have_an_answer():
    """What may never come has no mean wait, even where that has no weight at all."""
    found = fs.recurrence(np.linspace(1946, 2024, 400), span=SPAN, separation=0)
    assert found.chance.estimate > 0.99
    assert {m.name: m.wait_mean is None for m in found.models}["ending"]
