"""The whole of Q2 for the groups of a verdict: what can these records not tell?"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, fields, replace
from typing import Any, Literal, get_args

import numpy as np
from threadpoolctl import threadpool_limits

from fissure.errors import ConvergenceError, DataError, SettingError
from fissure.matrix import Matrix
from fissure.models.ideal import IdealPoints
from fissure.models.mixture import BlocMixture
from fissure.records import Records
from fissure.results import Group, Interval, Member, Sampled, Split, Unknowns
from fissure.split.groups import group_masks, item_turn
from fissure.split.settings import SplitSettings
from fissure.unknowns.absence import absence_band
from fissure.unknowns.chances import chances
from fissure.unknowns.detectability import detectability
from fissure.unknowns.hidden import hidden_dissent
from fissure.unknowns.pressure import pressure
from fissure.unknowns.rebels import rebels
from fissure.workers import check_workers, spread

__all__ = ["PARTS", "Part", "unknowns"]

Part = Literal["chances", "positions", "detectable", "hidden", "rivals", "blocs"]
PARTS: tuple[Part, ...] = get_args(Part)

#: What is said while a part is worked on.
STAGES: dict[Part, str] = {
    "chances": "drawing worlds",
    "positions": "drawing positions",
    "detectable": "finding what could have been seen",
    "hidden": "supposing absences and votes to be hiding something",
    "rivals": "asking rival models",
    "blocs": "counting blocs beyond one line",
}

#: What is missing where a part could not be had.
WORDS = {
    "chances": "No probability of a split",
    "drawn": "No posterior draws of positions",
    "detectable": "Which splits would have shown is unknown",
    "absence": "What absences may hide is unknown",
    "hidden": "What votes may hide is unknown",
    "rebels": "No model with ends against the middle",
    "pressure": "No model of party pressure",
    "blocs": "No number of blocs beyond one line",
}


def unknowns(
    data: Records | Matrix,
    answer: Split,
    *,
    parts: tuple[Part, ...] = PARTS,
    workers: int | None = None,
    progress: Callable[[str, str], None] | None = None,
    done: Mapping[str, Group] | None = None,
    on_group: Callable[[Group], None] | None = None,
) -> Split:
    """What can these records not tell? The same answer, with :attr:`Group.unknowns` filled.

    - ``chances``: the verdict with probabilities (:mod:`fissure.unknowns.chances`).
    - ``positions``: posterior draws; members' intervals are then those of the draws.
    - ``detectable``: the smallest split that would have shown.
    - ``hidden``: how far absences and votes against one's own views could mislead the verdict.
    - ``rivals``: ends against the middle; party pressure.
    - ``blocs``: the number of blocs beyond one line of positions.

    Parameters
    ----------
    data
        The records, or the matrix, that the answer was made from.
    answer
        What :func:`fissure.split` found in them. Thresholds and seed are taken from it.
    parts
        Which of these are wanted.
    workers
        Processes that work at the same time; one for each core without it.
    progress
        Called with a group's name and the stage that begins.
    done
        Groups finished earlier, by name: they are taken over as they are.
    on_group
        Called with each group as it is finished.

    Raises
    ------
    SettingError
        If a part is unknown, ``workers`` is below 1, or ``answer`` is no Split.
    DataError
        If the answer is about groups that these records do not have.

    Examples
    --------
    >>> import fissure as fs
    >>> records = fs.load("karate-club")
    >>> quick = fs.SplitSettings(null_draws=19, preference_draws=0)
    >>> answer = fs.split(records, settings=quick)
    >>> answer = fs.unknowns(records, answer, parts=("chances",), workers=1)
    >>> answer.groups[0].unknowns.chances.p_split < 0.5
    True
    """
    for part in parts:
        if part not in PARTS:
            raise SettingError(f"parts must be among {', '.join(PARTS)}, got {part!r}")
    check_workers(workers)
    if not isinstance(answer, Split):
        raise SettingError(f"answer must be what fissure.split gave, got {type(answer).__name__}")
    finished = dict(done or {})
    tasks = list(_tasks(data, answer, parts, finished))
    found: dict[str, list[_Found]] = {}
    for task, one in zip(tasks, spread(_done, _told(tasks, progress), workers), strict=True):
        mine = found.setdefault(task.group.name, [])
        mine.append(one)
        if len(mine) == len(parts):
            finished[task.group.name] = _filled(task.group, mine)
            if on_group is not None:
                on_group(finished[task.group.name])
    return replace(answer, groups=tuple(finished[g.name] for g in answer.groups))


@dataclass(frozen=True)
class _Task:
    """One part for one group, with all it needs: it may be done in another process.

    ``matrix`` has the items turned by their majorities, ``as_cast`` as the records have them.
    """

    part: Part
    matrix: Matrix
    as_cast: Matrix
    group: Group
    settings: SplitSettings
    seed: int
    within: str | None
    records: Records | None


@dataclass(frozen=True)
class _Found:
    """What a part gave: results by name, and for others why they could not be had."""

    results: dict[str, Any]
    missing: dict[str, str]


def _tasks(
    data: Records | Matrix, answer: Split, parts: tuple[Part, ...], finished: dict[str, Group]
) -> Iterator[_Task]:
    """Every part of every group that is not finished, with the settings of the answer."""
    own = {f.name for f in fields(SplitSettings)}
    settings = SplitSettings(**{k: v for k, v in answer.settings.items() if k in own})
    yea, nay = (tuple(answer.settings[side]) for side in ("yea", "nay"))
    whole = data if isinstance(data, Matrix) else Matrix.from_records(data, yea=yea, nay=nay)
    within = answer.settings.get("within")
    masks = dict(group_masks(whole, within, True))
    for group in answer.groups:
        if group.name in finished:
            continue
        if group.name not in masks:
            raise DataError(
                f"the answer is about {group.name!r}, which these records do not have; they have "
                f"{', '.join(map(repr, masks))}"
            )
        matrix = whole.of_actors(
            masks[group.name], name=group.name, min_presence=settings.min_presence
        )
        if (matrix.n_actors, matrix.n_items) != (group.n_actors, group.n_items):
            raise DataError(
                f"{group.name!r} has {group.n_actors} actors and {group.n_items} items in the "
                f"answer, and {matrix.n_actors} and {matrix.n_items} in these records"
            )
        # a mirrored input must give the same answer to the last bit; only the model of rebels tells
        # which choice was yea
        turned = matrix.turned(item_turn(matrix.dense()))
        for part in parts:
            kept = data if part == "hidden" and isinstance(data, Records) else None
            yield _Task(part, turned, matrix, group, settings, answer.seed, within, kept)


def _told(tasks: list[_Task], progress: Callable[[str, str], None] | None) -> Iterator[_Task]:
    """The tasks, each told of as it is taken up."""
    for task in tasks:
        if progress is not None:
            progress(task.group.name, STAGES[task.part])
        yield task


def _done(task: _Task) -> _Found:
    """Whatever cannot be had leaves its reason."""
    results: dict[str, Any] = {}
    missing = {}
    # thousands of small products: a second BLAS thread makes each slower
    with threadpool_limits(1, user_api="blas"):
        for name, make in _makers(task):
            try:
                results[name] = make()
            except (DataError, ConvergenceError) as error:
                missing[name] = str(error).removeprefix(f"{task.group.name!r}: ")
    return _Found(results, missing)


def _makers(task: _Task) -> Iterator[tuple[str, Callable[[], Any]]]:
    """The results that a part consists of, and how each is made."""
    matrix, group, settings, seed = task.matrix, task.group, task.settings, task.seed
    # a party column tells camps apart in the whole body only
    camps = task.within if group.name == "all" else None
    if task.part == "chances":
        # which choice was yea tells leans to yea from leans to the majority
        yield "chances", lambda: chances(task.as_cast, group, settings, seed)
    elif task.part == "positions":
        yield "drawn", lambda: _drawn(matrix, seed)
    elif task.part == "detectable":
        yield "detectable", lambda: detectability(matrix, group, settings, seed)
    elif task.part == "hidden":
        yield "absence", lambda: absence_band(matrix, group, settings, seed, task.records)
        yield "hidden", lambda: hidden_dissent(matrix, group, settings, seed)
    elif task.part == "rivals":
        yield "rebels", lambda: rebels(task.as_cast, group, within=camps, seed=seed)
        if camps is not None:
            yield "pressure", lambda: pressure(matrix, group, settings, seed, camps)
    else:
        yield "blocs", lambda: BlocMixture(seed=seed).fit(matrix).number


def _filled(group: Group, found: list[_Found]) -> Group:
    """The group with everything found, and its members where the draws put them."""
    results = {name: one for part in found for name, one in part.results.items()}
    at, sampled = results.pop("drawn", ({}, None))

    def placed(m: Member) -> Member:
        return replace(m, position=at.get(m.actor, m.position))

    remarks = _remarks({name: why for part in found for name, why in part.missing.items()})
    return replace(
        group,
        blocs=tuple(replace(b, members=tuple(map(placed, b.members))) for b in group.blocs),
        defectors=tuple(map(placed, group.defectors)),
        unknowns=Unknowns(**results, sampled=sampled, remarks=remarks),
    )


def _remarks(missing: dict[str, str]) -> tuple[str, ...]:
    """A sentence for each reason, on all that could not be had for it."""
    by_reason: dict[str, list[str]] = {}
    for name, why in missing.items():
        by_reason.setdefault(why.removesuffix("."), []).append(WORDS[name])
    out = []
    for why, (first, *others) in by_reason.items():
        lost = ", ".join([first, *(w[0].lower() + w[1:] for w in others)])
        out.append(f"{lost}: {why}.")
    return tuple(out)


def _drawn(matrix: Matrix, seed: int) -> tuple[dict[str, Interval], Sampled]:
    """Each actor's position from posterior draws, and how good those are."""
    drawn = IdealPoints().sample(matrix, seed=seed)
    x = drawn.draws[..., 0].reshape(-1, matrix.n_actors)
    low, high = np.quantile(x, [0.025, 0.975], axis=0)
    at = {
        actor: Interval(float(x[:, i].mean()), float(low[i]), float(high[i]))
        for i, actor in enumerate(matrix.actors["actor"].to_list())
    }
    ess = drawn.bulk_ess[:, 0]
    worst, rhat = int(np.argmin(ess)), float(drawn.rhat.max())
    name = matrix.names[worst]
    n_chains, n_draws = drawn.draws.shape[:2]
    sentence = (
        f"The members’ positions and intervals come from {n_chains} chains of {n_draws:,} draws "
        f"each; those of {name} are worth the least, {ess[worst]:,.0f} independent ones, and the "
        f"chains differ by no more than R-hat {rhat:.3f}."
    )
    return at, Sampled(n_chains, n_draws, name, float(ess[worst]), rhat, sentence)
