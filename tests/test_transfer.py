"""One file over HTTP, from servers that behave and from servers that do not."""

import errno
import json
import time
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime
from pathlib import Path

import pytest

import publisher_site as ps
from fissure.datasets.transfer import Patience, transfer
from fissure.errors import ReadError

BODY = bytes(range(256)) * 40
QUICK = Patience(attempts=3, first_wait=0.01, longest_wait=0.2, timeout=5)


@pytest.fixture
def site(monkeypatch):
    monkeypatch.setenv("NO_PROXY", "*")
    with ps.serving(ps.Site({"/f": BODY})) as site:
        yield site


@pytest.fixture
def part(tmp_path):
    return tmp_path / "f.part"


def plan(site, *steps):
    site.plans["/f"] = list(steps)


def fetch(site, part, **more):
    return transfer(f"{site.root}/f", part, patience=QUICK, **more)


def ranges(site):
    return [wanted for _, wanted in site.asked]


def test_a_file_arrives_with_what_the_server_says_of_it(site, part):
    told = []
    arrived = fetch(site, part, told=lambda n, size: told.append((n, size)))
    assert part.read_bytes() == BODY
    assert (arrived.address, arrived.size) == (f"{site.root}/f", len(BODY))
    assert arrived.etag.startswith('"')
    assert told[-1] == (len(BODY), len(BODY))
    assert not part.with_name("f.part.json").exists()


def test_a_broken_connection_goes_on_where_it_stopped(site, part):
    plan(site, ps.breaking_at(1000))
    told = []
    fetch(site, part, told=lambda n, size: told.append(n))
    assert part.read_bytes() == BODY
    assert ranges(site) == [None, "bytes=1000-"]
    assert told == sorted(told)
    assert told[-1] == len(BODY)


def test_a_server_that_dies_and_comes_back(site, part):
    plan(site, ps.breaking_at(700), ps.dead, ps.dead)
    fetch(site, part)
    assert part.read_bytes() == BODY
    assert ranges(site) == [None, *["bytes=700-"] * 3]


def test_failures_count_only_while_nothing_new_arrives(site, part):
    def more(h):
        start = int(h.headers["Range"].removeprefix("bytes=").removesuffix("-"))
        told = f"bytes {start}-{len(BODY) - 1}/{len(BODY)}"
        h.head(206, len(BODY) - start, ETag=h.etag, Content_Range=told)
        h.wfile.write(BODY[start : start + 100])

    plan(site, ps.breaking_at(50), *[more] * 7)
    fetch(site, part)
    assert part.read_bytes() == BODY
    assert len(site.asked) == 9


def test_a_later_call_goes_on_from_what_an_earlier_one_left(site, part):
    plan(site, ps.breaking_at(300), *[ps.dead] * 3)
    with pytest.raises(ReadError, match="given up after 3 failures in a row"):
        fetch(site, part)
    assert part.stat().st_size == 300
    site.asked.clear()
    fetch(site, part)
    assert ranges(site) == ["bytes=300-"]
    assert part.read_bytes() == BODY


def test_a_server_that_ignores_range_is_begun_anew_and_not_appended(site, part):
    plan(site, ps.breaking_at(1000), ps.without_range)
    fetch(site, part)
    assert part.read_bytes() == BODY


def test_a_file_that_changed_between_the_parts_is_begun_anew(site, part):
    new = BODY[::-1] + b"longer"

    def changed(h):
        site.files["/f"] = new
        ps.whole(h)

    plan(site, ps.breaking_at(1000), changed)
    arrived = fetch(site, part)
    assert part.read_bytes() == new
    assert arrived.size == len(new)


@pytest.mark.parametrize(
    "headers",
    [
        {"ETag": '"another"', "Content_Range": f"bytes 1000-{len(BODY) - 1}/{len(BODY)}"},
        {"Content_Range": f"bytes 900-{len(BODY) - 1}/{len(BODY)}"},
        {"Content_Range": f"bytes 1000-{len(BODY)}/{len(BODY) + 1}"},
        {},
    ],
    ids=["another version", "another place", "another size", "no place"],
)
def test_a_part_that_is_not_the_rest_is_not_appended(site, part, headers):
    plan(site, ps.breaking_at(1000), ps.status(206, b"x" * (len(BODY) - 1000), **headers))
    fetch(site, part)
    assert part.read_bytes() == BODY
    assert ranges(site) == [None, "bytes=1000-", None]


@pytest.mark.parametrize("mark", [{"ETag": 'W/"weak"'}, {"ETag": ""}])
def test_without_a_sure_mark_of_the_version_nothing_is_resumed(site, part, mark):
    plan(site, ps.breaking_at(1000, **mark))
    fetch(site, part)
    assert part.read_bytes() == BODY
    assert ranges(site) == [None, None]


def test_a_date_serves_as_mark_where_there_is_no_strong_etag(site, part):
    seen = []

    def later(h):
        seen.append(h.headers["If-Range"])
        ps.without_range(h)

    day = "Wed, 01 Jan 2025 00:00:00 GMT"
    plan(site, ps.breaking_at(1000, ETag='W/"weak"', Last_Modified=day), later)
    fetch(site, part)
    assert seen == [day]


def test_a_part_of_another_address_is_not_used(site, part):
    part.write_bytes(b"zzz")
    marks = {"address": "http://elsewhere/f", "etag": '"a"', "last_modified": "", "size": 9}
    part.with_name("f.part.json").write_text(json.dumps(marks))
    fetch(site, part)
    assert part.read_bytes() == BODY
    assert ranges(site) == [None]


