"""The commands ``fissure ready`` and ``fissure ledger``."""

import json
import os
import sys
from pathlib import Path

import numpy as np
import pytest

from fake_timeline import full_trace
from fissure.cli import run
from fissure.results import LedgerBook, Ready

DATES = ["ready", "--events", "1964,1968,1990", "--since", "1945", "--until", "2025",
         "--separation", "0"]  # fmt: skip
COSTS = ["--upkeep", "0.5", "--benefit", "20..40", "--build", "3", "--length", "2"]


@pytest.fixture(autouse=True)
def elsewhere(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)


def test_dates_a_page_and_the_numbers(capsys):
    assert run([*DATES, *COSTS, "--lead", "1", "-o", "r.html", "--json", "r.json"]) == 0
    said = capsys.readouterr().out.splitlines()
    assert said[0].startswith("From 3 windows in 80 years, the chance of at least one more in the")
    assert said[-1] == "ready: r.html, r.json"
    assert any(line.startswith("ending: If after any window there may be") for line in said)
    assert any("Standing ready beats waiting while its upkeep is below" in line for line in said)
    tree = json.loads(Path("r.json").read_text())
    assert tree["schema"] == "fissure.ready/1"
    constant = next(m for m in tree["recurrence"]["models"] if m["name"] == "constant")
    assert round(constant["chance"]["estimate"], 3) == 0.298
    assert [p["name"] for p in tree["readiness"]["policies"]] == [
        "wait", "stand ready", "act on warnings",
    ]  # fmt: skip
    assert tree["readiness"]["settings"]["benefit"] == [20.0, 40.0]
    assert Ready.load("r.json").to_dict() == tree
    assert "<html" in Path("r.html").read_text()
    assert run([*DATES, "--quiet"]) == 0
    assert capsys.readouterr() == ("", "")


def test_a_table_with_closings_gives_the_length(capsys):
    Path("w.csv").write_text("opened,closed,name\n1964,1966,a\n1968-05-03,1975,b\n1990,,c\n")
    words = ["ready", "w.csv", "--since", "1945", "--until", "2025", "--separation", "0"]
    assert run([*words, "--upkeep", "1", "--benefit", "9", "--build", "1", "--json", "r.json"]) == 0
    assert "Of 3 windows 2 closed" in capsys.readouterr().out
    tree = json.loads(Path("r.json").read_text())
    assert tree["source"]["name"] == "w.csv"
    assert len(tree["source"]["sha256"]) == 64
    length = tree["recurrence"]["durations"]["mean"]
    assert tree["readiness"]["settings"]["length"] == [length["low"], length["high"]]
    assert tree["readiness"]["length"] == length
    assert tree["settings"]["length"] == "26 (7.9 to 180), from the windows given"


def test_a_length_from_three_windows_is_as_uncertain_as_they_leave_it(capsys):
    """A length of 2.8 would say stand ready and 32 the reverse: the median alone hides that."""
    words = [*DATES, "--closed", "1966,1975,2001", "--upkeep", "0.5", "--benefit", "20",
             "--build", "3", "--json", "r.json", "-o", "r.html"]  # fmt: skip
    assert run(words) == 0
    said = capsys.readouterr().out
    assert (
        "below 0.34 (0.043 to 1) a year; it is 0.5 here. As uncertain as the rate and the" in said
    )
    assert "with probability 0.21. Length of a window: 7.5 (2.8 to 32) years, from the" in said
    tree = json.loads(Path("r.json").read_text())
    assert tree["settings"]["length"] == "7.5 (2.8 to 32), from the windows given"
    assert tree["settings"]["length"] in Path("r.html").read_text()
    assert Ready.load("r.json").to_dict() == tree
    assert run([*words, "--length", "7.5"]) == 0
    said = capsys.readouterr().out
    assert "below 0.33 (0.068 to 0.79) a year" in said
    assert "with probability 0.17." in said
    fixed = json.loads(Path("r.json").read_text())
    assert fixed["settings"]["length"] == "7.5"
    for part, keys in (("readiness", ["length"]), ("recurrence", ["length_draws"])):
        for key in keys:
            del fixed[part][key]  # as an older version wrote it
    assert Ready.from_dict(fixed).readiness.length is None


def test_no_event_but_a_window_that_closed(capsys):
    words = ["ready", "--events", "1940", "--closed", "1950", "--since", "1945", "--until", "2025"]
    assert run([*words, *COSTS[:-2], "--json", "r.json"]) == 0
    tree = json.loads(Path("r.json").read_text())
    assert tree["readiness"]["settings"]["drawn"] == ["length"]
    assert "from the windows given" in tree["settings"]["length"]


