"""The command ``fissure trace``."""

import json
import os
import re
import signal
import subprocess
import sys
from pathlib import Path

import pytest

import fissure as fs
from fissure.cli import run

TERMS = ["--within", "none", "--draws", "100", "--no-bridge"]


@pytest.fixture(autouse=True)
def elsewhere(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)


@pytest.mark.compiled
def test_a_bundled_court_term_by_term(capsys):
    assert run(["trace", "rehnquist-court", *TERMS, "--since", "1996", "--json", "t.json"]) == 0
    said = capsys.readouterr().out.splitlines()
    assert said[0] == "all: 11 periods"
    assert said[-1] == "timeline: timeline.html, t.json"
    assert any("Of the 9 periods since 1996" in line for line in said)
    tree = json.loads(Path("t.json").read_text())
    assert tree["schema"] == "fissure.trace/1"
    series = tree["series"][0]
    assert [p["period"] for p in series["periods"]] == [str(y) for y in range(1994, 2005)]
    assert set(series["periods"][0]) >= {
        "period", "n_actors", "n_items", "verdict", "kind", "depth",
    }  # fmt: skip
    assert set(series["windows"]) >= {"p_none", "p_open_now", "windows"}
    assert set(series["rank"]) >= {"since", "deepest", "rank_sets"}
    assert series["rank"]["since"] == 1996
    page = Path("timeline.html").read_text()
    assert "<html" in page
    assert fs.Trace.load("t.json").to_dict() == tree
    assert sorted(os.listdir()) == ["t.json", "timeline.html"]


@pytest.mark.compiled
def test_an_interrupted_run_goes_on_where_it_stopped(monkeypatch, capsys):
    from fissure.cli import kept
    from fissure.windows import trace as module_trace  # noqa: F401

    add, seen = kept.Kept.add, []

    def stopping(self, name, piece):
        add(self, name, piece)
        seen.append(name)
        if len(seen) == 3:
            raise KeyboardInterrupt

    monkeypatch.setattr(kept.Kept, "add", stopping)
    words = ["trace", "rehnquist-court", *TERMS, "--workers", "1", "--quiet"]
    assert run(words) == 130
    assert "3 finished looks are kept" in capsys.readouterr().err
    assert os.listdir() == ["timeline.html.partial.jsonl"]
    assert run([*words, "--resume"]) == 0
    assert len(seen) == len(set(seen)) == 11
    first = Path("timeline.html").read_text()
    assert os.listdir() == ["timeline.html"]
    monkeypatch.setattr(kept.Kept, "add", add)
    assert run(words) == 0
    assert Path("timeline.html").read_text() == first


@pytest.mark.parametrize(
    ("words", "problem"),
    [
        (["--by", "week"], "no item column 'week' to cut periods by; there are item, term, time;"),
        (["--since", "2031"], "since=2031 leaves fewer than 2 of 11 periods"),
        (["--by", "5"], "a period of N items needs N of 10 or more, got 5"),
        (["--mix", "question"], "no item column 'question' to mix items by"),
        (["--draws", "5"], "draws must be 100 or more, got 5"),
        (["--workers", "0"], "workers must be a whole number of 1 or more, got 0"),
        (["--within", "club"], "--within club: no such column of the actors"),
        (["-o", "no/such/t.html"], "cannot be written: there is no folder"),
    ],
)
def test_what_cannot_be_asked_is_said_in_one_line(words, problem, capsys):
    assert run(["trace", "rehnquist-court", *words]) == 1
    said = capsys.readouterr()
    assert said.out == ""
    assert problem in said.err
    assert said.err.startswith("fissure: ")
    assert said.err.count("\n") == 1
    assert os.listdir() == []


@pytest.mark.compiled
def test_ctrl_c_while_processes_work(tmp_path):
    """The signal reaches the workers too; what was finished stays, and one line is said."""
    script = Path(sys.executable).with_name("fissure")
    child = subprocess.Popen(
        [script, "trace", "senate-109", "--within", "none", "--workers", "2"],
        stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, cwd=tmp_path,
        start_new_session=True,
    )  # fmt: skip
    kept = tmp_path / "timeline.html.partial.jsonl"
    for _ in range(600):
        if kept.exists() and kept.read_text().count("\n") >= 3:
            break
        try:
            child.wait(0.1)
        except subprocess.TimeoutExpired:
            continue
        pytest.fail(f"ended too early: {child.stderr.read()}")
    os.killpg(child.pid, signal.SIGINT)
    out, err = child.communicate(timeout=60)
    assert (child.returncode, out) == (130, "")
    assert re.match(
        r"fissure: interrupted; \d+ finished looks are kept; run the same command with --resume to "
        r"go on\n",
        err,
    ), err
    assert "Traceback" not in err
    assert kept.exists()
