"""The command line: parse, call the public API, write; nothing else.

Heavy imports stand inside the commands, so that ``fissure --help`` answers at once.
"""

from __future__ import annotations

import os
import sys
import warnings
from collections.abc import Sequence
from pathlib import Path
from typing import Annotated

from cyclopts import App, CycloptsError, Parameter

from fissure import __version__
from fissure.cli.asking import insider
from fissure.cli.claiming import claim
from fissure.cli.detecting import detectable
from fissure.cli.getting import get
from fissure.cli.ledger import ledger
from fissure.cli.options import (
    AS_FOUND,
    VERDICT,
    Choices,
    Flag,
    Page,
    Reading,
    Seed,
    Several,
    Where,
    Within,
)
from fissure.cli.ready import ready
from fissure.cli.scenarios import scenarios
from fissure.cli.terminal import (
    check_writable,
    complain,
    give_table,
    progress,
    say,
    show_warning,
    write_table,
)
from fissure.cli.tracing import trace
from fissure.errors import FissureError, FissureWarning

__all__ = ["app", "main"]

HELP = """\
Is this ruling group divided, how deeply, and how sure are we?

Give it records of who chose what, when (votes, rulings, signatures) and it writes a report.

- "fissure report" takes the 109th US Senate, which comes along

- "fissure report votes.csv --within party" takes your own file, and looks within each party too

- "fissure report --items date=2005-01-01..2005-06-30" takes only some of the items

- "fissure trace voteview:senate --since 1945" follows a group through time
"""
EPILOGUE = """\
Exit codes: 0 done; 1 a problem with the input or the data, told in one line; 2 wrong usage; \
130 interrupted."""

app = App(
    name="fissure",
    help=HELP,
    help_epilogue=EPILOGUE,
    usage="Usage: fissure COMMAND [OPTIONS]",
    version=__version__,
    suppress_keyboard_interrupt=False,  # run() tells how to go on, and gives the exit code
    result_action="return_value",
)


@app.command(usage="Usage: fissure report [SOURCE] [OPTIONS]")
def report(
    source: str = "senate-109",
    /,
    *,
    within: Within = None,
    items: Several = (),
    yea: Choices = ("yea",),
    nay: Choices = ("nay",),
    seed: Seed = 1,
    min_depth: Annotated[float | None, Parameter(group=VERDICT)] = None,
    clear_depth: Annotated[float | None, Parameter(group=VERDICT)] = None,
    max_middle: Annotated[float | None, Parameter(group=VERDICT)] = None,
    level: Annotated[float | None, Parameter(group=VERDICT)] = None,
    no_unknowns: Annotated[Flag, Parameter(group=VERDICT)] = False,
    workers: int | None = None,
    output: Page = Path("report.html"),
    json: Path | None = None,
    resume: Flag = False,
    quiet: Flag = False,
    reading: Reading = AS_FOUND,
) -> int:
    """Find out whether a group is split, and write the answer as one HTML page.

    The page works offline and on a phone. One line a group is also printed.

    Parameters
    ----------
    source
        A bundled set (see: fissure data), a file, or a folder of Voteview files.
    within
        Also look within each value of this column of the actors, such as party or country. Without
        it, party is taken where there is such a column; "none" asks about the whole body only.
    items
        Keep only these items: COLUMN=VALUE, COLUMN=FROM..TO (either end may be left out), or a text
        found in the wording. Give it several times to narrow further.
    yea
        Which choices count as the one side: words such as yea, nay, abstain, absent.
    nay
        Which choices count as the other side.
    seed
        Seed of every random draw; the same seed gives the same report.
    min_depth
        Blocs closer than this are no split: gap in yea share, 0 to 1.
    clear_depth
        "No split" is only said where a split this deep would have been found; at least min_depth.
    max_middle
        The middle counts as empty up to this share of members, 0 to 1.
    level
        Largest error rate allowed, above 0 and below 0.5.
    no_unknowns
        Leave out "How sure, and what we cannot know", which takes most of the time.
    workers
        Processes that work at the same time; one for each core without it.
    output
        Where to write the page.
    json
        Also write every number as JSON (schema fissure.report/1).
    resume
        Continue an interrupted run: groups that were finished are not computed again.
    quiet
        Print nothing but errors.
    """
    from fissure.cli.resumable import Run
    from fissure.unknowns.examine import PARTS

    for path in (output, json):
        check_writable(path)
    thresholds = {
        "min_depth": min_depth,
        "clear_depth": clear_depth,
        "max_middle": max_middle,
        "level": level,
    }
    run = Run(
        source, reading.options(), within, items, seed, yea, nay,
        {k: v for k, v in thresholds.items() if v is not None},
        () if no_unknowns else PARTS, workers, output, json,
    )  # fmt: skip
    with progress(quiet) as told:
        result = run.write(told, resume)
    if not quiet:
        for group in result.groups:
            say(f"{group.name}: {group.sentence}")
        for skipped in result.skipped:
            say(f"{skipped.name}: nothing can be said: {skipped.reason}")
        say(f"report: {output}" + (f", {json}" if json else ""))
    return 0


