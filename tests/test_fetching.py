"""The cache: what is fetched once, noticed when damaged, shared by two processes, and explained."""

import gzip
import hashlib
import io
import json
import multiprocessing
import os
import stat
import time
import zipfile
from dataclasses import replace
from pathlib import Path

import pytest

import publisher_site as ps
from fissure.cli import run
from fissure.datasets import adopt, cache_folder, fetch, find, get, listing, load
from fissure.datasets.fetching import is_cached
from fissure.datasets.publication import RemoteFile
from fissure.datasets.transfer import Patience
from fissure.errors import FissureWarning, ReadError, SettingError

QUICK = Patience(attempts=2, first_wait=0.01, longest_wait=0.1, timeout=10)
VOTES = "/voteview/S109_votes.csv"
SENATE = "voteview:senate:109"


@pytest.fixture
def cache(tmp_path, monkeypatch):
    monkeypatch.setenv("FISSURE_CACHE", str(tmp_path / "cache"))
    monkeypatch.delenv("FISSURE_OFFLINE", raising=False)
    monkeypatch.delenv("FISSURE_MIRROR", raising=False)
    monkeypatch.setenv("NO_PROXY", "*")
    return tmp_path / "cache"


@pytest.fixture
def site(cache, monkeypatch):
    with ps.serving(ps.Site(ps.voteview())) as site:
        monkeypatch.setenv("FISSURE_MIRROR", f"{site.root}/")
        yield site


def senate(**more):
    return fetch(find(SENATE), patience=QUICK, **more)


def hexed(data: bytes) -> str:
    return hashlib.sha256(data).hexdigest()


def test_the_cache_has_its_place(cache, monkeypatch):
    assert cache_folder() == cache
    monkeypatch.delenv("FISSURE_CACHE")
    assert cache_folder().name == "fissure"


def test_files_are_fetched_once_and_recorded(site, cache):
    first = senate()
    assert [one.path for one in first] == [
        cache / "voteview" / f"S109_{what}.csv" for what in ("votes", "members", "rollcalls")
    ]
    assert all(one.is_new for one in first)
    record = json.loads((cache / "voteview" / "S109_votes.csv.json").read_text())
    assert record.pop("fetched").endswith("+00:00")
    assert record.pop("etag").startswith('"')
    assert record == {
        "schema": "fissure.fetched/1",
        "set": SENATE,
        "file": "S109_votes.csv",
        "address": f"{site.root}{VOTES}",
        "last_modified": "",
        "size": len(ps.VOTES),
        "sha256": hexed(ps.VOTES.encode()),
        "md5": "",
    }
    again = senate()
    assert [one.is_new for one in again] == [False] * 3
    assert len(site.asked) == 3
    left = {path.suffix for path in (cache / "voteview").iterdir()}
    assert left == {".csv", ".json", ".lock"}


def test_a_fetched_set_is_loaded_with_its_source(site):
    records = load(SENATE)
    assert records.counts() | {"yea": 2, "nay": 1, "absent": 1} == records.counts()
    assert records.actors["name"].to_list() == ["ANN, A.", "BOB, B."]
    assert records.items["item"].to_list() == ["RS1090001", "RS1090002"]
    source, entry = records.source, get(SENATE)
    assert (source.name, source.title, source.url) == (SENATE, entry.title, entry.url)
    assert source.citation.startswith(f"{entry.citation} Fetched 2")
    assert source.citation.endswith(f" from {site.root}{VOTES}.")
    assert load(SENATE, offline=True).choices.equals(records.choices)


def test_the_machines_folders_stay_out_of_the_notes(site, cache):
    site.files["/voteview/S109_rollcalls.csv"] = ps.ROLLCALLS.replace("2,2005", "3,2005").encode()
    records = load(SENATE)
    assert [note.kind for note in records.notes] == ["item_not_listed"]
    site.files["/voteview/S110_members.csv"] = (
        ps.MEMBERS + ps.MEMBERS.partition("\n")[2].replace("109", "110").replace("AL", "AR")
    ).encode()
    site.files |= {f"/voteview/S110_{w}.csv": site.files[f"/voteview/S109_{w}.csv"]
                   for w in ("votes", "rollcalls")}  # fmt: skip
    notes = load("voteview:senate:110").notes
    assert notes[0].message.startswith("S110_members.csv: 1 member with another party, state")
    assert not [note for note in notes if str(cache) in note.message]


