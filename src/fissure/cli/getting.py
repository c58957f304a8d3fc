"""The command ``fissure get``: fetch a set from its publisher into the cache."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

from cyclopts import Parameter

from fissure.cli.options import Flag
from fissure.cli.terminal import progress, say
from fissure.errors import ReadError, SettingError

__all__ = ["get"]


def get(
    name: str,
    /,
    *,
    force: Flag = False,
    offline: Flag = False,
    from_: Annotated[Path | None, Parameter(name="--from")] = None,
    quiet: Flag = False,
) -> int:
    """Fetch a set from its publisher into the cache; later uses need no network.

    A download that broke off goes on where it stopped, if the file has not changed since.

    Parameters
    ----------
    name
        Which set (see: fissure data), such as voteview:senate, voteview:house:119 or un:assembly.
    force
        Fetch again what is in the cache: the current Congress grows.
    offline
        Ask no server; only say whether the files are in the cache, whole.
    from_
        Take a file that was fetched by hand, or a folder of files by the publisher's names.
    quiet
        Print nothing but errors.
    """
    from fissure.datasets import CASE_TABLES, REGISTRY, adopt, fetch, find, find_cases
    from fissure.datasets import get as known

    publication = find(name) or find_cases(name)
    if name in REGISTRY or (name in CASE_TABLES and publication is None):
        raise SettingError(f"{name!r} is bundled; there is nothing to fetch")
    if publication is None:
        known(name)
        raise ReadError(f"{name!r} cannot be fetched")
    if from_ is not None and (force or offline):
        raise SettingError("--from takes a file that is here; --force and --offline do not apply")
    there = 0
    with progress(quiet) as told:

        def moved(file: str, n: int | None, size: int | None) -> None:
            nonlocal there
            there = n or 0
            told(*_state(file, n, size))

        try:
            told(f"looking for {name}", None)
            files = (
                adopt(publication, from_)
                if from_ is not None
                else fetch(publication, force=force, offline=offline, told=moved)
            )
        except KeyboardInterrupt:
            raise KeyboardInterrupt(
                f"{_bytes(there)} are kept; run the same command again to go on"
            ) from None
    if not quiet:
        for one in files:
            done = "fetched" if one.is_new else f"in the cache since {one.fetched[:10]}"
            say(f"{one.path}: {_bytes(one.size)}, {done}")
        say(f"licence: {publication.licence}. Cite: {publication.citation}")
    return 0


def _state(file: str, n: int | None, size: int | None) -> tuple[str, float | None]:
    """What to show beside the bar, and how far it is."""
    if n is None:
        return f"{file}: another process is fetching it", None
    if not size:
        return f"{file}: {_bytes(n)}", None
    return f"{file}: {_bytes(n)} of {_bytes(size)}", n / size


def _bytes(n: int) -> str:
    return f"{n / 1e6:.1f} MB" if n >= 100_000 else f"{n:,} bytes"
