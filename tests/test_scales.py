"""Moves of the line and of the items' law change no chance and keep the priors."""

from functools import partial

import numpy as np
import pytest
from scipy.linalg import expm
from scipy.stats import gamma, norm

from fissure.models.item_law import LEAST, PARTS, RATE, TIE, ItemLaw, Sorted
from fissure.models.scales import (
    Follow,
    breadth,
    led,
    lent,
    mirrored,
    rescale,
    shift,
    slid,
    stretch,
)
from test_item_law import REPEATS, agenda, near, seen

#: Prior variance of the positions' mean: none, and as good as free.
FREE = [0.0, 25.0]
#: What the step of a move is called, if not log_tau.
STEPS = {led: "size", slid: "log_t"}


def drawn(n, dims, free, rng):
    """Positions from their prior, and how much of a precision of 1 holds their mean."""
    x = rng.standard_normal((n, dims)) + np.sqrt(free) * rng.standard_normal(dims)
    return x, 1.0 / (1.0 + n * free)


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
    rng, tau, found = np.random.default_rng(4), np.array([0.5, 0.5, 0.5, 2.0, 2.0]), []
    for _ in range(REPEATS):
        x, centre = drawn(6, dims, free, rng)
        items = rng.standard_normal((5, dims + 1))
        items[:, 1:] /= np.sqrt(tau)[:, None]
        new_x, new = stretch(x, items, tau, centre, rng)
        np.testing.assert_allclose(utility(new_x, new), utility(x, items), atol=1e-7)
        size = (tau[:, None] * new[:, 1:] ** 2).mean()
        found.append([breadth(new_x, centre) / x.size, size])
    near(found)


@pytest.mark.parametrize("free", FREE)
@pytest.mark.parametrize("dims", [1, 2])
def test_shifting_changes_no_chance_and_keeps_the_prior(dims, free):
    rng, found = np.random.default_rng(5), []
    for _ in range(REPEATS):
        x, centre = drawn(6, dims, free, rng)
        law, sort, items = agenda(5, dims, rng)
        new_x, new = shift(x, items, law.precision[sort.kind, 0], centre, rng)
        np.testing.assert_allclose(utility(new_x, new), utility(x, items), atol=1e-7)
        mean = centre * 6 * (new_x.mean(axis=0) ** 2).mean()
        found.append([breadth(new_x, centre) / x.size, mean, *seen(law, sort, new)])
    near(found)


@pytest.mark.parametrize("free", FREE)
@pytest.mark.parametrize("dims", [1, 2])
def test_stretching_line_and_law_changes_no_chance_and_keeps_the_prior(dims, free):
    rng, found = np.random.default_rng(6), []
    for _ in range(REPEATS):
        x, centre = drawn(6, dims, free, rng)
        law, sort, items = agenda(5, dims, rng)
        new_x, new, moved = rescale(x, items, law, centre, rng)
        np.testing.assert_allclose(utility(new_x, new), utility(x, items), atol=1e-9)
        found.append([breadth(new_x, centre) / x.size, *seen(moved, sort, new)])
    near(found)


def following(j, dims, law, sort, rng):
    """D of each item, at least the prior's precision, and how items follow."""
    half, prior = rng.standard_normal((j, dims + 1, dims + 1)), law.precision[sort.kind]
    info = half @ half.transpose(0, 2, 1) + prior[:, None] * np.eye(dims + 1)
    root = np.linalg.inv(np.linalg.cholesky(info)).transpose(0, 2, 1)
    return info, Follow.of(root, prior)


def log_density(law, sort, items):
    """Of law and items given polarities, but for constants, written from the prior."""
    tau, out = law.precision, 0.0
    out += gamma.logpdf(tau[:, [0, -1]], 1.0, scale=1 / RATE).sum()
    if items.shape[1] == 2:
        out += norm.logpdf(law.mean[:, 1], 0, (TIE * tau[:, 1]) ** -0.5).sum()
    return out + norm.logpdf(items, law.centre(sort), tau[sort.kind] ** -0.5).sum()


