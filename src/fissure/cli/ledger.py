"""The commands ``fissure ledger``: statements about the future, entered before and scored after."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Literal

from cyclopts import App, Parameter

from fissure.cli.options import Flag, Where
from fissure.cli.terminal import check_writable, escaped, give_table, say
from fissure.errors import ReadError

if TYPE_CHECKING:
    from fissure.results import LedgerBook

__all__ = ["ledger"]

File = Annotated[Path, Parameter(show_default=True)]
HERE = Path("ledger.sqlite")

ledger = App(
    name="ledger",
    help="Keep dated statements with probabilities, which cannot be rewritten, and score them.",
)


@ledger.command(usage="Usage: fissure ledger add TEXT [OPTIONS]")
def add(
    text: str, /, *, probability: float, by: str, file: File = HERE, quiet: Flag = False
) -> int:
    """Enter a statement about the future, with its probability and its last day.

    Parameters
    ----------
    text
        What is said to happen, so that anybody can tell later whether it did.
    probability
        From 0 to 1.
    by
        Last day on which it can come true, such as 2027-12-31.
    file
        The ledger; it is made if it is not there.
    quiet
        Print nothing but errors.
    """
    from fissure.readiness.ledger import Ledger

    number = Ledger(file).add(text, probability, by)
    if not quiet:
        say(f"statement {number}: entered in {file}")
    return 0


@ledger.command(usage="Usage: fissure ledger resolve NUMBER yes|no [OPTIONS]")
def resolve(
    number: int,
    outcome: Literal["yes", "no"],
    /,
    *,
    on: str | None = None,
    note: str = "",
    file: File = HERE,
    quiet: Flag = False,
) -> int:
    """Enter what became of a statement, once and for all.

    Parameters
    ----------
    number
        Of the statement, as "fissure ledger list" shows it.
    outcome
        yes if it came true; no once its last day has passed without it.
    on
        Day on which it came true; today without it.
    note
        Where this is known from.
    file
        The ledger.
    quiet
        Print nothing but errors.
    """
    from fissure.readiness.ledger import Ledger

    Ledger(file).resolve(number, outcome, on=on, note=note)
    if not quiet:
        say(f"statement {number}: {outcome}")
    return 0


@ledger.command(name="list", usage="Usage: fissure ledger list [OPTIONS]")
def listing(*, file: File = HERE, json: Path | None = None, quiet: Flag = False) -> int:
    """List all statements.

    Parameters
    ----------
    file
        The ledger.
    json
        Also write everything as JSON (schema fissure.ledger/1).
    quiet
        Print nothing but errors.
    """
    import polars as pl

    check_writable(json)
    book = _read(file)
    if json is not None:
        book.to_json(json)
    texts = pl.col("text", "note").map_elements(escaped, return_dtype=pl.String)
    give_table(book.to_frame().with_columns(texts), None, quiet)
    if book.overdue and not quiet:
        say(f"overdue, without an outcome: {', '.join(map(str, book.overdue))}")
    return 0


@ledger.command(usage="Usage: fissure ledger score [OPTIONS]")
def score(
    *, file: File = HERE, output: Where = None, json: Path | None = None, quiet: Flag = False
) -> int:
    """Score the statements that have an outcome, beside simple baselines.

    Parameters
    ----------
    file
        The ledger.
    output
        Also write a page with the calibration plot.
    json
        Also write every number as JSON (schema fissure.ledger/1).
    quiet
        Print nothing but errors.
    """
    for path in (output, json):
        check_writable(path)
    from fissure.readiness.ledger import Ledger

    book = Ledger(file).score()
    if json is not None:
        book.to_json(json)
    if output is not None:
        from fissure.report import report

        report(book, output)
    if not quiet and book.score is not None:
        _tell(book)
        written = ", ".join(str(p) for p in (output, json) if p is not None)
        if written:
            say(f"ledger: {written}")
    return 0


@ledger.command(usage="Usage: fissure ledger verify [OPTIONS]")
def verify(*, file: File = HERE, head: str | None = None, quiet: Flag = False) -> int:
    """Check that no entry was changed or removed since it was written.

    Parameters
    ----------
    file
        The ledger.
    head
        Hash of an entry, noted down before, that must still be there.
    quiet
        Print nothing but errors.
    """
    from fissure.readiness.ledger import Ledger

    one = Ledger(file)
    broken = one.verify(head)
    if broken is not None:
        raise ReadError(
            f"entry {broken} is the first that does not fit the chain of hashes: it, or what stood "
            "before it, was changed after it was written",
            file=str(file),
        )
    if not quiet:
        book = one.read()
        say(f"{book.n_entries} entries fit together; hash of the last: {book.head}")
    return 0


def _read(file: Path) -> LedgerBook:
    from fissure.readiness.ledger import Ledger

    return Ledger(file).read()


def _tell(book: LedgerBook) -> None:
    s = book.score
    assert s is not None  # a ledger without an outcome was refused
    say(s.sentence)
    say(
        f"Brier {s.brier:.3f} = reliability {s.reliability:.3f} - resolution {s.resolution:.3f} + "
        f"uncertainty {s.uncertainty:.3f} + within bins {s.within_bin:.3f}"
    )
    log = "infinite" if s.log_score is None else f"{s.log_score:.3f}"
    say(f"logarithmic score {log}; past frequency {s.log_past:.3f}; one half {s.log_half:.3f}")
    for b in s.bins:
        say(
            f"said {b.low:.1f} to {b.high:.1f}: {b.n}, came true {100 * b.came:.0f}% (expected "
            f"{100 * b.expected_low:.0f}% to {100 * b.expected_high:.0f}%)"
        )
