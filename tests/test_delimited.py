"""Tables in text, Parquet and Arrow: what is recognised, what is refused, and with which words."""

import contextlib
import gzip
import warnings

import numpy as np
import polars as pl
import pytest
import zstandard

from fissure.errors import FissureWarning, ReadError, SettingError
from fissure.readers import read
from fissure.readers.meanings import ALLOWED

HEAD = "member,bill,vote\n"


@pytest.fixture
def put(tmp_path, monkeypatch):
    """Write a file into an empty working folder and hand back its name."""
    monkeypatch.chdir(tmp_path)

    def write(name: str, data) -> str:
        (tmp_path / name).write_bytes(data if isinstance(data, bytes) else data.encode())
        return name

    return write


def table(records) -> list[tuple[str, str, str]]:
    """Choices with their identifiers."""
    actor, item = records.actors["actor"], records.items["item"]
    return [(actor[a], item[j], y) for a, j, y in records.choices.iter_rows()]


def refused(path, **options) -> str:
    with pytest.raises(ReadError) as error:
        read(path, **options)
    return str(error.value)


def warned(path, **options):
    with pytest.warns(FissureWarning) as caught:
        records = read(path, **options)
    assert [str(w.message) for w in caught] == [n.message for n in records.notes]
    assert records.source.n_rows == records.n_choices + records.n_dropped
    return records


# What is recognised


@pytest.mark.parametrize("sign", [",", "\t", ";", "|"])
def test_four_delimiters_are_recognised(put, sign):
    text = (HEAD + "ann,x,yea\nbob,x,nay\n").replace(",", sign)
    assert table(read(put("v.txt", text))) == [("ann", "x", "yea"), ("bob", "x", "nay")]


@pytest.mark.parametrize(
    "wrap",
    [
        gzip.compress,
        lambda b: zstandard.ZstdCompressor().compress(b),
        lambda b: b"\xef\xbb\xbf" + b,
        lambda b: b.decode().encode("utf-16"),
        lambda b: b.replace(b"\n", b"\r\n"),
        lambda b: b.replace(b"\n", b"\r"),
        lambda b: b.rstrip(b"\n"),
        lambda b: b + b"\n\n",
        lambda b: b.replace(b",", b" , "),
    ],
)
def test_the_same_table_in_other_wrappings(put, wrap):
    r = read(put("v.csv", wrap((HEAD + "José,x,yea\nbob,x,nay\n").encode())))
    assert table(r) == [("José", "x", "yea"), ("bob", "x", "nay")]


@pytest.mark.parametrize(
    ("words", "meaning"),
    [
        (("yea", "Aye", "YES", "for", "y", "1", "1.0", "+1", "In favour"), "yea"),
        (("nay", "No", "against", "n", "0", "0.0", "Opposed"), "nay"),
        (("abstain", "Abstained", "abstention"), "abstain"),
        (("present", "Present, not voting"), "present"),
        (("absent", "Not voting", "not_voting", "NV", "missing", "", "NA"), "absent"),
        (("not a member", "not_member", "notInLegis"), "not_member"),
    ],
)
def test_words_of_each_meaning(put, words, meaning):
    rows = "".join(f'a{i},x,"{word}"\n' for i, word in enumerate(words))
    r = read(put("v.csv", HEAD + rows + "b,x,1\nc,x,0\n"))
    assert [y for _, _, y in table(r)][: len(words)] == [meaning] * len(words)


def test_plus_and_minus_one_and_a_zero_that_says_nothing(put):
    r = read(put("v.csv", HEAD + "a,x,1\nb,x,-1\nc,x,0\n"))
    assert [y for *_, y in table(r)] == ["yea", "nay", "unknown"]
    assert r.codes == {"-1": "nay", "0": "unknown", "1": "yea"}
    assert r.notes == ()


def test_cast_codes_by_the_name_of_the_column_and_by_the_numbers(put):
    expected = ["not_member"] + ["yea"] * 3 + ["nay"] * 3 + ["present"] * 2 + ["absent"]
    rows = "".join(f"a{i},x,{i}\n" for i in range(10))
    for head in ("member,bill,cast_code\n", HEAD):
        assert [y for *_, y in table(read(put("v.csv", head + rows)))] == expected


