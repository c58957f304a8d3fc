"""Read at least 10,000 damaged files: each gives complete records or one clear error, nothing else.

    python bench/bench_mutations.py [--files 10000] [--seed 1]

Writes bench/results/mutations.json. A file passes if it is read and its rows are the choices kept
plus the rows that the notes report as dropped, or if a FissureError says what is wrong. Any other
exception, an unexpected kind of warning, or a lost row is a failure and its seed is listed.
"""

from __future__ import annotations

import argparse
import gzip
import io
import json
import random
import tempfile
import time
import traceback
import warnings
from collections import Counter
from collections.abc import Callable
from pathlib import Path

from _machine import machine

import fissure.datasets as datasets
import fissure.readers as readers
from fissure.errors import FissureError, FissureWarning

RESULT = Path(__file__).parent / "results" / "mutations.json"
ROOT = Path(__file__).parent.parent
Seed = tuple[str, bytes]


def seeds() -> list[Seed]:
    """Small sound files, one a format."""
    import polars as pl
    import zstandard

    long = [("member", "party", "rollcall", "date", "vote")]
    words = ["yea", "nay", "abstain", "absent", "Aye", "no", "1", "0", ""]
    rng = random.Random(7)
    for i in range(12):
        for j in range(9):
            day = f"2001-0{j + 1}-11"
            long.append((f"Müller-{i}", "AB"[i % 2], f"rc {j}", day, words[rng.randrange(4)]))
    text = "\n".join(",".join(row) for row in long) + "\n"
    quoted = "\n".join(",".join(f'"{cell}"' for cell in row) for row in long) + "\n"
    frame = pl.read_csv(text.encode())
    wide = "id,name,party," + ",".join(f"rc{j}" for j in range(15)) + "\n"
    for i in range(10):
        cells = [rng.choice(["1", "0", "1.0", "0.0", "", "NA"]) for _ in range(15)]
        wide += f"{i + 1},N{i},{'DR'[i % 2]}," + ",".join(cells) + "\n"
    cases = "Rehn,Stev,Oco,Scal,term\n" + "".join(
        ",".join(rng.choice("01") for _ in range(4)) + f",{1990 + k}\n" for k in range(20)
    )
    cast = "congress,chamber,rollnumber,icpsr,cast_code,prob\n" + "".join(
        f"109,Senate,{j + 1},{1000 + i},{rng.choice('1691690')},{rng.random():.2f}\n"
        for i in range(9)
        for j in range(9)
    )
    ord_ = "".join(
        f"109{40000 + i}41 0ALABAMA {rng.choice((100, 200))}01{'NAME' + str(i):<11}"
        + "".join(rng.choice("016919") for _ in range(12))
        + "\n"
        for i in range(10)
    )
    parquet, arrow, few = io.BytesIO(), io.BytesIO(), io.BytesIO()
    frame.write_parquet(parquet)
    frame.write_ipc(arrow)
    pl.read_csv(cast.encode()).write_parquet(few, compression="uncompressed")
    reference = ROOT / "tests" / "reference"
    return [
        ("long.csv", text.encode()),
        ("quoted.csv", quoted.encode()),
        ("long.tsv", text.replace(",", "\t").encode()),
        ("semicolon.csv", text.replace(",", ";").encode()),
        ("pipe.txt", text.replace(",", "|").encode()),
        ("crlf.csv", text.replace("\n", "\r\n").encode()),
        ("bom.csv", text.encode("utf-8-sig")),
        ("utf16.csv", text.encode("utf-16")),
        ("latin.csv", text.encode("latin-1")),
        ("long.csv.gz", gzip.compress(text.encode())),
        ("long.csv.zst", zstandard.ZstdCompressor().compress(text.encode())),
        ("wide.csv", wide.encode()),
        ("cases.csv", cases.encode()),
        ("S109_votes.csv", cast.encode()),
        ("sen109kh.ord", ord_.encode()),
        ("long.parquet", parquet.getvalue()),
        ("S109_votes.parquet", few.getvalue()),
        ("long.arrow", arrow.getvalue()),
        ("rollcall.rda", (reference / "rollcall.rda").read_bytes()),
        ("rollcall.rds", (reference / "rollcall.rds").read_bytes()),
        ("frame.rda", (reference / "frame.rda").read_bytes()),
    ]


def flip(data: bytes, rng: random.Random) -> bytes:
    """Change a few bytes."""
    out = bytearray(data)
    for _ in range(rng.choice((1, 1, 2, 5, 20))):
        out[rng.randrange(len(out))] = rng.randrange(256)
    return bytes(out)


def cut(data: bytes, rng: random.Random) -> bytes:
    """End early, or begin late."""
    at = rng.randrange(len(data))
    return data[:at] if rng.random() < 0.8 else data[at:]


def insert(data: bytes, rng: random.Random) -> bytes:
    """Put in bytes that mean something."""
    bits = [
        b'"',
        b"\n",
        b",",
        b"\0",
        b"\r",
        b"\xff",
        b"\xc3",
        b";",
        b"\t",
        b"=cmd()",
        b"<script>",
        b"nan",
        b"-1",
        b"''",
        b"\\",
        b"1e999",
        b"\xef\xbb\xbf",
    ]
    at = rng.randrange(len(data) + 1)
    return data[:at] + rng.choice(bits) * rng.choice((1, 1, 1, 3, 2000)) + data[at:]


