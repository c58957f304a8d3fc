"""Results: saved and read again as they were; tables; refused trees."""

import copy
import dataclasses
import json

import numpy as np
import pytest

import bodies
from fissure.datasets import load
from fissure.errors import ReadError
from fissure.matrix import Matrix
from fissure.models.blocs import Blocs
from fissure.models.ideal import IdealPoints
from fissure.results import SCHEMA, Interval, Member, Skipped, Split
from fissure.split import SplitSettings, split

QUICK = SplitSettings(repeats=2, draws=100, null_draws=19, power_draws=20, preference_draws=0)


def made(**more):
    """An answer with everything in it: blocs, a defector, a skipped group, dropped members."""
    y, _ = bodies.camps((16, 9), 60, 0.6, np.random.default_rng(1), missing=0.1)
    y[3, 5:] = 0
    y[20:, 40:] = 0
    party = ["R"] * 16 + ["D"] * 6 + ["I"] * 3
    return split(bodies.records(y, party=party, **more), within="party", settings=QUICK)


@pytest.fixture(scope="module")
def answer():
    return made()


def test_a_dictionary_and_back_is_equal(answer):
    tree = answer.to_dict()
    again = Split.from_dict(tree)
    assert again.to_dict() == tree
    assert again.skipped == answer.skipped
    assert again == answer
    assert again.groups[0].dropped["actors"] == [["m03", "5 usable choices, at least 6 wanted"]]


def test_a_file_and_back_is_equal(answer, tmp_path):
    path = tmp_path / "Ergebnis ü.json"
    answer.to_json(path)
    text = path.read_text(encoding="utf-8")
    assert text.endswith("}\n")
    assert json.loads(text) == answer.to_dict()
    assert Split.load(path).to_dict() == answer.to_dict()
    assert Split.load(str(path)) == answer


def test_the_tree_is_plain(answer):
    def walk(value):
        if isinstance(value, dict):
            assert all(type(k) is str for k in value)
            for v in value.values():
                walk(v)
        elif isinstance(value, list):
            for v in value:
                walk(v)
        else:
            assert value is None or type(value) in (str, int, float, bool), repr(value)
            assert value == value  # no NaN

    walk(answer.to_dict())
    assert answer.to_dict()["schema"] == SCHEMA == "fissure.report/1"


def test_not_a_number_becomes_nothing():
    member = Member("a", "A", float("nan"), None, np.float64("inf"), np.int64(3), None)
    tree = Skipped("x", 3, "y"), member
    plain = Split({}, {"t": tree}, 1, {}, ()).to_dict()["settings"]["t"]
    assert plain[0] == {"name": "x", "n_actors": 3, "reason": "y"}
    assert (plain[1]["probability"], plain[1]["n_dividing"], plain[1]["n_choices"]) == (
        None,
        None,
        3,
    )


def test_unknown_keys_are_passed_over_and_defaults_filled_in(answer):
    tree = answer.to_dict()
    tree["colour"] = "red"
    tree["groups"][0]["colour"] = "red"
    del tree["groups"][0]["remarks"]
    del tree["skipped"]
    again = Split.from_dict(tree)
    assert again.skipped == ()
    assert again.groups == answer.groups


@pytest.mark.parametrize(
    ("path", "message"),
    [
        ((), "Split lacks the key 'seed'"),
        (("groups", 0), "Group lacks the key 'verdict'"),
        (("groups", 0, "depth"), "Interval lacks the key 'low'"),
        (("groups", 0, "blocs", 0, "members", 0), "Member lacks the key 'actor'"),
    ],
)
def test_a_missing_key_is_named(path, message, answer):
    tree = answer.to_dict()
    part = tree
    for step in path:
        part = part[step]
    del part[message.split("'")[1]]
    with pytest.raises(ReadError) as error:
        Split.from_dict(tree)
    assert str(error.value) == message


@pytest.mark.parametrize(
    ("tree", "came"),
    [({}, "None"), ({"schema": "fissure.report/2"}, "'fissure.report/2'"), ([1], "'list'")],
)
def test_another_schema_is_refused(tree, came):
    with pytest.raises(ReadError) as error:
        Split.from_dict(tree)
    assert str(error.value) == f"schema must be 'fissure.report/1', got {came}"


def test_files_that_are_no_results(tmp_path):
    gone, broken, other = tmp_path / "gone.json", tmp_path / "broken.json", tmp_path / "other.json"
    broken.write_text("{")
    other.write_text('{"schema": 7}')
    with pytest.raises(ReadError) as error:
        Split.load(gone)
    assert str(error.value) == (
        f"{gone}: cannot be read as a saved result: [Errno 2] No such file or directory: '{gone}'"
    )
    with pytest.raises(ReadError) as error:
        Split.load(broken)
    assert str(error.value) == (
        f"{broken}: cannot be read as a saved result: Expecting property name enclosed in double "
        "quotes: line 1 column 2 (char 1)"
    )
    with pytest.raises(ReadError) as error:
        Split.load(other)
    assert str(error.value) == f"{other}: schema must be 'fissure.report/1', got 7"
    other.write_text('{"schema": "fissure.report/1"}')
    with pytest.raises(ReadError) as error:
        Split.load(other)
    assert str(error.value) == f"{other}: Split lacks the key 'source'"


