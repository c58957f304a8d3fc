"""Cases: what a cell may say, which column is what, and errors that name case and column."""

import numpy as np
import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st

import fissure as fs
from fissure.claims.coding import CERTAINTY, cell_of, certainty_of, span_of
from fissure.errors import DataError, ReadError, SettingError

TABLE = {
    "case": ["Paris 1848", "Vienna 1848", "Berlin 1989"],
    "wave": ["1848", "1848", "1989"],
    "year": ["1848", "1848", "1989"],
    "split": ["yes", "0.4..0.8", "1|0|1"],
    "split_date": ["1847", "1849-02", "1989-03-01"],
    "split_certainty": ["high", "0.5", ""],
    "split_source": ["Tocqueville", "", "Maier"],
    "army@ann": ["1", "0", "1"],
    "army@bob": ["1", "1", ""],
    "won": ["1", "0", "1"],
    "won_date": ["1848-02-24", "1848-10-31", "1989"],
    "kind": ["street", "siege", "street"],
    "crowd": ["50000", "2000", ""],
}


def cases(**changed):
    return fs.Cases.read(pl.DataFrame({**TABLE, **changed}))


def read_error(table, **settings):
    with pytest.raises(ReadError) as caught:
        fs.Cases.read(pl.DataFrame(table), **settings)
    return str(caught.value)


def test_every_kind_of_cell():
    split = cases().coding("split")
    assert split.value.tolist() == pytest.approx([1, 0.6, 2 / 3])
    assert split.low.tolist() == [1, 0.4, 0]
    assert split.high.tolist() == [1, 0.8, 1]
    # a crisp cell among votes is one vote, a range is none
    assert split.votes.tolist() == [[1, -1, -1], [-1, -1, -1], [1, 0, 1]]
    assert split.certainty[:2].tolist() == [CERTAINTY["high"], 0.5]
    assert np.isnan(split.certainty[2])
    assert split.source == ("Tocqueville", "", "Maier")
    army = cases().coding("army")
    assert army.coders == ("ann", "bob")
    assert army.votes.tolist() == [[1, 1], [0, 1], [1, -1]]
    assert army.value.tolist() == [1, 0.5, 1]
    won = cases().coding("won")
    assert won.votes is None
    assert won.is_crisp


@pytest.mark.parametrize(
    ("text", "value"),
    [("Yes", 1), ("FALSE", 0), ("absent", 0), ("t", 1), (".25", 0.25), ("1e-1", 0.1), ("1.0", 1)],
)
def test_words_and_numbers(text, value):
    cell = cell_of(text)
    assert (cell.value, cell.low, cell.high) == (value, value, value)


@pytest.mark.parametrize("text", ["", " ", "?", "NA", "unknown", "NaN", "-"])
def test_a_blank_is_unknown(text):
    assert np.isnan(cell_of(text).value)
    assert np.isnan(certainty_of(text))


@pytest.mark.parametrize(
    "text", ["2", "-0.1", "maybe", "0.8..0.4", "0.5..1.5", "1|0.5", "1848-1849"]
)
def test_what_is_no_coding(text):
    assert cell_of(text) is None


@given(st.floats(0, 1), st.floats(0, 1))
def test_a_range_holds_its_middle(a, b):
    low, high = sorted((a, b))
    for sign in ("..", " - ", "–"):
        cell = cell_of(f"{low}{sign}{high}")
        assert (cell.low, cell.high) == (low, high)
        assert low <= cell.value <= high


def test_which_column_is_what():
    c = cases()
    assert c.names == ("Paris 1848", "Vienna 1848", "Berlin 1989")
    assert c.columns == ("split", "won", "army")
    assert c.others.columns == ["kind", "crowd"]
    assert c.cluster.tolist() == ["1848", "1848", "1989"]
    assert c.date.tolist() == [1848, 1848, 1989]
    assert c.source.name == "dataframe"
    assert len(c.source.sha256) == 64
    assert repr(c) == "Cases(dataframe: 3 cases, 3 codings: split, won, army)"


def test_negation_is_its_own_inverse():
    c = cases()
    assert c.coding("~split").low.tolist() == pytest.approx([0, 0.2, 0])
    assert c.coding("~army").votes.tolist() == [[0, 0], [1, 0], [0, -1]]
    twice = c.coding("~~split")
    assert twice.value.tolist() == pytest.approx(c.coding("split").value.tolist())
    assert twice.name == "split"


def test_categories_and_numbers():
    c = cases(kind=["Street", "siege", ""])
    assert c.coding("kind=street").value[:2].tolist() == [1, 0]
    assert np.isnan(c.coding("kind=street").value[2])
    assert c.coding("won=0").value.tolist() == [0, 1, 0]
    assert c.number("crowd")[:2].tolist() == [50000, 2000]
    typed = fs.Cases.read(pl.DataFrame({"case": ["a", "b"], "type": [1.0, 2.0]}))
    assert typed.coding("type=2").value.tolist() == [0, 1]


