"""Chains: each move against its slow twin, what it must leave alone, and measures of mixing."""

import importlib.util
import json
from pathlib import Path

import numpy as np
import pytest

import bodies
import naive_hamilton as slow
from fissure.kernels.hamilton import PULL, VALUE, glide, middles, row_values, wander
from fissure.models import mixing, newton, sampler
from fissure.models.item_law import ItemLaw, Sorted
from fissure.models.sampler import Chain, Setting, curvature, whiten

REFERENCE = Path(__file__).parent / "reference" / "posterior"
#: log Φ from the short table: error below 1e-8 a choice, of which there are under 400.
VALUES = 4e-6
#: λ from straight lines: error below 1e-5; along paths of a few steps with some hundred choices.
PATHS = 2e-3
#: Away from a mode whitening is poor, and longer steps leave the region where paths are smooth.
STEP = 0.02


def setting(dims, seed=3):
    y, x, items = bodies.probit(9, 14, dims, np.random.default_rng(seed), 0.2)
    m = bodies.matrix(y)
    rng, p = np.random.default_rng(seed), dims + 1
    kind, precision = rng.integers(0, 2, len(items)), rng.uniform(0.1, 0.4, (2, p))
    return y, x, items, m, (kind, rng.normal(0, 0.5, items.shape), precision)


def spelled(law):
    """The law as the slow twin takes it: precision and middle of each item."""
    kind, middle, precision = law
    return precision[kind], middle


def laid_out(m, x, items, as_table, monkeypatch):
    """The choices as the kernels take them, with a table in one dimension or without."""
    monkeypatch.setattr(sampler, "LEAST_FILLED", 0.0 if as_table else 1.1)
    choices = Setting(newton.Problem(m, x.shape[1], 25.0, 1), x, items).choices
    assert (len(choices[2]) > 0) == (as_table and x.shape[1] == 1)
    return choices


def whitened(m, x, items, law):
    problem = newton.Problem(m, x.shape[1], 25.0, 1)
    return whiten(curvature(problem, x, items, spelled(law)[0]), x)


@pytest.mark.parametrize(("dims", "as_table"), [(1, True), (1, False), (2, False)])
def test_items_move_as_the_slow_twin_says(dims, as_table, monkeypatch):
    y, x, items, m, law = setting(dims)
    metric, rng = whitened(m, x, items, law), np.random.default_rng(1)
    v, step = rng.standard_normal(items.shape), rng.uniform(0.1, 0.3, len(items))
    ends, gains = slow.item_path(y, x, items, spelled(law), metric.root, v, step, 3)
    choices, values = laid_out(m, x, items, as_table, monkeypatch), np.empty(len(items))
    row_values(choices, x, items, VALUE, values)
    moved, accepted = items.copy(), np.empty(len(items))
    state = (x, moved, values)
    noise = (v.copy(), np.zeros(len(items)), accepted)  # chance 0: all are accepted
    wander(choices, (VALUE, PULL), law, state, metric.root, noise, step, np.full(len(items), 3))
    np.testing.assert_allclose(moved, ends, atol=PATHS)
    np.testing.assert_allclose(accepted, np.exp(np.minimum(gains, 0)), atol=PATHS)
    for r in range(len(items)):
        seen = y[:, r] != 0
        exact = slow.log_ndtr((y[:, r] * (moved[r, 0] + x @ moved[r, 1:]))[seen]).sum()
        assert values[r] == pytest.approx(exact, abs=VALUES)


@pytest.mark.parametrize("times", [-12.0, 1e18, -1e30])
@pytest.mark.parametrize("as_table", [True, False])
def test_choices_however_unlikely_have_their_exact_value(as_table, times, monkeypatch):
    y, x, items, m, _ = setting(1)
    far, values = times * items, np.empty(len(items))
    row_values(laid_out(m, x, far, as_table, monkeypatch), x, far, VALUE, values)
    z = y * (far[:, 0] + x @ far[:, 1:].T)
    assert (z < -8).any(axis=0).sum() >= (1 if times > 0 else 4)
    exact = np.where(y != 0, slow.log_ndtr(z), 0.0).sum(axis=0)
    np.testing.assert_allclose(values, exact, atol=VALUES, rtol=1e-9)


