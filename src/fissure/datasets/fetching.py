"""The cache of files fetched from their publishers: found, fetched, checked, locked, recorded."""

from __future__ import annotations

import json
import os
import shutil
import warnings
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

from fissure.datasets.arrival import check_header, choose, unpack
from fissure.datasets.publication import Publication, RemoteFile
from fissure.errors import FissureWarning, ReadError, SettingError

if TYPE_CHECKING:
    from fissure.datasets.transfer import Patience

__all__ = ["Fetched", "adopt", "cache_folder", "fetch", "is_cached"]

#: Called with the name of the file, the bytes there and the bytes wanted; both None while waiting
#: for another process.
Told = Callable[[str, int | None, int | None], None]


@dataclass(frozen=True)
class Fetched:
    """A file in the cache and what is recorded of it, in a small JSON file beside it.

    Parameters
    ----------
    file
        Its name in the cache.
    address
        Where it came from; for a file given by hand, its name.
    fetched
        When, in UTC.
    etag, last_modified
        The publisher's marks of this version; empty where none were given.
    size, sha256
        Of the file in the cache, which is unpacked if it came in a zip file.
    md5
        The publisher's own checksum, compared before unpacking; empty where none is published.
    path
        Where it is.
    is_new
        Whether it was fetched by this call.
    """

    file: str
    address: str
    fetched: str
    etag: str
    last_modified: str
    size: int
    sha256: str
    md5: str
    path: Path
    is_new: bool = False


def cache_folder() -> Path:
    """Where fetched files are kept: ``FISSURE_CACHE``, or the system's place for caches."""
    given = os.environ.get("FISSURE_CACHE")
    if given:
        return Path(given).expanduser()
    import pooch

    return Path(pooch.os_cache("fissure"))


def is_cached(publication: Publication) -> bool:
    """Whether every file is in the cache with its record; the contents are not read."""
    paths = [_path(publication, file) for file in publication.files]
    return all(path.exists() and _recorded(path) is not None for path in paths)


def fetch(
    publication: Publication,
    *,
    force: bool = False,
    offline: bool = False,
    told: Told | None = None,
    patience: Patience | None = None,
) -> tuple[Fetched, ...]:
    """Find the files of a set in the cache, and fetch those that are not there.

    A file counts as there if it has the size and SHA-256 that were recorded when it came. A lock
    beside each file lets a second process wait and then find it.

    Parameters
    ----------
    publication
        The set.
    force
        Fetch again what is there; the old file stays until the new one is complete.
    offline
        Ask no server; ``FISSURE_OFFLINE=1`` does the same.
    told
        Called as bytes arrive.
    patience
        When to give up.

    Raises
    ------
    SettingError
        If both ``force`` and ``offline`` are asked for.
    ReadError
        If a file is neither there nor to be had, cannot be written, or has changed its format.
    """
    offline = offline or os.environ.get("FISSURE_OFFLINE", "") not in ("", "0")
    if offline and force:
        raise SettingError("force fetches anew and offline forbids it; choose one of them")
    return tuple(
        _one(publication, file, force, offline, told, patience) for file in publication.files
    )


def adopt(publication: Publication, given: Path) -> tuple[Fetched, ...]:
    """Take files that were fetched by hand into the cache.

    Parameters
    ----------
    publication
        The set.
    given
        The file, or a folder that holds the files by the publisher's names.

    Raises
    ------
    ReadError
        If a file is missing, or its columns are not those of the set.
    """
    if not given.exists():
        raise ReadError("no such file or folder", file=str(given))
    if not given.is_dir() and len(publication.files) > 1:
        names = ", ".join(file.name for file in publication.files)
        raise ReadError(
            f"{publication.name} has several files; give the folder that holds {names}",
            file=str(given),
        )
    taken = []
    for file in publication.files:
        source, path = given / file.name if given.is_dir() else given, _path(publication, file)
        if not source.is_file():
            raise ReadError("no such file", file=str(source))
        with _stored(path), _locked(path, file, None):
            part = path.with_name(path.name + ".new")
            shutil.copyfile(source, part)
            taken.append(_settle(publication, file, part, source.name))
    return tuple(taken)


def _one(
    publication: Publication,
    file: RemoteFile,
    force: bool,
    offline: bool,
    told: Told | None,
    patience: Patience | None,
) -> Fetched:
    path = _path(publication, file)
    found = None if force else _found(path)
    if found is not None:
        return found
    _refuse(publication, file, offline)
    with _stored(path), _locked(path, file, told):
        found = None if force else _found(path)
        return found or _download(publication, file, path, told, patience)


def _refuse(publication: Publication, file: RemoteFile, offline: bool) -> None:
    """Say what to do where nothing may, or can, be asked for."""
    if offline:
        raise ReadError(
            f"{file.name} is not in the cache {cache_folder()}, and offline no server is asked; "
            f"fetch it once with: fissure get {publication.name}",
            file=publication.name,
        )
    if not publication.certain and not _mirror():
        raise ReadError(
            f"its address is not certain: {publication.remark}; {publication.by_hand}",
            file=publication.name,
        )


