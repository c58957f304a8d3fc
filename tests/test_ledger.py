"""The ledger: nothing is rewritten unseen, scores are exact, and what contradicts is refused."""

import hashlib
import importlib
import json
import multiprocessing
import sqlite3
from datetime import UTC, date, datetime, timedelta, timezone

import numpy as np
import pytest

import fissure as fs
import naive_readiness as naive
from fissure.readiness.chain import GENESIS, entry_hash
from fissure.readiness.ledger import SETUP, Ledger, _commands
from fissure.readiness.scoring import calibration, decomposed, past_shares, poisson_binomial
from fissure.results import LedgerBook, Statement

START = datetime(2026, 1, 1, 12, tzinfo=UTC)
DAY = timedelta(days=1)


class Clock:
    def __init__(self):
        self.now = START

    def __call__(self):
        return self.now


@pytest.fixture
def clock():
    return Clock()


@pytest.fixture
def ledger(tmp_path, clock):
    return Ledger(tmp_path / "l.sqlite", clock=clock)


def filled(ledger, clock, n=12):
    rng = np.random.default_rng(1)
    for k in range(n):
        ledger.add(f"statement {k}", round(float(rng.random()), 2), date(2026, 6, 1))
        clock.now += DAY
    clock.now = START + 200 * DAY
    for k in range(n):
        ledger.resolve(k + 1, "yes" if rng.random() < 0.5 else "no")
        clock.now += DAY
    return ledger.read()


def test_what_goes_in_comes_out(ledger, clock):
    assert ledger.add("A window opens", 0.3, "2026-12-31") == 1
    clock.now += 30 * DAY
    ledger.resolve(1, "yes", on="2026-01-20", note="the record of the day")
    (told,) = ledger.read().statements
    assert told == Statement(
        1, "A window opens", 0.3, "2026-01-01T12:00:00+00:00", "2026-12-31", True,
        "2026-01-31T12:00:00+00:00", "the record of the day", "2026-01-20", 1, 2,
    )  # fmt: skip
    assert ledger.verify() is None


def test_the_chain_is_what_it_says(ledger, clock):
    """SHA-256 over number, kind, statement, moment, content and the hash before."""
    book = filled(ledger, clock, 3)
    rows = sqlite3.connect(ledger.path).execute("SELECT * FROM entries ORDER BY seq").fetchall()
    before = GENESIS
    for row in rows:
        content = json.dumps(list(row[:6]))
        assert row[5] == before
        assert row[6] == hashlib.sha256(content.encode()).hexdigest()
        before = row[6]
    assert (book.head, book.n_entries) == (before, 6)


@pytest.mark.parametrize(
    "command",
    [
        "UPDATE entries SET body = '{}' WHERE seq = 2",
        "DELETE FROM entries WHERE seq = 2",
        "INSERT OR REPLACE INTO entries SELECT * FROM entries WHERE seq = 2",
        "INSERT INTO entries VALUES (99, 'statement', 9, '2026', '{}', 'x', 'y')",
        "INSERT INTO entries VALUES (7, 'statement', 9, '2026', '{}', 'wrong', 'y')",
    ],
)
def test_sql_that_would_rewrite_is_refused(ledger, clock, command):
    filled(ledger, clock, 3)
    with sqlite3.connect(ledger.path) as db, pytest.raises(sqlite3.IntegrityError, match="ledger"):
        db.execute(command)
    assert ledger.verify() is None


@pytest.mark.parametrize(
    ("command", "broken"),
    [
        ("UPDATE entries SET body = replace(body, '0.', '0.9') WHERE seq = 2", 2),
        ("UPDATE entries SET at = '2020-01-01T00:00:00+00:00' WHERE seq = 4", 4),
        ("UPDATE entries SET hash = 'x' WHERE seq = 3", 3),
        ("UPDATE entries SET body = NULL WHERE seq = 3", 3),
        ("DELETE FROM entries WHERE seq = 1", 1),
        ("DELETE FROM entries WHERE seq = 3", 3),
    ],
)
def test_verify_finds_the_first_entry_that_was_changed(ledger, clock, command, broken):
    filled(ledger, clock, 3)
    with sqlite3.connect(ledger.path) as db:
        triggers = db.execute("SELECT name, sql FROM sqlite_master WHERE type = 'trigger'")
        kept = triggers.fetchall()
        for name, _ in kept:
            db.execute(f"DROP TRIGGER {name}")
        if "NULL" in command:
            db.execute("PRAGMA writable_schema = ON")
            db.execute("UPDATE sqlite_master SET sql = replace(sql, 'body TEXT NOT NULL', "
                       "'body TEXT') WHERE name = 'entries'")  # fmt: skip
            db.commit()
            db.execute("PRAGMA writable_schema = RESET")
        db.execute(command)
        for _, sql in kept:
            db.execute(sql)
    assert ledger.verify() == broken
    with pytest.raises(fs.ReadError, match=f"entry {broken} does not fit the chain of hashes"):
        ledger.read()
    with pytest.raises(fs.ReadError, match="does not fit the chain"):
        ledger.add("more", 0.5, "2027-01-01")


