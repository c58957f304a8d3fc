"""“How sure, and what we cannot know” in the report: words, tables and charts."""

import re
from dataclasses import replace

import pytest

from fake_split import fake_split
from fissure.report import report
from fissure.report.unknowns import unknowns
from fissure.report.unknowns_charts import unknowns_charts
from fissure.results import Curve, Interval, MoreItems, Point
from test_report_browser import PHONE, visit


def group_with(**parts):
    """A made-up group of which some parts of what cannot be known are others."""
    group = fake_split(20, 20, 1).groups[0]
    return replace(group, unknowns=replace(group.unknowns, **parts))


def page_of(group):
    return report(replace(fake_split(20, 20, 1), groups=(group,)))


def said(group):
    section = unknowns(group, {})
    assert section is not None
    return section


def curve(*verdicts):
    """A curve on which the verdict is each of these in turn, a tenth of the members apart."""
    points = tuple(
        Point(k / 10, k, Interval(0.5, 0.4, 0.6), 0.1, None, 0.5, v) for k, v in enumerate(verdicts)
    )
    tip = next((p for p in points if p.verdict != verdicts[0]), None)
    where = None if tip is None else Interval(tip.share, 0.0, 1.0)
    return Curve(points, tip and tip.share, tip and tip.verdict, where)


def rebels(camps=("party = D", "party = R"), **changes):
    found = group_with().unknowns.rebels
    one = replace(found.rebels[0], camp=camps[-1], **changes)
    return replace(found, camps=camps, camp_sizes=(20,) * len(camps), rebels=(one,))


def hidden(worst, random, hides="agreement"):
    made = group_with().unknowns.hidden
    return replace(made, hides=hides, worst_case=worst, at_random=random)


def heads(text, caption):
    """The heads of the table with a caption that begins so."""
    table = re.search(rf"<caption>{caption}.*?</thead>", text, re.DOTALL)
    assert table is not None
    return re.findall(r"<th[^>]*>(.*?)</th>", table[0])


def test_two_sides_have_protesters_and_centrists():
    text = page_of(group_with(rebels=rebels()))
    assert heads(text, "Members most often against their own side")[1:5] == [
        "Side", "Against it", "Protester", "Centrist"
    ]  # fmt: skip
    assert "Protester: stands in the outer third" in text
    assert "At an end" not in text


def test_one_side_has_two_ends_and_a_middle():
    text = page_of(group_with(rebels=rebels(("party = R",))))
    assert heads(text, "Members most often against the majority")[1:4] == [
        "Against it", "At an end", "In the middle"
    ]  # fmt: skip
    assert "At an end: stands in the outer sixth at either end." in text
    assert "Protester" not in text
    assert "Centrist" not in text


@pytest.mark.parametrize("camps", [("party = D", "party = R"), ("party = R",)])
def test_each_rebel_has_a_cell_for_each_head(camps):
    group = group_with(rebels=rebels(camps))
    is_one = len(camps) == 1
    caption = "Members most often against " + ("the majority" if is_one else "their own side")
    assert len(said(group)["rebels"]["rows"][0]) == len(heads(page_of(group), caption))


def test_a_rebels_chances_are_never_none_or_all():
    row = said(group_with(rebels=rebels(p_protester=1.0, p_centrist=1e-9)))["rebels"]["rows"][0]
    assert row[3:5] == ["over 99%", "under 1%"]


def test_how_far_two_models_differ_does_not_depend_on_which_end_is_up():
    at = Interval(-0.6, -0.8, -0.4), Interval(-1.8, -2.0, -1.6)
    mirrored = [Interval(-i.estimate, -i.high, -i.low) for i in at]
    rows = [
        said(group_with(rebels=rebels(monotone=one, unfolding=other)))["rebels"]["rows"][0]
        for one, other in (at, mirrored)
    ]
    assert rows[0] == rows[1]
    assert rows[0][5] == "1.2"


@pytest.mark.parametrize(
    ("title", "printed"),
    [
        ("word " * 24, "word " * 24),
        ("word " * 24 + "more", " ".join(["word"] * 24) + "…"),
        ("a" * 121, "a" * 119 + "…"),
        ("ab, " * 31, "ab, " * 29 + "ab…"),
        ("word " * 23 + "· more more", " ".join(["word"] * 23) + "…"),
    ],
)
def test_a_long_title_ends_after_a_word(title, printed):
    found = rebels()
    item = replace(found.rebels[0].items[0], title=title)
    group = group_with(rebels=rebels(items=(item,)))
    assert said(group)["rebels"]["rows"][0][-1] == f"{printed} (nay)"