def test_no_window_at_all_is_bounded(capsys):
    words = ["ready", "--events", "none", "--since", "1945", "--until", "2025"]
    assert run([*words, *COSTS, "--json", "r.json"]) == 0
    assert "not zero but bounded: at most 0.31" in capsys.readouterr().out
    tree = json.loads(Path("r.json").read_text())
    assert tree["recurrence"]["chance"] is None
    assert tree["readiness"]["settings"]["rate"][0] == 0
    assert Ready.load("r.json").to_dict() == tree


def test_a_trace_brings_windows_span_and_series(capsys):
    full_trace(30, 30, 2).to_json("t.json")
    assert run(["ready", "t.json", "--draws", "20", "--separation", "0", "--json", "r.json"]) == 0
    said = capsys.readouterr().out
    assert "early warning: " in said
    tree = json.loads(Path("r.json").read_text())
    years = [s["year"] for s in json.loads(Path("t.json").read_text())["series"][0]["periods"]]
    assert tree["recurrence"]["span"] == [years[0], years[-1] + np.median(np.diff(years))]
    assert tree["recurrence"]["settings"]["draws"] == 20
    assert tree["alarms"]["scores"]
    assert tree["settings"]["group"] == "all"
    assert (tree["alarms"]["asked"], tree["alarms"]["lead"]) == (0.5, 5.0)
    rarer = ["--alarms-per-decade", "0.2", "--warn-years", "8", "--json", "few.json"]
    assert run(["ready", "t.json", "--draws", "20", "--separation", "0", *rarer]) == 0
    alarms = json.loads(Path("few.json").read_text())["alarms"]
    assert (alarms["asked"], alarms["lead"]) == (0.2, 8.0)
    assert run(["ready", "t.json", "--alarms-per-decade", "-1"]) == 1
    assert "false_alarms must be above 0 and at most 50, got -1.0" in capsys.readouterr().err
    assert Ready.load("r.json").to_dict() == tree
    words = ["ready", "t.json", "--group", "party = D", "--draws", "20", "--separation", "0"]
    assert run([*words, "--horizon", "4", "--quiet"]) == 0


@pytest.mark.parametrize(
    ("words", "problem"),
    [
        (["ready"], "give a SOURCE, or --events, and not both"),
        (["ready", "--events", "1964"], "span must be (from, to)"),
        (["ready", "--events", "1964", "--since", "1945"], "--since and --until must be given"),
        ([*DATES, "--upkeep", "1"], "--benefit and --build must be given too, beside --upkeep"),
        ([*DATES, "--seed", "-1"], "seed must be a whole number of 0 or more, got -1"),
        ([*DATES, "--hit", "0.5"], "--hit needs --upkeep, --benefit and --build"),
        ([*DATES, "--alarm-cost", "3"], "--alarm-cost needs --upkeep, --benefit and --build"),
        ([*DATES, "--closed", "1966,1975,2030"], "2030 lies outside the span 1945 to 2025"),
        (
            ["ready", "--events", "1950", "--closed", "1940", "--since", "1945", "--until", "2025"],
            "a window that opened in 1950 cannot close in 1940",
        ),
        ([*DATES, "--lead", "1"], "--lead needs --upkeep, --benefit and --build"),
        ([*DATES, *COSTS[:-2]], "--length must be given: no window is known to have closed"),
        ([*DATES, *COSTS, "--lead", "1", "--hit", "2"], "hit must be 0..1"),
        ([*DATES, *COSTS, "--hit", "0.5"], "hit, false_alarms and alarm_cost need lead"),
        ([*DATES, *COSTS[:-1], "-2"], "length must be 0..1e+12, got -2.0"),
        ([*DATES, "--group", "all"], "--group 'all' needs a trace to choose from"),
        ([*DATES, "-o", "no/such/r.html"], "cannot be written: there is no folder"),
        (["ready", "none.csv", "--since", "1945", "--until", "2025"], "none.csv: cannot be read"),
        (["ready", "--events", "1964,x", "--since", "1945", "--until", "2025"], "got 'x'"),
    ],
)
def test_what_cannot_be_asked_is_said_in_one_line(words, problem, capsys):
    assert run(words) == 1
    said = capsys.readouterr()
    assert said.out == ""
    assert problem in said.err
    assert said.err.count("\n") == 1
    assert os.listdir() == []


