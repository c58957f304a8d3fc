"""The page on scenarios: what it says, and that it is whole in a browser."""

import html as markup
import re
from dataclasses import replace
from functools import cache
from itertools import pairwise

import pytest

import fissure as fs
from fake_scenarios import fake_scenarios
from fake_split import HOSTILE
from fissure.report import report
from fissure.report.scenarios import scenarios_page
from fissure.report.scenarios_charts import APART, LIKELY, WORDS, scenarios_charts, top
from fissure.results import Scenarios
from test_report_browser import PHONE, only_the_page, visit

#: Steps of lightness may differ by the rounding of colours to 8 bits.
ROUNDING = 1.0


@cache
def made():
    """The answer that most tests look at, its charts and its page."""
    answer = fake_scenarios()
    return answer, scenarios_charts(answer), report(answer)


@cache
def page_of(n_models):
    """The page of another number of models without cases, made once."""
    return report(fake_scenarios(n_models, full=False))


@cache
def hostile_page():
    """The page of an answer whose every name is an attack, made once."""
    return report(fake_scenarios(hostile=True))


def rows(chart, layer=0):
    """What a layer of a chart shows; altair keeps the data of layers apart from them."""
    data = chart["layer"][layer]["data"]
    return data["values"] if "values" in data else chart["datasets"][data["name"]]


def words(page):
    """What a reader reads: no scripts, styles or tags."""
    page = re.sub(r"<(script|style).*?</\1>", " ", page, flags=re.S)
    return markup.unescape(" ".join(re.sub(r"<[^>]+>", " ", page).split()))


def test_the_page_says_what_the_answer_says():
    answer, _, page = made()
    text = words(page)
    for m in answer.models:
        for said in (m.sentence, m.mechanism, m.source, m.leaves_out, m.required.sentence):
            assert said in text
    for said in (answer.title, answer.sentence, *answer.remarks, answer.calibration.sentence,
                 answer.ensemble.required.sentence, "What this does not show",
                 "0.40 (0.30 to 0.50)", "report.json, the whole body"):  # fmt: skip
        assert said in text


def test_a_loaded_answer_gives_the_same_page(tmp_path):
    answer, _, page = made()
    answer.to_json(tmp_path / "s.json")
    assert report(Scenarios.load(tmp_path / "s.json")) == page


def test_uncalibrated_stands_in_the_title():
    page = page_of(4)
    assert "<title>Scenarios (uncalibrated): change from below</title>" in page
    assert "not calibrated to any case" in re.search("<h1>(.*?)</h1>", page)[1]
    assert "and nothing ties it to any case" in words(page)
    for absent in ("Do the models fit the cases?", "has any part in"):
        assert absent not in words(page)
    page = made()[2]
    assert "<title>Scenarios (calibrated): change from below</title>" in page
    assert "nothing ties" not in words(page)


def test_every_chart_stands_on_the_page_and_has_a_label():
    _, charts, page = made()
    found = re.findall(r'data-chart="(\w+)" role="img" aria-label="([^"]+)"', page)
    assert sorted(name for name, _ in found) == sorted(charts)
    assert all(label.strip() for _, label in found)


def test_one_model_has_neither_ensemble_nor_disagreement():
    charts = scenarios_charts(fake_scenarios(1, 3, full=False))
    assert not {"mapall", "needall", "apart"} & set(charts)
    text = words(page_of(1))
    assert "disagree" not in text.replace("where the models disagree", "").replace(
        "their disagreement", ""
    )


def colour_scale(chart):
    return chart["layer"][0]["encoding"]["color"]["scale"]


def test_all_models_are_drawn_on_one_scale_that_holds_every_value():
    answer, charts, _ = made()
    scales = [colour_scale(charts[f"map{key}"]) for key in (0, 1, 2, "all")]
    assert all(s == scales[0] for s in scales)
    values = [r["v"] for key in range(3) for r in rows(charts[f"map{key}"])]
    assert max(values) <= scales[0]["domain"][-1] == top(answer)
    assert top(answer) - max(values) < 0.1
    assert colour_scale(charts["apart"])["domain"][-1] == 1


@pytest.mark.parametrize("ramp", [LIKELY, APART])
def test_ramps_have_equal_steps_of_lightness(ramp):
    def lightness(colour):
        rgb = [int(colour[k : k + 2], 16) / 255 for k in (1, 3, 5)]
        r, g, b = (c / 12.92 if c <= 0.04045 else ((c + 0.055) / 1.055) ** 2.4 for c in rgb)
        return 116 * (0.2126 * r + 0.7152 * g + 0.0722 * b) ** (1 / 3) - 16

    light = [lightness(c) for c in ramp]
    step = (light[0] - light[-1]) / (len(light) - 1)
    assert step > 10
    for a, b in pairwise(light):
        assert a - b == pytest.approx(step, abs=ROUNDING)