def test_force_fetches_again_and_keeps_the_old_file_if_that_fails(site, cache):
    senate()
    site.files[VOTES] = (ps.VOTES + "109,Senate,3,100,1,1.0\n").encode()
    assert [one.is_new for one in senate()] == [False] * 3
    assert senate(force=True)[0].size == len(site.files[VOTES])
    site.plans[VOTES] = [ps.status(404)]
    with pytest.raises(ReadError):
        senate(force=True)
    assert not senate()[0].is_new
    with pytest.raises(SettingError, match=r"^force fetches anew and offline forbids it"):
        senate(force=True, offline=True)


@pytest.mark.parametrize("how", ["argument", "environment"])
def test_offline_says_what_is_missing_and_asks_nobody(site, cache, monkeypatch, how):
    if how == "environment":
        monkeypatch.setenv("FISSURE_OFFLINE", "1")
    options = {"offline": True} if how == "argument" else {}
    with pytest.raises(ReadError) as error:
        load(SENATE, **options)
    assert str(error.value) == (
        f"{SENATE}: S109_votes.csv is not in the cache {cache}, and offline no server is asked; "
        f"fetch it once with: fissure get {SENATE}"
    )
    assert site.asked == []


@pytest.mark.parametrize("damage", [b"x" * len(ps.VOTES), b"", ps.VOTES[:-9].encode()])
def test_damage_to_the_cache_is_noticed_and_mended(site, cache, damage):
    senate()
    path = cache / "voteview" / "S109_votes.csv"
    path.write_bytes(damage)
    with pytest.warns(FissureWarning, match=r"S109_votes.csv is not what was fetched 2.*differ"):
        assert senate()[0].is_new
    assert path.read_text() == ps.VOTES
    path.write_bytes(damage)
    with (
        pytest.warns(FissureWarning, match="is not what was fetched"),
        pytest.raises(ReadError, match="offline no server is asked"),
    ):
        senate(offline=True)


@pytest.mark.parametrize("record", ["", "[]", '{"file": 1}'])
def test_a_file_without_a_sound_record_is_not_trusted(site, cache, record):
    senate()
    (cache / "voteview" / "S109_votes.csv.json").write_text(record)
    assert not is_cached(find(SENATE))
    assert [one.is_new for one in senate()] == [True, False, False]
    assert is_cached(find(SENATE))


def test_a_changed_header_names_file_columns_and_date(site, cache):
    site.files[VOTES] = ps.VOTES.replace("icpsr,cast_code", "person,ballot").encode()
    with pytest.raises(ReadError) as error:
        senate()
    text = str(error.value)
    assert text.startswith(
        "S109_votes.csv: the publisher has changed the format: expected the columns congress, "
        "chamber, rollnumber, icpsr, cast_code; found congress, chamber, rollnumber, person, "
        "ballot, prob (fetched 2"
    )
    assert f" from {site.root}{VOTES}); the publisher's page is https://voteview.com/data" in text
    assert text.endswith(f"fissure get {SENATE} --from FILE")
    assert not list((cache / "voteview").glob("S109_votes.csv*[!k]"))


def test_an_error_page_in_place_of_a_table_is_not_kept(site, cache):
    site.plans[VOTES] = [ps.status(200, b"<!DOCTYPE html><html><body>sorry</body></html>")]
    with pytest.raises(ReadError, match=r"^S109_votes.csv: by its first bytes this is a web page"):
        senate()
    assert not (cache / "voteview" / "S109_votes.csv").exists()
    assert senate()[0].is_new


def test_an_address_that_is_gone_tells_of_the_page_and_the_way_by_hand(site):
    del site.files[VOTES]
    with pytest.raises(ReadError) as error:
        senate()
    assert str(error.value) == (
        f"{site.root}{VOTES}: the server answered 404 Not Found; the publisher's page is "
        "https://voteview.com/data, and files fetched by hand are taken with: fissure get "
        f"{SENATE} --from FILE"
    )


def test_a_broken_download_goes_on_in_a_later_run(site, cache):
    site.plans[VOTES] = [ps.breaking_at(60), *[ps.dead] * 2]
    with pytest.raises(ReadError, match="given up after 2 failures in a row"):
        senate()
    assert (cache / "voteview" / "S109_votes.csv.part").stat().st_size == 60
    site.asked.clear()
    senate()
    assert site.asked[0] == (VOTES, "bytes=60-")
    assert (cache / "voteview" / "S109_votes.csv").read_text() == ps.VOTES


