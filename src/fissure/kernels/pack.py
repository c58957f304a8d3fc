"""Sorting choices by actor and by item in linear time, and counting them."""

from __future__ import annotations

from fissure.kernels._jit import jit

__all__ = ["count_yeas", "gather", "tally", "turn"]


@jit
def tally(a, j, sign, y, keep_a, keep_j, n_a, counts):  # type: ignore[no-untyped-def]
    """Count usable choices of those kept.

    ``a``, ``j`` (uint32) and ``y`` (uint8) are one a choice; ``sign`` (int8) gives each meaning +1,
    −1 or 0. Choices with sign 0, or whose actor or item is not kept, are passed over. ``n_a[i]``
    grows by one for each choice of actor i, ``counts[j, 0]`` for each on item j, and
    ``counts[j, 1]`` for each yea.
    """
    for k in range(len(a)):
        s = sign[y[k]]
        if s != 0 and keep_a[a[k]] and keep_j[j[k]]:
            n_a[a[k]] += 1
            counts[j[k], 0] += 1
            if s > 0:
                counts[j[k], 1] += 1


@jit
def count_yeas(start, code, out):  # type: ignore[no-untyped-def]
    """How many choices of each row are yea."""
    for r in range(len(start) - 1):
        n = 0
        for at in range(start[r], start[r + 1]):
            n += code[at] & 1
        out[r] = n


@jit
def gather(a, j, sign, y, new_a, new_j, cursor, code):  # type: ignore[no-untyped-def]
    """Put choices in order of their item, keeping the order they come in.

    ``new_a`` and ``new_j`` (int64) are the new numbers, −1 for those left out. ``cursor[j]`` is
    where the choices of the new item j begin, and is used up. ``code`` receives twice the new
    actor, plus one where the choice is yea.
    """
    for k in range(len(a)):
        s = sign[y[k]]
        if s != 0:
            row, column = new_j[j[k]], new_a[a[k]]
            if row >= 0 and column >= 0:
                code[cursor[row]] = 2 * column + (1 if s > 0 else 0)
                cursor[row] += 1


@jit
def turn(start, code, cursor, turned):  # type: ignore[no-untyped-def]
    """Turn packed rows into packed columns; each comes out in ascending order.

    ``code[start[r]:start[r + 1]]`` is row r: twice the column, plus one where yea. ``cursor[c]`` is
    where column c begins, and is used up. ``turned`` receives twice the row, plus one where yea.
    """
    for row in range(len(start) - 1):
        for k in range(start[row], start[row + 1]):
            column = code[k] >> 1
            turned[cursor[column]] = 2 * row + (code[k] & 1)
            cursor[column] += 1