def _download(
    publication: Publication,
    file: RemoteFile,
    path: Path,
    told: Told | None,
    patience: Patience | None,
) -> Fetched:
    from fissure.datasets.transfer import transfer

    part = path.with_name(path.name + ".part")
    try:
        address, md5 = _address(publication, file, part, patience)
        came = transfer(
            address,
            part,
            patience=patience,
            told=None if told is None else lambda n, size: told(file.name, n, size),
        )
    except ReadError as error:
        raise ReadError(f"{error.problem}; {publication.by_hand}", file=error.file) from error
    if md5 and _hash(part, "md5") != md5:
        found = _hash(part, "md5")
        part.unlink()
        raise ReadError(
            f"the publisher's MD5 is {md5}, but that of what arrived is {found}; try again, or "
            f"{publication.by_hand}",
            file=address,
        )
    return _settle(publication, file, part, address, came.etag, came.last_modified, md5)


def _address(
    publication: Publication, file: RemoteFile, part: Path, patience: Patience | None
) -> tuple[str, str]:
    """Where a file is to be had, and its MD5 if the publisher tells."""
    mirror = _mirror()
    if mirror:
        return f"{mirror}/{publication.folder}/{file.name}", ""
    if not publication.listing:
        return file.address, ""
    from fissure.datasets.transfer import transfer

    listing = part.with_name(file.name + ".listing")
    transfer(publication.listing, listing, patience=patience)
    try:
        rows = [row["dataFile"] for row in json.loads(listing.read_bytes())["data"]]
        names = [row.get("originalFileName") or row["filename"] for row in rows]
    except (ValueError, KeyError, TypeError) as error:
        raise ReadError("this is no listing of Dataverse", file=publication.listing) from error
    finally:
        listing.unlink()
    row = rows[choose(names, file, publication.listing)]
    # Dataverse's checksum is that of the file as it was uploaded, not of its converted form.
    original = "?format=original" if "originalFileName" in row else ""
    root = publication.listing.partition("/api/")[0]
    return f"{root}/api/access/datafile/{row['id']}{original}", row.get("md5") or ""


def _settle(
    publication: Publication,
    file: RemoteFile,
    part: Path,
    address: str,
    etag: str = "",
    last_modified: str = "",
    md5: str = "",
) -> Fetched:
    """Unpack and check what has come, record it, and move it into place in one step."""
    now = datetime.now(UTC).isoformat(timespec="seconds")
    try:
        unpack(part, file, address)
        check_header(part, publication, file, f"fetched {now[:10]} from {address}")
    except ReadError:
        part.unlink(missing_ok=True)
        raise
    path = _path(publication, file)
    size, sha256 = part.stat().st_size, _hash(part)
    one = Fetched(
        file.name, address, now, etag, last_modified, size, sha256, md5, path, is_new=True
    )
    told: dict[str, Any] = {"schema": "fissure.fetched/1", "set": publication.name, **asdict(one)}
    del told["path"], told["is_new"]
    fresh = path.with_name(path.name + ".json.new")
    fresh.write_text(json.dumps(told, indent=1) + "\n", encoding="utf-8")
    os.replace(part, path)
    os.replace(fresh, _record(path))
    return one


def _found(path: Path) -> Fetched | None:
    """The file in the cache, if it is what was recorded; a damaged one is told of, not used."""
    record = _recorded(path)
    if record is None or not path.exists():
        return None
    if path.stat().st_size == record.size and _hash(path) == record.sha256:
        return record
    warnings.warn(
        f"{path} is not what was fetched {record.fetched[:10]}: size or SHA-256 differ; it is not "
        "used",
        FissureWarning,
        stacklevel=2,
    )
    return None


def _recorded(path: Path) -> Fetched | None:
    try:
        told = json.loads(_record(path).read_text(encoding="utf-8"))
        return Fetched(**{k: v for k, v in told.items() if k not in ("schema", "set")}, path=path)
    except (OSError, ValueError, TypeError, AttributeError):
        return None


@contextmanager
def _locked(path: Path, file: RemoteFile, told: Told | None) -> Iterator[None]:
    """Only one process at a time; others wait, however long it takes."""
    from filelock import FileLock, Timeout

    lock = FileLock(path.with_name(path.name + ".lock"))
    try:
        lock.acquire(timeout=0)
    except Timeout:
        if told is not None:
            told(file.name, None, None)
        lock.acquire()
    try:
        yield
    finally:
        lock.release()


@contextmanager
def _stored(path: Path) -> Iterator[None]:
    """Make the folder, and tell in one line why something cannot be written there."""
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        yield
    except OSError as error:
        raise ReadError(
            f"cannot be written: {error.strerror or error}; another folder for the cache is chosen "
            "with the environment variable FISSURE_CACHE",
            file=str(path),
        ) from error


def _hash(path: Path, how: str = "sha256") -> str:
    import pooch

    return str(pooch.file_hash(str(path), alg=how))


def _mirror() -> str:
    return os.environ.get("FISSURE_MIRROR", "").rstrip("/")


def _path(publication: Publication, file: RemoteFile) -> Path:
    return cache_folder() / publication.folder / file.name


def _record(path: Path) -> Path:
    return path.with_name(path.name + ".json")
