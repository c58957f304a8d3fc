"""The page through time: what it holds and where, and that it is safe, small, fair, repeatable."""

import json
import re
from dataclasses import fields, is_dataclass, replace
from itertools import pairwise
from pathlib import Path

import pytest

from fake_timeline import FIRST, SKIPPED_AT, full_trace, mirrored
from fissure import results
from fissure.errors import SettingError
from fissure.report import report
from fissure.report.charts import COLOURS
from fissure.report.flow import colours_of, flow, has_blocs
from fissure.report.timeline_charts import DENSEST, FAINT, LOWER, overview, timeline_charts, top_of
from fissure.report.when import Calendar
from fissure.report.wording import chance, label
from fissure.results import Trace
from test_report import Page, contrast, inward_policy

LIMIT = 4_000_000  # bytes: what the project promises of one timeline
ROUNDING = 0.06  # of a picture's unit: places are written with one digit


def small(**options) -> Trace:
    return full_trace(**{"n_periods": 14, "n_actors": 30, "groups": 2, **options})


def of(trace: Trace, k: int = 0):
    return trace.series[k], Calendar.of(trace)


def test_the_page_begins_with_each_groups_window_and_rank():
    trace = small()
    text = Page(report(trace)).text
    start = text.index("When was it divided? A made-up chamber")
    after = [
        text.index(sentence, start)
        for s in trace.series
        for sentence in (s.windows.sentence, s.rank.sentence)
    ]
    assert after == sorted(after)
    assert after[-1] < text.index("How far apart the two largest blocs")
    assert "Nothing can be said about 1 group party = Other : 2 actors; at least 4 are" in text


def test_parts_stand_in_order_and_every_chart_has_a_table():
    trace = small()
    text = report(trace)
    for k, s in enumerate(trace.series, 1):
        parts = ["time", "periods", "flow", "rank", "changes"] + ["skipped"] * bool(s.skipped)
        at = [text.index(f'id="g{k}-{part}"') for part in parts]
        assert at == sorted(at)
        section = text[at[0] : text.find(f'<section id="g{k + 1}"') if k == 1 else None]
        for caption in ("Periods, ", "Windows, ", "Ranks, ", "By starting period, ",
                        "Change in depth, ", "From each period to the next, "):  # fmt: skip
            assert section.count(f"<caption>{caption}") == 1
    assert Page(text).text.count(f"Congress {FIRST + SKIPPED_AT} (1945)") >= 1


def test_structure_is_closed_linked_and_named():
    page = Page(report(small()))
    assert not page.open
    ids = [attrs["id"] for _, attrs in page.elements if "id" in attrs]
    assert len(ids) == len(set(ids))
    assert {a["href"][1:] for a in page.all("a") if a["href"].startswith("#")} <= set(ids)
    names = ("aria-labelledby", "aria-controls", "for")
    assert {attrs[k] for _, attrs in page.elements for k in names if k in attrs} <= set(ids)
    assert len(page.all("main")) == len(page.all("h1")) == 1
    assert len(page.all("caption")) == len(page.all("table"))
    assert all("scope" in attrs for attrs in page.all("th"))
    roles = ("img", "region", "group")
    assert all(a.get("aria-label") for _, a in page.elements if a.get("role") in roles)
    levels = [int(t[1]) for t, _ in page.elements if re.fullmatch("h[1-6]", t)]
    assert all(b - a <= 1 for a, b in pairwise(levels))


def test_nothing_on_the_page_points_outside_it():
    assert inward_policy(Page(report(small()))).count("sha256-") == 3


def test_hostile_names_stay_text():
    trace = small(hostile=True)
    text = report(trace)
    page = Page(text)
    assert not page.open
    assert len(page.all("script")) == 4  # data, the chart library, our two
    assert not [a for _, attrs in page.elements for a in attrs if a.startswith("on")]
    assert not [a for a in page.all("a") if a["href"].startswith("javascript")]
    assert not set(text.replace(page.scripts[1], "")) & set("\u2028\u2029\u202e\x00\x07")
    assert "<" not in page.scripts[0]
    assert "<script>window.hacked=1</script>" in page.text
    names = json.loads(page.scripts[0])["names"]
    assert "<script>window.hacked=1</script>" in names
    assert any(name.startswith("(no name) ") for name in names)


