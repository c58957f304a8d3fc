"""The command ``fissure insider``."""

import importlib
import json
import os
from dataclasses import replace
from pathlib import Path

import pytest

import fissure as fs
from fake_split import fake_split
from fissure.cli import run
from fissure.results import Insider

GOOD = ["--sensitivity", "0.8", "--false-alarm", "0.2"]


@pytest.fixture(autouse=True)
def elsewhere(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)


@pytest.fixture
def saved():
    """What ``fissure report --json`` writes."""
    answer = replace(fake_split(20, 40, 3), settings={"level": 0.05, "min_depth": 0.25})
    answer.to_json("report.json")
    return answer


def test_a_probability_and_one_word(capsys):
    assert run(["insider", "--prior", "0.3", "--says", "split", *GOOD, "--json", "i.json"]) == 0
    said = capsys.readouterr().out.splitlines()
    assert said[0].startswith(
        "Before any insider a split has probability 0.30 (cannot tell); after 1 informant says "
        '"split" it is 0.63 (cannot tell, as before). That word counts 4.00 to 1.'
    )
    assert said[1].startswith("Of 1,000 cases like this one 300 are splits and 700 are not.")
    assert said[2] == "next, 1: one more informant of the same kind: 0.26 bits expected"
    assert said[-1] == "insider: i.json"
    tree = json.loads(Path("i.json").read_text())
    assert tree["schema"] == "fissure.insider/1"
    assert tree["posterior"] == pytest.approx(0.24 / 0.38)
    assert Insider.load("i.json") == fs.insider(0.3, "split", sensitivity=0.8, false_alarm=0.2)


def test_ranges_on_the_command_line(capsys):
    words = ["--prior", "0.2..0.4", "--says", "no-split", "--sensitivity", "0.6..0.9"]
    more = ["--false-alarm", "0.1..0.3", "--json", "i.json", "--quiet"]
    assert run(["insider", *words, *more]) == 0
    assert capsys.readouterr().out == ""
    same = fs.insider((0.2, 0.4), "no split", sensitivity=(0.6, 0.9), false_alarm=(0.1, 0.3))
    assert Insider.load("i.json") == same
    assert set(json.loads(Path("i.json").read_text())["posterior"]) == {"low", "high"}


def test_a_saved_report_and_a_group_of_it(saved, capsys):
    words = ["report.json", "--group", "party = D", "--says", "split", "--json", "i.json"]
    assert run(["insider", *words, *GOOD, "--cost", "whip count=50"]) == 0
    said = capsys.readouterr().out
    assert said.startswith("party = D: Before any insider")
    assert "at a cost of 50" in said
    costs = {"whip count": 50.0}
    assert Insider.load("i.json") == fs.insider(
        saved, "split", sensitivity=0.8, false_alarm=0.2, group="party = D", costs=costs
    )


def test_several_informants_who_differ():
    words = [
        "--says",
        "split",
        "--says",
        "no-split",
        "--sensitivity",
        "0.8",
        "--sensitivity",
        "0.7",
    ]
    more = ["--false-alarm", "0.2", "--bias", "0.1", "--interest", "split", "--correlation", "0.3"]
    assert run(["insider", "--prior", "0.4", *words, *more, "--json", "i.json", "--quiet"]) == 0
    people = [
        fs.Informant(0.8, 0.2, "split", 0.1, "split"),
        fs.Informant(0.7, 0.2, "no split", 0.1, "split"),
    ]
    assert Insider.load("i.json") == fs.insider(0.4, informants=people, correlation=0.3)


def test_several_of_one_kind_before_asking(capsys):
    assert run(["insider", "--prior", "0.4", *GOOD, "--n", "3", "--correlation", "0.2"]) == 0
    assert "bits could be expected of them" in capsys.readouterr().out


