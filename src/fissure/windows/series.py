"""The looks at one group put together into its series."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from itertools import pairwise

import numpy as np
import polars as pl

from fissure.matrix import Matrix
from fissure.periods import Periods
from fissure.results import BlocAt, Dividing, Draws, Interval, Period, Series
from fissure.split.assemble import item_titles
from fissure.windows.bridge import Bridge
from fissure.windows.change import change
from fissure.windows.lineage import Named, follow
from fissure.windows.look import KINDS, Look
from fissure.windows.prepare import Followed, Part

__all__ = ["assemble_series"]


def assemble_series(
    followed: Followed, looks: Mapping[str, Look], periods: Periods, bridge: Bridge | None
) -> Series:
    """One :class:`~fissure.results.Series` from the looks at a group in all its periods."""
    parts = followed.parts
    seen = [looks[part.task.key] for part in parts]
    blocs = [_blocs(part, one) for part, one in zip(parts, seen, strict=True)]
    labels = [part.task.period for part in parts]
    lines = follow(blocs, labels)
    names = {a: n for part in parts for a, n in zip(part.actors, part.matrix.names, strict=True)}
    return Series(
        group=followed.group,
        periods=tuple(
            _period(part, one, named, found, periods, bridge)
            for part, one, named, found in zip(parts, seen, lines.named, blocs, strict=True)
        ),
        changes=tuple(
            change(
                (labels[a], labels[b]),
                (seen[a], seen[b]),
                (parts[a].actors, parts[b].actors),
                (lines.named[a], lines.named[b]),
                names,
            )
            for a, b in pairwise(range(len(parts)))
        ),
        lineages=lines.lineages,
        skipped=followed.skipped,
        overlap=periods.overlap,
    )


def _blocs(part: Part, one: Look) -> list[list[str]]:
    """The blocs that mean something, largest first, as identifiers."""
    if not one.found_again:
        return []
    actors = part.actors
    return [
        [actors[i] for i in np.flatnonzero(one.labels == k)]
        for k in range(int(one.labels.max()) + 1)
    ]


def _period(
    part: Part,
    one: Look,
    named: Named,
    blocs: Sequence[Sequence[str]],
    periods: Periods,
    bridge: Bridge | None,
) -> Period:
    m = part.matrix
    year = float(periods.years[part.place])
    share = dict(zip(part.actors, one.membership.tolist(), strict=True))
    # a resampling that lost a whole class of items has no depth under the common mix
    common = Interval.of_known(one.depth.common, one.depth.common_draws)
    far = None
    if bridge is not None and len(blocs) > 1:
        far = bridge.distance(part.task.period, blocs[0], blocs[1])
    return Period(
        period=part.task.period,
        place=part.place,
        year=None if np.isnan(year) else year,
        n_actors=m.n_actors,
        n_items=m.n_items,
        n_choices=m.n_choices,
        verdict=one.verdict,
        kind=one.kind,
        probability=one.probability,
        p_value=one.p_value,
        sentence=one.sentence,
        depth=Interval.of(one.depth.estimate, one.depth.draws),
        depth_common=common,
        distance=far,
        smallest_detectable_depth=one.smallest,
        opposed_share=one.opposed_share,
        middle=one.middle,
        blocs=tuple(
            BlocAt(name, len(bloc), tuple(bloc), tuple(round(share[a], 3) for a in bloc))
            for name, bloc in zip(named.names, blocs, strict=True)
        ),
        dividing=_dividing(m, one),
        draws=Draws(
            depth=tuple(one.depth.draws.round(4).tolist()),
            kind=tuple(KINDS[k] for k in one.kinds),
            smallest=tuple(one.smallest_draws.round(3).tolist()),
            depth_common=()
            if common is None
            else tuple(
                None if np.isnan(v) else v for v in one.depth.common_draws.round(4).tolist()
            ),
        ),
    )


def _dividing(matrix: Matrix, one: Look) -> tuple[Dividing, ...]:
    table = matrix.items[list(one.dividing)]
    days = table["date"].cast(pl.String) if "date" in table.columns else [None] * table.height
    rows = zip(table["item"], days, item_titles(table), one.yea_a, one.yea_b, strict=True)
    return tuple(Dividing(*row) for row in rows)
