"""Necessary condition analysis: ceilings as in R, nulls, miscoded cases, power."""

import re
import time

import numpy as np
import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import fissure as fs
import naive_claims
from fissure.claims.ceilings import Cloud, ceilings_of, line_of, zones
from fissure.claims.contamination import (
    allowances_of,
    allowed_effects,
    log_evidence,
    permutation_p,
)
from fissure.claims.nca import nca, nca_power
from fissure.errors import DataError, SettingError
from fissure.results.base import build, plain
from fissure.results.nca import Nca, NcaPower

# sums in another order
CLOSE = 1e-9
# the slow line is cut into 200,000 slices
SLICES = 2e-5

points = st.lists(st.tuples(st.integers(0, 8), st.integers(0, 8)), min_size=3, max_size=9).filter(
    lambda p: len({a for a, _ in p}) > 1 and len({b for _, b in p}) > 1
)


def split_of(pairs):
    x, y = (np.array(v, float) for v in zip(*pairs, strict=True))
    return x, y, (x.min(), x.max(), y.min(), y.max())


def table(x, y, name="c"):
    names = [f"{name}{k}" for k in range(len(x))]
    return fs.Cases.read(pl.DataFrame({"case": names, "X": x, "Y": y}, strict=False))


# -- ceilings --------------------------------------------------------------------------------------


@settings(max_examples=40)
@given(points, st.integers(0, 3))
def test_steps_are_those_of_the_slow_twin(pairs, margin):
    x, y, ends = split_of(pairs)
    scope = tuple(e + m for e, m in zip(ends, (-margin, margin, -margin, margin), strict=True))
    cloud = Cloud.of(x, y, 1, scope)
    free, _ = zones(cloud, cloud.y[None])
    assert free[0] * cloud.area == pytest.approx(naive_claims.step_zone(x, y, scope), abs=CLOSE)
    found = [(cloud.x[k], cloud.y[k]) for k in cloud.peers()]
    assert sorted(found) == naive_claims.peers(x.tolist(), y.tolist())


@settings(max_examples=25)
@given(points)
def test_line_is_that_of_the_slow_twin(pairs):
    x, y, scope = split_of(pairs)
    cloud = Cloud.of(x, y, 1)
    _, line = zones(cloud, cloud.y[None])
    twin = naive_claims.line_zone(x.tolist(), y.tolist(), scope) / cloud.area
    assert line[0] == pytest.approx(twin, abs=SLICES)


@settings(max_examples=40)
@given(points, st.integers(2, 4))
def test_corners_are_mirror_images(pairs, corner):
    x, y, _ = split_of(pairs)
    turned = Cloud.of(x, y, corner)
    mirrored = Cloud.of(-x if corner in (2, 4) else x, -y if corner in (3, 4) else y, 1)
    ours = np.array(zones(turned, turned.y[None]))
    assert ours == pytest.approx(np.array(zones(mirrored, mirrored.y[None])))


@settings(max_examples=25)
@given(points, st.permutations(range(9)), st.floats(0.1, 10), st.floats(-5, 5))
def test_order_and_scale_do_not_matter(pairs, order, a, b):
    x, y, _ = split_of(pairs)
    order = [k for k in order if k < len(x)]
    once = Cloud.of(x, y, 1)
    moved = Cloud.of(a * x[order] + b, 3 * y[order] - b, 1)
    ours = np.array(zones(once, once.y[None]))
    assert np.array(zones(moved, moved.y[None])) == pytest.approx(ours, abs=1e-6)


def test_effects_by_hand():
    # crisp, no case in the corner: everything above the diagonal square is free
    empty = table([0, 0, 1, 1], [0, 0, 0, 1])
    assert nca(empty, "X", "Y").ceiling().effect == 1
    # one case in the corner and the effect is gone
    assert nca(table([0, 0, 1, 1, 0], [0, 0, 0, 1, 1]), "X", "Y").ceiling().effect == 0
    # on a diagonal of n points the steps leave (n − 1) + … + 1 of (n − 1)² squares free, the line
    # leaves exactly half
    for n in (3, 6, 11):
        told = nca(table(np.arange(n), np.arange(n)), "X", "Y", permutations=100)
        assert told.ceiling().effect == pytest.approx(n / (2 * (n - 1)))
        assert told.ceiling("cr_fdh").effect == pytest.approx(0.5)
        assert told.ceiling("cr_fdh").accuracy == 1
        assert told.ceiling().complexity == n


