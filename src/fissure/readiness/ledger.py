"""A ledger of dated statements with probabilities, in which nothing can be rewritten unseen.

One SQLite file, one table. Each entry holds the SHA-256 of its own content and of the entry before
(a hash chain), and triggers refuse whatever is not an append.
"""

from __future__ import annotations

import contextlib
import json
import os
import sqlite3
from collections.abc import Callable, Iterator
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any, Literal

from fissure.errors import DataError, ReadError, SettingError
from fissure.readiness import entries
from fissure.readiness.chain import GENESIS, Row, entry_hash, first_broken
from fissure.readiness.scoring import score
from fissure.results.ledger import LedgerBook, Statement
from fissure.split.provenance import versions_used

__all__ = ["Ledger", "entry_hash"]

#: What SQLite keeps in the header of a ledger: the letters "fsrl" read as a number.
APPLICATION = 0x6673726C
#: Seconds to wait for another process that is writing.
PATIENCE = 10.0

SETUP = f"""
PRAGMA application_id = {APPLICATION};
CREATE TABLE entries (
    seq INTEGER PRIMARY KEY, kind TEXT NOT NULL, statement INTEGER NOT NULL, at TEXT NOT NULL,
    body TEXT NOT NULL, previous TEXT NOT NULL, hash TEXT NOT NULL
);
CREATE TRIGGER no_update BEFORE UPDATE ON entries
BEGIN SELECT RAISE(ABORT, 'a ledger is never rewritten'); END;
CREATE TRIGGER no_delete BEFORE DELETE ON entries
BEGIN SELECT RAISE(ABORT, 'a ledger is never rewritten'); END;
CREATE TRIGGER append_only BEFORE INSERT ON entries
WHEN NEW.seq IS NOT (SELECT coalesce(max(seq), 0) + 1 FROM entries)
  OR NEW.previous IS NOT
     coalesce((SELECT hash FROM entries ORDER BY seq DESC LIMIT 1), '{GENESIS}')
BEGIN SELECT RAISE(ABORT, 'a ledger is only ever continued'); END;
"""


def _now() -> datetime:
    return datetime.now(UTC)


