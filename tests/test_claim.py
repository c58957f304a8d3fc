"""Claims: the verdict, everything that stands beside it, and what cannot be tested."""

import json

import numpy as np
import polars as pl
import pytest

import fissure as fs
from fissure.claims.judging import Rule
from fissure.claims.misclassified import CodingErrors
from fissure.claims.sides import coding_of, sides_of
from fissure.datasets.case_tables import CASE_TABLES, navco_1_2
from fissure.errors import ReadError, SettingError
from fissure.results import CLAIM_SCHEMA, Claim


def table(both, outcome_only, condition_only, neither, **more):
    """So many cases of each kind, in this order, with other columns beside."""
    sizes = (both, outcome_only, condition_only, neither)
    pairs = [((1, 1), (0, 1), (1, 0), (0, 0))[k] for k in range(4) for _ in range(sizes[k])]
    columns = {
        "case": [f"case {k}" for k in range(len(pairs))],
        "split": [str(x) for x, _ in pairs],
        "won": [str(y) for _, y in pairs],
    }
    return pl.DataFrame({**columns, **more})


@pytest.mark.parametrize(
    ("counts", "verdict", "sentence"),
    [
        (
            (40, 0, 5, 35),
            "supported",
            "Supported: 40 of 40 cases with won had split, against 5 of 40 without won; the share "
            "is 0.90 or more with probability 0.99.",
        ),
        (
            (5, 15, 6, 14),
            "contradicted",
            "Contradicted: 5 of 20 cases with won had split, 6 of 20 without won; the share "
            "is 0.90 or more with probability less than 0.01.",
        ),
        (
            (40, 0, 40, 0),
            "trivially true",
            "Trivially true: 40 of 40 cases with won had split, but so had 40 of 40 without won, "
            "and what nearly every case has tells nothing.",
        ),
        (
            (7, 0, 1, 9),
            "cannot tell from these cases",
            "Cannot tell from these cases: 7 of 7 cases with won had split, 1 of 10 without won; "
            "the share is 0.90 or more with probability 0.57 (0.95 would support the claim, "
            "0.011 contradict it); even without an exception it takes 28 cases to be sure enough.",
        ),
        (
            (30, 0, 0, 0),
            "cannot tell from these cases",
            "Cannot tell from these cases: 30 of 30 cases with won had split; the share is 0.90 or "
            "more with probability 0.96, but no case without won is known, so it may be trivial.",
        ),
        (
            (0, 0, 3, 4),
            "cannot tell from these cases",
            "Cannot tell from these cases: none of 7 cases is known to have won, so there is "
            "nothing to test.",
        ),
        (
            (0, 1, 0, 3),
            "cannot tell from these cases",
            "Cannot tell from these cases: 0 of 1 case with won had split, 0 of 3 without won; the "
            "share is 0.90 or more with probability 0.01, but a single case, which may be "
            "miscoded, contradicts nothing.",
        ),
        (
            (0, 6, 0, 6),
            "contradicted",
            "Contradicted: 0 of 6 cases with won had split, 0 of 6 without won; the share is 0.90 "
            "or more with probability less than 0.01.",
        ),
    ],
)
def test_the_verdict_in_a_sentence(counts, verdict, sentence):
    told = fs.claim(table(*counts), "won", "split")
    assert (told.verdict, told.sentence) == (verdict, sentence)
    t = told.table
    assert (t.both, t.outcome_only, t.condition_only, t.neither) == counts
    assert told.forks[0].verdict == verdict


