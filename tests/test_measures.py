"""Closed-form numbers, worked by hand and against loops."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from fissure.measures import agreement, defection, rice, yea_share

#: Four actors on five items.
BODY = np.array(
    [
        [1, 1, -1, 0, 0],
        [1, -1, -1, 1, 0],
        [1, 1, 1, -1, 0],
        [-1, 1, 0, 0, 0],
    ],
    np.int8,
)

tables = arrays(
    np.int8, st.tuples(st.integers(1, 6), st.integers(1, 7)), elements=st.integers(-1, 1)
)


def test_shares_and_cohesion_by_hand():
    np.testing.assert_allclose(yea_share(BODY), [3 / 4, 3 / 4, 1 / 3, 1 / 2, np.nan])
    np.testing.assert_allclose(rice(BODY), [1 / 2, 1 / 2, 1 / 3, 0, np.nan])
    first = np.array([True, True, False, False])
    np.testing.assert_allclose(yea_share(BODY, first), [1, 1 / 2, 0, 1, np.nan])
    np.testing.assert_allclose(rice(BODY, first), [1, 0, 1, 1, np.nan])


def test_agreement_by_hand():
    expected = [
        [1, 2 / 3, 2 / 3, 1 / 2],
        [2 / 3, 1, 1 / 4, 0],
        [2 / 3, 1 / 4, 1, 1 / 2],
        [1 / 2, 0, 1 / 2, 1],
    ]
    np.testing.assert_allclose(agreement(BODY), expected, rtol=1e-6)  # single precision inside


def test_defection_by_hand():
    # the majority of the others; a tie of the others is no majority
    # item 1: others of actor 1 are + + − (+), item 2: − + + (+), item 3: − + (tie)
    # actor 2: + + − (+), + + + (+), − + (tie), −: against on items 2 and 4
    # actor 3: + + − (+), + − + (+), − − (−), +: against on items 3 and 4
    # actor 4: + + + (+), + − + (+): against on item 1
    np.testing.assert_allclose(defection(BODY), [0, 2 / 3, 2 / 4, 1 / 2])


def test_one_actor_all_agree_all_missing():
    one = np.array([[1, -1, 0]], np.int8)
    np.testing.assert_array_equal(yea_share(one), [1, 0, np.nan])
    np.testing.assert_array_equal(rice(one), [1, 1, np.nan])
    np.testing.assert_array_equal(agreement(one), [[1]])
    np.testing.assert_array_equal(defection(one), [np.nan])
    alike = np.ones((4, 3), np.int8)
    np.testing.assert_array_equal(rice(alike), [1, 1, 1])
    np.testing.assert_array_equal(defection(alike), np.zeros(4))
    np.testing.assert_array_equal(agreement(alike), np.ones((4, 4)))
    nothing = np.zeros((3, 2), np.int8)
    assert np.isnan(yea_share(nothing)).all()
    assert np.isnan(rice(nothing)).all()
    assert np.isnan(agreement(nothing)).all()
    assert np.isnan(defection(nothing)).all()


@settings(deadline=None, max_examples=80)
@given(tables)
def test_against_loops(y):
    n, j = y.shape
    for k in range(j):
        votes = [v for v in y[:, k] if v]
        share = votes.count(1) / len(votes) if votes else np.nan
        assert yea_share(y)[k] == pytest.approx(share, nan_ok=True)
        assert rice(y)[k] == pytest.approx(abs(2 * share - 1), nan_ok=True)
    for i in range(n):
        for h in range(n):
            both = [(a, b) for a, b in zip(y[i], y[h], strict=True) if a and b]
            share = sum(a == b for a, b in both) / len(both) if both else np.nan
            assert agreement(y)[i, h] == pytest.approx(share, rel=1e-6, nan_ok=True)
        met = [(y[i, k], sum(int(y[h, k]) for h in range(n) if h != i)) for k in range(j)]
        met = [(v, rest) for v, rest in met if v and rest]
        share = sum(v * rest < 0 for v, rest in met) / len(met) if met else np.nan
        assert defection(y)[i] == pytest.approx(share, nan_ok=True)


@settings(deadline=None, max_examples=40)
@given(tables, st.randoms(use_true_random=False))
def test_laws(y, random):
    n, j = y.shape
    rows, columns = random.sample(range(n), n), random.sample(range(j), j)
    np.testing.assert_array_equal(rice(y[rows]), rice(y))
    np.testing.assert_array_equal(rice(y[:, columns]), rice(y)[columns])
    np.testing.assert_array_equal(agreement(y[rows]), agreement(y)[np.ix_(rows, rows)])
    np.testing.assert_array_equal(defection(y[rows][:, columns]), defection(y)[rows])
    sides = np.array([random.choice([-1, 1]) for _ in range(j)], np.int8)
    np.testing.assert_allclose(rice(y * sides), rice(y), rtol=1e-12)
    np.testing.assert_array_equal(agreement(y * sides), agreement(y))
    np.testing.assert_array_equal(defection(y * sides), defection(y))
    np.testing.assert_allclose(yea_share(-y), 1 - yea_share(y), rtol=1e-12, atol=1e-15)
    np.testing.assert_array_equal(agreement(np.hstack([y, y])), agreement(y))
    np.testing.assert_allclose(rice(np.vstack([y, y])), rice(y), rtol=1e-12)
