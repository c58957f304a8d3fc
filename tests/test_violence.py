"""Civil violence: against a slow twin in every switch, against the mean field, and its laws."""

from dataclasses import replace

import numba
import numpy as np
import pytest

import naive_scenarios as naive
from fissure.errors import SettingError
from fissure.kernels import violence as kernel
from fissure.kernels._jit import prefetch
from fissure.scenarios import CivilViolence, Violence
from fissure.scenarios.violence import Begun, mean_field

SMALL = Violence(
    height=9, width=8, citizens=0.6, cops=0.1, legitimacy=0.5, vision=2, cop_vision=3, most_term=4
)
SWITCHES = [
    {},
    {"rounding": "none"},
    {"rounding": "floor"},
    {"order": "sequential"},
    {"neighbourhood": "moore"},
    {"is_torus": False},
    {"is_torus": False, "neighbourhood": "moore", "citizens": 0.85},
    {"jail": "removed"},
    {"has_zero_term": False},
    {"is_moving": False},
    {"is_arresting": False},
    {"cop_vision": 2, "loyalty": 0.5},
    {"aggrieved": 0.6, "threshold": -0.05},
]
STATES = {0: "quiet", 1: "active", -1: "cop", -2: "idle"}


def by_hand(settings, steps, seed, started):
    """The same agents and random numbers, in the hands of the slow twin."""
    seen = {}

    def caught(self, grievance, fear):
        seen.update(grievance=grievance, fear=fear)
        return np.zeros(len(fear), np.int32)

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(Violence, "critical", caught)
        begun = settings.begin(seed)
    agents = [
        {"at": (int(r), int(c)), "state": STATES[int(s)]} for r, c, s, _ in begun.starting(started)
    ]
    cells = (settings.rules.sight_cells.tolist(), settings.rules.reach_cells.tolist())
    town = naive.Town(settings, agents, seen["grievance"], seen["fear"],
                      cells, begun.rng)  # fmt: skip
    order = list(range(len(agents)))
    return np.array([town.step(order, kernel.TRIES) for _ in range(steps)]) / begun.n_citizens


@pytest.mark.parametrize("change", SWITCHES, ids=str)
def test_the_same_as_the_slow_twin(change):
    settings = replace(SMALL, **change)
    run = settings.run(6, seed=3, started=0.3)
    expected = by_hand(settings, 6, 3, 0.3)
    assert np.column_stack([run.active, run.jailed]).tolist() == expected.tolist()


@pytest.mark.compiled
@pytest.mark.parametrize("rounding", ["none", "floor", "round"])
def test_counts_in_sight_stay_what_a_new_count_gives(rounding):
    settings = replace(SMALL, height=20, width=30, rounding=rounding)
    begun = settings.begin(5)
    rules, rng, grid = settings.rules, begun.rng, begun.grid(begun.starting(0.2))
    order, counts = np.arange(len(grid.agents), dtype=np.int32), np.zeros((30, 2), np.int64)
    kernel.run(grid, rules, order, np.arange(1), 10**6, rng, counts)
    new = grid._replace(
        **{k: np.zeros_like(getattr(grid, k)) for k in ("who", "rebels", "near", "targets")}
    )
    kernel.count_all(new, rules)
    assert (grid.rebels == new.rebels).all()
    assert (grid.near == new.near).all()
    assert (grid.targets == new.targets).all()
    is_rebel = np.unpackbits(new.rebels, axis=1, bitorder="little")[:, : settings.width] == 1
    assert (grid.who[is_rebel] == new.who[is_rebel]).all()
    assert np.unpackbits(grid.taken, axis=1).sum() == len(grid.agents)


