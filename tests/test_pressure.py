"""Party pressure: the climb against the formula, what is and is not identified, and mirrors."""

from dataclasses import replace
from types import SimpleNamespace

import numpy as np
import pytest
from scipy.special import log_ndtr, ndtr

import bodies
from fissure.errors import ConvergenceError, DataError, SettingError
from fissure.matrix import Matrix
from fissure.models.ideal import IdealPoints
from fissure.models.pressure import (
    PartyPressure,
    PartyPressureResult,
    _State,
    climb,
    log_scores,
    party_codes,
)
from fissure.results import Pressure
from fissure.results.base import build, plain
from fissure.unknowns.pressure import _at, _gap, _likelier, _tip, pressure, pressure_shares

Q = bodies.QUICK
PARTIES, MANY = ["P"] * 14 + ["Q"] * 10, ["P"] * 27 + ["Q"] * 23


def pressed(sd, n=24, j=120, distance=1.0, seed=1):
    """Positions, and choices under party cutpoints of a given standard deviation."""
    rng = bodies.rng(seed)
    party = np.repeat([0, 1], [n // 2 + 2, n - n // 2 - 2])
    x = 0.6 * rng.standard_normal(n) + distance * (party - 0.5)
    alpha, beta = 0.5 * rng.standard_normal(j), 1.2 * rng.standard_normal(j)
    gamma = sd * rng.standard_normal((2, j))
    y = bodies.draw(ndtr(alpha + np.outer(x, beta) + gamma[party]), rng, 0.05)
    return y, x, party


def looks_like(labels):
    """As much of a group as is needed: two blocs along the parties."""
    places = [[i for i, p in enumerate(labels) if p == name] for name in "PQ"]
    blocs = [
        SimpleNamespace(members=[SimpleNamespace(actor=f"m{i:02}") for i in inside])
        for inside in places
    ]
    return SimpleNamespace(name="all", blocs=blocs)


@pytest.fixture(scope="module")
def looked_at():
    y, x, party = pressed(1.0, n=50, j=150, distance=0.5)
    matrix = bodies.matrix(y, party=MANY)
    group = looks_like(MANY)
    return y, x, party, matrix, group, pressure(matrix, group, Q)


def log_posterior(y, party, x, items, sigma, item_variance):
    """The slow twin: cell by cell from the formula, without constants."""
    total = -0.5 * sum(v * v for v in x)
    for row in items:
        total -= 0.5 * (row[0] ** 2 + row[1] ** 2) / item_variance
        for g in row[2:]:
            total -= 0.5 * g * g / sigma + 0.5 * np.log(sigma)
    for i in range(len(y)):
        for j in range(len(items)):
            if y[i, j]:
                m = items[j][0] + items[j][1] * x[i]
                m += items[j][2 + party[i]] if party[i] >= 0 else 0.0
                total += log_ndtr(y[i, j] * m)
    return total


def test_gradient_and_curvature_are_those_of_the_formula():
    rng = bodies.rng(2)
    y = bodies.draw(np.full((5, 3), 0.6), rng, 0.2)
    party = np.array([0, 0, 1, 1, -1])
    x, items = rng.standard_normal(5), rng.standard_normal((3, 4))
    state = _State(y, party, x, items, 0.5, 25.0)
    assert state.log_posterior == pytest.approx(log_posterior(y, party, x, items, 0.5, 25.0))

    def value(v):
        return log_posterior(y, party, v[:5], v[5:].reshape(3, 4), 0.5, 25.0)

    at, h = np.concatenate([x, items.ravel()]), 1e-4
    eye = np.eye(len(at)) * h
    grad = np.array([(value(at + e) - value(at - e)) / (2 * h) for e in eye])
    assert np.concatenate([state.grad_x, state.grad_items.ravel()]) == pytest.approx(grad, abs=1e-6)
    curve = [
        [
            (value(at + a + b) - value(at + a - b) - value(at - a + b) + value(at - a - b))
            for b in eye
        ]
        for a in eye
    ]
    information = -np.array(curve) / (4 * h * h)
    dx, dy = state.newton(20.0)
    step = np.linalg.solve(information + 20 * np.eye(len(at)), grad)
    # second differences of step 1e-4 are good to about 1e-6
    assert np.concatenate([dx, dy.ravel()]) == pytest.approx(step, abs=1e-5)


@pytest.mark.compiled
def test_without_party_cutpoints_it_is_the_plain_line():
    y, _, party = pressed(0.0)
    line = IdealPoints().fit(bodies.matrix(y))
    top = climb(y, party, line.positions[:, 0], np.zeros((120, 2)), None, 25.0, 1e-8, 200)
    assert top.x == pytest.approx(line.prior_positions[:, 0], abs=1e-5)


@pytest.mark.compiled
def test_positions_within_a_party_are_found_under_pressure():
    y, x, party = pressed(1.5, j=300)
    fit = PartyPressure().fit(bodies.matrix(y, party=PARTIES))
    for k in (0, 1):
        assert abs(np.corrcoef(fit.positions[party == k], x[party == k])[0, 1]) > 0.9
    # EM with joint modes is rough: within a third
    assert fit.sd_cutpoint == pytest.approx(1.5, rel=0.33)
    none = PartyPressure().fit(bodies.matrix(pressed(0.0, j=300)[0], party=PARTIES))
    assert none.sd_cutpoint < 0.3


@pytest.mark.compiled
def test_moving_a_party_and_its_cutpoints_changes_no_probability(looked_at):
    _, _, _, matrix, *_ = looked_at
    fit = PartyPressure().fit(matrix)
    eta = fit.alpha + np.outer(fit.positions, fit.beta) + fit.gamma[:, fit.party].T
    shift = np.array([0.7, -0.4])
    x, gamma = fit.positions + shift[fit.party], fit.gamma - np.outer(fit.beta, shift)
    assert fit.alpha + np.outer(x, fit.beta) + gamma[:, fit.party].T == pytest.approx(eta)


def fake(x, beta, gamma):
    """A fit with two parties of two members each."""
    n = len(beta)
    return PartyPressureResult(
        np.array(x), np.zeros(n), np.array(beta), np.array(gamma), ("P", "Q"),
        np.array([0, 0, 1, 1]), 1.0, 0.0, 0.0, True, 1, None, {}, {},
    )  # fmt: skip


def test_shares_by_hand():
    # no cutpoints: all by position; Δ = 2
    assert pressure_shares(fake([1, 1, -1, -1], [1.0, 2.0], np.zeros((2, 2)))) == (0.0, 0.0)
    # U = (1, 1) with β = (1, 0) and Δ = 1: the second item is out of reach of any shift
    least, mode = pressure_shares(fake([0.5, 0.5, -0.5, -0.5], [1.0, 0.0], [[0, 0], [1, 0]]))
    assert (least, mode) == pytest.approx((0.5, 0.5))
    # the same probabilities written with Δ = 0: all is pressure at the mode
    least, mode = pressure_shares(fake([0.0] * 4, [1.0, 0.0], [[1, 0], [1, 0]]))
    assert (least, mode) == pytest.approx((0.5, 1.0))


def test_positions_at_a_share_have_that_share():
    fit = fake([0.5, 0.7, -0.5, -0.9], [1.0, 0.3], [[0.2, 0], [1, -0.5]])
    least, mode = pressure_shares(fit)
    assert _at(fit, mode) == pytest.approx(fit.positions)
    assert _gap(_at(fit, 1.0), fit.party) == pytest.approx(0, abs=1e-12)
    for share in (least, 0.8):
        x = _at(fit, share)
        delta = x[:2].mean() - x[2:].mean()
        by = (fit.positions - x)[[0, 2]]
        moved = replace(fit, positions=x, gamma=fit.gamma + np.outer(fit.beta, by))
        assert pressure_shares(moved) == pytest.approx((least, share))
        assert delta == pytest.approx(x[0] - x[2] - (fit.positions[0] - fit.positions[2]) + 1.3)


def test_gap_and_tip_by_hand():
    labels = np.array([0, 0, 1, 1, -1])
    # means 1 and −1, squares within 4 × 0.25, over 2: sd 0.7071
    gap = _gap(np.array([1.5, 0.5, -0.5, -1.5, 9.0]), labels)
    assert gap == pytest.approx(2 / np.sqrt(0.5))
    assert _tip([(0.0, 4.0), (0.5, 2.0), (1.0, 0.0)], 3.0) == pytest.approx(0.25)
    assert _tip([(0.0, 4.0), (1.0, 3.5)], 3.0) is None
    assert _tip([(0.0, 2.0), (1.0, 0.0)], 3.0) is None


def test_held_out_scores_by_hand():
    y = np.array([[1, -1], [1, 1]], np.int8)
    party = np.array([0, 1])
    top = climb(y, party, np.array([0.5, -0.5]), np.zeros((2, 4)), 1.0, 25.0, 1e-8, 50)
    out = np.array([[True, False], [False, True]])
    wanted = []
    for i, j in ((0, 0), (1, 1)):
        z = np.array([1, top.x[i], party[i] == 0, party[i] == 1], float)
        v = z @ top.items_cov[j] @ z + top.items[j, 1] ** 2 * top.x_var[i]
        wanted.append(np.log(ndtr(y[i, j] * (z @ top.items[j]) / np.sqrt(1 + v))))
    assert log_scores(y, out, party, top) == pytest.approx(np.array(wanted))


@pytest.mark.compiled
def test_pressure_that_is_there_predicts_better(looked_at):
    found = looked_at[-1]
    assert found.gain.low > 0
    assert found.parties == ("P", "Q")
    assert [f.name for f in found.fits] == ["one line", "least pressure", "mode", "most pressure"]
    assert found.fits[-1].party_gap == pytest.approx(0, abs=1e-9)
    shares = [f.pressure_share for f in found.fits]
    assert 0 < shares[1] <= shares[2] <= shares[3] == 1
    gaps = [g for _, g in found.path]
    assert gaps[0] > gaps[-1]
    assert all(m.rank_in_party_line != m.rank_in_party_pressure for m in found.moved)


@pytest.mark.compiled
def test_pressure_is_told_in_plain_words(looked_at):
    found = looked_at[-1]
    assert "nats" not in found.sentence
    assert "cutpoint" not in found.sentence
    # log scores 0.01 and −0.01 apart are probabilities 1.0% and −1.0% apart
    assert (_likelier(0.01), _likelier(-0.01)) == ("+1.0%", "−1.0%")
    assert f"each vote is {_likelier(found.gain.low)} to {_likelier(found.gain.high)} likelier" in (
        found.sentence
    )


@pytest.mark.compiled
def test_pressure_that_is_not_there_is_not_claimed():
    y, *_ = pressed(0.0, seed=4)
    found = pressure(bodies.matrix(y, party=PARTIES), looks_like(PARTIES), Q)
    assert found.gain.low <= 0
    assert "better than one line (" not in found.sentence.replace("better or worse", "")
    assert found.rank_correlation > 0.9


@pytest.mark.compiled
def test_a_mirrored_body_has_the_same_answer(looked_at):
    y, _, _, _, _, found = looked_at
    again = pressure(bodies.matrix(-y, party=MANY), looks_like(MANY), Q)
    assert again.gain.estimate == pytest.approx(found.gain.estimate, abs=1e-6)
    assert again.sd_cutpoint == pytest.approx(found.sd_cutpoint, abs=1e-4)
    assert again.moved == found.moved
    for one, two in zip(again.path, found.path, strict=True):
        assert one == pytest.approx(two, abs=1e-4)


@pytest.mark.compiled
def test_exchanging_the_names_of_the_parties_changes_nothing(looked_at):
    y, _, _, _, group, found = looked_at
    other = ["Q" if p == "P" else "P" for p in MANY]
    again = pressure(bodies.matrix(y, party=other), group, Q)
    assert again.parties == ("Q", "P")
    assert again.gain == found.gain
    assert again.path == found.path


@pytest.mark.compiled
def test_one_party_has_no_pressure_against_another(looked_at):
    y, *_, group, _ = looked_at
    with pytest.raises(DataError, match="two parties of 5 members or more in 'party', here are 1"):
        pressure(bodies.matrix(y, party=["P"] * 50), group, Q)
    with pytest.raises(DataError, match="no actor column 'party'"):
        pressure(bodies.matrix(y), group, Q)


def test_what_is_refused():
    y, *_ = pressed(0.5)
    small = bodies.matrix(y, party=["P"] * 21 + ["Q"] * 3)
    with pytest.raises(DataError, match="needs two parties of 5 members or more in 'party', here"):
        party_codes(small, "party", 5)
    with pytest.raises(DataError, match="no actor column 'club'; there are actor, party"):
        PartyPressure(column="club").fit(small)
    with pytest.raises(SettingError, match="min_members must be 2 or more, got 1"):
        PartyPressure(min_members=1)
    with pytest.raises(SettingError, match="tol must be above 0, got 0"):
        PartyPressure(tol=0)
    with pytest.raises(SettingError, match="max_iter must be 1 or more, got 0"):
        PartyPressure(max_iter=0)
    with pytest.raises(ConvergenceError, match="after 1 steps"):
        PartyPressure(max_iter=1).fit(bodies.matrix(y, party=PARTIES))


@pytest.mark.compiled
def test_members_of_small_parties_have_a_position_and_no_cutpoint():
    y, *_ = pressed(0.5)
    matrix = bodies.matrix(y, party=[*PARTIES[:22], "R", None])
    codes, names = party_codes(matrix, "party", 5)
    assert names == ("P", "Q")
    assert codes[-2:].tolist() == [-1, -1]
    assert np.isfinite(PartyPressure().fit(matrix).positions).all()


@pytest.mark.compiled
def test_the_result_is_frozen_and_can_be_shown(looked_at):
    matrix = looked_at[3]
    assert isinstance(matrix, Matrix)
    fit = PartyPressure().fit(matrix)
    assert not fit.positions.flags.writeable
    assert fit.to_frame().columns == ["actor", "party", "position"]
    assert repr(fit).startswith("PartyPressureResult(50 actors, 150 items, parties P, Q; sd of")
    assert plain(fit)["settings"]["column"] == "party"


@pytest.mark.compiled
def test_it_can_be_saved_and_read(looked_at):
    found = looked_at[-1]
    again = build(Pressure, plain(found))
    assert again.moved == found.moved
    assert again.fits == found.fits
    assert plain(again) == plain(found)
