"""Numbers and names as print writes them."""

from __future__ import annotations

import math
import unicodedata
from collections.abc import Callable
from typing import TypeGuard

from fissure.results import Interval

__all__ = [
    "chance",
    "clean",
    "cut",
    "is_number",
    "label",
    "percent",
    "points",
    "share",
    "signed",
    "with_range",
]


def clean(value: object) -> str:
    """Text safe to print: control characters, which can hide text, become a visible sign."""
    text = str(value).encode("utf-8", "replace").decode("utf-8")
    text = text.replace("\u2028", " ").replace("\u2029", " ").replace("\n", " ").replace("\t", " ")
    return "".join("\ufffd" if unicodedata.category(c) == "Cc" or c in _BIDI else c for c in text)


# They turn the direction of the text around them.
_BIDI = frozenset("\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069")


def cut(text: str, most: int) -> str:
    """Text longer than ``most`` signs ends after a word, with a sign that there was more."""
    if len(text) <= most:
        return text
    kept = text[: most - 1]
    whole = text[most - 1] == " "
    return (kept if whole else kept.rpartition(" ")[0] or kept).rstrip(" ,;:.·") + "…"


def is_number(value: float | None) -> TypeGuard[float]:
    """Whether there is a finite number; a saved result has None for those that are not."""
    return value is not None and math.isfinite(value)


def label(name: str) -> str:
    """What to call a group in print."""
    return "The whole body" if name == "all" else clean(name)


def percent(value: float | None) -> str:
    """A share as a percentage, or a dash."""
    return "–" if not is_number(value) else f"{100 * value:.0f}%"


def chance(value: float | None) -> str:
    """A probability as a percentage, in which little is not none and much is not all."""
    if not is_number(value):
        return "–"
    return "under 1%" if value < 0.01 else "over 99%" if value > 0.99 else percent(value)


def share(value: float | None) -> str:
    """A depth as the sentences write it, or a dash."""
    return "–" if not is_number(value) else f"{value:.2f}"


def points(value: float | None, sign: bool = False) -> str:
    """A difference of shares in percentage points, or a dash."""
    if not is_number(value):
        return "–"
    text = f"{100 * value:+.0f}" if sign else f"{100 * value:.0f}"
    return "0" if text in ("+0", "-0") else text.replace("-", "−")


def signed(value: float) -> str:
    """A number with its sign."""
    return f"{value:+.2f}".replace("-", "−")


def with_range(interval: Interval, show: Callable[[float], str]) -> str:
    """An estimate and its interval."""
    return f"{show(interval.estimate)} ({show(interval.low)} to {show(interval.high)})"
