"""Blocs beyond the line: kernels against their twins, known answers, laws, the whole sampler."""

import dataclasses
import itertools
import json
import math

import numpy as np
import pytest
from scipy.special import log_ndtr, ndtr
from scipy.stats import kstest, truncnorm

import bodies
import naive_mixture
from fissure.errors import DataError, SettingError
from fissure.kernels.mixture import (
    bloc_values,
    draw_blocs,
    draw_items,
    draw_positions,
    item_values,
    positive_normal,
    scores,
    settle,
)
from fissure.kernels.probit import TABLE
from fissure.models.mixture import BlocMixture
from fissure.models.mixture_chain import Chain, draw_hyper
from fissure.models.partitions import PartitionPrior
from fissure.results.base import build, plain
from fissure.results.bloc_number import BlocNumber

#: The table of log Φ is good to 1e-9 a choice.
TABLED = 1e-6
#: From here on the sentence says that no blocs are needed. Small bodies of one bloc do not reach it
#: (docs/methods/mixture.md), so that these tests take 100 members.
NONE_NEEDED = 0.95
HYPER = np.array([0.3, 0.8, 1.4, 0.9])
#: A fit of half a second to a second: two chains from one bloc and from two.
QUICK = BlocMixture(chains=2, draws=60)


def small(rng, n_items=6, n=9, t=3, dims=2):
    """A small state, with absences."""
    y = rng.choice(np.array([-1, 0, 1], np.int8), (n_items, n))
    x, coef = rng.standard_normal((n, dims)), rng.standard_normal((n_items, t + dims))
    bloc = np.concatenate([np.arange(t), rng.integers(0, t, n - t)])
    latent = y * np.abs(rng.standard_normal(y.shape))
    return y, x, coef, bloc, latent


def factions(rng, n=40, n_items=120, share=0.25):
    """Two factions all along one line who answer otherwise on a share of the items, by shifts that
    are normal as in the model.
    """
    x, faction = rng.standard_normal((n, 1)), (np.arange(n) % 5 < 2).astype(int)
    shift = np.where(np.arange(n_items) < share * n_items, rng.normal(0, 1.2, n_items), 0)
    m = rng.normal(0, 0.7, n_items) + x * rng.normal(0, 1.3, n_items)
    return bodies.draw(ndtr(m + shift * np.where(faction, 1, -1)[:, None]), rng), faction


# kernels


@pytest.mark.parametrize("m", [3.0, 0.2, -1.0, -6.0])
def test_positive_normals_are_normals_above_zero(m):
    rng = np.random.default_rng(1)
    draws = [positive_normal(m, rng) for _ in range(2000)]
    assert kstest(draws, truncnorm(-m, np.inf, loc=m).cdf).pvalue > 1e-3


@pytest.mark.parametrize("seed", [1, 2])
def test_values_are_those_of_the_formula(seed):
    y, x, coef, bloc, _ = small(np.random.default_rng(seed))
    divides = np.arange(len(y)) % 2 == 0
    out, items = np.empty((len(x), 3)), np.zeros(len(y))
    bloc_values(y, x, coef, divides, TABLE, out)
    np.testing.assert_allclose(out, naive_mixture.bloc_values(y, x, coef, divides), atol=TABLED)
    item_values(y, x, coef, bloc, np.ones(len(y), bool), TABLE, items)
    np.testing.assert_allclose(items, naive_mixture.item_values(y, x, coef, bloc), atol=TABLED)