class Ledger:
    """Statements about the future with probabilities, entered before the fact and scored after it.

    Parameters
    ----------
    path
        File of the ledger; it is made with the first statement.
    clock
        Gives the present moment with its time zone; for tests.

    Raises
    ------
    ReadError
        If the file is no ledger.

    Examples
    --------
    >>> import fissure as fs, tempfile, pathlib
    >>> book = fs.Ledger(pathlib.Path(tempfile.mkdtemp()) / "ledger.sqlite")
    >>> book.add("A window of deeper division opens in this body", 0.3, by="2099-12-31")
    1
    >>> book.verify() is None, book.read().statements[0].probability
    (True, 0.3)
    """

    def __init__(
        self, path: str | os.PathLike[str], *, clock: Callable[[], datetime] = _now
    ) -> None:
        self.path = Path(path)
        self._clock = clock
        if self.path.exists():
            with self._opened(empty="allow", guarded=False):
                pass

    def add(self, text: str, probability: float, by: str | date) -> int:
        """Enter a statement, and give its number.

        Parameters
        ----------
        text
            What is said to happen, so that anybody can tell later whether it did; up to 2,000
            characters.
        probability
            0 to 1.
        by
            Last day on which it can come true; today or later.

        Raises
        ------
        SettingError
            If one of these is outside what is allowed.
        ReadError
            If the file was changed, or cannot be written.
        """
        text = entries.text("a statement", text, 1)
        probability = entries.probability(probability)
        last = entries.day(by)
        entries.check_ahead(last, self._now())
        body = {"text": text, "probability": probability, "by": last.isoformat()}
        with self._opened(writing=True, empty="fill") as db:
            number = 1 + sum(r[1] == "statement" for r in self._checked(db))
            # after waiting for whoever wrote just now: no entry may be older than the one before
            now = self._now()
            entries.check_ahead(last, now)
            self._append(db, "statement", number, body, now)
        return number

    def resolve(
        self, number: int, outcome: Literal["yes", "no"], *, on: str | date | None = None,
        note: str = "",
    ) -> None:  # fmt: skip
        """Enter what became of a statement.

        Parameters
        ----------
        number
            Of the statement.
        outcome
            ``yes`` if it came true; ``no`` if its day passed without it.
        on
            Day on which it came true; today where not given, or the last day if that has passed.
        note
            Where this is known from.

        Raises
        ------
        SettingError
            If one of these is not what is allowed.
        DataError
            If there is no such statement, it has an outcome already, or the dates contradict it.
        """
        number = entries.number(number)
        if outcome not in ("yes", "no"):
            raise SettingError(f"outcome must be yes or no, got {outcome!r}")
        note = entries.text("a note", note, 0)
        with self._opened(writing=True) as db:
            known = {s.number: s for s in _statements(self._checked(db))}
            now = self._now()
            if number not in known:
                count = f"1 to {len(known)}" if known else "none yet"
                raise DataError(f"there is no statement {number}; there are {count}")
            told = known[number]
            if told.outcome is not None:
                word = "yes" if told.outcome else "no"
                raise DataError(
                    f"statement {number} was resolved already, as {word} on {told.resolved}; a "
                    "ledger is never rewritten"
                )
            day = entries.settled(told, outcome, on, now.date())
            body = {"outcome": outcome, "on": day.isoformat(), "note": note}
            self._append(db, "outcome", number, body, now)

    def read(self) -> LedgerBook:
        """Everything in the ledger, checked, with its score.

        Raises
        ------
        ReadError
            If the file is missing, or an entry was changed.
        """
        with self._opened() as db:
            rows = self._checked(db)
        statements = tuple(_statements(rows))
        today = self._now().date().isoformat()
        return LedgerBook(
            name=self.path.name,
            n_entries=len(rows),
            head=rows[-1][6] if rows else GENESIS,
            statements=statements,
            score=score(statements),
            overdue=tuple(s.number for s in statements if s.outcome is None and s.by < today),
            versions={k: v for k, v in versions_used().items() if k in ("fissure", "python")},
        )

    def score(self) -> LedgerBook:
        """The same as :meth:`read`; refuses a ledger without any outcome.

        Raises
        ------
        DataError
            If nothing has been resolved yet.
        """
        book = self.read()
        if book.score is None:
            raise DataError(f"{self.path.name}: no statement has been resolved yet")
        return book

    def verify(self, head: str | None = None) -> int | None:
        """First entry that does not fit the chain, counted from 1; None where all do.

        Entries cut off at the end leave a chain that fits. To notice these too, keep ``head`` from
        :meth:`read` elsewhere, published or with somebody else, and give it here.

        Parameters
        ----------
        head
            Hash of some entry that must still be there.

        Raises
        ------
        DataError
            If all entries fit, but none has the hash ``head``.
        ReadError
            If they fit, but the triggers that keep them so were removed.
        """
        with self._opened(guarded=False) as db:
            rows = _rows(db)
            broken = first_broken(rows)
            if broken is None:
                _check_ledger(db, str(self.path), guarded=True)
        if broken is None and head is not None and head not in {GENESIS, *(r[6] for r in rows)}:
            raise DataError(
                f"{self.path.name}: no entry has the hash {head[:12]}…; entries were removed at "
                "the end, or this is another ledger"
            )
        return broken

    def _now(self) -> datetime:
        return self._clock().astimezone(UTC)

    @contextlib.contextmanager
    def _opened(
        self,
        writing: bool = False,
        empty: Literal["refuse", "allow", "fill"] = "refuse",
        guarded: bool = True,
    ) -> Iterator[sqlite3.Connection]:
        """A connection within one transaction, closed afterwards; what was not committed is undone.

        Whatever SQLite says becomes one sentence.
        """
        name = str(self.path)
        if empty != "fill" and not self.path.exists():
            raise ReadError("there is no such file", file=name)
        db = None
        try:
            db = sqlite3.connect(self.path, timeout=PATIENCE, isolation_level=None)
            db.execute("BEGIN IMMEDIATE" if writing else "BEGIN")
            if not _is_empty(db):
                _check_ledger(db, name, guarded)
            elif empty == "refuse":
                raise ReadError("is empty; the first statement makes it a ledger", file=name)
            elif empty == "fill":
                for command in _commands(SETUP):
                    db.execute(command)
            yield db
        except sqlite3.OperationalError as error:
            told = "another process is writing to it" if "locked" in str(error) else str(error)
            raise ReadError(f"cannot be used as a ledger: {told}", file=name) from error
        except sqlite3.DatabaseError as error:
            raise ReadError(f"is not a ledger: {error}", file=name) from error
        finally:
            if db is not None:
                db.close()

    def _checked(self, db: sqlite3.Connection) -> list[Row]:
        """All entries; refuses a chain that is broken."""
        rows = _rows(db)
        broken = first_broken(rows)
        if broken is not None:
            raise ReadError(
                f"entry {broken} does not fit the chain of hashes: this ledger was changed after "
                "it was written",
                file=str(self.path),
            )
        return rows

    def _append(
        self, db: sqlite3.Connection, kind: str, statement: int, body: Any, now: datetime
    ) -> None:
        """One more entry, within the transaction in which the chain was checked."""
        rows = _rows(db)
        seq, previous = len(rows) + 1, rows[-1][6] if rows else GENESIS
        at = now.isoformat(timespec="seconds")
        if rows and at < rows[-1][3]:
            raise DataError(
                f"the clock says {at}, but the last entry is of {rows[-1][3]}: set it right first"
            )
        text = json.dumps(body, ensure_ascii=False, sort_keys=True)
        row = (seq, kind, statement, at, text, previous)
        db.execute("INSERT INTO entries VALUES (?, ?, ?, ?, ?, ?, ?)", (*row, entry_hash(*row)))
        # what SQLite keeps may be of another type than what was hashed
        if first_broken(_rows(db)) is not None:
            raise ReadError(
                f"entry {seq} does not read back as it was written, and was not kept",
                file=str(self.path),
            )
        db.execute("COMMIT")