def test_packed_files_are_read_as_they_are(site):
    site.files[VOTES] = gzip.compress(ps.VOTES.encode())
    assert load(SENATE).n_choices == 4
    site.files["/voteview/S110_votes.csv"] = b"\x1f\x8bnonsense"
    with pytest.raises(ReadError, match="the gzip data are damaged"):
        fetch(find("voteview:senate:110"), patience=QUICK)


def zipped(**files: str) -> bytes:
    whole = io.BytesIO()
    with zipfile.ZipFile(whole, "w") as archive:
        for name, text in files.items():
            archive.writestr(name, text)
    return whole.getvalue()


def small(**more):
    """A set of one file, with its file."""
    file = RemoteFile("t.csv", ("a", "b"), patterns=("*votes*.csv", "*votes*.tab"))
    return replace(find("un:assembly"), folder="small", files=(file,), **more)


def test_the_wanted_file_of_a_zip_is_unpacked(site, cache):
    text = "a,b\n1,2\n"
    files = {"d/UN_Votes_7.CSV": text, "d/__MACOSX/._votes.csv": "x", "votes.tab": "a\tb\n"}
    site.files["/small/t.csv"] = zipped(**files)
    one = fetch(small(), patience=QUICK)[0]
    assert one.path.read_text() == text
    assert one.sha256 == hexed(text.encode())


@pytest.mark.parametrize(
    ("body", "message"),
    [
        (zipped(**{"x.txt": ""}), "is expected, 0 found among x.txt; the publisher may"),
        (zipped(**{"votes1.csv": "", "votes2.csv": ""}), "is expected, 2 found among votes1.csv"),
        (zipped(**{"votes.csv": "a,b\n"})[:-9], "the zip file is damaged"),
    ],
)
def test_a_zip_without_the_wanted_file_is_refused(site, cache, body, message):
    site.files["/small/t.csv"] = body
    with pytest.raises(ReadError, match=message):
        fetch(small(), patience=QUICK)
    assert {path.suffix for path in (cache / "small").iterdir()} <= {".lock"}


def dataverse(site, data: bytes, md5: str, **more) -> None:
    """A listing after Dataverse's API, with the file of votes and another."""
    row = {"id": 7, "filename": "UNVotes.tab", "originalFileName": "UNVotes.csv", "md5": md5}
    other = {"dataFile": {"id": 8, "filename": "codebook.pdf", "md5": "0"}}
    tree = {"status": "OK", "data": [other, {"dataFile": row | more}]}
    site.files["/api/list"] = json.dumps(tree).encode()
    site.files["/api/access/datafile/7?format=original"] = data
    site.files["/api/access/datafile/7"] = data


def test_a_file_is_found_in_a_dataverse_listing_and_its_md5_compared(site, cache, monkeypatch):
    monkeypatch.delenv("FISSURE_MIRROR")
    assembly = replace(find("un:assembly"), listing=f"{site.root}/api/list")
    data = b"rcid,ccode,vote\n3,2,1\n"
    md5 = hashlib.md5(data).hexdigest()
    dataverse(site, data, "0" * 32)
    with pytest.raises(ReadError, match=f"MD5 is {'0' * 32}, but that of what arrived is {md5}"):
        fetch(assembly, patience=QUICK)
    dataverse(site, data, md5)
    one = fetch(assembly, patience=QUICK)[0]
    assert one.address == f"{site.root}/api/access/datafile/7?format=original"
    assert (one.md5, one.path.read_bytes()) == (md5, data)
    site.files["/api/list"] = b"{}"
    with pytest.raises(ReadError, match="this is no listing of Dataverse"):
        fetch(assembly, patience=QUICK, force=True)
    dataverse(site, data, md5, originalFileName="other.csv")
    with pytest.raises(ReadError, match=r"0 found among codebook.pdf, other.csv"):
        fetch(assembly, patience=QUICK, force=True)


