"""Items cut into periods."""

from datetime import date

import numpy as np
import polars as pl
import pytest

from fissure.errors import DataError, SettingError
from fissure.periods import first_year, item_periods, usual_periods


def items(n=8, **columns):
    return pl.DataFrame({"item": [f"v{k}" for k in range(n)], **columns})


def dated():
    days = [date(1999, 12, 31), date(2000, 1, 1), date(2000, 1, 31), date(2000, 2, 1)]
    return items(4, date=[days[k] for k in (3, 0, 2, 1)])


def test_by_congress_in_ascending_order_with_the_years():
    cut = item_periods(items(6, congress=[101, 9, 101, 9, 100, None]), "congress")
    assert cut.labels == ("9", "100", "101")
    assert [m.tolist() for m in cut.members] == [[1, 3], [4], [0, 2]]
    assert cut.years.tolist() == [1805, 1987, 1989]
    assert (cut.overlap, cut.unplaced) == (1, 1)
    assert cut.of_items(6).tolist() == [2, 0, 2, 0, 1, -1]


def test_numbers_written_as_text_are_in_ascending_order_too():
    assert item_periods(items(3, session=["10", "9", "100"]), "session").labels == (
        "9",
        "10",
        "100",
    )
    named = item_periods(items(3, session=["10", "9", "100a"]), "session")
    assert named.labels == ("10", "100a", "9")


def test_a_number_that_is_none_is_no_value():
    cut = item_periods(items(3, term=[2.0, float("nan"), 1.0]), "term")
    assert (cut.labels, cut.unplaced) == (("1.0", "2.0"), 1)


def test_by_year_and_month_of_the_date_in_order_of_time():
    years = item_periods(dated(), "year")
    assert years.labels == ("1999", "2000")
    assert [m.tolist() for m in years.members] == [[1], [3, 2, 0]]
    months = item_periods(dated(), "month")
    assert months.labels == ("1999-12", "2000-01", "2000-02")
    assert months.years.tolist() == [1999, 2000, 2000]


def test_a_column_called_year_wins_over_the_date():
    assert item_periods(dated().with_columns(year=pl.Series([1, 1, 2, 2])), "year").labels == (
        "1",
        "2",
    )


@pytest.mark.parametrize(
    ("label", "by", "year"),
    [
        ("88", "congress", 1963), ("1", "congress", 1789), ("1963", "term", 1963),
        ("1963-07", "month", 1963), ("12", "term", None), ("spring", "term", None),
        ("12345", "year", None),
    ],
)  # fmt: skip
def test_years_told_by_labels(label, by, year):
    told = first_year(label, by)
    assert np.isnan(told) if year is None else told == year


def test_years_of_other_labels_come_from_the_dates():
    table = dated().with_columns(sitting=pl.Series(["b", "a", "b", "b"]))
    assert item_periods(table, "sitting").years.tolist() == [1999, 2000]


def test_every_n_items_ends_with_the_last_and_shares_half():
    cut = item_periods(items(25), 10)
    assert [(m[0], m[-1]) for m in cut.members] == [(0, 9), (5, 14), (10, 19), (15, 24)]
    assert cut.overlap == 2
    assert cut.labels[-1] == "items 16-25"
    apart = item_periods(items(25), 10, 10)
    assert [(m[0], m[-1]) for m in apart.members] == [(5, 14), (15, 24)]
    assert apart.overlap == 1
    assert item_periods(items(25), "10").labels == cut.labels
    assert item_periods(items(25), "10", 10).labels == apart.labels
    with pytest.raises(DataError, match="these periods overlap"):
        cut.of_items(25)


def test_rolling_labels_are_days_where_these_tell_periods_apart():
    days = [date(2000, 1, 1 + k) for k in range(20)]
    cut = item_periods(items(20, date=days), 10, 10)
    assert cut.labels == ("2000-01-01 to 2000-01-10", "2000-01-11 to 2000-01-20")
    assert cut.years.tolist() == pytest.approx([2000.0, 2000 + 10 / 365.25])
    same = item_periods(items(20, date=[date(2000, 1, 1)] * 20), 10, 5)
    assert same.labels[0] == "items 1-10"


@pytest.mark.parametrize(
    ("by", "step", "error", "words"),
    [
        (5, None, SettingError, "a period of N items needs N of 10 or more, got 5"),
        (10, 11, SettingError, r"step must be a whole number 1\.\.10, got 11"),
        (10, "5", SettingError, r"step must be a whole number 1\.\.10, got '5'"),
        ("²", None, DataError, "no item column '²' to cut periods by"),
        (100, None, DataError, "a period has 100 items, but there are 8 in all"),
        ("week", None, DataError, "no item column 'week' to cut periods by; there are item"),
        ("year", None, DataError, "by='year' needs dates of the items"),
        ("item", 3, SettingError, "step goes with a number of items"),
        (True, None, SettingError, "by must be a column, year, month or a number of items"),
        (2.5, None, SettingError, "by must be a column, year, month or a number of items"),
    ],
)
def test_what_cannot_be_cut(by, step, error, words):
    with pytest.raises(error, match=words):
        item_periods(items(), by, step)


def test_a_column_without_any_value():
    with pytest.raises(DataError, match="no item has a value of 'congress'"):
        item_periods(items(congress=pl.Series([None] * 8, dtype=pl.Int64)), "congress")


def test_what_is_cut_by_where_nothing_is_said():
    assert usual_periods(items(congress=[1, 1, 2, 2, 3, 4, 5, 5], term=range(8))) == "congress"
    assert usual_periods(items(congress=[1] * 8, term=range(8))) == "term"
    assert usual_periods(items(congress=[1] * 8)) == "congress"
    assert usual_periods(dated()) == "month"
    years = items(6, date=[date(1990 + k, 1, 1) for k in range(6)])
    assert usual_periods(years) == "year"
    with pytest.raises(DataError, match="there is nothing to cut periods by"):
        usual_periods(items())
