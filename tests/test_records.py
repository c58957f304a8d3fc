"""Records: the long table, its checks, and choosing parts of it."""

import polars as pl
import pytest

from fissure.errors import DataError, ReadError
from fissure.records import CHOICE, CHOICES, Note, Records, Source

SOURCE = Source("toy", "pairs", "", 4)


def toy(**more) -> Records:
    return Records.from_pairs(
        ["ann", "ann", "bob", "cy"],
        ["v1", "v2", "v1", "v2"],
        ["yea", "absent", "nay", "yea"],
        source=SOURCE,
        **more,
    )


def test_pairs_become_a_long_table_with_row_numbers():
    r = toy()
    assert r.choices.rows() == [(0, 0, "yea"), (0, 1, "absent"), (1, 0, "nay"), (2, 1, "yea")]
    assert r.actors["actor"].to_list() == ["ann", "bob", "cy"]
    assert r.items["item"].to_list() == ["v1", "v2"]
    assert (r.n_actors, r.n_items, r.n_choices) == (3, 2, 4)
    assert repr(r) == "Records(toy: 3 actors, 2 items, 4 choices)"


def test_counts_list_all_seven_meanings():
    assert toy().counts() == dict.fromkeys(CHOICES, 0) | {"yea": 2, "nay": 1, "absent": 1}


def test_given_tables_come_first_and_keep_actors_without_choices():
    people = pl.DataFrame({"actor": ["dan", "bob"], "party": ["X", "Y"]})
    r = toy(actors=people)
    assert r.actors.rows() == [("dan", "X"), ("bob", "Y"), ("ann", None), ("cy", None)]
    assert r.choices["actor"].to_list() == [2, 2, 1, 3]


def test_names_fall_back_on_identifiers():
    assert toy().names().to_list() == ["ann", "bob", "cy"]
    people = pl.DataFrame({"actor": ["ann", "bob", "cy"], "name": ["Ann A.", None, "Cy C."]})
    assert toy(actors=people).names().to_list() == ["Ann A.", "bob", "Cy C."]


def test_dropped_rows_are_those_of_the_notes_that_drop():
    notes = (Note("duplicate", 3, "three", dropped=True), Note("unknown_code", 2, "two"))
    assert toy(notes=notes).n_dropped == 3


def test_selecting_actors_keeps_the_items_and_renumbers():
    people = pl.DataFrame({"actor": ["ann", "bob", "cy"], "party": ["X", "Y", None]})
    r = toy(actors=people)
    x = r.select_actors("party", "Y")
    assert x.choices.rows() == [(0, 0, "nay")]
    assert x.n_items == 2
    assert r.select_actors("party", None).actors["actor"].to_list() == ["cy"]
    assert r.select_actors(pl.col("party") != "Y").actors["actor"].to_list() == ["ann"]
    with pytest.raises(DataError) as error:
        r.select_actors("club", "Y")
    assert str(error.value) == "no actor column 'club'; the actor columns are actor, party"


def test_selecting_items_by_an_expression():
    r = toy().select_items(pl.col("item") == "v2")
    assert r.choices.rows() == [(0, 0, "absent"), (2, 0, "yea")]
    assert r.n_actors == 3


def choices(actor, item) -> pl.DataFrame:
    schema = {"actor": pl.UInt32, "item": pl.UInt32, "choice": CHOICE}
    return pl.DataFrame({"actor": actor, "item": item, "choice": ["yea"] * len(actor)}, schema)


def test_a_choice_outside_the_tables_is_refused():
    one = pl.DataFrame({"actor": ["a"]}), pl.DataFrame({"item": ["x"]})
    with pytest.raises(ReadError, match=r"^a choice names actor row 3 of 1$"):
        Records(choices([3], [0]), *one, SOURCE)
    with pytest.raises(ReadError, match=r"^a choice names item row 1 of 1$"):
        Records(choices([0], [1]), *one, SOURCE)


def test_an_identifier_listed_twice_is_refused():
    twice = pl.DataFrame({"actor": ["a", "a"]})
    with pytest.raises(ReadError, match=r"^actor 'a' is listed twice in the actor table$"):
        Records(choices([0], [0]), twice, pl.DataFrame({"item": ["x"]}), SOURCE)


def test_tables_of_another_shape_are_refused():
    with pytest.raises(ReadError, match=r"^choices must have the columns actor \(UInt32\)"):
        Records(pl.DataFrame({"actor": [1]}), pl.DataFrame(), pl.DataFrame(), SOURCE)
    with pytest.raises(ReadError, match=r"^the first column of the actor table must be 'actor'"):
        Records(choices([0], [0]), pl.DataFrame({"who": ["a"]}), pl.DataFrame({"item": []}), SOURCE)


def test_where_an_error_is_stands_before_what_it_is():
    assert str(ReadError("bad", file="f.csv", row=3, column="c")) == "f.csv, row 3, column 'c': bad"
    assert str(ReadError("bad")) == "bad"