def test_an_uncertain_address_is_not_tried_but_a_mirror_is(site, monkeypatch):
    site.files["/small/t.csv"] = b"a,b\n"
    unsure = small(certain=False, remark="it moved")
    monkeypatch.delenv("FISSURE_MIRROR")
    with pytest.raises(ReadError) as error:
        fetch(unsure)
    assert str(error.value) == (
        "un:assembly: its address is not certain: it moved; the publisher's page is "
        "https://doi.org/10.7910/DVN/LEJUQZ, and files fetched by hand are taken with: fissure "
        "get un:assembly --from FILE"
    )
    monkeypatch.setenv("FISSURE_MIRROR", site.root)
    assert fetch(unsure)[0].is_new


def test_files_fetched_by_hand_are_taken(cache, tmp_path):
    given = tmp_path / "mine.csv"
    given.write_text("a;b\n1;2\n")
    one = adopt(small(certain=False), given)[0]
    assert (one.address, one.path) == ("mine.csv", cache / "small" / "t.csv")
    assert fetch(small(certain=False), offline=True)[0].sha256 == one.sha256
    given.write_text("a;c\n")
    with pytest.raises(ReadError, match=r"expected the columns a, b; found a, c \(fetched 2"):
        adopt(small(), given)
    assert one.path.read_text() == "a;b\n1;2\n"
    with pytest.raises(ReadError, match="no such file or folder"):
        adopt(small(), tmp_path / "none")


def test_several_files_by_hand_come_from_a_folder(cache, tmp_path):
    folder = tmp_path / "mine"
    folder.mkdir()
    for name, data in ps.voteview().items():
        (folder / Path(name).name).write_bytes(data)
    with pytest.raises(ReadError, match=r"has several files; give the folder that holds S109_v"):
        adopt(find(SENATE), folder / "S109_votes.csv")
    adopt(find(SENATE), folder)
    assert load(SENATE, offline=True).n_choices == 4
    (folder / "S109_members.csv").unlink()
    with pytest.raises(ReadError, match=r"S109_members.csv: no such file"):
        adopt(find(SENATE), folder)


def slow(h: ps.Handler) -> None:
    time.sleep(0.5)
    ps.whole(h)


def fetch_elsewhere(queue) -> None:
    queue.put([one.is_new for one in fetch(find(SENATE), patience=QUICK)])


def test_two_processes_fetch_one_file_once(site):
    site.plans[VOTES] = [slow]
    context = multiprocessing.get_context("spawn")
    queue = context.Queue()
    two = [context.Process(target=fetch_elsewhere, args=(queue,)) for _ in range(2)]
    for process in two:
        process.start()
    answers = [queue.get(timeout=60) for _ in two]
    for process in two:
        process.join(60)
    assert [one + other for one, other in zip(*answers, strict=True)] == [1, 1, 1]
    assert sorted(site.asked) == sorted((path, None) for path in ps.voteview())


def test_a_waiting_process_says_so(site, cache):
    from filelock import FileLock

    senate()
    (cache / "voteview" / "S109_votes.csv").unlink()
    lock = FileLock(cache / "voteview" / "S109_votes.csv.lock")
    lock.acquire()
    told = []

    def moved(*state):
        told.append(state)
        lock.release()

    senate(told=moved)
    assert told[0] == ("S109_votes.csv", None, None)
    assert told[-1] == ("S109_votes.csv", len(ps.VOTES), len(ps.VOTES))


def test_a_folder_that_cannot_be_written_is_one_line(site, tmp_path, monkeypatch):
    (tmp_path / "file").write_text("")
    monkeypatch.setenv("FISSURE_CACHE", str(tmp_path / "file"))
    with pytest.raises(ReadError) as error:
        senate()
    assert str(error.value) == (
        f"{tmp_path}/file/voteview/S109_votes.csv: cannot be written: Not a directory; another "
        "folder for the cache is chosen with the environment variable FISSURE_CACHE"
    )


def test_a_cache_that_may_only_be_read_serves(site, cache):
    senate()
    folder = cache / "voteview"
    for lock in folder.glob("*.lock"):
        lock.unlink()
    folder.chmod(stat.S_IRUSR | stat.S_IXUSR)
    try:
        assert load(SENATE).n_choices == 4
        assert not list(folder.glob("*.lock"))
    finally:
        folder.chmod(stat.S_IRWXU)


