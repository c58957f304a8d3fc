"""Which splits could these records have shown: for each group asked about."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import asdict

from fissure.errors import DataError, SettingError
from fissure.matrix import Matrix
from fissure.records import Records
from fissure.results import Skipped
from fissure.results.detectable import Detectable
from fissure.split.groups import group_masks, too_small
from fissure.split.provenance import source_of, versions_used
from fissure.split.settings import SplitSettings, check_seed
from fissure.unknowns.detectability import SHARES, check_asked, detectability

__all__ = ["detectable"]


def detectable(
    data: Records | Matrix,
    *,
    within: str | None = None,
    whole: bool = True,
    shares: Sequence[float] = SHARES,
    depth: float | None = None,
    forward: bool = True,
    settings: SplitSettings | None = None,
    seed: int = 1,
    yea: tuple[str, ...] = ("yea",),
    nay: tuple[str, ...] = ("nay",),
    progress: Callable[[str, str], None] | None = None,
) -> Detectable:
    """Which splits could these records have shown?

    For each size of the smaller bloc: the smallest depth that the verdict's own test would have
    found in 80 of 100 cases, with its own error rate, on exactly these items and absences; for
    blocs that are the two ends of the group's main line, and for blocs that lie across it. Use it
    beside every *no split* and *cannot tell*.

    Parameters
    ----------
    data
        Records, or a Matrix made from them.
    within
        An actor column, such as ``party``: each of its values is also looked at by itself.
    whole
        Whether to look at the whole body too.
    shares
        Shares of members in the smaller bloc, each above 0 and up to 0.5. A bloc has more members
        than the verdict calls a handful in any case.
    depth
        The map also gives the chance that a split this deep would have been found; ``clear_depth``
        of the settings where not given. Above 0 and up to 1.
    forward
        Whether to say how many more items would be needed.
    settings
        Thresholds of the verdict.
    seed
        Seed of every random draw. A group's answer does not depend on which others are asked about.
    yea, nay
        Which meanings of a choice count as the two sides, where Records are given.
    progress
        Called with a group's name and the stage that begins.

    Raises
    ------
    SettingError
        If a share or the depth is outside its range, or nothing is asked for.
    DataError
        If there is no such actor column, or no group is large enough to be looked at.

    Examples
    --------
    >>> import fissure as fs
    >>> answer = fs.detectable(fs.load("karate-club"), shares=[0.5], forward=False)
    >>> [c.direction for c in answer.map]
    ['along', 'across']
    """
    settings = settings or SplitSettings()
    check_seed(seed)
    shares = check_asked(shares, depth)
    if not whole and within is None:
        raise SettingError("nothing to look at: whole=False and no column given in within=")
    matrix = data if isinstance(data, Matrix) else Matrix.from_records(data, yea=yea, nay=nay)
    groups, skipped = [], []
    for name, mask in group_masks(matrix, within, whole):
        try:
            reason = too_small(matrix, mask)
            if reason is not None:
                raise DataError(reason)
            part = matrix.of_actors(mask, name=name, min_presence=settings.min_presence)
            one = detectability(
                part, None, settings, seed, shares=shares, depth=depth, forward=forward,
                tell=None if progress is None else _telling(progress, name),
            )  # fmt: skip
        except DataError as error:
            skipped.append(Skipped(name, int(mask.sum()), str(error)))
            continue
        groups.append(one)
    if not groups:
        raise DataError(
            "no group could be looked at: " + "; ".join(f"{s.name}: {s.reason}" for s in skipped)
        )
    asked = {"within": within, "whole": whole, "yea": [*yea], "nay": [*nay],
             "shares": [*shares], "depth": groups[0].power_at, "forward": forward}  # fmt: skip
    return Detectable(
        source=source_of(data),
        settings={**asdict(settings), **asked},
        seed=seed,
        versions=versions_used(),
        map=groups[0].map,
        bound=groups[0].bound,
        groups=tuple(groups),
        skipped=tuple(skipped),
    )


def _telling(progress: Callable[[str, str], None], name: str) -> Callable[[str], None]:
    return lambda stage: progress(name, stage)
