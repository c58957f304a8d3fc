"""The page of a claim: what it holds and in which order, that it is safe, small and repeatable."""

import functools
import json
import re
from dataclasses import replace
from itertools import combinations, pairwise

import pytest

import fissure
from fake_claim import VERDICTS, bare, fake_claim
from fake_split import HOSTILE
from fissure.errors import SettingError
from fissure.report import report
from fissure.report.case_plot import (
    HEIGHT,
    LETTER,
    LINE,
    SIDES,
    Layout,
    case_plot,
    lacks,
    placed,
    plotted,
)
from fissure.report.claim_charts import MOST_FORKS, claim_charts, drawn_forks, is_own
from fissure.report.claim_words import called, odds
from fissure.report.wording import clean, share
from fissure.results.claim import Claim
from test_report import LIMIT, Page, contrast, inward_policy

ROUNDING = 2e-4  # places in the plot are written with four digits


@functools.cache
def printed(**options) -> str:
    """The page of a made-up claim; the same page serves many tests."""
    return report(fake_claim(**options))


def test_the_page_begins_with_question_verdict_note_and_counterexamples():
    claim = fake_claim()
    text = Page(printed()).text
    start = text.index("fissure claim: Made-up uprisings Did every success need elite_split ?")
    parts = ["Cannot tell from these cases.", "8 of 12 cases had it.", claim.notes[0],
             "4 counter-examples: success without elite_split", *claim.counterexamples,
             "1 case is left out."]  # fmt: skip
    at = [text.index(part, start) for part in parts]
    assert at == sorted(at)
    assert at[0] < text.index("The cases", start)


def test_parts_stand_in_order():
    text = printed(graded=True)
    parts = ("claim", "counter", "cases", "shares", "directions", "rivals", "overturn", "forks",
             "truth", "nca", "methods", "source")  # fmt: skip
    at = [text.index(f'id="{part}"') for part in parts]
    assert at == sorted(at)


@pytest.mark.parametrize("graded", [False, True])
def test_page_is_accessible_in_structure(graded):
    page = Page(printed(graded=graded))
    assert not page.open
    assert page.all("html") == [{"lang": "en"}]
    assert len(page.all("main")) == len(page.all("h1")) == len(page.all("header")) == 1
    assert len(page.all("caption")) == len(page.all("table"))
    assert all("scope" in attrs for attrs in page.all("th"))
    assert all(a.get("aria-label") for _, a in page.elements if a.get("role") in ("img", "region"))
    levels = [int(t[1]) for t, _ in page.elements if re.fullmatch("h[1-6]", t)]
    assert levels[:2] == [1, 2]
    assert all(b - a <= 1 for a, b in pairwise(levels))
    ids = [attrs["id"] for _, attrs in page.elements if "id" in attrs]
    assert len(ids) == len(set(ids))
    assert {a["href"][1:] for a in page.all("a") if a["href"].startswith("#")} <= set(ids)


def test_every_chart_has_a_table_with_its_numbers():
    claim = fake_claim(graded=True)
    text = Page(printed(graded=True)).text
    for p in claim.points:
        assert p.name in text
    for posterior in (claim.relevance.given, claim.relevance.otherwise):
        wanted = f"{share(posterior.mean)} ({share(posterior.low)} to {share(posterior.high)})"
        assert wanted in text
    for fork in claim.forks:
        assert f"{fork.verdict} (as asked)" in text or fork.verdict in text
    for captions in ("Cases: codings from 0", "Share of cases with elite_split", "Compared",
                     "Number of definitions by choice", "Truth table", "Bottleneck"):  # fmt: skip
        assert captions in text


def test_the_condition_asked_about_heads_the_rivals():
    text = printed()
    table = text[text.index('class="rivals"') :].split("</table>")[0]
    names = re.findall(r'<th scope="row"><bdi>(.*?)</bdi>', table)
    assert names[0] == "elite_split"
    assert set(names) == {"elite_split", "army", "no army", "organisation"}


def test_both_directions_are_told_in_the_same_words():
    text = printed()
    two = text[text.index('<div class="two">') :].split("<h3 id=")[0]
    figures = re.findall(r'<th scope="row">(.*?)</th>', two)
    half = len(figures) // 2
    assert [f.split(",")[0] for f in figures[:half]] == ["Share with elite_split", *figures[1:half]]
    assert figures[1:half] == figures[half + 1 :]


