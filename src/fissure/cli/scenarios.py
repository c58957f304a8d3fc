"""The command ``fissure scenarios``: what follows from a split, under rival models."""

from __future__ import annotations

import json as plain_json
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

from cyclopts import Group, Parameter

from fissure.cli.options import Flag, Page
from fissure.cli.terminal import check_writable, give_table, progress, say
from fissure.errors import ReadError, SettingError

if TYPE_CHECKING:
    from fissure.results import Scenarios, Split, Trace
    from fissure.scenarios.calibrate import Case

__all__ = ["scenarios"]

CONDITIONS = Group("Conditions", sort_key=0)
MODELS = Group("Models", sort_key=1)
#: Columns of a table of cases.
COLUMNS = ("name", "outcome", "depth", "strength", "organisation", "capacity")


def scenarios(
    *,
    depth: Annotated[str, Parameter(group=CONDITIONS)] = "0..1",
    organisation: Annotated[str, Parameter(group=CONDITIONS)] = "0..1",
    strength: Annotated[str, Parameter(group=CONDITIONS)] = "0..1",
    state: Annotated[str, Parameter(group=CONDITIONS)] = "0..1",
    group: Annotated[str | None, Parameter(group=CONDITIONS)] = None,
    period: Annotated[str | None, Parameter(group=CONDITIONS)] = None,
    outcome: Annotated[str, Parameter(group=MODELS)] = "change from below",
    level: Annotated[float, Parameter(group=MODELS)] = 0.5,
    model: Annotated[tuple[str, ...], Parameter(group=MODELS, negative=())] = (),
    cases: Annotated[Path | None, Parameter(group=MODELS)] = None,
    sensitivity: Annotated[Flag, Parameter(group=MODELS)] = False,
    draws: Annotated[int, Parameter(group=MODELS)] = 200,
    grid: Annotated[int, Parameter(group=MODELS)] = 11,
    seed: Annotated[int, Parameter(group=MODELS)] = 1,
    workers: int | None = None,
    output: Page = Path("scenarios.html"),
    json: Path | None = None,
    quiet: Flag = False,
) -> int:
    """If a split is this deep and challengers this organised, what follows? Rival models answer.

    Writes a page with a map for each model and of their disagreement. Prints one sentence a model,
    where the models agree, and what would have to be true for an outcome. These are statements
    within models, not forecasts. All conditions run from 0 to 1 and may be ranges: 0.1..0.6.

    Parameters
    ----------
    depth
        Depth of the split in the ruling group: a number, a range, or the JSON file of a report or
        a trace that has measured it.
    organisation
        How far the challengers are organised and connected.
    strength
        Share of the population on the challengers' side.
    state
        What the state is able to do.
    group
        Which group of the report or trace; its first without.
    period
        Which period of the trace; its last without.
    outcome
        What would have to be true for it: no change, concession, reshuffle at the top, change from
        below, repression.
    level
        How probable it must be, 0 to 1.
    model
        Only these: cascade, global game, civil violence, structural stress.
    cases
        Table of cases with known outcomes to match the models to: name, outcome, depth, strength,
        organisation, capacity. Without it nothing ties the models to history.
    sensitivity
        Also compute Sobol indices; needs the extra sensitivity.
    draws
        Runs in each cell of the map.
    grid
        Rows and columns of the map.
    seed
        Seed of every random draw; the same seed gives the same answer.
    workers
        Processes that work at the same time; one for each core without it.
    output
        Where to write the page.
    json
        Also write every number as JSON (schema fissure.scenarios/1).
    quiet
        Print nothing but errors.
    """
    for path in (output, json):
        check_writable(path)
    with progress(quiet) as told:
        told("reading", None)
        from fissure.scenarios.explore import scenarios as ask

        result = ask(
            _depth(depth),
            _quantity("--organisation", organisation),
            _quantity("--strength", strength),
            _quantity("--state", state),
            outcome=outcome,  # type: ignore[arg-type]  # checked there
            level=level,
            models=model or None,
            cases=() if cases is None else _cases(cases),
            sensitivity=sensitivity,
            draws=draws,
            grid=grid,
            seed=seed,
            group=group,
            period=period,
            workers=workers,
            progress=told,
        )
        if json is not None:
            result.to_json(json)
        from fissure.report import report

        told("writing the page", None)
        report(result, output)
    if not quiet:
        _tell(result)
        say(f"scenarios: {output}" + (f", {json}" if json else ""))
    return 0


