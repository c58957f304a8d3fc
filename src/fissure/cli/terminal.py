"""What the program prints and writes: lines, a progress bar and tables."""

from __future__ import annotations

import contextlib
import os
import sys
import unicodedata
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any

from fissure.errors import FissureWarning, SettingError

if TYPE_CHECKING:
    import polars as pl

__all__ = [
    "check_writable",
    "complain",
    "escaped",
    "give_table",
    "one_line",
    "progress",
    "say",
    "show_warning",
    "write_table",
]


def show_warning(message: Any, category: Any, *_: Any, **__: Any) -> None:
    if issubclass(category, FissureWarning) and not _QUIET[0]:
        print(f"fissure: note: {one_line(str(message))}", file=sys.stderr)


_QUIET = [False]


def complain(problem: str) -> None:
    """One line on the standard error."""
    print(f"fissure: {one_line(problem)}", file=sys.stderr)


def say(line: str, as_is: bool = False) -> None:
    """One line on the standard output."""
    print(line if as_is else one_line(line))


def one_line(text: str) -> str:
    """One line that cannot steer the terminal, whatever names a file holds."""
    return "".join(c if c.isprintable() else " " for c in text).strip()


_TURNS = frozenset(("LRE", "RLE", "LRO", "RLO", "PDF", "LRI", "RLI", "FSI", "PDI"))


def escaped(text: str) -> str:
    """Text with its control characters, and those that turn its direction, written as ``\\x1b``."""
    return "".join(
        c.encode("unicode_escape").decode("ascii")
        if unicodedata.category(c) in ("Cc", "Cs", "Zl", "Zp")
        or unicodedata.bidirectional(c) in _TURNS
        else c
        for c in text
    )


@contextlib.contextmanager
def progress(quiet: bool) -> Iterator[Any]:
    """A function ``told(what, share)`` that moves a bar on a terminal and is silent elsewhere."""
    _QUIET[0] = quiet
    if quiet or not sys.stderr.isatty():
        yield lambda what, share=None: None
        return
    from rich.console import Console
    from rich.progress import BarColumn, Progress, TextColumn, TimeElapsedColumn

    words = TextColumn("{task.description}", markup=False)
    columns = (words, BarColumn(), TimeElapsedColumn())
    with Progress(*columns, console=Console(stderr=True), transient=True) as bar:
        task = bar.add_task("starting", total=None)

        def told(what: str, share: float | None = None) -> None:
            total = None if share is None else 1.0
            bar.update(task, description=one_line(what), completed=share or 0, total=total)

        yield told


def check_writable(path: Path | None) -> None:
    """Refuse an output that cannot be written before anything is computed."""
    if path is None:
        return
    folder = path.parent
    if path.is_dir():
        problem = "is a folder; give a file name"
    elif not folder.is_dir():
        problem = f"cannot be written: there is no folder {str(folder)!r}"
    elif not os.access(path if path.exists() else folder, os.W_OK):
        problem = "cannot be written: permission denied"
    else:
        return
    raise SettingError(f"{path} {problem}")


def write_table(table: pl.DataFrame, path: Path) -> None:
    writers = {".csv": "write_csv", ".parquet": "write_parquet", ".json": "write_json"}
    if path.suffix not in writers:
        raise SettingError(f"{path} must end in {', '.join(writers)}")
    getattr(table, writers[path.suffix])(path)


def give_table(table: pl.DataFrame, path: Path | None, quiet: bool) -> None:
    """To the file if there is one; else printed: for people on a terminal, as CSV elsewhere."""
    if path is not None:
        write_table(table, path)
    elif not quiet and sys.stdout.isatty():
        import polars as pl

        with pl.Config(tbl_rows=-1, tbl_cols=-1, tbl_hide_dataframe_shape=True, fmt_str_lengths=60,
                       tbl_hide_column_data_types=True, tbl_width_chars=10_000):  # fmt: skip
            shown = str(table)
        # a name in a file must not steer the terminal; other programs get it as it is
        say("".join(c if c.isprintable() or c == "\n" else " " for c in shown), as_is=True)
    elif not quiet:
        say(table.write_csv().rstrip("\n"), as_is=True)
