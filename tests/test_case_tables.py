"""Tables of cases by name: the bundled one is whole and legal, the others are taken by hand."""

import hashlib
import re
from pathlib import Path

import numpy as np
import polars as pl
import pytest

import fissure as fs
from fissure.claims.coding import CERTAINTY
from fissure.datasets import CASE_TABLES, REGISTRY, adopt, case_listing, find_cases
from fissure.datasets.case_tables import CASE_PUBLICATIONS
from fissure.errors import ReadError, SettingError

CODINGS = ("success", "elite_split", "defection", "organisation", "state_crisis")
DATED = CODINGS[:3]
FILE = Path(fs.__file__).parent / "datasets" / "data" / "revolutions" / "cases.csv"
CODEBOOK = Path(__file__).parent.parent / "docs" / "revolutions.md"
NAVCO_1_2 = (
    "NAVCOID,CAMPAIGN,LOCATION,BYEAR,EYEAR,SUCCESS,REGCHANGE,DEFECT,PARTICIPATION\n"
    "1.0,Movement A,Country A,1978.0,1979.0,1.0,1.0,1.0,10000.0\n"
    "2.0,Movement B,Country B,1992,1996,0.0,1.0,0.0,\n"
    "3.0,Movement B,Country B,2001,2014,0.0,0.0,,500\n"
)
NAVCO_2_1 = (
    "id,camp_name,year,success,sec_defect,prim_meth\n"
    "1,Movement A,1978,0,0,1\n1,Movement A,1979,1,1,1\n2,Movement B,1992,0,-99,0\n"
    "2,Movement B,1993,0,,1\n"
)


@pytest.fixture(autouse=True)
def _own_cache(tmp_path, monkeypatch):
    monkeypatch.setenv("FISSURE_CACHE", str(tmp_path / "cache"))
    monkeypatch.setenv("FISSURE_OFFLINE", "1")


@pytest.fixture
def given(tmp_path):
    """Takes a text as the file of a table that was fetched by hand, and loads the table."""

    def take(name: str, text: str):
        path = tmp_path / "given.csv"
        path.write_text(text, encoding="utf-8")
        adopt(find_cases(name), path)
        return fs.cases(name)

    return take


def rows() -> list[dict[str, str]]:
    return pl.read_csv(FILE, infer_schema=False).fill_null("").to_dicts()


# -- the bundled table -----------------------------------------------------------------------------


def test_the_table_is_read_as_cases():
    table = fs.cases("revolutions")
    assert table.n_cases == CASE_TABLES["revolutions"].n_cases == len(rows())
    assert 40 <= table.n_cases <= 60
    assert table.columns == CODINGS
    assert table.source.name == "revolutions"
    assert set(table.others["kind"]) == {"attempt", "split only"}


@pytest.mark.parametrize("name", CODINGS)
def test_every_cell_is_legal_and_has_a_source(name):
    for row in rows():
        value, sure = row[name], row[f"{name}_certainty"]
        source, where = row[f"{name}_source"], f"{row['case']}: {name}"
        if not value:
            assert not sure + source + row.get(f"{name}_date", ""), f"{where} is blank"
            continue
        assert value in ("0", "0.33", "0.67", "1"), where
        assert sure in CERTAINTY, where
        assert re.fullmatch(r".+, .+, (1[89]|20)\d\d", source), where


@pytest.mark.parametrize("name", DATED)
def test_dates_are_in_order(name):
    for row in rows():
        start, end = int(row["year_start"]), int(row["year_end"])
        assert 1789 <= start <= end, row["case"]
        date = row[f"{name}_date"]
        if not date:
            assert name != "success", row["case"]
            continue
        assert re.fullmatch(r"\d{4}(-(0[1-9]|1[0-2]))?", date), row["case"]
        if name == "success":
            assert start <= int(date[:4]) <= end, row["case"]
        else:
            assert date[: len(row["success_date"])] <= row["success_date"], row["case"]


@pytest.mark.parametrize("name", ["elite_split", "defection"])
def test_no_condition_begins_after_its_outcome(name):
    table = fs.cases("revolutions")
    assert table.misdated(name, "success") == ()
    absent = [r["case"] for r in rows() if r[name] == "0" and r[f"{name}_date"]]
    assert not absent, "what never was has no date"


def test_there_are_failures_blanks_and_splits_without_revolution():
    table = fs.cases("revolutions")
    success = table.crisp("success")
    assert (success == 0).sum() >= 20
    assert (success == 1).sum() >= 20
    only = table.select(pl.col("kind") == "split only")
    assert only.n_cases >= 5
    assert (only.crisp("success") == 0).all()
    assert (only.crisp("elite_split") == 1).all()
    for name in CODINGS[1:]:
        x = table.crisp(name)
        assert {0, 1} <= set(x[success == 0].tolist()), f"{name} varies among failures"
    assert sum(np.isnan(table.coding(name).value).sum() for name in CODINGS) > 10


def test_each_condition_is_wanting_in_some_success():
    """Nothing that all successes have was chosen for that: the table would be of no use."""
    table = fs.cases("revolutions")
    success = table.crisp("success") == 1
    for name in CODINGS[1:]:
        assert (table.crisp(name)[success] == 0).any(), name


def test_the_codebook_names_every_column_wave_and_value():
    text = CODEBOOK.read_text(encoding="utf-8")
    own = [c for c in rows()[0] if not re.search(r"_(certainty|source|date)$", c)]
    for word in (*own, *{r["cluster"] for r in rows() if r["cluster"]}):
        assert word in text, word
    docstring = CASE_TABLES["revolutions"].load.__doc__
    assert all(f"``{name}``" in docstring for name in own)


