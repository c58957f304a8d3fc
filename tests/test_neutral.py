"""Nothing favours a side: mirrored, permuted and renamed input gives mirrored, permuted and renamed
answers."""

import numpy as np
import pytest

import bodies
from fake_split import HOSTILE
from fissure.report import report
from fissure.results import Split
from fissure.split import SplitSettings, split

QUICK = SplitSettings(repeats=2, draws=100, null_draws=19, power_draws=20, preference_draws=19)

#: A share and its complement are rounded apart in the last place; nothing else may differ.
ROUNDING = 1e-12

MIRRORED = ("yea_a", "yea_b", "gap", "yeas", "nays")


def camps():
    return bodies.camps((13, 9), 60, 0.5, np.random.default_rng(1), missing=0.1)[0]


def spectrum():
    return bodies.on_a_line(20, 50, np.random.default_rng(2), missing=0.1)[0]


def tied():
    """An even number of members and many tied items, where no majority turns an item."""
    y = camps()[:20]
    y[:10, :15], y[10:, :15] = 1, -1
    return y


def defector():
    rng = np.random.default_rng(3)
    y = bodies.draw(np.full((20, 60), 0.85), rng)
    y[4] = bodies.draw(np.full((1, 60), 0.1), rng)
    return y


def same(one, other, path=""):
    """Equal but for rounding; names where it is not."""
    if isinstance(one, dict):
        assert one.keys() == other.keys(), path
        for k in one:
            same(one[k], other[k], f"{path}.{k}")
    elif isinstance(one, list):
        assert len(one) == len(other), path
        for k, (a, b) in enumerate(zip(one, other, strict=True)):
            same(a, b, f"{path}[{k}]")
    elif isinstance(one, float) and isinstance(other, float):
        assert one == pytest.approx(other, rel=ROUNDING, abs=ROUNDING), path
    else:
        assert one == other, path


def turned(group):
    """The group of the mirrored records, from that of the records."""
    for item in group["items"]:
        for side in ("yea_a", "yea_b"):
            item[side] = None if item[side] is None else 1 - item[side]
        item["gap"] = None if item["gap"] is None else -item["gap"]
        item["yeas"], item["nays"] = item["nays"], item["yeas"]
    return group


def in_place(items):
    return sorted(items, key=lambda i: i["item"])