def test_the_users_own_codes_come_first(put):
    path = put("v.csv", HEAD + "a,x,1\nb,x,2\nc,x,3\n")
    r = read(path, codes={"1": "yea", "2": "abstain", 3: "nay"})
    assert [y for *_, y in table(r)] == ["yea", "abstain", "nay"]
    with pytest.raises(SettingError) as error:
        read(path, codes={1: "jes"})
    assert str(error.value) == (
        "codes: 1 is given the meaning 'jes'; allowed are yea, nay, abstain, present, absent, "
        "not_member, unknown"
    )


def test_columns_by_argument_and_a_close_name(put):
    path = put("v.csv", "foo,bar,baz\na,x,yea\nb,x,nay\n")
    assert table(read(path, actor="foo", item="bar", choice="baz"))[0] == ("a", "x", "yea")
    assert refused(path, actor="fooo", item="bar", choice="baz") == (
        "v.csv: there is no column 'fooo' for actor; the columns are 'foo', 'bar'; did you mean "
        "'foo'?"
    )


def test_congress_chamber_and_number_make_one_item(put):
    text = "congress,chamber,rollnumber,icpsr,vote\n1,House,7,a,1\n1,Senate,7,a,0\n2,House,7,a,0\n"
    r = read(put("v.csv", text))
    assert r.items["item"].to_list() == ["1-House-7", "1-Senate-7", "2-House-7"]
    assert r.items.columns == ["item", "congress", "chamber", "rollnumber"]


def test_own_columns_go_to_whom_they_describe(put):
    text = (
        "member,party,bill,date,vote,mood\n"
        "a,D,x,2001-01-02,yea,1\nb,R,x,2001-01-02,nay,2\na,D,y,2001-03-04,nay,3\nb,R,y,2001-03-04,nay,4\n"
    )
    r = read(put("v.csv", text))
    assert r.actors.rows() == [("a", "D"), ("b", "R")]
    assert r.items.schema["date"] == pl.Date
    assert r.items["date"].dt.year().to_list() == [2001, 2001]
    (note,) = r.notes
    assert (note.kind, note.count, note.dropped) == ("column_left_out", 4, False)
    assert (
        note.message == "v.csv: not kept, because they vary within actors and within items: 'mood'"
    )


def test_numbers_that_identify_lose_their_fraction_only(put):
    r = read(put("v.csv", HEAD + "10.0,007,1\n11.0,007,0\n"))
    assert r.actors["actor"].to_list() == ["10", "11"]
    assert r.items["item"].to_list() == ["007"]


def test_names_are_kept_as_they_are(put):
    names = [
        "<script>alert(1)</script>",
        "=cmd|' /C calc'!A0",
        "a\nb",
        'he said "no"',
        "NA",
        "null",
    ]
    rows = "".join('"{}",x,1\n'.format(n.replace('"', '""')) for n in names)
    assert read(put("v.csv", HEAD + rows)).actors["actor"].to_list() == names


def test_companion_tables_are_joined_on_the_identifier(put):
    put("people.csv", "member,name,party\nc,Cy,X\na,Ann,Y\n")
    calls = pl.DataFrame({"bill": ["x"], "date": ["2001-02-03"]})
    path = put("v.csv", HEAD + "a,x,yea\nb,x,nay\n")
    r = read(path, actors="people.csv", items=calls)
    assert r.actors.rows() == [("c", "Cy", "X"), ("a", "Ann", "Y"), ("b", None, None)]
    assert r.items["date"].dtype == pl.Date
    assert [n.kind for n in r.notes] == ["actor_not_listed"]
    assert table(r) == [("a", "x", "yea"), ("b", "x", "nay")]


@pytest.mark.parametrize("write", [pl.DataFrame.write_parquet, pl.DataFrame.write_ipc])
def test_binary_tables_are_known_by_their_first_bytes(put, tmp_path, write):
    frame = pl.DataFrame(
        {"mp": pl.Series(["a", "b"], dtype=pl.Categorical), "bill": [1, 1], "vote": [True, False]}
    )
    write(frame, tmp_path / "v.csv")
    assert table(read("v.csv")) == [("a", "1", "yea"), ("b", "1", "nay")]