def test_theoretical_scope_adds_the_outer_strips():
    # scope 0..10: left strip 1 × 10, above the peak at 2: 9 × 8 up to x = 5, then 5 × 5
    cases = table([1, 5, 3], [2, 5, 2])
    wide = nca(cases, "X", "Y", scope=(0, 10, 0, 10))
    assert wide.ceiling().zone == pytest.approx(1 * 10 + 4 * 8 + 5 * 5)
    assert wide.scope == (0, 10, 0, 10)
    with pytest.raises(
        SettingError, match=r"hold all cases, which span 1 to 5 and 2 to 5, got \(2"
    ):
        nca(cases, "X", "Y", scope=(2, 10, 0, 10))


def test_bottleneck_by_hand():
    told = nca(table([0, 5, 10, 2], [1, 6, 11, 1]), "X", "Y", levels=3)
    rows = [(r.level, r.needed, r.status) for r in told.ceiling().bottleneck]
    assert rows == [(0, None, "not necessary"), (50, 50, "needed"), (100, 100, "needed")]
    assert told.bottleneck("cr_fdh")["needed"].to_list() == pytest.approx([None, 50, 100])
    flat = nca(table([0, 5, 10], [1, 0.9, 0]), "X", "Y", levels=3)
    assert {r.status for r in flat.ceiling().bottleneck} == {"not necessary"}
    assert flat.ceiling("cr_fdh").slope is None
    # the line through (0, 0), (9, 1), (10, 10) ends below the top, and two cases lie above it
    bent = nca(table([0, 9, 10], [0, 1, 10]), "X", "Y").ceiling("cr_fdh")
    line = line_of(Cloud.of(np.array([0.0, 9, 10]), np.array([0.0, 1, 10]), 1))
    assert (bent.slope, bent.intercept) == pytest.approx(line)
    assert bent.n_above == 2
    assert bent.bottleneck[-1].status == "out of reach"


# -- nulls -----------------------------------------------------------------------------------------


def test_permutation_p_by_hand():
    assert permutation_p(np.array([0.1, 0.2, 0.3]), 0.25) == (1 + 1) / 4
    assert permutation_p(np.zeros(99), 0.25) == 1 / 99
    assert permutation_p(np.zeros(99), 0.0) == 1


@pytest.mark.compiled
def test_p_is_right_where_nothing_is_necessary():
    rng = np.random.default_rng(5)
    p = []
    for _ in range(400):
        cloud = Cloud.of(rng.random(20) ** 3, rng.random(20), 1)
        shuffled = rng.permuted(np.tile(cloud.y, (99, 1)), axis=1)
        p.append(permutation_p(zones(cloud, shuffled)[0], zones(cloud, cloud.y[None])[0][0]))
    # 400 draws: the share below 0.1 is within 3 standard errors, 0.045, of 0.1
    assert np.mean(np.array(p) <= 0.1) == pytest.approx(0.1, abs=0.045)


@pytest.mark.compiled
def test_skew_alone_empties_a_corner():
    rng = np.random.default_rng(2)
    x, y = 1 - rng.random(60) ** 6, rng.random(60) ** 6
    told = nca(table(x, y), "X", "Y")
    marginals, even, _ = told.nulls
    assert marginals.mean > 3 * even.mean
    assert marginals.p > 0.05


@pytest.mark.compiled
def test_ordinary_association_is_no_necessity():
    # a correlation of 0.8 without any ceiling: small p against independence, not against itself
    rng = np.random.default_rng(4)
    x = rng.standard_normal(80)
    y = 0.8 * x + 0.6 * rng.standard_normal(80)
    told = nca(table(x, y), "X", "Y")
    marginals, _, association = told.nulls
    assert marginals.p < 0.01
    assert association.p > 0.1
    assert told.allowances[0].p_association == association.p
    # and the opposite corner, sufficiency, is just as empty
    assert told.corners[3].p < 0.01
    assert told.corners[0].effect == told.ceiling().effect


# -- miscoded cases --------------------------------------------------------------------------------


@settings(max_examples=40)
@given(points)
def test_allowed_effects_are_those_of_leaving_out_by_trial(pairs):
    x, y, scope = split_of(pairs)
    cloud = Cloud.of(x, y, 1)
    ours = allowed_effects(cloud, cloud.y[None], 2)[0] * cloud.area
    twin = [naive_claims.allowed_zone(x.tolist(), y.tolist(), scope, k) for k in range(3)]
    assert ours.tolist() == pytest.approx(twin, abs=CLOSE)
    names, rows = [str(k) for k in range(len(x))], np.tile(cloud.y, (50, 1))
    told, _ = allowances_of(cloud, rows, rows, min(2, len(x) - 2), names)
    for allowance in told:
        kept = [k for k in range(len(x)) if str(k) not in allowance.cases]
        left = naive_claims.step_zone(cloud.x[kept].tolist(), cloud.y[kept].tolist(), scope)
        assert left == pytest.approx(allowance.effect * cloud.area, abs=CLOSE)
        assert len(allowance.cases) <= allowance.n_miscoded


