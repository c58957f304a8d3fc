"""What every frozen result can do: plain values, JSON, a table; and the way back from them."""

from __future__ import annotations

import dataclasses
import json
import math
import types
import typing
from abc import ABC, abstractmethod
from datetime import date
from html import escape
from pathlib import Path
from typing import Any, ClassVar, Self

import numpy as np
import polars as pl

from fissure.errors import ReadError

__all__ = ["Result", "Saved", "build", "frozen", "plain"]


class Result(ABC):
    """Mixin of every frozen result: plain dictionaries, JSON, a table in notebooks."""

    def to_dict(self) -> dict[str, Any]:
        """The result as plain dictionaries, lists, numbers and strings (None where nothing is)."""
        return plain(self)

    @abstractmethod
    def to_frame(self) -> pl.DataFrame:
        """The result's main table."""

    def to_json(self, path: str | Path) -> None:
        """Write :meth:`to_dict` as UTF-8 JSON."""
        text = json.dumps(self.to_dict(), ensure_ascii=False, allow_nan=False)
        Path(path).write_text(text + "\n", encoding="utf-8")

    def _repr_html_(self) -> str:
        with pl.Config(tbl_rows=20):
            return f"<p>{escape(repr(self))}</p>" + self.to_frame()._repr_html_()


class Saved(Result):
    """A result that can be read back from what :meth:`Result.to_json` wrote.

    A subclass names the schema that it is, and expects, in ``expected``.
    """

    expected: ClassVar[str]

    @classmethod
    def from_dict(cls, tree: dict[str, Any]) -> Self:
        """The inverse of :meth:`to_dict`.

        Raises
        ------
        ReadError
            If the schema is another one, or a key is missing.
        """
        if not isinstance(tree, dict) or tree.get("schema") != cls.expected:
            came = tree.get("schema") if isinstance(tree, dict) else type(tree).__name__
            raise ReadError(f"schema must be {cls.expected!r}, got {came!r}")
        built: Self = build(cls, tree)
        return built

    @classmethod
    def load(cls, path: str | Path) -> Self:
        """Read what :meth:`to_json` wrote.

        Raises
        ------
        ReadError
            If the file is missing, is not JSON, or follows another schema.
        """
        try:
            tree = json.loads(Path(path).read_text(encoding="utf-8"))
        except (OSError, ValueError) as error:
            raise ReadError(f"cannot be read as a saved result: {error}", file=str(path)) from error
        try:
            return cls.from_dict(tree)
        except ReadError as error:
            raise ReadError(error.problem, file=str(path)) from error
        except (TypeError, AttributeError) as error:
            raise ReadError(f"is no whole {cls.__name__}: {error}", file=str(path)) from error


def plain(value: Any) -> Any:
    """Dataclasses, tables, arrays, dates and numbers as JSON can hold them; no NaN or infinity."""
    if dataclasses.is_dataclass(value) and not isinstance(value, type):
        return {f.name: plain(getattr(value, f.name)) for f in dataclasses.fields(value)}
    if isinstance(value, dict):
        return {str(k): plain(v) for k, v in value.items()}
    if isinstance(value, list | tuple):
        return [plain(v) for v in value]
    if isinstance(value, pl.DataFrame):
        return plain(value.to_dicts())
    if isinstance(value, date):
        return value.isoformat()
    if hasattr(value, "tolist"):
        return plain(value.tolist())
    if isinstance(value, float) and not math.isfinite(value):
        return None
    return value


def frozen(array: Any) -> Any:
    """The array in one piece and read-only: a frozen dataclass does not freeze what it holds."""
    array = np.ascontiguousarray(array)
    array.setflags(write=False)
    return array


def build(kind: Any, tree: Any) -> Any:
    """An object of the annotated type from plain values."""
    origin, args = typing.get_origin(kind), typing.get_args(kind)
    if origin in (types.UnionType, typing.Union):
        if tree is None:
            return None
        return build(next(a for a in args if a is not type(None)), tree)
    if origin is tuple:
        return tuple(build(args[0], v) for v in tree)
    if dataclasses.is_dataclass(kind):
        hints = typing.get_type_hints(kind)
        names = [f.name for f in dataclasses.fields(kind)]
        missing = [
            f.name
            for f in dataclasses.fields(kind)
            if f.name not in tree
            and f.default is dataclasses.MISSING
            and f.default_factory is dataclasses.MISSING
        ]
        if missing:
            raise ReadError(f"{kind.__name__} lacks the key {missing[0]!r}")  # type: ignore[union-attr]
        return kind(**{n: build(hints[n], tree[n]) for n in names if n in tree})  # type: ignore[operator]
    return tree