def test_maps_of_needs_show_the_cells_at_or_above_the_level():
    answer, charts, _ = made()
    for k, m in enumerate(answer.models):
        dark = [r["is"] for r in rows(charts[f"need{k}"])]
        assert sum(dark) / len(dark) == pytest.approx(m.required.share)
        most = rows(charts[f"need{k}"], 1)
        assert most == [{"o": m.required.organisation, "d": m.required.depth}]


def test_tables_say_the_same_as_the_maps():
    answer = fake_scenarios(full=False)
    page = scenarios_page(answer)
    name, cells = page["tables"][0]
    assert name == "model a"
    surface = next(s for s in answer.models[0].surfaces if s.outcome == "change from below")
    assert cells[0] == ["1.00", *(f"{100 * p:.0f}%" for p in surface.probability[-1])]
    _, letters = page["likeliest"][0]
    best = max(answer.models[0].surfaces, key=lambda s: s.probability[-1][0])
    assert letters[0][1] == WORDS[best.outcome][1]
    assert page["agreed"][0][1:] == [
        "–" if w is None else WORDS[w][1] for w in answer.agreement[-1]
    ]
    wide = scenarios_page(fake_scenarios(1, 12, full=False))
    assert len(wide["across"]) == 11
    assert (wide["across"][0], wide["across"][-1]) == ("0.00", "1.00")


def test_incumbents_and_challengers_are_drawn_alike():
    """Exchanging two outcomes exchanges their values and nothing else on their maps."""
    answer = fake_scenarios(2, 3, full=False)
    other = {"change from below": "no change", "no change": "change from below"}

    def exchanged(view):
        swap = [replace(s, outcome=other.get(s.outcome, s.outcome)) for s in view.surfaces]
        return replace(view, surfaces=tuple(swap))

    mirrored = replace(
        answer, outcome="no change", models=tuple(map(exchanged, answer.models)),
        ensemble=exchanged(answer.ensemble),
    )  # fmt: skip
    ours, theirs = scenarios_charts(answer), scenarios_charts(mirrored)
    for name in ("map0", "map1", "mapall", "need0", "needall"):
        assert ours[name] == theirs[name]


def test_a_box_marks_conditions_that_the_map_goes_beyond():
    answer = fake_scenarios(1, 3, full=False)
    assert len(scenarios_charts(answer)["map0"]["layer"]) == 3
    assert "marks the conditions as given" in words(page_of(1))
    given = tuple(replace(c, kind="range") for c in answer.conditions)
    free = replace(answer, conditions=given)
    assert len(scenarios_charts(free)["map0"]["layer"]) == 1
    assert "marks the conditions as given" not in words(report(free))


def test_names_are_escaped_everywhere():
    page = hostile_page()
    assert not any(word in page for word in HOSTILE[:4] if "<" in word)
    assert "&lt;script&gt;window.hacked=1" in page


def test_another_type_is_refused():
    with pytest.raises(fs.SettingError, match="LedgerBook or Scenarios, got ModelView"):
        report(fake_scenarios(1, 3).ensemble)


@pytest.mark.browser
def test_all_charts_are_drawn_and_nothing_is_fetched(browser, tmp_path):
    page, seen, address = visit(browser, tmp_path, hostile_page())
    states = page.eval_on_selector_all("[data-chart]", "all => all.map(e => e.dataset.state)")
    assert states == ["drawn"] * len(made()[1])
    for rect in page.query_selector_all("[data-chart=map0] g.mark-rect path")[:10]:
        rect.hover(force=True)
    assert page.evaluate("typeof window.hacked") == "undefined"
    assert seen.problems == []
    assert only_the_page(seen, address)


@pytest.mark.browser
@pytest.mark.parametrize("n_models", [1, 4])
def test_phone_does_not_scroll_sideways(browser, tmp_path, n_models):
    page, _, _ = visit(browser, tmp_path, page_of(n_models), PHONE)
    page.eval_on_selector_all("details", "all => all.forEach(d => { d.open = true; })")
    assert page.evaluate("document.documentElement.scrollWidth") <= PHONE["width"]
    right = page.eval_on_selector_all(
        "[data-chart] svg", "all => all.map(s => s.getBoundingClientRect().right)"
    )
    assert max(right) <= PHONE["width"]


@pytest.mark.browser
def test_the_maps_of_all_models_stand_in_one_row_and_are_of_one_size(browser, tmp_path):
    page, _, _ = visit(browser, tmp_path, page_of(4))
    boxes = page.eval_on_selector_all(
        "[data-chart=map0], [data-chart=map1], [data-chart=map2], [data-chart=map3]",
        "all => all.map(e => { const r = e.getBoundingClientRect(); "
        "return [r.top, r.width, r.height]; })",
    )
    assert len(boxes) == 4
    assert all(box == pytest.approx(boxes[0], abs=1) for box in boxes)


@pytest.mark.browser
def test_without_scripts_tables_tell_everything(browser, tmp_path):
    page, _, _ = visit(browser, tmp_path, made()[2], scripts=False)
    assert page.locator("#maps table").count() == 3 + 1 + 1 + 3 + 1
    assert page.locator("#need table").count() == 2 + 3
    assert "the table" in page.inner_text("#models")