def test_a_whole_chain_made_anew_is_found_by_a_hash_kept_elsewhere(ledger, clock):
    head = filled(ledger, clock, 3).head
    assert ledger.verify(head) is None
    ledger.path.unlink()
    clock.now = START
    filled(ledger, clock, 2)
    assert ledger.verify() is None
    with pytest.raises(fs.DataError, match="no entry has the hash"):
        ledger.verify(head)


def test_removed_triggers_are_told(ledger, clock):
    filled(ledger, clock, 2)
    with sqlite3.connect(ledger.path) as db:
        db.execute("DROP TRIGGER no_update")
    with pytest.raises(fs.ReadError, match="triggers that keep this ledger from being rewritten"):
        ledger.verify()
    with pytest.raises(fs.ReadError, match="triggers that keep"):
        ledger.read()


def test_brier_is_the_sum_of_its_parts_exactly(ledger, clock):
    s = filled(ledger, clock, 25).score
    total = s.reliability - s.resolution + s.uncertainty + s.within_bin
    assert s.brier == pytest.approx(total, abs=1e-14)
    assert s.within_bin != 0


def test_murphy_by_hand():
    """Two bins: said 0.2 and came ½, said 0.8 and came 1; overall ¾."""
    parts = decomposed(np.array([0.2, 0.2, 0.8, 0.8]), np.array([0.0, 1, 1, 1]))
    assert parts == pytest.approx((0.5 * 0.3**2 + 0.5 * 0.2**2, 0.0625, 0.1875, 0))


def test_a_certainty_that_failed_makes_the_log_score_infinite(ledger, clock):
    ledger.add("sure", 1.0, "2026-02-01")
    clock.now += 60 * DAY
    ledger.resolve(1, "no")
    s = ledger.score().score
    assert s.log_score is None
    assert s.n_failed_certainties == 1
    assert "1 certainty failed" in s.sentence
    assert s.p_calibrated is None


def test_past_frequency_knows_only_what_was_resolved_then(ledger, clock):
    for k in range(4):
        ledger.add(f"s{k}", 0.5, "2026-12-31")
        clock.now += DAY
        if k < 3:
            ledger.resolve(k + 1, "yes")
    clock.now = START + 400 * DAY
    ledger.resolve(4, "no")
    shown = ledger.read().statements
    assert past_shares(shown).tolist() == [0.5, 0.75, 2.5 / 3, 3.5 / 4]
    assert past_shares(shown).tolist() == naive.past_frequency(shown)


def test_bars_of_the_calibration_plot_are_exact():
    """Of ten statements of ½: 2 to 8 come true in 98 % of cases, 3 to 7 in 89 %."""
    (one,) = calibration(np.full(10, 0.55), np.ones(10))
    assert (one.low, one.high, one.n, one.came) == (0.5, 0.6, 10, 1.0)
    law = poisson_binomial(np.full(10, 0.55))
    assert law.sum() == pytest.approx(1)
    inside = law[round(10 * one.expected_low) : round(10 * one.expected_high) + 1].sum()
    assert inside >= 0.95
    edges = calibration(np.array([0.0, 0.3, 1.0]), np.array([0.0, 1, 1]))
    assert [(b.low, b.high) for b in edges] == [(0.0, 0.1), (0.3, 0.4), (0.9, 1.0)]


def test_a_right_forecaster_is_called_calibrated():
    rng = np.random.default_rng(1)
    from fissure.readiness.scoring import _p_calibrated

    p = rng.random(4000)
    assert _p_calibrated(p, (rng.random(4000) < p).astype(float)) > 0.05
    assert _p_calibrated(p, (rng.random(4000) < 0.25 + p / 2).astype(float)) < 1e-6


def test_read_back_and_scored_the_same(ledger, clock, tmp_path):
    book = filled(ledger, clock)
    book.to_json(tmp_path / "b.json")
    assert LedgerBook.load(tmp_path / "b.json") == book
    assert book.to_frame().height == 12
    assert book.overdue == ()


def test_overdue_statements_are_listed(ledger, clock):
    ledger.add("soon", 0.2, "2026-01-05")
    clock.now += 10 * DAY
    assert ledger.read().overdue == (1,)
    with pytest.raises(fs.DataError, match="no statement has been resolved yet"):
        ledger.score()


def _add_many(path, n):
    for k in range(n):
        Ledger(path).add(f"from a process {k}", 0.5, "2099-12-31")