@pytest.mark.parametrize("rounding", ["none", "floor", "round"])
def test_critical_ratio_decides_as_the_formula_does(rounding):
    settings = replace(SMALL, rounding=rounding)
    rng = np.random.default_rng(2)
    g, r = rng.random(200) * 0.5, rng.random(200)
    x = settings.critical(g, r)
    for cops in range(12):
        for active in range(1, 9):
            ratio = naive.rounded(cops / active, rounding)
            wish = g - r * (1 - np.exp(-settings.constant * ratio)) > settings.threshold
            assert (wish == (cops * kernel.UNIT < x.astype(np.int64) * active)).all()


# Everyone sees everyone: what is left is the finite number of citizens, 3 s.e. of a share.
@pytest.mark.compiled
@pytest.mark.parametrize("rounding", ["none", "floor", "round"])
@pytest.mark.parametrize("legitimacy", [0.3, 0.6])
def test_mean_field_where_everyone_sees_everyone(rounding, legitimacy):
    settings = Violence(
        height=61, width=61, cops=0.05, legitimacy=legitimacy, neighbourhood="moore", vision=30,
        cop_vision=1, rounding=rounding, is_arresting=False, is_moving=False,
    )  # fmt: skip
    run = settings.run(60, seed=4)
    tolerance = 3 * 0.5 / np.sqrt(run.n_citizens)
    assert run.active[-1] == pytest.approx(mean_field(settings), abs=tolerance)


def test_mean_field_by_hand():
    """Nobody to fear: H (1 − L) > T for a share 1 − T/(1 − L). Nobody aggrieved: no one."""
    assert mean_field(Violence(cops=0.0, legitimacy=0.5, threshold=0.1)) == pytest.approx(0.8)
    assert mean_field(Violence(legitimacy=1.0)) == 0.0
    # P = 1 in the unit square with L = 0, T = 0: half of the citizens, H > R
    lots = Violence(legitimacy=0.0, threshold=0.0, constant=1e3, cops=0.2, rounding="none")
    assert mean_field(lots) == pytest.approx(0.5)


def test_limits():
    quiet = replace(SMALL, legitimacy=1.0).run(5)
    assert quiet.active.tolist() == [0.0] * 5
    free = replace(SMALL, cops=0.0, threshold=-1.0).run(3)
    assert free.active.tolist() == [1.0] * 3
    assert len(replace(SMALL, cops=0.0, threshold=-1.0).run(5, stop=0.5).active) == 1
    assert len(SMALL.run(0).active) == 0
    idle = replace(SMALL, loyalty=0.0).run(5)
    assert idle.jailed.tolist() == [0.0] * 5


@pytest.mark.compiled
def test_orders_differ_by_chance_only():
    """Shuffled or by patches: the same mean share active, within 4 s.e. of 40 runs."""
    base = Violence(height=30, width=30, legitimacy=0.6, vision=3, cop_vision=3, most_term=10)
    means = []
    for order in ("random", "patches"):
        runs = [replace(base, order=order).run(20, seed=k).active.mean() for k in range(40)]
        means.append((np.mean(runs), np.std(runs) / np.sqrt(40)))
    (a, sa), (b, sb) = means
    assert abs(a - b) < 4 * np.hypot(sa, sb)


@pytest.mark.compiled
def test_memory_is_asked_for_and_nothing_changed():
    @numba.njit
    def ask(table):
        prefetch(table, 1, 2)

    table = np.arange(6).reshape(2, 3)
    ask(table)
    assert table.tolist() == [[0, 1, 2], [3, 4, 5]]
    assert "llvm.prefetch" in next(iter(ask.inspect_llvm().values()))


@pytest.mark.compiled
def test_no_step_is_made_where_too_few_could_ever_rebel(monkeypatch):
    model = CivilViolence()
    rng = np.random.default_rng(4)
    conditions, free = rng.random((150, 4)), model.draw(150, 1)
    seeds = np.arange(150)
    made, run = [], Begun.run

    def watched(self, steps, stop, started, least):
        made.append(len(run(self, steps, stop, started, least).active))
        return run(self, steps, stop, started, 0.0)

    monkeypatch.setattr(Begun, "run", watched)
    in_full = model.run(conditions, free, seeds)
    monkeypatch.undo()
    assert (model.run(conditions, free, seeds) == in_full).all()
    assert 10 < made.count(0) < 75


