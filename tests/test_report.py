"""The page: what it holds, that nothing in it can act, that it is small, repeatable and fair."""

import html
import json
import re
import sys
from dataclasses import fields, is_dataclass, replace
from html.parser import HTMLParser
from itertools import pairwise
from pathlib import Path

import polars as pl
import pytest

import fissure
from fake_split import HOSTILE, fake_split
from fissure import results
from fissure.errors import SettingError
from fissure.report import json_for_script, report
from fissure.report.charts import charts, sides
from fissure.report.heat import MISSING, colour_of
from fissure.report.wording import clean, percent, points
from fissure.results import Split
from fissure.split import SplitSettings

LIMIT = 3_000_000  # bytes: what the project promises of one file
VOID = {"meta", "link", "input", "img", "br", "hr"}
OPTIONAL_END = {"td", "th", "tr"}  # HTML lets a table leave these out; the long table does


class Page(HTMLParser):
    """Elements, attributes and text of a page, and whether elements are closed in order."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.elements: list[tuple[str, dict]] = []
        self.scripts: list[str] = []
        self.words: list[str] = []
        self.open: list[str] = []
        self.feed(text)

    def handle_starttag(self, tag, attrs):
        self.elements.append((tag, dict(attrs)))
        if tag not in VOID:
            self.open.append(tag)

    def handle_startendtag(self, tag, attrs):
        self.elements.append((tag, dict(attrs)))

    def handle_endtag(self, tag):
        while self.open[-1] != tag and self.open[-1] in OPTIONAL_END:
            self.open.pop()
        assert self.open.pop() == tag

    def handle_data(self, data):
        if self.open and self.open[-1] == "script":
            self.scripts.append(data)
        elif self.open and self.open[-1] != "style":
            self.words.append(data)

    def all(self, tag: str) -> list[dict]:
        return [attrs for name, attrs in self.elements if name == tag]

    @property
    def text(self) -> str:
        return " ".join(" ".join(self.words).split())


def test_first_sentence_on_the_page_is_each_groups_verdict():
    split = fake_split()
    page = Page(report(split))
    start = page.text.index("A made-up chamber, 2005-06")
    after = [page.text.index(g.sentence.split(":")[0], start) for g in split.groups]
    assert after == sorted(after)
    assert after[0] - start < 200  # page title, heading, name of the group


def test_each_group_has_its_sentence_as_heading_and_every_part():
    split = fake_split()
    text = report(split)
    page = Page(text)
    assert not page.open
    for k, group in enumerate(split.groups, 1):
        lead, rest = map(html.escape, group.sentence.split(": "))
        assert f'<h2 id="g{k}-h">{lead}.</h2>\n<p>{rest[0].upper()}{rest[1:]}</p>' in text
        for part in ("members", "agreement", "null", "dates", "items", "influence", "dropped"):
            assert f'id="g{k}-{part}"' in text
    assert "2 actors; at least 4 are needed" in page.text


def test_each_power_of_the_map_has_its_interval_where_it_is_known():
    text = report(fake_split())
    assert "<small>30%<br>(15% to 70%)</small>" in text  # along
    assert "<small>30%</small>" in text  # across


def test_ids_are_unique_and_links_inside_the_page_lead_somewhere():
    page = Page(report(fake_split()))
    ids = [attrs["id"] for _, attrs in page.elements if "id" in attrs]
    assert len(ids) == len(set(ids))
    targets = {a["href"][1:] for a in page.all("a") if a["href"].startswith("#")}
    assert targets <= set(ids)
    names = ("aria-labelledby", "aria-controls", "for")
    refer = {attrs[k] for _, attrs in page.elements for k in names if k in attrs}
    assert refer <= set(ids)


def test_page_is_accessible_in_structure():
    page = Page(report(fake_split()))
    assert page.all("html") == [{"lang": "en"}]
    assert len(page.all("main")) == len(page.all("h1")) == len(page.all("header")) == 1
    assert next(a for a in page.all("a"))["href"] == "#main"
    assert len(page.all("caption")) == len(page.all("table"))
    assert all("scope" in attrs for attrs in page.all("th"))
    assert all(attrs.get("alt") for attrs in page.all("img"))
    assert all(a.get("aria-label") for _, a in page.elements if a.get("role") in ("img", "region"))
    levels = [int(t[1]) for t, _ in page.elements if re.fullmatch("h[1-6]", t)]
    assert all(b - a <= 1 for a, b in pairwise(levels))


def luminance(colour: str) -> float:
    parts = [int(colour[i : i + 2], 16) / 255 for i in (1, 3, 5)]
    linear = [p / 12.92 if p <= 0.04045 else ((p + 0.055) / 1.055) ** 2.4 for p in parts]
    return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]


def contrast(one: str, other: str) -> float:
    low, high = sorted((luminance(one), luminance(other)))
    return (high + 0.05) / (low + 0.05)


def test_contrast_of_text_and_marks():
    text = report(fake_split(20, 20, 1))
    colours = dict(re.findall(r"--(\w+):(#\w{6})", text))
    for name in ("ink", "soft", "link"):
        assert contrast(colours[name], colours["paper"]) >= 4.5
    # WCAG 1.4.11: graphics need 3:1; the two blocs' colours are also of like weight.
    for colour in ("#0072B2", "#D55E00"):
        assert contrast(colour, colours["paper"]) >= 3
    assert contrast("#0072B2", "#D55E00") < 1.5


def inward_policy(page: Page) -> str:
    """The policy of a page on which no address but the source's points outside it."""
    for tag, attrs in page.elements:
        for name in ("src", "href", "action", "data", "poster", "srcset"):
            address = attrs.get(name, "")
            is_source_link = tag == "a" and address == "https://example.org/votes"
            assert not address or address.startswith(("#", "data:")) or is_source_link
    policy = next(m["content"] for m in page.all("meta") if "http-equiv" in m)
    assert "default-src 'none'" in policy
    assert "unsafe-eval" not in policy
    return policy