def test_the_documented_keys_are_there(tmp_path):
    told = fs.claim(table(7, 1, 1, 9), "won", "split")
    told.to_json(tmp_path / "claim.json")
    tree = json.loads((tmp_path / "claim.json").read_text())
    assert tree["schema"] == CLAIM_SCHEMA == "fissure.claim/1"
    documented = {"verdict", "n_cases", "n_outcome", "necessity", "sufficiency", "counterexamples",
                  "posterior", "breakdown", "forks"}  # fmt: skip
    assert documented <= set(tree)
    assert set(tree["necessity"]) == {"consistency", "coverage", "ron"}
    assert set(tree["sufficiency"]) == {"consistency", "coverage", "pri"}
    assert {"mean", "low", "high", "p_above_90"} <= set(tree["posterior"])
    assert {"recodings", "cases"} <= set(tree["breakdown"])
    assert (tree["n_cases"], tree["n_outcome"]) == (18, 8)
    assert tree["counterexamples"] == ["case 7"]
    assert tree["necessity"] == {"consistency": 0.875, "coverage": 0.875, "ron": 10 / 11}
    assert Claim.load(tmp_path / "claim.json") == told


def test_one_way_round_is_the_other_of_the_mirrored_question():
    given = table(9, 2, 4, 7)
    one, other = fs.claim(given, "won", "split"), fs.claim(given, "split", "won")
    for mine, theirs in ((0, 1), (1, 0)):
        a, b = one.directions[mine], other.directions[theirs]
        assert (a.verdict, a.reason, a.counterexamples) == (b.verdict, b.reason, b.counterexamples)
        assert (a.consistency, a.relevance) == (b.consistency, b.relevance)
        assert a.posterior == b.posterior
    assert one.directions[0].statement == "every case with won had split"
    assert one.directions[1].statement == "every case with split had won"


def test_a_condition_by_the_name_of_its_absence_is_the_same():
    cases = fs.Cases.read(table(9, 2, 4, 7))
    turned = cases.with_coding("unity", 1 - cases.coding("split").value)
    one, other = fs.claim(cases, "won", "split"), fs.claim(turned, "won", "~unity", rivals=[])
    assert one.posterior == other.posterior
    assert one.counterexamples == other.counterexamples
    assert one.breakdown.recodings == other.breakdown.recodings


def test_the_order_of_cases_changes_nothing_but_the_order():
    given = table(9, 2, 4, 7)
    one, other = (fs.claim(g, "won", "split") for g in (given, given.reverse()))
    assert one.sentence == other.sentence
    assert one.posterior == other.posterior
    assert one.counterexamples == other.counterexamples[::-1]
    assert one.truth_table.rows[0].n == other.truth_table.rows[0].n


def test_what_nobody_knows_tells_nothing_and_is_shown():
    given = table(9, 2, 4, 7)
    blank = pl.DataFrame({"case": ["x", "y"], "split": ["?", ""], "won": ["", "?"]})
    one, other = (fs.claim(g, "won", "split") for g in (given, pl.concat([given, blank])))
    assert other.table.both_unknown == 2
    assert [r.name for r in other.readings] == ["as coded", "uncertain codings"]
    for reading in other.readings:
        # the second is taken on a grid of 400 steps
        assert reading.posterior.mean == pytest.approx(one.posterior.mean, abs=1e-3)
    x = other.points[-1]
    assert (x.x, x.x_low, x.x_high, x.x_chance) == (None, 0.0, 1.0, 0.5)
    assert any(r.startswith("won is unknown") and "in 2 cases" in r for r in other.remarks)
    assert {axis.name for axis in other.fork_axes} == {"unknown outcome", "unknown condition"}


def test_an_unknown_condition_is_not_an_absence():
    given = table(30, 0, 2, 28)
    more = pl.DataFrame({"case": ["x"], "split": ["?"], "won": ["1"]})
    told = fs.claim(pl.concat([given, more]), "won", "split")
    assert told.counterexamples == ()
    assert told.table.outcome_unknown_condition == 1
    assert told.verdict == "supported"
    worst = next(f for f in told.forks if f.choices["unknown condition"] == "absent")
    assert worst.verdict == "cannot tell from these cases"


