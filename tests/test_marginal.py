"""Items summed out: against the slow twin, what each move must leave alone, and when it is done."""

import numpy as np
import pytest
from scipy.special import logsumexp, ndtr

import bodies
import naive_hamilton as slow
from fissure.models import item_law, marginal, marginal_chain
from fissure.models.ideal import IdealPoints
from fissure.models.item_law import LEAST, RATE, TIE
from fissure.models.marginal import FEW, MANY, Marginal, enough
from fissure.models.marginal_chain import MarginalChain
from fissure.models.newton import Problem
from fissure.models.scales import breadth
from test_item_law import near
from test_posterior import ANY
from test_posterior import near as alike

#: Error of the nodes' sums in the log likelihood, of an item; the nodes are chosen for these laws.
NODES = 2e-3
#: Of a gradient, from differences over 2e-5.
SLOPE = 1e-5
#: Laws of contested and of lopsided items: log(τ − LEAST), m, log κ.
LAWS = ((0.3, 1.2, 0.8), (-0.5, 0.4, 0.2))


def target(y, monkeypatch=None, law=LAWS):
    """The target for a table, and a place on it."""
    if monkeypatch:
        monkeypatch.setattr(item_law, "ENOUGH", 5)
    t = Marginal(Problem(bodies.matrix(y), 1, 25.0, 1), 1 / (1 + 25 * len(y)))
    x = np.random.default_rng(5).standard_normal(len(y))
    theta = np.concatenate([x, *law[: len(t.parts)]])
    t.refine(theta[None])
    return t, theta


def table(n=7, j=60, seed=2, missing=0.3):
    y = bodies.probit(n, j, 1, np.random.default_rng(seed), missing)[0]
    y[:, :9] = np.where(y[:, :9] != 0, 1, 0)  # lopsided ones
    return y


def total(t, theta):
    (a, by_a), (b, by_b) = t.likelihood(theta), t.prior(theta)
    return a + b, by_a + by_b


def test_the_likelihood_is_the_slow_twins(monkeypatch):
    y = table()
    t, theta = target(y, monkeypatch)
    yeas, counts = (y > 0).sum(axis=0), (y != 0).sum(axis=0)
    kind = item_law.kinds(yeas, counts)
    assert 0 < kind.sum() < len(kind)
    expected = 0.0
    for k, (a, m, b) in enumerate(LAWS):
        mine = y[:, (kind == k) & (counts > 1)]
        expected += slow.marginal(mine, theta[: len(y)], LEAST + np.exp(a), m, np.exp(b))
    assert abs(t.likelihood(theta)[0] - expected) < NODES * y.shape[1]


def test_gradients_are_those_of_differences(monkeypatch):
    t, theta = target(table(), monkeypatch)
    for of in (t.likelihood, t.prior):
        steps = 1e-5 * np.eye(len(theta))
        by_hand = [(of(theta + e)[0] - of(theta - e)[0]) / 2e-5 for e in steps]
        np.testing.assert_allclose(of(theta)[1], by_hand, rtol=SLOPE, atol=SLOPE)


def test_the_prior_is_that_of_the_formulas():
    t, theta = target(table())
    (a, m, b), x = theta[-3:], theta[:-3]
    kappa = np.exp(b)
    expected = -0.5 * breadth(x[:, None], t.centre) + (a - RATE * np.exp(a)) + (b - RATE * kappa)
    expected += 0.5 * np.log(TIE * kappa) - 0.5 * TIE * kappa * m * m - 0.5 * np.log(TIE)
    assert t.prior(theta)[0] == pytest.approx(expected, abs=1e-12)


def test_patterns_count_items_of_either_polarity_once():
    y = table(j=40)
    t, theta = target(y)
    turned = y * np.where(np.arange(40) % 3 == 0, -1, 1)
    twice, _ = target(np.column_stack([turned, -y]))
    for a, b in zip(t.parts, twice.parts, strict=True):
        np.testing.assert_array_equal(2 * a.count, b.count)
        np.testing.assert_array_equal(a.code, b.code)
    assert twice.likelihood(theta)[0] == pytest.approx(2 * t.likelihood(theta)[0])


def test_items_of_one_choice_say_nothing():
    y = table(j=40)
    lone = np.zeros((len(y), 5), y.dtype)
    lone[range(5), range(5)] = 1
    t, theta = target(y)
    more, _ = target(np.column_stack([y, lone]))
    assert more.likelihood(theta)[0] == t.likelihood(theta)[0]
    assert slow.marginal(lone, theta[: len(y)], 0.5, 1.0, 2.0) == pytest.approx(5 * np.log(0.5))


