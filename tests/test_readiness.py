"""Is it worth being ready: closed forms against simulated windows, laws, limits, ranges."""

import inspect

import numpy as np
import pytest

import fissure as fs
from fissure.readiness.policies import COLUMNS, break_even_alarms, break_even_upkeep, used, values
from fissure.readiness.worth_words import about, amount
from fissure.results import Readiness

GIVEN = {"length": 2.0, "build": 3.0, "upkeep": 1.0, "benefit": 20.0}
WARNED = {**GIVEN, "lead": 1.0, "hit": 0.6, "false_alarms": 0.1, "alarm_cost": 0.5}
SIMULATED_YEARS = 200_000


def value_of(found, name):
    return next(p for p in found.policies if p.name == name).value.estimate


def simulated(rate, length, build, upkeep, benefit, lead, hit, false_alarms, alarm_cost):
    """Value of each policy a year, its standard error, from windows drawn one by one."""
    rng = np.random.default_rng(1)
    n = rng.poisson(rate * SIMULATED_YEARS)
    lasts, warned = rng.exponential(length, n), rng.random(n) < hit
    need = np.where(warned, max(build - lead, 0.0), build)
    false = rng.poisson(false_alarms * SIMULATED_YEARS)
    out = np.array([
        benefit * (lasts > build).sum(),
        benefit * n - upkeep * SIMULATED_YEARS,
        benefit * (lasts > need).sum() - alarm_cost * (false + warned.sum()),
    ])  # fmt: skip
    return out / SIMULATED_YEARS, benefit * (rate / SIMULATED_YEARS) ** 0.5


@pytest.mark.parametrize(
    "point",
    [
        (0.1, 2.0, 3.0, 1.0, 20.0, 1.0, 0.6, 0.1, 0.5),
        (0.05, 5.0, 1.0, 0.3, 10.0, 2.0, 0.8, 0.3, 0.2),
        (0.3, 0.5, 0.0, 0.1, 1.0, 0.0, 1.0, 0.0, 0.0),
    ],
)
def test_closed_forms_are_what_simulated_windows_give(point):
    found, error = simulated(*point)
    assert values(np.array([point]))[:, 0] == pytest.approx(found, abs=4 * error + 1e-3)


def test_standing_ready_pays_exactly_below_its_break_even():
    """c < λB(1 − e^(−μτ)): 0.1 × 20 × (1 − e^(−3/2))."""
    edge = 2 * (1 - np.exp(-1.5))
    assert fs.readiness(0.1, **GIVEN).break_even_upkeep.estimate == pytest.approx(edge)
    for upkeep, best in ((edge - 1e-6, "stand ready"), (edge + 1e-6, "wait")):
        assert fs.readiness(0.1, **{**GIVEN, "upkeep": upkeep}).best == best
    rate = fs.readiness(0.1, **GIVEN).break_even_rate.estimate
    at = fs.readiness(rate, **GIVEN)
    assert value_of(at, "wait") == pytest.approx(value_of(at, "stand ready"))


def test_break_even_false_alarms_make_both_worth_the_same():
    most = fs.readiness(0.1, **WARNED).break_even_false_alarms.estimate
    at = fs.readiness(0.1, **{**WARNED, "false_alarms": most})
    assert value_of(at, "act on warnings") == pytest.approx(value_of(at, "wait"))
    assert at.value_of_warning.estimate == pytest.approx(0, abs=1e-12)


def test_limits():
    """Nothing to build: all use all. A lead as long as building: those warned use all."""
    assert fs.readiness(0.1, **{**GIVEN, "build": 0}).break_even_upkeep.estimate == 0
    assert fs.readiness(0.1, **{**GIVEN, "build": 0}).break_even_rate is None
    early = np.array([[0.1, 2, 3, 1, 20, 5, 1.0, 0, 0]])
    assert used(early)[:, 0] == pytest.approx([np.exp(-1.5), 1, 1])
    none = fs.readiness(0.0, **GIVEN)
    assert (none.best, value_of(none, "stand ready")) == ("wait", -1.0)
    blind = fs.readiness(0.1, **{**WARNED, "hit": 0, "false_alarms": 0})
    assert value_of(blind, "act on warnings") == pytest.approx(value_of(blind, "wait"))


