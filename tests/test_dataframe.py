"""Dataframes of other libraries give the same records as a file."""

import pandas as pd
import polars as pl
import pyarrow as pa
import pytest

from fissure.errors import ReadError
from fissure.readers import read, read_dataframe

COLUMNS = {"member": ["a", "b", "a"], "bill": [1, 1, 2], "vote": ["yea", "nay", None]}


@pytest.mark.parametrize(
    "make",
    [
        pd.DataFrame,
        pa.table,
        pl.DataFrame,
        pl.LazyFrame,
        lambda c: pd.DataFrame(c).astype({"member": "category"}),
        lambda c: pd.DataFrame(c).set_index(pd.Index([7, 7, 7])),
    ],
)
def test_each_library_gives_the_same_records(make):
    r = read(make(COLUMNS))
    assert r.choices.rows() == [(0, 0, "yea"), (1, 0, "nay"), (0, 1, "absent")]
    assert r.items["item"].to_list() == ["1", "2"]
    assert r.source.name == "dataframe"
    assert len(r.source.sha256) == 64


def test_floats_with_gaps_as_pandas_makes_them():
    r = read(pd.DataFrame({"member": ["a", "b", "c"], "bill": [1.0] * 3, "vote": [1, None, 0]}))
    assert r.choices["choice"].to_list() == ["yea", "absent", "nay"]
    assert r.items["item"].to_list() == ["1"]


def test_wide_dataframes_with_numbers():
    r = read(pl.DataFrame({"mp": ["a", "b"], "v1": [1, 0], "v2": [None, 1], "v3": [0, 1]}))
    assert r.source.format == "wide-actors"
    assert r.counts() | {"yea": 3, "nay": 2, "unknown": 1} == r.counts()


def test_the_hash_tells_contents_apart():
    one, same = read(pl.DataFrame(COLUMNS)), read(pd.DataFrame(COLUMNS))
    other = read(pl.DataFrame(COLUMNS | {"bill": [1, 1, 3]}))
    assert one.source.sha256 == same.source.sha256 != other.source.sha256


@pytest.mark.parametrize("thing", [[1], None, 42, {"a": [1]}, pd.Series([1])])
def test_what_is_not_a_table(thing):
    with pytest.raises(ReadError, match=rf"^the dataframe is a {type(thing).__name__} that cannot"):
        read(thing)


def test_columns_of_lists():
    frame = pl.DataFrame({"member": [["a"]], "bill": [1], "vote": [1]})
    with pytest.raises(ReadError) as error:
        read(frame)
    assert str(error.value) == "column 'member': the column holds List(String), not names"
    with pytest.raises(ReadError, match="this is not a column of choices"):
        read(pl.DataFrame({"mp": ["a"] * 2000, "bill": range(2000), "vote": range(2000)}))


def test_a_table_of_members_with_contradictions():
    people = pl.DataFrame({"member": ["a", "a"], "party": ["X", "Y"]})
    with pytest.raises(ReadError) as error:
        read_dataframe(pl.DataFrame(COLUMNS), actors=people)
    assert str(error.value) == (
        "dataframe: 'a' is listed twice, with different values, in the table of actors"
    )
    with pytest.raises(ReadError) as error:
        read_dataframe(pl.DataFrame(COLUMNS), items=pl.DataFrame({"date": ["x"]}))
    assert (
        str(error.value) == "the table of items has no column of the item; its columns are 'date'"
    )
