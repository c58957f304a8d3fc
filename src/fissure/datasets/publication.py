"""What a set that is fetched from its publisher is made of."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

__all__ = ["Publication", "RemoteFile"]


@dataclass(frozen=True)
class RemoteFile:
    """One file of a publisher.

    Parameters
    ----------
    name
        What it is called in the cache, and on a mirror.
    columns
        The columns that must be there; others may be.
    address
        Where the publisher keeps it; empty where it is found through a listing, or not known.
    patterns
        What it may be called inside a zip file or a listing, such as ``*Votes*.csv``; case does
        not matter.
    """

    name: str
    columns: tuple[str, ...]
    address: str = ""
    patterns: tuple[str, ...] = ()


@dataclass(frozen=True)
class Publication:
    """One set of records that its publisher keeps for everybody to fetch.

    Parameters
    ----------
    name
        What :func:`fissure.datasets.load` calls it.
    title
        What it is, in a line.
    folder
        Its folder in the cache, and on a mirror.
    files
        What is fetched.
    read
        Makes records, or a table of cases, of the files in their order; its docstring is the
        codebook.
    page
        The publisher's page, for people.
    codebook
        The publisher's own codebook.
    licence, citation
        As the publisher states them.
    listing
        Address of a listing of files after Dataverse's API, for files without an address of
        their own.
    certain
        Whether the addresses are known. Where they are not, nothing is fetched: the set is taken
        from a file fetched by hand, or from a mirror.
    remark
        What is not known of the addresses, and what to look out for.
    """

    name: str
    title: str
    folder: str
    files: tuple[RemoteFile, ...]
    read: Callable[[tuple[Path, ...]], Any]
    page: str
    codebook: str
    licence: str
    citation: str
    listing: str = ""
    certain: bool = True
    remark: str = ""

    @property
    def by_hand(self) -> str:
        """How to go on where a file cannot be fetched, as half a sentence."""
        return (
            f"the publisher's page is {self.page}, and files fetched by hand are taken with: "
            f"fissure get {self.name} --from FILE"
        )
