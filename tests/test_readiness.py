"""Is it worth being ready: closed forms against simulated windows, laws, limits, ranges."""

import inspect

import numpy as np
import pytest

import fissure as fs
from fissure.readiness.policies import COLUMNS, break_even_alarms, break_even_upkeep, used, values
from fissure.readiness.worth_words import amount
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
