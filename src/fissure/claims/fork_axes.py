"""The questions of definition that a claim leaves open, and all answers that are tried."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import product
from typing import Any

import numpy as np
from numpy.typing import NDArray

from fissure.claims.cases import Cases
from fissure.claims.coding import Coding
from fissure.claims.sides import anchors_in, coding_of, sides_of
from fissure.errors import DataError, SettingError
from fissure.results.forks import ForkAxis

__all__ = ["MOST_FORKS", "Axis", "axes_of", "combinations"]

#: Forks looked at, at most.
MOST_FORKS = 10_000
#: Thresholds tried beside that of the claim, where codings come in degrees, ranges or votes.
THRESHOLDS = (0.25, 0.75)
#: Calibrated columns: the cross-over is moved by so much of the distance between the other two.
SHIFT = 0.1
#: Certainties below and above these are low and high.
LOW, HIGH = 0.7, 0.9

UNKNOWN = ("as coded", "present", "absent")
MISDATED = ("kept", "left out", "counted as absent")
CERTAINTY = ("as stated", "ignored")
WAVES = ("each case counts", "each wave counts once")
WHAT = {
    "outcome": "what counts as the outcome",
    "needs": "what counts as the condition",
    "outcome threshold": "from which degree on a case has the outcome",
    "needs threshold": "from which degree on a case has the condition",
    "unknown outcome": "what an unknown outcome is taken for",
    "unknown condition": "what an unknown condition is taken for",
    "misdated": "conditions that began only after the outcome",
    "certainty": "whether stated certainties of codings are used",
    "waves": "how cases of one wave count",
    "cases": "which cases are looked at",
}


@dataclass(frozen=True)
class Axis:
    """One axis, with what each of its options stands for."""

    told: ForkAxis
    values: tuple[Any, ...]


def axes_of(
    cases: Cases,
    outcome: str,
    needs: str,
    *,
    threshold: float = 0.5,
    use_certainty: bool = True,
    own: Mapping[str, Sequence[str]] | None = None,
) -> tuple[Axis, ...]:
    """All axes on which these cases can be read in more than one way.

    Parameters
    ----------
    cases, outcome, needs, threshold, use_certainty
        As asked; each axis begins with what was asked.
    own
        Axis → options in place of the usual ones: expressions for ``outcome`` and ``needs``
        (``COLUMN@out,cross,in`` calibrates), numbers for the thresholds, ``COLUMN=VALUE`` or
        ``without WAVE`` for ``cases``, words for the rest.

    Raises
    ------
    SettingError
        If there is no such axis or option.
    ReadError
        If there is no such column.

    Examples
    --------
    >>> import polars as pl
    >>> table = pl.DataFrame({"case": list("abc"), "X": ["1", "0.4", "?"], "Y": [1, 1, 0]})
    >>> for axis in axes_of(Cases.read(table), "Y", "X"):
    ...     print(axis.told.name, axis.told.options)
    needs threshold ('0.5', '0.25', '0.75')
    unknown condition ('as coded', 'present', 'absent')
    """
    asked = {str(name).replace("_", " "): list(options) for name, options in (own or {}).items()}
    for name, wanted in asked.items():
        if name not in WHAT:
            raise SettingError(f"a fork must be one of {', '.join(WHAT)}, got {name!r}")
        if not wanted:
            raise SettingError(f"the fork {name!r} must have one option or more, got none")
    x, y = coding_of(cases, needs), coding_of(cases, outcome)
    options: dict[str, dict[str, Any]] = {
        "outcome": _definitions(cases, outcome, y, asked.get("outcome")),
        "needs": _definitions(cases, needs, x, asked.get("needs")),
        "outcome threshold": _thresholds(y, threshold, asked.get("outcome threshold")),
        "needs threshold": _thresholds(x, threshold, asked.get("needs threshold")),
        "unknown outcome": _words(UNKNOWN, _unclear(y, threshold)),
        "unknown condition": _words(UNKNOWN, _unclear(x, threshold)),
        "misdated": _words(MISDATED, bool(late(cases, needs, outcome).any())),
        "certainty": _certainty(x, y, use_certainty),
        "waves": _words(WAVES, bool(_waves(cases))),
        "cases": _subsets(cases, x, y),
    }
    for name in ("unknown outcome", "unknown condition", "misdated", "certainty", "waves"):
        if name in asked:
            options[name] = _chosen(name, options[name], asked[name])
    if "cases" in asked:
        options["cases"] = _own_subsets(cases, options["cases"], asked["cases"])
    return tuple(
        Axis(ForkAxis(name, WHAT[name], tuple(found)), tuple(found.values()))
        for name, found in options.items()
        if len(found) > 1
    )


def combinations(
    axes: Sequence[Axis], own: Sequence[str] = ()
) -> tuple[NDArray[np.int64], tuple[str, ...]]:
    """All combinations of options, the claim's own first, and the axes that had to stand aside.

    Axes are crossed in their order as long as there are at most :data:`MOST_FORKS`. One that would
    make more is varied alone, all others being as the claim has them.

    Parameters
    ----------
    axes
        The axes.
    own
        Names of those that the user gave: these must be crossed.

    Returns
    -------
    Numbers of options, shape (forks, axes), and the names of the axes that were varied alone.

    Raises
    ------
    SettingError
        If the user's own axes alone make too many.
    """
    names = [axis.told.name for axis in axes]
    sizes = [len(axis.values) for axis in axes]
    must = [k for k, name in enumerate(names) if name in {o.replace("_", " ") for o in own}]
    total = int(np.prod([sizes[k] for k in must], dtype=float))
    if total > MOST_FORKS:
        raise SettingError(
            f"these forks make {total:,} combinations, {MOST_FORKS:,} is the most: give fewer "
            "options"
        )
    crossed = set(must)
    for k in range(len(axes)):
        if k not in crossed and total * sizes[k] <= MOST_FORKS:
            crossed.add(k)
            total *= sizes[k]
    spans = [range(n) if k in crossed else range(1) for k, n in enumerate(sizes)]
    rows = [list(choice) for choice in product(*spans)]
    alone = [k for k in range(len(axes)) if k not in crossed]
    for k in alone:
        rows += [[v if j == k else 0 for j in range(len(axes))] for v in range(1, sizes[k])]
    kept = rows[:MOST_FORKS]
    return np.array(kept, np.int64).reshape(len(kept), len(axes)), tuple(names[k] for k in alone)


def late(cases: Cases, needs: str, outcome: str) -> NDArray[np.bool_]:
    """Cases whose condition began only after their outcome, shape (n,); none for expressions."""
    if needs not in cases.codings or outcome not in cases.codings:
        return np.zeros(cases.n_cases, bool)
    found: NDArray[np.bool_] = cases.order(needs, outcome) == -1
    return found


def _definitions(
    cases: Cases, asked: str, coding: Coding, own: Sequence[str] | None
) -> dict[str, Coding]:
    """The coding asked for, then the user's own, or each coder's, or other cross-overs."""
    out = {asked: coding}
    if own is not None:
        return {**out, **{name.strip(): coding_of(cases, name.strip()) for name in own}}
    if coding.votes is not None and coding.votes.shape[1] > 1:
        for j in range(coding.votes.shape[1]):
            called = coding.coders[j] if coding.coders else str(j + 1)
            value = np.where(coding.votes[:, j] >= 0, coding.votes[:, j], np.nan)
            out[f"{asked} by coder {called}"] = Coding(asked, value, value, value)
    if "@" in asked and asked not in cases.codings:
        column, (low, cross, full) = anchors_in(asked)
        for step in (-SHIFT, SHIFT):
            other = f"{column}@{low:g},{cross + step * (full - low):g},{full:g}"
            out[other] = coding_of(cases, other)
    return out


def _thresholds(coding: Coding, threshold: float, own: Sequence[str] | None) -> dict[str, float]:
    known = coding.known
    comes_in_degrees = not coding.is_crisp or bool((coding.low < coding.high)[known].any())
    others = own if own is not None else (THRESHOLDS if comes_in_degrees else ())
    out = {f"{threshold:g}": threshold}
    for value in others:
        try:
            number = float(value)
        except ValueError:
            number = np.nan
        if not 0 < number < 1:
            raise SettingError(f"a threshold must be between 0 and 1, got {value!r}")
        out[f"{number:g}"] = number
    return out


def _words(words: Sequence[str], applies: bool) -> dict[str, str]:
    return {word: word for word in (words if applies else words[:1])}


def _chosen(name: str, usual: Mapping[str, str], own: Sequence[str]) -> dict[str, str]:
    """Those of the usual options that the user wants; that of the claim stays the first."""
    allowed = {"misdated": MISDATED, "certainty": CERTAINTY, "waves": WAVES}.get(name, UNKNOWN)
    wanted = [word.strip() for word in own]
    for word in wanted:
        if word not in allowed:
            raise SettingError(f"{name} must be one of {', '.join(allowed)}, got {word!r}")
    first = next(iter(usual))
    return {word: word for word in usual if word == first or word in wanted}


def _unclear(coding: Coding, threshold: float) -> bool:
    return bool((sides_of(coding, threshold).side < 0).any())


def _certainty(x: Coding, y: Coding, use_certainty: bool) -> dict[str, str]:
    stated = any(c.certainty is not None and bool((c.certainty[c.known] < 1).any()) for c in (x, y))
    order = CERTAINTY if use_certainty else CERTAINTY[::-1]
    return _words(order, stated)


def _waves(cases: Cases) -> list[str]:
    """Waves of two cases or more, in order."""
    if cases.cluster is None:
        return []
    names, sizes = np.unique(cases.cluster, return_counts=True)
    return [str(n) for n, size in zip(names, sizes, strict=True) if size > 1 and str(n).strip()]


def _subsets(cases: Cases, x: Coding, y: Coding) -> dict[str, NDArray[np.bool_]]:
    """All cases, each wave left out, all waves left out, uncertain codings left out."""
    everything = np.ones(cases.n_cases, bool)
    out = {"all": everything}
    waves = _waves(cases)
    if cases.cluster is not None:
        for wave in waves:
            out[f"without {wave}"] = cases.cluster != wave
        if waves:
            out["without all waves"] = ~np.isin(cases.cluster, waves)
    stated = [np.nan_to_num(c.certainty, nan=1.0) for c in (x, y) if c.certainty is not None]
    if stated:
        least = np.minimum.reduce(stated)
        out["without low certainty"] = least >= LOW
        out["high certainty only"] = least >= HIGH
    kept = {name: mask for name, mask in out.items() if mask.any()}
    # an option that keeps all cases is no option
    return {name: mask for name, mask in kept.items() if name == "all" or not mask.all()}


def _own_subsets(
    cases: Cases, usual: Mapping[str, NDArray[np.bool_]], own: Sequence[str]
) -> dict[str, NDArray[np.bool_]]:
    out = {"all": usual["all"]}
    for name in (word.strip() for word in own):
        mask = usual[name] if name in usual else coding_of(cases, name).value > 0.5
        if not mask.any():
            raise DataError(f"the fork cases={name} leaves no case")
        out[name] = mask
    return out
