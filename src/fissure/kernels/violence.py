"""Agents on a grid who rebel, arrest and move; what is in sight is counted as it changes.

Counts of loyal cops and of active citizens within vision are kept for every cell, and touched only
when a cop or an active citizen moves or changes state. So a look costs the same however far
citizens see and however large the grid is. Turns in random order find nothing in the cache of a
large grid: what they will read is asked for some turns before, and a quiet citizen, as most are,
writes to nothing but its own row and the bits of two cells.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from fissure.kernels._jit import jit, prefetch

__all__ = ["UNIT", "Grid", "Rules", "count_all", "run"]

QUIET, ACTIVE, JAILED, COP, IDLE_COP = 0, 1, 2, -1, -2
#: Unit of the critical ratios, which are whole numbers so that an agent fits into 16 bytes.
UNIT = 65536
#: One cop in a count in which an active citizen is 1: one look finds both.
COP_SEEN = 65536
#: So many blind tries for an empty cell or an active citizen before every cell is looked at.
TRIES = 64
#: So many turns ahead an agent's row is asked for, and then what is in its sight.
FAR_AHEAD, AHEAD = 24, 12
#: Nothing is asked for on grids of fewer cells, which the cache holds.
LARGE = 10_000


class Grid(NamedTuple):
    """The state, changed in place; n agents on height × width cells.

    Bits of the cells are 1 in ``taken`` (height, ⌈width/8⌉) where anyone is, in ``rebels`` (same)
    where an active citizen is; there, and only there, ``who`` (height, width) tells which agent.
    ``agents`` (n, 4) holds row, column, state and critical ratio. The state is 0 quiet, 1 active,
    2 + steps left in jail, −1 cop, −2 cop who stands aside; the ratio of cops to active citizens
    from which a citizen keeps quiet counts in 1/65,536. ``near`` (height, width) counts active
    citizens and 65,536 times the cops within the citizens' vision, ``targets`` (same) active
    citizens within the cops'; they are one array where the visions are equal.
    """

    who: np.ndarray
    taken: np.ndarray
    rebels: np.ndarray
    agents: np.ndarray
    near: np.ndarray
    targets: np.ndarray


class Rules(NamedTuple):
    """What is done, as numbers.

    ``sight`` and ``reach`` (2 v + 1,) are half-widths of each row that citizens and cops see,
    ``sight_cells`` and ``reach_cells`` (V, 2) the same as offsets without one's own cell.
    """

    sight: np.ndarray
    reach: np.ndarray
    sight_cells: np.ndarray
    reach_cells: np.ndarray
    most_term: int
    least_term: int
    is_random: bool
    is_moving: bool
    is_torus: bool
    is_arresting: bool
    is_removed: bool
    is_shared: bool


@jit
def add_span(counts, y, left, right, by):  # type: ignore[no-untyped-def]
    """Add to the counts of row y from column left up to, but without, right."""
    # unsigned, as an index that might be negative takes a third more time
    y, left = np.uint64(y), np.uint64(left)
    for x in range(np.uint64(right) - left):
        counts[y, left + x] += by


@jit
def add(counts, r, c, widths, by, is_torus):  # type: ignore[no-untyped-def]
    """Add to the counts of all cells that see the cell (r, c)."""
    height, width = counts.shape
    for k in range(len(widths)):
        y = r + k - len(widths) // 2
        if y < 0 or y >= height:
            if not is_torus:
                continue
            y = y + height if y < 0 else y - height
        left, right = c - widths[k], c + widths[k] + 1
        add_span(counts, y, max(left, 0), min(right, width), by)
        if is_torus and left < 0:
            add_span(counts, y, left + width, width, by)
        elif is_torus and right > width:
            add_span(counts, y, 0, right - width, by)


@jit
def ask_around(counts, r, c, widths):  # type: ignore[no-untyped-def]
    """Ask for the counts that ``add`` will change, those beyond an edge left out."""
    height, width = counts.shape
    v = len(widths) // 2
    for y in range(max(r - v, 0), min(r + v + 1, height)):
        w = widths[y - r + v]
        prefetch(counts, y, max(c - w, 0))
        prefetch(counts, y, min(c + w, width - 1))


@jit
def seen(height, width, r, c, is_torus):  # type: ignore[no-untyped-def]
    """The cell (r, c) after edges have met, or row −1 outside the grid."""
    if is_torus:
        r = r + height if r < 0 else (r - height if r >= height else r)
        c = c + width if c < 0 else (c - width if c >= width else c)
    elif r < 0 or r >= height or c < 0 or c >= width:
        r = -1
    return r, c


@jit
def free_cell(taken, width, r, c, cells, is_torus, rng):  # type: ignore[no-untyped-def]
    """A random empty cell in sight of (r, c), as row and column; row −1 for none.

    ``cells`` (V, 2) are offsets.
    """
    height, n = len(taken), len(cells)
    for _ in range(TRIES):
        k = int(rng.random() * n)
        y, x = seen(height, width, r + cells[k, 0], c + cells[k, 1], is_torus)
        if y >= 0 and not (taken[y, x >> 3] >> (x & 7)) & 1:
            return y, x
    found, row, column = 0, -1, -1
    for k in range(n):
        y, x = seen(height, width, r + cells[k, 0], c + cells[k, 1], is_torus)
        if y >= 0 and not (taken[y, x >> 3] >> (x & 7)) & 1:
            found += 1
            if rng.random() * found < 1.0:
                row, column = y, x
    return row, column


@jit
def find_active(grid, i, cells, is_torus, rng):  # type: ignore[no-untyped-def]
    """A random active citizen in sight of agent i; there is at least one."""
    height, width = grid.who.shape
    r, c = grid.agents[i, 0], grid.agents[i, 1]
    found, chosen = 0, -1
    for k in range(len(cells)):
        y, x = seen(height, width, r + cells[k, 0], c + cells[k, 1], is_torus)
        if y >= 0 and (grid.rebels[y, x >> 3] >> (x & 7)) & 1:
            found += 1
            if rng.random() * found < 1.0:
                chosen = grid.who[y, x]
    return chosen


@jit
def toggle(bits, r, c):  # type: ignore[no-untyped-def]
    """Turn the bit of a cell."""
    bits[r, c >> 3] ^= np.uint8(1 << (c & 7))


@jit
def count(grid, i, r, c, by, rules):  # type: ignore[no-untyped-def]
    """Count citizen i, active in (r, c), wherever it is seen (by = 1), or no longer (by = −1)."""
    toggle(grid.rebels, r, c)
    grid.who[r, c] = i
    add(grid.near, r, c, rules.sight, by, rules.is_torus)
    if not rules.is_shared:
        add(grid.targets, r, c, rules.reach, by, rules.is_torus)


@jit
def count_all(grid, rules):  # type: ignore[no-untyped-def]
    """Count all cops and active citizens of a grid where nobody is counted yet."""
    for i in range(len(grid.agents)):
        r, c, state = grid.agents[i, 0], grid.agents[i, 1], grid.agents[i, 2]
        if state == COP:
            add(grid.near, r, c, rules.sight, COP_SEEN, rules.is_torus)
        elif state == ACTIVE:
            count(grid, i, r, c, 1, rules)


@jit
def arrest(grid, i, rules, rng):  # type: ignore[no-untyped-def]
    """Cop i takes an active citizen in reach, of whom there is at least one."""
    j = find_active(grid, i, rules.reach_cells, rules.is_torus, rng)
    count(grid, j, grid.agents[j, 0], grid.agents[j, 1], -1, rules)
    span = rules.most_term - rules.least_term + 1
    grid.agents[j, 2] = JAILED + rules.least_term + int(rng.random() * span)
    if rules.is_removed:
        toggle(grid.taken, grid.agents[j, 0], grid.agents[j, 1])


@jit
def release(grid, i, rng):  # type: ignore[no-untyped-def]
    """Put a citizen who comes from jail into a random empty cell of the whole grid."""
    height, width = grid.who.shape
    while True:
        r, c = int(rng.random() * height), int(rng.random() * width)
        if not (grid.taken[r, c >> 3] >> (c & 7)) & 1:
            toggle(grid.taken, r, c)
            grid.agents[i, 0], grid.agents[i, 1] = r, c
            return


@jit
def carry(grid, i, r, c, rules):  # type: ignore[no-untyped-def]
    """Let the counts follow a cop or an active citizen i to the cell (r, c)."""
    was_r, was_c = grid.agents[i, 0], grid.agents[i, 1]
    if grid.near.size >= LARGE:
        ask_around(grid.near, r, c, rules.sight)
    if grid.agents[i, 2] == COP:
        add(grid.near, was_r, was_c, rules.sight, -COP_SEEN, rules.is_torus)
        add(grid.near, r, c, rules.sight, COP_SEEN, rules.is_torus)
    else:
        count(grid, i, was_r, was_c, -1, rules)
        count(grid, i, r, c, 1, rules)


@jit
def shuffle(order, rng):  # type: ignore[no-untyped-def]
    """Fisher and Yates' shuffle, in place."""
    for k in range(len(order) - 1, 0, -1):
        j = int(rng.random() * (k + 1))
        order[k], order[j] = order[j], order[k]


