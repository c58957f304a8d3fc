"""A Trace from arrays, for tests of what is made from depths: windows and ranks."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from fissure.results import Draws, Interval, Period, Series, Trace

#: Half of a 95 % interval in standard errors.
HALF = 1.959964


def trace_of(
    depths,
    se,
    *,
    years=None,
    labels: Sequence[str] | None = None,
    places: Sequence[int] | None = None,
    groups: Sequence[str] = ("all",),
    draws=200,
    overlap: int = 1,
    seed: int = 1,
) -> Trace:
    """One series a group from depths and standard errors of shape (n,) or (n_groups, n).

    ``draws`` is a number of normal draws around each depth, exactly of its standard error, or an
    array of them of shape (n, draws). ``years`` are None, a number (then every second year from
    there) or one a period. Labels are 1, 2, 3 … unless given.
    """
    depths = np.atleast_2d(np.asarray(depths, float))
    se = np.broadcast_to(np.asarray(se, float), depths.shape)
    n = depths.shape[1]
    rng = np.random.default_rng(seed)
    if years is None or np.ndim(years) == 0:
        years = [None if years is None else years + 2.0 * t for t in range(n)]
    labels = [str(t + 1) for t in range(n)] if labels is None else labels
    places = range(n) if places is None else places
    series = tuple(
        Series(
            group=group,
            periods=tuple(
                _period(labels[t], places[t], years[t], depths[g, t], se[g, t], draws, t, rng)
                for t in range(n)
            ),
            overlap=overlap,
        )
        for g, group in enumerate(groups)
    )
    source = {"name": "made up", "title": "Made up", "licence": "none", "citation": "none"}
    return Trace(
        source=source,
        settings={"by": "congress"},
        seed=seed,
        versions={"fissure": "0.1.0"},
        series=series,
        actors={},
        mix={},
    )


def _period(label, place, year, depth, se, draws, t, rng) -> Period:
    if np.ndim(draws) == 2:
        drawn = np.asarray(draws, float)[t]
    elif draws:
        drawn = rng.standard_normal(draws)
        drawn = depth + se * (drawn - drawn.mean()) / drawn.std(ddof=1)
    else:
        drawn = np.empty(0)
    return Period(
        period=label,
        place=int(place),
        year=None if year is None else float(year),
        n_actors=50,
        n_items=300,
        n_choices=15000,
        verdict="split",
        kind="split",
        probability=1.0,
        p_value=0.01,
        sentence="Split into two blocs.",
        depth=Interval(float(depth), float(depth - HALF * se), float(depth + HALF * se)),
        depth_common=None,
        distance=None,
        smallest_detectable_depth=0.1,
        opposed_share=0.5,
        middle=None,
        blocs=(),
        dividing=(),
        draws=Draws(tuple(drawn.tolist()), ("split",) * len(drawn), (0.1,) * len(drawn)),
    )
