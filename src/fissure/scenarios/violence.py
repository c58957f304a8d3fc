"""Civil violence: citizens who rebel, cops who arrest, on a grid (Epstein 2002)."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from typing import Any, Literal

import numpy as np
from numpy.typing import NDArray

from fissure.errors import SettingError
from fissure.kernels import violence as kernel
from fissure.scenarios.model import Free, Model, outcome_of, whole, within

__all__ = ["CivilViolence", "Run", "Violence", "mean_field"]

Array = NDArray[np.float64]
Ints = NDArray[np.int64]
Rounding = Literal["none", "floor", "round"]

PATCH = 4096
#: Above any ratio of cops to active citizens that can be in sight.
NEVER_QUIET = 30_000.0
TINY = 1e-12
#: Both are counted in one number of 32 bits.
MOST_CITIZENS, MOST_COPS = 65_535, 32_767
ROUNDING: tuple[Rounding, ...] = ("none", "floor", "round")


@dataclass(frozen=True)
class Run:
    """One run on the grid.

    Parameters
    ----------
    active, jailed
        Shares of all citizens after each step; shorter than asked for where the run ended early.
    n_citizens, n_cops
        Agents on the grid; a share ``loyalty`` of the cops takes part.
    """

    active: Array
    jailed: Array
    n_citizens: int
    n_cops: int


@dataclass(frozen=True)
class Violence:
    """Epstein's civil violence, with every ambiguity of the published description a switch.

    A citizen with hardship H and risk aversion R, both uniform on 0 to 1, is active when
    G − R P > T, with grievance G = H (1 − L) and P = 1 − exp(−k C/A): C loyal cops and A active
    citizens in sight, oneself counted. A cop arrests one active citizen in sight. What
    the paper leaves open is a setting here; the defaults are those of Mesa's example.

    Parameters
    ----------
    height, width
        Cells, each 3 or more, and on a torus at least 2 × vision + 1.
    citizens, cops
        Shares of all cells, together below 1.
    legitimacy, loyalty
        L, and the share of cops who are seen as cops and arrest; both 0 to 1.
    aggrieved
        Share of citizens who have any hardship at all; 1 in the paper.
    threshold, constant
        T and k.
    vision, cop_vision
        Cells in each direction, 1 or more; each has its own, unlike in some published code.
    neighbourhood
        Whether sight is a square (``moore``) or a diamond (``von neumann``).
    rounding
        Of C/A: ``none`` as in the paper's text; ``floor``; ``round`` (half to even), which the
        published figures are said to need.
    order
        Whether turns are shuffled each step (``random``); shuffled within patches of 4,096 agents
        who began close together, and the patches among themselves (``patches``, a little faster
        on large grids); or always the same (``sequential``).
    most_term, has_zero_term
        Longest sentence in steps, and whether a sentence may be 0.
    jail
        Whether those in jail keep their cell (``in place``) or leave the grid and come back
        anywhere (``removed``).
    is_moving, is_arresting, is_torus
        Whether agents move, cops arrest, and edges meet.

    References
    ----------
    Epstein (2002). Modeling civil violence: An agent-based computational approach. PNAS 99 (suppl.
    3), 7243-7250. doi:10.1073/pnas.092080199

    Examples
    --------
    >>> run = Violence(height=20, width=20).run(10, seed=1)
    >>> len(run.active), bool((run.active + run.jailed <= 1).all())
    (10, True)
    """

    height: int = 40
    width: int = 40
    citizens: float = 0.7
    cops: float = 0.074
    legitimacy: float = 0.8
    loyalty: float = 1.0
    aggrieved: float = 1.0
    threshold: float = 0.1
    constant: float = 2.3
    vision: int = 7
    cop_vision: int = 7
    neighbourhood: Literal["moore", "von neumann"] = "von neumann"
    rounding: Rounding = "round"
    order: Literal["random", "patches", "sequential"] = "random"
    most_term: int = 1000
    has_zero_term: bool = True
    jail: Literal["in place", "removed"] = "in place"
    is_moving: bool = True
    is_arresting: bool = True
    is_torus: bool = True

    def __post_init__(self) -> None:
        for name in ("citizens", "cops", "legitimacy", "loyalty", "aggrieved"):
            within(name, getattr(self, name), 0.0, 1.0)
        within("threshold", self.threshold, -1.0, 1.0)
        within("constant", self.constant, 0.0, 1e6)
        for name, least in (("vision", 1), ("cop_vision", 1), ("most_term", 0)):
            whole(name, getattr(self, name), least)
        if self.citizens + self.cops >= 1:
            total = self.citizens + self.cops
            raise SettingError(f"citizens and cops must leave empty cells, got {total:g} of them")
        if self.most_term == 0 and not self.has_zero_term:
            raise SettingError("most_term must be 1 or more where has_zero_term is False, got 0")
        far = 2 * max(self.vision, self.cop_vision) + 1 if self.is_torus else 3
        for name in ("height", "width"):
            value = getattr(self, name)
            if type(value) is not int or value < max(far, 3):
                raise SettingError(
                    f"{name} must be {max(far, 3)} or more with this vision, got {value!r}"
                )
        self._check_sight()
        for name, allowed in (
            ("neighbourhood", ("moore", "von neumann")),
            ("rounding", ROUNDING),
            ("order", ("random", "patches", "sequential")),
            ("jail", ("in place", "removed")),
        ):
            if getattr(self, name) not in allowed:
                raise SettingError(
                    f"{name} must be one of {', '.join(allowed)}, got {getattr(self, name)!r}"
                )

    def _check_sight(self) -> None:
        v = max(self.vision, self.cop_vision)
        sight = (2 * v + 1) ** 2 if self.neighbourhood == "moore" else 2 * v * (v + 1) + 1
        for name, most in (("citizens", MOST_CITIZENS), ("cops", MOST_COPS)):
            seen = min(sight, round(getattr(self, name) * self.height * self.width))
            if seen > most:
                raise SettingError(f"at most {most:,} {name} may be in one sight, got {seen:,}")

    def run(
        self, steps: int, seed: int | np.random.SeedSequence = 1, stop: float = 1.0,
        started: float = 0.0, least: float = 0.0,
    ) -> Run:  # fmt: skip
        """Let agents act for some steps.

        Parameters
        ----------
        steps
            0 or more.
        seed
            0 or more, or a sequence; the same gives the same run.
        stop
            Share of citizens; the run ends when more are active.
        started
            Share of the aggrieved citizens who are active at the start, 0 to 1.
        least
            Share of citizens; where fewer could ever be active no step is made.

        Raises
        ------
        SettingError
            If steps or seed are negative, or a share is outside 0..1.
        """
        whole("steps", steps, 0)
        if not isinstance(seed, np.random.SeedSequence):
            whole("seed", seed, 0)
        within("stop", stop, 0.0, 1.0)
        within("started", started, 0.0, 1.0)
        within("least", least, 0.0, 1.0)
        return self.begin(seed).run(steps, stop, started, least)

    def begin(self, seed: int | np.random.SeedSequence) -> Begun:
        """Agents put at random on the grid, nobody active yet."""
        rng = np.random.default_rng(seed)
        cells = self.height * self.width
        n_citizens, n_cops = round(self.citizens * cells), round(self.cops * cells)
        n = n_citizens + n_cops
        # neighbours in space are neighbours in memory, which is what keeps large grids fast
        place = np.sort(rng.permutation(cells)[:n])
        is_taken = np.zeros(cells, bool)
        is_taken[place] = True
        hardship, fear, luck, eager = rng.random((4, n))
        hardship = np.where(luck < self.aggrieved, hardship, 0.0)
        state = np.full(n, kernel.QUIET)
        cop = rng.permutation(n)[:n_cops]
        state[cop] = kernel.IDLE_COP
        state[cop[: round(self.loyalty * n_cops)]] = kernel.COP
        critical = self.critical(hardship * (1 - self.legitimacy), fear)
        agents = np.stack([*np.divmod(place, self.width), state, critical], axis=1, dtype=np.int32)
        # cops never begin; nor do citizens without hardship
        eager = np.where((state == kernel.QUIET) & (luck < self.aggrieved), eager, 1.0)
        taken = np.packbits(is_taken.reshape(self.height, self.width), axis=1, bitorder="little")
        luck = rng.bit_generator.state
        return Begun(self, self.rules, agents, taken, eager, n_citizens, rng, luck)

    @property
    def rules(self) -> kernel.Rules:
        """The switches as the kernel takes them."""
        sight, sight_cells = looks(self.vision, self.neighbourhood)
        reach, reach_cells = looks(self.cop_vision, self.neighbourhood)
        return kernel.Rules(
            sight, reach, sight_cells, reach_cells, self.most_term, 0 if self.has_zero_term else 1,
            self.order != "sequential", self.is_moving, self.is_torus, self.is_arresting,
            self.jail == "removed", self.vision == self.cop_vision,
        )  # fmt: skip

    def critical(self, grievance: Array, fear: Array) -> NDArray[np.int32]:
        """The ratio C/A below which each citizen is active, in the kernel's unit; 0 for never.

        G − R (1 − exp(−k y)) > T means y < x with x = −log(1 − (G − T)/R)/k. The ratio rounded down
        is below x iff the ratio itself is below ⌈x⌉; rounded to the nearest, iff it is below
        ⌈x⌉ − 1/2, or just there and ⌈x⌉ is odd, since halves go to the even neighbour.
        """
        can = grievance > self.threshold
        with np.errstate(divide="ignore"):
            room = np.divide(grievance - self.threshold, fear, where=can, out=np.zeros(len(fear)))
            x = np.minimum(
                -np.log1p(-np.minimum(room, 1.0)) / max(self.constant, TINY), NEVER_QUIET
            )
        if self.rounding == "floor":
            x = np.ceil(x)
        elif self.rounding == "round":
            x = np.ceil(x) - 0.5
        whole = np.ceil(x * kernel.UNIT).astype(np.int32)
        if self.rounding == "round":
            # one unit lets a ratio that is just there pass, and no other: A is far below UNIT / 2
            whole += np.ceil(x).astype(np.int32) % 2
        return np.asarray(np.where(can, whole, 0))


@dataclass(frozen=True)
class Begun:
    """Agents on a grid, from which runs begin that differ in how many rebel at once.

    Parameters
    ----------
    settings, rules
        Whose agents they are, and the switches as the kernel takes them.
    agents, taken
        As in :class:`fissure.kernels.violence.Grid`; everyone is quiet.
    eager
        Share of rebels at the start above which each agent is one of them, shape (n,).
    n_citizens
        Citizens among the agents.
    rng, luck
        Random numbers, and their state when a run begins.
    """

    settings: Violence
    rules: kernel.Rules
    agents: NDArray[np.int32]
    taken: NDArray[np.uint8]
    eager: Array
    n_citizens: int
    rng: np.random.Generator
    luck: Mapping[str, Any]

    def run(self, steps: int, stop: float, started: float, least: float) -> Run:
        """One run, as :meth:`Violence.run`."""
        s, n = self.settings, len(self.agents)
        agents = self.starting(started)
        state, critical = agents[:, 2], agents[:, 3]
        can_rebel = (state == kernel.ACTIVE) | ((state == kernel.QUIET) & (critical > 0))
        share = np.empty((0, 2))
        # divided as the shares of the result are, so that what is just reached is
        if can_rebel.sum() / max(self.n_citizens, 1) >= least:
            counts = np.zeros((steps, 2), np.int64)
            order = np.arange(n, dtype=np.int32)
            patches = np.arange(-(-n // PATCH) if s.order == "patches" else 1)
            most = int(stop * self.n_citizens)
            self.rng.bit_generator.state = self.luck
            grid = self.grid(agents)
            made = kernel.run(grid, self.rules, order, patches, most, self.rng, counts)
            share = counts[:made] / max(self.n_citizens, 1)
        return Run(share[:, 0], share[:, 1], self.n_citizens, n - self.n_citizens)

    def starting(self, started: float) -> NDArray[np.int32]:
        """The agents with some of the citizens active."""
        agents = self.agents.copy()
        agents[self.eager < started, 2] = kernel.ACTIVE
        return agents

    def grid(self, agents: NDArray[np.int32]) -> kernel.Grid:
        """A grid of its own for these agents, with all that is in sight counted."""
        shape = (self.settings.height, self.settings.width)
        near = np.zeros(shape, np.int32)
        targets = near if self.rules.is_shared else np.zeros(shape, np.int32)
        taken = self.taken.copy()
        who, rebels = np.zeros(shape, np.int32), np.zeros_like(taken)
        grid = kernel.Grid(who, taken, rebels, agents, near, targets)
        kernel.count_all(grid, self.rules)
        return grid


@cache
def looks(vision: int, neighbourhood: str) -> tuple[NDArray[np.int32], NDArray[np.int32]]:
    """Half-width of each row in sight, and the offsets of all cells but one's own."""
    rows = np.arange(-vision, vision + 1)
    widths = np.full(len(rows), vision) if neighbourhood == "moore" else vision - np.abs(rows)
    cells = [(r, c) for r, w in zip(rows, widths, strict=True) for c in range(-w, w + 1) if r or c]
    return widths.astype(np.int32), np.array(cells, np.int32)


