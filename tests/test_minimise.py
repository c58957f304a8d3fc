"""Minimisation: all prime implicants, all smallest covers, R's models, and its laws."""

import re

import numpy as np
import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import fissure as fs
import naive_claims
from fissure.claims import covers
from fissure.claims.covers import minimum_covers
from fissure.claims.expression import parse
from fissure.claims.implicants import covered_rows, prime_implicants
from fissure.claims.minimise import minimise
from fissure.claims.truthtable import truth_table
from fissure.claims.untenable import against_necessity, contradictory, rows_in, simultaneous
from fissure.errors import DataError, SettingError
from fissure.results.base import build, plain
from fissure.results.sets import Solution

LIPSET = ["DEV", "URB", "LIT", "IND", "STB"]
ETHNIC = ["DEMOC", "ETHFRACT", "GEOCON", "POLDIS", "NATPRIDE"]


def patterns(flags, k):
    return [tuple(int(b) for b in f"{r:0{k}b}") for r in np.flatnonzero(flags)]


sides = st.integers(1, 4).flatmap(
    lambda k: st.lists(st.sampled_from("+-?"), min_size=2**k, max_size=2**k)
)


# -- prime implicants ------------------------------------------------------------------------------


@settings(max_examples=60)
@given(sides)
def test_prime_implicants_are_all_there_are(marks):
    k = len(marks).bit_length() - 1
    positive, negative = (np.array([m == sign for m in marks]) for sign in "+-")
    found = prime_implicants(positive, negative)
    assert len({tuple(t) for t in found.tolist()}) == len(found)
    twin = naive_claims.prime_implicants(patterns(positive, k), patterns(negative, k), k)
    assert {tuple(t) for t in found.tolist()} == twin


def test_prime_implicants_by_hand():
    # Quine's textbook case: ab + ~a~b + … has no essential implicant with six of eight rows
    flags = np.array([1, 1, 1, 0, 0, 1, 1, 1], bool)
    found = prime_implicants(flags, ~flags).tolist()
    assert sorted(map(tuple, found)) == [
        (0, 0, 2), (0, 2, 0), (1, 1, 2), (1, 2, 1), (2, 0, 1), (2, 1, 0),
    ]  # fmt: skip


def test_covered_rows_are_those_of_the_definition():
    for product in ((2, 0, 1), (2, 2, 2), (1, 1, 1)):
        flags = covered_rows(np.array(product, np.int8))
        assert [
            naive_claims.holds(product, row) for row in patterns(np.ones(8), 3)
        ] == flags.tolist()


# -- covers ----------------------------------------------------------------------------------------


@settings(max_examples=80)
@given(st.integers(1, 6), st.integers(1, 7), st.integers(0, 10**6))
def test_covers_are_all_smallest_ones(n_rows, n_columns, seed):
    chart = np.random.default_rng(seed).random((n_rows, n_columns)) < 0.4
    chart[~chart.any(axis=1), 0] = True
    assert minimum_covers(chart) == (naive_claims.minimum_covers(chart), True, True)


def test_a_search_that_is_stopped_says_so(monkeypatch):
    chart = np.random.default_rng(2).random((30, 40)) < 0.15
    chart[~chart.any(axis=1), 0] = True
    whole, _, is_complete = minimum_covers(chart, most=10**6)
    assert is_complete
    some, is_smallest, is_complete = minimum_covers(chart, most=1)
    assert (len(some), is_smallest, is_complete) == (1, True, len(whole) == 1)
    monkeypatch.setattr(covers, "STEPS", 20)  # the integer programme finds the size
    one, is_smallest, is_complete = minimum_covers(chart)
    assert is_smallest
    assert not is_complete
    assert len(one[0]) == len(whole[0])
    assert chart[:, one[0]].any(axis=1).all()
    monkeypatch.setattr(covers, "BRANCHES", 0)  # not even that: a cover, not known to be smallest
    one, is_smallest, _ = minimum_covers(chart)
    assert chart[:, one[0]].any(axis=1).all()
    assert not is_smallest


# -- solutions -------------------------------------------------------------------------------------


def crisp(rows, y, names="ABCD"):
    columns = dict(zip(names, np.array(rows).T, strict=False))
    names = [f"c{j}" for j in range(len(rows))]
    return fs.Cases.read(pl.DataFrame({"case": names, **columns, "Y": y}))


def random_crisp(seed, k=4, n=12):
    rng = np.random.default_rng(seed)
    while True:
        rows = np.array([[int(b) for b in f"{r:0{k}b}"] for r in rng.choice(2**k, n, False)])
        y = rng.integers(0, 2, n)
        if 0 < y.sum() < n:
            return rows, y