def test_a_verdict_must_hold_under_every_reading():
    """Thirty cases of one spring are not thirty pieces of evidence."""
    alone = table(30, 0, 2, 28)
    waves = alone.with_columns(pl.Series("wave", ["1989"] * 30 + [""] * 30))
    assert fs.claim(alone, "won", "split").verdict == "supported"
    told = fs.claim(waves, "won", "split")
    assert told.verdict == "cannot tell from these cases"
    assert [r.name for r in told.readings] == ["as coded", "waves"]
    assert told.waves.names == ("1989",)
    assert told.waves.sizes == (30,)
    assert told.waves.n_effective < 30
    assert "but over all readings (waves too) it goes from 0.326 to 0.962" in told.sentence
    assert told.posterior == told.readings[1].posterior  # the wider


def test_errors_of_the_coder_and_hindsight():
    told = fs.claim(
        table(30, 0, 2, 28), "won", "split", errors=CodingErrors(hindsight=(8.0, 2.0)),
        hindsight=0.5,
    )  # fmt: skip
    assert [r.name for r in told.readings] == ["as coded", "coding errors"]
    assert told.verdict == "cannot tell from these cases"
    assert told.hindsight.hindsight == 0.5
    assert told.settings["errors"] == {"sensitivity": 1.0, "specificity": 1.0,
                                       "hindsight": [8.0, 2.0]}  # fmt: skip


def test_a_triviality_must_hold_under_every_reading_too():
    frame = table(40, 0, 40, 0)
    assert fs.claim(frame, "won", "split").verdict == "trivially true"
    blunt = fs.claim(frame, "won", "split", errors=CodingErrors(specificity=0.2))
    assert blunt.verdict == "cannot tell from these cases"
    waves = frame.with_columns(pl.Series("wave", ["1848"] * 80))
    assert fs.claim(waves, "won", "split").verdict == "cannot tell from these cases"


def test_rivals_use_certainties_only_where_the_claim_does():
    frame = table(20, 1, 5, 14, army=[1] * 20 + [0] * 20)
    frame = frame.with_columns(army_certainty=pl.lit(0.6), split_certainty=pl.lit(0.6))
    told = fs.claim(frame, "won", "split", use_certainty=False)
    bare = fs.claim(frame.drop("army_certainty", "split_certainty"), "won", "split")
    assert told.rivals == bare.rivals
    assert told.rivals != fs.claim(frame, "won", "split").rivals


def test_a_condition_that_is_the_outcome_under_another_name_is_told():
    told = fs.claim(table(40, 0, 0, 40), "won", "split")
    assert told.verdict == "supported"
    assert any("split and won agree in all 80 cases" in r for r in told.remarks)
    told = fs.claim(table(40, 0, 1, 39), "won", "split")
    assert not any("split and won agree in all" in r for r in told.remarks)


def test_several_coders_are_heard():
    n = 24
    votes = {"split@ann": ["1"] * 12 + ["0"] * 12, "split@bob": ["1"] * 11 + ["0"] * 13}
    frame = pl.DataFrame({"case": [f"c{k}" for k in range(n)], **votes, "won": [1] * 12 + [0] * 12})
    told = fs.claim(frame, "won", "split")
    assert told.coders.groups[-1] == "with"
    assert [c.coder for c in told.coders.coders] == ["ann", "bob"]
    assert told.readings[-1].name == "several coders"
    assert told.readings[-1].posterior == told.coders.shares[-1]


def test_misdated_cases_are_named_and_kept():
    frame = table(6, 1, 2, 5).with_columns(
        pl.Series("split_date", ["1850"] + ["1840"] * 13), pl.Series("won_date", ["1848"] * 14)
    )
    told = fs.claim(frame, "won", "split")
    assert [p.name for p in told.points if p.is_misdated] == ["case 0"]
    assert told.table.both == 6
    assert any("began only after won in case 0;" in r for r in told.remarks)
    left = next(f for f in told.forks if f.choices["misdated"] == "left out")
    assert left.n_outcome == told.forks[0].n_outcome - 1