def test_runs_that_begin_as_one_are_those_that_begin_anew():
    """Where organisation alone differs, agents are put on the grid once."""
    model = CivilViolence()
    rng = np.random.default_rng(6)
    conditions, free = np.repeat(rng.random((6, 4)), 3, axis=0), model.draw(6, 1)
    conditions[:, 2] = np.tile([0.0, 0.5, 1.0], 6)
    free, seeds = np.repeat(free, 3, axis=0), np.repeat(np.arange(6), 3)
    order = rng.permutation(18)
    anew = model.run(conditions[order], free[order], seeds[order])
    assert (model.run(conditions, free, seeds)[order] == anew).all()


@pytest.mark.parametrize("settings", [SMALL, replace(SMALL, aggrieved=0.3, cops=0.3)])
def test_as_many_as_were_ever_active_or_in_jail_could_rebel(settings):
    for seed in range(8):
        run = settings.run(8, seed, started=0.7)
        most = max(run.active.max(), run.jailed.max())
        assert settings.run(8, seed, started=0.7, least=most).active.tolist() == run.active.tolist()
    assert len(settings.run(8, 1, least=1.0).active) == 0


def test_what_is_just_reached_is_run():
    every = Violence(height=15, width=15, vision=5, cop_vision=5, cops=0.0, threshold=0.14)
    for seed in range(12, 40):
        most = every.run(2, seed).active.max()
        assert len(every.run(2, seed, least=most).active) == 2


def test_same_seed_same_run():
    assert SMALL.run(5, seed=1).active.tolist() == SMALL.run(5, seed=1).active.tolist()


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"citizens": -0.1}, "citizens must be a number 0..1, got -0.1"),
        ({"legitimacy": 1.5}, "legitimacy must be a number 0..1, got 1.5"),
        ({"citizens": 0.9, "cops": 0.1}, "citizens and cops must leave empty cells, got 1 of them"),
        ({"height": -4}, "height must be 7 or more with this vision, got -4"),
        (
            {"height": 500, "width": 500, "vision": 200},
            "at most 65,535 citizens may be in one sight, got 80,401",
        ),
        (
            {"height": 300, "width": 300, "vision": 149, "citizens": 0.1, "cops": 0.5},
            "at most 32,767 cops may be in one sight, got 44,701",
        ),
        ({"vision": 0}, "vision must be a whole number of 1 or more, got 0"),
        ({"most_term": 0, "has_zero_term": False},
         "most_term must be 1 or more where has_zero_term is False, got 0"),
        ({"rounding": "up"}, "rounding must be one of none, floor, round, got 'up'"),
        ({"order": "any"}, "order must be one of random, patches, sequential, got 'any'"),
    ],
)  # fmt: skip
def test_bad_settings(change, message):
    with pytest.raises(SettingError) as error:
        replace(SMALL, **change)
    assert str(error.value) == message


def test_bad_runs():
    with pytest.raises(SettingError) as error:
        SMALL.run(-1)
    assert str(error.value) == "steps must be a whole number of 0 or more, got -1"
    with pytest.raises(SettingError) as error:
        CivilViolence(side=3)
    assert str(error.value) == "side must be a whole number of 15 or more, got 3"


def test_as_a_model_a_split_enters_through_legitimacy_and_loyalty():
    model = CivilViolence()
    free = model.draw(1, 1)[0]
    united, torn = (model.settings(np.array([d, 0.5, 0.5, 0.5]), free) for d in (0.0, 1.0))
    assert united.legitimacy == pytest.approx(free[0])
    assert torn.legitimacy == pytest.approx(free[0] * (1 - free[1]))
    assert (united.loyalty, torn.loyalty) == (1.0, pytest.approx(1 - free[2]))
