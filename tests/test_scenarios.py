"""The map of scenarios: laws, limits, disagreement, calibration, and what is refused."""

import sys

import numpy as np
import pytest

import fissure as fs
from fake_split import fake_split
from fake_trace import trace_of
from fissure.errors import DataError, MissingExtra, SettingError
from fissure.results import Scenarios
from fissure.scenarios import MODELS, OUTCOMES, Case, GlobalGame, Stress
from fissure.scenarios.calibrate import REPEATS, _hits, match, stacked
from fissure.scenarios.ensemble import draws_of
from fissure.scenarios.inputs import condition, depth_of
from fissure.scenarios.model import CONDITIONS, SEEDS, Free, Model, even, seeded
from fissure.scenarios.sobol import _run as run_at
from fissure.scenarios.sobol import sobol

QUICK = {"models": ["global game", "structural stress"], "draws": 64, "grid": 4, "workers": 1}
CASES = [
    Case("one", "change from below", 0.7, 0.8, 0.8, 0.2),
    Case("two", "no change", 0.1, (0.1, 0.3), 0.2, 0.9),
    Case("three", "reshuffle at the top", (0.7, 0.9), 0.2, 0.2, 0.5),
]


class Known(Model):
    """A model whose answers can be worked out by hand: P(change from below) = depth × free."""

    def __init__(self, name="known", low=0.0, high=1.0, at=3):
        object.__setattr__(self, "at", at)
        super().__init__(name, "m", "s", "l", (Free("share", low, high, "a share"),))

    def run(self, conditions, free, seeds):
        out = np.zeros((len(conditions), 5))
        out[:, self.at] = conditions[:, 0] * free[:, 0]
        out[:, 0] += 1 - out.sum(axis=1)
        return out


@pytest.fixture(scope="module")
def answer():
    return fs.scenarios(0.4, (0.2, 0.8), **QUICK)


def test_probabilities_are_probabilities(answer):
    for view in (*answer.models, answer.ensemble):
        total = np.sum([s.probability for s in view.surfaces], axis=0)
        assert total == pytest.approx(np.ones((4, 4)))
        assert sum(o.probability for o in view.odds) == pytest.approx(1.0)
        assert all(np.min(s.error) > 0 for s in view.surfaces)


def test_the_map_runs_over_the_range_given_or_all(answer):
    assert answer.depths == (0.0, pytest.approx(1 / 3), pytest.approx(2 / 3), 1.0)
    assert answer.organisations == pytest.approx((0.2, 0.4, 0.6, 0.8))


def test_the_ensemble_is_the_mean_of_the_models(answer):
    assert [m.weight for m in answer.models] == [0.5, 0.5]
    for k in range(5):
        each = [m.surfaces[k].probability for m in answer.models]
        together = np.array(answer.ensemble.surfaces[k].probability)
        assert np.mean(each, axis=0) == pytest.approx(together)
        odds = answer.ensemble.odds[k]
        assert odds.lowest <= odds.probability <= odds.highest


def test_an_uncalibrated_run_says_so_in_its_title(answer):
    assert answer.title == "Scenarios under rival models, not calibrated to any case"
    assert not answer.is_calibrated
    assert answer.calibration is None
    assert "Equal weights" in answer.ensemble.mechanism


def test_it_comes_back_from_json(answer, tmp_path):
    answer.to_json(tmp_path / "s.json")
    assert Scenarios.load(tmp_path / "s.json") == answer
    assert answer.to_dict()["schema"] == "fissure.scenarios/1"
    assert answer.to_frame().height == 3 * 5
    assert answer.map_frame().height == 3 * 5 * 16


