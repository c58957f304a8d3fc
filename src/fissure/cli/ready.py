"""The command ``fissure ready``: when does the next window come, and is it worth being ready?"""

from __future__ import annotations

import contextlib
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

from cyclopts import Group, Parameter

from fissure.cli.options import Flag, Where
from fissure.cli.terminal import check_writable, progress, say
from fissure.errors import DataError, ReadError, SettingError

if TYPE_CHECKING:
    from fissure.results import Alarms, Readiness, Ready, Recurrence, Series

__all__ = ["ready"]

WINDOWS = Group("Windows", sort_key=0)
WORTH = Group("What being ready costs and brings", sort_key=1)
WATCH = Group("Early warnings from a trace", sort_key=2)
Asked = Annotated[str | None, Parameter(group=WINDOWS)]
Cost = Annotated[str | None, Parameter(group=WORTH)]
#: What is taken where nothing is said of warnings.
UNSAID = {"hit": "1", "false_alarms": "0", "alarm_cost": "0"}


def ready(
    source: str | None = None,
    /,
    *,
    events: Asked = None,
    closed: Asked = None,
    since: Asked = None,
    until: Asked = None,
    group: Asked = None,
    horizon: Annotated[float, Parameter(group=WINDOWS)] = 10.0,
    draws: Annotated[int, Parameter(group=WINDOWS)] = 200,
    separation: Annotated[int, Parameter(group=WINDOWS)] = 40,
    seed: Annotated[int, Parameter(group=WINDOWS)] = 1,
    upkeep: Cost = None,
    benefit: Cost = None,
    build: Cost = None,
    length: Cost = None,
    lead: Cost = None,
    hit: Annotated[str, Parameter(group=WORTH)] = UNSAID["hit"],
    false_alarms: Annotated[str, Parameter(group=WORTH)] = UNSAID["false_alarms"],
    alarm_cost: Annotated[str, Parameter(group=WORTH)] = UNSAID["alarm_cost"],
    alarms_per_decade: Annotated[float, Parameter(group=WATCH)] = 0.5,
    warn_years: Annotated[float, Parameter(group=WATCH)] = 5.0,
    output: Where = None,
    json: Path | None = None,
    quiet: Flag = False,
) -> int:
    """Say how likely the next window is, and whether it pays to stand ready for it.

    From few dated windows: the chance of another one under four rival models, and where they
    disagree. With --upkeep, --benefit and --build: what standing ready is worth, and the upkeep at
    which it no longer is. These numbers may be ranges: 2..5.

    Parameters
    ----------
    source
        A CSV table of windows (columns opened and perhaps closed), or what "fissure trace --json"
        wrote, whose windows are taken with the uncertainty of their dates.
    events
        Openings instead of a SOURCE, such as 1964,1968,1990-05-01; "none" for no window at all.
    closed
        Their closings in the same order; left empty for one that is still open: 1966,1975,
    since
        First year that the records cover, without which windows say nothing about their frequency.
    until
        Last year that they cover. A trace has both.
    group
        Which group of a trace; the first without it.
    horizon
        Years ahead.
    draws
        Draws of windows with uncertain dates.
    separation
        Histories simulated from each model to see which can be told apart; 0 for none.
    seed
        Seed of every random draw.
    upkeep
        Cost of standing ready, a year, in any unit.
    benefit
        What a window is worth to whoever is ready in time, in the same unit.
    build
        Years from beginning to build until ready.
    length
        Mean length of a window in years, or a range; without it as uncertain as the closings
        leave it.
    lead
        Years between a warning and the opening, if there are warnings.
    hit
        Share of windows that are warned of.
    false_alarms
        Warnings a year that no window follows.
    alarm_cost
        Cost of acting on a warning.
    alarms_per_decade
        False alarms that each early-warning statistic may give in ten years, of a trace.
    warn_years
        Years before a window opens or closes in which an alarm counts as a hit.
    output
        Where to write the page.
    json
        Also write every number as JSON (schema fissure.ready/1).
    quiet
        Print nothing but errors.
    """
    for path in (output, json):
        check_writable(path)
    asked = {"upkeep": upkeep, "benefit": benefit, "build": build, "length": length, "lead": lead,
             "hit": hit, "false_alarms": false_alarms, "alarm_cost": alarm_cost}  # fmt: skip
    costs = _costs(asked)
    with progress(quiet) as told:
        told("reading", None)
        found, options, series = _windows(source, events, closed, since, until, group)
        told("comparing models", None)
        from fissure.readiness.recurrence import recurrence

        try:
            answer = recurrence(
                found.opened if series is None else series,
                horizon=horizon, draws=draws, separation=separation, seed=seed, **options,
            )  # fmt: skip
        except DataError as error:
            raise error if source is None else ReadError(str(error), file=source) from None
        worth = None if costs is None else _worth(answer, costs)
        watch = (alarms_per_decade, warn_years)
        alarms = None if series is None else _alarms(series, seed, *watch)
        given = {k: v for k, v in asked.items() if v is not None} if costs else {}
        settings = {"group": None if series is None else series.group, **given,
                    **_lasting(worth, given), "horizon": horizon}  # fmt: skip
        result = _ready(answer, worth, alarms, found.source, settings, seed)
        if json is not None:
            result.to_json(json)
        if output is not None:
            from fissure.report import report

            told("writing the page", None)
            report(result, output)
    if not quiet:
        _tell(result)
        written = ", ".join(str(p) for p in (output, json) if p is not None)
        if written:
            say(f"ready: {written}")
    return 0