def test_processes_that_write_at_once_keep_one_chain(tmp_path):
    path = tmp_path / "shared.sqlite"
    Ledger(path).add("first", 0.5, "2099-12-31")
    context = multiprocessing.get_context("fork")
    workers = [context.Process(target=_add_many, args=(path, 8)) for _ in range(3)]
    for w in workers:
        w.start()
    for w in workers:
        w.join()
    assert [w.exitcode for w in workers] == [0, 0, 0]
    book = Ledger(path).read()
    assert [s.number for s in book.statements] == list(range(1, 26))
    assert Ledger(path).verify() is None


def test_a_writer_that_never_ends_is_told(ledger, clock, monkeypatch):
    filled(ledger, clock, 1)
    monkeypatch.setattr(importlib.import_module("fissure.readiness.ledger"), "PATIENCE", 0.05)
    other = sqlite3.connect(ledger.path, isolation_level=None)
    other.execute("BEGIN IMMEDIATE")
    with pytest.raises(fs.ReadError, match="another process is writing to it"):
        ledger.add("x", 0.5, "2027-01-01")
    other.close()


@pytest.mark.parametrize(
    ("arguments", "problem"),
    [
        (("x", 1.2, "2027-01-01"), "probability must be 0..1, got 1.2"),
        (("x", float("nan"), "2027-01-01"), "probability must be 0..1, got nan"),
        (("x", True, "2027-01-01"), "probability must be 0..1, got True"),
        (("x", 0.2, "2025-12-31"), "by must be today or later, got 2025-12-31"),
        (("x", 0.2, "soon"), "a day must look like 2027-12-31, got 'soon'"),
        (("  ", 0.2, "2027-01-01"), "a statement must have 1 to 2,000 characters, got '  '"),
        (("x\udcff", 0.2, "2027-01-01"), r"a statement must be text in UTF-8, got 'x\\udcff'"),
    ],
)
def test_statements_that_cannot_be_entered(ledger, arguments, problem):
    with pytest.raises(fs.SettingError, match=problem):
        ledger.add(*arguments)


@pytest.mark.parametrize(
    ("number", "outcome", "options", "days", "problem"),
    [
        (9, "yes", {}, 1, "there is no statement 9; there are 1 to 2"),
        (2, "no", {}, 300, "statement 2 was resolved already, as yes on 2026-01-01"),
        (1, "no", {}, 1, "statement 1 may still come true until 2026-06-01"),
        (1, "yes", {"on": "2025-12-01"}, 1, "and cannot have come true on 2025-12-01, before it"),
        (1, "yes", {"on": "2026-07-01"}, 300, "its last day is 2026-06-01"),
        (1, "yes", {"on": "2026-05-01"}, 10, "and today is 2026-01-11"),
    ],
)
def test_outcomes_that_contradict(ledger, clock, number, outcome, options, days, problem):
    for k in range(2):
        ledger.add(f"s{k}", 0.5, "2026-06-01")
    ledger.resolve(2, "yes")
    clock.now += days * DAY
    with pytest.raises(fs.DataError, match=problem):
        ledger.resolve(number, outcome, **options)
    assert ledger.verify() is None
    with pytest.raises(fs.SettingError, match="outcome must be yes or no, got 'maybe'"):
        ledger.resolve(1, "maybe")


def test_a_clock_set_back_is_told(ledger, clock):
    ledger.add("x", 0.5, "2027-01-01")
    clock.now -= DAY
    with pytest.raises(fs.DataError, match="the clock says 2025-12-31T12:00:00"):
        ledger.add("y", 0.5, "2027-01-01")


def test_files_that_are_no_ledger(tmp_path):
    text = tmp_path / "text.sqlite"
    text.write_text("not a database, and long enough to be told from an empty one" * 20)
    with pytest.raises(fs.ReadError, match="is not a ledger: file is not a database"):
        Ledger(text)
    other = tmp_path / "other.sqlite"
    with sqlite3.connect(other) as db:
        db.execute("CREATE TABLE t (x)")
    with pytest.raises(fs.ReadError, match="is not a ledger: it is some other SQLite file"):
        Ledger(other)
    with pytest.raises(fs.ReadError, match="there is no such file"):
        Ledger(tmp_path / "none.sqlite").read()
    with pytest.raises(fs.ReadError, match="cannot be used as a ledger"):
        Ledger(tmp_path / "no" / "folder.sqlite").add("x", 0.5, "2099-01-01")


SAID = '{"text": "x", "probability": 0.3, "by": "2026-02-01"}'
CAME = '{"outcome": "yes", "on": "2026-01-02", "note": ""}'