@pytest.mark.parametrize("seed", range(8))
@pytest.mark.parametrize("kind", ["conservative", "parsimonious", "intermediate"])
def test_models_cover_what_is_sufficient_and_nothing_else(seed, kind):
    rows, y = random_crisp(seed, n=9)
    table = truth_table(crisp(rows, y), "Y", list("ABCD"))
    told = minimise(table, kind, expected=["A", "~B"] if kind == "intermediate" else ())
    observed = {tuple(r): v for r, v in zip(rows.tolist(), y, strict=True)}
    assert told.is_shortest
    assert told.is_complete
    for model, assumed in zip(told.models, told.assumptions, strict=True):
        assert (model.consistency, model.coverage) == (1, 1)
        covered = set(rows_in(table, model.expression))
        sufficient = {1 + int("".join(map(str, r)), 2) for r, v in observed.items() if v}
        assert covered - sufficient == set(assumed)
        assert sufficient <= covered
        if kind == "conservative":
            assert not assumed
    if kind == "intermediate":
        free = minimise(table, "parsimonious").assumptions
        assert all(set(a) <= set().union(*free) for a in told.assumptions)


def test_no_expectation_is_conservative():
    rows, y = random_crisp(3)
    table = truth_table(crisp(rows, y), "Y", list("ABCD"))
    strict, between = minimise(table), minimise(table, "intermediate")
    assert {m.expression for m in strict.models} == {m.expression for m in between.models}


@pytest.mark.parametrize("kind", ["conservative", "parsimonious", "intermediate"])
def test_names_order_and_repetition_do_not_matter(kind):
    def solutions(cases, order, expected):
        told = minimise(truth_table(cases, "Y", order), kind, expected=expected)
        return {frozenset(frozenset(p.items()) for p in parse(m.expression)) for m in told.models}

    for seed in range(4):
        rows, y = random_crisp(seed, n=10)
        hopes = ["A", "~C"] if kind == "intermediate" else []
        once = solutions(crisp(rows, y), list("ABCD"), hopes)
        assert solutions(crisp(rows[::-1], y[::-1]), list("DBCA"), hopes) == once
        assert solutions(crisp(np.tile(rows, (2, 1)), np.tile(y, 2)), list("ABCD"), hopes) == once
        # A called by its absence: its sign turns round in every product, and nothing else
        turned = rows.copy()
        turned[:, 0] = 1 - turned[:, 0]
        other = solutions(
            crisp(turned, y), list("ABCD"), [f"~{h}" if h == "A" else h for h in hopes]
        )
        flip = {
            frozenset(frozenset((n, v != (n == "A")) for n, v in p) for p in model)
            for model in other
        }
        assert flip == once


def test_contradictions_count_as_they_are_told():
    rows = [[1, 1], [1, 1], [1, 0], [1, 0], [0, 0], [0, 1]]
    table = truth_table(crisp(rows, [1, 1, 1, 0, 0, 0]), "Y", ["A", "B"], incl_low=0.4)
    assert [r.out for r in table.rows] == ["1", "C", "0", "0"]
    for what, model in (("negative", "A*B"), ("positive", "A")):
        assert minimise(table, contradictions=what).models[0].expression == model
    assert minimise(table, "parsimonious", contradictions="remainder").models[0].expression == "A"
    with pytest.raises(
        SettingError, match="contradictions must be negative, positive or remainder"
    ):
        minimise(table, contradictions="maybe")


def test_enhanced_analysis_leaves_assumptions_out():
    rows, y = [[1, 1, 1], [0, 1, 0], [1, 0, 0], [0, 0, 1]], [1, 0, 0, 0]
    cases = crisp(rows, y)
    table = truth_table(cases, "Y", list("ABC"))
    free = minimise(table, "parsimonious")
    assert {m.expression for m in free.models} == {"A*B", "A*C", "B*C"}
    # A was found necessary: rows without it cannot be assumed to have the outcome
    without = against_necessity(table, "A")
    assert without == (1, 2, 3, 4)
    told = minimise(table, "parsimonious", exclude=without)
    assert {m.expression for m in told.models} == {"A*B", "A*C"}
    assert told.excluded == without
    impossible = minimise(table, "parsimonious", exclude=rows_in(table, "A*B*~C + ~A"))
    assert [m.expression for m in impossible.models] == ["A*C"]
    negated = minimise(truth_table(cases, "~Y", list("ABC")), "parsimonious")
    both = contradictory(free, negated)
    assert set(both) <= set().union(*free.assumptions)
    assert both == (4, 6, 7)
    with pytest.raises(SettingError, match="exclude must hold rows from 1 to 8, got 9"):
        minimise(table, exclude=[9])
    with pytest.raises(SettingError, match="must be of the conditions A, B, C, got 'D'"):
        rows_in(table, "D")


def test_simultaneous_subsets_are_found():
    x = [0.6, 0.2, 0.1, 0.3]
    cases = fs.Cases.read(pl.DataFrame({"case": list("abcd"), "A": x, "Y": [0.6, 0.4, 0.9, 0.1]}))
    tables = [truth_table(cases, y, ["A"], incl_cut=0.7) for y in ("Y", "~Y")]
    assert 2 in simultaneous(*tables)


