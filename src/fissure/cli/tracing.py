"""The command ``fissure trace``: depth through time, windows and ranks, as one page."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

from cyclopts import Group, Parameter

from fissure.cli.options import (
    AS_FOUND,
    VERDICT,
    Choices,
    Flag,
    Page,
    Reading,
    Seed,
    Several,
    Within,
)
from fissure.cli.terminal import check_writable, progress, say

if TYPE_CHECKING:
    from fissure.results import Trace

__all__ = ["trace"]

TIME = Group("Time", sort_key=0)


def trace(
    source: str = "senate-109",
    /,
    *,
    by: Annotated[str | None, Parameter(group=TIME)] = None,
    step: Annotated[int | None, Parameter(group=TIME)] = None,
    since: Annotated[int | None, Parameter(group=TIME)] = None,
    mix: Annotated[str, Parameter(group=TIME)] = "closeness",
    no_bridge: Annotated[Flag, Parameter(group=TIME)] = False,
    within: Within = None,
    items: Several = (),
    yea: Choices = ("yea",),
    nay: Choices = ("nay",),
    draws: Annotated[int, Parameter(group=VERDICT)] = 200,
    seed: Seed = 1,
    workers: int | None = None,
    output: Page = Path("timeline.html"),
    json: Path | None = None,
    resume: Flag = False,
    quiet: Flag = False,
    reading: Reading = AS_FOUND,
) -> int:
    """Follow a group through time: when did a split open and close, and is it the deepest?

    The page works offline and on a phone. Two lines a group are also printed.

    Parameters
    ----------
    source
        A set by name (see: fissure data), a file, or a folder of Voteview files.
    by
        How to cut the items into periods: congress, term or another column of the items; year or
        month of their dates; or a number of items. Without it, whichever of congress, term, year
        and month is the first to give five periods.
    step
        With a number of items: how many items later the next period begins (half, if not given).
    since
        First year of the question which period is the deepest; all periods without it.
    mix
        What the common mix of items is made of: closeness, or a column of the items.
    no_bridge
        Leave out the bridged distance, which takes a fit of dynamic ideal points.
    within
        Also follow each value of this column of the actors, such as party or country. Without it,
        party is taken where there is such a column; "none" follows the whole body only.
    items
        Keep only these items, as in fissure report.
    yea
        Which choices count as the one side: words such as yea, nay, abstain, absent.
    nay
        Which choices count as the other side.
    draws
        Resampled records behind each period, 100 or more.
    seed
        Seed of every random draw; the same seed gives the same page.
    workers
        Processes that work at the same time; one for each core without it.
    output
        Where to write the page.
    json
        Also write every number as JSON (schema fissure.trace/1).
    resume
        Continue an interrupted run: periods that were finished are not computed again.
    quiet
        Print nothing but errors.
    """
    for path in (output, json):
        check_writable(path)
    asked: dict[str, Any] = {
        "by": by, "step": step, "mix": mix, "bridge": not no_bridge, "seed": seed,
        "yea": yea, "nay": nay, "since": since,
    }  # fmt: skip
    with progress(quiet) as told:
        told("reading", None)
        result = _run(source, reading.options(), items, within, draws, asked, output, workers,
                      resume, told, json)  # fmt: skip
    if not quiet:
        _tell(result)
        say(f"timeline: {output}" + (f", {json}" if json else ""))
    return 0


def _run(
    source: str,
    options: dict[str, Any],
    items: tuple[str, ...],
    within: str | None,
    draws: int,
    asked: dict[str, Any],
    output: Path,
    workers: int | None,
    resume: bool,
    told: Any,
    json: Path | None,
) -> Trace:
    """Compute what is not there yet, and write the page and the numbers."""
    from fissure.cli.kept import Kept, column_within, run_key
    from fissure.cli.selecting import read_records
    from fissure.report import report
    from fissure.split import SplitSettings
    from fissure.windows import trace as follow
    from fissure.windows.look import Look

    records = read_records(source, options, items)
    column = column_within(records, within)
    plain = {k: str(v) for k, v in sorted({**options, **asked}.items()) if k != "since"}
    key = run_key(records, [plain, items, column, draws])
    with Kept(output, key, resume, "look") as kept:
        result = follow(
            records,
            within=column,
            settings=SplitSettings(draws=draws),
            workers=workers,
            progress=told,
            done={name: Look.restored(tree) for name, tree in kept.found.items()},
            on_look=lambda name, look: kept.add(name, look.kept()),
            **asked,
        )
        told("writing the page", None)
        if json is not None:
            result.to_json(json)
        report(result, output)
    return result


def _tell(result: Trace) -> None:
    for one in result.series:
        n = len(one.periods)
        say(f"{one.group}: {n} period{'' if n == 1 else 's'}")
        for answer in (one.windows, one.rank):
            if answer is not None:
                say(f"{one.group}: {answer.sentence}")
        for remark in one.remarks:
            say(f"{one.group}: {remark}")
    for skipped in result.skipped:
        say(f"{skipped.name}: nothing can be said: {skipped.reason}")