@pytest.mark.parametrize(
    ("entries", "broken"),
    [
        ([("statement", 1, "{")], 1),
        ([("statement", 1, "[]")], 1),
        ([("statement", 1, SAID.replace("0.3", "5"))], 1),
        ([("statement", 1, SAID.replace("0.3", "NaN"))], 1),
        ([("statement", 1, SAID.replace("0.3", '"a"'))], 1),
        ([("statement", 1, SAID.replace("2026-02-01", "2025-02-01"))], 1),
        ([("statement", 1, "[" * 100_000)], 1),
        ([("statement", 1, SAID.replace("x", r"\ud800"))], 1),
        ([("statement", 1, SAID.replace("0.3", "true"))], 1),
        ([("statement", 1, SAID.replace("x", " "))], 1),
        ([("statement", 1, SAID.replace('"x"', '""'))], 1),
        ([("statement", 1, SAID.replace('"x"', f'"{"x" * 9000}"'))], 1),
        ([("statement", 1, SAID.replace("2026-02-01", "20270101"))], 1),
        ([("statement", 1, SAID.replace("2026-02-01", "2027-W01-1"))], 1),
        ([("statement", 1, SAID, "2026-01-01T00:00:00")], 1),
        ([("statement", 1, SAID, "2026-01-01")], 1),
        ([("statement", 1, SAID, "2026-01-01T00:00:00+02:00")], 1),
        ([("statement", 1, SAID), ("outcome", 1, CAME.replace("2026-01-02", "20260102"))], 2),
        ([("statement", 1, SAID), ("outcome", 1, CAME.replace('""', f'"{"x" * 9000}"'))], 2),
        ([("remark", 1, SAID)], 1),
        ([("outcome", 3, CAME)], 1),
        ([("statement", 1, SAID), ("statement", 1, SAID)], 2),
        ([("statement", 1, SAID), ("outcome", 1, CAME), ("outcome", 1, CAME)], 3),
        ([("statement", 1, SAID), ("outcome", 1, CAME.replace("2026-01-02", "soon"))], 2),
    ],
)  # fmt: skip
def test_a_whole_chain_that_was_forged_with_nonsense_is_refused(ledger, clock, entries, broken):
    """Every hash is right; what the entries say is not what entries can say."""
    ledger.add("x", 0.5, "2026-12-31")
    with sqlite3.connect(ledger.path) as db:
        db.execute("DROP TRIGGER no_delete")
        db.execute("DELETE FROM entries")
        db.execute(next(c for c in _commands(SETUP) if "no_delete" in c))
        before = GENESIS
        for seq, (kind, number, body, *at) in enumerate(entries, 1):
            row = (seq, kind, number, *(at or ["2026-01-01T00:00:00+00:00"]), body, before)
            before = entry_hash(*row)
            db.execute("INSERT INTO entries VALUES (?, ?, ?, ?, ?, ?, ?)", (*row, before))
    assert ledger.verify() == broken
    for use in (
        ledger.read,
        lambda: ledger.resolve(1, "yes"),
        lambda: ledger.add("y", 0.1, "2027-01-01"),
    ):
        with pytest.raises(fs.ReadError, match=f"entry {broken} does not fit the chain"):
            use()


def test_a_trigger_put_back_without_its_teeth_is_told(ledger, clock):
    filled(ledger, clock, 1)
    with sqlite3.connect(ledger.path) as db:
        db.execute("DROP TRIGGER no_update")
        db.execute("CREATE TRIGGER no_update BEFORE UPDATE ON entries BEGIN SELECT 1; END")
    with pytest.raises(fs.ReadError, match="were removed or changed"):
        ledger.read()


def test_notes_must_be_text_that_a_file_can_hold(ledger):
    ledger.add("x", 0.5, "2026-12-31")
    with pytest.raises(fs.SettingError, match="a note must be text in UTF-8"):
        ledger.resolve(1, "yes", note="\udcff")
    assert ledger.read().statements[0].outcome is None


def test_whoever_waited_for_another_is_not_told_to_set_the_clock(tmp_path):
    """Another process writes, two seconds later, between the call and the lock."""
    path = tmp_path / "l.sqlite"
    other = Ledger(path, clock=lambda: START + timedelta(seconds=2))
    times = iter([START, START + timedelta(seconds=3)])

    def clock():
        now = next(times)
        if now == START:
            other.add("theirs", 0.5, "2026-12-31")
        return now

    assert Ledger(path, clock=clock).add("ours", 0.5, "2026-12-31") == 2
    assert other.verify() is None


def test_a_clock_in_another_zone_keeps_days_of_utc(tmp_path):
    """The evening of 1 January in the west is 2 January in UTC."""
    west = timezone(timedelta(hours=-8))
    one = Ledger(tmp_path / "l.sqlite", clock=lambda: datetime(2026, 1, 1, 20, tzinfo=west))
    with pytest.raises(fs.SettingError, match="by must be today or later, got 2026-01-01"):
        one.add("x", 0.5, "2026-01-01")
    one.add("x", 0.5, "2026-01-02")
    assert one.verify() is None
