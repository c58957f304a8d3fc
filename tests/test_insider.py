"""``fs.insider``: the updated verdict, what it takes to change it, and what to ask next."""

import itertools
from dataclasses import replace

import numpy as np
import pytest

import fissure as fs
from fake_split import fake_split
from fissure.errors import DataError, ReadError, SettingError
from fissure.results import Insider
from fissure.results.insider import Range
from fissure.unknowns.testimony import law, panel_of, posterior
from fissure.unknowns.worth import information

#: Rounding of products and sums of probabilities.
EXACT = 1e-12
#: The search over a box stops at gains of 1e-13.
FOUND = 1e-9
WORDS = ("split", "no split")
OTHER = {"split": "no split", "no split": "split", "cannot tell": "cannot tell"}
GOOD = {"sensitivity": 0.8, "false_alarm": 0.2}


def readable(*size):
    """A made-up answer with the verdict's own settings."""
    return replace(fake_split(*size), settings={"level": 0.05, "min_depth": 0.25})


# -- the laws --------------------------------------------------------------------------------------


def test_one_informant_by_hand():
    one = fs.insider(0.25, says="split", sensitivity=0.9, false_alarm=0.3)
    assert one.posterior == pytest.approx(0.5)
    assert one.likelihood_ratio == pytest.approx(3.0)
    assert one.credibility == pytest.approx(3.0)
    assert one.credibility_needed == pytest.approx(57.0)  # odds of 19 over odds of 1/3
    two = fs.insider(0.25, says="no split", sensitivity=0.9, false_alarm=0.3)
    assert two.posterior == pytest.approx(0.025 / 0.55)
    assert (two.verdict_before, two.verdict_after) == ("cannot tell", "no split")
    assert two.credibility == pytest.approx(7.0)
    assert two.credibility_needed == pytest.approx(19 / 3)


@pytest.mark.parametrize("n", [1, 4])
@pytest.mark.parametrize("word", WORDS)
def test_a_strategic_informant_moves_nothing(word, n):
    rho = 0.0 if n == 1 else 0.4
    said = fs.insider(0.3, word, **GOOD, bias=1.0, interest=word, n=n, correlation=rho)
    assert said.posterior == 0.3
    assert said.verdict_after == said.verdict_before
    assert said.credibility == said.likelihood_ratio == 1.0
    assert said.expected_information == said.expected_brier_reduction == 0.0
    assert "counts 1 to 1 and moves nothing" in said.sentence
    assert said.informants_needed is None
    ranged = fs.insider((0.2, 0.4), word, sensitivity=(0.6, 0.9), false_alarm=(0.1, 0.5), bias=1.0)
    assert ranged.posterior == Range(pytest.approx(0.2), pytest.approx(0.4))
    assert ranged.likelihood_ratio == 1.0


def test_a_strategic_informant_beside_others_moves_nothing_either():
    honest = fs.Informant(0.8, 0.2, says="split")
    strategic = fs.Informant(0.9, 0.1, says="split", bias=1.0, interest="split")
    alone = fs.insider(0.3, informants=[honest])
    for rho in (0.0, 0.5, 1.0):
        both = fs.insider(0.3, informants=[honest, strategic], correlation=rho)
        assert both.posterior == pytest.approx(alone.posterior, abs=EXACT)
        assert both.expected_information == pytest.approx(alone.expected_information, abs=EXACT)


@pytest.mark.parametrize("bias", [0.0, 0.3])
@pytest.mark.parametrize("n", [2, 5, 50])
def test_perfectly_correlated_informants_count_as_one(n, bias):
    settings = {**GOOD, "bias": bias, "interest": "split"}
    one = fs.insider(0.3, "split", **settings)
    many = fs.insider(0.3, "split", **settings, n=n, correlation=1.0)
    for name in ("posterior", "credibility", "expected_information", "expected_brier_reduction"):
        assert getattr(many, name) == pytest.approx(getattr(one, name), abs=EXACT), name
    assert many.effective_number == 1.0
    options = {o.name: o for o in many.options}
    assert options["informant"].expected_information == pytest.approx(0.0, abs=EXACT)
    assert options["independent informant"].expected_information > 0.1