def mean_field(settings: Violence, started: float = 0.0, steps: int = 10_000) -> float:
    """Share of citizens active in the end if everyone sees everyone and nobody is arrested.

    The share who would be active at a ratio C/A of cops to active citizens is that of the unit
    square of H and R with H (1 − L) − R P > T, a trapezium: with h(R) = (T + R P)/(1 − L) it is
    ∫₀¹ max(0, 1 − max(0, h)) dR. It is applied again and again from ``started``.

    Parameters
    ----------
    settings
        Shares, legitimacy, threshold, constant and rounding are used.
    started
        Share of the aggrieved who are active at first.
    steps
        At most so many times.

    Examples
    --------
    >>> round(mean_field(Violence(cops=0.0, threshold=0.05)), 4)
    0.75
    """
    cells = settings.height * settings.width
    n = round(settings.citizens * cells)
    cops = round(settings.loyalty * round(settings.cops * cells))
    a = started * settings.aggrieved
    for _ in range(steps):
        ratio = cops / max(a * n, 1.0)
        ratio = {"none": ratio, "floor": np.floor(ratio), "round": np.rint(ratio)}[
            settings.rounding
        ]
        p = 1 - np.exp(-settings.constant * ratio)
        new = settings.aggrieved * _share(settings, float(p))
        if abs(new - a) < 1e-14:
            break
        a = new
    return float(a)