def test_a_condition_must_precede_its_outcome():
    c = cases()
    # a year before, a month after, and the same year (no order known)
    assert c.order("split", "won").tolist() == [1, -1, 0]
    assert c.misdated("split", "won") == ("Vienna 1848",)
    said = cases(split_before=["no", "", "yes"])
    assert said.order("split", "won").tolist() == [-1, -1, 1]
    # an outcome without a date of its own has that of the case
    assert c.order("split", "army").tolist() == [1, -1, 0]
    assert c.order("army", "won").tolist() == [0, 0, 0]


@pytest.mark.parametrize(
    ("text", "start", "end"),
    [
        ("1917", 1917, 1918),
        ("1917.0", 1917, 1918),
        ("1917-07", 1917.5, 1917 + 7 / 12),
        ("-44", -44, -43),
    ],
)
def test_moments(text, start, end):
    assert span_of(text) == pytest.approx((start, end))


def test_days_are_in_order_and_inside_their_month():
    assert span_of("1989-11-09")[0] < span_of("1989-11-10")[0] < span_of("1989-12")[0]
    assert span_of("1989-11-30")[1] <= span_of("1989-12")[0]
    assert span_of("1989-13") is None


def test_crisp_leaves_the_line_open():
    c = cases(split=["0.5", "0.51", "0.49"])
    assert c.crisp("split").tolist() == [-1, 1, 0]
    assert c.crisp("split", 0.505).tolist() == [0, 1, 0]
    with pytest.raises(SettingError, match=r"threshold must be between 0 and 1, got 1"):
        c.crisp("split", 1)


def test_selecting():
    c = cases()
    assert c.select(pl.col("cluster") == "1848").names == ("Paris 1848", "Vienna 1848")
    assert c.select(np.array([False, True, True])).coding("split").source == ("", "Maier")
    some = c.select(["Berlin 1989"])
    assert some.coding("army").votes.tolist() == [[1, -1]]
    assert some.others["kind"].to_list() == ["street"]
    with pytest.raises(DataError, match="no case of dataframe is left by this selection"):
        c.select(pl.col("won") > 1)
    with pytest.raises(DataError, match="there is no case 'Rome' in dataframe"):
        c.select(["Rome"])


def test_a_coding_can_be_added():
    c = cases().with_coding("crowd", [1, 0.2, np.nan])
    assert c.coding("crowd").value[:2].tolist() == [1, 0.2]
    assert c.others.columns == ["kind"]
    with pytest.raises(
        DataError, match=r"coding 'crowd': case 'Vienna 1848' got 2; allowed: a num"
    ):
        c.with_coding("crowd", [1, 2, 0])
    with pytest.raises(DataError, match=r"must have 3 values, one a case, got shape \(1,\)"):
        c.with_coding("crowd", [1])


def test_frame_has_ranges_and_the_rest():
    frame = cases().to_frame()
    assert frame["split_low"].to_list() == [1, 0.4, 0]
    assert frame["kind"].to_list() == ["street", "siege", "street"]
    assert "won_low" not in frame.columns


def test_cells_that_cannot_be_read_name_case_and_column():
    told = read_error({**TABLE, "split": ["yes", "perhaps", "1"]})
    assert told.startswith("dataframe, row 2, column 'split': case 'Vienna 1848': got 'perhaps'; ")
    told = read_error({**TABLE, "split_certainty": ["", "", "sure"]})
    assert told == (
        "dataframe, row 3, column 'split_certainty': case 'Berlin 1989': got 'sure'; "
        "allowed: 0 to 1, low, medium or high"
    )
    told = read_error({**TABLE, "army@bob": ["1", "0.5", ""]})
    assert told == (
        "dataframe, row 2, column 'army@bob': case 'Vienna 1848': got '0.5'; "
        "allowed: 1 or 0, blank for none"
    )
    told = read_error({**TABLE, "split_date": ["spring", "", ""]})
    assert "case 'Paris 1848': got 'spring'; allowed: a year, or year-month-day" in told


def test_columns_that_are_no_codings_say_what_to_do():
    c = cases(gap=["", "", ""])
    for name, words in (
        ("crowd", "got '50000'; allowed: a number from 0 to 1.*; for other numbers calibrate the"),
        ("kind", "case 'Paris 1848': got 'street'; .* ask for one as kind=street"),
        ("gap", "column 'gap': no case is coded in this column"),
        ("slpit", "there is no column 'slpit' for a coding; .*; did you mean 'split'"),
        ("kind=sea", r"no case has 'sea' in this column; it holds 'siege', 'street'"),
        ("split=2", "'split=2' asks for a category, but this column is a coding from 0 to 1"),
    ):
        with pytest.raises(ReadError, match=words):
            c.coding(name)
    with pytest.raises(ReadError, match="case 'Paris 1848': got 'street'; allowed: a number"):
        c.number("kind")
    assert "column 'crowd': case 'Paris 1848': got '50000'" in read_error(TABLE, codings=["crowd"])