@pytest.mark.parametrize(
    ("text", "problem"),
    [
        ("a,b\n1,2\n", "there is no column of openings; it must be called one of opened"),
        ("opened\n1964\nMay\n", "w.csv, row 2, column 'opened': a cell must be a year or a date"),
        ("opened,closed\n", "w.csv: there is no window in it; records without any are told by"),
        ("opened,closed\n1964,1966\n1965,1970\n", "w.csv: windows overlap: one opened in 1965"),
        ("opened,closed\n1964,1960\n", "w.csv: a window that opened in 1964 cannot close in 1960"),
        ("", "w.csv: is no CSV table: empty CSV"),
    ],
)
def test_tables_that_cannot_be_read(text, problem, capsys):
    Path("w.csv").write_text(text)
    assert run(["ready", "w.csv", "--since", "1945", "--until", "2025"]) == 1
    assert problem in capsys.readouterr().err


def test_a_ledger_from_the_first_statement_to_the_score(capsys, monkeypatch):
    import importlib
    from datetime import UTC, datetime

    module = importlib.import_module("fissure.readiness.ledger")
    now = [datetime(2027, 1, 1, tzinfo=UTC)]
    plain = module.Ledger.__init__
    monkeypatch.setattr(
        module.Ledger, "__init__", lambda self, path: plain(self, path, clock=lambda: now[0])
    )
    words = ["ledger", "add", "A window opens", "--probability", "0.3", "--by", "2027-12-31"]
    assert run(words) == 0
    assert run([*words[:2], "Another <b>one</b>", *words[3:]]) == 0
    assert capsys.readouterr().out.splitlines() == [
        "statement 1: entered in ledger.sqlite", "statement 2: entered in ledger.sqlite",
    ]  # fmt: skip
    assert run(["ledger", "score"]) == 1
    assert "no statement has been resolved yet" in capsys.readouterr().err
    now[0] = datetime(2028, 1, 1, tzinfo=UTC)
    assert run(["ledger", "list"]) == 0
    said = capsys.readouterr().out.splitlines()
    assert said[0] == "number,probability,by,outcome,text,made,resolved,note"
    assert said[-1] == "overdue, without an outcome: 1, 2"
    assert run(["ledger", "resolve", "1", "no"]) == 0
    assert run(["ledger", "resolve", "2", "yes", "--on", "2027-05-01", "--note", "seen"]) == 0
    assert run(["ledger", "resolve", "2", "no"]) == 1
    assert "statement 2 was resolved already, as yes" in capsys.readouterr().err
    assert run(["ledger", "score", "--json", "l.json", "-o", "l.html"]) == 0
    said = capsys.readouterr().out.splitlines()
    assert said[0].startswith("2 resolved statements: Brier score 0.290")
    assert said[-1] == "ledger: l.html, l.json"
    assert LedgerBook.load("l.json").to_dict() == json.loads(Path("l.json").read_text())
    assert "&lt;b&gt;one&lt;/b&gt;" in Path("l.html").read_text()
    head = json.loads(Path("l.json").read_text())["head"]
    assert run(["ledger", "verify", "--head", head]) == 0
    assert capsys.readouterr().out == f"4 entries fit together; hash of the last: {head}\n"
    assert run(["ledger", "verify", "--head", "0f"]) == 1
    assert "no entry has the hash" in capsys.readouterr().err
    assert run(["ledger", "list", "--quiet", "--json", "again.json"]) == 0
    assert run(["ledger", "resolve", "1", "perhaps"]) == 2


def test_a_statement_cannot_steer_the_terminal(capsys, monkeypatch):
    assert run(["ledger", "add", "a\x1b[2Jb", "--probability", "0.3", "--by", "2999-12-31"]) == 0
    monkeypatch.setattr(sys.stdout, "isatty", lambda: True)
    assert run(["ledger", "list"]) == 0
    said = capsys.readouterr().out
    assert r"a\x1b[2Jb" in said
    assert "\x1b" not in said


def test_a_file_that_is_no_ledger_is_told_in_one_line(capsys):
    Path("ledger.sqlite").write_text("plain text" * 100)
    assert run(["ledger", "list"]) == 1
    said = capsys.readouterr()
    assert "ledger.sqlite: is not a ledger" in said.err
    assert said.err.count("\n") == 1
    assert run(["ledger", "verify", "--file", "none.sqlite"]) == 1
    assert "none.sqlite: there is no such file" in capsys.readouterr().err