def test_batches_number_identifiers_as_one_pass_does(put, monkeypatch):
    rows = "".join(f"m{i * 7 % 11},r{i % 13},{i % 2}\n" for i in range(143))
    path = put("v.csv", HEAD + rows)
    whole = read(path)
    monkeypatch.setattr("fissure.readers.walk.BATCH", 10)
    assert read(path).choices.equals(whole.choices)


# Wide tables


def test_one_row_an_actor(put):
    text = "id,party,member,rc1,rc2,rc3\n7,1.0,Ann,1,0,\n8,0.0,Bob,,1,0\n"
    r = read(put("v.csv", text))
    assert r.actors.rows() == [("7", 1, "Ann"), ("8", 0, "Bob")]
    assert r.actors.columns == ["actor", "party", "name"]
    assert r.items["item"].to_list() == ["rc1", "rc2", "rc3"]
    assert r.counts() | {"unknown": 2, "yea": 2, "nay": 2} == r.counts()
    assert r.source.format == "wide-actors"


def test_one_row_an_item_without_a_name(put):
    r = read(put("v.csv", "Rehn,Stev,Oco,term\n0,1,1,1994\n1,1,,1995\n0,0,1,1995\n"))
    assert r.source.format == "wide-items"
    assert r.actors["actor"].to_list() == ["Rehn", "Stev", "Oco"]
    assert r.items.rows() == [("1", 1994), ("2", 1995), ("3", 1995)]


def test_words_in_wide_tables_and_a_stray_one(put):
    rows = "".join(f"b{k},yes,no,no\n" for k in range(30))
    path = put("v.csv", "bill,Ann,Bob,Cy\n" + rows + "z,perhaps,no,abstain\n")
    r = warned(path, layout="wide-items")
    assert r.counts()["unknown"] == 1
    assert r.counts()["abstain"] == 1


def test_an_actor_with_two_rows_in_a_wide_table(put):
    path = put("v.csv", "mp,v1,v2,v3\na,1,0,\na,1,0,0\n")
    assert refused(path) == (
        "v.csv, row 2, column 'mp': actor 'a' has more than one row, 1 and 2; each actor has one "
        "row "
        "in a wide table"
    )


def test_a_wide_table_without_choices(put):
    assert refused(put("v.csv", "mp,v1\na,q\nb,w\n"), layout="wide-actors") == (
        "v.csv: no column holds choices among 'mp', 'v1'; if the codes are unusual, say what they "
        "mean with codes="
    )


# Rows that need a remark


def test_rows_that_repeat_are_counted(put):
    r = warned(put("v.csv", HEAD + "a,x,yea\nb,x,nay\na,x,yea\n"))
    assert r.notes[0].message == (
        "v.csv: 1 row left out, the same as an earlier row; the first is row 3, 'a' on 'x'"
    )
    assert r.n_dropped == 1


def test_rows_that_contradict_are_refused_or_settled(put):
    path = put("v.csv", HEAD + "a,x,yea\nb,x,nay\na,x,nay\na,x,yea\n")
    assert refused(path) == (
        "v.csv, row 3: 'a' on 'x' is yea in row 1 and nay in row 3; pass duplicates='first', "
        "'last' "
        "or 'unknown' to settle it"
    )
    for way, choice in (("first", "yea"), ("last", "yea"), ("unknown", "unknown")):
        r = warned(path, duplicates=way)
        assert {a: y for a, _, y in table(r)} == {"a": choice, "b": "nay"}
        assert (r.notes[0].kind, r.notes[0].count) == ("contradiction", 2)
    with pytest.raises(SettingError) as error:
        read(path, duplicates="any")
    assert str(error.value) == "duplicates must be one of error, first, last, unknown, got 'any'"


def test_unknown_codes_are_kept_as_unknown(put):
    r = warned(put("v.csv", HEAD + "a,x,yea\nb,x,maybe\nc,x,nay\nd,x,Jein\n"))
    assert [y for *_, y in table(r)] == ["yea", "unknown", "nay", "unknown"]
    assert r.notes[0].message == (
        "v.csv, row 2, column 'vote': 2 choices with an unknown code, kept as unknown; the first "
        "is "
        f"'maybe'; allowed are {ALLOWED}"
    )
    assert r.n_dropped == 0


def test_mostly_unknown_codes_are_refused(put):
    assert refused(put("v.csv", HEAD + "a,x,1\nb,x,2\nc,x,3\n")) == (
        "v.csv, row 1, column 'vote': 3 of 3 choices have an unknown code; the first is '1'; "
        f"allowed are {ALLOWED}"
    )