@pytest.mark.parametrize("part", [0, 1])
@pytest.mark.parametrize("dims", [1, 2])
def test_items_follow_a_precision_as_far_as_they_lean_on_it(dims, part):
    rng = np.random.default_rng(10)
    law, sort, items = agenda(6, dims, rng)
    info, follow = following(6, dims, law, sort, rng)
    log_tau, slow = np.array([0.3, -0.2]), items.copy()
    volume = log_tau.sum()  # of the precisions, multiplied by exp(log_tau)
    for r, (k, d) in enumerate(zip(sort.kind, info, strict=True)):
        held_part = np.zeros(dims + 1)
        held_part[PARTS[part]] = law.precision[k, PARTS[part]]
        move = expm(-0.5 * log_tau[k] * np.linalg.solve(d, np.diag(held_part)))
        middle = law.centre(sort)[r]
        slow[r] = middle + move @ (items[r] - middle)
        volume += np.log(np.linalg.det(move))
    moved, new, gain = lent(items, law, sort, follow, part, log_tau)
    np.testing.assert_allclose(moved, slow, atol=1e-9)
    ratio = np.ones((2, dims + 1))
    ratio[:, PARTS[part]] = np.exp(log_tau)[:, None]
    np.testing.assert_allclose(new.precision / law.precision, ratio)
    change = log_density(new, sort, moved) - log_density(law, sort, items)
    assert gain.sum() == pytest.approx(change + volume, abs=1e-8)


def test_items_follow_their_mean_as_far_as_they_lean_on_it():
    rng = np.random.default_rng(11)
    law, sort, items = agenda(6, 1, rng)
    info, follow = following(6, 1, law, sort, rng)
    size = rng.standard_normal(2)
    moved, new, gain = led(items, law, sort, follow, size)
    for r, (k, q) in enumerate(zip(sort.kind, sort.sign, strict=True)):
        push = np.array([0.0, law.precision[k, 1] * size[k]])
        np.testing.assert_allclose(moved[r], items[r] + q * np.linalg.solve(info[r], push))
    change = log_density(new, sort, moved) - log_density(law, sort, items)
    assert gain.sum() == pytest.approx(change, abs=1e-8)


def test_items_are_mirrored_about_their_middle_and_back():
    rng = np.random.default_rng(14)
    law, sort, items = agenda(6, 1, rng)
    middle, x = rng.standard_normal(6), rng.standard_normal((5, 1))
    tau = law.precision[sort.kind, 0]
    moved, gain = mirrored(items, middle, tau)
    across = items[:, 0] + (2 * middle - x) * items[:, 1]
    np.testing.assert_allclose(utility(x, moved), across)
    back, less = mirrored(moved, middle, tau)
    np.testing.assert_allclose(back, items)
    np.testing.assert_allclose(less, -gain)
    turned = Sorted(sort.kind, -sort.sign)
    change = log_density(law, turned, moved) - log_density(law, sort, items)
    assert gain.sum() == pytest.approx(change)


def test_the_law_slides_there_and_back():
    rng = np.random.default_rng(13)
    law, sort, items = agenda(6, 1, rng)
    follow = following(6, 1, law, sort, rng)[1]
    size = law.mean[:, 1] ** 2 + 1 / law.precision[:, 1]
    log_t = 0.2 * np.log(size / law.mean[:, 1] ** 2)  # not so far that m is all
    moved, new, gain = slid(items, law, sort, follow, log_t)
    np.testing.assert_allclose(new.mean[:, 1] ** 2 + 1 / new.precision[:, 1], size)
    back, old, less = slid(moved, new, sort, follow, -log_t)
    np.testing.assert_allclose(back, items, atol=1e-9)
    np.testing.assert_allclose(old.precision, law.precision)
    np.testing.assert_allclose(less, -gain, atol=1e-8)
    far = slid(items, law, sort, follow, np.array([30.0, log_t[1]]))  # one kind alone stays
    assert far[2][0] == -np.inf
    assert far[2][1] == pytest.approx(gain[1])
    np.testing.assert_allclose(far[0][sort.kind == 1], moved[sort.kind == 1])


@pytest.mark.parametrize("dims", [1, 2])
def test_the_law_moved_with_its_items_keeps_the_prior(dims):
    rng, found = np.random.default_rng(12), []
    follow = following(5, dims, *agenda(5, dims, rng)[:2], rng)[1]
    for _ in range(REPEATS):
        law, sort, items = agenda(5, dims, rng)
        for move in (*(partial(lent, part=k) for k in (0, 1)), led, slid)[: 4 if dims == 1 else 2]:
            step = {STEPS.get(move, "log_tau"): rng.standard_normal(2)}
            new_items, new, gain = move(items, law, sort, follow, **step)
            allowed = new.precision[:, 0] >= LEAST
            taken = (np.log(rng.random(2)) < gain) & allowed
            items = np.where(taken[sort.kind, None], new_items, items)
            mean, tau = (
                np.where(taken[:, None], after, before)
                for after, before in ((new.mean, law.mean), (new.precision, law.precision))
            )
            law = ItemLaw(mean, tau)
        found.append(seen(law, sort, items))
    near(found)