def test_settled_items_stand_at_the_top_with_the_right_curve():
    rng = np.random.default_rng(3)
    y, x, coef, bloc, _ = small(rng)
    bloc[-1] = -1  # left out
    at, curve, value = coef.copy(), np.empty((len(y), 3, 3)), np.empty(len(y))
    for _ in range(8):
        settle(y, x, bloc, HYPER, TABLE, at, curve, value)
    step = 1e-3
    for j in range(len(y)):

        def height(off, j=j):
            return naive_mixture.log_item(y[j], x, at[j] + off, bloc, HYPER)

        unit = np.pad(np.eye(3), ((0, 0), (0, 2))) * step
        top = height(0 * unit[0])
        slope = [(height(u) - height(-u)) / (2 * step) for u in unit]
        # second differences of the tabled logarithm are good to 1e-3
        bend = np.array(
            [[height(u + v) - height(u - v) - height(v - u) + height(-u - v) for u in unit]
             for v in unit]
        ) / (4 * step**2)  # fmt: skip
        np.testing.assert_allclose(slope, 0, atol=1e-4)
        np.testing.assert_allclose(curve[j], -bend, atol=1e-2)
        laplace = top + 1.5 * np.log(2 * np.pi) - 0.5 * np.linalg.slogdet(curve[j])[1]
        assert value[j] == pytest.approx(laplace, abs=1e-4)


def test_items_are_drawn_from_their_conditional():
    rng = np.random.default_rng(4)
    y, x, _, bloc, latent = small(rng, n_items=1, t=2, dims=1)
    mean, cover, value = naive_mixture.item_posterior(latent[0], y[0], x, bloc, 2, HYPER)
    alone, _, none = naive_mixture.item_posterior(latent[0], y[0], x, 0 * bloc, 1, HYPER)
    n = 1500
    draws, divides = np.empty((n, 3)), np.zeros(n, bool)
    same = [np.repeat(a, n, axis=0) for a in (latent, y)]
    draw_items(*same, x, bloc, HYPER, rng, draws, divides)
    odds = HYPER[0] / (1 - HYPER[0]) * np.exp(value - none)
    p = odds / (1 + odds)
    assert divides.mean() == pytest.approx(p, abs=4 * np.sqrt(p * (1 - p) / n))
    yes, no = draws[divides], draws[~divides]
    np.testing.assert_allclose(
        yes.mean(axis=0), mean, atol=4 * np.sqrt(cover.diagonal().max() / len(yes))
    )
    np.testing.assert_allclose(np.cov(yes.T), cover, atol=8 * cover.max() / np.sqrt(len(yes)))
    assert (no[:, 0] == no[:, 1]).all()
    np.testing.assert_allclose(no[:, [0, 2]].mean(axis=0), alone, atol=5 / np.sqrt(len(no)))


def test_positions_are_drawn_from_their_conditional():
    rng = np.random.default_rng(5)
    y, x, coef, bloc, latent = small(rng, n_items=5, n=4, t=2, dims=2)
    draws = []
    for _ in range(1500):
        draw_positions(latent, y, coef, bloc, rng, x)
        draws.append(x.copy())
    for i in range(4):
        seen = y[:, i] != 0
        slope = coef[seen, 2:]
        v = np.linalg.inv(np.eye(2) + slope.T @ slope)
        mean = v @ slope.T @ (latent[seen, i] - coef[seen, bloc[i]])
        here = np.array(draws)[:, i]
        np.testing.assert_allclose(here.mean(axis=0), mean, atol=5 / np.sqrt(1500))
        np.testing.assert_allclose(np.cov(here.T), v, atol=8 / np.sqrt(1500))


def test_no_bloc_shrinks_below_the_least():
    rng = np.random.default_rng(6)
    bloc = np.array([0] * 8 + [1] * 4)
    size = np.bincount(bloc)
    value = np.zeros((12, 2))
    value[:, 0] = 5.0
    for _ in range(20):
        draw_blocs(value, 3, 1.0, rng, bloc, size)
        assert np.array_equal(size, np.bincount(bloc))
        assert size.min() >= 3
    assert size.tolist() == [9, 3]