@pytest.mark.compiled
def test_an_item_whose_path_leaves_all_numbers_stays_where_it_is():
    _, x, items, m, law = setting(1)
    metric, values = whitened(m, x, items, law), np.empty(len(items))
    choices = Setting(newton.Problem(m, 1, 25.0, 1), x, items).choices
    row_values(choices, x, items, VALUE, values)
    moved, accepted = items.copy(), np.empty(len(items))
    noise = (np.ones(items.shape), np.zeros(len(items)), accepted)
    step, n_steps = np.full(len(items), 1e200), np.full(len(items), 3)
    wander(choices, (VALUE, PULL), law, (x, moved, values), metric.root, noise, step, n_steps)
    np.testing.assert_array_equal(moved, items)
    np.testing.assert_array_equal(accepted, 0.0)


def test_the_middle_is_that_of_those_who_chose():
    y, x, items, m, _ = setting(1)
    out = np.empty(len(items))
    middles(Setting(newton.Problem(m, 1, 25.0, 1), x, items).choices, x, out)
    np.testing.assert_allclose(out, [x[y[:, r] != 0, 0].mean() for r in range(len(items))])


@pytest.mark.parametrize("centre", [1.0, 0.01])
@pytest.mark.parametrize("limit", [4e10, 0])
@pytest.mark.parametrize(("dims", "as_table"), [(1, True), (1, False), (2, False)])
def test_positions_move_as_the_slow_twin_says(dims, as_table, limit, centre, monkeypatch):
    monkeypatch.setattr(newton, "DIRECT_LIMIT", limit)
    y, x, items, m, law = setting(dims)
    metric, priors = whitened(m, x, items, law), (spelled(law), centre)
    v = np.random.default_rng(2).standard_normal(x.size)
    block = np.zeros((x.size, x.size))
    size = metric.blocks.shape[1]
    for k, b in enumerate(metric.blocks):
        block[k * size : (k + 1) * size, k * size : (k + 1) * size] = b
    follow = metric.follow if len(metric.follow) else np.zeros((items.size, x.size))
    ends = slow.position_path(y, x, items, priors, block, follow, v, STEP, 4)
    choices, values = laid_out(m, x, items, as_table, monkeypatch), np.empty(len(items))
    row_values(choices, x, items, VALUE, values)
    state = (x.copy(), items.copy(), values)
    kernel = (metric.blocks, metric.follow)
    gain = glide(choices, (VALUE, PULL), (law, centre), state, kernel, v.copy(), STEP, 4)
    np.testing.assert_allclose(state[0], ends[0], atol=PATHS)
    np.testing.assert_allclose(state[1], ends[1], atol=PATHS)
    assert gain == pytest.approx(ends[2], abs=PATHS)


@pytest.mark.parametrize("dims", [1, 2])
def test_whitening_makes_the_information_of_positions_one(dims):
    _, x, items, m, law = setting(dims)
    problem = newton.Problem(m, dims, 25.0, 1)
    own, info, cross = curvature(problem, x, items, spelled(law)[0])
    k, p = x.size, dims + 1
    full = np.zeros((k + len(items) * p,) * 2)
    for i in range(len(x)):
        full[i * dims : (i + 1) * dims, i * dims : (i + 1) * dims] = own[i]
    for j in range(len(items)):
        at = slice(k + j * p, k + (j + 1) * p)
        full[at, at], full[at, :k], full[:k, at] = info[j], cross[j], cross[j].T
    # far from a mode the information need not be positive: enough is added to both that it is
    own, info = own + 30.0 * np.eye(dims), info + 30.0 * np.eye(p)
    full[np.arange(len(full)), np.arange(len(full))] += 30.0
    metric = whiten((own, info, cross), x)
    along = np.vstack([metric.blocks[0], -metric.follow])
    values = np.sort(np.linalg.eigvalsh(along.T @ full @ along))
    # rotations, one for each pair of axes, are given shorter steps on purpose
    n_rotations = dims * (dims - 1) // 2
    np.testing.assert_allclose(values[n_rotations:], 1.0, atol=1e-8)
    assert (values[:n_rotations] < 0.1).all()
    item = metric.root.transpose(0, 2, 1) @ info @ metric.root
    np.testing.assert_allclose(item, np.broadcast_to(np.eye(p), info.shape), atol=1e-8)


