"""Where a result comes from, as a page prints it: data, settings, versions, how to cite them."""

from __future__ import annotations

from typing import Any

from fissure.report.wording import clean
from fissure.results import Ready, Split, Trace
from fissure.results.claim import Claim

__all__ = ["origin"]


def origin(result: Split | Trace | Claim | Ready) -> dict[str, Any]:
    """What every page says about its data, settings and versions."""
    return {
        "title": clean(result.source.get("title") or result.source.get("name") or "records"),
        "source": _source(result.source),
        "notes": _notes(result.source.get("notes")),
        "settings": [(clean(k), _setting(v)) for k, v in result.settings.items()],
        "seed": result.seed,
        "versions": [(clean(k), clean(v)) for k, v in result.versions.items()],
        "version": clean(result.versions.get("fissure", "")),
        "citation": clean(result.source.get("citation") or ""),
        "schema": result.schema,
    }


def _setting(value: object) -> str:
    if isinstance(value, list | tuple):
        return ", ".join(map(clean, value)) or "none"
    if isinstance(value, dict):
        return ", ".join(f"{clean(k)} = {clean(v)}" for k, v in value.items()) or "none"
    return "none" if value is None else clean(value)


def _source(source: dict[str, Any]) -> list[tuple[str, str, str]]:
    """Name, value and, for web addresses only, the target of a link."""
    words = {"name": "Name", "title": "Title", "format": "Format", "licence": "Licence",
             "url": "Address", "n_rows": "Rows read",
             "sha256": "SHA-256 of the bytes read"}  # fmt: skip
    rows = []
    for key, word in words.items():
        value = source.get(key)
        text = f"{value:,}" if isinstance(value, int) else clean(value or "not stated")
        is_web = key == "url" and text.startswith(("https://", "http://"))
        rows.append((word, text, text if is_web else ""))
    return rows


def _notes(notes: Any) -> list[str]:
    """The reader's counted remarks, saved as sentences or with kind and count."""
    if not isinstance(notes, list | tuple):
        return []
    return [clean(n.get("message", n) if isinstance(n, dict) else n) for n in notes]
