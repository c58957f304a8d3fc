"""A run of ``fissure report`` that can be interrupted and taken up again.

Finished groups are kept beside the output in ``FILE.partial.json``, under a key made of everything
that could change them: the records, the settings, the seed and the version.
"""

from __future__ import annotations

import contextlib
import hashlib
import json
import os
from collections.abc import Callable
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from fissure import __version__
from fissure.cli.selecting import read_records
from fissure.errors import DataError, FissureError
from fissure.records import Records
from fissure.results import Group, Split

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
    output: Path
    json: Path | None

    @property
    def partial(self) -> Path:
        """Where finished groups are kept while the run goes on."""
        return self.output.with_name(self.output.name + ".partial.json")

    def split(self, told: Told, resume: bool) -> Split:
        """Compute what is not there yet; an interruption leaves the finished groups behind.

        Raises
        ------
        KeyboardInterrupt
            Again, with advice on how to go on.
        """
        told("reading", None)
        records = read_records(self.source, self.options, self.items)
        from fissure.split import SplitSettings, split

        settings = SplitSettings(**self.thresholds)  # type: ignore[arg-type]
        within = self._column(records)
        key = self._key(records, within)
        done = self._load(key) if resume else {}
        if not resume:
            self.partial.unlink(missing_ok=True)

        def keep(group: Group) -> None:
            done[group.name] = group
            self._save(key, done)

        try:
            return split(
                records, within=within, settings=settings, seed=self.seed,
                yea=self.yea, nay=self.nay, done=dict(done), on_group=keep,
                progress=lambda group, stage: told(f"{group}: {stage}"),
            )  # fmt: skip
        except KeyboardInterrupt:
            raise KeyboardInterrupt(
                f"{len(done)} finished groups are kept; run the same command with --resume to go on"
                if done else "no group was finished"
            ) from None  # fmt: skip

    def write(self, result: Split) -> None:
        """Write the page and the numbers; what was kept for resuming is no longer needed."""
        from fissure.report import report

        if self.json is not None:
            result.to_json(self.json)
        report(result, self.output)
        self.partial.unlink(missing_ok=True)

    def _column(self, records: Records) -> str | None:
        columns = [c for c in records.actors.columns if c != "actor"]
        if self.within is None:
            return "party" if "party" in columns else None
        if self.within == "none":
            return None
        if self.within not in columns:
            raise DataError(
                f"--within {self.within}: no such column of the actors; there are "
                f"{', '.join(columns) or 'none'}"
            )
        return self.within

    def _key(self, records: Records, within: str | None) -> str:
        told = [
            records.source.sha256,
            {k: str(v) for k, v in sorted(self.options.items())},
            [records.n_actors, records.n_items, records.n_choices],
            self.items, within, self.seed, self.yea, self.nay, self.thresholds, __version__,
        ]  # fmt: skip
        text = json.dumps(told, sort_keys=True)
        return hashlib.sha256(text.encode()).hexdigest()

    def _load(self, key: str) -> dict[str, Group]:
        """Groups kept by an earlier run of the same; a file that does not fit is passed over."""
        with contextlib.suppress(OSError, ValueError, KeyError, TypeError, FissureError):
            tree = json.loads(self.partial.read_text(encoding="utf-8"))
            if tree["key"] == key:
                return {g.name: g for g in Split.from_dict(tree["finished"]).groups}
        return {}

    def _save(self, key: str, done: dict[str, Group]) -> None:
        """Written beside and moved into place, so that no half file is ever found."""
        finished = replace(_EMPTY, seed=self.seed, groups=tuple(done.values()))
        tree = {"key": key, "finished": finished.to_dict()}
        fresh = self.partial.with_name(self.partial.name + ".new")
        fresh.write_text(json.dumps(tree), encoding="utf-8")
        os.replace(fresh, self.partial)


_EMPTY = Split(source={}, settings={}, seed=0, versions={}, groups=())
