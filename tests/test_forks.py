"""Forks: every definition is run, each as the slow twin says, and none is lost."""

import json
import math

import numpy as np
import polars as pl
import pytest
from scipy.stats import binom

import fissure as fs
import naive_forks
from fissure.claims.fork_axes import MOST_FORKS, axes_of, combinations
from fissure.claims.forks import forks_of
from fissure.claims.judging import (
    VERDICTS,
    Rule,
    counted_grounds,
    verdicts_of,
    weighed_grounds,
)
from fissure.errors import DataError, ReadError, SettingError

#: Both integrate on a grid by the midpoint rule: 1,000 steps here, 4,000 there.
GRID = 2e-4


def table():
    """Degrees, ranges, blanks, certainties, waves and a condition that came too late."""
    return fs.Cases.read(
        pl.DataFrame(
            {
                "case": [f"case {k}" for k in range(9)],
                "wave": ["1848", "1848", "1848", "", "1989", "1989", "", "", "2011"],
                "split": ["1", "0.67", "0", "?", "1", "0.2..0.8", "1", "0", "0.33"],
                "split_certainty": ["high", "low", "", "", "medium", "", "high", "low", ""],
                "split_date": ["1847", "1850", "", "", "1988", "", "", "", ""],
                "won": ["1", "1", "1", "1", "1", "0", "0", "0.33", "?"],
                "won_date": ["1848", "1849", "", "", "1989", "", "", "", ""],
            }
        )
    )


def test_every_axis_begins_with_what_was_asked():
    found = {axis.told.name: axis.told.options for axis in axes_of(table(), "won", "split")}
    assert found == {
        "outcome threshold": ("0.5", "0.25", "0.75"),
        "needs threshold": ("0.5", "0.25", "0.75"),
        "unknown outcome": ("as coded", "present", "absent"),
        "unknown condition": ("as coded", "present", "absent"),
        "misdated": ("kept", "left out", "counted as absent"),
        "certainty": ("as stated", "ignored"),
        "waves": ("each case counts", "each wave counts once"),
        "cases": (
            "all", "without 1848", "without 1989", "without all waves", "without low certainty",
            "high certainty only",
        ),
    }  # fmt: skip


@pytest.mark.compiled
def test_each_fork_is_what_the_slow_twin_says():
    cases = table()
    told = forks_of(cases, "won", "split")
    assert len(told.forks) == 3**5 * 2 * 2 * 6
    assert len({json.dumps(fork.choices) for fork in told.forks}) == len(told.forks)
    chosen = np.random.default_rng(1).choice(len(told.forks), 40, replace=False)
    for fork in (told.forks[k] for k in [0, *chosen]):
        slow = naive_forks.fork(cases, fork.choices, "won", "split")
        for key, value in slow.items():
            mine = getattr(fork, key)
            assert (mine is None) == (value is None), (fork.choices, key)
            if value is not None:
                assert mine == pytest.approx(value, abs=GRID), (fork.choices, key)


def test_crisp_cases_without_anything_open_are_one_fork():
    told = forks_of(crisp(7, 0, 1, 9), "won", "split")
    assert len(told.forks) == 1
    assert told.axes == ()
    (fork,) = told.forks
    assert (fork.n, fork.n_outcome, fork.consistency, fork.ron) == (17, 7, 1.0, 0.9)
    assert fork.p_above_90 == pytest.approx(1 - 0.9**8, abs=GRID)
    assert [share.n for share in told.shares] == [0, 0, 0, 1]


def crisp(both, outcome_only, condition_only, neither):
    sizes = (both, outcome_only, condition_only, neither)
    pairs = [((1, 1), (0, 1), (1, 0), (0, 0))[k] for k in range(4) for _ in range(sizes[k])]
    return fs.Cases.read(
        pl.DataFrame(
            {
                "case": [f"case {k}" for k in range(len(pairs))],
                "split": [x for x, _ in pairs],
                "won": [y for _, y in pairs],
            }
        )
    )


def test_the_order_of_cases_does_not_matter():
    cases = table()
    turned = cases.select(cases.names[::-1])
    one, other = (forks_of(c, "won", "split") for c in (cases, turned))
    assert [f.choices for f in one.forks] == [f.choices for f in other.forks]
    for key in ("n", "n_outcome", "verdict"):
        assert [getattr(f, key) for f in one.forks] == [getattr(f, key) for f in other.forks]
    assert [f.mean for f in one.forks] == pytest.approx([f.mean for f in other.forks], abs=1e-9)


