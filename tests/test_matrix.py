"""Matrix: packing, dropping until nothing changes, and the log of what was dropped."""

import numpy as np
import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from fissure.errors import DataError, SettingError
from fissure.matrix import Matrix, Packed
from fissure.records import CHOICES, Records, Source
from naive import drop_until_stable, packed_rows


def records(triples) -> Records:
    a, j, y = zip(*triples, strict=True)
    return Records.from_pairs(a, j, y, source=Source("toy", "pairs", "", len(a)))


def cells(packed: Packed) -> list[list[tuple[int, int]]]:
    return [
        [(int(c) >> 1, 1 if c & 1 else -1) for c in packed.code[lo:hi]]
        for lo, hi in zip(packed.start[:-1], packed.start[1:], strict=True)
    ]


choice_tables = st.dictionaries(
    st.tuples(st.integers(0, 6), st.integers(0, 8)), st.sampled_from(CHOICES), min_size=1
).map(lambda d: [(f"a{a}", f"v{j}", y) for (a, j), y in d.items()])


@settings(deadline=None, max_examples=60)
@given(choice_tables)
def test_both_orientations_hold_the_same_choices_as_the_slow_twin(triples):
    if not any(y in ("yea", "nay") for *_, y in triples):
        with pytest.raises(DataError, match="no usable choice in 'all'"):
            Matrix.from_records(records(triples))
        return
    m = Matrix.from_records(records(triples))
    ids = m.actors["actor"].to_list(), m.items["item"].to_list()
    by_actor, by_item = packed_rows(triples, *ids)
    assert cells(m.by_actor) == by_actor
    assert cells(m.by_item) == by_item
    assert m.n_choices == sum(y in ("yea", "nay") for *_, y in triples)


@settings(deadline=None, max_examples=60)
@given(
    choice_tables,
    st.integers(0, 4),
    st.sampled_from([0.0, 0.3, 0.6]),
    st.sampled_from([0.0, 0.2, 0.4]),
)
def test_dropping_is_what_the_slow_twin_drops(triples, least, presence, minority):
    actors, items = drop_until_stable(triples, least, presence, minority)
    limits = {"min_choices": least, "min_presence": presence, "min_minority": minority}
    r = records(triples)
    if not (actors and items):
        with pytest.raises(DataError):
            Matrix.from_records(r, **limits)
        return
    m = Matrix.from_records(r, **limits)
    assert set(m.actors["actor"]) == actors
    assert set(m.items["item"]) == items
    assert set(m.dropped.actors["actor"]) == set(r.actors["actor"]) - actors
    assert set(m.dropped.items["item"]) == set(r.items["item"]) - items


@settings(deadline=None, max_examples=30)
@given(choice_tables, st.randoms(use_true_random=False))
def test_the_order_of_rows_does_not_matter(triples, random):
    triples = [*triples, ("a0", "v99", "yea")]
    shuffled = list(triples)
    random.shuffle(shuffled)
    one = Matrix.from_records(records(triples))
    other = Matrix.from_records(records(shuffled))
    order = [one.actors["actor"].to_list().index(a) for a in other.actors["actor"]]
    columns = [one.items["item"].to_list().index(j) for j in other.items["item"]]
    assert np.array_equal(one.dense()[np.ix_(order, columns)], other.dense())


@settings(deadline=None, max_examples=30)
@given(choice_tables)
def test_swapping_yea_and_nay_flips_every_sign(triples):
    triples = [*triples, ("a0", "v99", "yea")]
    r = records(triples)
    same = Matrix.from_records(r)
    flipped = Matrix.from_records(r, yea=("nay",), nay=("yea",))
    assert np.array_equal(same.dense(), -flipped.dense())


def test_dropping_is_repeated_and_reasons_are_written_down():
    r = records(
        [
            ("a", "v1", "yea"),
            ("b", "v1", "nay"),
            ("c", "v1", "yea"),
            ("a", "v2", "yea"),
            ("b", "v2", "nay"),
            ("c", "v3", "yea"),
            ("d", "v4", "absent"),
            ("a", "v3", "yea"),
        ]
    )
    m = Matrix.from_records(r, min_choices=2, min_minority=0.1)
    assert m.dropped.items.rows() == [
        ("v3", "losing side 0.0%, at least 10.0% wanted"),
        ("v4", "no usable choice"),
    ]
    assert m.dropped.actors.rows() == [
        ("c", "1 usable choices, at least 2 wanted"),
        ("d", "0 usable choices, at least 2 wanted"),
    ]
    assert m.dropped.choices == {"absent": 1}
    assert m.dense().tolist() == [[1, 1], [-1, -1]]
    assert repr(m) == "Matrix(all: 2 actors × 2 items, 4 choices)"


def test_other_meanings_can_be_a_side():
    r = records([("a", "v", "yea"), ("b", "v", "abstain"), ("c", "v", "nay")])
    m = Matrix.from_records(r, nay=("nay", "abstain"))
    assert m.dense().ravel().tolist() == [1, -1, -1]
    assert m.dropped.choices == {}


def test_arrays_are_read_only():
    m = Matrix.from_records(records([("a", "v", "yea"), ("b", "v", "nay")]))
    with pytest.raises(ValueError, match="read-only"):
        m.by_actor.code[0] = 1


@pytest.mark.parametrize(
    ("limits", "message"),
    [
        ({"min_choices": -1}, "min_choices must be 0 or more, got -1"),
        ({"min_presence": 1.5}, "min_presence must be 0..1, got 1.5"),
        ({"min_minority": 0.6}, "min_minority must be 0..0.5, got 0.6"),
    ],
)
def test_limits_outside_their_range(limits, message):
    with pytest.raises(SettingError) as error:
        Matrix.from_records(records([("a", "v", "yea")]), **limits)
    assert str(error.value) == message


def test_nothing_usable_and_nothing_left():
    with pytest.raises(DataError) as error:
        Matrix.from_records(records([("a", "v", "absent"), ("b", "v", "present")]))
    assert str(error.value) == "no usable choice in 'all': 2 choices, none of them yea or nay"
    with pytest.raises(DataError) as error:
        Matrix.from_records(records([("a", "v", "yea")]), min_choices=2, name="party = D")
    assert str(error.value) == (
        "nothing remains of 'party = D' with min_choices=2, min_presence=0.0, min_minority=0.0"
    )


def test_names_come_from_the_table():
    r = records([("a", "v", "yea"), ("b", "v", "nay")])
    named = Records(
        r.choices, r.actors.with_columns(pl.Series("name", ["Ann", None])), r.items, r.source
    )
    assert Matrix.from_records(named).names == ["Ann", "b"]


def test_a_name_is_not_records():
    with pytest.raises(SettingError) as error:
        Matrix.from_records("senate-109")
    assert str(error.value) == "records must be Records, got str; fissure.load reads them"


def test_turned_swaps_yea_and_nay_of_some_items_in_both_orientations():
    table = {
        "ax": "yea",
        "ay": "nay",
        "bx": "yea",
        "by": "yea",
        "bz": "nay",
        "cx": "nay",
        "cz": "yea",
    }
    m = Matrix.from_records(records([(k[0], k[1], word) for k, word in table.items()]))
    turn = np.array([-1, 1, -1], np.int8)
    turned = m.turned(turn)
    assert np.array_equal(turned.dense(), m.dense() * turn)
    assert turned.by_item.yeas().tolist() == [1, 1, 1]
    assert np.array_equal(turned.turned(turn).by_item.code, m.by_item.code)
    assert turned.actors.equals(m.actors)
