"""Agents on a grid who rebel, arrest and move; what is in sight is counted as it changes.

Counts of loyal cops and of active citizens within vision are kept for every cell, and touched only
when a cop or an active citizen moves or changes state. So a look costs the same however far
citizens see and however large the grid is.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from fissure.kernels._jit import jit

__all__ = ["UNIT", "Grid", "Rules", "add_all", "run"]

QUIET, ACTIVE, JAILED, COP, IDLE_COP = 0, 1, 2, -1, -2
#: Unit of the critical ratios, which are whole numbers so that an agent fits into 16 bytes.
UNIT = 65536
#: So many blind tries for an empty cell or an active citizen before every cell is looked at.
TRIES = 64


class Grid(NamedTuple):
    """The state, changed in place; n agents on height × width cells.

    ``who`` (height, width) holds the agent in a cell, and what it held last where the bit of the
    cell in ``taken`` (height, ⌈width/8⌉) is 0. ``agents`` (n, 4) holds row, column, state and
    critical ratio. The state is 0 quiet, 1 active, 2 + steps left in jail, −1 cop, −2 cop who
    stands aside; the ratio of cops to active citizens from which a citizen keeps quiet counts in
    1/65,536. ``cops`` and ``active`` (height, width) count those within the citizens' vision,
    ``targets`` active citizens within the cops'; the latter two are one array where the visions
    are equal.
    """

    who: np.ndarray
    taken: np.ndarray
    agents: np.ndarray
    cops: np.ndarray
    active: np.ndarray
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
def add(counts, r, c, widths, by, is_torus):  # type: ignore[no-untyped-def]
    """Add to the counts of all cells that see the cell (r, c)."""
    height, width = counts.shape
    v = len(widths) // 2
    for dr in range(-v, v + 1):
        y = r + dr
        if y < 0 or y >= height:
            if not is_torus:
                continue
            y = y + height if y < 0 else y - height
        left, right = c - widths[dr + v], c + widths[dr + v] + 1
        for x in range(max(left, 0), min(right, width)):
            counts[y, x] += by
        if is_torus:
            for x in range(left + width, width):
                counts[y, x] += by
            for x in range(0, right - width):
                counts[y, x] += by


@jit
def add_all(counts, agents, state, widths, is_torus):  # type: ignore[no-untyped-def]
    """Count all agents of one state in all cells that see them."""
    for i in range(len(agents)):
        if agents[i, 2] == state:
            add(counts, agents[i, 0], agents[i, 1], widths, 1, is_torus)


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
        if y >= 0 and (grid.taken[y, x >> 3] >> (x & 7)) & 1:
            other = grid.who[y, x]
            if grid.agents[other, 2] == ACTIVE:
                found += 1
                if rng.random() * found < 1.0:
                    chosen = other
    return chosen


@jit
def toggle(taken, r, c):  # type: ignore[no-untyped-def]
    """Make an empty cell taken, or a taken one empty."""
    taken[r, c >> 3] ^= np.uint8(1 << (c & 7))


@jit
def switch(grid, i, by, rules):  # type: ignore[no-untyped-def]
    """Count citizen i as active (by = 1), or no longer (by = −1), wherever it is seen."""
    r, c = grid.agents[i, 0], grid.agents[i, 1]
    add(grid.active, r, c, rules.sight, by, rules.is_torus)
    if not rules.is_shared:
        add(grid.targets, r, c, rules.reach, by, rules.is_torus)


@jit
def arrest(grid, i, rules, rng):  # type: ignore[no-untyped-def]
    """Cop i takes an active citizen in reach, of whom there is at least one."""
    j = find_active(grid, i, rules.reach_cells, rules.is_torus, rng)
    switch(grid, j, -1, rules)
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
            grid.who[r, c] = i
            grid.agents[i, 0], grid.agents[i, 1] = r, c
            return


@jit
def carry(grid, i, r, c, rules):  # type: ignore[no-untyped-def]
    """Let the counts follow a cop or an active citizen i to the cell (r, c)."""
    if grid.agents[i, 2] == COP:
        add(grid.cops, grid.agents[i, 0], grid.agents[i, 1], rules.sight, -1, rules.is_torus)
        add(grid.cops, r, c, rules.sight, 1, rules.is_torus)
    else:
        switch(grid, i, -1, rules)
        add(grid.active, r, c, rules.sight, 1, rules.is_torus)
        if not rules.is_shared:
            add(grid.targets, r, c, rules.reach, 1, rules.is_torus)


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
    who, taken, agents, width = grid.who, grid.taken, grid.agents, grid.who.shape[1]
    cops, active, targets = grid.cops, grid.active, grid.targets
    size = -(-len(order) // len(patches))
    n_active, n_jailed = np.sum(agents[:, 2] == ACTIVE), np.sum(agents[:, 2] >= JAILED)
    for step in range(len(counts)):
        if rules.is_random:
            shuffle(patches, rng)
            for p in range(len(patches)):
                shuffle(order[p * size : (p + 1) * size], rng)
        for p in patches:
            for place in range(p * size, min((p + 1) * size, len(order))):
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
                    x = int(agents[i, 3])
                    is_active = x > 0 and UNIT * int(cops[r, c]) < x * (
                        1 + int(active[r, c]) - int(state)
                    )
                    if is_active != (state == ACTIVE):
                        by = 1 if is_active else -1
                        n_active += by
                        switch(grid, i, by, rules)
                        state = agents[i, 2] = ACTIVE if is_active else QUIET
                elif state == COP and rules.is_arresting and targets[r, c] > 0:
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
                        who[y, x] = i
                        agents[i, 0], agents[i, 1] = y, x
        counts[step, 0], counts[step, 1] = n_active, n_jailed
        if n_active > stop:
            return step + 1
    return len(counts)