def under_a_ceiling(n=30, seed=1):
    x = np.arange(1.0, n + 1)
    return x, np.random.default_rng(seed).random(n) * x


@pytest.mark.compiled
def test_one_miscoded_case_does_not_decide():
    x, y = under_a_ceiling()
    clean = nca(table(x, y), "X", "Y")
    y[0] = 30  # the least likely corner of all
    spoilt = nca(table(x, y), "X", "Y")
    assert spoilt.ceiling().effect == 0
    assert spoilt.ceiling().p == 1
    one = spoilt.allowances[1]
    assert one.cases == ("c0",)
    assert one.p < 0.01
    assert one.p_association < 0.05
    assert one.weight > 0.5
    assert spoilt.no_ceiling < 0.05
    assert spoilt.effect_mean == pytest.approx(clean.effect_mean, abs=0.1)
    assert sum(a.weight for a in spoilt.allowances) + spoilt.no_ceiling == pytest.approx(1)


@pytest.mark.compiled
def test_evidence_averages_one_where_nothing_is_necessary():
    # E[Bayes factor] is 1 under independence, by construction; draws of it are skewed, so that
    # 200 of them are within 0.5 of that
    rng = np.random.default_rng(7)
    factors = []
    for _ in range(200):
        cloud = Cloud.of(rng.random(15), rng.random(15), 1)
        shuffled = rng.permuted(np.tile(cloud.y, (300, 1)), axis=1)
        factors.append(np.exp(log_evidence(cloud, shuffled, 2)))
    assert np.mean(factors, axis=0).tolist() == pytest.approx([1, 1, 1], abs=0.5)


# -- whole answers ---------------------------------------------------------------------------------


def test_same_seed_same_answer_and_the_way_to_json_and_back():
    cases = table(*under_a_ceiling(12))
    once = nca(cases, "X", "Y", permutations=200)
    assert once == nca(cases, "X", "Y", permutations=200)
    assert plain(build(Nca, plain(once))) == plain(once)
    assert once.to_frame()["kind"].to_list() == ["ce_fdh", "cr_fdh"]
    assert once.statement == "a high Y needs a high X"


def test_codings_expressions_and_unknown_cases():
    cases = fs.Cases.read(
        pl.DataFrame(
            {"case": list("abcde"), "A": ["1", "0.4", "0", "", "1"], "B": ["0", "1", "0", "1", "1"],
             "Y": ["1", "0.5", "0", "1", "0.2"]}
        )
    )  # fmt: skip
    told = nca(cases, "A + B", "Y", permutations=100)
    assert (told.n_cases, told.n_unknown) == (4, 1)
    assert nca(cases, "A", "~Y", permutations=100).outcome == "~Y"


@pytest.mark.parametrize(
    ("x", "y", "words"),
    [
        ([1, 1, 1], [1, 0, 1], "X is 1 in all 3 known cases; where nothing varies, nothing can be"),
        ([1, 0, 1], [0, 0, 0], "Y is 0 in all 3 known cases"),
        ([1, 0], [0, 1], "at least 3 cases must have X and Y known, 2 have"),
    ],
)
def test_what_cannot_be_told_is_said(x, y, words):
    with pytest.raises(DataError, match=words):
        nca(table(x, y), "X", "Y")


@pytest.mark.parametrize(
    ("setting", "words"),
    [
        ({"corner": 5}, "corner must be 1, 2, 3 or 4, got 5"),
        ({"permutations": 10}, "permutations must be a whole number of 100 or more, got 10"),
        ({"most_miscoded": 11}, "most_miscoded must be 10 at most, got 11"),
        ({"levels": 1}, "levels must be a whole number of 2 or more, got 1"),
    ],
)
def test_settings_are_checked(setting, words):
    with pytest.raises(SettingError, match=words):
        nca(table([1, 2, 3], [1, 2, 3]), "X", "Y", **setting)