def test_a_model_known_by_hand():
    """P = depth × u, u uniform on 0..1: mean depth/2."""
    model = Known()
    answer = fs.scenarios(models=[model], draws=64, grid=3, workers=1, level=0.2)
    surface = np.array(answer.models[0].surfaces[3].probability)
    # a scrambled Sobol sequence of 64 points has its mean within 1/64 of the truth
    assert surface == pytest.approx(np.array([[0.0] * 3, [0.25] * 3, [0.5] * 3]), abs=1 / 64)
    required = answer.models[0].required
    assert required.least_depth == (0.5, 0.5, 0.5)
    assert required.share == pytest.approx(2 / 3)
    assert (required.depth, answer.share_agreed) == (1.0, 1.0)
    shifts = {t.input: t.shift for t in required.tendencies}
    # among runs with the outcome the density of u is 2u: mean 2/3, shifted by (1/6)/(1/√12)
    assert shifts["share"] == pytest.approx(np.sqrt(12) / 6, abs=0.1)
    assert set(shifts) == {"share", "depth"}


def test_conditions_and_unmeasured_numbers_are_drawn_together():
    four = [condition(name, (0.0, 1.0)) for name in CONDITIONS]
    rng = np.random.default_rng(3)
    model = MODELS[3]
    true = model.rows(rng.random((20_000, 4)), model.draw(20_000, 1), np.zeros(20_000, int))
    gaps = []
    for seed in range(20):
        drawn = draws_of(four, MODELS, 200, seed)
        for free in drawn.free:
            # 1/sqrt(200) is 0.07; two even sequences side by side gave 0.6 to 0.98
            assert np.abs(np.corrcoef(drawn.conditions.T, free.T)[:4, 4:]).max() < 0.25
        p, error = seeded(model.rows(drawn.conditions, drawn.free[3], drawn.seeds))
        gaps.append((p - true.mean(axis=0)) / error)
    assert np.sqrt(np.mean(np.square(gaps), axis=0)).max() < 1.3  # 1 if draws were independent
    few = np.array(
        [np.corrcoef(even(20, 13, seed).T)[np.triu_indices(13, 1)] for seed in range(40)]
    )
    assert np.sqrt(np.mean(few**2)) < 1.1 / np.sqrt(19)  # as of independent draws
    kept = [model.draw(64, 1)]
    drawn = draws_of(four, [model], 200, 1, kept)
    counts = np.unique(drawn.free[0], axis=0, return_counts=True)[1]
    assert (len(counts), counts.min(), counts.max()) == (64, 3, 4)
    assert np.abs(np.corrcoef(drawn.conditions.T, drawn.free[0].T)[:4, 4:]).max() < 0.25


def test_a_model_that_gives_no_probabilities_is_refused():
    class Wrong(Known):
        def run(self, conditions, free, seeds):
            return np.full((len(conditions), 5), np.nan)

    class Short(Known):
        def run(self, conditions, free, seeds):
            return np.ones((len(conditions), 1))

    message = "model 'known' must give probabilities that sum to 1, got [nan, nan, nan, nan, nan]"
    with pytest.raises(SettingError) as error:
        Wrong().probabilities(0.5, 0.5, 0.5, 0.5)
    assert str(error.value) == message
    with pytest.raises(SettingError, match="5 probabilities for each of 40 runs"):
        fs.scenarios(models=[Short()], draws=20, grid=2, workers=1)


def test_what_matters_is_weighed_by_how_often_the_outcome_comes():
    """Of two models with the same shifts, the one in which the outcome is rare counts less."""
    often, rare = Known("often", 0.5, 1.0), Known("rare", 0.01, 0.02)
    found = fs.scenarios(models=[often, rare], draws=512, grid=4, workers=1).matters
    assert found[:2] == ("depth", "share (often)")


def test_what_never_came_out_is_not_said_to_be_certain():
    """None of 200: as if half of 201 had; one of 200: √(p (1 − p)/199)."""
    runs = np.zeros((200, 5))
    runs[:, 0], runs[0, :2] = 1.0, (0.0, 1.0)
    p, error = seeded(runs)
    assert p.tolist() == [0.995, 0.005, 0.0, 0.0, 0.0]
    rare, seen = 0.5 / 201, np.sqrt(0.005 * 0.995 / 199)
    assert error.tolist() == pytest.approx([seen, seen, *[np.sqrt(rare * (1 - rare) / 201)] * 3])


