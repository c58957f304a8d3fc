"""Fixed-width roll call files, the layout that pscl's readKH reads."""

import pytest

from fissure.errors import ReadError
from fissure.readers import read
from fissure.readers.ord import LAYOUT

LINES = [
    "1109991099 0USA     200  BUSH       99919",
    "1104970041 0ALABAMA 20001SESSIONS   11616",
    "110 481282 1HAWAII   10001INOUYE    90999".replace("HAWAII   1", "HAWAII  1"),
    "1104810282 1HAWAII 500001OLD PARTY  78123",
]
LINES[2] = "110 481282 1HAWAII  10001INOUYE     90999"


@pytest.fixture
def put(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)

    def write(lines, name="sen110kh.ord"):
        (tmp_path / name).write_text("\n".join(lines) + "\n")
        return name

    return write


def test_the_fields_lie_end_to_end():
    ends = [last for _, last in LAYOUT.values()]
    assert [first for first, _ in LAYOUT.values()] == [1, *[end + 1 for end in ends[:-1]]]


def test_members_and_votes(put):
    r = read(put(LINES))
    assert r.actors.select("actor", "name", "party", "state", "party_code").rows() == [
        ("99910", "BUSH", "R", "USA", "200"),
        ("49700", "SESSIONS", "R", "ALABAMA", "200"),
        ("4812", "INOUYE", "D", "HAWAII", "100"),
        ("48102", "OLD PARTY", "5000", "HAWAII", "5000"),
    ]
    assert r.actors["district_code"].to_list() == [0, 0, 1, 1]
    assert r.items.rows() == [(f"RS110000{k}", 110, k) for k in range(1, 6)]
    words = r.choices["choice"].to_list()
    assert words[5:10] == ["yea", "yea", "nay", "yea", "nay"]
    assert (
        words[10:20]
        == ["absent", "not_member", *["absent"] * 3, "present", "present"] + ["yea"] * 3
    )


def test_the_chamber_comes_from_the_name_of_the_file(put):
    assert read(put(LINES, "H110_votes.ord")).items["item"][0] == "RH1100001"
    assert read(put(LINES, "mine.ord")).items["item"][0] == "110-1"


@pytest.mark.parametrize(
    ("line", "message"),
    [
        (
            "109,49700,AL,SESSIONS,1,6,1,6,1,1,1,1,1,1",
            "columns 1-3 must hold the number congress, got '109'",
        ),
        (LINES[1][:-1], "4 votes, but the first line has 5"),
        (LINES[1][:-1] + "x", "'x' in column 41 is not a vote; votes are digits 0-9"),
        ("111" + LINES[1][3:], "Congress 111 after 110; one Congress a file is read"),
    ],
)
def test_other_layouts_are_refused_with_the_line(put, line, message):
    with pytest.raises(ReadError) as error:
        read(put([LINES[0], line]))
    if line.startswith("109,"):
        message = (
            "columns 4-8 must hold the number icpsr, got ',4970'; the layout is Congress 1-3, "
            "ICPSR "
            "4-8, state 9-12, state name 13-19, party 20-23, name 26-36, votes from 37"
        )
    assert str(error.value) == f"sen110kh.ord, row 2: {message}"


def test_a_line_without_votes(put):
    with pytest.raises(ReadError) as error:
        read(put([LINES[0][:36]]))
    assert str(error.value) == (
        "sen110kh.ord, row 1: the line ends before column 37, where the votes begin"
    )
