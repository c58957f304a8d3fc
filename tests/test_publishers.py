"""The sets of publishers: what the registry says, and how their files become records."""

import re
from datetime import date
from pathlib import Path

import polars as pl
import pytest

import publisher_site as ps
from fissure.datasets import PUBLICATIONS, adopt, find, load
from fissure.errors import FissureWarning, ReadError

UN = """rcid,ccode,session,year,vote,Country,Countryname,date,unres,amend,short,me
3,2,1,1946,1,USA,United States of America,1946-01-01,R/1/66,1,AMENDMENTS,0
3,20,1,1946,3,CAN,Canada,1946-01-01,R/1/66,1,AMENDMENTS,0
3,31,1,1946,9,BHS,Bahamas,1946-01-01,R/1/66,1,AMENDMENTS,0
9001,2,75,2020,2,USA,United States,2020-12-31,NA,NA,,1
9001,20,75,2020,8,CAN,Canada,2020-12-31,NA,NA,,1
9001,31,75,2020,1,BHS,Bahamas,2020-12-31,NA,NA,,1
"""
SCDB = (
    "caseId,docketId,caseIssuesId,voteId,dateDecision,usCite,term,naturalCourt,docket,caseName,"
    "issueArea,decisionDirection,majVotes,minVotes,justice,justiceName,vote,opinion,direction,"
    "majority\n"
    "{case},{case}-01,{case}-01-01,{case}-01-01-01-01,11/18/1946,329 U.S. 1,1946,1301,24,"
    "SMITH § v. JONES,8,2,1,1,86,HHBurton,2,1,1,1\n"
    "{case},{case}-01,{case}-01-01,{case}-01-01-01-02,11/18/1946,329 U.S. 1,1946,1301,24,"
    "SMITH § v. JONES,8,2,1,1,84,RHJackson,1,1,2,2\n"
    "{case},{case}-01,{case}-01-01,{case}-01-01-01-03,11/18/1946,329 U.S. 1,1946,1301,24,"
    "SMITH § v. JONES,8,2,1,1,78,HLBlack,,,,\n"
    "{case},{case}-01,{case}-01-01,{case}-01-01-01-04,11/18/1946,329 U.S. 1,1946,1301,24,"
    "SMITH § v. JONES,8,2,1,1,81,WODouglas,1,1,,2\n"
)
CASE = SCDB.format(case="1946-001")
each = pytest.mark.parametrize("entry", PUBLICATIONS.values(), ids=list(PUBLICATIONS))


@pytest.fixture(autouse=True)
def _own_cache(tmp_path, monkeypatch):
    monkeypatch.setenv("FISSURE_CACHE", str(tmp_path / "cache"))
    monkeypatch.setenv("FISSURE_OFFLINE", "1")


@pytest.fixture
def given(tmp_path):
    """Takes a text as the file of a set that was fetched by hand, and loads the set."""

    def take(name: str, text: str | bytes):
        path = tmp_path / "given"
        path.write_bytes(text if isinstance(text, bytes) else text.encode())
        adopt(find(name), path)
        return load(name)

    return take


def choices(records):
    """Choices as {(actor, item): meaning}."""
    actors, items = records.actors["actor"], records.items["item"]
    return {(actors[a], items[j]): y for a, j, y in records.choices.iter_rows()}


@each
def test_the_registry_is_complete(entry):
    assert find(entry.name) is entry
    assert all((entry.title, entry.page, entry.codebook, entry.licence, entry.citation))
    assert entry.certain or entry.remark
    assert len({file.name for file in entry.files}) == len(entry.files)
    for file in entry.files:
        assert file.columns
        has_address = bool(file.address or entry.listing)
        assert has_address is entry.certain
        assert not entry.listing or file.patterns
    doc = entry.read.__doc__
    assert all(word in doc for word in ("Actors", "Items", "Choices", "yea", "nay"))


def test_folders_and_files_of_two_publishers_never_meet():
    paths = [(entry.folder, file.name) for entry in PUBLICATIONS.values() for file in entry.files]
    assert len(set(paths)) == len(paths)


def test_one_congress_has_its_number_in_three_digits():
    entry = find("voteview:house:7")
    assert entry.title == "US House of Representatives, Congress 7 (1801-1802)"
    assert [file.address for file in entry.files] == [
        "https://voteview.com/static/data/out/votes/H007_votes.csv",
        "https://voteview.com/static/data/out/members/H007_members.csv",
        "https://voteview.com/static/data/out/rollcalls/H007_rollcalls.csv",
    ]
    every = find("voteview:congress").files[0]
    assert every.address == "https://voteview.com/static/data/out/votes/HSall_votes.csv"


@pytest.mark.parametrize("name", ["voteview:senate:0", "voteview:senate:999", "voteview:house:x"])
def test_a_congress_that_never_was(name):
    with pytest.raises(ReadError) as error:
        find(name)
    number = name.rpartition(":")[2]
    assert re.fullmatch(
        rf"{name}: the Congress must be a number 1\.\.1\d\d, got '{number}'", str(error.value)
    )


@pytest.mark.parametrize("name", ["senate", "senate:109", "voteview:lords:3", "un:assembly:3", ""])
def test_other_names_are_not_found(name):
    assert find(name) is None