def test_money_has_no_unit_and_time_no_origin():
    one = fs.readiness(0.1, **WARNED)
    scaled = {k: v * (7 if k in ("upkeep", "benefit", "alarm_cost") else 1)
              for k, v in WARNED.items()}  # fmt: skip
    other = fs.readiness(0.1, **scaled)
    for a, b in zip(one.policies, other.policies, strict=True):
        assert b.value.estimate == pytest.approx(7 * a.value.estimate)
    months = {**WARNED, "length": 24, "build": 36, "lead": 12, "upkeep": 1 / 12,
              "false_alarms": 0.1 / 12}  # fmt: skip
    by_month = fs.readiness(0.1 / 12, **months)
    assert by_month.best == one.best
    assert 12 * value_of(by_month, "act on warnings") == pytest.approx(
        value_of(one, "act on warnings")
    )


def test_a_range_holds_all_values_within():
    low, high = {**GIVEN, "length": 1.0}, {**GIVEN, "length": 4.0}
    found = fs.readiness((0.05, 0.2), **{**GIVEN, "length": (1.0, 4.0)})
    rng = np.random.default_rng(1)
    for _ in range(50):
        at = fs.readiness(rng.uniform(0.05, 0.2), **{**GIVEN, "length": rng.uniform(1, 4)})
        edge = at.break_even_upkeep.estimate
        assert found.break_even_upkeep.low <= edge <= found.break_even_upkeep.high
    assert found.break_even_upkeep.low == pytest.approx(
        fs.readiness(0.05, **high).break_even_upkeep.estimate
    )
    assert found.break_even_upkeep.high == pytest.approx(
        fs.readiness(0.2, **low).break_even_upkeep.estimate
    )
    assert "Within the ranges either can be the case." in found.sentence


def test_warnings_help_most_at_some_length_between():
    """Not monotone in the length: its greatest value lies inside the range, and is found."""
    given = {**WARNED, "length": (0.1, 50.0), "alarm_cost": 0.0, "false_alarms": 0.0}
    found = fs.readiness(0.1, **given).value_of_warning
    grid = [
        fs.readiness(0.1, **{**given, "length": x}).value_of_warning.estimate
        for x in np.linspace(0.1, 50, 500)
    ]
    assert found.high >= max(grid) - 1e-9
    assert found.high > max(grid[0], grid[-1])


def test_an_uncertain_rate():
    """Gamma(3, 80): P(pays) is its tail; knowing it is worth something; averages are linear."""
    rng = np.random.default_rng(2)
    rates = rng.gamma(3, 1 / 80, 4000)
    found = fs.readiness(rates, **{**GIVEN, "upkeep": 0.5})
    edge = 0.5 / (20 * (1 - np.exp(-1.5)))
    assert found.p_pays == pytest.approx(np.mean(rates > edge), abs=1e-9)
    plain = fs.readiness(float(rates.mean()), **{**GIVEN, "upkeep": 0.5})
    for a, b in zip(found.policies, plain.policies, strict=True):
        assert a.value.estimate == pytest.approx(b.value.estimate)
    assert sum(p.p_best for p in found.policies) == pytest.approx(1)
    assert found.value_of_knowing > 0
    gains = [e.value for e in found.learning]
    assert all(0 <= g <= found.value_of_knowing * 1.1 for g in gains)
    assert gains[-1] > gains[0]