@pytest.mark.parametrize("verdict", range(3))
def test_each_verdict_is_printed_as_it_is(verdict):
    page = Page(report(bare(fake_claim(verdict=verdict))))
    assert f"with success {VERDICTS[verdict].capitalize()}." in page.text


def test_nothing_on_the_page_points_outside_it():
    policy = inward_policy(Page(printed(graded=True)))
    assert "'unsafe-inline'" not in policy.split("style-src")[0]


@pytest.mark.parametrize("graded", [False, True])
def test_hostile_names_stay_text(graded):
    text = printed(hostile=True, graded=graded)
    page = Page(text)
    assert not page.open
    assert len(page.all("script")) == 3
    assert not [a for _, attrs in page.elements for a in attrs if a.startswith("on")]
    assert not [a for a in page.all("a") if a["href"].startswith("javascript")]
    assert "\u2028" not in text
    assert "\x00" not in text
    assert "\u202e" not in text.replace(page.scripts[1], "")
    assert "<script>window.hacked=1</script>" in page.text
    assert "{{ 7 * 7 }}{% raw %}" in page.text
    assert "<" not in page.scripts[0]
    assert clean(HOSTILE[2]) in json.dumps(json.loads(page.scripts[0]), ensure_ascii=False)


def test_names_in_expressions_of_a_chart_are_data():
    claim = fake_claim()
    name = '"]; window.hacked = 1; ["'
    spec = json.dumps(claim_charts(replace(claim, needs=name, outcome=name)))
    assert json.dumps(json.dumps(name))[1:-1] in spec


@pytest.mark.compiled
def test_size_limit_holds_for_many_cases_and_definitions():
    claim = fake_claim(300, graded=True, n_forks=3000)
    assert len(report(claim).encode("utf-8")) < LIMIT


def test_same_result_same_bytes_also_after_saving(tmp_path):
    claim = fake_claim(graded=True)
    claim.to_json(tmp_path / "a.json")
    again = Claim.load(tmp_path / "a.json")
    assert report(claim, tmp_path / "a.html") == report(again, tmp_path / "b.html")
    assert (tmp_path / "a.html").read_bytes() == (tmp_path / "b.html").read_bytes()


def test_a_claim_of_which_little_is_known_still_makes_a_page():
    claim = replace(bare(fake_claim()), n_outcome=0)
    page = Page(report(claim))
    assert not page.open
    assert "No counter-example is possible: no case has success" in page.text
    assert "nothing to overturn" in page.text
    none = replace(claim, points=(), source={})
    assert "The cases" in Page(report(none)).text


def test_no_counterexample_is_said():
    claim = replace(bare(fake_claim()), counterexamples=())
    assert "No counter-example: no case is known to have had success without" in report(claim)


def test_unknown_codings_are_named_and_not_drawn():
    claim = fake_claim()
    page = Page(printed())
    assert "1 not shown: condition or outcome is not known Uprising no. 4" in page.text
    drawn = json.dumps(case_plot(claim).to_dict())
    assert 'Uprising no. 4"' not in drawn
    assert 'Uprising no. 5"' in drawn


@pytest.mark.parametrize(
    ("n_cases", "graded", "kind"),
    [(20, False, "list"), (300, False, "lattice"), (20, True, "scatter"), (300, True, "scatter")],
)
def test_every_mark_lies_in_its_own_quarter_and_on_no_other(n_cases, graded, kind):
    points = plotted(fake_claim(n_cases, graded=graded))
    layout = Layout.of(points)
    places = layout.spread(points)
    assert layout.kind == kind
    low, high = layout.ends
    assert all(low < v < high for at in places for v in at)
    if kind != "scatter":
        assert len(set(places)) == len(points)
        for p, (x, y) in zip(points, places, strict=True):
            assert (x > 0.5, y > 0.5) == (p.x > 0.5, p.y > 0.5)
            assert abs(x - p.x) <= 0.5 + ROUNDING


