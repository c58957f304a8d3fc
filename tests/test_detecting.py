"""The command ``fissure detectable``."""

import json
import os
from dataclasses import replace
from pathlib import Path

import pytest

from fissure.cli import run
from fissure.results import Detectable, MoreItems
from fissure.unknowns.reach import _needed


@pytest.fixture(autouse=True)
def elsewhere(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)


@pytest.mark.compiled
def test_a_table_a_sentence_and_the_numbers(capsys):
    words = ["detectable", "rehnquist-court", "--items", "term=1994", "--shares", "0.25",
             "--shares", "0.5"]  # fmt: skip
    assert run([*words, "--json", "d.json"]) == 0
    said = capsys.readouterr().out.splitlines()
    assert said[0].startswith("all: In 80 of 100 cases a split along the group's main line would")
    at = next(k for k, line in enumerate(said) if line.startswith("smaller bloc,members,"))
    assert said[at] == (
        "smaller bloc,members,depth along,power at 0.35 along,depth across,power at 0.35 across,"
        "bound"
    )
    assert [line.split(",")[:2] for line in said[at + 1 : at + 3]] == [["25%", "2"], ["50%", "4"]]
    assert said[-1] == "numbers: d.json"
    tree = json.loads(Path("d.json").read_text())
    assert tree["schema"] == "fissure.detectable/1"
    assert {row["direction"] for row in tree["map"]} == {"along", "across"}
    assert {row["bloc_share"] for row in tree["map"]} == {0.25, 0.5}
    assert Detectable.load("d.json").to_dict() == tree
    assert os.listdir() == ["d.json"]


def test_where_nothing_would_be_found_there_is_a_dash(capsys):
    rows = [f"m{i},v{j},yea" for i in range(6) for j in range(12)]
    Path("votes.csv").write_text("actor,item,choice\n" + "\n".join(rows) + "\n")
    assert run(["detectable", "votes.csv", "--shares", "0.5"]) == 0
    said = capsys.readouterr().out.splitlines()
    assert said[0] == (
        "all: Every one of the 12 items was unanimous: no split, of whatever depth, could have "
        "shown on them."
    )
    assert said[-1] == "50%,3,-,0.00 (0.00 to 0.00),-,0.00 (0.00 to 0.00),-"
    assert run(["detectable", "votes.csv", "--shares", "0.5", "--quiet"]) == 0
    assert capsys.readouterr() == ("", "")


@pytest.mark.parametrize(
    ("words", "problem"),
    [
        (["--shares", "0.7"], "shares must lie above 0 and up to 0.5 (the smaller bloc), got 0.7"),
        (["--shares", "0"], "shares must lie above 0 and up to 0.5 (the smaller bloc), got 0.0"),
        (["--depth", "2"], "depth must lie above 0 and up to 1, got 2.0"),
        (["--within", "club"], "--within club: no such column of the actors"),
        (["--json", "no/such/d.json"], "cannot be written: there is no folder"),
        (["--items", "item=nothing"], "--items 'item=nothing' leaves no item"),
    ],
)
def test_what_cannot_be_asked_is_said_in_one_line(words, problem, capsys):
    assert run(["detectable", "rehnquist-court", *words]) == 1
    said = capsys.readouterr()
    assert said.out == ""
    assert problem in said.err
    assert said.err.count("\n") == 1
    assert os.listdir() == []


def test_what_was_tried_is_all_that_is_said_of_more_items():
    asked = MoreItems(0.35, "clear", 0.4, "along", None, 1440)
    assert _needed(asked) == (
        "For a clear split (0.35) along the line with 40% in the smaller bloc not even 1,440 more "
        "such items would be enough."
    )
    assert _needed(replace(asked, tried=0)) == (
        "For a clear split (0.35) along the line with 40% in the smaller bloc no number of such "
        "items would be enough."
    )
    assert "about 1,200 more such items" in _needed(replace(asked, items=1234))
    assert _needed(replace(asked, direction="across", items=0, bloc_share=0.45)) == (
        "For a clear split (0.35) across the line with 45% in the smaller bloc these items are "
        "enough."
    )


def test_a_wrong_number_of_workers_is_told_before_anything_is_made(tmp_path, capsys):
    page = tmp_path / "r.html"
    assert run(["report", "karate-club", "--workers", "0", "-o", str(page)]) == 1
    problem = "fissure: workers must be a whole number of 1 or more, got 0\n"
    assert capsys.readouterr().err == problem
    assert not list(tmp_path.iterdir())
