"""What carries a verdict: each item, date block and member left out, computed again by hand."""

from datetime import date, datetime, timedelta

import numpy as np
import polars as pl
import pytest

import bodies
import naive
from fissure.split.criteria import holds, shape_of
from fissure.split.crossfit import cross_fit, item_bootstrap
from fissure.split.influence import (
    FEWEST,
    date_blocks,
    item_order,
    without_block,
    without_items,
    without_members,
)
from fissure.split.settings import SplitSettings

S = SplitSettings()


@pytest.fixture
def looked_at():
    """A division near the edge, its cross-fit and its resamplings."""
    rng = np.random.default_rng(1)
    y, _ = bodies.camps((9, 6), 40, 0.3, rng, missing=0.2)
    fit = cross_fit(y, repeats=3, rng=rng)[0, 1]
    return y, fit, shape_of(fit, item_bootstrap(40, 400, rng), S)


def test_without_each_item(looked_at):
    _, fit, shape = looked_at
    depth, share = without_items(fit, shape)
    for j in range(40):
        rest = np.delete(fit.squared, j)
        assert depth[j] == pytest.approx(np.sqrt(max(np.nanmean(rest), 0)), rel=1e-12)
        absent = shape.weights[:, j] == 0
        assert absent.sum() >= FEWEST
        assert share[j] == pytest.approx(shape.holds[absent].mean())


def test_an_item_that_could_not_be_measured_carries_nothing(looked_at):
    _, fit, shape = looked_at
    squared = fit.squared.copy()
    squared[5] = np.nan
    depth, _ = without_items(type(fit)(**{**vars(fit), "squared": squared}), shape)
    assert depth[5] == pytest.approx(np.sqrt(np.nanmean(squared)))


def test_few_resamplings_without_an_item_say_what_all_say(looked_at):
    _, fit, shape = looked_at
    always = type(shape)(**{**vars(shape), "weights": np.ones_like(shape.weights)})
    assert (without_items(fit, always)[1] == shape.probability).all()


def test_without_a_block(looked_at):
    _, fit, shape = looked_at
    block = np.arange(10, 18)
    inside, rest, share = without_block(fit, shape, block, S)
    assert inside == pytest.approx(np.sqrt(max(np.nanmean(fit.squared[block]), 0)))
    assert rest == pytest.approx(np.sqrt(np.nanmean(np.delete(fit.squared, block))))
    fewer = type(fit)(
        fit.labels,
        fit.probability,
        np.delete(fit.squared, block),
        np.delete(fit.opposed, block),
        np.delete(fit.sides, block, axis=1),
        fit.halves,
        np.delete(fit.tested, block, axis=1),
    )
    again = shape_of(fewer, np.delete(shape.weights, block, axis=1), S)
    assert share == pytest.approx(again.probability)


def test_without_all_items_nothing_remains(looked_at):
    _, fit, shape = looked_at
    assert without_block(fit, shape, np.arange(40), S) == (pytest.approx(fit.depth), 0.0, 0.0)