def test_a_long_senate_stays_small():
    assert len(report(full_trace()).encode("utf-8")) < LIMIT


def test_same_result_same_bytes_also_after_saving(tmp_path):
    trace = small()
    trace.to_json(tmp_path / "a.json")
    again = Trace.load(tmp_path / "a.json")
    assert report(trace, tmp_path / "a.html") == report(again, tmp_path / "b.html")
    assert (tmp_path / "a.html").read_bytes() == (tmp_path / "b.html").read_bytes()


def test_mirrored_votes_give_a_mirrored_page():
    """Only the yea shares of items differ, and they by their complement."""
    one, other = (Page(report(t)) for t in (small(), mirrored(small())))
    assert one.scripts[0] == other.scripts[0]
    shares = [re.findall(r"\d+%", page.text) for page in (one, other)]
    assert re.sub(r"\d+%", "%", one.text) == re.sub(r"\d+%", "%", other.text)
    turned = [(a, b) for a, b in zip(*shares, strict=True) if a != b]
    assert turned
    assert all(99 <= int(a[:-1]) + int(b[:-1]) <= 101 for a, b in turned)


def test_no_group_is_coloured_or_worded_by_its_name():
    trace = small(groups=3)
    names = [s.group for s in trace.series]
    turned = dict(zip(names, [names[0], names[2], names[1]], strict=True))
    other = replace(trace, series=tuple(replace(s, group=turned[s.group]) for s in trace.series))

    def blind(page: Page) -> str:
        return re.sub(r"party = [DR]", "party", page.text)

    one, two = Page(report(trace)), Page(report(other))
    assert blind(one) == blind(two)
    assert one.scripts[0] == two.scripts[0]


def test_every_period_is_on_the_page_without_scripts():
    trace = small()
    page = Page(report(trace))
    details = [a for a in page.all("details") if a.get("class") == "period"]
    assert [d["id"] for d in details] == [
        f"g{k}-p{i}" for k, s in enumerate(trace.series, 1) for i in range(len(s.periods))
    ]
    for s in trace.series:
        for p in s.periods:
            assert all(part in page.text for part in p.sentence.split(": "))
    assert "Names of members need scripts" in page.text


def test_members_travel_once_as_numbers():
    trace = small()
    data = json.loads(Page(report(trace)).scripts[0])
    assert len(data["names"]) == len(set(data["names"]))
    for k, s in enumerate(trace.series, 1):
        for p, told in zip(s.periods, data[f"g{k}"]["members"], strict=True):
            expected = [
                [b.name, {trace.actors[a]: round(100 * q)
                          for a, q in zip(b.actors, b.probability, strict=True)}]
                for b in p.blocs if has_blocs(p)
            ]  # fmt: skip
            found = [
                [name, dict(zip([data["names"][n] for n in who], share, strict=True))]
                for name, who, share in told
            ]
            assert found == expected


def test_verdicts_are_told_apart_by_size_and_filling():
    series, calendar = of(full_trace(40, 20, 1))
    points = overview(series, calendar, 1.0, True)
    looks = set()
    for data in points["datasets"].values():
        looks |= {(row["size"], row["fill"]) for row in data if "fill" in row and "told" in row}
    assert len(looks) >= 3
    text = report(small())
    assert "</svg> split</li>" in text
    assert "</svg> cannot tell</li>" in text


def rows_of(spec: dict, layer: int) -> list[dict]:
    return spec["datasets"][spec["layer"][layer]["data"]["name"]]


def test_all_groups_have_the_same_axes():
    trace = small(groups=3)
    calendar, top = Calendar.of(trace), top_of(trace.series)
    frames = []
    for s in trace.series:
        for spec in (overview(s, calendar, top, True), timeline_charts(s, calendar, top)["time"]):
            frame = spec["layer"][0]["encoding"]
            frames.append((frame["x"]["scale"]["domain"], frame["y"]["scale"]["domain"]))
            assert frame["y"]["scale"]["domain"][1] >= max(p.depth.high for p in s.periods)
    assert all(frame == frames[0] for frame in frames)


