"""Every error and warning that fissure raises on purpose.

::

    FissureError
    ├── SettingError      a setting is outside what is allowed
    ├── ReadError         a file or table cannot be read as records (file, row, column, value, what
    is allowed) ├── DataError         the records were read, but they cannot answer this question
    ├── ConvergenceError  an estimate did not reach its optimum
    └── MissingExtra      an optional package is needed for this format

    FissureWarning        one counted remark about something that was left out or replaced
"""

from __future__ import annotations

__all__ = [
    "ConvergenceError",
    "DataError",
    "FissureError",
    "FissureWarning",
    "MissingExtra",
    "ReadError",
    "SettingError",
]


class FissureError(Exception):
    """Parent of every error that fissure raises on purpose."""


class SettingError(FissureError, ValueError):
    """A setting is outside what is allowed."""


class ReadError(FissureError, ValueError):
    """A file or table cannot be read as records.

    Parameters
    ----------
    problem
        What was wrong, what came and what is allowed, as one sentence.
    file, row, column
        Where; the row counts data rows from 1 (the header is not counted).
    """

    def __init__(
        self,
        problem: str,
        *,
        file: str | None = None,
        row: int | None = None,
        column: str | None = None,
    ) -> None:
        self.problem, self.file, self.row, self.column = problem, file, row, column
        where = ", ".join(
            part
            for part in (
                file,
                None if row is None else f"row {row}",
                None if column is None else f"column {column!r}",
            )
            if part
        )
        super().__init__(f"{where}: {problem}" if where else problem)


class DataError(FissureError, ValueError):
    """The records were read, but they cannot answer this question."""


class ConvergenceError(FissureError, RuntimeError):
    """An estimate did not reach its optimum."""


class MissingExtra(FissureError, ImportError):
    """An optional package is needed for this format."""


class FissureWarning(UserWarning):
    """One counted remark about something that was left out or replaced."""
