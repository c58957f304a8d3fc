"""What a run has finished, kept beside its output so that an interruption loses nothing."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from fissure import __version__
from fissure.errors import DataError
from fissure.records import Records

__all__ = ["Kept", "column_within", "run_key"]


class Kept:
    """Finished pieces of a run by name, one line each in ``FILE.partial.jsonl``.

    As a context it takes the file away when the run is done, and keeps it when the run is
    interrupted and there is something to keep.

    Parameters
    ----------
    output
        The file that the run will write in the end.
    key
        Stands for everything that could change the pieces; those of another key are passed over.
    resume
        Whether to take up what an earlier run has kept; otherwise it is thrown away.
    what
        What a piece is called.
    """

    def __init__(self, output: Path, key: str, resume: bool, what: str) -> None:
        self.what = what
        self.path = output.with_name(output.name + ".partial.jsonl")
        self.found: dict[str, Any] = self._read(key) if resume else {}
        if not self.found:
            self.path.write_text(json.dumps({"key": key}) + "\n", encoding="utf-8")
        self.names = set(self.found)

    def add(self, name: str, piece: Any) -> None:
        """Keep one more piece, or a later state of one; plain values only."""
        with self.path.open("a", encoding="utf-8") as file:
            file.write(json.dumps([name, piece]) + "\n")
        self.names.add(name)

    def __enter__(self) -> Kept:
        return self

    def __exit__(self, kind: object, error: BaseException | None, where: object) -> None:
        n = len(self.names)
        if error is None or not n:
            self.path.unlink(missing_ok=True)
        if not isinstance(error, KeyboardInterrupt):
            return
        if not n:
            raise KeyboardInterrupt(f"no {self.what} was finished") from None
        words = f"{self.what} is" if n == 1 else f"{self.what}s are"
        raise KeyboardInterrupt(
            f"{n} finished {words} kept; run the same command with --resume to go on"
        ) from None

    def _read(self, key: str) -> dict[str, Any]:
        """A file that does not fit is passed over; a last line that was cut off is lost alone."""
        found: dict[str, Any] = {}
        try:
            lines = self.path.read_text(encoding="utf-8").splitlines()
            if json.loads(lines[0]) != {"key": key}:
                return {}
            for line in lines[1:]:
                name, piece = json.loads(line)
                found[name] = piece
        except (OSError, ValueError, IndexError, TypeError):
            pass
        # written anew without what was cut off, so that the next piece begins on a line of its own
        if found:
            whole = [json.dumps({"key": key}), *(json.dumps([n, p]) for n, p in found.items())]
            self.path.write_text("\n".join(whole) + "\n", encoding="utf-8")
        return found


def run_key(records: Records, settings: Sequence[Any]) -> str:
    """A hash of the records, the settings and the version."""
    size = [records.n_actors, records.n_items, records.n_choices]
    text = json.dumps([records.source.sha256, size, *settings, __version__], sort_keys=True)
    key = hashlib.sha256(text.encode())
    # the source's hash is that of the choices; parties and dates may come from other files
    for table in (records.actors, records.items):
        key.update(table.write_json().encode())
    return key.hexdigest()


def column_within(records: Records, within: str | None) -> str | None:
    """The column to look within: party if nothing is said and there is one, none for "none".

    Raises
    ------
    DataError
        If there is no such column.
    """
    columns = [c for c in records.actors.columns if c != "actor"]
    if within is None:
        return "party" if "party" in columns else None
    if within == "none":
        return None
    if within not in columns:
        raise DataError(
            f"--within {within}: no such column of the actors; there are "
            f"{', '.join(columns) or 'none'}"
        )
    return within
