"""The command line: help, exit codes, one-line errors, quiet, resuming, and what is written."""

import importlib
import json
import os
import re
import signal
import subprocess
import sys
import time
from pathlib import Path

import polars as pl
import pytest

import fissure
from fake_split import fake_split
from fissure.cli import run
from fissure.cli.kept import Kept
from fissure.cli.resumable import _groups
from fissure.cli.selecting import keep_items, long_table
from fissure.cli.terminal import one_line
from fissure.datasets import load
from fissure.errors import DataError
from fissure.results import Split, plain

ROOT = Path(__file__).parent.parent
START = [sys.executable, "-m", "fissure"]
HELP_LIMIT = 0.5  # seconds, what the project promises
IMPORT_LIMIT = 0.1


def shell(*words: str, cwd: Path | None = None, **more) -> subprocess.CompletedProcess:
    env = {**os.environ, "PYTHONPATH": str(ROOT / "src"), "NO_COLOR": "1", "COLUMNS": "100"}
    return subprocess.run(
        [*START, *words], cwd=cwd, env=env, capture_output=True, text=True, check=False, **more
    )


@pytest.fixture
def fake(monkeypatch, tmp_path):
    """Put a made-up answer in place of the estimation, group by group; it can be interrupted."""
    module = importlib.import_module("fissure.split")
    answer = fake_split(20, 40, 3)
    calls: list[str] = []
    state = {"stop_at": None}

    def split(records, *, progress, done, on_group, **settings):
        groups = []
        for group in answer.groups:
            if group.name == state["stop_at"]:
                raise KeyboardInterrupt
            if group.name not in done:
                calls.append(group.name)
                progress(group.name, "finding blocs")
                group_made = group
            else:
                group_made = done[group.name]
            on_group(group_made)
            groups.append(group_made)
        state["settings"] = settings
        return answer

    def unknowns(records, result, *, parts, workers, progress, done, on_group):
        state["parts"] = parts
        for group in result.groups:
            progress(group.name, "drawing worlds")
            on_group(done.get(group.name, group))
        return result

    monkeypatch.setattr(module, "split", split)
    monkeypatch.setattr(importlib.import_module("fissure.unknowns.examine"), "unknowns", unknowns)
    monkeypatch.chdir(tmp_path)
    return state, calls, answer


def test_help_is_fast_and_tells_the_exit_codes():
    times = []
    for _ in range(3):
        start = time.perf_counter()
        done = shell("--help")
        times.append(time.perf_counter() - start)
    assert min(times) < HELP_LIMIT
    assert done.returncode == 0
    assert done.stderr == ""
    words = " ".join(done.stdout.split())
    assert "Exit codes: 0 done; 1 a problem with the input or the data" in words
    assert all(
        f"│ {name} " in done.stdout for name in ("report", "trace", "fit", "get", "data", "cite")
    )


def test_import_is_fast_and_loads_nothing_heavy():
    code = (
        "import sys, time; t = time.perf_counter(); import fissure; t = time.perf_counter() - t; "
        "print(t, [m for m in ('numpy', 'polars', 'numba', 'altair', 'scipy') if m in sys.modules])"
    )
    env = {**os.environ, "PYTHONPATH": str(ROOT / "src")}
    out = [
        subprocess.run(
            [sys.executable, "-c", code], env=env, capture_output=True, text=True, check=True
        )
        for _ in range(3)
    ]
    assert min(float(o.stdout.split()[0]) for o in out) < IMPORT_LIMIT
    assert out[0].stdout.split(" ", 1)[1].strip() == "[]"


@pytest.mark.parametrize("command", ["report", "trace", "fit", "get", "data", "cite"])
def test_every_command_explains_every_option(command):
    text = shell(command, "--help").stdout
    options = re.findall(r"│ (--[\w-]+).*", text)
    assert text.startswith(f"Usage: fissure {command} ")
    assert "Exit codes" in text
    empty = re.findall(r"│ --[\w-]+(?: -\w)?(?: [A-Z]+)?(?:\.\.\.)? +│", text)
    assert not empty, options


def test_version():
    done = shell("--version")
    assert (done.returncode, done.stdout.strip()) == (0, fissure.__version__)
    project = (ROOT / "pyproject.toml").read_text(encoding="utf-8")
    assert f'version = "{fissure.__version__}"' in project