@pytest.mark.parametrize(
    ("more", "column", "whole"), [([], None, True), (["--group", "party = D"], "party", False)]
)
def test_records_get_their_verdict_first(more, column, whole, saved, monkeypatch, capsys):
    """Only the groups that are needed are looked at; the estimation itself is put aside."""
    asked = {}

    def split(records, **settings):
        asked.update(settings, n_actors=records.n_actors)
        return saved

    def unknowns(records, answer, **settings):
        asked.update(settings, answer=answer)
        return answer

    monkeypatch.setattr(importlib.import_module("fissure.split"), "split", split)
    examine = importlib.import_module("fissure.unknowns.examine")
    monkeypatch.setattr(examine, "unknowns", unknowns)
    words = ["insider", "karate-club", "--says", "no-split", "--seed", "7", *more]
    assert run([*words, *GOOD]) == 0
    assert "Before any insider a split has probability" in capsys.readouterr().out
    assert (asked["n_actors"], asked["seed"]) == (34, 7)
    assert (asked["within"], asked["whole"]) == (column, whole)
    assert (asked["parts"], asked["answer"]) == (("chances",), saved)
    assert set(asked["done"]) == {g.name for g in saved.groups if column} - {"party = D"}


@pytest.mark.compiled
def test_records_and_their_report_give_one_probability(capsys):
    assert run(["report", "karate-club", "--no-unknowns", "--json", "plain.json", "--quiet"]) == 0
    records = fs.load("karate-club")
    answer = fs.unknowns(records, fs.Split.load("plain.json"), parts=("chances",), workers=1)
    answer.to_json("report.json")
    for source in ("karate-club", "report.json"):
        assert run(["insider", source, *GOOD, "--json", f"of-{source}.json", "--quiet"]) == 0
    tree, same = (
        json.loads(Path(f"of-{s}.json").read_text()) for s in ("karate-club", "report.json")
    )
    assert tree == same


@pytest.mark.parametrize(
    ("words", "problem"),
    [
        ([], "nothing to go by: give a SOURCE, or --prior as a probability, 0..1"),
        (["--prior", "1.2"], "prior must be 0..1, got 1.2"),
        (["--prior", "0.6..0.2"], "prior: the low end of a range comes first, got (0.6, 0.2)"),
        (["--prior", "much"], "--prior must be a number or a range such as 0.6..0.9, got 'much'"),
        (["--prior", "0.3", "--says", "yes"], "says must be 'split' or 'no split', got 'yes'"),
        (["--prior", "0.3", "--n", "0"], "--n must be a whole number of 1 or more, got 0"),
        (
            ["--prior", "0.3", "--n", "3", "--says", "split", "--says", "split"],
            "--says must be given once, or once for each of 3 informants, got 2",
        ),
        (
            ["--prior", "0.3", "--correlation", "0.4"],
            "correlation=0.4 needs at least 2 informants, got 1",
        ),
        (["--prior", "0.3", "--group", "all"], "--group 'all' needs a SOURCE to choose from"),
        (["--prior", "0.3", "--cost", "x"], "--cost must look like \"whip count=5\", got 'x'"),
        (
            ["--prior", "0.3", "--base-rate", "0.7"],
            "base_rate=0.7 is what records start from; with prior=0.3 none are read: give one of "
            "the two",
        ),
        (["rehnquist-court", "--base-rate", "1.7"], "base_rate must be 0..1, got 1.7"),
        (["rehnquist-court", "--prior", "1.7"], "prior must be 0..1, got 1.7"),
        (["none.json"], "none.json: cannot be read as a saved result"),
        (["rehnquist-court", "--error", "2"], "error must be 0..1, got 2"),
        (["report.json", "--group", "party = X"], "no group 'party = X'; there are all, party = D"),
    ],
)
def test_what_cannot_be_asked_is_said_in_one_line(words, problem, saved, capsys):
    assert run(["insider", *words, *GOOD]) == 1
    said = capsys.readouterr()
    assert said.out == ""
    assert problem in said.err
    assert said.err.startswith("fissure: ")
    assert said.err.count("\n") == 1
    assert os.listdir() == ["report.json"]


def test_competence_must_be_told(capsys):
    assert run(["insider", "--prior", "0.3", "--sensitivity", "0.8"]) == 1
    assert capsys.readouterr().err == (
        "fissure: --false-alarm must be given: how often such an informant says split, 0..1\n"
    )
