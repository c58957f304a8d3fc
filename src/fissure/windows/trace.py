"""Depth through time: one look at each group in each period, and what links the periods."""

from __future__ import annotations

import warnings
from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict, replace
from typing import Any

import numpy as np

from fissure.errors import DataError, FissureWarning, SettingError
from fissure.matrix import Matrix
from fissure.periods import Periods, item_periods, usual_periods
from fissure.records import Records
from fissure.results import Series, Skipped, Trace
from fissure.split.groups import FEWEST_ACTORS
from fissure.split.provenance import source_of, versions_used
from fissure.split.settings import SplitSettings
from fissure.windows.bridge import bridge_periods
from fissure.windows.look import Look, Task, look
from fissure.windows.mix import item_mix
from fissure.windows.opening import windows
from fissure.windows.prepare import Followed, prepare
from fissure.windows.rank import rank
from fissure.windows.series import assemble_series
from fissure.workers import check_workers, spread

__all__ = ["trace"]

#: Resampled records behind each period unless the settings say otherwise.
DRAWS = 200

Told = Callable[[str, float], None]


def trace(
    data: Records | Matrix,
    *,
    by: str | int | None = None,
    step: int | None = None,
    within: str | None = None,
    whole: bool = True,
    since: int | None = None,
    mix: str = "closeness",
    bridge: bool = True,
    settings: SplitSettings | None = None,
    seed: int = 1,
    workers: int | None = None,
    yea: tuple[str, ...] = ("yea",),
    nay: tuple[str, ...] = ("nay",),
    progress: Told | None = None,
    done: Mapping[str, Look] | None = None,
    on_look: Callable[[str, Look], None] | None = None,
) -> Trace:
    """How deep was the division in each period, into which blocs, and what changed in between?

    The depth of a period is that of :func:`fissure.split` on its items alone: blocs are found on
    one half of the items and measured on the other. It needs no scale, so that periods may be
    compared. Beside it stand the depth under a common mix of items, and the distance between the
    blocs on the bridged scale of :class:`fissure.DynamicIdealPoints`.

    Parameters
    ----------
    data
        Records, or a Matrix made from them.
    by, step
        How to cut the items into periods: ``congress`` or another column of the items, ``year``,
        ``month``, or a number of items (:func:`fissure.periods.item_periods`). If not given,
        whichever of congress, term, year and month is the first to give five periods.
    within
        An actor column, such as ``party``: each of its values is also followed by itself.
    whole
        Whether to follow the whole body too.
    since
        First year of the question which period is the deepest; all periods if not given.
    mix
        What the common mix of items is made of: ``closeness``, or a column of the items.
    bridge
        Whether to fit dynamic ideal points for the bridged distance.
    settings
        As for a verdict; 200 draws by default. The verdict on positions is not asked for.
    seed
        Seed of every random draw. The answer about a group in a period depends on no other.
    workers
        Processes that look at the same time; one for each core if not given. The answer does not
        depend on it.
    yea, nay
        Which meanings of a choice count as the two sides, where Records are given.
    progress
        Called with what is being done, and the share of it that is done, 0 to 1.
    done
        Looks taken earlier, by key: they are taken over as they are.
    on_look
        Called with key and look as each is finished.

    Raises
    ------
    SettingError
        If nothing is asked for, or a setting is outside its range.
    DataError
        If there is no such column, or nothing can be said about any period.

    Examples
    --------
    >>> import fissure as fs
    >>> quick = fs.SplitSettings(null_draws=19, power_draws=20, draws=100)
    >>> court = fs.trace(fs.load("rehnquist-court"), by="term", settings=quick, workers=1)
    >>> [p.period for p in court.series[0].periods][:3]
    ['1994', '1995', '1996']
    """
    settings = _checked(settings, within, whole, workers)
    told = progress or (lambda what, share: None)
    told("cutting into periods", 0.0)
    matrix = data if isinstance(data, Matrix) else Matrix.from_records(data, yea=yea, nay=nay)
    by = usual_periods(matrix.items) if by is None else by
    periods = item_periods(matrix.items, by, step)
    _check_since(since, periods)
    classes = item_mix(matrix.items, matrix.by_item, periods, mix)
    followed = prepare(matrix, periods, classes, (within, whole), settings, seed)
    tasks = [part.task for one in followed for part in one.parts]
    if not tasks:
        first = followed[0].skipped[0].reason if followed and followed[0].skipped else "no group"
        raise DataError(f"nothing can be said about any of {len(periods)} periods: {first}")
    looks = _look_at_all(tasks, dict(done or {}), workers, told, on_look)
    span, remarks = None, tuple[str, ...]()
    if bridge:
        told("bridging the periods by dynamic ideal points", 1.0)
        span, remarks = bridge_periods(matrix, by, periods, settings.draws, seed)
    if periods.unplaced:
        remarks += (f"{periods.unplaced:,} items have no value of {by} and are in no period.",)
    series = tuple(
        replace(assemble_series(one, looks, periods, span), remarks=remarks)
        for one in followed
        if one.parts
    )
    told("windows and ranks", 1.0)
    made = Trace(
        source=source_of(data),
        settings={
            **asdict(settings),
            "by": str(by),
            "step": step,
            "within": within,
            "whole": whole,
            "since": since,
            "mix": mix,
            "bridge": bridge,
            "yea": [*yea],
            "nay": [*nay],
        },
        seed=seed,
        versions=versions_used(),
        series=series,
        actors=_names(matrix, series),
        mix=dict(zip(classes.labels, classes.common.tolist(), strict=True)),
        skipped=tuple(_silent(one) for one in followed if not one.parts),
    )
    common = made.on_common_mix()
    return made.with_series(tuple(_answered(made, common, one, since) for one in series))


