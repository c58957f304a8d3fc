"""What a change in depth is made of: who left and came, what was voted on, and who moved."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
from numpy.typing import NDArray

from fissure.results import Change, Interval
from fissure.windows.lineage import Named
from fissure.windows.look import Depth, Look

__all__ = ["change"]

Array = NDArray[np.float64]


def change(
    labels: tuple[str, str],
    looks: tuple[Look, Look],
    actors: tuple[list[str], list[str]],
    named: tuple[Named, Named],
    names: Mapping[str, str],
) -> Change:
    """The step from one period to the next.

    With D the depth among all and S that among those who were there in both periods, each measured
    with the blocs that all members of the period form, and S* the latter with the items re-weighted
    to the mean of the two periods' mixes: total = ΔD, conversion = ΔS*, agenda = ΔS − ΔS*,
    replacement = ΔD − ΔS.

    Parameters
    ----------
    labels, looks, actors, named
        Of the two periods: label, look, identifiers of the members, and blocs with their names.
    names
        What to call an actor in print.
    """
    before, after = looks
    total, stayed, mixed = _draws(after.depth, after.stayed_before) - _draws(
        before.depth, before.stayed_after
    )
    point = _estimates(after.depth, after.stayed_before) - _estimates(
        before.depth, before.stayed_after
    )
    old, new = set(actors[0]), set(actors[1])
    home, now = named[0].of_actor, named[1].of_actor
    moved = [a for a in actors[0] if a in home and a in now and home[a] != now[a]]
    return Change(
        before=labels[0],
        after=labels[1],
        total=Interval.of(float(point[0]), total),
        replacement=Interval.of_known(point[0] - point[1], total - stayed),
        agenda=Interval.of_known(point[1] - point[2], stayed - mixed),
        conversion=Interval.of_known(point[2], mixed),
        n_stayed=len(old & new),
        n_left=len(old - new),
        n_came=len(new - old),
        moved=tuple(names[a] for a in moved),
        events=named[1].events,
    )


def _draws(everyone: Depth, stayed: Depth) -> Array:
    """Depth among all, among those who stayed, and that under the common mix: shape (3, draws)."""
    return np.stack([everyone.draws, stayed.draws, stayed.common_draws])


def _estimates(everyone: Depth, stayed: Depth) -> Array:
    return np.array([everyone.estimate, stayed.estimate, stayed.common])