@pytest.mark.parametrize("more", [1.0, 0.0])
def test_blocs_are_drawn_from_their_conditional(more):
    """P(labels) ∝ Π Γ(size + more) exp(Σ value), over all labels that are allowed."""
    rng, n, sweeps = np.random.default_rng(15), 5, 4000
    value = rng.standard_normal((n, 2))
    allowed = [z for z in itertools.product((0, 1), repeat=n) if 2 <= sum(z) <= n - 2]
    weight = [
        math.gamma(n - sum(z) + more) * math.gamma(sum(z) + more) * np.exp(value[range(n), z].sum())
        for z in allowed
    ]
    bloc, seen = np.array([0, 0, 0, 1, 1]), dict.fromkeys(allowed, 0)
    size = np.bincount(bloc)
    for _ in range(sweeps):
        draw_blocs(value, 2, more, rng, bloc, size)
        seen[tuple(bloc.tolist())] += 1
    share = np.array(list(seen.values())) / sweeps
    # four standard errors at most, with sweeps that are worth a third of independent draws
    np.testing.assert_allclose(share, weight / np.sum(weight), atol=4 * 0.5 / np.sqrt(sweeps / 3))


def test_scores_are_slope_and_curvature_of_the_log_chance():
    y, x, coef, _, _ = small(np.random.default_rng(16), t=1)
    members = np.array([2, 0, 5])
    score, weight = np.empty((len(y), 3)), np.empty((len(y), 3))
    scores(y, x, coef, members, TABLE, score, weight)
    step = 1e-4
    at = y[:, members] * (coef[:, :1] + coef[:, 1:] @ x[members].T)
    up, here, down = (np.where(y[:, members] != 0, log_ndtr(at + s), 0) for s in (step, 0, -step))
    np.testing.assert_allclose(score, y[:, members] * (up - down) / (2 * step), atol=1e-6)
    # second differences of doubles with this step are good to 1e-7
    np.testing.assert_allclose(weight, -(up - 2 * here + down) / step**2, atol=1e-6)


# the sampler as a whole


@pytest.mark.compiled
def test_sweeps_leave_the_prior_alone_where_choices_are_drawn_anew():
    """Geweke (2004): parameters given choices and choices given parameters, in turn, draw both from
    their joint law, so that parameters come from the prior. A wrong step shows: with these sweeps
    the standard error of P(one) is 0.025, so that a fault that moves it by 0.1 is seen.
    """
    n, n_items, sweeps = 6, 5, 3200
    prior, rng = PartitionPrior(n, 2, (0.5, 0.25, 0.25)), np.random.default_rng(7)
    seen = rng.random((n_items, n)) < 0.8
    y = (rng.choice([-1, 1], (n_items, n)) * seen).astype(np.int8)
    chain = Chain(y, rng.standard_normal((n, 1)), np.zeros(n, np.int64), prior, rng)
    told = []
    for _ in range(sweeps):
        chain.sweep(2)
        t = chain.n_blocs
        m = chain.coef[:, chain.bloc] + chain.coef[:, t:] @ chain.x.T
        chain.y = (np.where(rng.random(m.shape) < ndtr(m), 1, -1) * seen).astype(np.int8)
        together = chain.bloc[0] == chain.bloc[1]
        told.append([t == 1, t == 2, together, chain.hyper[0], np.log(chain.hyper[1])])
    drawn = []
    for _ in range(4000):
        z, hyper = prior.draw(rng), draw_hyper(rng)
        drawn.append([z.max() == 0, z.max() == 1, z[0] == z[1], hyper[0], np.log(hyper[1])])
    got, expected = np.array(told, float), np.array(drawn, float)
    blocks = got.reshape(40, -1, 5).mean(axis=1)
    error = np.hypot(blocks.std(axis=0) / np.sqrt(40), expected.std(axis=0) / np.sqrt(4000))
    assert (np.abs(got.mean(axis=0) - expected.mean(axis=0)) < 4 * error).all()


# known answers


