"""What the pages on readiness and of a ledger print, as words and formatted numbers."""

from __future__ import annotations

from typing import Any

from fissure.readiness.recurrence_words import count
from fissure.report.origin import origin
from fissure.report.ready_charts import LINES, alarm_chart, calibration_chart, ready_charts
from fissure.report.wording import chance, clean, is_number, label, percent, with_range
from fissure.results import (
    Alarms,
    AlarmScore,
    Interval,
    LedgerBook,
    LedgerScore,
    Policy,
    Readiness,
    Ready,
    Recurrence,
    RecurrenceModel,
    Statement,
)

__all__ = ["ledger_page", "ready_page"]

Rows = list[list[str]]
MOST_STATEMENTS = 2000  # rows of the table; the JSON file has all


def ready_page(ready: Ready) -> dict[str, Any]:
    """Everything the page shows, as strings, numbers and lists; ``data`` is for its script."""
    answer, worth = ready.recurrence, ready.readiness
    charts = ready_charts(answer, worth)
    alarms = None if ready.alarms is None else _alarms(ready.alarms)
    drawn = {} if alarms is None else alarms.pop("charts")
    where = origin(ready)
    group = ready.settings.get("group")
    named = where["title"] if group is None else f"{where['title']}: {label(group)}"
    seeded = [(k, v) for k, v in where["settings"] if k not in ("seed", "group")]
    return {
        **where,
        "title": named,
        "settings": seeded if group is None else [("group", clean(group)), *seeded],
        "id": "ready",
        "charts": [*charts, *drawn],
        "data": {"ready": {"charts": {**charts, **drawn}}},
        **_lead(answer.sentence),
        "frequencies": clean(answer.frequencies),
        "horizon": _years(answer.horizon),
        "counts": _counts(answer),
        "separation": _separation(answer),
        "separation_sentence": clean(answer.separation_sentence),
        "remarks": [clean(r) for r in answer.remarks],
        "models": [_model(m, k) for k, m in enumerate(answer.models)],
        "table_rows": [_model_row(m) for m in answer.models],
        "model_names": [clean(m.name) for m in answer.models],
        "numbers": list(range(1, len(answer.models) + 2)),
        "separation_names": [clean(s.truth) for s in answer.separation],
        "separation_numbers": list(range(1, len(answer.separation) + 2)),
        "curve": _curve(answer),
        "durations": None if answer.durations is None else clean(answer.durations.sentence),
        "duration_rows": _duration_rows(answer),
        "worth": None if worth is None else _worth(worth),
        "alarms": alarms,
    }


def _lead(sentence: str) -> dict[str, str]:
    lead, mark, rest = clean(sentence).partition(". ")
    return {"lead": lead + mark.rstrip(), "rest": rest}


def _years(value: float | None) -> str:
    if not is_number(value):
        return "no end"
    return f"{value:,.0f}" if value >= 10 else f"{value:.1f}".removesuffix(".0")


def _number(value: float | None) -> str:
    """Three digits that count, or a dash."""
    if not is_number(value):
        return "–"
    text = f"{value:,.3g}" if abs(value) < 1000 else f"{value:,.0f}"
    return text.replace("-", "−")


def _about(value: float | None) -> str:
    """Two digits that count, for what is uncertain; or a dash."""
    return _number(float(f"{value:.2g}")) if is_number(value) else "–"


def _between(at: Interval | None) -> str:
    if at is None:
        return "–"
    return _number(at.estimate) if at.low == at.high else with_range(at, _about)


def _counts(answer: Recurrence) -> str:
    few = count(answer.n_events)
    first, last = answer.span
    return f"{few} window{'' if few == '1' else 's'}, records from {first:.0f} to {last:.0f}"


def _model(m: RecurrenceModel, k: int) -> dict[str, str]:
    colour, dashes = LINES[m.name]
    return {
        "name": clean(m.name),
        "chart": f"model{k}",
        "sentence": clean(m.sentence),
        "colour": colour,
        "dashes": " ".join(map(str, dashes)),
    }


def _model_row(m: RecurrenceModel) -> list[str]:
    wait = "none is likelier" if m.wait_median is None else f"{_years(m.wait_median)}"
    mean = "without end" if m.wait_mean is None else _years(m.wait_mean)
    return [clean(m.name), chance(m.probability), with_range(m.chance, chance), wait, mean]


def _curve(answer: Recurrence) -> Rows:
    """Every fourth point of the average and of each model."""
    at = range(0, len(answer.survival.years), 4)
    return [
        [
            _years(answer.survival.years[k]),
            chance(1 - answer.survival.share[k]),
            *(chance(1 - m.survival.share[k]) for m in answer.models),
        ]
        for k in at
    ]


def _separation(answer: Recurrence) -> Rows:
    names = [s.truth for s in answer.separation]
    return [
        [clean(s.truth), *(percent(s.wins.get(n)) for n in names), percent(s.mean_probability)]
        for s in answer.separation
    ]


def _duration_rows(answer: Recurrence) -> Rows:
    d = answer.durations
    if d is None or not d.curve.years:
        return []
    return [[_years(y), percent(s)] for y, s in zip(d.curve.years, d.curve.share, strict=True)]