def _share(settings: Violence, p: float) -> float:
    """∫₀¹ max(0, 1 − max(0, (T + r p)/(1 − L))) dr, exactly."""
    room = 1 - settings.legitimacy
    if room == 0:
        return 1.0 if settings.threshold < 0 else 0.0
    start, slope = settings.threshold / room, p / room
    if slope == 0:
        return float(np.clip(1 - start, 0.0, 1.0))
    zero, one = np.clip(-start / slope, 0, 1), np.clip((1 - start) / slope, 0, 1)
    inside = (one - zero) * (1 - start) - slope * (one**2 - zero**2) / 2
    return float(zero + inside)


@dataclass(frozen=True)
class CivilViolence(Model):
    """Epstein's agents as one of the rival models.

    A split takes legitimacy away and makes cops stand aside; strength is the share of citizens
    with any grievance; organisation makes more of them begin together; capacity is the number of
    cops.

    Parameters
    ----------
    side, steps
        Size of the grid, and length of a run.
    rounding
        Of the arrest ratio, as in :class:`Violence`; ``either`` draws it as an unmeasured number.
    """

    name: str = "civil violence"
    mechanism: str = (
        "Citizens on a grid rebel when their grievance outweighs the risk of arrest that they "
        "see around them; cops arrest rebels. A split lowers legitimacy and makes cops stand aside."
    )
    source: str = "Epstein (2002), PNAS 99 (suppl. 3), 7243-7250, doi:10.1073/pnas.092080199"
    leaves_out: str = (
        "Elites as persons, bargaining, aims, memory, media, and any place but a square grid."
    )
    free: tuple[Free, ...] = (
        Free("legitimacy", 0.7, 0.9, "legitimacy of a united government"),
        Free("split on legitimacy", 0.1, 0.6, "share of legitimacy lost at depth 1"),
        Free("split on loyalty", 0.0, 1.0, "share of cops who stand aside at depth 1"),
        Free("threshold", 0.05, 0.15, "net grievance at which a citizen rebels"),
        Free("cops", 0.06, 0.16, "cops per cell at capacity 1"),
        Free("joint start", 0.2, 0.8, "share of the aggrieved who begin at once, organisation 1"),
        Free("barrier", 0.25, 0.6, "share of citizens active at which the government falls"),
        Free("notice", 0.05, 0.2, "share active or in jail below which nothing is answered"),
        Free("rounding", 0.0, 1.0, "arrest ratio rounded (above one half) or not"),
    )
    side: int = 15
    steps: int = 20
    rounding: Literal["none", "floor", "round", "either"] = "either"

    def __post_init__(self) -> None:
        if self.rounding not in (*ROUNDING, "either"):
            allowed = ", ".join((*ROUNDING, "either"))
            raise SettingError(f"rounding must be one of {allowed}, got {self.rounding!r}")
        for name, value, least in (("side", self.side, 15), ("steps", self.steps, 1)):
            whole(name, value, least)

    def run(self, conditions: Array, free: Array, seeds: Ints) -> Array:
        """See :meth:`Model.run`: the most ever active, and the most ever in jail, decide."""
        m = len(conditions)
        mass, jailed = np.zeros(m), np.zeros(m)
        idle = free[:, 2] * conditions[:, 0]
        # fewer than these cannot change the outcome, whatever they do
        least = np.where(idle >= 0.5, free[:, 6], np.minimum(free[:, 6], free[:, 7]))
        known = np.column_stack([conditions[:, [0, 1, 3]], free])
        for k in range(m):
            # organisation changes how many begin, and nothing else
            if k == 0 or seeds[k] != seeds[k - 1] or (known[k] != known[k - 1]).any():
                begun = self.settings(conditions[k], free[k]).begin(int(seeds[k]))
            run = begun.run(
                self.steps,
                stop=float(free[k, 6]),
                started=float(free[k, 5]) * float(conditions[k, 2]),
                least=float(least[k]),
            )
            mass[k], jailed[k] = run.active.max(initial=0.0), run.jailed.max(initial=0.0)
        return outcome_of(mass, idle, free[:, 6], jailed, free[:, 7], np.maximum(mass, jailed))

    def settings(self, conditions: Array, free: Array) -> Violence:
        """What the conditions mean on the grid."""
        depth, strength, _, capacity = conditions.tolist()
        rounding = self.rounding
        if rounding == "either":
            rounding = "round" if free[8] > 0.5 else "none"
        return Violence(
            height=self.side,
            width=self.side,
            cops=float(free[4]) * capacity,
            legitimacy=float(free[0]) * (1 - float(free[1]) * depth),
            loyalty=1 - float(free[2]) * depth,
            aggrieved=strength,
            threshold=float(free[3]),
            vision=5,
            cop_vision=5,
            rounding=rounding,
            most_term=30,
        )
