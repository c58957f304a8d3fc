"""R files made by tests/reference/make_rollcall.R."""

import datetime
import sys
from pathlib import Path

import pytest

from fissure.errors import MissingExtra, ReadError
from fissure.readers import read

REFERENCE = Path(__file__).parent / "reference"


@pytest.mark.parametrize("name", ["rollcall.rda", "rollcall.rds", "two.rda"])
def test_a_rollcall_object(name):
    r = read(REFERENCE / name)
    assert r.actors["actor"].to_list() == [
        "ADAMS (D ME)",
        "BAKER (R TN)",
        "CLAY (W KY)",
        "DODD (D CT)",
    ]
    assert r.actors["party"].to_list() == ["D", "R", "W", "D"]
    assert r.actors["partyCode"].to_list() == [100, 200, 29, 100]
    assert r.items["date"].to_list() == [datetime.date(2001, 3, 1), None]
    assert r.items["description"].to_list() == ["To adjourn", "Über alles"]
    by_item = r.choices.sort("item", maintain_order=True)["choice"].to_list()
    assert by_item[:4] == ["yea", "nay", "absent", "not_member"]
    assert by_item[4:] == ["yea", "nay", "present", "yea"]
    assert r.source.format == "rollcall"


def test_names_that_pscl_made_up_and_cells_without_a_code():
    r = read(REFERENCE / "rollcall_plain.rds")
    assert r.actors["actor"].to_list() == ["Legislator 1", "Legislator 2"]
    assert r.counts() | {"yea": 2, "nay": 1, "absent": 1} == r.counts()


def test_the_users_codes_come_before_the_objects():
    assert read(REFERENCE / "rollcall.rds", codes={9: "abstain"}).counts()["abstain"] == 1


def test_a_data_frame_beside_other_things():
    r = read(REFERENCE / "frame.rda")
    assert r.choices["choice"].to_list() == ["yea", "absent"]
    assert read(REFERENCE / "two.rda", name="long").n_choices == 2


def test_what_is_refused(tmp_path):
    with pytest.raises(ReadError, match=r"no object 'x'; the file holds 'rc', 'long'$"):
        read(REFERENCE / "two.rda", name="x")
    with pytest.raises(ReadError, match="no rollcall object, data frame or matrix; the file holds"):
        read(REFERENCE / "numbers.rds")
    cut = tmp_path / "cut.rda"
    cut.write_bytes((REFERENCE / "rollcall.rda").read_bytes()[:300])
    with pytest.raises(
        ReadError, match="the R data are damaged or of a kind that rdata cannot read: "
    ):
        read(cut)


def test_without_the_package(monkeypatch):
    monkeypatch.setitem(sys.modules, "rdata", None)
    with pytest.raises(MissingExtra) as error:
        read(REFERENCE / "rollcall.rda")
    assert str(error.value) == "R files need the package rdata: pip install 'fissure[r]'"
