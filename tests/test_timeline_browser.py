"""The timeline in a real browser: charts, clicks, keys, phone, and that nothing hostile runs."""

import pytest

from fake_timeline import full_trace
from test_report_browser import PHONE, only_the_page, visit

pytestmark = pytest.mark.browser


def small(**options):
    return full_trace(**{"n_periods": 14, "n_actors": 30, "groups": 2, **options})


def shown(page, group="g1"):
    """Numbers of the periods that can be seen, and of those that are open."""
    return page.eval_on_selector_all(
        f"[data-periods={group}] .period",
        """all => [all.filter(d => !d.hidden).map(d => Number(d.dataset.k)),
        all.filter(d => d.open).map(d => Number(d.dataset.k))]""",
    )


def click_on(page, chart, share):
    """Click at a share of the chart's plotting area, from the left."""
    box = page.locator(chart).locator("svg path.background").first.bounding_box()
    page.mouse.click(box["x"] + share * box["width"], box["y"] + box["height"] / 2)


def test_a_long_senate_is_drawn_and_nothing_is_fetched(browser, tmp_path):
    page, seen, address = visit(browser, tmp_path, full_trace())
    states = page.eval_on_selector_all("[data-chart]", "all => all.map(e => e.dataset.state)")
    assert states == ["drawn"] * (3 + 3 * 5)
    assert page.locator("[data-flow]").count() == 3
    assert page.locator("[data-flow=g1] g[data-k]").count() == 50
    assert seen.problems == []
    assert only_the_page(seen, address)


def test_clicking_a_period_shows_its_report_with_names(browser, tmp_path):
    trace = small()
    page, seen, _ = visit(browser, tmp_path, trace)
    assert shown(page) == [[13], [13]]
    page.locator("[data-group=g1][data-chart=time]").scroll_into_view_if_needed()
    click_on(page, "[data-group=g1][data-chart=time]", 12.5 / 14)
    assert shown(page) == [[12], [12]]
    told = page.inner_text("#g1-p12")
    period = trace.series[0].periods[12]
    assert all(part in told for part in period.sentence.split(": "))
    for bloc in period.blocs:
        assert f"bloc {bloc.name}: {bloc.size} members" in told
        assert all(trace.actors[a] in told for a in bloc.actors)
    for item in period.dividing:
        assert item.title in told
    assert page.locator("[data-flow=g1] g.chosen").get_attribute("data-k") == "12"
    assert seen.problems == []


def test_clicking_in_the_overview_goes_to_that_groups_report(browser, tmp_path):
    page, _, _ = visit(browser, tmp_path, small())
    page.locator("[data-group=overview][data-chart=g2]").scroll_into_view_if_needed()
    click_on(page, "[data-group=overview][data-chart=g2]", 0.5 / 14)
    assert shown(page, "g2") == [[0], [0]]
    assert shown(page, "g1") == [[13], [13]]
    focus = "document.activeElement.closest('.period').id"
    assert page.evaluate(focus) == "g2-p0"


def test_select_buttons_links_and_the_picture_all_choose(browser, tmp_path):
    page, _, _ = visit(browser, tmp_path, small())
    page.select_option("#g1-choose", index=4)
    assert shown(page) == [[4], [4]]
    page.click("[data-periods=g1] [data-step='-1']")
    assert shown(page) == [[3], [3]]
    page.locator("[data-flow=g1] g[data-k='6']").dispatch_event("click")
    assert shown(page) == [[6], [6]]
    page.evaluate("location.hash = '#g1-p9'")
    page.wait_for_function("document.activeElement.closest('#g1-p9')")
    assert shown(page) == [[9], [9]]
    page.click("[data-periods=g1] [data-every]")
    assert shown(page) == [list(range(14)), []]
    assert "14 periods shown" in page.inner_text("[data-periods=g1] [role=status]")


def test_keyboard_goes_through_the_timeline(browser, tmp_path):
    page, _, _ = visit(browser, tmp_path, small())
    for _ in range(60):
        page.keyboard.press("Tab")
        if page.evaluate("document.activeElement.dataset.keys") == "g1":
            break
    assert page.evaluate("getComputedStyle(document.activeElement).outlineStyle") == "solid"
    page.keyboard.press("Home")
    page.keyboard.press("ArrowRight")
    page.keyboard.press("ArrowRight")
    assert shown(page) == [[2], [2]]
    page.keyboard.press("End")
    page.keyboard.press("ArrowRight")
    assert shown(page) == [[13], [13]]
    page.keyboard.press("Enter")
    assert page.evaluate("document.activeElement.closest('.period').id") == "g1-p13"


def test_hostile_names_do_nothing_even_when_looked_at(browser, tmp_path):
    page, seen, address = visit(browser, tmp_path, small(hostile=True))
    for k in range(14):
        page.select_option("#g1-choose", index=k)
    for summary in page.query_selector_all("summary"):
        if summary.is_visible():
            summary.click()
    for mark in page.query_selector_all("[data-chart] svg .mark-rect path")[:40]:
        mark.hover(force=True)
    page.wait_for_timeout(200)
    assert page.evaluate("typeof window.hacked") == "undefined"
    assert seen.problems == []
    assert only_the_page(seen, address)


@pytest.mark.parametrize("hostile", [False, True])
def test_phone_does_not_scroll_sideways(browser, tmp_path, hostile):
    page, _, _ = visit(browser, tmp_path, full_trace(50, 40, 2, hostile=hostile), PHONE)
    page.eval_on_selector_all("details", "all => all.forEach(d => { d.open = true; })")
    assert page.evaluate("document.documentElement.scrollWidth") <= PHONE["width"]
    box = page.evaluate(
        """() => { const b = document.querySelector('.flow');
        return [b.clientWidth, b.scrollWidth]; }"""
    )
    assert box[0] < PHONE["width"] < box[1]  # the picture scrolls inside its own box


def test_without_scripts_every_period_can_be_opened(browser, tmp_path):
    page, _, _ = visit(browser, tmp_path, small(), scripts=False)
    page.locator("[data-periods=g1] > summary").click()
    page.locator("#g1-p3 > summary").click()
    assert page.locator("#g1-p3 table").is_visible()
    assert page.locator(".choose:visible").count() == 0
    assert "Names of members need scripts" in page.inner_text("#g1")
    assert page.locator("[data-flow=g1]").is_visible()


def test_names_and_labels_that_assistive_technology_reads(browser, tmp_path):
    page, _, _ = visit(browser, tmp_path, small())
    nameless = page.evaluate(
        """() => [...document.querySelectorAll(
          'input, select, button, nav, [role=region], [role=img], [role=group]')]
        .filter(e => !(e.getAttribute('aria-label') || e.textContent.trim()
          || (e.labels || []).length))
        .map(e => e.outerHTML)"""
    )
    assert nameless == []
    small_ones = page.evaluate(
        """() => [...document.querySelectorAll('button, input, select, summary')]
        .filter(e => e.offsetParent && e.getBoundingClientRect().height < 24)
        .map(e => e.outerHTML)"""
    )
    assert small_ones == []
