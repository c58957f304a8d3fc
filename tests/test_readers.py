"""Real files of several bodies, read as they are; and how columns are recognised."""

import csv
import io
import warnings

import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from fissure.errors import FissureError, FissureWarning
from fissure.readers import read
from fissure.readers.columns import counted, find, plain, typed
from fissure.readers.delimited import parse
from fissure.readers.meanings import meanings

REAL = [
    (
        "un_general_assembly/un_votes.parquet",
        200,
        6202,
        {"yea": 693544, "nay": 65500, "abstain": 110893},
    ),
    (
        "european_parliament/ep1_votes_long.parquet",
        539,
        886,
        {"yea": 88185, "nay": 75171, "abstain": 9577},
    ),
    (
        "european_parliament/ep9_ukraine_trade_2024.csv",
        705,
        1,
        {"yea": 428, "nay": 131, "absent": 102},
    ),
    ("us_supreme_court/emirt_mq_long.parquet", 45, 5164, {"yea": 22878, "nay": 21934}),
    ("us_supreme_court/mqData2015_wide.csv.gz", 45, 5719, {"yea": 34998, "nay": 14702}),
    ("us_supreme_court/sc9497.csv", 9, 213, {"yea": 1353, "nay": 554}),
    ("us_supreme_court/supremecourt_2000term.csv", 9, 43, {"yea": 190, "nay": 195}),
    ("us_house/partial_113_118_passage_votes.csv.gz", 820, 156, {"yea": 45724, "nay": 19840}),
    ("un_general_assembly/wnominate_UN_31_33.csv", 59, 237, {"yea": 5886, "nay": 4492}),
]


@pytest.mark.real
@pytest.mark.parametrize(("path", "n_actors", "n_items", "counts"), REAL, ids=[r[0] for r in REAL])
def test_real_files_need_no_arguments(real_data, path, n_actors, n_items, counts):
    r = read(real_data / path)
    assert (r.n_actors, r.n_items) == (n_actors, n_items)
    assert r.counts() | counts == r.counts()
    assert r.source.n_rows == r.n_choices + r.n_dropped


def test_names_of_columns_without_case_and_signs():
    assert plain("Roll_Call No.") == "rollcallno"
    assert find(["Foo", "Roll Call"], ["item", "rollcall"]) == "Roll Call"
    assert find(["Foo"], ["item"]) is None
    assert (counted(1, "row"), counted(2000, "row")) == ("1 row", "2,000 rows")


@pytest.mark.parametrize(
    ("values", "kind"),
    [
        (["1", "2", None], "Int64"),
        (["1.0", "2.0"], "Int64"),
        (["1.5", "-2e3"], "Float64"),
        (["007", "1"], "String"),
        (["2001-02-03", ""], "Date"),
        (["a", "1"], "String"),
        ([None, ""], "String"),
    ],
)
def test_own_columns_become_numbers_and_dates_where_every_value_is_one(values, kind):
    table = pl.DataFrame({"actor": ["x"] * len(values), "own": values}, {"actor": str, "own": str})
    assert str(typed(table, "actor").schema["own"]) == kind


@pytest.mark.parametrize(
    ("values", "day"),
    [
        (["20010203"], 3),
        (["2001/02/03"], 3),
        (["03.02.2001"], 3),
        (["2001-02-03 10:11:12"], 3),
        (["02/13/2001"], 13),
        (["13/02/2001"], 13),
        (["02/03/2001"], None),
    ],
)
def test_dates_only_where_they_cannot_be_mistaken(values, day):
    column = typed(pl.DataFrame({"item": ["x"], "date": values}), "item")["date"]
    assert (column.dtype == pl.Date) == (day is not None)
    if day:
        assert (column[0].year, column[0].month, column[0].day) == (2001, 2, day)


def test_numbers_mean_what_occurs_together():
    assert meanings(["1", "0"]).of == {"1": "yea", "0": "nay"}
    assert meanings(["1", "0", "2"]).unknown == ("2",)
    assert meanings(["1", "2", "3"]).unknown == ("1", "2", "3")
    assert meanings(["1", "6", "9"]).of == {"1": "yea", "6": "nay", "9": "absent"}
    assert meanings(["1", "2"], codes={"2": "nay"}).unknown == ("1",)
    assert meanings([None], empty="unknown").of == {None: "unknown"}


# Laws

cell = st.text(st.characters(codec="utf-8", exclude_characters="\0\r"), max_size=6)


@settings(deadline=None, max_examples=60)
@given(st.lists(st.tuples(cell, cell, cell), min_size=1, max_size=8))
def test_what_a_csv_writer_writes_is_parsed_back(rows):
    text = io.StringIO()
    csv.writer(text, lineterminator="\n", quoting=csv.QUOTE_ALL).writerows([("p", "q", "r"), *rows])
    parsed = parse(text.getvalue().encode(), "f").rows()
    assert [tuple(c or "" for c in row) for row in parsed] == rows


@settings(deadline=None, max_examples=60)
@given(st.binary(max_size=300))
def test_any_bytes_give_records_or_one_error(tmp_path_factory, data):
    path = tmp_path_factory.mktemp("any") / "v.csv"
    path.write_bytes(b"member,bill,vote\n" + data)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", FissureWarning)
        try:
            r = read(path)
        except FissureError:
            return
    assert r.source.n_rows == r.n_choices + r.n_dropped


@settings(deadline=None, max_examples=40)
@given(
    st.lists(
        st.tuples(st.sampled_from("abc"), st.sampled_from("xyz"), st.sampled_from(["yea", "nay"])),
        min_size=1,
        max_size=15,
    ),
    st.sampled_from(["first", "last", "unknown"]),
)
def test_each_pair_is_kept_once_and_the_rest_is_reported(rows, way):
    frame = pl.DataFrame(rows, schema=["actor", "item", "choice"], orient="row")
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", FissureWarning)
        r = read(frame, duplicates=way)
    expected: dict = {}
    for a, j, y in rows:
        old = expected.get((a, j), y)
        new = {"first": old, "last": y, "unknown": y if old == y else "unknown"}[way]
        expected[a, j] = new
    assert {
        (r.actors["actor"][a], r.items["item"][j]): y for a, j, y in r.choices.iter_rows()
    } == expected
    assert r.n_dropped == len(rows) - len(expected)