def test_disagreement_by_hand():
    """Depth 1, u = 1: one model is sure of one outcome, the other of another."""
    pair = [Known("a", 1.0, 1.0 + 1e-9), Known("b", 1.0, 1.0 + 1e-9, at=4)]
    answer = fs.scenarios(1.0, models=pair, draws=32, grid=3, workers=1)
    expected = np.array([[0] * 3, [0.5] * 3, [1] * 3])
    assert np.array(answer.disagreement) == pytest.approx(expected)
    assert answer.agreement[0] == ("no change",) * 3
    assert answer.agreement[2] == (None,) * 3
    assert answer.sentence.endswith("50%, from under 1% to over 99% between models.")


@pytest.mark.compiled
def test_every_model_with_the_same_answer_in_two_processes():
    given = {"draws": 20, "grid": 2}
    one, two = (fs.scenarios((0.1, 0.6), workers=w, **given) for w in (1, 2))
    assert one == two
    assert [m.name for m in one.models] == [m.name for m in MODELS]
    assert fs.scenarios((0.1, 0.6), workers=1, seed=2, **given).models != one.models


def test_nothing_happens_where_there_are_no_challengers():
    """With nobody on the challengers' side nothing comes from below, in any model with people."""
    for model in MODELS[:2]:
        assert model.probabilities(0.8, 0.0, 1.0, 0.2, draws=64)[0][3] == 0.0


def test_capacity_and_depth_pull_against_each_other():
    for model in (GlobalGame(), Stress()):
        stay = [
            model.probabilities(d, 0.6, 0.5, c, draws=256)[0][[2, 3]].sum()
            for d, c in ((0.1, 0.9), (0.1, 0.3), (0.9, 0.9), (0.9, 0.3))
        ]
        assert stay[0] < stay[1] < stay[3]
        assert stay[0] < stay[2] < stay[3]


def test_depth_from_a_report():
    report = fake_split()
    group = report.groups[0]
    one = depth_of(report)
    assert one.given.kind == "interval"
    assert one.given.mean == group.depth.estimate
    middle = np.quantile(one.values, [0.025, 0.975])
    assert middle == pytest.approx([group.depth.low, group.depth.high], abs=0.01)
    assert np.array_equal(depth_of(group).values, one.values)
    with pytest.raises(DataError) as error:
        depth_of(report, group="nobody")
    assert "no group 'nobody' in this report; there are " in str(error.value)


def test_depth_from_a_trace():
    answer = trace_of([0.2, 0.5, 0.4], 0.05)
    last = answer.series[0].periods[-1]
    one = depth_of(answer)
    assert one.values.tolist() == sorted(min(max(v, 0.0), 1.0) for v in last.draws.depth)
    first = answer.series[0].periods[0].period
    assert first in depth_of(answer, period=first).given.origin
    with pytest.raises(DataError):
        depth_of(answer, period="never")


def test_calibration_rules_out_what_cannot_be():
    """P(outcome) = depth × u at depth 1: of u, those are left whose I² is below 9."""
    result = match([Known()], [Case("c", "change from below", 1.0, 0.5, 0.5, 0.5)], seed=1)
    p = Known().draw(256, 101)[:, 0]
    q = (p * 16 + 0.5) / 17
    i2 = (1 - p) ** 2 / (q * (1 - q) * 17 / 16 + 0.01)
    assert result.calibration.kept == (pytest.approx((i2 < 9).mean()),)
    assert sorted(result.kept[0][:, 0]) == pytest.approx(sorted(p[i2 < 9]))
    # left out, the case is met by all values: mean 1/2, a tenth of it spread over five outcomes
    assert result.calibration.fits[0].probability == pytest.approx(0.9 * 0.5 + 0.02, abs=0.01)