@pytest.mark.parametrize("width", [285, 560])
def test_printed_names_do_not_overlap(width):
    points = plotted(fake_claim(60, graded=True))
    layout = Layout.of(points)
    rows = placed(points, layout.spread(points), layout, width)
    low, high = layout.ends
    boxes = []
    for row in rows:
        align, dx, dy = SIDES[row["a"]]
        long = LETTER * len(row["t"])
        left = (row["x"] - low) / layout.span * width + dx
        left -= {"left": 0, "center": long / 2, "right": long}[align]
        top = (high - row["y"]) / layout.span * HEIGHT + dy - LINE / 2
        boxes.append((left, top, left + long, top + LINE))
    assert all(box[0] >= 0 and box[2] <= width for box in boxes)
    for one, other in combinations(boxes, 2):
        apart = one[2] <= other[0] or other[2] <= one[0] or one[3] <= other[1] or other[3] <= one[1]
        assert apart
    against = {p.name for p in points if lacks(p) == "necessary"}
    assert {row["t"] for row in rows} & against


def test_forks_are_drawn_in_order_with_the_one_asked():
    claim = fake_claim(n_forks=900)
    forks = drawn_forks(claim)
    assert MOST_FORKS <= len(forks) <= MOST_FORKS + 900 / 18
    means = [f.mean for f in forks]
    assert means == sorted(means)
    every = sorted(f.mean for f in claim.forks)
    assert (means[0], means[-1]) == (every[0], every[-1])
    assert {id(f) for f in claim.forks if is_own(f, claim)} <= {id(f) for f in forks}


def test_definitions_by_choice_add_up():
    claim = fake_claim()
    text = printed()
    table = text[text.index("Number of definitions by choice") :].split("</table>")[0]
    rows = [list(map(int, re.findall(r'<td class="n">(\d+)</td>', row)))
            for row in table.split("<tr>")[1:]]  # fmt: skip
    counts = [row for row in rows if row]
    assert len(counts) == 8
    for axis in claim.fork_axes:
        mine, counts = counts[: len(axis.options)], counts[len(axis.options) :]
        totals = [sum(column) for column in zip(*mine, strict=True)]
        assert totals == [s.n for s in claim.fork_shares]


def test_the_ceiling_rises_at_its_peers():
    claim = fake_claim(graded=True)
    sets = claim_charts(claim)["nca"]["datasets"].values()
    steps = next(rows for rows in sets if "top" in rows[0])[1:-1]
    by_name = {p.name: p for p in claim.points}
    assert sorted((s["x"], s["y"]) for s in steps) == sorted(
        (by_name[n].x, by_name[n].y) for n in claim.nca.peers
    )
    heights = [s["y"] for s in steps]
    assert heights == sorted(heights)


def test_a_single_definition_is_not_called_a_curve():
    claim = fake_claim(n_forks=1)
    assert "forks" not in claim_charts(claim)
    assert "These cases can be defined in one way only" in report(claim)


def test_curves_are_those_of_one_model():
    claim = fake_claim()
    data = json.dumps(claim_charts(claim)["curves"])
    for heights in (claim.relevance.given.curve, claim.relevance.otherwise.curve):
        assert f'"y": {round(max(heights), 4)}' in data


def test_words_and_numbers_in_print():
    assert (called("~army"), called("army"), called("~a*b")) == ("no army", "army", "~a*b")
    assert (odds(1.0), odds(-0.5), odds(None), odds(9.0)) == (
        "10 to 1 for", "3.2 to 1 against", "–", "over 9,999 to 1 for",
    )  # fmt: skip


def test_contrast_of_marks():
    for colour in ("#0072B2", "#D55E00", "#1a1a1a", "#14477a"):
        assert contrast(colour, "#fdfcf9") >= 3


@pytest.mark.compiled
def test_the_bundled_table_makes_a_page_that_says_what_it_is():
    told = fissure.claim(fissure.cases("revolutions"), permutations=100)
    page = Page(report(told))
    assert not page.open
    for part in (*told.notes, *told.counterexamples, *told.remarks, told.source["sha256"]):
        assert " ".join(clean(part).split()) in page.text
    assert told.sentence.split(": ", 1)[1][-40:] in page.text
    for rival in told.rivals:
        assert called(rival.name) in page.text


def test_other_results_are_refused_by_name():
    with pytest.raises(SettingError, match=r"report takes a Split, .*Claim.*, got int"):
        report(3)