@pytest.mark.parametrize("body", [camps, spectrum, tied, defector])
def test_swapping_yea_and_nay_mirrors_the_answer(body):
    r = bodies.records(body(), party=["R", "D"] * (len(body()) // 2) + ["R"] * (len(body()) % 2))
    one = split(r, settings=QUICK).to_dict()
    other = split(r, settings=QUICK, yea=("nay",), nay=("yea",)).to_dict()
    expected, got = turned(one["groups"][0]), other["groups"][0]
    # the order of items, influence and dates is looked at by the next test
    for part, key in (("items", "item"), ("influence", "actor")):
        for group in (expected, got):
            group[part] = sorted(group[part], key=lambda row: row[key])
    assert expected["sentence"] == got["sentence"]
    same(expected, got)
    assert (one["source"], one["seed"]) == (other["source"], other["seed"])


@pytest.mark.parametrize(("sizes", "seed"), [((9, 12), 1), ((11, 7), 3), ((14, 14), 2)])
def test_swapping_yea_and_nay_keeps_the_order_of_items(sizes, seed):
    y, _ = bodies.camps(sizes, 60, 0.4, np.random.default_rng(seed))
    r = bodies.records(y)
    quick = SplitSettings(repeats=1, draws=100, null_draws=19, power_draws=20, preference_draws=0)
    one = split(r, settings=quick).groups[0]
    other = split(r, settings=quick, yea=("nay",), nay=("yea",)).groups[0]
    assert [i.item for i in one.items] == [i.item for i in other.items]
    assert [m.actor for m in one.influence] == [m.actor for m in other.influence]


@pytest.mark.parametrize("body", [camps, spectrum, defector])
def test_the_order_of_rows_and_columns_is_nothing_material(body):
    y = body()
    rng = np.random.default_rng(4)
    n, j = y.shape
    rows, columns = rng.permutation(n), rng.permutation(j)
    names, items = [f"m{i:02}" for i in range(n)], [f"v{k:03}" for k in range(j)]
    one = split(bodies.records(y), settings=QUICK).groups[0]
    other = split(
        bodies.records(
            y[rows][:, columns],
            actors=[names[i] for i in rows],
            items=[items[k] for k in columns],
        ),
        settings=QUICK,
    ).groups[0]
    assert (one.verdict, one.kind) == (other.verdict, other.kind)
    # the items are cut into other halves; near 0 the root makes much of a little
    floor = 0.1
    assert max(one.depth.estimate, floor) == pytest.approx(
        max(other.depth.estimate, floor), abs=0.02
    )
    assert {frozenset(m.actor for m in b.members) for b in one.blocs} == {
        frozenset(m.actor for m in b.members) for b in other.blocs
    }
    assert {m.actor for m in one.defectors} == {m.actor for m in other.defectors}
    # what no draw enters is the same
    position = [
        {m.actor: m.position.estimate for b in g.blocs for m in b.members} for g in (one, other)
    ]
    assert position[0] == pytest.approx(position[1], abs=1e-5)
    assert one.fit.correct == pytest.approx(other.fit.correct)


def test_renaming_the_parties_renames_and_nothing_else():
    y = camps()
    answers = []
    for names in (("Red", "Blue"), ("Blue", "Red")):
        party = [names[0]] * 13 + [names[1]] * 9
        answers.append(split(bodies.records(y, party=party), settings=QUICK).to_dict())

    def renamed(value):
        if isinstance(value, dict):
            return {k: renamed(v) for k, v in value.items()}
        if isinstance(value, list):
            return [renamed(v) for v in value]
        return {"Red": "Blue", "Blue": "Red"}.get(value, value) if isinstance(value, str) else value

    assert renamed(answers[0]) == answers[1]


def test_blocs_are_named_by_size_not_by_side():
    y = camps()
    assert (
        [(b.name, b.size) for b in split(bodies.records(y), settings=QUICK).groups[0].blocs]
        == [(b.name, b.size) for b in split(bodies.records(-y), settings=QUICK).groups[0].blocs]
        == [("A", 13), ("B", 9)]
    )


def test_turning_single_items_changes_only_those():
    # whether an item is put as a motion or as its rejection is the drafter's choice
    y = camps()
    sides = np.where(np.arange(60) % 3 == 0, -1, 1).astype(np.int8)
    one, other = (split(bodies.records(t), settings=QUICK).groups[0] for t in (y, y * sides))
    assert one.depth.estimate == pytest.approx(other.depth.estimate, rel=ROUNDING)
    assert one.verdict == other.verdict
    assert one.opposed_share == other.opposed_share
    assert [m.siding for b in one.blocs for m in b.members] == [
        m.siding for b in other.blocs for m in b.members
    ]


def test_hostile_names_survive(tmp_path):
    y = camps()
    names = [HOSTILE[k % len(HOSTILE)] or "-" for k in range(22)]
    actors = [f"{k}:{name}" for k, name in enumerate(names)]
    items = [f"{k}:{HOSTILE[-1 - k % len(HOSTILE)]}" for k in range(60)]
    party = [HOSTILE[0]] * 13 + [HOSTILE[1]] * 9
    quick = SplitSettings(repeats=1, draws=100, null_draws=19, power_draws=20, preference_draws=0)
    r = bodies.records(y, actors=actors, items=items, name=names, party=party)
    answer = split(r, within="party", settings=quick)
    assert [g.name for g in answer.groups] == [
        "all",
        f"party = {HOSTILE[0]}",
        f"party = {HOSTILE[1]}",
    ]
    seen = {m.actor: m.name for b in answer.groups[0].blocs for m in b.members}
    assert seen == dict(zip(actors, names, strict=True))
    assert {i.item for i in answer.groups[0].items} == set(items)
    answer.to_json(tmp_path / "a.json")
    assert Split.load(tmp_path / "a.json").to_dict() == answer.to_dict()
    page = report(answer)
    for word in HOSTILE:
        if "<" in word and word != "<!--<script>":
            assert word not in page