def test_a_case_is_listed_once():
    twice = {"case": ["a", "b", "a"], "x": [1, 0, 0]}
    assert read_error(twice) == (
        "dataframe, row 3, column 'case': case 'a' is listed twice: row 1 has the same case and "
        "contradicts it in column 'x': '1' there, '0' here; keep one row, or name several columns "
        "that together tell cases apart with case="
    )
    assert "row 1 has the same case; keep" in read_error({**twice, "x": [1, 0, 1]})
    assert "row 2, column 'case': a case without a name" in read_error(
        {"case": ["a", ""], "x": [1, 0]}
    )
    both = fs.Cases.read(pl.DataFrame({**twice, "y": [1, 2, 3]}), case=("case", "y"))
    assert both.names == ("a, 1", "b, 2", "a, 3")


def test_empty_and_strange_tables():
    assert "the table has no cases" in read_error({"case": []})
    told = read_error({"a": ["1"], "a@k": ["1"]})
    assert "both a column 'a' and columns a@coder; keep one of the two" in told
    told = read_error({"case": ["p"], "since": ["May"]}, date="since")
    assert told.endswith("column 'since': case 'p': got 'May'; allowed: a year, or a date")


def test_constant_columns_are_known():
    c = cases(split=["1", "1", ""])
    assert c.coding("split").value[:2].tolist() == [1, 1]
    assert c.coding("split").known.tolist() == [True, True, False]


def test_from_files(tmp_path):
    csv = tmp_path / "wave.csv"
    csv.write_text("\ufeffcase;split\nÉire;0,5\nb;1\n".replace("0,5", "0.5"), encoding="utf-8")
    c = fs.Cases.read(csv)
    assert c.names == ("Éire", "b")
    assert c.source.name == "wave.csv"
    parquet = tmp_path / "wave.parquet"
    pl.DataFrame({"case": ["a", "b"], "split": [0.5, None]}).write_parquet(parquet)
    assert fs.Cases.read(parquet).coding("split").known.tolist() == [True, False]
    csv.write_text("case,split\na,1\nb\n", encoding="utf-8")
    with pytest.raises(ReadError, match=r"wave\.csv, row 2: 1 fields, but the header has 2"):
        fs.Cases.read(csv)
    csv.write_text("case,split,split_certainty\na,7,1\n", encoding="utf-8")
    with pytest.raises(ReadError, match=r"wave\.csv, row 1, column 'split': case 'a': got '7'"):
        fs.Cases.read(csv)


def test_pandas_is_read_too():
    pandas = pytest.importorskip("pandas")
    c = fs.Cases.read(pandas.DataFrame({"case": ["a", "b"], "x": [True, False], "y": [0.5, None]}))
    assert c.coding("x").value.tolist() == [1, 0]
    assert c.coding("y").known.tolist() == [True, False]


@pytest.mark.real
def test_published_tables(real_data):
    sets = real_data / "qca_sets"
    drives = fs.Cases.read(sets / "qca_RS.csv")
    rec, allies = drives.coding("REC").value, drives.coding("E").value
    assert (rec.sum(), (rec * allies).sum()) == (7, 7)
    assert fs.Cases.read(sets / "qca_LR.csv").others.columns[-1] == "SURV"
    navco = fs.Cases.read(
        real_data / "navco" / "navco_1_2.csv", case=("CAMPAIGN", "LOCATION", "BYEAR")
    ).select(pl.col("REGCHANGE") == 1)
    won, defect = navco.coding("SUCCESS").value, navco.coding("DEFECT").value
    # the figures of ../shared/data/navco/README.md
    assert (np.nansum(won), np.nansum(won * defect)) == (117, 53)


@pytest.mark.parametrize(
    ("cell", "hint"),
    [
        ("0,8", "write 0.8"),
        ("80%", "write 0.8"),
        ("0.8..0.2", "write 0.2..0.8"),
        ("army", "for categories ask for one as split=army"),
        ("7", "for other numbers calibrate the column"),
    ],
)
def test_how_a_cell_must_be_written(cell, hint):
    table = {"case": ["a", "b"], "split": [cell, "0"]}
    assert hint in read_error(table, codings=["split"])


def test_cells_with_different_numbers_of_votes_are_refused():
    table = {"case": ["a", "b", "c"], "split": ["1", "1|0|1", "0|1"]}
    assert read_error(table) == (
        "dataframe, row 3, column 'split': case 'c': 2 votes, but case 'b' has 3; write ? for a "
        "coder who did not vote"
    )
    assert fs.Cases.read(pl.DataFrame({**table, "split": ["1", "1|0|1", "0|1|?"]})).coding(
        "split"
    ).votes.shape == (3, 3)


def test_companions_say_how_a_cell_must_be_written():
    table = {"case": ["a"], "split": ["1"], "split_certainty": ["80%"]}
    assert read_error(table).endswith("got '80%'; allowed: 0 to 1, low, medium or high; write 0.8")
    table = {"case": ["a"], "split": ["0.8..0.2"], "split_source": ["Smith"]}
    assert read_error(table).endswith("blank where nothing is known; write 0.2..0.8")


@pytest.mark.parametrize("text", ["1989-02-29", "1989-04-31", "1989-13-01", "1989-01-00"])
def test_a_day_that_is_not_in_the_calendar_is_no_date(text):
    assert span_of(text) is None
    assert span_of("1988-02-29") is not None