def test_shade_follows_the_probability_of_a_window():
    series, calendar = of(small())
    shades = rows_of(overview(series, calendar, 1.0, True), 1)
    for p, inside_of in zip(series.periods, series.windows.open, strict=True):
        inside = [r["o"] for r in shades if r["a"] < calendar.at(p.place) < r["b"]]
        assert sum(inside) == pytest.approx(DENSEST * inside_of.probability, abs=0.005)


def test_lines_break_where_a_period_is_missing():
    series, calendar = of(small(), 1)
    rows = rows_of(overview(series, calendar, 1.0, True), 2)
    runs = {row["run"]: [r["x"] for r in rows if r["run"] == row["run"]] for row in rows}
    gap = calendar.at(SKIPPED_AT - 1), calendar.at(SKIPPED_AT + 1)
    assert len(runs) == 2
    assert (runs[0][-1], runs[1][0]) == gap


def test_years_stand_on_the_axis_where_all_are_known_and_labels_otherwise():
    dated, bare = Calendar.of(small()), Calendar.of(small(years=False))
    assert (dated.at(0), dated.name(str(FIRST))) == (1927.0, "Congress 70 (1927)")
    assert (bare.at(3), bare.name(str(FIRST + 3))) == (3.0, "Congress 73")
    trace = small()
    first = trace.series[0]
    hole = (replace(first.periods[0], year=None), *first.periods[1:])
    assert not Calendar.of(replace(trace, series=(replace(first, periods=hole),))).years
    late = tuple(replace(p, year=p.year + 0.7) for p in first.periods)
    assert Calendar.of(replace(trace, series=(replace(first, periods=late),))).short(0) == "1927"
    page = Page(report(small(years=False)))
    assert not page.open
    assert "Congress 70 to Congress 83" in page.text


def band_sizes(picture, series):
    """Members in each band, counted from the words that it carries."""
    return [int(band["told"].split()[0]) for band in picture["bands"]]


def test_bands_hold_everyone_who_was_in_a_bloc_before_and_after():
    series, calendar = of(full_trace(30, 60, 1))
    picture = flow(series, calendar)
    expected = 0
    for p, q in pairwise(series.periods):
        old, new = ({a for b in x.blocs for a in b.actors} for x in (p, q))
        expected += len(old & new)
    assert sum(band_sizes(picture, series)) == expected


def test_height_of_a_bar_is_the_number_of_members():
    series, calendar = of(full_trace(30, 60, 1))
    picture = flow(series, calendar)
    unit = sum(x["high"] for x in picture["bars"][0]["parts"]) / series.periods[0].n_actors
    for p, bar in zip(series.periods, picture["bars"], strict=True):
        sizes = [b.size for b in p.blocs] if has_blocs(p) else [p.n_actors]
        if has_blocs(p):
            sizes.append(p.n_actors - sum(sizes))
        heights = sorted(x["high"] / unit for x in bar["parts"])
        assert heights == pytest.approx(sorted(sizes), abs=ROUNDING / unit)


def test_only_movers_are_drawn_strong():
    series, calendar = of(full_trace(30, 60, 1))
    picture = flow(series, calendar)
    for band in picture["bands"]:
        blocs = set(re.findall(r"bloc ([A-Z]\d*)", band["told"]))
        assert (band["opacity"] > 0.8) == (len(blocs) == 2)
    moved = 0
    for p, q in pairwise(series.periods):
        if has_blocs(p) and has_blocs(q):
            home = {a: b.name for b in p.blocs for a in b.actors}
            moved += sum(home.get(a, b.name) != b.name for b in q.blocs for a in b.actors)
    strong = [int(b["told"].split()[0]) for b in picture["bands"] if b["opacity"] > 0.8]
    assert moved == sum(strong) > 0


