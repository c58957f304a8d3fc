"""Posterior draws: right on a small body, the same however run, and refused where chains differ."""

import dataclasses
import json
import re
import sys
import types
from pathlib import Path

import numpy as np
import polars as pl
import pytest

import bodies
import naive_hamilton as slow
from fissure.datasets import load
from fissure.errors import ConvergenceError, DataError, MissingExtra, SettingError
from fissure.matrix import Matrix
from fissure.models import item_law, newton
from fissure.models.ideal import IdealPoints
from fissure.models.mixing import ess
from fissure.models.posterior import Sampling, identify, move_items

HERE = Path(__file__).parent / "reference" / "posterior"
#: Means of two sets of draws lie within so many of their common standard errors, in some 30
#: comparisons; sds within twice as many of theirs, 1/√(2 ESS) if draws were normal.
ERRORS = 4.0
#: Runs that are to be compared, not to be believed.
ANY = {"min_ess": 0, "max_rhat": 9.0}


def small():
    return bodies.probit(8, 16, 1, np.random.default_rng(21), 0.15)[0]


def short(m, dims=1, anchors=None, threads=2, **more):
    return IdealPoints(dims=dims, anchors=anchors, threads=threads).sample(
        m, **(ANY | {"draws": 20, "warmup": 50} | more)
    )


def near(ours, theirs, size, other_size):
    """Means and sds of two sets of draws agree within Monte Carlo errors."""
    error = np.sqrt(ours.var(axis=0) / size + theirs.var(axis=0) / other_size)
    assert (np.abs(ours.mean(axis=0) - theirs.mean(axis=0)) < ERRORS * error).all()
    spread = np.log(ours.std(axis=0) / theirs.std(axis=0))
    assert (np.abs(spread) < 2 * ERRORS * np.sqrt(0.5 / size + 0.5 / other_size)).all()


@pytest.mark.compiled
@pytest.mark.parametrize(
    ("limit", "learned", "enough"), [(4e10, False, 30), (0, False, 30), (4e10, True, 30),
                                     (4e10, True, 5)],
)  # fmt: skip
def test_draws_are_those_of_data_augmentation(limit, learned, enough, monkeypatch):
    monkeypatch.setattr(newton, "DIRECT_LIMIT", limit)
    monkeypatch.setattr(item_law, "ENOUGH", enough)  # with 5 some items are lopsided, some not
    y = small()
    model = IdealPoints(item_variance=1.0)
    p = model.sample(bodies.matrix(y), draws=800, learn_prior=learned, **ANY)
    x = slow.gibbs(y, None if learned else 1.0, 4000, np.random.default_rng(1), enough)
    z, _, _ = identify(x[..., None], IdealPoints(item_variance=1.0).fit(bodies.matrix(y)).positions)
    near(p.flat[..., 0], z[..., 0], p.bulk_ess.min(), ess(z[None, ..., 0]).min())


@pytest.mark.compiled
def test_draws_agree_with_a_long_chain_of_mcmcpack():
    m = Matrix.from_records(load("senate-109"))
    p = IdealPoints().sample(m, draws=60, warmup=90, min_ess=0, max_rhat=1.3, learn_prior=False)
    theirs = pl.read_csv(HERE / "MCMCpack_s109.csv")
    assert theirs["actor"].to_list() == m.actors["actor"].to_list()
    mean, sd = theirs["mean"].to_numpy(), theirs["sd"].to_numpy()
    assert abs(np.corrcoef(mean, p.mean[:, 0])[0, 1]) >= 0.999
    ratio = p.sd[:, 0] / sd
    assert 0.95 <= np.median(ratio) <= 1.05
    # an sd from about 200 effective draws is known to 5 %, and theirs no better
    low, high = np.quantile(ratio, [0.1, 0.9])
    assert low >= 0.87
    assert high <= 1.13


@pytest.mark.parametrize("dims", [1, 2])
def test_the_number_of_threads_does_not_matter_and_the_seed_does(dims):
    y = bodies.probit(10, 20, dims, np.random.default_rng(2), 0.1)[0]
    m = bodies.matrix(y)
    one, four = short(m, dims, threads=1), short(m, dims, threads=4)
    np.testing.assert_array_equal(one.draws, four.draws)
    assert (short(m, dims, seed=2).draws != one.draws).any()
    # chains differ from each other
    assert len({c.tobytes() for c in one.draws}) == 4