def test_independent_informants_multiply():
    said = fs.insider(0.3, "split", **GOOD, n=3)
    assert said.likelihood_ratio == pytest.approx(4.0**3)
    assert said.effective_number == 3.0
    mixed = fs.insider(0.3, ["split", "no split"], **GOOD)
    assert mixed.posterior == pytest.approx(0.3)
    assert mixed.likelihood_ratio == pytest.approx(1.0)
    assert mixed.credibility is None
    assert mixed.credibility_needed == pytest.approx(19 * 3 / 7)  # the nearer change: to no split
    assert "What they say does not speak for one side." in mixed.sentence


def test_a_word_against_the_interest_keeps_its_weight():
    free = fs.insider(0.3, "no split", **GOOD)
    for bias in (0.2, 0.9, (0.1, 0.8)):
        said = fs.insider(0.3, "no split", **GOOD, bias=bias, interest="split")
        assert said.posterior == pytest.approx(free.posterior, abs=EXACT)
        assert said.credibility == pytest.approx(4.0, abs=EXACT)


@pytest.mark.parametrize(("n", "rho", "bias"), [(1, 0.0, 0.2), (3, 0.35, 0.0), (4, 0.7, 0.4)])
def test_over_all_that_may_be_said_the_posterior_is_the_prior(n, rho, bias):
    settings = {**GOOD, "bias": bias, "interest": "no split", "correlation": rho}
    total = weight = 0.0
    for words in itertools.product(WORDS, repeat=n):
        said = fs.insider(0.3, words, **settings)
        panel = panel_of([fs.Informant(0.8, 0.2, w, bias, "no split") for w in words], 0.3, rho)
        one, none = (
            law(v, panel.low[None, 1], panel.said[None])[0, 0]
            for v in panel.channels(panel.low[None])
        )
        shown = 0.3 * one + 0.7 * none
        total, weight = total + shown * said.posterior, weight + shown
    assert weight == pytest.approx(1.0, abs=EXACT)
    assert total == pytest.approx(0.3, abs=EXACT)


def mirrored(informant):
    a, b = informant.sensitivity, informant.false_alarm

    def turn(v):
        return (1 - v[1], 1 - v[0]) if isinstance(v, tuple) else 1 - v

    return fs.Informant(
        turn(b), turn(a), OTHER[informant.says] if informant.says else None, informant.bias,
        OTHER[informant.interest] if informant.interest else None,
    )  # fmt: skip


PANELS = [
    ([fs.Informant(0.8, 0.1, "split")], 0.3, 0.0),
    ([fs.Informant(0.8, 0.1, "split", 0.25, "split")] * 3, 0.3, 0.4),
    ([fs.Informant(0.8, 0.1, "no split", 0.2), fs.Informant(0.6, 0.5, "split")], 0.6, 0.2),
    ([fs.Informant((0.6, 0.8), (0.1, 0.3), "split", (0.0, 0.2))] * 2, (0.2, 0.4), (0.1, 0.5)),
    ([fs.Informant(0.7, 0.4, None, 0.25, "split")], 0.97, 0.0),
]


def swap_words(text):
    """Exchange the two words; what says neither stays."""
    return text.replace("no split", "\0").replace("split", "no split").replace("\0", "split")


@pytest.mark.parametrize(("people", "prior", "rho"), PANELS)
def test_the_mirrored_question_has_the_mirrored_answer(people, prior, rho):
    ours = fs.insider(prior, informants=people, correlation=rho)
    flipped = (1 - prior[1], 1 - prior[0]) if isinstance(prior, tuple) else 1 - prior
    theirs = fs.insider(flipped, informants=[mirrored(i) for i in people], correlation=rho)
    assert theirs.verdict_before == OTHER[ours.verdict_before]
    assert theirs.verdict_after == (ours.verdict_after and OTHER[ours.verdict_after])
    same = ("credibility", "credibility_needed", "expected_information", "missing_information",
            "expected_brier_reduction", "missing_variance")  # fmt: skip
    for name in same:
        assert pair(getattr(ours, name)) == pytest.approx(pair(getattr(theirs, name)), abs=FOUND)
    if ours.posterior is not None:
        low, high = pair(ours.posterior)
        assert pair(theirs.posterior) == pytest.approx((1 - high, 1 - low), abs=FOUND)
    weight = [t.sentence.split(". ", 1)[1] for t in (ours, theirs)]
    assert swap_words(weight[0]) == weight[1]


def pair(value):
    return (value.low, value.high) if isinstance(value, Range) else (value, value)


# -- what it takes ---------------------------------------------------------------------------------