@pytest.mark.compiled
def test_one_body_on_a_line_is_one_bloc():
    y, *_ = bodies.probit(100, 150, 1, np.random.default_rng(8), missing=0.1)
    number = QUICK.fit(bodies.matrix(y)).number
    assert number.p_one >= NONE_NEEDED
    assert number.sentence.startswith("No blocs are needed beyond one line of positions")
    assert number.chains.agree
    assert len(number.representatives[0].blocs) == 1


@pytest.mark.compiled
def test_blocs_on_the_line_are_no_blocs_beyond_it():
    rng = np.random.default_rng(9)
    x = np.where(np.arange(100) < 50, -1.0, 1.0) + 0.3 * rng.standard_normal(100)
    m = rng.normal(0, 0.7, 150) + x[:, None] * rng.normal(0, 1.3, 150)
    assert QUICK.fit(bodies.matrix(bodies.draw(ndtr(m), rng))).number.p_one >= NONE_NEEDED


@pytest.mark.compiled
def test_a_concentrated_agenda_makes_no_blocs():
    rng = np.random.default_rng(10)
    slope = 2 * rng.choice([-1.0, 1.0], 200)
    m = slope * (rng.standard_normal((100, 1)) - rng.normal(0, 0.2, 200))
    assert QUICK.fit(bodies.matrix(bodies.draw(ndtr(m), rng))).number.p_one >= NONE_NEEDED


@pytest.mark.compiled
def test_two_factions_on_one_line_are_found_member_by_member():
    y, faction = factions(np.random.default_rng(11))
    fit = QUICK.fit(bodies.matrix(y))
    number = fit.number
    assert number.p_one < 0.01
    assert number.probabilities[1] >= NONE_NEEDED
    found = (fit.to_frame()["bloc"] == "B").to_numpy()
    assert (found == (faction == 1)).mean() >= 0.95
    assert "further dimension" in number.sentence


@pytest.mark.compiled
def test_the_share_of_dividing_items_is_what_was_planted():
    told = []
    for seed in range(5):
        y, _ = factions(np.random.default_rng(300 + seed))
        told.append(QUICK.fit(bodies.matrix(y)).number.dividing)
    # of five 95% intervals fewer than three hold by bad luck once in 800 times
    assert sum(d.low <= 0.25 <= d.high for d in told) >= 3
    # estimates spread by 0.045
    assert np.mean([d.estimate for d in told]) == pytest.approx(0.25, abs=4 * 0.045 / np.sqrt(5))


@pytest.mark.compiled
def test_a_second_dimension_is_blocs_to_a_line_and_none_to_a_plane():
    y, *_ = bodies.probit(100, 150, 2, np.random.default_rng(12))
    m = bodies.matrix(y)
    assert BlocMixture(dims=1, chains=2, draws=12).fit(m).number.p_one < 0.05
    # even odds before, nine to one after: in a plane chains are slow to leave blocs they began with
    assert dataclasses.replace(QUICK, dims=2, draws=150).fit(m).number.p_one >= 0.9


# laws


@pytest.mark.compiled
def test_order_and_names_of_sides_change_nothing():
    rng = np.random.default_rng(13)
    y, _ = factions(rng, n=16, n_items=30)
    y[:, :4] = np.where(np.arange(16) % 2, 1, -1)[:, None]  # ties
    settings = BlocMixture(chains=2, draws=12)
    told = settings.fit(bodies.matrix(y)).number
    assert settings.fit(bodies.matrix(-y)).number == told
    assert settings.fit(bodies.matrix(y * rng.choice([-1, 1], 30))).number == told
    rows, columns = rng.permutation(16), rng.permutation(30)
    turned = bodies.matrix(
        y[rows][:, columns],
        actors=[f"m{i:02}" for i in rows],
        items=[f"v{k:03}" for k in columns],
    )
    assert settings.fit(turned).number == told
    assert dataclasses.replace(settings, threads=1).fit(turned).number.p_one == told.p_one