def test_what_it_is_is_said_wherever_it_goes():
    entry = CASE_TABLES["revolutions"]
    assert "single-coded" in entry.note
    memory = "coded from memory of the works named, not checked against them page by page"
    codebook = " ".join(CODEBOOK.read_text(encoding="utf-8").split())
    loader = " ".join(entry.load.__doc__.split())
    for text in (entry.note, entry.citation, codebook.replace("**", ""), loader):
        assert memory in text
    assert "single-coded" in fs.cases("revolutions").source.citation
    assert "single-coded" in CODEBOOK.read_text(encoding="utf-8")
    assert "single-coded" in entry.load.__doc__


# -- by name, by path, by hand ---------------------------------------------------------------------


def test_the_listing_has_a_row_for_each():
    table = case_listing()
    assert table["name"].to_list() == list(CASE_TABLES)
    assert not set(CASE_TABLES) & set(REGISTRY)
    assert table["where"].to_list() == ["bundled", *["to be fetched by hand"] * 2]


def test_cases_takes_files_and_dataframes(tmp_path):
    path = tmp_path / "own.csv"
    path.write_text("case,won,split\na,1,0.5\nb,0,1\n", encoding="utf-8")
    assert fs.cases(path).columns == fs.cases(str(path)).columns == ("won", "split")
    assert fs.cases(pl.read_csv(path), codings=["won"]).columns == ("won",)


@pytest.mark.parametrize("entry", CASE_PUBLICATIONS.values(), ids=list(CASE_PUBLICATIONS))
def test_a_table_to_be_fetched_by_hand_says_how(entry, monkeypatch):
    monkeypatch.delenv("FISSURE_OFFLINE")
    with pytest.raises(ReadError) as error:
        fs.cases(entry.name)
    assert entry.page in str(error.value)
    assert f"fissure get {entry.name} --from FILE" in str(error.value)
    assert all(c in str(error.value) for c in entry.files[0].columns)


def test_navco_1_2(given):
    table = given("navco:1.2", NAVCO_1_2)
    assert table.names == (
        "Movement A (Country A, 1978)",
        "Movement B (Country B, 1992)",
        "Movement B (Country B, 2001)",
    )
    assert table.date.tolist() == [1979, 1996, 2014]
    assert table.crisp("DEFECT").tolist() == [1, 0, -1]
    assert table.select(pl.col("REGCHANGE") == 1).n_cases == 2
    assert table.source.name == "navco:1.2"
    assert "given.csv" in table.source.citation


def test_a_publishers_file_is_known_by_its_columns(tmp_path):
    path = tmp_path / "mine.csv"
    path.write_text(NAVCO_1_2, encoding="utf-8")
    table = fs.cases(path)
    assert table.source.name == "navco:1.2"
    assert table.source.sha256 == hashlib.sha256(path.read_bytes()).hexdigest()
    assert table.names == fs.cases(str(path)).names
    few = tmp_path / "few.csv"
    few.write_text("case,success,sec_defect,id\nA,1,0,1\nB,0,1,2\n", encoding="utf-8")
    assert fs.cases(few).names == ("A", "B")  # three common names make no publisher


@pytest.mark.real
def test_navco_as_it_lies_on_a_disk(real_data):
    assert fs.cases(real_data / "navco" / "navco_1_2.csv").n_cases == 389


def test_navco_2_1_is_taken_together_by_campaign(given):
    table = given("navco:2.1", NAVCO_2_1)
    assert table.names == ("Movement A [1]", "Movement B [2]")
    assert table.crisp("success").tolist() == [1, 0]
    assert table.crisp("sec_defect").tolist() == [1, -1]
    assert table.crisp("nonviolent").tolist() == [1, 0]
    assert table.number("year_start").tolist() == [1978, 1992]


@pytest.mark.real
def test_security_forces_defected_in_53_of_117_successes(given, real_data):
    text = (real_data / "navco" / "navco_1_2.csv").read_text(encoding="utf-8")
    table = given("navco:1.2", text)
    assert table.n_cases == 389
    change = table.select(pl.col("REGCHANGE") == 1)
    success = change.crisp("SUCCESS") == 1
    assert (success.sum(), (change.crisp("DEFECT")[success] == 1).sum()) == (117, 53)


@pytest.mark.real
def test_navco_2_1_has_384_campaigns(given, real_data):
    text = (real_data / "navco" / "navco_2_1_derived.csv").read_text(encoding="utf-8")
    assert given("navco:2.1", text).n_cases == 384


@pytest.mark.parametrize(
    ("call", "kind", "message"),
    [
        (
            lambda: fs.cases("revolution"),
            ReadError,
            "no table of cases and no file is called 'revolution'; did you mean 'revolutions'? The "
            "tables are revolutions, navco:1.2, navco:2.1",
        ),
        (
            lambda: fs.load("revolutions"),
            ReadError,
            "'revolutions' is a table of cases, not of choices; fs.cases('revolutions') loads it",
        ),
        (
            lambda: fs.cases("revolutions", case="case"),
            SettingError,
            "'revolutions' has a name and takes no options, got case",
        ),
    ],
)
def test_what_is_refused(call, kind, message):
    with pytest.raises(kind) as error:
        call()
    assert str(error.value) == message


def test_a_case_of_the_bundled_table_ends_in_the_year_of_its_outcome():
    frame = pl.read_csv(FILE, infer_schema=False)
    dated = frame.filter(pl.col("success_date") != "")
    years = dated["success_date"].str.slice(0, 4)
    assert dated.filter(years != dated["year_end"])["case"].to_list() == []
