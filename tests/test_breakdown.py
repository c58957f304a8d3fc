"""The fewest recodings that overturn a conclusion: crisp, fuzzy, and by chance."""

import time

import numpy as np
import pytest

import naive_evidence as naive
from fissure.claims.bayes import relevance, share
from fissure.claims.breakdown import breakdown, fewest_flips, is_relevant, is_share_high
from fissure.claims.fuzzy_breakdown import consistency_breakdown
from fissure.claims.recodings import tables_after
from fissure.errors import DataError, SettingError
from fissure.results.base import build, plain
from fissure.results.evidence import Breakdown

HOLDS = is_share_high()


def is_positive(tables):
    """More of the cases with the condition have the outcome than of those without."""
    t = np.atleast_2d(tables)
    return t[:, 0] * t[:, 3] > t[:, 1] * t[:, 2]


def recoded(x, y, told, names):
    """The codings after what the breakdown says is changed."""
    new = {"condition": list(x), "outcome": list(y)}
    for c in told.codings:
        row = names.index(c.case)
        assert new[c.column][row] == c.was
        new[c.column][row] = c.becomes
    return new["condition"], new["outcome"]


# -- crisp -----------------------------------------------------------------------------------------


@pytest.mark.parametrize("n", [7, 10, 20, 30, 50, 100])
def test_k_is_where_the_posterior_crosses(n):
    told = breakdown([1] * n, [1] * n)
    k = told.recodings
    assert share(n, n).p_above_90 >= 0.5
    assert told.holds
    assert share(n - k, n).p_above_90 < 0.5 <= share(n - k + 1, n).p_above_90


def test_twenty_of_twenty_falls_with_two():
    told = breakdown([1] * 20, [1] * 20, certainty=[0.9] * 15 + [0.5, 0.9, 0.6, 0.9, 0.9])
    assert (told.recodings, told.cases) == (2, ("16", "18"))
    assert told.sentence == (
        "That at least 0.90 of cases with the outcome have the condition would be overturned by 2 "
        "recodings: 16 (condition 1 to 0), 18 (condition 1 to 0). 18 other codings would do as "
        "well."
    )


@pytest.mark.parametrize("seed", range(8))
@pytest.mark.parametrize(
    "holds", [is_share_high(0.6), is_share_high(0.5, 0.8), is_positive], ids=["60", "50", "phi"]
)
def test_the_number_is_that_of_trying_all(seed, holds):
    rng = np.random.default_rng(seed)
    x, y = rng.integers(0, 2, (2, 5)).tolist()
    names = list("abcde")
    told = breakdown(x, y, holds, names=names, certainty=rng.random((5, 2)))
    slow = naive.fewest_recodings(x, y, lambda t: bool(holds(np.array([t]))[0]))
    assert told.recodings == slow
    if slow is not None:
        after = naive.table_of(*recoded(x, y, told, names))
        assert bool(holds(np.array([after]))[0]) != told.holds


def test_one_case_may_change_both_its_codings():
    told = breakdown([1] * 20, [1] * 20, lambda t: t[:, 3] < 1)
    assert told.recodings == 2
    assert len(set(told.cases)) == 1
    assert {c.column for c in told.codings} == {"condition", "outcome"}


def test_present_and_absent_mirror_each_other():
    x, y = [1] * 8 + [0] * 3, [1] * 5 + [0] * 6
    one = breakdown(x, y, is_positive)
    other = breakdown([1 - v for v in x], [1 - v for v in y], is_positive)
    assert (one.holds, one.recodings) == (other.holds, other.recodings)


def test_from_support_to_contradiction_is_further_than_to_where_it_is_open():
    x = y = [1] * 30
    open_, against = (breakdown(x, y, is_share_high(level=v)) for v in (0.5, 0.05))
    assert open_.recodings < against.recodings
    k = against.recodings
    assert share(30 - k, 30).p_above_90 < 0.05 <= share(30 - k + 1, 30).p_above_90


def test_relevance_is_overturned_by_the_fewest():
    x, y = [1] * 20 + [1] * 8 + [0] * 12, [1] * 20 + [0] * 20
    told = breakdown(x, y, is_relevant(), names=[f"c{i}" for i in range(40)])
    assert told.holds
    after = naive.table_of(*recoded(x, y, told, [f"c{i}" for i in range(40)]))
    k, m, k0, m0 = after
    assert relevance(k, k + m, k0, k0 + m0).log10_bf < 1
    # and one recoding fewer does not do it, whichever
    holds = is_relevant()
    assert fewest_flips(np.array(naive.table_of(x, y)), holds, told.recodings - 1) is None


def test_what_no_recoding_changes_is_said():
    told = breakdown([1, 0], [1, 0], lambda t: np.ones(len(t), bool), says="two is two")
    assert told.recodings is None
    assert told.sentence == "No recoding would overturn that two is two."


def test_a_contradicted_claim_needs_as_many_as_it_lacks():
    n_with, n = 53, 117
    table = np.array([n_with, n - n_with, 30, 100])
    ways = fewest_flips(table, HOLDS, 100)
    r = int(np.abs(ways[0]).sum())
    assert share(n_with + r, n).p_above_90 >= 0.5 or r < n - n_with
    assert all(np.abs(way).sum() == r for way in ways)


