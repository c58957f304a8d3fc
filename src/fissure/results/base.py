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
from typing import Any

import polars as pl

from fissure.errors import ReadError

__all__ = ["Result", "build", "plain"]


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