def test_closed_forms_and_grid_agree():
    """Every table of up to three a cell: P(θ ≥ 0.9), Bayes factor and the shared share."""
    tables = np.stack(np.meshgrid(*[np.arange(4)] * 4, indexing="ij"), axis=-1).reshape(-1, 4)
    exact = counted_grounds(tables, Rule())
    k, m, k0, m0 = tables.T.astype(float)
    ron = exact.ron
    grid, masses = weighed_grounds(
        np.stack([m, k], axis=1), np.stack([m0, k0], axis=1), np.array([0.0, 1.0]), ron, Rule()
    )
    assert masses.shape == (256, 1000)
    for name in ("p_least", "mean", "p_common"):
        assert getattr(grid, name) == pytest.approx(getattr(exact, name), abs=GRID)
    both = ~np.isnan(exact.log10_bf)
    assert (both == ~np.isnan(grid.log10_bf)).all()
    assert grid.log10_bf[both] == pytest.approx(exact.log10_bf[both], abs=GRID)
    assert (verdicts_of(grid, Rule()) == verdicts_of(exact, Rule())).all()


@pytest.mark.parametrize(
    ("counts", "verdict"),
    [
        ((28, 0, 0, 28), "supported"),  # 1 − 0.9^29 = 0.953
        ((27, 0, 0, 27), "cannot tell from these cases"),  # 1 − 0.9^28 = 0.948
        ((28, 0, 0, 0), "cannot tell from these cases"),  # nothing to compare with
        ((28, 0, 28, 28), "supported"),  # RoN 28/56 = 0.5, on the line
        ((28, 0, 29, 27), "trivially true"),  # RoN 27/56
        ((40, 0, 40, 0), "trivially true"),
        ((0, 3, 0, 0), "contradicted"),  # 0.1^4 = 0.0001
        ((0, 2, 5, 0), "contradicted"),  # 0.1^3 = 0.001
        ((0, 1, 5, 0), "cannot tell from these cases"),  # 0.1^2 = 0.01, but one coding decides
        ((1, 1, 5, 5), "cannot tell from these cases"),  # Beta(2, 2): 0.028, odds 1 to 4 only
        ((1, 0, 0, 1), "cannot tell from these cases"),
        ((0, 0, 3, 4), "cannot tell from these cases"),  # no case has the outcome
    ],
)
def test_the_rule(counts, verdict):
    grounds = counted_grounds(np.array([counts]), Rule())
    assert VERDICTS[verdicts_of(grounds, Rule())[0]] == verdict


@pytest.mark.parametrize("n", [1, 2, 5, 20, 40, 60])
def test_neither_side_is_favoured_at_the_line(n):
    """At a true share of 0.90 each verdict is reached in 5 % of samples, or hardly more.

    Counts are whole, so the share jumps: the most is 5.3 % (two exceptions in 60).
    """
    k, k0 = (v.ravel() for v in np.meshgrid(np.arange(n + 1), np.arange(n + 1)))
    tables = np.stack([k, n - k, k0, n - k0], axis=1)
    found = verdicts_of(counted_grounds(tables, Rule()), Rule())
    weight = binom.pmf(k, n, 0.9) * binom.pmf(k0, n, 0.3)
    assert weight[found == VERDICTS.index("supported")].sum() < 0.054
    assert weight[found == VERDICTS.index("contradicted")].sum() < (0.101 if n == 1 else 0.02)


def test_the_users_own_definitions_are_crossed():
    cases = crisp(7, 1, 2, 9).with_coding("other", np.tile([1.0, 0.0], 10)[:19])
    told = forks_of(
        cases, "won", "split", own={"needs": ["other", "split + other"], "cases": ["split=1"]}
    )
    assert [(axis.name, axis.options) for axis in told.axes] == [
        ("needs", ("split", "other", "split + other")),
        ("cases", ("all", "split=1")),
    ]
    assert len(told.forks) == 6
    assert [f.n for f in told.forks] == [19, 9, 19, 9, 19, 9]
    union = told.forks[4]
    assert union.choices == {"needs": "split + other", "cases": "all"}
    assert union.consistency >= told.forks[0].consistency