@pytest.mark.parametrize("prior", [0.02, 0.1, 0.5, 0.8, 0.99])
@pytest.mark.parametrize("word", WORDS)
def test_the_credibility_needed_is_just_enough(prior, word):
    need = fs.insider(prior, word, **GOOD).credibility_needed
    before = fs.insider(prior, word, **GOOD).verdict_before
    if before == word:
        assert need is None
        return
    for factor, changes in ((1.0001, True), (0.9999, False)):
        least = 0.5 / max(need * factor, 1.0)
        rates = {"sensitivity": 0.5, "false_alarm": least}
        if word == "no split":
            rates = {"sensitivity": 1 - least, "false_alarm": 0.5}
        said = fs.insider(prior, word, **rates)
        assert (said.verdict_after != before) == changes


def test_as_many_informants_as_are_needed_change_the_verdict():
    need = fs.insider(0.3, "split", **GOOD).informants_needed
    assert need == 3  # 4³ = 64 ≥ 44.3 > 4²
    assert fs.insider(0.3, "split", **GOOD, n=need).verdict_after == "split"
    assert fs.insider(0.3, "split", **GOOD, n=need - 1).verdict_after == "cannot tell"
    shared = {**GOOD, "correlation": 0.3}
    need = fs.insider(0.3, "split", **shared, n=2).informants_needed
    assert need > 3
    assert fs.insider(0.3, "split", **shared, n=need).verdict_after == "split"
    assert fs.insider(0.3, "split", **shared, n=need - 1).verdict_after == "cannot tell"
    # those who are one informant are never enough
    assert fs.insider(0.3, "split", **GOOD, n=2, correlation=1.0).informants_needed is None


def test_a_prior_of_nought_or_one_cannot_be_moved():
    for prior, word in ((0.0, "split"), (1.0, "no split")):
        said = fs.insider(prior, word, **GOOD)
        assert said.posterior == prior
        assert said.credibility_needed is None
        assert said.expected_information == said.expected_brier_reduction == 0.0
        assert "Nothing can move a probability of 0 or 1." in said.sentence
        assert f"The prior is {prior:.0f}, which nothing can move." in said.assumptions


def test_a_word_that_points_the_other_way_is_said_to():
    said = fs.insider(0.5, "split", sensitivity=0.2, false_alarm=0.8)
    assert said.posterior == pytest.approx(0.2)
    assert said.credibility == pytest.approx(0.25)
    assert "and so speaks for the contrary" in said.sentence
    assert any("the word points the other way" in a for a in said.assumptions)
    either = fs.insider(0.5, "split", sensitivity=(0.2, 0.6), false_alarm=0.4)
    assert "and so may speak for either" in either.sentence
    assert any("may point either way" in a for a in either.assumptions)


# -- ranges ----------------------------------------------------------------------------------------


def brute(prior, a, b, q, rho, n, suits, said):
    """Posterior and information on a full grid of the box."""
    axes = [np.linspace(*(v if isinstance(v, tuple) else (v, v)), 9 if isinstance(v, tuple) else 1)
            for v in (prior, a, b, q, rho)]  # fmt: skip
    p, a, b, q, rho = (m.ravel() for m in np.meshgrid(*axes))
    voice = [np.repeat(((1 - q) * v + q * suits)[:, None], n, axis=1) for v in (a, b)]
    each = np.array(list(itertools.product((True, False), repeat=n)))
    laws = [law(v, rho, each) for v in voice]
    heard = [law(v, rho, np.array([said]))[:, 0] for v in voice]
    return posterior(p, *heard), information(p, *laws)


BOXES = [
    ((0.2, 0.4), (0.6, 0.9), (0.1, 0.3), 0.0, 0.0, ["split"]),
    (0.3, (0.4, 0.7), (0.3, 0.6), (0.0, 0.5), 0.0, ["no split"]),
    ((0.2, 0.9), 0.8, 0.2, (0.2, 1.0), (0.0, 1.0), ["split"] * 2),
    (0.5, (0.6, 0.9), (0.1, 0.4), (0.0, 0.4), (0.2, 0.8), ["split", "no split", "split"]),
]