def _worth(worth: Readiness) -> dict[str, Any]:
    facts = [
        ("Break-even upkeep", _between(worth.break_even_upkeep),
         "a year: standing ready beats waiting while it costs less"),
        ("Break-even rate", _between(worth.break_even_rate),
         "windows a year: standing ready beats waiting where more come"),
    ]  # fmt: skip
    if worth.value_of_warning is not None:
        facts.append(("Worth of warnings", _between(worth.value_of_warning),
                      "a year, for those who do not stand ready"))  # fmt: skip
    if worth.break_even_false_alarms is not None:
        facts.append(("Most false alarms", _between(worth.break_even_false_alarms),
                      "a year: with more, acting on warnings is worse than waiting"))  # fmt: skip
    if worth.value_of_knowing is not None:
        drawn = " and ".join(worth.settings.get("drawn", ["rate"]))
        facts.append((f"Worth of knowing {clean(drawn)}", _about(worth.value_of_knowing),
                      "a year at most: what any study could bring"))  # fmt: skip
    return {
        **_lead(worth.sentence),
        "frequencies": clean(worth.frequencies),
        "facts": facts,
        "rows": [_policy(p) for p in worth.policies],
        "learning": [
            [_years(e.years), _about(e.value), chance(e.p_change)] for e in worth.learning
        ],
        "has_warnings": worth.value_of_warning is not None,
        "has_lengths": bool(worth.lines.standing_low),
        "lines": [
            [_number(r), _number(s), *([_number(worth.lines.over_warnings[k])]
             if worth.lines.over_warnings else [])]
            for k, (r, s) in enumerate(zip(worth.lines.rates, worth.lines.standing, strict=True))
            if k % 5 == 0
        ],
        "assumptions": [clean(a) for a in worth.assumptions],
    }  # fmt: skip


def _policy(p: Policy) -> list[str]:
    best = "–" if p.p_best is None else chance(p.p_best)
    used = with_range(p.used, percent) if p.used.low < p.used.high else percent(p.used.estimate)
    return [clean(p.name), used, _between(p.value), best]


def _alarms(found: Alarms) -> dict[str, Any]:
    made = {f"alarm{k}": alarm_chart(s) for k, s in enumerate(found.scores)}
    charts = {name: chart for name, chart in made.items() if chart is not None}
    return {
        "charts": charts,
        "sentence": clean(found.sentence),
        "asked": _number(found.asked),
        "lead_years": _years(found.lead),
        "remarks": [clean(r) for r in found.remarks],
        "rows": [_alarm_row(s) for s in found.scores],
        "shown": [
            {
                "chart": f"alarm{k}",
                "title": f"{s.statistic}, before {s.side}s",
                "sentence": clean(s.sentence),
            }
            for k, s in enumerate(found.scores)
        ],
    }


def _alarm_row(s: AlarmScore) -> list[str]:
    return [
        f"{s.statistic}, {s.side}",
        f"{s.hits} of {s.n_events}",
        percent(s.hits_by_chance),
        "–" if s.false_per_decade is None else with_range(s.false_per_decade, _about),
        "–" if s.lead_time is None else _years(s.lead_time),
        _number(s.brier),
        _number(s.brier_climatology),
        _number(s.log_score),
        _number(s.log_climatology),
    ]


def ledger_page(book: LedgerBook) -> dict[str, Any]:
    """Everything the page of a ledger shows; ``data`` is for its script."""
    score = book.score
    charts = {} if score is None else {"calibration": calibration_chart(score)}
    n = len(book.statements)
    told = f"{n:,} statement{'' if n == 1 else 's'}, {0 if score is None else score.n:,} resolved"
    return {
        "title": clean(book.name),
        "source": [("Name", clean(book.name), ""), ("Entries", f"{book.n_entries:,}", ""),
                   ("Hash of the last entry", clean(book.head), "")],
        "notes": [],
        "versions": [(clean(k), clean(v)) for k, v in book.versions.items()],
        "version": clean(book.versions.get("fissure", "")),
        "citation": "",
        "schema": book.schema,
        "id": "ledger",
        "charts": list(charts),
        "data": {"ledger": {"charts": charts}},
        "counts": told,
        **_lead(score.sentence if score is not None else "Nothing has been resolved yet."),
        "scores": [] if score is None else _scores(score),
        "parts": [] if score is None else _parts(score),
        "bins": [] if score is None else _bins(score),
        "statements": [
            [f"{s.number}", clean(s.text), f"{100 * s.probability:.4g}%", s.made[:10], clean(s.by),
             _outcome(s), clean(s.note)]
            for s in book.statements[:MOST_STATEMENTS]
        ],
        "overdue": ", ".join(map(str, book.overdue)),
    }  # fmt: skip


def _outcome(s: Statement) -> str:
    if s.outcome is None:
        return "open"
    return f"yes, {clean(s.on or '')}".removesuffix(", ") if s.outcome else "no"


def _scores(s: LedgerScore) -> Rows:
    log = "infinite" if s.log_score is None else f"{s.log_score:.3f}"
    return [
        ["this ledger", f"{s.brier:.3f}", log],
        ["past frequency", f"{s.brier_past:.3f}", f"{s.log_past:.3f}"],
        ["one half each time", f"{s.brier_half:.3f}", f"{s.log_half:.3f}"],
    ]


def _parts(s: LedgerScore) -> Rows:
    return [
        ["Reliability: what was said against what came", f"+ {s.reliability:.3f}"],
        ["Resolution: how well cases were told apart", f"− {s.resolution:.3f}"],
        ["Uncertainty: how open the questions were", f"+ {s.uncertainty:.3f}"],
        [
            "Within bins: unequal probabilities taken together",
            f"{s.within_bin:+.3f}".replace("+", "+ ").replace("-", "− "),
        ],
        ["Brier score", f"= {s.brier:.3f}"],
    ]


def _bins(s: LedgerScore) -> Rows:
    return [
        [
            f"{percent(b.low)} to {percent(b.high)}",
            f"{b.n}",
            percent(b.said),
            percent(b.came),
            f"{percent(b.expected_low)} to {percent(b.expected_high)}",
        ]
        for b in s.bins
    ]