def test_calibration_weighs_by_cases_left_out():
    good, bad = Known("good", 0.8, 1.0), Known("bad", 0.0, 0.2)
    cases = [Case(str(k), "change from below", 1.0, 0.5, 0.5, 0.5) for k in range(3)]
    result = match([good, bad], cases, seed=1)
    # all cases alike: the greatest of 3 log(w p + (1 − w) q) + log w + log(1 − w), by trying
    p, q = (f.probability for f in result.calibration.fits if f.case == "0")
    w = np.linspace(0.001, 0.999, 999)
    best = w[np.argmax(3 * np.log(w * p + (1 - w) * q) + np.log(w * (1 - w)))]
    assert result.weights == pytest.approx([best, 1 - best], abs=0.002)
    assert result.calibration.log_scores[0] > result.calibration.baseline
    # (2 + ½)/(2 + 5/2) in each of three
    assert result.calibration.frequency == pytest.approx(3 * np.log(2.5 / 4.5))
    answer = fs.scenarios(models=[good, bad], cases=cases, draws=20, grid=2, workers=1)
    assert answer.title == "Scenarios under rival models, matched to 3 cases"
    assert answer.models[0].weight == pytest.approx(float(result.weights[0]))
    assert "not calibrated" not in " ".join(answer.remarks)


def test_no_weight_goes_to_one_model_that_is_as_bad_as_the_others():
    """Each is right about half of 40 cases and wrong about the others: products would pick one."""
    chances = np.tile([[0.8, 0.02], [0.02, 0.7]], 20)
    assert stacked(chances) == pytest.approx([0.5, 0.5], abs=0.02)
    assert stacked(np.array([[0.9] * 40, [0.02] * 40])).min() == pytest.approx(1 / 42, rel=0.05)


def test_the_truth_survives_many_cases():
    """Thirty cases of P = u at u = 0.94: twenty-eight came, two did not, as luck may have it."""

    def case(k):
        return Case(str(k), "change from below" if k > 1 else "no change", 1.0, 0.5, 0.5, 0.5)

    result = match([Known()], [case(k) for k in range(30)], seed=1)
    kept = result.kept[0][:, 0]
    assert kept.min() < 0.94 < kept.max()
    # where fewer than one in ten may be that far off, 0.94 is ruled out with no change at 6 %
    few = match([Known()], [case(k) for k in range(4)], seed=1).kept[0][:, 0]
    assert few.max() < 0.94


def test_matched_models_that_are_no_better_than_frequencies_are_told():
    wrong = [Known("a", 0.0, 0.1), Known("b", 0.0, 0.1, at=4)]
    cases = [Case(str(k), "change from below", 1.0, 0.5, 0.5, 0.5) for k in range(6)]
    answer = fs.scenarios(models=wrong, cases=cases, draws=20, grid=2, workers=1)
    assert "no model does better on them than going by how frequent" in answer.remarks[0]


def test_calibration_on_real_models():
    answer = fs.scenarios(cases=CASES, **QUICK)
    assert answer.is_calibrated
    assert len(answer.calibration.fits) == 2 * 3
    assert sum(m.weight for m in answer.models) == pytest.approx(1.0)


def test_sobol_needs_its_extra(monkeypatch):
    monkeypatch.setitem(sys.modules, "SALib.analyze.sobol", None)
    with pytest.raises(MissingExtra) as error:
        fs.scenarios(sensitivity=True, **QUICK)
    assert str(error.value) == (
        "Sobol indices need the package SALib: pip install 'fissure[sensitivity]'"
    )