def _tell(result: Scenarios) -> None:
    say(f"{result.title}.")
    for one in (*result.models, result.ensemble):
        say(f"{one.name}: {one.sentence}")
    if len(result.models) > 1:
        most = max(max(row) for row in result.disagreement)
        say(
            f"All models call the same outcome the likeliest on {result.share_agreed:.0%} of the "
            f"map; two of them differ by up to {most:.0%} in the probability of an outcome."
        )
    say(f"What would have to be true for {result.outcome}:")
    for one in (*result.models, result.ensemble):
        say(f"{one.name}: {one.required.sentence}")
    say(f"What matters most: {', '.join(result.matters)}." if result.matters else "")
    if result.calibration is not None:
        say(result.calibration.sentence)
    give_table(result.to_frame(), None, quiet=False)


def _quantity(option: str, text: str) -> float | tuple[float, float]:
    """A number, or a range such as 0.1..0.6."""
    low, sign, high = text.partition("..")
    try:
        return (float(low), float(high)) if sign else float(low)
    except ValueError:
        raise SettingError(
            f"{option} must be a number or a range such as 0.1..0.6, got {text!r}"
        ) from None


def _depth(text: str) -> float | tuple[float, float] | Split | Trace:
    """A number, a range, or what ``fissure report --json`` or ``fissure trace --json`` wrote."""
    path = Path(text)
    if path.suffix != ".json":
        return _quantity("--depth", text)
    from fissure.results import SCHEMA, TRACE_SCHEMA, Split, Trace

    try:
        tree = plain_json.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError) as error:
        raise ReadError(f"cannot be read as a saved result: {error}", file=text) from error
    schema = tree.get("schema") if isinstance(tree, dict) else None
    if schema == SCHEMA:
        return Split.load(path)
    if schema == TRACE_SCHEMA:
        return Trace.load(path)
    raise ReadError(f"schema must be {SCHEMA!r} or {TRACE_SCHEMA!r}, got {schema!r}", file=text)


def _cases(path: Path) -> list[Case]:
    """Cases from a delimited file; conditions may be ranges."""
    import polars as pl

    from fissure.scenarios.calibrate import Case

    try:
        table = pl.read_csv(path.read_bytes(), infer_schema=False)
    except OSError as error:
        raise ReadError(f"cannot be read: {error.strerror}", file=str(path)) from error
    except pl.exceptions.PolarsError as error:
        raise ReadError(f"cannot be read as a table: {error}", file=str(path)) from error
    for column in COLUMNS:
        if column not in table.columns:
            raise ReadError(f"there must be a column {column!r}", file=str(path))
    if not len(table):
        raise ReadError("there is no case in it: a table needs one row or more", file=str(path))
    out: list[Case] = []
    for n, row in enumerate(table.to_dicts(), start=1):
        empty = [c for c in COLUMNS if not row[c]]
        if empty:
            raise ReadError("must not be empty", file=str(path), row=n, column=empty[0])
        if row["name"] in (case.name for case in out):
            raise ReadError(f"stands twice: {row['name']!r}", file=str(path), row=n, column="name")
        try:
            conditions = [_quantity(c, row[c]) for c in COLUMNS[2:]]
            out.append(Case(row["name"], row["outcome"], *conditions))
        except SettingError as error:
            raise ReadError(str(error), file=str(path), row=n) from None
    return out