def test_a_file_with_a_part_of_another_kind_is_named(answer, tmp_path):
    path = tmp_path / "bent.json"
    path.write_text(json.dumps({**answer.to_dict(), "groups": [7]}))
    with pytest.raises(ReadError, match=rf"^{path}: is no whole Split: "):
        Split.load(path)


def test_one_row_a_group(answer):
    frame = answer.to_frame()
    assert frame.columns == [
        "group", "verdict", "kind", "probability", "depth", "depth_low", "depth_high",
        "opposed_share", "middle", "blocs", "defectors", "smallest_detectable_depth", "preference",
        "n_actors", "n_items", "n_choices",
    ]  # fmt: skip
    assert frame.height == len(answer.groups)
    for row, g in zip(frame.iter_rows(named=True), answer.groups, strict=True):
        assert (row["group"], row["verdict"], row["kind"]) == (g.name, g.verdict, g.kind)
        assert (row["depth_low"], row["depth"], row["depth_high"]) == (
            g.depth.low, g.depth.estimate, g.depth.high,
        )  # fmt: skip
        assert row["blocs"] == " + ".join(str(len(b.members)) for b in g.blocs)
        assert row["defectors"] == len(g.defectors)
        assert row["n_choices"] == g.n_choices


def test_one_row_a_member_and_group(answer):
    frame = answer.members()
    assert frame.columns == [
        "group", "actor", "name", "bloc", "probability", "siding", "position", "low", "high",
        "n_choices",
    ]  # fmt: skip
    for g in answer.groups:
        part = frame.filter(group=g.name)
        assert part.height == g.n_actors
        assert part["actor"].n_unique() == g.n_actors
        for b in g.blocs:
            assert part.filter(bloc=b.name)["actor"].to_list() == [m.actor for m in b.members]
        assert part.filter(bloc="defector")["actor"].to_list() == [m.actor for m in g.defectors]
        first = g.blocs[0].members[0]
        row = part.filter(actor=first.actor).row(0, named=True)
        assert row["position"] == first.position.estimate
        assert row["low"] < row["position"] < row["high"]


def test_in_words(answer):
    lines = repr(answer).splitlines()
    assert lines == [f"{g.name}: {g.sentence}" for g in answer.groups] + [
        f"{s.name}: {s.reason}" for s in answer.skipped
    ]
    assert len(lines) == 4


def test_results_are_frozen(answer):
    with pytest.raises(dataclasses.FrozenInstanceError):
        answer.seed = 2
    with pytest.raises(dataclasses.FrozenInstanceError):
        answer.groups[0].verdict = "split"
    assert copy.deepcopy(answer) == answer
    assert Interval(1.0, 0.5, 1.5) == Interval(1.0, 0.5, 1.5)


def test_what_every_answer_carries(answer):
    assert answer.seed == 1
    assert answer.settings["null_draws"] == 19
    assert (answer.settings["within"], answer.settings["whole"]) == ("party", True)
    assert list(answer.settings["yea"]) == ["yea"]
    assert set(answer.versions) == {"python", "fissure", "numpy", "scipy", "numba", "polars"}
    assert answer.source["name"] == "toy"
    assert answer.source["notes"] == []


@pytest.mark.parametrize("estimator", [IdealPoints(), Blocs()])
def test_every_estimator_keeps_the_contract(estimator, tmp_path):
    m = Matrix.from_records(load("karate-club"))
    fit = estimator.fit(m)
    assert fit.settings == dataclasses.asdict(estimator)
    assert fit.source["name"] == "karate-club"
    assert fit.to_frame().height == 34
    assert fit.to_frame()["actor"].to_list() == m.actors["actor"].to_list()
    assert fit._repr_html_().startswith("<p>")
    fit.to_json(tmp_path / "fit.json")
    assert json.loads((tmp_path / "fit.json").read_text())["settings"] == json.loads(
        json.dumps(dataclasses.asdict(estimator))
    )
    with pytest.raises(dataclasses.FrozenInstanceError):
        fit.settings = {}
    with pytest.raises(dataclasses.FrozenInstanceError):
        estimator.max_iter = 3


def test_ideal_points_of_dated_items_can_be_saved(tmp_path):
    import datetime

    import polars as pl

    y = bodies.probit(12, 20, 1, np.random.default_rng(1))[0]
    items = pl.DataFrame(
        {"item": [f"v{k}" for k in range(20)], "date": [datetime.date(2001, 2, 3)] * 20}
    )
    IdealPoints().fit(bodies.matrix(y, items=items)).to_json(tmp_path / "fit.json")
    tree = json.loads((tmp_path / "fit.json").read_text())
    assert tree["items"][0]["date"] == "2001-02-03"
