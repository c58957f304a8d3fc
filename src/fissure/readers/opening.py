"""Opening files: what kind of bytes they hold, decompression, encodings, hashes."""

from __future__ import annotations

import gzip
import hashlib
import os
import sys
import tempfile
import zlib
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import numpy as np
import polars as pl

from fissure.errors import ReadError

__all__ = ["check_path", "kind_of", "readable", "sha256", "text_of"]

_STEP = 1 << 20
#: A text with a longer line is not a table.
LONGEST_LINE = 1 << 23

_MAGIC = (
    (b"PAR1", "parquet"),
    (b"ARROW1", "arrow"),
    (b"\x1f\x8b", "gzip"),
    (b"\x28\xb5\x2f\xfd", "zstd"),
    (b"RDX2\n", "r"),
    (b"RDX3\n", "r"),
    (b"RDA2\n", "r"),
    (b"RDA3\n", "r"),
    (b"X\n\x00\x00\x00", "r"),
    (b"A\n2\n", "r"),
    (b"A\n3\n", "r"),
    (b"BZh", "bzip2"),
    (b"\xfd7zXZ\x00", "xz"),
)
_REFUSED = (
    (b"PK\x03\x04", "a zip or Excel file (.xlsx); export the sheet as CSV"),
    (b"PK\x05\x06", "an empty zip file"),
    (b"\xd0\xcf\x11\xe0", "an old Excel file (.xls); export the sheet as CSV"),
    (b"\x89PNG", "a PNG image"),
    (b"\xff\xd8\xff", "a JPEG image"),
    (b"GIF8", "a GIF image"),
    (b"%PDF", "a PDF document; only the table itself can be read"),
    (b"SQLite format 3", "an SQLite database; export the table as CSV or Parquet"),
    (b"\x7fELF", "a program"),
    (b"\x89HDF", "an HDF5 file; export the table as CSV or Parquet"),
    (b"7z\xbc\xaf", "a 7z archive; unpack it first"),
    (b"<stata_dta>", "a Stata file; export the table as CSV"),
    (b"$FL2", "an SPSS file; export the table as CSV"),
)


def check_path(path: str | Path) -> Path:
    """The path of a file that exists and holds something.

    Raises
    ------
    ReadError
        If it is missing, is a folder, is empty or must not be read.
    """
    path = Path(path)
    try:
        if path.is_dir():
            raise ReadError("this is a folder; name the file in it", file=str(path))
        if not path.exists():
            raise ReadError("no such file", file=str(path))
        with path.open("rb") as stream:
            if not stream.read(1):
                raise ReadError("the file is empty; a header and rows are expected", file=str(path))
    except (OSError, ValueError) as error:
        if isinstance(error, ReadError):
            raise
        reason = getattr(error, "strerror", None) or str(error)
        raise ReadError(f"the file cannot be opened: {reason}", file=str(path)) from error
    return path


def kind_of(path: Path) -> str:
    """What the first bytes say: parquet, arrow, gzip, zstd, bzip2, xz, r or text.

    Raises
    ------
    ReadError
        If they are those of a format that is not a table of votes.
    """
    with path.open("rb") as stream:
        head = stream.read(512)
    return _kind(head, str(path))


def _kind(head: bytes, file: str) -> str:
    for magic, kind in _MAGIC:
        if head.startswith(magic):
            return kind
    for magic, what in _REFUSED:
        if head.startswith(magic):
            raise ReadError(f"by its first bytes this is {what}", file=file)
    start = head.lstrip(b"\xef\xbb\xbf \t\r\n").lower()
    if start.startswith((b"<!doctype", b"<html", b"<?xml", b"<head", b"<body")):
        raise ReadError(
            "by its first bytes this is a web page or XML, perhaps an error page saved in place of "
            "the data; download the file again",
            file=file,
        )
    if start.startswith((b"{", b"[{", b"[[")):
        raise ReadError(
            "by its first bytes this is JSON; a table with columns is expected", file=file
        )
    return "text"


@contextmanager
def readable(file: str) -> Iterator[None]:
    """Turn what Polars raises on damaged contents into a ReadError that names the file."""
    try:
        with _without_backtrace():
            yield
    except (pl.exceptions.PolarsError, pl.exceptions.PanicException, OSError) as error:
        lines = [line for line in str(error).splitlines() if line.strip()] or ["no further reason"]
        raise ReadError(
            f"the contents are damaged or cut off: {lines[0][:200]}", file=file
        ) from error


@contextmanager
def _without_backtrace() -> Iterator[None]:
    """Keep away what Polars writes to the standard error by itself before it raises.

    A damaged Parquet file makes it print a backtrace of its own, past Python. Whatever is written
    while all goes well is passed on.
    """
    sys.stderr.flush()
    kept = os.dup(2)
    with tempfile.TemporaryFile() as aside:
        os.dup2(aside.fileno(), 2)
        try:
            yield
            sys.stderr.flush()
        except pl.exceptions.PanicException:
            aside.truncate(0)
            raise
        finally:
            os.dup2(kept, 2)
            os.close(kept)
            aside.seek(0)
            written = aside.read()
            if written:
                os.write(2, written)


def sha256(*paths: Path) -> str:
    """Hash of the bytes of the files, in order."""
    digest = hashlib.sha256()
    for path in paths:
        with path.open("rb") as stream:
            while block := stream.read(_STEP):
                digest.update(block)
    return digest.hexdigest()