def test_each_coder_is_a_definition():
    frame = pl.DataFrame(
        {"case": list("abc"), "split@ann": [1, 1, 0], "split@bob": [1, 0, 0], "won": [1, 1, 0]}
    )
    told = forks_of(fs.Cases.read(frame), "won", "split")
    alone = {f.choices["needs"]: f.consistency for f in told.forks}
    assert alone == {"split": 0.75, "split by coder ann": 1.0, "split by coder bob": 0.5}


def test_anchors_are_moved():
    frame = pl.DataFrame({"case": list("abcd"), "gdp": [300, 550, 600, 900], "won": [0, 0, 1, 1]})
    told = forks_of(fs.Cases.read(frame), "won", "gdp@400,550,900")
    options = next(axis.options for axis in told.axes if axis.name == "needs")
    assert options == ("gdp@400,550,900", "gdp@400,500,900", "gdp@400,600,900")


def test_more_than_ten_thousand_are_not_crossed():
    cases = table()
    own = {"needs threshold": [str(k / 100) for k in range(30, 60)]}
    axes = axes_of(cases, "won", "split", own=own)
    rows, alone = combinations(axes, own)
    assert len(rows) <= MOST_FORKS
    assert alone
    for name in alone:
        k = [axis.told.name for axis in axes].index(name)
        varied = rows[rows[:, k] > 0]
        assert len(varied) == len(axes[k].values) - 1
        assert (np.delete(varied, k, axis=1) == 0).all()
    too_many = {**own, "outcome threshold": own["needs threshold"], "cases": ["without 1848"] * 12}
    too_many["unknown condition"] = ["present", "absent"]
    too_many["unknown outcome"] = ["present", "absent"]
    with pytest.raises(SettingError, match="combinations, 10,000 is the most"):
        forks_of(cases, "won", "split", own=too_many)


@pytest.mark.parametrize(
    ("own", "error", "problem"),
    [
        (
            {"colour": ["red"]},
            SettingError,
            "a fork must be one of outcome, needs, outcome threshold, needs threshold, unknown "
            "outcome, unknown condition, misdated, certainty, waves, cases, got 'colour'",
        ),
        ({"needs": []}, SettingError, "the fork 'needs' must have one option or more, got none"),
        (
            {"needs_threshold": ["2"]},
            SettingError,
            "a threshold must be between 0 and 1, got '2'",
        ),
        (
            {"misdated": ["moved"]},
            SettingError,
            "misdated must be one of kept, left out, counted as absent, got 'moved'",
        ),
        ({"cases": ["won=1*split=0"]}, ReadError, "asks for a category"),
        ({"needs": ["gdp@1,2"]}, SettingError, "must look like COLUMN@out,cross,in with three"),
    ],
)
def test_what_is_refused(own, error, problem):
    with pytest.raises(error) as caught:
        forks_of(table(), "won", "split", own=own)
    assert problem in str(caught.value)


def test_a_choice_of_cases_that_leaves_none_is_refused():
    with pytest.raises(DataError, match="the fork cases=split\\*~split2 leaves no case"):
        forks_of(
            crisp(2, 1, 1, 1).with_coding("split2", [1.0] * 5),
            "won",
            "split",
            own={"cases": ["split*~split2"]},
        )


def test_a_wave_that_counts_once_is_worth_one_case():
    frame = pl.DataFrame(
        {
            "case": [f"c{k}" for k in range(8)],
            "wave": ["1989"] * 4 + [""] * 4,
            "split": [1] * 4 + [1, 0, 0, 0],
            "won": [1] * 5 + [0] * 3,
        }
    )
    forks = {f.choices["waves"]: f for f in forks_of(fs.Cases.read(frame), "won", "split").forks
             if f.choices["cases"] == "all"}  # fmt: skip
    assert forks["each case counts"].p_above_90 == pytest.approx(1 - 0.9**6, abs=GRID)
    assert forks["each wave counts once"].p_above_90 == pytest.approx(1 - 0.9**3, abs=GRID)
    assert math.isclose(forks["each wave counts once"].consistency, 1.0)