def test_turning_the_anchors_mirrors_every_draw():
    m = bodies.matrix(small())
    plain = short(m, anchors=("m00", "m05"))
    np.testing.assert_array_equal(short(m, anchors=("m05", "m00")).draws, -plain.draws)


@pytest.mark.parametrize("dims", [1, 2, 3])
def test_draws_are_identified(dims):
    y = bodies.probit(12, 30, dims, np.random.default_rng(4), 0.1)[0]
    p = short(bodies.matrix(y), dims)
    assert p.draws.shape == (4, 20, 12, dims)
    np.testing.assert_allclose(p.flat.mean(axis=1), 0.0, atol=1e-12)
    cov = np.einsum("sna,snb->sab", p.flat, p.flat) / 11
    np.testing.assert_allclose(cov, np.broadcast_to(np.eye(dims), cov.shape), atol=1e-10)


@pytest.mark.parametrize("dims", [1, 2, 3])
def test_shift_stretch_turn_and_mirror_leave_what_is_identified(dims):
    rng = np.random.default_rng(5)
    x, reference = rng.standard_normal((6, 9, dims)), rng.standard_normal((9, dims))
    items = rng.standard_normal((6, 7, dims + 1))
    z, centre, turn = identify(x, reference)
    full = np.linalg.qr(rng.standard_normal((dims, dims)))[0]
    again, _, _ = identify(3.0 * x @ full - 2.0, reference)
    np.testing.assert_allclose(again, z, atol=1e-10)
    alpha, beta = move_items(items, centre, turn)
    before = items[..., :1] + items[..., 1:] @ x.transpose(0, 2, 1)
    after = alpha[..., None] + beta @ z.transpose(0, 2, 1)
    np.testing.assert_allclose(after, before, rtol=1e-4, atol=1e-4)  # float32


def test_items_are_kept_where_asked():
    m = bodies.matrix(small())
    assert short(m).alpha is None
    p = short(m, items=True, draws=100)
    assert p.alpha.shape == (4, 100, 16)
    assert p.beta.shape == (4, 100, 16, 1)
    np.testing.assert_array_equal(p.draws, short(m, draws=100).draws)
    yea = slow.log_ndtr(p.alpha[..., None, :] + p.draws * p.beta[..., None, :, 0])
    # the more an item was voted for, the larger the chances of yea of those who chose
    seen = m.dense() != 0
    chance = (np.exp(yea).mean(axis=(0, 1)) * seen).sum(axis=0) / seen.sum(axis=0)
    share = (m.dense() > 0).sum(axis=0) / seen.sum(axis=0)
    assert np.corrcoef(chance, share)[0, 1] > 0.95


def test_priors_are_learned_unless_they_are_held():
    m = bodies.matrix(small())
    held = short(m, learn_prior=False)
    assert (short(m).sampling["learn_prior"], held.sampling["learn_prior"]) == (True, False)
    assert (held.draws != short(m).draws).any()


@pytest.mark.compiled
def test_learned_priors_ask_for_no_variance():
    m = bodies.matrix(small())
    runs = [IdealPoints(item_variance=v).sample(m, draws=200, **ANY) for v in (1.0, 25.0)]
    assert (runs[0].draws != runs[1].draws).any()
    near(*(p.flat[..., 0] for p in runs), *(p.bulk_ess.min() for p in runs))


def test_chains_that_have_not_mixed_are_refused_with_the_worst_actor():
    m = bodies.matrix(small())
    with pytest.raises(ConvergenceError) as error:
        IdealPoints().sample(m, draws=20, warmup=50, max_rhat=1.001)
    pattern = (
        r"'all': the chains have not mixed; worst for actor 'm0\d': R-hat \d\.\d{3} \(at most "
        r"1\.001 is allowed\), effective draws \d+ bulk and \d+ tail \(at least 400\), after 4 "
        r"chains of 20 draws; raise draws, then warmup; where R-hat stays above 1\.1 the records "
        r"may have more than one solution: keep actors and items with more choices, or take fewer "
        r"dims"
    )
    assert re.fullmatch(pattern, str(error.value))


