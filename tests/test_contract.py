"""One contract for every estimator; a new one joins by a line in ESTIMATORS."""

from __future__ import annotations

import dataclasses
import json

import numpy as np
import polars as pl
import pytest

from fissure.errors import DataError, SettingError
from fissure.matrix import Matrix
from fissure.models.blocs import Blocs
from fissure.models.dynamic import DynamicIdealPoints
from fissure.models.ideal import IdealPoints
from fissure.models.mixture import BlocMixture
from fissure.models.unfolding import Unfolding
from fissure.records import Records, Source

#: An estimator, and a setting that it must refuse.
ESTIMATORS = [
    (IdealPoints(), {"dims": 4}),
    (IdealPoints(dims=2), {"tol": 0.0}),
    (Blocs(), {"n_blocs": 1}),
    pytest.param(DynamicIdealPoints(by="term"), {"degrees": 0.0}, marks=pytest.mark.compiled),
    pytest.param(Unfolding(rounds=1), {"tol": 0.0}, marks=pytest.mark.compiled),
    pytest.param(BlocMixture(), {"dims": 4}, marks=pytest.mark.compiled),
]
each = pytest.mark.parametrize(("estimator", "bad"), ESTIMATORS)


def matrix(order: np.ndarray | None = None, absent: float = 0.1) -> Matrix:
    """Two camps of 9 and 7 on 40 items, with some absences; rows may be put in another order."""
    rng = np.random.default_rng(5)
    camp = np.repeat([1.0, -1.0], [9, 7])
    slope = rng.normal(0, 1.5, 40)
    y = np.where(rng.random((16, 40)) < 1 / (1 + np.exp(-slope * camp[:, None])), "yea", "nay")
    i, j = np.nonzero(rng.random((16, 40)) >= absent)
    at = np.arange(len(i)) if order is None else np.argsort(order[i], kind="stable")
    return Matrix.from_records(
        Records.from_pairs(
            [f"a{k:02d}" for k in i[at]],
            [f"v{k:02d}" for k in j[at]],
            y[i[at], j[at]],
            source=Source("camps", "made up", "", len(i)),
            items=pl.DataFrame({"item": [f"v{k:02d}" for k in range(40)], "term": [1, 2] * 20}),
        )
    )


@each
def test_settings_and_results_are_frozen(estimator, bad):
    result = estimator.fit(matrix())
    for thing in (estimator, result):
        with pytest.raises(dataclasses.FrozenInstanceError):
            setattr(thing, dataclasses.fields(thing)[0].name, None)
    arrays = [v for v in vars(result).values() if isinstance(v, np.ndarray)]
    assert arrays
    assert not any(a.flags.writeable for a in arrays)


@each
def test_a_bad_setting_is_refused_when_it_is_made(estimator, bad):
    with pytest.raises(SettingError, match=f"{next(iter(bad))} must be .* got"):
        dataclasses.replace(estimator, **bad)


@each
def test_fitting_twice_gives_the_same_and_leaves_the_matrix_alone(estimator, bad):
    m = matrix()
    before = m.dense().copy()
    assert estimator.fit(m).to_dict() == estimator.fit(m).to_dict()
    np.testing.assert_array_equal(m.dense(), before)


@each
def test_the_order_of_the_rows_does_not_matter(estimator, bad):
    plain = estimator.fit(matrix()).to_frame().sort("actor", maintain_order=True)
    turned = (
        estimator.fit(matrix(order=np.arange(16)[::-1]))
        .to_frame()
        .sort("actor", maintain_order=True)
    )
    assert plain["actor"].to_list() == turned["actor"].to_list()
    for column in plain.select(pl_numeric()).columns:
        # two optima of the same posterior differ by the stopping rule only
        np.testing.assert_allclose(
            plain[column].to_numpy(), turned[column].to_numpy(), atol=2e-4, err_msg=column
        )


def pl_numeric():
    import polars.selectors as cs

    return cs.float()


@each
def test_results_can_be_written_as_json_and_shown(estimator, bad):
    result = estimator.fit(matrix())
    assert json.loads(json.dumps(result.to_dict(), allow_nan=False))["settings"]
    assert result.to_frame()["actor"].n_unique() == 16
    assert result._repr_html_().startswith("<p>")


@each
def test_too_few_actors_are_refused_with_their_number(estimator, bad):
    one = Matrix.from_records(
        Records.from_pairs(["a"] * 3, list("xyz"), ["yea"] * 3, source=Source("one", "", "", 3))
    )
    with pytest.raises(DataError, match=r"got 1$"):
        estimator.fit(one)