def test_least_certain_codings_are_named_whichever_column_they_are_in():
    x, y = [1] * 20 + [0] * 5, [1] * 20 + [0] * 5
    sure = np.full((25, 2), 0.9)
    sure[22, 1] = sure[24, 1] = 0.2
    told = breakdown(x, y, certainty=sure)
    assert [(c.case, c.column, c.becomes) for c in told.codings] == [
        ("23", "outcome", 1.0),
        ("25", "outcome", 1.0),
    ]


# -- fuzzy -----------------------------------------------------------------------------------------


@pytest.mark.parametrize("seed", range(6))
def test_fuzzy_recodings_are_those_of_trying_all(seed):
    rng = np.random.default_rng(seed)
    y = rng.choice([0.33, 0.67, 1.0], 5)
    x = np.clip(y + rng.choice([0, 0.33, -0.33], 5), 0, 1)
    cost = rng.choice([0.5, 1.0, 1.7], 5)
    for price in (np.ones(5), cost):
        told = consistency_breakdown(x, y, cost=price, at_least=0.85, names=list("abcde"))
        best = naive.cheapest_recoding(x.tolist(), y.tolist(), 0.85, price.tolist())
        assert told.holds == (naive.consistency(x, y) >= 0.85)
        assert told.cost == pytest.approx(best)
        a, b = recoded(x, y, told, list("abcde"))
        if sum(b):
            assert (naive.consistency(a, b) >= 0.85) != told.holds


def test_crisp_cases_are_a_special_case():
    told = consistency_breakdown([1] * 20, [1] * 20)
    assert (told.holds, told.recodings) == (True, 3)  # 17 of 20 is below 0.90, 18 of 20 is not


def test_dear_codings_are_left_alone():
    x = y = np.ones(10)
    told = consistency_breakdown(x, y, at_least=0.85, cost=[9.0] * 8 + [1.0, 1.0])
    assert (told.cases, told.cost) == (("9", "10"), 2.0)


# -- by chance -------------------------------------------------------------------------------------


def test_recoding_with_no_chance_changes_nothing():
    tables, times = tables_after([1, 1, 0, 0], [1, 0, 1, 0], 0.0, draws=50)
    assert (tables.tolist(), times.tolist()) == ([[1, 1, 1, 1]], [50])


def test_recoding_with_certainty_flips_all():
    tables, _ = tables_after([1, 1, 0], [1, 0, 0], 1.0, 1.0, draws=5)
    assert tables.tolist() == [naive.table_of([0, 0, 1], [0, 1, 1])]


def test_tables_have_the_known_means():
    x, y = [1] * 60 + [0] * 40, [1] * 50 + [0] * 50
    tables, times = tables_after(x, y, 0.1, 0.2)
    mean = times @ tables / times.sum()
    # of 50 with both, 10 without outcome but with condition, 40 with neither
    both = 50 * 0.9 * 0.8 + 10 * 0.9 * 0.2 + 40 * 0.1 * 0.2
    # four standard errors of a count of at most 100 halves, over 10,000 draws
    assert mean[0] == pytest.approx(both, abs=4 * 5 / 100)
    assert mean.sum() == pytest.approx(100)


def test_ten_thousand_recodings_of_a_hundred_cases_are_fast():
    rng = np.random.default_rng(1)
    x, y = rng.integers(0, 2, (2, 100))
    start = time.process_time()
    tables, times = tables_after(x, y, rng.random(100) / 4, 0.1)
    HOLDS(tables)
    # asked for are 15 seconds; it takes about 0.03
    assert time.process_time() - start < 2
    assert times.sum() == 10_000


# -- what is refused, and results ------------------------------------------------------------------


@pytest.mark.parametrize(
    ("call", "kind", "message"),
    [
        (lambda: breakdown([0.5], [1]), SettingError, "x must be 0 or 1, got 0.5"),
        (
            lambda: breakdown([1, 1], [1]),
            SettingError,
            "x and y must be of one length, got 2 and 1",
        ),
        (lambda: breakdown([], []), DataError, "x must hold one coding or more, got shape (0,)"),
        (
            lambda: breakdown([1], [1], certainty=[1, 2]),
            SettingError,
            "certainty must have shape (1,) or (1, 2), got (2,)",
        ),
        (lambda: breakdown([1], [1], names=[]), SettingError, "names must be 1, one a case, got 0"),
        (
            lambda: consistency_breakdown([1.1], [1]),
            SettingError,
            "x must lie between 0 and 1, got 1.1 in case 0",
        ),
        (
            lambda: consistency_breakdown([1], [0]),
            DataError,
            "no case has the outcome, so consistency cannot be told from these cases",
        ),
        (
            lambda: consistency_breakdown([1], [1], cost=[0]),
            SettingError,
            "cost must be 1 numbers of 0.1 or more, got [0]",
        ),
        (
            lambda: tables_after([1], [1], 1.2),
            SettingError,
            "chance_x must lie between 0 and 1, got 1.2",
        ),
    ],
)
def test_what_is_refused(call, kind, message):
    with pytest.raises(kind) as error:
        call()
    assert str(error.value) == message


def test_results_can_be_saved_and_read():
    told = breakdown([1] * 20, [1] * 20)
    assert build(Breakdown, plain(told)) == told
    assert told.to_frame().height == 2
    none = breakdown([1], [1], lambda t: np.ones(len(t), bool))
    assert build(Breakdown, plain(none)) == none
    assert none.to_frame().height == 0
