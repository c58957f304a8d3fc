"""The command ``fissure scenarios``."""

import importlib
import json

import pytest

from fake_split import fake_split
from fissure.cli import run
from fissure.results import Scenarios

#: The module; ``fissure.report`` by name is the function.
PAGES = importlib.import_module("fissure.report")
QUICK = ["--model", "global game", "--model", "structural stress", "--draws", "32", "--grid", "3",
         "--workers", "1"]  # fmt: skip


@pytest.fixture(autouse=True)
def elsewhere(tmp_path, monkeypatch):
    """The page is written where the command is run."""
    monkeypatch.chdir(tmp_path)


@pytest.fixture
def no_page(monkeypatch):
    """The page, which takes longest, is not what these tests are about."""
    monkeypatch.setattr(PAGES, "report", lambda *_: None)


def test_sentences_and_numbers(tmp_path, capsys):
    out = tmp_path / "s.json"
    args = ["--depth", "0.1..0.6", "--organisation", "0.3", "--state", "0.5", "--json", str(out)]
    assert run(["scenarios", *args, *QUICK]) == 0
    said = capsys.readouterr().out
    assert said.startswith("Scenarios under rival models, not calibrated to any case.\n")
    for word in ("global game: If things work as in", "What would have to be true for change",
                 "All models call the same outcome"):  # fmt: skip
        assert word in said
    assert said.endswith(f"\nscenarios: scenarios.html, {out}\n")
    assert "What would have to be true" in (tmp_path / "scenarios.html").read_text("utf-8")
    answer = Scenarios.load(out)
    assert answer.depths[0] == 0.1
    assert answer.conditions[2].kind == "number"


def test_quiet_prints_nothing(tmp_path, capsys):
    out = tmp_path / "s.json"
    page = tmp_path / "p.html"
    assert run(["scenarios", "--quiet", "-o", str(page), "--json", str(out), *QUICK]) == 0
    assert page.exists()
    assert capsys.readouterr().out == ""
    assert json.loads(out.read_text())["schema"] == "fissure.scenarios/1"


@pytest.mark.usefixtures("no_page")
def test_depth_from_a_report(tmp_path, capsys):
    report, out = tmp_path / "report.json", tmp_path / "s.json"
    fake_split().to_json(report)
    assert run(["scenarios", "--depth", str(report), "--json", str(out), *QUICK]) == 0
    assert Scenarios.load(out).conditions[0].kind == "interval"


@pytest.mark.usefixtures("no_page")
def test_cases_from_a_table(tmp_path, capsys):
    table = tmp_path / "cases.csv"
    head = "name,outcome,depth,strength,organisation,capacity\n"
    table.write_text(
        head + "a,no change,0.1,0.2..0.4,0.2,0.9\nb,change from below,0.8,0.9,0.9,0.1\n"
    )
    assert run(["scenarios", "--cases", str(table), *QUICK]) == 0
    said = capsys.readouterr().out
    assert said.startswith("Scenarios under rival models, matched to 2 cases.\n")
    table.write_text(head + "a,victory,0.1,0.2,0.2,0.9\n")
    assert run(["scenarios", "--cases", str(table), *QUICK]) == 1
    assert "row 1: outcome of 'a' must be one of" in capsys.readouterr().err
    table.write_text(head + "a,no change,0.1,0.2,0.2,0.9\na,no change,0.1,0.2,0.2,0.9\n")
    assert run(["scenarios", "--cases", str(table), *QUICK]) == 1
    assert "row 2, column 'name': stands twice: 'a'" in capsys.readouterr().err
    table.write_text(head)
    assert run(["scenarios", "--cases", str(table), *QUICK]) == 1
    assert capsys.readouterr().err == (
        f"fissure: {table}: there is no case in it: a table needs one row or more\n"
    )
    assert run(["scenarios", "--cases", str(tmp_path), *QUICK]) == 1
    assert capsys.readouterr().err == f"fissure: {tmp_path}: cannot be read: Is a directory\n"
    table.write_text("name,outcome\n")
    assert run(["scenarios", "--cases", str(table), *QUICK]) == 1
    assert "there must be a column 'depth'" in capsys.readouterr().err


@pytest.mark.parametrize(
    ("args", "message"),
    [
        (["--depth", "deep"],
         "fissure: --depth must be a number or a range such as 0.1..0.6, got 'deep'\n"),
        (["--depth", "0.1..1.6"], "fissure: depth must be 0..1, got 1.6\n"),
        (["--state", "0.6..0.1"],
         "fissure: capacity: the low end of a range must be below its high end, got 0.6..0.1\n"),
        (["--outcome", "victory"], "fissure: outcome must be one of no change, concession, "
         "reshuffle at the top, change from below, repression, got 'victory'\n"),
        (["--model", "magic"], "fissure: model must be one of cascade, global game, civil "
         "violence, structural stress, got 'magic'\n"),
    ],
)  # fmt: skip
def test_bad_input_is_one_line(args, message, capsys):
    assert run(["scenarios", *args]) == 1
    assert capsys.readouterr().err == message


def test_a_json_file_of_another_kind(tmp_path, capsys):
    path = tmp_path / "other.json"
    path.write_text('{"schema": "fissure.trace/1"}')
    assert run(["scenarios", "--depth", str(path)]) == 1
    assert capsys.readouterr().err == f"fissure: {path}: Trace lacks the key 'source'\n"
    path.write_text('{"schema": "x/1"}')
    assert run(["scenarios", "--depth", str(path)]) == 1
    assert "schema must be 'fissure.report/1' or 'fissure.trace/1', got 'x/1'" in (
        capsys.readouterr().err
    )
