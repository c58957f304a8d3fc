"""Dynamic ideal points: what other programs find on the same votes."""

import numpy as np
import polars as pl
import pytest

from fissure.matrix import Matrix
from fissure.models.dynamic import DynamicIdealPoints
from fissure.readers import read_voteview
from fissure.records import Records, Source

pytestmark = [pytest.mark.real, pytest.mark.compiled]


def court(folder) -> Matrix:
    v = pl.read_csv(folder / "votes.csv.gz")
    items = pl.read_csv(folder / "items.csv").select("item", term="period")
    r = Records.from_pairs(
        v["actor"],
        v["item"],
        v["vote"].replace_strict({1: "yea", 0: "nay"}, return_dtype=pl.String),
        source=Source("court", "long", "", v.height),
        actors=pl.read_csv(folder / "members.csv"),
        items=items,
    )
    return Matrix.from_records(r)


def agreement(fit, theirs, column, without=()):
    """Pearson correlation over the positions that both have, sign aside."""
    frame = fit.to_frame().with_columns(pl.col("period").cast(pl.Int64))
    frame = frame.filter(~pl.col("name").is_in(list(without)))
    both = frame.join(theirs.filter(pl.col(column).is_not_null()), on=["actor", "period"])
    return abs(float(np.corrcoef(both["position"], both[column])[0, 1]))


@pytest.fixture
def shipped(outside):
    """The Court with the priors that emIRT ships, ω² 0.1 and items N(0, 1)."""
    m = court(outside / "mq")
    initial = {
        r["actor"]: (float(r["prior_mean"]), float(r["prior_var"]))
        for r in m.actors.iter_rows(named=True)
    }
    return DynamicIdealPoints(by="term", omega2=0.1, item_variance=1.0, initial=initial).fit(m)


def test_martin_and_quinn_agree_on_the_court(shipped, outside):
    theirs = pl.read_csv(outside / "mq" / "martin_quinn_shipped.csv")
    assert agreement(shipped, theirs, "score") >= 0.999
    assert agreement(shipped, theirs, "score", without=["Douglas"]) >= 0.999


def test_dynirt_agrees_no_less_than_it_agrees_with_martin_and_quinn(shipped, outside):
    """dynIRT draws extreme justices in (Douglas above all), so 0.97 is not to be had here."""
    theirs = pl.read_csv(outside / "mq" / "dynIRT.csv")
    exact = pl.read_csv(outside / "mq" / "martin_quinn_shipped.csv")
    both = theirs.join(exact, on=["actor", "period"])
    limit = abs(float(np.corrcoef(both["coord1D"], both["score"])[0, 1]))
    assert limit < 0.94
    assert agreement(shipped, theirs, "coord1D") == pytest.approx(limit, abs=0.01)


def test_settings_estimated_keep_the_order_on_the_court(outside):
    fit = DynamicIdealPoints(by="term").fit(court(outside / "mq"))
    theirs = pl.read_csv(outside / "mq" / "martin_quinn_shipped.csv")
    assert agreement(fit, theirs, "score") >= 0.99
    f = fit.to_frame().with_columns(pl.col("period").cast(pl.Int64)).sort("period")
    jackson = f.filter(pl.col("name") == "Jackson").filter(pl.col("period").is_between(7, 9))
    # at Nuremberg in the term numbered 8: no choices, and it shows
    assert jackson["n_choices"].to_list()[1] == 0
    assert jackson["se"][1] > 1.1 * max(jackson["se"][0], jackson["se"][2])


def test_dynirt_agrees_on_the_senate(outside, real_data):
    d = real_data / "us_senate_070_119"
    m = Matrix.from_records(
        read_voteview(d / "votes.parquet", d / "members.csv", d / "rollcalls.csv.gz")
    )
    c = m.items["congress"]
    items = m.items.with_columns(session=pl.when(c.is_between(80, 110)).then(c))
    m = Matrix(**{**vars_of(m), "items": items})
    with pytest.warns(UserWarning, match="items have no value of 'session'"):
        fit = DynamicIdealPoints(by="session", omega2=0.1, item_variance=25.0).fit(m)
    members = pl.read_csv(outside / "dwnom" / "members_by_period.csv")
    members = members.select("actor", "icpsr", "period")
    theirs = pl.read_csv(outside / "dwnom" / "dynIRT.csv").join(members, on=["actor", "period"])
    theirs = theirs.select(
        actor=pl.col("icpsr").cast(pl.String), period=pl.col("period") + 80, coord1D="coord1D"
    )
    assert agreement(fit, theirs, "coord1D") >= 0.99


def vars_of(m):
    names = ("by_actor", "by_item", "actors", "items", "dropped", "source", "name")
    return {name: getattr(m, name) for name in names}
