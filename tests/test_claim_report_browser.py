"""The page of a claim in a real browser: charts, phone, and that nothing hostile runs."""

import pytest

from fake_claim import bare, fake_claim
from test_report_browser import PHONE, only_the_page, visit

pytestmark = pytest.mark.browser


@pytest.mark.parametrize("graded", [False, True])
def test_all_charts_are_drawn_and_nothing_is_fetched(browser, tmp_path, graded):
    page, seen, address = visit(browser, tmp_path, fake_claim(graded=graded))
    states = page.eval_on_selector_all("[data-chart]", "all => all.map(e => e.dataset.state)")
    assert states == ["drawn"] * (5 if graded else 4)
    assert page.locator("[data-chart=cases] svg path").count() > 23
    assert seen.problems == []
    assert only_the_page(seen, address)


def test_hostile_names_do_nothing_even_under_the_pointer(browser, tmp_path):
    page, seen, address = visit(browser, tmp_path, fake_claim(hostile=True))
    for mark in page.query_selector_all("[data-chart=cases] .mark-symbol path")[:24]:
        mark.hover(force=True)
    for summary in page.query_selector_all("summary"):
        summary.click()
    page.fill("#claim-cases-q", "<script>")
    page.wait_for_timeout(200)
    assert page.locator("#claim-cases tbody tr:visible").count() == 3
    assert page.evaluate("typeof window.hacked") == "undefined"
    assert seen.problems == []
    assert only_the_page(seen, address)


@pytest.mark.parametrize(
    "options",
    [{}, {"n_cases": 300, "n_forks": 400}, {"graded": True}, {"hostile": True, "graded": True}],
)
def test_phone_does_not_scroll_sideways(browser, tmp_path, options):
    page, seen, _ = visit(browser, tmp_path, fake_claim(**options), PHONE)
    page.eval_on_selector_all("details", "all => all.forEach(d => { d.open = true; })")
    assert page.evaluate("document.documentElement.scrollWidth") <= PHONE["width"]
    widths = page.eval_on_selector_all(
        "[data-chart] svg", "all => all.map(s => s.getBoundingClientRect().right)"
    )
    assert max(widths) <= PHONE["width"]
    assert seen.problems == []


def test_pointing_at_a_mark_tells_its_name(browser, tmp_path):
    page, _, _ = visit(browser, tmp_path, fake_claim(300))
    page.locator("[data-chart=cases] .mark-symbol path").first.hover(force=True)
    page.wait_for_selector("#vg-tooltip-element.visible")
    assert "Uprising no." in page.inner_text("#vg-tooltip-element")


def test_without_scripts_tables_tell_everything(browser, tmp_path):
    page, _, _ = visit(browser, tmp_path, fake_claim(), scripts=False)
    assert page.locator("#claim-cases tbody tr").count() == 24
    assert "the table below says the same" in " ".join(page.inner_text("main").split())


def test_a_bare_claim_is_drawn_too(browser, tmp_path):
    _, seen, _ = visit(browser, tmp_path, bare(fake_claim()))
    assert seen.problems == []


def test_controls_and_regions_have_names(browser, tmp_path):
    page, _, _ = visit(browser, tmp_path, fake_claim(graded=True))
    nameless = page.evaluate(
        """() => [...document.querySelectorAll(
          'input, select, button, nav, [role=region], [role=img]')]
        .filter(e => !(e.getAttribute('aria-label') || e.textContent.trim()
          || (e.labels || []).length))
        .map(e => e.outerHTML)"""
    )
    assert nameless == []