@pytest.mark.compiled
def test_items_that_are_alike_change_their_sides_as_often_as_they_should():
    m0, kappa, rounds = 1.5, 25.0, 2000  # 7.5 standard deviations from one side to 0
    y, x, items = bodies.probit(6, 20, 1, np.random.default_rng(5), 0.3)
    problem = newton.Problem(bodies.matrix(y), 1, 25.0, 1)
    metric = whiten(curvature(problem, x, items, np.array([1.0, kappa])), x)
    chain = Chain(Setting(problem, x, items, True), metric, np.random.SeedSequence(1))
    chain.x, chain.sort = x, Sorted(np.zeros(20, int), np.ones(20))
    chain.law = ItemLaw(np.array([[0.0, m0]] * 2), np.array([[1.0, kappa]] * 2))
    chain.items = np.tile([0.0, m0], (20, 1))
    row_values(chain.choices, x, chain.items, VALUE, chain.values)
    is_right = np.empty((rounds, 20))
    for k in range(rounds):
        chain._wander()
        chain._mirror()
        is_right[k] = chain.items[:, 1] > 0
    assert (chain.sort.sign == np.where(chain.items[:, 1] > 0, 1, -1)).all()
    alpha, beta = np.meshgrid(np.linspace(-6, 6, 241), m0 + np.linspace(-1, 1, 81), indexing="ij")
    prior = np.exp(-0.5 * alpha**2 - 0.5 * kappa * (beta - m0) ** 2)
    n_open = 0
    for r in range(20):
        seen = y[:, r] != 0
        utility = alpha + np.multiply.outer(x[seen, 0], [beta, -beta]).transpose(1, 0, 2, 3)
        chance = np.exp(slow.log_ndtr(y[seen, r][:, None, None] * utility).sum(axis=1))
        right, left = (chance * prior).sum(axis=(1, 2))
        share = right / (right + left)
        if 0.02 < share < 0.98:
            n_open += 1
            error = np.sqrt(share * (1 - share) / mixing.ess(is_right[None, :, r, None])[0])
            assert abs(is_right[:, r].mean() - share) < 4.0 * error
    assert n_open >= 5


# mixing


def made():
    spec = importlib.util.spec_from_file_location("make_arviz", REFERENCE / "make_arviz.py")
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module.chains()


def test_mixing_is_measured_as_arviz_does():
    theirs = json.loads((REFERENCE / "arviz.json").read_text())
    for name, draws in made().items():
        for what, ours in (("rhat", mixing.rhat), ("bulk", mixing.bulk_ess),
                           ("tail", mixing.tail_ess)):  # fmt: skip
            np.testing.assert_allclose(ours(draws), theirs[name][what], rtol=1e-9, err_msg=name)


def test_what_does_not_vary_has_no_measure():
    flat = np.zeros((2, 40, 1))
    assert np.isnan(mixing.rhat(flat)).all()
    assert np.isnan(mixing.ess(flat)).all()


def test_effective_size_of_an_autoregression_is_what_theory_says():
    rng, rho, n = np.random.default_rng(6), 0.6, 20_000
    noise, z = rng.standard_normal((4, n, 1)), np.zeros((4, n, 1))
    for t in range(1, n):
        z[:, t] = rho * z[:, t - 1] + noise[:, t]
    # (1 − ρ)/(1 + ρ); the estimate's own error is about 2 % at this length
    assert mixing.ess(z)[0] == pytest.approx(4 * n * (1 - rho) / (1 + rho), rel=0.08)
