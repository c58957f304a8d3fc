"""Truth tables: rows, cuts, contradictions, cases on the line, R's rows."""

import numpy as np
import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import fissure as fs
import naive_claims
from fissure.claims.truthtable import truth_table
from fissure.errors import DataError, SettingError
from fissure.results.base import build, plain
from fissure.results.sets import TruthTable

LIPSET = ["DEV", "URB", "LIT", "IND", "STB"]
ETHNIC = ["DEMOC", "ETHFRACT", "GEOCON", "POLDIS", "NATPRIDE"]

fuzzy = st.lists(st.tuples(*[st.integers(0, 10)] * 4), min_size=3, max_size=15).filter(
    lambda rows: any(r[3] > 5 for r in rows) and any(r[3] < 5 for r in rows)
)


def table_of(rows):
    x = np.array(rows, float) / 10
    columns = dict(zip("ABCY", x.T, strict=True))
    return fs.Cases.read(pl.DataFrame({"case": [f"c{k}" for k in range(len(x))], **columns}))


@settings(max_examples=30)
@given(fuzzy)
def test_rows_are_those_of_the_definition(rows):
    told = truth_table(table_of(rows), "Y", ["A", "B", "C"], incl_cut=0.7)
    x = np.array(rows, float) / 10
    seen = 0
    for row in told.rows:
        signed = [[v if on else 1 - v for v, on in zip(r[:3], row.pattern, strict=True)] for r in x]
        inside = [min(r) for r in signed]
        assert row.consistency == pytest.approx(naive_claims.consistency(inside, x[:, 3]))
        assert set(row.cases) == {f"c{k}" for k, v in enumerate(inside) if v > 0.5}
        assert row.out == ("1" if row.consistency >= 0.7 - 1.5e-8 else "0")
        assert row.number == 1 + sum(on << (2 - j) for j, on in enumerate(row.pattern))
        assert set(row.deviant) == {c for c in row.cases if x[int(c[1:]), 3] < 0.5}
        seen += row.n
    assert seen + len(told.on_the_line) == len(rows)
    assert told.n_remainders == 8 - len(told.rows)


@settings(max_examples=30)
@given(fuzzy, st.permutations(range(15)))
def test_order_of_cases_and_conditions_does_not_matter(rows, order):
    def by_pattern(told):
        return {
            frozenset(zip(told.conditions, r.pattern, strict=True)): (
                r.out, r.n, round(r.consistency, 9), set(r.cases),
            )
            for r in told.rows
        }  # fmt: skip

    cases = table_of(rows)
    once = by_pattern(truth_table(cases, "Y", ["A", "B", "C"]))
    mixed = cases.select([cases.names[k] for k in order if k < len(rows)])
    assert by_pattern(truth_table(mixed, "Y", ["C", "A", "B"])) == once


@settings(max_examples=30)
@given(fuzzy)
def test_a_negated_condition_flips_its_column(rows):
    cases = table_of(rows)
    once = truth_table(cases, "Y", ["A", "B"])
    turned = truth_table(cases, "Y", ["~A", "B"])
    flipped = {(1 - r.pattern[0], r.pattern[1]): r.cases for r in turned.rows}
    assert flipped == {r.pattern: r.cases for r in once.rows}


def crisp(y, n_each=(3, 2, 1)):
    """Rows 11, 10, 01 with so many cases each."""
    a = [1] * n_each[0] + [1] * n_each[1] + [0] * n_each[2]
    b = [1] * n_each[0] + [0] * n_each[1] + [1] * n_each[2]
    names = [f"c{k}" for k in range(len(a))]
    return fs.Cases.read(pl.DataFrame({"case": names, "A": a, "B": b, "Y": y}))