def test_nothing_on_the_page_points_outside_it():
    policy = inward_policy(Page(report(fake_split())))
    assert "'unsafe-inline'" not in policy.split("style-src")[0]


def test_hostile_names_stay_text():
    split = fake_split(30, 60, 2, hostile=True)
    text = report(split)
    page = Page(text)
    assert not page.open
    assert len(page.all("script")) == 3  # data, the chart library, our own
    assert not [a for _, attrs in page.elements for a in attrs if a.startswith("on")]
    assert not [a for a in page.all("a") if a["href"].startswith("javascript")]
    assert "\u2028" not in text
    assert "\x00" not in text
    assert "\u202e" not in text.replace(page.scripts[1], "")
    assert "<script>window.hacked=1</script>" in page.text
    assert "{{ 7 * 7 }}{% raw %}" in page.text
    assert "(no name) A0007" in page.text
    data = json.loads(page.scripts[0])
    assert clean(HOSTILE[3]) in data["g1"]["names"]
    assert "<" not in page.scripts[0]


@pytest.mark.parametrize("text", HOSTILE)
def test_json_in_a_script_element_cannot_end_it_and_reads_back(text):
    packed = json_for_script({"name": text})
    assert not set(packed) & set("<>&\u2028\u2029")
    assert json.loads(packed) == {"name": text}


def test_size_limit_holds_for_a_large_chamber():
    split = fake_split(435, 1200, 3)
    items = tuple(replace(i, title=(i.title + " and so on") * 12) for i in split.groups[0].items)
    split = replace(split, groups=tuple(replace(g, items=items) for g in split.groups))
    assert len(report(split).encode("utf-8")) < LIMIT


def test_same_result_same_bytes_also_after_saving(tmp_path):
    split = fake_split()
    split.to_json(tmp_path / "a.json")
    again = Split.load(tmp_path / "a.json")
    assert report(split, tmp_path / "a.html") == report(again, tmp_path / "b.html")
    assert (tmp_path / "a.html").read_bytes() == (tmp_path / "b.html").read_bytes()


def test_words_do_not_depend_on_which_bloc_is_called_a():
    """Labels apart, the page of a result and that of the relabelled result say the same words."""

    def words(split: Split) -> list[str]:
        text = re.sub(r"\b[AB]\b", "X", Page(report(split)).text)
        return sorted(re.findall(r"[^\W\d]+", text))

    assert words(fake_split(40, 60, 1)) == words(fake_split(40, 60, 1, swap=True))