@pytest.mark.parametrize(("prior", "a", "b", "q", "rho", "words"), BOXES)
def test_ranges_hold_every_point_of_a_grid_and_no_more(prior, a, b, q, rho, words):
    said = fs.insider(
        prior, words, sensitivity=a, false_alarm=b, bias=q, interest="split", correlation=rho
    )
    truth = [w == "split" for w in words]
    grids = brute(prior, a, b, q, rho, len(words), 1.0, truth)
    for ours, grid in zip((said.posterior, said.expected_information), grids, strict=True):
        low, high = pair(ours)
        assert low <= grid.min() + FOUND
        assert high >= grid.max() - FOUND
        # a grid of 9 points a side comes near the ends, never past them
        assert grid.min() - low < 0.02
        assert high - grid.max() < 0.02


def test_the_ends_of_one_informant_are_those_of_the_formulas():
    said = fs.insider((0.2, 0.4), "split", sensitivity=(0.6, 0.9), false_alarm=(0.1, 0.3))
    low, high = pair(said.posterior)
    assert (low, high) == pytest.approx((0.2 * 0.6 / (0.2 * 0.6 + 0.8 * 0.3), 0.36 / 0.42))
    assert pair(said.likelihood_ratio) == pytest.approx((2.0, 9.0))
    # needed from a prior of 0.4 and of 0.2
    assert pair(said.credibility_needed) == pytest.approx((28.5, 76.0))
    # most is learnt at the sharpest channel, least at the bluntest and the surer prior
    sharp = fs.insider(0.4, "split", sensitivity=0.9, false_alarm=0.1).expected_information
    blunt = fs.insider(0.2, "split", sensitivity=0.6, false_alarm=0.3).expected_information
    assert pair(said.expected_information) == pytest.approx((blunt, sharp), abs=FOUND)
    overlap = fs.insider(0.3, "split", sensitivity=(0.3, 0.6), false_alarm=(0.5, 0.7))
    assert overlap.expected_information.low == pytest.approx(0.0, abs=FOUND)


def test_a_false_alarm_that_may_be_nought_leaves_no_bound():
    said = fs.insider(0.3, "split", sensitivity=0.8, false_alarm=(0.0, 0.2))
    assert said.likelihood_ratio == Range(pytest.approx(4.0), None)
    assert said.posterior.high == 1.0
    assert "4.00 to 1 or more" in said.sentence


def test_a_range_across_two_words_cannot_tell():
    said = fs.insider((0.5, 0.9), "split", **GOOD, n=2)
    assert pair(said.posterior) == pytest.approx((16 / 17, 144 / 145))
    assert said.verdict_after == "cannot tell"
    assert fs.insider((0.5, 0.9), "split", **GOOD, n=3).verdict_after == "split"


def test_what_it_takes_either_way_over_a_range():
    said = fs.insider((0.3, 0.8), **GOOD)
    # from 0.8 to split 19 / 4; farthest at a half
    assert pair(said.credibility_needed) == pytest.approx((19 / 4, 19.0))


# -- what to ask next ------------------------------------------------------------------------------


@pytest.mark.parametrize("rho", [0.0, 0.5])
def test_asking_in_turn_gives_what_asking_at_once_gives(rho):
    """Chain rule: information of three is that of two, plus the third's given what they say."""
    settings = {**GOOD, "bias": 0.2, "interest": "split", "correlation": rho}
    two = fs.insider(0.3, **settings, n=2)
    three = fs.insider(0.3, **settings, n=3)
    then = 0.0
    for words in itertools.product(WORDS, repeat=2):
        said = fs.insider(0.3, words, **settings)
        truth = np.array([[w == "split" for w in words]])
        one, none = (law(np.full((1, 2), v), np.array([rho]), truth)[0, 0] for v in (0.84, 0.36))
        option = next(o for o in said.options if o.name == "informant")
        then += (0.3 * one + 0.7 * none) * option.expected_information
    assert two.expected_information + then == pytest.approx(three.expected_information, abs=EXACT)


def test_costs_decide_the_order():
    answer = readable(40, 60, 1)
    cheap = fs.insider(answer, "no split", **GOOD)
    names = [o.name for o in cheap.options]
    assert set(names) == {"informant", "member", "whip count", "items"}
    per = [o.information_per_cost for o in cheap.options]
    assert per == sorted(per, reverse=True)
    dear = fs.insider(answer, "no split", **GOOD, costs={names[0]: 1e6})
    assert dear.options[-1].name == names[0]
    assert dear.options[-1].cost == 1e6