@app.command(usage="Usage: fissure fit [SOURCE] [OPTIONS]")
def fit(
    source: str = "senate-109",
    /,
    *,
    dims: int = 1,
    items: Annotated[tuple[str, ...], Parameter(negative=(), show_default=False)] = (),
    min_choices: int = 0,
    min_minority: float = 0.0,
    output: Where = None,
    items_out: Path | None = None,
    quiet: Flag = False,
    reading: Reading = AS_FOUND,
) -> int:
    """Estimate ideal points: one row an actor, with standard errors.

    Without --output the table is printed, as CSV where the output is not a terminal.

    Parameters
    ----------
    source
        A bundled set (see: fissure data), a file, or a folder of Voteview files.
    dims
        Number of dimensions, 1 to 3.
    items
        Keep only these items, as in fissure report.
    min_choices
        Leave out actors with fewer usable choices (NOMINATE's habit is 20).
    min_minority
        Leave out items whose losing side has a smaller share (NOMINATE's habit is 0.025).
    output
        Where to write the actors: .csv, .parquet or .json.
    items_out
        Where to write the items: slopes, cutpoints and fit.
    quiet
        Print nothing but errors.
    """
    for path in (output, items_out):
        check_writable(path)
    with progress(quiet) as told:
        told("reading", None)
        from fissure.cli.selecting import read_records
        from fissure.matrix import Matrix
        from fissure.models.ideal import IdealPoints

        records = read_records(source, reading.options(), items)
        matrix = Matrix.from_records(records, min_choices=min_choices, min_minority=min_minority)
        told("estimating ideal points", None)
        result = IdealPoints(dims=dims).fit(matrix)
    if items_out is not None:
        write_table(result.items_frame(), items_out)
    give_table(result.to_frame(), output, quiet)
    if not quiet:
        print(result, file=sys.stderr)
    return 0


@app.command(usage="Usage: fissure data [NAME] [OPTIONS]")
def data(name: str | None = None, /, *, output: Where = None) -> int:
    """List the sets that have names, with source and licence, or export one as a table.

    Parameters
    ----------
    name
        Which set to export; without it they are listed. One that is not bundled is fetched.
    output
        Where to write the table: .csv, .parquet or .json; printed as CSV without it.
    """
    import polars as pl

    from fissure.cli.selecting import long_table
    from fissure.datasets import CASE_TABLES, case_listing, cases, get, listing

    check_writable(output)
    if name is None:
        both = [listing().drop("citation"), case_listing().drop("citation", "note")]
        give_table(pl.concat(both, how="diagonal"), output, quiet=False)
        return 0
    if name in CASE_TABLES:
        give_table(cases(name).to_frame(), output, quiet=False)
        return 0
    records = get(name).load()
    table = long_table(records)
    if output is None:
        say(table.write_csv().rstrip("\n"), as_is=True)
    else:
        write_table(table, output)
    return 0


@app.command(usage="Usage: fissure cite [NAME]")
def cite(name: str = "senate-109", /) -> int:
    """Print what to cite: the program, the methods and a set of records.

    Parameters
    ----------
    name
        The set that was used (see: fissure data); for your own file, cite its publisher.
    """
    from fissure.datasets import CASE_TABLES, get

    entry = CASE_TABLES[name] if name in CASE_TABLES else get(name)
    say(f"Program: The fissure authors. fissure, version {__version__}.")
    say(
        "Ideal points: Clinton, Jackman and Rivers (2004). The Statistical Analysis of Roll Call "
        "Data. American Political Science Review 98(2), 355-370. doi:10.1017/S0003055404001194"
    )
    say(
        "Cohesion: Rice (1925). The Behavior of Legislative Groups: A Method of Measurement. "
        "Political Science Quarterly 40(1), 60-72. doi:10.2307/2142407"
    )
    say(
        "Dynamic ideal points: Martin and Quinn (2002). Dynamic Ideal Point Estimation via Markov "
        "Chain Monte Carlo for the U.S. Supreme Court, 1953-1999. Political Analysis 10(2), "
        "134-153."
    )
    say(
        "Rank sets: Mogstad, Romano, Shaikh and Wilhelm (2024). Inference for ranks with "
        "applications to mobility across neighborhoods and academic achievement across countries. "
        "Review of Economic Studies. doi:10.1093/restud/rdad006"
    )
    say(f"Data ({entry.name}): {entry.citation} Source: {entry.source}. Licence: {entry.licence}.")
    return 0


app.command(trace, usage="Usage: fissure trace [SOURCE] [OPTIONS]")
app.command(detectable, usage="Usage: fissure detectable [SOURCE] [OPTIONS]")
app.command(claim, usage="Usage: fissure claim [SOURCE] [OPTIONS]")
app.command(get, usage="Usage: fissure get NAME [OPTIONS]")
app.command(insider, usage="Usage: fissure insider [SOURCE] [OPTIONS]")
app.command(ready, usage="Usage: fissure ready [SOURCE] [OPTIONS]")
app.command(ledger)
app.command(scenarios, usage="Usage: fissure scenarios [OPTIONS]")


def main(tokens: Sequence[str] | None = None) -> None:
    """Run the program and leave with its exit code."""
    sys.exit(run(tokens))


def run(tokens: Sequence[str] | None = None) -> int:
    """Run the program and give its exit code; errors become one line on stderr."""
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("always", FissureWarning)
            warnings.showwarning = show_warning
            code = app(tokens, exit_on_error=False, print_error=False)
            sys.stdout.flush()
        return code if isinstance(code, int) else 0
    except CycloptsError as error:
        complain(f"{error} (see: fissure --help)")
        return 2
    except FissureError as error:
        complain(str(error))
        return 1
    except KeyboardInterrupt as error:
        complain(f"interrupted{f'; {error}' if str(error) else ''}")
        return 130
    except BrokenPipeError:
        # The reader of our output has left, as `| head` does. Python would complain at exit.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return 0
    except (OSError, MemoryError) as error:
        complain(f"{error}" or "out of memory")
        return 1