def test_learning_is_what_simulated_watching_gives():
    """Ten years watched, the choice made from them, over rates from their own law."""
    a, b, years = 3.0, 80.0, 10.0
    share = (np.arange(4000) + 0.5) / 4000
    from scipy.stats import gamma as law

    rates = law.ppf(share, a, scale=1 / b)
    given = {**GIVEN, "upkeep": 0.6}
    found = fs.readiness(rates, **given)
    rng = np.random.default_rng(3)
    truth = rng.gamma(a, 1 / b, 200_000)
    seen = rng.poisson(truth * years)
    saved = 20 * (1 - np.exp(-1.5))
    stands = (a + seen) / (b + years) * saved > given["upkeep"]
    later = np.where(stands, truth * saved - given["upkeep"], 0.0).mean()
    now = max(a / b * saved - given["upkeep"], 0.0)
    ten = next(e for e in found.learning if e.years == 10)
    assert ten.value == pytest.approx(later - now, abs=0.005)


def test_a_recurrence_brings_its_draws():
    answer = fs.recurrence([1964, 1968, 1990], span=(1945, 2025), separation=0)
    found = fs.readiness(answer, **GIVEN)
    assert found.settings["from_recurrence"]
    assert found.p_pays == pytest.approx(np.mean(np.array(answer.rate_draws) * 20
                                                 * (1 - np.exp(-1.5)) > 1))  # fmt: skip
    assert isinstance(found, Readiness)
    assert found.to_frame()["policy"].to_list() == ["wait", "stand ready"]
    none = fs.recurrence([], span=(1945, 2025))
    with pytest.raises(fs.DataError, match="this recurrence has no event, hence no rate"):
        fs.readiness(none, **GIVEN)


THREE = {"closed": [1966, 1975, 2001], "span": (1945, 2025), "separation": 0}
STOCK = {"build": 3, "upkeep": 0.5, "benefit": 20}


def three():
    return fs.recurrence([1964, 1968, 1990], **THREE)


def test_rate_and_length_of_few_windows_are_drawn_together():
    """λ is Gamma(3, 60) and 1/length Gamma(3, 20), so that E e^(−3/length) = (1 + 3/20)^(−3).

    A thousand pairs fill the square evenly: shares are good to 0.005 at the ends, 0.015 between.
    """
    found = fs.readiness(three(), **STOCK)
    rng = np.random.default_rng(1)
    rates, closings = rng.gamma(3, 1 / 60, 400_000), rng.gamma(3, 1 / 20, 400_000)
    edge = 20 * rates * (1 - np.exp(-3 * closings))
    mean = 20 * 3 / 60 * (1 - (1 + 3 / 20) ** -3)
    assert found.break_even_upkeep.estimate == pytest.approx(mean, rel=0.01)
    low, high = found.break_even_upkeep.low, found.break_even_upkeep.high
    assert np.mean(edge < low) == pytest.approx(0.025, abs=0.005)
    assert np.mean(edge > high) == pytest.approx(0.025, abs=0.005)
    assert found.p_pays == pytest.approx(np.mean(edge > 0.5), abs=0.015)
    gain = np.maximum(edge - 0.5, 0).mean() - max(mean - 0.5, 0)
    assert found.value_of_knowing == pytest.approx(gain, rel=0.03)
    wait = found.policies[0].used
    assert wait.estimate == pytest.approx((1 + 3 / 20) ** -3, rel=0.01)
    right = np.quantile(np.exp(-3 * closings), [0.025, 0.975])
    assert (wait.low, wait.high) == pytest.approx(tuple(right), rel=0.02)
    assert found.frequencies.startswith(
        "Of 100 windows, those who wait use about 66 (34 to 91) and"
    )
    assert found.sentence.endswith(
        " As uncertain as the rate and the length of windows are, it does so with probability "
        "0.21. Length of a window: 7.5 (2.8 to 32) years, from the windows given."
    )
    assert found.settings["length"] == [pytest.approx(2.8, abs=0.05), pytest.approx(32, abs=0.5)]


@pytest.mark.parametrize(
    ("length", "best", "pays"), [(2.8, "stand ready", 0.60), (7.5, "wait", 0.17), (32, "wait", 0)]
)
def test_a_length_that_is_given_is_not_drawn(length, best, pays):
    found = fs.readiness(three(), length=length, **STOCK)
    assert (found.best, found.p_pays) == (best, pytest.approx(pays, abs=0.005))
    assert found.settings["length_draws"] == 0
    assert "Length of a window" not in found.sentence
    assert found.lines.standing_low == ()