def test_who_is_thought_of_is_ranked_before_asking():
    people = [
        fs.Informant(0.6, 0.4, name="the doorman"),
        fs.Informant(0.9, 0.1, name="the clerk"),
        fs.Informant(0.9, 0.1, bias=0.5, interest="split", name="the rival"),
    ]
    asked = fs.insider(0.4, informants=people)
    whats = [o.what for o in asked.options]
    assert whats[0] == "one informant like the clerk"
    assert whats.index("one informant like the rival") < whats.index(
        "one informant like the doorman"
    )
    assert asked.posterior is None
    assert asked.verdict_after is None
    assert asked.frequencies == ""


def test_the_chance_of_a_change_is_that_of_the_statements_that_change_it():
    asked = fs.insider(0.4, sensitivity=0.9, false_alarm=0.01)
    option = asked.options[0]
    # after "split" 0.36 / 0.366 = 0.98 is split; after "no split" 0.04 / 0.634 is no verdict
    assert option.change == pytest.approx(0.4 * 0.9 + 0.6 * 0.01)


# -- verdicts, files, words ------------------------------------------------------------------------


def test_a_verdict_is_read_and_can_be_overruled():
    answer = readable(20, 40, 3)
    first = fs.insider(answer, "no split", **GOOD)
    assert (first.group, first.verdict_of_records) == ("all", "split")
    named = fs.insider(answer, "split", **GOOD, group="party = D")
    assert named.group == "party = D"
    assert fs.insider(answer.groups[1], "split", **GOOD).prior == pytest.approx(
        named.prior, abs=0.1
    )
    own = fs.insider(answer, "split", **GOOD, prior=0.3)
    assert own.posterior == pytest.approx(0.24 / 0.38)
    assert own.settings["reading"] is None
    spread = fs.insider(answer, "split", **GOOD, base_rate=(0.2, 0.8))
    assert isinstance(spread.prior, Range)


def test_it_is_saved_and_read_back(tmp_path):
    for people, prior, rho in PANELS:
        said = fs.insider(prior, informants=people, correlation=rho, members=30)
        said.to_json(tmp_path / "said.json")
        assert Insider.load(tmp_path / "said.json") == said
    tree = said.to_dict()
    assert tree["schema"] == "fissure.insider/1"
    assert {"prior", "posterior", "credibility_needed", "expected_information",
            "expected_brier_reduction"} <= set(tree)  # fmt: skip
    assert said.to_frame().height == len(said.options)
    with pytest.raises(ReadError) as error:
        Insider.from_dict({"schema": "fissure.report/1"})
    assert str(error.value) == "schema must be 'fissure.insider/1', got 'fissure.report/1'"


def test_so_many_voices_are_weighed_alike_on_both_sides():
    """4^100 is far beyond the last digit of a probability near 1."""
    for word in WORDS:
        said = fs.insider(0.5, word, **GOOD, n=100)
        assert said.credibility == pytest.approx(4.0**100)
        assert "impossible" not in said.sentence
    up, down = (fs.insider(0.5, word, **GOOD, n=5).sentence for word in WORDS)
    assert "it is more than 0.99 (split)" in up
    assert "it is less than 0.01 (no split)" in down


def test_the_worlds_of_a_report_are_its_answer_here_too():
    answer = readable(20, 40, 1)
    seen = answer.groups[0].unknowns.chances
    said = fs.insider(answer, "split", **GOOD)
    assert said.prior == pytest.approx(seen.p_split)
    assert said.settings["reading"]["how"] == "worlds"
    assert said.settings["reading"]["worlds"] == [seen.prior, seen.p_split]
    assert "read from worlds drawn on these items" in said.assumptions[1]
    # another base rate takes the place of the share of splits among the worlds
    odds = 0.1 / 0.9 * (seen.p_split / (1 - seen.p_split)) / (seen.prior / (1 - seen.prior))
    rarer = fs.insider(answer, "split", **GOOD, base_rate=0.1)
    assert rarer.prior == pytest.approx(odds / (1 + odds))
    bare = replace(answer.groups[0], unknowns=None)
    assert fs.insider(bare, "split", **GOOD).settings["reading"]["how"] == "found"


def test_rare_cases_are_counted_among_more():
    said = fs.insider(0.0001, "split", **GOOD)
    assert said.frequencies.startswith("Of 10,000 cases like this one 1 is a split and 9,999 are")
    assert fs.insider(0.3, "split", **GOOD, n=100).frequencies == ""
    assert fs.insider(0.0, "split", **GOOD).frequencies == ""