def _checked(
    settings: SplitSettings | None, within: str | None, whole: bool, workers: int | None
) -> SplitSettings:
    """The settings asked for, or those of a trace where none are."""
    if not whole and within is None:
        raise SettingError("nothing to follow: whole=False and no column given in within=")
    check_workers(workers)
    if not isinstance(settings, SplitSettings | None):
        raise SettingError(f"settings must be SplitSettings, got {type(settings).__name__}")
    return settings or SplitSettings(draws=DRAWS)


def _check_since(since: int | None, periods: Periods) -> None:
    """What is too late or cannot be known is said before anything is computed."""
    if since is None:
        return
    if isinstance(since, bool) or not isinstance(since, int):
        raise SettingError(f"since must be a year, got {since!r}")
    if np.isnan(periods.years).all():
        raise DataError(f"since={since} needs years, and these periods have none")
    if (periods.years >= since).sum() < 2:
        raise DataError(
            f"since={since} leaves fewer than 2 of {len(periods)} periods; "
            f"the last begins in {int(np.nanmax(periods.years))}"
        )


def _answered(made: Trace, common: Trace, one: Series, since: int | None) -> Series:
    """A series with its windows and its ranks, or with a remark on why it has none."""
    remarks = list(one.remarks)
    found: dict[str, Any] = {}
    questions: dict[str, Callable[[], object]] = {
        "windows": lambda: windows(made, one.group),
        "rank": lambda: rank(made, since, one.group),
        "rank_common": lambda: rank(common, since, one.group),
    }
    with warnings.catch_warnings(record=True) as said:
        warnings.simplefilter("always")
        for name, ask in questions.items():
            try:
                found[name] = ask()
            except DataError as error:
                what = {"rank_common": "rank on the common mix of items"}.get(name, name)
                remarks.append(f"No {what}: {error}.")
    # what is said about a series stands with it, and is not said to whoever follows ten of them
    for warning in said:
        if not issubclass(warning.category, FissureWarning):
            warnings.warn_explicit(
                warning.message, warning.category, warning.filename, warning.lineno
            )
        elif (words := f"Note: {warning.message}.") not in remarks:
            remarks.append(words)
    return replace(one, **found, remarks=tuple(remarks))


def _look_at_all(
    tasks: Sequence[Task],
    looks: dict[str, Look],
    workers: int | None,
    told: Told,
    on_look: Callable[[str, Look], None] | None,
) -> dict[str, Look]:
    """Take the looks that are missing, the largest first, in as many processes as wanted."""
    missing = sorted((t for t in tasks if t.key not in looks), key=lambda t: -t.y.size)
    if not missing:
        return looks
    n = len(tasks) - len(missing)
    for key, one in spread(_keyed, missing, workers, in_order=False):
        looks[key] = one
        if on_look is not None:
            on_look(key, one)
        n += 1
        told(f"looking at {key}", n / len(tasks))
    return looks


def _keyed(task: Task) -> tuple[str, Look]:
    return task.key, look(task)


def _silent(one: Followed) -> Skipped:
    """A group that could be looked at in no period: the reason that most of them have in common."""
    if one.most < FEWEST_ACTORS:
        needed = f"at least {FEWEST_ACTORS} members are needed to look for blocs"
        return Skipped(one.group, one.most, f"{needed}, here are never more than {one.most}")
    reasons = [s.reason for s in one.skipped]
    return Skipped(one.group, one.most, max(reasons, key=reasons.count))


def _names(matrix: Matrix, series: Sequence[Series]) -> dict[str, str]:
    """What to call those who stand in a bloc in any period."""
    seen = {a for s in series for p in s.periods for b in p.blocs for a in b.actors}
    ids = matrix.actors["actor"].to_list()
    return {a: name for a, name in zip(ids, matrix.names, strict=True) if a in seen}