def test_lengths_all_alike_are_the_number():
    rates = np.random.default_rng(2).gamma(3, 1 / 80, 500)
    one = fs.readiness(rates, **WARNED)
    other = fs.readiness(rates, **{**WARNED, "length": np.full(500, 2.0)})
    for a, b in zip(one.policies, other.policies, strict=True):
        assert vars(b.value) == pytest.approx(vars(a.value))
    assert vars(other.break_even_rate) == pytest.approx(vars(one.break_even_rate))
    assert other.p_pays == one.p_pays
    assert [e.value for e in other.learning] == pytest.approx([e.value for e in one.learning])
    assert other.lines.over_warnings == pytest.approx(one.lines.over_warnings)
    assert other.lines.standing_high == pytest.approx(one.lines.standing)


def test_what_is_best_is_best_on_average_over_lengths():
    """At the mean length waiting is, but in half of the cases windows are too short for it."""
    lengths = np.repeat([0.1, 10.0], 10)
    given = {"build": 3, "upkeep": 1.0, "benefit": 20}
    found = fs.readiness(0.08, length=lengths, **given)
    saved = 1 - (np.exp(-30) + np.exp(-0.3)) / 2
    assert found.break_even_upkeep.estimate == pytest.approx(1.6 * saved)
    assert found.break_even_rate.estimate == pytest.approx(1 / (20 * saved))
    assert found.best == "stand ready"
    assert fs.readiness(0.08, length=5.05, **given).best == "wait"
    assert found.p_pays == 0.5
    assert "As uncertain as the length of windows is, it does so" in found.sentence
    assert found.learning == ()


def test_dates_that_are_uncertain_leave_rate_and_length_together():
    """Eight windows of a year, or one of thirty: a high rate goes with short windows."""
    short = np.arange(1950.0, 2025, 10)
    long = np.r_[1960.0, np.full(7, np.nan)]
    events = np.array([short, long] * 10)
    closed = np.array([short + 1, long + 30] * 10)
    answer = fs.recurrence(events, closed=closed, span=(1945, 2025), separation=0)
    rates, lengths = (np.array(v).reshape(10, 2, -1) for v in (
        answer.rate_draws, answer.length_draws))  # fmt: skip
    assert np.median(lengths[:, 0]) == pytest.approx(8 / 7.67, rel=0.02)  # of Gamma(8)
    assert np.median(lengths[:, 1]) == pytest.approx(30 / np.log(2), rel=0.1)
    assert np.median(rates[:, 0]) > 3 * np.median(rates[:, 1])
    # within the same dates neither tells of the other
    assert abs(np.corrcoef(rates[:, 0].ravel(), lengths[:, 0].ravel())[0, 1]) < 0.1


def test_a_range_beside_draws_holds_what_each_value_in_it_gives():
    answer = three()
    found = fs.readiness(answer, build=(1, 4), upkeep=0.5, benefit=(10, 20)).break_even_upkeep
    ends = [fs.readiness(answer, build=b, upkeep=0.5, benefit=v).break_even_upkeep
            for b in (1, 2, 4) for v in (10, 20)]  # fmt: skip
    assert found.low == pytest.approx(min(e.low for e in ends))
    assert found.high == pytest.approx(max(e.high for e in ends))


def test_the_length_can_come_from_windows_and_the_rate_from_elsewhere():
    found = fs.readiness((0.0, 0.04), length=three(), **STOCK)
    assert found.settings["drawn"] == ["length"]
    assert " At the middle of the ranges, and as uncertain as the length of windows is, it" in (
        found.sentence
    )
    assert found.sentence.endswith("7.5 (2.8 to 32) years, from the windows given.")


