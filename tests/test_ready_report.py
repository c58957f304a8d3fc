"""The pages on readiness and of a ledger: what they say, and that they are whole in a browser."""

import re
from dataclasses import replace
from functools import cache

import numpy as np
import pytest

import fissure as fs
from fake_timeline import full_trace
from fissure.readiness.hits import poisson_interval
from fissure.readiness.ledger import GENESIS
from fissure.readiness.scoring import score
from fissure.report import report
from fissure.report.ready import ready_page
from fissure.report.ready_charts import ready_charts
from fissure.results import LedgerBook, Ready, Statement
from test_report_browser import PHONE, only_the_page, visit

HOSTILE = "<script>window.hacked=1</script>"
SPAN = (1945, 2025)


@cache
def parts(events=(1964, 1968, 1990), closed=(1966, 1975, 2001), alarms=True):
    """Recurrence, costs, and warnings with alarms."""
    answer = fs.recurrence(list(events), closed=list(closed), span=SPAN, separation=2)
    worth = fs.readiness(
        answer if answer.rate is not None else (0, 0.04), length=(1, 3), build=3, upkeep=0.5,
        benefit=20, lead=1, hit=0.6, false_alarms=0.1, alarm_cost=0.5,
    )  # fmt: skip
    found = None
    if alarms:
        values = np.random.default_rng(1).normal(size=60)
        series = (np.arange(1960, 2020), values)
        found = fs.warning(series, [1990.0], statistic=["cusum", "variance"])
    return answer, worth, found


def made(name="dates", **asked):
    """A whole answer."""
    source = {"name": name, "title": name, "notes": [name]}
    return Ready(source, {"horizon": 10}, 1, {"fissure": "0.1.0"}, *parts(**asked))


@cache
def page_of(name="dates"):
    """Its page, made once."""
    return report(made(name))


def book(text="A window opens", n=30):
    rng = np.random.default_rng(1)
    said = rng.random(n).round(2)
    statements = tuple(
        Statement(k + 1, f"{text} {k}", float(p), f"2026-01-{k % 28 + 1:02}T00:00:00+00:00",
                  "2026-06-01", bool(rng.random() < p), "2026-07-01T00:00:00+00:00", text)
        for k, p in enumerate(said)
    )  # fmt: skip
    return LedgerBook("l.sqlite", n, GENESIS, statements, score(statements), (), {"fissure": "0"})


@cache
def book_page(text="A window opens"):
    """The page of a ledger, made once."""
    return report(book(text))


def words(html):
    """What a reader reads: no scripts, styles or tags."""
    html = re.sub(r"<(script|style).*?</\1>", " ", html, flags=re.S)
    return " ".join(re.sub(r"<[^>]+>", " ", html).split())


def test_the_page_says_what_the_answer_says():
    ready, html = made(), page_of()
    text = words(html)
    answer, worth = ready.recurrence, ready.readiness
    for sentence in (answer.frequencies, answer.separation_sentence, answer.durations.sentence,
                     worth.frequencies, *(m.sentence for m in answer.models), *worth.assumptions,
                     *(s.sentence for s in ready.alarms.scores)):  # fmt: skip
        assert sentence in text.replace("&lt;", "<").replace("&#39;", "'")
    assert "What this does not show" in text
    assert report(replace(ready)) == html


def test_every_chart_stands_on_the_page_and_has_a_label():
    context = ready_page(made())
    charts = re.findall(r'data-chart="([\w]+)" role="img" aria-label="([^"]+)"', page_of())
    assert sorted(name for name, _ in charts) == sorted(context["charts"])
    assert all(label.strip() for _, label in charts)


def test_what_is_uncertain_has_two_digits():
    """One false alarm in 42 years is 0.238 (0.00603 to 1.33) per decade."""
    one = replace(made().alarms.scores[0], false_per_decade=poisson_interval(1, 4.2))
    ready = replace(made(), alarms=replace(made().alarms, scores=(one,)))
    assert "0.24 (0.006 to 1.3)" in words(report(ready))
    for name, value, _ in ready_page(made())["worth"]["facts"]:
        for number in re.findall(r"[\d.,]+", value):
            assert len(number.replace(",", "").replace(".", "").strip("0")) <= 2, (name, value)