def test_a_stretched_or_mirrored_line_has_the_same_likelihood(monkeypatch):
    t, theta = target(table(), monkeypatch)
    value, slope = t.likelihood(theta)
    new, by = t.stretched(theta, 0.7)
    again, there = t.likelihood(new)
    assert again == pytest.approx(value, abs=1e-9)
    np.testing.assert_allclose(slope / by, there, rtol=1e-9, atol=1e-9)
    side = np.linspace(1, -1, len(table()))
    side -= side.mean()
    theta[: len(side)] = -side
    theta[-2] *= -1
    assert not t.is_folded(theta, side)
    folded = t.folded(theta, side)
    assert t.is_folded(folded, side)
    assert t.likelihood(folded)[0] == pytest.approx(t.likelihood(theta)[0], abs=1e-9)
    assert t.prior(folded)[0] == pytest.approx(t.prior(theta)[0], abs=1e-9)


@pytest.mark.parametrize("away", [0.0, 3.0])
def test_nodes_suffice_for_members_to_one_side_and_items_of_many_choices(away):
    """Most items have 3 choices and some all; the line's mean is far from the cutpoints' centre."""
    rng = np.random.default_rng(6)
    y = bodies.probit(12, 120, 1, rng, 0.0)[0]
    y[:, 12:][np.argsort(rng.random((12, 108)), axis=0) >= 3] = 0
    t, theta = target(y)
    theta[:12] += away - theta[:12].mean()
    t.refine(theta[None])
    nodes, value = t.nodes, t.likelihood(theta)[0]
    t.nodes = [(151, 151)]
    assert max(nodes[0]) < 80
    assert value == pytest.approx(t.likelihood(theta)[0], abs=0.01)


def test_items_of_many_choices_against_all_odds_have_a_finite_likelihood():
    y = np.where(np.random.default_rng(3).random((90, 6)) < 0.5, 1, -1).astype(np.int8)
    t, theta = target(y, law=((0.0, 20.0, 4.0),))
    value, slope = t.likelihood(theta)
    assert np.isfinite(value)
    assert np.isfinite(slope).all()
    by_hand = 0.0
    for votes in y.T:  # nodes of one normal law, in logs
        z = np.linspace(-4, 4, 41)
        alpha = z[:, None] / np.sqrt(LEAST + 1)
        beta = np.concatenate([s * (20 + z / np.exp(2)) for s in (1, -1)])
        chance = ndtr(votes * (alpha[..., None] + beta[:, None] * theta[:90]))
        log_w = -0.5 * (z[:, None] ** 2 + np.tile(z, 2) ** 2)
        by_hand += logsumexp(np.log(np.maximum(chance, 1e-10)).sum(axis=-1) + log_w)
        by_hand -= logsumexp(np.tile(log_w, 1))
    t.nodes = [(41, 41)]
    assert t.likelihood(theta)[0] == pytest.approx(by_hand, abs=1e-6)


def test_the_stretch_is_drawn_by_its_density():
    t, theta = target(table())
    shape, rate = t.stretching(theta)
    log_c = np.linspace(-3, 3, 6001)
    density = np.array(
        [t.prior(t.stretched(theta, np.exp(v))[0])[0] + (t.n - 1) * v for v in log_c]
    )  # the volume of (c x, m/c) is c^(n − 1)
    weight = np.exp(density - density.max())
    mean = (np.exp(2 * log_c) * weight).sum() / weight.sum()
    assert mean == pytest.approx(shape / rate, rel=1e-6)


@pytest.mark.compiled
@pytest.mark.parametrize("seed", [1, 2])
def test_the_mode_does_not_depend_on_how_far_out_a_few_are_put_first(seed):
    rng = np.random.default_rng(seed)
    x = rng.standard_normal(9)
    beta = rng.choice([-2.0, 2.0], 400) * np.exp(0.25 * rng.standard_normal(400))
    alpha = -beta * 0.2 * rng.standard_normal(400)
    chance = ndtr(alpha + np.outer(x, beta))
    t, _ = target(np.where(rng.random((9, 400)) < chance, 1, -1).astype(np.int8))
    near_, far = (marginal_chain.mode(t, start) for start in (x, 2 * x**3))
    # both are stretched alike, and stop short of the top by little
    assert total(t, far)[0] == pytest.approx(total(t, near_)[0], abs=0.5)


@pytest.mark.compiled
def test_a_round_keeps_the_joint_law_of_place_and_records():
    """Places from the prior, records from the places, some rounds: places are as before."""
    rng, found, n, j = np.random.default_rng(11), [], 4, 8
    root = np.diag([0.5] * n + [0.7, 0.7, 0.7])
    while len(found) < 300:
        tau, kappa = LEAST + rng.gamma(1, 1 / RATE), rng.gamma(1.0, 1 / RATE)
        m = rng.standard_normal() / np.sqrt(TIE * kappa)
        x = 5 * rng.standard_normal() + rng.standard_normal(n)
        alpha = rng.standard_normal(j) / np.sqrt(tau)
        beta = rng.choice([-1, 1], j) * (m + rng.standard_normal(j) / np.sqrt(kappa))
        y = np.where(rng.random((n, j)) < ndtr(alpha + np.outer(x, beta)), 1, -1).astype(np.int8)
        t, _ = target(y)
        theta = np.array([*x, np.log(tau - LEAST), abs(m), np.log(kappa)])
        t.nodes = [(21, 21)]
        chain = MarginalChain(t, theta, root, np.random.SeedSequence(len(found)))
        chain.place, chain.pace.step = theta, 0.6
        chain.look()
        for _ in range(3):
            chain._round()
        x, (a, m, b) = chain.place[:n], chain.place[n:]
        found.append([
            RATE * np.exp(a), RATE * np.exp(b), TIE * np.exp(b) * m * m,
            ((x - x.mean()) ** 2).sum() / (n - 1), x.mean() ** 2 / (25 + 1 / n),
        ])  # fmt: skip
    near(found)