def test_rows_without_an_identifier_are_counted_or_refused(put):
    r = warned(put("v.csv", HEAD + "a,x,yea\n,x,nay\nb,x,yea\n\nc,,yea\nd,x,nay\ne,x,nay\n"))
    assert r.notes[0].message == (
        "v.csv, row 2, column 'member': 3 rows left out without an actor or an item; the first has "
        "no actor"
    )
    assert (r.source.n_rows, r.n_choices) == (7, 4)
    assert refused(put("v.csv", HEAD + "a,,yea\nb,,nay\nc,x,nay\n")) == (
        "v.csv, row 1, column 'bill': 2 of 3 rows without an actor or an item, the first lacks the "
        "item; every row needs both"
    )


def test_limits_that_can_be_read(put):
    assert read(put("v.csv", HEAD + "a,x,yea\n")).n_choices == 1
    assert read(put("v.csv", HEAD + "a,x,absent\nb,x,\n")).counts()["absent"] == 2
    mixed = read(put("v.csv", HEAD + "a,x,1\nb,x,yes\nc,x,0\nd,x,No\n"))
    assert [y for *_, y in table(mixed)] == ["yea", "yea", "nay", "nay"]


def test_a_table_without_items_is_one_item_if_nobody_repeats(put):
    r = read(put("v.csv", "member,position\na,For\nb,Against\n"))
    assert r.items["item"].to_list() == ["1"]
    assert r.notes[0].message == "v.csv: no column of items; all rows are one item, named '1'"
    assert refused(put("v.csv", "member,position\na,For\na,Against\n")) == (
        "v.csv: no column of the item is recognised among 'member', 'position'; name it with item="
    )


# Files that are refused


@pytest.mark.parametrize(
    ("data", "message"),
    [
        (b"", "v.csv: the file is empty; a header and rows are expected"),
        (b" \n\n", "v.csv: the file holds only blanks; a header and rows are expected"),
        (HEAD.encode(), "v.csv: a header, but no rows"),
        (
            b"member:bill:vote\na:x:yea\n",
            "v.csv: one column only, 'member:bill:vote'; columns are told apart by comma, tab, "
            "semicolon or |, or by what delimiter= says",
        ),
        (
            b"a,b\n1,2\n\xff\xe9,3\n",
            "v.csv, row 2: byte 0xff is not UTF-8; if the file is in another encoding, pass "
            "encoding='latin-1' or encoding='cp1252'",
        ),
        (
            b"a,b\n1,2\n1,\x003\n",
            "v.csv, row 2: a NUL byte; the file is damaged, binary, or UTF-16 without a mark (then "
            "pass encoding='utf-16-le')",
        ),
        (
            b"member,bill,vote\na,x,yea\nb,x\n",
            "v.csv, row 2: 2 fields, but the header has 3 (told apart by ',')",
        ),
        (
            b"member,bill,vote\na,x,yea\nb,x,nay,,\n",
            "v.csv, row 2: 5 fields, but the header has 3 (told apart by ',')",
        ),
        (b'member,bill,vote\n"a,x,yea\n', 'v.csv: a quote sign (") is opened and not closed'),
        (b"m,m,vote\na,x,1\n", "v.csv, row 0, column 'm': the header has this name twice"),
        (b"m,,vote\na,x,1\n", "v.csv, row 0: column 2 of the header has no name"),
        (
            b"foo,bar\na,b\n",
            "v.csv: no columns of actor, item and choice are recognised among 'foo', 'bar'; name "
            "them "
            "with actor=, item= and choice=, or say layout='wide-actors' or 'wide-items'",
        ),
        (b"\x89PNG\r\n\x1a\n\0", "v.csv: by its first bytes this is a PNG image"),
        (
            b"PK\x03\x04xx",
            "v.csv: by its first bytes this is a zip or Excel file (.xlsx); export the sheet as "
            "CSV",
        ),
        (
            b"<!DOCTYPE html>",
            "v.csv: by its first bytes this is a web page or XML, perhaps an error page saved in "
            "place of the data; download the file again",
        ),
        (b'{"a": 1}', "v.csv: by its first bytes this is JSON; a table with columns is expected"),
        (b"BZh91AY", "v.csv: bzip2 compression is not read; use .gz, .zst or none"),
    ],
)
def test_one_clear_error(put, data, message):
    assert refused(put("v.csv", data)) == message


