"""The command ``fissure claim``."""

import json
import os
from pathlib import Path

import pytest

from fissure.cli import run
from fissure.results import Claim

CASES = """\
case,wave,year,split,army,won
Aland,1848,1848,yes,1,yes
Borduria,1848,1848,yes,0,yes
Syldavia,,1871,no,1,yes
Ruritania,,1900,yes,0,no
Illyria,,1905,no,0,no
Zenda,,1910,?,0,no
"""


@pytest.fixture(autouse=True)
def elsewhere(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    Path("cases.csv").write_text(CASES)


def test_counter_examples_come_first_then_verdict_and_table(capsys):
    words = ["claim", "cases.csv", "--outcome", "won", "--needs", "split", "--json", "c.json"]
    assert run(words) == 0
    said = capsys.readouterr().out.splitlines()
    assert said[0] == "against it: Syldavia"
    assert said[1].startswith(
        "Cannot tell from these cases: 2 of 3 cases with won had split, 1 of 2 without won; the "
        "share is 0.90 or more with probability 0.04 to 0.05, by how codings are read"
    )
    assert said[2:6] == [
        "cases,with split,without split,unknown",
        "with won,2,1,0",
        "without won,1,1,1",
        "won unknown,0,0,0",
    ]
    assert said[6].startswith("the other way round, every case with split had won: cannot tell")
    assert said[7].startswith("beside it, army: cannot tell from these cases; 3 cases with won")
    assert said[-1] == "claim: c.json"
    tree = json.loads(Path("c.json").read_text())
    assert tree["schema"] == "fissure.claim/1"
    assert tree["counterexamples"] == ["Syldavia"]
    assert Claim.load("c.json").to_dict() == tree


def test_quiet_prints_nothing(capsys):
    assert run(["claim", "cases.csv", "--outcome", "won", "--needs", "split", "--quiet"]) == 0
    assert capsys.readouterr() == ("", "")
    assert os.listdir() == ["cases.csv"]


def test_the_same_seed_gives_the_same_answer():
    words = ["claim", "cases.csv", "--outcome", "won", "--needs", "split", "--quiet", "--seed", "3"]
    for name in ("a.json", "b.json"):
        assert run([*words, "--json", name]) == 0
    assert Path("a.json").read_bytes() == Path("b.json").read_bytes()


def test_rivals_forks_and_errors_are_passed_on(capsys):
    words = ["claim", "cases.csv", "--outcome", "won", "--needs", "split", "--rival", "~army",
             "--fork", "needs=army|split + army", "--fork", "cases=split=1",
             "--sensitivity", "9,1", "--hindsight", "0.3", "--certainty", "ignored",
             "--json", "c.json"]  # fmt: skip
    assert run(words) == 0
    told = Claim.load("c.json")
    assert told.settings["rivals"] == ["~army"]
    assert told.settings["errors"] == {
        "sensitivity": [9.0, 1.0], "specificity": 1.0, "hindsight": 0.3,
    }  # fmt: skip
    assert told.hindsight.hindsight == 0.3
    options = {axis.name: axis.options for axis in told.fork_axes}
    assert options["needs"] == ("split", "army", "split + army")
    assert options["cases"] == ("all", "split=1")
    assert f"of {len(told.forks)} ways to define it: " in capsys.readouterr().out


def test_cases_are_selected_by_value_and_by_range(capsys):
    words = ["claim", "cases.csv", "--outcome", "won", "--needs", "split", "--json", "c.json"]
    assert run([*words, "--select", "army=0"]) == 0
    assert [p.name for p in Claim.load("c.json").points] == [
        "Borduria", "Ruritania", "Illyria", "Zenda",
    ]  # fmt: skip
    Path("cases.csv").write_text(CASES.replace("year", "born"))
    assert run([*words, "--select", "born=1871..1905", "--select", "won=0"]) == 0
    assert [p.name for p in Claim.load("c.json").points] == ["Ruritania", "Illyria"]
    assert run([*words, "--select", "born=..1850"]) == 0
    assert Claim.load("c.json").n_cases == 2


def test_columns_of_case_and_wave_can_be_named():
    Path("odd.csv").write_text(CASES.replace("wave", "spring").replace("case,", "place,"))
    words = ["claim", "odd.csv", "--outcome", "won", "--needs", "split", "--quiet"]
    assert run([*words, "--case", "place", "--cluster", "spring", "--json", "c.json"]) == 0
    told = Claim.load("c.json")
    assert [r.name for r in told.readings] == ["as coded", "uncertain codings", "waves"]
    assert told.points[0].cluster == "1848"


def test_a_claim_that_cannot_be_tested_is_an_answer_not_an_error(capsys):
    Path("lost.csv").write_text("case,split,won\na,1,0\nb,0,0\n")
    assert run(["claim", "lost.csv", "--outcome", "won", "--needs", "split"]) == 0
    assert capsys.readouterr().out.splitlines()[1] == (
        "Cannot tell from these cases: none of 2 cases is known to have won, so there is nothing "
        "to test."
    )
    Path("won.csv").write_text("case,split,won\na,1,1\nb,1,1\n")
    assert run(["claim", "won.csv", "--outcome", "won", "--needs", "split"]) == 0
    said = capsys.readouterr().out
    assert (
        "2 of 2 cases with won had split; the share is 0.90 or more with probability 0.27" in said
    )
    assert "note: split is there in every case where it is known (2)." in said
    assert "note: No case without won is known: whether split is more frequent with it" in said


@pytest.mark.parametrize(
    ("text", "words", "problem"),
    [
        (CASES, ["--needs", "splitt"], "the columns are 'split', 'army', 'won'; did you mean"),
        (CASES, ["--rival", "navy"], "there is no column 'navy' for a coding"),
        (CASES.replace("yes,1,yes", "7,1,yes"), [], "column 'split'"),
        (CASES + "Aland,1848,1848,no,1,yes\n", [], "case 'Aland' is listed twice: row 1 has the "),
        ("", [], "cases.csv"),
        ("case,split,won\n", [], "cases.csv"),
        (CASES, ["--select", "army=2"], "asks for a category, but this column is a coding"),
        (CASES, ["--select", "army"], "--select must look like COLUMN=VALUE or COLUMN=FROM..TO"),
        (CASES, ["--select", "army=a..b"], "--select must hold numbers, got 'a'"),
        (CASES, ["--select", "army=1", "--select", "army=0"], "leaves no case of cases.csv"),
        (CASES, ["--fork", "needs"], "--fork must look like \"outcome=A|B\", got 'needs'"),
        (CASES, ["--sensitivity", "high"], "--sensitivity must hold numbers, got 'high'"),
        (CASES, ["--hindsight", "2"], "hindsight must be a number from 0 to 1, or a pair"),
        (CASES, ["--level", "0.6"], "level must lie above 0 and below 0.5, got 0.6"),
        (CASES, ["--threshold", "1"], "threshold must be between 0 and 1, got 1.0"),
        (CASES, ["--json", "no/c.json"], "there is no folder 'no'"),
    ],
)
def test_what_is_refused_in_one_line(text, words, problem, capsys):
    Path("cases.csv").write_text(text)
    given = ["claim", "cases.csv", "--outcome", "won"]
    needs = [] if "--needs" in words else ["--needs", "split"]
    assert run([*given, *needs, *words]) == 1
    out, err = capsys.readouterr()
    assert out == ""
    assert problem in err
    assert err.startswith("fissure: ")
    assert err.count("\n") == 1


@pytest.mark.compiled
def test_the_bundled_table_needs_no_options(capsys):
    assert run(["claim", "--json", "c.json"]) == 0
    said = capsys.readouterr().out
    assert "note: These codings are one project's reading of secondary literature" in said
    assert Claim.load("c.json").source["name"] == "revolutions"


def test_a_long_list_of_counter_examples_is_cut_in_the_terminal_only(capsys):
    rows = "".join(f"c{k},0,1\n" for k in range(130))
    Path("many.csv").write_text(f"case,split,won\n{rows}")
    words = ["claim", "many.csv", "--outcome", "won", "--needs", "split", "--json", "m.json"]
    assert run(words) == 0
    assert capsys.readouterr().out.splitlines()[0].endswith("; c99 and 30 more")
    assert len(json.loads(Path("m.json").read_text())["counterexamples"]) == 130