@pytest.mark.compiled
def test_paths_keep_the_prior_whatever_the_metric():
    """Where choices say nothing; m and κ lean on each other in the metric, as after a warm-up."""
    t, _ = target(table(n=4, j=20))
    t.likelihood = lambda theta: (0.0, np.zeros_like(theta))
    root = np.diag([0.5] * 4 + [0.7, 0.7, 0.7])
    root[5:, 5:] = np.diag([2.0, 1.0]) @ np.linalg.cholesky([[1.0, -0.8], [-0.8, 1.0]])
    top = np.array([1.0, -1.0, 0.5, 0.0, 0.0, 1.0, 0.0])
    chain = MarginalChain(t, top, root, np.random.SeedSequence(0))
    chain.pace.step, found = 0.6, []
    for _ in range(8000):
        chain._round()
        x, (a, m, b) = chain.place[:4], chain.place[4:]
        found.append([
            RATE * np.exp(a), RATE * np.exp(b), TIE * np.exp(b) * m * m, x.var(ddof=1),
        ])  # fmt: skip
    near(np.array(found).reshape(40, 200, -1).mean(axis=1))  # batches are nearly independent


@pytest.mark.compiled
def test_draws_are_those_of_chains_that_draw_the_items(monkeypatch):
    y = bodies.probit(5, 30, 1, np.random.default_rng(4), 0.2)[0]
    model, m = IdealPoints(), bodies.matrix(y)
    p = model.sample(m, draws=300, **ANY)
    monkeypatch.setattr(marginal, "FEW", 0.0)
    q = model.sample(m, draws=1000, **ANY)
    assert not np.array_equal(p.draws, q.draws[:, :300])
    size = min(r.bulk_ess.min() for r in (p, q))
    alike(p.flat[..., 0], q.flat[..., 0], size, size)


def test_items_are_summed_out_where_they_are_many_and_have_few_choices(monkeypatch):
    begun = []
    first = marginal_chain.begin
    monkeypatch.setattr(marginal_chain, "begin", lambda *a: begun.append(1) or first(*a))

    def runs(n, j, **more):
        y = bodies.probit(n, j, 1, np.random.default_rng(1), 0.0)[0]
        begun.clear()
        dims = more.pop("dims", 1)
        IdealPoints(dims=dims).sample(bodies.matrix(y), draws=20, warmup=50, **ANY, **more)
        return bool(begun)

    assert runs(5, round(MANY * 5))
    assert not runs(5, round(MANY * 5) - 1)
    assert not runs(int(FEW) + 1, round(MANY * (FEW + 1)))
    monkeypatch.setattr(marginal, "MOST_ACTORS", 4)
    assert not runs(5, 40)
    monkeypatch.setattr(marginal, "MOST_ACTORS", 5)
    assert not runs(5, 40, learn_prior=False)
    assert not runs(5, 40, items=True)
    assert not runs(5, 40, dims=2)
    assert runs(5, 40)
    monkeypatch.setattr(marginal_chain, "MOST_WORK", 1000)
    assert not runs(5, 40)


def test_the_answer_depends_on_the_seed_only():
    y = bodies.probit(5, 40, 1, np.random.default_rng(1), 0.1)[0]

    def drawn(y, threads, anchors=None):
        model = IdealPoints(threads=threads, anchors=anchors)
        return model.sample(bodies.matrix(y), draws=20, warmup=50, **ANY).draws

    one = drawn(y, 1)
    np.testing.assert_array_equal(one, drawn(y, 3))
    order = np.argsort(one.mean(axis=(0, 1))[:, 0])
    low, high = (f"m{i:02}" for i in (order[0], order[-1]))
    mirrored = drawn(y, 1, (high, low))
    assert np.array_equal(one, mirrored) or np.array_equal(one, -mirrored)
    assert np.array_equal(mirrored, -drawn(y, 1, (low, high)))


def test_nodes_follow_the_law_and_the_choices():
    assert enough(1.0, 0.0) % 2 == enough(0.1, 9.0) % 2 == 1
    assert enough(1.0, 0.0) <= enough(1.0, 5.0) <= enough(0.2, 5.0) <= enough(0.2, 20.0)