def test_compressed_files_that_end_early(put):
    text = (HEAD + "".join(f"a{i},x,yea\n" for i in range(200_000))).encode()
    assert refused(put("v.csv.gz", gzip.compress(text)[:-30])).startswith(
        "v.csv.gz: the gzip data end early, after "
    )
    packed = zstandard.ZstdCompressor(write_checksum=True).compress(text)
    assert refused(put("v.csv.zst", packed[:-30])).startswith(
        "v.csv.zst: the zstd data end early, after "
    )
    middle = len(packed) // 2
    broken = packed[:middle] + b"\xff" * 40 + packed[middle + 40 :]
    assert refused(put("v.csv.zst", broken)).startswith(
        "v.csv.zst: the zstd data are damaged after "
    )
    assert (
        refused(put("v.csv.gz", gzip.compress(b"")))
        == "v.csv.gz: the compressed file holds no text"
    )
    inner = gzip.compress(gzip.compress(b"a,b\n"))
    assert refused(put("v.csv.gz", inner)) == (
        "v.csv.gz: inside the compression this is a gzip file; unpack it first"
    )


def test_a_parquet_file_that_is_cut_off(put, tmp_path):
    pl.DataFrame({"mp": ["a"], "bill": [1], "vote": [1]}).write_parquet(tmp_path / "v.parquet")
    data = (tmp_path / "v.parquet").read_bytes()
    assert refused(put("v.parquet", data[:-9])).startswith(
        "v.parquet: the contents are damaged or cut off: "
    )


def test_one_endless_line_is_refused_before_it_is_read(put):
    assert refused(put("v.csv", b"x" * 20_000_000)) == (
        "v.csv: no line break in the first 9,437,184 bytes; a table with one row a line is expected"
    )
    long = (HEAD + "a,x," + "y" * 9_000_000 + "\n").encode()
    assert refused(put("v.csv", long)) == (
        "v.csv, row 1: a row longer than 8,388,608 bytes; a line end or a closing quote sign may "
        "be missing"
    )


def test_missing_files_folders_and_settings(put, tmp_path):
    assert refused("none.csv") == "none.csv: no such file"
    (tmp_path / "folder").mkdir()
    assert refused("folder", format="delimited") == (
        "folder: this is a folder; name the file in it"
    )
    path = put("v.csv", HEAD + "a,x,1\n")
    for options, message in (
        (
            {"format": "excel"},
            "format must be one of delimited, voteview, ord, rollcall, got 'excel'",
        ),
        ({"layout": "tall"}, "layout must be one of long, wide-actors, wide-items, got 'tall'"),
        ({"colour": 1}, "'colour' is not an option of delimited; allowed are encoding, delimiter"),
        ({"delimiter": "--"}, "delimiter must be one ASCII character, got '--'"),
    ):
        with pytest.raises(SettingError) as error:
            read(path, **options)
        assert str(error.value) == message


def test_other_encodings_only_on_request(put):
    path = put("v.csv", (HEAD + "José,x,yea\n").encode("latin-1"))
    assert "byte 0xe9 is not UTF-8" in refused(path)
    assert read(path, encoding="latin-1").actors["actor"].to_list() == ["José"]
    assert refused(path, encoding="klingon") == (
        "v.csv: encoding 'klingon' is not known; use utf-8, latin-1, cp1252 or utf-16"
    )


def test_damaged_parquet_prints_no_backtrace_of_another_program(tmp_path, capfd):
    frame = pl.DataFrame({"actor": [f"a{i}" for i in range(400)], "item": "v", "vote": "yea"})
    path = tmp_path / "votes.parquet"
    frame.write_parquet(path)
    sound = path.read_bytes()
    rng = np.random.default_rng(1)
    for _ in range(60):
        damaged = bytearray(sound)
        for at in rng.integers(0, len(sound), 5):
            damaged[at] ^= 1 << int(rng.integers(8))
        path.write_bytes(bytes(damaged))
        with contextlib.suppress(ReadError), warnings.catch_warnings():
            warnings.simplefilter("ignore")
            read(path)
    assert capfd.readouterr().err == ""