@jit
def run(grid, rules, order, patches, stop, rng, counts):  # type: ignore[no-untyped-def]
    """Let all agents act, once a step, for as many steps as ``counts`` has rows.

    ``order`` (n,) is the order of turns, cut into as many equal pieces as ``patches`` has entries;
    both are shuffled in place, each piece within itself. Each row of ``counts`` (steps, 2)
    becomes the numbers of active citizens and of those in jail. Ends early when more than ``stop``
    citizens are active; gives the steps made. A citizen is active iff C < x A with C loyal cops and
    A active citizens in sight, oneself counted, and x its critical ratio.
    """
    taken, agents, near, targets = grid.taken, grid.agents, grid.near, grid.targets
    width = near.shape[1]
    size = -(-len(order) // len(patches))
    n_asking = len(order) - FAR_AHEAD if near.size >= LARGE else 0
    n_active, n_jailed = np.sum(agents[:, 2] == ACTIVE), np.sum(agents[:, 2] >= JAILED)
    for step in range(len(counts)):
        if rules.is_random:
            shuffle(patches, rng)
            for p in range(len(patches)):
                shuffle(order[p * size : (p + 1) * size], rng)
        for p in patches:
            for place in range(p * size, min((p + 1) * size, len(order))):
                # written out: as a function of its own it made a turn a sixth slower
                if place < n_asking:
                    prefetch(agents, order[place + FAR_AHEAD], 0)
                    j = order[place + AHEAD]
                    if agents[j, 2] == COP:
                        ask_around(near, agents[j, 0], agents[j, 1], rules.sight)
                    else:
                        prefetch(near, agents[j, 0], agents[j, 1])
                i = order[place]
                r, c, state = agents[i, 0], agents[i, 1], agents[i, 2]
                if state >= JAILED:
                    if state > JAILED:
                        agents[i, 2] = state - 1
                        continue
                    n_jailed -= 1
                    state = agents[i, 2] = QUIET
                    if rules.is_removed:
                        release(grid, i, rng)
                        r, c = agents[i, 0], agents[i, 1]
                if state >= QUIET:
                    x, look = int(agents[i, 3]), int(near[r, c])
                    is_active = x > 0 and UNIT * (look >> 16) < x * (
                        1 + (look & 0xFFFF) - int(state)
                    )
                    if is_active != (state == ACTIVE):
                        by = 1 if is_active else -1
                        n_active += by
                        count(grid, i, r, c, by, rules)
                        state = agents[i, 2] = ACTIVE if is_active else QUIET
                elif state == COP and rules.is_arresting and targets[r, c] & 0xFFFF:
                    arrest(grid, i, rules, rng)
                    n_active -= 1
                    n_jailed += 1
                if rules.is_moving:
                    cells = rules.sight_cells if state >= QUIET else rules.reach_cells
                    y, x = free_cell(taken, width, r, c, cells, rules.is_torus, rng)
                    if y >= 0:
                        if state in (ACTIVE, COP):
                            carry(grid, i, y, x, rules)
                        toggle(taken, r, c)
                        toggle(taken, y, x)
                        agents[i, 0], agents[i, 1] = y, x
        counts[step, 0], counts[step, 1] = n_active, n_jailed
        if n_active > stop:
            return step + 1
    return len(counts)