@pytest.mark.parametrize(
    ("words", "code", "message"),
    [
        (["report", "--nope"], 2, "Unknown option: --nope"),
        (["report", "--seed", "x"], 2, "Invalid value"),
        (["nope"], 2, "nope"),
        (["report", "--layout", "tall"], 2, "tall"),
        (["report", "nofile"], 1, "fissure: no bundled set and no file is called 'nofile'"),
        (["report", "nofile.csv"], 1, "fissure: nofile.csv: "),
        (
            ["report", "-o", "none/r.html"],
            1,
            "cannot be written: there is no folder 'none'",
        ),
        (["report", "--json", "."], 1, "is a folder; give a file name"),
        (
            ["report", "--within", "height"],
            1,
            "--within height: no such column of the actors",
        ),
        (["report", "--items", "date=soon"], 1, "'soon' is not a date such as 2005-06-30"),
        (
            ["report", "--items", "colour=red"],
            1,
            "no item column 'colour'; the item columns are",
        ),
        (["report", "--items", "zzzz"], 1, "--items 'zzzz' leaves no item; the item columns are"),
        (["report", "--min-depth", "3"], 1, "min_depth must be 0..1, got 3"),
        (["report", "x.csv", "--codes", "1"], 1, "--codes must look like 1=yea,2=nay, got '1'"),
        (["fit", "--dims", "9"], 1, "dims must be 1..3, got 9"),
        (["fit", "-o", "points.xls"], 1, "points.xls must end in .csv, .parquet, .json"),
        (["data", "nope"], 1, "no bundled set"),
    ],
)
def test_problems_are_one_line_with_an_exit_code(
    words, code, message, capsys, monkeypatch, tmp_path
):
    monkeypatch.chdir(tmp_path)
    assert run(words) == code
    said = capsys.readouterr()
    assert said.out == ""
    assert said.err.startswith("fissure: ")
    assert message in said.err
    assert said.err.count("\n") == 1
    assert list(tmp_path.iterdir()) == []


def test_report_prints_each_sentence_and_writes_both_files(fake, capsys):
    _, _, answer = fake
    assert run(["report", "-o", "r.html", "--json", "r.json"]) == 0
    said = capsys.readouterr()
    lines = said.out.splitlines()
    assert lines[:3] == [f"{g.name}: {g.sentence}" for g in answer.groups]
    assert lines[3] == "party = Other: nothing can be said: 2 actors; at least 4 are needed"
    assert lines[4] == "report: r.html, r.json"
    assert said.err == ""
    assert Split.load("r.json") == answer
    assert Path("r.html").read_text(encoding="utf-8") == fissure.report(answer)
    assert sorted(os.listdir()) == ["r.html", "r.json"]


def test_quiet_prints_nothing(fake, capsys):
    assert run(["report", "--quiet"]) == 0
    assert capsys.readouterr() == ("", "")


def test_what_cannot_be_known_is_asked_unless_left_out(fake):
    state, _, _ = fake
    run(["report", "--quiet", "--no-unknowns"])
    assert "parts" not in state
    run(["report", "--quiet"])
    assert state["parts"] == ("chances", "positions", "detectable", "hidden", "rivals", "blocs")


def test_within_is_party_unless_told_otherwise(fake):
    state, _, _ = fake
    run(["report", "--quiet"])
    assert state["settings"]["within"] == "party"
    run(["report", "--quiet", "--within", "none"])
    assert state["settings"]["within"] is None
    run(["report", "karate-club", "--quiet"])
    assert state["settings"]["within"] is None
    run(["report", "--quiet", "--within", "state", "--min-depth", "0.3", "--seed", "7"])
    assert state["settings"]["within"] == "state"
    assert (state["settings"]["settings"].min_depth, state["settings"]["seed"]) == (0.3, 7)


def test_interrupted_run_is_taken_up_where_it_stopped(fake, capsys):
    state, calls, _ = fake
    state["stop_at"] = "party = R"
    assert run(["report"]) == 130
    said = capsys.readouterr()
    assert said.out == ""
    assert said.err == (
        "fissure: interrupted; 2 finished groups are kept; "
        "run the same command with --resume to go on\n"
    )
    assert os.listdir() == ["report.html.partial.jsonl"]
    state["stop_at"] = None
    assert run(["report", "--resume"]) == 0
    assert calls == ["all", "party = D", "party = R"]
    assert os.listdir() == ["report.html"]


@pytest.mark.parametrize(
    "words", [["--seed", "2"], ["--within", "none"], ["--items", "session=1"], []]
)
def test_only_the_same_run_is_taken_up(fake, words):
    state, calls, _ = fake
    state["stop_at"] = "party = D"
    assert run(["report", "--quiet"]) == 130
    state["stop_at"] = None
    resume = ["--resume"] if words else []  # without --resume everything is computed again
    assert run(["report", "--quiet", *resume, *words]) == 0
    assert calls == ["all", "all", "party = D", "party = R"]


@pytest.mark.parametrize("text", ["", "{", "[]", '{"key": 1}', '{"key": "x"}\n["all", {}]'])
def test_damaged_leftovers_are_passed_over(fake, text):
    _, calls, _ = fake
    Path("report.html.partial.jsonl").write_text(text, encoding="utf-8")
    assert run(["report", "--resume", "--quiet"]) == 0
    assert len(calls) == 3


def test_interruption_before_anything_is_finished(fake, capsys):
    state, _, _ = fake
    state["stop_at"] = "all"
    assert run(["report"]) == 130
    assert capsys.readouterr().err == "fissure: interrupted; no group was finished\n"
    assert os.listdir() == []


def test_finished_groups_survive_being_kept(tmp_path):
    done = {g.name: g for g in fake_split(20, 20, 2).groups}
    kept = Kept(tmp_path / "r.html", "k", False, "group")
    for name, group in done.items():
        kept.add(name, plain(group))
    assert _groups(Kept(tmp_path / "r.html", "k", True, "group").found) == done
    assert Kept(tmp_path / "r.html", "other", True, "group").found == {}