def test_what_cannot_be_minimised_is_said():
    table = truth_table(crisp([[1, 1], [1, 1], [0, 1]], [1, 0, 0]), "Y", ["A", "B"])
    with pytest.raises(
        DataError,
        match=r"no combination of A, B is sufficient for Y: the most consistent reaches 0\.500",
    ):
        minimise(table)
    table = truth_table(crisp([[1, 1], [1, 1], [0, 1]], [1, 0, 1]), "Y", ["A"], incl_cut=0.5)
    with pytest.raises(DataError, match="every combination that occurs is sufficient for Y"):
        minimise(table, "parsimonious")
    table = truth_table(crisp([[1, 1], [0, 1]], [1, 0]), "Y", ["A", "B"])
    with pytest.raises(SettingError, match="expected must name conditions, A, B, got '~C'"):
        minimise(table, "intermediate", expected=["~C"])
    with pytest.raises(SettingError, match="kind must be one of conservative, parsimonious, inter"):
        minimise(table, "complex")
    with pytest.raises(SettingError, match="most must be a whole number of 1 or more, got 0"):
        minimise(table, most=0)


def test_solution_survives_the_way_to_json_and_back():
    rows, y = random_crisp(1)
    told = minimise(truth_table(crisp(rows, y), "Y", list("ABCD")), "parsimonious")
    assert plain(build(Solution, plain(told))) == plain(told)
    assert told.to_frame().height == sum(len(m.terms) for m in told.models)


# -- outside ---------------------------------------------------------------------------------------


def printed(text, name, cut):
    """R's print by kind: the models, and consistency, PRI, coverage of every product."""
    part = text.split(f"===== {name} ")[1].split("=====")[0].split(f"--- incl.cut {cut} \n")[1]
    part = part.split("--- incl.cut")[0]
    kinds = re.split(r"\n(conservative|parsimonious|intermediate)[^\n]*\n", part)[1:]
    out = {}
    for kind, body in zip(kinds[::2], kinds[1::2], strict=True):
        sums = re.findall(r"M\d+: +(.*?)<?->", re.sub(r"\s*\n\s+", " ", body), re.S)
        models = {
            frozenset(frozenset(p.items()) for p in parse(re.sub(r"[()]|\s", "", m))) for m in sums
        }
        line = re.compile(r"^ *\d+ +(\S+) +(\d\.\d+) +(\d\.\d+) +(\d\.\d+)", re.M)
        fits = {m[0]: tuple(map(float, m[1:])) for m in line.findall(body)}
        out[kind] = models, fits
    return out


@pytest.mark.real
@pytest.mark.parametrize(
    ("name", "file", "outcome", "conditions"),
    [
        ("LF", "qca_LF.csv", "SURV", LIPSET),
        ("LC", "qca_LC.csv", "SURV", LIPSET),
        ("CVF", "qca_CVF.csv", "PROTEST", ETHNIC),
    ],
)
@pytest.mark.parametrize("cut", [0.8, 0.9])
def test_models_are_those_of_r(real_data, outside, name, file, outcome, conditions, cut):
    theirs = printed((outside / "qca" / "minimisation.txt").read_text(), name, cut)
    cases = fs.Cases.read(real_data / "qca_sets" / file)
    table = truth_table(cases, outcome, conditions, incl_cut=cut)
    assert list(theirs) == ["conservative", "parsimonious", "intermediate"]
    for kind, (models, fits) in theirs.items():
        told = minimise(table, kind, expected=conditions if kind == "intermediate" else ())
        ours = {frozenset(frozenset(p.items()) for p in parse(m.expression)) for m in told.models}
        assert ours == models
        assert told.is_complete
        terms = {t.expression: t for m in told.models for t in m.terms}
        assert set(terms) == set(fits)
        for expression, numbers in fits.items():
            term = terms[expression]
            # R prints three decimals
            assert (term.consistency, term.pri, term.coverage) == pytest.approx(numbers, abs=6e-4)


@pytest.mark.real
def test_unique_coverage_of_each_model_is_that_of_r(real_data):
    cases = fs.Cases.read(real_data / "qca_sets" / "qca_CVF.csv")
    told = minimise(truth_table(cases, "PROTEST", ETHNIC, incl_cut=0.9), "parsimonious")
    unique = [{t.expression: t.unique for t in m.terms} for m in told.models]
    # the columns (M1) and (M2) of minimisation.txt
    assert unique[0]["ETHFRACT*~NATPRIDE"] == pytest.approx(0.133, abs=6e-4)
    assert unique[1]["POLDIS*~NATPRIDE"] == pytest.approx(0.119, abs=6e-4)
    assert unique[1]["DEMOC*ETHFRACT*~POLDIS"] == pytest.approx(0.233, abs=6e-4)
    assert told.essential == ("DEMOC*ETHFRACT*~POLDIS", "DEMOC*~ETHFRACT*GEOCON*POLDIS")
