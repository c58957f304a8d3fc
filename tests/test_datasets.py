"""The bundled records: sizes, codebooks, where they come from, and load()."""

import polars as pl
import pytest

from fissure.datasets import DEFAULT, PUBLICATIONS, REGISTRY, get, listing, load
from fissure.errors import ReadError, SettingError

TO_BE_FETCHED = (
    "those to be fetched are voteview:senate, voteview:house, voteview:congress, un:assembly, "
    "scdb:justices, ep:members"
)
each = pytest.mark.parametrize("name", list(REGISTRY))


@each
def test_the_registry_tells_the_truth(name):
    entry, r = REGISTRY[name], load(name)
    assert (r.n_actors, r.n_items) == (entry.n_actors, entry.n_items)
    assert r.source.name == entry.name == name
    assert (r.source.title, r.source.licence, r.source.citation, r.source.url) == (
        entry.title,
        entry.licence,
        entry.citation,
        entry.url,
    )
    assert all((entry.title, entry.source, entry.licence, entry.citation, entry.url))
    assert r.source.n_rows == r.n_choices
    assert not [note for note in r.notes if note.dropped]


@each
def test_the_codebook_names_every_own_column(name):
    r, codebook = load(name), REGISTRY[name].load.__doc__
    for column in [*r.actors.columns[1:], *r.items.columns[1:]]:
        assert f"``{column}``" in codebook


def test_the_109th_senate():
    r = load()
    assert DEFAULT == "senate-109"
    assert (
        r.counts() | {"yea": 40207, "nay": 22650, "absent": 2288, "not_member": 645} == r.counts()
    )
    assert dict(r.actors["party"].value_counts().iter_rows()) == {"R": 56, "D": 45, "Indep": 1}
    assert r.items["date"].dtype == pl.Date
    counted = r.choices.filter(pl.col("choice") == "yea").group_by("item").len().sort("item")
    stated = r.items.with_row_index("row").filter(pl.col("yea") > 0)
    assert counted["len"].to_list() == stated["yea"].to_list()


def test_the_106th_senate():
    r = load("senate-106")
    assert dict(r.actors["party"].value_counts().iter_rows()) == {"R": 56, "D": 46}
    assert r.counts() | {"yea": 42458, "nay": 23036, "unknown": 3050} == r.counts()


def test_the_rehnquist_court():
    r = load("rehnquist-court")
    assert r.actors["actor"].to_list()[:2] == ["Rehnquist", "Stevens"]
    assert (r.items["term"].min(), r.items["term"].max()) == (1994, 2004)


def test_the_karate_clubs_circles_are_symmetric_and_hold_their_centre():
    r = load("karate-club")
    cell = {(a, j): y for a, j, y in r.choices.iter_rows()}
    assert all(cell[a, a] == "yea" for a in range(34))
    assert all(cell[a, j] == cell[j, a] for a, j in cell)
    assert r.counts()["yea"] == 34 + 2 * 78
    assert dict(r.actors["club"].value_counts().iter_rows()) == {"Mr. Hi": 17, "Officer": 17}


def test_listing_has_a_row_for_each():
    table = listing()
    assert table["name"].to_list() == [*REGISTRY, *PUBLICATIONS]
    assert table.filter(where="bundled")["n_items"].to_list() == [645, 672, 485, 34]


def test_load_takes_names_paths_and_dataframes(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    frame = pl.DataFrame({"mp": ["a", "b"], "bill": [1, 1], "vote": [1, 0]})
    frame.write_csv("votes.csv")
    assert load("votes.csv").choices.equals(load(frame).choices)
    assert load(tmp_path / "votes.csv", duplicates="first").n_choices == 2


@pytest.mark.parametrize("name", ["senat-109", "Senate_109"])
def test_an_unknown_name_with_a_close_one(name):
    message = (
        f"no bundled set and no file is called {name!r}; did you mean 'senate-109'? The bundled "
        f"sets are senate-109, senate-106, rehnquist-court, karate-club; {TO_BE_FETCHED}"
    )
    with pytest.raises(ReadError) as error:
        load(name)
    assert str(error.value) == message


def test_unknown_names_and_options_that_do_not_fit():
    with pytest.raises(ReadError) as error:
        get("zzz")
    assert str(error.value) == (
        "no bundled set and no file is called 'zzz'. The bundled sets are senate-109, senate-106, "
        f"rehnquist-court, karate-club; {TO_BE_FETCHED}"
    )
    with pytest.raises(SettingError) as error:
        load("senate-109", layout="long")
    assert str(error.value) == "'senate-109' is bundled and takes no options, got layout"
    with pytest.raises(ReadError, match=r"^missing.csv: no such file$"):
        load("missing.csv")