def test_power_rises_with_cases_and_effect():
    quick = {"replicates": 40, "permutations": 60}
    few, many = (nca_power(n, 0.1, **quick).power for n in (10, 80))
    assert many > few + 0.2
    assert nca_power(20, 0.5, **quick).power >= nca_power(20, 0.05, **quick).power + 0.3
    own = nca_power(30, 0.2, values=under_a_ceiling(), **quick)
    assert build(NcaPower, plain(own)) == own
    with pytest.raises(SettingError, match="effect must be between 0 and 1, got 1"):
        nca_power(20, 1, **quick)
    with pytest.raises(DataError, match="hardly any pair of the given values lies under a ceiling"):
        nca_power(20, 0.9, values=(np.array([0.0, 1]), np.array([0.0, 1])), **quick)


# -- outside ---------------------------------------------------------------------------------------


def column(text, label):
    """Numbers of a row of R's print, both summaries one after the other."""
    lines = [line[len(label) :] for line in text.splitlines() if line.startswith(label)]
    return [[float(v) for v in re.findall(r"-?\d+\.?\d*", line)] for line in lines]


@pytest.mark.real
@pytest.mark.compiled
def test_numbers_are_those_of_r(outside):
    text = (outside / "qca" / "nca.txt").read_text()
    cases = fs.Cases.read(outside / "qca" / "nca_example.csv")
    for k, condition in enumerate(("Individualism", "Risk taking")):
        told = nca(cases, condition, "Innovation performance")
        steps, line = told.ceiling(), told.ceiling("cr_fdh")
        # as many decimals as R prints
        assert [steps.zone, line.zone] == pytest.approx(column(text, "Ceiling zone")[k], abs=6e-4)
        assert [steps.effect, line.effect] == pytest.approx(
            column(text, "Effect size")[k], abs=6e-4
        )
        assert [line.slope] == pytest.approx(column(text, "Slope")[k], abs=6e-4)
        assert [line.intercept] == pytest.approx(column(text, "Intercept")[k], abs=6e-4)
        assert [steps.n_above, line.n_above] == column(text, "# above")[k]
        assert steps.complexity == column(text, "Complexity")[k][0]
        assert line.fit * 100 == pytest.approx(column(text, "Fit")[k][1], abs=0.06)
        assert line.accuracy * 100 == pytest.approx(
            column(text, "Ceiling accuracy")[k][1], abs=0.06
        )
        for name, label in (("condition", "Condition ineff."), ("outcome", "Outcome ineff.")):
            ours = [100 * getattr(c, f"{name}_inefficiency") for c in (steps, line)]
            assert ours == pytest.approx(column(text, label)[k], abs=6e-4)
        # both p are shares of 1,000 permutations, each with an error of sqrt(p (1 − p) / 1000):
        # 0.017 for 0.16, so that two of them differ by less than 0.05
        assert [steps.p, line.p] == pytest.approx(column(text, "p-value")[k], abs=0.05)


@pytest.mark.real
@pytest.mark.compiled
def test_bottlenecks_are_those_of_r(outside):
    text = (outside / "qca" / "nca.txt").read_text()
    cases = fs.Cases.read(outside / "qca" / "nca_example.csv")
    tables = re.findall(r"^Y +1 +2 *\n((?:\d+ +.*\n){11})", text, re.M)
    assert len(tables) == 2
    for kind, body in zip(("ce_fdh", "cr_fdh"), tables, strict=True):
        rows = [line.split() for line in body.splitlines()]
        for k, condition in enumerate(("Individualism", "Risk taking"), 1):
            told = nca(cases, condition, "Innovation performance", permutations=100)
            for ours, row in zip(told.ceiling(kind).bottleneck, rows, strict=True):
                assert ours.level == pytest.approx(float(row[0]))
                if row[k] == "NN":
                    assert ours.status == "not necessary"
                else:
                    assert ours.needed == pytest.approx(float(row[k]), abs=0.051)


@pytest.mark.compiled
def test_a_thousand_permutations_are_fast():
    cases = table(*under_a_ceiling(28))
    nca(cases, "X", "Y")  # compiles
    began = time.process_time()
    nca(cases, "X", "Y", permutations=1000)
    # R's NCA takes 5.6 seconds on 28 cases; about 0.03 here
    assert time.process_time() - began < 5.6 / 50


def test_ceilings_take_the_p_they_are_given():
    cloud = Cloud.of(np.array([0.0, 1, 2]), np.array([0.0, 1, 2]), 1)
    steps, line = ceilings_of(cloud, (0.5, 0.25), (0.1, 0.2), 11)
    assert (steps.p, line.p, line.p_error) == (0.5, 0.25, 0.2)