def text_of(path: Path, encoding: str | None = None) -> bytes:
    """The decompressed text of a file as UTF-8 with ``\\n`` line ends and without byte order mark.

    Raises
    ------
    ReadError
        If the compressed data end early or are damaged, the first line does not end within 8 MiB,
        a NUL byte occurs, or the bytes are not in the encoding.
    """
    blocks: list[bytes] = []
    n, ended = 0, False
    for block in _blocks(path):
        if not blocks:
            _kind_inside(block, path)
        blocks.append(block)
        n += len(block)
        ended = ended or b"\n" in block or b"\r" in block
        if n > LONGEST_LINE and not ended:
            raise ReadError(
                f"no line break in the first {n:,} bytes; a table with one row a line is expected",
                file=str(path),
            )
    data = _decode(b"".join(blocks), path, encoding)
    if not data.strip():
        raise ReadError(
            "the file holds only blanks; a header and rows are expected", file=str(path)
        )
    return data


def _kind_inside(block: bytes, path: Path) -> None:
    """Refuse a compressed file that holds something other than text."""
    kind = _kind(block[:512], str(path))
    if kind != "text":
        raise ReadError(
            f"inside the compression this is a {kind} file; unpack it first", file=str(path)
        )


def _blocks(path: Path) -> Iterator[bytes]:
    kind = kind_of(path)
    with path.open("rb") as raw:
        if kind == "gzip":
            yield from _gzip_blocks(raw, path)
        elif kind == "zstd":
            yield from _zstd_blocks(raw, path)
        elif kind in ("bzip2", "xz"):
            raise ReadError(
                f"{kind} compression is not read; use .gz, .zst or none", file=str(path)
            )
        else:
            while block := raw.read(_STEP):
                yield block


def _gzip_blocks(raw: Any, path: Path) -> Iterator[bytes]:
    stream = gzip.GzipFile(fileobj=raw)
    n = 0
    try:
        while block := stream.read(_STEP):
            n += len(block)
            yield block
    except EOFError as error:
        raise ReadError(
            f"the gzip data end early, after {n:,} bytes of text; the file is cut off",
            file=str(path),
        ) from error
    except (OSError, zlib.error) as error:
        raise ReadError(
            f"the gzip data are damaged after {n:,} bytes of text: {error}", file=str(path)
        ) from error
    if not n:
        raise ReadError("the compressed file holds no text", file=str(path))


def _zstd_blocks(raw: Any, path: Path) -> Iterator[bytes]:
    if sys.version_info >= (3, 14):
        from compression.zstd import ZstdDecompressor, ZstdError

        fresh = ZstdDecompressor
    else:
        from zstandard import ZstdDecompressor as _Zstd
        from zstandard import ZstdError

        def fresh() -> Any:
            return _Zstd().decompressobj()

    n, frame = 0, fresh()
    rest = b""
    try:
        while rest or (rest := raw.read(1 << 16)):
            if frame.eof:
                frame = fresh()
            block = frame.decompress(rest)
            rest = frame.unused_data if frame.eof else b""
            n += len(block)
            if block:
                yield block
    except ZstdError as error:
        raise ReadError(
            f"the zstd data are damaged after {n:,} bytes of text: {error}", file=str(path)
        ) from error
    if not frame.eof:
        raise ReadError(
            f"the zstd data end early, after {n:,} bytes of text; the file is cut off",
            file=str(path),
        )
    if not n:
        raise ReadError("the compressed file holds no text", file=str(path))


def _decode(data: bytes, path: Path, encoding: str | None) -> bytes:
    if encoding is None:
        if data.startswith((b"\xff\xfe", b"\xfe\xff")):
            encoding = "utf-16"
        else:
            data = data.removeprefix(b"\xef\xbb\xbf")
    if encoding is not None:
        try:
            data = data.decode(encoding).removeprefix("\ufeff").encode("utf-8")
        except LookupError as error:
            raise ReadError(
                f"encoding {encoding!r} is not known; use utf-8, latin-1, cp1252 or utf-16",
                file=str(path),
            ) from error
        except (UnicodeError, ValueError) as error:
            raise ReadError(f"the text is not {encoding}: {error}", file=str(path)) from error
    if (nul := data.find(b"\0")) >= 0:
        raise ReadError(
            "a NUL byte; the file is damaged, binary, or UTF-16 without a mark (then pass "
            "encoding='utf-16-le')",
            file=str(path),
            row=_row(data, nul),
        )
    if encoding is None:
        _check_utf8(data, path)
    if b"\r" in data:
        data = data.replace(b"\r\n", b"\n").replace(b"\r", b"\n")
    return data


def _check_utf8(data: bytes, path: Path) -> None:
    """Refuse text that is not UTF-8, checked piece by piece so that memory stays bounded."""
    at = 0
    while at < len(data):
        end = min(at + (1 << 24), len(data))
        while end < len(data) and data[end] & 0xC0 == 0x80 and end - at > 1 << 23:
            end -= 1
        try:
            data[at:end].decode("utf-8")
        except UnicodeDecodeError as error:
            where = at + error.start
            raise ReadError(
                f"byte 0x{data[where]:02x} is not UTF-8; if the file is in another encoding, pass "
                "encoding='latin-1' or encoding='cp1252'",
                file=str(path),
                row=_row(data, where),
            ) from error
        at = end


def _row(data: bytes, at: int) -> int:
    """The data row of a byte; the header is row 0."""
    return int(np.count_nonzero(np.frombuffer(data, np.uint8, at) == 10))
