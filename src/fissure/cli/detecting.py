"""The command ``fissure detectable``: which splits these records could have shown."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

from cyclopts import Parameter

from fissure.cli.options import AS_FOUND, VERDICT, Choices, Flag, Reading, Seed, Several, Within
from fissure.cli.terminal import check_writable, give_table, progress, say

if TYPE_CHECKING:
    import polars as pl

    from fissure.results.detectable import Detectability

__all__ = ["detectable"]


def detectable(
    source: str = "senate-109",
    /,
    *,
    within: Within = None,
    items: Several = (),
    yea: Choices = ("yea",),
    nay: Choices = ("nay",),
    shares: Annotated[tuple[float, ...], Parameter(group=VERDICT, negative=())] = (
        0.1,
        0.15,
        0.2,
        0.3,
        0.4,
        0.5,
    ),
    depth: Annotated[float | None, Parameter(group=VERDICT)] = None,
    seed: Seed = 1,
    json: Path | None = None,
    quiet: Flag = False,
    reading: Reading = AS_FOUND,
) -> int:
    """Say which splits these records could have shown: the smallest depth that would be found.

    For each size of the smaller bloc, along the group's main line and across it, with 80 % power
    and the error rate of the verdict, on exactly these items and absences; and how many more items
    would be needed. One table a group is printed; in parentheses stands the 95% interval of the
    power, from the number of simulations.

    Parameters
    ----------
    source
        A bundled set (see: fissure data), a file, or a folder of Voteview files.
    within
        Also look within each value of this column of the actors, such as party or country. Without
        it, party is taken where there is such a column; "none" asks about the whole body only.
    items
        Keep only these items, as in fissure report.
    yea
        Which choices count as the one side: words such as yea, nay, abstain, absent.
    nay
        Which choices count as the other side.
    shares
        Shares of members in the smaller bloc, each above 0 and up to 0.5.
    depth
        Also give the chance that a split this deep would be found; 0.35 without it.
    seed
        Seed of every random draw; the same seed gives the same answer.
    json
        Also write every number as JSON (schema fissure.detectable/1).
    quiet
        Print nothing but errors.
    """
    check_writable(json)
    with progress(quiet) as told:
        told("reading", None)
        from fissure.cli.kept import column_within
        from fissure.cli.selecting import read_records
        from fissure.unknowns.detectable import detectable as ask

        records = read_records(source, reading.options(), items)
        result = ask(
            records,
            within=column_within(records, within),
            shares=shares,
            depth=depth,
            seed=seed,
            yea=yea,
            nay=nay,
            progress=lambda group, stage: told(f"{group}: {stage}", None),
        )
        if json is not None:
            result.to_json(json)
    if not quiet:
        for group in result.groups:
            say(f"{group.name}: {group.sentence}")
            for remark in group.remarks:
                say(f"{group.name}: {remark}")
            give_table(_table(group), None, quiet)
        for skipped in result.skipped:
            say(f"{skipped.name}: nothing can be said: {skipped.reason}")
        if json is not None:
            say(f"numbers: {json}")
    return 0


def _table(group: Detectability) -> pl.DataFrame:
    """One row a size of the smaller bloc; a dash where no depth would be found."""
    import polars as pl

    def number(value: float | None) -> str:
        return "-" if value is None else f"{value:.2f}"

    bound = {b.bloc_share: b.depth for b in group.bound}
    rows: dict[float, dict[str, str]] = {}
    for cell in group.map:
        row = rows.setdefault(
            cell.bloc_share,
            {"smaller bloc": f"{cell.bloc_share:.0%}", "members": str(cell.members)},
        )
        row[f"depth {cell.direction}"] = number(cell.depth)
        row[f"power at {group.power_at:g} {cell.direction}"] = (
            f"{cell.power:.2f} ({number(cell.power_low)} to {number(cell.power_high)})"
        )
    for share, row in rows.items():
        row["bound"] = number(bound.get(share))
    return pl.DataFrame(list(rows.values()))
