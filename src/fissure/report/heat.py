"""The agreement of every pair as a picture: a PNG of one pixel a pair, a few bytes each.

A picture needs no script, and 435 members are 189,225 cells: far too many for elements of a page.
The script of the page reads the cells back from the picture's colours, so they are sent once.
"""

from __future__ import annotations

import base64
import struct
import zlib

from fissure.results import Agreement

__all__ = ["MISSING", "RAMP", "colour_of", "data_url"]

# Stops of the map "cividis" (Nuñez, Anderton and Renslow 2018, doi:10.1371/journal.pone.0199239),
# made for readers with and without colour vision deficiency; dark is low, light is high.
RAMP = (
    *("#00224e", "#123570", "#3b496c", "#575d6d", "#707173"),
    *("#8a8678", "#a59c74", "#c3b369", "#e1cc55", "#fee838"),
)
MISSING = (255, 255, 255)
LEVELS = 100


def colour_of(percent: int) -> tuple[int, int, int]:
    """Colour of an agreement of 0 to 100 per cent; no two of them share one."""
    at = percent / LEVELS * (len(RAMP) - 1)
    k = min(int(at), len(RAMP) - 2)
    low, high = (bytes.fromhex(RAMP[i][1:]) for i in (k, k + 1))
    red, green, blue = (round(a + (b - a) * (at - k)) for a, b in zip(low, high, strict=True))
    return red, green, blue


def data_url(agreement: Agreement) -> str:
    """The picture as a data URL: row and column in the order of the agreement's actors."""
    n = len(agreement.actors)
    palette = b"".join(bytes(colour_of(p)) for p in range(LEVELS + 1)) + bytes(MISSING)
    rows = (
        bytes(LEVELS + 1 if share is None else round(share * LEVELS) for share in row)
        for row in agreement.share
    )
    pixels = b"".join(b"\0" + row for row in rows)
    png = b"\x89PNG\r\n\x1a\n" + _chunk(b"IHDR", struct.pack(">IIBBBBB", n, n, 8, 3, 0, 0, 0))
    png += (
        _chunk(b"PLTE", palette) + _chunk(b"IDAT", zlib.compress(pixels, 9)) + _chunk(b"IEND", b"")
    )
    return "data:image/png;base64," + base64.b64encode(png).decode("ascii")


def _chunk(kind: bytes, body: bytes) -> bytes:
    return struct.pack(">I", len(body)) + kind + body + struct.pack(">I", zlib.crc32(kind + body))