@pytest.mark.parametrize(
    ("call", "problem"),
    [
        (lambda: fs.readiness(0.1, **STOCK),
         "length must be given: mean length of a window in years, or a recurrence"),
        (lambda: fs.readiness(three(), length=np.full(20, 2.0), **STOCK),
         "draws of the rate and of the length go in pairs, got 1000 and 20"),
        (lambda: fs.readiness(0.1, length=np.r_[np.ones(19), 0.0], **STOCK),
         "draws of the length must be more than 10 numbers above 0, got 20 of which 1 are not"),
        (lambda: fs.readiness(fs.recurrence([1964], span=(1945, 2025), separation=0), **STOCK),
         "this recurrence has no window that is known to have closed, hence no length"),
    ],
)  # fmt: skip
def test_lengths_that_cannot_be_drawn(call, problem):
    with pytest.raises(fs.FissureError, match=problem):
        call()


def test_lines_go_through_what_is_computed():
    found = fs.readiness(0.1, **WARNED)
    k = len(found.lines.rates) // 2
    at = fs.readiness(found.lines.rates[k], **WARNED)
    assert found.lines.standing[k] == pytest.approx(at.break_even_upkeep.estimate)
    gap = value_of(at, "stand ready") + WARNED["upkeep"] - value_of(at, "act on warnings")
    assert found.lines.over_warnings[k] == pytest.approx(gap)


def test_words_favour_no_side():
    text = " ".join((fs.readiness(0.1, **WARNED).sentence, *fs.readiness(0.1, **WARNED).assumptions,
                     inspect.getdoc(fs.readiness)))  # fmt: skip
    for word in ("regime", "rebel", "opposition", "enemy", "seize", "revolution"):
        assert word not in text.lower()
    assert "a movement, a government, a relief agency, an insurer" in text


def test_columns_and_formulas_agree():
    x = np.array([[0.1, 2.0, 3.0, 1.0, 20.0, 1.0, 0.6, 0.1, 0.5]])
    assert len(COLUMNS) == x.shape[1]
    assert break_even_upkeep(x)[0] == pytest.approx(0.1 * 20 * (1 - np.exp(-1.5)))
    x[0, 8] = 0
    assert np.isnan(break_even_alarms(x)[0])


@pytest.mark.parametrize(
    ("value", "text"), [(0.0, "0"), (1.5537, "1.55"), (1234.5, "1,234"), (0.012345, "0.0123")]
)
def test_amounts_in_print(value, text):
    assert amount(value) == text


@pytest.mark.parametrize(
    ("value", "text"), [(0.0692, "0.069"), (0.00603, "0.006"), (1.33, "1.3"), (12345, "12,000")]
)
def test_what_is_uncertain_has_two_digits(value, text):
    assert about(value) == text


def test_warnings_that_may_bring_more_or_less_are_told_as_such():
    found = fs.readiness(three(), **STOCK, lead=1, hit=0.6, false_alarms=0.1, alarm_cost=0.5)
    assert (
        "Acting on warnings brings 0.0088 a year less than waiting on average (0.049 less to "
        in (found.sentence)
    )


@pytest.mark.parametrize(
    ("rate", "change", "problem"),
    [
        (-0.1, {}, "rate must be 0..1e\\+12, got -0.1"),
        ((0.2, 0.1), {}, "rate: the low end of a range comes first"),
        (0.1, {"length": 0}, "length must be above 0 years, got 0"),
        (0.1, {"upkeep": -1}, "upkeep must be 0..1e\\+12, got -1"),
        (0.1, {"lead": 1, "hit": 1.2}, "hit must be 0..1, got 1.2"),
        (0.1, {"build": "three"}, "build must be a number or a range"),
        (np.array([0.1] * 20 + [-0.1]), {}, "draws of the rate must be more than 10 numbers of 0"),
    ],
)
def test_what_cannot_be_weighed(rate, change, problem):
    with pytest.raises(fs.SettingError, match=problem):
        fs.readiness(rate, **{**GIVEN, **change})


