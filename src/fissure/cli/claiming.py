"""The command ``fissure claim``: does the record support "every success needed a split"?"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, Literal

import cyclopts
from cyclopts import Parameter

from fissure.cli.options import VERDICT, Flag, Seed, Several, Where
from fissure.cli.terminal import check_writable, give_table, progress, say
from fissure.errors import SettingError

if TYPE_CHECKING:
    import polars as pl

    from fissure.claims.cases import Cases
    from fissure.claims.misclassified import CodingErrors
    from fissure.results import Claim

__all__ = ["claim"]

#: Counter-examples named in the terminal; --json and the page have them all.
MOST_NAMED = 100
CASES = cyclopts.Group("Reading the cases", sort_key=2)

Asked = Annotated[str | None, Parameter(group=VERDICT)]
Column = Annotated[str | None, Parameter(group=CASES)]


def claim(
    source: str = "revolutions",
    /,
    *,
    outcome: Annotated[str, Parameter(group=VERDICT)] = "success",
    needs: Annotated[str, Parameter(group=VERDICT)] = "elite_split",
    rival: Several = (),
    fork: Several = (),
    select: Several = (),
    threshold: Annotated[float, Parameter(group=VERDICT)] = 0.5,
    certainty: Annotated[Literal["stated", "ignored"], Parameter(group=VERDICT)] = "stated",
    sensitivity: Asked = None,
    specificity: Asked = None,
    hindsight: Asked = None,
    level: Annotated[float, Parameter(group=VERDICT)] = 0.05,
    seed: Seed = 1,
    case: Annotated[tuple[str, ...], Parameter(group=CASES, negative=(), show_default=False)] = (),
    cluster: Column = None,
    date: Column = None,
    delimiter: Column = None,
    encoding: Column = None,
    output: Where = None,
    json: Path | None = None,
    quiet: Flag = False,
) -> int:
    """Say whether the record of cases supports "every case with the outcome had the condition".

    The verdict is supported, contradicted, trivially true, or cannot tell from these cases. It is
    printed with the counter-examples by name and the two-by-two table; --output makes the page.

    Parameters
    ----------
    source
        A table of cases that has a name (see: fissure data), or a file: one row a case, one column
        a condition or an outcome, from 0 to 1, yes or no.
    outcome
        The outcome: a column, ~COLUMN for its absence, COLUMN=VALUE, or A*~B + C.
    needs
        The condition that it is said to need, written in the same way; COLUMN@out,cross,in
        calibrates a column of numbers.
    rival
        Another condition to show beside it; all other codings without it. May be given several
        times.
    fork
        Definitions to try as well, as AXIS=OPTION|OPTION: "outcome=success|success + partial",
        "needs threshold=0.3|0.7", "cases=kind=attempt". May be given several times.
    select
        Keep only these cases: COLUMN=VALUE, or COLUMN=FROM..TO (either end may be left out). Give
        it several times to narrow further.
    threshold
        A case is in a set above this degree, and out of it below, 0 to 1.
    certainty
        Whether certainties in the table say how probable it is that a cell is right.
    sensitivity
        How often the coder finds the condition where it is present: a number, or a,b of a Beta law.
    specificity
        How often the coder does not find it where it is absent.
    hindsight
        How often the coder, knowing the outcome, finds it where it is absent.
    level
        Largest error rate of "supported" and "contradicted", above 0 and below 0.5.
    seed
        Seed of every random draw; the same seed gives the same answer.
    case
        Column that names a case, if it is not found; several together if given several times.
    cluster
        Column of the wave that a case belongs to.
    date
        Column of the date of a case.
    delimiter
        Of a text file, if it is not recognised.
    encoding
        Of a text file that is not UTF-8, such as latin-1.
    output
        Where to write the page.
    json
        Also write every number as JSON (schema fissure.claim/1).
    quiet
        Print nothing but errors.
    """
    for path in (output, json):
        check_writable(path)
    with progress(quiet) as told:
        told("reading", None)
        from fissure.claims.claim import claim as ask
        from fissure.claims.judging import Rule

        options = (case, cluster, date, delimiter, encoding)
        named = zip(("case", "cluster", "date", "delimiter", "encoding"), options, strict=True)
        table = _read(source, {name: option for name, option in named if option}, select)
        told("testing the claim", None)
        result = ask(
            table,
            outcome,
            needs,
            rivals=rival or None,
            forks=_forks(fork),
            threshold=threshold,
            use_certainty=certainty == "stated",
            errors=_errors(sensitivity, specificity, hindsight),
            hindsight=0.8 if hindsight is None else _mean("--hindsight", hindsight),
            rule=Rule(level=level),
            seed=seed,
        )
        if json is not None:
            result.to_json(json)
        if output is not None:
            from fissure.report import report

            report(result, output)
    if not quiet:
        _tell(result)
        written = [str(path) for path in (output, json) if path is not None]
        if written:
            say(f"claim: {', '.join(written)}")
    return 0


def _read(source: str, options: dict[str, Any], select: Sequence[str]) -> Cases:
    from fissure.datasets import cases

    table = cases(source, **options)
    for condition in select:
        table = _selected(table, condition)
    return table


def _selected(table: Cases, condition: str) -> Cases:
    """The cases that fit COLUMN=VALUE or COLUMN=FROM..TO."""
    import numpy as np

    from fissure.errors import DataError

    column, sign, value = condition.partition("=")
    if not sign or not column.strip():
        raise SettingError(
            f"--select must look like COLUMN=VALUE or COLUMN=FROM..TO, got {condition!r}"
        )
    low, is_range, high = value.partition("..")
    if is_range:
        ends = [_number("--select", end, other) for end, other in ((low, -np.inf), (high, np.inf))]
        numbers = table.number(column.strip())
        keep = (numbers >= ends[0]) & (numbers <= ends[1])
    else:
        keep = table.coding(f"{column.strip()}={value.strip()}").value == 1
    if not keep.any():
        raise DataError(f"--select {condition!r} leaves no case of {table.source.name}")
    return table.select(keep)


def _forks(given: Sequence[str]) -> dict[str, list[str]]:
    """AXIS=OPTION|OPTION; an axis given twice has the options of both."""
    out: dict[str, list[str]] = {}
    for text in given:
        axis, sign, options = text.partition("=")
        if not sign or not options.strip():
            raise SettingError(f'--fork must look like "outcome=A|B", got {text!r}')
        out.setdefault(axis.strip(), []).extend(o.strip() for o in options.split("|"))
    return out


def _errors(
    sensitivity: str | None, specificity: str | None, hindsight: str | None
) -> CodingErrors | None:
    from fissure.claims.misclassified import CodingErrors

    named = {"sensitivity": sensitivity, "specificity": specificity, "hindsight": hindsight}
    given: dict[str, Any] = {
        name: _rate(f"--{name}", text) for name, text in named.items() if text is not None
    }
    return CodingErrors(**given) if given else None


def _rate(option: str, text: str) -> float | tuple[float, float]:
    first, sign, second = text.partition(",")
    a = _number(option, first)
    return (a, _number(option, second)) if sign else a


def _mean(option: str, text: str) -> float:
    rate = _rate(option, text)
    return rate[0] / (rate[0] + rate[1]) if isinstance(rate, tuple) else rate


def _number(option: str, text: str, otherwise: float | None = None) -> float:
    """A number; where it is blank, the other one."""
    if otherwise is not None and not text.strip():
        return otherwise
    try:
        return float(text)
    except ValueError as error:
        raise SettingError(f"{option} must hold numbers, got {text.strip()!r}") from error


def _tell(result: Claim) -> None:
    from fissure.readers.columns import counted

    against = result.counterexamples
    if against:
        more = f" and {len(against) - MOST_NAMED:,} more" if len(against) > MOST_NAMED else ""
        say(f"against it: {'; '.join(against[:MOST_NAMED])}{more}")
    else:
        say("against it: no case in the table")
    say(result.sentence)
    give_table(_two_by_two(result), None, quiet=False)
    for direction in result.directions[1:]:
        say(f"the other way round, {direction.statement}: {direction.verdict}; {direction.reason}")
    for rival in [r for r in result.rivals if not r.is_asked][:3]:
        say(
            f"beside it, {rival.name}: {rival.verdict}; {counted(rival.n_outcome, 'case')} with "
            f"{result.outcome}, {len(rival.counterexamples):,} against it"
        )
    if len(result.forks) > 1:
        shares = ", ".join(f"{s.verdict} {s.share:.0%}" for s in result.fork_shares if s.n)
        say(f"of {len(result.forks):,} ways to define it: {shares}")
    for note in (*result.notes, *result.remarks):
        say(f"note: {note}")


def _two_by_two(result: Claim) -> pl.DataFrame:
    """Counts of cases by outcome (rows) and condition (columns), the unknown shown."""
    import polars as pl

    t = result.table
    rows = [
        (f"with {result.outcome}", t.both, t.outcome_only, t.outcome_unknown_condition),
        (
            f"without {result.outcome}",
            t.condition_only,
            t.neither,
            t.no_outcome_unknown_condition,
        ),
        (
            f"{result.outcome} unknown",
            t.condition_unknown_outcome,
            t.no_condition_unknown_outcome,
            t.both_unknown,
        ),
    ]
    columns = ["cases", f"with {result.needs}", f"without {result.needs}", "unknown"]
    return pl.DataFrame(rows, schema=columns, orient="row")