def test_rivals_and_absences_stand_beside_whether_asked_for_or_not():
    frame = table(7, 1, 1, 9, always=["1"] * 18, loser=["0"] * 8 + ["1"] * 10,
                  army=["1"] * 8 + ["0"] * 10, talk=["1", "0"] * 9)  # fmt: skip
    told = fs.claim(frame, "won", "split")
    assert {r.name for r in told.rivals} == {"split", "~split", "talk", "~talk"}
    assert [r.name for r in told.rivals if r.is_asked] == ["split"]
    assert any("never vary or are won under another name: always, loser, army" in r
               for r in told.remarks)  # fmt: skip
    named = fs.claim(frame, "won", "split", rivals=["army"])
    assert [r.name for r in named.rivals[:2]] == ["army", "split"]
    assert named.rivals[0].counterexamples == ()
    assert named.truth_table.conditions == ("split", "army")
    assert [s.kind for s in named.solutions] == ["conservative", "parsimonious", "intermediate"]


def test_the_asked_condition_is_weighed_like_its_rivals():
    told = fs.claim(table(9, 2, 4, 7), "won", "split")
    (asked,) = [r for r in told.rivals if r.is_asked]
    # crisp cases alone: both ways are the same but for the grid
    assert asked.p_above_90 == pytest.approx(told.posterior.p_above_90, abs=2e-4)
    assert asked.log10_bf == pytest.approx(told.relevance.log10_bf, abs=2e-4)
    assert asked.verdict == told.verdict


def test_degrees_have_an_empty_corner():
    rng = np.random.default_rng(1)
    x = rng.random(30).round(2)
    frame = pl.DataFrame(
        {"case": [f"c{k}" for k in range(30)], "split": x, "won": (x * rng.random(30)).round(2)}
    )
    told = fs.claim(frame, "won", "split", permutations=200)
    assert told.nca.statement == "a high won needs a high split"
    assert told.nca.ceiling().effect > 0.2
    assert fs.claim(table(9, 2, 4, 7), "won", "split").nca is None


def test_what_would_overturn_it():
    told = fs.claim(table(40, 0, 5, 35), "won", "split")
    # 1 − I(0.9; 41 − k, 1 + k) falls below 1/2 at k = 4
    assert told.breakdown.holds
    assert told.breakdown.recodings == 4
    assert told.verdict_breakdown.recodings == 1  # 39 of 40: 0.93
    assert told.unseen.counterexamples > 0
    assert told.unseen_negatives.cases > 0
    assert told.prediction.next_one == pytest.approx(41 / 42, abs=1e-6)
    # mean of θ^10 under Beta(41, 1) is 41/51; the curve has 200 steps
    assert told.prediction.next_ten == pytest.approx(41 / 51, abs=1e-3)
    assert sum(told.posterior_curve.given) / 200 == pytest.approx(1)
    assert len(told.posterior_curve.otherwise) == 200


def test_one_case_is_no_plural():
    told = fs.claim(table(1, 0, 0, 0), "won", "split")
    assert "split is there in every case where it is known (1)." in told.remarks


def test_rows_that_contradict_each_other_are_told_not_refused():
    told = fs.claim(table(7, 1, 1, 9), "won", "split")
    assert any(
        "2 of 2 combinations of conditions are contradictory: cases that agree in all of them "
        "differ in won, such as" in r for r in told.remarks
    )  # fmt: skip


def test_where_nothing_can_be_tested_nothing_breaks():
    for counts in ((0, 0, 3, 4), (3, 0, 0, 0), (0, 0, 0, 3), (0, 0, 3, 0), (0, 3, 0, 0)):
        told = fs.claim(table(*counts), "won", "split")
        assert Claim.from_dict(told.to_dict()) == told
        assert (told.posterior is None) == (counts[0] + counts[1] == 0)
    blank = pl.DataFrame({"case": ["a", "b"], "split": ["?", "1"], "won": ["1", "?"]})
    told = fs.claim(blank, "won", "split")
    assert told.sentence == (
        "Cannot tell from these cases: of 1 case with won none is known to have or to lack split, "
        "so this cannot be tested on them."
    )


