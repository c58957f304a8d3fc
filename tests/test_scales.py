"""Moves of the scales change no chance where they must not, and keep the priors they move in."""

import numpy as np
import pytest
from scipy.linalg import expm

from fissure.models.scales import breadth, leans, learn, lent, stretch

#: A mean of independent draws lies within so many standard errors, in all of some 10 comparisons.
ERRORS = 4.0
#: Prior variance of the positions' mean: none, and as good as free.
FREE = [0.0, 25.0]


def drawn(n, dims, free, rng):
    """Positions from their prior, and how much of a precision of 1 holds their mean."""
    x = rng.standard_normal((n, dims)) + np.sqrt(free) * rng.standard_normal(dims)
    return x, 1.0 / (1.0 + n * free)


def near_one(found):
    found = np.array(found)
    error = found.std(axis=0) / np.sqrt(len(found))
    assert (np.abs(found.mean(axis=0) - 1.0) < ERRORS * error).all()


def utility(x, items):
    return items[:, 0] + x @ items[:, 1:].T


@pytest.mark.parametrize("free", FREE)
def test_breadth_is_minus_twice_the_log_density_of_positions(free):
    x, centre = drawn(5, 1, free, np.random.default_rng(1))
    cov = np.eye(5) + free
    assert breadth(x, centre) == pytest.approx(x[:, 0] @ np.linalg.solve(cov, x[:, 0]), rel=1e-9)


@pytest.mark.parametrize("free", FREE)
@pytest.mark.parametrize("dims", [1, 2])
def test_stretching_changes_no_chance_and_keeps_the_prior(dims, free):
    rng = np.random.default_rng(4)
    prior, found = np.array([0.25] + dims * [0.5]), []
    for _ in range(800):
        x, centre = drawn(6, dims, free, rng)
        items = rng.standard_normal((5, dims + 1)) / np.sqrt(prior)
        new_x, new_items = stretch(x, items, prior, centre, rng)
        np.testing.assert_allclose(utility(new_x, new_items), utility(x, items), atol=1e-9)
        square = (new_items**2).mean(axis=0) * prior
        spread = new_x.var(axis=0, ddof=1).mean()
        mean = centre * 6 * (new_x.mean(axis=0) ** 2).mean()
        found.append([breadth(new_x, centre) / x.size, spread, mean, square[0], square[1:].mean()])
    near_one(found)


@pytest.mark.parametrize("free", FREE)
def test_learning_the_variances_changes_no_chance_and_keeps_their_prior(free):
    rng, found = np.random.default_rng(5), []
    for _ in range(800):
        tau = rng.gamma(1.0, 1.0, 2)
        x, centre = drawn(6, 1, free, rng)
        items = rng.standard_normal((5, 2)) / np.sqrt(tau)
        new_x, new_items, prior = learn(x, items, centre, rng)
        np.testing.assert_allclose(utility(new_x, new_items), utility(x, items))
        spread = breadth(new_x, centre) / x.size
        found.append([*prior, spread, *(new_items**2).mean(axis=0) * prior])
    near_one(found)


def roots(j, p, prior, rng):
    """For each item D⁻¹ = root root', root upper triangular, with D above the prior's precision."""
    half = rng.standard_normal((j, p, p))
    info = half @ half.transpose(0, 2, 1) + np.diag(prior)
    return info, np.linalg.inv(np.linalg.cholesky(info)).transpose(0, 2, 1)


@pytest.mark.parametrize("dims", [1, 2])
def test_items_follow_a_precision_as_far_as_they_lean_on_it(dims):
    rng = np.random.default_rng(6)
    prior = np.array([0.4] + dims * [0.7])
    info, root = roots(4, dims + 1, prior, rng)
    items, log_tau = rng.standard_normal((4, dims + 1)), 0.3
    for k, lean in enumerate(leans(root, prior)):
        part = np.diag(np.where((np.arange(dims + 1) > 0) == bool(k), prior, 0.0))
        moves = [expm(-0.5 * log_tau * np.linalg.solve(d, part)) for d in info]
        slow = np.array([m @ b for m, b in zip(moves, items, strict=True)])
        moved, new, gain = lent(items, prior, lean, log_tau)
        np.testing.assert_allclose(moved, slow, atol=1e-10)
        np.testing.assert_allclose(np.diag(part) * np.exp(log_tau), np.where(part.any(0), new, 0))
        volume = sum(np.log(np.linalg.det(m)) for m in moves)
        tau = prior[k], new[k]
        density = [
            np.log(t) - t + 0.5 * np.log(v).sum() * 4 - 0.5 * (v * b**2).sum()
            for t, v, b in zip(tau, (prior, new), (items, slow), strict=True)
        ]
        assert gain == pytest.approx(density[1] - density[0] + volume, abs=1e-9)


def test_a_precision_moved_with_its_items_keeps_both_priors():
    rng, found = np.random.default_rng(7), []
    fixed = np.array([0.5, 2.0])
    lean = leans(roots(5, 2, fixed, rng)[1], fixed)[0]
    for _ in range(2000):
        prior = rng.gamma(1.0, 1.0, 2)
        items = rng.standard_normal((5, 2)) / np.sqrt(prior)
        moved, new, gain = lent(items, prior, lean, rng.standard_normal())
        if np.log(rng.random()) < gain:
            items, prior = moved, new
        found.append([*prior, *(items**2).mean(axis=0) * prior])
    near_one(found)
