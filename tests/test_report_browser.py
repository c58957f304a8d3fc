"""The page in a real browser: charts are drawn, nothing hostile runs, nothing leaves."""

import pytest

from fake_split import fake_split
from fissure.report import report

pytestmark = pytest.mark.browser
PHONE = {"width": 390, "height": 844}


class Seen:
    """Everything a page did that it should not do."""

    def __init__(self) -> None:
        self.problems: list[str] = []
        self.requests: list[str] = []


def visit(browser, tmp_path, split, viewport=None, scripts=True):
    """A page opened: that of a result, or one that was made before, as text."""
    path = tmp_path / "report.html"
    if isinstance(split, str):
        path.write_text(split, encoding="utf-8")
    else:
        report(split, path)
    page = browser.new_page(
        viewport=viewport or {"width": 1100, "height": 900}, java_script_enabled=scripts
    )
    seen = Seen()
    page.on("console", lambda m: seen.problems.append(f"{m.type}: {m.text}"))
    page.on("pageerror", lambda e: seen.problems.append(f"error: {e}"))
    page.on("dialog", lambda d: (seen.problems.append(f"dialog: {d.message}"), d.dismiss()))
    page.on("request", lambda r: seen.requests.append(r.url))
    page.goto(path.as_uri())
    if scripts:
        page.wait_for_selector("html[data-charts=done]")
    return page, seen, path.as_uri()


def only_the_page(seen: Seen, address: str) -> bool:
    """A data: address is inside the page; no other request is allowed."""
    return {r for r in seen.requests if not r.startswith("data:")} == {address}


def test_all_charts_are_drawn_and_nothing_is_fetched(browser, tmp_path):
    page, seen, address = visit(browser, tmp_path, fake_split())
    states = page.eval_on_selector_all("[data-chart]", "all => all.map(e => e.dataset.state)")
    assert states == ["drawn"] * 21
    marks = page.eval_on_selector_all("[data-chart] svg path", "all => all.length")
    assert marks > 300
    assert page.eval_on_selector_all(".heat img", "all => all.map(i => i.naturalWidth)") == [
        100,
        50,
        50,
    ]
    assert seen.problems == []
    assert only_the_page(seen, address)


def test_hostile_names_do_nothing_even_under_the_pointer(browser, tmp_path):
    page, seen, address = visit(browser, tmp_path, fake_split(30, 60, 2, hostile=True))
    for mark in page.query_selector_all("[data-chart=siding] path[transform]")[:40]:
        mark.hover(force=True)
    for summary in page.query_selector_all("summary"):
        summary.click()
    page.fill("#g1-i-q", "<script>")
    page.hover(".heat img")
    page.select_option("[data-pair='0']", index=2)
    page.wait_for_timeout(200)
    assert page.evaluate("typeof window.hacked") == "undefined"
    assert seen.problems == []
    assert only_the_page(seen, address)


def test_script_that_gets_into_the_page_is_stopped_by_the_policy(browser, tmp_path):
    page, seen, _ = visit(browser, tmp_path, fake_split(12, 10, 1))
    page.evaluate(
        """() => { const s = document.createElement('script'); s.textContent = 'window.hacked=1';
        document.body.append(s);
        const i = new Image(); i.src = 'https://example.org/x.png'; document.body.append(i); }"""
    )
    page.wait_for_timeout(200)
    assert page.evaluate("typeof window.hacked") == "undefined"
    assert len([p for p in seen.problems if "Content Security Policy" in p]) == 2


@pytest.mark.parametrize("hostile", [False, True])
def test_phone_does_not_scroll_sideways(browser, tmp_path, hostile):
    page, _, _ = visit(browser, tmp_path, fake_split(60, 80, 3, hostile=hostile), PHONE)
    page.eval_on_selector_all("details", "all => all.forEach(d => { d.open = true; })")
    assert page.evaluate("document.documentElement.scrollWidth") <= PHONE["width"]
    widths = page.eval_on_selector_all(
        "[data-chart] svg", "all => all.map(s => s.getBoundingClientRect().right)"
    )
    assert max(widths) <= PHONE["width"]


def test_keyboard_reaches_the_search_and_it_filters(browser, tmp_path):
    page, _, _ = visit(browser, tmp_path, fake_split(20, 120, 1))
    page.keyboard.press("Tab")
    assert page.evaluate("document.activeElement.className") == "skip"
    for _ in range(80):
        page.keyboard.press("Tab")
        if page.evaluate("document.activeElement.id") == "g1-i-q":
            break
    assert page.evaluate("document.activeElement.id") == "g1-i-q"
    outline = page.evaluate("getComputedStyle(document.activeElement).outlineStyle")
    assert outline == "solid"
    shown = "[...document.querySelectorAll('#g1-i tbody tr')].filter(r => !r.hidden).length"
    assert page.evaluate(shown) == 50
    page.keyboard.type("PENSION 2005")
    words = page.evaluate(
        """[...document.querySelectorAll('#g1-i tbody tr')].filter(r => !r.hidden)
        .map(r => r.textContent)"""
    )
    assert words
    assert all("pension" in w and "2005" in w for w in words)
    assert f"{len(words)} found among 120" in page.inner_text("#g1-i-s")


def test_every_row_can_be_shown(browser, tmp_path):
    page, _, _ = visit(browser, tmp_path, fake_split(20, 120, 1))
    page.click("[data-all='g1-i']")
    assert page.locator("#g1-i tbody tr:visible").count() == 120
    assert page.inner_text("#g1-i-s") == "120"


def test_agreement_of_a_pair_is_read_from_the_picture(browser, tmp_path):
    split = fake_split(20, 20, 1)
    page, _, _ = visit(browser, tmp_path, split)
    share = split.groups[0].agreement.share
    for i, j in ((0, 5), (3, 17), (11, 12)):
        page.select_option("[data-pair='0']", index=i)
        page.select_option("[data-pair='1']", index=j)
        assert f"chose alike on {round(100 * share[i][j])}%" in page.inner_text("output")
    page.select_option("[data-pair='0']", index=0)
    page.select_option("[data-pair='1']", index=2)
    assert "no common item" in page.inner_text("output")


def test_without_scripts_tables_tell_everything(browser, tmp_path):
    page, _, _ = visit(browser, tmp_path, fake_split(20, 120, 1), scripts=False)
    assert page.locator("#g1-i tbody tr").count() == 120
    assert page.locator(".search:visible").count() == 0
    assert "the table below says the same" in " ".join(page.inner_text("#g1").split())
    assert page.locator(".heat img").is_visible()


def test_names_and_labels_that_assistive_technology_reads(browser, tmp_path):
    """By hand what a checker would look for: every control and every landmark has a name."""
    page, _, _ = visit(browser, tmp_path, fake_split(20, 60, 2))
    nameless = page.evaluate(
        """() => [...document.querySelectorAll(
          'input, select, button, nav, [role=region], [role=img]')]
        .filter(e => !(e.getAttribute('aria-label') || e.textContent.trim()
          || (e.labels || []).length))
        .map(e => e.outerHTML)"""
    )
    assert nameless == []
    small = page.evaluate(
        """() => [...document.querySelectorAll('button, input, select, summary')]
        .filter(e => e.offsetParent && e.getBoundingClientRect().height < 24)
        .map(e => e.outerHTML)"""
    )
    assert small == []
