"""One file over HTTP: resumed after a break, retried with patience, never half a file for a whole.

pooch keeps the cache's place and the hashes; its own downloader begins anew after every break, so
the transfer is ours, on requests.
"""

from __future__ import annotations

import contextlib
import json
import re
import time
from collections.abc import Callable
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from pathlib import Path
from typing import Any

import requests
import urllib3

from fissure import __version__
from fissure.errors import ReadError

__all__ = ["Arrived", "Patience", "transfer"]

_STEP = 1 << 18
_RANGE = re.compile(r"bytes (\d+)-\d+/(\d+|\*)")

Told = Callable[[int, int | None], None]


@dataclass(frozen=True)
class Patience:
    """How long to go on with a server that does not answer well.

    Parameters
    ----------
    attempts
        Failures in a row, without one new byte, before giving up.
    first_wait
        Seconds before the second attempt; doubled after every further failure.
    longest_wait
        Most seconds between two attempts. A server that asks for more is not asked again.
    timeout
        Seconds without an answer or a byte that count as a failure.
    """

    attempts: int = 5
    first_wait: float = 1.0
    longest_wait: float = 60.0
    timeout: float = 30.0


@dataclass(frozen=True)
class Arrived:
    """What the server said of a file: its address, marks of its version, and size in bytes."""

    address: str
    etag: str = ""
    last_modified: str = ""
    size: int | None = None

    @property
    def mark(self) -> str:
        """What If-Range may compare: a strong ETag, else the date; empty if there is neither."""
        is_strong = self.etag.startswith('"')
        return self.etag if is_strong else self.last_modified


class _Passing(Exception):
    """A failure that another attempt may cure."""

    def __init__(self, problem: str, wait: float = 0.0) -> None:
        super().__init__(problem)
        self.wait = wait


def transfer(
    address: str, part: Path, *, patience: Patience | None = None, told: Told | None = None
) -> Arrived:
    """Fetch a file into ``part``, going on from what an earlier attempt left there.

    What is there is kept only if the server can show that it belongs to the same version of the
    file (HTTP Range with If-Range, RFC 9110 section 13.1.5); otherwise the file is begun anew.
    Connections that break, 408, 429 and 5xx are tried again; other answers, such as 404, are not.

    Parameters
    ----------
    address
        Where the file is.
    part
        Where to write; ``part`` with ``.json`` holds the marks of the version. Both stay there
        after a failure or an interruption.
    patience
        When to give up.
    told
        Called with the bytes there and the bytes wanted (None if the server does not say).

    Raises
    ------
    ReadError
        If the file does not arrive, or cannot be written.
    """
    patience = patience or Patience()
    failures, furthest = 0, _size(part)
    with requests.Session() as session:
        while True:
            try:
                arrived = _attempt(session, address, part, patience.timeout, told)
                _marks(part).unlink(missing_ok=True)
                return arrived
            except _Passing as problem:
                failures = 0 if _size(part) > furthest else failures + 1
                furthest = max(furthest, _size(part))
                wait = _wait(problem, failures, patience, address)
            time.sleep(wait)


def _wait(problem: _Passing, failures: int, patience: Patience, address: str) -> float:
    """Seconds until the next attempt, if there is to be one."""
    if failures >= patience.attempts:
        raise ReadError(
            f"{problem}; given up after {failures} failures in a row", file=address
        ) from problem
    if problem.wait > patience.longest_wait:
        raise ReadError(
            f"{problem} and asks to wait {problem.wait:.0f} s, longer than the "
            f"{patience.longest_wait:.0f} s that are waited at most; try again then",
            file=address,
        ) from problem
    doubled = patience.first_wait * 2.0 ** max(failures - 1, 0)
    return max(problem.wait, min(doubled, patience.longest_wait))


def _attempt(
    session: requests.Session, address: str, part: Path, timeout: float, told: Told | None
) -> Arrived:
    kept = _kept(part, address)
    headers = {"User-Agent": f"fissure/{__version__}", "Accept-Encoding": "identity"}
    if kept is not None:
        headers |= {"Range": f"bytes={_size(part)}-", "If-Range": kept.mark}
    try:
        with session.get(address, headers=headers, stream=True, timeout=timeout) as answer:
            return _receive(answer, address, part, kept, told)
    except requests.exceptions.SSLError as error:
        raise ReadError(f"no safe connection: {_short(error)}", file=address) from error
    except (
        requests.exceptions.ConnectionError,
        requests.exceptions.Timeout,
        urllib3.exceptions.HTTPError,
    ) as error:
        raise _Passing(f"the connection failed or broke ({_short(error)})") from error
    except requests.exceptions.RequestException as error:
        raise ReadError(f"cannot be fetched: {_short(error)}", file=address) from error
    except OSError as error:
        raise ReadError(
            f"cannot be written: {error.strerror or error}; what arrived is kept", file=str(part)
        ) from error