def plain_mean_square(y, labels):
    """Of the blocs of all items, by the slow twin."""
    gaps = []
    for j in range(y.shape[1]):
        a, b = ([(v + 1) // 2 for v in y[labels == k, j] if v] for k in (0, 1))
        if len(a) > 1 and len(b) > 1:
            gaps.append(naive.squared_gap(a, b))
    return float(np.mean(gaps)) if gaps else 0.0


def test_without_each_member(looked_at):
    y, fit, shape = looked_at
    depth, share = without_members(y, fit, shape, S)
    whole = plain_mean_square(y, fit.labels)
    for i in range(len(y)):
        rest = np.delete(np.arange(len(y)), i)
        change = plain_mean_square(y[rest], fit.labels[rest]) - whole
        assert depth[i] == pytest.approx(np.sqrt(max(fit.mean_square + change, 0)), rel=1e-9)
        above = shape.weights @ fit.sides[0][:, rest]
        below = shape.weights @ fit.sides[1][:, rest]
        with np.errstate(invalid="ignore", divide="ignore"):
            siding = above / below
        inside = (siding > 0.25) & (siding < 0.75)
        middle = inside.sum(axis=1) / np.isfinite(siding).sum(axis=1)
        depths = np.sqrt(np.maximum(shape.depths**2 + change, 0))
        assert share[i] == pytest.approx(holds(depths, middle, shape.betweens, S).mean())


def test_members_outside_the_blocs_change_nothing(looked_at):
    y, fit, shape = looked_at
    labels = fit.labels.copy()
    labels[3] = -1
    depth, share = without_members(y, type(fit)(**{**vars(fit), "labels": labels}), shape, S)
    assert (depth[3], share[3]) == (fit.depth, shape.probability)


# time


def dated(days):
    return pl.DataFrame({"item": [f"v{k}" for k in range(len(days))], "date": days})


def names_and_sizes(items, **more):
    return [(name, len(block)) for name, block in date_blocks(items, **more)]


def test_months_quarters_halves_years_and_spans():
    day = date(2001, 11, 15)
    assert names_and_sizes(dated([day, day + timedelta(30), day + timedelta(61)])) == [
        ("2001-11", 1),
        ("2001-12", 1),
        ("2002-01", 1),
    ]
    # 14 months: quarters; 14 quarters: halves; 14 halves: years; 14 years: spans of two
    months = [date(2000 + k // 12, k % 12 + 1, 1) for k in range(14)]
    assert names_and_sizes(dated(months)) == [
        ("2000 Q1", 3), ("2000 Q2", 3), ("2000 Q3", 3), ("2000 Q4", 3), ("2001 Q1", 2),
    ]  # fmt: skip
    quarters = [date(2000 + k // 4, 3 * (k % 4) + 2, 1) for k in range(14)]
    assert [n for n, _ in names_and_sizes(dated(quarters))] == [
        "2000 H1", "2000 H2", "2001 H1", "2001 H2", "2002 H1", "2002 H2", "2003 H1",
    ]  # fmt: skip
    halves = [date(2000 + k // 2, 6 * (k % 2) + 6, 30) for k in range(14)]
    assert [n for n, _ in names_and_sizes(dated(halves))] == [str(y) for y in range(2000, 2007)]
    years = [date(2000 + k, 1, 1) for k in range(14)]
    assert [n for n, _ in names_and_sizes(dated(years))] == [
        f"{y}-{y + 1}" for y in range(2000, 2014, 2)
    ]
    assert names_and_sizes(dated(years), most=5) == [
        ("2000-2002", 3), ("2003-2005", 3), ("2006-2008", 3), ("2009-2011", 3), ("2012-2014", 2),
    ]  # fmt: skip


def test_blocks_hold_each_item_once_whatever_the_order():
    rng = np.random.default_rng(2)
    days = [date(1999, 1, 1) + timedelta(int(k)) for k in rng.integers(0, 4000, 200)]
    blocks = date_blocks(dated(days))
    assert len(blocks) <= 12
    assert sorted(np.concatenate([b for _, b in blocks]).tolist()) == list(range(200))
    last = None
    for _, block in blocks:
        here = [days[k] for k in block]
        assert last is None or min(here) > last
        last = max(here)


def test_times_of_day_and_missing_dates():
    moments = [datetime(2001, 1, 31, 23), datetime(2001, 2, 1, 1)]
    assert [n for n, _ in date_blocks(dated(moments))] == ["2001-01", "2001-02"]
    holes = dated([date(2001, 1, 1), None, date(2000, 1, 1)])
    assert names_and_sizes(holes) == [("items 1-1", 1), ("items 2-2", 1), ("items 3-3", 1)]
    assert item_order(holes).tolist() == [0, 1, 2]


def test_without_dates_tenths_of_the_file():
    items = pl.DataFrame({"item": [f"v{k}" for k in range(25)]})
    assert [n for n, _ in date_blocks(items)] == [
        "items 1-3", "items 4-6", "items 7-9", "items 10-12", "items 13-15", "items 16-17",
        "items 18-19", "items 20-21", "items 22-23", "items 24-25",
    ]  # fmt: skip
    text = items.with_columns(date=pl.lit("2001-01-01"))
    assert date_blocks(text)[0][0] == "items 1-3"  # text is not a date


def test_the_order_of_items_is_that_of_time_then_of_the_file():
    days = [date(2002, 1, 1), date(2001, 1, 1), date(2002, 1, 1), date(2000, 1, 1)]
    assert item_order(dated(days)).tolist() == [3, 1, 0, 2]
    assert item_order(pl.DataFrame({"item": ["b", "a"]})).tolist() == [0, 1]