def test_sobol_indices_by_hand():
    """P = d u on the unit square: each first index is (1/48)/(7/144) = 3/7, each total 4/7."""
    four = [condition(k, (0.0, 1.0)) for k in ("depth", "strength", "organisation", "capacity")]
    found = {s.input: s for s in sobol([Known()], four, 3, 1024, 1)}
    for name in ("depth", "share"):
        assert found[name].first == pytest.approx(3 / 7, abs=found[name].first_error)
        assert found[name].total == pytest.approx(4 / 7, abs=found[name].total_error)
    for name in ("strength", "organisation", "capacity", "chance"):
        assert found[name].total == pytest.approx(0.0, abs=1e-12)


def test_sobol_indices_know_good_luck_and_bad():
    """A model that reads its luck from where a seed lies finds it even over 0 to 1."""

    class Lucky(Known):
        def run(self, conditions, free, seeds):
            out = np.zeros((len(conditions), 5))
            out[:, 3] = (seeds + 0.5) / SEEDS
            out[:, 0] = 1 - out[:, 3]
            return out

    four = [condition(k, (0.0, 1.0)) for k in ("depth", "strength", "organisation", "capacity")]
    unit = np.random.default_rng(1).random((4000, 6))
    luck = run_at((Lucky(), four, unit))[:, 3]
    assert luck == pytest.approx(unit[:, 5])
    # and the calibration gives every case luck of its own, as even
    u = np.linspace(0, 1, 50)[:, None]
    hits = [_hits((Lucky(), u, CASES[0], (1, c))) for c in range(200)]
    assert np.mean(hits) == pytest.approx(0.5, abs=4 / np.sqrt(12 * 200 * REPEATS))
    assert np.ptp(hits[0]) == 0 < np.ptp(hits)


@pytest.mark.parametrize(
    ("given", "message"),
    [
        ({"depth": 1.2}, "depth must be 0..1, got 1.2"),
        ({"depth": (0.5, 0.5)},
         "depth: the low end of a range must be below its high end, got 0.5..0.5"),
        ({"organisation": (0.6, 0.2)},
         "organisation: the low end of a range must be below its high end, got 0.6..0.2"),
        ({"strength": []}, "strength must be a number, a range (low, high) or draws, got []"),
        ({"capacity": "high"},
         "capacity must be a number, a range (low, high) or draws, got 'high'"),
        ({"capacity": float("nan")}, "capacity must be 0..1, got nan"),
        ({"outcome": "victory"}, f"outcome must be one of {', '.join(OUTCOMES)}, got 'victory'"),
        ({"models": ["magic"]}, "model must be one of cascade, global game, civil violence, "
                                "structural stress, got 'magic'"),
        ({"models": []}, "models must be a list of one or more, got []"),
        ({"draws": -1}, "draws must be a whole number of 20 or more, got -1"),
        ({"grid": 1}, "grid must be a whole number of 2 or more, got 1"),
        ({"level": 2}, "level must be a number 0..1, got 2"),
        ({"workers": 0}, "workers must be a whole number of 1 or more, got 0"),
        ({"group": "all"}, "group and period are for a depth from a report or a trace"),
    ],
)  # fmt: skip
def test_bad_input(given, message):
    with pytest.raises(SettingError) as error:
        fs.scenarios(**given)
    assert str(error.value) == message


def test_bad_cases():
    with pytest.raises(SettingError) as error:
        Case("x", "victory", 0.1, 0.1, 0.1, 0.1)
    assert str(error.value) == (
        f"outcome of 'x' must be one of {', '.join(OUTCOMES)}, got 'victory'"
    )
    with pytest.raises(SettingError) as error:
        Case("x", "no change", 0.1, 0.1, -0.1, 0.1)
    assert str(error.value) == "organisation of 'x' must be 0..1, got -0.1"
    with pytest.raises(SettingError) as error:
        fs.scenarios(cases=[CASES[0], CASES[0]], **QUICK)
    assert str(error.value) == "cases must have names of their own, got 'one' twice"
    with pytest.raises(SettingError) as error:
        fs.scenarios(cases=[1], **QUICK)
    assert str(error.value) == "cases must be of fissure.scenarios.Case, got 1"
