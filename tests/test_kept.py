"""What a run has finished is kept, whatever interrupts it."""

import numpy as np
import polars as pl
import pytest

import bodies
from fissure.cli.kept import Kept, run_key


def keep(folder, *, resume=True, key="k"):
    return Kept(folder / "out.html", key, resume, "look")


def test_pieces_come_back_under_the_same_key_only(tmp_path):
    first = keep(tmp_path)
    first.add("a", [1, 2.5])
    first.add("b", {"x": None})
    with pytest.raises(KeyboardInterrupt, match="2 finished looks are kept"), first:
        raise KeyboardInterrupt
    assert keep(tmp_path).found == {"a": [1, 2.5], "b": {"x": None}}
    assert keep(tmp_path, key="other").found == {}
    assert keep(tmp_path).found == {}  # what another run found in its way is gone


def test_without_resume_all_begins_anew(tmp_path):
    keep(tmp_path).add("a", 1)
    assert keep(tmp_path, resume=False).found == {}
    assert keep(tmp_path).found == {}


def test_a_last_line_cut_off_is_lost_alone(tmp_path):
    first = keep(tmp_path)
    first.add("a", 1)
    first.add("b", 2)
    whole = first.path.read_text()
    first.path.write_text(whole[:-4])
    second = keep(tmp_path)
    assert second.found == {"a": 1}
    second.add("c", 3)
    assert keep(tmp_path).found == {"a": 1, "c": 3}


def test_nothing_stays_behind_when_the_run_is_done_or_had_nothing(tmp_path):
    with keep(tmp_path) as k:
        k.add("a", 1)
    assert list(tmp_path.iterdir()) == []
    with pytest.raises(KeyboardInterrupt, match="no look was finished"), keep(tmp_path):
        raise KeyboardInterrupt
    with pytest.raises(ValueError, match="wrong"), keep(tmp_path):
        raise ValueError("wrong")
    assert list(tmp_path.iterdir()) == []
    some = keep(tmp_path)
    some.add("a", 1)
    with pytest.raises(ValueError, match="wrong"), some:
        raise ValueError("wrong")
    assert keep(tmp_path).found == {"a": 1}


def test_another_table_of_items_or_actors_is_another_run():
    def key(year=2001, party="R"):
        table = pl.DataFrame({"item": ["a", "b"], "year": [2000, year]})
        y = np.array([[1, -1], [-1, 1]], np.int8)
        return run_key(bodies.records(y, items=table, party=["D", party]), [])

    assert key() == key()
    assert len({key(), key(year=2002), key(party="D")}) == 3