@pytest.mark.parametrize(
    ("outcome", "needs", "error", "problem"),
    [
        ("won", "split2", ReadError, "'split', 'won', 'kind', 'far'; did you mean 'split'?"),
        ("lost", "split", ReadError, "the columns are 'split', 'won', 'kind', 'far'"),
        ("won", "won", SettingError, "outcome and needs must differ, both are 'won'"),
        ("won", "~won", SettingError, "both 'won' and '~won' hold 'won'"),
        ("won*split", "split", SettingError, "both 'won*split' and 'split' hold 'split'"),
        ("kind=a", "kind=b", SettingError, "both 'kind=a' and 'kind=b' hold 'kind'"),
        ("far@1,2,3", "far", SettingError, "both 'far@1,2,3' and 'far' hold 'far'"),
        ("won", "far", ReadError, "got '7'"),
        ("won", "split*", SettingError, "a condition is missing in 'split*'"),
        ("won", "kind@1,2", SettingError, "must look like COLUMN@out,cross,in"),
    ],
)
def test_what_is_refused(outcome, needs, error, problem):
    frame = table(2, 1, 1, 2, kind=["a", "b"] * 3, far=["7", "0", "1", "0", "1", "0"])
    with pytest.raises(error) as caught:
        fs.claim(frame, outcome, needs)
    assert problem in str(caught.value)


def test_rules_outside_what_is_allowed_are_refused():
    with pytest.raises(SettingError, match=r"level must lie above 0 and below 0.5, got 0.5"):
        Rule(level=0.5)
    with pytest.raises(SettingError, match=r"min_ron must be from 0 to 1, got 2"):
        Rule(min_ron=2)
    with pytest.raises(SettingError, match=r"min_log10_bf must be 0 or more, got -1"):
        Rule(min_log10_bf=-1)
    with pytest.raises(SettingError, match="threshold must be between 0 and 1, got 1"):
        fs.claim(table(2, 1, 1, 2), "won", "split", threshold=1)


@pytest.mark.parametrize(
    ("given", "problem"),
    [
        ({"outcome": None}, "outcome must be a column or an expression, got None"),
        ({"needs": 3}, "needs must be a column or an expression, got 3"),
        ({"rivals": [3]}, r"rivals must be a list of columns or expressions, got \[3\]"),
        ({"forks": ["a"]}, r"forks must be lists of texts by axis, .* got \['a'\]"),
        ({"forks": {"outcome": "won"}}, r"forks must be .* got {'outcome': 'won'}"),
        ({"threshold": "x"}, "threshold must be between 0 and 1, got 'x'"),
        ({"hindsight": float("nan")}, "hindsight must be from 0 to 1, got nan"),
        ({"errors": 0.9}, "errors must be CodingErrors, got 0.9"),
        ({"rule": 0.05}, "rule must be a Rule, got 0.05"),
        ({"permutations": 10}, "permutations must be a whole number of 100 or more, got 10"),
        ({"seed": 1.5}, "seed must be a whole number of 0 or more, got 1.5"),
    ],
)
def test_settings_are_refused_whether_the_cases_need_them_or_not(given, problem):
    with pytest.raises(SettingError, match=problem):
        fs.claim(table(2, 1, 1, 2), **{"outcome": "won", "needs": "split", **given})


