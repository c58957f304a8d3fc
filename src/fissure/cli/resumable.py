"""A run of ``fissure report`` that can be interrupted and taken up again, group by group."""

from __future__ import annotations

import contextlib
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from fissure.cli.kept import Kept, column_within, run_key
from fissure.cli.selecting import read_records
from fissure.errors import FissureError
from fissure.results import Group, Split, plain
from fissure.results.base import build
from fissure.workers import check_workers

if TYPE_CHECKING:
    from fissure.unknowns.examine import Part

__all__ = ["Run"]

Told = Callable[..., None]


@dataclass(frozen=True)
class Run:
    """Everything one report is made from.

    Parameters
    ----------
    source, options, items
        What to read, how, and which items to keep.
    within
        Column of the actors; None takes party where there is such a column, ``none`` takes none.
    seed, yea, nay, thresholds
        Of the verdict; thresholds that are not given keep their defaults.
    parts, workers
        Of what the records cannot tell; no parts leave that out.
    output, json
        The page, and the numbers where they are wanted.
    """

    source: str
    options: dict[str, Any]
    within: str | None
    items: tuple[str, ...]
    seed: int
    yea: tuple[str, ...]
    nay: tuple[str, ...]
    thresholds: dict[str, float]
    parts: tuple[Part, ...]
    workers: int | None
    output: Path
    json: Path | None

    def write(self, told: Told, resume: bool) -> Split:
        """Compute what is not there yet, and write the page and the numbers.

        Raises
        ------
        KeyboardInterrupt
            Again, with advice on how to go on; the finished groups are kept.
        """
        check_workers(self.workers)
        told("reading", None)
        records = read_records(self.source, self.options, self.items)
        from fissure.report import report
        from fissure.split import SplitSettings, split
        from fissure.unknowns.examine import unknowns

        settings = SplitSettings(**self.thresholds)  # type: ignore[arg-type]
        within = column_within(records, self.within)
        options = {k: str(v) for k, v in sorted(self.options.items())}
        asked = [options, self.items, within, self.seed, self.yea, self.nay, self.thresholds,
                 self.parts]  # fmt: skip
        with Kept(self.output, run_key(records, asked), resume, "group") as kept:
            done = _groups(kept.found)
            telling: Any = {
                "progress": lambda group, stage: told(f"{group}: {stage}"),
                "on_group": lambda group: kept.add(group.name, plain(group)),
            }
            result = split(
                records, within=within, settings=settings, seed=self.seed,
                yea=self.yea, nay=self.nay, done=done, **telling,
            )  # fmt: skip
            if self.parts:
                finished = {name: g for name, g in done.items() if g.unknowns is not None}
                result = unknowns(
                    records, result, parts=self.parts, workers=self.workers, done=finished,
                    **telling,
                )  # fmt: skip
            told("writing the report", None)
            if self.json is not None:
                result.to_json(self.json)
            report(result, self.output)
        return result


def _groups(found: dict[str, Any]) -> dict[str, Group]:
    """The groups that were kept; what is no group is passed over, and computed again."""
    groups = {}
    for name, tree in found.items():
        with contextlib.suppress(FissureError, TypeError, KeyError):
            groups[name] = build(Group, tree)
    return groups
