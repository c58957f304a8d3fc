"""What has come from a publisher: unpacked, and checked before it may enter the cache."""

from __future__ import annotations

import csv
import gzip
import os
import shutil
import zipfile
from collections.abc import Sequence
from fnmatch import fnmatch
from pathlib import Path

from fissure.datasets.publication import Publication, RemoteFile
from fissure.errors import ReadError
from fissure.readers.opening import kind_of

__all__ = ["check_header", "choose", "unpack"]


def unpack(part: Path, file: RemoteFile, address: str) -> None:
    """Put the one wanted file of a zip file in its place; other files stay as they are."""
    with part.open("rb") as stream:
        if stream.read(4) != b"PK\x03\x04":
            return
    fresh = part.with_name(part.name + ".unpacked")
    try:
        with zipfile.ZipFile(part) as archive:
            names = archive.namelist()
            chosen = names[choose([Path(n).name for n in names], file, address)]
            with archive.open(chosen) as inner, fresh.open("wb") as stream:
                shutil.copyfileobj(inner, stream)
    except (zipfile.BadZipFile, EOFError, NotImplementedError, RuntimeError) as error:
        fresh.unlink(missing_ok=True)
        raise ReadError(f"the zip file is damaged: {error}", file=address) from error
    os.replace(fresh, part)


def choose(names: Sequence[str], file: RemoteFile, address: str) -> int:
    """Which of the names is the file's: that which fits the first pattern that any fits.

    Raises
    ------
    ReadError
        If none fits, or more than one fits the same pattern.

    Examples
    --------
    >>> file = RemoteFile("votes.csv", ("vote",), patterns=("*Votes*.csv", "*Votes*.tab"))
    >>> choose(["codebook.pdf", "UNVotes2021.tab", "._UNVotes.csv"], file, "here")
    1
    """
    patterns = file.patterns or (file.name,)
    fit: list[int] = []
    for pattern in patterns:
        fit = [
            k
            for k, name in enumerate(names)
            if fnmatch(name.lower(), pattern.lower()) and not name.startswith(".")
        ]
        if fit:
            break
    if len(fit) != 1:
        raise ReadError(
            f"one file named like {' or '.join(patterns)} is expected, {len(fit)} found among "
            f"{', '.join(names[:20]) or 'none'}; the publisher may have changed the names",
            file=address,
        )
    return fit[0]


def check_header(part: Path, publication: Publication, file: RemoteFile, origin: str) -> None:
    """Refuse a file whose first line does not name the columns that are expected."""
    try:
        kind = kind_of(part)
        with gzip.open(part, "rb") if kind == "gzip" else part.open("rb") as stream:
            first = stream.readline(1 << 20).decode("utf-8-sig", "replace").strip()
    except ReadError as error:
        raise ReadError(
            f"{error.problem} ({origin}); {publication.by_hand}", file=file.name
        ) from error
    except (OSError, EOFError) as error:
        raise ReadError(f"the gzip data are damaged ({origin})", file=file.name) from error
    sign = max(",\t;|", key=first.count)
    found = next(csv.reader([first], delimiter=sign), [])
    if not set(file.columns) <= {name.strip() for name in found}:
        shown = ", ".join(name[:40] for name in found[:30]) or "nothing"
        raise ReadError(
            f"the publisher has changed the format: expected the columns "
            f"{', '.join(file.columns)}; found {shown} ({origin}); {publication.by_hand}",
            file=file.name,
        )