@pytest.mark.parametrize(
    ("upkeep", "label", "at"),
    [(0.5, "upkeep 0.5", [0.5]), ((0.3, 0.6), "upkeep 0.3 to 0.6", [0.3, 0.6])],
)
def test_every_line_of_upkeep_is_named_on_the_spot(upkeep, label, at):
    answer = made().recurrence
    worth = fs.readiness(answer, build=3, upkeep=upkeep, benefit=20)
    chart = ready_charts(answer, worth)["worth"]
    values = {
        part["mark"]["type"]: chart["datasets"][part["data"]["name"]] for part in chart["layer"]
    }
    assert values["text"] == [{"l": at[-1], "told": label}]
    assert [v["l"] for v in values["rule"]] == at


def test_the_line_says_how_uncertain_the_length_leaves_it():
    answer = made().recurrence
    drawn = fs.readiness(answer, build=3, upkeep=0.5, benefit=20)
    told = "where that line may lie, as the length of a window is uncertain (95%)"
    assert told in words(report(replace(made(), readiness=drawn)))
    assert told not in words(page_of())
    marks = [part["mark"]["type"] for part in ready_charts(answer, drawn)["worth"]["layer"]]
    assert marks.count("line") == 3


def test_no_event_has_a_page_of_its_own():
    ready = made(events=(), closed=(), alarms=False)
    text = words(report(ready))
    assert "is not zero but bounded" in text
    assert "Rival models" not in text
    assert "Would a warning have come?" not in text


def test_names_are_escaped_everywhere():
    for html in (page_of(HOSTILE), book_page(HOSTILE)):
        assert HOSTILE not in html
        assert "&lt;script&gt;window.hacked=1" in html


def test_a_ledger_page_has_scores_parts_and_statements():
    one = book()
    text = words(book_page())
    assert one.score.sentence in text
    assert f"= {one.score.brier:.3f}" in text
    assert "A window opens 29" in text
    empty = replace(one, statements=(), score=None)
    assert "Nothing has been resolved yet." in words(report(empty))


def test_another_type_is_refused():
    with pytest.raises(fs.SettingError, match="got Recurrence"):
        report(made().recurrence)


@pytest.mark.browser
def test_all_charts_are_drawn_and_nothing_is_fetched(browser, tmp_path):
    page, seen, address = visit(browser, tmp_path, page_of(HOSTILE))
    states = page.eval_on_selector_all("[data-chart]", "all => all.map(e => e.dataset.state)")
    assert states == ["drawn"] * 10
    assert page.evaluate("typeof window.hacked") == "undefined"
    assert seen.problems == []
    assert only_the_page(seen, address)
    page, seen, address = visit(browser, tmp_path, book_page(HOSTILE))
    assert page.locator("[data-chart=calibration] svg").count() == 1
    assert seen.problems == []
    assert only_the_page(seen, address)


@pytest.mark.browser
@pytest.mark.parametrize("make", [page_of, book_page])
def test_phone_does_not_scroll_sideways(browser, tmp_path, make):
    page, _, _ = visit(browser, tmp_path, make(), PHONE)
    page.eval_on_selector_all("details", "all => all.forEach(d => { d.open = true; })")
    assert page.evaluate("document.documentElement.scrollWidth") <= PHONE["width"]


@pytest.mark.browser
def test_without_scripts_tables_tell_everything(browser, tmp_path):
    page, _, _ = visit(browser, tmp_path, page_of(), scripts=False)
    assert page.locator("#models table").count() == 3
    assert page.locator("#worth table").count() == 3
    assert "below say the same" in " ".join(page.inner_text("#models").split()) or (
        "the table below says the same" in " ".join(page.inner_text("#models").split())
    )


@pytest.mark.browser
def test_words_of_tables_are_not_broken_on_a_phone(browser, tmp_path):
    """Each name of a model stands on lines of whole words: as many as it has words."""
    page, _, _ = visit(browser, tmp_path, page_of(), PHONE)
    heights = page.eval_on_selector_all(
        "#models tbody th bdi", "all => all.map(e => [e.textContent, e.getClientRects().length])"
    )
    assert [name for name, lines in heights if lines > len(re.split("[ -]", name))] == []
    assert {"constant", "self-exciting"} <= {name for name, _ in heights}


@pytest.mark.browser
def test_a_trace_makes_a_page(browser, tmp_path):
    series = full_trace(30, 30, 1).series[0]
    answer = fs.recurrence(series, draws=20, separation=0)
    ready = Ready({"name": "t"}, {}, 1, {"fissure": "0"}, answer, None, fs.warning(series))
    page, seen, _ = visit(browser, tmp_path, ready)
    states = page.eval_on_selector_all("[data-chart]", "all => all.map(e => e.dataset.state)")
    assert set(states) == {"drawn"}
    assert seen.problems == []