def test_the_answer_can_be_saved_and_read():
    y, _ = factions(np.random.default_rng(14), n=8, n_items=10)
    fit = BlocMixture(chains=2, draws=12).fit(bodies.matrix(y))
    number = fit.number
    assert build(BlocNumber, json.loads(json.dumps(plain(number)))) == number
    assert number.to_frame()["probability"].sum() == pytest.approx(1)
    assert sum(number.probabilities) == pytest.approx(1)
    assert sum(r.weight for r in number.representatives) == pytest.approx(1)
    for r in number.representatives:
        assert sorted(a for bloc in r.blocs for a in bloc) == sorted(number.similarity.actors)
        assert len(r.blocs) == 1 or min(map(len, r.blocs)) >= number.least
    share = np.array(number.similarity.share)
    assert (share == share.T).all()
    assert (share.diagonal() == 1).all()
    assert fit.to_frame()["actor"].to_list() == [f"m{i:02}" for i in range(8)]
    assert repr(number) == f"all: {number.sentence}"


@pytest.mark.parametrize(
    ("bad", "message"),
    [
        ({"dims": 0}, r"dims must be 1..3, got 0"),
        ({"min_bloc": 0}, r"min_bloc must be 1 or more, got 0"),
        ({"max_blocs": 21}, r"max_blocs must be 2..20 \(1 asks nothing\), got 21"),
        ({"max_blocs": 1}, r"max_blocs must be 2..20 \(1 asks nothing\), got 1"),
        ({"prior_one": 1.0}, r"prior_one must lie between 0 and 1, got 1.0"),
        ({"chains": 1}, r"chains must be 2 or more, got 1"),
        ({"draws": 5}, r"draws must be 12 or more, or None, got 5"),
    ],
)
def test_settings_outside_their_range_are_refused(bad, message):
    with pytest.raises(SettingError, match=f"^{message}$"):
        BlocMixture(**bad)


def test_what_cannot_be_asked_is_refused():
    with pytest.raises(DataError, match=r"^'all': blocs beyond 1 dims need at least 4 actors, got"):
        BlocMixture().fit(bodies.matrix(np.ones((3, 9), np.int8)))
    with pytest.raises(DataError, match=r"^'all': every one of the 9 items was unanimous$"):
        BlocMixture().fit(bodies.matrix(np.ones((5, 9), np.int8)))
    y, _ = factions(np.random.default_rng(14), n=20, n_items=10)
    with pytest.raises(DataError) as error:
        BlocMixture(min_bloc=11).fit(bodies.matrix(y))
    assert str(error.value) == (
        "two blocs of 11 members or more need at least 22 actors, got 20; with a smaller min_bloc "
        "there could be two"
    )


@pytest.mark.parametrize("n", range(4, 60))
def test_two_blocs_are_always_possible_without_a_least_size(n):
    assert BlocMixture().prior(n).most >= 2
    assert len(BlocMixture(min_bloc=2).prior(4).number) == 2


@pytest.mark.parametrize(("n", "least"), [(9, 2), (24, 3), (45, 5), (56, 6), (435, 6)])
def test_a_bloc_is_more_than_a_handful(n, least):
    assert BlocMixture().prior(n).least == least
    assert BlocMixture(min_bloc=4).prior(n).least == 4


@pytest.mark.compiled
@pytest.mark.real
def test_democrats_of_the_90th_senate_stand_in_blocs_beyond_a_line(real_data):
    from fissure.matrix import Matrix
    from fissure.readers import read

    body = Matrix.from_records(read(real_data / "us_senate_070_119", congress=90, chamber="Senate"))
    is_democrat = body.actors["party_code"].cast(str).str.starts_with("100").to_numpy()
    group = body.of_actors(is_democrat, name="D", min_presence=0.1)
    number = BlocMixture(chains=2, draws=16).fit(group).number
    assert number.p_one < 0.05