def test_what_is_no_table_is_refused():
    with pytest.raises(ReadError, match=r"a table with a name is fs.cases\('revolutions'\)"):
        fs.claim("revolutions")
    with pytest.raises(SettingError, match="rivals must be a list of columns or expressions"):
        fs.claim(table(2, 1, 1, 2), "won", "split", rivals="army")
    with pytest.raises(SettingError, match="a rival must not be made of the outcome"):
        fs.claim(table(2, 1, 1, 2), "won", "split", rivals=["split*won"])
    with pytest.raises(SettingError, match="a fork's needs must not be made of the outcome"):
        fs.claim(table(2, 1, 1, 2), "won", "split", forks={"needs": ["split*won"]})
    with pytest.raises(SettingError, match=r"both 'won . split' and 'split' hold 'split'"):
        fs.claim(table(2, 1, 1, 2), "won", "split", forks={"outcome": ["won + split"]})
    for rivals in (["split"], ["army", "army"]):
        with pytest.raises(SettingError, match="each rival must be given once"):
            fs.claim(table(2, 1, 1, 2), "won", "split", rivals=rivals)
    with pytest.raises(SettingError, match="a prior must be two finite numbers above 0"):
        Rule(prior=(0, 1))


def test_expressions_are_read_like_columns():
    cases = fs.Cases.read(
        pl.DataFrame(
            {
                "case": list("abcd"),
                "A": ["1", "0", "?", "0.6"],
                "A_certainty": ["0.8", "", "", "0.9"],
                "B": ["0.4..0.8", "?", "1", "0"],
            }
        )
    )
    both, either = coding_of(cases, "A*B"), coding_of(cases, "A + ~B")
    assert both.low.tolist()[:2] == [0.4, 0.0]
    assert both.value.tolist()[0::3] == pytest.approx([0.6, 0.0])
    assert both.value[1] == 0  # A is absent, so that B does not matter
    assert np.isnan(both.value[2])
    assert both.certainty[0] == 0.8
    assert either.value[3] == 1.0
    sides = sides_of(both)
    assert sides.side.tolist() == [-1, 0, -1, 0]
    assert sides.chance[0] == pytest.approx(0.8 * 0.75 + 0.2 * 0.25)


@pytest.mark.compiled
def test_everything_made_from_the_bundled_table_says_what_it_is():
    told = fs.claim(fs.cases("revolutions"), permutations=100)
    note = CASE_TABLES["revolutions"].note
    assert told.notes == (note,)
    assert "single-coded" in note
    part = fs.cases("revolutions").select(pl.col("kind") == "attempt")
    assert fs.claim(part, permutations=100).notes == (note,)


@pytest.mark.real
def test_navco_contradicts_it_for_security_forces(real_data):
    cases = navco_1_2((real_data / "navco" / "navco_1_2.csv",)).select(pl.col("REGCHANGE") == 1)
    told = fs.claim(cases, "SUCCESS", "DEFECT", rivals=["NONVIOL", "REGVIOL"])
    t = told.table
    assert (t.both, t.outcome_only) == (53, 64)
    assert told.verdict == "contradicted"
    assert told.sentence.startswith(
        "Contradicted: 53 of 117 cases with SUCCESS had DEFECT, 36 of 152 without SUCCESS; "
    )
    assert len(told.counterexamples) == 64
    assert told.relevance.p_greater > 0.99  # not necessary, and yet more frequent with success
    assert told.directions[1].verdict == "contradicted"


@pytest.mark.real
def test_seven_union_drives_of_seven_cannot_tell(real_data):
    cases = fs.Cases.read(real_data / "qca_sets" / "qca_RS.csv")
    told = fs.claim(cases, "REC", "E", rivals=["P", "A", "S"])
    assert told.verdict == "cannot tell from these cases"
    assert told.necessity.consistency == 1
    assert told.necessity.ron == pytest.approx(0.9)
    assert told.counterexamples == ()
    # Beta(8, 1)
    assert told.posterior.mean == pytest.approx(8 / 9, abs=1e-6)
    assert told.posterior.p_above_90 == pytest.approx(1 - 0.9**8, abs=1e-9)
    assert told.breakdown.recodings == 1