def lines(data: bytes, rng: random.Random) -> bytes:
    """Delete, repeat, shuffle or join lines."""
    rows = data.split(b"\n")
    way = rng.randrange(6)
    k = rng.randrange(len(rows))
    if way == 0:
        del rows[k]
    elif way == 1:
        rows.insert(rng.randrange(len(rows)), rows[k])
    elif way == 2:
        rng.shuffle(rows)
    elif way == 3:
        rows = rows[:1] + rng.sample(rows[1:], len(rows) - 1)
    elif way == 4:
        rows[k] = rows[k] * 2
    else:
        rows = rows[: max(1, k)] * 2
    return b"\n".join(rows)


def swap(data: bytes, rng: random.Random) -> bytes:
    """Exchange one sign for another everywhere or in one line."""
    old, new = rng.choice(
        [
            (b",", b";"),
            (b",", b"\t"),
            (b",", b" "),
            (b"yea", b"7"),
            (b"nay", b"Nej"),
            (b"1", b"2"),
            (b"0", b"x"),
            (b"-", b"/"),
            (b"rc", b""),
            (b"Senate", b""),
            (b"member", b"x"),
            (b"vote", b"v"),
            (b"\n", b"\r"),
            (b"6", b"1"),
            (b"absent", b'"'),
            (b".", b","),
        ]
    )
    if rng.random() < 0.5:
        return data.replace(old, new)
    rows = data.split(b"\n")
    k = rng.randrange(len(rows))
    rows[k] = rows[k].replace(old, new)
    return b"\n".join(rows)


def cells(data: bytes, rng: random.Random) -> bytes:
    """Empty, drop, add or replace cells."""
    rows = data.split(b"\n")
    for _ in range(rng.choice((1, 1, 3))):
        k = rng.randrange(len(rows))
        parts = rows[k].split(b",")
        c = rng.randrange(len(parts))
        way = rng.randrange(4)
        if way == 0:
            parts[c] = b""
        elif way == 1:
            del parts[c]
        elif way == 2:
            parts.insert(c, b"extra")
        else:
            parts[c] = rng.choice(
                [
                    b"NaN",
                    b"3.7",
                    b"9" * 30,
                    b"true",
                    b"\xe2\x82\xac",
                    b" ",
                    b"-1",
                    b"2001-13-45",
                    b"=1+1",
                ]
            )
        rows[k] = b",".join(parts)
    return b"\n".join(rows)


def recode(data: bytes, rng: random.Random) -> bytes:
    """Another encoding, compression, or wrapping."""
    way = rng.randrange(6)
    if way == 0:
        return gzip.compress(data)[: rng.choice((None, -5, 40))]
    if way in (1, 2, 3):
        try:
            return data.decode().encode(("utf-16", "utf-16-le", "cp500")[way - 1])
        except UnicodeError:
            return data[::-1]
    if way == 4:
        return b"\xef\xbb\xbf" + data
    return data + data


def header(data: bytes, rng: random.Random) -> bytes:
    """Damage the first line only."""
    first, sep, rest = data.partition(b"\n")
    change: Callable = rng.choice((flip, cut, insert, swap)) if first else insert
    return change(first, rng) + sep + rest


MUTATIONS = (flip, cut, insert, lines, swap, cells, recode, header)


def attempt(path: Path) -> tuple[str, str]:
    """Read one file; ``records``, ``error`` or ``failure``, and what was said."""
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        try:
            records = readers.read(path)
        except FissureError as error:
            return (
                ("error", type(error).__name__)
                if str(error).strip()
                else ("failure", "empty message")
            )
        except BaseException:
            return "failure", traceback.format_exc(limit=-4)
    strange = [w for w in caught if not issubclass(w.category, FissureWarning)]
    if strange:
        return "failure", f"warning {strange[0].category.__name__}: {strange[0].message}"
    if records.source.n_rows != records.n_choices + records.n_dropped:
        return (
            "failure",
            f"{records.source.n_rows} rows, {records.n_choices} kept, {records.n_dropped} dropped",
        )
    said = {str(w.message) for w in caught}
    if any(note.dropped and note.message not in said for note in records.notes):
        return "failure", "rows were dropped without a warning"
    return "records", "with notes" if records.notes else "as it is"


def main() -> None:
    """Mutate, read, count."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--files", type=int, default=10_000)
    parser.add_argument("--seed", type=int, default=1)
    chosen = parser.parse_args()
    datasets.load()
    sound = seeds()
    outcomes: Counter[str] = Counter()
    by_format: dict[str, Counter[str]] = {name: Counter() for name, _ in sound}
    failures = []
    began = time.perf_counter()
    with tempfile.TemporaryDirectory() as folder:
        for k in range(chosen.files):
            rng = random.Random(f"{chosen.seed}-{k}")
            name, data = sound[k % len(sound)]
            done = []
            for _ in range(rng.choice((1, 1, 1, 2, 3))):
                change = rng.choice(MUTATIONS)
                if not data:
                    break
                done.append(change.__name__)
                data = change(data, rng) or b""
            path = Path(folder) / name
            path.write_bytes(data)
            outcome, said = attempt(path)
            outcomes[outcome] += 1
            by_format[name][outcome] += 1
            if outcome == "failure":
                failures.append({"file": k, "name": name, "mutations": done, "said": said})
                print(k, name, done, said, flush=True)
    result = {
        "machine": machine(),
        "seed": chosen.seed,
        "files": chosen.files,
        "seconds": round(time.perf_counter() - began, 1),
        "outcomes": dict(outcomes),
        "by_format": {name: dict(counts) for name, counts in by_format.items()},
        "failures": failures,
    }
    RESULT.parent.mkdir(exist_ok=True)
    RESULT.write_text(json.dumps(result, indent=1) + "\n")
    print(dict(outcomes))


if __name__ == "__main__":
    main()