@pytest.mark.parametrize(
    ("condition", "kept"),
    [
        ("date=2005-02-01", ["b"]),
        ("date=2005-01-15..2005-02-01", ["b"]),
        ("date=..2005-01-31", ["a"]),
        ("date=2005-02-02..", ["c"]),
        ("session=1", ["a", "b"]),
        ("session=2..", ["c"]),
        ("question=On the Motion", ["a", "c"]),
        ("BUDGET (x", ["b"]),
        ("motion", ["a", "c"]),
    ],
)
def test_items_by_value_range_and_wording(condition, kept):
    items = pl.DataFrame(
        {
            "item": ["a", "b", "c", "d"],
            "date": ["2005-01-01", "2005-02-01", "2005-03-01", None],
            "session": [1, 1, 2, None],
            "question": ["On the Motion", "The Budget (x)", "On the Motion", None],
        }
    ).with_columns(pl.col("date").str.to_date())
    assert items.filter(keep_items(condition, items))["item"].to_list() == kept


def test_a_wrong_bound_is_refused():
    items = pl.DataFrame({"item": ["a"], "session": [1]})
    with pytest.raises(DataError, match="'x' is not a value of type Int64"):
        keep_items("session=x", items)


def test_data_lists_sets_with_source_and_licence(capsys):
    assert run(["data"]) == 0
    table = pl.read_csv(capsys.readouterr().out.encode())
    assert {"name", "source", "licence"} <= set(table.columns)
    assert "senate-109" in table["name"].to_list()


def test_exported_table_reads_back_to_the_same_choices(tmp_path, capsys):
    assert run(["data", "rehnquist-court", "-o", str(tmp_path / "votes.csv")]) == 0
    assert capsys.readouterr().out == ""
    again, first = load(str(tmp_path / "votes.csv")), load("rehnquist-court")
    order = ["actor", "item"]
    columns = [*order, "choice"]
    assert (
        long_table(again)
        .select(columns)
        .sort(order)
        .equals(long_table(first).select(columns).sort(order))
    )


@pytest.mark.compiled
def test_fit_writes_tables(tmp_path, capsys):
    out, items = tmp_path / "points.csv", tmp_path / "items.json"
    assert (
        run(["fit", "rehnquist-court", "-o", str(out), "--items-out", str(items), "--quiet"]) == 0
    )
    assert capsys.readouterr() == ("", "")
    assert {"actor", "axis1", "se1"} <= set(pl.read_csv(out).columns)
    assert len(json.loads(items.read_text(encoding="utf-8"))) == 485
    assert run(["fit", "rehnquist-court"]) == 0
    assert pl.read_csv(capsys.readouterr().out.encode()).height == 9


def test_cite_names_program_methods_and_data(capsys):
    assert run(["cite", "senate-109"]) == 0
    said = capsys.readouterr().out
    assert all(
        w in said for w in ("The fissure authors", "Clinton, Jackman and Rivers", "Lewis, Jeffrey")
    )


def test_a_reader_of_the_output_may_leave_early():
    env = {**os.environ, "PYTHONPATH": str(ROOT / "src")}
    piped = subprocess.Popen(
        [*START, "data", "senate-109"], env=env, stdout=subprocess.PIPE, stderr=subprocess.PIPE
    )
    assert piped.stdout is not None
    piped.stdout.readline()
    piped.stdout.close()
    assert piped.stderr is not None
    assert piped.stderr.read() == b""
    piped.stderr.close()
    assert piped.wait() == 0


def test_names_cannot_steer_the_terminal():
    assert one_line("a\x1b[2Jb\nc\u202ed") == "a [2Jb c d"


@pytest.mark.compiled
def test_warnings_are_one_line_and_quiet_silences_them(tmp_path, capsys, monkeypatch):
    import warnings

    from fissure.errors import FissureWarning

    def warned(*_, **__):
        warnings.warn("3 rows\nwere merged", FissureWarning, stacklevel=1)
        return load("rehnquist-court")

    monkeypatch.setattr("fissure.cli.selecting.load", warned)
    assert run(["fit", "-o", str(tmp_path / "p.csv")]) == 0
    err = capsys.readouterr().err
    assert err.splitlines()[0] == "fissure: note: 3 rows were merged"
    assert run(["fit", "-o", str(tmp_path / "p.csv"), "--quiet"]) == 0
    assert capsys.readouterr().err == ""


def test_ctrl_c_in_a_real_run_ends_with_130_and_no_traceback(tmp_path):
    env = {**os.environ, "PYTHONPATH": str(ROOT / "src")}
    running = subprocess.Popen(
        [*START, "report"], cwd=tmp_path, env=env, stdout=subprocess.PIPE, stderr=subprocess.PIPE
    )
    time.sleep(2.5)  # well inside: a whole report takes far longer
    running.send_signal(signal.SIGINT)
    out, err = running.communicate(timeout=60)
    assert running.returncode == 130
    assert out == b""
    assert err.startswith(b"fissure: interrupted")
    assert err.count(b"\n") == 1