@pytest.mark.compiled
def test_draws_go_on_until_the_checks_pass():
    told = []
    p = IdealPoints().sample(bodies.matrix(small()), progress=lambda *at: told.append(at))
    assert p.bulk_ess.min() >= 400
    assert p.tail_ess.min() >= 400
    assert p.rhat.max() <= 1.01
    assert told[0] == (0, 8000)
    assert told[-1] == (p.draws.shape[1], 8000)
    assert p.sampling["draws"] == p.draws.shape[1]
    assert p.worst_actor in p.actors["actor"]


def test_no_dimension_is_refused():
    with pytest.raises(DataError, match=r"every one of the 8 items was unanimous"):
        short(bodies.matrix(np.ones((6, 8), np.int8)))


@pytest.mark.parametrize(
    ("bad", "message"),
    [
        ({"chains": 1}, "chains must be 2 or more, got 1"),
        ({"draws": 5}, "draws must be 20 or more, or None, got 5"),
        ({"warmup": 10}, "warmup must be 50 or more, got 10"),
        ({"seed": -1}, "seed must be 0 or more, got -1"),
        ({"min_ess": -1.0}, "min_ess must be 0 or more, got -1.0"),
        ({"max_rhat": 1.0}, "max_rhat must be above 1, got 1.0"),
    ],
)
def test_a_bad_setting_is_refused(bad, message):
    with pytest.raises(SettingError) as error:
        Sampling(**bad)
    assert str(error.value) == message


def test_the_result_is_frozen_can_be_written_and_shown():
    p = short(bodies.matrix(small()))
    with pytest.raises(dataclasses.FrozenInstanceError):
        p.draws = None
    assert not any(v.flags.writeable for v in vars(p).values() if isinstance(v, np.ndarray))
    tree = json.loads(json.dumps(p.to_dict(), allow_nan=False))
    assert tree["sampling"]["seed"] == 1
    frame = p.summary(0.5)
    columns = ["actor", "axis1", "sd1", "low1", "high1", "rhat1", "bulk_ess1", "tail_ess1"]
    assert frame.select(columns).height == 8
    flat = p.flat[..., 0]
    np.testing.assert_allclose(frame["low1"], np.quantile(flat, 0.25, axis=0))
    np.testing.assert_allclose(frame["axis1"], flat.mean(axis=0))
    assert repr(p).startswith("Posterior(4 chains of 20 draws; 8 actors, 1 dims; R-hat at most ")
    with pytest.raises(SettingError, match=r"level must be above 0 and below 1, got 1$"):
        p.interval(1)


# ArviZ


def test_without_arviz_the_extra_is_named(monkeypatch):
    monkeypatch.setitem(sys.modules, "arviz", None)
    with pytest.raises(MissingExtra) as error:
        short(bodies.matrix(small())).to_arviz()
    assert str(error.value) == "draws for ArviZ need the package arviz: pip install arviz"


@pytest.mark.parametrize("version", ["0.23.4", "1.3.0"])
def test_both_ways_of_calling_arviz(version, monkeypatch):
    fake = types.ModuleType("arviz")
    fake.__version__ = version
    fake.from_dict = lambda *positional, **named: (positional, named)
    monkeypatch.setitem(sys.modules, "arviz", fake)
    p = short(bodies.matrix(small()), items=True)
    positional, named = p.to_arviz()
    groups = positional[0] if version[0] == "1" else named
    assert groups["posterior"]["position"] is p.draws
    assert groups["sample_stats"]["diverging"] is p.diverging
    assert named["dims"]["beta"] == ["item", "axis"]
    assert named["coords"]["actor"] == p.actors["actor"].to_list()


@pytest.mark.filterwarnings("ignore")
def test_arviz_takes_the_draws():
    arviz = pytest.importorskip("arviz")
    # in 20 draws the sum of autocorrelations may run to its end, which the two treat differently
    p = short(bodies.matrix(small()), draws=100)
    posterior = p.to_arviz()["posterior"]
    assert posterior["position"].dims == ("chain", "draw", "actor", "axis")
    assert list(posterior["actor"].values) == p.actors["actor"].to_list()
    sizes = arviz.ess(np.ascontiguousarray(p.draws[..., 0, 0]))
    assert float(sizes) == pytest.approx(float(p.bulk_ess[0, 0]))
