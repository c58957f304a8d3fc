"""Voteview's files: cast codes, members, roll calls, names of files."""

import datetime

import pytest

from fissure.errors import ReadError, SettingError
from fissure.readers import read, read_voteview

VOTES = "congress,chamber,rollnumber,icpsr,cast_code,prob\n" + "".join(
    f"{congress},Senate,{roll},{icpsr},{code},50.0\n"
    for congress, roll, icpsr, code in [
        (108, 1, 100, 1),
        (108, 1, 101, 6),
        (108, 2, 100, 9),
        (108, 2, 101, 7),
        (109, 1, 100, 2),
        (109, 1, 102, 4),
        (109, 1, 99910, 1),
    ]
)
MEMBERS = """congress,chamber,icpsr,state_abbrev,party_code,bioname,born
108,Senate,100,ME,200,"ADAMS, Ann",1950.0
109,Senate,100,ME,100,"ADAMS, Ann",1950.0
108,Senate,101,TN,328,"BAKER, Bob",1951.0
109,Senate,102,KY,29,"CLAY, Cy",
109,President,99910,USA,200,"BUSH, George",1946.0
109,House,100,ME,100,"SOMEONE, Else",1900.0
108,Senate,103,OH,100,"NEVER, Voted",1960.0
"""
ROLLCALLS = """congress,chamber,rollnumber,date,bill_number,vote_question,vote_desc,dtl_desc
108,Senate,1,2003-01-09,S1,On Passage,First,
108,Senate,2,2003-01-10,,On the Motion,Second,
109,House,1,2005-01-04,,Election,Not this one,
"""


@pytest.fixture
def folder(tmp_path):
    for name, text in (("votes", VOTES), ("members", MEMBERS), ("rollcalls", ROLLCALLS)):
        (tmp_path / f"Sall_{name}.csv").write_text(text)
    return tmp_path


def test_a_folder_by_voteviews_names(folder):
    r = read(folder, chamber="Senate")
    assert r.items["item"].to_list() == ["RS1080001", "RS1080002", "RS1090001"]
    assert r.items["date"].to_list() == [
        datetime.date(2003, 1, 9),
        datetime.date(2003, 1, 10),
        None,
    ]
    assert r.items["question"].to_list() == ["On Passage", "On the Motion", None]
    assert r.source.title == "US Senate, Congress 108 to 109"
    assert read(folder, congress=108, chamber="Senate").source.title == "US Senate, Congress 108"
    assert r.items["congress"].to_list() == [108, 108, 109]
    assert r.actors.select("actor", "name", "party", "party_code", "state").rows() == [
        ("100", "ADAMS, Ann", "D", "100", "ME"),
        ("101", "BAKER, Bob", "I", "328", "TN"),
        ("102", "CLAY, Cy", "29", "29", "KY"),
        ("99910", "BUSH, George", "R", "200", "USA"),
    ]
    assert r.actors["chamber"].to_list() == ["Senate", "Senate", "Senate", "President"]
    assert r.choices["choice"].to_list() == ["yea", "nay", "absent", "present", "yea", "nay", "yea"]
    assert r.source.n_rows == r.n_choices == 7
    notes = {note.kind: note.message for note in r.notes}
    assert notes["actor_changed"].endswith(
        "1 member with another party, state, chamber in a later Congress; the last is kept; the "
        "first is icpsr 100"
    )
    assert notes["item_not_listed"].endswith(
        "1 item not in the table of items; the first is 'RS1090001'"
    )


def test_one_congress_and_siblings_beside_the_file(folder):
    r = read_voteview(folder / "Sall_votes.csv", congress=108)
    assert r.actors.select("actor", "party").rows() == [("100", "R"), ("101", "I")]
    assert r.n_items == 2
    same = read(folder / "Sall_votes.csv", congress=108)
    assert same.choices.equals(r.choices)
    assert read(folder / "Sall_votes.csv").source.format == "voteview"


def test_votes_without_a_chamber(tmp_path):
    path = tmp_path / "votes.csv"
    path.write_text("congress,rollnumber,icpsr,cast_code\n91,1,2,1\n91,1,3,6\n")
    assert read(path).items.rows() == [("91-1", 91, 1)]


def test_what_is_refused(folder, tmp_path):
    with pytest.raises(SettingError) as error:
        read(folder, chamber="Lords")
    assert str(error.value) == "chamber must be House or Senate, got 'Lords'"
    with pytest.raises(ReadError, match=r"no votes of Congress 50, chamber any$"):
        read(folder, congress=50)
    (tmp_path / "empty").mkdir()
    with pytest.raises(ReadError, match=r"no file of votes in this folder; Voteview's names"):
        read(tmp_path / "empty")
    bad = tmp_path / "votes.csv"
    bad.write_text("congress,rollnumber,icpsr\n1,1,1\n")
    with pytest.raises(ReadError) as error:
        read_voteview(bad)
    assert str(error.value) == (
        f"{bad}: Voteview's column 'cast_code' is missing; the columns are 'congress', "
        "'rollnumber', 'icpsr'"
    )


@pytest.mark.real
def test_the_109th_senate_is_the_bundled_one(real_data):
    from fissure.datasets import load

    r = read(real_data / "us_senate_070_119", congress=109, chamber="Senate")
    bundled = load("senate-109")
    assert r.n_items == bundled.n_items == 645
    assert r.counts()["yea"] == bundled.counts()["yea"]
    assert r.counts()["nay"] == bundled.counts()["nay"]
    assert r.items["date"].to_list() == bundled.items["date"].to_list()


@pytest.mark.real
def test_every_senate_since_1927(real_data):
    r = read(real_data / "us_senate_070_119")
    assert (r.n_items, r.n_choices, r.n_dropped) == (28_808, 2_889_712, 0)
    assert r.counts()["yea"] == 1_637_327


@pytest.mark.real
def test_the_house_with_two_tables_of_members(real_data):
    house = real_data / "us_house"
    r = read_voteview(
        house / "votes.parquet",
        [house / "HSall_members_1_118.csv.gz", house / "members_111_118_119.csv"],
        congress=119,
    )
    assert r.n_items == 304
    assert r.actors["party"].null_count() == 0