def test_voteview_becomes_records(tmp_path):
    for name, data in ps.voteview().items():
        (tmp_path / Path(name).name).write_bytes(data)
    adopt(find("voteview:senate:109"), tmp_path)
    records = load("voteview:senate:109")
    assert records.source.title == "US Senate, Congress 109 (2005-2006)"
    assert dict(records.actors.select("name", "party").iter_rows()) == {
        "ANN, A.": "D",
        "BOB, B.": "R",
    }
    assert records.items["date"].to_list() == [date(2005, 1, 6), date(2005, 1, 26)]
    assert choices(records) == {
        ("100", "RS1090001"): "yea",
        ("200", "RS1090001"): "nay",
        ("100", "RS1090002"): "yea",
        ("200", "RS1090002"): "absent",
    }


@pytest.mark.parametrize("sign", [",", "\t"])
def test_the_assemblys_votes_become_records(given, sign):
    records = given("un:assembly", UN.replace(",", sign))
    assert dict(records.actors.select("actor", "name").iter_rows()) == {
        "2": "United States",
        "20": "Canada",
        "31": "Bahamas",
    }
    assert records.items.columns == [
        "item", "session", "date", "unres", "amend", "short", "me",
    ]  # fmt: skip
    assert records.items["date"].to_list() == [date(1946, 1, 1), date(2020, 12, 31)]
    assert records.items["unres"].to_list() == ["R/1/66", None]
    assert choices(records) == {
        ("2", "3"): "yea",
        ("20", "3"): "nay",
        ("31", "3"): "not_member",
        ("2", "9001"): "abstain",
        ("20", "9001"): "absent",
        ("31", "9001"): "yea",
    }
    assert not records.notes


def test_two_choices_of_one_country_are_unknown_and_counted(given):
    with pytest.warns(FissureWarning, match="1 "):
        records = given(
            "un:assembly", UN + UN.splitlines()[1].replace(",1946,1,", ",1946,3,") + "\n"
        )
    assert choices(records)["2", "3"] == "unknown"
    assert [(note.kind, note.count) for note in records.notes] == [("contradiction", 1)]


def test_a_release_with_the_votes_alone_is_enough(given):
    records = given("un:assembly", "rcid,ccode,vote\n3,2,1\n3,20,3\n")
    assert records.actors.columns == ["actor"]
    assert choices(records) == {("2", "3"): "yea", ("20", "3"): "nay"}


@pytest.mark.parametrize("encoding", ["utf-8", "cp1252"])
def test_the_justices_votes_become_records(given, encoding):
    records = given("scdb:justices", CASE.encode(encoding))
    assert choices(records) == {
        ("HHBurton", "1946-001"): "nay",
        ("RHJackson", "1946-001"): "yea",
        ("HLBlack", "1946-001"): "absent",
        ("WODouglas", "1946-001"): "unknown",
    }
    assert records.items.row(0, named=True) == {
        "item": "1946-001", "case_id": "1946-001", "term": 1946, "date": date(1946, 11, 18),
        "description": "SMITH § v. JONES", "docket": 24, "us_cite": "329 U.S. 1",
        "natural_court": 1301, "issue_area": 8, "decision_direction": 2, "majority_votes": 1,
        "minority_votes": 1,
    }  # fmt: skip
    assert records.actors["justice"].to_list() == [86, 84, 78, 81]


@pytest.mark.parametrize(
    ("again", "items"),
    [
        ("1946-001-02", ["1946-001-01", "1946-001-02"]),
        ("1946-001-01-02", ["1946-001-01-01", "1946-001-01-02"]),
        ("1946-001-01-01-02", ["1946-001-01-01-01", "1946-001-01-01-02"]),
    ],
    ids=["dockets", "issues", "votes"],
)
def test_an_item_is_the_coarsest_on_which_each_justice_votes_once(given, again, items):
    """A second row of each justice, which differs from the first in one level of identifiers."""
    first, *rows = CASE.splitlines()
    other = [row.replace(again[:-1] + "1", again) for row in rows]
    records = given("scdb:justices", "\n".join([first, *rows, *other]) + "\n")
    assert records.items["item"].to_list() == items
    assert records.n_choices == 8


def test_votes_in_the_european_parliament_become_records(given):
    text = (
        "MEPID,MEPNAME,MS,NP,EPG,V1,V2,V3\n1,A,B,11,S,1,2,0\n2,C,D,12,E,2,3,4\n3,E,F,13,E,1,1,5\n"
    )
    records = given("ep:members", text)
    assert records.actors.columns == ["actor", "name", "MS", "NP", "EPG"]
    counts = {"yea": 3, "nay": 2, "abstain": 1, "unknown": 3}
    assert records.counts() | counts == records.counts()


@each
def test_the_codebook_names_every_own_column(entry, given, tmp_path):
    if entry.folder == "voteview":
        return  # its columns are those of the reader, tested there
    text = {"un": UN, "scdb": CASE, "ep": "MEPID,MEPNAME,MS,NP,EPG,V1,V2\n1,A,B,1,S,1,2\n"}
    records = given(entry.name, text[entry.folder])
    for column in [*records.actors.columns[1:], *records.items.columns[1:]]:
        assert f"``{column}``" in entry.read.__doc__


@pytest.mark.real
def test_the_whole_assembly_reads_to_the_counts_of_its_source(given, real_data):
    votes = pl.read_parquet(real_data / "un_general_assembly" / "un_votes.parquet")
    code = pl.col("vote").cast(pl.String).replace_strict({"yes": "1", "abstain": "2", "no": "3"})
    text = votes.select("rcid", pl.col("country").alias("ccode"), code).write_csv()
    records = given("un:assembly", text)
    counts = {"yea": 693544, "abstain": 110893, "nay": 65500}
    assert records.counts() | counts == records.counts()
    assert records.n_actors == 200
