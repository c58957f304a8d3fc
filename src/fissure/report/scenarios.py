"""What the page on scenarios prints: rival models' answers as words and formatted numbers."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from fissure.report.scenarios_charts import (
    APART,
    LIKELY,
    WORDS,
    is_boxed,
    likeliest,
    mark,
    scenarios_charts,
    shown_inputs,
    surface,
    top,
)
from fissure.report.wording import chance, clean, percent, points, share, signed
from fissure.results.scenarios import Calibration, Given, Grid, ModelView, Odds, Scenarios

__all__ = ["scenarios_page"]

Rows = list[list[str]]
MOST = 11  # rows and columns of a map's table; the JSON file has all
MEANING = {
    "depth": "Depth of the split in the ruling group",
    "strength": "Share of the population on the challengers’ side",
    "organisation": "How far the challengers are organised and connected",
    "capacity": "What the state is able to do",
}


def scenarios_page(answer: Scenarios) -> dict[str, Any]:
    """Everything the page shows, as strings, numbers and lists; ``data`` is for its script."""
    charts = scenarios_charts(answer)
    many = len(answer.models) > 1
    views = [*answer.models, answer.ensemble] if many else list(answer.models)
    level = percent(answer.level)
    return {
        **_origin(answer),
        "id": "scenarios",
        "charts": list(charts),
        "data": {"scenarios": {"charts": charts}},
        "state": "calibrated" if answer.is_calibrated else "uncalibrated",
        "many": many,
        "sentence": clean(answer.sentence),
        "apart": _apart(answer),
        "remarks": [clean(r) for r in answer.remarks],
        "conditions": [_given(c) for c in answer.conditions],
        "outcome": answer.outcome,
        "level": level,
        "boxed": is_boxed(answer),
        "letters": [(colour, letter, word) for word, (colour, letter) in WORDS.items()],
        "scale": {"colours": ",".join(LIKELY), "end": percent(top(answer))},
        "far": {"colours": ",".join(APART)},
        "models": [_model(m, k, answer) for k, m in enumerate(answer.models)],
        "ensemble": clean(answer.ensemble.mechanism),
        "outcomes": list(answer.outcomes),
        "odds_head": [f"{o.capitalize()} (s.e.)" for o in answer.outcomes],
        "odds": [[clean(m.name), *map(_odds, m.odds)] for m in views],
        "between": [[o.outcome, chance(o.lowest), chance(o.highest),
                     points(o.highest - o.lowest)] for o in answer.ensemble.odds],
        "across": [share(answer.organisations[j]) for j in _picked(answer.organisations)],
        "tables": [(clean(m.name), _table(answer, surface(m, answer.outcome).probability))
                   for m in views],
        "apart_rows": _table(answer, answer.disagreement),
        "likeliest": [(clean(m.name), _words(answer, m)) for m in answer.models],
        "agreed": _agreed(answer),
        "share_agreed": percent(answer.share_agreed),
        "needs": [_need(m, "all" if m is answer.ensemble else str(k))
                  for k, m in enumerate(views)],
        "need_rows": [_need_row(m) for m in views],
        "least": _least(answer, views),
        "matters": [clean(m) for m in answer.matters],
        "sensitivity": [[clean(s.model), clean(s.input), clean(s.meaning),
                         f"{s.total:.2f} ± {s.total_error:.2f}",
                         f"{s.first:.2f} ± {s.first_error:.2f}"] for s in answer.sensitivity],
        "calibration": None if answer.calibration is None else _calibration(answer.calibration),
    }  # fmt: skip


def _origin(answer: Scenarios) -> dict[str, Any]:
    """Scenarios read no records: their data are the conditions as given."""
    origins = dict.fromkeys(clean(c.origin) for c in answer.conditions)
    return {
        "title": clean(answer.title),
        "source": [(c.name.capitalize(), f"{_amount(c)}; {clean(c.origin)}", "")
                   for c in answer.conditions],
        "notes": [],
        "settings": [(clean(k.replace("_", " ")), _setting(v)) for k, v in answer.settings.items()],
        "seed": answer.seed,
        "versions": [(clean(k), clean(v)) for k, v in answer.versions.items()],
        "version": clean(answer.versions.get("fissure", "")),
        "citation": f"none but the conditions ({'; '.join(origins)}).",
        "schema": answer.schema,
    }  # fmt: skip


def _setting(value: object) -> str:
    if isinstance(value, list | tuple):
        return ", ".join(map(clean, value)) or "none"
    return "none" if value is None else clean(value)


def _amount(c: Given) -> str:
    if c.kind == "number":
        return share(c.mean)
    if c.kind == "range":
        return f"{share(c.low)} to {share(c.high)}, all equally likely"
    return f"{share(c.mean)} ({share(c.low)} to {share(c.high)})"


def _given(c: Given) -> tuple[str, str, str]:
    return MEANING.get(c.name, clean(c.name)), _amount(c), clean(c.origin)


def _apart(answer: Scenarios) -> str:
    """Where the models agree and how far apart they are, in words."""
    if len(answer.models) < 2:
        return ""
    most = max(max(row) for row in answer.disagreement)
    return (
        f"All models call the same outcome the likeliest on {percent(answer.share_agreed)} of the "
        f"map; two of them differ by up to {points(most)} percentage points in the probability of "
        "an outcome."
    )


def _model(m: ModelView, k: int, answer: Scenarios) -> dict[str, Any]:
    colour, shape = mark(k)
    return {
        "k": k,
        "name": clean(m.name),
        "colour": colour,
        "shape": shape,
        "sentence": clean(m.sentence),
        "mechanism": clean(m.mechanism),
        "source": clean(m.source),
        "leaves_out": clean(m.leaves_out),
        "weight": percent(m.weight),
        "has_inputs": bool(shown_inputs(answer, m.name)),
        "tendencies": [
            [clean(t.input), clean(t.meaning), f"{t.overall:.2g}", f"{t.among:.2g}",
             signed(t.shift)]
            for t in m.required.tendencies
        ],
    }  # fmt: skip


def _odds(o: Odds) -> str:
    error = "under 1" if o.error < 0.01 else f"{100 * o.error:.0f}"
    return f"{chance(o.probability)} ({error})"


def _picked(at: Sequence[float]) -> list[int]:
    """At most so many places of an axis, the first and the last among them."""
    n = len(at)
    if n <= MOST:
        return list(range(n))
    return sorted({round(k * (n - 1) / (MOST - 1)) for k in range(MOST)})


def _table(answer: Scenarios, values: Grid) -> Rows:
    """Depth downwards from the deepest, as the map shows it."""
    across = _picked(answer.organisations)
    return [
        [share(answer.depths[i]), *(percent(values[i][j]) for j in across)]
        for i in reversed(_picked(answer.depths))
    ]


def _words(answer: Scenarios, m: ModelView) -> Rows:
    """The likeliest outcome of each cell by its letter."""
    across = _picked(answer.organisations)
    return [
        [share(answer.depths[i]),
         *(WORDS[likeliest(m, i, j).outcome][1] for j in across)]
        for i in reversed(_picked(answer.depths))
    ]  # fmt: skip


def _agreed(answer: Scenarios) -> Rows:
    across = _picked(answer.organisations)
    cell = answer.agreement
    return [
        [share(answer.depths[i]), *("–" if (w := cell[i][j]) is None else WORDS[w][1]
                                    for j in across)]
        for i in reversed(_picked(answer.depths))
    ]  # fmt: skip


def _need(m: ModelView, key: str) -> dict[str, Any]:
    return {"chart": f"need{key}", "name": clean(m.name), "sentence": clean(m.required.sentence)}


def _need_row(m: ModelView) -> list[str]:
    r = m.required
    return [clean(m.name), chance(r.share) if r.share else "none", chance(r.highest),
            share(r.depth), share(r.organisation)]  # fmt: skip


def _least(answer: Scenarios, views: Sequence[ModelView]) -> Rows:
    rows = []
    for m in views:
        found = [m.required.least_depth[j] for j in _picked(answer.organisations)]
        rows.append([clean(m.name), *("none" if d is None else share(d) for d in found)])
    return rows


def _calibration(c: Calibration) -> dict[str, Any]:
    return {
        "sentence": clean(c.sentence),
        "discrepancy": f"{c.discrepancy:.2g}",
        "models": [
            [clean(name), percent(kept), _score(score)]
            for name, kept, score in zip(c.models, c.kept, c.log_scores, strict=True)
        ],
        "baseline": _score(c.baseline),
        "frequency": None if c.frequency is None else _score(c.frequency),
        "fits": [
            [clean(f.case), clean(f.outcome), clean(f.model), f"{f.implausibility:.1f}",
             chance(f.probability), _score(f.log_score)]
            for f in c.fits
        ],
    }  # fmt: skip


def _score(value: float) -> str:
    return f"{value:.2f}".replace("-", "−")