def test_cuts_and_contradictions_by_hand():
    cases = crisp([1, 1, 0, 1, 0, 0])  # consistencies 2/3, 1/2, 0
    told = truth_table(cases, "Y", ["A", "B"], incl_cut=0.6, incl_low=0.4)
    assert [(r.pattern, r.out, r.n) for r in told.rows] == [
        ((1, 1), "1", 3),
        ((1, 0), "C", 2),
        ((0, 1), "0", 1),
    ]
    assert [r.contradictory for r in told.rows] == [True, True, False]
    assert told.rows[0].deviant == ("c2",)
    few = truth_table(cases, "Y", ["A", "B"], incl_cut=0.6, n_cut=2)
    assert [r.out for r in few.rows] == ["1", "0", "?"]
    assert few.n_remainders == 2
    assert truth_table(cases, "Y", ["A", "B"], incl_cut=2 / 3).rows[0].out == "1"
    strict = truth_table(cases, "Y", ["A", "B"], incl_cut=0.6, pri_cut=0.7)
    assert strict.rows[0].out == "0"


def test_cases_on_the_line_and_unknown_ones_are_named():
    cases = fs.Cases.read(
        pl.DataFrame({"case": list("abcd"), "A": ["1", "0.5", "", "0"], "Y": ["1", "1", "1", "0"]})
    )
    told = truth_table(cases, "Y", ["A"])
    assert (told.on_the_line, told.unknown) == (("b",), ("c",))
    assert sum(r.n for r in told.rows) == 2


def test_table_survives_the_way_to_json_and_back():
    told = truth_table(crisp([1, 1, 0, 1, 0, 0]), "Y", ["A", "B"])
    again = build(TruthTable, plain(told))
    assert [r.cases for r in again.rows] == [r.cases for r in told.rows]
    assert plain(again) == plain(told)
    assert told.to_frame().columns == ["row", "A", "B", "out", "n", "consistency", "pri", "cases"]


@pytest.mark.parametrize(
    ("conditions", "settings", "words"),
    [
        ([], {}, "conditions must be a list of 1 to 15 codings, got"),
        ("AB", {}, "conditions must be a list of 1 to 15 codings, got 'AB'"),
        (["A", "A"], {}, "conditions must differ, got A, A"),
        (["A", "~Y"], {}, "the outcome 'Y' must not be among the conditions"),
        (["A"], {"incl_cut": 80}, "incl_cut must be from 0 to 1, got 80"),
        (["A"], {"incl_low": 0.9}, "incl_low must not exceed incl_cut, 0.8, got 0.9"),
        (["A"], {"n_cut": 0}, "n_cut must be a whole number of 1 or more, got 0"),
    ],
)
def test_settings_are_checked(conditions, settings, words):
    with pytest.raises(SettingError, match=words):
        truth_table(crisp([1, 1, 0, 1, 0, 0]), "Y", conditions, **settings)


@pytest.mark.parametrize(("y", "word"), [([1] * 6, "lacks"), ([0] * 6, "has")])
def test_outcomes_that_never_vary_cannot_be_told(y, word):
    with pytest.raises(DataError, match=f"none of 6 cases {word} it, so that nothing can be"):
        truth_table(crisp(y), "Y", ["A", "B"])


def reference_rows(text, name, cut):
    """Row number → output, n, consistency, PRI, of the observed rows in R's print."""
    part = text.split(f"===== {name} ")[1].split(f"--- incl.cut {cut}")[1].split("conservative")[0]
    k, out = 5, {}
    for line in part.splitlines():
        words = line.split()
        if len(words) >= k + 5 and words[0].isdigit() and words[k + 1] in ("0", "1"):
            out[int(words[0])] = (
                words[k + 1],
                int(words[k + 2]),
                *map(float, words[k + 3 : k + 5]),
            )
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
def test_rows_are_those_of_r(real_data, outside, name, file, outcome, conditions, cut):
    theirs = reference_rows((outside / "qca" / "minimisation.txt").read_text(), name, cut)
    cases = fs.Cases.read(real_data / "qca_sets" / file)
    told = truth_table(cases, outcome, conditions, incl_cut=cut)
    assert {r.number for r in told.rows} == set(theirs)
    assert len(theirs) in (9, 17)
    for row in told.rows:
        out, n, incl, reduced = theirs[row.number]
        assert (row.out, row.n) == (out, n)
        # R prints three decimals
        assert (row.consistency, row.pri) == pytest.approx((incl, reduced), abs=6e-4)
