"""The same bloc keeps its name: blocs matched from period to period by the members they share."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from fissure.results import Lineage

__all__ = ["Lines", "Named", "follow"]

#: A bloc is an earlier one again if at least this share of those of its members who were in blocs
#: before come from that one, and at least this share of that one's members go to it.
SHARE = 0.5
#: Fewer members in common than this match nothing, and say nothing of a split or a merger.
FEWEST = 3


@dataclass(frozen=True)
class Named:
    """The blocs of one period with the names of their lineages, and what happened since the last.

    Parameters
    ----------
    names
        One a bloc; empty where no blocs mean anything.
    of_actor
        Name by identifier.
    events
        What became of blocs, in words.
    """

    names: tuple[str, ...]
    of_actor: Mapping[str, str]
    events: tuple[str, ...]


@dataclass(frozen=True)
class Lines:
    """The blocs of a series of periods, and the lineages that they belong to."""

    named: tuple[Named, ...]
    lineages: tuple[Lineage, ...]


def follow(blocs: Sequence[Sequence[Sequence[str]]], labels: Sequence[str]) -> Lines:
    """Name the blocs of each period.

    Each actor belongs to the lineage of the last bloc it was seen in, so that a bloc which is not
    seen for a while can return. Blocs and lineages are paired so that most members keep theirs.

    Parameters
    ----------
    blocs
        For each period its blocs, largest first, each a list of actors; none where no blocs mean
        anything.
    labels
        Of the periods.

    Examples
    --------
    >>> before, after = [["a", "b", "c"], ["x", "y", "z"]], [["x", "y", "z", "v"], ["a", "b", "c"]]
    >>> [named.names for named in follow([before, after], ["88", "89"]).named]
    [('A', 'B'), ('B', 'A')]
    """
    home: dict[str, str] = {}
    seen: dict[str, list[str]] = {}
    largest: dict[str, int] = {}
    before: tuple[str, ...] = ()
    named = []
    for label, found in zip(labels, blocs, strict=True):
        names = _names(found, home, len(seen))
        events = _events(found, names, before, home, set(seen))
        of_actor = {a: name for name, bloc in zip(names, found, strict=True) for a in bloc}
        home.update(of_actor)
        for name, bloc in zip(names, found, strict=True):
            seen.setdefault(name, []).append(label)
            largest[name] = max(largest.get(name, 0), len(bloc))
        named.append(Named(names, of_actor, events))
        before = names
    lineages = [Lineage(name, tuple(periods), largest[name]) for name, periods in seen.items()]
    return Lines(tuple(named), tuple(lineages))


def _letter(k: int) -> str:
    """A to Z, then A2 to Z2 and so on."""
    return chr(ord("A") + k % 26) + (str(k // 26 + 1) if k >= 26 else "")


def _shared(
    found: Sequence[Sequence[str]], home: Mapping[str, str]
) -> tuple[list[str], NDArray[np.int64]]:
    """The lineages that members come from, and how many of each bloc come from each."""
    lines = sorted({home[a] for bloc in found for a in bloc if a in home})
    place = {name: k for k, name in enumerate(lines)}
    counts = np.zeros((len(found), len(lines)), np.int64)
    for b, bloc in enumerate(found):
        for actor in bloc:
            if actor in home:
                counts[b, place[home[actor]]] += 1
    return lines, counts


def _names(
    found: Sequence[Sequence[str]], home: Mapping[str, str], n_lines: int
) -> tuple[str, ...]:
    from scipy.optimize import linear_sum_assignment

    lines, counts = _shared(found, home)
    names = [""] * len(found)
    for b, k in zip(*linear_sum_assignment(-counts), strict=True):
        n = counts[b, k]
        if n >= FEWEST and n >= SHARE * counts[b].sum() and n >= SHARE * counts[:, k].sum():
            names[b] = lines[k]
    for b in range(len(found)):
        if not names[b]:
            names[b] = _letter(n_lines)
            n_lines += 1
    return tuple(names)


def _events(
    found: Sequence[Sequence[str]],
    names: tuple[str, ...],
    before: tuple[str, ...],
    home: Mapping[str, str],
    known: set[str],
) -> tuple[str, ...]:
    """What became of the blocs of the period before, and where new ones come from."""
    lines, counts = _shared(found, home)
    events = []
    for name in before:
        if name in names:
            continue
        went = counts[:, lines.index(name)] if name in lines else np.zeros(len(names), np.int64)
        if len(went) and went.max() >= FEWEST and went.max() > SHARE * went.sum():
            events.append(f"{name} merges into {names[int(went.argmax())]}")
        elif (went >= FEWEST).sum() > 1:
            parts = " and ".join(names[int(b)] for b in np.flatnonzero(went >= FEWEST))
            events.append(f"{name} splits into {parts}")
        else:
            events.append(f"{name} dissolves")
    for b, name in enumerate(names):
        if name in before:
            continue
        if name in known:
            events.append(f"{name} returns")
            continue
        came = counts[b]
        if len(came) and came.max() >= FEWEST and came.max() > SHARE * came.sum():
            events.append(f"{name} splits off from {lines[int(came.argmax())]}")
        else:
            events.append(f"{name} appears")
    return tuple(events)