def test_a_group_without_a_split_is_one_grey_body_also_when_its_blocs_are_not_listed():
    series, calendar = of(small(), 1)
    bare = replace(series, periods=tuple(replace(p, blocs=(), verdict="no split")
                                         for p in series.periods))  # fmt: skip
    picture = flow(bare, calendar)
    assert picture["legend"] == []
    assert all(len(bar["parts"]) == 1 for bar in picture["bars"])
    assert sum(band_sizes(picture, bare)) == sum(c.n_stayed for c in bare.changes)


def test_a_bloc_keeps_its_colour_and_no_two_of_the_first_six_share_one():
    series, _ = of(full_trace(50, 60, 2), 1)
    colours = colours_of(series)
    assert list(colours) == ["A", "B", "C"]
    assert len(set(colours.values())) == 3


def test_probabilities_and_changes_are_those_of_the_result():
    trace = small()
    page = Page(report(trace))
    for s in trace.series:
        leader = s.rank.deepest[0]
        name = Calendar.of(trace).name(leader.period)
        said = f"Likeliest to be the deepest since 1945: {name}, at {chance(leader.probability)}"
        assert said in page.text
        for change in s.changes:
            assert f"{change.n_stayed} / {change.n_left} / {change.n_came}" in page.text


def test_who_moved_is_told_where_there_were_blocs_to_move_between():
    trace = small()
    text = Page(report(trace)).text
    for s in trace.series:
        table = text[text.index(f"From each period to the next, {label(s.group)}") :]
        for change, (before, after) in zip(s.changes, pairwise(s.periods), strict=True):
            if has_blocs(before) and has_blocs(after) and change.moved:
                assert f"{len(change.moved)}: {'; '.join(change.moved)}" in table
    assert "one body before or after" in text


def test_without_windows_ranks_and_changes_there_is_still_a_page():
    trace = small(answers=False)
    bare = replace(
        trace, source={}, mix={}, skipped=(),
        series=tuple(replace(s, changes=(), lineages=(), remarks=(), skipped=())
                     for s in trace.series),
    )  # fmt: skip
    page = Page(report(bare))
    assert not page.open
    n = sum(p.verdict == "split" for p in trace.series[0].periods)
    assert f"Split in {n} of 14 periods." in page.text
    assert "window open" not in page.text


def test_one_period_and_one_that_shares_items_still_make_a_page():
    trace = small(n_periods=1, groups=1, answers=False)
    page = Page(report(replace(trace, series=(replace(trace.series[0], overlap=2),))))
    assert not page.open
    assert "1 period," in page.text
    assert "each period shares items with its neighbours" in page.text


def test_little_is_not_none_and_much_is_not_all():
    told = [chance(p) for p in (0.0, 0.009, 0.01, 0.5, 0.99, 0.991, None)]
    assert told == ["under 1%", "under 1%", "1%", "50%", "99%", "over 99%", "–"]


def test_anything_else_is_refused():
    with pytest.raises(SettingError) as error:
        report({"schema": "fissure.trace/1"})
    assert str(error.value).startswith("report takes a Split, Trace, ")
    assert str(error.value).endswith(", got dict")


def test_every_key_of_the_trace_is_documented():
    page = (Path(__file__).parent.parent / "docs" / "schema.md").read_text(encoding="utf-8")
    section = page[page.index("## Schema `fissure.trace/1`") :]
    told = set(re.findall(r"[a-z_0-9]+", " ".join(re.findall(r"`([^`]+)`", section))))
    modules = {"fissure.results.trace", "fissure.results.windows", "fissure.results.rank"}
    kinds = [
        k for k in vars(results).values()
        if isinstance(k, type) and is_dataclass(k) and k.__module__ in modules
    ]  # fmt: skip
    keys = {field.name for kind in kinds for field in fields(kind)}
    assert len(kinds) >= 15
    assert keys <= told


def test_marks_stand_out_from_the_page():
    """WCAG 1.4.11: graphics need 3:1."""
    paper = re.search(r"--paper:(#\w{6})", report(small(n_periods=2, groups=1)))[1]
    for colour in (FAINT, LOWER, *(COLOURS[k] for k in range(3))):
        assert contrast(colour, paper) >= 3
