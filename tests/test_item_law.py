"""The law of items: its chances and its draws keep the prior."""

import numpy as np
import pytest
from scipy.stats import norm

from fissure.models.item_law import (
    LEAST,
    RATE,
    TIE,
    ItemLaw,
    Sorted,
    _gamma,
    held,
    kinds,
    learned,
)

#: A mean of independent draws lies within so many standard errors, in all of some 10 comparisons.
ERRORS = 4.0
REPEATS = 600


def agenda(j, dims, rng):
    """A law of items from its prior, and items from the law."""
    tau = rng.gamma(1.0, 1 / RATE, (2, 2))
    tau[:, 0] = LEAST + rng.gamma(1.0, 1 / RATE, 2)  # an exponential law above LEAST
    mean = np.zeros((2, dims + 1))
    if dims == 1:
        mean[:, 1:] = rng.standard_normal((2, 1)) / np.sqrt(TIE * tau[:, 1:])
    law = ItemLaw(mean, tau[:, [0] + dims * [1]])
    sort = Sorted(rng.integers(0, 2, j), rng.choice([-1.0, 1.0], j))
    noise = rng.standard_normal((j, dims + 1))
    return law, sort, law.centre(sort) + noise / np.sqrt(law.precision[sort.kind])


def seen(law, sort, items):
    """Quantities whose means are 1 under the prior."""
    tau = law.precision[:, [0, -1]] - [LEAST, 0]
    means = TIE * (law.precision * law.mean**2)[:, 1] if items.shape[1] == 2 else []
    away = (items - law.centre(sort)) ** 2 * law.precision[sort.kind]
    return [*(RATE * tau).ravel(), *means, *away.mean(axis=0)]


def near(found, expected=1.0):
    found = np.array(found)
    error = found.std(axis=0) / np.sqrt(len(found))
    assert (np.abs(found.mean(axis=0) - expected) < ERRORS * error).all()


@pytest.mark.parametrize("dims", [1, 2])
def test_polarities_and_law_are_drawn_so_that_the_prior_stays(dims):
    rng, found = np.random.default_rng(7), []
    for _ in range(REPEATS):
        law, sort, items = agenda(8, dims, rng)
        sort = law.sort(items, sort.kind, rng)
        law = learned(items, sort, rng)
        assert (law.precision[:, 0] >= LEAST).all()
        found.append([*seen(law, sort, items), 1 + sort.sign.mean()])
    near(found)


def test_polarities_are_drawn_by_their_chances():
    rng, law = np.random.default_rng(8), agenda(1, 1, np.random.default_rng(3))[0]
    items = np.tile([0.3, 0.8], (20_000, 1))
    for kind in (0, 1):
        sort = law.sort(items, np.full(len(items), kind), rng)
        sd = law.precision[kind, 1] ** -0.5
        up, down = (norm.pdf(0.8, q * law.mean[kind, 1], sd) for q in (1, -1))
        chance = up / (up + down)
        error = np.sqrt(chance * (1 - chance) / len(items))
        assert abs((sort.sign > 0).mean() - chance) <= ERRORS * error + 1e-12


def test_kinds_are_by_the_losing_side_and_a_held_law_has_one():
    yeas, counts = np.array([0, 7, 8, 33, 0, 29]), np.array([40, 40, 40, 40, 29, 30])
    np.testing.assert_array_equal(kinds(yeas, counts), [1, 1, 0, 1, 0, 1])
    law, sort = held(np.array([0.04, 0.04]), 5)
    assert not law.centre(sort).any()
    assert set(sort.kind) == {0}


def test_a_precision_far_in_the_tail_is_drawn_there():
    # 3,000 items of α = ±6 want a precision of 1/36, far below the least
    items = np.tile([6.0, 1.0], (3000, 1))
    sort = Sorted(np.zeros(3000, np.int64), np.ones(3000))
    law = learned(items, sort, np.random.default_rng(14))
    assert LEAST <= law.precision[0, 0] < 1.01 * LEAST
    rng, bound = np.random.default_rng(15), 40.0
    tail = [_gamma(2.0, 30.0, bound, rng) - bound for _ in range(4000)]  # e^−1200 lies beyond 40
    near([[v * (30.0 - 1.0 / bound)] for v in tail])
