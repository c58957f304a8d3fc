"""Absence: which cells are absences, the hurdle, and votes that absences may hide."""

from dataclasses import replace

import numpy as np
import polars as pl
import pytest
from scipy.optimize import minimize
from scipy.special import log_ndtr, ndtr

import bodies
from fissure.errors import ConvergenceError
from fissure.matrix import Matrix
from fissure.models.absence import _newton, absence_response
from fissure.records import Records, Source
from fissure.results import AbsenceBand
from fissure.results.base import build, plain
from fissure.unknowns.absence import (
    _against,
    _like,
    absence_band,
    absent_cells,
    hidden_votes,
)

#: In so small a body only a deep split would be found: that is enough here for *no split*.
Q = replace(bodies.QUICK, clear_depth=0.8)


def test_which_cells_are_absences():
    words = ["yea", "absent", "abstain", "present", "not_member", "unknown", "nay", "absent"]
    source = Source("toy", "pairs", "", 8)
    records = Records.from_pairs("aaaabbbb", "wxyzwxyz", words, source=source)
    matrix = Matrix.from_records(records)
    # item x has no usable choice and is gone; the rest are w, y, z of a and b
    assert matrix.items["item"].to_list() == ["w", "y"]
    assert absent_cells(matrix, records).tolist() == [[False, True], [False, False]]


def test_the_side_against_ones_like_is_that_of_the_others():
    y = np.array([[1, 1], [1, -1], [-1, 0], [-1, 1]], np.int8)
    # as one group: totals 0 and 1; each member against all others
    one = _against(y, np.full(4, -1, np.int8))
    assert one.tolist() == [[1, 0], [1, -1], [-1, -1], [-1, 0]]
    # in blocs of two: against the one other; a tie of nobody is 0
    two = _against(y, np.array([0, 0, 1, 1], np.int8))
    assert two.tolist() == [[-1, 1], [-1, -1], [1, -1], [1, 0]]


def test_hidden_votes_give_the_shares_of_absences_filled_in():
    """E yea share = ((n + (1 − c) m) a + c m e)/(n + m), by many draws."""
    rng = bodies.rng(1)
    y = np.zeros((40, 400), np.int8)
    y[:24] = np.where(np.arange(24) < 18, 1, -1)[:, None]  # n = 24, a = 18/24, m = 16, e = 0
    absent = y == 0
    labels = np.full(40, -1, np.int8)
    against, made = _against(y, labels), _like(y, absent, labels)
    for lean in (0.0, 0.3, 0.7, 1.0):
        out = hidden_votes(y, absent, against, made, lean, rng.random(y.shape))
        assert (out[y != 0] == y[y != 0]).all()
        share = (out > 0).sum() / (out != 0).sum()
        wanted = (24 + (1 - lean) * 16) * 0.75 / 40
        # 6,400 absences: the share's sd is below 0.004
        assert share == pytest.approx(wanted, abs=0.012)
    assert (out[absent] == -1).all()


def planted(slope, n=30, j=150, seed=2):
    """Absences by the hurdle itself, with two covariates of which the first one counts."""
    rng = bodies.rng(seed)
    z = rng.standard_normal((2, n, j))
    eta = -1 + slope * z[0] + 0.4 * rng.standard_normal((n, 1)) + 0.3 * rng.standard_normal(j)
    return rng.random((n, j)) < ndtr(eta), z


def test_planted_slopes_are_found():
    absent, z = planted(0.4)
    stretch = np.arange(150) // 5
    fit = absence_response(absent, np.ones_like(absent), z, stretch)
    se = np.sqrt(np.diag(fit.covariance))
    assert np.abs((fit.slopes - [0.4, 0.0]) / se).max() < 3  # three standard errors
    assert fit.effects[0].low > 0
    assert fit.effects[1].low < 0 < fit.effects[1].high
    assert fit.sd_members == pytest.approx(0.4, abs=0.2)
    assert fit.sd_items == pytest.approx(0.3, abs=0.2)


def test_the_climb_ends_at_the_top_of_the_penalised_likelihood():
    """Newton's end against a search that knows only the formula."""
    absent, z = planted(0.4, n=6, j=12)
    possible = bodies.rng(3).random(absent.shape) < 0.9
    design, variance = np.concatenate([np.ones((1, 6, 12)), z]), np.array([0.3, 0.2])

    def loss(v):
        eta = np.tensordot(v[:3], design, 1) + v[3:9, None] + v[9:]
        ll = (log_ndtr(np.where(absent, eta, -eta)) * possible).sum()
        prior = (v[:3] ** 2).sum() / 100 + (v[3:9] ** 2).sum() / 0.3 + (v[9:] ** 2).sum() / 0.2
        return -ll + prior / 2

    theta, u, v = np.zeros(3), np.zeros(6), np.zeros(12)
    for _ in range(30):
        _, step = _newton(absent, possible, design, theta, u, v, variance)
        theta, u, v = theta + step[0], u + step[1], v + step[2]
    best = minimize(loss, np.zeros(21), tol=1e-12)
    assert np.concatenate([theta, u, v]) == pytest.approx(best.x, abs=1e-4)


