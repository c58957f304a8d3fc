"""Options that several commands share; above all, how to read a source."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Annotated, Any, Literal

from cyclopts import Group, Parameter

from fissure.errors import SettingError

__all__ = [
    "AS_FOUND",
    "VERDICT",
    "Choices",
    "Flag",
    "Page",
    "Reading",
    "Seed",
    "Several",
    "Where",
    "Within",
]

VERDICT = Group("Verdict", sort_key=1)
READING = Group("Reading the file", sort_key=2)

Flag = Annotated[bool, Parameter(negative=(), show_default=False)]
Where = Annotated[Path | None, Parameter(name=["--output", "-o"])]
Page = Annotated[Path, Parameter(name=["--output", "-o"])]
Within = Annotated[str | None, Parameter(group=VERDICT)]
Choices = Annotated[tuple[str, ...], Parameter(group=VERDICT, negative=())]
Several = Annotated[tuple[str, ...], Parameter(group=VERDICT, negative=(), show_default=False)]
Seed = Annotated[int, Parameter(group=VERDICT)]


@Parameter(name="*", group=READING)
@dataclass(frozen=True)
class Reading:
    """How to read the source; a bundled set needs none of these."""

    actor: str | None = None
    "Column of the actors, if it is not found by its name."
    item: str | None = None
    "Column of the items (votes, cases)."
    choice: str | None = None
    "Column of the choices."
    layout: Literal["long", "wide-actors", "wide-items"] | None = None
    "One row a choice; one row an actor; or one row an item."
    codes: str | None = None
    "What codes mean: 1=yea,2=nay,3=abstain (also: present, absent, not_member, unknown)."
    actors: Path | None = None
    "Table of the actors: name, party and other columns."
    items_table: Path | None = None
    "Table of the items: date, question, description and other columns."
    duplicates: Literal["error", "first", "last", "unknown"] | None = None
    "What to do where an actor has two choices on one item."
    format: Literal["delimited", "voteview", "ord", "rollcall"] | None = None
    "Format, if suffix and contents do not tell."
    encoding: str | None = None
    "Encoding of a text file that is not UTF-8, such as latin-1."
    congress: int | None = None
    "Voteview files: which Congress."
    chamber: Literal["House", "Senate"] | None = None
    "Voteview files: which chamber."

    def options(self) -> dict[str, Any]:
        """The given ones, by the names that ``fissure.load`` takes."""
        given = {k: v for k, v in vars(self).items() if v is not None}
        if "items_table" in given:
            given["items"] = given.pop("items_table")
        if "codes" in given:
            given["codes"] = _codes(given["codes"])
        return given


#: Nothing said about how to read.
AS_FOUND = Reading()


def _codes(text: str) -> dict[str, str]:
    codes = {}
    for part in text.split(","):
        code, sign, meaning = part.partition("=")
        if not sign:
            raise SettingError(f"--codes must look like 1=yea,2=nay, got {part!r}")
        codes[code.strip()] = meaning.strip()
    return codes
