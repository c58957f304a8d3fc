"""Readers: from a file or a dataframe to Records. Start with :func:`read`."""

from fissure.readers.dataframe import read_dataframe
from fissure.readers.delimited import read_delimited
from fissure.readers.dispatch import read
from fissure.readers.ord import read_ord
from fissure.readers.rollcall import read_rollcall
from fissure.readers.voteview import read_voteview

__all__ = [
    "read",
    "read_dataframe",
    "read_delimited",
    "read_ord",
    "read_rollcall",
    "read_voteview",
]