def test_members_away_for_a_stretch_widen_the_interval():
    """The same absences ten times over are ten times one observation, not ten."""
    absent, z = planted(0.4, n=20, j=40)
    many, wide = np.repeat(absent, 10, axis=1), np.repeat(z, 10, axis=2)
    fit = absence_response(many, np.ones_like(many), wide, np.arange(400) // 10)
    naive = absence_response(many, np.ones_like(many), wide, np.arange(400))
    assert fit.covariance[0, 0] > 3 * naive.covariance[0, 0]


def test_a_climb_cut_short_is_an_error():
    absent, z = planted(0.4, n=6, j=12)
    with pytest.raises(ConvergenceError, match="did not settle in 1 steps"):
        absence_response(absent, np.ones_like(absent), z, np.arange(12), max_iter=1)


@pytest.fixture(scope="module")
def staying_home():
    """A latent bloc of eight stays away, nine times in ten, rather than vote against the rest."""
    rng = bodies.rng(5)
    true, _ = bodies.camps((20, 8), 100, 0.6, rng)
    majority = np.sign(true[:20].sum(axis=0))
    rebels = np.arange(28)[:, None] >= 20
    gone = rebels & (true != majority) & (rng.random(true.shape) < 0.9)
    y = np.where(gone, 0, true).astype(np.int8)
    records = bodies.records(y)
    matrix, group = Matrix.from_records(records), bodies.one(y, Q)
    return true, y, records, matrix, group, absence_band(matrix, group, Q, 1, records)


@pytest.mark.compiled
def test_absences_that_hide_a_split(staying_home):
    """What is missing is the split: with every absence a hidden no, it is back."""
    true, y, _, _, group, band = staying_home
    assert group.verdict != "split"
    assert bodies.one(true, Q).verdict == "split"
    assert band.is_known
    assert band.against == "group"
    assert band.n_absences == (y == 0).sum()
    assert band.curve.points[0].depth == group.depth
    last = band.curve.points[-1]
    assert last.verdict == "split"
    assert last.depth.low < bodies.one(true, Q).depth.estimate < last.depth.high
    assert 0 < band.tipping_point < 1


@pytest.mark.compiled
def test_absences_that_hide_nothing_change_nothing():
    y, _ = bodies.camps((14, 10), 80, 0.6, bodies.rng(3), missing=0.05)
    records = bodies.records(y)
    band = absence_band(Matrix.from_records(records), bodies.one(y, Q), Q, 1, records)
    assert band.against == "own bloc"
    assert band.tipping_point is None
    assert band.curve.becomes is None
    assert band.curve.changing is None
    assert band.sentence.endswith(
        "even if every absence hid a vote against the own bloc's majority, the verdict would stay."
    )
    for effect in (band.position, band.dissent, band.closeness):
        assert effect.low <= effect.estimate <= effect.high
    # a shallower split with every absence a crossing: the lean only ever brings the blocs together
    depths = [p.depth.estimate for p in band.curve.points]
    assert depths[-1] < depths[0]


@pytest.mark.compiled
def test_a_mirrored_body_has_the_same_answer(staying_home):
    _, y, _, _, _, band = staying_home
    records = bodies.records(-y)
    again = absence_band(Matrix.from_records(records), bodies.one(-y, Q), Q, 1, records)
    assert (again.curve, again.n_absences, again.sentence) == (
        band.curve,
        band.n_absences,
        band.sentence,
    )
    for one, two in ((again.dissent, band.dissent), (again.closeness, band.closeness)):
        if one is not None:
            assert one.estimate == pytest.approx(two.estimate, abs=1e-6)


@pytest.mark.compiled
def test_a_matrix_alone_does_not_say_why(staying_home):
    _, _, _, matrix, group, band = staying_home
    found = absence_band(matrix, group, Q)
    assert not found.is_known
    assert found.dissent is None
    assert found.curve == band.curve  # here every missing choice is an absence
    assert "these data do not say why" in found.sentence


@pytest.mark.compiled
def test_nobody_absent():
    y, _ = bodies.camps((10, 8), 40, 0.6, bodies.rng(7))
    records = bodies.records(y)
    band = absence_band(Matrix.from_records(records), bodies.one(y, Q), Q, 1, records)
    assert band.n_absences == 0
    assert band.sentence == "No member was absent, so nothing can hide there."


@pytest.mark.compiled
def test_those_who_were_no_members_are_not_absent():
    y, _ = bodies.camps((10, 8), 40, 0.6, bodies.rng(7), missing=0.1)
    base = bodies.records(y)
    word = pl.col("choice").cast(pl.String).replace("absent", "not_member")
    choices = base.choices.with_columns(word.cast(base.choices.schema["choice"]))
    records = replace(base, choices=choices)
    band = absence_band(Matrix.from_records(records), bodies.one(y, Q), Q, 1, records)
    assert band.n_absences == 0


@pytest.mark.compiled
def test_it_can_be_saved_and_read(staying_home):
    band = staying_home[-1]
    assert build(AbsenceBand, plain(band)) == band
