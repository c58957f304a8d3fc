"""Necessity and sufficiency: the formulas, their laws, R's numbers, and what cannot be tested."""

import csv

import numpy as np
import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import fissure as fs
import naive_claims
from fissure.claims.expression import conditions_of, membership, parse
from fissure.claims.fit import consistency, fit, haesebrouck, pri, relevance_of_necessity
from fissure.claims.necessity import necessary_conditions
from fissure.errors import DataError, SettingError
from fissure.results.base import build, plain
from fissure.results.sets import Necessary, SetFit

# sums of decimals in another order
CLOSE = 1e-9
# the reference holds three decimals, and R rounds a half to even
THREE_DECIMALS = 6e-4

grades = st.lists(
    st.tuples(st.integers(0, 20), st.integers(0, 20)), min_size=2, max_size=12
).filter(lambda pairs: sum(a for a, _ in pairs) > 0 and sum(b for _, b in pairs) > 0)


def columns(pairs):
    return (np.array(v, float) / 20 for v in zip(*pairs, strict=True))


def table(**cols):
    n = len(next(iter(cols.values())))
    return fs.Cases.read(pl.DataFrame({"case": [f"c{k}" for k in range(n)], **cols}, strict=False))


@settings(max_examples=40)
@given(grades)
def test_measures_are_those_of_the_slow_twins(pairs):
    x, y = columns(pairs)
    assert consistency(x, y) == pytest.approx(naive_claims.consistency(x, y), abs=CLOSE)
    assert haesebrouck(x, y) == pytest.approx(naive_claims.haesebrouck(x, y), abs=CLOSE)
    if np.minimum(x, y).min() < 1:
        assert relevance_of_necessity(x, y) == pytest.approx(naive_claims.ron(x, y), abs=CLOSE)
    if (x - np.minimum(np.minimum(x, y), 1 - y)).sum() > CLOSE:
        assert pri(x, y) == pytest.approx(naive_claims.pri(x, y), abs=CLOSE)


@settings(max_examples=40)
@given(grades, st.permutations(range(12)))
def test_order_and_repetition_of_cases_do_not_matter(pairs, order):
    x, y = columns(pairs)
    order = [k for k in order if k < len(x)]
    for measure in (consistency, haesebrouck, pri, relevance_of_necessity):
        once = measure(x, y)
        assert measure(x[order], y[order]) == pytest.approx(once, nan_ok=True)
        assert measure(np.tile(x, 3), np.tile(y, 3)) == pytest.approx(once, nan_ok=True)


@settings(max_examples=40)
@given(grades)
def test_duality(pairs):
    x, y = columns(pairs)
    # min(x, y) + max(1 − x, 1 − y) = 1: what x lacks of y, not-y lacks of not-x
    lacking = consistency(y, x) * y.sum() - y.sum()
    dual = consistency(1 - x, 1 - y) * (1 - x).sum() - (1 - x).sum() if (x < 1).any() else lacking
    assert lacking == pytest.approx(dual, abs=CLOSE)
    cases = table(x=x, y=y)
    there = fit(cases, "x", "y", "necessary")
    back = fit(cases, "y", "x", "sufficient")
    assert there.consistency == back.consistency
    assert there.coverage == back.coverage
    assert there.against == back.against


def test_crisp_numbers_by_hand():
    # 4 successes, 3 with a split; 6 failures, 2 with a split
    x = [1, 1, 1, 0, 1, 1, 0, 0, 0, 0]
    y = [1, 1, 1, 1, 0, 0, 0, 0, 0, 0]
    told = fit(table(split=x, won=y), "split", "won")
    assert (told.consistency, told.coverage, told.n_cases) == (3 / 4, 3 / 5, 10)
    assert told.ron == pytest.approx(5 / 7)
    assert told.against == ("c3",)
    assert told.pri is told.haesebrouck is None
    told = fit(table(split=x, won=y), "split", "won", "sufficient")
    assert (told.consistency, told.coverage, told.pri) == (3 / 5, 3 / 4, 3 / 5)
    assert told.haesebrouck == 3 / 5
    assert told.against == ("c4", "c5")


def test_a_condition_that_all_have_is_trivial():
    told = fit(table(split=[1, 1, 1, 1, 0.9], won=[1, 1, 0, 0, 0]), "split", "won")
    assert told.consistency == 1
    assert told.ron == pytest.approx(0.1 / 3)


def test_unknown_cases_are_left_out_and_counted():
    told = fit(table(x=["1", "", "0", "1"], y=["1", "1", "", "0"]), "x", "y")
    assert (told.n_cases, told.n_unknown, told.consistency) == (2, 2, 1)


@pytest.mark.parametrize(
    ("x", "y", "relation", "words"),
    [
        ([1, 0], [0, 0], "necessary", "whether x is necessary for y .* of 2 cases .* none has y"),
        ([0, 0], [1, 0], "sufficient", "whether x is sufficient for y .* none has x to any degree"),
    ],
)
def test_what_cannot_be_tested_is_said(x, y, relation, words):
    with pytest.raises(DataError, match=words):
        fit(table(x=x, y=y), "x", "y", relation)