def _receive(
    answer: requests.Response, address: str, part: Path, kept: Arrived | None, told: Told | None
) -> Arrived:
    """Take the body of an answer, after what is kept where the server goes on from there."""
    code, said = answer.status_code, f"the server answered {answer.status_code} {answer.reason}"
    if code in (408, 429) or code >= 500:
        raise _Passing(said, _retry_after(answer.headers.get("Retry-After", "")))
    if code == 416 or (code == 206 and not _goes_on(answer, part, kept)):
        _drop(part)
        raise _Passing("the file has changed at the publisher; it is begun anew")
    if code not in (200, 206):
        raise ReadError(said, file=address)
    if code == 206 and kept is not None:
        arrived, mode = kept, "ab"
    else:
        length = answer.headers.get("Content-Length", "")
        arrived, mode = _said(answer, address, int(length) if length.isdigit() else None), "wb"
        _marks(part).write_text(json.dumps(asdict(arrived)), encoding="utf-8")
    _write(answer, part, mode, arrived.size, told)
    n = _size(part)
    if arrived.size is not None and n != arrived.size:
        if n > arrived.size:
            _drop(part)
        raise _Passing(f"{n:,} of {arrived.size:,} bytes arrived")
    return arrived


def _write(
    answer: requests.Response, part: Path, mode: str, size: int | None, told: Told | None
) -> None:
    with part.open(mode) as stream:
        n = stream.tell()
        # read1 hands over what has come; read would lose the rest of a block at a break.
        while block := answer.raw.read1(_STEP, decode_content=False):
            stream.write(block)
            n += len(block)
            if told is not None:
                told(n, size)


def _goes_on(answer: requests.Response, part: Path, kept: Arrived | None) -> bool:
    """Whether a 206 is the rest of what is kept."""
    match = _RANGE.fullmatch(answer.headers.get("Content-Range", ""))
    if kept is None or match is None or int(match[1]) != _size(part):
        return False
    if match[2] != "*" and kept.size is not None and int(match[2]) != kept.size:
        return False
    return answer.headers.get("ETag", kept.etag) == kept.etag


def _said(answer: requests.Response, address: str, size: int | None) -> Arrived:
    head = answer.headers
    return Arrived(address, head.get("ETag", ""), head.get("Last-Modified", ""), size)


def _kept(part: Path, address: str) -> Arrived | None:
    """The marks of what an earlier attempt left, if the server can be asked to go on from it."""
    with contextlib.suppress(OSError, ValueError, TypeError):
        kept = Arrived(**json.loads(_marks(part).read_text(encoding="utf-8")))
        if _size(part) and kept.address == address and kept.mark:
            return kept
    return None


def _retry_after(text: str) -> float:
    """Seconds of a Retry-After, given as a number or as a date."""
    if text.strip().isdigit():
        return float(text)
    with contextlib.suppress(ValueError, TypeError):
        when = parsedate_to_datetime(text)
        return max(0.0, (when - datetime.now(UTC)).total_seconds())
    return 0.0


def _marks(part: Path) -> Path:
    return part.with_name(part.name + ".json")


def _size(part: Path) -> int:
    return part.stat().st_size if part.exists() else 0


def _drop(part: Path) -> None:
    part.unlink(missing_ok=True)
    _marks(part).unlink(missing_ok=True)


def _short(error: Any) -> str:
    """The innermost reason of an error of requests or urllib3, in a few words."""
    seen = error
    while isinstance(seen, BaseException):
        inner = getattr(seen, "reason", None)
        if not isinstance(inner, BaseException):
            inner = next((a for a in seen.args if isinstance(a, BaseException)), None)
        if inner is None:
            break
        seen = inner
    if isinstance(seen, urllib3.exceptions.IncompleteRead):
        return f"{seen.expected:,} bytes were still to come"
    text = " ".join(str(seen).split())
    return re.sub(r"^<?\w*Connection[^:>]*[:>]+ ", "", text)[:160] or type(seen).__name__