def _costs(asked: dict[str, str | None]) -> dict[str, Any] | None:
    """The numbers and ranges; None where no cost was given."""
    needed = {f"--{k}": asked[k] for k in ("upkeep", "benefit", "build")}
    given = {k: v for k, v in needed.items() if v is not None}
    if not given:
        lone = [k for k, v in asked.items() if v not in (None, UNSAID.get(k))]
        if lone:
            option = lone[0].replace("_", "-")
            raise SettingError(f"--{option} needs --upkeep, --benefit and --build")
        return None
    lacking = [k for k in needed if k not in given]
    if lacking:
        raise SettingError(f"{' and '.join(lacking)} must be given too, beside {next(iter(given))}")
    from fissure.cli.asking import number_of

    return {k: number_of(f"--{k.replace('_', '-')}", v) for k, v in asked.items() if v is not None}


def _windows(
    source: str | None,
    events: str | None,
    closed: str | None,
    since: str | None,
    until: str | None,
    group: str | None,
) -> tuple[Any, dict[str, Any], Series | None]:
    """Windows, options of the recurrence, and the series they come from, if they come from one."""
    from fissure.readiness.reading import WindowTable, read_windows

    if (source is None) == (events is None):
        raise SettingError("give a SOURCE, or --events, and not both")
    span = None if since is None and until is None else (since, until)
    if span is not None and None in span:
        raise SettingError("--since and --until must be given together")
    if source is not None and source.endswith(".json"):
        from fissure.results import Trace

        if closed is not None:
            raise SettingError("--closed goes with --events; a trace has its own closings")
        trace = Trace.load(source)
        found = WindowTable((), None, trace.source)
        return found, {"span": span}, trace.of(group)
    if group is not None:
        raise SettingError(f"--group {group!r} needs a trace to choose from")
    if source is not None:
        found = read_windows(source)
    else:
        opened = _dates(events or "", "--events")
        stop = None if closed is None else _dates(closed, "--closed")
        found = WindowTable(tuple(opened), None if stop is None else tuple(stop), {
            "name": "windows as given", "n_rows": len(opened), "notes": [],
        })  # fmt: skip
    return found, {"span": span, "closed": found.closed}, None


def _dates(text: str, option: str) -> list[Any]:
    from fissure.readiness.histories import year_of

    if text.strip().lower() in ("", "none"):
        return []
    return [year_of(t, option) if t.strip() else None for t in text.split(",")]


def _worth(answer: Recurrence, costs: dict[str, Any]) -> Readiness:
    """What being ready is worth; without any event the rate is a range up to its limit."""
    from fissure.readiness.recurrence import most_rate
    from fissure.readiness.worth import readiness

    if "length" not in costs and not answer.length_draws:
        raise SettingError("--length must be given: no window is known to have closed")
    rate: Any = answer
    if answer.rate is None:
        rate = (0.0, most_rate(0, answer.years_at_risk))
    return readiness(rate, **{"length": answer, **costs})


def _lasting(worth: Readiness | None, given: dict[str, Any]) -> dict[str, str]:
    """The length that was taken where none was asked for."""
    if worth is None or worth.length is None or "length" in given:
        return {}
    from fissure.readiness.worth_words import lasting

    return {"length": f"{lasting(worth.length)}, from the windows given"}


def _alarms(series: Series, seed: int, rate: float, lead: float) -> Alarms | None:
    """Early warnings on the series itself, where it is long enough."""
    from fissure.readiness.warning import warning

    with contextlib.suppress(DataError):  # too few periods: the page says so by leaving it out
        return warning(series, seed=seed, false_alarms=rate, lead=lead)
    return None


def _ready(
    answer: Recurrence,
    worth: Readiness | None,
    alarms: Alarms | None,
    source: dict[str, Any],
    settings: dict[str, Any],
    seed: int,
) -> Ready:
    from fissure.results import Ready
    from fissure.split.provenance import versions_used

    return Ready(source, {**settings, **answer.settings}, seed, versions_used(), answer, worth,
                 alarms)  # fmt: skip


def _tell(result: Ready) -> None:
    answer, worth = result.recurrence, result.readiness
    say(answer.sentence)
    for line in (answer.frequencies, answer.separation_sentence):
        if line:
            say(line)
    for model in answer.models:
        say(f"{model.name}: {model.sentence}")
    if answer.durations is not None:
        say(answer.durations.sentence)
    if worth is not None:
        say(worth.sentence)
        say(worth.frequencies)
    if result.alarms is not None:
        say(f"early warning: {result.alarms.sentence}")
    for remark in answer.remarks:
        say(f"note: {remark}")
