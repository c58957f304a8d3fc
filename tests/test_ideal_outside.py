"""Ideal points: what other programs find on the same votes."""

from pathlib import Path

import numpy as np
import polars as pl
import pytest
from scipy.stats import spearmanr

import naive
from fissure.datasets import load
from fissure.matrix import Matrix
from fissure.models.ideal import IdealPoints
from fissure.records import Records, Source

HERE = Path(__file__).parent / "reference" / "ideal"


# what others find


def close_to(se, theirs):
    """Median, tenth and ninetieth percentile of the ratio of errors, and their rank correlation.

    A posterior standard deviation exceeds the curvature's at the mode by some percent.
    """
    ratio = se / theirs
    low, high = np.quantile(ratio, [0.1, 0.9])
    assert 0.9 <= np.median(ratio) <= 1.1
    assert low >= 0.8
    assert high <= 1.25
    assert spearmanr(se, theirs).statistic >= 0.9


def aligned(fit, m, frame, column):
    """Their column in our order, turned our way."""
    ids = m.actors["actor"].to_list()
    theirs = pl.DataFrame({"actor": ids}).join(frame, on="actor", how="left", maintain_order="left")
    value = theirs[column].to_numpy()
    return theirs, value * np.sign(np.corrcoef(value, fit.positions[:, 0])[0, 1])


@pytest.mark.compiled
def test_mcmcpack_agrees_on_the_109th_senate():
    m = Matrix.from_records(load("senate-109"), min_minority=1e-9)
    fit = IdealPoints().fit(m)
    theirs, mean = aligned(fit, m, pl.read_csv(HERE / "MCMCpack_s109.csv"), "norm_mean")
    assert np.corrcoef(mean, fit.positions[:, 0])[0, 1] >= 0.99
    close_to(fit.se[:, 0], theirs["norm_sd"].to_numpy())


def outside_matrix(folder, **limits):
    v = pl.read_csv(folder / "votes.csv.gz")
    r = Records.from_pairs(
        v["actor"],
        v["item"],
        v["vote"].replace_strict({1: "yea", 0: "nay"}, return_dtype=pl.String),
        source=Source(folder.name, "long", "", v.height),
        actors=pl.read_csv(folder / "members.csv"),
        items=pl.read_csv(folder / "items.csv").select("item"),
    )
    return Matrix.from_records(r, **limits)


@pytest.mark.real
@pytest.mark.compiled
def test_mcmcpack_agrees_on_the_90th_senate(outside):
    m = outside_matrix(outside / "sen90", min_minority=1e-9)
    fit = IdealPoints().fit(m)
    theirs, mean = aligned(fit, m, pl.read_csv(HERE / "MCMCpack_sen90.csv"), "norm_mean")
    assert np.corrcoef(mean, fit.positions[:, 0])[0, 1] >= 0.99
    close_to(fit.se[:, 0], theirs["norm_sd"].to_numpy())


@pytest.mark.real
@pytest.mark.compiled
@pytest.mark.parametrize("data", ["s109", "sen90"])
def test_errors_on_the_priors_scale_agree_with_a_long_chain(data, outside):
    m = outside_matrix(outside / data, min_minority=1e-9)
    fit = IdealPoints(item_variance=4.0).fit(m)
    frame = pl.read_csv(outside / data / "MCMCirt1d_i60000.csv")
    theirs, mean = aligned(fit, m, frame, "coord1D")
    # the chain's own scale is not that of the mode: both are compared in units of their spread
    ours = fit.prior_se[:, 0] / fit.prior_positions[:, 0].std(ddof=1)
    close_to(ours, theirs["se1D"].to_numpy() / mean.std(ddof=1))


@pytest.mark.real
@pytest.mark.compiled
@pytest.mark.parametrize("data", ["s109", "sen90"])
@pytest.mark.parametrize("peer", ["ideal", "binIRT", "MCMCirt1d"])
def test_positions_agree_with_other_programs(data, peer, outside):
    m = outside_matrix(outside / data, min_minority=1e-9)
    fit = IdealPoints().fit(m)
    frame = pl.read_csv(outside / data / f"{peer}.csv", null_values="NA")
    _, coord = aligned(fit, m, frame.with_columns(pl.col("coord1D").fill_null(0)), "coord1D")
    known = frame["coord1D"].is_not_null().to_numpy()
    assert np.corrcoef(coord[known], fit.positions[known, 0])[0, 1] >= 0.99


@pytest.mark.real
@pytest.mark.compiled
@pytest.mark.parametrize("data", ["s109", "sen90"])
def test_no_worse_than_what_emirt_stops_at(data, outside):
    m = outside_matrix(outside / data)
    fit = IdealPoints().fit(m)
    x = pl.read_csv(outside / data / "binIRT_tight.csv")
    items = pl.read_csv(outside / data / "binIRT_tight_items.csv")
    ids = pl.DataFrame({"item": m.items["item"]})
    theirs = ids.join(items, on="item", how="left", maintain_order="left")
    assert x["actor"].to_list() == m.actors["actor"].to_list()
    value = naive.log_posterior(
        m.dense(),
        x["coord1D"].to_numpy()[:, None],
        theirs.select("alpha", "beta").to_numpy(),
        25.0,
    )
    assert fit.log_posterior >= value