def test_without_absences_there_is_no_table_of_them():
    absence = replace(group_with().unknowns.absence, n_absences=0)
    none, some = said(group_with(absence=absence)), said(group_with())
    assert [len(s["tipping"][0]["tables"]) for s in (none, some)] == [0, 1]
    assert page_of(group_with(absence=absence)).count("As a table") == 1


def test_both_ways_of_hiding_votes_have_a_table_with_tenths_of_a_percent():
    shares = 0.0, 0.0061, 0.0122
    points = tuple(
        replace(p, share=s)
        for p, s in zip(curve("split", "split", "split").points, shares, strict=True)
    )
    close = Curve(points, None, None, None)
    tables = said(group_with(hidden=hidden(close, curve("split"), "dissent")))["tipping"][1][
        "tables"
    ]
    assert [title for title, _ in tables] == [
        "If votes hid dissent, always the same members",
        "If votes hid dissent, spread at random",
    ]
    assert [row[0] for row in tables[0][1]] == ["0.0%", "0.6%", "1.2%"]


def test_a_verdict_that_turns_back_is_said_to():
    there_and_back = curve("split", "cannot tell", "split", "split", "no split")
    there = curve("split", "cannot tell")
    back = [
        said(group_with(hidden=hidden(worst, random)))["tipping"][1]["back"]
        for worst, random in (
            (there_and_back, there),
            (there, there_and_back),
            (there, curve("split", "split")),
        )
    ]
    again = "Farther along it can turn back: the verdict is “split” again at 20.0% and 30.0%"
    assert back == [f"{again} (always the least firm members).", f"{again} (spread at random).", ""]


def test_the_thin_line_keeps_its_points_and_the_axis_holds_both_tipping_points():
    short = curve("split", "no split")
    long = curve("split", "split", "split", "no split", "no split")
    made = unknowns_charts(group_with(hidden=hidden(short, long)).unknowns)["hidden"]

    def rows(layer):
        return made["datasets"][layer["data"]["name"]]

    thin = made["layer"][0]
    assert [row["x"] for row in rows(thin)] == [0.0, 0.1, 0.2, 0.3, 0.4]
    assert thin["mark"]["clip"]
    assert 0.3 < thin["encoding"]["x"]["scale"]["domain"][1] < 0.4
    upright = [
        rows(layer)[0]["t"]
        for layer in made["layer"]
        if layer["mark"]["type"] == "rule" and "x" in layer["encoding"]
    ]
    assert upright == [0.1, 0.3]


def test_further_items_are_given_in_words_where_no_number_is():
    found = group_with().unknowns.detectable
    asked = tuple(
        MoreItems(depth, what, 0.3, "along", items, tried)
        for depth, what, items, tried in (
            (0.25, "threshold", None, 0),
            (0.35, "clear", 0, 0),
            (0.001, "observed", None, 0),
            (0.4, "asked", None, 900),
            (0.5, "asked", 1200, 2000),
        )
    )
    rows = said(group_with(detectable=replace(found, more_items=asked)))["map"]["more"]
    assert [(name[:17], text) for name, text in rows] == [
        ("a split 0.25 deep", "no number would be enough, since a split begins at 0.25"),
        ("a split 0.35 deep", "none: these are enough"),
        ("a split 0.40 deep", "more than 900"),
        ("a split 0.50 deep", "1,200"),
    ]


def cut(page, selector):
    """By how many pixels each box is too narrow for what it holds."""
    page.eval_on_selector_all("details", "all => all.forEach(d => { d.open = true })")
    return page.eval_on_selector_all(selector, "all => all.map(e => e.scrollWidth - e.clientWidth)")


@pytest.mark.browser
@pytest.mark.parametrize("width", [390, 1100])
def test_tables_of_what_would_change_the_verdict_are_not_cut(browser, tmp_path, width):
    points = tuple(
        replace(p, n_changed=12_345, share=1.0) for p in curve("cannot tell", "no split").points
    )
    wide = Curve(points, None, None, None)
    split = replace(fake_split(20, 20, 1), groups=(group_with(hidden=hidden(wide, wide)),))
    page, _, _ = visit(browser, tmp_path, split, {"width": width, "height": 900})
    assert cut(page, ".tips .scroll") == [0, 0, 0]


@pytest.mark.browser
def test_captions_stay_in_sight_on_a_phone(browser, tmp_path):
    page, _, _ = visit(browser, tmp_path, fake_split(), PHONE)
    assert max(cut(page, ".scroll")) > 0
    beyond = page.eval_on_selector_all(
        ".scroll caption",
        """all => all.map(e => e.getBoundingClientRect().right
                         - e.closest('.scroll').getBoundingClientRect().right)""",
    )
    assert max(beyond) < 1