def test_a_part_that_is_longer_than_the_file_is_begun_anew(site, part):
    plan(site, ps.breaking_at(1000), *[ps.dead] * 3)
    with pytest.raises(ReadError):
        fetch(site, part)
    part.write_bytes(BODY + BODY)
    fetch(site, part)
    assert part.read_bytes() == BODY


@pytest.mark.parametrize("code", [404, 403, 410])
def test_what_will_not_change_is_not_asked_twice(site, part, code):
    plan(site, ps.status(code))
    with pytest.raises(ReadError, match=f"/f: the server answered {code} "):
        fetch(site, part)
    assert len(site.asked) == 1


@pytest.mark.parametrize("code", [429, 500, 503, 408])
def test_a_passing_refusal_is_asked_again(site, part, code):
    plan(site, ps.status(code), ps.status(code))
    fetch(site, part)
    assert part.read_bytes() == BODY
    assert len(site.asked) == 3


@pytest.mark.parametrize("code", [429, 500])
def test_a_refusal_without_end_is_given_up(site, part, code):
    plan(site, *[ps.status(code)] * 9)
    with pytest.raises(ReadError) as error:
        fetch(site, part)
    assert f"the server answered {code} " in str(error.value)
    assert str(error.value).endswith("; given up after 3 failures in a row")
    assert len(site.asked) == 3


@pytest.mark.parametrize("as_date", [False, True])
def test_retry_after_is_honoured(site, part, as_date):
    wait = 0 if as_date else 1
    text = format_datetime(datetime.now(UTC) - timedelta(days=1), usegmt=True) if as_date else "1"
    plan(site, ps.status(429, Retry_After=text))
    patience = Patience(attempts=2, first_wait=0.01, longest_wait=3)
    start = time.perf_counter()
    transfer(f"{site.root}/f", part, patience=patience)
    assert time.perf_counter() - start >= wait


def test_a_server_that_asks_for_too_long_a_wait_is_left_alone(site, part):
    plan(site, ps.status(429, Retry_After="3600"))
    with pytest.raises(ReadError, match=r"asks to wait 3600 s, longer than the 0 s"):
        fetch(site, part)
    assert len(site.asked) == 1


def test_waits_double_up_to_a_bound(site, part, monkeypatch):
    waits = []
    monkeypatch.setattr("fissure.datasets.transfer.time.sleep", waits.append)
    plan(site, *[ps.status(500)] * 9)
    with pytest.raises(ReadError):
        transfer(f"{site.root}/f", part, patience=Patience(attempts=6, longest_wait=5))
    assert waits == [1, 2, 4, 5, 5]


def test_no_server_at_all(part, monkeypatch):
    monkeypatch.setenv("NO_PROXY", "*")
    with ps.serving(ps.Site({})) as gone:
        root = gone.root
    with pytest.raises(ReadError, match=r"the connection failed or broke \(.*refused\); given up"):
        transfer(f"{root}/f", part, patience=QUICK)


def test_a_server_that_says_nothing_for_too_long(site, part):
    plan(site, *[lambda h: time.sleep(0.6)] * 2)
    patience = Patience(attempts=2, first_wait=0.01, timeout=0.2)
    with pytest.raises(ReadError, match="timed out"):
        transfer(f"{site.root}/f", part, patience=patience)


def test_an_address_that_is_none(part):
    with pytest.raises(ReadError, match="cannot be fetched"):
        transfer("nonsense", part, patience=QUICK)


def test_a_full_disk_is_one_line_and_what_arrived_stays(site, part, monkeypatch):
    def full(*_, **__):
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr(Path, "open", full)
    with pytest.raises(ReadError) as error:
        fetch(site, part)
    text = "cannot be written: No space left on device; what arrived is kept"
    assert str(error.value) == f"{part}: {text}"


def test_an_interruption_keeps_the_part(site, part):
    def interrupt(n, size):
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        fetch(site, part, told=interrupt)
    n = part.stat().st_size
    assert n > 0
    site.asked.clear()
    fetch(site, part)
    assert part.read_bytes() == BODY
    assert ranges(site)[0] == f"bytes={n}-"


def test_a_file_packed_on_the_way_is_stored_as_it_came(site, part):
    import gzip

    packed = gzip.compress(BODY)
    plan(site, ps.status(200, packed, Content_Encoding="gzip"))
    fetch(site, part)
    assert part.read_bytes() == packed


def test_a_body_of_unsaid_length(site, part):
    def unsaid(h):
        h.head(200, None)
        h.wfile.write(BODY)

    plan(site, unsaid)
    assert fetch(site, part).size is None
    assert part.read_bytes() == BODY


@pytest.mark.parametrize("breaks", [False, True])
def test_a_body_in_chunks(site, part, breaks):
    def chunks(h):
        h.protocol_version = "HTTP/1.1"
        h.close_connection = True
        h.head(200, None, Transfer_Encoding="chunked", ETag=h.etag)
        for start in range(0, len(BODY), 999):
            block = BODY[start : start + 999]
            h.wfile.write(b"%x\r\n%b\r\n" % (len(block), block))
            if breaks and start > 3000:
                return
        h.wfile.write(b"0\r\n\r\n")

    plan(site, chunks)
    fetch(site, part)
    assert part.read_bytes() == BODY
    assert ranges(site) == ([None, "bytes=4995-"] if breaks else [None])
