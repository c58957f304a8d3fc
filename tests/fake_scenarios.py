"""A made-up but plausible Scenarios, so that its page can be tested without simulating anything."""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from fake_split import HOSTILE
from fissure.results.scenarios import (
    Calibration,
    CaseFit,
    Given,
    ModelView,
    Odds,
    Required,
    Scenarios,
    Sensitivity,
    Surface,
    Tendency,
)
from fissure.scenarios.model import OUTCOMES
from fissure.scenarios.wording import (
    REMARKS,
    ensemble_sentence,
    model_sentence,
    required_sentence,
    title_of,
)

BELOW = OUTCOMES.index("change from below")
AXIS = (0.0, 0.25, 0.5, 0.75, 1.0)


def _rows(values):
    return tuple(tuple(row) for row in values.tolist())


def _chances(k, n, seed):
    """Five probabilities a cell; deeper and better organised makes the k-th likelier."""
    x = np.linspace(0, 1, n)
    rng = np.random.default_rng(seed)
    raw = rng.uniform(0.1, 0.4, (n, n, 5))
    raw[..., k % 5] += 2 * x[:, None] * (0.5 + x[None, :])
    return raw / raw.sum(axis=-1, keepdims=True)


def _view(name, p, among, level, weight, hostile):
    odds_at = p.mean(axis=(0, 1))
    lows = [a.mean(axis=(0, 1)) for a in among]
    odds = tuple(
        Odds(o, float(odds_at[i]), 0.02, float(min(a[i] for a in lows)),
             float(max(a[i] for a in lows)))
        for i, o in enumerate(OUTCOMES)
    )  # fmt: skip
    axis = np.linspace(0, 1, len(p))
    here = p[..., BELOW]
    least = [next((float(axis[i]) for i in range(len(p)) if here[i, j] >= level), None)
             for j in range(len(p))]  # fmt: skip
    i, j = np.unravel_index(here.argmax(), here.shape)
    top = (float(here.max()), float(axis[i]), float(axis[j]))
    word = HOSTILE[0] if hostile else "what the state is able to do"
    told = (Tendency("capacity", word, 0.5, 0.4, -0.3),)
    share = float((here >= level).mean())
    said = required_sentence(name, "change from below", level, share, top, told)
    needs = Required(share, tuple(least), *top, told, said)
    sentence = model_sentence(name, odds) if len(among) == 1 else ensemble_sentence(odds, 3)
    surfaces = tuple(
        Surface(o, _rows(p[..., c]), _rows(np.full(p.shape[:2], 0.03)))
        for c, o in enumerate(OUTCOMES)
    )
    text = HOSTILE[2] if hostile else f"How {name} works."
    return ModelView(name, text, "A source (2001).", f"What {name} leaves out.", weight, sentence,
                     odds, surfaces, needs)  # fmt: skip


def fake_scenarios(n_models=3, n=5, *, level=0.25, full=True, hostile=False):
    """Scenarios of some models on an n × n map; ``full`` with sensitivity and calibration."""
    names = [f"model {chr(97 + k)}" for k in range(n_models)]
    if hostile:
        names = [f"{names[k]} {HOSTILE[k]}" for k in range(n_models)]
    maps = [_chances(k + 1, n, k) for k in range(n_models)]
    views = tuple(
        _view(m, p, [p], level, 1 / n_models, hostile) for m, p in zip(names, maps, strict=True)
    )
    mean = np.mean(maps, axis=0)
    apart = np.max([np.abs(a - b).sum(axis=-1) / 2 for a in maps for b in maps], axis=0)
    best = np.stack([p.argmax(axis=-1) for p in maps])
    same = (best == best[0]).all(axis=0)
    agreement = tuple(
        tuple(OUTCOMES[best[0, i, j]] if same[i, j] else None for j in range(n)) for i in range(n)
    )
    ensemble = _view("ensemble", mean, maps, level, 1.0, hostile)
    axis = tuple(np.linspace(0, 1, n).tolist())
    made = Scenarios(
        title_of(False, 0), ensemble.sentence, False, _conditions(hostile), OUTCOMES,
        "change from below", level, axis, axis, views, ensemble, _rows(apart), agreement,
        float(same.mean()), (), ("depth", "capacity"), None, REMARKS, {"draws": 20, "cases": []},
        1, {"fissure": "0.1.0"},
    )  # fmt: skip
    return _more(made, hostile) if full else made


def _conditions(hostile):
    origin = HOSTILE[3] if hostile else "report.json, the whole body"
    return (
        Given("depth", "interval", 0.4, 0.3, 0.5, origin),
        Given("strength", "range", 0.4, 0.3, 0.5, "as given"),
        Given("organisation", "range", 0.5, 0.0, 1.0, "as given"),
        Given("capacity", "number", 0.5, 0.5, 0.5, "as given"),
    )


def _more(made, hostile):
    names = tuple(m.name for m in made.models)
    case = HOSTILE[1] if hostile else "a case"
    fits = tuple(CaseFit(m, case, "repression", 4.0, 0.3, -1.2) for m in names)
    n = len(names)
    matched = Calibration(
        1, names, (0.4,) * n, (-1.2,) * n, -1.61, 0.1, fits, "On 1 case all score alike."
    )
    indices = tuple(
        Sensitivity(m, f"input {i}", "an input", 0.3 - 0.02 * i, 0.05, 0.5 - 0.03 * i, 0.1)
        for m in names
        for i in range(10)
    )
    return replace(
        made, title=title_of(True, 1), is_calibrated=True, sensitivity=indices, calibration=matched
    )