@pytest.mark.compiled
def test_mirrored_records_give_a_mirrored_report():
    """Yea and nay change places in real records: all words and rows stay."""
    quick = SplitSettings(repeats=4, draws=100, null_draws=19, power_draws=20, preference_draws=19)
    records = fissure.load("senate-109").select_items(pl.col("date") < pl.date(2005, 4, 1))
    pages = [
        Page(report(fissure.split(records, settings=quick, yea=(yea,), nay=(nay,))))
        for yea, nay in (("yea", "nay"), ("nay", "yea"))
    ]

    def words(page: Page) -> list[str]:
        return sorted(re.findall(r"[^\W\d]+", page.text))

    def members(page: Page) -> str:
        return page.text.split("members as a table")[1].split("Agreement between blocs")[0]

    assert words(pages[0]) == words(pages[1])
    assert members(pages[0]) == members(pages[1])
    assert pages[0].all("img") == pages[1].all("img")


def test_bloc_a_is_on_the_left_whichever_way_the_axis_points():
    group = fake_split(40, 60, 1).groups[0]

    def flip(m):
        p = m.position
        return replace(m, position=replace(p, estimate=-p.estimate, low=-p.high, high=-p.low))

    blocs = tuple(replace(b, members=tuple(map(flip, b.members))) for b in group.blocs)
    flipped = replace(group, blocs=blocs, defectors=tuple(map(flip, group.defectors)))
    names = {m.actor: m.name for _, m in sides(group)}
    assert charts(group, names) == charts(flipped, names)


def test_every_member_and_item_is_in_a_table():
    split = fake_split(60, 100, 1)
    page = Page(report(split))
    for _, member in sides(split.groups[0]):
        assert member.name in page.text
    for item in split.groups[0].items:
        assert item.item in page.text
    assert split.source["sha256"] in page.text
    assert "95 of 100 simulated depths" in page.text


def test_items_stand_in_order_of_their_gap():
    text = report(fake_split(20, 80, 1))
    table = text[text.index('id="g1-i"') :].split("</table>")[0]
    gaps = [abs(int(g.replace("−", "-"))) for g in re.findall(r"<td class=n>([+−]?\d+)<td", table)]
    assert len(gaps) == 80
    assert gaps == sorted(gaps, reverse=True)


def test_one_bloc_without_anything_else_still_makes_a_page():
    group = fake_split(12, 10, 1).groups[0]
    bare = replace(
        group, blocs=group.blocs[:1], defectors=(), items=(), dates=(), influence=(), middle=None,
        between=None, preference=None, fit=None, remarks=(), dropped={},
        null=replace(group.null, depths=()),
        agreement=replace(group.agreement, actors=(), share=()),
    )  # fmt: skip
    page = Page(report(replace(fake_split(12, 10, 1), groups=(bare,), source={})))
    assert not page.open
    assert "No item is listed." in page.text


def test_every_agreement_has_a_colour_of_its_own():
    colours = {colour_of(p) for p in range(101)}
    assert len(colours) == 101
    assert MISSING not in colours


def test_numbers_in_print():
    assert (percent(0.625), percent(None)) == ("62%", "–")
    assert (points(-0.004, sign=True), points(-0.42, sign=True), points(0.42)) == ("0", "−42", "42")


def test_a_path_that_cannot_be_written_is_refused(tmp_path):
    with pytest.raises(SettingError, match="cannot be written: No such file or directory"):
        report(fake_split(10, 10, 1), tmp_path / "none" / "r.html")


def test_public_names():
    assert fissure.__all__ == sorted(fissure.__all__)
    assert all(hasattr(fissure, name) for name in fissure.__all__)
    homes = set(fissure._HOME) | {"__version__"}
    assert homes == set(fissure.__all__)


def test_every_key_of_the_json_file_is_documented():
    page = (Path(__file__).parent.parent / "docs" / "schema.md").read_text(encoding="utf-8")
    told = set(re.findall(r"[a-z_0-9]+", " ".join(re.findall(r"`([^`]+)`", page))))
    kinds = [k for k in vars(results).values() if isinstance(k, type) and is_dataclass(k)]
    keys = {field.name for kind in kinds for field in fields(kind)}
    assert len(keys) > 60
    assert keys <= told | {"estimate", "low", "high"}


def test_a_picture_that_would_be_too_large_is_left_out(monkeypatch):
    monkeypatch.setattr(sys.modules["fissure.report.page"], "MOST_IN_PICTURE", 30)
    page = Page(report(fake_split(40, 20, 2)))
    assert len(page.all("img")) == 1
    assert "A picture of 40 members would be too large" in page.text
    assert "Average share of common items" in page.text