@pytest.mark.parametrize(
    ("rate", "often"),
    [
        (0.1, " One opens about every 10 years."),
        ((0.1, 0.2), " One opens every 5 to 10 years."),
        ((0.0, 0.05), " One opens at most once in 20 years, and perhaps never."),
        (0.0, ""),
    ],
)
def test_how_often_is_not_told_more_exactly_than_it_is_known(rate, often):
    found = fs.readiness(rate, length=2, build=3, upkeep=(1, 2), benefit=20)
    share = "Of 100 windows, those who wait use about 22 and those who stand ready all 100."
    assert found.frequencies == share + often
    assert "; it is 1 to 2 here." in found.sentence


@pytest.mark.parametrize(
    ("cost", "told"),
    [
        (0.5, "Warnings add 0.0937 a year to waiting."),
        (5.0, "Acting on warnings costs 0.626 a year more than it brings."),
    ],
)
def test_warnings_that_are_worth_nothing_are_not_said_to_add_anything(cost, told):
    """0.1 × [20 × 0.6 (e^(−1) − e^(−3/2)) − 0.6 C] − 0.1 C."""
    found = fs.readiness(
        0.1, length=2, build=3, upkeep=1, benefit=20, lead=1, hit=0.6, false_alarms=0.1,
        alarm_cost=cost,
    )  # fmt: skip
    worth = 0.1 * (20 * 0.6 * (np.exp(-1) - np.exp(-1.5)) - 0.6 * cost) - 0.1 * cost
    assert found.value_of_warning.estimate == pytest.approx(worth)
    assert found.sentence.endswith(told)


LENGTHS = np.random.default_rng(1).uniform(2, 5, 500)
RATES = np.random.default_rng(2).gamma(3, 1 / 60, 500)
#: Of three(), whose windows leave a thousand pairs.
PAIRS = np.resize(LENGTHS, 1000)


@pytest.mark.parametrize(
    ("rate", "length", "told"),
    [
        (lambda: 0.1, lambda: LENGTHS,
         "as the draws given for it: what each way is worth is an average over these lengths; the "
         "rate is taken as given."),
        (lambda: RATES, lambda: LENGTHS,
         "as the draws given for it: what each way is worth is an average over these lengths, and "
         "over the rates given as draws."),
        (lambda: three(), lambda: PAIRS,
         "as the draws given for it: what each way is worth is an average over these lengths, and "
         "over all rates that the windows leave possible."),
        (lambda: three(), lambda: None,
         "as few of them leave it: what each way is worth is an average over all lengths that they "
         "leave possible, and over all rates."),
        (lambda: (0.1, 0.2), lambda: three(),
         "as few of them leave it: what each way is worth is an average over all lengths that they "
         "leave possible; the rate is taken as given."),
        (lambda: np.resize(RATES, 1000), lambda: three(),
         "as few of them leave it: what each way is worth is an average over all lengths that they "
         "leave possible, and over the rates given as draws."),
    ],
)  # fmt: skip
def test_over_what_it_is_an_average_is_told_as_it_was_given(rate, length, told):
    said = fs.readiness(rate(), length=length(), **STOCK).assumptions
    assert [s for s in said if "average over" in s] == [
        f"How long windows last is as uncertain {told}"
    ]


def test_where_nothing_may_be_saved_the_least_rate_has_no_upper_end():
    """c / (B (1 − e^(−μτ))) with τ from 0 to 3 years; warnings are errors here."""
    found = fs.readiness(0.1, length=5.0, build=(0, 3), upkeep=0.5, benefit=20).break_even_rate
    assert found.low == pytest.approx(0.5 / (20 * (1 - np.exp(-0.6))))
    assert found.high == np.inf


def test_one_number_is_said_once():
    found = fs.readiness(0.1, length=LENGTHS, build=0, upkeep=0.5, benefit=20)
    assert found.frequencies.startswith(
        "Of 100 windows, those who wait use about 100 and those who stand ready all 100."
    )
    same = fs.readiness(0.1, length=np.full(20, 2.0), build=3, upkeep=1, benefit=20)
    assert "those who wait use about 22 and" in same.frequencies
    assert same.sentence.endswith(" Length of a window: 2 years.")