def test_natural_frequencies():
    said = fs.insider(0.1, "split", sensitivity=0.8, false_alarm=0.2)
    assert said.frequencies == (
        "Of 1,000 cases like this one 100 are splits and 900 are not. In 80 of the 100 the word is "
        '"split", and in 180 of the 900. So where it is said there is a split in 80 of these 260.'
    )


def test_what_cannot_be_asked():
    answer = readable(20, 40, 1)
    asked = [
        (lambda: fs.insider(1.4, "split", **GOOD),
         "the probability of a split must be 0..1, got 1.4"),
        (lambda: fs.insider((0.6, 0.2), "split", **GOOD),
         "the probability of a split: the low end of a range comes first, got (0.6, 0.2)"),
        (lambda: fs.insider(None, "split", **GOOD),
         "nothing to go by: give a verdict, or prior= as a probability, 0..1"),
        (lambda: fs.insider("split", "split", **GOOD),
         "verdict must be a Split, one of its groups, a probability or a range of it, got str"),
        (lambda: fs.insider(0.3, "split", sensitivity=0.8),
         "false_alarm must be given: how often such an informant says split, 0..1"),
        (lambda: fs.insider(0.3, "split", **GOOD, n=0),
         "n must be a whole number of 1 or more, got 0"),
        (lambda: fs.insider(0.3, ["split", "split"], **GOOD, n=3),
         "n=3 informants cannot have said 2 words"),
        (lambda: fs.insider(0.3, "split", **GOOD, correlation=0.4),
         "correlation=0.4 needs at least 2 informants, got 1"),
        (lambda: fs.insider(0.3, informants=[]), "at least 1 informant is needed, got none"),
        (lambda: fs.insider(0.3, "split", informants=[fs.Informant(0.8, 0.1, "split")]),
         "give either informants=[...] or says, sensitivity and so on of one"),
        (lambda: fs.insider(0.3, bias=0.5, informants=[fs.Informant(0.8, 0.1, "split")]),
         "give either informants=[...] or says, sensitivity and so on of one"),
        (lambda: fs.insider(0.3, "split", **GOOD, confidence=0.4),
         "confidence must lie between 0.5 and 1, got 0.4"),
        (lambda: fs.insider(0.3, "split", **GOOD, costs={"lunch": 3}),
         "costs: no source 'lunch'; there are informant, member"),
        (lambda: fs.insider(0.3, "split", **GOOD, costs={"member": 0}),
         "costs: 'member' must cost more than 0, got 0"),
        (lambda: fs.insider(0.3, "split", **GOOD, error=2), "error must be 0..1, got 2"),
        (lambda: fs.insider(0.3, "split", **GOOD, confidence="high"),
         "confidence must lie between 0.5 and 1, got 'high'"),
        (lambda: fs.insider(0.3, "split", **GOOD, costs={"member": "much"}),
         "costs: 'member' must cost a number, got 'much'"),
        (lambda: fs.insider(0.3, "split", **GOOD, costs=3),
         "costs must be a mapping from sources to numbers, got 3"),
        (lambda: fs.insider(0.3, "split", **GOOD, settings=3),
         "settings must be SplitSettings, got int"),
        (lambda: fs.insider(0.3, 3, **GOOD),
         "says must be 'split' or 'no split', or a list of these, got 3"),
        (lambda: fs.insider(0.3, informants=3),
         "informants must be a list of Informant objects, got 3"),
        (lambda: fs.insider(0.3, "split", **GOOD, members=10**8),
         "members must be a whole number, 1..100,000, got 100000000"),
        (lambda: fs.insider(0.3, "split", **GOOD, members=0),
         "members must be a whole number, 1..100,000, got 0"),
        (lambda: fs.insider(0.3, "split", **GOOD, group="all"),
         "group='all' needs a Split to choose from, got 0.3"),
        (lambda: fs.insider(0.3, "no split", **GOOD, bias=1.0, interest="split"),
         "these statements are impossible with these settings: an informant who is never wrong, is "
         "interested in any case, or shares all access has said something else"),
        (lambda: fs.insider(answer, "split", **GOOD, group="party = X"),
         "no group 'party = X'; there are all"),
    ]  # fmt: skip
    for ask, problem in asked:
        with pytest.raises((SettingError, DataError)) as error:
            ask()
        assert str(error.value) == problem
