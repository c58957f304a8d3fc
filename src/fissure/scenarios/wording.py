"""Sentences about scenarios: if this, then that in this model; the same for both sides."""

from __future__ import annotations

from collections.abc import Sequence

from fissure.results.scenarios import Odds, Tendency

__all__ = ["REMARKS", "ensemble_sentence", "model_sentence", "required_sentence", "title_of"]

REMARKS = (
    "If-then statements within models, not forecasts of any country.",
    "Errors are those of simulation; how wrong the models are, their disagreement only hints at.",
)


def title_of(is_calibrated: bool, n_cases: int) -> str:
    """The title, which says whether anything ties the models to history."""
    if not is_calibrated:
        return "Scenarios under rival models, not calibrated to any case"
    return f"Scenarios under rival models, matched to {n_cases} case{'s' if n_cases > 1 else ''}"


def percent(p: float) -> str:
    """A probability in words that do not claim certainty."""
    return "under 1%" if p < 0.01 else "over 99%" if p > 0.99 else f"{p:.0%}"


def model_sentence(name: str, odds: Sequence[Odds]) -> str:
    """One model's answer under the conditions as given, from both sides."""
    p = {o.outcome: o.probability for o in odds}
    stay = p["no change"] + p["concession"] + p["repression"]
    best = max(odds, key=lambda o: o.probability)
    return (
        f"If things work as in the {name} model, the likeliest outcome under these conditions is "
        f"{best.outcome} ({percent(best.probability)}); incumbents stay in {percent(stay)} of "
        f"runs, and give way in {percent(1 - stay)}: to others at the top in "
        f"{percent(p['reshuffle at the top'])}, to challengers from below in "
        f"{percent(p['change from below'])}."
    )


def ensemble_sentence(odds: Sequence[Odds], n: int) -> str:
    """What all models say together, with their range."""
    if n == 1:
        best = max(odds, key=lambda o: o.probability)
        return f"One model: the likeliest outcome is {best.outcome}, {percent(best.probability)}."
    best = max(odds, key=lambda o: o.probability)
    wide = max(odds, key=lambda o: o.highest - o.lowest)
    same = wide.outcome == best.outcome
    also = "" if same else (
        f" They differ most on {wide.outcome}: {percent(wide.lowest)} to {percent(wide.highest)}."
    )  # fmt: skip
    return (
        f"Over {n} models the likeliest outcome under these conditions is {best.outcome}: "
        f"{percent(best.probability)}, from {percent(best.lowest)} to {percent(best.highest)} "
        f"between models.{also}"
    )


def required_sentence(
    name: str,
    outcome: str,
    level: float,
    share: float,
    top: tuple[float, float, float],
    tendencies: Sequence[Tendency],
) -> str:
    """What would have to be true, in one model."""
    highest, depth, organisation = top
    who = name if name.startswith("the ") else f"the {name} model"
    if share == 0:
        said = f"In {who} {outcome} nowhere on the map has a probability of {level:.0%}; the most"
    else:
        where = "all over" if share == 1 else f"on {percent(share)} of"
        said = (
            f"In {who} {outcome} has a probability of at least {level:.0%} {where} the map; the "
            "most"
        )
    most = percent(highest)
    if share == 0 and most == f"{level:.0%}":
        most = f"just under {most}"
    said += f" is {most}, at depth {depth:.2g} and organisation {organisation:.2g}."
    if tendencies:
        words = [f"{t.input} {'higher' if t.shift > 0 else 'lower'}" for t in tendencies[:3]]
        said += f" Where it came out, these differed most from other runs: {', '.join(words)}."
    return said
