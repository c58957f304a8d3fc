"""Blocs: planted ones are found, and the order of rows and columns does not matter."""

import numpy as np
import pytest

import bodies
from fissure.datasets import load
from fissure.errors import DataError, SettingError
from fissure.matrix import Matrix
from fissure.models.blocs import PRIOR_CHOICES, Blocs, find_blocs, principal_direction


def as_sets(labels):
    return {frozenset(np.flatnonzero(labels == k).tolist()) for k in set(labels.tolist())}


@pytest.mark.parametrize("sizes", [(10, 10), (14, 6), (18, 2), (9, 7, 6)])
def test_planted_blocs_are_found(sizes):
    y, camp = bodies.camps(sizes, 120, 0.5, np.random.default_rng(sum(sizes)), missing=0.1)
    labels, member, _ = find_blocs(y, len(sizes))
    assert as_sets(labels) == as_sets(camp)
    assert np.bincount(labels).tolist() == sorted(sizes, reverse=True)
    assert (member[np.arange(len(y)), labels] > 0.99).all()


def test_the_karate_club_splits_into_its_two_camps():
    m = Matrix.from_records(load("karate-club"))
    fit = Blocs().fit(m)
    frame = fit.to_frame()
    camps = frame.group_by("bloc", "club").len().sort("len", descending=True)
    right = sum(
        frame.filter(bloc=b).group_by("club").len()["len"].max() for b in ("A", "B")
    )  # Zachary's own model placed 33 of 34 as they went
    assert right >= 32, camps
    assert repr(fit) == "BlocsResult(2 blocs of 18 + 16)"
    assert frame.filter(name="Mr. Hi")["bloc"][0] != frame.filter(name="Officer")["bloc"][0]


def test_permuting_actors_and_items_permutes_the_blocs():
    rng = np.random.default_rng(4)
    y, _ = bodies.camps((12, 8), 60, 0.4, rng, missing=0.1)
    rows, columns = rng.permutation(20), rng.permutation(60)
    one, other = find_blocs(y), find_blocs(y[rows][:, columns])
    assert as_sets(one[0][rows]) == as_sets(other[0])
    assert one[2] == pytest.approx(other[2], rel=1e-5)  # single precision, in another order


def test_turning_items_and_repeating_them():
    rng = np.random.default_rng(5)
    y, _ = bodies.camps((12, 8), 60, 0.4, rng)
    sides = np.where(rng.random(60) < 0.5, -1, 1).astype(np.int8)
    assert as_sets(find_blocs(y)[0]) == as_sets(find_blocs(y * sides)[0])
    assert as_sets(find_blocs(y)[0]) == as_sets(find_blocs(np.hstack([y, y]))[0])


def test_the_likelihood_is_that_of_the_mixture():
    y, _ = bodies.camps((7, 5), 30, 0.5, np.random.default_rng(6), missing=0.2)
    labels, member, loglik = find_blocs(y, 2)
    # one round of the plain formula from the memberships reached
    yeas, nays = (y > 0).astype(float), (y < 0).astype(float)
    base = PRIOR_CHOICES * (yeas.sum(0) + 0.5) / (yeas.sum(0) + nays.sum(0) + 1)
    total = np.zeros((len(y), 2))
    for k in range(2):
        w = member[:, k]
        p = (w @ yeas + base) / (w @ (yeas + nays) + PRIOR_CHOICES)
        total[:, k] = yeas @ np.log(p) + nays @ np.log(1 - p)
        total[:, k] += np.log((w.sum() + 0.5) / (len(y) + 1))
    assert loglik == pytest.approx(np.logaddexp(*total.T).sum(), rel=1e-5)
    assert (total.argmax(axis=1) == labels).all()
    np.testing.assert_allclose(member.sum(axis=1), 1, rtol=1e-6)


def test_more_blocs_never_fit_worse():
    y, _ = bodies.camps((8, 7, 6), 80, 0.5, np.random.default_rng(7))
    assert find_blocs(y, 3)[2] > find_blocs(y, 2)[2]


def test_equal_blocs_are_named_by_their_first_member():
    y = np.array([[1, 1, 1, 1]] * 3 + [[-1, -1, -1, -1]] * 3, np.int8)
    assert find_blocs(y)[0].tolist() == [0, 0, 0, 1, 1, 1]
    assert find_blocs(y[::-1].copy())[0].tolist() == [0, 0, 0, 1, 1, 1]


def test_limits():
    alike = np.ones((6, 10), np.int8)
    _, member, loglik = find_blocs(alike)
    assert np.isfinite(member).all()
    assert np.isfinite(loglik)
    assert not principal_direction(alike).any()
    assert set(find_blocs(np.zeros((4, 3), np.int8))[0].tolist()) <= {0, 1}
    two = np.array([[1, -1], [-1, 1]], np.int8)
    assert sorted(find_blocs(two)[0].tolist()) == [0, 1]


def test_the_direction_separates_the_camps_and_ignores_absence():
    rng = np.random.default_rng(8)
    y, camp = bodies.camps((10, 10), 200, 0.5, rng)
    y[0, 20:] = 0  # a member who was mostly away
    u = principal_direction(y)
    assert np.linalg.norm(u) == pytest.approx(1, rel=1e-5)
    side = u[camp == 0], u[camp == 1]
    assert max(map(min, side)) > 0 > min(map(max, side))
    typical = np.median(np.abs(u))
    assert abs(u[0]) > 0.5 * typical


def test_the_result_is_complete_and_fixed():
    y, _ = bodies.camps((7, 5), 30, 0.5, np.random.default_rng(6))
    m = bodies.matrix(y)
    before = m.by_actor.code.copy()
    fit = Blocs().fit(m)
    assert np.array_equal(before, m.by_actor.code)
    assert fit.settings == {"n_blocs": 2, "max_iter": 50}
    assert fit.source["name"] == "toy"
    assert fit.to_frame().columns == ["actor", "bloc", "probability"]
    for array in (fit.labels, fit.membership):
        with pytest.raises(ValueError, match="read-only"):
            array[0] = 0


@pytest.mark.parametrize(
    ("setting", "message"),
    [
        ({"n_blocs": 1}, "n_blocs must be 2 or more, got 1"),
        ({"max_iter": 0}, "max_iter must be 1 or more, got 0"),
    ],
)
def test_settings_outside_their_range(setting, message):
    with pytest.raises(SettingError) as error:
        Blocs(**setting)
    assert str(error.value) == message


def test_too_few_actors():
    y = np.array([[1, -1], [-1, 1]], np.int8)
    with pytest.raises(DataError) as error:
        Blocs(n_blocs=3).fit(bodies.matrix(y))
    assert str(error.value) == "3 blocs need as many actors, got 2"
