"""Q1: is the group split, into which blocs, along what lines, how deeply, and who stands where?"""

from __future__ import annotations

import platform
import zlib
from collections.abc import Callable, Mapping
from dataclasses import asdict, replace
from importlib.metadata import version

import numpy as np
import polars as pl
from numpy.typing import NDArray
from threadpoolctl import threadpool_limits

from fissure import __version__
from fissure.errors import ConvergenceError, DataError, SettingError
from fissure.matrix import Matrix
from fissure.models.ideal import IdealPoints, IdealPointsResult
from fissure.periods import item_order
from fissure.records import Records
from fissure.results import Group, Skipped, Split
from fissure.split.assemble import assemble
from fissure.split.decide import decide
from fissure.split.preference import preference_verdict
from fissure.split.settings import SplitSettings

__all__ = ["SplitSettings", "split"]

#: Fewer members or items than this are not looked at.
FEWEST_ACTORS, FEWEST_ITEMS = 5, 10


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
    if not whole and within is None:
        raise SettingError("nothing to look at: whole=False and no column given in within=")
    matrix = data if isinstance(data, Matrix) else Matrix.from_records(data, yea=yea, nay=nay)
    groups, skipped = [], []
    sides = {*yea, *nay}
    for name, mask in _masks(matrix, within, whole):
        group = (done or {}).get(name)
        if group is None:
            reason = _too_small(matrix, mask)
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
        source=_source(data),
        settings={
            **asdict(settings),
            "within": within,
            "whole": whole,
            "yea": [*yea],
            "nay": [*nay],
        },
        seed=seed,
        versions=_versions(),
        groups=tuple(groups),
        skipped=tuple(skipped),
    )


def _masks(matrix: Matrix, within: str | None, whole: bool) -> list[tuple[str, NDArray[np.bool_]]]:
    """Names and members of the groups to look at; caucuses by size."""
    out = [("all", np.ones(matrix.n_actors, bool))] if whole else []
    if within is None:
        return out
    if within not in matrix.actors.columns:
        raise DataError(f"no actor column {within!r}; there are {', '.join(matrix.actors.columns)}")
    values = matrix.actors[within]
    counts = (
        values.alias("value").value_counts(name="n").sort(["n", "value"], descending=[True, False])
    )
    for value in counts["value"]:
        name = f"{within} is missing" if value is None else f"{within} = {value}"
        out.append((name, _equal(values, value)))
    return out


def _equal(values: pl.Series, value: object) -> NDArray[np.bool_]:
    same = values.is_null() if value is None else (values == value).fill_null(False)
    return same.to_numpy()


def _too_small(matrix: Matrix, mask: NDArray[np.bool_]) -> str | None:
    n = int(mask.sum())
    if n < FEWEST_ACTORS:
        return f"at least {FEWEST_ACTORS} members are needed to look for blocs, here are {n}"
    if matrix.n_items < FEWEST_ITEMS:
        return (
            f"at least {FEWEST_ITEMS} items are needed to look for blocs, here are {matrix.n_items}"
        )
    return None


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
    reason = _too_small(part, np.ones(part.n_actors, bool))
    if reason is not None:
        raise DataError(reason)

    def tell(stage: str) -> None:
        if progress is not None:
            progress(name, stage)

    y = part.dense()
    # every item is turned so that its majority is +1 (its first voter where there is none):
    # swapping yea and nay then changes nothing before the last step
    turn = _turn(y)
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


def _turn(y: NDArray[np.int8]) -> NDArray[np.int8]:
    total = y.sum(axis=0, dtype=np.int64)
    first = y[(y != 0).argmax(axis=0), np.arange(y.shape[1])]
    return np.where(total == 0, first, np.sign(total)).astype(np.int8)


def _ideal(part: Matrix) -> tuple[IdealPointsResult | None, tuple[str, ...]]:
    try:
        return IdealPoints().fit(part), ()
    except (DataError, ConvergenceError) as error:
        return None, (f"No ideal points and no preference verdict: {error}.",)


def _source(data: Records | Matrix) -> dict[str, object]:
    notes = [asdict(n) for n in data.notes] if isinstance(data, Records) else []
    return {**asdict(data.source), "notes": notes}


def _versions() -> dict[str, str]:
    out = {"fissure": __version__, "python": platform.python_version()}
    for package in ("numpy", "scipy", "numba", "polars"):
        out[package] = version(package)
    return out