def _is_empty(db: sqlite3.Connection) -> bool:
    """Whether the file holds nothing yet; another process may be about to fill it."""
    tables = db.execute("SELECT count(*) FROM sqlite_master").fetchone()[0]
    return not tables and db.execute("PRAGMA application_id").fetchone()[0] == 0


def _commands(script: str) -> list[str]:
    out, at = [], ""
    for line in script.strip().splitlines():
        at += line + "\n"
        if sqlite3.complete_statement(at):
            out.append(at)
            at = ""
    return out


def _check_ledger(db: sqlite3.Connection, name: str, guarded: bool) -> None:
    if db.execute("PRAGMA application_id").fetchone()[0] != APPLICATION:
        raise ReadError("is not a ledger: it is some other SQLite file", file=name)
    if not guarded:
        return
    kept = {r[0] for r in db.execute("SELECT sql FROM sqlite_master WHERE type = 'trigger'")}
    if {c.strip().rstrip(";") for c in _commands(SETUP) if c.startswith("CREATE TRIGGER")} - kept:
        raise ReadError(
            "the triggers that keep this ledger from being rewritten were removed or changed",
            file=name,
        )


def _rows(db: sqlite3.Connection) -> list[Row]:
    return db.execute(
        "SELECT seq, kind, statement, at, body, previous, hash FROM entries ORDER BY seq"
    ).fetchall()


def _statements(rows: list[Row]) -> list[Statement]:
    out: dict[int, Statement] = {}
    for seq, kind, number, at, text, _, _ in rows:
        body = json.loads(text)
        if kind == "statement":
            out[number] = Statement(
                number, body["text"], body["probability"], at, body["by"], entry=seq
            )
        else:
            known = vars(out[number])
            out[number] = Statement(
                **{**known, "outcome": body["outcome"] == "yes", "resolved": at,
                   "note": body["note"], "on": body["on"], "outcome_entry": seq}
            )  # fmt: skip
    return list(out.values())
