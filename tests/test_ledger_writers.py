"""What is entered can always be read back, and whoever comes first makes the ledger."""

import multiprocessing
import sqlite3
from datetime import UTC, date, datetime
from decimal import Decimal

import numpy as np
import pandas as pd
import pytest

import fissure as fs
from fissure.readiness import ledger as module
from fissure.readiness.ledger import Ledger

LATE = "2099-12-31"
N_WRITERS = 5
#: Whoever opens the file for the second time meets those who are setting it up.
N_EACH = 3


@pytest.fixture
def book(tmp_path):
    return Ledger(tmp_path / "l.sqlite")


@pytest.mark.parametrize("number", [1.0, True, np.float64(1), np.bool_(True), "1", None])
def test_a_number_that_would_not_read_back_is_refused(book, number):
    book.add("x", 0.25, LATE)
    with pytest.raises(fs.SettingError) as error:
        book.resolve(number, "yes")
    assert str(error.value) == (
        f"the number of a statement must be a whole number such as 1, got {number!r}"
    )
    assert book.verify() is None
    assert book.read().statements[0].outcome is None


@pytest.mark.parametrize("kind", [np.int64, np.uint8, np.int32])
def test_whole_numbers_of_numpy_are_numbers(book, kind):
    book.add("x", 0.25, LATE)
    book.resolve(kind(1), "yes")
    assert book.verify() is None
    assert book.read().statements[0].outcome


@pytest.mark.parametrize(
    "value", [0, 1, 0.3, -0.0, 5e-324, np.float64(0.3), np.float32(0.3), np.int64(1), np.uint8(0)]
)
def test_a_probability_comes_back_as_a_plain_number(book, value):
    book.add("x", value, LATE)
    (told,) = book.read().statements
    assert type(told.probability) is float
    assert repr(told.probability) == repr(abs(float(value)))


@pytest.mark.parametrize("value", [np.bool_(True), "0.3", None, Decimal("0.3"), np.array(0.3)])
def test_what_is_no_probability_is_refused(book, value):
    with pytest.raises(fs.SettingError, match=r"probability must be 0\.\.1, got "):
        book.add("x", value, LATE)
    assert not book.path.exists()


@pytest.mark.parametrize(
    "text",
    ["a\x00b", "a\x1b[2Jb\u202ec", 'say "no"\n\\ and \\u0041', "é \U0001f600 \x7f\u2028.", "{}"],
)
def test_every_text_comes_back_as_it_was(book, text):
    book.add(text, 0.3, LATE)
    book.resolve(1, "yes", note=text)
    (told,) = book.read().statements
    assert (told.text, told.note) == (text, text)
    assert book.verify() is None


@pytest.mark.parametrize(
    "by",
    [date(2099, 12, 31), datetime(2099, 12, 31, 23, tzinfo=UTC), pd.Timestamp(LATE), "20991231"],
)
def test_every_day_is_kept_in_one_form(book, by):
    book.add("x", 0.3, by)
    assert book.read().statements[0].by == LATE


def test_no_time_is_no_day(book):
    with pytest.raises(fs.SettingError, match="a day must look like 2027-12-31, got NaT"):
        book.add("x", 0.3, pd.NaT)


@pytest.mark.parametrize(
    ("statement", "probability"), [(1.0, 0.3), (True, 0.3), (2, 0.3), (1, 5.0), (1, float("nan"))]
)
def test_what_does_not_read_back_is_never_kept(book, statement, probability):
    """The last check, past those of the arguments: SQLite keeps 1.0 and True as 1."""
    body = {"text": "x", "probability": probability, "by": LATE}
    now = datetime(2026, 1, 1, tzinfo=UTC)
    with (
        pytest.raises(fs.ReadError, match="entry 1 does not read back as it was written"),
        book._opened(writing=True, empty="fill") as db,
    ):
        book._append(db, "statement", statement, body, now)
    assert book.add("y", 0.3, LATE) == 1
    assert book.verify() is None


def test_a_hash_that_is_wrong_is_never_kept(book, monkeypatch):
    book.add("x", 0.3, LATE)
    monkeypatch.setattr(module, "entry_hash", lambda *_: "0" * 64)
    with pytest.raises(fs.ReadError, match="entry 2 does not read back as it was written"):
        book.resolve(1, "yes")
    assert book.verify() is None
    assert book.read().n_entries == 1


def _add_some(path, ready, failed):
    ready.wait()
    for _ in range(N_EACH):
        try:
            Ledger(path).add("x", 0.5, LATE)
        except fs.FissureError as error:
            failed.put(str(error))


@pytest.mark.parametrize("start", ["no file", "empty file"])
def test_processes_that_come_first_at_once_all_enter(tmp_path, start):
    context = multiprocessing.get_context("fork")
    failed = context.SimpleQueue()
    for k in range(4):
        path = tmp_path / f"{k}.sqlite"
        if start == "empty file":
            path.touch()
        ready = context.Barrier(N_WRITERS)
        writers = [
            context.Process(target=_add_some, args=(path, ready, failed)) for _ in range(N_WRITERS)
        ]
        for w in writers:
            w.start()
        for w in writers:
            w.join()
        assert failed.empty(), failed.get()
        assert Ledger(path).read().n_entries == N_WRITERS * N_EACH
        assert Ledger(path).verify() is None


def test_a_file_that_another_process_is_setting_up_is_no_other_program_s(tmp_path):
    path = tmp_path / "l.sqlite"
    one = Ledger(path)
    with one._opened(writing=True, empty="fill") as db:
        assert path.exists()
        other = Ledger(path)
        db.execute("COMMIT")
    assert other.read().n_entries == 0
    assert other.add("x", 0.5, LATE) == 1


def test_an_empty_file_becomes_a_ledger(tmp_path):
    path = tmp_path / "l.sqlite"
    path.touch()
    one = Ledger(path)
    for use in (one.read, one.verify, lambda: one.resolve(1, "yes")):
        with pytest.raises(fs.ReadError, match="is empty; the first statement makes it a ledger"):
            use()
    assert path.stat().st_size == 0
    assert one.add("x", 0.5, LATE) == 1
    assert one.verify() is None


@pytest.mark.parametrize("mark", ["CREATE TABLE t (x)", "PRAGMA application_id = 7"])
def test_a_file_of_another_program_is_left_alone(tmp_path, mark):
    path = tmp_path / "l.sqlite"
    late = Ledger(path)
    with sqlite3.connect(path) as db:
        db.execute(mark)
    before = path.read_bytes()
    with pytest.raises(fs.ReadError, match="is not a ledger: it is some other SQLite file"):
        Ledger(path)
    with pytest.raises(fs.ReadError, match="is not a ledger: it is some other SQLite file"):
        late.add("x", 0.5, LATE)
    assert path.read_bytes() == before


def test_a_first_statement_that_fails_leaves_no_half_made_ledger(book, monkeypatch):
    monkeypatch.setattr(module, "entry_hash", lambda *_: "0" * 64)
    with pytest.raises(fs.ReadError, match="was not kept"):
        book.add("x", 0.5, LATE)
    monkeypatch.undo()
    assert book.path.stat().st_size == 0
    assert Ledger(book.path).add("x", 0.5, LATE) == 1
