"""A publisher's server on this machine, which misbehaves as a test tells it to."""

import contextlib
import hashlib
import threading
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

VOTES = """congress,chamber,rollnumber,icpsr,cast_code,prob
109,Senate,1,100,1,99.0
109,Senate,1,200,6,98.0
109,Senate,2,100,2,97.0
109,Senate,2,200,9,
"""
MEMBERS = """congress,chamber,icpsr,state_abbrev,party_code,bioname
109,Senate,100,AL,100,"ANN, A."
109,Senate,200,AK,200,"BOB, B."
"""
ROLLCALLS = """congress,chamber,rollnumber,date,session
109,Senate,1,2005-01-06,1
109,Senate,2,2005-01-26,1
"""


def voteview(which: str = "S109") -> dict[str, bytes]:
    """The three files of one Congress as a mirror has them."""
    parts = {"votes": VOTES, "members": MEMBERS, "rollcalls": ROLLCALLS}
    return {f"/voteview/{which}_{what}.csv": text.encode() for what, text in parts.items()}


@dataclass
class Site:
    """What the server holds, how it is to answer next, and what it was asked.

    ``plans`` holds, by path, one function for each of the next requests; when they are used up
    the server behaves.
    """

    files: dict[str, bytes]
    plans: dict[str, list[Callable]] = field(default_factory=dict)
    asked: list[tuple[str, str | None]] = field(default_factory=list)
    root: str = ""


class Handler(BaseHTTPRequestHandler):
    site: Site

    def do_GET(self) -> None:
        self.site.asked.append((self.path, self.headers.get("Range")))
        plan = self.site.plans.get(self.path)
        with contextlib.suppress(BrokenPipeError, ConnectionResetError):
            (plan.pop(0) if plan else whole)(self)

    def log_message(self, *_: object) -> None:
        """Nothing on the screen."""

    @property
    def body(self) -> bytes | None:
        return self.site.files.get(self.path)

    @property
    def etag(self) -> str:
        return f'"{hashlib.sha256(self.body or b"").hexdigest()[:12]}"'

    def head(self, code: int, length: int | None, **more: str) -> None:
        self.send_response(code)
        if length is not None:
            self.send_header("Content-Length", str(length))
        for name, value in more.items():
            self.send_header(name.replace("_", "-"), value)
        self.end_headers()


def whole(h: Handler) -> None:
    """A server that does all it should: Range, If-Range and ETag."""
    if h.body is None:
        return h.head(404, 0)
    wanted = h.headers.get("Range")
    if wanted is None or h.headers.get("If-Range") != h.etag:
        h.head(200, len(h.body), ETag=h.etag)
        h.wfile.write(h.body)
        return None
    start = int(wanted.removeprefix("bytes=").removesuffix("-"))
    if start >= len(h.body):
        return h.head(416, 0, Content_Range=f"bytes */{len(h.body)}")
    told = f"bytes {start}-{len(h.body) - 1}/{len(h.body)}"
    h.head(206, len(h.body) - start, ETag=h.etag, Content_Range=told)
    h.wfile.write(h.body[start:])
    return None


def breaking_at(n: int, **more: str) -> Callable:
    """Promises the whole file and closes after n bytes of it."""

    def plan(h: Handler) -> None:
        h.head(200, len(h.body), **({"ETag": h.etag} | more))
        h.wfile.write(h.body[:n])

    return plan


def without_range(h: Handler) -> None:
    h.head(200, len(h.body), ETag=h.etag)
    h.wfile.write(h.body)


def status(code: int, body: bytes = b"", **more: str) -> Callable:
    def plan(h: Handler) -> None:
        h.head(code, len(body), **more)
        h.wfile.write(body)

    return plan


def dead(h: Handler) -> None:
    """Closes without a word."""
    h.close_connection = True


@contextlib.contextmanager
def serving(site: Site) -> Iterator[Site]:
    """Serve it on a free port of 127.0.0.1."""
    handler = type("SiteHandler", (Handler,), {"site": site})
    with ThreadingHTTPServer(("127.0.0.1", 0), handler) as server:
        site.root = f"http://127.0.0.1:{server.server_port}"
        thread = threading.Thread(target=server.serve_forever, args=(0.02,))
        thread.start()
        try:
            yield site
        finally:
            server.shutdown()
            thread.join()
