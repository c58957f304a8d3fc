"""The map of what could have been found in plain sentences, the same words for every body."""

from __future__ import annotations

from fissure.results.detectable import Detectability, MapCell, MoreItems

__all__ = ["in_words"]


def in_words(found: Detectability, deepest: float, min_depth: float) -> str:
    """One sentence on the map, and one on how many more items would be needed.

    Parameters
    ----------
    found
        The numbers.
    deepest
        Depth of blocs that stand 90 to 10 on every item that divided the group.
    min_depth
        Least depth of a split.
    """
    if not found.n_divided:
        return (
            f"Every one of the {found.n_items} items was unanimous: no split, of whatever depth, "
            "could have shown on them."
        )
    if deepest <= min_depth:
        return (
            f"Only {found.n_divided} of the {found.n_items} items divided the group: blocs that "
            f"stood 90 to 10 on each of these would be {deepest:.2f} apart, and a split begins at "
            f"{min_depth:.2f}; no more of the same items would change that. The power in the "
            f"verdict lets all {found.n_items} divide."
        )
    along = [c for c in found.map if c.direction == "along"]
    across = [c for c in found.map if c.direction == "across"]
    if all(c.depth is None for c in found.map):
        text = "No split of whatever depth would have been found in 80 of 100 cases"
    elif along:
        text = (
            "In 80 of 100 cases a split along the group's main line would have been found "
            f"{_reach(along)}; one across it {_reach(across)}"
        )
    else:
        text = f"In 80 of 100 cases a split would have been found {_reach(across)}"
    return " ".join([text + ".", *_fewer(found), *_forwards(found, min_depth)])


def _fewer(found: Detectability) -> list[str]:
    """Why the verdict's own figure may be another one."""
    if found.n_divided == found.n_items:
        return []
    return [
        f"Only the {found.n_divided:,} items that divided the group may divide it here, while the "
        f"power in the verdict lets all {found.n_items:,} do so."
    ]


def _reach(cells: list[MapCell]) -> str:
    """From which depth: for the largest smaller bloc, and for the smallest."""
    if all(c.depth is None for c in cells):
        return "at no depth"
    first, last = cells[-1], cells[0]
    text = f"{_from(first)} with {first.members} members in the smaller bloc"
    return (
        text if last.members == first.members else f"{text} and {_from(last)} with {last.members}"
    )


def _from(cell: MapCell) -> str:
    return "at no depth" if cell.depth is None else f"from a depth of {cell.depth:.2f}"


def _forwards(found: Detectability, min_depth: float) -> list[str]:
    out = []
    for more in found.more_items:
        if more.what == "threshold":
            continue  # found with no number of items: said below where it is the observed depth
        if more.what == "observed" and more.depth <= min_depth:
            seen = f"{more.depth:.2f}"
            if seen == f"{min_depth:.2f}" and more.depth < min_depth:
                seen = f"depth just under {seen}"
            out.append(
                f"For the {seen} that was observed no number of items would do, since a "
                f"split begins at {min_depth:.2f}."
            )
        else:
            out.append(_needed(more))
    return out


def _needed(more: MoreItems) -> str:
    what = {
        "clear": f"a clear split ({more.depth:.2f})",
        "observed": f"a split as deep as was observed ({more.depth:.2f})",
    }.get(more.what, f"a split {more.depth:.2f} deep")
    where = f"{more.direction} the line with {more.bloc_share:.0%} in the smaller bloc"
    if more.items == 0:
        return f"For {what} {where} these items are enough."
    if more.items is None:
        enough = f"not even {more.tried:,} more" if more.tried else "no number of"
        return f"For {what} {where} {enough} such items would be enough."
    return f"For {what} {where} about {_round(more.items):,} more such items would be needed."


def _round(n: int) -> int:
    """To two digits: the number is known no better."""
    size = 10 ** max(len(str(n)) - 2, 0)
    return round(n / size) * size
