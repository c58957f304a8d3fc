"""Names and numbers of a claim as its page writes them."""

from __future__ import annotations

from fissure.report.wording import clean, is_number, share
from fissure.results.evidence import Posterior

__all__ = ["called", "number", "odds", "probable", "ranged"]


def called(name: str) -> str:
    """A column in a sentence; ``~`` in front of one is its absence."""
    text = clean(name)
    return f"no {text[1:]}" if text.startswith("~") and text[1:].isidentifier() else text


def number(value: float | None, text: str = "{:.2f}") -> str:
    """A number of the result, or a dash."""
    return text.format(value) if is_number(value) else "–"


def odds(log10_bf: float | None) -> str:
    """A Bayes factor for two different shares as odds."""
    if not is_number(log10_bf):
        return "–"
    size = 10 ** min(abs(log10_bf), 5)
    text = "over 9,999" if size > 9999 else f"{size:,.0f}" if size >= 10 else f"{size:.1f}"
    return f"{text} to 1 {'for' if log10_bf >= 0 else 'against'}"


def ranged(p: Posterior | None) -> str:
    """A posterior's mean and interval."""
    return "–" if p is None else f"{share(p.mean)} ({share(p.low)} to {share(p.high)})"


def probable(p: float) -> str:
    """A probability in which little is not none and much is not all."""
    return "less than 0.01" if p < 0.01 else "more than 0.99" if p > 0.99 else share(p)