def test_the_listing_tells_where_a_set_is(site, monkeypatch):
    site.files |= ps.voteview("Sall")
    where = dict(listing().select("name", "where").iter_rows())
    assert where["senate-109"] == "bundled"
    assert (where["voteview:senate"], where["scdb:justices"]) == (
        "to be fetched",
        "to be fetched by hand",
    )
    assert load("voteview:senate").n_items == 2
    assert dict(listing().select("name", "where").iter_rows())["voteview:senate"] == "in the cache"


def test_options_that_do_not_fit_a_fetched_set(cache):
    with pytest.raises(SettingError) as error:
        load(SENATE, layout="long")
    assert str(error.value) == (
        f"{SENATE!r} is fetched and takes offline= only, got layout; one Congress is asked for by "
        "name, such as 'voteview:senate:109'"
    )


def test_the_command(site, cache, capsys):
    assert run(["get", SENATE]) == 0
    lines = capsys.readouterr().out.splitlines()
    assert lines[0] == f"{cache}/voteview/S109_votes.csv: {len(ps.VOTES)} bytes, fetched"
    assert lines[-1].startswith("licence: none stated; the votes are public records. Cite: Lewis")
    assert run(["get", SENATE, "--offline"]) == 0
    assert ", in the cache since 2" in capsys.readouterr().out
    assert run(["get", SENATE, "--force", "--quiet"]) == 0
    assert capsys.readouterr() == ("", "")
    assert len(site.asked) == 6
    assert run(["data", SENATE]) == 0
    assert capsys.readouterr().out.splitlines()[1].startswith("100,RS1090001,yea")


@pytest.mark.parametrize(
    ("words", "message"),
    [
        (["senate-109"], "'senate-109' is bundled; there is nothing to fetch"),
        (["voteview:sennate"], "did you mean 'voteview:senate'?"),
        (["voteview:senate:0"], "voteview:senate:0: the Congress must be a number 1.."),
        (["scdb:justices"], "scdb:justices: its address is not certain"),
        (["un:assembly", "--from", "x", "--force"], "--from takes a file that is here"),
        (["un:assembly", "--force", "--offline"], "choose one of them"),
        (["un:assembly", "--from", "nofile.csv"], "nofile.csv: no such file or folder"),
    ],
)
def test_problems_of_the_command_are_one_line(cache, capsys, words, message):
    assert run(["get", *words]) == 1
    told = capsys.readouterr().err
    assert message in told
    assert told.count("\n") == 1


def test_an_interrupted_command_tells_what_is_kept(site, cache, capsys, monkeypatch):
    import fissure.datasets

    def interrupted(*_, told, **__):
        told("S109_votes.csv", 2_500_000, 5_000_000)
        raise KeyboardInterrupt

    monkeypatch.setattr(fissure.datasets, "fetch", interrupted)
    assert run(["get", SENATE]) == 130
    told = capsys.readouterr().err
    assert told == ("fissure: interrupted; 2.5 MB are kept; run the same command again to go on\n")


@pytest.mark.real
def test_the_109th_senate_in_voteviews_format(cache, real_data, monkeypatch):
    import polars as pl

    folder = real_data / "us_senate_070_119"
    tables = {
        "votes": pl.scan_parquet(folder / "votes.parquet"),
        "members": pl.scan_csv(folder / "members.csv"),
        "rollcalls": pl.scan_csv(folder / "rollcalls.csv.gz", infer_schema=False),
    }
    files = {
        f"/voteview/S109_{what}.csv": table.filter(pl.col("congress").cast(pl.Int64) == 109)
        .collect()
        .write_csv()
        .encode()
        for what, table in tables.items()
    }
    with ps.serving(ps.Site(files)) as site:
        monkeypatch.setenv("FISSURE_MIRROR", site.root)
        records = load("voteview:senate:109")
    bundled = load("senate-109")
    assert (records.n_actors, records.n_items) == (bundled.n_actors, bundled.n_items)
    # pscl's copy has the same choices; it holds the one "present" to be absent.
    counts = {"yea": 40207, "nay": 22650, "present": 1, "absent": 2287, "not_member": 0}
    assert records.counts() | counts == records.counts()
    assert records.items["date"].to_list() == bundled.items["date"].to_list()


def test_nothing_is_asked_of_the_network_to_list_or_describe(cache, monkeypatch):
    monkeypatch.setenv("FISSURE_MIRROR", "http://127.0.0.1:9")
    assert listing().height >= 10
    assert "cast codes 1-3" in get("voteview:house:119").load.__doc__
    assert not os.path.exists(cache)
