"""What every frozen result shares, and the answer to Q1 as one tree that can be saved and read."""

from fissure.results.base import Result, plain
from fissure.results.tree import (
    SCHEMA,
    Agreement,
    Bloc,
    DateBlock,
    Fit,
    Group,
    Influence,
    Interval,
    Item,
    Kind,
    Member,
    Null,
    Preference,
    Skipped,
    Split,
    Verdict,
)

__all__ = [
    "SCHEMA",
    "Agreement",
    "Bloc",
    "DateBlock",
    "Fit",
    "Group",
    "Influence",
    "Interval",
    "Item",
    "Kind",
    "Member",
    "Null",
    "Preference",
    "Result",
    "Skipped",
    "Split",
    "Verdict",
    "plain",
]
