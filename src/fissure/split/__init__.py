"""Q1: is the group split, into which blocs, along what lines, how deeply, and who stands where?"""

from __future__ import annotations

import zlib
from collections.abc import Callable, Mapping
from dataclasses import asdict, replace

import numpy as np
import polars as pl
from numpy.typing import NDArray
from threadpoolctl import threadpool_limits

from fissure.errors import ConvergenceError, DataError, SettingError
from fissure.matrix import Matrix
from fissure.models.ideal import IdealPoints, IdealPointsResult
from fissure.periods import item_order
from fissure.records import Records
from fissure.results import Group, Skipped, Split
from fissure.split.assemble import assemble
from fissure.split.decide import decide
from fissure.split.groups import group_masks, item_turn, too_small
from fissure.split.preference import preference_verdict
from fissure.split.provenance import source_of, versions_used
from fissure.split.settings import SplitSettings, check_seed

__all__ = ["SplitSettings", "split"]


def split(
    data: Records | Matrix,
    *,
    within: str | None = None,
    whole: bool = True,
    settings: SplitSettings | None = None,
    seed: int = 1,
    yea: tuple[str, ...] = ("yea",),
    nay: tuple[str, ...] = ("nay",),
    progress: Callable[[str, str], None] | None = None,
    done: Mapping[str, Group] | None = None,
    on_group: Callable[[Group], None] | None = None,
) -> Split:
    """Is the group divided? A verdict on behaviour for the whole body and for each caucus.

    Blocs are found on one half of the items and measured on the other, many times over; the depth
    is the root mean square gap in their yea shares over all items, with the finite-size bias
    removed. The verdict is *split* where the blocs stand at least ``min_depth`` apart, the middle
    between them is empty, and records in which every member chooses independently do not look as
    deep; *no split* where that fails although a clear split would have been found; *cannot tell*
    otherwise.

    Parameters
    ----------
    data
        Records, or a Matrix made from them.
    within
        An actor column, such as ``party``: each of its values is also looked at by itself.
    whole
        Whether to look at the whole body too.
    settings
        Thresholds and numbers of draws.
    seed
        Seed of every random draw. A group's answer does not depend on which others are asked about.
    yea, nay
        Which meanings of a choice count as the two sides, where Records are given.
    progress
        Called with a group's name and the stage that begins.
    done
        Groups finished earlier, by name: they are taken over as they are.
    on_group
        Called with each group as it is finished.

    Raises
    ------
    SettingError
        If nothing is asked for.
    DataError
        If there is no such actor column, or no group is large enough to be looked at.

    Examples
    --------
    >>> import fissure as fs
    >>> quick = fs.SplitSettings(null_draws=19, preference_draws=0)
    >>> answer = fs.split(fs.load("karate-club"), settings=quick)
    >>> answer.groups[0].blocs[0].size
    18
    """
    settings = settings or SplitSettings()
    check_seed(seed)
    if not whole and within is None:
        raise SettingError("nothing to look at: whole=False and no column given in within=")
    matrix = data if isinstance(data, Matrix) else Matrix.from_records(data, yea=yea, nay=nay)
    groups, skipped = [], []
    sides = {*yea, *nay}
    for name, mask in group_masks(matrix, within, whole):
        group = (done or {}).get(name)
        if group is None:
            reason = too_small(matrix, mask)
            if reason is None:
                try:
                    # thousands of small products: a second BLAS thread makes each slower
                    with threadpool_limits(1, user_api="blas"):
                        group = _one(
                            matrix.of_actors(mask, name=name, min_presence=settings.min_presence),
                            _unused(data, matrix, mask, sides),
                            settings,
                            seed,
                            progress,
                        )
                except DataError as error:
                    reason = str(error)
            if group is None:
                skipped.append(Skipped(name, int(mask.sum()), str(reason)))
                continue
        if on_group is not None:
            on_group(group)
        groups.append(group)
    if not groups:
        raise DataError(
            "no group could be looked at: " + "; ".join(f"{s.name}: {s.reason}" for s in skipped)
        )
    return Split(
        source=source_of(data),
        settings={
            **asdict(settings),
            "within": within,
            "whole": whole,
            "yea": [*yea],
            "nay": [*nay],
        },
        seed=seed,
        versions=versions_used(),
        groups=tuple(groups),
        skipped=tuple(skipped),
    )


def _unused(
    data: Records | Matrix, matrix: Matrix, mask: NDArray[np.bool_], sides: set[str]
) -> dict[str, int]:
    """How many choices of a group were neither side, by meaning; a Matrix knows it of all only."""
    if isinstance(data, Matrix):
        return matrix.dropped.choices if mask.all() else {}
    ids = matrix.actors["actor"].filter(pl.Series(mask))
    rows = data.actors["actor"].is_in(ids.implode()).arg_true()
    counts = data.choices.filter(pl.col("actor").is_in(rows.implode()))["choice"].value_counts()
    return {word: n for word, n in sorted(counts.iter_rows()) if word not in sides}


def _one(
    part: Matrix,
    unused: dict[str, int],
    settings: SplitSettings,
    seed: int,
    progress: Callable[[str, str], None] | None,
) -> Group:
    """Everything about one group. Draws depend on the seed and the group's name alone."""
    part = replace(part, dropped=replace(part.dropped, choices=unused))
    name = part.name
    reason = too_small(part, np.ones(part.n_actors, bool))
    if reason is not None:
        raise DataError(reason)

    def tell(stage: str) -> None:
        if progress is not None:
            progress(name, stage)

    y = part.dense()
    turn = item_turn(y)
    turned = y * turn
    root = np.random.SeedSequence([seed, zlib.crc32(name.encode())])
    behaviour, positions = root.spawn(2)
    decision = decide(turned, turn, item_order(part.items), settings, behaviour, tell)
    tell("fitting ideal points")
    ideal, remarks = _ideal(part)
    preference = None
    if ideal is not None and settings.preference_draws:
        tell("testing positions for two peaks")
        preference = preference_verdict(turned, turn, ideal, settings, positions)
    tell("leaving out items and members")
    return assemble(part, y, decision, ideal, preference, settings, remarks)


def _ideal(part: Matrix) -> tuple[IdealPointsResult | None, tuple[str, ...]]:
    try:
        return IdealPoints().fit(part), ()
    except (DataError, ConvergenceError) as error:
        return None, (f"No ideal points and no preference verdict: {error}.",)
