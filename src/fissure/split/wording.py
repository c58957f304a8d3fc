"""The verdict as one plain sentence, the same words for every body and either side."""

from __future__ import annotations

from collections.abc import Sequence

from fissure.results import Interval, Kind, Verdict
from fissure.split.settings import SplitSettings

__all__ = ["sentence"]


def sentence(
    verdict: Verdict,
    kind: Kind,
    sizes: Sequence[int],
    defectors: Sequence[str],
    depth: Interval,
    middle: Interval | None,
    between: Interval | None,
    probability: float,
    p_value: float,
    smallest: float | None,
    settings: SplitSettings,
) -> str:
    """Verdict, kind, blocs, depth and power in plain words."""
    opening = {
        "split": f"{'Fragments' if kind == 'fragments' else 'Split'} into {_blocs(sizes)}",
        "no split": f"No split but {_kind_words(kind, defectors)}",
        "cannot tell": f"These records cannot tell a split from {_kind_words(kind, defectors)}",
    }[verdict]
    parts = [f"{opening}: {_depth(depth, sizes, verdict, kind, settings)}"]
    if verdict == "split":
        parts.append(
            f"{_empty(middle, between, settings)}; the criteria of a split hold in "
            f"{probability:.0%} of resampled records, and records without blocs look as deep in at "
            f"most {p_value:.0%}"
        )
    elif p_value > settings.level:
        parts.append(
            f"members who each choose independently, by their own propensities, would look as deep "
            f"in {p_value:.0%} of cases"
        )
    elif middle is not None:
        parts.append(
            f"{middle.estimate:.0%} of members are in the middle; the criteria of a split hold in "
            f"{probability:.0%} of resampled records"
        )
    parts.append(_power(smallest, verdict, settings))
    return "; ".join(parts) + "."


def _blocs(sizes: Sequence[int]) -> str:
    numbers = ", ".join(str(s) for s in sizes[:-1]) + f" and {sizes[-1]}"
    words = {2: "two", 3: "three", 4: "four"}
    return f"{words.get(len(sizes), len(sizes))} blocs of {numbers} members"


def _kind_words(kind: Kind, defectors: Sequence[str]) -> str:
    if kind == "defectors":
        return _aside(defectors)
    return {"unity": "unity", "spectrum": "a spectrum"}.get(kind, kind)


def _aside(defectors: Sequence[str]) -> str:
    who = ", ".join(defectors)
    return (
        f"a lone defector ({who})" if len(defectors) == 1 else f"{len(defectors)} defectors ({who})"
    )


def _depth(
    depth: Interval, sizes: Sequence[int], verdict: Verdict, kind: Kind, settings: SplitSettings
) -> str:
    if len(sizes) == 1 and kind != "defectors":
        what = "members stand"
    elif len(sizes) == 1:
        # where defectors were set aside before blocs were sought the depth is that of the rest
        what = f"the rest{' and they' if depth.estimate >= settings.min_depth else ''} stand"
    elif verdict != "split":  # otherwise the sizes were said already
        what = f"blocs of {sizes[0]} and {sizes[1]} members stand"
    else:
        what = "its two main blocs stand" if len(sizes) > 2 else "the blocs stand"
    return (
        f"{what} {depth.estimate:.2f} apart in yea share (root mean square over all items, 95% "
        f"interval {depth.low:.2f} to {depth.high:.2f})"
    )


def _empty(middle: Interval | None, between: Interval | None, settings: SplitSettings) -> str:
    if middle is not None and middle.estimate <= settings.max_middle:
        share, where = middle.estimate, "are in the middle"
    else:
        share, where = (0.0 if between is None else between.estimate), "stand between the blocs"
    return f"only {share:.0%} of members {where}" if share else f"no members {where}"


def _power(smallest: float | None, verdict: Verdict, settings: SplitSettings) -> str:
    if verdict == "split" and (smallest is None or smallest > settings.clear_depth):
        least = "a much shallower one" if smallest is None else f"one less than {smallest:.2f} deep"
        return f"{least} might have been missed"
    if smallest is None:
        return (
            "no split of whatever depth would have been found in 80 of 100 cases in these records"
        )
    if smallest > settings.clear_depth:
        return f"only a split {smallest:.2f} deep would have been found in 80 of 100 cases"
    return f"a split {smallest:.2f} deep would have been found in 80 of 100 cases"