def test_relation_is_one_of_two():
    with pytest.raises(SettingError, match="relation must be 'necessary' or 'sufficient', got 'n'"):
        fit(table(x=[1, 0], y=[1, 0]), "x", "y", "n")


def test_fit_survives_the_way_to_json_and_back():
    told = fit(table(x=[1, 0.3], y=[0.6, 0.4]), "x", "y")
    assert build(SetFit, plain(told)) == told
    assert told.to_frame()["condition"].to_list() == ["x"]


# -- expressions -----------------------------------------------------------------------------------


def test_expressions():
    assert parse("A*~B + ~ ~C") == ({"A": True, "B": False}, {"C": True})
    assert conditions_of("A*~B + B*C") == ("A", "B", "C")
    for text, words in (
        ("A* + B", "a condition is missing in"),
        ("A*~A", "'A' is both present and absent in 'A\\*~A'"),
    ):
        with pytest.raises(SettingError, match=words):
            parse(text)


@settings(max_examples=40)
@given(grades)
def test_de_morgan(pairs):
    a, b = columns(pairs)
    cases = table(A=a, B=b)
    assert membership(cases, "~A*~B") == pytest.approx(1 - membership(cases, "A + B"))


def test_unknown_spreads():
    cases = table(A=["1", "", "0"], B=["1", "1", "0"])
    assert np.isnan(membership(cases, "A + B")).tolist() == [False, True, False]


# -- what is necessary -----------------------------------------------------------------------------


def passing(cases, outcome, names, depth, cut, join):
    """All expressions of up to ``depth`` signed conditions that are consistent enough."""
    from itertools import combinations, product

    y, out = cases.coding(outcome).value, set()
    for size in range(1, depth + 1):
        for chosen in combinations(names, size):
            for signs in product(("", "~"), repeat=size):
                words = [s + c for s, c in zip(signs, chosen, strict=True)]
                x = join.reduce([cases.coding(w).value for w in words])
                if naive_claims.consistency(y, x) >= cut - 1e-8:
                    out.add(frozenset(words))
    return out


@pytest.mark.parametrize("seed", range(4))
def test_products_and_sums_are_all_there_are(seed):
    rng = np.random.default_rng(seed)
    names = ["A", "B", "C", "D"]
    cases = table(**{c: rng.random(15).round(2) for c in names}, Y=rng.random(15).round(2))
    told = necessary_conditions(cases, "Y", names, incl_cut=0.75, ron_cut=0, depth=3)
    products = passing(cases, "Y", names, 3, 0.75, np.minimum)
    assert {frozenset(f.condition.split("*")) for f in told.conjunctions} == {
        p for p in products if len(p) > 1
    }
    sums = passing(cases, "Y", names, 3, 0.75, np.maximum)
    minimal = {s for s in sums if len(s) > 1 and not any(t < s for t in sums)}
    assert {frozenset(f.condition.split(" + ")) for f in told.disjunctions} == minimal
    assert len(told.single) == 8


def test_relevance_cuts_sums_and_rivals_stay():
    cases = table(A=[1, 0, 1, 1, 1], B=[0, 1, 1, 1, 1], Y=[1, 1, 0, 0, 0])
    told = necessary_conditions(cases, "Y", ["A", "B"])
    # A + B holds in every case, so that its relevance is 0
    assert [f.condition for f in told.disjunctions] == ["~A + ~B"]
    anything = necessary_conditions(cases, "Y", ["A", "B"], ron_cut=0)
    assert [(f.condition, f.ron) for f in anything.disjunctions] == [("A + B", 0), ("~A + ~B", 1)]
    assert len(told.single) == 4
    assert build(Necessary, plain(told)) == told
    assert told.to_frame().height == 5
    with pytest.raises(DataError, match=r"what is necessary for Y .* of 1 with everything known"):
        necessary_conditions(table(A=["", "1"], Y=[1, 0]), "Y", ["A"])
    with pytest.raises(SettingError, match="depth must be a whole number of 1 or more, got 0"):
        necessary_conditions(cases, "Y", ["A"], depth=0)


# -- outside ---------------------------------------------------------------------------------------


@pytest.mark.real
def test_numbers_are_those_of_r(real_data, outside):
    files = {"LF": "qca_LF.csv", "LC": "qca_LC.csv", "CVF": "qca_CVF.csv"}
    cases = {k: fs.Cases.read(real_data / "qca_sets" / f) for k, f in files.items()}
    with (outside / "qca" / "necessity_sufficiency.csv").open(encoding="utf-8") as file:
        rows = list(csv.DictReader(file))
    assert len(rows) == 30
    for row in rows:
        name = ("" if row["direction"] == "present" else "~") + row["condition"]
        need = fit(cases[row["set"]], name, row["outcome"])
        enough = fit(cases[row["set"]], name, row["outcome"], "sufficient")
        for ours, theirs in (
            (need.consistency, "nec_consistency"),
            (need.coverage, "nec_coverage"),
            (need.ron, "nec_RoN"),
            (enough.consistency, "suf_consistency"),
            (enough.coverage, "suf_coverage"),
            (enough.pri, "suf_PRI"),
        ):
            assert ours == pytest.approx(float(row[theirs]), abs=THREE_DECIMALS), (row, theirs)
